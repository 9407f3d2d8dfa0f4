//! The wall clock, kept from going back while the process lives. The durable clock is the store's.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use semper_base::Timestamp;

/// A wall clock that stands still rather than go back.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    latest: AtomicU64,
}

impl Clock {
    /// Now. A wall clock before 1970 counts as 1970.
    pub(crate) fn now(&self) -> Timestamp {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = u64::try_from(wall.as_millis()).unwrap_or(u64::MAX);
        Timestamp::from_millis(self.latest.fetch_max(wall, Ordering::Relaxed).max(wall))
    }
}
