//! Who of a shop's staff may do what; and that a form which is sent twice does nothing twice.

use crate::common;

use common::Hands;
use semper_base::{Code, Error, Millis};
use semper_driver::service::Input;
use semper_services::shop::Shop;
use serde_json::{Value, json};

fn shop(name: &str) -> Hands<Shop> {
    Hands::new(&format!("staff-{name}"), Shop::default())
}

fn try_command(shop: &mut Hands<Shop>, request: &Value) -> Result<Value, Error> {
    shop.local(&Input::Command(request.to_string().into_bytes()))
}

fn may(shop: &mut Hands<Shop>, rights: &Value) {
    shop.command(&json!({ "command": "staff-put", "name": "ann", "may": rights }));
}

/// Commands and the right that each needs, in the words of `staff-put`.
fn commands() -> Vec<(Value, &'static str)> {
    let order = "ab".repeat(32);
    let product = json!({ "id": "mug", "title": "Mug", "price": "12.00 EUR" });
    vec![
        (json!({ "command": "sales" }), "see"),
        (json!({ "command": "products" }), "see"),
        (json!({ "command": "export", "order": order }), "see"),
        (json!({ "command": "shipping" }), "see"),
        (json!({ "command": "ship", "order": order, "carrier": "Post", "tracking": "1" }), "ship"),
        (json!({ "command": "accept", "order": order }), "ship"),
        (json!({ "command": "bring", "order": order, "statement": "x" }), "ship"),
        (json!({ "command": "waybill", "order": order }), "ship"),
        (json!({ "command": "cancel", "order": order }), "cancel"),
        (json!({ "command": "release", "xid": order }), "cancel"),
        (json!({ "command": "product-put", "product": product }), "prices"),
        (json!({ "command": "product-set", "id": "mug", "price": "9.00 EUR" }), "prices"),
        (json!({ "command": "product-remove", "id": "mug" }), "prices"),
        (json!({ "command": "catalogue-import", "step": "begin", "publish": true, "remove_missing": false }), "prices"),
        (json!({ "command": "price-list" }), "prices"),
        (json!({ "command": "shipping", "set": { "cost": "4.90 EUR", "delivery_days": 5 } }), "prices"),
        (json!({ "command": "refund", "order": order, "amount": "5.00 EUR" }), "refund_up_to"),
    ]
}

fn is_denied(result: &Result<Value, Error>) -> bool {
    matches!(result, Err(Error::Refusal(refusal)) if refusal.code() == Code::AccessDenied)
}

#[test]
fn without_its_right_each_command_is_refused_and_changes_nothing() {
    let mut shop = shop("rights");
    let all = json!({ "see": true, "ship": true, "cancel": true, "prices": true, "refund_up_to": "20.00 EUR" });
    for (mut command, right) in commands() {
        command["by"] = json!("ann");
        let mut rights = all.clone();
        rights.as_object_mut().unwrap().remove(right);
        may(&mut shop, &rights);
        let before = shop.state();
        let refused = try_command(&mut shop, &command);
        assert!(is_denied(&refused), "{command}: {refused:?}");
        assert_eq!(shop.state(), before, "{command}");
        may(&mut shop, &json!({ (right): all[right] }));
        let allowed = try_command(&mut shop, &command);
        assert!(!is_denied(&allowed), "{command}: {allowed:?}");
    }
}

#[test]
fn what_no_right_names_is_for_the_owner() {
    let mut shop = shop("owner");
    may(&mut shop, &json!({ "see": true, "ship": true, "cancel": true, "prices": true, "refund_up_to": "20 EUR" }));
    let before = shop.state();
    for word in ["staff-put", "staff-list", "staff-remove", "purse", "pay", "transfers", "open-account", "trust"] {
        let request = json!({ "command": word, "by": "ann", "name": "ann", "may": { "see": true } });
        assert!(is_denied(&try_command(&mut shop, &request)), "{word}");
    }
    for word in ["preferences", "recovery", "recovery-make", "who", "link", "enrol", "no-such-word"] {
        assert!(is_denied(&try_command(&mut shop, &json!({ "command": word, "by": "ann" }))), "{word}");
    }
    assert_eq!(shop.state(), before);
}

