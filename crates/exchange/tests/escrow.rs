//! Money for parcels, as the production holder, its check and the judge have it: what honest parties come to, and
//! what carriers, arbiters and either side may try. Every order of events is looked at in `worlds_escrow`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "escrow/bench.rs"]
mod bench;

use bench::{Bench, CODE, Times, act, at, eur, told};
use semper_base::{Hash, Nonce, Role};
use semper_blocks::statement::{Kind, danger_typed_unverified};
use semper_exchange::fair::lock::escrow::Side;
use semper_exchange::fair::lock::escrow::statements::{self as st, DivideBasis};
use semper_exchange::fair::lock::{Effect, Event, Holder, Money, Seat};
use semper_exchange::judge::Evidence;
use semper_exchange::judge::Misdeed;
use semper_support::crypto::Ideal;

/// To ship: 10. To bring: 20. To look: 40. To rule: 80. The last moment: 150.
const TIMES: Times = Times { ship: 10, deliver: 20, accept: 40, hearing: 80 };
const LAST: u64 = 150;

/// A course of events at the holder, and everything that it told the payer.
struct Course {
    bench: Bench,
    holder: Holder,
    rows: Vec<(String, Option<String>)>,
    money: Vec<Money>,
}

impl Course {
    fn new(with_carrier: bool) -> Self {
        let bench = Bench::new(TIMES, with_carrier, Side::Payer);
        let holder = bench.locked();
        Course { bench, holder, rows: Vec::new(), money: Vec::new() }
    }

    fn took(&mut self, step: Option<(Holder, Vec<Effect>)>) -> bool {
        let Some((holder, effects)) = step else { return false };
        self.holder = holder;
        self.money.extend(effects.iter().filter_map(|effect| match effect {
            Effect::Money(money) => Some(money.clone()),
            _ => None,
        }));
        self.rows.extend(told(&effects));
        true
    }

    /// Whether the holder takes it.
    fn says(&mut self, from: Seat, text: &str, tick: u64) -> bool {
        let step = self.bench.say(&self.holder, from, act(text), tick);
        self.took(step)
    }

    fn clock(&mut self, tick: u64) {
        let step = self.bench.step(&self.holder, &Event::Deadline, tick);
        assert!(self.took(step));
    }

    fn consigned(with_carrier: bool) -> Self {
        let mut course = Course::new(with_carrier);
        let consignment = course.bench.consignment(80).text;
        assert!(course.says(Seat::Payee, &consignment, 5));
        course
    }

    fn arrived() -> Self {
        let mut course = Course::consigned(true);
        let handed_over = course.bench.handed_over(CODE).text;
        assert!(course.says(Seat::Payee, &handed_over, 7));
        course
    }

    fn disputes(&mut self, by: Side, tick: u64) -> bool {
        let dispute = self.bench.dispute(by, 80).text;
        self.says(by.seat(), &dispute, tick)
    }

    /// (payee, payer, why), once it is divided; and that the books did exactly that, once.
    fn end(&self) -> (u64, u64, DivideBasis) {
        let (statement, _) = self.rows.last().unwrap();
        let divided = danger_typed_unverified::<st::Divided>(statement).unwrap().body;
        assert_eq!(self.holder.word(), "divided");
        let paid = Money::Divide {
            payee: (divided.payee.minor() > 0).then(|| "payee".to_owned()),
            paid: divided.payee,
            payer: "payer".to_owned(),
            back: divided.payer,
        };
        assert_eq!(self.money, [paid]);
        assert_eq!(divided.payee.plus(divided.payer).unwrap(), eur(100));
        (divided.payee.minor(), divided.payer.minor(), divided.basis)
    }

    /// Who is convicted by everything that the payer was told, and by what is added.
    fn convicted(&self, more: &[&str]) -> Vec<(Role, Misdeed)> {
        let mut evidence = Evidence::default();
        let rows = self.rows.iter().flat_map(|(row, ground)| [Some(row), ground.as_ref()]).flatten();
        for (number, text) in rows.map(String::as_str).chain(more.iter().copied()).enumerate() {
            evidence.add(&format!("{number}"), text.as_bytes()).unwrap();
        }
        let verdict = semper_exchange::judge::lock::judge(&self.bench.lock, &evidence, &Ideal::new(1));
        verdict.convictions.iter().map(|conviction| (conviction.who, conviction.misdeed)).collect()
    }
}

#[test]
fn the_plain_way() {
    let mut course = Course::arrived();
    let approval = course.bench.approval(80).text;
    assert!(course.says(Seat::Payer, &approval, 9));
    assert_eq!(course.end(), (80, 20, DivideBasis::Approved));
    assert_eq!(course.convicted(&[]), []);
}

