//! Starts a party: opens it, gives it its threads and tasks, and ends it in order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use semper_base::{Code, Error, Fault};
use semper_driver::{Party, Service, Store};
use semper_support::crypto::{Crypto, Keyring};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::client::{self, Client};
use crate::hub::{Hub, Standing};
use crate::screen::Screen;
use crate::tls::{Identity, server_config};
use crate::writer::{self, Ended, Handle};
use crate::{control, screen, server, timers};

/// Threads that run tasks. Checks and the screen have threads of their own while they work.
const WORKERS: usize = 2;
/// Most threads for checks (as many as there are cores) and the trusted screen.
const BLOCKING_THREADS_MAX: usize = 64;
/// Stack of those threads in bytes.
const STACK_BYTES: usize = 1 << 20;
/// How long a thread for checks stays when there is nothing to check.
const THREAD_KEPT: Duration = Duration::from_secs(5);

/// A runtime of the right size for a party.
pub fn runtime() -> Result<Runtime, Fault> {
    Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_stack_size(STACK_BYTES)
        .thread_keep_alive(THREAD_KEPT)
        .thread_name("worker")
        .enable_all()
        .build()
        .map_err(|error| Fault::new(Code::Overloaded, format!("the runtime cannot start: {error}")))
}

/// The port of a party that peers can reach.
#[derive(Clone, Debug)]
pub struct Listen {
    /// Where to bind; port 0 takes a free one.
    pub address: SocketAddr,
    /// What to show: a certificate under the market's root.
    pub identity: Identity,
}

/// How to run a party.
#[derive(Clone)]
pub struct ServeOptions {
    /// The data directory: the control socket is made here.
    pub dir: PathBuf,
    /// The port, if peers are to reach this party; a wallet polls and has none.
    pub listen: Option<Listen>,
    /// The market's root certificate (DER): what servers that we dial must lead to.
    pub root: Vec<u8>,
    /// A proxy on this machine or in this network through which to dial (HTTP CONNECT, RFC 9110, 9.3.6).
    pub through: Option<SocketAddr>,
    /// Whether SIGTERM and SIGINT stop the party.
    pub signals: bool,
    /// What the control socket answers without asking the party.
    pub own_words: Option<control::OwnWords>,
}

impl std::fmt::Debug for ServeOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServeOptions({}, {:?})", self.dir.display(), self.listen)
    }
}

/// A party at work. Dropping it ends the tasks at once; the store is safe at any moment.
#[derive(Debug)]
pub struct Running<S: Service> {
    address: Option<SocketAddr>,
    stop: Arc<watch::Sender<bool>>,
    tasks: JoinSet<()>,
    ended: Ended,
    handle: Handle<S>,
    hub: Arc<Hub>,
}

/// Opens the party and starts all of it. Must be called inside [`runtime`].
///
/// # Errors
/// [`Code::PortTaken`] and what the store, the service's start, TLS or the control socket say.
pub async fn serve<S: Service>(
    options: ServeOptions,
    service: Arc<S>,
    store: Box<dyn Store>,
    crypto: Arc<dyn Crypto>,
    keyring: Arc<Keyring>,
    shown: Arc<dyn Screen>,
) -> Result<Running<S>, Error> {
    // Everything that may fail comes first, so that a party which cannot serve starts nothing.
    let port = match &options.listen {
        Some(listen) => Some((bind(listen.address).await?, server_config(&listen.identity)?)),
        None => None,
    };
    let address = port.as_ref().and_then(|(listener, _)| listener.local_addr().ok());
    let socket = control::Socket::bind(&options.dir)?;
    let wall = crate::clock::Clock::default().now();
    let keys = Arc::clone(&keyring);
    let open = move || Party::open(service, store, crypto, keys, wall);
    let opened = tokio::task::spawn_blocking(open).await;
    let (party, report) = opened.map_err(|_| Fault::new(Code::Commit, "the party's start broke off"))??;

    let hub = Arc::new(Hub::new());
    let (handle, ended) = writer::start(party, Arc::clone(&hub))?;
    hub.publish(report.outputs, report.commit);
    let stop = Arc::new(watch::Sender::new(false));
    let mut tasks = JoinSet::new();
    let server = options.listen.map(|listen| listen.identity);
    if let Some((listener, tls)) = port {
        tasks.spawn(server::run(listener, TlsAcceptor::from(tls), handle.clone(), Arc::clone(&hub)));
    }
    let (root, through) = (options.root, options.through);
    let client = Client { handle: handle.clone(), hub: Arc::clone(&hub), keyring, root, server, through };
    tasks.spawn(client::run(Arc::new(client)));
    tasks.spawn(control::run(socket, handle.clone(), Arc::clone(&hub), Arc::clone(&stop), options.own_words));
    tasks.spawn(screen::run(handle.clone(), Arc::clone(&hub), shown));
    let timers = (handle.clone(), Arc::clone(&hub));
    tasks.spawn(async move { timers::run(timers.0, &timers.1).await });
    if options.signals {
        tasks.spawn(signals(Arc::clone(&stop)));
    }
    Ok(Running { address, stop, tasks, ended, handle, hub })
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Fault> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Fault::new(
            Code::PortTaken,
            format!("{address}: stop the program that uses it (`ss -ltnp` shows which), or choose another port"),
        ),
        _ => Fault::new(Code::Network, format!("{address}: {error}")),
    })
}

async fn signals(stop: Arc<watch::Sender<bool>>) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return tracing::warn!("signals cannot be heard; use the stop command");
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    stop.send_replace(true);
}

impl<S: Service> Running<S> {
    /// What the owner is told from now on.
    pub fn notices(&self) -> tokio::sync::broadcast::Receiver<semper_base::tx::Notice> {
        self.hub.notices()
    }

    /// The bound address, if the party listens.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The way to the party, for pages and tests in the same process.
    #[must_use]
    pub fn handle(&self) -> &Handle<S> {
        &self.handle
    }

    /// Why the latest attempt to reach the peer of a link failed, if it did.
    #[must_use]
    pub fn trouble(&self, link: &str) -> Option<Error> {
        match self.hub.standing().remove(link) {
            Some(Standing::Waiting(error)) => Some(error),
            _ => None,
        }
    }

    /// Asks the party to stop; [`Running::wait`] returns when it has.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Something that asks the party to stop, for other threads.
    pub fn stopper(&self) -> impl FnOnce() + Send + 'static {
        let stop = Arc::clone(&self.stop);
        move || {
            stop.send_replace(true);
        }
    }

    /// Waits until the party was told to stop and did, or until its writer met a fault after which
    /// nothing in memory may be trusted: then the process must end.
    ///
    /// # Errors
    /// The fault that ended the writer, with [`Code::Commit`].
    pub async fn wait(mut self) -> Result<(), Error> {
        let mut stop = self.stop.subscribe();
        let early = tokio::select! {
            ended = &mut self.ended => Some(ended),
            _ = stop.wait_for(|stop| *stop) => None,
        };
        // Nothing comes in or goes out any more, and nobody waits for the user.
        self.hub.close();
        self.tasks.shutdown().await;
        let ended = if let Some(ended) = early {
            ended
        } else {
            self.handle.stop().await;
            (&mut self.ended).await
        };
        match ended {
            Ok(result) => Ok(result?),
            Err(_) => Err(Fault::new(Code::Commit, "the writer broke off; this is a bug").into()),
        }
    }
}
