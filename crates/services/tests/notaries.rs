//! Several notaries: each deal names one that both sides take; what is under way does not mind lists; one that is
//! gone holds up nothing that names another. And their fees: stated before anybody is bound, billed afterwards.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::counter::{Counter, account, take};
use common::street::{Street, Tie, agree, carry, connect, own_key};
use common::table::{Table, consent, fire};
use common::{Hands, command, enrol_named};
use semper_base::{Code, Hash, Key, Millis, PeerId, bytes};
use semper_blocks::certificate::Root;
use semper_blocks::statement::{Statement, danger_typed_unverified, make};
use semper_commerce::dispute::{read, verify};
use semper_commerce::process::offer::Offer;
use semper_driver::service::Input;
use semper_services::common::Logic;
use semper_services::notary::Notary;
use semper_services::wallet::Wallet;
use semper_support::comm::{Envelope, Outcome};
use serde_json::{Value, json};

/// The names of the links on a party's list, best first.
fn list<L: Logic>(party: &mut Hands<L>) -> Vec<String> {
    let all = party.command(&json!({ "command": "notaries" }));
    let listed = all["notaries"].as_array().unwrap().iter().filter(|one| one["listed"] == true);
    listed.map(|one| one["link"].as_str().unwrap().to_owned()).collect()
}

fn change<L: Logic>(party: &mut Hands<L>, word: &str, link: &str) {
    party.command(&json!({ "command": word, "link": link }));
}

/// A command that must be refused: its code and what it says.
fn refused<L: Logic>(party: &mut Hands<L>, request: &Value) -> (Code, String) {
    let before = party.state();
    let error = party.local(&command(request)).unwrap_err();
    assert_eq!(party.state(), before, "whoever is refused has changed nothing");
    (error.code(), error.to_string())
}

fn offer_of(message: &Envelope) -> Statement<Offer> {
    let body: Value = serde_json::from_str(&message.body).unwrap();
    danger_typed_unverified(body["statement"].as_str().unwrap()).unwrap()
}

/// A street with a second notary, that shop and wallet know.
fn two_notaries(name: &str) -> (Street, Hands<Notary>) {
    let mut street = Street::new(name, 10);
    let mut second = Table::another_notary(&format!("{name}-second"), &mut street.ca);
    connect(&mut street.shop, &mut second, "notary-2", "self");
    connect(&mut street.wallet, &mut second, "notary-2", "nobody");
    (street, second)
}

/// Who is offered as notary: its name in the wallet's list.
fn offered(street: &mut Street) -> String {
    let deal = street.ask();
    let said = street.shop.fetch(street.wallet_shop.client);
    let named = offer_of(&said[0]).body.terms.notary.key.id();
    carry(&mut street.wallet, street.wallet_shop.server, said);
    assert_eq!(street.deal(&deal)["word"], "offered");
    let all = street.wallet.command(&json!({ "command": "notaries" }));
    let one = all["notaries"].as_array().unwrap().iter().find(|one| one["key"] == json!(named)).cloned().unwrap();
    one["link"].as_str().unwrap().to_owned()
}

#[test]
fn a_sale_names_the_notary_that_the_shop_likes_best_of_those_that_both_take() {
    let (mut street, _second) = two_notaries("both");
    assert_eq!(list(&mut street.wallet), ["notary", "notary-2"], "a new one comes last");
    assert_eq!(offered(&mut street), "notary");
    change(&mut street.shop, "notary-prefer", "notary-2");
    assert_eq!(list(&mut street.shop), ["notary-2", "notary"]);
    assert_eq!(offered(&mut street), "notary-2");
    change(&mut street.wallet, "notary-drop", "notary-2");
    assert_eq!(offered(&mut street), "notary");
    // A hello does not bring back who was taken off; its owner does.
    let tls = serde_json::from_slice::<Value>(&street.wallet.get("link", "notary-2").unwrap()).unwrap();
    assert_eq!(tls["name"], "notary-2");
    street.wallet = street.wallet.restart();
    assert_eq!(list(&mut street.wallet), ["notary"]);
    change(&mut street.wallet, "notary-prefer", "notary-2");
    assert_eq!(list(&mut street.wallet), ["notary-2", "notary"]);
    assert_eq!(refused(&mut street.wallet, &json!({ "command": "notary-drop", "link": "bank" })).0, Code::NotFound);
}

