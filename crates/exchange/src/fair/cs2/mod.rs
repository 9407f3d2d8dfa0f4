//! CS2: a contract signed by two. The notary is asked only if somebody stops.
//!
//! ```text
//!   starter A (party 0)                     answerer B (party 1)            notary T
//!     | m1  promise ------------------------> |                              |
//!     | <------------- promise, H(m1)     m2  |                              |
//!     | m3  signature, H(m1), H(m2) --------> |                              |
//!     | <------- signature, H(m1), H(m2)  m4  |                              |
//!
//!   A before m3:  abort -------------------------------------------------->  row: aborted, unless resolved
//!   A after m3, B after m2:  m1, m2 -------------------------------------->  row: resolved, unless aborted
//! ```
//!
//! The contract is {m3, m4}, or T's `resolved` with what it rests on (after Asokan, Shoup and Waidner 1998, and
//! Pfitzmann, Schunter and Waidner 1998, who show that four messages are needed; with the repairs that
//! Shmatikov and Mitchell found missing: the exchange's id, not nonces or message hashes, is what the contract
//! is known by).
//!
//! Each stage is durable before what it sends leaves. What would go wrong otherwise: A could abort after m3 had
//! left, or send m3 after it had aborted; A or B would be bound to what it does not know of. Whoever has asked T
//! sends the other one nothing more, ever. No clock decides anything.

mod answerer;
mod starter;

pub use answerer::Answerer;
pub use starter::Starter;

use semper_base::code::Code;
use semper_base::{Hash, Violation};
use semper_blocks::statement::Statement;

use super::frame::statements as st;

/// Whether a signature is under the two promises that are here.
fn check_promises(signature: &Statement<st::Signature>, first: &str, second: &str) -> Result<(), Violation> {
    if signature.body.promises == hashes(first, second) {
        Ok(())
    } else {
        Err(Violation::new(Code::RefWrong, "signature"))
    }
}

fn hashes(first: &str, second: &str) -> Vec<Hash> {
    [first, second].map(|text| Hash::of(text.as_bytes())).to_vec()
}
