//! Performances: the honest ones end well, each lie comes to what it should, and no sequence of acts breaks anything.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod payment;

use std::fmt::Write as _;

use proptest::prelude::*;
use semper_theatre::act::{self, Act};
use semper_theatre::{Play, Purse, Stage, Who, Wish};

type Names = &'static [&'static str];
type Convicted = &'static [(Who, &'static str)];

fn end(play: Play) -> Stage {
    let mut stage = Stage::open(play).unwrap();
    stage.play_on().unwrap();
    stage
}

fn dump(stage: &Stage) -> String {
    let mut text = format!("{} {:?}\n", act::write(&stage.acts()), stage.money);
    for scene in &stage.scenes {
        writeln!(text, "{} -> {:?}", scene.act, scene.notes).unwrap();
    }
    for who in stage.cast() {
        writeln!(text, "{who:?}: {} {:?} {:?}", stage.state(who), stage.has(who), stage.deadline(who)).unwrap();
    }
    text + &format!("{:?}", stage.ruling(None).unwrap())
}

#[test]
fn the_honest_sell() {
    let stage = end(Play::Goods);
    assert_eq!(stage.money, Some(Purse::Seller), "{}", dump(&stage));
    assert!(stage.has(Who::Buyer).contains(&"goods"));
    assert_eq!((stage.state(Who::Buyer), stage.state(Who::Seller)), ("settled", "settled"));
    let ruling = stage.ruling(None).unwrap();
    assert!(ruling.convictions.is_empty() && ruling.standings.iter().all(|(_, word)| word == "whole"), "{ruling:?}");
}

#[test]
fn the_honest_sign_and_deliver() {
    let three = [Play::Through(2), Play::Through(3), Play::Through(4)];
    for play in [Play::Pair, Play::Rounds, Play::Mail, Play::MailThrough].into_iter().chain(three) {
        let stage = end(play);
        for who in stage.cast() {
            assert!(who == Who::Notary || stage.state(who) == "complete", "{play:?} {who:?}\n{}", dump(&stage));
        }
        let ruling = stage.ruling(None).unwrap();
        assert_eq!(ruling.standings, [(None, "complete".to_owned())], "{play:?}");
        assert!(ruling.convictions.is_empty());
        // Whoever is bound can show that the others are.
        for who in stage.cast().into_iter().filter(|who| *who != Who::Notary) {
            assert_eq!(stage.ruling(Some(who)).unwrap().standings[0].1, "complete", "{play:?} {who:?}");
        }
        let needed = matches!(play, Play::Through(_) | Play::MailThrough);
        assert_eq!(stage.rows.is_empty(), !needed, "{play:?}");
    }
}

/// As far as the plainest way goes until the lie is possible, then the lie.
fn tell(stage: &mut Stage, name: &str) {
    for _ in 0..100 {
        if stage.cheats().iter().any(|(cheat, can)| cheat.name == name && *can) {
            stage.act(&Act::Cheat(name.to_owned())).unwrap();
            assert!(stage.lies.iter().any(|lie| lie.name == name), "{name}");
            return;
        }
        let act = stage.next().unwrap_or(Act::Time);
        stage.act(&act).unwrap();
    }
    panic!("{name} never came\n{}", dump(stage));
}

/// These lies, one after the other, each as soon as it can be told; then to the end.
fn lied(play: Play, names: &[&str]) -> Stage {
    let mut stage = Stage::open(play).unwrap();
    for name in names {
        tell(&mut stage, name);
    }
    stage.play_on().unwrap();
    stage
}

#[track_caller]
fn check(stage: &Stage, convicted: &[(Who, &str)]) {
    let ruling = stage.ruling(None).unwrap();
    let found: Vec<(Who, &str)> = ruling.convictions.iter().map(|(who, what)| (*who, what.as_str())).collect();
    assert_eq!(found, convicted, "{}", dump(stage));
    // Nobody honest is ever convicted.
    assert!(found.iter().all(|(who, _)| stage.lies.iter().any(|lie| lie.who == *who)), "{found:?}");
}

