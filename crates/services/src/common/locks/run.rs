//! Binds a lock's machine to a party's store and queues: one row per run, seats to peers, effects to writes. The
//! machines know no address and no row; for locks this is the only place that does, at the holder as at payer
//! and payee.
//!
//! ```text
//! lock/ID            Run: L, the machine, which peer sits where; also the timer's key
//! (ID, SLOT)         register rows: the holder's own statements
//! ask/lock/ID/KIND   an open question to the owner
//! ```

use std::sync::Arc;

use semper_base::code::Code;
use semper_base::tx::Question;
use semper_base::{Blob64, Error, Fault, Hash, Key, Misuse, PeerId, Timestamp, Tx, Violation, Write, Xid};
use semper_exchange::fair::lock::{
    Checked, CheckedPacket, Condition, Content, Effect, Lock, Money, Packet, Seat, check,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::common::exchange::{keep, write_row};
use crate::common::{Desk, Look, hello, rows};

/// Message kind of a packet.
pub const PACKET: &str = "lock";

/// One run of one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run<M> {
    /// The exact bytes of L.
    pub descriptor: Blob64,
    /// At payer and payee: the signed statement in which the owner agreed, from which all else follows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub follows: Option<Hash>,
    /// The machine.
    pub machine: M,
    /// When the newest of what a seat signed was made, by its own clock: only what is newer may move it.
    pub newest: Vec<(Seat, Timestamp)>,
    /// At payer and payee: whose lock it is, `data/ID` or another table's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    /// Who sits where, as far as we have heard from them.
    pub peers: Vec<(Seat, PeerId)>,
    /// A service: what is asked is signed at once, and nobody is shown it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub signs: bool,
}

/// The row of a run.
#[must_use]
pub fn run_key(id: Xid) -> Key {
    Key::new("lock", id)
}

/// The lock that a run's key names.
#[must_use]
pub fn id_of(key: &str) -> Option<Xid> {
    key.strip_prefix("lock/").and_then(Hash::from_hex).map(Xid)
}

/// Checks a packet without state, and that every key that L names can be used: some will sign much later.
pub fn check_packet(body: &[u8], look: &Look<'_>) -> Result<CheckedPacket, Violation> {
    let packet = check(body, look.crypto, look.now)?;
    let core = &packet.lock.core;
    [&core.holder.key, &core.payee, &core.payer].into_iter().try_for_each(|key| look.crypto.check_key(key))?;
    if let Condition::Escrow(by) = &core.condition {
        by.keys().try_for_each(|key| look.crypto.check_key(key))?;
    }
    Ok(packet)
}

impl<M: Serialize + DeserializeOwned> Run<M> {
    /// A new run.
    #[must_use]
    pub fn new(lock: &Lock, machine: M) -> Self {
        let descriptor = Blob64(lock.bytes().to_vec());
        Run { descriptor, follows: None, machine, newest: Vec::new(), owner: None, peers: Vec::new(), signs: false }
    }

    /// Reads a run as this step sees it.
    pub fn load(tx: &Tx<'_>, id: Xid) -> Result<Option<Self>, Fault> {
        rows::get(tx, &run_key(id))
    }

    /// Stores the run and sets its timer.
    pub fn store(&self, id: Xid, deadline: Option<Timestamp>, desk: &mut Desk<'_, '_>) -> Result<(), Fault> {
        rows::put(desk.tx, run_key(id), self)?;
        desk.tx.push(Write::Timer(run_key(id), deadline));
        Ok(())
    }

    /// L, read again.
    pub fn lock(&self) -> Result<Arc<Lock>, Fault> {
        let lock = Lock::read(&self.descriptor.0);
        lock.map(Arc::new).map_err(|e| Fault::new(Code::DatabaseCorrupt, e.to_string()))
    }

