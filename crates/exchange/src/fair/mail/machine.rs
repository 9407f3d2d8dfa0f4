//! The machine beneath a mail: one of contract signing, by X's protocol and the party's place.

use semper_base::code::Code;
use semper_base::{Error, Misuse, Step, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::cs2::{Answerer, Starter};
use super::super::csn_a::Signer;
use super::super::frame::{Cx, Descriptor, Effect, Event, Own, Protocol};
use super::super::party::Standing;

/// See [`super::super::party::Party`], which has mails too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Beneath {
    /// CM, the receiver.
    Answerer(Answerer),
    /// CM-online, either of them.
    Signer(Signer),
    /// CM, the sender.
    Starter(Starter),
}

impl Beneath {
    /// Asks the owner to agree.
    pub(super) fn start(own: Own, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Beneath, Error> {
        match (x.core.protocol, own.place) {
            (Protocol::Cm, 0) => Ok(Beneath::Starter(Starter::start(own, x, cx, out)?)),
            (Protocol::Cm, _) => Ok(Beneath::Answerer(Answerer::start(own, x, cx, out)?)),
            (Protocol::CmOnline, _) => Ok(Beneath::Signer(Signer::start(own, x, cx, out)?)),
            (other, _) => Err(Misuse::new(Code::RoleWrong, other.word()).into()),
        }
    }

    pub(super) fn take(
        self,
        event: &Event,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Beneath>, Error> {
        Ok(match self {
            Beneath::Answerer(machine) => machine.step(event, x, cx, out)?.map(Beneath::Answerer),
            Beneath::Signer(machine) => machine.step(event, x, cx, out)?.map(Beneath::Signer),
            Beneath::Starter(machine) => machine.step(event, x, cx, out)?.map(Beneath::Starter),
        })
    }

    pub(super) fn standing(&self) -> Standing {
        match self {
            Beneath::Answerer(machine) => machine.standing(),
            Beneath::Signer(machine) => machine.standing(),
            Beneath::Starter(machine) => machine.standing(),
        }
    }

    pub(super) fn proof(&self) -> &[String] {
        match self {
            Beneath::Answerer(machine) => machine.proof(),
            Beneath::Signer(machine) => machine.proof(),
            Beneath::Starter(machine) => machine.proof(),
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        match self {
            Beneath::Answerer(machine) => machine.deadline(),
            Beneath::Signer(machine) => machine.deadline(),
            Beneath::Starter(machine) => machine.deadline(),
        }
    }
}
