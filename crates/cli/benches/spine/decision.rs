//! The notary's decision about a contract of two: everything between the packet with both promises and the commit; and the same
//! beside a million contracts that were decided before.

use std::collections::BTreeSet;
use std::sync::Arc;

use semper_base::tx::Record;
use semper_base::{Blob64, Hash, Key, Millis, Nonce, PeerId, Role, Timestamp, Write, Xid};
use semper_blocks::certificate::Kind;
use semper_blocks::item::Grade;
use semper_blocks::statement::{About, Author, Compact};
use semper_crypto_aws_lc::AwsLc;
use semper_driver::party::{Done, check};
use semper_driver::service::{Input, Message};
use semper_driver::store::Applied;
use semper_driver::{Event, Party, Store};
use semper_exchange::fair::frame::descriptor::signatures;
use semper_exchange::fair::frame::statements::Promise;
use semper_exchange::fair::frame::{Content, Core, Deadlines, Descriptor, Packet, Protocol, Third};
use semper_exchange::judge::JUDGE_VERSION;
use semper_services::common::{Member, keys::Identity, signing::PACKET};
use semper_services::notary::Notary;
use semper_store::{Mode, SqliteStore};
use semper_support::Context;
use semper_support::comm::{Ack, Envelope, Outcome as Said};
use semper_support::crypto::{Crypto, KeyPair, Keyring};

use crate::floor::{BATCH, Floor, Sample};
use crate::measure::{Basis, Clock, Cost, Figure, Goal, Outcome, Place};
use crate::recorder::{Notes, Recorder, Written, take};

/// Commits of one round.
const BATCHES: usize = 2;
const ROUNDS: usize = 15;
/// Contracts that were decided before.
const DECIDED: u64 = 1_000_000;
/// Of those, how many one commit loads.
const LOADED: usize = 2_000;
/// Every so many of those are looked at again.
const SAMPLED: usize = 9_973;
/// The slot of the notary's register.
const DECISION: &str = "decision";
const NOW: Timestamp = Timestamp::from_millis(1_772_323_200_000);
/// When the others were decided: what is kept in order of time stands before what comes now.
const BEFORE: Timestamp = Timestamp::from_millis(1_772_323_200_000 - 86_400_000);

pub(crate) fn measure() -> Outcome<Figure> {
    let (sample, _) = sample(NOW)?;
    println!("  a request {sample}");
    let mut floor = Floor::new("decision-floor", sample)?;
    let mut office = Office::new("decision", NOW, |store| Ok(Box::new(store)))?;
    let goal = (Basis::Cpu, Goal::Rate(0.6));
    Figure::measure(
        "decision: the notary's, about a contract",
        goal,
        ROUNDS,
        || floor.round(BATCHES),
        || office.round(),
    )
}

/// A notary with a million decisions behind it, against one with none.
pub(crate) fn measure_large() -> Outcome<Figure> {
    let (sample, xids) = sample(BEFORE)?;
    let rows = Decided::of(&sample.written, &xids)?;
    let mut small = Office::new("decision-small", NOW, |store| Ok(Box::new(store)))?;
    let mut large = Office::new("decision-large", NOW, |mut store| {
        rows.load(&mut store)?;
        Ok(Box::new(store))
    })?;
    let goal = (Basis::Cpu, Goal::Times(1.2));
    let figure = Figure::measure(
        "decision beside a million, against one beside none",
        goal,
        ROUNDS,
        || small.round(),
        || large.round(),
    )?;
    println!("  {} MiB is the most memory that this process has had", peak()?);
    Ok(figure)
}

/// The most memory that this process has had, in MiB.
fn peak() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? / 1024)
}

/// What one decided contract leaves behind, by what was seen to be written: rows and timers named after it, its register's
/// rows, what is archived under it.
struct Decided {
    xid: Xid,
    left: Vec<Write>,
}

impl Decided {
    fn of(written: &Written, xids: &BTreeSet<Xid>) -> Outcome<Decided> {
        let xid = *xids.first().ok_or("no contract")?;
        let mut decided = Decided { xid, left: Vec::new() };
        for write in written.writes.iter().filter(|write| names(write, &xid)) {
            // The last word about a row or a timer is what stays.
            if let Some(place) = place(write) {
                decided.left.retain(|other| self::place(other) != Some(place));
            }
            if !matches!(write, Write::Delete(_) | Write::Timer(_, None)) {
                decided.left.push(write.clone());
            }
        }
        if !decided.left.iter().any(|write| matches!(write, Write::Insert(_, DECISION, _))) {
            return Err("no decision".into());
        }
        println!("  {DECIDED} decided contracts, each with");
        decided.left.iter().for_each(|write| println!("    {}", said(write)));
        Ok(decided)
    }

