//! The seller's two passes over a file, and the trees that serve chunks and complaints.
//!
//! Whoever drives a pass reads the file chunk by chunk ([`Layout::range`]) and pushes each; a pass
//! keeps 32 bytes per chunk and no content.

use semper_base::{Blob64, Code, Hash, Misuse};
use semper_support::crypto::Secret32;

use super::chunk::{PlainLeaf, encrypt_chunk, wrong_file};
use super::complaint::Complaint;
use super::goods::Place;
use super::layout::Layout;
use super::opening::{ContentKey, KeyOpening, ShareOpening};
use super::tree::Tree;

/// First pass, when the file is put up for sale: salts and hashes it, giving the plain leaves and R.
pub struct CataloguePass {
    layout: Layout,
    seed: Secret32,
    leaves: Vec<Hash>,
}

impl CataloguePass {
    /// `seed` is secret, random, the file's own, and kept: the second pass needs it.
    #[must_use]
    pub fn new(layout: Layout, seed: Secret32) -> Self {
        CataloguePass { layout, seed, leaves: Vec::new() }
    }

    /// Takes the next chunk's data; a [`Code::FileWrong`] if it has not the layout's length.
    pub fn push(&mut self, data: &[u8]) -> Result<(), Misuse> {
        let leaf = PlainLeaf::new(&self.layout, &self.seed, self.leaves.len() as u64, data)?;
        self.leaves.push(leaf.hash());
        Ok(())
    }

    /// The plain leaves' hashes, one per chunk; a [`Code::FileWrong`] if the file ended early.
    pub fn finish(self) -> Result<Vec<Hash>, Misuse> {
        complete(&self.layout, self.leaves)
    }
}

impl std::fmt::Debug for CataloguePass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CataloguePass({} of {})", self.leaves.len(), self.layout.leaves())
    }
}

/// Second pass, once per sale: encrypts each chunk. It compares each with the catalogue's leaf, so
/// that a file changed on disk since it was offered is noticed before the seller signs for it.
pub struct SealPass {
    layout: Layout,
    seed: Secret32,
    key: ContentKey,
    plain: Vec<Hash>,
    sealed: Vec<Hash>,
}

impl SealPass {
    /// `seed` and `plain` are the catalogue pass's; `key` is this sale's.
    #[must_use]
    pub fn new(layout: Layout, seed: Secret32, plain: Vec<Hash>, key: ContentKey) -> Self {
        SealPass { layout, seed, key, plain, sealed: Vec::new() }
    }

    /// Takes the next chunk's data and gives its ciphertext, to be stored until it is delivered. A
    /// [`Code::FileWrong`] if the data is not what the catalogue pass saw.
    pub fn push(&mut self, data: &[u8]) -> Result<Vec<u8>, Misuse> {
        let index = self.sealed.len() as u64;
        let leaf = PlainLeaf::new(&self.layout, &self.seed, index, data)?;
        if self.plain.get(self.sealed.len()) != Some(&leaf.hash()) {
            return Err(wrong_file(index, "changed since it was offered"));
        }
        let ciphertext = encrypt_chunk(&self.key, &self.layout, index, leaf)?;
        self.sealed.push(super::tree::leaf_hash(&ciphertext));
        Ok(ciphertext)
    }

    /// The trees of the sale; a [`Code::FileWrong`] if the file ended early.
    pub fn finish(self) -> Result<Parcel, Misuse> {
        Parcel::new(self.plain, complete(&self.layout, self.sealed)?)
    }
}

impl std::fmt::Debug for SealPass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealPass({} of {})", self.sealed.len(), self.layout.leaves())
    }
}

fn complete(layout: &Layout, leaves: Vec<Hash>) -> Result<Vec<Hash>, Misuse> {
    let count = leaves.len() as u64;
    if count == layout.leaves() { Ok(leaves) } else { Err(wrong_file(count, "missing")) }
}

/// Both trees of a sale: at the seller to deliver from, at the buyer (who has received every leaf) to
/// complain from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parcel {
    plain: Tree,
    sealed: Tree,
}

impl Parcel {
    /// From the leaf hashes of both lists; a [`Code::FileWrong`] unless they are equally long and not
    /// empty.
    pub fn new(plain: Vec<Hash>, sealed: Vec<Hash>) -> Result<Self, Misuse> {
        if plain.is_empty() || plain.len() != sealed.len() {
            return Err(Misuse::new(Code::FileWrong, "leaf lists"));
        }
        Ok(Parcel { plain: Tree::new(plain), sealed: Tree::new(sealed) })
    }

