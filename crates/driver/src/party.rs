//! One party at work: its service, its store, its keys. See the crate's diagram.

use std::collections::BTreeSet;
use std::sync::Arc;

use semper_base::code::Code;
use semper_base::limits::{
    BATCH_EVENTS_MAX, MISDEED_BYTES_MAX, MISDEEDS_PER_DAY_MAX, MISDEEDS_PER_PEER_DAY_MAX, RECEIVERS_SHED_MAX,
    STEP_RETRIES_MAX,
};
use semper_base::tx::{Need, Notice, Question, Record};
use semper_base::{Error, Fault, Key, Millis, PeerId, Timestamp, Tx, Violation, Write, json};
use semper_support::Context;
use semper_support::comm::{Ack, Envelope, Outcome};
use semper_support::crypto::{Crypto, Keyring};

use crate::delivery::Taken;
use crate::service::{Checked, Input, Reply, Service};
use crate::store::{Applied, Inbox, Store, Transaction};

/// A trust snapshot with its number.
#[derive(Debug)]
pub struct Snapshot<T> {
    /// Grows with every change.
    pub epoch: u64,
    /// What the checks read.
    pub trust: T,
}

/// Checks one input against a snapshot: no state, any thread. The only maker of [`Checked`].
pub fn check<S: Service>(
    service: &S,
    input: &Input,
    snapshot: &Snapshot<S::Trust>,
    crypto: &dyn Crypto,
    now: Timestamp,
) -> Result<Checked<S::Checked>, Violation> {
    let value = service.check(input, &snapshot.trust, crypto, now)?;
    Ok(Checked { value, epoch: snapshot.epoch })
}

/// Something for the writer, checked already.
#[derive(Debug)]
pub enum Event<T> {
    /// A peer's message. A message that failed its check is taken too: its number is used up and
    /// the failure is noted.
    Message {
        /// Who sent it.
        from: PeerId,
        /// As it came.
        envelope: Envelope,
        /// What the check said.
        checked: Result<Checked<T>, Violation>,
    },
    /// A hello, a command, an answer of the screen, a timer.
    Local(Checked<T>),
}

/// What the writer wants done, after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Messages wait for this peer.
    Wake(PeerId),
    /// The user must be asked.
    Ask(Question),
    /// A question is withdrawn.
    Unask(String),
    /// Something for the local user or operator.
    Tell(Notice),
}

/// What became of one event.
#[derive(Clone, Debug)]
pub enum Done {
    /// Of a message: the acknowledgement to send.
    Ack(Ack),
    /// Of a local event: the reply.
    Reply(Result<Reply, Error>),
}

/// What one batch came to, all of it durable.
#[derive(Debug)]
pub struct Report {
    /// One per event, in order.
    pub done: Vec<Done>,
    /// What to do now.
    pub outputs: Vec<Output>,
    /// The commit's number.
    pub commit: u64,
}

/// A party: the one writer over its store.
#[derive(Debug)]
pub struct Party<S: Service> {
    service: Arc<S>,
    store: Box<dyn Store>,
    crypto: Arc<dyn Crypto>,
    keyring: Arc<Keyring>,
    snapshot: Arc<Snapshot<S::Trust>>,
    taken: Taken,
    ended: bool,
}

impl<S: Service> Party<S> {
    /// Opens the party: runs [`Service::start`] and takes the first trust snapshot. Returns what
    /// start wants done (questions that were open, peers with messages waiting).
    pub fn open(
        service: Arc<S>,
        mut store: Box<dyn Store>,
        crypto: Arc<dyn Crypto>,
        keyring: Arc<Keyring>,
        wall: Timestamp,
    ) -> Result<(Self, Report), Error> {
        let cx = Parts { service: &*service, crypto: &*crypto, keyring: &keyring };
        let (report, snapshot) = cx.start(&mut *store, wall)?;
        let party = Party {
            service,
            store,
            crypto,
            keyring,
            snapshot: Arc::new(snapshot),
            taken: Taken::default(),
            ended: false,
        };
        Ok((party, report))
    }

