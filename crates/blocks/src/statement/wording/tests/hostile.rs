use proptest::prelude::*;
use semper_base::{Code, Hash, bytes};
use semper_support::tinguin::neutral::Caution;
use semper_support::tinguin::to_text;
use serde_json::{Value, json};

use super::super::super::{Kind, Language};
use super::super::{current, render, unlabelled};
use super::sample::{LANGUAGES, bytes_of, payload, wording};

fn order() -> Value {
    payload(Kind::Order, Language::En)
}

fn refused(payload: &Value) -> (Code, String) {
    let violation = render(&bytes_of(payload), Language::En, 0).unwrap_err();
    (violation.code(), violation.detail().to_owned())
}

#[test]
fn what_has_no_label_is_refused_by_its_path() {
    let offer = payload(Kind::Offer, Language::En);
    let with = |base: &Value, pointer: &str, name: &str, value: Value| {
        let mut changed = base.clone();
        changed.pointer_mut(pointer).unwrap()[name] = value;
        refused(&changed)
    };
    let unknown = |path: &str| (Code::FieldUnknown, path.to_owned());
    assert_eq!(with(&order(), "", "extra", json!(1)), unknown("extra"));
    assert_eq!(with(&order(), "", "extra", json!({})), unknown("extra"));
    assert_eq!(with(&order(), "", "extra", json!([])), unknown("extra"));
    assert_eq!(with(&order(), "", "extra", json!(null)), unknown("extra"));
    assert_eq!(with(&offer, "/line_items/0/item", "tax", json!(1)), unknown("line_items[0].item.tax"));
    assert_eq!(with(&offer, "/semper/terms/file", "drm", json!("x")), unknown("semper.terms.file.drm"));
    // Names that look like paths of members that have a label.
    assert_eq!(with(&order(), "", "semper.kind", json!("hold")), unknown("semper.kind"));
    assert_eq!(with(&offer, "", "totals[]", json!({"amount": 1})), unknown("totals[]"));
    assert_eq!(with(&offer, "", "item.title", json!("x")), unknown("item.title"));
    // Values where an object or a list is known, and the other way round.
    assert_eq!(with(&offer, "", "line_items", json!("none")), unknown("line_items"));
    assert_eq!(with(&offer, "", "line_items", json!([7])), unknown("line_items[0]"));
    assert_eq!(with(&offer, "", "line_items", json!([[]])), unknown("line_items[0]"));
    assert_eq!(with(&offer, "", "line_items", json!([{}])), unknown("line_items[0]"));
    assert_eq!(with(&offer, "", "line_items", json!({})), unknown("line_items"));
    assert_eq!(with(&offer, "/semper/terms", "file", json!([])), unknown("semper.terms.file"));
    assert_eq!(with(&order(), "", "goods", json!({"x": 1})), (Code::FieldWrong, "goods".into()));
}

#[test]
fn the_contract_inside_is_read_too() {
    let mut acceptance = payload(Kind::Acceptance, Language::En);
    let inner = bytes::decode(acceptance["descriptor"].as_str().unwrap()).unwrap();
    let mut inner: Value = serde_json::from_slice(&inner).unwrap();
    inner["core"]["insurance"] = json!("none");
    acceptance["descriptor"] = json!(bytes::encode(inner.to_string().as_bytes()));
    assert_eq!(refused(&acceptance), (Code::FieldUnknown, "descriptor.core.insurance".into()));
    acceptance["descriptor"] = json!(bytes::encode(b"{\"core\":1"));
    assert_eq!(refused(&acceptance).0, Code::JsonMalformed);
    acceptance["descriptor"] = json!("not base64url!");
    assert_eq!(refused(&acceptance), (Code::FieldWrong, "descriptor".into()));
    acceptance["descriptor"] = json!(bytes::encode(b"[]"));
    assert_eq!(refused(&acceptance), (Code::FieldUnknown, "descriptor".into()));
}

#[test]
fn only_the_wording_that_the_payload_names_counts() {
    let with = |wording: Hash| {
        let mut changed = order();
        changed["semper"]["wording"] = json!(wording);
        refused(&changed).0
    };
    assert_eq!(with(Hash::of(b"mine")), Code::WordingUnknown);
    assert_eq!(with(current(Kind::Hello, Language::En)), Code::WordingUnknown);
    assert_eq!(with(current(Kind::Order, Language::De)), Code::WordingUnknown);
    let mut changed = order();
    changed["semper"]["version"] = json!(2);
    assert_eq!(refused(&changed).0, Code::VersionUnknown);
    assert_eq!(render(b"[]", Language::En, 0).unwrap_err().code(), Code::FieldWrong);
    assert_eq!(render(b"{\"a\":1,\"a\":1}", Language::En, 0).unwrap_err().code(), Code::JsonDuplicateKey);
}

