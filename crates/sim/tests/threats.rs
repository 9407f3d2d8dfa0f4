//! Scenarios of docs/threats.md that no other test plays: clocks that are wrong, goods that never come,
//! confirmations that are no longer true.

use crate::common;

use common::*;
use semper_base::{Blob64, Key, Role};
use semper_exchange::fair::dgp::buyer::Stage as Buyer;
use semper_exchange::fair::dgp::seller::Stage as Seller;
use semper_exchange::fair::dgp::{Content, Packet};
use semper_exchange::judge::ClaimKind;
use semper_services::common::exchange::PACKET;
use semper_sim::market::{Market, Plan};
use semper_sim::screen::Decision;
use semper_sim::world::Who;

/// Messages so slow, in milliseconds, that every stage lasts.
const SLOW: (u64, u64) = (2_000, 2_000);

/// A deal during which one clock jumps, at a moment; whatever becomes of it, `check_fair` holds.
fn jump(who: fn(&Market) -> Who, offset: i64, stage: &Buyer) -> Option<Buyer> {
    let mut play = play_with(Plan { length: 500, ..small() }, |market| market.world.weather.delay = SLOW);
    play.buyer_until(60 * SECOND, |now| now == stage);
    let who = who(&play.market);
    play.market.world.seat(who).unwrap().offset = offset;
    play.market.world.run_for(HOUR).unwrap();
    // It is put right again after an hour.
    play.market.world.seat(who).unwrap().offset = 0;
    let ending = play.end(20 * DAY, &[]);
    let (buyer, seller) = play.balances();
    let paid = if ending.buyer == Some(Buyer::Settled) { PRICE } else { 0 };
    assert_eq!((buyer, seller), (START - paid, START + paid), "{offset} {stage:?}: {:?}", ending.buyer);
    assert!(ending.verdict.is_none_or(|verdict| verdict.convictions.is_empty()), "{offset} {stage:?}");
    ending.buyer
}

/// Whoever's clock is a day fast or slow, or jumps there and back: what was paid for is there, or nothing
/// was paid, and nobody is convicted of what its clock did.
#[test]
fn a_clock_that_is_a_day_off_costs_nobody_anything() {
    let day = i64::try_from(DAY).unwrap();
    let parties: [fn(&Market) -> Who; 4] = [|m| m.bank, |m| m.notary, Market::shop, Market::wallet];
    let mut settled = 0;
    for who in parties {
        for offset in [day, -day] {
            for stage in [Buyer::Holding, Buyer::Mandated] {
                settled += u32::from(jump(who, offset, &stage) == Some(Buyer::Settled));
            }
        }
    }
    assert!(settled > 4, "{settled}: most deals are as good as over when the clock jumps");
}

/// The same thing bought twice on purpose is two exchanges, each paid for.
#[test]
fn the_same_thing_bought_twice_is_two_exchanges() {
    let mut play = play(small());
    let (wallet, shop) = (play.deal.wallet, play.deal.shop);
    let second = play.market.buy(wallet, shop).unwrap();
    play.end(HOUR, &[]);
    let first = play.xid();
    play.deal = second;
    assert_eq!(play.end(HOUR, &[]).buyer, Some(Buyer::Settled));
    assert_ne!(play.xid(), first);
    assert_eq!(play.balances(), (START - 2 * PRICE, START + 2 * PRICE));
}

/// The shop takes the hold and delivers no chunk: no mandate is asked for, and the hold goes back.
#[test]
fn chunks_that_never_come_cost_nothing() {
    let mut play = play_with(small(), |market| withhold(market, Some("wallet-0"), r#""place":"#));
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Fetching);
    let ending = play.end(26 * HOUR, &[Role::Seller]);
    assert_eq!(ending.buyer, Some(Buyer::Released));
    assert_eq!(play.rows(), ["hold", "decision"]);
    play.assert_unmoved();
}

/// The buyer has the key from the notary and says nothing: the timer settles.
#[test]
fn a_key_from_the_notary_is_paid_for_without_a_receipt() {
    let mut play = play_with(small(), |market| {
        withhold(market, Some("wallet-0"), KEY);
        answers(market, "receipt", Decision::Decline);
    });
    let ending = play.end(12 * DAY, &[]);
    assert_eq!((ending.buyer.as_ref(), ending.seller.as_ref()), (Some(&Buyer::Settled), Some(&Seller::Settled)));
    assert_eq!(play.rows(), ["hold", "decision", "recorded", "remedy", "escrow"]);
    assert!(!proven(ending.verdict.as_ref().unwrap(), ClaimKind::ReceiptGiven));
    play.assert_paid();
}

/// The buyer takes the hold back and shows the shop the bank's confirmation of before: the shop may send
/// what nobody can read, and gives no key.
#[test]
fn an_old_confirmation_brings_no_key() {
    let mut play = play_with(small(), |market| {
        let (shop, bank) = (market.shop(), market.bank);
        market.world.part(shop, bank);
        answers(market, "mandate", Decision::Wait);
    });
    // The buyer has carried the bank's word to the shop, which cannot ask the bank itself.
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Fetched);
    play.user("release");
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Released);
    let (wallet, xid) = (play.deal.wallet, play.xid());
    let kept = play.market.kept(wallet, xid).unwrap();
    let held = kept.into_iter().find(|(kind, _)| kind == "held").unwrap().1;
    let x = Blob64(play.market.descriptor(&play.deal).unwrap().bytes().to_vec());
    let content = Content::Answer { statement: String::from_utf8(held).unwrap() };
    let packet = serde_json::to_vec(&Packet { content, descriptor: x }).unwrap();
    let met: serde_json::Value = play.market.world.row(wallet, &Key::new("met", "shop-0")).unwrap().unwrap();
    let peer = serde_json::from_value(met["peer"].clone()).unwrap();
    play.market.world.smuggle(wallet, peer, PACKET, &packet).unwrap();
    play.market.world.run_for(60 * SECOND).unwrap();
    let (shop, bank) = (play.deal.shop, play.market.bank);
    play.market.world.join(shop, bank);
    let ending = play.end(30 * HOUR, &[Role::Buyer]);
    assert_eq!(ending.seller, Some(Seller::Released));
    assert!(play.market.buyer(&play.deal).unwrap().unwrap().machine.halves().is_none());
    play.assert_unmoved();
}

/// The bank cannot be reached for a week, from any moment of a deal on.
#[test]
fn a_bank_that_is_away_for_a_week_strands_nobody() {
    for stage in [Buyer::Holding, Buyer::Mandated, Buyer::Received] {
        let mut play = play_with(Plan { length: 500, ..small() }, |market| {
            market.world.weather.delay = SLOW;
            if stage == Buyer::Received {
                answers(market, "receipt", Decision::Decline);
            }
        });
        play.buyer_until(60 * SECOND, |now| *now == stage);
        let bank = play.market.bank;
        play.market.world.kill(bank).unwrap();
        play.market.world.run_for(7 * DAY).unwrap();
        play.market.world.start(bank).unwrap();
        let ending = play.end(20 * DAY, &[]);
        let paid = if ending.buyer == Some(Buyer::Settled) { PRICE } else { 0 };
        assert_eq!(play.balances(), (START - paid, START + paid), "{stage:?}");
        assert_eq!(convictions(&ending), [""; 0], "{stage:?}");
    }
}
