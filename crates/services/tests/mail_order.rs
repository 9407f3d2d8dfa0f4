//! Mail order between a wallet and a shop: goods in parcels, in parts, cancelled, sent back, complained about.

use crate::common;

use common::mail::{Mail, Near as _, agree_all, code, word};
use semper_base::{Code, Millis};
use serde_json::{Value, json};

#[test]
fn an_order_in_two_parts_is_shipped_paid_and_received() {
    let mut mail = Mail::new("two-parts");
    let deal = mail.order(&[("mug", 2), ("tea", 1)]);
    let shown = mail.deal(&deal);
    assert_eq!((word(&shown), &shown["process"], &shown["grade"]), ("signed", &json!("mail-order"), &json!("weak")));
    assert_eq!(
        (&shown["total"], &shown["paid"], &shown["shipping"]),
        (&json!("29.80 EUR"), &json!("0.00 EUR"), &json!("4.90 EUR"))
    );
    assert_eq!(
        (&shown["next"]["who"], &shown["next"]["act"], &shown["next"]["you"]),
        (&json!("seller"), &json!("ship"), &json!(false))
    );
    assert_eq!(mail.stock("mug"), 3, "set aside");
    // The first part: one mug. Shipping is due with it.
    let part = mail.ship(&json!([{ "id": "1", "quantity": 1 }]));
    assert_eq!((&part["part"], &part["amount"]), (&json!(1), &json!("14.90 EUR")));
    let shown = mail.deal(&deal);
    assert_eq!((word(&shown), &shown["next"]["act"]), ("due", &json!("pay")));
    assert_eq!(shown["parts"][0]["tracking"], "T-1");
    agree_all(&mut mail, "transfer");
    let shown = mail.deal(&deal);
    assert_eq!((word(&shown), &shown["paid"], &shown["at_risk"]), ("signed", &json!("14.90 EUR"), &json!("14.90 EUR")));
    assert_eq!(shown["parts"][0]["word"], "shipped");
    // The rest.
    let part = mail.ship(&Value::Null);
    assert_eq!((&part["part"], &part["amount"]), (&json!(2), &json!("14.90 EUR")));
    agree_all(&mut mail, "transfer");
    assert_eq!(word(&mail.deal(&deal)), "shipped");
    assert_eq!(word(&mail.sale()), "shipped");
    assert_eq!(mail.balances(), ["470.20", "529.80"]);
    // Both arrive.
    for part in [1, 2] {
        mail.wallet(&json!({ "command": "received", "deal": deal, "part": part }));
        agree_all(&mut mail, "parcel-receipt");
    }
    let (mine, theirs) = (mail.deal(&deal), mail.sale());
    assert_eq!((word(&mine), word(&theirs)), ("received", "received"));
    assert_eq!((&mine["at_risk"], &theirs["at_risk"]), (&json!("0.00 EUR"), &json!("0.00 EUR")));
    assert_eq!(mine["can"], json!(["withdraw", "refund-address", "export"]));
    let whats: Vec<&str> =
        mine["timeline"].as_array().unwrap().iter().map(|event| event["what"].as_str().unwrap()).collect();
    assert_eq!(whats.len(), 12, "{whats:?}");
    assert_eq!(mine["address"]["city"], "Hamburg");
    mail.pass(Millis::days(15));
    assert_eq!((word(&mail.deal(&deal)), word(&mail.sale())), ("closed", "closed"));
    assert_eq!(mail.open_rows(), 0);
}

#[test]
fn a_cart_is_ordered_whole() {
    let mut mail = Mail::new("cart");
    let lines = json!([{ "item": "mug", "quantity": 1 }, { "item": "tea", "quantity": 2 }]);
    let cart = mail.shop(&json!({ "command": "cart-put", "lines": lines }));
    assert_eq!(mail.shop(&json!({ "command": "cart", "cart": cart["cart"] }))["lines"], lines);
    let deal = mail.buy(&json!({ "cart": cart["cart"] }));
    assert_eq!(word(&mail.deal(&deal)), "offered");
    let ordered = |mail: &mut Mail| mail.shop(&json!({ "command": "cart", "cart": cart["cart"] }))["ordered"].clone();
    assert_eq!(ordered(&mut mail), false);
    agree_all(&mut mail, "parcel-order");
    assert_eq!(mail.deal(&deal)["total"], "24.70 EUR");
    assert_eq!(ordered(&mut mail), true);
    mail.pass(Millis::days(1));
    let gone = mail.buy(&json!({ "cart": cart["cart"] }));
    assert_eq!(code(&mail.deal(&gone)), Code::CartGone.number());
}

