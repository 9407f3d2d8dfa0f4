//! Plain transfers between a wallet and a shop over their bank: each side, refunds, refusals, restarts, and
//! a bank that says what is not so.

use crate::common;
#[path = "transfers/containers.rs"]
mod containers;
#[path = "transfers/receipts.rs"]
mod receipts;

use common::street::{Street, agree, carry, own_key, run_timers};
use semper_base::limits::{PAY_AGAIN_FIRST_MS, PAY_AGAIN_MAX_MS};
use semper_base::{Amount, Code, Currency, Hash, Millis, Role};
use semper_blocks::statement::{About, Author};
use semper_driver::service::{Answer, Input};
use semper_exchange::transfer::Transferred;
use semper_services::bank::ledger;
use semper_services::common::Logic;
use semper_support::comm::{Envelope, Outcome};
use semper_support::tinguin::Outcome as Said;
use serde_json::{Value, json};

use common::Hands;

/// The purpose that the parties agreed on, elsewhere.
fn purpose() -> Hash {
    Hash::of(b"price of order 1")
}

/// A reference of this party's, fetched from the bank.
fn reference(street: &mut Street, of_shop: bool, purpose: Hash) -> String {
    let ask = json!({ "command": "pay-to", "purpose": purpose });
    let once = |street: &mut Street| {
        if of_shop { street.shop.command(&ask) } else { street.wallet.command(&ask) }
    };
    assert_eq!(once(street)["pay_to"], Value::Null);
    assert_eq!(once(street)["pay_to"], Value::Null, "asked once only");
    street.reach_bank_and_back();
    let pay_to = once(street)["pay_to"].as_str().unwrap().to_owned();
    street.reach_bank_and_back();
    assert_eq!(once(street)["pay_to"], json!(pay_to));
    pay_to
}

fn order(to: &str, amount: &str) -> Value {
    json!({ "command": "pay", "purpose": purpose(), "to": to, "amount": amount })
}

/// The only transfer in this direction on a party's books.
fn only<L: Logic>(party: &mut Hands<L>, incoming: bool) -> Value {
    let list = party.command(&json!({ "command": "transfers" }));
    let list = list["transfers"].as_array().unwrap().iter().filter(|one| one["in"] == json!(incoming));
    let list: Vec<&Value> = list.collect();
    assert_eq!(list.len(), 1, "{list:?}");
    list[0].clone()
}

fn available<L: Logic>(street_bank: &mut Hands<semper_services::bank::Bank>, party: &mut Hands<L>) -> String {
    let account = party.command(&json!({ "command": "purse" }))["account"].clone();
    street_bank.command(&json!({ "command": "balance", "account": account }))["available"].as_str().unwrap().to_owned()
}

/// What is on the accounts of wallet and shop.
fn balances(street: &mut Street) -> [String; 2] {
    let report = street.bank.look(ledger::check);
    assert!(report.is_clean(), "{:?}", report.discrepancies);
    [available(&mut street.bank, &mut street.wallet), available(&mut street.bank, &mut street.shop)]
}

