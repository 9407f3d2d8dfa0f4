//! What a role's step may cause, in the words of the protocol. The service turns these into rows,
//! queues and questions in the same transaction.

use semper_base::code::Code;
use semper_base::{Amount, Error, KeyId, Timestamp, Violation};
use semper_blocks::delivery::Chunk;
use semper_blocks::statement::{Author, Kind};
use semper_support::Context;

use super::message::{Checked, Content};

/// A slot of the bank's register. Each is written at most once per exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// `contested`.
    Contest,
    /// `captured` or `released`.
    Decision,
    /// `held`.
    Hold,
    /// `passed-key`.
    Passed,
    /// `recorded`.
    Recorded,
    /// `refunded` or `settled`.
    Remedy,
    /// Of the notary: `opened` or `bad-escrow`.
    Escrow,
    /// Of the notary: `wrong-file`.
    Complaint,
}

impl Slot {
    /// The bank's slots, in the order in which they can be written.
    pub const BANK: [Slot; 6] = [Slot::Hold, Slot::Decision, Slot::Contest, Slot::Passed, Slot::Recorded, Slot::Remedy];
    /// The notary's slots.
    pub const NOTARY: [Slot; 2] = [Slot::Escrow, Slot::Complaint];

    /// The word in the register's key.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Slot::Complaint => "complaint",
            Slot::Contest => "contest",
            Slot::Decision => "decision",
            Slot::Escrow => "escrow",
            Slot::Hold => "hold",
            Slot::Passed => "passed",
            Slot::Recorded => "recorded",
            Slot::Remedy => "remedy",
        }
    }
}

/// What the bank's books must do. The amount is the exchange's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Money {
    /// Take from the account, keep for this exchange.
    Hold {
        /// Whose money.
        account: String,
    },
    /// Give a hold back to where it came from.
    Release {
        /// Whose money.
        account: String,
    },
    /// The hold becomes a claim of the payee that is not settled yet.
    Capture,
    /// The claim is paid.
    Settle {
        /// To whom.
        account: String,
    },
    /// The claim is paid back.
    Refund {
        /// Whose money.
        account: String,
    },
}

/// One effect of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the user to sign this payload with the deal's key (or account key for a debit order).
    Ask {
        /// What for.
        kind: Kind,
        /// Canonical payload.
        payload: Vec<u8>,
        /// The key.
        key: KeyId,
        /// Whom it is asked for: the same kind of question to two parties is two questions.
        to: semper_base::Role,
    },
    /// Queue these chunks for the buyer.
    Chunks {
        /// First.
        from: u64,
        /// How many.
        count: u64,
    },
    /// Archive this statement.
    Keep(String),
    /// Bank only: move money.
    Money(Money),
    /// Bank and notary: write a row of the register.
    Row {
        /// Which.
        slot: Slot,
        /// The statement.
        statement: String,
    },
    /// Send every row of this exchange to a role.
    Rows(semper_base::Role),
    /// Queue a message.
    Send {
        /// To whom.
        to: semper_base::Role,
        /// What.
        content: Content,
    },
    /// Store a chunk that was found to belong to the goods.
    Store(Box<Chunk>),
    /// Tell the local user: a stable word.
    Tell(&'static str),
}

/// What happens to a role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack of one step")]
pub enum Event {
    /// The local user or operator wants something.
    Command(Command),
    /// The machine's deadline has come.
    Deadline,
    /// A packet of another party. `from` is who signed it or, for content without signature, the
    /// role that its peer is known to have.
    Message {
        /// Who says it.
        from: semper_base::Role,
        /// What.
        content: Checked,
    },
    /// The user agreed: the signed statement.
    Signed(Kind, String),
    /// The user said no.
    Declined(Kind),
    /// The goods were looked at: a chunk of them, or all, is or is not what was agreed.
    Verified(Verified),
}

/// What the buyer's look at the decrypted goods came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Every chunk opens to the agreed leaf.
    Good,
    /// This chunk does not; JSON text of the proof.
    Bad(String),
}

/// What a user or operator may want of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Buyer or seller: stop before capture.
    Release,
    /// Buyer: stop the settlement.
    Contest,
    /// Buyer: have the escrow opened.
    Escrow,
    /// Buyer or seller: ask the registers what they have.
    Status,
}

/// What every role may look at.
#[derive(Clone, Copy, Debug)]
pub struct Cx<'a> {
    /// Time, crypto, keys.
    pub base: Context<'a>,
    /// The key that this role signs with; the buyer, who only asks, has none.
    pub author: Option<&'a Author>,
}

impl<'a> Cx<'a> {
    /// The author, which every role but the buyer has.
    pub fn author(&self) -> Result<&'a Author, Error> {
        self.author.ok_or_else(|| semper_base::Misuse::new(Code::KeyMissing, "author").into())
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.base.now
    }
}

/// What the bank's books say, for a hold.
pub trait Funds {
    /// What `account` may still spend, and the id of its key; none if there is no such account.
    fn account(&self, account: &str) -> Result<Option<(Amount, KeyId)>, semper_base::Fault>;
}

/// A message that does not fit the state.
pub(super) fn out_of_turn(what: &str) -> Violation {
    Violation::new(Code::OutOfTurn, what)
}

/// Ends a step: a violation leaves the state as it was and drops the effects; other errors go up.
pub(super) fn conclude<M>(
    state: M,
    next: Result<M, Error>,
    out: &mut Vec<Effect>,
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
