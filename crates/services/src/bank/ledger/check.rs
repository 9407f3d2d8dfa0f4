//! Does the ledger add up? Recomputes every balance, line and step of an exchange from the entries.
//!
//! Six passes, each over one kind of row, page by page: memory does not grow with the ledger. Two
//! passes meet from both sides. Each entry finds its exchange's or transfer's row and each such row its entry; each
//! line of an account finds its entry, an account's lines name their entries in order, and there are
//! as many lines as postings to customers: so no entry counts twice or is left out.

#![warn(clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use semper_base::limits::LEDGER_PAGE;
use semper_base::{Code, Currency, Fault, Hash, Key, Tx, View, Xid, json};
use semper_exchange::fair::dgp::Slot;

use super::report::{Discrepancy, LedgerReport, Total};
use super::{
    Balance, Book, Entry, Head, MINOR_MAX, What, balance_key, entry_id, entry_key, exchange_entry, exchange_key,
    head_key, line, transfer_key,
};
use crate::bank::accounts::{self, Account};
use crate::common::rows;

/// Checks the whole ledger as `view` shows it. Only a store that cannot be read is a fault; damage is
/// reported.
pub fn check(view: &dyn View) -> Result<LedgerReport, Fault> {
    let tx = Tx::new(view);
    let mut audit = Audit { view, tx: &tx, report: LedgerReport::default(), sums: BTreeMap::new(), postings: 0 };
    audit.entries()?;
    audit.accounts()?;
    audit.balances()?;
    audit.exchanges()?;
    audit.transfers()?;
    audit.totals();
    Ok(audit.report)
}

/// The sums of one currency; no sum of 2^53 numbers below 2^63 overflows.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    /// Of the books, by the entries.
    books: [Sum; 4],
    /// Of the customers' balances.
    customers: i128,
    /// What open exchanges hold and claim, and what open locks lock.
    open: [i128; 3],
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    entries: u64,
    minor: i128,
}

impl Sums {
    fn book(&mut self, book: Book) -> &mut Sum {
        let [claims, held, locked, play] = &mut self.books;
        match book {
            Book::Claims => claims,
            Book::Held => held,
            Book::Locked => locked,
            Book::Play => play,
        }
    }
}

struct Audit<'a> {
    view: &'a dyn View,
    tx: &'a Tx<'a>,
    report: LedgerReport,
    sums: BTreeMap<Currency, Sums>,
    /// To customers, by the entries.
    postings: u64,
}

type Row = (Key, Vec<u8>);

