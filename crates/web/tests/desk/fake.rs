//! A shop that answers as the real one does.

use std::sync::{Arc, Mutex};

use semper_base::{Blob64, Code, Error, Misuse, Refusal};
use serde_json::{Value, json};

/// What the fake shop has; tests change it.
#[derive(Debug, Default)]
pub(crate) struct Shop {
    pub(crate) shipped: u64,
    pub(crate) stock: Option<u64>,
    pub(crate) staged: u64,
    pub(crate) imported: u64,
    pub(crate) staff: Vec<Value>,
    /// How often the order is still looked at before the bank has answered.
    pub(crate) bank_waits: u64,
    /// The question of a price list waits for the owner.
    pub(crate) list_waits: bool,
    /// Refused from now on; `set` is whatever sets something.
    pub(crate) refuse: Option<&'static str>,
    /// Whose word is asked for.
    pub(crate) carrier: Option<&'static str>,
    /// The order's money is locked, in parts.
    pub(crate) is_kept: bool,
    /// The order waits for the operator.
    pub(crate) is_asked: bool,
}

pub(crate) fn order() -> String {
    "ab12".repeat(16)
}

fn line(id: &str, title: &str, quantity: u64, shipped: u64, price: &str, total: &str) -> Value {
    json!({"id": id, "item": id, "title": title, "quantity": quantity, "price": price, "total": total, "vat": "19",
        "shipped": shipped, "cancelled": 0})
}

pub(crate) fn sale(shop: &Shop) -> Value {
    json!({
        "deal": order(), "order": order(), "process": "mail-order", "grade": "weak", "word": "agreed",
        "next": {"who": "seller", "you": true, "act": "ship", "until": "2026-12-01T12:00:00.000Z", "otherwise": "lapses"},
        "at_risk": "29.90 EUR", "title": "Mug and 1 more", "buyer": "Bea Buyer", "total": "29.90 EUR", "paid": "12.00 EUR",
        "refunded": "0.00 EUR", "shipping": "4.90 EUR", "opened": "2026-11-20T09:30:00.000Z", "xid": null,
        "can": ["ship", "cancel", "refund", "export"], "refused": null,
        "lines": [line("1", "Mug", 3, shop.shipped, "5.00 EUR", "15.00 EUR"), line("2", "Plate \u{202e}evil", 1, 0, "10.00 EUR", "10.00 EUR")],
        "parts": [{"part": 1, "word": "shipped", "next": {"who": "buyer", "you": false, "act": "look",
            "until": "2026-12-05T12:00:00.000Z", "otherwise": "counts-as-received"}, "amount": "12.00 EUR", "paid": true,
            "refunded": "0.00 EUR", "lines": [{"id": "1", "quantity": 1}], "carrier": "Post", "tracking": "RR123",
            "handed_over": "2026-11-21T09:30:00.000Z", "by_default": false, "complaint": "A <b>chip</b>", "received": null}],
        "timeline": [{"at": "2026-11-20T09:30:00.000Z", "what": "order", "by": "buyer", "text": "Order", "part": null}],
        "documents": [{"hash": "cd".repeat(32), "kind": "order", "issued": "2026-11-20T09:30:00.000Z", "signer": "Bea Buyer"}],
        "address": {"name": "Bea Buyer", "street": "Long Street 1", "postcode": "10115", "city": "Berlin", "country": "DE"},
    })
}

/// The same where the money of each part is locked: one part is on its way with a carrier, one is to be shipped, one not locked.
fn kept_sale(shop: &Shop) -> Value {
    let mut sale = sale(shop);
    sale["grade"] = json!("escrow");
    sale["can"] = json!(["ship", "cancel", "refund", "dispute", "bring", "export"]);
    sale["offer"] =
        json!({"arbiter": "Notary", "carrier": "Post", "silent": "payer", "delivery_days": 7, "accept_days": 14});
    let lock = |part: Option<u64>, amount: &str, state: &str, id: &str, quantity: u64| {
        json!({"lock": "aa", "part": part, "amount": amount, "state": state, "until": "2026-12-06T04:06:00.000Z",
            "paid": null, "back": null, "basis": null, "lines": [{"id": id, "quantity": quantity}]})
    };
    sale["locks"] = json!([
        lock(Some(1), "9.90 EUR", "consigned", "1", 1),
        lock(None, "10.00 EUR", "locked", "1", 2),
        lock(None, "10.00 EUR", "agreed", "2", 1),
    ]);
    let part = &mut sale["parts"][0];
    (part["money"], part["paid"], part["amount"]) = (json!("consigned"), json!(false), json!("9.90 EUR"));
    sale
}

/// An order that is not accepted yet.
fn asked_sale(shop: &Shop) -> Value {
    let mut sale = sale(shop);
    (sale["grade"], sale["word"], sale["can"]) = (json!("escrow"), json!("agreed"), json!(["accept", "cancel"]));
    sale["next"] = json!({"who": "seller", "you": true, "act": "accept", "until": "2026-12-01T12:00:00.000Z", "otherwise": "lapses"});
    (sale["parts"], sale["locks"], sale["timeline"], sale["documents"]) = (json!([]), json!([]), json!([]), json!([]));
    sale["lines"][0]["shipped"] = json!(0);
    sale
}

fn done_sale() -> Value {
    json!({"order": "ff".repeat(32), "deal": "ff".repeat(32), "process": "purchase", "grade": "strong", "word": "closed",
        "next": {"who": "nobody", "you": false, "act": "none"}, "title": "Song", "amount": "0.99 EUR", "total": "0.99 EUR",
        "paid": "0.99 EUR", "buyer": "Carl", "opened": "2026-11-19T09:30:00.000Z", "can": ["export"], "xid": "ee".repeat(32)})
}

