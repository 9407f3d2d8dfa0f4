//! Data on sale and joint deals between a wallet and a shop, either way round, in every way that one of the two can
//! bring about: so every packet of locks passes, but those of money for parcels, and a party can be cut off at each.

use std::time::{Duration, Instant};

use semper_base::{Amount, Blob64, Code, Currency, Error, Fault};
use serde_json::{Value, json};

use super::contract::{card, sign};
use super::papers::{Paper, ROUNDS_MAX, text};
use super::scene::Scene;
use super::swap::account;

const WALLET: &str = "wallet";
const SHOP: &str = "shop";
/// Who gets something, and who gets the money for it.
const PAIRS: [(&str, &str); 2] = [(WALLET, SHOP), (SHOP, WALLET)];

const DATA: &[u8] = b"Twenty paces north of the palm, then dig.\n";
const PRICE: &str = "1.25 EUR";
/// More than anybody has, and no more than anybody is certified for.
const TOO_MUCH: &str = "900.00 EUR";
/// After so long whoever waits for a deal's money has asked the bank.
const IMPATIENCE: Duration = Duration::from_secs(11);

/// What became of one of them.
struct End {
    what: &'static str,
    buyer: &'static str,
    /// Whether the buyer can read what it is about.
    read: bool,
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
    let none = |locks: &Value| locks.get("locks").and_then(Value::as_array).is_some_and(Vec::is_empty);
    scene.until("bank", &json!({ "command": "locks" }), none)?;
    let after = balances(scene, &accounts)?;
    let crashes = scene.market.crashes.as_ref().map(|crashes| crashes.report());
    let told: Vec<Value> = ends.iter().map(End::json).collect();
    Ok(json!({
        "event": "summary",
        "outcome": if after == owed(before, &ends)? { "fair" } else { "unfair" },
        "locks": told,
        "balances": { "before": shown(before), "after": shown(after) },
        "verified": true,
        "crashes": crashes,
        "root": scene.market.root_file(),
        "parties": scene.market.summary(),
    }))
}

fn round(scene: &Scene<'_>) -> Result<Vec<End>, Error> {
    // Half of each deal waits for its other half, and for whoever loses patience, while data is sold.
    let mut deals = Vec::new();
    for (buyer, seller) in PAIRS {
        let (paid, given) = (deal(scene, buyer, seller)?, deal(scene, buyer, seller)?);
        signs(scene, buyer, &paid)?;
        signs(scene, seller, &given)?;
        deals.push((buyer, seller, paid, given));
    }
    let begun = Instant::now();
    let mut ends = Vec::new();
    for (buyer, seller) in PAIRS {
        ends.push(sold(scene, buyer, seller)?);
        ends.push(withdrawn(scene, buyer, seller)?);
        ends.push(unpaid(scene, buyer, seller)?);
    }
    if scene.market.crashes.is_some() {
        std::thread::sleep(IMPATIENCE.saturating_sub(begun.elapsed()));
    }
    for (buyer, seller, paid, given) in deals {
        sign(scene, seller, &paid.json())?;
        ends.push(dealt(scene, "deal", buyer, seller, &paid)?);
        given.wish(scene, seller, "abort")?;
        given.until(scene, seller, "aborted")?;
        sign(scene, buyer, &given.json())?;
        ends.push(dealt(scene, "deal-given-up", buyer, seller, &given)?);
    }
    Ok(ends)
}

/// The seller's letter for the buyer's money.
fn deal(scene: &Scene<'_>, buyer: &str, seller: &str) -> Result<Paper, Error> {
    let part = |party: &str, request: &Value| -> Result<Value, Error> {
        let file = |reply: Value| reply.get("file").cloned();
        again(|| Ok(file(scene.call(party, request)?)), "no part was made")
    };
    let letter = part(
        seller,
        &json!({
            "command": "contract-seal", "name": "map.txt", "media_type": "text/plain", "data": Blob64(DATA.to_vec()),
            "to": card(scene, buyer)?,
        }),
    )?;
    let bill = part(seller, &json!({ "command": "contract-bill", "amount": PRICE }))?;
    let paid = part(buyer, &json!({ "command": "contract-pay", "bill": bill }))?;
    let request = json!({
        "command": "contract-new", "title": "Map", "text": "For your own use.", "parts": [letter, paid],
        "expires_ms": 3_600_000,
    });
    Paper::read("contract", || scene.call(buyer, &request))
}

fn signs(scene: &Scene<'_>, party: &str, deal: &Paper) -> Result<(), Error> {
    sign(scene, party, &deal.json())?;
    deal.until(scene, party, "signed").map(|_| ())
}

fn dealt(scene: &Scene<'_>, what: &'static str, buyer: &'static str, seller: &str, deal: &Paper) -> Result<End, Error> {
    for party in [buyer, seller] {
        deal.until(scene, party, "none")?;
    }
    let read = scene.call(buyer, &json!({ "command": "contract-read", "contract": deal.id })).ok();
    let read = read.and_then(|read| read.pointer("/letters/0/data").cloned());
    Ok(End::tell(scene, what, buyer, read.as_ref()))
}

