//! Certified mail: a letter for its receipt, by the same run as a contract. See [`semper_exchange::fair::mail`].
//!
//! The mail file holds the sealed letter and one half of its key; whoever finds it on the way reads nothing,
//! and neither does the notary, which has the other half and not the letter.

use semper_base::code::Code;
use semper_base::limits::{CONTRACTS_LISTED_MAX, LETTER_FILES_MAX};
use semper_base::{Blob64, Error, Fault, Misuse, Xid, json};
use semper_exchange::fair::frame::{Command, Descriptor, Protocol, Reader};
use semper_exchange::fair::mail::{Ended, Receiver, Record as Line, records};
use semper_exchange::fair::party::{Party, Standing};
use semper_support::access::{Action, Revealed};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::file::{Paper, blob};
use super::run::Run;
use super::{Record, begin, keep, make, named, own_place, pack, wish};
use crate::common::access::permit_owner;
use crate::common::{Desk, board, exchange, rows, text};

/// What is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Letter {
    /// What is attached.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    files: Vec<Enclosed>,
    /// What is written.
    text: String,
}

/// A file in a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Enclosed {
    data: Blob64,
    media_type: String,
    name: String,
}

impl Letter {
    /// `"text"`, `"files"?:[{"name","media_type","data"}]`.
    pub(super) fn of(request: &Value) -> Result<Vec<u8>, Error> {
        let files = request.get("files").cloned().unwrap_or_else(|| json!([]));
        let files: Vec<Enclosed> =
            serde_json::from_value(files).map_err(|e| Misuse::new(Code::FieldWrong, format!("files: {e}")))?;
        if files.len() > LETTER_FILES_MAX {
            return Err(Misuse::new(Code::TooMany, format!("a letter has at most {LETTER_FILES_MAX} files")).into());
        }
        Ok(json::canonical(&Letter { files, text: text(request, "text")?.to_owned() })?)
    }
}

/// The commands about certified mail; none if it is none of them.
pub(super) fn command(word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Option<Value>, Error> {
    Ok(Some(match word {
        "mail" => one(&ours(request, desk)?.1, desk)?,
        "mail-abort" => wished(request, Command::Abort, desk)?,
        "mail-export" => {
            let (xid, record) = ours(request, desk)?;
            pack::export(xid, &record, desk)?
        }
        "mail-file" => json!({ "file": ours(request, desk)?.1.file }),
        "mail-read" => read(request, desk)?,
        "mail-resolve" => wished(request, Command::Resolve, desk)?,
        "mail-resume" => wished(request, Command::Status, desk)?,
        "mail-send" => send(request, desk)?,
        "mail-take" => take(request, desk)?,
        "mails" => list(desk)?,
        _ => return Ok(None),
    }))
}

fn ours(request: &Value, desk: &Desk<'_, '_>) -> Result<(Xid, Record), Error> {
    named(request, "mail", desk)
}

/// `{"command":"mail-send","title","text","files"?,"to":{"link"}|{"certificate"},"optimistic"?,"expires_ms"?}`:
/// seals the letter and asks the owner to send it. The file that comes back goes to the receiver by any means.
fn send(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (read, sending) = make::letter(request, &Letter::of(request)?, desk)?;
    let record = keep(&read, 0, desk)?;
    begin(&read, 0, Some(sending), desk)?;
    let mut shown = one(&record, desk)?;
    if let Value::Object(members) = &mut shown {
        board::extend(members, json!({ "file": record.file }));
    }
    Ok(shown)
}

/// `{"command":"mail-take","file"}`: the owner is asked to sign the receipt; then the letter can be read.
fn take(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let file = blob(request.get("file"), "file")?;
    let read = Paper::read(&file).map_err(|why| Misuse::new(Code::FileWrong, format!("mail file: {why}")))?;
    if !read.x.core.protocol.is_mail() {
        return Err(Misuse::new(Code::FileWrong, "this is a contract: `semper contract sign`").into());
    }
    let place = own_place(&read.x, desk)?;
    if place == 0 {
        return Err(Misuse::new(Code::RoleUnfit, "this mail is from you, not for you").into());
    }
    let record = match Record::load(read.x.xid, desk)? {
        Some(record) => record,
        None => keep(&read, place, desk)?,
    };
    if Run::<Party>::load(desk.tx, read.x.xid)?.is_none() {
        begin(&read, place, None, desk)?;
    }
    one(&record, desk)
}

fn wished(request: &Value, command: Command, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (xid, record) = ours(request, desk)?;
    wish(xid, &record, command, desk)?;
    one(&record, desk)
}

/// `{"command":"mails"}`: every mail, newest last.
fn list(desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Deals);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let mut mails = Vec::new();
    for (key, row) in desk.tx.scan("mail/", CONTRACTS_LISTED_MAX)? {
        let record: Record = rows::parse(&key, &row)?;
        mails.push((record.came, one(&record, desk)?));
    }
    mails.sort_by_key(|(came, _)| *came);
    Ok(json!({ "mails": mails.into_iter().map(|(_, mail)| mail).collect::<Vec<Value>>() }))
}

