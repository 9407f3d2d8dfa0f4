//! The offer is a checkout of the Universal Commerce Protocol, release 2026-08-25: its official models
//! say so, and a merchant's authorization made of it verifies with other people's JCS and JOSE.
//!
//! `cargo xtask setup` brings what is needed.

use crate::ucp_support;

use std::collections::BTreeMap;
use std::path::Path;

use semper_base::bytes;
use semper_base::code::Code;
use semper_blocks::statement::Compact;
use semper_commerce::process::offer::UCP_VERSION;
use serde_json::{Value, json};
use ucp_support::{POEM, Shop, is_set_up, payload, python, refusals, run};

#[test]
fn the_official_models_accept_an_offer_as_it_is() {
    let offer = payload(&Shop::new().offer(&POEM));
    assert_eq!(offer["ucp"]["version"], UCP_VERSION);
    assert_eq!(offer["totals"][0], json!({"amount": 15_538, "type": "subtotal"}));
    assert_eq!(offer["totals"][1], json!({"amount": 2_952, "type": "tax"}));
    assert_eq!(offer["totals"][2], json!({"amount": 18_490, "type": "total"}));
    assert_eq!(offer["semper"]["terms"]["vat"], "19");
    if is_set_up() {
        let mut without_links = offer.clone();
        without_links["links"] = json!([]);
        assert_eq!(refusals(&[offer, without_links]), [None, None]);
    }
}

/// What no checkout may be without.
const REQUIRED: &[&str] = &[
    "/ucp",
    "/ucp/version",
    "/ucp/payment_handlers",
    "/id",
    "/line_items",
    "/status",
    "/currency",
    "/totals",
    "/links",
    "/links/0/type",
    "/links/0/url",
    "/line_items/0/id",
    "/line_items/0/item",
    "/line_items/0/quantity",
    "/line_items/0/totals",
    "/line_items/0/item/id",
    "/line_items/0/item/title",
    "/line_items/0/item/price",
    "/totals/0",
    "/totals/2",
    "/totals/1/amount",
    "/totals/1/type",
    "/line_items/0/totals/1/amount",
    "/ucp/payment_handlers/org.example.semper.dgp/0/id",
    "/ucp/payment_handlers/org.example.semper.dgp/0/version",
    "/ucp/capabilities/dev.ucp.shopping.checkout/0/version",
];

/// What is wrong by UCP's own rules: (name, pointer, new value or none to take it away).
fn wrong_by_ucp() -> Vec<(&'static str, &'static str, Option<Value>)> {
    let capabilities = "/ucp/capabilities/dev.ucp.shopping.checkout/0";
    let handler = "/ucp/payment_handlers/org.example.semper.dgp/0";
    let set = |name, at, value| (name, at, Some(value));
    let mut list: Vec<_> = REQUIRED.iter().map(|at| ("gone", *at, None)).collect();
    list.extend([
        set("a version that is no date", "/ucp/version", json!("1.0")),
        set("a handler's version that is no date", handler, json!({"id": "dgp", "version": "1"})),
        set(
            "a handler alone",
            "/ucp/payment_handlers/org.example.semper.dgp",
            json!({"id": "dgp", "version": UCP_VERSION}),
        ),
        set("handlers as a list", "/ucp/payment_handlers", json!([])),
        set(
            "a handler without a domain",
            "/ucp/payment_handlers",
            json!({"dgp": [{"id": "dgp", "version": UCP_VERSION}]}),
        ),
        set("a capability's version that is no date", capabilities, json!({"version": "v1"})),
        set("no such status", "/status", json!("open")),
        set("a number for an id", "/id", json!(1)),
        set("no items", "/line_items", json!({})),
        set("nothing of it", "/line_items/0/quantity", json!(0)),
        set("half of it", "/line_items/0/quantity", json!(0.5)),
        set("a quantity in letters", "/line_items/0/quantity", json!("1")),
        set("a negative price", "/line_items/0/item/price", json!(-18_490)),
        set("a price in euros", "/line_items/0/item/price", json!(184.9)),
        set("a price in letters", "/line_items/0/item/price", json!("184.90")),
        set("a price beyond JSON", "/line_items/0/item/price", json!(1_u64 << 53)),
        set("two totals", "/totals/0/type", json!("total")),
        set("two subtotals", "/totals/1/type", json!("subtotal")),
        set("another kind of sum, unnamed", "/totals/1/type", json!("stamp_duty")),
        set("negative tax", "/totals/1/amount", json!(-1)),
        set("a discount that adds", "/totals/1/type", json!("discount")),
        set("an amount in letters", "/totals/2/amount", json!("18490")),
        set("no such day", "/expires_at", json!("2026-02-30T12:00:00.000Z")),
        set("a time without a zone", "/expires_at", json!("2026-11-22T13:00:00.000")),
        set("a link to nowhere", "/links/0/url", json!("terms")),
        set("a currency without a name", "/currency", json!(978)),
    ]);
    list
}

