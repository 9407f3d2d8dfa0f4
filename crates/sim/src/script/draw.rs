//! What a seed stands for.

use semper_services::shop::Lie;

use super::parcels::{containers, parcels};
use super::rounds::rounds;
use super::trades::trades;
use super::{Act, LIES, Script};
use crate::dice::Dice;
use crate::forge::Forgery;
use crate::market::Plan;
use crate::papers::{Form, Wish};
use crate::screen::Decision;

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;

/// What a seed stands for: a market with so many purchases, and trouble.
#[must_use]
pub fn draw(seed: u64, deals: u64) -> Script {
    let dice = &mut Dice::new(seed, "run");
    let mut script = Script::new(plan(seed, dice));
    script.drawn = true;
    script.storm = dice.within((60 * SECOND, 6 * HOUR));
    liars(&mut script, dice);
    moods(&mut script, dice);
    let mut at = 0;
    for _ in 0..deals {
        let wallet = dice.below(script.plan.wallets as u64);
        let shop =
            if dice.chance(900) { at_home(&script.plan, wallet, dice) } else { dice.below(script.plan.shops as u64) };
        script.acts.push((at, Act::Buy(format!("wallet-{wallet}"), format!("shop-{shop}"))));
        let pause = dice.within((0, (2 * script.storm / deals.max(1)).min(20 * 60 * SECOND)));
        let later = at.saturating_add(dice.within((0, 60 * SECOND)));
        script.acts.extend(meddle(&script, wallet, shop, dice).into_iter().map(|(after, act)| (later + after, act)));
        at = at.saturating_add(pause).min(script.storm.saturating_sub(1));
    }
    let dice = &mut Dice::new(seed, "papers");
    if dice.chance(WITH_PAPERS) {
        papers(&mut script, dice);
    }
    let dice = &mut Dice::new(seed, "trades");
    if dice.chance(WITH_TRADES) {
        trades(&mut script, dice);
    }
    let dice = &mut Dice::new(seed, "rounds");
    if dice.chance(WITH_ROUNDS) {
        rounds(&mut script, dice);
    }
    let dice = &mut Dice::new(seed, "parcels");
    if dice.chance(WITH_PARCELS) {
        parcels(&mut script, dice);
    }
    let dice = &mut Dice::new(seed, "containers");
    if dice.chance(WITH_CONTAINERS) {
        containers(&mut script, dice);
    }
    script.acts.sort();
    script
}

pub(super) fn plan(seed: u64, dice: &mut Dice) -> Plan {
    let mut offset = || i64::try_from(dice.below(100_001)).unwrap_or(0) - 50_000;
    let offsets = [offset(), offset(), offset(), offset()];
    let mut count = |most: u64| usize::try_from(if dice.chance(400) { dice.within((1, most)) } else { 1 }).unwrap_or(1);
    let (banks, notaries, currencies, shops, wallets) = (count(2), count(2), count(2), count(3), count(4));
    // Mostly small: large files cost time and add little.
    let longest = if dice.chance(100) { 150_000 } else { 2_000 };
    let length = usize::try_from(dice.within((1, longest))).unwrap_or(1);
    Plan { banks, notaries, currencies, shops, wallets, length, offsets, ideal: true, ..Plan::small(seed) }
}

/// Half of all markets have liars: shops that lie in a known way, or anybody who says anything.
pub(super) fn liars(script: &mut Script, dice: &mut Dice) {
    if dice.chance(500) {
        return;
    }
    if dice.chance(400) {
        let at = usize::try_from(dice.below(LIES.len() as u64 - 1)).unwrap_or(0).saturating_add(1);
        script.plan.lie = LIES.get(at).map_or(Lie::None, |(lie, _)| *lie);
        script.liars = (0..script.plan.shops).map(|n| format!("shop-{n}")).collect();
        return;
    }
    let coalition: &[&str] = match dice.below(8) {
        0 | 1 => &["shop-0"],
        2 | 3 => &["wallet-0"],
        4 => &["notary"],
        5 => &["shop-0", "notary"],
        6 => &["wallet-0", "notary"],
        _ => &["bank"],
    };
    script.liars = coalition.iter().map(|name| (*name).to_owned()).collect();
}

