//! Entries, tiles, checkpoints.

use semper_base::limits::{LOG_SEAL_DELAY_MS, LOG_SEAL_ENTRIES_MAX};
use semper_base::{Code, Error, Fault, Hash, Key, Millis, Role, Timestamp, Tx, Write, Xid};
use semper_blocks::statement::Head;
use semper_support::log::tile::{Nodes, WIDTH, pack, unpack};
use semper_support::log::{Checkpoint, Entry, Frontier, KeyUse, Record, Tile, Tiles, tree};
use serde::{Deserialize, Serialize};

use super::{key, witnesses};
use crate::common::{Desk, rows};

/// Where the entry of a slot stands, and what was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Placed {
    pub(super) index: u64,
    pub(super) record: Record,
}

/// The places of one exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    pub(super) places: Vec<Placed>,
    /// The last promise, and how many places it has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) logged: Option<(usize, String)>,
}

/// How many entries there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Size {
    pub(super) size: u64,
    /// Whether the timer is set.
    due: bool,
}

/// A signed checkpoint, as it is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signed {
    pub(super) at: Timestamp,
    pub(super) size: u64,
    pub(super) text: String,
}

pub(super) fn timer() -> Key {
    Key::new("timer", "log")
}

fn size_row() -> Key {
    Key::new("log", "size")
}

pub(super) fn checkpoint_row() -> Key {
    Key::new("log", "checkpoint")
}

pub(super) fn cosigned_row() -> Key {
    Key::new("log", "cosigned")
}

pub(super) fn said_row(xid: &Xid) -> Key {
    Key::new("log-of", xid)
}

fn entry_row(index: u64) -> Key {
    Key::new("log-entry", format_args!("{index:016}"))
}

fn tile_row(level: u32, index: u64) -> Key {
    Key::new("log-tile", format_args!("{level}/{index:016}"))
}

pub(super) fn size(tx: &Tx<'_>) -> Result<Size, Fault> {
    Ok(rows::get(tx, &size_row())?.unwrap_or_default())
}

/// Seals a decision into the log. To be called in the transaction that writes the register's row, and only
/// when that row is new; `answer` is the signed answer that the record names.
///
/// # Errors
/// Those of the store, and [`Code::RefWrong`] for another answer.
pub fn append(record: &Record, answer: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    place(record.clone(), record.entry(answer)?, desk)
}

/// Gives a decision the next place.
fn place(record: Record, entry: Entry, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Size { size: index, due } = size(desk.tx)?;
    desk.tx.put(entry_row(index), entry.bytes().to_vec());
    let row = said_row(&record.xid);
    let mut said: Said = rows::get(desk.tx, &row)?.unwrap_or_default();
    said.places.push(Placed { index, record });
    rows::put(desk.tx, row, &said)?;
    rows::put(desk.tx, size_row(), &Size { size: index.saturating_add(1), due: true })?;
    if !due {
        desk.tx.push(Write::Timer(timer(), Some(desk.cx.now.plus(Millis(LOG_SEAL_DELAY_MS)))));
    }
    Ok(())
}

/// Seals a signed answer that was made just now.
///
/// # Errors
/// As [`append`].
pub fn append_answer(xid: Xid, slot: &str, answer: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let value = Head::of(answer)?.kind.word();
    let (record, entry) = Record::sealed(xid, slot, value, answer, desk.cx.now)?;
    place(record, entry, desk)
}

/// Signs a checkpoint over what came since the last one. More than fits into one step waits for the next.
pub(super) fn seal(role: Role, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let state = size(desk.tx)?;
    let again = |desk: &mut Desk<'_, '_>, delay| desk.tx.push(Write::Timer(timer(), Some(desk.cx.now.plus(delay))));
    if let Some(wait) = witnesses::awaited(desk)? {
        again(desk, wait);
        return Ok(());
    }
    let edge = Key::new("log", "edge");
    let mut frontier: Frontier = rows::get(desk.tx, &edge)?.unwrap_or_default();
    let from = frontier.count();
    let fresh = leaves(from, LOG_SEAL_ENTRIES_MAX, desk.tx)?;
    for leaf in &fresh {
        frontier.push(*leaf);
    }
    // The tile that is open is kept too: every proof needs its hashes, and each would hash its entries anew.
    let first = from / WIDTH;
    let open = Tile { level: 0, index: first, width: from % WIDTH };
    let mut hashes = if open.width > 0 { tile(open, desk.tx)? } else { Vec::new() };
    hashes.extend(fresh);
    for (at, hashes) in hashes.chunks(256).enumerate() {
        let index = first + at as u64;
        if hashes.len() == 256 {
            close(index, hashes, desk)?;
        } else {
            desk.tx.put(tile_row(0, index), pack(hashes));
        }
    }
    let more = frontier.count() < state.size;
    rows::put(desk.tx, edge, &frontier)?;
    if frontier.count() > from {
        sign(role, &frontier, desk)?;
    }
    rows::put(desk.tx, size_row(), &Size { due: more, ..state })?;
    if more {
        again(desk, Millis(0));
    } else {
        desk.tx.push(Write::Timer(timer(), None));
    }
    Ok(())
}