    /// Notes where the signer of a packet is met. A question may move it, if it is newer than all that the signer
    /// said before: else whoever has a copy of it could move the queue too. A holder is met as the key that L
    /// names and nowhere else: whoever shows what it once said is not it.
    pub fn bind_signer(&mut self, packet: &CheckedPacket, peer: PeerId, now: Timestamp) {
        let Some(seat) = packet.signer else { return };
        if seat == Seat::Holder && packet.lock.core.holder.key.id().0 != peer.0 {
            return;
        }
        let moves = self.is_newest(seat, &packet.content, now) && matches!(packet.content, Checked::Status { .. });
        if moves || self.peer(seat).is_none() {
            self.bind(seat, peer);
        }
    }

    /// Notes which peer sits where.
    pub fn bind(&mut self, seat: Seat, peer: PeerId) {
        self.peers.retain(|(known, _)| *known != seat);
        self.peers.push((seat, peer));
    }

    /// Whether the signer made this later than all else that we have seen of it, and notes when that was. What it
    /// made before we heard of it counts as seen: an earlier run may not have been kept.
    fn is_newest(&mut self, seat: Seat, content: &Checked, now: Timestamp) -> bool {
        let Some(issued) = content.issued() else { return false };
        match self.newest.iter_mut().find(|(known, _)| *known == seat) {
            Some((_, newest)) if issued <= *newest => return false,
            Some((_, newest)) => *newest = issued,
            None => self.newest.push((seat, issued.max(now))),
        }
        true
    }

    /// The peer at a seat.
    #[must_use]
    pub fn peer(&self, seat: Seat) -> Option<PeerId> {
        self.peers.iter().find(|(known, _)| *known == seat).map(|(_, peer)| *peer)
    }
}

/// Turns effects into writes. What the holder's books must do is returned: only a holder has some.
pub fn apply<M: Serialize + DeserializeOwned>(
    run: &Run<M>,
    lock: &Lock,
    effects: Vec<Effect>,
    desk: &mut Desk<'_, '_>,
) -> Result<Vec<Money>, Error> {
    let mut money = Vec::new();
    for effect in effects {
        match effect {
            Effect::Ask { kind, payload, key } => {
                let payload = String::from_utf8(payload).map_err(|_| Misuse::new(Code::FieldWrong, "payload"))?;
                desk.tx.push(Write::Ask(Question {
                    id: question_id(lock.xid, kind.word()),
                    asker: run_key(lock.xid).0,
                    payload,
                    kind: kind.word().to_owned(),
                    key,
                    follows: run.follows,
                }));
            }
            Effect::Keep(statement) => keep(lock.xid, &statement, desk)?,
            Effect::Money(wanted) => money.push(wanted),
            Effect::Row { slot, statement } => write_row(lock.xid, slot.word(), &statement, desk)?,
            Effect::Send { to, content } => send(run, lock, to, content, desk)?,
            Effect::Tell(word) => desk.tell(&format!("lock-{word}"), lock.xid, String::new()),
        }
    }
    Ok(money)
}

/// The name of a question about a lock.
pub(super) fn question_id(id: Xid, kind: &str) -> String {
    format!("lock/{id}/{kind}")
}

/// Queues content to a seat: to the peer that was heard from there, or to the holder if we are connected with it.
/// Who was never heard of gets nothing now, and asks later.
fn send<M: Serialize + DeserializeOwned>(
    run: &Run<M>,
    lock: &Lock,
    to: Seat,
    content: Content,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let peer = match run.peer(to) {
        Some(peer) => Some(peer),
        None if to == Seat::Holder => holder(lock, desk)?,
        None => None,
    };
    match peer {
        Some(peer) => send_to(peer, lock, content, desk),
        None => Ok(()),
    }
}

/// Queues content to a peer, whoever that is.
pub fn send_to(peer: PeerId, lock: &Lock, content: Content, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    desk.send(peer, PACKET, &Packet { content, descriptor: Blob64(lock.bytes().to_vec()) })
}

/// The holder, if it answers at one of our links.
pub(super) fn holder(lock: &Lock, desk: &Desk<'_, '_>) -> Result<Option<PeerId>, Error> {
    hello::peer_of(&lock.core.holder.key, desk)
}
