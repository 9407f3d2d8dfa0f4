//! A wallet that was restored from an older copy goes on from what the others send it once more.

use crate::common;

use common::Hands;
use common::street::{Street, agree, carry};
use semper_base::Millis;
use semper_driver::service::Input;
use semper_services::shop::Shop;
use semper_services::wallet::Wallet;
use semper_support::comm::Envelope;
use serde_json::json;

/// The same messages as if they had been sent in this order, after all that the copy knows.
fn in_order(messages: Vec<Envelope>) -> Vec<Envelope> {
    (1_000..).zip(messages).map(|(seq, message)| Envelope { seq, prev: 0, ..message }).collect()
}

/// What the copy had forgotten comes in another order than it first did: the money is taken and the key is here
/// before the last chunk is.
#[test]
fn the_goods_are_looked_at_when_their_last_chunk_comes_after_the_key() {
    let (mut street, id, mut older) = delivered("restored");
    let goods = street.shop.fetch(street.wallet_shop.client);
    carry(&mut street.wallet, street.wallet_shop.server, goods.clone());
    let key = paid(&mut street);
    // The older one: who was asked once more says it once more.
    ask_bank(&mut street, &mut older, &id);
    carry(&mut older, street.wallet_shop.server, in_order([key, goods].concat()));
    assert_eq!(stage(&mut older, &id), "checked");
}

/// As far as the shop has sent the goods; and a copy of the wallet, which has none of them.
fn delivered(name: &str) -> (Street, String, Hands<Wallet>) {
    let mut street = Street::new(name, 100_000);
    let id = street.order();
    street.reach_shop();
    street.reach_wallet();
    agree(&mut street.wallet, "hold");
    agree(&mut street.wallet, "debit-order");
    street.reach_bank_and_back();
    let Street { wallet, .. } = street;
    let (wallet, older) = wallet.copied(&format!("{name}-older"), Wallet);
    street = Street { wallet, ..street };
    street.reach_shop();
    (street, id, older)
}

/// Mandate, captured; the message with the key, which the wallet has taken.
fn paid(street: &mut Street) -> Vec<Envelope> {
    agree(&mut street.wallet, "mandate");
    street.reach_shop();
    street.reach_bank_and_back();
    let key = street.shop.fetch(street.wallet_shop.client);
    carry(&mut street.wallet, street.wallet_shop.server, key.clone());
    key
}

/// What the bank knows of the deal.
fn ask_bank(street: &mut Street, wallet: &mut Hands<Wallet>, id: &str) {
    wallet.command(&json!({ "command": "resume", "deal": id }));
    agree(wallet, "status");
    let said = in_order(wallet.fetch(street.wallet_bank.server));
    carry(&mut street.bank, street.wallet_bank.client, said);
    let known = street.bank.fetch(street.wallet_bank.client);
    carry(wallet, street.wallet_bank.server, in_order(known));
}

fn stage(wallet: &mut Hands<Wallet>, id: &str) -> serde_json::Value {
    wallet.command(&json!({ "command": "deal", "deal": id }))["stage"].clone()
}

/// Everything is over, and then the wallet is restored from a copy without the goods: what was paid for is sent once
/// more, for as long as a message may wait.
#[test]
fn goods_that_a_restored_wallet_has_lost_are_sent_again_after_the_end() {
    for (days, sent) in [(1, true), (89, true), (91, false)] {
        let (mut street, id, mut older) = delivered(&format!("restored-{days}"));
        street.reach_wallet();
        let key = paid(&mut street);
        agree(&mut street.wallet, "receipt");
        street.reach_shop();
        street.reach_bank_and_back();
        street.reach_bank_and_back();
        assert_eq!(stage(&mut street.wallet, &id), "settled");
        street.shop.now = street.shop.now.plus(Millis::days(days));
        run_due(&mut street.shop, "sealed/");
        ask_bank(&mut street, &mut older, &id);
        assert_eq!(stage(&mut older, &id), "fetching");
        // The newer messages of the wallet are of a queue that the copy does not know of.
        let asked: Vec<Envelope> = in_order(older.fetch(street.wallet_shop.server));
        assert!(asked.iter().any(|message| message.kind == "dgp"), "{asked:?}");
        carry(&mut street.shop, street.wallet_shop.client, asked);
        let goods = street.shop.fetch(street.wallet_shop.client);
        assert_eq!(goods.iter().any(|message| message.kind == "dgp-chunk"), sent, "after {days} days");
        carry(&mut older, street.wallet_shop.server, in_order([key, goods].concat()));
        assert_eq!(stage(&mut older, &id), if sent { "checked" } else { "fetching" });
    }
}

/// Fires the due timers of one kind: the others would need the authority.
fn run_due(shop: &mut Hands<Shop>, prefix: &str) {
    for key in shop.due() {
        if key.0.starts_with(prefix) {
            shop.local(&Input::Timer(key)).unwrap();
        }
    }
}
