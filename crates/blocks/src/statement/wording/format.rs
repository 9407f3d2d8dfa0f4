//! How a value is written on the screen. Every format accepts one JSON form and refuses all others.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use semper_base::json::{self, Value};
use semper_base::{Amount, Currency, Hash, Millis, Timestamp, bytes};
use semper_support::crypto::PublicKey;
use semper_support::tinguin::neutral::{Caution, neutralise_cut, neutralise_inline};
use serde::Deserialize;

use super::super::Kind;
use super::book::{Book, Words};
use super::four_words;

/// Characters of a text that a sentence repeats; its own line has more.
const INLINE_CHARS_MAX: usize = 80;

/// See the table in [`super`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Format {
    /// `{minor, currency}`: `184.90 EUR`.
    Amount,
    /// Base64url: how many bytes, and their SHA-256.
    Bytes,
    /// One of a list of words, by its label.
    Choice(String),
    /// A whole number, zero or more.
    Count,
    /// Three letters of a known currency.
    Currency,
    /// Milliseconds: `7 days`.
    Duration,
    /// Base64url of JSON whose members have labels of their own; shown like `Bytes` besides.
    Embedded,
    /// All 64 digits.
    Hash,
    /// Any JSON, as its canonical text.
    Json(usize),
    /// The hash of a key: four words, then all digits.
    Key,
    /// The word of a kind of statement, by its title.
    Kind,
    /// A whole number of minor units, perhaps negative, in the currency of the payload's member `currency`.
    Minor,
    /// A key itself, shown like `Key`.
    PublicKey,
    /// Base64url of 32 bytes that the screen must not show.
    Secret,
    /// A number of bytes.
    Size,
    /// Anything somebody wrote.
    Text(usize),
    /// A moment, in local time with its offset.
    Time,
}

impl TryFrom<String> for Format {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (word, rest) = text.split_once(':').map_or((text.as_str(), None), |(word, rest)| (word, Some(rest)));
        let chars = || rest.and_then(|rest| rest.parse::<usize>().ok()).filter(|chars| *chars > 0);
        let format = match (word, rest) {
            ("amount", None) => Format::Amount,
            ("bytes", None) => Format::Bytes,
            ("choice", Some(name)) => Format::Choice(name.to_owned()),
            ("count", None) => Format::Count,
            ("currency", None) => Format::Currency,
            ("duration", None) => Format::Duration,
            ("embedded", None) => Format::Embedded,
            ("hash", None) => Format::Hash,
            ("json", Some(_)) => Format::Json(chars().ok_or("json:CHARS")?),
            ("key", None) => Format::Key,
            ("kind", None) => Format::Kind,
            ("minor", None) => Format::Minor,
            ("public-key", None) => Format::PublicKey,
            ("secret", None) => Format::Secret,
            ("size", None) => Format::Size,
            ("text", Some(_)) => Format::Text(chars().ok_or("text:CHARS")?),
            ("time", None) => Format::Time,
            _ => return Err(format!("unknown format {text}")),
        };
        Ok(format)
    }
}

/// What formatting needs besides the value.
pub(super) struct Setting<'a> {
    pub(super) book: &'a Book,
    /// The whole payload.
    pub(super) root: &'a Value,
    pub(super) offset_minutes: i16,
}

/// A value as it is shown.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) cautions: BTreeSet<Caution>,
}

impl Format {
    /// The value on its own line; none if it has not the form that this format demands.
    pub(super) fn show(&self, value: &Value, setting: &Setting<'_>) -> Option<Shown> {
        let free = match self {
            Format::Text(chars) => Some(neutralise_cut(value.as_str()?, *chars)),
            Format::Json(chars) => {
                let text = String::from_utf8(json::canonical(value).ok()?).ok()?;
                Some(neutralise_cut(&text, *chars))
            }
            _ => None,
        };
        match free {
            Some(neutral) => Some(Shown { text: neutral.text, cautions: neutral.cautions }),
            None => Some(Shown { text: self.exact(value, setting)?, cautions: BTreeSet::new() }),
        }
    }

    /// The value inside a sentence: what others wrote stands in quotation marks, keys are four words.
    pub(super) fn inline(&self, value: &Value, setting: &Setting<'_>) -> Option<String> {
        match self {
            Format::Text(_) => {
                let [open, close] = &setting.book.words.quotes;
                Some(format!("{open}{}{close}", neutralise_inline(value.as_str()?, INLINE_CHARS_MAX)))
            }
            Format::Json(_) | Format::Embedded | Format::Bytes => None,
            Format::Hash | Format::Key => Some(four_words(&Hash::from_hex(value.as_str()?)?)),
            _ => self.exact(value, setting),
        }
    }

