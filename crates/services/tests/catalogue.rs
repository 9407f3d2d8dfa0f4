//! The shop's catalogue: imports are all or nothing, what is for sale stands on a signed price list, and
//! stock goes down and up again.

use crate::common;

use common::Hands;
use common::street::{Street, agree, run_timers};
use semper_base::{Code, Error, Millis};
use semper_driver::service::Input;
use semper_services::shop::{Shop, catalogue};
use serde_json::{Value, json};

fn shop(name: &str) -> Hands<Shop> {
    Hands::new(&format!("catalogue-{name}"), Shop::default())
}

fn refused(shop: &mut Hands<Shop>, command: &Value) -> Code {
    match shop.local(&Input::Command(command.to_string().into_bytes())) {
        Err(error) => error.code(),
        Ok(reply) => panic!("{reply:?}"),
    }
}

fn product(id: &str, price: &str) -> Value {
    json!({ "id": id, "title": format!("Title of {id}"), "price": price })
}

fn import(step: &str, more: &Value) -> Value {
    let mut request = json!({ "command": "catalogue-import", "step": step });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

fn put(shop: &mut Hands<Shop>, session: &Value, products: &[Value]) -> Value {
    shop.command(&import("put", &json!({ "session": session, "products": products })))
}

/// Ids of all that is in force, read page by page.
fn ids(shop: &mut Hands<Shop>) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = shop.command(&json!({ "command": "products", "limit": 7, "after": after }));
        ids.extend(page["products"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        after = page["next"].clone();
        if after.is_null() {
            return ids;
        }
    }
}

fn whole(shop: &mut Hands<Shop>, products: &[Value], options: &Value) -> Value {
    let session = shop.command(&import("begin", options))["session"].clone();
    for batch in products.chunks(64) {
        put(shop, &session, batch);
    }
    shop.command(&import("commit", &json!({ "session": session })))
}

#[test]
fn by_hand() {
    let mut shop = shop("hand");
    let put = |product: Value| json!({ "command": "product-put", "product": product });
    assert_eq!(shop.command(&put(product("tea", "4.90 EUR")))["change"], "new");
    assert_eq!(shop.command(&put(product("tea", "4.90 EUR")))["change"], "unchanged");
    assert_eq!(shop.command(&put(product("tea", "5.10 EUR")))["change"], "changed");
    assert_eq!(shop.command(&json!({ "command": "product-set", "id": "tea", "stock": 3 }))["stock"], 3);
    assert_eq!(shop.command(&json!({ "command": "product-get", "id": "tea" }))["why_not"], "unpublished");
    assert_eq!(shop.command(&json!({ "command": "catalogue" }))["version"], 2, "stock is no change of the catalogue");
    assert_eq!(refused(&mut shop, &put(product("cup", "4.90 USD"))), Code::CurrencyMixed);
    for (member, value) in [
        ("id", json!("Tea!")),
        ("title", json!("a\u{202e}b")),
        ("price", json!("0.00 EUR")),
        ("gtin", json!("4006381333932")),
        ("images", json!(["a\u{0}"])),
        ("colour", json!("red")),
    ] {
        let mut bad = product("bad", "1.00 EUR");
        bad[member] = value;
        assert_eq!(refused(&mut shop, &put(bad)), Code::FieldWrong, "{member}");
    }
    assert_eq!(shop.command(&json!({ "command": "product-remove", "id": "tea" }))["count"], 0);
    assert_eq!(refused(&mut shop, &json!({ "command": "product-get", "id": "tea" })), Code::NotFound);
    assert_eq!(shop.command(&put(product("cup", "4.90 USD")))["change"], "new", "an empty catalogue has no currency");
}

#[test]
fn an_import_is_all_or_nothing() {
    let mut shop = shop("all");
    shop.command(&json!({ "command": "product-put", "product": product("own", "1.00 EUR") }));
    let many: Vec<Value> = (0..150).map(|at| product(&format!("p-{at:03}"), "2.00 EUR")).collect();
    let session = shop.command(&import("begin", &json!({})))["session"].clone();
    put(&mut shop, &session, &many[..64]);
    put(&mut shop, &session, &many[64..100]);
    assert_eq!(ids(&mut shop), ["own"], "nobody sees what is staged");
    let twice = import("put", &json!({ "session": session, "products": [many[0]] }));
    assert_eq!(refused(&mut shop, &twice), Code::FieldWrong);
    let other = json!({ "command": "product-put", "product": product("late", "1.00 EUR") });
    assert_eq!(refused(&mut shop, &other), Code::StateWrong, "an import is open");

    // Given up: by another one, by hand, by time.
    let second = shop.command(&import("begin", &json!({})))["session"].clone();
    let old = import("commit", &json!({ "session": session }));
    assert_eq!(refused(&mut shop, &old), Code::StateWrong);
    put(&mut shop, &second, &many[..3]);
    shop.command(&import("abort", &json!({ "session": second })));
    let third = shop.command(&import("begin", &json!({})))["session"].clone();
    put(&mut shop, &third, &many[..3]);
    shop.pass(Millis::seconds(601));
    assert_eq!(refused(&mut shop, &import("commit", &json!({ "session": third }))), Code::StateWrong);
    run_timers(&mut shop);
    assert_eq!(shop.scan("stage/").len(), 0, "what was given up is swept away");
    assert_eq!(ids(&mut shop), ["own"]);

    let done = whole(&mut shop, &many, &json!({}));
    assert_eq!((&done["new"], &done["count"]), (&json!(150), &json!(151)));
    // In force at once, before anything was moved to its place.
    assert_eq!(shop.scan("product/").len(), 1);
    let before = ids(&mut shop);
    assert_eq!(before.len(), 151);
    assert_eq!(refused(&mut shop, &import("begin", &json!({}))), Code::StateWrong);
    shop.command(&json!({ "command": "product-set", "id": "p-007", "price": "3.00 EUR" }));
    shop.command(&json!({ "command": "product-remove", "id": "p-008" }));
    run_timers(&mut shop);
    assert_eq!((shop.scan("stage/").len(), shop.scan("product/").len()), (0, 150));
    assert_eq!(ids(&mut shop).len(), 150);
    assert_eq!(shop.command(&json!({ "command": "product-get", "id": "p-007" }))["price"], "3.00 EUR");
    assert_eq!(shop.command(&json!({ "command": "catalogue" }))["import"], Value::Null);
}

#[test]
fn another_import_updates() {
    let mut shop = shop("again");
    let mut many: Vec<Value> = (0..80).map(|at| product(&format!("p-{at:03}"), "2.00 EUR")).collect();
    shop.command(&json!({ "command": "product-put", "product": product("own", "1.00 EUR") }));
    whole(&mut shop, &many, &json!({ "publish": true }));
    run_timers(&mut shop);
    shop.command(&json!({ "command": "product-set", "id": "p-001", "stock": 5 }));
    many[1]["price"] = json!("2.50 EUR");
    many[2]["stock"] = json!(9);
    many.truncate(70);
    many.push(product("p-new", "1.00 EUR"));
    let compare = shop.command(&import("compare", &json!({ "products": many[..64] })));
    assert_eq!((&compare["new"], &compare["changed"], &compare["unchanged"]), (&json!(0), &json!(2), &json!(62)));
    assert_eq!(compare["prices"], json!([{ "id": "p-001", "was": "2.00 EUR", "price": "2.50 EUR" }]));
    let done = whole(&mut shop, &many, &json!({ "remove_missing": true }));
    assert_eq!((&done["new"], &done["changed"], &done["missing"]), (&json!(1), &json!(2), &json!(10)));
    for moved in [false, true] {
        let ids = ids(&mut shop);
        assert_eq!(ids.len(), 72, "70 that are still there, a new one, and the shop's own; moved: {moved}");
        assert!(!ids.contains(&"p-079".to_owned()) && ids.contains(&"own".to_owned()));
        let one = shop.command(&json!({ "command": "product-get", "id": "p-001" }));
        assert_eq!((&one["price"], &one["stock"], &one["published"]), (&json!("2.50 EUR"), &json!(5), &json!(true)));
        run_timers(&mut shop);
    }
    assert_eq!(shop.command(&json!({ "command": "catalogue" }))["count"], 72);
    assert_eq!(shop.scan("product/").len(), 72);
    // From outside, as an index reads it.
    assert_eq!(shop.look(|view| catalogue::page(view, Some("p-069"), 10)).len(), 1);
}

/// What became of the wallet's wish for a book.
fn offered(street: &mut Street) -> Result<String, u64> {
    let deal = street.ask();
    street.reach_wallet();
    let deal = street.deal(&deal);
    deal["refused"]["code"].as_u64().map_or_else(|| Ok(deal["amount"].as_str().unwrap_or_default().to_owned()), Err)
}

fn sign(street: &mut Street, days: u64) {
    street.shop.command(&json!({ "command": "price-list", "days": days }));
    run_timers(&mut street.shop);
    agree(&mut street.shop, "price-list");
}

#[test]
fn what_is_for_sale_stands_on_a_signed_list() {
    let mut street = Street::new("listed", 10);
    assert!(offered(&mut street).is_ok(), "a file without a product is sold as it was brought");
    let book = json!({ "id": "book", "title": "A book", "price": "5.20 EUR", "kind": "file", "published": true });
    street.shop.command(&json!({ "command": "product-put", "product": book }));
    let unsigned = Err(u64::from(Code::PriceUnsigned.number()));
    assert_eq!(offered(&mut street), unsigned);
    sign(&mut street, 30);
    let overview = street.shop.command(&json!({ "command": "catalogue" }));
    assert_eq!((&overview["price_list"]["count"], &overview["unsigned"]), (&json!(1), &json!(false)));
    assert_eq!(offered(&mut street).as_deref(), Ok("5.20 EUR"), "at the list's price, not at the file's");

    // A text may change, a price may not.
    let mut book = book;
    book["description"] = json!("Some pages.");
    street.shop.command(&json!({ "command": "product-put", "product": book }));
    assert!(offered(&mut street).is_ok());
    street.shop.command(&json!({ "command": "product-set", "id": "book", "price": "6.00 EUR" }));
    assert_eq!(offered(&mut street), unsigned);
    let shown = street.shop.command(&json!({ "command": "product-get", "id": "book" }));
    assert_eq!((&shown["was"], &shown["why_not"]), (&json!("5.20 EUR"), &json!("unsigned")));

    // A list that the catalogue has outgrown while it was shown does not cover what changed.
    street.shop.command(&json!({ "command": "price-list" }));
    run_timers(&mut street.shop);
    street.shop.command(&json!({ "command": "product-set", "id": "book", "price": "7.00 EUR" }));
    agree(&mut street.shop, "price-list");
    assert_eq!(offered(&mut street), unsigned);
    sign(&mut street, 2);
    assert_eq!(offered(&mut street).as_deref(), Ok("7.00 EUR"));
    street.shop.command(&json!({ "command": "product-set", "id": "book", "stock": 0 }));
    assert_eq!(offered(&mut street), Err(u64::from(Code::SoldOut.number())));
    street.shop.command(&json!({ "command": "product-set", "id": "book", "stock": 1, "published": false }));
    assert_eq!(offered(&mut street), Err(u64::from(Code::NotForSale.number())));
}

#[test]
fn a_new_request_withdraws_the_question_before() {
    let mut street = Street::new("asked-again", 10);
    let book = json!({ "id": "book", "title": "A book", "price": "5.20 EUR", "kind": "file", "published": true });
    street.shop.command(&json!({ "command": "price-list" }));
    run_timers(&mut street.shop);
    assert_eq!(street.shop.scan("ask/").len(), 0, "nothing is published, so there is nothing to sign");
    street.shop.command(&json!({ "command": "product-put", "product": book }));
    for _ in 0..2 {
        street.shop.command(&json!({ "command": "price-list" }));
        run_timers(&mut street.shop);
        assert_eq!(street.shop.scan("ask/").len(), 1);
    }
    let bad = json!({ "command": "price-list", "days": 0 }).to_string().into_bytes();
    assert!(matches!(street.shop.local(&Input::Command(bad)), Err(Error::Misuse(_))));
}
