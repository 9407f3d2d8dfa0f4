//! When to ask the notary: after the patience that X states, then ever more rarely, for ever.

use semper_base::{Millis, Timestamp};
use serde::{Deserialize, Serialize};

use super::descriptor::Deadlines;

/// The longest pause, unless X states a longer patience.
const LONGEST: Millis = Millis::hours(6);

/// A back-off that never gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(in crate::fair) struct Patience {
    next: Timestamp,
    pause: Millis,
}

impl Patience {
    /// Starts to wait at `now`.
    #[must_use]
    pub(in crate::fair) fn start(now: Timestamp, times: &Deadlines) -> Self {
        Patience::first(now, times.patience_ms)
    }

    /// The same for whoever has its patience from elsewhere.
    #[must_use]
    pub(in crate::fair) fn first(now: Timestamp, patience: Millis) -> Self {
        Patience { next: now.plus(patience), pause: patience }
    }

    /// Waits until `at`, then backs off from there.
    #[must_use]
    pub(in crate::fair) fn until(at: Timestamp, times: &Deadlines) -> Self {
        Patience { next: at, pause: times.patience_ms }
    }

    /// Waits twice as long as before.
    #[must_use]
    pub(in crate::fair) fn again(self, now: Timestamp, times: &Deadlines) -> Self {
        self.longer(now, times.patience_ms)
    }

    /// The same for whoever has its patience from elsewhere.
    #[must_use]
    pub(in crate::fair) fn longer(self, now: Timestamp, patience: Millis) -> Self {
        let pause = Millis(self.pause.0.saturating_mul(2)).min(LONGEST.max(patience));
        Patience { next: now.plus(pause), pause }
    }

    /// When patience ends.
    #[must_use]
    pub(in crate::fair) fn ends(self) -> Timestamp {
        self.next
    }
}
