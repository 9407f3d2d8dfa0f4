//! Gathers what one exchange left on a party's books into an evidence pack.

use std::collections::BTreeMap;

use semper_base::code::Code;
use semper_base::limits::PACK_MEMBERS_MAX;
use semper_base::{Error, Hash, Millis, Misuse, Role, Timestamp, Xid, json};
use semper_blocks::certificate::{Root, read_list};
use semper_blocks::statement::{Author, Compact, Kind};
use semper_commerce::dispute::pack::{self, PackContents, PieceKind};
use semper_exchange::fair::dgp::Descriptor;
use semper_exchange::fair::frame;
use semper_exchange::fair::lock::{Condition, Lock};
use semper_support::access::{Action, Exported};
use semper_support::tinguin::{Answer, Transcript};
use serde_json::Value;

use super::access::permit_owner;
use super::refused::{Keys, refused};
use super::{Desk, exchange, hello, keys, log, rows, stamps};

/// Revocation lists that are looked at: two a day for two years.
const LISTS_KEPT_MAX: usize = 1500;
/// Revocation lists that a pack holds: an exchange lasts days.
const LISTS_SHOWN_MAX: usize = 64;
/// Of these, how many are the newest.
const LISTS_NEWEST: usize = 4;

/// What only one side of the exchange has.
#[derive(Debug, Default)]
pub struct Extra {
    /// Escrow box, proofs, openings.
    pub pieces: Vec<(PieceKind, Vec<u8>)>,
    /// Subjects under which transcripts were kept.
    pub transcripts: Vec<String>,
}

/// Writes the pack of an exchange and signs its index. The owner asks; the access rules must allow it.
pub fn export(x: &Descriptor, extra: Extra, author: &Author, desk: &mut Desk<'_, '_>) -> Result<Vec<u8>, Error> {
    let permit = permit_owner(Action::Export(Exported::EvidencePack), desk)?;
    stamps::hurry(&format!("xid:{}", x.xid), desk)?;
    log::hurry(x.xid, desk)?;
    let mut statements = exchange::kept(desk.tx, &format!("xid:{}", x.xid))?;
    let keys =
        Keys { registers: vec![&x.core.bank.key, &x.core.notary.key], parties: vec![&x.core.buyer, &x.core.seller] };
    statements.extend(refused(x.xid, &keys, &statements, desk)?);
    // The account is between the buyer and the bank; the bank's `held` shows what the deal needs.
    statements.retain(|text| Compact::parse(text).is_ok_and(|compact| compact.kind() != Kind::DebitOrder));
    let missing = |what: &str| Error::from(Misuse::new(Code::NotFound, what));
    let contents = PackContents {
        descriptor: Some(x.bytes().to_vec()),
        certificates: certificates(&statements, x, desk)?,
        transcripts: transcripts(&extra.transcripts, &statements, desk)?,
        statements,
        lists: lists(x.core.opened, desk)?,
        root: keys::root_der(desk.tx)?.ok_or_else(|| missing("root"))?,
        stamps: stamps::in_pack(&format!("xid:{}", x.xid), desk)?,
        logs: log::in_pack(&x.xid, desk)?,
        keys: Vec::new(),
        pieces: extra.pieces,
    };
    pack::write(desk.cx, permit, author, &contents)
}

/// The certificates that the statements and X name, with the role that they are named for.
fn certificates(statements: &[String], x: &Descriptor, desk: &Desk<'_, '_>) -> Result<Vec<(Role, Vec<u8>)>, Error> {
    let mut named = named(statements)?;
    named.insert(x.core.bank.certificate, Role::Bank);
    named.insert(x.core.notary.certificate, Role::Notary);
    for (key, row) in desk.tx.scan("met/", semper_base::limits::LINKS_MAX)? {
        let met: hello::Met = rows::parse(&key, &row)?;
        if let Some(seal) = met.seal_certificate.filter(|_| met.certificate == x.core.notary.certificate) {
            named.insert(seal, Role::Notary);
        }
    }
    let mut found = Vec::new();
    for (hash, role) in named {
        if let Some(der) = keys::certificate(desk.tx, &hash)? {
            found.push((role, der));
        }
    }
    Ok(found)
}

/// The certificates that statements were signed under, with the signer's role.
fn named(statements: &[String]) -> Result<BTreeMap<Hash, Role>, Error> {
    let mut named: BTreeMap<Hash, Role> = BTreeMap::new();
    for text in statements {
        let compact = Compact::parse(text)?;
        let payload: Value = json::read(compact.payload())?;
        let role = payload.pointer("/semper/signer/role").cloned().unwrap_or_default();
        if let (Some(hash), Ok(role)) = (compact.certificate(), serde_json::from_value(role)) {
            named.insert(hash, role);
        }
    }
    Ok(named)
}