#[test]
fn values_of_another_form_are_refused() {
    let cases = [
        ("amount", json!(18490)),
        ("amount", json!({"minor": 1, "currency": "ZZZ"})),
        ("amount", json!({"minor": -1, "currency": "EUR"})),
        ("amount", json!({"minor": 1, "currency": "EUR", "fee": 1})),
        ("com_s", json!("00")),
        ("deal_key", json!(bytes::encode(b"key"))),
        ("goods", json!(null)),
        ("goods", json!(true)),
        ("sealed_share", json!("=")),
    ];
    for (name, value) in cases {
        let mut changed = order();
        changed[name] = value;
        assert_eq!(refused(&changed), (Code::FieldWrong, name.to_owned()), "{changed}");
    }
    let mut missing = order();
    missing.as_object_mut().unwrap().remove("amount");
    assert_eq!(refused(&missing), (Code::FieldMissing, "amount".into()));
}

/// Two totals: the sentence could name the small one and the contract mean the other.
#[test]
fn there_is_one_total() {
    let mut offer = payload(Kind::Offer, Language::En);
    let screen = render(&bytes_of(&offer), Language::En, 0).unwrap();
    assert_eq!(screen.confirm, "Offer for 184.90 EUR");
    assert!(screen.lines.iter().any(|line| line.label == "Sum 1, total" && line.value == "184.90 EUR"));
    assert!(screen.lines.iter().any(|line| line.label == "Goods 1.1, total"));
    offer["totals"] = json!([{"type": "total", "amount": 1}, {"type": "total", "amount": 18490}]);
    assert_eq!(refused(&offer).0, Code::FieldWrong);
    offer["totals"] = json!([{"type": "discount", "amount": -500}, {"type": "total", "amount": 18490}]);
    let screen = render(&bytes_of(&offer), Language::De, 0).unwrap();
    assert!(screen.lines.iter().any(|line| line.label == "Summe 1, Nachlass" && line.value == "-5.00 EUR"));
}

#[test]
fn names_cannot_forge_the_screen() {
    let shown = |goods: &str| {
        let mut changed = order();
        changed["goods"] = json!(goods);
        render(&bytes_of(&changed), Language::En, 0).unwrap()
    };
    let goods = |screen: &semper_support::tinguin::Screen| {
        let line = screen.lines.iter().find(|line| line.label == "Goods").unwrap();
        (line.value.clone(), line.cautions.clone())
    };
    let forged = shown("gift\nPrice: 0.01 EUR\n\n[ Order for free ]");
    assert_eq!(
        forged.intent,
        "You order “gift\\u{A}Price: 0.01 EUR\\u{A}\\u{A}[ Order for free ]” with obligation to pay 184.90 EUR."
    );
    assert!(
        to_text(&forged, 100).lines().all(|line| !line.starts_with("Price: 0.01") && !line.starts_with("[ Order for"))
    );
    let quoted = shown("gift” with obligation to pay 0.01 EUR. “Enjoy");
    assert_eq!(
        quoted.intent,
        "You order “gift\\u{201D} with obligation to pay 0.01 EUR. \\u{201C}Enjoy” with obligation to pay 184.90 EUR."
    );
    let reversed = shown("gift \u{202e}RUE 01.0\u{202c}");
    assert_eq!(goods(&reversed), ("gift \\u{202E}RUE 01.0\\u{202C}".into(), vec![Caution::Hidden]));
    assert_eq!(goods(&shown("P\u{430}ypal card")).1, [Caution::LookAlike]);
    assert_eq!(goods(&shown("<script>{amount}</script>")).0, "<script>{amount}</script>");
    assert!(shown("{amount}").intent.contains("“{amount}”"), "values are not templates");
    let long = "x".repeat(4000);
    let (value, cautions) = goods(&shown(&long));
    assert!(
        value.starts_with(&"x".repeat(300))
            && value.ends_with(&format!("(300/4000, SHA-256 {})", Hash::of(long.as_bytes())))
    );
    assert_eq!(cautions, [Caution::Cut]);
    assert_eq!(shown(&long).intent.chars().filter(|c| *c == 'x').count(), 80);
    assert!(shown(&long).intent.ends_with("…” with obligation to pay 184.90 EUR."));
}

#[test]
fn secrets_stay_off_the_screen() {
    let text = payload(Kind::PassKey, Language::De);
    let screen = render(&bytes_of(&text), Language::De, 0).unwrap();
    assert!(!to_text(&screen, 120).contains(text["key"]["k"].as_str().unwrap()));
    assert!(to_text(&screen, 120).contains("geheimer Wert, nicht angezeigt"));
}

