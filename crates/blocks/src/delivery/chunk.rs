//! One chunk: its salt, its encryption, and whether what comes out is what was agreed.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use semper_base::{Code, Hash, Misuse};
use semper_support::crypto::Secret32;

use super::complaint::WrongFile;
use super::layout::{Layout, SALT_BYTES, TAG_BYTES};
use super::opening::{ContentKey, derive};
use super::tree;

/// A chunk in clear: 32 bytes of salt, then the file's data. R is the tree over these.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainLeaf(Vec<u8>);

impl PlainLeaf {
    /// The leaf of chunk `index` for the seller's salt seed. Each file has its own seed: the salt is
    /// HKDF-SHA256 of it with `info = "semper-salt/1" || index`. Data of any other length than
    /// the layout's is a [`Code::FileWrong`].
    pub fn new(layout: &Layout, seed: &Secret32, index: u64, data: &[u8]) -> Result<Self, Misuse> {
        check_len(layout.data_len(index), data.len(), index)?;
        let salt = derive(&[seed], &[b"semper-salt/1", &index.to_be_bytes()]);
        // Room for the tag, so that encrypting in place does not move 64 KiB.
        let mut bytes = Vec::with_capacity(SALT_BYTES + data.len() + TAG_BYTES);
        bytes.extend_from_slice(salt.danger_bytes());
        bytes.extend_from_slice(data);
        Ok(PlainLeaf(bytes))
    }

    /// The leaf's hash in R's tree.
    #[must_use]
    pub fn hash(&self) -> Hash {
        tree::leaf_hash(&self.0)
    }

    /// The file's bytes.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        self.0.get(SALT_BYTES..).unwrap_or(&[])
    }
}

impl std::fmt::Debug for PlainLeaf {
    /// Length only: it is the good.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PlainLeaf({} bytes)", self.0.len())
    }
}

/// The ciphertext does not open with the key of its sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DoesNotOpen;

/// Encrypts a chunk: ChaCha20-Poly1305 (RFC 8439), nonce = index (12 bytes), associated data =
/// `"semper-chunk/1" || index || leaves || length` (8 bytes each), all big endian. A leaf that does
/// not fit the layout is a [`Code::FileWrong`].
pub fn encrypt_chunk(key: &ContentKey, layout: &Layout, index: u64, leaf: PlainLeaf) -> Result<Vec<u8>, Misuse> {
    check_len(layout.data_len(index), leaf.data().len(), index)?;
    let mut bytes = leaf.0;
    let sealed = cipher(key).encrypt_in_place(&nonce(index), &associated(layout, index), &mut bytes);
    sealed.map_err(|_| wrong_file(index, "too large to encrypt"))?;
    Ok(bytes)
}

/// Decrypts a chunk. Total: a wrong length or an index beyond the file does not open either.
pub fn decrypt_chunk(
    key: &ContentKey,
    layout: &Layout,
    index: u64,
    ciphertext: &[u8],
) -> Result<PlainLeaf, DoesNotOpen> {
    if layout.sealed_len(index) != Some(ciphertext.len()) {
        return Err(DoesNotOpen);
    }
    let mut bytes = ciphertext.to_vec();
    let opened = cipher(key).decrypt_in_place(&nonce(index), &associated(layout, index), &mut bytes);
    opened.map_err(|_| DoesNotOpen)?;
    Ok(PlainLeaf(bytes))
}

/// Decrypts a chunk and checks that it is the leaf that R has in this place. The buyer runs this on
/// every chunk and the judge on the one complained of: they cannot disagree.
pub fn open_agreed(
    key: &ContentKey,
    layout: &Layout,
    index: u64,
    ciphertext: &[u8],
    r_leaf: &Hash,
) -> Result<PlainLeaf, WrongFile> {
    let leaf = decrypt_chunk(key, layout, index, ciphertext).map_err(|DoesNotOpen| WrongFile::DoesNotOpen)?;
    if leaf.hash() == *r_leaf { Ok(leaf) } else { Err(WrongFile::OtherLeaf) }
}

fn check_len(expected: Option<usize>, got: usize, index: u64) -> Result<(), Misuse> {
    match expected {
        Some(expected) if expected == got => Ok(()),
        Some(expected) => Err(wrong_file(index, &format!("{got} bytes instead of {expected}"))),
        None => Err(wrong_file(index, "beyond the end")),
    }
}

pub(super) fn wrong_file(index: u64, what: &str) -> Misuse {
    Misuse::new(Code::FileWrong, format!("chunk {index}: {what}"))
}

fn cipher(key: &ContentKey) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(key.danger_bytes().into())
}

fn nonce(index: u64) -> Nonce {
    let mut bytes = Nonce::default();
    for (to, from) in bytes.iter_mut().skip(4).zip(index.to_be_bytes()) {
        *to = from;
    }
    bytes
}

fn associated(layout: &Layout, index: u64) -> Vec<u8> {
    let mut bytes = b"semper-chunk/1".to_vec();
    for number in [index, layout.leaves(), layout.length()] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::testing::secret;
    use super::*;

    /// A seller may hash and encrypt too much or too little data by all other rules, so that it would
    /// even match its leaf in R; what comes out would not be the file that was offered.
    #[test]
    fn a_wrong_length_does_not_open_whatever_the_seller_does() {
        let layout = Layout::new(20, 8).unwrap();
        let key = ContentKey::derive(&secret("k", 1), &secret("s", 1), &layout, &Hash::of(b"R"));
        let seal = |index, data: &[u8]| {
            let mut bytes = [[0; SALT_BYTES].as_slice(), data].concat();
            cipher(&key).encrypt_in_place(&nonce(index), &associated(&layout, index), &mut bytes).unwrap();
            bytes
        };
        for (index, data) in [(0, &[1; 8][..]), (2, &[1; 4])] {
            assert_eq!(decrypt_chunk(&key, &layout, index, &seal(index, data)).unwrap().data(), data);
        }
        for (index, data) in [(0, &[1; 7][..]), (0, &[1; 9]), (0, &[]), (2, &[1; 8]), (3, &[]), (3, &[1; 8])] {
            assert_eq!(decrypt_chunk(&key, &layout, index, &seal(index, data)), Err(DoesNotOpen));
        }
    }
}