#[test]
fn lies_about_goods() {
    use Who::{Bank, Buyer, Notary, Seller};
    let (sold, unsold) = (Purse::Seller, Purse::Buyer);
    let plays: &[(Names, Purse, Convicted)] = &[
        (&["seller-seals-garbage"], sold, &[]),
        (&["seller-seals-garbage", "seller-keeps-key"], unsold, &[]),
        (&["seller-sends-another-file"], unsold, &[(Seller, "wrong-file")]),
        (&["seller-keeps-key"], sold, &[]),
        (&["seller-sends-noise"], sold, &[]),
        (&["seller-forges-mandate"], sold, &[(Seller, "false-ground")]),
        (&["seller-forges-receipt"], sold, &[]),
        (&["seller-sends-false-key"], sold, &[]),
        (&["seller-keeps-key", "seller-passes-false-key"], sold, &[(Seller, "false-key")]),
        (&["buyer-keeps-receipt"], sold, &[]),
        (&["buyer-keeps-receipt", "buyer-forges-complaint"], sold, &[(Buyer, "receipt-and-complaint")]),
        (&["buyer-contests-with-key"], sold, &[]),
        (&["buyer-releases-late"], sold, &[]),
        (&["buyer-forges-capture"], sold, &[]),
        (&["bank-signs-both"], sold, &[(Bank, "acted-after-release"), (Bank, "captured-and-released")]),
        (&["bank-captures-alone"], unsold, &[(Bank, "captured-and-released"), (Bank, "false-ground")]),
        (&["bank-alters-held"], sold, &[(Bank, "two-answers"), (Bank, "unlike-descriptor")]),
        (&["bank-releases-early"], unsold, &[(Bank, "released-too-early"), (Bank, "two-answers")]),
        (
            &["bank-settles-and-refunds"],
            sold,
            &[(Bank, "settled-and-refunded"), (Bank, "settled-too-early"), (Bank, "two-answers")],
        ),
        (&["seller-keeps-key", "bank-denies-hold"], sold, &[(Bank, "denied-record")]),
        (&["seller-keeps-key", "notary-cries-bad-escrow"], unsold, &[(Notary, "cried-bad-escrow")]),
        (
            &["seller-keeps-key", "notary-says-both"],
            sold,
            &[(Notary, "cried-bad-escrow"), (Notary, "opened-and-bad-escrow")],
        ),
        (&["notary-opens-without-capture"], sold, &[]),
    ];
    for (names, money, convicted) in plays {
        let stage = lied(Play::Goods, names);
        assert_eq!(stage.money, Some(*money), "{names:?}\n{}", dump(&stage));
        check(&stage, convicted);
    }
    told_all(Play::Goods, plays.iter().flat_map(|(names, ..)| names.iter().copied()));
}

/// Whoever pays has the file in the end, whatever one other does: or somebody's own signature convicts.
#[test]
fn an_honest_buyer_loses_nothing_to_one_liar() {
    for (cheat, _) in Stage::open(Play::Goods).unwrap().cheats() {
        if cheat.who == Who::Buyer || cheat.name.starts_with("notary-") || cheat.name == "bank-denies-hold" {
            continue;
        }
        let stage = lied(Play::Goods, &[cheat.name]);
        let paid = stage.money == Some(Purse::Seller);
        let proof = !stage.ruling(Some(Who::Buyer)).unwrap().convictions.is_empty();
        assert!(!paid || stage.has(Who::Buyer).contains(&"goods") || proof, "{}\n{}", cheat.name, dump(&stage));
    }
}

fn states(stage: &Stage) -> Vec<&'static str> {
    stage.cast().into_iter().map(|who| stage.state(who)).collect()
}

