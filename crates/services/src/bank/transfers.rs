//! Plain transfers: a payee is given a reference, a payer's order pays to it, once, and both hear of it.
//!
//! ```text
//! pay-to/REF                       Given: whose it is, what for, until when, which order used it
//! pay-to-of/ACCOUNT/PURPOSE        REF: one purpose of an account has one reference
//! pay-to-open/ACCOUNT/UNTIL-REF    those that nothing was paid to, the soonest to end first
//! pay-to-count/ACCOUNT             how many of those there are
//! (ORDER, transferred)             register row: what the bank answered an order with, for good
//! ```
//!
//! What is refused is not written: the payer may have money tomorrow. That nothing is paid twice does not
//! rest on it, for a reference is used up by the first payment.

use semper_base::limits::{PAY_TO_LIFE_MS, PAY_TOS_OPEN_MAX};
use semper_base::tx::Inserted;
use semper_base::{
    Code, Currency, Error, Fault, Hash, Key, Millis, Nonce, PeerId, Refusal, Role, Timestamp, Violation, Xid, json,
};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{About, Body, Meta, Statement};
use semper_exchange::transfer::{PayToRequest, Transfer, Transferred};
use serde::{Deserialize, Serialize};

use super::accounts::Account;
use super::{accounts, kinds, ledger, self_signed};
use crate::common::{Desk, Look, exchange, idle, keys, log, rows};
use crate::shop::{Certified, own_certificate};

/// The register row of an order.
const SLOT: &str = "transferred";
/// References that ran out and are removed for each new one.
const SWEPT_PER_REQUEST: usize = 4;
/// Tolerated difference of clocks.
const SKEW: Millis = Millis::seconds(120);

/// The message that carries a signed order or request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ordered {
    /// The signed [`PayToRequest`] or [`Transfer`].
    pub statement: String,
}

/// The bank gives a reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayToGiven {
    /// What it can be paid in.
    pub currency: Currency,
    /// The reference.
    pub pay_to: PayTo,
    /// What it was asked for.
    pub purpose: Hash,
    /// Until when it can be paid to.
    pub until: Timestamp,
}

/// The bank says no to an order or a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferRefused {
    /// Why.
    pub code: u16,
    /// What for.
    pub purpose: Hash,
    /// Hash of what was asked.
    pub refused: Hash,
}

/// A reference on the bank's books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub(super) account: String,
    /// When the newest request for it was made: only a newer one moves it to another peer.
    asked: Timestamp,
    pub(super) currency: Currency,
    pub(super) pay_to: PayTo,
    /// Who asked, and hears of the payment.
    peer: PeerId,
    pub(super) purpose: Hash,
    pub(super) until: Timestamp,
    pub(super) used: Option<Used>,
}

/// What was paid to a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Used {
    /// Who ordered it.
    payer: PeerId,
    /// The order.
    pub(super) transfer: Hash,
}

/// Checks a request or an order without state. Who asks again is answered again, however late: whether an
/// order may still be carried out is looked at where that is done.
pub(super) fn check<B: Body>(body: &[u8], look: &Look<'_>) -> Result<Statement<B>, Violation> {
    let ordered: Ordered = json::read(body)?;
    let statement: Statement<B> = self_signed(&ordered.statement, look)?;
    statement.meta.check_time(look.now.min(statement.meta.expires), SKEW)?;
    Ok(statement)
}

/// Somebody wants to be paid: a reference, the same each time for the same purpose.
pub(super) fn ask(from: PeerId, request: &Statement<PayToRequest>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    addressed(&request.meta, desk)?;
    let given = match give(from, request, desk) {
        Err(Error::Refusal(refusal)) => return refuse(from, &refusal, request.body.purpose, request.hash, desk),
        given => given?,
    };
    let Given { currency, pay_to, purpose, until, .. } = given;
    desk.send(from, kinds::PAY_TO, &PayToGiven { currency, pay_to, purpose, until })?;
    match given.used {
        Some(used) => say_again(from, used.transfer, desk),
        None => Ok(()),
    }
}

