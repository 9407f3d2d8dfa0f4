//! `POST /v1/inbox` and `POST /v1/outbox`: messages to us, and messages that a peer comes for.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::response::Response;
use semper_base::limits::{DELIVERY_BYTES_MAX, DELIVERY_MESSAGES_MAX, POLL_WAIT_MAX_MS};
use semper_base::{Code, Error, PeerId, Violation};
use semper_driver::Service;
use semper_support::comm::{Acks, Delivery, Outcome, Poll};
use tokio::time::{Instant, timeout_at};

use super::Server;
use super::peers::Connection;
use super::reply::{failure, json};
use crate::delivery::read_delivery;
use crate::hub::{STALE, Standing};

/// Largest poll in bytes: so many acknowledgements and some words.
const POLL_BYTES_MAX: usize = 16 << 10;

/// Takes a delivery and answers after the commit.
pub(super) async fn inbox<S: Service>(
    State(server): State<Arc<Server<S>>>,
    Extension(connection): Extension<Arc<Connection>>,
    request: Request<Body>,
) -> Response {
    match take(&server, &connection, request).await {
        Ok(acks) => json(&acks),
        Err(error) => failure(&error),
    }
}

async fn take<S: Service>(server: &Server<S>, connection: &Connection, request: Request<Body>) -> Result<Acks, Error> {
    // Before the body is read: nobody unknown fills our memory.
    let peer = connection.current_peer()?;
    let body = server.read(request, DELIVERY_BYTES_MAX).await?;
    let delivery = read_delivery(&body.bytes)?;
    let peer = connection.current_peer().map(|_| peer)?;
    Ok(Acks { acks: server.handle.messages(peer, delivery.messages).await? })
}

/// Takes the acknowledgements of the last poll and gives what waits, or waits for it.
pub(super) async fn outbox<S: Service>(
    State(server): State<Arc<Server<S>>>,
    Extension(connection): Extension<Arc<Connection>>,
    request: Request<Body>,
) -> Response {
    match give(&server, &connection, request).await {
        Ok(delivery) => json(&delivery),
        Err(error) => failure(&error),
    }
}

async fn give<S: Service>(
    server: &Server<S>,
    connection: &Connection,
    request: Request<Body>,
) -> Result<Delivery, Error> {
    let peer = connection.current_peer()?;
    let poll = server.read(request, POLL_BYTES_MAX).await?;
    let poll: Poll = semper_base::json::read(&poll.bytes)?;
    acknowledge(server, peer, &poll)?;
    let deadline = Instant::now() + Duration::from_millis(poll.wait_ms.min(POLL_WAIT_MAX_MS));
    loop {
        let mut listener = server.hub.listen(&peer);
        // A later hello may have moved this peer's queue to another key.
        connection.current_peer()?;
        let messages = server.handle.waiting(peer).await?;
        if !messages.is_empty() || timeout_at(deadline, listener.changed()).await.is_err() {
            return Ok(Delivery { messages });
        }
    }
}

fn acknowledge<S: Service>(server: &Server<S>, peer: PeerId, poll: &Poll) -> Result<(), Error> {
    if poll.acks.len() > DELIVERY_MESSAGES_MAX {
        return Err(Violation::new(Code::TooMany, "acks").into());
    }
    if poll.acks.iter().any(|ack| ack.outcome == Outcome::Stale) {
        // It will be said in every poll; the operator must look, and the peer's queue stays as it is.
        if server.hub.set_standing(&peer.to_string(), Standing::Stale) {
            tracing::error!(%peer, "{STALE}");
        }
        return Err(Violation::new(Code::Stale, "").into());
    }
    if poll.acks.is_empty() {
        return Ok(());
    }
    Ok(server.handle.acked(peer, poll.acks.clone())?)
}
