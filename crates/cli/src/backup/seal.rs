//! How a backup is locked: age's format (age-encryption.org/v1), under a pass phrase or to X25519 recipients,
//! so that `age -d` opens it too.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use age::stream::{StreamReader, StreamWriter};
use age::{DecryptError, Decryptor, Encryptor};
use semper_base::limits::PASSPHRASE_CHARS_MIN;
use semper_base::{Code, Error, Fault, Misuse, View};
use semper_services::common::recovery::Phrase;
use semper_support::crypto::Keyring;
use zeroize::Zeroizing;

use super::look;
use crate::passphrase::{self, Passphrase};
use crate::recovery;

/// Work of scrypt as a power of two: 128 MiB, some tenths of a second. What a party keeps is worth it, and a
/// backup lies where many guesses can be made.
const WORK: u8 = 17;
/// Most work that a file may ask of its reader: 1 GiB.
const WORK_MAX: u8 = 20;
/// Largest file of identities, in bytes.
const IDENTITIES_BYTES_MAX: u64 = 64 << 10;

/// For whom a backup is made.
pub(super) enum Lock {
    /// For whoever knows this phrase.
    Phrase(Passphrase),
    /// For whoever holds one of these keys.
    Keys(Vec<age::x25519::Recipient>),
}

impl Lock {
    /// Reads recipients (`age1…`).
    pub(super) fn keys(texts: &[String]) -> Result<Lock, Misuse> {
        let read = |text: &String| {
            let wrong = |why: &str| Misuse::new(Code::Usage, format!("--recipient {text}: {why}"));
            text.parse::<age::x25519::Recipient>().map_err(wrong)
        };
        Ok(Lock::Keys(texts.iter().map(read).collect::<Result<_, _>>()?))
    }

    /// For whoever has the party's recovery words.
    pub(super) fn words(phrase: &Phrase) -> Lock {
        Lock::Phrase(phrase.words().into())
    }

    /// A phrase of its own for the backup.
    pub(super) fn phrase(file: Option<&Path>) -> Result<Lock, Error> {
        let phrase = passphrase::obtain(file, true)?;
        if phrase.chars().count() < PASSPHRASE_CHARS_MIN {
            let text = format!("fewer than {PASSPHRASE_CHARS_MIN} characters");
            return Err(Misuse::new(Code::PassphraseWeak, text).into());
        }
        Ok(Lock::Phrase(phrase))
    }

    /// What is written comes out locked. `finish` must be called at the end.
    pub(super) fn onto(&self, file: File) -> Result<StreamWriter<BufWriter<File>>, Fault> {
        let broken = |e: &dyn std::fmt::Display| Fault::new(Code::Crypto, format!("backup: {e}"));
        let encryptor = match self {
            Lock::Phrase(phrase) => {
                let mut recipient = age::scrypt::Recipient::new(secret(phrase));
                recipient.set_work_factor(WORK);
                Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            }
            Lock::Keys(keys) => Encryptor::with_recipients(keys.iter().map(|key| key as &dyn age::Recipient)),
        };
        encryptor.map_err(|e| broken(&e))?.wrap_output(BufWriter::new(file)).map_err(|e| broken(&e))
    }
}

/// Where the key of a backup comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct Unlock {
    /// The backup's own pass phrase, if it was made with one of its own.
    #[arg(long, value_name = "FILE")]
    backup_passphrase_file: Option<PathBuf>,
    /// The age identities that the backup was made for (`AGE-SECRET-KEY-1…`).
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// The party's recovery words, if the backup was made for them or nobody knows the pass phrase.
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
    /// The party's pass phrase; otherwise a credential directory or the terminal.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// What opens a party's keys.
pub(super) enum Secret {
    /// Its pass phrase.
    Phrase(Passphrase),
    /// Its recovery words.
    Words(Phrase),
}

impl Secret {
    fn as_phrase(&self) -> SecretString {
        match self {
            Secret::Phrase(phrase) => secret(phrase),
            Secret::Words(phrase) => secret(&phrase.words().into()),
        }
    }

    /// Opens the keys of a restored copy.
    pub(super) fn keyring(&self, view: &dyn View) -> Result<Keyring, Error> {
        match self {
            Secret::Phrase(phrase) => Ok(Keyring::unlock(&look::master_record(view)?, phrase)?),
            Secret::Words(phrase) => Ok(semper_services::common::recovery::open(view, phrase)?.0),
        }
    }
}

