//! What must not be done twice: a form that is sent twice (a double click, the back button, a browser that
//! asks again) brings the same id, and gets the answer that the first one got.
//!
//! ```text
//! once/ID    Once: which command, and what was answered; also the timer that removes it
//! ```

use semper_base::code::Code;
use semper_base::{Error, Hash, Key, Millis, Misuse, Write};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::common::{Desk, rows};

/// The member of a command with the id.
const ONCE: &str = "once";
/// How long an answer is remembered.
const KEPT: Millis = Millis::days(2);
/// Commands that would do more when they are given again.
const WORDS: &[&str] = &["accept", "cancel", "dispute", "refund", "release", "ship"];

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Once {
    request: Hash,
    reply: Value,
}

fn hash(request: &Value) -> Hash {
    Hash::tagged("semper-once/1", request.to_string().as_bytes())
}

fn row(id: &str) -> Key {
    Key::new("once", id)
}

fn id<'a>(word: &str, request: &'a Value) -> Result<Option<&'a str>, Misuse> {
    let Some(id) = request.get(ONCE) else { return Ok(None) };
    let is_id = |id: &&str| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
    let id = id.as_str().filter(is_id).ok_or_else(|| Misuse::new(Code::FieldWrong, "once: 32 hexadecimal digits"))?;
    if WORDS.contains(&word) { Ok(Some(id)) } else { Err(Misuse::new(Code::FieldWrong, "once")) }
}

/// What was answered when this command was given before under its id.
///
/// # Errors
/// [`Code::StateWrong`]: the id was used for another command.
pub(super) fn answered(word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Option<Value>, Error> {
    let Some(id) = id(word, request)? else { return Ok(None) };
    match rows::get::<Once>(desk.tx, &row(id))? {
        Some(once) if once.request == hash(request) => Ok(Some(once.reply)),
        Some(_) => Err(Misuse::new(Code::StateWrong, "this was sent already, with other values").into()),
        None => Ok(None),
    }
}

/// Remembers the answer.
pub(super) fn keep(word: &str, request: &Value, reply: &Value, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(id) = id(word, request)? else { return Ok(()) };
    rows::put(desk.tx, row(id), &Once { request: hash(request), reply: reply.clone() })?;
    desk.tx.push(Write::Timer(row(id), Some(desk.cx.now.plus(KEPT))));
    Ok(())
}

/// Forgets an answer whose time is over; false if the timer is another's.
pub(super) fn timer(key: &Key, desk: &mut Desk<'_, '_>) -> bool {
    let is_ours = key.0.starts_with("once/");
    if is_ours {
        desk.tx.delete(key.clone());
        desk.tx.push(Write::Timer(key.clone(), None));
    }
    is_ours
}