#[test]
fn nobody_says_anything() {
    let mut nothing = Course::new(true);
    nothing.clock(9);
    assert_eq!(nothing.holder.word(), "locked");
    nothing.clock(10);
    assert_eq!(nothing.end(), (0, 100, DivideBasis::NotShipped));
    let mut lost = Course::consigned(true);
    lost.clock(25);
    assert_eq!(lost.end(), (0, 100, DivideBasis::NotArrived));
    let mut here = Course::arrived();
    here.clock(47);
    assert_eq!(here.end(), (80, 20, DivideBasis::Unobjected));
    for course in [nothing, lost, here] {
        assert_eq!(course.convicted(&[]), []);
    }
}

/// Scenario 52.
#[test]
fn an_empty_parcel_with_a_good_code_is_for_the_arbiter() {
    let mut course = Course::arrived();
    assert!(course.disputes(Side::Payer, 46));
    course.clock(149);
    assert_eq!(course.holder.word(), "locked", "no default while the arbiter has time");
    let ruling = course.bench.ruling(Side::Payer, 80, 0).text;
    assert!(course.says(Seat::Payer, &ruling, 149));
    assert_eq!(course.end(), (0, 100, DivideBasis::Ruled));
    assert_eq!(course.convicted(&[]), []);
}

/// Scenario 53: the code alone pays nobody before the payer had time to see that nothing is in its hands.
#[test]
fn a_courier_who_is_a_thief_has_the_code_and_not_the_money() {
    let mut course = Course::arrived();
    assert!(course.money.is_empty(), "the code begins the time to look and no more");
    let without = course.bench.ruling(Side::Payer, 80, 80).text;
    assert!(!course.says(Seat::Payee, &without, 8), "nobody rules before somebody objects");
    assert!(course.disputes(Side::Payer, 8));
    let halves = course.bench.ruling(Side::Payer, 80, 30).text;
    assert!(course.says(Seat::Payer, &halves, 9));
    assert_eq!(course.end(), (30, 70, DivideBasis::Ruled));
}

/// Scenario 54.
#[test]
fn a_carrier_in_league_with_either_side() {
    // With the payee: without the code its word is worth nothing.
    let mut course = Course::consigned(true);
    let guessed = course.bench.handed_over(Nonce([6; 16])).text;
    assert!(!course.says(Seat::Payee, &guessed, 6));
    course.clock(25);
    assert_eq!(course.end(), (0, 100, DivideBasis::NotArrived));
    // With the payer: it has the goods, and the carrier says nothing.
    let mut course = Course::consigned(true);
    assert!(course.disputes(Side::Payee, 24));
    let ruling = course.bench.ruling(Side::Payee, 80, 80).text;
    assert!(course.says(Seat::Payee, &ruling, 30));
    assert_eq!(course.end(), (80, 20, DivideBasis::Ruled));
}

/// Scenario 55.
#[test]
fn an_objection_counts_until_the_moment_of_silence() {
    let mut before = Course::arrived();
    assert!(before.disputes(Side::Payer, 46));
    assert_eq!(before.holder.word(), "locked");
    let mut after = Course::arrived();
    assert!(after.disputes(Side::Payer, 47), "it is told what stands");
    assert_eq!(after.end(), (80, 20, DivideBasis::Unobjected));
    let mut without_carrier = Course::consigned(false);
    assert!(without_carrier.disputes(Side::Payer, 64));
    assert_eq!(without_carrier.holder.word(), "locked");
    let mut late = Course::consigned(false);
    assert!(late.disputes(Side::Payer, 65));
    assert_eq!(late.end(), (80, 20, DivideBasis::Unobjected));
}

/// Scenario 56.
#[test]
fn a_ruling_and_the_last_moment_race() {
    for (tick, end) in [(LAST - 1, (80, 20, DivideBasis::Ruled)), (LAST, (0, 100, DivideBasis::Unruled))] {
        let mut course = Course::arrived();
        assert!(course.disputes(Side::Payer, 40));
        let ruling = course.bench.ruling(Side::Payer, 80, 80).text;
        assert!(course.says(Seat::Payee, &ruling, tick));
        assert_eq!(course.end(), end);
        course.clock(LAST + 1);
        assert_eq!(course.end(), end, "once");
        assert_eq!(course.convicted(&[&ruling]), []);
    }
}

