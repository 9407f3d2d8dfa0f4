//! `semper demo`: five parties, each a process of its own with its own keys and database, and a
//! script at the wallet. Nothing here but `semper serve`, commands over each party's control socket,
//! and watching.

mod child;
mod script;
mod story;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use semper_base::{Code, Error, Fault, Misuse};
use serde_json::json;

use crate::output::say;
use script::Script;
use story::Story;

/// The file that is sold if none is named.
const SAMPLE: &[u8] = include_bytes!("../../assets/sample.txt");

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The file to sell; a sample is included.
    #[arg(long)]
    file: Option<PathBuf>,
    /// What it costs.
    #[arg(long, default_value = "4.90 EUR")]
    price: String,
    /// Keep everything here; without it a fresh directory for temporary files is used.
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

pub(crate) fn run(options: &Options, json: bool) -> Result<ExitCode, Error> {
    let directory = directory(options.data_dir.as_deref())?;
    let file = match &options.file {
        Some(file) => file.clone(),
        None => sample(&directory)?,
    };
    let length =
        std::fs::metadata(&file).map_err(|e| Misuse::new(Code::FileWrong, format!("{}: {e}", file.display())))?.len();
    if length > semper_base::limits::FILE_BYTES_MAX {
        return Err(Misuse::new(Code::FileWrong, "at most 4 GiB can be sold in one exchange").into());
    }
    let story = Story::new(json);
    story.tell("start", &format!("A play market in {}. No real money is involved.", directory.display()), json!({}));
    let mut script = Script::new(&directory, &file, &options.price, &story)?;
    let outcome = script.play();
    script.stop();
    let summary = outcome?;
    let fair = summary.get("outcome").and_then(serde_json::Value::as_str) == Some("fair");
    story.summary(&summary);
    if !json {
        say(format!("\nLook around:\n  {}", script.hints()));
    }
    Ok(if fair { ExitCode::SUCCESS } else { ExitCode::from(7) })
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

fn sample(directory: &Path) -> Result<PathBuf, Error> {
    let file = directory.join("sample.txt");
    std::fs::write(&file, SAMPLE).map_err(|e| Fault::new(Code::Disk, format!("{}: {e}", file.display())))?;
    Ok(file)
}
