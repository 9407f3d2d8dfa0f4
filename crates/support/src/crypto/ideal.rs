//! The provider of models: signatures and boxes as the textbook's ideal functionality has them, at
//! the price of one or two hashes. Nothing here is secret or hard to forge; a model's adversary is
//! held to this interface, not to arithmetic.

use std::sync::atomic::{AtomicU64, Ordering};

use semper_base::{Code, Fault, Hash, Violation};

use super::{Crypto, EdPublic, EdSignature, KeyPair, PublicKey, Secret32, SecretKey, Signature, seal};

/// Bytes of the seed's mark in a box, so that a box is as long as a real one.
const SEED_MARK_BYTES: usize = seal::SEAL_OVERHEAD_BYTES - 64;

/// Keys, signatures and boxes that are hashes of what they stand for.
pub struct Ideal {
    seed: u64,
    drawn: AtomicU64,
}

impl Ideal {
    /// A provider at the start of this seed's stream.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Ideal { seed, drawn: AtomicU64::new(0) }
    }
}

impl std::fmt::Debug for Ideal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ideal")
    }
}

impl Crypto for Ideal {
    fn random(&self, into: &mut [u8]) {
        for block in into.chunks_mut(32) {
            let count = self.drawn.fetch_add(1, Ordering::Relaxed);
            let place = (u128::from(self.seed) << 64 | u128::from(count)).to_be_bytes();
            for (byte, drawn) in block.iter_mut().zip(Hash::tagged("semper-ideal-stream/1", &place).0) {
                *byte = drawn;
            }
        }
    }

    fn generate(&self) -> Result<KeyPair, Fault> {
        let mut secret = [0_u8; 32];
        self.random(&mut secret);
        let secret = SecretKey::from_bytes(secret);
        Ok(KeyPair { public: public(&secret)?, secret })
    }

    fn sign(&self, key: &SecretKey, message: &[u8]) -> Result<Signature, Fault> {
        Ok(signature(&public(key)?, message))
    }

    fn verify(&self, key: &PublicKey, message: &[u8], given: &Signature) -> Result<(), Violation> {
        check_key(key)?;
        let due = signature(key, message);
        if *given == due {
            return Ok(());
        }
        let code = if given.to_low_s() == due { Code::SignatureMalleable } else { Code::SignatureWrong };
        Err(Violation::new(code, ""))
    }

    fn seal(&self, to: &PublicKey, seed: &Secret32, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, Fault> {
        seal::check_plaintext(plaintext.len())?;
        check_key(to).map_err(|_| Fault::new(Code::Crypto, "recipient is no key of this provider"))?;
        let mark = Hash::tagged("semper-ideal-seed/1", seed.danger_bytes());
        let (mark, _) = mark.0.split_at(SEED_MARK_BYTES);
        let to = to.id();
        Ok([to.0.bytes().as_slice(), mark, check(to.0, mark, plaintext, aad).bytes(), plaintext].concat())
    }

    fn open(&self, key: &SecretKey, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, Violation> {
        seal::check_box(sealed.len())?;
        let plaintext = opened(key, sealed, aad).ok_or_else(|| Violation::new(Code::SealWrong, ""))?;
        Ok(plaintext.to_vec())
    }

    fn check_key(&self, key: &PublicKey) -> Result<(), Violation> {
        check_key(key)
    }

    fn ed_public(&self, seed: &Secret32) -> Result<EdPublic, Fault> {
        Ok(EdPublic(Hash::tagged("semper-ideal-ed-key/1", seed.danger_bytes()).0))
    }

    fn ed_sign(&self, seed: &Secret32, message: &[u8]) -> Result<EdSignature, Fault> {
        Ok(ed_signature(&self.ed_public(seed)?, message))
    }

    fn ed_verify(&self, key: &EdPublic, message: &[u8], signature: &EdSignature) -> Result<(), Violation> {
        if *signature == ed_signature(key, message) {
            return Ok(());
        }
        Err(Violation::new(Code::SignatureWrong, ""))
    }
}

/// The key, then a hash of key and message.
fn ed_signature(key: &EdPublic, message: &[u8]) -> EdSignature {
    let hash = Hash::tagged_parts("semper-ideal-ed-signature/1", &[&key.0, message]);
    let mut bytes = [0_u8; 64];
    for (byte, value) in bytes.iter_mut().zip(key.0.iter().chain(&hash.0)) {
        *byte = *value;
    }
    EdSignature(bytes)
}

/// The key in the shape of a real one: a hash of the secret for `x`, and `x` again for `y`.
fn public(secret: &SecretKey) -> Result<PublicKey, Fault> {
    let x = Hash::tagged("semper-ideal-key/1", secret.danger_bytes());
    PublicKey::from_point(&[[4].as_slice(), x.bytes(), x.bytes()].concat()).map_err(|_| Fault::new(Code::Crypto, ""))
}

/// Refuses a real key, as a real provider refuses a point off the curve.
fn check_key(key: &PublicKey) -> Result<(), Violation> {
    let halves = key.point().split_first().and_then(|(_, rest)| rest.split_at_checked(32));
    if halves.is_some_and(|(x, y)| x == y) { Ok(()) } else { Err(Violation::new(Code::KeyMalformed, "")) }
}

/// The key's id, then a hash of id and message whose first two bits are clear: low-S by construction.
fn signature(key: &PublicKey, message: &[u8]) -> Signature {
    let id = key.id().0;
    let mut hash = Hash::tagged_parts("semper-ideal-signature/1", &[id.bytes(), message]).0;
    if let Some(first) = hash.first_mut() {
        *first &= 0x3f;
    }
    let mut bytes = [0_u8; 64];
    for (byte, value) in bytes.iter_mut().zip(id.0.iter().chain(&hash)) {
        *byte = *value;
    }
    Signature(bytes)
}

/// What makes a box whole: the recipient, the seed's mark, the context and the content.
fn check(to: Hash, mark: &[u8], plaintext: &[u8], aad: &[u8]) -> Hash {
    Hash::tagged_parts("semper-ideal-box/1", &[to.bytes(), mark, aad, plaintext])
}

fn opened<'a>(key: &SecretKey, sealed: &'a [u8], aad: &[u8]) -> Option<&'a [u8]> {
    let (to, rest) = sealed.split_at_checked(32)?;
    let (mark, rest) = rest.split_at_checked(SEED_MARK_BYTES)?;
    let (whole, plaintext) = rest.split_at_checked(32)?;
    let own = public(key).ok()?.id().0;
    (to == own.bytes() && whole == check(own, mark, plaintext, aad).bytes()).then_some(plaintext)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_the_stream() {
        let run = |seed: u64| Ideal::new(seed).generate().unwrap().public;
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn a_box_is_as_long_as_a_real_one() {
        let crypto = Ideal::new(0);
        let pair = crypto.generate().unwrap();
        let sealed = crypto.seal(&pair.public, &Secret32::from_bytes([1; 32]), b"plain", b"").unwrap();
        assert_eq!(sealed.len(), 5 + seal::SEAL_OVERHEAD_BYTES);
    }
}
