//! What the notary answers a party that stopped.
//!
//! With n parties there are n+1 rounds. T has told the parties j in `told` that it is halted, who had stopped in round
//! r(j). Now i asks, who has stopped in round r and shows the pledges of all from round r-1 (none, if r is 1):
//!
//! > *resolved*, if r > 1 and r(j)+1 < r for each j; else *halted*.
//!
//! A party is answered once; asked again T says the same again. After *resolved* it says nothing else to anybody.
//!
//! **Nobody honest is passed over.** If T resolves, it has pledges of all from round r-1 > r(j), also of j. Whoever keeps
//! to its word has pledged nothing after round r(j). So each j has gone on after it had stopped.
//!
//! **Whoever has signed is never halted.** The first who is told *halted* stopped in round 1. Each later one stopped at
//! most one round after the latest so far, or T had resolved. So the k-th stopped in round k at the latest. Whoever has
//! signed is in round n+1, would have to be the (n+1)-th, and there are n.
//!
//! **So it is fair.** Let i be honest and halted in round r(i). It pledges nothing later and signs nothing: r(i) is n at
//! most. A contract would be signatures of all, and there is none of i's; or *resolved* after i's *halted*, for which T
//! needs a pledge of i from after r(i); or *resolved* before it, after which T halts nobody. With n rounds instead of
//! n+1 the second step fails: n-1 dishonest parties who stop one after the other, each a round later, halt the one who
//! has signed (abort chaining).
//!
//! **And it ends.** Whoever is stuck asks T, and T answers at once.

/// The notary's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// Nothing comes of it for this party.
    Halted,
    /// It is complete.
    Resolved,
}

/// What to answer a party that stopped in `round`, after those who stopped in the rounds `told` were halted.
#[must_use]
pub fn answer(told: impl IntoIterator<Item = u8>, round: u8) -> Answer {
    let went_on = told.into_iter().all(|earlier| earlier.saturating_add(1) < round);
    if round > 1 && went_on { Answer::Resolved } else { Answer::Halted }
}

#[cfg(test)]
mod tests;
