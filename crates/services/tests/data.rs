//! Data for money by a hash lock, between wallets and shops and their bank: the whole way, each way out, restarts at
//! each step, copies, forgeries, expiry, bad content.

use crate::common;

use common::counter::{Counter, START, account, consent, data, fire, offered, read, take, verified};
use common::table::decline;
use semper_base::{Blob64, Millis};
use semper_driver::service::Input;
use semper_support::comm::Outcome;
use serde_json::{Value, json};

const MAP: &[u8] = b"Twenty paces north of the palm.";

fn refused<L: semper_services::common::Logic>(party: &mut common::Hands<L>, command: &Value) {
    party.local(&Input::Command(command.to_string().into_bytes())).unwrap_err();
}

#[test]
fn a_file_for_money_between_two_wallets() {
    let mut at = Counter::new("data-all");
    let (id, file) = at.offer(MAP);
    assert_eq!(data(&mut at.seller, &id)["word"], "offered");
    let asked = at.buy(&file);
    assert_eq!(
        (&asked["data"], &asked["seller"], &asked["price"]),
        (&json!(id), &json!("Sam Seller"), &json!("12.00 EUR"))
    );
    assert!(read(&mut at.buyer, &id).is_none());
    at.carry();
    let (bought, sold) = (data(&mut at.buyer, &id), data(&mut at.seller, &id));
    assert_eq!((&bought["word"], &sold["word"]), (&json!("received"), &json!("paid")));
    assert_eq!((&bought["over"], &sold["over"]), (&json!(true), &json!(true)));
    assert_eq!(read(&mut at.buyer, &id).unwrap(), MAP);
    assert_eq!(at.money(), ["488.00 EUR", "512.00 EUR", START].map(str::to_owned));
    assert_eq!(at.rows(&bought["locks"][0]), [json!("locked"), json!("claimed")]);
    let report = at.check();
    assert_eq!((report.locks, report.open_locks), (1, 0));
    for report in [verified(&mut at.buyer, &id), verified(&mut at.seller, &id)] {
        assert!(report.is_sound(), "{report}");
        let verdict = serde_json::to_value(report.lock_verdict.as_ref().unwrap()).unwrap();
        assert_eq!((&verdict["outcome"], &verdict["convictions"]), (&json!("paid"), &json!([])), "{report}");
        let text = report.to_string();
        assert!(text.contains("A map of the island") && text.contains("Sam Seller"), "{report}");
    }
    assert_eq!(at.buyer.command(&json!({ "command": "data-list" }))["sales"].as_array().unwrap().len(), 1);
    // The same file again begins nothing.
    assert_eq!(at.buy(&file)["word"], "received");
    assert!(at.buyer.scan("ask/").is_empty());
    // The bank never had the letter, nor what it is called.
    for (key, row) in at.bank.scan("") {
        let row = String::from_utf8_lossy(&row).into_owned();
        assert!(!row.contains("island") && !row.contains("Sam Seller"), "{}", key.0);
    }
}

#[test]
fn a_wallet_buys_of_a_shop_and_a_shop_of_a_wallet() {
    let mut at = Counter::new("data-shop");
    let asked = at.shop.command(&offered(MAP, "1.00 EUR"));
    consent(&mut at.shop);
    let id = asked["data"].as_str().unwrap().to_owned();
    let file = at.shop.command(&json!({ "command": "data-file", "data": id }))["file"].clone();
    at.buy(&file);
    at.carry();
    assert_eq!(read(&mut at.buyer, &id).unwrap(), MAP);
    let (id, file) = at.offer(b"another");
    at.shop.command(&json!({ "command": "data-buy", "file": file }));
    at.carry();
    assert_eq!(read(&mut at.shop, &id).unwrap(), b"another");
    assert_eq!(at.money(), ["499.00 EUR", "512.00 EUR", "489.00 EUR"].map(str::to_owned));
    at.check();
}

/// Whoever has the file can buy; each buyer has a lock of its own.
#[test]
fn one_offer_is_bought_twice() {
    let mut at = Counter::new("data-twice");
    let (id, file) = at.offer(MAP);
    at.buy(&file);
    at.shop.command(&json!({ "command": "data-buy", "file": file }));
    at.carry();
    assert_eq!(read(&mut at.buyer, &id).unwrap(), MAP);
    assert_eq!(read(&mut at.shop, &id).unwrap(), MAP);
    assert_eq!(at.money(), ["488.00 EUR", "524.00 EUR", "488.00 EUR"].map(str::to_owned));
    assert_eq!(data(&mut at.seller, &id)["paid"], json!(2));
    at.check();
}

