//! DG-P: a digital good for money held at a bank.
//!
//! ```text
//!  buyer B                seller S                 bank P (register)          notary T
//!    |  order, com_s ------> |                           |                        |
//!    | <------ acceptance, X |                           |                        |
//!    |  hold ------------------------------------------> |  row hold              |
//!    | <----------------------------------------- held - |                        |
//!    |  held, fetch -------> |                           |                        |
//!    | <-- chunks, escrow e_T|                           |                        |
//!    |  mandate -----------> |  capture + mandate -----> |  row decision          |
//!    | <------------------------------------- captured - | - captured --> S       |
//!    | <---------- k, r      |                           |                        |
//!    |  receipt -----------> |  receipt ---------------> |  row remedy = settled  |
//!
//!  key withheld:   B -> T  X, captured, e_T     T: row escrow = opened; P records it; T -> B k, r
//!  bad escrow:                                  T: row escrow = bad-escrow; P refunds
//!  wrong file:     B -> T  proof of one chunk   T: row complaint = wrong-file; P refunds
//!  contest:        B -> P  stops settlement     P: row contest; S or T answers, or P refunds
//!  before capture: B or S -> P  release, or the hold expires: row decision = released
//! ```
//!
//! One exchange has one register for its money: the bank's rows. They are written once. Whoever is
//! stuck asks the register; both parties get every answer. What each file holds:
//! [`descriptor`] X; [`statements`] what is signed; [`message`] what travels and its stateless check;
//! [`bank`], [`notary`], [`seller`], [`buyer`] the four machines.

pub mod bank;
pub mod buyer;
pub mod descriptor;
pub mod effect;
pub mod message;
pub mod notary;
mod patience;
pub mod seller;
pub mod statements;
pub mod word;

pub use descriptor::{Core, Deadlines, Descriptor, RootOpening, Third};
pub use effect::{Command, Cx, Effect, Event, Funds, Money, Slot, Verified};
pub use message::{Answer, Checked, CheckedPacket, Content, Packet, Proof, check, check_with, judge_proof};
