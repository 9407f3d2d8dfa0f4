//! Mail orders whose money the bank keeps, and containers, under faults and among liars; and that the oracles about them
//! speak when they must.

use std::collections::BTreeSet;
use std::ops::Range;

use semper_base::limits::TRANSFERS_OPEN_PER_PEER_MAX;
use semper_sim::disk::Bug;
use semper_sim::lies::Withhold;
use semper_sim::play::{play, play_with};
use semper_sim::script::{Script, draw_containers, draw_parcels};
use semper_support::comm::Envelope;

use crate::papers::{bug, found_in, seeds};

fn all_end_fairly(drawn: impl Fn(u64) -> Script, usual: Range<u64>) {
    let (mut failed, mut ways) = (Vec::new(), BTreeSet::new());
    let seeds = if std::env::var("SEEDS").is_ok() { seeds(1) } else { usual };
    for seed in seeds {
        match play(&drawn(seed)).result {
            Ok(report) => {
                println!("{report}");
                ways.extend(report.papers.into_keys());
            }
            Err(trouble) => {
                println!("{trouble}");
                failed.push(trouble);
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(ways.len() > 2, "{ways:?}: they end in several ways");
}

#[test]
fn parcels_under_faults_end_fairly() {
    all_end_fairly(draw_parcels, 4..6);
}

#[test]
fn containers_under_faults_end_fairly() {
    all_end_fairly(draw_containers, 0..4);
}

/// A drawn run can be written down and played again, byte for byte.
#[test]
fn a_seed_with_parcels_and_one_with_containers_give_the_same_trace() {
    for script in [draw_parcels(5), draw_containers(2)] {
        let drawn = play(&script);
        let scripted = play(&Script::read(&drawn.script.to_string()).unwrap());
        let differs = drawn.trace.lines().iter().zip(scripted.trace.lines()).find(|(one, other)| one != other);
        assert_eq!(differs, None);
        assert_eq!(drawn.result.unwrap(), scripted.result.unwrap());
    }
}

fn script(seed: u64, lines: &str) -> Script {
    Script::read(&format!("market seed={seed} wallets=2 length=1\nstorm 7200000\n{lines}")).unwrap()
}

fn words(lines: &str) -> Vec<(String, u64)> {
    let played = play(&script(1, lines));
    let report = played.result.unwrap_or_else(|trouble| panic!("{trouble}\n{lines}"));
    report.papers.into_iter().collect()
}

fn are(words: &[(&str, u64)]) -> Vec<(String, u64)> {
    words.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect()
}

const ORDER: &str = "counter shop-0 whole 1\nat 0 order wallet-0 shop-0 2 1\n";
const DAY: u64 = 86_400_000;

#[test]
fn each_way_of_a_parcel() {
    let ship = "at 60000 parcel shop-0 ship\n";
    assert_eq!(words(ORDER), are(&[("parcel-not-shipped", 1)]));
    assert_eq!(words(&format!("{ORDER}{ship}")), are(&[("parcel-unobjected", 1)]));
    let received = "at 120000 parcel wallet-0 receive\n";
    assert_eq!(words(&format!("{ORDER}{ship}{received}")), are(&[("parcel-approved", 1)]));
    let cancelled = "at 60000 parcel wallet-0 cancel\n";
    assert_eq!(words(&format!("{ORDER}{cancelled}")), are(&[("parcel-returned", 1)]));
    let disputed = format!("at {} parcel wallet-0 complain\n", 2 * DAY);
    assert_eq!(words(&format!("{ORDER}{ship}{disputed}")), are(&[("parcel-unruled", 1)]));
    let ruled = format!("at {} rule notary shop-0 500\n", 3 * DAY);
    assert_eq!(words(&format!("{ORDER}{ship}{disputed}{ruled}")), are(&[("parcel-ruled", 1)]));
    let poor = ORDER.replace("2 1", "60 1");
    assert_eq!(words(&poor), are(&[("parcel-returned", 1)]));
}

#[test]
fn each_line_and_a_carrier() {
    let order = ORDER.replace("whole 1", "lines 1 wallet-1");
    let ship = "at 60000 parcel shop-0 ship-one\n";
    assert_eq!(words(&format!("{order}{ship}")), are(&[("parcel-not-arrived", 1), ("parcel-not-shipped", 1)]));
    let brought = "at 90000 parcel wallet-1 hand-over\n";
    assert_eq!(words(&format!("{order}{ship}{brought}")), are(&[("parcel-not-shipped", 1), ("parcel-unobjected", 1)]));
    let back = "at 120000 parcel wallet-0 withdraw\nat 180000 parcel shop-0 refund\n";
    assert_eq!(
        words(&format!("{order}{ship}{brought}{back}")),
        are(&[("parcel-not-shipped", 1), ("parcel-returned", 1)])
    );
    let late = format!("at {} parcel wallet-0 withdraw\nat {} parcel shop-0 refund\n", 20 * DAY, 21 * DAY);
    let words = words(&format!("{order}{ship}{brought}{late}"));
    assert_eq!(words, are(&[("parcel-not-shipped", 1), ("parcel-unobjected", 1)]), "and paid back by a transfer");
}

#[test]
fn each_way_of_a_container() {
    for load in ["deniable", "large", "letter", "nested", "paid"] {
        let both = [("wallet-0", "shop-0"), ("shop-0", "wallet-0")]
            .map(|(from, to)| format!("at 0 send {load} {from} {to} 600000\nat 5000 goods {to} accept\n"));
        assert_eq!(words(&both.concat()), are(&[(&format!("{load}-taken"), 2)]));
    }
    let sent = "at 0 send letter wallet-0 shop-0 600000\n";
    assert_eq!(words(sent), are(&[("letter-stopped", 1)]));
    assert_eq!(words(&format!("{sent}at 5000 goods shop-0 decline\n")), are(&[("letter-declined", 1)]));
    let dear = "at 0 send dear wallet-0 shop-0 600000\nat 5000 goods shop-0 accept\n";
    assert_eq!(words(dear), are(&[("dear-stopped", 1)]));
    let one = |at: usize| format!("at {} send letter wallet-0 shop-0 600000\n", at * 100);
    let many = (0..=TRANSFERS_OPEN_PER_PEER_MAX).map(one).collect::<Vec<_>>().concat();
    let most = TRANSFERS_OPEN_PER_PEER_MAX as u64;
    assert_eq!(words(&many), are(&[("letter-stopped", most), ("letter-unheard", 1)]));
}

/// Each lie at each of many moments: whatever comes of it, everything that must hold does.
#[test]
fn liars_gain_nothing_from_parcels_at_any_moment() {
    let mut convicted = 0;
    let ways = "at 60000 parcel shop-0 ship\nat 120000 parcel wallet-0 dispute\nat 300000 rule notary wallet-0 250\n";
    for at in [30_000, 600_000] {
        for (liar, lie) in [("shop-0", "consign"), ("bank", "divide"), ("notary", "rule")] {
            let script = script(4, &format!("liars {liar}\n{ORDER}{ways}at {at} forge {liar} {lie}\n"));
            let report = play(&script).result.unwrap_or_else(|trouble| panic!("{trouble}\n{script}"));
            convicted += report.convicted.len();
        }
    }
    assert!(convicted > 0, "a bank and an arbiter that say two things are convicted");
}

/// The same of those whom nobody called liars.
#[test]
fn a_bank_or_an_arbiter_that_says_two_things_is_noticed() {
    let ways = "at 60000 parcel shop-0 ship\nat 120000 parcel wallet-0 dispute\nat 300000 rule notary wallet-0 250\n";
    for (liar, lie, role) in [("bank", "divide", "bank"), ("notary", "rule", "arbiter")] {
        let failure = play(&script(4, &format!("{ORDER}{ways}at 600000 forge {liar} {lie}\n"))).result.unwrap_err();
        assert!(failure.0.contains(&format!("the honest {role} is convicted over a parcel")), "{failure}");
    }
}

#[test]
fn a_bank_that_forgets_who_objected_is_noticed() {
    let ways = "at 60000 parcel shop-0 ship\nat 120000 parcel wallet-0 dispute\n";
    let script = script(4, &format!("{ORDER}{ways}"));
    let forgets = play_with(&script, |market| {
        market.world.events_max = 20_000;
        bug(market, "bank", Bug::ForgetsRows("lock/"));
    });
    assert!(forgets.result.is_err(), "{:?}", forgets.result);
}

#[test]
fn a_row_that_is_not_told_strands_the_shop() {
    let ship = "at 60000 parcel shop-0 ship\n";
    found_in(&script(5, &format!("{ORDER}{ship}")), "an order is stranded", |market| {
        let word = "\"escrow\"".to_owned();
        market.world.lies.push(Box::new(Withhold { from: "bank".to_owned(), to: Some("shop-0".to_owned()), word }));
    });
}

#[test]
fn an_end_that_is_not_told_strands_the_sender_of_a_container() {
    let lines = "at 0 send letter wallet-0 shop-0 600000\nat 5000 goods shop-0 accept\n";
    found_in(&script(5, lines), "the two ends of a container disagree", |market| {
        let word = "\"over\"".to_owned();
        market.world.lies.push(Box::new(Withhold { from: "shop-0".to_owned(), to: None, word }));
    });
}

#[test]
fn a_receiver_that_forgets_what_it_took_is_noticed() {
    let lines = "at 0 send paid wallet-0 shop-0 600000\nat 5000 goods shop-0 accept\n";
    let script = script(6, lines);
    for who in ["wallet-0", "shop-0"] {
        let played = play_with(&script, |market| {
            market.world.events_max = 20_000;
            bug(market, who, Bug::ForgetsRows("transfer/"));
        });
        let taken = played.result.is_ok_and(|report| report.papers.get("paid-taken") == Some(&1));
        assert!(!taken, "{who} forgets, and all is as it should be all the same");
    }
}

/// Says a secret beside everything else that it says.
#[derive(Debug)]
struct Blab {
    from: &'static str,
    to: &'static str,
    secret: String,
    told: bool,
}

impl semper_sim::lies::Lie for Blab {
    fn instead(&mut self, from: &str, to: &str, _: &Envelope) -> Option<(String, String)> {
        if self.told || (from, to) != (self.from, self.to) {
            return None;
        }
        self.told = true;
        Some(("gossip".to_owned(), serde_json::json!({ "note": self.secret }).to_string()))
    }
}

#[test]
fn addresses_and_contents_that_travel_where_they_must_not() {
    let container = "at 0 send paid wallet-0 shop-0 600000\nat 5000 goods shop-0 accept\n";
    for (lines, from) in [(ORDER, "shop-0"), (ORDER, "wallet-0"), (container, "shop-0"), (container, "wallet-0")] {
        found_in(&script(7, lines), "learns what it must not", |market| {
            let wallet = market.wallet();
            let secret = if lines == ORDER { market.street(wallet) } else { market.letter_in(0) };
            market.world.lies.push(Box::new(Blab { from, to: "bank", secret, told: false }));
        });
    }
}

/// Never says messages of this kind.
#[derive(Debug)]
struct Mute {
    from: &'static str,
    kind: &'static str,
}

impl semper_sim::lies::Lie for Mute {
    fn instead(&mut self, from: &str, _: &str, message: &Envelope) -> Option<(String, String)> {
        let meant = from == self.from && message.kind == self.kind;
        meant.then(|| (semper_sim::lies::NOTHING.to_owned(), "{}".to_owned()))
    }
}

#[test]
fn a_notice_that_is_not_told_leaves_two_stories() {
    let ways = "at 60000 parcel shop-0 ship\nat 120000 parcel wallet-0 receive\n";
    found_in(&script(8, &format!("{ORDER}{ways}")), "the two sides of an order disagree", |market| {
        market.world.lies.push(Box::new(Mute { from: "shop-0", kind: "parcel-notice" }));
    });
}

#[test]
fn a_shelf_that_is_not_filled_again_is_noticed() {
    found_in(&script(8, ORDER), "goods have vanished", |market| {
        let shop = market.shop();
        let less = serde_json::json!({ "command": "product-set", "id": "mug", "stock": 99 });
        market.world.command(shop, &less).unwrap();
    });
}
