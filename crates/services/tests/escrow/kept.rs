//! Mail orders whose money the bank keeps, with parties: paid, back, disputed, ruled on, carried.

use semper_base::{Blob64, Millis};
use semper_driver::service::Input;
use semper_exchange::judge::lock::LockOutcome;
use semper_services::wallet::Wallet;
use serde_json::{Value, json};

use super::common::mail::{Mail, agree_all, word};
use super::common::{Hands, enrol_named};

#[test]
fn an_order_is_locked_shipped_received_and_paid() {
    let mut mail = Mail::kept("kept-paid", "whole");
    let deal = mail.buy(&json!({ "lines": [{ "item": "mug", "quantity": 2 }, { "item": "tea", "quantity": 1 }] }));
    let offered = mail.deal(&deal);
    assert_eq!((&offered["offer"]["pay"], &offered["grade"]), (&json!("locked"), &json!("escrow")));
    assert_eq!(offered["offer"]["arbiter"], "Play notary");
    agree_all(&mut mail, "parcel-order");
    let shown = mail.deal(&deal);
    assert_eq!(
        (word(&shown), &shown["next"]["who"], &shown["next"]["act"]),
        ("signed", &json!("buyer"), &json!("lock"))
    );
    // Nothing is shipped before the bank has the money.
    assert!(!mail.sale()["can"].as_array().unwrap().contains(&json!("ship")));
    let ship = json!({ "command": "ship", "order": mail.last_order(), "carrier": "Post", "tracking": "T-1" });
    assert!(mail.try_shop(&ship).is_err());
    agree_all(&mut mail, "lock");
    agree_all(&mut mail, "lock-debit");
    assert_eq!(mail.balances(), ["470.20", "500.00"]);
    let shown = mail.deal(&deal);
    assert_eq!((&shown["next"]["who"], &shown["next"]["act"]), (&json!("seller"), &json!("ship")));
    assert_eq!((&shown["next"]["otherwise"], &shown["at_risk"]), (&json!("goes-back"), &json!("0.00 EUR")));
    assert_eq!(shown["locks"][0]["state"], "locked");
    let part = mail.ship(&Value::Null);
    assert_eq!((&part["amount"], &part["stated"]), (&json!("29.80 EUR"), &json!(true)));
    let shown = mail.deal(&deal);
    assert_eq!((word(&shown), &shown["next"]["act"]), ("shipped", &json!("look")));
    assert_eq!((&shown["next"]["otherwise"], &shown["at_risk"]), (&json!("paid"), &json!("29.80 EUR")));
    assert_eq!(mail.balances(), ["470.20", "500.00"], "nobody has it yet");
    mail.wallet(&json!({ "command": "received", "deal": deal }));
    agree_all(&mut mail, "parcel-receipt");
    agree_all(&mut mail, "approval");
    assert_eq!(mail.balances(), ["470.20", "529.80"]);
    for shown in [mail.deal(&deal), mail.sale()] {
        assert_eq!(
            (word(&shown), &shown["paid"], &shown["at_risk"]),
            ("received", &json!("29.80 EUR"), &json!("0.00 EUR"))
        );
        assert_eq!((&shown["locks"][0]["state"], &shown["locks"][0]["basis"]), (&json!("divided"), &json!("approved")));
    }
    mail.pass(Millis::days(15));
    assert_eq!((word(&mail.deal(&deal)), word(&mail.sale())), ("closed", "closed"));
    assert_eq!(mail.open_rows(), 0);
}

/// The deal as the buyer and as the seller sees it: its word, and the state and ground of its first lock.
fn stands(mail: &mut Mail, deal: &str) -> [(String, String, String); 2] {
    [mail.deal(deal), mail.sale()].map(|shown| {
        let of = |name: &str| shown["locks"][0][name].as_str().unwrap_or_default().to_owned();
        (word(&shown).to_owned(), of("state"), of("basis"))
    })
}

fn both(word: &str, state: &str, basis: &str) -> [(String, String, String); 2] {
    [(); 2].map(|()| (word.to_owned(), state.to_owned(), basis.to_owned()))
}

