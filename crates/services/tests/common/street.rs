//! A whole street of parties in the hands of the test: authority, bank, notary, shop and wallet, enrolled
//! and connected. Messages travel when the test carries them.

use semper_base::{Blob64, Hash, Key, KeyId, PeerId, Timestamp};
use semper_driver::service::{Answer, Input};
use semper_services::authority::Authority;
use semper_services::bank::Bank;
use semper_services::common::Logic;
use semper_services::notary::Notary;
use semper_services::shop::Shop;
use semper_services::wallet::Wallet;
use semper_support::comm::{Envelope, Outcome};
use semper_support::crypto::{KeyPair, Keyring};
use semper_support::tinguin::{Consent, Outcome as Said};
use serde_json::{Value, json};

use super::cases::{authority, eur};
use super::{Hands, enrol};

/// How two parties know each other: the client by the server, the server by the client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tie {
    pub(crate) client: PeerId,
    pub(crate) server: PeerId,
}

pub(crate) struct Street {
    pub(crate) ca: Hands<Authority>,
    pub(crate) bank: Hands<Bank>,
    pub(crate) notary: Hands<Notary>,
    pub(crate) shop: Hands<Shop>,
    pub(crate) wallet: Hands<Wallet>,
    pub(crate) shop_bank: Tie,
    pub(crate) wallet_bank: Tie,
    pub(crate) wallet_shop: Tie,
}

impl Street {
    /// Everybody enrolled, connected and with money; the shop sells "book" of `length` bytes.
    pub(crate) fn new(name: &str, length: usize) -> Street {
        let of = |who: &str| format!("{name}-{who}");
        let mut ca = authority(&of("ca"));
        let mut bank = Hands::new(&of("bank"), Bank { play_deposit: Some(eur(50_000)) });
        let mut notary = Hands::new(&of("notary"), Notary);
        let mut shop = Hands::new(&of("shop"), Shop::default());
        let mut wallet = Hands::new(&of("wallet"), Wallet);
        enrol(&mut ca, &mut bank, "bank", &["statement", "tls"]);
        enrol(&mut ca, &mut notary, "notary", &["statement", "seal", "stamp", "tls"]);
        enrol(&mut ca, &mut shop, "seller", &["statement", "seal", "tls"]);
        enrol(&mut ca, &mut wallet, "buyer", &["statement"]);
        let shop_bank = connect(&mut shop, &mut bank, "bank", "self");
        connect(&mut shop, &mut notary, "notary", "self");
        let wallet_bank = connect(&mut wallet, &mut bank, "bank", "nobody");
        connect(&mut wallet, &mut notary, "notary", "nobody");
        let wallet_shop = connect(&mut wallet, &mut shop, "shop", "nobody");
        shop.command(&json!({ "command": "open-account", "currency": "EUR" }));
        wallet.command(&json!({ "command": "open-account", "currency": "EUR" }));
        for (tie, at_shop) in [(shop_bank, true), (wallet_bank, false)] {
            let asked = if at_shop { shop.fetch(tie.server) } else { wallet.fetch(tie.server) };
            carry(&mut bank, tie.client, asked);
            let said = bank.fetch(tie.client);
            if at_shop { carry(&mut shop, tie.server, said) } else { carry(&mut wallet, tie.server, said) }
        }
        put_on_sale(&mut shop, "book", length);
        Street { ca, bank, notary, shop, wallet, shop_bank, wallet_bank, wallet_shop }
    }

    /// The wallet's wish reaches the shop; the shop's answer is not carried yet.
    pub(crate) fn ask(&mut self) -> String {
        let bought = self.wallet.command(&json!({ "command": "buy", "shop": "shop", "item": "book" }));
        self.reach_shop();
        bought["deal"].as_str().unwrap().to_owned()
    }

    /// What the wallet says reaches the shop.
    pub(crate) fn reach_shop(&mut self) {
        let said = self.wallet.fetch(self.wallet_shop.server);
        carry(&mut self.shop, self.wallet_shop.client, said);
    }

    /// What the shop says reaches the wallet.
    pub(crate) fn reach_wallet(&mut self) {
        let said = self.shop.fetch(self.wallet_shop.client);
        carry(&mut self.wallet, self.wallet_shop.server, said);
    }

    /// What wallet, shop and bank say to each other arrives.
    pub(crate) fn reach_bank_and_back(&mut self) {
        let said = self.shop.fetch(self.shop_bank.server);
        carry(&mut self.bank, self.shop_bank.client, said);
        let said = self.wallet.fetch(self.wallet_bank.server);
        carry(&mut self.bank, self.wallet_bank.client, said);
        let said = self.bank.fetch(self.shop_bank.client);
        carry(&mut self.shop, self.shop_bank.server, said);
        let said = self.bank.fetch(self.wallet_bank.client);
        carry(&mut self.wallet, self.wallet_bank.server, said);
    }

