//! What is put before the judge: pieces of exact bytes, each with a name.
//!
//! A piece carries no label that says what it is: the bytes decide. So nobody can have a good
//! statement overlooked by calling it something else.

use std::collections::{BTreeMap, BTreeSet};

use semper_base::limits::{PACK_BYTES_MAX, PACK_MEMBERS_MAX};
use semper_base::{Code, Hash, Role, Violation};

/// Longest name of a piece, in bytes.
pub const NAME_BYTES_MAX: usize = 255;

/// A set of pieces. Neither the order in which they were added nor copies under other names matter.
#[derive(Clone, Default)]
pub struct Evidence {
    pieces: BTreeMap<Hash, Piece>,
    names: BTreeMap<String, Hash>,
    bytes: u64,
    bound: BTreeSet<(Role, String)>,
}

/// One piece.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    pub(super) names: BTreeSet<String>,
}

impl std::fmt::Debug for Evidence {
    /// Names only: a piece may be a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.names.keys()).finish()
    }
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(&self.names).finish()
    }
}

impl Evidence {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Evidence::default()
    }

    /// Adds a piece. `name` is what the verdict calls it: in a pack, the file's name. Refuses more than
    /// [`PACK_MEMBERS_MAX`] names ([`Code::TooMany`]), more than [`PACK_BYTES_MAX`] bytes or a name
    /// above [`NAME_BYTES_MAX`] ([`Code::TooLarge`]), and one name for two contents
    /// ([`Code::PackMember`]). A refused piece leaves the set as it was.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), Violation> {
        let hash = Hash::of(bytes);
        match self.names.get(name) {
            Some(known) if *known == hash => return Ok(()),
            Some(_) => return Err(Violation::new(Code::PackMember, name)),
            None => {}
        }
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "name"));
        }
        if self.names.len() >= PACK_MEMBERS_MAX {
            return Err(Violation::new(Code::TooMany, "pieces"));
        }
        let total = self.bytes.saturating_add(bytes.len() as u64);
        if total > PACK_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "evidence"));
        }
        self.bytes = total;
        self.names.insert(name.to_owned(), hash);
        let piece = self.pieces.entry(hash).or_insert_with(|| Piece { bytes: bytes.to_vec(), names: BTreeSet::new() });
        piece.names.insert(name.to_owned());
        Ok(())
    }

    /// Says that `role` signed the descriptor's terms with a key that the descriptor does not name, as
    /// the seller does with the acceptance. Contracts are read a layer above, by whoever calls this; the
    /// judge believes it. `name` is the piece that shows it.
    pub fn bind(&mut self, role: Role, name: &str) -> Result<(), Violation> {
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "name"));
        }
        if self.bound.len() >= PACK_MEMBERS_MAX {
            return Err(Violation::new(Code::TooMany, "bound"));
        }
        self.bound.insert((role, name.to_owned()));
        Ok(())
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = (&Hash, &Piece)> {
        self.pieces.iter()
    }

    /// The bytes with this hash, if they are among the pieces.
    pub(super) fn preimage(&self, hash: &Hash) -> Option<&Piece> {
        self.pieces.get(hash)
    }

    pub(super) fn bound(&self, role: Role) -> impl Iterator<Item = &String> {
        self.bound.iter().filter(move |(who, _)| *who == role).map(|(_, name)| name)
    }
}
