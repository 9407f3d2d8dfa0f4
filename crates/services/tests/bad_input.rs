//! Hostile input, party by party: every message is answered with its stable code, nothing of it
//! changes the party's state, and what is kept about the sender is bounded.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;

use common::forge::{Deal, Forge, about, high_s, open_text, packet, spoiled, with_header};
use common::{Hands, enrol, morning};
use semper_base::limits::{MISDEEDS_PER_DAY_MAX, MISDEEDS_PER_PEER_DAY_MAX, PEERS_MAX, TEXT_BYTES_MAX};
use semper_base::{Amount, Blob64, Code, Hash, Key, Millis, PeerId, Role, Write};
use semper_blocks::statement::About;
use semper_driver::service::Input;
use semper_exchange::fair::dgp::statements as st;
use semper_exchange::fair::dgp::{Content, Descriptor, Third};
use semper_services::authority::Authority;
use semper_services::bank::{AccountOpened, Bank};
use semper_services::common::Logic;
use semper_services::notary::Notary;
use semper_services::shop::Shop;
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::KeyPair;
use semper_support::crypto::seeded::Seeded;
use serde_json::json;

/// A case: what it is, the kind, the body, the code with which it is refused.
type Case = (&'static str, &'static str, String, Code);

fn authority(name: &str) -> Hands<Authority> {
    Hands::new(name, Authority { name: "Play market".to_owned() })
}

fn forge() -> Forge {
    Forge::new(Arc::new(Seeded::new([8; 32])), morning())
}

fn peer(name: &str) -> PeerId {
    PeerId(Hash::of(name.as_bytes()))
}

fn eur(minor: u64) -> Amount {
    Amount::new(minor, semper_base::Currency::parse("EUR").unwrap()).unwrap()
}

