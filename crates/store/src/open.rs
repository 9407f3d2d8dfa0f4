//! Opening a party's store, and the checks that stand before the first transaction.

use std::cell::{Cell, RefCell};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use semper_base::limits::RESTORE_SEQ_JUMP;
use semper_base::{Code, Fault, Timestamp};
use semper_driver::store::{Store, Transaction};

use crate::blobs;
use crate::fault::{OrFault as _, corrupt, of_io};
use crate::head::{self, Head, Says};
use crate::log::Log;
use crate::outbox;
use crate::queries;
use crate::rows::Lately;
use crate::schema::{self, Found};
use crate::state::{self, Meta};
use crate::transaction::SqliteTransaction;

/// The database's name in the data directory.
pub const DATABASE_FILE: &str = "semper.db";
/// Where blobs lie in the data directory.
pub const BLOBS_FOLDER: &str = "blobs";
const LOCK_FILE: &str = "lock";
/// Page cache per connection, in KiB (SQLite counts negative numbers so).
const CACHE_KIB: i64 = -4096;
/// The log file is cut back to this many bytes when it was longer.
const LOG_BYTES_MAX: i64 = 16 << 20;
/// Pages in the log before they are copied into the database: as many as the log file keeps. Hot pages
/// are copied once for all the commits in between, so fewer rounds mean less to write and to sync.
const LOG_PAGES: i64 = LOG_BYTES_MAX / 4096;
/// How long to wait for a lock that another connection holds for a moment.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// More than the statements there are.
const STATEMENTS_MAX: usize = 64;
/// A larger database is not read through at start; `PRAGMA quick_check` by hand does it.
const CHECK_BYTES_MAX: u64 = 256 << 20;

/// What to expect in the data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A database, or nothing: then make one. Refused where a head file remembers a lost database.
    Create,
    /// A database, the newest one.
    Open,
    /// A database put back from a backup, perhaps an old one. It is opened as recovering: it
    /// answers from what is stored and takes nothing new until [`SqliteStore::confirm_recovery`].
    Recover,
}

/// A party's store. One per data directory: the lock file sees to that, across processes.
#[derive(Debug)]
pub struct SqliteStore {
    // Closed in this order: the database before the lock is let go.
    pub(crate) db: Connection,
    pub(crate) meta: Meta,
    /// None while recovering: the old number must stand until the operator has confirmed.
    pub(crate) head: Option<Head>,
    pub(crate) ended: bool,
    pub(crate) blobs: PathBuf,
    pub(crate) lately: RefCell<Lately>,
    /// No timer is due before; the epoch, if that has to be looked up.
    pub(crate) idle_until: Cell<Timestamp>,
    pub(crate) log: Log,
    head_path: PathBuf,
    directory: PathBuf,
    _lock: File,
}

impl SqliteStore {
    /// Opens the store in `directory`, whose head file is `head`: a path outside `directory`, so
    /// that a copy of the directory does not bring its own.
    ///
    /// Faults: `DatabaseMissing`, `DatabaseNewer`, `DatabaseCorrupt`, `DatabaseStale`, `Locked`,
    /// `Disk`, `DiskFull`. The text says what to do.
    pub fn open(directory: &Path, head: &Path, mode: Mode) -> Result<Self, Fault> {
        let path = directory.join(DATABASE_FILE);
        let bytes = path.metadata().map_or(0, |data| data.len());
        if bytes == 0 {
            may_create(&path, head, mode)?;
        }
        make_folder(directory)?;
        let lock = lock(directory)?;
        let mut db = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        let found = schema::look(&db).map_err(|fault| about(&path, &fault))?;
        if found == Found::Empty {
            may_create(&path, head, mode)?;
        } else if bytes <= CHECK_BYTES_MAX {
            check(&db).map_err(|fault| about(&path, &fault))?;
        }
        for_writing(&db)?;
        schema::migrate(&mut db, found)?;
        make_folder(&directory.join(BLOBS_FOLDER))?;
        sync_folder(directory)?;
        let mut meta = state::meta(&db).map_err(|fault| about(&path, &fault))?;
        if mode == Mode::Recover && !meta.recovering {
            meta.recovering = true;
            state::set_meta(&db, &meta)?;
        }
        let open_head = if meta.recovering {
            None
        } else {
            refuse_stale(&path, head, meta.commits)?;
            Some(Head::open(head, meta.commits)?)
        };
        let blobs = directory.join(BLOBS_FOLDER);
        // A restored database may be older than the files beside it: nothing of them is thrown away.
        if !meta.recovering {
            let known = |name: &str| {
                queries::one(&db, "SELECT 1 FROM blob WHERE name = ?1", [name], |_| Ok(())).map(|row| row.is_some())
            };
            blobs::sweep(&blobs, known)?;
        }
        let log = directory.join(format!("{DATABASE_FILE}-wal"));
        let log = Log::open(&log, LOG_BYTES_MAX.unsigned_abs()).map_err(|error| of_io(&log, &error))?;
        Ok(SqliteStore {
            db,
            meta,
            head: open_head,
            ended: false,
            blobs,
            lately: RefCell::default(),
            idle_until: Cell::new(Timestamp::EPOCH),
            log,
            head_path: head.to_owned(),
            directory: directory.to_owned(),
            _lock: lock,
        })
    }

    /// The data directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether this store was restored and waits for [`SqliteStore::confirm_recovery`].
    pub fn is_recovering(&self) -> bool {
        self.meta.recovering
    }

    /// The number of the last commit.
    pub fn commits(&self) -> u64 {
        self.meta.commits
    }