/// A second hello of a notary that was taken off the list.
#[test]
fn a_hello_brings_nobody_back_on_the_list() {
    let mut table = Table::new("list-hello", 1);
    change(&mut table.wallets[0], "notary-drop", "notary");
    let tie = connect(&mut table.wallets[0], &mut table.notary, "notary", "nobody");
    assert_eq!(tie.server, table.ties[0].server);
    assert!(list(&mut table.wallets[0]).is_empty());
}

#[test]
fn a_party_of_before_has_all_its_notaries_on_the_list() {
    let mut table = Table::new("list-before", 1);
    let mut second = Table::another_notary("list-before-2", &mut table.ca);
    let wallet = table.wallets.remove(0);
    // As a database of before is: nothing of a list in it.
    let mut wallet = wallet.altered(Key::new("own", "unlisted"), b"{}".to_vec());
    connect(&mut wallet, &mut second, "a-second", "nobody");
    assert_eq!(list(&mut wallet), ["notary", "a-second"]);
}

#[test]
fn without_a_common_notary_the_deal_ends_before_anybody_is_asked() {
    let mut street = Street::new("none", 10);
    let mut second = Table::another_notary("none-second", &mut street.ca);
    connect(&mut street.shop, &mut second, "notary-2", "self");
    change(&mut street.shop, "notary-drop", "notary");
    let deal = street.ask();
    let said = street.shop.fetch(street.wallet_shop.client);
    let body: Value = serde_json::from_str(&said[0].body).unwrap();
    assert_eq!(
        (&body["code"], &body["notaries"]),
        (&json!(Code::NoCommonNotary.number()), &json!(["Play none-second"]))
    );
    carry(&mut street.wallet, street.wallet_shop.server, said);
    let shown = street.deal(&deal);
    assert_eq!(shown["word"], "withdrawn", "{shown}");
    assert!(street.wallet.scan("ask/").is_empty());
    // The wallet adds it, and the next one is offered.
    connect(&mut street.wallet, &mut second, "notary-2", "nobody");
    assert_eq!(offered(&mut street), "notary-2");
}

/// A shop that offers with a notary that the wallet did not name.
#[test]
fn an_offer_with_another_notary_is_not_asked_about() {
    let (mut street, _second) = two_notaries("other");
    change(&mut street.shop, "notary-prefer", "notary-2");
    let deal = street.ask();
    change(&mut street.wallet, "notary-drop", "notary-2");
    let said = street.shop.fetch(street.wallet_shop.client);
    carry(&mut street.wallet, street.wallet_shop.server, said);
    let shown = street.deal(&deal);
    assert_eq!(shown["word"], "withdrawn", "{shown}");
    assert!(street.wallet.scan("ask/").is_empty());
}

/// One whose sealing key is not the notary's own: nobody could open the escrow.
#[test]
fn an_offer_with_another_sealing_key_is_not_asked_about() {
    let (mut street, _second) = two_notaries("seal");
    let deal = street.ask();
    let message = street.shop.fetch(street.wallet_shop.client).remove(0);
    let Statement { meta, body: mut terms, .. } = offer_of(&message);
    terms.terms.notary_seal = terms.terms.seal_key.clone();
    let pair = own_key(&mut street.shop, "statement");
    let mut body: Value = serde_json::from_str(&message.body).unwrap();
    body["statement"] = json!(make(&*street.shop.crypto, &pair.secret, meta, terms).unwrap().text);
    let forged = Envelope { body: body.to_string(), ..message };
    carry(&mut street.wallet, street.wallet_shop.server, vec![forged]);
    assert_eq!(street.deal(&deal)["word"], "withdrawn");
}

