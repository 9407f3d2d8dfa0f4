//! The table `state`: what is small and changes with nearly every commit, side by side in one tree.
//!
//! | kind | name | seq | one | two | three | hash |
//! |---|---|---|---|---|---|---|
//! | 1 where the party stands | | 0 | clock | commits | archived | link of the archive |
//! | 2 queue of a peer | peer | 0 | last number sent | how many wait | | |
//! | 3 timer | key | 0 | time | | | |
//! | 4 timer in the order of time | time, key | 0 | | | | |
//! | 5 message that waits | peer | number | row in `outbox` | | | |
//! | 6 message that was taken | peer | number | why it was rejected | | | its hash |
//! | 7 place in the archive | of the subject | number in `archive` | mark of the object | | | |
//! | 7 place in the register | of the subject `xid:XID`, XID, slot | 0 | | | number in `register` | |
//! | 8 body of several messages | | row in `outbox` | how many others wait for it | | | these others, number after peer |
//!
//! Here: where the party stands, and its timers. Queues: [`crate::outbox`], what was taken: [`crate::inbox`], the
//! archive: [`crate::queries`], the register: [`crate::register`]. A subject's name has eight bytes, whose sharers are told
//! apart in the archive; the register's is longer than any of them, and no two of its slots share one.

use rusqlite::{Connection, Row};
use semper_base::{Fault, Hash, Key, Timestamp};

use crate::fault::corrupt;
use crate::queries::{all, int, limit, one, run};

/// Where the party stands, and what a restore has left in the table `meta`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) clock: Timestamp,
    pub(crate) commits: u64,
    pub(crate) archived: u64,
    pub(crate) link: Hash,
    pub(crate) recovering: bool,
    pub(crate) sent_base: u64,
}

pub(crate) fn meta(db: &Connection) -> Result<Meta, Fault> {
    let sql = "SELECT state.one, state.two, state.three, hash, recovering, sent_base FROM meta, state WHERE kind = 1";
    let read = |row: &Row<'_>| {
        Ok(Meta {
            clock: Timestamp::from_millis(row.get(0)?),
            commits: row.get(1)?,
            archived: row.get(2)?,
            link: Hash(row.get(3)?),
            recovering: row.get(4)?,
            sent_base: row.get(5)?,
        })
    };
    one(db, sql, [], read)?.ok_or_else(|| corrupt("meta"))
}

/// Writes where the party stands.
pub(crate) fn set_standing(db: &Connection, meta: &Meta) -> Result<(), Fault> {
    let sql = "UPDATE state SET one = ?1, two = ?2, three = ?3, hash = ?4 WHERE kind = 1 AND name = x'' AND seq = 0";
    let params = (int(meta.clock.millis()), int(meta.commits), int(meta.archived), meta.link.bytes());
    match run(db, sql, params)? {
        1 => Ok(()),
        _ => Err(corrupt("meta")),
    }
}

/// Writes all of it.
pub(crate) fn set_meta(db: &Connection, meta: &Meta) -> Result<(), Fault> {
    run(db, "UPDATE meta SET recovering = ?1, sent_base = ?2", (meta.recovering, int(meta.sent_base)))?;
    set_standing(db, meta)
}

/// Before a key as it is.
const PLAIN: u8 = 0;
/// Before a key that ends in a hash, whose digits are packed: most do, and this is half as long.
const PACKED: u8 = 1;

/// A timer's name.
fn name_of(key: &Key) -> Vec<u8> {
    let packed = key.0.rsplit_once('/').and_then(|(table, id)| Some((table, Hash::from_hex(id)?)));
    match packed {
        Some((table, id)) => [&[PACKED], table.as_bytes(), b"/", id.bytes()].concat(),
        None => [&[PLAIN], key.0.as_bytes()].concat(),
    }
}

/// The key of a timer's name.
fn key_of(name: &[u8]) -> Result<Key, Fault> {
    let key = match name.split_first() {
        Some((&PLAIN, key)) => String::from_utf8(key.to_vec()).ok(),
        Some((&PACKED, rest)) => rest.split_last_chunk::<32>().and_then(|(table, id)| {
            let table = std::str::from_utf8(table).ok()?;
            Some(format!("{table}{}", Hash(*id).hex()))
        }),
        _ => None,
    };
    key.map(Key).ok_or_else(|| corrupt("timer"))
}

