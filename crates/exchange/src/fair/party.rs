//! Any party of an exchange of the frame, whatever the protocol: for whoever runs it.

use semper_base::code::Code;
use semper_base::{Error, Step, Timestamp, Violation};
use serde::{Deserialize, Serialize};

use super::cs2::{Answerer, Starter};
use super::csn_a::Signer;
use super::frame::{Cx, Descriptor, Effect, Event, Own, Protocol};

/// One exchange on the side of one of its parties.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// Begins an exchange of two.
    Starter(Starter),
    /// Answers it.
    Answerer(Answerer),
    /// Signs through the notary.
    Signer(Signer),
}

/// Where a party stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The owner has to agree, or what follows from it is being signed; nothing has left.
    Asked,
    /// The promise is out.
    Promised,
    /// The signature is out, or being made under the other's.
    Signed,
    /// The notary was asked; only its answer ends it.
    Asking,
    /// Final: everybody is bound.
    Complete,
    /// Final: nobody is bound.
    Aborted,
    /// Final: the owner did not agree, or not in time. Nothing has left.
    Declined,
}

impl Standing {
    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Standing::Complete | Standing::Aborted | Standing::Declined)
    }

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Standing::Asked => "asked",
            Standing::Promised => "promised",
            Standing::Signed => "signed",
            Standing::Asking => "asking",
            Standing::Complete => "complete",
            Standing::Aborted => "aborted",
            Standing::Declined => "declined",
        }
    }
}

impl Party {
    /// Begins in the place and protocol that X and `own` say: checks the terms and asks the owner to agree.
    pub fn start(own: Own, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Party, Error> {
        match (x.core.protocol, own.place) {
            (Protocol::Cs2, 0) => Ok(Party::Starter(Starter::start(own, x, cx, out)?)),
            (Protocol::Cs2, 1) => Ok(Party::Answerer(Answerer::start(own, x, cx, out)?)),
            (Protocol::CsnA, place) if place < x.parties() => Ok(Party::Signer(Signer::start(own, x, cx, out)?)),
            (protocol, place) => Err(Violation::new(Code::RoleWrong, format!("{} {place}", protocol.word())).into()),
        }
    }

    /// One step.
    pub fn step(self, event: &Event, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Step<Party>, Error> {
        Ok(match self {
            Party::Starter(machine) => wrap(machine.step(event, x, cx, out)?, Party::Starter),
            Party::Answerer(machine) => wrap(machine.step(event, x, cx, out)?, Party::Answerer),
            Party::Signer(machine) => wrap(machine.step(event, x, cx, out)?, Party::Signer),
        })
    }

    /// When it must act by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            Party::Starter(machine) => machine.deadline(),
            Party::Answerer(machine) => machine.deadline(),
            Party::Signer(machine) => machine.deadline(),
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self {
            Party::Starter(machine) => machine.standing(),
            Party::Answerer(machine) => machine.standing(),
            Party::Signer(machine) => machine.standing(),
        }
    }

    /// What proves the contract, once there is one: all signatures, or the notary's `resolved` and what it
    /// rests on.
    #[must_use]
    pub fn proof(&self) -> &[String] {
        match self {
            Party::Starter(machine) => machine.proof(),
            Party::Answerer(machine) => machine.proof(),
            Party::Signer(machine) => machine.proof(),
        }
    }
}

fn wrap<M>(step: Step<M>, into: impl Fn(M) -> Party) -> Step<Party> {
    match step {
        Step::Advance(machine) => Step::Advance(into(machine)),
        Step::Reject(machine, violation) => Step::Reject(into(machine), violation),
    }
}