    /// The same of another contract.
    fn of_another(&self, xid: &Xid) -> impl Iterator<Item = Write> + use<'_> {
        let (xid, own, other) = (*xid, self.xid.to_string(), xid.to_string());
        let key = move |key: &Key| Key(key.0.replace(&own, &other));
        self.left.iter().map(move |write| match write.clone() {
            Write::Put(row, value) => Write::Put(key(&row), value),
            Write::Timer(row, at) => Write::Timer(key(&row), at),
            Write::Insert(_, slot, value) => Write::Insert(xid, slot, value),
            Write::Archive(record) => {
                let subject = key(&Key(record.subject.clone())).0;
                Write::Archive(Record { subject, ..record })
            }
            write => write,
        })
    }

    /// Loads them in the order of their ids, and looks at some of them.
    fn load(&self, store: &mut SqliteStore) -> Outcome<()> {
        let mut xids: Vec<Xid> = (0..DECIDED).map(|number| Xid(Hash::of(&number.to_be_bytes()))).collect();
        xids.sort_unstable();
        for some in xids.chunks(LOADED) {
            let mut transaction = store.begin()?;
            for xid in some {
                if transaction.take(&mut self.of_another(xid).collect(), BEFORE)? != Applied::Done {
                    return Err(format!("contract {xid} was decided before").into());
                }
            }
            transaction.commit()?;
        }
        let transaction = store.begin()?;
        for xid in xids.iter().step_by(SAMPLED) {
            for write in self.of_another(xid) {
                let is_there = match &write {
                    Write::Put(key, value) => transaction.get(key)?.as_ref() == Some(value),
                    Write::Insert(_, slot, value) => transaction.register(xid, slot)?.as_ref() == Some(value),
                    Write::Archive(record) => transaction.is_archived(&record.subject, &record.bytes)?,
                    _ => true,
                };
                if !is_there {
                    return Err(format!("contract {xid} was not loaded: {}", said(&write)).into());
                }
            }
        }
        Ok(())
    }
}

/// Whether a write is about this contract, by where it is found again. Messages go when they are taken.
fn names(write: &Write, xid: &Xid) -> bool {
    let id = xid.to_string();
    match write {
        Write::Put(key, _) | Write::Delete(key) | Write::Timer(key, _) => key.0.contains(&id),
        Write::Insert(of, ..) => of == xid,
        Write::Archive(record) => record.subject.contains(&id),
        _ => false,
    }
}

/// The row or the timer that a write sets or removes.
fn place(write: &Write) -> Option<(bool, &Key)> {
    match write {
        Write::Put(key, _) | Write::Delete(key) => Some((false, key)),
        Write::Timer(key, _) => Some((true, key)),
        _ => None,
    }
}

fn said(write: &Write) -> String {
    match write {
        Write::Put(key, value) => format!("row {} of {} bytes", key.0, value.len()),
        Write::Timer(key, _) => format!("timer {}", key.0),
        Write::Insert(_, slot, value) => format!("register row {slot} of {} bytes", value.len()),
        Write::Archive(record) => format!("archived {} of {} bytes", record.kind, record.bytes.len()),
        _ => "something else".to_owned(),
    }
}

/// A message and who sends it.
struct Sent {
    from: PeerId,
    envelope: Envelope,
}

/// A notary at work.
struct Office {
    party: Party<Member<Notary>>,
    crypto: Arc<dyn Crypto>,
    keyring: Keyring,
    notary: KeyPair,
    now: Timestamp,
    requests: u64,
    _place: Place,
}

impl Office {
    fn new(name: &str, now: Timestamp, store: impl FnOnce(SqliteStore) -> Outcome<Box<dyn Store>>) -> Outcome<Office> {
        let crypto: Arc<dyn Crypto> = Arc::new(AwsLc::new());
        let keyring = || Keyring::for_simulation([9; 32]);
        let place = Place::new(name)?;
        let mut database = SqliteStore::open(&place.path().join("data"), &place.path().join("head"), Mode::Create)?;
        let notary = crypto.generate()?;
        let mut rows = Vec::new();
        for (kind, pair) in [(Kind::Statement, notary.clone()), (Kind::Seal, crypto.generate()?)] {
            let identity = Identity {
                key: pair.public.id(),
                certificate: Hash::of(b"certificate"),
                name: "notary".to_owned(),
                renew_at: now.plus(Millis::days(60)),
            };
            rows.push(Write::Put(Key::new("key", pair.public.id()), keyring().wrap_key(&pair, &*crypto)?));
            rows.push(Write::Put(Key::new("identity", kind.word()), serde_json::to_vec(&identity)?));
        }
        let mut transaction = database.begin()?;
        let _ = transaction.apply(&rows, now)?;
        transaction.commit()?;
        let service = Arc::new(Member(Notary));
        let (party, _) = Party::open(service, store(database)?, Arc::clone(&crypto), Arc::new(keyring()), now)?;
        Ok(Office { party, crypto, keyring: keyring(), notary, now, requests: 0, _place: place })
    }

