//! Parties that lie, repeat, withhold or come with an old copy of themselves: what each honest side
//! ends with, what stands in the registers, what the judge says.

use crate::common;

use common::*;
use semper_base::{Blob64, Hash, Role};
use semper_blocks::delivery::Complaint;
use semper_blocks::statement::{About, Author, Body};
use semper_exchange::fair::dgp::buyer::Stage as Buyer;
use semper_exchange::fair::dgp::seller::Stage as Seller;
use semper_exchange::fair::dgp::statements::{self as st, RefundBasis, SettleBasis};
use semper_exchange::fair::dgp::{Content, Packet, Proof};
use semper_exchange::judge::{ClaimKind, Standing};
use semper_services::common::exchange::{PACKET, chunk_ref, stored_chunk};
use semper_sim::market::Plan;
use semper_sim::screen::Decision;
use semper_support::Context;
use semper_support::crypto::{Keyring, PublicKey};

const SELLER: &[Role] = &[Role::Seller];
const BUYER: &[Role] = &[Role::Buyer];

/// The bank's last row.
fn remedy<B: Body>(play: &mut Play) -> B {
    let (xid, bank) = (play.xid(), play.market.bank);
    let row = play.market.world.look(bank, |view| view.register(&xid, "remedy")).unwrap().unwrap();
    semper_blocks::statement::danger_typed_unverified::<B>(&String::from_utf8(row).unwrap()).unwrap().body
}

#[test]
fn the_key_withheld_comes_from_the_notary() {
    let mut play = play_with(small(), |market| withhold(market, Some("wallet-0"), KEY));
    let ending = play.end(HOUR, SELLER);
    assert_eq!(ending.buyer, Some(Buyer::Settled));
    assert_eq!(play.rows(), ["hold", "decision", "recorded", "remedy", "escrow"]);
    assert_eq!(remedy::<st::Settled>(&mut play).basis, SettleBasis::Receipt);
    assert!(proven(ending.verdict.as_ref().unwrap(), ClaimKind::EscrowOpened));
    assert_eq!(convictions(&ending), [""; 0]);
    play.assert_paid();
}

#[test]
fn a_bad_escrow_is_refunded() {
    let plan = Plan { bad_escrow: true, ..small() };
    let mut play = play_with(plan, |market| withhold(market, Some("wallet-0"), KEY));
    let ending = play.end(HOUR, SELLER);
    assert_eq!(ending.buyer, Some(Buyer::Refunded));
    assert_eq!(play.rows(), ["hold", "decision", "remedy", "escrow"]);
    assert_eq!(remedy::<st::Refunded>(&mut play).basis, RefundBasis::BadEscrow);
    let verdict = ending.verdict.as_ref().unwrap();
    assert!(proven(verdict, ClaimKind::EscrowFoundBad));
    assert!(!proven(verdict, ClaimKind::EscrowGood));
    // The seller may still show a seed: its claim alone convicts nobody.
    assert_eq!(convictions(&ending), [""; 0]);
    play.assert_unmoved();
}

#[test]
fn a_bad_escrow_does_not_matter_if_the_key_comes() {
    let mut play = play(Plan { bad_escrow: true, ..small() });
    assert_eq!(play.end(HOUR, &[]).buyer, Some(Buyer::Settled));
    play.assert_paid();
}

/// The shop sells one file and encrypts another: its copy is changed after the offer was made.
fn wrong_file(length: usize, chunk: u64) -> Play {
    let mut play = play_with(Plan { length, ..small() }, |market| answers(market, "order", Decision::Wait));
    play.market.world.run_for(10 * SECOND).unwrap();
    let (wallet, shop) = (play.deal.wallet, play.deal.shop);
    let changed = play.market.world.tamper(shop, |disk| disk.change_chunk("goods-", chunk, |bytes| bytes[0] ^= 1));
    assert!(changed.unwrap());
    answers(&mut play.market, "order", Decision::Sign);
    play.market.world.look_again(wallet).unwrap();
    play
}

#[test]
fn another_file_is_refunded() {
    let mut play = wrong_file(20 * 65_536, 17);
    let ending = play.end(HOUR, SELLER);
    let proof = play.market.buyer(&play.deal).unwrap().unwrap().machine.proof().unwrap().len();
    assert!(proof < 65_536 * 4 / 3 + 3_000, "the proof has {proof} bytes: more than a chunk and two paths");
    assert_eq!((ending.buyer.as_ref(), ending.seller.as_ref()), (Some(&Buyer::Refunded), Some(&Seller::Refunded)));
    assert_eq!(play.rows(), ["hold", "decision", "remedy", "complaint"]);
    assert_eq!(remedy::<st::Refunded>(&mut play).basis, RefundBasis::WrongFile);
    let verdict = ending.verdict.as_ref().unwrap();
    assert!(proven(verdict, ClaimKind::ContentNotAsAgreed));
    assert_eq!(convictions(&ending), ["seller WrongFile"]);
    play.assert_unmoved();
}

