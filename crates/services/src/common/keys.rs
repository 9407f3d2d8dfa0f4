//! A party's own keys and certificates, and what it trusts. All rows:
//!
//! ```text
//! key/KEYID            a secret key, wrapped under the master key
//! identity/KIND        Identity: our certified key of that kind
//! certificate/HASH     a certificate (DER), ours or a peer's, kept for evidence
//! trust/root           the market's root (DER)
//! trust/status         the latest revocation list (DER)
//! status-list/NUMBER   every list that was the latest once, for evidence
//! trust/epoch          grows when one of the two changes
//! ```

use std::sync::Arc;

use semper_base::code::Code;
use semper_base::{Error, Fault, Hash, Key, KeyId, Misuse, Role, Timestamp, Tx, View, Violation, Write};
use semper_blocks::certificate::{Kind, Root, Trust, Valid};
use semper_blocks::statement::{Author, Compact, Language};
use semper_support::Context;
use semper_support::crypto::{Crypto, KeyPair, PublicKey};
use serde::{Deserialize, Serialize};

use super::{Desk, parked, rows};

/// Our certified key of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Which key.
    pub key: KeyId,
    /// SHA-256 of its certificate.
    pub certificate: Hash,
    /// The name in it.
    pub name: String,
    /// When to ask for the next one.
    pub renew_at: Timestamp,
}

/// Row of the trust epoch.
#[must_use]
pub fn trust_epoch() -> Key {
    Key::new("trust", "epoch")
}

fn root_key() -> Key {
    Key::new("trust", "root")
}

fn status_key() -> Key {
    Key::new("trust", "status")
}

fn identity_key(kind: Kind) -> Key {
    Key::new("identity", kind.word())
}

/// Draws a key pair and stores it wrapped.
pub fn generate(desk: &mut Desk<'_, '_>) -> Result<KeyPair, Error> {
    let pair = desk.cx.crypto.generate()?;
    let wrapped = desk.cx.keyring.wrap_key(&pair, desk.cx.crypto)?;
    desk.tx.put(Key::new("key", pair.public.id()), wrapped);
    Ok(pair)
}

/// Reads one of our own keys.
pub fn pair(tx: &Tx<'_>, cx: &Context<'_>, id: KeyId) -> Result<KeyPair, Error> {
    let row = tx.get(&Key::new("key", id))?.ok_or_else(|| Misuse::new(Code::KeyMissing, id.to_string()))?;
    Ok(cx.keyring.unwrap_key(id, &row)?)
}

/// Our certified key of one kind, if we have it.
pub fn identity(tx: &Tx<'_>, kind: Kind) -> Result<Option<Identity>, Fault> {
    rows::get(tx, &identity_key(kind))
}

/// Records our certified key of one kind.
pub fn set_identity(kind: Kind, identity: &Identity, desk: &mut Desk<'_, '_>) -> Result<(), Fault> {
    rows::put(desk.tx, identity_key(kind), identity)
}

/// Whoever signs for this party with its certified key.
pub fn author(role: Role, tx: &Tx<'_>, cx: &Context<'_>) -> Result<Author, Error> {
    let identity = identity(tx, Kind::Statement)?;
    let identity = identity.ok_or_else(|| Misuse::new(Code::KeyMissing, "not enrolled yet"))?;
    let pair = pair(tx, cx, identity.key)?;
    Ok(Author {
        role,
        public: pair.public.clone(),
        secret: pair.secret.clone(),
        certificate: Some(identity.certificate),
        language: Language::En,
    })
}

/// Whoever signs with a key that has no certificate.
pub fn plain_author(role: Role, id: KeyId, tx: &Tx<'_>, cx: &Context<'_>) -> Result<Author, Error> {
    Ok(Author::uncertified(role, &pair(tx, cx, id)?))
}

/// Keeps a certificate for evidence.
pub fn keep_certificate(der: &[u8], desk: &mut Desk<'_, '_>) -> Hash {
    let hash = Hash::of(der);
    desk.tx.put(Key::new("certificate", hash), der.to_vec());
    hash
}

/// A certificate that was kept.
pub fn certificate(tx: &Tx<'_>, hash: &Hash) -> Result<Option<Vec<u8>>, Fault> {
    tx.get(&Key::new("certificate", hash))
}

/// The public key behind one of our ids.
pub fn public(tx: &Tx<'_>, cx: &Context<'_>, id: KeyId) -> Result<PublicKey, Error> {
    Ok(pair(tx, cx, id)?.public.clone())
}

/// The trust snapshot, once there is a root.
pub fn trust(view: &dyn View, crypto: &dyn Crypto) -> Result<Option<Trust>, Fault> {
    build(view.get(&root_key())?, view.get(&status_key())?, crypto)
}

/// The trust as this step sees it: the snapshot by which the input was checked, unless there is a newer one.
pub fn trust_now(desk: &Desk<'_, '_>) -> Result<Option<Arc<Trust>>, Fault> {
    if let Some(by) = desk.checked
        && by.epoch == rows::get(desk.tx, &trust_epoch())?.unwrap_or(0)
    {
        return Ok(by.trusted.trust.clone());
    }
    let trust = build(desk.tx.get(&root_key())?, desk.tx.get(&status_key())?, desk.cx.crypto)?;
    Ok(trust.map(Arc::new))
}

