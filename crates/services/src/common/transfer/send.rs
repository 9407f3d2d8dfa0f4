//! What goes out: the sender's machine, its chunks, its payment.

use semper_base::code::Code;
use semper_base::{Error, Hash, Misuse, PeerId, Role, Violation, Write};
use semper_blocks::delivery::PlainLeaf;
use semper_blocks::delivery::tree::Tree;
use semper_blocks::payment::PayTo;
use semper_blocks::statement::Compact;
use semper_exchange::transfer::{
    Announcement, Answer, Confidentiality, Ending, Manifest, Origin, Papers, Plan, Sender, SenderEffect, SenderEvent,
    Sending, Signed, StopWord, seal_papers, seal_piece,
};
use semper_support::crypto::{Secret32, random_secret};
use serde::{Deserialize, Serialize};

use super::make::{To, forget_leaves, leaves, question_id};
use super::{Record, Side, chunk_ref, drop_contents, kinds, own_key, purpose_row, record_key, subject};
use crate::common::{Desk, exchange, pay};
use crate::shop::own_certificate;

/// What we send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Out {
    /// What its blobs are called by.
    pub(super) blobs: Hash,
    /// Encrypts the chunks.
    pub(super) key: Secret32,
    /// None as long as the owner has not signed.
    pub(super) machine: Option<Sender>,
    /// Of each good of the list.
    pub(super) seeds: Vec<Secret32>,
    pub(super) sending: Sending,
    /// The signed list. It leaves only as a proof of origin.
    pub(super) statement: Option<String>,
    pub(super) to: To,
}

/// The owner has signed: the receiver is told what is to come.
pub(super) fn signed(role: Role, id: &Hash, statement: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(Record { came, side: Side::Out(out) }) = Record::load(id, desk)? else { return Ok(()) };
    if out.machine.is_some() {
        return Ok(());
    }
    // At home it is what we agreed to; with the receiver it is proof, if it is given away.
    Compact::parse(statement)?;
    exchange::keep_as(subject(id), statement, desk)?;
    desk.tx.push(Write::Unask(question_id(id)));
    let (machine, effects) = Sender::announced(desk.cx.now);
    let out = Out { machine: Some(machine), statement: Some(statement.to_owned()), ..out };
    apply(role, id, Record { came, side: Side::Out(out) }, effects, desk)
}

/// What was asked and not signed leaves nothing behind.
pub(super) fn forget(id: &Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(Record { side: Side::Out(out), .. }) = Record::load(id, desk)? else { return Ok(()) };
    if out.machine.is_some() {
        return Ok(());
    }
    desk.tx.push(Write::Unask(question_id(id)));
    drop_contents(&out.blobs, &out.sending, desk);
    forget_leaves(&out.blobs, &out.sending, desk);
    desk.tx.delete(purpose_row(&out.sending.purpose()));
    desk.tx.delete(record_key(id));
    Ok(())
}

/// Something happens to a transfer of ours.
fn tell(role: Role, id: &Hash, event: SenderEvent, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(Record { came, side: Side::Out(out) }) = Record::load(id, desk)? else { return Ok(()) };
    let Some(machine) = &out.machine else { return Ok(()) };
    let (next, effects) = machine.step(event, &Plan::of(&out.sending), desk.cx.now)?;
    let before = machine.word();
    if next.word() != before {
        desk.tell("transfer", id, format!("To {}: {}.", out.sending.to, next.word()));
    }
    apply(role, id, Record { came, side: Side::Out(Out { machine: Some(next), ..out }) }, effects, desk)
}

fn apply(
    role: Role,
    id: &Hash,
    record: Record,
    effects: Vec<SenderEffect>,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    record.store(id, desk)?;
    let Side::Out(out) = record.side else { return Ok(()) };
    for effect in effects {
        match effect {
            SenderEffect::Announce => {
                let announcement = announcement(&out, desk)?;
                desk.send(out.to.peer, kinds::SENDING, &announcement)?;
            }
            SenderEffect::CancelPay => cancel(role, id, &out.sending, desk)?,
            SenderEffect::Drop => {
                drop_contents(&out.blobs, &out.sending, desk);
                forget_leaves(&out.blobs, &out.sending, desk);
            }
            SenderEffect::Pay(to) => order(role, id, &out, to, desk)?,
            SenderEffect::Pieces(chunks) => pieces(id, &out, &chunks, desk)?,
            SenderEffect::Stop(code) => {
                desk.send(out.to.peer, kinds::STOP, &StopWord { code, transfer: *id })?;
            }
        }
    }
    Ok(())
}

fn announcement(out: &Out, desk: &Desk<'_, '_>) -> Result<Announcement, Error> {
    let quality = out.sending.quality;
    let manifest = match (quality.origin, &out.statement) {
        (Origin::Signed, Some(statement)) => {
            Manifest::Signed(Signed { certificate: own_certificate(desk)?, statement: statement.clone() })
        }
        _ => Manifest::Deniable(out.sending.clone()),
    };
    let papers = Papers { key: out.key.clone(), manifest };
    match (quality.confidentiality, &out.to.seal) {
        (Confidentiality::Connection, _) => Ok(Announcement::Open(Box::new(papers))),
        (Confidentiality::Sealed, Some(seal)) => {
            let (from, seed) = (own_key(out.to.peer, desk)?, random_secret(desk.cx.crypto));
            seal_papers(&papers, from, seal, &seed, desk.cx.crypto)
        }
        (Confidentiality::Sealed, None) => Err(Misuse::new(Code::KeyMissing, "no sealing key").into()),
    }
}