/// Another file, and the key withheld too: escrow, then complaint within the window that the bank keeps open.
#[test]
fn another_file_whose_key_comes_from_the_notary_is_refunded() {
    let mut play = wrong_file(70_000, 1);
    withhold(&mut play.market, Some("wallet-0"), KEY);
    let ending = play.end(HOUR, SELLER);
    assert_eq!(ending.buyer, Some(Buyer::Refunded));
    assert_eq!(play.rows(), ["hold", "decision", "recorded", "remedy", "escrow", "complaint"]);
    assert_eq!(convictions(&ending), ["seller WrongFile"]);
    play.assert_unmoved();
}

/// Signs for a liar with one of its own keys.
fn signed<B: Body>(play: &mut Play, key: semper_base::KeyId, body: B) -> String {
    let (wallet, xid) = (play.deal.wallet, play.xid());
    let pair = play.market.world.pair(wallet, key).unwrap();
    let x = play.market.descriptor(&play.deal).unwrap();
    let (crypto, keyring) = (play.market.world.provider(wallet).unwrap(), Keyring::for_simulation([0; 32]));
    let cx = Context { now: play.now(), crypto: &*crypto, keyring: &keyring };
    let about = About::exchange(xid, vec![x.core.bank.key.id(), x.core.notary.key.id()]);
    Author::uncertified(Role::Buyer, &pair).request(&cx, about, body).unwrap().text
}

/// Puts a packet into the wallet's queue that its service would not have made.
fn smuggle(play: &mut Play, link: &str, content: Content) {
    let x = Blob64(play.market.descriptor(&play.deal).unwrap().bytes().to_vec());
    let packet = serde_json::to_vec(&Packet { content, descriptor: x }).unwrap();
    let wallet = play.deal.wallet;
    let met: serde_json::Value = play.market.world.row(wallet, &semper_base::Key::new("met", link)).unwrap().unwrap();
    let peer = serde_json::from_value(met["peer"].clone()).unwrap();
    play.market.world.smuggle(wallet, peer, PACKET, &packet).unwrap();
}