#[test]
fn a_variant_is_offered_and_signed_under_its_full_name() {
    let mut mail = Mail::new("variant");
    let product = json!({
        "id": "mug", "title": "A mug", "price": "10.00 EUR", "vat": "19", "stock": 5, "kind": "parcel",
        "published": true, "group": "mug", "options": [["Colour", "Blue"], ["Size", "L"]],
    });
    mail.shop(&json!({ "command": "product-put", "product": product }));
    mail.price_list();
    let deal = mail.order(&[("mug", 1)]);
    let shown = mail.deal(&deal);
    assert_eq!((&shown["title"], &shown["lines"][0]["title"]), (&json!("A mug (Blue, L)"), &json!("A mug (Blue, L)")));
}

#[test]
fn what_was_not_shipped_is_cancelled_by_either_side() {
    let mut mail = Mail::new("cancel");
    // The buyer asks; the shop confirms at once.
    let deal = mail.order(&[("mug", 2)]);
    mail.wallet(&json!({ "command": "cancel", "deal": deal }));
    agree_all(&mut mail, "cancellation");
    assert_eq!((word(&mail.deal(&deal)), word(&mail.sale()), mail.stock("mug")), ("withdrawn", "withdrawn", 5));
    let order = mail.last_order();
    assert!(mail.try_shop(&json!({ "command": "ship", "order": order, "carrier": "Post", "tracking": "1" })).is_err());
    // The shop cancels the second part of two.
    let deal = mail.order(&[("mug", 2)]);
    mail.ship(&json!([{ "id": "1", "quantity": 1 }]));
    agree_all(&mut mail, "transfer");
    let order = mail.last_order();
    mail.shop(&json!({ "command": "cancel", "order": order, "reason": "It broke." }));
    mail.carry();
    let shown = mail.deal(&deal);
    assert_eq!((word(&shown), &shown["lines"][0]["cancelled"]), ("shipped", &json!(1)));
    assert_eq!(mail.stock("mug"), 4);
    assert!(mail.try_wallet(&json!({ "command": "cancel", "deal": deal })).is_err(), "nothing is left");
    assert_eq!(mail.open_rows(), 0);
}

#[test]
fn a_cancellation_that_crosses_with_the_shipment_is_too_late() {
    let mut mail = Mail::new("crossed");
    let deal = mail.order(&[("mug", 1)]);
    mail.wallet(&json!({ "command": "cancel", "deal": deal }));
    mail.agree_only("cancellation");
    mail.ship_without_carrying(&Value::Null);
    mail.carry();
    let shown = mail.deal(&deal);
    assert_eq!((word(&shown), &shown["cancel_asked"]), ("due", &Value::Null));
    assert_eq!(word(&mail.sale()), "due");
}

#[test]
fn a_withdrawal_is_acknowledged_at_once_and_paid_back() {
    let mut mail = Mail::new("withdraw");
    let deal = mail.delivered(&[("mug", 1)]);
    let preview = mail.wallet(&json!({ "command": "withdraw", "deal": deal, "preview": true }));
    assert_eq!(preview["parts"][0]["amount"], "14.90 EUR");
    assert!(preview["refund_at_most"].is_string() && preview["return_costs"] == "buyer", "{preview}");
    assert_eq!(mail.questions(), 0, "a preview asks nobody");
    mail.wallet(&json!({ "command": "withdraw", "deal": deal }));
    mail.carry();
    agree_all(&mut mail, "withdrawal");
    let shown = mail.deal(&deal);
    assert_eq!(
        (word(&shown), &shown["next"]["act"], &shown["at_risk"]),
        ("withdrawn", &json!("refund"), &json!("14.90 EUR"))
    );
    assert!(shown["parts"][0]["acknowledged"].is_string());
    let order = mail.last_order();
    let done = mail.shop(&json!({ "command": "refund", "order": order }));
    assert_eq!(done["amount"], "14.90 EUR");
    assert_eq!(word(&mail.sale()), "refunding");
    mail.carry();
    let shown = mail.deal(&deal);
    assert_eq!(
        (word(&shown), &shown["refunded"], &shown["at_risk"]),
        ("closed", &json!("14.90 EUR"), &json!("0.00 EUR"))
    );
    assert_eq!(word(&mail.sale()), "closed");
    assert_eq!(mail.balances(), ["500.00", "500.00"]);
    let order = mail.last_order();
    assert!(mail.try_shop(&json!({ "command": "refund", "order": order })).is_err(), "once");
}

