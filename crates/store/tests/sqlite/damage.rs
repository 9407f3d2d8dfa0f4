//! Missing, damaged, newer, foreign, locked and full.

use std::fs;

use rusqlite::Connection;
use semper_base::{Code, Key, Timestamp, Write};
use semper_driver::store::{Applied, Store as _};
use semper_store::{DATABASE_FILE, Mode, SqliteReader, SqliteStore};

use crate::place::Place;

pub(crate) fn put(store: &mut SqliteStore, key: &str, value: &[u8]) -> u64 {
    let mut transaction = store.begin().unwrap();
    let writes = [Write::Put(Key(key.to_owned()), value.to_vec())];
    assert_eq!(transaction.apply(&writes, Timestamp::EPOCH).unwrap(), Applied::Done);
    transaction.commit().unwrap()
}

pub(crate) fn get(store: &mut SqliteStore, key: &str) -> Option<Vec<u8>> {
    store.begin().unwrap().get(&Key(key.to_owned())).unwrap()
}

/// The database as another program sees it.
fn raw(place: &Place) -> Connection {
    Connection::open(place.data().join(DATABASE_FILE)).unwrap()
}

fn refused(place: &Place, mode: Mode) -> (Code, String) {
    let fault = place.open(mode).unwrap_err();
    (fault.code(), fault.detail().to_owned())
}

#[test]
fn nothing_is_made_unless_asked() {
    let place = Place::new();
    assert_eq!(refused(&place, Mode::Open).0, Code::DatabaseMissing);
    assert_eq!(refused(&place, Mode::Recover).0, Code::DatabaseMissing);
    assert_eq!(SqliteReader::open_read_only(&place.data()).unwrap_err().code(), Code::DatabaseMissing);
    assert!(!place.data().exists());
    drop(place.open(Mode::Create).unwrap());
    drop(place.open(Mode::Create).unwrap());
    drop(place.open_again());
}

#[test]
fn a_lost_database_is_not_made_anew() {
    let place = Place::new();
    put(&mut place.open(Mode::Create).unwrap(), "a/1", b"one");
    fs::remove_dir_all(place.data()).unwrap();
    let (code, text) = refused(&place, Mode::Create);
    assert_eq!(code, Code::DatabaseMissing);
    assert!(text.contains("data.head"), "{text}");
    fs::remove_file(place.head()).unwrap();
    place.open(Mode::Create).unwrap();
}

#[test]
fn a_newer_database_is_refused_with_a_way_out() {
    let place = Place::new();
    drop(place.open(Mode::Create).unwrap());
    raw(&place).pragma_update(None, "user_version", 1000).unwrap();
    let (code, text) = refused(&place, Mode::Open);
    assert_eq!(code, Code::DatabaseNewer);
    assert!(text.contains("newer program") && text.contains("backup"), "{text}");
    assert_eq!(SqliteReader::open_read_only(&place.data()).unwrap_err().code(), Code::DatabaseNewer);
}

#[test]
fn foreign_and_damaged_files_are_refused() {
    let place = Place::new();
    fs::create_dir_all(place.data()).unwrap();
    let file = place.data().join(DATABASE_FILE);
    fs::write(&file, "this is not a database, but long enough to have a header ".repeat(99)).unwrap();
    assert_eq!(refused(&place, Mode::Create).0, Code::DatabaseCorrupt);
    assert_eq!(SqliteReader::open_read_only(&place.data()).unwrap_err().code(), Code::DatabaseCorrupt);
    fs::remove_file(&file).unwrap();
    raw(&place).execute_batch("CREATE TABLE song (name TEXT)").unwrap();
    assert_eq!(refused(&place, Mode::Create).0, Code::DatabaseCorrupt);
}

