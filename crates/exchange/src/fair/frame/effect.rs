//! What a step may cause and what may happen to a machine, in the words of these protocols. The service turns
//! effects into rows, queues and questions in the same transaction.

use semper_base::code::Code;
use semper_base::limits::ROUNDS_PARTIES_MAX;
use semper_base::{Error, KeyId, Violation};
use semper_blocks::statement::Kind;

use super::descriptor::Seat;
use super::message::{Checked, Content};

/// The notary's slots. Each is written at most once per exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// `aborted` or `resolved`.
    Decision,
    /// In an exchange of rounds: `halted`, for the party in this place.
    Stopped(u8),
}

impl Slot {
    /// Every slot.
    pub const ALL: [Slot; 1 + ROUNDS_PARTIES_MAX] =
        [Slot::Decision, Slot::Stopped(0), Slot::Stopped(1), Slot::Stopped(2), Slot::Stopped(3), Slot::Stopped(4)];

    /// The word in the register's key.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Slot::Decision => "decision",
            Slot::Stopped(place) => crate::log::stopped(place),
        }
    }
}

/// One effect of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Parties only: have this payload signed with the party's key. An `agreement` is for a person at the
    /// trusted screen, or for the owner whose standing consent covers it; whatever else is asked follows from
    /// it. The answer is [`Event::Signed`] or [`Event::Declined`].
    Ask {
        /// What for.
        kind: Kind,
        /// Canonical payload.
        payload: Vec<u8>,
        /// The key.
        key: KeyId,
    },
    /// Archive this statement.
    Keep(String),
    /// Notary only: write a row of the register.
    Row {
        /// Which.
        slot: Slot,
        /// The statement.
        statement: String,
    },
    /// Queue a message.
    Send {
        /// To whom.
        to: Seat,
        /// What.
        content: Content,
    },
    /// Tell the local user: a stable word.
    Tell(&'static str),
}

/// What happens to a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack of one step")]
pub enum Event {
    /// The local user or operator wants something.
    Command(Command),
    /// The machine's deadline has come.
    Deadline,
    /// The user said no.
    Declined(Kind),
    /// Party to a deal: the holder's `locked` of one of our payments, as this party's own machine of that lock has it.
    Locked(String),
    /// A packet of somebody else. `from` is who signed it or, for content without signature, who its peer is
    /// known to be in this exchange.
    Message {
        /// Who says it.
        from: Seat,
        /// What.
        content: Checked,
    },
    /// The user agreed: the signed statement.
    Signed(Kind, String),
}

/// What a user or operator may want of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Party: let nothing come of it, if that is still possible.
    Abort,
    /// Party: do not wait any longer, ask the notary to complete it.
    Resolve,
    /// Party: ask the notary what it has.
    Status,
}

/// A message or wish that does not fit the state.
pub(in crate::fair) fn out_of_turn(what: &str) -> Violation {
    Violation::new(Code::OutOfTurn, what)
}

/// Ends a step: a violation leaves the state as it was and drops the effects; other errors go up.
pub(in crate::fair) fn conclude<M, E>(
    state: M,
    next: Result<M, Error>,
    out: &mut Vec<E>,
) -> Result<semper_base::Step<M>, Error> {
    match next {
        Ok(next) => Ok(semper_base::Step::Advance(next)),
        Err(Error::Violation(violation)) => {
            out.clear();
            Ok(semper_base::Step::Reject(state, violation))
        }
        Err(other) => Err(other),
    }
}
