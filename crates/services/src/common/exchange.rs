//! Binds a role of an exchange to a party's store and queues: one row per run, roles to peers,
//! effects to writes. The machines know no address and no row; this is the only place that does.
//!
//! ```text
//! dgp/XID            Run: the machine, which peer has which role; also the timer's key
//! dgp-x/XID          the exact bytes of X, written once
//! (XID, SLOT)        register rows: the register's own statements
//! chunk XID, index   stored or offered chunks
//! ask/XID/KIND/ROLE  an open question to the user, for that party
//! ```

use std::sync::Arc;

use semper_base::code::Code;
use semper_base::tx::{Body, ChunkRef, Inserted, Need, Question, Record};
use semper_base::{
    Blob64, Error, Fault, Hash, Key, Millis, Misuse, PeerId, Role, Step, Timestamp, Tx, Violation, Write, Xid,
};
use semper_blocks::delivery::Chunk;
use semper_blocks::statement::{Compact, Head, Kind};
use semper_exchange::fair::dgp::{
    Checked, CheckedPacket, Content, Descriptor, Effect, Money, Packet, Slot, check_with,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::known::Known;
use super::{Desk, Look, hello, log, rows, stamps};

/// Message kind of a packet.
pub const PACKET: &str = "dgp";
/// Message kind of a chunk.
pub const CHUNK: &str = "dgp-chunk";
/// How long evidence is kept.
pub(super) const EVIDENCE_KEPT: Millis = Millis::days(3650);

/// One run of one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run<M> {
    /// The exact bytes of X, until they are stored in a row of their own. Older programs kept them
    /// in the run.
    #[serde(default, skip_serializing)]
    descriptor: Option<Blob64>,
    /// The machine.
    pub machine: M,
    /// Who has which role, as far as we have heard from them.
    pub peers: Vec<(Role, PeerId)>,
    /// When the newest of what a role signed was made, by its own clock: only what is newer may move it.
    #[serde(default)]
    pub newest: Vec<(Role, Timestamp)>,
}

/// A chunk in a message: place and data, and which exchange it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChunkMessage {
    /// Where it stands.
    pub place: semper_blocks::delivery::Place,
    /// The ciphertext.
    pub data: Blob64,
    /// The exchange.
    pub xid: Xid,
}

/// The chunk message without its data, as it waits in the queue.
#[derive(Serialize)]
struct ChunkHead<'a> {
    place: &'a semper_blocks::delivery::Place,
    xid: Xid,
}

/// The row of a run.
#[must_use]
pub fn run_key(xid: Xid) -> Key {
    Key::new("dgp", xid)
}

/// The row of X.
#[must_use]
pub fn x_key(xid: Xid) -> Key {
    Key::new("dgp-x", xid)
}

/// The exchange that a run's key names.
#[must_use]
pub fn xid_of(key: &Key) -> Option<Xid> {
    key.0.strip_prefix("dgp/").and_then(Hash::from_hex).map(Xid)
}

/// Where chunk `index` of an exchange is stored.
#[must_use]
pub fn chunk_ref(xid: Xid, index: u64) -> ChunkRef {
    ChunkRef { blob: xid.to_string(), index }
}

/// Checks an exchange's packet without state.
pub fn check_packet(body: &[u8], look: &Look<'_>) -> Result<CheckedPacket, Violation> {
    check_with(body, look.crypto, look.now, |x| {
        if let Some(known) = Known::spelled(look.known, x) {
            return Ok(known);
        }
        let read = read_x(&Descriptor::spelled(x)?, look)?;
        Known::note_spelled(look.known, x, &read);
        Ok(read)
    })
}

/// Reads X and checks that every key that it names can be used: some only seal, some will sign much later or never.
pub fn read_x(bytes: &[u8], look: &Look<'_>) -> Result<Arc<Descriptor>, Violation> {
    if let Some(known) = Known::deal(look.known, Xid::of(bytes)) {
        return Ok(known);
    }
    let x = Arc::new(Descriptor::read(bytes)?);
    let core = &x.core;
    let keys = [&core.bank.key, &core.buyer, &core.notary.key, &core.notary_seal, &core.seller];
    keys.into_iter().try_for_each(|key| look.crypto.check_key(key))?;
    Known::note_deal(look.known, &x);
    Ok(x)
}

