//! A table at which contracts are signed: a notary and some wallets that know nobody else.

use semper_base::{Blob64, Hash, Millis, PeerId, bytes};
use semper_blocks::certificate::Root;
use semper_commerce::dispute::{Report, read, verify};
use semper_driver::service::{Answer, Input};
use semper_services::authority::Authority;
use semper_services::common::Logic;
use semper_services::notary::Notary;
use semper_services::wallet::Wallet;
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::Keyring;
use semper_support::tinguin::{Consent, Outcome as Said};
use serde_json::{Value, json};

use super::cases::authority;
use super::street::{Tie, connect};
use super::{Hands, enrol_named};

/// Rounds of carrying in which everything must come to rest.
const ROUNDS_MAX: usize = 20;

pub(crate) struct Table {
    pub(crate) ca: Hands<Authority>,
    pub(crate) notary: Hands<Notary>,
    pub(crate) wallets: Vec<Hands<Wallet>>,
    /// Each wallet and the notary.
    pub(crate) ties: Vec<Tie>,
    seq: u64,
}

impl Table {
    pub(crate) fn new(name: &str, many: usize) -> Table {
        let mut ca = authority(&format!("{name}-ca"));
        let mut notary = Table::another_notary(&format!("{name}-notary"), &mut ca);
        let (mut wallets, mut ties) = (Vec::new(), Vec::new());
        for at in 0..many {
            let mut wallet = Hands::new(&format!("{name}-wallet-{at}"), Wallet);
            enrol_named(&mut ca, &mut wallet, "buyer", &format!("Play buyer {at}"), &["statement"]);
            ties.push(connect(&mut wallet, &mut notary, "notary", "nobody"));
            wallets.push(wallet);
        }
        Table { ca, notary, wallets, ties, seq: 1_000_000 }
    }

    pub(crate) fn another_notary(name: &str, ca: &mut Hands<Authority>) -> Hands<Notary> {
        let mut notary = Hands::new(name, Notary);
        enrol_named(ca, &mut notary, "notary", &format!("Play {name}"), &["statement", "seal", "tls"]);
        notary
    }

    /// The first wallet makes a contract of so many of them: its id and its file.
    pub(crate) fn make(&mut self, many: usize) -> (String, Value) {
        self.make_as(many, false)
    }

    /// The same, to be signed in rounds or through the notary.
    pub(crate) fn make_as(&mut self, many: usize, asynchronous: bool) -> (String, Value) {
        let mut with = Vec::new();
        for wallet in self.wallets.iter_mut().take(many).skip(1) {
            with.push(json!({ "certificate": wallet.command(&json!({ "command": "contract-card" }))["certificate"] }));
        }
        let made = self.wallets[0].command(&json!({
            "command": "contract-new", "title": "Repair of the roof",
            "text": "The roof is repaired by the end of May.\nEverybody pays a fifth.", "with": with,
            "asynchronous": asynchronous,
        }));
        (made["contract"].as_str().unwrap().to_owned(), made["file"].clone())
    }

    /// A wallet's owner takes the file and agrees to everything.
    pub(crate) fn sign(&mut self, at: usize, file: &Value) {
        self.wallets[at].command(&json!({ "command": "contract-sign", "file": file }));
        consent(&mut self.wallets[at]);
    }

    pub(crate) fn word(&mut self, at: usize, id: &str) -> String {
        let known = self.wallets[at].get("contract", id).is_some();
        if !known {
            return "withdrawn".to_owned();
        }
        self.wallets[at].command(&json!({ "command": "contract", "contract": id }))["word"].as_str().unwrap().to_owned()
    }

    /// What a wallet says reaches the notary.
    pub(crate) fn carry_up(&mut self, at: usize) {
        for message in self.wallets[at].fetch(self.ties[at].server) {
            assert_eq!(self.notary.deliver(self.ties[at].client, message), Outcome::Taken, "wallet {at}");
        }
    }

