//! The ledger against a model of it, and the check against damage.

#![expect(clippy::arithmetic_side_effects, reason = "sums of a test's own small numbers")]

mod locks;

use std::collections::BTreeMap;

use proptest::prelude::*;
use semper_base::tx::{ChunkRef, Record, Write};
use semper_base::{Hash, Millis, View, json};
use semper_support::Context;
use semper_support::crypto::{Crypto as _, Keyring, PublicKey, Seeded};

use super::*;
use crate::bank::accounts::{Account, available, deposit, find, of_key, open, statement};

/// A store of rows.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rows(BTreeMap<Key, Vec<u8>>);

impl View for Rows {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.0.get(key).cloned())
    }
    fn register(&self, _: &Xid, _: &'static str) -> Result<Option<Vec<u8>>, Fault> {
        Ok(None)
    }
    fn scan(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, Fault> {
        let rows = self.0.range(Key(prefix.to_owned())..).take_while(|(key, _)| key.0.starts_with(prefix));
        let rows = rows.filter(|(key, _)| after.is_none_or(|after| *key > after));
        Ok(rows.take(limit).map(|(key, row)| (key.clone(), row.clone())).collect())
    }
    fn chunk(&self, _: &ChunkRef) -> Result<Option<Vec<u8>>, Fault> {
        Ok(None)
    }
    fn archived(&self, _: &str, _: usize) -> Result<Vec<Record>, Fault> {
        Ok(Vec::new())
    }
    fn is_archived(&self, _: &str, _: &[u8]) -> Result<bool, Fault> {
        Ok(false)
    }
}

/// A bank with a clock that ticks with every step.
struct Bank {
    rows: Rows,
    now: Timestamp,
    crypto: Seeded,
    keyring: Keyring,
}

fn key(crypto: &Seeded) -> PublicKey {
    crypto.generate().unwrap().public
}

impl Bank {
    fn new() -> Self {
        let crypto = Seeded::new([9; 32]);
        let keyring = Keyring::for_simulation([9; 32]);
        Bank { rows: Rows::default(), now: Timestamp::from_millis(1_800_000_000_000), crypto, keyring }
    }

    /// Runs one step as the driver would: an error must have written nothing.
    fn step<T>(&mut self, work: impl FnOnce(&mut Tx<'_>, &Context<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.now = self.now.plus(Millis(1));
        let cx = Context { now: self.now, crypto: &self.crypto, keyring: &self.keyring };
        let mut tx = Tx::new(&self.rows);
        let result = work(&mut tx, &cx);
        let writes = tx.into_writes().unwrap();
        assert!(result.is_ok() || writes.is_empty(), "what was refused left a trace");
        for write in writes {
            let Write::Put(key, row) = write else { panic!("only rows are set") };
            self.rows.0.insert(key, row);
        }
        result
    }

    fn open(&mut self, currency: Currency) -> Account {
        let key = key(&self.crypto);
        self.step(|tx, cx| open(tx, cx, &key, currency)).unwrap()
    }

    fn deposit(&mut self, account: &str, minor: u64) {
        let amount = eur(minor);
        self.step(|tx, cx| deposit(tx, cx.now, account, amount)).unwrap();
    }

    fn money(&mut self, xid: u8, minor: u64, money: &Money) -> Result<(), Error> {
        self.step(|tx, cx| apply_money(tx, cx.now, xid_of(xid), eur(minor), money))
    }

    fn post(&mut self, what: What, xid: Option<u8>, postings: &[(&str, i64)]) -> Result<(), Code> {
        let postings =
            postings.iter().map(|(account, minor)| Posting { account: (*account).to_owned(), minor: *minor });
        let postings = postings.collect();
        self.step(|tx, cx| post(tx, cx.now, what, xid.map(xid_of), postings)).map_err(|e| e.code())
    }

    fn minor(&self, account: &str) -> i64 {
        balance(&Tx::new(&self.rows), account).unwrap().minor
    }

    fn report(&self) -> LedgerReport {
        check(&self.rows).unwrap()
    }
}

fn eur(minor: u64) -> Amount {
    Amount::new(minor, Currency::EUR).unwrap()
}

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

fn xid_of(number: u8) -> Xid {
    Xid(Hash::of(&[number]))
}

/// All that can happen to a ledger, of which much must be refused.
#[derive(Clone, Debug)]
enum Op {
    Deposit { to: usize, minor: u64 },
    Money { xid: u8, minor: u64, money: u8, account: usize },
}

fn op() -> impl Strategy<Value = Op> {
    // Few amounts, so that steps of one exchange often agree.
    let minor = prop_oneof![1..4_u64, Just(1_000_000_000_u64)];
    prop_oneof![
        1 => (0..5_usize, minor.clone()).prop_map(|(to, minor)| Op::Deposit { to, minor }),
        5 => (0..6_u8, minor, 0..5_u8, 0..5_usize)
            .prop_map(|(xid, minor, money, account)| Op::Money { xid, minor, money, account }),
    ]
}

/// What the ledger should do, said another way: accounts 0 to 2 exist in EUR, 3 in USD, 4 does not.
#[derive(Default)]
struct Model {
    customers: [u64; 3],
    exchanges: BTreeMap<u8, (char, u64, usize)>,
    entries: u64,
}

impl Model {
    fn apply(&mut self, op: &Op) -> bool {
        let done = match op {
            Op::Deposit { to, minor } => match self.customers.get_mut(*to) {
                Some(has) if *has + minor <= semper_base::limits::PLAY_BALANCE_MAX => {
                    *has += minor;
                    true
                }
                _ => false,
            },
            Op::Money { xid, minor, money, account } => self.money(*xid, *minor, *money, *account),
        };
        self.entries += u64::from(done);
        done
    }

