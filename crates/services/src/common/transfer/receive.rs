//! What comes in: the receiver's machine, what it checks, what it opens.

use semper_base::code::Code;
use semper_base::limits::{TRANSFERS_OPEN_BYTES_MAX, TRANSFERS_OPEN_MAX, TRANSFERS_OPEN_PER_PEER_MAX};
use semper_base::{Blob64, Error, Hash, Key, Millis, Misuse, PeerId, Role, Violation, Write, json};
use semper_blocks::certificate::{Kind as CertificateKind, Valid};
use semper_blocks::statement::{Compact, Head, Kind, Statement, danger_typed_unverified, verify};
use semper_exchange::transfer::{
    Announcement, Answer, AnswerWord, Ending, Manifest, Origin, Piece, Plan, Receiver, ReceiverEffect, ReceiverEvent,
    Sending, Signed, StopWord, What, open_piece,
};
use semper_support::access::{Action, Revealed};
use semper_support::crypto::Secret32;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::make::{certified, read};
use super::{Record, Side, chunk_ref, drop_contents, goods_subject, kinds, named, own_key, purpose_row, show, subject};
use crate::common::access::permit_owner;
use crate::common::{Desk, exchange, hello, keys, pay, rows};

/// Who may send: whoever may be a side of a deal.
const SENDERS: &[Role] = &[Role::Buyer, Role::Seller];

/// Tolerated difference of clocks.
const SKEW: Millis = Millis::seconds(120);

/// What comes to us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct In {
    pub(super) from: PeerId,
    /// The sender's certified name: by its signature, or by its connection.
    pub(super) from_name: Option<String>,
    /// Decrypts the chunks.
    pub(super) key: Secret32,
    pub(super) machine: Receiver,
    pub(super) sending: Sending,
    /// The signed list, if origin is proven.
    pub(super) statement: Option<String>,
}

fn open_row(peer: PeerId, id: &Hash) -> Key {
    Key::new("transfer-open", format_args!("{peer}/{id}"))
}

/// What is to come, or a reminder of it.
pub(super) fn announced(
    role: Role,
    from: PeerId,
    announcement: Announcement,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let seal = keys::identity(desk.tx, CertificateKind::Seal)?;
    let pair = seal.map(|seal| keys::pair(desk.tx, desk.cx, seal.key)).transpose()?;
    let opener = pair.as_ref().map(|pair| (&pair.public, &pair.secret));
    let (papers, confidentiality) = announcement.open(semper_base::KeyId(from.0), opener, desk.cx.crypto)?;
    // A reminder needs no proof: it causes nothing but our word where we stand.
    let id = match &papers.manifest {
        Manifest::Deniable(sending) => sending.id(),
        Manifest::Signed(signed) => danger_typed_unverified::<Sending>(&signed.statement)?.body.id(),
    };
    match Record::load(&id, desk)? {
        Some(Record { side: Side::In(coming), .. }) if coming.from == from => {
            return tell(role, &id, ReceiverEvent::Again, desk);
        }
        Some(_) => return Err(Violation::new(Code::PeerWrong, "it came from somebody else before").into()),
        None => {}
    }
    let (sending, signer, statement) = manifest(papers.manifest, desk)?;
    let origin = if statement.is_some() { Origin::Signed } else { Origin::Deniable };
    sending.check_quality(confidentiality, origin)?;
    if sending.receiver != own_key(from, desk)? {
        return Err(Violation::new(Code::PeerWrong, "it is for somebody else").into());
    }
    sending.check()?;
    sending.check_time(desk.cx.now)?;
    if let Err(why) = room(from, &sending, desk)? {
        let word = AnswerWord::Over(Ending::Declined(why.number()));
        return desk.send(from, kinds::ANSWER, &Answer { transfer: id, word });
    }
    let name = match signer {
        Some(signer) => {
            let der = statement.as_ref().map(|(signed, _)| signed.certificate.0.clone()).unwrap_or_default();
            keys::keep_certificate(&der, desk);
            Some(signer)
        }
        None => known_as(from, desk)?,
    };
    let machine = Receiver::announced(&Plan::of(&sending));
    let from_name = name.clone();
    let statement = statement.map(|(signed, _)| signed.statement);
    rows::put(desk.tx, open_row(from, &id), &sending.bytes)?;
    let title = sending.title.clone();
    let coming = In { from, from_name, key: papers.key, machine, sending, statement };
    Record { came: desk.cx.now, side: Side::In(coming) }.store(&id, desk)?;
    let name = name.unwrap_or_else(|| "somebody without a name".to_owned());
    desk.tell("transfer-announced", id, format!("{name} wants to send {title}."));
    Ok(())
}

