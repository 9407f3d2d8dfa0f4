//! Payloads made from the wordings themselves: every member that has a label, with a fitting value.

use semper_base::{Hash, bytes};
use semper_support::crypto::{Crypto, Seeded};
use serde_json::{Value, json};

use super::super::super::{Kind, Language};
use super::super::book::Wording;
use super::super::format::Format;
use super::super::{current, find};

pub(super) const LANGUAGES: [Language; 2] = [Language::En, Language::De];

pub(super) fn wording(kind: Kind, language: Language) -> Wording {
    find(&current(kind, language)).unwrap()
}

/// What every statement says.
pub(super) fn meta(kind: Kind, language: Language) -> Value {
    json!({
        "version": 1,
        "kind": kind,
        "signer": {"role": "buyer", "key": Hash::of(b"signer"), "certificate": Hash::of(b"certificate")},
        "to": [Hash::of(b"bank"), Hash::of(b"seller")],
        "issued": "2026-11-22T04:06:00.000Z",
        "expires": "2026-12-22T04:06:00.000Z",
        "nonce": "000102030405060708090a0b0c0d0e0f",
        "language": language,
        "wording": current(kind, language),
        "xid": Hash::of(b"xid"),
        "refs": [{"kind": "offer", "hash": Hash::of(b"offer")}],
    })
}

/// A payload of the kind with all of its members.
pub(super) fn payload(kind: Kind, language: Language) -> Value {
    let wording = wording(kind, language);
    let mut root = json!({"semper": meta(kind, language)});
    let mut inner = json!({});
    for member in &wording.sentences.members {
        match (member.path.strip_prefix("descriptor."), &member.format) {
            (Some(path), format) => put(&mut inner, path, value(format, &wording)),
            (None, Format::Embedded) => {}
            (None, format) => put(&mut root, &member.path, value(format, &wording)),
        }
    }
    if inner != json!({}) {
        root["descriptor"] = json!(bytes::encode(inner.to_string().as_bytes()));
    }
    root
}

fn put(at: &mut Value, path: &str, value: Value) {
    if let Some(name) = path.strip_suffix("{}") {
        at[name] = json!({"certs/a.pem": value});
        return;
    }
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let (name, in_list) = head.strip_suffix("[]").map_or((head, false), |name| (name, true));
    if at.get(name).is_none() {
        at[name] = if in_list { json!([{}]) } else { json!({}) };
    }
    let next = if in_list { &mut at[name][0] } else { &mut at[name] };
    match rest {
        Some(rest) => put(next, rest, value),
        None => *next = value,
    }
}

fn value(format: &Format, wording: &Wording) -> Value {
    match format {
        Format::Amount => json!({"minor": 18490, "currency": "EUR"}),
        Format::Bytes | Format::Embedded => json!(bytes::encode(b"sealed")),
        // The last one: of the kinds of sums it is the total, which sentences need.
        Format::Choice(name) if name == "total" => json!("total"),
        Format::Choice(name) => json!(wording.book.choices[name].keys().next().unwrap()),
        Format::Count => json!(2),
        Format::Currency => json!("EUR"),
        Format::Duration => json!(604_800_000),
        Format::Hash | Format::Key => json!(Hash::of(b"hash")),
        Format::Json(_) => json!({"version": "2026-08-25"}),
        Format::Kind => json!("receipt"),
        Format::Minor => json!(18490),
        Format::PublicKey => json!(Seeded::new([7; 32]).generate().unwrap().public),
        Format::Secret => json!(bytes::encode(&[9; 32])),
        Format::Size => json!(1),
        Format::Text(_) => json!("Regenjacke"),
        Format::Time => json!("2026-11-23T04:06:00.000Z"),
    }
}

pub(super) fn bytes_of(payload: &Value) -> Vec<u8> {
    semper_base::json::canonical(payload).unwrap()
}
