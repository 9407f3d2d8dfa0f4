//! Trees against the definitions of RFC 6962 and RFC 9162 and their published values; notes against those
//! of Go's checksum database and of C2SP.

use proptest::prelude::*;
use semper_base::{Code, Hash, Timestamp, Xid};

use super::checkpoint::Body;
use super::record::salt;
use super::tile::{Nodes, Resource, WIDTH, pack, pack_entries, unpack, unpack_entries};
use super::tree::{is_extended, is_included, leaf_hash, node_hash, root};
use super::*;
use crate::crypto::{Crypto, EdPublic, Ideal, Secret32, Seeded, unhex};

/// The leaf inputs that the certificate-transparency reference implementations share.
const INPUTS: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// Proofs of consistency between beginnings of that list, from the same source: old size, new size, path.
const CONSISTENCY: [(u64, u64, &[&str]); 4] = [
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

fn inputs(count: u64) -> Vec<Hash> {
    INPUTS.iter().take(usize::try_from(count).unwrap()).map(|leaf| leaf_hash(&unhex(leaf))).collect()
}

fn head(leaves: &[Hash]) -> Head {
    Head { size: leaves.len() as u64, root: root(leaves) }
}

fn numbered(count: u64) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

/// The hashes of a tile by the definition: roots over 256^level leaves each.
fn tile_of(leaves: &[Hash], tile: Tile) -> Vec<Hash> {
    let each = usize::try_from(WIDTH.pow(tile.level)).unwrap();
    let from = usize::try_from(tile.index * WIDTH).unwrap() * each;
    leaves[from..].chunks_exact(each).take(usize::try_from(tile.width).unwrap()).map(root).collect()
}

fn tiles(leaves: &[Hash], size: u64) -> Tiles<impl FnMut(Tile) -> Result<Vec<Hash>, semper_base::Fault>> {
    Tiles::new(size, move |tile| Ok(tile_of(&leaves[..usize::try_from(size).unwrap()], tile)))
}

#[test]
fn a_tree_is_resumed_and_no_tile_is_read_twice() {
    let leaves = numbered(700);
    let mut nodes = Nodes::default();
    for index in [0, 3, 699, 600, 255, 256, 3] {
        let before = nodes.tiles();
        let mut read = 0;
        let mut tree = Tiles::resumed(700, nodes, |tile| {
            read += 1;
            Ok(tile_of(&leaves, tile))
        });
        let path = tree.inclusion(index).unwrap();
        assert_eq!(path, inclusion_by_definition(usize::try_from(index).unwrap(), &leaves));
        nodes = tree.into_nodes();
        assert_eq!(nodes.tiles(), before + read);
    }
    // Three of level 0 and the one above.
    assert_eq!(nodes.tiles(), 4);
}

#[test]
fn published_consistency() {
    let all = inputs(8);
    for (old, new, expected) in CONSISTENCY {
        let path = tiles(&all, new).consistency(old).unwrap();
        assert_eq!(path.iter().map(Hash::hex).collect::<Vec<_>>(), expected, "{old} of {new}");
        assert!(is_extended(&head(&inputs(old)), &head(&inputs(new)), &path));
    }
}

/// RFC 9162 section 2.1.3.1 as it is written there.
fn inclusion_by_definition(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, other) = if index < left.len() {
        (inclusion_by_definition(index, left), right)
    } else {
        (inclusion_by_definition(index - left.len(), right), left)
    };
    path.push(root(other));
    path
}

/// RFC 9162 section 2.1.4.1 as it is written there.
fn consistency_by_definition(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, other) = if old <= left.len() {
        (consistency_by_definition(old, left, whole), right)
    } else {
        (consistency_by_definition(old - left.len(), right, false), left)
    };
    path.push(root(other));
    path
}

