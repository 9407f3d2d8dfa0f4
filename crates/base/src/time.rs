//! Time as protocols see it: milliseconds since 1970 in UTC, written as RFC 3339.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text;

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// `count` seconds.
    #[must_use]
    pub const fn seconds(count: u64) -> Self {
        Millis(count.saturating_mul(1000))
    }
    /// `count` hours.
    #[must_use]
    pub const fn hours(count: u64) -> Self {
        Millis::seconds(count.saturating_mul(3600))
    }
    /// `count` days of 24 hours.
    #[must_use]
    pub const fn days(count: u64) -> Self {
        Millis::hours(count.saturating_mul(24))
    }
}

/// A moment, from 1970-01-01 to 9999-12-31, in milliseconds. In JSON `2026-11-22T04:06:00.000Z`:
/// always UTC, always three decimals, so that one moment has one spelling.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// 9999-12-31T23:59:59.999Z, the last moment RFC 3339 can write with four digits.
const LAST: u64 = 253_402_300_799_999;

impl Timestamp {
    /// The beginning of 1970.
    pub const EPOCH: Timestamp = Timestamp(0);

    /// Milliseconds since 1970, clamped to the year 9999.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Timestamp(if millis > LAST { LAST } else { millis })
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// This moment cut to whole seconds: what an X.509 certificate can hold.
    #[must_use]
    pub const fn whole_seconds(self) -> Self {
        Timestamp(self.0 - self.0 % 1000)
    }

    /// Later by `length`, at most the year 9999.
    #[must_use]
    pub const fn plus(self, length: Millis) -> Self {
        Timestamp::from_millis(self.0.saturating_add(length.0))
    }

    /// Earlier by `length`, at least 1970.
    #[must_use]
    pub const fn minus(self, length: Millis) -> Self {
        Timestamp(self.0.saturating_sub(length.0))
    }

    /// How much later this is than `earlier`; zero if it is not.
    #[must_use]
    pub const fn since(self, earlier: Timestamp) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }

    /// Reads exactly the form that `Display` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let t = text.as_bytes();
        if t.len() != 24 || [4, 7].iter().any(|&i| t.get(i) != Some(&b'-')) {
            return None;
        }
        if t.get(10) != Some(&b'T') || [13, 16].iter().any(|&i| t.get(i) != Some(&b':')) {
            return None;
        }
        if t.get(19) != Some(&b'.') || t.get(23) != Some(&b'Z') {
            return None;
        }
        let number = |from: usize, to: usize| digits(t.get(from..to)?);
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let days = days_from_civil(year, month, day)?;
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second;
        let stamp = Timestamp::from_millis(seconds * 1000 + number(20, 23)?);
        // Impossible dates and times do not survive the round trip.
        (stamp.text() == *t).then_some(stamp)
    }
}

fn digits(bytes: &[u8]) -> Option<u64> {
    bytes.iter().try_fold(0_u64, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u64::from(b - b'0')))
}

/// Days since 1970-01-01 of a proleptic Gregorian date (the usual era arithmetic: the year begins
/// in March, so that the leap day comes last).
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * m + 2) / 5 + day - 1;
    let days = 365 * y + y / 4 - y / 100 + y / 400 + day_of_year;
    days.checked_sub(719_468)
}

/// The inverse of [`days_from_civil`]: (year, month, day).
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let day_of_era = z % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let m = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * m + 2) / 5 + 1;
    let month = if m < 10 { m + 3 } else { m - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

impl Timestamp {
    /// What `Display` writes, in place.
    fn text(self) -> [u8; 24] {
        let (seconds, millis) = (self.0 / 1000, self.0 % 1000);
        let (year, month, day) = civil_from_days(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let places = [(0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19), (20, 23)];
        for ((from, to), number) in places.into_iter().zip([year, month, day, hour, minute, second, millis]) {
            put_digits(text.get_mut(from..to).unwrap_or_default(), number);
        }
        text
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

/// Writes the last digits of `number`, as many as there is room for. By hand, because every statement
/// and row holds times, and reading one writes it again.
fn put_digits(places: &mut [u8], mut number: u64) {
    for place in places.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

impl std::fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer, "a time like 2026-11-22T04:06:00.000Z", Timestamp::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments() {
        assert_eq!(Timestamp::EPOCH.to_string(), "1970-01-01T00:00:00.000Z");
        // `date -u -d @951782400` prints Tue Feb 29 00:00:00 UTC 2000
        assert_eq!(Timestamp::from_millis(951_782_400_000).to_string(), "2000-02-29T00:00:00.000Z");
        for bad in
            ["2026-02-30T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "2026-01-01T00:00:00Z", "2026-01-01t00:00:00.000Z"]
        {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(millis in 0..=LAST) {
            let stamp = Timestamp::from_millis(millis);
            prop_assert_eq!(Timestamp::parse(&stamp.to_string()), Some(stamp));
        }

        #[test]
        fn parse_never_panics(text in "\\PC{0,30}") {
            let _ = Timestamp::parse(&text);
        }
    }
}
