//! A street whose shop sells mugs and tea by mail order.

use semper_base::{Error, Millis};
use semper_driver::service::Input;
use serde_json::{Value, json};

use super::street::{Street, agree, carry, run_timers};

pub(crate) struct Mail {
    pub(crate) street: Street,
    /// How many messages more than were sent the wallet has had: those that a test made up.
    pub(crate) more_to_wallet: u64,
    /// The same of the shop.
    pub(crate) more_to_shop: u64,
}

/// Lengths just before and after.
pub(crate) trait Near {
    fn plus_one(self) -> Millis;
    fn minus_one(self) -> Millis;
}

impl Near for Millis {
    fn plus_one(self) -> Millis {
        Millis(self.0 + 1)
    }
    fn minus_one(self) -> Millis {
        Millis(self.0 - 1)
    }
}

/// The word of a shown deal.
pub(crate) fn word(shown: &Value) -> &str {
    shown["word"].as_str().unwrap()
}

/// What a shown deal was refused with.
pub(crate) fn code(shown: &Value) -> u16 {
    shown["refused"]["code"].as_u64().unwrap_or_default().try_into().unwrap()
}

/// The user agrees to every open question of this kind; everything is carried before and after.
pub(crate) fn agree_all(mail: &mut Mail, kind: &str) {
    mail.carry();
    while mail.asks(kind) {
        agree(&mut mail.street.wallet, kind);
    }
    mail.carry();
}

impl Mail {
    /// A shop that is paid when it ships.
    pub(crate) fn new(name: &str) -> Mail {
        let mut mail = Mail::bare(name);
        mail.shop(&json!({ "command": "shipping", "set": { "pay": "on-shipping" } }));
        mail
    }

    /// Five mugs for 10.00 EUR, three teas for 4.90 EUR; a wallet with 500.00 EUR and an address. The shop has said nothing about
    /// how it is paid.
    pub(crate) fn bare(name: &str) -> Mail {
        let mut street = Street::new(&format!("mail-{name}"), 10);
        for (id, price, vat, stock) in [("mug", "10.00 EUR", "19", 5), ("tea", "4.90 EUR", "7", 3)] {
            let product = json!({
                "id": id, "title": format!("A {id}"), "price": price, "vat": vat, "stock": stock,
                "kind": "parcel", "published": true,
            });
            street.shop.command(&json!({ "command": "product-put", "product": product }));
        }
        let address = json!({
            "name": "Berta Buyer", "street": "Deichstr. 1", "postcode": "20459", "city": "Hamburg", "country": "DE",
        });
        street.wallet.command(&json!({ "command": "address-book", "set": address }));
        let mut mail = Mail { street, more_to_wallet: 0, more_to_shop: 0 };
        mail.price_list();
        mail
    }

    /// The same where the shop has said which parts have a lock of their own: "whole", "lines" or "ask".
    pub(crate) fn kept(name: &str, parts: &str) -> Mail {
        let mut mail = Mail::bare(name);
        mail.shop(&json!({ "command": "shipping", "set": { "parts": parts } }));
        mail
    }

    /// From the wish to the locked money.
    pub(crate) fn locked(&mut self, lines: &[(&str, u64)]) -> String {
        let deal = self.order(lines);
        agree_all(self, "lock");
        agree_all(self, "lock-debit");
        deal
    }

    /// The owner signs a new price list.
    pub(crate) fn price_list(&mut self) {
        let shop = &mut self.street.shop;
        shop.command(&json!({ "command": "price-list" }));
        run_timers(shop);
        agree(shop, "price-list");
        run_timers(shop);
    }

    pub(crate) fn wallet(&mut self, command: &Value) -> Value {
        self.street.wallet.command(command)
    }

    pub(crate) fn shop(&mut self, command: &Value) -> Value {
        self.street.shop.command(command)
    }

    pub(crate) fn try_wallet(&mut self, command: &Value) -> Result<Value, Error> {
        self.street.wallet.local(&Input::Command(command.to_string().into_bytes()))
    }

    pub(crate) fn try_shop(&mut self, command: &Value) -> Result<Value, Error> {
        self.street.shop.local(&Input::Command(command.to_string().into_bytes()))
    }

