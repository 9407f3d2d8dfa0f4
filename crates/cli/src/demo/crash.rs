//! Parties that are cut off at crash points while a deal runs, and started again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use semper_base::{Code, Error, Fault};
use semper_driver::fault::Point;
use serde_json::{Value, json};

use super::child::{Launch, is_event, own_program};
use super::reach;
use super::story::Story;
use crate::serve::Role;

/// How long to wait until nothing happens any more.
const QUIET_MAX: Duration = Duration::from_mins(3);
/// How long a party that must refuse to start may take to say so.
const REFUSAL_WAIT: Duration = Duration::from_secs(20);

/// What `--crash` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Every point that is met in the way that is played.
    All,
    /// Print the points.
    List,
    /// These.
    Points(Vec<(Role, Point)>),
}

impl Wanted {
    /// The way in which the first of the points is met.
    pub(super) fn way(&self) -> Option<&'static str> {
        match self {
            Wanted::All | Wanted::List => None,
            Wanted::Points(points) => points.first().and_then(|(role, point)| reach::way_of(*role, point)),
        }
    }

    /// The points; `way` is what `--way` asks for.
    pub(super) fn points(&self, way: &str) -> Vec<(Role, Point)> {
        match self {
            Wanted::All => reach::in_way(way),
            Wanted::List => Vec::new(),
            Wanted::Points(points) => points.clone(),
        }
    }
}

/// Reads the value of `--crash`.
pub(super) fn parse(text: &str) -> Result<Wanted, String> {
    match text {
        "all" => return Ok(Wanted::All),
        "list" => return Ok(Wanted::List),
        _ => {}
    }
    let one = |part: &str| {
        let (role, point) = part.split_once(':').ok_or_else(|| format!("{part}: write PARTY:MOMENT:KIND"))?;
        let role = <Role as clap::ValueEnum>::from_str(role, false)?;
        Ok((role, point.parse::<Point>().map_err(|e| e.to_string())?))
    };
    text.split(',').map(one).collect::<Result<_, String>>().map(Wanted::Points)
}

/// What happens to an older copy of a party's directory before the party starts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Older {
    /// There is none.
    Ignored,
    /// It is tried; the party must refuse to start on it.
    Refused,
    /// It is confirmed by `semper restore`, and the party goes on with it.
    Restored,
}

/// Where the parties of a market are cut off, and what became of it.
pub(super) struct Crashes {
    story: Story,
    older: Older,
    /// How long a party stays away.
    away: Duration,
    over: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    left: BTreeMap<&'static str, BTreeSet<Point>>,
    /// Points that were reached, in order.
    hits: Vec<(Role, Point)>,
    /// Points at which an older copy was refused.
    refused: Vec<(Role, Point)>,
    unlisted: BTreeSet<String>,
    /// Parties that are not back yet.
    down: BTreeSet<&'static str>,
    /// How often a party was killed.
    kills: u64,
    /// Where each party was killed last.
    last: BTreeMap<&'static str, Vec<Point>>,
    /// Parties of which there is an older copy.
    copied: BTreeSet<&'static str>,
    failure: Option<String>,
}

impl Crashes {
    pub(super) fn new(points: Vec<(Role, Point)>, older: Older, away: Duration, json: bool) -> Self {
        let mut left: BTreeMap<_, BTreeSet<Point>> = BTreeMap::new();
        for (role, point) in points {
            left.entry(role.word()).or_default().insert(point);
        }
        let state = Mutex::new(State { left, ..State::default() });
        Crashes { story: Story::new(json), older, away, over: AtomicBool::new(false), state }
    }

    /// A holder that panicked left nothing half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The points at which a party is still to be cut off, as its command line wants them.
    pub(super) fn left(&self, role: Role) -> String {
        let state = self.state();
        let points = state.left.get(role.word()).into_iter().flatten();
        points.map(Point::to_string).collect::<Vec<_>>().join(",")
    }

    /// Takes a line of a party's output. True if it says that it cuts itself off.
    pub(super) fn hear(&self, launch: &Launch, line: &Value) -> bool {
        let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
        let word = launch.role.word();
        if is_event(line, "unlisted") {
            self.state().unlisted.insert(format!("{word} {} {}", text("passage"), text("kind")));
        }
        if !is_event(line, "crash") {
            return false;
        }
        let names: Vec<&str> =
            line.get("points").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let more = json!({ "party": word, "points": names });
        self.story.tell("crash", &format!("{word}: killed at {}.", names.join(", ")), &more);
        let points: Vec<Point> = names.iter().filter_map(|name| name.parse().ok()).collect();
        let mut state = self.state();
        // The first time there is no older copy to try: the same points are met once more.
        if self.older != Older::Refused || state.copied.contains(word) {
            let left = state.left.entry(word).or_default();
            left.retain(|point| !points.contains(point));
        }
        state.kills += 1;
        state.down.insert(word);
        state.last.insert(word, points.clone());
        state.hits.extend(points.into_iter().map(|point| (launch.role, point)));
        true
    }

    /// A party runs again.
    pub(super) fn back(&self, role: Role) {
        self.state().down.remove(role.word());
    }

    /// What happens while a party is away.
    pub(super) fn between(&self, launch: &Launch) -> Result<(), Error> {
        match self.older {
            Older::Ignored => {}
            Older::Refused => self.try_older_copy(launch)?,
            Older::Restored => self.restore_older_copy(launch)?,
        }
        std::thread::sleep(self.away);
        Ok(())
    }