fn card(wallet: &mut Hands<Wallet>) -> Value {
    let card = wallet.command(&json!({ "command": "contract-card" }));
    json!({ "certificate": card["certificate"], "notaries": card["notaries"] })
}

fn contract(with: &Value, notary: Option<&str>) -> Value {
    json!({
        "command": "contract-new", "title": "Repair of the roof", "text": "By the end of May.", "with": [with],
        "notary": notary,
    })
}

#[test]
fn a_contract_that_names_a_strangers_notary_is_refused_before_anybody_is_bound() {
    let mut table = Table::new("stranger", 2);
    let mut second = Table::another_notary("stranger-second", &mut table.ca);
    connect(&mut table.wallets[0], &mut second, "notary-2", "nobody");
    let other = card(&mut table.wallets[1]);
    // Whoever makes it knows by the card that it would be in vain.
    let (code, text) = refused(&mut table.wallets[0], &contract(&other, Some("notary-2")));
    assert_eq!(code, Code::NoCommonNotary);
    assert!(text.contains("Play stranger-notary") && text.contains("semper link notary"), "{text}");
    // By a card of before nobody knows; then the other side refuses, whatever stands in the file.
    let plain = json!({ "certificate": other["certificate"] });
    let made = table.wallets[0].command(&contract(&plain, Some("notary-2")));
    let sign = json!({ "command": "contract-sign", "file": made["file"] });
    let (code, text) = refused(&mut table.wallets[1], &sign);
    assert_eq!(code, Code::NoCommonNotary);
    assert!(text.contains("Play stranger-second") && text.contains("Play stranger-notary"), "{text}");
    // The command names no notary at all: the first that both take is meant.
    change(&mut table.wallets[0], "notary-prefer", "notary-2");
    let made = table.wallets[0].command(&contract(&other, None));
    assert_eq!(made["notary"], "Play stranger-notary");
    assert_eq!(refused(&mut table.wallets[0], &contract(&other, Some("notary-3"))).0, Code::NotFound);
    // Once both know it, it is taken.
    connect(&mut table.wallets[1], &mut second, "their-second", "nobody");
    let other = card(&mut table.wallets[1]);
    assert_eq!(table.wallets[0].command(&contract(&other, None))["notary"], "Play stranger-second");
}

#[test]
fn what_is_under_way_goes_on_with_its_notary_when_the_list_changes_and_one_that_is_gone_holds_nothing_up() {
    let mut table = Table::new("gone", 2);
    let mut second = Table::another_notary("gone-second", &mut table.ca);
    let ties: Vec<Tie> =
        table.wallets.iter_mut().map(|wallet| connect(wallet, &mut second, "notary-2", "nobody")).collect();
    let (first, file) = table.make(2);
    table.sign(0, &file);
    table.sign(1, &file);
    // The first notary hears nothing of it. Both turn to the second.
    for wallet in &mut table.wallets {
        change(wallet, "notary-drop", "notary");
    }
    let (other, file) = table.make(2);
    for (at, tie) in ties.iter().enumerate() {
        table.sign(at, &file);
        let said = table.wallets[at].fetch(tie.server);
        carry(&mut second, tie.client, said);
    }
    for (at, tie) in ties.iter().enumerate() {
        let said = second.fetch(tie.client);
        carry(&mut table.wallets[at], tie.server, said);
        assert_eq!(table.word(at, &other), "signed");
        assert_eq!(table.word(at, &first), "agreed");
    }
    // The first one is back, and off the lists: it still decides what names it.
    table.carry();
    for at in 0..2 {
        assert_eq!(table.word(at, &first), "signed");
    }
    let root = table.root();
    for id in [&first, &other] {
        let pack = table.wallets[0].command(&json!({ "command": "contract-export", "contract": id }));
        let report = table.verify(&pack, &root);
        assert!(report.is_sound(), "{report}");
    }
    // Each notary is asked for the places of its own decisions in its own log.
    table.pass(Millis::seconds(20));
    second.pass(Millis::seconds(20));
    let wallet = &mut table.wallets[0];
    for key in wallet.due().into_iter().filter(|key| key.0.starts_with("log-ask/")) {
        wallet.local(&Input::Timer(key)).unwrap();
    }
    let asked = |said: Vec<Envelope>| said.iter().filter(|one| one.kind == "log-ask").count();
    let (a, b) = (asked(wallet.fetch(table.ties[0].server)), asked(wallet.fetch(ties[0].server)));
    assert_eq!((a, b), (2, 2), "when the packs were made, and now");
}