fn mug(shop: &Shop) -> Value {
    json!({"id": "mug", "title": "Mug", "price": "5.00 EUR", "vat": "19", "kind": "parcel", "stock": shop.stock.unwrap_or(12),
        "options": [["Colour", "Blue"]], "published": true, "for_sale": false, "why_not": "unsigned"})
}

fn catalogue(shop: &Shop) -> Value {
    let asked = shop.list_waits.then(|| json!({"question": "01a2", "version": 7, "count": 2}));
    json!({"count": 2, "currency": "EUR", "version": 7, "asked": asked, "making": false, "unsigned": true,
        "price_list": {"version": 6, "issued": "2026-11-01T10:00:00.000Z", "expired": false, "expires": "2027-01-30T10:00:00.000Z", "count": 2,
            "hash": "aa".repeat(32)}})
}

fn import(shop: &mut Shop, request: &Value) -> Value {
    let count = request["products"].as_array().map_or(0, Vec::len) as u64;
    match request["step"].as_str().unwrap() {
        "compare" => json!({"new": count, "changed": 0, "unchanged": 0, "met": 0, "imported": 3, "prices": []}),
        "begin" => json!({"session": 1}),
        "put" => {
            shop.staged += count;
            json!({"new": count, "changed": 0, "unchanged": 0})
        }
        "commit" => {
            shop.imported = std::mem::take(&mut shop.staged);
            json!({"new": shop.imported, "changed": 0, "unchanged": 0, "missing": 3})
        }
        _ => {
            shop.staged = 0;
            Value::Null
        }
    }
}

/// The owner may everything, Ann may see and ship, and send back up to 5.00 EUR.
fn may(request: &Value, word: &str) -> bool {
    let reads =
        ["sales", "sale", "products", "product-get", "catalogue", "export", "staff-me", "ship", "refund", "shipping"];
    match request.get("by").map(|by| by.as_str().unwrap()) {
        None => true,
        Some("ann") => reads.contains(&word) && request.get("set").is_none(),
        Some(_) => false,
    }
}

pub(crate) fn answer(shop: &Arc<Mutex<Shop>>, request: &Value) -> Result<Value, Error> {
    let mut shop = shop.lock().unwrap();
    let word = request["command"].as_str().unwrap();
    if !may(request, word) || shop.refuse == Some(word) || (shop.refuse == Some("set") && request.get("set").is_some())
    {
        return Err(Refusal::new(Code::AccessDenied, word).into());
    }
    Ok(match word {
        "sales" => json!({"sales": [done_sale(), sale(&shop)]}),
        "sale" if request["deal"] == order() => {
            let mut sale = match (shop.is_kept, shop.is_asked) {
                (true, _) => kept_sale(&shop),
                (_, true) => asked_sale(&shop),
                _ => sale(&shop),
            };
            if shop.bank_waits > 0 && shop.shipped > 0 {
                shop.bank_waits -= 1;
                sale["pending"] = json!([{"id": "1", "quantity": 2}]);
                sale["lines"][0]["shipped"] = json!(0);
            }
            sale
        }
        "ship" => {
            shop.shipped = 3;
            json!({"part": 2, "amount": "20.00 EUR"})
        }
        "accept" | "cancel" | "dispute" | "open-account" | "price-list" | "product-put" | "refund" | "release"
        | "who" => {
            json!({})
        }
        "bring" => json!({"order": order(), "lock": "aa"}),
        "waybill" => json!({"order": order(), "waybill": Blob64(b"the lock".to_vec())}),
        "export" => json!({"pack": Blob64(b"PK pack".to_vec())}),
        "products" => {
            json!({"products": [mug(&shop), {"id": "tea", "title": "Tea", "price": "4.90 EUR", "published": false,
            "for_sale": false, "why_not": "unpublished"}], "next": null, "count": 2})
        }
        "product-get" if request["id"] == "mug" => mug(&shop),
        "product-set" => mug(&shop),
        "catalogue" => catalogue(&shop),
        "catalogue-import" => import(&mut shop, request),
        "shipping" => {
            json!({"arbiter": "Notary", "carrier": shop.carrier, "cost": "4.90 EUR", "delivery_days": 7, "parts": "whole",
            "pay": "locked", "return_costs": "buyer", "vat": "19"})
        }
        "notaries" => json!({"notaries": [
            {"link": "notary", "name": "Notary", "listed": true, "fingerprint": "oak lamp river wind", "limit": "1000.00 EUR"},
            {"link": "notary-2", "name": "Second", "listed": false, "fingerprint": "elm sun moss tide", "limit": null}]}),
        "notary-drop" | "notary-prefer" => json!({"notaries": []}),
        "purse" => json!({"account": "P-0001-0002-3", "balance": "84.00 EUR"}),
        "transfers" => json!({"transfers": [{"in": true, "subject": format!("deal:{}", order()), "state": "paid",
            "amount": "12.00 EUR", "at": "2026-11-21T10:00:00.000Z"}]}),
        "staff-list" => {
            json!({"staff": shop.staff, "acts": [{"at": "2026-11-21T10:00:00.000Z", "name": "ann", "command": "ship",
            "subject": order(), "amount": null}]})
        }
        "staff-put" => {
            let member = json!({"name": request["name"], "may": request["may"], "since": "2026-11-01T10:00:00.000Z"});
            shop.staff.push(member.clone());
            member
        }
        "staff-remove" => json!({"name": request["name"]}),
        "staff-me" => match request.get("by") {
            None => json!({"owner": true, "may": {}}),
            Some(name) => json!({"name": name, "owner": false, "may": {"see": true, "ship": true, "cancel": false,
                "prices": false, "refund_up_to": "5.00 EUR"}}),
        },
        _ => return Err(Misuse::new(Code::NotFound, word).into()),
    })
}
