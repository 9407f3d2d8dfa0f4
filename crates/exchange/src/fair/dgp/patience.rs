//! When to ask the register: after max(10 s, five round trips), then ever more rarely, for ever.

use semper_base::{Millis, Timestamp};
use serde::{Deserialize, Serialize};

const FIRST: Millis = Millis::seconds(10);
/// The longest pause: six hours, well under every default deadline.
const LONGEST: Millis = Millis::hours(6);

/// A back-off that never gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Patience {
    next: Timestamp,
    pause: Millis,
}

impl Patience {
    /// Starts to wait at `now`.
    #[must_use]
    pub(super) fn start(now: Timestamp) -> Self {
        Patience { next: now.plus(FIRST), pause: FIRST }
    }

    /// Waits until `at`, then backs off from there.
    #[must_use]
    pub(super) fn until(at: Timestamp) -> Self {
        Patience { next: at, pause: FIRST }
    }

    /// Waits twice as long as before.
    #[must_use]
    pub(super) fn again(self, now: Timestamp) -> Self {
        let pause = Millis(self.pause.0.saturating_mul(2)).min(LONGEST);
        Patience { next: now.plus(pause), pause }
    }

    /// When patience ends.
    #[must_use]
    pub(super) fn ends(self) -> Timestamp {
        self.next
    }
}
