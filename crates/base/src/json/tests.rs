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
        assert_eq!(read::<serde_json::Value>(text.as_bytes()).unwrap_err().code(), Code::JsonDuplicateKey, "{text}");
    }
}

#[test]
fn our_own_is_read_without_checks() {
    assert_eq!(read_own::<String>(br#""e\u0301""#).unwrap(), "e\u{301}");
    assert_eq!(read_own::<Vec<f64>>(b"[1.5]").unwrap(), [1.5]);
    assert_eq!(read_own::<u64>(b"x").unwrap_err().code(), Code::JsonMalformed);
    assert_eq!(read_own::<String>(b"\"\xff\"").unwrap_err().code(), Code::JsonMalformed);
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
