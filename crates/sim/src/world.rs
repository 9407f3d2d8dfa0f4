//! The simulated world: parties, one clock, one queue of happenings.
//!
//! ```text
//!  Dial -> Hello -> Met          a relationship is opened (and again after every restart)
//!  Push -> Arrive -> Acks        what waits for a peer is delivered, in order, until it was taken
//!  Tick                          timers are due
//!  Answer                        the user has thought
//!  Restart                       a process that died is started again
//!  Flush                         acknowledgements that found no batch get a commit
//! ```

mod clock;
mod coalition;
mod dial;
mod life;
mod net;
mod user;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use semper_base::tx::Question;
use semper_base::{Code, Fault, Key, KeyId, Misuse, PeerId, Timestamp};
use semper_driver::service::{Input, Service};
use semper_driver::{Output, Transaction};
use semper_support::comm::{Ack, Envelope};
use semper_support::crypto::{Crypto, Ideal, KeyPair, Keyring, Seeded};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::counting::{Counting, Counts};
use crate::dice::{Dice, seed_of};
use crate::disk::CommitFault;
use crate::fate::{Fate, Moment};
use crate::host::{Host, Job, Process, Worked};
use crate::lies::Lie;
use crate::mount::Drive;
use crate::oracle::Oracle;
use crate::screen::Script;
use crate::secrecy::Heard;
use crate::trace::Trace;
use crate::trouble::Trouble;
use crate::weather::Weather;

pub use coalition::Coalition;

/// Most happenings of one run: a run that needs more goes round in circles.
pub const EVENTS_MAX: u64 = 400_000;

/// One of the world's parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Who(pub usize);

/// A party and what the world knows of it.
#[derive(Debug)]
pub struct Seat {
    /// Its name, also its address.
    pub name: Arc<str>,
    process: Box<dyn Process>,
    /// Its disk.
    pub drive: Drive,
    provider: Arc<Counting>,
    /// How many milliseconds its clock is ahead.
    pub offset: i64,
    /// How many millionths it gains, and since when.
    drift: (i64, Timestamp),
    /// What its user answers.
    pub script: Script,
    up: bool,
    /// Number of the timer look that counts.
    tick: u64,
    /// How often in a row timers stayed due.
    stuck: u32,
    questions: BTreeMap<String, (u64, Question)>,
    /// A flush of acknowledgements is on its way.
    flushing: bool,
    /// Commits since the beginning.
    pub commits: u64,
    /// Until then every commit fails.
    pub sync_fails_until: Timestamp,
}

/// See the diagram.
#[derive(Clone, Debug)]
enum Happening {
    Dial { who: Who, link: String, attempt: u64 },
    Hello { who: Who, link: String, attempt: u64, to: Who, input: Input },
    Met { who: Who, link: String, attempt: u64, to: Who, reply: String },
    Push { who: Who, peer: PeerId, attempt: u64 },
    Arrive { from: Who, peer: PeerId, attempt: u64, to: Who, known_as: PeerId, messages: Vec<Envelope> },
    Acks { who: Who, peer: PeerId, attempt: u64, acks: Vec<Ack> },
    Tick { who: Who, tick: u64 },
    Answer { who: Who, id: String, serial: u64 },
    Restart { who: Who },
    Flush { who: Who },
}

/// Where messages to a peer go, and as whom the sender is known there.
#[derive(Clone, Copy, Debug)]
struct Route {
    to: Who,
    known_as: PeerId,
}

/// How it stands with the deliveries to one peer.
#[derive(Clone, Debug, Default)]
struct Pushing {
    attempt: u64,
    patience: u32,
    busy: bool,
    /// The peer says that we are an old copy: nothing more is sent there.
    stale: bool,
}

/// How it stands with one relationship that a party opens.
#[derive(Clone, Debug, Default)]
struct Dialling {
    attempt: u64,
    patience: u32,
    server: Option<Who>,
    open: bool,
}

