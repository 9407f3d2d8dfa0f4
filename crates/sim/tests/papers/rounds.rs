//! Contracts in rounds under faults and among liars; and that the oracles about them speak when they must.

use semper_sim::lies::Withhold;
use semper_sim::play::play;
use semper_sim::script::draw_rounds;

use crate::papers::{found, plays, script, seeds};

#[test]
fn rounds_under_faults_end_fairly() {
    let (mut failed, mut complete, mut nothing) = (Vec::new(), 0, 0);
    for seed in seeds(5) {
        match play(&draw_rounds(seed)).result {
            Ok(report) => {
                println!("{report}");
                complete += report.papers.get("rounds-complete").copied().unwrap_or(0);
                nothing += report.papers.get("rounds-nothing").copied().unwrap_or(0);
            }
            Err(trouble) => {
                println!("{trouble}");
                failed.push(trouble);
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(complete > 0 && nothing > 0, "{complete} and {nothing}: they end in both ways");
}

const THREE: &str = "at 0 rounds 3600000 wallet-0 shop-0 wallet-1\nat 2000 sign shop-0\nat 2500 sign wallet-1\n";

fn word(seed: u64, lines: &str) -> String {
    let papers: Vec<(String, u64)> = plays(seed, lines).papers.into_iter().collect();
    let [(word, 1)] = papers.as_slice() else { return format!("{papers:?}") };
    word.clone()
}

#[test]
fn undisturbed_rounds_are_signed_by_all() {
    assert_eq!(word(1, THREE), "rounds-complete");
    let five = "market shops=3\nat 0 rounds 3600000 shop-2 wallet-0 shop-0 wallet-1 shop-1\nat 2000 sign shop-0\n\
                at 2500 sign wallet-1\nat 2600 sign wallet-0\nat 3000 sign shop-1\n";
    assert_eq!(word(1, five), "rounds-complete");
}

/// Before all have pledged once nobody is bound, after that everybody is, whoever stops answering.
#[test]
fn who_stops_answering_in_rounds_strands_nobody() {
    let mood = |at: u64, who: &str, kind: &str| format!("{THREE}at {at} mood {who} {kind} wait\n");
    assert_eq!(word(2, &mood(0, "wallet-1", "agreement")), "rounds-nothing");
    assert_eq!(word(2, &mood(0, "shop-0", "pledge")), "rounds-nothing");
    assert_eq!(word(2, &mood(0, "wallet-1", "signature")), "rounds-complete");
    assert_eq!(word(2, &mood(4_300, "shop-0", "pledge")), "rounds-complete");
}

/// Each lie at each of many moments: whatever comes of it, everything that must hold does.
#[test]
fn liars_gain_nothing_from_rounds_at_any_moment() {
    let mut convicted = std::collections::BTreeSet::new();
    for at in [2_900, 4_700] {
        for (liar, lie) in [("wallet-0", "abort"), ("shop-0", "abort"), ("notary", "decide")] {
            // One who is honest stops as well, a moment later, or does not.
            for wish in [String::new(), format!("at {} wish wallet-1 abort\n", at + 300)] {
                let lines = format!("liars {liar}\n{THREE}at {at} forge {liar} {lie}\n{wish}");
                convicted.extend(plays(4, &lines).convicted);
            }
        }
    }
    assert!(convicted.contains("party"), "who goes on after it has stopped is convicted: {convicted:?}");
}

/// The lies of a notary that nobody called a liar: it halts one who stopped, and tells another that it is complete.
#[test]
fn a_notary_that_halts_and_completes_is_noticed() {
    let failures = [3_450, 3_500, 3_550].map(|at| {
        let lines = format!("{THREE}at {at} wish wallet-1 abort\nat {} forge notary decide\n", at + 1_500);
        play(&script(6, &lines)).result.err().map(|trouble| trouble.0)
    });
    assert!(
        failures.iter().flatten().any(|failure| failure.contains("the honest notary is convicted")),
        "{failures:?}"
    );
}

#[test]
fn a_word_about_rounds_that_is_not_told_strands_its_party() {
    let lines = format!("at 0 mood shop-0 signature wait\n{THREE}");
    found(&lines, "a signer is stranded", |market| {
        let word = "\"decision\"".to_owned();
        let lie = Withhold { from: "notary".to_owned(), to: Some("wallet-0".to_owned()), word };
        market.world.lies.push(Box::new(lie));
    });
}
