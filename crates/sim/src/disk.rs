//! A store in memory with the faults of a disk: the simulator's stand-in for SQLite.
//!
//! It keeps one image and, while a transaction runs, the list of changes that takes it back. Every
//! change returns its inverse, so dropping a transaction, a failed commit and a killed process are
//! one thing: the list is played backwards. Nothing here is random: faults come when they are told to.

mod image;
mod journal;

use std::collections::{BTreeMap, BTreeSet};

use semper_base::limits::{
    INBOX_WINDOW, INTEGER_MAX, OUTBOX_AGE_MAX_MS, OUTBOX_PER_PEER_MAX, OUTBOX_PURGE_MAX, RESTORE_SEQ_JUMP,
};
use semper_base::tx::{Body, ChunkRef, Record};
use semper_base::{Code, Fault, Hash, Key, Millis, PeerId, Timestamp, View, Write, Xid};
use semper_driver::store::{
    Applied, Archived, Inbox, Queued, Store, Transaction, check_writes, question_key, question_row,
};

use self::image::{Change, Image, Message, Numbers, Peer, Taken};

pub use self::journal::{Bug, Changed, Journal};

/// How the next commit fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommitFault {
    /// Nothing of the batch is on disk.
    Lost,
    /// The batch is on disk, but the process was not told.
    Unknown,
}

/// A party's store in the simulation. A clone is another disk with the same content.
#[derive(Clone, Debug, Default)]
pub struct ModelStore {
    image: Image,
    /// What the head file says.
    head: u64,
    full: bool,
    next_commit: Option<CommitFault>,
    ended: bool,
    journal: Journal,
    bug: Option<Bug>,
    /// Takes the last commit back, for a disk whose sync lies.
    unsynced: Vec<Change>,
}

/// A copy of a party's data directory, without the head file outside it.
#[derive(Clone, Debug)]
pub struct Snapshot(Image);

impl ModelStore {
    /// An empty store, open.
    #[must_use]
    pub fn new() -> Self {
        ModelStore::default()
    }

    /// Makes the next commit fail.
    pub fn fail_commit(&mut self, fault: CommitFault) {
        self.next_commit = Some(fault);
    }

    /// The next commit goes well after all.
    pub fn heal(&mut self) {
        self.next_commit = None;
    }

    /// While the disk is full, every change is refused.
    pub fn set_full(&mut self, full: bool) {
        self.full = full;
    }

    /// What commits change from now on.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// From now on the disk is wrong in a way that disks are not.
    pub fn plant(&mut self, bug: Bug) {
        self.bug = Some(bug);
    }

    /// The process dies. What was committed stays; the store refuses all until [`ModelStore::reopen`].
    pub fn crash(&mut self) {
        for change in std::mem::take(&mut self.unsynced).into_iter().rev() {
            self.image.make(change);
        }
        self.ended = true;
    }

    /// A new process opens the store; refused if it is an old copy (`DatabaseStale`).
    pub fn reopen(&mut self) -> Result<(), Fault> {
        let is_old = !self.image.numbers.recovering && self.head > self.image.numbers.commits;
        if is_old && self.bug != Some(Bug::OpensOldCopies) {
            return Err(Fault::new(Code::DatabaseStale, ""));
        }
        self.ended = false;
        Ok(())
    }

    /// A new process opens the store after a restore: it takes nothing new until
    /// [`ModelStore::confirm_recovery`].
    pub fn recover(&mut self) {
        self.image.numbers.recovering = true;
        self.ended = false;
    }

    /// Whether the store waits for the operator's confirmation.
    #[must_use]
    pub fn is_recovering(&self) -> bool {
        self.image.numbers.recovering
    }

