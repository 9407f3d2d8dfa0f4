//! `semper sim`: plays simulated markets and says what must not have happened.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use semper_base::{Code, Error, Fault, Misuse};
use semper_crypto_aws_lc::AwsLc;
use semper_sim::minimise::minimise;
use semper_sim::play::{Played, play};
use semper_sim::script::{Script, draw};
use semper_support::crypto::Crypto as _;
use serde_json::json;

use crate::output::{say, say_json, warn};

/// Runs that shortening a failed script may take.
const SHORTENING_RUNS: usize = 300;
/// How often a long run says how it goes.
const PROGRESS: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
#[command(
    about = "Whole markets in virtual time: faults, crashes, liars, and what must hold all the same",
    long_about = "Plays whole markets in one thread under virtual time: the same driver, services and machines that run in\n\
                  production, with a network that loses, repeats, reorders, delays and parts, disks that fail, fill up and\n\
                  come back old, processes that die at any point, wrong clocks, and liars who say anything that they can make\n\
                  from their keys and from what they heard.\n\n\
                  After every commit and at the end it checks: money is conserved in every currency; an honest party ends with\n\
                  what it expects, or with evidence that convicts a liar; a register row never changes; nobody is stranded;\n\
                  queues and what is kept stay in bounds; nobody holds a byte that it must not know.",
    after_help = "Examples:\n  \
                  semper sim                            one market from a fresh seed\n  \
                  semper sim --seed 7 --deals 20        this market, with 20 purchases\n  \
                  semper sim --seed 7 --json            its whole trace; the same bytes every time\n  \
                  semper sim --seeds 300                seeds 0 to 299\n  \
                  semper sim --minutes 2                fresh seeds for two minutes\n  \
                  semper sim --deals 100000             as many markets as it takes for so many purchases\n  \
                  semper sim --seed 7 --write run.txt   the run as a script: what is done, what goes wrong\n  \
                  semper sim --script run.txt           plays a script\n\n\
                  A failure prints its seed, the commit, and the shortest script that still shows it; --save keeps that script\n\
                  in a file. Put it into crates/sim/tests/scripts and it is a test.\n\n\
                  Exit codes: 0 everything held, 1 something did not, 2 usage."
)]
pub(crate) struct Options {
    /// Play this seed. Without it one is drawn, and printed first.
    #[arg(long)]
    seed: Option<u64>,
    /// Play so many seeds, from --seed or 0 on.
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["minutes", "script"])]
    seeds: Option<u64>,
    /// Purchases: of each market, or in all when there are more than a market holds.
    #[arg(long, value_name = "COUNT")]
    deals: Option<u64>,
    /// Play one seed after the other until so many minutes are over.
    #[arg(long, conflicts_with = "script")]
    minutes: Option<f64>,
    /// Play this script.
    #[arg(long, value_name = "FILE", conflicts_with = "seed")]
    script: Option<PathBuf>,
    /// Where the shortest script of a failure goes.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Write the run down as a script, with every fault that the seed drew.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Do not shorten the script of a failure.
    #[arg(long)]
    as_it_is: bool,
}

/// Purchases of one market unless told otherwise.
const DEALS: u64 = 3;
/// Purchases of one market at most; more are spread over markets.
const DEALS_MAX: u64 = 200;
/// Purchases of each market when they are spread.
const DEALS_SPREAD: u64 = 20;

/// What was run so far.
#[derive(Debug, Default)]
struct Sum {
    markets: u64,
    deals: u64,
    events: u64,
    faults: u64,
    crashes: u64,
    lies: u64,
}

pub(crate) fn run(options: &Options, json: bool) -> Result<ExitCode, Error> {
    if let Some(path) = &options.script {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Misuse::new(Code::FileWrong, format!("{}: {e}", path.display())))?;
        let script = Script::read(&text).map_err(|trouble| Misuse::new(Code::FileWrong, trouble.0))?;
        return one(&script, options, json);
    }
    let wanted = options.deals.unwrap_or(DEALS);
    let many = options.minutes.is_some() || options.seeds.is_some() || wanted > DEALS_MAX;
    let seed = match (options.seed, options.seeds) {
        (Some(seed), _) => seed,
        (None, Some(_)) => 0,
        (None, None) => fresh(),
    };
    if !many {
        announce(seed, json);
        return one(&draw(seed, wanted), options, json);
    }
    announce(seed, json);
    several(seed, options, json)
}