/// The revocation lists that were good at some time since the deal was opened.
fn lists(opened: Timestamp, desk: &Desk<'_, '_>) -> Result<Vec<Vec<u8>>, Error> {
    let root = keys::root_der(desk.tx)?.ok_or_else(|| Misuse::new(Code::NotFound, "root"))?;
    let root = Root::read(&root, desk.cx.crypto)?;
    let mut lists = Vec::new();
    for (_, der) in desk.tx.scan("status-list/", LISTS_KEPT_MAX)? {
        let list = read_list(&root, &der, desk.cx.crypto)?;
        if list.next_update >= opened.minus(Millis::hours(1)) {
            lists.push(der);
        }
    }
    // The newest too: a stamp may be as young as the pack.
    if lists.len() > LISTS_SHOWN_MAX {
        lists.drain(LISTS_SHOWN_MAX - LISTS_NEWEST..lists.len() - LISTS_NEWEST);
    }
    Ok(lists)
}

/// What was shown before the statements that the pack holds; the transcript of anything else would
/// only tell a stranger what does not concern it.
fn transcripts(subjects: &[String], statements: &[String], desk: &Desk<'_, '_>) -> Result<Vec<String>, Error> {
    let signed: Vec<Hash> = statements.iter().map(|text| Hash::of(text.as_bytes())).collect();
    let concerns =
        |transcript: &Transcript| matches!(&transcript.answer, Answer::Signed(hash) if signed.contains(hash));
    let mut all = Vec::new();
    for subject in subjects {
        for (_, text) in desk.tx.scan(&format!("transcript/{subject}/"), PACK_MEMBERS_MAX)? {
            if Transcript::read(&text).is_ok_and(|transcript| concerns(&transcript)) {
                all.push(String::from_utf8_lossy(&text).into_owned());
            }
        }
    }
    Ok(all)
}

/// Writes the pack of a mail order and signs its index. It shows the buyer's address, which the order holds.
pub fn export_order(
    order: Hash,
    locks: &[Xid],
    extra: Extra,
    author: &Author,
    desk: &mut Desk<'_, '_>,
) -> Result<Vec<u8>, Error> {
    export_with(&super::parcel::subject(&order), locks, extra, author, desk)
}

/// Writes the pack of what is kept under a subject, of which no register decides but a bank's transfers.
pub fn export_subject(subject: &str, extra: Extra, author: &Author, desk: &mut Desk<'_, '_>) -> Result<Vec<u8>, Error> {
    export_with(subject, &[], extra, author, desk)
}

/// The same with what is kept of locks that belong to it.
fn export_with(
    subject: &str,
    locks: &[Xid],
    extra: Extra,
    author: &Author,
    desk: &mut Desk<'_, '_>,
) -> Result<Vec<u8>, Error> {
    let permit = permit_owner(Action::Export(Exported::EvidencePack), desk)?;
    stamps::hurry(subject, desk)?;
    let mut statements = exchange::kept(desk.tx, subject)?;
    let mut speakers = Vec::new();
    for id in locks {
        statements.extend(exchange::kept(desk.tx, &format!("xid:{id}"))?);
        let lock = super::locks::descriptor(*id, desk)?;
        speakers.extend([lock.core.payee.clone(), lock.core.payer.clone()]);
        if let Condition::Escrow(escrow) = &lock.core.condition {
            speakers.extend(escrow.keys().cloned());
        }
    }
    // The account is between its owner and the bank; the bank's word shows what the deal needs.
    let private = [Kind::Consignment, Kind::LockDebit, Kind::Status, Kind::Transfer];
    statements.retain(|text| Compact::parse(text).is_ok_and(|compact| !private.contains(&compact.kind())));
    // A price list may be months older than the deal.
    let of_deal = |text: &&String| Compact::parse(text).is_ok_and(|compact| compact.kind() != Kind::PriceList);
    let opened = statements.iter().filter(of_deal).filter_map(|text| issued(text)).min().unwrap_or(desk.cx.now);
    let mut found = Vec::new();
    for (hash, role) in named(&statements)? {
        found.extend(keys::certificate(desk.tx, &hash)?.map(|der| (role, der)));
    }
    let contents = PackContents {
        descriptor: None,
        keys: speakers,
        certificates: found,
        transcripts: transcripts(&extra.transcripts, &statements, desk)?,
        statements,
        lists: lists(opened, desk)?,
        root: keys::root_der(desk.tx)?.ok_or_else(|| Misuse::new(Code::NotFound, "root"))?,
        stamps: stamps::in_pack(subject, desk)?,
        logs: Vec::new(),
        pieces: extra.pieces,
    };
    pack::write(desk.cx, permit, author, &contents)
}

