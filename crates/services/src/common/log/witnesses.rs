//! A register and those who cosign its log.

use semper_base::limits::LOG_WITNESSES_MAX;
use semper_base::{Code, Error, Fault, Hash, Key, Millis, PeerId, Refusal, Role, Timestamp, Violation};
use semper_blocks::certificate::Valid;
use semper_blocks::statement::Statement;
use semper_exchange::log::LogKey;
use semper_support::log::tile::Nodes;
use semper_support::log::{Checkpoint, KeyUse, Line, NoteKey};
use serde::{Deserialize, Serialize};

use super::book::{self, Signed, checkpoint_row, cosigned_row};
use super::key;
use super::words::{Certified, Cosigned, Follow, Offered, Refused, kinds};
use crate::common::{Desk, rows};

/// How long the next checkpoint waits for the cosignatures of the last one.
const PATIENCE: Millis = Millis::seconds(3);
/// How long until it looks again.
const PAUSE: Millis = Millis(300);

/// A witness: row `log-witness/PEERID`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Follower {
    /// Its key.
    pub(super) key: NoteKey,
    /// Who says so.
    pub(super) certified: Certified,
    /// The size that it cosigned last.
    pub(super) size: u64,
    /// Since when it has a checkpoint of ours and has not answered.
    asked: Option<Timestamp>,
    /// It said that our log has two histories.
    refused: bool,
}

fn row(peer: PeerId) -> Key {
    Key::new("log-witness", peer)
}

/// All witnesses.
pub(super) fn all(desk: &Desk<'_, '_>) -> Result<Vec<(Key, Follower)>, Fault> {
    let found = desk.tx.scan("log-witness/", LOG_WITNESSES_MAX)?;
    found.into_iter().map(|(key, value)| Ok((key.clone(), rows::parse(&key, &value)?))).collect()
}

/// How long to wait for witnesses that were asked a moment ago.
pub(super) fn awaited(desk: &Desk<'_, '_>) -> Result<Option<Millis>, Fault> {
    let waits = |one: &Follower| one.asked.is_some_and(|asked| desk.cx.now < asked.plus(PATIENCE));
    Ok(all(desk)?.iter().any(|(_, one)| waits(one)).then_some(PAUSE))
}

/// Sends a checkpoint to every witness.
pub(super) fn offer(own: &NoteKey, signed: &Signed, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for (key, follower) in all(desk)? {
        offer_to(key, follower, own, signed, desk)?;
    }
    Ok(())
}

fn offer_to(
    row: Key,
    mut follower: Follower,
    own: &NoteKey,
    signed: &Signed,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    if follower.size > signed.size {
        desk.tell("log-behind", follower.key.name(), "The log is shorter than what this witness has seen.");
        return Ok(());
    }
    let peer = row.0.strip_prefix("log-witness/").and_then(Hash::from_hex).map(PeerId);
    let peer = peer.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, &row.0))?;
    let proof = book::tiles(signed.size, Nodes::default(), desk.tx).consistency(follower.size)?;
    let offered = Offered { checkpoint: signed.text.clone(), key: own.clone(), old: follower.size, proof };
    desk.send(peer, kinds::OFFERED, &offered)?;
    follower.asked = Some(desk.cx.now);
    Ok(rows::put(desk.tx, row, &follower)?)
}

/// A witness follows our log.
pub(super) fn follow(
    role: Role,
    from: PeerId,
    follow: &Follow,
    valid: &Valid,
    statement: &Statement<LogKey>,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let key = statement.body.key.clone();
    if from.0 != valid.key.id().0 || key.key_use() != KeyUse::Witness {
        return Err(Violation::new(Code::PeerWrong, "not a witness").into());
    }
    let row = row(from);
    let known: Option<Follower> = rows::get(desk.tx, &row)?;
    if known.is_none() && desk.tx.scan("log-witness/", LOG_WITNESSES_MAX)?.len() >= LOG_WITNESSES_MAX {
        return Err(Refusal::new(Code::TooManyOpen, "witnesses").into());
    }
    let refused = known.is_some_and(|known| known.refused);
    let follower = Follower { key, certified: follow.key.clone(), size: follow.size, asked: None, refused };
    rows::put(desk.tx, row.clone(), &follower)?;
    let signed = book::latest(role, desk)?;
    let own = key::own(role, KeyUse::Log, desk)?;
    // Signing the first one has offered it already.
    match rows::get::<Follower>(desk.tx, &row)? {
        Some(asked) if asked.asked.is_some() => Ok(()),
        _ => offer_to(row, follower, &own.key, &signed, desk),
    }
}

/// A witness's line for one of our last checkpoints.
pub(super) fn cosigned(role: Role, from: PeerId, message: &Cosigned, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let row = row(from);
    let Some(mut follower) = rows::get::<Follower>(desk.tx, &row)? else {
        return Err(Violation::new(Code::PeerWrong, "not a witness of this log").into());
    };
    let line = Line::parse(&message.line)?;
    let own = key::own(role, KeyUse::Log, desk)?;
    for place in [checkpoint_row(), cosigned_row()] {
        let Some(signed) = rows::get::<Signed>(desk.tx, &place)?.filter(|signed| signed.size == message.size) else {
            continue;
        };
        let mut checkpoint = Checkpoint::read(&signed.text, &own.key, desk.cx.crypto)?;
        checkpoint.add(line, &follower.key, desk.cx.crypto)?;
        let signed = Signed { text: checkpoint.to_string(), ..signed };
        rows::put(desk.tx, place, &signed)?;
        rows::put(desk.tx, cosigned_row(), &signed)?;
        break;
    }
    follower.size = follower.size.max(message.size);
    follower.asked = None;
    Ok(rows::put(desk.tx, row, &follower)?)
}

/// A witness does not cosign: it has seen more than we thought, or something else.
pub(super) fn refused(role: Role, from: PeerId, message: &Refused, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let row = row(from);
    let Some(mut follower) = rows::get::<Follower>(desk.tx, &row)? else {
        return Err(Violation::new(Code::PeerWrong, "not a witness of this log").into());
    };
    let moved = follower.size != message.size;
    follower.asked = None;
    follower.size = message.size;
    if message.code != Code::LogBehind.number() {
        follower.refused = true;
        desk.tell("log-forked", follower.key.name(), "This witness has seen another history of our log.");
        return Ok(rows::put(desk.tx, row, &follower)?);
    }
    rows::put(desk.tx, row.clone(), &follower)?;
    match rows::get::<Signed>(desk.tx, &checkpoint_row())? {
        Some(signed) if moved && !follower.refused => {
            let own = key::own(role, KeyUse::Log, desk)?;
            offer_to(row, follower, &own.key, &signed, desk)
        }
        _ => Ok(()),
    }
}
