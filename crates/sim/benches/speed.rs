//! How many simulated deals a second, without faults, one after the other and with several buyers at once, beside a
//! floor: the same number of rows written to an ordered map and of messages written and read as JSON.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a measure prints, and fails by panicking; it is rounded anyway"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use semper_sim::market::{Market, Plan};

const ROUNDS: usize = 5;
/// Buyers of one shop that buy at the same moment: what happens to several deals at once shares commits.
const BUYERS: [usize; 3] = [1, 4, 16];

/// `speed [deals [rounds]]`: few of both when instructions are counted. Deals are rounded up to as many for each buyer.
fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let count: u64 = numbers.next().unwrap_or(320);
    let rounds = numbers.next().and_then(|rounds| usize::try_from(rounds).ok()).unwrap_or(ROUNDS);
    for buyers in BUYERS {
        figure(count, rounds, buyers);
    }
}

/// One figure; the floor is measured in the same rounds.
fn figure(count: u64, rounds: usize, buyers: usize) {
    let (mut rates, mut ratios, mut events) = (Vec::new(), Vec::new(), 0);
    let count = count.next_multiple_of(buyers as u64);
    for _ in 0..rounds {
        let (took, each) = deals(count, buyers);
        events = each;
        rates.push(count as f64 / took);
        ratios.push(took / timed(|| floor(count)));
    }
    rates.sort_by(f64::total_cmp);
    ratios.sort_by(f64::total_cmp);
    let (least, middle, most) = (rates[0], rates[rounds / 2], rates[rounds - 1]);
    println!("{buyers} buying at once: {middle:.0} deals/s on one core ({least:.0} to {most:.0}), by its CPU time");
    println!("  {events} events a deal, {:.1} times the floor", ratios[rounds / 2]);
}

/// CPU seconds of one core for so many deals, so many at a time, and the events of each.
fn deals(count: u64, buyers: usize) -> (f64, u64) {
    let plan = Plan { length: 1_000, price: 490, deposit: 1_000_000, ideal: true, wallets: buyers, ..Plan::small(1) };
    let mut market = Market::open(plan).unwrap();
    market.world.trace.unread = true;
    let (wallets, shop) = (market.wallets.clone(), market.shop());
    let rounds = count / buyers as u64;
    let before = market.world.trace.events;
    let took = timed(|| {
        for _ in 0..rounds {
            for wallet in &wallets {
                market.buy(*wallet, shop).unwrap();
            }
            market.world.run_for(20_000).unwrap();
        }
    });
    let events = (market.world.trace.events - before) / count;
    for wallet in wallets {
        assert_eq!(market.balance(wallet).unwrap(), 1_000_000 - 490 * rounds, "not every deal was settled");
    }
    (took, events)
}

/// CPU seconds of this thread, as the scheduler counts them; by the clock where it does not.
fn timed(work: impl FnOnce()) -> f64 {
    let cpu = || {
        let counted = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        counted.split(' ').next()?.parse::<u64>().ok()
    };
    let (clock, begun) = (Instant::now(), cpu());
    work();
    match (begun, cpu()) {
        (Some(begun), Some(ended)) => (ended - begun) as f64 / 1e9,
        _ => clock.elapsed().as_secs_f64(),
    }
}

/// What the deals cannot do without: about 60 rows and 25 messages of 2 kB each.
fn floor(count: u64) {
    let mut rows = BTreeMap::new();
    let mut sum = 0;
    for deal in 0..count {
        for row in 0..60 {
            rows.insert(format!("row/{deal}/{row}"), vec![0_u8; 500]);
        }
        for message in 0..25 {
            let body = serde_json::json!({ "deal": deal, "message": message, "body": "x".repeat(2_000) }).to_string();
            let read: serde_json::Value = serde_json::from_str(&body).unwrap();
            sum += read["body"].as_str().map_or(0, str::len);
        }
    }
    assert!(sum > 0 && !rows.is_empty());
}
