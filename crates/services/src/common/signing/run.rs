//! Binds a machine of the frame to a party's store and queues: one row per run, seats to peers, effects to
//! writes. The machines know no address and no row; for exchanges whose register is a notary this is the only
//! place that does.
//!
//! ```text
//! fair/XID        Run: the machine, which peer sits where; also the timer's key
//! fair-x/XID      the exact bytes of X, written once; a party has them in the file of its contract or mail
//! (XID, SLOT)     register rows: the notary's own statements
//! ask/fair/XID/KIND  an open question to the owner
//! ```

use std::sync::Arc;

use semper_base::code::Code;
use semper_base::tx::Question;
use semper_base::{Blob64, Error, Fault, Hash, Key, Misuse, PeerId, Timestamp, Tx, Violation, Write, Xid};
use semper_exchange::fair::frame::{
    Checked, CheckedPacket, Content, Descriptor, Effect, Packet, Protocol, Seat, check_with,
};
use semper_support::crypto::Crypto;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::common::exchange::{keep, write_row};
use crate::common::known::Known;
use crate::common::{Desk, Look, hello, rows};

/// Message kind of a packet.
pub const PACKET: &str = "fair";

/// One run of one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run<M> {
    /// The exact bytes of X, until they are stored in a row of their own. Older programs kept them in the run.
    #[serde(default, skip_serializing)]
    descriptor: Option<Blob64>,
    /// At a party: the signed statement in which the owner agreed, from which all else follows. Older programs kept
    /// it with the contract.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub follows: Option<Hash>,
    /// The machine.
    pub machine: M,
    /// Who sits where, as far as we have heard from them.
    pub peers: Vec<(Seat, PeerId)>,
    /// When the newest of what a seat signed was made, by its own clock: only what is newer may move it.
    #[serde(default)]
    pub newest: Vec<(Seat, Timestamp)>,
}

/// The row of a run.
#[must_use]
pub fn run_key(xid: Xid) -> Key {
    Key::new("fair", xid)
}

/// The row of X.
#[must_use]
pub fn x_key(xid: Xid) -> Key {
    Key::new("fair-x", xid)
}

/// The exchange that a run's key names.
#[must_use]
pub fn xid_of(key: &str) -> Option<Xid> {
    key.strip_prefix("fair/").and_then(Hash::from_hex).map(Xid)
}

/// Checks a packet without state, and that every key that X names can be used: some will sign much later.
pub fn check_packet(body: &[u8], look: &Look<'_>) -> Result<CheckedPacket, Violation> {
    check_with(body, look.crypto, look.now, |x| read_x(x, look))
}

fn read_x(bytes: &[u8], look: &Look<'_>) -> Result<Arc<Descriptor>, Violation> {
    if let Some(x) = Known::frame(look.known, Xid::of(bytes)) {
        return Ok(x);
    }
    let x = Arc::new(Descriptor::read(bytes)?);
    check_keys(&x, look.crypto)?;
    Known::note_frame(look.known, &x);
    Ok(x)
}

fn check_keys(x: &Descriptor, crypto: &dyn Crypto) -> Result<(), Violation> {
    let mut keys = x.core.parties.iter().chain([&x.core.notary.key]).chain(&x.core.notary_seal);
    keys.try_for_each(|key| crypto.check_key(key))
}

/// Remembers X that came in a file, or from our own rows. What is remembered counts as checked, so it is checked first.
pub(super) fn remember(x: &Arc<Descriptor>, desk: &Desk<'_, '_>) {
    if check_keys(x, desk.cx.crypto).is_ok() {
        Known::note_frame(desk.known(), x);
    }
}

impl<M: Serialize + DeserializeOwned> Run<M> {
    /// A new run of whoever has X from a packet and nowhere else.
    #[must_use]
    pub fn new(x: &Descriptor, machine: M) -> Self {
        Run { descriptor: Some(Blob64(x.bytes().to_vec())), ..Run::of_file(machine) }
    }

    /// A new run of a party, which has X in the file of its contract or mail.
    #[must_use]
    pub(super) fn of_file(machine: M) -> Self {
        Run { descriptor: None, follows: None, machine, peers: Vec::new(), newest: Vec::new() }
    }

    /// Reads a run as this step sees it.
    pub fn load(tx: &Tx<'_>, xid: Xid) -> Result<Option<Self>, Fault> {
        rows::get(tx, &run_key(xid))
    }

    /// Stores the run, with X if that is new, and sets its timer.
    pub fn store(&self, xid: Xid, deadline: Option<Timestamp>, desk: &mut Desk<'_, '_>) -> Result<(), Fault> {
        if let Some(x) = &self.descriptor {
            desk.tx.put(x_key(xid), x.0.clone());
        }
        rows::put(desk.tx, run_key(xid), self)?;
        desk.tx.push(Write::Timer(run_key(xid), deadline));
        Ok(())
    }

    /// X, from what was read before.
    pub fn known_x(&self, xid: Xid, desk: &Desk<'_, '_>) -> Result<Arc<Descriptor>, Error> {
        if let Some(x) = Known::frame(desk.known(), xid) {
            return Ok(x);
        }
        let x = self.x(xid, desk)?;
        remember(&x, desk);
        Ok(x)
    }

