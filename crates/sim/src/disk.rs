//! A store in memory with the faults of a disk: the simulator's stand-in for SQLite.
//!
//! It keeps one image and, while a transaction runs, the list of changes that takes it back. Every
//! change returns its inverse, so dropping a transaction, a failed commit and a killed process are
//! one thing: the list is played backwards. Nothing here is random: faults come when they are told to.

mod image;
mod journal;
mod shelf;
mod transaction;

use semper_base::limits::RESTORE_SEQ_JUMP;
use semper_base::tx::{ChunkRef, Record};
use semper_base::{Code, Fault, Key, Timestamp, View, Write, Xid};
use semper_driver::store::{Store, Transaction};

use self::image::{Change, Image};
use self::transaction::ModelTransaction;

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
    /// Empty; the next transaction's list of changes has the last one's room.
    spare: Vec<Change>,
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
        if !self.image.numbers.recovering {
            // A commit whose end the last process did not see is this one's: others hear of it from now on.
            self.head = self.image.numbers.commits;
        }
        self.ended = false;
        Ok(())
    }

    /// The last commit that a process was told of: what an older copy is known by.
    #[must_use]
    pub fn head(&self) -> u64 {
        self.head
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
}

impl Store for ModelStore {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Fault> {
        if self.ended {
            return Err(Fault::new(Code::Commit, "the store must be opened again"));
        }
        Ok(Box::new(ModelTransaction::new(self)))
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
        // After a key under the prefix there is nothing to skip but that key.
        let after = after.filter(|after| *after.0 >= *prefix);
        let rows = self.image.rows.from(after.map_or(prefix, |after| &after.0));
        let rows = rows.take_while(|(key, _)| key.0.starts_with(prefix));
        let rows = rows.filter(|(key, _)| after.is_none_or(|after| *key > after));
        Ok(rows.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }
    fn chunk(&self, chunk: &ChunkRef) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.image.chunks.get(chunk).cloned())
    }
    fn archived(&self, subject: &str, limit: usize) -> Result<Vec<Record>, Fault> {
        Ok(self.image.archived(subject).take(limit).cloned().collect())
    }
    fn archived_of(&self, subject: &str, limit: usize, wanted: &dyn Fn(&Record) -> bool) -> Result<Vec<Record>, Fault> {
        Ok(self.image.archived(subject).take(limit).filter(|record| wanted(record)).cloned().collect())
    }
    fn is_archived(&self, subject: &str, bytes: &[u8]) -> Result<bool, Fault> {
        Ok(self.image.archived(subject).any(|record| record.bytes == bytes))
    }
}
