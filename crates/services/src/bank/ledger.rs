//! The bank's ledger: double entry, append-only, over rows of the store. Pure.
//!
//! Every entry moves money between accounts of one currency and sums to zero. Customers' accounts
//! are rows; the bank's own books exist by name, one per currency, and nobody has a key to them:
//!
//! | book | holds | sign |
//! |---|---|---|
//! | `~play-EUR` | minus all play money that was ever given out | zero or less |
//! | `~held-EUR` | what is held for exchanges | zero or more |
//! | `~locked-EUR` | what is locked until a condition is met | zero or more |
//! | `~claims-EUR` | what is captured and neither settled nor paid back | zero or more |
//!
//! ```text
//!  ~play --deposit--> customer --hold--> ~held --capture--> ~claims --settle--> customer (payee)
//!                        ^                 |                   |
//!                        +----release------+                   |
//!                        +----refund---------------------------+
//!  customer --transfer--> customer
//!  customer --lock--> ~locked --lock-paid--> customer (payee)
//!                        +------lock-back--> customer (payer)
//!                        +-----lock-split--> both
//! ```
//!
//! [`post`] is the only way to write, and it refuses, without a trace, whatever breaks a rule: legs of
//! the wrong kind, a sum that is not zero, two currencies, a customer below zero, a capture without
//! its hold, the end of a lock that was not made, a second answer to one step of an exchange. All money together is what `~play` gave out,
//! at most 2^53-1 minor units per currency; no other balance is ever negative, so that once a deposit
//! went through, no later release, settlement or refund can overflow.
//!
//! | row | content | changes |
//! |---|---|---|
//! | `ledger/MILLIS-NUMBER` | [`Entry`]; numbers run from 1 without a gap | never |
//! | `ledger-head/last` | number and time of the last entry | with each entry |
//! | `balance/NAME` | [`Balance`] | with each entry |
//! | `account-entry/NAME/N` | [`Line`]: a customer's N-th entry | never |
//! | `ledger-exchange/XID/SLOT` | id of the entry that holds, decides or remedies; for a lock, that makes or ends it | never |
//! | `ledger-transfer/HASH` | id of the entry that carried this order out | never |
//!
//! [`check()`] recomputes everything else from the entries.

#![warn(clippy::arithmetic_side_effects)]

mod check;
mod kinds;
mod report;
#[cfg(test)]
mod tests;

use std::fmt::Display;

use semper_base::limits::{INTEGER_MAX, POSTINGS_MAX};
use semper_base::{Amount, Code, Currency, Error, Fault, Hash, Key, KeyId, Misuse, Refusal, Timestamp, Tx, Xid};
use semper_exchange::fair::dgp::{Funds, Money, Slot};
use serde::{Deserialize, Serialize};

use super::accounts;
use crate::common::rows;

pub use check::check;
pub use kinds::{Book, What};
pub use report::{Discrepancy, LedgerReport, Total};

/// Largest balance and posting either way, in minor units.
const MINOR_MAX: i64 = INTEGER_MAX.cast_signed();

/// One side of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posting {
    /// A customer's account or a book.
    pub account: String,
    /// Minor units; negative where money leaves. Never zero.
    pub minor: i64,
}

/// One entry, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Of every account in it.
    pub currency: Currency,
    /// They sum to zero.
    pub postings: Vec<Posting>,
    /// The order that it carries out, for transfers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub transfer: Option<Hash>,
    /// What for.
    pub what: What,
    /// The exchange, for everything but deposits and transfers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub xid: Option<Xid>,
}

/// What an account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// How many entries touched it.
    pub entries: u64,
    /// Minor units of the account's currency.
    pub minor: i64,
}

/// A customer's account's N-th entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The balance after it, in minor units.
    pub after: i64,
    /// The entry's id: `MILLIS-NUMBER`.
    pub entry: String,
}

/// Number and time of the last entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    at: Timestamp,
    number: u64,
}

/// Writes one entry with all that follows from it. Whatever is refused has written nothing.
///
/// Refuses ([`Refusal`]) an unknown account and a customer below zero; everything else that breaks a
/// rule is the caller's mistake ([`Misuse`]).
pub fn post(
    tx: &mut Tx<'_>,
    now: Timestamp,
    what: What,
    xid: Option<Xid>,
    postings: Vec<Posting>,
) -> Result<(), Error> {
    let currency = common_currency(tx, &postings)?;
    write(tx, &Entry { at: now, currency, postings, transfer: None, what, xid })
}

/// Carries out a customer's order to pay another, once: the order's hash names it. Refuses like [`post`].
pub fn transfer(
    tx: &mut Tx<'_>,
    now: Timestamp,
    order: Hash,
    from: String,
    to: String,
    amount: Amount,
) -> Result<(), Error> {
    let postings = pair(from, to, amount);
    let currency = common_currency(tx, &postings)?;
    write(tx, &Entry { at: now, currency, postings, transfer: Some(order), what: What::Transfer, xid: None })
}