/// Somebody pays.
pub(super) fn pay(from: PeerId, order: &Statement<Transfer>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    addressed(&order.meta, desk)?;
    if desk.tx.register(&Xid(order.hash), SLOT)?.is_some() {
        let payer = given(&order.body.pay_to, desk)?.and_then(|given| given.used).map(|used| used.payer);
        if payer != Some(from) {
            return Err(Violation::new(Code::PeerWrong, "another's order").into());
        }
        return say_again(from, order.hash, desk);
    }
    match carry_out(from, order, desk) {
        Err(Error::Refusal(refusal)) => refuse(from, &refusal, order.body.purpose, order.hash, desk),
        done => done,
    }
}

/// Moves the money and tells both. Whatever refuses has written nothing.
fn carry_out(from: PeerId, order: &Statement<Transfer>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let body = &order.body;
    let refuse = |code| Error::from(Refusal::new(code, ""));
    let payer = owned(&body.account, &body.account_key, desk)?;
    if desk.cx.now > order.meta.expires {
        return Err(refuse(Code::Expired));
    }
    let mut given = given(&body.pay_to, desk)?.ok_or_else(|| refuse(Code::PayToUnknown))?;
    if given.used.is_some() {
        return Err(refuse(Code::PayToUsed));
    }
    if desk.cx.now > given.until {
        return Err(refuse(Code::PayToUnknown));
    }
    let currency = body.amount.currency();
    let fits = given.purpose == body.purpose && given.currency == currency && payer.currency == currency;
    if !fits || given.account == payer.name || body.amount.minor() == 0 {
        return Err(refuse(Code::PayToUnfit));
    }
    ledger::transfer(desk.tx, desk.cx.now, order.hash, payer.name, given.account.clone(), body.amount)?;
    let (amount, pay_to, purpose) = (body.amount, body.pay_to, body.purpose);
    let author = keys::author(Role::Bank, desk.tx, desk.cx)?;
    let said = Transferred { amount, at: desk.cx.now, pay_to, purpose, transfer: order.hash };
    // Addressed to nobody: each of the two must not learn the other's key.
    let said = author.answer(desk.cx, About::default(), said)?;
    match desk.tx.insert(Xid(order.hash), SLOT, said.text.clone().into_bytes())? {
        Inserted::New => log::append_answer(Xid(order.hash), SLOT, &said.text, desk)?,
        Inserted::Earlier(_) => return Err(Fault::new(Code::Conflict, SLOT).into()),
    }
    for text in [&order.text, &said.text] {
        exchange::keep_as(format!("transfer:{}", order.hash), text, desk)?;
    }
    close(&given, desk)?;
    given.used = Some(Used { payer: from, transfer: order.hash });
    rows::put(desk.tx, pay_to_row(&given.pay_to), &given)?;
    say_again(from, order.hash, desk)?;
    if given.peer == from { Ok(()) } else { say_again(given.peer, order.hash, desk) }
}

/// Tells what an order was answered with.
fn say_again(to: PeerId, order: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let row = desk.tx.register(&Xid(order), SLOT)?.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, SLOT))?;
    let statement = String::from_utf8_lossy(&row).into_owned();
    let certificate = own_certificate(desk)?;
    desk.send(to, kinds::TRANSFERRED, &Certified { certificate, reference: None, statement })
}

fn refuse(to: PeerId, refusal: &Refusal, purpose: Hash, refused: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    desk.send(to, kinds::TRANSFER_REFUSED, &TransferRefused { code: refusal.code().number(), purpose, refused })
}

/// The account, if this is its key. Whether there is another's account of that name is nobody's business.
fn owned(name: &str, key: &semper_support::crypto::PublicKey, desk: &Desk<'_, '_>) -> Result<Account, Error> {
    let account = accounts::find(desk.tx, name)?.filter(|account| account.key == *key);
    account.ok_or_else(|| Refusal::new(Code::AccountUnknown, "").into())
}

/// What was signed for another bank counts there.
fn addressed(meta: &Meta, desk: &Desk<'_, '_>) -> Result<(), Error> {
    let own = keys::author(Role::Bank, desk.tx, desk.cx)?.public.id();
    if meta.to == [own] { Ok(()) } else { Err(Violation::new(Code::RegisterWrong, "another bank").into()) }
}