/// What a party kept of one kind.
fn kept(play: &mut Play, who: semper_sim::world::Who, kind: &str) -> String {
    let xid = play.xid();
    let kept = play.market.kept(who, xid).unwrap();
    let (_, bytes) = kept.into_iter().find(|(found, _)| found == kind).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_complaint_about_a_good_file_is_refused() {
    let mut play = play_with(small(), |market| answers(market, "receipt", Decision::Decline));
    play.buyer_until(HOUR, |stage| *stage == Buyer::Received);
    let (wallet, xid) = (play.deal.wallet, play.xid());
    let run = play.market.buyer(&play.deal).unwrap().unwrap();
    let (key, share) = run.machine.halves().map(|(key, share)| (key.clone(), share.clone())).unwrap();
    let record = play.market.world.look(wallet, |view| view.chunk(&chunk_ref(xid, 0))).unwrap().unwrap();
    let chunk = stored_chunk(&record).unwrap();
    let chunk = Complaint { place: chunk.place, ciphertext: chunk.data, key, share };
    let proof = serde_json::to_string(&Proof { chunk, root: run.machine.root().clone() }).unwrap();
    let captured = kept(&mut play, wallet, "captured");
    let body = st::Complaint { captured: Hash::of(captured.as_bytes()), proof: Hash::of(proof.as_bytes()) };
    let key = play.market.descriptor(&play.deal).unwrap().core.buyer.id();
    let statement = signed(&mut play, key, body);
    smuggle(&mut play, "notary", Content::Complaint { statement, captured, proof });
    let ending = play.end(9 * DAY, BUYER);
    assert_eq!(ending.seller, Some(Seller::Settled));
    assert_eq!(play.rows(), ["hold", "decision", "remedy"]);
    assert_eq!(play.market.world.trace.count("notary takes 1 of wallet-0: Rejected"), 1);
    play.assert_paid();
}

#[test]
fn a_contest_is_answered_through_the_bank() {
    let mut play = play_with(small(), |market| {
        withhold(market, Some("wallet-0"), KEY);
        let (wallet, notary) = (market.wallet(), market.notary);
        market.world.part(wallet, notary);
    });
    let ending = play.end(3 * DAY, &[]);
    assert_eq!((ending.buyer.as_ref(), ending.seller.as_ref()), (Some(&Buyer::Settled), Some(&Seller::Settled)));
    assert_eq!(play.rows(), ["hold", "decision", "contest", "passed", "remedy"]);
    assert!(proven(ending.verdict.as_ref().unwrap(), ClaimKind::Contested));
    assert_eq!(convictions(&ending), [""; 0]);
    play.assert_paid();
}

#[test]
fn a_contest_without_answer_is_refunded_and_a_late_opening_gives_no_key() {
    let mut play = play_with(small(), |market| {
        withhold(market, Some("wallet-0"), KEY);
        withhold(market, Some("bank"), PASS_KEY);
        let (wallet, notary) = (market.wallet(), market.notary);
        market.world.part(wallet, notary);
    });
    let ending = play.end(6 * DAY, SELLER);
    assert_eq!(ending.buyer, Some(Buyer::Refunded));
    assert_eq!(play.rows(), ["hold", "decision", "contest", "remedy"]);
    assert_eq!(remedy::<st::Refunded>(&mut play).basis, RefundBasis::Contest);
    play.assert_unmoved();
    // Now the notary is asked, opens the escrow, and the bank says that it is too late.
    let (wallet, notary) = (play.deal.wallet, play.market.notary);
    play.market.world.join(wallet, notary);
    let ending = play.end(HOUR, SELLER);
    assert_eq!(play.rows(), ["hold", "decision", "contest", "remedy", "escrow"]);
    assert!(play.market.buyer(&play.deal).unwrap().unwrap().machine.halves().is_none());
    let verdict = ending.verdict.as_ref().unwrap();
    assert!(!proven(verdict, ClaimKind::KeyHandedOver));
    assert_eq!(verdict.outcome.buyer.standing, Standing::Whole);
    assert_eq!(convictions(&ending), [""; 0]);
}

/// The one loss of an honest seller that the protocol has: to be away for longer than V.
#[test]
fn a_seller_who_is_away_longer_than_the_time_for_an_answer_loses_the_sale_not_the_key() {
    let mut play = play_with(small(), |market| {
        let (wallet, notary) = (market.wallet(), market.notary);
        market.world.part(wallet, notary);
        withhold(market, Some("wallet-0"), KEY);
    });
    play.seller_until(HOUR, |stage| *stage == Seller::Captured);
    let shop = play.deal.shop;
    play.market.world.kill(shop).unwrap();
    play.market.world.run_for(8 * DAY).unwrap();
    play.market.world.lies.clear();
    play.market.world.start(shop).unwrap();
    let ending = play.end(2 * DAY, &[]);
    assert_eq!((ending.buyer.as_ref(), ending.seller.as_ref()), (Some(&Buyer::Refunded), Some(&Seller::Refunded)));
    play.assert_unmoved();
}

#[test]
fn whatever_is_repeated_changes_nothing() {
    let mut play = play_with(small(), |market| {
        market.world.weather.repeat = 1000;
        market.world.weather.delay = (1, 5_000);
    });
    assert_eq!(play.end(HOUR, &[]).buyer, Some(Buyer::Settled));
    play.assert_paid();
    // The same mandate and the same order once more, as new messages.
    let (wallet, shop) = (play.deal.wallet, play.deal.shop);
    let statement = kept(&mut play, wallet, "mandate");
    smuggle(&mut play, "shop-0", Content::Mandate { statement });
    let order = kept(&mut play, wallet, "order");
    let identity: serde_json::Value =
        play.market.world.row(wallet, &semper_base::Key::new("identity", "statement")).unwrap().unwrap();
    let certificate = semper_base::Key::new("certificate", identity["certificate"].as_str().unwrap());
    let der = play.market.world.look(wallet, |view| view.get(&certificate)).unwrap().unwrap();
    let body = serde_json::json!({ "certificate": Blob64(der), "statement": order });
    let met: serde_json::Value =
        play.market.world.row(wallet, &semper_base::Key::new("met", "shop-0")).unwrap().unwrap();
    let peer = serde_json::from_value(met["peer"].clone()).unwrap();
    play.market.world.smuggle(wallet, peer, "order", body.to_string().as_bytes()).unwrap();
    play.market.world.run_for(60 * SECOND).unwrap();
    let sales = play.market.world.command(shop, &serde_json::json!({ "command": "sales" })).unwrap();
    assert_eq!(sales["sales"].as_array().unwrap().len(), 1);
    assert_eq!(play.end(HOUR, &[]).buyer, Some(Buyer::Settled));
    play.assert_paid();
}

#[test]
fn a_hold_that_comes_after_the_release_is_refused() {
    let mut play = play_with(small(), |market| answers(market, "debit-order", Decision::Wait));
    play.buyer_until(60 * SECOND, |stage| matches!(stage, Buyer::Agreed { hold: Some(_) }));
    let Some(Buyer::Agreed { hold: Some(hold) }) = play.buyer() else { panic!("no hold") };
    play.user("release");
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Released);
    let purse: serde_json::Value =
        play.market.world.row(play.deal.wallet, &semper_base::Key::new("purse", "bank")).unwrap().unwrap();
    let account_key: PublicKey = serde_json::from_value(purse["account_key"].clone()).unwrap();
    let key = account_key.id();
    let account = purse["account"].as_str().unwrap().to_owned();
    let amount = play.market.price().unwrap();
    let debit = st::DebitOrder { account, account_key, amount, hold: Hash::of(hold.as_bytes()) };
    let debit = signed(&mut play, key, debit);
    smuggle(&mut play, "bank", Content::Hold { statement: hold, debit });
    let ending = play.end(HOUR, BUYER);
    assert_eq!(ending.seller, Some(Seller::Released));
    assert_eq!(play.rows(), ["decision"]);
    play.assert_unmoved();
}

