//! The witness: looks at the logs of banks and notaries that it is connected with, and cosigns each checkpoint
//! that continues the last one it cosigned. It learns sizes and hashes and nothing else.
//!
//! ```text
//!  log --checkpoint, proof from the last size--> [signed? continues?] --yes--> stored, then cosigned
//!                                                        |
//!                                                        +--another size: "behind", with ours
//!                                                        +--a fork: both kept, never cosigned again until the operator looks
//!
//! followed/PEERID   Followed: the log and what was cosigned last
//! fork/PEERID/N     Fork: two checkpoints that do not go together
//! ```
//!
//! The checkpoint is stored in the transaction that queues the cosignature, so nothing is signed that a crash
//! could make us forget.

use semper_base::code::Code;
use semper_base::limits::LOGS_FOLLOWED_MAX;
use semper_base::{Error, Fault, Key, PeerId, Refusal, Role, Timestamp, Violation};
use semper_driver::service::Answer;
use semper_support::log::{Checkpoint, Head, KeyUse, NoteKey, witness};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::common::hello::{self, Met};
use crate::common::log::{self, Cosigned, Follow, Offered, Refused, kinds};
use crate::common::{Desk, Logic, Look, rows, unknown_command};

/// Forks of one log that are kept: two show it, more say no more.
const FORKS_KEPT_MAX: usize = 16;

/// The witness.
#[derive(Clone, Copy, Debug, Default)]
pub struct Witness;

/// A log that is followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Followed {
    /// When the last checkpoint was cosigned.
    pub at: Timestamp,
    /// The last checkpoint that was cosigned.
    pub checkpoint: String,
    /// What it says.
    pub head: Head,
    /// Its key: one log, one key.
    pub key: NoteKey,
    /// The name of its owner.
    pub name: String,
}

/// Two checkpoints of one log that do not go together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fork {
    /// When it was seen.
    pub at: Timestamp,
    /// Why it was refused, see [`Code`].
    pub code: u16,
    /// What was cosigned.
    pub ours: String,
    /// What was offered then.
    pub theirs: Offered,
}

fn followed_row(peer: PeerId) -> Key {
    Key::new("followed", peer)
}

impl Logic for Witness {
    type Message = Box<Offered>;

    fn role(&self) -> Role {
        Role::Witness
    }

    fn check(&self, kind: &str, body: &[u8], look: &Look<'_>) -> Result<Box<Offered>, Violation> {
        if kind != kinds::OFFERED {
            return Err(Violation::new(Code::KindUnknown, kind));
        }
        match log::check(kind, body, look)? {
            log::Message::Offered(offered) => Ok(offered),
            _ => Err(Violation::new(Code::KindUnknown, kind)),
        }
    }

    fn message(&self, from: PeerId, offered: Box<Offered>, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let owner = owner(from, desk)?.ok_or_else(|| Violation::new(Code::PeerWrong, "a log that is not followed"))?;
        let checkpoint = Checkpoint::read(&offered.checkpoint, &offered.key, desk.cx.crypto)?;
        let row = followed_row(from);
        let known: Option<Followed> = rows::get(desk.tx, &row)?;
        if known.as_ref().is_some_and(|known| known.key != offered.key) {
            return Err(Violation::new(Code::LogUnknown, "another key than this log had").into());
        }
        let seen = known.as_ref().map_or_else(Head::empty, |known| known.head);
        match witness::examine(&seen, offered.old, &checkpoint.head(), &offered.proof) {
            Ok(()) => cosign(from, owner, &offered, &checkpoint, desk),
            Err(why) if matches!(why.code(), Code::LogBehind | Code::LogForked | Code::ProofWrong) => {
                refuse(from, known.as_ref(), *offered, why.code(), desk)
            }
            Err(why) => Err(why.into()),
        }
    }

    fn command(&self, word: &str, _request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
        match word {
            "logs" => logs(desk),
            "forks" => forks(desk),
            other => Err(unknown_command(other)),
        }
    }

