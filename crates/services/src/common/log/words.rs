//! What passes between registers, their witnesses and their customers about logs.

use semper_base::limits::{LOG_PROOF_HASHES_MAX, NOTE_BYTES_MAX};
use semper_base::{Blob64, Code, Hash, Violation, Xid, json};
use semper_blocks::certificate::Valid;
use semper_blocks::statement::{Compact, Statement, verify};
use semper_exchange::log::{LOGGED_ROWS_MAX, LogKey};
use semper_support::log::note::KeyUse;
use semper_support::log::{NoteKey, Record};
use serde::{Deserialize, Serialize};

use crate::common::Look;
use crate::common::traffic::Plain;

/// Message kinds.
pub mod kinds {
    use super::Plain;

    /// See [`super::Ask`].
    pub const ASK: &str = Plain::LogAsk.word();
    /// See [`super::Places`].
    pub const PLACES: &str = Plain::LogPlaces.word();
    /// See [`super::Follow`].
    pub const FOLLOW: &str = Plain::LogFollow.word();
    /// See [`super::Offered`].
    pub const OFFERED: &str = Plain::LogCheckpoint.word();
    /// See [`super::Cosigned`].
    pub const COSIGNED: &str = Plain::LogCosigned.word();
    /// See [`super::Refused`].
    pub const REFUSED: &str = Plain::LogRefused.word();
}

/// Largest proof's file, in bytes: its hashes, its checkpoint, and its head.
const PROOF_BYTES_MAX: usize = LOG_PROOF_HASHES_MAX * 45 + NOTE_BYTES_MAX + 256;
/// Witnesses whose keys one answer brings.
const WITNESSES_SHOWN_MAX: usize = 16;

/// A party asks a register where its decisions about an exchange stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The exchange: who knows its id may know where it stands.
    pub xid: Xid,
}

/// The register's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Places {
    /// The exchange.
    pub xid: Xid,
    /// The signed promise: a statement `logged`.
    pub logged: String,
    /// Of each decision that a checkpoint covers already.
    pub proofs: Vec<Place>,
    /// Who cosigns this log.
    pub witnesses: Vec<Certified>,
}

/// One decision in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// What was sealed.
    pub record: Record,
    /// The proof, as a file ([`semper_support::log::Proof`]).
    pub proof: String,
}

/// A statement `log-key` and the certificate of whoever signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certified {
    /// The certificate (DER).
    pub certificate: Blob64,
    /// The statement.
    pub statement: String,
}

/// A witness wants to follow a log from a size on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Follow {
    /// Its key.
    pub key: Certified,
    /// The size that it cosigned last, 0 at first.
    pub size: u64,
}

/// A checkpoint to be cosigned (C2SP tlog-witness, over our own connections).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offered {
    /// The signed note.
    pub checkpoint: String,
    /// The log's name and key.
    pub key: NoteKey,
    /// The size from which the proof leads.
    pub old: u64,
    /// Proof of consistency.
    pub proof: Vec<Hash>,
}

/// A witness's line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cosigned {
    /// The line for the note.
    pub line: String,
    /// The checkpoint's size.
    pub size: u64,
}

/// A witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// What it has cosigned last, if that contradicts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub checkpoint: Option<String>,
    /// Why, see [`Code`].
    pub code: u16,
    /// The size that it cosigned last.
    pub size: u64,
}

/// A message that passed its check.
#[derive(Clone, Debug)]
pub enum Message {
    /// To a register.
    Ask(Ask),
    /// To a register.
    Cosigned(Cosigned),
    /// To a register; the witness's certificate and key are good.
    Follow(Box<(Follow, Valid, Statement<LogKey>)>),
    /// To a witness.
    Offered(Box<Offered>),
    /// To a party.
    Places(Box<Places>),
    /// To a register.
    Refused(Refused),
}

/// Checks a message about logs.
pub fn check(kind: &str, body: &[u8], look: &Look<'_>) -> Result<Message, Violation> {
    Ok(match kind {
        kinds::ASK => Message::Ask(json::read(body)?),
        kinds::COSIGNED => Message::Cosigned(bounded(json::read(body)?, |one: &Cosigned| one.line.len())?),
        kinds::FOLLOW => {
            let follow: Follow = json::read(body)?;
            let (valid, statement) = certified(&follow.key, look)?;
            Message::Follow(Box::new((follow, valid, statement)))
        }
        kinds::OFFERED => {
            let offered: Offered = bounded(json::read(body)?, |one: &Offered| one.checkpoint.len())?;
            semper_support::log::tile::check_length(&offered.proof)?;
            Message::Offered(Box::new(offered))
        }
        kinds::PLACES => {
            let places: Places = json::read(body)?;
            let too_many = places.proofs.len() > LOGGED_ROWS_MAX || places.witnesses.len() > WITNESSES_SHOWN_MAX;
            if too_many || places.proofs.iter().any(|one| one.proof.len() > PROOF_BYTES_MAX) {
                return Err(Violation::new(Code::TooMany, "places in a log"));
            }
            Message::Places(Box::new(places))
        }
        kinds::REFUSED => {
            let size = |one: &Refused| one.checkpoint.as_ref().map_or(0, String::len);
            Message::Refused(bounded(json::read(body)?, size)?)
        }
        other => return Err(Violation::new(Code::KindUnknown, other)),
    })
}

fn bounded<T>(message: T, bytes: impl Fn(&T) -> usize) -> Result<T, Violation> {
    if bytes(&message) > NOTE_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "note"));
    }
    Ok(message)
}

/// Verifies a `log-key`: certified by the market, by the role that uses such a key.
pub fn certified(key: &Certified, look: &Look<'_>) -> Result<(Valid, Statement<LogKey>), Violation> {
    let valid = look.trust()?.validate(&key.certificate.0, look.now, look.crypto)?;
    let compact = Compact::parse(&key.statement)?;
    if compact.certificate() != Some(valid.certificate_hash) {
        return Err(Violation::new(Code::CertificateMalformed, "another certificate"));
    }
    let statement: Statement<LogKey> = verify(look.crypto, &valid.key, &key.statement)?;
    let fits = match statement.body.key.key_use() {
        KeyUse::Log => matches!(valid.role, semper_base::Role::Bank | semper_base::Role::Notary),
        KeyUse::Witness => valid.role == semper_base::Role::Witness,
    };
    if fits && statement.meta.signer.role == valid.role {
        Ok((valid, statement))
    } else {
        Err(Violation::new(Code::RoleWrong, valid.role.word()))
    }
}
