//! A provider that believes every signature. What stands behind a signature check is then tried with
//! everything that a holder of the key could have signed.

use semper_base::{Fault, Violation};
use semper_support::crypto::{
    Crypto, EdPublic, EdSignature, Ideal, KeyPair, PublicKey, Secret32, SecretKey, Signature,
};

/// The ideal provider, but every signature is good.
#[derive(Debug)]
pub(crate) struct Gullible(Ideal);

impl Gullible {
    pub(crate) fn new() -> Self {
        Gullible(Ideal::new(0))
    }
}

impl Crypto for Gullible {
    fn random(&self, into: &mut [u8]) {
        self.0.random(into);
    }
    fn generate(&self) -> Result<KeyPair, Fault> {
        self.0.generate()
    }
    fn sign(&self, key: &SecretKey, message: &[u8]) -> Result<Signature, Fault> {
        self.0.sign(key, message)
    }
    fn verify(&self, _: &PublicKey, _: &[u8], _: &Signature) -> Result<(), Violation> {
        Ok(())
    }
    fn seal(&self, to: &PublicKey, seed: &Secret32, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, Fault> {
        self.0.seal(to, seed, plaintext, aad)
    }
    fn open(&self, key: &SecretKey, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, Violation> {
        self.0.open(key, sealed, aad)
    }
    fn ed_public(&self, seed: &Secret32) -> Result<EdPublic, Fault> {
        self.0.ed_public(seed)
    }
    fn ed_sign(&self, seed: &Secret32, message: &[u8]) -> Result<EdSignature, Fault> {
        self.0.ed_sign(seed, message)
    }
    fn ed_verify(&self, _: &EdPublic, _: &[u8], _: &EdSignature) -> Result<(), Violation> {
        Ok(())
    }
}