fn write(tx: &mut Tx<'_>, entry: &Entry) -> Result<(), Error> {
    entry.check_form()?;
    let place = match entry.transfer {
        Some(order) => Some(transfer_place(tx, &order)?),
        None => exchange_place(tx, entry)?,
    };
    let head = next_head(tx, entry.at)?;
    let id = entry_id(head.at, head.number);
    let moved = entry.postings.iter().map(|posting| Ok((posting, moved(tx, posting)?)));
    let moved = moved.collect::<Result<Vec<_>, Error>>()?;
    let mut rows = vec![(entry_key(&id), rows::bytes(entry)?), (head_key(), rows::bytes(&head)?)];
    rows.extend(place.map(|key| (key, id.clone().into_bytes())));
    for (posting, balance) in moved {
        rows.push((balance_key(&posting.account), rows::bytes(&balance)?));
        if Book::of(&posting.account).is_none() {
            let line = Line { after: balance.minor, entry: id.clone() };
            rows.push((line_key(&posting.account, balance.entries), rows::bytes(&line)?));
        }
    }
    for (key, row) in rows {
        tx.put(key, row);
    }
    Ok(())
}

/// Does what a step of the bank's machine asks of the books.
pub fn apply_money(tx: &mut Tx<'_>, now: Timestamp, xid: Xid, amount: Amount, money: &Money) -> Result<(), Error> {
    let book = |book: Book| book.name(amount.currency());
    let (what, from, to) = match money {
        Money::Hold { account } => (What::Hold, account.clone(), book(Book::Held)),
        Money::Release { account } => (What::Release, book(Book::Held), account.clone()),
        Money::Capture => (What::Capture, book(Book::Held), book(Book::Claims)),
        Money::Settle { account } => (What::Settle, book(Book::Claims), account.clone()),
        Money::Refund { account } => (What::Refund, book(Book::Claims), account.clone()),
    };
    post(tx, now, what, Some(xid), pair(from, to, amount))
}

/// How a lock ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlock {
    /// All of it is the payee's.
    Paid,
    /// All of it goes back.
    Back,
    /// So much is the payee's, the rest goes back.
    Split(Amount),
}

/// Locks money of `payer`'s. Refuses like [`post`].
pub fn lock(tx: &mut Tx<'_>, now: Timestamp, id: Xid, payer: &str, amount: Amount) -> Result<(), Error> {
    post(tx, now, What::Lock, Some(id), pair(payer.to_owned(), Book::Locked.name(amount.currency()), amount))
}

/// Ends a lock, once: to whom its money goes. `payee` is not looked at where all of it goes back. Returns the account
/// that had paid into it.
pub fn unlock(tx: &mut Tx<'_>, now: Timestamp, id: Xid, payee: &str, how: Unlock) -> Result<String, Error> {
    let missing = || Misuse::new(Code::StateWrong, "no hold");
    let (_, entry) = exchange_entry(tx, &id, Slot::Hold)?.ok_or_else(missing)?;
    let payer = entry.customers().next().ok_or_else(missing)?.to_owned();
    let minor = u64::try_from(entry.amount()).map_err(|_| missing())?;
    let (amount, book) = (Amount::new(minor, entry.currency)?, Book::Locked.name(entry.currency));
    let (what, postings) = match how {
        // A share of nothing is no posting, and one account has no shares.
        Unlock::Split(part) if part == amount => (What::LockPaid, pair(book, payee.to_owned(), amount)),
        Unlock::Split(part) if part.minor() == 0 || payee == payer => {
            (What::LockBack, pair(book, payer.clone(), amount))
        }
        Unlock::Paid => (What::LockPaid, pair(book, payee.to_owned(), amount)),
        Unlock::Back => (What::LockBack, pair(book, payer.clone(), amount)),
        Unlock::Split(part) => {
            let rest = amount.minus(part)?;
            let mut postings = pair(book, payee.to_owned(), amount);
            let shares = [(payee.to_owned(), part), (payer.clone(), rest)];
            postings.truncate(1);
            postings.extend(shares.map(|(account, share)| Posting { account, minor: share.minor().cast_signed() }));
            (What::LockSplit, postings)
        }
    };
    post(tx, now, what, Some(id), postings)?;
    Ok(payer)
}

/// The two postings that move `amount`.
pub(super) fn pair(from: String, to: String, amount: Amount) -> Vec<Posting> {
    // At most 2^53-1, so that neither the cast nor the sign can fail.
    let minor = amount.minor().cast_signed();
    vec![Posting { account: from, minor: minor.saturating_neg() }, Posting { account: to, minor }]
}

