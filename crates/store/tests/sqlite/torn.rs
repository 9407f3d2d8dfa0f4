//! A log that a crash of the machine tore: cut off, or with another end than was written.

use std::fs;
use std::path::Path;

use semper_base::{Code, Key, Timestamp, Write};
use semper_driver::store::{Applied, Store as _};
use semper_store::{Mode, SqliteStore};

use crate::place::Place;

/// Commits that lie in the log.
const COMMITS: u64 = 12;
/// Places at which it is torn.
const CUTS: u64 = 40;

fn key(table: &'static str, number: u64) -> Key {
    Key::new(table, number)
}

/// Two rows that belong together, larger than a page.
fn pair(number: u64) -> [Write; 2] {
    let value = vec![u8::try_from(number).unwrap(); 5000];
    [Write::Put(key("one", number), value.clone()), Write::Put(key("other", number), value)]
}

fn files(from: &Path, to: &Path) {
    for name in ["semper.db", "semper.db-wal"] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
    // A machine that starts again has none.
    let _ = fs::remove_file(to.join("semper.db-shm"));
}

fn tear(log: &Path, at: u64, garbage: bool) {
    let mut bytes = fs::read(log).unwrap();
    let at = usize::try_from(at).unwrap();
    if garbage {
        bytes.iter_mut().skip(at).for_each(|byte| *byte ^= 0x5a);
    } else {
        bytes.truncate(at);
    }
    fs::write(log, bytes).unwrap();
}

/// How many pairs are there; each is whole, and they are the first ones.
fn whole_pairs(store: &mut SqliteStore) -> u64 {
    let transaction = store.begin().unwrap();
    let pairs = (1..=COMMITS).take_while(|number| transaction.get(&key("one", *number)).unwrap().is_some()).count();
    for number in 1..=COMMITS {
        let there = number <= u64::try_from(pairs).unwrap();
        let [Write::Put(_, value), _] = pair(number) else { panic!() };
        let expected = there.then_some(value);
        assert_eq!(transaction.get(&key("one", number)).unwrap(), expected);
        assert_eq!(transaction.get(&key("other", number)).unwrap(), expected);
    }
    u64::try_from(pairs).unwrap()
}

#[test]
fn a_torn_log_is_an_earlier_commit_and_never_goes_unnoticed() {
    let place = Place::new();
    drop(place.open(Mode::Create).unwrap());
    let mut store = place.open_again();
    for number in 1..=COMMITS {
        let mut transaction = store.begin().unwrap();
        assert_eq!(transaction.apply(&pair(number), Timestamp::EPOCH).unwrap(), Applied::Done);
        transaction.commit().unwrap();
    }
    let aside = place.root.join("aside");
    fs::create_dir_all(&aside).unwrap();
    files(&place.data(), &aside);
    let head = fs::read(place.head()).unwrap();
    drop(store);
    let length = fs::metadata(aside.join("semper.db-wal")).unwrap().len();
    let mut seen = std::collections::BTreeSet::new();
    for cut in 0..=CUTS {
        for garbage in [false, true] {
            files(&aside, &place.data());
            fs::write(place.head(), &head).unwrap();
            tear(&place.data().join("semper.db-wal"), length * cut / CUTS, garbage);
            match place.open(Mode::Open) {
                Ok(mut store) => assert_eq!(whole_pairs(&mut store), COMMITS, "cut {cut} of {CUTS}"),
                Err(fault) => {
                    assert_eq!(fault.code(), Code::DatabaseStale, "cut {cut} of {CUTS}: {fault}");
                    files(&aside, &place.data());
                    tear(&place.data().join("semper.db-wal"), length * cut / CUTS, garbage);
                    let pairs = whole_pairs(&mut place.open(Mode::Recover).unwrap());
                    assert!(pairs < COMMITS, "cut {cut} of {CUTS}");
                    seen.insert(pairs);
                }
            }
        }
    }
    assert!(seen.len() > 5, "the cuts meet few commits: {seen:?}");
}
