//! One batch on SQLite.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use semper_base::tx::{ChunkRef, Record};
use semper_base::{Code, Fault, Hash, Key, PeerId, Timestamp, View, Write, Xid};
use semper_driver::store::{
    Applied, Archived, Inbox, Queued, Transaction, check_writes, need_word, question_key, question_row,
};

use crate::blobs::{self, Written};

use crate::inbox::{self, Place};
use crate::open::SqliteStore;
use crate::outbox::{self, Queues};
use crate::queries::{self, int, limit, run};
use crate::register;
use crate::rows::Batch;
use crate::state::{self, Meta};

/// A chunk of so many bytes at most lies in its row: it is durable with the commit, without a file and its syncs.
const CHUNK_IN_ROW_BYTES_MAX: usize = 4 << 10;

/// Objects of a subject that are looked up at once. A step keeps several, and most are new.
const MARKS_MAX: usize = 64;

/// The marks of all that a subject has in the archive.
#[derive(Debug)]
struct Places {
    subject: String,
    marks: Vec<i64>,
}

/// An open transaction. `meta` is written back once, at commit.
#[derive(Debug)]
pub(crate) struct SqliteTransaction<'s> {
    store: &'s mut SqliteStore,
    meta: Meta,
    rows: RefCell<Batch>,
    queues: Queues,
    /// What the subject that was looked into last has in the archive.
    places: RefCell<Option<Places>>,
    /// The number of the register's next row, once it was asked for.
    next_row: Option<i64>,
    /// The last message that this batch took from each peer.
    taken: BTreeMap<PeerId, u64>,
    written: Written,
    /// Blobs that go with this transaction: their files, once it is committed.
    dropped: BTreeSet<String>,
    changed: bool,
    /// The fault after which nothing of this transaction may become durable.
    broken: Option<Fault>,
    open: bool,
}

impl<'s> SqliteTransaction<'s> {
    /// SQLite's own transaction begins with the first change. Nobody else writes, so that what is only read
    /// needs none.
    pub(crate) fn begin(store: &'s mut SqliteStore) -> Self {
        let meta = store.meta.clone();
        SqliteTransaction {
            store,
            meta,
            rows: RefCell::default(),
            queues: Queues::default(),
            places: RefCell::default(),
            next_row: None,
            taken: BTreeMap::new(),
            written: Written::default(),
            dropped: BTreeSet::new(),
            changed: false,
            broken: None,
            open: false,
        }
    }

    /// Runs one change. A fault in the middle of it leaves half a change behind, so it breaks the
    /// transaction; cheaper than a savepoint for each, and the driver drops the batch anyway.
    fn change<T>(&mut self, change: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.whole()?;
        self.changed = true;
        let result = self.open().and_then(|()| change(self));
        self.broken = result.as_ref().err().cloned();
        result
    }

    fn open(&mut self) -> Result<(), Fault> {
        if !self.open {
            run(&self.store.db, "BEGIN IMMEDIATE", [])?;
            self.open = true;
        }
        Ok(())
    }

    fn whole(&self) -> Result<(), Fault> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    fn not_recovering(&self) -> Result<(), Fault> {
        if self.meta.recovering { Err(Fault::new(Code::Recovering, "")) } else { Ok(()) }
    }

    /// The first register row among the writes that stands already. A single one is not looked up: whether it could
    /// be written says as much, and nothing else has been by then.
    fn conflict(&self, writes: &[Write]) -> Result<Option<Applied>, Fault> {
        let inserts = || writes.iter().filter(|write| matches!(write, Write::Insert(..)));
        if inserts().nth(1).is_none() {
            return Ok(None);
        }
        for (at, write) in inserts().enumerate() {
            let Write::Insert(xid, slot, _) = write else { continue };
            let twice = inserts().take(at).any(|w| matches!(w, Write::Insert(x, s, _) if (x, s) == (xid, slot)));
            if twice || register::has(&self.store.db, xid, slot)? {
                return Ok(Some(Applied::Conflict(*xid, slot)));
            }
        }
        Ok(None)
    }

