use semper_sim::market::{Market, Plan};
fn main() {
    let plan = Plan { length: 1_000, price: 490, deposit: 1_000_000, ideal: true, ..Plan::small(1) };
    let mut market = Market::open(plan).unwrap();
    let n = market.world.trace.lines().len();
    let (wallet, shop) = (market.wallet(), market.shop());
    market.buy(wallet, shop).unwrap();
    market.world.run_for(20_000).unwrap();
    for l in &market.world.trace.lines()[n..] { println!("{l}"); }
}