/// A timer's name among those in the order of time.
fn by_time(at: i64, name: &[u8]) -> Vec<u8> {
    [at.to_be_bytes().as_slice(), name].concat()
}

/// Sets a timer, or clears it.
pub(crate) fn set_timer(db: &Connection, key: &Key, at: Option<Timestamp>) -> Result<(), Fault> {
    let name = &*name_of(key);
    let at = at.map(|at| int(at.millis()));
    let sql = "SELECT one FROM state WHERE kind = 3 AND name = ?1 AND seq = 0";
    let was: Option<i64> = one(db, sql, [name], |row| row.get(0))?;
    if was == at {
        return Ok(());
    }
    if let Some(was) = was {
        run(db, "DELETE FROM state WHERE kind = 4 AND name = ?1 AND seq = 0", [by_time(was, name)])?;
    }
    match (was, at) {
        (_, None) => run(db, "DELETE FROM state WHERE kind = 3 AND name = ?1 AND seq = 0", [name])?,
        (Some(_), Some(at)) => {
            run(db, "UPDATE state SET one = ?2 WHERE kind = 3 AND name = ?1 AND seq = 0", (name, at))?
        }
        (None, Some(at)) => run(db, "INSERT INTO state (kind, name, seq, one) VALUES (3, ?1, 0, ?2)", (name, at))?,
    };
    match at {
        Some(at) => run(db, "INSERT INTO state (kind, name, seq) VALUES (4, ?1, 0)", [by_time(at, name)]).map(|_| ()),
        None => Ok(()),
    }
}

/// Timers that are due, earliest first.
pub(crate) fn due(db: &Connection, now: Timestamp, count: usize) -> Result<Vec<Key>, Fault> {
    let end = int(now.millis()).saturating_add(1).to_be_bytes();
    let sql = "SELECT name FROM state WHERE kind = 4 AND name < ?1 ORDER BY name LIMIT ?2";
    let names: Vec<Vec<u8>> = all(db, sql, (end, limit(count)), |row| row.get(0))?;
    names.iter().map(|name| split(name).map(|(_, key)| key)).collect()
}

/// When the next timer is due.
pub(crate) fn next_due(db: &Connection) -> Result<Option<Timestamp>, Fault> {
    let sql = "SELECT name FROM state WHERE kind = 4 ORDER BY name LIMIT 1";
    let name: Option<Vec<u8>> = one(db, sql, [], |row| row.get(0))?;
    name.map(|name| split(&name).map(|(at, _)| at)).transpose()
}

fn split(name: &[u8]) -> Result<(Timestamp, Key), Fault> {
    let (at, key) = name.split_first_chunk::<8>().ok_or_else(|| corrupt("timer"))?;
    let at = u64::try_from(i64::from_be_bytes(*at)).map_err(|_| corrupt("timer"))?;
    Ok((Timestamp::from_millis(at), key_of(key)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_as_it_was_and_most_are_packed() {
        let key = Key::new("dgp", Hash::of(b"xid"));
        assert_eq!((key.0.len(), name_of(&key).len()), (68, 37));
        let hex = Hash::of(b"xid").hex();
        let odd = ["", "/", "timer/log", "a\0b", "\u{1}/", "deal-of/\u{e4}", &hex, hex.get(1..).unwrap()];
        let keys = odd.iter().flat_map(|odd| [format!("{odd}/{hex}"), format!("{odd}{hex}"), (*odd).to_owned()]);
        for key in keys.chain([format!("dgp/{}", hex.to_uppercase()), format!("dgp/{}", hex.get(..63).unwrap())]) {
            assert_eq!(key_of(&name_of(&Key(key.clone()))).unwrap(), Key(key));
        }
        assert!(key_of(&[]).is_err() && key_of(&[PACKED, 1]).is_err() && key_of(&[2]).is_err());
    }
}
