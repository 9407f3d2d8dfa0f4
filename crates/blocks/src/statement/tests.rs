use super::*;
use semper_base::{Nonce, Role, Xid, bytes};
use semper_support::crypto::seeded::Seeded;
use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    text: String,
}

impl Body for Note {
    const KIND: Kind = Kind::Receipt;
}

fn meta(key: KeyId) -> Meta {
    Meta {
        version: 1,
        kind: Kind::Receipt,
        signer: Signer { role: Role::Buyer, key, certificate: None },
        to: vec![],
        issued: Timestamp::from_millis(1000),
        expires: Timestamp::from_millis(2000),
        nonce: Nonce([7; 16]),
        language: Language::En,
        wording: Hash::of(b"w"),
        xid: Some(Xid::of(b"x")),
        refs: vec![],
    }
}

fn signed() -> (Seeded, PublicKey, SecretKey, String) {
    let crypto = Seeded::new([1; 32]);
    let pair = crypto.generate().unwrap();
    let note = Note { text: "Grüße".into() };
    let statement = make(&crypto, &pair.secret, meta(pair.public.id()), note).unwrap();
    (crypto, pair.public, pair.secret.clone(), statement.text)
}

#[test]
fn reads_back_what_was_signed() {
    let (crypto, public, _, text) = signed();
    let statement: Statement<Note> = verify(&crypto, &public, &text).unwrap();
    assert_eq!(statement.body.text, "Grüße");
    assert_eq!(statement.hash, Hash::of(text.as_bytes()));
}

#[test]
fn every_changed_character_is_refused() {
    let (crypto, public, _, text) = signed();
    for at in 0..text.len() {
        for swap in ['A', '.', '-'] {
            let mut changed: Vec<char> = text.chars().collect();
            if changed[at] == swap {
                continue;
            }
            changed[at] = swap;
            let changed: String = changed.into_iter().collect();
            assert!(verify::<Note>(&crypto, &public, &changed).is_err(), "byte {at}");
        }
    }
}

/// Signs any header and payload, as a hostile peer can.
fn forge(crypto: &Seeded, secret: &SecretKey, header: &str, payload: &str) -> String {
    let input = format!("{}.{}", bytes::encode(header.as_bytes()), bytes::encode(payload.as_bytes()));
    let signature = crypto.sign(secret, input.as_bytes()).unwrap();
    format!("{input}.{}", bytes::encode(&signature.0))
}

#[test]
fn refuses_what_it_does_not_know() {
    let (crypto, public, secret, text) = signed();
    let decode = |part: &str| String::from_utf8(bytes::decode(part).unwrap()).unwrap();
    let parts: Vec<&str> = text.split('.').collect();
    let (header, payload) = (decode(parts[0]), decode(parts[1]));
    let code = |header: &str, payload: &str| {
        verify::<Note>(&crypto, &public, &forge(&crypto, &secret, header, payload)).unwrap_err().code()
    };
    assert!(verify::<Note>(&crypto, &public, &forge(&crypto, &secret, &header, &payload)).is_ok());
    assert_eq!(code(&header.replace("ES256\"", "none\""), &payload), Code::AlgorithmWrong);
    assert_eq!(code(&header.replace("receipt", "mandate"), &payload), Code::KindWrong);
    assert_eq!(code(&header.replace("receipt", "nonsense"), &payload), Code::KindUnknown);
    assert_eq!(code(&header.replace('{', "{\"crit\":[],"), &payload), Code::FieldUnknown);
    assert_eq!(code(&header, &payload.replace("\"text\":", "\"more\":1,\"text\":")), Code::FieldUnknown);
    assert_eq!(code(&header, &payload.replace("\"text\":\"Grüße\"", "\"texts\":\"\"")), Code::FieldUnknown);
    assert_eq!(code(&header, &payload.replace("\"version\":1", "\"version\":2")), Code::VersionUnknown);
    assert_eq!(code(&header, &payload.replace("\"kind\":\"receipt\"", "\"kind\":\"mandate\"")), Code::HeaderWrong);
    assert_eq!(code(&header, &payload.replace("\"text\":", "\"text\":\"\",\"text\":")), Code::JsonDuplicateKey);
    assert_eq!(code(&header, "[]"), Code::FieldWrong);
}

#[test]
fn the_high_s_twin_is_refused() {
    let (crypto, public, _, text) = signed();
    let (input, signature) = text.rsplit_once('.').unwrap();
    let signature: [u8; 64] = bytes::decode(signature).unwrap().try_into().unwrap();
    let twin = semper_support::crypto::seal::negate_s(signature);
    let twin = format!("{input}.{}", bytes::encode(&twin));
    assert_eq!(verify::<Note>(&crypto, &public, &twin).unwrap_err().code(), Code::SignatureMalleable);
}

#[test]
fn time_is_checked_with_the_tolerated_skew() {
    let (crypto, public, _, text) = signed();
    let meta = verify::<Note>(&crypto, &public, &text).unwrap().meta;
    let at = |millis| meta.check_time(Timestamp::from_millis(millis), Millis(10)).map_err(|e| e.code());
    assert_eq!(at(989), Err(Code::NotYetValid));
    assert_eq!(at(990), Ok(()));
    assert_eq!(at(2010), Ok(()));
    assert_eq!(at(2011), Err(Code::Expired));
}
