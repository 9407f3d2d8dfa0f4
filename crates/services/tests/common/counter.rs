//! A bank's counter: two wallets and a shop with accounts there, who know nobody else.

use semper_base::{Blob64, Millis};
use semper_commerce::dispute::Report;
use semper_driver::service::{Answer, Input};
use semper_services::authority::Authority;
use semper_services::bank::{Bank, ledger};
use semper_services::common::Logic;
use semper_services::shop::Shop;
use semper_services::wallet::Wallet;
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::Keyring;
use semper_support::tinguin::{Consent, Outcome as Said};
use serde_json::{Value, json};

use super::cases::{authority, eur};
use super::street::{Tie, connect};
use super::{Hands, enrol, enrol_named};

/// Rounds in which everything must come to rest.
const ROUNDS_MAX: usize = 20;
/// What everybody begins with, in words.
pub(crate) const START: &str = "500.00 EUR";

pub(crate) struct Counter {
    pub(crate) ca: Hands<Authority>,
    pub(crate) bank: Hands<Bank>,
    pub(crate) buyer: Hands<Wallet>,
    pub(crate) seller: Hands<Wallet>,
    pub(crate) shop: Hands<Shop>,
    pub(crate) buyer_bank: Tie,
    pub(crate) seller_bank: Tie,
    pub(crate) shop_bank: Tie,
}

impl Counter {
    pub(crate) fn new(name: &str) -> Counter {
        let of = |who: &str| format!("{name}-{who}");
        let mut ca = authority(&of("ca"));
        let mut bank = Hands::new(&of("bank"), Bank { play_deposit: Some(eur(50_000)) });
        let (mut buyer, mut seller) = (Hands::new(&of("buyer"), Wallet), Hands::new(&of("seller"), Wallet));
        let mut shop = Hands::new(&of("shop"), Shop::default());
        enrol(&mut ca, &mut bank, "bank", &["statement", "tls"]);
        enrol_named(&mut ca, &mut buyer, "buyer", "Bea Buyer", &["statement"]);
        enrol_named(&mut ca, &mut seller, "buyer", "Sam Seller", &["statement"]);
        enrol(&mut ca, &mut shop, "seller", &["statement", "seal", "tls"]);
        let buyer_bank = connect(&mut buyer, &mut bank, "bank", "nobody");
        let seller_bank = connect(&mut seller, &mut bank, "bank", "nobody");
        let shop_bank = connect(&mut shop, &mut bank, "bank", "self");
        let open = json!({ "command": "open-account", "currency": "EUR" });
        buyer.command(&open);
        seller.command(&open);
        shop.command(&open);
        let mut counter = Counter { ca, bank, buyer, seller, shop, buyer_bank, seller_bank, shop_bank };
        counter.carry();
        counter
    }

    /// Messages, and consent of everybody, until nobody says anything any more.
    pub(crate) fn carry(&mut self) {
        for _ in 0..ROUNDS_MAX {
            consent(&mut self.buyer);
            consent(&mut self.seller);
            consent(&mut self.shop);
            let up = [
                (self.buyer_bank.client, self.buyer.fetch(self.buyer_bank.server)),
                (self.seller_bank.client, self.seller.fetch(self.seller_bank.server)),
                (self.shop_bank.client, self.shop.fetch(self.shop_bank.server)),
            ];
            let mut quiet = up.iter().all(|(_, said)| said.is_empty());
            for (from, said) in up {
                take(&mut self.bank, from, said);
            }
            let down = [self.buyer_bank, self.seller_bank, self.shop_bank].map(|tie| self.bank.fetch(tie.client));
            quiet &= down.iter().all(Vec::is_empty);
            let [buyer, seller, shop] = down;
            take(&mut self.buyer, self.buyer_bank.server, buyer);
            take(&mut self.seller, self.seller_bank.server, seller);
            take(&mut self.shop, self.shop_bank.server, shop);
            if quiet {
                return;
            }
        }
        panic!("they talk for ever");
    }

    /// The seller offers this; what is given to buyers, and the sale's name.
    pub(crate) fn offer(&mut self, data: &[u8]) -> (String, Value) {
        let asked = self.seller.command(&offered(data, "12.00 EUR"));
        assert_eq!(asked["word"], "draft");
        consent(&mut self.seller);
        let id = asked["data"].as_str().unwrap().to_owned();
        let file = self.seller.command(&json!({ "command": "data-file", "data": id }))["file"].clone();
        (id, file)
    }

    pub(crate) fn buy(&mut self, file: &Value) -> Value {
        let asked = self.buyer.command(&json!({ "command": "data-buy", "file": file }));
        consent(&mut self.buyer);
        asked
    }