    /// What the notary says to a wallet, taken from its queue.
    pub(crate) fn said_to(&mut self, at: usize) -> Vec<Envelope> {
        self.notary.fetch(self.ties[at].client)
    }

    pub(crate) fn take(&mut self, at: usize, messages: Vec<Envelope>) {
        for message in messages {
            assert_eq!(self.wallets[at].deliver(self.ties[at].server, message), Outcome::Taken, "wallet {at}");
        }
    }

    /// Messages and consent, until nobody says anything any more.
    pub(crate) fn carry(&mut self) {
        for round in 0.. {
            assert!(round < ROUNDS_MAX, "they talk for ever");
            let mut quiet = true;
            for at in 0..self.wallets.len() {
                let up = self.wallets[at].fetch(self.ties[at].server);
                quiet &= up.is_empty();
                for message in up {
                    assert_eq!(self.notary.deliver(self.ties[at].client, message), Outcome::Taken);
                }
            }
            for at in 0..self.wallets.len() {
                let said = self.said_to(at);
                quiet &= said.is_empty();
                self.take(at, said);
            }
            if quiet {
                return;
            }
        }
    }

    /// The same, where what is said leads to what is asked.
    pub(crate) fn carry_and_sign(&mut self) {
        for _ in 0..ROUNDS_MAX {
            self.carry();
            self.wallets.iter_mut().for_each(consent);
        }
    }

    /// The same; what the notary decided, as this wallet was told.
    pub(crate) fn carry_noting(&mut self, noted: usize) -> Vec<Value> {
        for at in 0..self.wallets.len() {
            self.carry_up(at);
        }
        let said = self.said_to(noted);
        let answers = answers(&said);
        self.take(noted, said);
        self.carry();
        answers
    }

    /// A question of this wallet about an exchange, made now with its own key.
    pub(crate) fn ask_again(&mut self, at: usize, id: &str) -> Envelope {
        use semper_base::{Role, Xid};
        use semper_blocks::statement::{About, author::Author};
        use semper_exchange::fair::frame::{Content, Descriptor, Packet, statements::Status};
        use semper_support::Context;
        // The first wallet makes the contracts; another one may not have heard of it.
        let file = self.wallets[0].command(&json!({ "command": "contract-file", "contract": id }))["file"].clone();
        let file: Value = serde_json::from_slice(&bytes::decode(file.as_str().unwrap()).unwrap()).unwrap();
        let descriptor = bytes::decode(file["descriptor"].as_str().unwrap()).unwrap();
        let x = Descriptor::read(&descriptor).unwrap();
        let pair = super::street::own_key(&mut self.wallets[at], "statement");
        let keyring = Keyring::for_simulation([4; 32]);
        let cx = Context { now: self.notary.now, crypto: &*self.wallets[at].crypto, keyring: &keyring };
        let xid = Hash::from_hex(id).map(Xid).unwrap();
        let about = About::exchange(xid, vec![x.core.notary.key.id()]);
        let statement = Author::uncertified(Role::Party, &pair).answer(&cx, about, Status { round: 1 }).unwrap().text;
        let packet = Packet { content: Content::Status { statement }, descriptor: Blob64(descriptor) };
        self.seq += 1;
        let body = serde_json::to_string(&packet).unwrap();
        Envelope { seq: self.seq, prev: 0, kind: "fair".to_owned(), body }
    }

    pub(crate) fn tell_notary(&mut self, at: usize, body: String) -> Outcome {
        self.seq += 1;
        Table::tell(&mut self.notary, self.ties[at].client, self.seq, body)
    }

    pub(crate) fn tell(notary: &mut Hands<Notary>, from: PeerId, seq: u64, body: String) -> Outcome {
        notary.deliver(from, Envelope { seq, prev: 0, kind: "fair".to_owned(), body })
    }