/// `{"command":"mail-read","mail"}`: the letter, once its key is here.
fn read(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Deals);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let (xid, _) = ours(request, desk)?;
    let closed = || Misuse::new(Code::StateWrong, "the letter is still sealed: it opens for the receipt");
    let run = Run::<Party>::load(desk.tx, xid)?.ok_or_else(closed)?;
    let (parcel, key) = match &run.machine {
        Party::Receiver(receiver) => (receiver.parcel(), receiver.key().ok_or_else(closed)?),
        Party::Sender(sender) => (&sender.sending().parcel, &sender.sending().defence.key),
        _ => return Err(Misuse::new(Code::RoleUnfit, "no mail").into()),
    };
    let Ok(content) = parcel.open(key) else {
        return Ok(json!({ "mail": xid, "readable": false }));
    };
    match json::read::<Letter>(&content) {
        Ok(letter) => Ok(json!({ "mail": xid, "readable": true, "text": letter.text, "files": letter.files })),
        // The receipt stands for exactly these bytes, whatever they are.
        Err(_) => Ok(json!({ "mail": xid, "readable": false, "data": Blob64(content) })),
    }
}

/// One mail with everything that is known about it.
fn one(record: &Record, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let read = record.read()?;
    let (core, contract) = (&read.x.core, &read.terms.contract);
    let run = Run::<Party>::load(desk.tx, read.x.xid)?;
    let standing = run.as_ref().map(|run| run.machine.standing());
    let lapsed = standing.is_none() && core.deadlines.expires <= desk.cx.now;
    let sender = record.place == 0;
    let (word, sentence, otherwise) = words(standing, sender, core.protocol, lapsed);
    let names: Vec<&String> = contract.parties.iter().map(|party| &party.name).collect();
    let (timeline, documents) = board::documents(desk.tx, &[format!("xid:{}", read.x.xid)])?;
    let opens = matches!(run.as_ref().map(|run| &run.machine), Some(Party::Receiver(receiver)) if has_key(receiver));
    Ok(json!({
        "mail": read.x.xid, "title": contract.title, "from": names.first(), "to": names.get(1), "sent": sender,
        "protocol": core.protocol, "grade": core.grade, "notary": contract.notary.name,
        "fee": super::show::fee(&read, desk)?,
        "word": word, "sentence": sentence, "otherwise": otherwise, "expires": core.deadlines.expires,
        "opened": core.opened, "stage": standing.map(Standing::word), "over": standing.is_some_and(Standing::is_final),
        "readable": sender || opens, "records": delivery(&read.x, run.as_ref(), desk)?,
        "can": can(standing, sender, lapsed, opens), "timeline": timeline, "documents": documents,
    }))
}

fn has_key(receiver: &Receiver) -> bool {
    receiver.key().is_some()
}

/// The word, what it means, and what happens if the other side stops.
fn words(
    standing: Option<Standing>,
    sender: bool,
    protocol: Protocol,
    lapsed: bool,
) -> (&'static str, &'static str, &'static str) {
    let silent = match protocol {
        Protocol::CmOnline => "the notary ends it at the end of the time, and says so",
        _ => "you can have the notary end it",
    };
    match (standing, sender) {
        (None, _) if lapsed => ("withdrawn", "Nobody took it in time.", ""),
        (None, _) => ("offered", "A letter is here, sealed. It opens for its receipt.", "nothing is delivered"),
        (Some(Standing::Asked), true) => ("draft", "The trusted screen asks whether to send it.", "nothing is sent"),
        (Some(Standing::Asked), false) => (
            "offered",
            "The trusted screen asks for the receipt. You cannot read the letter yet.",
            "nothing is delivered",
        ),
        (Some(Standing::Promised | Standing::Signed), true) => {
            ("shipped", "The letter is on its way; there is no receipt yet.", silent)
        }
        (Some(Standing::Promised | Standing::Signed), false) => (
            "agreed",
            "You have signed for the letter; its key is on its way.",
            "the notary gives you the key, or ends it",
        ),
        (Some(Standing::Asking), _) => {
            ("due", "The notary is asked. Its answer is final for both.", "it is asked again")
        }
        (Some(Standing::Complete), true) => ("received", "Delivered: you hold the receipt.", ""),
        (Some(Standing::Complete), false) => {
            ("received", "The letter is yours to read, and the sender has your receipt.", "")
        }
        (Some(Standing::Aborted), true) => ("withdrawn", "Not delivered: the notary says so, and why.", ""),
        (Some(Standing::Aborted), false) => ("withdrawn", "Nothing was delivered, and nobody holds a receipt.", ""),
        (Some(Standing::Declined), _) => ("withdrawn", "You said no; nothing was delivered.", ""),
    }
}