#[test]
fn what_is_not_shipped_in_time_comes_back() {
    let mut mail = Mail::kept("kept-idle", "whole");
    let deal = mail.locked(&[("mug", 2)]);
    assert_eq!((mail.balances(), mail.stock("mug")), (["475.10".into(), "500.00".into()], 3));
    mail.pass(Millis::days(7));
    assert_eq!(stands(&mut mail, &deal), both("withdrawn", "divided", "not-shipped"));
    assert_eq!((mail.balances(), mail.stock("mug")), (["500.00".into(), "500.00".into()], 5));
    let ship = json!({ "command": "ship", "order": mail.last_order(), "carrier": "Post", "tracking": "T-1" });
    assert!(mail.try_shop(&ship).is_err());
}

#[test]
fn silence_through_the_window_pays() {
    let mut mail = Mail::kept("kept-silent", "whole");
    let deal = mail.locked(&[("mug", 1)]);
    mail.ship(&Value::Null);
    // Seven days to come, fourteen to look.
    mail.pass(Millis(Millis::days(21).0 - 1));
    assert_eq!(stands(&mut mail, &deal), both("shipped", "consigned", ""));
    mail.pass(Millis(1));
    assert_eq!(stands(&mut mail, &deal), both("received", "divided", "unobjected"));
    assert_eq!(mail.balances(), ["485.10", "514.90"]);
    assert_eq!(mail.deal(&deal)["parts"][0]["by_default"], true);
    // The rights after that are what they were.
    mail.wallet(&json!({ "command": "withdraw", "deal": deal }));
    agree_all(&mut mail, "withdrawal");
    let refund = json!({ "command": "refund", "order": mail.last_order() });
    mail.shop(&refund);
    mail.carry();
    assert_eq!(mail.balances(), ["500.00", "500.00"]);
    assert_eq!((word(&mail.deal(&deal)), word(&mail.sale())), ("closed", "closed"));
}

#[test]
fn a_cancellation_before_the_shipment_gives_the_money_back() {
    let mut mail = Mail::kept("kept-cancel", "whole");
    for locked in [false, true] {
        let lines = [("mug", 1)];
        let deal = if locked { mail.locked(&lines) } else { mail.order(&lines) };
        mail.wallet(&json!({ "command": "cancel", "deal": deal }));
        agree_all(&mut mail, "cancellation");
        assert_eq!(stands(&mut mail, &deal), both("withdrawn", "returned", ""), "{locked}");
        assert_eq!((mail.balances(), mail.stock("mug")), (["500.00".into(), "500.00".into()], 5));
        assert_eq!(mail.questions(), 0, "what waited for the lock is not asked any more");
    }
    // The shop does it by itself.
    let deal = mail.locked(&[("mug", 1)]);
    let cancel = json!({ "command": "cancel", "order": mail.last_order() });
    mail.shop(&cancel);
    mail.carry();
    assert_eq!(stands(&mut mail, &deal), both("withdrawn", "returned", ""));
    assert_eq!(mail.balances(), ["500.00", "500.00"]);
}

#[test]
fn each_part_has_a_lock_of_its_own() {
    let mut mail = Mail::kept("kept-parts", "lines");
    let deal = mail.locked(&[("mug", 1), ("tea", 2)]);
    // Each question is for one lock: there are two.
    let shown = mail.deal(&deal);
    let amounts: Vec<&Value> = shown["locks"].as_array().unwrap().iter().map(|lock| &lock["amount"]).collect();
    assert_eq!(amounts, ["14.90 EUR", "9.80 EUR"], "shipping is paid with the first");
    assert_eq!(mail.balances(), ["475.30", "500.00"]);
    // The second one first.
    let none = json!({ "command": "ship", "order": mail.last_order(), "carrier": "Post", "tracking": "T",
        "lines": [{ "id": "2", "quantity": 1 }] });
    assert!(mail.try_shop(&none).is_err(), "a part is what was agreed");
    mail.ship(&json!([{ "id": "2", "quantity": 2 }]));
    mail.wallet(&json!({ "command": "received", "deal": deal, "part": 1 }));
    agree_all(&mut mail, "parcel-receipt");
    agree_all(&mut mail, "approval");
    assert_eq!(mail.balances(), ["475.30", "509.80"]);
    // The other goes back while it is locked: it stays until the seller gives it back.
    mail.ship(&Value::Null);
    mail.wallet(&json!({ "command": "withdraw", "deal": deal, "part": 2 }));
    agree_all(&mut mail, "withdrawal");
    agree_all(&mut mail, "dispute");
    let shown = mail.deal(&deal);
    assert_eq!((word(&shown), &shown["parts"][1]["money"]), ("withdrawn", &json!("disputed")));
    let some = json!({ "command": "refund", "order": mail.last_order(), "part": 2, "amount": "1.00 EUR" });
    assert!(mail.try_shop(&some).is_err(), "what is locked goes back whole");
    let all = json!({ "command": "refund", "order": mail.last_order(), "part": 2 });
    assert_eq!(mail.shop(&all)["amount"], "14.90 EUR");
    mail.carry();
    assert_eq!(mail.balances(), ["490.20", "509.80"]);
    let (mine, theirs) = (mail.deal(&deal), mail.sale());
    for shown in [mine, theirs] {
        assert_eq!((&shown["parts"][1]["word"], &shown["at_risk"]), (&json!("closed"), &json!("0.00 EUR")));
    }
}