    /// The descriptor in a packet with another core.
    pub(crate) fn descriptor(packet: &Value, change: impl FnOnce(&mut Value)) -> Value {
        let mut x: Value =
            serde_json::from_slice(&bytes::decode(packet["descriptor"].as_str().unwrap()).unwrap()).unwrap();
        change(&mut x["core"]);
        let core = semper_base::json::canonical(&x["core"]).unwrap();
        json!(Blob64([b"{\"core\":".as_slice(), &core, b"}"].concat()))
    }

    /// The packet with another descriptor.
    pub(crate) fn with(packet: &Value, descriptor: Value) -> String {
        let mut packet = packet.clone();
        packet["descriptor"] = descriptor;
        packet.to_string()
    }

    pub(crate) fn pass(&mut self, time: Millis) {
        self.ca.pass(time);
        self.notary.pass(time);
        self.wallets.iter_mut().for_each(|wallet| wallet.pass(time));
    }

    /// Due timers of contracts; other timers would need the authority.
    pub(crate) fn run_timers(&mut self) {
        fire(&mut self.notary);
        self.wallets.iter_mut().for_each(|wallet| {
            fire(wallet);
            consent(wallet);
        });
    }

    pub(crate) fn restart(&mut self, at: usize) {
        let wallet = self.wallets.remove(at);
        self.wallets.insert(at, wallet.restart());
    }

    pub(crate) fn root(&mut self) -> Root {
        let root = self.ca.command(&json!({ "command": "root" }));
        Root::read(&bytes::decode(root["root"].as_str().unwrap()).unwrap(), &*self.ca.crypto).unwrap()
    }

    /// What a stranger says of an exported pack.
    pub(crate) fn verify(&mut self, exported: &Value, root: &Root) -> Report {
        let pack = bytes::decode(exported["pack"].as_str().unwrap()).unwrap();
        let crypto = &*self.ca.crypto;
        verify(&read(&pack, crypto).unwrap(), root, crypto)
    }
}

pub(crate) fn fire<L: Logic>(party: &mut Hands<L>) {
    for key in party.due() {
        if key.0.starts_with("fair/") || key.0.starts_with("early/") {
            party.local(&Input::Timer(key)).unwrap();
        }
    }
}

/// The decisions in what a notary said.
pub(crate) fn answers(said: &[Envelope]) -> Vec<Value> {
    let content = |message: &Envelope| serde_json::from_str::<Value>(&message.body).unwrap()["content"].clone();
    said.iter().map(content).filter(|content| content.get("decision").is_some()).collect()
}

/// The owner agrees to everything that is asked, and to what is asked then.
pub(crate) fn consent<L: Logic>(party: &mut Hands<L>) {
    for round in 0.. {
        assert!(round < ROUNDS_MAX, "they ask for ever");
        let open: Vec<semper_base::tx::Question> =
            party.scan("ask/").iter().map(|(_, row)| serde_json::from_slice(row).unwrap()).collect();
        let Some(question) = open.into_iter().next() else { return };
        let first = ["agreement", "dispatch", "joint-deal", "reception"].contains(&question.kind.as_str());
        assert!(first || question.follows.is_some(), "{} follows nothing", question.kind);
        let wrapped = party.get("key", &question.key.to_string()).unwrap();
        let pair = Keyring::for_simulation([4; 32]).unwrap_key(question.key, &wrapped).unwrap();
        let payload = question.payload.as_bytes();
        let statement = semper_blocks::statement::sign_payload(&*party.crypto, &pair.secret, payload).unwrap();
        let outcome = Said::Signed { statement, consent: Consent::Script, transcript: "test".to_owned() };
        party.local(&Input::Answer(Answer { question, outcome })).unwrap();
    }
}

/// The owner says no to this.
pub(crate) fn decline<L: Logic>(party: &mut Hands<L>, kind: &str) {
    let open = party.scan("ask/");
    let mut open = open.iter().map(|(_, row)| serde_json::from_slice(row).unwrap());
    let question = open.find(|question: &semper_base::tx::Question| question.kind == kind).unwrap();
    let outcome = Said::Declined { transcript: "test".to_owned() };
    party.local(&Input::Answer(Answer { question, outcome })).unwrap();
}