#[test]
fn a_wallet_pays_a_shop_and_is_paid_back() {
    let mut street = Street::new("pay-back", 10);
    let to = reference(&mut street, true, purpose());
    street.wallet.command(&order(&to, "12.34 EUR"));
    assert_eq!(only(&mut street.wallet, false)["state"], "asked");
    street.reach_bank_and_back();
    assert_eq!(balances(&mut street), ["500.00 EUR", "500.00 EUR"], "nothing is paid without the user");
    agree(&mut street.wallet, "transfer");
    assert_eq!(only(&mut street.wallet, false)["state"], "sent");
    street.reach_bank_and_back();
    assert_eq!(balances(&mut street), ["487.66 EUR", "512.34 EUR"]);
    let (sent, come) = (only(&mut street.wallet, false), only(&mut street.shop, true));
    assert_eq!((&sent["state"], &come["state"]), (&json!("paid"), &json!("paid")));
    assert_eq!((&sent["amount"], &come["amount"]), (&json!("12.34 EUR"), &json!("12.34 EUR")));
    assert_eq!(sent["at"], come["at"]);

    // Both hold the same word of the bank's, the payer its order too.
    let subject = format!("pay:{}", purpose());
    let (at_wallet, at_shop) = (street.wallet.kept(&subject), street.shop.kept(&subject));
    assert_eq!((at_wallet.len(), at_shop.len()), (2, 1));
    assert!(at_wallet.contains(&at_shop[0]));

    // The shop pays back to a reference of the wallet's: a purpose of its own, and nobody is asked.
    let refund = Hash::of(b"refund of order 1");
    let to = reference(&mut street, false, refund);
    street.shop.command(&json!({ "command": "pay", "purpose": refund, "to": to, "amount": "2.34 EUR" }));
    street.reach_bank_and_back();
    assert_eq!(balances(&mut street), ["490.00 EUR", "510.00 EUR"]);
    assert_eq!(only(&mut street.wallet, true)["state"], "paid");
    assert_eq!(street.bank.command(&json!({ "command": "pay-tos" }))["pay_tos"].as_array().unwrap().len(), 2);
    assert!(street.bank.scan("pay-to-open/").is_empty());
}

#[test]
fn payer_and_payee_learn_no_account_of_each_others() {
    let mut street = Street::new("pay-privacy", 10);
    let to = reference(&mut street, true, purpose());
    street.wallet.command(&order(&to, "1.00 EUR"));
    agree(&mut street.wallet, "transfer");
    street.reach_bank_and_back();
    let purse = |purse: Value| purse["account"].as_str().unwrap().to_owned();
    let wallets = purse(street.wallet.command(&json!({ "command": "purse" })));
    let shops = purse(street.shop.command(&json!({ "command": "purse" })));
    let all = |rows: Vec<(semper_base::Key, Vec<u8>)>| {
        let texts = rows.into_iter().map(|(key, row)| {
            let row = String::from_utf8_lossy(&row).into_owned();
            // Statements hide their payload in base64url.
            let parts = row.split(['.', '"']).filter_map(|part| semper_base::bytes::decode(part).ok());
            let parts: Vec<String> = parts.map(|part| String::from_utf8_lossy(&part).into_owned()).collect();
            format!("{} {row} {}", key.0, parts.join(" "))
        });
        texts.collect::<String>()
    };
    let (at_wallet, at_shop) = (all(street.wallet.scan("")), all(street.shop.scan("")));
    assert!(at_wallet.contains(&wallets) && at_shop.contains(&shops));
    assert!(!at_wallet.contains(&shops) && !at_shop.contains(&wallets));
    let key = |account: &str, street: &mut Street| {
        let row: Value = serde_json::from_slice(&street.bank.get("account", account).unwrap()).unwrap();
        let key: semper_support::crypto::PublicKey = serde_json::from_value(row["key"].clone()).unwrap();
        key.id().to_string()
    };
    let (wallets, shops) = (key(&wallets, &mut street), key(&shops, &mut street));
    assert!(at_wallet.contains(&wallets) && !at_wallet.contains(&shops));
    assert!(at_shop.contains(&shops) && !at_shop.contains(&wallets));
}

#[test]
fn everybody_may_start_again_in_between() {
    let mut street = Street::new("pay-restart", 10);
    let again = |mut street: Street| {
        (street.bank, street.wallet, street.shop) =
            (street.bank.restart(), street.wallet.restart(), street.shop.restart());
        street
    };
    street.shop.command(&json!({ "command": "pay-to", "purpose": purpose() }));
    let mut street = again(street);
    let said = street.shop.fetch(street.shop_bank.server);
    carry(&mut street.bank, street.shop_bank.client, said);
    let mut street = again(street);
    street.reach_bank_and_back();
    let to = only(&mut street.shop, true)["pay_to"].as_str().unwrap().to_owned();
    street.wallet.command(&order(&to, "1.00 EUR"));
    let mut street = again(street);
    agree(&mut street.wallet, "transfer");
    let mut street = again(street);
    let said = street.wallet.fetch(street.wallet_bank.server);
    carry(&mut street.bank, street.wallet_bank.client, said);
    let mut street = again(street);
    street.reach_bank_and_back();
    let mut street = again(street);
    assert_eq!(balances(&mut street), ["499.00 EUR", "501.00 EUR"]);
    assert_eq!(only(&mut street.wallet, false)["state"], "paid");
    assert_eq!(only(&mut street.shop, true)["state"], "paid");
}

