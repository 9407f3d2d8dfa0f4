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

const DEALS: u64 = 200;

fn main() {
    let begun = Instant::now();
    let plan = Plan { length: 1_000, price: 490, deposit: 1_000_000, ideal: true, ..Plan::small(1) };
    let mut market = Market::open(plan).unwrap();
    println!("market opened in {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
    let (wallet, shop) = (market.wallet(), market.shop());
    let before = market.world.trace.events;
    let begun = Instant::now();
    for _ in 0..DEALS {
        market.buy(wallet, shop).unwrap();
        market.world.run_for(20_000).unwrap();
    }
    let took = begun.elapsed().as_secs_f64();
    let events = (market.world.trace.events - before) / DEALS;
    assert_eq!(market.balance(wallet).unwrap(), 1_000_000 - 490 * DEALS, "not every deal was settled");
    println!("{:.0} deals/s on one core, {events} events a deal", DEALS as f64 / took);
    println!("{:.1} times the floor", took / floor());
}

/// Seconds for what the deals cannot do without: about 60 rows and 25 messages of 2 kB each.
fn floor() -> f64 {
    let begun = Instant::now();
    let mut rows = BTreeMap::new();
    let mut sum = 0;
    for deal in 0..DEALS {
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
    begun.elapsed().as_secs_f64()
}
