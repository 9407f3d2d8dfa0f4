//! `semper recovery …` and `semper recover`: recovery words, from the first look at them to the day when they
//! are needed. Words count only after they opened a restored copy.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use semper_base::{Code, Error, Fault, Key, Misuse, Write};
use semper_crypto_aws_lc::AwsLc;
use semper_driver::Store as _;
use semper_node::control;
use semper_services::common::recovery::{Phrase, Proof, TEXT_BYTES_MAX, open};
use semper_store::{DATABASE_FILE, Mode, SqliteReader, SqliteStore};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::backup::look;
use crate::output::{say, say_json};
use crate::party::{head_of, wall};
use crate::passphrase;
use crate::scratch::Scratch;

/// The command of pages and scripts that [`aside`] answers.
const PROVE: &str = "recovery-prove";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make twelve words that open this party's keys. Shown once. The party must run.
    Make {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
    },
    /// Type the words back: a restored copy of the database is opened with them. From then on they count.
    Prove {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// Read the words from this file instead of the terminal.
        #[arg(long, value_name = "FILE")]
        words_file: Option<PathBuf>,
    },
    /// Whether there are words, and since when they count.
    Show {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
    },
}

/// How to set a new pass phrase with recovery words.
#[derive(Debug, clap::Args)]
pub(crate) struct Recover {
    /// The party's data directory; the party must not run.
    #[arg(long)]
    data_dir: PathBuf,
    /// Read the words from this file instead of the terminal.
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
    /// Read the new pass phrase from this file instead of the terminal.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    let (directory, request) = match command {
        Command::Make { data_dir } => (data_dir, json!({ "command": "recovery-make" })),
        Command::Show { data_dir } => (data_dir, json!({ "command": "recovery" })),
        Command::Prove { data_dir, words_file } => {
            let words = words(words_file.as_deref())?;
            (data_dir, command_of(&prove(data_dir, &words)?))
        }
    };
    let reply = control::call(directory, &request)?;
    if json {
        say_json(&reply);
    } else if let Some(words) = reply.get("words").and_then(Value::as_str) {
        say(format!(
            "{words}\nWrite these twelve words down, in this order, on paper. They are not shown again, and whoever has them and \
             a backup has all that is yours here.\nThey count once `semper recovery prove --data-dir {}` has opened a \
             restored copy with them.",
            directory.display()
        ));
    } else {
        say(told(&reply));
    }
    Ok(ExitCode::SUCCESS)
}

fn told(reply: &Value) -> String {
    let text = |name: &str| reply.pointer(name).and_then(Value::as_str).unwrap_or("-").to_owned();
    let number = |name: &str| reply.pointer(name).and_then(Value::as_u64).unwrap_or_default();
    match text("/state").as_str() {
        "proved" => format!(
            "There are recovery words. They were proved {}: a restored copy was opened with them, with {} deals and {} keys.",
            text("/proved/at"),
            number("/proved/deals"),
            number("/proved/keys"),
        ),
        "unproved" => "Words were made and do not count yet: type them back with `semper recovery prove`.".to_owned(),
        _ => "There are no recovery words: `semper recovery make` makes some.".to_owned(),
    }
}

/// Proves words: copies the party's database into a private folder, opens the copy as one that was restored,
/// unlocks its keys with the words, opens each of them, counts the deals. The party may run. The copy is
/// removed whatever comes of it.
///
/// # Errors
/// [`Code::RecoveryWords`] for other words; what is wrong with the copy.
pub(crate) fn prove(directory: &Path, words: &str) -> Result<Proof, Error> {
    let phrase = Phrase::parse(words)?;
    let reader = SqliteReader::open_read_only(directory)?;
    let scratch = Scratch::within(directory)?;
    let copy = scratch.path().join("copy");
    std::fs::create_dir(&copy).map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", copy.display())))?;
    reader.copy_to(&copy.join(DATABASE_FILE))?;
    let commits = SqliteStore::open(&copy, &scratch.path().join("head"), Mode::Recover)?.commits();
    let restored = look::reader(&copy)?;
    let (keyring, slot) = open(&restored, &phrase)?;
    let keys = look::open_keys(&restored, &keyring)?;
    Ok(Proof { slot, commits, deals: look::deals(&restored)?, keys })
}

/// The command by which the party learns of a proof.
pub(crate) fn command_of(proof: &Proof) -> Value {
    json!({
        "command": "recovery-proved", "slot": proof.slot.hex(), "commits": proof.commits, "deals": proof.deals,
        "keys": proof.keys,
    })
}

/// For pages: turns `{"command":"recovery-prove","words":"…"}` into the command that the party is to be given
/// instead. `None` for every other command. Takes about a second: not for a thread of the runtime.
pub(crate) fn aside(directory: &Path, request: &Value) -> Option<Result<Value, Error>> {
    if request.get("command").and_then(Value::as_str) != Some(PROVE) {
        return None;
    }
    let words = request.get("words").and_then(Value::as_str).unwrap_or_default();
    Some(prove(directory, words).map(|proof| command_of(&proof)))
}

/// `semper recover`: a new pass phrase for whoever has the words.
pub(crate) fn recover(options: &Recover, json: bool) -> Result<ExitCode, Error> {
    let directory = &options.data_dir;
    let phrase = Phrase::parse(&words(options.words_file.as_deref())?)?;
    let (keyring, _) = open(&SqliteReader::open_read_only(directory)?, &phrase)?;
    let new = passphrase::obtain(options.passphrase_file.as_deref(), true)?;
    let record = keyring.rewrap(&new, &AwsLc::new())?;
    let row = serde_json::to_vec(&record).map_err(|e| Fault::new(Code::Crypto, e.to_string()))?;
    // A restored copy takes nothing new before the operator has confirmed it; then this is one commit.
    let mut store = SqliteStore::open(directory, &head_of(directory), Mode::Open)?;
    if store.is_recovering() {
        return Err(Fault::new(Code::Recovering, directory.display().to_string()).into());
    }
    let mut transaction = store.begin()?;
    let _ = transaction.apply(&[Write::Put(Key::new("keyring", "master"), row)], wall())?;
    transaction.commit()?;
    let text = "The new pass phrase is set. The old one still opens old copies and backups.\n\
                Where the party reads its pass phrase from a file, write the new one there (in a play market: secrets/passphrase-wallet).";
    if json {
        say_json(&json!({ "event": "recovered", "data_dir": directory }));
    } else {
        say(text);
    }
    Ok(ExitCode::SUCCESS)
}

/// Words from a file or from the terminal, where they are not echoed.
pub(crate) fn words(file: Option<&Path>) -> Result<Zeroizing<String>, Error> {
    let Some(file) = file else {
        if !std::io::stdin().is_terminal() {
            let text = "there is no terminal to ask for the words: give --words-file FILE";
            return Err(Fault::new(Code::CouldNotAsk, text).into());
        }
        let typed = rpassword::prompt_password("Recovery words (not shown): ");
        return Ok(Zeroizing::new(typed.map_err(|e| Fault::new(Code::CouldNotAsk, e.to_string()))?));
    };
    let wrong = |what: String| Misuse::new(Code::FileWrong, format!("{}: {what}", file.display()));
    let mut text = Zeroizing::new(String::with_capacity(TEXT_BYTES_MAX + 2));
    let opened = std::fs::File::open(file).map_err(|e| wrong(e.to_string()))?;
    opened.take(TEXT_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(|e| wrong(e.to_string()))?;
    Ok(text)
}
