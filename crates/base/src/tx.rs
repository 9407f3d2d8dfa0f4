//! One step's view of a party's store: reads go through, writes are gathered.
//!
//! A step never touches the disk. It reads through a [`View`] and gathers [`Write`]s in a [`Tx`],
//! which also answers reads of what the same step wrote before. The driver applies the writes of
//! the steps that advanced, in one transaction, commits, and only then lets anything out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::code::{Code, Fault};
use crate::hash::Hash;
use crate::id::{PeerId, Xid};
use crate::limits::EFFECTS_PER_STEP_MAX;
use crate::time::Timestamp;

/// The name of a row: a table word, a slash, and an id whose beginning is a time where the row is
/// one of many (ordered keys are several times cheaper than random ones).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key(pub String);

/// A slash and 64 digits.
const KEY_ID_USUAL_BYTES: usize = 65;

impl Key {
    /// `table/id`.
    #[must_use]
    pub fn new(table: &'static str, id: impl std::fmt::Display) -> Self {
        // Most ids are hashes: with this much room from the start the text is not moved while it is written.
        let mut text = String::with_capacity(table.len().saturating_add(KEY_ID_USUAL_BYTES));
        text.push_str(table);
        // Writing into memory does not fail.
        let _ = write!(text, "/{id}");
        Key(text)
    }
}

/// A chunk of a blob: large content that is written once and found by its place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ChunkRef {
    /// Which blob.
    pub blob: String,
    /// Which chunk of it, from 0.
    pub index: u64,
}

/// Read access to a party's store as of now, including what this batch wrote before.
pub trait View {
    /// The row, if there is one.
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, Fault>;
    /// The register row of `(xid, slot)`, if it was ever written. Rows are never changed.
    fn register(&self, xid: &Xid, slot: &'static str) -> Result<Option<Vec<u8>>, Fault>;
    /// At most `limit` rows whose key starts with `prefix`, in key order, after `after`.
    fn scan(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, Fault>;
    /// A chunk of a blob.
    fn chunk(&self, chunk: &ChunkRef) -> Result<Option<Vec<u8>>, Fault>;
    /// What was archived under a subject, in order, at most `limit` objects.
    fn archived(&self, subject: &str, limit: usize) -> Result<Vec<Record>, Fault>;
    /// Those among them that are wanted. A store that holds them in memory copies no others.
    fn archived_of(&self, subject: &str, limit: usize, wanted: &dyn Fn(&Record) -> bool) -> Result<Vec<Record>, Fault> {
        let mut records = self.archived(subject, limit)?;
        records.retain(wanted);
        Ok(records)
    }
    /// Whether these very bytes were archived under a subject.
    fn is_archived(&self, subject: &str, bytes: &[u8]) -> Result<bool, Fault>;
}

/// What an archived object is worth keeping for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A statement that may decide a dispute: kept until it expires, never dropped before.
    Evidence,
    /// What the trusted screen showed and who consented.
    Transcript,
    /// A trace of somebody's misbehaviour; bounded per peer and day.
    Misdeed,
}

/// An object for the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The deal or exchange it belongs to, as written in the index (`xid:…`, `deal:…`, `peer:…`).
    pub subject: String,
    /// What it is: a statement kind or `transcript`, `certificate`, `crl`, `misdeed`.
    pub kind: String,
    /// The exact bytes as received or signed.
    pub bytes: Vec<u8>,
    /// Why it is kept.
    pub need: Need,
    /// When it may go.
    pub expires: Timestamp,
}

/// What a queued message carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// JSON text, stored in the outbox itself.
    Inline(Vec<u8>),
    /// A chunk that is read when the message leaves, so that content is not stored twice. `head` is
    /// the JSON object to which the member `data` (base64url) is added.
    Chunk {
        /// The JSON object without its `data`.
        head: Vec<u8>,
        /// Where the data is.
        chunk: ChunkRef,
    },
}

/// A question to the user, held until it is answered. Only the trusted screen can answer one.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Stable id: the same question asked again has the same id.
    pub id: String,
    /// Which machine waits (`machine/…` key).
    pub asker: String,
    /// The unsigned payload, canonical JSON: the screen is computed from exactly these bytes.
    pub payload: String,
    /// Statement kind that the answer will be.
    pub kind: String,
    /// The key that signs if the user agrees.
    pub key: crate::id::KeyId,
    /// An approval already given that may cover this (hash of the approved statement).
    pub follows: Option<Hash>,
}

