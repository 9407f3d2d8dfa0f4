//! What convicts the bank: its own rows against each other, against the descriptor, and against the
//! bytes of what they name.

use semper_base::{Hash, Role, Timestamp};
use semper_blocks::statement::Kind;

use super::evidence::Piece;
use super::facts::{Facts, Found};
use super::slots::{both, different};
use super::verdict::{Docket, Misdeed};
use crate::fair::dgp::message::{captured_fits, held_fits};
use crate::fair::dgp::statements as st;
use crate::fair::dgp::statements::{RefundBasis, ReleaseBy, SettleBasis};

const WHO: Role = Role::Bank;

pub(super) fn convict(facts: &Facts<'_>, out: &mut Docket) {
    slots(facts, out);
    unlike_descriptor(facts, out);
    grounds(facts, out);
    early(facts, out);
    order(facts, out);
    denials(facts, out);
}

/// One slot, one answer.
fn slots(facts: &Facts<'_>, out: &mut Docket) {
    different(WHO, &facts.held, out);
    different(WHO, &facts.captured, out);
    different(WHO, &facts.released, out);
    different(WHO, &facts.contested, out);
    different(WHO, &facts.passed, out);
    different(WHO, &facts.recorded, out);
    different(WHO, &facts.settled, out);
    different(WHO, &facts.refunded, out);
    both(WHO, Misdeed::CapturedAndReleased, &facts.captured, &facts.released, out);
    both(WHO, Misdeed::SettledAndRefunded, &facts.settled, &facts.refunded, out);
    let after = Misdeed::ActedAfterRelease;
    both(WHO, after, &facts.released, &facts.contested, out);
    both(WHO, after, &facts.released, &facts.passed, out);
    both(WHO, after, &facts.released, &facts.recorded, out);
    both(WHO, after, &facts.released, &facts.settled, out);
    both(WHO, after, &facts.released, &facts.refunded, out);
}

/// Members that the descriptor fixes, one by one or together with the bank's own moment.
fn unlike_descriptor(facts: &Facts<'_>, out: &mut Docket) {
    let (x, core, times) = (facts.x, &facts.x.core, &facts.x.core.deadlines);
    let mut unlike = |piece| out.convict(WHO, Misdeed::UnlikeDescriptor, [piece]);
    wrong(&facts.held, |held| held_fits(held, x).is_err()).for_each(&mut unlike);
    // That it came too late is a misdeed of its own; everything else is compared here.
    let differs = |captured: &st::Captured| match captured_fits(captured, x) {
        Err(error) => error.code() != semper_base::Code::TooLate,
        Ok(()) => false,
    };
    wrong(&facts.captured, differs).for_each(&mut unlike);
    wrong(&facts.released, |row| row.amount != core.amount).for_each(&mut unlike);
    wrong(&facts.settled, |row| row.amount != core.amount).for_each(&mut unlike);
    wrong(&facts.refunded, |row| row.amount != core.amount).for_each(&mut unlike);
    wrong(&facts.contested, |row| row.answer_until != row.at.plus(times.contest_ms)).for_each(&mut unlike);
    wrong(&facts.passed, |row| row.settle_after < row.at.plus(times.complaint_ms)).for_each(&mut unlike);
    // No complaint window here: an opening that is recorded after settlement has none.
    wrong(&facts.recorded, |row| row.settle_after < row.at).for_each(&mut unlike);
    for row in wrong(&facts.captured, |row| row.captured_at >= times.hold_until) {
        out.convict(WHO, Misdeed::CapturedTooLate, [row]);
    }
    for row in wrong(&facts.released, |row| row.by == ReleaseBy::Expiry && row.at < times.hold_until) {
        out.convict(WHO, Misdeed::ReleasedTooEarly, [row]);
    }
    for row in wrong(&facts.passed, |row| row.key.check(&core.com_k).is_err()) {
        out.convict(WHO, Misdeed::FalseKey, [row]);
    }
}

