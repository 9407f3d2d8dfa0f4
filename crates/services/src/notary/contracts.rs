//! The notary as the register of exchanges that no bank secures: contracts and certified mail.
//!
//! ```text
//! fair/XID             the run: what was given to us, who sits where; also the timer that ends it; until it is decided
//! (XID, decision)      aborted or resolved, once; see [`super::ended`]
//! (XID, stopped-N)     in rounds: halted, once for each party that stopped
//! ```

use semper_base::code::Code;
use semper_base::{Error, Hash, Key, Misuse, PeerId, Role, Step, Violation, Xid};
use semper_blocks::certificate::Kind;
use semper_blocks::statement::{Author, Compact};
use semper_exchange::fair::frame::{CheckedPacket, Content, Cx, Descriptor, Effect, Event, Seat, Slot};
use semper_exchange::fair::register::Register;
use semper_support::crypto::KeyPair;
use serde_json::{Value, json};

use super::{ended, fees, relay};
use crate::common::signing::run::{Run, apply, send_to, xid_of};
use crate::common::{Desk, idle, keys, text};

/// A packet of an exchange.
pub(super) fn packet(from: PeerId, packet: CheckedPacket, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let x = std::sync::Arc::clone(&packet.descriptor);
    let known = Run::<Register>::load(desk.tx, x.xid)?;
    let stored = known.is_some();
    if !stored && let Some(register) = ended::register(&x, desk)? {
        return again(from, packet, register, desk);
    }
    if relay::pass_on(from, &packet, desk)? {
        return Ok(());
    }
    // Else what nobody will sign could be made to stay for ever.
    if !stored && x.core.opened > desk.cx.now.plus(x.core.deadlines.skew_ms) {
        return Err(Violation::new(Code::NotYetValid, "opened").into());
    }
    if !stored && fees::refuses(from, &packet, desk)? {
        return Ok(());
    }
    let mut run = known.unwrap_or_else(|| Run::new(&x, Register::default()));
    run.bind_signer(&packet, from, desk.cx.now);
    // Whoever shows both promises is one of the two, whichever name it goes by here.
    let seat = packet.signer.or_else(|| run.seat(&x, from)).unwrap_or(Seat::Party(0));
    let before = run.machine.clone();
    let (run, effects) = step(run, &x, &Event::Message { from: seat, content: packet.content }, desk)?;
    let answer = decision(&effects).filter(|_| !run.peers.iter().any(|(_, peer)| *peer == from));
    if let Some(answer) = answer {
        send_to(from, &x, answer, desk)?;
    }
    apply(&run, &x, None, effects, desk)?;
    // Nothing decided and nothing given to us, nothing to remember: a question alone costs us no row.
    if !stored && run.machine == before {
        return Ok(());
    }
    if !stored {
        idle::count(from, desk)?;
    }
    match (before.is_decided(), run.machine.is_decided()) {
        (true, _) => ended::close_old(&run, &x, desk)?,
        (false, true) => ended::close(&run, &x, stored, desk)?,
        (false, false) => run.store(x.xid, run.machine.deadline(&x), desk)?,
    }
    fees::bill(&run, &x, desk)
}

/// A packet of an exchange that is decided: whoever asks is answered, wherever it asks from, with what was decided then.
/// In rounds that goes for what was to be passed on to the others, too: they were told.
fn again(from: PeerId, packet: CheckedPacket, register: Register, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let x = std::sync::Arc::clone(&packet.descriptor);
    let mut run = Run::new(&x, register);
    run.bind_signer(&packet, from, desk.cx.now);
    if !relay::is_passed_on(&packet) {
        let seat = packet.signer.unwrap_or(Seat::Party(0));
        run = step(run, &x, &Event::Message { from: seat, content: packet.content }, desk)?.0;
    }
    if let Some(answer) = run.machine.decision() {
        send_to(from, &x, answer, desk)?;
    }
    fees::bill(&run, &x, desk)
}

/// The time of an exchange has come.
pub(super) fn timer(key: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if relay::timer(key, desk) {
        return Ok(());
    }
    let Some(xid) = xid_of(&key.0) else { return Ok(()) };
    let Some(run) = Run::<Register>::load(desk.tx, xid)? else { return Ok(()) };
    let x = run.x(xid, desk)?;
    let (run, effects) = step(run, &x, &Event::Deadline, desk)?;
    apply(&run, &x, None, effects, desk)?;
    if run.machine.is_decided() {
        return ended::close(&run, &x, true, desk);
    }
    let deadline = run.machine.deadline(&x);
    Ok(run.store(xid, deadline, desk)?)
}

fn step(
    mut run: Run<Register>,
    x: &Descriptor,
    event: &Event,
    desk: &Desk<'_, '_>,
) -> Result<(Run<Register>, Vec<Effect>), Error> {
    let author = keys::author(Role::Notary, desk.tx, desk.cx)?;
    if x.core.notary.key != author.public {
        return Err(Violation::new(Code::RegisterWrong, "another notary").into());
    }
    let seal = seal(&author, x, desk)?;
    let cx = Cx { base: *desk.cx, author: Some(&author) };
    let mut effects = Vec::new();
    match run.machine.clone().step(event, x, &seal, &cx, &mut effects)? {
        Step::Reject(_, violation) => Err(violation.into()),
        Step::Advance(machine) => {
            run.machine = machine;
            Ok((run, effects))
        }
    }
}

/// Our sealing key, for an exchange that names one. No other exchange has a box, and nothing is opened with the key
/// that is given for it.
fn seal(author: &Author, x: &Descriptor, desk: &Desk<'_, '_>) -> Result<KeyPair, Error> {
    if x.core.notary_seal.is_none() {
        return Ok(KeyPair { secret: author.secret.clone(), public: author.public.clone() });
    }
    let seal = keys::identity(desk.tx, Kind::Seal)?;
    let seal = seal.ok_or_else(|| Misuse::new(Code::KeyMissing, "the sealing key is not certified yet"))?;
    keys::pair(desk.tx, desk.cx, seal.key)
}

/// The decision that these effects tell somebody.
fn decision(effects: &[Effect]) -> Option<Content> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send { content: content @ Content::Decision { .. }, .. } => Some(content.clone()),
        _ => None,
    })
}

/// The rows of one exchange, for the operator.
pub(super) fn rows_of(request: &Value, desk: &Desk<'_, '_>) -> Result<Vec<Value>, Error> {
    let xid = Hash::from_hex(text(request, "xid")?).map(Xid);
    let xid = xid.ok_or_else(|| Misuse::new(Code::FieldWrong, "xid"))?;
    let mut found = Vec::new();
    for slot in Slot::ALL {
        if let Some(row) = desk.tx.register(&xid, slot.word())? {
            let row = String::from_utf8_lossy(&row).into_owned();
            let compact = Compact::parse(&row)?;
            found.push(json!({ "slot": slot.word(), "kind": compact.kind(), "hash": compact.hash() }));
        }
    }
    Ok(found)
}
