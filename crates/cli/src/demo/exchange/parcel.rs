//! Orders of parcels whose money the bank keeps, between a wallet and a shop that a carrier works for: what the plays
//! of them have in common. Whoever is cut off meanwhile is asked until it answers.

use semper_base::{Amount, Code, Error, Fault};
use serde_json::{Value, json};

use super::locks::{Money, again, amount};
use super::papers::text;
use super::scene::Scene;
use super::swap::account;
use super::{BANK, NOTARY, SHOP as SHOP_CAST, WALLET as WALLET_CAST};
use crate::demo::child::is_away;
use crate::demo::market::Cast;

pub(super) const WALLET: &str = "wallet";
pub(super) const SHOP: &str = "shop";
pub(super) const CARRIER: &str = "carrier";
/// Who rules on disputes: the first notary on the shop's list.
pub(super) const ARBITER: &str = "notary";

/// Who sells.
pub(super) const SELLS: Cast = Cast { knows: &["notary", "bank"], ..SHOP_CAST };
/// Who buys.
pub(super) const BUYS: Cast = Cast { knows: &["notary", "bank", "shop"], ..WALLET_CAST };
/// Who says that a parcel came. It knows nobody: what it says are files.
pub(super) const CARRIES: Cast = Cast { name: CARRIER, called: "Swift Carrier", knows: &[], ..WALLET_CAST };
/// All of them.
pub(super) const STREET: &[Cast] = &[NOTARY, BANK, SELLS, BUYS, CARRIES];

/// What is sold.
const ITEM: &str = "mug";
const PRICE: &str = "10.00 EUR";
/// How often a wish to buy is said at most, until it is sure that it was heard.
const WISHES_MAX: usize = 50;

/// Accounts, shelf, price list and terms: the bank keeps the money, and the carrier's word is asked for.
pub(super) fn open(scene: &Scene<'_>) -> Result<[String; 2], Error> {
    let accounts = [account(scene, WALLET)?, account(scene, SHOP)?];
    let product = json!({
        "id": ITEM, "title": "A mug", "price": PRICE, "vat": "19", "stock": 1_000, "kind": "parcel", "published": true,
    });
    scene.call(SHOP, &json!({ "command": "product-put", "product": product }))?;
    scene.call(SHOP, &json!({ "command": "price-list" }))?;
    let signed = |catalogue: &Value| catalogue.get("unsigned") == Some(&json!(false));
    scene.until(SHOP, &json!({ "command": "catalogue" }), signed)?;
    let card = json!({ "command": "contract-card" });
    let card = again(|| Ok(scene.call(CARRIER, &card)?.get("certificate").cloned()), "no card")?;
    scene.call(SHOP, &json!({ "command": "shipping", "set": { "pay": "locked", "carrier": card } }))?;
    let address = json!({
        "name": "Bea Buyer", "street": "Deichstr. 1", "postcode": "20459", "city": "Hamburg", "country": "DE",
    });
    scene.call(WALLET, &json!({ "command": "address-book", "set": address }))?;
    scene.story.tell("shop-open", "shop: Sells mugs; the bank keeps the money until they are there.", &json!({}));
    Ok(accounts)
}

/// An order, by what the wallet calls it and by its hash.
pub(super) struct Order {
    pub(super) deal: String,
    pub(super) hash: String,
    pub(super) lock: String,
}

impl Order {
    /// From the wish to the locked money.
    pub(super) fn locked(scene: &Scene<'_>) -> Result<Order, Error> {
        let deal = wished(scene)?;
        let has_lock = |shown: &Value| shown.pointer("/locks/0").is_some();
        let shown = scene.until(WALLET, &json!({ "command": "deal", "deal": deal }), has_lock)?;
        let lock = shown.pointer("/locks/0/lock").and_then(Value::as_str).unwrap_or_default().to_owned();
        let order = Order { hash: text(&shown, "order").to_owned(), deal, lock };
        order.both(scene, "locked")?;
        order.tell(scene, "bank: Keeps the money; nobody has it yet. The shop may ship.");
        Ok(order)
    }

    pub(super) fn tell(&self, scene: &Scene<'_>, line: &str) {
        scene.story.tell("parcel", line, &json!({ "deal": self.deal }));
    }

    /// The order as the wallet sees it.
    pub(super) fn deal(&self, scene: &Scene<'_>) -> Result<Value, Error> {
        scene.call(WALLET, &json!({ "command": "deal", "deal": self.deal }))
    }

    /// The same as the shop sees it.
    pub(super) fn sale(&self, scene: &Scene<'_>) -> Result<Value, Error> {
        scene.call(SHOP, &json!({ "command": "sale", "deal": self.hash }))
    }

