//! What must hold after every commit, whatever went wrong.

use std::collections::BTreeMap;

use semper_base::limits::DIALOGS_WAITING_MAX;
use semper_base::{Hash, View, Xid};
use semper_driver::Transaction;
use semper_exchange::fair::dgp::Slot;
use semper_services::bank::ledger;

use crate::trouble::Trouble;

/// Exchanges that are looked at per commit.
const EXCHANGES_MAX: usize = 512;

/// Remembers every register row that was ever seen.
#[derive(Debug, Default)]
pub struct Oracle {
    rows: BTreeMap<(String, Xid, &'static str), Hash>,
    /// Play money that was given out, once it is watched.
    pub play: Option<i64>,
    /// Parties whose disks were put back to an older state by the test itself.
    pub unwatched: Vec<String>,
    /// Which parties keep books.
    pub banks: Vec<String>,
    /// Each bank's balances when its books were last found right: they are read again when these move.
    balances: BTreeMap<String, Hash>,
}

impl Oracle {
    /// Looks at a party after a commit. Returns lines about register rows that are new.
    pub fn after_commit(&mut self, name: &str, transaction: &dyn Transaction) -> Result<Vec<String>, Trouble> {
        if self.unwatched.iter().any(|unwatched| unwatched == name) {
            return Ok(Vec::new());
        }
        let new = self.registers(name, transaction)?;
        let asked = transaction.scan("ask/", None, DIALOGS_WAITING_MAX.saturating_add(1))?.len();
        if asked > DIALOGS_WAITING_MAX {
            return Err(Trouble::new(format!("{name}: {asked} questions wait")));
        }
        if self.banks.iter().any(|bank| bank == name) {
            self.books(name, transaction)?;
        }
        Ok(new)
    }

    /// Rows are written once: what was seen stands for ever, as it was.
    fn registers(&mut self, name: &str, view: &dyn Transaction) -> Result<Vec<String>, Trouble> {
        let mut new = Vec::new();
        for (key, _) in view.scan("dgp/", None, EXCHANGES_MAX)? {
            let Some(xid) = semper_services::common::exchange::xid_of(&key) else { continue };
            for slot in Slot::BANK.into_iter().chain(Slot::NOTARY) {
                let row = view.register(&xid, slot.word())?.map(|row| Hash::of(&row));
                let known = self.rows.get(&(name.to_owned(), xid, slot.word())).copied();
                match (known, row) {
                    (None, Some(hash)) => {
                        new.push(format!("row {} {} {}", xid.0.short(), slot.word(), hash.short()));
                        self.rows.insert((name.to_owned(), xid, slot.word()), hash);
                    }
                    (Some(known), Some(hash)) if known == hash => {}
                    (None, None) => {}
                    (Some(_), _) => {
                        return Err(Trouble::new(format!("{name}: the row {} of {xid} changed", slot.word())));
                    }
                }
            }
        }
        Ok(new)
    }

    fn books(&mut self, name: &str, transaction: &dyn Transaction) -> Result<(), Trouble> {
        let rows = transaction.scan("balance/", None, EXCHANGES_MAX)?;
        let parts: Vec<&[u8]> = rows.iter().flat_map(|(key, row)| [key.0.as_bytes(), row.as_slice()]).collect();
        let balances = Hash::tagged_parts("semper-sim-balances/1", &parts);
        if self.balances.insert(name.to_owned(), balances) == Some(balances) {
            return Ok(());
        }
        let view: &dyn View = transaction;
        let report = ledger::check(view)?;
        if !report.is_clean() {
            return Err(Trouble::new(format!("{name}: the books do not add up: {:?}", report.discrepancies)));
        }
        let play: i64 = report.totals.iter().map(|total| total.play).sum();
        match self.play {
            Some(known) if known != play => Err(Trouble::new(format!("{name}: money was {known} and is {play}"))),
            _ => Ok(()),
        }
    }
}
