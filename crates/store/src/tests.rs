//! What needs a hand on the connection.

use semper_base::tx::{Need, Record};
use semper_base::{Code, Key, Timestamp, Write, Xid};
use semper_driver::store::{Applied, Store as _};

use crate::{Mode, SqliteStore};

fn put(key: &str, bytes: usize) -> [Write; 1] {
    [Write::Put(Key(key.to_owned()), vec![7; bytes])]
}

fn archive(bytes: usize) -> [Write; 1] {
    let (subject, kind) = ("xid:00".to_owned(), "note".to_owned());
    [Write::Archive(Record { subject, kind, bytes: vec![7; bytes], need: Need::Evidence, expires: Timestamp::EPOCH })]
}

#[test]
fn a_full_database_leaves_the_store_as_it_was() {
    let root = std::env::temp_dir().join(format!("semper-store-full-{}", std::process::id()));
    let mut store = SqliteStore::open(&root.join("data"), &root.join("head"), Mode::Create).unwrap();
    let mut transaction = store.begin().unwrap();
    assert_eq!(transaction.apply(&put("a/1", 1), Timestamp::EPOCH).unwrap(), Applied::Done);
    transaction.commit().unwrap();
    let commits = store.commits();

    store.db.pragma_update_and_check(None, "max_page_count", 40, |_| Ok(())).unwrap();
    let mut transaction = store.begin().unwrap();
    assert_eq!(transaction.apply(&put("b/0", 1), Timestamp::EPOCH).unwrap(), Applied::Done);
    let full = (0..1000).find_map(|_| transaction.apply(&archive(3000), Timestamp::EPOCH).err());
    assert_eq!(full.unwrap().code(), Code::DiskFull);
    // Nothing of a broken batch can become durable, not even by another attempt.
    assert_eq!(transaction.apply(&[], Timestamp::EPOCH).unwrap_err().code(), Code::DiskFull);
    assert_eq!(transaction.commit().unwrap_err().code(), Code::DiskFull);
    store.db.pragma_update_and_check(None, "max_page_count", 1 << 30, |_| Ok(())).unwrap();

    let mut transaction = store.begin().unwrap();
    assert_eq!(transaction.get(&Key("a/1".to_owned())).unwrap(), Some(vec![7]));
    assert_eq!(transaction.get(&Key("b/0".to_owned())).unwrap(), None);
    assert_eq!(transaction.apply(&put("a/2", 1), Timestamp::EPOCH).unwrap(), Applied::Done);
    assert_eq!(transaction.commit().unwrap(), commits + 1);

    // Rows wait for the end of their batch, and a disk that has no room for them then leaves what was there.
    store.db.pragma_update_and_check(None, "max_page_count", 40, |_| Ok(())).unwrap();
    let mut transaction = store.begin().unwrap();
    for n in 0..1000 {
        assert_eq!(transaction.apply(&put(&format!("c/{n}"), 3000), Timestamp::EPOCH).unwrap(), Applied::Done);
    }
    assert_eq!(transaction.get(&Key("c/7".to_owned())).unwrap(), Some(vec![7; 3000]));
    assert_eq!(transaction.commit().unwrap_err().code(), Code::DiskFull);
    assert_eq!(store.begin().err().unwrap().code(), Code::Commit);
    drop(store);
    let mut store = SqliteStore::open(&root.join("data"), &root.join("head"), Mode::Open).unwrap();
    assert_eq!(store.begin().unwrap().get(&Key("c/7".to_owned())).unwrap(), None);
    assert_eq!(store.commits(), commits + 1);
    drop(store);
    std::fs::remove_dir_all(root).unwrap();
}

/// A decision: the register's row and what is archived of the same exchange.
fn decide(store: &mut SqliteStore, numbers: std::ops::Range<u64>) {
    let mut transaction = store.begin().unwrap();
    for number in numbers {
        let xid = Xid::of(&number.to_be_bytes());
        let (subject, kind) = (format!("xid:{xid}"), "note".to_owned());
        let keep = |of: u8| Record {
            subject: subject.clone(),
            kind: kind.clone(),
            bytes: [&[of], xid.0.bytes().as_slice()].concat(),
            need: Need::Evidence,
            expires: Timestamp::EPOCH,
        };
        let writes = [Write::Insert(xid, "decision", vec![7; 32]), Write::Archive(keep(1)), Write::Archive(keep(2))];
        assert_eq!(transaction.apply(&writes, Timestamp::EPOCH).unwrap(), Applied::Done);
    }
    transaction.commit().unwrap();
}

#[test]
fn a_decision_changes_one_page_of_what_it_is_found_by() {
    const OTHERS: u64 = 20_000;
    const BATCH: u64 = 64;
    const BATCHES: u64 = 8;
    let root = std::env::temp_dir().join(format!("semper-store-pages-{}", std::process::id()));
    let mut store = SqliteStore::open(&root.join("data"), &root.join("head"), Mode::Create).unwrap();
    for from in (0..OTHERS).step_by(1000) {
        decide(&mut store, from..from + 1000);
    }
    let log = |store: &SqliteStore, mode: &str| -> u64 {
        store.db.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get(1)).unwrap()
    };
    let mut pages = 0;
    for batch in 0..BATCHES {
        log(&store, "TRUNCATE");
        let from = OTHERS + batch * BATCH;
        decide(&mut store, from..from + BATCH);
        pages += log(&store, "PASSIVE");
    }
    // One for each decision, those that a split of one of them changes, and what is appended. With a tree for each
    // of the two it was 160.
    let pages = pages / BATCHES;
    assert!((BATCH..=115).contains(&pages), "{pages} pages of a batch of {BATCH} beside {OTHERS}");
    drop(store);
    std::fs::remove_dir_all(root).unwrap();
}
