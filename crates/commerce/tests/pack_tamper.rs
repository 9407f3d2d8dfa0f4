//! Nothing can be changed in an evidence pack without being noticed and named.

use crate::pack_support;

use std::collections::BTreeMap;

use pack_support::zip::{Files, pack, pack_in_order, unpack};
use pack_support::{Ending, Sale, minutes};
use semper_base::{Code, Hash, Violation};
use semper_blocks::statement::{About, Author, Compact};
use semper_commerce::dispute::{PackIndex, Report, read, verify};

fn refused(sale: &Sale, bytes: &[u8]) -> Violation {
    read(bytes, &sale.crypto).unwrap_err()
}

/// Signs the index of these files anew, as an exporter can who changes the pack.
fn signed_again(sale: &Sale, files: &Files, author: &Author) -> Vec<u8> {
    let mut files = files.clone();
    files.retain(|name, _| !name.starts_with("index."));
    let absent = sale.read(&sale.pack()).absent().to_vec();
    let hashes: BTreeMap<String, Hash> =
        files.iter().map(|(name, content)| (name.clone(), Hash::of(content))).collect();
    let body = PackIndex { absent, files: hashes, layout: 1 };
    let index = author.answer(&sale.cx(minutes(30)), About::exchange(sale.x.xid, vec![]), body).unwrap();
    let compact = Compact::parse(&index.text).unwrap();
    files.insert("index.json".into(), compact.payload().to_vec());
    files.insert("index.signing-input".into(), compact.signing_input().into());
    files.insert("index.sig.der".into(), compact.signature().to_der());
    files.insert("index.jws".into(), index.text.into_bytes());
    pack(&files)
}

fn report(sale: &Sale, bytes: &[u8]) -> Report {
    verify(&sale.read(bytes), &sale.root, &sale.crypto)
}

/// Somebody else's writer makes the same bytes, and the same contents make the same pack.
#[test]
fn the_form_is_the_one_that_is_written_down() {
    let sale = Sale::new(1, Ending::WrongFile);
    let bytes = sale.pack();
    assert_eq!(pack(&unpack(&bytes)), bytes);
    let mut contents = sale.contents.clone();
    contents.statements.reverse();
    contents.certificates.reverse();
    contents.lists.reverse();
    contents.pieces.reverse();
    contents.statements.push(contents.statements[0].clone());
    let files = |bytes: &[u8]| {
        let mut files = unpack(bytes);
        files.retain(|name, _| !name.starts_with("index."));
        files
    };
    // The nonce of the index differs, nothing else.
    assert_eq!(files(&sale.pack_by(&sale.alice, &contents)), files(&bytes));
    assert!(report(&sale, &bytes).is_sound());
}

/// Bytes as they lie in the file: all of the headers and directory, every member's first and last and
/// every thirty-first between.
#[test]
fn every_changed_byte_is_refused_and_its_file_is_named() {
    let sale = Sale::new(2, Ending::Settled);
    let bytes = sale.pack();
    let mut changed = bytes.clone();
    let mut flip = |at: usize, name: Option<&str>| {
        changed[at] ^= 1 << (at % 8);
        let why = refused(&sale, &changed);
        changed[at] ^= 1 << (at % 8);
        assert!(!why.detail().is_empty(), "byte {at}: {why}");
        let names = name.is_none_or(|name| why.detail().contains(name));
        assert!(names, "byte {at} of {name:?}: {why}");
    };
    let mut at = 0;
    for (name, content) in unpack(&bytes) {
        let start = at + 30 + name.len();
        (at..start).for_each(|at| flip(at, None));
        at = start + content.len();
        (start..at)
            .filter(|byte| byte % 31 == 0 || *byte == start || byte + 1 == at)
            .for_each(|at| flip(at, Some(&name)));
    }
    (at..bytes.len()).for_each(|at| flip(at, None));
    for at in (0..bytes.len()).step_by(331) {
        assert!(!refused(&sale, &bytes[..at]).detail().is_empty());
    }
    assert_eq!(refused(&sale, &[&bytes[..], b"x"].concat()).code(), Code::PackMalformed);
}

