//! The decision lock: a notary's decision about another exchange frees the money. `resolved` lets the payee take it,
//! `aborted` lets the payer take it back, each only together with what forced it. No clock ends it.

use semper_base::code::Code;
use semper_base::{Blob64, Hash, Violation, Xid};
use semper_support::crypto::Crypto;
use serde::{Deserialize, Serialize};

use super::Third;
use crate::fair::frame::{Decision, Descriptor, Reader};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByDecision {
    /// The exchange that is decided.
    pub exchange: Xid,
    /// Who decides it. The holder need not know it beforehand: payer and payee agreed on it.
    pub notary: Third,
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
