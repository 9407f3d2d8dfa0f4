//! Data for money by a hash lock: the bank pays and shows the key in one row, or neither. With cheats in which one of
//! the three lies.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use semper_base::{Blob64, Code, Error, Fault};
use semper_crypto_aws_lc::AwsLc;
use semper_services::bank::Bank;
use serde_json::{Value, json};

use super::super::market::Cast;
use super::scene::Scene;
use crate::output::{say, say_json};
use crate::serve::Role;
use crate::{deal, evidence};

const BANK: Cast = Cast { role: Role::Bank, name: "bank", called: "First Play Bank", knows: &[], lie: None };
const BUYER: Cast = Cast { role: Role::Wallet, name: "buyer", called: "Bea Buyer", knows: &["bank"], lie: None };
const SELLER: Cast = Cast { role: Role::Wallet, name: "seller", called: "Sam Seller", knows: &["bank"], lie: None };

/// A bank and two of its customers.
pub(super) const THREE: &[Cast] = &[BANK, SELLER, BUYER];

/// What is sold.
const DATA: &[u8] = b"Twenty paces north of the palm, then dig.\n";
const TITLE: &str = "A map of the island";
const PRICE: &str = "12.00 EUR";
/// What a pack shows if all went well.
const PROVABLE: &str = "that the bank paid for the key";
/// How long the money stays locked if nobody lies.
const LOCK_MS: u64 = 3_600_000;

/// One cheat.
#[derive(Debug)]
pub(in crate::demo) struct Cheat {
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) line: &'static str,
    cast: &'static [Cast],
    /// How long the money stays locked: so long the cheat takes if nobody claims.
    lock_ms: u64,
    /// Whether the buyer has what was on sale in the end.
    file: bool,
    /// Who is convicted by the packs of the honest together, of what.
    convicted: &'static [(&'static str, &'static str)],
}

/// Every cheat. Who lies is the first word of its name.
pub(in crate::demo) const CHEATS: &[Cheat] = &[
    Cheat {
        name: "seller-never-claims",
        line: "The seller of data has the money locked and never shows the bank the key.",
        cast: &[BANK, Cast { lie: Some("seller-never-claims"), ..SELLER }, BUYER],
        lock_ms: 4_000,
        file: false,
        convicted: &[],
    },
    Cheat {
        name: "seller-sells-other-data",
        line: "The seller of data is paid for a key that opens something else than it has signed.",
        cast: &[BANK, Cast { lie: Some("seller-sells-other-data"), ..SELLER }, BUYER],
        lock_ms: LOCK_MS,
        file: false,
        convicted: &[("seller", "wrong-file")],
    },
    Cheat {
        name: "bank-pays-and-returns",
        line: "The bank pays the seller of data for the key, and tells the buyer that the money went back.",
        cast: &[Cast { lie: Some("bank-pays-and-returns"), ..BANK }, SELLER, BUYER],
        lock_ms: LOCK_MS,
        file: false,
        convicted: &[("bank", "claimed-and-returned")],
    },
];

