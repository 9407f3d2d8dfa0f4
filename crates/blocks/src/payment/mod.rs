//! Payments: purses, the modules that know how to pay with them, and a manager that chooses.
//!
//! A purse is data: an installed instance of a payment system. A module is a stateless value that
//! knows one system; it says what it can do, and what an exchange must be told to lock or to pay
//! money of a purse. The statements themselves belong to the exchange, the keys to the user.
//!
//! What exists pays from an account: by hold or by a lock ([`Lock`](crate::item::Lock)) for an exchange, or by a
//! plain transfer to a [`PayTo`]. What is to come fits without a change above this block:
//!
//! - ecash: a module without account that locks by hash; [`Debit`] gets a variant, and the register is of kind mint.
//! - card: a module without lock whose charge can be reversed; class `Revocable`, a pay effect.
//! - cheque: a signed instruction; offline, refundable, no lock, hence only for weak exchanges.
//! - Each is one file and one entry in the bundle's list; it passes the same conformance suite.

mod manager;
mod module;
mod pay_to;
mod purse;
#[cfg(test)]
mod tests;

pub use manager::{Manager, Needs, NoPurse, Unfit, Wanted};
pub use module::{Capabilities, Debit, LockRequest, Lockable, PayRequest, Payable, Payee, PaymentModule};
pub use pay_to::PayTo;
pub use purse::{BankRef, Direction, Purse, PurseId, Uses};
