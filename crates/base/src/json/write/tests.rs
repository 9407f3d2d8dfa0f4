use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::canonical_value;
use super::*;

#[derive(Clone, Debug, Serialize)]
enum Shape {
    Empty,
    One(String),
    Pair(i8, Option<char>),
    Members { a: u64, b: Vec<Shape> },
}

#[derive(Debug, Serialize)]
struct Unit;

#[derive(Debug, Serialize)]
struct Two(i64, String);

#[derive(Debug, Serialize)]
struct All {
    shapes: Vec<Shape>,
    two: Two,
    unit: Unit,
    names: BTreeMap<String, bool>,
    numbers: BTreeMap<i32, (u8, u16, i16, u32)>,
    letters: BTreeMap<char, Option<()>>,
    truths: BTreeMap<bool, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    large: Option<u128>,
    small: Option<i128>,
    float: f32,
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Empty),
        any::<String>().prop_map(Shape::One),
        (any::<i8>(), any::<Option<char>>()).prop_map(|(number, letter)| Shape::Pair(number, letter)),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        (any::<u64>(), prop::collection::vec(inner, 0..4)).prop_map(|(a, b)| Shape::Members { a, b })
    })
}

/// What is seen to be canonical is.
fn same_form<T: Serialize>(value: &T) {
    let mut text = Vec::new();
    if write_seen(value, &mut text).unwrap() {
        assert_eq!(canonical_value(&serde_json::to_value(value).unwrap()).unwrap(), text);
    }
}

/// Whether an object with these keys, in this order, is seen to be canonical.
fn is_seen<K: Serialize>(keys: &[K]) -> bool {
    struct Members<'a, K>(&'a [K]);
    impl<K: Serialize> Serialize for Members<'_, K> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|key| (key, BTreeMap::from([("b", 1), ("c", 2)]))))
        }
    }
    write_seen(&[Members(keys)], &mut Vec::new()).unwrap()
}

#[test]
fn order_is_seen() {
    assert!(is_seen::<&str>(&[]));
    assert!(is_seen(&["", "a", "a!", "ab", "b", "\u{7f}", "ü", "€"]));
    for keys in [["b", "a"], ["a", "a"], ["ab", "a!"], ["", ""], ["a", "b\n"], ["a", "\u{e000}"], ["a", "𝄞"]] {
        assert!(!is_seen(&keys), "{keys:?}");
    }
    assert!(is_seen(&[10, 9]) && !is_seen(&[9, 10]));
    let seen = |number: u64| write_seen(&[number], &mut Vec::new()).unwrap();
    assert!(seen(INTEGER_MAX) && !seen(INTEGER_MAX + 1));
    assert!(!write_seen(&1.0, &mut Vec::new()).unwrap());
    assert!(!write_seen(&1_i128, &mut Vec::new()).unwrap());
}

proptest! {
    #[test]
    fn it_writes_what_serde_json_writes(
        shapes in prop::collection::vec(shape(), 0..4),
        two in any::<(i64, String)>(),
        names in prop::collection::btree_map(any::<String>(), any::<bool>(), 0..4),
        numbers in prop::collection::btree_map(any::<i32>(), any::<(u8, u16, i16, u32)>(), 0..4),
        letters in prop::collection::btree_map(any::<char>(), any::<Option<()>>(), 0..4),
        truths in prop::collection::btree_map(any::<bool>(), any::<f64>(), 0..3),
        (large, small, float) in any::<(Option<u128>, Option<i128>, f32)>(),
    ) {
        let two = Two(two.0, two.1);
        let all = All { shapes, two, unit: Unit, names, numbers, letters, truths, large, small, float };
        prop_assert_eq!(written(&all, 0).unwrap(), serde_json::to_vec(&all).unwrap());
        same_form(&all);
        same_form(&all.names);
        same_form(&all.numbers);
        same_form(&all.letters);
        same_form(&all.shapes);
        same_form(&all.two);
    }

    #[test]
    fn every_text_is_escaped_alike(text in "[ -~]{0,20}[\"\\\\\u{0}-\u{1f}\u{7f}ü𝄞]{0,3}[ -~]{0,20}") {
        prop_assert_eq!(written(&text, 0).unwrap(), serde_json::to_vec(&text).unwrap());
    }
}

#[test]
fn every_byte_is_escaped_alike_at_every_place() {
    for byte in 0..128_u8 {
        for at in 0..17 {
            let text = format!("{}{}{}", "x".repeat(at), char::from(byte), "é".repeat(9));
            assert_eq!(written(&text, 0).unwrap(), serde_json::to_vec(&text).unwrap());
        }
    }
}

#[test]
fn a_name_is_text() {
    let map = BTreeMap::from([(vec![1], 1)]);
    assert_eq!(written(&map, 0).unwrap_err().code(), Code::FieldWrong);
    assert_eq!(written(&BTreeMap::from([(None::<u8>, 1)]), 0).unwrap_err().code(), Code::FieldWrong);
}
