//! What frees a lock: one set of pure rules for the holder that decides, for payer and payee that are told, and for
//! the judge. A new condition is a file with its rules and an arm in each of these.
//!
//! | condition | the payee takes | the payer gets back |
//! |---|---|---|
//! | hash | with the preimage, before `until` | from `until` on, without being asked |
//! | decision | with `resolved` and its ground | with `aborted` and its ground |
//! | the same, of a compensation | with `resolved`, from `due` on and before `until` | the same; and from `until` on, without being asked |
//! | escrow | nothing: the holder's rows about the goods divide it | the same; all of it if nothing is shipped in time |
//!
//! Whatever the condition, the payee may give back, and before any lock either of them may cancel.

use semper_base::code::Code;
use semper_base::{Hash, Timestamp, Violation};
use semper_blocks::item::Lock as Way;
use semper_support::crypto::Crypto;
use serde::{Deserialize, Serialize};

use super::by_decision::{ByDecision, Shown};
use super::by_hash::ByHash;
use super::descriptor::{Core, Seat};
use super::escrow::Escrow;
use super::statements::{Claim, ClaimBasis, Claimed, ReturnBasis, Returned};
use crate::fair::frame::Decided;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// By a notary's decision.
    Decision(ByDecision),
    /// By what is said of goods on their way, or by silence.
    Escrow(Escrow),
    /// By the preimage of a hash.
    Hash(ByHash),
}

/// What was shown for a claim or against it, verified against the condition that asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// A notary's `aborted`, by its hash.
    Aborted(Hash),
    /// A notary's `resolved`, by its hash.
    Resolved(Hash),
}

impl Condition {
    /// The rules that hold within L.
    pub(super) fn check(&self, core: &Core) -> Result<(), Violation> {
        match self {
            Condition::Decision(by) if core.payer == by.notary.key || core.payee == by.notary.key => {
                Err(Violation::new(Code::DescriptorWrong, "one key in two roles"))
            }
            Condition::Decision(by) => by.check(core.opened, core.skew_ms),
            Condition::Escrow(by) => {
                let keys = [&core.holder.key, &core.payee, &core.payer];
                if by.keys().any(|key| keys.contains(&key)) {
                    return Err(Violation::new(Code::DescriptorWrong, "one key in two roles"));
                }
                by.check(core.opened)
            }
            Condition::Hash(by) => by.check(core),
        }
    }

    /// What a purse must be able to do for it.
    #[must_use]
    pub fn way(&self) -> Way {
        match self {
            Condition::Decision(_) => Way::Decision,
            Condition::Escrow(_) => Way::Escrow,
            Condition::Hash(_) => Way::Hash,
        }
    }

    /// From this moment on nothing can be locked any more, and what is locked goes back without being asked.
    #[must_use]
    pub fn ends(&self) -> Option<Timestamp> {
        match self {
            Condition::Decision(by) => by.unless.map(|unless| unless.until),
            Condition::Escrow(by) => Some(by.ship_by),
            Condition::Hash(by) => Some(by.until),
        }
    }

    /// Whether that moment has come.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends().is_some_and(|ends| now >= ends)
    }

    /// Verifies what is shown. Nothing may be shown that the condition does not ask for.
    pub fn ground(&self, shown: Option<&Shown>, crypto: &dyn Crypto) -> Result<Option<Ground>, Violation> {
        match (self, shown) {
            (_, None) => Ok(None),
            (Condition::Decision(by), Some(shown)) => Ok(Some(match shown.read(by, crypto)?.verdict {
                Decided::Aborted(_) => Ground::Aborted(shown.hash()),
                Decided::Halted(_) => return Err(Violation::new(Code::KindWrong, "halted")),
                Decided::Resolved(_) => Ground::Resolved(shown.hash()),
            })),
            (Condition::Escrow(_) | Condition::Hash(_), Some(_)) => Err(Violation::new(Code::FieldUnknown, "shown")),
        }
    }

    /// Whether this claim takes the money at the moment `at`. A time that is over is acted upon before any claim.
    /// [`Code::TooEarly`] if it may later.
    pub fn claim(&self, claim: &Claim, ground: Option<&Ground>, at: Timestamp) -> Result<ClaimBasis, Violation> {
        match (self, ground) {
            (Condition::Hash(by), None) => by.opens(claim.preimage.as_ref()).map(|()| ClaimBasis::Preimage),
            _ if claim.preimage.is_some() => Err(Violation::new(Code::FieldUnknown, "preimage")),
            (Condition::Decision(by), Some(Ground::Resolved(_))) => by.is_open(at).map(|()| ClaimBasis::Decision),
            _ => Err(Violation::new(Code::ProofWrong, "claim without ground")),
        }
    }

    /// Whether money that is locked goes back because one of the two asks for it. [`Code::TooEarly`] if it may
    /// later.
    pub fn give_back(&self, by: Seat, ground: Option<&Ground>) -> Result<ReturnBasis, Violation> {
        match (by, self, ground) {
            (Seat::Payee, ..) => Ok(ReturnBasis::Payee),
            (Seat::Payer, Condition::Decision(_), Some(Ground::Aborted(_))) => Ok(ReturnBasis::Decision),
            (Seat::Payer, Condition::Decision(_), Some(Ground::Resolved(_))) => {
                Err(Violation::new(Code::ProofWrong, "that pays the payee"))
            }
            (Seat::Payer, ..) => Err(Violation::new(Code::TooEarly, "give-back")),
            (Seat::Holder, ..) => Err(Violation::new(Code::RoleWrong, "give-back")),
        }
    }

    /// Whether an outcome rests on what the condition asks for. The hash in `ground` is that of what was shown.
    pub fn bears_claimed(&self, claimed: &Claimed, ground: Option<&Ground>) -> Result<(), Violation> {
        let named = claimed.ground;
        match (self, claimed.basis, ground) {
            (Condition::Hash(by), ClaimBasis::Preimage, None) if named.is_none() => {
                if claimed.at >= by.until {
                    return Err(Violation::new(Code::TooLate, "claimed"));
                }
                by.opens(claimed.preimage.as_ref())
            }
            (Condition::Decision(by), ClaimBasis::Decision, Some(Ground::Resolved(hash)))
                if named == Some(*hash) && claimed.preimage.is_none() =>
            {
                by.is_open(claimed.at)
            }
            _ => Err(Violation::new(Code::ProofWrong, "claimed")),
        }
    }

    /// The same of money that went back.
    pub fn bears_returned(&self, returned: &Returned, ground: Option<&Ground>) -> Result<(), Violation> {
        let asked = returned.request.is_some();
        match (self, returned.basis, ground) {
            (_, ReturnBasis::Cancelled | ReturnBasis::Payee, None) if asked && returned.ground.is_none() => Ok(()),
            (Condition::Decision(_) | Condition::Hash(_), ReturnBasis::Time, None)
                if !asked && returned.ground.is_none() && self.ends().is_some() =>
            {
                if self.is_over(returned.at) {
                    Ok(())
                } else {
                    Err(Violation::new(Code::TooEarly, "returned"))
                }
            }
            (Condition::Decision(_), ReturnBasis::Decision, Some(Ground::Aborted(hash)))
                if asked && returned.ground == Some(*hash) =>
            {
                Ok(())
            }
            _ => Err(Violation::new(Code::ProofWrong, "returned")),
        }
    }
}
