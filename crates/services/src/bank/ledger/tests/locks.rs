//! Locks in the ledger.

use super::*;

fn put(bank: &mut Bank, id: u8, payer: &str, minor: u64) -> Result<(), Code> {
    bank.step(|tx, cx| lock(tx, cx.now, xid_of(id), payer, eur(minor))).map_err(|refused| refused.code())
}

fn end(bank: &mut Bank, id: u8, payee: &str, how: Unlock) -> Result<(), Code> {
    bank.step(|tx, cx| unlock(tx, cx.now, xid_of(id), payee, how)).map(|_| ()).map_err(|refused| refused.code())
}

#[test]
fn a_lock_ends_once_to_whom_it_ends() {
    let mut bank = Bank::new();
    let (a, b) = (bank.open(Currency::EUR).name, bank.open(Currency::EUR).name);
    bank.deposit(&a, 1000);
    for id in 1..=4 {
        assert_eq!(put(&mut bank, id, &a, 100), Ok(()));
        assert_eq!(put(&mut bank, id, &a, 100), Err(Code::StateWrong), "the same lock again");
    }
    assert_eq!(put(&mut bank, 5, &a, 601), Err(Code::NoFunds));
    let report = bank.report();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.locks, report.open_locks, report.totals[0].locked), (4, 4, 400));
    assert_eq!(end(&mut bank, 1, &b, Unlock::Paid), Ok(()));
    assert_eq!(end(&mut bank, 2, "", Unlock::Back), Ok(()));
    assert_eq!(end(&mut bank, 3, &b, Unlock::Split(eur(30))), Ok(()));
    for id in 1..=3 {
        for how in [Unlock::Paid, Unlock::Back, Unlock::Split(eur(1))] {
            assert_eq!(end(&mut bank, id, &b, how), Err(Code::StateWrong), "a second end");
        }
    }
    assert_eq!(end(&mut bank, 9, &b, Unlock::Paid), Err(Code::StateWrong), "no such lock");
    assert_eq!(end(&mut bank, 4, &b, Unlock::Split(eur(101))), Err(Code::AmountNegative));
    assert_eq!((bank.minor(&a), bank.minor(&b)), (770, 130));
    let report = bank.report();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.locks, report.open_locks, report.exchanges), (4, 1, 0));
    assert_eq!((report.totals[0].locked, report.totals[0].held), (100, 0));
}

#[test]
fn a_share_of_nothing_is_none() {
    let mut bank = Bank::new();
    let (a, b) = (bank.open(Currency::EUR).name, bank.open(Currency::EUR).name);
    bank.deposit(&a, 300);
    for (id, payee, part, left) in [(1, &b, 100, 200), (2, &b, 0, 200), (3, &a, 40, 200)] {
        assert_eq!(put(&mut bank, id, &a, 100), Ok(()));
        assert_eq!(end(&mut bank, id, payee, Unlock::Split(eur(part))), Ok(()));
        assert_eq!(bank.minor(&a), left);
    }
    assert_eq!(bank.minor(&b), 100);
    assert!(bank.report().is_clean());
}

/// What is posted, about which lock, and the postings.
type Case<'a> = (What, u8, &'a [(&'a str, i64)]);

#[test]
fn locks_and_holds_are_not_taken_for_each_other() {
    let mut bank = Bank::new();
    let (a, b) = (bank.open(Currency::EUR).name, bank.open(Currency::EUR).name);
    let (a, b) = (a.as_str(), b.as_str());
    bank.deposit(a, 1000);
    put(&mut bank, 1, a, 100).unwrap();
    bank.money(2, 100, &Money::Hold { account: a.to_owned() }).unwrap();
    assert_eq!(put(&mut bank, 2, a, 100), Err(Code::StateWrong), "the exchange has that name");
    assert_eq!(end(&mut bank, 2, b, Unlock::Paid), Err(Code::StateWrong));
    assert!(
        bank.money(1, 100, &Money::Capture).is_err()
            && bank.money(1, 100, &Money::Release { account: a.into() }).is_err()
    );
    let cases: [Case<'_>; 6] = [
        (What::LockBack, 1, &[("~locked-EUR", -100), (b, 100)]),
        (What::LockPaid, 1, &[("~locked-EUR", -99), (b, 99)]),
        (What::LockPaid, 1, &[("~held-EUR", -100), (b, 100)]),
        (What::LockPaid, 1, &[("~locked-EUR", -100), (b, 50), (a, 50)]),
        (What::LockSplit, 1, &[("~locked-EUR", -100), (b, 100)]),
        (What::LockPaid, 2, &[("~locked-EUR", -100), (b, 100)]),
    ];
    for (what, id, postings) in cases {
        assert_eq!(bank.post(what, Some(id), postings), Err(Code::StateWrong), "{what:?} {postings:?}");
    }
    assert!(bank.report().is_clean());
}

#[test]
fn damage_to_locks_is_found() {
    let mut bank = Bank::new();
    let (a, b) = (bank.open(Currency::EUR).name, bank.open(Currency::EUR).name);
    bank.deposit(&a, 500);
    put(&mut bank, 1, &a, 100).unwrap();
    put(&mut bank, 2, &a, 100).unwrap();
    end(&mut bank, 2, &b, Unlock::Split(eur(10))).unwrap();
    assert!(bank.report().is_clean());
    for key in bank.rows.0.keys().filter(|key| !key.0.starts_with("account-key/")) {
        let mut lost = bank.rows.clone();
        lost.0.remove(key);
        assert!(!check(&lost).unwrap().is_clean(), "{} is missing and nobody sees it", key.0);
    }
}
