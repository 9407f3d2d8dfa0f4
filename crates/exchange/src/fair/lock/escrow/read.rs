//! Reads what was signed about an escrow, and checks what can be checked of it alone: by whom, about which lock,
//! and that a row of the holder repeats L and what it rests on.

use semper_base::code::Code;
use semper_base::{Hash, Role, Violation};
use semper_blocks::statement::{Body, Compact, Kind, Meta, Statement, verify};
use semper_support::crypto::PublicKey;

use super::super::condition::Condition;
use super::super::descriptor::{Core, Seat};
use super::super::message::Reader;
use super::statements as st;
use super::{Act, Escrow, Side, pickup};

/// A row of the holder together with what it rests on: good to act upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// With the carrier's word.
    Arrived(Statement<st::Arrived>, Statement<st::HandedOver>),
    /// The payee's word shows its account, so it stays between payee and holder.
    Consigned(Statement<st::Consigned>),
    /// With the objection.
    Disputed(Statement<st::Disputed>, Statement<st::Dispute>),
    /// With the approval or the ruling, if that was it.
    Divided(Box<Statement<st::Divided>>, Option<Box<Act>>),
}

impl Said {
    /// The holder's statement.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Said::Arrived(row, _) => &row.text,
            Said::Consigned(row) => &row.text,
            Said::Disputed(row, _) => &row.text,
            Said::Divided(row, _) => &row.text,
        }
    }

    /// What it rests on, if that is shown.
    #[must_use]
    pub fn ground(&self) -> Option<&str> {
        match self {
            Said::Arrived(_, act) => Some(&act.text),
            Said::Consigned(_) => None,
            Said::Disputed(_, act) => Some(&act.text),
            Said::Divided(_, act) => act.as_ref().map(|act| act.text()),
        }
    }
}

impl Act {
    /// The statement.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Act::Approval(act) => &act.text,
            Act::Consignment(act) => &act.text,
            Act::Dispute { dispute, .. } => &dispute.text,
            Act::HandedOver(act) => &act.text,
            Act::Ruling(act) => &act.text,
        }
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Act::Approval(_) => Kind::Approval,
            Act::Consignment(_) => Kind::Consignment,
            Act::Dispute { .. } => Kind::Dispute,
            Act::HandedOver(_) => Kind::HandedOver,
            Act::Ruling(_) => Kind::Ruling,
        }
    }

    /// What every statement says.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        match self {
            Act::Approval(act) => &act.meta,
            Act::Consignment(act) => &act.meta,
            Act::Dispute { dispute, .. } => &dispute.meta,
            Act::HandedOver(act) => &act.meta,
            Act::Ruling(act) => &act.meta,
        }
    }

    /// SHA-256 of the statement.
    #[must_use]
    pub fn hash(&self) -> Hash {
        match self {
            Act::Approval(act) => act.hash,
            Act::Consignment(act) => act.hash,
            Act::Dispute { dispute, .. } => dispute.hash,
            Act::HandedOver(act) => act.hash,
            Act::Ruling(act) => act.hash,
        }
    }
}

/// The condition of a lock that is an escrow.
pub fn terms(core: &Core) -> Result<&Escrow, Violation> {
    match &core.condition {
        Condition::Escrow(terms) => Ok(terms),
        _ => Err(Violation::new(Code::KindWrong, "no escrow")),
    }
}

impl Side {
    /// Its seat in the lock.
    #[must_use]
    pub fn seat(self) -> Seat {
        match self {
            Side::Payee => Seat::Payee,
            Side::Payer => Seat::Payer,
        }
    }
}

/// An act, and who of the lock signed it; none if that was carrier or arbiter, whose word anybody may bring.
pub fn act(reader: &Reader<'_>, text: &str) -> Result<(Option<Seat>, Act), Violation> {
    let terms = terms(&reader.lock.core)?;
    Ok(match Compact::parse(text)?.kind() {
        Kind::Approval => (Some(Seat::Payer), Act::Approval(reader.signed(text, Seat::Payer)?)),
        Kind::Consignment => (Some(Seat::Payee), Act::Consignment(reader.signed(text, Seat::Payee)?)),
        Kind::Dispute => {
            let (seat, dispute) = reader.either(text)?;
            let by = if seat == Seat::Payee { Side::Payee } else { Side::Payer };
            (Some(seat), Act::Dispute { by, dispute })
        }
        Kind::HandedOver => (None, Act::HandedOver(handed_over(reader, terms, text)?)),
        Kind::Ruling => (None, Act::Ruling(third(reader, text, &terms.arbiter.key, Role::Arbiter)?)),
        other => return Err(Violation::new(Code::KindWrong, other.word())),
    })
}

/// The carrier's word, with the code that L commits to.
fn handed_over(reader: &Reader<'_>, terms: &Escrow, text: &str) -> Result<Statement<st::HandedOver>, Violation> {
    let carrier = terms.carrier.as_ref().ok_or_else(|| Violation::new(Code::OutOfTurn, "no carrier was named"))?;
    let statement: Statement<st::HandedOver> = third(reader, text, &carrier.key, Role::Carrier)?;
    if pickup(&statement.body.code) != carrier.pickup {
        return Err(Violation::new(Code::CommitmentWrong, "pickup code"));
    }
    Ok(statement)
}

