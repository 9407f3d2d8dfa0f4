//! Reads that the writer and the readers share.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Params, Row};
use semper_base::limits::CHUNK_SLOT_BYTES;
use semper_base::tx::{ChunkRef, Need, Record};
use semper_base::{Fault, Hash, Key, Timestamp};
use semper_driver::store::{Archived, need_word};

use crate::blobs;
use crate::fault::{OrFault as _, corrupt};

/// A number as SQLite keeps it. What does not fit is beyond every number that we store.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A count as SQLite's LIMIT takes it.
pub(crate) fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// At most one row.
pub(crate) fn one<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, Fault> {
    db.prepare_cached(sql).and_then(|mut statement| statement.query_row(params, read).optional()).or_fault()
}

/// All rows, as many as the statement's LIMIT allows.
pub(crate) fn all<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, Fault> {
    db.prepare_cached(sql).and_then(|mut statement| statement.query_map(params, read)?.collect()).or_fault()
}

/// Runs a statement; returns how many rows it changed.
pub(crate) fn run(db: &Connection, sql: &str, params: impl Params) -> Result<usize, Fault> {
    db.prepare_cached(sql).and_then(|mut statement| statement.execute(params)).or_fault()
}

pub(crate) fn get(db: &Connection, key: &Key) -> Result<Option<Vec<u8>>, Fault> {
    one(db, "SELECT value FROM row WHERE key = ?1", [&key.0], |row| row.get(0))
}

pub(crate) fn scan(
    db: &Connection,
    prefix: &str,
    after: Option<&Key>,
    count: usize,
) -> Result<Vec<(Key, Vec<u8>)>, Fault> {
    let (sql, start) = match after.map(|key| key.0.as_str()).filter(|after| *after >= prefix) {
        Some(after) => ("SELECT key, value FROM row WHERE key > ?1 ORDER BY key LIMIT ?2", after),
        None => ("SELECT key, value FROM row WHERE key >= ?1 ORDER BY key LIMIT ?2", prefix),
    };
    let mut statement = db.prepare_cached(sql).or_fault()?;
    let mut found = statement.query((start, limit(count))).or_fault()?;
    let mut rows = Vec::new();
    // No string is an upper bound of all with a prefix, so the end is found by looking.
    while let Some(row) = found.next().or_fault()? {
        let key: String = row.get(0).or_fault()?;
        if !key.starts_with(prefix) {
            break;
        }
        rows.push((Key(key), row.get(1).or_fault()?));
    }
    Ok(rows)
}

/// A chunk, from its row or from its blob's file.
pub(crate) fn chunk(db: &Connection, folder: &Path, place: &ChunkRef) -> Result<Option<Vec<u8>>, Fault> {
    let sql =
        "SELECT length, data FROM chunk JOIN blob ON blob.id = chunk.blob WHERE blob.name = ?1 AND chunk.idx = ?2";
    let found: Option<(i64, Option<Vec<u8>>)> =
        one(db, sql, (&place.blob, int(place.index)), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((length, data)) = found else { return Ok(None) };
    let length = usize::try_from(length).ok().filter(|length| *length <= CHUNK_SLOT_BYTES);
    let length = length.ok_or_else(|| corrupt("chunk"))?;
    match data {
        Some(data) if data.len() == length => Ok(Some(data)),
        Some(_) => Err(corrupt("chunk")),
        None => blobs::read(folder, place, length).map(Some),
    }
}

/// By what an archived object is found within its subject: the first eight bytes of its SHA-256. Objects may
/// share it, so that whoever looks for one compares the bytes.
pub(crate) fn mark(bytes: &[u8]) -> i64 {
    Hash::of(bytes).bytes().first_chunk::<8>().copied().map_or(0, i64::from_be_bytes)
}

/// By what a subject is found: the first eight bytes of its SHA-256, because it is long. Subjects may share it.
pub(crate) fn subject_name(subject: &str) -> [u8; 8] {
    mark(subject.as_bytes()).to_be_bytes()
}

/// Notes where in the archive an object of this subject and mark stands.
pub(crate) fn set_place(db: &Connection, number: i64, subject: &str, mark: i64) -> Result<(), Fault> {
    let sql = "INSERT INTO state (kind, name, seq, one) VALUES (7, ?1, ?2, ?3)";
    run(db, sql, (subject_name(subject), number, mark)).map(|_| ())
}

pub(crate) fn archive(db: &Connection, subject: &str, after: u64, count: usize) -> Result<Vec<Archived>, Fault> {
    let (after, count) = (int(after), limit(count));
    let rows = if subject.is_empty() {
        let sql = "SELECT number, link, at, subject, kind, need, expires, bytes FROM archive
                   WHERE number > ?1 ORDER BY number LIMIT ?2";
        all(db, sql, (after, count), archived)
    } else {
        let sql = "SELECT number, link, at, subject, archive.kind, need, expires, bytes
                   FROM state CROSS JOIN archive ON number = state.seq
                   WHERE state.kind = 7 AND name = ?3 AND state.seq > ?1 AND subject = ?4 ORDER BY state.seq LIMIT ?2";
        all(db, sql, (after, count, subject_name(subject), subject), archived)
    };
    rows?.into_iter().map(|row| row.ok_or_else(|| corrupt("archive"))).collect()
}

/// See [`semper_base::View::archived`].
pub(crate) fn archived_under(db: &Connection, subject: &str, count: usize) -> Result<Vec<Record>, Fault> {
    if subject.is_empty() {
        return Ok(Vec::new());
    }
    Ok(archive(db, subject, 0, count)?.into_iter().map(|archived| archived.record).collect())
}

/// The marks of what a subject has in the archive, at most so many; of others that share its name too.
pub(crate) fn marks(db: &Connection, subject: &str, count: usize) -> Result<Vec<i64>, Fault> {
    let sql = "SELECT one FROM state WHERE kind = 7 AND name = ?1 LIMIT ?2";
    all(db, sql, (subject_name(subject), limit(count)), |row| row.get(0))
}

/// See [`semper_base::View::is_archived`].
pub(crate) fn is_archived(db: &Connection, subject: &str, bytes: &[u8]) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM state CROSS JOIN archive ON number = state.seq
               WHERE state.kind = 7 AND name = ?1 AND one = ?2 AND subject = ?3 AND bytes = ?4 LIMIT 1";
    Ok(one(db, sql, (subject_name(subject), mark(bytes), subject, bytes), |_| Ok(()))?.is_some())
}

/// `None` if the row holds what we never write.
fn archived(row: &Row<'_>) -> rusqlite::Result<Option<Archived>> {
    let need: String = row.get(5)?;
    let Some(need) = [Need::Evidence, Need::Transcript, Need::Misdeed].into_iter().find(|n| need_word(*n) == need)
    else {
        return Ok(None);
    };
    Ok(Some(Archived {
        number: row.get(0)?,
        link: Hash(row.get(1)?),
        at: Timestamp::from_millis(row.get(2)?),
        record: Record {
            subject: row.get(3)?,
            kind: row.get(4)?,
            need,
            expires: Timestamp::from_millis(row.get(6)?),
            bytes: row.get(7)?,
        },
    }))
}
