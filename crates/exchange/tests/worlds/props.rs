//! What holds in every state of every world.
//!
//! | property | says |
//! |---|---|
//! | legal | each slot is written once, the amount moves once along its way, no goods before the hold, no key before the money and, from the notary, before the record |
//! | stages | what a machine's stage says of money, goods and key is so |
//! | rest | from here, when faults stop, everybody honest ends, with one story, even if all that is under way is lost |
//! | judge | nobody honest is convicted by all that was ever signed; less evidence convicts nobody more |
//! | fair | who is honest and was not down is not worse off, or holds what convicts; two stories of a bank convict it |
//! | quiet | hearing something a second time causes nothing |

use semper_base::Role;
use semper_blocks::statement::Kind;
use semper_exchange::fair::dgp::{Content, Slot, buyer, seller};
use semper_exchange::judge::{Conviction, Finding, Verdict};
use stateright::Property;

use super::model::{Core, Market};
use super::state::{Purse, State, bit, insert, place};
use super::world::{Effected, Goods, Happening, Payload, kind};

pub(crate) fn all() -> Vec<Property<Market>> {
    vec![
        Property::always("legal", |_, state: &State| state.wrong.is_none()),
        Property::always("stages", |market: &Market, state| stages(&market.core(), state)),
        Property::always("rest", |market: &Market, state| rest(&mut market.core(), state)),
        Property::always("judge", |market: &Market, state| just(&mut market.core(), state)),
        Property::always("fair", |market: &Market, state| fair(&mut market.core(), state)),
        Property::always("quiet", |market: &Market, state| quiet(&mut market.core(), state)),
    ]
}

fn stages(core: &Core, state: &State) -> bool {
    use buyer::Stage as B;
    use seller::Stage as S;
    let bank = core.runs(Role::Bank);
    let purse = |allowed: &[Purse]| !bank || allowed.contains(&state.purse);
    if core.runs(Role::Buyer) {
        let buyer = core.world.buyer(state.machines[1]);
        let (here, all) = buyer.progress();
        let whole = here == all && buyer.escrow().is_some_and(|sealed| sealed.hash() == core.world.x.escrow_hash);
        let opens = buyer.halves().is_none_or(|(key, _)| key.check(&core.world.x.core.com_k).is_ok());
        let fine = match buyer.stage() {
            B::Mandated | B::Captured | B::Bad | B::Complained => whole,
            B::Checking | B::Checked | B::Received => whole && buyer.halves().is_some(),
            B::Settled => whole && buyer.halves().is_some() && purse(&[Purse::Paid]),
            B::Refunded => purse(&[Purse::Refunded]),
            B::Released => purse(&[Purse::Payer, Purse::Released]),
            _ => true,
        };
        if !fine || !opens {
            return false;
        }
    }
    if core.runs(Role::Seller) {
        return match core.world.seller_stage(state.machines[3]) {
            S::Settled => purse(&[Purse::Paid]),
            S::Refunded => purse(&[Purse::Refunded]),
            S::Released => purse(&[Purse::Payer, Purse::Released]),
            _ => true,
        };
    }
    true
}

fn rest(core: &mut Core, state: &State) -> bool {
    // A dishonest bank may keep everybody waiting; what can be done about that is done by law.
    if !core.runs(Role::Bank) || state.wrong.is_some() {
        return true;
    }
    // Where nothing need arrive in time, nothing under way is known to be new.
    // A buyer who was down and finds the box bad after settlement has the judge's word, not the key; a
    // user who said no to the notary must ask again if the key is lost for good besides.
    let too_late = core.world.goods == Goods::BadEscrow && state.late != 0;
    let all_lost = !too_late && state.whims == core.setting.whims;
    let ways: &[bool] = match (core.setting.timely, all_lost) {
        (true, true) => &[false, true],
        (true, false) => &[false],
        (false, _) => &[true],
    };
    ways.iter().all(|lost| {
        let Some(end) = core.rest(state, *lost) else { return false };
        end.wrong.is_none() && stages(core, &end)
    })
}

fn just(core: &mut Core, state: &State) -> bool {
    // Evidence only grows, and every way leads on: what convicts at any moment convicts at the end.
    let last = !core.runs(Role::Bank) || core.over(state) || core.last(state);
    if state.wrong.is_some() || !last {
        return true;
    }
    let all = core.evidence(state);
    let known = core.world.verdicts.contains_key(&all);
    let verdict = core.verdict(&all);
    if known {
        return true;
    }
    let honest = verdict.convictions.iter().all(|conviction| {
        let wrong_goods = conviction.who == Role::Seller && core.world.goods != Goods::Good;
        !core.runs(conviction.who) || wrong_goods
    });
    let skip = all.len() / 2;
    let less: Vec<u32> = all.iter().enumerate().filter(|(at, _)| *at != skip).map(|(_, number)| *number).collect();
    honest && grows(&core.verdict(&less), &verdict)
}