#[test]
fn a_withdrawal_has_an_end() {
    let mut mail = Mail::new("withdraw-late");
    let deal = mail.delivered(&[("mug", 1)]);
    mail.pass(Millis::days(14).plus_one());
    assert!(mail.try_wallet(&json!({ "command": "withdraw", "deal": deal })).is_err());
}

#[test]
fn a_complaint_is_settled_by_a_partial_refund_and_a_receipt() {
    let mut mail = Mail::new("complain");
    let deal = mail.order(&[("mug", 1)]);
    mail.ship(&Value::Null);
    agree_all(&mut mail, "transfer");
    mail.wallet(&json!({ "command": "complain", "deal": deal, "reason": "The handle is off." }));
    mail.carry();
    agree_all(&mut mail, "objection");
    assert_eq!((word(&mail.deal(&deal)), word(&mail.sale())), ("disputed", "disputed"));
    let order = mail.last_order();
    let sale = mail.shop(&json!({ "command": "sale", "deal": order }));
    for side in [mail.deal(&deal), sale] {
        assert_eq!(side["parts"][0]["complaint"], "The handle is off.");
    }
    let refund = json!({ "command": "refund", "order": mail.last_order(), "part": 1, "amount": "4.00 EUR" });
    mail.shop(&refund);
    assert!(mail.try_shop(&refund).is_err(), "one at a time");
    mail.carry();
    assert_eq!(mail.deal(&deal)["refunded"], "4.00 EUR");
    assert_eq!(word(&mail.deal(&deal)), "disputed", "the buyer has not agreed");
    // A second refund needs another reference.
    assert_eq!(mail.try_shop(&refund).unwrap_err().code(), Code::PayToUnknown);
    mail.wallet(&json!({ "command": "refund-address", "deal": deal }));
    mail.carry();
    agree_all(&mut mail, "refund-address");
    let order = mail.last_order();
    mail.shop(&json!({ "command": "refund", "order": order, "amount": "1.00 EUR" }));
    mail.carry();
    assert_eq!(mail.deal(&deal)["refunded"], "5.00 EUR");
    mail.wallet(&json!({ "command": "received", "deal": deal, "part": 1 }));
    agree_all(&mut mail, "parcel-receipt");
    assert_eq!((word(&mail.deal(&deal)), word(&mail.sale())), ("received", "received"));
    assert_eq!(mail.balances(), ["490.10", "509.90"]);
    let too_much = json!({ "command": "refund", "order": mail.last_order(), "part": 1, "amount": "9.91 EUR" });
    assert_eq!(mail.try_shop(&too_much).unwrap_err().code(), Code::FieldWrong);
}

#[test]
fn silence_counts_as_receipt_on_both_sides() {
    let mut mail = Mail::new("silence");
    let deal = mail.order(&[("mug", 1)]);
    mail.ship(&Value::Null);
    agree_all(&mut mail, "transfer");
    mail.pass(Millis::days(21).minus_one());
    assert_eq!(word(&mail.deal(&deal)), "shipped");
    mail.pass(Millis(1));
    let shown = mail.deal(&deal);
    assert_eq!((word(&shown), &shown["parts"][0]["by_default"]), ("received", &json!(true)));
    assert_eq!(word(&mail.sale()), "shipped", "a day of grace for what is on its way");
    assert!(
        mail.try_wallet(&json!({ "command": "complain", "deal": deal, "part": 1, "reason": "Late." })).is_ok(),
        "this very moment"
    );
    mail.pass(Millis::days(1));
    assert_eq!(word(&mail.sale()), "received");
    assert!(mail.try_wallet(&json!({ "command": "complain", "deal": deal, "part": 1, "reason": "Late." })).is_err());
    mail.pass(Millis::days(14));
    assert_eq!((word(&mail.deal(&deal)), word(&mail.sale())), ("closed", "closed"));
}