#[test]
fn who_has_no_money_pays_later_with_the_same_order() {
    let mut street = Street::new("pay-poor", 10);
    let to = reference(&mut street, true, purpose());
    street.wallet.command(&order(&to, "500.01 EUR"));
    agree(&mut street.wallet, "transfer");
    street.reach_bank_and_back();
    let refused = only(&mut street.wallet, false);
    assert_eq!((&refused["state"], &refused["refused"]["code"]), (&json!("refused"), &json!(Code::NoFunds.number())));
    assert_eq!(balances(&mut street), ["500.00 EUR", "500.00 EUR"]);
    let account = street.wallet.command(&json!({ "command": "purse" }))["account"].clone();
    street.bank.command(&json!({ "command": "deposit", "account": account, "amount": "1.00 EUR" }));
    run_timers(&mut street.wallet);
    street.reach_bank_and_back();
    assert_eq!(only(&mut street.wallet, false)["state"], "refused", "nobody tries behind the user's back");
    street.wallet.command(&order(&to, "500.01 EUR"));
    assert!(street.wallet.scan("ask/").is_empty(), "it is signed already");
    street.reach_bank_and_back();
    assert_eq!(balances(&mut street), ["0.99 EUR", "1000.01 EUR"]);
    assert_eq!(only(&mut street.wallet, false)["state"], "paid");
}

#[test]
fn a_purpose_is_paid_once_and_only_if_the_user_agrees() {
    let mut street = Street::new("pay-once", 10);
    let to = reference(&mut street, true, purpose());
    let pay = |street: &mut Street, amount: &str| {
        street.wallet.local(&Input::Command(order(&to, amount).to_string().into_bytes()))
    };
    pay(&mut street, "1.00 EUR").unwrap();
    let question = street.wallet.scan("ask/").remove(0).1;
    let question: semper_base::tx::Question = serde_json::from_slice(&question).unwrap();
    assert_eq!((question.follows, question.kind.as_str()), (None, "transfer"));
    let no = Said::Declined { transcript: "shown".into() };
    street.wallet.local(&Input::Answer(Answer { question, outcome: no })).unwrap();
    assert_eq!(only(&mut street.wallet, false)["refused"]["code"], json!(Code::Declined.number()));
    // Another amount, now that nothing runs.
    pay(&mut street, "2.00 EUR").unwrap();
    assert_eq!(pay(&mut street, "3.00 EUR").unwrap_err().code(), Code::StateWrong);
    pay(&mut street, "2.00 EUR").unwrap();
    assert_eq!(street.wallet.scan("ask/").len(), 1, "asked once");
    agree(&mut street.wallet, "transfer");
    assert_eq!(pay(&mut street, "3.00 EUR").unwrap_err().code(), Code::StateWrong);
    street.reach_bank_and_back();
    assert_eq!(pay(&mut street, "3.00 EUR").unwrap_err().code(), Code::StateWrong);
    pay(&mut street, "2.00 EUR").unwrap();
    street.reach_bank_and_back();
    assert_eq!(balances(&mut street), ["498.00 EUR", "502.00 EUR"]);
    let both = json!({ "command": "pay-to", "purpose": purpose() }).to_string().into_bytes();
    assert_eq!(street.wallet.local(&Input::Command(both)).unwrap_err().code(), Code::StateWrong);
    let both = order(&to, "2.00 EUR").to_string().into_bytes();
    assert_eq!(street.shop.local(&Input::Command(both)).unwrap_err().code(), Code::StateWrong);
    for wrong in ["0.00 EUR", "1.00 USD", "1.00", "-1.00 EUR"] {
        let order = json!({ "command": "pay", "purpose": Hash::of(b"other"), "to": to, "amount": wrong });
        assert!(street.wallet.local(&Input::Command(order.to_string().into_bytes())).is_err(), "{wrong}");
    }
}