    /// Writes the register's rows before anything else, so that a row that stands already leaves all as it was.
    fn insert(&mut self, writes: &[Write]) -> Result<Option<Applied>, Fault> {
        for write in writes {
            let Write::Insert(xid, slot, value) = write else { continue };
            let number = match self.next_row {
                Some(number) => number,
                None => register::next(&self.store.db)?,
            };
            let written = register::insert(&self.store.db, number, (xid, slot), value)?;
            self.next_row = Some(number.saturating_add(written.into()));
            if !written {
                return Ok(Some(Applied::Conflict(*xid, slot)));
            }
        }
        Ok(None)
    }

    fn write(&mut self, write: Write, now: Timestamp) -> Result<(), Fault> {
        let db = &self.store.db;
        match write {
            Write::Put(key, value) => self.set(key, Some(value)),
            Write::Delete(key) => self.set(key, None),
            Write::Archive(record) => self.keep(&record, now),
            Write::Send { to, kind, body } => self.queues.send(db, (&to, kind, body), now, self.meta.sent_base),
            Write::Timer(key, at) => {
                if let Some(at) = at {
                    self.store.idle_until.set(self.store.idle_until.get().min(at));
                }
                state::set_timer(db, &key, at)
            }
            Write::Chunk(place, bytes) => self.store_chunk(&place, &bytes),
            Write::DropBlob(name) => self.drop_blob(name),
            Write::Ask(question) => self.set(question_key(&question.id), Some(question_row(&question)?)),
            Write::Unask(id) => self.set(question_key(&id), None),
            // The register's rows are written already.
            Write::Insert(..) | Write::Tell(_) => Ok(()),
        }
    }

    fn set(&mut self, key: Key, value: Option<Vec<u8>>) -> Result<(), Fault> {
        let rows = self.rows.get_mut();
        rows.set(key, value);
        if rows.is_full() { self.settle() } else { Ok(()) }
    }

    /// Writes the rows that wait.
    fn settle(&self) -> Result<(), Fault> {
        let db = &self.store.db;
        self.rows.borrow_mut().settle(|key, row| match row {
            Some(value) => put(db, key, value),
            None => delete(db, key),
        })
    }

    fn keep(&mut self, record: &Record, now: Timestamp) -> Result<(), Fault> {
        self.meta.link = Archived::link_after(&self.meta.link, record, now);
        self.meta.archived = self.meta.archived.saturating_add(1);
        let sql = "INSERT INTO archive (number, link, at, subject, kind, need, expires, bytes)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let params = (
            int(self.meta.archived),
            self.meta.link.bytes(),
            int(now.millis()),
            &record.subject,
            &record.kind,
            need_word(record.need),
            int(record.expires.millis()),
            &record.bytes,
        );
        run(&self.store.db, sql, params)?;
        let mark = queries::mark(&record.bytes);
        if let Some(places) = self.places.get_mut().as_mut().filter(|places| places.subject == record.subject) {
            places.marks.push(mark);
        }
        queries::set_place(&self.store.db, int(self.meta.archived), &record.subject, mark)
    }

    /// A chunk is written once. The same bytes again change nothing; others are refused, because
    /// going over a committed chunk could not be undone.
    fn store_chunk(&mut self, place: &ChunkRef, bytes: &[u8]) -> Result<(), Fault> {
        let db = &self.store.db;
        if self.dropped.contains(&place.blob) {
            // Its file still holds what a roll-back must find there.
            return Err(Fault::new(Code::Conflict, format!("{} was dropped in this batch", place.blob)));
        }
        if let Some(known) = queries::chunk(db, &self.store.blobs, place)? {
            let refused = || Fault::new(Code::Conflict, format!("chunk {} was written before", place.index));
            return if known == bytes { Ok(()) } else { Err(refused()) };
        }
        let in_row = (bytes.len() <= CHUNK_IN_ROW_BYTES_MAX).then_some(bytes);
        if in_row.is_none() {
            self.written.write(&self.store.blobs, place, bytes)?;
        }
        run(db, "INSERT INTO blob (name) VALUES (?1) ON CONFLICT DO NOTHING", [&place.blob])?;
        let sql = "INSERT INTO chunk (blob, idx, length, data) SELECT id, ?2, ?3, ?4 FROM blob WHERE name = ?1";
        run(db, sql, (&place.blob, int(place.index), limit(bytes.len()), in_row)).map(|_| ())
    }

    /// Forgets a blob. Its file goes after COMMIT; if the process dies in between, when the store is
    /// opened next.
    fn drop_blob(&mut self, name: String) -> Result<(), Fault> {
        let db = &self.store.db;
        run(db, "DELETE FROM chunk WHERE blob = (SELECT id FROM blob WHERE name = ?1)", [&name])?;
        run(db, "DELETE FROM blob WHERE name = ?1", [&name])?;
        self.dropped.insert(name);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Fault> {
        self.settle()?;
        self.queues.settle(&self.store.db)?;
        self.written.sync(&self.store.blobs)?;
        self.meta.commits = self.meta.commits.saturating_add(1);
        state::set_standing(&self.store.db, &self.meta)?;
        run(&self.store.db, "COMMIT", [])?;
        self.open = false;
        blobs::remove(&self.store.blobs, &self.dropped);
        self.store.lately.get_mut().take(self.rows.get_mut());
        self.store.log.make_room();
        self.store.head.as_ref().map_or(Ok(()), |head| head.write(self.meta.commits))
    }
}

