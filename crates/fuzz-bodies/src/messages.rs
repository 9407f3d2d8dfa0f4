//! Every service's check, for every kind of message, hello and answer to a hello, from bytes. What comes
//! out is a checked value or a violation, as the type says; an honest provider, and a party without a
//! root, never take more than a gullible provider does.

use std::sync::LazyLock;

use semper_base::{Code, Hash, KeyId, PeerId, Timestamp};
use semper_blocks::certificate::{Root, Trust};
use semper_commerce::process::offer::Times;
use semper_driver::service::{Input as Happening, Message, Service};
use semper_services::authority::Authority;
use semper_services::bank::{self, Bank};
use semper_services::common::exchange::{CHUNK, PACKET};
use semper_services::common::{Logic, Member, enrol};
use semper_services::notary::Notary;
use semper_services::shop::{self, Lie, Shop};
use semper_services::wallet::Wallet;
use semper_support::comm::Envelope;
use semper_support::crypto::{Crypto, Ideal};

use crate::clear::spell;
use crate::gullible::Gullible;
use crate::input::Input;

/// Who may be asked, by the first byte.
pub const PARTIES: [&str; 5] = ["ca", "bank", "notary", "shop", "wallet"];

/// What may be asked, by the second byte: kinds of messages, then a hello, then the answer to one.
pub const KINDS: [&str; 14] = [
    PACKET,
    CHUNK,
    bank::kinds::OPEN,
    bank::kinds::OPENED,
    enrol::kinds::REQUEST,
    enrol::kinds::REPLY,
    enrol::kinds::REFUSED,
    enrol::kinds::STATUS_REQUEST,
    enrol::kinds::STATUS,
    shop::kinds::OFFER_REQUEST,
    shop::kinds::OFFER,
    shop::kinds::ORDER,
    shop::kinds::ACCEPTANCE,
    shop::kinds::REFUSED,
];

/// The second byte of a hello.
pub const HELLO: u8 = 14;
/// The second byte of the answer to a hello.
pub const MET: u8 = 15;

/// The root of the market that the corpus was taken from.
const ROOT: &[u8] = include_bytes!("../fixtures/root.der");
/// Its revocation list.
const LIST: &[u8] = include_bytes!("../fixtures/list.der");
/// What every party trusts.
static TRUST: LazyLock<Option<Trust>> = LazyLock::new(|| {
    let gullible = Gullible::new();
    let trust = Root::read(ROOT, &gullible).and_then(|root| Trust::new(root).with_status(LIST, &gullible));
    Some(trust.expect("the fixture is in order"))
});
/// When the corpus was taken, in milliseconds.
const NOW: &str = include_str!("../fixtures/now.txt");

/// The target.
///
/// # Panics
/// When something that must always hold does not.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (party, kind) = (input.below(PARTIES.len()), input.byte() % 16);
    let body = spell(input.rest(), &|_, _| [1; 64]);
    let Ok(body) = String::from_utf8(body) else { return };
    let what = happening(kind, body);
    match PARTIES[party] {
        "ca" => ask(&Member(Authority { name: "Root".to_owned() }), &what),
        "bank" => ask(&Member(Bank { play_deposit: None }), &what),
        "notary" => ask(&Member(Notary), &what),
        "shop" => ask(&Member(Shop { times: Times::standard(), lie: Lie::None }), &what),
        _ => ask(&Member(Wallet), &what),
    }
}

fn happening(kind: u8, body: String) -> Happening {
    match kind {
        HELLO => Happening::Hello { tls: tls_of(&body), statement: body },
        MET => Happening::Command(format!(r#"{{"command":"met","link":"x","reply":{body}}}"#).into_bytes()),
        kind => {
            let kind = KINDS[usize::from(kind)].to_owned();
            let envelope = Envelope { seq: 1, prev: 0, kind, body };
            Happening::Message(Message { from: PeerId(Hash::of(b"peer")), envelope })
        }
    }
}

/// The key that the hello names, as if the connection had proved it.
fn tls_of(body: &str) -> KeyId {
    let named = || {
        let packet: serde_json::Value = serde_json::from_str(body).ok()?;
        let payload = packet.get("statement")?.as_str()?.split('.').nth(1)?;
        let payload: serde_json::Value = serde_json::from_slice(&semper_base::bytes::decode(payload).ok()?).ok()?;
        serde_json::from_value(payload.get("tls")?.clone()).ok()
    };
    named().unwrap_or(KeyId(Hash::of(b"tls")))
}

fn ask<L: Logic>(service: &Member<L>, what: &Happening) {
    let gullible = Gullible::new();
    let now = Timestamp::from_millis(NOW.trim().parse().expect("a number"));
    let trust = &*TRUST;
    // A memory for each: what the gullible one has read, the honest one has not.
    let look = |trust: &Option<Trust>, crypto: &dyn Crypto| service.check(what, &trust.clone().into(), crypto, now);
    let said = look(trust, &gullible);
    let alone = look(&None, &gullible);
    // Nothing certified passes without a root, and an honest provider never takes more.
    let honest = look(trust, &Ideal::new(0));
    match &said {
        Ok(_) => {
            if let Err(missing) = &alone {
                assert_eq!(missing.code(), Code::StatusMissing);
            }
            if let Err(unsigned) = &honest {
                let codes = [Code::SignatureWrong, Code::KeyMalformed, Code::CertificatePath, Code::SignatureMalleable];
                assert!(codes.contains(&unsigned.code()), "{unsigned:?}");
            }
        }
        Err(_) => assert!(honest.is_err() && alone.is_err(), "the gullible one refused it"),
    }
}
