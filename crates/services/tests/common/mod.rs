//! Parties without a process: the driver over SQLite, time that the test sets, messages by hand.

#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod banks;
pub(crate) mod cases;
pub(crate) mod counter;
pub(crate) mod forge;
pub(crate) mod mail;
pub(crate) mod pair;
pub(crate) mod street;
pub(crate) mod table;

use std::path::PathBuf;
use std::sync::Arc;

use semper_base::tx::Need;
use semper_base::{Error, Fault, Hash, Key, KeyId, Millis, PeerId, Timestamp, View, Write};
use semper_driver::party::{Done, check};
use semper_driver::service::{Input, Message};
use semper_driver::store::Applied;
use semper_driver::{Event, Party, Store as _};
use semper_services::authority::Authority;
use semper_services::common::{Logic, Member};
use semper_store::{Mode, SqliteStore};
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::seeded::Seeded;
use semper_support::crypto::{Crypto, Keyring};
use serde_json::{Value, json};

/// A command as an input.
pub(crate) fn command(command: &Value) -> Input {
    Input::Command(command.to_string().into_bytes())
}

/// When everything begins.
pub(crate) fn morning() -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000)
}

/// A party in the hands of the test.
pub(crate) struct Hands<L: Logic> {
    party: Party<Member<L>>,
    service: Arc<Member<L>>,
    pub(crate) crypto: Arc<dyn Crypto>,
    pub(crate) now: Timestamp,
    folder: Folder,
}