/// Delivers every case; each by a peer of its own, so that none falls under another's bound.
fn refuses<L: Logic>(party: &mut Hands<L>, cases: Vec<Case>) {
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
fn forms(kind: &'static str) -> Vec<Case> {
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

/// Statements that are wrong in themselves, as the opening of an account.
fn statements(forge: &Forge) -> Vec<Case> {
    let pair = forge.pair();
    let body = forge.account_opening(&pair);
    let good = forge.sign(Role::Buyer, &pair, About::default(), body.clone()).text;
    let (early, late) = (forge.at(morning().minus(Millis::days(31))), forge.at(morning().plus(Millis::hours(1))));
    let other = forge.pair();
    let changed = |edit: fn(&mut serde_json::Value)| forge.edited(&pair, &body, edit);
    let hello = forge.hello(&pair, other.public.id())["statement"].as_str().unwrap().to_owned();
    let wrong_key = forge.sign(Role::Buyer, &other, About::default(), body.clone()).text;
    let cases = [
        ("no statement", "x".to_owned(), Code::HeaderWrong),
        ("four parts", format!("{good}.x"), Code::HeaderWrong),
        ("not base64url", good.replace('.', ".+"), Code::Base64Malformed),
        ("padded base64", format!("{good}="), Code::Base64Malformed),
        ("a short signature", good.split_at(good.len() - 2).0.to_owned(), Code::SignatureWrong),
        ("a spoiled signature", spoiled(&good), Code::SignatureWrong),
        ("the high-S twin", high_s(&good), Code::SignatureMalleable),
        ("signed by another key", wrong_key, Code::KeyWrong),
        ("no algorithm", with_header(&good, |h| h["alg"] = json!("none")), Code::AlgorithmWrong),
        ("another algorithm", with_header(&good, |h| h["alg"] = json!("HS256")), Code::AlgorithmWrong),
        ("an unknown header", with_header(&good, |h| h["crit"] = json!(["x"])), Code::FieldUnknown),
        ("an unknown type", with_header(&good, |h| h["typ"] = json!("semper-gift+jws")), Code::KindUnknown),
        ("of another kind", hello, Code::KeyMalformed),
        ("a changed header", with_header(&good, |h| h["typ"] = json!("semper-hello+jws")), Code::KindWrong),
        ("expired", early.sign(Role::Buyer, &pair, About::default(), body.clone()).text, Code::Expired),
        ("from the future", late.sign(Role::Buyer, &pair, About::default(), body.clone()).text, Code::NotYetValid),
        ("an unknown member", changed(|v| v["extra"] = json!(1)), Code::FieldUnknown),
        ("an unknown member of the meta", changed(|v| v["semper"]["terms2"] = json!(1)), Code::FieldUnknown),
        ("an unknown version", changed(|v| v["semper"]["version"] = json!(2)), Code::VersionUnknown),
        ("a currency that is none", changed(|v| v["currency"] = json!("XXQ")), Code::FieldWrong),
        ("a point off the curve", changed(|v| v["account_key"] = json!("AAAA")), Code::KeyMalformed),
    ];
    cases.into_iter().map(|(name, text, code)| (name, "account-open", open_text(&text), code)).collect()
}

/// A bank that knows one customer, and the deal that this customer makes.
struct Till {
    bank: Hands<Bank>,
    forge: Forge,
    deal: Deal,
    bank_key: Third,
    seal: KeyPair,
}

impl Till {
    fn new(name: &str) -> Self {
        let mut ca = authority(&format!("ca-{name}"));
        let mut bank = Hands::new(name, Bank { play_deposit: Some(eur(10_000)) });
        enrol(&mut ca, &mut bank, "bank", &["statement", "tls"]);
        let forge = forge();
        let account_key = forge.pair();
        let customer = peer("customer");
        let open = Envelope { seq: 1, prev: 0, kind: "account-open".to_owned(), body: forge.open(&account_key) };
        assert_eq!(bank.deliver(customer, open), Outcome::Taken);
        let opened: AccountOpened = serde_json::from_str(&bank.fetch(customer)[0].body).unwrap();
        let deal = Deal {
            amount: eur(490),
            buyer: forge.pair(),
            seller: forge.pair(),
            account: opened.account,
            account_key,
            payee: common::forge::PAYEE.to_owned(),
        };
        let bank_key = third(&mut bank);
        Till { bank, seal: forge.pair(), bank_key, forge, deal }
    }

    fn x(&self, bank: Third) -> Descriptor {
        let core = self.forge.core(bank, self.forge.stranger(), &self.seal, &self.deal);
        Descriptor::new(&core, &Hash::of(b"escrow")).unwrap()
    }

    fn send(&mut self, seq: u64, body: String) -> Outcome {
        let envelope = Envelope { seq, prev: seq - 1, kind: "dgp".to_owned(), body };
        self.bank.deliver(peer("buyer"), envelope)
    }

    fn answers(&mut self) -> String {
        self.bank.fetch(peer("buyer")).iter().map(|envelope| envelope.body.clone()).collect()
    }
}

/// The certified key of a party.
fn third<L: Logic>(party: &mut Hands<L>) -> Third {
    let identity: serde_json::Value = serde_json::from_slice(&party.get("identity", "statement").unwrap()).unwrap();
    let certificate = Hash::from_hex(identity["certificate"].as_str().unwrap()).unwrap();
    let hello = party.command(&json!({ "command": "hello", "tls": Hash::of(b"any"), "link": "" }));
    let statement = hello["statement"].as_str().unwrap();
    let payload = semper_base::bytes::decode(statement.split('.').nth(1).unwrap()).unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    Third { key: serde_json::from_value(payload["key"].clone()).unwrap(), certificate }
}

#[test]
fn a_bank_refuses_what_is_malformed_or_badly_signed() {
    let mut till = Till::new("bank-forms");
    refuses(&mut till.bank, forms("account-open"));
    refuses(&mut till.bank, statements(&till.forge));
    refuses(&mut till.bank, forms_of_packets());
    let pair = till.forge.pair();
    let open = Envelope { seq: 1, prev: 0, kind: "account-open".to_owned(), body: till.forge.open(&pair) };
    assert_eq!(till.bank.deliver(peer("next customer"), open), Outcome::Taken, "and goes on");
}

/// Packets whose descriptor is none.
fn forms_of_packets() -> Vec<Case> {
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

#[test]
fn a_bank_refuses_holds_that_do_not_fit() {
    let mut till = Till::new("bank-holds");
    let (ours, theirs) = (till.bank_key.clone(), till.forge.stranger());
    let x = till.x(ours.clone());
    let (forge, deal) = (till.forge.clone(), till.deal.clone());
    let hold = forge.hold(&x, &deal);
    let debit = forge.debit(&x, &deal, hold.hash).text;
    let with = |statement: String, debit: String| packet(&x, Content::Hold { statement, debit });
    let other_x = till.x(ours.clone());
    let body = st::Hold { amount: x.core.amount, payee: x.core.payee };
    let signed = |role, pair: &KeyPair, body: st::Hold| forge.sign(role, pair, about(&x), body).text;
    let more = st::Hold { amount: eur(491), ..body.clone() };
    let payee = st::Hold { payee: Hash::of(b"me"), ..body.clone() };
    let (elsewhere, early) = (till.x(theirs), forge.at(morning().minus(Millis::days(31))));
    let mut core = x.core.clone();
    core.seller = core.buyer.clone();
    let twice = semper_base::json::canonical(&core).unwrap();
    let raw = [b"{\"core\":".as_slice(), &twice, b",\"escrow\":\"", "00".repeat(32).as_bytes(), b"\"}"].concat();
    let twice =
        json!({ "content": { "hold": { "statement": "", "debit": "" } }, "descriptor": Blob64(raw) }).to_string();
    let cases = vec![
        ("a hold at another bank", forge.held(&elsewhere, &deal), Code::RegisterWrong),
        ("one key in two roles", twice, Code::DescriptorWrong),
        ("signed by the seller", with(signed(Role::Seller, &deal.seller, body.clone()), debit.clone()), Code::KeyWrong),
        ("in another role", with(signed(Role::Seller, &deal.buyer, body.clone()), debit.clone()), Code::RoleWrong),
        ("of another exchange", with(forge.hold(&other_x, &deal).text, debit.clone()), Code::XidWrong),
        ("an expired hold", with(early.hold(&x, &deal).text, debit.clone()), Code::Expired),
        ("the high-S twin of a hold", with(high_s(&hold.text), debit.clone()), Code::SignatureMalleable),
        ("a spoiled debit order", with(hold.text.clone(), spoiled(&debit)), Code::SignatureWrong),
        (
            "a debit order of another exchange",
            with(hold.text.clone(), forge.debit(&other_x, &deal, hold.hash).text),
            Code::XidWrong,
        ),
        (
            "a debit order for another hold",
            with(hold.text.clone(), forge.debit(&x, &deal, Hash::of(b"x")).text),
            Code::RefWrong,
        ),
        ("another amount", with(signed(Role::Buyer, &deal.buyer, more), debit.clone()), Code::MismatchAmount),
        ("another payee", with(signed(Role::Buyer, &deal.buyer, payee), debit), Code::MismatchPayee),
    ];
    refuses(&mut till.bank, cases.into_iter().map(|(name, body, code)| (name, "dgp", body, code)).collect());
}

/// The state without the notes on where a party of an exchange is met.
fn money_and_registers(till: &mut Till) -> String {
    till.bank.state().lines().filter(|line| !line.starts_with("dgp/")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_bank_says_no_without_a_trace() {
    let mut till = Till::new("bank-no");
    let before = money_and_registers(&mut till);
    let x = till.x(till.bank_key.clone());
    let unknown = Deal { account: "P-2222-2222-2".to_owned(), ..till.deal.clone() };
    let body = till.forge.held(&x, &unknown);
    assert_eq!(till.send(1, body), Outcome::Taken);
    assert!(till.answers().contains(&Code::AccountUnknown.number().to_string()));
    let thief = Deal { account_key: till.forge.pair(), ..till.deal.clone() };
    let body = till.forge.held(&x, &thief);
    assert_eq!(till.send(2, body), Outcome::Taken);
    assert!(till.answers().contains(&Code::AccountUnknown.number().to_string()), "another key than the account's");
    till.deal.amount = eur(10_001);
    let x = till.x(till.bank_key.clone());
    let body = till.forge.held(&x, &till.deal);
    assert_eq!(till.send(3, body), Outcome::Taken);
    assert!(till.answers().contains(&Code::NoFunds.number().to_string()));
    assert_eq!(money_and_registers(&mut till), before, "a refusal is no row and moves nothing");
}

#[test]
fn one_exchange_runs_once_and_in_order() {
    let mut till = Till::new("bank-run");
    let (forge, deal, x) = (till.forge.clone(), till.deal.clone(), till.x(till.bank_key.clone()));
    let mandate = forge.mandate(&x, &deal);
    let capture = |mandate: &semper_blocks::statement::Statement<st::Mandate>, by: &Deal| {
        let statement = forge.capture(&x, by, mandate.hash).text;
        packet(&x, Content::Capture { statement, mandate: mandate.text.clone() })
    };
    let receipt = st::Receipt { amount: x.core.amount, plain: x.core.plain };
    let receipt = forge.sign(Role::Buyer, &deal.buyer, about(&x), receipt).text;
    let first = forge.held(&x, &deal);
    let rejected = |code: Code| Outcome::Rejected(code.number());
    let before = till.bank.state();
    assert_eq!(till.send(1, capture(&mandate, &deal)), rejected(Code::OutOfTurn), "capture before hold");
    assert_eq!(till.send(2, packet(&x, Content::Receipt { statement: receipt })), rejected(Code::OutOfTurn));
    assert_eq!(till.bank.state(), before);

    assert_eq!(till.send(3, first.clone()), Outcome::Taken);
    assert!(till.answers().contains("answer"));
    let held = till.bank.state();
    assert_ne!(held, before);
    assert_eq!(till.send(4, first), Outcome::Taken, "the same hold again");
    assert_eq!(till.bank.state(), held, "changes nothing");
    assert!(till.answers().contains("answer"), "and is answered from the row");
    assert_eq!(till.send(5, forge.held(&x, &deal)), rejected(Code::AnotherRun), "another hold of the same exchange");
    let poor = Deal { payee: "P-OTHER".to_owned(), ..deal.clone() };
    assert_eq!(till.send(6, capture(&mandate, &poor)), rejected(Code::MismatchPayee));
    let thief = Deal { seller: forge.pair(), ..deal.clone() };
    assert_eq!(till.send(7, capture(&mandate, &thief)), rejected(Code::KeyWrong));
    let forged = forge.mandate(&x, &Deal { buyer: deal.seller.clone(), ..deal.clone() });
    assert_eq!(till.send(8, capture(&forged, &deal)), rejected(Code::KeyWrong));
    assert_eq!(till.bank.state(), held);
}

#[test]
fn numbers_are_taken_once_and_in_order() {
    let mut till = Till::new("bank-numbers");
    let (one, two) = (till.forge.open(&till.forge.pair()), till.forge.open(&till.forge.pair()));
    let send = |till: &mut Till, seq, prev, body: &String| {
        let envelope = Envelope { seq, prev, kind: "account-open".to_owned(), body: body.clone() };
        till.bank.deliver(peer("new customer"), envelope)
    };
    assert_eq!(send(&mut till, 1, 0, &one), Outcome::Taken);
    let after = till.bank.state();
    assert_eq!(send(&mut till, 1, 0, &one), Outcome::Taken, "the same again");
    assert_eq!(send(&mut till, 1, 0, &two), Outcome::Stale, "other bytes under the same number");
    assert_eq!(send(&mut till, 3, 2, &two), Outcome::Early { after: 1 }, "a gap");
    assert_eq!(send(&mut till, 0, 0, &two), Outcome::Stale, "no number");
    assert_eq!(send(&mut till, u64::MAX, 0, &two), Outcome::Stale, "beyond 2^53");
    assert_eq!(till.bank.state(), after);
    assert_eq!(send(&mut till, 3, 1, &two), Outcome::Taken, "the sender gave number 2 up");
    assert_eq!(send(&mut till, 2, 1, &one), Outcome::Stale, "and must not use it any more");
}

#[test]
fn misbehaviour_is_kept_within_bounds() {
    let mut till = Till::new("bank-bounds");
    let rogue = peer("rogue");
    let mut seq = 0;
    let mut misbehave = |till: &mut Till, times: u64| {
        for _ in 0..times {
            seq += 1;
            let body = format!(r#"{{"statement":"{}"}}"#, "x".repeat(200_000));
            let envelope = Envelope { seq, prev: seq - 1, kind: "account-open".to_owned(), body };
            assert_eq!(till.bank.deliver(rogue, envelope), Outcome::Rejected(Code::HeaderWrong.number()));
        }
    };
    misbehave(&mut till, MISDEEDS_PER_PEER_DAY_MAX + 20);
    let kept = till.bank.misdeeds(rogue);
    assert_eq!(kept.len() as u64, MISDEEDS_PER_PEER_DAY_MAX);
    assert!(kept.iter().all(|record| record.starts_with("1101 account-open {") && record.len() < 66_000));
    till.bank.pass(Millis::days(1));
    misbehave(&mut till, 3);
    assert_eq!(till.bank.misdeeds(rogue).len() as u64, MISDEEDS_PER_PEER_DAY_MAX + 3, "a new day, a new page");
    // Whoever takes a new key for each message meets the bound over all.
    for n in 0..MISDEEDS_PER_DAY_MAX {
        let envelope = Envelope { seq: 1, prev: 0, kind: "account-open".to_owned(), body: "x".to_owned() };
        let outcome = till.bank.deliver(peer(&format!("sock puppet {n}")), envelope);
        assert_eq!(outcome, Outcome::Rejected(Code::JsonMalformed.number()));
    }
    assert_eq!(till.bank.misdeeds(peer("sock puppet 0")).len(), 1);
    let last = format!("sock puppet {}", MISDEEDS_PER_DAY_MAX - 1);
    assert!(till.bank.misdeeds(peer(&last)).is_empty(), "three places were taken before");
    let body = till.forge.at(till.bank.now).open(&till.forge.pair());
    let good = Envelope { seq: seq + 1, prev: seq, kind: "account-open".to_owned(), body };
    assert_eq!(till.bank.deliver(rogue, good), Outcome::Taken, "who sends well is served");
}

#[test]
fn strangers_cannot_speak_for_the_authority() {
    let mut till = Till::new("bank-ca");
    let refused = json!({ "certificate": "statement", "code": 2008 }).to_string();
    let status = json!({ "status": Blob64(vec![1, 2, 3]) }).to_string();
    let cases = vec![
        ("a refusal", "certificate-refused", refused, Code::PeerWrong),
        ("a list", "status", status, Code::PeerWrong),
        ("no certificate", "certificate", "{}".to_owned(), Code::FieldMissing),
    ];
    refuses(&mut till.bank, cases);
}

#[test]
fn a_notary_and_a_shop_refuse_too() {
    let mut ca = authority("ca-others");
    let (mut notary, mut shop) = (Hands::new("notary", Notary), Hands::new("shop", Shop::default()));
    enrol(&mut ca, &mut notary, "notary", &["statement", "seal", "tls"]);
    enrol(&mut ca, &mut shop, "seller", &["statement", "seal", "tls"]);
    let forge = forge();
    let deal = Deal {
        amount: eur(490),
        buyer: forge.pair(),
        seller: forge.pair(),
        account: String::new(),
        account_key: forge.pair(),
        payee: common::forge::PAYEE.to_owned(),
    };
    let x = |notary: Third| {
        Descriptor::new(&forge.core(forge.stranger(), notary, &forge.pair(), &deal), &Hash::of(b"escrow")).unwrap()
    };
    let request = |x: &Descriptor| {
        let body = st::EscrowRequest { captured: Hash::of(b"captured") };
        let statement = forge.sign(Role::Buyer, &deal.buyer, about(x), body).text;
        let captured = forge.captured(x, Role::Bank, &deal.buyer).text;
        packet(x, Content::EscrowRequest { statement, captured, sealed: st::EscrowBox(Blob64(vec![1; 145])) })
    };
    let status = |x: &Descriptor, pair: &KeyPair| {
        let to = About::exchange(x.xid, vec![x.core.notary.key.id()]);
        packet(x, Content::Status { statement: forge.sign(Role::Buyer, pair, to, st::Status { round: 1 }).text })
    };
    let (here, elsewhere) = (x(third(&mut notary)), x(forge.stranger()));
    refuses(&mut notary, forms_of_packets());
    refuses(
        &mut notary,
        vec![
            ("no capture by the bank", "dgp", request(&here), Code::KeyWrong),
            ("another notary", "dgp", status(&elsewhere, &deal.buyer), Code::RegisterWrong),
            ("nobody of the deal", "dgp", status(&here, &forge.pair()), Code::KeyWrong),
        ],
    );
    let certified = json!({ "certificate": Blob64(vec![0x30, 0]), "statement": forge.mandate(&here, &deal).text });
    let long = json!({ "item": "x".repeat(65), "reference": "r" }).to_string();
    refuses(&mut shop, forms("offer-request").into_iter().filter(|case| !case.2.contains("statement")).collect());
    refuses(
        &mut shop,
        vec![
            ("no certificate to an order", "order", certified.to_string(), Code::CertificateMalformed),
            ("a long reference", "offer-request", long, Code::TooLarge),
            ("an exchange that is not ours", "dgp", status(&here, &deal.buyer), Code::XidWrong),
        ],
    );
}

#[test]
fn an_authority_certifies_only_what_was_invited() {
    let mut ca = authority("ca-alone");
    let forge = forge();
    let cases = forms("certificate-request");
    refuses(&mut ca, cases);
    let (pair, other) = (forge.pair(), forge.pair());
    let code =
        ca.command(&json!({ "command": "invite", "role": "seller", "name": "Ann", "certificates": ["statement"] }));
    let registration = |name: &str, role, kind: &str, key: &KeyPair| semper_services::common::enrol::Registration {
        certificate: kind.to_owned(),
        code: semper_services::common::enrol::code_hash(code["code"].as_str().unwrap()),
        dns: Vec::new(),
        key: key.public.clone(),
        name: name.to_owned(),
        role,
    };
    let body = |statement: &str| json!({ "statement": statement }).to_string();
    let sign = |key: &KeyPair, body| forge.sign(Role::Seller, key, About::default(), body).text;
    let stolen = sign(&other, registration("Ann", Role::Seller, "statement", &pair));
    refuses(&mut ca, vec![("a key of somebody else", "certificate-request", body(&stolen), Code::KeyWrong)]);
    let mut ask = |from: &str, body: String| {
        let envelope = Envelope { seq: 1, prev: 0, kind: "certificate-request".to_owned(), body };
        assert_eq!(ca.deliver(peer(from), envelope), Outcome::Taken);
        ca.fetch(peer(from))[0].kind.clone()
    };
    let wrong = [
        ("name", registration("Bob", Role::Seller, "statement", &pair)),
        ("role", registration("Ann", Role::Bank, "statement", &pair)),
        ("kind", registration("Ann", Role::Seller, "tls", &pair)),
    ];
    for (what, registration) in wrong {
        assert_eq!(ask(what, body(&sign(&pair, registration))), "certificate-refused", "another {what}");
    }
    let good = body(&sign(&pair, registration("Ann", Role::Seller, "statement", &pair)));
    assert_eq!(ask("Ann", good.clone()), "certificate");
    assert_eq!(ask("Ann again", good), "certificate-refused", "a code is used up");
}

#[test]
fn a_hello_is_believed_only_as_far_as_it_is_proved() {
    let (mut till, mut ca) = (Till::new("bank-hello"), authority("ca-hello"));
    let (forge, pair, other) = (till.forge.clone(), till.forge.pair(), till.forge.pair());
    let tls = semper_base::KeyId(Hash::of(b"tls"));
    let (early, late) = (forge.at(morning().minus(Millis::days(31))), forge.at(morning().plus(Millis::hours(1))));
    let text = |hello: &serde_json::Value| hello["statement"].as_str().unwrap().to_owned();
    let with = |statement: String| json!({ "certificates": [], "statement": statement });
    let good = forge.hello(&pair, tls);
    let own = ca.command(&json!({ "command": "hello", "tls": tls, "link": "" }))["certificates"][0].clone();
    let own = semper_base::bytes::decode(own.as_str().unwrap()).unwrap();
    let mut many = good.clone();
    many["certificates"] = json!(vec!["AAAA"; 5]);
    let mut extra = good.clone();
    extra["extra"] = json!(1);
    let mut garbage = good.clone();
    garbage["status"] = json!("AAAA");
    let cases = [
        ("another TLS key", forge.hello(&pair, other.public.id()), Code::HelloWrong),
        ("expired", early.hello(&pair, tls), Code::Expired),
        ("from the future", late.hello(&pair, tls), Code::NotYetValid),
        ("spoiled", with(spoiled(&text(&good))), Code::SignatureWrong),
        ("the high-S twin", with(high_s(&text(&good))), Code::SignatureMalleable),
        ("another market's certificate", forge.certified_hello(Role::Seller, &pair, tls, &own), Code::CertificatePath),
        ("many certificates", many, Code::TooMany),
        ("an unknown field", extra, Code::FieldUnknown),
        ("a list that is none", garbage, Code::CertificateMalformed),
    ];
    let before = till.bank.state();
    for (name, hello, code) in cases {
        let answer = till.bank.local(&Input::Hello { tls, statement: hello.to_string() });
        assert_eq!(answer.unwrap_err().code(), code, "{name}");
        assert_eq!(till.bank.state(), before, "{name} left traces");
    }
    assert!(till.bank.local(&Input::Hello { tls, statement: good.to_string() }).is_ok());
}

#[test]
fn keys_that_cost_nothing_do_not_fill_the_disk() {
    let full = [Write::Put(Key::new("own", "peers"), (PEERS_MAX - 1).to_string().into_bytes())];
    let mut ca = Hands::prepared("ca-full", Authority { name: "Play market".to_owned() }, &full);
    let forge = forge();
    let one = forge.pair();
    let hello = |ca: &mut Hands<Authority>, pair: &KeyPair, tls: &str| {
        let tls = semper_base::KeyId(Hash::of(tls.as_bytes()));
        ca.local(&Input::Hello { tls, statement: forge.hello(pair, tls).to_string() })
    };
    assert!(hello(&mut ca, &one, "a").is_ok());
    let before = ca.state();
    // A new stranger is put off, whom we know may even move.
    assert_eq!(hello(&mut ca, &forge.pair(), "b").unwrap_err().code(), Code::Overloaded);
    assert_eq!(ca.state(), before);
    assert!(hello(&mut ca, &one, "c").is_ok());
    assert_eq!(ca.state().lines().count(), before.lines().count());
}
