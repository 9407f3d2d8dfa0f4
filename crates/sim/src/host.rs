//! One party's process: what node does with threads and sockets, done in one go.
//!
//! Every input goes the way of production: check against the snapshot, step and commit in the writer,
//! and only then anything leaves.

use std::sync::Arc;

use semper_base::limits::{DELIVERY_FILL_BYTES, DELIVERY_MESSAGES_MAX};
use semper_base::tx::{Body, Question};
use semper_base::{Code, Error, Fault, Key, Misuse, PeerId, Timestamp, bytes};
use semper_blocks::statement::sign_payload;
use semper_driver::party::{Done, Report, check};
use semper_driver::service::{Input, Message, Reply, Service};
use semper_driver::{Event, Output, Party, Queued, Transaction};
use semper_support::comm::{Ack, Envelope, Outcome};
use semper_support::crypto::{Crypto, Keyring};

use crate::mount::Drive;

/// What one piece of work came to.
#[derive(Debug, Default)]
pub struct Worked {
    /// One per input, in order.
    pub done: Vec<Result<Done, Error>>,
    /// What is to happen now.
    pub outputs: Vec<Output>,
    /// The commits' numbers.
    pub commits: Vec<u64>,
    /// The writer met an error from COMMIT: the process is over.
    pub ended: bool,
}

/// What is put before a process.
#[derive(Clone, Debug)]
pub enum Job {
    /// Inputs of its own: hello, command, answer, timers.
    Local(Vec<Input>),
    /// A delivery of a peer.
    Delivery(PeerId, Vec<Envelope>),
    /// A peer's acknowledgements.
    Acked(PeerId, Vec<Ack>),
}

/// A look at the store.
pub type Look<'a> = &'a mut dyn FnMut(&dyn Transaction) -> Result<(), Fault>;

/// A party's process, whatever its service.
pub trait Process: std::fmt::Debug {
    /// Starts it on its disk.
    fn start(&mut self, wall: Timestamp) -> Result<Report, Error>;
    /// It dies.
    fn kill(&mut self);
    /// Does a job, in one commit or, with `apart`, in one per event.
    fn work(&mut self, job: Job, wall: Timestamp, apart: bool) -> Worked;
    /// Reads from the store.
    fn look(&mut self, look: Look<'_>) -> Result<(), Fault>;
    /// Signs what the user was asked, with the key that the question names.
    fn sign(&mut self, question: &Question) -> Result<String, Error>;
}

/// See [`Process`].
#[derive(Debug)]
pub struct Host<S: Service> {
    service: Arc<S>,
    crypto: Arc<dyn Crypto>,
    keyring: Arc<Keyring>,
    drive: Drive,
    party: Option<Party<S>>,
}

impl<S: Service> Host<S> {
    /// A process that has not started.
    #[must_use]
    pub fn new(service: S, crypto: Arc<dyn Crypto>, keyring: Keyring, drive: Drive) -> Self {
        Host { service: Arc::new(service), crypto, keyring: Arc::new(keyring), drive, party: None }
    }

    fn checked(&self, job: Job, wall: Timestamp) -> Vec<Result<Event<S::Checked>, Error>> {
        let Some(party) = &self.party else { return Vec::new() };
        let snapshot = party.snapshot();
        let look = |input: &Input| check(&*self.service, input, &snapshot, &*self.crypto, wall);
        match job {
            Job::Local(inputs) => {
                inputs.iter().map(|input| look(input).map(Event::Local).map_err(Error::from)).collect()
            }
            Job::Delivery(from, envelopes) => {
                let event = |envelope: Envelope| {
                    let checked = look(&Input::Message(Message { from, envelope: envelope.clone() }));
                    Ok(Event::Message { from, envelope, checked })
                };
                envelopes.into_iter().map(event).collect()
            }
            Job::Acked(peer, acks) => vec![Ok(Event::Acked { peer, acks })],
        }
    }
}

impl<S: Service> Process for Host<S> {
    fn start(&mut self, wall: Timestamp) -> Result<Report, Error> {
        let store = Box::new(self.drive.mount()?);
        let parts = (Arc::clone(&self.service), Arc::clone(&self.crypto), Arc::clone(&self.keyring));
        let (party, report) = Party::open(parts.0, store, parts.1, parts.2, wall)?;
        self.party = Some(party);
        Ok(report)
    }

    fn kill(&mut self) {
        self.party = None;
    }

    fn work(&mut self, job: Job, wall: Timestamp, apart: bool) -> Worked {
        let (mut events, mut answers) = (Vec::new(), Vec::new());
        for checked in self.checked(job, wall) {
            match checked {
                Ok(event) => {
                    answers.push(None);
                    events.push(event);
                }
                Err(error) => answers.push(Some(error)),
            }
        }
        let mut worked = Worked::default();
        let Some(party) = &mut self.party else { return worked };
        let mut done = batch(party, &events, wall, apart, &mut worked).into_iter();
        let gone = || Err(Fault::new(Code::Commit, "the writer has ended").into());
        for failed in answers {
            let answer = match failed {
                Some(error) => Err(error),
                None => done.next().map_or_else(gone, Ok),
            };
            worked.done.push(answer);
        }
        worked.ended = party.ended();
        worked
    }

