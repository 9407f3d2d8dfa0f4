//! What every statement says, whatever its kind: member `semper` of the payload.

use semper_base::code::Code;
use semper_base::limits::{REFS_MAX, STATEMENT_BYTES_MAX};
use semper_base::{Hash, KeyId, Nonce, Role, Timestamp, Violation, Xid, json};
use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::read;

/// A language that statements can be shown in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

/// Who signs, as far as the statement itself says: a key, a role, perhaps a certificate. Members here and below in
/// canonical order: so they are written once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// SHA-256 of the certificate (DER), if the key has one; per-deal keys have none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub certificate: Option<Hash>,
    /// SHA-256 of the key's `SubjectPublicKeyInfo`.
    pub key: KeyId,
    /// In which role.
    pub role: Role,
}

/// A reference to an earlier statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ref {
    /// SHA-256 of its compact text.
    pub hash: Hash,
    /// Its kind.
    pub kind: Kind,
}

/// Member `semper` of every payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    /// Until when it may be acted upon. What it proves does not end with it.
    pub expires: Timestamp,
    /// When it was made, by the signer's clock.
    pub issued: Timestamp,
    /// The kind; the header's `typ` says the same.
    pub kind: Kind,
    /// The language it was shown in.
    pub language: Language,
    /// 128 random bits.
    pub nonce: Nonce,
    /// Earlier statements that it follows. They stay inside the pair.
    pub refs: Vec<Ref>,
    /// Who signs.
    pub signer: Signer,
    /// Whom it is for; empty if for anyone who reads it.
    pub to: Vec<KeyId>,
    /// Version of this format: 1.
    pub version: u64,
    /// Hash of the wording it was shown with.
    pub wording: Hash,
    /// The exchange it belongs to, if it leaves the pair of buyer and seller: this and nothing else
    /// ties it to a deal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub xid: Option<Xid>,
}

/// The member of an offer that travels inside `semper`.
pub(super) const TERMS: &str = "terms";

/// The payload taken apart.
pub(super) struct Parts {
    pub(super) meta: Meta,
    pub(super) members: serde_json::Map<String, serde_json::Value>,
}

/// Reads a payload: strict JSON, an object, with a `semper` member of a version we know.
pub(super) fn split(payload: &[u8]) -> Result<Parts, Violation> {
    if payload.len() > STATEMENT_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "payload"));
    }
    let mut members: serde_json::Map<String, serde_json::Value> = json::read(payload)?;
    let mut meta = members.remove("semper").ok_or_else(|| Violation::new(Code::FieldMissing, "semper"))?;
    let version = meta.get("version").and_then(serde_json::Value::as_u64);
    if version != Some(1) {
        return Err(Violation::new(Code::VersionUnknown, "statement"));
    }
    let terms = meta.as_object_mut().and_then(|own| own.remove(TERMS));
    let meta: Meta = json::from_checked(meta)?;
    match (meta.kind, terms) {
        (_, None) => {}
        (kind, Some(terms)) if kind.is_checkout() && !members.contains_key(TERMS) => {
            members.insert(TERMS.to_owned(), terms);
        }
        (_, Some(_)) => return Err(Violation::new(Code::FieldUnknown, TERMS)),
    }
    check(&meta)?;
    Ok(Parts { meta, members })
}

/// What must hold of every statement, whatever its kind.
pub(super) fn check(meta: &Meta) -> Result<(), Violation> {
    if meta.version != 1 {
        return Err(Violation::new(Code::VersionUnknown, "statement"));
    }
    if meta.refs.len() > REFS_MAX || meta.to.len() > REFS_MAX {
        return Err(Violation::new(Code::TooMany, "refs or to"));
    }
    if meta.issued > meta.expires {
        return Err(Violation::new(Code::FieldWrong, "it expires before it is issued"));
    }
    Ok(())
}

/// Only when it was made, of a payload that was read strictly before: nothing else in it is looked at.
pub(super) fn issued(payload: &[u8]) -> Result<Timestamp, Violation> {
    #[derive(Deserialize)]
    struct Payload {
        semper: Dated,
    }
    #[derive(Deserialize)]
    struct Dated {
        issued: Timestamp,
    }
    let payload: Payload =
        serde_json::from_slice(payload).map_err(|e| Violation::new(Code::FieldWrong, e.to_string()))?;
    Ok(payload.semper.issued)
}

/// Only what every statement says.
pub(super) fn read(payload: &[u8]) -> Result<Meta, Violation> {
    if payload.len() <= STATEMENT_BYTES_MAX
        && let Some(meta) = read::meta_only(payload)
    {
        return Ok(meta);
    }
    split(payload).map(|parts| parts.meta)
}
