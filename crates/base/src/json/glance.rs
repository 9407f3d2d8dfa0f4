//! Tells at a glance that a text is strict JSON: one pass over its bytes, nothing built.
//!
//! It never accepts what the reader's own checks refuse. Where it would have to think (escapes in keys, `\u`, numbers
//! that are long or not whole, many keys out of order, anything malformed) it says "not sure", and the
//! reader looks closely.

use std::str;

use crate::limits::{INTEGER_MAX, JSON_DEPTH_MAX, JSON_ITEMS_MAX};

use super::is_normal;

/// Keys of one object that are compared with one another when they are out of order.
const UNORDERED_MAX: usize = 64;
/// Keys that are open at the same time in most of what we read.
const KEYS_USUAL: usize = 32;
/// Digits of a number that surely is within 2^53-1.
const DIGITS_SURE: usize = 15;
/// Digits of 2^53-1.
const DIGITS_MAX: usize = 16;

/// Whether `text` surely passes every check of the strict reader.
pub(super) fn is_strict(text: &str) -> bool {
    let mut glance = Glance::new(text, false);
    glance.value(0).is_some() && glance.next().is_none()
}

/// Whether JSON that was written without superfluous space is canonical as it stands: besides all of the above,
/// the keys of each object are in order.
pub(super) fn is_sorted(text: &str) -> bool {
    let mut glance = Glance::new(text, true);
    glance.value(0).is_some() && glance.next().is_none()
}

/// Where in an object's canonical text a member of this name belongs, from the quotes of the key that follows it or
/// the closing brace; none if it is not sure to be canonical, or has such a member.
pub(super) fn place(text: &str, name: &str) -> Option<usize> {
    let mut glance = Glance::new(text, true);
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

struct Glance<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// The keys of all objects that are open, the innermost last.
    keys: Vec<&'a str>,
    /// Keys must be in canonical order.
    sorted: bool,
}

impl<'a> Glance<'a> {
    fn new(text: &'a str, sorted: bool) -> Self {
        Glance { text, bytes: text.as_bytes(), at: 0, keys: Vec::with_capacity(KEYS_USUAL), sorted }
    }

    /// The next byte that is not white space; it is not taken.
    fn next(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    fn take(&mut self, due: u8) -> Option<()> {
        (self.next()? == due).then(|| self.at += 1)
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.next()? {
            b'"' => self.string().map(drop),
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.bytes.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    /// A whole number without superfluous digits, surely within 2^53-1.
    fn number(&mut self) -> Option<()> {
        let rest = self.bytes.get(self.at..)?;
        let negative = rest.first() == Some(&b'-');
        let digits = rest.get(usize::from(negative)..)?;
        let length = digits.iter().take(DIGITS_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count();
        let digits = digits.get(..length)?;
        // Minus nought is read as a float.
        if digits.is_empty() || (digits.first() == Some(&b'0') && (length > 1 || negative)) {
            return None;
        }
        if length > DIGITS_SURE {
            let number: u64 = str::from_utf8(digits).ok()?.parse().ok()?;
            if number > INTEGER_MAX {
                return None;
            }
        }
        self.at += usize::from(negative) + length;
        let more = matches!(self.bytes.get(self.at), Some(b'.' | b'e' | b'E' | b'0'..=b'9'));
        (!more).then_some(())
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
            let key = self.key()?;
            // What we write ourselves is sorted: then one comparison shows that a key is new.
            let earlier = self.keys.get(first..)?;
            ordered = ordered && earlier.last().is_none_or(|last| *last < key);
            if self.sorted && !(ordered && is_ordinary(key)) {
                return None;
            }
            if !ordered && (earlier.len() > UNORDERED_MAX || earlier.contains(&key)) {
                return None;
            }
            self.keys.push(key);
            self.take(b':')?;
            self.value(depth + 1)?;
            match self.next()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    self.keys.truncate(first);
                    return Some(());
                }
                _ => return None,
            }
        }
        None
    }

    /// A key without escapes, so that equal keys are equal bytes.
    fn key(&mut self) -> Option<&'a str> {
        let key = self.string()?;
        (!key.contains('\\')).then_some(key)
    }

    /// A string, normal as it stands: what is between its quotes.
    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let start = self.at;
        let (mut plain, mut ascii) = (true, true);
        loop {
            self.at += plain_length(self.bytes.get(self.at..)?);
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
        normal.then_some(content)
    }
}

/// How many bytes at the beginning are ASCII and neither quotes nor backslashes nor control characters. Eight at a
/// time, because most of what is read is base64.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut length = 0;
    for eight in bytes.chunks(8) {
        let Ok(eight) = <[u8; 8]>::try_from(eight) else {
            let is_plain = |byte: &&u8| matches!(byte, 0x20..0x80) && !matches!(byte, b'"' | b'\\');
            return length + eight.iter().take_while(is_plain).count();
        };
        let word = u64::from_le_bytes(eight);
        // A borrow can only mark bytes after the first that is marked rightly.
        let below = |limit: u64, word: u64| word.wrapping_sub(ONES * limit);
        let marks = (below(0x20, word)
            | below(1, word ^ (ONES * u64::from(b'"')))
            | below(1, word ^ (ONES * u64::from(b'\\')))
            | word)
            & HIGH;
        if marks != 0 {
            return length + marks.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
    fn order_is_seen() {
        for (text, sorted) in [
            (r#"{"a":1,"b":{"a":[{}],"b":1}}"#, true),
            (r#"{"b":1,"a":1}"#, false),
            (r#"{"a":{"b":1,"a":1}}"#, false),
            ("{\"\u{e000}\":1,\"\u{10000}\":1}", false),
        ] {
            assert_eq!(is_sorted(text), sorted, "{text}");
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

        #[test]
        fn what_is_plain_is_counted_right(text in "[ -~]{0,20}[\"\\\\\u{0}-\u{1f}\u{7f}ü]?[ -~]{0,20}") {
            let due = text.bytes().take_while(|b| (0x20..0x80).contains(b) && *b != b'"' && *b != b'\\').count();
            prop_assert_eq!(plain_length(text.as_bytes()), due);
        }
    }
}
