//! `semper notary audit`: reads the whole log of a notary or bank as any stranger can, and compares.
//!
//! Exit codes: 0 the log is whole and agrees with everything that was given; 7 it does not, the output says
//! what convicts whom; 6 it could not be read; 2, 3 a file cannot be used or is not there.

mod audit;
mod fetch;
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
    let Command::Audit(options) = command;
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