#[test]
fn nobody_acts_in_a_name_that_is_not_there() {
    let mut shop = shop("names");
    may(&mut shop, &json!({ "see": true }));
    for by in [json!("bob"), json!(""), json!(null), json!(7), json!("ann/.."), json!("Ann")] {
        let request = json!({ "command": "sales", "by": by });
        assert!(is_denied(&try_command(&mut shop, &request)), "{by}");
    }
    shop.command(&json!({ "command": "sales", "by": "ann" }));
    shop.command(&json!({ "command": "staff-remove", "name": "ann" }));
    assert!(is_denied(&try_command(&mut shop, &json!({ "command": "sales", "by": "ann" }))));
    for name in ["", "Ann", "a b", "ann/x", &"a".repeat(41)] {
        let put = json!({ "command": "staff-put", "name": name, "may": {} });
        assert_eq!(try_command(&mut shop, &put).unwrap_err().code(), Code::FieldWrong, "{name}");
    }
    let put = json!({ "command": "staff-put", "name": "ann", "may": { "everything": true } });
    assert_eq!(try_command(&mut shop, &put).unwrap_err().code(), Code::FieldWrong);
}

#[test]
fn refunds_have_a_limit_and_a_named_amount() {
    let mut shop = shop("refunds");
    may(&mut shop, &json!({ "refund_up_to": "20 EUR" }));
    let order = "cd".repeat(32);
    let refund = |amount: Value| json!({ "command": "refund", "by": "ann", "order": order, "amount": amount });
    for amount in [json!("20.01 EUR"), json!("1.00 USD"), json!(null), json!(5)] {
        assert!(is_denied(&try_command(&mut shop, &refund(amount.clone()))), "{amount}");
    }
    let whole = json!({ "command": "refund", "by": "ann", "order": order });
    assert!(is_denied(&try_command(&mut shop, &whole)), "all of it: how much is that?");
    assert!(!is_denied(&try_command(&mut shop, &refund(json!("20.00 EUR")))));
}

#[test]
fn what_staff_did_is_written_down() {
    let mut shop = shop("acts");
    may(&mut shop, &json!({ "prices": true, "see": true }));
    let product = json!({ "id": "mug", "title": "Mug", "price": "12.00 EUR" });
    shop.command(&json!({ "command": "product-put", "by": "ann", "product": product }));
    shop.command(&json!({ "command": "product-set", "by": "ann", "id": "mug", "price": "9.00 EUR" }));
    shop.command(&json!({ "command": "product-set", "id": "mug", "price": "8.00 EUR" }));
    shop.command(&json!({ "command": "products", "by": "ann" }));
    let list = shop.command(&json!({ "command": "staff-list" }));
    let acts: Vec<_> = list["acts"].as_array().unwrap().iter().map(|act| (&act["command"], &act["subject"])).collect();
    assert_eq!(acts, [(&json!("product-set"), &json!("mug")), (&json!("product-put"), &json!("mug"))]);
    assert_eq!(list["acts"][0]["amount"], "9.00 EUR");
    assert_eq!(list["staff"][0]["name"], "ann");
    let me = shop.command(&json!({ "command": "staff-me", "by": "ann" }));
    assert_eq!((&me["may"]["prices"], &me["may"]["ship"]), (&json!(true), &json!(false)));
    assert_eq!(shop.command(&json!({ "command": "staff-me" }))["owner"], true);
}

#[test]
fn an_answer_that_is_remembered_is_bounded_in_time_and_place() {
    let mut shop = shop("once");
    let id = "0f".repeat(16);
    let sales = json!({ "command": "sales", "once": id });
    assert_eq!(try_command(&mut shop, &sales).unwrap_err().code(), Code::FieldWrong, "nothing is done twice there");
    let order = "ef".repeat(32);
    for once in [json!("x"), json!(1), json!("zz".repeat(16))] {
        let ship = json!({ "command": "ship", "order": order, "once": once });
        assert_eq!(try_command(&mut shop, &ship).unwrap_err().code(), Code::FieldWrong);
    }
    let ship = json!({ "command": "ship", "order": order, "carrier": "Post", "tracking": "1", "once": id });
    assert!(try_command(&mut shop, &ship).is_err());
    assert_eq!(shop.scan("once/").len(), 0, "what failed may be tried again");
    shop.pass(Millis::days(3));
}