fn changed(offer: &Value, at: &str, value: Option<Value>) -> Value {
    let mut changed = offer.clone();
    let (parent, last) = at.rsplit_once('/').unwrap();
    match (changed.pointer_mut(parent).unwrap(), value) {
        (Value::Object(members), Some(value)) => {
            members.insert(last.to_owned(), value);
        }
        (Value::Object(members), None) => {
            members.remove(last).unwrap();
        }
        (Value::Array(list), Some(value)) => list[last.parse::<usize>().unwrap()] = value,
        (Value::Array(list), None) => {
            list.remove(last.parse().unwrap());
        }
        _ => panic!("{at}"),
    }
    assert_ne!(changed, *offer, "{at}");
    changed
}

#[test]
fn what_the_models_refuse_we_refuse() {
    let shop = Shop::new();
    let offer = payload(&shop.offer(&POEM));
    assert!(shop.read_signed(&offer).is_ok());
    let list = wrong_by_ucp();
    let bad: Vec<Value> = list.iter().map(|(_, at, value)| changed(&offer, at, value.clone())).collect();
    for ((name, at, _), bad) in list.iter().zip(&bad) {
        assert!(shop.read_signed(bad).is_err(), "{name}: {at}");
    }
    if is_set_up() {
        let refusals = refusals(&bad);
        assert_eq!(refusals.len(), list.len());
        for ((name, at, _), refusal) in list.iter().zip(refusals) {
            assert!(refusal.is_some(), "the models take it: {name}: {at}");
        }
    }
}

/// UCP lets others add members and skip what they do not know. A signature covers what was understood.
#[test]
fn members_of_ucp_that_an_offer_does_not_have_are_refused() {
    if !is_set_up() {
        return;
    }
    let shop = Shop::new();
    let offer = payload(&shop.offer(&POEM));
    let members: BTreeMap<String, BTreeMap<String, bool>> =
        serde_json::from_slice(&python(&["members"], &json!(null))).unwrap();
    let (mut foreign, mut ours) = (0, 0);
    for (place, members) in members {
        let names: Vec<String> = match place.split_once("/*") {
            Some((before, after)) => {
                let keys = offer.pointer(before).unwrap().as_object().unwrap().keys();
                keys.map(|key| format!("{before}/{key}{after}")).collect()
            }
            None => vec![place],
        };
        for (place, (member, is_required)) in names.iter().flat_map(|place| members.iter().map(move |m| (place, m))) {
            let here = offer.pointer(place).unwrap().as_object().unwrap();
            if here.contains_key(member) {
                ours += 1;
                continue;
            }
            assert!(!is_required, "{place}/{member}");
            // A capability that extends nothing and one that extends are told apart by their names.
            let expected = if member == "extends" { Code::TermsWrong } else { Code::FieldUnknown };
            for value in [json!("x"), json!([]), json!({})] {
                let is_form_wrong = member == "extends" && !value.is_string();
                let expected = if is_form_wrong { Code::FieldWrong } else { expected };
                let found = shop.read_signed(&changed(&offer, &format!("{place}/{member}"), Some(value))).unwrap_err();
                assert_eq!(found.code(), expected, "{place}/{member}: {found}");
            }
            foreign += 1;
        }
    }
    assert!(ours >= 25 && foreign >= 30, "{ours} {foreign}");
}

/// UCP: `header..signature` over the canonical checkout without `ap2`. AP2: the same with the payload.
#[test]
fn one_signature_is_authorization_and_checkout_jwt() {
    if !is_set_up() {
        return;
    }
    let shop = Shop::new();
    let offer = shop.offer(&POEM);
    let [header, _, signature] = offer.text.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let authorization = format!("{header}..{signature}");
    // The platform receives this, in whatever order, and makes the canonical form itself.
    let received = changed(&payload(&offer), "/ap2", Some(json!({"merchant_authorization": authorization})));
    assert_eq!(refusals(std::slice::from_ref(&received)), [None]);
    let wrong = changed(&received, "/ap2/merchant_authorization", Some(json!(offer.text)));
    assert!(refusals(&[wrong])[0].is_some(), "a payload that is not detached");

    let canonical = python(&["canonical"], &received);
    assert_eq!(canonical, Compact::parse(&offer.text).unwrap().payload());
    let point = shop.author.public.point();
    let key = json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": shop.author.public.id(),
        "x": bytes::encode(&point[1..33]), "y": bytes::encode(&point[33..65]),
    });
    let verify = |canonical: &[u8], jwt: &str, key: &Value| -> Value {
        let input = json!({
            "keys": {"keys": [key]}, "authorization": authorization, "payload": bytes::encode(canonical), "jwt": jwt,
        });
        let output = run(Path::new("node"), &["ucp/verify.mjs"], input.to_string().as_bytes());
        serde_json::from_slice(&output).unwrap()
    };
    let found = verify(&canonical, &offer.text, &key);
    for kind in ["detached", "compact"] {
        assert_eq!((&found[kind]["alg"], &found[kind]["kid"]), (&json!("ES256"), &key["kid"]), "{found}");
    }
    // Of another price, or by another key, it is no authorization.
    let dearer = changed(&received, "/line_items/0/item/price", Some(json!(18_491)));
    let dearer = python(&["canonical"], &dearer);
    let jwt = format!("{header}.{}.{signature}", bytes::encode(&dearer));
    assert_eq!(verify(&dearer, &jwt, &key), json!({"detached": null, "compact": null}));
    let mut stranger = key.clone();
    stranger["kid"] = json!("stranger");
    assert_eq!(verify(&canonical, &offer.text, &stranger), json!({"detached": null, "compact": null}));
}
