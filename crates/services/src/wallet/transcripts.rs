//! What the trusted screen showed, and who agreed.
//!
//! ```text
//! transcript/SUBJECT/HASH   Transcript, of what was signed or refused
//! dialog/SUBJECT/HASH       DialogRecord, of what was only asked or told
//! ```

use semper_base::tx::{Need, Record};
use semper_base::{Code, Error, Hash, Key, Millis, Misuse, Write};
use semper_support::access::{Action, Revealed};
use semper_support::tinguin::{Answer, DialogRecord, Transcript};
use serde_json::{Value, json};

use crate::common::access::permit_owner;
use crate::common::{Desk, text};

/// Most transcripts that are looked through.
const SCANNED_MAX: usize = 2000;
/// Most that one answer lists.
const LISTED_MAX: usize = 200;

/// `{"command":"transcripts"}`: the newest of them without what was shown; `{"command":"transcripts",
/// "id":ID}`: that one with it.
pub(super) fn list(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Deals);
    permit_owner(action.clone(), desk)?.require(&action)?;
    if request.get("id").is_some() {
        return one(text(request, "id")?, desk);
    }
    let mut found = Vec::new();
    for (key, row) in desk.tx.scan("transcript/", SCANNED_MAX)? {
        let transcript = Transcript::read(&row)?;
        found.push((transcript.answered, summary(&key.0, &transcript)));
    }
    for (key, row) in desk.tx.scan("dialog/", SCANNED_MAX)? {
        let record = DialogRecord::read(&row)?;
        found.push((record.answered, of_dialog(&key.0, &record)));
    }
    found.sort_by_key(|(answered, _)| std::cmp::Reverse(*answered));
    let listed: Vec<Value> = found.into_iter().take(LISTED_MAX).map(|(_, summary)| summary).collect();
    Ok(json!({ "transcripts": listed }))
}

fn one(id: &str, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    if id.starts_with("dialog/") {
        let row = desk.tx.get(&Key(id.to_owned()))?.ok_or_else(|| Misuse::new(Code::NotFound, "no such record"))?;
        let record = DialogRecord::read(&row)?;
        let mut shown = of_dialog(id, &record);
        if let Some(members) = shown.as_object_mut() {
            members.insert("shown".to_owned(), json!(record.shown));
        }
        return Ok(shown);
    }
    let key = Key(format!("transcript/{id}"));
    let row = desk.tx.get(&key)?.ok_or_else(|| Misuse::new(Code::NotFound, "no such transcript"))?;
    let transcript = Transcript::read(&row)?;
    let mut shown = summary(&key.0, &transcript);
    if let Some(members) = shown.as_object_mut() {
        members.insert("shown".to_owned(), json!(transcript.shown));
        members.insert("payload".to_owned(), json!(transcript.payload));
        members.insert("wording".to_owned(), json!(transcript.wording));
        members.insert("key".to_owned(), json!(transcript.key));
    }
    Ok(shown)
}

fn of_dialog(key: &str, record: &DialogRecord) -> Value {
    json!({
        "id": key, "about": record.asker.replace('/', ":"), "kind": record.dialog, "language": record.language,
        "asked": record.asked, "answered": record.answered, "consent": "human", "answer": record.answer,
        "chosen": record.chosen, "seen": true,
    })
}

/// `{"command":"note-dialog","record":{…}}`: keeps what a dialog showed that signs nothing.
pub(super) fn note(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let record = request.get("record").map(Value::to_string).unwrap_or_default();
    let record = DialogRecord::read(record.as_bytes()).map_err(|why| Misuse::new(why.code(), why.detail()))?;
    let text = record.write()?;
    let subject = record.asker.replace('/', ":");
    let key = Key::new("dialog", format_args!("{subject}/{}", Hash::of(text.as_bytes())));
    if desk.tx.get(&key)?.is_none() {
        desk.tx.put(key, text.as_bytes().to_vec());
        desk.tx.push(Write::Archive(Record {
            subject,
            kind: "transcript".to_owned(),
            bytes: text.into_bytes(),
            need: Need::Transcript,
            expires: desk.cx.now.plus(Millis::days(3650)),
        }));
    }
    Ok(Value::Null)
}

fn summary(key: &str, transcript: &Transcript) -> Value {
    let id = key.strip_prefix("transcript/").unwrap_or(key);
    let answer = match transcript.answer {
        Answer::CouldNotAsk => "could-not-ask",
        Answer::Declined => "declined",
        Answer::Signed(_) => "signed",
    };
    json!({
        "id": id, "about": id.split('/').next(), "kind": transcript.kind, "language": transcript.language,
        "asked": transcript.asked, "answered": transcript.answered, "consent": transcript.consent, "answer": answer,
        "seen": transcript.shown.is_some(),
    })
}
