//! Deliveries over real TLS on the loopback, with SQLite on both sides.

use crate::common;

use std::time::{Duration, Instant};

use common::ping::Ping;
use common::raw::Raw;
use common::*;
use hyper::Method;
use semper_node::Running;
use semper_node::control::notices;
use serde_json::{Value, json};

fn run(test: impl Future<Output = ()>) {
    let runtime = semper_node::runtime().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_mins(1), test).await.unwrap() });
}

async fn server(dir: &Folder, market: &Market) -> Running<Ping> {
    start(&dir.0, market, Ping::new("server"), Some(anywhere()), &[]).await
}

#[test]
fn a_client_pushes_and_polls() {
    run(async {
        let (here, there, market) = (Folder::new("push-client"), Folder::new("push-server"), Market::new());
        let server = server(&there, &market).await;
        let service =
            Ping { link: Some(link(&market.client, server.address().unwrap())), goal: 40, ..Ping::new("client") };
        let client = start(&here.0, &market, service, None, &[&market.client]).await;
        let counts = counts_until(&here.0, 20, |counts| counts["pongs"] == 40).await;
        assert_eq!(counts["worst"], 1);
        let counts = counts_until(&there.0, 5, |counts| counts["pings"] == 40).await;
        assert_eq!(counts["worst"], 1);
        // Content of a blob travels inside the message and arrives once.
        let to = json!({ "command": "blob", "peer": peer("client") });
        command(&there.0, to).await;
        counts_until(&here.0, 10, |counts| counts["blob"] == 1000).await;
        let standing = command(&here.0, json!({ "command": "connections" })).await;
        assert_eq!(standing, json!({ "them": "connected" }));
        client.stop();
        client.wait().await.unwrap();
        server.stop();
        server.wait().await.unwrap();
    });
}

#[test]
fn two_servers_push_to_each_other() {
    run(async {
        let (here, there, market) = (Folder::new("both-a"), Folder::new("both-b"), Market::new());
        let b = server(&there, &market).await;
        // A party that gives an address must know it before it says hello.
        let probe = std::net::TcpListener::bind(anywhere()).unwrap();
        let own = probe.local_addr().unwrap();
        drop(probe);
        let service = Ping {
            link: Some(link(&market.server, b.address().unwrap())),
            address: Some(address(own)),
            goal: 20,
            ..Ping::new("a")
        };
        let _a = start(&here.0, &market, service, Some(own), &[]).await;
        let counts = counts_until(&here.0, 20, |counts| counts["pongs"] == 20).await;
        assert_eq!(counts["worst"], 1);
        command(&there.0, json!({ "command": "ping", "peer": peer("a"), "n": 7 })).await;
        counts_until(&here.0, 10, |counts| counts["pings"] == 1).await;
        counts_until(&there.0, 10, |counts| counts["pongs"] == 1).await;
    });
}

#[test]
fn repeated_reordered_and_forged_numbers() {
    run(async {
        let (there, market) = (Folder::new("numbers"), Market::new());
        let server = server(&there, &market).await;
        let mut raw = Raw::connect(server.address().unwrap(), &market, &market.client).await;
        assert_eq!(raw.hello("mallory", &market.client).await.0, 200);
        let taken = |seq: u64| json!({ "seq": seq, "outcome": "taken" });
        assert_eq!(raw.deliver(&[(1, 0, 1), (2, 1, 2)]).await, json!([taken(1), taken(2)]));
        // Again, the whole of it: answered as before, not counted again.
        assert_eq!(raw.deliver(&[(1, 0, 1), (2, 1, 2)]).await, json!([taken(1), taken(2)]));
        // A gap, and what follows it.
        let early = |seq: u64| json!({ "seq": seq, "outcome": { "early": { "after": 2 } } });
        assert_eq!(raw.deliver(&[(5, 4, 5), (6, 5, 6)]).await, json!([early(5), early(6)]));
        assert_eq!(raw.deliver(&[(3, 2, 3), (4, 3, 4), (5, 4, 5)]).await, json!([taken(3), taken(4), taken(5)]));
        // The same number with other content.
        assert_eq!(raw.deliver(&[(4, 3, 99)]).await, json!([{ "seq": 4, "outcome": "stale" }]));
        // Messages that expired leave a gap which the sender does not count.
        assert_eq!(raw.deliver(&[(9, 0, 9)]).await, json!([taken(9)]));
        // A kind that nobody knows uses its number up.
        let odd = json!({ "messages": [{ "seq": 10, "prev": 9, "kind": "odd", "body": "{}" }] });
        let rejected = json!({ "acks": [{ "seq": 10, "outcome": { "rejected": 1015 } }] });
        assert_eq!(raw.post("/v1/inbox", &odd).await, (200, rejected.clone()));
        assert_eq!(raw.post("/v1/inbox", &odd).await, (200, rejected));
        let counts = command(&there.0, json!({ "command": "count" })).await;
        assert_eq!((&counts["pings"], &counts["worst"]), (&json!(6), &json!(1)));
    });
}

