//! The key that signs a register's checkpoints, or a witness's cosignatures.

use semper_base::{Blob64, Code, Error, Fault, Hash, Key, Misuse, Role};
use semper_blocks::certificate::Kind as CertificateKind;
use semper_blocks::statement::About;
use semper_exchange::log::LogKey;
use semper_support::crypto::{Secret32, random_secret};
use semper_support::log::{KeyUse, NoteKey};
use serde::{Deserialize, Serialize};

use super::words::Certified;
use crate::common::{Desk, keys, rows};

/// A key with its secret half.
#[derive(Clone, Debug)]
pub struct Own {
    /// Name and public half.
    pub key: NoteKey,
    /// Secret half.
    pub secret: Secret32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    key: NoteKey,
    wrapped: Blob64,
}

/// Our key, drawn the first time it is needed. Its name holds a hash of it, so that two logs never share one.
pub fn own(role: Role, key_use: KeyUse, desk: &mut Desk<'_, '_>) -> Result<Own, Error> {
    let row = Key::new("log", "key");
    if let Some(stored) = rows::get::<Stored>(desk.tx, &row)? {
        let plain = desk.cx.keyring.unwrap(&label(&stored.key), &stored.wrapped.0)?;
        let secret = plain.as_slice().try_into().map_err(|_| Fault::new(Code::DatabaseCorrupt, "key of the log"))?;
        return Ok(Own { key: stored.key, secret: Secret32::from_bytes(secret) });
    }
    let secret = random_secret(desk.cx.crypto);
    let public = desk.cx.crypto.ed_public(&secret)?;
    let name = format!("{role}.semper.test/log/{}", semper_base::hash::hex(Hash::of(&public.0).0.split_at(8).0));
    let key = NoteKey::new(&name, key_use, public).map_err(|e| Misuse::new(e.code(), e.detail()))?;
    let wrapped = desk.cx.keyring.wrap(&label(&key), secret.danger_bytes(), desk.cx.crypto)?;
    rows::put(desk.tx, row, &Stored { key: key.clone(), wrapped: Blob64(wrapped) })?;
    Ok(Own { key, secret })
}

/// Our statement about our key, with our certificate. Signed once, anew only under another certificate.
pub fn statement(role: Role, key_use: KeyUse, desk: &mut Desk<'_, '_>) -> Result<Certified, Error> {
    let identity = keys::identity(desk.tx, CertificateKind::Statement)?;
    let identity = identity.ok_or_else(|| Misuse::new(Code::KeyMissing, "not enrolled yet"))?;
    let der = keys::certificate(desk.tx, &identity.certificate)?;
    let certificate = Blob64(der.ok_or_else(|| Misuse::new(Code::NotFound, "own certificate"))?);
    let row = Key::new("log", "statement");
    if let Some(known) = rows::get::<Certified>(desk.tx, &row)?.filter(|known| known.certificate == certificate) {
        return Ok(known);
    }
    let own = own(role, key_use, desk)?;
    let author = keys::author(role, desk.tx, desk.cx)?;
    let statement = author.answer(desk.cx, About::default(), LogKey { key: own.key })?.text;
    let certified = Certified { certificate, statement };
    rows::put(desk.tx, row, &certified)?;
    Ok(certified)
}

fn label(key: &NoteKey) -> String {
    format!("log {}", key.name())
}
