//! What happens when something fails: the disk at COMMIT, one event of a batch, a timer, the port.

use crate::common;

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::ping::Ping;
use common::raw::Raw;
use common::*;
use semper_base::tx::{ChunkRef, Record};
use semper_base::{Code, Fault, Hash, Key, PeerId, Timestamp, View, Write, Xid};
use semper_driver::store::{Applied, Archived};
use semper_driver::{Inbox, Queued, Store, Transaction};
use serde_json::json;

fn run(test: impl Future<Output = ()>) {
    let runtime = semper_node::runtime().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_mins(1), test).await.unwrap() });
}

/// A store whose COMMIT fails once it was told so.
#[derive(Debug)]
struct Failing {
    store: Box<dyn Store>,
    fail: Arc<AtomicBool>,
}

struct FailingTransaction<'a> {
    inner: Box<dyn Transaction + 'a>,
    fail: bool,
}

impl Store for Failing {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Fault> {
        let fail = self.fail.load(Ordering::Relaxed);
        Ok(Box::new(FailingTransaction { inner: self.store.begin()?, fail }))
    }
}

impl View for FailingTransaction<'_> {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, Fault> {
        self.inner.get(key)
    }
    fn register(&self, xid: &Xid, slot: &'static str) -> Result<Option<Vec<u8>>, Fault> {
        self.inner.register(xid, slot)
    }
    fn scan(&self, prefix: &str, after: Option<&Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, Fault> {
        self.inner.scan(prefix, after, limit)
    }
    fn chunk(&self, chunk: &ChunkRef) -> Result<Option<Vec<u8>>, Fault> {
        self.inner.chunk(chunk)
    }
    fn archived(&self, subject: &str, limit: usize) -> Result<Vec<Record>, Fault> {
        self.inner.archived(subject, limit)
    }
    fn is_archived(&self, subject: &str, bytes: &[u8]) -> Result<bool, Fault> {
        self.inner.is_archived(subject, bytes)
    }
}

impl Transaction for FailingTransaction<'_> {
    fn take(&mut self, writes: &mut Vec<Write>, now: Timestamp) -> Result<Applied, Fault> {
        self.inner.take(writes, now)
    }
    fn inbox(&mut self, peer: &PeerId, seq: u64, prev: u64, hash: &Hash) -> Result<Inbox, Fault> {
        self.inner.inbox(peer, seq, prev, hash)
    }
    fn inbox_rejected(&mut self, peer: &PeerId, seq: u64, code: u16) -> Result<(), Fault> {
        self.inner.inbox_rejected(peer, seq, code)
    }
    fn outbox(&self, peer: &PeerId, after: u64, limit: usize, now: Timestamp) -> Result<Vec<Queued>, Fault> {
        self.inner.outbox(peer, after, limit, now)
    }
    fn outbox_peers(&self) -> Result<Vec<PeerId>, Fault> {
        self.inner.outbox_peers()
    }
    fn acknowledge(&mut self, peer: &PeerId, seq: u64) -> Result<(), Fault> {
        self.inner.acknowledge(peer, seq)
    }
    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Key>, Fault> {
        self.inner.due(now, limit)
    }
    fn next_due(&self) -> Result<Option<Timestamp>, Fault> {
        self.inner.next_due()
    }
    fn archive(&self, subject: &str, after: u64, limit: usize) -> Result<Vec<Archived>, Fault> {
        self.inner.archive(subject, after, limit)
    }
    fn tick(&mut self, wall: Timestamp) -> Result<Timestamp, Fault> {
        self.inner.tick(wall)
    }
    fn commit(self: Box<Self>) -> Result<u64, Fault> {
        if self.fail { Err(Fault::new(Code::Disk, "told to fail")) } else { self.inner.commit() }
    }
}

#[test]
fn a_failed_commit_ends_the_party() {
    run(async {
        let (there, market) = (Folder::new("commit"), Market::new());
        let fail = Arc::new(AtomicBool::new(false));
        let store = Failing { store: Box::new(sqlite(&there.0)), fail: Arc::clone(&fail) };
        let service = Ping::new("server");
        let party = start_on(Box::new(store), &there.0, &market, service, Some(anywhere()), &[]).await.unwrap();
        let mut raw = Raw::connect(party.address().unwrap(), &market, &market.client).await;
        assert_eq!(raw.hello("alice", &market.client).await.0, 200);
        fail.store(true, Ordering::Relaxed);
        let body = json!({ "messages": [{ "seq": 1, "prev": 0, "kind": "ping", "body": "{}" }] });
        let answer = raw.request(hyper::Method::POST, "/v1/inbox", body.to_string().into_bytes()).await;
        assert!(answer.map_or(true, |(status, _)| status == 503));
        let error = party.wait().await.unwrap_err();
        assert_eq!(error.code(), Code::Commit);
        assert!(error.to_string().contains("told to fail"), "{error}");
    });
}