#[test]
fn what_the_bank_forgot_is_asked_again() {
    let mut street = Street::new("pay-again", 10);
    let to = reference(&mut street, true, purpose());
    street.wallet.command(&order(&to, "1.00 EUR"));
    agree(&mut street.wallet, "transfer");
    let lost = street.wallet.fetch(street.wallet_bank.server);
    assert_eq!(lost.len(), 1);
    let mut pause = PAY_AGAIN_FIRST_MS;
    // Not for longer than the revocation list is good for.
    for _ in 0..6 {
        street.set_time(street.wallet.now.plus(Millis(pause - 1)));
        assert!(street.wallet.due().iter().all(|key| !key.0.starts_with("pay-")));
        street.set_time(street.wallet.now.plus(Millis(1)));
        run_timers(&mut street.wallet);
        assert_eq!(street.wallet.fetch(street.wallet_bank.server).len(), 1);
        pause = (pause * 2).min(PAY_AGAIN_MAX_MS);
    }
    // Everything that was lost comes after all, each with an answer of its own, which are all the same.
    let again = |more: u64| Envelope { seq: lost[0].seq + more, prev: 0, ..lost[0].clone() };
    let said = [0, 100, 101, 102].map(again).to_vec();
    carry(&mut street.bank, street.wallet_bank.client, said);
    let answers = street.bank.fetch(street.wallet_bank.client);
    assert_eq!(answers.iter().map(|answer| &answer.body).collect::<std::collections::BTreeSet<_>>().len(), 1);
    carry(&mut street.wallet, street.wallet_bank.server, answers);
    street.reach_bank_and_back();
    assert_eq!(balances(&mut street), ["499.00 EUR", "501.00 EUR"]);
    assert_eq!(street.bank.scan("ledger-transfer/").len(), 1);
    street.set_time(street.wallet.now.plus(Millis(2 * PAY_AGAIN_MAX_MS)));
    run_timers(&mut street.wallet);
    assert!(street.wallet.fetch(street.wallet_bank.server).is_empty(), "what is answered is not asked again");
}

/// The bank's word about a payment, made by whoever has the bank's key.
fn word(street: &mut Street, edit: impl Fn(&mut Transferred)) -> Envelope {
    let sent: Value = serde_json::from_slice(&street.wallet.scan("pay-out/").remove(0).1).unwrap();
    let order = sent["state"]["Sent"]["statement"].as_str().unwrap().to_owned();
    let to = serde_json::from_value(sent["to"].clone()).unwrap();
    let mut body = Transferred {
        amount: Amount::new(100, Currency::EUR).unwrap(),
        at: street.bank.now,
        pay_to: to,
        purpose: purpose(),
        transfer: Hash::of(order.as_bytes()),
    };
    edit(&mut body);
    signed(street, body, Role::Bank)
}

fn signed(street: &mut Street, body: Transferred, role: Role) -> Envelope {
    let (pair, identity) = match role {
        Role::Bank => (own_key(&mut street.bank, "statement"), street.bank.get("identity", "statement").unwrap()),
        _ => (own_key(&mut street.notary, "statement"), street.notary.get("identity", "statement").unwrap()),
    };
    let identity: Value = serde_json::from_slice(&identity).unwrap();
    let hash = identity["certificate"].as_str().unwrap();
    let der = match role {
        Role::Bank => street.bank.get("certificate", hash).unwrap(),
        _ => street.notary.get("certificate", hash).unwrap(),
    };
    let author = Author { certificate: Hash::from_hex(hash), ..Author::uncertified(role, &pair) };
    let keyring = semper_support::crypto::Keyring::for_simulation([4; 32]);
    let crypto = std::sync::Arc::clone(&street.bank.crypto);
    let cx = semper_support::Context { now: street.bank.now, crypto: &*crypto, keyring: &keyring };
    let statement = author.answer(&cx, About::default(), body).unwrap().text;
    let body = json!({ "certificate": semper_base::Blob64(der), "statement": statement }).to_string();
    Envelope { seq: 1000, prev: 0, kind: "transferred".to_owned(), body }
}

