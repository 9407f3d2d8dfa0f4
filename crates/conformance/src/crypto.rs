//! What every crypto provider must do, whatever it is made of.
//!
//! The suite asserts: run it from a test, with a fresh provider. `real` says that the provider does
//! P-256 and HPKE; it then has to agree with published values as well.

#![expect(clippy::expect_used, reason = "a suite fails by panicking in the test that runs it")]

use semper_base::hash::hex;
use semper_base::{Code, Hash, KeyId};
use semper_support::crypto::seal::{SEAL_OVERHEAD_BYTES, SEAL_PLAINTEXT_BYTES_MAX};
use semper_support::crypto::{
    Crypto, EdPublic, EdSignature, KeyPair, Keyring, PublicKey, Secret32, SecretKey, Signature, random_secret,
};

/// Runs everything.
pub fn suite(crypto: &dyn Crypto, real: bool) {
    signatures(crypto);
    altered_signatures(crypto);
    high_s(crypto);
    wrong_keys(crypto);
    boxes(crypto);
    altered_boxes(crypto);
    box_bounds(crypto);
    dice(crypto);
    secrecy(crypto);
    key_store(crypto);
    notes(crypto);
    if real {
        published_notes(crypto);
        published_signature(crypto);
        fixed_box(crypto);
        scalars_out_of_range(crypto);
    }
}

/// Messages of several lengths, block edges of SHA-256 among them.
fn messages() -> Vec<Vec<u8>> {
    [0, 1, 55, 56, 63, 64, 65, 1000, 65_536].iter().map(|length| vec![0x5a; *length]).collect()
}

fn signatures(crypto: &dyn Crypto) {
    let pair = generate(crypto);
    for message in messages() {
        for _ in 0..8 {
            let signature = sign(crypto, &pair, &message);
            assert!(signature.is_low_s(), "a signature that was made is low-S");
            crypto.verify(&pair.public, &message, &signature).expect("what was signed verifies");
        }
    }
    let again = SecretKey::from_bytes(*pair.secret.danger_bytes());
    let signature = crypto.sign(&again, b"message").expect("a key that comes back from disk signs");
    crypto.verify(&pair.public, b"message", &signature).expect("and with the same public key");
    let public = PublicKey::from_spki(pair.public.spki()).expect("the public key reads back");
    assert_eq!(public, pair.public);
    assert_eq!(PublicKey::from_point(pair.public.point()).expect("so does its point"), pair.public);
}

fn altered_signatures(crypto: &dyn Crypto) {
    let (pair, other) = (generate(crypto), generate(crypto));
    let signature = sign(crypto, &pair, b"message");
    let refused = |key: &PublicKey, message: &[u8], signature: &Signature, why: &str| {
        let violation = crypto.verify(key, message, signature).expect_err(why);
        assert!(matches!(violation.code(), Code::SignatureWrong | Code::SignatureMalleable), "{why}");
    };
    refused(&pair.public, b"messagf", &signature, "another message");
    refused(&pair.public, b"", &signature, "no message");
    refused(&pair.public, b"message\0", &signature, "a longer message");
    refused(&other.public, b"message", &signature, "another key");
    for at in 0..64 {
        for bit in [0, 3, 7] {
            refused(&pair.public, b"message", &Signature(flipped(signature.0, at, bit)), "an altered signature");
        }
    }
    for constant in [0x00, 0x01, 0x7f, 0xff] {
        refused(&pair.public, b"message", &Signature([constant; 64]), "a constant");
    }
}

fn high_s(crypto: &dyn Crypto) {
    let pair = generate(crypto);
    for _ in 0..8 {
        let signature = sign(crypto, &pair, b"message");
        let twin = Signature(semper_support::crypto::seal::negate_s(signature.0));
        assert!(!twin.is_low_s());
        assert_eq!(twin.to_low_s(), signature);
        let violation = crypto.verify(&pair.public, b"message", &twin).expect_err("the twin is refused");
        assert_eq!(violation.code(), Code::SignatureMalleable);
        let violation = crypto.verify(&pair.public, b"other", &twin).expect_err("no twin of any signature");
        assert_eq!(violation.code(), Code::SignatureWrong);
    }
}