/// The seller says nothing: the bank gives the money back at the end of the time, and the key stays where it is.
#[test]
fn a_seller_who_stays_away_gets_nothing_and_keeps_the_key() {
    let mut at = Counter::new("data-silent");
    let (id, file) = at.offer(MAP);
    take_watch(&mut at);
    at.buy(&file);
    let order = at.buyer.fetch(at.buyer_bank.server);
    take(&mut at.bank, at.buyer_bank.client, order);
    let locked = at.bank.fetch(at.buyer_bank.client);
    take(&mut at.buyer, at.buyer_bank.server, locked);
    let shown = data(&mut at.buyer, &id);
    assert_eq!((&shown["word"], at.money()[0].as_str()), (&json!("due"), "488.00 EUR"));
    // An order that is carried out cannot be taken back.
    refused(&mut at.buyer, &json!({ "command": "data-abort", "data": id }));
    at.pass(Millis::hours(24));
    fire(&mut at.bank);
    let back = at.bank.fetch(at.buyer_bank.client);
    take(&mut at.buyer, at.buyer_bank.server, back);
    assert_eq!(data(&mut at.buyer, &id)["word"], "withdrawn");
    assert!(read(&mut at.buyer, &id).is_none());
    assert_eq!(at.money(), [START, START, START].map(str::to_owned));
    // Now the seller wakes up: it is told both, and gives no key to anybody.
    at.carry();
    assert_eq!(data(&mut at.seller, &id)["returned"], json!(1));
    at.carry();
    assert_eq!(at.rows(&shown["locks"][0]), [json!("locked"), json!("returned")]);
    let all = at.bank.scan("");
    assert!(all.iter().all(|(_, row)| !String::from_utf8_lossy(row).contains("\"preimage\"")));
    for report in [verified(&mut at.buyer, &id), verified(&mut at.seller, &id)] {
        assert!(report.is_sound(), "{report}");
    }
    at.check();
}

/// The bank hears of who waits for locks.
fn take_watch(at: &mut Counter) {
    let watch = at.seller.fetch(at.seller_bank.server);
    take(&mut at.bank, at.seller_bank.client, watch);
}

#[test]
fn a_seller_who_is_late_does_not_show_the_key() {
    let mut at = Counter::new("data-late");
    let (id, file) = at.offer(MAP);
    take_watch(&mut at);
    at.buy(&file);
    let order = at.buyer.fetch(at.buyer_bank.server);
    take(&mut at.bank, at.buyer_bank.client, order);
    let locked = at.bank.fetch(at.seller_bank.client);
    // Only minutes before the end the seller hears of it.
    at.pass(Millis(86_400_000 - 300_000));
    take(&mut at.seller, at.seller_bank.server, locked);
    assert!(at.seller.scan("ask/").is_empty() && at.seller.fetch(at.seller_bank.server).is_empty());
    at.pass(Millis(300_000));
    at.fire();
    at.carry();
    assert_eq!((&data(&mut at.buyer, &id)["word"], read(&mut at.buyer, &id)), (&json!("withdrawn"), None));
    assert_eq!(at.money(), [START, START, START].map(str::to_owned));
    at.check();
}

#[test]
fn whoever_says_no_has_bound_nobody() {
    let mut at = Counter::new("data-no");
    let asked = at.seller.command(&offered(MAP, "12.00 EUR"));
    let id = asked["data"].as_str().unwrap().to_owned();
    refused(&mut at.seller, &json!({ "command": "data-file", "data": id }));
    decline(&mut at.seller, "data-offer");
    refused(&mut at.seller, &json!({ "command": "data", "data": id }));
    assert!(at.seller.scan("data-key/").is_empty());
    let (id, file) = at.offer(MAP);
    at.buyer.command(&json!({ "command": "data-buy", "file": file }));
    decline(&mut at.buyer, "data-purchase");
    assert!(at.buyer.scan("data/").is_empty() && at.buyer.scan("lock/").is_empty());
    // And once more, dropped before it is answered.
    at.buyer.command(&json!({ "command": "data-buy", "file": file }));
    assert_eq!(at.buyer.command(&json!({ "command": "data-abort", "data": id }))["word"], "withdrawn");
    assert!(at.buyer.scan("ask/").is_empty());
    at.carry();
    assert_eq!(at.money(), [START, START, START].map(str::to_owned));
}

