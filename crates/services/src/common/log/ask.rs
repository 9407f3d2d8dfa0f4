//! Where decisions stand: the register's answer, and the parties who ask for it and keep it as evidence.
//!
//! ```text
//! log-ask/XID           Asking: a party's reminder to ask, also the timer's key
//! log-kept/XID/PEERID   Places: what a register answered, verified
//! ```

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Code, Error, Fault, Hash, Key, Millis, Misuse, PeerId, Role, Violation, Write, Xid};
use semper_blocks::statement::{About, Head as Header, Statement, danger_issued_unverified, verify};
use semper_commerce::dispute::logs::{LogPart, Sealed};
use semper_exchange::log::{LOGGED_ROWS_MAX, Logged, LoggedRow, has_slot, slot_of};
use semper_support::crypto::Crypto;
use semper_support::log::record::salt;
use semper_support::log::tile::Nodes;
use semper_support::log::tree::{Head, is_included};
use semper_support::log::{Checkpoint, Entry, KeyUse, NoteKey, Proof, Record};
use serde::{Deserialize, Serialize};

use super::book::{self, Said, Signed, checkpoint_row, cosigned_row, said_row};
use super::words::{Ask, Place, Places, kinds};
use super::{key, witnesses};
use crate::common::hello::Met;
use crate::common::known::Known;
use crate::common::{Desk, exchange, hello, keys, rows};

/// Beginning of the timers.
pub(super) const TIMERS: &str = "log-ask/";
/// When a party asks after a register's answer, and again while anything is missing: the first time when
/// the merge delay is over.
const PAUSES: [Millis; 5] =
    [Millis::seconds(12), Millis::seconds(60), Millis::seconds(600), Millis::hours(6), Millis::days(2)];

/// A party's reminder.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asking {
    tries: usize,
}

fn asking_row(xid: &Xid) -> Key {
    Key::new("log-ask", xid)
}

fn kept_row(xid: &Xid, from: PeerId) -> Key {
    Key::new("log-kept", format_args!("{xid}/{from}"))
}

/// The last checkpoint, or rather the last cosigned one if that has all entries below `size`.
pub(super) fn published(size: u64, desk: &Desk<'_, '_>) -> Result<Option<Signed>, Fault> {
    let cosigned = rows::get::<Signed>(desk.tx, &cosigned_row())?.filter(|cosigned| cosigned.size >= size);
    if cosigned.is_some() { Ok(cosigned) } else { rows::get(desk.tx, &checkpoint_row()) }
}

/// Answers with a promise for every decision and the proofs that there are.
pub(super) fn answer(role: Role, from: PeerId, ask: &Ask, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(mut said) = rows::get::<Said>(desk.tx, &said_row(&ask.xid))? else {
        // Nothing was decided; the party asks again.
        return Ok(());
    };
    let logged = match &said.logged {
        Some((count, text)) if *count == said.places.len() => text.clone(),
        _ => {
            let text = promise(role, &ask.xid, &said, desk)?;
            said.logged = Some((said.places.len(), text.clone()));
            rows::put(desk.tx, said_row(&ask.xid), &said)?;
            text
        }
    };
    let size = said.places.iter().map(|place| place.index.saturating_add(1)).max().unwrap_or(0);
    let mut proofs = Vec::new();
    if let Some(signed) = published(size, desk)? {
        // One tree for all: what the proofs under one checkpoint have in common is hashed once.
        let mut tree = book::tiles(signed.size, Known::tree(desk.known(), &signed.text), desk.tx);
        for place in said.places.iter().filter(|place| place.index < signed.size) {
            let path = tree.inclusion(place.index)?;
            let proof = proof(place.index, path, &signed, desk)?;
            proofs.push(Place { record: place.record.clone(), proof: proof.to_string() });
        }
        Known::note_tree(desk.known(), signed.text, tree.into_nodes());
    }
    let witnesses = witnesses::all(desk)?.into_iter().map(|(_, one)| one.certified).collect();
    desk.send(from, kinds::PLACES, &Places { xid: ask.xid, logged, proofs, witnesses })
}

/// The proof of an entry under the checkpoint that is published.
///
/// # Errors
/// [`Code::NotFound`] if no checkpoint has it yet, and those of the store.
pub fn proof_of(index: u64, desk: &Desk<'_, '_>) -> Result<Proof, Error> {
    let signed = published(index.saturating_add(1), desk)?.filter(|signed| index < signed.size);
    let signed = signed.ok_or_else(|| Misuse::new(Code::NotFound, "checkpoint over this entry"))?;
    let path = book::tiles(signed.size, Nodes::default(), desk.tx).inclusion(index)?;
    proof(index, path, &signed, desk)
}

/// The proof of an entry under a checkpoint.
fn proof(index: u64, path: Vec<Hash>, signed: &Signed, desk: &Desk<'_, '_>) -> Result<Proof, Error> {
    let entry = book::entries(index, 1, desk.tx)?.first().copied();
    let entry = entry.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, "log-entry"))?;
    Ok(Proof { entry, index, path, checkpoint: signed.text.clone() })
}

