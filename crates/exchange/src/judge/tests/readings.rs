//! The ways an exchange can go, and what is read from each: claims, culprits, standings.

use ClaimKind as K;
use Role::{Bank, Buyer, Notary, Seller};

use super::*;

struct Path {
    w: World,
    pieces: Vec<Vec<u8>>,
    captured: Hash,
}

/// Everything up to `captured`.
fn path(goods: Goods) -> Path {
    let w = World::new(goods);
    let (hold, mandate) = (w.hold(), w.mandate());
    let on_hold = w.sign(Bank, hour(1), w.held(hold.hash));
    let capture = w.sign(Seller, hour(2), w.capture(mandate.hash));
    let captured = w.sign(Bank, hour(2), w.captured(hour(2), mandate.hash));
    let hash = captured.hash;
    let pieces = vec![bytes(&hold), bytes(&mandate), bytes(&on_hold), bytes(&capture), bytes(&captured)];
    Path { w, pieces, captured: hash }
}

fn bytes<B>(statement: &Statement<B>) -> Vec<u8> {
    statement.text.clone().into_bytes()
}

impl Path {
    fn add<B: Body>(&mut self, role: Role, at: Timestamp, body: B) -> Hash {
        let statement = self.w.sign(role, at, body);
        self.pieces.push(bytes(&statement));
        statement.hash
    }

    fn judged(&self) -> Verdict {
        let pieces: Vec<&dyn Bytes> = self.pieces.iter().map(|piece| piece as &dyn Bytes).collect();
        self.w.judge(&pieces)
    }
}

fn standings(verdict: &Verdict) -> (Standing, Standing) {
    (verdict.outcome.buyer.standing, verdict.outcome.seller.standing)
}

fn proven(verdict: &Verdict) -> Vec<ClaimKind> {
    let proven = verdict.claims.iter().filter(|claim| claim.finding == Finding::Proven);
    proven.map(|claim| claim.claim).collect()
}

const TAKEN: [ClaimKind; 5] = [K::BuyerBound, K::SellerBound, K::Held, K::Mandated, K::Captured];

#[test]
fn nothing_shows_nothing() {
    let verdict = World::new(Goods::Good).judge(&[]);
    assert_eq!((proven(&verdict), guilty(&verdict)), (vec![], vec![]));
    assert_eq!(standings(&verdict), (Standing::Undecided, Standing::Undecided));
    assert_eq!(verdict.claims.len(), 16);
    assert!(verdict.claims.iter().all(|claim| claim.finding == Finding::NotProvable));
}

#[test]
fn the_happy_way() {
    let mut path = path(Goods::Good);
    assert_eq!(proven(&path.judged()), TAKEN);
    assert_eq!(standings(&path.judged()), (Standing::OwedKey, Standing::Undecided));
    let receipt = path.add(Buyer, hour(3), path.w.receipt());
    assert_eq!(standings(&path.judged()), (Standing::Whole, Standing::OwedMoney));
    path.add(Bank, hour(3), path.w.settled(hour(3), Some(receipt)));
    let verdict = path.judged();
    assert_eq!(proven(&verdict), [&TAKEN[..], &[K::KeyHandedOver, K::ReceiptGiven, K::Settled]].concat());
    assert_eq!(finding(&verdict, K::Refunded), Finding::Contradicted);
    assert_eq!(finding(&verdict, K::ContentNotAsAgreed), Finding::Contradicted);
    assert_eq!((guilty(&verdict), verdict.set_aside.len()), (vec![], 0));
    assert_eq!(standings(&verdict), (Standing::Whole, Standing::Whole));
}

#[test]
fn the_timer() {
    let mut path = path(Goods::Good);
    path.pieces.push(path.w.opening());
    path.add(Bank, hour(170), path.w.settled(hour(170), None));
    let verdict = path.judged();
    assert_eq!(proven(&verdict), [&TAKEN[..], &[K::KeyShown, K::Settled]].concat());
    assert_eq!(guilty(&verdict), []);
    assert_eq!(standings(&verdict), (Standing::Whole, Standing::Whole));
    // Without the key the seller is paid and the buyer waits for it.
    path.pieces.remove(5);
    assert_eq!(standings(&path.judged()), (Standing::OwedKey, Standing::Whole));
}