/// Keys of the right shape that are no keys: typed refusals, no panic.
fn wrong_keys(crypto: &dyn Crypto) {
    let pair = generate(crypto);
    let signature = sign(crypto, &pair, b"message");
    let mut off_curve = pair.public.point().to_vec();
    if let Some(last) = off_curve.last_mut() {
        *last ^= 1;
    }
    for point in [off_curve, [[4].as_slice(), &[0xff; 32], &[0xfe; 32]].concat()] {
        let key = PublicKey::from_point(&point).expect("the shape is right");
        let violation = crypto.verify(&key, b"message", &signature).expect_err("no such point");
        assert_eq!(violation.code(), Code::KeyMalformed);
        let fault = crypto.seal(&key, &Secret32::from_bytes([1; 32]), b"", b"").expect_err("no such point");
        assert_eq!(fault.code(), Code::Crypto);
    }
}

fn boxes(crypto: &dyn Crypto) {
    let pair = generate(crypto);
    for plaintext in messages() {
        for aad in [b"".as_slice(), b"context"] {
            let seed = random_secret(crypto);
            let sealed = crypto.seal(&pair.public, &seed, &plaintext, aad).expect("seals");
            assert_eq!(sealed.len(), plaintext.len() + SEAL_OVERHEAD_BYTES);
            assert_eq!(crypto.open(&pair.secret, &sealed, aad).expect("opens"), plaintext);
            let again = crypto.seal(&pair.public, &seed, &plaintext, aad).expect("seals");
            assert_eq!(again, sealed, "one seed, one box");
        }
    }
}

fn altered_boxes(crypto: &dyn Crypto) {
    let (pair, other) = (generate(crypto), generate(crypto));
    let seal = |seed: u8, plaintext: &[u8], aad: &[u8]| {
        crypto.seal(&pair.public, &Secret32::from_bytes([seed; 32]), plaintext, aad).expect("seals")
    };
    let sealed = seal(1, b"plain", b"context");
    assert_ne!(seal(2, b"plain", b"context"), sealed, "another seed");
    assert_ne!(seal(1, b"plaim", b"context"), sealed, "another content");
    assert_ne!(seal(1, b"plain", b"contexu"), sealed, "another context");
    let refused = |key: &SecretKey, sealed: &[u8], aad: &[u8], why: &str| {
        assert_eq!(crypto.open(key, sealed, aad).expect_err(why).code(), Code::SealWrong, "{why}");
    };
    refused(&pair.secret, &sealed, b"contexu", "another context");
    refused(&pair.secret, &sealed, b"", "no context");
    refused(&other.secret, &sealed, b"context", "another key");
    for at in 0..sealed.len() {
        refused(&pair.secret, sealed.get(..at).unwrap_or(&[]), b"context", "cut off");
        let mut altered = sealed.clone();
        if let Some(byte) = altered.get_mut(at) {
            *byte ^= 0x04;
        }
        refused(&pair.secret, &altered, b"context", "an altered byte");
    }
    refused(&pair.secret, &[sealed.as_slice(), &[0]].concat(), b"context", "a longer box");
}

/// Ed25519, which signs the notes of logs.
fn notes(crypto: &dyn Crypto) {
    let (seed, other) = (random_secret(crypto), random_secret(crypto));
    let key = crypto.ed_public(&seed).expect("a seed has a key");
    let other = crypto.ed_public(&other).expect("a seed has a key");
    assert_ne!(key, other);
    for message in messages() {
        let signature = crypto.ed_sign(&seed, &message).expect("signs");
        assert_eq!(signature, crypto.ed_sign(&seed, &message).expect("signs"), "one signature per key and message");
        crypto.ed_verify(&key, &message, &signature).expect("what was signed verifies");
    }
    let signature = crypto.ed_sign(&seed, b"message").expect("signs");
    let refused = |key: &EdPublic, message: &[u8], signature: &EdSignature, why: &str| {
        let violation = crypto.ed_verify(key, message, signature).expect_err(why);
        assert_eq!(violation.code(), Code::SignatureWrong, "{why}");
    };
    refused(&key, b"messagf", &signature, "another message");
    refused(&other, b"message", &signature, "another key");
    refused(&EdPublic([0xff; 32]), b"message", &signature, "no key");
    for at in 0..64 {
        refused(&key, b"message", &EdSignature(flipped(signature.0, at, 0)), "an altered signature");
        refused(&key, b"message", &EdSignature(flipped(signature.0, at, 7)), "an altered signature");
    }
    for constant in [0x00, 0x01, 0x7f, 0xff] {
        refused(&key, b"message", &EdSignature([constant; 64]), "a constant");
    }
}

