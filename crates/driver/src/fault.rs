//! Points at which a party may be cut off, to prove that nothing is lost there.
//!
//! A point is a moment times a kind of message: see [`Moment`]. [`points`] makes them from what passes
//! through a party, so that a new kind of message has its points at once. [`Watched`] and
//! [`WatchedStore`] stand around a party's service and store and raise a [`Signal`] at each armed point;
//! whoever armed them ends the process there. Nothing that comes from a peer can arm anything: the set of
//! armed points is given at the start and only shrinks.
//!
//! ```text
//! before-commit        the batch that takes or queues the message is about to be made durable
//! after-commit         it is durable; nothing has left the process yet
//! after-send           the receiver has taken the message; here it still waits in the queue
//! after-acknowledgement  it has left the queue, durably
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use semper_base::tx::{Body, ChunkRef, Record};
use semper_base::{Code, Error, Fault, Hash, Key, Misuse, PeerId, Timestamp, Tx, View, Violation, Write, Xid};
use semper_support::Context;
use semper_support::crypto::Crypto;

use crate::service::{Checked, Input, Reply, Service};
use crate::store::{Applied, Archived, Inbox, Queued, Store, Transaction};

/// Messages whose labels are remembered between reading them from the queue and their acknowledgement.
const LABELS_MAX: usize = 4096;

/// When a party is cut off, seen from one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// The batch that takes or queues the message is about to be made durable.
    BeforeCommit,
    /// It is durable; nothing has left the process yet: no acknowledgement, no message.
    AfterCommit,
    /// The receiver has taken the message and said so; the sender has not written that down.
    AfterSend,
    /// The message has left the sender's queue, durably.
    AfterAcknowledgement,
}

impl Moment {
    /// All of them, in the order in which one message meets them.
    pub const ALL: [Moment; 4] =
        [Moment::BeforeCommit, Moment::AfterCommit, Moment::AfterSend, Moment::AfterAcknowledgement];

    /// The word in a point's name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Moment::BeforeCommit => "before-commit",
            Moment::AfterCommit => "after-commit",
            Moment::AfterSend => "after-send",
            Moment::AfterAcknowledgement => "after-acknowledgement",
        }
    }
}

/// How a kind passes through a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Passage {
    /// An event of the party's own: an answer of the trusted screen, a timer. It sends nothing by itself.
    Own,
    /// A message that the party queues and sends.
    Sent,
    /// A message that the party takes.
    Taken,
}

impl Passage {
    /// The moments at which a party can be cut off that are its own: what happens to a message at the
    /// other end is the other end's.
    #[must_use]
    pub fn moments(self) -> &'static [Moment] {
        match self {
            Passage::Sent => &Moment::ALL,
            Passage::Own | Passage::Taken => &[Moment::BeforeCommit, Moment::AfterCommit],
        }
    }
}

/// A kind of message or event, and how it passes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Traffic {
    /// Its label: a message's kind, or something finer.
    pub kind: String,
    /// How it passes through the party.
    pub passage: Passage,
}

/// A point: written `after-commit:dgp-mandate`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// The label of the message or event.
    pub kind: String,
    /// The moment.
    pub moment: Moment,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.moment.word(), self.kind)
    }
}

impl FromStr for Point {
    type Err = Misuse;

    fn from_str(text: &str) -> Result<Self, Misuse> {
        let wrong = || Misuse::new(Code::Usage, format!("{text}: write MOMENT:KIND"));
        let (moment, kind) = text.split_once(':').ok_or_else(wrong)?;
        let moment = Moment::ALL.into_iter().find(|known| known.word() == moment).ok_or_else(wrong)?;
        Ok(Point { kind: kind.to_owned(), moment })
    }
}

/// Every point of a party through which this passes.
#[must_use]
pub fn points(traffic: &[Traffic]) -> BTreeSet<Point> {
    let of = |one: &Traffic| -> Vec<Point> {
        let point = |moment: &Moment| Point { kind: one.kind.clone(), moment: *moment };
        one.passage.moments().iter().map(point).collect()
    };
    traffic.iter().flat_map(of).collect()
}

/// What a switch has to say.
#[derive(Clone, Copy, Debug)]
pub enum Signal<'a> {
    /// These armed points are reached, together and for the first time. Whoever hears it ends the process.
    Reached(&'a [Point]),
    /// Something passed that is not in the enumeration: the enumeration is wrong.
    Unlisted(&'a Traffic),
}

/// Names a message by its kind and body (of a chunk: its head).
pub type Label = Box<dyn Fn(&str, &[u8]) -> String + Send + Sync>;
/// Hears what a switch has to say. Must not call the party.
pub type Hear = Box<dyn Fn(Signal<'_>) + Send + Sync>;

/// Which points are armed, and what has passed in the batch under way.
pub struct Switch {
    listed: Vec<Traffic>,
    label: Label,
    hear: Hear,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    armed: BTreeSet<Point>,
    /// What was taken in the open transaction; the service says so.
    taken: Vec<Traffic>,
    /// What was read from the queue in order to be sent.
    labels: BTreeMap<(PeerId, u64), String>,
}

impl fmt::Debug for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Switch({} armed)", self.state().armed.len())
    }
}

