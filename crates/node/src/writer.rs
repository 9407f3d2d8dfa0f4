//! The party's one writer: a thread that owns the party, and the handle by which everybody else
//! reaches it. While one commit is being made durable the next batch gathers in the queue.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use semper_base::limits::{
    ACKS_WAIT_MS, BATCH_EVENTS_MAX, DELIVERY_MESSAGES_MAX, TIMERS_PER_TURN_MAX, WRITER_QUEUE_MAX,
};
use semper_base::{Code, Error, Fault, PeerId, Violation};
use semper_driver::party::{Done, Snapshot, check};
use semper_driver::service::{Checked, Input, Message, Reply, Service};
use semper_driver::{Event, Party, Transaction};
use semper_support::comm::{Ack, Envelope, Outcome};
use semper_support::crypto::Crypto;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::clock::Clock;
use crate::hub::Hub;

/// Most events that one job brings; a batch stops gathering when another might not fit.
const JOB_EVENTS_MAX: usize =
    if DELIVERY_MESSAGES_MAX > TIMERS_PER_TURN_MAX { DELIVERY_MESSAGES_MAX } else { TIMERS_PER_TURN_MAX };
/// Stack of the writer's thread in bytes; steps are not recursive.
const WRITER_STACK_BYTES: usize = 1 << 20;

/// What the writer is asked to do.
enum Job<S: Service> {
    /// Process these in order, in one batch if possible.
    Events(Vec<Event<S::Checked>>, oneshot::Sender<Vec<Done>>),
    /// A peer took messages.
    Acked(PeerId, Vec<Ack>),
    /// Write down what peers took, if no batch did.
    Flush,
    /// Look at the store.
    Read(Reader<S>),
    /// End after what was queued before.
    Stop,
}

type Reader<S> = Box<dyn FnOnce(&mut Party<S>) + Send>;

/// A way to reach a party's writer. Cheap to clone; when the last one is gone the writer ends.
pub struct Handle<S: Service>(Arc<Inner<S>>);

struct Inner<S: Service> {
    queue: mpsc::Sender<Job<S>>,
    /// As many checks at a time as there are cores.
    checks: Arc<Semaphore>,
    checker: Arc<Checker<S>>,
    /// A flush is on its way.
    flushing: AtomicBool,
}

/// What a check needs, on whatever thread.
struct Checker<S: Service> {
    snapshot: RwLock<Arc<Snapshot<S::Trust>>>,
    service: Arc<S>,
    crypto: Arc<dyn Crypto>,
    clock: Clock,
}

impl<S: Service> Checker<S> {
    fn check(&self, inputs: Vec<Input>) -> Vec<(Input, CheckResult<S>)> {
        let snapshot = Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner));
        let now = self.clock.now();
        let look = |input: Input| {
            let result = check(&*self.service, &input, &snapshot, &*self.crypto, now);
            (input, result)
        };
        inputs.into_iter().map(look).collect()
    }

    fn refresh(&self, party: &Party<S>) {
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = party.snapshot();
    }
}

impl<S: Service> Clone for Handle<S> {
    fn clone(&self) -> Self {
        Handle(Arc::clone(&self.0))
    }
}

impl<S: Service> std::fmt::Debug for Handle<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Handle({:?})", self.0.checker.service)
    }
}

/// How the writer's thread ended: in order, or with the fault that ended it.
pub(crate) type Ended = oneshot::Receiver<Result<(), Fault>>;

/// Gives the party its thread.
pub(crate) fn start<S: Service>(party: Party<S>, hub: Arc<Hub>) -> Result<(Handle<S>, Ended), Fault> {
    let (queue, jobs) = mpsc::channel(WRITER_QUEUE_MAX);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let checker = Arc::new(Checker {
        snapshot: RwLock::new(party.snapshot()),
        service: party.service(),
        crypto: party.crypto(),
        clock: Clock::default(),
    });
    let (report, ended) = oneshot::channel();
    let writer = Writer { party, jobs, hub, checker: Arc::clone(&checker) };
    std::thread::Builder::new()
        .name("writer".to_owned())
        .stack_size(WRITER_STACK_BYTES)
        .spawn(move || {
            // Nobody waits any more if the process is going down.
            let _ = report.send(writer.work());
        })
        .map_err(|error| Fault::new(Code::Overloaded, format!("cannot start the writer's thread: {error}")))?;
    let inner = Inner { queue, checks: Arc::new(Semaphore::new(cores)), checker, flushing: AtomicBool::new(false) };
    Ok((Handle(Arc::new(inner)), ended))
}

/// The answer when the writer is gone. The process stops; whoever asked will ask again.
fn gone() -> Fault {
    Fault::new(Code::Commit, "the writer has ended")
}

