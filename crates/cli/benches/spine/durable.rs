//! Contracts of two (CS2), signed between two parties with a database each: 64 at the same time, from both owners' yes
//! to both having everything durable.
//!
//! Two floors are measured in the same rounds, and the one that binds, the longer one, counts: what the protocol must sign
//! and verify, bare; and the commits that nothing may leave before, each with all texts of 64 contracts, bare, on the
//! same disk.

use semper_services::authority::Authority;
use semper_services::common::Member;
use semper_services::notary::Notary;
use semper_services::shop::Shop;
use semper_services::wallet::Wallet;
use serde_json::{Value, json};

use crate::bare::{BareDatabase, BareKey};
use crate::market::{Market, Who};
use crate::measure::{Basis, Clock, Cost, Figure, Goal, Outcome, Place};

/// Contracts that are under way together.
const TOGETHER: usize = 64;
const ROUNDS: usize = 11;
/// Bytes of a signed text, about the mean of a contract's.
const TEXT: usize = 1000;

/// What one contract cannot be done without.
#[derive(Clone, Copy, Debug)]
struct Minimum {
    /// The agreement of the one whose owner agrees last; two promises, two signatures.
    signatures: usize,
    /// Each party: the other's promise and signature.
    verifications: usize,
    /// What must be durable before the next message leaves, for all contracts together: the promise, the promise
    /// that answers it, the signature, the signature that answers it; and the last one with whom it reaches.
    commits: usize,
}

const MINIMUM: Minimum = Minimum { signatures: 5, verifications: 4, commits: 5 };

pub(crate) fn measure() -> Outcome<Figure> {
    let floor = Floor::new()?;
    let mut subject = Subject::new()?;
    let both: Vec<(Cost, Cost)> =
        (0..ROUNDS).map(|_| Ok((floor.signing()?, floor.commits()?))).collect::<Outcome<_>>()?;
    // The least of each: others wait for the same disk.
    let signing = least(both.iter().map(|(signing, _)| signing.cpu));
    let commits = least(both.iter().map(|(_, commits)| commits.wall));
    println!("  minimum: {MINIMUM:?}");
    println!(
        "  a contract: {signing:.1} us of CPU to sign and verify, {commits:.1} us by the clock to commit in groups"
    );
    subject.round()?;
    println!("  commits of {TOGETHER} of our contracts: {}", subject.commits);
    let name = "contracts-durable: 64 at once, two parties";
    if signing >= commits {
        let goal = (Basis::Cpu, Goal::Rate(0.7));
        return Figure::measure(name, goal, ROUNDS, || floor.signing(), || subject.round());
    }
    Figure::measure(name, (Basis::Wall, Goal::Rate(0.7)), ROUNDS, || floor.commits(), || subject.round())
}

fn least(costs: impl Iterator<Item = f64>) -> f64 {
    costs.fold(f64::INFINITY, f64::min)
}

struct Floor {
    key: BareKey,
    text: Vec<u8>,
    database: BareDatabase,
}

impl Floor {
    fn new() -> Outcome<Floor> {
        Ok(Floor { key: BareKey::new()?, text: vec![b'x'; TEXT], database: BareDatabase::new("durable-floor")? })
    }

    fn signing(&self) -> Outcome<Cost> {
        let clock = Clock::start()?;
        for _ in 0..TOGETHER {
            let mut signature = self.key.sign(&self.text)?;
            for _ in 1..MINIMUM.signatures {
                signature = self.key.sign(&self.text)?;
            }
            for _ in 0..MINIMUM.verifications {
                self.key.verify(&self.text, &signature)?;
            }
        }
        clock.stop(TOGETHER)
    }

    fn commits(&self) -> Outcome<Cost> {
        let clock = Clock::start()?;
        for _ in 0..MINIMUM.commits {
            self.database.begin()?;
            for _ in 0..TOGETHER {
                self.database.append(&self.text)?;
            }
            self.database.commit()?;
        }
        clock.stop(TOGETHER)
    }
}

struct Subject {
    market: Market,
    wallet: Who,
    shop: Who,
    /// Commits of the last round.
    commits: u64,
}

impl Subject {
    fn new() -> Outcome<Subject> {
        let mut market = Market::new(Place::new("durable")?);
        let ca = market.add("ca", Member(Authority { name: "Root".to_owned() }))?;
        let notary = market.add("notary", Member(Notary))?;
        let shop = market.add("shop", Member(Shop::default()))?;
        let wallet = market.add("wallet", Member(Wallet))?;
        market.enrol(notary, ca, "notary", &["statement", "seal", "tls"])?;
        market.enrol(shop, ca, "seller", &["statement", "seal", "tls"])?;
        market.enrol(wallet, ca, "buyer", &["statement"])?;
        for who in [shop, wallet] {
            market.link(who, "notary", notary, "self")?;
        }
        market.link(wallet, "shop", shop, "self")?;
        Ok(Subject { market, wallet, shop, commits: 0 })
    }

    fn round(&mut self) -> Outcome<Cost> {
        let mut contracts = Vec::with_capacity(TOGETHER);
        for number in 0..TOGETHER {
            let new = json!({
                "command": "contract-new", "title": format!("Lease {number}"), "with": [{ "link": "shop" }],
                "text": "The shop lets its cellar for 40.00 EUR a month.", "optimistic": true,
            });
            let made = self.market.command(self.wallet, &new)?;
            let sign = json!({ "command": "contract-sign", "file": made.get("file") });
            self.market.command(self.shop, &sign)?;
            contracts.push(made.get("contract").cloned().ok_or("no contract")?);
        }
        // One side has agreed and waits; the other is asked.
        self.market.rest()?;
        for contract in &contracts {
            self.market.command(self.wallet, &json!({ "command": "contract-sign", "contract": contract }))?;
        }
        let before = self.market.commits;
        let clock = Clock::start()?;
        self.market.rest()?;
        let cost = clock.stop(TOGETHER)?;
        self.commits = self.market.commits - before;
        for (who, contract) in
            [self.wallet, self.shop].into_iter().flat_map(|who| contracts.iter().map(move |c| (who, c)))
        {
            let shown = self.market.command(who, &json!({ "command": "contract", "contract": contract }))?;
            if shown.get("stage").and_then(Value::as_str) != Some("complete") {
                return Err(format!("a contract ended as {:?}", shown.get("stage")).into());
            }
        }
        Ok(cost)
    }
}
