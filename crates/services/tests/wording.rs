//! Hello, registration and account opening have a wording for each of their members, in both languages.

use semper_base::{Currency, Hash, KeyId, Nonce, Role, Timestamp};
use semper_blocks::statement::{Body, Language, Meta, Signer, payload, wording};
use semper_services::bank::AccountOpening;
use semper_services::common::enrol::Registration;
use semper_services::common::fees::Tariff;
use semper_services::common::hello::Hello;
use semper_support::comm::Address;
use semper_support::crypto::{Crypto, PublicKey, Seeded};

const HASH: Hash = Hash([7; 32]);

fn shown<B: Body>(body: &B) {
    for language in [Language::En, Language::De] {
        let meta = Meta {
            version: 1,
            kind: B::KIND,
            signer: Signer { role: Role::Buyer, key: KeyId(HASH), certificate: None },
            to: vec![],
            issued: Timestamp::EPOCH,
            expires: Timestamp::EPOCH,
            nonce: Nonce([7; 16]),
            language,
            wording: wording::current(B::KIND, language),
            xid: None,
            refs: vec![],
        };
        let payload = payload(&meta, body).unwrap();
        let known = wording::find(&meta.wording).unwrap();
        assert_eq!(wording::unlabelled(&payload, &known).unwrap(), [""; 0], "{} {language:?}", B::KIND);
        wording::render(&payload, language, 0).unwrap_or_else(|e| panic!("{} {language:?}: {e}", B::KIND));
    }
}

fn key() -> PublicKey {
    Seeded::new([7; 32]).generate().unwrap().public
}

#[test]
fn the_beginning_of_a_relationship() {
    let address = Address { socket: "127.0.0.1:7001".into(), server_name: "bank.localhost".into() };
    shown(&Hello { address: Some(address), fees: Tariff::default(), key: key(), tls: KeyId(HASH) });
    let fees = r#"[{"amount":{"currency":"EUR","minor":50},"protocol":"semper-csn-a/1"}]"#;
    let fees: Tariff = serde_json::from_str(fees).unwrap();
    shown(&Hello { address: None, fees, key: key(), tls: KeyId(HASH) });
    shown(&AccountOpening { account_key: key(), currency: Currency::EUR });
}

#[test]
fn applications_for_each_certificate() {
    for certificate in ["statement", "seal", "tls"] {
        let dns = if certificate == "tls" { vec!["shop.localhost".to_owned()] } else { vec![] };
        let (certificate, name) = (certificate.to_owned(), "Otto".to_owned());
        shown(&Registration { certificate, code: HASH, dns, key: key(), name, role: Role::Seller });
    }
}