    /// What is on the buyer's, the seller's and the shop's account.
    pub(crate) fn money(&mut self) -> [String; 3] {
        let accounts = [account(&mut self.buyer), account(&mut self.seller), account(&mut self.shop)];
        accounts.map(|account| {
            let balance = self.bank.command(&json!({ "command": "balance", "account": account }));
            balance["available"].as_str().unwrap().to_owned()
        })
    }

    pub(crate) fn check(&mut self) -> ledger::LedgerReport {
        let report = self.bank.look(ledger::check);
        assert!(report.is_clean(), "{:?}", report.discrepancies);
        report
    }

    pub(crate) fn rows(&mut self, lock: &Value) -> Vec<Value> {
        let rows = self.bank.command(&json!({ "command": "rows", "xid": lock }));
        rows["rows"].as_array().unwrap().iter().map(|row| row["kind"].clone()).collect()
    }

    pub(crate) fn pass(&mut self, time: Millis) {
        self.bank.pass(time);
        self.buyer.pass(time);
        self.seller.pass(time);
        self.shop.pass(time);
    }

    /// Whoever waits acts by itself; whoever is asked agrees.
    pub(crate) fn fire(&mut self) {
        fire(&mut self.bank);
        fire(&mut self.buyer);
        fire(&mut self.seller);
        fire(&mut self.shop);
    }
}

pub(crate) fn offered(data: &[u8], price: &str) -> Value {
    json!({
        "command": "data-sell", "data": Blob64(data.to_vec()), "name": "map.txt", "title": "A map of the island",
        "price": price, "hash": true,
    })
}

pub(crate) fn account<L: Logic>(party: &mut Hands<L>) -> String {
    party.command(&json!({ "command": "purse" }))["account"].as_str().unwrap().to_owned()
}

pub(crate) fn data<L: Logic>(party: &mut Hands<L>, id: &str) -> Value {
    party.command(&json!({ "command": "data", "data": id }))
}

/// What a buyer can read; none if it cannot.
pub(crate) fn read<L: Logic>(party: &mut Hands<L>, id: &str) -> Option<Vec<u8>> {
    let ask = json!({ "command": "data-read", "data": id }).to_string();
    let reply = serde_json::to_value(party.local(&Input::Command(ask.into_bytes())).ok()?).unwrap();
    let Blob64(data) = serde_json::from_value(reply["data"].clone()).unwrap();
    Some(data)
}

/// What a stranger with the market's root finds in the pack that this party exports.
pub(crate) fn verified<L: Logic>(party: &mut Hands<L>, id: &str) -> Report {
    let pack = party.command(&json!({ "command": "data-export", "data": id }))["pack"].clone();
    let pack: Blob64 = serde_json::from_value(pack).unwrap();
    let root = party.get("trust", "root").unwrap();
    let root = semper_blocks::certificate::Root::read(&root, &*party.crypto).unwrap();
    let pack = semper_commerce::dispute::read(&pack.0, &*party.crypto).unwrap();
    semper_commerce::dispute::verify(&pack, &root, &*party.crypto)
}

pub(crate) fn take<L: Logic>(party: &mut Hands<L>, from: semper_base::PeerId, said: Vec<Envelope>) {
    for message in said {
        let kind = message.kind.clone();
        assert_eq!(party.deliver(from, message), Outcome::Taken, "{kind}");
    }
}

/// Due timers of locks; other timers would need other parties.
pub(crate) fn fire<L: Logic>(party: &mut Hands<L>) {
    for key in party.due().into_iter().filter(|key| key.0.starts_with("lock/")) {
        party.local(&Input::Timer(key)).unwrap();
    }
}

/// The owner agrees to everything that is asked, and to what is asked then. All but the first follows from something.
pub(crate) fn consent<L: Logic>(party: &mut Hands<L>) {
    for round in 0.. {
        assert!(round < ROUNDS_MAX, "they ask for ever");
        let open: Vec<semper_base::tx::Question> =
            party.scan("ask/").iter().map(|(_, row)| serde_json::from_slice(row).unwrap()).collect();
        let Some(question) = open.into_iter().next() else { return };
        let first = ["data-offer", "data-purchase"].contains(&question.kind.as_str());
        assert!(first || question.follows.is_some(), "{} follows nothing", question.kind);
        let wrapped = party.get("key", &question.key.to_string()).unwrap();
        let pair = Keyring::for_simulation([4; 32]).unwrap_key(question.key, &wrapped).unwrap();
        let payload = question.payload.as_bytes();
        let statement = semper_blocks::statement::sign_payload(&*party.crypto, &pair.secret, payload).unwrap();
        let outcome = Said::Signed { statement, consent: Consent::Script, transcript: "test".to_owned() };
        party.local(&Input::Answer(Answer { question, outcome })).unwrap();
    }
}
