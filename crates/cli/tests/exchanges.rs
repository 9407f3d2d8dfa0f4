//! Exchanges that are no purchase, between real processes: everybody has the contract or nobody, whoever lies;
//! what the demo says of itself is compared with what the packs show a stranger.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod play;

use play::{Played, play};
use serde_json::{Value, json};

/// What a stranger reads in each pack: the outcome, and who is convicted.
fn readings(played: &Played, parties: usize) -> Vec<(String, Vec<Value>)> {
    let reading = |at: usize| {
        let report = played.verify(&format!("/holds/{at}/pack"));
        let verdict = &report["frame_verdict"];
        (verdict["outcome"].as_str().unwrap().to_owned(), verdict["convictions"].as_array().unwrap().clone())
    };
    (0..parties).map(reading).collect()
}

fn stands(name: &str, parties: usize, rows: &[&str]) {
    let played = play(name, &["--exchange", name]);
    assert_eq!(
        (played.text("/outcome"), played.at("/stands"), played.at("/verified")),
        ("fair", &json!(true), &json!(true))
    );
    assert_eq!(played.rows(0), rows);
    assert_eq!(readings(&played, parties), vec![("complete".to_owned(), vec![]); parties]);
}

#[test]
fn a_contract_of_two_without_the_notary() {
    stands("contract", 2, &[]);
}

#[test]
fn a_contract_of_five_through_the_notary() {
    stands("contract-5", 5, &["resolved"]);
}

/// Plays a cheat; the liar told its lie and nobody honest lost without a verdict.
fn cheat(name: &str, end: &str) -> Played {
    let played = play(name, &["--cheat", name]);
    assert_eq!((played.at("/fair"), played.at("/as_expected")), (&json!(true), &json!(true)), "{}", played.summary);
    assert_eq!((played.text("/end"), played.at("/verified")), (end, &json!(true)));
    let liar = played.text("/liar");
    let lied = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["event"] == "lie" && line["party"] == liar
    };
    assert!(played.story.lines().any(lied), "{}", played.story);
    played
}

#[test]
fn starter_aborts_and_signs() {
    let played = cheat("starter-aborts-and-signs", "contract");
    // The notary's row is there, and proves nothing against the contract.
    assert_eq!(played.rows(0), ["aborted"]);
    assert_eq!(readings(&played, 2)[1], ("complete".to_owned(), vec![]));
}

#[test]
fn answerer_resolves_unseen() {
    let played = cheat("answerer-resolves-unseen", "contract");
    assert_eq!(played.rows(0), ["resolved"]);
    assert_eq!(readings(&played, 2), vec![("complete".to_owned(), vec![]); 2]);
}

#[test]
fn notary_decides_both() {
    let played = cheat("notary-decides-both", "verdict");
    let readings = readings(&played, 5);
    assert_eq!(readings[0].0, "nothing", "this one was told that nothing came of it");
    assert!(readings[1..].iter().all(|(outcome, _)| outcome == "complete"));
    assert!(readings.iter().all(|(_, convicted)| convicted.is_empty()), "one pack alone convicts nobody");
    assert_eq!(played.at("/convicted"), &json!([{ "who": "notary", "misdeed": "aborted-and-resolved" }]));
}
