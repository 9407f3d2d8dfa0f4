//! Any party of an exchange of the frame, whatever the protocol: for whoever runs it. In the words of
//! [`Standing`]:
//!
//! ```text
//!  [asked] --> [promised] --> [signed] --> [complete]
//!     | no         |             |             ^
//!     v            v             v             |
//!  [declined]   [asking] --- the notary's word + --> [aborted]
//! ```

use semper_base::code::Code;
use semper_base::{Error, Step, Timestamp, Violation};
use serde::{Deserialize, Serialize};

use super::cs2::{Answerer, Starter};
use super::csn_a::Signer;
use super::csn_c::Rounds;
use super::deal::{Dealer, Stock};
use super::frame::{Cx, Descriptor, Effect, Event, Own, Protocol};
use super::mail::{Parcelled, Receiver, Sender, Sending};

/// One exchange on the side of one of its parties.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// Takes part in a deal.
    Dealer(Dealer),
    /// Takes certified mail.
    Receiver(Receiver),
    /// Signs in rounds, each with all others.
    Rounds(Rounds),
    /// Sends certified mail.
    Sender(Sender),
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
            (Protocol::CsnC, place) if place < x.parties() => Ok(Party::Rounds(Rounds::start(own, x, cx, out)?)),
            (protocol, place) => Err(Violation::new(Code::RoleWrong, format!("{} {place}", protocol.word())).into()),
        }
    }

    /// Begins to send a mail, which is of place 0.
    pub fn send(
        own: Own,
        sending: Sending,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Party, Error> {
        match own.place {
            0 => Ok(Party::Sender(Sender::start(own, sending, x, cx, out)?)),
            place => Err(Violation::new(Code::RoleWrong, format!("sender {place}")).into()),
        }
    }

    /// Begins to take a mail, which is of place 1.
    pub fn receive(
        own: Own,
        parcel: Parcelled,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Party, Error> {
        match own.place {
            1 => Ok(Party::Receiver(Receiver::start(own, parcel, x, cx, out)?)),
            place => Err(Violation::new(Code::RoleWrong, format!("receiver {place}")).into()),
        }
    }

    /// Begins to take part in a deal.
    pub fn deal(own: Own, stock: Stock, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Party, Error> {
        Ok(Party::Dealer(Dealer::start(own, stock, x, cx, out)?))
    }

    /// One step.
    pub fn step(self, event: &Event, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Step<Party>, Error> {
        Ok(match self {
            Party::Starter(machine) => machine.step(event, x, cx, out)?.map(Party::Starter),
            Party::Answerer(machine) => machine.step(event, x, cx, out)?.map(Party::Answerer),
            Party::Dealer(machine) => machine.step(event, x, cx, out)?.map(Party::Dealer),
            Party::Receiver(machine) => machine.step(event, x, cx, out)?.map(Party::Receiver),
            Party::Rounds(machine) => machine.step(event, x, cx, out)?.map(Party::Rounds),
            Party::Sender(machine) => machine.step(event, x, cx, out)?.map(Party::Sender),
            Party::Signer(machine) => machine.step(event, x, cx, out)?.map(Party::Signer),
        })
    }

    /// When it must act by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            Party::Starter(machine) => machine.deadline(),
            Party::Answerer(machine) => machine.deadline(),
            Party::Dealer(machine) => machine.deadline(),
            Party::Receiver(machine) => machine.deadline(),
            Party::Rounds(machine) => machine.deadline(),
            Party::Sender(machine) => machine.deadline(),
            Party::Signer(machine) => machine.deadline(),
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self {
            Party::Starter(machine) => machine.standing(),
            Party::Answerer(machine) => machine.standing(),
            Party::Dealer(machine) => machine.standing(),
            Party::Receiver(machine) => machine.standing(),
            Party::Rounds(machine) => machine.standing(),
            Party::Sender(machine) => machine.standing(),
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
            Party::Dealer(machine) => machine.proof(),
            Party::Receiver(machine) => machine.proof(),
            Party::Rounds(machine) => machine.proof(),
            Party::Sender(machine) => machine.proof(),
            Party::Signer(machine) => machine.proof(),
        }
    }
}
