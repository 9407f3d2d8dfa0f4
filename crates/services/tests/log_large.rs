//! What a log of a million entries costs: a decision, a checkpoint, a proof, memory. Minutes; by hand:
//! `cargo test --release -p semper-services --test all log_large:: -- --ignored --nocapture`.

#![expect(clippy::print_stdout, reason = "a test that prints")]

use std::time::Duration;

use semper_base::{Hash, Key, Timestamp, Tx, Write, Xid};
use semper_driver::Store as _;
use semper_driver::store::Applied;
use semper_services::common::{Desk, log};
use semper_store::{Mode, SqliteStore};
use semper_support::Context;
use semper_support::crypto::{Ideal, Keyring};
use semper_support::log::tree::{Frontier, is_included};
use semper_support::log::{Entry, Record};
use serde_json::{Value, json};

const ENTRIES: u64 = 1_000_000;
const LOADED_AT_ONCE: u64 = 20_000;
/// Decisions that are measured, and how many share a commit.
const APPENDED: u64 = 2_048;
const BATCH: u64 = 64;

/// Processor time of this process.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit_once(") ").unwrap().1;
    let ticks: u64 = after.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// The most memory that this process has had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
}

struct Bench {
    store: SqliteStore,
    crypto: Ideal,
    keyring: Keyring,
    now: Timestamp,
}

impl Bench {
    /// One step in a transaction of its own.
    fn step<T>(&mut self, steps: u64, mut work: impl FnMut(u64, &mut Desk<'_, '_>) -> T) -> T {
        let mut transaction = self.store.begin().unwrap();
        let mut last = None;
        for at in 0..steps {
            let mut tx = Tx::new(&*transaction);
            let cx = Context { now: self.now, crypto: &self.crypto, keyring: &self.keyring };
            last = Some(work(at, &mut Desk { tx: &mut tx, cx: &cx, checked: None }));
            let writes = tx.into_writes().unwrap();
            assert_eq!(transaction.apply(&writes, self.now).unwrap(), Applied::Done);
        }
        transaction.commit().unwrap();
        last.unwrap()
    }

    fn command(&mut self, request: &Value) -> Value {
        let word = request["command"].as_str().unwrap().to_owned();
        self.step(1, |_, desk| log::command(semper_base::Role::Bank, &word, request, desk).unwrap().unwrap())
    }

    fn seal(&mut self) {
        self.now = self.now.plus(semper_base::Millis::seconds(5));
        self.step(1, |_, desk| log::timer(semper_base::Role::Bank, &Key::new("timer", "log"), desk).unwrap());
    }

    fn sealed(&mut self) -> u64 {
        self.command(&json!({ "command": "log" }))["sealed"].as_u64().unwrap()
    }
}

fn entry(number: u64) -> Entry {
    let place = Hash::of(&number.to_be_bytes());
    Entry { place, seal: Hash::of(place.bytes()) }
}

#[test]
#[ignore = "long: a log of a million entries"]
fn a_million_entries() {
    let folder = std::env::temp_dir().join(format!("semper-log-large-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let store = SqliteStore::open(&folder.join("data"), &folder.join("head"), Mode::Create).unwrap();
    let now = Timestamp::from_millis(1_790_000_000_000);
    let mut bench = Bench { store, crypto: Ideal::new(1), keyring: Keyring::for_simulation([4; 32]), now };
    let small = appended(&mut bench, 0);
    let begun = bench.command(&json!({ "command": "log" }))["size"].as_u64().unwrap();
    let mut expected = Frontier::default();
    for number in 0..begun {
        let found = bench.command(&json!({ "command": "log-entries", "before": number + 1, "limit": 1 }));
        let of = |name: &str| serde_json::from_value(found["entries"][0][name].clone()).unwrap();
        expected.push(Entry { place: of("place"), seal: of("seal") }.leaf());
    }
    for from in (begun..ENTRIES).step_by(usize::try_from(LOADED_AT_ONCE).unwrap()) {
        let end = (from + LOADED_AT_ONCE).min(ENTRIES);
        let rows: Vec<Write> = (from..end)
            .map(|number| {
                expected.push(entry(number).leaf());
                Write::Put(Key::new("log-entry", format_args!("{number:016}")), entry(number).bytes().to_vec())
            })
            .chain([Write::Put(Key::new("log", "size"), json!({ "size": end, "due": true }).to_string().into_bytes())])
            .collect();
        let mut transaction = bench.store.begin().unwrap();
        assert_eq!(transaction.apply(&rows, now).unwrap(), Applied::Done);
        transaction.commit().unwrap();
    }
    let before = cpu();
    let mut checkpoints = 0;
    while bench.sealed() < ENTRIES {
        bench.seal();
        checkpoints += 1;
    }
    let sealing = cpu().saturating_sub(before);
    assert_eq!(expected.count(), ENTRIES);
    let large = appended(&mut bench, 1);
    bench.seal();

    let before = cpu();
    let mut proved = 0;
    for number in (begun..ENTRIES).step_by(9_973) {
        let proof = bench.step(1, |_, desk| log::proof_of(number, desk).unwrap());
        let head = semper_support::log::checkpoint::Body::parse(
            semper_support::log::Note::parse(&proof.checkpoint).unwrap().text(),
        );
        let head = head.unwrap().head;
        assert!(is_included(&head.root, &entry(number).leaf(), number, head.size, &proof.path));
        proved += 1;
    }
    let proof = cpu().saturating_sub(before) / proved;
    println!("append, empty log: {small:?}; with a million entries: {large:?}");
    println!(
        "sealing a million entries: {sealing:?} in {checkpoints} checkpoints; a proof: {proof:?}; memory: {} MiB",
        peak()
    );
    drop(bench);
    let _ = std::fs::remove_dir_all(&folder);
    assert!(proof < Duration::from_millis(5), "a proof takes {proof:?}");
    assert!(peak() < 200, "{} MiB", peak());
}

/// Processor time of one appended decision, its commit's share included.
fn appended(bench: &mut Bench, round: u64) -> Duration {
    let before = cpu();
    for batch in 0..APPENDED / BATCH {
        bench.step(BATCH, |at, desk| {
            let number = round * APPENDED + batch * BATCH + at;
            let answer = format!("header.payload-{number}.signature");
            let xid = Xid(Hash::of(answer.as_bytes()));
            log::append(&Record::of(xid, "decision", "captured", &answer, desk.cx.now), &answer, desk).unwrap();
        });
    }
    cpu().saturating_sub(before) / u32::try_from(APPENDED).unwrap()
}