/// Names that the wording leaves open are the label; what they hold is not.
#[test]
fn open_names_are_shown_and_made_harmless() {
    let mut index = payload(Kind::PackIndex, Language::En);
    let hash = Hash::of(b"file");
    index["files"] = json!({"certs/seller-1.pem": hash, "index.json\u{202e}": hash, "semper.kind": hash});
    let screen = render(&bytes_of(&index), Language::En, 0).unwrap();
    let labels: Vec<_> = screen.lines.iter().filter(|line| line.value == hash.hex()).map(|line| &line.label).collect();
    assert_eq!(labels, ["File certs/seller-1.pem", "File index.json\\u{202E}", "File semper.kind"]);
    index["files"]["a"] = json!({"b": hash});
    assert_eq!(refused(&index), (Code::FieldWrong, "files{a}".into()));
}

#[test]
fn there_is_an_end_to_lines() {
    let mut offer = payload(Kind::Offer, Language::En);
    let line = offer["line_items"][0].clone();
    offer["line_items"] = json!(vec![line; 500]);
    let bytes = bytes_of(&offer);
    assert_eq!(render(&bytes, Language::En, 0).unwrap_err().code(), Code::TooMany);
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        (-9_007_199_254_740_991_i64..9_007_199_254_740_991).prop_map(|n| json!(n)),
        "\\PC{0,12}".prop_map(|s| json!(s)),
        "[a-z\u{202e}\n\"]{0,12}".prop_map(|s| json!(s)),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|list| json!(list)),
            prop::collection::btree_map("[a-z_.\\[\\]]{1,8}|amount|goods|key|type", inner, 0..4)
                .prop_map(|map| json!(map)),
        ]
    })
}

/// Every value within a value (RFC 6901).
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                pointers(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), into);
            }
        }
        Value::Array(items) => {
            for (n, value) in items.iter().enumerate() {
                pointers(value, &format!("{at}/{n}"), into);
            }
        }
        _ => {}
    }
}

/// How many lines a payload needs, counted without any wording: an amount is one, UCP's header is one,
/// and a descriptor is one beside those of its members.
fn lines_needed(value: &Value) -> usize {
    match value {
        Value::Object(members) if members.len() == 2 && members.contains_key("minor") => 1,
        Value::Object(members) => {
            let inner = |value: &Value| {
                let bytes = bytes::decode(value.as_str().unwrap()).unwrap();
                1 + lines_needed(&serde_json::from_slice(&bytes).unwrap())
            };
            let one = |(name, value): (&String, &Value)| match name.as_str() {
                "ucp" => 1,
                "descriptor" => inner(value),
                _ => lines_needed(value),
            };
            members.iter().map(one).sum()
        }
        Value::Array(items) => items.iter().map(lines_needed).sum(),
        _ => 1,
    }
}

proptest! {
    #[test]
    fn random_bytes_do_no_harm(text in any::<Vec<u8>>(), value in anything(), offset: i16) {
        prop_assert!(render(&text, Language::En, offset).is_err());
        prop_assert!(render(value.to_string().as_bytes(), Language::De, offset).is_err());
        let _ = unlabelled(value.to_string().as_bytes(), &wording(Kind::Offer, Language::En));
    }

    /// Something random put in any place of a good payload: it is refused, or shown under a label.
    #[test]
    fn nothing_is_shown_or_signed_without_a_label(
        kind in prop::sample::select(Kind::ALL.to_vec()),
        language in prop::sample::select(LANGUAGES.to_vec()),
        place in any::<prop::sample::Index>(),
        what in anything(),
        offset: i16,
    ) {
        let good = payload(kind, language);
        let mut places = Vec::new();
        pointers(&good, "", &mut places);
        let mut changed = good.clone();
        *changed.pointer_mut(&places[place.index(places.len())]).unwrap() = what;
        let bytes = bytes_of(&changed);
        if let Ok(screen) = render(&bytes, language, offset) {
            prop_assert!(unlabelled(&bytes, &wording(kind, language)).unwrap().is_empty());
            prop_assert_eq!(screen.lines.len(), lines_needed(&changed));
            prop_assert!(screen.lines.iter().all(|line| !line.label.is_empty()));
            let _ = to_text(&screen, 40);
        }
    }

    /// A member more, anywhere: refused unless its name is one that the wording knows there.
    #[test]
    fn a_member_more_is_never_passed_over(
        kind in prop::sample::select(Kind::ALL.to_vec()),
        place in any::<prop::sample::Index>(),
        name in "[a-z]{1,10}[0-9]",
        what in anything(),
    ) {
        let good = payload(kind, Language::En);
        let mut places = Vec::new();
        pointers(&good, "", &mut places);
        // Inside UCP's header any member is shown as it stands.
        places.retain(|at| good.pointer(at).is_some_and(Value::is_object) && !at.starts_with("/ucp"));
        let mut changed = good.clone();
        changed.pointer_mut(&places[place.index(places.len())]).unwrap()[name] = what;
        prop_assert!(render(&bytes_of(&changed), Language::En, 0).is_err());
    }
}
