//! Contracts and certified mail between a wallet and a shop in every way that one of the two can bring about, one
//! after the other: so every packet of these exchanges passes, and a party can be cut off at each.

use semper_base::{Code, Error, Fault};
use serde_json::{Value, json};

use super::contract::{card, make, sign};
use super::scene::Scene;

/// How often everything is played at most, until every crash point was met: whoever was away for long finds that
/// the other side has asked the notary meanwhile.
pub(super) const ROUNDS_MAX: usize = 4;

const WALLET: &str = "wallet";
const SHOP: &str = "shop";

/// A contract or mail that was made.
pub(super) struct Paper {
    /// `contract` or `mail`.
    table: &'static str,
    pub(super) id: String,
    file: Value,
}

/// Plays all of them.
pub(super) fn all(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let mut ends = Vec::new();
    for _ in 0..ROUNDS_MAX {
        ends.extend(round(scene)?);
        if !scene.is_cut_off_again()? {
            break;
        }
    }
    let fair = ends.iter().all(|end| end.get("fair").and_then(Value::as_bool) == Some(true));
    let crashes = scene.market.crashes.as_ref().map(|crashes| crashes.report());
    Ok(json!({
        "event": "summary",
        "outcome": if fair { "fair" } else { "unfair" },
        "papers": ends,
        "verified": true,
        "crashes": crashes,
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}

fn round(scene: &Scene<'_>) -> Result<Vec<Value>, Error> {
    let (shop, wallet) = (card(scene, SHOP)?, card(scene, WALLET)?);
    let link = json!({ "link": SHOP });
    Ok(vec![
        signed(scene, &link)?,
        given_up(scene, &link)?,
        collected(scene, &shop)?,
        not_collected(scene, &shop)?,
        delivered(scene, WALLET, &link)?,
        taken_back(scene, &link)?,
        delivered(scene, WALLET, &shop)?,
        delivered(scene, SHOP, &wallet)?,
    ])
}

/// Both sign over their own link.
fn signed(scene: &Scene<'_>, link: &Value) -> Result<Value, Error> {
    let paper = contract(scene, link, true)?;
    sign(scene, WALLET, &paper.json())?;
    sign(scene, SHOP, &paper.json())?;
    paper.ended(scene, true)
}

/// Who began asks where it stands, and has it ended; the other one promises all the same, and asks the notary.
fn given_up(scene: &Scene<'_>, link: &Value) -> Result<Value, Error> {
    let paper = contract(scene, link, true)?;
    sign(scene, WALLET, &paper.json())?;
    paper.until(scene, WALLET, "promised")?;
    paper.wish(scene, WALLET, "resume")?;
    paper.wish(scene, WALLET, "abort")?;
    paper.until(scene, WALLET, "aborted")?;
    sign(scene, SHOP, &paper.json())?;
    paper.until(scene, SHOP, "promised")?;
    paper.wish(scene, SHOP, "resolve")?;
    paper.ended(scene, false)
}

/// Both sign through the notary; the first of them asks it in between.
fn collected(scene: &Scene<'_>, shop: &Value) -> Result<Value, Error> {
    let paper = contract(scene, shop, false)?;
    sign(scene, SHOP, &paper.json())?;
    paper.until(scene, SHOP, "signed")?;
    paper.wish(scene, SHOP, "resume")?;
    sign(scene, WALLET, &paper.json())?;
    paper.ended(scene, true)
}

/// The shop signs through the notary and changes its mind, before the wallet signs.
fn not_collected(scene: &Scene<'_>, shop: &Value) -> Result<Value, Error> {
    let paper = contract(scene, shop, false)?;
    sign(scene, SHOP, &paper.json())?;
    paper.until(scene, SHOP, "signed")?;
    paper.wish(scene, SHOP, "abort")?;
    paper.until(scene, SHOP, "aborted")?;
    sign(scene, WALLET, &paper.json())?;
    paper.ended(scene, false)
}

/// A letter for its receipt: over the link, or through the notary to whoever has this card.
fn delivered(scene: &Scene<'_>, from: &'static str, to: &Value) -> Result<Value, Error> {
    let paper = letter(scene, from, to)?;
    let other = if from == WALLET { SHOP } else { WALLET };
    scene.call(other, &json!({ "command": "mail-take", "file": paper.file }))?;
    paper.ended(scene, true)
}

/// The sender thinks better of it; the receiver promises all the same, and asks the notary for the key.
fn taken_back(scene: &Scene<'_>, link: &Value) -> Result<Value, Error> {
    let paper = letter(scene, WALLET, link)?;
    paper.until(scene, WALLET, "promised")?;
    paper.wish(scene, WALLET, "abort")?;
    paper.until(scene, WALLET, "aborted")?;
    scene.call(SHOP, &json!({ "command": "mail-take", "file": paper.file }))?;
    paper.until(scene, SHOP, "promised")?;
    paper.wish(scene, SHOP, "resolve")?;
    paper.ended(scene, false)
}

fn contract(scene: &Scene<'_>, with: &Value, optimistic: bool) -> Result<Paper, Error> {
    Paper::read("contract", || make(scene, WALLET, &json!([with]), optimistic))
}

fn letter(scene: &Scene<'_>, from: &str, to: &Value) -> Result<Paper, Error> {
    let request = json!({
        "command": "mail-send", "title": "Notice", "text": "We give notice.", "to": to, "expires_ms": 3_600_000,
        "optimistic": to.get("link").is_some(),
    });
    Paper::read("mail", || scene.call(from, &request))
}

impl Paper {
    /// Makes one; again if the answer was lost.
    pub(super) fn read(table: &'static str, make: impl Fn() -> Result<Value, Error>) -> Result<Paper, Error> {
        for _ in 0..ROUNDS_MAX {
            let made = make()?;
            if let (Some(id), Some(file)) = (made.get(table).and_then(Value::as_str), made.get("file")) {
                return Ok(Paper { table, id: id.to_owned(), file: file.clone() });
            }
        }
        Err(Fault::new(Code::Pending, format!("no {table} was made")).into())
    }

    /// As the commands about contracts want it.
    pub(super) fn json(&self) -> Value {
        json!({ "contract": self.id, "file": self.file })
    }

    fn request(&self, command: &str) -> Value {
        let mut request = json!({ "command": command });
        if let Some(members) = request.as_object_mut() {
            members.insert(self.table.to_owned(), json!(self.id));
        }
        request
    }

    pub(super) fn wish(&self, scene: &Scene<'_>, party: &str, wish: &str) -> Result<(), Error> {
        let request = self.request(&format!("{}-{wish}", self.table));
        // Who was away for long may have been told the end already.
        match scene.call(party, &request) {
            Err(error) if error.code() != Code::StateWrong => Err(error),
            _ => Ok(()),
        }
    }

    /// Waits until a party stands there, or at an end.
    pub(super) fn until(&self, scene: &Scene<'_>, party: &str, stage: &str) -> Result<Value, Error> {
        let is = |one: &Value| text(one, "stage") == stage || one.get("over") == Some(&json!(true));
        scene.until(party, &self.request(self.table), is)
    }

    /// Waits until both have come to an end, and says whether it is the same.
    fn ended(&self, scene: &Scene<'_>, complete: bool) -> Result<Value, Error> {
        let ends = [WALLET, SHOP].map(|party| self.until(scene, party, "none"));
        let [wallet, shop] = ends;
        let stages = [wallet?, shop?].map(|end| text(&end, "stage").to_owned());
        let both = stages.iter().all(|stage| stage == "complete");
        let neither = stages.iter().all(|stage| stage != "complete");
        let line = format!("{} {}: {} and {}.", self.table, self.id.get(..8).unwrap_or_default(), stages[0], stages[1]);
        scene.story.tell("paper", &line, &json!({ "paper": self.id, "stages": stages }));
        Ok(json!({ self.table: self.id, "stages": stages, "fair": both || neither, "as_meant": both == complete }))
    }
}

pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
