//! The port at which peers reach this party: HTTP/1.1 over TLS, four paths, every wait and size bounded.

mod hello;
mod peers;
mod queue;
mod reply;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use semper_base::limits::{
    BODIES_BYTES_MAX, CONNECTION_IDLE_MAX_MS, CONNECTIONS_MAX, HELLO_WAIT_MS, STRANGERS_MAX, STRANGERS_WAITING_MAX,
};
use semper_driver::Service;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::hub::Hub;
use crate::server::peers::{Connection, Peers};
use crate::stall::Stalling;
use crate::tls::client_key;
use crate::writer::Handle;

const HELLO_WAIT: Duration = Duration::from_millis(HELLO_WAIT_MS);
/// Most header lines of a request; ours has five.
const HEADERS_MAX: usize = 24;
/// Largest request head in bytes.
const HEAD_BYTES_MAX: usize = 8 << 10;

/// What all connections share.
pub(crate) struct Server<S: Service> {
    handle: Handle<S>,
    hub: Arc<Hub>,
    peers: Arc<Peers>,
    /// KiB of request bodies that may be in memory.
    bodies: Arc<Semaphore>,
}

/// Who may come in.
struct Door {
    all: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// Accepts connections for ever.
pub(crate) async fn run<S: Service>(listener: TcpListener, tls: TlsAcceptor, handle: Handle<S>, hub: Arc<Hub>) {
    let server = Arc::new(Server {
        handle,
        hub,
        peers: Arc::new(Peers::default()),
        bodies: Arc::new(Semaphore::new(BODIES_BYTES_MAX >> 10)),
    });
    let router = TowerToHyperService::new(router(&server));
    let door = Door {
        all: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
        strangers: Arc::new(Semaphore::new(STRANGERS_MAX)),
        waiting: Arc::new(Semaphore::new(STRANGERS_MAX + STRANGERS_WAITING_MAX)),
    };
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors, mostly: wait for some to come back.
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let places = (Arc::clone(&door.all).try_acquire_owned(), Arc::clone(&door.waiting).try_acquire_owned());
        let (Ok(place), Ok(stranger)) = places else {
            tracing::debug!("too many connections");
            continue;
        };
        let entry = Entry { _place: place, waiting: stranger, strangers: Arc::clone(&door.strangers) };
        connections.spawn(connection(stream, tls.clone(), entry, router.clone(), Arc::clone(&server.peers)));
    }
}

fn router<S: Service>(server: &Arc<Server<S>>) -> Router {
    Router::new()
        .route("/v1/hello", post(hello::hello::<S>))
        .route("/v1/inbox", post(queue::inbox::<S>))
        .route("/v1/outbox", post(queue::outbox::<S>))
        .route("/v1/health", get(reply::health))
        .fallback(reply::not_found)
        .with_state(Arc::clone(server))
}

/// The places that one connection holds.
struct Entry {
    _place: OwnedSemaphorePermit,
    waiting: OwnedSemaphorePermit,
    strangers: Arc<Semaphore>,
}

/// Serves one connection until it ends, stands idle, or stays a stranger for too long.
async fn connection(
    stream: TcpStream,
    tls: TlsAcceptor,
    entry: Entry,
    router: TowerToHyperService<Router>,
    peers: Arc<Peers>,
) {
    let Ok(Ok(place)) = timeout(HELLO_WAIT, entry.strangers.acquire_owned()).await else {
        return;
    };
    let stranger = [place, entry.waiting];
    let stream = match timeout(HELLO_WAIT, tls.accept(Stalling::new(stream))).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "no secure connection with a client"),
        Err(_) => return,
    };
    let Some(key) = client_key(stream.get_ref().1) else {
        return;
    };
    let connection = Arc::new(Connection::new(key, stranger, peers));
    let place = Arc::clone(&connection);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&place));
        router.call(request)
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(CONNECTION_IDLE_MAX_MS))
        .max_headers(HEADERS_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(HEAD_BYTES_MAX * 2)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        result = serving => if let Err(error) = result {
            tracing::debug!(%error, "a connection ended");
        },
        () = stays_stranger(&connection) => tracing::debug!("a connection without hello was closed"),
    }
}

async fn stays_stranger(connection: &Connection) {
    sleep(HELLO_WAIT).await;
    if connection.peer().is_some() {
        std::future::pending::<()>().await;
    }
}
