//! Containers of goods between a wallet and a shop: the whole way, each way out, restarts at each step, what lies.

use semper_base::limits::TRANSFERS_OPEN_PER_PEER_MAX;
use semper_base::{Blob64, Hash, Millis};
use semper_driver::service::{Answer, Input};
use semper_services::common::Logic;
use semper_support::comm::{Envelope, Outcome};
use semper_support::tinguin::Outcome as Said;
use serde_json::{Value, json};

use super::common::Hands;
use super::common::street::{Street, agree, carry, signed};
use super::{balances, verified};

const MAP: &[u8] = b"Twenty paces north of the palm.";

/// Bytes of more than one window of chunks.
fn book() -> Vec<u8> {
    (0..(9 << 16) + 5).map(|at: u32| u8::try_from(at % 251).unwrap()).collect()
}

fn data(name: &str, bytes: &[u8]) -> Value {
    json!({ "kind": "data", "name": name, "media": "application/octet-stream", "length": bytes.len() })
}

/// Puts it together and asks the owner; the id.
fn ask<L: Logic>(party: &mut Hands<L>, to: &str, goods: &[(Value, &[u8])], more: &Value) -> String {
    let list: Vec<&Value> = goods.iter().map(|(good, _)| good).collect();
    let mut begin = json!({ "command": "transfer-begin", "to": to, "title": "Papers of the house", "goods": list });
    begin.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let begun = party.command(&begin);
    let draft = begun["transfer"].clone();
    for (number, (good, bytes)) in goods.iter().enumerate().filter(|(_, (good, _))| good["kind"] == "data") {
        assert_eq!(good["length"], json!(bytes.len()));
        for (index, chunk) in bytes.chunks(65_536).enumerate() {
            let data = [Blob64(chunk.to_vec())];
            let command =
                json!({ "command": "transfer-chunk", "transfer": draft, "good": number, "index": index, "data": data });
            party.command(&command);
        }
    }
    let sent = party.command(&json!({ "command": "transfer-send", "transfer": draft }));
    assert_eq!(sent["word"], "draft");
    sent["transfer"].as_str().unwrap().to_owned()
}

fn send(street: &mut Street, goods: &[(Value, &[u8])], more: &Value) -> String {
    let id = ask(&mut street.wallet, "shop", goods, more);
    agree(&mut street.wallet, "sending");
    street.reach_shop();
    id
}

fn show<L: Logic>(party: &mut Hands<L>, id: &str) -> Value {
    party.command(&json!({ "command": "transfer", "transfer": id }))
}

fn say<L: Logic>(party: &mut Hands<L>, what: &str, id: &str) -> Value {
    party.command(&json!({ "command": format!("transfer-{what}"), "transfer": id }))
}

fn refused<L: Logic>(party: &mut Hands<L>, command: &Value) -> semper_base::Error {
    party.local(&Input::Command(command.to_string().into_bytes())).unwrap_err()
}

fn open<L: Logic>(party: &mut Hands<L>, id: &str, good: usize) -> Vec<u8> {
    let mut all = Vec::new();
    for index in 0.. {
        let found = party.command(&json!({ "command": "transfer-open", "transfer": id, "good": good, "index": index }));
        let data: Blob64 = serde_json::from_value(found["data"].clone()).unwrap();
        all.extend(data.0);
        if found["chunks"] == json!(index + 1) {
            return all;
        }
    }
    panic!("no end")
}

/// Messages go back and forth until nobody says anything.
fn talk(street: &mut Street) {
    for _ in 0..20 {
        street.reach_shop();
        street.reach_wallet();
        street.reach_bank_and_back();
    }
}

fn words(street: &mut Street, id: &str) -> [String; 2] {
    let word = |shown: Value| shown["word"].as_str().unwrap().to_owned();
    [word(show(&mut street.wallet, id)), word(show(&mut street.shop, id))]
}

