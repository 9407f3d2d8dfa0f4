//! Where a party's pass phrase comes from: a file, a credential directory, or the terminal.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use semper_base::{Code, Error, Fault, Hash, Misuse, View as _};
use semper_crypto_aws_lc::AwsLc;
use semper_services::common::passphrase::{chosen_row, master_row};
use semper_store::SqliteReader;
use semper_support::crypto::Keyring;
use semper_support::crypto::keyring::MasterRecord;
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// A pass phrase; wiped when dropped, and never held in memory that grows and leaves copies behind. `Debug`
/// shows nothing, which that of `Zeroizing` would.
#[derive(PartialEq, Eq)]
pub(crate) struct Passphrase(Zeroizing<String>);

impl From<Zeroizing<String>> for Passphrase {
    fn from(text: Zeroizing<String>) -> Self {
        Passphrase(text)
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase")
    }
}

impl std::ops::Deref for Passphrase {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// The name of the credential (systemd sets `CREDENTIALS_DIRECTORY` for `LoadCredential=`).
const CREDENTIAL: &str = "semper-passphrase";
/// Longest file that can be a pass phrase.
const BYTES_MAX: usize = 4096;

/// Reads the pass phrase. `fresh` asks for it twice.
pub(crate) fn obtain(file: Option<&Path>, fresh: bool) -> Result<Passphrase, Error> {
    if let Some(file) = file {
        return read(file);
    }
    if let Some(directory) = std::env::var_os("CREDENTIALS_DIRECTORY") {
        let file = Path::new(&directory).join(CREDENTIAL);
        if file.exists() {
            return read(&file);
        }
    }
    if !std::io::stdin().is_terminal() {
        let text = "there is no terminal to ask for the pass phrase: give --passphrase-file FILE";
        return Err(Fault::new(Code::CouldNotAsk, text).into());
    }
    let ask = |prompt: &str| {
        let typed = rpassword::prompt_password(prompt).map(|text| Passphrase(Zeroizing::new(text)));
        typed.map_err(|e| Fault::new(Code::CouldNotAsk, e.to_string()))
    };
    let first = ask("Pass phrase: ")?;
    if fresh && ask("The same again: ")? != first {
        return Err(Misuse::new(Code::PassphraseWrong, "the two differ").into());
    }
    Ok(first)
}

/// One read into memory of its final size, then one copy without the line end.
fn read(file: &Path) -> Result<Passphrase, Error> {
    let wrong = |what: String| Misuse::new(Code::FileWrong, format!("pass phrase file {}: {what}", file.display()));
    let mut bytes = Zeroizing::new(vec![0_u8; BYTES_MAX + 1]);
    let mut open = File::open(file).map_err(|e| wrong(e.to_string()))?;
    let mut length = 0;
    while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match open.read(rest).map_err(|e| wrong(e.to_string()))? {
            0 => break,
            count => length += count,
        }
    }
    if length > BYTES_MAX {
        return Err(wrong("too long for a pass phrase".to_owned()).into());
    }
    let text = std::str::from_utf8(bytes.get(..length).unwrap_or_default());
    let text = text.map_err(|_| wrong("not UTF-8".to_owned()))?;
    Ok(Passphrase(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())))
}

/// The command by which pages change the pass phrase: `{"command":"passphrase-change","new","old"?}`.
const CHANGE: &str = "passphrase-change";

/// The file of a party that has a phrase of its own although it was started with a file that others may
/// share, and that file's successor until the change is committed.
fn own_files(directory: &Path, file: &Path) -> Option<(PathBuf, PathBuf)> {
    let party = directory.file_name()?.to_str()?;
    let name = format!("{}-{party}", file.file_name()?.to_str()?);
    Some((file.with_file_name(&name), file.with_file_name(format!("{name}.next"))))
}

/// Unlocks a party's keys: with its own file, with that file's successor if the change was committed and
/// then cut off, or with what [`obtain`] gives.
pub(crate) fn unlock(record: &MasterRecord, directory: &Path, file: Option<&Path>) -> Result<Keyring, Error> {
    if let Some((own, next)) = file.and_then(|file| own_files(directory, file)) {
        for candidate in [&own, &next] {
            if !candidate.exists() {
                continue;
            }
            match Keyring::unlock(record, &read(candidate)?) {
                Ok(keyring) if candidate == &next => return settle(&next, &own).map(|()| keyring).map_err(Error::from),
                Ok(keyring) => return Ok(keyring),
                Err(other) if other.code() != Code::PassphraseWrong => return Err(other.into()),
                Err(_) => {}
            }
        }
    }
    Keyring::unlock(record, &obtain(file, false)?).map_err(|why| match why.code() {
        Code::PassphraseWrong => {
            let from = file.map_or_else(|| "what was typed".to_owned(), |file| file.display().to_string());
            Misuse::new(Code::PassphraseWrong, format!("{from} does not open {}", directory.display())).into()
        }
        _ => Error::from(why),
    })
}

