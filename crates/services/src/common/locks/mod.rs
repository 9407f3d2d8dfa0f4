//! Locks from the side of those who pay into them and are paid from them: wallet and shop alike. What a lock is for
//! is its *owner's* business, a sale of data for one: it begins a lock with [`pay_into`] or [`be_paid`] and hears
//! of it in [`news`].
//!
//! ```text
//! lock/ID    Run: L, the machine of our side, whose lock it is; see [`run`]
//! ```

pub mod run;

use std::sync::Arc;

use semper_base::code::Code;
use semper_base::{Error, Hash, Key, KeyId, Misuse, PeerId, Step, Timestamp, Violation, Write, Xid};
use semper_blocks::statement::{About, Compact, Kind, danger_typed_unverified, sign_payload};
use semper_commerce::process::mail_order::LockState;
use semper_driver::service::Answer as Said;
use semper_exchange::fair::lock::escrow::side::{Parcel, Wish};
use semper_exchange::fair::lock::statements::LockWatch;
use semper_exchange::fair::lock::{
    CheckedPacket, Command, Cx, Effect, Event, Lock, Payee, PayeeOwn, Payer, PayerOwn, Seat, Shown, Standing,
};
use semper_support::crypto::PublicKey;
use semper_support::tinguin::Outcome;
use serde::{Deserialize, Serialize};

use self::run::{Run, apply, question_id};
use super::{Desk, data, keys, parcel, signing};
use crate::bank::kinds;
use crate::bank::locks::Watch;
use crate::wallet::purse;
use crate::{shop, wallet};

pub use run::{PACKET, check_packet, id_of};

/// Whatever is asked about a lock.
const ASKED: [Kind; 8] = [
    Kind::Approval,
    Kind::Claim,
    Kind::Consignment,
    Kind::Dispute,
    Kind::GiveBack,
    Kind::Lock,
    Kind::LockDebit,
    Kind::Status,
];

/// Our side of a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// We are paid from it.
    Payee(Payee),
    /// We pay into it.
    Payer(Payer),
}

impl Side {
    /// Where we stand.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self {
            Side::Payee(machine) => machine.standing(),
            Side::Payer(machine) => machine.standing(),
        }
    }

    /// Of an escrow: what the holder said.
    #[must_use]
    pub fn parcel(&self) -> &Parcel {
        match self {
            Side::Payee(machine) => machine.parcel(),
            Side::Payer(machine) => machine.parcel(),
        }
    }

    /// Of an escrow: where its money stands, by what the holder said last.
    #[must_use]
    pub fn state(&self) -> LockState {
        let rows = self.parcel().rows().iter().rev();
        let mut known = rows.filter_map(|told| row_state(&told.statement));
        match self.standing() {
            Standing::Declined | Standing::Lapsed | Standing::Returned => LockState::Returned,
            Standing::Ordered | Standing::Waiting => LockState::Agreed,
            Standing::Divided => known.find(|state| state.is_over()).unwrap_or(LockState::Returned),
            Standing::Claimed | Standing::Claiming | Standing::Locked => known.next().unwrap_or(LockState::Locked),
        }
    }

    /// When we must act by ourselves.
    fn deadline(&self, lock: &Lock) -> Option<Timestamp> {
        match self {
            Side::Payee(machine) => machine.deadline(),
            Side::Payer(machine) => machine.deadline(lock),
        }
    }
}

/// What a row of an escrow says of its money.
fn row_state(text: &str) -> Option<LockState> {
    use semper_exchange::fair::lock::escrow::statements as st;
    Some(match Compact::parse(text).ok()?.kind() {
        Kind::Arrived => {
            let row = danger_typed_unverified::<st::Arrived>(text).ok()?.body;
            LockState::Arrived { at: row.at, until: row.until }
        }
        Kind::Consigned => {
            LockState::Consigned { until: danger_typed_unverified::<st::Consigned>(text).ok()?.body.until }
        }
        Kind::Disputed => LockState::Disputed { until: danger_typed_unverified::<st::Disputed>(text).ok()?.body.until },
        Kind::Divided => {
            let row = danger_typed_unverified::<st::Divided>(text).ok()?.body;
            LockState::Divided { at: row.at, basis: row.basis, payee: row.payee, payer: row.payer }
        }
        _ => return None,
    })
}

