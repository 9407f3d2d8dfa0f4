//! JSON as Semper reads and writes it.
//!
//! Reading is strict: no duplicate keys, whole numbers within 2^53-1, no floats, text in Unicode
//! normal form C, bounded depth and size, no trailing bytes. Writing is canonical (RFC 8785), once,
//! by whoever signs; received bytes are kept as they are and never written anew.

mod canonical;
mod glance;
mod write;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::code::{Code, Violation};
use crate::limits::{INTEGER_MAX, JSON_BYTES_MAX, JSON_DEPTH_MAX, JSON_ITEMS_MAX};

pub use canonical::{canonical, canonical_value, canonical_with};
pub use write::written;

/// A JSON value that passed the strict reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number, -(2^53-1) to 2^53-1.
    Integer(i64),
    /// Text in normal form C.
    Text(String),
    /// An array.
    List(Vec<Value>),
    /// An object; keys are unique.
    Object(BTreeMap<String, Value>),
}

impl Value {
    /// The member of an object, if this is one and has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Object(members) => members.get(key),
            _ => None,
        }
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is a number.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items),
            Value::Object(members) => serializer.collect_map(members),
        }
    }
}

/// Reads any strict JSON value.
pub fn read_value(text: &[u8]) -> Result<Value, Violation> {
    check_size(text)?;
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Strict { depth: 0 }.deserialize(&mut reader).map_err(malformed)?;
    reader.end().map_err(malformed)?;
    Ok(value)
}

/// Reads a typed value from strict JSON. The type must refuse unknown fields itself
/// (`#[serde(deny_unknown_fields)]`).
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Violation> {
    check_size(text)?;
    // Nearly all that is read is strict, and seen to be at a glance; the closer look says why the rest is not.
    if let Ok(text) = std::str::from_utf8(text)
        && glance::is_strict(text)
    {
        return serde_json::from_str(text).map_err(malformed);
    }
    let mut reader = serde_json::Deserializer::from_slice(text);
    Checker { depth: 0 }.deserialize(&mut reader).map_err(malformed)?;
    reader.end().map_err(malformed)?;
    serde_json::from_slice(text).map_err(malformed)
}

/// Types what was cut out of a value that [`read`] has read: nothing is checked a second time.
pub fn from_checked<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Violation> {
    serde_json::from_value(value).map_err(malformed)
}

/// Turns a strict value into a typed one.
pub fn typed<T: DeserializeOwned>(value: &Value) -> Result<T, Violation> {
    let text = serde_json::to_vec(value).map_err(malformed)?;
    serde_json::from_slice(&text).map_err(malformed)
}

fn check_size(text: &[u8]) -> Result<(), Violation> {
    if text.len() > JSON_BYTES_MAX {
        return Err(Violation::new(Code::JsonTooLarge, text.len().to_string()));
    }
    Ok(())
}

/// Finds the code that a reader's error stands for. serde carries only text, so our own errors
/// begin with their code's name.
#[expect(clippy::needless_pass_by_value, reason = "used as a function in map_err")]
fn malformed(error: serde_json::Error) -> Violation {
    let text = error.to_string();
    let own = [Code::JsonDuplicateKey, Code::JsonNumber, Code::JsonNotNormal, Code::JsonTooDeep, Code::TooMany];
    let code = own.into_iter().find(|code| text.starts_with(code.name()));
    let code = code.unwrap_or(match () {
        () if text.starts_with("unknown field") || text.starts_with("unknown variant") => Code::FieldUnknown,
        () if text.starts_with("missing field") => Code::FieldMissing,
        () if error.is_data() => Code::FieldWrong,
        () if text.starts_with("recursion limit") => Code::JsonTooDeep,
        () => Code::JsonMalformed,
    });
    Violation::new(code, text)
}

fn own_error<E: de::Error>(code: Code, what: &str) -> E {
    E::custom(format_args!("{}: {what}", code.name()))
}

fn is_normal(text: &str) -> bool {
    text.is_ascii()
        || match is_nfc_quick(text.chars()) {
            IsNormalized::Yes => true,
            IsNormalized::No => false,
            IsNormalized::Maybe => text.nfc().eq(text.chars()),
        }
}

fn check_text<E: de::Error>(text: &str) -> Result<(), E> {
    if is_normal(text) { Ok(()) } else { Err(own_error(Code::JsonNotNormal, "")) }
}

fn check_integer<E: de::Error>(number: i64) -> Result<i64, E> {
    if number.unsigned_abs() > INTEGER_MAX {
        return Err(own_error(Code::JsonNumber, "beyond 2^53-1"));
    }
    Ok(number)
}