/// Some users say no to some things.
fn moods(script: &mut Script, dice: &mut Dice) {
    for wallet in 0..script.plan.wallets {
        for (kind, refuses) in [("order", 30), ("hold", 60), ("mandate", 80), ("receipt", 300), ("contest", 100)] {
            let decision = if dice.chance(refuses) {
                Decision::Decline
            } else if dice.chance(40) {
                Decision::CannotAsk
            } else {
                continue;
            };
            script.acts.push((0, Act::Mood(format!("wallet-{wallet}"), kind.to_owned(), decision)));
        }
    }
}

/// A shop with the same bank, notary and currency.
pub(super) fn at_home(plan: &Plan, wallet: u64, dice: &mut Dice) -> u64 {
    let same = |n: u64, of: usize| n.checked_rem(of as u64) == wallet.checked_rem(of as u64);
    let fits =
        |shop: &u64| same(*shop, plan.banks) && same(*shop, plan.notaries) && (plan.currencies < 2 || same(*shop, 2));
    let shops: Vec<u64> = (0..plan.shops as u64).filter(fits).collect();
    let at = usize::try_from(dice.below(shops.len() as u64)).unwrap_or(0);
    shops.get(at).copied().unwrap_or(0)
}

/// Somebody changes their mind, a wire is cut, a disk fails, a clock goes wrong, an old copy comes back.
pub(super) fn meddle(script: &Script, wallet: u64, shop: u64, dice: &mut Dice) -> Vec<(u64, Act)> {
    let (wallet, shop) = (format!("wallet-{wallet}"), format!("shop-{shop}"));
    let (bank, notary) = ("bank".to_owned(), "notary".to_owned());
    let four = [&wallet, &shop, &bank, &notary];
    let at = usize::try_from(dice.below(4)).unwrap_or(0);
    let anybody = four.get(at).map_or_else(String::new, |name| (*name).clone());
    let customer = if dice.chance(500) { &wallet } else { &shop };
    let long = dice.within((SECOND, 2 * HOUR));
    match dice.below(24) {
        0 => vec![(0, Act::Release(wallet))],
        1 => vec![(0, Act::Release(shop))],
        2 => vec![(0, Act::Part(wallet, bank, long))],
        3 => vec![(0, Act::Part(wallet, shop, long))],
        4 => vec![(0, Act::Part(shop, bank, long))],
        5 => vec![(0, Act::Part(bank, notary, long))],
        6 => vec![(0, Act::Part(wallet, notary, long))],
        7 => vec![(0, Act::Full(anybody, long))],
        8 => vec![(0, Act::NoSync(anybody, long / 4))],
        9 => vec![(0, Act::Kill(anybody, long * 4))],
        10 => vec![(0, Act::Copy(anybody.clone())), (long / 8, Act::OldDisk(anybody))],
        11 if !script.liars.contains(customer) => {
            let later = if dice.chance(700) { long / 8 } else { long };
            vec![(0, Act::Copy(customer.clone())), (later, Act::Recover(customer.clone()))]
        }
        12 => {
            let ahead = i64::try_from(dice.below(48 * HOUR)).unwrap_or(0) - i64::try_from(24 * HOUR).unwrap_or(0);
            vec![(0, Act::Clock(customer.clone(), ahead)), (long, Act::Clock(customer.clone(), 0))]
        }
        13 => vec![(0, Act::Contest(wallet))],
        14 => vec![(0, Act::Resume(wallet))],
        15..=17 => match script.liars.first() {
            Some(liar) => vec![(long / 4, Act::Inject(liar.clone(), anybody, dice.below(4_000)))],
            None => Vec::new(),
        },
        18 => {
            // From half as fast to half as fast again, both ways.
            let gains = i64::try_from(dice.below(1_000_001)).unwrap_or(0) - 500_000;
            vec![(0, Act::Drift(customer.clone(), gains)), (long * 4, Act::Drift(customer.clone(), 0))]
        }
        _ => Vec::new(),
    }
}

/// How many in a thousand markets have parcels, whose weeks are dear to play, beside their purchases.
const WITH_PARCELS: u32 = 35;
/// How many in a thousand markets have containers beside their purchases.
const WITH_CONTAINERS: u32 = 150;
/// How many in a thousand markets have data on sale and joint deals beside their purchases.
const WITH_TRADES: u32 = 250;
/// How many in a thousand markets have contracts in rounds beside their purchases, where enough customers are.
const WITH_ROUNDS: u32 = 250;
/// How many in a thousand markets have contracts and mail beside their purchases.
const WITH_PAPERS: u32 = 250;

