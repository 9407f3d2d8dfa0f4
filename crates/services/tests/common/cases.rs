//! Input that no party takes, and a look at what it left.

use std::sync::Arc;

use semper_base::limits::TEXT_BYTES_MAX;
use semper_base::{Amount, Blob64, Code, Hash, PeerId};
use semper_exchange::fair::dgp::Third;
use semper_services::authority::Authority;
use semper_services::common::Logic;
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::seeded::Seeded;
use serde_json::json;

use super::forge::Forge;
use super::{Hands, morning};

/// A case: what it is, the kind, the body, the code with which it is refused.
pub(crate) type Case = (&'static str, &'static str, String, Code);

pub(crate) fn authority(name: &str) -> Hands<Authority> {
    Hands::new(name, Authority { name: "Play market".to_owned() })
}

pub(crate) fn forge() -> Forge {
    Forge::new(Arc::new(Seeded::new([8; 32])), morning())
}

pub(crate) fn peer(name: &str) -> PeerId {
    PeerId(Hash::of(name.as_bytes()))
}

pub(crate) fn eur(minor: u64) -> Amount {
    Amount::new(minor, semper_base::Currency::parse("EUR").unwrap()).unwrap()
}

/// Delivers every case; each by a peer of its own, so that none falls under another's bound.
pub(crate) fn refuses<L: Logic>(party: &mut Hands<L>, cases: Vec<Case>) {
    let before = party.state();
    for (name, kind, body, code) in cases {
        let from = peer(name);
        let envelope = Envelope { seq: 1, prev: 0, kind: kind.to_owned(), body };
        assert_eq!(party.deliver(from, envelope.clone()), Outcome::Rejected(code.number()), "{name}");
        // Asked again, it says the same and does nothing.
        assert_eq!(party.deliver(from, envelope), Outcome::Rejected(code.number()), "{name}, again");
        let kept = party.misdeeds(from);
        assert_eq!(kept.len(), usize::from(code.number() < 2000), "{name}: {kept:?}");
        assert_eq!(party.state(), before, "{name} left traces");
        assert!(party.fetch(from).is_empty(), "{name} was answered by a message");
    }
}

/// What no party takes, whatever its kind.
pub(crate) fn forms(kind: &'static str) -> Vec<Case> {
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    let wide = format!("[{}1]", "1,".repeat(5000));
    let long = format!("\"{}\"", "x".repeat(2 << 20));
    let cases = [
        ("no text", String::new(), Code::JsonMalformed),
        ("cut off", r#"{"statement":"#.to_owned(), Code::JsonMalformed),
        ("trailing text", r#"{"statement":"a"} x"#.to_owned(), Code::JsonMalformed),
        ("a NUL", "\u{0}".to_owned(), Code::JsonMalformed),
        ("a lone surrogate", r#"{"statement":"\ud800"}"#.to_owned(), Code::JsonMalformed),
        ("a key twice", r#"{"statement":"a","statement":"b"}"#.to_owned(), Code::JsonDuplicateKey),
        ("a key twice, escaped", r#"{"statement":"a","st\u0061tement":"b"}"#.to_owned(), Code::JsonDuplicateKey),
        ("a float", r#"{"statement":1.5}"#.to_owned(), Code::JsonNumber),
        ("an exponent", r#"{"statement":1e3}"#.to_owned(), Code::JsonNumber),
        ("beyond 2^53", r#"{"statement":9007199254740993}"#.to_owned(), Code::JsonNumber),
        ("beyond any integer", r#"{"statement":99999999999999999999999}"#.to_owned(), Code::JsonNumber),
        ("deep nesting", deep, Code::JsonTooDeep),
        ("very deep nesting", "[".repeat(100_000), Code::JsonTooDeep),
        ("many items", wide, Code::TooMany),
        ("a long text", long, Code::JsonTooLarge),
        ("text not in normal form", "{\"statement\":\"e\u{301}\"}".to_owned(), Code::JsonNotNormal),
        ("an unknown field", r#"{"surprise":1}"#.to_owned(), Code::FieldUnknown),
        ("a missing field", "{}".to_owned(), Code::FieldMissing),
        ("a wrong type", "[]".to_owned(), Code::FieldWrong),
    ];
    let mut cases: Vec<Case> = cases.into_iter().map(|(name, body, code)| (name, kind, body, code)).collect();
    cases.push(("an unknown kind", "give-me-everything", "{}".to_owned(), Code::KindUnknown));
    cases.push(("no kind", "", "{}".to_owned(), Code::KindUnknown));
    cases
}

/// The certified key of a party.
pub(crate) fn third<L: Logic>(party: &mut Hands<L>) -> Third {
    let identity: serde_json::Value = serde_json::from_slice(&party.get("identity", "statement").unwrap()).unwrap();
    let certificate = Hash::from_hex(identity["certificate"].as_str().unwrap()).unwrap();
    let hello = party.command(&json!({ "command": "hello", "tls": Hash::of(b"any"), "link": "" }));
    let statement = hello["statement"].as_str().unwrap();
    let payload = semper_base::bytes::decode(statement.split('.').nth(1).unwrap()).unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    Third { key: serde_json::from_value(payload["key"].clone()).unwrap(), certificate }
}

/// Packets whose descriptor is none.
pub(crate) fn forms_of_packets() -> Vec<Case> {
    let body = |descriptor: &[u8]| {
        json!({ "content": { "refused": { "what": "hold", "code": 1 } }, "descriptor": Blob64(descriptor.to_vec()) })
            .to_string()
    };
    let content = json!({ "content": { "bribe": { "amount": 1 } }, "descriptor": "" }).to_string();
    vec![
        ("no descriptor", "dgp", body(b""), Code::DescriptorWrong),
        ("a descriptor in another form", "dgp", body(b"{ \"core\":{}}"), Code::DescriptorWrong),
        ("a large descriptor", "dgp", body(&[b'x'; TEXT_BYTES_MAX + 1]), Code::TooLarge),
        ("unknown content", "dgp", content, Code::FieldUnknown),
        ("a chunk", "dgp-chunk", "{}".to_owned(), Code::KindUnknown),
    ]
}
