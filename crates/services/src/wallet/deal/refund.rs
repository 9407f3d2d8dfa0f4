//! Money that a shop pays back after the settlement of a file's purchase: a new payment, to a reference that
//! the buyer gives. It is outside of the exchange, and so of its evidence pack.
//!
//! ```text
//! file-refund/ID          Back; also the asker of the question
//! file-refund-of/PURPOSE  which deal a reference is of
//! ```

use semper_base::code::Code;
use semper_base::tx::Question;
use semper_base::{Amount, DealId, Error, Hash, Key, Misuse, Role, Write};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{About, Kind, Ref, Statement, author, danger_typed_unverified, payload};
use semper_commerce::process::mail_order::RefundAddress;
use semper_commerce::process::offer::Offer;
use semper_driver::service::Answer;
use semper_support::tinguin::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Deal, State, named};
use crate::common::pay::{self, News};
use crate::common::standing::language;
use crate::common::{Desk, exchange, hello, keys, parcel, rows};

/// References that one deal may give.
const REFERENCES_MAX: u64 = 32;

/// What came back.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Back {
    given: u64,
    refunded: Option<Amount>,
}

fn row(id: DealId) -> Key {
    Key::new("file-refund", id)
}

fn of_row(purpose: Hash) -> Key {
    Key::new("file-refund-of", purpose)
}

/// The deal that a question is of.
pub(in crate::wallet) fn id_of(asker: &str) -> Option<DealId> {
    asker.strip_prefix("file-refund/").and_then(DealId::parse)
}

/// What came back of a deal.
pub(super) fn refunded(id: DealId, desk: &Desk<'_, '_>) -> Result<Option<Amount>, Error> {
    Ok(rows::get::<Back>(desk.tx, &row(id))?.and_then(|back| back.refunded))
}

/// `{"command":"refund-address","deal"}`: tells the shop where it can pay back.
pub(in crate::wallet) fn address(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let deal = named(request, desk)?;
    let (offer, order) = contract(&deal)?;
    let mut back: Back = rows::get(desk.tx, &row(deal.id))?.unwrap_or_default();
    if back.given >= REFERENCES_MAX {
        return Err(Misuse::new(Code::TooMany, "references for refunds").into());
    }
    back.given = back.given.saturating_add(1);
    let mut random = [0_u8; 32];
    desk.cx.crypto.random(&mut random);
    let purpose = Hash::tagged("semper-refund/1", &random);
    rows::put(desk.tx, row(deal.id), &back)?;
    rows::put(desk.tx, of_row(purpose), &deal.id)?;
    let currency = semper_commerce::process::offer::check(&offer)?.amount.currency();
    pay::bind_at(&subject(&order), &offer.body.terms.bank, currency, desk)?;
    if let Some(pay_to) = pay::ask_pay_to(Role::Buyer, purpose, &subject(&order), desk)? {
        ask(&deal, purpose, pay_to, desk)?;
    }
    Ok(json!({ "deal": deal.id, "asked": Kind::RefundAddress }))
}

fn subject(order: &Hash) -> String {
    format!("refund:{order}")
}

/// Offer and the order's hash.
fn contract(deal: &Deal) -> Result<(Statement<Offer>, Hash), Error> {
    match &deal.state {
        State::Agreed { offer, order, .. } => Ok((danger_typed_unverified(offer)?, Hash::of(order.as_bytes()))),
        _ => Err(Misuse::new(Code::StateWrong, "there is no contract yet").into()),
    }
}

fn ask(deal: &Deal, purpose: Hash, pay_to: PayTo, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let (offer, order) = contract(deal)?;
    let me = keys::author(Role::Buyer, desk.tx, desk.cx)?;
    let refs = vec![Ref { kind: Kind::Order, hash: order }];
    let about = About { to: vec![offer.meta.signer.key], xid: None, refs };
    let meta = author::meta::<RefundAddress>(desk.cx, me.signer(), language(desk)?, about, author::REQUEST_VALIDITY);
    let payload = payload(&meta, &RefundAddress { part: None, pay_to, purpose })?;
    let payload = String::from_utf8(payload).map_err(|_| Misuse::new(Code::FieldWrong, "payload"))?;
    desk.tx.push(Write::Ask(Question {
        id: format!("{}/{}", deal.id, Kind::RefundAddress),
        asker: row(deal.id).0,
        payload,
        kind: Kind::RefundAddress.word().to_owned(),
        key: me.public.id(),
        follows: None,
    }));
    Ok(())
}

/// The user has answered: what is signed goes to the shop.
pub(in crate::wallet) fn answer(id: DealId, answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Outcome::Signed { statement, .. } = &answer.outcome else { return Ok(()) };
    let Some(deal) = rows::get::<Deal>(desk.tx, &super::key(id))? else { return Ok(()) };
    exchange::keep_as(subject(&contract(&deal)?.1), statement, desk)?;
    let peer = hello::met_at(&deal.shop, desk)?.peer;
    parcel::send(peer, parcel::kinds::NOTICE, None, statement.clone(), desk)
}

/// News of the bank about a refund of a file's purchase; nothing if it is of something else.
pub(in crate::wallet) fn money(news: &News, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let purpose = match news {
        News::Arrived(paid) => paid.purpose,
        News::PayTo { purpose, .. } | News::NoPayTo { purpose, .. } => *purpose,
        News::Left(_) | News::NotPaid { .. } => return Ok(()),
    };
    let Some(id) = rows::get::<DealId>(desk.tx, &of_row(purpose))? else { return Ok(()) };
    match news {
        News::Arrived(paid) => {
            let mut back: Back = rows::get(desk.tx, &row(id))?.unwrap_or_default();
            back.refunded = Some(back.refunded.map_or(Ok(paid.amount), |before| before.plus(paid.amount))?);
            desk.tell("refunded", id, format!("{} came back.", paid.amount));
            rows::put(desk.tx, row(id), &back)?;
        }
        News::PayTo { pay_to, .. } => {
            if let Some(deal) = rows::get::<Deal>(desk.tx, &super::key(id))? {
                ask(&deal, purpose, *pay_to, desk)?;
            }
        }
        News::NoPayTo { code, .. } => {
            desk.tell("refused", id, format!("The bank gives no reference: {}.", code.text()));
        }
        News::Left(_) | News::NotPaid { .. } => {}
    }
    Ok(())
}
