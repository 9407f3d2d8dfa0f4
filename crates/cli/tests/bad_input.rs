//! Hostile peers against real processes: TLS, HTTP and statements made by hand. Every answer has its
//! stable code, nothing moves, and the party goes on serving. All the cases that need no socket are
//! in the services' own test.

use crate::common;

use std::sync::Arc;

use common::forge::{Deal, Forge, high_s, open_text, packet, spoiled};
use common::wire::{TlsKey, Wire};
use common::{Folder, Market, Party, archived, now, state};
use semper_base::limits::{DELIVERY_BYTES_MAX, DELIVERY_MESSAGES_MAX, HELLO_BYTES_MAX, MISDEEDS_PER_PEER_DAY_MAX};
use semper_base::{Amount, Code, Currency, Hash, Millis, Role, bytes};
use semper_blocks::statement::About;
use semper_crypto_aws_lc::AwsLc;
use semper_exchange::fair::dgp::{Content, Descriptor, Third};
use semper_services::bank::AccountOpened;
use semper_services::common::enrol::{CertificateReply, Registration, StatusReply, code_hash};
use semper_support::crypto::KeyPair;
use serde_json::{Value, json};

fn forge() -> Forge {
    Forge::new(Arc::new(AwsLc::new()), now())
}

/// A bank of a market, and somebody outside who connects to it.
struct Scene {
    folder: Folder,
    market: Market,
    bank: Party,
    forge: Forge,
}

impl Scene {
    fn new(name: &str) -> Scene {
        let folder = Folder::new(name);
        let market = Market::new(&folder);
        let bank = market.start("bank", &folder, &["--play-deposit", "500.00 EUR"]);
        Scene { market, bank, forge: forge(), folder }
    }

    fn wire(&self, key: &TlsKey) -> Wire {
        Wire::connect(self.bank.at(), "bank", &self.market.root, key)
    }

    /// A connection over which a stranger has said hello, and who the bank says it is.
    fn met(&self) -> (Wire, Value) {
        let key = TlsKey::new();
        let mut wire = self.wire(&key);
        let hello = self.forge.hello(&self.forge.pair(), key.id()).to_string();
        let (status, reply) = wire.post("/v1/hello", hello.as_bytes());
        assert_eq!(status, 200, "{reply}");
        (wire, reply)
    }

    /// Nothing broke.
    fn is_well(&self) {
        let (status, health) = self.wire(&TlsKey::new()).get("/v1/health");
        assert_eq!((status, &health["ok"]), (200, &json!(true)));
        assert_eq!(self.bank.call(&json!({ "command": "who" }))["enrolled"], true);
        let said = self.bank.said() + &self.market.ca.said();
        assert!(!said.contains("panicked"), "{said}");
    }
}

/// Who the bank is, from its hello.
fn third(reply: &Value) -> Third {
    let statement = reply["statement"].as_str().unwrap();
    let payload: Value = serde_json::from_slice(&bytes::decode(statement.split('.').nth(1).unwrap()).unwrap()).unwrap();
    let certificate = bytes::decode(reply["certificates"][0].as_str().unwrap()).unwrap();
    Third { key: serde_json::from_value(payload["key"].clone()).unwrap(), certificate: Hash::of(&certificate) }
}

