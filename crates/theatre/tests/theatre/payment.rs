//! Money for a receipt: whoever has the money has given the receipt, whatever is said later.

use semper_theatre::{Act, Play, Purse, Stage, Who, Wish};

use crate::{Convicted, Names, check, dump, end, lied, states, told_all};

const PAID: Purse = Purse::Seller;
const UNPAID: Purse = Purse::Buyer;

#[test]
fn the_receipt_comes_first() {
    let stage = end(Play::Payment);
    assert_eq!(states(&stage), ["receipt", "paid", "paid"], "{}", dump(&stage));
    assert_eq!((stage.money, stage.has(Who::Buyer)), (Some(PAID), vec!["receipt"]));
    for who in [Who::Buyer, Who::Seller] {
        let ruling = stage.ruling(Some(who)).unwrap();
        assert_eq!(ruling.standings, [(None, "received".to_owned())], "{who:?}");
        assert!(ruling.convictions.is_empty());
    }
    let proven = stage.ruling(Some(Who::Buyer)).unwrap().proven;
    let words: Vec<&str> = proven.iter().map(|claim| claim.word.as_str()).collect();
    assert_eq!(words, ["promised", "agreed", "ordered", "paid", "received"]);
    // The bank never saw what it was for.
    assert_eq!(stage.ruling(Some(Who::Bank)).unwrap().standings, [(None, "undecided".to_owned())]);
}

#[test]
fn lies_about_payments() {
    use Who::{Bank, Buyer, Seller};
    let two_stories: Convicted = &[(Bank, "false-ground"), (Bank, "two-answers")];
    let plays: &[(Names, Purse, [&str; 2], &str, Convicted)] = &[
        (&["seller-keeps-receipt"], UNPAID, ["blank", "ended"], "undecided", &[]),
        (&["seller-invents-reference"], UNPAID, ["refused", "ended"], "undecided", &[]),
        (&["seller-orders-for-payer"], PAID, ["receipt", "paid"], "received", &[]),
        (&["seller-denies-receipt"], PAID, ["receipt", "paid"], "received", &[(Seller, "two-receipts")]),
        (&["buyer-pays-less"], UNPAID, ["refused", "otherwise"], "otherwise", &[]),
        (&["buyer-misquotes-receipt"], PAID, ["receipt", "paid"], "received", &[(Buyer, "misquoted-receipt")]),
        (&["buyer-forges-word"], PAID, ["receipt", "paid"], "received", &[]),
        // What the bank says binds the bank.
        (&["bank-says-unordered"], UNPAID, ["ordered", "paid"], "received", &[]),
        (&["bank-passes-on-less"], UNPAID, ["ordered", "otherwise"], "otherwise", &[(Bank, "false-ground")]),
        (&["bank-tells-two-stories"], PAID, ["receipt", "paid"], "received", two_stories),
        (&["bank-denies-payment"], PAID, ["refused", "ended"], "received", &[]),
    ];
    for (names, money, ends, standing, convicted) in plays {
        let stage = lied(Play::Payment, names);
        assert_eq!(stage.money, Some(*money), "{names:?}\n{}", dump(&stage));
        assert_eq!(states(&stage).get(..2).unwrap(), *ends, "{names:?}\n{}", dump(&stage));
        assert_eq!(stage.ruling(None).unwrap().standings, [(None, (*standing).to_owned())], "{names:?}");
        check(&stage, convicted);
    }
    told_all(Play::Payment, plays.iter().flat_map(|(names, ..)| names.iter().copied()));
}

fn until(stage: &mut Stage, state: &str) {
    for _ in 0..40 {
        if stage.state(Who::Buyer) == state {
            return;
        }
        let next = stage.next().unwrap();
        stage.act(&next).unwrap();
    }
    panic!("never {state}: {}", dump(stage));
}

/// An order that comes when the receipt has ended is not carried out: nobody pays for nothing.
#[test]
fn a_late_order_pays_nothing() {
    let mut stage = Stage::open(Play::Payment).unwrap();
    until(&mut stage, "ordered");
    let order = stage.on_the_way().next().unwrap().number;
    while stage.state(Who::Seller) != "ended" {
        stage.act(&Act::Time).unwrap();
    }
    stage.act(&Act::Deliver(order)).unwrap();
    stage.play_on().unwrap();
    assert_eq!((stage.money, states(&stage)), (Some(UNPAID), vec!["refused", "ended", "given"]), "{}", dump(&stage));
    assert!(stage.wishes().contains(&(Who::Buyer, Wish::Again)));
}

/// Whoever lost the bank's word asks for it again.
#[test]
fn the_banks_word_is_said_again() {
    let mut stage = Stage::open(Play::Payment).unwrap();
    until(&mut stage, "ordered");
    stage.act(&stage.next().unwrap()).unwrap();
    for number in stage.on_the_way().map(|letter| letter.number).collect::<Vec<_>>() {
        stage.act(&Act::Lose(number)).unwrap();
    }
    stage.act(&Act::Command(Who::Seller, Wish::Again)).unwrap();
    stage.play_on().unwrap();
    assert_eq!(states(&stage), ["receipt", "paid", "paid"], "{}", dump(&stage));
}

#[test]
fn nobody_has_to_pay_or_sign() {
    for (declined, ends) in [(Who::Seller, ["blank", "unsigned"]), (Who::Buyer, ["declined", "ended"])] {
        let mut stage = Stage::open(Play::Payment).unwrap();
        while stage.questions.first().is_none_or(|question| question.who != declined) {
            let next = stage.next().unwrap();
            stage.act(&next).unwrap();
        }
        let number = stage.questions[0].number;
        stage.act(&Act::Decline(number)).unwrap();
        stage.play_on().unwrap();
        assert_eq!(states(&stage).get(..2).unwrap(), ends, "{}", dump(&stage));
        assert_eq!(stage.money, Some(UNPAID));
    }
}
