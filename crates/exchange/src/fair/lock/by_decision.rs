//! The decision lock: a notary's decision about another exchange frees the money. `resolved` lets the payee take it,
//! `aborted` lets the payer take it back, each only together with what forced it. No clock ends it.
//!
//! With [`Unless`] it is a compensation for what no register can see: something that the payer has to do outside. Then
//! `resolved` alone pays nothing: the payee, whose word counts, may claim the money from the moment on when that should
//! be done, and gives it back when it is. Silence is for the payer: what is not claimed in time goes back.
//!
//! ```text
//!   resolved              due                    until
//!      |--- nobody claims --|--- the payee may claim --|--- it goes back, without being asked
//!      |--------- the payee may give back: it is done -|
//! ```

use semper_base::code::Code;
use semper_base::{Blob64, Hash, Millis, Timestamp, Violation, Xid};
use semper_support::crypto::Crypto;
use serde::{Deserialize, Serialize};

use super::Third;
use super::descriptor::LENGTH_MAX;
use crate::fair::frame::{Decision, Descriptor, Reader};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByDecision {
    /// The exchange that is decided.
    pub exchange: Xid,
    /// Who decides it. The holder need not know it beforehand: payer and payee agreed on it.
    pub notary: Third,
    /// Of a compensation: when the payee may claim it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unless: Option<Unless>,
}

/// When a compensation can be claimed: what it is for was not done in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unless {
    /// It should be done by then. Before that nothing can be claimed.
    pub due: Timestamp,
    /// At or after this moment nothing can be claimed any more, and the money goes back.
    pub until: Timestamp,
}

impl Unless {
    /// The rules within it, for a lock opened at `opened` by clocks that may differ by `skew`.
    ///
    /// # Errors
    /// No time to claim it that is more than what clocks differ by, a year or more altogether, or a time that is over
    /// before it begins.
    pub fn check(&self, opened: Timestamp, skew: Millis) -> Result<(), Violation> {
        let ordered = opened < self.due && self.due.plus(skew) < self.until;
        if ordered && self.until <= opened.plus(LENGTH_MAX) {
            return Ok(());
        }
        Err(Violation::new(Code::DescriptorWrong, "times of a compensation"))
    }

    /// Whether it can be claimed at this moment.
    pub fn is_open(&self, at: Timestamp) -> Result<(), Violation> {
        match at {
            early if early < self.due => Err(Violation::new(Code::TooEarly, "the compensation is not due")),
            late if late >= self.until => Err(Violation::new(Code::TooLate, "the compensation")),
            _ => Ok(()),
        }
    }
}

impl ByDecision {
    /// The rules that hold within it.
    pub(super) fn check(&self, opened: Timestamp, skew: Millis) -> Result<(), Violation> {
        self.unless.map_or(Ok(()), |unless| unless.check(opened, skew))
    }

    /// Whether the money can be claimed at this moment, as far as the clock goes.
    pub(super) fn is_open(&self, at: Timestamp) -> Result<(), Violation> {
        self.unless.map_or(Ok(()), |unless| unless.is_open(at))
    }
}

/// A notary's decision as it is shown to somebody who took no part in the exchange.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// The exact bytes of that exchange's descriptor.
    pub descriptor: Blob64,
    /// What forced the decision, in the order in which it names them.
    pub pieces: Vec<String>,
    /// The decision.
    pub statement: String,
}

impl Shown {
    /// SHA-256 of the decision: what an outcome names.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(self.statement.as_bytes())
    }

    /// Verifies it: the exchange and the notary are those of the lock, and the decision has its ground.
    /// [`Code::XidWrong`], [`Code::RegisterWrong`], or what is wrong with the decision.
    pub fn read(&self, by: &ByDecision, crypto: &dyn Crypto) -> Result<Decision, Violation> {
        let x = Descriptor::read(&self.descriptor.0)?;
        if x.xid != by.exchange {
            return Err(Violation::new(Code::XidWrong, "the decision of another exchange"));
        }
        if x.core.notary != by.notary {
            return Err(Violation::new(Code::RegisterWrong, "another notary"));
        }
        Reader { x: &x, crypto }.decision(&self.statement, self.pieces.clone())
    }
}
