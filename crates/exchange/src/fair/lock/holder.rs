//! The holder's role: the register of one lock, and what its books must do.
//!
//! ```text
//!            lock                     claim that the condition bears
//!  [Blank] ------> [Locked] ---------------------------------------> [Claimed]
//!     |                | of an escrow: what its rows, or silence, come to
//!     |                +--------------------------------------------> [Divided]
//!     | give-back      | give-back by the payee, or that the condition bears;
//!     |                | the end of the time
//!     +----------------+--------------------------------------------> [Returned]
//!
//!  [Claimed], [Divided], [Returned]: the same answer to whoever asks, for ever
//! ```
//!
//! Each arrow writes one row, once, and queues the answer to both. Time is the holder's own, compared inside the
//! step. A deadline that has passed is acted upon before any message that comes after it, whatever the timer did. So
//! at every moment there is one way out: no path stays open beside another.

use semper_base::code::Code;
use semper_base::{Error, Hash, KeyId, Step, Timestamp, Violation};
use semper_blocks::statement::{About, Body, Kind, Statement};
use serde::{Deserialize, Serialize};

use super::by_decision::Shown;
use super::condition::{Condition, Ground};
use super::descriptor::{Lock, Seat};
use super::effect::{Effect, Event, Money, Slot, conclude, out_of_turn};
use super::escrow::Act;
use super::escrow::register::Register;
use super::message::{Checked, Content};
use super::statements as st;
use super::{Cx, Funds};
use crate::fair::dgp::descriptor::payee_commitment;

/// One lock on the holder's side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Holder {
    /// Of an escrow, once there is money.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    escrow: Option<Register>,
    /// Our `locked`, once there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    locked: Option<String>,
    state: State,
}

/// See the diagram.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum State {
    /// Nothing is on record.
    #[default]
    Blank,
    /// The money is here.
    Locked {
        /// Hash of the order.
        order: Hash,
        /// Where the money came from.
        payer: String,
    },
    /// Final: paid.
    Claimed(Told),
    /// Final, of an escrow: divided, as its rows say.
    Divided,
    /// Final: given back, or never taken.
    Returned(Told),
}

/// An outcome as it is told to anybody at any time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Told {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    shown: Option<Shown>,
    statement: String,
}

impl Holder {
    /// One step. Refusals such as "no funds" are messages, not rows: the state stays.
    pub fn step(
        self,
        event: &Event,
        lock: &Lock,
        funds: &dyn Funds,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Holder>, Error> {
        let next = Desk { lock, funds, cx }.next(&self, event, out);
        conclude(self, next, out)
    }

    /// When the holder must act by itself.
    #[must_use]
    pub fn deadline(&self, lock: &Lock) -> Option<Timestamp> {
        match self.state {
            State::Locked { .. } => match &self.escrow {
                Some(register) => register.deadline(lock),
                None => lock.core.condition.ends(),
            },
            State::Blank | State::Claimed(_) | State::Divided | State::Returned(_) => None,
        }
    }

    /// Where it stands, in one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.state {
            State::Blank => "blank",
            State::Locked { .. } => "locked",
            State::Claimed(_) => "claimed",
            State::Divided => "divided",
            State::Returned(_) => "returned",
        }
    }

    /// Everything on record.
    #[must_use]
    pub fn answers(&self) -> Vec<Content> {
        let locked = self.locked.iter().map(|statement| Content::Answer { shown: None, statement: statement.clone() });
        let outcome = match &self.state {
            State::Blank | State::Divided | State::Locked { .. } => None,
            State::Claimed(told) | State::Returned(told) => {
                Some(Content::Answer { shown: told.shown.clone(), statement: told.statement.clone() })
            }
        };
        let rows = self.escrow.iter().flat_map(|register| register.told.iter().cloned());
        locked.chain(rows).chain(outcome).collect()
    }
}

/// What a step looks at.
pub(super) struct Desk<'a> {
    pub(super) lock: &'a Lock,
    pub(super) funds: &'a dyn Funds,
    pub(super) cx: &'a Cx<'a>,
}

