//! What a descriptor says about the good, and one chunk on its way with the proof of its place.

use semper_base::{Blob64, Code, Hash, Violation};
use serde::{Deserialize, Serialize};

use super::layout::Layout;
use super::opening::{ContentKey, KeyOpening, ShareOpening};
use super::tree::{self, Path};

/// The good as the descriptor's core names it: all that buyer, seller, notary and judge need to agree
/// on whether a chunk is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goods {
    /// How the file is cut.
    pub layout: Layout,
    /// R: root over the plain leaves (salt and data).
    pub r_root: Hash,
    /// Z: root over the encrypted chunks.
    pub z_root: Hash,
    /// The seller's half of the key, committed to.
    pub com_k: Hash,
    /// The buyer's half of the key, committed to.
    pub com_s: Hash,
}

impl Goods {
    /// The content key, from two halves that open both commitments; a [`Code::CommitmentWrong`] if
    /// one does not.
    pub fn content_key(&self, key: &KeyOpening, share: &ShareOpening) -> Result<ContentKey, Violation> {
        key.check(&self.com_k)?;
        share.check(&self.com_s)?;
        Ok(ContentKey::derive(&key.k, &share.s, &self.layout, &self.r_root))
    }

    /// Whether `sealed` stands at the place's index under Z and its `r_leaf` at the same index under
    /// R; what is wrong if not. Says nothing about what is inside.
    pub(super) fn check_place(&self, place: &Place, sealed: &[u8]) -> Result<(), &'static str> {
        let (index, leaves) = (place.index, self.layout.leaves());
        if !tree::verify(&self.z_root, &tree::leaf_hash(sealed), index, leaves, &place.z_path) {
            return Err("not under Z");
        }
        if !tree::verify(&self.r_root, &place.r_leaf, index, leaves, &place.r_path) {
            return Err("not under R");
        }
        Ok(())
    }
}

/// Where a chunk stands in both trees. Travels with each chunk and with a complaint.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Which chunk, from 0.
    pub index: u64,
    /// From the ciphertext's leaf hash up to Z.
    pub z_path: Path,
    /// The leaf hash that the opened chunk must have. The buyer stores it before letting the money
    /// go: without it nothing could be complained of.
    pub r_leaf: Hash,
    /// From `r_leaf` up to R.
    pub r_path: Path,
}

/// A chunk as it travels. In a message `data` is added when the message leaves, so that content is
/// stored once; the rest of the object holds the place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chunk {
    /// Where it stands.
    pub place: Place,
    /// The ciphertext.
    pub data: Blob64,
}

/// What the buyer checks of every chunk before storing it: the length, and the place under Z and R. A
/// [`Code::ChunkWrong`] if it is not the chunk that was agreed.
pub fn verify_chunk(goods: &Goods, chunk: &Chunk) -> Result<(), Violation> {
    let wrong = |what: &str| Violation::new(Code::ChunkWrong, format!("chunk {}: {what}", chunk.place.index));
    if goods.layout.sealed_len(chunk.place.index) != Some(chunk.data.0.len()) {
        return Err(wrong("length"));
    }
    goods.check_place(&chunk.place, &chunk.data.0).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Sale;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_chunk_of_a_sale_is_right_in_its_place_only() {
        let sale = Sale::new(95, 10);
        for index in 0..10 {
            let chunk = sale.chunk(index);
            assert_eq!(verify_chunk(&sale.goods, &chunk), Ok(()));
            for other in 0..12 {
                let mut moved = chunk.clone();
                moved.place.index = other;
                assert_eq!(verify_chunk(&sale.goods, &moved).is_ok(), other == index);
            }
        }
    }

    #[test]
    fn every_part_of_a_chunk_is_checked() {
        let sale = Sale::new(95, 10);
        let (good, other) = (sale.chunk(3), sale.chunk(4));
        let mut wrong = vec![good.clone(); 8];
        wrong[0].data.0[0] ^= 1;
        wrong[1].data.0.push(0);
        wrong[2].data.0.clear();
        wrong[3].data = other.data.clone();
        wrong[4].place.z_path = other.place.z_path.clone();
        wrong[5].place.r_path = other.place.r_path.clone();
        wrong[6].place.r_leaf = other.place.r_leaf;
        wrong[7].place.z_path = Path::default();
        for chunk in wrong {
            assert_eq!(verify_chunk(&sale.goods, &chunk).unwrap_err().code(), Code::ChunkWrong);
        }
        let foreign = Sale::other(95, 10);
        assert_eq!(verify_chunk(&foreign.goods, &good).unwrap_err().code(), Code::ChunkWrong);
    }

    /// A ciphertext of another length may stand under Z; the buyer does not take it all the same.
    #[test]
    fn a_seller_cannot_hide_a_wrong_length_under_the_root() {
        let mut sale = Sale::new(95, 10);
        sale.replace(3, vec![7; 9]);
        let error = verify_chunk(&sale.goods, &sale.chunk(3)).unwrap_err();
        assert_eq!((error.code(), error.detail()), (Code::ChunkWrong, "chunk 3: length"));
    }

    #[test]
    fn a_chunk_may_get_its_data_last() {
        let chunk = Sale::new(95, 10).chunk(9);
        let head = format!("{{\"place\":{}", serde_json::to_string(&chunk.place).unwrap());
        let text = format!("{head},\"data\":{}}}", serde_json::to_string(&chunk.data).unwrap());
        assert_eq!(semper_base::json::read::<Chunk>(text.as_bytes()).unwrap(), chunk);
        let unknown = text.replace("\"data\"", "\"x\":1,\"data\"");
        assert_eq!(semper_base::json::read::<Chunk>(unknown.as_bytes()).unwrap_err().code(), Code::FieldUnknown);
    }

    #[test]
    fn goods_read_back() {
        let goods = Sale::new(95, 10).goods;
        let text = semper_base::json::canonical(&goods).unwrap();
        assert_eq!(semper_base::json::read::<Goods>(&text).unwrap(), goods);
    }

    proptest! {
        #[test]
        fn one_flipped_bit_is_seen(length in 0_u64..200, pick in any::<u64>(), at in any::<usize>(), bit in 0_u8..8) {
            let sale = Sale::new(length, 16);
            let mut chunk = sale.chunk(pick % sale.goods.layout.leaves());
            prop_assert!(verify_chunk(&sale.goods, &chunk).is_ok());
            let at = at % chunk.data.0.len();
            chunk.data.0[at] ^= 1 << bit;
            prop_assert!(verify_chunk(&sale.goods, &chunk).is_err());
        }
    }
}
