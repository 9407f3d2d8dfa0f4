//! One batch on the model's disk: applied at once, undone unless it is committed.

use std::collections::{BTreeMap, BTreeSet};

use semper_base::limits::{INBOX_WINDOW, INTEGER_MAX, OUTBOX_AGE_MAX_MS, OUTBOX_PER_PEER_MAX, OUTBOX_PURGE_MAX};
use semper_base::tx::{Body, ChunkRef, Record};
use semper_base::{Code, Fault, Hash, Key, Millis, PeerId, Timestamp, View, Write, Xid};
use semper_driver::store::{Applied, Archived, Inbox, Queued, Transaction, check_writes, question_key, question_row};

use super::image::{Change, Kept, Message, Numbers, Peer, Taken};
use super::{Bug, CommitFault, ModelStore};
#[derive(Debug)]
pub(super) struct ModelTransaction<'s> {
    store: &'s mut ModelStore,
    undo: Vec<Change>,
    /// Blobs that this batch dropped.
    dropped: BTreeSet<String>,
    /// A commit of nothing is none; whoever wrote what was there before has changed something.
    changed: bool,
    broken: Option<Fault>,
}

impl<'s> ModelTransaction<'s> {
    pub(super) fn new(store: &'s mut ModelStore) -> Self {
        let undo = std::mem::take(&mut store.spare);
        ModelTransaction { store, undo, dropped: BTreeSet::new(), changed: false, broken: None }
    }
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

    fn write(&mut self, write: Write, now: Timestamp) -> Result<(), Fault> {
        match write {
            Write::Put(key, value) => self.make(Change::Row(key, Some(value))),
            Write::Delete(key) => self.make(Change::Row(key, None)),
            Write::Insert(xid, slot, value) => self.make(Change::Register((xid, slot), Some(value))),
            Write::Archive(record) => self.make(Change::Archived(Some(Kept { at: now, record }))),
            Write::Send { to, kind, body } => self.send(to, kind, body, now),
            Write::Timer(key, at) => self.make(Change::Timer(key, at)),
            Write::Chunk(place, bytes) => self.store_chunk(place, bytes),
            Write::DropBlob(name) => self.drop_blob(name),
            Write::Ask(question) => self.make(Change::Row(question_key(&question.id), Some(question_row(&question)?))),
            Write::Unask(id) => self.make(Change::Row(question_key(&id), None)),
            Write::Tell(_) => Ok(()),
        }
    }

    /// What a planted bug does after a commit.
    fn misbehave(&mut self, before: Numbers) {
        match self.store.bug {
            Some(Bug::LyingSync) => {
                self.store.unsynced = std::mem::take(&mut self.undo);
                self.store.unsynced.insert(0, Change::Numbers(before));
            }
            Some(Bug::RewritesRegister) => {
                let wrote = self.undo.iter().any(|change| matches!(change, Change::Register(..)));
                if let Some((place, row)) = self.store.image.register.iter_mut().next().filter(|_| wrote) {
                    row.push(b' ');
                    self.store.journal.note(&[Change::Register(*place, None)]);
                }
            }
            _ => {}
        }
    }

    fn store_chunk(&mut self, place: ChunkRef, bytes: Vec<u8>) -> Result<(), Fault> {
        match self.store.image.chunks.get(&place) {
            Some(old) if *old == bytes => Ok(()),
            None if !self.dropped.contains(&place.blob) => self.make(Change::Chunk(place, Some(bytes))),
            _ => {
                let fault = Fault::new(Code::Conflict, "chunk");
                self.broken = Some(fault.clone());
                Err(fault)
            }
        }
    }

    fn drop_blob(&mut self, name: String) -> Result<(), Fault> {
        let first = ChunkRef { blob: name.clone(), index: 0 };
        let chunks = self.store.image.chunks.range(first..).take_while(|(place, _)| place.blob == name);
        for place in chunks.map(|(place, _)| place.clone()).collect::<Vec<_>>() {
            self.make(Change::Chunk(place, None))?;
        }
        self.dropped.insert(name);
        Ok(())
    }

    fn send(&mut self, to: PeerId, kind: &'static str, body: Body, now: Timestamp) -> Result<(), Fault> {
        let image = &self.store.image;
        let new = Peer { sent: image.numbers.sent_base, waiting: 0 };
        let peer = image.peers.get(&to).copied().unwrap_or(new);
        let seq = peer.sent.saturating_add(1);
        let number = image.outbox.last_key_value().map_or(1, |(last, _)| last.saturating_add(1));
        let expires = now.plus(Millis(OUTBOX_AGE_MAX_MS));
        let message = Message { peer: to, seq, kind, body, expires };
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
    fn archived(&self, subject: &str, limit: usize) -> Result<Vec<Record>, Fault> {
        View::archived(&*self.store, subject, limit)
    }
    fn archived_of(&self, subject: &str, limit: usize, wanted: &dyn Fn(&Record) -> bool) -> Result<Vec<Record>, Fault> {
        View::archived_of(&*self.store, subject, limit, wanted)
    }
    fn is_archived(&self, subject: &str, bytes: &[u8]) -> Result<bool, Fault> {
        self.store.is_archived(subject, bytes)
    }
}

impl Transaction for ModelTransaction<'_> {
    fn take(&mut self, writes: &mut Vec<Write>, now: Timestamp) -> Result<Applied, Fault> {
        self.whole()?;
        self.not_recovering()?;
        check_writes(writes)?;
        if let Some(conflict) = self.conflict(writes) {
            return Ok(conflict);
        }
        self.check_room(writes)?;
        self.changed |= !writes.is_empty();
        writes.drain(..).try_for_each(|write| self.write(write, now))?;
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
                messages.push(Queued { seq: m.seq, prev, kind: m.kind.to_owned(), body: m.body.clone() });
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
        Ok(self.store.image.chained(subject, usize::try_from(after).unwrap_or(usize::MAX), limit))
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
        self.misbehave(numbers);
        self.undo.clear();
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
        self.store.spare = std::mem::take(&mut self.undo);
    }
}
