//! One purchase in a small market, step by step.

#![allow(dead_code, reason = "each test binary uses its own part")]

use semper_base::{Role, Timestamp, Xid};
use semper_exchange::fair::dgp::buyer::Stage as Buyer;
use semper_exchange::fair::dgp::seller::Stage as Seller;
use semper_exchange::judge::{ClaimKind, Finding, Verdict};
use semper_sim::judging::Ending;
use semper_sim::lies::Withhold;
use semper_sim::market::{Deal, Market, Plan};
use semper_sim::screen::Decision;

pub(crate) const SECOND: u64 = 1_000;
pub(crate) const HOUR: u64 = 3_600 * SECOND;
pub(crate) const DAY: u64 = 24 * HOUR;
/// What every account starts with.
pub(crate) const START: u64 = 50_000;
/// The price.
pub(crate) const PRICE: u64 = 490;

/// What a seller says when it hands the key over.
pub(crate) const KEY: &str = r#"{"content":{"key":"#;
/// What a seller says when it hands the key over through the bank.
pub(crate) const PASS_KEY: &str = r#"{"content":{"pass-key":"#;

pub(crate) struct Play {
    pub(crate) market: Market,
    pub(crate) deal: Deal,
}

/// A market in which the wallet has asked for the book.
pub(crate) fn play(plan: Plan) -> Play {
    play_with(plan, |_| {})
}

/// The same, after something was done to the market.
pub(crate) fn play_with(plan: Plan, before: impl FnOnce(&mut Market)) -> Play {
    let mut market = Market::open(plan).unwrap();
    before(&mut market);
    let (wallet, shop) = (market.wallet(), market.shop());
    let deal = market.buy(wallet, shop).unwrap();
    Play { market, deal }
}

pub(crate) fn small() -> Plan {
    Plan::small(1)
}

/// The shop never says this to `to`.
pub(crate) fn withhold(market: &mut Market, to: Option<&str>, word: &str) {
    let lie = Withhold { from: "shop-0".to_owned(), to: to.map(str::to_owned), word: word.to_owned() };
    market.world.lies.push(Box::new(lie));
}

pub(crate) fn answers(market: &mut Market, kind: &str, decision: Decision) {
    let wallet = market.wallet();
    market.world.seat(wallet).unwrap().script.set(kind, decision);
}

impl Play {
    /// Runs until the buyer's stage is so; fails if it never is within `millis`.
    pub(crate) fn buyer_until(&mut self, millis: u64, is_so: impl Fn(&Buyer) -> bool) {
        let end = self.market.now().millis() + millis;
        loop {
            let stage = self.buyer();
            if stage.as_ref().is_some_and(&is_so) {
                return;
            }
            assert!(self.market.now().millis() < end, "the buyer is still {stage:?}\n{}", self.tail());
            self.market.world.run_for((end - self.market.now().millis()).min(pause(millis))).unwrap();
        }
    }

    pub(crate) fn seller_until(&mut self, millis: u64, is_so: impl Fn(&Seller) -> bool) {
        let end = self.market.now().millis() + millis;
        loop {
            let stage = self.seller();
            if stage.as_ref().is_some_and(&is_so) {
                return;
            }
            assert!(self.market.now().millis() < end, "the seller is still {stage:?}\n{}", self.tail());
            self.market.world.run_for((end - self.market.now().millis()).min(pause(millis))).unwrap();
        }
    }

    pub(crate) fn buyer(&mut self) -> Option<Buyer> {
        self.market.buyer(&self.deal).unwrap().map(|run| run.machine.stage().clone())
    }

    pub(crate) fn seller(&mut self) -> Option<Seller> {
        self.market.seller(&self.deal).unwrap().map(|run| run.machine.stage().clone())
    }

    pub(crate) fn xid(&mut self) -> Xid {
        self.market.xid(&self.deal).unwrap().unwrap()
    }

    /// A command of the user about this deal.
    pub(crate) fn user(&mut self, word: &str) {
        let request = serde_json::json!({ "command": word, "deal": self.deal.id });
        self.market.world.command(self.deal.wallet, &request).unwrap();
    }

    /// A command of the shop's operator about this exchange.
    pub(crate) fn operator(&mut self, word: &str) {
        let request = serde_json::json!({ "command": word, "xid": self.xid() });
        self.market.world.command(self.deal.shop, &request).unwrap();
    }

    /// Runs to the end, for at most so long, and checks what must hold of every deal.
    pub(crate) fn end(&mut self, millis: u64, liars: &[Role]) -> Ending {
        let end = self.market.now().millis() + millis;
        loop {
            if self.market.is_final(&self.deal, liars).unwrap() || self.market.now().millis() >= end {
                break;
            }
            self.market.world.run_for(pause(millis)).unwrap();
        }
        // What is still under way arrives.
        self.market.world.run_for(60 * SECOND).unwrap();
        let ending = self.market.check_fair(&self.deal, liars);
        ending.unwrap_or_else(|trouble| panic!("{trouble} at {}\n{}", self.now(), self.tail()))
    }

    pub(crate) fn rows(&mut self) -> Vec<&'static str> {
        let xid = self.xid();
        self.market.slots(xid).unwrap()
    }

    /// (wallet, shop)
    pub(crate) fn balances(&mut self) -> (u64, u64) {
        let (wallet, shop) = (self.deal.wallet, self.deal.shop);
        (self.market.balance(wallet).unwrap(), self.market.balance(shop).unwrap())
    }

    pub(crate) fn assert_unmoved(&mut self) {
        assert_eq!(self.balances(), (START, START));
    }

    pub(crate) fn assert_paid(&mut self) {
        assert_eq!(self.balances(), (START - PRICE, START + PRICE));
    }

    pub(crate) fn tail(&self) -> String {
        let lines = self.market.world.trace.lines();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.market.now()
    }
}

fn pause(millis: u64) -> u64 {
    (millis / 400).max(50)
}

/// The convictions as (who, misdeed).
pub(crate) fn convictions(ending: &Ending) -> Vec<String> {
    let verdict = ending.verdict.as_ref().unwrap();
    verdict.convictions.iter().map(|c| format!("{} {:?}", c.who, c.misdeed)).collect()
}

/// Whether the judge finds a claim proven.
pub(crate) fn proven(verdict: &Verdict, claim: ClaimKind) -> bool {
    verdict.claims.iter().any(|found| found.claim == claim && found.finding == Finding::Proven)
}