impl Audit<'_> {
    /// Every entry by itself; the books' sums.
    fn entries(&mut self) -> Result<(), Fault> {
        let mut last = 0;
        self.each("ledger/", |audit, (key, bytes)| {
            bump(&mut audit.report.entries);
            let Ok(entry) = json::read::<Entry>(bytes) else {
                last = number_of(key).unwrap_or(last);
                audit.note(Discrepancy::Unreadable { row: key.0.clone() });
                return Ok(());
            };
            let due = add(last, 1);
            if entry_key(&entry_id(entry.at, due)) != *key {
                audit.note(Discrepancy::Number { row: key.0.clone() });
            }
            last = number_of(key).unwrap_or(due);
            if let Err(broken) = entry.check_form() {
                audit.note(Discrepancy::Entry { row: key.0.clone(), rule: broken.detail().to_owned() });
            }
            for posting in &entry.postings {
                audit.posting(&posting.account, posting.minor, entry.currency)?;
            }
            audit.entry_of_transfer(key, &entry)?;
            audit.entry_of_exchange(key, &entry)
        })?;
        let head = self.readable(&head_key(), rows::get::<Head>(self.tx, &head_key()))?.flatten();
        let found = head.map_or(0, |head| head.number);
        if found != last {
            self.note(Discrepancy::Head { found, last });
        }
        Ok(())
    }

    fn posting(&mut self, account: &str, minor: i64, currency: Currency) -> Result<(), Fault> {
        if let Some((book, currency)) = Book::of(account) {
            let sum = self.sums.entry(currency).or_default().book(book);
            bump(&mut sum.entries);
            sum.minor = sum.minor.saturating_add(minor.into());
            return Ok(());
        }
        bump(&mut self.postings);
        let known = self.readable(&balance_key(account), accounts::find(self.tx, account))?;
        if known.is_some_and(|known| known.is_none_or(|known| known.currency != currency)) {
            self.note(Discrepancy::Account { account: account.to_owned() });
        }
        Ok(())
    }

    /// An exchange's entry is the one that its exchange's row names.
    fn entry_of_exchange(&mut self, key: &Key, entry: &Entry) -> Result<(), Fault> {
        let (Some(xid), Some(slot)) = (entry.xid, entry.what.slot()) else { return Ok(()) };
        let named = self.tx.get(&exchange_key(&xid, slot))?;
        if named.is_none_or(|id| Some(id.as_slice()) != key.0.strip_prefix("ledger/").map(str::as_bytes)) {
            self.note(Discrepancy::Exchange { row: key.0.clone(), rule: "not the one on record".to_owned() });
        }
        Ok(())
    }

    /// A transfer's entry is the one that its order's row names.
    fn entry_of_transfer(&mut self, key: &Key, entry: &Entry) -> Result<(), Fault> {
        let Some(order) = entry.transfer else { return Ok(()) };
        bump(&mut self.report.transfers);
        let named = self.tx.get(&transfer_key(&order))?;
        if named.is_none_or(|id| Some(id.as_slice()) != key.0.strip_prefix("ledger/").map(str::as_bytes)) {
            self.note(Discrepancy::Transfer { row: key.0.clone() });
        }
        Ok(())
    }

    /// Every order that was carried out has its entry.
    fn transfers(&mut self) -> Result<(), Fault> {
        self.each("ledger-transfer/", |audit, (key, id)| {
            let entry = String::from_utf8_lossy(id).into_owned();
            let Some(entry) = audit.readable(key, rows::get::<Entry>(audit.tx, &entry_key(&entry)))? else {
                return Ok(());
            };
            let order = key.0.strip_prefix("ledger-transfer/").and_then(Hash::from_hex);
            if order.is_none() || entry.is_none_or(|entry| entry.transfer != order) {
                audit.note(Discrepancy::Transfer { row: key.0.clone() });
            }
            Ok(())
        })
    }

    /// Every customer's account: its lines in order, each with its entry, make its balance.
    fn accounts(&mut self) -> Result<(), Fault> {
        let mut lines = 0;
        self.each("account/", |audit, (key, bytes)| {
            let account = json::read::<Account>(bytes).ok();
            let Some(account) = account.filter(|account| key.0 == format!("account/{}", account.name)) else {
                audit.note(Discrepancy::Unreadable { row: key.0.clone() });
                return Ok(());
            };
            bump(&mut audit.report.accounts);
            let key = balance_key(&account.name);
            let Some(balance) = audit.readable(&key, rows::get::<Balance>(audit.tx, &key))? else { return Ok(()) };
            let balance = balance.unwrap_or_default();
            let sum = audit.lines(&account.name, balance.entries, &mut lines)?;
            if sum != i128::from(balance.minor) {
                let (found, sum) = (balance.minor, clamp(sum));
                audit.note(Discrepancy::Balance { account: account.name.clone(), found, sum });
            }
            if balance.minor < 0 {
                audit.note(Discrepancy::Negative { account: account.name });
            }
            let customers = &mut audit.sums.entry(account.currency).or_default().customers;
            *customers = customers.saturating_add(balance.minor.into());
            Ok(())
        })?;
        if lines != self.postings {
            self.note(Discrepancy::Lines { found: lines, postings: self.postings });
        }
        Ok(())
    }

    /// The sum of an account's first `count` lines. Stops at the first that is not there, so that a
    /// damaged count costs nothing.
    fn lines(&mut self, account: &str, count: u64, seen: &mut u64) -> Result<i128, Fault> {
        let (mut sum, mut before) = (0_i128, String::new());
        for number in 1..=count {
            let read = self.readable(&balance_key(account), line(self.tx, account, number))?.flatten();
            let posted = read.as_ref().and_then(|(line, entry)| {
                let posting = entry.postings.iter().find(|posting| posting.account == account)?;
                (line.entry > before).then_some((line, posting.minor))
            });
            let Some((line, minor)) = posted else {
                self.note(Discrepancy::Line { account: account.to_owned(), number });
                break;
            };
            bump(seen);
            sum = sum.saturating_add(minor.into());
            if i128::from(line.after) != sum {
                self.note(Discrepancy::Line { account: account.to_owned(), number });
            }
            if sum < 0 {
                self.note(Discrepancy::Negative { account: account.to_owned() });
            }
            before.clone_from(&line.entry);
        }
        Ok(sum)
    }

    /// Every balance belongs to an account; those of the books are what the entries make.
    fn balances(&mut self) -> Result<(), Fault> {
        self.each("balance/", |audit, (key, _)| {
            let name = key.0.strip_prefix("balance/").unwrap_or_default();
            if let Some((_, currency)) = Book::of(name) {
                audit.sums.entry(currency).or_default();
                return Ok(());
            }
            let known = audit.readable(key, accounts::find(audit.tx, name))?;
            if known.is_some_and(|known| known.is_none()) {
                audit.note(Discrepancy::Account { account: name.to_owned() });
            }
            Ok(())
        })?;
        for (currency, mut sums) in self.sums.clone() {
            for book in Book::ALL {
                self.book(&book.name(currency), *sums.book(book), book != Book::Play)?;
            }
        }
        Ok(())
    }

    fn book(&mut self, name: &str, sum: Sum, never_negative: bool) -> Result<(), Fault> {
        let key = balance_key(name);
        let Some(balance) = self.readable(&key, rows::get::<Balance>(self.tx, &key))? else { return Ok(()) };
        let balance = balance.unwrap_or_default();
        if (balance.entries, i128::from(balance.minor)) != (sum.entries, sum.minor) {
            let (found, sum) = (balance.minor, clamp(sum.minor));
            self.note(Discrepancy::Balance { account: name.to_owned(), found, sum });
        }
        if never_negative && sum.minor < 0 {
            self.note(Discrepancy::Negative { account: name.to_owned() });
        }
        Ok(())
    }

    /// Every step of every exchange, and what is open.
    fn exchanges(&mut self) -> Result<(), Fault> {
        self.each("ledger-exchange/", |audit, (key, _)| {
            let Some((xid, slot)) = parse_exchange(key) else {
                audit.note(Discrepancy::Unreadable { row: key.0.clone() });
                return Ok(());
            };
            let mut step = |slot| Ok(audit.readable(key, exchange_entry(audit.tx, &xid, slot))?.flatten());
            let steps = Steps { hold: step(Slot::Hold)?, decision: step(Slot::Decision)?, remedy: step(Slot::Remedy)? };
            // What cannot be read is noted already.
            let Some((_, entry)) = steps.at(slot) else { return Ok(()) };
            if let Err(rule) = steps.check(xid, slot) {
                audit.note(Discrepancy::Exchange { row: key.0.clone(), rule });
            }
            audit.open(slot, entry, steps.decision.is_some(), steps.remedy.is_some());
            Ok(())
        })
    }

    /// Counts what this step leaves open.
    fn open(&mut self, slot: Slot, entry: &Entry, decided: bool, remedied: bool) {
        let [held, claims, locked] = &mut self.sums.entry(entry.currency).or_default().open;
        let report = &mut self.report;
        match entry.what {
            What::Hold => bump(&mut report.exchanges),
            What::Lock => bump(&mut report.locks),
            _ => {}
        }
        let (count, sum) = match slot {
            Slot::Hold if !decided && entry.what == What::Lock => (&mut report.open_locks, locked),
            Slot::Hold if !decided => (&mut report.open_holds, held),
            Slot::Decision if entry.what == What::Capture && !remedied => (&mut report.open_claims, claims),
            _ => return,
        };
        bump(count);
        *sum = sum.saturating_add(entry.amount());
    }

    fn totals(&mut self) {
        for (currency, sums) in self.sums.clone() {
            let [claims, held, locked, play] = sums.books.map(|sum| sum.minor);
            let total = [claims, held, locked, play, sums.customers].into_iter().sum();
            if total != 0 {
                self.note(Discrepancy::Sum { currency, sum: clamp(total) });
            }
            let [open_held, open_claims, open_locked] = sums.open;
            let books = [
                (Book::Held, held, open_held),
                (Book::Claims, claims, open_claims),
                (Book::Locked, locked, open_locked),
            ];
            for (book, found, sum) in books {
                if found != sum {
                    let (found, sum) = (clamp(found), clamp(sum));
                    self.note(Discrepancy::Open { account: book.name(currency), found, sum });
                }
            }
            let [claims, held, locked, play, customers] = [claims, held, locked, play, sums.customers].map(clamp);
            self.report.totals.push(Total { claims, currency, customers, held, locked, play });
        }
    }

    /// Runs `work` over all rows under `prefix`, page by page.
    fn each(
        &mut self,
        prefix: &str,
        mut work: impl FnMut(&mut Self, (&Key, &[u8])) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut after: Option<Key> = None;
        loop {
            let page: Vec<Row> = self.view.scan(prefix, after.as_ref(), LEDGER_PAGE)?;
            for (key, bytes) in &page {
                work(self, (key, bytes))?;
            }
            match page.into_iter().next_back() {
                Some((key, _)) => after = Some(key),
                None => return Ok(()),
            }
        }
    }

    /// Turns a damaged row into a discrepancy and none; other faults stay faults.
    fn readable<T>(&mut self, key: &Key, read: Result<T, Fault>) -> Result<Option<T>, Fault> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(fault) if fault.code() == Code::DatabaseCorrupt => {
                let row = fault.detail().split(": ").next().filter(|row| row.contains('/')).unwrap_or(&key.0);
                self.note(Discrepancy::Unreadable { row: row.to_owned() });
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    fn note(&mut self, discrepancy: Discrepancy) {
        self.report.note(discrepancy);
    }
}

