//! A market under faults, from a seed: how many shops and wallets there are, what their users want,
//! how bad the network and the disks are, and when.

use std::collections::BTreeMap;

use semper_base::limits::DELIVERY_MESSAGES_MAX;
use semper_base::{Hash, Role, Timestamp};
use semper_exchange::fair::dgp::buyer::Stage as Buyer;
use semper_services::shop::Lie;
use serde::Serialize;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::market::{Deal, Market, Plan};
use crate::screen::Decision;
use crate::trace::Trace;
use crate::trouble::Trouble;
use crate::weather::Weather;
use crate::world::Who;

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;
const DAY: u64 = 24 * HOUR;

/// What one run came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// From which everything followed.
    pub seed: u64,
    /// How the shop cheats, if it does.
    pub lie: String,
    /// Purchases that came to a contract.
    pub deals: u64,
    /// By the buyer's last stage.
    pub endings: BTreeMap<String, u64>,
    /// Happenings that were handled.
    pub events: u64,
    /// Faults that were made to happen.
    pub faults: u64,
    /// Virtual days that passed.
    pub days: u64,
    /// SHA-256 over the whole trace.
    pub trace: Hash,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Report { seed, lie, deals, events, faults, days, .. } = self;
        write!(f, "seed {seed}: lie {lie}, {deals} deals, {events} events, {faults} faults, {days} days,")?;
        self.endings.iter().try_for_each(|(word, count)| write!(f, " {word} {count}"))?;
        write!(f, ", trace {}", self.trace.short())
    }
}

/// Runs a market with so many purchases under the faults of this seed. An error is something that
/// must not happen; it names the seed.
pub fn run(seed: u64, deals: u64) -> Result<Report, Trouble> {
    run_traced(seed, deals).0
}

/// The same, with the trace up to where it ended.
pub fn run_traced(seed: u64, deals: u64) -> (Result<Report, Trouble>, Trace) {
    let named = |trouble: Trouble| Trouble::new(format!("seed {seed}: {trouble}"));
    let mut dice = Dice::new(seed, "run");
    let mut market = match Market::open(plan(seed, &mut dice)) {
        Ok(market) => market,
        Err(trouble) => return (Err(named(trouble)), Trace::default()),
    };
    let report = play(&mut market, &mut dice, deals).map_err(named);
    (report, market.world.trace)
}

fn plan(seed: u64, dice: &mut Dice) -> Plan {
    let mut offset = || i64::try_from(dice.below(100_001)).unwrap_or(0) - 50_000;
    let offsets = [offset(), offset(), offset(), offset()];
    let wallets = usize::try_from(dice.within((1, 2))).unwrap_or(1);
    // Mostly small: large files cost time and add little.
    let longest = if dice.chance(150) { 150_000 } else { 2_000 };
    let length = usize::try_from(dice.within((1, longest))).unwrap_or(1);
    let lies = [Lie::GarbageEscrow, Lie::LateCapture, Lie::LoseKey, Lie::WithholdKey, Lie::WrongFile];
    let at = usize::try_from(dice.below(2 * lies.len() as u64)).unwrap_or(0);
    let lie = lies.get(at).copied().unwrap_or(Lie::None);
    Plan { wallets, length, lie, offsets, ..Plan::small(seed) }
}

fn play(market: &mut Market, dice: &mut Dice, deals: u64) -> Result<Report, Trouble> {
    let started = market.now();
    let storm = Timestamp::from_millis(started.millis() + dice.within((60 * SECOND, 6 * HOUR)));
    market.world.weather = Weather::rough(dice, storm);
    for wallet in market.wallets.clone() {
        moods(market, wallet, dice)?;
    }
    for _ in 0..deals {
        let wallet = pick(&market.wallets, dice)?;
        let shop = pick(&market.shops, dice)?;
        attempt(market, dice, |market| market.buy(wallet, shop).map(drop))?;
        market.world.run_for(dice.within((0, 20 * 60 * SECOND)))?;
        meddle(market, dice)?;
    }
    let wait = storm.since(market.now()).0;
    market.world.run_for(wait)?;
    quiet(market)?;
    let deals = all_deals(market)?;
    let liars: &[Role] = if market.plan.lie == Lie::None { &[] } else { &[Role::Seller] };
    let mut endings = BTreeMap::new();
    // Hold, contest, settle and complaint windows one after the other.
    for _ in 0..16 {
        let mut open = false;
        for deal in &deals {
            open |= market.xid(deal)?.is_some() && !market.is_final(deal, liars)?;
        }
        if !open {
            break;
        }
        market.world.run_for(DAY)?;
    }
    for deal in &deals {
        let ending = market.check_fair(deal, liars)?;
        let Some(stage) = ending.buyer else { continue };
        let word = match stage {
            Buyer::Released => "released",
            Buyer::Refunded => "refunded",
            _ => "settled",
        };
        *endings.entry(word.to_owned()).or_insert(0) += 1;
    }
    ends_meet(market, &endings)?;
    let trace = &market.world.trace;
    Ok(Report {
        seed: market.plan.seed,
        lie: format!("{:?}", market.plan.lie),
        deals: endings.values().sum(),
        endings,
        events: trace.events,
        faults: trace.faults,
        days: market.now().since(started).0 / DAY,
        trace: trace.hash(),
    })
}

