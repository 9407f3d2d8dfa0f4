//! Random markets under random faults; and that a seed is all there is to a run.

#![expect(clippy::print_stdout, reason = "whoever plays many seeds wants to see them")]

use semper_sim::run::{run, run_traced};

/// A few of the three hundred that `cargo xtask test` plays.
/// `SEEDS=first..last cargo test -p semper-sim --release --test all seeds:: -- --nocapture` plays others.
fn seeds() -> std::ops::Range<u64> {
    let given = std::env::var("SEEDS").ok();
    let given = given.as_deref().and_then(|given| given.split_once(".."));
    let given = given.and_then(|(first, last)| Some(first.parse().ok()?..last.parse().ok()?));
    given.unwrap_or(0..8)
}

#[test]
fn markets_under_faults_end_fairly() {
    let mut failed = Vec::new();
    let mut settled = 0;
    let seeds = seeds();
    let many = seeds.clone().count() > 5;
    for seed in seeds {
        match run(seed, 3) {
            Ok(report) => {
                println!("{report}");
                settled += report.endings.get("settled").copied().unwrap_or(0);
            }
            Err(trouble) => {
                println!("{trouble}");
                failed.push(trouble);
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(settled > 0 || !many, "nothing was ever sold");
}

#[test]
fn a_seed_gives_the_same_trace_byte_for_byte() {
    let (first, again) = (run_traced(7, 2), run_traced(7, 2));
    assert_eq!(first.1.lines(), again.1.lines());
    assert_eq!(first.0.unwrap(), again.0.unwrap());
    let other = run_traced(8, 2);
    assert_ne!(first.1.hash(), other.1.hash());
}
