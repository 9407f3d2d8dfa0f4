//! The frame of fair exchanges whose register is a notary: contracts and certified mail.
//!
//! ```text
//!   X: protocol, parties by place, notary, items, commitment to the terms, times     xid = hash of its bytes
//!
//!   parties exchange promises, then values     | or give everything to the notary, which keeps it to itself
//!   whoever is stuck asks the notary           | until it has all of it
//!
//!   notary: one row, `decision` = aborted | resolved, written once, the same answer to all for ever
//! ```
//!
//! What each file holds: [`descriptor`] X; [`terms`] what only the parties know; [`statements`] what is signed;
//! [`ground`] what a decision may rest on; [`message`] what travels and its stateless check; [`effect`] what
//! machines do and are told. The machines are in files of their own: [`super::register`] the notary of them
//! all, [`super::cs2`] and [`super::csn_a`] the parties. [`super::choice`] says which protocol fits.

pub mod descriptor;
pub mod effect;
pub mod ground;
pub mod message;
pub(super) mod patience;
pub mod pen;
pub mod statements;
pub mod terms;
pub mod word;

pub use descriptor::{Core, Deadlines, Descriptor, Fee, Item, Mail, Protocol, Receiver, Seat};
pub use effect::{Command, Effect, Event, Slot};
pub use ground::{Decided, Decision, Reader};
pub use message::{Checked, CheckedPacket, Content, Means, Packet, check, check_with};
pub use pen::Own;
pub use terms::{Attached, Contract, Named, NamedLeg, Terms};

pub use super::dgp::{Cx, Third};
