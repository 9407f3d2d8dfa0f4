//! The suite of all stores, on SQLite.

use crate::place::Place;
use semper_conformance::store::{Bench, suite};
use semper_driver::store::Store;
use semper_store::{Mode, SqliteStore};

struct Sqlite {
    place: Place,
    store: Option<SqliteStore>,
}

impl Bench for Sqlite {
    fn store(&mut self) -> &mut dyn Store {
        self.store.as_mut().unwrap()
    }
    fn reopen(&mut self) {
        self.store = None;
        self.store = Some(self.place.open_again());
    }
}

#[test]
fn sqlite_does_what_every_store_must_do() {
    suite(&mut || {
        let place = Place::new();
        let store = Some(place.open(Mode::Create).unwrap());
        Box::new(Sqlite { place, store })
    });
}