#[test]
fn torn_pages_are_found_at_start() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    for n in 0..200 {
        put(&mut store, &format!("a/{n}"), &[1; 900]);
    }
    drop(store);
    let file = place.data().join(DATABASE_FILE);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0x5a);
    fs::write(&file, bytes).unwrap();
    let (code, text) = refused(&place, Mode::Open);
    assert_eq!(code, Code::DatabaseCorrupt);
    assert!(text.contains("semper restore --data-dir"), "{text}");
}

#[test]
fn two_processes_cannot_write() {
    let place = Place::new();
    let store = place.open(Mode::Create).unwrap();
    let why = SqliteStore::open(&place.data(), &place.head(), Mode::Open).unwrap_err();
    assert_eq!(why.code(), Code::Locked);
    assert!(why.to_string().contains(&place.data().display().to_string()), "{why}");
    drop(store);
    place.open_again();
}

#[test]
fn a_commit_that_fails_ends_the_store() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    put(&mut store, "a/1", b"one");
    // The folder of a blob that is to be synced goes away under the running process.
    let mut transaction = store.begin().unwrap();
    let chunk = semper_base::tx::ChunkRef { blob: "b".to_owned(), index: 0 };
    let writes = [Write::Put(Key("a/1".to_owned()), b"two".to_vec()), Write::Chunk(chunk, vec![1; 5000])];
    assert_eq!(transaction.apply(&writes, Timestamp::EPOCH).unwrap(), Applied::Done);
    fs::remove_dir_all(place.data().join("blobs")).unwrap();
    transaction.commit().unwrap_err();
    assert_eq!(store.begin().err().unwrap().code(), Code::Commit);
    assert_eq!(store.begin().err().unwrap().code(), Code::Commit);
    drop(store);
    assert_eq!(get(&mut place.open_again(), "a/1"), Some(b"one".to_vec()));
}

#[test]
fn a_chunk_that_changed_on_disk_is_not_given_out() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    let chunk = semper_base::tx::ChunkRef { blob: "b".to_owned(), index: 1 };
    let mut transaction = store.begin().unwrap();
    assert_eq!(
        transaction.apply(&[Write::Chunk(chunk.clone(), vec![1; 5000])], Timestamp::EPOCH).unwrap(),
        Applied::Done
    );
    transaction.commit().unwrap();
    let file = place.data().join("blobs/b");
    let bytes = fs::read(&file).unwrap();
    for damaged in [&bytes[..bytes.len() - 1], &vec![0; bytes.len()], &[]] {
        fs::write(&file, damaged).unwrap();
        assert_eq!(store.begin().unwrap().chunk(&chunk).unwrap_err().code(), Code::DatabaseCorrupt);
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(store.begin().unwrap().chunk(&chunk).unwrap_err().code(), Code::DatabaseCorrupt);
    fs::write(&file, &bytes).unwrap();
    assert_eq!(store.begin().unwrap().chunk(&chunk).unwrap(), Some(vec![1; 5000]));
}

