//! Contracts signed in rounds (CSN-C) between real processes: the notary passes on what is said and has nothing to
//! decide, unless somebody stops. With every packet of it, for parties that are cut off.

use semper_base::Error;
use serde_json::{Value, json};

use super::contract::{card, cards, make_as, sign, signers, summary};
use super::papers::{Paper, ROUNDS_MAX, text};
use super::scene::Scene;
use super::{NOTARY, SHOP, WALLET};
use crate::demo::market::Cast;

/// A shop and two wallets.
pub(super) const SIGNERS: &[Cast] = &[NOTARY, SHOP, WALLET, Cast { name: "wallet-2", called: "Carl Cooper", ..WALLET }];

/// Everybody signs.
pub(super) fn signed(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let made = make(scene)?;
    for signer in signers(scene) {
        sign(scene, signer, &made)?;
    }
    summary(scene, &made)
}

/// The contract of everybody in the cast, made by the wallet.
pub(super) fn make(scene: &Scene<'_>) -> Result<Value, Error> {
    make_as(scene, "wallet", &cards(scene)?, "asynchronous")
}

/// Signed by all, and given up by two of three; over and over until every crash point was met.
pub(super) fn all(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let mut ends = Vec::new();
    for _ in 0..ROUNDS_MAX {
        ends.extend([complete(scene)?, given_up(scene)?]);
        if !scene.is_cut_off_again()? {
            break;
        }
    }
    let fair = ends.iter().all(|end| end.get("fair").and_then(Value::as_bool) == Some(true));
    let crashes = scene.market.crashes.as_ref().map(|crashes| crashes.report());
    Ok(json!({
        "event": "summary",
        "outcome": if fair { "fair" } else { "unfair" },
        "contracts": ends,
        "verified": true,
        "crashes": crashes,
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}

fn paper(scene: &Scene<'_>) -> Result<Paper, Error> {
    let with = json!([card(scene, "shop")?, card(scene, "wallet-2")?]);
    Paper::read("contract", || make_as(scene, "wallet", &with, "asynchronous"))
}

fn complete(scene: &Scene<'_>) -> Result<Value, Error> {
    let paper = paper(scene)?;
    for signer in signers(scene) {
        sign(scene, signer, &paper.json())?;
    }
    ended(scene, &paper, &signers(scene))
}

/// Two have pledged once; the third never says anything. Each of the two stops and is told for itself.
fn given_up(scene: &Scene<'_>) -> Result<Value, Error> {
    let paper = paper(scene)?;
    let two = ["wallet", "shop"];
    for signer in two {
        sign(scene, signer, &paper.json())?;
        paper.until(scene, signer, "promised")?;
    }
    for signer in two {
        paper.wish(scene, signer, "abort")?;
        paper.until(scene, signer, "aborted")?;
    }
    ended(scene, &paper, &two)
}

/// Waits until all of these have come to an end, and says whether it is the same.
fn ended(scene: &Scene<'_>, paper: &Paper, parties: &[&str]) -> Result<Value, Error> {
    let ends = parties.iter().map(|party| paper.until(scene, party, "none"));
    let ends = ends.collect::<Result<Vec<Value>, Error>>()?;
    let stages: Vec<&str> = ends.iter().map(|end| text(end, "stage")).collect();
    let fair = stages.iter().all(|stage| *stage == "complete") || !stages.contains(&"complete");
    let line = format!("contract {}: {}.", paper.id.get(..8).unwrap_or_default(), stages.join(", "));
    scene.story.tell("paper", &line, &json!({ "paper": paper.id, "stages": stages }));
    Ok(json!({ "contract": paper.id, "stages": stages, "fair": fair }))
}