impl<S: Service> Handle<S> {
    /// The crypto provider.
    pub fn crypto(&self) -> &Arc<dyn Crypto> {
        &self.0.checker.crypto
    }

    /// Now, by the process's clock.
    pub(crate) fn now(&self) -> semper_base::Timestamp {
        self.0.checker.clock.now()
    }

    /// Checks and processes one input of our own: a hello, a command, an answer, a timer. Returns
    /// after the commit.
    ///
    /// # Errors
    /// What check or step said; [`Code::Overloaded`] when the queue is full.
    pub async fn local(&self, input: Input) -> Result<Reply, Error> {
        let mut replies = self.locals(vec![input]).await?;
        replies.pop().unwrap_or_else(|| Err(gone().into()))
    }

    /// Like [`Handle::local`] for several inputs, all in one job; at most
    /// [`TIMERS_PER_TURN_MAX`]. One answer each, in order.
    pub(crate) async fn locals(&self, inputs: Vec<Input>) -> Result<Vec<Result<Reply, Error>>, Error> {
        let checked = self.checked(inputs).await?;
        let mut failures = Vec::with_capacity(checked.len());
        let mut events = Vec::with_capacity(checked.len());
        for (_, result) in checked {
            match result {
                Ok(checked) => {
                    failures.push(None);
                    events.push(Event::Local(checked));
                }
                Err(violation) => failures.push(Some(violation)),
            }
        }
        let mut done = if events.is_empty() { Vec::new() } else { self.queue(events).await? }.into_iter();
        let mut answer = |failure: Option<Violation>| match failure {
            Some(violation) => Err(violation.into()),
            None => match done.next() {
                Some(Done::Reply(reply)) => reply,
                _ => Err(gone().into()),
            },
        };
        Ok(failures.into_iter().map(&mut answer).collect())
    }

    /// Checks and processes a delivery: messages of one peer, in order, at most
    /// [`DELIVERY_MESSAGES_MAX`]. The acknowledgements are durable when this returns.
    pub(crate) async fn messages(&self, from: PeerId, envelopes: Vec<Envelope>) -> Result<Vec<Ack>, Fault> {
        let inputs = envelopes.into_iter().map(|envelope| Input::Message(Message { from, envelope })).collect();
        let checked = self.checked(inputs).await?;
        let event = |(input, checked)| match input {
            Input::Message(Message { from, envelope }) => Some(Event::Message { from, envelope, checked }),
            _ => None,
        };
        let events: Vec<_> = checked.into_iter().filter_map(event).collect();
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let ack = |done| match done {
            Done::Ack(ack) => Some(ack),
            Done::Reply(_) => None,
        };
        Ok(self.queue(events).await?.into_iter().filter_map(ack).collect())
    }

    /// Takes a peer's acknowledgements: what it took is not sent again, and leaves the queue with the
    /// party's next commit, or soon.
    pub(crate) fn acked(&self, peer: PeerId, acks: Vec<Ack>) -> Result<(), Fault> {
        self.put(Job::Acked(peer, acks))?;
        if !self.0.flushing.swap(true, Ordering::Relaxed) {
            let handle = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(ACKS_WAIT_MS)).await;
                handle.0.flushing.store(false, Ordering::Relaxed);
                // A queue that is full brings a batch of its own.
                let _ = handle.put(Job::Flush);
            });
        }
        Ok(())
    }

    /// What waits for `peer`, from the head of its queue, as much as one delivery holds.
    pub(crate) async fn waiting(&self, peer: PeerId) -> Result<Vec<Envelope>, Fault> {
        let now = self.now();
        self.with(move |party| party.waiting(&peer, now)).await
    }

    /// Reads from the store, between two batches. Keep it short: nobody writes meanwhile.
    ///
    /// # Errors
    /// What `read` returned; [`Code::Overloaded`] when the queue is full.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Transaction) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.with(move |party| party.read(read)).await
    }

    async fn with<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Party<S>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (answer, result) = oneshot::channel();
        let read = move |party: &mut Party<S>| {
            // Whoever asked may have gone.
            let _ = answer.send(look(party));
        };
        self.put(Job::Read(Box::new(read)))?;
        result.await.map_err(|_| gone())?
    }

    /// Ends the writer after what is queued already.
    pub(crate) async fn stop(&self) {
        // Not there any more: as wanted.
        let _ = self.0.queue.send(Job::Stop).await;
    }

    /// Runs the stateless checks on a worker thread, against the snapshot of now.
    async fn checked(&self, inputs: Vec<Input>) -> Result<Vec<(Input, CheckResult<S>)>, Fault> {
        let permit = Arc::clone(&self.0.checks).acquire_owned().await.map_err(|_| gone())?;
        let checker = Arc::clone(&self.0.checker);
        let work = move || {
            let _permit = permit;
            checker.check(inputs)
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Fault::new(Code::Pending, "the check did not end"))
    }

    async fn queue(&self, events: Vec<Event<S::Checked>>) -> Result<Vec<Done>, Fault> {
        if events.len() > JOB_EVENTS_MAX {
            return Err(Fault::new(Code::Overloaded, "events of one job"));
        }
        let (answer, done) = oneshot::channel();
        self.put(Job::Events(events, answer))?;
        done.await.map_err(|_| gone())
    }

    fn put(&self, job: Job<S>) -> Result<(), Fault> {
        self.0.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Fault::new(Code::Overloaded, "the writer's queue is full"),
            mpsc::error::TrySendError::Closed(_) => gone(),
        })
    }
}