#[test]
fn a_stamp_comes_from_the_next_notary_if_the_first_is_silent() {
    let mut street = Street::new("stamp", 10);
    let mut second = Hands::new("stamp-second", Notary);
    enrol_named(&mut street.ca, &mut second, "notary", "Second Notary", &["statement", "seal", "stamp", "tls"]);
    connect(&mut street.wallet, &mut second, "notary-2", "nobody");
    let tie = tie(&mut street.wallet, "notary-2");
    let wish = json!({ "command": "stamp", "hash": Hash::of(b"mine") });
    street.wallet.command(&wish);
    assert!(street.wallet.fetch(tie.server).is_empty(), "the first one is asked first");
    street.wallet.pass(Millis::seconds(31));
    second.pass(Millis::seconds(31));
    street.wallet.command(&wish);
    let asked = street.wallet.fetch(tie.server);
    assert_eq!(asked.len(), 1);
    carry(&mut second, tie.client, asked);
    let said = second.fetch(tie.client);
    carry(&mut street.wallet, tie.server, said);
    assert!(street.wallet.command(&wish)["token"].is_string());
}

fn tie(wallet: &mut Hands<Wallet>, link: &str) -> Tie {
    let row: Value = serde_json::from_slice(&wallet.get("link", link).unwrap()).unwrap();
    let peer = |id: &Value| PeerId(Hash::from_hex(id.as_str().unwrap()).unwrap());
    Tie { client: peer(&row["hello_key"]), server: peer(&row["peer"]) }
}

/// Buyer and seller at a bank's counter, and a notary with an account there.
struct Office {
    at: Counter,
    notary: Hands<Notary>,
    bank: Tie,
    /// Of buyer and seller with the notary.
    ties: [Tie; 2],
}

const PROTOCOL: &str = "semper-csn-a/1";

impl Office {
    fn new(name: &str, fee: Option<&str>) -> Office {
        let mut at = Counter::new(name);
        let mut notary = Table::another_notary(&format!("{name}-notary"), &mut at.ca);
        let bank = connect(&mut notary, &mut at.bank, "bank", "self");
        notary.command(&json!({ "command": "open-account", "currency": "EUR" }));
        let ties = [Tie { client: bank.client, server: bank.server }; 2];
        let mut office = Office { at, notary, bank, ties };
        office.with_bank();
        if let Some(fee) = fee {
            office.publish(fee);
        }
        office.introduce();
        office
    }

    fn publish(&mut self, fee: &str) {
        self.notary.command(&json!({ "command": "fees", "set": { (PROTOCOL): fee } }));
    }

    /// The wallets hear of the notary, and of its fees.
    fn introduce(&mut self) {
        let buyer = connect(&mut self.at.buyer, &mut self.notary, "notary", "nobody");
        let seller = connect(&mut self.at.seller, &mut self.notary, "notary", "nobody");
        self.ties = [buyer, seller];
    }

    /// What the notary and its bank say to each other arrives.
    fn with_bank(&mut self) {
        for _ in 0..4 {
            let said = self.notary.fetch(self.bank.server);
            take(&mut self.at.bank, self.bank.client, said);
            let said = self.at.bank.fetch(self.bank.client);
            take(&mut self.notary, self.bank.server, said);
        }
    }

