//! Small worlds of contracts, looked at exhaustively: the production machines of the parties and of the
//! notary, every order in which anything can happen, a network that loses, copies, delays and repeats, owners
//! who change their minds, and any coalition of dishonest parties. The checker is `stateright`.
//!
//! `cargo test -p semper-exchange --test worlds_frame` looks at worlds of seconds; with `-- --ignored` (and
//! `--release`) at those of minutes.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_types, reason = "looked up by key alone: no order matters, and machines have none")]
#![expect(clippy::print_stdout, reason = "how much was looked at is part of the result")]

#[path = "worlds_frame/fields.rs"]
mod fields;
#[path = "worlds/interned.rs"]
mod interned;
#[path = "worlds_frame/lies.rs"]
mod lies;
#[path = "worlds_frame/mail.rs"]
mod mail;
#[path = "worlds_frame/model.rs"]
mod model;
#[path = "worlds_frame/props.rs"]
mod props;
#[path = "worlds_frame/rounds.rs"]
mod rounds;
#[path = "worlds_frame/state.rs"]
mod state;
#[path = "worlds_frame/turns.rs"]
mod turns;
#[path = "worlds_frame/world.rs"]
mod world;

use std::time::{Duration, Instant};

use model::Table;
use semper_exchange::fair::frame::Seat::{self, Notary, Party};
use semper_exchange::fair::frame::word::Word;
use state::Setting;
use stateright::{Checker, HasDiscoveries, Model};

/// No world is looked at for longer; what was left out is said.
const LONGEST: Duration = Duration::from_mins(2);

const A: Seat = Party(0);
const B: Seat = Party(1);

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
fn two_honest_parties() {
    check("CS2", Setting { ticks: 3, ..Setting::CS2 });
    check("CS2, a whim", Setting { whims: 1, ticks: 2, ..Setting::CS2 });
}

#[test]
fn one_of_two_is_dishonest() {
    check("CS2, starter", Setting { dishonest: &[A], lies: 3, ..Setting::CS2 });
    check("CS2, answerer", Setting { dishonest: &[B], lies: 3, ..Setting::CS2 });
}

#[test]
fn through_the_notary() {
    check("CSN-A of 2", Setting::csn_a(2));
    check("CSN-A of 2, one dishonest", Setting { dishonest: &[A], ..Setting::csn_a(2) });
    check("CSN-A of 3, two dishonest", Setting { dishonest: &[A, B], lies: 3, ..Setting::csn_a(3) });
}

/// A ring of letters: nobody reads another's who does not give its own.
#[test]
fn letters_for_letters() {
    check("deal of 2", Setting::deal(2));
    check("deal of 2, one dishonest", Setting { dishonest: &[A], ..Setting::deal(2) });
    check("deal of 3, two dishonest", Setting { dishonest: &[A, B], lies: 3, ..Setting::deal(3) });
}

/// A notary that decides as it likes gets nobody convicted but itself.
#[test]
fn a_dishonest_notary() {
    check("CS2, notary", Setting { dishonest: &[Notary], whims: 1, lies: 2, ticks: 2, ..Setting::CS2 });
    check("CSN-A of 2, notary", Setting { dishonest: &[Notary], lies: 3, ..Setting::csn_a(2) });
    check("deal of 2, notary", Setting { dishonest: &[Notary], lies: 3, ..Setting::deal(2) });
}

/// More lies, more whims, more parties, a longer time.
#[test]
#[ignore = "long: minutes, optimised"]
fn larger_worlds() {
    let long = Setting { ticks: 6, lies: 8, ..Setting::CS2 };
    check("CS2", long);
    check("CS2, two whims", Setting { whims: 2, ticks: 4, ..long });
    check("CS2, starter", Setting { dishonest: &[A], whims: 1, ..long });
    check("CS2, answerer", Setting { dishonest: &[B], whims: 1, ..long });
    check("CSN-A of 2, two whims", Setting { whims: 2, ..Setting::csn_a(2) });
    check("CSN-A of 3", Setting::csn_a(3));
    check("CSN-A of 3, one dishonest", Setting { dishonest: &[A], ..Setting::csn_a(3) });
    check("CSN-A of 3, two dishonest, a whim", Setting { dishonest: &[A, B], whims: 1, ..Setting::csn_a(3) });
    check("CS2, notary", Setting { dishonest: &[Notary], whims: 1, lies: 3, ..Setting::CS2 });
    check("CSN-A of 3, notary and a party", Setting { dishonest: &[Notary, A], ..Setting::csn_a(3) });
    check("deal of 2, two whims", Setting { whims: 2, ..Setting::deal(2) });
    check("deal of 3", Setting::deal(3));
    check("deal of 3, one dishonest", Setting { dishonest: &[A], ..Setting::deal(3) });
    check("deal of 3, notary and a party", Setting { dishonest: &[Notary, A], ..Setting::deal(3) });
    check("CSN-A of 4, three dishonest", Setting { dishonest: &[A, B, Party(2)], ..Setting::csn_a(4) });
    check("CSN-A of 4, two dishonest", Setting { dishonest: &[A, B], ticks: 3, lies: 3, ..Setting::csn_a(4) });
}

/// The checker can tell: each step that sends before it is durable is found out.
#[test]
fn sending_before_the_commit_is_found_out() {
    let two = Setting { crashes: 1, ..Setting::CS2 };
    let many = Setting { crashes: 1, ..Setting::csn_a(2) };
    let deal = Setting { crashes: 1, ..Setting::deal(2) };
    let rules = [
        ("A before m1", Setting { early: Some((A, Word::Promise)), ..two }),
        ("A before m3", Setting { early: Some((A, Word::Signature)), ..two }),
        ("A before abort", Setting { early: Some((A, Word::Abort)), whims: 1, ..two }),
        ("B before m2", Setting { early: Some((B, Word::Promise)), ..two }),
        ("B before m4", Setting { early: Some((B, Word::Signature)), dishonest: &[A], ..two }),
        ("T before aborted", Setting { early: Some((Notary, Word::Aborted)), ..two }),
        ("T before resolved", Setting { early: Some((Notary, Word::Resolved)), ..two }),
        ("signer before its signature", Setting { early: Some((A, Word::Signature)), ..many }),
        ("T before resolved, of many", Setting { early: Some((Notary, Word::Resolved)), ..many }),
        ("dealer before its submission", Setting { early: Some((A, Word::Submission)), ..deal }),
        ("T before resolved, of a deal", Setting { early: Some((Notary, Word::Resolved)), ..deal }),
    ];
    for (name, setting) in rules {
        let found = look(name, setting);
        assert!(found.is_some(), "{name} is not found out");
    }
}
