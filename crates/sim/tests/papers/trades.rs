//! Data on sale and joint deals under faults and among liars; and that the oracles about them speak when they must.

use semper_sim::disk::Bug;
use semper_sim::lies::Withhold;
use semper_sim::market::Market;
use semper_sim::play::{play, play_with};

use crate::papers::{bug, draw_trades, found, plays, script, seeds};

#[test]
fn trades_under_faults_end_fairly() {
    let (mut failed, mut paid, mut back) = (Vec::new(), 0, 0);
    for seed in seeds(5) {
        match play(&draw_trades(seed)).result {
            Ok(report) => {
                println!("{report}");
                let count = |word: &str| -> u64 {
                    report.papers.iter().filter(|(form, _)| form.ends_with(word)).map(|(_, count)| *count).sum()
                };
                paid += count("-paid");
                back += count("-back");
            }
            Err(trouble) => {
                println!("{trouble}");
                failed.push(trouble);
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(paid > 0 && back > 0, "{paid} and {back}: they end in both ways");
}

const SALE: &str = "at 0 sell 3600000 shop-0 wallet-0 wallet-1\nat 2000 sign wallet-0\nat 3000 sign wallet-1\n";
const DEAL: &str = "at 0 deal 3600000 wallet-0 shop-0 wallet-1\nat 2000 sign shop-0\nat 2500 sign wallet-1\n";
const RING: &str = "at 0 ring 3600000 wallet-0 shop-0 wallet-1\nat 2000 sign shop-0\nat 2500 sign wallet-1\n";

fn words(seed: u64, lines: &str) -> Vec<(String, u64)> {
    plays(seed, lines).papers.into_iter().collect()
}

fn are(words: &[(&str, u64)]) -> Vec<(String, u64)> {
    words.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect()
}

#[test]
fn undisturbed_everybody_has_what_was_agreed() {
    assert_eq!(words(1, SALE), are(&[("data-paid", 2)]));
    assert_eq!(words(1, DEAL), are(&[("deal-complete", 1), ("payment-paid", 1)]));
    assert_eq!(words(1, RING), are(&[("payment-paid", 3), ("ring-complete", 1)]));
}

#[test]
fn what_is_not_answered_or_withdrawn_goes_back() {
    let unclaimed = format!("at 0 mood shop-0 claim cannot-ask\n{SALE}");
    assert_eq!(words(2, &unclaimed), are(&[("data-back", 2)]));
    let withdrawn = format!("at 1000 trade shop-0 abort\n{SALE}");
    assert_eq!(words(2, &withdrawn), are(&[("data-back", 2)]));
    let unsigned = "at 0 deal 600000 wallet-0 shop-0\n";
    assert_eq!(words(2, unsigned), are(&[("deal-nothing", 1), ("payment-back", 1)]));
    let declined = format!("at 0 mood wallet-1 joint-deal decline\n{RING}");
    assert_eq!(words(2, &declined), are(&[("payment-back", 3), ("ring-nothing", 1)]));
}

/// Each lie at each of many moments: whatever comes of it, everything that must hold does.
#[test]
fn liars_gain_nothing_from_locks_at_any_moment() {
    let mut convicted = 0;
    for at in [2_300, 4_000] {
        for (lines, liar, lie) in [
            (SALE, "shop-0", "claim"),
            (SALE, "shop-0", "give-back"),
            (SALE, "wallet-0", "give-back"),
            (SALE, "bank", "return"),
            (DEAL, "shop-0", "claim"),
            (DEAL, "wallet-0", "give-back"),
            (DEAL, "wallet-0", "abort"),
            (RING, "notary", "decide"),
            (RING, "bank", "return"),
        ] {
            let report = plays(4, &format!("liars {liar}\n{lines}at {at} forge {liar} {lie}\n"));
            convicted += u64::from(report.convicted.contains(liar));
        }
    }
    assert!(convicted > 0, "a bank and a notary that say two things are convicted");
}

/// A seller that signs something else than it has is paid, and convicted by what its buyer holds.
#[test]
fn other_data_convicts_its_seller() {
    let report = plays(5, &format!("liars shop-0\n{}", SALE.replace("sell", "sell-other")));
    assert_eq!(report.papers.get("data-wrong"), Some(&2), "{report}");
}

/// The same by a seller that nobody called a liar.
#[test]
fn other_data_of_an_honest_seller_is_noticed() {
    let failure = play(&script(6, &SALE.replace("sell", "sell-other"))).result.unwrap_err();
    assert!(failure.0.contains("paid for other data"), "{failure}");
}

/// A bank that nobody called a liar tells a payer that its money went back, and pays.
#[test]
fn a_bank_that_pays_and_returns_is_noticed() {
    let failures =
        [4_000, 6_000, 10_000].map(|at| play(&script(6, &format!("{SALE}at {at} forge bank return\n"))).result);
    let noticed = |failure: &Result<_, semper_sim::trouble::Trouble>| {
        failure.as_ref().is_err_and(|trouble| trouble.0.contains("the honest bank is convicted over a lock"))
    };
    assert!(failures.iter().any(noticed), "{failures:?}");
}

#[test]
fn an_answer_that_is_not_told_strands_its_payer() {
    found(SALE, "a lock is stranded", |market| {
        let word = "\"answer\"".to_owned();
        let lie = Withhold { from: "bank".to_owned(), to: Some("wallet-0".to_owned()), word };
        market.world.lies.push(Box::new(lie));
    });
}

#[test]
fn locks_that_are_not_stored() {
    for who in ["shop-0", "wallet-0"] {
        let plant = |market: &mut Market| {
            market.world.events_max = 4_000;
            bug(market, who, Bug::ForgetsRows("lock/"));
        };
        let played = play_with(&script(7, SALE), plant).result.map(|report| report.papers);
        let paid = played.is_ok_and(|papers| papers.get("data-paid") == Some(&2));
        assert!(!paid, "{who} forgets, and everybody is paid all the same");
    }
}

#[test]
fn a_bank_that_forgets_what_it_did_with_the_money() {
    found(SALE, "the register has no row", |market| bug(market, "bank", Bug::ForgetsRegister("outcome")));
}
