use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::read_value;
use super::*;

/// Of everything that types are made of.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Large {
    truth: bool,
    small: u8,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    number: Option<i64>,
    text: String,
    letter: char,
    pair: (u64, Named),
    nothing: (),
    choices: Vec<Choice>,
    map: BTreeMap<String, Option<u64>>,
    by_word: BTreeMap<Word, Named>,
    any: serde_json::Value,
    tagged: Tagged,
    either: Either,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
struct Named(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    FirstOne,
    Other,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
enum Choice {
    Unit,
    New(u64),
    Tuple(i64, String),
    Struct { a: Word, b: Option<Box<Choice>> },
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "type")]
enum Tagged {
    One { number: u64 },
    Two { text: String },
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
enum Either {
    Number(i32),
    Text(String),
}

fn any_choice() -> impl Strategy<Value = Choice> {
    let word = prop_oneof![Just(Word::FirstOne), Just(Word::Other)];
    let leaf = prop_oneof![
        Just(Choice::Unit),
        (0_u64..1 << 53).prop_map(Choice::New),
        (-(1_i64 << 53) + 1..1 << 53, "[ -~\n]{0,5}").prop_map(|(number, text)| Choice::Tuple(number, text)),
    ];
    leaf.prop_recursive(3, 8, 1, move |inner| {
        let b = prop::option::of(inner.prop_map(Box::new));
        (word.clone(), b).prop_map(|(a, b)| Choice::Struct { a, b })
    })
}

fn any_large() -> impl Strategy<Value = Large> {
    // Escapes beside what is not ASCII go the long way.
    let first = (any::<bool>(), any::<u8>(), prop::option::of(-5_i64..500), "[ -~]{0,9}|[a-zü€]{0,9}", "[a-z\"\\\\]");
    let lists = (
        prop::collection::vec(any_choice(), 0..4),
        prop::collection::btree_map("[a-d]{0,2}", prop::option::of(0_u64..9), 0..4),
        any::<bool>(),
    );
    (first, lists, "[ -~\t]{0,9}", 0_u64..1000).prop_map(|(first, (choices, map, either), other, n)| {
        let (truth, small, number, text, letter) = first;
        let named = Named(other.clone());
        Large {
            truth,
            small,
            number,
            letter: letter.chars().next().unwrap(),
            pair: (n, named.clone()),
            nothing: (),
            any: serde_json::json!({ "z": [text, n, null, true], "a": { "b": &map } }),
            text,
            choices,
            map,
            by_word: BTreeMap::from([(Word::FirstOne, named)]),
            tagged: if either { Tagged::One { number: n } } else { Tagged::Two { text: other.clone() } },
            either: if either { Either::Number(-3) } else { Either::Text(other) },
        }
    })
}

/// What is accepted here is strict, and what the usual reader makes of it.
fn same<T: de::DeserializeOwned + PartialEq + fmt::Debug>(text: &str) {
    let Some(value) = read::<T>(text) else { return };
    assert_eq!(serde_json::from_str::<T>(text).unwrap(), value, "{text}");
    assert!(read_value(text.as_bytes()).is_ok(), "{text}");
}

fn same_for_all(text: &str) {
    same::<Large>(text);
    same::<Choice>(text);
    same::<Tagged>(text);
    same::<Either>(text);
    same::<serde_json::Value>(text);
    same::<Vec<Option<i32>>>(text);
    same::<(u8, String)>(text);
    same::<[u64; 2]>(text);
    same::<BTreeMap<String, Choice>>(text);
    same::<BTreeMap<u64, u64>>(text);
    same::<Option<f64>>(text);
    same::<i128>(text);
    same::<()>(text);
    same::<Box<str>>(text);
    if read::<de::IgnoredAny>(text).is_some() {
        assert!(read_value(text.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn what_it_is_not_sure_of() {
    for text in [
        "",
        "{}x",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{\"a\":1,\"a\":2}",
        "{\"a\\n\":1}",
        "\"\\u0041\"",
        "\"\u{1}\"",
        "\"e\u{301}\"",
        "1.0",
        "-0",
        "01",
        "9007199254740992",
        "tru",
        "nullx",
    ] {
        assert!(read::<serde_json::Value>(text).is_none(), "{text}");
    }
    let deep = |depth| "[".repeat(depth) + &"]".repeat(depth);
    assert!(read::<serde_json::Value>(&deep(JSON_DEPTH_MAX)).is_some());
    assert!(read::<serde_json::Value>(&deep(JSON_DEPTH_MAX + 1)).is_none());
    let long = |count| format!("[0{}]", ",0".repeat(count - 1));
    assert!(read::<Vec<u8>>(&long(JSON_ITEMS_MAX)).is_some());
    assert!(read::<Vec<u8>>(&long(JSON_ITEMS_MAX + 1)).is_none());
    assert!(read::<[u8; 2]>("[1,2,3]").is_none());
    assert!(read::<Word>("\"third\"").is_none());
    assert!(read::<Choice>("{\"New\":1,\"Unit\":null}").is_none());
}

#[test]
fn escapes_say_what_they_say() {
    let text = r#""\"\\\/\b\f\n\r\t.""#;
    assert_eq!(read::<String>(text).unwrap(), serde_json::from_str::<String>(text).unwrap());
    assert!(read::<String>(r#""\x""#).is_none());
    assert!(read::<String>(r#""\""#).is_none());
}

proptest! {
    #[test]
    fn what_was_written_is_read(large in any_large(), space in "[ \n]{0,1}") {
        let text = serde_json::to_string(&large).unwrap();
        prop_assert!(read::<Large>(&text).is_some_and(|read| read == large));
        same_for_all(&text);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let text = serde_json::to_string_pretty(&value).unwrap() + &space;
        prop_assert_eq!(read::<Large>(&text), Some(large));
    }

    #[test]
    fn a_byte_more_or_less_is_seen_alike(large in any_large(), at in any::<prop::sample::Index>(), byte in "[\\[\\]{},:\"\\\\0-9.\\-nt ]?") {
        let mut text = serde_json::to_string(&large).unwrap();
        let at = at.index(text.len());
        prop_assume!(text.is_char_boundary(at) && text.is_char_boundary(at + 1));
        text.replace_range(at..=at, &byte);
        same_for_all(&text);
    }

    #[test]
    fn small_texts_are_seen_alike(text in "[\\[\\]{}:,\"a-b\\\\n0-9.e\\- ü\u{301}]{0,16}|[\\[{]?\"(Unit|New|Struct|type|One|first-one)\"[:,]?[0-9n]{0,2}[\\]}]?") {
        same_for_all(&text);
    }
}