    fn try_older_copy(&self, launch: &Launch) -> Result<(), Error> {
        let word = launch.role.word();
        let (now, older) = (launch.directory(), older_copy(launch));
        if self.state().copied.contains(word) {
            let kept = launch.market.join(format!("{word}.kept"));
            moved(&now, &kept)?;
            moved(&older, &now)?;
            let refused = refuses(launch);
            removed(&now)?;
            moved(&kept, &now)?;
            refused?;
            let mut state = self.state();
            let last = state.last.get(word).cloned().unwrap_or_default();
            state.refused.extend(last.into_iter().map(|point| (launch.role, point)));
        }
        copied(&now, &older)?;
        self.state().copied.insert(word);
        Ok(())
    }

    /// An error if a party did not come back.
    pub(super) fn sound(&self) -> Result<(), Error> {
        match &self.state().failure {
            Some(failure) => Err(Fault::new(Code::Pending, failure.clone()).into()),
            None => Ok(()),
        }
    }

    /// Waits until every point was met, or nothing happened for so long. An error if a party did not come
    /// back, or things do not calm down.
    pub(super) fn quiet(&self, long: Duration) -> Result<(), Error> {
        let started = Instant::now();
        let (mut count, mut since) = (0, Instant::now());
        while started.elapsed() < QUIET_MAX {
            self.sound()?;
            let state = self.state();
            if state.kills != count || !state.down.is_empty() {
                (count, since) = (state.kills, Instant::now());
            }
            let none_left = state.left.values().all(BTreeSet::is_empty);
            if (none_left && state.down.is_empty()) || since.elapsed() > long {
                return Ok(());
            }
            drop(state);
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(Fault::new(Code::Pending, "parties are cut off without end").into())
    }

    /// The newest database is lost: the operator puts an older copy back and confirms it.
    fn restore_older_copy(&self, launch: &Launch) -> Result<(), Error> {
        let word = launch.role.word();
        let (now, older) = (launch.directory(), older_copy(launch));
        if !self.state().copied.insert(word) {
            removed(&now)?;
            moved(&older, &now)?;
            refuses(launch)?;
            let mut command = Command::new(own_program()?);
            let done = command.args(["--json", "restore", "--yes", "--data-dir"]).arg(&now).output();
            let done = done.map_err(|e| disk(&now, &e))?;
            if !done.status.success() {
                let text = format!("{word}: restore: {}", String::from_utf8_lossy(&done.stdout));
                return Err(Fault::new(Code::DatabaseStale, text).into());
            }
            self.story.tell("restored", &format!("{word}: an older copy was restored."), &json!({ "party": word }));
        }
        Ok(copied(&now, &older)?)
    }

    /// Whether an operator has put an older copy back, or will.
    pub(super) fn restores(&self) -> bool {
        self.older == Older::Restored
    }

    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(super) fn fail(&self, role: Role, error: &Error) {
        let text = format!("{}: {error}", role.word());
        self.story.tell("crash-failed", &text, &json!({ "party": role.word() }));
        self.state().failure = Some(text);
    }

    /// Whether a party is still to be cut off somewhere.
    pub(super) fn is_armed(&self) -> bool {
        self.state().left.values().any(|points| !points.is_empty())
    }

    /// What was met and what was not.
    pub(super) fn report(&self) -> Value {
        let state = self.state();
        let name = |(role, point): &(Role, Point)| format!("{}:{point}", role.word());
        let left = state.left.iter().flat_map(|(word, points)| points.iter().map(move |p| format!("{word}:{p}")));
        json!({
            "kills": state.kills,
            "met": state.hits.iter().map(name).collect::<Vec<_>>(),
            "older_copy_refused": state.refused.iter().map(name).collect::<Vec<_>>(),
            "not_met": left.collect::<Vec<_>>(),
            "unlisted": state.unlisted,
            "failure": state.failure,
        })
    }
}

fn older_copy(launch: &Launch) -> PathBuf {
    launch.market.join(format!("{}.older", launch.role.word()))
}

/// Starts a party on an older copy: it must end by itself and say why.
fn refuses(launch: &Launch) -> Result<(), Error> {
    let (mut process, lines) = launch.spawn(&launch.directory())?;
    let line = lines.recv_timeout(REFUSAL_WAIT).unwrap_or_default();
    let stale = is_event(&line, "error")
        && line.get("code").and_then(Value::as_u64) == Some(u64::from(Code::DatabaseStale.number()));
    if !stale {
        let _ = process.kill();
    }
    let status = process.wait().map(|status| status.code());
    match status {
        Ok(Some(1)) if stale => Ok(()),
        other => {
            let text = format!("an older copy of the {} was not refused: {line}, {other:?}", launch.role.word());
            Err(Fault::new(Code::DatabaseStale, text).into())
        }
    }
}

fn disk(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(Code::Disk, format!("{}: {error}", path.display()))
}

fn moved(from: &PathBuf, to: &PathBuf) -> Result<(), Fault> {
    std::fs::rename(from, to).map_err(|e| disk(from, &e))
}

fn removed(path: &Path) -> Result<(), Fault> {
    std::fs::remove_dir_all(path).map_err(|e| disk(path, &e))
}

/// Copies the directory of a party that does not run.
fn copied(from: &Path, to: &Path) -> Result<(), Fault> {
    if to.exists() {
        removed(to)?;
    }
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status().map_err(|e| disk(from, &e))?;
    if done.success() { Ok(()) } else { Err(Fault::new(Code::Disk, format!("{} was not copied", from.display()))) }
}