    /// X, read again from wherever it is stored.
    pub fn x(&self, xid: Xid, desk: &Desk<'_, '_>) -> Result<Arc<Descriptor>, Error> {
        let stored = match &self.descriptor {
            Some(own) => Some(own.0.clone()),
            None => match desk.tx.get(&x_key(xid))? {
                Some(row) => Some(row),
                None => super::descriptor_in_file(xid, desk)?,
            },
        };
        let stored = stored.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, format!("no {}", x_key(xid).0)))?;
        let x = Descriptor::read(&stored).map_err(|e| Fault::new(Code::DatabaseCorrupt, e.to_string()))?;
        Ok(Arc::new(x))
    }

    /// Notes where the signer of a packet is met. A question may move it, if it is newer than all that the
    /// signer said before: else whoever has a copy of it could move the queue too. A notary is met as the key
    /// that X names and nowhere else: whoever shows what it once said is not it.
    pub fn bind_signer(&mut self, packet: &CheckedPacket, peer: PeerId, now: Timestamp) {
        let Some(seat) = packet.signer else { return };
        if seat == Seat::Notary && packet.descriptor.core.notary.key.id().0 != peer.0 {
            return;
        }
        let moves = self.is_newest(seat, &packet.content, now) && matches!(packet.content, Checked::Status { .. });
        if moves || self.peer(seat).is_none() {
            self.bind(seat, peer);
        }
    }

    fn bind(&mut self, seat: Seat, peer: PeerId) {
        self.peers.retain(|(known, _)| *known != seat);
        self.peers.push((seat, peer));
    }

    /// Whether the signer made this later than all else that we have seen of it, and notes when that was. What
    /// it made before we heard of it counts as seen: an earlier run may have been forgotten.
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

    /// The seat of a peer: as it was heard of, or because it is met as the key that X names.
    #[must_use]
    pub fn seat(&self, x: &Descriptor, peer: PeerId) -> Option<Seat> {
        let bound = self.peers.iter().find(|(_, known)| *known == peer).map(|(seat, _)| *seat);
        bound.or_else(|| x.seat(&semper_base::KeyId(peer.0)))
    }
}

/// Removes a run that nothing is waited for in, with its timer.
pub fn forget(xid: Xid, desk: &mut Desk<'_, '_>) {
    desk.tx.delete(run_key(xid));
    desk.tx.delete(x_key(xid));
    desk.tx.push(Write::Timer(run_key(xid), None));
}

/// Turns effects into writes. `follows` is the approval, hash of the signed agreement, that covers what is
/// asked now.
pub fn apply<M: Serialize + DeserializeOwned>(
    run: &Run<M>,
    x: &Descriptor,
    follows: Option<Hash>,
    effects: Vec<Effect>,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let mut said = false;
    for effect in effects {
        match effect {
            // In rounds everybody says the same to all the others, and the notary passes it on: nobody needs a link.
            Effect::Send { content: content @ (Content::Pledge { .. } | Content::Signature { .. }), .. }
                if x.core.protocol == Protocol::CsnC =>
            {
                if !said {
                    send(run, x, Seat::Notary, content, desk)?;
                }
                said = true;
            }
            Effect::Ask { kind, payload, key } => {
                let payload = String::from_utf8(payload).map_err(|_| Misuse::new(Code::FieldWrong, "payload"))?;
                desk.tx.push(Write::Ask(Question {
                    id: question_id(x.xid, kind.word()),
                    asker: run_key(x.xid).0,
                    payload,
                    kind: kind.word().to_owned(),
                    key,
                    follows,
                }));
            }
            Effect::Keep(statement) => keep(x.xid, &statement, desk)?,
            Effect::Row { slot, statement } => write_row(x.xid, slot.word(), &statement, desk)?,
            Effect::Send { to, content } => send(run, x, to, content, desk)?,
            Effect::Tell(word) if x.core.mail.is_some() => super::mail::tell(word, x.xid, desk),
            Effect::Tell(word) => super::show::tell(word, x.xid, desk),
        }
    }
    Ok(())
}

/// The name of a question of an exchange.
pub(super) fn question_id(xid: Xid, kind: &str) -> String {
    format!("fair/{xid}/{kind}")
}

/// Queues content to a seat: to the peer that was heard from there, or to whoever is met behind one of our
/// links as the key that X names. Who was never heard of gets nothing now, and asks later.
pub fn send<M: Serialize + DeserializeOwned>(
    run: &Run<M>,
    x: &Descriptor,
    to: Seat,
    content: Content,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let peer = match run.peer(to) {
        Some(peer) => Some(peer),
        None => linked(x, to, desk)?,
    };
    match peer {
        Some(peer) => send_to(peer, x, content, desk),
        None => Ok(()),
    }
}

/// Queues content to a peer, whoever that is.
pub fn send_to(peer: PeerId, x: &Descriptor, content: Content, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    desk.send(peer, PACKET, &Packet { content, descriptor: Blob64(x.bytes().to_vec()) })
}

/// The peer behind one of our links that has the key X names for this seat.
pub(super) fn linked(x: &Descriptor, seat: Seat, desk: &Desk<'_, '_>) -> Result<Option<PeerId>, Error> {
    hello::peer_of(x.key(seat)?, desk)
}