/// In rounds nobody who keeps to the rules is left with less than the others, whoever stops where; the notary only if
/// it lies, and then its own words convict it.
#[test]
fn lies_in_rounds() {
    const N: Who = Who::Notary;
    const A: Who = Who::Party(0);
    const B: Who = Who::Party(1);
    const C: Who = Who::Party(2);
    let done: Names = &["complete", "complete", "complete"];
    let plays: &[(Names, Names, Convicted)] = &[
        (&["a-pledges-twice"], done, &[]),
        (&["a-stops-after-round"], done, &[]),
        (&["a-stops-and-goes-on"], done, &[(A, "went-on")]),
        (&["b-stops-next"], done, &[(B, "went-on")]),
        // Two who stop one after the other cannot strip the third, who has signed.
        (&["a-stops-and-goes-on", "b-stops-next", "b-keeps-signature"], done, &[(A, "went-on"), (B, "went-on")]),
        (&["b-keeps-signature"], done, &[]),
        (&["c-stops-when-done"], done, &[(C, "went-on")]),
        (&["notary-halts-alone"], done, &[(N, "no-ground")]),
        // Whoever stopped does not believe it.
        (&["b-keeps-signature", "notary-halts-late"], &["asking", "complete", "asking"], &[(N, "no-ground")]),
        (
            &["b-keeps-signature", "notary-says-both"],
            &["asking", "complete", "complete"],
            &[(N, "no-ground"), (N, "resolved-despite-halt")],
        ),
        (&["b-keeps-signature", "notary-denies"], done, &[(N, "denied-record")]),
    ];
    for (names, ends, convicted) in plays {
        let stage = lied(Play::Rounds, names);
        assert_eq!(states(&stage).get(..3).unwrap(), *ends, "{names:?}\n{}", dump(&stage));
        check(&stage, convicted);
    }
    told_all(Play::Rounds, plays.iter().flat_map(|(names, ..)| names.iter().copied()));
}

/// Every lie of this play is among those that were told.
#[track_caller]
fn told_all(play: Play, told: impl Iterator<Item = &'static str>) {
    let told: Vec<&str> = told.collect();
    for (cheat, _) in Stage::open(play).unwrap().cheats() {
        assert!(told.contains(&cheat.name), "{play:?}: {} has no performance", cheat.name);
    }
}

/// Whoever stops in round 1 is told so alone; the others learn it when their own patience ends.
#[test]
fn stopping_in_the_first_round() {
    let mut stage = Stage::open(Play::Rounds).unwrap();
    while stage.state(Who::Party(0)) != "promised" {
        let act = stage.next().unwrap();
        stage.act(&act).unwrap();
    }
    stage.act(&Act::Silence(Who::Party(2))).unwrap();
    stage.act(&Act::Command(Who::Party(0), Wish::Abort)).unwrap();
    stage.play_on().unwrap();
    assert_eq!(states(&stage).get(..2).unwrap(), ["aborted", "aborted"], "{}", dump(&stage));
    assert_eq!(stage.state(Who::Notary), "halted");
    let ruling = stage.ruling(None).unwrap();
    assert!(ruling.convictions.is_empty() && ruling.standings == [(None, "nothing".to_owned())], "{ruling:?}");
}

#[test]
fn a_container_arrives_as_a_whole() {
    let stage = end(Play::Transfer);
    assert_eq!(states(&stage), ["taken", "taken"], "{}", dump(&stage));
    assert_eq!(stage.has(Who::Party(1)), ["container"]);
    let proven = stage.ruling(Some(Who::Party(1))).unwrap().proven;
    assert_eq!(proven.iter().map(|claim| claim.word.as_str()).collect::<Vec<_>>(), ["sent"]);
    let plays: &[(Names, [&str; 2])] = &[
        (&["a-names-another-file"], ["stopped", "stopped"]),
        (&["a-leaves-signature-out"], ["taken", "taken"]),
        (&["a-sends-openly"], ["taken", "taken"]),
        (&["a-forges-sender"], ["taken", "taken"]),
        (&["a-passes-box-on"], ["taken", "taken"]),
        (&["a-sends-noise"], ["stopped", "stopped"]),
        (&["a-keeps-parts"], ["stopped", "stopped"]),
        (&["b-asks-for-more"], ["taken", "taken"]),
        (&["b-says-taken-early"], ["taken", "taken"]),
        (&["b-denies"], ["stopped", "taken"]),
    ];
    for (names, ends) in plays {
        let stage = lied(Play::Transfer, names);
        assert_eq!(states(&stage), *ends, "{names:?}\n{}", dump(&stage));
        check(&stage, &[]);
        // All of it or nothing.
        let whole = stage.has(Who::Party(1)) == ["container"];
        assert_eq!(whole, stage.state(Who::Party(1)) == "taken", "{}", dump(&stage));
        assert!(whole || stage.has(Who::Party(1)).is_empty(), "{}", dump(&stage));
    }
    told_all(Play::Transfer, plays.iter().flat_map(|(names, ..)| names.iter().copied()));
}

