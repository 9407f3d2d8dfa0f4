//! The two halves of the content key, their commitments, and the key itself.

use hkdf::HkdfExtract;
use semper_base::{Code, Hash, Violation};
use semper_support::crypto::Secret32;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::layout::Layout;

/// Bytes of a pair of secrets as it stands in a sealed box: one after the other, nothing else, so
/// that a pair has one form. The kind and version are in the box's associated data.
pub(super) const PAIR_BYTES: usize = 64;

/// The seller's half: what opens `com_k`, what the notary keeps in escrow, what is given after capture.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyOpening {
    /// The half of the key.
    pub k: Secret32,
    /// Hides `k` inside `com_k`.
    pub r: Secret32,
}

/// The buyer's half: what opens `com_s`. The seller gets it with the order; the notary only with a
/// complaint, so the notary's escrow alone opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareOpening {
    /// The half of the key.
    pub s: Secret32,
    /// Hides `s` inside `com_s`.
    pub r_s: Secret32,
}

/// By their commitments, so that an order tells nothing of a secret.
impl Ord for KeyOpening {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.commitment().cmp(&other.commitment())
    }
}

impl PartialOrd for KeyOpening {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl KeyOpening {
    /// The half whose key part alone is given later, as the preimage of a hash lock: what hides it follows from it.
    #[must_use]
    pub fn of_preimage(k: Secret32) -> Self {
        let r = Hash::tagged("semper-preimage/1", k.danger_bytes());
        KeyOpening { k, r: Secret32::from_bytes(r.0) }
    }

    /// `com_k`.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        Hash::tagged_parts("semper-com-k/1", &[self.k.danger_bytes(), self.r.danger_bytes()])
    }

    /// Whether this opens `com_k`; a [`Code::CommitmentWrong`] if not.
    pub fn check(&self, com_k: &Hash) -> Result<(), Violation> {
        check(self.commitment(), com_k, "com_k")
    }

    pub(super) fn to_pair(&self) -> Zeroizing<[u8; PAIR_BYTES]> {
        join(&self.k, &self.r)
    }

    pub(super) fn from_pair(pair: &[u8]) -> Option<Self> {
        let (k, r) = split(pair)?;
        Some(KeyOpening { k, r })
    }
}

impl ShareOpening {
    /// `com_s`.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        Hash::tagged_parts("semper-com-s/1", &[self.s.danger_bytes(), self.r_s.danger_bytes()])
    }

    /// Whether this opens `com_s`; a [`Code::CommitmentWrong`] if not.
    pub fn check(&self, com_s: &Hash) -> Result<(), Violation> {
        check(self.commitment(), com_s, "com_s")
    }

    pub(super) fn to_pair(&self) -> Zeroizing<[u8; PAIR_BYTES]> {
        join(&self.s, &self.r_s)
    }

    pub(super) fn from_pair(pair: &[u8]) -> Option<Self> {
        let (s, r_s) = split(pair)?;
        Some(ShareOpening { s, r_s })
    }
}

/// Hashes are compared, not secrets: how long it takes tells nothing.
fn check(made: Hash, named: &Hash, what: &str) -> Result<(), Violation> {
    if made == *named { Ok(()) } else { Err(Violation::new(Code::CommitmentWrong, what)) }
}

fn join(first: &Secret32, second: &Secret32) -> Zeroizing<[u8; PAIR_BYTES]> {
    let mut pair = Zeroizing::new([0; PAIR_BYTES]);
    for (to, from) in pair.iter_mut().zip(first.danger_bytes().iter().chain(second.danger_bytes())) {
        *to = *from;
    }
    pair
}

fn split(pair: &[u8]) -> Option<(Secret32, Secret32)> {
    let (first, second) = pair.split_first_chunk::<32>()?;
    Some((Secret32::from_bytes(*first), Secret32::from_bytes(*<&[u8; 32]>::try_from(second).ok()?)))
}

/// The key that encrypts the chunks of one sale. Never stored: both halves are.
#[derive(Clone)]
pub struct ContentKey(Secret32);

impl ContentKey {
    /// HKDF-SHA256 (RFC 5869) over `k || s`, no salt, with `info = "semper-content/1" || R || length
    /// || chunk` (8 and 4 bytes, big endian). That R is in it keeps one key to one list of leaves.
    #[must_use]
    pub fn derive(k: &Secret32, s: &Secret32, layout: &Layout, r_root: &Hash) -> Self {
        let (length, chunk) = (layout.length().to_be_bytes(), layout.chunk().to_be_bytes());
        ContentKey(derive(&[k, s], &[b"semper-content/1", r_root.bytes(), &length, &chunk]))
    }