#[test]
fn what_is_refused() {
    run(async {
        let (there, market) = (Folder::new("refused"), Market::new());
        let server = server(&there, &market).await;
        let at = server.address().unwrap();
        let mut raw = Raw::connect(at, &market, &market.client).await;
        let none = json!({ "messages": [] });
        let poll = json!({ "acks": [], "wait_ms": 0 });
        let code = |answer: (u16, Value)| (answer.0, answer.1["code"].as_u64().unwrap_or(0));
        // Before hello.
        assert_eq!(code(raw.post("/v1/inbox", &none).await), (401, 1301));
        assert_eq!(code(raw.post("/v1/outbox", &poll).await), (401, 1301));
        assert_eq!(code(raw.post("/v1/nowhere", &none).await), (404, 4006));
        // A hello for another connection's key, and none at all.
        assert_eq!(code(raw.hello("mallory", &market.other_client).await), (400, 1302));
        assert_eq!(code(raw.post("/v1/hello", &json!("x")).await), (400, 1302));
        assert_eq!(code(raw.post("/v1/inbox", &none).await), (401, 1301));
        assert!(too_large(raw.request(Method::POST, "/v1/hello", vec![b' '; 400 << 10]).await));
        // After it.
        let mut raw = Raw::connect(at, &market, &market.client).await;
        assert_eq!(raw.hello("mallory", &market.client).await.0, 200);
        assert_eq!(code(raw.post("/v1/inbox", &none).await), (200, 0));
        assert_eq!(code(raw.post("/v1/inbox", &json!({ "messages": 1 })).await), (400, 1001));
        // One key is one peer.
        assert_eq!(code(raw.hello("eve", &market.client).await), (400, 1302));
        let flood: Vec<Value> =
            (1..=65).map(|seq| json!({ "seq": seq, "prev": seq - 1, "kind": "ping", "body": "{}" })).collect();
        assert_eq!(code(raw.post("/v1/inbox", &json!({ "messages": flood })).await), (413, 1014));
        let mut raw = Raw::connect(at, &market, &market.client).await;
        assert_eq!(raw.hello("mallory", &market.client).await.0, 200);
        assert!(too_large(raw.request(Method::POST, "/v1/inbox", vec![b' '; (8 << 20) + 1]).await));
        let mut raw = Raw::connect(at, &market, &market.client).await;
        assert_eq!(raw.hello("mallory", &market.client).await.0, 200);
    });
}

/// Refused by its announced length. The server does not read the body; whether the answer still
/// reaches a client that is writing is up to the kernels.
fn too_large(answer: Result<(u16, Value), String>) -> bool {
    answer.map_or(true, |(status, body)| status == 413 && body["code"] == 1013)
}

