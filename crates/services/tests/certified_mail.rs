//! Certified mail between parties: over the link of a wallet and a shop, and through the notary alone.

use crate::common;

use common::pair::Pair;
use common::table::{Table, consent, decline, fire};
use semper_base::{Blob64, Millis};
use semper_driver::service::Input;
use semper_services::common::Logic;
use serde_json::{Value, json};

use common::Hands;

fn written(to: &Value, optimistic: bool) -> Value {
    json!({
        "command": "mail-send", "title": "Notice", "text": "We give notice.", "to": to, "optimistic": optimistic,
        "files": [{ "name": "terms.txt", "media_type": "text/plain", "data": Blob64(b"all of it".to_vec()) }],
    })
}

fn mail<L: Logic>(party: &mut Hands<L>, id: &str) -> Value {
    party.command(&json!({ "command": "mail", "mail": id }))
}

fn read<L: Logic>(party: &mut Hands<L>, id: &str) -> Option<Value> {
    let ask = json!({ "command": "mail-read", "mail": id }).to_string();
    let reply = party.local(&Input::Command(ask.into_bytes())).ok()?;
    Some(serde_json::to_value(&reply).unwrap())
}

fn tokens(mail: &Value) -> Vec<&str> {
    mail["records"].as_array().unwrap().iter().map(|record| record["token"].as_str().unwrap_or("-")).collect()
}

/// What a stranger with the market's root finds in the pack that this party exports.
fn verified<L: Logic>(party: &mut Hands<L>, id: &str) -> semper_commerce::dispute::Report {
    let pack = party.command(&json!({ "command": "mail-export", "mail": id }))["pack"].clone();
    let pack: Blob64 = serde_json::from_value(pack).unwrap();
    let root = party.get("trust", "root").unwrap();
    let root = semper_blocks::certificate::Root::read(&root, &*party.crypto).unwrap();
    let pack = semper_commerce::dispute::read(&pack.0, &*party.crypto).unwrap();
    semper_commerce::dispute::verify(&pack, &root, &*party.crypto)
}

/// The wallet writes to the shop; both owners agree to what they are asked.
fn sent(pair: &mut Pair) -> (String, Value) {
    let sent = pair.wallet.command(&written(&json!({ "link": "shop" }), true));
    assert_eq!((&sent["protocol"], &sent["word"]), (&json!("semper-cm/1"), &json!("draft")));
    consent(&mut pair.wallet);
    (sent["mail"].as_str().unwrap().to_owned(), sent["file"].clone())
}

#[test]
fn a_letter_for_its_receipt_and_the_notary_never_hears_of_it() {
    let mut pair = Pair::new("cm-all");
    let (id, file) = sent(&mut pair);
    let taken = pair.shop.command(&json!({ "command": "mail-take", "file": file }));
    assert_eq!((&taken["from"], &taken["readable"]), (&json!("Play buyer"), &json!(false)));
    assert!(read(&mut pair.shop, &id).is_none(), "sealed until the receipt is given");
    consent(&mut pair.shop);
    pair.talk();
    let (at_wallet, at_shop) = (mail(&mut pair.wallet, &id), mail(&mut pair.shop, &id));
    assert_eq!((&at_wallet["word"], &at_shop["word"]), (&json!("received"), &json!("received")));
    let letter = read(&mut pair.shop, &id).unwrap();
    assert_eq!(letter["text"], "We give notice.");
    assert_eq!(letter["files"][0]["name"], "terms.txt");
    assert_eq!(tokens(&at_wallet), ["NRO", "NRR", "NRD"]);
    assert_eq!(tokens(&at_shop), ["NRO", "NRR", "NRD"]);
    assert!(pair.wallet.fetch(pair.wallet_notary.server).is_empty() && pair.rows(&id).is_empty());
    for report in [verified(&mut pair.wallet, &id), verified(&mut pair.shop, &id)] {
        assert!(report.is_sound(), "{report}");
        let verdict = report.frame_verdict.as_ref().unwrap();
        assert!(verdict.convictions.is_empty(), "{report}");
        assert!(report.to_string().contains("Notice"), "{report}");
    }
    // It is no contract.
    assert_eq!(pair.shop.command(&json!({ "command": "contracts" }))["contracts"], json!([]));
    assert_eq!(pair.shop.command(&json!({ "command": "mails" }))["mails"].as_array().unwrap().len(), 1);
}

/// The sender has the promise and falls silent: the notary opens the box for the receiver, who gives the receipt.
#[test]
fn who_promised_gets_the_letter_though_the_sender_stops() {
    let mut pair = Pair::new("cm-silent");
    let (id, file) = sent(&mut pair);
    pair.shop.command(&json!({ "command": "mail-take", "file": file }));
    consent(&mut pair.shop);
    let promise = pair.said_to_shop();
    assert_eq!(promise.len(), 1);
    for message in promise {
        pair.shop.deliver(pair.link.client, message);
    }
    consent(&mut pair.shop);
    assert_eq!(pair.shop.fetch(pair.link.client).len(), 1, "m2 is on its way, and lost");
    pair.shop.pass(Millis::days(1));
    pair.notary.pass(Millis::days(1));
    fire(&mut pair.shop);
    consent(&mut pair.shop);
    pair.ask_notary(true);
    assert_eq!(pair.rows(&id), [json!("resolved")]);
    assert_eq!(read(&mut pair.shop, &id).unwrap()["text"], "We give notice.");
    assert_eq!(tokens(&mail(&mut pair.shop, &id)), ["NRS", "NRO", "NRR", "NRD"]);
    // The sender asks and has the receipt.
    pair.wallet.pass(Millis::days(1));
    pair.wallet.command(&json!({ "command": "mail-resume", "mail": id }));
    consent(&mut pair.wallet);
    pair.ask_notary(false);
    assert_eq!(mail(&mut pair.wallet, &id)["word"], "received");
}

