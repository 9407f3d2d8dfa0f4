//! Contracts of two (CS2), signed between two parties with a database each: 64 at the same time, from both owners' yes
//! to both having everything durable.
//!
//! Two floors are measured in the same rounds, and the one that binds, the longer one, counts:
//!
//! - the CPU floor: the signatures and verifications that the protocol cannot do without, under keys that both know;
//!   one parse of each message; and what must be durable before the next message leaves, bare, in a database for each
//!   party and in as many commits as there are messages, and one. Each party keeps each text that it signs or is sent
//!   once, to be found again by its contract, and its stage; of each message the receiver keeps its number and hash, and
//!   the sender its place in the queue, which names the text and goes when the message has been taken. No question to
//!   the owner, no second copy of anything: not what our parties write, but what no other way could do without.
//! - the commit floor: the commits that nothing may leave before, each with all texts of 64 contracts, on the same
//!   disk, by the clock.
//!
//! Bare signing and verifying alone, which is no floor of anything durable, is printed beside them.

use semper_exchange::fair::frame::{Content, Packet};
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
/// Messages of a contract: a promise, the promise that answers it, a signature, the signature that answers it.
const MESSAGES: usize = 4;

/// What one contract cannot be done without.
struct Minimum {
    /// The agreement of the one whose owner agrees last; two promises, two signatures.
    signatures: usize,
    /// Each party: the other's promise and signature.
    verifications: usize,
    /// Before each message leaves, for all contracts together; and the last one with whom it reaches.
    commits: usize,
}

const MINIMUM: Minimum = Minimum { signatures: MESSAGES + 1, verifications: MESSAGES, commits: MESSAGES + 1 };

pub(crate) fn measure() -> Outcome<Figure> {
    let mut subject = Subject::new()?;
    let mut floor = Floor::new(subject.messages()?)?;
    let mut least = [f64::INFINITY; 3];
    for _ in 0..ROUNDS {
        // The least of each: others wait for the same disk.
        let round = [floor.signing()?.cpu, floor.work()?.cpu, floor.commits()?.wall];
        least.iter_mut().zip(round).for_each(|(least, now)| *least = least.min(now));
    }
    let [signing, work, commits] = least;
    let Minimum { signatures, verifications, commits: groups } = MINIMUM;
    println!("  minimum: {signatures} signatures and {verifications} verifications each, {groups} commits for all");
    println!(
        "  a contract: {signing:.1} us of CPU to sign and verify, {work:.1} us with parsing and writing what must be"
    );
    println!("  durable; {commits:.1} us by the clock to commit in groups");
    let cost = subject.round()?;
    println!("  commits of {TOGETHER} of our contracts: {}", subject.commits);
    println!("  of bare signing alone that is {:.0} % of CPU", signing / cost.cpu * 100.0);
    let name = "contracts-durable: 64 at once, two parties";
    if work >= commits {
        let goal = (Basis::Cpu, Goal::Rate(0.7));
        return Figure::measure(name, goal, ROUNDS, || floor.work(), || subject.round());
    }
    Figure::measure(name, (Basis::Wall, Goal::Rate(0.7)), ROUNDS, || floor.commits(), || subject.round())
}

struct Floor {
    key: BareKey,
    /// Of each text.
    signatures: [Vec<u8>; MESSAGES],
    /// A contract's messages, as they travel.
    messages: [String; MESSAGES],
    /// What is signed in each.
    texts: [String; MESSAGES],
    /// Who begins, and who answers.
    parties: [BareDatabase; 2],
    contracts: u64,
}

