//! `semper demo`: five parties, each a process of its own with its own keys and database, and a
//! script at the wallet. Nothing here but `semper serve`, commands over each party's control socket,
//! and watching.

mod cheat;
pub(crate) mod child;
mod crash;
mod exchange;
mod facts;
mod liar;
pub(crate) mod market;
mod network;
mod reach;
mod script;
mod story;
mod way;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use semper_base::{Code, Error, Fault, Misuse};
use semper_support::crypto::Crypto as _;
use serde_json::{Value, json};

use crate::output::{say, say_json};
use crate::serve::Role;
use crate::times;
use crash::{Crashes, Older};
use network::Pair;
use script::{Play, Script};
use story::Story;
use way::{Plan, Wanted};

/// The file that is sold if none is named.
const SAMPLE: &[u8] = include_bytes!("../../assets/sample.txt");
/// A party is killed at a random moment within this time: about as long as a small deal takes.
const KILL_WITHIN_MS: u64 = 200;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The way that the deal goes, `happy` unless `--crash` needs another; `list` prints all of them.
    #[arg(long, value_parser = way::parse)]
    way: Option<Wanted>,
    /// One party lies in this way; `list` prints all of them. Parties that lie are a program of their own.
    #[arg(long, value_parser = cheat::parse, conflicts_with_all = ["way", "kill", "crash"])]
    cheat: Option<cheat::Wanted>,
    /// Another kind of exchange than a file for money; `list` prints all.
    #[arg(long, value_parser = exchange::parse, conflicts_with_all = ["way", "cheat", "kill"])]
    exchange: Option<exchange::Wanted>,
    /// The file to sell; a sample is included.
    #[arg(long)]
    file: Option<PathBuf>,
    /// What it costs.
    #[arg(long, default_value = "4.90 EUR")]
    price: String,
    #[arg(long, value_name = "SPEC", value_parser = checked_times, help = times::HELP)]
    times: Option<String>,
    /// Keep everything here; without it a fresh directory for temporary files is used.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Kill this party without warning while the deal runs, and start it again.
    #[arg(long, value_enum)]
    kill: Option<Role>,
    /// Kill it so many milliseconds after the buyer's wish, not at a random moment.
    #[arg(long, value_name = "MS", requires = "kill")]
    kill_after: Option<u64>,
    /// Kill a party at a crash point, PARTY:MOMENT:KIND, and start it again; several separated by commas,
    /// `all`, or `list` to print them.
    #[arg(long, value_name = "POINTS", value_parser = crash::parse, conflicts_with = "kill")]
    crash: Option<crash::Wanted>,
    /// Before a party starts again, try an older copy of its directory, which it must refuse.
    #[arg(long, hide = true, requires = "crash")]
    older_copies: bool,
    /// When a party is killed for the second time, put the copy from the first time back and confirm it.
    #[arg(long, hide = true, requires = "crash", conflicts_with = "older_copies")]
    restore_older: bool,
    /// Cut the connections between two parties, PARTY-PARTY, four times while the deal runs; several pairs
    /// separated by commas.
    #[arg(long, value_name = "PAIRS", value_parser = Pair::parse, value_delimiter = ',')]
    cut: Vec<Pair>,
    /// How many milliseconds a killed party stays away, or a connection is cut each time.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    away: u64,
}

impl Options {
    /// Where parties are cut off while this is played.
    fn crashes(&self, way: &str, json: bool) -> Option<Arc<Crashes>> {
        let points = self.crash.as_ref()?.points(way);
        Some(Arc::new(Crashes::new(points, self.older(), Duration::from_millis(self.away), json)))
    }

    fn older(&self) -> Older {
        match (self.older_copies, self.restore_older) {
            (true, _) => Older::Refused,
            (_, true) => Older::Restored,
            (false, false) => Older::Ignored,
        }
    }
}

/// Checked here, handed on as it is.
fn checked_times(text: &str) -> Result<String, String> {
    times::parse(text).map(|_| text.to_owned())
}

