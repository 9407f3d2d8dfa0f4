//! What a seed stands for where parcels are ordered, and containers are sent.

use semper_services::shop::Lie;

use super::draw::{at_home, liars, meddle, plan};
use super::{Act, Script};
use crate::containers::{Load, Say};
use crate::dice::Dice;
use crate::forge::Forgery;
use crate::market::Plan;
use crate::parcels::{Counter, Deed};
use crate::screen::Decision;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What buyers are asked about parcels, and may leave open.
const ASKED: [&str; 8] =
    ["approval", "cancellation", "dispute", "lock", "lock-debit", "objection", "parcel-order", "withdrawal"];

/// What a seed stands for where only parcels are ordered: whole weeks under the same faults.
#[must_use]
pub fn draw_parcels(seed: u64) -> Script {
    let dice = &mut Dice::new(seed, "parcels only");
    let mut script = alone(seed, dice);
    // Long enough for every moment that a bank compares; what goes wrong so long goes wrong a little.
    let longest = if dice.chance(200) { 20 * DAY } else { 6 * HOUR };
    script.storm = dice.within((HOUR, longest));
    parcels(&mut script, dice);
    trouble(&mut script, dice);
    script
}

/// What a seed stands for where only containers are sent.
#[must_use]
pub fn draw_containers(seed: u64) -> Script {
    let dice = &mut Dice::new(seed, "containers only");
    let mut script = alone(seed, dice);
    script.storm = dice.within((10 * MINUTE, 3 * HOUR));
    containers(&mut script, dice);
    trouble(&mut script, dice);
    script
}

/// A market in which nobody buys the book.
fn alone(seed: u64, dice: &mut Dice) -> Script {
    let mut script = Script::new(Plan { length: 1, ..plan(seed, dice) });
    script.drawn = true;
    liars(&mut script, dice);
    if script.plan.lie != Lie::None {
        // How shops cheat in sales of the book.
        (script.plan.lie, script.liars) = (Lie::None, Vec::new());
    }
    script
}

fn trouble(script: &mut Script, dice: &mut Dice) {
    for _ in 0..dice.below(4) {
        let (wallet, shop) = (dice.below(script.plan.wallets as u64), dice.below(script.plan.shops as u64));
        let at = dice.below(script.storm);
        script.acts.extend(meddle(script, wallet, shop, dice).into_iter().map(|(after, act)| (at + after, act)));
    }
    script.acts.sort();
}

/// A wallet and a shop, mostly at one bank and one notary, and of one currency: else nothing comes of it.
fn customers(plan: &Plan, dice: &mut Dice) -> (String, String) {
    let wallet = dice.below(plan.wallets as u64);
    let shop = if dice.chance(950) { at_home(plan, wallet, dice) } else { dice.below(plan.shops as u64) };
    (format!("wallet-{wallet}"), format!("shop-{shop}"))
}

/// Mail orders: shops that never ship, buyers who are silent or object, carriers who forget, arbiters who divide.
pub(super) fn parcels(script: &mut Script, dice: &mut Dice) {
    for shop in 0..script.plan.shops {
        let carrier = dice.chance(350).then(|| format!("wallet-{}", dice.below(script.plan.wallets as u64)));
        let (by_line, days) = (dice.chance(400), dice.within((1, 3)));
        script.plan.counters.push(Counter { shop: format!("shop-{shop}"), by_line, days, carrier });
    }
    for _ in 0..=dice.below(2) {
        let at = dice.below(script.storm / 2).min(HOUR);
        let (wallet, shop) = customers(&script.plan, dice);
        // Sometimes more than there is on the account, or on the shelf.
        let mugs = if dice.chance(80) { dice.within((45, 120)) } else { dice.within((1, 5)) };
        let teas = dice.below(4);
        script.acts.push((at, Act::Order(wallet.clone(), shop.clone(), mugs, teas)));
        moods(script, &wallet, at, dice);
        deeds(script, (&wallet, &shop), at, dice);
        forgeries(script, at, dice);
    }
}

fn moods(script: &mut Script, wallet: &str, at: u64, dice: &mut Dice) {
    if dice.chance(200) {
        let kind = usize::try_from(dice.below(8)).ok().and_then(|at| ASKED.get(at).copied()).unwrap_or("lock");
        let decision = if dice.chance(500) { Decision::Decline } else { Decision::CannotAsk };
        script.acts.push((at, Act::Mood(wallet.to_owned(), kind.to_owned(), decision)));
    }
}

