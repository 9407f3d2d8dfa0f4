//! Each row of the table in the module's picture, each moment to the millisecond, each field.

use std::collections::BTreeSet;

use semper_base::{Currency, KeyId, Role, Xid};
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{About, Author, Body, make};
use semper_support::Context;
use semper_support::crypto::keyring::Keyring;
use semper_support::crypto::{Crypto, Ideal, KeyPair, Secret32};

use super::*;

const OPENED: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const CODE: Nonce = Nonce([5; 16]);

fn at(ms: u64) -> Timestamp {
    OPENED.plus(Millis(ms))
}

fn eur(minor: u64) -> Amount {
    Amount::new(minor, Currency::EUR).unwrap()
}

fn key(seed: u64) -> KeyPair {
    Ideal::new(seed).generate().unwrap()
}

/// To ship: 10. To bring: 20. To look: 40. To rule: 80.
fn terms(with_carrier: bool, silent: Side) -> Escrow {
    let carrier = with_carrier.then(|| Carrier { key: key(2).public, pickup: pickup(&CODE) });
    Escrow {
        accept_ms: Millis(40),
        arbiter: Third { key: key(1).public, certificate: Hash::of(b"arbiter") },
        carrier,
        deliver_ms: Millis(20),
        hearing_ms: Millis(80),
        ship_by: at(10),
        silent,
    }
}

fn signed<B: Body>(body: B) -> Statement<B> {
    let (crypto, pair, keyring) = (Ideal::new(9), key(3), Keyring::for_simulation([9; 32]));
    let author = Author::uncertified(Role::Party, &pair);
    let base = Context { now: OPENED, crypto: &crypto, keyring: &keyring };
    let about = About::exchange(Xid(Hash::of(b"lock")), Vec::<KeyId>::new());
    make(&crypto, &pair.secret, author.meta::<B>(&base, about, ANSWER_VALIDITY), body).unwrap()
}

fn consignment(due: u64) -> Act {
    let salt = Secret32::from_bytes([4; 32]);
    Act::Consignment(signed(st::Consignment { account: "A-2".to_owned(), due: eur(due), salt }))
}

fn handed_over(code: Nonce) -> Act {
    Act::HandedOver(signed(st::HandedOver { at: OPENED, code }))
}

fn approval(due: u64) -> Act {
    Act::Approval(signed(st::Approval { amount: eur(due), consignment: hash(&consignment(80)) }))
}

fn dispute(by: Side) -> Act {
    let body = st::Dispute { consignment: hash(&consignment(80)), evidence: Hash::of(b"picture") };
    Act::Dispute { by, dispute: signed(body) }
}

fn ruling(payee: u64, payer: u64) -> Act {
    let (dispute, reasons) = (hash(&dispute(Side::Payer)), Hash::of(b"reasons"));
    Act::Ruling(signed(st::Ruling { dispute, payee: eur(payee), payer: eur(payer), reasons }))
}

fn hash(act: &Act) -> Hash {
    match act {
        Act::Approval(act) => act.hash,
        Act::Consignment(act) => act.hash,
        Act::Dispute { dispute, .. } => dispute.hash,
        Act::HandedOver(act) => act.hash,
        Act::Ruling(act) => act.hash,
    }
}

struct Case {
    terms: Escrow,
    course: Course,
}

impl Case {
    fn new(with_carrier: bool) -> Self {
        Case { terms: terms(with_carrier, Side::Payer), course: Course::Waiting }
    }

    fn turn(&self, act: &Act, now: u64) -> Result<Turn, Violation> {
        self.course.turn(Some(act), &self.terms, eur(100), at(now))
    }

    /// An act that makes a row.
    fn row(mut self, act: &Act, now: u64) -> Self {
        let Turn::Row(course, _) = self.turn(act, now).unwrap() else { panic!("no row") };
        self.course = course;
        self
    }

    fn refused(&self, act: &Act, now: u64) -> Code {
        self.turn(act, now).unwrap_err().code()
    }

    /// (payee, payer, why), by an act or by the clock alone.
    fn end(&self, act: Option<&Act>, now: u64) -> (u64, u64, st::DivideBasis) {
        let turn = self.course.turn(act, &self.terms, eur(100), at(now)).unwrap();
        let Turn::End(end) = turn else { panic!("{turn:?}") };
        assert_eq!(end.divided.at, at(now));
        assert_eq!(end.account.is_some(), end.divided.payee.minor() > 0);
        assert_eq!(end.divided.payee.plus(end.divided.payer).unwrap(), eur(100));
        (end.divided.payee.minor(), end.divided.payer.minor(), end.divided.basis)
    }

