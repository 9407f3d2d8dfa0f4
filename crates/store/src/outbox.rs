//! Messages that wait for their receivers, numbered per receiver.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row};
use semper_base::limits::{OUTBOX_AGE_MAX_MS, OUTBOX_PER_PEER_MAX, OUTBOX_PURGE_MAX};
use semper_base::tx::{Body, ChunkRef};
use semper_base::{Code, Fault, Hash, Millis, PeerId, Timestamp, Write};
use semper_driver::store::Queued;

use crate::queries::{all, int, limit, one, run};

/// What is known of a peer's queue.
#[derive(Clone, Copy, Debug)]
struct Queue {
    /// The last number used; none if it never had one.
    sent: Option<u64>,
    waiting: u64,
    changed: bool,
}

/// The queues that an open batch has to do with, as it leaves them. They go to the database together: a peer whose
/// messages are taken and who is sent others is one change.
#[derive(Default)]
pub(crate) struct Queues {
    of: RefCell<BTreeMap<PeerId, Queue>>,
    /// What was queued last: an answer that goes to both parties of a deal is stored once.
    last: RefCell<Option<Stored>>,
}

/// A body that this batch stored in `outbox`.
struct Stored {
    number: i64,
    kind: &'static str,
    body: Vec<u8>,
    expires: i64,
}

impl std::fmt::Debug for Queues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Queues")
    }
}

