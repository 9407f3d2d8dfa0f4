//! Old copies, restores, and readers beside the writer.

use std::fs;
use std::path::Path;

use semper_base::limits::RESTORE_SEQ_JUMP;
use semper_base::tx::Body;
use semper_base::{Code, Hash, Key, PeerId, Timestamp, View as _, Write};
use semper_driver::store::{Applied, Inbox, Store as _};
use semper_store::{Mode, SqliteReader, SqliteStore};

use crate::damage::{get, put};
use crate::place::Place;

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to.join("blobs")).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn peer() -> PeerId {
    PeerId(Hash::of(b"peer"))
}

fn send(store: &mut SqliteStore) -> u64 {
    let mut transaction = store.begin().unwrap();
    let writes = [Write::Send { to: peer(), kind: "note", body: Body::Inline(b"{}".to_vec()) }];
    assert_eq!(transaction.apply(&writes, Timestamp::EPOCH).unwrap(), Applied::Done);
    transaction.commit().unwrap();
    let transaction = store.begin().unwrap();
    transaction.outbox(&peer(), 0, 9999, Timestamp::EPOCH).unwrap().last().unwrap().seq
}

#[test]
fn an_old_copy_is_refused_until_the_operator_confirms() {
    let place = Place::new();
    let aside = place.root.join("aside");
    let mut store = place.open(Mode::Create).unwrap();
    put(&mut store, "a/1", b"old");
    assert_eq!(send(&mut store), 1);
    drop(store);
    copy(&place.data(), &aside);
    let mut store = place.open_again();
    put(&mut store, "a/1", b"new");
    assert_eq!(send(&mut store), 2);
    let lost = store.commits();
    drop(store);
    copy(&aside, &place.data());
    for _ in 0..2 {
        let fault = place.open(Mode::Open).unwrap_err();
        assert_eq!(fault.code(), Code::DatabaseStale);
        assert!(fault.detail().contains("semper restore --data-dir"), "{fault}");
    }

    let mut store = place.open(Mode::Recover).unwrap();
    assert!(store.is_recovering());
    assert_eq!(get(&mut store, "a/1"), Some(b"old".to_vec()));
    drop(store);
    // The mark outlives the process: a later plain start recovers too, and decides nothing.
    let mut store = place.open_again();
    assert!(store.is_recovering());
    let mut transaction = store.begin().unwrap();
    let writes = [Write::Put(Key("a/2".to_owned()), Vec::new())];
    assert_eq!(transaction.apply(&writes, Timestamp::EPOCH).unwrap_err().code(), Code::Recovering);
    assert_eq!(transaction.inbox(&peer(), 1, 0, &Hash::of(b"m")).unwrap_err().code(), Code::Recovering);
    transaction.tick(Timestamp::from_millis(5)).unwrap();
    transaction.commit().unwrap();

    store.confirm_recovery().unwrap();
    assert!(!store.is_recovering());
    assert!(store.commits() > lost);
    // Never again a number that the lost database may have used.
    assert_eq!(send(&mut store), RESTORE_SEQ_JUMP + 1);
    assert_eq!(send(&mut store), RESTORE_SEQ_JUMP + 2);
    drop(store);
    drop(place.open_again());
    // The copy is now older still.
    copy(&aside, &place.data());
    assert_eq!(place.open(Mode::Open).unwrap_err().code(), Code::DatabaseStale);
}

#[test]
fn what_waits_is_numbered_anew_after_running_on_an_old_copy() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    for seq in 1..=3 {
        assert_eq!(send(&mut store), seq);
    }
    let mut transaction = store.begin().unwrap();
    transaction.acknowledge(&peer(), 1).unwrap();
    transaction.commit().unwrap();
    drop(store);
    let mut store = place.open(Mode::Recover).unwrap();
    store.confirm_recovery_after_running().unwrap();
    let transaction = store.begin().unwrap();
    let waiting = transaction.outbox(&peer(), 0, 9, Timestamp::EPOCH).unwrap();
    let numbers: Vec<(u64, u64)> = waiting.iter().map(|queued| (queued.prev, queued.seq)).collect();
    let first = RESTORE_SEQ_JUMP + 1;
    assert_eq!(numbers, [(0, first), (first, first + 1)]);
    drop(transaction);
    assert_eq!(send(&mut store), first + 2);
    store.confirm_recovery_after_running().unwrap();
    assert_eq!(send(&mut store), first + 3, "nothing waits for confirmation any more");
}