impl Floor {
    fn new(messages: [String; MESSAGES]) -> Outcome<Floor> {
        let mut texts = [const { String::new() }; MESSAGES];
        for (text, message) in texts.iter_mut().zip(&messages) {
            let packet: Packet = serde_json::from_str(message)?;
            *text = match packet.content {
                Content::Promise { statement } | Content::Signature { statement } => statement,
                other => return Err(format!("not a message of this protocol: {other:?}").into()),
            };
        }
        let lengths: Vec<(usize, usize)> =
            messages.iter().zip(&texts).map(|(message, text)| (message.len(), text.len())).collect();
        println!("  messages and the texts in them, bytes: {lengths:?}");
        let parties = [BareDatabase::new("durable-floor-0")?, BareDatabase::new("durable-floor-1")?];
        let key = BareKey::new()?;
        let mut signatures = [const { Vec::new() }; MESSAGES];
        for (signature, text) in signatures.iter_mut().zip(&texts) {
            *signature = key.sign(text.as_bytes())?;
        }
        Ok(Floor { key, signatures, messages, texts, parties, contracts: 0 })
    }

    fn signing(&self) -> Outcome<Cost> {
        let clock = Clock::start()?;
        for _ in 0..TOGETHER {
            self.sign(self.texts.first().ok_or("no text")?)?;
            for text in &self.texts {
                let signature = self.sign(text)?;
                self.key.verify(text.as_bytes(), &signature)?;
            }
        }
        clock.stop(TOGETHER)
    }

    fn sign(&self, text: &str) -> Outcome<Vec<u8>> {
        self.key.sign(text.as_bytes())
    }

    /// Signatures, verifications, one parse of each message, and the commits with what they cannot do without.
    fn work(&mut self) -> Outcome<Cost> {
        let clock = Clock::start()?;
        let first = self.contracts;
        self.contracts += TOGETHER as u64;
        for step in 0..MINIMUM.commits {
            let party = self.parties.get(step % 2).ok_or("no party")?;
            party.begin()?;
            for contract in first..self.contracts {
                self.step(party, step, contract)?;
            }
            party.commit()?;
        }
        clock.stop(TOGETHER)
    }

    /// What a party does between two messages of a contract: `step` of them have left before.
    fn step(&self, party: &BareDatabase, step: usize, contract: u64) -> Outcome<()> {
        let subject = contract.to_be_bytes();
        let place = |word: &[u8], step: usize| [word, &subject, &[u8::try_from(step).unwrap_or(0)]].concat();
        if step == 0 {
            // The agreement is as long as a promise.
            let text = self.texts.first().ok_or("no text")?;
            std::hint::black_box(self.sign(text)?);
            party.keep(&subject, text.as_bytes())?;
        }
        if let Some(before) = step.checked_sub(1) {
            let message = self.messages.get(before).ok_or("no message")?;
            let text = self.texts.get(before).ok_or("no text")?;
            std::hint::black_box(serde_json::from_str::<Value>(message)?);
            self.key.verify(text.as_bytes(), self.signatures.get(before).ok_or("no signature")?)?;
            party.insert(&place(b"in", before), &[0; 32])?;
            party.keep(&subject, text.as_bytes())?;
        }
        if let Some(before) = step.checked_sub(2) {
            party.delete(&place(b"out", before))?;
        }
        if let Some(text) = self.texts.get(step) {
            std::hint::black_box(self.sign(text)?);
            party.keep(&subject, text.as_bytes())?;
            party.insert(&place(b"out", step), &subject)?;
        }
        party.put(&place(b"stage", 0), &[u8::try_from(step).unwrap_or(0)])
    }

    fn commits(&self) -> Outcome<Cost> {
        let [database, _] = &self.parties;
        let clock = Clock::start()?;
        for step in 0..MINIMUM.commits {
            let text = self.texts.get(step % MESSAGES).ok_or("no text")?;
            database.begin()?;
            for _ in 0..TOGETHER {
                database.append(text.as_bytes())?;
            }
            database.commit()?;
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

    /// The messages of a contract.
    fn messages(&mut self) -> Outcome<[String; MESSAGES]> {
        self.market.seen = Some(Vec::new());
        self.round()?;
        let seen = self.market.seen.take().unwrap_or_default();
        // All contracts take each step together, so every so many there is another step's.
        let each = seen.chunks(TOGETHER).filter_map(|step| step.first()).map(|envelope| envelope.body.clone());
        each.collect::<Vec<_>>().try_into().map_err(|seen: Vec<_>| format!("{} messages", seen.len()).into())
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