fn promise(role: Role, xid: &Xid, said: &Said, desk: &mut Desk<'_, '_>) -> Result<String, Error> {
    let own = key::own(role, KeyUse::Log, desk)?;
    let mut rows = Vec::new();
    for place in said.places.iter().take(LOGGED_ROWS_MAX) {
        let entry = book::entries(place.index, 1, desk.tx)?.first().copied();
        let leaf = entry.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, "log-entry"))?.leaf();
        rows.push(LoggedRow { slot: place.record.slot.clone(), index: place.index, leaf });
    }
    let body = Logged { at: desk.cx.now, log: own.key, rows };
    let author = keys::author(role, desk.tx, desk.cx)?;
    Ok(author.answer(desk.cx, About::exchange(*xid, Vec::new()), body)?.text)
}

/// A statement about an exchange was kept. If it is the answer of a register that we are connected with, its
/// place is asked for later.
pub fn note(xid: Xid, head: &Header, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if !has_slot(head.kind) || desk.tx.get(&asking_row(&xid))?.is_some() {
        return Ok(());
    }
    if register(PeerId(head.key.0), desk)?.is_some() {
        rows::put(desk.tx, asking_row(&xid), &Asking::default())?;
        desk.tx.push(Write::Timer(asking_row(&xid), Some(desk.cx.now.plus(PAUSES[0]))));
    }
    Ok(())
}

/// The bank or notary behind one of our links that has this name on the wire.
fn register(peer: PeerId, desk: &Desk<'_, '_>) -> Result<Option<Met>, Fault> {
    Ok(hello::linked(peer, desk)?.filter(|met| matches!(met.role, Role::Bank | Role::Notary)))
}

/// A register's answer that a party keeps.
struct Answer {
    slot: &'static str,
    record: Record,
    entry: Entry,
    text: String,
}

/// The answers about an exchange that this register signed, and whether nobody else signed any.
fn answers(xid: Xid, from: PeerId, desk: &Desk<'_, '_>) -> Result<(Vec<Answer>, bool), Error> {
    let (mut found, mut alone) = (Vec::new(), true);
    for text in exchange::kept_of(desk.tx, &format!("xid:{xid}"), has_slot)? {
        let head = Header::of(&text)?;
        if head.key.0 != from.0 {
            alone = false;
            continue;
        }
        if let Some(slot) = slot_of(head.kind, &text) {
            let issued = danger_issued_unverified(&text)?;
            let (record, entry) = Record::sealed(xid, slot, head.kind.word(), &text, issued)?;
            found.push(Answer { slot, record, entry, text });
        }
    }
    Ok((found, alone))
}

/// The registers that signed something about an exchange, as far as a proof of it is missing.
fn owing(xid: Xid, desk: &Desk<'_, '_>) -> Result<Vec<PeerId>, Error> {
    let mut signed: BTreeMap<PeerId, BTreeSet<&'static str>> = BTreeMap::new();
    for text in exchange::kept_of(desk.tx, &format!("xid:{xid}"), has_slot)? {
        let head = Header::of(&text)?;
        if let Some(slot) = slot_of(head.kind, &text) {
            signed.entry(PeerId(head.key.0)).or_default().insert(slot);
        }
    }
    let mut owing = Vec::new();
    for (peer, slots) in signed {
        if register(peer, desk)?.is_none() {
            continue;
        }
        let here: Option<Places> = rows::get(desk.tx, &kept_row(&xid, peer))?;
        let have = |slot: &str| here.iter().flat_map(|here| &here.proofs).any(|place| place.record.slot == slot);
        if !slots.into_iter().all(have) {
            owing.push(peer);
        }
    }
    Ok(owing)
}

/// The time to ask has come.
pub(super) fn due(role: Role, key: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let xid = key.0.strip_prefix(TIMERS).and_then(Hash::from_hex).map(Xid);
    let asking: Option<Asking> = rows::get(desk.tx, key)?;
    let (Some(xid), Some(Asking { tries })) = (xid, asking) else {
        desk.tx.push(Write::Timer(key.clone(), None));
        return Ok(());
    };
    let owing = if matches!(role, Role::Buyer | Role::Seller) { owing(xid, desk)? } else { Vec::new() };
    let next = PAUSES.get(tries.saturating_add(1)).filter(|_| !owing.is_empty());
    let Some(next) = next else {
        if !owing.is_empty() {
            desk.tell("not-logged", xid, "A register has not shown that its decision is in its log.");
        }
        forget(key.clone(), desk);
        return Ok(());
    };
    for peer in owing {
        desk.send(peer, kinds::ASK, &Ask { xid })?;
    }
    rows::put(desk.tx, key.clone(), &Asking { tries: tries.saturating_add(1) })?;
    desk.tx.push(Write::Timer(key.clone(), Some(desk.cx.now.plus(*next))));
    Ok(())
}

