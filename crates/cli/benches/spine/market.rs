//! Five parties in one process, each with its own SQLite store and aws-lc provider, and nothing
//! between them: a message goes from the sender's queue straight into the receiver's check. One event,
//! one commit.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use semper_base::limits::{DELIVERY_MESSAGES_MAX, TIMERS_PER_TURN_MAX};
use semper_base::tx::{Body, Question};
use semper_base::{Blob64, Fault, Key, PeerId, Timestamp, bytes};
use semper_blocks::statement::sign_payload;
use semper_crypto_aws_lc::AwsLc;
use semper_driver::party::{Done, check};
use semper_driver::service::{Answer, Input, Message};
use semper_driver::{Event, Output, Party, Queued, Service, Transaction};
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
    happenings: VecDeque<(Who, Output)>,
    /// Commits so far.
    pub(crate) commits: u64,
    place: Place,
}

/// A party, whatever its service.
trait Process {
    fn local(&mut self, input: Input) -> Outcome<(Value, Vec<Output>)>;
    fn message(&mut self, from: PeerId, envelope: Envelope) -> Outcome<(Ack, Vec<Output>)>;
    fn acked(&mut self, peer: PeerId, acks: Vec<Ack>) -> Outcome<()>;
    fn look(&mut self, look: &mut dyn FnMut(&dyn Transaction) -> Result<(), Fault>) -> Outcome<()>;
    fn sign(&mut self, question: &Question) -> Outcome<String>;
}

struct Seat<S: Service> {
    party: Party<S>,
    crypto: Arc<dyn Crypto>,
    keyring: Arc<Keyring>,
}

impl<S: Service> Seat<S> {
    fn run(&mut self, event: Event<S::Checked>) -> Outcome<(Done, Vec<Output>)> {
        let mut report = self.party.run(&[event], wall())?;
        Ok((report.done.pop().ok_or("no answer")?, report.outputs))
    }

    fn check(&self, input: &Input) -> Result<semper_driver::Checked<S::Checked>, semper_base::Violation> {
        check(&*self.party.service(), input, &self.party.snapshot(), &*self.crypto, wall())
    }
}

impl<S: Service> Process for Seat<S> {
    fn local(&mut self, input: Input) -> Outcome<(Value, Vec<Output>)> {
        let checked = self.check(&input)?;
        match self.run(Event::Local(checked))? {
            (Done::Reply(reply), outputs) => Ok((serde_json::to_value(reply?)?, outputs)),
            (Done::Ack(_), _) => Err("an acknowledgement of nothing".into()),
        }
    }

    fn message(&mut self, from: PeerId, envelope: Envelope) -> Outcome<(Ack, Vec<Output>)> {
        let checked = self.check(&Input::Message(Message { from, envelope: envelope.clone() }));
        let kind = envelope.kind.clone();
        match self.run(Event::Message { from, envelope, checked })? {
            (Done::Ack(ack), outputs) if ack.outcome.is_final() => Ok((ack, outputs)),
            (done, _) => Err(format!("{kind} was not taken: {done:?}").into()),
        }
    }

    fn acked(&mut self, peer: PeerId, acks: Vec<Ack>) -> Outcome<()> {
        self.run(Event::Acked { peer, acks }).map(|_| ())
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
        Market { seats: Vec::new(), routes: BTreeMap::new(), happenings: VecDeque::new(), commits: 0, place }
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
            match self.happenings.pop_front() {
                Some((who, Output::Wake(peer))) => self.deliver(who, peer)?,
                Some((who, Output::Ask(question))) => self.answer(who, question)?,
                None if !self.timers()? => return Ok(()),
                Some((_, Output::Unask(_) | Output::Tell(_))) | None => {}
            }
        }
        Err("this does not come to rest".into())
    }

    fn happen(&mut self, who: Who, outputs: Vec<Output>) {
        self.happenings.extend(outputs.into_iter().map(|output| (who, output)));
    }

    fn seat(&mut self, who: Who) -> Outcome<&mut Box<dyn Process>> {
        Ok(self.seats.get_mut(who).ok_or("no such party")?)
    }

    fn local(&mut self, who: Who, input: Input) -> Outcome<Value> {
        self.commits += 1;
        let (reply, outputs) = self.seat(who)?.local(input)?;
        self.happen(who, outputs);
        Ok(reply)
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

    /// Hands over what waits for a peer, message by message, and acknowledges it all at once.
    fn deliver(&mut self, who: Who, peer: PeerId) -> Outcome<()> {
        let Some((to, known_as)) = self.routes.get(&(who, peer)).copied() else { return Ok(()) };
        loop {
            let now = wall();
            let envelopes = self.look(who, |transaction| {
                let queued = transaction.outbox(&peer, 0, DELIVERY_MESSAGES_MAX, now)?;
                queued.into_iter().map(|message| envelope(transaction, message)).collect::<Result<Vec<_>, Fault>>()
            })?;
            if envelopes.is_empty() {
                return Ok(());
            }
            let mut acks = Vec::with_capacity(envelopes.len());
            for envelope in envelopes {
                self.commits += 1;
                let (ack, outputs) = self.seat(to)?.message(known_as, envelope)?;
                acks.push(ack);
                self.happen(to, outputs);
            }
            self.commits += 1;
            self.seat(who)?.acked(peer, acks)?;
        }
    }

    /// The user agrees to everything.
    fn answer(&mut self, who: Who, question: Question) -> Outcome<()> {
        let statement = self.seat(who)?.sign(&question)?;
        let outcome = Consented::Signed { statement, consent: Consent::Script, transcript: question.id.clone() };
        self.local(who, Input::Answer(Answer { question, outcome })).map(|_| ())
    }

    /// Acts on timers that are due; whether there were any.
    fn timers(&mut self) -> Outcome<bool> {
        let mut any = false;
        for who in 0..self.seats.len() {
            let now = wall();
            for key in self.look(who, |transaction| transaction.due(now, TIMERS_PER_TURN_MAX))? {
                any = true;
                self.local(who, Input::Timer(key))?;
            }
        }
        Ok(any)
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

fn envelope(transaction: &dyn Transaction, message: Queued) -> Result<Envelope, Fault> {
    let Queued { seq, prev, kind, body } = message;
    let body = match body {
        Body::Inline(text) => text,
        Body::Chunk { head, chunk } => {
            let data = bytes::encode(&transaction.chunk(&chunk)?.unwrap_or_default());
            let open = head.strip_suffix(b"}").unwrap_or_default();
            [open, br#","data":""#, data.as_bytes(), br#""}"#].concat()
        }
    };
    Ok(Envelope { seq, prev, kind, body: String::from_utf8(body).unwrap_or_default() })
}
