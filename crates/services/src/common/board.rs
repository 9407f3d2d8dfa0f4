//! How a deal is shown to its owner, in one shape for both processes and both sides: for pages, the command
//! line and scripts. Everything is computed here and nothing of it is stored.

use std::collections::BTreeSet;

use semper_base::{Amount, Error, Role, Timestamp, Tx};
use semper_blocks::statement::{Compact, Kind, Language, Statement, danger_typed_unverified, wording};
use semper_commerce::deal::{Next, Word, next_in_purchase};
use semper_commerce::process::mail_order::offer::Grade;
use semper_commerce::process::mail_order::{
    Book, How, LockState, Objection, ParcelOffer, Part, PartLock, Shipment, words,
};
use semper_commerce::process::offer::Offer;
use serde_json::{Map, Value, json};

use super::exchange;

/// What comes next, for the side that reads.
#[must_use]
pub fn next(next: &Next, reader: Role) -> Value {
    json!({
        "who": next.who.map_or("nobody", Role::word),
        "you": next.who == Some(reader),
        "act": next.act,
        "act_text": next.act.text(),
        "until": next.until,
        "otherwise": next.otherwise,
        "otherwise_text": next.otherwise.text(),
    })
}

/// A mail order with a contract, as one side sees it.
#[derive(Debug)]
pub struct View<'a> {
    /// The book.
    pub book: &'a Book,
    /// The offer.
    pub offer: &'a Statement<ParcelOffer>,
    /// Whose it is.
    pub reader: Role,
    /// Parts whose refund is on its way, as far as the reader knows.
    pub refunding: BTreeSet<u64>,
    /// The shipments.
    pub shipments: Vec<Statement<Shipment>>,
    /// Now.
    pub now: Timestamp,
}

