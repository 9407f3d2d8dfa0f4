//! What operators look through: certificates, invitations, the revocation list, the bank's sums, the notary's
//! decisions, the pulse of every party.

use crate::common;

use common::street::Street;
use serde_json::{Value, json};

#[test]
fn the_authority_knows_what_it_issued() {
    let mut street = Street::new("offices-ca", 10);
    let of = |street: &mut Street, request: Value| street.ca.command(&request);
    let all = of(&mut street, json!({ "command": "certificates" }));
    assert_eq!(all["certificates"].as_array().unwrap().len(), 12, "its own two and everybody's");
    assert_eq!(all["next"], Value::Null);
    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = of(&mut street, json!({ "command": "certificates", "limit": 4, "after": after }));
        seen.extend(page["certificates"].as_array().unwrap().iter().map(|line| line["serial"].clone()));
        after = page["next"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(seen.len(), 12);
    let shop = of(&mut street, json!({ "command": "certificates", "text": "SELLER" }));
    assert_eq!(shop["certificates"].as_array().unwrap().len(), 3);
    assert!(shop["certificates"][0]["not_after"].as_str().unwrap() > shop["now"].as_str().unwrap());
    of(&mut street, json!({ "command": "invite", "role": "buyer", "name": "Otto" }));
    let waiting = of(&mut street, json!({ "command": "invitations" }));
    assert_eq!(waiting["invitations"], json!([{ "role": "buyer", "name": "Otto", "certificates": ["statement"] }]));
    of(&mut street, json!({ "command": "revoke", "name": "Play seller", "reason": "key-compromise" }));
    let list = of(&mut street, json!({ "command": "revocations" }));
    assert_eq!((&list["count"], &list["revoked"][0]["reason"]), (&json!(3), &json!("key-compromise")));
    let shop = of(&mut street, json!({ "command": "certificates", "text": "seller" }));
    assert!(shop["certificates"].as_array().unwrap().iter().all(|line| line["revoked"]["reason"] == "key-compromise"));
}

#[test]
fn sums_and_pulses() {
    let mut street = Street::new("offices-sums", 10);
    let books = street.bank.command(&json!({ "command": "books" }));
    let sums = json!([{ "currency": "EUR", "given_out": "1000.00 EUR", "customers": "1000.00 EUR", "held": "0.00 EUR", "locked": "0.00 EUR", "claims": "0.00 EUR" }]);
    assert_eq!(books["books"], sums);
    let requests = street.notary.command(&json!({ "command": "requests" }));
    assert_eq!((&requests["open"], &requests["requests"]), (&json!(0), &json!([])));
    street.order();
    let pulse = street.wallet.command(&json!({ "command": "pulse", "commit": 7, "waiting": 1, "archived": 3 }));
    assert_eq!((&pulse["role"], &pulse["commit"], &pulse["archived"]), (&json!("buyer"), &json!(7), &json!(3)));
    assert_eq!(street.notary.command(&json!({ "command": "pulse" }))["commit"], Value::Null);
}