/// Sends chunks. The leaves of each good are read once.
fn pieces(id: &Hash, out: &Out, chunks: &[(u64, u64)], desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let mut tree: Option<(u64, Tree)> = None;
    for (good, index) in chunks.iter().copied() {
        let missing = || Violation::new(Code::ChunkWrong, format!("good {good} chunk {index}"));
        if tree.as_ref().is_none_or(|(of, _)| *of != good) {
            tree = Some((good, Tree::new(leaves(&out.blobs, good, desk)?)));
        }
        let at = usize::try_from(good).ok();
        let content = at.and_then(|at| out.sending.goods.get(at)).and_then(|good| good.content());
        let (content, seed) = content.zip(at.and_then(|at| out.seeds.get(at))).ok_or_else(missing)?;
        let (_, tree) = tree.as_ref().ok_or_else(missing)?;
        let bytes = desk.tx.chunk(&chunk_ref(&out.blobs, good, index))?.ok_or_else(missing)?;
        let leaf = PlainLeaf::new(&content.layout, seed, index, &bytes)?;
        let piece = seal_piece(&out.sending, *id, (good, index), &out.key, leaf, tree)?;
        desk.send(out.to.peer, kinds::CHUNK, &piece)?;
    }
    Ok(())
}

/// All else is there: the money goes. What cannot be paid is not paid.
fn order(role: Role, id: &Hash, out: &Out, to: PayTo, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(amount) = out.sending.amount() else { return Ok(()) };
    // What the owner signed first names amount and receiver: the trusted screen may sign this after it without asking.
    let follows = out.statement.as_ref().map(|statement| Hash::of(statement.as_bytes()));
    let payment =
        pay::Payment { amount, follows, purpose: out.sending.purpose(), subject: subject(id), to, until: None };
    match pay::pay(role, &payment, desk) {
        Ok(()) => Ok(()),
        Err(Error::Fault(fault)) => Err(fault.into()),
        Err(why) => tell(role, id, SenderEvent::NotPaid(why.code()), desk),
    }
}

/// Withdraws the order if it was not signed. An order that left decides for itself.
fn cancel(role: Role, id: &Hash, sending: &Sending, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if pay::is_ordered(&sending.purpose(), desk)? {
        return Ok(());
    }
    pay::cancel(&sending.purpose(), desk)?;
    tell(role, id, SenderEvent::NotPaid(Code::Declined), desk)
}

/// The receiver says something.
pub(super) fn answer(role: Role, from: PeerId, answer: Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match Record::load(&answer.transfer, desk)? {
        Some(Record { side: Side::Out(out), .. }) if out.to.peer == from && out.machine.is_some() => {
            tell(role, &answer.transfer, SenderEvent::Answer(answer.word), desk)
        }
        _ => Err(Violation::new(Code::OutOfTurn, "we send no such thing to this peer").into()),
    }
}

/// Our bank says something.
pub(super) fn money(role: Role, id: &Hash, news: &pay::News, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match news {
        pay::News::Left(_) => tell(role, id, SenderEvent::Left, desk),
        pay::News::NotPaid { code, .. } => tell(role, id, SenderEvent::NotPaid(*code), desk),
        pay::News::Arrived(_) | pay::News::NoPayTo { .. } | pay::News::PayTo { .. } => Ok(()),
    }
}

/// The owner stops it.
pub(super) fn stop(role: Role, id: &Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let ordered = is_ordered(id, desk)?;
    tell(role, id, SenderEvent::Stop { code: Code::Declined, ordered }, desk)
}

pub(super) fn timer(role: Role, id: &Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let ordered = is_ordered(id, desk)?;
    tell(role, id, SenderEvent::Timer { ordered }, desk)
}

fn is_ordered(id: &Hash, desk: &Desk<'_, '_>) -> Result<bool, Error> {
    match Record::load(id, desk)? {
        Some(Record { side: Side::Out(out), .. }) if out.sending.amount().is_some() => {
            pay::is_ordered(&out.sending.purpose(), desk)
        }
        _ => Ok(false),
    }
}

/// How it ended, in words, for whoever sent it.
pub(super) fn sentence(out: &Out) -> String {
    let Some(machine) = &out.machine else {
        return "The trusted screen asks whether to send it. Nothing has left.".to_owned();
    };
    let why = |code: u16| Code::from_number(code).map_or("no reason that we know", Code::text);
    match machine.outcome().map(|outcome| (outcome.ending, outcome.paid)) {
        None => match machine.word() {
            "announced" => "The receiver knows what is to come and has not said whether it takes it.",
            "sending" => "The receiver takes it; its chunks are on their way.",
            "paying" => "All else is there. The payment is being made; once it is ordered, nothing stops it.",
            "paid" => "It is paid; the receiver has not said yet that it has all.",
            _ => "The receiver is told to let nothing come of it.",
        }
        .to_owned(),
        Some((Some(Ending::Taken), _)) => "The receiver has all of it, by its own unsigned word.".to_owned(),
        Some((Some(Ending::Declined(code)), _)) => format!("The receiver did not want it: {}.", why(code)),
        Some((Some(Ending::Stopped(code)), false)) => {
            format!("Nothing of it was given to the receiver: {}.", why(code))
        }
        Some((Some(Ending::Stopped(code)), true)) => {
            format!(
                "It is paid, and the receiver says that it let the goods go: {}. Your bank's word shows the payment.",
                why(code)
            )
        }
        Some((None, _)) => {
            "The receiver has said nothing for so long that it is not asked any more; it may have all of it.".to_owned()
        }
    }
}
