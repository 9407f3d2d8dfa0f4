//! What notaries take: stated before anybody is bound, billed afterwards.

use semper_base::{Code, Hash, Key, Millis, Write, bytes};
use semper_blocks::certificate::Root;
use semper_commerce::dispute::{read, verify};
use semper_services::notary::Notary;
use semper_services::wallet::Wallet;
use semper_support::comm::{Envelope, Outcome};
use serde_json::{Value, json};

use super::common::Hands;
use super::common::counter::{Counter, account, take};
use super::common::street::{Tie, agree, connect};
use super::common::table::{Table, consent, fire};
use super::{card, contract, refused};

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

/// Its bank would not have the request, and the run is gone: whoever owes is known again when it asks.
#[test]
fn a_bill_that_came_to_nothing_is_made_again_when_its_payer_asks() {
    let mut office = Office::new("again", Some("0.50 EUR"));
    let made = office.make();
    office.sign(&made["file"]);
    let said = [office.at.buyer.fetch(office.ties[0].server), office.at.seller.fetch(office.ties[1].server)];
    for (tie, said) in office.ties.into_iter().zip(said.clone()) {
        take(&mut office.notary, tie.client, said);
    }
    office.carry();
    assert_eq!(office.bills().as_array().unwrap().len(), 1);
    let gone: Vec<Write> = ["fee-due/", "fee-of/"]
        .iter()
        .flat_map(|table| office.notary.scan(table))
        .map(|(key, _)| Write::Delete(key))
        .collect();
    office.notary = office.notary.written(&gone);
    assert_eq!(office.bills(), json!([]));
    for (at, bills) in [(1, 0), (0, 1)] {
        let again = said[at].iter().cloned().map(|message| Envelope { seq: message.seq + 1000, ..message });
        take(&mut office.notary, office.ties[at].client, again.collect());
        assert_eq!(office.bills().as_array().unwrap().len(), bills);
    }
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