/// What the two do, one after the other, at once or after days.
fn deeds(script: &mut Script, (wallet, shop): (&str, &str), at: u64, dice: &mut Dice) {
    let mut at = at + dice.within((MINUTE, 20 * MINUTE));
    let mut then = |script: &mut Script, dice: &mut Dice, who: &str, deed: Deed| {
        script.acts.push((at, Act::Parcel(who.to_owned(), deed)));
        at += if dice.chance(300) { dice.within((HOUR, 20 * DAY)) } else { dice.within((5 * SECOND, 30 * MINUTE)) };
        at
    };
    if dice.chance(120) {
        let who = if dice.chance(500) { wallet } else { shop };
        then(script, dice, who, Deed::Cancel);
    }
    if dice.chance(850) {
        let deed = if dice.chance(600) { Deed::Ship } else { Deed::ShipOne };
        then(script, dice, shop, deed);
    }
    if dice.chance(120) {
        then(script, dice, shop, Deed::Ship);
    }
    let carrier = script.plan.counters.iter().find(|counter| counter.shop == shop);
    if let Some(carrier) = carrier.and_then(|counter| counter.carrier.clone())
        && dice.chance(700)
    {
        then(script, dice, &carrier, Deed::HandOver);
    }
    for _ in 0..dice.below(3) {
        let (who, deed) = match dice.below(8) {
            0..=2 => (wallet, Deed::Receive),
            3 => (wallet, Deed::Complain),
            4 => (wallet, Deed::Withdraw),
            5 => (wallet, Deed::Dispute),
            6 => (shop, Deed::Dispute),
            _ => (wallet, Deed::Resume),
        };
        then(script, dice, who, deed);
    }
    if dice.chance(400) {
        let side = if dice.chance(500) { wallet } else { shop };
        let arbiter = arbiter(script, shop);
        let share = [0, 250, 500, 1_000].get(usize::try_from(dice.below(4)).unwrap_or(0)).copied().unwrap_or(500);
        let at = then(script, dice, side, Deed::Bring);
        script.acts.push((at, Act::Rule(arbiter, side.to_owned(), share)));
    }
    if dice.chance(200) {
        then(script, dice, shop, Deed::Refund);
    }
}

/// Whom a shop's offers name.
fn arbiter(script: &Script, shop: &str) -> String {
    let number: usize = shop.trim_start_matches("shop-").parse().unwrap_or(0);
    match number.checked_rem(script.plan.notaries).unwrap_or(0) {
        0 => "notary".to_owned(),
        n => format!("notary-{n}"),
    }
}

/// Each liar may sign something false about a parcel.
fn forgeries(script: &mut Script, at: u64, dice: &mut Dice) {
    for liar in script.liars.clone() {
        let forgery = match liar.as_str() {
            "bank" => Forgery::Divide,
            "notary" => Forgery::Rule,
            name if name.starts_with("shop") => Forgery::Consign,
            _ => continue,
        };
        if script.plan.lie == Lie::None && dice.chance(600) {
            script.acts.push((at + dice.within((MINUTE, HOUR)), Act::Forge(liar, forgery)));
        }
    }
}

/// Containers, taken and not, stopped and paid for.
pub(super) fn containers(script: &mut Script, dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        let at = dice.below(script.storm / 2);
        let (mut from, mut to) = customers(&script.plan, dice);
        if dice.chance(400) {
            std::mem::swap(&mut from, &mut to);
        }
        let load = usize::try_from(dice.below(6)).ok().and_then(|at| Load::ALL.get(at).copied());
        let load = load.unwrap_or(Load::Letter);
        let lasts = dice.within((5 * MINUTE, 12 * HOUR));
        script.acts.push((at, Act::Send(load, from.clone(), to.clone(), lasts)));
        if dice.chance(150) {
            let kind = if dice.chance(500) { "sending" } else { "transfer" };
            let decision = if dice.chance(500) { Decision::Decline } else { Decision::CannotAsk };
            script.acts.push((at, Act::Mood(from.clone(), kind.to_owned(), decision)));
        }
        for _ in 0..=dice.below(2) {
            let say = if dice.chance(850) { Say::Accept } else { Say::Decline };
            script.acts.push((at + dice.within((2 * SECOND, 20 * MINUTE)), Act::Goods(to.clone(), say)));
        }
        if dice.chance(200) {
            let who = if dice.chance(500) { from } else { to };
            script.acts.push((at + dice.within((2 * SECOND, 25 * MINUTE)), Act::Goods(who, Say::Stop)));
        }
    }
}
