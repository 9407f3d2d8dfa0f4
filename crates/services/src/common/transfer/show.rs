//! Where a transfer stands, in plain words.

use semper_base::code::Code;
use semper_base::{Error, Hash};
use semper_exchange::transfer::{Confidentiality, Ending, Good, Origin, Plan, Sender, Sending, What};
use serde_json::{Value, json};

use super::receive::In;
use super::send::{self, Out};
use super::{Record, Side, subject};
use crate::common::{Desk, board};

/// One transfer with everything that is known about it.
pub(super) fn one(id: &Hash, record: &Record, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let mut shown = match &record.side {
        Side::Draft(draft) => json!({
            "transfer": id, "outgoing": true, "title": draft.title, "word": "draft", "over": false,
            "sentence": "Its goods are being brought. Nobody was asked and nothing has left.",
            "goods": draft.goods.iter().map(|good| json!({ "name": good.name })).collect::<Vec<_>>(), "can": ["stop"],
        }),
        Side::In(coming) => incoming(id, coming, desk)?,
        Side::Out(out) => outgoing(id, out, desk)?,
    };
    if let Value::Object(members) = &mut shown {
        board::extend(members, json!({ "came": record.came }));
    }
    Ok(shown)
}

fn outgoing(id: &Hash, out: &Out, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let word = out.machine.as_ref().map_or("draft", |machine| machine.word());
    let over = out.machine.as_ref().is_some_and(|machine| machine.outcome().is_some());
    let mut shown = common(id, &out.sending, desk)?;
    if let Value::Object(members) = &mut shown {
        let paid = out.machine.as_ref().and_then(Sender::outcome).map(|outcome| outcome.paid);
        board::extend(
            members,
            json!({
                "outgoing": true, "from": "you", "to": out.sending.to, "word": word, "over": over, "paid": paid,
                "sentence": send::sentence(out), "can": able(&[("stop", !over && word != "paid"), ("export", out.statement.is_some())]),
            }),
        );
    }
    Ok(shown)
}

fn incoming(id: &Hash, coming: &In, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let (machine, plan) = (&coming.machine, Plan::of(&coming.sending));
    let all: u64 = plan.contents.iter().map(|(_, layout)| layout.leaves()).sum();
    let (word, over) = (machine.word(), machine.ending().is_some());
    let why = |code: u16| Code::from_number(code).map_or("no reason that we know", Code::text);
    let sentence = match (word, machine.ending()) {
        (_, Some(Ending::Taken)) => "All of it is here.".to_owned(),
        (_, Some(Ending::Declined(code))) => format!("It was not wanted: {}. Nothing of it is here.", why(code)),
        (_, Some(Ending::Stopped(code))) => format!("It came to nothing: {}. Nothing of it is here.", why(code)),
        ("announced", _) => "Say whether you take it. Nothing of it is here yet.".to_owned(),
        ("referring", _) => "Your bank is asked where the payment in it can be made.".to_owned(),
        ("due", _) => "All else is here and good; the payment in it is awaited. Nothing can be seen before.".to_owned(),
        _ => "Its chunks are coming. Nothing can be seen before all are here and good.".to_owned(),
    };
    let arrived = if machine.is_taken() || word == "due" { all } else { machine.stored() };
    let mut shown = common(id, &coming.sending, desk)?;
    if let Value::Object(members) = &mut shown {
        board::extend(
            members,
            json!({
                "outgoing": false, "from": coming.from_name, "peer": coming.from, "to": "you", "word": word, "over": over,
                "sentence": sentence, "arrived": arrived, "chunks": all,
                "can": able(&[
                    ("accept", word == "announced"), ("decline", word == "announced"),
                    ("stop", !over && word != "due" && word != "announced"), ("open", machine.is_taken()),
                    ("export", machine.is_taken() && coming.statement.is_some()),
                ]),
            }),
        );
    }
    Ok(shown)
}

fn common(id: &Hash, sending: &Sending, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let (timeline, documents) = board::documents(desk.tx, &[subject(id)])?;
    let goods: Vec<Value> =
        sending.goods.iter().zip(sending.paths()?).map(|(good, path)| listed(good, &path)).collect();
    let quality = sending.quality;
    Ok(json!({
        "transfer": id, "title": sending.title, "bytes": sending.bytes, "until": sending.until, "goods": goods,
        "amount": sending.amount().map(|amount| amount.to_string()), "purpose": sending.amount().map(|_| sending.purpose()),
        "confidential": quality.confidentiality == Confidentiality::Sealed, "origin": quality.origin == Origin::Signed,
        "quality": {
            "integrity": "every content is fixed by its hash",
            "confidentiality": match quality.confidentiality {
                Confidentiality::Connection => "the connection alone",
                Confidentiality::Sealed => "sealed to the receiver's certified key",
            },
            "origin": match quality.origin {
                Origin::Deniable => "none: nobody can prove to others who sent it",
                Origin::Signed => "the sender's signature is with it",
            },
        },
        "timeline": timeline, "documents": documents,
    }))
}

fn listed(good: &Good, path: &str) -> Value {
    let mut shown = match &good.what {
        What::Certificate(paper) => json!({ "kind": "certificate", "hash": paper.hash }),
        What::Container(inside) => json!({ "kind": "container", "goods": inside.goods }),
        What::Data(data) => json!({ "kind": "data", "media": data.media, "hash": data.hash }),
        What::Payment(payment) => json!({ "kind": "payment", "amount": payment.amount.to_string() }),
        What::Statement(paper) => json!({ "kind": "statement", "statement": paper.kind, "hash": paper.hash }),
    };
    if let Value::Object(members) = &mut shown {
        let length = good.content().map(|content| content.layout.length());
        board::extend(members, json!({ "name": good.name, "path": path, "bytes": length }));
    }
    shown
}

fn able(all: &[(&'static str, bool)]) -> Vec<&'static str> {
    all.iter().filter(|(_, may)| *may).map(|(word, _)| *word).collect()
}