impl View<'_> {
    fn word_of(&self, part: &Part) -> Word {
        match words::of_part(self.book, part, self.now) {
            Word::Disputed | Word::Withdrawn if self.refunding.contains(&part.number) => Word::Refunding,
            word => word,
        }
    }

    /// The word and everything that follows from the book.
    #[must_use]
    pub fn members(&self) -> Map<String, Value> {
        let (book, now) = (self.book, self.now);
        let (word, coming) = words::of_deal(book, now);
        let word = match word {
            Word::Disputed | Word::Withdrawn if !self.refunding.is_empty() => Word::Refunding,
            word => word,
        };
        let risk = match self.reader {
            Role::Buyer => words::buyers_risk(book, now),
            _ => words::sellers_risk(book, now),
        };
        let mut members = offered(self.offer);
        let parts: Vec<Value> = book.parts.iter().map(|part| self.part(part)).collect();
        let more = json!({
            "word": word,
            "next": next(&coming, self.reader),
            "at_risk": risk.to_string(),
            "lines": lines(self.offer, Some(book)),
            "paid": book.paid_total().to_string(),
            "refunded": book.refunded_total().to_string(),
            "can": self.can(),
            "locks": [],
            "parts": parts,
            "order": book.contract.order,
            "cancel_asked": book.cancel_asked,
            "cancelled": book.cancelled.as_ref().map(|cancelled| cancelled.at),
        });
        extend(&mut members, more);
        members
    }

    fn part(&self, part: &Part) -> Value {
        let (book, now) = (self.book, self.now);
        let shipment = self.shipments.iter().find(|shipment| shipment.hash == part.shipment);
        let carrier = shipment.map(|shipment| &shipment.body.carrier);
        let arrived = part.arrival.filter(|arrival| arrival.how != How::Objection);
        json!({
            "part": part.number,
            "word": self.word_of(part),
            "next": next(&words::next_of_part(book, part, now), self.reader),
            "amount": part.amount.to_string(),
            "paid": part.paid.is_some(),
            "refunded": part.refunded.to_string(),
            "lines": part.lines,
            "carrier": carrier.map(|carrier| &carrier.name),
            "tracking": carrier.map(|carrier| &carrier.tracking),
            "handed_over": carrier.map(|carrier| carrier.handed_over),
            "shipped": part.shipped,
            "pay_until": part.shipped.plus(book.contract.times.pay_ms),
            "accept_until": book.accept_until(part),
            "received": arrived.map(|arrival| arrival.at),
            "by_default": part.arrival.is_some_and(|arrival| arrival.how == How::Silence),
            "objected": part.arrival.filter(|arrival| arrival.how == How::Objection).map(|arrival| arrival.at),
            "withdraw_until": book.withdraw_until(part),
            "withdrawn": part.withdrawn,
            "acknowledged": part.acknowledged,
            "xid": book.contract.xid(part.number),
            "money": book.lock_of(part).map(|lock| state_word(lock.state)),
            "money_until": book.lock_of(part).and_then(|lock| until(book, lock)),
        })
    }

    /// The commands that make sense now.
    fn can(&self) -> Vec<&'static str> {
        let (book, now) = (self.book, self.now);
        let any = |may: &dyn Fn(&Part) -> bool| book.parts.iter().any(may);
        let (rest, buyer) = (!book.rest().is_empty(), self.reader == Role::Buyer);
        let open = |part: &Part| part.withdrawn.is_none();
        let kept = |part: &Part| book.lock_of(part).filter(|lock| !lock.state.is_over()).map(|lock| lock.state);
        let contestable = |part: &Part| kept(part).is_some_and(LockState::is_contestable);
        let may_object = |part: &Part| {
            if part.lock.is_some() {
                return open(part) && contestable(part) && part.arrival.is_none();
            }
            let quiet = part.arrival.is_none_or(|arrival| arrival.how == How::Silence);
            open(part) && quiet && now <= book.accept_until(part)
        };
        let may_receive = |part: &Part| {
            let known = part.arrival.is_some_and(|arrival| arrival.how == How::Receipt);
            open(part) && !known && now <= book.withdraw_until(part)
        };
        let may_withdraw = |part: &Part| open(part) && now <= book.withdraw_until(part);
        let owed = |part: &Part| part.paid.is_some() && part.refunded != part.amount;
        let may_refund = |part: &Part| owed(part) || kept(part).is_some();
        let unpaid = |part: &Part| part.paid.is_none() && open(part) && part.lock.is_none();
        let idle = |lock: &&PartLock| !lock.state.is_over() && book.part_of(&lock.lock).is_none();
        let shippable =
            book.locks.is_empty() || book.locks.iter().filter(idle).any(|lock| lock.state == LockState::Locked);
        // Where it speaks against the seller: a carrier that has not said that the goods came.
        let waits = |part: &Part| book.is_carried() && matches!(kept(part), Some(LockState::Consigned { .. }));
        // Whoever has said that it is here and as ordered disputes nothing.
        let fine = |part: &Part| part.arrival.is_some_and(|arrival| arrival.how == How::Receipt);
        let disputable = |lock: &PartLock| lock.state.is_contestable() && !book.part_of(&lock.lock).is_some_and(fine);
        // The word of an arbiter, or of a carrier that has said nothing.
        let awaited = |state| match state {
            LockState::Disputed { .. } => true,
            LockState::Consigned { .. } => book.is_carried(),
            _ => false,
        };
        let list = [
            ("ship", !buyer && rest && shippable && book.cancel_asked.is_none()),
            ("cancel", rest && (!buyer || book.cancel_asked.is_none())),
            ("received", buyer && any(&may_receive)),
            ("complain", buyer && any(&may_object)),
            ("withdraw", buyer && any(&may_withdraw)),
            ("resume", buyer && any(&unpaid)),
            ("refund-address", buyer && any(&owed)),
            ("refund", !buyer && any(&may_refund)),
            ("dispute", if buyer { book.locks.iter().any(disputable) } else { any(&waits) }),
            ("bring", book.locks.iter().any(|lock| awaited(lock.state))),
            ("export", true),
        ];
        list.into_iter().filter(|(_, may)| *may).map(|(word, _)| word).collect()
    }
}

/// One lock, for both sides.
#[must_use]
pub fn lock(book: &Book, lock: &PartLock) -> Value {
    let part = book.part_of(&lock.lock).map(|part| part.number);
    let (paid, back, basis) = match lock.state {
        LockState::Divided { payee, payer, basis, .. } => (Some(payee), Some(payer), Some(basis)),
        LockState::Returned => (None, Some(lock.amount), None),
        _ => (None, None, None),
    };
    json!({
        "lock": lock.lock,
        "part": part,
        "lines": lock.lines,
        "amount": lock.amount.to_string(),
        "state": state_word(lock.state),
        "until": until(book, lock),
        "paid": paid.map(|paid| paid.to_string()),
        "back": back.map(|back| back.to_string()),
        "basis": basis,
    })
}

