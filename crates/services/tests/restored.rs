//! A wallet that was restored from an older copy goes on from what the others send it once more.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::street::{Street, agree, carry};
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
    let mut street = Street::new("restored", 100_000);
    let id = street.order();
    street.reach_shop();
    street.reach_wallet();
    agree(&mut street.wallet, "hold");
    agree(&mut street.wallet, "debit-order");
    street.reach_bank_and_back();
    let Street { wallet, .. } = street;
    let (wallet, mut older) = wallet.copied("restored-older", Wallet);
    street = Street { wallet, ..street };
    // The newer one: chunks, mandate, captured, key.
    street.reach_shop();
    let goods = street.shop.fetch(street.wallet_shop.client);
    carry(&mut street.wallet, street.wallet_shop.server, goods.clone());
    agree(&mut street.wallet, "mandate");
    street.reach_shop();
    street.reach_bank_and_back();
    let key = street.shop.fetch(street.wallet_shop.client);
    carry(&mut street.wallet, street.wallet_shop.server, key.clone());
    // The older one: who was asked once more says it once more.
    older.command(&json!({ "command": "resume", "deal": id }));
    agree(&mut older, "status");
    let said = in_order(older.fetch(street.wallet_bank.server));
    carry(&mut street.bank, street.wallet_bank.client, said);
    let captured = street.bank.fetch(street.wallet_bank.client);
    carry(&mut older, street.wallet_bank.server, in_order(captured));
    carry(&mut older, street.wallet_shop.server, in_order([key, goods].concat()));
    assert_eq!(older.command(&json!({ "command": "deal", "deal": id }))["stage"], "checked");
}