impl Queues {
    fn of(&self, db: &Connection, peer: &PeerId) -> Result<Queue, Fault> {
        if let Some(known) = self.of.borrow().get(peer) {
            return Ok(*known);
        }
        let sql = "SELECT one, two FROM state WHERE kind = 2 AND name = ?1 AND seq = 0";
        let found: Option<(u64, u64)> = one(db, sql, [peer.0.bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let queue = Queue {
            sent: found.map(|(sent, _)| sent),
            waiting: found.map_or(0, |(_, waiting)| waiting),
            changed: false,
        };
        self.of.borrow_mut().insert(*peer, queue);
        Ok(queue)
    }

    fn set(&self, peer: &PeerId, sent: Option<u64>, waiting: u64) {
        self.of.borrow_mut().insert(*peer, Queue { sent, waiting, changed: true });
    }

    /// Writes what has changed.
    pub(crate) fn settle(&self, db: &Connection) -> Result<(), Fault> {
        for (peer, queue) in self.of.borrow_mut().iter_mut().filter(|(_, queue)| queue.changed) {
            let sql = "INSERT INTO state (kind, name, seq, one, two) VALUES (2, ?1, 0, ?2, ?3)
                       ON CONFLICT DO UPDATE SET one = excluded.one, two = excluded.two";
            run(db, sql, (peer.0.bytes(), int(queue.sent.unwrap_or(0)), int(queue.waiting)))?;
            queue.changed = false;
        }
        Ok(())
    }

    /// Refuses a step whose messages would fill a peer's queue beyond its bound.
    pub(crate) fn check_room(&self, db: &Connection, writes: &[Write]) -> Result<(), Fault> {
        let mut wanted: BTreeMap<&PeerId, u64> = BTreeMap::new();
        for write in writes {
            if let Write::Send { to, .. } = write {
                let count = wanted.entry(to).or_default();
                *count = count.saturating_add(1);
            }
        }
        for (peer, more) in wanted {
            if self.of(db, peer)?.waiting.saturating_add(more) > OUTBOX_PER_PEER_MAX {
                return Err(Fault::new(Code::Overloaded, format!("messages waiting for {}", peer.0.short())));
            }
        }
        Ok(())
    }

    /// Queues a message with the peer's next number.
    pub(crate) fn send(
        &self,
        db: &Connection,
        (to, kind, body): (&PeerId, &'static str, Body),
        now: Timestamp,
        base: u64,
    ) -> Result<(), Fault> {
        let queue = self.of(db, to)?;
        let seq = queue.sent.unwrap_or(base).saturating_add(1);
        self.set(to, Some(seq), queue.waiting.saturating_add(1));
        let number = self.store(db, (to, seq), kind, body, int(now.plus(Millis(OUTBOX_AGE_MAX_MS)).millis()))?;
        let sql = "INSERT INTO state (kind, name, seq, one) VALUES (5, ?1, ?2, ?3)";
        run(db, sql, (to.0.bytes(), int(seq), number)).map(|_| ())
    }

    /// Stores a message's body, unless the one before it has the same; returns its row.
    fn store(
        &self,
        db: &Connection,
        to: (&PeerId, u64),
        kind: &'static str,
        body: Body,
        expires: i64,
    ) -> Result<i64, Fault> {
        let (head, chunk) = match body {
            Body::Inline(body) => (body, None),
            Body::Chunk { head, chunk } => (head, Some(chunk)),
        };
        let mut last = self.last.borrow_mut();
        let same = |last: &&Stored| chunk.is_none() && (last.kind, &last.body, last.expires) == (kind, &head, expires);
        if let Some(last) = last.as_ref().filter(same) {
            share(db, last.number, to)?;
            return Ok(last.number);
        }
        let place = chunk.as_ref().map(|chunk| (&chunk.blob, int(chunk.index)));
        let params = (
            to.0.0.bytes(),
            int(to.1),
            kind,
            &head,
            place.map(|(blob, _)| blob),
            place.map(|(_, index)| index),
            expires,
        );
        let sql = "INSERT INTO outbox (peer, seq, kind, body, blob, idx, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        run(db, sql, params)?;
        let number = db.last_insert_rowid();
        *last = chunk.is_none().then_some(Stored { number, kind, body: head, expires });
        Ok(number)
    }

    /// Drops a message; whether there was one.
    pub(crate) fn drop_one(&self, db: &Connection, peer: &PeerId, seq: u64) -> Result<bool, Fault> {
        let sql = "DELETE FROM state WHERE kind = 5 AND name = ?1 AND seq = ?2 RETURNING one";
        let number: Option<i64> = one(db, sql, (peer.0.bytes(), int(seq)), |row| row.get(0))?;
        let Some(number) = number else { return Ok(false) };
        self.last.replace(None);
        let sql = "SELECT one FROM state WHERE kind = 8 AND name = x'' AND seq = ?1";
        match one(db, sql, [number], |row| row.get::<_, i64>(0))? {
            Some(others) if others > 0 => {
                let sql = "UPDATE state SET one = ?2 WHERE kind = 8 AND name = x'' AND seq = ?1";
                run(db, sql, (number, others.saturating_sub(1)))?;
            }
            shared => {
                run(db, "DELETE FROM outbox WHERE number = ?1", [number])?;
                if shared.is_some() {
                    run(db, "DELETE FROM state WHERE kind = 8 AND name = x'' AND seq = ?1", [number])?;
                }
            }
        }
        let queue = self.of(db, peer)?;
        self.set(peer, queue.sent, queue.waiting.saturating_sub(1));
        Ok(true)
    }

    /// Drops messages that nobody fetched in time, a bounded number at once; whether there was one.
    pub(crate) fn purge(&self, db: &Connection, now: Timestamp) -> Result<bool, Fault> {
        // The usual case costs one look at the first row.
        let first: Option<i64> = one(db, "SELECT expires FROM outbox ORDER BY number LIMIT 1", [], |row| row.get(0))?;
        if first.is_none_or(|expires| expires > int(now.millis())) {
            return Ok(false);
        }
        let sql = "SELECT number, peer, seq, expires FROM outbox ORDER BY number LIMIT ?1";
        let read = |row: &Row<'_>| Ok((row.get(0)?, PeerId(Hash(row.get(1)?)), row.get(2)?, row.get(3)?));
        let oldest: Vec<(i64, PeerId, u64, i64)> = all(db, sql, [limit(OUTBOX_PURGE_MAX)], read)?;
        for (number, peer, seq, _) in oldest.iter().take_while(|(.., expires)| *expires <= int(now.millis())) {
            let others = sharers(db, *number)?;
            self.drop_one(db, peer, *seq)?;
            for (peer, seq) in others {
                self.drop_one(db, &peer, seq)?;
            }
        }
        Ok(true)
    }
}

/// Notes that a stored body is another peer's message too.
fn share(db: &Connection, number: i64, (to, seq): (&PeerId, u64)) -> Result<(), Fault> {
    let mut hash = Vec::new();
    for (peer, seq) in sharers(db, number)? {
        hash.extend([peer.0.bytes().as_slice(), &seq.to_be_bytes()].concat());
    }
    hash.extend([to.0.bytes().as_slice(), &seq.to_be_bytes()].concat());
    let sql = "INSERT INTO state (kind, name, seq, one, hash) VALUES (8, x'', ?1, 1, ?2)
               ON CONFLICT DO UPDATE SET one = one + 1, hash = excluded.hash";
    run(db, sql, (number, hash)).map(|_| ())
}

/// Whose message a stored body was made besides its first receiver's; some may have taken it already.
fn sharers(db: &Connection, number: i64) -> Result<Vec<(PeerId, u64)>, Fault> {
    let sql = "SELECT hash FROM state WHERE kind = 8 AND name = x'' AND seq = ?1";
    let hash: Vec<u8> = one(db, sql, [number], |row| row.get(0))?.unwrap_or_default();
    let read = |entry: &[u8]| {
        let (peer, seq) = entry.split_first_chunk::<32>()?;
        Some((PeerId(Hash(*peer)), u64::from_be_bytes(seq.try_into().ok()?)))
    };
    Ok(hash.chunks(40).filter_map(read).collect())
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
    let sql = "SELECT state.seq FROM state CROSS JOIN outbox ON number = one
               WHERE state.kind = 5 AND name = ?1 AND state.seq <= ?2 AND expires > ?3 ORDER BY state.seq DESC LIMIT 1";
    // Numbers begin at 1: before the first there is nothing to look for.
    let before = if after == 0 { None } else { one(db, sql, (key, int(after), now), |row| row.get(0))? };
    let mut prev: u64 = before.unwrap_or(0);
    let sql = "SELECT state.seq, outbox.kind, body, blob, idx FROM state CROSS JOIN outbox ON number = one
               WHERE state.kind = 5 AND name = ?1 AND state.seq > ?2 AND expires > ?3 ORDER BY state.seq LIMIT ?4";
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

/// What is known to be sent begins anew at `base`, for every peer.
pub(crate) fn begin_anew(db: &Connection, base: u64) -> Result<(), Fault> {
    run(db, "UPDATE state SET one = ?1 WHERE kind = 2", [int(base)]).map(|_| ())
}

/// Gives all that waits new numbers, in order, from `base` + 1 on for each peer.
pub(crate) fn number_anew(db: &Connection, base: u64) -> Result<(), Fault> {
    let sql = "SELECT name, one FROM state WHERE kind = 5 ORDER BY name, seq";
    let waiting: Vec<([u8; 32], i64)> = all(db, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    run(db, "DELETE FROM state WHERE kind = 5 OR kind = 8", [])?;
    let (mut sent, mut bodies) = (BTreeMap::<[u8; 32], u64>::new(), BTreeSet::new());
    for (peer, number) in waiting {
        let seq = sent.entry(peer).or_insert(base);
        *seq = seq.saturating_add(1);
        run(db, "INSERT INTO state (kind, name, seq, one) VALUES (5, ?1, ?2, ?3)", (peer, int(*seq), number))?;
        if bodies.insert(number) {
            let sql = "UPDATE outbox SET peer = ?2, seq = ?3 WHERE number = ?1";
            run(db, sql, (number, peer, int(*seq)))?;
        } else {
            share(db, number, (&PeerId(Hash(peer)), *seq))?;
        }
    }
    for (peer, seq) in sent {
        run(db, "UPDATE state SET one = ?2 WHERE kind = 2 AND name = ?1 AND seq = 0", (peer, int(seq)))?;
    }
    Ok(())
}

/// Peers for which something waits.
pub(crate) fn peers(db: &Connection) -> Result<Vec<PeerId>, Fault> {
    all(db, "SELECT name FROM state WHERE kind = 2 AND two > 0 ORDER BY name", [], |row| Ok(PeerId(Hash(row.get(0)?))))
}

#[cfg(test)]
mod tests {
    use semper_driver::store::{Applied, Store as _};

    use super::*;
    use crate::{Mode, SqliteStore};

    fn peer(name: &str) -> PeerId {
        PeerId(Hash::of(name.as_bytes()))
    }

    fn send(to: &str, text: &str) -> Write {
        Write::Send { to: peer(to), kind: "note", body: Body::Inline(text.as_bytes().to_vec()) }
    }

    fn apply(store: &mut SqliteStore, at: u64, writes: &[Write], taken: &[(&str, u64)]) {
        let mut transaction = store.begin().unwrap();
        transaction.tick(Timestamp::from_millis(at)).unwrap();
        for (of, seq) in taken {
            transaction.acknowledge(&peer(of), *seq).unwrap();
        }
        assert_eq!(transaction.apply(writes, Timestamp::from_millis(at)).unwrap(), Applied::Done);
        transaction.commit().unwrap();
    }

    fn waiting(store: &SqliteStore, of: &str) -> Vec<(u64, Body)> {
        let found = read(&store.db, &peer(of), 0, 9, Timestamp::EPOCH).unwrap();
        found.into_iter().map(|queued| (queued.seq, queued.body)).collect()
    }

    fn stored(store: &SqliteStore) -> (i64, i64) {
        let count = |sql| one(&store.db, sql, [], |row| row.get(0)).unwrap().unwrap();
        (count("SELECT count(*) FROM outbox"), count("SELECT count(*) FROM state WHERE kind = 8"))
    }

    #[test]
    fn what_goes_to_several_is_stored_once_and_stays_until_the_last_took_it() {
        let root = std::env::temp_dir().join(format!("semper-store-shared-{}", std::process::id()));
        let mut store = SqliteStore::open(&root.join("data"), &root.join("head"), Mode::Create).unwrap();
        let body = |text: &str| Body::Inline(text.as_bytes().to_vec());
        apply(&mut store, 1, &[send("a", "x"), send("b", "x"), send("c", "x"), send("c", "y"), send("a", "y")], &[]);
        assert_eq!(stored(&store), (2, 2));
        assert_eq!(waiting(&store, "c"), [(1, body("x")), (2, body("y"))]);
        // The first receiver first, then another; another batch stores its own.
        apply(&mut store, 2, &[send("b", "y")], &[("a", 1), ("c", 1), ("c", 1)]);
        assert_eq!((stored(&store), waiting(&store, "b")), ((3, 2), vec![(1, body("x")), (2, body("y"))]));
        assert_eq!((waiting(&store, "a"), waiting(&store, "c")), (vec![(2, body("y"))], vec![(2, body("y"))]));
        number_anew(&store.db, 100).unwrap();
        assert_eq!(waiting(&store, "b"), [(101, body("x")), (102, body("y"))]);
        assert_eq!((waiting(&store, "a"), waiting(&store, "c")), (vec![(101, body("y"))], vec![(101, body("y"))]));
        apply(&mut store, 3, &[], &[("b", 101), ("c", 101)]);
        assert_eq!((stored(&store), waiting(&store, "a")), ((2, 1), vec![(101, body("y"))]));
        // What nobody fetched goes with all its receivers.
        apply(&mut store, 4, &[send("b", "z"), send("c", "z")], &[]);
        apply(&mut store, OUTBOX_AGE_MAX_MS + 9, &[], &[]);
        assert_eq!((stored(&store), peers(&store.db).unwrap()), ((0, 0), Vec::new()));
        drop(store);
        std::fs::remove_dir_all(root).unwrap();
    }
}