/// The reference for this purpose, old or new.
fn give(from: PeerId, request: &Statement<PayToRequest>, desk: &mut Desk<'_, '_>) -> Result<Given, Error> {
    let account = owned(&request.body.account, &request.body.account_key, desk)?;
    let row = purpose_row(&account.name, &request.body.purpose);
    let known = rows::get::<PayTo>(desk.tx, &row)?.map(|known| given(&known, desk)).transpose()?.flatten();
    let (issued, now) = (request.meta.issued, desk.cx.now);
    match known {
        Some(mut known) if known.used.is_some() || known.until >= now => {
            if known.peer != from {
                // The owner may have moved; who has a copy of an old request has not.
                if issued <= known.asked {
                    return Err(Violation::new(Code::PeerWrong, "another's request").into());
                }
                known.peer = from;
            }
            known.asked = known.asked.max(issued);
            rows::put(desk.tx, pay_to_row(&known.pay_to), &known)?;
            return Ok(known);
        }
        Some(ended) => forget(&ended, desk)?,
        None => {}
    }
    if now > request.meta.expires {
        return Err(Refusal::new(Code::Expired, "").into());
    }
    sweep(&account.name, desk)?;
    idle::count(from, desk)?;
    let count = count(&account.name, desk)?;
    if count >= PAY_TOS_OPEN_MAX {
        return Err(Refusal::new(Code::TooManyOpen, "").into());
    }
    let mut bits = [0; 16];
    desk.cx.crypto.random(&mut bits);
    let given = Given {
        account: account.name,
        asked: issued,
        currency: account.currency,
        pay_to: PayTo(Nonce(bits)),
        peer: from,
        purpose: request.body.purpose,
        until: now.plus(Millis(PAY_TO_LIFE_MS)),
        used: None,
    };
    rows::put(desk.tx, count_row(&given.account), &count.saturating_add(1))?;
    rows::put(desk.tx, row, &given.pay_to)?;
    rows::put(desk.tx, open_row(&given), &given.pay_to)?;
    rows::put(desk.tx, pay_to_row(&given.pay_to), &given)?;
    Ok(given)
}

/// Removes a few of an account's references that ran out.
fn sweep(account: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for (key, row) in desk.tx.scan(&format!("pay-to-open/{account}/"), SWEPT_PER_REQUEST)? {
        let ended = given(&rows::parse(&key, &row)?, desk)?.filter(|given| given.until < desk.cx.now);
        if let Some(ended) = ended {
            forget(&ended, desk)?;
        }
    }
    Ok(())
}

/// Removes a reference that ran out.
fn forget(ended: &Given, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    close(ended, desk)?;
    desk.tx.delete(pay_to_row(&ended.pay_to));
    desk.tx.delete(purpose_row(&ended.account, &ended.purpose));
    Ok(())
}

/// A reference is no longer open.
fn close(given: &Given, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let count = count(&given.account, desk)?.saturating_sub(1);
    desk.tx.delete(open_row(given));
    Ok(rows::put(desk.tx, count_row(&given.account), &count)?)
}

fn given(pay_to: &PayTo, desk: &Desk<'_, '_>) -> Result<Option<Given>, Fault> {
    rows::get(desk.tx, &pay_to_row(pay_to))
}

fn count(account: &str, desk: &Desk<'_, '_>) -> Result<u64, Fault> {
    Ok(rows::get(desk.tx, &count_row(account))?.unwrap_or(0))
}

fn pay_to_row(pay_to: &PayTo) -> Key {
    Key::new("pay-to", pay_to)
}

fn purpose_row(account: &str, purpose: &Hash) -> Key {
    Key::new("pay-to-of", format_args!("{account}/{purpose}"))
}

fn open_row(given: &Given) -> Key {
    Key::new("pay-to-open", format_args!("{}/{:015}-{}", given.account, given.until.millis(), given.pay_to))
}

fn count_row(account: &str) -> Key {
    Key::new("pay-to-count", account)
}
