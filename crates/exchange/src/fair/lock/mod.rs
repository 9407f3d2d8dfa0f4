//! Locks: money that is set aside at one holder, and one row there that frees it, one way or the other.
//!
//! ```text
//!   payer                      holder (register)             payee
//!     | -- lock, lock-debit -->  |  row lock                   |
//!     | <------------- locked -  | - locked -----------------> |
//!     |                          | <-- claim, with what the    |
//!     |                          |     condition asks for ---- |
//!     | <------------ claimed -  | - claimed ----------------> |   row outcome = claimed
//!
//!   otherwise:  the payee gives back, or the condition frees the money: row outcome = returned
//!   before any lock: the payer cancels (row outcome = returned), and no lock is taken any more
//! ```
//!
//! A lock's descriptor L says who holds what for whom, and under which *condition* it is freed. A hash lock pays
//! whoever shows the preimage of a hash in time, and shows it to the payer in the same row; a decision lock pays or
//! frees by a notary's decision about another exchange, whatever the time; an escrow divides the money by what is
//! said of goods on their way, or by silence. Holder, payer and payee follow the same
//! rules of conditions, and so does the judge.
//!
//! What each file holds: [`descriptor`] L; [`condition`] the conditions and their rules, with [`by_hash`],
//! [`by_decision`] and [`escrow`]; [`statements`] what is signed; [`message`] what travels and its stateless check; [`effect`]
//! what machines do and are told; [`holder`], [`payer`], [`payee`] the machines; [`sale`] a letter for money by a
//! hash lock.

pub mod by_decision;
pub mod by_hash;
pub mod condition;
pub mod descriptor;
pub mod effect;
pub mod escrow;
pub mod holder;
pub mod message;
pub mod payee;
pub mod payer;
mod pen;
pub mod sale;
pub mod statements;
pub mod word;

pub use by_decision::{ByDecision, Shown, Unless};
pub use by_hash::ByHash;
pub use condition::{Condition, Ground};
pub use descriptor::{Core, Lock, Seat};
pub use effect::{Command, Effect, Event, Money, Slot, Standing};
pub use holder::Holder;
pub use message::{Answer, Checked, CheckedPacket, Content, Packet, check};
pub use payee::{Payee, PayeeOwn};
pub use payer::{Payer, PayerOwn};
pub use pen::Outcome;

pub use super::dgp::{Cx, Funds, Third};