#[test]
fn small_trees_follow_the_definition_and_no_other_claim_verifies() {
    let all = numbered(36);
    for size in 1..=35_u64 {
        let leaves = &all[..usize::try_from(size).unwrap()];
        let new = head(leaves);
        assert_eq!(tiles(leaves, size).head().unwrap(), new);
        for index in 0..size {
            let at = usize::try_from(index).unwrap();
            let path = tiles(leaves, size).inclusion(index).unwrap();
            assert_eq!(path, inclusion_by_definition(at, leaves));
            for claimed in 0..=size {
                assert_eq!(is_included(&new.root, &leaves[at], claimed, size, &path), claimed == index);
            }
        }
        for old in 1..=size {
            let at = usize::try_from(old).unwrap();
            let path = tiles(leaves, size).consistency(old).unwrap();
            assert_eq!(path, consistency_by_definition(at, leaves, true));
            let old = head(&leaves[..at]);
            assert!(is_extended(&old, &new, &path));
            assert!(is_extended(&Head::empty(), &new, &[]));
            for other in 1..=size {
                let other = Head { size: other, root: old.root };
                assert_eq!(is_extended(&other, &new, &path), other.size == old.size);
            }
            let longer = [path.clone(), vec![new.root]].concat();
            assert!(!is_extended(&old, &new, &longer));
            if old.size < size {
                assert!(!is_extended(&old, &new, &path[..path.len() - 1]));
                assert!(!is_extended(&new, &old, &path), "a log does not shrink");
            }
        }
        assert!(tiles(leaves, size).inclusion(size).is_err());
        assert!(tiles(leaves, size).consistency(size + 1).is_err());
    }
}

/// Trees of several levels of tiles: each proof against the one made from all leaves.
#[test]
fn large_trees_are_read_tile_by_tile() {
    let all = numbered(65_793);
    for size in [256, 257, 512, 65_793_u64] {
        let leaves = &all[..usize::try_from(size).unwrap()];
        let new = head(leaves);
        assert_eq!(tiles(leaves, size).head().unwrap(), new);
        for index in [0, 255, 256, size - 1].into_iter().filter(|index| *index < size) {
            let path = tiles(leaves, size).inclusion(index).unwrap();
            assert!(is_included(&new.root, &leaves[usize::try_from(index).unwrap()], index, size, &path));
        }
        for old in [1, 200, 256, size / 3, size - 1].into_iter().filter(|old| *old < size) {
            let path = tiles(leaves, size).consistency(old).unwrap();
            assert!(is_extended(&head(&leaves[..usize::try_from(old).unwrap()]), &new, &path), "{old} of {size}");
        }
    }
}

