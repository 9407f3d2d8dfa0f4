//! Every way out of an exchange between honest parties: what each side ends with, what stands in the
//! registers, what the judge says.

use crate::common;

use common::*;
use semper_exchange::fair::dgp::buyer::Stage as Buyer;
use semper_exchange::fair::dgp::seller::Stage as Seller;
use semper_exchange::judge::{ClaimKind, Standing};
use semper_sim::judging::Ending;
use semper_sim::market::Plan;
use semper_sim::screen::Decision;

fn is(ending: &Ending, buyer: &Buyer, seller: &Seller) {
    assert_eq!((ending.buyer.as_ref(), ending.seller.as_ref()), (Some(buyer), Some(seller)));
    assert_eq!(convictions(ending), Vec::<String>::new());
}

#[test]
fn with_receipt() {
    let mut play = play(small());
    let ending = play.end(60 * SECOND, &[]);
    is(&ending, &Buyer::Settled, &Seller::Settled);
    play.assert_paid();
    assert_eq!(play.rows(), ["hold", "decision", "remedy"]);
    let verdict = ending.verdict.unwrap();
    assert!(proven(&verdict, ClaimKind::ReceiptGiven) && proven(&verdict, ClaimKind::Settled));
    let outcome = verdict.outcome;
    assert_eq!((outcome.buyer.standing, outcome.seller.standing), (Standing::Whole, Standing::Whole));
    assert_eq!(play.market.read_out(&play.deal).unwrap(), play.market.file);
}

#[test]
fn a_file_of_many_windows_and_one_of_nothing() {
    for length in [0, 65 * 65_536 + 7] {
        let mut play = play(Plan { length, ..small() });
        is(&play.end(10 * 60 * SECOND, &[]), &Buyer::Settled, &Seller::Settled);
    }
}

#[test]
fn without_receipt_the_timer_settles() {
    let mut play = play_with(small(), |market| answers(market, "receipt", Decision::Decline));
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Received);
    play.market.world.run_for(7 * DAY - HOUR).unwrap();
    assert_eq!(play.seller(), Some(Seller::Captured));
    let ending = play.end(2 * HOUR, &[]);
    is(&ending, &Buyer::Settled, &Seller::Settled);
    play.assert_paid();
    assert!(!proven(&ending.verdict.unwrap(), ClaimKind::ReceiptGiven));
}

#[test]
fn nobody_at_the_screen_for_the_receipt() {
    let mut play = play_with(small(), |market| answers(market, "receipt", Decision::CannotAsk));
    is(&play.end(8 * DAY, &[]), &Buyer::Settled, &Seller::Settled);
    play.assert_paid();
}

#[test]
fn the_buyer_declines_the_order() {
    let mut play = play_with(small(), |market| answers(market, "order", Decision::Decline));
    play.market.world.run_for(60 * SECOND).unwrap();
    assert_eq!(play.market.xid(&play.deal).unwrap(), None);
    play.assert_unmoved();
}

#[test]
fn the_buyer_declines_the_hold() {
    let mut play = play_with(small(), |market| answers(market, "hold", Decision::Decline));
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Released);
    assert_eq!(play.seller(), Some(Seller::Proposed { wanted: None }));
    // The seller learns by asking after the time for a hold is over.
    is(&play.end(25 * HOUR, &[]), &Buyer::Released, &Seller::Released);
    assert_eq!(play.rows(), [""; 0]);
    play.assert_unmoved();
}

#[test]
fn released_before_there_is_a_hold() {
    let mut play = play_with(small(), |market| answers(market, "debit-order", Decision::Wait));
    play.buyer_until(60 * SECOND, |stage| matches!(stage, Buyer::Agreed { hold: Some(_) }));
    play.user("release");
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Released);
    // The user signs what is still on the screen: it does not leave the wallet any more.
    answers(&mut play.market, "debit-order", Decision::Sign);
    let wallet = play.deal.wallet;
    play.market.world.look_again(wallet).unwrap();
    is(&play.end(60 * SECOND, &[]), &Buyer::Released, &Seller::Released);
    assert_eq!(play.rows(), ["decision"]);
    play.assert_unmoved();
}

#[test]
fn released_after_the_hold() {
    let mut play = play_with(small(), |market| answers(market, "mandate", Decision::Wait));
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Fetched);
    assert_eq!(play.balances(), (START - PRICE, START));
    play.user("release");
    let ending = play.end(60 * SECOND, &[]);
    is(&ending, &Buyer::Released, &Seller::Released);
    assert_eq!(play.rows(), ["hold", "decision"]);
    play.assert_unmoved();
    assert!(proven(&ending.verdict.unwrap(), ClaimKind::Released));
}

