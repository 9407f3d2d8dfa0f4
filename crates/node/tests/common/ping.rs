//! A service that sends pings, answers them with pongs and counts both. Its hellos are not signed:
//! what is tested here is delivery.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use semper_base::tx::{Body, ChunkRef, Notice, Question};
use semper_base::{
    Code, Error, Fault, Hash, Key, KeyId, Millis, Misuse, PeerId, Timestamp, Tx, View, Violation, Write, bytes, json,
};
use semper_driver::service::{Checked, Input, Reply, Service};
use semper_support::Context;
use semper_support::comm::{Address, Link, Peer};
use semper_support::crypto::Crypto;
use semper_support::tinguin::Outcome;

/// The service. Rows: `link/`, `key/`, `peer/`, `ping/<n>`, `pong/<n>`, `goal/pings`, `next/ping`.
#[derive(Debug)]
pub(crate) struct Ping {
    pub(crate) me: PeerId,
    pub(crate) address: Option<Address>,
    pub(crate) link: Option<Link>,
    pub(crate) keys: Vec<(KeyId, Vec<u8>)>,
    /// Pings that the timer sends over the link, one every few milliseconds.
    pub(crate) goal: u64,
    /// How often the timer that always fails was fired.
    pub(crate) failures: Arc<AtomicU32>,
}

#[derive(Clone, Debug)]
pub(crate) enum Known {
    Hello(PeerId, Peer),
    Message { from: PeerId, pong: bool, n: u64 },
    Blob { from: PeerId, data: Vec<u8> },
    Command(Reply),
    Timer(Key),
    Answer(bool),
}

impl Service for Ping {
    type Trust = ();
    type Checked = Known;

    fn trust_epoch(&self, _view: &dyn View) -> Result<u64, Fault> {
        Ok(1)
    }

    fn trust(&self, _view: &dyn View, _crypto: &dyn Crypto) -> Result<(), Fault> {
        Ok(())
    }

    fn check(&self, input: &Input, (): &(), _: &dyn Crypto, _: Timestamp) -> Result<Known, Violation> {
        match input {
            Input::Hello { tls, statement } => check_hello(*tls, statement),
            Input::Message(message) => {
                let body = json::read_value(message.envelope.body.as_bytes())?;
                match message.envelope.kind.as_str() {
                    "blob" => {
                        let data = bytes::decode(body.get("data").and_then(Reply::as_str).unwrap_or("?"))?;
                        Ok(Known::Blob { from: message.from, data })
                    }
                    kind @ ("ping" | "pong") => {
                        let n = body.get("n").and_then(Reply::as_integer).unwrap_or(0);
                        Ok(Known::Message { from: message.from, pong: kind == "pong", n: n.unsigned_abs() })
                    }
                    kind => Err(Violation::new(Code::KindUnknown, kind)),
                }
            }
            Input::Command(text) => Ok(Known::Command(json::read_value(text)?)),
            Input::Timer(key) => Ok(Known::Timer(key.clone())),
            Input::Answer(answer) => Ok(Known::Answer(answer.outcome == Outcome::CouldNotAsk)),
        }
    }

    fn step(&self, input: Checked<Known>, tx: &mut Tx<'_>, cx: &Context<'_>) -> Result<Reply, Error> {
        match input.into_value() {
            Known::Hello(peer, row) => {
                tx.put(Key::new("peer", peer), serde_json::to_vec(&row).unwrap());
                tell(tx, "peer");
                Ok(value(
                    &serde_json::json!({ "peer": peer, "statement": self.statement(row.tls), "certificates": [] }),
                ))
            }
            Known::Message { from, pong, n } => {
                count(tx, Key::new(if pong { "pong" } else { "ping" }, format!("{n:08}")))?;
                if !pong {
                    send(tx, from, "pong", n);
                }
                Ok(Reply::Null)
            }
            Known::Blob { data, .. } => {
                tx.put(Key::new("blob", "last"), data);
                Ok(Reply::Null)
            }
            Known::Command(command) => self.command(&command, tx),
            Known::Timer(key) => self.timer(key, tx, cx),
            Known::Answer(could_not) => {
                assert!(could_not);
                count(tx, Key::new("answer", "count"))?;
                // The first time, in one test, the question stays open.
                let keep = Key::new("answer", "keep");
                if tx.get(&keep)?.is_some() {
                    tx.delete(keep);
                } else {
                    tx.push(Write::Unask("q1".to_owned()));
                }
                Ok(Reply::Null)
            }
        }
    }

