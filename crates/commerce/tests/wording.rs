//! Offer, order, acceptance and pack index have a wording for each of their members, in both languages.

use std::collections::BTreeMap;

use semper_base::{Amount, Blob64, Currency, Hash, KeyId, Nonce, Role, Timestamp};
use semper_blocks::statement::{Body, Language, Meta, Signer, payload, wording};
use semper_commerce::dispute::PackIndex;
use semper_commerce::process::offer::{File, Item, Link, LinkType, Offer, Terms, Times, Withdrawal, checkout};
use semper_commerce::process::purchase::{Acceptance, Order};
use semper_commerce::process::vat::VatRate;
use semper_exchange::fair::dgp::descriptor::{Core, Third, core_bytes};
use semper_support::crypto::{Crypto, PublicKey, Secret32, Seeded};
use semper_support::tinguin::Screen;

const HASH: Hash = Hash([7; 32]);
const AT: Timestamp = Timestamp::EPOCH;

fn meta<B: Body>(language: Language) -> Meta {
    Meta {
        version: 1,
        kind: B::KIND,
        signer: Signer { role: Role::Seller, key: KeyId(HASH), certificate: Some(HASH) },
        to: vec![KeyId(HASH)],
        issued: AT,
        expires: AT,
        nonce: Nonce([7; 16]),
        language,
        wording: wording::current(B::KIND, language),
        xid: None,
        refs: vec![],
    }
}

fn shown<B: Body>(body: &B) -> [Screen; 2] {
    [Language::En, Language::De].map(|language| {
        let meta = meta::<B>(language);
        let payload = payload(&meta, body).unwrap();
        let known = wording::find(&meta.wording).unwrap();
        assert_eq!(wording::unlabelled(&payload, &known).unwrap(), [""; 0], "{} {language:?}", B::KIND);
        wording::render(&payload, language, 0).unwrap_or_else(|e| panic!("{} {language:?}: {e}", B::KIND))
    })
}

fn amount() -> Amount {
    Amount::new(18490, Currency::EUR).unwrap()
}

fn key() -> PublicKey {
    Seeded::new([7; 32]).generate().unwrap().public
}

fn third() -> Third {
    Third { key: key(), certificate: HASH }
}

fn offer() -> Offer {
    let meta = meta::<Offer>(Language::En);
    let item = Item { id: "sku-1".into(), price: 18490, title: "Field recordings".into() };
    let terms = Terms {
        bank: third(),
        file: File {
            chunk: 65536,
            length: 1 << 20,
            media_type: "audio/flac".into(),
            name: "birds.flac".into(),
            plain_root: HASH,
        },
        notary: third(),
        notary_seal: key(),
        seal_key: key(),
        times: Times::standard(),
        vat: VatRate::STANDARD,
        withdrawal: Withdrawal::EndsWithDelivery,
    };
    let link = Link { r#type: LinkType::TermsOfService, url: "http://shop.localhost/terms".into() };
    Offer { links: vec![link], ..checkout(&meta, item, Currency::EUR, terms) }
}

#[test]
fn an_offer() {
    let [english, german] = shown(&offer());
    assert_eq!(english.confirm, "Offer for 184.90 EUR");
    assert_eq!(german.intent, "Sie bieten die unten genannte Ware für 184.90 EUR an.");
    let value =
        |screen: &Screen, label: &str| screen.lines.iter().find(|line| line.label == label).unwrap().value.clone();
    assert_eq!(value(&english, "Sum 2, VAT"), "29.52 EUR");
    assert_eq!(value(&english, "VAT included, rate in percent"), "19");
    assert_eq!(value(&german, "Einspruchsfrist nach dem Einzug"), "7 Tage");
}

#[test]
fn an_order() {
    let sealed_share = Blob64(vec![1; 145]);
    let order =
        Order { amount: amount(), com_s: HASH, deal_key: key(), goods: "Field recordings".into(), sealed_share };
    let [english, german] = shown(&order);
    assert_eq!(english.intent, "You order “Field recordings” with obligation to pay 184.90 EUR.");
    assert_eq!(english.confirm, "Order with obligation to pay 184.90 EUR");
    assert_eq!(german.confirm, "Zahlungspflichtig bestellen: 184.90 EUR");
}

#[test]
fn an_acceptance_with_all_of_x() {
    let core = Core {
        amount: amount(),
        bank: third(),
        buyer: key(),
        chunk: 65536,
        cipher_root: HASH,
        com_k: HASH,
        com_s: HASH,
        deadlines: Times::standard().from(AT),
        leaves: 16,
        length: 1 << 20,
        nonce: Nonce([7; 16]),
        notary: third(),
        notary_seal: key(),
        opened: AT,
        payee: HASH,
        plain: HASH,
        private: HASH,
        protocol: "dg-p/1".into(),
        seller: key(),
    };
    let core = String::from_utf8(core_bytes(&core).unwrap()).unwrap();
    let descriptor = Blob64(format!("{{\"core\":{core},\"escrow\":\"{HASH}\"}}").into_bytes());
    let [english, german] =
        shown(&Acceptance { amount: amount(), descriptor, private_salt: Secret32::from_bytes([1; 32]) });
    assert_eq!(english.confirm, "Accept the order for 184.90 EUR");
    for (screen, label) in [(english, "The hold ends on"), (german, "Die Vormerkung endet am")] {
        assert!(screen.lines.iter().any(|line| line.label == label && line.value == "1970-01-02 00:00:00 UTC"));
    }
}

#[test]
fn an_index() {
    let files =
        BTreeMap::from([("certs/seller-1.pem".to_owned(), HASH), ("statements/001-offer.jws".to_owned(), HASH)]);
    shown(&PackIndex { absent: vec!["tst/".into()], files, layout: 1 });
}
