//! What the trusted screen says beside the statement itself: who the receivers are by their
//! certificates, what backs them, and how the owner wants to be asked.
//!
//! ```text
//! preferences/owner    Preferences, if the owner has set other than the first ones
//! known/KEY            shops that the owner remembers as known, by a decision of the owner's own
//! ```

use semper_base::limits::{PACK_MEMBERS_MAX, PURSES_MAX};
use semper_base::{Code, Error, Hash, Key, KeyId, Misuse, Timestamp, View, json};
use semper_blocks::certificate::{Trust, Valid};
use semper_blocks::payment::Purse;
use semper_blocks::statement::Language;
use semper_support::crypto::Crypto;
use semper_support::preferences::Preferences;
use semper_support::tinguin::neutral::neutralise_inline;
use serde_json::{Value, json};

use super::{Desk, keys, rows, text};

/// Longest name that is shown of a peer, in characters.
const NAME_CHARS_MAX: usize = 60;

/// The receivers of a payload, one line each: name, role, who certified them, up to what amount they
/// may be relied on and what is warranted. A key without certificate is said to be one.
pub fn receivers(view: &dyn View, payload: &[u8], crypto: &dyn Crypto, now: Timestamp) -> Result<Vec<String>, Error> {
    let to = addressed(payload)?;
    let known = match keys::trust(view, crypto)? {
        Some(trust) => certified(view, &trust, crypto, now)?,
        None => Vec::new(),
    };
    let purse = paying(view, payload)?;
    let line = |key: &KeyId| match known.iter().find(|valid| valid.key.id() == *key) {
        Some(valid) if purse.as_ref().is_some_and(|purse| purse.bank.key == *key) => {
            format!("{}{}", describe(valid), purse.as_ref().map(own).unwrap_or_default())
        }
        Some(valid) => describe(valid),
        None => "a key without certificate, for this deal alone".to_owned(),
    };
    Ok(to.iter().map(line).collect())
}

/// The purse of ours out of which a payload pays.
fn paying(view: &dyn View, payload: &[u8]) -> Result<Option<Purse>, Error> {
    let payload: Value = json::read(payload)?;
    let Some(account) = payload.get("account").and_then(Value::as_str) else { return Ok(None) };
    let purses = view.scan("purse/bank", None, PURSES_MAX)?;
    let purses: Result<Vec<Purse>, Error> = purses.iter().map(|(_, purse)| Purse::read(purse)).collect();
    Ok(purses?.into_iter().find(|purse| purse.account == account))
}

/// What we call it, which its bank does not know.
fn own(purse: &Purse) -> String {
    format!("; out of your purse {:?}", purse.name)
}

/// The keys that a payload is for.
fn addressed(payload: &[u8]) -> Result<Vec<KeyId>, Error> {
    let payload: Value = json::read(payload)?;
    let to = payload.pointer("/semper/to").cloned().unwrap_or_default();
    Ok(serde_json::from_value(to).unwrap_or_default())
}

fn known_row(key: &KeyId) -> Key {
    Key::new("known", key)
}

/// Whether everybody whom this payload is for is known: the owner has said so. Nobody is known to whom only a
/// rule has ever signed.
pub fn is_known(view: &dyn View, payload: &[u8]) -> Result<bool, Error> {
    let keys = addressed(payload)?;
    for key in &keys {
        if view.get(&known_row(key))?.is_none() {
            return Ok(false);
        }
    }
    Ok(!keys.is_empty())
}

/// `{"command":"known","key":KEYID,"set"?:true|false}`: whether orders from this shop may be signed by the
/// owner's rule, without asking; with `set` the owner decides it.
pub fn known_command(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let key = Hash::from_hex(text(request, "key")?).map(KeyId).ok_or_else(|| Misuse::new(Code::FieldWrong, "key"))?;
    match request.get("set").and_then(Value::as_bool) {
        Some(true) => desk.tx.put(known_row(&key), Vec::new()),
        Some(false) => desk.tx.delete(known_row(&key)),
        None => {}
    }
    Ok(json!({ "key": key, "known": desk.tx.get(&known_row(&key))?.is_some() }))
}

/// Notes whom the owner has ordered from.
pub fn note_known(payload: &[u8], desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    for key in addressed(payload)? {
        desk.tx.put(known_row(&key), Vec::new());
    }
    Ok(())
}

fn certified(view: &dyn View, trust: &Trust, crypto: &dyn Crypto, now: Timestamp) -> Result<Vec<Valid>, Error> {
    let stored = view.scan("certificate/", None, PACK_MEMBERS_MAX)?;
    Ok(stored.iter().filter_map(|(_, der)| trust.validate(der, now, crypto).ok()).collect())
}

fn describe(valid: &Valid) -> String {
    let name = neutralise_inline(&valid.name, NAME_CHARS_MAX);
    let limit = valid.limit.map_or_else(|| "no limit stated".to_owned(), |limit| format!("up to {limit} per deal"));
    let warranty = valid.warranty.map_or_else(|| "nothing".to_owned(), |warranty| warranty.to_string());
    format!(
        "{name}, {} (certified by {}; may be relied on: {limit}; the certifier warrants: {warranty})",
        valid.role.word(),
        neutralise_inline(&valid.issuer, NAME_CHARS_MAX),
    )
}

fn preferences_row() -> Key {
    Key::new("preferences", "owner")
}

/// The owner's preferences.
pub fn preferences(view: &dyn View) -> Result<Preferences, Error> {
    parse(view.get(&preferences_row())?)
}

/// The language that the owner wants to be asked in.
pub fn language(desk: &Desk<'_, '_>) -> Result<Language, Error> {
    Ok(parse(desk.tx.get(&preferences_row())?)?.screen.language.into())
}

fn parse(row: Option<Vec<u8>>) -> Result<Preferences, Error> {
    Ok(row.map(|row| Preferences::read(&row)).transpose()?.unwrap_or_default())
}

/// `{"command":"preferences"}` shows them; with `"set":{…}` replaces them.
pub fn preferences_command(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    if let Some(set) = request.get("set") {
        let preferences = Preferences::read(set.to_string().as_bytes())?;
        desk.tx.put(preferences_row(), preferences.write()?);
    }
    let now: Option<Value> = rows::get(desk.tx, &preferences_row())?;
    let now = now.map_or_else(|| serde_json::to_value(Preferences::default()), Ok);
    now.map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()).into())
}