impl<M: Serialize + DeserializeOwned> Run<M> {
    /// A new run.
    #[must_use]
    pub fn new(x: &Descriptor, machine: M) -> Self {
        Run { descriptor: Some(Blob64(x.bytes().to_vec())), machine, peers: Vec::new(), newest: Vec::new() }
    }

    /// Reads a run as this step sees it.
    pub fn load(tx: &Tx<'_>, xid: Xid) -> Result<Option<Self>, Fault> {
        rows::get(tx, &run_key(xid))
    }

    /// Stores the run, with X if it is new, and sets its timer.
    pub fn store(&self, xid: Xid, deadline: Option<Timestamp>, desk: &mut Desk<'_, '_>) -> Result<(), Fault> {
        if let Some(x) = &self.descriptor {
            desk.tx.put(x_key(xid), x.0.clone());
        }
        rows::put(desk.tx, run_key(xid), self)?;
        desk.tx.push(Write::Timer(run_key(xid), deadline));
        Ok(())
    }

    /// X, read again.
    pub fn x(&self, xid: Xid, tx: &Tx<'_>) -> Result<Arc<Descriptor>, Fault> {
        read_stored(&self.x_bytes(xid, tx)?)
    }

    /// X, from what was read before.
    pub fn known_x(&self, xid: Xid, desk: &Desk<'_, '_>) -> Result<Arc<Descriptor>, Fault> {
        Known::deal(desk.known(), xid).map_or_else(|| self.x(xid, desk.tx), Ok)
    }

    fn x_bytes(&self, xid: Xid, tx: &Tx<'_>) -> Result<Vec<u8>, Fault> {
        let stored = match &self.descriptor {
            Some(own) => Some(own.0.clone()),
            None => tx.get(&x_key(xid))?,
        };
        stored.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, format!("no {}", x_key(xid).0)))
    }

    /// The run after one step of its machine; what the machine rejects ends the service's step.
    pub fn stepped(self, step: impl FnOnce(M) -> Result<Step<M>, Error>) -> Result<Self, Error> {
        match step(self.machine)? {
            Step::Reject(_, violation) => Err(violation.into()),
            Step::Advance(machine) => Ok(Run { machine, ..self }),
        }
    }

    /// Notes which peer speaks for a role. Who signed with the role's key may move to another peer.
    pub fn bind(&mut self, role: Role, peer: PeerId) {
        self.peers.retain(|(known, _)| *known != role);
        self.peers.push((role, peer));
    }

    /// Notes where the signer of a packet is met. What somebody else may carry for the signer (a
    /// receipt comes through the seller) tells nothing; a question about rows may move the queue, if it is
    /// newer than all that the signer said before: else whoever has a copy of it could move the queue too.
    /// A bank or notary is met as the key that X names and nowhere else: whoever shows what it once said is
    /// not it.
    pub fn bind_signer(&mut self, packet: &CheckedPacket, peer: PeerId, now: Timestamp) {
        let Some(signer) = packet.signer else { return };
        let third = matches!(signer, Role::Bank | Role::Notary);
        if third && packet.descriptor.key(signer).is_ok_and(|key| key.id().0 != peer.0) {
            return;
        }
        let moves = self.is_newest(signer, &packet.content, now) && matches!(packet.content, Checked::Status { .. });
        let carried = matches!(packet.content, Checked::Receipt(_));
        if moves || (self.peer(signer).is_none() && !carried) {
            self.bind(signer, peer);
        }
    }

    /// Whether the signer made this later than all else that we have seen of it, and notes when that was. A
    /// run that has not heard of the signer may be one that was not kept when it asked before: so whatever it
    /// made until now counts as seen.
    fn is_newest(&mut self, signer: Role, content: &Checked, now: Timestamp) -> bool {
        let Some(issued) = content.issued() else { return false };
        match self.newest.iter_mut().find(|(role, _)| *role == signer) {
            Some((_, newest)) if issued <= *newest => return false,
            Some((_, newest)) => *newest = issued,
            None => self.newest.push((signer, issued.max(now))),
        }
        true
    }

    /// The peer of a role.
    #[must_use]
    pub fn peer(&self, role: Role) -> Option<PeerId> {
        self.peers.iter().find(|(known, _)| *known == role).map(|(_, peer)| *peer)
    }

    /// The role of a peer.
    #[must_use]
    pub fn role(&self, peer: PeerId) -> Option<Role> {
        self.peers.iter().find(|(_, known)| *known == peer).map(|(role, _)| *role)
    }
}