    fn carry(&mut self) {
        for _ in 0..6 {
            self.at.carry();
            let up = [self.at.buyer.fetch(self.ties[0].server), self.at.seller.fetch(self.ties[1].server)];
            for (tie, said) in self.ties.into_iter().zip(up) {
                take(&mut self.notary, tie.client, said);
            }
            self.with_bank();
            let [buyer, seller] = self.ties.map(|tie| self.notary.fetch(tie.client));
            take(&mut self.at.buyer, self.ties[0].server, buyer);
            take(&mut self.at.seller, self.ties[1].server, seller);
        }
    }

    fn make(&mut self) -> Value {
        let other = card(&mut self.at.seller);
        self.at.buyer.command(&contract(&other, None))
    }

    fn sign(&mut self, file: &Value) {
        for wallet in [&mut self.at.buyer, &mut self.at.seller] {
            wallet.command(&json!({ "command": "contract-sign", "file": file }));
            consent(wallet);
        }
    }

    fn bills(&mut self) -> Value {
        self.notary.command(&json!({ "command": "fees" }))["bills"].clone()
    }

    fn balance(&mut self) -> String {
        let account = account(&mut self.notary);
        let balance = self.at.bank.command(&json!({ "command": "balance", "account": account }));
        balance["available"].as_str().unwrap().to_owned()
    }

    fn due(wallet: &mut Hands<Wallet>) -> Vec<Value> {
        let all = wallet.command(&json!({ "command": "payments" }));
        all["payments"].as_array().unwrap().iter().filter(|one| one["state"] == "due").cloned().collect()
    }
}

#[test]
fn a_fee_is_stated_before_billed_after_the_decision_and_paid_by_whom_the_contract_names() {
    let mut office = Office::new("billed", Some("0.50 EUR"));
    let start = office.balance();
    let made = office.make();
    assert_eq!(made["fee"], json!({ "amount": "0.50 EUR", "payer": "Bea Buyer", "takes": null }));
    let id = made["contract"].as_str().unwrap().to_owned();
    office.sign(&made["file"]);
    office.carry();
    // Decided first; the money is asked for afterwards.
    for wallet in [&mut office.at.buyer, &mut office.at.seller] {
        assert_eq!(wallet.command(&json!({ "command": "contract", "contract": id }))["word"], "signed");
    }
    assert_eq!(office.bills()[0]["sent"], true);
    assert_eq!(office.bills()[0]["paid"], Value::Null);
    assert!(Office::due(&mut office.at.seller).is_empty(), "the other one owes nothing");
    // What a wallet says of payments within contracts is something else.
    office.at.buyer.command(&json!({ "command": "contract-bill", "amount": "1.00 EUR" }));
    let due = Office::due(&mut office.at.buyer);
    assert_eq!(due.len(), 1);
    assert_eq!((&due[0]["amount"], &due[0]["bill"]), (&json!("0.50 EUR"), &json!(id)));
    assert_eq!(due[0]["payee"], "Play billed-notary");

    office.at.buyer.command(&json!({ "command": "payment-accept", "bill": id }));
    agree(&mut office.at.buyer, "payment-agreement");
    office.carry();
    assert!(Office::due(&mut office.at.buyer).is_empty());
    assert!(office.bills()[0]["paid"].is_string(), "{}", office.bills());
    assert_ne!(office.balance(), start);
    assert_eq!(office.at.money()[0], "499.50 EUR");
    office.at.check();
    // The payer holds a receipt that a stranger can check.
    let pack = office.at.buyer.command(&json!({ "command": "payment-export", "purpose": due[0]["purpose"] }));
    let root = office.at.ca.command(&json!({ "command": "root" }));
    let crypto = std::sync::Arc::clone(&office.at.ca.crypto);
    let root = Root::read(&bytes::decode(root["root"].as_str().unwrap()).unwrap(), &*crypto).unwrap();
    let pack = bytes::decode(pack["pack"].as_str().unwrap()).unwrap();
    let report = verify(&read(&pack, &*crypto).unwrap(), &root, &*crypto);
    assert!(report.is_sound(), "{report}");
    assert!(report.to_string().contains("Play billed-notary"), "{report}");
}

