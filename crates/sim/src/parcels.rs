//! Mail orders between the customers of a market, whose money the bank keeps, by the same commands that their owners
//! give. Goods, waybills, rulings and the word of a carrier go from hand to hand: how they travel is no part of it.

mod forge;

use semper_base::{Amount, Blob64, Hash, Key, Nonce, Xid};
use semper_commerce::process::mail_order::{Book, LockState};
use semper_services::common::locks::Side;
use semper_services::common::locks::run::Run;
use serde_json::{Value, json};

use crate::dice::seed_of;
use crate::market::Market;
use crate::trouble::Trouble;
use crate::world::Who;

/// Orders of one party that are looked at.
const ORDERS_MAX: usize = 10_000;
/// Parts of one order that are tried.
const PARTS_MAX: u64 = 2;
/// How many of each good a shop has.
pub const STOCK: u64 = 100;
/// What is sold: its name, its price in minor units, its VAT.
const GOODS: [(&str, u64, &str); 2] = [("mug", 1_000, "19"), ("tea", 490, "7")];

/// A shop that sells parcels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Which shop.
    pub shop: String,
    /// Each line of an order has a lock of its own; else all of them together have one.
    pub by_line: bool,
    /// Days to ship, and as many to come.
    pub days: u64,
    /// Who must say that goods came, if somebody must.
    pub carrier: Option<String>,
}

impl std::fmt::Display for Counter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Counter { shop, by_line, days, carrier } = self;
        let parts = if *by_line { "lines" } else { "whole" };
        write!(f, "counter {shop} {parts} {days}")?;
        carrier.as_ref().map_or(Ok(()), |carrier| write!(f, " {carrier}"))
    }
}

impl Counter {
    /// Reads the words behind `counter`.
    #[must_use]
    pub fn read(words: &[&str]) -> Option<Counter> {
        let by_line = match *words.get(1)? {
            "lines" => true,
            "whole" => false,
            _ => return None,
        };
        let carrier = words.get(3).map(|name| (*name).to_owned());
        Some(Counter { shop: (*words.first()?).to_owned(), by_line, days: words.get(2)?.parse().ok()?, carrier })
    }
}

/// What somebody does about the newest order of which it can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// Either side shows the bank what carrier and arbiter have signed.
    Bring,
    /// Either side: what is not shipped shall not be.
    Cancel,
    /// The buyer says what is wrong.
    Complain,
    /// Either side: the arbiter shall decide.
    Dispute,
    /// The carrier gives a parcel away for its pickup code.
    HandOver,
    /// The buyer says that it is here.
    Receive,
    /// The shop pays a part back.
    Refund,
    /// The buyer asks for everything again.
    Resume,
    /// The shop hands all that is locked to the carrier.
    Ship,
    /// The same with one part of it.
    ShipOne,
    /// The buyer withdraws from a part.
    Withdraw,
}

const DEEDS: [(Deed, &str); 11] = [
    (Deed::Bring, "bring"),
    (Deed::Cancel, "cancel"),
    (Deed::Complain, "complain"),
    (Deed::Dispute, "dispute"),
    (Deed::HandOver, "hand-over"),
    (Deed::Receive, "receive"),
    (Deed::Refund, "refund"),
    (Deed::Resume, "resume"),
    (Deed::Ship, "ship"),
    (Deed::ShipOne, "ship-one"),
    (Deed::Withdraw, "withdraw"),
];

impl Deed {
    /// The word of a script.
    #[must_use]
    pub fn word(self) -> &'static str {
        DEEDS.iter().find(|(known, _)| *known == self).map_or("", |(_, word)| *word)
    }

    /// What a word of a script means.
    #[must_use]
    pub fn read(word: &str) -> Option<Deed> {
        DEEDS.iter().find(|(_, known)| *known == word).map(|(deed, _)| *deed)
    }
}

/// What carrier or arbiter has signed about a lock, as a file.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Which lock.
    pub lock: Xid,
    /// Of a ruling: what the payee is to have, in minor units.
    pub payee: Option<u64>,
    /// The statement.
    pub statement: String,
}

/// An order on the books of one side.
#[derive(Clone, Debug)]
pub struct Mine {
    /// The name in commands: the deal's for the wallet, the order's for the shop.
    pub name: String,
    /// What is known; none as long as there is no contract.
    pub book: Option<Book>,
    /// The whole row.
    pub row: Value,
}

