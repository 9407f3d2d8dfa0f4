//! One container each way between a wallet and a shop: data and a payment, all of it or nothing, each part provable by
//! its hash.

use semper_base::{Blob64, Error, Hash};
use serde_json::{Value, json};

use super::scene::Scene;
use super::swap::account;

/// What is sent.
const DATA: &[u8] = b"Twenty paces north of the palm, then dig.\n";
/// What is paid with it.
const AMOUNT: &str = "5.00 EUR";
/// What a pack shows.
const PROVABLE: &str = "who sent what, each part by its hash";

/// Both ways, one after the other.
pub(super) fn both_ways(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let accounts = [account(scene, "wallet")?, account(scene, "shop")?];
    let first = one(scene, "wallet", "shop", "shop")?;
    let between = balances(scene, &accounts)?;
    // The shop knows the wallet by its connection.
    let peer = first.shown.get("peer").and_then(Value::as_str).unwrap_or_default().to_owned();
    let second = one(scene, "shop", "wallet", &peer)?;
    let after = balances(scene, &accounts)?;
    let fair = first.is_whole && second.is_whole;
    Ok(json!({
        "event": "summary",
        "protocol": "semper-sending/1",
        "outcome": if fair { "fair" } else { "unfair" },
        // Each party's pack is of the last.
        "holds": second.holds,
        "balances": { "between": between, "after": after },
        "verified": first.sound && second.sound,
        "provable": PROVABLE,
        "convicted": [],
        "registers": [],
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}

/// How one transfer ended.
struct End {
    /// As the receiver sees it.
    shown: Value,
    /// Both have the same word, and the receiver has what was sent.
    is_whole: bool,
    sound: bool,
    holds: Vec<Value>,
}

fn one(scene: &Scene<'_>, from: &'static str, to: &'static str, called: &str) -> Result<End, Error> {
    let begun = scene.call(
        from,
        &json!({
            "command": "transfer-begin", "to": called, "title": format!("A map from the {from}"), "goods": [
                { "kind": "container", "name": "island", "goods": 1 },
                { "kind": "data", "name": "map.txt", "media": "text/plain", "length": DATA.len() },
                { "kind": "payment", "name": "shovel", "amount": AMOUNT },
            ],
        }),
    )?;
    let draft = begun.get("transfer").cloned().unwrap_or_default();
    let data = [Blob64(DATA.to_vec())];
    scene
        .call(from, &json!({ "command": "transfer-chunk", "transfer": draft, "good": 1, "index": 0, "data": data }))?;
    let asked = scene.call(from, &json!({ "command": "transfer-send", "transfer": draft }))?;
    let id = asked.get("transfer").cloned().unwrap_or_default();
    let sealed = asked.get("confidential") == Some(&Value::Bool(true));
    let text = format!(
        "{from}: Sends a folder with a map, and {AMOUNT}; {}.",
        if sealed { "sealed to the receiver's key" } else { "over the connection" }
    );
    scene.story.tell("announced", &text, &json!({ "party": from, "transfer": id, "sealed": sealed }));
    let here = |list: &Value| {
        let all = list.get("transfers").and_then(Value::as_array);
        all.is_some_and(|all| all.iter().any(|one| one.get("transfer") == Some(&id)))
    };
    scene.until(to, &json!({ "command": "transfer-list" }), here)?;
    scene.call(to, &json!({ "command": "transfer-accept", "transfer": id }))?;
    let question = json!({ "command": "transfer", "transfer": id });
    let over = |shown: &Value| shown.get("over") == Some(&Value::Bool(true));
    let (mut holds, mut sound, mut whole) = (Vec::new(), true, true);
    for party in [to, from] {
        let shown = scene.until(party, &question, over)?;
        let word = shown.get("word").and_then(Value::as_str).unwrap_or_default().to_owned();
        let sentence = shown.get("sentence").and_then(Value::as_str).unwrap_or_default();
        scene.story.tell("transfer-end", &format!("{party}: {sentence}"), &json!({ "party": party, "word": word }));
        let pack = scene.call(party, &json!({ "command": "transfer-export", "transfer": id }))?;
        let (pack, report) = scene.evidence(party, &pack)?;
        sound &= report.get("problems").and_then(Value::as_array).is_some_and(Vec::is_empty);
        let proves = report.to_string().contains(&Hash::of(DATA).hex());
        whole &= word == "taken" && proves;
        holds.push(json!({ "party": party, "word": word, "proves": proves, "pack": pack }));
    }
    let found = scene.call(to, &json!({ "command": "transfer-open", "transfer": id, "good": 1 }))?;
    whole &= found.get("data") == Some(&json!(Blob64(DATA.to_vec())));
    Ok(End { shown: scene.call(to, &question)?, is_whole: whole, sound, holds })
}

fn balances(scene: &Scene<'_>, accounts: &[String; 2]) -> Result<[Value; 2], Error> {
    let balance = |account: &String| -> Result<Value, Error> {
        let reply = scene.call("bank", &json!({ "command": "balance", "account": account }))?;
        Ok(reply.get("available").cloned().unwrap_or_default())
    };
    let [wallet, shop] = accounts;
    Ok([balance(wallet)?, balance(shop)?])
}
