//! Reading beside the writer, or when no process runs.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use semper_base::tx::{ChunkRef, Record};
use semper_base::{Code, Fault, Hash, Key, PeerId, Timestamp, View, Xid};
use semper_driver::store::{Archived, Queued};

use crate::fault::OrFault as _;
use crate::open::{BLOBS_FOLDER, DATABASE_FILE, about, connect};
use crate::{outbox, queries, register, schema, state};

/// A read-only connection: sees what is committed, never waits for the writer and never stops it.
/// For pages and for `semper deal show`.
#[derive(Debug)]
pub struct SqliteReader {
    db: Connection,
    blobs: PathBuf,
}

/// How a party's store stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The latest time that the party acted at.
    pub clock: Timestamp,
    /// The number of the last commit.
    pub commits: u64,
    /// How many objects the archive holds.
    pub archived: u64,
    /// The link of the last one; zero if there is none.
    pub link: Hash,
    /// Whether the party was restored and waits for the operator.
    pub recovering: bool,
}

impl SqliteReader {
    /// Opens the database of `directory` for reading, whether or not a process writes to it.
    /// Faults: `DatabaseMissing` (also for one of an older version), `DatabaseNewer`, `DatabaseCorrupt`, `Disk`.
    pub fn open_read_only(directory: &Path) -> Result<Self, Fault> {
        let path = directory.join(DATABASE_FILE);
        if !path.is_file() {
            return Err(Fault::new(Code::DatabaseMissing, path.display().to_string()));
        }
        let db = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        schema::look(&db).and_then(schema::require_current).map_err(|fault| about(&path, &fault))?;
        Ok(SqliteReader { db, blobs: directory.join(BLOBS_FOLDER) })
    }

    /// Runs `read` against one moment of the store: what is committed meanwhile is not seen. Keep it
    /// short: the log cannot be cut back while it runs.
    pub fn snapshot<T>(&mut self, read: impl FnOnce(&Self) -> Result<T, Fault>) -> Result<T, Fault> {
        queries::run(&self.db, "BEGIN", [])?;
        let result = read(self);
        self.db.execute_batch("ROLLBACK").or_fault()?;
        result
    }

    /// Archived objects of one subject (or of all, if empty), after number `after`, in order.
    pub fn archive(&self, subject: &str, after: u64, limit: usize) -> Result<Vec<Archived>, Fault> {
        queries::archive(&self.db, subject, after, limit)
    }

    /// Messages that wait for `peer`, as [`semper_driver::store::Transaction::outbox`] gives them.
    pub fn outbox(&self, peer: &PeerId, after: u64, limit: usize, now: Timestamp) -> Result<Vec<Queued>, Fault> {
        outbox::read(&self.db, peer, after, limit, now)
    }

    /// Peers for which something waits.
    pub fn outbox_peers(&self) -> Result<Vec<PeerId>, Fault> {
        outbox::peers(&self.db)
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.db
    }

    pub(crate) fn blobs_folder(&self) -> &Path {
        &self.blobs
    }

    /// How the store stands.
    pub fn status(&self) -> Result<Status, Fault> {
        let meta = state::meta(&self.db)?;
        let state::Meta { clock, commits, archived, link, recovering, .. } = meta;
        Ok(Status { clock, commits, archived, link, recovering })
    }
}

impl View for SqliteReader {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, Fault> {
        queries::get(&self.db, key)
    }
    fn register(&self, xid: &Xid, slot: &'static str) -> Result<Option<Vec<u8>>, Fault> {
        register::get(&self.db, xid, slot)
    }
    fn scan(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, Fault> {
        queries::scan(&self.db, prefix, after, limit)
    }
    fn chunk(&self, chunk: &ChunkRef) -> Result<Option<Vec<u8>>, Fault> {
        queries::chunk(&self.db, &self.blobs, chunk)
    }
    fn archived(&self, subject: &str, limit: usize) -> Result<Vec<Record>, Fault> {
        queries::archived_under(&self.db, subject, limit)
    }
    fn is_archived(&self, subject: &str, bytes: &[u8]) -> Result<bool, Fault> {
        queries::is_archived(&self.db, subject, bytes)
    }
}