#[test]
fn the_database_itself_forbids_changes_to_what_is_kept_for_ever() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    let mut transaction = store.begin().unwrap();
    let record = semper_base::tx::Record {
        subject: "xid:1".to_owned(),
        kind: "receipt".to_owned(),
        bytes: b"x".to_vec(),
        need: semper_base::tx::Need::Evidence,
        expires: Timestamp::EPOCH,
    };
    let xid = semper_base::Xid::of(b"descriptor");
    let writes = [Write::Insert(xid, "hold", b"held".to_vec()), Write::Archive(record)];
    assert_eq!(transaction.apply(&writes, Timestamp::EPOCH).unwrap(), Applied::Done);
    transaction.commit().unwrap();
    drop(store);
    let db = raw(&place);
    db.pragma_update(None, "recursive_triggers", true).unwrap();
    for sql in [
        "UPDATE register SET value = x'00'",
        "DELETE FROM register",
        "REPLACE INTO register SELECT number, xid, slot, x'00' FROM register",
        "UPDATE archive SET expires = 0",
        "DELETE FROM archive",
        "UPDATE state SET three = 2 WHERE three = 1 AND kind = 7",
        "UPDATE state SET name = x'00' WHERE kind = 7",
        "UPDATE state SET kind = 9 WHERE kind = 7",
        "UPDATE OR REPLACE state SET (kind, name) = (SELECT kind, name FROM state WHERE kind = 7 AND three = 1)
         WHERE kind = 1",
        "DELETE FROM state WHERE kind = 7",
        "DELETE FROM state",
        "INSERT INTO state (kind, name, seq, three) SELECT kind, name, seq, 2 FROM state WHERE kind = 7",
        "REPLACE INTO state (kind, name, seq, three) SELECT kind, name, seq, 2 FROM state WHERE kind = 7",
    ] {
        let why = db.execute(sql, []).unwrap_err().to_string();
        let told = ["written once", "for ever", "never changed", "not deleted", "UNIQUE constraint"];
        assert!(told.iter().any(|told| why.contains(told)), "{sql}: {why}");
    }
    // A row that is only appended is nobody's.
    db.execute("INSERT INTO register SELECT 2, xid, slot, x'00' FROM register", []).unwrap();
    drop(db);
    let mut store = place.open_again();
    assert_eq!(store.begin().unwrap().register(&xid, "hold").unwrap(), Some(b"held".to_vec()));
}

#[test]
fn a_register_that_lost_a_row_does_not_say_that_there_was_none() {
    let place = Place::new();
    let mut store = place.open(Mode::Create).unwrap();
    let (xid, other) = (semper_base::Xid::of(b"descriptor"), semper_base::Xid::of(b"another"));
    for (xid, slot) in [(xid, "decision"), (other, "decision"), (xid, "remedy")] {
        let mut transaction = store.begin().unwrap();
        let writes = [Write::Insert(xid, slot, slot.as_bytes().to_vec())];
        assert_eq!(transaction.apply(&writes, Timestamp::EPOCH).unwrap(), Applied::Done);
        transaction.commit().unwrap();
    }
    drop(store);
    assert_eq!(SqliteReader::open_read_only(&place.data()).unwrap().audit().unwrap().registered, 3);
    let intact = fs::read(place.data().join(DATABASE_FILE)).unwrap();
    let guards = "DROP TRIGGER register_is_never_changed; DROP TRIGGER register_is_never_emptied;
                  DROP TRIGGER place_is_never_changed; DROP TRIGGER place_is_never_emptied;";
    let audit = |sql: &str| {
        fs::write(place.data().join(DATABASE_FILE), &intact).unwrap();
        raw(&place).execute_batch(&format!("{guards} {sql}")).unwrap();
        let why = SqliteReader::open_read_only(&place.data()).unwrap().audit().unwrap_err();
        assert_eq!(why.code(), Code::DatabaseCorrupt, "{sql}");
        why.detail().to_owned()
    };
    assert_eq!(audit("DELETE FROM state WHERE kind = 7 AND three = 2"), "register: row 2");
    assert_eq!(
        audit("INSERT INTO register SELECT 4, xid, 'escrow', value FROM register WHERE number = 1"),
        "register: row 4"
    );
    for sql in ["DELETE FROM register WHERE number = 1", "UPDATE register SET xid = zeroblob(32) WHERE number = 1"] {
        audit(sql);
        let mut store = place.open_again();
        let mut transaction = store.begin().unwrap();
        assert_eq!(transaction.register(&xid, "decision").unwrap_err().code(), Code::DatabaseCorrupt, "{sql}");
        let again = [Write::Insert(xid, "decision", b"other".to_vec())];
        assert_eq!(transaction.apply(&again, Timestamp::EPOCH).unwrap(), Applied::Conflict(xid, "decision"));
        assert_eq!(transaction.register(&other, "decision").unwrap(), Some(b"decision".to_vec()));
    }
}
