//! Sealed boxes: HPKE in base mode (RFC 9180), one shot, one suite.
//!
//! The sender's ephemeral key is derived from a seed that the caller draws and keeps, so that the
//! same seed, recipient, plaintext and context give the same bytes again. That is how a sender shows
//! later that a box was made for this content and no other.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng, utils};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use semper_base::limits::MESSAGE_BYTES_MAX;
use semper_base::{Code, Fault, Hash, Violation};
use zeroize::Zeroize;

use super::{PublicKey, Secret32, SecretKey};

type Suite = DhP256HkdfSha256;

/// The application's context string, which separates our boxes from every other use of HPKE.
const INFO: &[u8] = b"semper-seal/1";

/// Bytes of the encapsulated key: an uncompressed P-256 point (RFC 9180 section 7.1, `Nenc`).
const ENC_BYTES: usize = 65;

/// Bytes that a box is longer than its plaintext: the encapsulated key and a tag of 16 bytes.
pub const SEAL_OVERHEAD_BYTES: usize = ENC_BYTES + 16;

/// Largest plaintext, in bytes: a box never holds more than a message carries.
pub const SEAL_PLAINTEXT_BYTES_MAX: usize = MESSAGE_BYTES_MAX;

/// Seals `plaintext` to `to`; `aad` must be given again to open. The result is `enc || ciphertext`
/// and depends on nothing but the arguments. A seed must not serve for two different boxes: the
/// second would be encrypted under the first one's key and nonce.
///
/// # Errors
/// [`Code::Crypto`] when `to` is not a point of the curve, [`Code::TooLarge`] beyond
/// [`SEAL_PLAINTEXT_BYTES_MAX`].
pub fn seal(to: &PublicKey, seed: &Secret32, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, Fault> {
    check_plaintext(plaintext.len())?;
    seal_with(INFO, to.point(), seed, plaintext, aad)
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`Code::TooLarge`] for a box that cannot come from [`seal`], [`Code::SealWrong`] for everything
/// else (too short, another key, another `aad`, an altered byte): which of them is nobody's business.
pub fn open(key: &SecretKey, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, Violation> {
    check_box(sealed.len())?;
    open_with(INFO, key, sealed, aad).ok_or_else(|| Violation::new(Code::SealWrong, ""))
}

/// Refuses a key that is no point of P-256.
pub(super) fn check_point(key: &PublicKey) -> Result<(), Violation> {
    let point = <Suite as Kem>::PublicKey::from_bytes(key.point());
    point.map(drop).map_err(|_| Violation::new(Code::KeyMalformed, "no point of P-256"))
}

/// The bound on what is sealed, for every provider.
pub(super) fn check_plaintext(bytes: usize) -> Result<(), Fault> {
    if bytes > SEAL_PLAINTEXT_BYTES_MAX {
        return Err(Fault::new(Code::TooLarge, "plaintext of a sealed box"));
    }
    Ok(())
}

/// The bound on what is opened, for every provider.
pub(super) fn check_box(bytes: usize) -> Result<(), Violation> {
    if bytes > SEAL_PLAINTEXT_BYTES_MAX + SEAL_OVERHEAD_BYTES {
        return Err(Violation::new(Code::TooLarge, "sealed box"));
    }
    Ok(())
}

fn seal_with(info: &[u8], point: &[u8], seed: &Secret32, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, Fault> {
    let fault = |what: &str| Fault::new(Code::Crypto, what);
    let to = <Suite as Kem>::PublicKey::from_bytes(point).map_err(|_| fault("recipient is no point of P-256"))?;
    let mut ikm = SeedRng::new(seed);
    let (enc, ciphertext) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Suite>(
        &OpModeS::Base,
        &to,
        info,
        plaintext,
        aad,
        &mut ikm,
    )
    .map_err(|_| fault("seal"))?;
    Ok([enc.to_bytes().as_slice(), &ciphertext].concat())
}

fn open_with(info: &[u8], key: &SecretKey, sealed: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
    let (enc, ciphertext) = sealed.split_at_checked(ENC_BYTES)?;
    let enc = <Suite as Kem>::EncappedKey::from_bytes(enc).ok()?;
    let key = <Suite as Kem>::PrivateKey::from_bytes(key.danger_bytes()).ok()?;
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Suite>(&OpModeR::Base, &key, &enc, info, ciphertext, aad)
        .ok()
}

/// Yields the seed as the first 32 bytes, which the KEM takes whole as the input of `DeriveKeyPair`
/// (RFC 9180 section 7.1.3). Whatever asks for more gets hashes of the seed and a counter, so that a
/// change in the library could never make a constant stream out of this.
struct SeedRng {
    block: [u8; 32],
    used: usize,
    count: u64,
    seed: Secret32,
}

impl SeedRng {
    fn new(seed: &Secret32) -> Self {
        SeedRng { block: *seed.danger_bytes(), used: 0, count: 0, seed: seed.clone() }
    }

    fn next_byte(&mut self) -> u8 {
        if self.used >= self.block.len() {
            self.count = self.count.wrapping_add(1);
            let parts: [&[u8]; 2] = [self.seed.danger_bytes(), &self.count.to_be_bytes()];
            self.block = Hash::tagged_parts("semper-seal-seed/1", &parts).0;
            self.used = 0;
        }
        let byte = self.block.get(self.used).copied().unwrap_or(0);
        self.used += 1;
        byte
    }
}

impl Drop for SeedRng {
    fn drop(&mut self) {
        self.block.zeroize();
    }
}

impl TryRng for SeedRng {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Self::Error> {
        for byte in into {
            *byte = self.next_byte();
        }
        Ok(())
    }
}

impl TryCryptoRng for SeedRng {}

/// The order of P-256 (SEC 2, section 2.4.2), big endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The twin of an ECDSA signature: the same `r`, and `n - s` for `s`. Not constant in time: a
/// signature is public. An `s` above the order is no signature; it gives some other non-signature.
#[must_use]
pub fn negate_s(sig: [u8; 64]) -> [u8; 64] {
    let mut twin = sig;
    let mut borrow = false;
    for (byte, order) in twin.iter_mut().skip(32).zip(ORDER).rev() {
        let (difference, under) = order.overflowing_sub(*byte);
        let (difference, under_again) = difference.overflowing_sub(u8::from(borrow));
        borrow = under || under_again;
        *byte = difference;
    }
    twin
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::unhex;
    use super::*;

    fn secret(bytes: &[u8]) -> Secret32 {
        Secret32::from_bytes(bytes.try_into().unwrap())
    }

    /// The key pair of RFC 6979 section A.2.5, for vectors that need any key.
    fn pair() -> (SecretKey, PublicKey) {
        let scalar = unhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
        let point = unhex(
            "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
             7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
        );
        (SecretKey::from_bytes(scalar.try_into().unwrap()), PublicKey::from_point(&point).unwrap())
    }

    /// RFC 9180 section A.5.1: base mode of this suite, first message.
    #[test]
    fn published_vector() {
        let info = unhex("4f6465206f6e2061204772656369616e2055726e");
        let ikm = unhex("f1f1a3bc95416871539ecb51c3a8f0cf608afb40fbbe305c0a72819d35c33f1f");
        let secret_key = unhex("a4d1c55836aa30f9b3fbb6ac98d338c877c2867dd3a77396d13f68d3ab150d3b");
        let public_key = unhex(
            "04a697bffde9405c992883c5c439d6cc358170b51af72812333b015621dc0f40ba\
             d9bb726f68a5c013806a790ec716ab8669f84f6b694596c2987cf35baba2a006",
        );
        let enc_and_ciphertext = unhex(
            "04c07836a0206e04e31d8ae99bfd549380b072a1b1b82e563c935c095827824fc1\
             559eac6fb9e3c70cd3193968994e7fe9781aa103f5b50e934b5b2f387e381291\
             6469c41c5c81d3aa85432531ecf6460ec945bde1eb428cb2fedf7a29f5a685b4ccb0d057f03ea2952a27bb458b",
        );
        let plaintext = b"Beauty is truth, truth beauty";
        let sealed = seal_with(&info, &public_key, &secret(&ikm), plaintext, b"Count-0").unwrap();
        assert_eq!(sealed, enc_and_ciphertext);
        let key = SecretKey::from_bytes(secret_key.try_into().unwrap());
        assert_eq!(open_with(&info, &key, &sealed, b"Count-0").unwrap(), plaintext);
    }

    /// Made once with the Python package pyhpke 0.6.5 (over OpenSSL) with our `info`.
    #[test]
    fn foreign_vector() {
        let (key, to) = pair();
        let seed: Vec<u8> = (0..32).collect();
        let due = unhex(
            "04cfb264d85c7eb276cf60773c461d722e25b64bf345d077c1a8b10c05b8decb45\
             b7ad849cce5e9660102f3f368afd22fe797caf6c3a9cbcbe7657b27bbcddfdb1\
             e1628cfe0ce871190e41cef61ed43964bba626613ac7767f986f71aa3976a542e123",
        );
        assert_eq!(seal(&to, &secret(&seed), b"the sealed content", b"the context").unwrap(), due);
        assert_eq!(open(&key, &due, b"the context").unwrap(), b"the sealed content");
    }

    #[test]
    fn a_seed_never_runs_dry() {
        let mut rng = SeedRng::new(&secret(&[7; 32]));
        let mut bytes = [0_u8; 96];
        rng.try_fill_bytes(&mut bytes).unwrap();
        let (head, tail) = bytes.split_at(32);
        assert_eq!(head, [7; 32]);
        assert_ne!(tail[..32], tail[32..]);
        assert_ne!(&tail[..32], head);
    }

    #[test]
    fn twins_of_edge_values() {
        let with_s = |s: [u8; 32]| -> [u8; 64] { [[9_u8; 32], s].concat().try_into().unwrap() };
        let mut one = [0_u8; 32];
        one[31] = 1;
        let mut order_less_one = ORDER;
        order_less_one[31] -= 1;
        assert_eq!(negate_s(with_s(one)), with_s(order_less_one));
        assert_eq!(negate_s(with_s(ORDER)), with_s([0; 32]));
        assert_eq!(negate_s(with_s([0; 32])), with_s(ORDER));
        let twin = negate_s(with_s(super::super::HALF_ORDER));
        assert!(!crate::crypto::Signature(twin).is_low_s(), "the smallest s that is too large");
        assert!(crate::crypto::Signature(with_s(super::super::HALF_ORDER)).is_low_s());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn negating_twice_changes_nothing(sig in any::<[u8; 32]>(), s in any::<[u8; 32]>()) {
            let sig: [u8; 64] = [sig, s].concat().try_into().unwrap();
            prop_assert_eq!(negate_s(negate_s(sig)), sig);
        }

        #[test]
        fn opens_to_what_was_sealed(seed: [u8; 32], plain in prop::collection::vec(any::<u8>(), 0..300), aad: Vec<u8>) {
            let (key, to) = pair();
            let sealed = seal(&to, &secret(&seed), &plain, &aad).unwrap();
            prop_assert_eq!(sealed.len(), plain.len() + SEAL_OVERHEAD_BYTES);
            prop_assert_eq!(open(&key, &sealed, &aad).unwrap(), plain);
        }

        #[test]
        fn arbitrary_bytes_never_open(sealed in prop::collection::vec(any::<u8>(), 0..200)) {
            let (key, _) = pair();
            prop_assert_eq!(open(&key, &sealed, b"").unwrap_err().code(), Code::SealWrong);
        }
    }
}
