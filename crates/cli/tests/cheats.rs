//! Every cheat, between real processes, one of them a build that lies: nobody honest loses without a
//! verdict, nobody honest is convicted, the registers have the expected rows, the books add up. What the
//! demo says of itself is compared with what the test looks at itself.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod play;

use play::{Played, finding, play, semper};
use serde_json::{Value, json};

/// The price of the demo, in minor units.
const PRICE: i64 = 490;
const NOTHING: [&[&str]; 2] = [&[], &[]];
const SETTLED: [&[&str]; 2] = [&["held", "captured", "settled"], &[]];
const RELEASED: [&[&str]; 2] = [&["held", "released"], &[]];

/// Plays a cheat; checks what holds of all of them.
fn cheat(name: &str, end: &str, rows: [&[&str]; 2]) -> Played {
    let played = play(name, &["--cheat", name]);
    assert_eq!(played.text("/cheat"), name);
    assert_eq!((played.at("/fair"), played.at("/as_expected")), (&json!(true), &json!(true)));
    assert_eq!(played.text("/end"), end);
    let stands = if rows == NOTHING { vec![] } else { vec![played.rows(0), played.rows(1)] };
    let expected = if rows == NOTHING { vec![] } else { rows.to_vec() };
    assert_eq!(stands, expected);
    // Whoever lied, the money and the file tell the end.
    let (change, file) = (played.change(), played.at("/received") != &Value::Null);
    match end {
        "sold" => assert_eq!((change, file), ((-PRICE, PRICE), true)),
        "unsold" => assert_eq!((change, file), ((0, 0), false)),
        _ => assert_eq!(end, "verdict"),
    }
    if file {
        played.check_file(&played.market().join("sample.txt"));
    }
    played.check_ledger();
    // The liar told its lie, or the test shows nothing.
    let liar = played.text("/liar");
    assert!(lines(&played).iter().any(|line| line["event"] == "lie" && line["party"] == liar), "{}", played.story);
    // Both packs verify, the liar's too; neither convicts anybody else.
    let packs = played.at("/packs").as_array().unwrap().len();
    assert_eq!(packs, if rows == NOTHING { 0 } else { 2 });
    for at in 0..packs {
        let report = played.verify(&format!("/packs/{at}/file"));
        let convictions = report["verdict"]["convictions"].as_array().unwrap();
        assert!(convictions.iter().all(|one| one["who"] == role(liar)), "{convictions:?}");
    }
    played
}

