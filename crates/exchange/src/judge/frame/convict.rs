//! What the notary, and the giver of a letter, can be convicted of.

use semper_base::{Code, Role, Violation};

use super::super::verdict::{Docket, Misdeed};
use super::facts::{Facts, Row};
use crate::fair::deal;
use crate::fair::frame::statements as st;
use crate::fair::frame::{Decided, Protocol};

pub(super) fn notary(facts: &Facts<'_>, out: &mut Docket) {
    let rows = || facts.aborted.iter().chain(&facts.resolved);
    if !facts.aborted.is_empty() && !facts.resolved.is_empty() {
        out.convict(Role::Notary, Misdeed::AbortedAndResolved, rows().map(|row| row.piece));
    }
    for kind in [&facts.aborted, &facts.resolved] {
        if kind.iter().any(|row| kind.first().is_some_and(|first| row.content != first.content)) {
            out.convict(Role::Notary, Misdeed::TwoAnswers, kind.iter().map(|row| row.piece));
        }
    }
    for row in rows() {
        decision(facts, row, out);
        denied(facts, row, out);
    }
}

/// A letter that is not what its giver stands for in the terms.
pub(super) fn givers(facts: &Facts<'_>, out: &mut Docket) {
    for (_, giver, pieces) in facts.wrong_letters() {
        out.convict_party(giver, Misdeed::WrongFile, pieces);
    }
}

fn decision(facts: &Facts<'_>, row: &Row<'_>, out: &mut Docket) {
    if row.decided.ground().len() != needed(facts, &row.decided) {
        out.convict(Role::Notary, Misdeed::NoGround, [row.piece]);
    }
    match &row.decided {
        Decided::Aborted(aborted) if aborted.body.basis == st::AbortBasis::Expired => {
            let core = &facts.reader.x.core;
            let collects = core.protocol.collects();
            if !collects || aborted.body.at < core.deadlines.expires {
                out.convict(Role::Notary, Misdeed::AbortedTooEarly, [row.piece]);
            }
        }
        Decided::Aborted(aborted) if aborted.body.basis == st::AbortBasis::BadEscrow => {
            if facts.reader.x.core.protocol != Protocol::Cm {
                out.convict(Role::Notary, Misdeed::NoGround, [row.piece]);
            }
            if !facts.defences.is_empty() {
                let pieces = facts.defences.iter().copied().chain([row.piece]);
                out.convict(Role::Notary, Misdeed::CriedBadEscrow, pieces);
            }
        }
        Decided::Aborted(_) | Decided::Halted(_) => {}
        Decided::Resolved(resolved) => {
            if facts.reader.keyed(&resolved.body).is_err() {
                out.convict(Role::Notary, Misdeed::FalseKey, [row.piece]);
            }
        }
    }
    for (at, hash) in row.decided.ground().iter().enumerate() {
        if let Some((piece, text)) = facts.preimage(hash)
            && bears(facts, row, at, &text).is_err()
        {
            out.convict(Role::Notary, Misdeed::FalseGround, [row.piece, piece]);
        }
    }
}

/// How many grounds such a decision names.
fn needed(facts: &Facts<'_>, decided: &Decided) -> usize {
    match decided {
        // What it needs depends on what it names: see `rounds`.
        Decided::Halted(halted) => halted.body.ground.len(),
        Decided::Resolved(_) => deal::ground::needed(facts.reader.x),
        Decided::Aborted(aborted) => match aborted.body.basis {
            st::AbortBasis::Asked => 1,
            st::AbortBasis::Expired => 0,
            st::AbortBasis::BadEscrow => 2,
        },
    }
}

/// Whether these bytes are what a decision needs in this place.
fn bears(facts: &Facts<'_>, row: &Row<'_>, at: usize, text: &str) -> Result<(), Violation> {
    let reader = facts.reader;
    let wrong = |what: &str| Err(Violation::new(Code::ProofWrong, what));
    if matches!(&row.decided, Decided::Aborted(aborted) if aborted.body.basis == st::AbortBasis::Asked) {
        return reader.abort(text).map(|_| ());
    }
    let by = match reader.x.core.protocol {
        Protocol::Deal if at >= reader.x.core.parties.len() => return deal::ground::bears(&reader, at, text),
        Protocol::CmOnline | Protocol::CsnA | Protocol::Deal => reader.alone(text)?.0,
        Protocol::CsnC => reader.pledge(text)?.0,
        Protocol::Cm | Protocol::Cs2 => {
            let (by, promise) = reader.party::<st::Promise>(text)?;
            let answers = if at == 0 { None } else { row.decided.ground().first().copied() };
            if promise.body.answers != answers {
                return wrong("promise");
            }
            by
        }
    };
    if usize::from(by) == at { Ok(()) } else { wrong("of another party") }
}

/// Said that nothing is decided after it had decided. The moments may be those of two of its machines.
fn denied(facts: &Facts<'_>, row: &Row<'_>, out: &mut Docket) {
    let at = match &row.decided {
        Decided::Aborted(aborted) => aborted.body.at,
        // It decides for one party and says nothing about what others are told.
        Decided::Halted(_) => return,
        Decided::Resolved(resolved) => resolved.body.at,
    };
    let skew = facts.reader.x.core.deadlines.skew_ms;
    for denial in facts.unmet.iter().filter(|denial| denial.body.at > at.plus(skew)) {
        out.convict(Role::Notary, Misdeed::DeniedRecord, [row.piece, denial.piece]);
    }
}