#[test]
fn a_receiver_may_decline() {
    let mut stage = Stage::open(Play::Transfer).unwrap();
    while !stage.wishes().contains(&(Who::Party(1), Wish::Decline)) {
        let act = stage.next().unwrap();
        stage.act(&act).unwrap();
    }
    stage.act(&Act::Command(Who::Party(1), Wish::Decline)).unwrap();
    stage.play_on().unwrap();
    assert_eq!(states(&stage), ["declined", "declined"], "{}", dump(&stage));
}

#[test]
fn money_for_money() {
    const BANK: Who = Who::Bank;
    const NOTARY: Who = Who::Notary;
    let (a, b) = (Who::Party(0), Who::Party(1));
    let stage = end(Play::Change);
    assert_eq!(states(&stage), ["complete", "complete", "claimed", "claimed", "resolved"], "{}", dump(&stage));
    assert_eq!((stage.has(a), stage.has(b)), (vec!["dollars", "deal"], vec!["euros", "deal"]));
    let changed: [&[&str]; 2] = [&["dollars"], &["euros"]];
    let back: [&[&str]; 2] = [&["euros"], &["dollars"]];
    let plays: &[(Names, [&[&str]; 2], Convicted)] = &[
        (&["a-takes-back"], changed, &[]),
        (&["a-submits-unlocked"], changed, &[]),
        (&["a-signs-and-aborts"], back, &[]),
        (&["b-never-locks"], back, &[]),
        (&["b-claims-early"], changed, &[]),
        (&["bank-pays-alone"], [&["dollars"], &[]], &[(BANK, "no-ground")]),
        (&["bank-returns-despite-row"], [&["dollars"], &[]], &[(BANK, "false-ground")]),
        (&["bank-denies-lock"], changed, &[(BANK, "denied-record")]),
        (&["notary-ends-early"], changed, &[(NOTARY, "aborted-and-resolved"), (NOTARY, "aborted-too-early")]),
        (&["notary-says-both"], changed, &[(NOTARY, "aborted-and-resolved")]),
        (&["notary-denies"], changed, &[(NOTARY, "denied-record")]),
    ];
    for (names, money, convicted) in plays {
        let stage = lied(Play::Change, names);
        for (who, expected) in [a, b].into_iter().zip(money) {
            let has: Vec<&str> = stage.has(who).into_iter().filter(|thing| *thing != "deal").collect();
            assert_eq!(has, *expected, "{names:?}\n{}", dump(&stage));
        }
        check(&stage, convicted);
    }
    told_all(Play::Change, plays.iter().flat_map(|(names, ..)| names.iter().copied()));
}

