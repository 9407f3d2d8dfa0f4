//! The seller's side of a mail order: what a fact makes the shop do.
//!
//! ```text
//!              shipped (operator)
//!  [accepted] --------------------> send, wait for: paid (bank), received, objected (buyer), deadline
//!      | cancel asked (buyer)                            | withdrawn (buyer)
//!      +--> cancel what is left --> restock, send        +--> acknowledge --> refunded (bank)
//!      | the same, when nothing is left
//!      +--> too late
//! ```
//!
//! | fact | who said it | the shop then |
//! |---|---|---|
//! | shipped | the operator | sends the shipment; tells the bank, if the money is locked |
//! | lock | the bank | tells the operator; what was never locked, or went back, returns to stock |
//! | cancel asked | the buyer | cancels what is left, at once; if nothing is left it says "too late" |
//! | cancelled | the shop itself | sends it; the goods go back into stock, what is locked for them to the buyer |
//! | withdrawn | the buyer | acknowledges at once |
//! | received, objected, paid | buyer, bank | tells the operator |
//! | deadline | the clock, a little later than the buyer's | the part counts as received |

use semper_base::code::Code;
use semper_base::{Role, Step, Timestamp, Violation, Xid};
use serde::{Deserialize, Serialize};

use super::book::{Book, Fact, GRACE, How, signer};
use super::statements::PartLine;

/// The seller's machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seller {
    /// What is known.
    pub book: Book,
}

/// What the shop is to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Sign and send that the withdrawal from this part is here.
    Acknowledge(u64),
    /// Sign a cancellation of these lines, and enter it.
    Cancel(Vec<PartLine>),
    /// Tell the bank that what this lock is for is on its way.
    Consign(Xid),
    /// Tell the bank to give this lock back.
    GiveBack(Xid),
    /// Put these lines back into stock.
    Restock(Vec<PartLine>),
    /// Send the statement of the fact to the buyer.
    Send,
    /// Tell the operator how this lock stands now.
    TellLock(Xid),
    /// Tell the operator that this part counts as received.
    TellSilence(u64),
    /// Tell the buyer that nothing is left to cancel.
    TooLate,
}

impl Seller {
    /// One step, as in [`super::buyer::Buyer::step`].
    pub fn step(self, fact: &Fact, from: Role, now: Timestamp, effects: &mut Vec<Effect>) -> Step<Self> {
        let late = |fact: &Fact| matches!(fact, Fact::CancelAsked { .. }) && self.book.rest().is_empty();
        if from == Role::Buyer && late(fact) {
            // It crossed with a shipment, or with our own cancellation: nobody's fault.
            effects.push(Effect::TooLate);
            return Step::Advance(self);
        }
        let now = if *fact == Fact::Deadline { now.minus(GRACE) } else { now };
        let book = match entered(&self.book, fact, from, now) {
            Ok(book) => book,
            Err(violation) => return Step::Reject(self, violation),
        };
        match fact {
            Fact::CancelAsked { .. } => effects.push(Effect::Cancel(book.rest())),
            Fact::Cancelled { lines, .. } => {
                effects.extend([Effect::Restock(lines.clone()), Effect::Send]);
                let idle = book.locks.iter().filter(|lock| !lock.state.is_over() && book.part_of(&lock.lock).is_none());
                effects.extend(idle.map(|lock| Effect::GiveBack(lock.lock)));
            }
            Fact::Lock { lock, .. } => effects.extend(moved(&self.book, &book, *lock)),
            Fact::Withdrawn { part, .. } => effects.push(Effect::Acknowledge(*part)),
            Fact::Shipped { part, .. } => {
                effects.push(Effect::Send);
                let lock = book.part(*part).ok().and_then(|part| part.lock);
                effects.extend(lock.map(Effect::Consign));
            }
            Fact::Acknowledged { .. } => effects.push(Effect::Send),
            Fact::Deadline => effects.extend(silent(&self.book, &book).map(Effect::TellSilence)),
            _ => {}
        }
        Step::Advance(Seller { book })
    }

    /// When the machine wants to be woken: later than the buyer's, so that what was made in the last minute
    /// comes in first.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.book.deadline().map(|at| at.plus(GRACE))
    }
}

/// What follows from the bank's word about a lock.
fn moved(before: &Book, after: &Book, name: Xid) -> Vec<Effect> {
    let (Some(was), Some(lock)) = (before.lock(&name), after.lock(&name)) else { return Vec::new() };
    if was.state == lock.state {
        return Vec::new();
    }
    let mut effects = vec![Effect::TellLock(name)];
    let unused = lock.state.is_over() && after.part_of(&name).is_none() && after.cancelled.is_none();
    if unused {
        effects.push(Effect::Restock(lock.lines.clone()));
    }
    effects
}

/// Enters a fact that `from` stated, if it may state it.
pub(super) fn entered(book: &Book, fact: &Fact, from: Role, now: Timestamp) -> Result<Book, Violation> {
    let may = match (signer(fact), fact) {
        (Some(role), _) => role == from,
        (None, Fact::Deadline) => true,
        (None, _) => from == Role::Bank,
    };
    if !may {
        return Err(Violation::new(Code::RoleWrong, from.word()));
    }
    book.enter(fact, now)
}

/// The parts that a deadline made received.
pub(super) fn silent<'a>(before: &'a Book, after: &'a Book) -> impl Iterator<Item = u64> + 'a {
    let pairs = before.parts.iter().zip(&after.parts);
    let by_silence = pairs.filter(|(before, after)| {
        before.arrival.is_none() && after.arrival.is_some_and(|arrival| arrival.how == How::Silence)
    });
    by_silence.map(|(_, after)| after.number)
}