/// The pieces of the rows that `is_wrong`.
fn wrong<'a, B>(rows: &'a [Found<'a, B>], is_wrong: impl Fn(&B) -> bool) -> impl Iterator<Item = &'a Piece> {
    rows.iter().filter(move |row| is_wrong(&row.body)).map(|row| row.piece)
}

/// What a row rests on.
fn grounds(facts: &Facts<'_>, out: &mut Docket) {
    let ground = |named: &Hash, is_that: bool, row: &Piece, out: &mut Docket| {
        if let Some(bytes) = facts.evidence.preimage(named).filter(|_| !is_that) {
            out.convict(WHO, Misdeed::FalseGround, [row, bytes]);
        }
    };
    for row in &facts.held {
        let named = row.body.hold;
        let is_that = facts.hold.iter().any(|hold| hold.hash == named && facts.hold_fits(&hold.body));
        ground(&named, is_that, row.piece, out);
    }
    for row in &facts.captured {
        let named = row.body.mandate;
        let is_that = facts.mandate.iter().any(|mandate| mandate.hash == named && facts.mandate_fits(&mandate.body));
        ground(&named, is_that, row.piece, out);
    }
    for row in &facts.recorded {
        let named = row.body.opened;
        ground(&named, facts.opened.iter().any(|opened| opened.hash == named), row.piece, out);
    }
    for row in &facts.settled {
        match (row.body.basis, row.body.receipt) {
            (SettleBasis::Receipt, Some(named)) => {
                let is_that = facts.receipt.iter().any(|r| r.hash == named && facts.receipt_fits(&r.body));
                ground(&named, is_that, row.piece, out);
            }
            (SettleBasis::Timer, None) => {}
            (SettleBasis::Receipt, None) | (SettleBasis::Timer, Some(_)) => {
                out.convict(WHO, Misdeed::NoGround, [row.piece]);
            }
        }
    }
    for row in &facts.refunded {
        match (row.body.basis, row.body.notary) {
            (RefundBasis::BadEscrow, Some(named)) => {
                let box_is = facts.x.escrow_hash;
                let is_that = facts.bad_escrow.iter().any(|bad| bad.hash == named && bad.body.escrow == box_is);
                ground(&named, is_that, row.piece, out);
            }
            (RefundBasis::WrongFile, Some(named)) => {
                ground(&named, facts.wrong_file.iter().any(|file| file.hash == named), row.piece, out);
            }
            (RefundBasis::Contest, None) => {}
            (RefundBasis::BadEscrow | RefundBasis::WrongFile, None) | (RefundBasis::Contest, Some(_)) => {
                out.convict(WHO, Misdeed::NoGround, [row.piece]);
            }
        }
    }
}

/// Money that moved by the clock, before its time.
fn early(facts: &Facts<'_>, out: &mut Docket) {
    let times = &facts.x.core.deadlines;
    let (skew, window) = (times.skew_ms, times.complaint_ms);
    for row in facts.settled.iter().filter(|row| row.body.basis == SettleBasis::Timer) {
        let at = row.body.at;
        let mut early = |because: &Piece| out.convict(WHO, Misdeed::SettledTooEarly, [row.piece, because]);
        let captured = facts.captured.iter().filter(|c| at < c.body.settle_after);
        captured.for_each(|c| early(c.piece));
        // A key can be passed on only before settlement, and then opens a window.
        let passed = facts.passed.iter().filter(|p| at < p.body.settle_after.max(p.body.at.plus(window)));
        passed.for_each(|p| early(p.piece));
        // A contest is answered by a later row, and the answer opens a window.
        let contested = facts.contested.iter().filter(|c| at.plus(skew) < c.body.at.plus(window));
        contested.for_each(|c| early(c.piece));
        // An opening may also be recorded after settlement; then it opens none.
        let recorded = facts.recorded.iter().filter(|r| {
            let (before, clearly_before) = (r.body.at <= at, r.body.at.plus(skew) < at);
            before && at < r.body.settle_after || clearly_before && at < r.body.at.plus(window)
        });
        recorded.for_each(|r| early(r.piece));
    }
    for row in facts.refunded.iter().filter(|row| row.body.basis == RefundBasis::Contest) {
        for contested in facts.contested.iter().filter(|c| row.body.at < c.body.answer_until) {
            out.convict(WHO, Misdeed::RefundedTooEarly, [row.piece, contested.piece]);
        }
        let answers = facts.passed.iter().map(|p| p.piece).chain(facts.recorded.iter().map(|r| r.piece));
        for answer in answers {
            out.convict(WHO, Misdeed::RefundedDespiteKey, [row.piece, answer]);
        }
    }
}

/// A row of the bank: when it was written, and the piece.
type Moment<'a> = (Timestamp, &'a Piece);