/// When a statement says that it was made.
fn issued(text: &str) -> Option<Timestamp> {
    let payload: Value = json::read(Compact::parse(text).ok()?.payload()).ok()?;
    serde_json::from_value(payload.pointer("/semper/issued")?.clone()).ok()
}

/// Writes the pack of a contract that several parties sign, and signs its index. `holders` are the certificates
/// of parties and notary.
pub fn export_contract(
    x: &frame::Descriptor,
    holders: Vec<(Role, Vec<u8>)>,
    extra: Extra,
    author: &Author,
    desk: &mut Desk<'_, '_>,
) -> Result<Vec<u8>, Error> {
    let permit = permit_owner(Action::Export(Exported::EvidencePack), desk)?;
    stamps::hurry(&format!("xid:{}", x.xid), desk)?;
    log::hurry(x.xid, desk)?;
    let mut statements = exchange::kept(desk.tx, &format!("xid:{}", x.xid))?;
    let keys = Keys { registers: vec![&x.core.notary.key], parties: x.core.parties.iter().collect() };
    statements.extend(refused(x.xid, &keys, &statements, desk)?);
    let mut certified = holders;
    for (hash, role) in named(&statements)?.into_iter().filter(|(_, role)| *role == Role::Witness) {
        certified.extend(keys::certificate(desk.tx, &hash)?.map(|der| (role, der)));
    }
    let contents = PackContents {
        descriptor: Some(x.bytes().to_vec()),
        certificates: certified,
        transcripts: transcripts(&extra.transcripts, &statements, desk)?,
        statements,
        lists: lists(x.core.opened, desk)?,
        stamps: stamps::in_pack(&format!("xid:{}", x.xid), desk)?,
        logs: log::in_pack(&x.xid, desk)?,
        root: keys::root_der(desk.tx)?.ok_or_else(|| Misuse::new(Code::NotFound, "root"))?,
        pieces: extra.pieces,
        ..PackContents::default()
    };
    pack::write(desk.cx, permit, author, &contents)
}

/// Writes the pack of a lock and signs its index, best with a key of the lock.
pub fn export_lock(lock: &Lock, extra: Extra, author: &Author, desk: &mut Desk<'_, '_>) -> Result<Vec<u8>, Error> {
    let permit = permit_owner(Action::Export(Exported::EvidencePack), desk)?;
    let subject = format!("xid:{}", lock.xid);
    stamps::hurry(&subject, desk)?;
    log::hurry(lock.xid, desk)?;
    let mut statements = exchange::kept(desk.tx, &subject)?;
    let keys = Keys { registers: vec![&lock.core.holder.key], parties: vec![&lock.core.payer, &lock.core.payee] };
    statements.extend(refused(lock.xid, &keys, &statements, desk)?);
    // The account is between the payer and the bank; the bank's word shows what is needed.
    statements.retain(|text| Compact::parse(text).is_ok_and(|compact| compact.kind() != Kind::LockDebit));
    let mut named = named(&statements)?;
    named.insert(lock.core.holder.certificate, Role::Bank);
    let trust = keys::trust_now(desk)?;
    let mut certificates = Vec::new();
    for (hash, role) in named {
        let Some(der) = keys::certificate(desk.tx, &hash)? else { continue };
        // Whoever signs in a deal is a party there, and a wallet or a shop by its certificate.
        let held = trust.as_ref().filter(|_| role == Role::Party);
        let held = held.map(|trust| trust.validate(&der, desk.cx.now, desk.cx.crypto));
        let role = held.map_or(role, |valid| valid.map_or(Role::Buyer, |valid| valid.role));
        certificates.push((role, der));
    }
    let contents = PackContents {
        descriptor: Some(lock.bytes().to_vec()),
        certificates,
        transcripts: transcripts(&extra.transcripts, &statements, desk)?,
        statements,
        lists: lists(lock.core.opened, desk)?,
        stamps: stamps::in_pack(&subject, desk)?,
        logs: log::in_pack(&lock.xid, desk)?,
        root: keys::root_der(desk.tx)?.ok_or_else(|| Misuse::new(Code::NotFound, "root"))?,
        pieces: extra.pieces,
        ..PackContents::default()
    };
    pack::write(desk.cx, permit, author, &contents)
}
