//! Every way out of an exchange, between real processes with short times: nobody honest loses, the
//! registers have the expected rows, both evidence packs verify and prove what happened, the books add
//! up.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod play;

use play::{Played, finding, play, semper};
use serde_json::{Value, json};

/// The price of the demo, in minor units.
const PRICE: i64 = 490;

/// What is expected of one way.
struct Expected<'a> {
    /// The last stage on both sides.
    stage: &'a str,
    /// The bank's rows, the notary's rows.
    rows: [&'a [&'a str]; 2],
    convicted: Value,
    /// Claims that the buyer's pack must prove, and what it must not.
    proven: &'a [&'a str],
    not_proven: &'a [&'a str],
    /// Whether the buyer has the file and the seller the money; otherwise neither.
    sold: bool,
}

fn check(way: &str, expected: &Expected<'_>) -> Played {
    let played = play(way, &["--way", way]);
    assert_eq!(played.text("/way"), way);
    assert_eq!(played.text("/outcome"), "fair");
    assert_eq!(played.at("/verified"), &json!(true));
    assert_eq!((played.text("/purchase/stage"), played.text("/sale/stage")), (expected.stage, expected.stage));
    assert_eq!([played.rows(0).as_slice(), played.rows(1).as_slice()], expected.rows);
    assert_eq!(played.at("/convicted"), &expected.convicted);
    if expected.sold {
        assert_eq!(played.change(), (-PRICE, PRICE));
        assert_eq!(played.at("/holds"), &json!({ "buyer": "file", "seller": "money" }));
        played.check_file(&played.market().join("sample.txt"));
    } else {
        assert_eq!(played.change(), (0, 0));
        assert_eq!(played.at("/holds"), &json!({ "buyer": "money", "seller": "file" }));
        assert_eq!(played.at("/received"), &Value::Null);
    }
    played.check_ledger();
    let seller = played.verify("/evidence_pack_seller");
    let buyer = played.verify("/evidence_pack");
    for claim in expected.proven {
        assert_eq!(finding(&buyer, claim), "proven", "{way}: {claim}");
    }
    for claim in expected.not_proven {
        assert_ne!(finding(&buyer, claim), "proven", "{way}: {claim}");
        assert_ne!(finding(&seller, claim), "proven", "{way}: {claim}, seller's pack");
    }
    // Both sides can show how the bank decided, each from its own books.
    for report in [&buyer, &seller] {
        assert_eq!(finding(report, expected.stage), "proven", "{way}");
    }
    for report in [&buyer, &seller] {
        assert_eq!(report["verdict"]["outcome"]["buyer"]["standing"], "whole", "{way}");
        assert_eq!(report["verdict"]["outcome"]["seller"]["standing"], "whole", "{way}");
    }
    played
}

#[test]
fn happy() {
    let rows: [&[&str]; 2] = [&["held", "captured", "settled"], &[]];
    let proven = &["buyer-bound", "seller-bound", "held", "mandated", "captured", "receipt-given", "key-shown"];
    let not_proven = &["released", "refunded", "contested", "escrow-opened", "content-not-as-agreed"];
    let played =
        check("happy", &Expected { stage: "settled", rows, convicted: json!([]), proven, not_proven, sold: true });
    // Only the seller can show that the escrow box was good all along.
    assert_eq!(finding(&played.verify("/evidence_pack_seller"), "escrow-good"), "proven");
    assert_eq!(finding(&played.verify("/evidence_pack"), "escrow-good"), "not-provable");
}

#[test]
fn timer() {
    let rows: [&[&str]; 2] = [&["held", "captured", "settled"], &[]];
    let (proven, not_proven) = (&["captured", "key-shown"], &["receipt-given", "refunded"]);
    check("timer", &Expected { stage: "settled", rows, convicted: json!([]), proven, not_proven, sold: true });
}

fn released(way: &str, rows: &[&str], by: &str) {
    let not_proven: &[&str] = &["mandated", "captured", "settled", "refunded", "key-handed-over", "key-shown"];
    let proven = &["buyer-bound", "seller-bound", "released"];
    let expected =
        Expected { stage: "released", rows: [rows, &[]], convicted: json!([]), proven, not_proven, sold: false };
    let played = check(way, &expected);
    let pack = std::fs::read(played.text("/evidence_pack")).unwrap();
    assert_eq!(statement(&pack, "released")["by"], by, "{way}");
}

#[test]
fn release_early() {
    released("release-early", &["released"], "buyer");
}

#[test]
fn release_held() {
    released("release-held", &["held", "released"], "buyer");
}

