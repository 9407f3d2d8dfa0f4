//! The strict reader against a lenient one, the canonical writer against a foreign one.

use semper_base::Code;
use semper_base::json::{self, Value};
use semper_base::limits::{INTEGER_MAX, JSON_BYTES_MAX, JSON_DEPTH_MAX, JSON_ITEMS_MAX};

/// The target.
///
/// # Panics
/// When something that must always hold does not.
pub fn run(bytes: &[u8]) {
    let lenient: Result<serde_json::Value, _> = serde_json::from_slice(bytes);
    let typed = json::read::<serde_json::Value>(bytes);
    match json::read_value(bytes) {
        Ok(value) => {
            let lenient = lenient.expect("what the strict reader takes, a lenient one takes");
            assert_eq!(typed.expect("both strict readers agree"), lenient);
            accepted(bytes, &value, &lenient);
        }
        Err(violation) => {
            let other = typed.expect_err("both strict readers agree").code();
            assert_eq!(other, violation.code(), "the strict readers give different reasons");
            if lenient.is_ok() {
                let strict = [
                    Code::JsonDuplicateKey,
                    Code::JsonNotNormal,
                    Code::JsonNumber,
                    Code::JsonTooDeep,
                    Code::JsonTooLarge,
                    Code::TooMany,
                ];
                assert!(strict.contains(&violation.code()), "refused for {:?}", violation.code());
            }
        }
    }
}

fn accepted(bytes: &[u8], value: &Value, lenient: &serde_json::Value) {
    assert!(bytes.len() <= JSON_BYTES_MAX);
    let members = check(value, 0);
    assert_eq!(members, colons(bytes), "a member was lost: its key was there twice");
    assert_eq!(&serde_json::to_value(value).expect("a value is JSON"), lenient);
    let canonical = json::canonical(value).expect("what was read can be written");
    assert_eq!(json::read_value(&canonical).as_ref(), Ok(value));
    let foreign = serde_json_canonicalizer::to_vec(lenient).expect("the foreign writer writes it");
    assert_eq!(canonical, foreign, "two canonical forms");
    let again: serde_json::Value = json::typed(value).expect("typed");
    assert_eq!(&again, lenient);
}

/// Every bound of the reader, looked at from outside. Returns how many members there are.
fn check(value: &Value, depth: usize) -> usize {
    assert!(depth <= JSON_DEPTH_MAX);
    match value {
        Value::Null | Value::Bool(_) | Value::Text(_) => 0,
        Value::Integer(number) => {
            assert!(number.unsigned_abs() <= INTEGER_MAX);
            0
        }
        Value::List(items) => {
            assert!(items.len() <= JSON_ITEMS_MAX);
            items.iter().map(|item| check(item, depth + 1)).sum()
        }
        Value::Object(members) => {
            assert!(members.len() <= JSON_ITEMS_MAX);
            members.len() + members.values().map(|member| check(member, depth + 1)).sum::<usize>()
        }
    }
}

/// Colons outside strings: one per member that was written.
fn colons(text: &[u8]) -> usize {
    let (mut count, mut inside, mut escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b':' if !inside => count += 1,
            _ => {}
        }
    }
    count
}
