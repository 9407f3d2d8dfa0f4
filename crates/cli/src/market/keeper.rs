//! Keeps the parties of a market at work: one that ends by itself is started again, where it was. Its
//! database is safe at any moment, so nothing is lost by that; deals wait for it and go on.
//!
//! A party that ends again and again has a reason that another start does not mend: then the market ends,
//! with that reason. One that was told to stop ends the market with it, as Ctrl-C does, which all hear.

use std::collections::{BTreeMap, VecDeque};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use semper_base::{Error, Fault};
use serde_json::json;

use super::Plan;
use super::run::{Ended, Running};
use crate::output::{say_json, warn};

/// How often it is looked whether a party has ended.
const LOOK: Duration = Duration::from_millis(100);
/// So many new starts of one party within [`WINDOW`]; the next end is the market's.
const STARTS_MAX: usize = 5;
/// See [`STARTS_MAX`].
const WINDOW: Duration = Duration::from_mins(1);
/// The wait before a new start, times the number of starts within [`WINDOW`].
const PAUSE: Duration = Duration::from_millis(200);

/// Waits until the market ends. Parties that end before are started again.
pub(super) fn keep(plan: &Plan, mut all: Vec<Running>, json: bool) -> Result<ExitCode, Error> {
    let mut starts: BTreeMap<&str, VecDeque<Instant>> = BTreeMap::new();
    let result = loop {
        let ended = all.iter_mut().enumerate().find_map(|(at, one)| Some((at, one.ended()?)));
        match ended {
            None => std::thread::sleep(LOOK),
            Some((_, Ended::Told)) => break Ok(()),
            Some((at, Ended::Itself(why))) => {
                let old = all.swap_remove(at);
                match again(plan, &old, why, starts.entry(old.party.label).or_default(), json) {
                    Ok(new) => all.push(new),
                    Err(end) => break Err(end),
                }
            }
        }
    };
    // All hear it, then each is waited for.
    let stopped = all.into_iter().map(Running::stop).filter_map(Result::err).last();
    match (result, stopped) {
        (Err(error), _) | (Ok(()), Some(error)) => Err(error),
        (Ok(()), None) => Ok(ExitCode::SUCCESS),
    }
}

/// Starts a party again that ended by itself, unless it did so too often.
fn again(
    plan: &Plan,
    old: &Running,
    mut why: Error,
    starts: &mut VecDeque<Instant>,
    json: bool,
) -> Result<Running, Error> {
    loop {
        let now = Instant::now();
        starts.retain(|start| now.duration_since(*start) < WINDOW);
        if starts.len() >= STARTS_MAX {
            return Err(given_up(old, &why));
        }
        starts.push_back(now);
        std::thread::sleep(PAUSE.saturating_mul(u32::try_from(starts.len()).unwrap_or(1)));
        match plan.again(old.party).and_then(super::run::Starting::wait) {
            Ok(new) => {
                tell(&new, &why, starts.len(), json);
                return Ok(new);
            }
            Err(error) => why = error,
        }
    }
}

fn given_up(old: &Running, why: &Error) -> Error {
    let log = old.log();
    let log = if log.is_empty() { String::new() } else { format!("\nThe end of its log:\n{}", log.join("\n")) };
    let (label, minute) = (old.party.label, WINDOW.as_secs());
    let text =
        format!("the party {label} ended {} times within {minute} s, so the market ends: {why}{log}", STARTS_MAX + 1);
    Fault::new(why.code(), text).into()
}

fn tell(new: &Running, why: &Error, count: usize, json: bool) {
    let (name, label) = (new.party.name, new.party.label);
    if json {
        return say_json(&json!({
            "event": "restarted", "label": label, "why": why.to_string(), "within_a_minute": count, "pid": new.pid(),
            "pages": new.pages, "link": new.link,
        }));
    }
    warn(format!(
        "{name} ({label}) ended by itself: {why}. It was started again and goes on; a new link: {}",
        new.link
    ));
}