#[test]
fn an_exchange_that_is_not_completed_costs_nothing_and_nobody_is_billed_twice() {
    let mut office = Office::new("aborted", Some("0.50 EUR"));
    let made = office.make();
    let id = made["contract"].as_str().unwrap().to_owned();
    office.at.buyer.command(&json!({ "command": "contract-sign", "file": made["file"] }));
    consent(&mut office.at.buyer);
    office.carry();
    office.at.buyer.command(&json!({ "command": "contract-abort", "contract": id }));
    consent(&mut office.at.buyer);
    office.carry();
    assert_eq!(office.bills(), json!([]));

    let made = office.make();
    let id = made["contract"].as_str().unwrap().to_owned();
    office.sign(&made["file"]);
    office.carry();
    assert_eq!(office.bills().as_array().unwrap().len(), 1);
    let packet = office.at.buyer.get("fair", &id).unwrap();
    assert!(!packet.is_empty());
    office.at.buyer.command(&json!({ "command": "contract-resume", "contract": id }));
    office.carry();
    assert_eq!(office.bills().as_array().unwrap().len(), 1);
}

/// The notary has raised its fee; who heard of it refuses before anything is signed, who did not is not stranded.
#[test]
fn too_small_a_fee_is_refused_by_whoever_knows_and_a_raise_needs_a_week() {
    let mut office = Office::new("raise", Some("0.50 EUR"));
    let made = office.make();
    office.publish("2.00 EUR");
    // Nobody has heard of it: the old fee is good for exchanges that are made this week.
    office.sign(&made["file"]);
    office.carry();
    let id = made["contract"].as_str().unwrap().to_owned();
    assert_eq!(office.at.buyer.command(&json!({ "command": "contract", "contract": id }))["word"], "signed");
    assert_eq!(office.bills()[0]["amount"], "0.50 EUR");

    let late = office.make();
    office.introduce();
    let sign = json!({ "command": "contract-sign", "file": late["file"] });
    let (code, text) = refused(&mut office.at.buyer, &sign);
    assert_eq!(code, Code::FeeTooSmall);
    assert!(text.contains("2.00 EUR") && text.contains("0.50 EUR"), "{text}");
    assert_eq!(office.make()["fee"]["amount"], "2.00 EUR");
}

#[test]
fn a_notary_takes_no_part_for_too_little_and_says_so_and_never_withholds_an_answer() {
    let mut office = Office::new("small", None);
    // It has published a fee, weeks ago, and the wallets have not heard of it.
    let since = office.notary.now.minus(Millis::days(30));
    let row =
        json!([{ "since": since, "tariff": [{ "amount": { "minor": 50, "currency": "EUR" }, "protocol": PROTOCOL }] }]);
    office.notary = office.notary.altered(Key::new("own", "fees"), row.to_string().into_bytes());
    assert_eq!(office.notary.command(&json!({ "command": "fees" }))["fees"][PROTOCOL], "0.50 EUR");
    let made = office.make();
    assert_eq!(made["fee"]["amount"], Value::Null);
    let id = made["contract"].as_str().unwrap().to_owned();
    office.sign(&made["file"]);
    office.carry();
    for wallet in [&mut office.at.buyer, &mut office.at.seller] {
        let shown = wallet.command(&json!({ "command": "contract", "contract": id }));
        assert_eq!(shown["fee"]["takes"], "0.50 EUR", "{shown}");
        assert_eq!(shown["word"], "agreed");
    }
    assert!(office.notary.scan("fair/").is_empty(), "it has begun nothing");
    // Whoever asks is answered, whoever steps back is let go, and the time ends it all the same.
    office.at.buyer.command(&json!({ "command": "contract-abort", "contract": id }));
    consent(&mut office.at.buyer);
    office.carry();
    let shown = office.at.buyer.command(&json!({ "command": "contract", "contract": id }));
    assert_eq!(shown["word"], "withdrawn");
    for wallet in [&mut office.at.buyer, &mut office.at.seller] {
        wallet.pass(Millis::days(8));
        fire(wallet);
        consent(wallet);
    }
    office.notary.pass(Millis::days(8));
    office.carry();
    let shown = office.at.seller.command(&json!({ "command": "contract", "contract": id }));
    assert_eq!(shown["word"], "withdrawn");
}