/// The same by somebody who packs again, so that only hash and signature can tell.
#[test]
fn a_changed_and_repacked_file_is_named() {
    let sale = Sale::new(3, Ending::WrongFile);
    let files = unpack(&sale.pack());
    for (name, content) in &files {
        for at in [0, content.len() / 2, content.len() - 1] {
            let mut changed = files.clone();
            changed.get_mut(name).unwrap()[at] ^= 1;
            let why = refused(&sale, &pack(&changed));
            // The key of the index is found by the index; both are named then.
            let told = why.detail().contains(name.as_str()) || (name == "index.jws" && why.detail().contains("keys/"));
            assert!(told, "byte {at} of {name}: {why}");
        }
    }
}

#[test]
fn removed_added_renamed_and_moved_files_are_named() {
    let sale = Sale::new(4, Ending::WrongFile);
    let files = unpack(&sale.pack());
    for name in files.keys() {
        let mut changed = files.clone();
        let content = changed.remove(name).unwrap();
        let why = refused(&sale, &pack(&changed));
        assert!(why.detail().contains(name.as_str()), "without {name}: {why}");
        changed.insert(format!("{name}x"), content);
        let why = refused(&sale, &pack(&changed));
        assert!(why.detail().contains(name.as_str()), "renamed {name}: {why}");
    }
    for added in ["a", "certs/bank-2.pem", "goods/poem.txt", "keys/00.pem", "statements/099-held.jws", "zz"] {
        let mut changed = files.clone();
        changed.insert(added.into(), b"x".to_vec());
        let why = refused(&sale, &pack(&changed));
        assert!(why.detail().contains(added), "with {added}: {why}");
    }
    let list: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    for at in 1..list.len() {
        let mut moved = list.clone();
        moved.swap(at - 1, at);
        assert!(refused(&sale, &pack_in_order(&moved)).detail().contains(list[at - 1].0));
        let mut twice = list.clone();
        twice.insert(at, list[at - 1]);
        assert!(refused(&sale, &pack_in_order(&twice)).detail().contains(list[at - 1].0));
    }
}

/// An exporter who is a party signs whatever index it likes. Then the layout and the statements' own
/// signatures must tell.
#[test]
fn an_exporter_can_change_nothing_that_others_signed() {
    let sale = Sale::new(5, Ending::Settled);
    let files = unpack(&sale.pack());
    for (name, content) in files.iter().filter(|(name, _)| !name.starts_with("index.")) {
        let mut changed = files.clone();
        let last = content.len() - 1;
        changed.get_mut(name).unwrap()[last - 1] ^= 1;
        let bytes = signed_again(&sale, &changed, &sale.alice);
        match read(&bytes, &sale.crypto) {
            Err(why) => assert!(!why.detail().is_empty(), "{name}"),
            Ok(pack) => {
                let report = verify(&pack, &sale.root, &sale.crypto);
                let notes = report.problems.iter().chain(&report.remarks);
                assert!(notes.clone().any(|note| note.file == *name), "{name}: {notes:?}");
                // Only what nobody signed may be changed with no more than a remark.
                assert!(!report.is_sound() || name == "VERIFY.txt" || name.starts_with("pieces/"), "{name}");
            }
        }
    }
    let mut without = files.clone();
    without.remove("statements/006-held.sig.der");
    let why = refused(&sale, &signed_again(&sale, &without, &sale.alice));
    assert_eq!(why.detail(), "statements/006-held.sig.der is not what the other files make it");
    let mut with = files;
    with.insert("goods/poem.txt".into(), b"Roses".to_vec());
    let why = refused(&sale, &signed_again(&sale, &with, &sale.alice));
    assert_eq!(why.detail(), "goods/poem.txt is not what the other files make it");
}

#[test]
fn the_index_of_a_stranger_is_a_problem() {
    let sale = Sale::new(6, Ending::Settled);
    for party in [&sale.alice, &sale.shop, &sale.buyer, &sale.seller, &sale.bank, &sale.notary] {
        assert!(report(&sale, &sale.pack_by(party, &sale.contents)).is_sound());
    }
    let other = Sale::new(7, Ending::Settled);
    let report = report(&sale, &sale.pack_by(&other.buyer, &sale.contents));
    let problem = &report.problems[0];
    assert_eq!((problem.file.as_str(), problem.code), ("index.jws", Code::KeyWrong.number()));
    assert_eq!(report.verdict, None);
    assert!(report.to_string().contains("VERIFICATION FAILED"));
}