    /// The authority as the wallet knows it, and the wallet as the authority knows it.
    pub(crate) fn wallet_ca(&mut self) -> (PeerId, PeerId) {
        let link: Value = serde_json::from_slice(&self.wallet.get("link", "ca").unwrap()).unwrap();
        let peer = |id: &Value| PeerId(Hash::from_hex(id.as_str().unwrap()).unwrap());
        (peer(&link["peer"]), peer(&link["hello_key"]))
    }

    /// The time that everybody's clock shows.
    pub(crate) fn set_time(&mut self, now: Timestamp) {
        (self.ca.now, self.bank.now, self.notary.now) = (now, now, now);
        (self.shop.now, self.wallet.now) = (now, now);
    }

    /// From the wish to the signed order, which waits at the wallet.
    pub(crate) fn order(&mut self) -> String {
        let deal = self.ask();
        self.reach_wallet();
        agree(&mut self.wallet, "order");
        deal
    }

    /// A deal on the wallet's books.
    pub(crate) fn deal(&mut self, id: &str) -> Value {
        self.wallet.command(&json!({ "command": "deal", "deal": id }))
    }
}

/// Opens a relationship from one party to another.
pub(crate) fn connect<A: Logic, B: Logic>(client: &mut Hands<A>, server: &mut Hands<B>, name: &str, who: &str) -> Tie {
    let link = json!({ "command": "link", "name": name, "socket": name, "server_name": name, "as": who });
    client.command(&link);
    let row: Value = serde_json::from_slice(&client.get("link", name).unwrap()).unwrap();
    let hello = client.command(&json!({ "command": "hello", "tls": row["tls_key"], "link": name }));
    let tls: KeyId = serde_json::from_value(row["tls_key"].clone()).unwrap();
    let reply = server.local(&Input::Hello { tls, statement: hello.to_string() }).unwrap();
    client.command(&json!({ "command": "met", "link": name, "reply": reply }));
    let row: Value = serde_json::from_slice(&client.get("link", name).unwrap()).unwrap();
    let peer = |text: &Value| PeerId(Hash::from_hex(text.as_str().unwrap()).unwrap());
    Tie { client: peer(&reply["peer"]), server: peer(&row["peer"]) }
}

/// Messages arrive, and all of them are taken.
pub(crate) fn carry<L: Logic>(to: &mut Hands<L>, from: PeerId, messages: Vec<Envelope>) {
    for message in messages {
        let kind = message.kind.clone();
        assert_eq!(to.deliver(from, message), Outcome::Taken, "{kind}");
    }
}

fn put_on_sale(shop: &mut Hands<Shop>, id: &str, length: usize) {
    let begin = json!({
        "command": "goods-begin", "id": id, "title": "A book", "price": "4.90 EUR", "file_name": "book.bin",
        "media_type": "application/octet-stream", "length": length,
    });
    shop.command(&begin);
    for (index, chunk) in vec![7; length].chunks(65_536).enumerate() {
        let data = [Blob64(chunk.to_vec())];
        shop.command(&json!({ "command": "goods-chunk", "id": id, "index": index, "data": data }));
    }
    shop.command(&json!({ "command": "goods-end", "id": id }));
}

/// A key of a party, for a test that lies in its name.
pub(crate) fn own_key<L: Logic>(party: &mut Hands<L>, kind: &str) -> KeyPair {
    let identity: Value = serde_json::from_slice(&party.get("identity", kind).unwrap()).unwrap();
    let id: KeyId = serde_json::from_value(identity["key"].clone()).unwrap();
    let wrapped = party.get("key", &id.to_string()).unwrap();
    Keyring::for_simulation([4; 32]).unwrap_key(id, &wrapped).unwrap()
}

/// The user agrees to the one open question of this kind.
pub(crate) fn agree<L: Logic>(party: &mut Hands<L>, kind: &str) {
    let answer = signed(party, kind);
    party.local(&Input::Answer(answer)).unwrap();
}

/// What the screen says when the user agrees to the one open question of this kind.
pub(crate) fn signed<L: Logic>(party: &mut Hands<L>, kind: &str) -> Answer {
    let questions = party.scan("ask/");
    let questions = questions.iter().map(|(_, row)| serde_json::from_slice(row).unwrap());
    let mut questions = questions.filter(|question: &semper_base::tx::Question| question.kind == kind);
    let question = questions.next().unwrap();
    let wrapped = party.get("key", &question.key.to_string()).unwrap();
    let pair = Keyring::for_simulation([4; 32]).unwrap_key(question.key, &wrapped).unwrap();
    let payload = question.payload.as_bytes();
    let statement = semper_blocks::statement::sign_payload(&*party.crypto, &pair.secret, payload).unwrap();
    Answer { question, outcome: Said::Signed { statement, consent: Consent::Script, transcript: "test".to_owned() } }
}

/// Lets the party's due timers run until none is due.
pub(crate) fn run_timers<L: Logic>(party: &mut Hands<L>) {
    for _ in 0..100 {
        let due: Vec<Key> = party.due();
        if due.is_empty() {
            return;
        }
        for key in due {
            party.local(&Input::Timer(key)).unwrap();
        }
    }
    panic!("timers are due for ever");
}
