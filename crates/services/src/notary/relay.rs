//! What parties that sign in rounds say to each other, passed on: whoever is linked to nobody but a notary can still
//! sign with others like it. The notary's machine hears nothing of it and decides nothing by it; whatever is not
//! passed on, the parties stop and ask.
//!
//! ```text
//! relay/XID   Said: what was said so far, by whom, in which round; also the timer that forgets it
//! ```
//!
//! A party is passed everything from its own first word on, by which the notary learns where it is met. So nobody
//! hears of an exchange that it has not agreed to.

use semper_base::code::Code;
use semper_base::{Error, Key, Millis, PeerId, Violation, Write, Xid};
use semper_exchange::fair::frame::{Checked, CheckedPacket, Content, Protocol, Seat};
use semper_exchange::fair::register::Register;
use serde::{Deserialize, Serialize};

use super::fees;
use crate::common::signing::run::{Run, send_to};
use crate::common::{Desk, idle, rows};

/// How long after the end of an exchange's time for beginning it is kept for whoever has not heard it all.
const KEPT: Millis = Millis::days(7);

/// What was said, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    lines: Vec<Line>,
}

/// What a party said in a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    by: u8,
    content: Content,
    round: u8,
}

fn relay_key(xid: Xid) -> Key {
    Key::new("relay", xid)
}

/// Whether a packet is for all the others and not for the register.
pub(super) fn is_passed_on(packet: &CheckedPacket) -> bool {
    line(packet).is_some()
}

/// What a packet says to all the others in a round, if it does.
fn line(packet: &CheckedPacket) -> Option<Line> {
    let x = &packet.descriptor;
    if x.core.protocol != Protocol::CsnC {
        return None;
    }
    match &packet.content {
        Checked::Pledge { by, pledge } => {
            let content = Content::Pledge { statement: pledge.text.clone() };
            Some(Line { by: *by, content, round: pledge.body.round })
        }
        Checked::Signature { by, signature } => {
            let content = Content::Signature { statement: signature.text.clone() };
            Some(Line { by: *by, content, round: x.parties().saturating_add(1) })
        }
        _ => None,
    }
}

/// Passes a packet on; false if it is for the register.
pub(super) fn pass_on(from: PeerId, packet: &CheckedPacket, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let Some(line) = line(packet) else { return Ok(false) };
    let x = &packet.descriptor;
    let known = Run::<Register>::load(desk.tx, x.xid)?;
    if known.is_none() {
        if x.core.opened > desk.cx.now.plus(x.core.deadlines.skew_ms) {
            return Err(Violation::new(Code::NotYetValid, "opened").into());
        }
        if x.core.deadlines.expires <= desk.cx.now {
            return Err(Violation::new(Code::Expired, "nobody begins any more").into());
        }
        if fees::refuses(from, packet, desk)? {
            return Ok(true);
        }
        idle::count(from, desk)?;
    }
    let mut run = known.unwrap_or_else(|| Run::new(x, Register::default()));
    let was_met = run.peer(Seat::Party(line.by)).is_some();
    run.bind_signer(packet, from, desk.cx.now);
    run.store(x.xid, run.machine.deadline(x), desk)?;
    let mut said: Said = rows::get(desk.tx, &relay_key(x.xid))?.unwrap_or_default();
    if !was_met && let Some(peer) = run.peer(Seat::Party(line.by)) {
        for earlier in said.lines.iter().filter(|earlier| earlier.by != line.by) {
            send_to(peer, x, earlier.content.clone(), desk)?;
        }
    }
    // In each round the first word of a party is the one that counts, and there are so many rounds.
    if said.lines.iter().any(|earlier| (earlier.by, earlier.round) == (line.by, line.round)) {
        return Ok(true);
    }
    for place in (0..x.parties()).filter(|place| *place != line.by) {
        if let Some(peer) = run.peer(Seat::Party(place)) {
            send_to(peer, x, line.content.clone(), desk)?;
        }
    }
    said.lines.push(line);
    let all = usize::from(x.parties()) * usize::from(x.parties().saturating_add(1));
    if said.lines.len() >= all {
        forget(&relay_key(x.xid), desk);
        return Ok(true);
    }
    desk.tx.push(Write::Timer(relay_key(x.xid), Some(x.core.deadlines.expires.plus(KEPT))));
    rows::put(desk.tx, relay_key(x.xid), &said)?;
    Ok(true)
}

/// A timer of this; false if it is none.
pub(super) fn timer(key: &Key, desk: &mut Desk<'_, '_>) -> bool {
    let ours = key.0.starts_with("relay/");
    if ours {
        forget(key, desk);
    }
    ours
}

fn forget(key: &Key, desk: &mut Desk<'_, '_>) {
    desk.tx.delete(key.clone());
    desk.tx.push(Write::Timer(key.clone(), None));
}
