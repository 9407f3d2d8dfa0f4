//! A disk that fills up under a running store: a small file system of the test's own, where the
//! system allows a user to mount one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use semper_base::tx::ChunkRef;
use semper_base::{Code, Key, Timestamp, Write};
use semper_driver::store::{Applied, Store as _};
use semper_store::{Mode, SqliteStore};

use crate::place::Place;

const PLACE: &str = "SEMPER_FULL_TEST_PLACE";
const ROUNDS: usize = 4;

fn open(root: &Path) -> SqliteStore {
    SqliteStore::open(&root.join("data"), &root.join("head"), Mode::Create).unwrap()
}

fn key(n: u32) -> Key {
    Key(format!("row/{n:08}"))
}

/// Writes batch after batch until one fails; returns how many were committed and the fault's code.
fn fill(store: &mut SqliteStore, from: u32, chunks: bool) -> (u32, Code) {
    for n in from..100_000 {
        let mut transaction = match store.begin() {
            Ok(transaction) => transaction,
            Err(fault) => return (n, fault.code()),
        };
        let chunk = Write::Chunk(ChunkRef { blob: "b".to_owned(), index: n.into() }, vec![1; 5000]);
        let row = Write::Put(key(n), vec![1; 5000]);
        let writes = if chunks { [chunk, Write::Put(key(n), vec![1])] } else { [row.clone(), row] };
        let result = transaction.apply(&writes, Timestamp::EPOCH).map(|applied| assert_eq!(applied, Applied::Done));
        if let Err(fault) = result.and_then(|()| transaction.commit()) {
            return (n, fault.code());
        }
    }
    panic!("the disk never filled up");
}

/// Not a test of its own: runs inside the small file system.
#[test]
fn child() {
    let Some(root) = std::env::var_os(PLACE).map(PathBuf::from) else { return };
    let mut first = 0;
    let fillers: Vec<PathBuf> = (0..ROUNDS).map(|round| root.join(format!("filler-{round}"))).collect();
    for filler in &fillers {
        fs::write(filler, vec![0; 1_500_000]).unwrap();
    }
    for (round, filler) in fillers.iter().enumerate() {
        let mut store = open(&root);
        let (next, code) = fill(&mut store, first, round % 2 == 1);
        assert_eq!(code, Code::DiskFull, "round {round}");
        drop(store);
        fs::remove_file(filler).unwrap();
        let mut store = open(&root);
        let transaction = store.begin().unwrap();
        for n in 0..next {
            assert!(transaction.get(&key(n)).unwrap().is_some(), "row {n} was committed");
        }
        assert_eq!(transaction.get(&key(next)).unwrap(), None);
        first = next;
    }
    println!("held through {first} commits");
}

#[test]
fn a_full_disk_loses_nothing_that_was_committed() {
    let place = Place::new();
    let script = "mount -t tmpfs -o size=8m tmpfs \"$0\" || exit 77; exec \"$1\" --exact full::child --nocapture";
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .args([place.root.as_os_str(), std::env::current_exe().unwrap().as_os_str()])
        .env(PLACE, &place.root)
        .output();
    match output {
        Ok(output)
            if String::from_utf8_lossy(&output.stderr).contains("unshare") || output.status.code() == Some(77) =>
        {
            println!("skipped: this system lets no user mount a file system");
        }
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success() && text.contains("held through"),
                "{text}{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Err(_) => println!("skipped: no unshare here"),
    }
}