    /// Formats whose text is wholly ours: nothing of it was written by others.
    fn exact(&self, value: &Value, setting: &Setting<'_>) -> Option<String> {
        let (book, words) = (setting.book, &setting.book.words);
        match self {
            Format::Amount => Some(json::typed::<Amount>(value).ok()?.to_string()),
            Format::Bytes | Format::Embedded => {
                let bytes = bytes::decode(value.as_str()?).ok()?;
                let length = u64::try_from(bytes.len()).ok()?;
                Some(format!("{}, SHA-256 {}", counted(length, &words.bytes), Hash::of(&bytes)))
            }
            Format::Choice(name) => book.choices.get(name)?.get(value.as_str()?).cloned(),
            Format::Count => Some(whole(value)?.to_string()),
            Format::Currency => Some(Currency::parse(value.as_str()?).ok()?.to_string()),
            Format::Duration => Some(duration(Millis(whole(value)?), words)),
            Format::Hash => Some(Hash::from_hex(value.as_str()?)?.to_string()),
            Format::Json(_) | Format::Text(_) => None,
            Format::Key => Some(key(&Hash::from_hex(value.as_str()?)?)),
            Format::Kind => Some(book.kinds.get(&Kind::from_word(value.as_str()?)?)?.title.clone()),
            Format::Minor => minor(value.as_integer()?, setting.root),
            Format::PublicKey => {
                let der = bytes::decode(value.as_str()?).ok()?;
                Some(key(&PublicKey::from_spki(&der).ok()?.id().0))
            }
            Format::Secret => {
                let secret = bytes::decode(value.as_str()?).ok()?;
                (secret.len() == 32).then(|| words.secret.clone())
            }
            Format::Size => Some(counted(whole(value)?, &words.bytes)),
            Format::Time => Some(time(Timestamp::parse(value.as_str()?)?, setting.offset_minutes)),
        }
    }
}

fn whole(value: &Value) -> Option<u64> {
    u64::try_from(value.as_integer()?).ok()
}

fn counted(count: u64, [one, many]: &[String; 2]) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn key(hash: &Hash) -> String {
    format!("{} ({hash})", four_words(hash))
}

fn minor(minor: i64, root: &Value) -> Option<String> {
    let currency = Currency::parse(root.get("currency")?.as_str()?).ok()?;
    let amount = Amount::new(minor.unsigned_abs(), currency).ok()?;
    Some(if minor < 0 { format!("-{amount}") } else { amount.to_string() })
}

/// All of it, in units that everybody knows: nothing is rounded.
fn duration(length: Millis, words: &Words) -> String {
    let units = [
        (86_400_000, &words.day),
        (3_600_000, &words.hour),
        (60_000, &words.minute),
        (1000, &words.second),
        (1, &words.millisecond),
    ];
    let (mut rest, mut text) = (length.0, String::new());
    for (size, unit) in units {
        if rest >= size {
            let blank = if text.is_empty() { "" } else { " " };
            let _ = write!(text, "{blank}{}", counted(rest / size, unit));
            rest %= size;
        }
    }
    if text.is_empty() { counted(0, &words.second) } else { text }
}

/// `2026-11-22 05:06:00 +01:00`, with thousandths only if there are any. A moment whose local form
/// would leave the years 1970 to 9999 is written in UTC.
fn time(moment: Timestamp, offset_minutes: i16) -> String {
    let shift = Millis(u64::from(offset_minutes.unsigned_abs()) * 60_000);
    let there = if offset_minutes < 0 { moment.minus(shift) } else { moment.plus(shift) };
    let back = if offset_minutes < 0 { there.plus(shift) } else { there.minus(shift) };
    let (local, offset) = if back == moment { (there, offset_minutes) } else { (moment, 0) };
    let written = local.to_string();
    let (day, clock) = written.trim_end_matches('Z').split_once('T').unwrap_or_default();
    let clock = clock.strip_suffix(".000").unwrap_or(clock);
    let minutes = offset.unsigned_abs();
    match offset {
        0 => format!("{day} {clock} UTC"),
        _ => format!("{day} {clock} {}{:02}:{:02}", if offset < 0 { '-' } else { '+' }, minutes / 60, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Language, current, find};
    use super::*;

    #[test]
    fn times_are_local_and_say_so() {
        let moment = Timestamp::parse("2026-11-22T23:30:00.000Z").unwrap();
        assert_eq!(time(moment, 0), "2026-11-22 23:30:00 UTC");
        assert_eq!(time(moment, 60), "2026-11-23 00:30:00 +01:00");
        assert_eq!(time(moment, -210), "2026-11-22 20:00:00 -03:30");
        assert_eq!(time(moment.plus(Millis(7)), 0), "2026-11-22 23:30:00.007 UTC");
        assert_eq!(time(Timestamp::EPOCH, -60), "1970-01-01 00:00:00 UTC");
        assert_eq!(time(Timestamp::from_millis(u64::MAX), 60), "9999-12-31 23:59:59.999 UTC");
        assert!(!time(moment, i16::MIN).is_empty());
    }

    #[test]
    fn lengths_are_exact() {
        let english = find(&current(Kind::Hold, Language::En)).unwrap();
        let text = |millis| duration(Millis(millis), &english.book.words);
        assert_eq!(text(0), "0 seconds");
        assert_eq!(text(86_400_000), "1 day");
        assert_eq!(text(7 * 86_400_000 + 3_600_000 + 120_000), "7 days 1 hour 2 minutes");
        assert_eq!(text(120_001), "2 minutes 1 millisecond");
        assert!(!text(u64::MAX).is_empty());
    }

    #[test]
    fn formats_are_words_of_the_table() {
        for bad in ["", "texts", "text", "text:", "text:0", "text:x", "amount:1", "choice", "json"] {
            assert!(Format::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        assert_eq!(Format::try_from("text:30".to_owned()), Ok(Format::Text(30)));
    }
}
