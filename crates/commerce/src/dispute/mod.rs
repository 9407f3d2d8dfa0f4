//! Disputes: the evidence pack, one file that shows a stranger what happened, and its verifier.
//!
//! ```text
//!  archive rows -- gathered by wallet or shop --> PackContents -- write --> one ZIP
//!                                                                            |
//!  verdict, problems, remarks <-- verify (the reader's own root) <-- read <--+
//! ```
//!
//! A pack contains nothing that must be believed: every file is signed, or named by the hash of
//! something signed, or computed from the others. What each file does:
//! [`pack`] layout, writing, reading; [`mod@verify`] the checks and the report.

pub mod logs;
pub mod pack;
mod report;
pub mod stamps;
pub mod verify;

pub use pack::{Pack, PackContents, PackIndex, PieceKind, Renewing, read, write};
pub use report::{Agreement, ContractShown, Exporter, KeptShown, Note, Party, Proven, Report, RootCheck};
pub use verify::logs::logs_together;
pub use verify::stamps::{Existed, Stamped, Stamps, Standing};
pub use verify::{Open, locks, open_disputes, verify_order_together};
pub use verify::{
    verify, verify_at, verify_contract_together, verify_lock_together, verify_payment_together, verify_together,
};