/// Nothing of it is left or can be seen.
fn is_gone<L: Logic>(party: &mut Hands<L>, id: &str) {
    refused(party, &json!({ "command": "transfer-open", "transfer": id, "good": 0 }));
    for good in 0..8 {
        let chunk = semper_base::tx::ChunkRef { blob: format!("transfer-{id}-{good}"), index: 0 };
        assert!(party.chunk(&chunk).is_none(), "good {good}");
    }
    assert!(party.kept(&format!("transfer:{id}")).is_empty());
    assert!(party.scan("transfer-open/").is_empty());
}

/// A statement and a certificate that the wallet has.
fn papers(street: &mut Street) -> (String, Vec<u8>) {
    let first = ask(&mut street.wallet, "shop", &[(data("note", b"x"), b"x")], &json!({}));
    let answer = signed(&mut street.wallet, "sending");
    street.wallet.local(&Input::Answer(answer.clone())).unwrap();
    let Answer { outcome: Said::Signed { statement, .. }, .. } = answer else { panic!("not signed") };
    say(&mut street.wallet, "stop", &first);
    talk(street);
    let bank: Value = serde_json::from_slice(&street.wallet.get("met", "bank").unwrap()).unwrap();
    let certificate = street.wallet.get("certificate", bank["certificate"].as_str().unwrap()).unwrap();
    (statement, certificate)
}

fn again(street: Street) -> Street {
    let (wallet, shop, bank) = (street.wallet.restart(), street.shop.restart(), street.bank.restart());
    Street { bank, shop, wallet, ..street }
}

/// Everything in it, everything promised; whoever breaks down goes on where it stood.
#[test]
fn a_tree_of_goods_arrives_as_a_whole() {
    let mut street = Street::new("goods-all", 10);
    let (statement, certificate) = papers(&mut street);
    let book = book();
    let goods = [
        (json!({ "kind": "container", "name": "house", "goods": 3 }), &b""[..]),
        (data("book.bin", &book), &book),
        (json!({ "kind": "container", "name": "maps", "goods": 1 }), b""),
        (data("map.txt", MAP), MAP),
        (json!({ "kind": "statement", "name": "deed", "statement": statement }), b""),
        (json!({ "kind": "certificate", "name": "bank", "certificate": Blob64(certificate.clone()) }), b""),
        (json!({ "kind": "payment", "name": "rent", "amount": "5.00 EUR" }), b""),
    ];
    let goods: Vec<(Value, &[u8])> = goods.into_iter().collect();
    let id = ask(&mut street.wallet, "shop", &goods, &json!({}));
    assert!(street.wallet.fetch(street.wallet_shop.server).is_empty(), "nothing leaves before the owner has signed");
    agree(&mut street.wallet, "sending");
    let said = street.wallet.fetch(street.wallet_shop.server);
    assert!(said.iter().all(|one| !one.body.contains("house") && !one.body.contains("deed")), "the list is sealed");
    carry(&mut street.shop, street.wallet_shop.client, said);
    let coming = show(&mut street.shop, &id);
    assert_eq!(
        (&coming["word"], &coming["confidential"], &coming["origin"]),
        (&json!("announced"), &json!(true), &json!(true))
    );
    assert_eq!(coming["goods"][3]["path"], "house/maps/map.txt");
    assert!(coming["from"].as_str().is_some(), "{coming}");
    say(&mut street.shop, "accept", &id);
    for _ in 0..3 {
        street = again(street);
        street.reach_bank_and_back();
        street.reach_wallet();
        street = again(street);
        street.reach_shop();
    }
    let half = show(&mut street.shop, &id);
    assert!(half["arrived"].as_u64().unwrap() > 1, "{half}");
    refused(&mut street.shop, &json!({ "command": "transfer-open", "transfer": id, "good": 3 }));
    assert_eq!(balances(&mut street), ["500.00 EUR", "500.00 EUR"], "money goes last");
    talk(&mut street);
    assert_eq!(words(&mut street, &id), ["paying", "due"]);
    // All is there: who was told so waits for the bank.
    refused(&mut street.shop, &json!({ "command": "transfer-stop", "transfer": id }));
    refused(&mut street.shop, &json!({ "command": "transfer-open", "transfer": id, "good": 3 }));
    street = again(street);
    agree(&mut street.wallet, "transfer");
    refused(&mut street.wallet, &json!({ "command": "transfer-stop", "transfer": id }));
    street = again(street);
    talk(&mut street);
    assert_eq!(words(&mut street, &id), ["taken", "taken"]);
    assert_eq!(balances(&mut street), ["495.00 EUR", "505.00 EUR"]);
    assert_eq!(open(&mut street.shop, &id, 1), book);
    assert_eq!(open(&mut street.shop, &id, 3), MAP);
    assert!(String::from_utf8(open(&mut street.shop, &id, 4)).unwrap().contains(&statement));
    assert_eq!(open(&mut street.shop, &id, 5), certificate);
    assert!(street.wallet.scan("transfer-leaves/").is_empty() && street.shop.scan("transfer-open/").is_empty());
    for at_shop in [true, false] {
        let pack = if at_shop { say(&mut street.shop, "export", &id) } else { say(&mut street.wallet, "export", &id) };
        let report = verified(&mut street, &pack);
        assert!(report.is_sound(), "{report}");
        let text = report.to_string();
        assert!(text.contains("house/maps/map.txt") && text.contains(&Hash::of(MAP).hex()), "{report}");
        assert!(text.contains("5.00 EUR was paid as the payment in it"), "{report}");
    }
}

