//! The logs of registers: what a decision leaves there, what a witness cosigns and refuses, what a party gets.

use crate::common;

use common::cases::{authority, peer};
use common::street::{Street, Tie, agree, carry, connect, run_timers};
use common::{Hands, enrol};
use semper_base::{Blob64, Code, Hash, Millis, PeerId};
use semper_blocks::statement::{Compact, Kind};
use semper_driver::service::Input;
use semper_services::authority::Authority;
use semper_services::common::Logic;
use semper_services::common::log::{Offered, Places};
use semper_services::witness::Witness;
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::{Crypto, Secret32, Seeded};
use semper_support::log::tile::{unpack, unpack_entries};
use semper_support::log::tree::{leaf_hash, root};
use semper_support::log::{Checkpoint, Entry, Head, KeyUse, NoteKey, Proof, Tile, Tiles};
use serde_json::{Value, json};

/// A street on which the bank has decided that the amount is held.
fn held(name: &str) -> (Street, String) {
    let mut street = Street::new(name, 10);
    let deal = street.order();
    street.reach_shop();
    street.reach_wallet();
    agree(&mut street.wallet, "hold");
    agree(&mut street.wallet, "debit-order");
    street.reach_bank_and_back();
    (street, deal)
}

fn pass(street: &mut Street, time: Millis) {
    let now = street.bank.now.plus(time);
    street.set_time(now);
}

fn key_of(bank: &Value) -> NoteKey {
    NoteKey::parse(bank["key"].as_str().unwrap()).unwrap()
}

fn file<L: Logic>(owner: &mut Hands<L>, path: &str) -> Vec<u8> {
    let found = owner.command(&json!({ "command": "log-file", "path": path }));
    let data: Blob64 = serde_json::from_value(found["data"].clone()).unwrap();
    data.0
}

/// Everything that the log serves, read as a stranger reads it: the leaves under its checkpoint.
fn read<L: Logic>(owner: &mut Hands<L>) -> (NoteKey, Checkpoint, Vec<Entry>) {
    let about = owner.command(&json!({ "command": "log" }));
    let key = key_of(&about);
    let text = owner.command(&json!({ "command": "log-file", "path": "checkpoint" }));
    let checkpoint = Checkpoint::read(text["text"].as_str().unwrap(), &key, &Seeded::new([0; 32])).unwrap();
    let size = checkpoint.head().size;
    let mut leaves = Vec::new();
    let mut entries = Vec::new();
    for tile in Tile::all(size) {
        let hashes = unpack(&tile, &file(owner, &tile.path())).unwrap();
        if tile.level == 0 {
            let bundle = unpack_entries(&tile, &file(owner, &tile.entries_path())).unwrap();
            assert_eq!(bundle.iter().map(|entry| leaf_hash(entry)).collect::<Vec<_>>(), hashes);
            entries.extend(bundle.iter().map(|entry| Entry::read(entry).unwrap()));
            leaves.extend(hashes);
        }
    }
    assert_eq!(Head { size: leaves.len() as u64, root: root(&leaves) }, checkpoint.head());
    (key, checkpoint, entries)
}