/// What a peer is called, by its connection.
fn known_as(peer: PeerId, desk: &Desk<'_, '_>) -> Result<Option<String>, Error> {
    match hello::linked(peer, desk)? {
        Some(met) => Ok(Some(met.name)),
        None => Ok(certified(peer, desk)?.0),
    }
}

type Proven = (Sending, Option<String>, Option<(Signed, Valid)>);

fn manifest(manifest: Manifest, desk: &Desk<'_, '_>) -> Result<Proven, Error> {
    match manifest {
        Manifest::Deniable(sending) => Ok((sending, None, None)),
        Manifest::Signed(signed) => {
            let valid = check_signer(&signed, desk)?;
            if !SENDERS.contains(&valid.role) {
                return Err(Violation::new(Code::RoleWrong, valid.role.word()).into());
            }
            let statement: Statement<Sending> = verify(desk.cx.crypto, &valid.key, &signed.statement)?;
            statement.meta.check_time(desk.cx.now, SKEW)?;
            if statement.meta.signer.role != valid.role {
                return Err(Violation::new(Code::RoleWrong, statement.meta.signer.role.word()).into());
            }
            Ok((statement.body, Some(valid.name.clone()), Some((signed, valid))))
        }
    }
}

/// Whether there is room for one more of this peer's.
fn room(from: PeerId, sending: &Sending, desk: &Desk<'_, '_>) -> Result<Result<(), Code>, Error> {
    let of_peer = desk.tx.scan(&format!("transfer-open/{from}/"), TRANSFERS_OPEN_PER_PEER_MAX)?;
    let all = desk.tx.scan("transfer-open/", TRANSFERS_OPEN_MAX)?;
    let mut bytes = sending.bytes;
    for (key, row) in &all {
        bytes = bytes.saturating_add(rows::parse::<u64>(key, row)?);
    }
    if of_peer.len() >= TRANSFERS_OPEN_PER_PEER_MAX || all.len() >= TRANSFERS_OPEN_MAX {
        return Ok(Err(Code::TooManyOpen));
    }
    Ok(if bytes > TRANSFERS_OPEN_BYTES_MAX { Err(Code::TooLarge) } else { Ok(()) })
}

/// One of a peer's transfers to us.
fn of_peer(id: &Hash, from: PeerId, desk: &Desk<'_, '_>) -> Result<Option<In>, Error> {
    match Record::load(id, desk)? {
        Some(Record { side: Side::In(coming), .. }) if coming.from == from => Ok(Some(coming)),
        Some(_) => Err(Violation::new(Code::PeerWrong, "this comes from somebody else").into()),
        None => Ok(None),
    }
}

/// A chunk: stored if it is the one that the list fixes. One that is not ends it: this sender does not send what it
/// announced.
pub(super) fn chunk(role: Role, from: PeerId, piece: &Piece, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let id = piece.transfer;
    let Some(coming) = of_peer(&id, from, desk)? else {
        return Err(Violation::new(Code::OutOfTurn, "nothing of this was announced").into());
    };
    let (good, index) = (piece.good, piece.index);
    if !coming.machine.is_missing(good, index, &Plan::of(&coming.sending)) {
        return Ok(());
    }
    match open_piece(&coming.sending, piece, &coming.key) {
        Ok(leaf) => {
            desk.tx.push(Write::Chunk(chunk_ref(&id, good, index), leaf.data().to_vec()));
            tell(role, &id, ReceiverEvent::Chunk { good, index }, desk)
        }
        Err(why) => {
            desk.tell("transfer-wrong", id, format!("A chunk is not what was announced: {why}"));
            tell(role, &id, ReceiverEvent::Stop(why.code()), desk)
        }
    }
}

/// The sender stops it. Of what we never heard of, nothing came.
pub(super) fn stopped(role: Role, from: PeerId, stop: StopWord, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match of_peer(&stop.transfer, from, desk)? {
        Some(_) => tell(role, &stop.transfer, ReceiverEvent::Stopped(stop.code), desk),
        None => {
            let word = AnswerWord::Over(Ending::Stopped(stop.code));
            desk.send(from, kinds::ANSWER, &Answer { transfer: stop.transfer, word })
        }
    }
}

