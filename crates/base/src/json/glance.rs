//! Tells at a glance that a text is strict JSON: one pass over its bytes, which reads values on the way if somebody
//! wants them.
//!
//! It never accepts what the reader's own checks refuse. Where it would have to think (escapes in keys, `\u`, numbers
//! that are long or not whole, many keys out of order, anything malformed) it says "not sure", and the
//! reader looks closely.

use crate::limits::{INTEGER_MAX, JSON_DEPTH_MAX, JSON_ITEMS_MAX};

use super::is_normal;
use super::plain::plain_length;

/// Keys of one object that are compared with one another when they are out of order.
const UNORDERED_MAX: usize = 64;
/// Keys that are open at the same time in most of what we read.
const KEYS_USUAL: usize = 32;
/// Digits of 2^53-1.
const DIGITS_MAX: usize = 16;

/// Where in an object's canonical text a member of this name belongs, from the quotes of the key that follows it or
/// the closing brace; none if it is not sure to be canonical, or has such a member.
pub(super) fn place(text: &str, name: &str) -> Option<usize> {
    let mut glance = Glance::new(text);
    let (mut place, mut last) = (None, "");
    glance.take(b'{')?;
    for number in 0..JSON_ITEMS_MAX {
        if number == 0 && glance.next()? == b'}' {
            break;
        }
        let start = glance.at;
        let key = glance.key()?;
        if !is_ordinary(key) || key == name || (number > 0 && key <= last) {
            return None;
        }
        if place.is_none() && key > name {
            place = Some(start);
        }
        last = key;
        glance.take(b':')?;
        glance.value(1)?;
        if glance.next()? != b',' {
            break;
        }
        glance.at += 1;
    }
    let end = glance.at;
    glance.take(b'}')?;
    glance.next().is_none().then(|| place.unwrap_or(end))
}

/// Whether the order of a key's code points is that of its UTF-16 units: nothing beyond the surrogates, whose first
/// byte is 0xEE or more.
fn is_ordinary(key: &str) -> bool {
    key.bytes().all(|byte| byte < 0xee)
}

/// A text on the way through it.
pub(super) struct Glance<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// The keys of all objects that are open, the innermost last.
    keys: Vec<&'a str>,
}

/// A whole number within 2^53-1.
pub(super) enum Number {
    Natural(u64),
    Negative(i64),
}