    fn money(&mut self, xid: u8, minor: u64, money: u8, account: usize) -> bool {
        let state = self.exchanges.get(&xid).copied();
        let known = account < self.customers.len();
        let next = match (money, state) {
            (0, None) if known && self.customers[account] >= minor => {
                self.customers[account] -= minor;
                ('h', minor, account)
            }
            (1, Some(('h', held, payer))) if held == minor && payer == account => {
                self.customers[account] += minor;
                ('r', minor, payer)
            }
            (2, Some(('h', held, payer))) if held == minor => ('c', minor, payer),
            (3, Some(('c', held, payer))) if held == minor && known => {
                self.customers[account] += minor;
                ('s', minor, payer)
            }
            (4, Some(('c', held, payer))) if held == minor && payer == account => {
                self.customers[account] += minor;
                ('f', minor, payer)
            }
            _ => return false,
        };
        self.exchanges.insert(xid, next);
        true
    }

    fn open(&self, word: char) -> (u64, u64) {
        let open = self.exchanges.values().filter(|(state, ..)| *state == word);
        open.fold((0, 0), |(count, sum), (_, minor, _)| (count + 1, sum + minor))
    }
}

fn money(kind: u8, account: String) -> Money {
    match kind {
        0 => Money::Hold { account },
        1 => Money::Release { account },
        2 => Money::Capture,
        3 => Money::Settle { account },
        _ => Money::Refund { account },
    }
}

fn play(ops: &[Op]) -> (Bank, Model, Vec<String>) {
    let (mut bank, mut model) = (Bank::new(), Model::default());
    let mut names: Vec<String> = (0..3).map(|_| bank.open(Currency::EUR).name).collect();
    names.push(bank.open(usd()).name);
    names.push("P-2222-2222-2".to_owned());
    for op in ops {
        let done = match op.clone() {
            Op::Deposit { to, minor } => bank.step(|tx, cx| deposit(tx, cx.now, &names[to], eur(minor))),
            Op::Money { xid, minor, money: kind, account } => {
                bank.money(xid, minor, &money(kind, names[account].clone()))
            }
        };
        assert_eq!(done.is_ok(), model.apply(op), "{op:?}: {done:?}");
    }
    (bank, model, names)
}

proptest! {
    #[test]
    fn the_ledger_does_what_its_model_does(ops in prop::collection::vec(op(), 0..60)) {
        let (bank, model, names) = play(&ops);
        for (name, minor) in names.iter().zip(model.customers) {
            prop_assert_eq!(bank.minor(name), minor.cast_signed());
        }
        let report = bank.report();
        prop_assert!(report.is_clean(), "{:?}", report.discrepancies);
        prop_assert_eq!((report.accounts, report.entries), (4, model.entries));
        prop_assert_eq!(report.exchanges, model.exchanges.len() as u64);
        let ((holds, held), (claims, claimed)) = (model.open('h'), model.open('c'));
        prop_assert_eq!((report.open_holds, report.open_claims), (holds, claims));
        let sum: u64 = model.customers.iter().sum();
        let total = report.totals.iter().find(|total| total.currency == Currency::EUR).unwrap();
        prop_assert_eq!((total.held, total.claims), (held.cast_signed(), claimed.cast_signed()));
        prop_assert_eq!(total.customers, sum.cast_signed());
        prop_assert_eq!(total.play, -(sum + held + claimed).cast_signed());
    }

    #[test]
    fn no_lost_or_altered_row_goes_unseen(ops in prop::collection::vec(op(), 1..30), pick: prop::sample::Index) {
        let (bank, ..) = play(&ops);
        let is_idle = |key: &Key| key.0.strip_prefix("account/").is_some_and(|name| bank.minor(name) == 0);
        let rows = bank.rows.0.keys().filter(|key| !key.0.starts_with("account-key/") && !is_idle(key));
        let rows: Vec<Key> = rows.cloned().collect();
        prop_assume!(!rows.is_empty());
        let key = &rows[pick.index(rows.len())];
        let mut lost = bank.rows.clone();
        lost.0.remove(key);
        prop_assert!(!check(&lost).unwrap().is_clean(), "{key:?} is gone");
        let text = String::from_utf8(bank.rows.0[key].clone()).unwrap();
        for (from, to) in [("\"minor\":", "\"minor\":1"), ("\"after\":", "\"after\":7"), ("\"number\":", "\"number\":1"),
            ("\"entries\":", "\"entries\":9"), ("{", "["), ("000", "001")] {
            let altered = text.replacen(from, to, 1);
            if altered == text || key.0.starts_with("account/") {
                continue;
            }
            let mut rows = bank.rows.clone();
            rows.0.insert(key.clone(), altered.clone().into_bytes());
            prop_assert!(!check(&rows).unwrap().is_clean(), "{key:?} says {altered}");
        }
    }
}

#[test]
fn whatever_is_deposited_can_always_be_paid() {
    let mut bank = Bank::new();
    let (from, to) = (bank.open(Currency::EUR).name, bank.open(Currency::EUR).name);
    let most = MINOR_MAX;
    bank.post(What::Deposit, None, &[("~play-EUR", -most), (&from, most)]).unwrap();
    let more = bank.post(What::Deposit, None, &[("~play-EUR", -1), (&to, 1)]);
    assert_eq!(more, Err(Code::AmountOverflow), "there is no more money than that");
    bank.money(1, INTEGER_MAX, &Money::Hold { account: from }).unwrap();
    bank.money(1, INTEGER_MAX, &Money::Capture).unwrap();
    bank.money(1, INTEGER_MAX, &Money::Settle { account: to.clone() }).unwrap();
    assert_eq!(bank.minor(&to), most);
    assert!(bank.report().is_clean());
}

/// What is wrong, and what it is refused with.
type Wrong<'a> = (What, Option<u8>, &'a [(&'a str, i64)], Code);

#[test]
fn entries_that_break_a_rule_are_refused() {
    let mut bank = Bank::new();
    let (a, b, dollars) = (bank.open(Currency::EUR).name, bank.open(Currency::EUR).name, bank.open(usd()).name);
    let (a, b, dollars) = (a.as_str(), b.as_str(), dollars.as_str());
    bank.deposit(a, 500);
    bank.money(1, 100, &Money::Hold { account: a.to_owned() }).unwrap();
    let before = bank.rows.clone();
    let wrong: &[Wrong<'_>] = &[
        (What::Deposit, None, &[], Code::StateWrong),
        (What::Deposit, None, &[("~play-EUR", 0), (a, 0)], Code::AmountOverflow),
        (What::Deposit, None, &[("~play-EUR", -5), (a, 4)], Code::StateWrong),
        (What::Deposit, None, &[("~play-EUR", -5), (a, 2), (a, 3)], Code::StateWrong),
        (What::Deposit, None, &[("~play-EUR", i64::MIN), (a, i64::MAX)], Code::AmountOverflow),
        (What::Deposit, None, &[("~play-USD", -5), (a, 5)], Code::CurrencyMixed),
        (What::Deposit, None, &[("~play-EUR", -5), (dollars, 5)], Code::CurrencyMixed),
        (What::Deposit, None, &[("~play-EUR", 5), (a, -5)], Code::StateWrong),
        (What::Deposit, None, &[("~held-EUR", -5), (a, 5)], Code::StateWrong),
        (What::Deposit, None, &[(b, -5), (a, 5)], Code::StateWrong),
        (What::Deposit, None, &[("~gold-EUR", -5), (a, 5)], Code::AccountUnknown),
        (What::Deposit, None, &[("~play-EUR", -5), ("P-2222-2222-2", 5)], Code::AccountUnknown),
        (What::Deposit, None, &[("~play-EUR", -5), ("", 5)], Code::AccountUnknown),
        (What::Deposit, Some(9), &[("~play-EUR", -5), (a, 5)], Code::StateWrong),
        (What::Hold, None, &[(a, -5), ("~held-EUR", 5)], Code::StateWrong),
        (What::Hold, Some(1), &[(a, -5), ("~held-EUR", 5)], Code::StateWrong),
        (What::Hold, Some(2), &[(a, -401), ("~held-EUR", 401)], Code::NoFunds),
        (What::Hold, Some(2), &[(a, -4), (b, -1), ("~held-EUR", 5)], Code::StateWrong),
        (What::Release, Some(1), &[("~held-EUR", -100), (b, 100)], Code::StateWrong),
        (What::Release, Some(1), &[("~held-EUR", -99), (a, 99)], Code::StateWrong),
        (What::Release, Some(2), &[("~held-EUR", -100), (a, 100)], Code::StateWrong),
        (What::Capture, Some(1), &[("~held-EUR", -100), (b, 100)], Code::StateWrong),
        (What::Capture, Some(1), &[("~held-EUR", -101), ("~claims-EUR", 101)], Code::StateWrong),
        (What::Settle, Some(1), &[("~claims-EUR", -100), (b, 100)], Code::StateWrong),
        (What::Refund, Some(1), &[("~claims-EUR", -100), (a, 100)], Code::StateWrong),
    ];
    for (what, xid, postings, code) in wrong {
        assert_eq!(bank.post(*what, *xid, postings), Err(*code), "{what:?} {xid:?} {postings:?}");
        assert_eq!(bank.rows, before);
    }
    bank.now = bank.now.minus(Millis::seconds(60));
    let late = bank.post(What::Deposit, None, &[("~play-EUR", -5), (a, 5)]);
    assert_eq!(late, Err(Code::StateWrong), "a clock that went back");
}

#[test]
fn the_machine_sees_accounts_of_its_currency_only() {
    let mut bank = Bank::new();
    let account = bank.open(Currency::EUR);
    bank.deposit(&account.name, 500);
    bank.money(1, 200, &Money::Hold { account: account.name.clone() }).unwrap();
    let tx = Tx::new(&bank.rows);
    let books = Books { tx: &tx, currency: Currency::EUR };
    assert_eq!(books.account(&account.name).unwrap(), Some((eur(300), account.key.id())));
    for name in ["", "~held-EUR", "~play-EUR", "P-2222-2222-2", &"P".repeat(100_000), &account.name.to_lowercase()] {
        assert_eq!(books.account(name).unwrap(), None);
    }
    let dollars = Books { tx: &tx, currency: usd() };
    assert_eq!(dollars.account(&account.name).unwrap(), None);
}

#[test]
fn statements_of_account_are_read_backwards_page_by_page() {
    let mut bank = Bank::new();
    let account = bank.open(Currency::EUR).name;
    for _ in 0..300 {
        bank.deposit(&account, 3);
    }
    bank.money(1, 200, &Money::Hold { account: account.clone() }).unwrap();
    let tx = Tx::new(&bank.rows);
    let newest = statement(&tx, &account, None, usize::MAX).unwrap();
    assert_eq!(newest.len(), 100);
    assert_eq!((newest[0].number, newest[0].minor, newest[0].after), (301, -200, 700));
    assert_eq!((newest[0].what, newest[0].xid), (What::Hold, Some(xid_of(1))));
    let (mut before, mut sum, mut pages) = (None, 0, 0);
    loop {
        let page = statement(&tx, &account, before, 77).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.number);
        sum += page.iter().map(|line| line.minor).sum::<i64>();
        pages += 1;
    }
    assert_eq!((sum, pages, before), (700, 4, Some(1)));
    assert_eq!(statement(&tx, "P-2222-2222-2", None, 1).unwrap_err().code(), Code::AccountUnknown);
    assert!(bank.report().is_clean(), "over several pages of entries");
}

#[test]
fn accounts_and_play_money_are_bounded() {
    let mut bank = Bank::new();
    let owner = key(&bank.crypto);
    let mut names = Vec::new();
    for _ in 0..16 {
        names.push(bank.step(|tx, cx| open(tx, cx, &owner, Currency::EUR)).unwrap().name);
    }
    let more = bank.step(|tx, cx| open(tx, cx, &owner, Currency::EUR));
    assert_eq!(more.unwrap_err().code(), Code::TooMany);
    names.sort();
    assert_eq!(of_key(&Tx::new(&bank.rows), &owner.id()).unwrap(), names);
    bank.deposit(&names[0], 1_000_000_000);
    let name = names[0].clone();
    let more = bank.step(|tx, cx| deposit(tx, cx.now, &name, eur(1)));
    assert_eq!(more.unwrap_err().code(), Code::PlayLimit);
    let nothing = bank.step(|tx, cx| deposit(tx, cx.now, &names[1], eur(0)));
    assert_eq!(nothing.unwrap_err().code(), Code::AmountOverflow);
    let account = find(&Tx::new(&bank.rows), &name).unwrap().unwrap();
    assert_eq!(available(&Tx::new(&bank.rows), &account).unwrap(), eur(1_000_000_000));
}

#[test]
fn a_report_is_bounded_and_reads_as_json() {
    let mut bank = Bank::new();
    let account = bank.open(Currency::EUR).name;
    for _ in 0..1100 {
        bank.deposit(&account, 1);
    }
    let clean = serde_json::to_value(bank.report()).unwrap();
    assert_eq!(clean["totals"][0]["customers"], 1100);
    let entries = bank.rows.0.iter_mut().filter(|(key, _)| key.0.starts_with("ledger/"));
    entries.for_each(|(_, row)| row.truncate(5));
    let report = bank.report();
    assert_eq!(report.discrepancies.len(), 1000);
    assert!(report.more > 100, "the others are counted");
    let first = serde_json::to_value(&report.discrepancies[0]).unwrap();
    assert_eq!(first["kind"], "unreadable");
}

#[test]
fn entries_that_never_happened_are_found() {
    let mut bank = Bank::new();
    let (a, b) = (bank.open(Currency::EUR).name, bank.open(Currency::EUR).name);
    bank.deposit(&a, 500);
    bank.money(1, 100, &Money::Hold { account: a.clone() }).unwrap();
    bank.money(1, 100, &Money::Capture).unwrap();
    bank.money(1, 100, &Money::Settle { account: b.clone() }).unwrap();
    // A thief with the database at hand settles once more, as carefully as one can.
    let mut rows = bank.rows.clone();
    let at = bank.now.plus(Millis(1));
    let id = entry_id(at, 5);
    let postings = pair("~claims-EUR".to_owned(), b.clone(), eur(100));
    let entry =
        Entry { at, currency: Currency::EUR, postings, transfer: None, what: What::Settle, xid: Some(xid_of(1)) };
    let mut set = |key: Key, row: Vec<u8>| rows.0.insert(key, row);
    set(entry_key(&id), json::canonical(&entry).unwrap());
    set(head_key(), json::canonical(&Head { at, number: 5 }).unwrap());
    set(balance_key(&b), json::canonical(&Balance { entries: 2, minor: 200 }).unwrap());
    set(line_key(&b, 2), json::canonical(&Line { after: 200, entry: id.clone() }).unwrap());
    set(balance_key("~claims-EUR"), json::canonical(&Balance { entries: 3, minor: -100 }).unwrap());
    let kinds = |rows: &Rows| {
        let found = check(rows).unwrap().discrepancies;
        found.iter().map(|one| serde_json::to_value(one).unwrap()["kind"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&rows), ["\"exchange\"", "\"negative\"", "\"open\""]);
    // Nor does it help to put it in the place of the first.
    rows.0.insert(exchange_key(&xid_of(1), Slot::Remedy), id.into_bytes());
    assert_eq!(kinds(&rows), ["\"exchange\"", "\"negative\"", "\"open\""]);
}

#[test]
fn an_order_is_carried_out_once_and_the_check_knows_it() {
    let mut bank = Bank::new();
    let (a, b) = (bank.open(Currency::EUR).name, bank.open(Currency::EUR).name);
    let dollars = bank.open(usd()).name;
    bank.deposit(&a, 500);
    let pay = |bank: &mut Bank, order: u8, from: &str, to: &str, minor: u64| {
        let order = Hash::of(&[order]);
        let done = bank.step(|tx, cx| transfer(tx, cx.now, order, from.to_owned(), to.to_owned(), eur(minor)));
        done.map_err(|refused| refused.code())
    };
    assert_eq!(pay(&mut bank, 1, &a, &b, 300), Ok(()));
    assert_eq!(pay(&mut bank, 1, &a, &b, 100), Err(Code::StateWrong), "the same order again");
    assert_eq!(pay(&mut bank, 2, &a, &b, 201), Err(Code::NoFunds));
    assert_eq!(pay(&mut bank, 2, &a, &a, 1), Err(Code::StateWrong), "to oneself");
    assert_eq!(pay(&mut bank, 2, &a, &dollars, 1), Err(Code::CurrencyMixed));
    assert_eq!(pay(&mut bank, 2, "~play-EUR", &a, 1), Err(Code::StateWrong), "out of a book");
    assert_eq!(pay(&mut bank, 2, &a, "~held-EUR", 1), Err(Code::StateWrong), "into a book");
    assert_eq!(pay(&mut bank, 2, &b, &a, 0), Err(Code::AmountOverflow));
    assert_eq!(bank.post(What::Transfer, None, &[(&a, -1), (&b, 1)]), Err(Code::StateWrong), "without an order");
    assert_eq!(bank.post(What::Transfer, Some(1), &[(&a, -1), (&b, 1)]), Err(Code::StateWrong), "of an exchange");
    assert_eq!((bank.minor(&a), bank.minor(&b), bank.report().transfers), (200, 300, 1));
    assert!(bank.report().is_clean());

    let found = |rows: &Rows| {
        let found = check(rows).unwrap().discrepancies;
        found.iter().map(|one| serde_json::to_value(one).unwrap()["kind"].to_string()).collect::<Vec<_>>()
    };
    let row = transfer_key(&Hash::of(&[1]));
    let mut lost = bank.rows.clone();
    lost.0.remove(&row);
    assert_eq!(found(&lost), ["\"transfer\""], "an entry without its order");
    let mut more = bank.rows.clone();
    let entry = more.0[&row].clone();
    more.0.insert(transfer_key(&Hash::of(&[2])), entry);
    assert_eq!(found(&more), ["\"transfer\""], "an order without its entry");
    let mut nonsense = bank.rows.clone();
    nonsense.0.insert(row, b"nothing".to_vec());
    assert_eq!(found(&nonsense), ["\"transfer\"", "\"transfer\""]);
}
