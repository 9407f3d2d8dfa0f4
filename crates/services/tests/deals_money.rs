//! Deals with payments, decided by the notary's one row: a letter for money at one bank; money for money at one bank
//! and at two. And the purses out of which they are paid.

use crate::common;

use common::Hands;
use common::banks::Banks;
use common::counter::{Counter, START, take};
use common::street::{Tie, agree, connect};
use common::table::{Table, consent, decline, fire};
use semper_base::{Blob64, Code, Key, Millis};
use semper_driver::service::Input;
use semper_exchange::judge::frame::FrameOutcome;
use semper_exchange::judge::lock::LockOutcome;
use semper_services::notary::Notary;
use serde_json::{Value, json};

/// Buyer and seller at a bank's counter, and a notary that both know.
struct Office {
    at: Counter,
    notary: Hands<Notary>,
    buyer: Tie,
    seller: Tie,
}

impl Office {
    fn new(name: &str) -> Office {
        let mut at = Counter::new(name);
        let mut notary = Table::another_notary(&format!("{name}-notary"), &mut at.ca);
        let buyer = connect(&mut at.buyer, &mut notary, "notary", "nobody");
        let seller = connect(&mut at.seller, &mut notary, "notary", "nobody");
        Office { at, notary, buyer, seller }
    }

    /// Messages, and consent of everybody who has begun, until nobody says anything any more.
    fn carry(&mut self) {
        for _ in 0..20 {
            consent(&mut self.at.buyer);
            consent(&mut self.at.seller);
            let up = [self.at.buyer.fetch(self.buyer.server), self.at.seller.fetch(self.seller.server)];
            let mut quiet = up.iter().all(Vec::is_empty);
            let [buyer, seller] = up;
            take(&mut self.notary, self.buyer.client, buyer);
            take(&mut self.notary, self.seller.client, seller);
            let down = [self.notary.fetch(self.buyer.client), self.notary.fetch(self.seller.client)];
            quiet &= down.iter().all(Vec::is_empty);
            let [buyer, seller] = down;
            take(&mut self.at.buyer, self.buyer.server, buyer);
            take(&mut self.at.seller, self.seller.server, seller);
            quiet &= !self.bank();
            if quiet {
                return;
            }
        }
        panic!("they talk for ever");
    }

    /// The same with the bank, once; whether anything was said.
    fn bank(&mut self) -> bool {
        let (buyer, seller) = (self.at.buyer_bank, self.at.seller_bank);
        let up = [self.at.buyer.fetch(buyer.server), self.at.seller.fetch(seller.server)];
        let mut said = up.iter().any(|said| !said.is_empty());
        let [of_buyer, of_seller] = up;
        take(&mut self.at.bank, buyer.client, of_buyer);
        take(&mut self.at.bank, seller.client, of_seller);
        let down = [self.at.bank.fetch(buyer.client), self.at.bank.fetch(seller.client)];
        said |= down.iter().any(|said| !said.is_empty());
        let [to_buyer, to_seller] = down;
        take(&mut self.at.buyer, buyer.server, to_buyer);
        take(&mut self.at.seller, seller.server, to_seller);
        said
    }

    /// The seller's letter for the buyer's money: the deal's id and file.
    fn letter_for(&mut self, amount: &str) -> (String, Value) {
        let card = self.at.buyer.command(&json!({ "command": "contract-card" }))["certificate"].clone();
        let letter = self.at.seller.command(&json!({
            "command": "contract-seal", "name": "formula.txt", "media_type": "text/plain",
            "data": Blob64(b"the formula".to_vec()), "to": { "certificate": card },
        }));
        let bill = self.at.seller.command(&json!({ "command": "contract-bill", "amount": amount }));
        let paid = self.at.buyer.command(&json!({ "command": "contract-pay", "bill": bill["file"] }));
        let made = self.at.buyer.command(&json!({
            "command": "contract-new", "title": "Formula", "text": "For your own use.",
            "parts": [letter["file"], paid["file"]],
        }));
        assert_eq!(made["parts"][1]["amount"], amount);
        (made["contract"].as_str().unwrap().to_owned(), made["file"].clone())
    }

    fn sign(&mut self, buyer: bool, file: &Value) {
        let wish = json!({ "command": "contract-sign", "file": file });
        if buyer {
            self.at.buyer.command(&wish);
            consent(&mut self.at.buyer);
        } else {
            self.at.seller.command(&wish);
            consent(&mut self.at.seller);
        }
    }

