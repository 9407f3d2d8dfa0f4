//! Reads a log whole and computes its tree anew.

use semper_base::{Error, Hash};
use semper_support::log::tile::{unpack, unpack_entries};
use semper_support::log::tree::{leaf_hash, root};
use semper_support::log::{Checkpoint, Entry, Head, Tile};

/// Most entries that one audit reads.
const ENTRIES_MAX: u64 = 10_000_000;

/// A log as it is served.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) leaves: Vec<Hash>,
    pub(super) entries: Vec<Entry>,
    /// Files that are not what they should be.
    pub(super) broken: Vec<String>,
}

/// Brings a file below a log's address, none if it is not there.
pub(super) type Fetch<'a> = dyn FnMut(&str) -> Result<Option<Vec<u8>>, Error> + 'a;

impl Log {
    /// Reads everything under a checkpoint. `file` brings a file below the log's address, none if it is not there.
    pub(super) fn read(checkpoint: &Checkpoint, file: &mut Fetch<'_>) -> Result<Log, Error> {
        let size = checkpoint.head().size;
        let mut log = Log { leaves: Vec::new(), entries: Vec::new(), broken: Vec::new() };
        if size > ENTRIES_MAX {
            log.broken.push(format!("checkpoint: {size} entries are more than an audit reads"));
            return Ok(log);
        }
        // The roots of the full tiles of the level below.
        let mut below: Vec<Hash> = Vec::new();
        let mut level = 0;
        let mut roots: Vec<Hash> = Vec::new();
        for tile in Tile::all(size) {
            if tile.level != level {
                (level, below) = (tile.level, std::mem::take(&mut roots));
            }
            let hashes = file(&tile.path())?.and_then(|bytes| unpack(&tile, &bytes));
            let due = if level == 0 { log.bundle(&tile, file)? } else { part(&below, &tile) };
            match hashes {
                Some(hashes) if hashes == due => {}
                _ => log.broken.push(tile.path()),
            }
            if !tile.is_partial() {
                roots.push(root(&due));
            }
        }
        Ok(log)
    }

    /// Reads a bundle of entries; their leaf hashes.
    fn bundle(&mut self, tile: &Tile, file: &mut Fetch<'_>) -> Result<Vec<Hash>, Error> {
        let bundle = file(&tile.entries_path())?.and_then(|bytes| unpack_entries(tile, &bytes));
        let entries = bundle.unwrap_or_default();
        let read: Vec<Entry> = entries.iter().filter_map(|entry| Entry::read(entry).ok()).collect();
        if read.len() as u64 != tile.width {
            self.broken.push(tile.entries_path());
        }
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        self.leaves.extend(&leaves);
        self.entries.extend(read);
        Ok(leaves)
    }

    /// The head of its first `size` entries.
    pub(super) fn head(&self, size: u64) -> Option<Head> {
        let leaves = self.leaves.get(..usize::try_from(size).ok()?)?;
        Some(Head { size, root: root(leaves) })
    }
}

fn part(hashes: &[Hash], tile: &Tile) -> Vec<Hash> {
    let from = usize::try_from(tile.index * semper_support::log::tile::WIDTH).unwrap_or(usize::MAX);
    hashes.iter().skip(from).take(usize::try_from(tile.width).unwrap_or(0)).copied().collect()
}
