//! Money for parcels in small worlds, looked at exhaustively: the production holder and judge, every order in which
//! things can be said, sent, handed over and ticked, and each set of dishonest people. The checker is `stateright`.
//!
//! What honest people do is written here: they act in time, because whoever is not heard before a moment has passed
//! is decided against (`docs/adr/0024`). Everything that was once said may be said again at any time by anybody.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_types, reason = "looked up by key alone: no order matters, and machines have none")]
#![expect(clippy::print_stdout, reason = "how much was looked at is part of the result")]

#[path = "escrow/bench.rs"]
mod bench;
#[path = "worlds_escrow/props.rs"]
mod props;
#[path = "worlds_escrow/world.rs"]
mod world;

use std::time::{Duration, Instant};

use semper_exchange::fair::lock::escrow::Side;
use stateright::{Checker, HasDiscoveries, Model};
use world::{Early, Setting, Table, Who};

/// No world is looked at for longer; what was left out is said.
const LONGEST: Duration = Duration::from_mins(2);

fn look(name: &str, setting: Setting) -> Option<String> {
    let began = Instant::now();
    let checker =
        Table::new(setting).checker().threads(1).finish_when(HasDiscoveries::Any).timeout(LONGEST).spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    let cut = if began.elapsed() >= LONGEST { ", CUT OFF HERE: more states were not looked at" } else { "" };
    println!("{name:<60} {states:>8} states, depth {depth:>3}, {:>6.1} s{cut}", began.elapsed().as_secs_f64());
    let (property, path) = checker.discoveries().into_iter().next()?;
    let end = path.last_state().clone();
    let way: Vec<String> = path.into_actions().into_iter().map(|action| format!("{action:?}")).collect();
    Some(format!("{name}: `{property}` does not hold in {end:?}\nafter\n{}", way.join("\n")))
}

/// With and without a carrier that signs.
fn check(dishonest: &'static [Who]) {
    check_with(dishonest, &[(true, Side::Payer), (false, Side::Payer)]);
}

/// The same, whoever bears the arbiter's silence.
fn check_all(dishonest: &'static [Who]) {
    check_with(dishonest, &[(true, Side::Payer), (true, Side::Payee), (false, Side::Payer), (false, Side::Payee)]);
}

fn check_with(dishonest: &'static [Who], kinds: &[(bool, Side)]) {
    for (with_carrier, silent) in kinds.iter().copied() {
        let setting = Setting { with_carrier, silent, dishonest, early: None };
        let name = format!("{dishonest:?}, carrier {with_carrier}, silence for the {silent:?}");
        if let Some(wrong) = look(&name, setting) {
            panic!("{wrong}");
        }
    }
}

#[test]
fn nobody_dishonest() {
    check_all(&[]);
}

#[test]
fn one_of_the_two_is_dishonest() {
    check(&[Who::Payer]);
    check(&[Who::Payee]);
}

#[test]
fn a_carrier_or_an_arbiter_is_dishonest() {
    check(&[Who::Carrier]);
    check(&[Who::Arbiter]);
}

#[test]
fn a_carrier_in_league() {
    check_with(&[Who::Payer, Who::Carrier], &[(true, Side::Payer)]);
    check_with(&[Who::Payee, Who::Carrier], &[(true, Side::Payer)]);
}

/// Against an arbiter in league with the other side nobody is protected, and still there is one outcome, in time,
/// and the books agree.
#[test]
#[ignore = "long: minutes"]
fn leagues() {
    check(&[Who::Payer, Who::Carrier]);
    check(&[Who::Payee, Who::Carrier]);
    check(&[Who::Payee, Who::Payer]);
    check_all(&[Who::Arbiter]);
    check_all(&[Who::Payer, Who::Arbiter]);
    check_all(&[Who::Payee, Who::Arbiter]);
    check(&[Who::Payer, Who::Carrier, Who::Arbiter]);
    check(&[Who::Payee, Who::Carrier, Who::Arbiter]);
    check(&[Who::Payee, Who::Payer, Who::Carrier, Who::Arbiter]);
}

/// The checker can tell: a holder that sends a row before it is durable, and then breaks down, is found out.
#[test]
fn sending_before_the_commit_is_found_out() {
    for early in [Early::Consigned, Early::Arrived, Early::Disputed, Early::Outcome] {
        let setting = Setting { with_carrier: true, silent: Side::Payer, dishonest: &[Who::Payer], early: Some(early) };
        let found = look(&format!("{early:?} sent too early"), setting);
        assert!(found.is_some(), "{early:?} is not found out");
    }
}
