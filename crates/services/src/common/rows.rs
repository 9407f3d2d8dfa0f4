//! Typed rows: JSON in the store's byte values.

use semper_base::code::Code;
use semper_base::{Fault, Key, Misuse, Tx, View, json};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a row through a view.
pub fn read<T: DeserializeOwned>(view: &dyn View, key: &Key) -> Result<Option<T>, Fault> {
    view.get(key)?.map(|row| parse(key, &row)).transpose()
}

/// Reads a row as this step sees it.
pub fn get<T: DeserializeOwned>(tx: &Tx<'_>, key: &Key) -> Result<Option<T>, Fault> {
    tx.get(key)?.map(|row| parse(key, &row)).transpose()
}

/// Writes a row.
pub fn put<T: Serialize>(tx: &mut Tx<'_>, key: Key, value: &T) -> Result<(), Fault> {
    tx.put(key, bytes(value)?);
    Ok(())
}

/// A row as it is stored.
pub fn bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, Fault> {
    json::written(value, ROW_BYTES).map_err(|e| Fault::new(Code::DatabaseCorrupt, e.to_string()))
}

/// What most rows fit into, so that they do not grow while they are written; and little enough for the allocator to
/// have it at hand.
const ROW_BYTES: usize = 512;
/// What most messages fit into.
const MESSAGE_BYTES: usize = 4096;

/// The JSON of a message.
pub(super) fn message<T: Serialize>(value: &T) -> Result<Vec<u8>, Misuse> {
    json::written(value, MESSAGE_BYTES)
}

/// Parses a row that we wrote ourselves: if it does not parse, the database is damaged.
pub fn parse<T: DeserializeOwned>(key: &Key, row: &[u8]) -> Result<T, Fault> {
    json::read_own(row).map_err(|e| Fault::new(Code::DatabaseCorrupt, format!("{}: {e}", key.0)))
}