/// The ledger as the bank's machine asks it, for an exchange in one currency: an account in another
/// currency does not exist there, so that nobody names a payee who could not be paid later.
#[derive(Clone, Copy, Debug)]
pub struct Books<'t, 'v> {
    /// Where the rows are.
    pub tx: &'t Tx<'v>,
    /// The exchange's currency.
    pub currency: Currency,
}

impl Funds for Books<'_, '_> {
    fn account(&self, account: &str) -> Result<Option<(Amount, KeyId)>, Fault> {
        let Some(account) = accounts::find(self.tx, account)?.filter(|account| account.currency == self.currency)
        else {
            return Ok(None);
        };
        Ok(Some((accounts::available(self.tx, &account)?, account.key.id())))
    }
}

impl Entry {
    /// The rules that hold within an entry itself.
    fn check_form(&self) -> Result<(), Misuse> {
        let wrong = |what: &str| Err(Misuse::new(Code::StateWrong, what));
        let (from, to) = self.what.legs();
        let of_exchange = self.what.slot().is_some();
        let many = self.postings.len();
        if !(2..=POSTINGS_MAX).contains(&many) || self.what.accounts().is_some_and(|due| due != many) {
            return wrong("postings");
        }
        for (at, posting) in self.postings.iter().enumerate() {
            if posting.minor == 0 || posting.minor.unsigned_abs() > INTEGER_MAX {
                return Err(Misuse::new(Code::AmountOverflow, "posting"));
            }
            let side = if posting.minor < 0 { from } else { to };
            if Book::of(&posting.account) != side.map(|book| (book, self.currency)) {
                return wrong("legs");
            }
            if self.postings.iter().skip(at.saturating_add(1)).any(|other| other.account == posting.account) {
                return wrong("an account twice");
            }
        }
        if self.postings.iter().map(|posting| i128::from(posting.minor)).sum::<i128>() != 0 {
            return wrong("sum");
        }
        if self.xid.is_some() != of_exchange {
            return wrong("xid");
        }
        if self.transfer.is_some() != (self.what == What::Transfer) {
            return wrong("transfer");
        }
        Ok(())
    }

    /// The rules between the steps of one exchange: the same amount all the way, back only to whoever
    /// paid, no remedy without a capture.
    fn check_follows(&self, hold: Option<&Entry>, decision: Option<&Entry>) -> Result<(), Misuse> {
        let wrong = |what: &str| Misuse::new(Code::StateWrong, what);
        if self.what.slot().is_none_or(|slot| slot == Slot::Hold) {
            return Ok(());
        }
        let hold = hold.ok_or_else(|| wrong("no hold"))?;
        if self.what.slot() == Some(Slot::Decision) && self.what.legs().0 != hold.what.legs().1 {
            return Err(wrong("no such hold"));
        }
        if self.what.slot() == Some(Slot::Remedy) && decision.is_none_or(|decision| decision.what != What::Capture) {
            return Err(wrong("no capture"));
        }
        if (self.amount(), self.currency) != (hold.amount(), hold.currency) {
            return Err(wrong("amount"));
        }
        let back = matches!(self.what, What::LockBack | What::LockSplit | What::Release | What::Refund);
        if back && !hold.customers().all(|payer| self.customers().any(|customer| customer == payer)) {
            return Err(wrong("payer"));
        }
        Ok(())
    }

    /// What it moves, in minor units.
    fn amount(&self) -> i128 {
        self.postings.iter().map(|posting| i128::from(posting.minor.max(0))).sum()
    }

    /// The customers in it.
    fn customers(&self) -> impl Iterator<Item = &str> {
        self.postings.iter().map(|posting| posting.account.as_str()).filter(|name| Book::of(name).is_none())
    }
}

/// The one currency of all these accounts.
fn common_currency(tx: &Tx<'_>, postings: &[Posting]) -> Result<Currency, Error> {
    let mut common = None;
    for posting in postings.iter().take(POSTINGS_MAX) {
        let currency = match Book::of(&posting.account) {
            Some((_, currency)) => currency,
            None => accounts::known(tx, &posting.account)?.currency,
        };
        if *common.get_or_insert(currency) != currency {
            return Err(Misuse::new(Code::CurrencyMixed, "").into());
        }
    }
    common.ok_or_else(|| Misuse::new(Code::StateWrong, "postings").into())
}

/// The row that this entry's step of its exchange takes; refuses a step out of order or taken.
fn exchange_place(tx: &Tx<'_>, entry: &Entry) -> Result<Option<Key>, Error> {
    let (Some(xid), Some(slot)) = (entry.xid, entry.what.slot()) else { return Ok(None) };
    let key = exchange_key(&xid, slot);
    if tx.get(&key)?.is_some() {
        return Err(Misuse::new(Code::StateWrong, slot.word()).into());
    }
    let before = |slot| Ok::<_, Fault>(exchange_entry(tx, &xid, slot)?.map(|(_, entry)| entry));
    entry.check_follows(before(Slot::Hold)?.as_ref(), before(Slot::Decision)?.as_ref())?;
    Ok(Some(key))
}

