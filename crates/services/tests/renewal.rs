//! Certificates live for ninety days; whoever holds one asks for the next in time, by itself.

use crate::common;

use common::cases::authority;
use common::street::{carry, run_timers};
use common::{Hands, ask, enrol};
use semper_base::{Code, Hash, Millis, PeerId};
use semper_services::authority::Authority;
use semper_services::shop::Shop;
use semper_support::comm::Outcome;
use serde_json::{Value, json};

struct Pair {
    ca: Hands<Authority>,
    shop: Hands<Shop>,
    at_shop: PeerId,
    at_ca: PeerId,
}

impl Pair {
    fn new(name: &str) -> Pair {
        let (mut ca, mut shop) = (authority(&format!("ca-{name}")), Hands::new(name, Shop::default()));
        enrol(&mut ca, &mut shop, "seller", &["statement", "seal", "tls"]);
        let link: Value = serde_json::from_slice(&shop.get("link", "ca").unwrap()).unwrap();
        let peer = |id: &Value| PeerId(Hash::from_hex(id.as_str().unwrap()).unwrap());
        let (at_shop, at_ca) = (peer(&link["peer"]), peer(&link["hello_key"]));
        Pair { ca, shop, at_shop, at_ca }
    }

    /// A day passes; messages travel both ways.
    fn day(&mut self) {
        let now = self.ca.now.plus(Millis::days(1));
        (self.ca.now, self.shop.now) = (now, now);
        run_timers(&mut self.ca);
        run_timers(&mut self.shop);
        let asked = self.shop.fetch(self.at_shop);
        carry(&mut self.ca, self.at_ca, asked);
        let answers = self.ca.fetch(self.at_ca);
        carry(&mut self.shop, self.at_shop, answers);
    }

    fn identities(&mut self) -> Vec<Value> {
        self.shop.scan("identity/").iter().map(|(_, row)| serde_json::from_slice(row).unwrap()).collect()
    }
}

fn keys(identities: &[Value]) -> Vec<Value> {
    identities.iter().map(|identity| identity["key"].clone()).collect()
}

#[test]
fn certificates_are_renewed_in_time_for_the_same_keys() {
    let mut pair = Pair::new("renewed");
    let first = pair.identities();
    assert_eq!(first.len(), 3);
    let own = |ca: &mut Hands<Authority>| ca.get("identity", "statement").unwrap();
    let authority = own(&mut pair.ca);
    (0..55).for_each(|_| pair.day());
    assert_eq!(pair.identities(), first, "not yet");
    (0..10).for_each(|_| pair.day());
    let second = pair.identities();
    assert_eq!(keys(&second), keys(&first));
    for (second, first) in second.iter().zip(&first) {
        assert_ne!(second["certificate"], first["certificate"]);
    }
    assert_ne!(own(&mut pair.ca), authority, "the authority's own too");
    // Far beyond the life of the first, hello is still said with a good certificate.
    (0..120).for_each(|_| pair.day());
    let hello = pair.shop.command(&json!({ "command": "hello", "tls": Hash::of(b"tls"), "link": "" }));
    let tls = semper_base::KeyId(Hash::of(b"tls"));
    let hello = semper_driver::service::Input::Hello { tls, statement: hello.to_string() };
    assert!(pair.ca.local(&hello).is_ok());
}

#[test]
fn who_is_revoked_is_not_renewed() {
    let mut pair = Pair::new("not-renewed");
    let first = pair.identities();
    (0..50).for_each(|_| pair.day());
    pair.ca.command(&json!({ "command": "revoke", "name": "Play seller", "reason": "key-compromise" }));
    (0..20).for_each(|_| pair.day());
    assert_eq!(pair.identities(), first);
    let refused: u16 = serde_json::from_slice(&pair.shop.get("refused", "statement").unwrap()).unwrap();
    assert_eq!(refused, Code::EnrolmentCode.number());
}

/// Who is cut off before its certificates come asks again with a code that is used up by now.
#[test]
fn a_code_gives_the_same_certificate_to_the_same_key_again() {
    let (mut ca, mut shop) = (authority("ca-again"), Hands::new("again", Shop::default()));
    let (enrol, at_shop, at_ca) = ask(&mut ca, &mut shop, "seller", "Play seller", &["statement", "tls"]);
    let asked = shop.fetch(at_shop);
    carry(&mut ca, at_ca, asked);
    // The answers are under way; the shop has started again and asks once more.
    shop.command(&enrol);
    let again = shop.fetch(at_shop);
    carry(&mut ca, at_ca, again);
    let answers = ca.fetch(at_ca);
    assert_eq!(answers.len(), 4);
    for answer in answers {
        assert_eq!((answer.kind.as_str(), shop.deliver(at_shop, answer.clone())), ("certificate", Outcome::Taken));
    }
    assert_eq!(shop.scan("identity/").len(), 2);
    assert_eq!(shop.scan("refused/").len(), 0);
    assert_eq!(ca.scan("issued/").len(), 4, "two of its own, two of the shop: none was issued twice");
}

/// The code alone is not enough: another key gets nothing for it.
#[test]
fn a_used_code_gives_nothing_to_another_key() {
    let (mut ca, mut shop) = (authority("ca-thief"), Hands::new("honest", Shop::default()));
    let (enrol, at_shop, at_ca) = ask(&mut ca, &mut shop, "seller", "Play seller", &["statement"]);
    let asked = shop.fetch(at_shop);
    carry(&mut ca, at_ca, asked);
    let mut thief = Hands::new("thief", Shop::default());
    let (_, at_thief, thief_at_ca) = ask(&mut ca, &mut thief, "seller", "Another", &["seal"]);
    drop(thief.fetch(at_thief));
    thief.command(&enrol);
    let asked = thief.fetch(at_thief);
    carry(&mut ca, thief_at_ca, asked);
    let kinds: Vec<String> = ca.fetch(thief_at_ca).into_iter().map(|answer| answer.kind).collect();
    assert_eq!(kinds, ["certificate-refused"]);
}