impl<'a> Glance<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Glance { text, bytes: text.as_bytes(), at: 0, keys: Vec::with_capacity(KEYS_USUAL) }
    }

    /// The next byte that is not white space; it is not taken.
    pub(super) fn next(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    pub(super) fn take(&mut self, due: u8) -> Option<()> {
        (self.next()? == due).then(|| self.at += 1)
    }

    /// Any value inside so many lists and objects.
    pub(super) fn value(&mut self, depth: usize) -> Option<()> {
        match self.next()? {
            b'"' => self.string().map(drop),
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number().map(drop),
        }
    }

    pub(super) fn word(&mut self, word: &[u8]) -> Option<()> {
        self.bytes.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    /// A whole number without superfluous digits, surely within 2^53-1.
    pub(super) fn number(&mut self) -> Option<Number> {
        let rest = self.bytes.get(self.at..)?;
        let negative = rest.first() == Some(&b'-');
        let digits = rest.get(usize::from(negative)..)?;
        let length = digits.iter().take(DIGITS_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count();
        let digits = digits.get(..length)?;
        // Minus nought is read as a float.
        if digits.is_empty() || (digits.first() == Some(&b'0') && (length > 1 || negative)) {
            return None;
        }
        let number = digits.iter().fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
        self.at += usize::from(negative) + length;
        let more = matches!(self.bytes.get(self.at), Some(b'.' | b'e' | b'E' | b'0'..=b'9'));
        if number > INTEGER_MAX || more {
            return None;
        }
        Some(if negative { Number::Negative(-number.cast_signed()) } else { Number::Natural(number) })
    }

    fn list(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        if depth >= JSON_DEPTH_MAX {
            return None;
        }
        if self.next()? == b']' {
            self.at += 1;
            return Some(());
        }
        for _ in 0..JSON_ITEMS_MAX {
            self.value(depth + 1)?;
            match self.next()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
        None
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        if depth >= JSON_DEPTH_MAX {
            return None;
        }
        if self.next()? == b'}' {
            self.at += 1;
            return Some(());
        }
        let first = self.keys.len();
        let mut ordered = true;
        for _ in 0..JSON_ITEMS_MAX {
            self.new_key(first, &mut ordered)?;
            self.take(b':')?;
            self.value(depth + 1)?;
            match self.next()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    self.forget_keys(first);
                    return Some(());
                }
                _ => return None,
            }
        }
        None
    }

    /// How many keys are remembered.
    pub(super) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// An object ends: its keys, from this one on, need not be remembered any more.
    pub(super) fn forget_keys(&mut self, first: usize) {
        self.keys.truncate(first);
    }

    /// A key that the object does not have yet whose keys are those from `first` on.
    pub(super) fn new_key(&mut self, first: usize, ordered: &mut bool) -> Option<&'a str> {
        let key = self.key()?;
        // What we write ourselves is sorted: then one comparison shows that a key is new.
        let earlier = self.keys.get(first..)?;
        *ordered = *ordered && earlier.last().is_none_or(|last| *last < key);
        if !*ordered && (earlier.len() > UNORDERED_MAX || earlier.contains(&key)) {
            return None;
        }
        self.keys.push(key);
        Some(key)
    }

    /// A key without escapes, so that equal keys are equal bytes.
    pub(super) fn key(&mut self) -> Option<&'a str> {
        self.string().and_then(|(key, plain)| plain.then_some(key))
    }

    /// A string, normal as it stands: what is between its quotes, and whether that is without escapes.
    pub(super) fn string(&mut self) -> Option<(&'a str, bool)> {
        self.take(b'"')?;
        let start = self.at;
        let (mut plain, mut ascii) = (true, true);
        loop {
            self.at += plain_length::<true>(self.bytes.get(self.at..)?);
            match self.bytes.get(self.at)? {
                b'"' => break,
                b'\\' => {
                    plain = false;
                    if !matches!(self.bytes.get(self.at + 1)?, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') {
                        return None;
                    }
                    self.at += 2;
                }
                0x80.. => {
                    ascii = false;
                    self.at += 1;
                }
                _ => return None,
            }
        }
        let content = self.text.get(start..self.at)?;
        self.at += 1;
        let normal = ascii || (plain && is_normal(content));
        normal.then_some((content, plain))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether `text` surely passes every check of the strict reader.
    fn is_strict(text: &str) -> bool {
        let mut glance = Glance::new(text);
        glance.value(0).is_some() && glance.next().is_none()
    }

    #[test]
    fn what_we_write_is_strict_at_a_glance() {
        for text in [
            "0",
            "-1",
            "9007199254740991",
            "true",
            "[]",
            "{}",
            " [ 1 , {\"a\" : null } ] ",
            r#"{"a":"\"\\\/\b\f\n\r\t","b":["ü",false]}"#,
            r#"{"b":1,"a":{"b":1}}"#,
            r#"{"":1}"#,
        ] {
            assert!(is_strict(text), "{text}");
        }
    }

    #[test]
    fn a_member_has_its_place() {
        for (text, at) in [
            ("{}", Some(1)),
            (r#"{"a":1}"#, Some(6)),
            (r#"{"z":1}"#, Some(1)),
            (r#"{"a":{"z":1},"n":2}"#, Some(13)),
            (r#"{"m":1}"#, None),
            (r#"{"b":1,"a":1}"#, None),
            (r#"{"a":1} x"#, None),
            ("[]", None),
            (r#"{"a":1.5}"#, None),
        ] {
            assert_eq!(place(text, "m"), at, "{text}");
        }
    }

    #[test]
    fn where_it_would_have_to_think_it_is_not_sure() {
        let deep = "[".repeat(JSON_DEPTH_MAX + 1) + &"]".repeat(JSON_DEPTH_MAX + 1);
        for text in [
            "",
            "-",
            "-0",
            "01",
            "1.0",
            "1e2",
            "9007199254740992",
            "90071992547409910",
            "tru",
            "[1,]",
            "[1 2]",
            "{\"a\":1,}",
            "{} {}",
            "\"\u{1}\"",
            "\"e\u{301}\"",
            r#""\u0041""#,
            r#"{"a":1,"a":1}"#,
            r#"{"b":1,"a":1,"b":1}"#,
            r#"{"a\n":1,"b":1}"#,
            &deep,
        ] {
            assert!(!is_strict(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_never_accepts_what_the_reader_refuses(text in "[\\[\\]{}:,\"a-b\\\\n0-9.e\\- ü\u{301}]{0,24}") {
            prop_assert!(!is_strict(&text) || super::super::read_value(text.as_bytes()).is_ok());
        }
    }
}
