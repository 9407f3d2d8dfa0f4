//! What one deal costs each party, counted, beside what the protocol cannot do without.
//!
//! One file of one chunk, settled with the buyer's receipt; no faults, one event per commit, connections
//! open already, certificates met for the first time.
//!
//! Canonicalisations are not counted: the canonical form is made by a plain function without a place to
//! count at, and each signature makes exactly one.

use crate::common;

use common::*;
use semper_sim::market::{Market, Plan};
use semper_sim::world::Who;

/// What one party does in one deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    signed: u64,
    verified: u64,
    commits: u64,
}

fn cost(signed: u64, verified: u64, commits: u64) -> Cost {
    Cost { signed, verified, commits }
}

fn now(market: &mut Market, who: Who) -> Cost {
    let counts = market.world.counts(who);
    cost(counts.signed, counts.verified, market.world.seat(who).unwrap().commits)
}

/// What each of bank, notary, shop and wallet does from the wish to the last acknowledgement.
fn measure(plan: Plan) -> [Cost; 4] {
    let mut market = Market::open(plan).unwrap();
    market.world.apart = true;
    let parties = [market.bank, market.notary, market.shop(), market.wallet()];
    let before = parties.map(|who| now(&mut market, who));
    let (wallet, shop) = (market.wallet(), market.shop());
    let deal = market.buy(wallet, shop).unwrap();
    market.world.run_for(60 * SECOND).unwrap();
    assert!(market.is_final(&deal, &[]).unwrap());
    let after = parties.map(|who| now(&mut market, who));
    let mut costs = [cost(0, 0, 0); 4];
    for (cost, (after, before)) in costs.iter_mut().zip(after.iter().zip(&before)) {
        cost.signed = after.signed - before.signed;
        cost.verified = after.verified - before.verified;
        cost.commits = after.commits - before.commits;
    }
    costs
}

#[test]
fn one_deal_with_receipt() {
    let [bank, notary, shop, wallet] = measure(Plan { length: 1000, ..small() });

    // What is signed and verified is what the messages are made of. The minimum of commits counts what
    // must be durable before the next message may leave; the rest are timers and single answers of a user.
    // What a peer has taken rides along with the next commit; the last of a deal have one of their own.
    //
    // party   | is                   | minimum        | why more
    // bank    | signs 6              | 3: held, captured, settled
    //         |                      |                | a checkpoint of its log; a promise to each of the two that ask
    //         |                      |                | where its decisions stand in the log
    //         | verifies 5           | 5: hold, debit order, capture, mandate, receipt
    //         | commits 9            | 3: hold, capture, receipt
    //         |                      |                | its log: sealing, two questions; last acknowledgements
    assert_eq!(bank, cost(6, 5, 9));

    // notary  | nothing              | nothing        | it is asked only when something goes wrong
    assert_eq!(notary, cost(0, 0, 0));

    // shop    | signs 3              | 3: offer, acceptance, capture
    //         | verifies 9           | 6: order, mandate, receipt, held, captured, settled
    //         |                      |                | the buyer's certificate; the log's promise, and the checkpoint
    //         |                      |                | that its proofs have in common
    //         | commits 10           | 5: offer, acceptance, capture, captured before the key, receipt
    //         |                      |                | held, fetch, settled; asking the log, its answer
    assert_eq!(shop, cost(3, 9, 10));

    // wallet  | signs 5              | 5: order, hold, debit order (the account's key), mandate, receipt
    //         | verifies 8           | 5: offer, acceptance, held, captured, settled
    //         |                      |                | the shop's certificate, once per revocation list; the log's
    //         |                      |                | promise and checkpoint
    //         | commits 16           | 4: order, hold, chunks before the mandate, key before the receipt
    //         |                      |                | wish, offer, acceptance, held, box, captured, key, settled;
    //         |                      |                | debit order apart from hold, mandate from chunks; asking the
    //         |                      |                | log, its answer
    assert_eq!(wallet, cost(5, 8, 16));
}

/// A chunk costs the shop nothing but its part of a delivery, and the wallet a commit.
#[test]
fn a_chunk_costs_no_signature() {
    let one = measure(Plan { length: 1000, ..small() });
    let three = measure(Plan { length: 150_000, ..small() });
    for (one, three) in one.iter().zip(&three) {
        assert_eq!((one.signed, one.verified), (three.signed, three.verified));
    }
    assert_eq!(three[3].commits, one[3].commits + 2);
}
