//! `semper ledger check DIR`: recomputes a bank's sums from its database.

use std::path::PathBuf;
use std::process::ExitCode;

use semper_base::Error;
use semper_services::bank::ledger::{LedgerReport, check};
use semper_store::SqliteReader;

use crate::output::{say, say_json};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Recompute every sum from the entries; exit code 7 if something does not add up.
    Check {
        /// The bank's data directory; the bank may be running.
        directory: PathBuf,
    },
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    let Command::Check { directory } = command;
    let mut reader = SqliteReader::open_read_only(directory)?;
    let report = reader.snapshot(|moment| check(moment))?;
    let clean = report.is_clean();
    if json {
        let mut value = serde_json::to_value(&report).unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.insert("event".into(), "ledger".into());
            object.insert("clean".into(), clean.into());
        }
        say_json(&value);
    } else {
        print(&report);
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(7) })
}

fn print(report: &LedgerReport) {
    let (entries, accounts) = (report.entries, report.accounts);
    let (exchanges, locks, transfers) = (report.exchanges, report.locks, report.transfers);
    say(format!(
        "{entries} entries, {accounts} accounts, {exchanges} exchanges, {locks} locks, {transfers} transfers."
    ));
    let (holds, claims) = (report.open_holds, report.open_claims);
    say(format!("Open: {holds} holds, {claims} captured and not settled, {} locks.", report.open_locks));
    for total in &report.totals {
        let sums = [
            ("customers", total.customers),
            ("held", total.held),
            ("claims", total.claims),
            ("locked", total.locked),
            ("play", total.play),
        ];
        let minor = |value: i64| {
            let amount = semper_base::Amount::new(value.unsigned_abs(), total.currency);
            let text = amount.map_or_else(|_| value.to_string(), |amount| amount.to_string());
            if value < 0 { format!("-{text}") } else { text }
        };
        for (name, value) in sums {
            say(format!("  {name:<10} {:>16}", minor(value)));
        }
        say(format!("  {:<10} {:>16}", "sum", minor(sums.iter().map(|(_, value)| value).sum())));
    }
    if report.is_clean() {
        say("Everything adds up.");
    }
    for discrepancy in &report.discrepancies {
        say(format!("DOES NOT ADD UP: {}", serde_json::to_string(discrepancy).unwrap_or_default()));
    }
    if report.more > 0 {
        say(format!("... and {} more.", report.more));
    }
}
