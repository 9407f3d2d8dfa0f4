//! What the driver asks of a store. SQLite implements it for production, a model with a faulty disk
//! for the simulator; both pass the same conformance suite.

use semper_base::code::Code;
use semper_base::limits::{CHUNK_SLOT_BYTES, CHUNKS_PER_BLOB_MAX, MESSAGE_BYTES_MAX};
use semper_base::tx::{Body, ChunkRef, Question, Record};
use semper_base::{Fault, Hash, Key, PeerId, Timestamp, View, Write, Xid, json};
pub use semper_support::archive::need_word;

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
    /// See [`Archived::link_after`]; the link before the first is zero.
    pub link: Hash,
    /// When it was archived.
    pub at: Timestamp,
    /// The object.
    pub record: Record,
}

impl Archived {
    /// The link of `record`, archived at `at`, after `previous`: `SHA-256("semper-archive/1" ||
    /// previous || hash of the record and its time)`. Whoever changes, drops or moves an object
    /// changes every link after it.
    #[must_use]
    pub fn link_after(previous: &Hash, record: &Record, at: Timestamp) -> Hash {
        semper_support::archive::link_after(previous, record, at)
    }
}

/// The row that keeps an open question.
#[must_use]
pub fn question_key(id: &str) -> Key {
    Key::new("ask", id)
}

/// Bytes of a question beside what is to be signed, and of the escapes in that.
const QUESTION_USUAL_BYTES: usize = 768;

/// The content of an open question's row: its JSON.
pub fn question_row(question: &Question) -> Result<Vec<u8>, Fault> {
    let room = question.payload.len().saturating_add(QUESTION_USUAL_BYTES);
    json::written(question, room).map_err(|e| Fault::new(Code::FieldWrong, e.to_string()))
}

/// Whether a blob's name can be a file's name on every system: 1 to 128 of `a-z 0-9 -`.
#[must_use]
pub fn blob_name_is_plain(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase() || b == b'-')
}

/// What every store refuses before it applies anything, so that a caller's slip costs one step only:
/// blob names that are not plain, chunks and messages beyond their limits.
pub fn check_writes(writes: &[Write]) -> Result<(), Fault> {
    writes.iter().try_for_each(|write| match write {
        Write::Chunk(place, bytes) => check_place(place).and_then(|()| at_most(bytes.len(), CHUNK_SLOT_BYTES, "chunk")),
        Write::DropBlob(name) if !blob_name_is_plain(name) => Err(Fault::new(Code::FieldWrong, "blob name")),
        Write::Send { body: Body::Chunk { head, chunk }, .. } => {
            check_place(chunk).and_then(|()| at_most(head.len(), MESSAGE_BYTES_MAX, "message"))
        }
        Write::Send { body: Body::Inline(body), .. } => at_most(body.len(), MESSAGE_BYTES_MAX, "message"),
        _ => Ok(()),
    })
}

fn check_place(place: &ChunkRef) -> Result<(), Fault> {
    if place.index >= CHUNKS_PER_BLOB_MAX {
        return Err(Fault::new(Code::TooMany, "chunks of one blob"));
    }
    if blob_name_is_plain(&place.blob) { Ok(()) } else { Err(Fault::new(Code::FieldWrong, "blob name")) }
}

fn at_most(bytes: usize, limit: usize, what: &str) -> Result<(), Fault> {
    if bytes > limit { Err(Fault::new(Code::TooLarge, what)) } else { Ok(()) }
}

/// One batch. Dropping it without [`Transaction::commit`] leaves the store as it was.
pub trait Transaction: View {
    /// Applies one step's writes at `now`, all or none: queues messages with the next sequence
    /// numbers, sets timers, appends archive records. `Ask`/`Unask` become rows under `ask/`; `Tell` is ignored here.
    /// What is applied is taken out of `writes`, so that nothing need be copied.
    ///
    /// A full queue (`Overloaded`) and what [`check_writes`] refuses leave the transaction usable, and, like a
    /// conflict, the writes where they are; after any other fault it fails for ever and can only be dropped.
    fn take(&mut self, writes: &mut Vec<Write>, now: Timestamp) -> Result<Applied, Fault>;

    /// The same for who keeps the writes.
    fn apply(&mut self, writes: &[Write], now: Timestamp) -> Result<Applied, Fault> {
        self.take(&mut writes.to_vec(), now)
    }

    /// Records `seq` of `peer` as taken if it is the next one (`prev <= last taken < seq`).
    ///
    /// A repetition older than [`semper_base::limits::INBOX_WINDOW`] numbers is `Again(None)` unseen.
    /// A number that was jumped over (its sender gave it up) is `Stale`, and so is one outside
    /// 1..=2^53-1: no honest sender sends either.
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