#[test]
fn expiry() {
    released("expiry", &["held", "released"], "expiry");
}

#[test]
fn seller_release() {
    released("seller-release", &["held", "released"], "seller");
}

#[test]
fn no_funds() {
    released("no-funds", &["released"], "buyer");
}

#[test]
fn late_capture() {
    let rows: [&[&str]; 2] = [&["held", "released"], &[]];
    let (proven, not_proven) = (&["mandated", "released"], &["captured", "settled", "key-shown"]);
    let expected = Expected { stage: "released", rows, convicted: json!([]), proven, not_proven, sold: false };
    let played = check("late-capture", &expected);
    let seller = std::fs::read(played.text("/evidence_pack_seller")).unwrap();
    assert_eq!(statement(&seller, "released")["by"], "expiry");
    assert_eq!(statement(&seller, "capture")["semper"]["signer"]["role"], "seller");
}

#[test]
fn key_withheld() {
    let rows: [&[&str]; 2] = [&["held", "captured", "recorded", "settled"], &["opened"]];
    let (proven, not_proven) = (&["escrow-opened", "key-handed-over", "receipt-given"], &["contested", "refunded"]);
    check("key-withheld", &Expected { stage: "settled", rows, convicted: json!([]), proven, not_proven, sold: true });
}

#[test]
fn bad_escrow() {
    let rows: [&[&str]; 2] = [&["held", "captured", "refunded"], &["bad-escrow"]];
    let (proven, not_proven) = (&["escrow-found-bad"], &["escrow-good", "settled", "key-handed-over"]);
    // The notary's word alone convicts nobody: the seller might still show the seed.
    let expected = Expected { stage: "refunded", rows, convicted: json!([]), proven, not_proven, sold: false };
    let played = check("bad-escrow", &expected);
    // So the seller must have that word, to answer it.
    assert_eq!(finding(&played.verify("/evidence_pack_seller"), "escrow-found-bad"), "proven");
}

#[test]
fn wrong_file() {
    let rows: [&[&str]; 2] = [&["held", "captured", "refunded"], &["wrong-file"]];
    let convicted = json!([{ "who": "seller", "misdeed": "wrong-file" }]);
    let (proven, not_proven) = (&["content-not-as-agreed", "key-shown"], &["settled", "receipt-given"]);
    let played = check("wrong-file", &Expected { stage: "refunded", rows, convicted, proven, not_proven, sold: false });
    assert!(played.at("/purchase/chunks/of").as_u64().unwrap() > 8, "the proof must have a path to show");
}

#[test]
fn contest_passed() {
    let rows: [&[&str]; 2] = [&["held", "captured", "contested", "passed-key", "settled"], &[]];
    let (proven, not_proven) = (&["contested", "key-handed-over", "receipt-given"], &["escrow-opened", "refunded"]);
    check("contest-passed", &Expected { stage: "settled", rows, convicted: json!([]), proven, not_proven, sold: true });
}

#[test]
fn contest_refunded() {
    let rows: [&[&str]; 2] = [&["held", "captured", "contested", "refunded"], &[]];
    let (proven, not_proven) = (&["contested", "captured"], &["settled", "key-handed-over", "receipt-given"]);
    let expected = Expected { stage: "refunded", rows, convicted: json!([]), proven, not_proven, sold: false };
    check("contest-refunded", &expected);
}

/// No way is forgotten here.
#[test]
fn every_way_is_played() {
    let output = semper(&["demo", "--way", "list"]);
    let listed = String::from_utf8(output.stdout).unwrap();
    let own = include_str!("ways.rs");
    let mut count = 0;
    for line in listed.lines() {
        let way: Value = serde_json::from_str(line).unwrap();
        let name = way["way"].as_str().unwrap();
        assert!(own.contains(&format!("fn {}() {{", name.replace('-', "_"))), "{name}");
        count += 1;
    }
    assert_eq!(count, 13);
    assert_eq!(semper(&["demo", "--way", "nowhere"]).status.code(), Some(2));
    assert_eq!(semper(&["demo", "--times", "hold=0s"]).status.code(), Some(2));
}

/// The payload of the first statement of a kind in a pack, whose members are stored as they are.
fn statement(pack: &[u8], kind: &str) -> Value {
    let text = play::member(pack, &format!("-{kind}.jws"));
    let payload = String::from_utf8(text).unwrap().split('.').nth(1).unwrap().to_owned();
    serde_json::from_slice(&semper_base::bytes::decode(&payload).unwrap()).unwrap()
}
