//! The crypto manager's interface, and what it hands around.
//!
//! Three providers implement [`Crypto`]: `aws-lc` (production, a crate of its own), [`seeded`]
//! (simulation: RFC 6979 signatures, keys and dice from a seed) and [`ideal`] (models: a signature
//! is the key's id and a hash). All signing and verifying in production is done by aws-lc; the pure
//! Rust crates only hash and seal.

pub mod ideal;
pub mod keyring;
pub mod phrase;
pub mod seal;
pub mod seeded;

use semper_base::{Code, Fault, Hash, KeyId, Violation};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use ideal::Ideal;
pub use keyring::Keyring;
pub use phrase::draw_phrase;
pub use seeded::Seeded;

/// A P-256 public key as DER `SubjectPublicKeyInfo` (RFC 5480), always 91 bytes with the point
/// uncompressed, so that one key has one spelling. A point off the curve is found by the first use, or by
/// [`Crypto::check_key`].
#[derive(Clone)]
pub struct PublicKey {
    spki: [u8; SPKI_BYTES],
    /// Worked out once: keys are compared by it again and again.
    id: KeyId,
}

/// Bytes of the DER.
const SPKI_BYTES: usize = 91;

/// The DER before the point: id-ecPublicKey, prime256v1, a bit string of 66 bytes, no unused bits, 0x04.
const SPKI_HEAD: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

impl PublicKey {
    /// Reads the one accepted form.
    pub fn from_spki(der: &[u8]) -> Result<Self, Violation> {
        match der.try_into() {
            Ok(spki) if der.starts_with(&SPKI_HEAD) => Ok(PublicKey { spki, id: KeyId(Hash::of(&spki)) }),
            _ => Err(Violation::new(Code::KeyMalformed, "")),
        }
    }

    /// From the point `0x04 || x || y` (65 bytes).
    pub fn from_point(point: &[u8]) -> Result<Self, Violation> {
        let coordinates = point.strip_prefix(&[4]).filter(|rest| rest.len() == 64);
        let coordinates = coordinates.ok_or_else(|| Violation::new(Code::KeyMalformed, ""))?;
        PublicKey::from_spki(&[SPKI_HEAD.as_slice(), coordinates].concat())
    }

    /// The DER bytes.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The point `0x04 || x || y`.
    #[must_use]
    pub fn point(&self) -> &[u8] {
        self.spki.get(26..).unwrap_or(&[])
    }

    /// SHA-256 of the DER.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for PublicKey {}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.spki.cmp(&other.spki)
    }
}

impl std::hash::Hash for PublicKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.spki.hash(state);
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({})", self.id().0.short())
    }
}

impl serde::Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        semper_base::bytes::serialize(&self.spki, serializer)
    }
}

impl<'de> serde::Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spki: [u8; SPKI_BYTES] = semper_base::bytes::deserialize_array(deserializer)?;
        PublicKey::from_spki(&spki).map_err(|_| serde::de::Error::custom("not a P-256 SubjectPublicKeyInfo"))
    }
}

/// A P-256 private scalar (32 bytes, big endian). Wiped when dropped; `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// Takes the scalar; a provider refuses one out of range when it is used.
    #[must_use]
    pub fn from_bytes(scalar: [u8; 32]) -> Self {
        SecretKey(scalar)
    }
    /// The scalar. Only providers and the key store may look.
    #[must_use]
    pub fn danger_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

/// A secret of 32 bytes that is no key of a signature: content keys, salts, seeds.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret32(#[serde(with = "secret_text")] [u8; 32]);

impl Secret32 {
    /// Takes the bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Secret32(bytes)
    }
    /// The bytes.
    #[must_use]
    pub fn danger_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Secret32 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret32")
    }
}

impl std::hash::Hash for Secret32 {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

mod secret_text {
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        semper_base::bytes::serialize(bytes, serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        semper_base::bytes::deserialize_array(deserializer)
    }
}

/// A key pair.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// Signs or opens.
    pub secret: SecretKey,
    /// Verifies or seals.
    pub public: PublicKey,
}

/// An ES256 signature as JWS writes it: r and s, 32 bytes each, s in the lower half of the order
/// so that a signature has one form.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 64]);

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signature")
    }
}

/// Half the order of P-256, rounded down (SEC 2, section 2.4.2): the largest accepted s.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d,
    0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