    /// The clock does nothing before this moment.
    fn waits_until(&self, moment: u64) {
        assert_eq!(self.course.deadline(&self.terms), at(moment));
        assert_eq!(self.course.turn(None, &self.terms, eur(100), at(moment - 1)).unwrap(), Turn::Wait);
    }
}

/// Consigned at 5, with 80 of 100 due.
fn consigned(with_carrier: bool) -> Case {
    Case::new(with_carrier).row(&consignment(80), 5)
}

#[test]
fn nothing_shipped_goes_back() {
    let case = Case::new(true);
    case.waits_until(10);
    assert_eq!(case.end(None, 10), (0, 100, st::DivideBasis::NotShipped));
    assert_eq!(case.end(Some(&consignment(80)), 10), (0, 100, st::DivideBasis::NotShipped), "too late");
    assert!(matches!(case.turn(&consignment(80), 9).unwrap(), Turn::Row(Course::Consigned(_), Row::Consigned(_))));
}

#[test]
fn what_the_carrier_does_not_hand_over_goes_back() {
    let case = consigned(true);
    case.waits_until(25);
    assert_eq!(case.end(None, 25), (0, 100, st::DivideBasis::NotArrived));
    assert_eq!(case.end(Some(&handed_over(CODE)), 25), (0, 100, st::DivideBasis::NotArrived), "too late");
    case.row(&handed_over(CODE), 24).waits_until(64);
}

#[test]
fn silence_pays_after_the_time_to_look() {
    let arrived = consigned(true).row(&handed_over(CODE), 7);
    arrived.waits_until(47);
    assert_eq!(arrived.end(None, 47), (80, 20, st::DivideBasis::Unobjected));
    assert_eq!(arrived.end(Some(&dispute(Side::Payer)), 47), (80, 20, st::DivideBasis::Unobjected), "too late");
    let without_carrier = consigned(false);
    without_carrier.waits_until(65);
    assert_eq!(without_carrier.end(None, 65), (80, 20, st::DivideBasis::Unobjected));
}

#[test]
fn approval_pays_at_once() {
    let arrived = consigned(true).row(&handed_over(CODE), 7);
    for case in [consigned(true), consigned(false), arrived, consigned(false).row(&dispute(Side::Payer), 6)] {
        assert_eq!(case.end(Some(&approval(80)), 8), (80, 20, st::DivideBasis::Approved));
        assert_eq!(case.refused(&approval(79), 8), Code::MismatchAmount);
    }
    assert_eq!(Case::new(true).refused(&approval(80), 5), Code::OutOfTurn, "nothing is there to approve");
    assert_eq!(Case::new(true).row(&consignment(79), 5).refused(&approval(80), 6), Code::RefWrong);
}

#[test]
fn whom_silence_speaks_against_may_dispute() {
    let arrived = || consigned(true).row(&handed_over(CODE), 7);
    for case in [consigned(true), consigned(false), arrived()] {
        case.row(&dispute(Side::Payer), 8).waits_until(150);
    }
    consigned(true).row(&dispute(Side::Payee), 8).waits_until(150);
    for case in [consigned(false), arrived()] {
        assert_eq!(case.refused(&dispute(Side::Payee), 8), Code::OutOfTurn);
    }
    assert_eq!(Case::new(true).refused(&dispute(Side::Payer), 5), Code::OutOfTurn);
    assert_eq!(Case::new(false).row(&consignment(79), 5).refused(&dispute(Side::Payer), 6), Code::RefWrong);
    let again = consigned(true).row(&dispute(Side::Payee), 8);
    assert_eq!(again.turn(&dispute(Side::Payer), 9).unwrap(), Turn::Again, "one dispute is enough");
}

#[test]
fn a_ruling_divides_what_is_disputed() {
    let case = consigned(false).row(&dispute(Side::Payer), 6);
    for (payee, payer) in [(0, 100), (30, 70), (80, 20)] {
        assert_eq!(case.end(Some(&ruling(payee, payer)), 149), (payee, payer, st::DivideBasis::Ruled));
    }
    for (payee, payer) in [(81, 19), (80, 21), (30, 60), (0, 0)] {
        assert_eq!(case.refused(&ruling(payee, payer), 7), Code::MismatchAmount, "{payee} {payer}");
    }
    assert_eq!(case.end(Some(&ruling(80, 20)), 150), (0, 100, st::DivideBasis::Unruled), "too late");
    let by_payee = consigned(true).row(&dispute(Side::Payee), 6);
    assert_eq!(by_payee.end(Some(&ruling(30, 70)), 7), (30, 70, st::DivideBasis::Ruled));
    let other = Act::Ruling(signed(st::Ruling {
        dispute: Hash::of(b"another"),
        payee: eur(30),
        payer: eur(70),
        reasons: Hash::of(b"reasons"),
    }));
    assert_eq!(case.refused(&other, 7), Code::RefWrong);
}