/// Begins to pay into a lock, for its owner's row. What is signed now follows from the statement `agreed`, in which
/// our own owner agreed to it. Asked again, it does nothing.
pub fn pay_into(lock: &Lock, own: PayerOwn, owner: &Key, agreed: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    begin(lock, owner, Some(agreed), false, desk, |cx, out| Ok(Side::Payer(Payer::start(own, lock, cx, out)?)))
}

/// Begins to be paid from a lock, in the same way.
pub fn be_paid(lock: &Lock, own: PayeeOwn, owner: &Key, agreed: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    begin(lock, owner, Some(agreed), false, desk, |cx, _| Ok(Side::Payee(Payee::start(own, lock, cx)?)))
}

/// The same for a service, which signs by itself what follows.
pub fn be_paid_by_service(
    lock: &Lock,
    own: PayeeOwn,
    owner: &Key,
    agreed: Hash,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    begin(lock, owner, Some(agreed), true, desk, |cx, _| Ok(Side::Payee(Payee::start(own, lock, cx)?)))
}

fn begin(
    lock: &Lock,
    owner: &Key,
    follows: Option<Hash>,
    signs: bool,
    desk: &mut Desk<'_, '_>,
    start: impl FnOnce(&Cx<'_>, &mut Vec<Effect>) -> Result<Side, Error>,
) -> Result<(), Error> {
    if Run::<Side>::load(desk.tx, lock.xid)?.is_some() {
        return Ok(());
    }
    if run::holder(lock, desk)?.is_none() {
        let text = "the money would be locked at a bank that this party is not connected with";
        return Err(Misuse::new(Code::RegisterWrong, text).into());
    }
    let cx = Cx { base: *desk.cx, author: None };
    let mut effects = Vec::new();
    let machine = start(&cx, &mut effects)?;
    let run = Run { owner: Some(owner.0.clone()), follows, signs, ..Run::new(lock, machine) };
    apply(&run, lock, effects, desk)?;
    Ok(run.store(lock.xid, run.machine.deadline(lock), desk)?)
}

/// Our side of a lock, if we have one in it.
pub fn side(id: Xid, desk: &Desk<'_, '_>) -> Result<Option<Side>, Error> {
    Ok(Run::<Side>::load(desk.tx, id)?.map(|run| run.machine))
}

/// A bank of ours is asked to tell us of locks for this key of ours. To be asked again it must be asked later.
pub fn watch(role: semper_base::Role, payee: KeyId, holder: &PublicKey, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let none = || Misuse::new(Code::RegisterWrong, "no link to whoever holds the money");
    let bank = purse::met_as(&holder.id(), desk)?.ok_or_else(none)?;
    let author = keys::plain_author(role, payee, desk.tx, desk.cx)?;
    let about = About { to: vec![bank.key.id()], ..About::default() };
    let statement = author.request(desk.cx, about, LockWatch { payee: author.public.clone() })?.text;
    desk.send(bank.peer, kinds::LOCK_WATCH, &Watch { statement })
}

/// What our owner wants of a lock.
pub fn command(id: Xid, command: Command, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    step(load(id, desk)?, &Event::Command(command), desk)
}

/// What our owner wants of an escrow.
pub fn wish(id: Xid, wish: Wish, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    step(load(id, desk)?, &Event::Escrow(wish), desk)
}

/// L of a lock of ours.
pub fn descriptor(id: Xid, desk: &Desk<'_, '_>) -> Result<Arc<Lock>, Error> {
    Ok(load(id, desk)?.lock()?)
}

/// The exchange that a lock depends on was decided: what our machine there has.
pub fn decided(id: Xid, shown: Shown, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    step(load(id, desk)?, &Event::Decided(shown), desk)
}

/// A packet about a lock: of one of ours, or of one that somebody made for a key of ours.
pub fn packet(from: PeerId, packet: CheckedPacket, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let lock = packet.lock.clone();
    // Nobody but the holder tells us anything, and it is met as the key that L names.
    if run::holder(&lock, desk)? != Some(from) || !matches!(packet.signer, None | Some(Seat::Holder)) {
        return Err(Violation::new(Code::PeerWrong, "not the holder of this lock").into());
    }
    if side(lock.xid, desk)?.is_none() {
        match data::lock_for_us(&lock, &packet.content, desk)? {
            Some(true) => {}
            // Whoever knows a key of ours can name it in a lock, and the holder tells us: nobody did anything wrong.
            Some(false) => return Ok(()),
            None => return Err(Violation::new(Code::XidWrong, "no such lock").into()),
        }
    }
    let run = load(lock.xid, desk)?;
    step_with(run, &lock, &Event::Message { from: Seat::Holder, content: packet.content }, desk)
}

/// The owner's answer to a question about a lock.
pub fn answer(id: Xid, answer: &Said, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let kind = Kind::from_word(&answer.question.kind);
    let kind = kind.ok_or_else(|| Misuse::new(Code::KindUnknown, answer.question.kind.clone()))?;
    let event = match &answer.outcome {
        Outcome::Signed { statement, .. } => Event::Signed(kind, statement.clone()),
        Outcome::Declined { .. } => Event::Declined(kind),
        // A fault, never a no: the question stays open.
        Outcome::CouldNotAsk => return Ok(()),
    };
    step(load(id, desk)?, &event, desk)
}

/// The time of a lock has come; false if the timer is of something else.
pub fn timer(key: &Key, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    match id_of(&key.0) {
        Some(id) => step(load(id, desk)?, &Event::Deadline, desk).map(|()| true),
        None => Ok(false),
    }
}

fn load(id: Xid, desk: &Desk<'_, '_>) -> Result<Run<Side>, Error> {
    Run::load(desk.tx, id)?.ok_or_else(|| Violation::new(Code::XidWrong, "no such lock").into())
}

fn step(run: Run<Side>, event: &Event, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let lock = run.lock()?;
    step_with(run, &lock, event, desk)
}

fn step_with(mut run: Run<Side>, lock: &Lock, event: &Event, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let before = (run.machine.standing(), run.machine.parcel().rows().len());
    let mut next = Some(event.clone());
    // A service signs what its machine asks for, until it asks for nothing more.
    for _ in 0..=ASKED.len() {
        let Some(event) = next.take() else { break };
        let (machine, mut effects) = turn(&run, lock, &event, desk)?;
        run.machine = machine;
        if run.signs {
            next = signed_by_service(&mut effects, desk)?;
        }
        apply(&run, lock, effects, desk)?;
    }
    let standing = run.machine.standing();
    if standing.is_final() {
        for kind in ASKED {
            desk.tx.push(Write::Unask(question_id(lock.xid, kind.word())));
        }
    }
    run.store(lock.xid, run.machine.deadline(lock), desk)?;
    if (standing, run.machine.parcel().rows().len()) == before { Ok(()) } else { news(&run, lock.xid, desk) }
}

/// One step of the machine.
fn turn(run: &Run<Side>, lock: &Lock, event: &Event, desk: &Desk<'_, '_>) -> Result<(Side, Vec<Effect>), Error> {
    let cx = Cx { base: *desk.cx, author: None };
    let mut effects = Vec::new();
    let stepped = match run.machine.clone() {
        Side::Payee(machine) => machine.step(event, lock, &cx, &mut effects)?.map(Side::Payee),
        Side::Payer(machine) => machine.step(event, lock, &cx, &mut effects)?.map(Side::Payer),
    };
    match stepped {
        Step::Reject(_, violation) => Err(violation.into()),
        Step::Advance(machine) => Ok((machine, effects)),
    }
}

/// Takes the question out of the effects and answers it.
fn signed_by_service(effects: &mut Vec<Effect>, desk: &Desk<'_, '_>) -> Result<Option<Event>, Error> {
    let Some(at) = effects.iter().position(|effect| matches!(effect, Effect::Ask { .. })) else { return Ok(None) };
    let Effect::Ask { kind, payload, key } = effects.remove(at) else { return Ok(None) };
    let pair = keys::pair(desk.tx, desk.cx, key)?;
    Ok(Some(Event::Signed(kind, sign_payload(desk.cx.crypto, &pair.secret, &payload)?)))
}

/// Tells whose lock it is that it stands elsewhere now.
fn news(run: &Run<Side>, id: Xid, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let Some(owner) = &run.owner else { return Ok(()) };
    match owner.split_once('/') {
        Some((data::TABLE, id)) => data::news(id, &run.machine, desk),
        Some((parcel::DEALS, deal)) => wallet::parcel::lock_news(deal, id, &run.machine, desk),
        Some((parcel::SALES, order)) => shop::parcel::lock_news(order, id, &run.machine, desk),
        Some(("contract", id)) => signing::payments::news(id, &*run.lock()?, &run.machine, desk),
        _ => Ok(()),
    }
}
