//! What the checker looks at: the machines, everything that was ever sent, the clock.

use semper_exchange::fair::frame::word::Word;
use semper_exchange::fair::frame::{Protocol, Seat, Slot};

use super::world::Wish;

/// A world: which contract, who is dishonest, what may go wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) protocol: Protocol,
    pub(crate) parties: u8,
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
    /// Nothing new is looked at from this tick on.
    pub(crate) ticks: u8,
    /// What follows from an agreement is signed at once, and what the notary answers waits: neither changes what
    /// anybody else may do.
    pub(crate) prompt: bool,
    /// Of a mail: the box that X names does not hold the key.
    pub(crate) bad_box: bool,
}

impl Setting {
    pub(crate) const CS2: Setting = Setting {
        protocol: Protocol::Cs2,
        parties: 2,
        dishonest: &[],
        lies: 4,
        whims: 0,
        crashes: 0,
        early: None,
        ticks: 4,
        prompt: false,
        bad_box: false,
    };

    pub(crate) const CM: Setting = Setting { protocol: Protocol::Cm, ..Setting::CS2 };

    pub(crate) const CM_ONLINE: Setting = Setting { protocol: Protocol::CmOnline, ..Setting::CS2 };

    /// A ring: each gives a letter to the next.
    pub(crate) const fn deal(parties: u8) -> Setting {
        Setting { protocol: Protocol::Deal, parties, ..Setting::CS2 }
    }

    /// Nobody's patience is known: it may end at any time, so that nothing depends on the clock.
    pub(crate) const fn csn_c(parties: u8) -> Setting {
        Setting { protocol: Protocol::CsnC, parties, lies: 1, ticks: 1, ..Setting::CS2 }
    }

    pub(crate) const fn csn_a(parties: u8) -> Setting {
        Setting { protocol: Protocol::CsnA, parties, ..Setting::CS2 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct State {
    /// The parties' machines in order, then the notary's.
    pub(crate) machines: Vec<u32>,
    pub(crate) tick: u8,
    /// Everything that was ever sent, sorted. It may arrive at any time, any number of times, or never.
    pub(crate) net: Vec<u32>,
    /// What owners have been asked; of each kind the latest.
    pub(crate) questions: Vec<u32>,
    /// What the notary's rows hold: each is written once.
    pub(crate) rows: Vec<(Slot, u32)>,
    pub(crate) lies: u8,
    pub(crate) whims: u8,
    pub(crate) crashes: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Deadline(Seat),
    Decline(u32),
    /// Of an honest party.
    Deliver(u32),
    /// A breakdown after this message, answer or deadline was handled and what follows from it had left.
    Early(Seat, Cause),
    /// A dishonest one says it at some time.
    Lie(u32),
    Sign(u32),
    Tick,
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
