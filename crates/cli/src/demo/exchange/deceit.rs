//! Cheats in mail order under escrow, in rounds and in containers, in one table. Each is played between real processes
//! of which one lies; what came of it is looked at afterwards and compared with what is expected.

use std::process::ExitCode;

use semper_base::{Code, Error};
use serde_json::{Value, json};

use super::scene::Scene;
use super::{container_lies, parcel_lies, round_lies};
use crate::demo::Options;
use crate::demo::facts;
use crate::demo::market::Cast;
use crate::output::{say, say_json};

/// One cheat.
#[derive(Debug)]
pub(in crate::demo) struct Cheat {
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) line: &'static str,
    /// In which exchange.
    pub(super) exchange: &'static str,
    pub(super) cast: &'static [Cast],
    /// As whom the liar is convicted, if it is.
    pub(super) role: &'static str,
    pub(super) play: fn(&Scene<'_>) -> Result<Outcome, Error>,
    /// What must be seen in the end, word for word.
    pub(super) seen: &'static [(&'static str, &'static str)],
    /// Exactly these are convicted, of what.
    pub(super) convicted: &'static [(&'static str, &'static str)],
    /// These were noticed, perhaps others: by whom, as what.
    pub(super) noticed: &'static [(&'static str, Code)],
}

/// What came of one.
pub(super) struct Outcome {
    /// What can be seen, in the order of [`Cheat::seen`].
    pub(super) seen: Vec<(&'static str, String)>,
    /// Whether everybody honest has what is due to them, or nothing happened.
    pub(super) even: bool,
    /// Verdicts by what honest parties show, each with its convictions.
    pub(super) verdicts: Vec<Value>,
    /// What somebody refused without writing it down: whose command failed, and why.
    pub(super) refused: Option<(&'static str, Code)>,
    pub(super) holds: Vec<Value>,
    /// Whether nothing is wrong with any pack.
    pub(super) sound: bool,
    /// What a pack shows if all went well.
    pub(super) provable: &'static str,
    pub(super) registers: Vec<Value>,
}

/// Every cheat of these exchanges.
pub(in crate::demo) fn all() -> impl Iterator<Item = &'static Cheat> {
    parcel_lies::CHEATS.iter().chain(round_lies::CHEATS).chain(container_lies::CHEATS)
}

impl Cheat {
    fn liar(&self) -> (&'static str, &'static str) {
        let liar = self.cast.iter().find_map(|cast| Some((cast.name, cast.lie?)));
        liar.unwrap_or_default()
    }

    /// One line of a list.
    pub(in crate::demo) fn list(&self, json: bool) {
        let (liar, lie) = self.liar();
        if json {
            let (name, line, exchange) = (self.name, self.line, self.exchange);
            say_json(&json!({ "cheat": name, "text": line, "liar": liar, "lie": lie, "exchange": exchange }));
        } else {
            say(format!("{:<29} {}", self.name, self.line));
        }
    }

    fn played(&self, scene: &Scene<'_>) -> Result<Value, Error> {
        let (liar, lie) = self.liar();
        let outcome = (self.play)(scene)?;
        let convicted = facts::convicted(&outcome.verdicts);
        let named = |one: &Value| one.get("who").and_then(Value::as_str) == Some(self.role);
        let (caught, framed) = (convicted.iter().any(named), !convicted.iter().all(named));
        let expected: Vec<Value> =
            self.convicted.iter().map(|(who, misdeed)| json!({ "who": who, "misdeed": misdeed })).collect();
        let mut noticed = noticed(scene, liar)?;
        noticed.extend(outcome.refused.map(|(party, code)| facts::notice(party, code, "command")));
        let heard = |(party, code): &(&str, Code)| {
            let is = |one: &&Value| {
                one.get("party") == Some(&json!(party)) && one.get("code") == Some(&json!(code.number()))
            };
            noticed.iter().any(|one| is(&one))
        };
        let wanted: Vec<(&str, String)> = self.seen.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let seen = |pairs: &[(&str, String)]| -> Value {
            Value::Object(pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect())
        };
        let as_expected = outcome.seen == wanted && convicted == expected && self.noticed.iter().all(heard);
        Ok(json!({
            "event": "summary",
            "cheat": self.name,
            "text": self.line,
            "liar": liar,
            "lie": lie,
            "exchange": self.exchange,
            "end": if outcome.even { "even" } else { "verdict" },
            "fair": (outcome.even || caught) && !framed,
            "as_expected": as_expected,
            "expected": { "seen": seen(&wanted), "convicted": expected, "noticed": self.noticed.iter().map(|(party, code)| facts::notice(party, *code, "")).collect::<Vec<_>>() },
            "seen": seen(&outcome.seen),
            "convicted": convicted,
            "noticed": noticed,
            "verified": outcome.sound,
            "holds": outcome.holds,
            "provable": outcome.provable,
            "registers": outcome.registers,
            "root": scene.market.root_file(),
            "parties": scene.market.summary(),
        }))
    }
}

/// What honest parties wrote down about messages that they refused, each kind once.
fn noticed(scene: &Scene<'_>, liar: &str) -> Result<Vec<Value>, Error> {
    let mut noticed: Vec<Value> = Vec::new();
    for Cast { name, .. } in scene.cast.iter().filter(|cast| cast.name != liar) {
        for (code, message) in facts::notes(&scene.market.named(name)?.directory)? {
            let one = facts::notice(name, code, &message);
            if !noticed.contains(&one) {
                noticed.push(one);
            }
        }
    }
    Ok(noticed)
}

/// Plays a cheat of this table.
pub(in crate::demo) fn run(cheat: &'static Cheat, options: &Options, json: bool) -> Result<ExitCode, Error> {
    super::cheat::played((cheat.name, cheat.line), options, json, |directory, story| {
        Scene::play(directory, story, cheat.cast, None, |scene| cheat.played(scene))
    })
}