    fn start(&self, tx: &mut Tx<'_>, cx: &Context<'_>) -> Result<(), Error> {
        if let Some(link) = &self.link {
            let row = tx.get(&Key::new("link", &link.name))?;
            let known = row.and_then(|row| json::read::<Link>(&row).ok()).and_then(|link| link.peer);
            let link = Link { peer: known, ..link.clone() };
            tx.put(Key::new("link", &link.name), serde_json::to_vec(&link).unwrap());
        }
        for (id, wrapped) in &self.keys {
            tx.put(Key::new("key", id), wrapped.clone());
        }
        if self.goal > 0 {
            tx.push(Write::Timer(Key::new("timer", "pinger"), Some(cx.now)));
        }
        Ok(())
    }
}

fn check_hello(tls: KeyId, body: &str) -> Result<Known, Violation> {
    let body = json::read_value(body.as_bytes())?;
    let (peer, row) = read_statement(&body)?;
    if row.tls != tls {
        return Err(Violation::new(Code::HelloWrong, ""));
    }
    Ok(Known::Hello(peer, row))
}

/// `<peer> <tls key> <address or ->`
fn read_statement(body: &Reply) -> Result<(PeerId, Peer), Violation> {
    let wrong = || Violation::new(Code::HelloWrong, "statement");
    let statement = body.get("statement").and_then(Reply::as_str).ok_or_else(wrong)?;
    let words: Vec<&str> = statement.split(' ').collect();
    let [peer, tls, address] = words.as_slice() else {
        return Err(wrong());
    };
    let peer = PeerId(Hash::from_hex(peer).ok_or_else(wrong)?);
    let tls = KeyId(Hash::from_hex(tls).ok_or_else(wrong)?);
    let address =
        address.contains(':').then(|| Address { socket: (*address).to_owned(), server_name: super::HOST.to_owned() });
    Ok((peer, Peer { issued: Timestamp::EPOCH, tls, address, role: None }))
}

impl Ping {
    pub(crate) fn new(name: &str) -> Self {
        Ping { me: super::peer(name), address: None, link: None, keys: Vec::new(), goal: 0, failures: Arc::default() }
    }

    pub(crate) fn statement(&self, tls: KeyId) -> String {
        format!("{} {tls} {}", self.me, self.address.as_ref().map_or("-", |address| address.socket.as_str()))
    }

