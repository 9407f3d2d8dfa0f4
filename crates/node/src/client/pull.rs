//! Comes for the messages of a peer that cannot reach us: a poll that the peer holds open, whose
//! acknowledgements travel in the next one, after our commit.

use std::time::Duration;

use semper_base::limits::{DELIVERY_BYTES_MAX, POLL_WAIT_MAX_MS};
use semper_base::{Code, Error, Fault, PeerId};
use semper_driver::Service;
use semper_support::comm::{Ack, Outcome, Poll};

use super::dial::{ANSWER_WAIT, Session, session};
use super::patience::Patience;
use super::{Client, Target, failed};
use crate::delivery::read_delivery;

/// Polls for ever.
pub(super) async fn run<S: Service>(client: &Client<S>, target: &Target, peer: PeerId) {
    let mut patience = Patience::new(std::sync::Arc::clone(client.handle.crypto()));
    let mut open: Option<Session> = None;
    let mut acks = Vec::new();
    loop {
        match turn(client, target, peer, &mut open, &acks).await {
            Ok(next) => {
                // Nothing taken of what came: pause, or the same messages come round in circles.
                let idle = !next.is_empty() && !next.iter().any(|ack: &Ack| ack.outcome.is_final());
                acks = next;
                if idle {
                    patience.wait().await;
                } else {
                    patience.reset();
                }
            }
            Err(error) => {
                // The messages come again and are acknowledged again.
                acks.clear();
                open = None;
                failed(client, &target.name, &error);
                patience.wait().await;
            }
        }
    }
}

/// One poll. Returns the acknowledgements for the next.
async fn turn<S: Service>(
    client: &Client<S>,
    target: &Target,
    peer: PeerId,
    open: &mut Option<Session>,
    acks: &[Ack],
) -> Result<Vec<Ack>, Error> {
    open.take_if(|session| session.is_over());
    let connection = match open {
        Some(connection) => connection,
        None => open.insert(session(client, target).await?),
    };
    let poll = Poll { acks: acks.to_vec(), wait_ms: POLL_WAIT_MAX_MS };
    let body = serde_json::to_vec(&poll).map_err(|error| Fault::new(Code::Pending, error.to_string()))?;
    let wait = ANSWER_WAIT + Duration::from_millis(POLL_WAIT_MAX_MS);
    let answer = connection.post("/v1/outbox", body, wait, DELIVERY_BYTES_MAX).await?;
    let messages = read_delivery(&answer)?.messages;
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let acks = client.handle.messages(peer, messages).await?;
    if acks.iter().any(|ack| ack.outcome == Outcome::Stale) {
        tracing::warn!(peer = target.name, "a peer sends other messages under numbers used before: an old copy");
    }
    Ok(acks)
}