/// Without a signature that goes along the receiver has nothing to show.
#[test]
fn a_deniable_transfer_proves_nothing() {
    let mut street = Street::new("goods-deniable", 10);
    let id = send(&mut street, &[(data("map", MAP), MAP)], &json!({ "origin": false, "confidential": false }));
    let coming = show(&mut street.shop, &id);
    assert_eq!(
        (&coming["from"], &coming["origin"], &coming["confidential"]),
        (&Value::Null, &json!(false), &json!(false))
    );
    say(&mut street.shop, "accept", &id);
    talk(&mut street);
    assert_eq!(words(&mut street, &id), ["taken", "taken"]);
    assert_eq!(open(&mut street.shop, &id, 0), MAP);
    assert!(street.shop.kept(&format!("transfer:{id}")).is_empty());
    refused(&mut street.shop, &json!({ "command": "transfer-export", "transfer": id }));
}

/// The shop sends to a wallet that it knows by its connection alone.
#[test]
fn a_shop_sends_to_a_wallet() {
    let mut street = Street::new("goods-back", 10);
    let wallet = street.wallet_shop.client.to_string();
    let begin = json!({ "command": "transfer-begin", "to": wallet, "title": "x", "goods": [data("map", MAP)], "confidential": true });
    assert_eq!(refused(&mut street.shop, &begin).code(), semper_base::Code::KeyMissing, "a wallet has no sealing key");
    let id = ask(&mut street.shop, &wallet, &[(data("map", MAP), MAP)], &json!({}));
    agree(&mut street.shop, "sending");
    talk(&mut street);
    assert!(show(&mut street.wallet, &id)["from"].is_string());
    say(&mut street.wallet, "accept", &id);
    talk(&mut street);
    assert_eq!(words(&mut street, &id), ["taken", "taken"]);
    let pack = say(&mut street.wallet, "export", &id);
    let report = verified(&mut street, &pack);
    assert!(report.is_sound() && report.to_string().contains(&Hash::of(MAP).hex()), "{report}");
}

