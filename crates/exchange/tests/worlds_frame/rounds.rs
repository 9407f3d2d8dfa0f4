//! Worlds of signing in rounds: what it costs undisturbed, each transition, every coalition, what dishonest parties
//! and a dishonest notary may say.
//!
//! Nothing depends on the clock, so there is none: anybody's patience may end at any time.

use std::collections::BTreeSet;

use semper_base::Hash;
use semper_blocks::statement::{Kind, danger_typed_unverified};
use semper_exchange::fair::csn_c::ground::vector;
use semper_exchange::fair::frame::statements as st;
use semper_exchange::fair::frame::word::Word;
use semper_exchange::fair::frame::{Content, Seat};
use semper_exchange::fair::party::Standing;

use super::model::Core;
use super::state::Setting;
use super::turns::Run;
use super::world::at;
use super::{A, B, Notary, Party, check, look};

pub(crate) const C: Seat = Party(2);

/// The same with the reductions that leave out nothing that anybody could tell.
const fn prompt(parties: u8) -> Setting {
    Setting { prompt: true, ..Setting::csn_c(parties) }
}

#[test]
fn rounds_of_honest_parties() {
    check("CSN-C of 2", Setting::csn_c(2));
    check("CSN-C of 2, a whim", Setting { whims: 1, ..Setting::csn_c(2) });
    check("CSN-C of 3", prompt(3));
}

#[test]
fn rounds_with_dishonest_parties() {
    check("CSN-C of 2, one dishonest", Setting { dishonest: &[A], ..Setting::csn_c(2) });
    check("CSN-C of 3, one dishonest", Setting { dishonest: &[A], ..prompt(3) });
    check("CSN-C of 3, two dishonest", Setting { dishonest: &[A, B], ..Setting::csn_c(3) });
}

#[test]
fn rounds_with_a_dishonest_notary() {
    check("CSN-C of 2, notary", Setting { dishonest: &[Notary], lies: 2, ..Setting::csn_c(2) });
    check("CSN-C of 2, notary and a party", Setting { dishonest: &[Notary, A], lies: 3, ..Setting::csn_c(2) });
}

#[test]
#[ignore = "long: minutes, optimised"]
fn larger_worlds_of_rounds() {
    check("CSN-C of 3, one dishonest, nothing left out", Setting { dishonest: &[A], ..Setting::csn_c(3) });
    check("CSN-C of 3, two dishonest, a whim", Setting { dishonest: &[A, B], whims: 1, ..Setting::csn_c(3) });
    check("CSN-C of 4, three dishonest", Setting { dishonest: &[A, B, C], ..prompt(4) });
    check("CSN-C of 4, two dishonest", Setting { dishonest: &[A, B], ..prompt(4) });
    check("CSN-C of 3, notary and two", Setting { dishonest: &[Notary, A, B], lies: 2, ..prompt(3) });
}

/// What must be durable before it leaves: the first pledge, and what the notary answers. What is pledged later would
/// be pledged again in the same words, and a stop counts before it is signed.
#[test]
fn rounds_that_send_before_the_commit_are_found_out() {
    let two = Setting { crashes: 1, ..Setting::csn_c(2) };
    for (name, setting) in [
        ("A before its first pledge", Setting { early: Some((A, Word::Pledge)), whims: 1, ..two }),
        ("T before halted", Setting { early: Some((Notary, Word::Halted)), ..two }),
        ("T before resolved", Setting { early: Some((Notary, Word::Resolved)), ..two }),
    ] {
        assert!(look(name, setting).is_some(), "{name} is not found out");
    }
    check("A before its stop", Setting { early: Some((A, Word::Stop)), ..two });
    check("A before its signature", Setting { early: Some((A, Word::Signature)), ..two });
}

impl Core {
    /// What a party says in a round, under these words of the round before.
    fn in_round(&self, seat: Seat, round: u8, last: &[String], other: bool) -> Content {
        if round > self.world.parties() {
            let promises = last.iter().map(|text| Hash::of(text.as_bytes())).collect();
            return Content::Signature { statement: self.sign(seat, st::Signature { promises }, other) };
        }
        let pledge = st::Pledge { round, vector: (round > 1).then(|| vector(last)) };
        Content::Pledge { statement: self.sign(seat, pledge, other) }
    }

    /// All pledges of each round that the coalition can put together, from nothing on: what the honest have said, and
    /// in its own name whatever fits.
    fn vectors(&self, known: &[u32]) -> Vec<Vec<String>> {
        let mut vectors = vec![vec![]];
        for round in 1..=self.world.parties() {
            let last = vectors.last().unwrap();
            let of = |place| {
                let seat = Party(place);
                if self.runs(seat) {
                    self.heard(known, seat, round)
                } else {
                    text(self.in_round(seat, round, last, false))
                }
            };
            match (0..self.world.parties()).map(of).collect() {
                Some(all) => vectors.push(all),
                None => break,
            }
        }
        vectors
    }