fn can(standing: Option<Standing>, sender: bool, lapsed: bool, opens: bool) -> Vec<&'static str> {
    let running = matches!(standing, Some(Standing::Promised | Standing::Signed | Standing::Asking));
    let all = [
        ("take", standing.is_none() && !sender && !lapsed),
        ("abort", matches!(standing, Some(Standing::Asked | Standing::Promised | Standing::Signed))),
        ("resolve", matches!(standing, Some(Standing::Promised | Standing::Signed))),
        ("resume", running),
        ("read", sender || opens),
        ("file", sender),
        ("export", running || standing.is_some_and(Standing::is_final)),
    ];
    all.into_iter().filter(|(_, may)| *may).map(|(word, _)| word).collect()
}

/// The delivery record, in the words of ISO/IEC 13888 and ETSI EN 319 522, once it ended.
fn delivery(x: &Descriptor, run: Option<&Run<Party>>, desk: &Desk<'_, '_>) -> Result<Vec<Value>, Error> {
    let reader = Reader { x, crypto: desk.cx.crypto };
    let corrupt = |e: semper_base::Violation| Fault::new(Code::DatabaseCorrupt, e.to_string());
    let proof = run.map(|run| run.machine.proof()).unwrap_or_default();
    let lines = match proof {
        [origin, receipt] => {
            let signed = |text: &String| reader.party::<semper_exchange::fair::frame::statements::Signature>(text);
            let (origin, receipt) = (signed(origin).map_err(corrupt)?.1, signed(receipt).map_err(corrupt)?.1);
            let of = |one: &semper_blocks::statement::Statement<_>| (one.hash, one.meta.issued);
            records(&Ended::Between { origin: of(&origin), receipt: of(&receipt) })
        }
        [decision, pieces @ ..] => {
            records(&Ended::Notary(&reader.decision(decision, pieces.to_vec()).map_err(corrupt)?))
        }
        [] => ended(&reader, run, desk)?,
    };
    Ok(lines.iter().map(line).collect())
}

/// What the notary said if nothing came of it.
fn ended(reader: &Reader<'_>, run: Option<&Run<Party>>, desk: &Desk<'_, '_>) -> Result<Vec<Line>, Error> {
    if run.is_none_or(|run| run.machine.standing() != Standing::Aborted) {
        return Ok(Vec::new());
    }
    let texts = exchange::kept(desk.tx, &format!("xid:{}", reader.x.xid))?;
    let decided = texts.iter().find_map(|text| reader.decided(text).ok());
    let Some(decided) = decided else { return Ok(Vec::new()) };
    let named = |hash: &semper_base::Hash| texts.iter().find(|text| semper_base::Hash::of(text.as_bytes()) == *hash);
    let pieces: Vec<String> = decided.ground().iter().filter_map(named).cloned().collect();
    Ok(reader.decision(decided.text(), pieces).map_or_else(|_| Vec::new(), |found| records(&Ended::Notary(&found))))
}

fn line(record: &Line) -> Value {
    json!({
        "at": record.at, "by": record.by, "event": record.event, "uri": record.event.uri(), "token": record.token,
        "shown_by": record.shown_by,
    })
}

/// Tells the owner what happened, by the machine's word for it.
pub(super) fn tell(word: &'static str, xid: Xid, desk: &mut Desk<'_, '_>) {
    let text = match word {
        "promise" | "signature" => "Goes on with the mail.",
        "abort" => "Asks the notary to end the mail.",
        "complete" => "The mail is delivered for its receipt.",
        "aborted" => "The notary has ended the mail: nothing was delivered.",
        "declined" => "Says no at the trusted screen.",
        "agreement" => "Agrees on the trusted screen.",
        _ => "",
    };
    desk.tell(&format!("mail-{word}"), xid, text);
}
