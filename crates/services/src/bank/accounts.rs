//! Customers' accounts: opened for a key, filled with play money, listed.
//!
//! An account's name says nothing about its owner: eight random characters and one to check them,
//! `P-7K3F-9QXM-W`. The bank knows the account's key, and nothing moves out without its signature.

use semper_base::limits::{ACCOUNTS_PER_KEY_MAX, PLAY_BALANCE_MAX, STATEMENT_LINES_MAX};
use semper_base::{Amount, Code, Currency, Error, Fault, Hash, Key, KeyId, Refusal, Timestamp, Tx, Xid, json};
use semper_support::Context;
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};

use super::ledger::{self, Book, What};
use crate::common::rows;

/// Thirty-one characters: digits and capitals without those that look alike (0 O, 1 I L). A prime
/// number of them, so that the check finds what it should.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// The alphabet's size.
const BASE: u32 = 31;
/// Random characters of a name.
const NAME_RANDOM: usize = 8;
/// How often a taken name is drawn anew.
const DRAWS_MAX: usize = 8;

/// A customer's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The only currency it holds.
    pub currency: Currency,
    /// Whose signature moves money out.
    pub key: PublicKey,
    /// `P-XXXX-XXXX-C`.
    pub name: String,
    /// When.
    pub opened_at: Timestamp,
}

/// One line of a statement of account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementLine {
    /// The balance after it, in minor units.
    pub after: i64,
    /// When.
    pub at: Timestamp,
    /// Minor units; negative where money left.
    pub minor: i64,
    /// The account's entries are numbered from 1 without a gap.
    pub number: u64,
    /// The order, if it was a transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Hash>,
    /// What for.
    pub what: What,
    /// The exchange, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xid: Option<Xid>,
}

/// Opens an empty account for `key`. One key may have up to [`ACCOUNTS_PER_KEY_MAX`].
pub fn open(tx: &mut Tx<'_>, cx: &Context<'_>, key: &PublicKey, currency: Currency) -> Result<Account, Error> {
    if of_key(tx, &key.id())?.len() >= ACCOUNTS_PER_KEY_MAX {
        return Err(Refusal::new(Code::TooMany, "accounts of one key").into());
    }
    let name = free_name(tx, cx)?;
    let account = Account { currency, key: key.clone(), name, opened_at: cx.now };
    tx.put(account_key(&account.name), json::canonical(&account)?);
    tx.put(Key::new("account-key", format_args!("{}/{}", key.id(), account.name)), Vec::new());
    Ok(account)
}

/// The names of a key's accounts.
pub fn of_key(tx: &Tx<'_>, key: &KeyId) -> Result<Vec<String>, Fault> {
    let prefix = format!("account-key/{key}/");
    let rows = tx.scan(&prefix, ACCOUNTS_PER_KEY_MAX)?;
    Ok(rows.iter().filter_map(|(row, _)| row.0.strip_prefix(&prefix)).map(str::to_owned).collect())
}

/// The account of this name; none if there is none or this is no name.
pub fn find(tx: &Tx<'_>, name: &str) -> Result<Option<Account>, Fault> {
    if name_is_well_formed(name) { rows::get(tx, &account_key(name)) } else { Ok(None) }
}

/// The account of this name; refuses one that is not there.
pub fn known(tx: &Tx<'_>, name: &str) -> Result<Account, Error> {
    find(tx, name)?.ok_or_else(|| Refusal::new(Code::AccountUnknown, "").into())
}

/// What the account may still spend: holds have left it already.
pub fn available(tx: &Tx<'_>, account: &Account) -> Result<Amount, Fault> {
    let damaged = || Fault::new(Code::DatabaseCorrupt, "balance");
    let minor = u64::try_from(ledger::balance(tx, &account.name)?.minor).map_err(|_| damaged())?;
    Amount::new(minor, account.currency).map_err(|_| damaged())
}

/// Gives play money out. Refuses what would lift the balance above [`PLAY_BALANCE_MAX`].
pub fn deposit(tx: &mut Tx<'_>, now: Timestamp, name: &str, amount: Amount) -> Result<(), Error> {
    let account = known(tx, name)?;
    let after = available(tx, &account)?.plus(amount)?;
    if after.minor() > PLAY_BALANCE_MAX {
        return Err(Refusal::new(Code::PlayLimit, "").into());
    }
    let postings = ledger::pair(Book::Play.name(amount.currency()), account.name, amount);
    ledger::post(tx, now, What::Deposit, None, postings)
}

