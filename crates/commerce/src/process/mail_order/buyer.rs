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
//! | shipped | the seller | pays that part, unless it withdrew |
//! | cancelled | the seller | nothing: nothing was paid for it |
//! | acknowledged, refunded | the seller, the bank | tells the user |
//! | cancel asked, received, objected, withdrawn | the user signed it | sends it to the shop |
//! | deadline | the clock | the part counts as received |

use semper_base::{Role, Step, Timestamp};
use serde::{Deserialize, Serialize};

use super::book::{Book, Fact, signer};

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
    /// Pay this part: its amount, to the reference of its shipment.
    Pay(u64),
    /// Send the statement of the fact to the shop.
    Send,
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
            Fact::Shipped { part, .. } => effects.push(Effect::Pay(*part)),
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