    fn read(&mut self, id: &str) -> Option<Value> {
        let wish = json!({ "command": "contract-read", "contract": id }).to_string();
        let reply = serde_json::to_value(&self.at.buyer.local(&Input::Command(wish.into_bytes())).ok()?).unwrap();
        Some(reply["letters"][0]["data"].clone())
    }

    fn words(&mut self, id: &str) -> [Value; 2] {
        let ask = json!({ "command": "contract", "contract": id });
        [self.at.buyer.command(&ask)["word"].clone(), self.at.seller.command(&ask)["word"].clone()]
    }
}

#[test]
fn a_letter_for_money_in_one_row() {
    let mut office = Office::new("deal-money");
    let (id, file) = office.letter_for("12.00 EUR");
    office.sign(true, &file);
    office.carry();
    assert_eq!(office.at.money()[0], "488.00 EUR", "locked once the buyer has signed");
    let ask = json!({ "command": "contract", "contract": id });
    let part = office.at.buyer.command(&ask)["parts"][1].clone();
    assert_eq!((&part["out"], &part["state"], &part["can"]), (&json!(true), &json!("locked"), &json!(["export"])));
    assert!(office.read(&id).is_none());
    office.sign(false, &file);
    office.carry();
    assert_eq!(office.words(&id), [json!("signed"), json!("signed")]);
    assert_eq!(office.read(&id).unwrap(), json!(Blob64(b"the formula".to_vec())));
    assert_eq!(office.at.money(), ["488.00 EUR", "512.00 EUR", START].map(str::to_owned));
    let report = office.at.check();
    assert_eq!((report.locks, report.open_locks), (1, 0));
    let root = office.at.ca.command(&json!({ "command": "root" }));
    let root = semper_base::bytes::decode(root["root"].as_str().unwrap()).unwrap();
    let root = semper_blocks::certificate::Root::read(&root, &*office.at.ca.crypto).unwrap();
    for pack in [
        office.at.buyer.command(&json!({ "command": "contract-export", "contract": id })),
        office.at.seller.command(&json!({ "command": "contract-export", "contract": id })),
    ] {
        let pack: Blob64 = serde_json::from_value(pack["pack"].clone()).unwrap();
        let crypto = &*office.at.ca.crypto;
        let report =
            semper_commerce::dispute::verify(&semper_commerce::dispute::read(&pack.0, crypto).unwrap(), &root, crypto);
        let verdict = report.frame_verdict.as_ref().unwrap_or_else(|| panic!("{report}"));
        assert_eq!(verdict.outcome, FrameOutcome::Complete, "{report}");
        assert!(verdict.convictions.is_empty(), "{report}");
    }
    // The bank learns neither what it is for nor who the other one is in the deal.
    for (key, row) in office.at.bank.scan("") {
        assert!(!String::from_utf8_lossy(&row).contains("formula"), "{}", key.0);
    }
}

#[test]
fn whoever_says_no_or_nothing_leaves_money_and_letter_where_they_were() {
    let mut office = Office::new("deal-money-no");
    let (id, file) = office.letter_for("12.00 EUR");
    office.sign(true, &file);
    office.carry();
    office.at.seller.command(&json!({ "command": "contract-sign", "file": file }));
    decline(&mut office.at.seller, "joint-deal");
    assert_eq!(office.at.money()[0], "488.00 EUR");
    office.at.pass(Millis::days(8));
    office.notary.pass(Millis::days(8));
    fire(&mut office.notary);
    office.carry();
    assert_eq!(office.words(&id)[0], "withdrawn");
    assert_eq!(office.at.money(), [START, START, START].map(str::to_owned));
    assert_eq!(office.at.check().open_locks, 0);
    assert!(office.read(&id).is_none());
}

/// More than there is on the account: the bank does not lock it, and the deal ends for both.
#[test]
fn a_payer_without_the_money_ends_the_deal() {
    let mut office = Office::new("deal-money-poor");
    let (id, file) = office.letter_for("900.00 EUR");
    office.sign(false, &file);
    office.carry();
    office.sign(true, &file);
    office.carry();
    assert_eq!(office.words(&id), [json!("withdrawn"), json!("withdrawn")]);
    assert_eq!(office.at.money(), [START, START, START].map(str::to_owned));
    assert!(office.read(&id).is_none());
}