fn third<B: Body>(reader: &Reader<'_>, text: &str, key: &PublicKey, role: Role) -> Result<Statement<B>, Violation> {
    let statement: Statement<B> = verify(reader.crypto, key, text)?;
    if statement.meta.signer.role != role {
        return Err(Violation::new(Code::RoleWrong, statement.meta.signer.role.word()));
    }
    if statement.meta.xid != Some(reader.lock.xid) {
        return Err(Violation::new(Code::XidWrong, B::KIND.word()));
    }
    Ok(statement)
}

/// A row of the holder, with what it rests on.
pub fn said(reader: &Reader<'_>, text: &str, ground: Option<&str>) -> Result<Said, Violation> {
    let core = &reader.lock.core;
    let terms = terms(core)?;
    let needed = || ground.ok_or_else(|| Violation::new(Code::ProofWrong, "without ground"));
    let none = || if ground.is_none() { Ok(()) } else { Err(Violation::new(Code::FieldUnknown, "ground")) };
    let is = |named: Hash, shown: Hash| {
        if named == shown { Ok(()) } else { Err(Violation::new(Code::RefWrong, "ground")) }
    };
    Ok(match Compact::parse(text)?.kind() {
        Kind::Arrived => {
            let row: Statement<st::Arrived> = reader.signed(text, Seat::Holder)?;
            let act = handed_over(reader, terms, needed()?)?;
            is(row.body.handed_over, act.hash)?;
            row.body.fits(terms)?;
            Said::Arrived(row, act)
        }
        Kind::Consigned => {
            none()?;
            let row: Statement<st::Consigned> = reader.signed(text, Seat::Holder)?;
            row.body.fits(core, terms)?;
            Said::Consigned(row)
        }
        Kind::Disputed => {
            let row: Statement<st::Disputed> = reader.signed(text, Seat::Holder)?;
            let act: Statement<st::Dispute> = reader.signed(needed()?, row.body.by.seat())?;
            is(row.body.dispute, act.hash)?;
            row.body.fits(terms)?;
            Said::Disputed(row, act)
        }
        Kind::Divided => {
            let row: Statement<st::Divided> = reader.signed(text, Seat::Holder)?;
            let shown = ground.map(|ground| act(reader, ground).map(|(_, act)| act)).transpose()?;
            row.body.bears(core, terms, shown.as_ref())?;
            Said::Divided(Box::new(row), shown.map(Box::new))
        }
        other => return Err(Violation::new(Code::KindWrong, other.word())),
    })
}

impl st::Consigned {
    /// Whether it is what an honest holder writes at its moment.
    pub fn fits(&self, core: &Core, terms: &Escrow) -> Result<(), Violation> {
        if self.due.minor() == 0 || core.amount.minus(self.due).is_err() {
            return Err(Violation::new(Code::MismatchAmount, "consigned"));
        }
        if self.at >= terms.ship_by {
            return Err(Violation::new(Code::TooLate, "consigned"));
        }
        moment(self.until, terms.silence_after(self.at), "consigned")
    }
}

impl st::Arrived {
    /// The same.
    pub fn fits(&self, terms: &Escrow) -> Result<(), Violation> {
        moment(self.until, self.at.plus(terms.accept_ms), "arrived")
    }
}

impl st::Disputed {
    /// The same.
    pub fn fits(&self, terms: &Escrow) -> Result<(), Violation> {
        moment(self.until, terms.last(), "disputed")
    }
}

fn moment(is: semper_base::Timestamp, should: semper_base::Timestamp, what: &str) -> Result<(), Violation> {
    if is == should { Ok(()) } else { Err(Violation::new(Code::MismatchDeadline, what)) }
}

impl st::Divided {
    /// Whether the money may be divided so, by L and what is shown. What the holder's other rows say of it, the
    /// judge compares.
    pub fn bears(&self, core: &Core, terms: &Escrow, act: Option<&Act>) -> Result<(), Violation> {
        let wrong = |code| Err(Violation::new(code, "divided"));
        if self.payee.plus(self.payer).ok() != Some(core.amount) {
            return wrong(Code::MismatchAmount);
        }
        if self.ground != act.map(Act::hash) {
            return wrong(Code::RefWrong);
        }
        let nothing = self.payee.minor() == 0;
        match (self.basis, act) {
            (st::DivideBasis::Approved, Some(Act::Approval(act))) if act.body.amount == self.payee => Ok(()),
            (st::DivideBasis::Ruled, Some(Act::Ruling(act)))
                if (act.body.payee, act.body.payer) == (self.payee, self.payer) =>
            {
                Ok(())
            }
            (st::DivideBasis::NotShipped, None) if self.at < terms.ship_by => wrong(Code::TooEarly),
            (st::DivideBasis::Unruled, None) if self.at < terms.last() => wrong(Code::TooEarly),
            (st::DivideBasis::NotShipped, None) if nothing => Ok(()),
            (st::DivideBasis::NotArrived, None) if nothing && terms.carrier.is_some() => Ok(()),
            (st::DivideBasis::Unruled, None) if nothing == (terms.silent == Side::Payer) => Ok(()),
            (st::DivideBasis::Unobjected, None) if !nothing => Ok(()),
            _ => wrong(Code::ProofWrong),
        }
    }
}