    /// R.
    #[must_use]
    pub fn r_root(&self) -> Hash {
        self.plain.root()
    }

    /// Z.
    #[must_use]
    pub fn z_root(&self) -> Hash {
        self.sealed.root()
    }

    /// The plain leaves' hashes.
    #[must_use]
    pub fn plain_leaves(&self) -> &[Hash] {
        self.plain.leaves()
    }

    /// The sealed leaves' hashes.
    #[must_use]
    pub fn sealed_leaves(&self) -> &[Hash] {
        self.sealed.leaves()
    }

    /// What travels with chunk `index`; none if there is no such chunk.
    #[must_use]
    pub fn place(&self, index: u64) -> Option<Place> {
        Some(Place {
            index,
            z_path: self.sealed.path(index)?,
            r_leaf: self.plain.leaf(index)?,
            r_path: self.plain.path(index)?,
        })
    }

    /// The complaint about chunk `index`, whose stored ciphertext is given; none if there is no such
    /// chunk. Wins if [`super::open_agreed`] found the chunk wrong, and only then.
    #[must_use]
    pub fn complaint(
        &self,
        index: u64,
        ciphertext: Vec<u8>,
        key: KeyOpening,
        share: ShareOpening,
    ) -> Option<Complaint> {
        Some(Complaint { place: self.place(index)?, ciphertext: Blob64(ciphertext), key, share })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sale, file, key, secret, share};
    use super::super::{decrypt_chunk, open_agreed, tree};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_short_or_long_file_is_noticed() {
        let layout = Layout::new(10, 4).unwrap();
        let pass = || CataloguePass::new(layout, secret("seed", 1));
        assert_eq!(pass().finish().unwrap_err().code(), Code::FileWrong);
        let mut long = pass();
        for data in [&b"abcd"[..], b"efgh", b"ij"] {
            assert!(long.push(&[data, b"x"].concat()).is_err());
            long.push(data).unwrap();
        }
        assert_eq!(long.push(b"").unwrap_err().detail(), "chunk 3: beyond the end");
        assert_eq!(long.finish().unwrap().len(), 3);
    }

    #[test]
    fn a_changed_file_is_noticed_before_it_is_sold() {
        let layout = Layout::new(10, 4).unwrap();
        let seed = secret("seed", 1);
        let mut first = CataloguePass::new(layout, seed.clone());
        for data in [&b"abcd"[..], b"efgh", b"ij"] {
            first.push(data).unwrap();
        }
        let plain = first.finish().unwrap();
        let content = ContentKey::derive(&key(1).k, &share(1).s, &layout, &tree::root(&plain));
        let mut second = SealPass::new(layout, seed, plain, content);
        second.push(b"abcd").unwrap();
        assert_eq!(second.push(b"efgH").unwrap_err().detail(), "chunk 1: changed since it was offered");
        assert_eq!(second.finish().unwrap_err().code(), Code::FileWrong);
    }

    /// The whole format, computed a second time with Python's hashlib and the package `cryptography`
    /// from the descriptions in the docs alone: salts, R, content key, ciphertexts, Z, commitments.
    #[test]
    fn a_foreign_program_makes_the_same_parcel() {
        let same = |byte| Secret32::from_bytes([byte; 32]);
        let key = KeyOpening { k: same(2), r: same(3) };
        let share = ShareOpening { s: same(4), r_s: same(5) };
        let pieces = [&b"Semper a"[..], b"perta es", b"t"];
        let layout = Layout::new(17, 8).unwrap();
        let mut first = CataloguePass::new(layout, same(1));
        for data in pieces {
            first.push(data).unwrap();
        }
        let plain = first.finish().unwrap();
        let content = ContentKey::derive(&key.k, &share.s, &layout, &tree::root(&plain));
        let mut second = SealPass::new(layout, same(1), plain, content);
        let sealed: Vec<Vec<u8>> = pieces.iter().map(|data| second.push(data).unwrap()).collect();
        let parcel = second.finish().unwrap();
        assert_eq!(parcel.r_root().hex(), "a1791f4514ef4f881c8b14ffadb5ad640356e6928cd920c92c83338544a39c40");
        assert_eq!(parcel.z_root().hex(), "fef570ac5294d8580fc6aa2cdb45eab0a1389b3c9e9f86c92db9d995a67a652e");
        assert_eq!(key.commitment().hex(), "5b3f072f954d0a03244f8578658c8e1dd2a0e33b8ecf9fdd417789ff1e377ead");
        assert_eq!(share.commitment().hex(), "19b8f7b76d33adff87f7faeb08fa49e9e68228aa132668d5bf27ffd95ca0fede");
        assert_eq!(
            semper_base::hash::hex(&sealed[2]),
            "b8ef55740f82adab283b15a4051711f3adc572c3dc41e37e1c6b248fca30d33211d2b4e67b58a999675c24b966dccb97e6"
        );
    }

