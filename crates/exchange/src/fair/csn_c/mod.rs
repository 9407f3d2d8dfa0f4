//! CSN-C: a contract signed by three and more over their own links, in rounds. The notary is asked only if somebody
//! stops, and no clock decides anything.
//!
//! ```text
//!   each party i, to all the others                              notary T
//!     round 1       pledge 1
//!     round r       pledge r, hash of all pledges of round r-1       (only with all of them)
//!     round n+1     signature, hashes of all pledges of round n
//!
//!   whoever is stuck in round r stops for good:
//!     | stop r, all pledges of round r-1 ----------------------->  |  row "decision": resolved
//!     |                                                            |  or row "stopped-i": halted
//! ```
//!
//! The contract is the signature of every party, or T's `resolved` with the pledges of all from one round that it
//! rests on (after Baum-Waidner and Waidner 2000). (n+1)n(n-1) messages if nobody stops. Pledges of round n+1 are
//! the signatures.
//!
//! T answers each party once, see [`rule`]. What it tells one may differ from what it tells another later: `halted`
//! stands for whoever stopped and kept to it, and is passed over only if pledges of everybody whom it was told show
//! that they went on. That is why T writes a row for each of them and none is ever changed.
//!
//! Why it is fair, with any number of dishonest parties ([`rule`] has the proof), needs three things of a party:
//! it pledges a round only with all pledges of the round before; once it has stopped it neither pledges nor signs;
//! and each of these is durable before what it sends leaves.

pub mod ground;
pub mod rule;
mod signer;
pub(super) mod table;

pub use signer::Rounds;
pub use table::Told;