/// The entries of one exchange, with their ids.
struct Steps {
    hold: Option<(String, Entry)>,
    decision: Option<(String, Entry)>,
    remedy: Option<(String, Entry)>,
}

impl Steps {
    fn at(&self, slot: Slot) -> Option<&(String, Entry)> {
        match slot {
            Slot::Decision => self.decision.as_ref(),
            Slot::Remedy => self.remedy.as_ref(),
            _ => self.hold.as_ref(),
        }
    }

    /// Whether the step in `slot` is this exchange's, comes after what it must follow, and fits it.
    fn check(&self, xid: Xid, slot: Slot) -> Result<(), String> {
        let Some((id, entry)) = self.at(slot) else { return Ok(()) };
        if entry.xid != Some(xid) || entry.what.slot() != Some(slot) {
            return Err("another exchange or step".to_owned());
        }
        let before = |step: Slot| self.at(step).filter(|(other, _)| other < id).map(|(_, entry)| entry);
        entry.check_follows(before(Slot::Hold), before(Slot::Decision)).map_err(|e| e.detail().to_owned())
    }
}

fn number_of(key: &Key) -> Option<u64> {
    key.0.rsplit_once('-')?.1.parse().ok()
}

fn parse_exchange(key: &Key) -> Option<(Xid, Slot)> {
    let (xid, word) = key.0.strip_prefix("ledger-exchange/")?.split_once('/')?;
    let slot = [Slot::Hold, Slot::Decision, Slot::Remedy].into_iter().find(|slot| slot.word() == word)?;
    Some((Xid(Hash::from_hex(xid)?), slot))
}

/// As much as a report can hold; nothing beyond it is left uncounted, only its size.
fn clamp(sum: i128) -> i64 {
    i64::try_from(sum.clamp((-MINOR_MAX).into(), MINOR_MAX.into())).unwrap_or_default()
}

fn bump(count: &mut u64) {
    *count = add(*count, 1);
}

fn add(count: u64, more: u64) -> u64 {
    count.saturating_add(more)
}
