//! Relationships in which this party dials: links that it opened, and peers that gave an address.
//!
//! A link lives as long as its row: it pushes our messages and, where we gave no address, polls for
//! the peer's. A peer with an address is dialled only while messages wait for it.

mod dial;
mod patience;
mod pull;
mod push;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use semper_base::limits::LINKS_MAX;
use semper_base::{Code, Error, Fault, Key, PeerId, json};
use semper_driver::Service;
use semper_support::comm::{Address, Link, Peer};
use semper_support::crypto::Keyring;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use crate::hub::{Hub, Signs, Standing};
use crate::tls::{Identity, client_config};
use crate::writer::Handle;
use patience::Patience;

/// What all tasks of the client share.
pub(crate) struct Client<S: Service> {
    pub(crate) handle: Handle<S>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) keyring: Arc<Keyring>,
    /// The market's root certificate (DER).
    pub(crate) root: Vec<u8>,
    /// What we show as a server, if we are one.
    pub(crate) server: Option<Identity>,
    /// The proxy through which to dial.
    pub(crate) through: Option<SocketAddr>,
}

/// Somebody to dial.
struct Target {
    /// The link's name, or the peer's id.
    name: String,
    /// Whether it is a link of ours, or a peer that gave an address.
    link: bool,
    address: Address,
    tls: semper_base::KeyId,
    config: Arc<ClientConfig>,
    /// Whether we must come for the peer's messages.
    polls: bool,
}

/// The client's tasks. Links are known by name; a changed row replaces its task.
struct Tasks {
    set: JoinSet<()>,
    links: BTreeMap<String, (Link, AbortHandle)>,
}

/// Runs for ever.
pub(crate) async fn run<S: Service>(client: Arc<Client<S>>) {
    let mut tasks = Tasks { set: JoinSet::new(), links: BTreeMap::new() };
    let mut patience = Patience::new(Arc::clone(client.handle.crypto()));
    let mut look = client.hub.take_look();
    look.links_changed = true;
    loop {
        if look.links_changed {
            match open_links(&client, &mut tasks).await {
                Ok(()) => patience.reset(),
                Err(error) => {
                    tracing::warn!(%error, "the links could not be read");
                    patience.wait().await;
                    continue;
                }
            }
        }
        for peer in std::mem::take(&mut look.peers) {
            if let Err(error) = push_to_peer(&client, &mut tasks, peer).await {
                tracing::warn!(%peer, %error, "messages for a peer must wait");
            }
        }
        tokio::select! {
            () = client.hub.look.notified() => {}
            Some(_) = tasks.set.join_next() => {}
        }
        look = client.hub.take_look();
        if look.links_changed {
            // Peers may have given an address for what waits already.
            let waiting = client.handle.read(|transaction| transaction.outbox_peers()).await;
            look.peers.extend(waiting.unwrap_or_default());
        }
    }
}

/// Starts, replaces and ends link tasks so that they match the rows.
async fn open_links<S: Service>(client: &Arc<Client<S>>, tasks: &mut Tasks) -> Result<(), Error> {
    let rows = client.handle.read(|transaction| transaction.scan("link/", None, LINKS_MAX)).await?;
    let mut links = BTreeMap::new();
    for (key, row) in rows {
        match json::read::<Link>(&row) {
            Ok(link) => {
                links.insert(link.name.clone(), link);
            }
            Err(error) => tracing::error!(row = key.0, %error, "a link cannot be read"),
        }
    }
    let same = |a: &Link, b: &Link| Link { peer: None, ..a.clone() } == Link { peer: None, ..b.clone() };
    tasks.links.retain(|name, (link, task)| {
        let keep = links.get(name).is_some_and(|now| same(now, link));
        if !keep {
            task.abort();
            client.hub.clear_standing(name);
        }
        keep
    });
    for (name, link) in links {
        if let Some((known, _)) = tasks.links.get_mut(&name) {
            *known = link;
            continue;
        }
        let task = tasks.set.spawn(run_link(Arc::clone(client), link.clone()));
        tasks.links.insert(name, (link, task));
    }
    Ok(())
}