/// More evidence takes back no conviction and no proof.
fn grows(less: &Verdict, more: &Verdict) -> bool {
    let convicts = |c: &Conviction| more.convictions.iter().any(|m| (m.who, m.misdeed) == (c.who, c.misdeed));
    let mut proven = less.claims.iter().filter(|claim| claim.finding == Finding::Proven);
    less.convictions.iter().all(convicts)
        && proven.all(|claim| more.claims.iter().any(|m| m.claim == claim.claim && m.finding == Finding::Proven))
}

fn convicts(core: &mut Core, statements: &[u32], who: Role) -> bool {
    core.verdict(statements).convictions.iter().any(|conviction| conviction.who == who)
}

fn fair(core: &mut Core, state: &State) -> bool {
    if state.wrong.is_some() {
        return true;
    }
    if !core.runs(Role::Bank) {
        return one_story(core, state);
    }
    if !core.setting.timely {
        return true;
    }
    let Some(end) = core.rest(state, false) else { return true };
    let in_time = |roles: &[Role]| roles.iter().all(|role| state.late & bit(*role) == 0);
    let registers = in_time(&[Role::Bank, Role::Notary]);
    let (buyer, seller) = (registers && in_time(&[Role::Buyer]), registers && in_time(&[Role::Seller]));
    let recorded = end.rows[0].iter().any(|(slot, _)| *slot == Slot::Recorded);
    // A user who declines the complaint, or the request for the key, has chosen to pay for less.
    let willing = state.whims == core.setting.whims;
    if buyer && willing && core.runs(Role::Buyer) && end.purse == Purse::Paid {
        let has_key = core.world.buyer(end.machines[1]).halves().is_some();
        // Notary and seller together can keep the key back, but only with the notary's `opened` on record.
        let told = recorded && !core.runs(Role::Notary) && !core.runs(Role::Seller);
        let judged = core.world.goods != Goods::WrongChunk || !core.runs(Role::Notary);
        if !(has_key || told) || !judged {
            return false;
        }
    }
    if seller && core.runs(Role::Seller) && core.world.goods == Goods::Good {
        let loses = end.keyed && end.purse == Purse::Refunded;
        if loses && !accountable(core, &end) {
            return false;
        }
    }
    happy(core, state, &end)
}

/// The seller holds what convicts the notary, or the notary's word for a proof that it cannot show.
fn accountable(core: &mut Core, end: &State) -> bool {
    let kept = end.kept[1].clone();
    let wrong_file = kept.iter().any(|row| kind(core.world.statements.get(*row)) == Kind::WrongFile);
    wrong_file || convicts(core, &kept, Role::Notary)
}

/// Where nobody wants anything else and nothing breaks, the deal is done.
fn happy(core: &Core, state: &State, end: &State) -> bool {
    let dull = state.late == 0 && state.whims == core.setting.whims;
    let by_notary = !core.runs(Role::Notary) && end.purse == Purse::Refunded;
    if !dull || !core.runs(Role::Buyer) || !core.runs(Role::Seller) {
        return true;
    }
    match core.world.goods {
        Goods::Good | Goods::BadEscrow => end.purse == Purse::Paid || by_notary,
        Goods::WrongChunk => end.purse == Purse::Refunded || !core.runs(Role::Notary),
    }
}

/// A bank that tells buyer and seller different ends is convicted by what the two have kept.
fn one_story(core: &mut Core, state: &State) -> bool {
    use buyer::Stage as B;
    use seller::Stage as S;
    if !core.runs(Role::Buyer) || !core.runs(Role::Seller) {
        return true;
    }
    let buyer = core.world.buyer(state.machines[1]).stage();
    let seller = core.world.seller_stage(state.machines[3]);
    let ended = matches!(buyer, B::Released | B::Settled | B::Refunded)
        && matches!(seller, S::Released | S::Settled | S::Refunded);
    let same =
        matches!((buyer, seller), (B::Released, S::Released) | (B::Settled, S::Settled) | (B::Refunded, S::Refunded));
    if !ended || same {
        return true;
    }
    let mut both = state.kept[0].clone();
    state.kept[1].iter().for_each(|row| {
        insert(&mut both, *row);
    });
    convicts(core, &both, Role::Bank)
}

/// A register repeats its answers to whoever asks. If a repetition caused anything, two honest parties
/// could answer each other without end.
fn quiet(core: &mut Core, state: &State) -> bool {
    state.net.iter().all(|number| {
        let message = core.world.messages.get(*number);
        let (to, heard) = (message.to, &message.payload);
        let asks = matches!(heard, Payload::Packet(Content::Fetch { .. }));
        if !matches!(to, Role::Buyer | Role::Seller) || !core.runs(to) || asks {
            return true;
        }
        let what = Happening::Message(*number);
        let Some((once, _)) = core.world.step(state.machines[place(to)], what, state.tick) else { return true };
        let Some((twice, effects)) = core.world.step(once, what, state.tick) else { return true };
        once == twice && !effects.iter().any(|effect| matches!(effect, Effected::Send(_) | Effected::Ask(_)))
    })
}