/// RFC 8032 section 7.1, tests 1 and 3, and the first with the order added to s.
fn published_notes(crypto: &dyn Crypto) {
    let cases = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            b"".as_slice(),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            &[0xaf, 0x82],
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ];
    for (seed, public, message, expected) in cases {
        let seed = Secret32::from_bytes(Hash::from_hex(seed).expect("hexadecimal").0);
        let key = crypto.ed_public(&seed).expect("a seed has a key");
        let signature = crypto.ed_sign(&seed, message).expect("signs");
        assert_eq!((hex(&key.0).as_str(), hex(&signature.0).as_str()), (public, expected));
        assert!(crypto.ed_verify(&key, message, &with_order_added(signature)).is_err(), "s is below the order");
    }
}

/// The same point with s + L (RFC 8032 section 5.1.7 refuses it).
fn with_order_added(signature: EdSignature) -> EdSignature {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (mut bytes, mut carry) = (signature.0, 0_u16);
    for (byte, order) in bytes.iter_mut().skip(32).zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
    EdSignature(bytes)
}

fn box_bounds(crypto: &dyn Crypto) {
    let pair = generate(crypto);
    let seed = random_secret(crypto);
    let largest = vec![7; SEAL_PLAINTEXT_BYTES_MAX];
    let sealed = crypto.seal(&pair.public, &seed, &largest, b"").expect("the largest seals");
    assert_eq!(crypto.open(&pair.secret, &sealed, b"").expect("the largest opens"), largest);
    let beyond = vec![7; SEAL_PLAINTEXT_BYTES_MAX + 1];
    let fault = crypto.seal(&pair.public, &seed, &beyond, b"").expect_err("too large to seal");
    assert_eq!(fault.code(), Code::TooLarge);
    let beyond = vec![7; sealed.len() + 1];
    let violation = crypto.open(&pair.secret, &beyond, b"").expect_err("too large to open");
    assert_eq!(violation.code(), Code::TooLarge);
}

fn dice(crypto: &dyn Crypto) {
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..64 {
        let mut drawn = [0_u8; 32];
        crypto.random(&mut drawn);
        assert!(seen.insert(drawn), "no draw comes twice");
        assert!(seen.insert(*generate(crypto).secret.danger_bytes()), "no key comes twice");
    }
    for length in [0, 1, 31, 33, 64, 100] {
        let mut ever = vec![0_u8; length];
        for _ in 0..16 {
            let mut drawn = vec![0_u8; length];
            crypto.random(&mut drawn);
            ever.iter_mut().zip(drawn).for_each(|(ever, byte)| *ever |= byte);
        }
        assert!(ever.iter().all(|byte| *byte != 0), "every byte of {length} is filled");
    }
}

/// Nothing that is printed for debugging holds a secret, in any of the usual spellings.
fn secrecy(crypto: &dyn Crypto) {
    let pair = generate(crypto);
    let seed = random_secret(crypto);
    let signature = sign(crypto, &pair, b"message");
    let printed = format!("{crypto:?} {pair:?} {:?} {seed:?} {signature:?}", pair.secret);
    for secret in [pair.secret.danger_bytes(), seed.danger_bytes()] {
        let head: Vec<u8> = secret.iter().copied().take(8).collect();
        let decimals = format!("{head:?}");
        for spelling in [hex(&head), hex(&head).to_uppercase(), decimals.trim_matches(['[', ']']).to_owned()] {
            assert!(!printed.contains(&spelling), "a secret is printed");
        }
        let encoded = semper_base::bytes::encode(secret);
        assert!(!printed.contains(encoded.get(..8).unwrap_or(&encoded)), "a secret is printed");
    }
}

