//! Parties that lie. A liar runs the honest service; the lie is in what leaves it, in its provider or
//! on its disk, so that everything else about it is as it should be.

use std::sync::Arc;

use semper_base::{Fault, Violation};
use semper_support::comm::Envelope;
use semper_support::crypto::{Crypto, EdPublic, EdSignature, KeyPair, PublicKey, Secret32, SecretKey, Signature};

/// Sits between a liar and the network: may change what a message says, not its number.
pub trait Lie: std::fmt::Debug {
    /// What to send instead; none to send the message as it is. Asked again for a repetition, it must
    /// say the same.
    fn instead(&mut self, from: &str, to: &str, message: &Envelope) -> Option<(String, String)>;
}

/// Never says this: messages from `from` that contain `word` become empty words.
#[derive(Clone, Debug)]
pub struct Withhold {
    /// The liar.
    pub from: String,
    /// Only to this party, if to one only.
    pub to: Option<String>,
    /// What the withheld messages contain.
    pub word: String,
}

/// A kind of message that every party refuses.
pub const NOTHING: &str = "nothing";

impl Lie for Withhold {
    fn instead(&mut self, from: &str, to: &str, message: &Envelope) -> Option<(String, String)> {
        let meant = from == self.from && self.to.as_deref().is_none_or(|only| only == to);
        (meant && message.body.contains(&self.word)).then(|| (NOTHING.to_owned(), "{}".to_owned()))
    }
}

/// A provider whose sealed boxes hold something else than they should.
#[derive(Debug)]
pub struct BadSealer(pub Arc<dyn Crypto>);

impl Crypto for BadSealer {
    fn random(&self, into: &mut [u8]) {
        self.0.random(into);
    }
    fn generate(&self) -> Result<KeyPair, Fault> {
        self.0.generate()
    }
    fn sign(&self, key: &SecretKey, message: &[u8]) -> Result<Signature, Fault> {
        self.0.sign(key, message)
    }
    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), Violation> {
        self.0.verify(key, message, signature)
    }
    fn seal(&self, to: &PublicKey, seed: &Secret32, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, Fault> {
        let other: Vec<u8> = plaintext.iter().map(|byte| byte ^ 0x5a).collect();
        self.0.seal(to, seed, &other, aad)
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
    fn ed_verify(&self, key: &EdPublic, message: &[u8], signature: &EdSignature) -> Result<(), Violation> {
        self.0.ed_verify(key, message, signature)
    }
    fn check_key(&self, key: &PublicKey) -> Result<(), Violation> {
        self.0.check_key(key)
    }
}
