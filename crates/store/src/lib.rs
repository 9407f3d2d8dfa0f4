//! A party's durable memory on SQLite: the production implementation of the driver's `Store`.
//!
//! ```text
//! <data directory>/semper.db    rows, registers, queues, timers, archive: WAL, synchronous=FULL
//!                  blobs/<name> content in chunks, synced before the COMMIT that names them; small chunks lie in rows
//!                  search.db    full-text index of products, derived: see [`search`]
//!                  lock         held by the one process that may write
//! <head file>                   number of the last commit, outside: tells a stale copy from the newest
//! ```
//!
//! One [`SqliteStore`] writes; any number of [`SqliteReader`]s read committed state beside it, in the
//! same process or in another, or when no process runs.
//!
//! Every error from COMMIT, or from the head file after it, ends the store: further transactions are
//! refused with `Commit` until it is opened again, because only the disk knows what became of it.

mod blobs;
mod copy;
mod fault;
mod head;
mod inbox;
mod log;
mod open;
mod outbox;
mod queries;
mod reader;
mod register;
mod rows;
mod schema;
pub mod search;
mod state;
#[cfg(test)]
mod tests;
mod transaction;

pub use copy::{Audit, BlobFile};
pub use head::head_number;
pub use open::{BLOBS_FOLDER, DATABASE_FILE, Mode, SqliteStore};
pub use reader::{SqliteReader, Status};
pub use schema::version_of;
