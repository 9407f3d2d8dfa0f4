//! What `Debug` shows of keys and of what holds keys: no byte of them, in no form.

use std::fmt::Debug;

use semper_base::{Blob64, Hash, KeyId, Timestamp, hash};
use semper_blocks::delivery::{ContentKey, EscrowDefence, KeyOpening, Layout, ShareOpening};
use semper_crypto_aws_lc::AwsLc;
use semper_exchange::fair::dgp::Content;
use semper_exchange::fair::dgp::descriptor::RootOpening;
use semper_exchange::fair::dgp::seller::Secrets;
use semper_exchange::fair::dgp::statements::EscrowBox;
use semper_node::tls::Identity;
use semper_support::Context;
use semper_support::crypto::keyring::MasterRecord;
use semper_support::crypto::{Crypto as _, KeyPair, Keyring, PublicKey, Secret32, SecretKey};

use crate::NOBODY;
use crate::hunt::{Hunt, Secret};

/// A secret that is the same in everything below, and looked for in all that is shown.
const RAW: [u8; 32] = [
    0x1f, 0xe2, 0x35, 0xc4, 0x59, 0xa6, 0x7b, 0x88, 0x9d, 0x6a, 0xb3, 0x4c, 0xd5, 0x2e, 0xf7, 0x10, 0x21, 0xd2, 0x43,
    0xb4, 0x65, 0x96, 0x87, 0x78, 0xa9, 0x5a, 0xcb, 0x3c, 0xed, 0x1e, 0x0f, 0xf0,
];
const PHRASE: &str = "periwinkle-scaffold-1742";

fn shown(thing: &dyn Debug) -> String {
    format!("{thing:?} {thing:#?} {:?}", Some(vec![thing]))
}

#[test]
fn debug_shows_no_secret() {
    let crypto = AwsLc::new();
    let (secret, other) = (|| Secret32::from_bytes(RAW), || SecretKey::from_bytes(RAW));
    // A signature makes the provider keep the key.
    crypto.sign(&other(), b"message").unwrap();
    let public: PublicKey = crypto.generate().unwrap().public;
    let pair = || KeyPair { secret: other(), public: public.clone() };
    let (keyring, record): (Keyring, MasterRecord) = Keyring::create(PHRASE, &crypto).unwrap();
    let known = Keyring::for_simulation(RAW);
    let key = KeyOpening { k: secret(), r: secret() };
    let layout = Layout::new(10, 10).unwrap();
    let secrets = Secrets {
        account: "P-ACCOUNT".to_owned(),
        escrow: EscrowBox(Blob64(vec![1; 20])),
        seed: secret(),
        key: key.clone(),
        salt: secret(),
    };
    let things: Vec<Box<dyn Debug + '_>> = vec![
        Box::new(secret()),
        Box::new(other()),
        Box::new(pair()),
        Box::new(Identity { pair: pair(), chain: vec![vec![1, 2, 3]] }),
        Box::new(Context { now: Timestamp::EPOCH, crypto: &crypto, keyring: &known }),
        Box::new((&keyring, &record, &crypto)),
        Box::new(ContentKey::derive(&secret(), &secret(), &layout, &Hash::of(b"R"))),
        Box::new(ShareOpening { s: secret(), r_s: secret() }),
        Box::new(EscrowDefence { seed: secret(), key: key.clone() }),
        Box::new(RootOpening { root: Hash::of(b"R"), salt: secret() }),
        Box::new(Content::Key { opening: key }),
        Box::new(secrets),
        Box::new(known.wrap("label", &RAW, &crypto).unwrap()),
        Box::new(known.wrap_key(&pair(), &crypto).unwrap()),
        Box::new(known.unwrap_key(KeyId(Hash::of(b"none")), b"none")),
    ];
    let hunt = Hunt::new(vec![Secret::new(NOBODY, "raw", &RAW), Secret::new(NOBODY, "phrase", PHRASE.as_bytes())]);
    for (number, thing) in things.iter().enumerate() {
        let shown = shown(&**thing);
        assert!(hunt.deep(shown.as_bytes()).is_empty(), "{number}: {shown}");
    }
    // It would be found in a type that shows what it has, derived or as text.
    for shown in [shown(&RAW), shown(&semper_base::bytes::encode(&RAW)), shown(&hash::hex(&RAW))] {
        assert_eq!(hunt.deep(shown.as_bytes()).len(), 1, "{shown}");
    }
}