fn put(db: &rusqlite::Connection, key: &Key, value: &[u8]) -> Result<(), Fault> {
    let sql = "INSERT INTO row (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    run(db, sql, (&key.0, value)).map(|_| ())
}

fn delete(db: &rusqlite::Connection, key: &Key) -> Result<(), Fault> {
    run(db, "DELETE FROM row WHERE key = ?1", [&key.0]).map(|_| ())
}

impl View for SqliteTransaction<'_> {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, Fault> {
        let rows = self.rows.borrow();
        if let Some(row) = rows.get(key) {
            return Ok(row);
        }
        if rows.spilt {
            return queries::get(&self.store.db, key);
        }
        let mut lately = self.store.lately.borrow_mut();
        if let Some(row) = lately.get(key) {
            return Ok(row);
        }
        let row = queries::get(&self.store.db, key)?;
        lately.put(key.clone(), row.clone());
        Ok(row)
    }
    fn register(&self, xid: &Xid, slot: &'static str) -> Result<Option<Vec<u8>>, Fault> {
        register::get(&self.store.db, xid, slot)
    }
    fn scan(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, Fault> {
        let rows = self.rows.borrow();
        let more = limit.saturating_add(rows.gone(prefix, after));
        let mut lately = self.store.lately.borrow_mut();
        // What a batch has written already is not committed, and may come back.
        let keeps = after.is_none() && !rows.spilt;
        let known = if keeps { lately.lists.get(prefix, more) } else { None };
        let stored = match known {
            Some(known) => known,
            None => queries::scan(&self.store.db, prefix, after, more).inspect(|stored| {
                if keeps {
                    lately.lists.put(prefix, more, stored);
                }
            })?,
        };
        Ok(rows.over(stored, prefix, after, limit))
    }
    fn chunk(&self, chunk: &ChunkRef) -> Result<Option<Vec<u8>>, Fault> {
        queries::chunk(&self.store.db, &self.store.blobs, chunk)
    }
    fn archived(&self, subject: &str, limit: usize) -> Result<Vec<Record>, Fault> {
        queries::archived_under(&self.store.db, subject, limit)
    }
    fn is_archived(&self, subject: &str, bytes: &[u8]) -> Result<bool, Fault> {
        let mut places = self.places.borrow_mut();
        let known = places.as_ref().is_some_and(|places| places.subject == subject);
        if !known {
            let marks = queries::marks(&self.store.db, subject, MARKS_MAX)?;
            // Nothing is known of what did not all come.
            *places = (marks.len() < MARKS_MAX).then(|| Places { subject: subject.to_owned(), marks });
        }
        if places.as_ref().is_some_and(|places| !places.marks.contains(&queries::mark(bytes))) {
            return Ok(false);
        }
        queries::is_archived(&self.store.db, subject, bytes)
    }
}

