//! Five parties in one process, each with its own SQLite store and aws-lc provider, and nothing
//! between them: a message goes from the sender's queue straight into the receiver's check. As in
//! production a party takes all that waits for it in one batch, with one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use semper_base::limits::TIMERS_PER_TURN_MAX;
use semper_base::tx::Question;
use semper_base::{Blob64, Fault, Key, PeerId, Timestamp};
use semper_blocks::statement::sign_payload;
use semper_crypto_aws_lc::AwsLc;
use semper_driver::party::{Done, check};
use semper_driver::service::{Answer, Input, Message};
use semper_driver::{Event, Output, Party, Service, Transaction};
use semper_store::{Mode, SqliteStore};
use semper_support::comm::{Ack, Envelope, Link};
use semper_support::crypto::{Crypto, Keyring};
use semper_support::tinguin::{Consent, Outcome as Consented};
use serde_json::{Value, json};

use crate::measure::{Outcome, Place};

/// More happenings than any deal has: beyond it something goes round in circles.
const TURNS_MAX: usize = 20_000;

/// Which party.
pub(crate) type Who = usize;

/// Everybody, and where messages go.
pub(crate) struct Market {
    seats: Vec<Box<dyn Process>>,
    /// From whom to which peer: who that is, and as whom the sender is known there.
    routes: BTreeMap<(Who, PeerId), (Who, PeerId)>,
    /// Who has something for which peer.
    wakes: BTreeSet<(Who, PeerId)>,
    questions: Vec<(Who, Question)>,
    /// Commits so far.
    pub(crate) commits: u64,
    /// Messages as they were taken, as long as somebody wants to see them.
    pub(crate) seen: Option<Vec<Envelope>>,
    place: Place,
}

/// A party, whatever its service.
trait Process {
    fn run(&mut self, inputs: Vec<Input>) -> Outcome<(Vec<Done>, Vec<Output>)>;
    fn waiting(&mut self, peer: &PeerId) -> Outcome<Vec<Envelope>>;
    fn acknowledged(&mut self, peer: &PeerId, acks: &[Ack]);
    fn look(&mut self, look: &mut dyn FnMut(&dyn Transaction) -> Result<(), Fault>) -> Outcome<()>;
    fn sign(&mut self, question: &Question) -> Outcome<String>;
}

struct Seat<S: Service> {
    party: Party<S>,
    crypto: Arc<dyn Crypto>,
    keyring: Arc<Keyring>,
}

impl<S: Service> Seat<S> {
    fn event(&self, input: Input) -> Outcome<Event<S::Checked>> {
        let checked = check(&*self.party.service(), &input, &self.party.snapshot(), &*self.crypto, wall());
        Ok(match input {
            Input::Message(Message { from, envelope }) => Event::Message { from, envelope, checked },
            _ => Event::Local(checked?),
        })
    }
}

impl<S: Service> Process for Seat<S> {
    fn run(&mut self, inputs: Vec<Input>) -> Outcome<(Vec<Done>, Vec<Output>)> {
        let events = inputs.into_iter().map(|input| self.event(input)).collect::<Outcome<Vec<_>>>()?;
        let report = self.party.run(&events, wall())?;
        Ok((report.done, report.outputs))
    }

    fn waiting(&mut self, peer: &PeerId) -> Outcome<Vec<Envelope>> {
        Ok(self.party.waiting(peer, wall())?)
    }

    fn acknowledged(&mut self, peer: &PeerId, acks: &[Ack]) {
        let _ = self.party.acknowledged(peer, acks);
    }

    fn look(&mut self, look: &mut dyn FnMut(&dyn Transaction) -> Result<(), Fault>) -> Outcome<()> {
        Ok(self.party.read(look)?)
    }

    fn sign(&mut self, question: &Question) -> Outcome<String> {
        let row = self.party.read(|transaction| transaction.get(&Key::new("key", question.key)))?;
        let pair = self.keyring.unwrap_key(question.key, &row.ok_or("no such key")?)?;
        Ok(sign_payload(&*self.crypto, &pair.secret, question.payload.as_bytes())?)
    }
}

fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

impl Market {
    pub(crate) fn new(place: Place) -> Market {
        Market {
            seats: Vec::new(),
            routes: BTreeMap::new(),
            wakes: BTreeSet::new(),
            questions: Vec::new(),
            commits: 0,
            seen: None,
            place,
        }
    }

    /// Opens a party.
    pub(crate) fn add<S: Service>(&mut self, name: &str, service: S) -> Outcome<Who> {
        let directory = self.place.path().join(name);
        let store = SqliteStore::open(&directory, &self.place.path().join(format!("{name}.head")), Mode::Create)?;
        let crypto: Arc<dyn Crypto> = Arc::new(AwsLc::new());
        let mut master = [0; 32];
        crypto.random(&mut master);
        let keyring = Arc::new(Keyring::for_simulation(master));
        let parts = (Arc::clone(&crypto), Arc::clone(&keyring));
        let (party, report) = Party::open(Arc::new(service), Box::new(store), parts.0, parts.1, wall())?;
        let who = self.seats.len();
        self.seats.push(Box::new(Seat { party, crypto, keyring }));
        self.happen(who, report.outputs);
        Ok(who)
    }

    /// What the operator or user wants.
    pub(crate) fn command(&mut self, who: Who, request: &Value) -> Outcome<Value> {
        self.local(who, Input::Command(serde_json::to_vec(request)?))
    }

    /// Opens a relationship: link, hello, and the answer to it.
    pub(crate) fn link(&mut self, who: Who, name: &str, to: Who, own: &str) -> Outcome<()> {
        let host = format!("{name}.semper.test");
        let open = json!({ "command": "link", "name": name, "socket": "127.0.0.1:1", "server_name": host, "as": own });
        self.command(who, &open)?;
        let row = Key::new("link", name);
        let tls = self.row::<Link>(who, &row)?.tls_key;
        let hello = self.command(who, &json!({ "command": "hello", "link": name, "tls": tls }))?;
        let reply = self.local(to, Input::Hello { tls, statement: hello.to_string() })?;
        self.command(who, &json!({ "command": "met", "link": name, "reply": reply }))?;
        let theirs = self.row::<Link>(who, &row)?.peer.ok_or("a hello without a name")?;
        let ours: PeerId = serde_json::from_value(reply.get("peer").cloned().unwrap_or_default())?;
        self.routes.insert((who, theirs), (to, ours));
        self.routes.insert((to, ours), (who, theirs));
        self.rest()
    }

    /// Lets everything happen that follows, until nothing is left to do.
    pub(crate) fn rest(&mut self) -> Outcome<()> {
        for _ in 0..TURNS_MAX {
            let mut any = false;
            for who in 0..self.seats.len() {
                any |= self.turn(who)?;
            }
            if !any {
                return Ok(());
            }
        }
        Err("this does not come to rest".into())
    }

    /// Everything that waits for one party, in one batch; whether there was anything.
    fn turn(&mut self, who: Who) -> Outcome<bool> {
        let (mut inputs, mut senders) = (Vec::new(), Vec::new());
        for (sender, peer) in std::mem::take(&mut self.wakes) {
            match self.routes.get(&(sender, peer)).copied() {
                Some((to, known_as)) if to == who => {
                    for envelope in self.seat(sender)?.waiting(&peer)? {
                        senders.push((sender, peer));
                        if let Some(seen) = &mut self.seen {
                            seen.push(envelope.clone());
                        }
                        inputs.push(Input::Message(Message { from: known_as, envelope }));
                    }
                }
                Some(_) => {
                    self.wakes.insert((sender, peer));
                }
                None => {}
            }
        }
        for (asked, question) in std::mem::take(&mut self.questions) {
            if asked == who {
                inputs.push(self.answer(who, question)?);
            } else {
                self.questions.push((asked, question));
            }
        }
        let now = wall();
        let due = self.look(who, |transaction| transaction.due(now, TIMERS_PER_TURN_MAX))?;
        inputs.extend(due.into_iter().map(Input::Timer));
        if inputs.is_empty() {
            return Ok(false);
        }
        let done = self.run(who, inputs)?;
        for (done, (sender, peer)) in done.into_iter().zip(senders) {
            match done {
                Done::Ack(ack) if ack.outcome.is_final() => self.seat(sender)?.acknowledged(&peer, &[ack]),
                other => return Err(format!("a message was not taken: {other:?}").into()),
            }
        }
        Ok(true)
    }

