//! Plays a script and says what came of it.
//!
//! ```text
//!  storm: acts at their times, faults at their labels
//!  quiet: everybody is there again, every disk heals, every clock is right
//!  days:  until every deal of everybody honest has come to rest, and at most so many
//!  check: fairness, money, books, registers, bounds, secrets, expectations
//! ```

mod after;
mod containers;
mod harm;
mod papers;
mod parcels;
mod trades;

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Hash, Role, Timestamp};
use semper_services::shop::Lie;
use serde::Serialize;
use serde_json::json;

use crate::dice::Dice;
use crate::judging::Ending;
use crate::market::{Deal, Market};
use crate::script::{Act, Expect, Script};
use crate::trace::Trace;
use crate::trouble::Trouble;
use crate::weather::Weather;
use crate::world::Who;

use self::harm::Harm;

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;
const DAY: u64 = 24 * HOUR;
/// Hold, contest, settle and complaint windows one after the other.
const DAYS_MAX: u64 = 16;
/// Days to ship, to come, to look and to rule, and to find out what became of it.
const PARCEL_DAYS_MAX: u64 = 40;

/// What one run came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// From which everything followed.
    pub seed: u64,
    /// How the shops cheat, if they do.
    pub lie: String,
    /// Who says anything.
    pub liars: Vec<String>,
    /// Purchases that came to a contract.
    pub deals: u64,
    /// By the buyer's last stage.
    pub endings: BTreeMap<String, u64>,
    /// Contracts, mails, data and payments under a lock, by form and how they ended.
    pub papers: BTreeMap<String, u64>,
    /// Who was convicted by the honest parties' evidence.
    pub convicted: BTreeSet<String>,
    /// Happenings that were handled.
    pub events: u64,
    /// Faults that were made to happen.
    pub faults: u64,
    /// How often a process died.
    pub crashes: u64,
    /// Messages that liars changed.
    pub lies: u64,
    /// Virtual days that passed.
    pub days: u64,
    /// SHA-256 over the whole trace.
    pub trace: Hash,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Report { seed, lie, deals, events, faults, crashes, lies, days, .. } = self;
        let liars = if self.liars.is_empty() { "nobody".to_owned() } else { self.liars.join("+") };
        write!(f, "seed {seed}: liars {liars} ({lie}), {deals} deals, {events} events, {faults} faults, ")?;
        write!(f, "{crashes} crashes, {lies} lies, {days} days,")?;
        self.endings.iter().chain(&self.papers).try_for_each(|(word, count)| write!(f, " {word} {count}"))?;
        write!(f, ", trace {}", self.trace.short())
    }
}

/// A run that is over.
#[derive(Debug)]
pub struct Played {
    /// What came of it, or what must not happen.
    pub result: Result<Report, Trouble>,
    /// What happened.
    pub trace: Trace,
    /// The script with every fault that was drawn.
    pub script: Script,
    /// How often a process died.
    pub crashes: u64,
    /// Faults that were made to happen.
    pub faults: u64,
}

/// Plays a script.
#[must_use]
pub fn play(script: &Script) -> Played {
    play_with(script, |_| {})
}

/// The same, with something done to the market before anybody acts: tests plant bugs so.
#[must_use]
pub fn play_with(script: &Script, plant: impl FnOnce(&mut Market)) -> Played {
    let mut full = script.clone();
    let seed = script.plan.seed;
    let named = |trouble: Trouble| Trouble::new(format!("seed {seed}: {trouble}"));
    let mut plan = script.plan.clone();
    plan.liars.clone_from(&script.liars);
    let mut market = match Market::open(plan) {
        Ok(market) => market,
        Err(trouble) => {
            let (result, trace) = (Err(named(trouble)), Trace::default());
            return Played { result, trace, script: full, crashes: 0, faults: 0 };
        }
    };
    plant(&mut market);
    let mut stage = Play { script, started: market.now(), harm: Harm::default(), market };
    let result = expected(script, stage.all()).map_err(named);
    let world = &mut stage.market.world;
    if script.drawn {
        full.lines = std::mem::take(&mut world.fate.made);
        full.drawn = false;
    }
    let (crashes, faults) = (world.crashes, world.trace.faults);
    Played { result, trace: std::mem::take(&mut world.trace), script: full, crashes, faults }
}

/// Compares what came out with what the script expects.
fn expected(script: &Script, result: Result<Report, Trouble>) -> Result<Report, Trouble> {
    let wanted = script.expects.iter().find_map(|expect| match expect {
        Expect::Failure(text) => Some(text),
        _ => None,
    });
    let report = match (result, wanted) {
        (Err(trouble), Some(text)) if trouble.0.contains(text) => {
            let nothing = Report {
                seed: script.plan.seed,
                lie: script.lie_word().to_owned(),
                liars: script.liars.clone(),
                deals: 0,
                endings: BTreeMap::new(),
                papers: BTreeMap::new(),
                convicted: BTreeSet::new(),
                events: 0,
                faults: 0,
                crashes: 0,
                lies: 0,
                days: 0,
                trace: Hash([0; 32]),
            };
            return Ok(nothing);
        }
        (Ok(_), Some(text)) => return Err(Trouble::new(format!("no oracle said: {text}"))),
        (result, _) => result?,
    };
    for expect in &script.expects {
        let is_so = match expect {
            Expect::Ending(word, count) => {
                report.endings.get(word).or(report.papers.get(word)).copied().unwrap_or(0) == *count
            }
            Expect::Verdict(role) if role == "none" => report.convicted.is_empty(),
            Expect::Verdict(role) => report.convicted.contains(role),
            Expect::Failure(_) => true,
        };
        if !is_so {
            return Err(Trouble::new(format!("not as expected: {expect}; it came to {report}")));
        }
    }
    Ok(report)
}