impl Market {
    /// A shop has goods on its shelf, and prices that it has signed. Everybody knows where it lives.
    pub(crate) fn open_counter(&mut self, counter: &Counter) -> Result<(), Trouble> {
        let who = |name: &str| self.world.named(name).ok_or_else(|| Trouble::new(format!("nobody is called {name}")));
        let (shop, carrier) = (who(&counter.shop)?, counter.carrier.as_deref().map(who).transpose()?);
        let currency = self.home(shop)?.currency;
        for (id, price, vat) in GOODS {
            let product = json!({
                "id": id, "title": format!("A {id}"), "price": Amount::new(price, currency)?.to_string(), "vat": vat,
                "stock": STOCK, "kind": "parcel", "published": true,
            });
            self.world.command(shop, &json!({ "command": "product-put", "product": product }))?;
        }
        let mut set = json!({
            "pay": "locked", "parts": if counter.by_line { "lines" } else { "whole" }, "delivery_days": counter.days,
        });
        if let Some(carrier) = carrier {
            let card = self.world.command(carrier, &json!({ "command": "contract-card" }))?;
            let card = card.get("certificate").cloned().unwrap_or_default();
            if let Value::Object(members) = &mut set {
                members.insert("carrier".to_owned(), card);
            }
        }
        self.world.command(shop, &json!({ "command": "shipping", "set": set }))?;
        self.world.command(shop, &json!({ "command": "price-list" }))?;
        self.world.run_for(5_000)?;
        for wallet in self.wallets.clone() {
            let street = self.street(wallet);
            let address = json!({
                "name": "Berta Buyer", "street": street, "postcode": "20459", "city": "Hamburg", "country": "DE",
            });
            self.world.command(wallet, &json!({ "command": "address-book", "set": address }))?;
        }
        Ok(())
    }

    /// Where a user lives: its shops know it, and nobody else.
    #[must_use]
    pub fn street(&self, wallet: Who) -> String {
        let seed = seed_of(self.plan.seed, &format!("street/{}", wallet.0));
        semper_base::bytes::encode(&seed).chars().filter(char::is_ascii_alphanumeric).take(24).collect()
    }

    /// The user orders so many mugs and teas.
    pub fn order(&mut self, wallet: Who, shop: Who, mugs: u64, teas: u64) -> Result<(), Trouble> {
        let wanted = [("mug", mugs), ("tea", teas)];
        let lines: Vec<Value> = wanted
            .iter()
            .filter(|(_, quantity)| *quantity > 0)
            .map(|(item, quantity)| json!({ "item": item, "quantity": quantity }))
            .collect();
        let name = self.world.seat(shop)?.name.to_string();
        self.world.command(wallet, &json!({ "command": "buy", "shop": name, "lines": lines })).map(drop)
    }

    /// All orders on a customer's books, the oldest first.
    pub fn orders(&mut self, who: Who) -> Result<Vec<Mine>, Trouble> {
        let (table, path) = if self.shops.contains(&who) {
            ("parcel-sale/", "/machine/book")
        } else {
            ("parcel/", "/state/Agreed/machine/book")
        };
        let mut orders = Vec::new();
        for (key, row) in self.world.look(who, |transaction| transaction.scan(table, None, ORDERS_MAX))? {
            let row: Value = serde_json::from_slice(&row).map_err(|e| Trouble::new(e.to_string()))?;
            let book: Option<Book> = row.pointer(path).cloned().and_then(|book| serde_json::from_value(book).ok());
            orders.push(Mine { name: key.0.trim_start_matches(table).to_owned(), book, row });
        }
        // A deal's name begins with its time, an order's is a hash.
        orders.sort_by_key(|mine| mine.book.as_ref().map(|book| book.contract.accepted));
        Ok(orders)
    }