/// Goes when the test is over.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl<L: Logic> Hands<L> {
    pub(crate) fn new(name: &str, logic: L) -> Self {
        Hands::prepared(name, logic, &[])
    }

    /// A party on a store that holds these rows already.
    pub(crate) fn prepared(name: &str, logic: L, rows: &[Write]) -> Self {
        let folder = std::env::temp_dir().join(format!("semper-bad-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let mut store = SqliteStore::open(&folder.join("data"), &folder.join("head"), Mode::Create).unwrap();
        let mut transaction = store.begin().unwrap();
        assert_eq!(transaction.apply(rows, morning()).unwrap(), Applied::Done);
        transaction.commit().unwrap();
        let crypto: Arc<dyn Crypto> = Arc::new(Seeded::new(*Hash::of(name.as_bytes()).bytes()));
        let (service, keyring) = (Arc::new(Member(logic)), Arc::new(Keyring::for_simulation([4; 32])));
        let opened = Party::open(Arc::clone(&service), Box::new(store), Arc::clone(&crypto), keyring, morning());
        Hands { party: opened.unwrap().0, service, crypto, now: morning(), folder: Folder(folder) }
    }

    /// Ends and starts again, on what it had written down.
    pub(crate) fn restart(self) -> Self {
        let Hands { party, service, crypto, now, folder } = self;
        drop(party);
        let store = SqliteStore::open(&folder.0.join("data"), &folder.0.join("head"), Mode::Open).unwrap();
        let keyring = Arc::new(Keyring::for_simulation([4; 32]));
        let opened = Party::open(Arc::clone(&service), Box::new(store), Arc::clone(&crypto), keyring, now);
        Hands { party: opened.unwrap().0, service, crypto, now, folder }
    }

    /// Another party that goes on from here as this one does: what somebody is who was restored from an older copy.
    pub(crate) fn copied(self, name: &str, logic: L) -> (Self, Self) {
        let Hands { party, service, crypto, now, folder } = self;
        drop(party);
        let other = Folder(std::env::temp_dir().join(format!("semper-bad-{}-{name}", std::process::id())));
        let done = std::process::Command::new("cp").arg("-a").arg(&folder.0).arg(&other.0).status().unwrap();
        assert!(done.success());
        let open = |folder: Folder, service: Arc<Member<L>>| {
            let store = SqliteStore::open(&folder.0.join("data"), &folder.0.join("head"), Mode::Open).unwrap();
            let keyring = Arc::new(Keyring::for_simulation([4; 32]));
            let opened = Party::open(Arc::clone(&service), Box::new(store), Arc::clone(&crypto), keyring, now);
            Hands { party: opened.unwrap().0, service, crypto: Arc::clone(&crypto), now, folder }
        };
        (open(folder, service), open(other, Arc::new(Member(logic))))
    }

    /// Ends, has a row written as nobody honest would, and starts again.
    pub(crate) fn altered(self, key: Key, row: Vec<u8>) -> Self {
        self.written(&[Write::Put(key, row)])
    }

    /// Ends, has this written down, and starts again.
    pub(crate) fn written(self, writes: &[Write]) -> Self {
        let Hands { party, service, crypto, now, folder } = self;
        drop(party);
        let mut store = SqliteStore::open(&folder.0.join("data"), &folder.0.join("head"), Mode::Open).unwrap();
        let mut transaction = store.begin().unwrap();
        assert_eq!(transaction.apply(writes, now).unwrap(), Applied::Done);
        transaction.commit().unwrap();
        let keyring = Arc::new(Keyring::for_simulation([4; 32]));
        let opened = Party::open(Arc::clone(&service), Box::new(store), Arc::clone(&crypto), keyring, now);
        Hands { party: opened.unwrap().0, service, crypto, now, folder }
    }

    /// A hello, a command, a timer.
    pub(crate) fn local(&mut self, input: &Input) -> Result<Value, Error> {
        let checked = check(&*self.service, input, &self.party.snapshot(), &*self.crypto, self.now)?;
        let mut report = self.party.run(&[Event::Local(checked)], self.now)?;
        match report.done.pop().unwrap() {
            Done::Reply(reply) => reply.map(|reply| serde_json::to_value(reply).unwrap()),
            Done::Ack(ack) => panic!("{ack:?}"),
        }
    }

    pub(crate) fn command(&mut self, command: &Value) -> Value {
        self.local(&Input::Command(command.to_string().into_bytes())).unwrap()
    }

    pub(crate) fn deliver(&mut self, from: PeerId, envelope: Envelope) -> Outcome {
        self.deliver_after(from, envelope, |_| {})
    }

    /// Delivers; between the check and the step something else happens.
    pub(crate) fn deliver_after(
        &mut self,
        from: PeerId,
        envelope: Envelope,
        between: impl FnOnce(&mut Self),
    ) -> Outcome {
        let input = Input::Message(Message { from, envelope: envelope.clone() });
        let checked = check(&*self.service, &input, &self.party.snapshot(), &*self.crypto, self.now);
        between(self);
        let report = self.party.run(&[Event::Message { from, envelope, checked }], self.now).unwrap();
        match &report.done[0] {
            Done::Ack(ack) => ack.outcome.clone(),
            Done::Reply(reply) => panic!("{reply:?}"),
        }
    }

    /// Delivers what this party may be unable to take: its own database is damaged.
    pub(crate) fn try_deliver(&mut self, from: PeerId, envelope: Envelope) -> Result<Outcome, Fault> {
        let input = Input::Message(Message { from, envelope: envelope.clone() });
        let checked = check(&*self.service, &input, &self.party.snapshot(), &*self.crypto, self.now);
        let report = self.party.run(&[Event::Message { from, envelope, checked }], self.now)?;
        match &report.done[0] {
            Done::Ack(ack) => Ok(ack.outcome.clone()),
            Done::Reply(reply) => panic!("{reply:?}"),
        }
    }

    /// What waits for this peer, taken.
    pub(crate) fn fetch(&mut self, peer: PeerId) -> Vec<Envelope> {
        let now = self.now;
        let waiting = self.party.waiting(&peer, now).unwrap();
        let acks = waiting.iter().map(|q| semper_support::comm::Ack { seq: q.seq, outcome: Outcome::Taken });
        let _ = self.party.acknowledged(&peer, &acks.collect::<Vec<_>>());
        let _ = self.party.run(&[], now).unwrap();
        waiting
    }

    pub(crate) fn get(&mut self, table: &'static str, id: &str) -> Option<Vec<u8>> {
        self.party.read(|store| store.get(&Key::new(table, id))).unwrap()
    }

    pub(crate) fn scan(&mut self, prefix: &str) -> Vec<(Key, Vec<u8>)> {
        self.party.read(|store| store.scan(prefix, None, 10_000)).unwrap()
    }

    /// The statements archived under a subject.
    pub(crate) fn kept(&mut self, subject: &str) -> Vec<Vec<u8>> {
        let records = self.party.read(|store| store.archived(subject, 10_000)).unwrap();
        let statements = records.into_iter().filter(|record| record.need == Need::Evidence);
        statements.map(|record| record.bytes).collect()
    }

    pub(crate) fn chunk(&mut self, chunk: &semper_base::tx::ChunkRef) -> Option<Vec<u8>> {
        self.party.read(|store| store.chunk(chunk)).unwrap()
    }

    /// What is written down, for a test that looks at it as a whole.
    pub(crate) fn look<T>(&mut self, look: impl FnOnce(&dyn View) -> Result<T, Fault>) -> T {
        self.party.read(|store| look(store)).unwrap()
    }

    /// Timers that are due now.
    pub(crate) fn due(&mut self) -> Vec<Key> {
        let now = self.now;
        self.party.read(|store| store.due(now, 64)).unwrap()
    }

    /// Everything that counts, as text: rows without the notes about misbehaviour, and how much
    /// evidence there is (each register row is evidence too).
    pub(crate) fn state(&mut self) -> String {
        let (rows, evidence) = self.party.read(|s| Ok((s.scan("", None, 10_000)?, s.archive("", 0, 10_000)?))).unwrap();
        let row = |(key, value): &(Key, Vec<u8>)| format!("{} {}", key.0, Hash::of(value));
        let rows: Vec<String> = rows.iter().filter(|(key, _)| !key.0.starts_with("misdeeds")).map(row).collect();
        let evidence = evidence.iter().filter(|archived| archived.record.need != Need::Misdeed).count();
        format!("{}\n{evidence} pieces of evidence", rows.join("\n"))
    }

    /// What was archived about this peer.
    pub(crate) fn misdeeds(&mut self, peer: PeerId) -> Vec<String> {
        let kept = self.party.read(|store| store.archive(&format!("peer:{peer}"), 0, 10_000)).unwrap();
        kept.iter().map(|archived| String::from_utf8_lossy(&archived.record.bytes).into_owned()).collect()
    }

    pub(crate) fn pass(&mut self, time: Millis) {
        self.now = self.now.plus(time);
    }
}

/// Registers a party with the authority, as two processes would.
pub(crate) fn enrol<L: Logic>(ca: &mut Hands<Authority>, member: &mut Hands<L>, role: &str, kinds: &[&str]) {
    enrol_named(ca, member, role, &format!("Play {role}"), kinds);
}

/// The same under another name.
pub(crate) fn enrol_named<L: Logic>(
    ca: &mut Hands<Authority>,
    member: &mut Hands<L>,
    role: &str,
    name: &str,
    kinds: &[&str],
) {
    let (_, there, here) = ask(ca, member, role, name, kinds);
    for request in member.fetch(there) {
        assert_eq!(ca.deliver(here, request), Outcome::Taken);
    }
    for certificate in ca.fetch(here) {
        assert_eq!(member.deliver(there, certificate), Outcome::Taken);
    }
}

/// The first half: the member has met the authority and asked for its certificates. What it was told to
/// do, the authority at the member, and the member at the authority.
pub(crate) fn ask<L: Logic>(
    ca: &mut Hands<Authority>,
    member: &mut Hands<L>,
    role: &str,
    name: &str,
    kinds: &[&str],
) -> (Value, PeerId, PeerId) {
    let root = ca.command(&json!({ "command": "root" }));
    member.command(&json!({ "command": "trust", "root": root["root"] }));
    let link = json!({ "command": "link", "name": "ca", "socket": "-", "server_name": "ca", "as": "nobody" });
    member.command(&link);
    let tls = KeyId(Hash::of(name.as_bytes()));
    let hello = member.command(&json!({ "command": "hello", "tls": tls, "link": "ca" }));
    let reply = ca.local(&Input::Hello { tls, statement: hello.to_string() }).unwrap();
    member.command(&json!({ "command": "met", "link": "ca", "reply": reply }));
    let invite = json!({ "command": "invite", "role": role, "name": name, "certificates": kinds });
    let code = ca.command(&invite)["code"].clone();
    let dns = [format!("{}.test", name.to_ascii_lowercase().replace(' ', "-"))];
    let enrol = json!({ "command": "enrol", "name": name, "code": code, "dns": dns, "certificates": kinds });
    member.command(&enrol);
    let peer = |text: &Value| PeerId(Hash::from_hex(text.as_str().unwrap()).unwrap());
    let link: Value = serde_json::from_slice(&member.get("link", "ca").unwrap()).unwrap();
    (enrol, peer(&link["peer"]), peer(&reply["peer"]))
}
