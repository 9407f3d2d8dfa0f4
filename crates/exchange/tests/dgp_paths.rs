//! Breadth first through what can become of one exchange: the four real machines, a network that
//! reorders, repeats and loses, a coarse clock, a user with whims, and one party that signs what it
//! likes. Looked at in every state: no money made or lost, each slot decided once, nobody stranded,
//! and who is honest and in time is never worse off.
//!
//! | test | time | network | dishonest |
//! |---|---|---|---|
//! | `nobody_is_stranded` | passes at any moment | any order, one loss, one copy | nobody |
//! | `an_honest_buyer_…`, `an_honest_seller_…` | waits for the honest | any order | the other one |

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "dgp_paths/explore.rs"]
mod explore;
#[path = "dgp_paths/lies.rs"]
mod lies;
#[path = "dgp_paths/world.rs"]
mod world;

use std::collections::BTreeSet;

use explore::{Action, Explorer, Purse, Spare, State};
use semper_base::Role;
use semper_blocks::statement::Kind;
use semper_exchange::fair::dgp::buyer::Stage;
use semper_exchange::fair::dgp::{Content, seller};
use world::{Effected, Goods, Happening, Payload, kind};

/// Buyer, seller and books must tell the same story.
fn agreed(explorer: &Explorer, state: &State) -> bool {
    let buyer = explorer.world.buyer(state.machines[1]);
    let seller = explorer.world.seller_stage(state.machines[3]);
    match state.purse {
        Purse::Paid => {
            *buyer.stage() == Stage::Settled && buyer.halves().is_some() && *seller == seller::Stage::Settled
        }
        Purse::Refunded => *buyer.stage() == Stage::Refunded && *seller == seller::Stage::Refunded,
        Purse::Payer | Purse::Released => *buyer.stage() == Stage::Released && *seller == seller::Stage::Released,
        Purse::Held | Purse::Claim => false,
    }
}

/// A register repeats its answers to whoever asks. If a repetition caused anything, two honest parties
/// could answer each other without end.
fn repetitions_cause_nothing(explorer: &mut Explorer, number: usize) {
    let state = explorer.states[number].clone();
    for message in &state.net {
        let known = explorer.world.messages.get(*message);
        let (Role::Buyer | Role::Seller, Payload::Packet(Content::Answer { .. })) = (known.to, &known.payload) else {
            continue;
        };
        let at = if known.to == Role::Buyer { 1 } else { 3 };
        let what = Happening::Message(*message);
        let Some((once, _)) = explorer.world.step(state.machines[at], what, state.tick) else { continue };
        let Some((twice, effects)) = explorer.world.step(once, what, state.tick) else { continue };
        let quiet = !effects.iter().any(|effect| matches!(effect, Effected::Send(_) | Effected::Ask(_)));
        assert!(once == twice && quiet, "{} {effects:?}", explorer.show_message(*message));
    }
}

fn honest(goods: Goods, spare: Spare) -> usize {
    let mut explorer = Explorer::new(goods, None, spare);
    explorer.run(|explorer, number| {
        repetitions_cause_nothing(explorer, number);
        if let Some(end) = explorer.timely(number) {
            assert!(agreed(explorer, &end), "{}\n{}", explorer.show(&end), explorer.path(number));
        }
    })
}

#[test]
fn nobody_is_stranded_by_order_and_time() {
    let states = honest(Goods::Good, Spare::default());
    assert!(states > 1000, "{states}");
}

#[test]
fn nobody_is_stranded_by_a_loss_or_a_copy() {
    honest(Goods::Good, Spare { losses: 1, copies: 1, ..Spare::default() });
}

#[test]
fn nobody_is_stranded_by_a_whim() {
    honest(Goods::Good, Spare { whims: 2, ..Spare::default() });
}

#[test]
fn nobody_is_stranded_by_wrong_goods() {
    for goods in [Goods::WrongChunk, Goods::BadEscrow] {
        honest(goods, Spare { losses: 1, whims: 1, ..Spare::default() });
    }
}

