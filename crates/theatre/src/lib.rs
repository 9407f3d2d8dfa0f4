//! Any exchange, message by message, with every cheat.
//!
//! Who looks at a [`Stage`] sees the parties, what is on its way between them, the clock and the rows of the
//! register, and may do one [`Act`] after the other: hand a message over, lose it, let time pass, have an owner
//! say yes or no, have somebody fall silent or lie. What follows is never told from a table: the machines of
//! production are run, and the judge of production is asked what each side's evidence is worth.
//!
//! ```text
//!   acts ----> Stage ----> Piece (one file per kind of exchange) ----> the machines, the judge
//!    [text]      |           |
//!                |           +-- lies: what a dishonest party may say with its own key and what it has seen
//!                +-- letters, questions, rows, money, clock: the same for every exchange
//! ```
//!
//! A stage is a pure function of its play and its acts: the acts are a short text ([`act::write`]) that fits into
//! an address, so nobody has to keep anything. Keys and dice are those of
//! [`Ideal`](semper_support::crypto::Ideal), time is virtual: nothing here could be mistaken for a real deal.

pub mod act;
mod cast;
mod dgp;
mod frame;
mod joint;
mod lock;
mod payment;
mod piece;
pub mod stage;
mod time;
mod transfer;

pub use act::{ACTS_MAX, Act};
pub use cast::{Play, Who};
pub use piece::{Cheat, Claim, Purse, Ruling, Wish};
pub use stage::{Fate, Letter, Note, Question, Row, Scene, Stage};
pub use time::OPENED;
