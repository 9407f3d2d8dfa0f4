//! What every store must do, whatever it is made of.
//!
//! [`suite`] runs all of it; [`random`] compares two stores over the same random history.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a suite fails by panicking, as tests do"
)]

pub mod queues;
pub mod random;
pub mod rows;

use semper_base::tx::{ChunkRef, Need, Record};
use semper_base::{Hash, Key, PeerId, Timestamp, Write, Xid};
use semper_driver::store::{Applied, Store, Transaction};

/// A store under test in a place of its own.
pub trait Bench {
    /// The open store.
    fn store(&mut self) -> &mut dyn Store;
    /// Stops the process without warning and opens the store again.
    fn reopen(&mut self);
}

/// Runs every case, each on a fresh store.
pub fn suite(make: &mut dyn FnMut() -> Box<dyn Bench>) {
    let cases: [fn(&mut dyn Bench); 19] = [
        rows::put_get_delete,
        rows::scan_is_in_key_order,
        rows::own_writes_are_seen,
        rows::register_is_written_once,
        rows::a_conflict_applies_nothing,
        rows::a_refused_step_applies_nothing,
        rows::dropped_batches_leave_nothing,
        rows::chunks_are_written_once,
        rows::blobs_are_dropped,
        rows::archive_is_a_chain,
        rows::clock_never_goes_back,
        rows::commits_are_counted,
        rows::everything_survives,
        queues::inbox_takes_each_once,
        queues::inbox_allows_gaps_that_the_sender_made,
        queues::inbox_forgets_behind_its_window,
        queues::outbox_keeps_order,
        queues::outbox_expires_and_is_bounded,
        queues::timers_come_in_order,
    ];
    for case in cases {
        case(&mut *make());
    }
}

/// Runs `work` in a transaction and commits it; returns the commit's number.
pub(crate) fn commit(bench: &mut dyn Bench, work: impl FnOnce(&mut dyn Transaction)) -> u64 {
    let mut transaction = bench.store().begin().expect("begin");
    work(&mut *transaction);
    transaction.commit().expect("commit")
}

/// Runs `work` in a transaction that is dropped.
pub(crate) fn look<T>(bench: &mut dyn Bench, work: impl FnOnce(&mut dyn Transaction) -> T) -> T {
    let mut transaction = bench.store().begin().expect("begin");
    work(&mut *transaction)
}

pub(crate) fn apply(transaction: &mut dyn Transaction, writes: &[Write]) {
    assert_eq!(transaction.apply(writes, at(1000)).expect("apply"), Applied::Done);
}

pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn key(text: &str) -> Key {
    Key(text.to_owned())
}

pub(crate) fn xid(number: u8) -> Xid {
    Xid(Hash::of(&[b'x', number]))
}

pub(crate) fn peer(number: u8) -> PeerId {
    PeerId(Hash::of(&[b'p', number]))
}

pub(crate) fn place(blob: &str, index: u64) -> ChunkRef {
    ChunkRef { blob: blob.to_owned(), index }
}

pub(crate) fn record(subject: &str, bytes: &[u8]) -> Record {
    Record {
        subject: subject.to_owned(),
        kind: "receipt".to_owned(),
        bytes: bytes.to_vec(),
        need: Need::Evidence,
        expires: at(5000),
    }
}