/// The row of this order; refuses one that was carried out before.
fn transfer_place(tx: &Tx<'_>, order: &Hash) -> Result<Key, Error> {
    let key = transfer_key(order);
    match tx.get(&key)? {
        Some(_) => Err(Misuse::new(Code::StateWrong, "transfer").into()),
        None => Ok(key),
    }
}

/// The entry that took this step of an exchange, with its id.
fn exchange_entry(tx: &Tx<'_>, xid: &Xid, slot: Slot) -> Result<Option<(String, Entry)>, Fault> {
    let key = exchange_key(xid, slot);
    let Some(id) = tx.get(&key)? else { return Ok(None) };
    let id = String::from_utf8(id).map_err(|_| corrupt(&key))?;
    let entry = rows::get(tx, &entry_key(&id))?.ok_or_else(|| corrupt(&key))?;
    Ok(Some((id, entry)))
}

/// Whether this exchange's money is held, or this lock's is locked, and nothing is decided.
pub(super) fn is_held(tx: &Tx<'_>, xid: &Xid) -> Result<bool, Fault> {
    let is_there = |slot| Ok::<_, Fault>(tx.get(&exchange_key(xid, slot))?.is_some());
    Ok(is_there(Slot::Hold)? && !is_there(Slot::Decision)?)
}

fn next_head(tx: &Tx<'_>, now: Timestamp) -> Result<Head, Error> {
    let last = rows::get::<Head>(tx, &head_key())?.unwrap_or(Head { at: Timestamp::EPOCH, number: 0 });
    if now < last.at {
        return Err(Misuse::new(Code::StateWrong, "the clock went back").into());
    }
    let number = last.number.checked_add(1).filter(|number| *number <= INTEGER_MAX);
    let number = number.ok_or_else(|| Fault::new(Code::TooMany, "entries"))?;
    Ok(Head { at: now, number })
}

/// The account's balance after `posting`.
fn moved(tx: &Tx<'_>, posting: &Posting) -> Result<Balance, Error> {
    let before = balance(tx, &posting.account)?;
    let minor = before.minor.checked_add(posting.minor).filter(|minor| (-MINOR_MAX..=MINOR_MAX).contains(minor));
    let minor = minor.ok_or_else(|| Misuse::new(Code::AmountOverflow, "balance"))?;
    match Book::of(&posting.account) {
        None if minor < 0 => return Err(Refusal::new(Code::NoFunds, "").into()),
        Some((Book::Claims | Book::Held | Book::Locked, _)) if minor < 0 => {
            return Err(Misuse::new(Code::AmountNegative, &posting.account).into());
        }
        _ => {}
    }
    let entries = before.entries.checked_add(1).ok_or_else(|| Fault::new(Code::TooMany, "entries"))?;
    Ok(Balance { entries, minor })
}

/// An account's balance; nothing if no entry touched it yet.
pub fn balance(tx: &Tx<'_>, account: &str) -> Result<Balance, Fault> {
    Ok(rows::get(tx, &balance_key(account))?.unwrap_or_default())
}

/// The N-th entry of a customer's account, N from 1, and the line that led to it.
pub(super) fn line(tx: &Tx<'_>, account: &str, number: u64) -> Result<Option<(Line, Entry)>, Fault> {
    let key = line_key(account, number);
    let Some(line) = rows::get::<Line>(tx, &key)? else { return Ok(None) };
    let entry = rows::get(tx, &entry_key(&line.entry))?.ok_or_else(|| corrupt(&key))?;
    Ok(Some((line, entry)))
}

fn corrupt(key: &Key) -> Fault {
    Fault::new(Code::DatabaseCorrupt, &key.0)
}

/// Fifteen digits hold every [`Timestamp`], sixteen every number up to 2^53-1, so that ids sort by time
/// and number.
fn entry_id(at: Timestamp, number: u64) -> String {
    format!("{:015}-{number:016}", at.millis())
}

fn entry_key(id: &str) -> Key {
    Key::new("ledger", id)
}

fn head_key() -> Key {
    Key::new("ledger-head", "last")
}

fn balance_key(account: &str) -> Key {
    Key::new("balance", account)
}

fn line_key(account: &str, number: u64) -> Key {
    Key::new("account-entry", format_args!("{account}/{number:016}"))
}

fn transfer_key(order: &Hash) -> Key {
    Key::new("ledger-transfer", order)
}

fn exchange_key(xid: &impl Display, slot: Slot) -> Key {
    Key::new("ledger-exchange", format_args!("{xid}/{}", slot.word()))
}