    /// The snapshot for checks that start now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot<S::Trust>> {
        Arc::clone(&self.snapshot)
    }

    /// The service, for checks on other threads.
    #[must_use]
    pub fn service(&self) -> Arc<S> {
        Arc::clone(&self.service)
    }

    /// The crypto provider.
    #[must_use]
    pub fn crypto(&self) -> Arc<dyn Crypto> {
        Arc::clone(&self.crypto)
    }

    /// Runs a batch: every event in its own savepoint, one commit. An error means that nothing of
    /// the batch happened as far as anybody outside can know; [`Party::ended`] tells whether the
    /// writer may go on.
    pub fn run(&mut self, events: &[Event<S::Checked>], wall: Timestamp) -> Result<Report, Fault> {
        if self.ended {
            return Err(Fault::new(Code::Commit, "the writer has ended; restart the party"));
        }
        if events.len() > BATCH_EVENTS_MAX {
            return Err(Fault::new(Code::Overloaded, "events of one batch"));
        }
        let mut later = Vec::new();
        loop {
            match self.attempt(events, &later, wall) {
                Ok((report, snapshot)) => {
                    if let Some(snapshot) = snapshot {
                        self.snapshot = Arc::new(snapshot);
                        self.keyring.close_keys();
                    }
                    self.taken = Taken::default();
                    return Ok(report);
                }
                // One event wants more than its peer's queue may hold: the others go on without it.
                Err(Failed { at: Some(at), fault }) if fault.code() == Code::Overloaded && !later.contains(&at) => {
                    later.push(at);
                    if later.len() > STEP_RETRIES_MAX {
                        later.extend(at..events.len());
                    }
                }
                Err(failed) => {
                    // A fault before COMMIT leaves the store as it was; a fault of COMMIT is final.
                    self.ended = failed.fault.code() == Code::Commit;
                    return Err(failed.fault);
                }
            }
        }
    }

    /// Whether the writer met an error from COMMIT: the process must re-read everything from disk.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Reads through a transaction that is then dropped.
    pub fn read<T>(&mut self, read: impl FnOnce(&dyn Transaction) -> Result<T, Fault>) -> Result<T, Fault> {
        let transaction = self.store.begin()?;
        read(&*transaction)
    }

    /// A peer took (or rejected) messages of ours. They are not sent again; the next batch takes them out
    /// of the queue, an empty one if need be. True if so many wait that one is due.
    pub fn acknowledged(&mut self, peer: &PeerId, acks: &[Ack]) -> bool {
        self.taken.note(peer, acks);
        self.taken.is_much()
    }

    /// Whether acknowledgements wait for a batch.
    #[must_use]
    pub fn has_acknowledgements(&self) -> bool {
        !self.taken.is_empty()
    }

    /// What waits for `peer`, from the head of its queue, as much as one delivery holds.
    pub fn waiting(&mut self, peer: &PeerId, wall: Timestamp) -> Result<Vec<Envelope>, Fault> {
        let transaction = self.store.begin()?;
        self.taken.rest(&*transaction, peer, wall)
    }

    fn attempt(
        &mut self,
        events: &[Event<S::Checked>],
        later: &[usize],
        wall: Timestamp,
    ) -> Result<Attempt<S::Trust>, Failed> {
        let parts = Parts { service: &*self.service, crypto: &*self.crypto, keyring: &self.keyring };
        let mut transaction = self.store.begin()?;
        let now = transaction.tick(wall)?;
        self.taken.write(&mut *transaction)?;
        let cx = Context { now, crypto: parts.crypto, keyring: parts.keyring };
        let mut outputs = Vec::new();
        let mut done = Vec::with_capacity(events.len());
        for (at, event) in events.iter().enumerate() {
            let result = if later.contains(&at) {
                Ok(put_off(event))
            } else {
                parts.event(event, &mut *transaction, &cx, &mut outputs)
            };
            done.push(result.map_err(|fault| Failed { at: Some(at), fault })?);
        }
        let epoch = parts.service.trust_epoch(transaction_view(&*transaction))?;
        let changed = epoch != self.snapshot.epoch;
        let snapshot = if changed {
            Some(Snapshot { epoch, trust: parts.service.trust(transaction_view(&*transaction), parts.crypto)? })
        } else {
            None
        };
        let commit = transaction.commit().map_err(|fault| Failed { at: None, fault: final_fault(&fault) })?;
        outputs.dedup();
        Ok((Report { done, outputs, commit }, snapshot))
    }
}

/// A batch that was committed, and the new snapshot if trust has changed.
type Attempt<T> = (Report, Option<Snapshot<T>>);

/// Where a batch failed.
struct Failed {
    at: Option<usize>,
    fault: Fault,
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Failed { at: None, fault }
    }
}

/// Whatever COMMIT said, its outcome is unknown: only a fresh start may look.
fn final_fault(fault: &Fault) -> Fault {
    Fault::new(Code::Commit, fault.to_string())
}

fn transaction_view(transaction: &dyn Transaction) -> &dyn semper_base::View {
    transaction
}

/// The answer to an event that has to wait.
fn put_off<T>(event: &Event<T>) -> Done {
    match event {
        Event::Message { envelope, .. } => {
            Done::Ack(Ack { seq: envelope.seq, outcome: Outcome::Later(Code::Overloaded.number()) })
        }
        Event::Local(_) => Done::Reply(Err(Fault::new(Code::Overloaded, "").into())),
    }
}