#[test]
fn what_the_seller_withdraws_is_given_back() {
    let mut at = Counter::new("data-withdrawn");
    let (id, file) = at.offer(MAP);
    take_watch(&mut at);
    at.seller.command(&json!({ "command": "data-abort", "data": id }));
    at.buy(&file);
    at.carry();
    assert_eq!(data(&mut at.buyer, &id)["word"], "withdrawn");
    assert_eq!(data(&mut at.seller, &id)["returned"], json!(1));
    assert!(read(&mut at.buyer, &id).is_none());
    assert_eq!(at.money(), [START, START, START].map(str::to_owned));
    at.check();
}

#[test]
fn an_order_that_the_bank_cannot_carry_out_ends() {
    let mut at = Counter::new("data-poor");
    let asked = at.seller.command(&offered(MAP, "500.01 EUR"));
    consent(&mut at.seller);
    let id = asked["data"].as_str().unwrap().to_owned();
    let file = at.seller.command(&json!({ "command": "data-file", "data": id }))["file"].clone();
    at.buy(&file);
    at.carry();
    let bought = data(&mut at.buyer, &id);
    assert_eq!(bought["word"], "withdrawn");
    assert_eq!(at.rows(&bought["locks"][0]), [json!("returned")], "nobody can bring the order again");
    assert_eq!(at.money(), [START, START, START].map(str::to_owned));
    at.check();
}

/// Everybody ends and starts again before each step.
#[test]
fn restarts_at_each_step_change_nothing() {
    let mut at = Counter::new("data-restart");
    let asked = at.seller.command(&offered(MAP, "12.00 EUR"));
    at.seller = at.seller.restart();
    consent(&mut at.seller);
    let id = asked["data"].as_str().unwrap().to_owned();
    at.seller = at.seller.restart();
    let file = at.seller.command(&json!({ "command": "data-file", "data": id }))["file"].clone();
    at.buyer.command(&json!({ "command": "data-buy", "file": file }));
    for _ in 0..12 {
        at.buyer = at.buyer.restart();
        at.seller = at.seller.restart();
        at.bank = at.bank.restart();
        consent(&mut at.buyer);
        let said = at.buyer.fetch(at.buyer_bank.server);
        take(&mut at.bank, at.buyer_bank.client, said);
        at.bank = at.bank.restart();
        consent(&mut at.seller);
        let said = at.seller.fetch(at.seller_bank.server);
        take(&mut at.bank, at.seller_bank.client, said);
        at.bank = at.bank.restart();
        let said = at.bank.fetch(at.buyer_bank.client);
        take(&mut at.buyer, at.buyer_bank.server, said);
        let said = at.bank.fetch(at.seller_bank.client);
        take(&mut at.seller, at.seller_bank.server, said);
    }
    assert_eq!(read(&mut at.buyer, &id).unwrap(), MAP);
    assert_eq!(data(&mut at.seller, &id)["word"], "paid");
    assert_eq!(at.money(), ["488.00 EUR", "512.00 EUR", START].map(str::to_owned));
    at.check();
}

/// Every message is lost once; whoever waits asks again.
#[test]
fn lost_messages_are_said_again() {
    let mut at = Counter::new("data-lost");
    let (id, file) = at.offer(MAP);
    at.buy(&file);
    for _ in 0..4 {
        let _ = (at.buyer.fetch(at.buyer_bank.server), at.seller.fetch(at.seller_bank.server));
        at.seller.command(&json!({ "command": "data-resume", "data": id }));
        at.pass(Millis::seconds(120));
        at.fire();
        consent(&mut at.buyer);
        consent(&mut at.seller);
        for (client, said) in [
            (at.buyer_bank.client, at.buyer.fetch(at.buyer_bank.server)),
            (at.seller_bank.client, at.seller.fetch(at.seller_bank.server)),
        ] {
            take(&mut at.bank, client, said);
        }
        let _ = (at.bank.fetch(at.buyer_bank.client), at.bank.fetch(at.seller_bank.client));
        at.pass(Millis::hours(1));
    }
    at.seller.command(&json!({ "command": "data-resume", "data": id }));
    at.carry();
    at.pass(Millis::hours(2));
    at.fire();
    at.carry();
    at.buyer.command(&json!({ "command": "data-resume", "data": id }));
    at.carry();
    assert_eq!(read(&mut at.buyer, &id).unwrap(), MAP);
    assert_eq!(at.money(), ["488.00 EUR", "512.00 EUR", START].map(str::to_owned));
    at.check();
}

