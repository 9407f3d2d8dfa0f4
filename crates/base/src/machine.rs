//! What every protocol machine has in common.
//!
//! A machine is one role of one run of one protocol: an enum of per-state structs that can be
//! stored. Its `step` takes itself, an event and a context, pushes effects, and returns either its
//! next state or itself unchanged with the [`Violation`] that the event was. It knows roles, never
//! addresses; it reads no clock and draws no dice except through the context.

use serde::{Deserialize, Serialize};

use crate::code::Violation;

/// Who somebody is in an exchange or in the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Decides a dispute that no register and no rule can.
    Arbiter,
    /// Certification and registration authority.
    Authority,
    /// Accounts, holds and the register of exchanges that a hold secures.
    Bank,
    /// Directory and search.
    Broker,
    /// Pays and receives the goods.
    Buyer,
    /// Brings goods, and signs that it handed them over.
    Carrier,
    /// Key escrow, complaints, and the register of exchanges that no bank secures.
    Notary,
    /// One of the parties of an exchange that knows them by their places.
    Party,
    /// Delivers and is paid.
    Seller,
    /// Looks at the logs of registers and cosigns what is consistent.
    Witness,
}

impl Role {
    /// The word used in file names, output and signed text.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Arbiter => "arbiter",
            Role::Authority => "authority",
            Role::Bank => "bank",
            Role::Broker => "broker",
            Role::Buyer => "buyer",
            Role::Carrier => "carrier",
            Role::Notary => "notary",
            Role::Party => "party",
            Role::Seller => "seller",
            Role::Witness => "witness",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// What a step came to.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<M> {
    /// The event was in order; this is the state now.
    Advance(M),
    /// The event broke the protocol; the state is as it was and the effects are dropped.
    Reject(M, Violation),
}

impl<M> Step<M> {
    /// The same with the state inside another one.
    pub fn map<N>(self, into: impl FnOnce(M) -> N) -> Step<N> {
        match self {
            Step::Advance(state) => Step::Advance(into(state)),
            Step::Reject(state, violation) => Step::Reject(into(state), violation),
        }
    }

    /// The state, whatever the step came to.
    pub fn into_state(self) -> M {
        match self {
            Step::Advance(state) | Step::Reject(state, _) => state,
        }
    }
}
