//! A process that is killed while it writes: every commit that it announced is there, whole.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use semper_base::tx::{Body, ChunkRef, Need, Record};
use semper_base::{Hash, Key, PeerId, Timestamp, Write, Xid};
use semper_driver::store::{Applied, Archived, Inbox, Store as _};
use semper_store::{Mode, SqliteStore};

use crate::place::Place;

/// Where the child writes; without it the child's test does nothing.
const PLACE: &str = "SEMPER_KILL_TEST_PLACE";
const ROUNDS: usize = 6;

fn open(root: &Path) -> SqliteStore {
    SqliteStore::open(&root.join("data"), &root.join("head"), Mode::Create).unwrap()
}

fn peer() -> PeerId {
    PeerId(Hash::of(b"peer"))
}

fn xid(n: u64) -> Xid {
    Xid::of(&n.to_be_bytes())
}

fn chunk(n: u64) -> ChunkRef {
    ChunkRef { blob: format!("blob-{}", n / 10), index: n % 10 }
}

/// Every other chunk lies in a file.
fn content(n: u64) -> Vec<u8> {
    n.to_be_bytes().repeat(if n.is_multiple_of(2) { 200 } else { 700 })
}

/// A little of everything, all of it naming `n`.
fn writes(n: u64) -> Vec<Write> {
    let bytes = n.to_be_bytes().repeat(200);
    let record = Record {
        subject: "all".to_owned(),
        kind: "receipt".to_owned(),
        bytes: bytes.clone(),
        need: Need::Evidence,
        expires: Timestamp::EPOCH,
    };
    vec![
        Write::Put(Key::new("last", "one"), n.to_be_bytes().to_vec()),
        Write::Put(Key(format!("row/{n:08}")), bytes.clone()),
        Write::Insert(xid(n), "decision", bytes.clone()),
        Write::Chunk(chunk(n), content(n)),
        Write::Send { to: peer(), kind: "note", body: Body::Inline(n.to_be_bytes().to_vec()) },
        Write::Archive(record),
    ]
}

/// Not a test of its own: what the killed process runs.
#[test]
fn child() {
    let Some(root) = std::env::var_os(PLACE).map(PathBuf::from) else { return };
    let mut store = open(&root);
    let first = store.begin().unwrap().get(&Key::new("last", "one")).unwrap();
    let first = first.map_or(0, |row| u64::from_be_bytes(row.try_into().unwrap()));
    for n in first + 1..100_000 {
        let mut transaction = store.begin().unwrap();
        assert_eq!(transaction.inbox(&peer(), n, n - 1, &Hash::of(&n.to_be_bytes())).unwrap(), Inbox::New);
        assert_eq!(transaction.apply(&writes(n), Timestamp::EPOCH).unwrap(), Applied::Done);
        if n > 1 {
            transaction.acknowledge(&peer(), n - 1).unwrap();
        }
        transaction.commit().unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "committed {n}").and_then(|()| out.flush()).unwrap();
    }
}

/// Lets a child write until it has announced `more` commits, kills it, returns the last one announced.
fn write_and_kill(root: &Path, more: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child", "--nocapture"])
        .env(PLACE, root)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut announced = lines.filter_map(|line| line.strip_prefix("committed ")?.parse().ok());
    assert!(announced.by_ref().take(more).count() == more, "the child stopped by itself");
    child.kill().unwrap();
    // What was in the pipe already counts too: it was announced.
    let last = announced.last();
    child.wait().unwrap();
    last.unwrap_or(0)
}

fn check(store: &mut SqliteStore, announced: u64) -> u64 {
    let mut transaction = store.begin().unwrap();
    let last = transaction.get(&Key::new("last", "one")).unwrap().unwrap();
    let last = u64::from_be_bytes(last.try_into().unwrap());
    assert!(last >= announced, "commit {announced} was announced, {last} is there");
    let archive = transaction.archive("all", 0, 100_000).unwrap();
    assert_eq!(archive.len() as u64, last);
    let mut link = Hash([0; 32]);
    for (n, archived) in (1..=last).zip(&archive) {
        let bytes = n.to_be_bytes().repeat(200);
        link = Archived::link_after(&link, &archived.record, Timestamp::EPOCH);
        assert_eq!((archived.link, &archived.record.bytes), (link, &bytes));
        assert_eq!(transaction.get(&Key(format!("row/{n:08}"))).unwrap().as_ref(), Some(&bytes));
        assert_eq!(transaction.register(&xid(n), "decision").unwrap().as_ref(), Some(&bytes));
        assert_eq!(transaction.chunk(&chunk(n)).unwrap(), Some(content(n)));
        assert_eq!(transaction.inbox(&peer(), n, 0, &Hash::of(&n.to_be_bytes())).unwrap(), Inbox::Again(None));
    }
    assert_eq!(transaction.register(&xid(last + 1), "decision").unwrap(), None);
    assert_eq!(transaction.chunk(&chunk(last + 1)).unwrap(), None);
    let waiting = transaction.outbox(&peer(), 0, 9, Timestamp::EPOCH).unwrap();
    assert_eq!(waiting.iter().map(|m| m.seq).collect::<Vec<_>>(), [last]);
    last
}

#[test]
fn every_announced_commit_survives_a_kill() {
    let place = Place::new();
    let mut total = 0;
    for round in 0..ROUNDS {
        let announced = write_and_kill(&place.root, 3 + round * 29);
        let last = check(&mut open(&place.root), announced);
        assert!(last > total);
        total = last;
    }
}
