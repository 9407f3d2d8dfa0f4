//! Checkpoints (C2SP tlog-checkpoint): a log's name, its size, its root, signed as a note. And the proofs
//! that are read against one (C2SP tlog-proof).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use semper_base::limits::{LOG_NAME_BYTES_MAX, LOG_PROOF_HASHES_MAX};
use semper_base::{Code, Fault, Hash, Timestamp, Violation};

use super::note::{Line, Note, NoteKey};
use super::record::Entry;
use super::tile::decimal;
use super::tree::{Head, is_included};
use crate::crypto::{Crypto, Secret32};

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The log's name.
    pub origin: String,
    /// Its tree.
    pub head: Head,
}

impl Body {
    /// Reads exactly three lines: extension lines can be audited by nobody, so there are none.
    ///
    /// # Errors
    /// [`Code::NoteMalformed`].
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let malformed = || Violation::new(Code::NoteMalformed, "checkpoint");
        let mut lines = text.strip_suffix('\n').ok_or_else(malformed)?.split('\n');
        let [Some(origin), Some(size), Some(root), None] = std::array::from_fn(|_| lines.next()) else {
            return Err(malformed());
        };
        if origin.is_empty() || origin.len() > LOG_NAME_BYTES_MAX {
            return Err(malformed());
        }
        let root = read_hash(root).ok_or_else(malformed)?;
        Ok(Body { origin: origin.to_owned(), head: Head { size: decimal(size).ok_or_else(malformed)?, root } })
    }
}

impl std::fmt::Display for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.head.size, write_hash(&self.head.root))
    }
}

/// A checkpoint whose log's signature was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    body: Body,
    note: Note,
}

impl Checkpoint {
    /// Signs a head. The log's name is that of its key.
    ///
    /// # Errors
    /// [`Code::Crypto`].
    pub fn sign(head: Head, key: &NoteKey, secret: &Secret32, crypto: &dyn Crypto) -> Result<Self, Fault> {
        let body = Body { origin: key.name().to_owned(), head };
        let mut note = Note::new(body.to_string());
        note.lines.push(Line::sign(key, secret, note.text(), crypto)?);
        Ok(Checkpoint { body, note })
    }

    /// Reads a checkpoint and verifies that `key` signed it, in its own name.
    ///
    /// # Errors
    /// Those of [`Note::parse`], [`Note::verify`] and [`Body::parse`]; [`Code::LogUnknown`] for another name.
    pub fn read(text: &str, key: &NoteKey, crypto: &dyn Crypto) -> Result<Self, Violation> {
        let note = Note::parse(text)?;
        note.verify(key, crypto)?;
        let body = Body::parse(note.text())?;
        if body.origin != key.name() {
            return Err(Violation::new(Code::LogUnknown, &body.origin));
        }
        Ok(Checkpoint { body, note })
    }

    /// Name and tree.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The tree.
    #[must_use]
    pub fn head(&self) -> Head {
        self.body.head
    }

    /// The note, signatures and all.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// A witness's signature under it.
    ///
    /// # Errors
    /// [`Code::Crypto`].
    pub fn cosign(&self, key: &NoteKey, secret: &Secret32, at: Timestamp, crypto: &dyn Crypto) -> Result<Line, Fault> {
        Line::cosign(key, secret, self.note.text(), at, crypto)
    }

    /// Adds a witness's line after verifying it; a second one of the same key replaces the first.
    ///
    /// # Errors
    /// Those of [`Line::verify`]; [`Code::TooMany`].
    pub fn add(&mut self, line: Line, key: &NoteKey, crypto: &dyn Crypto) -> Result<Timestamp, Violation> {
        let at = line.verify(key, self.note.text(), crypto)?;
        let at = at.ok_or_else(|| Violation::new(Code::KeyWrong, key.name()))?;
        self.note.lines.retain(|known| !known.is_of(key));
        if self.note.lines.len() >= semper_base::limits::NOTE_SIGNATURES_MAX {
            return Err(Violation::new(Code::TooMany, "signatures of a note"));
        }
        self.note.lines.push(line);
        Ok(at)
    }

    /// When this witness cosigned it, if it did.
    #[must_use]
    pub fn cosigned(&self, witness: &NoteKey, crypto: &dyn Crypto) -> Option<Timestamp> {
        self.note.verify(witness, crypto).ok().flatten()
    }
}

impl std::fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.note.fmt(f)
    }
}

/// The first line of a proof's file.
const PROOF: &str = "c2sp.org/tlog-proof@v1";

/// That an entry is in a log: the entry, its place, the path, the checkpoint. Nothing of it is verified by
/// reading. The entry stands in the file as its extra data, so that the file needs no other beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What stands there.
    pub entry: Entry,
    /// Place of the entry, from 0.
    pub index: u64,
    /// Siblings from the leaf up.
    pub path: Vec<Hash>,
    /// The checkpoint, as text.
    pub checkpoint: String,
}

impl Proof {
    /// Reads a proof's file.
    ///
    /// # Errors
    /// [`Code::NoteMalformed`], [`Code::TooMany`], and those of [`Entry::read`].
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let malformed = || Violation::new(Code::NoteMalformed, "proof");
        let (front, checkpoint) = text.split_once("\n\n").ok_or_else(malformed)?;
        let mut lines = front.split('\n');
        if lines.next() != Some(PROOF) {
            return Err(malformed());
        }
        let extra = lines.next().and_then(|line| line.strip_prefix("extra ")).ok_or_else(malformed)?;
        let entry = Entry::read(&STANDARD.decode(extra).map_err(|_| malformed())?)?;
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let mut path = Vec::new();
        for line in lines {
            if path.len() >= LOG_PROOF_HASHES_MAX {
                return Err(Violation::new(Code::TooMany, "hashes of a proof"));
            }
            path.push(read_hash(line).ok_or_else(malformed)?);
        }
        Ok(Proof { entry, index: index.ok_or_else(malformed)?, path, checkpoint: checkpoint.to_owned() })
    }

    /// Verifies the checkpoint under `key`, and that the entry is where the proof says.
    ///
    /// # Errors
    /// Those of [`Checkpoint::read`]; [`Code::ProofWrong`].
    pub fn verify(&self, key: &NoteKey, crypto: &dyn Crypto) -> Result<Checkpoint, Violation> {
        let checkpoint = Checkpoint::read(&self.checkpoint, key, crypto)?;
        let head = checkpoint.head();
        if !is_included(&head.root, &self.entry.leaf(), self.index, head.size, &self.path) {
            return Err(Violation::new(Code::ProofWrong, "log"));
        }
        Ok(checkpoint)
    }
}

impl std::fmt::Display for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{PROOF}\nextra {}\nindex {}", STANDARD.encode(self.entry.bytes()), self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", write_hash(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// A hash as logs write it: base64 with padding.
#[must_use]
pub fn write_hash(hash: &Hash) -> String {
    STANDARD.encode(hash.bytes())
}

/// Reads what [`write_hash`] writes.
#[must_use]
pub fn read_hash(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok().map(Hash)
}
