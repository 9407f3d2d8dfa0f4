//! What a shop keeps for buyers who have not paid is bounded, and given back.

use crate::common;

use common::street::{Street, agree, run_timers};
use semper_base::limits::{OFFERS_OPEN_PER_PEER_MAX, SALES_UNPAID_PER_BUYER_MAX};
use semper_base::tx::ChunkRef;
use semper_base::{Code, Millis};

/// What the deal was refused with, if it was.
fn refused(street: &mut Street, deal: &str) -> Option<u64> {
    street.deal(deal)["refused"]["code"].as_u64()
}

fn too_many() -> u64 {
    u64::from(Code::TooManyOpen.number())
}

/// The whole way to the contract; the wallet is asked to hold the money.
fn contract(street: &mut Street) -> String {
    let deal = street.order();
    street.reach_shop();
    run_timers(&mut street.shop);
    street.reach_wallet();
    deal
}

fn counts(street: &mut Street) -> usize {
    street.shop.scan("unpaid/").len() + street.shop.scan("open-offers/").len()
}

/// Whether the shop has the encrypted file of any sale, by its hashes and its first chunk.
fn sealed(street: &mut Street) -> usize {
    let sales = street.shop.scan("sale/");
    let orders = sales.iter().map(|(key, _)| key.0.trim_start_matches("sale/").to_owned());
    let orders: Vec<String> = orders.collect();
    let pages = street.shop.scan("leaves/sale-").len();
    let chunks = orders.iter().filter(|order| {
        let chunk = ChunkRef { blob: format!("sale-{order}"), index: 0 };
        street.shop.chunk(&chunk).is_some()
    });
    let chunks = chunks.count();
    assert_eq!(pages, chunks);
    chunks
}

#[test]
fn offers_that_nobody_orders_are_bounded() {
    let mut street = Street::new("offers", 10);
    let asked: Vec<String> = (0..=OFFERS_OPEN_PER_PEER_MAX).map(|_| street.ask()).collect();
    street.reach_wallet();
    assert_eq!(refused(&mut street, &asked[0]), None);
    assert_eq!(refused(&mut street, asked.last().unwrap()), Some(too_many()));
    street.set_time(street.shop.now.plus(Millis::hours(2)));
    run_timers(&mut street.shop);
    assert_eq!(counts(&mut street), 0, "they have run out");
    let again = street.ask();
    street.reach_wallet();
    assert_eq!(refused(&mut street, &again), None);
}

#[test]
fn sales_without_money_are_bounded_and_their_files_go() {
    let mut street = Street::new("unpaid", 100_000);
    let deals: Vec<String> = (0..SALES_UNPAID_PER_BUYER_MAX).map(|_| contract(&mut street)).collect();
    assert!(deals.iter().all(|deal| refused(&mut street, deal).is_none()));
    let one_more = contract(&mut street);
    assert_eq!(refused(&mut street, &one_more), Some(too_many()));
    assert_eq!(sealed(&mut street), deals.len(), "nothing was encrypted for it");
    // One of them is paid: there is room for one.
    agree(&mut street.wallet, "hold");
    agree(&mut street.wallet, "debit-order");
    street.reach_bank_and_back();
    street.reach_bank_and_back();
    let paid_for = contract(&mut street);
    assert_eq!(refused(&mut street, &paid_for), None);
    let one_more = contract(&mut street);
    assert_eq!(refused(&mut street, &one_more), Some(too_many()));
    // When no hold can come any more, the bank says so, and the files go.
    let kept = sealed(&mut street);
    street.set_time(street.shop.now.plus(Millis::hours(25)));
    run_timers(&mut street.shop);
    street.reach_bank_and_back();
    run_timers(&mut street.shop);
    assert_eq!(sealed(&mut street), kept - deals.len(), "all but that of the deal with a hold");
    assert_eq!(counts(&mut street), 0);
}
