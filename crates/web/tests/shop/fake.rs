//! A party that answers as the shop does.

use crate::common::{Browser, Log, party};
use semper_base::{Code, Error, Misuse};
use semper_web::{Role, Site};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What the shop has; tests change it.
pub(crate) type Shelf = Arc<Mutex<Vec<Value>>>;

pub(crate) fn tea(size: &str, price: &str) -> Value {
    json!({"id": format!("tea-{size}"), "sku": format!("TEA/{size}"), "group": "tea", "options": [["size", format!("{size} g")]],
        "title": "Assam, strong", "description": "Black tea.\nBrew for 3 minutes.", "price": price, "vat": "7",
        "kind": "parcel", "stock": 12, "images": ["https://pictures.example/tea.jpg"], "brand": "Hill",
        "weight_g": 250, "category": "Tea > Black", "published": true, "for_sale": true})
}

pub(crate) fn products() -> Vec<Value> {
    vec![
        json!({"id": "cup", "title": "Cup", "price": "7.00 EUR", "vat": "19", "kind": "parcel", "stock": 3,
            "category": "Cups", "published": true, "for_sale": true}),
        json!({"id": "hidden", "title": "Not yet on show", "price": "1.00 EUR", "published": false}),
        json!({"id": "pot", "title": "Pot", "price": "20.00 EUR", "kind": "parcel", "stock": 0, "published": true,
            "for_sale": false, "why_not": "sold-out"}),
        json!({"id": "song", "title": "Song of tea", "price": "0.99 EUR", "vat": "19", "kind": "file",
            "category": "Music", "published": true, "for_sale": true}),
        tea("100", "4.90 EUR"),
        tea("250", "9.90 EUR"),
    ]
}

pub(crate) fn list(all: &[Value], request: &Value) -> Value {
    let after = request["after"].as_str().unwrap_or("");
    let limit = usize::try_from(request["limit"].as_u64().unwrap_or(50)).unwrap();
    let fits = |one: &&Value| {
        one["id"].as_str().unwrap() > after
            && request["published"].as_bool().is_none_or(|published| one["published"] == published)
            && request["group"].as_str().is_none_or(|group| one["group"] == group)
    };
    let mut found: Vec<Value> = all.iter().filter(fits).take(limit + 1).cloned().collect();
    let next = if found.len() > limit {
        found.pop();
        found.last().unwrap()["id"].clone()
    } else {
        Value::Null
    };
    json!({"products": found, "next": next, "count": all.len()})
}

pub(crate) fn answer(all: &[Value], request: &Value) -> Result<Value, Error> {
    let unknown = |what: &str| Error::from(Misuse::new(Code::NotFound, what));
    match request["command"].as_str().unwrap() {
        "products" => Ok(list(all, request)),
        "product-get" => {
            let found = all.iter().find(|one| one["id"] == request["id"]);
            found.cloned().ok_or_else(|| unknown("product"))
        }
        "catalogue" => Ok(json!({"count": all.len(), "currency": "EUR", "version": 7})),
        "shipping" => Ok(json!({"cost": "4.90 EUR", "delivery_days": 5, "return_costs": "buyer"})),
        "cart-put" => Ok(json!({"cart": "c0ffee", "expires": "2026-11-23T10:00:00.000Z"})),
        "cart" if request["cart"] == "c0ffee" => Ok(json!({"cart": "c0ffee",
            "lines": [{"item": "tea-100", "quantity": 2}], "expires": "2026-11-23T10:00:00.000Z"})),
        "cart" if request["cart"] == "0rdered" => Ok(json!({"cart": "0rdered", "ordered": true,
            "lines": [{"item": "tea-100", "quantity": 2}], "expires": "2026-11-23T10:00:00.000Z"})),
        "cart" => Err(unknown("cart")),
        "who" => Ok(json!({"role": "seller", "enrolled": true, "name": "Tea House GmbH", "issuer": "Demo CA",
            "until": "2027-03-01T00:00:00.000Z", "limit": "5000.00 EUR", "warranty": "1000.00 EUR",
            "certificate": "ab".repeat(32), "address": {"socket": "127.0.0.1:7411", "server_name": "shop-a.localhost"},
            "links": [{"role": "bank", "name": "First Bank"}, {"role": "notary", "name": "Old Notary"}]})),
        word => Err(Misuse::new(Code::Usage, format!("no such command: {word}")).into()),
    }
}

pub(crate) fn shop() -> (Browser, Shelf, Log) {
    let shelf: Shelf = Arc::new(Mutex::new(products()));
    let known = Arc::clone(&shelf);
    let (party, log) = party(move |request| answer(&known.lock().unwrap(), request));
    let site =
        Site::new("Tea House", Role::Shop, "shop-a", "/data", party, Arc::new(semper_crypto_aws_lc::AwsLc::new()));
    let site = site.with_wallet(Some("http://wallet.localhost:8080".to_owned()));
    (Browser::of(site), shelf, log)
}

pub(crate) fn change(shelf: &Shelf, id: &str, member: &str, value: Value) {
    let mut shelf = shelf.lock().unwrap();
    shelf.iter_mut().find(|one| one["id"] == id).unwrap()[member] = value;
}
