//! What holds in every state of every world.
//!
//! | property | says |
//! |---|---|
//! | once | at most one outcome, and the books moved money exactly as often |
//! | timely | the clock alone ends it at the last moment, from anywhere |
//! | payer | an honest payer pays for good goods alone, if the arbiter is honest |
//! | payee | an honest payee whose goods came is paid, if the arbiter is honest |
//! | bounded | the arbiter divides only what somebody disputed; the payee never gets more than it asked for |
//! | just | nobody honest is convicted by all that was ever said |

use semper_base::Role;
use semper_blocks::statement::Kind;
use semper_exchange::fair::lock::escrow::statements::DivideBasis;
use semper_exchange::judge::{Evidence, lock};
use semper_support::crypto::Ideal;
use stateright::Property;

use super::world::{Core, DUE, LAST, Parcel, State, Table, Who};

pub(crate) fn all() -> Vec<Property<Table>> {
    vec![
        Property::always("once", |_, state: &State| {
            state.ends.len() <= 1 && usize::from(state.moved) == state.ends.len()
        }),
        Property::always("timely", |table: &Table, state| timely(&mut table.core(), state)),
        Property::always("payer", payer),
        Property::always("payee", payee),
        Property::always("bounded", bounded),
        Property::always("just", |table: &Table, state| just(table, state)),
    ]
}

fn timely(core: &mut Core, state: &State) -> bool {
    if !state.ends.is_empty() {
        return core.machines[state.holder as usize].deadline(&core.bench.lock).is_none();
    }
    let Some((end, ..)) = core.step(state.holder, None, LAST.max(state.tick)) else { return false };
    matches!(core.machines[end as usize].word(), "divided" | "returned")
}

fn payer(table: &Table, state: &State) -> bool {
    let protected = table.honest(Who::Payer) && table.honest(Who::Arbiter);
    !protected || state.ends.iter().all(|end| end.payee == 0 || state.received == Parcel::Good)
}

fn payee(table: &Table, state: &State) -> bool {
    let protected = table.honest(Who::Payee) && table.honest(Who::Arbiter) && state.received == Parcel::Good;
    // Goods that come to somebody who was never asked to pay for them are a present.
    !protected || state.consigned.is_none() || state.ends.iter().all(|end| end.payee == DUE)
}

fn bounded(_: &Table, state: &State) -> bool {
    state.ends.iter().all(|end| {
        let ruled = matches!(end.basis, Some(DivideBasis::Ruled | DivideBasis::Unruled));
        end.payee <= DUE && (!ruled || state.stage == Some(Kind::Disputed))
    })
}

fn just(table: &Table, state: &State) -> bool {
    // More evidence takes back no conviction, so that the end shows all of them.
    if state.ends.is_empty() && !state.broke {
        return true;
    }
    let mut core = table.core();
    let name = (state.said, state.rows.clone());
    if let Some(known) = core.verdicts.get(&name) {
        return *known;
    }
    let mut evidence = Evidence::default();
    let rows = state.rows.iter().flat_map(|row| {
        let (text, ground) = &core.rows[*row as usize];
        [Some(text), ground.as_ref()].into_iter().flatten()
    });
    let said = core.words.iter().enumerate().filter(|(at, _)| state.said & (1 << at) != 0).map(|(_, word)| &word.text);
    for (number, text) in rows.chain(said).enumerate() {
        evidence.add(&format!("{number}"), text.as_bytes()).unwrap();
    }
    let verdict = lock::judge(&core.bench.lock, &evidence, &Ideal::new(1));
    let fine = verdict.convictions.iter().all(|conviction| match conviction.who {
        Role::Arbiter => !table.honest(Who::Arbiter),
        Role::Seller => !table.honest(Who::Payee),
        _ => false,
    });
    core.verdicts.insert(name, fine);
    fine
}