/// What a seed stands for where nobody buys anything: contracts and mail under the same faults.
#[must_use]
pub fn draw_papers(seed: u64) -> Script {
    let dice = &mut Dice::new(seed, "papers only");
    let mut script = Script::new(Plan { length: 1, ..plan(seed, dice) });
    script.drawn = true;
    script.storm = dice.within((10 * 60 * SECOND, 3 * HOUR));
    liars(&mut script, dice);
    if script.plan.lie != Lie::None {
        // How shops cheat in sales.
        (script.plan.lie, script.liars) = (Lie::None, Vec::new());
    }
    papers(&mut script, dice);
    for _ in 0..dice.below(4) {
        let (wallet, shop) = (dice.below(script.plan.wallets as u64), dice.below(script.plan.shops as u64));
        let at = dice.below(script.storm);
        script.acts.extend(meddle(&script, wallet, shop, dice).into_iter().map(|(after, act)| (at + after, act)));
    }
    script.acts.sort();
    script
}

/// Contracts and mail, with owners who never answer or change their minds, and liars among them.
fn papers(script: &mut Script, dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        let at = dice.below(script.storm / 2);
        let form = [Form::Contract, Form::ContractOnline, Form::Mail, Form::MailOnline];
        let form = usize::try_from(dice.below(4)).ok().and_then(|at| form.get(at).copied());
        let form = form.unwrap_or(Form::Contract);
        let parties = signers(&script.plan, form, dice);
        let lasts = dice.within((5 * 60 * SECOND, 12 * HOUR));
        for (place, party) in parties.iter().enumerate() {
            if place > 0 && !dice.chance(100) {
                script.acts.push((at + dice.below(10 * 60 * SECOND), Act::Sign(party.clone())));
            }
            if dice.chance(250) {
                let wish = [Wish::Abort, Wish::Resolve, Wish::Resume];
                let wish = usize::try_from(dice.below(3)).ok().and_then(|at| wish.get(at).copied());
                let wish = Act::Wish(party.clone(), wish.unwrap_or(Wish::Resume));
                script.acts.push((at + dice.below(20 * 60 * SECOND), wish));
            }
            if dice.chance(80) {
                let kinds = ["agreement", "dispatch", "promise", "reception", "signature"];
                let kind = usize::try_from(dice.below(5)).ok().and_then(|at| kinds.get(at).copied());
                let decision = if dice.chance(500) { Decision::Decline } else { Decision::CannotAsk };
                script.acts.push((at, Act::Mood(party.clone(), kind.unwrap_or("promise").to_owned(), decision)));
            }
        }
        forgeries(script, &parties, at, dice);
        script.acts.push((at, Act::Paper(form, lasts, parties)));
    }
    // Whoever seals bad boxes is a liar by that alone.
    if script.plan.lie == Lie::None && script.liars == ["wallet-0"] {
        script.plan.bad_escrow = dice.chance(400);
    }
}

/// Who signs: over their own link a wallet and a shop, through the notary anybody at the same one.
fn signers(plan: &Plan, form: Form, dice: &mut Dice) -> Vec<String> {
    let wallet = dice.below(plan.wallets as u64);
    let shop = if dice.chance(950) { at_home(plan, wallet, dice) } else { dice.below(plan.shops as u64) };
    let mut parties = vec![format!("wallet-{wallet}"), format!("shop-{shop}")];
    if matches!(form, Form::Contract | Form::Mail) {
        return parties;
    }
    let other = dice.below(plan.wallets as u64);
    if form == Form::ContractOnline && other != wallet && dice.chance(700) {
        parties.push(format!("wallet-{other}"));
    }
    if dice.chance(400) {
        parties.reverse();
    }
    parties
}

/// Each liar may sign something false about it, soon after it was made.
fn forgeries(script: &mut Script, parties: &[String], at: u64, dice: &mut Dice) {
    if script.plan.lie != Lie::None {
        return;
    }
    for liar in script.liars.clone() {
        let forgery = match parties.iter().position(|party| *party == liar) {
            Some(1) if dice.chance(600) => Forgery::Resolve,
            Some(_) => Forgery::Abort,
            None => Forgery::Decide,
        };
        if dice.chance(600) {
            script.acts.push((at + dice.below(15 * 60 * SECOND), Act::Forge(liar, forgery)));
        }
    }
}
