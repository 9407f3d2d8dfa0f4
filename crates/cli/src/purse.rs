//! `semper purse …`: the accounts that a wallet or a shop pays from and is paid into.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use comfy_table::{ContentArrangement, Table};
use semper_base::{Code, Error};
use semper_node::control;
use semper_support::tinguin::neutral::neutralise_inline;
use serde_json::{Value, json};

use crate::output::{say, say_json};

/// How long a bank may take to open an account.
const WAIT: Duration = Duration::from_secs(20);
/// How often it is looked.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Most characters shown of a name.
const NAME_CHARS: usize = 60;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// All purses of a running wallet or shop, with what was on each when its bank last said so.
    List {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
    },
    /// Open a purse: an account at a bank, in one currency, with a key of its own.
    ///
    /// The first one is used wherever nobody says otherwise. What is paid in another currency, or at another bank,
    /// goes through the purse that is there; `--purse` on the payment names one.
    #[command(
        after_help = "Example, a second bank with francs:\n  semper link --data-dir D/ann bank 127.0.0.1:7012 --called bank-2\n  \
        semper purse open --data-dir D/ann --bank bank-2 --currency CHF --name francs\n  \
        semper contract pay --data-dir D/ann --purse francs rent.bill -o rent.part"
    )]
    Open {
        /// The party's data directory.
        #[arg(long)]
        data_dir: PathBuf,
        /// The link to the bank.
        #[arg(long, default_value = "bank")]
        bank: String,
        /// Its currency, such as EUR.
        #[arg(long)]
        currency: String,
        /// What you call it: up to 32 of a to z, 0 to 9 and -. Without it, after the bank and the currency; the first
        /// one is the Account.
        #[arg(long)]
        name: Option<String>,
    },
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    match command {
        Command::List { data_dir } => list(&purses(data_dir)?, json),
        Command::Open { data_dir, bank, currency, name } => {
            let wish = json!({ "command": "open-account", "bank": bank, "currency": currency, "purse": name });
            list(&[opened(data_dir, &wish)?], json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn purses(directory: &Path) -> Result<Vec<Value>, Error> {
    let reply = control::call(directory, &json!({ "command": "purse" }))?;
    Ok(reply.get("purses").and_then(Value::as_array).cloned().unwrap_or_default())
}

/// Asks for an account and waits until the bank has opened it; right after `semper link` the bank may not have
/// answered yet.
fn opened(directory: &Path, wish: &Value) -> Result<Value, Error> {
    let began = Instant::now();
    let late = || began.elapsed() > WAIT;
    let asked = loop {
        match control::call(directory, wish) {
            Err(error) if error.code() == Code::NotFound && !late() => std::thread::sleep(LOOK_AGAIN),
            other => break other?,
        }
    };
    let is_it = |purse: &Value| purse.get("purse").is_some() && purse.get("purse") == asked.get("purse");
    loop {
        match purses(directory)?.into_iter().find(is_it) {
            Some(purse) => return Ok(purse),
            None if late() => return Ok(asked),
            None => std::thread::sleep(LOOK_AGAIN),
        }
    }
}

fn list(purses: &[Value], json: bool) {
    if json {
        purses.iter().for_each(say_json);
        return;
    }
    if purses.is_empty() {
        say("No purse yet. `semper purse open` asks a bank for an account.");
        return;
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["purse", "bank", "account", "balance", "as of"]);
    for one in purses {
        let cell = |name: &str| neutralise_inline(one.get(name).and_then(Value::as_str).unwrap_or("-"), NAME_CHARS);
        table.add_row(["purse", "bank", "account", "balance", "as_of"].map(cell));
    }
    say(table.to_string());
}