fn read_stored(bytes: &[u8]) -> Result<Arc<Descriptor>, Fault> {
    let x = Descriptor::read(bytes);
    x.map(Arc::new).map_err(|e| Fault::new(Code::DatabaseCorrupt, e.to_string()))
}

/// Removes a run of which nothing came, with its timer.
pub fn forget(xid: Xid, desk: &mut Desk<'_, '_>) {
    desk.tx.delete(run_key(xid));
    desk.tx.delete(x_key(xid));
    desk.tx.push(Write::Timer(run_key(xid), None));
}

/// Turns effects into writes. Money and chunks to be served are returned: only bank and shop have
/// them, and know what to do.
pub fn apply<M>(
    run: &Run<M>,
    x: &Descriptor,
    slots: &[Slot],
    effects: Vec<Effect>,
    desk: &mut Desk<'_, '_>,
) -> Result<Vec<Own>, Error> {
    let mut own = Vec::new();
    for effect in effects {
        match effect {
            Effect::Ask { kind, payload, key, to } => ask(x.xid, kind, payload, key, to, desk)?,
            Effect::Chunks { from, count } => own.push(Own::Chunks { from, count }),
            Effect::Keep(statement) => keep(x.xid, &statement, desk)?,
            Effect::Money(money) => own.push(Own::Money(money)),
            Effect::Row { slot, statement } => write_row(x.xid, slot.word(), &statement, desk)?,
            Effect::Rows(to) => {
                for slot in slots {
                    if let Some(row) = desk.tx.register(&x.xid, slot.word())? {
                        let statement = String::from_utf8_lossy(&row).into_owned();
                        send(run, x, to, Content::Answer { statement }, desk)?;
                    }
                }
            }
            Effect::Send { to, content } => send(run, x, to, content, desk)?,
            Effect::Store(chunk) => store_chunk(x.xid, &chunk, desk)?,
            Effect::Tell(word) => desk.tell(word, x.xid, String::new()),
        }
    }
    Ok(own)
}

/// An effect that only one kind of party has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own {
    /// Shop: queue these chunks.
    Chunks {
        /// First.
        from: u64,
        /// How many.
        count: u64,
    },
    /// Bank: move money.
    Money(Money),
}

fn ask(
    xid: Xid,
    kind: Kind,
    payload: Vec<u8>,
    key: semper_base::KeyId,
    to: Role,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let payload = String::from_utf8(payload).map_err(|_| Misuse::new(Code::FieldWrong, "payload"))?;
    desk.tx.push(Write::Ask(Question {
        id: format!("{xid}/{kind}/{}", to.word()),
        asker: run_key(xid).0,
        payload,
        kind: kind.word().to_owned(),
        key,
        follows: None,
    }));
    Ok(())
}

/// Archives a statement under its exchange.
pub fn keep(xid: Xid, statement: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let head = Head::of(statement)?;
    log::note(xid, &head, desk)?;
    keep_read(format!("xid:{xid}"), &head, statement, desk)
}

/// Archives a statement under a subject.
pub fn keep_as(subject: String, statement: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    keep_read(subject, &Head::of(statement)?, statement, desk)
}

fn keep_read(subject: String, head: &Head, statement: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let kind = head.kind.word().to_owned();
    // Registers repeat their answers, and anybody may repeat anything: once is enough.
    if desk.tx.is_archived(&subject, statement.as_bytes())? {
        return Ok(());
    }
    stamps::kept(&subject, &kind, desk)?;
    desk.tx.push(Write::Archive(Record {
        subject,
        kind,
        bytes: statement.as_bytes().to_vec(),
        need: Need::Evidence,
        expires: desk.cx.now.plus(EVIDENCE_KEPT),
    }));
    Ok(())
}

