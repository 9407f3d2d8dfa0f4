//! Opens a party's data directory: store, keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use semper_base::{Code, Error, Fault, Key, Misuse, Timestamp, Write};
use semper_crypto_aws_lc::AwsLc;
use semper_driver::Store as _;
use semper_store::{Mode, SqliteStore};
use semper_support::crypto::keyring::MasterRecord;
use semper_support::crypto::{Crypto, Keyring};

use crate::passphrase;

/// The database inside a data directory.
pub(crate) const DATABASE: &str = "semper.db";

/// An opened party.
pub(crate) struct Opened {
    pub(crate) store: SqliteStore,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) crypto: Arc<dyn Crypto>,
}

/// The row that holds the wrapped master key.
fn master_row() -> Key {
    Key::new("keyring", "master")
}

/// The `head` file stands beside the data directory, so that a directory which is copied back does
/// not bring its own old head along.
pub(crate) fn head_of(directory: &Path) -> PathBuf {
    let mut name = directory.file_name().unwrap_or_default().to_os_string();
    name.push(".head");
    directory.with_file_name(name)
}

/// Now, by the system clock. Only here and in node is it read.
pub(crate) fn wall() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Opens or creates the party at `directory` and unlocks its keys.
pub(crate) fn open(directory: &Path, passphrase_file: Option<&Path>, create: bool) -> Result<Opened, Error> {
    let fresh = !directory.join(DATABASE).exists();
    if fresh && !create {
        let text = format!("no party at {}; `semper serve` makes one", directory.display());
        return Err(Misuse::new(Code::NotFound, text).into());
    }
    let passphrase = passphrase::obtain(passphrase_file, fresh)?;
    let crypto: Arc<dyn Crypto> = Arc::new(AwsLc::new());
    let mode = if fresh { Mode::Create } else { Mode::Open };
    if fresh {
        private_directory(directory)?;
    }
    let mut store = SqliteStore::open(directory, &head_of(directory), mode)?;
    let record = store.begin()?.get(&master_row())?;
    let keyring = match record {
        Some(row) => {
            let record: MasterRecord =
                serde_json::from_slice(&row).map_err(|e| Fault::new(Code::DatabaseCorrupt, format!("keyring: {e}")))?;
            Keyring::unlock(&record, &passphrase)?
        }
        None => {
            let (keyring, record) = Keyring::create(&passphrase, &*crypto)?;
            let row = serde_json::to_vec(&record).map_err(|e| Fault::new(Code::Crypto, e.to_string()))?;
            let mut transaction = store.begin()?;
            let _ = transaction.apply(&[Write::Put(master_row(), row)], wall())?;
            transaction.commit()?;
            keyring
        }
    };
    Ok(Opened { store, keyring: Arc::new(keyring), crypto })
}

/// Makes the directory for its owner alone.
fn private_directory(directory: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", directory.display())))
}