#[test]
fn lies_about_contracts_and_mail() {
    const N: Who = Who::Notary;
    let (done, none): (Names, Names) = (&["complete", "complete"], &["aborted", "aborted"]);
    let both: Convicted = &[(N, "aborted-and-resolved")];
    let early: Convicted = &[(N, "aborted-and-resolved"), (N, "aborted-too-early")];
    let plays: &[(Play, Names, Names, Convicted)] = &[
        (Play::Pair, &["a-aborts-and-signs"], &["aborted", "complete"], &[]),
        (Play::Pair, &["a-keeps-signature"], done, &[]),
        (Play::Pair, &["a-promises-twice"], done, &[]),
        (Play::Pair, &["b-keeps-signature"], done, &[]),
        (Play::Pair, &["b-aborts"], done, &[]),
        (Play::Pair, &["notary-aborts-alone"], done, &[(N, "no-ground")]),
        (Play::Pair, &["a-keeps-signature", "notary-denies"], done, &[(N, "denied-record")]),
        (Play::Through(2), &["a-signs-and-aborts"], none, &[]),
        (Play::Through(2), &["b-signs-for-a"], done, &[]),
        (Play::Through(2), &["notary-ends-early"], done, early),
        (Play::Through(2), &["notary-says-both"], &["aborted", "complete"], both),
        (Play::Through(2), &["notary-denies"], done, &[(N, "denied-record")]),
        (Play::Mail, &["a-bad-box"], done, &[]),
        (Play::Mail, &["a-bad-box", "a-keeps-key"], &["aborted", "aborted"], &[]),
        (Play::Mail, &["a-keeps-key"], done, &[]),
        (Play::Mail, &["a-signs-without-key"], done, &[]),
        (Play::Mail, &["a-sends-false-key"], done, &[]),
        (Play::Mail, &["a-aborts-and-signs"], &["aborted", "complete"], &[]),
        (Play::Mail, &["b-keeps-receipt"], done, &[]),
        (Play::Mail, &["a-keeps-key", "notary-cries-bad-box"], none, &[]),
        (Play::Mail, &["a-keeps-key", "notary-gives-false-key"], &["asking", "asking"], &[(N, "false-key")]),
        (Play::Mail, &["a-keeps-key", "notary-says-both"], &["aborted", "complete"], both),
        (Play::Mail, &["a-keeps-key", "notary-denies"], done, &[(N, "denied-record")]),
        (Play::MailThrough, &["a-keeps-key"], none, &[]),
        (Play::MailThrough, &["a-signs-and-aborts"], none, &[]),
        (Play::MailThrough, &["b-signs-for-a"], done, &[]),
        (Play::MailThrough, &["notary-ends-early"], done, early),
        (Play::MailThrough, &["notary-gives-false-key"], &["signed", "signed"], &[(N, "false-key")]),
        (Play::MailThrough, &["notary-says-both"], &["aborted", "complete"], both),
        (Play::MailThrough, &["notary-denies"], done, &[(N, "denied-record")]),
    ];
    for (play, names, ends, convicted) in plays {
        let stage = lied(*play, names);
        assert_eq!(states(&stage).get(..2).unwrap(), *ends, "{play:?} {names:?}\n{}", dump(&stage));
        check(&stage, convicted);
    }
}

#[test]
fn the_honest_lock_deal_and_ship() {
    let stage = end(Play::Data);
    assert_eq!(stage.money, Some(Purse::Seller), "{}", dump(&stage));
    assert_eq!(stage.has(Who::Buyer), ["data", "key"]);
    assert_eq!((stage.state(Who::Buyer), stage.state(Who::Seller)), ("claimed", "claimed"));
    let stage = end(Play::Joint);
    assert_eq!(stage.money, Some(Purse::Seller), "{}", dump(&stage));
    assert_eq!(stage.has(Who::Buyer), ["data", "key", "deal"]);
    assert_eq!((stage.state(Who::Buyer), stage.state(Who::Notary)), ("complete", "resolved"));
    let stage = end(Play::Escrow);
    assert_eq!((stage.money, stage.has(Who::Buyer)), (Some(Purse::Seller), vec!["parcel"]), "{}", dump(&stage));
    assert_eq!(stage.state(Who::Bank), "divided");
    for play in [Play::Data, Play::Joint, Play::Escrow] {
        let ruling = end(play).ruling(None).unwrap();
        assert!(ruling.convictions.is_empty(), "{ruling:?}");
    }
}

