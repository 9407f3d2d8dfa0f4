//! Lies about containers of goods.

use semper_base::tx::{Body, Question};
use semper_base::{Code, Error, Hash, Key, PeerId, Write};
use semper_exchange::transfer::{Answer, AnswerWord, Ending, Sending, What};
use semper_services::common::transfer::kinds::{ANSWER, CHUNK, SENDING};
use semper_services::common::{Desk, rows};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::words::{fault, pass_on, say};

/// Messages that a liar keeps a copy of.
const COPIES_MAX: usize = 64;
/// Where it keeps them.
const COPIES: &str = "lie/sent-";

/// Signs a list that names something else than what it sends.
#[expect(clippy::unnecessary_wraps, reason = "what every lie gives back")]
pub(crate) fn send_other_goods(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some((named, promised)) = writes.iter().find_map(listed) else {
        pass_on(writes, desk);
        return Ok(());
    };
    say("Puts something else into the container than its list says.", desk);
    let swap =
        |text: &str| promised.iter().chain([&named]).fold(text.to_owned(), |text, (is, says)| text.replace(is, says));
    let keyed = |key: Key| Key(swap(&key.0));
    let writes = writes.into_iter().map(|write| match write {
        Write::Put(key, row) => match String::from_utf8(row) {
            Ok(text) => Write::Put(keyed(key), swap(&text).into_bytes()),
            Err(bytes) => Write::Put(keyed(key), bytes.into_bytes()),
        },
        Write::Timer(key, at) => Write::Timer(keyed(key), at),
        Write::Ask(question) => {
            let (id, asker, payload) = (swap(&question.id), swap(&question.asker), swap(&question.payload));
            Write::Ask(Question { id, asker, payload, ..question })
        }
        other => other,
    });
    pass_on(writes.collect(), desk);
    Ok(())
}

/// What is, and what it says instead.
type Swap = (String, String);

/// The list that is about to be asked for: its name, and the contents in it.
fn listed(write: &Write) -> Option<(Swap, Vec<Swap>)> {
    let Write::Put(key, row) = write else { return None };
    let is = key.0.strip_prefix("transfer/")?;
    let row: Value = serde_json::from_slice(row).ok()?;
    let out = row.pointer("/side/Out").filter(|out| out.get("machine").is_none_or(Value::is_null))?;
    let mut sending: Sending = serde_json::from_value(out.get("sending")?.clone()).ok()?;
    let mut contents = Vec::new();
    for good in &mut sending.goods {
        if let What::Data(data) = &mut good.what {
            let other = Hash::of(b"what it never had");
            contents.push((data.hash.hex(), other.hex()));
            data.hash = other;
        }
    }
    Some(((is.to_owned(), sending.id().hex()), contents))
}

/// A message of which the liar keeps a copy.
#[derive(Debug, Serialize, Deserialize)]
struct Copy {
    to: PeerId,
    announces: bool,
    body: Value,
}

/// Sends honestly, and keeps a copy of everything.
pub(crate) fn keep_copies(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let mut count = desk.tx.scan(COPIES, COPIES_MAX)?.len();
    for write in &writes {
        let Write::Send { to, kind, body: Body::Inline(body) } = write else { continue };
        if ![SENDING, CHUNK].contains(kind) || count >= COPIES_MAX {
            continue;
        }
        let body = serde_json::from_slice(body).map_err(|e| fault(&e))?;
        rows::put(desk.tx, Key(format!("{COPIES}{count:03}")), &Copy { to: *to, announces: *kind == SENDING, body })?;
        count += 1;
    }
    pass_on(writes, desk);
    Ok(())
}

/// Sends everything once more: `{"command":"cheat"}`.
pub(crate) fn replay(_: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    say("Sends the same container once more.", desk);
    let copies = desk.tx.scan(COPIES, COPIES_MAX)?;
    for (key, row) in &copies {
        let copy: Copy = rows::parse(key, row)?;
        desk.send(copy.to, if copy.announces { SENDING } else { CHUNK }, &copy.body)?;
    }
    Ok(json!({ "sent": copies.len() }))
}

/// Has taken all of it, and says that it let it go.
pub(crate) fn deny_taking(writes: Vec<Write>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for write in writes {
        let Some((to, answer)) = taken(&write) else {
            pass_on(vec![write], desk);
            continue;
        };
        say("Has goods and money, and says that nothing of it is here.", desk);
        let word = AnswerWord::Over(Ending::Stopped(Code::Declined.number()));
        desk.send(to, ANSWER, &Answer { word, ..answer })?;
    }
    Ok(())
}

/// The answer that all of it is here, if this write sends it.
fn taken(write: &Write) -> Option<(PeerId, Answer)> {
    let Write::Send { to, kind: ANSWER, body: Body::Inline(body) } = write else { return None };
    let answer: Answer = serde_json::from_slice(body).ok()?;
    Some((*to, answer)).filter(|(_, answer)| answer.word == AnswerWord::Over(Ending::Taken))
}