    /// The operator says that there is no newer copy.
    pub fn confirm_recovery(&mut self) {
        let numbers = &mut self.image.numbers;
        if std::mem::take(&mut numbers.recovering) {
            numbers.commits = numbers.commits.max(self.head).saturating_add(1);
            numbers.sent_base = numbers.sent_base.saturating_add(RESTORE_SEQ_JUMP);
            self.head = numbers.commits;
            self.image.peers.values_mut().for_each(|peer| peer.sent = numbers.sent_base);
        }
    }

    /// Copies the data directory.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.image.clone())
    }

    /// Puts a copy of the data directory back under a process that has stopped.
    pub fn restore(&mut self, snapshot: Snapshot) {
        self.image = snapshot.0;
        self.ended = true;
    }

    /// The number of the last commit: how many there were since the store was new.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.image.numbers.commits
    }

    /// What the operator does before the first start: puts the market's root into the data directory.
    pub fn set_up_root(&mut self, der: &[u8]) -> Result<(), Fault> {
        self.reopen()?;
        let mut transaction = self.begin()?;
        let writes = [
            Write::Put(Key::new("trust", "root"), der.to_vec()),
            Write::Put(Key::new("trust", "epoch"), b"1".to_vec()),
        ];
        let _ = transaction.apply(&writes, Timestamp::EPOCH)?;
        transaction.commit().map(drop)
    }

    /// Changes what stands in a chunk, as a liar may do on its own disk. False if it is not there.
    pub fn change_chunk(&mut self, blob_prefix: &str, index: u64, change: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut chunks = self.image.chunks.iter_mut();
        let found = chunks.find(|(place, _)| place.blob.starts_with(blob_prefix) && place.index == index);
        found.map(|(_, bytes)| change(bytes)).is_some()
    }

    /// Everything archived, for oracles.
    #[must_use]
    pub fn archived(&self) -> &[Archived] {
        &self.image.archive
    }
}

impl Store for ModelStore {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Fault> {
        if self.ended {
            return Err(Fault::new(Code::Commit, "the store must be opened again"));
        }
        let dropped = BTreeSet::new();
        Ok(Box::new(ModelTransaction { store: self, undo: Vec::new(), dropped, changed: false, broken: None }))
    }
}

impl View for ModelStore {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.image.rows.get(key).cloned())
    }
    fn register(&self, xid: &Xid, slot: &'static str) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.image.register.get(&(*xid, slot)).cloned())
    }
    fn scan(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, Fault> {
        let rows = self.image.rows.range(Key(prefix.to_owned())..);
        let rows = rows.take_while(|(key, _)| key.0.starts_with(prefix));
        let rows = rows.filter(|(key, _)| after.is_none_or(|after| *key > after));
        Ok(rows.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }
    fn chunk(&self, chunk: &ChunkRef) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.image.chunks.get(chunk).cloned())
    }
}

#[derive(Debug)]
struct ModelTransaction<'s> {
    store: &'s mut ModelStore,
    undo: Vec<Change>,
    /// Blobs that this batch dropped.
    dropped: BTreeSet<String>,
    /// A commit of nothing is none; whoever wrote what was there before has changed something.
    changed: bool,
    broken: Option<Fault>,
}