#[test]
fn bills_that_do_not_fit_are_refused() {
    let mut office = Office::new("deal-money-bad");
    let refused = |office: &mut Office, wish: Value| {
        office.at.buyer.local(&Input::Command(wish.to_string().into_bytes())).unwrap_err().code()
    };
    let bill = office.at.seller.command(&json!({ "command": "contract-bill", "amount": "1.00 EUR" }));
    let new = json!({ "command": "contract-new", "title": "T", "text": "t", "parts": [bill["file"]] });
    assert_eq!(refused(&mut office, new), Code::FileWrong, "nobody has said to pay it");
    let paid = office.at.buyer.command(&json!({ "command": "contract-pay", "bill": bill["file"] }));
    let again = json!({ "command": "contract-pay", "bill": paid["file"] });
    assert_eq!(refused(&mut office, again), Code::FileWrong);
    // A bill whose account was changed on the way is none of the payee's.
    let whole: Blob64 = serde_json::from_value(paid["file"].clone()).unwrap();
    let mut other: Value = serde_json::from_slice(&whole.0).unwrap();
    other["payee_account"] = json!("11".repeat(32));
    let parts = json!([Blob64(other.to_string().into_bytes())]);
    let made =
        office.at.buyer.command(&json!({ "command": "contract-new", "title": "T", "text": "t", "parts": parts }));
    let sign = json!({ "command": "contract-sign", "file": made["file"] }).to_string();
    let code = office.at.seller.local(&Input::Command(sign.into_bytes())).unwrap_err().code();
    assert_eq!(code, Code::KeyMissing);
}

#[test]
fn purses_at_two_banks_in_two_currencies() {
    let mut at = Banks::new("purses");
    assert_eq!(at.refused(0, &json!({ "command": "contract-bill", "amount": "1.00 EUR" })), Code::AccountUnknown);
    assert_eq!(at.open(0, "bank", "EUR"), "Account");
    assert_eq!(at.open(0, "bank-2", "CHF"), "bank-2-chf");
    let again = json!({ "command": "open-account", "currency": "CHF", "purse": "bank-2-chf" });
    assert_eq!(at.wallets[0].command(&again)["purse"], "bank-2-chf", "by its name alone");
    assert_eq!(at.open(0, "bank", "CHF"), "bank-chf");
    // Asked again, it is the same account.
    assert_eq!(at.open(0, "bank-2", "CHF"), "bank-2-chf");
    let names = [
        ["Account", "First Play Bank", "500.00 EUR"],
        ["bank-2-chf", "Second Play Bank", "500.00 CHF"],
        ["bank-chf", "First Play Bank", "500.00 CHF"],
    ];
    assert_eq!(at.purses(0), names.map(|purse| purse.map(str::to_owned)));
    let shown = at.wallets[0].command(&json!({ "command": "purse" }));
    assert_eq!(shown["balance"], "500.00 EUR", "as it was when there was one");
    for (wish, code) in [
        (json!({ "command": "open-account", "currency": "EUR", "bank": "notary" }), Code::RoleUnfit),
        (json!({ "command": "open-account", "currency": "EUR", "bank": "bank-3" }), Code::NotFound),
        (json!({ "command": "open-account", "currency": "EUR", "purse": "My Own" }), Code::FieldWrong),
        (
            json!({ "command": "open-account", "currency": "CHF", "bank": "bank", "purse": "bank-2-chf" }),
            Code::StateWrong,
        ),
        (json!({ "command": "pay-to", "purse": "none" }), Code::NotFound),
    ] {
        assert_eq!(at.refused(0, &wish), code, "{wish}");
    }
    // The second wallet is paid at the second bank, by name on both sides.
    assert_eq!(at.open(1, "bank-2", "CHF"), "Account", "the first one, wherever it is");
    let asked = at.wallets[1].command(&json!({ "command": "pay-to", "purse": "Account" }));
    at.carry();
    let to = at.wallets[1].command(&json!({ "command": "pay-to", "purpose": asked["purpose"] }))["pay_to"].clone();
    let pay =
        json!({ "command": "pay", "purpose": asked["purpose"], "to": to, "amount": "9.40 CHF", "purse": "bank-2-chf" });
    at.wallets[0].command(&pay);
    agree(&mut at.wallets[0], "transfer");
    at.carry();
    assert_eq!((at.money(0, "bank-2-chf"), at.money(1, "Account")), ("490.60 CHF".into(), "509.40 CHF".into()));
    assert_eq!((at.money(0, "Account"), at.money(0, "bank-chf")), ("500.00 EUR".into(), "500.00 CHF".into()));
    assert_eq!(at.open_locks(), 0);
}