#[test]
fn a_capture_without_mandate_moves_nothing() {
    // A mandate of another exchange, and one that the seller signed itself.
    let mut play = play_with(small(), |market| answers(market, "mandate", Decision::Wait));
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Fetched);
    let x = play.market.descriptor(&play.deal).unwrap();
    let body = st::Mandate { amount: x.core.amount, payee: x.core.payee };
    let wallet = play.deal.wallet;
    // Signed by the wallet's own certified key: no key of this exchange.
    let identity: serde_json::Value =
        play.market.world.row(wallet, &semper_base::Key::new("identity", "statement")).unwrap().unwrap();
    let key = serde_json::from_value(identity["key"].clone()).unwrap();
    let statement = signed(&mut play, key, body);
    smuggle(&mut play, "shop-0", Content::Mandate { statement });
    play.market.world.run_for(60 * SECOND).unwrap();
    assert_eq!(play.seller(), Some(Seller::Delivering));
    assert_eq!(play.rows(), ["hold"]);
    assert!(play.market.world.trace.count(": Rejected") > 0);
}

#[test]
fn a_register_that_is_not_named_refuses() {
    let mut play = play_with(small(), |market| answers(market, "mandate", Decision::Wait));
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Fetched);
    // Another bank, enrolled under the same root.
    let bank = play.market.add_bank("bank-b").unwrap();
    let wallet = play.deal.wallet;
    play.market.link(wallet, "bank-b", "bank-b", "nobody").unwrap();
    let statement = kept(&mut play, wallet, "hold");
    let debit = kept(&mut play, wallet, "debit-order");
    smuggle(&mut play, "bank-b", Content::Hold { statement, debit });
    play.market.world.run_for(60 * SECOND).unwrap();
    let code = semper_base::Code::RegisterWrong.number();
    assert_eq!(play.market.world.trace.count(&format!("bank-b takes 1 of wallet-0: Rejected({code})")), 1);
    let xid = play.xid();
    let row = play.market.world.look(bank, |view| view.register(&xid, "hold")).unwrap();
    assert_eq!(row, None);
}

#[test]
fn an_old_copy_is_refused_by_its_head_and_found_out_by_its_peers() {
    let mut play = play_with(small(), |market| answers(market, "mandate", Decision::Wait));
    play.buyer_until(60 * SECOND, |stage| *stage == Buyer::Fetched);
    let wallet = play.deal.wallet;
    let copy = play.market.world.tamper(wallet, |disk| disk.clone()).unwrap();
    answers(&mut play.market, "mandate", Decision::Sign);
    play.market.world.look_again(wallet).unwrap();
    play.end(HOUR, &[]);
    // The directory alone is put back: the head file beside it tells.
    play.market.world.kill(wallet).unwrap();
    let drive = play.market.world.seat(wallet).unwrap().drive.clone();
    let newest = drive.with(|disk| disk.clone()).unwrap();
    drive.with(|disk| disk.restore(copy.snapshot())).unwrap();
    let refused = play.market.world.start(wallet).unwrap_err();
    assert!(refused.0.contains("DatabaseStale"), "{refused}");
    // Put back with its head: it starts, and says something else under a number that is used up.
    drive.with(|disk| *disk = copy).unwrap();
    play.market.world.start(wallet).unwrap();
    answers(&mut play.market, "mandate", Decision::Wait);
    let shop = play.deal.shop;
    play.market.buy(wallet, shop).unwrap();
    play.market.world.run_for(60 * SECOND).unwrap();
    assert!(play.market.world.trace.count("shop-0 takes 5 of wallet-0: Stale") > 0, "{}", play.tail());
    let sent = play.market.world.trace.count("wallet-0 sends shop-0 5");
    play.market.world.run_for(DAY).unwrap();
    assert_eq!(play.market.world.trace.count("wallet-0 sends shop-0 5"), sent, "nothing more is sent there");
    // The newest copy goes on as if nothing had been.
    play.market.world.kill(wallet).unwrap();
    drive.with(|disk| *disk = newest).unwrap();
    play.market.world.start(wallet).unwrap();
    assert_eq!(play.end(HOUR, &[]).buyer, Some(Buyer::Settled));
    play.assert_paid();
}