#[test]
fn without_money_nothing_is_locked_and_nobody_is_bound() {
    let mut mail = Mail::kept("kept-poor", "whole");
    let dear = json!({ "id": "gem", "title": "A gem", "price": "900.00 EUR", "vat": "19", "stock": 1, "kind": "parcel",
        "published": true });
    mail.shop(&json!({ "command": "product-put", "product": dear }));
    mail.price_list();
    let deal = mail.locked(&[("gem", 1)]);
    agree_all(&mut mail, "give-back");
    assert_eq!(stands(&mut mail, &deal), both("withdrawn", "returned", ""));
    assert_eq!((mail.balances(), mail.stock("gem")), (["500.00".into(), "500.00".into()], 1));
}

#[test]
fn several_parts_go_together_and_each_has_its_own_word() {
    let mut mail = Mail::kept("kept-together", "lines");
    let deal = mail.locked(&[("mug", 1), ("tea", 2)]);
    let shipped = mail.ship(&Value::Null);
    assert_eq!((&shipped["parts"], &shipped["amount"]), (&json!(2), &json!("24.70 EUR")));
    mail.wallet(&json!({ "command": "received", "deal": deal, "part": 1 }));
    agree_all(&mut mail, "parcel-receipt");
    agree_all(&mut mail, "approval");
    let shown = mail.deal(&deal);
    assert_eq!((&shown["parts"][0]["word"], &shown["parts"][1]["word"]), (&json!("received"), &json!("shipped")));
    assert_eq!(mail.balances(), ["475.30", "514.90"]);
}

