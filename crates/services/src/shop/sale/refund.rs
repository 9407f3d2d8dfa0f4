//! Refunds after the settlement of a file's sale: new payments to references that the buyer gave.
//!
//! ```text
//! sale-refund/ORDER       Back
//! sale-refund-of/PURPOSE  which sale a reference is of
//! ```

use semper_base::code::Code;
use semper_base::{Amount, Currency, Error, Hash, Key, Misuse, PeerId, Role, Violation};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{Kind, Statement, danger_typed_unverified};
use semper_commerce::process::mail_order::Notice;
use semper_commerce::process::offer::Offer;
use semper_commerce::process::purchase::Order;
use semper_exchange::fair::dgp::seller::{Seller, Stage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Sale, sale_key};
use crate::common::exchange::{self, Run};
use crate::common::parcel::{CheckedNotice, optional};
use crate::common::pay::{self, News, Payment};
use crate::common::{Desk, rows, text};

/// References that one sale keeps.
const REFERENCES_MAX: usize = 32;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Back {
    to: Vec<To>,
    refunded: Option<Amount>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct To {
    reference: PayTo,
    purpose: Hash,
    /// What was ordered to be paid there.
    ordered: Option<Amount>,
    done: bool,
}

fn row(order: Hash) -> Key {
    Key::new("sale-refund", order)
}

fn of_row(purpose: Hash) -> Key {
    Key::new("sale-refund-of", purpose)
}

fn subject(order: &Hash) -> String {
    format!("refund:{order}")
}

/// What went back of a sale.
pub(super) fn refunded(order: Hash, desk: &Desk<'_, '_>) -> Result<Option<Amount>, Error> {
    Ok(rows::get::<Back>(desk.tx, &row(order))?.and_then(|back| back.refunded))
}

/// A buyer says where a file can be paid back. False if the notice is of a mail order.
pub(in crate::shop) fn notice(from: PeerId, checked: &CheckedNotice, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let (Notice::RefundAddress(_), Some(to)) = (&checked.notice, checked.notice.refund_to()) else { return Ok(false) };
    let meta = checked.notice.meta();
    let Some(order) = meta.refs.iter().find(|reference| reference.kind == Kind::Order) else { return Ok(false) };
    let order = order.hash;
    let sale: Option<Sale> = rows::get(desk.tx, &sale_key(order))?;
    let sale = sale.filter(|sale| sale.buyer == from).ok_or_else(|| Violation::new(Code::RefWrong, "order"))?;
    let ordered: Statement<Order> = danger_typed_unverified(&sale.papers(order, desk)?.order)?;
    meta.check_signer(&ordered.meta.signer.key)?;
    let statement = checked.notice.text();
    if desk.tx.is_archived(&subject(&order), statement.as_bytes())? {
        return Ok(true);
    }
    let mut back: Back = rows::get(desk.tx, &row(order))?.unwrap_or_default();
    if back.to.len() >= REFERENCES_MAX {
        return Err(Violation::new(Code::TooMany, "refund addresses").into());
    }
    exchange::keep_as(subject(&order), statement, desk)?;
    back.to.push(To { reference: to.pay_to, purpose: to.purpose, ordered: None, done: false });
    rows::put(desk.tx, of_row(to.purpose), &order)?;
    rows::put(desk.tx, row(order), &back)?;
    Ok(true)
}

/// `{"command":"refund","order":HASH,"amount"?}` of a file's sale that is settled.
pub(in crate::shop) fn refund(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let order = Hash::from_hex(text(request, "order")?).ok_or_else(|| Misuse::new(Code::FieldWrong, "order"))?;
    let sale: Option<Sale> = rows::get(desk.tx, &sale_key(order))?;
    let sale = sale.ok_or_else(|| Misuse::new(Code::NotFound, "no such sale"))?;
    let run = sale.xid.map(|xid| Run::<Seller>::load(desk.tx, xid)).transpose()?.flatten();
    if !run.is_some_and(|run| matches!(run.machine.stage(), Stage::Settled)) {
        return Err(Misuse::new(Code::StateWrong, "the money is not ours for good yet").into());
    }
    let papers = sale.papers(order, desk)?;
    let ordered: Statement<Order> = danger_typed_unverified(&papers.order)?;
    let mut back: Back = rows::get(desk.tx, &row(order))?.unwrap_or_default();
    if back.to.iter().any(|to| to.ordered.is_some() && !to.done) {
        return Err(Misuse::new(Code::StateWrong, "a refund of this sale is on its way").into());
    }
    let left = back.refunded.map_or(Ok(ordered.body.amount), |gone| ordered.body.amount.minus(gone))?;
    let amount = match optional(request, "amount")? {
        None => left,
        Some(amount) => {
            let (number, currency) = amount.split_once(' ').unwrap_or((amount, "EUR"));
            Amount::parse(number, Currency::parse(currency)?)?
        }
    };
    if amount.minor() == 0 || left.minus(amount).is_err() {
        return Err(Misuse::new(Code::FieldWrong, format!("amount: more than nothing, at most {left}")).into());
    }
    let to = back.to.iter_mut().find(|to| to.ordered.is_none());
    let to = to.ok_or_else(|| Misuse::new(Code::PayToUnknown, "the buyer has not said where to pay back"))?;
    to.ordered = Some(amount);
    let payment =
        Payment { amount, follows: None, purpose: to.purpose, subject: subject(&order), to: to.reference, until: None };
    let offer: Statement<Offer> = danger_typed_unverified(&papers.offer)?;
    pay::bind_at(&payment.subject, &offer.body.terms.bank, amount.currency(), desk)?;
    rows::put(desk.tx, row(order), &back)?;
    pay::pay(Role::Seller, &payment, desk)?;
    Ok(json!({ "order": order, "amount": amount.to_string() }))
}

/// News of the bank about such a refund; nothing if it is of something else.
pub(in crate::shop) fn money(news: &News, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let purpose = match news {
        News::Left(paid) => paid.purpose,
        News::NotPaid { purpose, .. } => *purpose,
        News::Arrived(_) | News::NoPayTo { .. } | News::PayTo { .. } => return Ok(()),
    };
    let Some(order) = rows::get::<Hash>(desk.tx, &of_row(purpose))? else { return Ok(()) };
    let mut back: Back = rows::get(desk.tx, &row(order))?.unwrap_or_default();
    for to in back.to.iter_mut().filter(|to| to.purpose == purpose) {
        match news {
            News::Left(_) => to.done = true,
            _ => to.ordered = None,
        }
    }
    if let News::Left(paid) = news {
        back.refunded = Some(back.refunded.map_or(Ok(paid.amount), |before| before.plus(paid.amount))?);
        desk.tell("refunded", order, format!("{} went back.", paid.amount));
    }
    Ok(rows::put(desk.tx, row(order), &back)?)
}
