//! A sale to test with: honest unless a test changes something.

use semper_base::{Blob64, Hash};
use semper_support::crypto::Secret32;

use super::*;

/// A secret that is a function of its name.
pub(super) fn secret(name: &str, number: u8) -> Secret32 {
    Secret32::from_bytes(Hash::tagged_parts("semper-test/1", &[name.as_bytes(), &[number]]).0)
}

pub(super) fn key(number: u8) -> KeyOpening {
    KeyOpening { k: secret("k", number), r: secret("r", number) }
}

pub(super) fn share(number: u8) -> ShareOpening {
    ShareOpening { s: secret("s", number), r_s: secret("r_s", number) }
}

/// A file whose bytes follow from its length.
pub(super) fn file(length: u64) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 7 + length) % 251).unwrap()).collect()
}

pub(super) struct Sale {
    pub(super) goods: Goods,
    pub(super) parcel: Parcel,
    pub(super) key: KeyOpening,
    pub(super) share: ShareOpening,
    ciphertexts: Vec<Vec<u8>>,
}

impl Sale {
    pub(super) fn new(length: u64, chunk: u32) -> Self {
        Sale::make(length, chunk, 1, None)
    }

    /// The same file with other salts and other halves of the key.
    pub(super) fn other(length: u64, chunk: u32) -> Self {
        Sale::make(length, chunk, 2, None)
    }

    /// A seller whose R has `leaf` in one place, and who encrypts the true file all the same.
    pub(super) fn with_plain_leaf(length: u64, chunk: u32, index: usize, leaf: Hash) -> Self {
        Sale::make(length, chunk, 1, Some((index, leaf)))
    }

    fn make(length: u64, chunk: u32, number: u8, lie: Option<(usize, Hash)>) -> Self {
        let layout = Layout::new(length, chunk).unwrap();
        let (seed, key, share, bytes) = (secret("seed", number), key(number), share(number), file(length));
        let piece = |index| {
            let range = layout.range(index).unwrap();
            &bytes[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()]
        };
        let mut first = CataloguePass::new(layout, seed.clone());
        (0..layout.leaves()).for_each(|index| first.push(piece(index)).unwrap());
        let mut plain = first.finish().unwrap();
        if let Some((index, leaf)) = lie {
            plain[index] = leaf;
        }
        let content = ContentKey::derive(&key.k, &share.s, &layout, &tree::root(&plain));
        let seal = |index| {
            let leaf = PlainLeaf::new(&layout, &seed, index, piece(index)).unwrap();
            encrypt_chunk(&content, &layout, index, leaf).unwrap()
        };
        let ciphertexts: Vec<Vec<u8>> = (0..layout.leaves()).map(seal).collect();
        let sealed: Vec<Hash> = ciphertexts.iter().map(|chunk| tree::leaf_hash(chunk)).collect();
        let parcel = Parcel::new(plain.clone(), sealed).unwrap();
        if lie.is_none() {
            let mut second = SealPass::new(layout, seed, plain, content);
            (0..layout.leaves()).for_each(|index| {
                assert_eq!(second.push(piece(index)).unwrap(), ciphertexts[usize::try_from(index).unwrap()]);
            });
            assert_eq!(second.finish().unwrap(), parcel);
        }
        let (com_k, com_s) = (key.commitment(), share.commitment());
        let goods = Goods { layout, r_root: parcel.r_root(), z_root: parcel.z_root(), com_k, com_s };
        Sale { goods, parcel, key, share, ciphertexts }
    }

    /// The seller puts another ciphertext under Z and signs for it.
    pub(super) fn replace(&mut self, index: u64, ciphertext: Vec<u8>) {
        let at = usize::try_from(index).unwrap();
        let mut sealed = self.parcel.sealed_leaves().to_vec();
        sealed[at] = tree::leaf_hash(&ciphertext);
        self.ciphertexts[at] = ciphertext;
        self.parcel = Parcel::new(self.parcel.plain_leaves().to_vec(), sealed).unwrap();
        self.goods.z_root = self.parcel.z_root();
    }

    pub(super) fn chunk(&self, index: u64) -> Chunk {
        let data = Blob64(self.ciphertexts[usize::try_from(index).unwrap()].clone());
        Chunk { place: self.parcel.place(index).unwrap(), data }
    }

    pub(super) fn complaint(&self, index: u64) -> Complaint {
        let ciphertext = self.chunk(index).data.0;
        self.parcel.complaint(index, ciphertext, self.key.clone(), self.share.clone()).unwrap()
    }
}

/// A file of many chunks of which only the trees exist, with a chunk of zeros to complain of.
pub(super) fn synthetic(leaves: u64, chunk: u32, index: u64) -> (Goods, Complaint) {
    let layout = Layout::new(leaves * u64::from(chunk), chunk).unwrap();
    let ciphertext = vec![0; layout.sealed_len(index).unwrap()];
    let plain: Vec<Hash> = (0..leaves).map(|at| Hash::of(&at.to_be_bytes())).collect();
    let mut sealed = plain.clone();
    sealed[usize::try_from(index).unwrap()] = tree::leaf_hash(&ciphertext);
    let parcel = Parcel::new(plain, sealed).unwrap();
    let (com_k, com_s) = (key(1).commitment(), share(1).commitment());
    let goods = Goods { layout, r_root: parcel.r_root(), z_root: parcel.z_root(), com_k, com_s };
    (goods, parcel.complaint(index, ciphertext, key(1), share(1)).unwrap())
}
