//! The provider of simulations: real P-256, but signatures, keys and dice are functions of a seed,
//! so that a run replays byte for byte. Never for production: who knows the seed knows every key.

use std::sync::atomic::{AtomicU64, Ordering};

use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature as EcdsaSignature, SigningKey, VerifyingKey};
use semper_base::{Code, Fault, Hash, Violation};

use super::{Crypto, EdPublic, EdSignature, KeyPair, PublicKey, Secret32, SecretKey, Signature, seal};

/// Draws after which [`Seeded::generate`] gives up. One draw misses with a chance of about 2^-32.
const DRAWS_MAX: usize = 8;

/// P-256 with deterministic signatures (RFC 6979) and a stream of bytes that follows from a seed.
pub struct Seeded {
    seed: Secret32,
    drawn: AtomicU64,
}

impl Seeded {
    /// A provider at the start of this seed's stream.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Seeded { seed: Secret32::from_bytes(seed), drawn: AtomicU64::new(0) }
    }
}

impl std::fmt::Debug for Seeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seeded")
    }
}

impl Crypto for Seeded {
    /// Hashes of the seed and a counter. The counter moves by whole blocks of 32 bytes, so a draw
    /// never continues the block of the one before.
    fn random(&self, into: &mut [u8]) {
        for block in into.chunks_mut(32) {
            let count = self.drawn.fetch_add(1, Ordering::Relaxed);
            let parts: [&[u8]; 2] = [self.seed.danger_bytes(), &count.to_be_bytes()];
            let hash = Hash::tagged_parts("semper-seeded-stream/1", &parts);
            for (byte, drawn) in block.iter_mut().zip(hash.0) {
                *byte = drawn;
            }
        }
    }

    fn generate(&self) -> Result<KeyPair, Fault> {
        for _ in 0..DRAWS_MAX {
            let mut scalar = [0_u8; 32];
            self.random(&mut scalar);
            if let Ok(key) = SigningKey::from_slice(&scalar) {
                let point = key.verifying_key().to_sec1_point(false);
                let public = PublicKey::from_point(point.as_bytes()).map_err(|_| fault("generate"))?;
                return Ok(KeyPair { secret: SecretKey::from_bytes(scalar), public });
            }
        }
        Err(fault("generate"))
    }

    fn sign(&self, key: &SecretKey, message: &[u8]) -> Result<Signature, Fault> {
        let key = SigningKey::from_slice(key.danger_bytes()).map_err(|_| fault("the secret key is out of range"))?;
        let signature: EcdsaSignature = key.try_sign(message).map_err(|_| fault("sign"))?;
        Ok(Signature(signature.to_bytes().into()).to_low_s())
    }

    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), Violation> {
        let key = VerifyingKey::from_sec1_bytes(key.point()).map_err(|_| Violation::new(Code::KeyMalformed, ""))?;
        let wrong = || Violation::new(Code::SignatureWrong, "");
        let form = EcdsaSignature::from_slice(&signature.to_low_s().0).map_err(|_| wrong())?;
        key.verify(message, &form).map_err(|_| wrong())?;
        if !signature.is_low_s() {
            return Err(Violation::new(Code::SignatureMalleable, ""));
        }
        Ok(())
    }

    fn seal(&self, to: &PublicKey, seed: &Secret32, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, Fault> {
        seal::seal(to, seed, plaintext, aad)
    }

    fn open(&self, key: &SecretKey, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, Violation> {
        seal::open(key, sealed, aad)
    }

    fn ed_public(&self, seed: &Secret32) -> Result<EdPublic, Fault> {
        Ok(EdPublic(ed25519_dalek::SigningKey::from_bytes(seed.danger_bytes()).verifying_key().to_bytes()))
    }

    fn ed_sign(&self, seed: &Secret32, message: &[u8]) -> Result<EdSignature, Fault> {
        let key = ed25519_dalek::SigningKey::from_bytes(seed.danger_bytes());
        let signature = ed25519_dalek::Signer::try_sign(&key, message).map_err(|_| fault("sign"))?;
        Ok(EdSignature(signature.to_bytes()))
    }

    fn ed_verify(&self, key: &EdPublic, message: &[u8], signature: &EdSignature) -> Result<(), Violation> {
        let wrong = || Violation::new(Code::SignatureWrong, "");
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key.0).map_err(|_| wrong())?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        ed25519_dalek::Verifier::verify(&key, message, &signature).map_err(|_| wrong())
    }
}

fn fault(what: &str) -> Fault {
    Fault::new(Code::Crypto, what)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::unhex;
    use super::*;

    proptest! {
        /// The DER form against the one that the p256 crate writes, leading zeros and sign bits included.
        #[test]
        fn der_is_minimal(r: [u8; 32], s: [u8; 32], zeros in (0..32_usize, 0..32_usize)) {
            let (mut r, mut s) = (r, s);
            r[..zeros.0].fill(0);
            s[..zeros.1].fill(0);
            let signature = Signature([r, s].concat().try_into().unwrap());
            if let Ok(form) = EcdsaSignature::from_slice(&signature.0) {
                let due = form.to_der();
                prop_assert_eq!(signature.to_der(), due.as_bytes());
            }
        }
    }

    /// RFC 6979 section A.2.5, SHA-256; `s` of the first is in the upper half there.
    #[test]
    fn published_vectors() {
        let scalar = unhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
        let key = SecretKey::from_bytes(scalar.try_into().unwrap());
        let public = PublicKey::from_point(&unhex(
            "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
             7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
        ));
        let vectors = [
            (
                "sample",
                "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
                 f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
            ),
            (
                "test",
                "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367\
                 019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
            ),
        ];
        let crypto = Seeded::new([0; 32]);
        for (message, due) in vectors {
            let due = Signature(unhex(due).try_into().unwrap()).to_low_s();
            assert_eq!(crypto.sign(&key, message.as_bytes()).unwrap(), due);
            crypto.verify(public.as_ref().unwrap(), message.as_bytes(), &due).unwrap();
        }
    }

    #[test]
    fn a_seed_fixes_the_stream_and_the_keys() {
        let run = |seed: u8| {
            let crypto = Seeded::new([seed; 32]);
            let mut bytes = [0_u8; 45];
            crypto.random(&mut bytes);
            (bytes, crypto.generate().unwrap().public)
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1).0, run(2).0);
        assert_ne!(run(1).1, run(2).1);
    }
}
