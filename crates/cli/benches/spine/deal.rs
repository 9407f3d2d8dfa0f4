//! A complete deal: from the wish to the settled account, five parties, no network.

use semper_base::{Amount, Currency};
use semper_crypto_aws_lc::AwsLc;
use semper_services::authority::Authority;
use semper_services::bank::Bank;
use semper_services::common::Member;
use semper_services::notary::Notary;
use semper_services::shop::Shop;
use semper_services::wallet::Wallet;
use semper_support::crypto::{Crypto as _, KeyPair, random_secret};
use serde_json::{Value, json};

use crate::bare::{BareDatabase, BareKey};
use crate::market::{Market, Who};
use crate::measure::{Basis, Clock, Cost, Figure, Goal, Outcome, Place};

const ROUNDS: usize = 31;
/// Bytes of the file: one chunk, so that the protocol is measured and not the delivery.
const FILE: usize = 1000;
/// Bytes of a signed text, about the mean of a deal's.
const TEXT: usize = 1000;

/// What the exchange of a digital good for held money cannot be done without, all parties together,
/// certificates and their status known already.
#[derive(Clone, Copy, Debug)]
struct Minimum {
    /// offer, order, acceptance, hold, debit-order, held, mandate, capture, captured, receipt, settled.
    signatures: usize,
    /// offer, order, acceptance, hold, debit-order, capture: 1 each; held, mandate, captured, receipt,
    /// settled: 2 each.
    verifications: usize,
    /// The deal's keys of buyer and seller.
    keys: usize,
    /// The buyer's half of the content key to the seller, the seller's to the notary.
    sealed: usize,
    /// The buyer's half, by the seller.
    opened: usize,
    /// What must be durable before the next message may leave. Bank: hold, capture, receipt; shop:
    /// offer, acceptance, capture, captured before the key, receipt; wallet: order, hold, chunks before
    /// the mandate, key before the receipt. The simulator's counts name the same ones.
    commits: usize,
}

const MINIMUM: Minimum = Minimum { signatures: 11, verifications: 16, keys: 2, sealed: 2, opened: 1, commits: 12 };

pub(crate) fn measure() -> Outcome<Figure> {
    let mut floor = Floor::new()?;
    let mut subject = Subject::new()?;
    subject.round()?;
    println!("  minimum: {MINIMUM:?}");
    println!("  commits of our deal: {}", subject.commits);
    // Not by the clock: that is mostly the wait for a disk that others use too.
    let goal = (Basis::Cpu, Goal::Times(3.0));
    Figure::measure("deal: five parties, no network", goal, ROUNDS, || floor.round(), || subject.round())
}

struct Floor {
    key: BareKey,
    crypto: AwsLc,
    to: KeyPair,
    text: Vec<u8>,
    database: BareDatabase,
}

impl Floor {
    fn new() -> Outcome<Floor> {
        let crypto = AwsLc::new();
        let to = crypto.generate()?;
        let database = BareDatabase::new("deal-floor")?;
        Ok(Floor { key: BareKey::new()?, crypto, to, text: vec![b'x'; TEXT], database })
    }

    fn round(&mut self) -> Outcome<Cost> {
        let clock = Clock::start()?;
        let mut signature = self.key.sign(&self.text)?;
        for _ in 1..MINIMUM.signatures {
            signature = self.key.sign(&self.text)?;
        }
        for _ in 0..MINIMUM.verifications {
            self.key.verify_fresh(&self.text, &signature)?;
        }
        for _ in 0..MINIMUM.keys {
            std::hint::black_box(self.crypto.generate()?);
        }
        let seal = || self.crypto.seal(&self.to.public, &random_secret(&self.crypto), &[0; 64], b"context");
        let mut sealed = seal()?;
        for _ in 1..MINIMUM.sealed {
            sealed = seal()?;
        }
        for _ in 0..MINIMUM.opened {
            std::hint::black_box(self.crypto.open(&self.to.secret, &sealed, b"context")?);
        }
        for _ in 0..MINIMUM.commits {
            self.database.begin()?;
            self.database.append(&self.text)?;
            self.database.commit()?;
        }
        clock.stop(1)
    }
}

struct Subject {
    market: Market,
    wallet: Who,
    /// Commits of the last deal.
    commits: u64,
}

impl Subject {
    fn new() -> Outcome<Subject> {
        let mut market = Market::new(Place::new("deal")?);
        let play_deposit = Some(Amount::new(100_000_000, Currency::parse("EUR")?)?);
        let ca = market.add("ca", Member(Authority { name: "Root".to_owned() }))?;
        let bank = market.add("bank", Member(Bank { play_deposit }))?;
        let notary = market.add("notary", Member(Notary))?;
        let shop = market.add("shop", Member(Shop::default()))?;
        let wallet = market.add("wallet", Member(Wallet))?;
        market.enrol(bank, ca, "bank", &["statement", "tls"])?;
        market.enrol(notary, ca, "notary", &["statement", "seal", "tls"])?;
        market.enrol(shop, ca, "seller", &["statement", "seal", "tls"])?;
        market.enrol(wallet, ca, "buyer", &["statement"])?;
        market.link(notary, "bank", bank, "self")?;
        for (who, own) in [(shop, "self"), (wallet, "nobody")] {
            market.link(who, "bank", bank, own)?;
            market.link(who, "notary", notary, own)?;
            market.command(who, &json!({ "command": "open-account", "currency": "EUR" }))?;
            market.rest()?;
        }
        market.link(wallet, "shop", shop, "nobody")?;
        market.sell(shop, "book", &[0x42; FILE])?;
        Ok(Subject { market, wallet, commits: 0 })
    }

    fn round(&mut self) -> Outcome<Cost> {
        let before = self.market.commits;
        let clock = Clock::start()?;
        let bought = self.market.command(self.wallet, &json!({ "command": "buy", "shop": "shop", "item": "book" }))?;
        self.market.rest()?;
        let cost = clock.stop(1)?;
        self.commits = self.market.commits - before;
        let deal = self.market.command(self.wallet, &json!({ "command": "deal", "deal": bought.get("deal") }))?;
        match deal.get("stage").and_then(Value::as_str) {
            Some("settled") => Ok(cost),
            other => Err(format!("the deal ended as {other:?}").into()),
        }
    }
}