fn sign(role: Role, frontier: &Frontier, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let own = key::own(role, KeyUse::Log, desk)?;
    let head = tree::Head { size: frontier.count(), root: frontier.root() };
    let checkpoint = Checkpoint::sign(head, &own.key, &own.secret, desk.cx.crypto)?;
    let signed = Signed { at: desk.cx.now, size: head.size, text: checkpoint.to_string() };
    rows::put(desk.tx, checkpoint_row(), &signed)?;
    witnesses::offer(&own.key, &signed, desk)
}

/// The last checkpoint. A log in which nothing stands yet has one as well: that it is empty is worth a signature.
pub(super) fn latest(role: Role, desk: &mut Desk<'_, '_>) -> Result<Signed, Error> {
    if let Some(signed) = rows::get(desk.tx, &checkpoint_row())? {
        return Ok(signed);
    }
    sign(role, &Frontier::default(), desk)?;
    let signed = rows::get(desk.tx, &checkpoint_row())?;
    Ok(signed.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, "checkpoint"))?)
}

/// The leaf hashes of entries from `first` on.
fn leaves(first: u64, limit: usize, tx: &Tx<'_>) -> Result<Vec<Hash>, Fault> {
    entries(first, limit, tx)?.iter().map(|entry| Ok(entry.leaf())).collect()
}

/// Entries from `first` on.
pub(super) fn entries(first: u64, limit: usize, tx: &Tx<'_>) -> Result<Vec<Entry>, Fault> {
    let after = first.checked_sub(1).map(entry_row);
    let rows = tx.scan_after("log-entry/", after.as_ref(), limit)?;
    let read = |(key, row): (Key, Vec<u8>)| Entry::read(&row).map_err(|_| Fault::new(Code::DatabaseCorrupt, key.0));
    rows.into_iter().map(read).collect()
}

/// Writes a tile of leaves that is full, and its root into the tile above.
fn close(index: u64, leaves: &[Hash], desk: &mut Desk<'_, '_>) -> Result<(), Fault> {
    desk.tx.put(tile_row(0, index), pack(leaves));
    let (mut root, mut level, mut at) = (tree::root(leaves), 0, index);
    loop {
        level += 1;
        let (tile, place) = (at / WIDTH, at % WIDTH);
        let row = tile_row(level, tile);
        let mut hashes = desk.tx.get(&row)?.unwrap_or_default();
        hashes.truncate(usize::try_from(place * 32).unwrap_or(0));
        hashes.extend(root.0);
        let full = Tile { level, index: tile, width: place + 1 };
        let read = unpack(&full, &hashes).ok_or_else(|| corrupt(&row))?;
        desk.tx.put(row, hashes);
        if full.is_partial() {
            return Ok(());
        }
        (root, at) = (tree::root(&read), tile);
    }
}

/// The hashes of a tile, as many as its width.
pub(super) fn tile(tile: Tile, tx: &Tx<'_>) -> Result<Vec<Hash>, Fault> {
    let width = usize::try_from(tile.width).unwrap_or(0);
    let row = tile_row(tile.level, tile.index);
    match tx.get(&row)? {
        Some(bytes) if bytes.len() >= width * 32 => {
            let hashes = bytes.get(..width * 32).and_then(|bytes| unpack(&tile, bytes));
            hashes.ok_or_else(|| corrupt(&row))
        }
        // Sealed by an older program, which kept no tile that was open.
        _ if tile.level == 0 => leaves(tile.index * WIDTH, width, tx),
        _ => Err(corrupt(&row)),
    }
}

/// The tree under a checkpoint of this size, of which these hashes are known.
pub(super) fn tiles<'a>(
    size: u64,
    nodes: Nodes,
    tx: &'a Tx<'_>,
) -> Tiles<impl FnMut(Tile) -> Result<Vec<Hash>, Fault> + use<'a>> {
    Tiles::resumed(size, nodes, move |one| tile(one, tx))
}

fn corrupt(row: &Key) -> Fault {
    Fault::new(Code::DatabaseCorrupt, &row.0)
}