/// Whatever anybody said, said again by anybody: nothing moves twice, and a stranger hears nothing.
#[test]
fn copies_move_nothing() {
    let mut at = Counter::new("data-copies");
    let (id, file) = at.offer(MAP);
    let mut copies = Vec::new();
    at.buy(&file);
    for _ in 0..6 {
        consent(&mut at.buyer);
        consent(&mut at.seller);
        for (client, said) in [
            (at.seller_bank.client, at.seller.fetch(at.seller_bank.server)),
            (at.buyer_bank.client, at.buyer.fetch(at.buyer_bank.server)),
        ] {
            copies.extend(said.iter().cloned());
            take(&mut at.bank, client, said);
        }
        let (buyer, seller) = (at.bank.fetch(at.buyer_bank.client), at.bank.fetch(at.seller_bank.client));
        take(&mut at.buyer, at.buyer_bank.server, buyer);
        take(&mut at.seller, at.seller_bank.server, seller);
    }
    assert_eq!(read(&mut at.buyer, &id).unwrap(), MAP);
    let (money, mut seq) = (at.money(), 1_000_000);
    for copy in copies {
        seq += 1;
        let thief = common::cases::peer("thief");
        let mut stolen = copy.clone();
        stolen.seq = seq;
        let _ = at.bank.deliver(thief, stolen);
        assert!(at.bank.fetch(thief).is_empty(), "{}: a thief hears something", copy.kind);
        let mut again = copy.clone();
        again.seq = seq;
        let _ = at.bank.deliver(at.buyer_bank.client, again);
    }
    at.carry();
    assert_eq!(at.money(), money);
    assert_eq!(at.check().locks, 1);
}

