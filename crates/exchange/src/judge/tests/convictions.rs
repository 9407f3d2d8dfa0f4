//! Every conviction with a neighbour that is none.

use semper_base::{Fault, Violation};
use semper_support::crypto::{EdPublic, EdSignature, PublicKey, SecretKey, Signature};

use super::*;
use Misdeed as M;
use Role::{Bank, Buyer, Notary, Seller};

const NONE: [(Role, Misdeed); 0] = [];
const SKEW: Millis = Millis::seconds(120);
const TICK: Millis = Millis(1);

fn good() -> World {
    World::new(Goods::Good)
}

#[test]
fn both_answers_of_a_slot() {
    let w = good();
    let captured = w.sign(Bank, hour(2), w.captured(hour(2), w.mandate().hash));
    let released = w.sign(Bank, hour(2), w.released(hour(2), st::ReleaseBy::Buyer));
    let settled = w.sign(Bank, hour(200), w.settled(hour(200), None));
    let refunded = w.sign(Bank, hour(200), w.refunded(hour(200), st::RefundBasis::Contest, None));
    let opened = w.sign(Notary, hour(3), st::Opened { at: hour(3), captured: captured.hash });
    let bad = w.sign(Notary, hour(3), w.bad_escrow(hour(3), captured.hash));
    assert_eq!(w.guilty(&[&captured, &released]), [(Bank, M::CapturedAndReleased)]);
    assert_eq!(w.guilty(&[&settled, &refunded]), [(Bank, M::SettledAndRefunded)]);
    assert_eq!(w.guilty(&[&opened, &bad]), [(Notary, M::OpenedAndBadEscrow)]);
    for alone in [&captured as &dyn Bytes, &released, &settled, &refunded, &opened, &bad] {
        assert_eq!(w.guilty(&[alone]), NONE);
    }
    assert_eq!(w.guilty(&[&captured, &settled, &opened]), NONE);
}

#[test]
fn two_answers_of_one_kind() {
    let w = good();
    let mandate = w.mandate().hash;
    let one = w.sign(Bank, hour(2), w.captured(hour(2), mandate));
    let other = w.sign(Bank, hour(2), w.captured(hour(2).plus(TICK), mandate));
    assert_eq!(w.guilty(&[&one, &other]), [(Bank, M::TwoAnswers)]);
    assert_eq!(w.guilty(&[&one, &one]), NONE);
    // Each other slot; the same body made twice has another nonce and is another answer.
    let at = hour(2);
    let twice = [w.sign(Bank, at, w.held(w.hold().hash)), w.sign(Bank, at, w.held(w.hold().hash))];
    assert_eq!(w.guilty(&[&twice[0], &twice[1]]), [(Bank, M::TwoAnswers)]);
    let twice = [w.sign(Bank, at, w.contested(at)), w.sign(Bank, at, w.contested(at))];
    assert_eq!(w.guilty(&[&twice[0], &twice[1]]), [(Bank, M::TwoAnswers)]);
    let twice = [w.sign(Bank, at, w.settled(at, None)), w.sign(Bank, at, w.settled(hour(3), None))];
    assert_eq!(w.guilty(&[&twice[0], &twice[1]]), [(Bank, M::TwoAnswers)]);
    let opened = |hours| w.sign(Notary, hour(hours), st::Opened { at: hour(hours), captured: one.hash });
    assert_eq!(w.guilty(&[&opened(3), &opened(4)]), [(Notary, M::TwoAnswers)]);
}

