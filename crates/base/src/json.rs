//! JSON as Semper reads and writes it.
//!
//! Reading is strict: no duplicate keys, whole numbers within 2^53-1, no floats, text in Unicode
//! normal form C, bounded depth and size, no trailing bytes. Writing is canonical (RFC 8785), once,
//! by whoever signs; received bytes are kept as they are and never written anew.

mod canonical;
mod glance;
mod plain;
mod quick;
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
    if let Some(value) = std::str::from_utf8(text).ok().and_then(quick::read) {
        return Ok(value);
    }
    let mut reader = serde_json::Deserializer::from_slice(text);
    Checker { depth: 0 }.deserialize(&mut reader).map_err(malformed)?;
    reader.end().map_err(malformed)?;
    serde_json::from_slice(text).map_err(malformed)
}

/// Reads what we wrote ourselves: no checks but those that reading takes.
pub fn read_own<T: DeserializeOwned>(text: &[u8]) -> Result<T, Violation> {
    // As text: what is known to be UTF-8 need not be looked at again string by string.
    let text = std::str::from_utf8(text).map_err(|e| Violation::new(Code::JsonMalformed, e.to_string()))?;
    match quick::read(text) {
        Some(value) => Ok(value),
        None => serde_json::from_str(text).map_err(malformed),
    }
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
mod tests;