#[test]
fn release_and_expiry() {
    for (by, at) in
        [(st::ReleaseBy::Buyer, hour(2)), (st::ReleaseBy::Seller, hour(2)), (st::ReleaseBy::Expiry, hour(24))]
    {
        let w = World::new(Goods::Good);
        let held = w.sign(Bank, hour(1), w.held(w.hold().hash));
        // A release may cross the mandate.
        let release = w.sign(Buyer, at, st::Release { amount: w.core().amount });
        let released = w.sign(Bank, at, w.released(at, by));
        let verdict = w.judge(&[&held, &w.mandate(), &release, &released]);
        assert_eq!(proven(&verdict), [K::BuyerBound, K::Held, K::Mandated, K::Released]);
        assert_eq!(finding(&verdict, K::Captured), Finding::Contradicted);
        assert_eq!(finding(&verdict, K::Settled), Finding::Contradicted);
        assert_eq!(guilty(&verdict), []);
        assert_eq!(standings(&verdict), (Standing::Whole, Standing::Whole));
    }
}

#[test]
fn the_escrow_is_opened() {
    let mut path = path(Goods::Good);
    path.add(Buyer, hour(4), st::EscrowRequest { captured: path.captured });
    path.pieces.push(path.w.escrow.clone());
    let opened = path.add(Notary, hour(5), st::Opened { at: hour(5), captured: path.captured });
    assert_eq!(standings(&path.judged()), (Standing::OwedKey, Standing::Undecided));
    path.add(Bank, hour(5), path.w.recorded(hour(5), opened));
    path.add(Bank, hour(170), path.w.settled(hour(170), None));
    let verdict = path.judged();
    assert_eq!(proven(&verdict), [&TAKEN[..], &[K::EscrowOpened, K::KeyHandedOver, K::Settled]].concat());
    assert_eq!((guilty(&verdict), verdict.set_aside.len()), (vec![], 0));
    assert_eq!(standings(&verdict), (Standing::Whole, Standing::Whole));
}

#[test]
fn the_escrow_is_bad() {
    let mut path = path(Goods::BadEscrow);
    let bad = path.add(Notary, hour(5), path.w.bad_escrow(hour(5), path.captured));
    assert_eq!(standings(&path.judged()).0, Standing::OwedMoney);
    path.add(Bank, hour(5), path.w.refunded(hour(5), st::RefundBasis::BadEscrow, Some(bad)));
    let verdict = path.judged();
    assert_eq!(proven(&verdict), [&TAKEN[..], &[K::EscrowFoundBad, K::Refunded]].concat());
    assert_eq!(guilty(&verdict), [], "the notary's word convicts nobody");
    assert_eq!(standings(&verdict), (Standing::Whole, Standing::Whole));
}

#[test]
fn the_escrow_was_good_all_the_same() {
    let mut path = path(Goods::Good);
    let bad = path.add(Notary, hour(5), path.w.bad_escrow(hour(5), path.captured));
    path.add(Bank, hour(5), path.w.refunded(hour(5), st::RefundBasis::BadEscrow, Some(bad)));
    let before = path.judged();
    path.pieces.push(path.w.defence());
    let verdict = path.judged();
    assert_eq!(guilty(&verdict), [(Notary, Misdeed::CriedBadEscrow)]);
    assert_eq!(finding(&before, K::EscrowGood), Finding::Contradicted);
    assert_eq!(finding(&verdict, K::EscrowGood), Finding::Proven);
    assert_eq!(finding(&verdict, K::EscrowFoundBad), Finding::Proven);
}

#[test]
fn the_file_is_wrong() {
    let mut path = path(Goods::WrongChunk);
    let proof = path.w.proof(1);
    let hash = Hash::of(&proof);
    path.add(Buyer, hour(5), st::Complaint { captured: path.captured, proof: hash });
    path.pieces.push(proof);
    assert_eq!(standings(&path.judged()), (Standing::OwedMoney, Standing::Whole));
    let wrong = path.add(Notary, hour(6), st::WrongFile { at: hour(6), captured: path.captured, proof: hash });
    path.add(Bank, hour(6), path.w.refunded(hour(6), st::RefundBasis::WrongFile, Some(wrong)));
    let verdict = path.judged();
    let more = [K::KeyHandedOver, K::KeyShown, K::ContentNotAsAgreed, K::Refunded];
    assert_eq!(proven(&verdict), [&TAKEN[..], &more].concat());
    assert_eq!(guilty(&verdict), [(Seller, Misdeed::WrongFile)]);
    assert_eq!(standings(&verdict), (Standing::Whole, Standing::Whole));
}