    fn look(&mut self, look: Look<'_>) -> Result<(), Fault> {
        let party = self.party.as_mut().ok_or_else(|| Fault::new(Code::Commit, "the process is down"))?;
        party.read(|transaction| look(transaction))
    }

    fn sign(&mut self, question: &Question) -> Result<String, Error> {
        let mut row = None;
        self.look(&mut |transaction| {
            row = transaction.get(&Key::new("key", question.key))?;
            Ok(())
        })?;
        let row = row.ok_or_else(|| Misuse::new(Code::KeyMissing, question.key.to_string()))?;
        let pair = self.keyring.unwrap_key(question.key, &row)?;
        sign_payload(&*self.crypto, &pair.secret, question.payload.as_bytes())
    }
}

/// Runs events as node's writer does: together, and one by one if that met a fault before COMMIT.
fn batch<S: Service>(
    party: &mut Party<S>,
    events: &[Event<S::Checked>],
    wall: Timestamp,
    apart: bool,
    worked: &mut Worked,
) -> Vec<Done> {
    if events.is_empty() {
        return Vec::new();
    }
    if !apart {
        match party.run(events, wall) {
            Ok(report) => return take(report, worked),
            Err(_) if party.ended() => return Vec::new(),
            Err(_) => {}
        }
    }
    let mut done = Vec::with_capacity(events.len());
    let mut failed: Option<Fault> = None;
    for event in events {
        let ran = match &failed {
            Some(fault) => Err(fault.clone()),
            None => party.run(std::slice::from_ref(event), wall),
        };
        match ran {
            Ok(report) => done.append(&mut take(report, worked)),
            Err(_) if party.ended() => return done,
            Err(fault) => {
                done.push(put_off(event, &fault));
                failed = Some(fault);
            }
        }
    }
    done
}

fn take(report: Report, worked: &mut Worked) -> Vec<Done> {
    worked.outputs.extend(report.outputs);
    worked.commits.push(report.commit);
    report.done
}

fn put_off<T>(event: &Event<T>, fault: &Fault) -> Done {
    match event {
        Event::Message { envelope, .. } => {
            Done::Ack(Ack { seq: envelope.seq, outcome: Outcome::Later(fault.code().number()) })
        }
        Event::Local(_) | Event::Acked { .. } => Done::Reply(Err(fault.clone().into())),
    }
}

impl Worked {
    /// The acknowledgements of a delivery.
    #[must_use]
    pub fn acks(&self) -> Vec<Ack> {
        let ack = |done: &Result<Done, Error>| match done {
            Ok(Done::Ack(ack)) => Some(ack.clone()),
            _ => None,
        };
        self.done.iter().filter_map(ack).collect()
    }

    /// The reply to a single input.
    pub fn reply(&self) -> Result<Reply, Error> {
        match self.done.first() {
            Some(Ok(Done::Reply(reply))) => reply.clone(),
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(Done::Ack(_))) | None => Err(Fault::new(Code::Commit, "the process is down").into()),
        }
    }
}

/// What waits for `peer`, as one delivery: the queue's messages with the chunks they stand for.
pub fn waiting(transaction: &dyn Transaction, peer: PeerId, now: Timestamp) -> Result<Vec<Envelope>, Fault> {
    let (mut envelopes, mut filled) = (Vec::new(), 0);
    for message in transaction.outbox(&peer, 0, DELIVERY_MESSAGES_MAX, now)? {
        let envelope = envelope(transaction, message)?;
        filled += envelope.body.len();
        if filled > DELIVERY_FILL_BYTES && !envelopes.is_empty() {
            break;
        }
        envelopes.push(envelope);
    }
    Ok(envelopes)
}

fn envelope(transaction: &dyn Transaction, message: Queued) -> Result<Envelope, Fault> {
    let Queued { seq, prev, kind, body } = message;
    let corrupt = |what: &str| Fault::new(Code::DatabaseCorrupt, what);
    let body = match body {
        Body::Inline(text) => text,
        Body::Chunk { head, chunk } => {
            let data = transaction.chunk(&chunk)?.ok_or_else(|| corrupt("chunk"))?;
            let open = head.strip_suffix(b"}").ok_or_else(|| corrupt("head of a chunk message"))?;
            let comma: &[u8] = if open == b"{" { b"" } else { b"," };
            [open, comma, br#""data":""#, bytes::encode(&data).as_bytes(), br#""}"#].concat()
        }
    };
    let body = String::from_utf8(body).map_err(|_| corrupt("text of a message"))?;
    Ok(Envelope { seq, prev, kind, body })
}