#[test]
fn a_file_that_was_touched_is_refused() {
    let mut at = Counter::new("data-bad");
    let (_, file) = at.offer(MAP);
    let bytes: Blob64 = serde_json::from_value(file.clone()).unwrap();
    let whole: Value = serde_json::from_slice(&bytes.0).unwrap();
    let mut cases = Vec::new();
    for (member, value) in [
        ("/letter", json!(Blob64(vec![7; 100]))),
        ("/share/s", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ("/offer", json!("e30.e30.e30")),
        ("/certificate", json!(Blob64(vec![48, 0]))),
        ("/semper_data", json!(2)),
    ] {
        let mut other = whole.clone();
        *other.pointer_mut(member).unwrap_or_else(|| panic!("{member}")) = value;
        cases.push(other.to_string().into_bytes());
    }
    cases.push(vec![b' '; 600 << 10]);
    cases.push(b"{}".to_vec());
    for case in cases {
        refused(&mut at.buyer, &json!({ "command": "data-buy", "file": Blob64(case) }));
        assert!(at.buyer.scan("data/").is_empty() && at.buyer.scan("ask/").is_empty());
    }
    // Nor is one's own offer bought.
    refused(&mut at.seller, &json!({ "command": "data-buy", "file": file }));
    // Nothing after the offer has run out.
    at.pass(Millis::days(8));
    refused(&mut at.buyer, &json!({ "command": "data-buy", "file": file }));
}

#[test]
fn what_is_offered_has_its_bounds() {
    let mut at = Counter::new("data-bounds");
    refused(&mut at.seller, &offered(&vec![0; 300 << 10], "1.00 EUR"));
    for price in ["0.00 EUR", "1.00", "much", "-1.00 EUR"] {
        refused(&mut at.seller, &offered(MAP, price));
    }
    for (member, value) in [
        ("name", json!("")),
        ("title", json!("x".repeat(10_000))),
        ("lock_ms", json!(0)),
        ("until_ms", json!(u64::MAX)),
    ] {
        let mut other = offered(MAP, "1.00 EUR");
        other[member] = value;
        refused(&mut at.seller, &other);
    }
    assert!(at.seller.scan("data/").is_empty() && at.seller.scan("ask/").is_empty());
}

/// The bank tells the seller of a lock that does not pay for the offer: no key is shown, and the bank is no liar.
#[test]
fn a_lock_that_does_not_fit_is_left_alone() {
    let mut at = Counter::new("data-unfit");
    let (id, file) = at.offer(MAP);
    let bytes: Blob64 = serde_json::from_value(file).unwrap();
    take_watch(&mut at);
    // A lock for the same key and hash, but for less: made of the honest one before it is signed.
    let whole: Value = serde_json::from_slice(&bytes.0).unwrap();
    at.buyer.command(&json!({ "command": "data-buy", "file": Blob64(whole.to_string().into_bytes()) }));
    let (key, row) = at.buyer.scan("data/").remove(0);
    let mut record: Value = serde_json::from_slice(&row).unwrap();
    record["side"]["Buying"]["lock"]["amount"]["minor"] = json!(1);
    at.buyer = at.buyer.altered(key, record.to_string().into_bytes());
    at.carry();
    assert_eq!(at.money(), ["499.99 EUR", START, START].map(str::to_owned), "locked, not claimed");
    assert_eq!(data(&mut at.seller, &id)["word"], "offered");
    at.pass(Millis::hours(25));
    at.fire();
    at.carry();
    assert_eq!(at.money(), [START, START, START].map(str::to_owned));
    assert!(at.seller.misdeeds(at.seller_bank.server).is_empty());
    let _ = account(&mut at.buyer);
}

/// The bank's own bound: no more open locks of one account than that.
#[test]
fn the_locks_of_one_account_are_bounded() {
    let mut at = Counter::new("data-many");
    let mut held = 0;
    for number in 0..66_u32 {
        let asked = at.seller.command(&offered(format!("{number}").as_bytes(), "0.01 EUR"));
        consent(&mut at.seller);
        let id = asked["data"].clone();
        let file = at.seller.command(&json!({ "command": "data-file", "data": id }))["file"].clone();
        at.buy(&file);
        for message in at.buyer.fetch(at.buyer_bank.server) {
            held += u32::from(at.bank.deliver(at.buyer_bank.client, message) == Outcome::Taken);
        }
        let _ = at.bank.fetch(at.buyer_bank.client);
    }
    assert_eq!(held, 66);
    assert_eq!(at.check().open_locks, 64);
}

/// The seller signs for another content than it has sealed: the buyer has paid, and its pack convicts the seller.
#[test]
fn what_the_seller_did_not_sign_convicts_it() {
    let mut at = Counter::new("data-wrong");
    at.seller.command(&offered(MAP, "12.00 EUR"));
    let question = at.seller.scan("ask/").remove(0).1;
    let question: Value = serde_json::from_slice(&question).unwrap();
    let payload: Value = serde_json::from_str(question["payload"].as_str().unwrap()).unwrap();
    let (promised, other) = (payload["content"].as_str().unwrap().to_owned(), "77".repeat(32));
    for prefix in ["ask/", "data/"] {
        let (key, row) = at.seller.scan(prefix).remove(0);
        let row = String::from_utf8(row).unwrap().replace(&promised, &other);
        at.seller = at.seller.altered(key, row.into_bytes());
    }
    let own = at.seller.scan("data/").remove(0).0.0;
    consent(&mut at.seller);
    let own = own.strip_prefix("data/").unwrap();
    let file = at.seller.command(&json!({ "command": "data-file", "data": own }))["file"].clone();
    let id = at.buy(&file)["data"].as_str().unwrap().to_owned();
    at.carry();
    assert_eq!(at.money(), ["488.00 EUR", "512.00 EUR", START].map(str::to_owned));
    let bought = data(&mut at.buyer, &id);
    assert_eq!((&bought["word"], &bought["readable"]), (&json!("disputed"), &json!(false)));
    assert!(read(&mut at.buyer, &id).is_none());
    let report = verified(&mut at.buyer, &id);
    assert!(report.is_sound(), "{report}");
    let convicted = serde_json::to_value(&report.lock_verdict.as_ref().unwrap().convictions).unwrap();
    assert_eq!((&convicted[0]["who"], &convicted[0]["misdeed"]), (&json!("seller"), &json!("wrong-file")), "{report}");
    // What the seller shows convicts nobody.
    let report = verified(&mut at.seller, own);
    assert!(report.is_sound() && report.lock_verdict.unwrap().convictions.is_empty());
    at.check();
}

/// Long after the sale, and without a revocation list of today: what was signed then is shown as it was.
#[test]
fn an_old_sale_is_exported_without_a_list_of_today() {
    let mut at = Counter::new("data-stale");
    let (id, file) = at.offer(MAP);
    at.buy(&file);
    at.carry();
    let later = at.buyer.now.plus(Millis::days(40));
    (at.buyer.now, at.seller.now) = (later, later);
    for report in [verified(&mut at.buyer, &id), verified(&mut at.seller, &id)] {
        assert!(report.is_sound(), "{report}");
        assert!(report.lock_verdict.is_some(), "{report}");
    }
}