#[test]
fn a_contest_is_answered() {
    let mut path = path(Goods::Good);
    path.add(Buyer, hour(30), st::Contest { captured: path.captured });
    path.add(Bank, hour(30), path.w.contested(hour(30)));
    path.add(Seller, hour(31), st::PassKey { key: path.w.key.clone() });
    path.add(Bank, hour(31), st::PassedKey { settle_after: hour(170), ..path.w.passed(hour(31)) });
    path.add(Bank, hour(170), path.w.settled(hour(170), None));
    let verdict = path.judged();
    let more = [K::Contested, K::KeyHandedOver, K::KeyShown, K::Settled];
    assert_eq!(proven(&verdict), [&TAKEN[..], &more].concat());
    assert_eq!(guilty(&verdict), []);
    assert_eq!(standings(&verdict), (Standing::Whole, Standing::Whole));
}

#[test]
fn a_contest_is_not_answered() {
    let mut path = path(Goods::Good);
    path.add(Buyer, hour(30), st::Contest { captured: path.captured });
    path.add(Bank, hour(30), path.w.contested(hour(30)));
    path.add(Bank, hour(102), path.w.refunded(hour(102), st::RefundBasis::Contest, None));
    let verdict = path.judged();
    assert_eq!(proven(&verdict), [&TAKEN[..], &[K::Contested, K::Refunded]].concat());
    assert_eq!(guilty(&verdict), []);
    assert_eq!(standings(&verdict), (Standing::Whole, Standing::Whole));
}

/// Paid back and in possession of the key: somebody owes the seller.
#[test]
fn a_key_and_a_refund() {
    let mut path = path(Goods::Good);
    path.add(Bank, hour(30), path.w.contested(hour(30)));
    path.add(Bank, hour(31), path.w.passed(hour(31)));
    path.add(Bank, hour(102), path.w.refunded(hour(102), st::RefundBasis::Contest, None));
    let verdict = path.judged();
    assert_eq!(guilty(&verdict), [(Bank, Misdeed::RefundedDespiteKey)]);
    assert_eq!(standings(&verdict), (Standing::Whole, Standing::OwedMoney));
}

/// Of two opposite answers of the bank, neither is believed where somebody honest would lose by it.
#[test]
fn a_bank_that_says_both_settles_nothing() {
    let mut path = path(Goods::Good);
    path.add(Bank, hour(2), path.w.released(hour(2), st::ReleaseBy::Buyer));
    let verdict = path.judged();
    assert_eq!(guilty(&verdict), [(Bank, Misdeed::CapturedAndReleased)]);
    assert_eq!(standings(&verdict), (Standing::Undecided, Standing::Undecided));
    path.add(Bank, hour(170), path.w.settled(hour(170), None));
    assert_eq!(standings(&path.judged()), (Standing::OwedMoney, Standing::Whole));
    path.add(Buyer, hour(3), path.w.receipt());
    assert_eq!(standings(&path.judged()), (Standing::Whole, Standing::Whole));

    let mut path = self::path(Goods::Good);
    path.add(Bank, hour(170), path.w.settled(hour(170), None));
    path.add(Bank, hour(170), path.w.refunded(hour(170), st::RefundBasis::Contest, None));
    let verdict = path.judged();
    assert_eq!(guilty(&verdict), [(Bank, Misdeed::SettledAndRefunded)]);
    assert_eq!(standings(&verdict), (Standing::Undecided, Standing::Undecided));
    path.add(Buyer, hour(3), path.w.receipt());
    assert_eq!(standings(&path.judged()), (Standing::Whole, Standing::Undecided));
}