/// Something happens to a transfer to us.
pub(super) fn tell(role: Role, id: &Hash, event: ReceiverEvent, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(Record { came, side: Side::In(coming) }) = Record::load(id, desk)? else { return Ok(()) };
    let (machine, effects) = coming.machine.step(event, &Plan::of(&coming.sending), desk.cx.now)?;
    if machine.word() != coming.machine.word() {
        desk.tell("transfer", id, format!("{}: {}.", coming.sending.title, machine.word()));
    }
    if machine.ending().is_some() {
        desk.tx.delete(open_row(coming.from, id));
    }
    let coming = In { machine, ..coming };
    Record { came, side: Side::In(coming.clone()) }.store(id, desk)?;
    for effect in effects {
        match effect {
            ReceiverEffect::AskReference => ask_reference(role, id, &coming.sending, desk)?,
            ReceiverEffect::Check => {
                let found = contents(id, &coming.sending, desk)?;
                if let Err(why) = &found {
                    desk.tell("transfer-wrong", id, format!("What came is not good: {why}"));
                }
                tell(role, id, ReceiverEvent::Checked(found.map_err(|why| why.code())), desk)?;
            }
            ReceiverEffect::Drop => drop_contents(id, &coming.sending, desk),
            ReceiverEffect::Send(word) => desk.send(coming.from, kinds::ANSWER, &Answer { transfer: *id, word })?,
            ReceiverEffect::Take => take(id, &coming, desk)?,
        }
    }
    Ok(())
}

fn ask_reference(role: Role, id: &Hash, sending: &Sending, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let purpose = sending.purpose();
    rows::put(desk.tx, purpose_row(&purpose), id)?;
    match pay::ask_pay_to(role, purpose, &subject(id), desk) {
        Ok(None) => Ok(()),
        Ok(Some(to)) => match pay::pay_to(&purpose, desk)? {
            Some(known) => tell(role, id, ReceiverEvent::Reference(to, known.until), desk),
            None => Ok(()),
        },
        Err(Error::Fault(fault)) => Err(fault.into()),
        Err(why) => tell(role, id, ReceiverEvent::NoReference(why.code()), desk),
    }
}

/// Our bank says something.
pub(super) fn money(
    role: Role,
    id: &Hash,
    coming: &In,
    news: &pay::News,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    match news {
        pay::News::Arrived(paid) if Some(paid.amount) == coming.sending.amount() => {
            tell(role, id, ReceiverEvent::Paid, desk)
        }
        pay::News::Arrived(paid) => {
            desk.tell("transfer-wrong", id, format!("{} came instead of what was announced.", paid.amount));
            Ok(())
        }
        pay::News::PayTo { pay_to, until, .. } => tell(role, id, ReceiverEvent::Reference(*pay_to, *until), desk),
        pay::News::NoPayTo { code, .. } => tell(role, id, ReceiverEvent::NoReference(*code), desk),
        pay::News::Left(_) | pay::News::NotPaid { .. } => Ok(()),
    }
}

/// Looks at every content as what it is: bytes by their hash, statements by signature and certificate, certificates by
/// their chain. What is wrong, if anything is.
fn contents(id: &Hash, sending: &Sending, desk: &Desk<'_, '_>) -> Result<Result<(), Violation>, Error> {
    for (number, good) in (0_u64..).zip(&sending.goods) {
        let Some(content) = good.content() else { continue };
        let found = read(id, number, content.layout, desk)?;
        let looked = match &good.what {
            What::Certificate(paper) => same(&paper.hash, &Hash::of(&found.bytes))
                .and_then(|()| check_certificate(&found.bytes, desk).map(drop)),
            What::Data(data) => same(&data.hash, &found.hash),
            What::Statement(paper) => statement(&found.bytes, &paper.hash, paper.kind, desk),
            What::Container(_) | What::Payment(_) => Ok(()),
        };
        if let Err(why) = looked {
            return Ok(Err(Violation::new(why.code(), format!("{}: {}", good.name, why.detail()))));
        }
    }
    Ok(Ok(()))
}

fn same(named: &Hash, found: &Hash) -> Result<(), Violation> {
    if named == found { Ok(()) } else { Err(Violation::new(Code::FileWrong, "another hash than announced")) }
}

fn statement(bytes: &[u8], hash: &Hash, kind: Option<Kind>, desk: &Desk<'_, '_>) -> Result<(), Violation> {
    let signed: Signed = json::read(bytes)?;
    same(hash, &Hash::of(signed.statement.as_bytes()))?;
    if Some(Head::of(&signed.statement)?.kind) != kind {
        return Err(Violation::new(Code::KindWrong, "another kind than announced"));
    }
    check_statement(&signed, desk)
}

