//! Small worlds of deals with payments, looked at exhaustively: the production machines of dealers, of the payers and
//! payees of their locks, of holders and notary, every order in which anything can happen, a network that loses,
//! copies, delays and repeats, owners who change their minds, and any coalition of dishonest parties. The checker is
//! `stateright`. Deals of letters alone are in `worlds_frame`.
//!
//! `cargo test -p semper-exchange --test worlds_deal` looks at worlds of seconds; with `-- --ignored` (and
//! `--release`) at those of minutes.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_types, reason = "looked up by key alone: no order matters, and machines have none")]
#![expect(clippy::print_stdout, reason = "how much was looked at is part of the result")]

#[path = "worlds_deal/fields.rs"]
mod fields;
#[path = "worlds/interned.rs"]
mod interned;
#[path = "worlds_deal/lies.rs"]
mod lies;
#[path = "worlds_deal/model.rs"]
mod model;
#[path = "worlds_deal/ring.rs"]
mod ring;
#[path = "worlds_deal/world.rs"]
mod world;

use std::time::{Duration, Instant};

use model::{Setting, Table};
use semper_base::{Code, Millis};
use semper_exchange::fair::deal::Leg;
use semper_exchange::fair::frame::{Descriptor, NamedLeg};
use semper_exchange::fair::lock::Unless;
use stateright::{Checker, HasDiscoveries, Model};
use world::Who::{self, Holder, Notary, Party};

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

const A: &[Who] = &[Party(0)];
const B: &[Who] = &[Party(1)];

#[test]
fn a_payment_for_a_payment_with_one_dishonest() {
    check("two payments, A", Setting { dishonest: A, ticks: 1, ..Setting::TWO });
    check("letter for payment, seller", Setting { dishonest: A, letter: true, ..Setting::TWO });
    check("letter for payment, buyer", Setting { dishonest: B, letter: true, ..Setting::TWO });
}

#[test]
fn a_ring_of_three_with_two_dishonest() {
    check(
        "three payments, A and B",
        Setting { parties: 3, dishonest: &[Party(0), Party(1)], lies: 2, ticks: 1, ..Setting::TWO },
    );
}

#[test]
fn a_letter_for_a_payment() {
    check("letter for payment", Setting { letter: true, ticks: 3, ..Setting::TWO });
}

/// A notary that decides as it likes gets nobody convicted but itself, and whoever loses by it has the proof.
#[test]
fn a_notary_that_says_both() {
    let notary: &[Who] = &[Notary];
    check("letter for payment, notary", Setting { dishonest: notary, letter: true, lies: 2, ..Setting::TWO });
}

/// The checker can tell: a decision or a lock that leaves before it is durable is found out.
#[test]
fn sending_before_the_commit_is_found_out() {
    for who in [Notary, Holder(1)] {
        let setting = Setting { early: Some(who), letter: true, ..Setting::TWO };
        let found = look(&format!("early: {who:?}"), setting);
        assert!(found.is_some(), "{who:?} is not found out");
    }
}

/// A compensation is shown as one, with X's times, and nothing else is; it is due after the deal must be decided.
#[test]
fn compensations_are_shown_as_what_they_are() {
    let ring = ring::ring(2, false);
    let with = |unless: Option<Unless>, shown: Option<Unless>| {
        let (mut core, mut terms) = (ring.x.core.clone(), ring.terms.clone());
        if let Leg::Payment(payment) = &mut core.deal.as_mut().unwrap().legs[0] {
            payment.unless = unless;
        }
        if let (Some(Unless { due, until }), NamedLeg::Payment { amount, giver, holder, receiver }) =
            (shown, terms.contract.legs[0].clone())
        {
            let what = "Twelve chairs are delivered.".to_owned();
            terms.contract.legs[0] = NamedLeg::Compensation { amount, due, giver, holder, receiver, until, what };
        }
        core.terms = terms.commitment().unwrap();
        core.items = core.deal.as_ref().unwrap().items(core.terms);
        let x = Descriptor::new(&core, None)?;
        terms.check(&x.core)
    };
    let unless = |due: u64, until: u64| {
        let after = |ms| ring.x.core.deadlines.expires.plus(Millis(ms));
        Some(Unless { due: after(due), until: after(until) })
    };
    with(None, None).unwrap();
    with(unless(1, 3), unless(1, 3)).unwrap();
    let code = |x, shown| with(x, shown).unwrap_err().code();
    assert_eq!(code(unless(0, 3), unless(0, 3)), Code::DescriptorWrong, "while the deal can still be made");
    assert_eq!(code(unless(1, 2), unless(1, 2)), Code::DescriptorWrong, "no more time than clocks differ by");
    assert_eq!(code(unless(1, 3), None), Code::TermsWrong, "a compensation shown as a payment");
    assert_eq!(code(None, unless(1, 3)), Code::TermsWrong, "a payment shown as a compensation");
    assert_eq!(code(unless(1, 3), unless(2, 4)), Code::TermsWrong, "other times");
}

#[test]
#[ignore = "long: minutes, optimised"]
fn larger_worlds() {
    check("two payments", Setting { ticks: 3, ..Setting::TWO });
    check("two payments, a whim", Setting { whims: 1, ..Setting::TWO });
    check("letter for payment, two whims", Setting { letter: true, whims: 2, ..Setting::TWO });
    check("two payments, A, more lies", Setting { dishonest: A, lies: 7, whims: 1, ..Setting::TWO });
    let three = Setting { parties: 3, ..Setting::TWO };
    check("three payments, A and B", Setting { dishonest: &[Party(0), Party(1)], lies: 6, ..three });
    check("three payments, B and C", Setting { dishonest: &[Party(1), Party(2)], lies: 6, ..three });
    check("three payments, A", Setting { dishonest: A, lies: 3, ..three });
    check("three, one a letter, B and C", Setting { letter: true, dishonest: &[Party(1), Party(2)], lies: 5, ..three });
    check("two payments, notary and A", Setting { dishonest: &[Notary, Party(0)], lies: 5, ..Setting::TWO });
    check("three payments", three);
}