#[test]
fn a_decision_is_in_the_log_and_its_parties_hold_the_proof() {
    let (mut street, _) = held("log-proof");
    pass(&mut street, Millis::seconds(2));
    assert!(street.bank.get("log", "checkpoint").is_none(), "the timer signs, not the decision");
    run_timers(&mut street.bank);
    let (key, checkpoint, entries) = read(&mut street.bank);
    assert_eq!(checkpoint.head().size, 1);

    pass(&mut street, Millis::seconds(13));
    run_timers(&mut street.wallet);
    street.reach_bank_and_back();
    let (_, row) = street.wallet.scan("log-kept/").remove(0);
    let places: Places = serde_json::from_slice(&row).unwrap();
    assert_eq!(places.proofs.len(), 1);
    let proof = Proof::parse(&places.proofs[0].proof).unwrap();
    assert_eq!(proof.entry, entries[0]);
    assert!(proof.verify(&key, &Seeded::new([0; 32])).is_ok());
    // The wallet computes the entry from the answer that it has: nobody had to tell it the salt.
    let xid = places.xid;
    let held = street.wallet.kept(&format!("xid:{xid}"));
    let text = |kind| {
        let found = held.iter().map(|text| String::from_utf8(text.clone()).unwrap());
        found.into_iter().find(|text| Compact::parse(text).unwrap().kind() == kind).unwrap()
    };
    assert_eq!(places.proofs[0].record.entry(&text(Kind::Held)).unwrap(), entries[0]);
    assert_eq!(text(Kind::Logged), places.logged, "the promise is evidence");
    // A second time there is nothing to ask.
    pass(&mut street, Millis::hours(1));
    run_timers(&mut street.wallet);
    assert!(street.wallet.fetch(street.wallet_bank.server).is_empty());
    assert!(street.wallet.scan("log-ask/").is_empty());

    // The log names neither party nor amount: 65 bytes, two hashes.
    assert_eq!(file(&mut street.bank, "tile/entries/000.p/1").len(), 2 + 65);
    let listed = street.bank.command(&json!({ "command": "log-entries" }));
    assert_eq!((listed["size"].as_u64(), listed["entries"][0]["index"].as_u64()), (Some(1), Some(0)));
    let of = street.bank.command(&json!({ "command": "log-of", "xid": xid }));
    assert_eq!((of["entries"][0]["slot"].as_str(), of["entries"][0]["value"].as_str()), (Some("hold"), Some("held")));
    for missing in ["tile/0/000", "tile/0/000.p/2", "tile/1/000.p/1", "tile/entries/001.p/1", "tile/0/../x"] {
        let request = json!({ "command": "log-file", "path": missing });
        let refused = street.bank.local(&common::command(&request)).unwrap_err();
        assert_eq!(refused.code(), Code::NotFound, "{missing}");
    }
}

/// A register that promises a place where something else stands is found out by the party itself.
#[test]
fn a_register_that_sealed_something_else_is_noticed() {
    let (mut street, _) = held("log-other");
    pass(&mut street, Millis::seconds(13));
    run_timers(&mut street.bank);
    run_timers(&mut street.wallet);
    let asked = street.wallet.fetch(street.wallet_bank.server);
    carry(&mut street.bank, street.wallet_bank.client, asked);
    let honest = street.bank.fetch(street.wallet_bank.client).remove(0);
    assert_eq!(honest.kind, "log-places");
    let mut places: Places = serde_json::from_str(&honest.body).unwrap();
    let mut proof = Proof::parse(&places.proofs[0].proof).unwrap();
    proof.entry.seal = Hash::of(b"something else");
    places.proofs[0].proof = proof.to_string();
    let lie = Envelope { body: serde_json::to_string(&places).unwrap(), ..honest };
    carry(&mut street.wallet, street.wallet_bank.server, vec![lie]);
    let (_, row) = street.wallet.scan("log-kept/").remove(0);
    let kept: Places = serde_json::from_slice(&row).unwrap();
    assert!(kept.proofs.is_empty(), "what does not fit is no proof");
    assert!(!street.wallet.scan("log-ask/").is_empty(), "it is asked for again");
}

/// A witness beside a register.
struct Watch {
    street: Street,
    witness: Hands<Witness>,
    tie: Tie,
}

fn watch(name: &str) -> Watch {
    let (mut street, _) = held(name);
    let mut witness = Hands::new(&format!("{name}-witness"), Witness);
    enrol(&mut street.ca, &mut witness, "witness", &["statement"]);
    let tie = connect(&mut witness, &mut street.bank, "the-bank", "self");
    Watch { street, witness, tie }
}

impl Watch {
    fn talk(&mut self) {
        for _ in 0..3 {
            let said = self.witness.fetch(self.tie.server);
            carry(&mut self.street.bank, self.tie.client, said);
            let said = self.street.bank.fetch(self.tie.client);
            carry(&mut self.witness, self.tie.server, said);
        }
    }

    fn pass(&mut self, time: Millis) {
        pass(&mut self.street, time);
        self.witness.now = self.street.bank.now;
    }
}

