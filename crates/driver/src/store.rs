//! What the driver asks of a store. SQLite implements it for production, a model with a faulty disk
//! for the simulator; both pass the same conformance suite.

use semper_base::tx::{Body, Record};
use semper_base::{Fault, Hash, Key, PeerId, Timestamp, View, Write, Xid};

/// A party's durable memory. One writer at a time, by construction: `begin` borrows the store.
pub trait Store: std::fmt::Debug + Send {
    /// Opens the transaction that the next batch runs in.
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Fault>;
}

/// What came of applying one step's writes.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// All of them are in the transaction.
    Done,
    /// None of them is: this register row was written by another node. Run the step again.
    Conflict(Xid, &'static str),
}

/// What the inbox says about a message.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inbox {
    /// Never seen: it is recorded as taken in this transaction.
    New,
    /// Taken before, same bytes. The code is that of the rejection, if it was rejected.
    Again(Option<u16>),
    /// Taken before with other bytes: the sender is a stale copy.
    Stale,
    /// Messages before it are missing; the last number taken was this.
    Early(u64),
}

/// A message that waits for its receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its number.
    pub seq: u64,
    /// The number before it in the queue, 0 if none waits before it.
    pub prev: u64,
    /// Its kind.
    pub kind: String,
    /// Its content.
    pub body: Body,
}

/// An archived object with its place in the hash chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// Position, from 1.
    pub number: u64,
    /// `SHA-256("semper-archive/1" || previous link || hash of the record)`; the link before the first is zero.
    pub link: Hash,
    /// When it was archived.
    pub at: Timestamp,
    /// The object.
    pub record: Record,
}

/// One batch. Dropping it without [`Transaction::commit`] leaves the store as it was.
pub trait Transaction: View {
    /// Applies one step's writes at `now`, all or none: queues messages with the next sequence
    /// numbers, sets timers, appends archive records. `Ask`/`Unask` become rows under `ask/`; `Tell` is ignored here.
    fn apply(&mut self, writes: &[Write], now: Timestamp) -> Result<Applied, Fault>;

    /// Records `seq` of `peer` as taken if it is the next one (`prev <= last taken < seq`).
    fn inbox(&mut self, peer: &PeerId, seq: u64, prev: u64, hash: &Hash) -> Result<Inbox, Fault>;

    /// Notes that the message just taken was rejected with this code.
    fn inbox_rejected(&mut self, peer: &PeerId, seq: u64, code: u16) -> Result<(), Fault>;

    /// Messages that wait for `peer` after number `after`, in order, unexpired at `now`, at most `limit`.
    fn outbox(&self, peer: &PeerId, after: u64, limit: usize, now: Timestamp) -> Result<Vec<Queued>, Fault>;

    /// Peers for which something waits.
    fn outbox_peers(&self) -> Result<Vec<PeerId>, Fault>;

    /// Drops one message that the peer took or rejected.
    fn acknowledge(&mut self, peer: &PeerId, seq: u64) -> Result<(), Fault>;

    /// Timers that are due at `now`, at most `limit`, earliest first. They stay until a step sets or clears them.
    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Key>, Fault>;

    /// When the next timer is due.
    fn next_due(&self) -> Result<Option<Timestamp>, Fault>;

    /// Archived objects of one subject (or of all, if empty), after `after`, in order.
    fn archive(&self, subject: &str, after: u64, limit: usize) -> Result<Vec<Archived>, Fault>;

    /// Moves the durable clock to `wall` unless it stands later already; returns where it stands.
    fn tick(&mut self, wall: Timestamp) -> Result<Timestamp, Fault>;

    /// Makes everything durable (chunks first) and returns the commit's number. Any error ends the
    /// writer: what was signed in this batch must not leave the process.
    fn commit(self: Box<Self>) -> Result<u64, Fault>;
}