/// How the money of a part stands, in a word.
fn state_word(state: LockState) -> &'static str {
    match state {
        LockState::Agreed => "agreed",
        LockState::Locked => "locked",
        LockState::Consigned { .. } => "consigned",
        LockState::Arrived { .. } => "arrived",
        LockState::Disputed { .. } => "disputed",
        LockState::Divided { .. } => "divided",
        LockState::Returned => "returned",
    }
}

/// When the bank acts by itself on a lock.
fn until(book: &Book, lock: &PartLock) -> Option<Timestamp> {
    match lock.state {
        LockState::Agreed | LockState::Locked => Some(book.contract.ship_until),
        LockState::Consigned { until } | LockState::Arrived { until, .. } | LockState::Disputed { until } => {
            Some(until)
        }
        LockState::Divided { .. } | LockState::Returned => None,
    }
}

/// How an exchange of parcels is graded: weak both ways, but where the money is kept nobody goes first.
#[must_use]
fn grade(offer: &Statement<ParcelOffer>) -> &'static str {
    match offer.body.terms.grade {
        Grade::Escrow => "escrow",
        Grade::EvidenceOnly => "weak",
    }
}

/// What an offer says, whether it was ordered or not.
#[must_use]
pub fn offered(offer: &Statement<ParcelOffer>) -> Map<String, Value> {
    let summary = semper_commerce::process::mail_order::offer::check(offer).ok();
    let total = summary.as_ref().map(|summary| summary.amount.to_string());
    let money = |minor| Amount::new(minor, offer.body.currency).ok().map(|amount| amount.to_string());
    let terms = &offer.body.terms;
    let days = |length: semper_base::Millis| length.0 / 86_400_000;
    let vat: Vec<Value> = terms
        .vat
        .iter()
        .map(|sum| json!({ "rate": sum.rate, "gross": money(sum.gross), "tax": money(sum.tax) }))
        .collect();
    let mut members = Map::new();
    extend(
        &mut members,
        json!({
            "grade": grade(offer),
            "title": summary.map(|summary| summary.title),
            "lines": lines(offer, None),
            "shipping": money(terms.shipping.price),
            "total": total,
            "amount": total,
            "offer": {
                "hash": offer.hash,
                "expires": offer.body.expires_at,
                "delivery_days": days(terms.times.delivery_ms),
                "accept_days": days(terms.times.accept_ms),
                "pay_days": days(terms.times.pay_ms),
                "refund_days": days(terms.times.refund_ms),
                "withdraw_days": days(terms.times.withdraw_ms),
                "return_costs": terms.return_costs,
                "pay": terms.pay,
                "grade": terms.grade,
                "arbiter": terms.escrow.as_ref().map(|escrow| &escrow.arbiter.name),
                "carrier": terms.escrow.as_ref().and_then(|escrow| escrow.carrier.as_ref()).map(|one| &one.name),
                "hearing_days": terms.escrow.as_ref().map(|escrow| days(escrow.hearing_ms)),
                "silent": terms.escrow.as_ref().map(|escrow| escrow.silent),
                "vat": vat,
            },
        }),
    );
    members
}

fn lines(offer: &Statement<ParcelOffer>, book: Option<&Book>) -> Vec<Value> {
    let money = |minor: u64| Amount::new(minor, offer.body.currency).ok();
    let sum = |lines: &mut dyn Iterator<Item = u64>| lines.fold(0_u64, u64::saturating_add);
    let each = offer.body.line_items.iter().map(|line| {
        let price = money(line.item.price);
        let total = price.and_then(|price| price.times(line.quantity).ok());
        let rate = offer.body.terms.vat.iter().find(|sum| sum.lines.contains(&line.id)).map(|sum| sum.rate);
        let shipped = book.map_or(0, |book| {
            let parts = book.parts.iter().flat_map(|part| &part.lines);
            sum(&mut parts.filter(|part| part.id == line.id).map(|part| part.quantity))
        });
        let cancelled = book.and_then(|book| book.cancelled.as_ref()).map_or(0, |cancelled| {
            sum(&mut cancelled.lines.iter().filter(|part| part.id == line.id).map(|part| part.quantity))
        });
        json!({
            "id": line.id,
            "item": line.item.id,
            "title": line.item.title,
            "quantity": line.quantity,
            "price": price.map(|price| price.to_string()),
            "total": total.map(|total| total.to_string()),
            "vat": rate,
            "shipped": shipped,
            "cancelled": cancelled,
        })
    });
    each.collect()
}

