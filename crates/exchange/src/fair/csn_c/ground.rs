//! What is said in rounds, read, and what the notary's answers to it rest on.

use semper_base::code::Code;
use semper_base::{Hash, Violation};
use semper_blocks::statement::Statement;

use super::rule::{Answer, answer};
use crate::fair::frame::statements as st;
use crate::fair::frame::{Decided, Protocol, Reader};

/// The hash of what all said in one round, in the order of the parties.
#[must_use]
pub fn vector(all: &[String]) -> Hash {
    let hashes: Vec<Hash> = all.iter().map(|text| Hash::of(text.as_bytes())).collect();
    let parts: Vec<&[u8]> = hashes.iter().map(|hash| hash.bytes().as_slice()).collect();
    Hash::tagged_parts("semper-csn-c/1", &parts)
}

/// A party that stopped, and in which round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Its place.
    pub by: u8,
    /// The round.
    pub round: u8,
}

impl Reader<'_> {
    /// Rounds of pledges: as many as there are parties. The signature makes one more.
    fn rounds(&self) -> Result<u8, Violation> {
        match self.x.core.protocol {
            Protocol::CsnC => Ok(self.x.parties()),
            other => Err(Violation::new(Code::KindWrong, other.word())),
        }
    }

    /// A pledge of a party. The first rests on nothing, each other one on all of the round before.
    pub fn pledge(&self, text: &str) -> Result<(u8, Statement<st::Pledge>), Violation> {
        let (by, pledge) = self.party::<st::Pledge>(text)?;
        if !(1..=self.rounds()?).contains(&pledge.body.round) {
            return Err(Violation::new(Code::FieldWrong, "round"));
        }
        if pledge.body.vector.is_some() != (pledge.body.round > 1) {
            return Err(Violation::new(Code::RefWrong, "pledge"));
        }
        Ok((by, pledge))
    }

    /// The round of these pledges: one of each party, in their order, all of one round and on the same ground.
    pub fn round(&self, pledges: &[String]) -> Result<u8, Violation> {
        let wrong = |what: &str| Violation::new(Code::ProofWrong, what);
        let mut all = Vec::new();
        for (place, text) in pledges.iter().enumerate() {
            let (by, pledge) = self.pledge(text)?;
            if usize::from(by) != place {
                return Err(wrong("pledges out of order"));
            }
            all.push(pledge.body);
        }
        let first = all.first().ok_or_else(|| wrong("pledges"))?;
        if all.len() != self.x.core.parties.len() || all.iter().any(|pledge| pledge != first) {
            return Err(wrong("pledges of different rounds"));
        }
        Ok(first.round)
    }

    /// A party's word that it stopped.
    pub fn stop(&self, text: &str) -> Result<(u8, Statement<st::Stop>), Violation> {
        let (by, stop) = self.party::<st::Stop>(text)?;
        if !(1..=self.rounds()?.saturating_add(1)).contains(&stop.body.round) {
            return Err(Violation::new(Code::FieldWrong, "round"));
        }
        Ok((by, stop))
    }

    /// A party's word that it stopped, with the pledges that brought it to that round.
    pub fn stuck(&self, text: &str, pledges: &[String]) -> Result<(u8, Statement<st::Stop>), Violation> {
        let (by, stop) = self.stop(text)?;
        let last = if pledges.is_empty() { 0 } else { self.round(pledges)? };
        if last.saturating_add(1) != stop.body.round {
            return Err(Violation::new(Code::ProofWrong, "pledges of another round"));
        }
        Ok((by, stop))
    }

    /// What a `halted` rests on: what the notary was told and said before, in order, and last the stop that it answers.
    pub fn halts(&self, halted: &st::Halted, pieces: &[String]) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::ProofWrong, what));
        let mut told: Vec<Stopped> = Vec::new();
        let mut before: &[String] = &[];
        for (at, text) in pieces.iter().enumerate() {
            if at.is_multiple_of(2) {
                told.push(self.next_stop(text, &told)?);
            } else {
                let Decided::Halted(earlier) = self.decided(text)? else { return wrong("no halt") };
                if !answers(&earlier.body, told.last()) || !names(&earlier.body, before) {
                    return wrong("another halt");
                }
            }
            before = pieces.get(..=at).unwrap_or_default();
        }
        if pieces.len().is_multiple_of(2) || !answers(halted, told.last()) {
            return wrong("halted without ground");
        }
        Ok(())
    }

    /// A stop that had to be answered with `halted`.
    fn next_stop(&self, text: &str, told: &[Stopped]) -> Result<Stopped, Violation> {
        let (by, stop) = self.stop(text)?;
        if told.iter().any(|earlier| earlier.by == by) {
            return Err(Violation::new(Code::ProofWrong, "answered twice"));
        }
        match answer(told.iter().map(|earlier| earlier.round), stop.body.round) {
            Answer::Halted => Ok(Stopped { by, round: stop.body.round }),
            Answer::Resolved => Err(Violation::new(Code::ProofWrong, "this had to be resolved")),
        }
    }
}

/// Whether this answers that stop.
fn answers(halted: &st::Halted, stopped: Option<&Stopped>) -> bool {
    stopped.is_some_and(|stop| (halted.party, halted.round) == (stop.by.saturating_add(1), stop.round))
}

fn names(halted: &st::Halted, pieces: &[String]) -> bool {
    pieces.iter().map(|piece| Hash::of(piece.as_bytes())).eq(halted.ground.iter().copied())
}
