//! Copies beside the writer, and what looking through one finds.

use std::fs;

use semper_base::tx::{ChunkRef, Need, Record};
use semper_base::{Code, Timestamp, Write};
use semper_driver::store::{Applied, Store as _};
use semper_store::{DATABASE_FILE, Mode, SqliteReader, SqliteStore};

use crate::damage::{get, put};
use crate::place::Place;

fn fill(store: &mut SqliteStore, at: u64) {
    let record = Record {
        subject: "deal:1".to_owned(),
        kind: "note".to_owned(),
        bytes: at.to_be_bytes().to_vec(),
        need: Need::Evidence,
        expires: Timestamp::EPOCH,
    };
    // Every other one is small enough for its row, the last one of all among them.
    let bytes = if at.is_multiple_of(2) { 5000 } else { 1000 };
    let chunk = Write::Chunk(ChunkRef { blob: format!("b{}", at % 3), index: at }, vec![7; bytes]);
    let mut transaction = store.begin().unwrap();
    assert_eq!(transaction.apply(&[Write::Archive(record), chunk], Timestamp::EPOCH).unwrap(), Applied::Done);
    transaction.commit().unwrap();
}

#[test]
fn a_copy_is_one_moment_and_is_whole() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    for at in 0..600 {
        fill(&mut store, at);
    }
    let reader = SqliteReader::open_read_only(&place.data()).unwrap();
    let copy = place.root.join("copy");
    fs::create_dir_all(copy.join("blobs")).unwrap();
    reader.copy_to(&copy.join(DATABASE_FILE)).unwrap();
    // The writer goes on; the copy stays as it was.
    put(&mut store, "late/1", b"late");
    let copied = SqliteReader::open_read_only(&copy).unwrap();
    assert_eq!(copied.status().unwrap().commits, 600);
    assert_eq!(fs::read_dir(&copy).unwrap().count(), 2, "no log beside it");
    let blobs = copied.blobs("").unwrap();
    assert_eq!(blobs.len(), 3);
    assert!(copied.blobs(&blobs[2].name).unwrap().is_empty());
    assert_eq!(copied.audit().unwrap_err().code(), Code::DatabaseCorrupt, "the blobs are missing");
    for blob in &blobs {
        let from = place.data().join("blobs").join(&blob.name);
        assert_eq!(fs::metadata(&from).unwrap().len(), blob.bytes);
        fs::copy(&from, copy.join("blobs").join(&blob.name)).unwrap();
    }
    let audit = copied.audit().unwrap();
    assert_eq!((audit.archived, audit.chunks), (600, 600));
    assert_eq!(get(&mut store, "late/1"), Some(b"late".to_vec()));
}

#[test]
fn a_changed_archive_is_noticed() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    (0..3).for_each(|at| fill(&mut store, at));
    drop(store);
    let spoil = |sql: &str| {
        let db = rusqlite::Connection::open(place.data().join(DATABASE_FILE)).unwrap();
        db.execute_batch(&format!("DROP TRIGGER IF EXISTS archive_is_never_changed; {sql}")).unwrap();
        drop(db);
        SqliteReader::open_read_only(&place.data()).unwrap().audit()
    };
    assert!(spoil("").is_ok());
    let changed = spoil("UPDATE archive SET bytes = x'00' WHERE number = 2").unwrap_err();
    assert!(changed.detail().contains("link 2"), "{changed}");
}
