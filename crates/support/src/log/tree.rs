//! Merkle trees as RFC 6962 section 2.1 and RFC 9162 section 2.1 hash them: a leaf is
//! `SHA-256(0x00 || leaf)`, a node `SHA-256(0x01 || left || right)`, and a list of n splits at the largest
//! power of two below n. Functions take leaf hashes, so that content is hashed once.

use semper_base::Hash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The hash of a leaf's content.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    let mut digest = Sha256::new();
    digest.update([0]);
    digest.update(leaf);
    Hash(digest.finalize().into())
}

/// The hash of the node above two others.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut digest = Sha256::new();
    digest.update([1]);
    digest.update(left.0);
    digest.update(right.0);
    Hash(digest.finalize().into())
}

/// The right edge of a list that grows leaf by leaf: one hash per set bit of the count, which is all that
/// the next root needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frontier {
    /// Roots of the full subtrees so far, largest first.
    peaks: Vec<Hash>,
    count: u64,
}

impl Frontier {
    /// Adds the next leaf's hash.
    pub fn push(&mut self, leaf: Hash) {
        let (mut node, mut carry) = (leaf, self.count);
        // Like adding one to a binary number: each trailing one is a full subtree to join.
        while carry & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            node = node_hash(&left, &node);
            carry >>= 1;
        }
        self.peaks.push(node);
        self.count = self.count.saturating_add(1);
    }

    /// How many leaves there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The root of the leaves so far; of none, the hash of nothing (RFC 9162 section 2.1.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        let joined = self.peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
        joined.unwrap_or_else(|| Hash::of(b""))
    }
}

/// The root over `leaves`.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}

/// Whether `path` leads from the leaf hash at `index` of a list of `size` to `root` (RFC 9162
/// section 2.1.3.2). The path must be exactly as long as index and size demand, so for one root,
/// index and size no second leaf hash passes.
#[must_use]
pub fn is_included(root: &Hash, leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut node) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            node = node_hash(sibling, &node);
            // A last node without a sibling moves up unhashed; the path has nothing for it.
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node = node_hash(&node, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && node == *root
}

/// A tree as its owner signed it: how many leaves, and their root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

impl Head {
    /// The head of no leaves at all.
    #[must_use]
    pub fn empty() -> Self {
        Head { size: 0, root: Hash::of(b"") }
    }
}

/// Whether `path` shows that the list under `old` is a beginning of the list under `new` (RFC 9162
/// section 2.1.4.2). Nothing is a beginning of every list, and for equal sizes the roots must be equal;
/// both take no path.
#[must_use]
pub fn is_extended(old: &Head, new: &Head, path: &[Hash]) -> bool {
    if old.size > new.size {
        return false;
    }
    if old.size == 0 {
        return path.is_empty() && old.root == Head::empty().root && (new.size > 0 || new.root == old.root);
    }
    if old.size == new.size {
        return path.is_empty() && old.root == new.root;
    }
    // The old root is itself a full subtree of the new list, and then the path does not repeat it.
    let own = old.size.is_power_of_two().then_some(old.root);
    let mut rest = own.iter().chain(path);
    let Some(first) = rest.next() else { return false };
    let (mut at, mut last) = (old.size - 1, new.size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut old_node, mut new_node) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old_node = node_hash(sibling, &old_node);
            new_node = node_hash(sibling, &new_node);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_node = node_hash(&new_node, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old_node == old.root && new_node == new.root
}
