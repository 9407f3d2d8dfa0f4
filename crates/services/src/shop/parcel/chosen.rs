//! Orders whose parts the operator chooses: money is locked for each part by itself, so it must be said with the
//! acceptance what is shipped together. Until then the order waits, and its goods are set aside.
//!
//! ```text
//!            order (buyer)              accept, with the parts (operator)
//! [offered] --------------> [waits] ---------------------------------------> [sale]
//!                              | refused by the operator, or its time is over
//!                              +--------------------------------------------> nobody is bound, the goods are back
//!
//! parcel-asked/ORDER   Asked; also the timer at which the order is refused
//! ```

use semper_base::code::Code;
use semper_base::limits::ORDER_LINES_MAX;
use semper_base::{Error, Hash, Key, KeyId, Millis, Misuse, PeerId, Role, Timestamp, Violation, Write};
use semper_blocks::statement::{Statement, danger_typed_unverified};
use semper_commerce::deal::Word;
use semper_commerce::process::mail_order::{ParcelOffer, ParcelOrder, PartLine};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::{Refused, catalogue, kinds};
use super::{Buyer, count_open, end_open, forget_offer, offer as offers};
use crate::common::{Desk, board, rows};

/// So long before its end an order is refused by itself: an acceptance must still reach the buyer.
const MARGIN: Millis = Millis::seconds(600);

/// An order that waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    pub(super) buyer: PeerId,
    key: KeyId,
    name: String,
    offer: String,
    order: String,
    opened: Timestamp,
    /// It is refused then.
    until: Timestamp,
}

fn row(order: Hash) -> Key {
    Key::new("parcel-asked", order)
}

/// The order with this hash, if it waits.
pub(super) fn load(order: Hash, desk: &Desk<'_, '_>) -> Result<Option<Asked>, Error> {
    Ok(rows::get(desk.tx, &row(order))?)
}

/// Keeps an order until the operator has chosen. Its goods are out of stock already.
pub(super) fn ask(
    from: PeerId,
    offer: &Statement<ParcelOffer>,
    order: &Statement<ParcelOrder>,
    buyer: Buyer<'_>,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    count_open(buyer.key, desk)?;
    offers::note_ordered(offer.hash, desk)?;
    forget_offer(offer.hash, desk)?;
    let asked = Asked {
        buyer: from,
        key: buyer.key,
        name: buyer.name.to_owned(),
        offer: offer.text.clone(),
        order: order.text.clone(),
        opened: desk.cx.now,
        until: order.meta.expires.minus(MARGIN),
    };
    rows::put(desk.tx, row(order.hash), &asked)?;
    desk.tx.push(Write::Timer(row(order.hash), Some(asked.until)));
    let amount = order.body.amount;
    desk.tell(
        "waiting",
        order.hash,
        format!("{} ordered for {amount}: accept it, and say in which parcels.", buyer.name),
    );
    Ok(())
}

/// It does not wait any more.
fn take(order: Hash, desk: &mut Desk<'_, '_>) -> Result<Asked, Error> {
    let asked = load(order, desk)?.ok_or_else(|| Misuse::new(Code::NotFound, "no such order waits"))?;
    desk.tx.delete(row(order));
    desk.tx.push(Write::Timer(row(order), None));
    end_open(asked.key, desk)?;
    Ok(asked)
}

/// `{"command":"accept","order":HASH,"parts"?:[["1","3"],["2"]]}`: takes an order that waits; `parts` says by the lines'
/// ids what is shipped together, each line once. Left out, all of it is one part.
pub(in crate::shop) fn accept(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let order = Hash::from_hex(crate::common::text(request, "order")?);
    let order = order.ok_or_else(|| Misuse::new(Code::FieldWrong, "order"))?;
    let asked = take(order, desk)?;
    let (offer, ordered): (Statement<ParcelOffer>, Statement<ParcelOrder>) =
        (danger_typed_unverified(&asked.offer)?, danger_typed_unverified(&asked.order)?);
    let parts = parts(request, &ordered.body)?;
    let (count, buyer) = (parts.len(), Buyer { key: asked.key, name: &asked.name });
    let taken = super::accept(asked.buyer, &offer, &ordered, buyer, &parts, desk);
    taken.map_err(|error| match error {
        // The lines or their number: what the operator said, and nobody else.
        Error::Violation(why) => Misuse::new(why.code(), format!("parts: {why}")).into(),
        other => other,
    })?;
    Ok(json!({ "order": order, "parts": count }))
}