/// Looks again at certificates that a check accepted, by what this step sees: revoked since, or run out?
pub fn recheck(valids: &[&Valid], desk: &Desk<'_, '_>) -> Result<(), Error> {
    let trust = trust_now(desk)?;
    let trust = trust.ok_or_else(|| Violation::new(Code::StatusMissing, "no root"))?;
    Ok(valids.iter().try_for_each(|valid| trust.recheck(valid, desk.cx.now))?)
}

/// The epoch of trust in which something was checked that may wait for long, such as an offer.
fn checked_row(about: &dyn std::fmt::Display) -> Key {
    Key::new("checked", about)
}

/// Notes that a statement was checked by what is trusted now.
pub fn note_checked(about: &dyn std::fmt::Display, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let epoch: u64 = rows::get(desk.tx, &trust_epoch())?.unwrap_or(0);
    Ok(rows::put(desk.tx, checked_row(about), &epoch)?)
}

/// Why the signer of a statement that was checked earlier is no longer to be relied on: revoked since, or run
/// out. The user is told. A list of our own that has grown old says nothing about anybody. Who still is to be
/// relied on is noted to be so by what is trusted now.
pub fn lapsed(about: &dyn std::fmt::Display, statement: &str, desk: &mut Desk<'_, '_>) -> Result<Option<Code>, Error> {
    let since: Option<u64> = rows::get(desk.tx, &checked_row(about))?;
    if since == Some(rows::get(desk.tx, &trust_epoch())?.unwrap_or(0_u64)) {
        return Ok(None);
    }
    let named = Compact::parse(statement)?.certificate();
    let der = named.map(|hash| certificate(desk.tx, &hash)).transpose()?.flatten();
    let why = match (der, trust_now(desk)?) {
        (Some(der), Some(trust)) => trust.validate(&der, desk.cx.now, desk.cx.crypto).err().map(|e| e.code()),
        _ => Some(Code::StatusMissing),
    };
    let why = why.filter(|why| *why != Code::StatusStale);
    match why {
        Some(why) => desk.tell("lapsed", about, format!("Nothing was ordered: of the seller, {}.", why.text())),
        None => note_checked(about, desk)?,
    }
    Ok(why)
}

/// Nothing waits any more for what was checked.
pub fn forget_checked(about: &dyn std::fmt::Display, desk: &mut Desk<'_, '_>) {
    desk.tx.delete(checked_row(about));
}

/// The timer that looks again at what the user is asked, because what is trusted has changed.
#[must_use]
pub fn trust_timer() -> Key {
    Key::new("timer", "trust")
}

fn build(root: Option<Vec<u8>>, status: Option<Vec<u8>>, crypto: &dyn Crypto) -> Result<Option<Trust>, Fault> {
    let Some(root) = root else {
        return Ok(None);
    };
    let corrupt = |e: Violation| Fault::new(Code::DatabaseCorrupt, format!("trust: {e}"));
    let trust = Trust::new(Root::read(&root, crypto).map_err(corrupt)?);
    match status {
        Some(status) => Ok(Some(trust.with_status(&status, crypto).map_err(corrupt)?)),
        None => Ok(Some(trust)),
    }
}

/// The root as it stands in the store.
pub fn root_der(tx: &Tx<'_>) -> Result<Option<Vec<u8>>, Fault> {
    tx.get(&root_key())
}

/// The revocation list as it stands in the store.
pub fn status_der(tx: &Tx<'_>) -> Result<Option<Vec<u8>>, Fault> {
    tx.get(&status_key())
}

/// Whether anything rests on our root already: a certificate of ours, or somebody whom we met.
fn belongs(desk: &Desk<'_, '_>) -> Result<bool, Fault> {
    Ok(!desk.tx.scan("identity/", 1)?.is_empty() || !desk.tx.scan("met/", 1)?.is_empty())
}

/// Sets the root, once. As long as nothing rests on it, another may take its place.
pub fn set_root(der: &[u8], desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match root_der(desk.tx)? {
        Some(known) if known == der => Ok(()),
        Some(_) if belongs(desk)? => {
            Err(Misuse::new(Code::RootWrong, "another root is set; a party belongs to one market").into())
        }
        _ => {
            Root::read(der, desk.cx.crypto)?;
            desk.tx.put(root_key(), der.to_vec());
            bump(desk)
        }
    }
}

/// Takes a newer revocation list; an older one changes nothing.
pub fn set_status(der: &[u8], desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let root = root_der(desk.tx)?.ok_or_else(|| Misuse::new(Code::StateWrong, "no root yet"))?;
    let trust = Trust::new(Root::read(&root, desk.cx.crypto)?);
    let fresh = trust.with_status(der, desk.cx.crypto)?;
    let number = |trust: &Trust| trust.status().map(|list| list.number);
    if let Some(known) = status_der(desk.tx)? {
        let known = trust.with_status(&known, desk.cx.crypto)?;
        if number(&known) >= number(&fresh) {
            return Ok(());
        }
    }
    desk.tx.put(status_key(), der.to_vec());
    // Evidence shows the status as it was: every list is kept, by its number.
    let number = number(&fresh).unwrap_or(0);
    desk.tx.put(Key::new("status-list", format_args!("{number:016}")), der.to_vec());
    bump(desk)
}

fn bump(desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let epoch: u64 = rows::get(desk.tx, &trust_epoch())?.unwrap_or(0);
    rows::put(desk.tx, trust_epoch(), &epoch.saturating_add(1))?;
    if !desk.tx.scan("ask/", 1)?.is_empty() {
        desk.tx.push(Write::Timer(trust_timer(), Some(desk.cx.now)));
    }
    parked::wake(desk)
}