/// What a wallet wrote down when there was one purse is read as the first one.
#[test]
fn rows_from_before_are_the_first_purse() {
    let mut at = Banks::new("purses-before");
    at.wallets[0].command(&json!({ "command": "open-account", "currency": "EUR" }));
    let row = at.wallets[0].get("purse", "waiting").unwrap();
    let (link, key, currency): (String, Value, Value) = serde_json::from_slice(&row).unwrap();
    assert_eq!(link, "bank");
    let wallet = at.wallets.remove(0);
    let before = serde_json::to_vec(&json!([key, currency])).unwrap();
    at.wallets.insert(0, wallet.altered(Key::new("purse", "waiting"), before));
    at.carry();
    let shown = at.wallets[0].command(&json!({ "command": "purse" }));
    assert_eq!((&shown["balance"], &shown["purses"][0]["purse"]), (&json!("500.00 EUR"), &json!("Account")));
    let purse: Value = serde_json::from_slice(&at.wallets[0].get("purse", "bank").unwrap()).unwrap();
    assert_eq!((&purse["name"], &purse["account"]), (&json!("Account"), &shown["account"]));
}

/// Ann pays ten euro to Bob, Bob pays Swiss francs to Ann: the deal's id and file.
fn change(at: &mut Banks, bob_purse: &str) -> (Value, Value) {
    let bill = at.wallets[1].command(&json!({ "command": "contract-bill", "amount": "10.00 EUR" }));
    let euro = at.wallets[0].command(&json!({ "command": "contract-pay", "bill": bill["file"] }));
    let bill = at.wallets[0].command(&json!({ "command": "contract-bill", "amount": "9.40 CHF" }));
    let pay = json!({ "command": "contract-pay", "bill": bill["file"], "purse": bob_purse });
    let franc = at.wallets[1].command(&pay);
    let made = at.wallets[0].command(&json!({
        "command": "contract-new", "title": "Change", "text": "0.94 francs for a euro.",
        "parts": [euro["file"], franc["file"]],
    }));
    assert_eq!(made["protocol"], "semper-deal/1");
    (made["contract"].clone(), made["file"].clone())
}

/// Euro and francs at the first bank for both, or the francs at the second one.
fn changers(name: &str, francs_at: &str) -> (Banks, &'static str) {
    let mut at = Banks::new(name);
    let purse = if francs_at == "bank" { "bank-chf" } else { "bank-2-chf" };
    for wallet in 0..2 {
        at.open(wallet, "bank", "EUR");
        assert_eq!(at.open(wallet, francs_at, "CHF"), purse);
    }
    (at, purse)
}

fn all_money(at: &mut Banks, francs: &str) -> [String; 4] {
    [(0, "Account"), (1, "Account"), (0, francs), (1, francs)].map(|(wallet, purse)| at.money(wallet, purse))
}

const CHANGED: [&str; 4] = ["490.00 EUR", "510.00 EUR", "509.40 CHF", "490.60 CHF"];
const UNCHANGED: [&str; 4] = ["500.00 EUR", "500.00 EUR", "500.00 CHF", "500.00 CHF"];

#[test]
fn money_for_money_at_one_bank_and_at_two() {
    for (name, francs_at) in [("change-one", "bank"), ("change-two", "bank-2")] {
        let (mut at, francs) = changers(name, francs_at);
        let (id, file) = change(&mut at, francs);
        at.sign(0, &file);
        at.carry();
        assert_eq!(all_money(&mut at, francs)[0], "490.00 EUR", "locked with the signature");
        assert_eq!(all_money(&mut at, francs)[1..], UNCHANGED[1..]);
        at.sign(1, &file);
        at.carry();
        assert_eq!(at.words(&id), ["signed", "signed"]);
        assert_eq!(all_money(&mut at, francs), CHANGED, "{francs_at}");
        assert_eq!(at.open_locks(), 0);
        for wallet in 0..2 {
            let report = at.verified(wallet, &id);
            let verdict = report.frame_verdict.as_ref().unwrap_or_else(|| panic!("{report}"));
            assert_eq!(verdict.outcome, FrameOutcome::Complete, "{report}");
            assert!(verdict.convictions.is_empty(), "{report}");
        }
        // The second bank sees one lock of two keys: not whom, not what for, not the other half.
        for bank in &mut at.banks {
            assert!(bank.scan("").iter().all(|(_, row)| !String::from_utf8_lossy(row).contains("0.94 francs")));
        }
    }
}