/// See the module.
#[derive(Debug)]
pub struct World {
    seed: u64,
    now: Timestamp,
    number: u64,
    queue: BTreeMap<(Timestamp, u64), Box<Happening>>,
    seats: Vec<Seat>,
    routes: BTreeMap<(Who, PeerId), Route>,
    pushing: BTreeMap<(Who, PeerId), Pushing>,
    dialling: BTreeMap<(Who, String), Dialling>,
    partitions: BTreeSet<(Who, Who)>,
    /// Decides what goes wrong, where.
    pub fate: Fate,
    /// How much goes wrong.
    pub weather: Weather,
    /// How often a process died.
    pub crashes: u64,
    /// Happenings after which a run goes round in circles.
    pub events_max: u64,
    /// Who lies in a known way.
    pub lies: Vec<Box<dyn Lie>>,
    /// Who says anything.
    pub coalition: Coalition,
    /// What parties heard, for those that are listened to.
    pub heard: BTreeMap<Who, Heard>,
    /// One commit per event, for counting.
    pub apart: bool,
    /// Signatures and boxes of parties that are added from now on are hashes: much faster, and all that
    /// a simulation needs that does not count operations.
    pub ideal: bool,
    /// What happened.
    pub trace: Trace,
    /// What must hold after every commit.
    pub oracle: Oracle,
}