#[test]
fn declining_the_mandate_asks_for_release() {
    let mut play = play_with(small(), |market| answers(market, "mandate", Decision::Decline));
    is(&play.end(60 * SECOND, &[]), &Buyer::Released, &Seller::Released);
    play.assert_unmoved();
}

#[test]
fn the_hold_expires() {
    let mut play = play_with(small(), |market| answers(market, "mandate", Decision::Wait));
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Fetched);
    play.market.world.run_for(23 * HOUR).unwrap();
    assert_eq!(play.rows(), ["hold"]);
    is(&play.end(2 * HOUR, &[]), &Buyer::Released, &Seller::Released);
    assert_eq!(play.rows(), ["hold", "decision"]);
    play.assert_unmoved();
}

#[test]
fn the_seller_releases() {
    let mut play = play_with(small(), |market| answers(market, "mandate", Decision::Wait));
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Fetched);
    play.operator("release");
    is(&play.end(60 * SECOND, &[]), &Buyer::Released, &Seller::Released);
    play.assert_unmoved();
}

#[test]
fn release_and_mandate_cross() {
    // The mandate is with the seller, the release with the bank: the bank's row decides, for both.
    for bank_first in [false, true] {
        let mut play = play_with(small(), |market| answers(market, "mandate", Decision::Wait));
        play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Fetched);
        let (wallet, shop, bank) = (play.deal.wallet, play.deal.shop, play.market.bank);
        let cut = if bank_first { shop } else { wallet };
        play.market.world.part(cut, bank);
        answers(&mut play.market, "mandate", Decision::Sign);
        play.market.world.look_again(wallet).unwrap();
        play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Mandated);
        play.user("release");
        play.market.world.run_for(60 * SECOND).unwrap();
        play.market.world.join(cut, bank);
        let ending = play.end(HOUR, &[]);
        if bank_first {
            is(&ending, &Buyer::Released, &Seller::Released);
            play.assert_unmoved();
        } else {
            is(&ending, &Buyer::Settled, &Seller::Settled);
            play.assert_paid();
        }
    }
}

#[test]
fn no_funds() {
    let mut play = play(Plan { deposit: PRICE - 1, ..small() });
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Holding);
    play.market.world.run_for(60 * SECOND).unwrap();
    let run = play.market.buyer(&play.deal).unwrap().unwrap();
    assert_eq!(run.machine.refused(), Some(semper_base::Code::NoFunds.number()));
    is(&play.end(30 * HOUR, &[]), &Buyer::Released, &Seller::Released);
    assert_eq!(play.rows(), [""; 0]);
    assert_eq!(play.balances(), (PRICE - 1, PRICE - 1));
}

#[test]
fn no_funds_and_the_user_gives_up() {
    let mut play = play(Plan { deposit: PRICE - 1, ..small() });
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Holding);
    play.market.world.run_for(SECOND).unwrap();
    play.user("release");
    is(&play.end(60 * SECOND, &[]), &Buyer::Released, &Seller::Released);
    assert_eq!(play.rows(), ["decision"]);
}

#[test]
fn a_capture_that_comes_too_late_releases() {
    // The shop cannot reach the bank from the mandate on; the bank is not even there when the time is over.
    let mut play = play_with(small(), |market| answers(market, "mandate", Decision::Wait));
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Fetched);
    let (wallet, shop, bank) = (play.deal.wallet, play.deal.shop, play.market.bank);
    play.market.world.part(shop, bank);
    answers(&mut play.market, "mandate", Decision::Sign);
    play.market.world.look_again(wallet).unwrap();
    play.seller_until(60 * SECOND, |stage| *stage == Seller::Capturing);
    play.market.world.run_for(23 * HOUR).unwrap();
    play.market.world.kill(bank).unwrap();
    play.market.world.join(shop, bank);
    play.market.world.run_for(2 * HOUR).unwrap();
    play.market.world.start(bank).unwrap();
    is(&play.end(12 * HOUR, &[]), &Buyer::Released, &Seller::Released);
    assert_eq!(play.rows(), ["hold", "decision"]);
    play.assert_unmoved();
}

#[test]
fn clocks_differ_within_what_is_tolerated() {
    let mut play = play(Plan { offsets: [60_000, -50_000, -55_000, 58_000], ..small() });
    is(&play.end(10 * 60 * SECOND, &[]), &Buyer::Settled, &Seller::Settled);
    play.assert_paid();
}
