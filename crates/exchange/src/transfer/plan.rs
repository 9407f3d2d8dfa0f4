//! What a machine has to know of a transfer: contents to bring, whether to pay, until when. It follows from the list.

use semper_base::{Millis, Timestamp};
use semper_blocks::delivery::Layout;

use super::Sending;

/// Chunks that a receiver asks for at once.
pub const WINDOW: u64 = 8;
/// How long an answer is waited for before it is asked for; then twice as long each time.
const PATIENCE: Millis = Millis::seconds(10);
/// Doublings of that: up to about three hours.
pub(super) const TRIES_MAX: u8 = 10;
/// How long after the end of its reference a payment may still be heard of: a bank that is away for longer is the
/// receiver's to ask.
const LATE_NEWS: Millis = Millis::days(7);
/// How long a sender asks a receiver that says nothing before it gives up.
pub(super) const SILENCE: Millis = Millis::days(7);

/// What one transfer asks of the two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// Contents: the number of the good in the list, and how it is cut.
    pub contents: Vec<(u64, Layout)>,
    /// Whether there is a payment.
    pub pays: bool,
    /// Until when all must be there.
    pub until: Timestamp,
}

impl Plan {
    /// Of a list that was checked.
    #[must_use]
    pub fn of(sending: &Sending) -> Self {
        let content = |(number, good): (u64, &super::Good)| good.content().map(|content| (number, content.layout));
        Plan {
            contents: (0..).zip(&sending.goods).filter_map(content).collect(),
            pays: sending.amount().is_some(),
            until: sending.until,
        }
    }

    /// Where in `contents` a good stands.
    pub(super) fn place(&self, good: u64) -> Option<usize> {
        self.contents.iter().position(|(number, _)| *number == good)
    }

    /// Whether there is such a chunk.
    #[must_use]
    pub fn has(&self, good: u64, index: u64) -> bool {
        self.contents.iter().any(|(number, layout)| *number == good && index < layout.leaves())
    }
}

/// When to ask again after so many tries.
pub(super) fn again(now: Timestamp, tries: u8) -> Timestamp {
    now.plus(Millis(PATIENCE.0.saturating_mul(1 << tries.min(TRIES_MAX))))
}

/// When a payment over a reference that ends then can be heard of no more.
pub(super) fn last_news(reference_until: Timestamp) -> Timestamp {
    reference_until.plus(LATE_NEWS)
}
