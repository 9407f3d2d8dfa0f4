//! What a register signs about its transparency log, and what a party makes of it.
//!
//! The log's own formats are in [`semper_support::log`]. Here is what ties a log to a register: the
//! statement [`Logged`] under the register's certified key names the log's key and promises a place for each
//! decision about one exchange. [`LogKey`] does the same for a witness.

use semper_base::{Hash, Timestamp};
use semper_blocks::statement::{Body, Kind, danger_typed_unverified};
use semper_support::log::NoteKey;
use serde::{Deserialize, Serialize};

use crate::fair::dgp::Slot;
use crate::fair::frame::statements::Halted;
use crate::fair::lock;

/// Most decisions about one exchange: more than any register has slots.
pub const LOGGED_ROWS_MAX: usize = 16;

/// A register: what I decided about this exchange stands in my log at these places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logged {
    /// When this was said.
    pub at: Timestamp,
    /// The log's name and key.
    pub log: NoteKey,
    /// One per decision so far, in the order of the log.
    pub rows: Vec<LoggedRow>,
}

/// A decision's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoggedRow {
    /// The slot that was written.
    pub slot: String,
    /// Where its entry stands, from 0.
    pub index: u64,
    /// The entry's leaf hash.
    pub leaf: Hash,
}

/// This key signs my log's checkpoints, or my cosignatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogKey {
    /// Name, use and key.
    pub key: NoteKey,
}

impl Body for Logged {
    const KIND: Kind = Kind::Logged;
}

impl Body for LogKey {
    const KIND: Kind = Kind::LogKey;
}

/// Whether a register's answers of this kind stand in slots.
#[must_use]
pub fn has_slot(kind: Kind) -> bool {
    kind == Kind::Halted || slot_by_kind(kind).is_some()
}

/// The slot in which this answer of a register stands, under the name that its log knows; none if it is no answer
/// that a slot holds. A register that seals an answer under another slot hides it. Nothing is verified here.
#[must_use]
pub fn slot_of(kind: Kind, answer: &str) -> Option<&'static str> {
    match kind {
        Kind::Halted => {
            let halted = danger_typed_unverified::<Halted>(answer).ok()?;
            Some(stopped(halted.body.party.checked_sub(1)?))
        }
        other => slot_by_kind(other),
    }
}

/// The slot of what a notary tells the party in this place that stopped. There are no more places than these.
pub(crate) fn stopped(place: u8) -> &'static str {
    match place {
        0 => "stopped-1",
        1 => "stopped-2",
        2 => "stopped-3",
        3 => "stopped-4",
        _ => "stopped-5",
    }
}

fn slot_by_kind(kind: Kind) -> Option<&'static str> {
    let dgp = match kind {
        Kind::Held => Slot::Hold,
        Kind::Captured | Kind::Released => Slot::Decision,
        Kind::Contested => Slot::Contest,
        Kind::PassedKey => Slot::Passed,
        Kind::Recorded => Slot::Recorded,
        Kind::Refunded | Kind::Settled => Slot::Remedy,
        Kind::BadEscrow | Kind::Opened => Slot::Escrow,
        Kind::WrongFile => Slot::Complaint,
        Kind::Aborted | Kind::Resolved => return Some("decision"),
        Kind::Arrived => return Some(lock::Slot::Arrived.word()),
        Kind::Consigned => return Some(lock::Slot::Consigned.word()),
        Kind::Disputed => return Some(lock::Slot::Disputed.word()),
        Kind::Locked => return Some(lock::Slot::Lock.word()),
        Kind::Claimed | Kind::Divided | Kind::Returned => return Some(lock::Slot::Outcome.word()),
        _ => return None,
    };
    Some(dgp.word())
}
