//! One connection to a peer: TCP, TLS, hello; then requests one after another.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use rustls::CertificateError;
use rustls::pki_types::ServerName;
use semper_base::limits::{DELIVERY_BYTES_MAX, HELLO_BYTES_MAX, HELLO_WAIT_MS, SESSION_AGE_MAX_MS, STALL_MAX_MS};
use semper_base::{Code, Error, Fault, Violation, json};
use semper_driver::service::{Input, Reply, Service};
use semper_support::comm::TlsKeyId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::{Client, Target};
use crate::hub::Standing;
use crate::stall::Stalling;
use crate::tls::server_key;

/// How a proxy says yes.
const PROXY_YES: &[u8] = b"HTTP/1.1 200";
/// Longest head of a proxy's answer.
const PROXY_HEAD_BYTES_MAX: usize = 4 << 10;
const DIAL_WAIT: Duration = Duration::from_millis(HELLO_WAIT_MS);
const SESSION_AGE_MAX: Duration = Duration::from_millis(SESSION_AGE_MAX_MS);
/// How long an ordinary answer may take: the peer's commit may wait behind others.
pub(super) const ANSWER_WAIT: Duration = Duration::from_millis(STALL_MAX_MS * 2);

/// A connection on which hello was said. Dropping it closes the connection.
pub(super) struct Session {
    requests: SendRequest<Full<Bytes>>,
    host: String,
    connection: AbortHandle,
    /// The key that the server proved to hold.
    seen: TlsKeyId,
    opened: Instant,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

fn network(what: impl std::fmt::Display) -> Fault {
    Fault::new(Code::Network, what.to_string())
}

/// Connects, says hello and lets the service judge the peer's.
pub(super) async fn session<S: Service>(client: &Client<S>, target: &Target) -> Result<Session, Error> {
    let mut session =
        timeout(DIAL_WAIT, connect(target, client.through)).await.map_err(|_| network("no connection in time"))??;
    // The hello names the TLS key; a fresh one per connection.
    let hello = command(client, target, "hello", ("tls", Reply::Text(target.tls.to_string())), None).await?;
    let hello = serde_json::to_vec(&hello).map_err(network)?;
    let answer = session.post("/v1/hello", hello, ANSWER_WAIT, HELLO_BYTES_MAX).await?;
    let reply = json::read_value(&answer)?;
    // A hello that names another key than the one at the other end was said elsewhere.
    command(client, target, "met", ("reply", reply), Some(session.seen)).await?;
    client.hub.set_standing(&target.name, Standing::Connected);
    Ok(session)
}

/// Asks the service for our hello, or hands it the peer's.
async fn command<S: Service>(
    client: &Client<S>,
    target: &Target,
    word: &str,
    with: (&'static str, Reply),
    seen: Option<TlsKeyId>,
) -> Result<Reply, Error> {
    let link = if target.link { target.name.as_str() } else { "" };
    let mut command = vec![("command", Reply::Text(word.to_owned())), ("link", Reply::Text(link.to_owned()))];
    if !target.link {
        command.push(("peer", Reply::Text(target.name.clone())));
    }
    command.push(with);
    command.extend(seen.map(|seen| ("seen", Reply::Text(seen.to_string()))));
    let command = Reply::Object(command.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    let command = serde_json::to_vec(&command).map_err(network)?;
    client.handle.local(Input::Command(command)).await
}

async fn connect(target: &Target, through: Option<SocketAddr>) -> Result<Session, Error> {
    let name = ServerName::try_from(target.address.server_name.clone())
        .map_err(|_| Fault::new(Code::Tls, format!("not a server name: {}", target.address.server_name)))?;
    let stream = reach(&target.address.socket, through).await;
    let stream = stream.map_err(|error| network(format_args!("{}: {error}", target.address.socket)))?;
    let stream = TlsConnector::from(std::sync::Arc::clone(&target.config)).connect(name, Stalling::new(stream)).await;
    let stream = stream.map_err(|error| untrusted(&target.address.socket, &error))?;
    let seen =
        server_key(stream.get_ref().1).ok_or_else(|| Fault::new(Code::Tls, "the server's key cannot be read"))?;
    let (requests, connection) = handshake(TokioIo::new(stream)).await.map_err(network)?;
    let connection = tokio::spawn(async move {
        // Its end shows in the next request.
        let _ = connection.await;
    });
    let host = target.address.server_name.clone();
    Ok(Session { requests, host, connection: connection.abort_handle(), seen, opened: Instant::now() })
}

/// A connection to `socket`, or to the proxy that connects us with it.
async fn reach(socket: &str, through: Option<SocketAddr>) -> std::io::Result<TcpStream> {
    let Some(proxy) = through else { return TcpStream::connect(socket).await };
    let mut stream = TcpStream::connect(proxy).await?;
    stream.write_all(format!("CONNECT {socket} HTTP/1.1\r\nHost: {socket}\r\n\r\n").as_bytes()).await?;
    let mut head = Vec::new();
    // Byte by byte: what follows the head is TLS and none of ours. Once per connection.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= PROXY_HEAD_BYTES_MAX {
            return Err(std::io::Error::other("the proxy talks too much"));
        }
        head.push(stream.read_u8().await?);
    }
    match head.get(..PROXY_YES.len()) {
        Some(PROXY_YES) => Ok(stream),
        _ => Err(std::io::Error::other("the proxy will not connect")),
    }
}

/// Why there is no secure connection. A server under another root is told apart: waiting will not
/// make it trusted. If that root has our root's name, what fails is the signature.
fn untrusted(socket: &str, error: &std::io::Error) -> Error {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let detail = format!("{socket}: {error}");
    match tls {
        Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {
            Violation::new(Code::CertificatePath, detail).into()
        }
        _ => Fault::new(Code::Tls, detail).into(),
    }
}

impl Session {
    /// Whether the connection is known to be gone, or so old that hello must be said anew: certificates
    /// change in the meantime.
    pub(super) fn is_over(&self) -> bool {
        self.requests.is_closed() || self.opened.elapsed() > SESSION_AGE_MAX
    }

    /// Sends JSON and returns the JSON that came back with status 200.
    pub(super) async fn post(
        &mut self,
        path: &str,
        body: Vec<u8>,
        wait: Duration,
        answer_max: usize,
    ) -> Result<Bytes, Error> {
        timeout(wait, self.exchange(path, body, answer_max)).await.map_err(|_| network("no answer in time"))?
    }

    async fn exchange(&mut self, path: &str, body: Vec<u8>, answer_max: usize) -> Result<Bytes, Error> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(network)?;
        self.requests.ready().await.map_err(network)?;
        let response = self.requests.send_request(request).await.map_err(network)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), answer_max.min(DELIVERY_BYTES_MAX)).collect().await;
        let body = body.map_err(network)?.to_bytes();
        if status == StatusCode::OK { Ok(body) } else { Err(refused(status, &body).into()) }
    }
}

/// What the peer said instead of yes. Its words are cut by the error type.
fn refused(status: StatusCode, body: &[u8]) -> Fault {
    let answer = json::read_value(body).unwrap_or(Reply::Null);
    let code = answer.get("code").and_then(Reply::as_integer).and_then(|number| u16::try_from(number).ok());
    let code = code.and_then(Code::from_number);
    match code {
        Some(Code::Overloaded) => Fault::new(Code::Overloaded, "the peer"),
        Some(code) => network(format_args!("the peer answered {status}: {} [{}]", code.text(), code.number())),
        None => network(format_args!("the peer answered {status}")),
    }
}
