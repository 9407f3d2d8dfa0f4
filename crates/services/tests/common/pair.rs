//! A wallet and a shop with a link to each other and a notary that both know.

use semper_base::Millis;
use semper_services::notary::Notary;
use semper_services::shop::Shop;
use semper_services::wallet::Wallet;
use semper_support::comm::{Envelope, Outcome};
use serde_json::{Value, json};

use super::cases::authority;
use super::street::{Tie, connect};
use super::table::{consent, fire};
use super::{Hands, enrol, enrol_named};

/// Rounds in which everything must come to rest.
const ROUNDS_MAX: usize = 20;

pub(crate) struct Pair {
    pub(crate) notary: Hands<Notary>,
    pub(crate) shop: Hands<Shop>,
    pub(crate) wallet: Hands<Wallet>,
    /// How wallet and shop know each other, and each of them the notary.
    pub(crate) link: Tie,
    pub(crate) wallet_notary: Tie,
    pub(crate) shop_notary: Tie,
}

impl Pair {
    pub(crate) fn new(name: &str) -> Pair {
        let of = |who: &str| format!("{name}-{who}");
        let mut ca = authority(&of("ca"));
        let mut notary = Hands::new(&of("notary"), Notary);
        let (mut shop, mut wallet) = (Hands::new(&of("shop"), Shop::default()), Hands::new(&of("wallet"), Wallet));
        enrol_named(&mut ca, &mut notary, "notary", "Play Notary", &["statement", "seal", "tls"]);
        enrol(&mut ca, &mut shop, "seller", &["statement", "seal", "tls"]);
        enrol(&mut ca, &mut wallet, "buyer", &["statement"]);
        let shop_notary = connect(&mut shop, &mut notary, "notary", "nobody");
        let wallet_notary = connect(&mut wallet, &mut notary, "notary", "nobody");
        let link = connect(&mut wallet, &mut shop, "shop", "nobody");
        Pair { notary, shop, wallet, link, wallet_notary, shop_notary }
    }

    /// The wallet makes a contract with the shop.
    pub(crate) fn make(&mut self) -> (String, Value) {
        let made = self.wallet.command(&json!({
            "command": "contract-new", "title": "Standing order", "text": "A loaf each Saturday.",
            "with": [{ "link": "shop" }], "optimistic": true,
        }));
        assert_eq!(made["protocol"], "semper-cs2/1");
        (made["contract"].as_str().unwrap().to_owned(), made["file"].clone())
    }

    pub(crate) fn wallet_signs(&mut self, file: &Value) {
        self.wallet.command(&json!({ "command": "contract-sign", "file": file }));
        consent(&mut self.wallet);
    }

    pub(crate) fn shop_signs(&mut self, file: &Value) {
        self.shop.command(&json!({ "command": "contract-sign", "file": file }));
        consent(&mut self.shop);
    }

    pub(crate) fn said_to_shop(&mut self) -> Vec<Envelope> {
        self.wallet.fetch(self.link.server)
    }

    /// What is said between the two arrives; the owners agree to all that follows.
    pub(crate) fn talk(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let (up, down) = (self.said_to_shop(), self.shop.fetch(self.link.client));
            if up.is_empty() && down.is_empty() {
                return;
            }
            for message in up {
                assert_eq!(self.shop.deliver(self.link.client, message), Outcome::Taken);
            }
            for message in down {
                assert_eq!(self.wallet.deliver(self.link.server, message), Outcome::Taken);
            }
            consent(&mut self.shop);
            consent(&mut self.wallet);
        }
        panic!("they talk for ever");
    }

    pub(crate) fn ask_notary(&mut self, shop_first: bool) {
        for shop in [shop_first, !shop_first] {
            let (said, from) = if shop {
                (self.shop.fetch(self.shop_notary.server), self.shop_notary.client)
            } else {
                (self.wallet.fetch(self.wallet_notary.server), self.wallet_notary.client)
            };
            for message in said {
                assert_eq!(self.notary.deliver(from, message), Outcome::Taken);
            }
        }
        for message in self.notary.fetch(self.wallet_notary.client) {
            assert_eq!(self.wallet.deliver(self.wallet_notary.server, message), Outcome::Taken);
        }
        for message in self.notary.fetch(self.shop_notary.client) {
            assert_eq!(self.shop.deliver(self.shop_notary.server, message), Outcome::Taken);
        }
    }

    pub(crate) fn rows(&mut self, id: &str) -> Vec<Value> {
        let rows = self.notary.command(&json!({ "command": "rows", "xid": id }));
        rows["rows"].as_array().unwrap().iter().map(|row| row["kind"].clone()).collect()
    }

    pub(crate) fn words(&mut self, id: &str) -> (Value, Value) {
        let question = json!({ "command": "contract", "contract": id });
        (self.wallet.command(&question)["word"].clone(), self.shop.command(&question)["word"].clone())
    }

    pub(crate) fn pass(&mut self, time: Millis) {
        self.notary.pass(time);
        self.shop.pass(time);
        self.wallet.pass(time);
    }

    /// Patience ends.
    pub(crate) fn wait(&mut self, time: Millis) {
        self.pass(time);
        fire(&mut self.wallet);
        fire(&mut self.shop);
        consent(&mut self.wallet);
        consent(&mut self.shop);
    }
}
