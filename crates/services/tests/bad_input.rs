//! Hostile input, party by party: every message is answered with its stable code, nothing of it
//! changes the party's state, and what is kept about the sender is bounded.

use crate::common;

use common::cases::{Case, authority, eur, forge, forms, forms_of_packets, peer, refuses, third};
use common::forge::{Deal, Forge, about, high_s, open_text, packet, spoiled, with_header};
use common::{Hands, enrol, morning};
use semper_base::limits::{MISDEEDS_PER_DAY_MAX, MISDEEDS_PER_PEER_DAY_MAX};
use semper_base::{Blob64, Code, Hash, Millis, Role};
use semper_blocks::statement::About;
use semper_driver::service::Input;
use semper_exchange::fair::dgp::statements as st;
use semper_exchange::fair::dgp::{Content, Descriptor, Third};
use semper_services::bank::{AccountOpened, Bank};
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::KeyPair;
use serde_json::json;

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
