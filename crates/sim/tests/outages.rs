//! Processes that die at any commit, disks that are full, parties that are away.

use crate::common;

use common::*;
use semper_base::Code;
use semper_exchange::fair::dgp::buyer::Stage as Buyer;
use semper_sim::disk::CommitFault;
use semper_sim::market::{Market, Plan};

#[test]
fn a_deal_survives_the_loss_of_any_commit_of_any_party() {
    let mut market = Market::open(Plan { length: 500, ..small() }).unwrap();
    let (wallet, shop, bank) = (market.wallet(), market.shop(), market.bank);
    let mut deals = 0;
    // As many commits as each of them makes in one deal.
    for (who, commits) in [(wallet, 19), (shop, 15), (bank, 11)] {
        for commit in 0..commits {
            // Each fault meets every commit once: the other party's round has the other parity.
            let fault = if (commit + deals) % 2 == 0 { CommitFault::Lost } else { CommitFault::Unknown };
            // The wish itself is the user's to repeat: it is made before the fault is armed.
            let before = market.world.seat(who).unwrap().commits;
            let deal = market.buy(wallet, shop).unwrap();
            let met = |world: &mut semper_sim::world::World| Ok(world.seat(who)?.commits >= before + commit);
            if market.world.run_until(60 * SECOND, met).unwrap() {
                market.world.fail_commit(who, fault).unwrap();
            }
            market.world.run_for(120 * SECOND).unwrap();
            market.world.seat(who).unwrap().drive.heal();
            // A commit of another errand may have met the fault last of all.
            market.world.run_for(20 * SECOND).unwrap();
            let ending = market.check_fair(&deal, &[]).unwrap();
            assert_eq!(ending.buyer, Some(Buyer::Settled), "{who:?} lost commit {commit}: {fault:?}");
            deals += 1;
        }
    }
    assert_eq!(market.balance(wallet).unwrap(), START - deals * PRICE);
}

#[test]
fn a_full_disk_stops_a_deal_until_there_is_room() {
    let mut play = play_with(small(), |market| market.world.weather.delay = (2_000, 2_000));
    let wallet = play.deal.wallet;
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Holding);
    play.market.world.seat(wallet).unwrap().drive.set_full(true);
    play.market.world.run_for(HOUR).unwrap();
    assert_eq!(play.buyer(), Some(Buyer::Holding));
    assert!(play.market.world.trace.count(": Later") > 0);
    play.market.world.seat(wallet).unwrap().drive.set_full(false);
    assert_eq!(play.end(2 * HOUR, &[]).buyer, Some(Buyer::Settled));
    play.assert_paid();
}

#[test]
fn a_wallet_that_is_away_for_days_finds_out_what_became_of_its_money() {
    // It goes with the mandate out and comes back when all windows are over.
    let mut play = play_with(small(), |market| market.world.weather.delay = (2_000, 2_000));
    play.buyer_until(600 * SECOND, |stage| *stage == Buyer::Mandated);
    let wallet = play.deal.wallet;
    // The mandate is with the shop, what the bank makes of it is still on its way.
    play.market.world.run_for(3 * SECOND).unwrap();
    play.market.world.kill(wallet).unwrap();
    play.market.world.run_for(12 * DAY).unwrap();
    play.market.world.start(wallet).unwrap();
    let ending = play.end(DAY, &[]);
    assert_eq!(ending.buyer, Some(Buyer::Settled));
    assert_eq!(convictions(&ending), [""; 0]);
    play.assert_paid();
}

/// The whole market is switched off for days, as one on a laptop is.
#[test]
fn a_market_that_was_off_for_days_finds_together_again() {
    let mut play = play(small());
    play.end(60 * SECOND, &[]);
    let all = [play.market.authority, play.market.bank, play.market.notary, play.deal.shop, play.deal.wallet];
    for who in all {
        play.market.world.kill(who).unwrap();
    }
    play.market.world.run_for(5 * DAY).unwrap();
    for who in all {
        play.market.world.start(who).unwrap();
    }
    play.market.world.run_for(HOUR).unwrap();
    let (wallet, shop) = (play.deal.wallet, play.deal.shop);
    play.deal = play.market.buy(wallet, shop).unwrap();
    assert_eq!(play.end(60 * SECOND, &[]).buyer, Some(Buyer::Settled));
}

#[test]
fn without_a_fresh_revocation_list_nothing_new_begins() {
    let mut play = play_with(small(), |market| {
        let authority = market.authority;
        market.world.kill(authority).unwrap();
        market.world.run_for(30 * HOUR).unwrap();
    });
    play.market.world.run_for(HOUR).unwrap();
    assert_eq!(play.market.xid(&play.deal).unwrap(), None);
    // Nobody waits for it for ever.
    assert_eq!(
        play.market.summary(&play.deal).unwrap().pointer("/state/Ended/why"),
        Some(&Code::NoAnswer.number().into())
    );
    // What came meanwhile waits for the new list, and goes on by itself when it comes.
    let (wallet, shop) = (play.deal.wallet, play.deal.shop);
    play.deal = play.market.buy(wallet, shop).unwrap();
    play.market.world.run_for(HOUR / 2).unwrap();
    assert_eq!(play.market.xid(&play.deal).unwrap(), None);
    let authority = play.market.authority;
    play.market.world.start(authority).unwrap();
    assert_eq!(play.end(HOUR, &[]).buyer, Some(Buyer::Settled));
    play.assert_paid();
}

