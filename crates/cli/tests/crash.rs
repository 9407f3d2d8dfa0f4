//! Real processes that are killed with SIGKILL at every crash point that the program lists: before each start an
//! older copy of the party's directory is tried, which must be refused; then they start again and finish.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod play;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use play::{play, semper};
use serde_json::Value;

/// Demos that run side by side: they wait more than they work.
const SIDE_BY_SIDE: usize = 6;
/// Points that one demo plays: a way with more of them is played several times, each time with some.
const POINTS_PER_DEMO: usize = 48;

/// Every listed point: those that are met, by the way in which they are, and those that are not.
fn listed() -> (BTreeMap<String, BTreeSet<String>>, Vec<Value>) {
    let output = semper(&["demo", "--crash", "list"]);
    let (mut met, mut not_met) = (BTreeMap::<String, BTreeSet<String>>::new(), Vec::new());
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let point = line["point"].as_str().unwrap().to_owned();
        match line["way"].as_str() {
            Some(way) => assert!(met.entry(way.to_owned()).or_default().insert(point), "listed twice: {line}"),
            None => not_met.push(line),
        }
    }
    (met, not_met)
}

fn names(report: &Value, list: &str) -> BTreeSet<String> {
    report[list].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// What no purchase meets: contracts and certified mail; data on sale and joint deals; mail order; signing in rounds;
/// containers and payments; a notary's fee.
const EXCHANGES: [&str; 6] = ["papers", "locks", "parcels", "pledges", "containers", "two-notaries"];

/// Some points that are met in one way.
struct Part {
    name: String,
    way: String,
    points: BTreeSet<String>,
}

fn parts(way: &str, points: &BTreeSet<String>) -> Vec<Part> {
    let points: Vec<&String> = points.iter().collect();
    let part = |(at, some): (usize, &[&String])| Part {
        name: format!("x{at}-{way}"),
        way: way.to_owned(),
        points: some.iter().map(|point| (*point).clone()).collect(),
    };
    points.chunks(POINTS_PER_DEMO).enumerate().map(part).collect()
}

/// Where a party is killed first of all.
fn first_of(party: &str) -> String {
    format!("{party}:before-commit:{}", if party == "ca" { "hello" } else { "certificate-request" })
}

/// Plays one way with some of its points; returns how often somebody was killed.
fn plays(Part { name, way, points }: &Part) -> u64 {
    let is_purchase = !EXCHANGES.contains(&way.as_str());
    let what = if is_purchase { "--way" } else { "--exchange" };
    // There is no older copy yet when a party is killed for the first time: let that be where it is met twice.
    let firsts = points.iter().map(|point| first_of(point.split(':').next().unwrap()));
    let wanted: BTreeSet<String> = firsts.chain(points.iter().cloned()).collect();
    let wanted = wanted.into_iter().collect::<Vec<_>>().join(",");
    let played = play(name, &[what, way, "--crash", &wanted, "--older-copies"]);
    assert_eq!(played.text("/outcome"), "fair");
    if is_purchase {
        assert_eq!(played.at("/convicted"), &serde_json::json!(convicted(way)), "{way}");
        played.check_ledger();
    }
    let report = played.at("/crashes");
    assert_eq!(report["unlisted"], serde_json::json!([]), "{way}: traffic that the enumeration does not know");
    assert_eq!(report["failure"], Value::Null);
    assert_eq!(names(report, "not_met"), BTreeSet::new(), "{way}");
    let missed = |list| points.difference(&names(report, list)).cloned().collect::<Vec<String>>();
    assert_eq!(missed("met"), Vec::<String>::new(), "{way}");
    assert_eq!(missed("older_copy_refused"), Vec::<String>::new(), "{way}");
    report["kills"].as_u64().unwrap()
}

/// Nobody is convicted because somebody was cut off; liars are all the same.
fn convicted(way: &str) -> Vec<Value> {
    match way {
        "wrong-file" => vec![serde_json::json!({ "who": "seller", "misdeed": "wrong-file" })],
        _ => Vec::new(),
    }
}

/// All ways, some at a time. What is killed with an older copy beside it goes on as what is killed without.
#[test]
fn a_deal_survives_every_crash_point_and_no_older_copy_starts_there() {
    let (ways, not_met) = listed();
    let points: usize = ways.values().map(BTreeSet::len).sum();
    assert!(points > 300, "the list has shrunk to {points}");
    // What the demo does not do at all is no gap in its ways.
    let gaps = not_met.iter().filter(|line| !line["not_met"].as_str().unwrap().contains("no way of the demo"));
    let gaps = gaps.count();
    assert!(gaps < points / 10, "{gaps} of {points} points are met in no way");
    // The longest begins first.
    let mut order: Vec<Part> = ways.iter().flat_map(|(way, points)| parts(way, points)).collect();
    order.sort_by_key(|part| part.points.len());
    let (queue, kills) = (Mutex::new(order), Mutex::new(0));
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(part) = { queue.lock().unwrap().pop() } {
                    let count = plays(&part);
                    *kills.lock().unwrap() += count;
                }
            });
        }
    });
    assert!(*kills.lock().unwrap() > 200, "so few kills cannot have met {points} points one after another");
}