/// Scenario 57.
#[test]
fn an_arbiter_who_signs_two_rulings() {
    let mut course = Course::arrived();
    assert!(course.disputes(Side::Payer, 40));
    let [one, other] = [80, 0].map(|payee| course.bench.ruling(Side::Payer, 80, payee).text);
    assert!(course.says(Seat::Payee, &one, 50));
    assert!(course.says(Seat::Payer, &other, 51), "it is told what stands");
    assert_eq!(course.end(), (80, 20, DivideBasis::Ruled), "the first is carried out, once");
    assert_eq!(course.convicted(&[&other]), [(Role::Arbiter, Misdeed::TwoAnswers)]);
    assert_eq!(course.convicted(&[]), [], "one alone convicts nobody");
    // The same ruling with other reasons, or signed once more, is no second one.
    let mut again = danger_typed_unverified::<st::Ruling>(&one).unwrap().body;
    again.reasons = Hash::of(b"more of them");
    let again = course.bench.sign(Role::Arbiter, &course.bench.arbiter, again, 1).text;
    assert_eq!(course.convicted(&[&again]), []);
}

#[test]
fn the_payee_may_always_give_back() {
    for mut course in [Course::new(true), Course::consigned(true), Course::arrived(), Course::consigned(false)] {
        let payer = course.bench.give_back(&course.bench.payer);
        let step = course.bench.say(&course.holder, Seat::Payer, payer, 8);
        assert!(course.took(step));
        assert_eq!(course.holder.word(), "locked", "the payer may not");
        let payee = course.bench.give_back(&course.bench.payee);
        let step = course.bench.say(&course.holder, Seat::Payee, payee, 8);
        assert!(course.took(step));
        assert_eq!(course.holder.word(), "returned");
        assert_eq!(course.money, [Money::Release { account: "payer".to_owned() }]);
        let clock = course.bench.step(&course.holder, &Event::Deadline, LAST);
        assert!(course.took(clock));
        assert_eq!(course.money.len(), 1);
    }
}

#[test]
fn words_of_others_count_for_nothing() {
    let mut course = Course::consigned(true);
    let bench = &course.bench;
    let code = st::HandedOver { at: at(6), code: CODE };
    let dispute = bench.dispute(Side::Payer, 80);
    let ruling = danger_typed_unverified::<st::Ruling>(&bench.ruling(Side::Payer, 80, 80).text).unwrap().body;
    let approval = danger_typed_unverified::<st::Approval>(&bench.approval(80).text).unwrap().body;
    let forged = [
        bench.sign(Role::Carrier, &bench.payee, code.clone(), 0).text,
        bench.sign(Role::Party, &bench.carrier, code, 0).text,
        bench.sign(Role::Arbiter, &bench.payee, ruling.clone(), 0).text,
        bench.sign(Role::Party, &bench.arbiter, ruling, 0).text,
        bench.sign(Role::Party, &bench.payee, approval, 0).text,
        bench.sign(Role::Party, &bench.carrier, dispute.body, 0).text,
    ];
    for text in forged {
        assert!(!course.says(Seat::Payee, &text, 8), "{text}");
    }
    // The account is the payee's, or nothing is consigned.
    let mut fresh = Course::new(true);
    let body = st::Consignment { account: "payer".to_owned(), ..fresh.bench.consignment(80).body };
    let other = fresh.bench.sign(Role::Party, &fresh.bench.payee, body, 0).text;
    assert!(!fresh.says(Seat::Payee, &other, 5));
    assert_eq!(fresh.convicted(&[&other]), [(Role::Seller, Misdeed::CapturedForAnother)]);
    assert_eq!(Kind::from_word("divided"), Some(Kind::Divided));
}