/// The key store works over this provider's dice and keys.
fn key_store(crypto: &dyn Crypto) {
    let (keyring, record) = Keyring::create("a phrase of some length", crypto).expect("creates");
    let pair = generate(crypto);
    let wrapped = keyring.wrap_key(&pair, crypto).expect("wraps");
    assert_ne!(keyring.wrap_key(&pair, crypto).expect("wraps"), wrapped, "no nonce comes twice");
    let unlocked = Keyring::unlock(&record, "a phrase of some length").expect("unlocks");
    let back = unlocked.unwrap_key(pair.public.id(), &wrapped).expect("unwraps");
    let signature = crypto.sign(&back.secret, b"message").expect("signs");
    crypto.verify(&pair.public, b"message", &signature).expect("the key is the same");
    let wrong = Keyring::unlock(&record, "a phrase of some lenght").expect_err("another phrase");
    assert_eq!(wrong.code(), Code::PassphraseWrong);
    let stranger = KeyId(Hash::of(b"stranger"));
    assert_eq!(unlocked.unwrap_key(stranger, &wrapped).expect_err("another id").code(), Code::DatabaseCorrupt);
}

/// RFC 6979 section A.2.5, message "sample" with SHA-256: the published signature is high-S.
fn published_signature(crypto: &dyn Crypto) {
    let (secret, public) = published_pair();
    let published = Signature(concat(
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    ));
    let violation = crypto.verify(&public, b"sample", &published).expect_err("high-S");
    assert_eq!(violation.code(), Code::SignatureMalleable);
    crypto.verify(&public, b"sample", &published.to_low_s()).expect("the published signature verifies");
    let own = crypto.sign(&secret, b"sample").expect("signs with the published key");
    crypto.verify(&public, b"sample", &own).expect("which has the published public half");
}

/// A box of [`semper_support::crypto::seal`]'s suite that another implementation made (pyhpke 0.6.5).
fn fixed_box(crypto: &dyn Crypto) {
    let (secret, public) = published_pair();
    let mut seed = [0_u8; 32];
    seed.iter_mut().zip(0..).for_each(|(byte, value)| *byte = value);
    let due = "04cfb264d85c7eb276cf60773c461d722e25b64bf345d077c1a8b10c05b8decb45\
               b7ad849cce5e9660102f3f368afd22fe797caf6c3a9cbcbe7657b27bbcddfdb1\
               e1628cfe0ce871190e41cef61ed43964bba626613ac7767f986f71aa3976a542e123";
    let sealed =
        crypto.seal(&public, &Secret32::from_bytes(seed), b"the sealed content", b"the context").expect("seals");
    assert_eq!(hex(&sealed), due);
    assert_eq!(crypto.open(&secret, &sealed, b"the context").expect("opens"), b"the sealed content");
}

/// Zero, the group's order and what lies beyond are no private keys.
fn scalars_out_of_range(crypto: &dyn Crypto) {
    let (_, public) = published_pair();
    let sealed = crypto.seal(&public, &Secret32::from_bytes([1; 32]), b"plain", b"").expect("seals");
    let order = Hash::from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").expect("hex");
    for scalar in [[0; 32], order.0, [0xff; 32]] {
        let key = SecretKey::from_bytes(scalar);
        assert_eq!(crypto.sign(&key, b"message").expect_err("no private key").code(), Code::Crypto);
        assert_eq!(crypto.open(&key, &sealed, b"").expect_err("no private key").code(), Code::SealWrong);
    }
}

/// The key pair of RFC 6979 section A.2.5.
fn published_pair() -> (SecretKey, PublicKey) {
    let scalar = Hash::from_hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721").expect("hex");
    let coordinates = concat(
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
    );
    let point = [[4].as_slice(), &coordinates].concat();
    (SecretKey::from_bytes(scalar.0), PublicKey::from_point(&point).expect("a point"))
}

fn concat(first: &str, second: &str) -> [u8; 64] {
    let halves = [first, second].map(|half| Hash::from_hex(half).expect("hex").0);
    let mut whole = [0_u8; 64];
    whole.iter_mut().zip(halves.as_flattened()).for_each(|(byte, value)| *byte = *value);
    whole
}

fn flipped(mut bytes: [u8; 64], at: usize, bit: u32) -> [u8; 64] {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << bit;
    }
    bytes
}

fn generate(crypto: &dyn Crypto) -> KeyPair {
    crypto.generate().expect("generates")
}

fn sign(crypto: &dyn Crypto, pair: &KeyPair, message: &[u8]) -> Signature {
    crypto.sign(&pair.secret, message).expect("signs")
}
