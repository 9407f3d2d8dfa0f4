//! Merkle trees over a list of leaves, hashed as a log hashes them ([`semper_support::log::tree`]): the
//! leaves of a file, which one side keeps whole, and paths of bounded length.

use semper_base::limits::AUDIT_PATH_MAX;
use semper_base::{Code, Hash, Violation};
use semper_support::log::tree::is_included;
pub use semper_support::log::tree::{Frontier as RootBuilder, leaf_hash, node_hash, root};
use serde::{Deserialize, Serialize};

/// The audit path of leaf `index` (RFC 9162 section 2.1.3.1), made from scratch. Whoever needs many
/// keeps a [`Tree`]. None if there is no such leaf.
#[must_use]
pub fn path(leaves: &[Hash], index: u64) -> Option<Path> {
    Tree::new(leaves.to_vec()).path(index)
}

/// Leaf hashes as they are stored: one after the other, 32 bytes each. A long list is too large for
/// JSON (2 MiB for the largest file).
#[must_use]
pub fn pack(leaves: &[Hash]) -> Vec<u8> {
    leaves.iter().flat_map(|leaf| leaf.0).collect()
}

/// Reads what [`pack`] wrote; none if the last hash is cut off.
#[must_use]
pub fn unpack(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    rest.is_empty().then(|| hashes.iter().copied().map(Hash).collect())
}

/// Siblings from a leaf up to the root: at most [`AUDIT_PATH_MAX`] when read from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<Hash>")]
pub struct Path(Vec<Hash>);

impl Path {
    /// The siblings, the leaf's own first.
    #[must_use]
    pub fn siblings(&self) -> &[Hash] {
        &self.0
    }
}

impl TryFrom<Vec<Hash>> for Path {
    type Error = Violation;
    fn try_from(siblings: Vec<Hash>) -> Result<Self, Violation> {
        if siblings.len() > AUDIT_PATH_MAX {
            return Err(Violation::new(Code::TooMany, "hashes of an audit path"));
        }
        Ok(Path(siblings))
    }
}

/// Whether `path` leads from the leaf hash at `index` of a list of `size` to `root` (RFC 9162
/// section 2.1.3.2). The path must be exactly as long as index and size demand, so for one root,
/// index and size no second leaf hash passes.
#[must_use]
pub fn verify(root: &Hash, leaf: &Hash, index: u64, size: u64, path: &Path) -> bool {
    is_included(root, leaf, index, size, path.siblings())
}

/// A whole tree in memory, for many paths: two hashes per leaf.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Tree {
    /// Leaf hashes first, then each level above; the last has one hash.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// Builds all levels.
    #[must_use]
    pub fn new(leaves: Vec<Hash>) -> Self {
        let mut levels = Vec::new();
        let mut level = leaves;
        while level.len() > 1 {
            let above = level.chunks(2).filter_map(join).collect();
            levels.push(std::mem::replace(&mut level, above));
        }
        levels.push(level);
        Tree { levels }
    }

    /// The leaf hashes, in order.
    #[must_use]
    pub fn leaves(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The leaf hash at `index`.
    #[must_use]
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.leaves().get(usize::try_from(index).ok()?).copied()
    }

    /// The root; of no leaves, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.levels.last().and_then(|top| top.first()).copied().unwrap_or_else(|| Hash::of(b""))
    }

    /// The audit path of leaf `index`; none if there is no such leaf.
    #[must_use]
    pub fn path(&self, index: u64) -> Option<Path> {
        let mut at = usize::try_from(index).ok()?;
        self.leaves().get(at)?;
        let mut siblings = Vec::new();
        for level in &self.levels {
            siblings.extend(level.get(at ^ 1));
            at >>= 1;
        }
        Some(Path(siblings))
    }
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tree({} leaves, {})", self.leaves().len(), self.root().short())
    }
}