    /// Somebody does something. Nothing happens if there is nothing to do it with, or the process is down.
    pub fn deed(&mut self, who: Who, deed: Deed) -> Result<(), Trouble> {
        if !self.world.is_up(who) {
            return Ok(());
        }
        match deed {
            Deed::Bring => return self.bring(who),
            Deed::HandOver => return self.hand_over(who),
            _ => {}
        }
        for mine in self.orders(who)?.into_iter().rev() {
            for request in self.requests(who, deed, &mine) {
                // Too early, too late, not this one: the owner looks at the next.
                if !self.world.is_up(who) || self.world.command(who, &request).is_ok() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// What an owner could say to do this with an order: each is tried until one is taken.
    fn requests(&self, who: Who, deed: Deed, mine: &Mine) -> Vec<Value> {
        let named = if self.shops.contains(&who) { "order" } else { "deal" };
        let request = |more: Value| {
            let mut request = json!({ "command": deed.command(), named: mine.name });
            if let (Value::Object(all), Value::Object(more)) = (&mut request, more) {
                all.extend(more);
            }
            request
        };
        let parts = 1..=PARTS_MAX;
        match deed {
            Deed::Complain => parts.map(|part| request(json!({ "part": part, "reason": "It is broken." }))).collect(),
            Deed::Dispute => {
                let part = parts.map(|part| request(json!({ "part": part, "reason": "It is not as agreed." })));
                part.chain([request(json!({ "reason": "It is not as agreed." }))]).collect()
            }
            Deed::Receive | Deed::Refund | Deed::Withdraw => {
                parts.map(|part| request(json!({ "part": part }))).collect()
            }
            Deed::Ship => vec![request(json!({ "carrier": "Post", "tracking": "T-1" }))],
            Deed::ShipOne => {
                let locked = mine.book.iter().flat_map(|book| &book.locks);
                let locked = locked.filter(|lock| lock.state == LockState::Locked);
                let one = |lines: &Value| request(json!({ "carrier": "Post", "tracking": "T-2", "lines": lines }));
                locked.map(|lock| one(&json!(lock.lines))).collect()
            }
            Deed::Cancel | Deed::Resume => vec![request(json!({}))],
            Deed::Bring | Deed::HandOver => Vec::new(),
        }
    }

    /// Brings every file about its own orders to the bank; what the bank has already changes nothing.
    fn bring(&mut self, who: Who) -> Result<(), Trouble> {
        let named = if self.shops.contains(&who) { "order" } else { "deal" };
        for mine in self.orders(who)? {
            let locks: Vec<Xid> = mine.book.iter().flat_map(|book| &book.locks).map(|lock| lock.lock).collect();
            let files = self.signed.iter().filter(|file| locks.contains(&file.lock));
            for statement in files.map(|file| file.statement.clone()).collect::<Vec<_>>() {
                if self.world.is_up(who) {
                    let request = json!({ "command": "bring", named: mine.name, "statement": statement });
                    drop(self.world.command(who, &request));
                }
            }
        }
        Ok(())
    }

    /// A carrier gives away what it has: the shop gave it the waybill with the goods, the buyer shows its code. The shop
    /// is told at once.
    fn hand_over(&mut self, carrier: Who) -> Result<(), Trouble> {
        let name = self.world.seat(carrier)?.name.to_string();
        let counters = self.plan.counters.clone();
        for counter in counters.iter().filter(|counter| counter.carrier.as_deref() == Some(&name)) {
            let Some(shop) = self.world.named(&counter.shop).filter(|shop| self.world.is_up(*shop)) else { continue };
            for mine in self.orders(shop)? {
                for part in 1..=PARTS_MAX {
                    let waybill = json!({ "command": "waybill", "order": mine.name, "part": part });
                    let Ok(waybill) = self.world.command(shop, &waybill) else { continue };
                    let lock = waybill.get("lock").cloned().and_then(|lock| serde_json::from_value(lock).ok());
                    let Some(lock): Option<Xid> = lock.filter(|lock| self.signed.iter().all(|file| file.lock != *lock))
                    else {
                        continue;
                    };
                    let Some(code) = self.pickup_code(lock)? else { continue };
                    let request =
                        json!({ "command": "carrier-handed-over", "lock": waybill.get("waybill"), "code": code });
                    let Ok(said) = self.world.command(carrier, &request) else { continue };
                    let statement = said.get("statement").and_then(Value::as_str).unwrap_or_default().to_owned();
                    self.signed.push(Signed { lock, payee: None, statement });
                }
            }
            if self.world.is_up(shop) {
                self.bring(shop)?;
            }
        }
        Ok(())
    }

    /// The code that the buyer of a part shows, if its wallet is there.
    fn pickup_code(&mut self, lock: Xid) -> Result<Option<Value>, Trouble> {
        for wallet in self.wallets.clone() {
            if !self.world.is_up(wallet) {
                continue;
            }
            for mine in self.orders(wallet)? {
                let is_it = mine.book.iter().flat_map(|book| &book.locks).any(|known| known.lock == lock);
                if !is_it {
                    continue;
                }
                let deal = json!({ "command": "deal", "deal": mine.name });
                let Ok(shown) = self.world.command(wallet, &deal) else { return Ok(None) };
                let locks = shown.get("locks").and_then(Value::as_array).cloned().unwrap_or_default();
                let known = locks.into_iter().find(|known| known.get("lock") == Some(&json!(lock)));
                return Ok(known.and_then(|known| known.get("pickup_code").cloned()));
            }
        }
        Ok(None)
    }

    /// The codes that a wallet has drawn and nobody was shown.
    pub(crate) fn secret_codes(&mut self, wallet: Who) -> Result<Vec<Nonce>, Trouble> {
        let mut codes = Vec::new();
        for mine in self.orders(wallet)? {
            let shown = mine.book.iter().flat_map(|book| &book.locks);
            let shown = shown.filter(|lock| self.signed.iter().any(|file| file.lock == lock.lock)).count();
            let known = mine.row.pointer("/state/Agreed/codes").cloned().unwrap_or_default();
            let known: Vec<Nonce> = serde_json::from_value(known).unwrap_or_default();
            codes.extend(known.into_iter().filter(|_| shown == 0));
        }
        Ok(codes)
    }

    /// The arbiter rules on every dispute that a side shows it: so many thousandths of what is due are for the seller.
    /// That side brings the rulings to the bank.
    pub fn rule(&mut self, arbiter: Who, side: Who, thousandths: u64) -> Result<(), Trouble> {
        if !self.world.is_up(side) {
            return Ok(());
        }
        for mine in self.orders(side)? {
            let Some(book) = mine.book else { continue };
            let disputed = book
                .parts
                .iter()
                .filter(|part| book.lock_of(part).is_some_and(|lock| matches!(lock.state, LockState::Disputed { .. })));
            for part in disputed.cloned().collect::<Vec<_>>() {
                let named = if self.shops.contains(&side) { "order" } else { "deal" };
                if !self.world.is_up(side) || !self.world.is_up(arbiter) {
                    return Ok(());
                }
                let Ok(pack) = self.world.command(side, &json!({ "command": "export", named: mine.name })) else {
                    continue;
                };
                let minor = part.amount.minor().saturating_mul(thousandths.min(1_000)) / 1_000;
                let payee = Amount::new(minor, part.amount.currency())?.to_string();
                let request = json!({
                    "command": "arbiter-rule", "pack": pack.get("pack"), "part": part.number, "payee": payee,
                    "reasons": "That is fair.",
                });
                let Ok(ruled) = self.world.command(arbiter, &request) else { continue };
                let statement = ruled.get("statement").and_then(Value::as_str).unwrap_or_default().to_owned();
                let lock = part.lock.ok_or_else(|| Trouble::new("a dispute about no lock"))?;
                self.signed.push(Signed { lock, payee: Some(minor), statement });
            }
        }
        if self.world.is_up(side) { self.bring(side) } else { Ok(()) }
    }

    /// A customer's side of a lock.
    pub(crate) fn lock_run(&mut self, who: Who, lock: Xid) -> Result<Option<Run<Side>>, Trouble> {
        self.world.row(who, &Key::new("lock", lock))
    }

    /// What a shop has of its goods, in all.
    pub(crate) fn stock(&mut self, shop: Who) -> Result<u64, Trouble> {
        let mut sum = 0;
        for (id, ..) in GOODS {
            let product = self.world.command(shop, &json!({ "command": "product-get", "id": id }))?;
            sum += product.get("stock").and_then(Value::as_u64).unwrap_or(0);
        }
        Ok(sum)
    }

    /// What a party can show of an order to a stranger.
    pub(crate) fn pack_of(&mut self, who: Who, mine: &Mine) -> Result<Vec<u8>, Trouble> {
        let named = if self.shops.contains(&who) { "order" } else { "deal" };
        let pack = self.world.command(who, &json!({ "command": "export", named: mine.name }))?;
        let pack: Result<Blob64, _> = serde_json::from_value(pack.get("pack").cloned().unwrap_or_default());
        Ok(pack.map_err(|e| Trouble::new(e.to_string()))?.0)
    }
}

impl Deed {
    fn command(self) -> &'static str {
        match self {
            Deed::Bring => "bring",
            Deed::Cancel => "cancel",
            Deed::Complain => "complain",
            Deed::Dispute => "dispute",
            Deed::HandOver => "carrier-handed-over",
            Deed::Receive => "received",
            Deed::Refund => "refund",
            Deed::Resume => "resume",
            Deed::Ship | Deed::ShipOne => "ship",
            Deed::Withdraw => "withdraw",
        }
    }
}

/// All goods of all shelves at the beginning.
#[must_use]
pub fn stocked() -> u64 {
    STOCK * GOODS.len() as u64
}

/// The order that both sides name it by.
#[must_use]
pub fn order_of(mine: &Mine) -> Option<Hash> {
    mine.book.as_ref().map(|book| book.contract.order)
}