/// A backup's content, unlocked while it is read.
pub(super) type Opened = StreamReader<BufReader<File>>;

impl Unlock {
    /// What opens the party's keys.
    pub(super) fn secret(&self) -> Result<Secret, Error> {
        match &self.words_file {
            Some(file) => Ok(Secret::Words(Phrase::parse(&recovery::words(Some(file))?)?)),
            None => Ok(Secret::Phrase(passphrase::obtain(self.passphrase_file.as_deref(), false)?)),
        }
    }

    /// Opens the file; asks for the party's secret only if the file is locked with it.
    pub(super) fn open(&self, path: &Path, party: Option<&Secret>) -> Result<Opened, Error> {
        let wrong = |why: &str| Misuse::new(Code::FileWrong, format!("{}: {why}", path.display()));
        let file = File::open(path).map_err(|e| wrong(&e.to_string()))?;
        let decryptor = Decryptor::new_buffered(BufReader::new(file)).map_err(|e| refused(path, e))?;
        let opened = match (decryptor.is_scrypt(), &self.identity) {
            (false, None) => {
                return Err(wrong("it was made for a key: --identity FILE names the file that holds it").into());
            }
            (false, Some(file)) => {
                let identities = identities(file)?;
                decryptor.decrypt(identities.iter().map(|identity| identity as &dyn age::Identity))
            }
            (true, _) => {
                let own = self.backup_passphrase_file.as_deref();
                let phrase = match (own, party) {
                    (Some(file), _) => secret(&passphrase::obtain(Some(file), false)?),
                    (None, Some(party)) => party.as_phrase(),
                    (None, None) => self.secret()?.as_phrase(),
                };
                let mut identity = age::scrypt::Identity::new(phrase);
                identity.set_max_work_factor(WORK_MAX);
                decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity))
            }
        };
        opened.map_err(|e| refused(path, e))
    }
}

fn secret(phrase: &Passphrase) -> SecretString {
    SecretString::from(String::from(&**phrase))
}

fn identities(path: &Path) -> Result<Vec<age::x25519::Identity>, Misuse> {
    let wrong = |why: &str| Misuse::new(Code::FileWrong, format!("{}: {why}", path.display()));
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).map_err(|e| wrong(&e.to_string()))?;
    file.take(IDENTITIES_BYTES_MAX).read_to_string(&mut text).map_err(|e| wrong(&e.to_string()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let found: Vec<_> = lines.map(str::parse).collect::<Result<_, _>>().map_err(|e: &str| wrong(e))?;
    if found.is_empty() { Err(wrong("there is no key in it")) } else { Ok(found) }
}

fn refused(path: &Path, error: DecryptError) -> Error {
    let file = |why: &str| Misuse::new(Code::FileWrong, format!("{}: {why}", path.display())).into();
    match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
            Misuse::new(Code::PassphraseWrong, format!("it does not open {}", path.display())).into()
        }
        DecryptError::NoMatchingKeys => file("it was made for other keys"),
        DecryptError::ExcessiveWork { .. } => file("opening it would take more memory than any backup of ours"),
        DecryptError::InvalidHeader | DecryptError::UnknownFormat => file("this is no backup"),
        DecryptError::InvalidMac => file("its head was changed"),
        DecryptError::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof => file("it is cut off"),
        DecryptError::Io(e) => file(&e.to_string()),
    }
}

/// Says what reading or writing a locked stream met.
pub(super) fn stream_fault(path: &Path, error: &io::Error) -> Error {
    let text = |why: &str| format!("{}: {why}", path.display());
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Misuse::new(Code::FileWrong, text("it is cut off")).into(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
            Misuse::new(Code::FileWrong, text("it was changed, or is cut off")).into()
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Fault::new(Code::DiskFull, text(&error.to_string())).into()
        }
        _ => Fault::new(Code::Disk, text(&error.to_string())).into(),
    }
}

/// Ends the locked stream and makes the file survive a power failure.
pub(super) fn finish(stream: StreamWriter<BufWriter<File>>) -> io::Result<()> {
    let mut buffered = stream.finish()?;
    buffered.flush()?;
    buffered.get_ref().sync_all()
}