/// The hash above one pair; a last node without a partner moves up as it is.
fn join(pair: &[Hash]) -> Option<Hash> {
    match pair {
        [left, right] => Some(node_hash(left, right)),
        _ => pair.first().copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The leaf inputs that the certificate-transparency reference implementations share.
    const INPUTS: [&[u8]; 8] = [
        b"",
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];

    /// Roots over the first 0, 1, ... 8 inputs.
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    /// (index, size, path), from the same source.
    const PATHS: [(u64, usize, &[&str]); 5] = [
        (0, 1, &[]),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1,
            5,
            &[
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];

    fn inputs(count: usize) -> Vec<Hash> {
        INPUTS[..count].iter().map(|leaf| leaf_hash(leaf)).collect()
    }

    #[test]
    fn published_roots() {
        for (count, expected) in ROOTS.iter().enumerate() {
            assert_eq!(root(&inputs(count)).hex(), *expected, "{count} leaves");
            assert_eq!(Tree::new(inputs(count)).root().hex(), *expected, "{count} leaves");
        }
    }

    #[test]
    fn published_paths() {
        for (index, size, expected) in PATHS {
            let leaves = inputs(size);
            let path = path(&leaves, index).unwrap();
            let hex: Vec<String> = path.siblings().iter().map(Hash::hex).collect();
            assert_eq!(hex, expected, "leaf {index} of {size}");
            let leaf = leaves[usize::try_from(index).unwrap()];
            assert!(verify(&root(&leaves), &leaf, index, size as u64, &path));
        }
    }

    /// The definition of RFC 9162 section 2.1.1, as it is written there.
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::of(b""),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&root_by_definition(left), &root_by_definition(right))
            }
        }
    }

    /// The definition of RFC 9162 section 2.1.3.1.
    fn path_by_definition(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() < 2 {
            return Vec::new();
        }
        let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
        let (mut path, other) = if index < left.len() {
            (path_by_definition(index, left), right)
        } else {
            (path_by_definition(index - left.len(), right), left)
        };
        path.push(root_by_definition(other));
        path
    }

    fn numbered(count: u64) -> Vec<Hash> {
        (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
    }

    #[test]
    fn every_small_tree_follows_the_definition() {
        for size in 0..=33 {
            let leaves = numbered(size);
            let tree = Tree::new(leaves.clone());
            assert_eq!(tree.root(), root_by_definition(&leaves));
            assert_eq!(root(&leaves), tree.root());
            for index in 0..size {
                let at = usize::try_from(index).unwrap();
                assert_eq!(tree.path(index).unwrap().siblings(), path_by_definition(at, &leaves));
            }
            assert_eq!(tree.path(size), None);
            assert_eq!(tree.path(u64::MAX), None);
        }
    }

    /// For one root and size, a path proves one leaf at one index and nothing else.
    #[test]
    fn only_the_right_claim_verifies() {
        for size in 1..=20 {
            let tree = Tree::new(numbered(size));
            for index in 0..size {
                let path = tree.path(index).unwrap();
                for claimed in 0..=size {
                    for leaf in tree.leaves() {
                        let right = claimed == index && Some(*leaf) == tree.leaf(index);
                        assert_eq!(verify(&tree.root(), leaf, claimed, size, &path), right);
                    }
                }
            }
        }
    }

    #[test]
    fn a_path_has_one_length() {
        let tree = Tree::new(numbered(6));
        let leaf = tree.leaf(4).unwrap();
        let good = tree.path(4).unwrap();
        let mut long = good.clone();
        long.0.push(leaf);
        let mut short = good.clone();
        short.0.pop();
        assert!(verify(&tree.root(), &leaf, 4, 6, &good));
        assert!(!verify(&tree.root(), &leaf, 4, 6, &long));
        assert!(!verify(&tree.root(), &leaf, 4, 6, &short));
        // An inner node at its own height is no leaf.
        let inner = node_hash(&leaf, &tree.leaf(5).unwrap());
        assert!(!verify(&tree.root(), &inner, 2, 6, &short));
        assert!(!verify(&tree.root(), &tree.root(), 0, 6, &Path::default()));
        assert!(!verify(&tree.root(), &leaf, 0, 0, &Path::default()));
        // A root over more leaves than were agreed: its halves do not pass for the smaller tree.
        let (left, right) = (Hash::of(b"left"), Hash::of(b"right"));
        assert!(!verify(&node_hash(&left, &right), &right, 0, 1, &Path(vec![left])));
        let huge = Path(vec![leaf; 1000]);
        assert!(!verify(&tree.root(), &leaf, u64::MAX - 1, u64::MAX, &huge));
    }

    #[test]
    fn packed_lists_read_back() {
        let leaves = numbered(5);
        let packed = pack(&leaves);
        assert_eq!(unpack(&packed), Some(leaves));
        assert_eq!(unpack(&packed[1..]), None);
        assert_eq!(unpack(&[]), Some(Vec::new()));
    }

    #[test]
    fn long_paths_are_not_read() {
        let text = |count| serde_json::to_string(&vec![Hash::of(b""); count]).unwrap();
        assert!(serde_json::from_str::<Path>(&text(AUDIT_PATH_MAX)).is_ok());
        assert!(serde_json::from_str::<Path>(&text(AUDIT_PATH_MAX + 1)).is_err());
    }

    proptest! {
        #[test]
        fn a_changed_path_fails(size in 2_u64..300, pick in any::<u64>(), at in any::<usize>(), bit in 0_usize..256) {
            let tree = Tree::new(numbered(size));
            let index = pick % size;
            let (leaf, mut path) = (tree.leaf(index).unwrap(), tree.path(index).unwrap());
            prop_assert!(verify(&tree.root(), &leaf, index, size, &path));
            let at = at % path.0.len();
            path.0[at].0[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify(&tree.root(), &leaf, index, size, &path));
        }

        #[test]
        fn no_claim_makes_it_panic(index in any::<u64>(), size in any::<u64>(), length in 0_usize..70) {
            let hash = Hash::of(b"x");
            prop_assert!(!verify(&hash, &hash, index, size, &Path(vec![hash; length])) || (size == 1 && length == 0));
        }
    }
}
