//! Hostile input to notary, shop and authority; see `bad_input.rs` for the bank.

use crate::common;

use common::cases::{authority, eur, forge, forms, forms_of_packets, peer, refuses, third};
use common::forge::{Deal, about, packet};
use common::{Hands, enrol};
use semper_base::limits::PEERS_MAX;
use semper_base::{Blob64, Code, Hash, Key, Role, Write};
use semper_blocks::statement::About;
use semper_driver::service::Input;
use semper_exchange::fair::dgp::statements as st;
use semper_exchange::fair::dgp::{Content, Descriptor, Third};
use semper_services::authority::Authority;
use semper_services::notary::Notary;
use semper_services::shop::Shop;
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::KeyPair;
use serde_json::json;

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
    let long = json!({ "item": "x".repeat(65), "notaries": [], "reference": "r" }).to_string();
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
    assert_eq!(ask("Ann again", good), "certificate", "the same one for the same key");
    let more = body(&sign(&other, registration("Ann", Role::Seller, "statement", &other)));
    assert_eq!(ask("Ann with more", more), "certificate-refused", "a code is used up");
}

#[test]
fn a_code_that_was_lost_is_replaced_until_somebody_used_it() {
    let mut ca = authority("ca-lost-code");
    let forge = forge();
    let invite = |again| {
        let certificates = ["statement", "tls"];
        json!({ "command": "invite", "role": "seller", "name": "Ann", "certificates": certificates, "again": again })
    };
    let refused = |ca: &mut Hands<Authority>, request: &serde_json::Value| {
        ca.local(&Input::Command(request.to_string().into_bytes())).unwrap_err().code()
    };
    let pair = forge.pair();
    let ask = |ca: &mut Hands<Authority>, code: &serde_json::Value, from: &str| {
        let registration = semper_services::common::enrol::Registration {
            certificate: "statement".to_owned(),
            code: semper_services::common::enrol::code_hash(code["code"].as_str().unwrap()),
            dns: Vec::new(),
            key: pair.public.clone(),
            name: "Ann".to_owned(),
            role: Role::Seller,
        };
        let statement = forge.sign(Role::Seller, &pair, About::default(), registration).text;
        let body = json!({ "statement": statement }).to_string();
        let envelope = Envelope { seq: 1, prev: 0, kind: "certificate-request".to_owned(), body };
        assert_eq!(ca.deliver(peer(from), envelope), Outcome::Taken);
        ca.fetch(peer(from))[0].kind.clone()
    };
    let lost = ca.command(&invite(false));
    assert_eq!(refused(&mut ca, &invite(false)), Code::NameTaken, "not by accident");
    let other = json!({ "command": "invite", "role": "bank", "name": "Ann", "certificates": ["tls"], "again": true });
    assert_eq!(refused(&mut ca, &other), Code::NameTaken, "not for another role");
    let code = ca.command(&invite(true));
    assert_eq!(ask(&mut ca, &lost, "finder"), "certificate-refused", "the lost code is worth nothing");
    assert_eq!(ask(&mut ca, &code, "Ann"), "certificate");
    assert_eq!(refused(&mut ca, &invite(true)), Code::NameTaken, "somebody has that name now");
}

#[test]
fn nobody_is_certified_under_the_host_of_another_role() {
    let mut ca = authority("ca-hosts");
    let forge = forge();
    let mut ask = |name: &str, role: Role, host: &str| {
        let invite = json!({ "command": "invite", "role": role, "name": name, "certificates": ["tls"] });
        let code = ca.command(&invite)["code"].clone();
        let pair = forge.pair();
        let registration = semper_services::common::enrol::Registration {
            certificate: "tls".to_owned(),
            code: semper_services::common::enrol::code_hash(code.as_str().unwrap()),
            dns: vec![host.to_owned()],
            key: pair.public.clone(),
            name: name.to_owned(),
            role,
        };
        let statement = forge.sign(role, &pair, About::default(), registration).text;
        let body = json!({ "statement": statement }).to_string();
        let envelope = Envelope { seq: 1, prev: 0, kind: "certificate-request".to_owned(), body };
        assert_eq!(ca.deliver(peer(name), envelope), Outcome::Taken);
        ca.fetch(peer(name))[0].kind.clone()
    };
    assert_eq!(ask("Bank", Role::Bank, "bank.test"), "certificate");
    assert_eq!(ask("Other bank", Role::Bank, "bank.test"), "certificate", "two processes of one host");
    assert_eq!(ask("Shop", Role::Seller, "bank.test"), "certificate-refused");
    assert_eq!(ask("Shop again", Role::Seller, "ca.semper.test"), "certificate-refused");
    assert_eq!(ask("Third shop", Role::Seller, "shop.test"), "certificate");
}

