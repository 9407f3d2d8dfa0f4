//! Small worlds, looked at exhaustively: the four production machines, every order in which anything can
//! happen, a network that loses, copies, delays and repeats, machines that break down, and any coalition
//! of dishonest parties. The checker is `stateright`.
//!
//! `cargo test -p semper-exchange --test worlds` looks at worlds of seconds; with `-- --ignored` (and
//! `--release`) at those of minutes.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_types, reason = "looked up by key alone: no order matters, and machines have none")]
#![expect(clippy::print_stdout, reason = "how much was looked at is part of the result")]

#[path = "worlds/fields.rs"]
mod fields;
#[path = "worlds/interned.rs"]
mod interned;
#[path = "worlds/lies.rs"]
mod lies;
#[path = "worlds/model.rs"]
mod model;
#[path = "worlds/props.rs"]
mod props;
#[path = "worlds/rest.rs"]
mod rest;
#[path = "worlds/state.rs"]
mod state;
#[path = "worlds/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use lies::Coalition;
use model::Market;
use semper_base::Role;
use semper_blocks::statement::Kind;
use state::Setting;
use stateright::{Checker, HasDiscoveries, Model};
use world::{Goods, kind};

use Role::{Bank, Buyer, Notary, Seller};

/// No world is looked at for longer; what was left out is said.
const LONGEST: Duration = Duration::from_mins(2);

/// Looks at everything, prints how much that was, and panics with the shortest way to what is wrong.
fn check(name: &str, setting: Setting) -> BTreeSet<Kind> {
    let began = Instant::now();
    let checker =
        Market::new(setting).checker().threads(1).finish_when(HasDiscoveries::Any).timeout(LONGEST).spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    let cut = if began.elapsed() >= LONGEST { ", CUT OFF HERE: more states were not looked at" } else { "" };
    println!("{name:<40} {states:>8} states, depth {depth:>3}, {:>6.1} s{cut}", began.elapsed().as_secs_f64());
    if let Some((property, path)) = checker.discoveries().into_iter().next() {
        let end = path.last_state().clone();
        let market = checker.model();
        let way: Vec<String> =
            path.into_actions().into_iter().map(|action| market.core().show_action(action)).collect();
        panic!("{name}: `{property}` does not hold in {}\nafter\n{}", market.core().show(&end), way.join("\n"));
    }
    let core = checker.model().core();
    core.ends
        .iter()
        .flat_map(|end| end.rows.iter().flatten())
        .map(|(_, row)| kind(core.world.statements.get(*row)))
        .collect()
}

#[test]
fn nobody_dishonest() {
    check("honest, in time", Setting::HONEST);
    let one_order = Setting { every_order: false, ..Setting::HONEST };
    check("honest, in time, a whim", Setting { whims: 1, ..one_order });
    check("honest, in time, a crash", Setting { crashes: 1, ..one_order });
    for goods in [Goods::WrongChunk, Goods::BadEscrow] {
        check("honest, wrong goods", Setting { goods, ..one_order });
    }
}

/// Until the hold is over, in the default run.
#[test]
fn nobody_dishonest_at_any_time() {
    check("honest, at any time until tick 3", Setting { timely: false, ticks: 3, ..Setting::HONEST });
}

#[test]
fn one_dishonest_of_the_pair() {
    let few = Setting { every_order: false, lies: 4, ..Setting::HONEST };
    let seller = Setting { coalition: Coalition::of(&[Seller]), ..few };
    let mut kinds = check("buyer", Setting { coalition: Coalition::of(&[Buyer]), ..few });
    kinds.extend(check("seller", seller));
    kinds.extend(check("seller, wrong goods", Setting { goods: Goods::WrongChunk, ..seller }));
    kinds.extend(check("seller, bad escrow", Setting { goods: Goods::BadEscrow, ..seller }));
    // A checker that never sees a contest shows nothing about contests.
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

#[test]
fn a_dishonest_register() {
    let few = Setting { every_order: false, lies: 4, ..Setting::HONEST };
    let bank = Setting { coalition: Coalition::of(&[Bank]), ..few };
    check("bank", bank);
    // It tells one who cancels that the money was taken and given back, and the other that it was never held.
    check("bank, a whim", Setting { whims: 1, lies: 3, ..bank });
    check("notary", Setting { coalition: Coalition::of(&[Notary]), ..few });
    check("buyer and notary", Setting { coalition: Coalition::of(&[Buyer, Notary]), lies: 3, ..few });
    check("seller and notary", Setting { coalition: Coalition::of(&[Seller, Notary]), ..few });
    check("buyer and seller", Setting { coalition: Coalition::of(&[Buyer, Seller]), lies: 3, ..few });
}

/// The checker can tell: a driver that sends before it commits is found out. The buyer's is not, because
/// the user's question outlives the breakdown and is answered once more; nor the seller's, because the bank's
/// `captured` counts also for a seller who does not remember that it asked.
#[test]
fn sending_before_the_commit_is_found_out() {
    let one_order = Setting { crashes: 1, every_order: false, ..Setting::HONEST };
    for (role, coalition) in [(Bank, Coalition::of(&[])), (Notary, Coalition::of(&[Seller]))] {
        let setting = Setting { early: Some(role), coalition, ..one_order };
        let checker = Market::new(setting).checker().threads(1).finish_when(HasDiscoveries::Any).spawn_bfs().join();
        let found: Vec<&str> = checker.discoveries().into_keys().collect();
        println!("{role} sends early: {} states, {found:?}", checker.unique_state_count());
        assert!(!found.is_empty(), "{role}");
    }
}

/// Everything that one or two dishonest parties can say, in every order; three crashes.
#[test]
#[ignore = "long: minutes, optimised"]
fn larger_worlds() {
    let one_order = Setting { crashes: 3, every_order: false, ..Setting::HONEST };
    for goods in [Goods::Good, Goods::WrongChunk, Goods::BadEscrow] {
        check(&format!("{goods:?}, three crashes"), Setting { goods, ..one_order });
        check(&format!("{goods:?}, two crashes, a whim"), Setting { goods, crashes: 2, whims: 1, ..one_order });
    }
    let coalitions = [
        ("buyer", Coalition::of(&[Buyer]), 0, 6),
        ("seller", Coalition::of(&[Seller]), 1, 6),
        ("bank", Coalition::of(&[Bank]), 0, 6),
        ("notary", Coalition::of(&[Notary]), 1, 6),
        ("buyer and notary", Coalition::of(&[Buyer, Notary]), 0, 5),
        ("seller and notary", Coalition::of(&[Seller, Notary]), 0, 6),
        ("buyer and seller", Coalition::of(&[Buyer, Seller]), 0, 5),
        ("buyer, seller and notary", Coalition::of(&[Buyer, Seller, Notary]), 0, 5),
    ];
    for (name, coalition, crashes, lies) in coalitions {
        check(name, Setting { coalition, crashes, lies, every_order: false, ..Setting::HONEST });
    }
    check("wrong goods, every order", Setting { goods: Goods::WrongChunk, ..Setting::HONEST });
}
