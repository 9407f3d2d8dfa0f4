//! A database that an older program wrote, opened by this one.

use semper_base::{Code, Hash, Key, View as _, Xid};
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
    drop(store);
    drop(place.open_again());
    let reader = SqliteReader::open_read_only(&place.data()).unwrap();
    assert_eq!(reader.get(&Key("fixture/1".to_owned())).unwrap(), Some(b"written by version 1".to_vec()));
    assert_eq!(reader.register(&Xid(Hash::of(b"xid")), "hold").unwrap(), Some(b"decided".to_vec()));
    assert_eq!(reader.audit().unwrap().archived, 1);
    assert_eq!(version_of(&place.data()).unwrap(), (reader.schema_version(), reader.schema_version()));
}