/// Every row of one kind with its moment.
struct Moments<'a> {
    held: Vec<Moment<'a>>,
    captured: Vec<Moment<'a>>,
    released: Vec<Moment<'a>>,
    contested: Vec<Moment<'a>>,
    passed: Vec<Moment<'a>>,
    recorded: Vec<Moment<'a>>,
    settled: Vec<Moment<'a>>,
    refunded: Vec<Moment<'a>>,
}

impl<'a> Moments<'a> {
    fn of(facts: &'a Facts<'a>) -> Self {
        Moments {
            held: facts.held.iter().map(|row| (row.issued, row.piece)).collect(),
            captured: moments(&facts.captured, |row| row.captured_at),
            released: moments(&facts.released, |row| row.at),
            contested: moments(&facts.contested, |row| row.at),
            passed: moments(&facts.passed, |row| row.at),
            recorded: moments(&facts.recorded, |row| row.at),
            settled: moments(&facts.settled, |row| row.at),
            refunded: moments(&facts.refunded, |row| row.at),
        }
    }

    fn of_kind(&self, kind: Kind) -> &[Moment<'a>] {
        match kind {
            Kind::Captured => &self.captured,
            Kind::Contested => &self.contested,
            Kind::Held => &self.held,
            Kind::PassedKey => &self.passed,
            Kind::Recorded => &self.recorded,
            Kind::Refunded => &self.refunded,
            Kind::Released => &self.released,
            Kind::Settled => &self.settled,
            _ => &[],
        }
    }
}

fn moments<'a, B>(rows: &'a [Found<'a, B>], at: impl Fn(&B) -> Timestamp) -> Vec<Moment<'a>> {
    rows.iter().map(|row| (at(&row.body), row.piece)).collect()
}

/// Pairs of kinds of which the first is never written after the second. A recorded opening may follow
/// settlement, never a refund; a contest is not taken any more once a key was passed on or recorded.
const ORDER: [(Kind, Kind); 14] = [
    (Kind::Held, Kind::Captured),
    (Kind::Held, Kind::Released),
    (Kind::Captured, Kind::Contested),
    (Kind::Captured, Kind::PassedKey),
    (Kind::Captured, Kind::Recorded),
    (Kind::Captured, Kind::Settled),
    (Kind::Captured, Kind::Refunded),
    (Kind::Contested, Kind::PassedKey),
    (Kind::Contested, Kind::Recorded),
    (Kind::Contested, Kind::Settled),
    (Kind::Contested, Kind::Refunded),
    (Kind::PassedKey, Kind::Settled),
    (Kind::PassedKey, Kind::Refunded),
    (Kind::Recorded, Kind::Refunded),
];

/// One register has one clock; several machines of one register may differ by the tolerated skew.
fn order(facts: &Facts<'_>, out: &mut Docket) {
    let (moments, skew) = (Moments::of(facts), facts.x.core.deadlines.skew_ms);
    for (first, second) in ORDER {
        for (earlier, one) in moments.of_kind(first) {
            for (later, other) in moments.of_kind(second) {
                if *earlier > later.plus(skew) {
                    out.convict(WHO, Misdeed::OutOfOrder, [*one, *other]);
                }
            }
        }
    }
}

/// "I have nothing of this kind", said after a row of this kind was written.
fn denials(facts: &Facts<'_>, out: &mut Docket) {
    let (moments, skew) = (Moments::of(facts), facts.x.core.deadlines.skew_ms);
    for unmet in facts.unmet.iter().filter(|unmet| unmet.by == WHO) {
        // Whoever says that it captured says that it held.
        let implied = if unmet.body.what == Kind::Held { moments.of_kind(Kind::Captured) } else { &[] };
        for (written, row) in moments.of_kind(unmet.body.what).iter().chain(implied) {
            if unmet.body.at > written.plus(skew) {
                out.convict(WHO, Misdeed::DeniedRecord, [unmet.piece, *row]);
            }
        }
    }
}