#[test]
fn a_witness_cosigns_what_continues() {
    let mut watch = watch("log-witness");
    watch.pass(Millis::seconds(2));
    run_timers(&mut watch.street.bank);
    watch.talk();
    let logs = watch.witness.command(&json!({ "command": "logs" }));
    let witness = NoteKey::parse(logs["key"].as_str().unwrap()).unwrap();
    assert_eq!(logs["logs"][0]["size"], 1);
    let (_, first, _) = read(&mut watch.street.bank);
    let at = first.cosigned(&witness, &Seeded::new([0; 32])).unwrap();
    assert_eq!(at, watch.witness.now.whole_seconds());
    // The next decision: the buyer lets go.
    let xid = watch.street.bank.scan("dgp/").remove(0).0;
    let xid = xid.0.strip_prefix("dgp/").unwrap().to_owned();
    watch.pass(Millis::days(2));
    watch.street.bank.local(&Input::Timer(semper_base::Key(format!("dgp/{xid}")))).unwrap();
    watch.pass(Millis::seconds(2));
    run_timers(&mut watch.street.bank);
    watch.talk();
    let (_, second, entries) = read(&mut watch.street.bank);
    assert_eq!((second.head().size, entries.len()), (2, 2));
    assert_ne!(entries[0].place, entries[1].place);
    assert!(second.cosigned(&witness, &Seeded::new([0; 32])).is_some());
    assert!(watch.witness.command(&json!({ "command": "forks" }))["forks"].as_array().unwrap().is_empty());
    // After a restart it goes on where it was.
    watch.witness = watch.witness.restart();
    assert_eq!(watch.witness.command(&json!({ "command": "logs" }))["logs"][0]["size"], 2);
}

/// Somebody who plays a register's log to a witness.
struct Player {
    witness: Hands<Witness>,
    from: PeerId,
    crypto: Seeded,
    key: NoteKey,
    secret: Secret32,
    seq: u64,
}

impl Player {
    fn new(name: &str) -> Player {
        let watch = watch(name);
        let crypto = Seeded::new([9; 32]);
        let secret = Secret32::from_bytes([8; 32]);
        let key = NoteKey::new("bank.test/log", KeyUse::Log, crypto.ed_public(&secret).unwrap()).unwrap();
        Player { witness: watch.witness, from: watch.tie.server, crypto, key, secret, seq: 0 }
    }

    fn offer(&self, leaves: &[Hash], old: u64) -> Offered {
        let head = Head { size: leaves.len() as u64, root: root(leaves) };
        let checkpoint = Checkpoint::sign(head, &self.key, &self.secret, &self.crypto).unwrap();
        let mut tiles = Tiles::new(head.size, |tile: Tile| Ok(leaves[..usize::try_from(tile.width).unwrap()].to_vec()));
        let proof = tiles.consistency(old).unwrap_or_default();
        Offered { checkpoint: checkpoint.to_string(), key: self.key.clone(), old, proof }
    }

    fn say(&mut self, offered: &Offered) -> Outcome {
        let from = self.from;
        self.say_from(from, offered)
    }

    fn say_from(&mut self, from: PeerId, offered: &Offered) -> Outcome {
        self.seq += 1;
        let body = serde_json::to_string(offered).unwrap();
        self.witness.deliver(from, Envelope { seq: self.seq, prev: 0, kind: "log-checkpoint".to_owned(), body })
    }

    /// What it answered, if it is a refusal: the code.
    fn answer(&mut self) -> Option<u64> {
        let said = self.witness.fetch(self.from);
        let last = said.iter().rfind(|one| one.kind.starts_with("log-") && one.kind != "log-follow").unwrap();
        let body: Value = serde_json::from_str(&last.body).unwrap();
        body["code"].as_u64()
    }
}

fn leaves(count: u64, from: &str) -> Vec<Hash> {
    (0..count).map(|at| leaf_hash(format!("{}{at}", if at < 3 { "" } else { from }).as_bytes())).collect()
}

#[test]
fn a_witness_refuses_two_histories_and_keeps_both() {
    let mut player = Player::new("log-fork");
    let (one, other) = (leaves(5, "a"), leaves(5, "b"));
    let first = player.offer(&one, 0);
    assert_eq!((player.say(&first), player.answer()), (Outcome::Taken, None));
    // The same again is cosigned again.
    let again = player.offer(&one, 5);
    assert_eq!((player.say(&again), player.answer()), (Outcome::Taken, None));
    let forked = |code: Code| Some(u64::from(code.number()));
    let same_size = player.offer(&other, 5);
    assert_eq!((player.say(&same_size), player.answer()), (Outcome::Taken, forked(Code::LogForked)));
    let larger = player.offer(&leaves(9, "b"), 5);
    assert_eq!((player.say(&larger), player.answer()), (Outcome::Taken, forked(Code::ProofWrong)));
    // From where it stood before the fork: behind, whatever the proof.
    let behind = player.offer(&leaves(9, "b"), 3);
    assert_eq!((player.say(&behind), player.answer()), (Outcome::Taken, forked(Code::LogBehind)));
    let rolled_back = player.offer(&one[..2], 0);
    assert_eq!((player.say(&rolled_back), player.answer()), (Outcome::Taken, forked(Code::LogBehind)));
    let replayed = player.offer(&one[..3], 3);
    assert_eq!((player.say(&replayed), player.answer()), (Outcome::Taken, forked(Code::LogBehind)));
    let forks = player.witness.command(&json!({ "command": "forks" }));
    let forks = forks["forks"].as_array().unwrap().clone();
    assert_eq!(forks.len(), 2);
    // What it kept shows it to everybody: two signatures of one key over one size.
    let read = |name: &str| Checkpoint::read(forks[0][name].as_str().unwrap(), &player.key, &player.crypto).unwrap();
    let (ours, theirs) = (read("ours").head(), read("theirs").head());
    assert_eq!((ours.size, ours.root == theirs.root), (theirs.size, false));
    // The honest log goes on.
    let next = player.offer(&leaves(9, "a"), 5);
    assert_eq!((player.say(&next), player.answer()), (Outcome::Taken, None));
}

