//! Joint deals: letters in a ring, all of which open at once or not at all; a letter, a payment and a signature of
//! three in one decision.

use semper_base::{Blob64, Error};
use serde_json::{Value, json};

use super::contract::{End, card, ends, sign, signers};
use super::scene::Scene;
use crate::demo::facts;

/// Each of three wallets gives the next one what it knows.
pub(super) fn ring(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let names = signers(scene);
    let mut parts = Vec::new();
    for (name, next) in names.iter().zip(names.iter().cycle().skip(1)) {
        let sealed = scene.call(
            name,
            &json!({
                "command": "contract-seal", "name": format!("of-{name}.txt"), "media_type": "text/plain",
                "data": Blob64(known(name).into_bytes()), "to": card(scene, next)?,
            }),
        )?;
        let text = format!("{name}: Seals what it knows for {next}, who cannot read it yet.");
        scene.story.tell("letter-sealed", &text, &json!({ "party": name, "letter": sealed.get("letter") }));
        parts.push(sealed.get("file").cloned().unwrap_or_default());
    }
    let maker = names.first().copied().unwrap_or_default();
    let request = json!({
        "command": "contract-new", "title": "Swap of recipes", "text": "Each may use what it gets, and tells nobody.",
        "parts": parts, "expires_ms": 3_600_000,
    });
    let made = scene.call(maker, &request)?;
    for name in &names {
        sign(scene, name, &made)?;
    }
    let ends = ends(scene, &made)?;
    let id = made.get("contract").cloned().unwrap_or_default();
    let mut read = Vec::new();
    for (name, before) in names.iter().zip(names.iter().cycle().skip(names.len().saturating_sub(1))) {
        let is_right = reads(scene, name, &id, before)?;
        let text =
            format!("{name}: Reads what {before} knows: {}.", if is_right { "as agreed" } else { "NOT as agreed" });
        scene.story.tell("letter-read", &text, &json!({ "party": name, "as_agreed": is_right }));
        read.push(is_right);
    }
    summary(scene, &made, &ends, &read, &json!(null))
}

/// What is paid for the letter.
const PRICE: &str = "12.00 EUR";

/// The first pays the second for a letter, and the third says that it knows of it: one decision.
pub(super) fn letter_for_payment(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let (buyer, seller, witness) = ("wallet", "wallet-2", "wallet-3");
    account(scene, buyer)?;
    let to = account(scene, seller)?;
    let before = scene.call("bank", &json!({ "command": "balance", "account": to }))?;
    let sealed = scene.call(
        seller,
        &json!({
            "command": "contract-seal", "name": "formula.txt", "media_type": "text/plain",
            "data": Blob64(known(seller).into_bytes()), "to": card(scene, buyer)?,
        }),
    )?;
    let bill = scene.call(seller, &json!({ "command": "contract-bill", "amount": PRICE }))?;
    let text = format!("{seller}: Seals what it knows for {buyer}, and writes a bill over {PRICE}.");
    scene.story.tell("letter-sealed", &text, &json!({ "party": seller, "letter": sealed.get("letter") }));
    let paid = scene.call(buyer, &json!({ "command": "contract-pay", "bill": bill.get("file") }))?;
    let request = json!({
        "command": "contract-new", "title": "Formula", "text": "For your own use. The third party knows of it.",
        "parts": [sealed.get("file"), paid.get("file")], "with": [card(scene, witness)?], "expires_ms": 3_600_000,
    });
    let made = scene.call(buyer, &request)?;
    for name in [buyer, seller, witness] {
        sign(scene, name, &made)?;
    }
    let ends = ends(scene, &made)?;
    let id = made.get("contract").cloned().unwrap_or_default();
    let is_right = reads(scene, buyer, &id, seller)?;
    let question = json!({ "command": "balance", "account": to });
    let paid = |now: &Value| now.get("available") != before.get("available");
    let after = scene.until("bank", &question, paid)?;
    let text = format!("bank: Paid {PRICE} by the notary's decision.");
    scene.story.tell("paid", &text, &json!({ "party": "bank", "seller": after.get("available") }));
    let money = json!({ "seller": [before.get("available"), after.get("available")] });
    summary(scene, &made, &ends, &[is_right], &money)
}

/// Opens an account, which the play bank fills.
pub(super) fn account(scene: &Scene<'_>, party: &str) -> Result<String, Error> {
    scene.call(party, &json!({ "command": "open-account", "currency": "EUR" }))?;
    let open = |purse: &Value| purse.get("account").is_some_and(Value::is_string);
    let purse = scene.until(party, &json!({ "command": "purse" }), open)?;
    Ok(purse.get("account").and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn known(name: &str) -> String {
    format!("What {name} knows.\n")
}

/// Whether a party can read exactly what another one knows.
fn reads(scene: &Scene<'_>, name: &str, id: &Value, from: &str) -> Result<bool, Error> {
    let reply = scene.call(name, &json!({ "command": "contract-read", "contract": id }))?;
    let due = json!(Blob64(known(from).into_bytes()));
    let letters = reply.get("letters").and_then(Value::as_array).cloned().unwrap_or_default();
    let is = |letter: &Value| letter.get("data") == Some(&due) && letter.get("as_agreed") == Some(&Value::Bool(true));
    Ok(letters.iter().any(is))
}

fn summary(scene: &Scene<'_>, made: &Value, ends: &[End], read: &[bool], money: &Value) -> Result<Value, Error> {
    let id = made.get("contract").and_then(Value::as_str).unwrap_or_default();
    let (bound, has) = (ends.iter().filter(|end| end.proves).count(), read.iter().filter(|read| **read).count());
    // Everybody has what it was to get and can show it, or nobody.
    let fair = (bound, has) == (ends.len(), read.len()) || (bound, has) == (0, 0);
    let convicted: Vec<Value> = ends.iter().map(End::convictions).collect();
    Ok(json!({
        "event": "summary",
        "protocol": made.get("protocol"),
        "outcome": if fair { "fair" } else { "unfair" },
        "contract": id,
        "stands": bound == ends.len(),
        "letters_read": has,
        "balances": money,
        "holds": ends.iter().map(End::json).collect::<Vec<_>>(),
        "verified": ends.iter().all(|end| end.sound),
        "convicted": facts::convicted(&convicted),
        "registers": [scene.rows(id)?],
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}
