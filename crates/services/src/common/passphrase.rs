//! Another pass phrase for a party's keys. The party only exchanges one wrapped master key for another; who
//! may do so, and whether the old phrase was known, is seen to by the program around it, which has the
//! phrases.
//!
//! ```text
//! keyring/master       the master key under the pass phrase
//! passphrase/chosen    when the owner chose a phrase
//! ```

use semper_base::{Code, Error, Hash, Key, Misuse, Timestamp};
use semper_support::crypto::keyring::MasterRecord;
use serde_json::{Value, json};

use super::{Desk, rows, text};

/// The row with the master key.
#[must_use]
pub fn master_row() -> Key {
    Key::new("keyring", "master")
}

/// The row that says when the owner chose a phrase.
#[must_use]
pub fn chosen_row() -> Key {
    Key::new("passphrase", "chosen")
}

/// `{"command":"passphrase"}`: since when the phrase is one that the owner chose.
pub fn show(desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let chosen: Option<Timestamp> = rows::get(desk.tx, &chosen_row())?;
    Ok(json!({ "chosen": chosen }))
}

/// `{"command":"passphrase-set","record":{…},"replaces":HEX}`: from the next start on the phrase of this record
/// opens the keys. `replaces` is the SHA-256 of the row as it was read. Old and new lie in one commit, so
/// that one of them always opens.
///
/// # Errors
/// [`Code::StateWrong`] if another change came between.
pub fn set(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let record = request.get("record").cloned().unwrap_or_default();
    let record: MasterRecord = serde_json::from_value(record).map_err(|_| Misuse::new(Code::FieldWrong, "record"))?;
    let stands = desk.tx.get(&master_row())?.map(|row| Hash::of(&row));
    if stands.is_none() || Hash::from_hex(text(request, "replaces")?) != stands {
        return Err(Misuse::new(Code::StateWrong, "the pass phrase was changed meanwhile").into());
    }
    rows::put(desk.tx, master_row(), &record)?;
    rows::put(desk.tx, chosen_row(), &desk.cx.now)?;
    show(desk)
}