#[test]
fn a_witness_takes_no_bad_input() {
    let mut player = Player::new("log-bad");
    let one = leaves(5, "a");
    let good = player.offer(&one, 0);
    let rejected = |code: Code| Outcome::rejected(code);
    assert_eq!(player.say_from(peer("stranger"), &good), rejected(Code::PeerWrong));
    let other = player.crypto.ed_public(&Secret32::from_bytes([1; 32])).unwrap();
    let other = NoteKey::new("bank.test/log", KeyUse::Log, other).unwrap();
    assert_eq!(player.say(&Offered { key: other.clone(), ..good.clone() }), rejected(Code::KeyWrong));
    let broken = good.checkpoint.replace("\n5\n", "\n6\n");
    assert_eq!(player.say(&Offered { checkpoint: broken, ..good.clone() }), rejected(Code::SignatureWrong));
    let long = Offered { proof: vec![Hash::of(b""); 64], ..good.clone() };
    assert_eq!(player.say(&long), rejected(Code::TooMany));
    let large = Offered { checkpoint: "x".repeat(20_000), ..good.clone() };
    assert_eq!(player.say(&large), rejected(Code::TooLarge));
    assert_eq!(player.say(&Offered { old: 6, ..good.clone() }), rejected(Code::FieldWrong));
    // A register's key stays what it was when the first checkpoint was cosigned.
    assert_eq!((player.say(&good), player.answer()), (Outcome::Taken, None));
    let secret = Secret32::from_bytes([1; 32]);
    let (own, old) = (std::mem::replace(&mut player.key, other), std::mem::replace(&mut player.secret, secret));
    let renamed = player.offer(&one, 5);
    assert_eq!(player.say(&renamed), rejected(Code::LogUnknown));
    (player.key, player.secret) = (own, old);
    let next = player.offer(&leaves(6, "a"), 5);
    assert_eq!((player.say(&next), player.answer()), (Outcome::Taken, None));
}

#[test]
fn only_a_certified_witness_follows_a_log() {
    let (mut street, _) = held("log-follow");
    let mut ca: Hands<Authority> = authority("log-follow-other-ca");
    let mut other = Hands::new("log-follow-witness", Witness);
    enrol(&mut ca, &mut other, "witness", &["statement"]);
    // Another market's witness is no witness here.
    let link = json!({ "command": "link", "name": "x", "socket": "x", "server_name": "x", "as": "self" });
    other.command(&link);
    let mut seq = 0;
    let mut follow = |bank: &mut Hands<_>, body: &Value| {
        seq += 1;
        let envelope = Envelope { seq, prev: 0, kind: "log-follow".to_owned(), body: body.to_string() };
        bank.deliver(peer("other"), envelope)
    };
    let der = other.scan("certificate/").remove(0).1;
    let body = json!({ "key": { "certificate": Blob64(der), "statement": "a.b.c" }, "size": 0 });
    assert!(matches!(follow(&mut street.bank, &body), Outcome::Rejected { .. }));
    let cosigned = json!({ "line": "— x AAAA", "size": 1 });
    let envelope = Envelope { seq: 2, prev: 0, kind: "log-cosigned".to_owned(), body: cosigned.to_string() };
    assert_eq!(street.bank.deliver(peer("other"), envelope), Outcome::rejected(Code::PeerWrong));
    assert!(street.bank.scan("log-witness/").is_empty());
}
