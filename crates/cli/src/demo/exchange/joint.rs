//! Cheats in joint deals: one party lies while a letter is given for money, the others are as they always are. What
//! comes of it is computed from the packs that the honest ones bring, about the deal and about its payment.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use semper_base::{Blob64, Error};
use semper_crypto_aws_lc::AwsLc;
use serde_json::{Value, json};

use super::super::market::Cast;
use super::contract::{End, card, ends, sign};
use super::scene::Scene;
use super::swap::account;
use super::{BANK, NOTARY, WALLET};
use crate::demo::facts;
use crate::output::{say, say_json};
use crate::{deal, evidence};

/// How long a party that hears nothing is left to wait before its owner steps back.
const IMPATIENCE: Duration = Duration::from_secs(3);
const PRICE: &str = "12.00 EUR";
const LETTER: &[u8] = b"Twenty paces north of the palm, then dig.\n";
/// Who pays, and who gives the letter.
const PAYER: &str = "wallet";
const GIVER: &str = "wallet-2";
const PAYS: Cast = Cast { knows: &["notary", "bank"], ..WALLET };
const GIVES: Cast = Cast { name: GIVER, called: "Sam Seller", knows: &["notary", "bank"], ..WALLET };
/// Which part of the deal is the payment.
const PAYMENT: u64 = 2;

/// One cheat.
#[derive(Debug)]
pub(in crate::demo) struct Cheat {
    pub(in crate::demo) name: &'static str,
    pub(in crate::demo) line: &'static str,
    cast: &'static [Cast],
    /// Whose owner loses patience.
    impatient: Option<&'static str>,
    /// Whether the payer can read the letter in the end.
    read: bool,
    /// Whether the giver has the money; none if that is a race.
    paid: Option<bool>,
    /// Who is convicted by the packs of the honest, of what.
    convicted: &'static [(&'static str, &'static str)],
}

/// Every cheat. Who lies is the first word of its name.
pub(in crate::demo) const CHEATS: &[Cheat] = &[
    Cheat {
        name: "payer-locks-less",
        line: "Who is to pay in a joint deal orders the bank to lock a cent.",
        cast: &[NOTARY, BANK, Cast { lie: Some("payer-locks-less"), ..PAYS }, GIVES],
        impatient: Some(GIVER),
        read: false,
        paid: Some(false),
        convicted: &[],
    },
    Cheat {
        name: "payer-takes-back",
        line: "Who pays in a joint deal has signed, and asks the bank for the money back.",
        cast: &[NOTARY, BANK, Cast { lie: Some("payer-takes-back"), ..PAYS }, GIVES],
        impatient: None,
        read: true,
        paid: Some(true),
        convicted: &[],
    },
    Cheat {
        name: "giver-keeps-key",
        line: "Who gives a letter in a joint deal signs, and keeps the letter's key from the notary.",
        cast: &[NOTARY, BANK, PAYS, Cast { lie: Some("giver-keeps-key"), ..GIVES }],
        impatient: Some(PAYER),
        read: false,
        paid: Some(false),
        convicted: &[],
    },
    Cheat {
        name: "giver-claims-undecided",
        line: "Who is paid in a joint deal claims the money before the notary has decided.",
        cast: &[NOTARY, BANK, PAYS, Cast { lie: Some("giver-claims-undecided"), ..GIVES }],
        impatient: None,
        read: true,
        paid: Some(true),
        convicted: &[],
    },
    Cheat {
        name: "bank-frees-against-row",
        line: "The bank pays by the notary's row, and tells the payer that the money went back.",
        cast: &[NOTARY, Cast { lie: Some("bank-pays-and-returns"), ..BANK }, PAYS, GIVES],
        impatient: None,
        read: true,
        paid: Some(true),
        convicted: &[("bank", "claimed-and-returned")],
    },
    Cheat {
        name: "notary-parts-a-deal",
        line: "The notary tells the one who gives that the deal is done, and the one who pays that it came to nothing.",
        cast: &[Cast { lie: Some("notary-decides-both"), ..NOTARY }, BANK, PAYS, GIVES],
        impatient: None,
        read: false,
        paid: None,
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
            let (name, line) = (self.name, self.line);
            say_json(&json!({ "cheat": name, "text": line, "liar": liar, "lie": lie, "exchange": "joint-deal" }));
        } else {
            say(format!("{:<29} {}", self.name, self.line));
        }
    }

    fn played(&self, scene: &mut Scene<'_>) -> Result<Value, Error> {
        let accounts = [account(scene, PAYER)?, account(scene, GIVER)?];
        let before = balances(scene, &accounts)?;
        let made = make(scene)?;
        for signer in [PAYER, GIVER] {
            sign(scene, signer, &made)?;
        }
        if let Some(party) = self.impatient {
            std::thread::sleep(IMPATIENCE);
            let text = format!("{party}: Has heard nothing, and steps back.");
            scene.story.tell("impatient", &text, &json!({ "party": party }));
            scene.call(party, &json!({ "command": "contract-abort", "contract": made.get("contract") }))?;
            // Whoever never told the notary anything asks it only when all time is over.
            let ended = |end: &Value| end.get("over").and_then(Value::as_bool) == Some(true);
            scene.until(party, &json!({ "command": "contract", "contract": made.get("contract") }), ended)?;
            scene.call(self.liar().0, &json!({ "command": "contract-resume", "contract": made.get("contract") }))?;
        }
        let none = |locks: &Value| locks.get("locks").and_then(Value::as_array).is_some_and(Vec::is_empty);
        let ends = ends(scene, &made)?;
        scene.until("bank", &json!({ "command": "locks" }), none)?;
        let after = balances(scene, &accounts)?;
        self.judged(scene, &made, &ends, &Outcome { before, after })
    }

    fn judged(&self, scene: &Scene<'_>, made: &Value, ends: &[End], money: &Outcome) -> Result<Value, Error> {
        let (liar, lie) = self.liar();
        let honest: Vec<&End> = ends.iter().filter(|end| end.party != liar).collect();
        let packs: Vec<(&str, &Path)> = honest.iter().map(|end| (end.party, end.pack.as_path())).collect();
        let root = scene.market.root_file();
        let deal = evidence::contract_together(&packs, &root, &AwsLc::new())?;
        let payments = honest.iter().filter_map(|end| Some((end.party, payment(scene, end.party, made).ok()?)));
        let payments: Vec<(&str, PathBuf)> = payments.collect();
        let packs: Vec<(&str, &Path)> = payments.iter().map(|(party, pack)| (*party, pack.as_path())).collect();
        let lock = if packs.is_empty() { None } else { evidence::lock_together(&packs, &root, &AwsLc::new())? };
        let verdicts = [serde_json::to_value(deal), serde_json::to_value(lock)].map(Result::unwrap_or_default);
        let verdicts = verdicts.map(|verdict| json!({ "verdict": verdict }));
        let convicted = facts::convicted(&verdicts);
        let (read, paid) = (is_read(scene, made), money.after[1] != money.before[1]);
        let even = read == paid && (money.after[0] == money.before[0]) != paid;
        let named = |one: &Value| one.get("who").and_then(Value::as_str) == Some(liar);
        let (caught, framed) = (convicted.iter().any(named), !convicted.iter().all(named));
        let expected: Vec<Value> =
            self.convicted.iter().map(|(who, misdeed)| json!({ "who": who, "misdeed": misdeed })).collect();
        let id = made.get("contract").and_then(Value::as_str).unwrap_or_default();
        Ok(json!({
            "event": "summary",
            "cheat": self.name,
            "text": self.line,
            "liar": liar,
            "lie": lie,
            "end": if even { "even" } else { "verdict" },
            "fair": (even || caught) && !framed,
            "as_expected": read == self.read && self.paid.is_none_or(|due| due == paid) && convicted == expected,
            "expected": { "read": self.read, "paid": self.paid, "convicted": expected },
            "read": read,
            "paid": paid,
            "balances": { "before": money.before, "after": money.after },
            "convicted": convicted,
            "verified": ends.iter().all(|end| end.sound),
            "contract": id,
            "holds": ends.iter().map(End::json).collect::<Vec<_>>(),
            "payments": payments.iter().map(|(party, pack)| json!({ "party": party, "pack": pack })).collect::<Vec<_>>(),
            "registers": [scene.rows(id)?],
            "provable": "the deal",
            "root": root,
            "parties": scene.market.summary(),
        }))
    }
}