#[test]
fn keys_that_cost_nothing_do_not_fill_the_disk() {
    let full = [Write::Put(Key::new("own", "peers"), (PEERS_MAX - 1).to_string().into_bytes())];
    let mut ca = Hands::prepared("ca-full", Authority { name: "Play market".to_owned() }, &full);
    let forge = forge();
    let one = forge.pair();
    let mut said = 0;
    let mut hello = |ca: &mut Hands<Authority>, pair: &KeyPair, tls: &str| {
        let tls = semper_base::KeyId(Hash::of(tls.as_bytes()));
        said += 1;
        let forge = forge.at(common::morning().plus(semper_base::Millis(said)));
        ca.local(&Input::Hello { tls, statement: forge.hello(pair, tls).to_string() })
    };
    let known = |ca: &mut Hands<Authority>| ca.scan("peer/").len();
    let is_known = |ca: &mut Hands<Authority>, pair: &KeyPair| ca.get("peer", &pair.public.id().to_string()).is_some();
    assert!(hello(&mut ca, &one, "a").is_ok());
    let (count, peers) = (ca.get("own", "peers"), known(&mut ca));
    // Each new stranger takes the place of the one that was silent longest, whoever fills the pool.
    let others: Vec<KeyPair> = (0..5).map(|_| forge.pair()).collect();
    for other in &others {
        assert!(hello(&mut ca, other, "b").is_ok());
        assert_eq!((ca.get("own", "peers"), known(&mut ca)), (count.clone(), peers));
    }
    assert!(!is_known(&mut ca, &one) && !is_known(&mut ca, &others[3]) && is_known(&mut ca, &others[4]));
    // Who lost its place says hello again, and may even move.
    assert!(hello(&mut ca, &one, "c").is_ok());
    assert_eq!((ca.get("own", "peers"), known(&mut ca)), (count, peers));
}

/// Somebody who got hold of an old TLS key of a peer, and of the hello of that time, must not get its queue.
#[test]
fn an_older_hello_does_not_bind_a_peer_to_another_key() {
    let mut ca = authority("ca-older");
    let (forge, later) = (forge(), forge().at(common::morning().plus(semper_base::Millis::seconds(60))));
    let peer = forge.pair();
    let tls = |name: &str| semper_base::KeyId(Hash::of(name.as_bytes()));
    let (old, new) = (forge.hello(&peer, tls("old")), later.hello(&peer, tls("new")));
    let mut say = |key: &str, hello: &serde_json::Value| {
        let input = Input::Hello { tls: tls(key), statement: hello.to_string() };
        ca.local(&input).map(drop).map_err(|error| error.code())
    };
    assert_eq!(say("old", &old), Ok(()));
    assert_eq!(say("old", &old), Ok(()), "a reconnection within the same moment");
    assert_eq!(say("new", &new), Ok(()), "a peer that moves says a new hello");
    assert_eq!(say("old", &old), Err(Code::HelloWrong));
    assert_eq!(say("new", &new), Ok(()));
}

/// What a server says about itself must fit the connection over which it says so.
#[test]
fn a_server_that_is_met_over_another_key_is_refused() {
    let mut ca = authority("ca-met");
    let mut shop = Hands::new("met-shop", Shop::default());
    enrol(&mut ca, &mut shop, "seller", &["statement", "seal", "tls"]);
    let tls = semper_base::KeyId(Hash::of(b"client"));
    let hello = shop.command(&json!({ "command": "hello", "tls": tls, "link": "" }));
    let reply = ca.local(&Input::Hello { tls, statement: hello.to_string() }).unwrap();
    let identity: serde_json::Value = serde_json::from_slice(&ca.get("identity", "tls").unwrap()).unwrap();
    let mut met = |seen: &serde_json::Value| {
        let met = json!({ "command": "met", "link": "ca", "reply": reply, "seen": seen });
        shop.local(&Input::Command(met.to_string().into_bytes())).map(drop).map_err(|error| error.code())
    };
    assert_eq!(met(&json!(Hash::of(b"somebody between"))), Err(Code::HelloWrong));
    assert_eq!(met(&json!("no key")), Err(Code::FieldWrong));
    assert_eq!(met(&identity["key"]), Ok(()));
}

/// However many others were certified: one name's certificates are found, and no other's.
#[test]
fn a_name_is_revoked_among_more_than_anybody_scans() {
    let other = |n: u32| Write::Put(Key(format!("issued/{n:032x}")), b"{\"not\":\"read\"}".to_vec());
    let others: Vec<Write> = (0..10_500).map(other).collect();
    let mut ca = Hands::prepared("ca-many", Authority { name: "Play market".to_owned() }, &others);
    let mut shop = Hands::new("revoked-shop", Shop::default());
    common::enrol_named(&mut ca, &mut shop, "seller", "Ann/Bob", &["statement", "seal"]);
    let mut second = Hands::new("kept-shop", Shop::default());
    common::enrol_named(&mut ca, &mut second, "seller", "Ann", &["statement"]);
    let revoke = json!({ "command": "revoke", "name": "Ann/Bob", "reason": "key-compromise" });
    assert_eq!(ca.command(&revoke)["revoked"].as_array().unwrap().len(), 2);
    let again = ca.local(&Input::Command(revoke.to_string().into_bytes()));
    assert_eq!(again.unwrap_err().code(), Code::NotFound, "both are gone, and Ann's is not touched");
}
