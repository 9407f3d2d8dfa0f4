//! `semper demo --cheat`: one party of a play market lies, and the others are as they always are. What
//! comes of it is computed from what can be looked at; what a cheat expects is only compared with that.
//!
//! A new cheat is an entry in [`table::CHEATS`] and, unless there is a lie that does it, a function of the
//! liar.

mod play;
mod show;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use semper_base::{Code, Error, Misuse};
use serde_json::{Value, json};

use super::Options;
use super::exchange::{cheat as contracts, deceit, hashed, joint};
use super::script::{Play, Script};
use super::story::Story;
use super::way::Plan;
use crate::output::{say, say_json};

/// One cheat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cheat {
    /// Its name, what happens in one line, who lies how, and what the honest parties are told to do.
    plan: Plan,
    /// When the script tells the liar to lie; most lies need no telling.
    cue: Cue,
    /// When everything that can happen has happened.
    rest: Rest,
    /// Whether the parties look at the registers' logs before they show their evidence.
    logs: bool,
    expected: Expected,
}

/// When the liar is told to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cue {
    /// Never: it lies when it comes to that.
    None,
    /// Before the buyer asks for anything.
    Before,
    /// When the buyer's exchange has got to this stage.
    At(&'static str),
    /// Never, but an honest deal between the same parties comes first.
    SecondDeal,
}

/// When a deal has come to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Both sides know the end of their exchange.
    Over,
    /// So long after that: somebody may still try something.
    OverAnd(Duration),
    /// So long after the liar was told, or the deal was begun: it may never end for somebody.
    After(Duration),
}

/// What becomes of a cheat, if everything is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Expected {
    end: End,
    /// Exactly these are convicted by the packs of honest parties together: who, of what.
    convicted: &'static [(&'static str, &'static str)],
    /// These were noticed, perhaps others: by whom, as what.
    noticed: &'static [(&'static str, Code)],
}

/// How the two parties of the deal end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The file for the money.
    Sold,
    /// Neither: the money is where it was, and the file too.
    Unsold,
    /// Somebody honest lost something, and the judge says who did it or what is owed.
    Verdict,
    /// Somebody honest lost something, and no evidence shows it.
    Lost,
}

impl End {
    fn word(self) -> &'static str {
        match self {
            End::Sold => "sold",
            End::Unsold => "unsold",
            End::Verdict => "verdict",
            End::Lost => "lost",
        }
    }
}

/// What `--cheat` asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    /// Print the names.
    List,
    /// Play one.
    Play(&'static Cheat),
    /// Play one in a contract.
    Contract(&'static contracts::Cheat),
    /// Play one in a sale of data.
    Data(&'static hashed::Cheat),
    /// Play one in a joint deal.
    Joint(&'static joint::Cheat),
    /// Play one in mail order under escrow, in rounds or in a container.
    Deceit(&'static deceit::Cheat),
}

/// Reads the value of `--cheat`.
pub(super) fn parse(text: &str) -> Result<Wanted, String> {
    if text == "list" {
        return Ok(Wanted::List);
    }
    let found = table::CHEATS.iter().find(|cheat| cheat.plan.name == text).map(Wanted::Play);
    let contract = || contracts::CHEATS.iter().find(|cheat| cheat.name == text).map(Wanted::Contract);
    let data = || hashed::CHEATS.iter().find(|cheat| cheat.name == text).map(Wanted::Data);
    let joint = || joint::CHEATS.iter().find(|cheat| cheat.name == text).map(Wanted::Joint);
    let deceit = || deceit::all().find(|cheat| cheat.name == text).map(Wanted::Deceit);
    found
        .or_else(contract)
        .or_else(data)
        .or_else(joint)
        .or_else(deceit)
        .ok_or_else(|| "no such cheat; `--cheat list` prints all".to_owned())
}

pub(super) fn run(wanted: Wanted, options: &Options, json: bool) -> Result<ExitCode, Error> {
    match wanted {
        Wanted::List => {
            for cheat in table::CHEATS {
                list(cheat, json);
            }
            for cheat in contracts::CHEATS {
                cheat.list(json);
            }
            for cheat in hashed::CHEATS {
                cheat.list(json);
            }
            for cheat in joint::CHEATS {
                cheat.list(json);
            }
            for cheat in deceit::all() {
                cheat.list(json);
            }
            Ok(ExitCode::SUCCESS)
        }
        Wanted::Play(cheat) => play(cheat, options, json),
        Wanted::Contract(cheat) => contracts::run(cheat, options, json),
        Wanted::Data(cheat) => hashed::run(cheat, options, json),
        Wanted::Joint(cheat) => joint::run(cheat, options, json),
        Wanted::Deceit(cheat) => deceit::run(cheat, options, json),
    }
}

fn list(cheat: &Cheat, json: bool) {
    let Plan { name, line, lies, .. } = cheat.plan;
    if json {
        let (liar, lie) = lies.first().copied().unwrap_or_default();
        say_json(&json!({ "cheat": name, "text": line, "liar": liar, "lie": lie }));
    } else {
        say(format!("{name:<29} {line}"));
    }
}

fn play(cheat: &Cheat, options: &Options, json: bool) -> Result<ExitCode, Error> {
    let (directory, plan) = (super::directory(options.data_dir.as_deref())?, cheat.plan);
    // Before anything is started.
    super::liar::program()?;
    let file = match &options.file {
        Some(file) => file.clone(),
        None => super::sample(&directory, plan.sample_bytes)?,
    };
    let story = Story::new(json);
    let text = format!("A play market in {}. No real money is involved. {}", directory.display(), plan.line);
    story.tell("start", &text, &json!({ "cheat": plan.name }));
    let (price, times) = (options.price.clone(), options.times.clone());
    let play = Play { plan, file, price, times, kill: None, crashes: None, cut: None };
    let mut script = Script::new(&directory, play, &story)?;
    let summary = script.play_cheat(cheat);
    script.stop();
    let summary = summary?;
    if json {
        say_json(&summary);
    } else {
        show::summary(&summary);
    }
    let holds = |name: &str| summary.get(name).and_then(Value::as_bool) == Some(true);
    Ok(if holds("fair") && holds("as_expected") { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn missing(what: &str) -> Error {
    Misuse::new(Code::NotFound, what).into()
}