/// A statement of account, newest first: the lines with numbers below `before` (all, if none), at most
/// `limit` and never more than [`STATEMENT_LINES_MAX`].
pub fn statement(tx: &Tx<'_>, name: &str, before: Option<u64>, limit: usize) -> Result<Vec<StatementLine>, Error> {
    let account = known(tx, name)?;
    let count = ledger::balance(tx, &account.name)?.entries;
    let last = before.map_or(count, |before| before.saturating_sub(1).min(count));
    let numbers = (1..=last).rev().take(limit.min(STATEMENT_LINES_MAX));
    numbers.map(|number| statement_line(tx, &account.name, number).map_err(Error::from)).collect()
}

fn statement_line(tx: &Tx<'_>, name: &str, number: u64) -> Result<StatementLine, Fault> {
    let damaged = || Fault::new(Code::DatabaseCorrupt, "statement of account");
    let (line, entry) = ledger::line(tx, name, number)?.ok_or_else(damaged)?;
    let posting = entry.postings.iter().find(|posting| posting.account == name).ok_or_else(damaged)?;
    Ok(StatementLine {
        after: line.after,
        at: entry.at,
        minor: posting.minor,
        number,
        transfer: entry.transfer,
        what: entry.what,
        xid: entry.xid,
    })
}

/// Whether this can be the name of an account here: the form and the check character. Every single
/// wrong character and every two that changed places are found.
#[must_use]
pub fn name_is_well_formed(name: &str) -> bool {
    let mut parts = name.split('-');
    let (Some("P"), Some(left), Some(right), Some(check), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let random = [left.as_bytes(), right.as_bytes()].concat();
    let due = (left.len() == right.len()).then_some(random).and_then(|random| check_character(random.try_into().ok()?));
    due.is_some_and(|due| [due] == check.as_bytes())
}

/// The character that brings the sum of place times value to zero modulo 31, its own place being 30.
/// Places 1 to 8 and 30 differ and none is a multiple of the prime 31, hence what is promised above.
fn check_character(name: [u8; NAME_RANDOM]) -> Option<u8> {
    let mut sum = 0_u32;
    for (place, character) in (1..=BASE).zip(name) {
        let value = ALPHABET.iter().position(|known| *known == character)?;
        sum += place * u32::try_from(value).ok()?;
    }
    ALPHABET.get(usize::try_from(sum % BASE).ok()?).copied()
}

fn free_name(tx: &Tx<'_>, cx: &Context<'_>) -> Result<String, Error> {
    for _ in 0..DRAWS_MAX {
        let mut dice = [0_u8; 16];
        cx.crypto.random(&mut dice);
        let name = name_of(u128::from_be_bytes(dice)).ok_or_else(|| Fault::new(Code::Crypto, "account name"))?;
        if tx.get(&account_key(&name))?.is_none() {
            return Ok(name);
        }
    }
    Err(Fault::new(Code::Overloaded, "account names").into())
}

/// The name that these dice make. 128 bits over 31^8 names: the bias is below 2^-88.
pub(super) fn name_of(dice: u128) -> Option<String> {
    let mut rest = dice;
    let mut name = [0_u8; NAME_RANDOM];
    for character in &mut name {
        *character = *ALPHABET.get(usize::try_from(rest % u128::from(BASE)).ok()?)?;
        rest /= u128::from(BASE);
    }
    let check = char::from(check_character(name)?);
    let (left, right) = std::str::from_utf8(&name).ok()?.split_at_checked(NAME_RANDOM / 2)?;
    Some(format!("P-{left}-{right}-{check}"))
}

fn account_key(name: &str) -> Key {
    Key::new("account", name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_check_character_does_not_move() {
        assert_eq!(name_of(0).unwrap(), "P-2222-2222-2");
        assert_eq!(name_of(1).unwrap(), "P-3222-2222-3");
        // 8 times the last value, 30, is 240 = 7 * 31 + 23.
        assert_eq!(name_of(30 * 31_u128.pow(7)).unwrap(), "P-2222-222Z-S");
        assert_eq!(name_of(31_u128.pow(8)), name_of(0));
    }

    proptest! {
        #[test]
        fn slips_of_the_pen_are_found(dice: u128, at in 0..13_usize, with in 0..13_usize, other in "[0-9A-Za-z~/-]") {
            let name = name_of(dice).unwrap();
            prop_assert!(name_is_well_formed(&name));
            let mut wrong = name.clone().into_bytes();
            wrong[at] = other.as_bytes()[0];
            prop_assert_eq!(name_is_well_formed(std::str::from_utf8(&wrong).unwrap()), wrong == name.as_bytes());
            let mut swapped = name.clone().into_bytes();
            swapped.swap(at, with);
            prop_assert_eq!(name_is_well_formed(std::str::from_utf8(&swapped).unwrap()), swapped == name.as_bytes());
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,16}") {
            prop_assert!(!name_is_well_formed(&text) || text.len() == 13);
        }
    }
}