/// Some users say no to some things.
fn moods(market: &mut Market, wallet: Who, dice: &mut Dice) -> Result<(), Trouble> {
    let script = &mut market.world.seat(wallet)?.script;
    for (kind, refuses) in [("order", 30), ("hold", 60), ("mandate", 80), ("receipt", 300), ("contest", 100)] {
        if dice.chance(refuses) {
            script.set(kind, Decision::Decline);
        } else if dice.chance(40) {
            script.set(kind, Decision::CannotAsk);
        }
    }
    Ok(())
}

fn pick(of: &[Who], dice: &mut Dice) -> Result<Who, Trouble> {
    let at = usize::try_from(dice.below(of.len() as u64)).unwrap_or(0);
    of.get(at).copied().ok_or_else(|| Trouble::new("nobody to pick"))
}

/// A local wish may meet a process that is down, or a commit that fails: then the user tries again or
/// lets it be.
fn attempt(
    market: &mut Market,
    dice: &mut Dice,
    mut wish: impl FnMut(&mut Market) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    for _ in 0..4 {
        if wish(market).is_ok() || dice.chance(100) {
            break;
        }
        market.world.run_for(30 * SECOND)?;
    }
    Ok(())
}

/// A user or an operator changes their mind, or a wire is cut for a while.
fn meddle(market: &mut Market, dice: &mut Dice) -> Result<(), Trouble> {
    let (wallet, shop) = (pick(&market.wallets, dice)?, pick(&market.shops, dice)?);
    match dice.below(8) {
        0 if market.world.is_up(wallet) => {
            if let Some(deal) = all_deals_of(market, wallet)?.pop() {
                let release = json!({ "command": "release", "deal": deal.id });
                // Too late, or there is nothing to release.
                let _ = market.world.command(wallet, &release);
            }
        }
        1 if market.world.is_up(wallet) && market.world.is_up(shop) => {
            if let Some(deal) = all_deals_of(market, wallet)?.pop()
                && let Some(xid) = market.xid(&deal)?
            {
                let _ = market.world.command(deal.shop, &json!({ "command": "release", "xid": xid }));
            }
        }
        2 => cut(market, dice, wallet, market.bank)?,
        3 => cut(market, dice, wallet, shop)?,
        4 => cut(market, dice, shop, market.bank)?,
        _ => {}
    }
    Ok(())
}

fn cut(market: &mut Market, dice: &mut Dice, one: Who, other: Who) -> Result<(), Trouble> {
    market.world.part(one, other);
    market.world.run_for(dice.within((SECOND, 2 * HOUR)))?;
    market.world.join(one, other);
    Ok(())
}

/// After the storm everybody is there again.
fn quiet(market: &mut Market) -> Result<(), Trouble> {
    for who in everybody(market) {
        market.world.seat(who)?.drive.heal();
        let up = market.world.run_until(HOUR, |world| Ok(world.is_up(who)))?;
        if !up {
            return Err(Trouble::new("a process did not come back"));
        }
    }
    market.world.run_for(HOUR)
}

fn everybody(market: &Market) -> Vec<Who> {
    let third = [market.authority, market.bank, market.notary];
    third.into_iter().chain(market.shops.iter().copied()).chain(market.wallets.iter().copied()).collect()
}

/// Every deal on every wallet's books.
fn all_deals(market: &mut Market) -> Result<Vec<Deal>, Trouble> {
    let mut deals = Vec::new();
    for wallet in market.wallets.clone() {
        deals.extend(all_deals_of(market, wallet)?);
    }
    Ok(deals)
}

fn all_deals_of(market: &mut Market, wallet: Who) -> Result<Vec<Deal>, Trouble> {
    let rows = market.world.look(wallet, |transaction| transaction.scan("deal/", None, 1000))?;
    let mut deals = Vec::new();
    for (key, row) in rows {
        let row: Value = serde_json::from_slice(&row).map_err(|e| Trouble::new(e.to_string()))?;
        let shop = row.get("shop").and_then(Value::as_str).and_then(|shop| market.world.named(shop));
        let shop = shop.ok_or_else(|| Trouble::new("a deal with nobody"))?;
        deals.push(Deal { wallet, shop, id: key.0.trim_start_matches("deal/").to_owned() });
    }
    Ok(deals)
}

/// The accounts show what the deals came to, and no queue has grown.
fn ends_meet(market: &mut Market, endings: &BTreeMap<String, u64>) -> Result<(), Trouble> {
    let paid = endings.get("settled").copied().unwrap_or(0).saturating_mul(market.plan.price);
    let (mut shops, mut wallets) = (0_u64, 0_u64);
    for who in market.shops.clone() {
        shops = shops.saturating_add(market.balance(who)?);
    }
    for who in market.wallets.clone() {
        wallets = wallets.saturating_add(market.balance(who)?);
    }
    let start = |count: usize| market.plan.deposit.saturating_mul(count as u64);
    let due = (start(market.shops.len()).saturating_add(paid), start(market.wallets.len()).saturating_sub(paid));
    if (shops, wallets) != due {
        return Err(Trouble::new(format!("shops and wallets have {shops} and {wallets} instead of {due:?}")));
    }
    for who in everybody(market) {
        let waiting = market.world.look(who, |transaction| {
            let mut most = 0;
            for peer in transaction.outbox_peers()? {
                most = most.max(transaction.outbox(&peer, 0, DELIVERY_MESSAGES_MAX, Timestamp::EPOCH)?.len());
            }
            Ok(most)
        })?;
        if waiting >= DELIVERY_MESSAGES_MAX {
            return Err(Trouble::new(format!("a queue has {waiting} messages and more")));
        }
    }
    Ok(())
}
