//! Reads values that stand in JSON as text, without a copy of the text: there are hundreds in every exchange.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};

/// Reads text and makes a value of it; `expecting` says what it should be, for the error.
pub fn parsed<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expecting: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Text { expecting, parse })
}

struct Text<F> {
    expecting: &'static str,
    parse: F,
}

impl<T, F: FnOnce(&str) -> Option<T>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).ok_or_else(|| de::Error::custom(format_args!("not {}", self.expecting)))
    }
}
