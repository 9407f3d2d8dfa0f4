//! What a register writes into its log when it decides, and what stands there for everybody to read.
//!
//! The public entry is 65 bytes: a version, the *place* (a hash of exchange and slot) and the *seal* (a
//! salted hash of the record). The salt is a hash of what the register signed: all of the answer but the
//! signature's own bytes, a nonce of 128 bits among it. So
//!
//! - whoever has the answer computes the entry without asking anybody: that it is there, or that it is not,
//!   can be shown from the log's files alone;
//! - two entries with one place are two decisions where there may be one, for everybody to see;
//! - nobody else can link an entry to a party, an amount or a term: exchange ids are hashes of salted
//!   descriptors, and nobody guesses a nonce;
//! - once the answers are erased, what remains in the log says nothing.

use semper_base::{Code, Hash, Timestamp, Violation, Xid, json};
use serde::{Deserialize, Serialize};

use super::tree::leaf_hash;

/// First byte of an entry.
const VERSION: u8 = 1;
/// Bytes of an entry.
pub const ENTRY_BYTES: usize = 65;

/// A decision, as it is sealed into the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    // In canonical order.
    /// SHA-256 of what was signed: the answer's text before its last dot.
    pub answer: Hash,
    /// When, by the register's clock.
    pub at: Timestamp,
    /// The slot that was written.
    pub slot: String,
    /// What was written there, in a word: the kind of the answer.
    pub value: String,
    /// The exchange.
    pub xid: Xid,
}

impl Record {
    /// The record of an answer, whose bytes it names.
    #[must_use]
    pub fn of(xid: Xid, slot: &str, value: &str, answer: &str, at: Timestamp) -> Self {
        Record { xid, slot: slot.to_owned(), value: value.to_owned(), answer: Hash::of(signed(answer).as_bytes()), at }
    }

    /// The record of an answer, and its public entry.
    ///
    /// # Errors
    /// [`Code::FieldWrong`] for texts that have no canonical form.
    pub fn sealed(xid: Xid, slot: &str, value: &str, answer: &str, at: Timestamp) -> Result<(Self, Entry), Violation> {
        let record = Record::of(xid, slot, value, answer, at);
        let entry = record.seal(answer)?;
        Ok((record, entry))
    }

    /// The public entry. `answer` is the signed answer that the record names.
    ///
    /// # Errors
    /// [`Code::RefWrong`] if it is not, [`Code::FieldWrong`] for texts that have no canonical form.
    pub fn entry(&self, answer: &str) -> Result<Entry, Violation> {
        if self.answer != Hash::of(signed(answer).as_bytes()) {
            return Err(Violation::new(Code::RefWrong, "answer"));
        }
        self.seal(answer)
    }

    fn seal(&self, answer: &str) -> Result<Entry, Violation> {
        let record = json::canonical(self).map_err(|e| Violation::new(Code::FieldWrong, e.to_string()))?;
        let salt = salt(answer);
        let seal = Hash::tagged_parts("semper-log-record/1", &[salt.bytes(), &record]);
        Ok(Entry { place: place(&self.xid, &self.slot), seal })
    }
}

/// The salt that goes with an answer.
#[must_use]
pub fn salt(answer: &str) -> Hash {
    Hash::tagged("semper-log-salt/1", signed(answer).as_bytes())
}

/// Header and payload of a compact JWS. Two signatures of one payload are one answer.
fn signed(answer: &str) -> &str {
    answer.rsplit_once('.').map_or(answer, |(signed, _)| signed)
}

/// The public name of a slot of an exchange.
#[must_use]
pub fn place(xid: &Xid, slot: &str) -> Hash {
    Hash::tagged_parts("semper-log-place/1", &[xid.0.bytes(), slot.as_bytes()])
}

/// One entry of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// See [`place`].
    pub place: Hash,
    /// The salted hash of the record.
    pub seal: Hash,
}

impl Entry {
    /// Reads an entry.
    ///
    /// # Errors
    /// [`Code::VersionUnknown`], [`Code::FieldWrong`].
    pub fn read(bytes: &[u8]) -> Result<Self, Violation> {
        let wrong = || Violation::new(Code::FieldWrong, "log entry");
        let (version, rest) = bytes.split_first().ok_or_else(wrong)?;
        if *version != VERSION {
            return Err(Violation::new(Code::VersionUnknown, "log entry"));
        }
        let (place, seal) = rest.split_first_chunk::<32>().ok_or_else(wrong)?;
        Ok(Entry { place: Hash(*place), seal: Hash(seal.try_into().map_err(|_| wrong())?) })
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [VERSION; ENTRY_BYTES];
        let (_, rest) = bytes.split_at_mut(1);
        for (to, from) in rest.iter_mut().zip(self.place.0.iter().chain(&self.seal.0)) {
            *to = *from;
        }
        bytes
    }

    /// Its leaf in the tree.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        leaf_hash(&self.bytes())
    }
}