/// A wallet writes to a wallet that it has no link to: the file goes by any means, the rest through the notary.
#[test]
fn wallets_without_a_link_write_through_the_notary() {
    let mut table = Table::new("cm-online", 2);
    let card = table.wallets[1].command(&json!({ "command": "contract-card" }));
    let sent = table.wallets[0].command(&written(&json!({ "certificate": card["certificate"] }), false));
    let (id, file) = (sent["mail"].as_str().unwrap().to_owned(), sent["file"].clone());
    assert_eq!(sent["protocol"], "semper-cm-online/1");
    consent(&mut table.wallets[0]);
    table.carry();
    table.wallets[1].command(&json!({ "command": "mail-take", "file": file }));
    assert!(read(&mut table.wallets[1], &id).is_none());
    consent(&mut table.wallets[1]);
    table.carry();
    assert_eq!(mail(&mut table.wallets[0], &id)["word"], "received");
    assert_eq!(read(&mut table.wallets[1], &id).unwrap()["text"], "We give notice.");
    assert_eq!(tokens(&mail(&mut table.wallets[1], &id)), ["NRS", "NRO", "NRR", "NRD"]);
    let report = verified(&mut table.wallets[0], &id);
    assert!(report.is_sound() && report.frame_verdict.unwrap().convictions.is_empty());
    // The notary cannot read it: it never had the letter.
    let all = table.notary.scan("");
    assert!(all.iter().all(|(_, row)| !String::from_utf8_lossy(row).contains("semper.letter")));
}

#[test]
fn a_receiver_who_says_nothing_or_no_gives_an_outcome() {
    let mut table = Table::new("cm-no", 2);
    let card = table.wallets[1].command(&json!({ "command": "contract-card" }));
    let sent = table.wallets[0].command(&written(&json!({ "certificate": card["certificate"] }), false));
    let (id, file) = (sent["mail"].as_str().unwrap().to_owned(), sent["file"].clone());
    consent(&mut table.wallets[0]);
    table.carry();
    table.wallets[1].command(&json!({ "command": "mail-take", "file": file }));
    decline(&mut table.wallets[1], "reception");
    assert_eq!(mail(&mut table.wallets[1], &id)["word"], "withdrawn");
    assert!(read(&mut table.wallets[1], &id).is_none());
    table.pass(Millis::days(8));
    fire(&mut table.notary);
    table.carry();
    let at_sender = mail(&mut table.wallets[0], &id);
    assert_eq!(at_sender["word"], "withdrawn");
    assert_eq!(at_sender["records"][0]["event"], "AcceptanceRejectionExpiry");
    assert_eq!(at_sender["records"][0]["uri"], "http://uri.etsi.org/19522/Event/AcceptanceRejectionExpiry");
}

#[test]
fn a_mail_file_that_was_touched_is_refused() {
    let mut pair = Pair::new("cm-bad");
    let (_, file) = sent(&mut pair);
    let bytes: Blob64 = serde_json::from_value(file.clone()).unwrap();
    let whole: Value = serde_json::from_slice(&bytes.0).unwrap();
    let mut cases = Vec::new();
    for (member, value) in [
        ("/parcel/letter", json!(Blob64(vec![7; 100]))),
        ("/parcel/share/s", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ("/parcel/sealed", Value::Null),
        ("/terms/contract/title", json!("Another")),
        ("/terms/contract/file/hash", json!("00".repeat(32))),
        ("/semper_contract", json!(2)),
    ] {
        let mut other = whole.clone();
        *other.pointer_mut(member).unwrap_or_else(|| panic!("{member}")) = value;
        cases.push(other.to_string().into_bytes());
    }
    cases.push(vec![b' '; 800 << 10]);
    cases.push(b"{}".to_vec());
    for case in cases {
        let take = json!({ "command": "mail-take", "file": Blob64(case) });
        pair.shop.local(&Input::Command(take.to_string().into_bytes())).unwrap_err();
        assert!(pair.shop.scan("mail/").is_empty() && pair.shop.scan("ask/").is_empty());
    }
    // A mail is signed for as a mail.
    let sign = json!({ "command": "contract-sign", "file": file });
    pair.shop.local(&Input::Command(sign.to_string().into_bytes())).unwrap_err();
    // Nor is a mail of one's own taken.
    let take = json!({ "command": "mail-take", "file": file });
    pair.wallet.local(&Input::Command(take.to_string().into_bytes())).unwrap_err();
}

#[test]
fn a_letter_has_its_bounds() {
    let mut pair = Pair::new("cm-bounds");
    let long =
        json!({ "command": "mail-send", "title": "Long", "text": "x".repeat(300 << 10), "to": { "link": "shop" } });
    pair.wallet.local(&Input::Command(long.to_string().into_bytes())).unwrap_err();
    assert!(pair.wallet.scan("mail/").is_empty());
}
