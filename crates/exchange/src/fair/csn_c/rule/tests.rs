//! The rule, looked at exhaustively: every number of parties that there may be and one more, every number of
//! dishonest ones, every order in which anybody pledges, stops and asks. The parties are alike, so that which of them
//! is dishonest does not matter. The machines themselves are looked at in `tests/worlds_frame`.

use std::collections::{BTreeSet, VecDeque};

use semper_base::limits::ROUNDS_PARTIES_MAX;

use super::{Answer, answer};

/// What is explored: a rule of the notary, and how often the parties pledge.
#[derive(Clone, Copy)]
struct Design {
    rule: fn(&[u8], u8) -> Answer,
    /// Rounds of pledges for so many parties.
    rounds: fn(u8) -> u8,
}

const OURS: Design = Design { rule: |told, round| answer(told.iter().copied(), round), rounds: |parties| parties };

/// Where an honest party is: the round in which it has said something, and whether it has stopped in a round, or
/// been halted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Honest {
    Running(u8),
    /// (said something, stopped)
    Stopped(u8, u8),
    Halted(u8, u8),
}

impl Honest {
    fn said(self) -> u8 {
        match self {
            Honest::Running(said) | Honest::Stopped(said, _) | Honest::Halted(said, _) => said,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    honest: Vec<Honest>,
    /// In which round each dishonest party was halted, 0 if it was not.
    dishonest: Vec<u8>,
    is_resolved: bool,
}

impl State {
    fn told(&self) -> Vec<u8> {
        let honest = self.honest.iter().filter_map(|one| match one {
            Honest::Halted(_, round) => Some(*round),
            _ => None,
        });
        honest.chain(self.dishonest.iter().copied().filter(|round| *round > 0)).collect()
    }

    /// Whether all honest parties have said something in this round: the dishonest say whatever is needed.
    fn all_said(&self, round: u8) -> bool {
        self.honest.iter().all(|one| one.said() >= round)
    }

    /// Somebody holds a contract and an honest party was told that nothing comes of it.
    fn is_unfair(&self, rounds: u8) -> bool {
        let shown = self.is_resolved || self.all_said(rounds + 1);
        shown && self.honest.iter().any(|one| matches!(one, Honest::Halted(..)))
    }

    fn sorted(mut self) -> State {
        self.honest.sort_unstable();
        self.dishonest.sort_unstable();
        self
    }

    fn next(&self, design: Design, rounds: u8) -> Vec<State> {
        let mut next = Vec::new();
        if self.is_resolved {
            return next;
        }
        let resolved = || State { is_resolved: true, ..self.clone() };
        let told = self.told();
        for (at, one) in self.honest.iter().enumerate() {
            let with = |one| {
                let mut state = self.clone();
                state.honest[at] = one;
                state
            };
            match *one {
                Honest::Running(said) => {
                    let may = said <= rounds && self.all_said(said);
                    if may {
                        next.push(with(Honest::Running(said + 1)));
                    }
                    if said > 0 {
                        next.push(with(Honest::Stopped(said, said)));
                    }
                    if said > 0 && may {
                        next.push(with(Honest::Stopped(said, said + 1)));
                    }
                }
                Honest::Stopped(said, round) => match (design.rule)(&told, round) {
                    Answer::Halted => next.push(with(Honest::Halted(said, round))),
                    Answer::Resolved => next.push(resolved()),
                },
                Honest::Halted(..) => {}
            }
        }
        for (at, _) in self.dishonest.iter().enumerate().filter(|(_, told)| **told == 0) {
            for round in (1..=rounds + 1).filter(|round| self.all_said(round - 1)) {
                match (design.rule)(&told, round) {
                    Answer::Resolved => next.push(resolved()),
                    Answer::Halted => {
                        let mut state = self.clone();
                        state.dishonest[at] = round;
                        next.push(state);
                    }
                }
            }
        }
        next
    }
}

/// How many states there are, or the first that is unfair.
fn explore(design: Design, parties: u8, dishonest: u8) -> Result<usize, State> {
    let rounds = (design.rounds)(parties);
    let begin = State {
        honest: vec![Honest::Running(0); usize::from(parties - dishonest)],
        dishonest: vec![0; usize::from(dishonest)],
        is_resolved: false,
    };
    let mut seen = BTreeSet::from([begin.clone()]);
    let mut queue = VecDeque::from([begin]);
    while let Some(state) = queue.pop_front() {
        if state.is_unfair(rounds) {
            return Err(state);
        }
        for next in state.next(design, rounds).into_iter().map(State::sorted) {
            if seen.insert(next.clone()) {
                queue.push_back(next);
            }
        }
    }
    Ok(seen.len())
}

fn unfair(design: Design) -> Vec<(u8, u8)> {
    let most = u8::try_from(ROUNDS_PARTIES_MAX).unwrap();
    let cases = (2..=most).flat_map(|parties| (0..parties).map(move |dishonest| (parties, dishonest)));
    cases.filter(|(parties, dishonest)| explore(design, *parties, *dishonest).is_err()).collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was looked at is part of the result")]
fn nobody_honest_is_halted_while_another_holds_a_contract() {
    let most = u8::try_from(ROUNDS_PARTIES_MAX).unwrap() + 1;
    for parties in 2..=most {
        for dishonest in 0..parties {
            let states = explore(OURS, parties, dishonest).unwrap_or_else(|state| panic!("{state:?}"));
            println!("{parties} parties, {dishonest} dishonest: {states} states");
        }
    }
}

/// The checker can tell: each other rule is unfair to somebody.
#[test]
fn other_rules_are_unfair() {
    // With a round less the last one's signature comes too early: all the others chain their halts against it.
    let chained = unfair(Design { rounds: |parties| parties - 1, ..OURS });
    assert_eq!(chained, [(2, 1), (3, 2), (4, 3), (5, 4)]);
    // Who may have pledged no more after it had stopped is passed over.
    let weak = unfair(Design {
        rule: |told, round| {
            let went_on = told.iter().all(|earlier| *earlier < round);
            if round > 1 && went_on { Answer::Resolved } else { Answer::Halted }
        },
        ..OURS
    });
    assert!(weak.contains(&(2, 0)) && weak.contains(&(5, 4)), "{weak:?}");
    // What was said once stays: whoever is through the rounds is halted with the first that stopped.
    let once = unfair(Design {
        rule: |told, round| if round > 1 && told.is_empty() { Answer::Resolved } else { Answer::Halted },
        ..OURS
    });
    assert!(once.contains(&(2, 1)) && once.contains(&(5, 4)), "{once:?}");
    // Who has all pledges of a round is never halted, whoever was before.
    let always = unfair(Design { rule: |_, round| if round > 1 { Answer::Resolved } else { Answer::Halted }, ..OURS });
    assert!(always.contains(&(3, 0)), "{always:?}");
    // One who shows that only one of those who stopped went on.
    let any = unfair(Design {
        rule: |told, round| {
            let went_on = told.is_empty() || told.iter().any(|earlier| earlier + 1 < round);
            if round > 1 && went_on { Answer::Resolved } else { Answer::Halted }
        },
        ..OURS
    });
    assert!(!any.is_empty());
    // Nobody is ever completed.
    let never = unfair(Design { rule: |_, _| Answer::Halted, ..OURS });
    assert!(never.contains(&(2, 0)), "{never:?}");
}
