//! The proof that a seller delivered another file than was agreed: one chunk, two audit paths, both
//! halves of the key.

use semper_base::limits::CHUNK_BYTES;
use semper_base::{Blob64, Code, Violation};
use serde::{Deserialize, Serialize};

use super::chunk::open_agreed;
use super::goods::{Goods, Place};
use super::layout::{SALT_BYTES, TAG_BYTES};
use super::opening::{KeyOpening, ShareOpening};

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WrongFile {
    /// The ciphertext under Z does not open with the key that both parties committed to.
    DoesNotOpen,
    /// It opens to something else than R has in this place.
    OtherLeaf,
}

/// The buyer's proof about one chunk. In JSON at most
/// [`COMPLAINT_BYTES_MAX`](semper_base::limits::COMPLAINT_BYTES_MAX): a chunk, and two hashes per
/// doubling of the file. It shows the notary this chunk and no other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    /// Where the chunk stands in both trees.
    pub place: Place,
    /// The chunk as it was delivered.
    pub ciphertext: Blob64,
    /// Opens `com_k`.
    pub key: KeyOpening,
    /// Opens `com_s`.
    pub share: ShareOpening,
}

/// Decides a complaint from what the descriptor says of the good, without any other knowledge. Refuses
/// with [`Code::CommitmentWrong`], [`Code::TooLarge`] or [`Code::ProofWrong`] whatever does not show a
/// wrong file; about a file that is as agreed there is no complaint that passes.
pub fn judge_complaint(goods: &Goods, complaint: &Complaint) -> Result<WrongFile, Violation> {
    if complaint.ciphertext.0.len() > CHUNK_BYTES as usize + SALT_BYTES + TAG_BYTES {
        return Err(Violation::new(Code::TooLarge, "ciphertext"));
    }
    let key = goods.content_key(&complaint.key, &complaint.share)?;
    let (place, ciphertext) = (&complaint.place, &complaint.ciphertext.0);
    goods.check_place(place, ciphertext).map_err(proof_wrong)?;
    match open_agreed(&key, &goods.layout, place.index, ciphertext, &place.r_leaf) {
        Ok(_) => Err(proof_wrong("the chunk is as agreed")),
        Err(wrong) => Ok(wrong),
    }
}

