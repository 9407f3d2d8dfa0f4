//! Tiles as C2SP tlog-tiles lays them out: 256 hashes of one height, a file each, from which anybody makes
//! every proof and the owner keeps no tree in memory.

use std::collections::BTreeMap;

use semper_base::limits::LOG_PROOF_HASHES_MAX;
use semper_base::{Code, Error, Fault, Hash, Misuse, Violation};

use super::tree::{Frontier, Head, node_hash};

/// Hashes in a full tile, and entries in a full bundle.
pub const WIDTH: u64 = 256;
/// Binary levels that one level of tiles spans.
const HEIGHT: u32 = 8;
/// Highest level of tiles that a list of 2^64 leaves has.
const LEVEL_MAX: u32 = 7;

/// One tile of a tree, or one bundle of its entries (which has the index and width of a level-0 tile).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// 0 for leaf hashes; a hash of level l is the root over 256^l leaves.
    pub level: u32,
    /// Which one of its level, from 0.
    pub index: u64,
    /// Hashes in it, 1 to [`WIDTH`].
    pub width: u64,
}

/// What stands at a path below a log's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `checkpoint`.
    Checkpoint,
    /// `tile/entries/N`: the entries themselves.
    Entries(Tile),
    /// `tile/L/N`: hashes.
    Hashes(Tile),
}

impl Tile {
    /// The tile of `level` with `index` as it is in a list of `size`; none if it has no hash there.
    #[must_use]
    pub fn of(level: u32, index: u64, size: u64) -> Option<Tile> {
        if level > LEVEL_MAX {
            return None;
        }
        let width = (size >> (level * HEIGHT)).checked_sub(index.checked_mul(WIDTH)?)?.min(WIDTH);
        (width > 0).then_some(Tile { level, index, width })
    }

    /// Whether it can grow.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.width < WIDTH
    }

    /// `tile/L/N[.p/W]`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("tile/{}/{}", self.level, self.place())
    }

    /// `tile/entries/N[.p/W]`.
    #[must_use]
    pub fn entries_path(&self) -> String {
        format!("tile/entries/{}", self.place())
    }

    fn place(&self) -> String {
        let mut rest = self.index / 1000;
        let mut text = format!("{:03}", self.index % 1000);
        while rest > 0 {
            text = format!("x{:03}/{text}", rest % 1000);
            rest /= 1000;
        }
        if self.is_partial() { format!("{text}.p/{}", self.width) } else { text }
    }

    /// Every tile and bundle that a list of `size` has, leaves first.
    pub fn all(size: u64) -> impl Iterator<Item = Tile> {
        (0..=LEVEL_MAX).flat_map(move |level| (0..).map_while(move |index| Tile::of(level, index, size)))
    }
}

impl Resource {
    /// Reads a path below the log's address; one spelling each.
    #[must_use]
    pub fn parse(path: &str) -> Option<Resource> {
        if path == "checkpoint" {
            return Some(Resource::Checkpoint);
        }
        let (level, place) = path.strip_prefix("tile/")?.split_once('/')?;
        if level == "entries" {
            return Some(Resource::Entries(read_place(0, place)?));
        }
        let level = decimal(level).and_then(|level| u32::try_from(level).ok()).filter(|level| *level <= LEVEL_MAX)?;
        Some(Resource::Hashes(read_place(level, place)?))
    }
}

fn read_place(level: u32, place: &str) -> Option<Tile> {
    let (number, width) = match place.split_once(".p/") {
        Some((number, width)) => (number, decimal(width).filter(|width| (1..WIDTH).contains(width))?),
        None => (place, WIDTH),
    };
    // The largest index has seven groups; more digits than that name nothing.
    let mut index = 0_u64;
    let mut parts = number.split('/').peekable();
    while let Some(part) = parts.next() {
        let digits = if parts.peek().is_some() { part.strip_prefix('x')? } else { part };
        if digits.len() != 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    let tile = Tile { level, index, width };
    (tile.place() == place).then_some(tile)
}

/// A number without leading zeroes.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    (plain && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok()).flatten()
}

/// Hashes as a tile has them: one after the other.
#[must_use]
pub fn pack(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads the hashes of `tile`; there must be as many as its width says.
#[must_use]
pub fn unpack(tile: &Tile, bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    (rest.is_empty() && hashes.len() as u64 == tile.width).then(|| hashes.iter().copied().map(Hash).collect())
}

/// Entries as a bundle has them: each after its length (2 bytes, big endian).
///
/// # Errors
/// [`Code::TooLarge`] for an entry above 65,535 bytes.
pub fn pack_entries<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, Misuse> {
    let mut bundle = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).map_err(|_| Misuse::new(Code::TooLarge, "log entry"))?;
        bundle.extend(length.to_be_bytes());
        bundle.extend(entry);
    }
    Ok(bundle)
}

/// Reads the entries of the bundle with `tile`'s width.
#[must_use]
pub fn unpack_entries(tile: &Tile, bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut entries, mut rest) = (Vec::new(), bytes);
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry.to_vec());
        rest = after;
    }
    (rest.is_empty() && entries.len() as u64 == tile.width).then_some(entries)
}

/// A tree that is read tile by tile.
pub struct Tiles<F> {
    size: u64,
    read: F,
    nodes: Nodes,
}