fn lines(played: &Played) -> Vec<Value> {
    played.story.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn role(party: &str) -> &str {
    match party {
        "shop" => "seller",
        "wallet" => "buyer",
        other => other,
    }
}

/// What honest parties noticed: by whom, which code.
fn noticed(played: &Played) -> Vec<(&str, u64)> {
    let all = played.at("/noticed").as_array().unwrap();
    all.iter().map(|one| (one["party"].as_str().unwrap(), one["code"].as_u64().unwrap())).collect()
}

/// Who is convicted by the packs of honest parties together.
fn convicted(played: &Played) -> Vec<(&str, &str)> {
    let all = played.at("/convicted").as_array().unwrap();
    all.iter().map(|one| (one["who"].as_str().unwrap(), one["misdeed"].as_str().unwrap())).collect()
}

#[test]
fn seller_keeps_key() {
    let rows: [&[&str]; 2] = [&["held", "captured", "recorded", "settled"], &["opened"]];
    assert!(convicted(&cheat("seller-keeps-key", "sold", rows)).is_empty());
}

#[test]
fn seller_seals_garbage() {
    let played = cheat("seller-seals-garbage", "unsold", [&["held", "captured", "refunded"], &["bad-escrow"]]);
    assert!(convicted(&played).is_empty());
    assert_eq!(finding(&played.verify("/packs/0/file"), "escrow-found-bad"), "proven");
}

#[test]
fn seller_sends_another_file() {
    let played = cheat("seller-sends-another-file", "unsold", [&["held", "captured", "refunded"], &["wrong-file"]]);
    assert_eq!(convicted(&played), [("seller", "wrong-file")]);
}

#[test]
fn seller_sends_noise() {
    assert_eq!(noticed(&cheat("seller-sends-noise", "unsold", RELEASED)), [("wallet", 1407)]);
}

#[test]
fn seller_raises_price() {
    let played = cheat("seller-raises-price", "unsold", NOTHING);
    assert_eq!(noticed(&played), [("wallet", 1404)]);
    assert_eq!(played.text("/purchase/word"), "agreed");
}

#[test]
fn seller_forges_mandate() {
    assert_eq!(noticed(&cheat("seller-forges-mandate", "unsold", RELEASED)), [("bank", 1106)]);
}

#[test]
fn seller_reuses_mandate() {
    assert_eq!(noticed(&cheat("seller-reuses-mandate", "unsold", RELEASED)), [("bank", 1106)]);
}

#[test]
fn seller_captures_twice() {
    assert!(noticed(&cheat("seller-captures-twice", "sold", SETTLED)).is_empty());
}

#[test]
fn seller_captures_late() {
    cheat("seller-captures-late", "unsold", RELEASED);
}

#[test]
fn seller_forges_receipt() {
    let rows: [&[&str]; 2] = [&["held", "captured", "recorded", "settled"], &["opened"]];
    assert_eq!(noticed(&cheat("seller-forges-receipt", "sold", rows)), [("bank", 1106)]);
}

#[test]
fn seller_passes_false_key() {
    let rows: [&[&str]; 2] = [&["held", "captured", "contested", "refunded"], &[]];
    assert_eq!(noticed(&cheat("seller-passes-false-key", "unsold", rows)), [("bank", 1409)]);
}

#[test]
fn buyer_releases_late() {
    assert!(noticed(&cheat("buyer-releases-late", "sold", SETTLED)).is_empty());
}

#[test]
fn buyer_forges_complaint() {
    assert_eq!(noticed(&cheat("buyer-forges-complaint", "sold", SETTLED)), [("notary", 1413)]);
}

#[test]
fn buyer_keeps_receipt() {
    cheat("buyer-keeps-receipt", "sold", SETTLED);
}

#[test]
fn buyer_replays_order() {
    let played = cheat("buyer-replays-order", "sold", SETTLED);
    // One order, one sale, one hold, however often it is sent.
    let bank = rusqlite::Connection::open(played.market().join("bank/semper.db")).unwrap();
    let holds: u64 = bank.query_row("SELECT count(*) FROM register WHERE slot = 'hold'", [], |row| row.get(0)).unwrap();
    let shop = rusqlite::Connection::open(played.market().join("shop/semper.db")).unwrap();
    let sql = "SELECT count(*) FROM row WHERE key LIKE 'sale/%'";
    let sales: u64 = shop.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!((holds, sales), (1, 1));
}

#[test]
fn buyer_holds_twice() {
    assert_eq!(noticed(&cheat("buyer-holds-twice", "unsold", RELEASED)), [("bank", 1415)]);
}

#[test]
fn buyer_pays_from_another() {
    assert_eq!(noticed(&cheat("buyer-pays-from-another", "unsold", [&["released"], &[]])), [("bank", 2002)]);
}

#[test]
fn buyer_contests_with_key() {
    cheat("buyer-contests-with-key", "sold", [&["held", "captured", "contested", "passed-key", "settled"], &[]]);
}

#[test]
fn buyer_forges_capture() {
    assert_eq!(noticed(&cheat("buyer-forges-capture", "unsold", RELEASED)), [("notary", 1106)]);
}

#[test]
fn bank_signs_both() {
    let played = cheat("bank-signs-both", "verdict", SETTLED);
    assert_eq!(convicted(&played), [("bank", "acted-after-release"), ("bank", "captured-and-released")]);
    // The buyer has paid and cannot read the file; its own pack is enough to convict the bank.
    assert_eq!((played.change(), played.at("/received")), ((-PRICE, PRICE), &Value::Null));
    assert_eq!(played.at("/packs/0/convicted"), &json!([{ "who": "bank", "misdeed": "acted-after-release" }]));
}

/// The bank's log is public: what it sealed there besides its answer is found by whoever has the answer.
#[test]
fn bank_log_hides() {
    let played = cheat("bank-log-hides", "sold", SETTLED);
    assert_eq!(convicted(&played), [("bank", "sealed-otherwise")]);
}

/// One of two answers is in the log: whoever got the other is told so by its own pack.
#[test]
fn bank_log_forgets() {
    let played = cheat("bank-log-forgets", "sold", SETTLED);
    let convicted = convicted(&played);
    assert!(convicted.contains(&("bank", "sealed-otherwise")) && convicted.len() == 3, "{convicted:?}");
    let report = played.verify("/packs/0/file");
    let logs = report["logs"].as_array().unwrap();
    let convictions: Vec<&Value> = logs.iter().flat_map(|log| log["convictions"].as_array().unwrap()).collect();
    assert_eq!(convictions[0]["misdeed"], "sealed-otherwise");
}

/// Each side alone sees nothing wrong; their packs together show two histories.
#[test]
fn bank_log_splits() {
    let played = cheat("bank-log-splits", "sold", SETTLED);
    assert_eq!(convicted(&played), [("bank", "split-view")]);
    for pack in ["/packs/0/file", "/packs/1/file"] {
        let report = played.verify(pack);
        let logs = report["logs"].as_array().unwrap();
        assert!(logs.iter().all(|log| log["convictions"].as_array().unwrap().is_empty()), "{pack}");
    }
}

#[test]
fn bank_captures_alone() {
    // The money is gone, so the buyer has the key opened; that no mandate was given shows in the pack.
    let rows: [&[&str]; 2] = [&["held", "captured", "recorded", "settled"], &["opened"]];
    let played = cheat("bank-captures-alone", "sold", rows);
    assert_eq!(convicted(&played), [("bank", "false-ground")]);
    assert_ne!(finding(&played.verify("/packs/0/file"), "mandated"), "proven");
}

/// An answer that does not fit the contract moves nobody, and is kept: it convicts its signer.
#[test]
fn bank_alters_held() {
    let played = cheat("bank-alters-held", "unsold", RELEASED);
    assert_eq!(convicted(&played), [("bank", "unlike-descriptor")]);
    let misdeed = json!([{ "who": "bank", "misdeed": "unlike-descriptor" }]);
    assert_eq!(played.at("/packs/0/convicted"), &misdeed, "the buyer can show it");
    assert_eq!(played.at("/packs/1/convicted"), &json!([]), "the buyer carried no such word to the seller");
}

#[test]
fn bank_releases_early() {
    let played = cheat("bank-releases-early", "unsold", RELEASED);
    assert_eq!(convicted(&played), [("bank", "released-too-early"), ("bank", "two-answers")]);
}

#[test]
fn bank_settles_and_refunds() {
    let played = cheat("bank-settles-and-refunds", "sold", SETTLED);
    assert_eq!(convicted(&played), [("bank", "settled-and-refunded"), ("bank", "two-answers")]);
    for pack in ["/packs/0/convicted", "/packs/1/convicted"] {
        assert_eq!(played.at(pack), &json!([{ "who": "bank", "misdeed": "settled-and-refunded" }]));
    }
}

#[test]
fn notary_opens_without_capture() {
    assert_eq!(noticed(&cheat("notary-opens-without-capture", "unsold", RELEASED)), [("bank", 1410)]);
}

#[test]
fn notary_cries_bad_escrow() {
    let played = cheat("notary-cries-bad-escrow", "unsold", [&["held", "captured", "refunded"], &["bad-escrow"]]);
    assert_eq!(convicted(&played), [("notary", "cried-bad-escrow")]);
}

#[test]
fn notary_says_both() {
    let rows: [&[&str]; 2] = [&["held", "captured", "recorded", "settled"], &["opened"]];
    let played = cheat("notary-says-both", "sold", rows);
    let both = json!([{ "who": "notary", "misdeed": "opened-and-bad-escrow" }]);
    assert_eq!(played.at("/packs/0/convicted"), &both, "the buyer needs nobody's help");
}

#[test]
fn stranger_replays() {
    let played = cheat("stranger-replays", "unsold", RELEASED);
    assert_eq!(played.at("/strays"), &json!(0));
    // It was heard: the bank has taken its message.
    let bank = rusqlite::Connection::open(played.market().join("bank/semper.db")).unwrap();
    let peers: u64 = bank.query_row("SELECT count(*) FROM row WHERE key LIKE 'peer/%'", [], |row| row.get(0)).unwrap();
    assert_eq!(peers, 4, "notary, shop, wallet, stranger");
}

/// No cheat is forgotten here, and no lie is left over.
#[test]
fn every_cheat_is_played() {
    let output = semper(&["demo", "--cheat", "list"]);
    let listed = String::from_utf8(output.stdout).unwrap();
    let cheats: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let own = concat!(include_str!("cheats.rs"), include_str!("exchanges.rs"));
    for cheat in &cheats {
        let name = cheat["cheat"].as_str().unwrap();
        assert!(own.contains(&format!("fn {}() {{", name.replace('-', "_"))), "{name}");
    }
    assert_eq!(cheats.len(), 57);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_semper-liar")).arg("lies").output().unwrap();
    let lies = String::from_utf8(output.stdout).unwrap();
    for lie in lies.lines() {
        // The key that gets lost is no cheat but an accident that others need.
        let used = lie == "seller-loses-key" || cheats.iter().any(|cheat| cheat["lie"] == lie);
        assert!(used, "{lie}");
    }
    assert!(cheats.iter().all(|cheat| lies.lines().any(|lie| cheat["lie"] == lie)));
    assert_eq!(semper(&["demo", "--cheat", "nowhere"]).status.code(), Some(2));
}

/// The honest program has neither a switch for lies nor the lies themselves.
#[test]
fn no_lie_is_in_the_honest_program() {
    let output = semper(&["serve", "shop", "--data-dir", "nowhere", "--lie", "seller-keeps-key"]);
    assert_eq!(output.status.code(), Some(2));
    let lie = b"Has the money, and keeps the key to itself.";
    let has = |program: &str| {
        let bytes = std::fs::read(program).unwrap();
        let mut starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == lie[0]);
        starts.any(|(at, _)| bytes[at..].starts_with(lie))
    };
    assert!(has(env!("CARGO_BIN_EXE_semper-liar")));
    assert!(!has(env!("CARGO_BIN_EXE_semper")));
}
