//! Several notaries: each deal names one that both sides take; what is under way does not mind lists; one that is
//! gone holds up nothing that names another. And their fees: stated before anybody is bound, billed afterwards.

use crate::common;
mod fees;

use common::street::{Street, Tie, agree, carry, connect, own_key};
use common::table::Table;
use common::{Hands, command, enrol_named};
use semper_base::{Code, Hash, Key, Millis, PeerId};
use semper_blocks::statement::{Statement, danger_typed_unverified, make};
use semper_commerce::process::offer::Offer;
use semper_driver::service::Input;
use semper_services::common::Logic;
use semper_services::notary::Notary;
use semper_services::wallet::Wallet;
use semper_support::comm::Envelope;
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