#[test]
fn whoever_says_no_leaves_nothing() {
    let mut street = Street::new("goods-no", 10);
    // At the trusted screen.
    let asked = ask(&mut street.wallet, "shop", &[(data("map", MAP), MAP)], &json!({}));
    let answer = signed(&mut street.wallet, "sending");
    let outcome = Said::Declined { transcript: "test".to_owned() };
    street.wallet.local(&Input::Answer(Answer { outcome, ..answer })).unwrap();
    assert_eq!(
        refused(&mut street.wallet, &json!({ "command": "transfer", "transfer": asked })).code(),
        semper_base::Code::NotFound
    );
    assert!(street.wallet.scan("transfer").is_empty());
    // The receiver.
    let id = send(&mut street, &[(data("map", MAP), MAP)], &json!({}));
    say(&mut street.shop, "decline", &id);
    talk(&mut street);
    assert_eq!(words(&mut street, &id), ["declined", "declined"]);
    is_gone(&mut street.shop, &id);
    // The sender, half-way, and the receiver, half-way.
    let book = book();
    for at_shop in [true, false] {
        let id =
            send(&mut street, &[(data("book", &book), &book)], &json!({ "title": format!("stopped by {at_shop}") }));
        say(&mut street.shop, "accept", &id);
        street.reach_wallet();
        street.reach_shop();
        assert_eq!(show(&mut street.shop, &id)["arrived"], json!(8));
        if at_shop {
            say(&mut street.shop, "stop", &id)
        } else {
            say(&mut street.wallet, "stop", &id)
        };
        talk(&mut street);
        assert_eq!(words(&mut street, &id), ["stopped", "stopped"]);
        is_gone(&mut street.shop, &id);
    }
}

/// What the bank or the payer refuses ends it: the goods were there, and are not any more.
#[test]
fn no_money_no_goods() {
    let mut street = Street::new("goods-poor", 10);
    let goods = |amount: &str| {
        vec![(data("map", MAP), MAP), (json!({ "kind": "payment", "name": "price", "amount": amount }), &b""[..])]
    };
    for amount in ["600.00 EUR", "1.00 EUR"] {
        let id = send(&mut street, &goods(amount), &json!({}));
        say(&mut street.shop, "accept", &id);
        talk(&mut street);
        assert_eq!(words(&mut street, &id), ["paying", "due"]);
        if amount == "600.00 EUR" {
            agree(&mut street.wallet, "transfer");
        } else {
            let answer = signed(&mut street.wallet, "transfer");
            let outcome = Said::Declined { transcript: "test".to_owned() };
            street.wallet.local(&Input::Answer(Answer { outcome, ..answer })).unwrap();
        }
        talk(&mut street);
        assert_eq!(words(&mut street, &id), ["stopped", "stopped"]);
        is_gone(&mut street.shop, &id);
    }
    // An order that was not signed can be stopped.
    let id = send(&mut street, &goods("2.00 EUR"), &json!({}));
    say(&mut street.shop, "accept", &id);
    talk(&mut street);
    say(&mut street.wallet, "stop", &id);
    talk(&mut street);
    assert_eq!(words(&mut street, &id), ["stopped", "stopped"]);
    assert!(street.wallet.scan("ask/").is_empty());
    assert_eq!(balances(&mut street), ["500.00 EUR", "500.00 EUR"]);
}