/// One change to the store, or one thing to do after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Set a row.
    Put(Key, Vec<u8>),
    /// Remove a row.
    Delete(Key),
    /// Write a register row; the driver runs the step again if another node wrote it first.
    Insert(Xid, &'static str, Vec<u8>),
    /// Append to the archive.
    Archive(Record),
    /// Queue a message; the driver gives it the next sequence number of that peer.
    Send {
        /** receiver */
        to: PeerId,
        /** message kind */
        kind: &'static str,
        /** content */
        body: Body,
    },
    /// Wake `Key`'s machine at a time, or never.
    Timer(Key, Option<Timestamp>),
    /// Store a chunk; durable before the commit returns.
    Chunk(ChunkRef, Vec<u8>),
    /// Remove a blob with all its chunks; its name may be used again by a later batch, not by this one.
    /// Nothing that waits in a queue may refer to it.
    DropBlob(String),
    /// Ask the user.
    Ask(Question),
    /// Withdraw a question.
    Unask(String),
    /// Tell the local user or operator, after the commit; lost on a crash, never relied on.
    Tell(Notice),
}

/// Something that happened, for the screen of the local user or operator.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Notice {
    /// What happened, a stable word such as `held`.
    pub event: String,
    /// The deal or exchange.
    pub subject: String,
    /// One sentence without personal data.
    pub text: String,
}

/// Writes of most steps.
const WRITES_USUAL: usize = 16;

/// A step's gathered writes over a [`View`].
pub struct Tx<'a> {
    view: &'a dyn View,
    /// Where in `writes` the last write of a row stands.
    rows: BTreeMap<Key, usize>,
    inserts: BTreeMap<(Xid, &'static str), usize>,
    writes: Vec<Write>,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tx({} writes)", self.writes.len())
    }
}

impl<'a> Tx<'a> {
    /// Nothing written yet.
    #[must_use]
    pub fn new(view: &'a dyn View) -> Self {
        Tx { view, rows: BTreeMap::new(), inserts: BTreeMap::new(), writes: Vec::with_capacity(WRITES_USUAL) }
    }

    /// The row as this step sees it.
    pub fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, Fault> {
        match self.rows.get(key) {
            Some(at) => Ok(self.written(*at).cloned()),
            None => self.view.get(key),
        }
    }

    /// What a write of this step put into a row or slot; none if it removed the row.
    fn written(&self, at: usize) -> Option<&Vec<u8>> {
        match self.writes.get(at) {
            Some(Write::Put(_, value) | Write::Insert(_, _, value)) => Some(value),
            _ => None,
        }
    }

    /// The register row as this step sees it.
    pub fn register(&self, xid: &Xid, slot: &'static str) -> Result<Option<Vec<u8>>, Fault> {
        match self.inserts.get(&(*xid, slot)) {
            Some(at) => Ok(self.written(*at).cloned()),
            None => self.view.register(xid, slot),
        }
    }