    fn answer(&self, _answer: &Answer, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    fn timer(&self, _key: &Key, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    fn start(&self, _desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        Ok(())
    }

    /// A register answers at one of our links: we follow its log from where we stand.
    fn met(&self, link: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        let met = hello::met_at(link, desk)?;
        if !matches!(met.role, Role::Bank | Role::Notary) {
            return Ok(());
        }
        let known: Option<Followed> = rows::get(desk.tx, &followed_row(met.peer))?;
        let key = log::statement(Role::Witness, KeyUse::Witness, desk)?;
        desk.send(met.peer, kinds::FOLLOW, &Follow { key, size: known.map_or(0, |known| known.head.size) })
    }
}

/// The register behind one of our links.
fn owner(from: PeerId, desk: &Desk<'_, '_>) -> Result<Option<Met>, Fault> {
    for (key, row) in desk.tx.scan("met/", semper_base::limits::LINKS_MAX)? {
        let met: Met = rows::parse(&key, &row)?;
        if met.peer == from && matches!(met.role, Role::Bank | Role::Notary) {
            return Ok(Some(met));
        }
    }
    Ok(None)
}

fn cosign(
    from: PeerId,
    owner: Met,
    offered: &Offered,
    checkpoint: &Checkpoint,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let row = followed_row(from);
    if desk.tx.get(&row)?.is_none() && desk.tx.scan("followed/", LOGS_FOLLOWED_MAX)?.len() >= LOGS_FOLLOWED_MAX {
        return Err(Refusal::new(Code::TooManyOpen, "logs").into());
    }
    let own = log::own(Role::Witness, KeyUse::Witness, desk)?;
    let line = checkpoint.cosign(&own.key, &own.secret, desk.cx.now, desk.cx.crypto)?;
    let (head, key) = (checkpoint.head(), offered.key.clone());
    let text = checkpoint.to_string();
    rows::put(desk.tx, row, &Followed { at: desk.cx.now, checkpoint: text, head, key, name: owner.name })?;
    desk.send(from, kinds::COSIGNED, &Cosigned { line: line.to_string(), size: head.size })
}

/// Says why not. What may be a fork is kept with what it contradicts.
fn refuse(
    from: PeerId,
    known: Option<&Followed>,
    offered: Offered,
    code: Code,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let size = known.map_or(0, |known| known.head.size);
    let checkpoint = known.map(|known| known.checkpoint.clone()).filter(|_| code != Code::LogBehind);
    if let Some(ours) = checkpoint.clone() {
        let prefix = format!("fork/{from}/");
        let forks = desk.tx.scan(&prefix, FORKS_KEPT_MAX)?;
        let fork = Fork { at: desk.cx.now, code: code.number(), ours, theirs: offered };
        if forks.len() < FORKS_KEPT_MAX {
            rows::put(desk.tx, Key(format!("{prefix}{:04}", forks.len())), &fork)?;
        }
        let name = known.map_or("", |known| known.name.as_str());
        desk.tell("fork", from, format!("The log of {name} shows two histories."));
    }
    desk.send(from, kinds::REFUSED, &Refused { checkpoint, code: code.number(), size })
}

/// `{"command":"logs"}`: what this witness follows, and its key.
fn logs(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let own = log::own(Role::Witness, KeyUse::Witness, desk)?;
    let mut logs = Vec::new();
    for (key, row) in desk.tx.scan("followed/", LOGS_FOLLOWED_MAX)? {
        let one: Followed = rows::parse(&key, &row)?;
        logs.push(json!({
            "name": one.name, "key": one.key, "size": one.head.size, "at": one.at, "checkpoint": one.checkpoint,
        }));
    }
    let certified = log::statement(Role::Witness, KeyUse::Witness, desk).ok();
    Ok(json!({ "key": own.key, "certified": certified, "logs": logs }))
}

/// `{"command":"forks"}`: checkpoints that were refused, with what they contradict.
fn forks(desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let mut forks = Vec::new();
    for (key, row) in desk.tx.scan("fork/", LOGS_FOLLOWED_MAX)? {
        let fork: Fork = rows::parse(&key, &row)?;
        forks.push(json!({
            "at": fork.at, "code": fork.code, "ours": fork.ours, "theirs": fork.theirs.checkpoint,
            "key": fork.theirs.key,
        }));
    }
    Ok(json!({ "forks": forks }))
}