fn settle(next: &Path, own: &Path) -> Result<(), Fault> {
    std::fs::rename(next, own).map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", own.display())))
}

/// A change that the party has still to commit.
pub(crate) struct Change {
    /// The command that the party is to be given.
    pub(crate) command: Value,
    /// The files to be exchanged afterwards.
    files: Option<(PathBuf, PathBuf)>,
}

impl Change {
    /// The party has committed: the file follows.
    pub(crate) fn done(&self) -> Result<(), Fault> {
        self.files.as_ref().map_or(Ok(()), |(own, next)| settle(next, own))
    }
}

/// For pages: checks the old phrase and wraps the master key under the new one. `None` for every other
/// command. A phrase that was never chosen but drawn need not be known: the file has it. Takes about half a
/// second: not for a thread of the runtime.
pub(crate) fn change(directory: &Path, file: Option<&Path>, request: &Value) -> Option<Result<Change, Error>> {
    if request.get("command").and_then(Value::as_str) != Some(CHANGE) {
        return None;
    }
    let member = |name: &str| request.get(name).and_then(Value::as_str);
    Some(prepare(directory, file, member("old"), member("new").unwrap_or_default()))
}

fn prepare(directory: &Path, file: Option<&Path>, old: Option<&str>, new: &str) -> Result<Change, Error> {
    let reader = SqliteReader::open_read_only(directory)?;
    let row = reader.get(&master_row())?.ok_or_else(|| Misuse::new(Code::KeyMissing, "keyring"))?;
    let record: MasterRecord =
        serde_json::from_slice(&row).map_err(|e| Fault::new(Code::DatabaseCorrupt, format!("keyring: {e}")))?;
    let chosen = reader.get(&chosen_row())?.is_some();
    let keyring = match (old, file) {
        (Some(old), _) => Keyring::unlock(&record, old)?,
        (None, Some(file)) if !chosen => unlock(&record, directory, Some(file))?,
        (None, _) => return Err(Misuse::new(Code::PassphraseWrong, "the old pass phrase is needed").into()),
    };
    let fresh = keyring.rewrap(new, &AwsLc::new())?;
    let files = file.and_then(|file| own_files(directory, file));
    if let Some((_, next)) = &files {
        write_private(next, new).map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", next.display())))?;
    }
    let command = json!({ "command": "passphrase-set", "record": fresh, "replaces": Hash::of(&row).hex() });
    Ok(Change { command, files })
}

/// Writes a file that its owner alone may read, down to the disk.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_phrase_opens_whenever_the_power_fails() {
        let crypto = AwsLc::new();
        let market = std::env::temp_dir().join(format!("semper-passphrase-{}", std::process::id()));
        let (shared, party) = (market.join("passphrase"), market.join("wallet"));
        std::fs::create_dir_all(&party).unwrap();
        std::fs::write(&shared, "first marmalade tugboat").unwrap();
        let (keyring, first) = Keyring::create("first marmalade tugboat", &crypto).unwrap();
        let second = keyring.rewrap("second marmalade tugboat", &crypto).unwrap();
        let (own, next) = own_files(&party, &shared).unwrap();
        // Cut off before the commit: the old phrase still opens.
        write_private(&next, "second marmalade tugboat").unwrap();
        assert!(unlock(&first, &party, Some(&shared)).is_ok());
        // Cut off after it: the new one does, and has its place.
        assert!(unlock(&second, &party, Some(&shared)).is_ok());
        assert!(own.exists() && !next.exists());
        assert!(unlock(&second, &party, Some(&shared)).is_ok());
        std::fs::remove_dir_all(&market).unwrap();
    }

    #[test]
    fn debug_shows_nothing() {
        let phrase = Passphrase(Zeroizing::new("marmalade-tugboat".to_owned()));
        assert_eq!((format!("{phrase:?}").as_str(), &*phrase), ("Passphrase", "marmalade-tugboat"));
    }
}