    /// Waits until both know that the money stands there.
    pub(super) fn both(&self, scene: &Scene<'_>, state: &str) -> Result<(), Error> {
        let is = |shown: &Value| shown.pointer("/locks/0/state") == Some(&json!(state));
        self.both_see(scene, is)
    }

    /// Waits until both see that.
    fn both_see(&self, scene: &Scene<'_>, is: impl Fn(&Value) -> bool) -> Result<(), Error> {
        scene.until(WALLET, &json!({ "command": "deal", "deal": self.deal }), &is)?;
        scene.until(SHOP, &json!({ "command": "sale", "deal": self.hash }), &is)?;
        Ok(())
    }

    /// The shop says that it is on its way.
    pub(super) fn shipped(&self, scene: &Scene<'_>) -> Result<(), Error> {
        let ship = json!({ "command": "ship", "order": self.hash, "carrier": "Swift Carrier", "tracking": "T-1" });
        scene.call(SHOP, &ship)?;
        self.both(scene, "consigned")?;
        self.tell(scene, "shop: Says that the parcel is on its way.");
        Ok(())
    }

    /// What the carrier is given with the parcel.
    pub(super) fn waybill(&self, scene: &Scene<'_>) -> Result<Value, Error> {
        let ask = json!({ "command": "waybill", "order": self.hash });
        again(|| Ok(scene.call(SHOP, &ask)?.get("waybill").cloned()), "no waybill")
    }

    /// The code that the buyer gives to whoever brings the parcel.
    pub(super) fn code(&self, scene: &Scene<'_>) -> Result<Value, Error> {
        again(|| Ok(self.deal(scene)?.pointer("/locks/0/pickup_code").cloned()), "no pickup code")
    }

    /// The carrier's word, for whoever had this code.
    pub(super) fn handed_over(&self, scene: &Scene<'_>, code: &Value) -> Result<Value, Error> {
        let ask = json!({ "command": "carrier-handed-over", "lock": self.waybill(scene)?, "code": code });
        again(|| Ok(scene.call(CARRIER, &ask)?.get("statement").cloned()), "no word of the carrier")
    }

    /// One of the two shows the bank what carrier or arbiter has signed.
    pub(super) fn brings(&self, scene: &Scene<'_>, party: &str, statement: &Value) -> Result<(), Error> {
        let (name, id) = if party == WALLET { ("deal", &self.deal) } else { ("order", &self.hash) };
        scene.call(party, &json!({ "command": "bring", name: id, "statement": statement })).map(|_| ())
    }

    /// The carrier gives the parcel away for the code, and the bank hears of it.
    pub(super) fn carried(&self, scene: &Scene<'_>) -> Result<(), Error> {
        let word = self.handed_over(scene, &self.code(scene)?)?;
        self.brings(scene, SHOP, &word)?;
        self.both(scene, "arrived")?;
        self.tell(scene, "carrier: Gave the parcel to somebody who had the pickup code.");
        Ok(())
    }

    /// The buyer has it, and says so: that pays.
    pub(super) fn received(&self, scene: &Scene<'_>) -> Result<(), Error> {
        scene.call(WALLET, &json!({ "command": "received", "deal": self.deal }))?;
        self.both(scene, "divided")?;
        self.tell(scene, "wallet: Has the parcel. The bank pays the shop.");
        Ok(())
    }

    /// The buyer complains, so the bank waits for the arbiter.
    pub(super) fn complained(&self, scene: &Scene<'_>, reason: &str) -> Result<(), Error> {
        scene.call(WALLET, &json!({ "command": "complain", "deal": self.deal, "reason": reason }))?;
        self.both(scene, "disputed")?;
        self.tell(scene, &format!("wallet: Complains: \"{reason}\" The arbiter shall decide."));
        Ok(())
    }

    /// A party's evidence pack.
    pub(super) fn pack(&self, scene: &Scene<'_>, party: &str) -> Result<Value, Error> {
        let (name, id) = if party == WALLET { ("deal", &self.deal) } else { ("order", &self.hash) };
        let ask = json!({ "command": "export", name: id });
        again(|| Ok(scene.call(party, &ask)?.get("pack").cloned()), "no pack")
    }

    /// The arbiter reads a party's pack and rules: so much for the shop. The ruling is a file.
    pub(super) fn ruling(&self, scene: &Scene<'_>, pack: &Value, payee: &str, why: &str) -> Result<Value, Error> {
        let ask = json!({ "command": "arbiter-rule", "pack": pack, "payee": payee, "reasons": why });
        let ruling = again(|| Ok(scene.call(ARBITER, &ask)?.get("statement").cloned()), "no ruling")?;
        self.tell(scene, &format!("notary: Rules as arbiter: {payee} for the shop. {why}"));
        Ok(ruling)
    }

