//! Contracts and certified mail under faults and among liars; and that the oracles about them speak when they must.

#![expect(clippy::print_stdout, reason = "whoever plays many seeds wants to see them")]

use semper_base::{Key, PeerId};
use semper_sim::disk::Bug;
use semper_sim::lies::{Lie, Withhold};
use semper_sim::market::Market;
use semper_sim::minimise::essence;
use semper_sim::play::{Report, play, play_with};
use semper_sim::script::{Script, draw_papers, draw_trades};
use semper_support::comm::Envelope;

mod parcels;
mod rounds;
mod trades;

/// `SEEDS=first..last cargo test -p semper-sim --release --test all papers:: -- --nocapture` plays others.
fn seeds(usual: u64) -> std::ops::Range<u64> {
    let given = std::env::var("SEEDS").ok();
    let given = given.as_deref().and_then(|given| given.split_once(".."));
    let given = given.and_then(|(first, last)| Some(first.parse().ok()?..last.parse().ok()?));
    given.unwrap_or(0..usual)
}

#[test]
fn papers_under_faults_end_fairly() {
    let (mut failed, mut complete, mut nothing) = (Vec::new(), 0, 0);
    for seed in seeds(12) {
        match play(&draw_papers(seed)).result {
            Ok(report) => {
                println!("{report}");
                let count = |word: &str| -> u64 {
                    report.papers.iter().filter(|(form, _)| form.ends_with(word)).map(|(_, count)| *count).sum()
                };
                complete += count("complete");
                nothing += count("nothing");
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

/// A drawn run can be written down and played again, byte for byte.
#[test]
fn a_seed_with_papers_gives_the_same_trace() {
    for seed in 23..24 {
        let drawn = play(&draw_papers(seed));
        let again = play(&draw_papers(seed));
        assert_eq!(drawn.trace.lines(), again.trace.lines());
        let script = Script::read(&drawn.script.to_string()).unwrap();
        let scripted = play(&script);
        let differs = drawn.trace.lines().iter().zip(scripted.trace.lines()).find(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(drawn.result.unwrap(), scripted.result.unwrap());
    }
}

/// One of each form.
const ALL: &str = "at 0 contract 3600000 wallet-0 shop-0\nat 2000 sign shop-0\n\
                   at 60000 contract-online 3600000 wallet-0 shop-0 wallet-1\nat 62000 sign shop-0\nat 63000 sign wallet-1\n\
                   at 120000 mail 3600000 wallet-0 shop-0\nat 122000 sign shop-0\n\
                   at 180000 mail-online 3600000 wallet-0 wallet-1\nat 182000 sign wallet-1\n";
/// Those of two over their own link, with an owner who never answers.
const UNANSWERED: &str = "at 0 contract 3600000 wallet-0 shop-0\nat 0 mood shop-0 promise wait\nat 2000 sign shop-0\n";

fn script(seed: u64, lines: &str) -> Script {
    Script::read(&format!("market seed={seed} wallets=2 length=1\nstorm 7200000\n{lines}")).unwrap()
}

fn plays(seed: u64, lines: &str) -> Report {
    play(&script(seed, lines)).result.unwrap_or_else(|trouble| panic!("{trouble}\n{lines}"))
}

#[test]
fn undisturbed_everything_is_signed_and_delivered() {
    let report = plays(1, ALL);
    let forms: Vec<(&str, u64)> = report.papers.iter().map(|(word, count)| (word.as_str(), *count)).collect();
    let complete = ["contract-complete", "contract-online-complete", "mail-complete", "mail-online-complete"];
    assert_eq!(forms, complete.map(|word| (word, 1)));
}

#[test]
fn owners_who_do_not_answer_bind_nobody() {
    let report = plays(2, UNANSWERED);
    assert_eq!(report.papers.get("contract-nothing"), Some(&1));
    let mail = plays(3, "at 0 mail-online 600000 wallet-0 wallet-1\n");
    assert_eq!(mail.papers.get("mail-online-nothing"), Some(&1), "the time ends it");
}

/// Each lie at each of many moments: whatever comes of it, everything that must hold does.
#[test]
fn liars_gain_nothing_at_any_moment() {
    let mut convicted = 0;
    for at in [900, 2_300] {
        for (form, liar, lie) in [
            ("contract", "wallet-0", "abort"),
            ("contract", "shop-0", "resolve"),
            ("mail", "wallet-0", "abort"),
            ("mail", "shop-0", "resolve"),
            ("mail", "notary", "decide"),
            ("contract-online", "wallet-0", "abort"),
            ("contract-online", "notary", "decide"),
            ("mail-online", "notary", "decide"),
        ] {
            let lines = format!(
                "liars {liar}\nat 0 {form} 3600000 wallet-0 shop-0\nat 2000 sign shop-0\nat {} forge {liar} {lie}\n\
                 at 3000 wish shop-0 resolve\n",
                1 + at
            );
            let report = plays(4, &lines);
            convicted += u64::from(report.convicted.contains("notary"));
        }
    }
    assert!(convicted > 0, "a notary that says two things is convicted");
}

/// A sender whose boxes hold something else: nobody reads, nobody signs for anything, nobody is convicted.
#[test]
fn a_bad_box_delivers_nothing() {
    let lines = "market boxes=bad\nliars wallet-0\nat 0 mail 3600000 wallet-0 shop-0\nat 2000 sign shop-0\n\
                 at 2560 wish shop-0 resolve\nat 2600 kill wallet-0 1800000\n";
    let mut nothing = 0;
    for at in [2_100, 2_500, 2_900] {
        let lines = lines.replace("2560", &at.to_string()).replace("2600", &(at + 1).to_string());
        let report = plays(5, &lines);
        assert!(report.convicted.is_empty(), "{report}");
        nothing += report.papers.get("mail-nothing").copied().unwrap_or(0);
    }
    assert!(nothing > 0, "the notary is asked and finds the box bad");
}

/// Plays with a bug planted, and sees that this is said.
fn found(lines: &str, said: &str, plant: impl FnOnce(&mut Market)) {
    found_in(&script(6, lines), said, plant);
}

fn found_in(script: &Script, said: &str, plant: impl FnOnce(&mut Market)) {
    let clean = play_with(script, |_| {}).result;
    assert!(clean.is_ok(), "fails without the bug: {clean:?}");
    let with_bug = play_with(script, plant).result.unwrap_err();
    assert!(with_bug.0.contains(said), "{with_bug}");
    assert!(!essence(&with_bug.0).is_empty());
}

fn bug(market: &mut Market, who: &str, bug: Bug) {
    let who = market.world.named(who).unwrap();
    market.world.tamper(who, |disk| disk.plant(bug)).unwrap();
    market.world.run_for(60_000).unwrap();
}

/// The lies of `liars_gain_nothing_at_any_moment`, of a notary that nobody called a liar.
#[test]
fn a_notary_that_says_two_things() {
    for (form, moments) in [("contract-online", [1, 1_000]), ("mail-online", [1, 1_000])] {
        let lines = |at: u64| {
            format!("at 0 {form} 3600000 wallet-0 shop-0\nat 2000 sign shop-0\nat {at} forge notary decide\n")
        };
        for at in moments {
            let failure = play(&script(6, &lines(at))).result.unwrap_err();
            assert!(failure.0.contains("the honest notary is convicted"), "{failure}");
        }
    }
}

/// The box was good: the sender's seed shows it.
#[test]
fn a_notary_that_calls_a_good_box_bad() {
    let lines = "at 0 mail 3600000 wallet-0 shop-0\nat 2000 sign shop-0\nat 2001 part wallet-0 shop-0 600000\n\
                 at 2600 wish shop-0 resolve\nat 60000 forge notary decide\n";
    let failures: Vec<String> = (2_500..3_200)
        .step_by(50)
        .filter_map(|at| {
            let lines = lines.replace("2001", &at.to_string()).replace("2600", &(at + 1).to_string());
            play(&script(6, &lines)).result.err().map(|trouble| trouble.0)
        })
        .collect();
    assert!(
        failures.iter().any(|failure| failure.contains("CriedBadEscrow") || failure.contains("AbortedAndResolved"))
    );
}

#[test]
fn a_decision_that_is_not_told_strands_its_parties() {
    let lines = "at 0 contract-online 3600000 wallet-0 shop-0\nat 2000 sign shop-0\n";
    found(lines, "a signer is stranded", |market| {
        let word = "\"decision\"".to_owned();
        let lie = Withhold { from: "notary".to_owned(), to: Some("wallet-0".to_owned()), word };
        market.world.lies.push(Box::new(lie));
    });
}

#[test]
fn machines_that_are_not_stored() {
    for (who, form) in [("wallet-0", "contract"), ("shop-0", "mail")] {
        let lines = format!("at 0 {form} 3600000 wallet-0 shop-0\nat 2000 sign shop-0\n");
        assert_eq!(plays(7, &lines).papers.get(&format!("{form}-complete")), Some(&1));
        let plant = |market: &mut Market| {
            market.world.events_max = 4_000;
            bug(market, who, Bug::ForgetsRows("fair/"));
        };
        let complete = play_with(&script(7, &lines), plant).result.map(|report| report.papers);
        let complete = complete.is_ok_and(|papers| papers.contains_key(&format!("{form}-complete")));
        assert!(!complete, "{who} forgets, and {form} is complete all the same");
    }
}

/// Says a secret beside everything else that it says.
#[derive(Debug)]
struct Blab {
    secret: Vec<u8>,
    told: bool,
}

impl Lie for Blab {
    fn instead(&mut self, from: &str, to: &str, message: &Envelope) -> Option<(String, String)> {
        if (from, to) != ("wallet-0", "notary") || self.told || message.kind != "fair" {
            return None;
        }
        self.told = true;
        let body = serde_json::json!({ "note": semper_base::bytes::encode(&self.secret) });
        Some(("gossip".to_owned(), body.to_string()))
    }
}

#[test]
fn terms_and_letters_that_travel_where_they_must_not() {
    for form in ["contract-online", "mail-online"] {
        let lines = format!("at 0 {form} 3600000 wallet-0 shop-0\nat 2000 sign shop-0\nat 600000 wish wallet-0 ask\n");
        found(&lines, "learns what it must not", |market| {
            // What the first paper will say is drawn from the seed.
            let secret = semper_sim::dice::seed_of(market.plan.seed, "paper/0");
            let secret = format!("Paper 0 says {}.", semper_base::bytes::encode(&secret)).into_bytes();
            market.world.lies.push(Box::new(Blab { secret, told: false }));
            let met = Key::new("met", "notary");
            let wallet = market.wallet();
            let met: serde_json::Value = market.world.row(wallet, &met).unwrap().unwrap();
            let peer: PeerId = serde_json::from_value(met["peer"].clone()).unwrap();
            market.world.smuggle(wallet, peer, "fair", b"{}").unwrap();
        });
    }
}
