//! A disk and the process that has it mounted: the disk outlives the process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use semper_base::{Code, Fault};
use semper_driver::store::{Store, Transaction};

use crate::disk::{Changed, CommitFault, Journal, ModelStore};

/// A party's disk, whoever has it mounted. A clone is the same disk.
#[derive(Clone, Debug)]
pub struct Drive(Arc<Mutex<Slot>>);

#[derive(Debug, Default)]
struct Slot {
    /// Not there while it is mounted.
    disk: Option<ModelStore>,
    /// What goes wrong at the next commit.
    next_commit: Option<CommitFault>,
    full: bool,
    journal: Journal,
    /// What the disk was told to do wrong is to be forgotten.
    heal: bool,
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Drive {
    fn default() -> Self {
        let disk = ModelStore::new();
        let slot = Slot { journal: disk.journal(), disk: Some(disk), ..Slot::default() };
        Drive(Arc::new(Mutex::new(slot)))
    }
}

impl Drive {
    /// A new process opens the disk. Refuses a disk that another process has, and an old copy.
    pub fn mount(&self) -> Result<Mounted, Fault> {
        let mut slot = lock(&self.0);
        let disk = slot.disk.as_mut().ok_or_else(|| Fault::new(Code::Overloaded, "the disk is mounted"))?;
        if !disk.is_recovering() {
            disk.reopen()?;
        }
        let disk = slot.disk.take().unwrap_or_default();
        Ok(Mounted { disk, drive: Arc::clone(&self.0) })
    }

    /// What commits have changed since somebody asked.
    #[must_use]
    pub fn changed(&self) -> Changed {
        lock(&self.0).journal.take()
    }

    /// Does something to a disk that no process has mounted.
    pub fn with<T>(&self, work: impl FnOnce(&mut ModelStore) -> T) -> Option<T> {
        lock(&self.0).disk.as_mut().map(work)
    }

    /// The next commit of the process goes wrong.
    pub fn fail_commit(&self, fault: CommitFault) {
        lock(&self.0).next_commit = Some(fault);
    }

    /// Nothing is wrong with the disk any more.
    pub fn heal(&self) {
        let mut slot = lock(&self.0);
        slot.next_commit = None;
        slot.full = false;
        slot.heal = true;
    }

    /// The disk is full from now on, or no longer.
    pub fn set_full(&self, full: bool) {
        lock(&self.0).full = full;
    }
}

/// The disk in the hands of a process. When the process ends, however it ends, the disk is back where
/// the next one finds it, with exactly what was committed.
#[derive(Debug)]
pub struct Mounted {
    disk: ModelStore,
    drive: Arc<Mutex<Slot>>,
}

impl Store for Mounted {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Fault> {
        let mut slot = lock(&self.drive);
        if std::mem::take(&mut slot.heal) {
            self.disk.heal();
        }
        self.disk.set_full(slot.full);
        if let Some(fault) = slot.next_commit.take() {
            self.disk.fail_commit(fault);
        }
        drop(slot);
        self.disk.begin()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let mut disk = std::mem::take(&mut self.disk);
        disk.crash();
        lock(&self.drive).disk = Some(disk);
    }
}