fn proof_wrong(what: &str) -> Violation {
    Violation::new(Code::ProofWrong, what)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sale, key, secret, share, synthetic};
    use super::super::tree::{Path, leaf_hash};
    use super::super::{ContentKey, PlainLeaf, decrypt_chunk, encrypt_chunk};
    use super::*;
    use proptest::prelude::*;
    use semper_base::Hash;
    use semper_base::limits::{COMPLAINT_BYTES_MAX, LEAVES_MAX};

    fn refused(sale: &Sale, complaint: &Complaint) -> Code {
        judge_complaint(&sale.goods, complaint).unwrap_err().code()
    }

    #[test]
    fn garbage_is_proven() {
        let mut sale = Sale::new(95, 10);
        sale.replace(3, vec![7; 58]);
        assert_eq!(judge_complaint(&sale.goods, &sale.complaint(3)), Ok(WrongFile::DoesNotOpen));
        // The other chunks of the same file are right, and a complaint about one is not heard.
        assert_eq!(refused(&sale, &sale.complaint(4)), Code::ProofWrong);
    }

    #[test]
    fn another_content_is_proven() {
        let mut sale = Sale::new(95, 10);
        let content = sale.goods.content_key(&sale.key, &sale.share).unwrap();
        let other = PlainLeaf::new(&sale.goods.layout, &secret("seed", 9), 3, b"0123456789").unwrap();
        sale.replace(3, encrypt_chunk(&content, &sale.goods.layout, 3, other).unwrap());
        assert_eq!(judge_complaint(&sale.goods, &sale.complaint(3)), Ok(WrongFile::OtherLeaf));
    }

    /// A ciphertext of a wrong length, the right chunk of another place, a chunk under another key: a
    /// seller who puts one under Z is convicted in the same way.
    #[test]
    fn every_kind_of_wrong_chunk_is_proven() {
        let good = Sale::new(95, 10);
        let layout = good.goods.layout;
        let leaf = PlainLeaf::new(&layout, &secret("seed", 1), 3, b"0123456789").unwrap();
        let foreign = ContentKey::derive(&key(2).k, &share(1).s, &layout, &good.goods.r_root);
        let wrong = [Vec::new(), vec![0; 57], good.chunk(4).data.0, encrypt_chunk(&foreign, &layout, 3, leaf).unwrap()];
        for ciphertext in wrong {
            let mut sale = Sale::new(95, 10);
            sale.replace(3, ciphertext);
            assert_eq!(judge_complaint(&sale.goods, &sale.complaint(3)), Ok(WrongFile::DoesNotOpen));
        }
    }

    /// The seller may also lie about R: leaves that are no hash of anything.
    #[test]
    fn a_root_over_nothing_is_proven() {
        let sale = Sale::with_plain_leaf(95, 10, 3, Hash::of(b"no leaf"));
        assert_eq!(judge_complaint(&sale.goods, &sale.complaint(3)), Ok(WrongFile::OtherLeaf));
        assert_eq!(refused(&sale, &sale.complaint(2)), Code::ProofWrong);
    }

    /// Every part of a complaint, forged one at a time, about a file that is as agreed.
    #[test]
    fn a_good_file_cannot_be_complained_of() {
        let sale = Sale::new(95, 10);
        let honest = sale.complaint(3);
        assert_eq!(refused(&sale, &honest), Code::ProofWrong);
        let forge = |change: &dyn Fn(&mut Complaint)| {
            let mut forged = honest.clone();
            change(&mut forged);
            refused(&sale, &forged)
        };
        let other = sale.complaint(4);
        assert_eq!(forge(&|c| c.ciphertext.0[0] ^= 1), Code::ProofWrong);
        assert_eq!(forge(&|c| c.ciphertext.0.clear()), Code::ProofWrong);
        assert_eq!(forge(&|c| c.ciphertext = other.ciphertext.clone()), Code::ProofWrong);
        assert_eq!(forge(&|c| c.ciphertext.0 = vec![0; CHUNK_BYTES as usize + 49]), Code::TooLarge);
        assert_eq!(forge(&|c| c.place.index = 4), Code::ProofWrong);
        assert_eq!(forge(&|c| c.place.index = 10), Code::ProofWrong);
        assert_eq!(forge(&|c| c.place.index = u64::MAX), Code::ProofWrong);
        assert_eq!(forge(&|c| c.place.r_leaf = Hash::of(b"x")), Code::ProofWrong);
        assert_eq!(forge(&|c| c.place.r_path = Path::default()), Code::ProofWrong);
        assert_eq!(forge(&|c| c.place.z_path = other.place.z_path.clone()), Code::ProofWrong);
        assert_eq!(forge(&|c| c.key.k = secret("x", 1)), Code::CommitmentWrong);
        assert_eq!(forge(&|c| c.key.r = secret("x", 1)), Code::CommitmentWrong);
        assert_eq!(forge(&|c| c.share.s = secret("x", 1)), Code::CommitmentWrong);
        assert_eq!(forge(&|c| c.share.r_s = secret("x", 1)), Code::CommitmentWrong);
        // The leaf of one index beside the ciphertext of another: each path is right, the index is not.
        let mix = |c: &mut Complaint| {
            c.place.r_leaf = other.place.r_leaf;
            c.place.r_path = other.place.r_path.clone();
        };
        assert_eq!(forge(&mix), Code::ProofWrong);
        // A right complaint about another sale.
        let mut bad = Sale::other(95, 10);
        bad.replace(3, vec![7; 58]);
        assert!(judge_complaint(&bad.goods, &bad.complaint(3)).is_ok());
        assert_eq!(refused(&sale, &bad.complaint(3)), Code::CommitmentWrong);
    }

    /// Inner nodes in place of leaves, in both trees, with paths cut to fit.
    #[test]
    fn an_inner_node_is_no_leaf() {
        let sale = Sale::new(40, 10);
        let mut forged = sale.complaint(0);
        let up = |path: &Path| Path::try_from(path.siblings()[1..].to_vec()).unwrap();
        let (left, right) = (sale.parcel.plain_leaves()[0], sale.parcel.plain_leaves()[1]);
        forged.place.r_leaf = super::super::tree::node_hash(&left, &right);
        forged.place.r_path = up(&forged.place.r_path);
        assert_eq!(refused(&sale, &forged), Code::ProofWrong);
        let leaves = sale.parcel.sealed_leaves();
        forged = sale.complaint(0);
        forged.ciphertext.0 = [leaves[0].0, leaves[1].0].concat();
        forged.place.z_path = up(&forged.place.z_path);
        assert_ne!(leaf_hash(&forged.ciphertext.0), super::super::tree::node_hash(&leaves[0], &leaves[1]));
        assert_eq!(refused(&sale, &forged), Code::ProofWrong);
    }

    /// ChaCha20-Poly1305 lets a seller make one ciphertext that opens under two keys. This one does, for
    /// chunk 3 of this very sale: one of its blocks was solved for (a linear equation modulo 2^130-5).
    /// Which text counts is not the seller's or the buyer's choice: halves that open no commitment
    /// are not heard.
    #[test]
    fn one_ciphertext_has_one_opening() {
        let mut sale = Sale::new(95, 10);
        let layout = sale.goods.layout;
        let twice = [
            "016e6520636970686572746578742c20a537f5513cbc00e89ac87985e4d3dc2c",
            "7874733a206e6f20757385ca6aabc979e439dce9b50e7271d19d000000000000",
        ];
        let twice: Vec<u8> = twice.iter().flat_map(|hex| Hash::from_hex(hex).unwrap().0).take(58).collect();
        let open = |number| {
            let key = ContentKey::derive(&key(number).k, &share(number).s, &layout, &sale.goods.r_root);
            decrypt_chunk(&key, &layout, 3, &twice).unwrap()
        };
        assert_ne!(open(1).data(), open(2).data());
        sale.replace(3, twice);
        let complaint = sale.complaint(3);
        for (key, share) in [(key(2), share(2)), (key(1), share(2)), (key(2), share(1))] {
            let other = Complaint { key, share, ..complaint.clone() };
            assert_eq!(refused(&sale, &other), Code::CommitmentWrong);
        }
        assert_eq!(judge_complaint(&sale.goods, &complaint), Ok(WrongFile::OtherLeaf));
    }

    /// Two hashes per doubling, no more; and the largest complaint fits its bound.
    #[test]
    fn size_grows_with_the_logarithm() {
        let size = |leaves: u64, chunk: u32| {
            let (goods, complaint) = synthetic(leaves, chunk, leaves - 1);
            assert_eq!(judge_complaint(&goods, &complaint), Ok(WrongFile::DoesNotOpen));
            serde_json::to_vec(&complaint).unwrap().len()
        };
        let base = size(1, 1);
        for leaves in [2, 3, 4, 5, 7, 8, 9, 31, 64, 100, 255, 256, 1000, 4096, 10_000, 32_768, 65_535, LEAVES_MAX] {
            let doublings = usize::try_from(leaves.next_power_of_two().trailing_zeros()).unwrap();
            // Two hashes of 64 digits with quotes and comma; up to 5 digits of the index.
            let most = base + doublings * 2 * 67 + 4;
            assert!(size(leaves, 1) <= most, "{leaves}");
        }
        assert!(size(LEAVES_MAX, CHUNK_BYTES) <= COMPLAINT_BYTES_MAX);
        assert!(size(LEAVES_MAX, CHUNK_BYTES) > COMPLAINT_BYTES_MAX * 9 / 10);
    }

    #[test]
    fn a_complaint_reads_back_and_shows_no_secret() {
        let complaint = Sale::new(95, 10).complaint(3);
        let text = semper_base::json::canonical(&complaint).unwrap();
        assert_eq!(semper_base::json::read::<Complaint>(&text).unwrap(), complaint);
        let secret = semper_base::bytes::encode(complaint.key.k.danger_bytes());
        assert!(String::from_utf8(text).unwrap().contains(&secret));
        assert!(!format!("{complaint:?}").contains(&secret));
    }

    proptest! {
        /// Whatever the seller puts in a chunk's place: the buyer cannot use it if and only if the
        /// complaint wins.
        #[test]
        fn stuck_exactly_when_heard(at in 0_u64..7, kind in 0..4, noise in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut sale = Sale::new(95, 14);
            let content = sale.goods.content_key(&sale.key, &sale.share).unwrap();
            let mut ciphertext = sale.chunk(at).data.0;
            match kind {
                0 => {}
                1 => ciphertext = noise,
                2 => ciphertext.truncate(noise.len()),
                _ => ciphertext = sale.chunk((at + 1) % 7).data.0,
            }
            sale.replace(at, ciphertext.clone());
            let r_leaf = sale.parcel.plain_leaves()[usize::try_from(at).unwrap()];
            let opened = open_agreed(&content, &sale.goods.layout, at, &ciphertext, &r_leaf);
            let judged = judge_complaint(&sale.goods, &sale.complaint(at));
            prop_assert_eq!(opened.err(), judged.ok());
        }

        #[test]
        fn random_forgeries_fail(
            index in any::<u64>(),
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            hops in 0_usize..8,
        ) {
            let sale = Sale::new(95, 10);
            let mut forged = sale.complaint(index % 10);
            forged.place.index = index;
            forged.ciphertext.0 = bytes;
            prop_assert!(judge_complaint(&sale.goods, &forged).is_err());
            forged = sale.complaint(index % 10);
            forged.place.r_path = Path::try_from(vec![Hash::of(b"x"); hops]).unwrap();
            prop_assert!(judge_complaint(&sale.goods, &forged).is_err());
        }
    }
}