/// A dispute, ruled on by the arbiter with the pack of either side.
#[test]
fn a_complaint_stops_the_money_until_the_one_ruling() {
    let mut mail = Mail::kept("kept-dispute", "whole");
    let deal = mail.locked(&[("mug", 2)]);
    mail.ship(&Value::Null);
    mail.wallet(&json!({ "command": "complain", "deal": deal, "reason": "One is broken." }));
    mail.carry();
    agree_all(&mut mail, "objection");
    agree_all(&mut mail, "dispute");
    assert_eq!(stands(&mut mail, &deal), both("disputed", "disputed", ""));
    let shown = mail.deal(&deal);
    assert_eq!((&shown["next"]["who"], &shown["next"]["act"]), (&json!("arbiter"), &json!("rule")));
    assert_eq!(shown["next"]["otherwise"], "goes-back");
    mail.pass(Millis::days(21));
    assert_eq!(mail.balances(), ["475.10", "500.00"], "silence decides nothing any more");
    let pack = pack_of_shop(&mut mail);
    let rule =
        |payee: &str| json!({ "command": "arbiter-rule", "pack": pack, "payee": payee, "reasons": "Half is good." });
    let notary =
        |mail: &mut Mail, command: &Value| mail.street.notary.local(&Input::Command(command.to_string().into_bytes()));
    let show = json!({ "command": "arbiter-show", "pack": pack });
    let case = notary(&mut mail, &show).unwrap();
    let open = &case["disputes"][0];
    assert_eq!(
        (&open["complaint"], &open["by"], &open["part"]),
        (&json!("One is broken."), &json!("buyer"), &json!(1))
    );
    assert_eq!(
        (&open["due"], &open["otherwise"], &open["late"]),
        (&json!("24.90 EUR"), &json!("buyer"), &json!(false))
    );
    assert_eq!((&open["yours"], &open["ruled"], &case["sound"]), (&json!(true), &Value::Null, &json!(true)));
    assert!(case["text"].as_str().unwrap().contains("had an objection on record"), "{case}");
    assert_eq!(mail.shop(&show)["disputes"][0]["yours"], false);
    assert!(notary(&mut mail, &rule("24.91 EUR")).is_err(), "more than is due");
    let ruled = notary(&mut mail, &rule("14.90 EUR")).unwrap();
    assert_eq!((&ruled["payee"], &ruled["payer"]), (&json!("14.90 EUR"), &json!("10.00 EUR")));
    assert!(notary(&mut mail, &rule("1.00 EUR")).is_err(), "once");
    assert_eq!(notary(&mut mail, &rule("14.90 EUR")).unwrap()["statement"], ruled["statement"]);
    let again = notary(&mut mail, &show).unwrap();
    assert_eq!(again["disputes"][0]["ruled"]["statement"], ruled["statement"]);
    // Nobody else is the arbiter.
    assert!(mail.try_shop(&rule("14.90 EUR")).is_err());
    mail.wallet(&json!({ "command": "bring", "deal": deal, "statement": ruled["statement"] }));
    mail.carry();
    assert_eq!(mail.balances(), ["485.10", "514.90"]);
    assert_eq!(stands(&mut mail, &deal), both("closed", "divided", "ruled"), "the time to withdraw is over, too");
    let shown = mail.deal(&deal);
    assert_eq!((&shown["paid"], &shown["refunded"]), (&json!("24.90 EUR"), &json!("10.00 EUR")));
    let packs = [mail.wallet(&json!({ "command": "export", "deal": deal }))["pack"].clone(), pack_of_shop(&mut mail)];
    for pack in packs {
        let bytes = semper_base::bytes::decode(pack.as_str().unwrap()).unwrap();
        let report = mail.verify(&bytes);
        assert!(report.is_sound(), "{report}");
        let stated: Vec<String> = report.proven.iter().map(|one| format!("{}: {}", one.by, one.sentence)).collect();
        let all = stated.join("\n");
        for part in [
            "bank: locked 24.90 EUR",
            "bank: had the seller's word that it is on its way; 24.90 EUR due",
            "bank: had an objection on record",
            "buyer: complained about part 1",
            "bank: paid 14.90 EUR to the seller and gave 10.00 EUR back",
        ] {
            assert!(all.contains(part), "{part} in\n{all}");
        }
        let [kept] = report.locks.as_slice() else { panic!("{report}") };
        assert_eq!((kept.part, kept.verdict.outcome), (Some(1), LockOutcome::Divided), "{report}");
        assert!(kept.verdict.convictions.is_empty() && report.remarks.is_empty(), "{report}");
    }
}

fn pack_of_shop(mail: &mut Mail) -> Value {
    let order = mail.last_order();
    mail.shop(&json!({ "command": "export", "order": order }))["pack"].clone()
}

/// Without a ruling it goes to whom the offer names for that case.
#[test]
fn an_arbiter_that_says_nothing_leaves_it_to_the_contract() {
    let mut mail = Mail::kept("kept-unruled", "whole");
    let deal = mail.locked(&[("mug", 1)]);
    mail.ship(&Value::Null);
    mail.wallet(&json!({ "command": "complain", "deal": deal, "reason": "Nothing came." }));
    mail.carry();
    agree_all(&mut mail, "objection");
    agree_all(&mut mail, "dispute");
    // To ship, to come, to look, to rule.
    mail.pass(Millis::days(7 + 7 + 14 + 14));
    assert_eq!(stands(&mut mail, &deal), both("closed", "divided", "unruled"));
    assert_eq!(mail.balances(), ["500.00", "500.00"]);
}

