//! What a register signed about an exchange and its parties refused: a decision without ground, or on a false one. It
//! lies among the register's misdeeds, and whoever shows it in a pack convicts the register by its own signature.

use std::collections::BTreeSet;

use semper_base::limits::TEXTS_REFUSED_MAX;
use semper_base::tx::{Need, Record};
use semper_base::{Fault, PeerId, Xid, json};
use semper_blocks::statement::Compact;
use semper_support::crypto::{Crypto, PublicKey};
use serde_json::Value;

use super::Desk;

/// Records about one peer that are looked at, the oldest first.
const RECORDS_MAX: usize = 1024;

/// Whose words count in an exchange.
pub(super) struct Keys<'a> {
    pub(super) registers: Vec<&'a PublicKey>,
    pub(super) parties: Vec<&'a PublicKey>,
}

/// What the registers signed about the exchange and is not among `statements`, with what parties signed and came with
/// it as its ground. Of a packet that holds nothing of its register, nothing: anybody can send such a one. Nothing that
/// does not verify: it would only make a pack unsound.
pub(super) fn refused(
    xid: Xid,
    keys: &Keys<'_>,
    statements: &[String],
    desk: &Desk<'_, '_>,
) -> Result<Vec<String>, Fault> {
    let (mut known, mut found): (BTreeSet<String>, Vec<String>) = (statements.iter().cloned().collect(), Vec::new());
    let is_of = |keys: &[&PublicKey], text: &String| keys.iter().any(|key| is_by(key, text, desk.cx.crypto));
    for register in &keys.registers {
        // A register is met as the key that X names and nowhere else.
        for record in desk.tx.archived(&format!("peer:{}", PeerId(register.id().0)), RECORDS_MAX)? {
            let mut texts = texts(&record, xid);
            if !texts.iter().any(|text| is_of(&[register], text)) {
                continue;
            }
            texts.retain(|text| is_of(&keys.registers, text) || is_of(&keys.parties, text));
            let new = texts.into_iter().filter(|text| known.insert(text.clone()));
            found.extend(new.take(TEXTS_REFUSED_MAX.saturating_sub(found.len())));
        }
    }
    Ok(found)
}

/// Whether this key signed it, by its header first: only then is it worth a verification.
fn is_by(key: &PublicKey, text: &str, crypto: &dyn Crypto) -> bool {
    let compact = Compact::parse(text).ok().filter(|compact| compact.key() == key.id());
    compact.is_some_and(|compact| compact.verify(crypto, key).is_ok())
}

/// The statements about the exchange in the packet that a misdeed is, wherever they stand in it: code, kind and body,
/// as the driver notes them.
fn texts(record: &Record, xid: Xid) -> Vec<String> {
    let body = Some(record).filter(|record| record.need == Need::Misdeed).and_then(|record| {
        let [_, _, body] = record.bytes.splitn(3, |byte| *byte == b' ').collect::<Vec<_>>().try_into().ok()?;
        json::read::<Value>(body).ok()
    });
    let mut texts = Vec::new();
    gather(body.unwrap_or_default(), &mut texts);
    texts.retain(|text| {
        let meta = Compact::parse(text).and_then(|compact| compact.danger_meta_unverified());
        meta.is_ok_and(|meta| meta.xid == Some(xid))
    });
    texts
}

/// Every text in a value. What is read is not nested deeper than the reader allows.
fn gather(value: Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.into_iter().for_each(|item| gather(item, texts)),
        Value::Object(members) => members.into_iter().for_each(|(_, member)| gather(member, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
