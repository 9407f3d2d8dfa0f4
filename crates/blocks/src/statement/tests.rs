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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    currency: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    terms: Option<std::collections::BTreeMap<String, u64>>,
}

impl Body for Shown {
    const KIND: Kind = Kind::Offer;
}

/// The way in parts, which knows the reasons.
fn in_parts<B: Body>(payload: &[u8]) -> Result<(Meta, B), Code> {
    let parts = meta::split(payload).map_err(|e| e.code())?;
    let verified = Verified { meta: parts.meta, members: parts.members, text: "", hash: Hash::of(b"") };
    typed(verified).map(|statement| (statement.meta, statement.body)).map_err(|e| e.code())
}

/// Whether both ways come to the same; what goes straight must go in parts.
fn agree<B: Body + PartialEq>(payload: &str) -> bool {
    let straight = read::straight::<B>(payload.as_bytes()).filter(|(meta, _)| meta.kind == B::KIND);
    let parts = in_parts::<B>(payload.as_bytes());
    let split = meta::split(payload.as_bytes()).map(|parts| parts.meta);
    assert!(split.is_ok() || read::meta_only(payload.as_bytes()).is_none(), "{payload}");
    match (straight, parts) {
        (None, Err(_)) => true,
        (Some((meta, body)), Ok(other)) => (meta, body) == other,
        (None, Ok(_)) | (Some(_), Err(_)) => false,
    }
}

#[test]
fn the_straight_way_accepts_what_the_way_in_parts_does() {
    let offer = |terms| {
        let meta = Meta { kind: Kind::Offer, ..meta(KeyId(Hash::of(b"key"))) };
        payload(&meta, &Shown { currency: "EUR".into(), terms }).unwrap()
    };
    let note = payload(&meta(KeyId(Hash::of(b"key"))), &Note { text: "Grüße\n".into() }).unwrap();
    let terms = Some([("limit".to_owned(), 5)].into());
    for good in [note, offer(None), offer(terms)] {
        let good = String::from_utf8(good).unwrap();
        assert!(read::meta_only(good.as_bytes()).is_some());
        assert!(agree::<Note>(&good) && agree::<Shown>(&good), "{good}");
        assert!(
            read::straight::<Note>(good.as_bytes()).is_some() || read::straight::<Shown>(good.as_bytes()).is_some()
        );
        let swaps = [
            (":{", ":{\"terms\":{},"),
            ("{\"", "{\"terms\":{\"a\":1},\""),
            ("{\"", "{\"semper\":{},\""),
            ("semper", "s\\u0065mper"),
            ("semper", "sempre"),
            ("\"kind\":\"offer\"", "\"kind\":\"receipt\""),
            ("\"kind\":\"receipt\"", "\"kind\":\"offer\""),
            ("\"version\":1", "\"version\":2"),
            ("\"version\":1", "\"version\":\"1\""),
            ("\"refs\":[]", "\"refs\":[[]]"),
            ("\"limit\":5", "\"limit\":5.0"),
            ("\"terms\":", "\"term\":"),
            ("1970", "2970"),
            (",", ",,"),
            ("}", "},\"text\":1}"),
        ];
        for (from, to) in swaps {
            let changed = good.replacen(from, to, 1);
            assert!(agree::<Note>(&changed) && agree::<Shown>(&changed), "{changed}");
        }
        for at in (0..good.len()).filter(|at| good.is_char_boundary(*at)) {
            for insert in ["\"", "}", "{", "1", "\\", ",\"terms\":{}", ",\"x\":1"] {
                let (before, after) = good.split_at(at);
                let changed = format!("{before}{insert}{after}");
                assert!(agree::<Note>(&changed) && agree::<Shown>(&changed), "{changed}");
            }
        }
    }
}

#[test]
fn a_head_is_read_alone_as_with_the_rest() {
    let (_, public, _, text) = signed();
    let head = Head::of(&text).unwrap();
    assert_eq!(head, Head { kind: Kind::Receipt, key: public.id(), certificate: None });
    let (header, rest) = text.split_once('.').unwrap();
    let header = String::from_utf8(bytes::decode(header).unwrap()).unwrap();
    let certificate = bytes::encode(Hash::of(b"c").bytes());
    let variants = [
        header.replace('{', "{ "),
        header.replace('}', &format!(",\"x5t#S256\":\"{certificate}\"}}")),
        header.replace('}', &format!(", \"x5t#S256\":\"{certificate}\"}}")),
    ];
    for (at, header) in variants.iter().enumerate() {
        let text = format!("{}.{rest}", bytes::encode(header.as_bytes()));
        let compact = Compact::parse(&text).unwrap();
        let head = Head::of(&text).unwrap();
        assert_eq!((head.kind, head.key, head.certificate), (compact.kind(), compact.key(), compact.certificate()));
        assert_eq!(head.certificate, (at > 0).then(|| Hash::of(b"c")));
    }
}
