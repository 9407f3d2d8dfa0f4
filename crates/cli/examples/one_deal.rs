//! One deal between a shop and a wallet, with the bank, the notary and the authority that it takes, all in
//! memory: the parties' services over the driver, a model of a disk each, time that only passes when asked to.
//!
//! `cargo run -p semper-cli --example one_deal`

#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "it prints; what an answer lacks reads as null")]

use semper_base::{Amount, Blob64, Currency};
use semper_services::{bank::Bank, common::Member, notary::Notary, shop::Shop, wallet::Wallet};
use semper_sim::{memory::Memory, trouble::Trouble};
use serde_json::json;

/// What is sold.
pub(crate) const GOODS: &[u8] = b"Chapter one. It was a dark and stormy night; the rain fell in torrents.";

/// What is left of the deal: the evidence pack (a ZIP file), the market's root certificate (DER), what the buyer
/// received.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) pack: Vec<u8>,
    pub(crate) root: Vec<u8>,
    pub(crate) goods: Vec<u8>,
}

#[allow(dead_code, reason = "tests call `deal`")]
fn main() -> Result<(), Trouble> {
    let done = deal()?;
    println!("Received {} bytes; the evidence pack has {}.", done.goods.len(), done.pack.len());
    println!("Whoever checks it needs the root, {} bytes, from a source they trust.", done.root.len());
    Ok(())
}

/// Plays it.
pub(crate) fn deal() -> Result<Done, Trouble> {
    let mut market = Memory::new(7, "Root of the example")?;
    let play_deposit = Some(Amount::parse("500.00", Currency::parse("EUR")?)?);
    market.party("bank", "bank", Member(Bank { play_deposit }))?;
    let notary = market.party("notary", "notary", Member(Notary))?;
    let shop = market.party("shop", "seller", Member(Shop::default()))?;
    let wallet = market.party("wallet", "buyer", Member(Wallet))?;

    // Bank and notary know the buyer by fresh keys only: its relationships name nobody.
    market.meet(notary, &["bank"], "self")?;
    market.meet(shop, &["bank", "notary"], "self")?;
    market.meet(wallet, &["bank", "notary", "shop"], "nobody")?;
    for who in [shop, wallet] {
        market.command(who, &json!({ "command": "open-account", "currency": "EUR" }))?;
        market.until(who, &json!({ "command": "purse" }), |purse| purse["account"].is_string())?;
    }

    let book = json!({ "command": "goods-begin", "id": "book", "title": "A book", "price": "4.90 EUR",
        "file_name": "book.txt", "media_type": "text/plain", "length": GOODS.len() });
    market.command(shop, &book)?;
    let data = [Blob64(GOODS.to_vec())];
    market.command(shop, &json!({ "command": "goods-chunk", "id": "book", "index": 0, "data": data }))?;
    market.command(shop, &json!({ "command": "goods-end", "id": "book" }))?;

    // The user agrees to whatever the trusted screen shows: in this world it answers by script.
    let bought = market.command(wallet, &json!({ "command": "buy", "shop": "shop", "item": "book" }))?;
    let deal = &bought["deal"];
    market.until(wallet, &json!({ "command": "deal", "deal": deal }), |deal| deal["stage"] == "settled")?;
    let goods = market.command(wallet, &json!({ "command": "goods-read", "deal": deal, "index": 0 }))?;
    let pack = market.command(wallet, &json!({ "command": "export", "deal": deal }))?;
    let (pack, goods) = (Memory::bytes(&pack, "pack")?, Memory::bytes(&goods, "data")?);
    Ok(Done { pack, root: market.root().to_vec(), goods })
}
