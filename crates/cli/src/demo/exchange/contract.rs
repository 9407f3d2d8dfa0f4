//! A contract: everybody signs, or nobody is bound.

use std::path::PathBuf;

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
    played(scene, "wallet", &with, true)
}

/// All signatures go to the notary.
pub(super) fn through_the_notary(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let with = cards(scene)?;
    played(scene, "wallet", &with, false)
}

/// The cards of all signers but the one who makes the contract.
pub(super) fn cards(scene: &Scene<'_>) -> Result<Value, Error> {
    let mut cards = Vec::new();
    for signer in signers(scene).iter().skip(1) {
        cards.push(card(scene, signer)?);
    }
    Ok(json!(cards))
}

/// The card of one party.
pub(super) fn card(scene: &Scene<'_>, party: &str) -> Result<Value, Error> {
    let card = scene.call(party, &json!({ "command": "contract-card" }))?;
    Ok(json!({ "certificate": card.get("certificate") }))
}

/// Everybody in the cast who signs, in its order but for the first, who makes the contract.
pub(in crate::demo) fn signers(scene: &Scene<'_>) -> Vec<&'static str> {
    let signs = |role: Role| matches!(role, Role::Shop | Role::Wallet);
    let mut names: Vec<&'static str> =
        scene.cast.iter().filter(|cast| signs(cast.role)).map(|cast| cast.name).collect();
    names.sort_by_key(|name| (*name != "wallet", *name));
    names
}

fn played(scene: &mut Scene<'_>, maker: &str, with: &Value, optimistic: bool) -> Result<Value, Error> {
    let made = make(scene, maker, with, optimistic)?;
    for signer in signers(scene) {
        sign(scene, signer, &made)?;
    }
    summary(scene, &made)
}

/// Makes the contract, signed over the parties' own link or through the notary.
pub(in crate::demo) fn make(scene: &Scene<'_>, maker: &str, with: &Value, optimistic: bool) -> Result<Value, Error> {
    make_as(scene, maker, with, if optimistic { "optimistic" } else { "collected" })
}

/// Makes the contract; `how` is set in the command.
pub(super) fn make_as(scene: &Scene<'_>, maker: &str, with: &Value, how: &str) -> Result<Value, Error> {
    let request = json!({
        "command": "contract-new", "title": TITLE, "text": TERMS, "with": with, how: true, "expires_ms": 3_600_000,
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

/// How a contract ended for one party.
pub(in crate::demo) struct End {
    pub(in crate::demo) party: &'static str,
    word: String,
    pub(in crate::demo) pack: PathBuf,
    /// Whether its pack shows a stranger that the contract stands.
    pub(in crate::demo) proves: bool,
    /// Whether nothing is wrong with its pack.
    pub(in crate::demo) sound: bool,
    report: Value,
}

impl End {
    /// Who is convicted by its pack.
    pub(in crate::demo) fn convictions(&self) -> Value {
        convictions(&self.report)
    }

    pub(in crate::demo) fn json(&self) -> Value {
        json!({ "party": self.party, "word": self.word, "proves": self.proves, "pack": self.pack })
    }
}

/// Waits for everybody's end, and looks at what each can show.
pub(in crate::demo) fn ends(scene: &Scene<'_>, made: &Value) -> Result<Vec<End>, Error> {
    let id = made.get("contract").cloned().unwrap_or_default();
    let question = json!({ "command": "contract", "contract": id });
    let mut ends = Vec::new();
    for party in signers(scene) {
        let over = |contract: &Value| contract.get("over").and_then(Value::as_bool) == Some(true);
        let end = scene.until(party, &question, over)?;
        let word = end.get("word").and_then(Value::as_str).unwrap_or_default().to_owned();
        let text = format!("{party}: {}", end.get("sentence").and_then(Value::as_str).unwrap_or_default());
        scene.story.tell("contract-end", &text, &json!({ "party": party, "word": word }));
        let pack = scene.call(party, &json!({ "command": "contract-export", "contract": id }))?;
        let (pack, report) = scene.evidence(party, &pack)?;
        let sound = report.get("problems").and_then(Value::as_array).is_some_and(Vec::is_empty);
        ends.push(End { party, word, pack, proves: proves(&report), sound, report });
    }
    Ok(ends)
}

/// What came of it.
pub(super) fn summary(scene: &Scene<'_>, made: &Value) -> Result<Value, Error> {
    let id = made.get("contract").and_then(Value::as_str).unwrap_or_default();
    let ends = ends(scene, made)?;
    let bound = ends.iter().filter(|end| end.proves).count();
    // Either everybody can show a whole contract or nobody can.
    let fair = bound == 0 || bound == ends.len();
    Ok(json!({
        "event": "summary",
        "protocol": made.get("protocol"),
        "outcome": if fair { "fair" } else { "unfair" },
        "contract": id,
        "stands": bound == ends.len(),
        "holds": ends.iter().map(End::json).collect::<Vec<_>>(),
        "verified": ends.iter().all(|end| end.sound),
        "convicted": super::super::facts::convicted(&ends.iter().map(|end| convictions(&end.report)).collect::<Vec<_>>()),
        "registers": [scene.rows(id)?],
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}

/// Whether a pack shows a stranger that the contract stands.
fn proves(report: &Value) -> bool {
    report.pointer("/frame_verdict/outcome").and_then(Value::as_str) == Some("complete")
}

/// Who is convicted by one pack, as of any other.
fn convictions(report: &Value) -> Value {
    json!({ "verdict": report.get("frame_verdict") })
}
