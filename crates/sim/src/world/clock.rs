//! Clocks that are ahead or behind, and clocks that run fast or slow.

use semper_base::Timestamp;

use super::{Seat, Who, World};
use crate::trouble::Trouble;

impl World {
    /// The time on a party's clock.
    #[must_use]
    pub fn wall(&self, who: Who) -> Timestamp {
        let ahead = self.seats.get(who.0).map_or(0, |seat| seat.offset.saturating_add(self.gained(seat)));
        Timestamp::from_millis(self.now.millis().saturating_add_signed(ahead))
    }

    fn gained(&self, seat: &Seat) -> i64 {
        let (millionths, since) = seat.drift;
        i64::try_from(self.now.since(since).0).unwrap_or(i64::MAX).saturating_mul(millionths) / 1_000_000
    }

    /// A party's clock runs so many millionths too fast from now on; what it has gained stays.
    pub fn drift(&mut self, who: Who, millionths: i64) -> Result<(), Trouble> {
        let gained = self.seats.get(who.0).map_or(0, |seat| self.gained(seat));
        let now = self.now;
        let seat = self.seat(who)?;
        seat.offset = seat.offset.saturating_add(gained);
        seat.drift = (millionths, now);
        Ok(())
    }
}
