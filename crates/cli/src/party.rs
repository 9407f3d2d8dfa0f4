//! Opens a party's data directory: store, keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use semper_base::{Code, Error, Fault, Key, Timestamp, Write};
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

/// Opens or creates the party at `directory` and unlocks its keys. What is wrong with an existing
/// directory is said before anybody is asked for a pass phrase; a pass phrase that will not do is
/// refused before a directory is made.
pub(crate) fn open(directory: &Path, passphrase_file: Option<&Path>) -> Result<Opened, Error> {
    let crypto: Arc<dyn Crypto> = Arc::new(AwsLc::new());
    let head = head_of(directory);
    if !directory.join(DATABASE).exists() {
        let (keyring, record) = new_keyring(passphrase_file, &*crypto)?;
        private_directory(directory)?;
        let mut store = SqliteStore::open(directory, &head, Mode::Create)?;
        keep_record(&mut store, &record)?;
        return Ok(Opened { store, keyring: Arc::new(keyring), crypto });
    }
    let mut store = SqliteStore::open(directory, &head, Mode::Open)?;
    if store.is_recovering() {
        return Err(Fault::new(Code::Recovering, directory.display().to_string()).into());
    }
    let row = store.begin()?.get(&master_row())?;
    let keyring = match row {
        Some(row) => {
            let record: MasterRecord =
                serde_json::from_slice(&row).map_err(|e| Fault::new(Code::DatabaseCorrupt, format!("keyring: {e}")))?;
            passphrase::unlock(&record, directory, passphrase_file)?
        }
        // The first start was cut off before it could write a key.
        None => {
            let (keyring, record) = new_keyring(passphrase_file, &*crypto)?;
            keep_record(&mut store, &record)?;
            keyring
        }
    };
    Ok(Opened { store, keyring: Arc::new(keyring), crypto })
}

fn new_keyring(passphrase_file: Option<&Path>, crypto: &dyn Crypto) -> Result<(Keyring, MasterRecord), Error> {
    Keyring::create(&passphrase::obtain(passphrase_file, true)?, crypto)
}

fn keep_record(store: &mut SqliteStore, record: &MasterRecord) -> Result<(), Error> {
    let row = serde_json::to_vec(record).map_err(|e| Fault::new(Code::Crypto, e.to_string()))?;
    let mut transaction = store.begin()?;
    let _ = transaction.apply(&[Write::Put(master_row(), row)], wall())?;
    transaction.commit()?;
    Ok(())
}

/// Makes the directory for its owner alone.
fn private_directory(directory: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", directory.display())))
}
