//! What needs a hand on the connection.

use semper_base::tx::{Need, Record};
use semper_base::{Code, Key, Timestamp, Write};
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