/// A certificate of our market that counts now.
pub(super) fn check_certificate(der: &[u8], desk: &Desk<'_, '_>) -> Result<Valid, Violation> {
    let trust = keys::trust_now(desk).ok().flatten();
    trust.ok_or_else(|| Violation::new(Code::StatusMissing, "no root yet"))?.validate(der, desk.cx.now, desk.cx.crypto)
}

/// The certificate beside a statement: of a signing key, the one that the statement names.
fn check_signer(signed: &Signed, desk: &Desk<'_, '_>) -> Result<Valid, Violation> {
    let valid = check_certificate(&signed.certificate.0, desk)?;
    if valid.kind != CertificateKind::Statement {
        return Err(Violation::new(Code::KindWrong, "certificate"));
    }
    if Head::of(&signed.statement)?.certificate != Some(valid.certificate_hash) {
        return Err(Violation::new(Code::KeyWrong, "another certificate"));
    }
    Ok(valid)
}

/// A statement of any kind, by a certified key.
pub(super) fn check_statement(signed: &Signed, desk: &Desk<'_, '_>) -> Result<(), Violation> {
    let valid = check_signer(signed, desk)?;
    Compact::parse(&signed.statement)?.verify(desk.cx.crypto, &valid.key).map(drop)
}

/// All of it is there and good: from now on it can be seen. What is evidence is kept as that.
fn take(id: &Hash, coming: &In, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if let Some(statement) = &coming.statement {
        exchange::keep_as(subject(id), statement, desk)?;
    }
    for (number, good) in (0_u64..).zip(&coming.sending.goods) {
        match (&good.what, good.content()) {
            (What::Statement(_), Some(content)) => {
                let signed: Signed = json::read(&read(id, number, content.layout, desk)?.bytes)?;
                keys::keep_certificate(&signed.certificate.0, desk);
                exchange::keep_as(goods_subject(id), &signed.statement, desk)?;
            }
            (What::Certificate(_), Some(content)) => {
                keys::keep_certificate(&read(id, number, content.layout, desk)?.bytes, desk);
            }
            _ => {}
        }
    }
    desk.tell("transfer-taken", id, format!("{} is here, all of it.", coming.sending.title));
    Ok(())
}

fn incoming(request: &Value, desk: &Desk<'_, '_>) -> Result<(Hash, In), Error> {
    let (id, record) = named(request, desk)?;
    match record.side {
        Side::In(coming) => Ok((id, coming)),
        Side::Draft(_) | Side::Out(_) => Err(Misuse::new(Code::RoleUnfit, "this is what you send").into()),
    }
}

fn shown(id: &Hash, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let record = Record::load(id, desk)?.ok_or_else(|| Misuse::new(Code::NotFound, id.hex()))?;
    show::one(id, &record, desk)
}

/// `{"command":"transfer-accept","transfer"}`: it may come.
pub(super) fn accept(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (id, _) = incoming(request, desk)?;
    tell(role, &id, ReceiverEvent::Accept, desk)?;
    shown(&id, desk)
}

/// `{"command":"transfer-decline","transfer"}`: it is not wanted.
pub(super) fn decline(role: Role, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (id, _) = incoming(request, desk)?;
    tell(role, &id, ReceiverEvent::Decline(Code::Declined), desk)?;
    shown(&id, desk)
}

/// `{"command":"transfer-open","transfer","good","index"?}`: one chunk of one good, once all of them are here.
pub(super) fn open(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Goods);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let (id, coming) = incoming(request, desk)?;
    if !coming.machine.is_taken() {
        return Err(Misuse::new(Code::StateWrong, "not all of it is here; nothing can be seen before").into());
    }
    let number = |name: &str| request.get(name).and_then(Value::as_u64);
    let good = number("good").ok_or_else(|| Misuse::new(Code::FieldMissing, "good"))?;
    let index = number("index").unwrap_or(0);
    let found = usize::try_from(good).ok().and_then(|at| coming.sending.goods.get(at));
    let content = found.and_then(|good| good.content());
    let content = content.ok_or_else(|| Misuse::new(Code::NotFound, format!("good {good} has no content")))?;
    let data = desk.tx.chunk(&chunk_ref(&id, good, index))?;
    let data = data.ok_or_else(|| Misuse::new(Code::NotFound, format!("chunk {index}")))?;
    Ok(json!({ "transfer": id, "good": good, "index": index, "chunks": content.layout.leaves(), "data": Blob64(data) }))
}
