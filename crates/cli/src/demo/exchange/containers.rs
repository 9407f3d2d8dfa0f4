//! Containers of goods and payments for receipt between a wallet and a shop, either way round, in every way that the
//! two can bring about: taken, stopped, not paid. So every packet of them passes, and a party can be cut off at each.

use semper_base::{Blob64, Error};
use serde_json::{Value, json};

use super::locks::{Money, again, amount, balances};
use super::papers::{ROUNDS_MAX, text};
use super::parcels::moved;
use super::scene::Scene;
use super::swap::account;

const WALLET: &str = "wallet";
const SHOP: &str = "shop";
const DATA: &[u8] = b"Twenty paces north of the palm, then dig.\n";
pub(super) const AMOUNT: &str = "1.25 EUR";
/// More than anybody has, and no more than anybody is certified for.
const TOO_MUCH: &str = "900.00 EUR";

/// One of them, as it ended.
pub(super) struct End {
    from: &'static str,
    /// Whether all of it is there, the money too.
    taken: bool,
    /// Whether both say the same.
    same: bool,
    /// What sender and receiver say.
    pub(super) words: [String; 2],
}

/// Plays all of them.
pub(super) fn all(scene: &mut Scene<'_>) -> Result<Value, Error> {
    let accounts = [account(scene, WALLET)?, account(scene, SHOP)?];
    let before = balances(scene, &accounts)?;
    let mut ends = Vec::new();
    for _ in 0..ROUNDS_MAX {
        ends.extend(round(scene)?);
        if !scene.is_cut_off_again()? {
            break;
        }
    }
    let after = balances(scene, &accounts)?;
    let fair = ends.iter().all(|end| end.same) && after == owed(before, &ends)?;
    let crashes = scene.market.crashes.as_ref().map(|crashes| crashes.report());
    let told: Vec<Value> = ends.iter().map(|end| json!({ "from": end.from, "taken": end.taken })).collect();
    Ok(json!({
        "event": "summary",
        "outcome": if fair { "fair" } else { "unfair" },
        "transfers": told,
        "balances": moved([before, after]),
        "verified": true,
        "crashes": crashes,
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}

fn round(scene: &Scene<'_>) -> Result<Vec<End>, Error> {
    let mut ends = Vec::new();
    let way = Way { from: WALLET, to: SHOP, called: SHOP.to_owned() };
    let first = way.announced(scene, AMOUNT)?;
    ends.push(way.accepted(scene, &first)?);
    // The shop knows the wallet by its connection.
    let question = json!({ "command": "transfer", "transfer": first });
    let shown = again(|| Ok(scene.call(SHOP, &question)?.get("peer").cloned()), "no peer")?;
    let back = Way { from: SHOP, to: WALLET, called: shown.as_str().unwrap_or_default().to_owned() };
    let second = back.announced(scene, AMOUNT)?;
    ends.push(back.accepted(scene, &second)?);
    for way in [&way, &back] {
        let unpaid = way.announced(scene, TOO_MUCH)?;
        ends.push(way.accepted(scene, &unpaid)?);
        let stopped = way.announced(scene, AMOUNT)?;
        ends.push(way.stopped(scene, &stopped)?);
        ends.push(way.billed(scene)?);
    }
    Ok(ends)
}

/// From whom to whom.
pub(super) struct Way {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    /// What the sender calls the receiver.
    pub(super) called: String,
}

impl Way {
    /// A folder with a map and a payment is announced; its name.
    pub(super) fn announced(&self, scene: &Scene<'_>, amount: &str) -> Result<String, Error> {
        let Way { from, to, called } = self;
        let title = format!("Map {} of the {from}", self.list(scene)?.len());
        let begin = json!({
            "command": "transfer-begin", "to": called, "title": title, "goods": [
                { "kind": "container", "name": "island", "goods": 1 },
                { "kind": "data", "name": "map.txt", "media": "text/plain", "length": DATA.len() },
                { "kind": "payment", "name": "shovel", "amount": amount },
            ],
        });
        let draft = again(|| Ok(scene.call(from, &begin)?.get("transfer").cloned()), "nothing was begun")?;
        let data = [Blob64(DATA.to_vec())];
        let chunk = json!({ "command": "transfer-chunk", "transfer": draft, "good": 1, "index": 0, "data": data });
        scene.call(from, &chunk)?;
        scene.call(from, &json!({ "command": "transfer-send", "transfer": draft }))?;
        // Sent, it has the name of its list.
        let sent = |one: &&Value| text(one, "title") == title && one.get("until").is_some_and(Value::is_string);
        let sent = || Ok(self.list(scene)?.iter().find(sent).and_then(|one| one.get("transfer").cloned()));
        let id = again(sent, "nothing was sent")?.as_str().unwrap_or_default().to_owned();
        let here = |list: &Value| {
            let all = list.get("transfers").and_then(Value::as_array);
            all.is_some_and(|all| all.iter().any(|one| text(one, "transfer") == id))
        };
        scene.until(to, &json!({ "command": "transfer-list" }), here)?;
        Ok(id)
    }

    /// Everything that the sender has sent or received.
    fn list(&self, scene: &Scene<'_>) -> Result<Vec<Value>, Error> {
        let list = json!({ "command": "transfer-list" });
        let all = again(|| Ok(scene.call(self.from, &list)?.get("transfers").cloned()), "no list")?;
        Ok(all.as_array().cloned().unwrap_or_default())
    }

    /// The receiver takes it, if it can be paid.
    pub(super) fn accepted(&self, scene: &Scene<'_>, id: &str) -> Result<End, Error> {
        scene.call(self.to, &json!({ "command": "transfer-accept", "transfer": id }))?;
        self.ended(scene, id)
    }

    /// The sender thinks better of it.
    fn stopped(&self, scene: &Scene<'_>, id: &str) -> Result<End, Error> {
        scene.call(self.from, &json!({ "command": "transfer-stop", "transfer": id }))?;
        self.ended(scene, id)
    }

    pub(super) fn ended(&self, scene: &Scene<'_>, id: &str) -> Result<End, Error> {
        let over = |shown: &Value| shown.get("over") == Some(&Value::Bool(true));
        let question = json!({ "command": "transfer", "transfer": id });
        let word = |party| Ok::<_, Error>(text(&scene.until(party, &question, over)?, "word").to_owned());
        let (to, from) = (word(self.to)?, word(self.from)?);
        let words = [from, to];
        let open = json!({ "command": "transfer-open", "transfer": id, "good": 1 });
        let read = scene.call(self.to, &open).ok();
        let read = read.and_then(|read| read.get("data").cloned()) == Some(json!(Blob64(DATA.to_vec())));
        let taken = words.iter().all(|word| word == "taken");
        let same = read == taken && words[0] == words[1];
        let line = format!("From the {}: {}.", self.from, words.join(" and "));
        scene.story.tell("transfer", &line, &json!({ "transfer": id, "words": words }));
        Ok(End { from: self.from, taken, same, words })
    }

    /// The receiver asks to be paid, with a receipt in advance, and the sender pays.
    fn billed(&self, scene: &Scene<'_>) -> Result<End, Error> {
        let ask = json!({ "command": "payment-request", "amount": AMOUNT, "text": "A shovel." });
        let purpose = again(|| Ok(scene.call(self.to, &ask)?.get("purpose").cloned()), "no request")?;
        let question = json!({ "command": "payment-request", "purpose": purpose });
        let signed = |shown: &Value| shown.get("request").is_some_and(Value::is_object);
        let request = scene.until(self.to, &question, signed)?;
        let accept = json!({ "command": "payment-accept", "request": request.get("request") });
        scene.call(self.from, &accept)?;
        let paid = |list: &Value| {
            let all = list.get("transfers").and_then(Value::as_array);
            let is = |one: &&Value| one.get("purpose") == Some(&purpose) && text(one, "state") == "paid";
            all.is_some_and(|all| all.iter().any(|one| is(&one)))
        };
        for party in [self.to, self.from] {
            scene.until(party, &json!({ "command": "transfers" }), paid)?;
        }
        Ok(End { from: self.from, taken: true, same: true, words: Default::default() })
    }
}

/// What both must have if what was taken was paid, and nothing else.
fn owed([mut wallet, mut shop]: Money, ends: &[End]) -> Result<Money, Error> {
    let price = amount(AMOUNT)?;
    for end in ends.iter().filter(|end| end.taken) {
        let (payer, payee) = if end.from == WALLET { (&mut wallet, &mut shop) } else { (&mut shop, &mut wallet) };
        (*payer, *payee) = (payer.minus(price)?, payee.plus(price)?);
    }
    Ok([wallet, shop])
}