#[test]
fn nobody_rules_without_a_dispute() {
    for case in [Case::new(true), consigned(true), consigned(false), consigned(true).row(&handed_over(CODE), 7)] {
        assert_eq!(case.refused(&ruling(80, 20), 8), Code::OutOfTurn);
    }
}

#[test]
fn without_a_ruling_it_is_as_agreed() {
    for (silent, shares) in [(Side::Payee, (80, 20)), (Side::Payer, (0, 100))] {
        let case = Case { terms: terms(true, silent), course: Course::Waiting };
        let case = case.row(&consignment(80), 5).row(&dispute(Side::Payer), 6);
        case.waits_until(150);
        assert_eq!(case.end(None, 150), (shares.0, shares.1, st::DivideBasis::Unruled));
    }
}

#[test]
fn only_the_code_counts_as_arrival() {
    assert_eq!(consigned(true).refused(&handed_over(Nonce([6; 16])), 6), Code::CommitmentWrong);
    assert_eq!(consigned(false).refused(&handed_over(CODE), 6), Code::OutOfTurn, "no carrier was named");
    assert_eq!(Case::new(true).refused(&handed_over(CODE), 5), Code::OutOfTurn, "not shipped");
    let arrived = consigned(true).row(&handed_over(CODE), 7);
    assert_eq!(arrived.turn(&handed_over(CODE), 30).unwrap(), Turn::Again, "the time to look begins once");
    let disputed = consigned(true).row(&dispute(Side::Payer), 7);
    assert_eq!(disputed.turn(&handed_over(CODE), 8).unwrap(), Turn::Again);
}

#[test]
fn one_consignment() {
    let case = consigned(true);
    assert_eq!(case.turn(&consignment(80), 6).unwrap(), Turn::Again);
    assert_eq!(case.refused(&consignment(81), 6), Code::AnotherRun);
    assert_eq!(Case::new(true).refused(&consignment(0), 5), Code::MismatchAmount);
    assert_eq!(Case::new(true).refused(&consignment(101), 5), Code::MismatchAmount);
    Case::new(true).row(&consignment(100), 5);
}

/// Whatever is done and whenever, the money is divided at the last moment, and the arbiter had its time.
#[test]
fn nobody_is_stranded() {
    let acts =
        [consignment(80), handed_over(CODE), dispute(Side::Payer), dispute(Side::Payee), approval(80), ruling(30, 70)];
    for with_carrier in [false, true] {
        let terms = terms(with_carrier, Side::Payer);
        let (mut courses, mut seen) = (vec![(Course::Waiting, 0)], BTreeSet::new());
        while let Some((course, since)) = courses.pop() {
            if !seen.insert(format!("{since} {course:?}")) {
                continue;
            }
            assert!(course.deadline(&terms) <= terms.last());
            if let Course::Disputed(_) = course {
                assert!(terms.last() >= at(since).plus(terms.hearing_ms));
            }
            assert!(matches!(course.turn(None, &terms, eur(100), terms.last()), Ok(Turn::End(_))));
            // Every third millisecond, and each moment at which something turns.
            let moments = (since..150).filter(|now| now % 3 == 0 || now % 5 == 4);
            for (act, now) in moments.flat_map(|now| acts.iter().map(move |act| (act, now))) {
                if let Ok(Turn::Row(next, _)) = course.turn(Some(act), &terms, eur(100), at(now)) {
                    courses.push((next, now));
                }
            }
        }
        assert!(seen.len() > 100, "{}", seen.len());
    }
}

#[test]
fn terms_hold_together() {
    let good = terms(true, Side::Payer);
    good.check(OPENED).unwrap();
    assert_eq!(good.keys().count(), 2);
    let carrier = Carrier { key: good.arbiter.key.clone(), pickup: pickup(&CODE) };
    let year = Millis::days(367);
    let bad = [
        Escrow { accept_ms: Millis(0), ..good.clone() },
        Escrow { deliver_ms: Millis(0), ..good.clone() },
        Escrow { hearing_ms: year, ..good.clone() },
        Escrow { ship_by: OPENED, ..good.clone() },
        Escrow { ship_by: OPENED.plus(year), ..good.clone() },
        Escrow { carrier: Some(carrier), ..good },
    ];
    for terms in bad {
        assert_eq!(terms.check(OPENED).unwrap_err().code(), Code::DescriptorWrong);
    }
}