    #[test]
    fn lists_of_two_lengths_are_no_parcel() {
        let leaf = Hash::of(b"");
        assert!(Parcel::new(vec![leaf], vec![leaf]).is_ok());
        assert!(Parcel::new(vec![leaf], vec![leaf; 2]).is_err());
        assert!(Parcel::new(Vec::new(), Vec::new()).is_err());
    }

    /// Equal data in two chunks or two files does not show: not in R, not in Z.
    #[test]
    fn equal_chunks_do_not_look_equal() {
        let layout = Layout::new(8, 4).unwrap();
        let leaf = |seed, index| PlainLeaf::new(&layout, &secret("seed", seed), index, b"same").unwrap().hash();
        assert_ne!(leaf(1, 0), leaf(1, 1));
        assert_ne!(leaf(1, 0), leaf(2, 0));
        assert_eq!(leaf(1, 0), leaf(1, 0));
        assert_ne!(leaf(1, 0), tree::leaf_hash(b"same"));
    }

    /// The key of a sale is bound to R: the same halves never encrypt another file with a used nonce.
    #[test]
    fn reused_halves_give_another_key_for_another_file() {
        let (one, two) = (Sale::new(64, 16), Sale::other(64, 16));
        let shared = |sale: &Sale| ContentKey::derive(&key(1).k, &share(1).s, &sale.goods.layout, &sale.goods.r_root);
        assert_ne!(shared(&one).danger_bytes(), shared(&two).danger_bytes());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_sold_is_what_arrives(length in 0_u64..400, chunk in 1_u32..64) {
            let sale = Sale::new(length, chunk);
            let goods = &sale.goods;
            let content = goods.content_key(&sale.key, &sale.share).unwrap();
            let mut received = Vec::new();
            for index in 0..goods.layout.leaves() {
                let sent = sale.chunk(index);
                super::super::verify_chunk(goods, &sent).unwrap();
                let leaf = open_agreed(&content, &goods.layout, index, &sent.data.0, &sent.place.r_leaf).unwrap();
                received.extend_from_slice(leaf.data());
            }
            prop_assert_eq!(received, file(length));
            prop_assert_eq!(sale.parcel.place(goods.layout.leaves()), None);
        }

        /// Another key, index, layout, length or bit: it does not open.
        #[test]
        fn nothing_else_opens(index in 0_u64..6, at in any::<usize>(), bit in 0_u8..8, cut in 1_usize..60) {
            let sale = Sale::new(96, 16);
            let layout = sale.goods.layout;
            let content = sale.goods.content_key(&sale.key, &sale.share).unwrap();
            let good = sale.chunk(index).data.0;
            prop_assert!(decrypt_chunk(&content, &layout, index, &good).is_ok());
            let mut flipped = good.clone();
            flipped[at % good.len()] ^= 1 << bit;
            prop_assert!(decrypt_chunk(&content, &layout, index, &flipped).is_err());
            prop_assert!(decrypt_chunk(&content, &layout, index, &good[..good.len() - cut]).is_err());
            prop_assert!(decrypt_chunk(&content, &layout, (index + 1) % 6, &good).is_err());
            prop_assert!(decrypt_chunk(&content, &layout, u64::MAX, &good).is_err());
            prop_assert!(decrypt_chunk(&content, &Layout::new(96 + 16, 16).unwrap(), index, &good).is_err());
            let other = ContentKey::derive(&sale.share.s, &sale.key.k, &layout, &sale.goods.r_root);
            prop_assert!(decrypt_chunk(&other, &layout, index, &good).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), index in any::<u64>()) {
            let sale = Sale::new(96, 16);
            let content = sale.goods.content_key(&sale.key, &sale.share).unwrap();
            prop_assert!(decrypt_chunk(&content, &sale.goods.layout, index, &bytes).is_err());
        }
    }
}
