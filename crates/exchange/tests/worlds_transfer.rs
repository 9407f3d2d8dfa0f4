//! Transfers in small worlds, looked at exhaustively: the production machines of sender and receiver, a network that
//! loses, copies and reorders, owners who change their minds, a bank, clocks that differ, and each of the two dishonest.
//! The checker is `stateright`. Beside it: single transitions, and the list of goods.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_types, reason = "looked up by key alone: no order matters")]
#![expect(clippy::print_stdout, reason = "how much was looked at is part of the result")]

#[path = "worlds_transfer/goods.rs"]
mod goods;
#[path = "worlds_transfer/world.rs"]
mod world;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use semper_exchange::transfer::{Ending, Receiver, Sender};
use stateright::{Checker, HasDiscoveries, Model, Property};
use world::{Action, Money, Setting, Side, State};

/// No world is looked at for longer; what was left out is said.
const LONGEST: Duration = Duration::from_mins(2);

struct Table {
    setting: Setting,
    /// Whether both come to their ends from there, by the hash of what is left when all messages are lost.
    ends: Mutex<HashMap<State, bool>>,
}

impl Model for Table {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::begin(&self.setting)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend(state.actions(&self.setting));
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        Some(last.next(action, &self.setting)).filter(|next| next != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nobody honest says what does not fit", |_, state: &State| state.wrong.is_none()),
            Property::always("all or nothing is seen", |table: &Table, state| all_or_nothing(&table.setting, state)),
            Property::always("they agree how it ended", |_, state| agree(state)),
            Property::always("money goes once, last, and not for nothing", |table: &Table, state| {
                money(&table.setting, state)
            }),
            Property::always("both come to an end, whatever is lost", |table: &Table, state| table.ends(state)),
        ]
    }
}

impl Table {
    fn ends(&self, state: &State) -> bool {
        let bare = state.bare();
        let known = self.ends.lock().unwrap().get(&bare).copied();
        known.unwrap_or_else(|| {
            let found = ends(&self.setting, &bare);
            self.ends.lock().unwrap().insert(bare, found);
            found
        })
    }
}

fn ending(state: &State) -> Option<Ending> {
    state.receiver.as_ref().and_then(Receiver::ending)
}

fn all_or_nothing(setting: &Setting, state: &State) -> bool {
    let all = setting.plan().contents.iter().map(|(_, layout)| layout.leaves()).sum::<u64>();
    let is_taken = ending(state) == Some(Ending::Taken);
    let gone = ending(state).is_none() || is_taken || state.stored.is_empty();
    let good = setting.good && state.stored.len() as u64 == all && (!setting.pays || state.money == Money::Paid);
    state.visible == is_taken && gone && (!state.visible || good)
}

/// The sender's word is the receiver's; neither is ever another again.
fn agree(state: &State) -> bool {
    let (Some(sender), Some(receiver)) = (&state.sender, &state.receiver) else { return true };
    match sender.outcome().and_then(|outcome| outcome.ending) {
        Some(said) => receiver.ending() == Some(said),
        None => true,
    }
}

fn money(setting: &Setting, state: &State) -> bool {
    let once = state.orders <= 1;
    let told = state.sender.as_ref().and_then(Sender::outcome);
    let knows = told.is_none_or(|outcome| outcome.paid == (state.money == Money::Paid));
    // Of two honest ones, whoever pays gets the goods across.
    let lost = state.money == Money::Paid && ending(state).is_some_and(|ending| ending != Ending::Taken);
    once && knows && (setting.dishonest.is_some() || !lost)
}

fn ends(setting: &Setting, state: &State) -> bool {
    if setting.early.is_some() {
        return true;
    }
    let end = state.finished(setting);
    let sender = end.sender.as_ref().is_none_or(|sender| sender.outcome().is_some());
    let receiver =
        end.receiver.as_ref().is_none_or(|receiver| receiver.ending().is_some() || receiver.word() == "announced");
    // Nobody honest who hears everything again is left without the receiver's word.
    let patient = setting.dishonest.is_some() || state.late != [0; 2] || sender_knows(&end);
    sender
        && patient
        && receiver
        && end.wrong.is_none()
        && all_or_nothing(setting, &end)
        && agree(&end)
        && money(setting, &end)
}

fn sender_knows(state: &State) -> bool {
    let outcome = state.sender.as_ref().and_then(Sender::outcome);
    outcome.is_some_and(|outcome| outcome.ending.is_some())
}

fn look(name: &str, setting: Setting) -> Option<String> {
    let began = Instant::now();
    let checker = Table { setting, ends: Mutex::default() }
        .checker()
        .threads(1)
        .finish_when(HasDiscoveries::Any)
        .timeout(LONGEST)
        .spawn_bfs()
        .join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    let cut = if began.elapsed() >= LONGEST { ", CUT OFF HERE: more states were not looked at" } else { "" };
    println!("{name:<40} {states:>8} states, depth {depth:>3}, {:>6.1} s{cut}", began.elapsed().as_secs_f64());
    let (property, path) = checker.discoveries().into_iter().next()?;
    let end = path.last_state().clone();
    let way: Vec<String> = path.into_actions().into_iter().map(|action| format!("{action:?}")).collect();
    Some(format!("{name}: `{property}` does not hold in {end:?}\nafter\n{}", way.join("\n")))
}

fn check(name: &str, setting: Setting) {
    if let Some(wrong) = look(name, setting) {
        panic!("{wrong}");
    }
}

const PAYS: Setting = Setting { pays: true, chunks: 1, ..Setting::USUAL };

#[test]
fn two_honest_ones() {
    check("goods, copies", Setting { chunks: 1, timers: 0, ..Setting::USUAL });
    check("goods, timers", Setting { chunks: 1, copies: 0, ..Setting::USUAL });
    check("bad goods", Setting { good: false, chunks: 1, whims: 0, copies: 0, ..Setting::USUAL });
    check("payment", Setting { copies: 0, timers: 0, ..PAYS });
    check("payment, timers", Setting { copies: 0, whims: 0, ..PAYS });
}

#[test]
fn one_of_the_two_is_dishonest() {
    for side in [Side::Sender, Side::Receiver] {
        check(&format!("{side:?} lies"), Setting { dishonest: Some(side), copies: 0, ..Setting::USUAL });
        check(&format!("{side:?} lies, payment"), Setting { dishonest: Some(side), copies: 0, ..PAYS });
    }
}

#[test]
#[ignore = "long: minutes, optimised"]
fn larger_worlds() {
    check("goods", Setting { copies: 2, timers: 2, ..Setting::USUAL });
    check("payment", PAYS);
    check("payment, more timers", Setting { timers: 2, ..PAYS });
}

/// The checker can tell: who sends before it is durable, and then breaks down, is found out.
#[test]
fn sending_before_the_commit_is_found_out() {
    for (side, setting) in [(Side::Receiver, Setting::USUAL), (Side::Sender, PAYS)] {
        let setting = Setting { early: Some(side), copies: 0, timers: 0, chunks: 1, ..setting };
        assert!(look(&format!("{side:?} too early"), setting).is_some(), "{side:?} is not found out");
    }
}
