//! A peer that does what it likes: TLS and HTTP without the node's client.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use semper_node::Identity;
use semper_support::crypto::KeyPair;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{HOST, Market};

pub(crate) struct Raw {
    requests: SendRequest<Full<Bytes>>,
}

/// PKCS#8 (RFC 5958) around an `ECPrivateKey` without its public key.
fn pkcs8(pair: &KeyPair) -> PrivateKeyDer<'static> {
    let head = [
        0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
    ];
    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from([head.as_slice(), pair.secret.danger_bytes()].concat()))
}

/// Shows the certificate of `shown`, signs with the key of `signs`.
fn config(market: &Market, shown: Option<(&Identity, &KeyPair)>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(market.root.der().to_vec())).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let Some((shown, signs)) = shown else {
        return builder.with_no_client_auth();
    };
    let chain = shown.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    let key = provider.key_provider.load_private_key(pkcs8(signs)).unwrap();
    builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key))))
}

impl Raw {
    pub(crate) async fn connect(at: SocketAddr, market: &Market, identity: &Identity) -> Raw {
        Raw::try_connect(at, market, Some((identity, &identity.pair))).await.unwrap()
    }

    /// A connection on which one request was answered, or why not: with TLS 1.3 a client learns
    /// only from its first read that the server refused its certificate.
    pub(crate) async fn try_connect(
        at: SocketAddr,
        market: &Market,
        shown: Option<(&Identity, &KeyPair)>,
    ) -> Result<Raw, String> {
        let stream = TcpStream::connect(at).await.map_err(|error| error.to_string())?;
        let name = ServerName::try_from(HOST).unwrap();
        let stream = TlsConnector::from(Arc::new(config(market, shown))).connect(name, stream).await;
        let stream = stream.map_err(|error| error.to_string())?;
        let (requests, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        let mut raw = Raw { requests };
        match raw.request(Method::GET, "/v1/health", Vec::new()).await? {
            (200, _) => Ok(raw),
            (status, _) => Err(format!("status {status}")),
        }
    }

    pub(crate) async fn request(&mut self, method: Method, path: &str, body: Vec<u8>) -> Result<(u16, Value), String> {
        let request = Request::builder().method(method).uri(path).header("host", HOST);
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        self.requests.ready().await.map_err(|error| error.to_string())?;
        let response = self.requests.send_request(request).await.map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> (u16, Value) {
        self.request(Method::POST, path, body.to_string().into_bytes()).await.unwrap()
    }

    /// Says hello as the peer with this name.
    pub(crate) async fn hello(&mut self, name: &str, identity: &Identity) -> (u16, Value) {
        let statement = super::ping::Ping::new(name).statement(identity.id());
        self.post("/v1/hello", &json!({ "statement": statement, "certificates": [] })).await
    }

    pub(crate) async fn deliver(&mut self, messages: &[(u64, u64, u64)]) -> Value {
        let envelope = |(seq, prev, n): &(u64, u64, u64)| json!({ "seq": seq, "prev": prev, "kind": "ping", "body": format!(r#"{{"n":{n}}}"#) });
        let messages: Vec<Value> = messages.iter().map(envelope).collect();
        let (status, answer) = self.post("/v1/inbox", &json!({ "messages": messages })).await;
        assert_eq!(status, 200, "{answer}");
        answer["acks"].clone()
    }
}
