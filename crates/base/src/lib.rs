//! The vocabulary every layer of Semper speaks: hashes, ids, money, time, limits, error codes,
//! strict JSON, and the contract between a state machine and whoever drives it.
//!
//! Nothing here reads a clock, draws a random number or touches a file. What a layer needs from
//! outside arrives as an argument, so that a simulation replays the same bytes every time.

pub mod amount;
pub mod bytes;
pub mod code;
pub mod hash;
pub mod id;
pub mod json;
pub mod limits;
pub mod machine;
pub mod text;
pub mod time;
pub mod tx;

pub use amount::{Amount, Currency};
pub use bytes::Blob64;
pub use code::{Code, Error, Fault, Misuse, Refusal, Violation};
pub use hash::Hash;
pub use id::{DealId, KeyId, Nonce, PeerId, Xid};
pub use machine::{Role, Step};
pub use time::{Millis, Timestamp};
pub use tx::{Key, Tx, View, Write};