#[test]
fn a_directory_moved_without_its_head_is_refused() {
    let place = Place::new();
    put(&mut place.open(Mode::Create).unwrap(), "a/1", b"one");
    fs::remove_file(place.head()).unwrap();
    assert_eq!(place.open(Mode::Open).unwrap_err().code(), Code::DatabaseStale);
    fs::write(place.head(), "garbage").unwrap();
    assert_eq!(place.open(Mode::Create).unwrap_err().code(), Code::DatabaseStale);
    let mut store = place.open(Mode::Recover).unwrap();
    store.confirm_recovery().unwrap();
    drop(store);
    drop(place.open_again());
}

#[test]
fn a_lost_log_is_an_old_copy() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    put(&mut store, "a/1", b"one");
    // What a killed process leaves, but for the log.
    let aside = place.root.join("aside");
    copy(&place.data(), &aside);
    drop(store);
    fs::remove_file(aside.join("semper.db-wal")).unwrap();
    let _ = fs::remove_file(aside.join("semper.db-shm"));
    copy(&aside, &place.data());
    let code = place.open(Mode::Open).unwrap_err().code();
    assert!([Code::DatabaseStale, Code::DatabaseMissing].contains(&code), "{code:?}");
}

#[test]
fn a_head_behind_the_database_is_harmless() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    put(&mut store, "a/1", b"one");
    let head = fs::read(place.head()).unwrap();
    let last = put(&mut store, "a/1", b"two");
    drop(store);
    fs::write(place.head(), head).unwrap();
    let store = place.open_again();
    assert_eq!(store.commits(), last);
    assert_eq!(fs::read_to_string(place.head()).unwrap(), format!("{last:020}\n"));
}

#[test]
fn readers_see_what_is_committed_with_and_without_a_writer() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    put(&mut store, "a/1", b"one");
    let mut reader = SqliteReader::open_read_only(&place.data()).unwrap();
    let key = Key("a/1".to_owned());
    assert_eq!(reader.get(&key).unwrap(), Some(b"one".to_vec()));
    reader
        .snapshot(|moment| {
            assert_eq!(moment.get(&key)?, Some(b"one".to_vec()));
            put(&mut store, "a/1", b"two");
            assert_eq!(moment.get(&key)?, Some(b"one".to_vec()));
            Ok(())
        })
        .unwrap();
    assert_eq!(reader.get(&key).unwrap(), Some(b"two".to_vec()));
    let mut transaction = store.begin().unwrap();
    let writes = [Write::Put(key.clone(), b"open".to_vec())];
    assert_eq!(transaction.apply(&writes, Timestamp::EPOCH).unwrap(), Applied::Done);
    assert_eq!(reader.get(&key).unwrap(), Some(b"two".to_vec()));
    drop(transaction);
    let commits = store.commits();
    drop(store);
    drop(reader);
    let reader = SqliteReader::open_read_only(&place.data()).unwrap();
    assert_eq!(reader.get(&key).unwrap(), Some(b"two".to_vec()));
    let status = reader.status().unwrap();
    assert_eq!((status.commits, status.recovering, status.archived), (commits, false, 0));
    assert!(reader.scan("a/", None, 9).unwrap().len() == 1 && reader.archive("", 0, 9).unwrap().is_empty());
}

#[test]
fn repetitions_are_answered_while_recovering() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    let mut transaction = store.begin().unwrap();
    assert_eq!(transaction.inbox(&peer(), 1, 0, &Hash::of(b"m")).unwrap(), Inbox::New);
    transaction.commit().unwrap();
    drop(store);
    let mut store = place.open(Mode::Recover).unwrap();
    let mut transaction = store.begin().unwrap();
    assert_eq!(transaction.inbox(&peer(), 1, 0, &Hash::of(b"m")).unwrap(), Inbox::Again(None));
    assert_eq!(transaction.inbox(&peer(), 1, 0, &Hash::of(b"n")).unwrap(), Inbox::Stale);
}
