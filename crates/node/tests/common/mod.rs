//! Two small parties that count pings, a market root for their certificates, and a way to start them.

#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod ping;
pub(crate) mod raw;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use semper_base::{Blob64, Hash, PeerId, Role, Timestamp};
use semper_blocks::certificate::{Claims, Issuer, Kind, Root, RootRequest, Serial, Validity};
use semper_crypto_aws_lc::AwsLc;
use semper_driver::Store;
use semper_node::control::call;
use semper_node::{Identity, Listen, NoScreen, Running, ServeOptions, serve};
use semper_store::{Mode, SqliteStore};
use semper_support::comm::{Address, Link};
use semper_support::crypto::seeded::Seeded;
use semper_support::crypto::{Crypto, KeyPair, Keyring};
use serde_json::{Value, json};

use ping::Ping;

/// The host name in every server's certificate here.
pub(crate) const HOST: &str = "ping.example";

/// Keys and certificates of the test market. All from one seed, so that two processes agree.
pub(crate) struct Market {
    pub(crate) root: Root,
    pub(crate) server: Identity,
    pub(crate) client: Identity,
    pub(crate) other_client: Identity,
}

impl Market {
    pub(crate) fn new() -> Self {
        let dice = Seeded::new([7; 32]);
        let day = 86_400_000;
        let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
        let (from, to) = (Timestamp::from_millis(now - day), Timestamp::from_millis(now + 30 * day));
        let validity = Validity::new(from, to).unwrap();
        let pair = dice.generate().unwrap();
        let root = self_signed("Test market", &pair, validity, &dice);
        let server = dice.generate().unwrap();
        let claims = Claims {
            kind: Kind::Tls,
            role: Role::Bank,
            name: "Ping".to_owned(),
            organisation: None,
            dns: vec![HOST.to_owned()],
            key: server.public.clone(),
            limit: None,
            warranty: None,
            liability_terms: None,
        };
        let issuer = Issuer { root: &root, key: &pair.secret, status_uri: None };
        let leaf = issuer.issue(claims, Serial::draw(&dice), validity, &dice).unwrap();
        let client = || {
            let pair = dice.generate().unwrap();
            let chain = vec![self_signed("client", &pair, validity, &dice).der().to_vec()];
            Identity { pair, chain }
        };
        let (client, other_client) = (client(), client());
        Market { server: Identity { pair: server, chain: vec![leaf] }, root, client, other_client }
    }
}

fn self_signed(name: &str, pair: &KeyPair, validity: Validity, dice: &Seeded) -> Root {
    let request = RootRequest { name: name.to_owned(), organisation: None };
    Root::issue(request, pair, Serial::draw(dice), validity, dice).unwrap()
}

/// The peer that calls itself so.
pub(crate) fn peer(name: &str) -> PeerId {
    PeerId(Hash::of(name.as_bytes()))
}

pub(crate) fn address(socket: SocketAddr) -> Address {
    Address { socket: socket.to_string(), server_name: HOST.to_owned() }
}

/// A link row of ours to the party at `socket`.
pub(crate) fn link(identity: &Identity, socket: SocketAddr) -> Link {
    Link {
        name: "them".to_owned(),
        address: address(socket),
        peer: None,
        hello_key: identity.id(),
        tls_key: identity.id(),
        tls_certificate: Blob64(identity.chain[0].clone()),
    }
}

/// A directory that goes away with the test.
pub(crate) struct Folder(pub PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("semper-node-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Starts a party on `dir`. `port` makes it a server; `link` makes it dial.
pub(crate) async fn start(
    dir: &Path,
    market: &Market,
    service: Ping,
    port: Option<SocketAddr>,
    keys: &[&Identity],
) -> Running<Ping> {
    start_on(Box::new(sqlite(dir)), dir, market, service, port, keys).await.unwrap()
}

/// The store in `dir`, made if it is not there.
pub(crate) fn sqlite(dir: &Path) -> SqliteStore {
    SqliteStore::open(&dir.join("data"), &dir.join("head"), Mode::Create).unwrap()
}

/// Like [`start`] on a given store.
pub(crate) async fn start_on(
    store: Box<dyn Store>,
    dir: &Path,
    market: &Market,
    service: Ping,
    port: Option<SocketAddr>,
    keys: &[&Identity],
) -> Result<Running<Ping>, semper_base::Error> {
    let crypto: Arc<dyn Crypto> = Arc::new(AwsLc::new());
    let keyring = Arc::new(Keyring::for_simulation([3; 32]));
    let mut service = service;
    for identity in keys {
        service.keys.push((identity.id(), keyring.wrap_key(&identity.pair, &*crypto).unwrap()));
    }
    let listen = port.map(|address| Listen { address, identity: market.server.clone() });
    let options = ServeOptions {
        dir: dir.join("data"),
        listen,
        root: market.root.der().to_vec(),
        through: None,
        signals: false,
        own_words: None,
    };
    serve(options, Arc::new(service), store, crypto, keyring, Arc::new(NoScreen)).await
}

pub(crate) fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A command over the control socket, from another thread: the call blocks.
pub(crate) async fn command(dir: &Path, command: Value) -> Value {
    try_command(dir, command).await.unwrap()
}

pub(crate) async fn try_command(dir: &Path, command: Value) -> Result<Value, semper_base::Error> {
    let dir = dir.join("data");
    tokio::task::spawn_blocking(move || call(&dir, &command)).await.unwrap()
}

/// Asks for the counts until `done` says so; panics after `seconds`.
pub(crate) async fn counts_until(dir: &Path, seconds: u64, done: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let counts = command(dir, json!({ "command": "count" })).await;
        if done(&counts) {
            return counts;
        }
        assert!(started.elapsed() < Duration::from_secs(seconds), "still {counts}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