pub(crate) fn run(options: &Options, json: bool) -> Result<ExitCode, Error> {
    if let Some(cheat) = options.cheat {
        return cheat::run(cheat, options, json);
    }
    if options.crash == Some(crash::Wanted::List) {
        reach::list(json);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(wanted) = options.exchange.or_else(|| exchange::named(options.crash.as_ref()?.way()?))
        && let Some(code) = exchange::run(wanted, options, json)?
    {
        return Ok(code);
    }
    let plan = match options.way {
        Some(Wanted::Play(plan)) => plan,
        Some(Wanted::List) => {
            way::all().for_each(|way| list(&way, json));
            return Ok(ExitCode::SUCCESS);
        }
        None => way::named(options.crash.as_ref().and_then(crash::Wanted::way)),
    };
    let directory = directory(options.data_dir.as_deref())?;
    let file = match &options.file {
        Some(file) => file.clone(),
        None => sample(&directory, plan.sample_bytes)?,
    };
    let length =
        std::fs::metadata(&file).map_err(|e| Misuse::new(Code::FileWrong, format!("{}: {e}", file.display())))?.len();
    if length > semper_base::limits::FILE_BYTES_MAX {
        return Err(Misuse::new(Code::FileWrong, "at most 4 GiB can be sold in one exchange").into());
    }
    let story = Story::new(json);
    let text = format!("A play market in {}. No real money is involved. {}", directory.display(), plan.line);
    story.tell("start", &text, &json!({ "way": plan.name }));
    let kill = options.kill.map(|role| (role, Duration::from_millis(options.kill_after.unwrap_or_else(moment))));
    let plan = if options.crash.is_some() { plan.patient() } else { plan };
    let away = Duration::from_millis(options.away);
    let crashes = options.crashes(plan.name, json);
    let cut = (!options.cut.is_empty()).then(|| (options.cut.clone(), away));
    let play = Play { plan, file, price: options.price.clone(), times: options.times.clone(), kill, crashes, cut };
    let mut script = Script::new(&directory, play, &story)?;
    let outcome = script.play();
    script.stop();
    let summary = outcome?;
    story.summary(&summary);
    if !json {
        say(format!("\nLook around:\n  {}", script.hints()));
    }
    let fair = summary.get("outcome").and_then(Value::as_str) == Some("fair");
    let verified = summary.get("verified").and_then(Value::as_bool) == Some(true);
    Ok(if fair && verified { ExitCode::SUCCESS } else { ExitCode::from(7) })
}

fn list(way: &Plan, json: bool) {
    if json {
        say_json(&json!({ "way": way.name, "text": way.line }));
    } else {
        say(format!("{:<17} {}", way.name, way.line));
    }
}

/// A random moment at which a party is killed.
fn moment() -> u64 {
    let mut random = [0_u8; 8];
    semper_crypto_aws_lc::AwsLc::new().random(&mut random);
    u64::from_be_bytes(random) % KILL_WITHIN_MS
}

/// The directory of this market; it must be new or empty, or a market of ours.
fn directory(wanted: Option<&Path>) -> Result<PathBuf, Error> {
    let directory = match wanted {
        Some(directory) => directory.to_path_buf(),
        None => {
            let name = format!("semper-demo-{}-{}", std::process::id(), crate::party::wall().millis());
            std::env::temp_dir().join(name)
        }
    };
    let disk = |e: std::io::Error| Fault::new(Code::Disk, format!("{}: {e}", directory.display()));
    std::fs::create_dir_all(&directory).map_err(disk)?;
    directory.canonicalize().map_err(|e| disk(e).into())
}

/// The included sample, as often as it takes to have so many bytes.
fn sample(directory: &Path, bytes: usize) -> Result<PathBuf, Error> {
    let file = directory.join("sample.txt");
    let content = SAMPLE.repeat(bytes.div_ceil(SAMPLE.len()).max(1));
    std::fs::write(&file, content).map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", file.display())))?;
    Ok(file)
}