    fn round(&mut self) -> Outcome<Cost> {
        let mut batches = Vec::new();
        for _ in 0..BATCHES {
            batches.push(self.requests(BATCH)?.0);
        }
        let clock = Clock::start()?;
        for batch in &batches {
            self.take(batch)?;
        }
        clock.stop(BATCH * BATCHES)
    }

    /// Requests to complete contracts of two, each of other people.
    fn requests(&mut self, count: usize) -> Outcome<(Vec<Sent>, BTreeSet<Xid>)> {
        let (mut requests, mut xids) = (Vec::with_capacity(count), BTreeSet::new());
        for _ in 0..count {
            let (request, xid) = self.request()?;
            requests.push(request);
            xids.insert(xid);
        }
        Ok((requests, xids))
    }

    fn request(&mut self) -> Outcome<(Sent, Xid)> {
        self.requests += 1;
        let keys = [self.crypto.generate()?, self.crypto.generate()?];
        let x = self.contract(&keys)?;
        let cx = Context { now: self.now, crypto: &*self.crypto, keyring: &self.keyring };
        let [first, second] = keys.each_ref().map(|key| Author::uncertified(Role::Party, key));
        let to = |place: u8| About::exchange(x.xid, x.others(place));
        let one = first.answer(&cx, to(0), Promise { answers: None })?;
        let other = second.answer(&cx, to(1), Promise { answers: Some(one.hash) })?;
        let content = Content::Resolve { first: one.text, second: other.text };
        let body = serde_json::to_string(&Packet { content, descriptor: Blob64(x.bytes().to_vec()) })?;
        let from = PeerId(keys[0].public.id().0);
        Ok((Sent { from, envelope: Envelope { seq: 1, prev: 0, kind: PACKET.to_owned(), body } }, x.xid))
    }

    fn contract(&self, keys: &[KeyPair; 2]) -> Outcome<Descriptor> {
        let mut nonce = [0_u8; 16];
        self.crypto.random(&mut nonce);
        let terms = Hash::of(b"terms");
        let core = Core {
            deal: None,
            deadlines: Deadlines::standard(self.now),
            fee: None,
            grade: Grade::Strong,
            items: signatures(2, terms),
            judge: JUDGE_VERSION,
            mail: None,
            nonce: Nonce(nonce),
            notary: Third { key: self.notary.public.clone(), certificate: Hash::of(b"certificate") },
            notary_seal: None,
            opened: self.now,
            parties: keys.iter().map(|key| key.public.clone()).collect(),
            protocol: Protocol::Cs2,
            terms,
        };
        Ok(Descriptor::new(&core, None)?)
    }

    /// Checks a batch, runs it, commits it.
    fn take(&mut self, batch: &[Sent]) -> Outcome<()> {
        let (service, snapshot) = (self.party.service(), self.party.snapshot());
        let now = self.now.plus(Millis::seconds(1));
        let event = |sent: &Sent| {
            let (from, envelope) = (sent.from, sent.envelope.clone());
            let input = Input::Message(Message { from, envelope: envelope.clone() });
            Event::Message { from, envelope, checked: check(&*service, &input, &snapshot, &*self.crypto, now) }
        };
        let events: Vec<_> = batch.iter().map(event).collect();
        for done in self.party.run(&events, now)?.done {
            if !matches!(done, Done::Ack(Ack { outcome: Said::Taken, .. })) {
                return Err(format!("the notary did not take it: {done:?}").into());
            }
        }
        Ok(())
    }
}

/// Has one batch decided by a notary whose store takes notes.
fn sample(now: Timestamp) -> Outcome<(Sample, BTreeSet<Xid>)> {
    let notes = Notes::default();
    let recorded = Arc::clone(&notes);
    let mut office = Office::new("decision-sample", now, |store| Ok(Box::new(Recorder { store, notes: recorded })))?;
    let (requests, xids) = office.requests(BATCH)?;
    take(&notes);
    office.take(&requests)?;
    let body = requests.first().ok_or("no request")?.envelope.body.clone();
    let packet: Packet = serde_json::from_str(&body)?;
    let Content::Resolve { first, second } = packet.content else { return Err("no request".into()) };
    let written = take(&notes);
    let answer = written.rows.iter().find(|(key, _)| key.ends_with(DECISION.as_bytes())).ok_or("no decision")?;
    let answer = String::from_utf8(answer.1.clone())?;
    let input = |text: &str| -> Outcome<Vec<u8>> { Ok(Compact::parse(text)?.signing_input().as_bytes().to_vec()) };
    let inputs = [input(&first)?, input(&second)?, input(&answer)?];
    Ok((Sample { body, inputs, written }, xids))
}