#[test]
fn an_event_that_cannot_be_processed_harms_no_other() {
    run(async {
        let (there, market) = (Folder::new("poison"), Market::new());
        let party = start(&there.0, &market, Ping::new("server"), Some(anywhere()), &[]).await;
        let mut calls = tokio::task::JoinSet::new();
        for n in 0..24 {
            let dir = there.0.clone();
            let word = if n % 3 == 0 { "poison" } else { "ping" };
            calls.spawn(async move {
                let answer = try_command(&dir, json!({ "command": word, "peer": peer("nobody"), "n": n })).await;
                (word, answer)
            });
        }
        while let Some(call) = calls.join_next().await {
            let (word, answer) = call.unwrap();
            assert_eq!(answer.is_err(), word == "poison", "{answer:?}");
        }
        let waiting = party.handle().read(|store| store.outbox(&peer("nobody"), 0, 100, Timestamp::EPOCH)).await;
        assert_eq!(waiting.unwrap().len(), 16);
    });
}

#[test]
fn a_failing_timer_neither_spins_nor_hides_others() {
    run(async {
        let (here, there, market) = (Folder::new("timer-a"), Folder::new("timer-b"), Market::new());
        let server = start(&there.0, &market, Ping::new("server"), Some(anywhere()), &[]).await;
        let failures = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let service = Ping {
            link: Some(link(&market.client, server.address().unwrap())),
            goal: 30,
            failures: Arc::clone(&failures),
            ..Ping::new("client")
        };
        let _client = start(&here.0, &market, service, None, &[&market.client]).await;
        command(&here.0, json!({ "command": "bad-timer" })).await;
        counts_until(&here.0, 20, |counts| counts["pongs"] == 30).await;
        let failed = failures.load(Ordering::Relaxed);
        assert!((1..=8).contains(&failed), "{failed}");
    });
}

#[test]
fn questions_reach_the_screen_once() {
    run(async {
        let (there, market) = (Folder::new("screen"), Market::new());
        let _party = start(&there.0, &market, Ping::new("server"), None, &[]).await;
        command(&there.0, json!({ "command": "ask" })).await;
        counts_until(&there.0, 10, |counts| counts["answer"] == 1).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(command(&there.0, json!({ "command": "count" })).await["answer"], 1);
    });
}

/// A question whose screen is gone is put again without a restart.
#[test]
fn a_question_that_could_not_be_put_is_put_again() {
    run(async {
        let (there, market) = (Folder::new("screen-again"), Market::new());
        let _party = start(&there.0, &market, Ping::new("server"), None, &[]).await;
        command(&there.0, json!({ "command": "keep-asking" })).await;
        command(&there.0, json!({ "command": "ask" })).await;
        counts_until(&there.0, 10, |counts| counts["answer"] == 2).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(command(&there.0, json!({ "command": "count" })).await["answer"], 2);
    });
}

#[test]
fn a_taken_port_is_said_with_advice() {
    run(async {
        let (here, there, market) = (Folder::new("port-a"), Folder::new("port-b"), Market::new());
        let first = start(&there.0, &market, Ping::new("server"), Some(anywhere()), &[]).await;
        let store = Box::new(sqlite(&here.0));
        let error = start_on(store, &here.0, &market, Ping::new("x"), first.address(), &[]).await.unwrap_err();
        assert_eq!(error.code(), Code::PortTaken);
        assert!(error.to_string().contains("choose another port"));
    });
}

#[test]
fn strangers_share_a_small_pool() {
    run(async {
        let (there, market) = (Folder::new("strangers"), Market::new());
        let server = start(&there.0, &market, Ping::new("server"), Some(anywhere()), &[]).await;
        let at = server.address().unwrap();
        let mut strangers = Vec::new();
        for _ in 0..semper_base::limits::STRANGERS_MAX {
            strangers.push(Raw::connect(at, &market, &market.client).await);
        }
        let wait = Duration::from_millis(500);
        let more = tokio::time::timeout(wait, Raw::connect(at, &market, &market.other_client)).await;
        assert!(more.is_err(), "a stranger too many got in");
        // Whoever says hello leaves the pool.
        let mut known = strangers.pop().unwrap();
        assert_eq!(known.hello("alice", &market.client).await.0, 200);
        let mut next = Raw::connect(at, &market, &market.other_client).await;
        assert_eq!(next.hello("bob", &market.other_client).await.0, 200);
    });
}

/// A foreign implementation agrees on what the port speaks.
#[test]
fn openssl_gets_tls_1_3_with_the_chosen_suite_and_nothing_older() {
    run(async {
        let (there, market) = (Folder::new("openssl"), Market::new());
        let server = start(&there.0, &market, Ping::new("server"), Some(anywhere()), &[]).await;
        let at = server.address().unwrap().to_string();
        let ask = move |version: &'static str| {
            let at = at.clone();
            tokio::task::spawn_blocking(move || {
                let arguments = ["s_client", "-connect", &at, version, "-brief"];
                let output = Command::new("openssl").args(arguments).stdin(Stdio::null()).output();
                String::from_utf8_lossy(&output.unwrap().stderr).into_owned()
            })
        };
        let new = ask("-tls1_3").await.unwrap();
        assert!(new.contains("Protocol version: TLSv1.3"), "{new}");
        assert!(new.contains("Ciphersuite: TLS_AES_128_GCM_SHA256"), "{new}");
        let old = ask("-tls1_2").await.unwrap();
        assert!(!old.contains("Protocol version"), "{old}");
    });
}
