//! Contracts of two over their own link: the notary hears of them only if somebody stops, and then ends them the
//! same way for both.

use crate::common;

use common::pair::Pair;
use common::table::{answers, consent, decline, fire};
use semper_base::{Code, Millis};
use semper_support::comm::{Envelope, Outcome};
use serde_json::{Value, json};

#[test]
fn four_messages_and_the_notary_never_hears_of_it() {
    let mut pair = Pair::new("pair-all");
    let (id, file) = pair.make();
    pair.shop_signs(&file);
    pair.wallet_signs(&file);
    pair.talk();
    assert_eq!(pair.words(&id), (json!("signed"), json!("signed")));
    assert!(pair.wallet.fetch(pair.wallet_notary.server).is_empty());
    assert!(pair.shop.fetch(pair.shop_notary.server).is_empty());
    assert!(pair.rows(&id).is_empty());
}

#[test]
fn a_promise_that_comes_before_the_owner_has_the_file_waits() {
    let mut pair = Pair::new("pair-early");
    let (id, file) = pair.make();
    pair.wallet_signs(&file);
    pair.talk();
    assert_eq!(pair.shop.scan("early/").len(), 1);
    pair.shop = pair.shop.restart();
    pair.shop_signs(&file);
    assert!(pair.shop.scan("early/").is_empty());
    pair.talk();
    assert_eq!(pair.words(&id), (json!("signed"), json!("signed")));
}

#[test]
fn what_nobody_looks_at_is_forgotten_when_its_time_is_over() {
    let mut pair = Pair::new("pair-forgotten");
    let (_, file) = pair.make();
    pair.wallet_signs(&file);
    pair.talk();
    pair.pass(Millis::days(8));
    fire(&mut pair.shop);
    assert!(pair.shop.scan("early/").is_empty());
}

/// The other side never answers: the one who began steps back, and the answer comes too late for both.
#[test]
fn an_abort_before_the_answer() {
    let mut pair = Pair::new("pair-abort");
    let (id, file) = pair.make();
    pair.shop_signs(&file);
    pair.wallet_signs(&file);
    let promise = pair.said_to_shop();
    pair.wallet.command(&json!({ "command": "contract-abort", "contract": id }));
    consent(&mut pair.wallet);
    pair.ask_notary(false);
    assert_eq!(pair.rows(&id), ["aborted"]);
    for message in promise {
        assert_eq!(pair.shop.deliver(pair.link.client, message), Outcome::Taken);
    }
    consent(&mut pair.shop);
    pair.talk();
    assert_eq!(pair.words(&id), (json!("withdrawn"), json!("agreed")));
    // The shop's patience ends: it asks, and hears the same.
    pair.wait(Millis::seconds(30));
    pair.ask_notary(true);
    assert_eq!(pair.words(&id), (json!("withdrawn"), json!("withdrawn")));
    assert_eq!(pair.rows(&id), ["aborted"]);
}

/// Both ask at once: whoever comes first decides for both.
#[test]
fn an_abort_and_a_completion_race() {
    for shop_first in [true, false] {
        let mut pair = Pair::new(if shop_first { "pair-race-r" } else { "pair-race-a" });
        let (id, file) = pair.make();
        pair.shop_signs(&file);
        pair.wallet_signs(&file);
        for message in pair.said_to_shop() {
            assert_eq!(pair.shop.deliver(pair.link.client, message), Outcome::Taken);
        }
        consent(&mut pair.shop);
        // The answer is on its way; the one wants out, the other wants it done.
        drop(pair.shop.fetch(pair.link.client));
        pair.wallet.command(&json!({ "command": "contract-abort", "contract": id }));
        consent(&mut pair.wallet);
        pair.shop.command(&json!({ "command": "contract-resolve", "contract": id }));
        pair.ask_notary(shop_first);
        pair.ask_notary(shop_first);
        let word = if shop_first { "signed" } else { "withdrawn" };
        assert_eq!(pair.words(&id), (json!(word), json!(word)));
        assert_eq!(pair.rows(&id).len(), 1);
    }
}

/// The one who began has both promises and gave its signature, and hears nothing: the notary completes it.
#[test]
fn whoever_signed_and_gets_nothing_is_helped() {
    let mut pair = Pair::new("pair-silent");
    let (id, file) = pair.make();
    pair.shop_signs(&file);
    pair.wallet_signs(&file);
    for _ in 0..2 {
        for message in pair.said_to_shop() {
            assert_eq!(pair.shop.deliver(pair.link.client, message), Outcome::Taken);
        }
        consent(&mut pair.shop);
        let said = pair.shop.fetch(pair.link.client);
        // The first of what the shop says arrives, its signature does not.
        if pair.wallet.command(&json!({ "command": "contract", "contract": id }))["stage"] == "promised" {
            for message in said {
                assert_eq!(pair.wallet.deliver(pair.link.server, message), Outcome::Taken);
            }
        }
        consent(&mut pair.wallet);
    }
    assert_eq!(pair.words(&id), (json!("agreed"), json!("signed")));
    pair.wait(Millis::seconds(30));
    pair.ask_notary(false);
    assert_eq!(pair.words(&id), (json!("signed"), json!("signed")));
    assert_eq!(pair.rows(&id), ["resolved"]);
    // Asked again much later, the same bytes.
    let ask = json!({ "command": "contract-resume", "contract": id });
    pair.shop.command(&ask);
    let first = answers(&pair.notary.fetch(pair.shop_notary.client));
    assert!(first.is_empty(), "nothing waits");
}

#[test]
fn the_shop_declines_and_the_wallet_is_free() {
    let mut pair = Pair::new("pair-declines");
    let (id, file) = pair.make();
    pair.wallet_signs(&file);
    pair.shop.command(&json!({ "command": "contract-sign", "file": file }));
    decline(&mut pair.shop, "agreement");
    pair.talk();
    assert_eq!(pair.words(&id), (json!("agreed"), json!("withdrawn")));
    // Nobody answers; when the time is over the notary ends it.
    pair.wait(Millis::days(8));
    pair.ask_notary(false);
    assert_eq!(pair.words(&id), (json!("withdrawn"), json!("withdrawn")));
}

#[test]
fn a_stranger_to_the_contract_is_refused() {
    let mut pair = Pair::new("pair-stranger");
    let (_, file) = pair.make();
    pair.wallet_signs(&file);
    let promise = pair.said_to_shop().remove(0);
    // The same packet at somebody whom it does not name.
    let before = pair.notary.state();
    let outcome = pair.notary.deliver(pair.wallet_notary.client, promise.clone());
    assert_eq!(outcome, Outcome::rejected(Code::OutOfTurn));
    assert_eq!(pair.notary.state(), before);
    // A signature before its time.
    let mut early: Value = serde_json::from_str(&promise.body).unwrap();
    early["content"] = json!({ "signature": { "statement": early["content"]["promise"]["statement"] } });
    let early = Envelope { body: early.to_string(), ..promise };
    let before = pair.shop.state();
    assert_eq!(pair.shop.deliver(pair.link.client, early), Outcome::rejected(Code::KindWrong));
    assert_eq!(pair.shop.state(), before);
}
