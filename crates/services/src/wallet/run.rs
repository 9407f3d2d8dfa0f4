//! The buyer's role of a running exchange, bound to the wallet.

use semper_base::code::Code;
use semper_base::{Error, Misuse, PeerId, Role, Violation, Xid};
use semper_blocks::delivery::Chunk;
use semper_blocks::statement::Kind;
use semper_driver::service::Answer;
use semper_exchange::fair::dgp::buyer::{Buyer, Stage};
use semper_exchange::fair::dgp::{Checked, CheckedPacket, Command, Cx, Descriptor, Event};
use semper_support::tinguin::Outcome;
use serde_json::{Value, json};

use super::{check, deal};
use crate::common::exchange::{ChunkMessage, Run, apply};
use crate::common::{Desk, hello};

pub(super) fn load(xid: Xid, desk: &Desk<'_, '_>) -> Result<Run<Buyer>, Error> {
    Run::load(desk.tx, xid)?.ok_or_else(|| Violation::new(Code::XidWrong, "no such exchange").into())
}

/// A packet of a running exchange.
pub(super) fn packet(from: PeerId, packet: CheckedPacket, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let xid = packet.descriptor.xid;
    let run = load(xid, desk)?;
    let role = match packet.signer {
        Some(signer) => signer,
        None => role_of(&run, &packet.descriptor, from, desk)?,
    };
    step_with(run, &packet.descriptor, &Event::Message { from: role, content: packet.content }, desk)
}

/// A chunk. Its place and data are checked by the machine against X.
pub(super) fn chunk(from: PeerId, message: ChunkMessage, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let run = load(message.xid, desk)?;
    if run.peer(Role::Seller) != Some(from) {
        return Err(Violation::new(Code::PeerWrong, "chunk").into());
    }
    let chunk = Box::new(Chunk { place: message.place, data: message.data });
    step(message.xid, run, &Event::Message { from: Role::Seller, content: Checked::Chunk(chunk) }, desk)
}

/// Who says something without signing it: the seller of this run, or a third party that we know by
/// the key that X names.
fn role_of(run: &Run<Buyer>, x: &Descriptor, peer: PeerId, desk: &Desk<'_, '_>) -> Result<Role, Error> {
    if let Some(role) = run.role(peer) {
        return Ok(role);
    }
    let met = hello::linked(peer, desk)?;
    let role = met.and_then(|met| x.role(&met.key.id()));
    role.ok_or_else(|| Violation::new(Code::PeerWrong, "").into())
}

/// The user's answer to a question of a running exchange.
pub(super) fn answer(xid: Xid, answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let kind = Kind::from_word(&answer.question.kind);
    let kind = kind.ok_or_else(|| Misuse::new(Code::KindUnknown, answer.question.kind.clone()))?;
    let event = match &answer.outcome {
        Outcome::Signed { statement, .. } => Event::Signed(kind, statement.clone()),
        Outcome::Declined { .. } => Event::Declined(kind),
        // A fault, never a no: the question stays open.
        Outcome::CouldNotAsk => return Ok(()),
    };
    step(xid, load(xid, desk)?, &event, desk)
}

/// The time of a run has come.
pub(super) fn deadline(xid: Xid, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    step(xid, load(xid, desk)?, &Event::Deadline, desk)
}

/// What the user wants of a deal's exchange.
pub(super) fn command(request: &Value, command: Command, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let xid = deal::xid(&deal::named(request, desk)?)?;
    step(xid, load(xid, desk)?, &Event::Command(command), desk)?;
    Ok(json!({ "xid": xid }))
}

/// Asks the registers for their rows, unless the exchange is over.
pub(super) fn resume(xid: Xid, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let run = load(xid, desk)?;
    match run.machine.stage() {
        Stage::Released | Stage::Settled | Stage::Refunded => Ok(()),
        _ => step(xid, run, &Event::Command(Command::Status), desk),
    }
}

/// One step of the buyer's machine.
pub(super) fn step(xid: Xid, run: Run<Buyer>, event: &Event, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let x = run.known_x(xid, desk)?;
    step_with(run, &x, event, desk)
}

/// The same where X was read already.
pub(super) fn step_with(run: Run<Buyer>, x: &Descriptor, event: &Event, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let cx = Cx { base: *desk.cx, author: None };
    let mut effects = Vec::new();
    let checking = *run.machine.stage() == Stage::Checking;
    let run = run.stepped(|machine| machine.step(event, x, &cx, &mut effects))?;
    apply(&run, x, &[], effects, desk)?;
    let deadline = run.machine.deadline();
    run.store(x.xid, deadline, desk)?;
    // The first chunks are looked at with the key's own commit; the others by timer.
    if !checking && *run.machine.stage() == Stage::Checking { check::some_of(x, run, desk) } else { Ok(()) }
}