impl ModelTransaction<'_> {
    fn make(&mut self, change: Change) -> Result<(), Fault> {
        self.whole()?;
        let instead = match self.store.bug {
            Some(bug) => bug.instead(change, &self.store.image),
            None => Some(change),
        };
        let Some(change) = instead else { return Ok(()) };
        if self.store.full {
            let fault = Fault::new(Code::DiskFull, "");
            self.broken = Some(fault.clone());
            return Err(fault);
        }
        let inverse = self.store.image.make(change);
        self.undo.push(inverse);
        Ok(())
    }

    fn whole(&self) -> Result<(), Fault> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    fn not_recovering(&self) -> Result<(), Fault> {
        if self.store.is_recovering() { Err(Fault::new(Code::Recovering, "")) } else { Ok(()) }
    }

    fn roll_back(&mut self) {
        for change in self.undo.drain(..).rev() {
            self.store.image.make(change);
        }
    }

    fn conflict(&self, writes: &[Write]) -> Option<Applied> {
        let mut own = BTreeSet::new();
        writes.iter().find_map(|write| {
            let Write::Insert(xid, slot, _) = write else { return None };
            let free = own.insert((*xid, *slot)) && !self.store.image.register.contains_key(&(*xid, *slot));
            (!free).then_some(Applied::Conflict(*xid, slot))
        })
    }

    fn check_room(&self, writes: &[Write]) -> Result<(), Fault> {
        let mut waiting: BTreeMap<PeerId, u64> = BTreeMap::new();
        for write in writes {
            let Write::Send { to, .. } = write else { continue };
            let stored = self.store.image.peers.get(to).map_or(0, |peer| peer.waiting);
            let count = waiting.entry(*to).or_insert(stored);
            *count = count.saturating_add(1);
            if *count > OUTBOX_PER_PEER_MAX {
                return Err(Fault::new(Code::Overloaded, ""));
            }
        }
        Ok(())
    }

    fn write(&mut self, write: &Write, now: Timestamp) -> Result<(), Fault> {
        match write {
            Write::Put(key, value) => self.make(Change::Row(key.clone(), Some(value.clone()))),
            Write::Delete(key) => self.make(Change::Row(key.clone(), None)),
            Write::Insert(xid, slot, value) => self.make(Change::Register((*xid, slot), Some(value.clone()))),
            Write::Archive(record) => self.keep(record, now),
            Write::Send { to, kind, body } => self.send(*to, kind, body, now),
            Write::Timer(key, at) => self.make(Change::Timer(key.clone(), *at)),
            Write::Chunk(place, bytes) => self.store_chunk(place, bytes),
            Write::DropBlob(name) => self.drop_blob(name),
            Write::Ask(question) => self.make(Change::Row(question_key(&question.id), Some(question_row(question)?))),
            Write::Unask(id) => self.make(Change::Row(question_key(id), None)),
            Write::Tell(_) => Ok(()),
        }
    }

    /// What a planted bug does after a commit.
    fn misbehave(&mut self, undo: Vec<Change>, before: Numbers) {
        match self.store.bug {
            Some(Bug::LyingSync) => {
                self.store.unsynced = undo;
                self.store.unsynced.insert(0, Change::Numbers(before));
            }
            Some(Bug::RewritesRegister) => {
                let wrote = undo.iter().any(|change| matches!(change, Change::Register(..)));
                if let Some((place, row)) = self.store.image.register.iter_mut().next().filter(|_| wrote) {
                    row.push(b' ');
                    self.store.journal.note(&[Change::Register(*place, None)]);
                }
            }
            _ => {}
        }
    }

    fn store_chunk(&mut self, place: &ChunkRef, bytes: &[u8]) -> Result<(), Fault> {
        match self.store.image.chunks.get(place) {
            Some(old) if old == bytes => Ok(()),
            None if !self.dropped.contains(&place.blob) => {
                self.make(Change::Chunk(place.clone(), Some(bytes.to_vec())))
            }
            _ => {
                let fault = Fault::new(Code::Conflict, "chunk");
                self.broken = Some(fault.clone());
                Err(fault)
            }
        }
    }

    fn drop_blob(&mut self, name: &str) -> Result<(), Fault> {
        let first = ChunkRef { blob: name.to_owned(), index: 0 };
        let chunks = self.store.image.chunks.range(first..).take_while(|(place, _)| place.blob == name);
        for place in chunks.map(|(place, _)| place.clone()).collect::<Vec<_>>() {
            self.make(Change::Chunk(place, None))?;
        }
        self.dropped.insert(name.to_owned());
        Ok(())
    }

    fn keep(&mut self, record: &Record, at: Timestamp) -> Result<(), Fault> {
        let image = &self.store.image;
        let link = Archived::link_after(&image.numbers.link, record, at);
        let number = (image.archive.len() as u64).saturating_add(1);
        let numbers = Numbers { link, ..image.numbers };
        self.make(Change::Archived(Some(Archived { number, link, at, record: record.clone() })))?;
        self.make(Change::Numbers(numbers))
    }

    fn send(&mut self, to: PeerId, kind: &str, body: &Body, now: Timestamp) -> Result<(), Fault> {
        let image = &self.store.image;
        let new = Peer { sent: image.numbers.sent_base, waiting: 0 };
        let peer = image.peers.get(&to).copied().unwrap_or(new);
        let seq = peer.sent.saturating_add(1);
        let number = image.outbox.last_key_value().map_or(1, |(last, _)| last.saturating_add(1));
        let expires = now.plus(Millis(OUTBOX_AGE_MAX_MS));
        let message = Message { peer: to, seq, kind: kind.to_owned(), body: body.clone(), expires };
        self.make(Change::Peer(to, Some(Peer { sent: seq, waiting: peer.waiting.saturating_add(1) })))?;
        self.make(Change::Message(number, Some(message)))
    }

    fn drop_message(&mut self, place: (PeerId, u64)) -> Result<(), Fault> {
        if self.store.bug == Some(Bug::KeepsQueue) {
            return Ok(());
        }
        let image = &self.store.image;
        let (Some(number), Some(peer)) = (image.queues.get(&place), image.peers.get(&place.0)) else {
            return Ok(());
        };
        let (number, peer) = (*number, Peer { waiting: peer.waiting.saturating_sub(1), ..*peer });
        self.make(Change::Message(number, None))?;
        self.make(Change::Peer(place.0, Some(peer)))
    }
}

