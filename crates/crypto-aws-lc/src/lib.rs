//! The production crypto provider: aws-lc signs, verifies and draws; sealed boxes come from the
//! supporting services, as for every provider.
//!
//! This crate is an adapter at the edge: the only one that sees the library, and nothing below the
//! node sees this one.

mod cache;

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::encoding::AsBigEndian as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    ParsedPublicKey, UnparsedPublicKey,
};
use semper_base::{Code, Fault, Hash, Violation};
use semper_support::crypto::{Crypto, EdPublic, EdSignature, KeyPair, PublicKey, Secret32, SecretKey, Signature, seal};
use zeroize::Zeroizing;

use crate::cache::Cache;

/// The DER of a PKCS#8 private key (RFC 5208) before the scalar: id-ecPublicKey on prime256v1, and
/// an `ECPrivateKey` (RFC 5915) without the optional public key, which the library then computes.
const PKCS8_HEAD: [u8; 35] = [
    0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
];

/// aws-lc behind the crypto manager's interface.
///
/// Reading a private key costs the library as much as signing with it, so key pairs stay read, up to
/// a bound, for as long as the provider lives. The library wipes them when they leave.
#[derive(Default)]
pub struct AwsLc {
    read: Mutex<Cache<Arc<EcdsaKeyPair>>>,
}

impl AwsLc {
    /// A provider that has read no key yet.
    #[must_use]
    pub fn new() -> Self {
        AwsLc::default()
    }

    fn cached(&self, id: Hash) -> Option<Arc<EcdsaKeyPair>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).get(id)
    }

    fn keep(&self, id: Hash, pair: &Arc<EcdsaKeyPair>) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(pair));
    }

    /// The key as the library reads it. Reading happens outside the lock; two threads that read the
    /// same key at once both get a good one.
    fn key_pair(&self, key: &SecretKey) -> Result<Arc<EcdsaKeyPair>, Fault> {
        let id = cache_id(key);
        if let Some(pair) = self.cached(id) {
            return Ok(pair);
        }
        let der = Zeroizing::new([PKCS8_HEAD.as_slice(), key.danger_bytes()].concat());
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)
            .map_err(|_| fault("the secret key is out of range"))?;
        let pair = Arc::new(pair);
        self.keep(id, &pair);
        Ok(pair)
    }
}

impl std::fmt::Debug for AwsLc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AwsLc")
    }
}

impl Crypto for AwsLc {
    /// Ends the process should the system have no random bytes to give: there is nothing that a
    /// party could safely go on to do.
    fn random(&self, into: &mut [u8]) {
        if aws_lc_rs::rand::fill(into).is_err() {
            std::process::abort();
        }
    }

    fn generate(&self) -> Result<KeyPair, Fault> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| fault("generate"))?;
        let scalar = pair.private_key().as_be_bytes().map_err(|_| fault("generate"))?;
        let scalar = <[u8; 32]>::try_from(scalar.as_ref()).map_err(|_| fault("generate"))?;
        let secret = SecretKey::from_bytes(scalar);
        let public = PublicKey::from_point(pair.public_key().as_ref()).map_err(|_| fault("generate"))?;
        self.keep(cache_id(&secret), &Arc::new(pair));
        Ok(KeyPair { secret, public })
    }

    fn sign(&self, key: &SecretKey, message: &[u8]) -> Result<Signature, Fault> {
        let pair = self.key_pair(key)?;
        let made = pair.sign(&SystemRandom::new(), message).map_err(|_| fault("sign"))?;
        let bytes = <[u8; 64]>::try_from(made.as_ref()).map_err(|_| fault("sign"))?;
        Ok(Signature(bytes).to_low_s())
    }

    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), Violation> {
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.point())
            .map_err(|_| Violation::new(Code::KeyMalformed, ""))?;
        key.verify_sig(message, &signature.0).map_err(|_| Violation::new(Code::SignatureWrong, ""))?;
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
        let pair = ed_pair(seed)?;
        Ok(EdPublic(pair.public_key().as_ref().try_into().map_err(|_| fault("Ed25519 key"))?))
    }

    fn ed_sign(&self, seed: &Secret32, message: &[u8]) -> Result<EdSignature, Fault> {
        let made = ed_pair(seed)?.try_sign(message).map_err(|_| fault("sign"))?;
        Ok(EdSignature(made.as_ref().try_into().map_err(|_| fault("sign"))?))
    }

    fn ed_verify(&self, key: &EdPublic, message: &[u8], signature: &EdSignature) -> Result<(), Violation> {
        let key = UnparsedPublicKey::new(&ED25519, key.0);
        key.verify(message, &signature.0).map_err(|_| Violation::new(Code::SignatureWrong, ""))
    }
}

fn ed_pair(seed: &Secret32) -> Result<Ed25519KeyPair, Fault> {
    Ed25519KeyPair::from_seed_unchecked(seed.danger_bytes()).map_err(|_| fault("Ed25519 key"))
}

/// Names a secret key in the cache: a hash, so that no comparison runs over the secret itself.
fn cache_id(key: &SecretKey) -> Hash {
    Hash::tagged("semper-key-cache/1", key.danger_bytes())
}

fn fault(what: &str) -> Fault {
    Fault::new(Code::Crypto, what)
}