/// A chunk that is not the announced one, a list that is too large, one for somebody else, one too many.
#[test]
fn what_is_wrong_is_not_taken() {
    let mut street = Street::new("goods-wrong", 10);
    let id = send(&mut street, &[(data("map", MAP), MAP)], &json!({ "confidential": false, "origin": false }));
    say(&mut street.shop, "accept", &id);
    street.reach_wallet();
    let mut said = street.wallet.fetch(street.wallet_shop.server);
    let chunk: &mut Envelope = said.iter_mut().find(|one| one.kind == "sending-chunk").unwrap();
    let mut body: Value = serde_json::from_str(&chunk.body).unwrap();
    let mut bytes: Blob64 = serde_json::from_value(body["data"].clone()).unwrap();
    bytes.0[0] ^= 1;
    body["data"] = json!(bytes);
    chunk.body = body.to_string();
    carry(&mut street.shop, street.wallet_shop.client, said);
    talk(&mut street);
    assert_eq!(words(&mut street, &id), ["stopped", "stopped"]);
    is_gone(&mut street.shop, &id);
    // Lists that nobody honest sends.
    let begin = |goods: Value| json!({ "command": "transfer-begin", "to": "shop", "title": "x", "goods": goods });
    for goods in [
        json!([]),
        json!([data("a/b", b"")]),
        json!([{ "kind": "data", "name": "a", "media": "x/y", "length": 65 << 20 }]),
        json!([{ "kind": "container", "name": "a", "goods": 2 }]),
        json!((0..65).map(|at| data(&at.to_string(), b"")).collect::<Vec<_>>()),
    ] {
        refused(&mut street.wallet, &begin(goods));
    }
    assert!(street.wallet.scan("transfer-leaves/").is_empty());
    let id =
        ask(&mut street.wallet, "shop", &[(data("map", MAP), MAP)], &json!({ "confidential": false, "origin": false }));
    agree(&mut street.wallet, "sending");
    let said = street.wallet.fetch(street.wallet_shop.server);
    let body: Value = serde_json::from_str(&said[0].body).unwrap();
    let mut wrong = Vec::new();
    for (member, value) in [
        ("bytes", json!(1)),
        ("receiver", json!(Hash::of(b"another"))),
        ("until", json!("2020-01-01T00:00:00.000Z")),
        ("goods", json!((0..65).map(|_| body["open"]["manifest"]["deniable"]["goods"][0].clone()).collect::<Vec<_>>())),
        ("quality", json!({ "confidentiality": "sealed", "origin": "deniable" })),
        ("quality", json!({ "confidentiality": "connection", "origin": "signed" })),
    ] {
        let mut changed = body.clone();
        changed["open"]["manifest"]["deniable"][member] = value;
        wrong.push(Envelope { body: changed.to_string(), ..said[0].clone() });
    }
    for message in wrong {
        assert_ne!(street.shop.deliver(street.wallet_shop.client, message), Outcome::Taken);
        assert!(street.shop.scan("transfer-open/").is_empty());
    }
    say(&mut street.wallet, "stop", &id);
    talk(&mut street);
    // One more than a peer may have open.
    let many: Vec<String> = (0..=TRANSFERS_OPEN_PER_PEER_MAX)
        .map(|at| send(&mut street, &[(data("map", MAP), MAP)], &json!({ "title": format!("number {at}") })))
        .collect();
    talk(&mut street);
    let last = many.last().unwrap();
    assert_eq!(show(&mut street.wallet, last)["word"], "declined");
    assert_eq!(show(&mut street.wallet, &many[0])["word"], "announced");
}

/// Nobody waits for ever.
#[test]
fn silence_ends_it() {
    let mut street = Street::new("goods-silent", 10);
    let id = send(&mut street, &[(data("map", MAP), MAP)], &json!({}));
    let other = send(&mut street, &[(data("map", MAP), MAP)], &json!({ "title": "Not answered" }));
    say(&mut street.shop, "accept", &other);
    street.shop.fetch(street.wallet_shop.client);
    // The answer was lost, as with a copy of a database: it is said again.
    street.set_time(street.wallet.now.plus(Millis::seconds(15)));
    run_due(&mut street);
    talk(&mut street);
    assert_eq!(words(&mut street, &other), ["taken", "taken"]);
    // The shop's owner says nothing.
    street.set_time(street.wallet.now.plus(Millis::days(8)));
    run_due(&mut street);
    talk(&mut street);
    assert_eq!(words(&mut street, &id), ["stopped", "stopped"]);
    is_gone(&mut street.shop, &id);
    // The shop is gone.
    let id = send(&mut street, &[(data("map", MAP), MAP)], &json!({ "title": "To nobody", "origin": false }));
    street.set_time(street.wallet.now.plus(Millis::days(8)));
    run_due(&mut street);
    street.set_time(street.wallet.now.plus(Millis::days(8)));
    run_due(&mut street);
    assert_eq!(show(&mut street.wallet, &id)["word"], "silent");
}

/// Timers of transfers; others would need other parties.
fn run_due(street: &mut Street) {
    fn of<L: Logic>(party: &mut Hands<L>) {
        for key in party.due().into_iter().filter(|key| key.0.starts_with("transfer/")) {
            party.local(&Input::Timer(key)).unwrap();
        }
    }
    of(&mut street.wallet);
    of(&mut street.shop);
}
