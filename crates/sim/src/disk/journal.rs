//! What commits changed, for who watches; and bugs that tests plant in a disk.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use semper_base::{Key, Xid};
use semper_services::bank::ledger::Balance;

use super::image::{Change, Image};

/// Which register rows, balances and questions commits have changed since somebody looked. Shared between
/// the disk and who watches it.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Changed>>);

/// See [`Journal`].
#[derive(Clone, Debug, Default)]
pub struct Changed {
    /// Register rows.
    pub registers: BTreeSet<(Xid, &'static str)>,
    /// Rows of balances.
    pub balances: BTreeSet<Key>,
    /// Whether a question came or went.
    pub asked: bool,
}

impl Journal {
    /// What has changed since the last time.
    #[must_use]
    pub fn take(&self) -> Changed {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn note(&self, changes: &[Change]) {
        let mut changed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            match change {
                Change::Register(place, _) => {
                    changed.registers.insert(*place);
                }
                Change::Row(key, _) if key.0.starts_with("balance/") => {
                    changed.balances.insert(key.clone());
                }
                Change::Row(key, _) => changed.asked |= key.0.starts_with("ask/"),
                _ => {}
            }
        }
    }
}

/// How a disk may be wrong beyond what disks are allowed to do. Only tests plant one, to see that an
/// oracle speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// A register row of this name is never written.
    ForgetsRegister(&'static str),
    /// A row whose key begins so is written once and never again.
    ForgetsRows(&'static str),
    /// Every balance becomes one minor unit more than was written.
    Interest,
    /// What was acknowledged stays in the queue.
    KeepsQueue,
    /// COMMIT returns before the sync: the last batch is lost when the process dies.
    LyingSync,
    /// An old copy is opened as if it were the newest.
    OpensOldCopies,
    /// A register row changes when a later one is written.
    RewritesRegister,
}

impl Bug {
    /// The change that is made instead; none if none is.
    pub(super) fn instead(self, change: Change, image: &Image) -> Option<Change> {
        match (self, change) {
            (Bug::ForgetsRegister(slot), Change::Register((_, written), Some(_))) if written == slot => None,
            (Bug::ForgetsRows(prefix), Change::Row(key, Some(_)))
                if key.0.starts_with(prefix) && image.rows.contains_key(&key) =>
            {
                None
            }
            (Bug::Interest, Change::Row(key, Some(row))) if key.0.starts_with("balance/") => {
                let more = serde_json::from_slice::<Balance>(&row).ok();
                let more = more.map(|balance| Balance { minor: balance.minor.saturating_add(1), ..balance });
                let row = more.and_then(|more| serde_json::to_vec(&more).ok()).unwrap_or(row);
                Some(Change::Row(key, Some(row)))
            }
            (_, change) => Some(change),
        }
    }
}
