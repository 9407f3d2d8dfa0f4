//! One party's process: what node does with threads and sockets, done in one go.
//!
//! Every input goes the way of production: check against the snapshot, step and commit in the writer,
//! and only then anything leaves.

use std::sync::Arc;

use semper_base::tx::Question;
use semper_base::{Code, Error, Fault, Key, Misuse, PeerId, Timestamp};
use semper_blocks::statement::sign_payload;
use semper_driver::party::{Done, Report, check};
use semper_driver::service::{Input, Message, Reply, Service};
use semper_driver::{Event, Output, Party, Transaction};
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
    /// Nothing but a commit for what peers took.
    Flush,
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
    /// A peer took messages; true if so many wait for a commit that one is due.
    fn acknowledged(&mut self, peer: &PeerId, acks: &[Ack]) -> bool;
    /// Whether that waits for a commit.
    fn has_acknowledgements(&self) -> bool;
    /// What waits for a peer, as one delivery.
    fn waiting(&mut self, peer: &PeerId, wall: Timestamp) -> Result<Vec<Envelope>, Fault>;
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
                    let input = Input::Message(Message { from, envelope });
                    let checked = look(&input);
                    let Input::Message(Message { envelope, .. }) = input else { return None };
                    Some(Ok(Event::Message { from, envelope, checked }))
                };
                envelopes.into_iter().filter_map(event).collect()
            }
            Job::Flush => Vec::new(),
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
        let checked = self.checked(job, wall);
        let (mut events, mut answers) = (Vec::with_capacity(checked.len()), Vec::with_capacity(checked.len()));
        for checked in checked {
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

    fn acknowledged(&mut self, peer: &PeerId, acks: &[Ack]) -> bool {
        self.party.as_mut().is_some_and(|party| party.acknowledged(peer, acks))
    }

    fn has_acknowledgements(&self) -> bool {
        self.party.as_ref().is_some_and(Party::has_acknowledgements)
    }

    fn waiting(&mut self, peer: &PeerId, wall: Timestamp) -> Result<Vec<Envelope>, Fault> {
        self.party.as_mut().map_or_else(|| Ok(Vec::new()), |party| party.waiting(peer, wall))
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
    if events.is_empty() && !party.has_acknowledgements() {
        return Vec::new();
    }
    if !apart || events.is_empty() {
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
        Event::Local(_) => Done::Reply(Err(fault.clone().into())),
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
