//! Dropped blobs give their room back; nothing else of the folder is touched.

use semper_base::tx::ChunkRef;
use semper_base::{Timestamp, Write};
use semper_driver::store::{Applied, Store as _};
use semper_store::{Mode, SqliteStore};

use crate::place::Place;

fn commit(store: &mut SqliteStore, writes: &[Write]) {
    let mut transaction = store.begin().unwrap();
    assert_eq!(transaction.apply(writes, Timestamp::EPOCH).unwrap(), Applied::Done);
    transaction.commit().unwrap();
}

fn chunk(blob: &str) -> Write {
    Write::Chunk(ChunkRef { blob: blob.to_owned(), index: 0 }, vec![1; 5000])
}

fn files(place: &Place) -> Vec<String> {
    let entries = std::fs::read_dir(place.data().join("blobs")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_dropped_blob_gives_its_room_back_with_the_commit() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    commit(&mut store, &[chunk("goods"), chunk("sale")]);
    let drop_it = [Write::DropBlob("sale".to_owned())];
    let mut transaction = store.begin().unwrap();
    assert_eq!(transaction.apply(&drop_it, Timestamp::EPOCH).unwrap(), Applied::Done);
    drop(transaction);
    assert_eq!(files(&place), ["goods", "sale"], "not before the commit");
    commit(&mut store, &drop_it);
    assert_eq!(files(&place), ["goods"]);
}

#[test]
fn what_a_crash_left_goes_when_the_store_is_opened() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    commit(&mut store, &[chunk("goods")]);
    drop(store);
    let blobs = place.data().join("blobs");
    // The process died between COMMIT and the removal; somebody's note lies beside it.
    std::fs::write(blobs.join("sale"), b"left").unwrap();
    std::fs::write(blobs.join("Read me.txt"), b"a note").unwrap();
    let mut store = place.open_again();
    assert_eq!(files(&place), ["Read me.txt", "goods"]);
    let stored = store.begin().unwrap().chunk(&ChunkRef { blob: "goods".to_owned(), index: 0 }).unwrap();
    assert_eq!(stored, Some(vec![1; 5000]));
    drop(store);
    // A restored database may be older than what lies beside it.
    std::fs::write(blobs.join("sale"), b"newer than the backup").unwrap();
    drop(place.open(Mode::Recover).unwrap());
    assert_eq!(files(&place), ["Read me.txt", "goods", "sale"]);
}
