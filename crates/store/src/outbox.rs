//! Messages that wait for their receivers, numbered per receiver.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};
use semper_base::limits::{OUTBOX_AGE_MAX_MS, OUTBOX_PER_PEER_MAX, OUTBOX_PURGE_MAX};
use semper_base::tx::{Body, ChunkRef};
use semper_base::{Code, Fault, Hash, Millis, PeerId, Timestamp, Write};
use semper_driver::store::Queued;

use crate::fault::corrupt;
use crate::queries::{all, int, limit, one, run};

/// Refuses a step whose messages would fill a peer's queue beyond its bound.
pub(crate) fn check_room(db: &Connection, writes: &[Write]) -> Result<(), Fault> {
    let mut wanted: BTreeMap<&PeerId, u64> = BTreeMap::new();
    for write in writes {
        if let Write::Send { to, .. } = write {
            let count = wanted.entry(to).or_default();
            *count = count.saturating_add(1);
        }
    }
    for (peer, more) in wanted {
        let sql = "SELECT waiting FROM peer WHERE peer = ?1";
        let waiting: u64 = one(db, sql, [peer.0.bytes()], |row| row.get(0))?.unwrap_or(0);
        if waiting.saturating_add(more) > OUTBOX_PER_PEER_MAX {
            return Err(Fault::new(Code::Overloaded, format!("messages waiting for {}", peer.0.short())));
        }
    }
    Ok(())
}

/// Queues a message with the peer's next number.
pub(crate) fn send(
    db: &Connection,
    to: &PeerId,
    kind: &str,
    body: &Body,
    now: Timestamp,
    base: u64,
) -> Result<(), Fault> {
    let sql = "INSERT INTO peer (peer, sent, waiting) VALUES (?1, ?2, 1)
               ON CONFLICT (peer) DO UPDATE SET sent = sent + 1, waiting = waiting + 1 RETURNING sent";
    let seq: i64 = one(db, sql, (to.0.bytes(), int(base.saturating_add(1))), |row| row.get(0))?
        .ok_or_else(|| corrupt("sequence number"))?;
    let (head, chunk) = match body {
        Body::Inline(body) => (body, None),
        Body::Chunk { head, chunk } => (head, Some(chunk)),
    };
    let place = chunk.map(|chunk| (&chunk.blob, int(chunk.index)));
    let params = (
        to.0.bytes(),
        seq,
        kind,
        head,
        place.map(|(blob, _)| blob),
        place.map(|(_, index)| index),
        int(now.plus(Millis(OUTBOX_AGE_MAX_MS)).millis()),
    );
    let sql = "INSERT INTO outbox (peer, seq, kind, body, blob, idx, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    run(db, sql, params).map(|_| ())
}

/// Messages for `peer` after number `after` that are still worth sending at `now`.
pub(crate) fn read(
    db: &Connection,
    peer: &PeerId,
    after: u64,
    count: usize,
    now: Timestamp,
) -> Result<Vec<Queued>, Fault> {
    let (key, now) = (peer.0.bytes(), int(now.millis()));
    let sql = "SELECT seq FROM outbox WHERE peer = ?1 AND seq <= ?2 AND expires > ?3 ORDER BY seq DESC LIMIT 1";
    // Numbers begin at 1: before the first there is nothing to look for.
    let before = if after == 0 { None } else { one(db, sql, (key, int(after), now), |row| row.get(0))? };
    let mut prev: u64 = before.unwrap_or(0);
    let sql = "SELECT seq, kind, body, blob, idx FROM outbox
               WHERE peer = ?1 AND seq > ?2 AND expires > ?3 ORDER BY seq LIMIT ?4";
    let mut messages = all(db, sql, (key, int(after), now, limit(count)), queued)?;
    for message in &mut messages {
        message.prev = std::mem::replace(&mut prev, message.seq);
    }
    Ok(messages)
}

fn queued(row: &Row<'_>) -> rusqlite::Result<Queued> {
    let head: Vec<u8> = row.get(2)?;
    let place = row.get::<_, Option<String>>(3)?.zip(row.get::<_, Option<u64>>(4)?);
    let body = match place {
        Some((blob, index)) => Body::Chunk { head, chunk: ChunkRef { blob, index } },
        None => Body::Inline(head),
    };
    Ok(Queued { seq: row.get(0)?, prev: 0, kind: row.get(1)?, body })
}

/// Gives all that waits new numbers, in order, from `base` + 1 on for each peer.
pub(crate) fn number_anew(db: &Connection, base: u64) -> Result<(), Fault> {
    let waiting: Vec<(i64, [u8; 32])> =
        all(db, "SELECT number, peer FROM outbox ORDER BY peer, seq", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut sent: BTreeMap<[u8; 32], u64> = BTreeMap::new();
    for (number, peer) in waiting {
        let seq = sent.entry(peer).or_insert(base);
        *seq = seq.saturating_add(1);
        run(db, "UPDATE outbox SET seq = ?2 WHERE number = ?1", (number, int(*seq)))?;
    }
    for (peer, seq) in sent {
        run(db, "UPDATE peer SET sent = ?2 WHERE peer = ?1", (peer, int(seq)))?;
    }
    Ok(())
}

/// Peers for which something waits.
pub(crate) fn peers(db: &Connection) -> Result<Vec<PeerId>, Fault> {
    all(db, "SELECT peer FROM peer WHERE waiting > 0 ORDER BY peer", [], |row| Ok(PeerId(Hash(row.get(0)?))))
}

/// Drops a message; whether there was one.
pub(crate) fn drop_one(db: &Connection, peer: &[u8; 32], seq: i64) -> Result<bool, Fault> {
    if run(db, "DELETE FROM outbox WHERE peer = ?1 AND seq = ?2", (peer, seq))? == 0 {
        return Ok(false);
    }
    run(db, "UPDATE peer SET waiting = waiting - 1 WHERE peer = ?1", [peer])?;
    Ok(true)
}

/// Drops messages that nobody fetched in time, a bounded number at once; whether there was one.
pub(crate) fn purge(db: &Connection, now: Timestamp) -> Result<bool, Fault> {
    // The usual case costs one look at the first row.
    let first: Option<i64> = one(db, "SELECT expires FROM outbox ORDER BY number LIMIT 1", [], |row| row.get(0))?;
    if first.is_none_or(|expires| expires > int(now.millis())) {
        return Ok(false);
    }
    let sql = "SELECT peer, seq, expires FROM outbox ORDER BY number LIMIT ?1";
    let oldest: Vec<([u8; 32], i64, i64)> =
        all(db, sql, [limit(OUTBOX_PURGE_MAX)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (peer, seq, _) in oldest.iter().take_while(|(_, _, expires)| *expires <= int(now.millis())) {
        drop_one(db, peer, *seq)?;
    }
    Ok(true)
}
