//! Which connection belongs to which peer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use semper_base::limits::CONNECTIONS_PER_PEER_MAX;
use semper_base::{Code, Error, Fault, PeerId, Violation};
use semper_support::comm::TlsKeyId;
use tokio::sync::OwnedSemaphorePermit;

use crate::hub::lock;

/// The peers that are connected now, each with the one TLS key that its latest hello named.
#[derive(Debug, Default)]
pub(super) struct Peers(Mutex<BTreeMap<PeerId, Bound>>);

#[derive(Debug)]
struct Bound {
    tls: TlsKeyId,
    connections: usize,
}

impl Peers {
    /// Binds one more connection. A new TLS key takes over: the old one's connections serve no longer.
    fn bind(&self, peer: PeerId, tls: TlsKeyId) -> Result<(), Fault> {
        let mut peers = lock(&self.0);
        let bound = peers.entry(peer).or_insert(Bound { tls, connections: 0 });
        if bound.tls == tls && bound.connections >= CONNECTIONS_PER_PEER_MAX {
            return Err(Fault::new(Code::Overloaded, "connections of one peer"));
        }
        bound.tls = tls;
        bound.connections += 1;
        Ok(())
    }

    fn unbind(&self, peer: &PeerId) {
        let mut peers = lock(&self.0);
        if let Some(bound) = peers.get_mut(peer) {
            bound.connections = bound.connections.saturating_sub(1);
            if bound.connections == 0 {
                peers.remove(peer);
            }
        }
    }

    fn holds(&self, peer: &PeerId, tls: &TlsKeyId) -> bool {
        lock(&self.0).get(peer).is_some_and(|bound| bound.tls == *tls)
    }
}

/// One connection: the key that it proved, and the peer once it said hello.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) tls: TlsKeyId,
    peers: Arc<Peers>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    peer: Option<PeerId>,
    /// Its place among the strangers, until it is none.
    stranger: Option<[OwnedSemaphorePermit; 2]>,
}

impl Connection {
    pub(super) fn new(tls: TlsKeyId, stranger: [OwnedSemaphorePermit; 2], peers: Arc<Peers>) -> Self {
        Connection { tls, peers, state: Mutex::new(State { peer: None, stranger: Some(stranger) }) }
    }

    /// The peer, if this connection said hello.
    pub(super) fn peer(&self) -> Option<PeerId> {
        lock(&self.state).peer
    }

    /// The peer, if this connection said hello and no later hello named another key.
    pub(super) fn current_peer(&self) -> Result<PeerId, Violation> {
        let peer = self.peer().filter(|peer| self.peers.holds(peer, &self.tls));
        peer.ok_or_else(|| Violation::new(Code::HelloMissing, ""))
    }

    /// Binds the connection to the peer whose hello was accepted. One key is one peer.
    pub(super) fn bind(&self, peer: PeerId) -> Result<(), Error> {
        let mut state = lock(&self.state);
        match state.peer {
            Some(before) if before != peer => return Err(Violation::new(Code::HelloWrong, "").into()),
            // Said again, perhaps to take over from another key: the count stays.
            Some(_) => self.peers.unbind(&peer),
            None => {}
        }
        state.peer = None;
        self.peers.bind(peer, self.tls)?;
        state.peer = Some(peer);
        state.stranger = None;
        Ok(())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(peer) = self.peer() {
            self.peers.unbind(&peer);
        }
    }
}