#[test]
fn nothing_is_sold_that_is_not_there_or_not_at_that_price_any_more() {
    let mut mail = Mail::new("refusals");
    let refused = |mail: &mut Mail, lines: &Value| {
        let deal = mail.buy(&json!({ "lines": lines }));
        let shown = mail.deal(&deal);
        assert_eq!(word(&shown), "withdrawn");
        code(&shown)
    };
    assert_eq!(refused(&mut mail, &json!([{ "item": "mug", "quantity": 6 }])), Code::SoldOut.number());
    assert_eq!(refused(&mut mail, &json!([{ "item": "none", "quantity": 1 }])), Code::NotForSale.number());
    // Two want the last five; one gets them.
    let first = mail.buy(&json!({ "lines": [{ "item": "mug", "quantity": 5 }] }));
    let second = mail.buy(&json!({ "lines": [{ "item": "mug", "quantity": 1 }] }));
    agree_all(&mut mail, "parcel-order");
    let words = [word(&mail.deal(&first)).to_owned(), word(&mail.deal(&second)).to_owned()];
    assert_eq!(words, ["signed", "withdrawn"]);
    assert_eq!(code(&mail.deal(&second)), Code::SoldOut.number());
    assert_eq!(mail.stock("mug"), 0);
    // The price rises between offer and order.
    let deal = mail.buy(&json!({ "lines": [{ "item": "tea", "quantity": 1 }] }));
    mail.shop(&json!({ "command": "product-set", "id": "tea", "price": "5.90 EUR" }));
    mail.price_list();
    agree_all(&mut mail, "parcel-order");
    assert_eq!(code(&mail.deal(&deal)), Code::PriceChanged.number());
    // An offer runs out: the question goes, and the order would be refused.
    let deal = mail.buy(&json!({ "lines": [{ "item": "tea", "quantity": 1 }] }));
    mail.pass(Millis::hours(2));
    assert_eq!((code(&mail.deal(&deal)), mail.questions()), (Code::OfferExpired.number(), 0));
    assert_eq!(mail.stock("tea"), 3);
}

#[test]
fn an_order_that_arrives_twice_is_taken_once() {
    let mut mail = Mail::new("twice");
    let deal = mail.buy(&json!({ "lines": [{ "item": "mug", "quantity": 1 }] }));
    mail.agree_only("parcel-order");
    mail.wallet(&json!({ "command": "resume", "deal": deal }));
    mail.carry();
    mail.wallet(&json!({ "command": "resume", "deal": deal }));
    mail.carry();
    assert_eq!((word(&mail.deal(&deal)), mail.stock("mug"), mail.sales()), ("signed", 4, 1));
}

#[test]
fn the_shop_ships_only_what_was_ordered_and_is_left() {
    let mut mail = Mail::new("not-ordered");
    mail.order(&[("mug", 2)]);
    let ship = |lines: Value, order: &str| json!({ "command": "ship", "order": order, "lines": lines, "carrier": "Post", "tracking": "T-1" });
    let order = mail.last_order();
    for lines in [
        json!([{ "id": "2", "quantity": 1 }]),
        json!([{ "id": "1", "quantity": 3 }]),
        json!([{ "id": "1", "quantity": 0 }]),
        json!([{ "id": "1", "quantity": 1 }, { "id": "1", "quantity": 1 }]),
        json!([]),
    ] {
        assert_eq!(mail.try_shop(&ship(lines.clone(), &order)).unwrap_err().code(), Code::TermsWrong, "{lines}");
    }
    let nameless = json!({ "command": "ship", "order": order, "carrier": " ", "tracking": "T-1" });
    assert_eq!(mail.try_shop(&nameless).unwrap_err().code(), Code::FieldWrong);
}

