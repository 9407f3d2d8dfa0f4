//! What a copy of a party's directory holds, and whether it is whole.

use std::path::Path;

use semper_base::{Code, Error, Fault, Hash, Key, KeyId, Timestamp, View};
use semper_blocks::certificate::Kind;
use semper_crypto_aws_lc::AwsLc;
use semper_services::common::keys::{self, Identity};
use semper_store::SqliteReader;
use semper_support::crypto::Keyring;
use semper_support::crypto::keyring::MasterRecord;

/// Rows that are read in one go.
const PAGE: usize = 256;

/// Who a party is, by its own certificate as of `then`; nothing before it is registered.
pub(crate) fn who(view: &dyn View, then: Timestamp) -> Result<(Option<String>, Option<String>), Fault> {
    let crypto = AwsLc::new();
    let trust = keys::trust(view, &crypto)?;
    let Some(row) = view.get(&Key::new("identity", Kind::Statement.word()))? else {
        // Only an authority has its root's key and no certificate beside it.
        let root = trust.filter(|_| matches!(view.get(&Key::new("authority", "root")), Ok(Some(_))));
        return Ok((root.as_ref().map(|_| "authority".to_owned()), root.map(|trust| trust.root().name().to_owned())));
    };
    let identity: Identity =
        serde_json::from_slice(&row).map_err(|e| Fault::new(Code::DatabaseCorrupt, format!("identity: {e}")))?;
    let certificate = view.get(&Key::new("certificate", identity.certificate))?;
    let valid =
        trust.zip(certificate).and_then(|(trust, certificate)| trust.validate(&certificate, then, &crypto).ok());
    Ok((valid.map(|valid| valid.role.to_string()), Some(identity.name)))
}

/// The record of a party's master key under its pass phrase.
pub(crate) fn master_record(view: &dyn View) -> Result<MasterRecord, Fault> {
    let missing = || Fault::new(Code::KeyMissing, "the database holds no keys");
    let row = view.get(&Key::new("keyring", "master"))?.ok_or_else(missing)?;
    serde_json::from_slice(&row).map_err(|e| Fault::new(Code::DatabaseCorrupt, format!("keyring: {e}")))
}

/// Opens every secret key of a party with its master key; says how many there are.
pub(crate) fn open_keys(view: &dyn View, keyring: &Keyring) -> Result<u64, Error> {
    let (mut after, mut count) = (None::<Key>, 0_u64);
    loop {
        let page = view.scan("key/", after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(count) };
        after = Some(last.clone());
        for (key, wrapped) in &page {
            let id = key.0.strip_prefix("key/").and_then(Hash::from_hex).map(KeyId);
            let id = id.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, key.0.clone()))?;
            keyring.unwrap_key(id, wrapped)?;
            count = count.saturating_add(1);
        }
    }
}

/// How many deals a wallet's copy holds, or sales a shop's.
pub(crate) fn deals(reader: &SqliteReader) -> Result<u64, Fault> {
    let (mut after, mut count) = (None::<Key>, 0_u64);
    loop {
        let page = reader.scan("deal/", after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(count) };
        after = Some(last.clone());
        count = count.saturating_add(page.len() as u64);
    }
}

/// Opens a copy for reading.
pub(crate) fn reader(folder: &Path) -> Result<SqliteReader, Fault> {
    SqliteReader::open_read_only(folder)
}