impl Transaction for SqliteTransaction<'_> {
    fn take(&mut self, writes: &mut Vec<Write>, now: Timestamp) -> Result<Applied, Fault> {
        self.whole()?;
        self.not_recovering()?;
        check_writes(writes)?;
        if let Some(conflict) = self.conflict(writes)? {
            return Ok(conflict);
        }
        self.queues.check_room(&self.store.db, writes)?;
        if writes.is_empty() {
            return Ok(Applied::Done);
        }
        let changed = self.changed;
        let conflict = self.change(|own| match own.insert(writes)? {
            None => writes.drain(..).try_for_each(|write| own.write(write, now)).map(|()| None),
            conflict => Ok(conflict),
        })?;
        if let Some(conflict) = conflict {
            // Nothing was written: a batch of this alone is no commit.
            self.changed = changed;
            return Ok(conflict);
        }
        Ok(Applied::Done)
    }

    fn inbox(&mut self, peer: &PeerId, seq: u64, prev: u64, hash: &Hash) -> Result<Inbox, Fault> {
        self.whole()?;
        let last = match self.taken.get(peer) {
            Some(last) => *last,
            None => inbox::last(&self.store.db, peer)?,
        };
        match inbox::place(&self.store.db, peer, (seq, prev), last, hash)? {
            Place::Not(known) => Ok(known),
            Place::Next(last) => {
                self.not_recovering()?;
                self.change(|own| inbox::take(&own.store.db, peer, seq, last, hash))?;
                self.taken.insert(*peer, seq);
                Ok(Inbox::New)
            }
        }
    }

    fn inbox_rejected(&mut self, peer: &PeerId, seq: u64, code: u16) -> Result<(), Fault> {
        self.change(|own| inbox::reject(&own.store.db, peer, seq, code))
    }

    fn outbox(&self, peer: &PeerId, after: u64, limit: usize, now: Timestamp) -> Result<Vec<Queued>, Fault> {
        outbox::read(&self.store.db, peer, after, limit, now)
    }

    fn outbox_peers(&self) -> Result<Vec<PeerId>, Fault> {
        self.queues.settle(&self.store.db)?;
        outbox::peers(&self.store.db)
    }

    fn acknowledge(&mut self, peer: &PeerId, seq: u64) -> Result<(), Fault> {
        self.change(|own| own.queues.drop_one(&own.store.db, peer, seq).map(|_| ()))
    }

    fn due(&self, now: Timestamp, count: usize) -> Result<Vec<Key>, Fault> {
        // Asked in every turn, and hardly ever is there anything.
        if now < self.store.idle_until.get() {
            return Ok(Vec::new());
        }
        let due = state::due(&self.store.db, now, count)?;
        // What an open batch took away may come back.
        if due.is_empty() && !self.changed {
            self.store.idle_until.set(self.next_due()?.unwrap_or(Timestamp::from_millis(u64::MAX)));
        }
        Ok(due)
    }

    fn next_due(&self) -> Result<Option<Timestamp>, Fault> {
        state::next_due(&self.store.db)
    }

    fn archive(&self, subject: &str, after: u64, limit: usize) -> Result<Vec<Archived>, Fault> {
        queries::archive(&self.store.db, subject, after, limit)
    }

    fn tick(&mut self, wall: Timestamp) -> Result<Timestamp, Fault> {
        if wall > self.meta.clock {
            self.change(|own| {
                own.meta.clock = wall;
                own.queues.purge(&own.store.db, wall)
            })?;
        }
        Ok(self.meta.clock)
    }

    fn commit(mut self: Box<Self>) -> Result<u64, Fault> {
        self.whole()?;
        if !self.changed {
            return Ok(self.meta.commits);
        }
        match self.finish() {
            Ok(()) => {
                self.store.meta = self.meta.clone();
                Ok(self.meta.commits)
            }
            Err(fault) => {
                self.store.ended = true;
                Err(fault)
            }
        }
    }
}

impl Drop for SqliteTransaction<'_> {
    fn drop(&mut self) {
        if self.open && !self.store.db.is_autocommit() && run(&self.store.db, "ROLLBACK", []).is_err() {
            // Nobody can say what state the connection is in.
            self.store.ended = true;
        }
    }
}