impl View for ModelTransaction<'_> {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, Fault> {
        self.store.get(key)
    }
    fn register(&self, xid: &Xid, slot: &'static str) -> Result<Option<Vec<u8>>, Fault> {
        self.store.register(xid, slot)
    }
    fn scan(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, Fault> {
        self.store.scan(prefix, after, limit)
    }
    fn chunk(&self, chunk: &ChunkRef) -> Result<Option<Vec<u8>>, Fault> {
        self.store.chunk(chunk)
    }
}

impl Transaction for ModelTransaction<'_> {
    fn apply(&mut self, writes: &[Write], now: Timestamp) -> Result<Applied, Fault> {
        self.whole()?;
        self.not_recovering()?;
        check_writes(writes)?;
        if let Some(conflict) = self.conflict(writes) {
            return Ok(conflict);
        }
        self.check_room(writes)?;
        self.changed |= !writes.is_empty();
        writes.iter().try_for_each(|write| self.write(write, now))?;
        Ok(Applied::Done)
    }

    fn inbox(&mut self, peer: &PeerId, seq: u64, prev: u64, hash: &Hash) -> Result<Inbox, Fault> {
        self.whole()?;
        if seq == 0 || seq > INTEGER_MAX {
            return Ok(Inbox::Stale);
        }
        let last = self.store.image.last_taken(peer);
        if seq > last && prev > last {
            return Ok(Inbox::Early(last));
        }
        if seq > last {
            self.not_recovering()?;
            self.changed = true;
            self.make(Change::Taken((*peer, seq), Some(Taken { hash: *hash, code: None })))?;
            let old = self.store.image.inbox.range((*peer, 0)..=(*peer, seq.saturating_sub(INBOX_WINDOW)));
            for key in old.map(|(key, _)| *key).collect::<Vec<_>>() {
                self.make(Change::Taken(key, None))?;
            }
            return Ok(Inbox::New);
        }
        if last.saturating_sub(seq) >= INBOX_WINDOW {
            return Ok(Inbox::Again(None));
        }
        let taken = self.store.image.inbox.get(&(*peer, seq)).filter(|taken| taken.hash == *hash);
        Ok(taken.map_or(Inbox::Stale, |taken| Inbox::Again(taken.code)))
    }

    fn inbox_rejected(&mut self, peer: &PeerId, seq: u64, code: u16) -> Result<(), Fault> {
        self.whole()?;
        self.changed = true;
        match self.store.image.inbox.get(&(*peer, seq)).copied() {
            Some(taken) => self.make(Change::Taken((*peer, seq), Some(Taken { code: Some(code), ..taken }))),
            None => Ok(()),
        }
    }

    fn outbox(&self, peer: &PeerId, after: u64, limit: usize, now: Timestamp) -> Result<Vec<Queued>, Fault> {
        let image = &self.store.image;
        let places = image.queues.range((*peer, 0)..=(*peer, u64::MAX)).filter_map(|(_, n)| image.outbox.get(n));
        let mut prev = 0;
        let mut messages = Vec::new();
        for m in places.filter(|m| m.expires > now) {
            if m.seq > after && messages.len() < limit {
                messages.push(Queued { seq: m.seq, prev, kind: m.kind.clone(), body: m.body.clone() });
            }
            prev = m.seq;
        }
        Ok(messages)
    }

    fn outbox_peers(&self) -> Result<Vec<PeerId>, Fault> {
        let waiting = self.store.image.peers.iter().filter(|(_, peer)| peer.waiting > 0);
        Ok(waiting.map(|(id, _)| *id).collect())
    }

    fn acknowledge(&mut self, peer: &PeerId, seq: u64) -> Result<(), Fault> {
        self.whole()?;
        self.changed = true;
        self.drop_message((*peer, seq))
    }

    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Key>, Fault> {
        let due = self.store.image.timers_by_time.iter().take_while(|(at, _)| *at <= now);
        Ok(due.take(limit).map(|(_, key)| key.clone()).collect())
    }

    fn next_due(&self) -> Result<Option<Timestamp>, Fault> {
        Ok(self.store.image.timers_by_time.first().map(|(at, _)| *at))
    }

    fn archive(&self, subject: &str, after: u64, limit: usize) -> Result<Vec<Archived>, Fault> {
        let of_subject = |a: &&Archived| a.number > after && (subject.is_empty() || a.record.subject == subject);
        Ok(self.store.image.archive.iter().filter(of_subject).take(limit).cloned().collect())
    }

    fn tick(&mut self, wall: Timestamp) -> Result<Timestamp, Fault> {
        let numbers = self.store.image.numbers;
        if wall <= numbers.clock {
            return Ok(numbers.clock);
        }
        self.changed = true;
        self.make(Change::Numbers(Numbers { clock: wall, ..numbers }))?;
        let oldest = self.store.image.outbox.values().take(OUTBOX_PURGE_MAX).take_while(|m| m.expires <= wall);
        for place in oldest.map(|m| (m.peer, m.seq)).collect::<Vec<_>>() {
            self.drop_message(place)?;
        }
        Ok(wall)
    }

    fn commit(mut self: Box<Self>) -> Result<u64, Fault> {
        self.whole()?;
        let numbers = self.store.image.numbers;
        if !self.changed {
            return Ok(numbers.commits);
        }
        let fault = self.store.next_commit.take();
        self.store.ended = fault.is_some();
        if fault == Some(CommitFault::Lost) {
            return Err(Fault::new(Code::Commit, "nothing was written"));
        }
        let commits = numbers.commits.saturating_add(1);
        self.store.image.numbers.commits = commits;
        self.store.journal.note(&self.undo);
        let undo = std::mem::take(&mut self.undo);
        self.misbehave(undo, numbers);
        if fault.is_some() {
            return Err(Fault::new(Code::Commit, "the outcome is unknown"));
        }
        if !numbers.recovering {
            self.store.head = commits;
        }
        Ok(commits)
    }
}

impl Drop for ModelTransaction<'_> {
    fn drop(&mut self) {
        self.roll_back();
    }
}