#[test]
fn a_pack_shows_a_stranger_who_stated_what() {
    let mut mail = Mail::new("pack");
    let deal = mail.delivered(&[("mug", 1)]);
    mail.wallet(&json!({ "command": "withdraw", "deal": deal }));
    mail.carry();
    agree_all(&mut mail, "withdrawal");
    let order = mail.last_order();
    mail.shop(&json!({ "command": "refund", "order": order, "amount": "10.00 EUR" }));
    mail.carry();
    let packs = [
        mail.wallet(&json!({ "command": "export", "deal": deal }))["pack"].clone(),
        mail.shop(&json!({ "command": "export", "order": order }))["pack"].clone(),
    ];
    for pack in packs {
        let bytes = semper_base::bytes::decode(pack.as_str().unwrap()).unwrap();
        let report = mail.verify(&bytes);
        assert!(report.is_sound(), "{report}");
        assert_eq!(report.order.unwrap().to_string(), order);
        let stated: Vec<String> = report.proven.iter().map(|one| format!("{}: {}", one.by, one.sentence)).collect();
        let all = stated.join("\n");
        for part in [
            "prices that the offer stands on",
            "seller: offered the goods for 14.90 EUR",
            "buyer: ordered them",
            "seller: accepted the order",
            "seller: handed part 1 to \"Post\"",
            "by its own word alone; 14.90 EUR due",
            "bank: paid 14.90 EUR for part 1",
            "buyer: has part 1",
            "buyer: withdrew from part 1",
            "seller: had the withdrawal from part 1",
            "bank: paid 10.00 EUR back for part 1",
        ] {
            assert!(all.contains(part), "{part} in\n{all}");
        }
        assert_eq!(stated.len(), 10, "{all}");
        assert!(report.remarks.is_empty(), "everything that is named is here: {report}");
        let text = report.to_string();
        assert!(text.contains("Play buyer") && text.contains("Play seller") && text.contains("Play bank"), "{text}");
        assert!(!text.contains("Verdict"), "{text}");
        // A changed byte anywhere is found.
        for at in (0..bytes.len()).step_by(bytes.len() / 40) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(mail.try_verify(&changed).is_none_or(|report| !report.is_sound()), "byte {at}");
        }
    }
}

/// A refund of a file after its settlement: a new payment that both sides show with the deal.
#[test]
fn a_file_is_paid_back_after_its_settlement() {
    let mut mail = Mail::new("file-refund");
    let deal = mail.buy_file();
    assert_eq!(word(&mail.deal(&deal)), "closed");
    let sales = mail.shop(&json!({ "command": "sales" }));
    let order = sales["sales"][0]["order"].as_str().unwrap().to_owned();
    let refund = json!({ "command": "refund", "order": order, "amount": "1.90 EUR" });
    assert_eq!(mail.try_shop(&refund).unwrap_err().code(), Code::PayToUnknown);
    for (amount, sum) in [("1.90 EUR", "1.90 EUR"), ("3.00 EUR", "4.90 EUR")] {
        mail.wallet(&json!({ "command": "refund-address", "deal": deal }));
        mail.carry();
        agree_all(&mut mail, "refund-address");
        let too_much = json!({ "command": "refund", "order": order, "amount": "4.91 EUR" });
        assert_eq!(mail.try_shop(&too_much).unwrap_err().code(), Code::FieldWrong);
        mail.shop(&json!({ "command": "refund", "order": order, "amount": amount }));
        mail.carry();
        assert_eq!(mail.deal(&deal)["refunded"], sum);
        let sale = mail.shop(&json!({ "command": "sale", "deal": order }));
        assert_eq!(sale["refunded"], sum);
    }
    assert_eq!(mail.balances(), ["500.00", "500.00"]);
    // The pack of the exchange is as sound as before.
    let pack = mail.wallet(&json!({ "command": "export", "deal": deal }))["pack"].clone();
    let report = mail.verify(&semper_base::bytes::decode(pack.as_str().unwrap()).unwrap());
    assert!(report.is_sound() && report.verdict.is_some(), "{report}");
}