    fn command(&self, command: &Reply, tx: &mut Tx<'_>) -> Result<Reply, Error> {
        let text = |name: &str| command.get(name).and_then(Reply::as_str).unwrap_or("");
        match text("command") {
            "hello" => {
                let tls = KeyId(Hash::from_hex(text("tls")).unwrap());
                Ok(value(&serde_json::json!({ "statement": self.statement(tls), "certificates": [] })))
            }
            "met" => {
                let (peer, _) = read_statement(command.get("reply").unwrap_or(&Reply::Null))?;
                if text("link").is_empty() {
                    let same = text("peer") == peer.to_string();
                    return if same { Ok(Reply::Null) } else { Err(Violation::new(Code::PeerWrong, "").into()) };
                }
                let key = Key::new("link", text("link"));
                let mut link: Link = json::read(&tx.get(&key)?.unwrap())?;
                if link.peer != Some(peer) {
                    link.peer = Some(peer);
                    tx.put(key, serde_json::to_vec(&link).unwrap());
                    tell(tx, "link");
                }
                Ok(Reply::Null)
            }
            "ping" => {
                let peer = PeerId(Hash::from_hex(text("peer")).unwrap());
                let n = command.get("n").and_then(Reply::as_integer).unwrap_or(1).unsigned_abs();
                send(tx, peer, "ping", n);
                Ok(Reply::Null)
            }
            "blob" => {
                let to = PeerId(Hash::from_hex(text("peer")).unwrap());
                let chunk = ChunkRef { blob: "aa".to_owned(), index: 0 };
                tx.push(Write::Chunk(chunk.clone(), vec![9; 1000]));
                let head = br#"{"index":0}"#.to_vec();
                tx.push(Write::Send { to, kind: "blob", body: Body::Chunk { head, chunk } });
                Ok(Reply::Null)
            }
            "poison" => Err(Fault::new(Code::Crypto, "poison").into()),
            "bad-timer" => {
                tx.push(Write::Timer(Key::new("timer", "bad"), Some(Timestamp::EPOCH)));
                Ok(Reply::Null)
            }
            "keep-asking" => {
                tx.put(Key::new("answer", "keep"), Vec::new());
                Ok(Reply::Null)
            }
            "ask" => {
                let asker = "machine/1".to_owned();
                let (id, payload, kind) = ("q1".to_owned(), "{}".to_owned(), "order".to_owned());
                tx.push(Write::Ask(Question { id, asker, payload, kind, key: KeyId(self.me.0), follows: None }));
                Ok(Reply::Null)
            }
            "count" => counts(tx),
            word => Err(Misuse::new(Code::Usage, word).into()),
        }
    }

    fn timer(&self, key: Key, tx: &mut Tx<'_>, cx: &Context<'_>) -> Result<Reply, Error> {
        if key.0 == "timer/bad" {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return Err(Misuse::new(Code::StateWrong, "always").into());
        }
        let row = tx.get(&Key::new("link", "them"))?;
        let peer = row.and_then(|row| json::read::<Link>(&row).ok()).and_then(|link| link.peer);
        let Some(peer) = peer else {
            tx.push(Write::Timer(key, Some(cx.now.plus(Millis(50)))));
            return Ok(Reply::Null);
        };
        let next = Key::new("next", "ping");
        let n = number(tx.get(&next)?) + 1;
        if n <= self.goal {
            send(tx, peer, "ping", n);
            tx.put(next, n.to_be_bytes().to_vec());
        }
        tx.push(Write::Timer(key, (n < self.goal).then(|| cx.now.plus(Millis(30)))));
        Ok(Reply::Null)
    }
}

fn counts(tx: &Tx<'_>) -> Result<Reply, Error> {
    let tally = |table: &str| -> Result<(usize, u64), Error> {
        let rows = tx.scan(table, 10_000)?;
        let worst = rows.iter().map(|(_, row)| number(Some(row.clone()))).max().unwrap_or(0);
        Ok((rows.len(), worst))
    };
    let (received, answered) = (tally("ping/")?, tally("pong/")?);
    let blob = tx.get(&Key::new("blob", "last"))?.map_or(0, |data| data.len());
    Ok(value(&serde_json::json!({
        "pings": received.0, "pongs": answered.0, "worst": received.1.max(answered.1), "blob": blob,
        "answer": number(tx.get(&Key::new("answer", "count"))?),
    })))
}

fn count(tx: &mut Tx<'_>, key: Key) -> Result<(), Fault> {
    let count = number(tx.get(&key)?) + 1;
    tx.put(key, count.to_be_bytes().to_vec());
    Ok(())
}

fn number(row: Option<Vec<u8>>) -> u64 {
    row.and_then(|row| <[u8; 8]>::try_from(row).ok()).map_or(0, u64::from_be_bytes)
}

fn send(tx: &mut Tx<'_>, to: PeerId, kind: &'static str, n: u64) {
    tx.push(Write::Send { to, kind, body: Body::Inline(format!(r#"{{"n":{n}}}"#).into_bytes()) });
}

fn tell(tx: &mut Tx<'_>, event: &str) {
    tx.push(Write::Tell(Notice { event: event.to_owned(), subject: String::new(), text: String::new() }));
}

fn value(json: &serde_json::Value) -> Reply {
    json::read_value(json.to_string().as_bytes()).unwrap()
}
