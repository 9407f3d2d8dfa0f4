//! How many simulated deals a second, without faults, beside a floor: the same number of rows written to
//! an ordered map and of messages written and read as JSON.

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

/// `speed [deals [rounds]]`: few of both when instructions are counted.
fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let count: u64 = numbers.next().unwrap_or(200);
    let rounds = numbers.next().and_then(|rounds| usize::try_from(rounds).ok()).unwrap_or(ROUNDS);
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let took = deals(count);
        rates.push(count as f64 / took);
        ratios.push(took / timed(|| floor(count)));
    }
    rates.sort_by(f64::total_cmp);
    ratios.sort_by(f64::total_cmp);
    let (least, middle, most) = (rates[0], rates[rounds / 2], rates[rounds - 1]);
    println!("{middle:.0} deals/s on one core ({least:.0} to {most:.0}), by its CPU time");
    println!("{:.1} times the floor", ratios[rounds / 2]);
}

/// CPU seconds of one core for so many deals, one after the other.
fn deals(count: u64) -> f64 {
    let plan = Plan { length: 1_000, price: 490, deposit: 1_000_000, ideal: true, ..Plan::small(1) };
    let mut market = Market::open(plan).unwrap();
    market.world.trace.unread = true;
    let (wallet, shop) = (market.wallet(), market.shop());
    let before = market.world.trace.events;
    let took = timed(|| {
        for _ in 0..count {
            market.buy(wallet, shop).unwrap();
            market.world.run_for(20_000).unwrap();
        }
    });
    let events = (market.world.trace.events - before) / count;
    assert_eq!(market.balance(wallet).unwrap(), 1_000_000 - 490 * count, "not every deal was settled");
    println!("{:.0} deals/s, {events} events a deal", count as f64 / took);
    took
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
