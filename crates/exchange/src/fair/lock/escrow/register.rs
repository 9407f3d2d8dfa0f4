//! The holder's side of an escrow: which rows it writes, what it tells, how it divides the money. What follows from
//! what is decided by [`super::Course`].

use semper_base::code::Code;
use semper_base::{Error, Timestamp, Violation};
use serde::{Deserialize, Serialize};

use super::super::descriptor::{Lock, Seat};
use super::super::effect::{Effect, Money, Slot};
use super::super::holder::{Desk, refusal};
use super::super::message::Content;
use super::read::terms;
use super::{Act, Course, End, Row, Turn};
use crate::fair::dgp::descriptor::payee_commitment;

/// An escrow that is locked, or was.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(in crate::fair::lock) struct Register {
    course: Course,
    /// Whether the money is divided.
    pub(in crate::fair::lock) is_divided: bool,
    /// The account that the money came from.
    payer: String,
    /// Every row but `locked`, with what it rests on, as it is told at any time.
    pub(in crate::fair::lock) told: Vec<Content>,
}

impl Register {
    pub(in crate::fair::lock) fn new(payer: String) -> Self {
        Register { course: Course::Waiting, is_divided: false, payer, told: Vec::new() }
    }

    /// When the clock decides.
    pub(in crate::fair::lock) fn deadline(&self, lock: &Lock) -> Option<Timestamp> {
        let terms = terms(&lock.core).ok()?;
        (!self.is_divided).then(|| self.course.deadline(terms))
    }
}

impl Desk<'_> {
    /// What an act does, or the clock alone. `from` asked.
    pub(in crate::fair::lock) fn escrow(
        &self,
        register: &Register,
        act: Option<(&Act, Seat)>,
        out: &mut Vec<Effect>,
    ) -> Result<Register, Error> {
        let core = &self.lock.core;
        if let Some((Act::Consignment(act), from)) = act {
            if payee_commitment(&act.body.account, act.body.salt.danger_bytes()) != core.payee_account {
                return Err(Violation::new(Code::MismatchPayee, "consignment").into());
            }
            if self.funds.account(&act.body.account)?.is_none() {
                out.push(refusal(from, semper_blocks::statement::Kind::Consignment, Code::AccountUnknown));
                return Ok(register.clone());
            }
        }
        match register.course.turn(act.map(|(act, _)| act), terms(core)?, core.amount, self.cx.now())? {
            Turn::Wait => Ok(register.clone()),
            Turn::Again => {
                if let Some((_, from)) = act {
                    out.extend(register.told.iter().map(|told| Effect::Send { to: from, content: told.clone() }));
                }
                Ok(register.clone())
            }
            Turn::Row(course, row) => {
                let ground = act.map(|(act, _)| act.text().to_owned());
                let mut next = Register { course, ..register.clone() };
                match row {
                    Row::Arrived(row) => next.row(self, Slot::Arrived, row, ground, out)?,
                    Row::Consigned(row) => {
                        out.extend(ground.map(Effect::Keep));
                        next.row(self, Slot::Consigned, row, None, out)?;
                    }
                    Row::Disputed(row) => next.row(self, Slot::Disputed, row, ground, out)?,
                }
                Ok(next)
            }
            Turn::End(end) => self.divide(register, act.map(|(act, _)| act), end, out),
        }
    }

    fn divide(
        &self,
        register: &Register,
        act: Option<&Act>,
        end: End,
        out: &mut Vec<Effect>,
    ) -> Result<Register, Error> {
        let End { account, divided } = end;
        let ground = act.filter(|act| divided.ground == Some(act.hash())).map(|act| act.text().to_owned());
        out.push(Effect::Money(Money::Divide {
            payee: account,
            paid: divided.payee,
            payer: register.payer.clone(),
            back: divided.payer,
        }));
        let mut next = Register { is_divided: true, ..register.clone() };
        next.row(self, Slot::Outcome, divided, ground, out)?;
        Ok(next)
    }
}

impl Register {
    /// Signs a row, writes it into its slot, and tells both.
    fn row<B: semper_blocks::statement::Body>(
        &mut self,
        desk: &Desk<'_>,
        slot: Slot,
        body: B,
        ground: Option<String>,
        out: &mut Vec<Effect>,
    ) -> Result<(), Error> {
        let statement = desk.cx.author()?.answer(&desk.cx.base, desk.about(), body)?.text;
        out.extend(ground.clone().map(Effect::Keep));
        out.push(Effect::Row { slot, statement: statement.clone() });
        let content = Content::Escrow { ground, statement };
        for to in [Seat::Payer, Seat::Payee] {
            out.push(Effect::Send { to, content: content.clone() });
        }
        self.told.push(content);
        Ok(())
    }
}