/// A register's rows of one exchange, for its operator: `{"command":"rows","xid"}`.
pub fn rows_of(
    request: &serde_json::Value,
    slots: &[&'static str],
    desk: &Desk<'_, '_>,
) -> Result<serde_json::Value, Error> {
    let xid = super::text(request, "xid")?;
    let xid = Hash::from_hex(xid).map(Xid).ok_or_else(|| Misuse::new(Code::FieldWrong, "xid"))?;
    let mut rows = Vec::new();
    for slot in slots {
        if let Some(row) = desk.tx.register(&xid, slot)? {
            let text = String::from_utf8_lossy(&row).into_owned();
            let compact = Compact::parse(&text)?;
            rows.push(serde_json::json!({ "slot": slot, "kind": compact.kind(), "hash": compact.hash() }));
        }
    }
    Ok(serde_json::json!({ "xid": xid, "rows": rows }))
}

/// The name of a machine's stage, for owners and scripts: `settled`.
#[must_use]
pub fn stage_word(stage: &dyn std::fmt::Debug) -> String {
    format!("{stage:?}").split([' ', '{', '(']).next().unwrap_or_default().to_lowercase()
}

/// The statements kept under a subject, in the order in which they were.
pub fn kept(tx: &Tx<'_>, subject: &str) -> Result<Vec<String>, Fault> {
    evidence(tx, subject, &|_| true)
}

/// Those of them whose kind is wanted. The others are not looked at.
pub fn kept_of(tx: &Tx<'_>, subject: &str, wanted: impl Fn(Kind) -> bool) -> Result<Vec<String>, Fault> {
    evidence(tx, subject, &|record| Kind::from_word(&record.kind).is_some_and(&wanted))
}

fn evidence(tx: &Tx<'_>, subject: &str, wanted: &dyn Fn(&Record) -> bool) -> Result<Vec<String>, Fault> {
    let wanted = |record: &Record| record.need == Need::Evidence && wanted(record);
    let records = tx.archived_of(subject, semper_base::limits::PACK_MEMBERS_MAX, &wanted)?;
    Ok(records.into_iter().map(|record| text_of(record.bytes)).collect())
}

fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into_owned())
}

/// Writes a slot. That it is free was decided by the machine, in this same transaction: a row that
/// stands already means that two nodes decided, and the step must run again on what stands.
pub fn write_row(xid: Xid, slot: &'static str, statement: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match desk.tx.insert(xid, slot, statement.as_bytes().to_vec())? {
        Inserted::New => {
            log::append_answer(xid, slot, statement, desk)?;
            // Our own word: where it stands in the log need not be asked for.
            keep_as(format!("xid:{xid}"), statement, desk)
        }
        Inserted::Earlier(_) => Err(Fault::new(Code::Conflict, slot).into()),
    }
}

/// Queues content to a role: to the peer that has it in this run, or to the register or notary that
/// we are connected with. A role that we have never heard of gets nothing now and asks later.
pub fn send<M>(run: &Run<M>, x: &Descriptor, to: Role, content: Content, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let known = run.peers.iter().find(|(role, _)| *role == to).map(|(_, peer)| *peer);
    let peer = match known {
        Some(peer) => Some(peer),
        None => hello::peer_of(x.key(to)?, desk)?,
    };
    if let Some(peer) = peer {
        desk.send(peer, PACKET, &Packet { content, descriptor: Blob64(x.bytes().to_vec()) })?;
    }
    Ok(())
}

/// Stores a chunk with its place: what a complaint needs later is durable with the content.
fn store_chunk(xid: Xid, chunk: &Chunk, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let head = serde_json::to_vec(&chunk.place).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
    let length = u32::try_from(head.len()).map_err(|_| Misuse::new(Code::TooLarge, "place"))?;
    let record = [length.to_be_bytes().as_slice(), &head, &chunk.data.0].concat();
    desk.tx.push(Write::Chunk(chunk_ref(xid, chunk.place.index), record));
    Ok(())
}

/// Reads what [`Effect::Store`] stored.
pub fn stored_chunk(record: &[u8]) -> Result<Chunk, Fault> {
    let corrupt = || Fault::new(Code::DatabaseCorrupt, "chunk");
    let (length, rest) = record.split_first_chunk::<4>().ok_or_else(corrupt)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| corrupt())?;
    let (head, data) = rest.split_at_checked(length).ok_or_else(corrupt)?;
    let place = serde_json::from_slice(head).map_err(|_| corrupt())?;
    Ok(Chunk { place, data: Blob64(data.to_vec()) })
}

/// Queues a chunk whose ciphertext is stored: only its place is written to the queue.
pub fn queue_chunk(
    xid: Xid,
    place: &semper_blocks::delivery::Place,
    chunk: ChunkRef,
    to: PeerId,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let head =
        serde_json::to_vec(&ChunkHead { place, xid }).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
    desk.tx.push(Write::Send { to, kind: CHUNK, body: Body::Chunk { head, chunk } });
    Ok(())
}
