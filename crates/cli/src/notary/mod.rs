//! `semper notary …`: the notaries that a party deals with, what a notary takes, and `audit`, which reads the whole log
//! of a notary or bank as any stranger can, and compares.
//!
//! Exit codes of `audit`: 0 the log is whole and agrees with everything that was given; 7 it does not, the output says
//! what convicts whom; 6 it could not be read; 2, 3 a file cannot be used or is not there.

mod audit;
mod fetch;
mod list;
mod read;

use std::path::PathBuf;
use std::process::ExitCode;

use semper_base::{Code, Error, Misuse};
use semper_support::crypto::Crypto;

use crate::output::{say, say_json};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Read the log at this address, compute its tree anew, compare with what others saw.
    Audit(Options),
    /// The notaries that a wallet or shop deals with, the one that it likes best first, with their fees.
    #[command(
        after_help = "A deal names one notary that is on the lists of both sides. `semper link notary ADDRESS --called NAME` \
        adds one at the end."
    )]
    List(list::Place),
    /// Put a notary first, on the list if it was off it.
    Prefer(list::One),
    /// Take a notary off the list. Nothing new is begun with it; what is under way goes on.
    Drop(list::One),
    /// What a notary takes for an exchange that it completes, and its bills.
    #[command(after_help = "Example: semper notary fees --data-dir D/notary --set contract=0.50 --set mail=0.20\n\n\
        --set replaces the whole list; `--set none` takes nothing. Without --set it only shows. Fees are paid on the \
        notary's account (`semper account --open`), after the decision, by whom the exchange names. More than before \
        counts for exchanges that are made a week from now, so nobody is refused who knew the old fee.")]
    Fees(list::Fees),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The address of the notary's or bank's pages, such as `http://notary.localhost:7407/` (loopback).
    url: String,
    /// The log's key (`name+hash+key`), if you have it from somewhere else than the log.
    #[arg(long)]
    key: Option<String>,
    /// A witness: its key, or the address of its pages. The log must agree with what it cosigned.
    #[arg(long, value_name = "KEY|URL")]
    witness: Vec<String>,
    /// A checkpoint that you kept from an earlier look.
    #[arg(long, value_name = "FILE")]
    since: Vec<PathBuf>,
    /// A signed answer of the register (`.jws`) that must be in the log.
    #[arg(long, value_name = "FILE")]
    answer: Vec<PathBuf>,
    /// The market's root certificate (PEM): says whose log this is.
    #[arg(long)]
    root: Option<PathBuf>,
    /// Keep the checkpoint in this file, for the next look.
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
}

pub(crate) fn run(command: &Command, crypto: &dyn Crypto, json: bool) -> Result<ExitCode, Error> {
    let options = match command {
        Command::Audit(options) => options,
        Command::List(place) => return list::show(place, json),
        Command::Prefer(one) => return list::change(one, "notary-prefer", json),
        Command::Drop(one) => return list::change(one, "notary-drop", json),
        Command::Fees(fees) => return list::fees(fees, json),
    };
    let report = audit::audit(options, crypto)?;
    if let Some(file) = &options.keep {
        let wrong = |e: std::io::Error| Misuse::new(Code::FileWrong, format!("{}: {e}", file.display()));
        std::fs::write(file, &report.checkpoint).map_err(wrong)?;
    }
    if json {
        say_json(&serde_json::to_value(&report).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?);
    } else {
        say(report.to_string().trim_end());
    }
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(7) })
}