#[test]
fn paths_of_tiles() {
    // The example of C2SP tlog-tiles: 70,000 leaves.
    let all: Vec<Tile> = Tile::all(70_000).collect();
    assert_eq!(all.iter().filter(|tile| tile.level == 0 && !tile.is_partial()).count(), 273);
    let rest: Vec<String> = all.iter().filter(|tile| tile.level > 0 || tile.is_partial()).map(Tile::path).collect();
    assert_eq!(rest, ["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]);
    let far = Tile { level: 0, index: 1_234_067, width: 256 };
    assert_eq!(
        (far.path().as_str(), far.entries_path().as_str()),
        ("tile/0/x001/x234/067", "tile/entries/x001/x234/067")
    );
    assert_eq!(Resource::parse("tile/entries/x001/x234/067"), Some(Resource::Entries(far)));
    assert_eq!(Resource::parse("checkpoint"), Some(Resource::Checkpoint));
    for bad in [
        "",
        "tile",
        "tile/0",
        "tile/00/000",
        "tile/8/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/-01",
        "tile/0/000/",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/entries/x1/000",
        "/checkpoint",
    ] {
        assert_eq!(Resource::parse(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn a_path_reads_back(level in 0_u32..8, index in 0..u64::MAX / 256, width in 1..=256_u64) {
        let tile = Tile { level, index, width };
        prop_assert_eq!(Resource::parse(&tile.path()), Some(Resource::Hashes(tile)));
        prop_assert_eq!(Resource::parse(&tile.entries_path()), Some(Resource::Entries(Tile { level: 0, ..tile })));
    }

    #[test]
    fn no_path_makes_it_panic(path in "(tile/)?(entries|[0-9])?(/x?[0-9]{1,4}){0,8}(\\.p/[0-9]{0,4})?") {
        if let Some(Resource::Hashes(tile)) = Resource::parse(&path) {
            prop_assert_eq!(tile.path(), path);
        }
    }

    #[test]
    fn no_claim_makes_a_proof_panic(old: u64, new: u64, index: u64, length in 0_usize..70) {
        let (hash, other) = (Hash::of(b"x"), Hash::of(b"y"));
        let path = vec![hash; length];
        let (old, new) = (Head { size: old, root: hash }, Head { size: new, root: other });
        prop_assert!(!is_extended(&old, &new, &path));
        prop_assert!(!is_included(&other, &hash, index, new.size, &path));
    }

    #[test]
    fn a_changed_proof_fails(size in 2_u64..300, pick: u64, at: usize, bit in 0_usize..256) {
        let leaves = numbered(size);
        let (new, index) = (head(&leaves), pick % size);
        let mut path = tiles(&leaves, size).inclusion(index).unwrap();
        let place = at % path.len();
        path[place].0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!is_included(&new.root, &leaves[usize::try_from(index).unwrap()], index, size, &path));
        let old = head(&leaves[..usize::try_from(1 + pick % (size - 1)).unwrap()]);
        let mut path = tiles(&leaves, size).consistency(old.size).unwrap();
        prop_assert!(is_extended(&old, &new, &path));
        let place = at % path.len();
        path[place].0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!is_extended(&old, &new, &path));
    }

    #[test]
    fn bundles_read_back(entries in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 1..20)) {
        let bundle = pack_entries(entries.iter().map(Vec::as_slice)).unwrap();
        let tile = Tile { level: 0, index: 0, width: entries.len() as u64 };
        prop_assert_eq!(unpack_entries(&tile, &bundle), Some(entries));
        prop_assert_eq!(unpack_entries(&tile, &bundle[..bundle.len() - 1]), None);
        prop_assert_eq!(unpack_entries(&Tile { width: tile.width + 1, ..tile }, &bundle), None);
    }

    #[test]
    fn no_note_makes_it_panic(text in "(\\PC|\n|— ){0,60}\n\n(— [a-z+ ]{0,4} [A-Za-z0-9=]{0,12}\n?){0,3}") {
        if let Ok(note) = Note::parse(&text) {
            prop_assert_eq!(note.to_string(), text.clone());
        }
        let _ = Proof::parse(&text);
        let _ = NoteKey::parse(&text);
        let _ = Body::parse(&text);
    }
}

#[test]
fn hashes_of_tiles_read_back() {
    let tile = Tile { level: 0, index: 0, width: 3 };
    let leaves = numbered(3);
    assert_eq!(unpack(&tile, &pack(&leaves)), Some(leaves.clone()));
    assert_eq!(unpack(&tile, &pack(&leaves[..2])), None);
    assert_eq!(unpack(&tile, &pack(&leaves)[..95]), None);
    assert!(pack_entries([vec![0; 65_536].as_slice()]).is_err());
}

/// From the documentation of golang.org/x/mod/sumdb/note.
#[test]
fn a_published_note_verifies() {
    let key = NoteKey::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
    let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    let line =
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
    let note = Note::parse(&format!("{text}\n{line}\n")).unwrap();
    let crypto = Seeded::new([0; 32]);
    assert_eq!(note.verify(&key, &crypto), Ok(None));
    assert_eq!(note.text(), text);
    let other = Note::parse(&format!("{}\n{line}\n", text.replace("your", "our"))).unwrap();
    assert_eq!(other.verify(&key, &crypto).unwrap_err().code(), Code::SignatureWrong);
}

/// A published pair of a log's test data (Tessera): the seed gives the key under its name.
#[test]
fn a_published_key_has_its_id() {
    let text = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
    let seed = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        "AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg",
    );
    let seed = Secret32::from_bytes(seed.unwrap()[1..].try_into().unwrap());
    let public = Seeded::new([0; 32]).ed_public(&seed).unwrap();
    let key = NoteKey::new("example.com/log/testdata", KeyUse::Log, public).unwrap();
    assert_eq!(key.to_string(), text);
    assert_eq!(NoteKey::parse(text), Ok(key));
    for bad in [
        text.replace("33d7b496", "33d7b497"),
        text.replace("+AeH", "+BeH"),
        text.replace("example.com", "example com"),
        text.replace("kkSx", "kkS"),
        format!("{text}="),
        String::new(),
    ] {
        assert!(NoteKey::parse(&bad).is_err(), "{bad}");
    }
}

struct Keys {
    crypto: Ideal,
    log: (NoteKey, Secret32),
    witness: (NoteKey, Secret32),
}

fn keys() -> Keys {
    let crypto = Ideal::new(1);
    let pair = |name, key_use, byte| {
        let seed = Secret32::from_bytes([byte; 32]);
        (NoteKey::new(name, key_use, crypto.ed_public(&seed).unwrap()).unwrap(), seed)
    };
    let (log, witness) = (pair("bank.test/log", KeyUse::Log, 1), pair("witness.test/w", KeyUse::Witness, 2));
    Keys { crypto, log, witness }
}

fn signed(keys: &Keys, leaves: &[Hash]) -> Checkpoint {
    Checkpoint::sign(head(leaves), &keys.log.0, &keys.log.1, &keys.crypto).unwrap()
}

#[test]
fn a_checkpoint_is_cosigned_and_read_back() {
    let keys = keys();
    let mut checkpoint = signed(&keys, &numbered(5));
    let at = Timestamp::from_millis(1_679_315_147_999);
    let line = checkpoint.cosign(&keys.witness.0, &keys.witness.1, at, &keys.crypto).unwrap();
    let line = Line::parse(&line.to_string()).unwrap();
    assert_eq!(checkpoint.add(line.clone(), &keys.witness.0, &keys.crypto), Ok(at.whole_seconds()));
    assert_eq!(checkpoint.add(line.clone(), &keys.witness.0, &keys.crypto), Ok(at.whole_seconds()));
    let again = Checkpoint::read(&checkpoint.to_string(), &keys.log.0, &keys.crypto).unwrap();
    assert_eq!(again, checkpoint);
    assert_eq!(again.note().lines.len(), 2);
    assert_eq!(again.cosigned(&keys.witness.0, &keys.crypto), Some(at.whole_seconds()));
    // Over another checkpoint the line says nothing.
    let mut other = signed(&keys, &numbered(6));
    assert_eq!(other.add(line, &keys.witness.0, &keys.crypto).unwrap_err().code(), Code::SignatureWrong);
    assert_eq!(other.cosigned(&keys.witness.0, &keys.crypto), None);
    // A log's own line is no cosignature, and the other way round.
    let own = other.note().lines[0].clone();
    assert_eq!(other.add(own, &keys.log.0, &keys.crypto).unwrap_err().code(), Code::KeyWrong);
}

#[test]
fn checkpoints_of_others_are_refused() {
    let keys = keys();
    let checkpoint = signed(&keys, &numbered(5)).to_string();
    let refused = |text: &str| Checkpoint::read(text, &keys.log.0, &keys.crypto).unwrap_err().code();
    assert_eq!(refused(&checkpoint.replace("\n5\n", "\n6\n")), Code::SignatureWrong);
    assert_eq!(refused(&checkpoint.replace("— bank.test/log ", "— bank.test/gol ")), Code::KeyWrong);
    assert_eq!(refused(&checkpoint.replace("\n\n", "\n")), Code::NoteMalformed);
    assert_eq!(refused(checkpoint.trim_end()), Code::NoteMalformed);
    assert_eq!(refused(&format!("{checkpoint}\n")), Code::NoteMalformed);
    assert_eq!(refused(&format!("{checkpoint}— x\n")), Code::NoteMalformed);
    assert_eq!(refused(&"x".repeat(20_000)), Code::TooLarge);
    let line = checkpoint.lines().last().unwrap().to_owned() + "\n";
    assert_eq!(refused(&(checkpoint.clone() + &line.repeat(40))), Code::TooMany);
    // A key of another name, an extension line, sizes written otherwise: signed, and still refused.
    let sign = |text: &str| {
        let mut note = Note::new(text.to_owned());
        note.lines.push(Line::sign(&keys.log.0, &keys.log.1, text, &keys.crypto).unwrap());
        note.to_string()
    };
    let root = checkpoint::write_hash(&Hash::of(b""));
    assert_eq!(refused(&sign(&format!("other.test\n5\n{root}\n"))), Code::LogUnknown);
    for bad in [
        "bank.test/log\n5\n",
        "bank.test/log\n05\nR\n",
        "bank.test/log\n5\nR\nmore\n",
        "\n5\nR\n",
        "bank.test/log\n-5\nR\n",
    ] {
        assert_eq!(refused(&sign(&bad.replace('R', &root))), Code::NoteMalformed, "{bad}");
    }
    assert_eq!(refused(&sign(&format!("bank.test/log\n5\n{}\n", root.trim_end_matches('=')))), Code::NoteMalformed);
}

#[test]
fn a_proof_is_a_file_that_stands_alone() {
    let keys = keys();
    let answer = "a.signed.answer";
    let record = Record::of(Xid(Hash::of(b"x")), "decision", "captured", answer, Timestamp::from_millis(5));
    let entry = record.entry(answer).unwrap();
    assert_eq!(record.entry("another.signed.answer").unwrap_err().code(), Code::RefWrong);
    assert_eq!(Entry::read(&entry.bytes()), Ok(entry));
    let mut leaves = numbered(300);
    leaves[77] = entry.leaf();
    let checkpoint = signed(&keys, &leaves);
    let path = tiles(&leaves, 300).inclusion(77).unwrap();
    let proof = Proof { entry, index: 77, path, checkpoint: checkpoint.to_string() };
    let text = proof.to_string();
    assert_eq!(Proof::parse(&text), Ok(proof.clone()));
    assert_eq!(proof.verify(&keys.log.0, &keys.crypto), Ok(checkpoint));
    let other = Record { value: "released".to_owned(), ..record.clone() }.entry(answer).unwrap();
    assert_eq!(other.place, entry.place, "one slot, one place");
    let wrong = Proof { entry: other, ..proof.clone() };
    assert_eq!(wrong.verify(&keys.log.0, &keys.crypto).unwrap_err().code(), Code::ProofWrong);
    assert_eq!(record.entry("a.signed.signature"), Ok(entry), "another signature of the same words");
    let long = text.replace("index 77\n", &format!("index 77\n{}", "AAAA\n".repeat(3)));
    assert_eq!(Proof::parse(&long).unwrap_err().code(), Code::NoteMalformed);
    let line = format!("{}\n", checkpoint::write_hash(&Hash::of(b"")));
    let long = text.replace("index 77\n", &format!("index 77\n{}", line.repeat(64)));
    assert_eq!(Proof::parse(&long).unwrap_err().code(), Code::TooMany);
    assert!(Proof::parse(&text.replace("index 77", "index 077")).is_err());
    assert!(Proof::parse(&text.replace("@v1", "@v2")).is_err());
}

#[test]
fn every_part_of_a_record_counts() {
    let (xid, at) = (Xid(Hash::of(b"x")), Timestamp::from_millis(5));
    let one = Record::of(xid, "decision", "captured", "answer", at);
    let seal = |record: &Record, answer: &str| record.entry(answer).unwrap();
    let entry = seal(&one, "answer");
    let others = [
        Record { xid: Xid(Hash::of(b"y")), ..one.clone() },
        Record { slot: "remedy".to_owned(), ..one.clone() },
        Record { value: "released".to_owned(), ..one.clone() },
        Record { at: Timestamp::from_millis(6), ..one.clone() },
    ];
    for other in &others {
        assert_ne!(seal(other, "answer").seal, entry.seal);
    }
    assert_ne!(salt("answer"), salt("answes"));
    assert_ne!(seal(&others[0], "answer").place, entry.place);
    assert_ne!(seal(&others[1], "answer").place, entry.place);
    assert!(Entry::read(&[2; 65]).is_err());
    assert!(Entry::read(&[1; 64]).is_err());
    assert!(Entry::read(&[1; 66]).is_err());
    assert_ne!(node_hash(&entry.leaf(), &entry.leaf()), leaf_hash(&entry.bytes()));
    let _ = EdPublic([0; 32]);
}
