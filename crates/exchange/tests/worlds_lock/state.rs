//! What the checker looks at: the machines, everything that was ever sent, the clock, the money.

use semper_exchange::fair::lock::Seat;
use semper_exchange::fair::lock::word::Word;

use super::world::Wish;

/// What frees the lock of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Decision,
    Hash,
    /// A compensation: by a decision and what the payee says of something done outside.
    Unless,
}

/// A world: which lock, who is dishonest, what may go wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) by: By,
    /// They do not run their machine and act together: whatever one knows, all know.
    pub(crate) dishonest: &'static [Seat],
    /// How often something dishonest may be said.
    pub(crate) lies: u8,
    /// How often an owner may change its mind or say no.
    pub(crate) whims: u8,
    /// How often a broken driver may lose a step after what it sends has left.
    pub(crate) crashes: u8,
    /// Whose, and with which message.
    pub(crate) early: Option<(Seat, Word)>,
    /// Ticks by which the payee's clock is behind the holder's.
    pub(crate) slow: u8,
    /// Nothing new is looked at from this tick on.
    pub(crate) ticks: u8,
}

impl Setting {
    pub(crate) const HASH: Setting =
        Setting { by: By::Hash, dishonest: &[], lies: 2, whims: 0, crashes: 0, early: None, slow: 0, ticks: 3 };
    pub(crate) const DECISION: Setting = Setting { by: By::Decision, ticks: 2, ..Setting::HASH };
    pub(crate) const UNLESS: Setting = Setting { by: By::Unless, ticks: 4, ..Setting::HASH };
}

/// What the holder's books did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cash {
    Hold,
    Pay,
    Release,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct State {
    /// Of payer, payee, holder.
    pub(crate) machines: [u32; 3],
    pub(crate) tick: u8,
    /// Everything that was ever sent, sorted. It may arrive at any time, any number of times, or never.
    pub(crate) net: Vec<u32>,
    /// What owners have been asked; of each kind the latest.
    pub(crate) questions: Vec<u32>,
    /// What the holder's rows hold, by slot.
    pub(crate) rows: Vec<(u8, u32)>,
    pub(crate) cash: Vec<Cash>,
    /// How the other exchange was decided, if it was.
    pub(crate) decided: Option<bool>,
    pub(crate) lies: u8,
    pub(crate) whims: u8,
    pub(crate) crashes: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Deadline(Seat),
    /// The notary's answer in the other exchange.
    Decide(bool),
    Decline(u32),
    /// To an honest one.
    Deliver(u32),
    /// A breakdown after this message, answer or deadline was handled and what follows from it had left.
    Early(Seat, Cause),
    /// A dishonest one says it at some time.
    Lie(u32),
    Sign(u32),
    Tick,
    /// A party hears from its own machine of the other exchange.
    Told(Seat),
    Wish(Seat, Wish),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    Deadline,
    Message(u32),
    Signed(u32),
}

pub(crate) fn insert(sorted: &mut Vec<u32>, number: u32) -> bool {
    match sorted.binary_search(&number) {
        Ok(_) => false,
        Err(at) => {
            sorted.insert(at, number);
            true
        }
    }
}
