//! Cheats in mail order under escrow: the shop, the buyer, the carrier, the arbiter or the bank lies.

use semper_base::{Code, Error};
use semper_crypto_aws_lc::AwsLc;
use serde_json::{Value, json};

use super::deceit::{Cheat, Outcome};
use super::locks::{Money, amount, balances};
use super::parcel::{ARBITER, BUYS, CARRIER, CARRIES, Order, SELLS, SHOP, WALLET, nothing_kept, open};
use super::parcels::{PROVABLE, rows, show};
use super::scene::Scene;
use super::{BANK, NOTARY};
use crate::demo::market::Cast;
use crate::evidence;

/// What an order comes to.
const ALL: &str = "14.90 EUR";
const NOTHING: &str = "0.00 EUR";
/// What the arbiter gives the shop, and what it says to the other side.
const RULED: &str = "4.90 EUR";
const RULED_TOO: &str = "14.00 EUR";

const BASE: Cheat = Cheat {
    name: "",
    line: "",
    exchange: "escrow",
    cast: &[],
    role: "",
    play: ships_nothing,
    seen: &[("basis", "ruled"), ("shop", NOTHING)],
    convicted: &[],
    noticed: &[],
};

/// Every cheat. Who lies is the first word of its name.
pub(super) const CHEATS: &[Cheat] = &[
    Cheat {
        name: "seller-ships-nothing",
        line: "The shop ships nothing and says that it did.",
        cast: &[NOTARY, BANK, Cast { lie: Some("seller-ships-nothing"), ..SELLS }, BUYS, CARRIES],
        role: "seller",
        ..BASE
    },
    Cheat {
        name: "seller-forges-carrier",
        line: "The shop signs in the carrier's name that the parcel was given away.",
        cast: &[NOTARY, BANK, Cast { lie: Some("seller-forges-carrier"), ..SELLS }, BUYS, CARRIES],
        role: "seller",
        play: forges_carrier,
        noticed: &[("bank", Code::KeyWrong)],
        ..BASE
    },
    Cheat {
        name: "carrier-guesses-code",
        line: "The carrier keeps the parcel and says that it gave it away, with a pickup code that it has made up.",
        cast: &[NOTARY, BANK, SELLS, BUYS, Cast { lie: Some("carrier-guesses-code"), ..CARRIES }],
        role: "carrier",
        play: guesses_code,
        noticed: &[("shop", Code::CommitmentWrong)],
        ..BASE
    },
    Cheat {
        name: "buyer-denies-parcel",
        line: "The buyer has the parcel and complains that nothing came.",
        cast: &[NOTARY, BANK, SELLS, Cast { lie: Some("buyer-denies-parcel"), ..BUYS }, CARRIES],
        role: "buyer",
        play: denies_parcel,
        seen: &[("basis", "ruled"), ("shop", ALL)],
        ..BASE
    },
    Cheat {
        name: "buyer-disputes-paid",
        line: "The buyer has said that all is well, and objects at the bank all the same.",
        cast: &[NOTARY, BANK, SELLS, Cast { lie: Some("buyer-disputes-paid"), ..BUYS }, CARRIES],
        role: "buyer",
        play: disputes_paid,
        seen: &[("basis", "approved"), ("shop", ALL)],
        ..BASE
    },
    Cheat {
        name: "arbiter-rules-twice",
        line: "The arbiter rules for the buyer, and for the shop too.",
        cast: &[Cast { lie: Some("arbiter-rules-twice"), ..NOTARY }, BANK, SELLS, BUYS, CARRIES],
        role: "arbiter",
        play: rules_twice,
        seen: &[("basis", "ruled"), ("shop", RULED)],
        convicted: &[("arbiter", "two-answers")],
        ..BASE
    },
    Cheat {
        name: "bank-divides-otherwise",
        line: "The arbiter divides the money; the bank pays the shop all of it, as if nobody had objected.",
        cast: &[NOTARY, Cast { lie: Some("bank-divides-otherwise"), ..BANK }, SELLS, BUYS, CARRIES],
        role: "bank",
        play: divides_otherwise,
        seen: &[("basis", "unobjected"), ("shop", ALL)],
        convicted: &[("bank", "divided-against-record"), ("bank", "divided-too-early")],
        ..BASE
    },
];

/// An order whose parcel is on its way, and what both had before it.
struct Way {
    order: Order,
    accounts: [String; 2],
    before: Money,
}

impl Way {
    fn shipped(scene: &Scene<'_>) -> Result<Way, Error> {
        let accounts = open(scene)?;
        let before = balances(scene, &accounts)?;
        let order = Order::locked(scene)?;
        order.shipped(scene)?;
        Ok(Way { order, accounts, before })
    }

