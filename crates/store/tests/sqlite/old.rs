//! A database that an older program wrote, opened by this one.

use semper_base::{Code, Hash, Key, Timestamp, View as _, Write, Xid};
use semper_driver::store::{Applied, Store as _};
use semper_store::{DATABASE_FILE, Mode, SqliteReader, version_of};

use crate::damage::put;
use crate::place::Place;

const OLD: &[u8] = include_bytes!("../../src/schema/version-1.db");

#[test]
fn what_version_1_wrote_is_read_and_goes_on() {
    let place = Place::new();
    std::fs::create_dir_all(place.data()).unwrap();
    std::fs::write(place.data().join(DATABASE_FILE), OLD).unwrap();
    assert_eq!(version_of(&place.data()).unwrap().0, 1);
    // Without its head file it is a copy like any other.
    assert_eq!(place.open(Mode::Open).unwrap_err().code(), Code::DatabaseStale);
    let mut store = place.open(Mode::Recover).unwrap();
    store.confirm_recovery().unwrap();
    put(&mut store, "a/1", b"new");
    // What it decided stays decided, and the register goes on behind it.
    let xid = Xid(Hash::of(b"xid"));
    let mut transaction = store.begin().unwrap();
    let mut insert = |slot| transaction.apply(&[Write::Insert(xid, slot, b"new".to_vec())], Timestamp::EPOCH).unwrap();
    assert_eq!(insert("hold"), Applied::Conflict(xid, "hold"));
    assert_eq!(insert("decision"), Applied::Done);
    transaction.commit().unwrap();
    drop(store);
    drop(place.open_again());
    let reader = SqliteReader::open_read_only(&place.data()).unwrap();
    assert_eq!(reader.get(&Key("fixture/1".to_owned())).unwrap(), Some(b"written by version 1".to_vec()));
    assert_eq!(reader.register(&xid, "hold").unwrap(), Some(b"decided".to_vec()));
    assert_eq!(reader.register(&xid, "decision").unwrap(), Some(b"new".to_vec()));
    let audit = reader.audit().unwrap();
    assert_eq!((audit.archived, audit.registered), (1, 2));
    assert_eq!(version_of(&place.data()).unwrap(), (reader.schema_version(), reader.schema_version()));
}