/// What is known of a tree.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    seen: BTreeMap<Tile, Vec<Hash>>,
    /// Roots that were made, by height and index: proofs of neighbours have most of them in common.
    made: BTreeMap<(u32, u64), Hash>,
}

impl Nodes {
    /// How many tiles were read.
    #[must_use]
    pub fn tiles(&self) -> usize {
        self.seen.len()
    }
}

impl<F> std::fmt::Debug for Tiles<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tiles({} leaves)", self.size)
    }
}

impl<F: FnMut(Tile) -> Result<Vec<Hash>, Fault>> Tiles<F> {
    /// The tree of the first `size` leaves; `read` brings the hashes of a tile, as many as its width.
    pub fn new(size: u64, read: F) -> Self {
        Tiles::resumed(size, Nodes::default(), read)
    }

    /// The same with what is known of this very tree.
    pub fn resumed(size: u64, nodes: Nodes, read: F) -> Self {
        Tiles { size, read, nodes }
    }

    /// What is known now.
    #[must_use]
    pub fn into_nodes(self) -> Nodes {
        self.nodes
    }

    /// The root, made anew from the right edge.
    ///
    /// # Errors
    /// Those of reading; [`Code::DatabaseCorrupt`] for a tile that is too short.
    pub fn head(&mut self) -> Result<Head, Fault> {
        let root = if self.size == 0 { Head::empty().root } else { self.span(0, self.size)? };
        Ok(Head { size: self.size, root })
    }

    /// The audit path of a leaf (RFC 9162 section 2.1.3.1).
    ///
    /// # Errors
    /// [`Code::NotFound`] beyond the list, and those of reading.
    pub fn inclusion(&mut self, index: u64) -> Result<Vec<Hash>, Error> {
        if index >= self.size {
            return Err(Misuse::new(Code::NotFound, "leaf").into());
        }
        let (mut from, mut to, mut path) = (0, self.size, Vec::new());
        while to - from > 1 {
            let middle = from + split(to - from);
            if index < middle {
                path.push(self.span(middle, to)?);
                to = middle;
            } else {
                path.push(self.span(from, middle)?);
                from = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// What shows that the first `old` leaves are still the first (RFC 9162 section 2.1.4.1).
    ///
    /// # Errors
    /// [`Code::NotFound`] beyond the list, and those of reading.
    pub fn consistency(&mut self, old: u64) -> Result<Vec<Hash>, Error> {
        if old > self.size {
            return Err(Misuse::new(Code::NotFound, "leaf").into());
        }
        if old == 0 || old == self.size {
            return Ok(Vec::new());
        }
        let (mut from, mut to, mut path) = (0, self.size, Vec::new());
        while to != old {
            let middle = from + split(to - from);
            if old <= middle {
                path.push(self.span(middle, to)?);
                to = middle;
            } else {
                path.push(self.span(from, middle)?);
                from = middle;
            }
        }
        // A full subtree from the first leaf on is the old root itself, which the other side has.
        if from > 0 {
            path.push(self.span(from, to)?);
        }
        path.reverse();
        Ok(path)
    }

    /// The root over the leaves `from..to`, where `from` is a multiple of the power of two that holds them.
    fn span(&mut self, from: u64, to: u64) -> Result<Hash, Fault> {
        let mut parts = Vec::new();
        let (mut from, to) = (from, to);
        while to - from > 0 {
            let full = if (to - from).is_power_of_two() { to - from } else { split(to - from) };
            parts.push(self.node(full.trailing_zeros(), from / full)?);
            from += full;
        }
        let joined = parts.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
        joined.ok_or_else(|| short(0))
    }

    /// The root over the `index`th full subtree of 2^height leaves.
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Fault> {
        if let Some(made) = self.nodes.made.get(&(height, index)) {
            return Ok(*made);
        }
        let (level, inner) = (height / HEIGHT, height % HEIGHT);
        let first = index << inner;
        let tile = Tile::of(level, first / WIDTH, self.size).ok_or_else(|| short(level))?;
        if !self.nodes.seen.contains_key(&tile) {
            let hashes = (self.read)(tile)?;
            if hashes.len() as u64 != tile.width {
                return Err(short(level));
            }
            self.nodes.seen.insert(tile, hashes);
        }
        let from = usize::try_from(first % WIDTH).unwrap_or(usize::MAX);
        let hashes = self.nodes.seen.get(&tile).and_then(|tile| tile.get(from..from.checked_add(1 << inner)?));
        let mut frontier = Frontier::default();
        hashes.ok_or_else(|| short(level))?.iter().for_each(|hash| frontier.push(*hash));
        let root = frontier.root();
        if inner > 0 {
            self.nodes.made.insert((height, index), root);
        }
        Ok(root)
    }
}

/// The largest power of two below `count`, which is at least two.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

fn short(level: u32) -> Fault {
    Fault::new(Code::DatabaseCorrupt, format!("tile of level {level}"))
}

/// Refuses a proof with more hashes than any has.
///
/// # Errors
/// [`Code::TooMany`].
pub fn check_length(path: &[Hash]) -> Result<(), Violation> {
    if path.len() > LOG_PROOF_HASHES_MAX {
        return Err(Violation::new(Code::TooMany, "hashes of a proof"));
    }
    Ok(())
}
