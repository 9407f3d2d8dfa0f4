//! The transparency log, without anything that keeps one: trees, tiles, signed notes, checkpoints,
//! witnesses' cosignatures, and the record that a register seals into its log.
//!
//! The formats are those of C2SP (tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature, tlog-proof)
//! over the trees of RFC 6962, so that foreign programs read our logs. What an entry says is our own:
//! [`record`].

pub mod checkpoint;
pub mod note;
pub mod record;
pub mod tile;
pub mod tree;
pub mod witness;

pub use checkpoint::{Checkpoint, Proof};
pub use note::{KeyUse, Line, Note, NoteKey};
pub use record::{Entry, Record};
pub use tile::{Resource, Tile, Tiles};
pub use tree::{Frontier, Head};

#[cfg(test)]
mod tests;