impl Switch {
    /// A switch for a party through which `listed` passes, with these points armed.
    #[must_use]
    pub fn new(listed: Vec<Traffic>, armed: BTreeSet<Point>, label: Label, hear: Hear) -> Self {
        Switch { listed, label, hear, state: Mutex::new(State { armed, ..State::default() }) }
    }

    /// A holder that panicked left nothing half done: all critical sections are a few map operations.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn passes(&self, one: &Traffic) {
        if !self.listed.contains(one) {
            (self.hear)(Signal::Unlisted(one));
        }
    }

    /// Something reached its moments. The points are disarmed before anybody hears of them. What is in one
    /// batch reaches its moment together: whoever is cut off there is cut off at all these points.
    fn reach(&self, all: [(&[String], Moment); 2]) {
        let points = all
            .into_iter()
            .flat_map(|(kinds, moment)| kinds.iter().map(move |kind| Point { kind: kind.clone(), moment }));
        let mut reached: Vec<Point> = points.collect();
        let mut state = self.state();
        reached.retain(|point| state.armed.remove(point));
        drop(state);
        if !reached.is_empty() {
            (self.hear)(Signal::Reached(&reached));
        }
    }

    /// The label of an input; none for a command: who gave it sees that no answer came.
    fn label_of(&self, input: &Input) -> Option<Traffic> {
        let own = |kind: String| Traffic { kind, passage: Passage::Own };
        match input {
            Input::Message(message) => {
                let kind = (self.label)(&message.envelope.kind, message.envelope.body.as_bytes());
                Some(Traffic { kind, passage: Passage::Taken })
            }
            Input::Answer(answer) => Some(own(format!("{ANSWER}{}", answer.question.kind))),
            Input::Hello { .. } => Some(own(HELLO.to_owned())),
            Input::Timer(_) => Some(own(TIMER.to_owned())),
            Input::Command(_) => None,
        }
    }
}

/// How the label of a trusted screen's answer begins; the question's kind follows.
pub const ANSWER: &str = "answer-";
/// The label of a peer's hello.
pub const HELLO: &str = "hello";
/// The label of a timer.
pub const TIMER: &str = "timer";

/// A service that tells its switch what it takes. Without a switch it is the service.
#[derive(Debug)]
pub struct Watched<S> {
    service: S,
    switch: Option<Arc<Switch>>,
}

impl<S> Watched<S> {
    /// Watches, if there is a switch.
    #[must_use]
    pub fn new(service: S, switch: Option<Arc<Switch>>) -> Self {
        Watched { service, switch }
    }
}

impl<S: Service> Service for Watched<S> {
    type Trust = S::Trust;
    type Checked = (Option<Traffic>, S::Checked);

    fn trust_epoch(&self, view: &dyn View) -> Result<u64, Fault> {
        self.service.trust_epoch(view)
    }

    fn trust(&self, view: &dyn View, crypto: &dyn Crypto) -> Result<Self::Trust, Fault> {
        self.service.trust(view, crypto)
    }

    fn check(
        &self,
        input: &Input,
        trust: &Self::Trust,
        crypto: &dyn Crypto,
        now: Timestamp,
    ) -> Result<Self::Checked, Violation> {
        let label = self.switch.as_ref().and_then(|switch| switch.label_of(input));
        Ok((label, self.service.check(input, trust, crypto, now)?))
    }

    fn step(&self, input: Checked<Self::Checked>, tx: &mut Tx<'_>, cx: &Context<'_>) -> Result<Reply, Error> {
        let Checked { value: (label, value), epoch } = input;
        let reply = self.service.step(Checked { value, epoch }, tx, cx)?;
        if let (Some(switch), Some(label)) = (&self.switch, label) {
            switch.passes(&label);
            switch.state().taken.push(label);
        }
        Ok(reply)
    }

    fn sheds(&self) -> bool {
        self.service.sheds()
    }

    fn start(&self, tx: &mut Tx<'_>, cx: &Context<'_>) -> Result<(), Error> {
        self.service.start(tx, cx)
    }
}

/// A store that stops at the armed points around its commits.
#[derive(Debug)]
pub struct WatchedStore {
    store: Box<dyn Store>,
    switch: Arc<Switch>,
}

