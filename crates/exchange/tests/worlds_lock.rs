//! Small worlds of locks, looked at exhaustively: the production machines of payer, payee and holder, every order in
//! which anything can happen, a network that loses, copies, delays and repeats, owners who change their minds, clocks
//! that differ, and each of the three dishonest. The checker is `stateright`.
//!
//! `cargo test -p semper-exchange --test worlds_lock` looks at worlds of seconds; with `-- --ignored` (and
//! `--release`) at those of minutes.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_types, reason = "looked up by key alone: no order matters, and machines have none")]
#![expect(clippy::print_stdout, reason = "how much was looked at is part of the result")]

#[path = "worlds_lock/fields.rs"]
mod fields;
#[path = "worlds/interned.rs"]
mod interned;
#[path = "worlds_lock/lies.rs"]
mod lies;
#[path = "worlds_lock/model.rs"]
mod model;
#[path = "worlds_lock/props.rs"]
mod props;
#[path = "worlds_lock/state.rs"]
mod state;
#[path = "worlds_lock/turns.rs"]
mod turns;
#[path = "worlds_lock/world.rs"]
mod world;

use std::time::{Duration, Instant};

use model::Table;
use semper_exchange::fair::lock::Seat::{Holder, Payee, Payer};
use semper_exchange::fair::lock::word::Word;
use state::Setting;
use stateright::{Checker, HasDiscoveries, Model};

/// No world is looked at for longer; what was left out is said.
const LONGEST: Duration = Duration::from_mins(2);

/// Looks at everything, prints how much that was, and panics with the shortest way to what is wrong.
fn check(name: &str, setting: Setting) {
    if let Some(wrong) = look(name, setting) {
        panic!("{wrong}");
    }
}

fn look(name: &str, setting: Setting) -> Option<String> {
    let began = Instant::now();
    let checker =
        Table::new(setting).checker().threads(1).finish_when(HasDiscoveries::Any).timeout(LONGEST).spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    let cut = if began.elapsed() >= LONGEST { ", CUT OFF HERE: more states were not looked at" } else { "" };
    println!("{name:<40} {states:>8} states, depth {depth:>3}, {:>6.1} s{cut}", began.elapsed().as_secs_f64());
    let (property, path) = checker.discoveries().into_iter().next()?;
    let end = path.last_state().clone();
    let core = checker.model().core();
    let way: Vec<String> = path.into_actions().into_iter().map(|action| core.show_action(action)).collect();
    Some(format!("{name}: `{property}` does not hold in {}\nafter\n{}", core.show(&end), way.join("\n")))
}

#[test]
fn by_a_hash() {
    check("hash", Setting::HASH);
    check("hash, a whim", Setting { whims: 1, ..Setting::HASH });
    check("hash, the payee's clock is slow", Setting { slow: 1, ..Setting::HASH });
}

#[test]
fn by_a_decision() {
    check("decision", Setting::DECISION);
    check("decision, a whim", Setting { whims: 1, ..Setting::DECISION });
}

#[test]
fn one_of_the_two_is_dishonest() {
    for (name, setting) in [("hash", Setting::HASH), ("decision", Setting::DECISION)] {
        check(&format!("{name}, payer"), Setting { dishonest: &[Payer], ..setting });
        check(&format!("{name}, payee"), Setting { dishonest: &[Payee], ..setting });
    }
}

/// A holder that says what it likes to each of the two is convicted by what it said.
#[test]
fn a_dishonest_holder() {
    check("hash, holder", Setting { dishonest: &[Holder], ..Setting::HASH });
    check("decision, holder", Setting { dishonest: &[Holder], ..Setting::DECISION });
}

/// A compensation: the payee's word, in its time, decides; whoever had to do something is never left waiting.
#[test]
fn by_a_decision_unless_something_is_done() {
    check("unless", Setting { ticks: 2, ..Setting::UNLESS });
    check("unless, payer", Setting { dishonest: &[Payer], lies: 1, ticks: 2, ..Setting::UNLESS });
    check("unless, payee", Setting { dishonest: &[Payee], lies: 1, ..Setting::UNLESS });
}

#[test]
#[ignore = "long: minutes, optimised"]
fn larger_worlds_unless_something_is_done() {
    check("unless, long", Setting::UNLESS);
    check("unless, a whim", Setting { whims: 1, ticks: 3, ..Setting::UNLESS });
    for seat in [&[Payer], &[Payee], &[Holder]] {
        check(&format!("unless, {seat:?}"), Setting { dishonest: seat, lies: 2, ..Setting::UNLESS });
    }
}

/// More lies, more whims, a longer time.
#[test]
#[ignore = "long: minutes, optimised"]
fn larger_worlds() {
    for (name, setting) in [("hash", Setting::HASH), ("decision", Setting::DECISION)] {
        let long = Setting { ticks: setting.ticks + 2, lies: 3, ..setting };
        check(&format!("{name}, long"), long);
        check(&format!("{name}, two whims"), Setting { whims: 2, ..setting });
        check(&format!("{name}, payer"), Setting { dishonest: &[Payer], ..long });
        check(&format!("{name}, payee"), Setting { dishonest: &[Payee], whims: 1, ..setting });
        check(&format!("{name}, holder"), Setting { dishonest: &[Holder], whims: 1, lies: 3, ..setting });
        check(&format!("{name}, slow payee, dishonest payer"), Setting { dishonest: &[Payer], slow: 2, ..long });
    }
}

/// The checker can tell: each step that sends before it is durable is found out. A claim is not among them: a payee
/// that has forgotten it is paid all the same, and hears of it.
#[test]
fn sending_before_the_commit_is_found_out() {
    let by_hash = Setting { crashes: 1, ..Setting::HASH };
    let by_decision = Setting { crashes: 1, ..Setting::DECISION };
    let rules = [
        ("payer before its order", Setting { early: Some((Payer, Word::Lock)), ..by_hash }),
        ("holder before locked", Setting { early: Some((Holder, Word::Locked)), ..by_hash }),
        ("holder before claimed", Setting { early: Some((Holder, Word::Claimed)), ..by_hash }),
        ("holder before returned", Setting { early: Some((Holder, Word::Returned)), whims: 1, ..by_hash }),
        ("holder before claimed, decided", Setting { early: Some((Holder, Word::Claimed)), ..by_decision }),
    ];
    for (name, setting) in rules {
        let found = look(name, setting);
        assert!(found.is_some(), "{name} is not found out");
    }
}
