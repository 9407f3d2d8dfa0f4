//! The canonical form (RFC 8785) of the JSON that we sign.

use serde::Serialize;

use super::glance;
use super::write::{write, write_seen};
use crate::code::{Code, Misuse};
use crate::limits::INTEGER_MAX;

/// Writes the canonical form (RFC 8785). Fails for what our canonical JSON cannot hold: numbers that
/// are not whole or beyond 2^53-1, keys that are no text.
///
/// Written by hand, because it stands before every signature: without floats the form is no more than
/// sorted keys and the escapes that `serde_json` writes anyway.
///
/// What is declared in canonical order, as most of what we sign is, is written once and seen to be in order.
pub fn canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, Misuse> {
    if let Some(text) = in_order(value) {
        return Ok(text);
    }
    canonical_value(&serde_json::to_value(value).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?)
}

/// The canonical form of an object with one member more; none where that takes a longer way: if one of the two is
/// not declared in canonical order, or the object has such a member already.
pub fn canonical_with<T: Serialize, M: Serialize>(object: &T, name: &str, member: &M) -> Option<Vec<u8>> {
    let (object, member) = (in_order(object)?, in_order(member)?);
    let text = std::str::from_utf8(&object).ok()?;
    let at = glance::place(text, name)?;
    let (before, after) = text.split_at_checked(at)?;
    let (left, right) = match (before, after) {
        ("{", "}") => ("", ""),
        (_, "}") => (",", ""),
        _ => ("", ","),
    };
    let name = super::written(name, 0).ok()?;
    let parts: [&[u8]; 7] =
        [before.as_bytes(), left.as_bytes(), &name, b":", &member, right.as_bytes(), after.as_bytes()];
    Some(parts.concat())
}

/// The canonical form of what is declared in canonical order.
fn in_order<T: Serialize>(value: &T) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(CANONICAL_USUAL_BYTES);
    write_seen(value, &mut text).ok()?.then_some(text)
}

/// The same of a value that is built already.
pub fn canonical_value(value: &serde_json::Value) -> Result<Vec<u8>, Misuse> {
    let mut text = Vec::with_capacity(CANONICAL_USUAL_BYTES);
    write_canonical(value, &mut text)?;
    Ok(text)
}

/// Most statements fit, so that the text does not grow while it is written.
const CANONICAL_USUAL_BYTES: usize = 1024;

fn write_canonical(value: &serde_json::Value, text: &mut Vec<u8>) -> Result<(), Misuse> {
    match value {
        serde_json::Value::Null | serde_json::Value::Bool(_) => write_plain(value, text),
        serde_json::Value::String(own) => write_plain(own, text),
        serde_json::Value::Number(number) => {
            let size = number.as_i64().map(i64::unsigned_abs).or(number.as_u64());
            if size.is_none_or(|size| size > INTEGER_MAX) {
                return Err(Misuse::new(Code::JsonNumber, number.to_string()));
            }
            write_plain(number, text)
        }
        serde_json::Value::Array(items) => {
            text.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(b',');
                }
                write_canonical(item, text)?;
            }
            text.push(b']');
            Ok(())
        }
        serde_json::Value::Object(members) => write_members(members, text),
    }
}

/// Keys sort by UTF-16 code units (RFC 8785 section 3.2.3).
fn write_members(members: &serde_json::Map<String, serde_json::Value>, text: &mut Vec<u8>) -> Result<(), Misuse> {
    // The map is sorted by code points. That is another order only if there are some beyond the surrogates, whose
    // first byte in UTF-8 is 0xEE or more.
    if members.keys().all(|key| key.bytes().all(|byte| byte < 0xee)) {
        return write_sorted(members.iter(), text);
    }
    let mut sorted: Vec<(&String, &serde_json::Value)> = members.iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    write_sorted(sorted.into_iter(), text)
}

fn write_sorted<'a>(
    members: impl Iterator<Item = (&'a String, &'a serde_json::Value)>,
    text: &mut Vec<u8>,
) -> Result<(), Misuse> {
    text.push(b'{');
    for (at, (key, value)) in members.enumerate() {
        if at > 0 {
            text.push(b',');
        }
        write_plain(key, text)?;
        text.push(b':');
        write_canonical(value, text)?;
    }
    text.push(b'}');
    Ok(())
}

fn write_plain<T: Serialize + ?Sized>(value: &T, text: &mut Vec<u8>) -> Result<(), Misuse> {
    write(value, text)
}
