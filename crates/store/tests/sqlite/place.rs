//! A directory of a test's own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use semper_base::Fault;
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
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}
