//! Check, step, commit, send: the one loop that every party runs, without a runtime.
//!
//! ```text
//!            worker threads                 the party's one writer
//!  input --> check(input, trust) --Checked--> step(tx) ... step(tx) --> COMMIT --> outputs
//!               |  no state                     |  one savepoint each      |  error: the writer ends
//!               v  Violation                    v  Reject drops effects    v  send, ask, tell, reply
//! ```
//!
//! The functions here are called by node (threads, sockets) and by the simulator (virtual time): a
//! service never exists twice.

mod delivery;
pub mod fault;
pub mod party;
pub mod service;
pub mod store;

pub use party::{Event, Output, Party, Report};
pub use service::{Answer, Checked, Input, Message, Service};
pub use store::{Inbox, Queued, Store, Transaction};
