//! What a step may cause and what may happen to a machine, in the words of locks. The service turns effects into
//! rows, queues and questions in the same transaction.

use semper_base::{Amount, KeyId};
use semper_blocks::statement::Kind;
use serde::{Deserialize, Serialize};

use super::by_decision::Shown;
use super::descriptor::Seat;
use super::escrow::side::Wish;
use super::message::{Checked, Content};

pub(super) use crate::fair::frame::effect::{conclude, out_of_turn};

/// The holder's slots. Each is written at most once per lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// Of an escrow: `arrived`.
    Arrived,
    /// Of an escrow: `consigned`.
    Consigned,
    /// Of an escrow: `disputed`.
    Disputed,
    /// `locked`.
    Lock,
    /// `claimed`, `returned`, or of an escrow `divided`.
    Outcome,
}

impl Slot {
    /// Every slot, in the order in which they can be written.
    pub const ALL: [Slot; 5] = [Slot::Lock, Slot::Consigned, Slot::Arrived, Slot::Disputed, Slot::Outcome];

    /// The word in the register's key.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Slot::Arrived => "arrived",
            Slot::Consigned => "consigned",
            Slot::Disputed => "disputed",
            Slot::Lock => "lock",
            Slot::Outcome => "outcome",
        }
    }
}

/// What the holder's books must do. The amount is the lock's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Money {
    /// Of an escrow: divide what is kept, for good. The two amounts are together what is locked.
    Divide {
        /// To whom; none if nothing is paid.
        payee: Option<String>,
        /// What is paid.
        paid: Amount,
        /// Whose money it was.
        payer: String,
        /// What goes back.
        back: Amount,
    },
    /// Take from the account, keep for this lock.
    Hold {
        /// Whose money.
        account: String,
    },
    /// Pay what is kept, for good.
    Pay {
        /// To whom.
        account: String,
    },
    /// Give back what is kept.
    Release {
        /// Whose money.
        account: String,
    },
}

/// One effect of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Payer and payee only: have this payload signed with the key of this id. All that is asked here follows from
    /// what the owner agreed to before: a purchase, a sale, a deal. The answer is [`Event::Signed`] or
    /// [`Event::Declined`].
    Ask {
        /// What for.
        kind: Kind,
        /// Canonical payload.
        payload: Vec<u8>,
        /// The key: of the lock, or of the account for a `lock-debit`.
        key: KeyId,
    },
    /// Archive this statement.
    Keep(String),
    /// Holder only: move money.
    Money(Money),
    /// Holder only: write a row of the register.
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
    /// Payer and payee of a decision lock: the exchange it depends on was decided, as this party's own machine of that
    /// exchange has it.
    Decided(Shown),
    /// The user said no.
    Declined(Kind),
    /// Of an escrow: the local user or operator wants something.
    Escrow(Wish),
    /// A packet of somebody else. `from` is who signed it or, for content without signature, who its peer is
    /// known to be in this lock.
    Message {
        /// Who says it.
        from: Seat,
        /// What.
        content: Checked,
    },
    /// The user agreed: the signed statement.
    Signed(Kind, String),
}

/// What a user or operator may want of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Payer: cancel, if nothing is locked yet. Payee: let the money go back.
    GiveBack,
    /// Ask the holder what it has.
    Status,
}

/// Where payer or payee stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Payer: the orders are being signed; nothing has left. Payee: nothing is locked yet, as far as it knows.
    Waiting,
    /// Payer: the order is out.
    Ordered,
    /// The holder has locked the money.
    Locked,
    /// Payee: the claim is out.
    Claiming,
    /// Final: the payee has the money.
    Claimed,
    /// Final, of an escrow: divided between the two.
    Divided,
    /// Final: the payer has it, and nothing will be locked.
    Returned,
    /// Final: nothing was locked before the end, and nothing will be.
    Lapsed,
    /// Final: the owner of the payer's side said no, or was too late. Nothing has left.
    Declined,
}

impl Standing {
    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Standing::Claimed | Standing::Divided | Standing::Returned | Standing::Lapsed | Standing::Declined
        )
    }

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Standing::Waiting => "waiting",
            Standing::Ordered => "ordered",
            Standing::Locked => "locked",
            Standing::Claiming => "claiming",
            Standing::Claimed => "claimed",
            Standing::Divided => "divided",
            Standing::Returned => "returned",
            Standing::Lapsed => "lapsed",
            Standing::Declined => "declined",
        }
    }
}
