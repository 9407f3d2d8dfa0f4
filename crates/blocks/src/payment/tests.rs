//! Which purse pays.

use proptest::prelude::*;
use semper_base::{Amount, Code, Currency, Hash, KeyId, Misuse, Nonce, PeerId, Refusal, Xid, json};
use semper_support::crypto::{Crypto as _, Seeded};

use super::*;
use crate::item::{Lock, RegisterKind, RegisterRef};

/// Pays in euros only, up to a thousand, and leaves no trace.
#[derive(Debug)]
struct Cash;

/// Pays anything by hold.
#[derive(Debug)]
struct Held;

impl PaymentModule for Cash {
    fn word(&self) -> &'static str {
        "cash"
    }
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            amount_max: 1000,
            currencies: Some(&[Currency::EUR]),
            locks: &[],
            offline: true,
            outright: false,
            payer_anonymous: true,
            refundable: false,
        }
    }
    fn check(&self, _: &Purse) -> Result<(), Misuse> {
        Ok(())
    }
    fn payee(&self, purse: &Purse) -> Payee {
        let register = RegisterRef { key: purse.bank.key, kind: RegisterKind::Mint };
        Payee { account: purse.account.clone(), register }
    }
}

impl PaymentModule for Held {
    fn word(&self) -> &'static str {
        "held"
    }
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            amount_max: 1_000_000,
            currencies: None,
            locks: &[Lock::Hash, Lock::Hold],
            offline: false,
            outright: false,
            payer_anonymous: false,
            refundable: true,
        }
    }
    fn check(&self, purse: &Purse) -> Result<(), Misuse> {
        if purse.account == "broken" { Err(Misuse::new(Code::FieldWrong, "account")) } else { Ok(()) }
    }
    fn payee(&self, purse: &Purse) -> Payee {
        let register = RegisterRef { key: purse.bank.key, kind: RegisterKind::Bank };
        Payee { account: purse.account.clone(), register }
    }
    fn lockable(&self) -> Option<&dyn Lockable> {
        Some(self)
    }
}

impl Lockable for Held {
    fn lock(&self, purse: &Purse, request: &LockRequest) -> Result<Debit, Unfit> {
        let (account, account_key) = (purse.account.clone(), purse.account_key.clone());
        Ok(Debit { account, account_key, amount: request.amount })
    }
}

fn purse(id: u8, module: &str) -> Purse {
    let key = Hash::of(b"bank");
    Purse {
        account: "P-2222-2222-2".to_owned(),
        account_key: Seeded::new([1; 32]).generate().unwrap().public,
        bank: BankRef { certificate: key, key: KeyId(key), peer: PeerId(key) },
        currency: Currency::EUR,
        id: PurseId(Nonce([id; 16])),
        limit: None,
        module: module.to_owned(),
        name: "Everyday".to_owned(),
        uses: Uses::Both,
    }
}

fn manager() -> Manager {
    Manager::new(&[&Cash, &Held]).unwrap()
}

fn eur(minor: u64) -> Amount {
    Amount::new(minor, Currency::EUR).unwrap()
}

fn wanted(minor: u64) -> Wanted {
    Wanted { amount: eur(minor), direction: Direction::Pay, needs: Needs::default(), register: None }
}

fn ids(found: &Result<Vec<&Purse>, NoPurse>) -> Vec<u8> {
    found.as_ref().map_or(Vec::new(), |purses| purses.iter().map(|purse| purse.id.0.0[0]).collect())
}

fn bank() -> RegisterRef {
    RegisterRef { key: KeyId(Hash::of(b"bank")), kind: RegisterKind::Bank }
}

#[test]
fn a_word_is_attached_once() {
    let again = manager().attach(&Cash).unwrap_err();
    assert_eq!(again.code(), Code::StateWrong);
    assert_eq!(manager().words().collect::<Vec<_>>(), ["cash", "held"]);
}

#[test]
fn preferred_purses_come_first_and_unfit_ones_not_at_all() {
    let dollars = Purse { currency: Currency::parse("USD").unwrap(), ..purse(4, "held") };
    let purses = [purse(1, "cash"), purse(2, "held"), purse(3, "held"), dollars];
    let manager = manager();
    let id = |id: u8| PurseId(Nonce([id; 16]));
    assert_eq!(ids(&manager.choose(&purses, &wanted(5), &[])), [1, 2, 3]);
    assert_eq!(ids(&manager.choose(&purses, &wanted(5), &[id(9), id(4), id(3)])), [3, 1, 2]);
    assert_eq!(ids(&manager.choose(&purses, &wanted(1001), &[id(1)])), [2, 3]);
    let needs = Needs { payer_anonymous: true, ..Needs::default() };
    assert_eq!(ids(&manager.choose(&purses, &Wanted { needs, ..wanted(5) }, &[id(3)])), [1]);
    let needs = Needs { lock: Some(Lock::Hold), ..Needs::default() };
    assert_eq!(ids(&manager.choose(&purses, &Wanted { needs, ..wanted(5) }, &[])), [2, 3]);
    assert_eq!(ids(&manager.choose(&purses, &Wanted { register: Some(bank()), ..wanted(5) }, &[])), [2, 3]);
}

