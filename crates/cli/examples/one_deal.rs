//! One deal between a shop and a wallet, with the bank, the notary and the authority that it takes, all in
//! memory: the parties' services over the driver, a model of a disk each, time that only passes when asked to.
//!
//! `cargo run -p semper-cli --example one_deal`

#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "an example prints; what an answer lacks reads as null"
)]

use semper_base::{Amount, Blob64, Currency};
use semper_services::{authority::Authority, bank::Bank, common::Member, notary::Notary, shop::Shop, wallet::Wallet};
use semper_sim::trouble::Trouble;
use semper_sim::world::{Who, World};
use serde_json::{Value, json};

/// What is sold.
pub(crate) const GOODS: &[u8] = b"Chapter one. It was a dark and stormy night; the rain fell in torrents.";

/// What is left of the deal.
#[derive(Debug)]
pub(crate) struct Done {
    /// The evidence pack (a ZIP file).
    pub(crate) pack: Vec<u8>,
    /// The market's root certificate (DER).
    pub(crate) root: Vec<u8>,
    /// What the buyer received.
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
    let mut world = World::new(7);
    let honest = |crypto| crypto;
    let deposit = Some(Amount::parse("500.00", Currency::parse("EUR")?)?);
    let ca = world.add("ca", Member(Authority { name: "Root of the example".to_owned() }), honest);
    let bank = world.add("bank", Member(Bank { play_deposit: deposit }), honest);
    let notary = world.add("notary", Member(Notary), honest);
    let shop = world.add("shop", Member(Shop::default()), honest);
    let wallet = world.add("wallet", Member(Wallet), honest);

    world.start(ca)?;
    let root = bytes(&world.command(ca, &json!({ "command": "root" }))?, "/root")?;
    register(&mut world, ca, &root, bank, "bank", &["statement", "tls"])?;
    register(&mut world, ca, &root, notary, "notary", &["statement", "seal", "tls"])?;
    register(&mut world, ca, &root, shop, "seller", &["statement", "seal", "tls"])?;
    register(&mut world, ca, &root, wallet, "buyer", &["statement"])?;
    // Bank and notary know the buyer by fresh keys only: its relationships name nobody.
    for (who, to, own) in [(notary, "bank", "self"), (shop, "bank", "self"), (shop, "notary", "self")] {
        link(&mut world, who, to, own)?;
    }
    for to in ["bank", "notary", "shop"] {
        link(&mut world, wallet, to, "nobody")?;
    }
    for who in [shop, wallet] {
        world.command(who, &json!({ "command": "open-account", "currency": "EUR" }))?;
        until(&mut world, who, &json!({ "command": "purse" }), |purse| purse["account"].is_string())?;
    }

    let (id, length) = ("book", GOODS.len());
    world.command(
        shop,
        &json!({ "command": "goods-begin", "id": id, "title": "A book", "price": "4.90 EUR",
        "file_name": "book.txt", "media_type": "text/plain", "length": length }),
    )?;
    let data = [Blob64(GOODS.to_vec())];
    world.command(shop, &json!({ "command": "goods-chunk", "id": id, "index": 0, "data": data }))?;
    world.command(shop, &json!({ "command": "goods-end", "id": id }))?;

    // The user agrees to whatever the trusted screen shows: `World` answers by script.
    let bought = world.command(wallet, &json!({ "command": "buy", "shop": "shop", "item": id }))?;
    let deal = bought["deal"].clone();
    let show = json!({ "command": "deal", "deal": deal });
    until(&mut world, wallet, &show, |deal| deal["stage"] == "settled")?;
    let goods = world.command(wallet, &json!({ "command": "goods-read", "deal": deal, "index": 0 }))?;
    let pack = world.command(wallet, &json!({ "command": "export", "deal": deal }))?;
    Ok(Done { pack: bytes(&pack, "/pack")?, root, goods: bytes(&goods, "/data")? })
}

/// Starts a party and has its keys certified with a registration code.
fn register(world: &mut World, ca: Who, root: &[u8], who: Who, role: &str, kinds: &[&str]) -> Result<(), Trouble> {
    let name = world.seat(who)?.name.clone();
    let set = world.seat(who)?.drive.with(|disk| disk.set_up_root(root));
    set.ok_or_else(|| Trouble::new("it runs already"))??;
    world.start(who)?;
    link(world, who, "ca", "nobody")?;
    let invite = json!({ "command": "invite", "role": role, "name": name, "certificates": kinds });
    let code = world.command(ca, &invite)?["code"].clone();
    let host = [format!("{name}.semper.test")];
    let enrol = json!({ "command": "enrol", "name": name, "code": code, "dns": host, "certificates": kinds });
    world.command(who, &enrol)?;
    until(world, who, &json!({ "command": "who" }), |who| who["enrolled"] == true)
}

/// Opens a relationship, and waits until the peer has said who it is.
fn link(world: &mut World, who: Who, to: &str, own: &str) -> Result<(), Trouble> {
    let host = format!("{to}.semper.test");
    world.command(who, &json!({ "command": "link", "name": to, "socket": to, "server_name": host, "as": own }))?;
    let names =
        |who: &Value, to: &str| who["links"].as_array().is_some_and(|all| all.iter().any(|one| one["role"] == to));
    let role = match to {
        "ca" => "authority",
        "shop" => "seller",
        other => other,
    };
    until(world, who, &json!({ "command": "who" }), |who| names(who, role))
}

/// Lets time pass until the answer is as wanted.
fn until(world: &mut World, who: Who, ask: &Value, wanted: impl Fn(&Value) -> bool) -> Result<(), Trouble> {
    let so = world.run_until(60_000, |world| Ok(world.command(who, ask).is_ok_and(|answer| wanted(&answer))))?;
    if so { Ok(()) } else { Err(Trouble::new(format!("{ask} never was as wanted"))) }
}

fn bytes(answer: &Value, at: &str) -> Result<Vec<u8>, Trouble> {
    let blob: Result<Blob64, _> = serde_json::from_value(answer.pointer(at).cloned().unwrap_or_default());
    Ok(blob.map_err(|e| Trouble::new(format!("{at}: {e}")))?.0)
}
