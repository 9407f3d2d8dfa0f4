//! aws-lc against the suite, against the pure-Rust P-256, against openssl, and its price.

use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use semper_base::Code;
use semper_crypto_aws_lc::AwsLc;
use semper_support::crypto::{Crypto, Secret32, SecretKey, Seeded};

#[test]
fn conforms() {
    semper_conformance::crypto::suite(&AwsLc::new(), true);
}

#[test]
fn a_key_signs_the_same_read_or_kept() {
    let crypto = AwsLc::new();
    let pair = crypto.generate().unwrap();
    for _ in 0..3 {
        let fresh = AwsLc::new();
        for _ in 0..2 {
            let signature = fresh.sign(&pair.secret, b"message").unwrap();
            crypto.verify(&pair.public, b"message", &signature).unwrap();
        }
    }
}

#[test]
fn threads_share_a_provider() {
    let crypto = AwsLc::new();
    let pair = crypto.generate().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..50_u32 {
                    let message = round.to_be_bytes();
                    let own = crypto.generate().unwrap();
                    for pair in [&pair, &own] {
                        let signature = crypto.sign(&pair.secret, &message).unwrap();
                        crypto.verify(&pair.public, &message, &signature).unwrap();
                    }
                }
            });
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Two implementations of ES256, each over the other's signatures, right and altered.
    #[test]
    fn each_verifies_the_other(seed: [u8; 32], message: Vec<u8>, at in 0..64_usize, bit in 0..8_u32) {
        let providers: [Box<dyn Crypto>; 2] = [Box::new(AwsLc::new()), Box::new(Seeded::new(seed))];
        for maker in &providers {
            let pair = maker.generate().unwrap();
            for signer in &providers {
                let signature = signer.sign(&pair.secret, &message).unwrap();
                let mut altered = signature;
                altered.0[at] ^= 1 << bit;
                let code = |crypto: &dyn Crypto| crypto.verify(&pair.public, &message, &altered).unwrap_err().code();
                prop_assert_eq!(code(&*providers[0]), code(&*providers[1]));
                for verifier in &providers {
                    prop_assert!(verifier.verify(&pair.public, &message, &signature).is_ok());
                }
            }
        }
    }

    /// Both agree on which scalars are keys, and on the boxes that these open.
    #[test]
    fn both_read_the_same_scalars(scalar: [u8; 32], high in 0..4_u8) {
        let mut scalar = scalar;
        if high == 0 {
            scalar[..8].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
            scalar[8..16].copy_from_slice(&[0xff; 8]);
        }
        let key = SecretKey::from_bytes(scalar);
        let (one, two) = (AwsLc::new().sign(&key, b"m"), Seeded::new([0; 32]).sign(&key, b"m"));
        prop_assert_eq!(one.map_err(|e| e.code()).err(), two.map_err(|e| e.code()).err());
    }
}

#[test]
fn boxes_pass_between_providers() {
    let (one, two) = (AwsLc::new(), Seeded::new([4; 32]));
    let pair = one.generate().unwrap();
    let seed = Secret32::from_bytes([9; 32]);
    let sealed = two.seal(&pair.public, &seed, b"plain", b"aad").unwrap();
    assert_eq!(one.seal(&pair.public, &seed, b"plain", b"aad").unwrap(), sealed);
    assert_eq!(one.open(&pair.secret, &sealed, b"aad").unwrap(), b"plain");
}

/// Anyone can check our signatures with what is on most machines: SPKI for the key, DER for the
/// signature. Passes without a look where there is no openssl.
#[test]
fn openssl_verifies() {
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
        return;
    }
    let crypto = AwsLc::new();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("openssl-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for round in 0..12_u8 {
        let pair = crypto.generate().unwrap();
        let signature = crypto.sign(&pair.secret, &[round]).unwrap();
        std::fs::write(folder.join("key.der"), pair.public.spki()).unwrap();
        std::fs::write(folder.join("signature.der"), signature.to_der()).unwrap();
        assert!(openssl(&folder, &[round]), "verifies");
        assert!(!openssl(&folder, &[round + 1]), "another message does not");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Whether `openssl dgst` accepts the signature in this folder over `message`.
fn openssl(folder: &Path, message: &[u8]) -> bool {
    let arguments =
        ["dgst", "-sha256", "-keyform", "DER", "-verify", "key.der", "-signature", "signature.der", "message"];
    let mut command = Command::new("openssl");
    command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    std::fs::write(folder.join("message"), message).is_ok() && command.status().is_ok_and(|status| status.success())
}

#[test]
fn refusals_of_keys_have_their_code() {
    let key = SecretKey::from_bytes([0; 32]);
    assert_eq!(AwsLc::new().sign(&key, b"").unwrap_err().code(), Code::Crypto);
}

/// Timing is for people: `cargo test --release -p semper-crypto-aws-lc -- --ignored --nocapture`.
mod cost {
    use std::hint::black_box;
    use std::time::Instant;

    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

    use super::*;

    const ROUNDS: u32 = 10_000;

    fn microseconds<T>(mut work: impl FnMut() -> T) -> f64 {
        for _ in 0..ROUNDS / 10 {
            black_box(work());
        }
        let start = Instant::now();
        for _ in 0..ROUNDS {
            black_box(work());
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
    }

    #[test]
    #[ignore = "measures; run it by hand in a release build"]
    fn of_each_operation() {
        let crypto = AwsLc::new();
        let pair = crypto.generate().unwrap();
        let bare = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let dice = SystemRandom::new();
        eprintln!("bare library, sign: {:.1} us", microseconds(|| bare.sign(&dice, b"message").unwrap()));
        eprintln!("sign:               {:.1} us", microseconds(|| crypto.sign(&pair.secret, b"message").unwrap()));
        eprintln!("sign, key not kept: {:.1} us", microseconds(|| AwsLc::new().sign(&pair.secret, b"m").unwrap()));
        let signature = crypto.sign(&pair.secret, b"message").unwrap();
        eprintln!("verify:             {:.1} us", microseconds(|| crypto.verify(&pair.public, b"message", &signature)));
        eprintln!("generate:           {:.1} us", microseconds(|| crypto.generate().unwrap()));
        let seed = Secret32::from_bytes([1; 32]);
        let sealed = crypto.seal(&pair.public, &seed, &[0; 64], b"").unwrap();
        eprintln!("seal 64 bytes:      {:.1} us", microseconds(|| crypto.seal(&pair.public, &seed, &[0; 64], b"")));
        eprintln!("open 64 bytes:      {:.1} us", microseconds(|| crypto.open(&pair.secret, &sealed, b"")));
    }
}