#[test]
fn nobody_believes_a_bank_that_says_something_else() {
    let mut street = Street::new("pay-lies", 10);
    let to = reference(&mut street, true, purpose());
    street.wallet.command(&order(&to, "1.00 EUR"));
    agree(&mut street.wallet, "transfer");
    let mut seq = 1000;
    let bank = street.wallet_bank.server;
    let mut refused = |street: &mut Street, message: Envelope, code: Code| {
        seq += 1;
        let outcome = street.wallet.deliver(bank, Envelope { seq, ..message });
        assert_eq!(outcome, Outcome::Rejected(code.number()), "{}", code.name());
        assert_eq!(only(&mut street.wallet, false)["state"], "sent");
    };
    let more = word(&mut street, |said| said.amount = Amount::new(101, Currency::EUR).unwrap());
    refused(&mut street, more, Code::MismatchAmount);
    let elsewhere = word(&mut street, |said| said.pay_to.0.0[0] ^= 1);
    refused(&mut street, elsewhere, Code::MismatchPayee);
    let other = word(&mut street, |said| said.transfer = Hash::of(b"another order"));
    refused(&mut street, other, Code::OutOfTurn);
    let purpose = word(&mut street, |said| said.purpose = Hash::of(b"another purpose"));
    refused(&mut street, purpose, Code::OutOfTurn);
    let good = word(&mut street, |_| {});
    let statement: Value = serde_json::from_str(&good.body).unwrap();
    let text = statement["statement"].as_str().unwrap();
    let payload = semper_base::bytes::decode(text.split('.').nth(1).unwrap()).unwrap();
    let mut payload: Value = serde_json::from_slice(&payload).unwrap();
    payload.as_object_mut().unwrap().remove("semper");
    let said: Transferred = serde_json::from_value(payload).unwrap();
    let notary = signed(&mut street, said, Role::Notary);
    refused(&mut street, notary, Code::CertificateKind);
    // From somebody else, even if it is true.
    let notary = street.wallet_shop.server;
    let outcome = street.wallet.deliver(notary, good.clone());
    assert_eq!(outcome, Outcome::Rejected(Code::PeerWrong.number()));
    // To the payee, in another currency.
    let dollars = word(&mut street, |said| said.amount = Amount::new(1, Currency::parse("USD").unwrap()).unwrap());
    let outcome = street.shop.deliver(street.shop_bank.server, dollars);
    assert_eq!(outcome, Outcome::Rejected(Code::OutOfTurn.number()));
    assert_eq!(only(&mut street.shop, true)["state"], "open");
    // A reference that nobody asked for.
    let given = json!({ "currency": "EUR", "pay_to": to, "purpose": Hash::of(b"x"), "until": street.bank.now });
    let given = Envelope { seq: 2000, prev: 0, kind: "pay-to".to_owned(), body: given.to_string() };
    assert_eq!(street.wallet.deliver(bank, given), Outcome::Rejected(Code::OutOfTurn.number()));
    assert_eq!(street.wallet.deliver(bank, Envelope { seq: 3000, ..good }), Outcome::Taken, "and then the truth");
    assert_eq!(only(&mut street.wallet, false)["state"], "paid");
}

/// What the verifier says of an exported pack, under the market's root.
fn verified(street: &mut Street, pack: &Value) -> semper_commerce::dispute::Report {
    let bytes: semper_base::Blob64 = serde_json::from_value(pack["pack"].clone()).unwrap();
    let root = street.wallet.get("trust", "root").unwrap();
    let crypto = &*street.wallet.crypto;
    let root = semper_blocks::certificate::Root::read(&root, crypto).unwrap();
    let pack = semper_commerce::dispute::read(&bytes.0, crypto).unwrap();
    semper_commerce::dispute::verify(&pack, &root, crypto)
}
