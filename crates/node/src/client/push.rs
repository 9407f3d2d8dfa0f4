//! Sends what waits for a peer, from the head of its queue, until the peer took it.

use std::time::Duration;

use semper_base::limits::DELIVERY_MESSAGES_MAX;
use semper_base::{Code, Error, PeerId, Violation, json};
use semper_driver::Service;
use semper_support::comm::{Ack, Acks, Delivery, Envelope, Outcome};
use tokio::sync::watch;
use tokio::time::timeout;

use super::dial::{ANSWER_WAIT, Session, session};
use super::patience::Patience;
use super::{Client, Target, failed};
use crate::hub::{STALE, Signs, Standing};

/// Largest list of acknowledgements in bytes.
const ACKS_BYTES_MAX: usize = 16 << 10;

/// What became of one delivery.
enum Sent {
    /// At least one message left the queue.
    Progress,
    /// None did: the peer is busy, or misses earlier messages.
    Later,
    /// The peer knows other messages under our numbers.
    Stale,
}

/// How long a connection is kept when nothing waits: shorter than the peer keeps it.
const LINGER: Duration = Duration::from_secs(20);

/// Pushes for ever, or, unless `lasting`, until nothing waited for some time. Returns the listener.
pub(super) async fn run<S: Service>(
    client: &Client<S>,
    target: &Target,
    peer: PeerId,
    mut listener: watch::Receiver<Signs>,
    lasting: bool,
) -> watch::Receiver<Signs> {
    let mut patience = Patience::new(std::sync::Arc::clone(client.handle.crypto()));
    let mut open: Option<Session> = None;
    loop {
        let hellos = listener.borrow_and_update().hellos;
        let turn = match client.handle.waiting(peer).await {
            Ok(messages) if messages.is_empty() => {
                if !rest(&mut listener, &mut open, lasting).await {
                    return listener;
                }
                continue;
            }
            Ok(messages) => send(client, target, peer, &mut open, messages).await,
            Err(fault) => Err(fault.into()),
        };
        match turn {
            Ok(Sent::Progress) => patience.reset(),
            Ok(Sent::Later) => patience.wait().await,
            Ok(Sent::Stale) => {
                client.hub.set_standing(&target.name, Standing::Stale);
                tracing::error!(peer = target.name, "{STALE}");
                // Holds the listener, so that nobody else starts to push.
                std::future::pending::<()>().await;
            }
            Err(error) => {
                open = None;
                failed(client, &target.name, &error);
                pause(&mut patience, &mut listener, hellos).await;
            }
        }
    }
}

/// Waits before the next attempt, or until the peer says hello to us: then it is back. That makes one attempt and
/// no pause shorter, because whoever says hello may still have given a wrong address.
async fn pause(patience: &mut Patience, listener: &mut watch::Receiver<Signs>, hellos: u64) {
    tokio::select! {
        () = patience.wait() => {}
        Ok(_) = listener.wait_for(|signs| signs.hellos != hellos) => {}
    }
}

/// Waits for a message; closes the connection when none comes soon. False at the end of the pushing.
async fn rest(listener: &mut watch::Receiver<Signs>, open: &mut Option<Session>, lasting: bool) -> bool {
    if let Ok(changed) = timeout(LINGER, listener.changed()).await {
        return changed.is_ok();
    }
    *open = None;
    lasting && listener.changed().await.is_ok()
}

async fn send<S: Service>(
    client: &Client<S>,
    target: &Target,
    peer: PeerId,
    open: &mut Option<Session>,
    messages: Vec<Envelope>,
) -> Result<Sent, Error> {
    // The peer may have closed it while nothing was sent.
    open.take_if(|session| session.is_over());
    let connection = match open {
        Some(connection) => connection,
        None => open.insert(session(client, target).await?),
    };
    let kinds: Vec<(u64, String)> = messages.iter().map(|message| (message.seq, message.kind.clone())).collect();
    let body = serde_json::to_vec(&Delivery { messages })
        .map_err(|error| semper_base::Fault::new(Code::DatabaseCorrupt, error.to_string()))?;
    let answer = connection.post("/v1/inbox", body, ANSWER_WAIT, ACKS_BYTES_MAX).await?;
    let Acks { acks } = json::read(&answer)?;
    taken(client, peer, &kinds, acks)
}

/// Judges the acknowledgements of one delivery.
fn taken<S: Service>(client: &Client<S>, peer: PeerId, sent: &[(u64, String)], acks: Vec<Ack>) -> Result<Sent, Error> {
    let fits = acks.len() == sent.len() && acks.iter().zip(sent).all(|(ack, (seq, _))| ack.seq == *seq);
    if !fits || acks.len() > DELIVERY_MESSAGES_MAX {
        return Err(Violation::new(Code::FieldWrong, "acks").into());
    }
    for (ack, (seq, kind)) in acks.iter().zip(sent) {
        if let Outcome::Rejected(code) = ack.outcome {
            tracing::warn!(%peer, seq, kind, code, "a peer rejected a message of ours");
        }
    }
    let stale = acks.iter().any(|ack| ack.outcome == Outcome::Stale);
    let progress = acks.iter().any(|ack| ack.outcome.is_final());
    if progress {
        client.handle.acked(peer, acks)?;
    }
    Ok(match (stale, progress) {
        (true, _) => Sent::Stale,
        (false, true) => Sent::Progress,
        (false, false) => Sent::Later,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use semper_base::Hash;
    use semper_support::crypto::seeded::Seeded;

    use super::*;
    use crate::hub::Hub;

    #[test]
    fn who_is_back_is_not_kept_waiting() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (hub, peer) = (Hub::new(), PeerId(Hash::of(b"peer")));
            let mut patience = Patience::grown(Arc::new(Seeded::new([1; 32])));
            let mut listener = hub.listen(&peer);
            let hellos = listener.borrow_and_update().hellos;
            // News for a peer that is away are no reason to try.
            hub.wake(&peer);
            let short = Duration::from_millis(50);
            assert!(timeout(short, pause(&mut patience, &mut listener, hellos)).await.is_err());
            hub.greet(&peer);
            timeout(Duration::from_secs(10), pause(&mut patience, &mut listener, hellos)).await.unwrap();
            // One attempt for one hello.
            let hellos = listener.borrow_and_update().hellos;
            assert!(timeout(short, pause(&mut patience, &mut listener, hellos)).await.is_err());
        });
    }
}