#[test]
fn whoever_never_locks_leaves_both_with_their_money() {
    let (mut at, francs) = changers("change-no", "bank-2");
    let (id, file) = change(&mut at, francs);
    at.sign(0, &file);
    at.carry();
    at.wallets[1].command(&json!({ "command": "contract-sign", "file": file }));
    decline(&mut at.wallets[1], "joint-deal");
    at.carry();
    assert_eq!(all_money(&mut at, francs)[0], "490.00 EUR");
    // The one who waits has it ended; the notary's word frees what was locked.
    at.wallets[0].command(&json!({ "command": "contract-abort", "contract": id }));
    at.carry();
    assert_eq!(at.words(&id)[0], "withdrawn");
    assert_eq!(all_money(&mut at, francs), UNCHANGED);
    assert_eq!(at.open_locks(), 0);
}

/// A bank that is away holds the deal up before the decision; after it, it pays as soon as it hears of it.
#[test]
fn a_bank_that_is_away_for_a_while_pays_later() {
    let (mut at, francs) = changers("change-away", "bank-2");
    let (id, file) = change(&mut at, francs);
    at.dead[1] = true;
    at.sign(0, &file);
    at.sign(1, &file);
    at.carry();
    assert_eq!(at.words(&id), ["agreed", "agreed"], "without the second bank's word there is no decision");
    at.pass(Millis::seconds(3600));
    at.dead[1] = false;
    at.carry();
    assert_eq!(at.words(&id), ["signed", "signed"]);
    assert_eq!(all_money(&mut at, francs), CHANGED);
    // Once more, and the first bank is away when the notary decides.
    let (id, file) = change(&mut at, francs);
    at.sign(0, &file);
    at.carry();
    at.dead[0] = true;
    at.sign(1, &file);
    at.carry();
    assert_eq!(at.words(&id), ["signed", "signed"]);
    assert_eq!(all_money(&mut at, francs)[1], CHANGED[1], "the first bank has not heard of it");
    assert_eq!(all_money(&mut at, francs)[2], "518.80 CHF");
    at.pass(Millis::seconds(3600));
    at.dead[0] = false;
    at.fire();
    assert_eq!(all_money(&mut at, francs), ["480.00 EUR", "520.00 EUR", "518.80 CHF", "481.20 CHF"]);
    assert_eq!(at.open_locks(), 0);
}

/// Ann pays 100 euro for chairs that Bob delivers, or he pays her 50: the deal's id and file, and when it is due.
fn chairs(at: &mut Banks) -> (Value, Value) {
    for wallet in 0..2 {
        at.open(wallet, "bank", "EUR");
    }
    let due = at.wallets[0].now.plus(Millis::hours(2));
    let price = at.wallets[1].command(&json!({ "command": "contract-bill", "amount": "100.00 EUR" }));
    assert!(price["payee"].is_string() && price["unless"].is_null());
    let price = at.wallets[0].command(&json!({ "command": "contract-pay", "bill": price["file"] }));
    let unless = json!({ "what": "Twelve chairs are delivered.", "due": due.to_string(), "claim_ms": 3_600_000 });
    let late = json!({ "what": "x", "due": at.wallets[0].now.to_string() });
    let wrong = json!({ "command": "contract-bill", "amount": "50.00 EUR", "unless": late });
    assert_eq!(at.refused(0, &wrong), Code::FieldWrong);
    let bill = json!({ "command": "contract-bill", "amount": "50.00 EUR", "unless": unless });
    let bill = at.wallets[0].command(&bill);
    let bill = at.wallets[1].command(&json!({ "command": "contract-pay", "bill": bill["file"] }));
    let made = at.wallets[0].command(&json!({
        "command": "contract-new", "title": "Chairs", "text": "As in the catalogue.",
        "parts": [price["file"], bill["file"]], "expires_ms": 3_600_000,
    }));
    let part = &made["parts"][1];
    assert_eq!((&part["what"], &part["text"]), (&json!("compensation"), &json!("Twelve chairs are delivered.")));
    (made["contract"].clone(), made["file"].clone())
}

/// The deal is made: the price is paid, the compensation is locked.
fn chairs_agreed(name: &str) -> (Banks, Value) {
    let mut at = Banks::new(name);
    let (id, file) = chairs(&mut at);
    at.sign(0, &file);
    at.carry();
    at.sign(1, &file);
    at.carry();
    assert_eq!(at.words(&id), ["signed", "signed"]);
    assert_eq!((at.money(0, "Account"), at.money(1, "Account")), ("400.00 EUR".into(), "550.00 EUR".into()));
    assert_eq!(at.open_locks(), 1, "the compensation waits");
    (at, id)
}

