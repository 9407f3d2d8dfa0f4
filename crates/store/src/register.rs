//! The register's rows. They are appended, and the table `state` says where the row of a slot stands: beside the places
//! of what the archive keeps of the same exchange, so that a decision changes one page for both. That a slot is
//! written once is the key of that table.

use rusqlite::Connection;
use semper_base::{Fault, Hash, Xid};

use crate::fault::corrupt;
use crate::queries::{all, limit, one, run, subject_name};

/// Rows that are looked at in one go.
const PAGE: usize = 256;

/// Under what the place of a slot's row is noted. It begins with the name of what the archive keeps of the exchange, so
/// that they are neighbours; the id follows whole, because that name is short and may be shared.
fn name_of(xid: &Xid, slot: &str) -> Vec<u8> {
    let neighbours = subject_name(&format!("xid:{xid}"));
    [neighbours.as_slice(), xid.0.bytes(), slot.as_bytes()].concat()
}

/// The row of a slot.
pub(crate) fn get(db: &Connection, xid: &Xid, slot: &str) -> Result<Option<Vec<u8>>, Fault> {
    let sql = "SELECT value FROM state LEFT JOIN register ON number = three AND xid = ?2 AND slot = ?3
               WHERE kind = 7 AND name = ?1 AND seq = 0";
    let found: Option<Option<Vec<u8>>> = one(db, sql, (name_of(xid, slot), xid.0.bytes(), slot), |row| row.get(0))?;
    // That it was decided is known, and not what: nothing may be decided in its place.
    found.map(|value| value.ok_or_else(|| corrupt("register"))).transpose()
}

/// Whether the row of a slot is written.
pub(crate) fn has(db: &Connection, xid: &Xid, slot: &str) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM state WHERE kind = 7 AND name = ?1 AND seq = 0";
    Ok(one(db, sql, [name_of(xid, slot)], |_| Ok(()))?.is_some())
}

/// The number of the row that is written next.
pub(crate) fn next(db: &Connection) -> Result<i64, Fault> {
    let last: Option<i64> = one(db, "SELECT max(number) FROM register", [], |row| row.get(0))?.flatten();
    last.unwrap_or(0).checked_add(1).ok_or_else(|| corrupt("register"))
}

/// Notes that the row of a slot has this number, unless it is written already; whether it could be.
fn set_place(db: &Connection, number: i64, xid: &Xid, slot: &str) -> Result<bool, Fault> {
    let sql = "INSERT INTO state (kind, name, seq, three) VALUES (7, ?1, 0, ?2) ON CONFLICT DO NOTHING";
    Ok(run(db, sql, (name_of(xid, slot), number))? == 1)
}

/// Writes the row of a slot, as the row of this number, unless it is written already; whether it could be.
pub(crate) fn insert(db: &Connection, number: i64, (xid, slot): (&Xid, &str), value: &[u8]) -> Result<bool, Fault> {
    if !set_place(db, number, xid, slot)? {
        return Ok(false);
    }
    let sql = "INSERT INTO register (number, xid, slot, value) VALUES (?1, ?2, ?3, ?4)";
    run(db, sql, (number, xid.0.bytes(), slot, value)).map(|_| true)
}

/// Rows after number `after`, without what they say.
fn page(db: &Connection, after: i64) -> Result<Vec<(i64, Xid, String)>, Fault> {
    let sql = "SELECT number, xid, slot FROM register WHERE number > ?1 ORDER BY number LIMIT ?2";
    all(db, sql, (after, limit(PAGE)), |row| Ok((row.get(0)?, Xid(Hash(row.get(1)?)), row.get(2)?)))
}

/// Calls `look` with every row, in order.
fn for_each(db: &Connection, mut look: impl FnMut(i64, &Xid, &str) -> Result<(), Fault>) -> Result<(), Fault> {
    let mut last = 0;
    loop {
        let rows = page(db, last)?;
        let Some((end, ..)) = rows.last() else { return Ok(()) };
        last = *end;
        for (number, xid, slot) in &rows {
            look(*number, xid, slot)?;
        }
    }
}

/// Notes the places of all rows, for a database that has none yet.
pub(crate) fn fill_places(db: &Connection) -> Result<(), Fault> {
    for_each(db, |number, xid, slot| {
        let noted = set_place(db, number, xid, slot)?;
        if noted { Ok(()) } else { Err(corrupt(&format!("register: row {number} is the second of its slot"))) }
    })
}

/// Goes through all rows and sees that each is what is found of its slot; returns how many there are.
pub(crate) fn audit(db: &Connection) -> Result<u64, Fault> {
    let mut rows = 0_u64;
    for_each(db, |number, xid, slot| {
        rows = rows.saturating_add(1);
        let sql = "SELECT three FROM state WHERE kind = 7 AND name = ?1 AND seq = 0";
        let place: Option<Option<i64>> = one(db, sql, [name_of(xid, slot)], |row| row.get(0))?;
        if place == Some(Some(number)) { Ok(()) } else { Err(corrupt(&format!("register: row {number}"))) }
    })?;
    let sql = "SELECT count(*) FROM state WHERE kind = 7 AND three IS NOT NULL";
    let places: Option<u64> = one(db, sql, [], |row| row.get(0))?;
    if places == Some(rows) { Ok(rows) } else { Err(corrupt("register: a row is missing")) }
}
