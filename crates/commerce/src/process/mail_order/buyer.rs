//! The buyer's side of a mail order: what a fact makes the wallet do.
//!
//! ```text
//!             shipped (seller)                 paid (bank)
//!  [nothing] -----------------> pay the part ------------> look
//!      | cancel asked (user)                                | received, objected, withdrawn (user)
//!      +--> send --> cancelled, or shipped (seller)         +--> send --> acknowledged (seller), refunded (bank)
//!                                                           | deadline
//!                                                           +--> received by silence
//! ```
//!
//! | fact | who said it | the wallet then |
//! |---|---|---|
//! | shipped | the seller | pays that part, unless its money is locked |
//! | lock | the bank | tells the user; says again to the bank what was said of the part before |
//! | cancelled | the seller | nothing: nothing was paid for it, and the seller gives back what is locked; what is not locked yet will not be |
//! | acknowledged, refunded | the seller, the bank | tells the user |
//! | cancel asked, received, objected, withdrawn | the user signed it | sends it to the shop; of a part whose money is locked, approves the payment, or disputes it |
//! | deadline | the clock | the part counts as received |

use semper_base::{Role, Step, Timestamp, Xid};
use serde::{Deserialize, Serialize};

use super::book::{Arrival, Book, Fact, How, LockState, Part, signer};

/// The buyer's machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buyer {
    /// What is known.
    pub book: Book,
}

/// What the wallet is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Tell the bank to pay what is due from this lock.
    Approve(Xid),
    /// Order no lock any more, if the bank has not taken it.
    Cancel(Xid),
    /// Tell the bank that the arbiter shall decide about this lock.
    Dispute(Xid),
    /// Pay this part: its amount, to the reference of its shipment.
    Pay(u64),
    /// Send the statement of the fact to the shop.
    Send,
    /// Tell the user how this lock stands now.
    TellLock(Xid),
    /// Tell the user that this part counts as received.
    TellSilence(u64),
}

impl Buyer {
    /// One step. A fact that the other side signed must be one that it may sign: the caller says by `from`
    /// whose signature it checked.
    pub fn step(self, fact: &Fact, from: Role, now: Timestamp, effects: &mut Vec<Effect>) -> Step<Self> {
        let book = match super::seller::entered(&self.book, fact, from, now) {
            Ok(book) => book,
            Err(violation) => return Step::Reject(self, violation),
        };
        match fact {
            Fact::Shipped { part, .. } if book.part(*part).is_ok_and(|part| part.lock.is_none()) => {
                effects.push(Effect::Pay(*part));
            }
            Fact::Lock { lock, state } => {
                let moved = self.book.lock(lock).map(|lock| lock.state) != book.lock(lock).map(|lock| lock.state);
                if moved {
                    effects.push(Effect::TellLock(*lock));
                }
                // What the user said before the bank had the seller's word.
                if let (true, LockState::Consigned { .. }, Some(part)) = (moved, *state, book.part_of(lock)) {
                    effects.extend(said(&book, part));
                }
            }
            Fact::Received { part, .. } | Fact::Objected { part, .. } | Fact::Withdrawn { part, .. } => {
                effects.push(Effect::Send);
                effects.extend(book.part(*part).ok().and_then(|part| said(&book, part)));
            }
            Fact::Cancelled { .. } => {
                let idle = book.locks.iter().filter(|lock| lock.state == LockState::Agreed);
                effects.extend(idle.map(|lock| Effect::Cancel(lock.lock)));
            }
            Fact::Deadline => effects.extend(super::seller::silent(&self.book, &book).map(Effect::TellSilence)),
            _ if signer(fact) == Some(Role::Buyer) => effects.push(Effect::Send),
            _ => {}
        }
        Step::Advance(Buyer { book })
    }

    /// When the machine wants to be woken.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.book.deadline()
    }
}

/// What the bank is to hear of what the user said of a part whose money it keeps.
fn said(book: &Book, part: &Part) -> Option<Effect> {
    let lock = book.lock_of(part)?;
    let unwanted = part.withdrawn.is_some() || part.arrival.is_some_and(|arrival| arrival.how == How::Objection);
    match part.arrival {
        _ if unwanted => lock.state.is_contestable().then_some(Effect::Dispute(lock.lock)),
        Some(Arrival { how: How::Receipt, .. }) => lock.state.is_consigned().then_some(Effect::Approve(lock.lock)),
        _ => None,
    }
}