type CheckResult<S> = Result<Checked<<S as Service>::Checked>, Violation>;

struct Writer<S: Service> {
    party: Party<S>,
    jobs: mpsc::Receiver<Job<S>>,
    hub: Arc<Hub>,
    checker: Arc<Checker<S>>,
}

/// Events gathered for one commit, and who waits for how many of them.
struct Batch<T> {
    events: Vec<Event<T>>,
    waiting: Vec<(usize, oneshot::Sender<Vec<Done>>)>,
    /// Whether it is worth a commit without events.
    flush: bool,
}

impl<S: Service> Writer<S> {
    fn work(mut self) -> Result<(), Fault> {
        loop {
            let (batch, stop) = self.gather();
            if !batch.events.is_empty() || (batch.flush && self.party.has_acknowledgements()) {
                self.run(batch)?;
            }
            if stop {
                return Ok(());
            }
        }
    }

    /// Waits for the first job, then takes what else is there.
    fn gather(&mut self) -> (Batch<S::Checked>, bool) {
        let mut batch = Batch { events: Vec::new(), waiting: Vec::new(), flush: false };
        let mut next = self.jobs.blocking_recv();
        if next.is_none() {
            return (batch, true);
        }
        while let Some(job) = next {
            match job {
                Job::Stop => {
                    batch.flush = true;
                    return (batch, true);
                }
                Job::Acked(peer, acks) => batch.flush |= self.party.acknowledged(&peer, &acks),
                Job::Flush => batch.flush = true,
                Job::Read(read) => read(&mut self.party),
                Job::Events(mut events, answer) => {
                    batch.waiting.push((events.len(), answer));
                    batch.events.append(&mut events);
                }
            }
            if batch.events.len() > BATCH_EVENTS_MAX - JOB_EVENTS_MAX {
                break;
            }
            next = self.jobs.try_recv().ok();
        }
        (batch, false)
    }

    fn run(&mut self, batch: Batch<S::Checked>) -> Result<(), Fault> {
        let mut done = match self.attempt(&batch.events) {
            Ok(done) => done,
            Err(fault) if self.party.ended() => return Err(fault),
            Err(fault) => {
                tracing::warn!(%fault, events = batch.events.len(), "a batch failed; its events run one by one");
                self.run_apart(&batch)?
            }
        }
        .into_iter();
        for (count, answer) in batch.waiting {
            // Whoever asked may have gone; the work is done all the same.
            let _ = answer.send(done.by_ref().take(count).collect());
        }
        Ok(())
    }

    /// One commit per event, so that an event that cannot be processed harms only its own job. What
    /// follows it in the same job waits too: a delivery keeps its order.
    fn run_apart(&mut self, batch: &Batch<S::Checked>) -> Result<Vec<Done>, Fault> {
        let mut done = Vec::with_capacity(batch.events.len());
        let mut rest = batch.events.iter();
        for (count, _) in &batch.waiting {
            let mut failed: Option<Fault> = None;
            for event in rest.by_ref().take(*count) {
                let answer = match &failed {
                    Some(fault) => Err(fault.clone()),
                    None => self.attempt(std::slice::from_ref(event)),
                };
                match answer {
                    Ok(mut answers) => done.append(&mut answers),
                    Err(fault) if self.party.ended() => return Err(fault),
                    Err(fault) => {
                        done.push(put_off(event, &fault));
                        failed = Some(fault);
                    }
                }
            }
        }
        Ok(done)
    }

    fn attempt(&mut self, events: &[Event<S::Checked>]) -> Result<Vec<Done>, Fault> {
        let report = self.party.run(events, self.checker.clock.now())?;
        self.checker.refresh(&self.party);
        self.hub.publish(report.outputs, report.commit);
        Ok(report.done)
    }
}

/// The answer to an event that met a fault of ours.
fn put_off<T>(event: &Event<T>, fault: &Fault) -> Done {
    match event {
        Event::Message { envelope, .. } => {
            Done::Ack(Ack { seq: envelope.seq, outcome: Outcome::Later(fault.code().number()) })
        }
        Event::Local(_) => Done::Reply(Err(fault.clone().into())),
    }
}
