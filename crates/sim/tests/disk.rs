//! The model disk: the suite of all stores, its faults, and the same history on SQLite.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use semper_base::limits::RESTORE_SEQ_JUMP;
use semper_base::tx::Body;
use semper_base::{Code, Fault, Hash, Key, PeerId, Timestamp, View as _, Write};
use semper_conformance::store::random::{Op, play};
use semper_conformance::store::{Bench, suite};
use semper_driver::store::{Applied, Store};
use semper_sim::disk::{CommitFault, ModelStore};
use semper_store::{Mode, SqliteStore};

struct Model(ModelStore);

impl Bench for Model {
    fn store(&mut self) -> &mut dyn Store {
        &mut self.0
    }
    fn reopen(&mut self) {
        self.0.crash();
        self.0.reopen().unwrap();
    }
}

struct Sqlite {
    root: PathBuf,
    store: Option<SqliteStore>,
}

impl Sqlite {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("disk-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut sqlite = Sqlite { root: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name), store: None };
        sqlite.reopen();
        sqlite
    }
}

impl Bench for Sqlite {
    fn store(&mut self) -> &mut dyn Store {
        self.store.as_mut().unwrap()
    }
    fn reopen(&mut self) {
        self.store = None;
        let store = SqliteStore::open(&self.root.join("data"), &self.root.join("head"), Mode::Create);
        self.store = Some(store.unwrap());
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.store = None;
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

#[test]
fn the_model_does_what_every_store_must_do() {
    suite(&mut || Box::new(Model(ModelStore::new())));
}

fn op() -> impl Strategy<Value = Op> {
    let (who, seq) = (0..6_u8, 0..8_u64);
    let write = (any::<u8>(), who.clone(), 0..16_u8);
    prop_oneof![
        8 => prop::collection::vec(write, 0..6).prop_map(Op::Apply),
        4 => (who.clone(), seq.clone(), seq.clone(), 0..3_u8).prop_map(|(p, s, before, c)| Op::Inbox(p, s, before, c)),
        1 => (who.clone(), seq.clone(), any::<u16>()).prop_map(|(p, s, code)| Op::Reject(p, s, code)),
        2 => (who, seq).prop_map(|(p, s)| Op::Acknowledge(p, s)),
        1 => prop_oneof![0..100_u64, (90 * 86_400_000_u64..).prop_map(|t| t)].prop_map(Op::Tick),
        4 => Just(Op::Commit),
        1 => Just(Op::Drop),
        1 => Just(Op::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_history_looks_the_same_on_sqlite_and_on_the_model(ops in prop::collection::vec(op(), 1..60)) {
        let (on_model, on_sqlite) = (play(&mut Model(ModelStore::new()), &ops), play(&mut Sqlite::new(), &ops));
        prop_assert_eq!(on_model.len(), on_sqlite.len());
        for (model, sqlite) in on_model.iter().zip(&on_sqlite) {
            prop_assert_eq!(model, sqlite);
        }
    }
}

fn try_put(store: &mut ModelStore, value: u8) -> Result<u64, Fault> {
    let mut transaction = store.begin()?;
    let writes = [Write::Put(Key("a/1".to_owned()), vec![value])];
    assert_eq!(transaction.apply(&writes, Timestamp::EPOCH)?, Applied::Done);
    transaction.commit()
}

fn value(store: &ModelStore) -> Option<Vec<u8>> {
    store.get(&Key("a/1".to_owned())).unwrap()
}

#[test]
fn a_failed_commit_ends_the_store_whatever_became_of_it() {
    for (fault, kept) in [(CommitFault::Lost, 1), (CommitFault::Unknown, 2)] {
        let mut store = ModelStore::new();
        try_put(&mut store, 1).unwrap();
        store.fail_commit(fault);
        assert_eq!(try_put(&mut store, 2).unwrap_err().code(), Code::Commit);
        assert_eq!(try_put(&mut store, 3).unwrap_err().code(), Code::Commit);
        store.reopen().unwrap();
        assert_eq!(value(&store), Some(vec![kept]));
        assert_eq!(try_put(&mut store, 4).unwrap(), u64::from(kept) + 1);
    }
}

#[test]
fn what_the_next_process_finds_is_the_newest() {
    let mut store = ModelStore::new();
    try_put(&mut store, 1).unwrap();
    let copy = store.snapshot();
    store.fail_commit(CommitFault::Unknown);
    try_put(&mut store, 2).unwrap_err();
    store.reopen().unwrap();
    store.restore(copy);
    assert_eq!(store.reopen().unwrap_err().code(), Code::DatabaseStale);
}

#[test]
fn a_full_disk_refuses_and_keeps() {
    let mut store = ModelStore::new();
    try_put(&mut store, 1).unwrap();
    store.set_full(true);
    assert_eq!(try_put(&mut store, 2).unwrap_err().code(), Code::DiskFull);
    assert_eq!(value(&store), Some(vec![1]));
    store.set_full(false);
    assert_eq!(try_put(&mut store, 2).unwrap(), 2);
}

#[test]
fn a_crash_stops_the_process_and_keeps_what_was_committed() {
    let mut store = ModelStore::new();
    try_put(&mut store, 1).unwrap();
    store.crash();
    assert_eq!(try_put(&mut store, 2).unwrap_err().code(), Code::Commit);
    store.reopen().unwrap();
    assert_eq!(value(&store), Some(vec![1]));
}

#[test]
fn an_old_copy_is_refused_until_the_operator_confirms() {
    let mut store = ModelStore::new();
    try_put(&mut store, 1).unwrap();
    let copy = store.snapshot();
    try_put(&mut store, 2).unwrap();
    let lost = store.commits();
    store.restore(copy.clone());
    assert_eq!(store.reopen().unwrap_err().code(), Code::DatabaseStale);
    store.recover();
    assert_eq!((store.is_recovering(), value(&store)), (true, Some(vec![1])));
    assert_eq!(try_put(&mut store, 3).unwrap_err().code(), Code::Recovering);
    store.confirm_recovery();
    assert!(try_put(&mut store, 3).unwrap() > lost);
    let peer = PeerId(Hash::of(b"peer"));
    let mut transaction = store.begin().unwrap();
    let writes = [Write::Send { to: peer, kind: "note", body: Body::Inline(Vec::new()) }];
    assert_eq!(transaction.apply(&writes, Timestamp::EPOCH).unwrap(), Applied::Done);
    assert_eq!(transaction.outbox(&peer, 0, 9, Timestamp::EPOCH).unwrap()[0].seq, RESTORE_SEQ_JUMP + 1);
    drop(transaction);
    store.reopen().unwrap();
    store.restore(copy);
    assert_eq!(store.reopen().unwrap_err().code(), Code::DatabaseStale);
}