#[test]
fn an_honest_buyer_pays_only_for_the_goods() {
    let (lies, loss) = (Spare { lies: 6, ..Spare::default() }, Spare { lies: 4, losses: 1, ..Spare::default() });
    for (goods, spare) in
        [(Goods::Good, lies), (Goods::WrongChunk, lies), (Goods::BadEscrow, lies), (Goods::Good, loss)]
    {
        let mut ends = BTreeSet::new();
        let mut explorer = Explorer::new(goods, Some(Role::Seller), spare);
        explorer.run(|explorer, number| {
            repetitions_cause_nothing(explorer, number);
            let Some(end) = explorer.timely(number) else { return };
            let buyer = explorer.world.buyer(end.machines[1]);
            let fine = match end.purse {
                Purse::Paid => buyer.halves().is_some() && goods != Goods::WrongChunk,
                Purse::Held | Purse::Claim => false,
                Purse::Payer | Purse::Released | Purse::Refunded => true,
            };
            assert!(fine, "{}\n{}", explorer.show(&end), explorer.path(number));
            ends.insert(end.purse);
        });
        let paid = goods != Goods::WrongChunk;
        assert_eq!(ends.contains(&Purse::Paid), paid, "{goods:?} {ends:?}");
    }
}

#[test]
fn an_honest_seller_gives_the_key_only_for_the_money() {
    let mut ends = BTreeSet::new();
    let mut explorer = Explorer::new(Goods::Good, Some(Role::Buyer), Spare { lies: 5, ..Spare::default() });
    explorer.run(|explorer, number| {
        repetitions_cause_nothing(explorer, number);
        let state = &explorer.states[number];
        let fine = !state.keyed || matches!(state.purse, Purse::Claim | Purse::Paid);
        assert!(fine, "{}\n{}", explorer.show(state), explorer.path(number));
        if let Some(end) = explorer.timely(number) {
            ends.insert((end.purse, end.keyed));
        }
    });
    assert!(ends.contains(&(Purse::Paid, true)), "{ends:?}");
    assert!(!ends.contains(&(Purse::Refunded, true)), "{ends:?}");
}

/// Without a notary and with a user who says no, a buyer may stay without the key. Even then nobody
/// answers answers.
#[test]
fn a_silent_notary_sets_nobody_off() {
    let spare = Spare { losses: 99, whims: 99, ..Spare::default() };
    let mut explorer = Explorer::new(Goods::Good, Some(Role::Notary), spare);
    let choose = |explorer: &Explorer, open: Action| match open {
        Action::Deliver(message) if explorer.world.messages.get(message).gives_key() => Action::Lose(message),
        Action::Sign(question) if explorer.world.questions.get(question).kind == Kind::Contest => {
            Action::Decline(question)
        }
        other => other,
    };
    let end = explorer.drive(choose, repetitions_cause_nothing);
    let buyer = explorer.world.buyer(end.machines[1]);
    assert_eq!((end.purse, buyer.stage()), (Purse::Paid, &Stage::Captured));
}

/// The model itself can tell: a bank that settles what was contested would be found out above only if
/// contests happen at all.
#[test]
fn every_row_is_written_in_some_state() {
    let mut kinds = BTreeSet::new();
    let liars = [
        (Goods::Good, Role::Buyer),
        (Goods::Good, Role::Seller),
        (Goods::WrongChunk, Role::Seller),
        (Goods::BadEscrow, Role::Seller),
    ];
    for (goods, liar) in liars {
        let mut explorer = Explorer::new(goods, Some(liar), Spare { lies: 5, ..Spare::default() });
        explorer.run(|explorer, number| {
            let end = explorer.timely(number);
            let rows = end.iter().chain([&explorer.states[number]]).flat_map(|state| state.rows.iter().flatten());
            kinds.extend(rows.map(|(_, row)| kind(explorer.world.statements.get(*row))));
        });
    }
    for due in [
        Kind::Held,
        Kind::Captured,
        Kind::Released,
        Kind::Contested,
        Kind::PassedKey,
        Kind::Recorded,
        Kind::Settled,
        Kind::Refunded,
        Kind::Opened,
        Kind::BadEscrow,
        Kind::WrongFile,
    ] {
        assert!(kinds.contains(&due), "{due:?} in {kinds:?}");
    }
}