    pub(super) fn danger_bytes(&self) -> &[u8; 32] {
        self.0.danger_bytes()
    }
}

impl std::fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContentKey")
    }
}

/// HKDF-SHA256 with the concatenated secrets as input key material and no salt.
pub(super) fn derive(secrets: &[&Secret32], info: &[&[u8]]) -> Secret32 {
    let mut extract = HkdfExtract::<Sha256>::new(None);
    for secret in secrets {
        extract.input_ikm(secret.danger_bytes());
    }
    let (prk, hkdf) = extract.finalize();
    let _prk = Zeroizing::new(<[u8; 32]>::from(prk));
    let mut bytes = Zeroizing::new([0; 32]);
    #[expect(clippy::expect_used, reason = "HKDF-SHA256 refuses only outputs above 8160 bytes")]
    hkdf.expand_multi_info(info, bytes.as_mut_slice()).expect("32 bytes");
    Secret32::from_bytes(*bytes)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{key, secret, share};
    use super::*;

    #[test]
    fn commitments_open_one_way() {
        let (key, share) = (key(1), share(1));
        let (com_k, com_s) = (key.commitment(), share.commitment());
        assert_eq!(key.check(&com_k), Ok(()));
        assert_eq!(share.check(&com_s), Ok(()));
        for (k, r) in [(&key.r, &key.k), (&key.k, &key.k), (&secret("x", 1), &key.r), (&key.k, &secret("x", 1))] {
            let other = KeyOpening { k: k.clone(), r: r.clone() };
            assert_eq!(other.check(&com_k).unwrap_err().code(), Code::CommitmentWrong);
        }
        // The same two secrets on the other side of the deal commit to something else.
        let crossed = ShareOpening { s: key.k.clone(), r_s: key.r.clone() };
        assert_ne!(crossed.commitment(), com_k);
        assert_eq!(crossed.check(&com_s).unwrap_err().code(), Code::CommitmentWrong);
    }

    #[test]
    fn a_pair_has_one_form() {
        let key = key(1);
        let pair = key.to_pair();
        assert_eq!(KeyOpening::from_pair(pair.as_slice()), Some(key));
        assert_eq!(KeyOpening::from_pair(&pair[..63]), None);
        assert_eq!(KeyOpening::from_pair(&[pair.as_slice(), &[0]].concat()), None);
        assert_eq!(ShareOpening::from_pair(&[]), None);
        assert_eq!(ShareOpening::from_pair(share(1).to_pair().as_slice()), Some(share(1)));
    }

    /// RFC 5869, appendix A.3: SHA-256, no salt, empty info; first 32 bytes. Its input of 22 bytes
    /// does not fit our secrets, so the vector drives the same two calls.
    #[test]
    fn hkdf_is_rfc_5869() {
        let mut extract = HkdfExtract::<Sha256>::new(None);
        extract.input_ikm(&[0x0b; 11]);
        extract.input_ikm(&[0x0b; 11]);
        let mut okm = [0; 32];
        extract.finalize().1.expand_multi_info(&[], &mut okm).unwrap();
        assert_eq!(Hash(okm).hex(), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    }

    #[test]
    fn the_key_depends_on_everything() {
        let layout = Layout::new(10, 4).unwrap();
        let (k, s, root) = (secret("k", 1), secret("s", 1), Hash::of(b"R"));
        let keys = [
            ContentKey::derive(&k, &s, &layout, &root),
            ContentKey::derive(&s, &k, &layout, &root),
            ContentKey::derive(&secret("k", 2), &s, &layout, &root),
            ContentKey::derive(&k, &secret("s", 2), &layout, &root),
            ContentKey::derive(&k, &s, &Layout::new(11, 4).unwrap(), &root),
            ContentKey::derive(&k, &s, &Layout::new(10, 5).unwrap(), &root),
            ContentKey::derive(&k, &s, &layout, &Hash::of(b"Q")),
        ];
        for (at, one) in keys.iter().enumerate() {
            for other in keys.iter().skip(at + 1) {
                assert_ne!(one.danger_bytes(), other.danger_bytes());
            }
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = format!("{:?} {:?} {:?}", key(1), share(1), ContentKey(secret("k", 1)));
        assert_eq!(
            shown,
            "KeyOpening { k: Secret32, r: Secret32 } ShareOpening { s: Secret32, r_s: Secret32 } ContentKey"
        );
    }
}