#[test]
fn who_finds_no_purse_learns_why() {
    let cases = [
        (purse(1, "gold"), wanted(5), Unfit::Module),
        (Purse { account: "broken".to_owned(), ..purse(1, "held") }, wanted(5), Unfit::Purse),
        (Purse { account: String::new(), ..purse(1, "held") }, wanted(5), Unfit::Purse),
        (Purse { uses: Uses::Receive, ..purse(1, "held") }, wanted(5), Unfit::Direction),
        (
            Purse { uses: Uses::Pay, ..purse(1, "held") },
            Wanted { direction: Direction::Receive, ..wanted(5) },
            Unfit::Direction,
        ),
        (Purse { currency: Currency::parse("JPY").unwrap(), ..purse(1, "held") }, wanted(5), Unfit::Currency),
        (
            Purse { currency: Currency::parse("JPY").unwrap(), ..purse(1, "cash") },
            Wanted { amount: Amount::new(5, Currency::parse("JPY").unwrap()).unwrap(), ..wanted(5) },
            Unfit::Currency,
        ),
        (purse(1, "held"), wanted(0), Unfit::Amount),
        (purse(1, "held"), wanted(1_000_001), Unfit::Amount),
        (Purse { limit: Some(eur(4)), ..purse(1, "held") }, wanted(5), Unfit::Amount),
        (purse(1, "cash"), Wanted { register: Some(bank()), ..wanted(5) }, Unfit::Register),
        (purse(1, "held"), Wanted { needs: Needs { offline: true, ..Needs::default() }, ..wanted(5) }, Unfit::Offline),
        (
            purse(1, "held"),
            Wanted { needs: Needs { outright: true, ..Needs::default() }, ..wanted(5) },
            Unfit::Outright,
        ),
        (
            purse(1, "cash"),
            Wanted { needs: Needs { refundable: true, ..Needs::default() }, ..wanted(5) },
            Unfit::Refundable,
        ),
    ];
    for (purse, wanted, unfit) in cases {
        let none = manager().choose(std::slice::from_ref(&purse), &wanted, &[]).unwrap_err();
        assert_eq!(none.why, [(purse.id, unfit)], "{wanted:?}");
        assert_eq!(Refusal::from(none).code(), Code::NoPurse);
    }
    // The owner's limit is for what goes out.
    let till = Purse { limit: Some(eur(4)), ..purse(1, "held") };
    assert_eq!(manager().payee(&till, eur(5)).unwrap().account, till.account);
}

#[test]
fn money_is_locked_where_it_is_kept() {
    let (manager, purse) = (manager(), purse(1, "held"));
    let request = LockRequest { amount: eur(5), register: bank(), way: Lock::Hold, xid: Xid::of(b"x") };
    assert_eq!(manager.lock(&purse, &request).unwrap().amount, eur(5));
    assert_eq!(manager.lock(&purse, &LockRequest { way: Lock::Hash, ..request }).unwrap().amount, eur(5));
    for way in [Lock::Decision, Lock::Escrow] {
        assert_eq!(manager.lock(&purse, &LockRequest { way, ..request }), Err(Unfit::Lock));
    }
    let another = RegisterRef { key: KeyId(Hash::of(b"another")), ..bank() };
    assert_eq!(manager.lock(&purse, &LockRequest { register: another, ..request }), Err(Unfit::Register));
    for kind in [RegisterKind::Mint, RegisterKind::Notary] {
        let register = RegisterRef { kind, ..bank() };
        assert_eq!(manager.lock(&purse, &LockRequest { register, ..request }), Err(Unfit::Register));
    }
}

#[test]
fn no_more_than_the_first_purses_are_looked_at() {
    let purses = vec![purse(1, "gold"); 100];
    assert_eq!(manager().choose(&purses, &wanted(5), &[]).unwrap_err().why.len(), 64);
}

#[test]
fn purses_are_read_strictly() {
    let text = String::from_utf8(json::canonical(&purse(1, "held")).unwrap()).unwrap();
    assert_eq!(Purse::read(text.as_bytes()).unwrap(), purse(1, "held"));
    for (from, to) in [
        ("{", "{\"more\":1,"),
        ("\"name\":\"Everyday\"", "\"name\":\"\""),
        ("Everyday", " Everyday"),
        ("Everyday", "Every\\u0007day"),
        ("\"module\":\"held\"", "\"module\":\"Held\""),
        ("P-2222-2222-2", "P 2222"),
        ("\"uses\":\"both\"", "\"uses\":\"none\""),
        ("\"id\"", "\"limit\":{\"currency\":\"USD\",\"minor\":1},\"id\""),
    ] {
        let wrong = text.replacen(from, to, 1);
        assert_ne!(wrong, text, "{from}");
        assert!(Purse::read(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn names_of_any_text_come_back_or_are_refused(name in "\\PC{0,70}", account in "[!-~]{1,64}") {
        let purse = Purse { account, name, ..purse(1, "held") };
        let read = Purse::read(&json::canonical(&purse).unwrap());
        prop_assert!(read.is_err() || read.unwrap() == purse);
    }
}
