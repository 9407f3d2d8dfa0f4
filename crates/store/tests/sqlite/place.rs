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

    pub(crate) fn open(&self, mode: Mode) -> Result<SqliteStore, Fault> {
        SqliteStore::open(&self.data(), &self.head(), mode)
    }

    /// The same for who has just closed it. A process that another test starts holds whatever is open here for a moment,
    /// the closed lock too, until it runs its own program.
    pub(crate) fn open_again(&self) -> SqliteStore {
        for _ in 0..200 {
            match self.open(Mode::Open) {
                Err(why) if why.code() == Code::Locked => std::thread::sleep(Duration::from_millis(10)),
                opened => return opened.unwrap(),
            }
        }
        panic!("locked for two seconds by nobody");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}
