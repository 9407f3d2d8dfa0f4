//! How parcels are paid if the shop says nothing, and orders whose parts the operator chooses.

use semper_base::limits::ACCEPTANCE_WAIT_MS;
use semper_base::{Code, Millis};
use serde_json::{Value, json};

use super::common::mail::{Mail, agree_all, code, word};

#[test]
fn money_is_locked_unless_the_shop_says_otherwise() {
    let mut mail = Mail::bare("chosen-first");
    let shipping = json!({ "command": "shipping" });
    let said = mail.shop(&shipping);
    assert_eq!(
        (&said["pay"], &said["arbiter"], &said["parts"]),
        (&json!("locked"), &json!("Play notary"), &json!("whole"))
    );
    let offered = |mail: &mut Mail| {
        let deal = mail.buy(&json!({ "lines": [{ "item": "mug", "quantity": 1 }] }));
        mail.deal(&deal)
    };
    let shown = offered(&mut mail);
    assert_eq!((&shown["grade"], &shown["offer"]["pay"]), (&json!("escrow"), &json!("locked")));
    mail.shop(&json!({ "command": "shipping", "set": { "pay": "on-shipping" } }));
    let said = mail.shop(&shipping);
    assert_eq!((&said["pay"], &said["arbiter"]), (&json!("on-shipping"), &Value::Null));
    let shown = offered(&mut mail);
    assert_eq!((&shown["grade"], &shown["offer"]["pay"]), (&json!("weak"), &json!("on-shipping")));
}

/// Without anybody who could rule: what was never said is the old way, what was said is not quietly something weaker.
#[test]
fn without_an_arbiter_nothing_is_locked_and_what_was_said_holds() {
    let mut mail = Mail::bare("chosen-nobody");
    mail.shop(&json!({ "command": "notary-drop", "link": "notary" }));
    let said = mail.shop(&json!({ "command": "shipping" }));
    assert_eq!((&said["pay"], &said["arbiter"]), (&json!("on-shipping"), &Value::Null));
    let deal = mail.buy(&json!({ "lines": [{ "item": "mug", "quantity": 1 }] }));
    assert_eq!(mail.deal(&deal)["grade"], "weak");
    mail.shop(&json!({ "command": "shipping", "set": { "pay": "locked" } }));
    let deal = mail.buy(&json!({ "lines": [{ "item": "mug", "quantity": 1 }] }));
    let shown = mail.deal(&deal);
    assert_eq!((word(&shown), code(&shown)), ("withdrawn", Code::NoExchangeFits.number()));
}

/// Who would rule is somebody whom the buyer takes as well.
#[test]
fn an_offer_with_a_strange_arbiter_is_not_put_to_the_user() {
    let mut mail = Mail::bare("chosen-strange");
    mail.wallet(&json!({ "command": "notary-drop", "link": "notary" }));
    let deal = mail.buy(&json!({ "lines": [{ "item": "mug", "quantity": 1 }] }));
    let shown = mail.deal(&deal);
    assert_eq!((word(&shown), code(&shown)), ("withdrawn", Code::RoleUnfit.number()));
    assert_eq!(mail.questions(), 0);
}

fn accept(mail: &mut Mail, parts: &Value) -> Result<Value, semper_base::Error> {
    let command = json!({ "command": "accept", "order": mail.last_order(), "parts": parts });
    mail.try_shop(&command)
}

#[test]
fn the_operator_says_with_the_acceptance_what_is_one_part() {
    let mut mail = Mail::kept("chosen-parts", "ask");
    let deal = mail.order(&[("mug", 2), ("tea", 1)]);
    let (mine, theirs) = (mail.deal(&deal), mail.sale());
    assert_eq!((word(&mine), word(&theirs)), ("agreed", "agreed"));
    assert_eq!((&theirs["can"], &theirs["next"]["act"]), (&json!(["accept", "cancel"]), &json!("accept")));
    assert_eq!((theirs["next"]["you"].as_bool(), &theirs["address"]["city"]), (Some(true), &json!("Hamburg")));
    assert_eq!((mail.stock("mug"), mail.open_rows()), (3, 1), "set aside, and counted");
    // Asked again, it still waits.
    mail.wallet(&json!({ "command": "resume", "deal": deal }));
    mail.carry();
    assert_eq!((word(&mail.deal(&deal)), mail.sales()), ("agreed", 1));
    for wrong in
        [json!([["1"]]), json!([["1"], ["1", "2"]]), json!([["1"], ["3"]]), json!([["1", "2"], []]), json!("1")]
    {
        assert!(accept(&mut mail, &wrong).is_err(), "{wrong}");
        assert_eq!((word(&mail.sale()), mail.open_rows()), ("agreed", 1), "{wrong}");
    }
    let form =
        json!({ "command": "accept", "order": mail.last_order(), "parts": [["2"], ["1"]], "once": "0".repeat(32) });
    for click in 0..2 {
        assert_eq!(mail.shop(&form)["parts"], 2, "click {click}");
    }
    assert!(accept(&mut mail, &json!([["2"], ["1"]])).is_err(), "once");
    for kind in ["lock", "lock-debit"] {
        agree_all(&mut mail, kind);
    }
    let shown = mail.deal(&deal);
    let amounts: Vec<&Value> = shown["locks"].as_array().unwrap().iter().map(|lock| &lock["amount"]).collect();
    assert_eq!(amounts, ["9.80 EUR", "20.00 EUR"], "the first one pays the shipping");
    assert_eq!((word(&shown), mail.stock("mug"), mail.sales()), ("signed", 3, 1));
    // Each goes by itself.
    mail.ship(&json!([{ "id": "1", "quantity": 2 }]));
    mail.wallet(&json!({ "command": "received", "deal": deal, "part": 1 }));
    agree_all(&mut mail, "parcel-receipt");
    agree_all(&mut mail, "approval");
    assert_eq!(mail.balances(), ["470.20", "520.00"]);
    mail.pass(Millis::days(7));
    assert_eq!(mail.balances(), ["480.00", "520.00"], "what was not shipped came back");
    assert_eq!(mail.open_rows(), 0);
}

#[test]
fn an_order_that_is_not_taken_binds_nobody() {
    for lapses in [false, true] {
        let mut mail = Mail::kept(if lapses { "chosen-lapsed" } else { "chosen-refused" }, "ask");
        let deal = mail.order(&[("mug", 2), ("tea", 1)]);
        if lapses {
            mail.pass(Millis(ACCEPTANCE_WAIT_MS - 600_001));
            assert_eq!(word(&mail.deal(&deal)), "agreed");
            mail.pass(Millis(10));
        } else {
            let cancel = json!({ "command": "cancel", "order": mail.last_order() });
            mail.shop(&cancel);
            mail.carry();
        }
        let shown = mail.deal(&deal);
        let why = if lapses { Code::NoAnswer } else { Code::Declined };
        assert_eq!((word(&shown), code(&shown)), ("withdrawn", why.number()));
        assert_eq!((mail.stock("mug"), mail.stock("tea"), mail.sales(), mail.open_rows()), (5, 3, 0, 0));
    }
}

/// One line is one part: there is nothing to choose, and nobody waits.
#[test]
fn an_order_of_one_line_does_not_wait() {
    let mut mail = Mail::kept("chosen-one", "ask");
    let deal = mail.locked(&[("mug", 2)]);
    assert_eq!(mail.deal(&deal)["locks"][0]["state"], "locked");
}