async fn run_link<S: Service>(client: Arc<Client<S>>, link: Link) {
    let mut patience = Patience::new(Arc::clone(client.handle.crypto()));
    let (target, peer) = loop {
        let found = match link_target(&client, &link).await {
            Ok(target) => meet(&client, &target, link.peer).await.map(|peer| (target, peer)),
            Err(error) => Err(error),
        };
        match found {
            Ok(found) => break found,
            Err(error) => failed(&client, &link.name, &error),
        }
        patience.wait().await;
    };
    let listener = client.hub.listen(&peer);
    if target.polls {
        tokio::join!(push::run(&client, &target, peer, listener, true), pull::run(&client, &target, peer));
    } else {
        push::run(&client, &target, peer, listener, true).await;
    }
}

/// Who the link leads to: known from an earlier meeting, or from this one.
async fn meet<S: Service>(client: &Client<S>, target: &Target, known: Option<PeerId>) -> Result<PeerId, Error> {
    if let Some(peer) = known {
        return Ok(peer);
    }
    drop(dial::session(client, target).await?);
    let name = target.name.clone();
    let row = client.handle.read(move |transaction| transaction.get(&Key::new("link", name))).await?;
    let link: Link = json::read(&row.unwrap_or_default())?;
    link.peer.ok_or_else(|| Fault::new(Code::Pending, "the peer's hello was not accepted").into())
}

async fn link_target<S: Service>(client: &Client<S>, link: &Link) -> Result<Target, Error> {
    let own_server = client.server.as_ref().filter(|server| server.id() == link.tls_key);
    let config = if let Some(server) = own_server {
        client_config(&client.root, server)?
    } else {
        let id = link.tls_key;
        let row = client.handle.read(move |transaction| transaction.get(&Key::new("key", id))).await?;
        let row = row.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, "the link's TLS key is missing"))?;
        let pair = client.keyring.unwrap_key(id, &row)?;
        client_config(&client.root, &Identity { pair, chain: vec![link.tls_certificate.0.clone()] })?
    };
    Ok(Target {
        name: link.name.clone(),
        link: true,
        address: link.address.clone(),
        tls: link.tls_key,
        config,
        polls: own_server.is_none(),
    })
}

/// Starts a pusher if this peer gave an address. Nobody listened for the peer, so none runs.
async fn push_to_peer<S: Service>(client: &Arc<Client<S>>, tasks: &mut Tasks, peer: PeerId) -> Result<(), Error> {
    let Some(server) = client.server.as_ref() else {
        return Ok(());
    };
    // One that we opened a link to is served there.
    if tasks.links.values().any(|(link, _)| link.peer == Some(peer)) {
        return Ok(());
    }
    let Some(address) = peer_address(client, peer).await? else {
        return Ok(());
    };
    if client.hub.standing().get(&peer.to_string()) == Some(&Standing::Stale) {
        return Ok(());
    }
    let config = client_config(&client.root, server)?;
    let target = Target { name: peer.to_string(), link: false, address, tls: server.id(), config, polls: false };
    let (client, listener) = (Arc::clone(client), client.hub.listen(&peer));
    tasks.set.spawn(async move { push_while_waiting(&client, target, peer, listener).await });
    Ok(())
}

async fn push_while_waiting<S: Service>(
    client: &Client<S>,
    target: Target,
    peer: PeerId,
    mut listener: watch::Receiver<Signs>,
) {
    loop {
        listener = push::run(client, &target, peer, listener, false).await;
        match client.hub.leave(listener) {
            Some(again) => listener = again,
            None => break,
        }
    }
    if client.hub.standing().get(&target.name) == Some(&Standing::Connected) {
        client.hub.clear_standing(&target.name);
    }
}

async fn peer_address<S: Service>(client: &Client<S>, peer: PeerId) -> Result<Option<Address>, Error> {
    let row = client.handle.read(move |transaction| transaction.get(&Key::new("peer", peer))).await?;
    match row {
        Some(row) => Ok(json::read::<Peer>(&row)?.address),
        None => Ok(None),
    }
}

/// Notes a failure; logged once until something changes.
fn failed<S: Service>(client: &Client<S>, name: &str, error: &Error) {
    if client.hub.set_standing(name, Standing::Waiting(error.clone())) {
        tracing::warn!(peer = name, %error, "a peer cannot be reached; trying again");
    }
}
