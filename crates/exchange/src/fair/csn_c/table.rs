//! The notary's side: whom it has answered, and what.

use serde::{Deserialize, Serialize};

use super::rule::{Answer, answer};

/// A party that was told that nothing comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Told {
    /// Its place.
    pub(in crate::fair) by: u8,
    /// The round in which it stopped.
    pub(in crate::fair) round: u8,
    /// Its own word for that.
    pub(in crate::fair) stop: String,
    /// The notary's answer.
    pub(in crate::fair) halted: String,
}

/// What is due to a party that stopped in `round`.
pub(in crate::fair) fn due(told: &[Told], round: u8) -> Answer {
    answer(told.iter().map(|earlier| earlier.round), round)
}

/// What a halt that answers `stop` rests on: all that was asked and answered before.
pub(in crate::fair) fn pieces(told: &[Told], stop: &str) -> Vec<String> {
    let before = told.iter().flat_map(|earlier| [earlier.stop.clone(), earlier.halted.clone()]);
    before.chain([stop.to_owned()]).collect()
}

/// The answer to the party in this place, if it was answered.
pub(in crate::fair) fn told(all: &[Told], by: u8) -> Option<(String, Vec<String>)> {
    let at = all.iter().position(|told| told.by == by)?;
    let (before, one) = (all.get(..at)?, all.get(at)?);
    Some((one.halted.clone(), pieces(before, &one.stop)))
}