    /// The pledge of an honest party in a round, if the coalition has read it.
    fn heard(&self, known: &[u32], by: Seat, round: u8) -> Option<String> {
        known.iter().find_map(|number| {
            let message = self.world.messages.get(*number);
            let Content::Pledge { statement } = &message.content else { return None };
            let body = danger_typed_unverified::<st::Pledge>(statement).unwrap().body;
            (message.from == by && body.round == round).then(|| statement.clone())
        })
    }

    /// In each round that it can: to each of the others, and to the notary.
    pub(crate) fn of_rounds(&mut self, seat: Seat, known: &[u32], made: &mut Vec<u32>) {
        for (last, round) in self.vectors(known).iter().zip(1..) {
            let said = self.in_round(seat, round, last, false);
            let mut says = vec![said];
            if round == 1 {
                // Another one to some of them.
                says.push(self.in_round(seat, round, last, true));
            }
            for place in 0..self.world.parties() {
                for content in &says {
                    self.say(seat, Party(place), content.clone(), made);
                }
            }
            let statement = self.sign(seat, st::Stop { round }, false);
            self.say(seat, Notary, Content::Stop { pledges: last.clone(), statement }, made);
        }
    }

    /// To everybody whatever its rule could have led to, in any order of those who stopped, and otherwise.
    pub(crate) fn of_rounds_notary(&mut self, known: &[u32], made: &mut Vec<u32>) {
        let vectors = self.vectors(known);
        let mut stops: BTreeSet<(u8, u8, String)> = BTreeSet::new();
        for number in known {
            let message = self.world.messages.get(*number);
            if let (Party(by), Content::Stop { statement, .. }) = (message.from, &message.content) {
                let round = danger_typed_unverified::<st::Stop>(statement).unwrap().body.round;
                stops.insert((by, round, statement.clone()));
            }
        }
        for place in (0..self.world.parties()).filter(|place| !self.runs(Party(*place))) {
            for round in 1..=self.world.parties() + 1 {
                stops.insert((place, round, self.sign(Party(place), st::Stop { round }, false)));
            }
        }
        let mut decisions = Vec::new();
        for pledges in vectors.into_iter().filter(|vector| !vector.is_empty()) {
            let ground = pledges.iter().map(|text| Hash::of(text.as_bytes())).collect();
            let resolved = st::Resolved { at: at(0), ground, key: None, keys: vec![] };
            decisions.push((self.sign(Notary, resolved, false), pledges));
        }
        self.chains(&stops, &mut vec![], &mut vec![], &mut decisions);
        for (statement, pieces) in decisions {
            for place in 0..self.world.parties() {
                let content = Content::Decision { pieces: pieces.clone(), statement: statement.clone() };
                self.say(Notary, Party(place), content, made);
            }
        }
    }

    /// Every order in which these could have stopped, with the halt of the last of them.
    fn chains(
        &self,
        stops: &BTreeSet<(u8, u8, String)>,
        by: &mut Vec<u8>,
        pieces: &mut Vec<String>,
        made: &mut Vec<(String, Vec<String>)>,
    ) {
        for (place, round, stop) in stops {
            if by.contains(place) {
                continue;
            }
            pieces.push(stop.clone());
            let ground = pieces.iter().map(|text| Hash::of(text.as_bytes())).collect();
            let halted = st::Halted { at: at(0), party: place + 1, round: *round, ground };
            let halted = self.sign(Notary, halted, false);
            made.push((halted.clone(), pieces.clone()));
            pieces.push(halted);
            by.push(*place);
            self.chains(stops, by, pieces, made);
            by.pop();
            pieces.truncate(pieces.len() - 2);
        }
    }
}

fn text(content: Content) -> Option<String> {
    match content {
        Content::Pledge { statement } => Some(statement),
        _ => None,
    }
}

impl Run<'_> {
    fn agree(&mut self, parties: u8) {
        for place in 0..parties {
            assert!(self.sign(Party(place), Kind::Agreement));
        }
    }

    /// Everybody whom it is asked of signs it.
    fn sign_all(&mut self, parties: u8, kind: Kind) {
        for place in 0..parties {
            assert!(self.sign(Party(place), kind));
        }
    }

    /// Whatever is under way arrives.
    pub(crate) fn deliver_all(&mut self) {
        for message in self.state.net.clone() {
            self.act(super::state::Action::Deliver(message));
        }
    }
}

/// As many rounds as parties and one more, in each a message from everybody to everybody else.
#[test]
fn turns_of_rounds_undisturbed() {
    for (parties, messages) in [(2, 6), (3, 24), (4, 60), (5, 120)] {
        Run::of(Setting::csn_c(parties), |run| {
            run.agree(parties);
            for round in 1..=parties {
                run.sign_all(parties, Kind::Pledge);
                assert_eq!(run.standing(A), Standing::Promised, "{round}");
                run.deliver_all();
            }
            run.sign_all(parties, Kind::Signature);
            assert_eq!(run.standing(A), Standing::Signed);
            run.deliver_all();
            for place in 0..parties {
                assert_eq!(run.standing(Party(place)), Standing::Complete);
                assert_eq!(run.core.world.proof(run.machine(Party(place))).len(), usize::from(parties));
            }
            assert_eq!(run.state.net.len(), messages);
            assert!(run.state.rows.is_empty() && run.state.questions.is_empty());
        });
    }
}