/// Builds a [`Value`].
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: de::Error>(&self) -> Result<Strict, E> {
        if self.depth >= JSON_DEPTH_MAX {
            return Err(own_error(Code::JsonTooDeep, ""));
        }
        Ok(Strict { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("strict JSON")
    }
    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        check_integer(number).map(Value::Integer)
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        let number = i64::try_from(number).map_err(|_| own_error(Code::JsonNumber, "beyond 2^53-1"))?;
        check_integer(number).map(Value::Integer)
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Value, E> {
        Err(own_error(Code::JsonNumber, "not a whole number"))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        check_text(text)?;
        Ok(Value::Text(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper()?)? {
            if list.len() >= JSON_ITEMS_MAX {
                return Err(own_error(Code::TooMany, "elements"));
            }
            list.push(item);
        }
        Ok(Value::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = BTreeMap::new();
        while let Some(key) = members.next_key::<String>()? {
            check_text(&key)?;
            if object.len() >= JSON_ITEMS_MAX {
                return Err(own_error(Code::TooMany, "members"));
            }
            // Before the value, as the checker does: the same bytes are refused for the same reason.
            let Entry::Vacant(place) = object.entry(key) else {
                return Err(own_error(Code::JsonDuplicateKey, ""));
            };
            place.insert(members.next_value_seed(self.deeper()?)?);
        }
        Ok(Value::Object(object))
    }
}

/// The same checks without building anything: what a typed read runs first. Keys are kept per
/// object, because a duplicate can only be seen by remembering.
struct Checker {
    depth: usize,
}

impl Checker {
    fn deeper<E: de::Error>(&self) -> Result<Checker, E> {
        if self.depth >= JSON_DEPTH_MAX {
            return Err(own_error(Code::JsonTooDeep, ""));
        }
        Ok(Checker { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Checker {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Checker {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("strict JSON")
    }
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<(), E> {
        check_integer(number).map(|_| ())
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<(), E> {
        if number > INTEGER_MAX {
            return Err(own_error(Code::JsonNumber, "beyond 2^53-1"));
        }
        Ok(())
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        Err(own_error(Code::JsonNumber, "not a whole number"))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        check_text(text)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut count = 0_usize;
        while items.next_element_seed(self.deeper()?)?.is_some() {
            count += 1;
            if count > JSON_ITEMS_MAX {
                return Err(own_error(Code::TooMany, "elements"));
            }
        }
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut keys = std::collections::BTreeSet::new();
        while let Some(key) = members.next_key_seed(KeyText)? {
            check_text(&key)?;
            if keys.len() >= JSON_ITEMS_MAX {
                return Err(own_error(Code::TooMany, "members"));
            }
            if !keys.insert(key) {
                return Err(own_error(Code::JsonDuplicateKey, ""));
            }
            members.next_value_seed(self.deeper()?)?;
        }
        Ok(())
    }
}

/// Reads a member's name without copying it, unless it has escapes in it. For visitors of their own.
#[derive(Debug)]
pub struct KeyText;

impl<'de> DeserializeSeed<'de> for KeyText {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeyText {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(text: &str) -> Code {
        read_value(text.as_bytes()).expect_err(text).code()
    }

    #[test]
    fn refuses_what_readers_disagree_about() {
        assert_eq!(code(r#"{"a":1,"a":2}"#), Code::JsonDuplicateKey);
        assert_eq!(code(r#"{"a":{"b":1,"b":1}}"#), Code::JsonDuplicateKey);
        assert_eq!(code("1.0"), Code::JsonNumber);
        assert_eq!(code("1e2"), Code::JsonNumber);
        assert_eq!(code("9007199254740992"), Code::JsonNumber);
        assert_eq!(code("-9007199254740992"), Code::JsonNumber);
        assert_eq!(code("18446744073709551616"), Code::JsonNumber);
        assert_eq!(code("\"e\u{301}\""), Code::JsonNotNormal);
        assert_eq!(code(&"[".repeat(40)), Code::JsonTooDeep);
        assert_eq!(code("{} {}"), Code::JsonMalformed);
        assert_eq!(code("NaN"), Code::JsonMalformed);
        assert_eq!(code("\"\\ud800\""), Code::JsonMalformed);
        assert_eq!(code("\u{feff}{}"), Code::JsonMalformed);
    }

    /// RFC 8785 section 3.2.2 without its floats, which we refuse.
    #[test]
    fn canonical_form_of_the_rfc() {
        let text = r#"{"numbers":[333333333, 4, 2],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#;
        let value = read_value(text.as_bytes()).unwrap();
        let canonical = String::from_utf8(canonical(&value).unwrap()).unwrap();
        assert_eq!(
            canonical,
            "{\"literals\":[null,true,false],\"numbers\":[333333333,4,2],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
        );
    }

    /// RFC 8785 section 3.2.3: keys sort by UTF-16 code units, not by bytes.
    #[test]
    fn keys_sort_as_utf16() {
        let text = "{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude02\":5,\"\\u0080\":6,\"\\u00f6\":7}";
        // U+FB33 decomposes under NFC, so our strict reader refuses it; the canonicaliser still sorts it.
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let order: Vec<char> =
            String::from_utf8(canonical(&value).unwrap()).unwrap().chars().filter(char::is_ascii_digit).collect();
        // "1" is itself a key: 1:4 prints both.
        assert_eq!(order, ['2', '1', '4', '6', '7', '1', '5', '3']);
    }

    #[test]
    fn numbers_that_readers_disagree_about_are_not_written() {
        for text in ["1.5", "1e3", "9007199254740992", "-9007199254740992", "18446744073709551615"] {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(canonical(&value).unwrap_err().code(), Code::JsonNumber, "{text}");
        }
    }

    #[test]
    fn order_of_declaration_does_not_matter() {
        #[derive(serde::Serialize)]
        struct Unsorted {
            b: u64,
            a: [u64; 1],
        }
        assert_eq!(canonical(&Unsorted { b: 1, a: [2] }).unwrap(), br#"{"a":[2],"b":1}"#);
        assert_eq!(canonical_with(&Unsorted { b: 1, a: [2] }, "c", &1), None);
    }

    #[test]
    fn both_readers_refuse_for_the_same_reason() {
        for text in [r#"{"a":1,"a":x}"#, r#"{"a":1,"a":1.5}"#, r#"{"a":1,"a":"e\u0301"}"#] {
            assert_eq!(code(text), Code::JsonDuplicateKey, "{text}");
            assert_eq!(
                read::<serde_json::Value>(text.as_bytes()).unwrap_err().code(),
                Code::JsonDuplicateKey,
                "{text}"
            );
        }
    }

    #[test]
    fn typed_read_names_the_field() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Point {
            #[expect(dead_code, reason = "only parsed")]
            x: u64,
        }
        assert_eq!(read::<Point>(b"{\"x\":1,\"y\":2}").unwrap_err().code(), Code::FieldUnknown);
        assert_eq!(read::<Point>(b"{}").unwrap_err().code(), Code::FieldMissing);
        assert_eq!(read::<Point>(b"{\"x\":\"1\"}").unwrap_err().code(), Code::FieldWrong);
        assert_eq!(read::<Point>(b"{\"x\":1,\"x\":1}").unwrap_err().code(), Code::JsonDuplicateKey);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (-(INTEGER_MAX.cast_signed())..=INTEGER_MAX.cast_signed()).prop_map(Value::Integer),
            "\\PC{0,12}".prop_map(|text| Value::Text(text.nfc().collect())),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
                prop::collection::btree_map("\\PC{0,6}".prop_map(|key| key.nfc().collect()), inner, 0..6)
                    .prop_map(Value::Object),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_form_reads_back_and_is_stable(value in any_value()) {
            let once = canonical(&value).unwrap();
            let back = read_value(&once).unwrap();
            prop_assert_eq!(&back, &value);
            prop_assert_eq!(canonical(&back).unwrap(), once);
        }

        #[test]
        fn another_canonicaliser_writes_the_same(value in any_value()) {
            prop_assert_eq!(canonical(&value).unwrap(), serde_json_canonicalizer::to_vec(&value).unwrap());
        }

        #[test]
        fn a_member_more_is_written_where_it_belongs(value in any_value(), name in "[a-c]{0,2}", member in any_value()) {
            let Value::Object(mut members) = value.clone() else { return Ok(()) };
            let Some(text) = canonical_with(&value, &name, &member) else {
                return Ok(());
            };
            prop_assert!(members.insert(name, member).is_none());
            prop_assert_eq!(text, canonical_value(&serde_json::to_value(Value::Object(members)).unwrap()).unwrap());
        }

        #[test]
        fn both_readers_agree(text in "[\\[\\]{}:,\"a-c0-9.e\\-]{0,24}") {
            let by_value = read_value(text.as_bytes()).is_ok();
            let by_check = read::<serde_json::Value>(text.as_bytes()).is_ok();
            prop_assert_eq!(by_value, by_check);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = read_value(&bytes);
        }
    }
}
