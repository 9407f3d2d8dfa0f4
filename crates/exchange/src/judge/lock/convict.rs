//! What the holder, and the seller of a letter, can be convicted of.

use semper_base::{Code, Hash, Role, Timestamp, Violation};
use semper_blocks::statement::Kind;

use super::super::evidence::Piece;
use super::super::verdict::{Docket, Misdeed};
use super::facts::{Facts, Row};
use crate::fair::dgp::descriptor::payee_commitment;
use crate::fair::lock::Seat;
use crate::fair::lock::statements::{self as st, ReturnBasis};

/// Who keeps the money: today a bank.
const WHO: Role = Role::Bank;

pub(super) fn holder(facts: &Facts<'_>, out: &mut Docket) {
    both(facts, out);
    different(&facts.locked, out);
    different(&facts.claimed, out);
    different(&facts.returned, out);
    for row in &facts.locked {
        if row.body.fits(facts.lock()).is_err() {
            out.convict(WHO, Misdeed::UnlikeDescriptor, [row.piece]);
        }
        named(facts, row.piece, Some(&row.body.lock), &|text| is_order(facts, text), out);
        denied(facts, row.body.at, row.piece, out);
    }
    for row in &facts.claimed {
        if let Err(wrong) = facts.bears_claimed(row) {
            out.convict(WHO, misdeed(&wrong), [row.piece]);
        }
        named(facts, row.piece, Some(&row.body.claim), &|text| is_claim(facts, text, row), out);
        named(facts, row.piece, row.body.ground.as_ref(), &|text| facts.is_decision(text, Kind::Resolved), out);
        after_lock(facts, row.body.at, row.piece, out);
        denied(facts, row.body.at, row.piece, out);
    }
    for row in &facts.returned {
        if let Err(wrong) = facts.bears_returned(row) {
            out.convict(WHO, misdeed(&wrong), [row.piece]);
        }
        let asked = row.body.request.as_ref();
        named(facts, row.piece, asked, &|text| is_give_back(facts, text, row.body.basis), out);
        named(facts, row.piece, row.body.ground.as_ref(), &|text| facts.is_decision(text, Kind::Aborted), out);
        after_lock(facts, row.body.at, row.piece, out);
        denied(facts, row.body.at, row.piece, out);
    }
}

/// Rows that exclude each other.
fn both(facts: &Facts<'_>, out: &mut Docket) {
    let (claimed, returned) = (&facts.claimed, &facts.returned);
    if !claimed.is_empty() && !returned.is_empty() {
        let pieces = claimed.iter().map(|row| row.piece).chain(returned.iter().map(|row| row.piece));
        out.convict(WHO, Misdeed::ClaimedAndReturned, pieces);
    }
    for row in returned.iter().filter(|row| row.body.basis == ReturnBasis::Cancelled && !facts.locked.is_empty()) {
        out.convict(WHO, Misdeed::LockedAndCancelled, facts.locked.iter().map(|row| row.piece).chain([row.piece]));
    }
}

/// Two texts of one kind with different payloads. Two signatures under one payload say one thing.
fn different<B>(rows: &[Row<'_, B>], out: &mut Docket) {
    if rows.iter().any(|row| rows.first().is_some_and(|first| row.content != first.content)) {
        out.convict(WHO, Misdeed::TwoAnswers, rows.iter().map(|row| row.piece));
    }
}

/// What an outcome lacks, by what the rules of its condition say of it.
fn misdeed(wrong: &Violation) -> Misdeed {
    match wrong.code() {
        Code::MismatchAmount | Code::MismatchPayee => Misdeed::UnlikeDescriptor,
        Code::CommitmentWrong | Code::FieldMissing => Misdeed::FalseKey,
        Code::TooEarly => Misdeed::ReturnedTooEarly,
        Code::TooLate => Misdeed::ClaimedTooLate,
        _ => Misdeed::NoGround,
    }
}

/// The bytes that a row names are here and are not what it needs.
fn named(
    facts: &Facts<'_>,
    row: &Piece,
    hash: Option<&Hash>,
    is_that: &dyn Fn(&str) -> Result<(), Violation>,
    out: &mut Docket,
) {
    if let Some((piece, text)) = hash.and_then(|hash| facts.preimage(hash))
        && is_that(&text).is_err()
    {
        out.convict(WHO, Misdeed::FalseGround, [row, piece]);
    }
}

fn is_order(facts: &Facts<'_>, text: &str) -> Result<(), Violation> {
    let (body, core) = (facts.reader.signed::<st::Lock>(text, Seat::Payer)?.body, &facts.lock().core);
    let due = (core.amount, &core.condition, core.payee_account);
    if (body.amount, &body.condition, body.payee) == due { Ok(()) } else { Err(other("order")) }
}

fn is_claim(facts: &Facts<'_>, text: &str, row: &Row<'_, st::Claimed>) -> Result<(), Violation> {
    let body = facts.reader.signed::<st::Claim>(text, Seat::Payee)?.body;
    let pays = payee_commitment(&body.account, body.salt.danger_bytes()) == facts.lock().core.payee_account;
    if pays && body.preimage == row.body.preimage { Ok(()) } else { Err(other("claim")) }
}

fn is_give_back(facts: &Facts<'_>, text: &str, basis: ReturnBasis) -> Result<(), Violation> {
    let (by, back) = facts.reader.either::<st::GiveBack>(text)?;
    let may = match basis {
        ReturnBasis::Cancelled => true,
        ReturnBasis::Decision => by == Seat::Payer,
        ReturnBasis::Payee => by == Seat::Payee,
        ReturnBasis::Time => false,
    };
    if may && back.body.amount == facts.lock().core.amount { Ok(()) } else { Err(other("give-back")) }
}

fn other(what: &str) -> Violation {
    Violation::new(Code::ProofWrong, what)
}

/// The moments may be those of two of its machines.
fn after_lock(facts: &Facts<'_>, at: Timestamp, piece: &Piece, out: &mut Docket) {
    let skew = facts.lock().core.skew_ms;
    for locked in facts.locked.iter().filter(|locked| locked.body.at > at.plus(skew)) {
        out.convict(WHO, Misdeed::OutOfOrder, [locked.piece, piece]);
    }
}

/// Said that nothing is locked after it had written a row.
fn denied(facts: &Facts<'_>, at: Timestamp, piece: &Piece, out: &mut Docket) {
    let skew = facts.lock().core.skew_ms;
    for denial in facts.unmet.iter().filter(|denial| denial.body.at > at.plus(skew)) {
        out.convict(WHO, Misdeed::DeniedRecord, [piece, denial.piece]);
    }
}

pub(super) fn seller(facts: &Facts<'_>, out: &mut Docket) {
    for pieces in facts.wrong_sales() {
        out.convict(Role::Seller, Misdeed::WrongFile, pieces);
    }
}