    /// Asks for an offer; the answer is not carried.
    pub(crate) fn ask(&mut self, lines: &Value) -> String {
        self.street.set_time(self.street.wallet.now.plus(Millis(1)));
        let command = json!({ "command": "buy", "shop": "shop", "lines": lines });
        let deal = self.wallet(&command)["deal"].as_str().unwrap().to_owned();
        self.street.reach_shop();
        deal
    }

    /// What the wallet says arrives at shop and bank, and the bank's answers.
    pub(crate) fn carry_from_wallet(&mut self) {
        self.street.reach_shop();
        self.street.reach_bank_and_back();
    }

    /// Asks for an offer, which arrives.
    pub(crate) fn buy(&mut self, what: &Value) -> String {
        // Deals are told apart and ordered by their time.
        self.street.set_time(self.street.wallet.now.plus(Millis(1)));
        let mut command = json!({ "command": "buy", "shop": "shop" });
        command.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        let deal = self.wallet(&command)["deal"].as_str().unwrap().to_owned();
        self.carry();
        deal
    }

    /// From the wish to the contract.
    pub(crate) fn order(&mut self, lines: &[(&str, u64)]) -> String {
        let lines: Vec<Value> =
            lines.iter().map(|(item, quantity)| json!({ "item": item, "quantity": quantity })).collect();
        let deal = self.buy(&json!({ "lines": lines }));
        agree_all(self, "parcel-order");
        deal
    }

    /// From the wish to the receipt, in one part.
    pub(crate) fn delivered(&mut self, lines: &[(&str, u64)]) -> String {
        let deal = self.order(lines);
        self.ship(&Value::Null);
        agree_all(self, "transfer");
        self.wallet(&json!({ "command": "received", "deal": deal }));
        agree_all(self, "parcel-receipt");
        deal
    }

    /// Ships these lines of the last order, or all that is left.
    pub(crate) fn ship(&mut self, lines: &Value) -> Value {
        let shipped = self.ship_without_carrying(lines);
        self.carry();
        shipped
    }

    pub(crate) fn ship_without_carrying(&mut self, lines: &Value) -> Value {
        let order = self.last_order();
        let mut command = json!({ "command": "ship", "order": order, "carrier": "Post", "tracking": "T-1" });
        if !lines.is_null() {
            command["lines"] = lines.clone();
        }
        let shipped = self.shop(&command);
        // The bank's reference.
        self.street.reach_bank_and_back();
        shipped
    }

    /// Everything that anybody says arrives.
    pub(crate) fn carry(&mut self) {
        for _ in 0..4 {
            self.street.reach_shop();
            self.street.reach_wallet();
            self.street.reach_bank_and_back();
        }
    }

    /// The user agrees, and nothing is carried yet.
    pub(crate) fn agree_only(&mut self, kind: &str) {
        agree(&mut self.street.wallet, kind);
    }

    fn asks(&mut self, kind: &str) -> bool {
        self.questions_of(kind) > 0
    }

    /// How many questions of this kind wait.
    pub(crate) fn questions_of(&mut self, kind: &str) -> usize {
        let questions = self.street.wallet.scan("ask/");
        let of = |row: &[u8]| serde_json::from_slice::<Value>(row).unwrap()["kind"] == kind;
        questions.iter().filter(|(_, row)| of(row)).count()
    }

    /// How many questions wait at the wallet's screen.
    pub(crate) fn questions(&mut self) -> usize {
        self.street.wallet.scan("ask/").len()
    }

    pub(crate) fn deal(&mut self, id: &str) -> Value {
        self.street.deal(id)
    }

    fn newest(&mut self) -> Value {
        let sales = self.shop(&json!({ "command": "sales" }))["sales"].as_array().unwrap().clone();
        let newest = sales.into_iter().max_by_key(|sale| sale["opened"].as_str().unwrap().to_owned());
        newest.unwrap()
    }

    /// The newest order that the shop has.
    pub(crate) fn last_order(&mut self) -> String {
        self.newest()["order"].as_str().unwrap().to_owned()
    }

