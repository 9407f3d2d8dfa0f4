//! A peer that does what it likes: TLS and HTTP/1.1 written by hand, nothing of the node's client.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use semper_base::{KeyId, Millis};
use semper_blocks::certificate::{Root, RootRequest, Serial, Validity};
use semper_crypto_aws_lc::AwsLc;
use semper_support::crypto::{Crypto as _, KeyPair};
use serde_json::{Value, json};

use super::now;

/// A TLS key with its self-signed certificate.
pub(crate) struct TlsKey {
    pair: KeyPair,
    certificate: Vec<u8>,
}

impl TlsKey {
    pub(crate) fn new() -> Self {
        let crypto = AwsLc::new();
        let pair = crypto.generate().unwrap();
        let validity = Validity::new(now().minus(Millis::days(1)), now().plus(Millis::days(30))).unwrap();
        let request = RootRequest { name: "client".to_owned(), organisation: None };
        let own = Root::issue(request, &pair, Serial::draw(&crypto), validity, &crypto).unwrap();
        TlsKey { certificate: own.der().to_vec(), pair }
    }

    pub(crate) fn id(&self) -> KeyId {
        self.pair.public.id()
    }
}

/// PKCS#8 (RFC 5958) around an `ECPrivateKey` without its public key.
fn pkcs8(pair: &KeyPair) -> PrivateKeyDer<'static> {
    let head = [
        0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
    ];
    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from([head.as_slice(), pair.secret.danger_bytes()].concat()))
}

/// One connection.
pub(crate) struct Wire {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Wire {
    pub(crate) fn connect(at: SocketAddr, name: &str, root: &[u8], key: &TlsKey) -> Wire {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(root.to_vec())).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![CertificateDer::from(key.certificate.clone())], pkcs8(&key.pair))
            .unwrap();
        let stream = TcpStream::connect(at).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let name = ServerName::try_from(format!("{name}.semper.test")).unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        Wire { stream: BufReader::new(StreamOwned::new(connection, stream)) }
    }

    /// One request with a body as it is; status and JSON of the answer.
    pub(crate) fn post(&mut self, path: &str, body: &[u8]) -> (u16, Value) {
        let head = format!("POST {path} HTTP/1.1\r\nhost: semper\r\ncontent-length: {}\r\n\r\n", body.len());
        self.raw(&[head.as_bytes(), body].concat())
    }

    pub(crate) fn get(&mut self, path: &str) -> (u16, Value) {
        self.raw(format!("GET {path} HTTP/1.1\r\nhost: semper\r\n\r\n").as_bytes())
    }

    /// Sends these bytes and reads one answer. Status 0: the connection was closed.
    pub(crate) fn raw(&mut self, request: &[u8]) -> (u16, Value) {
        // A server may answer and close before it has read everything.
        let _ = self.stream.get_mut().write_all(request);
        let (mut status, mut length) = (0, 0_usize);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).unwrap_or(0) == 0 {
                return (0, Value::Null);
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.split(' ').next().unwrap().parse().unwrap();
            } else if let Some(rest) = line.strip_prefix("content-length:") {
                length = rest.trim().parse().unwrap();
            } else if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// Delivers envelopes; status and answer.
    pub(crate) fn deliver(&mut self, messages: &[Value]) -> (u16, Value) {
        self.post("/v1/inbox", json!({ "messages": messages }).to_string().as_bytes())
    }

    /// Delivers one message and returns its outcome as text: `taken`, `rejected 1104`, `early 3` ...
    pub(crate) fn send(&mut self, seq: u64, prev: u64, kind: &str, body: &str) -> String {
        let (status, answer) = self.deliver(&[json!({ "seq": seq, "prev": prev, "kind": kind, "body": body })]);
        assert_eq!(status, 200, "{answer}");
        outcome(&answer["acks"][0]["outcome"])
    }

    /// Fetches what waits for us, and takes it.
    pub(crate) fn fetch(&mut self, wait_ms: u64) -> Vec<Value> {
        let (status, answer) =
            self.post("/v1/outbox", json!({ "acks": [], "wait_ms": wait_ms }).to_string().as_bytes());
        assert_eq!(status, 200, "{answer}");
        let messages = answer["messages"].as_array().unwrap().clone();
        let acks: Vec<Value> = messages.iter().map(|m| json!({ "seq": m["seq"], "outcome": "taken" })).collect();
        let (status, answer) = self.post("/v1/outbox", json!({ "acks": acks, "wait_ms": 0 }).to_string().as_bytes());
        assert_eq!(status, 200, "{answer}");
        messages
    }
}

fn outcome(outcome: &Value) -> String {
    match outcome {
        Value::String(word) => word.clone(),
        Value::Object(members) => {
            let (word, detail) = members.iter().next().unwrap();
            let number = detail.as_u64().or_else(|| detail["after"].as_u64()).unwrap();
            format!("{word} {number}")
        }
        other => panic!("{other}"),
    }
}