/// Who disputes in time has the arbiter decide; what it says is done, and only that.
#[test]
fn an_arbiter_divides() {
    let mut stage = Stage::open(Play::Escrow).unwrap();
    while !stage.wishes().contains(&(Who::Buyer, Wish::Dispute)) {
        let act = stage.next().unwrap();
        stage.act(&act).unwrap();
    }
    stage.act(&Act::Command(Who::Buyer, Wish::Dispute)).unwrap();
    let mut twice = Stage::replay(Play::Escrow, &stage.acts()).unwrap();
    stage.play_on().unwrap();
    assert_eq!(stage.money, Some(Purse::Shared), "{}", dump(&stage));
    assert!(stage.ruling(None).unwrap().convictions.is_empty());
    tell(&mut twice, "bank-divides-otherwise");
    twice.play_on().unwrap();
    check(&twice, &[(Who::Bank, "false-ground")]);
    let mut twice = Stage::replay(Play::Escrow, &stage.acts()).unwrap();
    tell(&mut twice, "arbiter-rules-twice");
    twice.play_on().unwrap();
    check(&twice, &[(Who::Arbiter, "two-answers")]);
}

#[test]
fn lies_about_locks() {
    use Who::{Bank, Notary, Seller};
    let (sold, unsold) = (Purse::Seller, Purse::Buyer);
    let plays: &[(Play, Names, Purse, Convicted)] = &[
        (Play::Data, &["buyer-locks-less"], sold, &[]),
        (Play::Data, &["buyer-takes-back"], sold, &[]),
        (Play::Data, &["seller-sells-other-data"], sold, &[(Seller, "wrong-file")]),
        (Play::Data, &["seller-never-claims"], unsold, &[]),
        (Play::Data, &["seller-shows-false-key"], sold, &[]),
        (Play::Data, &["bank-pays-and-returns"], sold, &[(Bank, "claimed-and-returned")]),
        (Play::Data, &["bank-returns-early"], Purse::Held, &[(Bank, "returned-too-early")]),
        (Play::Data, &["bank-pays-for-false-key"], Purse::Held, &[(Bank, "false-key")]),
        (Play::Data, &["bank-denies-lock"], sold, &[(Bank, "denied-record")]),
        (Play::Joint, &["buyer-takes-back"], sold, &[]),
        (Play::Joint, &["buyer-submits-unlocked"], sold, &[]),
        (Play::Joint, &["buyer-signs-and-aborts"], sold, &[]),
        (Play::Joint, &["seller-keeps-key"], unsold, &[]),
        (Play::Joint, &["seller-gives-false-key"], sold, &[]),
        (Play::Joint, &["seller-claims-early"], sold, &[]),
        (Play::Joint, &["bank-pays-alone"], Purse::Held, &[(Bank, "no-ground")]),
        (Play::Joint, &["bank-returns-despite-row"], Purse::Held, &[(Bank, "false-ground")]),
        (Play::Joint, &["bank-denies-lock"], sold, &[(Bank, "denied-record")]),
        (Play::Joint, &["notary-ends-early"], sold, &[(Notary, "aborted-and-resolved"), (Notary, "aborted-too-early")]),
        (Play::Joint, &["notary-says-both"], sold, &[(Notary, "aborted-and-resolved")]),
        (Play::Joint, &["notary-denies"], sold, &[(Notary, "denied-record")]),
        (Play::Escrow, &["buyer-locks-less"], sold, &[]),
        (Play::Escrow, &["buyer-takes-back"], sold, &[]),
        (Play::Escrow, &["seller-asks-for-more"], sold, &[]),
        (Play::Escrow, &["seller-speaks-for-carrier"], sold, &[]),
        (Play::Escrow, &["carrier-guesses-code"], sold, &[]),
        (Play::Escrow, &["carrier-keeps-parcel"], sold, &[]),
        (Play::Escrow, &["arbiter-rules-unasked"], sold, &[]),
        (Play::Escrow, &["bank-divides-early"], Purse::Held, &[(Bank, "divided-too-early")]),
        (Play::Escrow, &["bank-denies-lock"], sold, &[(Bank, "denied-record")]),
    ];
    for (play, names, money, convicted) in plays {
        let stage = lied(*play, names);
        assert_eq!(stage.money, Some(*money), "{play:?} {names:?}\n{}", dump(&stage));
        check(&stage, convicted);
    }
    // The others are told where an arbiter divides.
    let elsewhere = ["arbiter-rules-twice", "bank-divides-otherwise"];
    for play in [Play::Data, Play::Joint, Play::Escrow] {
        for (cheat, _) in Stage::open(play).unwrap().cheats() {
            let told = plays.iter().any(|(of, names, ..)| *of == play && names.contains(&cheat.name));
            assert!(told || elsewhere.contains(&cheat.name), "{play:?}: {} has no performance", cheat.name);
        }
    }
}