/// Sold and paid.
fn sold(scene: &Scene<'_>, buyer: &'static str, seller: &str) -> Result<End, Error> {
    let (id, file) = offer(scene, seller, PRICE)?;
    bought(scene, "sale", buyer, &id, &file)
}

/// The seller thinks better of it before the buyer has its money locked.
fn withdrawn(scene: &Scene<'_>, buyer: &'static str, seller: &str) -> Result<End, Error> {
    let (id, file) = offer(scene, seller, PRICE)?;
    scene.call(seller, &json!({ "command": "data-abort", "data": id }))?;
    bought(scene, "sale-withdrawn", buyer, &id, &file)
}

/// The buyer has not got so much, and takes its order back.
fn unpaid(scene: &Scene<'_>, buyer: &'static str, seller: &str) -> Result<End, Error> {
    let (id, file) = offer(scene, seller, TOO_MUCH)?;
    bought(scene, "sale-unpaid", buyer, &id, &file)
}

fn offer(scene: &Scene<'_>, seller: &str, price: &str) -> Result<(Value, Value), Error> {
    let request = json!({
        "command": "data-sell", "data": Blob64(DATA.to_vec()), "name": "map.txt", "title": "Map", "price": price,
    });
    let id = again(|| Ok(scene.call(seller, &request)?.get("data").cloned()), "nothing was offered")?;
    let signed = |data: &Value| text(data, "word") != "draft";
    scene.until(seller, &json!({ "command": "data", "data": id }), signed)?;
    let request = json!({ "command": "data-file", "data": id });
    let file = again(|| Ok(scene.call(seller, &request)?.get("file").cloned()), "no file")?;
    Ok((id, file))
}

fn bought(scene: &Scene<'_>, what: &'static str, buyer: &'static str, id: &Value, file: &Value) -> Result<End, Error> {
    scene.call(buyer, &json!({ "command": "data-buy", "file": file }))?;
    let over = |data: &Value| data.get("over").and_then(Value::as_bool) == Some(true);
    scene.until(buyer, &json!({ "command": "data", "data": id }), over)?;
    let read = scene.call(buyer, &json!({ "command": "data-read", "data": id })).ok();
    Ok(End::tell(scene, what, buyer, read.as_ref().and_then(|read| read.get("data"))))
}

/// Asks until there is something: the answer may be lost when somebody is cut off.
pub(super) fn again(ask: impl Fn() -> Result<Option<Value>, Error>, otherwise: &'static str) -> Result<Value, Error> {
    for _ in 0..ROUNDS_MAX {
        if let Some(found) = ask()? {
            return Ok(found);
        }
    }
    Err(Fault::new(Code::Pending, otherwise).into())
}

impl End {
    fn tell(scene: &Scene<'_>, what: &'static str, buyer: &'static str, data: Option<&Value>) -> End {
        let read = data.is_some_and(|data| *data == json!(Blob64(DATA.to_vec())));
        let line = format!("{what}: {buyer} {}.", if read { "reads what it paid for" } else { "has no key" });
        let end = End { what, buyer, read };
        scene.story.tell("lock", &line, &end.json());
        end
    }

    fn json(&self) -> Value {
        json!({ "what": self.what, "buyer": self.buyer, "read": self.read })
    }
}

/// What wallet and shop have.
pub(super) type Money = [Amount; 2];

pub(super) fn balances(scene: &Scene<'_>, accounts: &[String; 2]) -> Result<Money, Error> {
    let balance = |account: &String| -> Result<Amount, Error> {
        let request = json!({ "command": "balance", "account": account });
        let shown = again(|| Ok(scene.call("bank", &request)?.get("available").cloned()), "no balance")?;
        amount(shown.as_str().unwrap_or_default())
    };
    Ok([balance(&accounts[0])?, balance(&accounts[1])?])
}

pub(super) fn amount(shown: &str) -> Result<Amount, Error> {
    let (number, currency) = shown.split_once(' ').unwrap_or_default();
    Ok(Amount::parse(number, Currency::parse(currency)?)?)
}

/// What both must have if whoever can read has paid, and nobody else.
fn owed([mut wallet, mut shop]: Money, ends: &[End]) -> Result<Money, Error> {
    let price = amount(PRICE)?;
    for end in ends.iter().filter(|end| end.read) {
        let (payer, payee) = if end.buyer == WALLET { (&mut wallet, &mut shop) } else { (&mut shop, &mut wallet) };
        (*payer, *payee) = (payer.minus(price)?, payee.plus(price)?);
    }
    Ok([wallet, shop])
}

pub(super) fn shown([wallet, shop]: Money) -> Value {
    json!({ WALLET: wallet.to_string(), SHOP: shop.to_string() })
}