/// The buyer gives its code to whoever brings the goods; that one's word makes the time to look begin.
#[test]
fn a_carrier_says_with_the_pickup_code_that_it_came() {
    let mut mail = Mail::kept("kept-carried", "whole");
    let mut carrier = Hands::new("kept-carried-carrier", Wallet);
    enrol_named(&mut mail.street.ca, &mut carrier, "buyer", "Play carrier", &["statement"]);
    let identity: Value = serde_json::from_slice(&carrier.get("identity", "statement").unwrap()).unwrap();
    let card = carrier.get("certificate", identity["certificate"].as_str().unwrap()).unwrap();
    let card = Blob64(card);
    mail.shop(&json!({ "command": "shipping", "set": { "carrier": card } }));
    let deal = mail.locked(&[("mug", 1)]);
    let shown = mail.deal(&deal);
    assert!(shown["offer"]["carrier"].is_string(), "{shown}");
    let code = shown["locks"][0]["pickup_code"].clone();
    assert!(mail.sale()["locks"][0].get("pickup_code").is_none(), "the shop does not know it");
    mail.ship(&Value::Null);
    assert_eq!(mail.deal(&deal)["next"]["who"], "carrier");
    let waybill = json!({ "command": "waybill", "order": mail.last_order() });
    let waybill = mail.shop(&waybill)["waybill"].clone();
    let brought = |code: &Value| json!({ "command": "carrier-handed-over", "lock": waybill, "code": code });
    let show = json!({ "command": "carrier-show", "lock": waybill });
    let asked = carrier.command(&show);
    assert_eq!((&asked["yours"], &asked["said"], &asked["deliver_days"]), (&json!(true), &Value::Null, &json!(7)));
    assert_eq!(mail.shop(&show)["yours"], false);
    let wrong = json!("00000000000000000000000000000000");
    assert!(carrier.local(&Input::Command(brought(&wrong).to_string().into_bytes())).is_err());
    let word = carrier.command(&brought(&code))["statement"].clone();
    assert_eq!(carrier.command(&show)["said"], word);
    let bring = json!({ "command": "bring", "order": mail.last_order(), "statement": word });
    mail.shop(&bring);
    mail.carry();
    assert_eq!(stands(&mut mail, &deal), both("shipped", "arrived", ""));
    mail.pass(Millis::days(14));
    assert_eq!(stands(&mut mail, &deal), both("received", "divided", "unobjected"));
    assert_eq!(mail.balances(), ["485.10", "514.90"]);
    // What the carrier says nothing of comes back, unless the seller has the arbiter decide.
    for disputes in [true, false] {
        let deal = mail.locked(&[("mug", 1)]);
        mail.ship(&Value::Null);
        let dispute =
            json!({ "command": "dispute", "order": mail.last_order(), "reason": "It came, says my neighbour." });
        assert!(mail.sale()["can"].as_array().unwrap().contains(&json!("dispute")));
        if disputes {
            mail.shop(&dispute);
            mail.carry();
            assert_eq!(stands(&mut mail, &deal), both("disputed", "disputed", ""));
            assert!(mail.try_shop(&dispute).is_err(), "once");
        }
        mail.pass(Millis::days(7));
        let word = if disputes { "disputed" } else { "divided" };
        assert_eq!(mail.deal(&deal)["locks"][0]["state"], word);
    }
    assert_eq!(mail.balances(), ["470.20", "514.90"], "one is still disputed");
}

#[test]
fn what_a_carrier_says_nothing_of_comes_back() {
    let mut mail = Mail::kept("kept-uncarried", "whole");
    let mut carrier = Hands::new("kept-uncarried-carrier", Wallet);
    enrol_named(&mut mail.street.ca, &mut carrier, "buyer", "Play carrier", &["statement"]);
    let identity: Value = serde_json::from_slice(&carrier.get("identity", "statement").unwrap()).unwrap();
    let card = Blob64(carrier.get("certificate", identity["certificate"].as_str().unwrap()).unwrap());
    mail.shop(&json!({ "command": "shipping", "set": { "carrier": card } }));
    let deal = mail.locked(&[("mug", 1)]);
    mail.ship(&Value::Null);
    mail.pass(Millis::days(7));
    assert_eq!(stands(&mut mail, &deal), both("closed", "divided", "not-arrived"));
    assert_eq!(mail.balances(), ["500.00", "500.00"]);
}