    /// The arbiter rules, and the buyer brings the ruling to the bank.
    pub(super) fn ruled(&self, scene: &Scene<'_>, payee: &str, why: &str) -> Result<(), Error> {
        let ruling = self.ruling(scene, &self.pack(scene, WALLET)?, payee, why)?;
        self.brings(scene, WALLET, &ruling)?;
        self.both(scene, "divided")?;
        self.tell(scene, "bank: Has divided the money as the arbiter said.");
        Ok(())
    }

    /// The buyer thinks better of it before anything is shipped.
    pub(super) fn cancelled(&self, scene: &Scene<'_>) -> Result<(), Error> {
        scene.call(WALLET, &json!({ "command": "cancel", "deal": self.deal }))?;
        self.both(scene, "returned")?;
        self.tell(scene, "wallet: Cancels; the bank gives the money back.");
        Ok(())
    }

    /// The buyer, who has paid, sends it back; the shop pays back.
    pub(super) fn withdrawn(&self, scene: &Scene<'_>) -> Result<(), Error> {
        scene.call(WALLET, &json!({ "command": "refund-address", "deal": self.deal }))?;
        scene.call(WALLET, &json!({ "command": "withdraw", "deal": self.deal }))?;
        let acknowledged = |shown: &Value| shown.pointer("/parts/0/acknowledged").is_some_and(Value::is_string);
        self.both_see(scene, acknowledged)?;
        scene.call(SHOP, &json!({ "command": "refund", "order": self.hash }))?;
        let back = |shown: &Value| {
            let part = |name: &str| shown.pointer(&format!("/parts/0/{name}")).and_then(Value::as_str);
            part("refunded").is_some() && part("refunded") == part("amount")
        };
        self.both_see(scene, back)?;
        self.tell(scene, "wallet: Sends it back; the shop has paid back.");
        Ok(())
    }
}

/// Says once that a mug is wanted: who is cut off before it answers is asked whether it has begun.
fn wished(scene: &Scene<'_>) -> Result<String, Error> {
    let before = deals(scene)?;
    let wish = json!({ "command": "buy", "shop": "shop", "lines": [{ "item": ITEM, "quantity": 1 }] });
    for _ in 0..WISHES_MAX {
        match scene.market.named(WALLET)?.call_once(&wish) {
            Err(error) if scene.market.crashes.is_some() && is_away(&error) => {}
            other => drop(other?),
        }
        if let Some(new) = deals(scene)?.into_iter().find(|deal| !before.contains(deal)) {
            return Ok(new);
        }
    }
    Err(Fault::new(Code::Pending, "nothing was wished for").into())
}

/// Every deal of the wallet.
fn deals(scene: &Scene<'_>) -> Result<Vec<String>, Error> {
    let list = |name: &str| -> Result<Vec<Value>, Error> {
        let found = again(|| Ok(scene.call(WALLET, &json!({ "command": "deals" }))?.get(name).cloned()), "no deals")?;
        Ok(found.as_array().cloned().unwrap_or_default())
    };
    Ok(list("deals")?.iter().map(|deal| text(deal, "deal").to_owned()).collect())
}

/// What both must have by what each of them sees of these orders: what was paid, without what was paid back. None if the
/// two see something else.
pub(super) fn owed(
    scene: &Scene<'_>,
    [mut wallet, mut shop]: Money,
    orders: &[&Order],
) -> Result<Option<Money>, Error> {
    for order in orders {
        let [deal, sale] = [order.deal(scene)?, order.sale(scene)?];
        let seen = |shown: &Value| ["paid", "refunded"].map(|name| text(shown, name).to_owned());
        if seen(&deal) != seen(&sale) {
            return Ok(None);
        }
        let [paid, back]: [Amount; 2] = [amount(text(&deal, "paid"))?, amount(text(&deal, "refunded"))?];
        (wallet, shop) = (wallet.plus(back)?.minus(paid)?, shop.plus(paid)?.minus(back)?);
    }
    Ok(Some([wallet, shop]))
}

/// Waits until the bank keeps nothing any more.
pub(super) fn nothing_kept(scene: &Scene<'_>) -> Result<(), Error> {
    let none = |locks: &Value| locks.get("locks").and_then(Value::as_array).is_some_and(Vec::is_empty);
    scene.until("bank", &json!({ "command": "locks" }), none).map(|_| ())
}