/// One point by name: the demo finds the way, or the exchange, in which it is met.
#[test]
fn one_point_can_be_played() {
    let played = play("x-two", &["--crash", "shop:after-commit:fair-promise"]);
    assert_eq!((played.text("/kind"), played.text("/outcome")), ("papers", "fair"));
    assert_eq!(played.at("/crashes/met"), &serde_json::json!(["shop:after-commit:fair-promise"]));
    let played = play("x-one", &["--crash", "notary:after-commit:dgp-opened"]);
    assert_eq!((played.text("/way"), played.text("/outcome")), ("key-withheld", "fair"));
    assert_eq!(played.at("/crashes/met"), &serde_json::json!(["notary:after-commit:dgp-opened"]));
    assert!(played.story.contains("\"crash\""));
}

/// A party stays away for longer than all the times of the exchange together.
fn away(name: &str, way: &str, point: &str, stage: &str) {
    let times = "hold=5s,settle=4s,contest=3s,complaint=2s,answer=1s,skew=200ms";
    let played = play(name, &["--way", way, "--crash", point, "--times", times, "--away", "16000"]);
    assert_eq!(played.at("/crashes/met"), &serde_json::json!([point]));
    assert_eq!((played.text("/outcome"), played.text("/purchase/stage")), ("fair", stage), "{}", played.story);
    assert_eq!(played.at("/convicted"), &serde_json::json!([]));
    played.check_ledger();
}

#[test]
fn everybody_may_be_away_for_longer_than_every_deadline() {
    std::thread::scope(|scope| {
        scope.spawn(|| away("a-w", "happy", "wallet:after-send:dgp-mandate", "settled"));
        scope.spawn(|| away("a-s", "happy", "shop:after-send:dgp-capture", "settled"));
        scope.spawn(|| away("a-b", "happy", "bank:after-commit:dgp-hold", "released"));
        scope.spawn(|| away("a-n", "key-withheld", "notary:before-commit:dgp-escrow-request", "refunded"));
        scope.spawn(|| away("a-c", "happy", "ca:after-commit:status-request", "settled"));
    });
}

/// The connections between two parties are cut four times, for a second each; in between, and after it, the
/// deal goes on.
fn cut(name: &str, way: &str, pairs: &str) {
    let played = play(name, &["--way", way, "--cut", pairs, "--away", "1000"]);
    assert_eq!((played.text("/outcome"), played.text("/purchase/stage")), ("fair", "settled"), "{}", played.story);
    assert!(played.at("/connections_cut").as_u64().unwrap() > 0, "{pairs}: nothing was cut");
    played.check_ledger();
}

#[test]
fn any_two_parties_may_lose_each_other() {
    let happy = ["shop-wallet", "bank-wallet", "bank-shop"];
    let notary = ["notary-wallet", "notary-bank", "notary-shop"];
    let authority = "ca-bank,ca-notary,ca-shop,ca-wallet";
    let plays = happy.map(|pair| ("happy", pair)).into_iter().chain(notary.map(|pair| ("key-withheld", pair)));
    let plays: Vec<_> = plays.chain([("happy", authority)]).enumerate().collect();
    for some in plays.chunks(SIDE_BY_SIDE) {
        std::thread::scope(|scope| {
            for (at, (way, pairs)) in some {
                scope.spawn(move || cut(&format!("n{at}"), way, pairs));
            }
        });
    }
}

/// A wallet loses its newest database and an older copy is put back: it is refused until the operator
/// confirms it with `semper restore`, then the deal goes on. Nobody is convicted of what was forgotten.
#[test]
fn a_wallet_goes_on_with_an_older_copy_that_its_owner_confirmed() {
    let times = "hold=60s,settle=40s,contest=30s,complaint=4s,answer=3s,skew=500ms";
    let losses = [
        "wallet:after-commit:order,wallet:after-send:dgp-mandate",
        "wallet:after-commit:acceptance,wallet:after-commit:dgp-held",
        "wallet:after-commit:dgp-held,wallet:after-commit:dgp-key",
    ];
    std::thread::scope(|scope| {
        for (at, points) in losses.into_iter().enumerate() {
            scope.spawn(move || {
                let played = play(&format!("r{at}"), &["--crash", points, "--restore-older", "--times", times]);
                assert!(played.story.contains("\"restored\""), "{points}");
                assert_eq!((played.text("/outcome"), played.text("/purchase/stage")), ("fair", "settled"), "{points}");
                assert_eq!(played.at("/convicted"), &serde_json::json!([]), "{points}");
                played.check_ledger();
            });
        }
    });
}