const MINUTE: u64 = 60 * SECOND;
/// As many commits as a wallet makes in one deal: the moments at which something breaks.
const MOMENTS: u64 = 19;

/// Buys again and again; each time, when the wallet has made one commit more than the last time, something
/// breaks for a day. Whatever becomes of the deals, nobody loses and nobody is convicted. Returns how many
/// were settled.
fn a_day_at_each_moment(
    step: usize,
    breaks: impl Fn(&mut Market) -> Result<(), semper_sim::trouble::Trouble>,
    mends: impl Fn(&mut Market) -> Result<(), semper_sim::trouble::Trouble>,
) -> u64 {
    let mut market = Market::open(Plan { length: 500, ..small() }).unwrap();
    let (wallet, shop) = (market.wallet(), market.shop());
    let mut settled = 0;
    for moment in (0..MOMENTS).step_by(step) {
        let before = market.world.seat(wallet).unwrap().commits;
        let deal = market.buy(wallet, shop).unwrap();
        let met = |world: &mut semper_sim::world::World| Ok(world.seat(wallet)?.commits >= before + moment);
        let _ = market.world.run_until(60 * SECOND, met).unwrap();
        breaks(&mut market).unwrap();
        market.world.run_for(DAY).unwrap();
        mends(&mut market).unwrap();
        market.world.run_for(HOUR).unwrap();
        if market.xid(&deal).unwrap().is_none() {
            // Nobody is bound. What was refused while lists were old is refused for good: the user asks again.
            let request = serde_json::json!({ "command": "resume", "deal": deal.id });
            market.world.command(wallet, &request).unwrap();
        }
        let mut play = Play { market, deal };
        let ending = play.end(15 * DAY, &[]);
        assert!(
            matches!(ending.buyer, None | Some(Buyer::Settled | Buyer::Released | Buyer::Refunded)),
            "moment {moment}: {:?}\n{}",
            ending.buyer,
            play.tail()
        );
        assert!(ending.verdict.is_none_or(|verdict| verdict.convictions.is_empty()), "moment {moment}");
        settled += u64::from(ending.buyer == Some(Buyer::Settled));
        market = play.market;
    }
    assert_eq!(market.balance(wallet).unwrap(), START - settled * PRICE);
    settled
}

#[test]
fn each_party_may_be_down_for_a_day_at_each_moment() {
    let parties: [fn(&Market) -> semper_sim::world::Who; 5] =
        [|m| m.authority, |m| m.bank, |m| m.notary, |m| m.shop(), |m| m.wallet()];
    for (at, who) in parties.into_iter().enumerate() {
        let settled = a_day_at_each_moment(3, |m| m.world.kill(who(m)), |m| m.world.start(who(m)));
        assert!(settled > 0, "party {at}: no deal was settled");
    }
}

#[test]
fn each_two_parties_may_be_parted_for_a_day_at_each_moment() {
    for a in 0..5 {
        for b in a + 1..5 {
            let two = |m: &Market| {
                let all = [m.authority, m.bank, m.notary, m.shop(), m.wallet()];
                (all[a], all[b])
            };
            let part = |m: &mut Market| {
                let (one, other) = two(m);
                m.world.part(one, other);
                Ok(())
            };
            let join = |m: &mut Market| {
                let (one, other) = two(m);
                m.world.join(one, other);
                Ok(())
            };
            let settled = a_day_at_each_moment(6, part, join);
            assert!(settled > 0, "{a} and {b}: no deal was settled");
        }
    }
}

/// A backup of each moment of a purchase, restored when all is over or while something is under way: whoever goes on from
/// it comes to rest, and has what it was promised.
#[test]
fn a_customer_may_be_restored_to_each_moment() {
    for (who, moments) in [("wallet-0", [300, 1_300, 1_900, 2_300, 2_700]), ("shop-0", [0, 300, 700, 1_300, 2_300])] {
        for (n, copied) in moments.into_iter().enumerate() {
            let later = if n % 2 == 0 { MINUTE } else { 700 };
            let text = format!(
                "market length=1500\nstorm {HOUR}\nat 0 buy wallet-0 shop-0\nat {copied} copy {who}\nat {} recover {who}\n",
                copied + later
            );
            let script = semper_sim::script::Script::read(&text).unwrap();
            let played = semper_sim::play::play(&script);
            assert!(played.result.is_ok(), "{:?}\n{text}", played.result);
        }
    }
}