impl World {
    /// An empty world.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        World {
            seed,
            // 2026-03-01T00:00:00Z
            now: Timestamp::from_millis(1_772_323_200_000),
            number: 0,
            queue: BTreeMap::new(),
            seats: Vec::new(),
            routes: BTreeMap::new(),
            pushing: BTreeMap::new(),
            dialling: BTreeMap::new(),
            partitions: BTreeSet::new(),
            fate: Fate::drawn(Dice::new(seed, "world")),
            crashes: 0,
            events_max: EVENTS_MAX,
            weather: Weather::calm(),
            lies: Vec::new(),
            coalition: Coalition::default(),
            heard: BTreeMap::new(),
            apart: false,
            ideal: false,
            trace: Trace::default(),
            oracle: Oracle::default(),
        }
    }

    /// Adds a party that has not started. `lie` may put a dishonest provider in front of its own.
    pub fn add<S: Service>(
        &mut self,
        name: &str,
        service: S,
        lie: impl FnOnce(Arc<dyn Crypto>) -> Arc<dyn Crypto>,
    ) -> Who {
        let provider = Arc::new(Counting::new(lie(self.draw_provider(name))));
        let crypto: Arc<dyn Crypto> = Arc::<Counting>::clone(&provider);
        let keyring = Keyring::for_simulation(seed_of(self.seed, &format!("{name}/keyring")));
        let drive = Drive::default();
        let process = Box::new(Host::new(service, crypto, keyring, drive.clone()));
        self.seats.push(Seat {
            name: name.into(),
            process,
            drive,
            provider,
            offset: 0,
            drift: (0, self.now),
            script: Script::default(),
            up: false,
            tick: 0,
            stuck: 0,
            questions: BTreeMap::new(),
            flushing: false,
            commits: 0,
            sync_fails_until: Timestamp::EPOCH,
        });
        Who(self.seats.len().saturating_sub(1))
    }

    fn draw_provider(&self, name: &str) -> Arc<dyn Crypto> {
        let seed = seed_of(self.seed, name);
        if !self.ideal {
            return Arc::new(Seeded::new(seed));
        }
        let mut first = [0; 8];
        first.iter_mut().zip(seed).for_each(|(to, from)| *to = from);
        Arc::new(Ideal::new(u64::from_be_bytes(first)))
    }

    /// The world's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A party.
    pub fn seat(&mut self, who: Who) -> Result<&mut Seat, Trouble> {
        self.seats.get_mut(who.0).ok_or_else(|| Trouble::new(format!("no party {}", who.0)))
    }

    /// Whether a party's process runs.
    #[must_use]
    pub fn is_up(&self, who: Who) -> bool {
        self.seats.get(who.0).is_some_and(|seat| seat.up)
    }

    /// What a party's provider was asked to do so far.
    #[must_use]
    pub fn counts(&self, who: Who) -> Counts {
        self.seats.get(who.0).map_or_else(Counts::default, |seat| seat.provider.counts())
    }

    /// A party's provider, for the judge of the test.
    pub fn provider(&mut self, who: Who) -> Result<Arc<dyn Crypto>, Trouble> {
        Ok(Arc::<Counting>::clone(&self.seat(who)?.provider))
    }

    fn name(&self, who: Who) -> Arc<str> {
        self.seats.get(who.0).map_or_else(|| Arc::from(""), |seat| Arc::clone(&seat.name))
    }

    /// The party with this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Who> {
        self.seats.iter().position(|seat| *seat.name == *name).map(Who)
    }

    fn note(&mut self, who: Who, what: fmt::Arguments<'_>) {
        let name = self.seats.get(who.0).map_or("", |seat| &*seat.name);
        self.trace.note(self.now, name, what);
    }

    pub(crate) fn fault(&mut self, who: Who, what: fmt::Arguments<'_>) {
        let name = self.seats.get(who.0).map_or("", |seat| &*seat.name);
        self.trace.fault(self.now, name, what);
    }

    /// A number that was not used before.
    fn fresh(&mut self) -> u64 {
        self.number = self.number.saturating_add(1);
        self.number
    }

    fn after(&mut self, pause: u64, happening: Happening) {
        let number = self.fresh();
        let at = Timestamp::from_millis(self.now.millis().saturating_add(pause));
        // Boxed: a tree moves what stands in it, and happenings are large.
        self.queue.insert((at, number), Box::new(happening));
    }

    /// Handles the next happening; false if there is none.
    pub fn step(&mut self) -> Result<bool, Trouble> {
        let Some(((at, _), happening)) = self.queue.pop_first() else { return Ok(false) };
        self.now = self.now.max(at);
        self.trace.events = self.trace.events.saturating_add(1);
        if self.trace.events > self.events_max {
            return Err(Trouble::new("the run goes round in circles"));
        }
        match *happening {
            Happening::Dial { who, link, attempt } => self.dial(who, &link, attempt)?,
            Happening::Hello { who, link, attempt, to, input } => self.hello(who, &link, attempt, to, input)?,
            Happening::Met { who, link, attempt, to, reply } => self.met(who, &link, attempt, to, &reply)?,
            Happening::Push { who, peer, attempt } => self.push(who, peer, attempt)?,
            Happening::Arrive { from, peer, attempt, to, known_as, messages } => {
                self.arrive(net::Parcel { from, peer, attempt, to, known_as, messages })?;
            }
            Happening::Acks { who, peer, attempt, acks } => self.acks(who, peer, attempt, &acks)?,
            Happening::Tick { who, tick } => self.tick(who, tick)?,
            Happening::Answer { who, id, serial } => self.answer(who, &id, serial)?,
            Happening::Restart { who } => self.restart(who)?,
            Happening::Flush { who } => self.flush(who)?,
        }
        Ok(true)
    }

    /// Lets so many milliseconds pass.
    pub fn run_for(&mut self, millis: u64) -> Result<(), Trouble> {
        let end = Timestamp::from_millis(self.now.millis().saturating_add(millis));
        self.run_to(end)
    }

    /// Lets time pass up to this moment.
    pub fn run_to(&mut self, end: Timestamp) -> Result<(), Trouble> {
        while self.queue.first_key_value().is_some_and(|((at, _), _)| *at <= end) {
            self.step()?;
        }
        self.now = self.now.max(end);
        Ok(())
    }

    /// Runs until something is so, for at most so long. False if it never was.
    pub fn run_until(
        &mut self,
        millis: u64,
        mut is_so: impl FnMut(&mut World) -> Result<bool, Trouble>,
    ) -> Result<bool, Trouble> {
        let end = Timestamp::from_millis(self.now.millis().saturating_add(millis));
        loop {
            if is_so(self)? {
                return Ok(true);
            }
            let next = self.queue.first_key_value().map(|((at, _), _)| *at);
            if next.is_none_or(|next| next > end) {
                self.now = self.now.max(end);
                return Ok(false);
            }
            // Looking is dearer than stepping: look once per moment.
            while self.queue.first_key_value().map(|((at, _), _)| *at) == next {
                self.step()?;
            }
        }
    }

    /// The local user or operator wants something; the reply comes after the commit.
    pub fn command(&mut self, who: Who, request: &Value) -> Result<Value, Trouble> {
        let input = Input::Command(serde_json::to_vec(request).map_err(|e| Trouble::new(e.to_string()))?);
        let word = request.get("command").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.note(who, format_args!("command {word}"));
        let worked = self.work(who, Job::Local(vec![input]))?;
        let reply = worked.reply();
        self.finish(who, worked)?;
        let reply = reply?;
        serde_json::to_value(&reply).map_err(|e| Trouble::new(e.to_string()))
    }

    /// Reads a row of a party that runs.
    pub fn row<T: DeserializeOwned>(&mut self, who: Who, key: &Key) -> Result<Option<T>, Trouble> {
        let bytes = self.look(who, |transaction| transaction.get(key))?;
        let parsed = bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose();
        parsed.map_err(|e| Trouble::new(format!("{}: {e}", key.0)))
    }

    /// Reads from the store of a party that runs.
    pub fn look<T>(&mut self, who: Who, look: impl FnOnce(&dyn Transaction) -> Result<T, Fault>) -> Result<T, Trouble> {
        let (mut found, mut look) = (None, Some(look));
        self.seat(who)?.process.look(&mut |transaction| {
            if let Some(look) = look.take() {
                found = Some(look(transaction)?);
            }
            Ok(())
        })?;
        found.ok_or_else(|| Trouble::from(Misuse::new(Code::StateWrong, "nothing was read")))
    }

    /// Nothing passes between these two from now on.
    pub fn part(&mut self, one: Who, other: Who) {
        self.fault(one, format_args!("parted from {}", other.0));
        self.partitions.insert((one.min(other), one.max(other)));
    }

    /// They reach each other again.
    pub fn join(&mut self, one: Who, other: Who) {
        if self.partitions.remove(&(one.min(other), one.max(other))) {
            let between = |from: &Who, to: &Who| (from, to) == (&one, &other) || (from, to) == (&other, &one);
            let routes = self.routes.iter().filter(|((from, _), route)| between(from, &route.to));
            for (who, peer) in routes.map(|(key, _)| *key).collect::<Vec<_>>() {
                self.push_anew(who, peer);
            }
            self.dial_again(one);
            self.dial_again(other);
        }
    }

    fn parted(&self, one: Who, other: Who) -> bool {
        self.partitions.contains(&(one.min(other), one.max(other)))
    }

    /// The party's next commit goes wrong.
    pub fn fail_commit(&mut self, who: Who, fault: CommitFault) -> Result<(), Trouble> {
        self.fault(who, format_args!("the next commit fails: {fault:?}"));
        self.seat(who)?.drive.fail_commit(fault);
        Ok(())
    }

    /// One of a party's own keys, for a liar's hand.
    pub fn pair(&mut self, who: Who, id: KeyId) -> Result<KeyPair, Trouble> {
        let row = self.look(who, |transaction| transaction.get(&Key::new("key", id)))?;
        let row = row.ok_or_else(|| Trouble::new("no such key"))?;
        let keyring = Keyring::for_simulation(seed_of(self.seed, &format!("{}/keyring", self.name(who))));
        Ok(keyring.unwrap_key(id, &row)?)
    }

    fn work(&mut self, who: Who, job: Job) -> Result<Worked, Trouble> {
        let (wall, apart) = (self.wall(who), self.apart);
        if self.is_up(who) {
            self.perhaps_fail_commit(who)?;
        }
        Ok(self.seat(who)?.process.work(job, wall, apart))
    }

    /// What follows from a piece of work, whatever it was.
    fn finish(&mut self, who: Who, worked: Worked) -> Result<(), Trouble> {
        for commit in &worked.commits {
            self.note(who, format_args!("commit {commit}"));
        }
        self.seat(who)?.commits += worked.commits.len() as u64;
        for failed in worked.done.iter().filter_map(|done| done.as_ref().err()) {
            self.note(who, format_args!("refused itself: {failed}"));
        }
        if !worked.ended && !worked.commits.is_empty() {
            self.watch(who)?;
            if self.dies(Moment::AfterCommit, who) {
                self.crashes = self.crashes.saturating_add(1);
                self.fault(who, format_args!("dies AfterCommit"));
                return self.crash(who);
            }
        }
        self.publish(who, worked.outputs)?;
        if worked.ended {
            self.note(who, format_args!("the writer ended"));
            return self.crash(who);
        }
        self.schedule_tick(who)
    }

    fn watch(&mut self, who: Who) -> Result<(), Trouble> {
        let name = self.name(who);
        let changed = self.seat(who)?.drive.changed();
        let mut oracle = std::mem::take(&mut self.oracle);
        let rows = self.look(who, |transaction| Ok(oracle.after_commit(&name, &changed, transaction)))?;
        self.oracle = oracle;
        for row in rows? {
            self.note(who, format_args!("{row}"));
        }
        Ok(())
    }

    fn publish(&mut self, who: Who, outputs: Vec<Output>) -> Result<(), Trouble> {
        for output in outputs {
            match output {
                Output::Wake(peer) => self.wake(who, peer),
                Output::Ask(question) => self.ask(who, question)?,
                Output::Unask(id) => {
                    self.seat(who)?.questions.remove(&id);
                }
                Output::Tell(notice) => {
                    self.note(who, format_args!("tells {} {} {}", notice.event, notice.subject, notice.text));
                    if notice.event == "link" {
                        self.dial_all(who)?;
                    }
                }
            }
        }
        Ok(())
    }
}