/// The immutable parts of a party, apart from its store so that both can be borrowed.
struct Parts<'a, S: Service> {
    service: &'a S,
    crypto: &'a dyn Crypto,
    keyring: &'a Keyring,
}

impl<S: Service> Parts<'_, S> {
    fn start(&self, store: &mut dyn Store, wall: Timestamp) -> Result<(Report, Snapshot<S::Trust>), Error> {
        let mut transaction = store.begin()?;
        let now = transaction.tick(wall)?;
        let cx = Context { now, crypto: self.crypto, keyring: self.keyring };
        let mut tx = Tx::new(transaction_view(&*transaction));
        self.service.start(&mut tx, &cx)?;
        let mut writes = tx.into_writes()?;
        let mut outputs = outputs_of(&writes);
        let _ = transaction.take(&mut writes, now)?;
        outputs.extend(transaction.outbox_peers()?.into_iter().map(Output::Wake));
        for (_, row) in transaction.scan("ask/", None, semper_base::limits::DIALOGS_WAITING_MAX)? {
            let question = json::read_own(&row).map_err(|e| Fault::new(Code::DatabaseCorrupt, e.to_string()))?;
            outputs.push(Output::Ask(question));
        }
        let epoch = self.service.trust_epoch(transaction_view(&*transaction))?;
        let trust = self.service.trust(transaction_view(&*transaction), self.crypto)?;
        let commit = transaction.commit()?;
        Ok((Report { done: Vec::new(), outputs, commit }, Snapshot { epoch, trust }))
    }

    fn event(
        &self,
        event: &Event<S::Checked>,
        transaction: &mut dyn Transaction,
        cx: &Context<'_>,
        outputs: &mut Vec<Output>,
    ) -> Result<Done, Fault> {
        match event {
            Event::Message { from, envelope, checked } => {
                self.message(from, envelope, checked, transaction, cx, outputs).map(Done::Ack)
            }
            Event::Local(checked) => match self.step(None, checked, transaction, cx, outputs) {
                Err(Error::Fault(fault)) => Err(fault),
                result => Ok(Done::Reply(result)),
            },
        }
    }

    fn message(
        &self,
        from: &PeerId,
        envelope: &Envelope,
        checked: &Result<Checked<S::Checked>, Violation>,
        transaction: &mut dyn Transaction,
        cx: &Context<'_>,
        outputs: &mut Vec<Output>,
    ) -> Result<Ack, Fault> {
        let seq = envelope.seq;
        let outcome = match transaction.inbox(from, seq, envelope.prev, &envelope.hash())? {
            Inbox::Again(None) => Outcome::Taken,
            Inbox::Again(Some(code)) => Outcome::Rejected(code),
            Inbox::Stale => Outcome::Stale,
            Inbox::Early(after) => Outcome::Early { after },
            Inbox::New => {
                let stepped = match checked {
                    Ok(checked) => self.step(Some(from), checked, transaction, cx, outputs).map(|_| ()),
                    Err(violation) => Err(violation.clone().into()),
                };
                match stepped {
                    Ok(()) => Outcome::Taken,
                    Err(Error::Fault(fault)) => return Err(fault),
                    Err(error) => {
                        transaction.inbox_rejected(from, seq, error.code().number())?;
                        note_misdeed(from, envelope, &error, transaction, cx.now)?;
                        Outcome::rejected(error.code())
                    }
                }
            }
        };
        Ok(Ack { seq, outcome })
    }

    /// Applies a step's writes, and says what must happen outside for them. If a queue is full and the service may
    /// shed, the same without what goes to as few others as possible. Whoever caused the step is never left out: it
    /// shall empty its queue.
    fn apply(
        &self,
        from: Option<&PeerId>,
        mut writes: Vec<Write>,
        transaction: &mut dyn Transaction,
        now: Timestamp,
    ) -> Result<(Applied, Vec<Output>), Fault> {
        let outputs = outputs_of(&writes);
        let full = match transaction.take(&mut writes, now) {
            Err(fault) if fault.code() == Code::Overloaded && self.service.sheds() => fault,
            other => return other.map(|applied| (applied, outputs)),
        };
        let others = writes.iter().filter_map(|write| match write {
            Write::Send { to, .. } if Some(to) != from => Some(*to),
            _ => None,
        });
        let others: Vec<PeerId> = others.collect::<BTreeSet<_>>().into_iter().take(RECEIVERS_SHED_MAX).collect();
        for dropped in subsets(&others) {
            let mut rest = without(&writes, &dropped);
            let outputs = outputs_of(&rest);
            match transaction.take(&mut rest, now) {
                Err(fault) if fault.code() == Code::Overloaded => {}
                other => return other.map(|applied| (applied, outputs)),
            }
        }
        Err(full)
    }

    /// One step and its writes. Runs again if another node wrote a register row in between.
    fn step(
        &self,
        from: Option<&PeerId>,
        checked: &Checked<S::Checked>,
        transaction: &mut dyn Transaction,
        cx: &Context<'_>,
        outputs: &mut Vec<Output>,
    ) -> Result<Reply, Error> {
        for _ in 0..STEP_RETRIES_MAX {
            let mut tx = Tx::new(transaction_view(transaction));
            let again = Checked { value: checked.value.clone(), epoch: checked.epoch };
            let reply = self.service.step(again, &mut tx, cx)?;
            let writes = tx.into_writes()?;
            let (applied, own) = self.apply(from, writes, transaction, cx.now)?;
            if applied == Applied::Done {
                outputs.extend(own);
                return Ok(reply);
            }
        }
        Err(Fault::new(Code::Conflict, "").into())
    }
}

