//! A contract: everybody signs, or nobody is bound.

use semper_base::Error;
use serde_json::{Value, json};

use super::scene::Scene;
use crate::serve::Role;

/// What is signed.
const TITLE: &str = "Loan of a cargo bicycle";
const TERMS: &str = "The first party lends its cargo bicycle to the others on weekends until the end of the year.\n\
                     Whoever rides it last on a Sunday brings it back clean and with the battery charged.\n\
                     Damage is paid by whoever was riding.\n";

/// Two parties over their own link.
pub(super) fn optimistic(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let with = json!([{ "link": "shop" }]);
    played(scene, "wallet", with, true)
}

/// All signatures go to the notary.
pub(super) fn through_the_notary(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let signers = signers(scene);
    let mut cards = Vec::new();
    for signer in signers.iter().skip(1) {
        let card = scene.call(signer, &json!({ "command": "contract-card" }))?;
        cards.push(json!({ "certificate": card.get("certificate") }));
    }
    played(scene, "wallet", json!(cards), false)
}

/// Everybody in the cast who signs, in its order but for the first, who makes the contract.
pub(in crate::demo) fn signers(scene: &Scene<'_>) -> Vec<&'static str> {
    let signs = |role: Role| matches!(role, Role::Shop | Role::Wallet);
    let mut names: Vec<&'static str> =
        scene.cast.iter().filter(|cast| signs(cast.role)).map(|cast| cast.name).collect();
    names.sort_by_key(|name| (*name != "wallet", *name));
    names
}

fn played(scene: &mut Scene<'_>, maker: &str, with: Value, optimistic: bool) -> Result<Value, Error> {
    let made = make(scene, maker, with, optimistic)?;
    for signer in signers(scene) {
        sign(scene, signer, &made)?;
    }
    summary(scene, &made)
}

/// Makes the contract.
pub(in crate::demo) fn make(scene: &Scene<'_>, maker: &str, with: Value, optimistic: bool) -> Result<Value, Error> {
    let request = json!({
        "command": "contract-new", "title": TITLE, "text": TERMS, "with": with, "optimistic": optimistic,
        "expires_ms": 3_600_000,
    });
    let made = scene.call(maker, &request)?;
    let text = format!("{maker}: Wrote the contract \"{TITLE}\" and gives it to the others. Nobody is bound yet.");
    scene.story.tell("contract-made", &text, &json!({ "party": maker, "contract": made.get("contract") }));
    Ok(made)
}

/// One of them wants to sign.
pub(in crate::demo) fn sign(scene: &Scene<'_>, signer: &str, made: &Value) -> Result<(), Error> {
    scene.call(signer, &json!({ "command": "contract-sign", "file": made.get("file") })).map(|_| ())
}

/// Waits for everybody's end, and computes what came of it.
fn summary(scene: &mut Scene<'_>, made: &Value) -> Result<Value, Error> {
    let id = made.get("contract").and_then(Value::as_str).unwrap_or_default().to_owned();
    let question = json!({ "command": "contract", "contract": id });
    let (mut holds, mut packs, mut convicted, mut verified) = (Vec::new(), Vec::new(), Vec::new(), true);
    for signer in signers(scene) {
        let end =
            scene.until(signer, &question, |contract| contract.get("over").and_then(Value::as_bool) == Some(true))?;
        let word = end.get("word").and_then(Value::as_str).unwrap_or_default();
        let text = format!("{signer}: {}", end.get("sentence").and_then(Value::as_str).unwrap_or_default());
        scene.story.tell("contract-end", &text, &json!({ "party": signer, "word": word }));
        let pack = scene.call(signer, &json!({ "command": "contract-export", "contract": id }))?;
        let (file, report) = scene.evidence(signer, &pack)?;
        verified &= report.get("problems").and_then(Value::as_array).is_some_and(Vec::is_empty);
        convicted.extend(super::super::facts::convicted([&report]));
        holds.push(json!({ "party": signer, "word": word, "proves": proves(&report), "pack": file }));
        packs.push(file);
    }
    let bound = holds.iter().filter(|one| one.get("proves").and_then(Value::as_bool) == Some(true)).count();
    // Either everybody can show a whole contract or nobody can.
    let fair = bound == 0 || bound == holds.len();
    Ok(json!({
        "event": "summary",
        "exchange": made.get("protocol"),
        "outcome": if fair { "fair" } else { "unfair" },
        "contract": id,
        "stands": bound == holds.len(),
        "holds": holds,
        "verified": verified,
        "convicted": convicted,
        "registers": [scene.rows(&id)?],
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}

/// Whether a pack shows a stranger that the contract stands: by the signatures of all, or by the notary's word with
/// what it rests on.
pub(in crate::demo) fn proves(report: &Value) -> bool {
    let list = |name: &str| report.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is = |one: &Value, name: &str, what: &str| one.get(name).and_then(Value::as_str) == Some(what);
    let ends = |one: &Value, with: &str| {
        one.get("sentence").and_then(Value::as_str).is_some_and(|sentence| sentence.ends_with(with))
    };
    let parties = list("parties").iter().filter(|party| is(party, "role", "party")).count();
    let signed = list("proven").iter().filter(|one| ends(one, " signed")).count();
    let resolved = list("proven").iter().any(|one| is(one, "by", "notary") && ends(one, "everybody is bound"));
    resolved || (parties > 0 && signed == parties)
}
