//! What was taken from each peer: the last number and a window of hashes and outcomes before it.

use rusqlite::Connection;
use semper_base::limits::{INBOX_WINDOW, INTEGER_MAX};
use semper_base::{Fault, Hash, PeerId};
use semper_driver::store::Inbox;

use crate::queries::{int, one, run};

/// Rows behind the window are cleared away whenever this many numbers have passed.
const SWEEP: u64 = 64;

/// Where a message stands, before anything is written.
pub(crate) enum Place {
    /// It is the next one; the last number taken was this.
    Next(u64),
    /// It is not.
    Not(Inbox),
}

/// Of a message with the number `seq` after `prev`, if `last` is the last that was taken.
pub(crate) fn place(
    db: &Connection,
    peer: &PeerId,
    (seq, prev): (u64, u64),
    last: u64,
    hash: &Hash,
) -> Result<Place, Fault> {
    if !(1..=INTEGER_MAX).contains(&seq) {
        return Ok(Place::Not(Inbox::Stale));
    }
    Ok(match (seq > last, prev > last) {
        (true, true) => Place::Not(Inbox::Early(last)),
        (true, false) => Place::Next(last),
        (false, _) => Place::Not(again(db, peer, seq, last, hash)?),
    })
}

/// The last number taken from a peer.
pub(crate) fn last(db: &Connection, peer: &PeerId) -> Result<u64, Fault> {
    let sql = "SELECT max(seq) FROM state WHERE kind = 6 AND name = ?1";
    Ok(one(db, sql, [peer.0.bytes()], |row| row.get::<_, Option<u64>>(0))?.flatten().unwrap_or(0))
}

fn again(db: &Connection, peer: &PeerId, seq: u64, last: u64, hash: &Hash) -> Result<Inbox, Fault> {
    if seq.saturating_add(INBOX_WINDOW) <= last {
        return Ok(Inbox::Again(None));
    }
    let sql = "SELECT hash, one FROM state WHERE kind = 6 AND name = ?1 AND seq = ?2";
    let taken: Option<([u8; 32], Option<u16>)> =
        one(db, sql, (peer.0.bytes(), int(seq)), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(match taken {
        Some((bytes, code)) if bytes == *hash.bytes() => Inbox::Again(code),
        _ => Inbox::Stale,
    })
}

/// Records the next number as taken.
pub(crate) fn take(db: &Connection, peer: &PeerId, seq: u64, last: u64, hash: &Hash) -> Result<(), Fault> {
    let sql = "INSERT INTO state (kind, name, seq, hash) VALUES (6, ?1, ?2, ?3)";
    run(db, sql, (peer.0.bytes(), int(seq), hash.bytes()))?;
    if seq / SWEEP != last / SWEEP && seq > INBOX_WINDOW {
        let sql = "DELETE FROM state WHERE kind = 6 AND name = ?1 AND seq <= ?2";
        run(db, sql, (peer.0.bytes(), int(seq.saturating_sub(INBOX_WINDOW))))?;
    }
    Ok(())
}

/// Notes why the message was rejected.
pub(crate) fn reject(db: &Connection, peer: &PeerId, seq: u64, code: u16) -> Result<(), Fault> {
    let sql = "UPDATE state SET one = ?3 WHERE kind = 6 AND name = ?1 AND seq = ?2";
    run(db, sql, (peer.0.bytes(), int(seq), code)).map(|_| ())
}
