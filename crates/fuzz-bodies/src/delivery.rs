//! Delivery: a sale of a few bytes in which one thing is changed. A chunk is taken exactly if it is the
//! agreed one; a complaint wins exactly if the buyer is stuck; a path leads to one leaf only.

use semper_base::{Blob64, Hash};
use semper_blocks::delivery::{
    CataloguePass, Chunk, Complaint, ContentKey, EscrowOpening, Goods, KeyOpening, Layout, Missing, Parcel, SealPass,
    ShareOpening, decrypt_chunk, escrow_hash, judge_complaint, open_agreed, open_escrow, open_share, seal_escrow,
    seal_share, tree, verify_chunk,
};
use semper_support::crypto::{Crypto, Ideal, Secret32};

use crate::input::Input;

/// Longest file: enough for every shape of a small tree.
const LENGTH_MAX: u8 = 40;

struct Sale {
    goods: Goods,
    parcel: Parcel,
    content: ContentKey,
    key: KeyOpening,
    share: ShareOpening,
    chunks: Vec<Vec<u8>>,
}

fn secret(name: &str) -> Secret32 {
    Secret32::from_bytes(Hash::tagged("semper-fuzz/1", name.as_bytes()).0)
}

fn at(index: u64) -> usize {
    usize::try_from(index).expect("small")
}

impl Sale {
    fn new(file: &[u8], chunk: u32) -> Self {
        let layout = Layout::new(file.len() as u64, chunk).expect("a layout");
        let (key, share) =
            (KeyOpening { k: secret("k"), r: secret("r") }, ShareOpening { s: secret("s"), r_s: secret("r_s") });
        let piece = |index| {
            let range = layout.range(index).expect("a chunk");
            &file[at(range.start)..at(range.end)]
        };
        let mut first = CataloguePass::new(layout, secret("seed"));
        (0..layout.leaves()).for_each(|index| first.push(piece(index)).expect("in order"));
        let plain = first.finish().expect("complete");
        let content = ContentKey::derive(&key.k, &share.s, &layout, &tree::root(&plain));
        let mut second = SealPass::new(layout, secret("seed"), plain, content.clone());
        let chunks = (0..layout.leaves()).map(|index| second.push(piece(index)).expect("in order")).collect();
        let parcel = second.finish().expect("complete");
        let (com_k, com_s) = (key.commitment(), share.commitment());
        let goods = Goods { layout, r_root: parcel.r_root(), z_root: parcel.z_root(), com_k, com_s };
        Sale { goods, parcel, content, key, share, chunks }
    }

    fn chunk(&self, index: u64) -> Chunk {
        let place = self.parcel.place(index).expect("a place");
        Chunk { place, data: Blob64(self.chunks[at(index)].clone()) }
    }

    /// The seller puts other bytes under Z and stands by it.
    fn replace(&mut self, index: u64, ciphertext: Vec<u8>) {
        let mut sealed = self.parcel.sealed_leaves().to_vec();
        sealed[at(index)] = tree::leaf_hash(&ciphertext);
        self.chunks[at(index)] = ciphertext;
        self.parcel = Parcel::new(self.parcel.plain_leaves().to_vec(), sealed).expect("as many");
        self.goods.z_root = self.parcel.z_root();
    }
}

/// The target.
///
/// # Panics
/// When something that must always hold does not.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (length, chunk) = (input.byte() % (LENGTH_MAX + 1), u32::from(input.byte() % 16) + 1);
    let file: Vec<u8> = (0..length).collect();
    let mut sale = Sale::new(&file, chunk);
    let leaves = sale.goods.layout.leaves();
    assert_eq!(leaves, (file.len() as u64).div_ceil(u64::from(chunk)).max(1));
    let index = u64::from(input.byte()) % leaves;
    match input.byte() % 6 {
        0 => read_chunk(&sale, &mut input),
        1 => changed_chunk(&sale, index, &mut input),
        2 => stuck(&mut sale, index, input.rest()),
        3 => paths(&sale, index, &mut input),
        4 => progress(&sale, &mut input),
        _ => boxes(&sale, &mut input),
    }
}

/// A chunk as it is read from outside.
fn read_chunk(sale: &Sale, input: &mut Input<'_>) {
    let Ok(chunk) = serde_json::from_slice::<Chunk>(input.clone().rest()) else { return };
    if verify_chunk(&sale.goods, &chunk).is_ok() {
        let index = chunk.place.index;
        assert_eq!(chunk, sale.chunk(index), "another chunk in the same place");
    }
    let complaint =
        Complaint { place: chunk.place, ciphertext: chunk.data, key: sale.key.clone(), share: sale.share.clone() };
    assert!(judge_complaint(&sale.goods, &complaint).is_err(), "a complaint about honest goods");
}

