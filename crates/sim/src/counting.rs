//! A provider that counts what it is asked to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use semper_base::{Fault, Violation};
use semper_support::crypto::{Crypto, EdPublic, EdSignature, KeyPair, PublicKey, Secret32, SecretKey, Signature};

/// How often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Signatures made.
    pub signed: u64,
    /// Signatures verified.
    pub verified: u64,
    /// Key pairs drawn.
    pub generated: u64,
    /// Boxes sealed.
    pub sealed: u64,
    /// Boxes opened.
    pub opened: u64,
}

impl Counts {
    /// What was added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Counts) -> Counts {
        Counts {
            signed: self.signed.saturating_sub(earlier.signed),
            verified: self.verified.saturating_sub(earlier.verified),
            generated: self.generated.saturating_sub(earlier.generated),
            sealed: self.sealed.saturating_sub(earlier.sealed),
            opened: self.opened.saturating_sub(earlier.opened),
        }
    }
}

/// Counts and hands on.
#[derive(Debug)]
pub struct Counting {
    inner: Arc<dyn Crypto>,
    signed: AtomicU64,
    verified: AtomicU64,
    generated: AtomicU64,
    sealed: AtomicU64,
    opened: AtomicU64,
}

impl Counting {
    /// Around another provider.
    #[must_use]
    pub fn new(inner: Arc<dyn Crypto>) -> Self {
        let zero = || AtomicU64::new(0);
        Counting { inner, signed: zero(), verified: zero(), generated: zero(), sealed: zero(), opened: zero() }
    }

    /// What was counted so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            signed: of(&self.signed),
            verified: of(&self.verified),
            generated: of(&self.generated),
            sealed: of(&self.sealed),
            opened: of(&self.opened),
        }
    }
}

fn one(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

impl Crypto for Counting {
    fn random(&self, into: &mut [u8]) {
        self.inner.random(into);
    }

    fn generate(&self) -> Result<KeyPair, Fault> {
        one(&self.generated);
        self.inner.generate()
    }

    fn sign(&self, key: &SecretKey, message: &[u8]) -> Result<Signature, Fault> {
        one(&self.signed);
        self.inner.sign(key, message)
    }

    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), Violation> {
        one(&self.verified);
        self.inner.verify(key, message, signature)
    }

    fn seal(&self, to: &PublicKey, seed: &Secret32, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, Fault> {
        one(&self.sealed);
        self.inner.seal(to, seed, plaintext, aad)
    }

    fn open(&self, key: &SecretKey, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, Violation> {
        one(&self.opened);
        self.inner.open(key, sealed, aad)
    }

    fn check_key(&self, key: &PublicKey) -> Result<(), Violation> {
        self.inner.check_key(key)
    }

    fn ed_public(&self, seed: &Secret32) -> Result<EdPublic, Fault> {
        self.inner.ed_public(seed)
    }

    fn ed_sign(&self, seed: &Secret32, message: &[u8]) -> Result<EdSignature, Fault> {
        one(&self.signed);
        self.inner.ed_sign(seed, message)
    }

    fn ed_verify(&self, key: &EdPublic, message: &[u8], signature: &EdSignature) -> Result<(), Violation> {
        one(&self.verified);
        self.inner.ed_verify(key, message, signature)
    }
}
