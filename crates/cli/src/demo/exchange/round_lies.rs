//! Cheats in contracts signed in rounds: a signer or the notary lies.

use std::path::Path;

use semper_base::Error;
use semper_crypto_aws_lc::AwsLc;
use serde_json::{Value, json};

use super::contract::{End, ends, sign, signers};
use super::deceit::{Cheat, Outcome};
use super::papers::text;
use super::rounds::make;
use super::scene::Scene;
use super::{NOTARY, THREE};
use crate::demo::market::Cast;
use crate::evidence;

/// What everybody who does not lie can show.
const STANDS: &[(&str, &str)] = &[("stands", "wallet, wallet-2, wallet-3")];
/// Who lies, if a signer does.
const LIAR: &str = "wallet-3";
/// How often an owner who has lost patience looks whether everybody has promised.
const LOOKS_MAX: usize = 500;

const BASE: Cheat = Cheat {
    name: "",
    line: "",
    exchange: "rounds",
    cast: &[],
    role: "party",
    play: stuck,
    seen: STANDS,
    convicted: &[],
    noticed: &[],
};

/// Every cheat. Who lies is the first word of its name.
pub(super) const CHEATS: &[Cheat] = &[
    Cheat {
        name: "signer-falls-silent",
        line: "One of three promises in the first round, has the promises of all, and says nothing more.",
        cast: &[NOTARY, THREE[1], THREE[2], Cast { lie: Some("signer-falls-silent"), ..THREE[3] }],
        ..BASE
    },
    Cheat {
        name: "signer-pledges-twice",
        line: "One of three signs two different promises of the second round.",
        cast: &[NOTARY, THREE[1], THREE[2], Cast { lie: Some("signer-pledges-twice"), ..THREE[3] }],
        ..BASE
    },
    Cheat {
        name: "signer-stops-after-signing",
        line: "One of three has signed, and gets the notary's word that nothing came of it for itself.",
        cast: &[NOTARY, THREE[1], THREE[2], Cast { lie: Some("signer-stops-after-signing"), ..THREE[3] }],
        play: stops_late,
        convicted: &[("party", "went-on")],
        ..BASE
    },
    Cheat {
        name: "notary-parts-the-rounds",
        line: "The notary has told one of three that nothing comes of a contract, and tells the others that it is complete.",
        cast: &[Cast { lie: Some("notary-parts-the-rounds"), ..NOTARY }, THREE[1], THREE[2], THREE[3]],
        role: "notary",
        play: parted,
        seen: &[("stands", "wallet, wallet-3")],
        convicted: &[("notary", "resolved-despite-halt")],
        ..BASE
    },
];

/// The contract, which everybody wants to sign.
fn begun(scene: &Scene<'_>) -> Result<Value, Error> {
    let made = make(scene)?;
    for signer in signers(scene) {
        sign(scene, signer, &made)?;
    }
    Ok(made)
}

/// An owner who hears nothing more has the notary asked, as soon as that makes sense.
fn impatient(scene: &Scene<'_>, party: &str, made: &Value) {
    let resolve = json!({ "command": "contract-resolve", "contract": made.get("contract") });
    for _ in 0..LOOKS_MAX {
        match scene.call(party, &resolve) {
            // Before all have promised there is nothing to ask.
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(20)),
            Ok(_) => break,
        }
    }
    let line = format!("{party}: Hears nothing more, and asks the notary.");
    scene.story.tell("impatient", &line, &json!({ "party": party }));
}

/// Somebody does not go on as it should: the others have the notary asked.
fn stuck(scene: &Scene<'_>) -> Result<Outcome, Error> {
    let made = begun(scene)?;
    // The lie is told when the liar has the first promises of all. Whoever asks the notary sooner never meets it.
    let question = json!({ "command": "contract", "contract": made.get("contract") });
    scene.until(LIAR, &question, |shown| promises(shown) >= signers(scene).len())?;
    impatient(scene, "wallet", &made);
    ended(scene, &made, &[LIAR])
}

/// How many signed promises a party keeps.
fn promises(shown: &Value) -> usize {
    let documents = shown.get("documents").and_then(Value::as_array);
    documents.map_or(0, |all| all.iter().filter(|document| text(document, "kind") == "pledge").count())
}

fn stops_late(scene: &Scene<'_>) -> Result<Outcome, Error> {
    let made = begun(scene)?;
    let question = json!({ "command": "contract", "contract": made.get("contract") });
    for party in signers(scene) {
        scene.until(party, &question, |shown| text(shown, "stage") == "complete")?;
    }
    scene.call(LIAR, &json!({ "command": "cheat", "contract": made.get("contract") }))?;
    // The notary has answered when the liar has its word.
    let halted = |shown: &Value| shown.get("documents").is_some_and(|all| all.to_string().contains("\"halted\""));
    scene.until(LIAR, &question, halted)?;
    // Whoever shows the notary's word shows its own, too.
    ended(scene, &made, &[])
}

fn parted(scene: &Scene<'_>) -> Result<Outcome, Error> {
    let made = make(scene)?;
    let question = json!({ "command": "contract", "contract": made.get("contract") });
    for party in ["wallet", "wallet-2"] {
        sign(scene, party, &made)?;
        scene.until(party, &question, |shown| text(shown, "stage") == "promised")?;
    }
    scene.call("wallet-2", &json!({ "command": "contract-abort", "contract": made.get("contract") }))?;
    scene.until("wallet-2", &question, |shown| text(shown, "stage") == "aborted")?;
    // The third one signs late: now there are promises of all from the first round.
    sign(scene, "wallet-3", &made)?;
    for party in ["wallet", "wallet-3"] {
        impatient(scene, party, &made);
    }
    ended(scene, &made, &[])
}

/// Who has a contract to show, and what the packs of all but these convict of.
fn ended(scene: &Scene<'_>, made: &Value, silent: &[&str]) -> Result<Outcome, Error> {
    let ends = ends(scene, made)?;
    let shown = ends.iter().filter(|end| !silent.contains(&end.party));
    let packs: Vec<(&str, &Path)> = shown.map(|end| (end.party, end.pack.as_path())).collect();
    let verdict = evidence::contract_together(&packs, &scene.market.root_file(), &AwsLc::new())?;
    let verdict = json!({ "verdict": serde_json::to_value(verdict).unwrap_or_default() });
    let stands: Vec<&str> = ends.iter().filter(|end| end.proves).map(|end| end.party).collect();
    let honest: Vec<&End> = ends.iter().filter(|end| end.party != LIAR).collect();
    let even = honest.iter().all(|end| end.proves) || !honest.iter().any(|end| end.proves);
    let id = text(made, "contract");
    Ok(Outcome {
        seen: vec![("stands", stands.join(", "))],
        even,
        verdicts: vec![verdict],
        refused: None,
        holds: ends.iter().map(End::json).collect(),
        sound: ends.iter().all(|end| end.sound),
        provable: "the contract",
        registers: vec![scene.rows(id)?],
    })
}
