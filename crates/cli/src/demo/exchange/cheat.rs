//! Cheats in contracts: one party lies, the others are as they always are. What comes of it is computed from
//! the packs that the honest ones bring.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use semper_base::Error;
use semper_crypto_aws_lc::AwsLc;
use serde_json::{Value, json};

use super::super::market::Cast;
use super::super::story::Story;
use super::contract::{ends, make, sign, signers};
use super::scene::Scene;
use super::{FIVE, NOTARY, SHOP, WALLET};
use crate::evidence;
use crate::output::{say, say_json};

/// How long a party that hears nothing is left to wait before its owner steps back.
const IMPATIENCE: Duration = Duration::from_secs(3);

/// One cheat.
#[derive(Debug)]
pub(in crate::demo) struct Cheat {
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) line: &'static str,
    cast: &'static [Cast],
    optimistic: bool,
    /// Whose owner loses patience.
    impatient: Option<&'static str>,
    /// Whether the contract stands in the end, for whom it does if not for all.
    stands: &'static [&'static str],
    /// Who is convicted by the packs of the honest, of what.
    convicted: &'static [(&'static str, &'static str)],
}

/// Every cheat. Who lies is the first word of its name.
pub(in crate::demo) const CHEATS: &[Cheat] = &[
    Cheat {
        name: "starter-aborts-and-signs",
        line: "The one who began a contract asks the notary to end it, and gives its signature all the same.",
        cast: &[NOTARY, SHOP, Cast { lie: Some("starter-aborts-and-signs"), knows: &["notary", "shop"], ..WALLET }],
        optimistic: true,
        impatient: None,
        stands: &["shop", "wallet"],
        convicted: &[],
    },
    Cheat {
        name: "answerer-resolves-unseen",
        line: "The other side answers no promise, and has the notary complete the contract behind the first one's back.",
        cast: &[
            NOTARY,
            Cast { lie: Some("answerer-resolves-unseen"), ..SHOP },
            Cast { knows: &["notary", "shop"], ..WALLET },
        ],
        optimistic: true,
        impatient: Some("wallet"),
        stands: &["shop", "wallet"],
        convicted: &[],
    },
    Cheat {
        name: "notary-decides-both",
        line: "The notary tells one of five that the contract came to nothing, and the others that it is complete.",
        cast: &[Cast { lie: Some("notary-decides-both"), ..NOTARY }, FIVE[1], FIVE[2], FIVE[3], FIVE[4], FIVE[5]],
        optimistic: false,
        impatient: None,
        stands: &["wallet-2", "wallet-3", "wallet-4", "wallet-5"],
        convicted: &[("notary", "aborted-and-resolved")],
    },
];

impl Cheat {
    fn liar(&self) -> (&'static str, &'static str) {
        let liar = self.cast.iter().find_map(|cast| Some((cast.name, cast.lie?)));
        liar.unwrap_or_default()
    }

    /// One line of a list.
    pub(in crate::demo) fn list(&self, json: bool) {
        let (liar, lie) = self.liar();
        if json {
            say_json(
                &json!({ "cheat": self.name, "text": self.line, "liar": liar, "lie": lie, "exchange": "contract" }),
            );
        } else {
            say(format!("{:<29} {}", self.name, self.line));
        }
    }

    /// Plays it and returns the summary.
    pub(in crate::demo) fn play(&'static self, directory: &Path, story: &Story) -> Result<Value, Error> {
        Scene::play(directory, story, self.cast, None, |scene| self.played(scene))
    }

    fn played(&self, scene: &mut Scene<'_>) -> Result<Value, Error> {
        let with = if self.optimistic { json!([{ "link": "shop" }]) } else { super::contract::cards(scene)? };
        let made = make(scene, "wallet", &with, self.optimistic)?;
        for signer in signers(scene) {
            sign(scene, signer, &made)?;
        }
        if let Some(party) = self.impatient {
            std::thread::sleep(IMPATIENCE);
            let text = format!("{party}: Has heard nothing, and steps back.");
            scene.story.tell("impatient", &text, &json!({ "party": party }));
            scene.call(party, &json!({ "command": "contract-abort", "contract": made.get("contract") }))?;
        }
        self.judged(scene, &made)
    }

    fn judged(&self, scene: &Scene<'_>, made: &Value) -> Result<Value, Error> {
        let (liar, lie) = self.liar();
        let ends = ends(scene, made)?;
        let honest: Vec<_> = ends.iter().filter(|end| end.party != liar).collect();
        let packs: Vec<(&str, &Path)> = honest.iter().map(|end| (end.party, end.pack.as_path())).collect();
        let verdict = evidence::contract_together(&packs, &scene.market.root_file(), &AwsLc::new())?;
        let verdict = serde_json::to_value(verdict).unwrap_or_default();
        let convicted = super::super::facts::convicted([&json!({ "verdict": verdict })]);
        let stands: Vec<&str> = ends.iter().filter(|end| end.proves).map(|end| end.party).collect();
        let all_or_none = honest.iter().all(|end| end.proves) || !honest.iter().any(|end| end.proves);
        let caught = convicted.iter().any(|one| one.get("who").and_then(Value::as_str) == Some(liar));
        let framed = convicted.iter().any(|one| one.get("who").and_then(Value::as_str) != Some(liar));
        let expected: Vec<Value> =
            self.convicted.iter().map(|(who, misdeed)| json!({ "who": who, "misdeed": misdeed })).collect();
        let mut wanted = self.stands.to_vec();
        wanted.sort_unstable();
        let mut found = stands.clone();
        found.sort_unstable();
        let id = made.get("contract").and_then(Value::as_str).unwrap_or_default();
        Ok(json!({
            "event": "summary",
            "cheat": self.name,
            "text": self.line,
            "liar": liar,
            "lie": lie,
            "end": if all_or_none { "contract" } else { "verdict" },
            "fair": (all_or_none || caught) && !framed,
            "as_expected": found == wanted && convicted == expected,
            "expected": { "stands": wanted, "convicted": expected },
            "stands": stands,
            "convicted": convicted,
            "verified": ends.iter().all(|end| end.sound),
            "contract": id,
            "holds": ends.iter().map(super::contract::End::json).collect::<Vec<_>>(),
            "registers": [scene.rows(id)?],
            "root": scene.market.root_file(),
            "parties": scene.market.summary(),
        }))
    }
}

/// Plays a cheat of this table.
pub(in crate::demo) fn run(
    cheat: &'static Cheat,
    options: &super::super::Options,
    json: bool,
) -> Result<ExitCode, Error> {
    played((cheat.name, cheat.line), options, json, |directory, story| cheat.play(directory, story))
}

/// Plays the cheat of this name and line of any table, and says what came of it.
pub(super) fn played(
    (name, line): (&str, &str),
    options: &super::super::Options,
    json: bool,
    play: impl FnOnce(&Path, &Story) -> Result<Value, Error>,
) -> Result<ExitCode, Error> {
    let directory = super::super::directory(options.data_dir.as_deref())?;
    // Before anything is started.
    super::super::liar::program()?;
    let story = Story::new(json);
    let text = format!("A play market in {}. No real money is involved. {line}", directory.display());
    story.tell("start", &text, &json!({ "cheat": name }));
    let summary = play(&directory, &story)?;
    super::show::cheat(&summary, json);
    let holds = |name: &str| summary.get(name).and_then(Value::as_bool) == Some(true);
    Ok(if holds("fair") && holds("as_expected") { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