#[test]
fn a_later_hello_moves_the_queue() {
    run(async {
        let (there, market) = (Folder::new("rebind"), Market::new());
        let server = server(&there, &market).await;
        let at = server.address().unwrap();
        let mut old = Raw::connect(at, &market, &market.client).await;
        assert_eq!(old.hello("alice", &market.client).await.0, 200);
        let held = tokio::spawn(async move {
            let answer = old.post("/v1/outbox", &json!({ "acks": [], "wait_ms": 20_000 })).await;
            (old, answer)
        });
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut new = Raw::connect(at, &market, &market.other_client).await;
        assert_eq!(new.hello("alice", &market.other_client).await.0, 200);
        let (mut old, answer) = held.await.unwrap();
        assert_eq!(answer.0, 401, "{answer:?}");
        assert_eq!(old.post("/v1/inbox", &json!({ "messages": [] })).await.0, 401);
        assert_eq!(new.post("/v1/inbox", &json!({ "messages": [] })).await.0, 200);
    });
}

#[test]
fn a_poll_is_held_until_something_comes() {
    run(async {
        let (there, market) = (Folder::new("poll"), Market::new());
        let server = server(&there, &market).await;
        let mut raw = Raw::connect(server.address().unwrap(), &market, &market.client).await;
        assert_eq!(raw.hello("alice", &market.client).await.0, 200);
        let started = Instant::now();
        let empty = raw.post("/v1/outbox", &json!({ "acks": [], "wait_ms": 300 })).await;
        assert_eq!(empty, (200, json!({ "messages": [] })));
        assert!(started.elapsed() >= Duration::from_millis(300));
        let dir = there.0.clone();
        let later = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            command(&dir, json!({ "command": "ping", "peer": peer("alice"), "n": 5 })).await;
        });
        let (_, got) = raw.post("/v1/outbox", &json!({ "acks": [], "wait_ms": 20_000 })).await;
        later.await.unwrap();
        let ping = json!([{ "seq": 1, "prev": 0, "kind": "ping", "body": r#"{"n":5}"# }]);
        assert_eq!(got["messages"], ping);
        // Not acknowledged: it comes again. Acknowledged: it does not.
        let (_, again) = raw.post("/v1/outbox", &json!({ "acks": [], "wait_ms": 0 })).await;
        assert_eq!(again["messages"], ping);
        let acks = json!({ "acks": [{ "seq": 1, "outcome": "taken" }], "wait_ms": 0 });
        assert_eq!(raw.post("/v1/outbox", &acks).await.1, json!({ "messages": [] }));
    });
}

#[test]
fn a_client_must_hold_the_key_that_it_shows() {
    run(async {
        let (there, market) = (Folder::new("tls"), Market::new());
        let server = server(&there, &market).await;
        let at = server.address().unwrap();
        let good = Raw::try_connect(at, &market, Some((&market.client, &market.client.pair))).await;
        assert!(good.is_ok());
        let foreign = Raw::try_connect(at, &market, Some((&market.client, &market.other_client.pair))).await;
        assert!(foreign.is_err());
        assert!(Raw::try_connect(at, &market, None).await.is_err());
    });
}

#[test]
fn the_control_socket() {
    run(async {
        let (there, market) = (Folder::new("control"), Market::new());
        let missing = try_command(&there.0, json!({ "command": "count" })).await.unwrap_err();
        assert_eq!(missing.code().number(), 4006);
        let server = server(&there, &market).await;
        let wrong = try_command(&there.0, json!({ "command": "dance" })).await.unwrap_err();
        assert_eq!(wrong.to_string(), "the command was used wrongly [4009]: dance");
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(there.0.join("data").join("control.sock")).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
        let mut stream = notices(&there.0.join("data")).unwrap();
        let mut raw = Raw::connect(server.address().unwrap(), &market, &market.client).await;
        raw.hello("alice", &market.client).await;
        let first = tokio::task::spawn_blocking(move || stream.next()).await.unwrap();
        assert_eq!(first.unwrap().unwrap()["event"], "peer");
        command(&there.0, json!({ "command": "stop" })).await;
        server.wait().await.unwrap();
        assert!(try_command(&there.0, json!({ "command": "count" })).await.is_err());
    });
}