/// A step's writes without what goes to these.
fn without(writes: &[Write], dropped: &[PeerId]) -> Vec<Write> {
    let goes = |write: &&Write| !matches!(write, Write::Send { to, .. } if dropped.contains(to));
    writes.iter().filter(goes).cloned().collect()
}

/// Ways to leave out some of these, fewest first: each one, each two, all of them. So a party with a full queue
/// keeps nobody from a decision, and of many parties no more than a few hundred ways are tried.
fn subsets(peers: &[PeerId]) -> Vec<Vec<PeerId>> {
    let one = peers.iter().map(|peer| vec![*peer]);
    let pair = |(at, first): (usize, &PeerId)| {
        let first = *first;
        peers.iter().skip(at.saturating_add(1)).map(move |second| vec![first, *second])
    };
    let two = peers.iter().enumerate().flat_map(pair);
    let all = Some(peers.to_vec()).filter(|all| all.len() > 2);
    one.chain(two).chain(all).collect()
}

/// What must happen outside for these writes, once they are durable.
fn outputs_of(writes: &[Write]) -> Vec<Output> {
    let output = |write: &Write| match write {
        Write::Send { to, .. } => Some(Output::Wake(*to)),
        Write::Ask(question) => Some(Output::Ask(question.clone())),
        Write::Unask(id) => Some(Output::Unask(id.clone())),
        Write::Tell(notice) => Some(Output::Tell(notice.clone())),
        _ => None,
    };
    writes.iter().filter_map(output).collect()
}

/// Keeps what a peer sent wrongly: so much per peer and day, and so much per day, and no more.
fn note_misdeed(
    from: &PeerId,
    envelope: &Envelope,
    error: &Error,
    transaction: &mut dyn Transaction,
    now: Timestamp,
) -> Result<(), Fault> {
    if !matches!(error, Error::Violation(_)) {
        return Ok(());
    }
    let day = now.seconds() / 86_400;
    let (own, all) = (Key::new("misdeeds", format_args!("{day}/{from}")), Key::new("misdeeds", day));
    let count = |key: &Key| {
        let row = transaction.get(key)?;
        Ok::<_, Fault>(row.and_then(|row| <[u8; 8]>::try_from(row).ok()).map_or(0, u64::from_be_bytes))
    };
    let (of_peer, of_day) = (count(&own)?, count(&all)?);
    if of_peer >= MISDEEDS_PER_PEER_DAY_MAX || of_day >= MISDEEDS_PER_DAY_MAX {
        return Ok(());
    }
    let mut bytes = format!("{} {} ", error.code().number(), envelope.kind).into_bytes();
    bytes.extend(envelope.body.bytes().take(MISDEED_BYTES_MAX));
    let record = Record {
        subject: format!("peer:{from}"),
        kind: "misdeed".to_owned(),
        bytes,
        need: Need::Misdeed,
        expires: now.plus(Millis::days(365)),
    };
    let counted = |key, count: u64| Write::Put(key, count.saturating_add(1).to_be_bytes().to_vec());
    let mut writes = vec![counted(own, of_peer), counted(all, of_day), Write::Archive(record)];
    let _ = transaction.take(&mut writes, now)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use semper_base::Hash;

    use super::*;

    #[test]
    fn fewest_are_left_out_first_and_not_too_many_ways_are_tried() {
        let peers: Vec<PeerId> = (0..RECEIVERS_SHED_MAX as u64).map(|at| PeerId(Hash::of(&at.to_be_bytes()))).collect();
        let ways = subsets(&peers);
        assert_eq!(ways.len(), 16 + 120 + 1);
        assert!(ways.is_sorted_by_key(Vec::len));
        assert_eq!(ways.last(), Some(&peers));
        assert_eq!(subsets(&peers[..2]).len(), 3);
        assert!(subsets(&[]).is_empty());
    }
}