/// Takes a register's answer. The promise is kept whatever it says: it may be what convicts the register.
pub(super) fn take(from: PeerId, places: Places, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let met = register(from, desk)?.ok_or_else(|| Violation::new(Code::PeerWrong, "not a register of ours"))?;
    let logged: Statement<Logged> = verify(desk.cx.crypto, &met.key, &places.logged)?;
    let (answers, alone) = answers(places.xid, from, desk)?;
    if answers.is_empty() || logged.meta.xid != Some(places.xid) || logged.body.rows.len() > LOGGED_ROWS_MAX {
        return Err(Violation::new(Code::XidWrong, "log").into());
    }
    exchange::keep(places.xid, &places.logged, desk)?;
    for witness in &places.witnesses {
        keep_witness(places.xid, witness, desk)?;
    }
    let (mut heads, mut proofs, signed) = (BTreeMap::new(), Vec::new(), answers.len());
    for answer in answers {
        let entry = answer.entry;
        let Some(row) = logged.body.rows.iter().find(|row| row.slot == answer.slot) else { continue };
        let place = places.proofs.iter().find(|place| place.record.slot == answer.slot);
        let read = place.map(|place| Proof::parse(&place.proof)).transpose()?;
        let wrong = |proof: &Proof| proof.entry != entry || proof.index != row.index;
        if row.leaf != entry.leaf() || read.as_ref().is_some_and(wrong) {
            desk.tell("log-wrong", places.xid, "A register's log does not have what the register signed.");
        }
        // What the log's key signed is kept, also if something else stands there: that is what convicts.
        let Some((place, read)) = place.zip(read) else { continue };
        if holds(&read, &logged.body.log, &mut heads, desk.cx.crypto) {
            proofs.push(Place { record: answer.record, proof: place.proof.clone() });
        }
    }
    if alone && proofs.len() == signed {
        // Nothing is missing: nobody need be reminded.
        forget(asking_row(&places.xid), desk);
    }
    Ok(rows::put(desk.tx, kept_row(&places.xid, from), &Places { proofs, ..places })?)
}

/// Ends a party's reminder.
fn forget(row: Key, desk: &mut Desk<'_, '_>) {
    desk.tx.delete(row.clone());
    desk.tx.push(Write::Timer(row, None));
}

/// Whether a proof holds under the log's key. The proofs of one answer have a checkpoint in common: each is verified
/// once, and `heads` has what came of it.
fn holds(proof: &Proof, key: &NoteKey, heads: &mut BTreeMap<String, Option<Head>>, crypto: &dyn Crypto) -> bool {
    let read = || Checkpoint::read(&proof.checkpoint, key, crypto).ok().map(|checkpoint| checkpoint.head());
    let head = match heads.get(&proof.checkpoint) {
        Some(head) => *head,
        None => *heads.entry(proof.checkpoint.clone()).or_insert_with(read),
    };
    head.is_some_and(|head| is_included(&head.root, &proof.entry.leaf(), proof.index, head.size, &proof.path))
}

/// Keeps what a witness says about its key, if the market certifies it.
fn keep_witness(xid: Xid, witness: &super::Certified, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let trust = keys::trust_now(desk)?;
    let look = crate::common::Look { trust: trust.as_deref(), crypto: desk.cx.crypto, now: desk.cx.now, known: None };
    if super::certified(witness, &look).is_ok() {
        keys::keep_certificate(&witness.certificate.0, desk);
        exchange::keep(xid, &witness.statement, desk)?;
    }
    Ok(())
}

/// What registers proved about an exchange: for an evidence pack.
pub fn in_pack(xid: &Xid, desk: &Desk<'_, '_>) -> Result<Vec<LogPart>, Error> {
    let prefix = format!("log-kept/{xid}/");
    let mut parts = Vec::new();
    for (key, row) in desk.tx.scan(&prefix, LOGGED_ROWS_MAX)? {
        let places: Places = rows::parse(&key, &row)?;
        let from = key.0.strip_prefix(&prefix).and_then(Hash::from_hex).map(PeerId);
        let from = from.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, &key.0))?;
        let Some(met) = register(from, desk)? else { continue };
        let (answers, _) = answers(*xid, from, desk)?;
        for place in places.proofs {
            let stands = |answer: &&Answer| {
                let entry = Proof::parse(&place.proof).map(|proof| proof.entry);
                answer.record == place.record && entry == Ok(answer.entry)
            };
            let answer = answers.iter().find(stands);
            let sealed = answer.map(|answer| Sealed { record: place.record.clone(), salt: salt(&answer.text) });
            parts.push(LogPart { register: met.role, sealed, proof: place.proof });
        }
    }
    Ok(parts)
}

/// Asks at once for what is missing: somebody wants the evidence. It is in the next pack.
pub fn hurry(xid: Xid, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for peer in owing(xid, desk)? {
        desk.send(peer, kinds::ASK, &Ask { xid })?;
    }
    Ok(())
}