#[test]
fn a_compensation_is_claimed_when_the_time_has_come() {
    let (mut at, id) = chairs_agreed("chairs-claimed");
    let claim = json!({ "command": "contract-claim", "contract": id });
    let can = |at: &mut Banks, wallet: usize| {
        at.wallets[wallet].command(&json!({ "command": "contract", "contract": id }))["parts"][1]["can"].clone()
    };
    assert_eq!(can(&mut at, 0), json!(["done", "export"]));
    assert_eq!(can(&mut at, 1), json!(["export"]), "he says nothing of it");
    assert_eq!(at.refused(0, &claim), Code::TooEarly);
    assert_eq!(at.refused(1, &claim), Code::NotFound, "it is not for him");
    at.pass(Millis::hours(2));
    assert_eq!(can(&mut at, 0), json!(["done", "claim", "export"]));
    assert!(at.wallets[0].command(&claim)["lock"].is_string());
    at.carry();
    assert_eq!((at.money(0, "Account"), at.money(1, "Account")), ("450.00 EUR".into(), "550.00 EUR".into()));
    assert_eq!(at.open_locks(), 0);
    assert_eq!(at.refused(0, &claim), Code::StateWrong, "once");
    assert_eq!(can(&mut at, 0), json!(["export"]));
    for wallet in 0..2 {
        let report = at.verified(wallet, &id);
        let verdict = report.frame_verdict.as_ref().unwrap_or_else(|| panic!("{report}"));
        assert_eq!(verdict.outcome, FrameOutcome::Complete, "{report}");
        assert!(verdict.convictions.is_empty(), "{report}");
        assert!(report.to_string().contains("Twelve chairs are delivered."), "{report}");
        // The bank's rows, judged: it paid a claim that was made in its time.
        let report = at.verified_part(wallet, &id, 2);
        let verdict = report.lock_verdict.as_ref().unwrap_or_else(|| panic!("{report}"));
        assert_eq!(verdict.outcome, LockOutcome::Paid, "{report}");
        assert!(verdict.convictions.is_empty(), "{report}");
    }
}

#[test]
fn a_compensation_goes_back_when_it_is_done_or_nobody_claims_it() {
    let (mut at, id) = chairs_agreed("chairs-done");
    at.wallets[0].command(&json!({ "command": "contract-done", "contract": id }));
    at.carry();
    assert_eq!((at.money(0, "Account"), at.money(1, "Account")), ("400.00 EUR".into(), "600.00 EUR".into()));
    assert_eq!(at.open_locks(), 0);
    let (mut at, id) = chairs_agreed("chairs-silent");
    at.pass(Millis::hours(3));
    assert_eq!(at.refused(0, &json!({ "command": "contract-claim", "contract": id })), Code::TooLate);
    at.fire();
    assert_eq!((at.money(0, "Account"), at.money(1, "Account")), ("400.00 EUR".into(), "600.00 EUR".into()));
    assert_eq!(at.open_locks(), 0);
}

/// A deal that is not made frees the compensation with everything else, at once.
#[test]
fn a_compensation_of_no_deal_goes_back() {
    let mut at = Banks::new("chairs-no");
    let (id, file) = chairs(&mut at);
    at.sign(1, &file);
    at.carry();
    assert_eq!(at.money(1, "Account"), "450.00 EUR", "locked before anybody else is bound");
    at.wallets[1].command(&json!({ "command": "contract-abort", "contract": id }));
    at.carry();
    assert_eq!((at.money(0, "Account"), at.money(1, "Account")), ("500.00 EUR".into(), "500.00 EUR".into()));
    assert_eq!(at.open_locks(), 0);
}

/// Long after a deal, and without a revocation list of today: the packs of deal and payment open, and say the same.
#[test]
fn an_old_deal_is_exported_without_a_list_of_today() {
    let (mut at, id) = chairs_agreed("chairs-stale");
    for wallet in 0..2 {
        at.wallets[wallet].now = at.wallets[wallet].now.plus(Millis::days(40));
        let report = at.verified(wallet, &id);
        assert!(report.is_sound(), "{report}");
        for part in [1, 2] {
            let report = at.verified_part(wallet, &id, part);
            assert!(report.is_sound() && report.lock_verdict.is_some(), "{report}");
        }
    }
}