/// ECDSA gives many signatures under one payload; they say one thing.
#[test]
fn a_second_signature_under_one_payload_is_no_second_answer() {
    let w = World::with(Box::new(Many(Ideal::new(7))), Goods::Good);
    let one = w.sign(Bank, hour(2), w.captured(hour(2), w.mandate().hash));
    let (input, signature) = one.text.rsplit_once('.').unwrap();
    let mut signature = semper_base::bytes::decode(signature).unwrap();
    signature[63] ^= 1;
    let other = format!("{input}.{}", semper_base::bytes::encode(&signature)).into_bytes();
    let verdict = w.judge(&[&one, &other]);
    assert_eq!((verdict.convictions.len(), verdict.set_aside.len()), (0, 0));
    assert_eq!(verdict.claims.iter().find(|claim| claim.claim == ClaimKind::Captured).unwrap().shown_by.len(), 2);
    // One that does not verify is set aside.
    signature[1] ^= 1;
    let forged = format!("{input}.{}", semper_base::bytes::encode(&signature)).into_bytes();
    assert_eq!(w.judge(&[&one, &forged]).set_aside.len(), 1);
}

/// Many signatures under one message: the last byte does not matter.
#[derive(Debug)]
struct Many(Ideal);

impl Crypto for Many {
    fn random(&self, into: &mut [u8]) {
        self.0.random(into);
    }
    fn generate(&self) -> Result<KeyPair, Fault> {
        self.0.generate()
    }
    fn sign(&self, key: &SecretKey, message: &[u8]) -> Result<Signature, Fault> {
        let mut signature = self.0.sign(key, message)?;
        signature.0[63] = 0;
        Ok(signature)
    }
    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), Violation> {
        let mut given = *signature;
        let any = (0..=255).any(|last| {
            given.0[63] = last;
            self.0.verify(key, message, &given).is_ok()
        });
        if any { Ok(()) } else { self.0.verify(key, message, signature) }
    }
    fn seal(&self, to: &PublicKey, seed: &Secret32, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, Fault> {
        self.0.seal(to, seed, plaintext, aad)
    }
    fn open(&self, key: &SecretKey, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, Violation> {
        self.0.open(key, sealed, aad)
    }
    fn ed_public(&self, seed: &Secret32) -> Result<EdPublic, Fault> {
        self.0.ed_public(seed)
    }
    fn ed_sign(&self, seed: &Secret32, message: &[u8]) -> Result<EdSignature, Fault> {
        self.0.ed_sign(seed, message)
    }
    fn ed_verify(&self, key: &EdPublic, message: &[u8], signature: &EdSignature) -> Result<(), Violation> {
        self.0.ed_verify(key, message, signature)
    }
}

#[test]
fn nothing_follows_a_release() {
    let w = good();
    let released = w.sign(Bank, hour(2), w.released(hour(2), st::ReleaseBy::Seller));
    let contested = w.sign(Bank, hour(3), w.contested(hour(3)));
    let passed = w.sign(Bank, hour(3), w.passed(hour(3)));
    let recorded = w.sign(Bank, hour(3), w.recorded(hour(3), Hash::of(b"?")));
    let settled = w.sign(Bank, hour(200), w.settled(hour(200), None));
    let refunded = w.sign(Bank, hour(200), w.refunded(hour(200), st::RefundBasis::Contest, None));
    for later in [&contested as &dyn Bytes, &passed, &recorded, &settled, &refunded] {
        assert_eq!(w.guilty(&[&released, later]), [(Bank, M::ActedAfterRelease)]);
        assert_eq!(w.guilty(&[later]), NONE);
    }
    let held = w.sign(Bank, hour(1), w.held(w.hold().hash));
    assert_eq!(w.guilty(&[&released, &held]), NONE);
}

#[test]
fn members_of_the_banks_rows_are_the_descriptors() {
    let w = good();
    let other = Amount::new(3999, Currency::EUR).unwrap();
    let (at, mandate) = (hour(2), w.mandate().hash);
    let unlike = [(Bank, M::UnlikeDescriptor)];
    let guilty = |piece: &dyn Bytes| w.guilty(&[piece]);
    let held = w.held(mandate);
    assert_eq!(guilty(&w.sign(Bank, at, st::Held { amount: other, ..held.clone() })), unlike);
    assert_eq!(guilty(&w.sign(Bank, at, st::Held { hold_until: at, ..held.clone() })), unlike);
    assert_eq!(guilty(&w.sign(Bank, at, st::Held { payee: mandate, ..held.clone() })), unlike);
    assert_eq!(guilty(&w.sign(Bank, at, held)), NONE);
    let captured = w.captured(at, mandate);
    assert_eq!(guilty(&w.sign(Bank, at, st::Captured { amount: other, ..captured.clone() })), unlike);
    assert_eq!(guilty(&w.sign(Bank, at, st::Captured { settle_after: at, ..captured.clone() })), unlike);
    assert_eq!(guilty(&w.sign(Bank, at, captured)), NONE);
    let settled = w.settled(hour(300), None);
    assert_eq!(guilty(&w.sign(Bank, at, st::Settled { amount: other, ..settled.clone() })), unlike);
    let refunded = w.refunded(hour(300), st::RefundBasis::Contest, None);
    assert_eq!(guilty(&w.sign(Bank, at, st::Refunded { amount: other, ..refunded.clone() })), unlike);
    let released = w.released(hour(3), st::ReleaseBy::Buyer);
    assert_eq!(guilty(&w.sign(Bank, at, st::Released { amount: other, ..released })), unlike);
    let contested = w.contested(at);
    assert_eq!(guilty(&w.sign(Bank, at, st::Contested { answer_until: hour(3), ..contested })), unlike);
    let passed = w.passed(at);
    assert_eq!(guilty(&w.sign(Bank, at, st::PassedKey { settle_after: hour(49), ..passed.clone() })), unlike);
    assert_eq!(guilty(&w.sign(Bank, at, passed)), NONE);
    let recorded = w.recorded(at, mandate);
    assert_eq!(guilty(&w.sign(Bank, at, st::Recorded { settle_after: hour(1), ..recorded.clone() })), unlike);
    assert_eq!(guilty(&w.sign(Bank, at, st::Recorded { settle_after: at, ..recorded })), NONE);
}

#[test]
fn the_hold_ends_when_it_ends() {
    let w = good();
    let mandate = w.mandate().hash;
    let captured = |at| w.sign(Bank, at, w.captured(at, mandate));
    assert_eq!(w.guilty(&[&captured(hour(24))]), [(Bank, M::CapturedTooLate)]);
    assert_eq!(w.guilty(&[&captured(hour(24).minus(TICK))]), NONE);
    let released = |at, by| w.sign(Bank, at, w.released(at, by));
    let expired = released(hour(24).minus(TICK), st::ReleaseBy::Expiry);
    assert_eq!(w.guilty(&[&expired]), [(Bank, M::ReleasedTooEarly)]);
    assert_eq!(w.guilty(&[&released(hour(24), st::ReleaseBy::Expiry)]), NONE);
    assert_eq!(w.guilty(&[&released(hour(2), st::ReleaseBy::Seller)]), NONE);
}

/// For each row that names a ground: without the ground's bytes nothing is shown; with the right
/// ones nothing is wrong; with bytes that are something else the signer is convicted.
#[test]
fn grounds_are_what_they_are_named() {
    let w = good();
    let false_ground = [(Bank, M::FalseGround)];
    let at = hour(2);
    let other = Amount::new(1, Currency::EUR).unwrap();
    let junk = b"no statement at all".to_vec();
    let check = |name: &dyn Fn(Hash) -> Vec<u8>, right: &dyn Bytes, wrong: &[&dyn Bytes]| {
        assert_eq!(w.guilty(&[&name(Hash::of(right.bytes()))]), NONE);
        assert_eq!(w.guilty(&[&name(Hash::of(right.bytes())), right]), NONE);
        for bytes in wrong.iter().copied().chain([&junk as &dyn Bytes]) {
            let named = name(Hash::of(bytes.bytes()));
            assert_eq!(w.guilty(&[&named]), NONE);
            assert!(w.guilty(&[&named, bytes]).starts_with(&false_ground), "{:?}", w.guilty(&[&named, bytes]));
            assert!(!w.guilty(&[&named, right]).contains(&false_ground[0]), "another ground is no ground");
        }
    };
    let payee = w.core().payee;
    let unlike = w.sign(Buyer, at, st::Mandate { amount: other, payee });
    let sellers = w.sign(Seller, at, st::Mandate { amount: w.core().amount, payee });
    let captured = |mandate| text(&w.sign(Bank, at, w.captured(at, mandate)));
    check(&captured, &w.mandate(), &[&unlike, &sellers, &w.hold()]);
    let held = |hold| text(&w.sign(Bank, at, w.held(hold)));
    check(&held, &w.hold(), &[&w.mandate(), &w.sign(Buyer, at, st::Hold { amount: other, payee })]);
    let settled = |receipt| text(&w.sign(Bank, at, w.settled(at, Some(receipt))));
    let receipt = st::Receipt { amount: other, ..w.receipt() };
    check(&settled, &w.sign(Buyer, at, w.receipt()), &[&w.sign(Buyer, at, receipt), &w.mandate()]);
    let opened = w.sign(Notary, at, st::Opened { at, captured: Hash::of(b"?") });
    let bad = w.sign(Notary, at, w.bad_escrow(at, Hash::of(b"?")));
    let wrong = w.sign(Notary, at, st::WrongFile { at, captured: Hash::of(b"?"), proof: Hash::of(b"!") });
    let recorded = |opened| text(&w.sign(Bank, at, w.recorded(at, opened)));
    check(&recorded, &opened, &[&bad, &w.mandate()]);
    let refunded = |basis| move |notary: Hash, w: &World| text(&w.sign(Bank, at, w.refunded(at, basis, Some(notary))));
    let on_bad = refunded(st::RefundBasis::BadEscrow);
    check(&|hash| on_bad(hash, &w), &bad, &[&opened, &wrong]);
    let on_wrong = refunded(st::RefundBasis::WrongFile);
    check(&|hash| on_wrong(hash, &w), &wrong, &[&opened, &bad]);
}

fn text<B>(statement: &Statement<B>) -> Vec<u8> {
    statement.text.clone().into_bytes()
}

#[test]
fn money_does_not_move_without_naming_why() {
    let w = good();
    let at = hour(200);
    let (hash, no_ground) = (Hash::of(b"?"), [(Bank, M::NoGround)]);
    let settled = |basis, receipt| w.sign(Bank, at, st::Settled { basis, ..w.settled(at, receipt) });
    assert_eq!(w.guilty(&[&settled(st::SettleBasis::Receipt, None)]), no_ground);
    assert_eq!(w.guilty(&[&settled(st::SettleBasis::Timer, Some(hash))]), no_ground);
    assert_eq!(w.guilty(&[&settled(st::SettleBasis::Receipt, Some(hash))]), NONE);
    let refunded = |basis, notary| w.sign(Bank, at, w.refunded(at, basis, notary));
    assert_eq!(w.guilty(&[&refunded(st::RefundBasis::BadEscrow, None)]), no_ground);
    assert_eq!(w.guilty(&[&refunded(st::RefundBasis::WrongFile, None)]), no_ground);
    assert_eq!(w.guilty(&[&refunded(st::RefundBasis::Contest, Some(hash))]), no_ground);
    assert_eq!(w.guilty(&[&refunded(st::RefundBasis::WrongFile, Some(hash))]), NONE);
}

#[test]
fn the_timer_settles_when_it_may() {
    let w = good();
    let timer = |at| w.sign(Bank, at, w.settled(at, None));
    let receipt = |at| w.sign(Bank, at, w.settled(at, Some(Hash::of(b"receipt"))));
    let early = [(Bank, M::SettledTooEarly)];
    let captured = w.sign(Bank, hour(2), w.captured(hour(2), w.mandate().hash));
    let due = hour(2 + 7 * 24);
    assert_eq!(w.guilty(&[&captured, &timer(due.minus(TICK))]), early);
    assert_eq!(w.guilty(&[&captured, &timer(due)]), NONE);
    assert_eq!(w.guilty(&[&captured, &receipt(hour(3))]), NONE);
    assert_eq!(w.guilty(&[&timer(hour(3))]), NONE, "absence");
    // A key that the bank passed on.
    let passed = w.sign(Bank, hour(10), st::PassedKey { settle_after: hour(90), ..w.passed(hour(10)) });
    assert_eq!(w.guilty(&[&passed, &timer(hour(90).minus(TICK))]), early);
    assert_eq!(w.guilty(&[&passed, &timer(hour(90))]), NONE);
    // A contest, whatever answered it.
    let contested = w.sign(Bank, hour(10), w.contested(hour(10)));
    let window = hour(10 + 48);
    assert_eq!(w.guilty(&[&contested, &timer(window.minus(SKEW).minus(TICK))]), early);
    assert_eq!(w.guilty(&[&contested, &timer(window.minus(SKEW))]), NONE);
    assert_eq!(w.guilty(&[&contested, &receipt(hour(11))]), NONE);
}

#[test]
fn an_opening_holds_settlement_back_only_if_it_came_first() {
    let w = good();
    let timer = |at| w.sign(Bank, at, w.settled(at, None));
    let early = [(Bank, M::SettledTooEarly)];
    let before = w.sign(Bank, hour(10), w.recorded(hour(10), Hash::of(b"opened")));
    assert_eq!(w.guilty(&[&before, &timer(hour(58).minus(TICK))]), early);
    assert_eq!(w.guilty(&[&before, &timer(hour(58))]), NONE);
    let without_window = st::Recorded { settle_after: hour(10), ..w.recorded(hour(10), Hash::of(b"opened")) };
    let without_window = w.sign(Bank, hour(10), without_window);
    assert_eq!(w.guilty(&[&without_window, &timer(hour(11))]), early);
    // Recorded after settlement, even by a machine whose clock is a little behind.
    for settled in [hour(10), hour(9), hour(10).plus(SKEW)] {
        assert_eq!(w.guilty(&[&without_window, &timer(settled)]), NONE);
    }
}

#[test]
fn a_contest_is_paid_back_only_unanswered_and_in_time() {
    let w = good();
    let refunded = |at| w.sign(Bank, at, w.refunded(at, st::RefundBasis::Contest, None));
    let contested = w.sign(Bank, hour(10), w.contested(hour(10)));
    let due = hour(10 + 72);
    assert_eq!(w.guilty(&[&contested, &refunded(due.minus(TICK))]), [(Bank, M::RefundedTooEarly)]);
    assert_eq!(w.guilty(&[&contested, &refunded(due)]), NONE);
    assert_eq!(w.guilty(&[&refunded(due)]), NONE, "absence");
    let passed = w.sign(Bank, hour(11), w.passed(hour(11)));
    let recorded = w.sign(Bank, hour(11), w.recorded(hour(11), Hash::of(b"opened")));
    for answer in [&passed as &dyn Bytes, &recorded] {
        assert_eq!(w.guilty(&[&contested, answer, &refunded(due)]), [(Bank, M::RefundedDespiteKey)]);
    }
    // A notary's word pays back whatever was handed over.
    let by_notary = w.refunded(due, st::RefundBasis::BadEscrow, Some(Hash::of(b"bad")));
    assert_eq!(w.guilty(&[&contested, &passed, &w.sign(Bank, due, by_notary)]), NONE);
}

#[test]
fn rows_of_one_register_follow_one_clock() {
    let w = good();
    let captured = w.sign(Bank, hour(5), w.captured(hour(5), w.mandate().hash));
    let settled = |at| w.sign(Bank, at, w.settled(at, Some(Hash::of(b"receipt"))));
    let before = hour(5).minus(SKEW);
    assert_eq!(w.guilty(&[&captured, &settled(before.minus(TICK))]), [(Bank, M::OutOfOrder)]);
    assert_eq!(w.guilty(&[&captured, &settled(before)]), NONE);
    let held = |at| w.sign(Bank, at, w.held(w.hold().hash));
    assert_eq!(w.guilty(&[&captured, &held(hour(6))]), [(Bank, M::OutOfOrder)]);
    assert_eq!(w.guilty(&[&captured, &held(hour(4))]), NONE);
    let passed = w.sign(Bank, hour(6), w.passed(hour(6)));
    let contested = |at| w.sign(Bank, at, w.contested(at));
    assert_eq!(w.guilty(&[&passed, &contested(hour(7))]), [(Bank, M::OutOfOrder)]);
    assert_eq!(w.guilty(&[&passed, &contested(hour(6))]), NONE);
    let late = w.sign(Bank, hour(9), w.recorded(hour(9), Hash::of(b"opened")));
    assert_eq!(w.guilty(&[&settled(hour(8)), &late]), NONE);
}

#[test]
fn a_register_does_not_deny_its_rows() {
    let w = good();
    let held = w.sign(Bank, hour(1), w.held(w.hold().hash));
    let unmet = |role, what, at| w.sign(role, at, st::Unmet { at, what });
    let kind = semper_blocks::statement::Kind::Held;
    let late = hour(1).plus(SKEW).plus(TICK);
    assert_eq!(w.guilty(&[&held, &unmet(Bank, kind, late)]), [(Bank, M::DeniedRecord)]);
    assert_eq!(w.guilty(&[&held, &unmet(Bank, kind, hour(1).plus(SKEW))]), NONE);
    assert_eq!(w.guilty(&[&held, &unmet(Notary, kind, late)]), NONE);
    // Whoever captured has held.
    let captured = w.sign(Bank, hour(1), w.captured(hour(1), w.mandate().hash));
    assert_eq!(w.guilty(&[&captured, &unmet(Bank, kind, late)]), [(Bank, M::DeniedRecord)]);
    assert_eq!(w.guilty(&[&captured, &unmet(Bank, kind, hour(1).plus(SKEW))]), NONE);
    let opened = w.sign(Notary, hour(3), st::Opened { at: hour(3), captured: Hash::of(b"?") });
    let kind = semper_blocks::statement::Kind::Opened;
    assert_eq!(w.guilty(&[&opened, &unmet(Notary, kind, hour(4))]), [(Notary, M::DeniedRecord)]);
    assert_eq!(w.guilty(&[&opened, &unmet(Notary, kind, hour(2))]), NONE);
}

#[test]
fn keys_that_do_not_open() {
    let w = good();
    let false_key = KeyOpening { k: secret("other"), r: secret("r") };
    let passed = st::PassedKey { key: false_key.clone(), ..w.passed(hour(3)) };
    assert_eq!(w.guilty(&[&w.sign(Bank, hour(3), passed)]), [(Bank, M::FalseKey)]);
    assert_eq!(w.guilty(&[&w.sign(Bank, hour(3), w.passed(hour(3)))]), NONE);
    let pass = |key| w.sign(Seller, hour(3), st::PassKey { key });
    assert_eq!(w.guilty(&[&pass(false_key)]), [(Seller, M::FalseKey)]);
    assert_eq!(w.guilty(&[&pass(w.key.clone())]), NONE);
}

#[test]
fn a_notary_who_cries_bad_escrow() {
    for (goods, guilty) in [(Goods::Good, vec![(Notary, M::CriedBadEscrow)]), (Goods::BadEscrow, vec![])] {
        for w in [World::new(goods), World::real(goods)] {
            let bad = w.sign(Notary, hour(3), w.bad_escrow(hour(3), Hash::of(b"?")));
            assert_eq!(w.guilty(&[&bad, &w.defence()]), guilty);
            assert_eq!(w.guilty(&[&bad]), NONE);
            assert_eq!(w.guilty(&[&w.defence()]), NONE);
            let foreign = EscrowDefence { seed: secret("another"), key: w.key.clone() };
            let foreign = semper_base::json::canonical(&foreign).unwrap();
            assert_eq!(w.guilty(&[&bad, &foreign]), NONE);
            let elsewhere = st::BadEscrow { escrow: Hash::of(b"another box"), ..bad.body.clone() };
            let elsewhere = w.sign(Notary, hour(3), elsewhere);
            assert_eq!(w.guilty(&[&elsewhere]), [(Notary, M::UnlikeDescriptor)]);
        }
    }
}

#[test]
fn a_notary_upholds_only_what_the_proof_shows() {
    for goods in [Goods::Good, Goods::WrongChunk] {
        let w = World::new(goods);
        let upheld = |proof: &[u8]| {
            let body = st::WrongFile { at: hour(4), captured: Hash::of(b"?"), proof: Hash::of(proof) };
            w.sign(Notary, hour(4), body)
        };
        let (proof, junk) = (w.proof(1), b"{}".to_vec());
        let due = if goods == Goods::Good { vec![(Notary, M::WronglyUpheld)] } else { vec![] };
        assert_eq!(w.guilty(&[&upheld(&proof), &proof]), due);
        assert_eq!(w.guilty(&[&upheld(&proof)]), NONE);
        assert_eq!(w.guilty(&[&upheld(&junk), &junk]), [(Notary, M::WronglyUpheld)]);
        assert_eq!(w.guilty(&[&upheld(&junk), &proof]), NONE, "another proof than the named one");
    }
}

#[test]
fn a_notary_acts_only_on_a_capture() {
    let w = good();
    let captured = w.sign(Bank, hour(2), w.captured(hour(2), w.mandate().hash));
    let held = w.sign(Bank, hour(1), w.held(w.hold().hash));
    let self_made = w.sign(Notary, hour(2), w.captured(hour(2), w.mandate().hash));
    let opened = |named| w.sign(Notary, hour(3), st::Opened { at: hour(3), captured: named });
    assert_eq!(w.guilty(&[&opened(captured.hash), &captured]), NONE);
    assert_eq!(w.guilty(&[&opened(held.hash)]), NONE);
    assert_eq!(w.guilty(&[&opened(held.hash), &captured]), NONE, "named bytes are not here");
    assert_eq!(w.guilty(&[&opened(held.hash), &held]), [(Notary, M::FalseGround)]);
    assert_eq!(w.guilty(&[&opened(self_made.hash), &self_made]), [(Notary, M::FalseGround)]);
    let bad = w.sign(Notary, hour(3), w.bad_escrow(hour(3), held.hash));
    assert_eq!(w.guilty(&[&bad, &held]), [(Notary, M::FalseGround)]);
    // A capture that differs from the descriptor convicts the bank, and the notary who took it.
    let unlike = st::Captured { settle_after: hour(3), ..captured.body.clone() };
    let unlike = w.sign(Bank, hour(2), unlike);
    let both = [(Bank, M::UnlikeDescriptor), (Notary, M::FalseGround)];
    assert_eq!(w.guilty(&[&opened(unlike.hash), &unlike]), both);
}

/// Anybody can write a descriptor that names the seller's key. Only who agreed to it answers for it.
#[test]
fn a_seller_answers_for_what_it_agreed_to() {
    let w = World::new(Goods::WrongChunk);
    let capture = w.sign(Seller, hour(2), w.capture(w.mandate().hash));
    assert_eq!(w.guilty(&[&w.proof(1)]), NONE);
    assert_eq!(w.guilty(&[&w.proof(1), &capture]), [(Seller, M::WrongFile)]);
    assert_eq!(w.guilty(&[&w.proof(0), &capture]), NONE, "that chunk is as agreed");
    let mut evidence = Evidence::new();
    evidence.add("proof.json", &w.proof(1)).unwrap();
    evidence.bind(Seller, "acceptance.jws").unwrap();
    let verdict = judge(&w.x, &evidence, w.crypto.as_ref());
    assert_eq!(guilty(&verdict), [(Seller, M::WrongFile)]);
    assert_eq!(verdict.convictions[0].shown_by, ["acceptance.jws", "proof.json"]);
    let w = World::new(Goods::OversizedEscrow);
    let capture = w.sign(Seller, hour(2), w.capture(w.mandate().hash));
    assert_eq!(w.guilty(&[&w.escrow, &capture]), [(Seller, M::OversizedEscrow)]);
    assert_eq!(w.guilty(&[&w.escrow]), NONE);
    let w = good();
    let capture = w.sign(Seller, hour(2), w.capture(w.mandate().hash));
    assert_eq!(w.guilty(&[&w.escrow, &capture, &w.proof(1)]), NONE);
}

/// The box may be any bytes; a proof of a wrong file hidden there is still a proof.
#[test]
fn nothing_hides_in_the_escrow_box() {
    let mut w = World::new(Goods::WrongChunk);
    w.escrow = w.proof(1);
    w.x = Descriptor::new(&w.x.core, &Hash::of(&w.escrow)).unwrap();
    let capture = w.sign(Seller, hour(2), w.capture(w.mandate().hash));
    let verdict = w.judge(&[&w.escrow, &capture]);
    assert_eq!(guilty(&verdict), [(Seller, M::WrongFile)]);
    assert_eq!(verdict.set_aside, []);
}

#[test]
fn a_sellers_capture_is_for_the_payee_and_on_a_mandate() {
    let w = good();
    let mandate = w.mandate();
    let capture = |body| w.sign(Seller, hour(2), body);
    assert_eq!(w.guilty(&[&capture(w.capture(mandate.hash)), &mandate]), NONE);
    let other = st::Capture { account: "other".to_owned(), ..w.capture(mandate.hash) };
    assert_eq!(w.guilty(&[&capture(other)]), [(Seller, M::CapturedForAnother)]);
    let hold = w.hold();
    assert_eq!(w.guilty(&[&capture(w.capture(hold.hash))]), NONE);
    assert_eq!(w.guilty(&[&capture(w.capture(hold.hash)), &hold]), [(Seller, M::FalseGround)]);
}

#[test]
fn a_buyer_contradicts_itself() {
    let w = World::new(Goods::WrongChunk);
    let receipt = w.sign(Buyer, hour(5), w.receipt());
    let proof = w.proof(1);
    let complaint = st::Complaint { captured: Hash::of(b"?"), proof: Hash::of(&proof) };
    let complaint = w.sign(Buyer, hour(6), complaint);
    let contest = w.sign(Buyer, hour(6), st::Contest { captured: Hash::of(b"?") });
    assert_eq!(w.guilty(&[&receipt, &complaint]), [(Buyer, M::ReceiptAndComplaint)]);
    assert_eq!(w.guilty(&[&receipt, &contest]), NONE);
    assert_eq!(w.guilty(&[&receipt, &proof]), NONE);
    assert_eq!(w.guilty(&[&complaint, &proof]), NONE);
    // Nor is a complaint that nobody upheld, or two mandates, a misdeed.
    let refused = st::Complaint { captured: Hash::of(b"?"), proof: Hash::of(&w.proof(0)) };
    assert_eq!(w.guilty(&[&w.sign(Buyer, hour(6), refused), &w.proof(0)]), NONE);
    assert_eq!(w.guilty(&[&w.mandate(), &w.mandate()]), NONE);
    let release = |role, amount| w.sign(role, hour(7), st::Release { amount });
    assert_eq!(w.guilty(&[&w.mandate(), &release(Buyer, w.core().amount)]), NONE);
    let other = Amount::new(1, Currency::EUR).unwrap();
    assert_eq!(w.guilty(&[&release(Buyer, other)]), [(Buyer, M::UnlikeDescriptor)]);
    assert_eq!(w.guilty(&[&release(Seller, other)]), [(Seller, M::UnlikeDescriptor)]);
    let mandate = st::Mandate { amount: other, payee: w.core().payee };
    assert_eq!(w.guilty(&[&w.sign(Buyer, hour(1), mandate)]), [(Buyer, M::UnlikeDescriptor)]);
}