#[test]
fn a_bill_that_nobody_owes_is_refused() {
    let mut office = Office::new("forged", Some("0.50 EUR"));
    let made = office.make();
    let id = made["contract"].as_str().unwrap().to_owned();
    office.sign(&made["file"]);
    for (at, tie) in office.ties.into_iter().enumerate() {
        let wallet = if at == 0 { &mut office.at.buyer } else { &mut office.at.seller };
        let said = wallet.fetch(tie.server);
        take(&mut office.notary, tie.client, said);
    }
    office.with_bank();
    let [buyer, seller] = office.ties.map(|tie| office.notary.fetch(tie.client));
    take(&mut office.at.seller, office.ties[1].server, seller);
    let bill = buyer.iter().find(|message| message.kind == "fee-bill").cloned().unwrap();
    let bad = |message: &Envelope, seq: u64| Envelope { seq, prev: 0, ..message.clone() };
    // To who does not pay it; and by somebody else than the notary.
    let code = |code: Code| Outcome::rejected(code);
    assert_eq!(office.at.seller.deliver(office.ties[1].server, bad(&bill, 900)), code(Code::OutOfTurn));
    assert_eq!(office.at.buyer.deliver(office.at.buyer_bank.server, bad(&bill, 900)), code(Code::PeerWrong));
    // Before anything was decided it is taken as what it is, a bill for what the contract says.
    take(&mut office.at.buyer, office.ties[0].server, buyer);
    // A second bill for the same.
    let mut body: Value = serde_json::from_str(&bill.body).unwrap();
    body["receipt"] = json!("x");
    let second = Envelope { body: body.to_string(), ..bad(&bill, 901) };
    assert_eq!(office.at.buyer.deliver(office.ties[0].server, second), code(Code::AnotherRun));
    let unknown = bill.body.replace(&id, &Hash::of(b"unknown").hex());
    let unknown = Envelope { body: unknown, ..bad(&bill, 902) };
    assert_eq!(office.at.buyer.deliver(office.ties[0].server, unknown), code(Code::XidWrong));
    agree_nothing(&mut office.at.buyer);
}

/// Nothing is ordered by a bill alone.
fn agree_nothing(wallet: &mut Hands<Wallet>) {
    assert!(wallet.scan("ask/").is_empty());
    assert!(wallet.scan("pay-out/").is_empty());
}

#[test]
fn a_fee_needs_an_account() {
    let mut table = Table::new("no-account", 1);
    let (code, _) = refused(&mut table.notary, &json!({ "command": "fees", "set": { (PROTOCOL): "0.50 EUR" } }));
    assert_eq!(code, Code::AccountUnknown);
    for wrong in [json!({ "semper-x/1": "0.50 EUR" }), json!({ (PROTOCOL): "0.50" }), json!([])] {
        refused(&mut table.notary, &json!({ "command": "fees", "set": wrong }));
    }
    table.notary.command(&json!({ "command": "fees", "set": {} }));
}

#[test]
fn an_order_goes_to_the_notary_that_the_offer_named() {
    let (mut street, _second) = two_notaries("ordered");
    change(&mut street.shop, "notary-prefer", "notary-2");
    let deal = street.ask();
    street.reach_wallet();
    agree(&mut street.wallet, "order");
    // Taken off the list after the order: the contract stands.
    change(&mut street.wallet, "notary-drop", "notary-2");
    street.reach_shop();
    common::street::run_timers(&mut street.shop);
    street.reach_wallet();
    let shown = street.deal(&deal);
    assert_ne!(shown["word"], "withdrawn", "{shown}");
}