#[test]
fn before_hello_a_connection_gets_nothing() {
    let scene = Scene::new("before");
    let before = state(&scene.bank.directory);
    let key = TlsKey::new();
    let mut wire = scene.wire(&key);
    let mut refuses = |name: &str, request: (&str, &[u8]), status: u16, code: Code| {
        let answer = wire.post(request.0, request.1);
        assert_eq!((answer.0, &answer.1["code"]), (status, &json!(code.number())), "{name}: {answer:?}");
        assert!(answer.1.get("detail").is_none(), "{name}: a stranger learns no details");
    };
    refuses("a message", ("/v1/inbox", b"{\"messages\":[]}"), 401, Code::HelloMissing);
    refuses("a poll", ("/v1/outbox", b"{\"acks\":[],\"wait_ms\":0}"), 401, Code::HelloMissing);
    refuses("another place", ("/v1/../../etc/passwd", b""), 404, Code::NotFound);
    refuses("no JSON", ("/v1/hello", b"hello"), 400, Code::JsonMalformed);
    refuses("no text", ("/v1/hello", &[0xff, 0xfe]), 400, Code::JsonMalformed);
    refuses("a key twice", ("/v1/hello", b"{\"statement\":\"\",\"statement\":\"\"}"), 400, Code::JsonDuplicateKey);
    refuses("a float", ("/v1/hello", b"{\"statement\":0.5}"), 400, Code::JsonNumber);
    refuses("deep nesting", ("/v1/hello", "[".repeat(100_000).as_bytes()), 400, Code::JsonTooDeep);
    let (pair, forge) = (scene.forge.pair(), &scene.forge);
    let good = forge.hello(&pair, key.id());
    let text = good["statement"].as_str().unwrap();
    let with = |statement: String| json!({ "certificates": [], "statement": statement }).to_string();
    let (early, late) = (forge.at(now().minus(Millis::days(31))), forge.at(now().plus(Millis::hours(1))));
    let mut extra = good.clone();
    extra["extra"] = json!(true);
    let cases = [
        ("spoiled", with(spoiled(text)), Code::SignatureWrong),
        ("the high-S twin", with(high_s(text)), Code::SignatureMalleable),
        ("expired", early.hello(&pair, key.id()).to_string(), Code::Expired),
        ("from the future", late.hello(&pair, key.id()).to_string(), Code::NotYetValid),
        ("another TLS key", forge.hello(&pair, TlsKey::new().id()).to_string(), Code::HelloWrong),
        ("an unknown field", extra.to_string(), Code::FieldUnknown),
    ];
    for (name, body, code) in cases {
        refuses(name, ("/v1/hello", body.as_bytes()), 400, code);
    }
    let chunked = b"POST /v1/hello HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let answer = scene.wire(&key).raw(chunked);
    assert_eq!((answer.0, &answer.1["code"]), (400, &json!(Code::FieldMissing.number())), "no length");
    // It is not read, so the answer may be lost with the connection.
    let large = scene.wire(&key).post("/v1/hello", &vec![b' '; HELLO_BYTES_MAX + 1]);
    let code = json!(Code::TooLarge.number());
    assert!(large.0 == 0 || (large.0, &large.1["code"]) == (413, &code), "a large body: {large:?}");
    let heads = format!("GET /v1/health HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(100));
    assert_eq!(scene.wire(&key).raw(heads.as_bytes()).0, 431, "many headers");
    assert_eq!(scene.wire(&key).raw(b"\x16\x03\x01 what is this\r\n\r\n").0, 400, "no HTTP");
    assert_eq!(scene.wire(&key).get("/v1/inbox").0, 405, "another method");
    assert_eq!(state(&scene.bank.directory), before);
    assert_eq!(wire.post("/v1/hello", good.to_string().as_bytes()).0, 200, "and the good one is taken");
    scene.is_well();
}

#[test]
fn messages_that_are_wrong_change_nothing() {
    let scene = Scene::new("messages");
    let (mut wire, _) = scene.met();
    let before = state(&scene.bank.directory);
    let (forge, pair) = (&scene.forge, scene.forge.pair());
    let statement = forge.sign(Role::Buyer, &pair, About::default(), forge.account_opening(&pair)).text;
    let (early, late) = (forge.at(now().minus(Millis::days(31))), forge.at(now().plus(Millis::hours(1))));
    let deep = "[".repeat(50_000);
    let cases = [
        ("account-open", "{".to_owned(), Code::JsonMalformed),
        ("account-open", r#"{"statement":"","statement":""}"#.to_owned(), Code::JsonDuplicateKey),
        ("account-open", r#"{"statement":1.0}"#.to_owned(), Code::JsonNumber),
        ("account-open", deep, Code::JsonTooDeep),
        ("account-open", r#"{"extra":1}"#.to_owned(), Code::FieldUnknown),
        ("account-close", "{}".to_owned(), Code::KindUnknown),
        ("account-open", open_text(&spoiled(&statement)), Code::SignatureWrong),
        ("account-open", open_text(&high_s(&statement)), Code::SignatureMalleable),
        ("account-open", early.open(&pair), Code::Expired),
        ("account-open", late.open(&pair), Code::NotYetValid),
        ("certificate-refused", json!({ "certificate": "tls", "code": 2008 }).to_string(), Code::PeerWrong),
    ];
    let count = u64::try_from(cases.len()).unwrap();
    for (seq, (kind, body, code)) in (1..).zip(cases) {
        assert_eq!(wire.send(seq, seq - 1, kind, &body), format!("rejected {}", code.number()), "{kind} {body:.60}");
    }
    assert_eq!(state(&scene.bank.directory), before);
    // Deliveries that are wrong as a whole take no number.
    let many: Vec<Value> =
        (0..=DELIVERY_MESSAGES_MAX).map(|_| json!({ "seq": 1, "prev": 0, "kind": "k", "body": "" })).collect();
    let (status, answer) = wire.deliver(&many);
    assert_eq!((status, &answer["code"]), (413, &json!(Code::TooMany.number())), "{answer}");
    let (status, answer) = wire.deliver(&[json!({ "seq": 1, "prev": 0, "kind": "k", "body": "", "priority": 1 })]);
    assert_eq!((status, &answer["code"]), (400, &json!(Code::JsonMalformed.number())), "{answer}");
    let (status, answer) = wire.deliver(&[json!({ "seq": 1, "prev": 1, "kind": "k", "body": "" })]);
    assert_eq!((status, &answer["code"]), (400, &json!(Code::FieldWrong.number())), "{answer}");
    // What is kept of it all is bounded.
    for seq in count + 1..count + 40 {
        assert_eq!(wire.send(seq, seq - 1, "account-open", "x"), "rejected 1001");
    }
    assert_eq!(archived(&scene.bank.directory, "misdeed"), MISDEEDS_PER_PEER_DAY_MAX);
    // Numbers: repeated, used twice, ahead.
    let next = count + 40;
    let (one, two) = (forge.open(&pair), forge.open(&forge.pair()));
    assert_eq!(wire.send(next, next - 1, "account-open", &one), "taken");
    let after = state(&scene.bank.directory);
    assert_eq!(wire.send(next, next - 1, "account-open", &one), "taken");
    assert_eq!(wire.send(next, next - 1, "account-open", &two), "stale");
    assert_eq!(wire.send(next + 9, next + 8, "account-open", &two), format!("early {next}"));
    assert_eq!(state(&scene.bank.directory), after);
    assert_eq!(wire.fetch(1000).len(), 1, "one account");
    let (status, _) = wire.post("/v1/inbox", &vec![b' '; DELIVERY_BYTES_MAX + 1]);
    assert!(status == 413 || status == 0, "a large body: {status}");
    scene.is_well();
}

#[test]
fn a_hold_is_taken_once_from_the_right_hand() {
    let scene = Scene::new("holds");
    let (mut wire, reply) = scene.met();
    let (forge, bank) = (&scene.forge, third(&reply));
    let account_key = forge.pair();
    assert_eq!(wire.send(1, 0, "account-open", &forge.open(&account_key)), "taken");
    let opened: AccountOpened = serde_json::from_str(wire.fetch(5000)[0]["body"].as_str().unwrap()).unwrap();
    let deal = Deal {
        amount: Amount::new(490, Currency::parse("EUR").unwrap()).unwrap(),
        buyer: forge.pair(),
        seller: forge.pair(),
        account: opened.account.clone(),
        account_key,
        payee: opened.account.clone(),
    };
    let x = |bank: Third| {
        Descriptor::new(&forge.core(bank, forge.stranger(), &forge.pair(), &deal), &Hash::of(b"escrow")).unwrap()
    };
    let balance = || scene.bank.call(&json!({ "command": "balance", "account": opened.account }))["available"].clone();
    let (here, elsewhere) = (x(bank), x(forge.stranger()));
    let by_seller = forge.held(&here, &Deal { buyer: deal.seller.clone(), ..deal.clone() });
    assert_eq!(wire.send(2, 1, "dgp", &forge.held(&elsewhere, &deal)), "rejected 1403", "another bank's");
    assert_eq!(wire.send(3, 2, "dgp", &by_seller), "rejected 1106", "signed by the seller");
    assert_eq!(balance(), json!("500.00 EUR"));
    assert_eq!(wire.send(4, 3, "dgp", &forge.held(&here, &deal)), "taken");
    assert!(wire.fetch(5000)[0]["body"].as_str().unwrap().contains("answer"));
    assert_eq!(balance(), json!("495.10 EUR"));
    let held = state(&scene.bank.directory);
    assert_eq!(wire.send(5, 4, "dgp", &forge.held(&here, &deal)), "rejected 1415", "a second run");
    let mandate = forge.mandate(&here, &deal);
    let thief = Deal { seller: forge.pair(), ..deal.clone() };
    let statement = forge.capture(&here, &thief, mandate.hash).text;
    let capture = packet(&here, Content::Capture { statement, mandate: mandate.text });
    assert_eq!(wire.send(6, 5, "dgp", &capture), "rejected 1106", "captured by a thief");
    // Another peer with the buyer's packet is no second buyer either.
    let (mut other, _) = scene.met();
    assert_eq!(other.send(1, 0, "dgp", &forge.held(&here, &deal)), "rejected 1415");
    assert_eq!(state(&scene.bank.directory).lines().filter(|line| line.starts_with("dgp/")).count(), 1);
    assert_eq!((balance(), held.contains("hold")), (json!("495.10 EUR"), true));
    scene.is_well();
}

/// Registers somebody by hand and returns key and certificate.
fn certified(scene: &Scene, name: &str) -> (KeyPair, Vec<u8>, Wire) {
    let (forge, key) = (&scene.forge, TlsKey::new());
    let mut ca = Wire::connect(scene.market.ca.at(), "ca", &scene.market.root, &key);
    let (status, _) = ca.post("/v1/hello", forge.hello(&forge.pair(), key.id()).to_string().as_bytes());
    assert_eq!(status, 200);
    let pair = forge.pair();
    let registration = Registration {
        certificate: "statement".to_owned(),
        code: code_hash(&scene.market.invite("seller", name, &["statement"])),
        dns: Vec::new(),
        key: pair.public.clone(),
        name: name.to_owned(),
        role: Role::Seller,
    };
    let statement = forge.sign(Role::Seller, &pair, About::default(), registration).text;
    assert_eq!(ca.send(1, 0, "certificate-request", &json!({ "statement": statement }).to_string()), "taken");
    let reply: CertificateReply = serde_json::from_str(ca.fetch(5000)[0]["body"].as_str().unwrap()).unwrap();
    (pair, reply.certificate.0, ca)
}

#[test]
fn a_revoked_certificate_opens_nothing() {
    let scene = Scene::new("revoked");
    let (pair, certificate, mut ca) = certified(&scene, "Rogue Shop");
    let hello = |role, pair: &KeyPair, list: Option<&StatusReply>| {
        let key = TlsKey::new();
        let mut hello = scene.forge.at(now()).certified_hello(role, pair, key.id(), &certificate);
        if let Some(list) = list {
            hello["status"] = json!(list.status);
        }
        let (status, answer) = scene.wire(&key).post("/v1/hello", hello.to_string().as_bytes());
        (status, answer["code"].as_u64().and_then(|code| Code::from_number(u16::try_from(code).unwrap())))
    };
    assert_eq!(hello(Role::Seller, &pair, None), (200, None));
    let refused = |code| (400, Some(code));
    assert_eq!(
        hello(Role::Seller, &scene.forge.pair(), None),
        refused(Code::HelloWrong),
        "somebody else's certificate"
    );
    assert_eq!(hello(Role::Bank, &pair, None), refused(Code::RoleWrong), "a role that it does not certify");
    assert_eq!(ca.send(2, 1, "status-request", "{}"), "taken");
    let old: StatusReply = serde_json::from_str(ca.fetch(5000)[0]["body"].as_str().unwrap()).unwrap();
    assert_eq!(hello(Role::Seller, &pair, Some(&old)), (200, None));

    scene.market.ca.call(&json!({ "command": "revoke", "name": "Rogue Shop", "reason": "key-compromise" }));
    let epoch = |party: &Party| state(&party.directory).lines().filter(|line| line.starts_with("status-list/")).count();
    let before = epoch(&scene.bank);
    scene.bank.call(&json!({ "command": "fetch-status" }));
    scene.bank.until(&json!({ "command": "who" }), |_| epoch(&scene.bank) > before);
    assert_eq!(hello(Role::Seller, &pair, None), refused(Code::CertificateRevoked));
    assert_eq!(hello(Role::Seller, &pair, Some(&old)), refused(Code::CertificateRevoked), "with the old list");
    scene.is_well();
    assert!(scene.folder.phrase().exists());
}

/// A list that one peer passes on counts for all.
#[test]
fn a_revocation_travels_with_any_hello() {
    let scene = Scene::new("passed-on");
    let (pair, certificate, mut ca) = certified(&scene, "Rogue Shop");
    let hello = |list: Option<&StatusReply>, certified: bool| {
        let key = TlsKey::new();
        let mut hello = if certified {
            scene.forge.certified_hello(Role::Seller, &pair, key.id(), &certificate)
        } else {
            scene.forge.hello(&scene.forge.pair(), key.id())
        };
        if let Some(list) = list {
            hello["status"] = json!(list.status);
        }
        scene.wire(&key).post("/v1/hello", hello.to_string().as_bytes()).0
    };
    scene.market.ca.call(&json!({ "command": "revoke", "name": "Rogue Shop", "reason": "key-compromise" }));
    assert_eq!(ca.send(2, 1, "status-request", "{}"), "taken");
    let list: StatusReply = serde_json::from_str(ca.fetch(5000)[0]["body"].as_str().unwrap()).unwrap();
    assert_eq!(hello(None, true), 200, "the bank cannot know yet");
    assert_eq!(hello(Some(&list), false), 200);
    assert_eq!(hello(None, true), 400);
    scene.is_well();
}