/// What a holder may sign against its own rows, against L, and against what it names.
#[test]
fn a_holder_that_pays_against_the_rules_is_convicted() {
    use DivideBasis as B;
    use Misdeed as M;
    let bench = Bench::new(TIMES, true, Side::Payer);
    let lie = |body: st::Divided| bench.sign(Role::Bank, &bench.holder, body, 9).text;
    let divided = |tick, basis, ground, payee| st::Divided {
        at: at(tick),
        basis,
        ground,
        payee: eur(payee),
        payer: eur(100 - payee),
    };
    let (ruling, approval, dispute) =
        (bench.ruling(Side::Payer, 80, 30), bench.approval(80), bench.dispute(Side::Payer, 80));
    let disputed = || {
        let mut course = Course::arrived();
        assert!(course.disputes(Side::Payer, 8));
        course
    };
    let cases = vec![
        ("not shipped", Course::consigned(true), divided(20, B::NotShipped, None, 0), M::DividedAgainstRecord),
        ("not shipped, early", Course::new(true), divided(9, B::NotShipped, None, 0), M::DividedTooEarly),
        ("not arrived", Course::arrived(), divided(30, B::NotArrived, None, 0), M::DividedAgainstRecord),
        ("not arrived, early", Course::consigned(true), divided(24, B::NotArrived, None, 0), M::DividedTooEarly),
        ("nobody objected", disputed(), divided(60, B::Unobjected, None, 80), M::DividedAgainstRecord),
        ("nobody objected, early", Course::arrived(), divided(46, B::Unobjected, None, 80), M::DividedTooEarly),
        ("more than is due", Course::arrived(), divided(47, B::Unobjected, None, 90), M::DividedAgainstRecord),
        ("no ruling, early", disputed(), divided(LAST - 1, B::Unruled, None, 0), M::DividedTooEarly),
        ("no ruling, for the other", disputed(), divided(LAST, B::Unruled, None, 80), M::DividedAgainstRecord),
        ("a ruling of nobody", disputed(), divided(20, B::Ruled, None, 30), M::NoGround),
        ("another ruling", disputed(), divided(20, B::Ruled, Some(ruling.hash), 40), M::FalseGround),
        ("no approval", disputed(), divided(20, B::Approved, Some(dispute.hash), 80), M::FalseGround),
        ("silence with a ground", Course::arrived(), divided(47, B::Unobjected, Some(approval.hash), 80), M::NoGround),
    ];
    for (name, course, body, misdeed) in cases {
        let convicted = course.convicted(&[&lie(body), &ruling.text, &approval.text]);
        assert!(convicted.contains(&(Role::Bank, misdeed)), "{name}: {convicted:?}");
    }
    let mut paid = Course::arrived();
    paid.clock(47);
    let twice = paid.convicted(&[&lie(divided(60, B::Unobjected, None, 80))]);
    assert_eq!(twice, [(Role::Bank, M::TwoAnswers)]);
    let odd = st::Divided { payer: eur(30), ..divided(47, B::Unobjected, None, 80) };
    assert!(Course::arrived().convicted(&[&lie(odd)]).contains(&(Role::Bank, M::UnlikeDescriptor)));
}

/// The rows on the way there.
#[test]
fn a_holder_whose_rows_cannot_be_is_convicted() {
    use Misdeed as M;
    let bench = Bench::new(TIMES, true, Side::Payer);
    let guessed = bench.handed_over(Nonce([6; 16]));
    let (good, dispute) = (bench.handed_over(CODE), bench.dispute(Side::Payer, 80));
    let arrived = |tick, named: Hash, until| {
        let body = st::Arrived { at: at(tick), handed_over: named, until: at(until) };
        bench.sign(Role::Bank, &bench.holder, body, 9).text
    };
    let disputed = |tick, until| {
        let body = st::Disputed { at: at(tick), by: Side::Payer, dispute: dispute.hash, until: at(until) };
        bench.sign(Role::Bank, &bench.holder, body, 9).text
    };
    let consigned = |due, until| {
        let named = bench.consignment(80).hash;
        let body = st::Consigned { at: at(5), consignment: named, due: eur(due), until: at(until) };
        bench.sign(Role::Bank, &bench.holder, body, 9).text
    };
    let cases = vec![
        (
            "without the code",
            Course::consigned(true),
            vec![arrived(6, guessed.hash, 46), guessed.text.clone()],
            M::FalseGround,
        ),
        (
            "named another",
            Course::consigned(true),
            vec![arrived(6, dispute.hash, 46), dispute.text.clone()],
            M::FalseGround,
        ),
        ("a shorter time to look", Course::consigned(true), vec![arrived(6, good.hash, 45)], M::UnlikeDescriptor),
        ("arrived too late", Course::consigned(true), vec![arrived(26, good.hash, 66)], M::OutOfOrder),
        ("disputed too late", Course::arrived(), vec![disputed(48, LAST)], M::OutOfOrder),
        ("a shorter hearing", Course::arrived(), vec![disputed(20, 100)], M::UnlikeDescriptor),
        ("another time to bring", Course::new(true), vec![consigned(80, 24)], M::UnlikeDescriptor),
        ("another due", Course::new(true), vec![consigned(90, 25), bench.consignment(80).text], M::FalseGround),
        ("two consignments", Course::consigned(true), vec![consigned(90, 25)], M::TwoAnswers),
    ];
    for (name, course, more, misdeed) in cases {
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let convicted = course.convicted(&more);
        assert!(convicted.contains(&(Role::Bank, misdeed)), "{name}: {convicted:?}");
    }
}