    /// Rows under `prefix`, this step's own writes included.
    pub fn scan(&self, prefix: &str, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, Fault> {
        self.scan_after(prefix, None, limit)
    }

    /// Rows under `prefix` after the key `after`, this step's own writes included: a page of a long list.
    pub fn scan_after(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, Fault> {
        // Own deletions may hide stored rows, so read that many more.
        let own = self.rows.range(Key(prefix.to_owned())..).take_while(|(key, _)| key.0.starts_with(prefix));
        let own: BTreeMap<_, _> = own.filter(|(key, _)| after.is_none_or(|after| *key > after)).collect();
        if own.is_empty() {
            return self.view.scan(prefix, after, limit);
        }
        let mut rows: BTreeMap<Key, Vec<u8>> =
            self.view.scan(prefix, after, limit.saturating_add(own.len()))?.into_iter().collect();
        for (key, at) in own {
            match self.written(*at) {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_iter().take(limit).collect())
    }

    /// A stored chunk as this step sees it: the last chunk of goods may come when they are to be looked at.
    pub fn chunk(&self, chunk: &ChunkRef) -> Result<Option<Vec<u8>>, Fault> {
        let own = self.writes.iter().rev().find_map(|write| match write {
            Write::Chunk(place, bytes) if place == chunk => Some(Some(bytes.clone())),
            Write::DropBlob(name) if *name == chunk.blob => Some(None),
            _ => None,
        });
        own.map_or_else(|| self.view.chunk(chunk), Ok)
    }

    /// What was archived under a subject, in order, what this step archives included; at most `limit` objects.
    pub fn archived(&self, subject: &str, limit: usize) -> Result<Vec<Record>, Fault> {
        let mut records = self.view.archived(subject, limit)?;
        let own = self.own_records(subject).take(limit.saturating_sub(records.len()));
        records.extend(own.cloned());
        Ok(records)
    }

    /// Those among the first `limit` objects archived under a subject that are wanted, what this step archives included.
    pub fn archived_of(
        &self,
        subject: &str,
        limit: usize,
        wanted: &dyn Fn(&Record) -> bool,
    ) -> Result<Vec<Record>, Fault> {
        let mut records = self.view.archived_of(subject, limit, wanted)?;
        let own = self.own_records(subject).filter(|record| wanted(record));
        records.extend(own.take(limit.saturating_sub(records.len())).cloned());
        Ok(records)
    }

    /// Whether these very bytes were archived under a subject, by this step or before.
    pub fn is_archived(&self, subject: &str, bytes: &[u8]) -> Result<bool, Fault> {
        let own = self.own_records(subject).any(|record| record.bytes == bytes);
        if own { Ok(true) } else { self.view.is_archived(subject, bytes) }
    }

    fn own_records(&self, subject: &str) -> impl Iterator<Item = &Record> {
        self.writes.iter().filter_map(move |write| match write {
            Write::Archive(record) if record.subject == subject => Some(record),
            _ => None,
        })
    }

    /// Sets a row.
    pub fn put(&mut self, key: Key, value: Vec<u8>) {
        self.rows.insert(key.clone(), self.writes.len());
        self.writes.push(Write::Put(key, value));
    }

    /// Removes a row.
    pub fn delete(&mut self, key: Key) {
        self.rows.insert(key.clone(), self.writes.len());
        self.writes.push(Write::Delete(key));
    }

    /// Writes `(xid, slot)` if it is free. Returns the row that stands: ours, or the earlier one.
    pub fn insert(&mut self, xid: Xid, slot: &'static str, value: Vec<u8>) -> Result<Inserted, Fault> {
        if let Some(earlier) = self.register(&xid, slot)? {
            return Ok(Inserted::Earlier(earlier));
        }
        self.inserts.insert((xid, slot), self.writes.len());
        self.writes.push(Write::Insert(xid, slot, value));
        Ok(Inserted::New)
    }

    /// Queues any other write.
    pub fn push(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// The writes as they stand, to come back to.
    #[must_use]
    pub fn save(&self) -> Saved {
        Saved(self.writes.len())
    }

    /// Drops every write since `saved`.
    pub fn rewind(&mut self, saved: Saved) {
        self.writes.truncate(saved.0);
        self.rows.clear();
        self.inserts.clear();
        for (at, write) in self.writes.iter().enumerate() {
            match write {
                Write::Put(key, _) | Write::Delete(key) => drop(self.rows.insert(key.clone(), at)),
                Write::Insert(xid, slot, _) => drop(self.inserts.insert((*xid, slot), at)),
                _ => {}
            }
        }
    }

    /// The gathered writes, in order; refuses more than a step may cause.
    pub fn into_writes(self) -> Result<Vec<Write>, Fault> {
        if self.writes.len() > EFFECTS_PER_STEP_MAX {
            return Err(Fault::new(Code::Overloaded, "effects of one step"));
        }
        Ok(self.writes)
    }
}

/// See [`Tx::save`]: how many writes there were.
#[derive(Clone, Copy, Debug)]
pub struct Saved(usize);

/// What became of [`Tx::insert`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// The slot was free and is now ours.
    New,
    /// The slot was written before; this is what stands there.
    Earlier(Vec<u8>),
}
