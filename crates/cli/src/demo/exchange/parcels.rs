//! Mail order under escrow between real processes: one parcel that comes and one that the arbiter rules on; and every
//! way that the parties can bring about without waiting for days, so that every packet passes.

use std::path::PathBuf;

use semper_base::Error;
use semper_services::bank::Bank;
use serde_json::{Value, json};

use super::locks::{Money, balances, shown};
use super::papers::ROUNDS_MAX;
use super::parcel::{Order, SHOP, WALLET, nothing_kept, open, owed};
use super::scene::Scene;
use crate::deal;

/// What a pack shows.
pub(super) const PROVABLE: &str = "where the money went, and on what ground";

/// A parcel that comes, and one that is not what was ordered.
pub(super) fn two(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let accounts = open(scene)?;
    let before = balances(scene, &accounts)?;
    let good = Order::locked(scene)?;
    good.shipped(scene)?;
    good.carried(scene)?;
    good.received(scene)?;
    let bad = Order::locked(scene)?;
    bad.shipped(scene)?;
    bad.carried(scene)?;
    bad.complained(scene, "It is broken.")?;
    bad.ruled(scene, "4.90 EUR", "Broken, but fit for flowers.")?;
    nothing_kept(scene)?;
    let shown = [show(scene, &bad, WALLET)?, show(scene, &bad, SHOP)?];
    let money = [before, balances(scene, &accounts)?];
    let fair = owed(scene, before, &[&good, &bad])? == Some(money[1]);
    Ok(json!({
        "event": "summary",
        "protocol": "semper-lock/1",
        "outcome": if fair { "fair" } else { "unfair" },
        "holds": shown.iter().map(Shown::json).collect::<Vec<_>>(),
        "balances": moved(money),
        "verified": shown.iter().all(|shown| shown.sound),
        "provable": PROVABLE,
        "convicted": [],
        "registers": [rows(scene, &bad.lock)?],
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}

/// Every way, over and over until every crash point was met.
pub(super) fn all(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let accounts = open(scene)?;
    let before = balances(scene, &accounts)?;
    let mut orders = Vec::new();
    for _ in 0..ROUNDS_MAX {
        orders.extend(round(scene)?);
        if !scene.is_cut_off_again()? {
            break;
        }
    }
    nothing_kept(scene)?;
    let after = balances(scene, &accounts)?;
    let fair = owed(scene, before, &orders.iter().collect::<Vec<_>>())? == Some(after);
    let crashes = scene.market.crashes.as_ref().map(|crashes| crashes.report());
    Ok(json!({
        "event": "summary",
        "outcome": if fair { "fair" } else { "unfair" },
        "orders": orders.iter().map(|order| &order.hash).collect::<Vec<_>>(),
        "balances": moved([before, after]),
        "verified": true,
        "crashes": crashes,
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}

fn round(scene: &Scene<'_>) -> Result<Vec<Order>, Error> {
    let paid = Order::locked(scene)?;
    paid.shipped(scene)?;
    paid.carried(scene)?;
    paid.received(scene)?;
    paid.withdrawn(scene)?;
    let ruled = Order::locked(scene)?;
    ruled.shipped(scene)?;
    ruled.complained(scene, "Nothing came.")?;
    ruled.ruled(scene, "0.00 EUR", "Nobody had the pickup code.")?;
    let cancelled = Order::locked(scene)?;
    cancelled.cancelled(scene)?;
    Ok(vec![paid, ruled, cancelled])
}

/// What a party can show a stranger about an order.
pub(super) struct Shown {
    pub(super) party: &'static str,
    pub(super) pack: PathBuf,
    word: String,
    /// Whether it shows that the money was divided.
    pub(super) proves: bool,
    pub(super) sound: bool,
}

/// Writes a party's pack and looks at it.
pub(super) fn show(scene: &Scene<'_>, order: &Order, party: &'static str) -> Result<Shown, Error> {
    let seen = if party == WALLET { order.deal(scene)? } else { order.sale(scene)? };
    let word = seen.get("word").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (pack, report) = scene.evidence(party, &json!({ "pack": order.pack(scene, party)? }))?;
    let outcome = report.pointer("/locks/0/verdict/outcome").and_then(Value::as_str);
    let sound = report.get("problems").and_then(Value::as_array).is_some_and(Vec::is_empty);
    Ok(Shown { party, pack, word, proves: outcome == Some("divided"), sound })
}

impl Shown {
    pub(super) fn json(&self) -> Value {
        json!({ "party": self.party, "word": self.word, "proves": self.proves, "pack": self.pack })
    }
}

/// The bank's rows about a lock, straight from its database.
pub(super) fn rows(scene: &Scene<'_>, lock: &str) -> Result<Value, Error> {
    let request = json!({ "command": "rows", "xid": lock });
    let directory = &scene.market.named("bank")?.directory;
    let reply = deal::read_only(&Bank { play_deposit: None }, directory, &request)?;
    Ok(json!({ "register": "bank", "xid": lock, "rows": reply.get("rows") }))
}

/// What both had, and have.
pub(super) fn moved([before, after]: [Money; 2]) -> Value {
    json!({ "before": shown(before), "after": shown(after) })
}