impl Signature {
    /// Whether s is in the lower half: the only form that is made or accepted.
    #[must_use]
    pub fn is_low_s(&self) -> bool {
        self.0.get(32..).is_some_and(|s| s <= HALF_ORDER.as_slice())
    }

    /// The low-S form of this signature: `s` or `n - s`.
    #[must_use]
    pub fn to_low_s(self) -> Signature {
        if self.is_low_s() { self } else { Signature(seal::negate_s(self.0)) }
    }

    /// The form that X.509 and `openssl dgst` want: DER `SEQUENCE { r, s }`.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let (r, s) = self.0.split_at(32);
        let (r, s) = (der_integer(r), der_integer(s));
        let mut der = vec![0x30, u8::try_from(r.len() + s.len()).unwrap_or(0)];
        der.extend(r);
        der.extend(s);
        der
    }
}

fn der_integer(magnitude: &[u8]) -> Vec<u8> {
    let skip = magnitude.iter().take_while(|b| **b == 0).count().min(31);
    let digits = magnitude.get(skip..).unwrap_or(&[]);
    let pad = digits.first().is_some_and(|b| b & 0x80 != 0);
    let mut der = vec![0x02, u8::try_from(digits.len() + usize::from(pad)).unwrap_or(0)];
    if pad {
        der.push(0);
    }
    der.extend_from_slice(digits);
    der
}

/// An Ed25519 public key (RFC 8032 section 5.1.5): what signs a log's notes, and nothing else of ours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdPublic(pub [u8; 32]);

impl std::fmt::Debug for EdPublic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EdPublic({})", Hash::of(&self.0).short())
    }
}

/// An Ed25519 signature (RFC 8032 section 5.1.6).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EdSignature(pub [u8; 64]);

impl std::fmt::Debug for EdSignature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EdSignature")
    }
}

/// What a provider does. Implementations are values handed to the manager; nothing is global.
pub trait Crypto: std::fmt::Debug + Send + Sync {
    /// Fills `into` with bytes nobody can guess (or, in a simulation, with bytes of the seed).
    fn random(&self, into: &mut [u8]);

    /// A fresh P-256 key pair.
    fn generate(&self) -> Result<KeyPair, Fault>;

    /// Signs `message` (ES256, RFC 7518 section 3.4); the result is always low-S.
    fn sign(&self, key: &SecretKey, message: &[u8]) -> Result<Signature, Fault>;

    /// Verifies; refuses the high-S twin with its own code.
    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), Violation>;

    /// Seals `plaintext` to `to` (HPKE base mode, RFC 9180: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
    /// ChaCha20-Poly1305; output `enc || ciphertext`). The encapsulation is derived from `seed`:
    /// who keeps the seed can show later that this box was made for this content.
    fn seal(&self, to: &PublicKey, seed: &Secret32, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, Fault>;

    /// Opens what [`Crypto::seal`] made.
    fn open(&self, key: &SecretKey, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, Violation>;

    /// The Ed25519 key behind a seed (RFC 8032 section 5.1.5).
    fn ed_public(&self, seed: &Secret32) -> Result<EdPublic, Fault>;

    /// Signs with Ed25519 (RFC 8032 section 5.1.6, without a hash before or a context): one signature per
    /// key and message.
    fn ed_sign(&self, seed: &Secret32, message: &[u8]) -> Result<EdSignature, Fault>;

    /// Verifies an Ed25519 signature; s must be below the order.
    fn ed_verify(&self, key: &EdPublic, message: &[u8], signature: &EdSignature) -> Result<(), Violation>;

    /// Whether a key that somebody sent can be used at all: [`Code::KeyMalformed`] if it is no point of
    /// the curve. A key that will verify something needs no such look; one that will only be sealed to, or
    /// stands in a document for later, does, or its sender's mistake would show as a fault of ours.
    fn check_key(&self, key: &PublicKey) -> Result<(), Violation> {
        seal::check_point(key)
    }
}

/// Draws 32 secret bytes.
pub fn random_secret(crypto: &dyn Crypto) -> Secret32 {
    let mut bytes = [0_u8; 32];
    crypto.random(&mut bytes);
    Secret32(bytes)
}

/// Reads hexadecimal test vectors.
#[cfg(test)]
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}