/// The time line and the documents of what is kept under these subjects, oldest first. The time line names
/// each kind by its title in English.
pub fn documents(tx: &Tx<'_>, subjects: &[String]) -> Result<(Vec<Value>, Vec<Value>), Error> {
    let mut all: Vec<(Timestamp, Value, Value)> = Vec::new();
    let titles = wording::titles(Language::En);
    for subject in subjects {
        for text in exchange::kept(tx, subject)? {
            let compact = Compact::parse(&text)?;
            let payload: Value = semper_base::json::read(compact.payload())?;
            let issued = payload.pointer("/semper/issued").cloned().unwrap_or_default();
            let at: Timestamp = serde_json::from_value(issued.clone()).unwrap_or(Timestamp::EPOCH);
            let signer = payload.pointer("/semper/signer/role").cloned();
            let kind = compact.kind();
            let title = titles.get(&kind);
            let event = json!({ "at": issued, "what": kind, "by": signer, "text": title, "part": payload.get("part") });
            let document = json!({ "kind": kind, "issued": issued, "signer": signer, "hash": compact.hash() });
            all.push((at, event, document));
        }
    }
    all.sort_by_key(|(at, _, _)| *at);
    Ok(all.into_iter().map(|(_, event, document)| (event, document)).unzip())
}

/// Puts what the buyer complained of to the parts of a mail order whose evidence has this subject.
///
/// # Errors
/// The store cannot be read; what is kept is damaged.
pub fn complaints(tx: &Tx<'_>, subject: &str, members: &mut Map<String, Value>) -> Result<(), Error> {
    let Some(Value::Array(parts)) = members.get_mut("parts") else { return Ok(()) };
    for text in exchange::kept(tx, subject)? {
        if Compact::parse(&text)?.kind() != Kind::Objection {
            continue;
        }
        let objection: Statement<Objection> = danger_typed_unverified(&text)?;
        let number = Some(objection.body.part);
        for part in parts.iter_mut().filter(|part| part.get("part").and_then(Value::as_u64) == number) {
            if let Value::Object(part) = part {
                part.insert("complaint".to_owned(), json!(objection.body.reason));
            }
        }
    }
    Ok(())
}

/// The purchase of a file, as one side sees it by the deal's word.
#[must_use]
pub fn purchase(offer: &Statement<Offer>, word: Word, until: Option<Timestamp>, reader: Role) -> Map<String, Value> {
    let money = |minor| Amount::new(minor, offer.body.currency).ok().map(|amount: Amount| amount.to_string());
    let total = offer.body.line_items.first().and_then(|line| money(line.item.price));
    let line = |line: &semper_commerce::process::offer::LineItem| {
        json!({
            "id": line.id,
            "item": line.item.id,
            "title": line.item.title,
            "quantity": line.quantity,
            "price": money(line.item.price),
            "total": money(line.item.price),
            "vat": offer.body.terms.vat,
        })
    };
    let lines: Vec<Value> = offer.body.line_items.iter().map(line).collect();
    let until = if matches!(word, Word::Offered) { Some(offer.body.expires_at) } else { until };
    let mut members = asked(word, until, reader);
    extend(
        &mut members,
        json!({
            "title": offer.body.line_items.first().map(|line| &line.item.title),
            "lines": lines,
            "total": total,
            "amount": total,
            "paid": money(0),
            "refunded": money(0),
            // The bank's rows see to it that nobody loses.
            "at_risk": money(0),
        }),
    );
    members
}

/// The purchase of a file before there is an offer.
#[must_use]
pub fn asked(word: Word, until: Option<Timestamp>, reader: Role) -> Map<String, Value> {
    let mut members = Map::new();
    extend(
        &mut members,
        json!({
            "process": "purchase",
            "grade": "strong",
            "word": word,
            "next": next(&next_in_purchase(word, until), reader),
            "at_risk": null,
            "lines": [],
            "shipping": null,
            "total": null,
            "paid": null,
            "refunded": null,
            "parts": [],
            "refused": null,
        }),
    );
    members
}

/// An amount, or none of it.
#[must_use]
pub fn some(is_all: bool, amount: Amount) -> String {
    if is_all { amount } else { Amount::zero(amount.currency()) }.to_string()
}

/// Adds the members of an object to another, over those of the same name.
pub fn extend(members: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        members.extend(more);
    }
}
