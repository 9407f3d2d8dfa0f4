//! A directory of a test's own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use semper_base::{Code, Fault};
use semper_store::{Mode, SqliteStore};

/// Removed when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) root: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("store-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&root).unwrap();
        Place { root }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(crate) fn head(&self) -> PathBuf {
        self.root.join("data.head")
    }

    /// Opens it; nobody else has it open. A process that another test starts holds whatever is open here for a moment, a
    /// lock that was given back too, until it runs its own program: so a lock is waited for, two seconds at most.
    pub(crate) fn open(&self, mode: Mode) -> Result<SqliteStore, Fault> {
        for _ in 0..200 {
            match SqliteStore::open(&self.data(), &self.head(), mode) {
                Err(why) if why.code() == Code::Locked => std::thread::sleep(Duration::from_millis(10)),
                opened => return opened,
            }
        }
        panic!("locked for two seconds by nobody");
    }

    pub(crate) fn open_again(&self) -> SqliteStore {
        self.open(Mode::Open).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}