impl Desk<'_> {
    fn next(&self, before: &Holder, event: &Event, out: &mut Vec<Effect>) -> Result<Holder, Error> {
        if self.cx.author()?.public != self.lock.core.holder.key {
            return Err(Violation::new(Code::RegisterWrong, "another holder").into());
        }
        let holder = self.overdue(before, out)?;
        match event {
            Event::Deadline => Ok(holder),
            Event::Message { from: from @ (Seat::Payee | Seat::Payer), content } => {
                self.message(holder, *from, content, out)
            }
            Event::Message { .. }
            | Event::Command(_)
            | Event::Decided(_)
            | Event::Declined(_)
            | Event::Escrow(_)
            | Event::Signed(..) => Err(out_of_turn("no such event at a holder").into()),
        }
    }

    /// Acts on a deadline that has passed.
    fn overdue(&self, before: &Holder, out: &mut Vec<Effect>) -> Result<Holder, Error> {
        match &before.state {
            State::Locked { .. } if before.escrow.is_some() => self.parcel(before, None, out),
            State::Locked { payer, .. } if self.lock.core.condition.is_over(self.cx.now()) => {
                let why = Why { basis: st::ReturnBasis::Time, request: None, shown: None };
                self.give_back(before, Some(payer), &why, out)
            }
            _ => Ok(before.clone()),
        }
    }

    fn message(&self, holder: Holder, from: Seat, content: &Checked, out: &mut Vec<Effect>) -> Result<Holder, Error> {
        match (&holder.state, content) {
            (_, Checked::Answer(_) | Checked::Refused { .. }) => Err(out_of_turn("a holder asks nothing").into()),
            (State::Blank, Checked::Status { by, .. }) => self.unmet(holder, *by, out),
            (State::Blank, Checked::Lock { lock, debit }) => self.lock(holder, lock, debit, out),
            (State::Blank, Checked::GiveBack { back, .. }) => {
                let why = Why { basis: st::ReturnBasis::Cancelled, request: Some(back), shown: None };
                self.give_back(&holder, None, &why, out)
            }
            (State::Blank, Checked::Act { .. } | Checked::Claim { .. }) => {
                Err(out_of_turn("claim of what is not locked").into())
            }
            (State::Locked { order, .. }, Checked::Lock { lock, .. }) if *order != lock.hash => {
                Err(Violation::new(Code::AnotherRun, "lock").into())
            }
            (State::Locked { .. }, Checked::Act { act, .. }) => self.parcel(&holder, Some((act, from)), out),
            (State::Locked { .. }, Checked::Claim { claim, ground, shown }) => {
                self.claim(&holder, claim, (ground.as_ref(), shown.as_ref()), out)
            }
            (State::Locked { payer, .. }, Checked::GiveBack { by, back, ground, shown }) => {
                match self.lock.core.condition.give_back(*by, ground.as_ref()) {
                    Ok(basis) => {
                        let shown = shown.as_ref().filter(|_| basis == st::ReturnBasis::Decision);
                        self.give_back(&holder, Some(payer), &Why { basis, request: Some(back), shown }, out)
                    }
                    Err(early) if early.code() == Code::TooEarly => {
                        out.push(refusal(*by, Kind::GiveBack, Code::TooEarly));
                        Ok(holder)
                    }
                    Err(wrong) => Err(wrong.into()),
                }
            }
            // Asked again, or decided: what stands.
            (State::Locked { .. }, Checked::Lock { .. } | Checked::Status { .. })
            | (State::Claimed(_) | State::Divided | State::Returned(_), _) => {
                out.extend(holder.answers().into_iter().map(|content| Effect::Send { to: from, content }));
                Ok(holder)
            }
        }
    }

    fn lock(
        &self,
        holder: Holder,
        order: &Statement<st::Lock>,
        debit: &Statement<st::LockDebit>,
        out: &mut Vec<Effect>,
    ) -> Result<Holder, Error> {
        let core = &self.lock.core;
        if order.body.amount != core.amount || debit.body.amount != core.amount {
            return Err(Violation::new(Code::MismatchAmount, "lock").into());
        }
        if order.body.payee != core.payee_account {
            return Err(Violation::new(Code::MismatchPayee, "lock").into());
        }
        if order.body.condition != core.condition {
            return Err(Violation::new(Code::TermsWrong, "lock").into());
        }
        if debit.body.lock != order.hash {
            return Err(Violation::new(Code::RefWrong, "lock-debit").into());
        }
        if let Some(why) = self.refused(debit)? {
            out.push(refusal(Seat::Payer, Kind::Lock, why));
            return Ok(holder);
        }
        let locked = st::Locked {
            amount: core.amount,
            at: self.cx.now(),
            lock: order.hash,
            payee: core.payee_account,
            payee_key: core.payee.id(),
        };
        out.push(Effect::Keep(order.text.clone()));
        out.push(Effect::Keep(debit.text.clone()));
        out.push(Effect::Money(Money::Hold { account: debit.body.account.clone() }));
        let locked = self.row(Slot::Lock, locked, None, out)?;
        let state = State::Locked { order: order.hash, payer: debit.body.account.clone() };
        let is_escrow = matches!(core.condition, Condition::Escrow(_));
        let escrow = is_escrow.then(|| Register::new(debit.body.account.clone()));
        Ok(Holder { escrow, locked: Some(locked), state })
    }

    /// Why the amount is not locked, though nobody did anything wrong.
    fn refused(&self, debit: &Statement<st::LockDebit>) -> Result<Option<Code>, Error> {
        if self.lock.core.condition.is_over(self.cx.now()) {
            return Ok(Some(Code::TooLate));
        }
        let account = self.funds.account(&debit.body.account)?;
        let Some((available, _)) = account.filter(|(_, key)| *key == debit.body.account_key.id()) else {
            return Ok(Some(Code::AccountUnknown));
        };
        Ok(available.minus(self.lock.core.amount).is_err().then_some(Code::NoFunds))
    }

    /// Of an escrow: what an act does, or the clock alone.
    fn parcel(&self, holder: &Holder, act: Option<(&Act, Seat)>, out: &mut Vec<Effect>) -> Result<Holder, Error> {
        let register = holder.escrow.as_ref().ok_or_else(|| out_of_turn("no escrow"))?;
        let register = self.escrow(register, act, out)?;
        let state = if register.is_divided { State::Divided } else { holder.state.clone() };
        Ok(Holder { escrow: Some(register), state, ..holder.clone() })
    }

    fn claim(
        &self,
        holder: &Holder,
        claim: &Statement<st::Claim>,
        (ground, shown): (Option<&Ground>, Option<&Shown>),
        out: &mut Vec<Effect>,
    ) -> Result<Holder, Error> {
        let core = &self.lock.core;
        if payee_commitment(&claim.body.account, claim.body.salt.danger_bytes()) != core.payee_account {
            return Err(Violation::new(Code::MismatchPayee, "claim").into());
        }
        let basis = match core.condition.claim(&claim.body, ground, self.cx.now()) {
            Err(early) if early.code() == Code::TooEarly => {
                out.push(refusal(Seat::Payee, Kind::Claim, Code::TooEarly));
                return Ok(holder.clone());
            }
            basis => basis?,
        };
        if self.funds.account(&claim.body.account)?.is_none() {
            out.push(refusal(Seat::Payee, Kind::Claim, Code::AccountUnknown));
            return Ok(holder.clone());
        }
        let claimed = st::Claimed {
            amount: core.amount,
            at: self.cx.now(),
            basis,
            claim: claim.hash,
            ground: shown.map(Shown::hash),
            payee: core.payee_account,
            payee_key: core.payee.id(),
            preimage: claim.body.preimage.clone(),
        };
        out.push(Effect::Keep(claim.text.clone()));
        out.extend(kept(shown));
        out.push(Effect::Money(Money::Pay { account: claim.body.account.clone() }));
        let statement = self.row(Slot::Outcome, claimed, shown, out)?;
        Ok(Holder { state: State::Claimed(Told { shown: shown.cloned(), statement }), ..holder.clone() })
    }

    fn give_back(
        &self,
        holder: &Holder,
        payer: Option<&String>,
        why: &Why<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Holder, Error> {
        if why.request.is_some_and(|request| request.body.amount != self.lock.core.amount) {
            return Err(Violation::new(Code::MismatchAmount, "give-back").into());
        }
        let returned = st::Returned {
            amount: self.lock.core.amount,
            at: self.cx.now(),
            basis: why.basis,
            ground: why.shown.map(Shown::hash),
            request: why.request.map(|request| request.hash),
        };
        out.extend(why.request.map(|request| Effect::Keep(request.text.clone())));
        out.extend(kept(why.shown));
        out.extend(payer.map(|account| Effect::Money(Money::Release { account: account.clone() })));
        let statement = self.row(Slot::Outcome, returned, why.shown, out)?;
        Ok(Holder { state: State::Returned(Told { shown: why.shown.cloned(), statement }), ..holder.clone() })
    }

    /// Nothing is on record; says so with a signature.
    fn unmet(&self, holder: Holder, to: Seat, out: &mut Vec<Effect>) -> Result<Holder, Error> {
        let unmet = st::Unmet { at: self.cx.now(), what: Kind::Locked };
        let statement = self.cx.author()?.answer(&self.cx.base, self.about(), unmet)?.text;
        out.push(Effect::Send { to, content: Content::Answer { shown: None, statement } });
        Ok(holder)
    }

    /// Signs an answer, writes it into its slot, and queues it to both.
    fn row<B: Body>(&self, slot: Slot, body: B, shown: Option<&Shown>, out: &mut Vec<Effect>) -> Result<String, Error> {
        let statement = self.cx.author()?.answer(&self.cx.base, self.about(), body)?.text;
        out.push(Effect::Row { slot, statement: statement.clone() });
        for to in [Seat::Payer, Seat::Payee] {
            let content = Content::Answer { shown: shown.cloned(), statement: statement.clone() };
            out.push(Effect::Send { to, content });
        }
        Ok(statement)
    }

    pub(super) fn about(&self) -> About {
        let to: Vec<KeyId> = vec![self.lock.core.payer.id(), self.lock.core.payee.id()];
        About::exchange(self.lock.xid, to)
    }
}

/// What a return rests on.
struct Why<'a> {
    basis: st::ReturnBasis,
    request: Option<&'a Statement<st::GiveBack>>,
    shown: Option<&'a Shown>,
}

/// A decision and what forced it.
fn kept(shown: Option<&Shown>) -> impl Iterator<Item = Effect> {
    let texts = shown.into_iter().flat_map(|shown| shown.pieces.iter().chain([&shown.statement]));
    texts.cloned().map(Effect::Keep).collect::<Vec<_>>().into_iter()
}

pub(super) fn refusal(to: Seat, what: Kind, code: Code) -> Effect {
    Effect::Send { to, content: Content::Refused { what, code: code.number() } }
}
