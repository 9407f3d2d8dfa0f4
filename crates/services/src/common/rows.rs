//! Typed rows: JSON in the store's byte values.

use semper_base::code::Code;
use semper_base::{Fault, Key, Tx, View};
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
    serde_json::to_vec(value).map_err(|e| Fault::new(Code::DatabaseCorrupt, e.to_string()))
}

/// Parses a row that we wrote ourselves: if it does not parse, the database is damaged.
pub fn parse<T: DeserializeOwned>(key: &Key, row: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(row).map_err(|e| Fault::new(Code::DatabaseCorrupt, format!("{}: {e}", key.0)))
}
