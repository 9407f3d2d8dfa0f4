//! Mail orders, as the user sees them, and their evidence.

use std::collections::BTreeSet;

use semper_base::{Blob64, Code, Error, Misuse, Role, Timestamp};
use semper_blocks::statement::{Statement, danger_typed_unverified};
use semper_commerce::deal::Word;
use semper_commerce::process::mail_order::{ParcelOffer, Shipment};
use serde_json::{Map, Value, json};

use super::{ParcelDeal, State, named};
use crate::common::board::{self, View};
use crate::common::evidence::{self, Extra};
use crate::common::parcel::subject;
use crate::common::{Desk, keys, rows};

/// Every mail order with the time it was opened, newest last.
pub(in crate::wallet) fn summaries(desk: &Desk<'_, '_>) -> Result<Vec<(Timestamp, Value)>, Error> {
    let mut list = Vec::new();
    for (key, row) in desk.tx.scan("parcel/", 1000)? {
        let deal: ParcelDeal = rows::parse(&key, &row)?;
        list.push((deal.opened, Value::Object(summary(&deal, desk)?)));
    }
    Ok(list)
}

fn summary(deal: &ParcelDeal, desk: &Desk<'_, '_>) -> Result<Map<String, Value>, Error> {
    let before = |word, until, can: &[&str]| {
        let mut members = board::asked(word, until, Role::Buyer);
        board::extend(&mut members, json!({ "can": can, "grade": "weak" }));
        members
    };
    let (mut members, refused) = match &deal.state {
        State::Asked => (before(Word::Asked, None, &["resume"]), None),
        State::Offered { offer, until } | State::Ordered { offer, until, .. } => {
            let offer: Statement<ParcelOffer> = danger_typed_unverified(offer)?;
            let is_ordered = matches!(deal.state, State::Ordered { .. });
            let can: &[&str] = if is_ordered { &["resume"] } else { &[] };
            let word = if is_ordered { Word::Agreed } else { Word::Offered };
            let mut members = before(word, Some(*until), can);
            members.extend(board::offered(&offer));
            (members, None)
        }
        State::Agreed(agreed) => {
            let offer: Statement<ParcelOffer> = danger_typed_unverified(&agreed.offer)?;
            let shipments: Result<Vec<Statement<Shipment>>, _> =
                agreed.shipments.iter().map(|text| danger_typed_unverified(text)).collect();
            let (book, now, reader) = (&agreed.machine.book, desk.cx.now, Role::Buyer);
            let (refunding, shipments) = (BTreeSet::new(), shipments?);
            let view = View { book, offer: &offer, reader, refunding, shipments, now };
            let locks = agreed.shown()?;
            let why = agreed.unpaid.last().and_then(|(_, code)| Code::from_number(*code));
            let mut members = view.members();
            board::extend(&mut members, json!({ "locks": locks }));
            (members, why)
        }
        State::Ended { why } => (before(Word::Withdrawn, None, &[]), Code::from_number(*why)),
    };
    board::extend(
        &mut members,
        json!({
            "deal": deal.id,
            "process": "mail-order",
            "opened": deal.opened,
            "shop": deal.shop,
            "xid": null,
            "refused": refused.map(|code| json!({ "code": code.number(), "text": code.text() })),
        }),
    );
    Ok(members)
}

/// One mail order with everything that is known about it.
pub(in crate::wallet) fn show(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let deal = named(request, desk)?;
    let mut members = summary(&deal, desk)?;
    let subjects = match &deal.state {
        State::Agreed(agreed) => vec![subject(&agreed.machine.book.contract.order)],
        _ => Vec::new(),
    };
    let (timeline, documents) = board::documents(desk.tx, &subjects)?;
    for subject in &subjects {
        board::complaints(desk.tx, subject, &mut members)?;
    }
    board::extend(&mut members, json!({ "timeline": timeline, "documents": documents, "address": deal.address }));
    Ok(Value::Object(members))
}

/// Writes the evidence pack of a mail order: `{"command":"export","deal"}`.
pub(in crate::wallet) fn export(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let deal = named(request, desk)?;
    let State::Agreed(agreed) = &deal.state else {
        return Err(Misuse::new(Code::StateWrong, "there is no contract yet").into());
    };
    let book = &agreed.machine.book;
    let payments = book.parts.iter().map(|part| format!("pay-out:{}", book.contract.xid(part.number)));
    let locks: Vec<_> = book.locks.iter().map(|lock| lock.lock).collect();
    let locking = locks.iter().map(|lock| format!("lock:{lock}"));
    let transcripts = [format!("parcel:{}", deal.id)].into_iter().chain(payments).chain(locking).collect();
    let extra = Extra { pieces: Vec::new(), transcripts };
    let author = keys::author(Role::Buyer, desk.tx, desk.cx)?;
    let pack = evidence::export_order(book.contract.order, &locks, extra, &author, desk)?;
    let unstamped = crate::common::stamps::left(&subject(&book.contract.order), desk)?;
    Ok(json!({ "deal": deal.id, "pack": Blob64(pack), "unstamped": unstamped }))
}
