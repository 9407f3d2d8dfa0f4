//! `semper backup …`: one locked file with everything that a party needs in order to go on elsewhere.

pub(crate) mod look;
mod pack;
mod seal;

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use semper_base::{Code, Error, Fault, Misuse};
use semper_services::common::recovery::Phrase;
use semper_store::{BLOBS_FOLDER, DATABASE_FILE, Mode, SqliteReader, SqliteStore, head_number};
use semper_support::crypto::Keyring;
use serde_json::json;

use crate::output::{say, say_json};
use crate::party::{head_of, wall};
use crate::passphrase;
use crate::recovery;
use crate::scratch::Scratch;
use crate::settings;
use pack::{Manifest, Member};
use seal::{Lock, Unlock};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Write a backup of a party, whether it runs or not. It is locked with the party's pass phrase, unless you
    /// say otherwise; `age -d` opens it too.
    Create {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The file to write; not overwritten.
        #[arg(long, short)]
        out: PathBuf,
        /// Lock it for this age key (`age1…`) instead; may be said several times.
        #[arg(long, conflicts_with = "backup_passphrase_file")]
        recipient: Vec<String>,
        /// Lock it with a pass phrase of its own, from this file, instead.
        #[arg(long, value_name = "FILE")]
        backup_passphrase_file: Option<PathBuf>,
        /// Lock it with the party's recovery words, from this file, instead.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["recipient", "backup_passphrase_file"])]
        words_file: Option<PathBuf>,
        /// The party's pass phrase; otherwise a credential directory or the terminal.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Open a backup, go through all of it, open its keys, and say what it holds. Nothing is restored.
    Verify {
        /// The backup.
        file: PathBuf,
        #[command(flatten)]
        unlock: Unlock,
    },
    /// Put a backup into a new data directory. The party then waits for `semper restore`.
    Restore {
        /// The backup.
        file: PathBuf,
        /// Where to; must not exist yet.
        #[arg(long)]
        data_dir: PathBuf,
        #[command(flatten)]
        unlock: Unlock,
    },
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    match command {
        Command::Create { data_dir, out, recipient, backup_passphrase_file, words_file, passphrase_file } => {
            let reader = SqliteReader::open_read_only(data_dir)?;
            let lock = match (recipient.as_slice(), backup_passphrase_file, words_file) {
                ([], None, None) => party_lock(&reader, passphrase_file.as_deref())?,
                ([], None, words) => words_lock(&reader, words.as_deref())?,
                ([], own, _) => Lock::phrase(own.as_deref())?,
                (keys, _, _) => Lock::keys(keys)?,
            };
            let (manifest, bytes) = create(data_dir, &reader, out, &lock)?;
            let told = format!("wrote {} ({bytes} bytes before locking)\n{}", out.display(), summary(&manifest));
            tell(&told, "backup", out, &manifest, json);
        }
        Command::Verify { file, unlock } => verify(file, unlock, json)?,
        Command::Restore { file, data_dir, unlock } => restore(file, data_dir, unlock, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The party's own pass phrase; one that does not open its keys would lock the backup for good.
fn party_lock(reader: &SqliteReader, file: Option<&Path>) -> Result<Lock, Error> {
    let record = look::master_record(reader)?;
    let phrase = passphrase::obtain(file, false)?;
    Keyring::unlock(&record, &phrase)?;
    Ok(Lock::Phrase(phrase))
}

/// The party's recovery words; others would lock the backup for good.
fn words_lock(reader: &SqliteReader, file: Option<&Path>) -> Result<Lock, Error> {
    let phrase = Phrase::parse(&recovery::words(file)?)?;
    semper_services::common::recovery::open(reader, &phrase)?;
    Ok(Lock::words(&phrase))
}

/// Writes the backup of the party in `directory`; a file that could not be finished is removed.
fn create(directory: &Path, reader: &SqliteReader, out: &Path, lock: &Lock) -> Result<(Manifest, u64), Error> {
    let disk = |e: std::io::Error| Fault::new(Code::Disk, format!("{}: {e}", out.display()));
    // Beside the original, whose rows it holds: nothing of them comes to lie where the backup goes.
    let scratch = Scratch::within(directory)?;
    let members = gather(directory, reader, scratch.path())?;
    let manifest = manifest(directory, scratch.path(), members.len())?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(out).map_err(disk)?;
    let written = lock.onto(file).and_then(|into| {
        let (stream, bytes) = pack::write(into, &manifest, &members).map_err(disk)?;
        seal::finish(stream).map_err(disk)?;
        Ok(bytes)
    });
    match written {
        Ok(bytes) => Ok((manifest, bytes)),
        Err(fault) => {
            let _ = std::fs::remove_file(out);
            Err(fault.into())
        }
    }
}

/// Copies the database and links the blobs that it speaks of. Those that are there before and after the copy
/// are linked, so that what the party drops meanwhile stays until the backup is written.
fn gather(directory: &Path, reader: &SqliteReader, scratch: &Path) -> Result<Vec<Member>, Error> {
    let (from, to) = (directory.join(BLOBS_FOLDER), scratch.join(BLOBS_FOLDER));
    let disk = |e: std::io::Error| Fault::new(Code::Disk, format!("{}: {e}", to.display()));
    std::fs::create_dir(&to).map_err(disk)?;
    for entry in std::fs::read_dir(&from).map_err(disk)? {
        let name = entry.map_err(disk)?.file_name();
        let _ = std::fs::hard_link(from.join(&name), to.join(&name));
    }
    let database = scratch.join(DATABASE_FILE);
    reader.copy_to(&database)?;
    let mut members = vec![Member { name: DATABASE_FILE.to_owned(), path: database }];
    let settings = directory.join(settings::FILE);
    if settings.is_file() {
        members.push(Member { name: settings::FILE.to_owned(), path: settings });
    }
    let copy = look::reader(scratch)?;
    let mut after = String::new();
    loop {
        let page = copy.blobs(&after)?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.name);
        for blob in page {
            let path = to.join(&blob.name);
            if !path.exists() {
                let gone = |e| Fault::new(Code::Conflict, format!("{}: {e}; run it again", blob.name));
                std::fs::hard_link(from.join(&blob.name), &path).map_err(gone)?;
            }
            members.push(Member { name: format!("{BLOBS_FOLDER}/{}", blob.name), path });
        }
    }
    Ok(members)
}

fn manifest(directory: &Path, scratch: &Path, members: usize) -> Result<Manifest, Error> {
    let copy = look::reader(scratch)?;
    let status = copy.status()?;
    let (role, name) = look::who(&copy, status.clock)?;
    Ok(Manifest {
        version: pack::VERSION,
        made: wall(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        role,
        name,
        commits: status.commits,
        head: head_number(&head_of(directory))?,
        clock: status.clock,
        schema: copy.schema_version() as u64,
        archived: status.archived,
        link: status.link,
        blobs: members.saturating_sub(1) as u64,
    })
}

/// Unpacks into `scratch` and goes through everything but the keys.
fn unpack(file: &Path, content: seal::Opened, scratch: &Path) -> Result<Manifest, Error> {
    let manifest = pack::read(content, scratch, file)?;
    let reader = look::reader(scratch)?;
    let status = reader.status()?;
    reader.audit()?;
    let said = (manifest.commits, manifest.archived, manifest.link);
    if said != (status.commits, status.archived, status.link) {
        let text = format!("{}: its manifest speaks of another database", file.display());
        return Err(Misuse::new(Code::FileWrong, text).into());
    }
    Ok(manifest)
}

fn verify(file: &Path, unlock: &Unlock, json: bool) -> Result<(), Error> {
    let secret = unlock.secret()?;
    let content = unlock.open(file, Some(&secret))?;
    let scratch = Scratch::within(&std::env::temp_dir())?;
    let manifest = unpack(file, content, scratch.path())?;
    let reader = look::reader(scratch.path())?;
    let keys = look::open_keys(&reader, &secret.keyring(&reader)?)?;
    let told = format!("{}\nThe database is whole, and its {keys} keys open.", summary(&manifest));
    tell(&told, "verified", file, &manifest, json);
    Ok(())
}

fn restore(file: &Path, directory: &Path, unlock: &Unlock, json: bool) -> Result<(), Error> {
    let taken = std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
    if taken || directory.is_file() {
        let text = format!("{}: there is something already; name a new --data-dir", directory.display());
        return Err(Misuse::new(Code::FileWrong, text).into());
    }
    let mut beside = directory.file_name().unwrap_or_default().to_os_string();
    beside.push(".restoring");
    let content = unlock.open(file, None)?;
    let scratch = Scratch::at(directory.with_file_name(beside))?;
    let manifest = unpack(file, content, scratch.path())?;
    let head = head_of(directory);
    drop(SqliteStore::open(scratch.path(), &head, Mode::Recover)?);
    let _ = std::fs::remove_dir(directory);
    scratch.keep_as(directory)?;
    let lost = head_number(&head)?.map(|head| head.saturating_sub(manifest.commits));
    let fresh = match lost {
        None => "Nothing here tells whether the party acted after the backup was made.".to_owned(),
        Some(0) => "As far as is known here, the party did nothing after it.".to_owned(),
        Some(lost) => format!("{lost} commits came after it and are not in it."),
    };
    let told = format!(
        "{}\n{fresh}\nIt takes nothing new before you have confirmed that no newer copy runs or will run: `semper restore \
         --data-dir {}` says what follows and asks. Then start it with `semper serve`.",
        summary(&manifest),
        directory.display(),
    );
    tell(&told, "restored", directory, &manifest, json);
    Ok(())
}

/// What a backup holds, for people.
fn summary(manifest: &Manifest) -> String {
    let seconds = wall().since(manifest.made).0 / 1000;
    let age = match seconds {
        0..7200 => format!("{} minutes", seconds / 60),
        7200..172_800 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    };
    let who: BTreeSet<&str> = [manifest.role.as_deref(), manifest.name.as_deref()].into_iter().flatten().collect();
    let who: Vec<&str> = who.into_iter().collect();
    let who = if who.is_empty() { "a party that is not registered yet".to_owned() } else { who.join(", ") };
    format!(
        "Backup of {who}: commit {}, made {} ({age} ago) by semper {}; last active {}; schema {}; {} objects in the \
         archive, {} files beside the database.",
        manifest.commits,
        manifest.made,
        manifest.program,
        manifest.clock,
        manifest.schema,
        manifest.archived,
        manifest.blobs,
    )
}

fn tell(text: &str, event: &str, place: &Path, manifest: &Manifest, json: bool) {
    if json {
        say_json(&json!({ "event": event, "place": place, "holds": manifest }));
    } else {
        say(text);
    }
}
