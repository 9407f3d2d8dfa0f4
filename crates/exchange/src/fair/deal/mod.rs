//! Deals: signatures, letters and payments of any number of parties in one decision of one row.
//!
//! ```text
//!   before:  each giver seals its letters; sealed letters, shares and terms reach the others by any means
//!
//!   each party i                                        notary T
//!     | d1  signature, keys of its letters,             |  says nothing to anybody until it has all of them
//!     |     `locked` of its payments -----------------> |
//!     | <--------- resolved, all signatures, all keys   |  row: resolved
//!
//!     | abort ----------------------------------------> |  row: aborted, unless resolved
//!     |                           at the end of the time|  row: aborted, unless resolved
//!
//!   payments:  payer --- lock ---> holder --- locked ---> payer, payee             before d1
//!              payee --- claim, resolved ---> holder      payer --- give back, aborted ---> holder     afterwards
//! ```
//!
//! A payment is a lock whose condition is this very decision ([`super::lock`]): a function of X and the leg. Its holder
//! knows neither the deal nor the notary beforehand, and obeys `resolved` or `aborted` with their grounds. So payments
//! at two holders are one decision too. No clock frees such a lock: there is no margin to be late by, and a payer who
//! wants its money back has the deal aborted, at any time before it is complete.
//!
//! It is CSN-A with more in each message, and is made so: [`Dealer`] wraps [`super::csn_a::Signer`]. Whatever is
//! given takes effect by the same row, so there is nothing that could be half done: *data for data* is two letters,
//! *a statement for data* a signature and a letter, and a ring of any length is as many legs. A letter is sealed
//! under two halves of a key ([`semper_blocks::delivery::seal_letter`]): T gets the one, the receivers have the other
//! already, so T reads nothing. Whoever signs has the sealed letters in its hands: a key that opens what one has not
//! got would be worth nothing.
//!
//! What is in a letter is the giver's word. If the terms name the SHA-256 of the content, another content convicts the
//! giver: [`judge_letter`].

mod content;
mod dealer;
pub(crate) mod ground;
mod legs;
mod payment;

pub use content::{Content, Parcel, judge_letter, open};
pub use dealer::{Dealer, Stock};
pub use ground::ByLeg;
pub use legs::{Deal, Leg};
pub use payment::Payment;
