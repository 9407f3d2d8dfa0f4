//! What a seed stands for where data is sold and deals are made jointly.

use semper_services::shop::Lie;

use super::draw::{at_home, liars, meddle, plan};
use super::{Act, Script};
use crate::dice::Dice;
use crate::forge::Forgery;
use crate::market::Plan;
use crate::papers::{Form, Wish};
use crate::screen::Decision;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// What owners are asked about data, deals and locks, and may leave open: who does not claim what a deal has brought
/// leaves it where it is, which is nobody else's doing.
const ASKED: [&str; 6] = ["data-offer", "data-purchase", "joint-deal", "lock", "lock-debit", "signature"];

/// What a seed stands for where nobody buys the book: data on sale and joint deals under the same faults.
#[must_use]
pub fn draw_trades(seed: u64) -> Script {
    let dice = &mut Dice::new(seed, "trades only");
    let mut script = Script::new(Plan { length: 1, ..plan(seed, dice) });
    script.drawn = true;
    script.storm = dice.within((10 * MINUTE, 3 * HOUR));
    liars(&mut script, dice);
    if script.plan.lie != Lie::None {
        // How shops cheat in sales of the book.
        (script.plan.lie, script.liars) = (Lie::None, Vec::new());
    }
    trades(&mut script, dice);
    for _ in 0..dice.below(4) {
        let (wallet, shop) = (dice.below(script.plan.wallets as u64), dice.below(script.plan.shops as u64));
        let at = dice.below(script.storm);
        script.acts.extend(meddle(&script, wallet, shop, dice).into_iter().map(|(after, act)| (at + after, act)));
    }
    script.acts.sort();
    script
}

/// Data on sale and joint deals, with owners who never answer or change their minds, and liars among them.
pub(super) fn trades(script: &mut Script, dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        let at = dice.below(script.storm / 2);
        let parties = traders(&script.plan, dice);
        let lasts = dice.within((5 * MINUTE, 12 * HOUR));
        for (place, party) in parties.iter().enumerate() {
            if place > 0 && !dice.chance(100) {
                script.acts.push((at + dice.within((2 * SECOND, 10 * MINUTE)), Act::Sign(party.clone())));
            }
            if dice.chance(80) {
                let kind = usize::try_from(dice.below(6)).ok().and_then(|at| ASKED.get(at).copied());
                let decision = if dice.chance(500) { Decision::Decline } else { Decision::CannotAsk };
                script.acts.push((at, Act::Mood(party.clone(), kind.unwrap_or("lock").to_owned(), decision)));
            }
        }
        let is_sale = dice.chance(500);
        wishes(script, &parties, at, is_sale, dice);
        forgeries(script, &parties, at, dice);
        let form = if dice.chance(500) { Form::Deal } else { Form::Ring };
        let honest = !parties.first().is_some_and(|seller| script.liars.contains(seller)) || dice.chance(500);
        let act = if is_sale { Act::Sell(honest, lasts, parties) } else { Act::Paper(form, lasts, parties) };
        script.acts.push((at, act));
    }
}

/// Somebody asks where it stands, or thinks better of it.
fn wishes(script: &mut Script, parties: &[String], at: u64, is_sale: bool, dice: &mut Dice) {
    for party in parties {
        if !dice.chance(250) {
            continue;
        }
        let at = at + dice.below(20 * MINUTE);
        let wish = if dice.chance(500) { Wish::Abort } else { Wish::Resume };
        let act = if is_sale { Act::Trade(party.clone(), wish) } else { Act::Wish(party.clone(), wish) };
        script.acts.push((at, act));
    }
}

/// Mostly at one bank and one notary, and of one currency: else nothing comes of it.
fn traders(plan: &Plan, dice: &mut Dice) -> Vec<String> {
    let wallet = dice.below(plan.wallets as u64);
    let shop = if dice.chance(950) { at_home(plan, wallet, dice) } else { dice.below(plan.shops as u64) };
    let mut parties = vec![format!("wallet-{wallet}"), format!("shop-{shop}")];
    let other = dice.below(plan.wallets as u64);
    if other != wallet && dice.chance(600) {
        parties.push(format!("wallet-{other}"));
    }
    if dice.chance(500) {
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
        for _ in 0..dice.below(3) {
            let forgery = match (parties.contains(&liar), liar.starts_with("bank"), dice.below(3)) {
                (true, _, 0) => Forgery::Abort,
                (true, _, 1) => Forgery::Claim,
                (true, _, _) => Forgery::GiveBack,
                (false, true, _) => Forgery::Return,
                (false, false, _) => Forgery::Decide,
            };
            script.acts.push((at + dice.below(15 * MINUTE), Act::Forge(liar.clone(), forgery)));
        }
    }
}
