//! `semper restore`: the way out for a party whose newest database is lost. It says what follows, asks,
//! and lets the copy at hand go on.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use semper_base::{Code, Error, Fault};
use semper_store::{Mode, SqliteReader, SqliteStore};
use serde_json::json;

use crate::output::{say, say_json, warn};
use crate::party::head_of;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The party's data directory, with the backup put back.
    #[arg(long)]
    data_dir: PathBuf,
    /// Agree without being asked.
    #[arg(long)]
    yes: bool,
    /// A peer says that this is an old copy, although nothing here shows it: a copy that brought its head file
    /// along, or a party that was restored twice from one backup.
    #[arg(long)]
    peers_say_so: bool,
}

pub(crate) fn run(options: &Options, json: bool) -> Result<ExitCode, Error> {
    let directory = &options.data_dir;
    if !options.peers_say_so && is_newest(directory)? {
        let text = "As far as this machine knows, this is the newest database; there is nothing to restore. Start it with \
                    `semper serve`. If its peers say that it is an old copy: `semper restore --peers-say-so`.";
        return Ok(done("unneeded", text, directory, json));
    }
    warn(explanation(directory, options.peers_say_so)?);
    if !options.yes {
        agreed()?;
    }
    let mut store = SqliteStore::open(directory, &head_of(directory), Mode::Recover)?;
    if options.peers_say_so {
        store.confirm_recovery_after_running()?;
    } else {
        store.confirm_recovery()?;
    }
    let text = "Confirmed: this is the newest database now. Start it with `semper serve`; a wallet then asks the registers \
                about every open deal with `semper deal resume`.";
    Ok(done("restored", text, directory, json))
}

fn done(event: &str, text: &str, directory: &Path, json: bool) -> ExitCode {
    if json {
        say_json(&json!({ "event": event, "text": text, "data_dir": directory }));
    } else {
        say(text);
    }
    ExitCode::SUCCESS
}

fn is_newest(directory: &Path) -> Result<bool, Error> {
    match SqliteStore::open(directory, &head_of(directory), Mode::Open) {
        Ok(store) => Ok(!store.is_recovering()),
        Err(stale) if stale.code() == Code::DatabaseStale => Ok(false),
        Err(other) => Err(other.into()),
    }
}

fn explanation(directory: &Path, has_run: bool) -> Result<String, Error> {
    let status = SqliteReader::open_read_only(directory)?.status()?;
    Ok(format!(
        "The database in {} ends with commit {}, {}.\n\
         Whatever this party signed, received or paid after that is not in it. If you go on:\n\
         - it may sign the opposite of what it signed before, and whoever holds both can prove it;\n\
         - goods and keys that came later are gone unless the other side sends them again;\n\
         - its message numbers jump ahead, so that its peers accept it again{again}.\n\
         If a newer copy exists anywhere, put that back instead. No other copy may run, now or later.",
        directory.display(),
        status.commits,
        status.clock,
        again = if has_run { ", and what waits for them is sent with new numbers" } else { "" },
    ))
}

fn agreed() -> Result<(), Error> {
    if !std::io::stdin().is_terminal() {
        return Err(Fault::new(Code::CouldNotAsk, "nothing was changed; if you agree, say --yes").into());
    }
    let _ = write!(std::io::stderr().lock(), "Type yes to go on: ");
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    match read {
        Ok(_) if line.trim() == "yes" => Ok(()),
        _ => Err(semper_base::Refusal::new(Code::Declined, "nothing was changed").into()),
    }
}
