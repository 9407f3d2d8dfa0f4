//! What a seed stands for where three to five sign in rounds.

use semper_services::shop::Lie;

use super::draw::{liars, meddle, plan};
use super::{Act, Script};
use crate::dice::Dice;
use crate::forge::Forgery;
use crate::market::Plan;
use crate::papers::{Form, Wish};
use crate::screen::Decision;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Fewest and most who sign in rounds.
const SIGNERS: (usize, usize) = (3, 5);

/// What a seed stands for where nobody buys anything: contracts in rounds under the same faults.
#[must_use]
pub fn draw_rounds(seed: u64) -> Script {
    let dice = &mut Dice::new(seed, "rounds only");
    let drawn = plan(seed, dice);
    // Enough of them at one notary.
    let wallets = usize::try_from(dice.within((2, 4))).unwrap_or(2);
    let mut script = Script::new(Plan { length: 1, notaries: 1, wallets, ..drawn });
    script.drawn = true;
    script.storm = dice.within((10 * MINUTE, 3 * HOUR));
    liars(&mut script, dice);
    if script.plan.lie != Lie::None {
        // How shops cheat in sales of the book.
        (script.plan.lie, script.liars) = (Lie::None, Vec::new());
    }
    rounds(&mut script, dice);
    for _ in 0..dice.below(4) {
        let (wallet, shop) = (dice.below(script.plan.wallets as u64), dice.below(script.plan.shops as u64));
        let at = dice.below(script.storm);
        script.acts.extend(meddle(&script, wallet, shop, dice).into_iter().map(|(after, act)| (at + after, act)));
    }
    script.acts.sort();
    script
}

/// Contracts in rounds, if there are enough customers of one notary, with owners who stop answering or think better of it in
/// any round, and liars among them.
pub(super) fn rounds(script: &mut Script, dice: &mut Dice) {
    for _ in 0..=dice.below(2) {
        let Some(parties) = signers(&script.plan, dice) else { return };
        let at = dice.below(script.storm / 2);
        let lasts = dice.within((5 * MINUTE, 12 * HOUR));
        for (place, party) in parties.iter().enumerate() {
            if place > 0 && !dice.chance(60) {
                script.acts.push((at + dice.below(5 * MINUTE), Act::Sign(party.clone())));
            }
            if dice.chance(200) {
                let wish = [Wish::Abort, Wish::Resolve, Wish::Resume];
                let wish = usize::try_from(dice.below(3)).ok().and_then(|at| wish.get(at).copied());
                let wish = Act::Wish(party.clone(), wish.unwrap_or(Wish::Resume));
                script.acts.push((at + dice.below(10 * MINUTE), wish));
            }
            if dice.chance(150) {
                moody(script, party, at, dice);
            }
        }
        for liar in script.liars.clone() {
            let forgery = if parties.contains(&liar) { Forgery::Abort } else { Forgery::Decide };
            if script.plan.lie == Lie::None && dice.chance(600) {
                script.acts.push((at + dice.below(10 * MINUTE), Act::Forge(liar, forgery)));
            }
        }
        script.acts.push((at, Act::Paper(Form::Rounds, lasts, parties)));
    }
}

/// From some moment on an owner says no, or nothing, to something that is asked in each round or once.
fn moody(script: &mut Script, party: &str, at: u64, dice: &mut Dice) {
    let kinds = ["agreement", "pledge", "pledge", "signature"];
    let kind = usize::try_from(dice.below(4)).ok().and_then(|at| kinds.get(at).copied()).unwrap_or("pledge");
    let decisions = [Decision::CannotAsk, Decision::Decline, Decision::Wait];
    let decision = usize::try_from(dice.below(3)).ok().and_then(|at| decisions.get(at).copied());
    let at = at + dice.below(5 * MINUTE);
    script.acts.push((at, Act::Mood(party.to_owned(), kind.to_owned(), decision.unwrap_or(Decision::Wait))));
}

/// Customers of one notary in some order; none if there are too few.
fn signers(plan: &Plan, dice: &mut Dice) -> Option<Vec<String>> {
    let notary = usize::try_from(dice.below(plan.notaries as u64)).unwrap_or(0);
    let of = |word: &str, count: usize| {
        let at = (0..count).filter(|n| n.checked_rem(plan.notaries) == Some(notary));
        at.map(|n| format!("{word}-{n}")).collect::<Vec<_>>()
    };
    let mut rest = [of("wallet", plan.wallets), of("shop", plan.shops)].concat();
    let most = rest.len().min(SIGNERS.1);
    if most < SIGNERS.0 {
        return None;
    }
    let count = usize::try_from(dice.within((SIGNERS.0 as u64, most as u64))).unwrap_or(SIGNERS.0);
    let mut chosen = Vec::new();
    while chosen.len() < count {
        let at = usize::try_from(dice.below(rest.len() as u64)).unwrap_or(0);
        chosen.push(rest.swap_remove(at));
    }
    Some(chosen)
}