    /// What is seen, and what everybody can show. `due` is what the shop must have, no more and no less.
    fn ended(self, scene: &Scene<'_>, due: &str) -> Result<Outcome, Error> {
        nothing_kept(scene)?;
        let Way { order, accounts, before } = self;
        let after = balances(scene, &accounts)?;
        let gained = after[1].minus(before[1])?;
        let shown = [show(scene, &order, WALLET)?, show(scene, &order, SHOP)?];
        let packs: Vec<_> = shown.iter().map(|shown| (shown.party, shown.pack.as_path())).collect();
        let verdicts = evidence::order_together(&packs, &scene.market.root_file(), &AwsLc::new())?;
        let verdicts = verdicts.iter().map(|verdict| json!({ "verdict": verdict })).collect();
        let deal = order.deal(scene)?;
        let basis = deal.pointer("/locks/0/basis").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Outcome {
            seen: vec![("basis", basis), ("shop", gained.to_string())],
            even: gained == amount(due)? && before[0].minus(after[0])? == gained,
            verdicts,
            refused: None,
            holds: shown.iter().map(super::parcels::Shown::json).collect(),
            sound: shown.iter().all(|shown| shown.sound),
            provable: PROVABLE,
            registers: vec![rows(scene, &order.lock)?],
        })
    }
}

/// Nobody had the pickup code, so the arbiter gives the money back.
fn nothing_came(scene: &Scene<'_>, way: Way) -> Result<Outcome, Error> {
    way.order.complained(scene, "Nothing came.")?;
    way.order.ruled(scene, NOTHING, "Nobody had the pickup code.")?;
    way.ended(scene, NOTHING)
}

fn ships_nothing(scene: &Scene<'_>) -> Result<Outcome, Error> {
    nothing_came(scene, Way::shipped(scene)?)
}

fn forges_carrier(scene: &Scene<'_>) -> Result<Outcome, Error> {
    let way = Way::shipped(scene)?;
    scene.call(SHOP, &json!({ "command": "cheat", "lock": way.order.lock }))?;
    scene.noted("bank")?;
    nothing_came(scene, way)
}

fn guesses_code(scene: &Scene<'_>) -> Result<Outcome, Error> {
    let way = Way::shipped(scene)?;
    let lie = json!({ "command": "cheat", "waybill": way.order.waybill(scene)? });
    let word = scene.call(CARRIER, &lie)?.get("statement").cloned().unwrap_or_default();
    let refused = way.order.brings(scene, SHOP, &word).err().map(|why| (SHOP, why.code()));
    Ok(Outcome { refused, ..nothing_came(scene, way)? })
}

fn denies_parcel(scene: &Scene<'_>) -> Result<Outcome, Error> {
    let way = Way::shipped(scene)?;
    way.order.carried(scene)?;
    way.order.complained(scene, "Nothing came.")?;
    way.order.ruled(scene, ALL, "The buyer gave the pickup code away.")?;
    way.ended(scene, ALL)
}

fn disputes_paid(scene: &Scene<'_>) -> Result<Outcome, Error> {
    let way = Way::shipped(scene)?;
    way.order.carried(scene)?;
    way.order.received(scene)?;
    scene.call(WALLET, &json!({ "command": "cheat", "lock": way.order.lock }))?;
    // What the bank says to that comes behind what it says to this.
    scene.call(WALLET, &json!({ "command": "resume", "deal": way.order.deal }))?;
    way.ended(scene, ALL)
}

fn rules_twice(scene: &Scene<'_>) -> Result<Outcome, Error> {
    let way = Way::shipped(scene)?;
    let order = &way.order;
    order.carried(scene)?;
    order.complained(scene, "It is broken.")?;
    let ruling = order.ruling(scene, &order.pack(scene, WALLET)?, RULED, "Broken, but fit for flowers.")?;
    scene.call(ARBITER, &json!({ "command": "cheat", "lock": order.lock }))?;
    let other = order.ruling(scene, &order.pack(scene, SHOP)?, RULED_TOO, "A scratch at most.")?;
    order.brings(scene, WALLET, &ruling)?;
    order.both(scene, "divided")?;
    // Too late for the money; what the shop was given is evidence all the same.
    order.brings(scene, SHOP, &other)?;
    way.ended(scene, RULED)
}

/// The ruling reaches the bank, and the bank does otherwise: the buyer has less than the arbiter gave back.
fn divides_otherwise(scene: &Scene<'_>) -> Result<Outcome, Error> {
    let way = Way::shipped(scene)?;
    let order = &way.order;
    order.carried(scene)?;
    order.complained(scene, "It is broken.")?;
    let ruling = order.ruling(scene, &order.pack(scene, WALLET)?, RULED, "Broken, but fit for flowers.")?;
    order.brings(scene, WALLET, &ruling)?;
    order.both(scene, "divided")?;
    way.ended(scene, RULED)
}