    /// The newest sale.
    pub(crate) fn sale(&mut self) -> Value {
        let order = self.last_order();
        self.shop(&json!({ "command": "sale", "deal": order }))
    }

    pub(crate) fn sales(&mut self) -> usize {
        self.shop(&json!({ "command": "sales" }))["sales"].as_array().unwrap().len()
    }

    pub(crate) fn stock(&mut self, id: &str) -> u64 {
        self.shop(&json!({ "command": "product-get", "id": id }))["stock"].as_u64().unwrap()
    }

    /// Buys the street's book, and agrees to whatever is asked, until the money is settled.
    pub(crate) fn buy_file(&mut self) -> String {
        let deal = self.street.order();
        for _ in 0..12 {
            self.carry();
            run_timers(&mut self.street.shop);
            run_timers(&mut self.street.wallet);
            for kind in ["hold", "debit-order", "mandate", "receipt"] {
                while self.questions_of(kind) > 0 {
                    agree(&mut self.street.wallet, kind);
                }
            }
        }
        deal
    }

    /// What is on the accounts of wallet and shop.
    pub(crate) fn balances(&mut self) -> [String; 2] {
        let accounts = [
            self.wallet(&json!({ "command": "purse" }))["account"].clone(),
            self.shop(&json!({ "command": "purse" }))["account"].clone(),
        ];
        accounts.map(|account| {
            let balance = self.street.bank.command(&json!({ "command": "balance", "account": account }));
            balance["available"].as_str().unwrap().trim_end_matches(" EUR").to_owned()
        })
    }

    /// Time passes, and everybody's timers run.
    pub(crate) fn pass(&mut self, time: Millis) {
        let later = self.street.wallet.now.plus(time);
        // Lists are renewed twice a day; the certificates of the street are good for longer than it lasts.
        self.street.set_time(later);
        self.renew();
        run_timers(&mut self.street.bank);
        run_timers(&mut self.street.shop);
        run_timers(&mut self.street.wallet);
        self.carry();
    }

    /// Wallet, shop and bank get the authority's newest list.
    fn renew(&mut self) {
        run_timers(&mut self.street.ca);
        let Street { ca, bank, shop, wallet, .. } = &mut self.street;
        fetch_list(ca, bank);
        fetch_list(ca, shop);
        fetch_list(ca, wallet);
    }

    /// Counts of what waits, at the shop.
    pub(crate) fn open_rows(&mut self) -> usize {
        self.street.shop.scan("parcels-open/").len() + self.street.shop.scan("open-offers/").len()
    }
}

fn fetch_list<L: semper_services::common::Logic>(
    ca: &mut super::Hands<semper_services::authority::Authority>,
    party: &mut super::Hands<L>,
) {
    let link: Value = serde_json::from_slice(&party.get("link", "ca").unwrap()).unwrap();
    let peer = |id: &Value| semper_base::PeerId(semper_base::Hash::from_hex(id.as_str().unwrap()).unwrap());
    let (there, here) = (peer(&link["peer"]), peer(&link["hello_key"]));
    party.command(&json!({ "command": "fetch-status" }));
    let asked = party.fetch(there);
    carry(ca, here, asked);
    let list = ca.fetch(here);
    carry(party, there, list);
}

impl Mail {
    /// What a stranger with the market's root finds in a pack.
    pub(crate) fn verify(&mut self, pack: &[u8]) -> semper_commerce::dispute::Report {
        self.try_verify(pack).unwrap()
    }

    /// The same; none if it is no pack at all.
    pub(crate) fn try_verify(&mut self, pack: &[u8]) -> Option<semper_commerce::dispute::Report> {
        let root = self.street.ca.command(&json!({ "command": "root" }))["root"].clone();
        let crypto = &*self.street.ca.crypto;
        let root = semper_base::bytes::decode(root.as_str().unwrap()).unwrap();
        let root = semper_blocks::certificate::Root::read(&root, crypto).unwrap();
        let pack = semper_commerce::dispute::read(pack, crypto).ok()?;
        Some(semper_commerce::dispute::verify(&pack, &root, crypto))
    }
}