/// Both have promised, the first has the notary end it, the second has it completed: one row, and a notary that
/// tells each what it wants to hear is convicted.
#[test]
fn a_notary_with_both_grounds() {
    let mut stage = Stage::open(Play::Pair).unwrap();
    for act in ["s0", "s1", "s2", "d0", "s3", "c-a-abort", "s4"] {
        stage.act(&Act::read(act).unwrap()).unwrap();
    }
    assert_eq!(stage.state(Who::Party(0)), "asking", "{}", dump(&stage));
    assert!(stage.wishes().contains(&(Who::Party(1), Wish::Resolve)));
    stage.act(&Act::Command(Who::Party(1), Wish::Resolve)).unwrap();
    tell(&mut stage, "notary-says-both");
    stage.play_on().unwrap();
    check(&stage, &[(Who::Notary, "aborted-and-resolved")]);
    assert_eq!(states(&stage).get(..2).unwrap(), ["aborted", "complete"]);
}

#[test]
fn acts_are_text() {
    for text in ["a", "d3", "l0", "s12", "n1", "t", "c-buyer-release", "x-bank-signs-both", "m-notary", "c-a-abort"] {
        assert_eq!(Act::read(text).unwrap().to_string(), text);
    }
    for text in ["", "d", "dx", "d-1", "x-A", "c-buyer", "c-nobody-abort", "m-", "q1", "d99999999"] {
        assert!(Act::read(text).is_none(), "{text}");
    }
    assert!(act::read("d1..t").is_ok() && act::read("d1,t").is_err());
    assert!(act::read(&"t.".repeat(act::ACTS_MAX)).is_ok() && act::read(&"t.".repeat(act::ACTS_MAX + 1)).is_err());
}

/// Everything that can be done now.
fn possible(stage: &Stage) -> Vec<Act> {
    let mut acts: Vec<Act> = stage.on_the_way().flat_map(|l| [Act::Deliver(l.number), Act::Lose(l.number)]).collect();
    acts.extend(stage.questions.iter().flat_map(|q| [Act::Sign(q.number), Act::Decline(q.number)]));
    acts.extend(stage.wishes().into_iter().map(|(who, wish)| Act::Command(who, wish)));
    let lies = stage.cheats().into_iter().filter(|(_, can)| *can);
    acts.extend(lies.map(|(cheat, _)| Act::Cheat(cheat.name.to_owned())));
    acts.extend(stage.cast().into_iter().map(Act::Silence));
    acts.extend([Act::All, Act::Time, Act::Deliver(999), Act::Cheat("nobody-knows-it".to_owned())]);
    acts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is done, nothing breaks, the same acts give the same stage, and nobody who has not lied is convicted.
    #[test]
    fn any_performance(play in 0..Play::ALL.len(), picks in proptest::collection::vec(any::<u16>(), 0..60)) {
        let play = Play::ALL[play];
        let mut stage = Stage::open(play).unwrap();
        for pick in picks {
            // Mostly what is plain, so that it gets somewhere.
            let acts = possible(&stage);
            let plain = stage.next().filter(|_| pick % 3 != 0);
            stage.act(&plain.unwrap_or_else(|| acts[usize::from(pick / 3) % acts.len()].clone())).unwrap();
        }
        let text = act::write(&stage.acts());
        let again = Stage::replay(play, &act::read(&text).unwrap()).unwrap();
        prop_assert_eq!(dump(&stage), dump(&again));
        let sides = stage.cast().into_iter().map(Some).chain([None]);
        for of in sides {
            for (who, what) in stage.ruling(of).unwrap().convictions {
                prop_assert!(stage.lies.iter().any(|lie| lie.who == who), "{:?} {} in {}", who, what, dump(&stage));
            }
        }
    }
}
