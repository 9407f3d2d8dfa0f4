//! A folder for a moment, for its owner alone, that goes away with whoever made it.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use semper_base::{Code, Fault};

/// The folder; removed with all that is in it when dropped.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes one in `parent`. Where it holds a copy of a party's database, `parent` is the party's own
    /// directory, so that nothing comes to lie on another disk.
    pub(crate) fn within(parent: &Path) -> Result<Self, Fault> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("scratch-{}-{number}", std::process::id()));
        Scratch::at(path)
    }

    /// Makes this one, which must not exist.
    pub(crate) fn at(path: PathBuf) -> Result<Self, Fault> {
        let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", path.display())))?;
        Ok(Scratch(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Gives the folder its lasting name.
    pub(crate) fn keep_as(self, path: &Path) -> Result<(), Fault> {
        let moved = std::fs::rename(&self.0, path);
        moved.map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", path.display())))?;
        std::mem::forget(self);
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