/// A run in progress.
struct Play<'s> {
    script: &'s Script,
    market: Market,
    started: Timestamp,
    harm: Harm,
}

impl Play<'_> {
    fn all(&mut self) -> Result<Report, Trouble> {
        let end = Timestamp::from_millis(self.started.millis().saturating_add(self.script.storm));
        self.begin(end)?;
        self.storm(end)?;
        self.quiet()?;
        self.days()?;
        self.check()
    }

    fn begin(&mut self, end: Timestamp) -> Result<(), Trouble> {
        let script = self.script;
        let world = &mut self.market.world;
        if script.drawn {
            world.weather = Weather::rough(&mut Dice::new(script.plan.seed, "weather"), end);
            world.fate.begin(Dice::new(script.plan.seed, "fate"));
        } else {
            world.fate.follow(&script.lines, end);
        }
        if script.plan.lie == Lie::None {
            for name in &script.liars {
                let who = world.named(name).ok_or_else(|| Trouble::new(format!("nobody is called {name}")))?;
                world.coalition.members.insert(who);
                world.oracle.unwatched.push(name.clone());
            }
        }
        let listened = [&self.market.banks, &self.market.notaries, &self.market.shops, &self.market.wallets];
        for who in listened.into_iter().flatten() {
            world.heard.entry(*who).or_default();
        }
        Ok(())
    }

    /// Everything is done at its time; what ends, ends at its time.
    fn storm(&mut self, end: Timestamp) -> Result<(), Trouble> {
        let mut agenda: BTreeMap<(u64, usize), Act> = BTreeMap::new();
        for (number, (at, act)) in self.script.acts.iter().enumerate() {
            agenda.insert((*at, number), act.clone());
        }
        let mut number = agenda.len();
        let mut over: BTreeMap<(u64, usize), Act> = BTreeMap::new();
        loop {
            let act = agenda.first_key_value().map(|(at, _)| *at);
            let ends = over.first_key_value().map(|(at, _)| *at);
            let Some(next) = act.into_iter().chain(ends).min() else { break };
            let at = Timestamp::from_millis(self.started.millis().saturating_add(next.0));
            if at >= end {
                break;
            }
            self.market.world.run_to(at)?;
            if Some(next) == ends {
                if let Some(act) = over.remove(&next) {
                    self.undo(&act)?;
                }
            } else if let Some(act) = agenda.remove(&next)
                && let Some(millis) = self.act(&act)?
            {
                number += 1;
                over.insert((next.0.saturating_add(millis), number), act);
            }
        }
        self.market.world.run_to(end)?;
        for act in over.into_values() {
            self.undo(&act)?;
        }
        Ok(())
    }

    fn who(&self, name: &str) -> Result<Who, Trouble> {
        self.market.world.named(name).ok_or_else(|| Trouble::new(format!("nobody is called {name}")))
    }

    fn all_of(&self, names: &[String]) -> Result<Vec<Who>, Trouble> {
        names.iter().map(|name| self.who(name)).collect()
    }

    /// Does something; returns after how long it is to be undone.
    #[expect(clippy::too_many_lines, reason = "act by act")]
    fn act(&mut self, act: &Act) -> Result<Option<u64>, Trouble> {
        match act {
            Act::Buy(wallet, shop) => {
                let (wallet, shop) = (self.who(wallet)?, self.who(shop)?);
                // A wallet that is down or cannot write now: the user lets it be.
                drop(self.market.buy(wallet, shop));
            }
            Act::Clock(who, ahead) => {
                let who = self.who(who)?;
                self.market.world.seat(who)?.offset = *ahead;
                self.misled(who);
            }
            Act::Drift(who, millionths) => {
                let who = self.who(who)?;
                self.market.world.drift(who, *millionths)?;
                self.misled(who);
            }
            Act::Contest(who) | Act::Release(who) | Act::Resume(who) => self.wish(who, act)?,
            Act::Copy(who) => self.copy(who)?,
            Act::Forge(who, forgery) => {
                let who = self.who(who)?;
                self.market.forge(who, *forgery)?;
            }
            Act::Full(who, millis) => {
                let who = self.who(who)?;
                self.market.world.seat(who)?.drive.set_full(true);
                return Ok(Some(*millis));
            }
            Act::Inject(from, to, n) => {
                let (from, to) = (self.who(from)?, self.who(to)?);
                self.market.world.inject(from, to, *n)?;
            }
            Act::Goods(who, say) => {
                let who = self.who(who)?;
                self.market.say_of_container(who, *say)?;
            }
            Act::Kill(who, millis) => {
                let who = self.who(who)?;
                self.market.world.kill(who)?;
                return Ok(Some(*millis));
            }
            Act::Mood(who, kind, decision) => {
                let who = self.who(who)?;
                self.market.world.seat(who)?.script.set(kind, *decision);
            }
            Act::NoSync(who, millis) => {
                let who = self.who(who)?;
                let until = self.market.now().millis().saturating_add(*millis);
                self.market.world.seat(who)?.sync_fails_until = Timestamp::from_millis(until);
            }
            Act::OldDisk(who) => self.old_disk(who)?,
            Act::Order(wallet, shop, mugs, teas) => {
                let (wallet, shop) = (self.who(wallet)?, self.who(shop)?);
                drop(self.market.order(wallet, shop, *mugs, *teas));
            }
            Act::Paper(form, lasts, names) => {
                let parties = self.all_of(names)?;
                // Like a purchase.
                drop(self.market.make_paper(*form, &parties, *lasts));
            }
            Act::Parcel(who, deed) => {
                let who = self.who(who)?;
                self.market.deed(who, *deed)?;
            }
            Act::Part(one, other, millis) => {
                let (one, other) = (self.who(one)?, self.who(other)?);
                self.market.world.part(one, other);
                return Ok(Some(*millis));
            }
            Act::Recover(who) => self.recover(who)?,
            Act::Rule(arbiter, side, thousandths) => {
                let (arbiter, side) = (self.who(arbiter)?, self.who(side)?);
                self.market.rule(arbiter, side, *thousandths)?;
            }
            Act::Sell(honest, lasts, names) => {
                let parties = self.all_of(names)?;
                drop(self.market.sell(&parties, *lasts, *honest));
            }
            Act::Send(load, from, to, lasts) => {
                let (from, to) = (self.who(from)?, self.who(to)?);
                drop(self.market.send(*load, from, to, *lasts));
            }
            Act::Sign(who) => {
                let who = self.who(who)?;
                self.market.sign(who)?;
                self.market.buy_data(who)?;
            }
            Act::Trade(who, wish) => {
                let who = self.who(who)?;
                self.market.wish_of_sale(who, *wish)?;
            }
            Act::Wish(who, wish) => {
                let who = self.who(who)?;
                self.market.wish_of_paper(who, *wish)?;
            }
        }
        Ok(None)
    }

    fn undo(&mut self, act: &Act) -> Result<(), Trouble> {
        match act {
            Act::Full(who, _) => {
                let who = self.who(who)?;
                self.market.world.seat(who)?.drive.set_full(false);
                Ok(())
            }
            Act::Kill(who, _) => {
                let who = self.who(who)?;
                self.market.world.restart(who)
            }
            Act::Part(one, other, _) => {
                let (one, other) = (self.who(one)?, self.who(other)?);
                self.market.world.join(one, other);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The user or the operator says something about the newest deal, which may be too late or nothing.
    fn wish(&mut self, name: &str, act: &Act) -> Result<(), Trouble> {
        let who = self.who(name)?;
        if !self.market.world.is_up(who) {
            return Ok(());
        }
        let word = match act {
            Act::Contest(_) => "contest",
            Act::Resume(_) => "resume",
            _ => "release",
        };
        let request = if self.market.shops.contains(&who) {
            let Some((xid, _)) = self.market.sales(who)?.pop() else { return Ok(()) };
            json!({ "command": word, "xid": xid })
        } else {
            let Some(deal) = self.market.deals_of(who)?.pop() else { return Ok(()) };
            json!({ "command": word, "deal": deal.id })
        };
        drop(self.market.world.command(who, &request));
        Ok(())
    }

    /// After the storm everybody is there again, and every clock is right.
    fn quiet(&mut self) -> Result<(), Trouble> {
        for who in self.market.everybody() {
            let seat = self.market.world.seat(who)?;
            seat.drive.heal();
            seat.sync_fails_until = Timestamp::EPOCH;
            self.market.world.restart_soon(who);
        }
        for who in self.market.everybody() {
            let up = self.market.world.run_until(HOUR, |world| Ok(world.is_up(who)))?;
            if !up {
                return Err(Trouble::new("a process did not come back"));
            }
        }
        self.set_clocks_right()?;
        self.market.world.run_for(HOUR)
    }

    /// The roles of a deal whose parties lie, or are registers that have forgotten.
    fn unsound(&self, deal: &Deal) -> Result<Vec<Role>, Trouble> {
        let home = self.market.home(deal.shop)?;
        let all = [
            (Role::Buyer, deal.wallet),
            (Role::Seller, deal.shop),
            (Role::Bank, home.bank),
            (Role::Notary, home.notary),
        ];
        Ok(all.into_iter().filter(|(_, who)| !self.is_sound(*who)).map(|(role, _)| role).collect())
    }
}

/// The word for how a deal ended for its buyer.
fn word(ending: &Ending) -> Option<String> {
    ending.buyer.as_ref().map(|stage| semper_services::common::exchange::stage_word(stage))
}