/// One thing about a good chunk is changed.
fn changed_chunk(sale: &Sale, index: u64, input: &mut Input<'_>) {
    let good = sale.chunk(index);
    let mut chunk = good.clone();
    match input.byte() % 4 {
        0 => {
            let (place, change) = (usize::from(input.byte()) % chunk.data.0.len(), input.byte());
            chunk.data.0[place] ^= change;
        }
        1 => chunk.data.0.truncate(usize::from(input.byte())),
        2 => chunk.place.index = u64::from(input.byte()),
        _ => {
            let other = u64::from(input.byte()) % sale.goods.layout.leaves();
            chunk.place.r_leaf = sale.parcel.plain_leaves()[at(other)];
        }
    }
    assert_eq!(verify_chunk(&sale.goods, &chunk).is_ok(), chunk == good);
    let leaf = decrypt_chunk(&sale.content, &sale.goods.layout, index, &chunk.data.0);
    assert_eq!(leaf.is_ok(), chunk.data == good.data, "a chunk that was changed opens");
}

/// Whatever the seller puts in a chunk's place: the buyer cannot use it if and only if the complaint
/// wins.
fn stuck(sale: &mut Sale, index: u64, ciphertext: &[u8]) {
    sale.replace(index, ciphertext.to_vec());
    let agreed = sale.parcel.plain_leaves()[at(index)];
    let opened = open_agreed(&sale.content, &sale.goods.layout, index, ciphertext, &agreed);
    let (key, share) = (sale.key.clone(), sale.share.clone());
    let Some(complaint) = sale.parcel.complaint(index, ciphertext.to_vec(), key, share) else { return };
    assert_eq!(opened.err(), judge_complaint(&sale.goods, &complaint).ok());
}

fn paths(sale: &Sale, index: u64, input: &mut Input<'_>) {
    let (leaves, size) = (sale.parcel.plain_leaves(), sale.goods.layout.leaves());
    let path = tree::path(leaves, index).expect("a leaf");
    let root = tree::root(leaves);
    assert!(tree::verify(&root, &leaves[at(index)], index, size, &path));
    assert_eq!(tree::unpack(&tree::pack(leaves)).as_deref(), Some(leaves));
    let (other, longer) = (u64::from(input.byte()), u64::from(input.byte()));
    if other != index {
        assert!(!tree::verify(&root, &leaves[at(index)], other, size, &path), "a leaf in two places");
    }
    if longer != size && tree::verify(&root, &leaves[at(index)], index, longer, &path) {
        // The same path fits another size only where the tree has the same shape on the way.
        assert!(longer > index);
    }
    let rest = input.clone().rest();
    let Ok(forged) = serde_json::from_slice::<tree::Path>(rest) else { return };
    for leaf in leaves {
        let fits = tree::verify(&root, leaf, index, size, &forged);
        assert_eq!(fits, *leaf == leaves[at(index)] && forged == path, "two paths to one leaf");
    }
}

/// Chunks arrive in any order, some twice, some that there are not.
fn progress(sale: &Sale, input: &mut Input<'_>) {
    let leaves = sale.goods.layout.leaves();
    let (mut missing, mut here) = (Missing::all(&sale.goods.layout), std::collections::BTreeSet::new());
    while !input.is_empty() {
        let index = u64::from(input.byte());
        assert_eq!(missing.arrived(index), index < leaves && here.insert(index));
        assert_eq!(missing.stored(), here.len() as u64);
        assert_eq!(missing.is_complete(), here.len() as u64 == leaves);
        assert_eq!(missing.window(0, 1).is_empty(), missing.is_complete());
    }
}

/// The boxes of the two halves of the key, with something changed.
fn boxes(sale: &Sale, input: &mut Input<'_>) {
    let crypto = Ideal::new(3);
    let pair = crypto.generate().expect("an ideal key");
    let core = b"core";
    let sealed = seal_escrow(&crypto, &pair.public, &secret("box"), &sale.key, core).expect("sealed");
    let open = |sealed: &[u8]| {
        let hash = escrow_hash(sealed);
        open_escrow(&crypto, &pair, &pair.public, sealed, &hash, core, &sale.goods.com_k)
    };
    let good = matches!(open(&sealed), Ok(EscrowOpening::Opened(key)) if key == sale.key);
    assert!(good, "a good box");
    let other = input.piece();
    if other != sealed {
        assert!(!matches!(open(other), Ok(EscrowOpening::Opened(_))), "another box holds the key");
    }
    let mut changed = sealed.clone();
    let (place, change) = (usize::from(input.byte()) % changed.len(), input.byte());
    changed[place] ^= change;
    assert_eq!(matches!(open(&changed), Ok(EscrowOpening::Opened(_))), change == 0);
    let share = seal_share(&crypto, &pair.public, &secret("box"), &sale.share, core);
    let share = share.expect("sealed");
    assert_eq!(open_share(&crypto, &pair.secret, &share, core, &sale.goods.com_s).as_ref(), Ok(&sale.share));
    assert!(open_share(&crypto, &pair.secret, &changed, core, &sale.goods.com_s).is_err());
}