/// Whether who pays can read the letter.
fn is_read(scene: &Scene<'_>, made: &Value) -> bool {
    let read = scene.call(PAYER, &json!({ "command": "contract-read", "contract": made.get("contract") }));
    let data = read.ok().and_then(|read| read.pointer("/letters/0/data").cloned());
    data == Some(json!(Blob64(LETTER.to_vec())))
}

/// What payer and giver have on their accounts.
struct Outcome {
    before: [String; 2],
    after: [String; 2],
}

fn balances(scene: &Scene<'_>, accounts: &[String; 2]) -> Result<[String; 2], Error> {
    let balance = |account: &String| -> Result<String, Error> {
        let reply = scene.call("bank", &json!({ "command": "balance", "account": account }))?;
        Ok(reply.get("available").and_then(Value::as_str).unwrap_or_default().to_owned())
    };
    Ok([balance(&accounts[0])?, balance(&accounts[1])?])
}

/// The letter for the price, as the payer writes it down.
fn make(scene: &Scene<'_>) -> Result<Value, Error> {
    let sealed = scene.call(
        GIVER,
        &json!({
            "command": "contract-seal", "name": "map.txt", "media_type": "text/plain", "data": Blob64(LETTER.to_vec()),
            "to": card(scene, PAYER)?,
        }),
    )?;
    let bill = scene.call(GIVER, &json!({ "command": "contract-bill", "amount": PRICE }))?;
    let paid = scene.call(PAYER, &json!({ "command": "contract-pay", "bill": bill.get("file") }))?;
    let request = json!({
        "command": "contract-new", "title": "Map", "text": "For your own use.",
        "parts": [sealed.get("file"), paid.get("file")], "expires_ms": 3_600_000,
    });
    scene.call(PAYER, &request)
}

/// What a party can show about the payment.
fn payment(scene: &Scene<'_>, party: &str, made: &Value) -> Result<PathBuf, Error> {
    let request = json!({ "command": "contract-export", "contract": made.get("contract"), "part": PAYMENT });
    let pack = scene.call(party, &request)?;
    let file = scene.market.directory.join(format!("payment-{party}.zip"));
    super::super::market::write(&file, &deal::exported(&pack)?)?;
    Ok(file)
}

/// Plays a cheat of this table.
pub(in crate::demo) fn run(
    cheat: &'static Cheat,
    options: &super::super::Options,
    json: bool,
) -> Result<ExitCode, Error> {
    super::cheat::played((cheat.name, cheat.line), options, json, |directory, story| {
        Scene::play(directory, story, cheat.cast, None, |scene| cheat.played(scene))
    })
}