    /// The user agrees to everything.
    fn answer(&mut self, who: Who, question: Question) -> Outcome<Input> {
        let statement = self.seat(who)?.sign(&question)?;
        let outcome = Consented::Signed { statement, consent: Consent::Script, transcript: question.id.clone() };
        Ok(Input::Answer(Answer { question, outcome }))
    }

    fn run(&mut self, who: Who, inputs: Vec<Input>) -> Outcome<Vec<Done>> {
        self.commits += 1;
        let (done, outputs) = self.seat(who)?.run(inputs)?;
        self.happen(who, outputs);
        Ok(done)
    }

    fn happen(&mut self, who: Who, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Wake(peer) => {
                    self.wakes.insert((who, peer));
                }
                Output::Ask(question) => self.questions.push((who, question)),
                Output::Unask(_) | Output::Tell(_) => {}
            }
        }
    }

    fn seat(&mut self, who: Who) -> Outcome<&mut Box<dyn Process>> {
        Ok(self.seats.get_mut(who).ok_or("no such party")?)
    }

    fn local(&mut self, who: Who, input: Input) -> Outcome<Value> {
        match self.run(who, vec![input])?.pop() {
            Some(Done::Reply(reply)) => Ok(serde_json::to_value(reply?)?),
            other => Err(format!("not a reply: {other:?}").into()),
        }
    }

    fn look<T>(&mut self, who: Who, look: impl Fn(&dyn Transaction) -> Result<T, Fault>) -> Outcome<T> {
        let mut found = None;
        self.seat(who)?.look(&mut |transaction| {
            found = Some(look(transaction)?);
            Ok(())
        })?;
        Ok(found.ok_or("nothing was read")?)
    }

    fn row<T: serde::de::DeserializeOwned>(&mut self, who: Who, key: &Key) -> Outcome<T> {
        let row = self.look(who, |transaction| transaction.get(key))?;
        Ok(serde_json::from_slice(&row.ok_or_else(|| format!("no row {}", key.0))?)?)
    }

    /// Has a party certified by the authority.
    pub(crate) fn enrol(&mut self, who: Who, authority: Who, role: &str, certificates: &[&str]) -> Outcome<()> {
        let root = self.command(authority, &json!({ "command": "root" }))?;
        self.command(who, &json!({ "command": "trust", "root": root.get("root") }))?;
        self.link(who, "ca", authority, "nobody")?;
        let invite = json!({
            "command": "invite", "role": role, "name": role, "certificates": certificates,
            "limit": "1000.00 EUR", "warranty": "1000.00 EUR",
        });
        let code = self.command(authority, &invite)?;
        let dns = [format!("{role}.semper.test")];
        let code = code.get("code");
        let apply = json!({ "command": "enrol", "name": role, "code": code, "dns": dns, "certificates": certificates });
        self.command(who, &apply)?;
        self.rest()
    }

    /// Puts a file of one chunk on sale.
    pub(crate) fn sell(&mut self, shop: Who, item: &str, file: &[u8]) -> Outcome<()> {
        let begin = json!({
            "command": "goods-begin", "id": item, "title": item, "price": "4.90 EUR", "file_name": item,
            "media_type": "application/octet-stream", "length": file.len(),
        });
        self.command(shop, &begin)?;
        let data = [Blob64(file.to_vec())];
        self.command(shop, &json!({ "command": "goods-chunk", "id": item, "index": 0, "data": data }))?;
        self.command(shop, &json!({ "command": "goods-end", "id": item }))?;
        self.rest()
    }
}