fn parts(request: &Value, order: &ParcelOrder) -> Result<Vec<Vec<PartLine>>, Error> {
    let all = || order.lines.iter().map(|line| PartLine { id: line.id.clone(), quantity: line.quantity });
    let wrong = || Misuse::new(Code::FieldWrong, "parts: lists of the lines' ids, each line once");
    let named: Vec<Vec<String>> = match request.get("parts") {
        None | Some(Value::Null) => return Ok(vec![all().collect()]),
        Some(parts) => serde_json::from_value(parts.clone()).map_err(|_| wrong())?,
    };
    if named.iter().any(Vec::is_empty) || named.iter().map(Vec::len).sum::<usize>() > ORDER_LINES_MAX {
        return Err(wrong().into());
    }
    // In the order of the lines, however they were named.
    let part = |ids: &Vec<String>| all().filter(|line| ids.contains(&line.id)).collect::<Vec<_>>();
    let parts: Vec<Vec<PartLine>> = named.iter().map(part).collect();
    let is_known = named.iter().zip(&parts).all(|(ids, lines)| ids.len() == lines.len());
    if is_known { Ok(parts) } else { Err(wrong().into()) }
}

/// The operator will not take an order that waits; false if none does.
pub(super) fn refuse(order: Hash, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    if load(order, desk)?.is_none() {
        return Ok(false);
    }
    end(order, Code::Declined, desk)?;
    desk.tell("refused", order, "The order was not taken; its goods are in stock again.");
    Ok(true)
}

/// Nobody has answered in time.
pub(in crate::shop) fn lapse(order: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    end(order, Code::NoAnswer, desk)?;
    desk.tell("refused", order, "The order was not accepted in time; its goods are in stock again.");
    Ok(())
}

fn end(order: Hash, code: Code, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let asked = take(order, desk)?;
    let offer: Statement<ParcelOffer> = danger_typed_unverified(&asked.offer)?;
    let lines = offer.body.line_items.iter();
    let lines: Vec<_> = lines.map(|line| catalogue::Line { id: &line.item.id, quantity: line.quantity }).collect();
    catalogue::give_back(&lines, desk)?;
    let refused = Refused { code: code.number(), notaries: vec![], order: Some(order), reference: None };
    desk.send(asked.buyer, kinds::REFUSED, &refused)
}

/// Every order that waits.
pub(super) fn summaries(desk: &Desk<'_, '_>) -> Result<Vec<Value>, Error> {
    let found = desk.tx.scan("parcel-asked/", 1000)?;
    found.iter().map(|(key, row)| Ok(Value::Object(rows::parse::<Asked>(key, row)?.summary()?))).collect()
}

impl Asked {
    /// In the shape of a sale.
    fn summary(&self) -> Result<Map<String, Value>, Error> {
        let offer: Statement<ParcelOffer> = danger_typed_unverified(&self.offer)?;
        let order = Hash::of(self.order.as_bytes());
        let mut members = board::asked(Word::Agreed, Some(self.until), Role::Seller);
        members.extend(board::offered(&offer));
        let title = members.get("title").cloned();
        board::extend(
            &mut members,
            json!({
                "deal": order, "order": order, "process": "mail-order", "opened": self.opened, "buyer": self.name,
                "goods": title, "can": ["accept", "cancel"], "locks": [], "pending": null,
            }),
        );
        Ok(members)
    }

    /// With everything that is known about it.
    pub(super) fn show(&self) -> Result<Value, Error> {
        let order: Statement<ParcelOrder> = danger_typed_unverified(&self.order)?;
        let mut members = self.summary()?;
        board::extend(&mut members, json!({ "timeline": [], "documents": [], "address": order.body.address }));
        Ok(Value::Object(members))
    }
}

/// The order's buyer asks again: the order is here. Nobody else may.
pub(super) fn known(from: PeerId, order: Hash, desk: &Desk<'_, '_>) -> Result<bool, Error> {
    match load(order, desk)? {
        None => Ok(false),
        Some(asked) if asked.buyer == from => Ok(true),
        Some(_) => Err(Violation::new(Code::PeerWrong, "order").into()),
    }
}