impl WatchedStore {
    /// Watches a store.
    #[must_use]
    pub fn new(store: Box<dyn Store>, switch: Arc<Switch>) -> Self {
        WatchedStore { store, switch }
    }
}

impl Store for WatchedStore {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Fault> {
        self.switch.state().taken.clear();
        let inner = self.store.begin()?;
        Ok(Box::new(Batch { inner, switch: &self.switch, queued: Vec::new(), gone: Vec::new() }))
    }
}

struct Batch<'a> {
    inner: Box<dyn Transaction + 'a>,
    switch: &'a Switch,
    /// Labels of what this batch queues.
    queued: Vec<String>,
    /// Labels of what this batch takes out of the queue.
    gone: Vec<String>,
}

impl View for Batch<'_> {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, Fault> {
        self.inner.get(key)
    }

    fn register(&self, xid: &Xid, slot: &'static str) -> Result<Option<Vec<u8>>, Fault> {
        self.inner.register(xid, slot)
    }

    fn scan(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, Fault> {
        self.inner.scan(prefix, after, limit)
    }

    fn chunk(&self, chunk: &ChunkRef) -> Result<Option<Vec<u8>>, Fault> {
        self.inner.chunk(chunk)
    }

    fn archived(&self, subject: &str, limit: usize) -> Result<Vec<Record>, Fault> {
        self.inner.archived(subject, limit)
    }

    fn is_archived(&self, subject: &str, bytes: &[u8]) -> Result<bool, Fault> {
        self.inner.is_archived(subject, bytes)
    }
}

fn text_of(body: &Body) -> &[u8] {
    match body {
        Body::Inline(text) => text,
        Body::Chunk { head, .. } => head,
    }
}

impl Transaction for Batch<'_> {
    fn take(&mut self, writes: &mut Vec<Write>, now: Timestamp) -> Result<Applied, Fault> {
        let label = |write: &Write| match write {
            Write::Send { kind, body, .. } => Some((self.switch.label)(kind, text_of(body))),
            _ => None,
        };
        let sent: Vec<String> = writes.iter().filter_map(label).collect();
        let applied = self.inner.take(writes, now)?;
        if applied == Applied::Done {
            for kind in sent {
                self.switch.passes(&Traffic { kind: kind.clone(), passage: Passage::Sent });
                self.queued.push(kind);
            }
        }
        Ok(applied)
    }

    fn inbox(&mut self, peer: &PeerId, seq: u64, prev: u64, hash: &Hash) -> Result<Inbox, Fault> {
        self.inner.inbox(peer, seq, prev, hash)
    }

    fn inbox_rejected(&mut self, peer: &PeerId, seq: u64, code: u16) -> Result<(), Fault> {
        self.inner.inbox_rejected(peer, seq, code)
    }

    fn outbox(&self, peer: &PeerId, after: u64, limit: usize, now: Timestamp) -> Result<Vec<Queued>, Fault> {
        let queued = self.inner.outbox(peer, after, limit, now)?;
        let mut state = self.switch.state();
        for message in &queued {
            if state.labels.len() >= LABELS_MAX {
                state.labels.pop_first();
            }
            let label = (self.switch.label)(&message.kind, text_of(&message.body));
            state.labels.insert((*peer, message.seq), label);
        }
        Ok(queued)
    }

    fn outbox_peers(&self) -> Result<Vec<PeerId>, Fault> {
        self.inner.outbox_peers()
    }

    fn acknowledge(&mut self, peer: &PeerId, seq: u64) -> Result<(), Fault> {
        self.inner.acknowledge(peer, seq)?;
        self.gone.extend(self.switch.state().labels.remove(&(*peer, seq)));
        Ok(())
    }

    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Key>, Fault> {
        self.inner.due(now, limit)
    }

    fn next_due(&self) -> Result<Option<Timestamp>, Fault> {
        self.inner.next_due()
    }

    fn archive(&self, subject: &str, after: u64, limit: usize) -> Result<Vec<Archived>, Fault> {
        self.inner.archive(subject, after, limit)
    }

    fn tick(&mut self, wall: Timestamp) -> Result<Timestamp, Fault> {
        self.inner.tick(wall)
    }

    fn commit(self: Box<Self>) -> Result<u64, Fault> {
        let Batch { inner, switch, queued, gone } = *self;
        let taken = std::mem::take(&mut switch.state().taken);
        let passed: Vec<String> = taken.into_iter().map(|one| one.kind).chain(queued).collect();
        switch.reach([(&gone, Moment::AfterSend), (&passed, Moment::BeforeCommit)]);
        let commit = inner.commit()?;
        switch.reach([(&passed, Moment::AfterCommit), (&gone, Moment::AfterAcknowledgement)]);
        Ok(commit)
    }
}