/// Everything honest.
pub(super) fn sale(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let played = play(scene, LOCK_MS)?;
    let fair = played.is_fair();
    let convicted = played.convicted(&["seller", "buyer"], scene)?;
    Ok(json!({
        "event": "summary",
        "protocol": "semper-lock/1",
        "outcome": if fair { "fair" } else { "unfair" },
        "holds": played.holds(),
        "balances": played.balances,
        "file": played.file,
        "verified": played.ends.iter().all(|end| end.sound),
        "provable": PROVABLE,
        "convicted": convicted,
        "registers": [rows(scene, &played.lock)?],
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}

/// How it ended for one of the two.
struct End {
    party: &'static str,
    word: String,
    pack: PathBuf,
    proves: bool,
    sound: bool,
}

struct Played {
    lock: String,
    ends: Vec<End>,
    /// Whether the buyer can read what was on sale.
    file: bool,
    /// Whether the seller has the money.
    paid: bool,
    /// Whether the buyer has it.
    back: bool,
    balances: Value,
}

impl Played {
    /// The file for the money, or neither.
    fn is_fair(&self) -> bool {
        if self.file { self.paid && !self.back } else { self.back && !self.paid }
    }

    fn holds(&self) -> Vec<Value> {
        let one = |end: &End| json!({ "party": end.party, "word": end.word, "proves": end.proves, "pack": end.pack });
        self.ends.iter().map(one).collect()
    }

    /// Whom the packs of these convict together.
    fn convicted(&self, honest: &[&str], scene: &Scene<'_>) -> Result<Vec<Value>, Error> {
        let packs = self.ends.iter().filter(|end| honest.contains(&end.party));
        let packs: Vec<(&str, &Path)> = packs.map(|end| (end.party, end.pack.as_path())).collect();
        let verdict = evidence::lock_together(&packs, &scene.market.root_file(), &AwsLc::new())?;
        let verdict = serde_json::to_value(verdict).unwrap_or_default();
        Ok(super::super::facts::convicted([&json!({ "verdict": verdict })]))
    }
}

/// From the accounts to the packs.
fn play(scene: &Scene<'_>, lock_ms: u64) -> Result<Played, Error> {
    let accounts = [account(scene, "seller")?, account(scene, "buyer")?];
    let before = balances(scene, &accounts)?;
    let (sold, file) = offer(scene, lock_ms)?;
    let bought = scene.call("buyer", &json!({ "command": "data-buy", "file": file }))?;
    let text = "buyer: Looks at the offer; the trusted screen asks whether to buy it. The bank is to lock the price.";
    scene.story.tell("data-bought", text, &json!({ "party": "buyer", "data": bought.get("data") }));
    let mut ends = Vec::new();
    let mut lock = String::new();
    for (party, id) in [("buyer", bought.get("data")), ("seller", sold.get("data"))] {
        // What was given back may still be bought by somebody else.
        let over = |data: &Value| {
            let is_over = data.get("over").and_then(Value::as_bool) == Some(true);
            is_over || data.get("returned").and_then(Value::as_u64).is_some_and(|returned| returned > 0)
        };
        let end = scene.until(party, &json!({ "command": "data", "data": id }), over)?;
        end.pointer("/locks/0").and_then(Value::as_str).unwrap_or_default().clone_into(&mut lock);
        let word = end.get("word").and_then(Value::as_str).unwrap_or_default().to_owned();
        let text = format!("{party}: {}", end.get("sentence").and_then(Value::as_str).unwrap_or_default());
        scene.story.tell("data-end", &text, &json!({ "party": party, "word": word }));
        let pack = scene.call(party, &json!({ "command": "data-export", "data": id }))?;
        let (pack, report) = scene.evidence(party, &pack)?;
        let sound = report.get("problems").and_then(Value::as_array).is_some_and(Vec::is_empty);
        let proves = report.pointer("/lock_verdict/outcome").and_then(Value::as_str) == Some("paid");
        ends.push(End { party, word, pack, proves, sound });
    }
    let after = balances(scene, &accounts)?;
    let read = scene.call("buyer", &json!({ "command": "data-read", "data": bought.get("data") })).ok();
    let file = read.is_some_and(|read| read.get("data") == Some(&json!(Blob64(DATA.to_vec()))));
    let (paid, back) = (after[0] != before[0], after[1] == before[1]);
    let [from, to] = [before, after].map(|[seller, buyer]| json!({ "seller": seller, "buyer": buyer }));
    Ok(Played { lock, ends, file, paid, back, balances: json!({ "before": from, "after": to }) })
}

/// Opens an account, which the play bank fills.
fn account(scene: &Scene<'_>, party: &str) -> Result<String, Error> {
    scene.call(party, &json!({ "command": "open-account", "currency": "EUR" }))?;
    let open = |purse: &Value| purse.get("account").is_some_and(Value::is_string);
    let purse = scene.until(party, &json!({ "command": "purse" }), open)?;
    Ok(purse.get("account").and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn balances(scene: &Scene<'_>, accounts: &[String; 2]) -> Result<[String; 2], Error> {
    let balance = |account: &String| -> Result<String, Error> {
        let reply = scene.call("bank", &json!({ "command": "balance", "account": account }))?;
        Ok(reply.get("available").and_then(Value::as_str).unwrap_or_default().to_owned())
    };
    Ok([balance(&accounts[0])?, balance(&accounts[1])?])
}

/// The seller seals, and signs the offer on its trusted screen.
fn offer(scene: &Scene<'_>, lock_ms: u64) -> Result<(Value, Value), Error> {
    let asked = scene.call(
        "seller",
        &json!({
            "command": "data-sell", "data": Blob64(DATA.to_vec()), "name": "map.txt", "title": TITLE, "price": PRICE,
            "lock_ms": lock_ms,
        }),
    )?;
    let id = asked.get("data").cloned().unwrap_or_default();
    let signed = |data: &Value| data.get("word").and_then(Value::as_str) != Some("draft");
    scene.until("seller", &json!({ "command": "data", "data": id }), signed)?;
    let reply = scene.call("seller", &json!({ "command": "data-file", "data": id }))?;
    let file = reply.get("file").cloned().ok_or_else(|| Fault::new(Code::FieldMissing, "file"))?;
    let text = format!("seller: Offers \"{TITLE}\" for {PRICE}: sealed, signed, and given to the buyer as a file.");
    scene.story.tell("data-offered", &text, &json!({ "party": "seller", "data": id }));
    Ok((asked, file))
}

/// The bank's rows, straight from its database.
fn rows(scene: &Scene<'_>, lock: &str) -> Result<Value, Error> {
    let request = json!({ "command": "rows", "xid": lock });
    let directory = &scene.market.named("bank")?.directory;
    let reply = deal::read_only(&Bank { play_deposit: None }, directory, &request)?;
    Ok(json!({ "register": "bank", "xid": lock, "rows": reply.get("rows") }))
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
            say_json(&json!({
                "cheat": self.name, "text": self.line, "liar": liar, "lie": lie, "exchange": "hash-lock",
            }));
        } else {
            say(format!("{:<29} {}", self.name, self.line));
        }
    }

    fn judged(&self, scene: &Scene<'_>) -> Result<Value, Error> {
        let (liar, lie) = self.liar();
        let played = play(scene, self.lock_ms)?;
        let honest: Vec<&str> = ["seller", "buyer"].into_iter().filter(|party| *party != liar).collect();
        let convicted = played.convicted(&honest, scene)?;
        let named = |one: &Value| one.get("who").and_then(Value::as_str) == Some(liar);
        let (caught, framed) = (convicted.iter().any(named), !convicted.iter().all(named));
        let even = played.is_fair();
        let expected: Vec<Value> =
            self.convicted.iter().map(|(who, misdeed)| json!({ "who": who, "misdeed": misdeed })).collect();
        Ok(json!({
            "event": "summary",
            "cheat": self.name,
            "text": self.line,
            "liar": liar,
            "lie": lie,
            "end": if even { "even" } else { "verdict" },
            "fair": (even || caught) && !framed,
            "as_expected": played.file == self.file && convicted == expected,
            "expected": { "file": self.file, "convicted": expected },
            "file": played.file,
            "balances": played.balances,
            "convicted": convicted,
            "verified": played.ends.iter().all(|end| end.sound),
            "holds": played.holds(),
            "provable": PROVABLE,
            "registers": [rows(scene, &played.lock)?],
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
    super::cheat::played((cheat.name, cheat.line), options, json, |directory, story| {
        Scene::play(directory, story, cheat.cast, None, |scene| cheat.judged(scene))
    })
}
