//! What must hold after every commit, whatever went wrong.
//!
//! After a commit only what it changed is looked at; the whole ledger and every register row that was
//! ever seen are gone through now and then, and at the end.

use std::collections::BTreeMap;

use semper_base::limits::{DIALOGS_WAITING_MAX, INTEGER_MAX};
use semper_base::{Hash, Key, View, Xid};
use semper_driver::Transaction;
use semper_services::bank::ledger;

use crate::disk::Changed;
use crate::trouble::Trouble;

/// Fewest commits with changed balances between two checks of a whole ledger. Later there are half as many between
/// two as there were before: the whole is gone through again and again, and a long run does not slow down.
const CHECK_EVERY: u64 = 128;

/// What is known of one bank's books.
#[derive(Debug, Default)]
struct Books {
    /// Minor units, by account.
    balances: BTreeMap<Key, i64>,
    sum: i128,
    /// Changes since the books were last found right as a whole.
    since: u64,
    /// Changes before that.
    before: u64,
}

/// Remembers every register row that was ever seen.
#[derive(Debug, Default)]
pub struct Oracle {
    /// By party.
    rows: BTreeMap<String, BTreeMap<(Xid, &'static str), Hash>>,
    /// Play money that a bank gave out, by bank and currency, once it is watched: minor units, not above
    /// zero.
    pub play: BTreeMap<(String, String), i64>,
    /// Parties whose disks were put back to an older state by the test itself, or who lie.
    pub unwatched: Vec<String>,
    /// Which parties keep books.
    pub banks: Vec<String>,
    books: BTreeMap<String, Books>,
}

impl Oracle {
    fn watches(&self, name: &str) -> bool {
        !self.unwatched.iter().any(|unwatched| unwatched == name)
    }

    fn keeps_books(&self, name: &str) -> bool {
        self.banks.iter().any(|bank| bank == name)
    }

    /// Looks at a party after a commit. Returns lines about register rows that are new.
    pub fn after_commit(
        &mut self,
        name: &str,
        changed: &Changed,
        transaction: &dyn Transaction,
    ) -> Result<Vec<String>, Trouble> {
        if !self.watches(name) {
            return Ok(Vec::new());
        }
        let mut new = Vec::new();
        for (xid, slot) in &changed.registers {
            new.extend(self.register(name, *xid, slot, transaction)?);
        }
        if changed.asked {
            let asked = transaction.scan("ask/", None, DIALOGS_WAITING_MAX.saturating_add(1))?.len();
            if asked > DIALOGS_WAITING_MAX {
                return Err(Trouble::new(format!("{name}: {asked} questions wait")));
            }
        }
        if self.keeps_books(name) && !changed.balances.is_empty() {
            self.balances(name, changed, transaction)?;
        }
        Ok(new)
    }

    /// Goes through everything that is known of a party.
    pub fn whole(&mut self, name: &str, transaction: &dyn Transaction) -> Result<(), Trouble> {
        if !self.watches(name) {
            return Ok(());
        }
        let of_party = self.rows.get(name).into_iter().flat_map(BTreeMap::keys);
        for (xid, slot) in of_party.copied().collect::<Vec<_>>() {
            self.register(name, xid, slot, transaction)?;
        }
        if self.keeps_books(name) { self.ledger(name, transaction) } else { Ok(()) }
    }

    /// Rows are written once: what was seen stands for ever, as it was.
    fn register(
        &mut self,
        name: &str,
        xid: Xid,
        slot: &'static str,
        view: &dyn Transaction,
    ) -> Result<Option<String>, Trouble> {
        let row = view.register(&xid, slot)?.map(|row| Hash::of(&row));
        let rows = self.rows.entry(name.to_owned()).or_default();
        match (rows.get(&(xid, slot)).copied(), row) {
            (None, Some(hash)) => {
                rows.insert((xid, slot), hash);
                Ok(Some(format!("row {} {slot} {}", xid.0.short(), hash.short())))
            }
            (Some(known), Some(hash)) if known == hash => Ok(None),
            (None, None) => Ok(None),
            (Some(_), _) => Err(Trouble::new(format!("{name}: the row {slot} of {xid} changed"))),
        }
    }

    /// All balances of a bank together, its own books included, are nothing.
    fn balances(&mut self, name: &str, changed: &Changed, view: &dyn Transaction) -> Result<(), Trouble> {
        let books = self.books.entry(name.to_owned()).or_default();
        for key in &changed.balances {
            let row = view.get(key)?;
            let row = row.map(|row| serde_json::from_slice::<ledger::Balance>(&row)).transpose();
            let minor = row.map_err(|e| Trouble::new(e.to_string()))?.map_or(0, |row| row.minor);
            let own_book = key.0.starts_with("balance/~play-");
            if (minor < 0 && !own_book) || minor.unsigned_abs() > INTEGER_MAX {
                return Err(Trouble::new(format!("{name}: {} is {minor}", key.0)));
            }
            let before = books.balances.insert(key.clone(), minor).unwrap_or(0);
            books.sum += i128::from(minor) - i128::from(before);
        }
        if books.sum != 0 {
            return Err(Trouble::new(format!("{name}: all balances together are {}", books.sum)));
        }
        books.since = books.since.saturating_add(1);
        if books.since >= CHECK_EVERY.max(books.before / 2) { self.ledger(name, view) } else { Ok(()) }
    }

    fn ledger(&mut self, name: &str, transaction: &dyn Transaction) -> Result<(), Trouble> {
        let books = self.books.entry(name.to_owned()).or_default();
        books.before = books.before.saturating_add(std::mem::take(&mut books.since));
        let view: &dyn View = transaction;
        let report = ledger::check(view)?;
        if !report.is_clean() {
            return Err(Trouble::new(format!("{name}: the books do not add up: {:?}", report.discrepancies)));
        }
        for total in &report.totals {
            let known = self.play.get(&(name.to_owned(), total.currency.to_string()));
            if let Some(known) = known.filter(|known| **known != total.play) {
                return Err(Trouble::new(format!("{name}: money was {known} and is {}", total.play)));
            }
        }
        Ok(())
    }
}