    /// The operator says that this is the newest database there is. Commit numbers go on after the
    /// lost ones, and so do the sequence numbers of messages, because peers remember those that the
    /// lost database had used. Does nothing if the store is not recovering.
    pub fn confirm_recovery(&mut self) -> Result<(), Fault> {
        self.confirm(false)
    }

    /// [`SqliteStore::confirm_recovery`] for a party that has run on an old copy before that was noticed: what
    /// waits for its peers may have numbers that they know with other messages, so it gets new ones. A peer
    /// may so be told again what it took before.
    pub fn confirm_recovery_after_running(&mut self) -> Result<(), Fault> {
        self.confirm(true)
    }

    fn confirm(&mut self, number_anew: bool) -> Result<(), Fault> {
        if !self.meta.recovering {
            return Ok(());
        }
        let lost = match head::read(&self.head_path)? {
            Says::Commit(number) => number,
            Says::Nothing | Says::Garbage => 0,
        };
        let mut meta = self.meta.clone();
        meta.recovering = false;
        meta.commits = meta.commits.max(lost).saturating_add(1);
        meta.sent_base = meta.sent_base.saturating_add(RESTORE_SEQ_JUMP);
        let transaction = self.db.transaction().or_fault()?;
        outbox::begin_anew(&transaction, meta.sent_base)?;
        if number_anew {
            outbox::number_anew(&transaction, meta.sent_base)?;
        }
        state::set_meta(&transaction, &meta)?;
        transaction.commit().or_fault()?;
        self.meta = meta;
        let head = Head::open(&self.head_path, self.meta.commits);
        self.ended = head.is_err();
        self.head = Some(head?);
        Ok(())
    }
}

impl Store for SqliteStore {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Fault> {
        if self.ended {
            return Err(Fault::new(Code::Commit, "an earlier commit failed; open the store again"));
        }
        Ok(Box::new(SqliteTransaction::begin(self)))
    }
}

/// Opens a connection with the settings that writer and readers share.
pub(crate) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Fault> {
    let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).or_fault()?;
    db.busy_timeout(BUSY_WAIT).or_fault()?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).or_fault()?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false).or_fault()?;
    // Plans do not look at bound values; otherwise SQLite prepares some statements anew at every use.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).or_fault()?;
    db.pragma_update(None, "cache_size", CACHE_KIB).or_fault()?;
    Ok(db)
}

fn for_writing(db: &Connection) -> Result<(), Fault> {
    let mode: String = db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).or_fault()?;
    if mode != "wal" {
        return Err(Fault::new(Code::Disk, "this file system cannot hold a database with a write-ahead log"));
    }
    db.pragma_update(None, "synchronous", "FULL").or_fault()?;
    db.pragma_update(None, "foreign_keys", false).or_fault()?;
    // So that the triggers see a row that REPLACE would delete.
    db.pragma_update(None, "recursive_triggers", true).or_fault()?;
    db.pragma_update(None, "temp_store", "MEMORY").or_fault()?;
    db.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(())).or_fault()?;
    db.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES_MAX, |_| Ok(())).or_fault()
}

fn check(db: &Connection) -> Result<(), Fault> {
    let answer: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).or_fault()?;
    if answer == "ok" { Ok(()) } else { Err(corrupt(&answer)) }
}

/// Adds the file's name and, to damage, the way out.
pub(crate) fn about(path: &Path, fault: &Fault) -> Fault {
    let way_out = match fault.code() {
        Code::DatabaseCorrupt => "; put a backup of the whole directory back, then run `semper restore --data-dir DIR`",
        _ => "",
    };
    Fault::new(fault.code(), format!("{}: {}{way_out}", path.display(), fault.detail()))
}

fn may_create(path: &Path, head: &Path, mode: Mode) -> Result<(), Fault> {
    let why = if mode != Mode::Create {
        "nothing is stored here; `semper serve ROLE --data-dir DIR` makes a new party".to_owned()
    } else if head::read(head)? != Says::Nothing {
        format!(
            "{} says that there was a database; restore it from a backup, or delete that file to begin anew",
            head.display()
        )
    } else {
        return Ok(());
    };
    Err(Fault::new(Code::DatabaseMissing, format!("{}: {why}", path.display())))
}

/// A head beyond the database, or none at all beside a used one, means that this is not the newest copy.
fn refuse_stale(path: &Path, head: &Path, commits: u64) -> Result<(), Fault> {
    let what = match head::read(head)? {
        Says::Commit(number) if number <= commits => return Ok(()),
        Says::Nothing if commits == 0 => return Ok(()),
        Says::Commit(number) => format!("it ends at commit {commits}, but {} knows of {number}", head.display()),
        Says::Nothing => format!("{} is missing, so nothing shows that this is the newest copy", head.display()),
        Says::Garbage => format!("{} cannot be read, so nothing shows that this is the newest copy", head.display()),
    };
    let way_out = "put the newest database back; if there is none, run `semper restore --data-dir DIR`";
    Err(Fault::new(Code::DatabaseStale, format!("{}: {what}; {way_out}", path.display())))
}

fn make_folder(path: &Path) -> Result<(), Fault> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| of_io(path, &error))
}

fn sync_folder(path: &Path) -> Result<(), Fault> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(|error| of_io(path, &error))
}

fn lock(directory: &Path) -> Result<File, Fault> {
    let path = directory.join(LOCK_FILE);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(|error| of_io(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Fault::new(Code::Locked, directory.display().to_string())),
        Err(TryLockError::Error(error)) => Err(of_io(&path, &error)),
    }
}
