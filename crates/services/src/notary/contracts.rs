//! The notary as the register of exchanges that no bank secures: contracts and certified mail.
//!
//! ```text
//! fair/XID             the run: what was given to us, who sits where; also the timer that ends it
//! (XID, decision)      aborted or resolved, once
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

use super::{COUNTED_MAX, NAMED_MAX, fees, relay};
use crate::common::signing::run::{Run, apply, send_to, xid_of};
use crate::common::{Desk, idle, keys, rows, text};

/// A packet of an exchange.
pub(super) fn packet(from: PeerId, packet: CheckedPacket, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if relay::pass_on(from, &packet, desk)? {
        return Ok(());
    }
    let x = std::sync::Arc::clone(&packet.descriptor);
    let known = Run::<Register>::load(desk.tx, x.xid)?;
    let new = known.is_none();
    // Else what nobody will sign could be made to stay for ever.
    if new && x.core.opened > desk.cx.now.plus(x.core.deadlines.skew_ms) {
        return Err(Violation::new(Code::NotYetValid, "opened").into());
    }
    if new && fees::refuses(from, &packet, desk)? {
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
    if new && run.machine == before {
        return Ok(());
    }
    if new {
        idle::count(from, desk)?;
    }
    let deadline = run.machine.deadline(&x);
    run.store(x.xid, deadline, desk)?;
    fees::bill(&run, &x, desk)
}

/// The time of an exchange has come.
pub(super) fn timer(key: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    if relay::timer(key, desk) {
        return Ok(());
    }
    let Some(xid) = xid_of(&key.0) else { return Ok(()) };
    let Some(run) = Run::<Register>::load(desk.tx, xid)? else { return Ok(()) };
    let x = run.x()?;
    let (run, effects) = step(run, &x, &Event::Deadline, desk)?;
    apply(&run, &x, None, effects, desk)?;
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

/// `{"command":"contracts","after"?}`: every exchange of which this notary is the register, newest first.
pub(super) fn list(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let after = request.get("after").and_then(Value::as_str).map(|after| Key::new("fair", after));
    let found = desk.tx.scan_after("fair/", after.as_ref(), COUNTED_MAX)?;
    let mut counts = std::collections::BTreeMap::<&str, u64>::new();
    let mut lines = Vec::new();
    for (key, row) in &found {
        let run: Run<Register> = rows::parse(key, row)?;
        let (x, word) = (run.x()?, run.machine.word());
        *counts.entry(word).or_default() += 1;
        lines.push((x.core.opened, x.xid, x.core.protocol, x.core.parties.len(), word));
    }
    lines.sort_unstable_by(|a, b| b.cmp(a));
    let line = |(opened, xid, protocol, parties, word): &(_, Xid, _, _, _)| json!({ "xid": xid, "opened": opened, "protocol": protocol, "parties": parties, "word": word });
    let next = found.last().filter(|_| found.len() == COUNTED_MAX).and_then(|(key, _)| key.0.strip_prefix("fair/"));
    let lines: Vec<Value> = lines.iter().take(NAMED_MAX).map(line).collect();
    Ok(json!({ "counts": counts, "contracts": lines, "next": next, "time": desk.cx.now }))
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