#[test]
fn silence_is_unmet_as_of_the_latest_word() {
    let w = World::new(Goods::Good);
    let kind = semper_blocks::statement::Kind::Held;
    let unmet = |at| w.sign(Bank, at, st::Unmet { at, what: kind });
    let verdict = w.judge(&[&unmet(hour(30)), &unmet(hour(26)), &unmet(hour(28))]);
    let claim = verdict.claims.last().unwrap();
    assert_eq!(claim.claim, K::Unmet { by: Bank, what: kind });
    assert_eq!((claim.finding, claim.as_of, claim.shown_by.len()), (Finding::Proven, Some(hour(30)), 3));
    assert!(claim.sentence.contains(&hour(30).to_string()));
    assert_eq!(finding(&verdict, K::Held), Finding::NotProvable);
}

#[test]
fn a_verdict_says_which_piece_shows_what() {
    let w = World::new(Goods::Good);
    let captured = w.sign(Bank, hour(2), w.captured(hour(2), w.mandate().hash));
    let released = w.sign(Bank, hour(2), w.released(hour(2), st::ReleaseBy::Buyer));
    let mut evidence = Evidence::new();
    evidence.add("statements/004-captured.jws", captured.text.as_bytes()).unwrap();
    evidence.add("statements/005-released.jws", released.text.as_bytes()).unwrap();
    evidence.add("notes.txt", b"the shop was friendly").unwrap();
    let verdict = judge(&w.x, &evidence, w.crypto.as_ref());
    let both = ["statements/004-captured.jws", "statements/005-released.jws"];
    assert_eq!(verdict.convictions[0].shown_by, both);
    let captured = verdict.claims.iter().find(|claim| claim.claim == K::Captured).unwrap();
    assert_eq!((&captured.shown_by[..], &captured.against[..]), (&[both[0].to_owned()][..], &[both[1].to_owned()][..]));
    assert_eq!(verdict.set_aside[0].pieces, ["notes.txt"]);
    let text = serde_json::to_string(&verdict).unwrap();
    assert!(text.contains("\"misdeed\":\"captured-and-released\"") && text.contains("\"who\":\"bank\""));
    assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), verdict);
}

/// Another exchange, another key, another role, another kind, no signature: no weight.
#[test]
fn what_does_not_verify_has_no_weight() {
    let w = World::new(Goods::Good);
    let captured = w.captured(hour(2), w.mandate().hash);
    let wrong_role = w.sign(Buyer, hour(2), captured.clone());
    let elsewhere = About::exchange(semper_base::Xid::of(b"another"), vec![]);
    let elsewhere = w.bank.answer(&w.context(hour(2)), elsewhere, captured.clone()).unwrap();
    let no_exchange = w.bank.answer(&w.context(hour(2)), About::default(), captured.clone()).unwrap();
    let claimed = Author { role: Seller, ..w.bank.clone() };
    let about = About::exchange(w.x.xid, vec![]);
    let claimed = claimed.answer(&w.context(hour(2)), about.clone(), captured.clone()).unwrap();
    let stranger = Author::uncertified(Bank, &w.seal);
    let stranger = stranger.answer(&w.context(hour(2)), about, captured).unwrap();
    let other_key = semper_base::json::canonical(&KeyOpening { k: secret("?"), r: secret("?") }).unwrap();
    let pieces: [&dyn Bytes; 8] =
        [&wrong_role, &elsewhere, &no_exchange, &claimed, &stranger, &other_key, &w.proof(1), &vec![0xff, 0]];
    let verdict = w.judge(&pieces);
    // The proof shows no wrong file, but it does hold the key.
    assert_eq!((verdict.set_aside.len(), proven(&verdict)), (8, vec![K::KeyShown]));
    assert_eq!(guilty(&verdict), []);
}

#[test]
fn evidence_is_bounded() {
    let mut evidence = Evidence::new();
    evidence.add("a", b"1").unwrap();
    evidence.add("a", b"1").unwrap();
    assert_eq!(evidence.add("a", b"2").unwrap_err().code(), semper_base::Code::PackMember);
    assert_eq!(evidence.add("", b"2").unwrap_err().code(), semper_base::Code::TooLarge);
    assert_eq!(evidence.add(&"n".repeat(256), b"2").unwrap_err().code(), semper_base::Code::TooLarge);
    for at in 1..semper_base::limits::PACK_MEMBERS_MAX {
        evidence.add(&format!("{at}"), b"1").unwrap();
    }
    assert_eq!(evidence.add("one more", b"1").unwrap_err().code(), semper_base::Code::TooMany);
    assert_eq!(format!("{:?}", Evidence::new()), "{}");
}