/// A seed that nobody has chosen, short enough to be read out.
fn fresh() -> u64 {
    let mut bytes = [0_u8; 8];
    AwsLc::new().random(&mut bytes);
    u64::from_be_bytes(bytes) >> 24
}

fn announce(seed: u64, json: bool) {
    if !json {
        say(format!("seed {seed}, commit {}", commit()));
    }
}

/// The commit that this program was built from, if its builder said so.
fn commit() -> &'static str {
    option_env!("SEMPER_COMMIT").unwrap_or("unknown")
}

fn one(script: &Script, options: &Options, json: bool) -> Result<ExitCode, Error> {
    let played = play(script);
    if json {
        played.trace.lines().iter().for_each(say);
    }
    if let Some(path) = &options.write {
        save(path, &played.script)?;
    }
    match &played.result {
        Ok(report) => {
            if json {
                say_json(&json!({ "event": "report", "report": report }));
            } else {
                say(report.to_string());
                say("Everything held.");
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(_) => failed(&played, options, json),
    }
}

fn several(first: u64, options: &Options, json: bool) -> Result<ExitCode, Error> {
    let begun = Instant::now();
    let end = options.minutes.map(|minutes| Duration::from_secs_f64((minutes * 60.0).clamp(0.0, 1e7)));
    let wanted = options.deals.unwrap_or(DEALS);
    let each = if wanted > DEALS_MAX { DEALS_SPREAD } else { wanted };
    let (mut sum, mut said) = (Sum::default(), begun);
    for seed in first.. {
        let is_over = match (end, options.seeds) {
            (Some(end), _) => begun.elapsed() >= end,
            (None, Some(seeds)) => sum.markets >= seeds,
            (None, None) => sum.deals >= wanted,
        };
        if is_over {
            break;
        }
        let played = play(&draw(seed, each));
        sum.markets += 1;
        match &played.result {
            Ok(report) => {
                sum.deals += report.deals;
                sum.events += report.events;
                sum.faults += report.faults;
                sum.crashes += report.crashes;
                sum.lies += report.lies;
            }
            Err(_) => {
                conclude(&sum, begun, json);
                return failed(&played, options, json);
            }
        }
        if said.elapsed() >= PROGRESS {
            said = Instant::now();
            warn(format!("{} markets, {} deals, {} faults so far", sum.markets, sum.deals, sum.faults));
        }
    }
    conclude(&sum, begun, json);
    Ok(ExitCode::SUCCESS)
}

fn conclude(sum: &Sum, begun: Instant, json: bool) {
    let Sum { markets, deals, events, faults, crashes, lies } = sum;
    if json {
        say_json(&json!({
            "event": "sum", "markets": markets, "deals": deals, "events": events, "faults": faults, "crashes": crashes,
            "lies": lies,
        }));
        return;
    }
    let seconds = begun.elapsed().as_secs_f64();
    say(format!(
        "{markets} markets, {deals} deals, {events} events, {faults} faults, {crashes} crashes, {lies} lies in {seconds:.1} s"
    ));
}

/// Says what went wrong and with which script, as short as it can be made.
fn failed(played: &Played, options: &Options, json: bool) -> Result<ExitCode, Error> {
    let Err(trouble) = &played.result else { return Ok(ExitCode::SUCCESS) };
    let shortest = if options.as_it_is {
        played.script.clone()
    } else {
        warn("Something did not hold. Looking for the shortest script that shows it ...");
        minimise(&played.script, &trouble.0, SHORTENING_RUNS, |script| play(script).result.err().map(|found| found.0))
    };
    if let Some(path) = &options.save {
        save(path, &shortest)?;
    }
    if json {
        say_json(&json!({
            "event": "failure", "text": trouble.0, "commit": commit(), "script": shortest.to_string(),
        }));
    } else {
        say(format!("FAILED: {trouble}\ncommit {}\nscript:\n{shortest}", commit()));
        if let Some(path) = &options.save {
            say(format!("Play it again: semper sim --script {}", path.display()));
        }
    }
    Ok(ExitCode::FAILURE)
}

fn save(path: &Path, script: &Script) -> Result<(), Error> {
    let written = std::fs::write(path, script.to_string());
    written.map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", path.display())).into())
}
