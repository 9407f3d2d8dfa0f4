//! When to ask the register: after max(10 s, five round trips), then ever more rarely, for ever.
//!
//! An exchange with short windows cannot wait that long: its patience is a fraction of the shorter of
//! the two windows in which somebody must react, so that asking, and asking again, fits in.

use semper_base::{Millis, Timestamp};
use serde::{Deserialize, Serialize};

use super::descriptor::Deadlines;

/// The first pause under the default times.
const FIRST: Millis = Millis::seconds(10);
/// The longest pause under the default times, well under each of them.
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
    pub(super) fn start(now: Timestamp, times: &Deadlines) -> Self {
        Patience { next: now.plus(first(times)), pause: first(times) }
    }

    /// Waits until `at`, then backs off from there.
    #[must_use]
    pub(super) fn until(at: Timestamp, times: &Deadlines) -> Self {
        Patience { next: at, pause: first(times) }
    }

    /// Waits twice as long as before.
    #[must_use]
    pub(super) fn again(self, now: Timestamp, times: &Deadlines) -> Self {
        let longest = LONGEST.min(Millis(shorter_window(times) / 4));
        let pause = Millis(self.pause.0.saturating_mul(2)).min(longest).max(first(times));
        Patience { next: now.plus(pause), pause }
    }

    /// Ends at `at`, if it would end later.
    #[must_use]
    pub(super) fn no_later_than(self, at: Timestamp) -> Self {
        Patience { next: self.next.min(at), ..self }
    }

    /// When patience ends.
    #[must_use]
    pub(super) fn ends(self) -> Timestamp {
        self.next
    }
}

/// Never zero: a pause of nothing would ask without end.
fn first(times: &Deadlines) -> Millis {
    FIRST.min(Millis(shorter_window(times) / 8)).max(Millis(1))
}

fn shorter_window(times: &Deadlines) -> u64 {
    times.settle_ms.0.min(times.contest_ms.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(times: &Deadlines) -> Vec<u64> {
        let mut now = Timestamp::EPOCH;
        let mut patience = Patience::start(now, times);
        let mut pauses = Vec::new();
        for _ in 0..20 {
            pauses.push(patience.ends().since(now).0);
            now = patience.ends();
            patience = patience.again(now, times);
        }
        pauses
    }

    #[test]
    fn the_default_times_wait_ten_seconds_and_at_most_six_hours() {
        let pauses = pauses(&Deadlines::standard(Timestamp::EPOCH));
        assert_eq!(pauses.first(), Some(&10_000));
        assert_eq!(pauses.get(1), Some(&20_000));
        assert_eq!(pauses.last(), Some(&LONGEST.0));
    }

    #[test]
    fn short_windows_leave_room_for_asking_more_than_once() {
        let standard = Deadlines::standard(Timestamp::EPOCH);
        let short = Deadlines { settle_ms: Millis::seconds(4), contest_ms: Millis::seconds(2), ..standard };
        assert_eq!(pauses(&short).get(..4), Some([250, 500, 500, 500].as_slice()));
        let tiny = Deadlines { settle_ms: Millis(1), contest_ms: Millis(1), ..standard };
        assert!(pauses(&tiny).iter().all(|pause| *pause == 1));
    }
}
