//! A store that notes what is written through it, so that a floor can write the same, bare.

use std::sync::{Arc, Mutex, PoisonError};

use semper_base::tx::{Body, ChunkRef, Record};
use semper_base::{Fault, Hash, Key, PeerId, Timestamp, View, Write, Xid};
use semper_driver::store::{Applied, Archived, Inbox, Queued, Store, Transaction};
use semper_store::SqliteStore;

/// What was written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    /// Rows that have a key, in order.
    pub(crate) rows: Vec<(Vec<u8>, Vec<u8>)>,
    /// Statements that are kept, with what they belong to.
    pub(crate) kept: Vec<(Vec<u8>, Vec<u8>)>,
    /// Objects that are only appended: outbox, chunks.
    pub(crate) appended: Vec<Vec<u8>>,
    /// All of it, as it came.
    pub(crate) writes: Vec<Write>,
}

impl Written {
    fn note(&mut self, write: &Write) {
        self.writes.push(write.clone());
        let key = |key: &Key| key.0.clone().into_bytes();
        match write {
            Write::Put(row, value) => self.rows.push((key(row), value.clone())),
            Write::Insert(xid, slot, value) => {
                self.rows.push(([xid.0.bytes().as_slice(), slot.as_bytes()].concat(), value.clone()));
            }
            Write::Timer(row, Some(at)) => self.rows.push((key(row), at.millis().to_be_bytes().to_vec())),
            Write::Archive(record) => self.kept.push((record.subject.clone().into_bytes(), record.bytes.clone())),
            Write::Send { body: Body::Inline(body), .. } => self.appended.push(body.clone()),
            Write::Send { body: Body::Chunk { head, .. }, .. } => self.appended.push(head.clone()),
            Write::Chunk(_, bytes) => self.appended.push(bytes.clone()),
            Write::Ask(question) => self.rows.push((question.id.clone().into_bytes(), question.payload.clone().into())),
            Write::Timer(_, None) | Write::Delete(_) | Write::DropBlob(_) | Write::Unask(_) | Write::Tell(_) => {}
        }
    }
}

/// Where a [`Recorder`] notes.
pub(crate) type Notes = Arc<Mutex<Written>>;

/// Takes what was noted so far.
pub(crate) fn take(notes: &Notes) -> Written {
    std::mem::take(&mut *notes.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The store in front of which everything is noted.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) store: SqliteStore,
    pub(crate) notes: Notes,
}

impl Store for Recorder {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Fault> {
        let inner = self.store.begin()?;
        Ok(Box::new(Recording { inner, notes: Arc::clone(&self.notes) }))
    }
}

struct Recording<'a> {
    inner: Box<dyn Transaction + 'a>,
    notes: Notes,
}

impl View for Recording<'_> {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, Fault> {
        self.inner.get(key)
    }
    fn register(&self, xid: &Xid, slot: &'static str) -> Result<Option<Vec<u8>>, Fault> {
        self.inner.register(xid, slot)
    }
    fn scan(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, Fault> {
        self.inner.scan(prefix, after, limit)
    }
    fn chunk(&self, chunk: &ChunkRef) -> Result<Option<Vec<u8>>, Fault> {
        self.inner.chunk(chunk)
    }
    fn archived(&self, subject: &str, limit: usize) -> Result<Vec<Record>, Fault> {
        self.inner.archived(subject, limit)
    }
    fn is_archived(&self, subject: &str, bytes: &[u8]) -> Result<bool, Fault> {
        self.inner.is_archived(subject, bytes)
    }
}

impl Transaction for Recording<'_> {
    fn take(&mut self, writes: &mut Vec<Write>, now: Timestamp) -> Result<Applied, Fault> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        for write in &*writes {
            notes.note(write);
        }
        drop(notes);
        self.inner.take(writes, now)
    }
    fn inbox(&mut self, peer: &PeerId, seq: u64, prev: u64, hash: &Hash) -> Result<Inbox, Fault> {
        let key = [peer.0.bytes().as_slice(), &seq.to_be_bytes()].concat();
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).rows.push((key, hash.bytes().to_vec()));
        self.inner.inbox(peer, seq, prev, hash)
    }
    fn inbox_rejected(&mut self, peer: &PeerId, seq: u64, code: u16) -> Result<(), Fault> {
        self.inner.inbox_rejected(peer, seq, code)
    }
    fn outbox(&self, peer: &PeerId, after: u64, limit: usize, now: Timestamp) -> Result<Vec<Queued>, Fault> {
        self.inner.outbox(peer, after, limit, now)
    }
    fn outbox_peers(&self) -> Result<Vec<PeerId>, Fault> {
        self.inner.outbox_peers()
    }
    fn acknowledge(&mut self, peer: &PeerId, seq: u64) -> Result<(), Fault> {
        self.inner.acknowledge(peer, seq)
    }
    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Key>, Fault> {
        self.inner.due(now, limit)
    }
    fn next_due(&self) -> Result<Option<Timestamp>, Fault> {
        self.inner.next_due()
    }
    fn archive(&self, subject: &str, after: u64, limit: usize) -> Result<Vec<Archived>, Fault> {
        self.inner.archive(subject, after, limit)
    }
    fn tick(&mut self, wall: Timestamp) -> Result<Timestamp, Fault> {
        self.inner.tick(wall)
    }
    fn commit(self: Box<Self>) -> Result<u64, Fault> {
        self.inner.commit()
    }
}
