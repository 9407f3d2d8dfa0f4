//! The bank's role: the register of one exchange, and what its books must do.
//!
//! ```text
//!            hold                    capture (before hold_until)
//!  [Blank] ------> [Held] ------------------------------> [Captured] --receipt, timer--> [Settled]
//!     |              |                                        |  ^
//!     | release      | release, expiry,                       |  | contest, passed key, recorded:
//!     |              | capture at or after hold_until         |  | rows that move `due`
//!     v              v                                        |
//!  [Released] <------+                                        +--bad-escrow, wrong-file,---> [Refunded]
//!                                                                unanswered contest
//! ```
//!
//! Each arrow writes one row, once, and queues the answer to both parties. Time is the bank's own,
//! compared inside the step. A deadline that has passed is acted upon before any message that comes
//! after it, whatever the timer did.

use semper_base::code::Code;
use semper_base::{Error, Hash, KeyId, Role, Step, Timestamp, Violation};
use semper_blocks::statement::{About, Kind, Statement};
use serde::{Deserialize, Serialize};

use super::descriptor::{Descriptor, payee_commitment};
use super::effect::{Cx, Effect, Event, Funds, Money, Slot, conclude, out_of_turn};
use super::message::{Answer, Checked, Content};
use super::statements as st;

/// One exchange on the bank's side.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Bank {
    /// Nothing is on record.
    Blank,
    /// The amount is held.
    Held(Held),
    /// The amount is the payee's unless it is paid back.
    Captured(Captured),
    /// Final: nothing can be captured.
    Released,
    /// Final: paid.
    Settled(Settled),
    /// Final: paid back.
    Refunded,
}

/// See [`Bank::Held`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Held {
    /// The payer's account.
    payer: String,
    /// Hash of the `hold` statement.
    hold: Hash,
}

/// See [`Bank::Captured`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the hash of the statement of that name")]
pub struct Captured {
    payer: String,
    payee: String,
    /// Hash of our `captured`.
    captured: Hash,
    /// Settlement without receipt happens at or after this moment.
    settle_after: Timestamp,
    /// A contest without answer leads to refund at this moment.
    answer_until: Option<Timestamp>,
    /// The seller's key went through our hands.
    passed: bool,
    /// The notary's opening is on record.
    recorded: bool,
}

/// See [`Bank::Settled`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Settled {
    recorded: bool,
}

impl Bank {
    /// One step. Refusals such as "no funds" are messages, not rows: the state stays.
    pub fn step(
        self,
        event: &Event,
        x: &Descriptor,
        funds: &dyn Funds,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Bank>, Error> {
        let next = Desk { x, funds, cx }.next(&self, event, out);
        conclude(self, next, out)
    }

    /// When the bank must act by itself.
    #[must_use]
    pub fn deadline(&self, x: &Descriptor) -> Option<Timestamp> {
        match self {
            Bank::Held(_) => Some(x.core.deadlines.hold_until),
            Bank::Captured(state) => Some(state.due().0),
            Bank::Blank | Bank::Released | Bank::Settled(_) | Bank::Refunded => None,
        }
    }
}

impl Captured {
    /// What happens next without anybody's help, and when.
    fn due(&self) -> (Timestamp, Due) {
        match self.answer_until {
            Some(until) => (until, Due::Refund),
            None => (self.settle_after, Due::Settle),
        }
    }
}

enum Due {
    Refund,
    Settle,
}

/// What a step looks at.
struct Desk<'a> {
    x: &'a Descriptor,
    funds: &'a dyn Funds,
    cx: &'a Cx<'a>,
}

impl Desk<'_> {
    fn next(&self, state: &Bank, event: &Event, out: &mut Vec<Effect>) -> Result<Bank, Error> {
        let state = self.overdue(state, out)?;
        match event {
            Event::Deadline => Ok(state),
            Event::Message { content, from } => self.message(state, *from, content, out),
            Event::Command(_) | Event::Declined(_) | Event::Signed(..) | Event::Verified(_) => {
                Err(out_of_turn("no such event at a bank").into())
            }
        }
    }

    /// Acts on a deadline that has passed.
    fn overdue(&self, state: &Bank, out: &mut Vec<Effect>) -> Result<Bank, Error> {
        let now = self.cx.now();
        match state {
            Bank::Held(held) if now >= self.x.core.deadlines.hold_until => {
                self.release(Some(&held.payer), st::ReleaseBy::Expiry, out)
            }
            Bank::Captured(captured) if now >= captured.due().0 => match captured.due().1 {
                Due::Refund => self.refund(captured, st::RefundBasis::Contest, None, out),
                Due::Settle => self.settle(captured, None, out),
            },
            _ => Ok(state.clone()),
        }
    }

    fn message(&self, state: Bank, from: Role, content: &Checked, out: &mut Vec<Effect>) -> Result<Bank, Error> {
        match (state, content) {
            (state, Checked::Status { by, of: Role::Bank, .. }) => self.tell(state, *by, out),
            (Bank::Blank, Checked::Hold { hold, debit }) => self.hold(hold, debit, out),
            (Bank::Held(held), Checked::Hold { hold, .. }) if held.hold == hold.hash => {
                out.push(Effect::Rows(Role::Buyer));
                Ok(Bank::Held(held))
            }
            (Bank::Held(_), Checked::Hold { .. }) => Err(Violation::new(Code::AnotherRun, "hold").into()),
            // No hold can come any more, so that there is nothing to decide.
            (Bank::Blank, Checked::Release { by, .. }) if self.cx.now() >= self.x.core.deadlines.hold_until => {
                self.tell(Bank::Blank, *by, out)
            }
            (Bank::Blank, Checked::Release { by, .. }) => self.release(None, released_by(*by), out),
            (Bank::Held(held), Checked::Release { by, .. }) => self.release(Some(&held.payer), released_by(*by), out),
            (Bank::Held(held), Checked::Capture { capture, mandate }) => self.capture(held, capture, mandate, out),
            (Bank::Captured(state), content) => self.after_capture(state, from, content, out),
            (Bank::Settled(state), Checked::Answer(Answer::Opened(opened))) => self.record_late(state, opened, out),
            // Decided: whoever asks for something else is told what stands.
            (
                state @ (Bank::Released | Bank::Settled(_) | Bank::Refunded),
                Checked::Answer(_)
                | Checked::Capture { .. }
                | Checked::Contest(_)
                | Checked::Hold { .. }
                | Checked::PassKey(_)
                | Checked::Release { .. },
            ) => {
                out.push(Effect::Rows(from));
                Ok(state)
            }
            // Somebody else may have carried it: whoever signed it asked for nothing.
            (state @ (Bank::Released | Bank::Settled(_) | Bank::Refunded), Checked::Receipt(_)) => Ok(state),
            _ => Err(out_of_turn("bank").into()),
        }
    }

    fn hold(
        &self,
        hold: &Statement<st::Hold>,
        debit: &Statement<st::DebitOrder>,
        out: &mut Vec<Effect>,
    ) -> Result<Bank, Error> {
        let core = &self.x.core;
        if hold.body.amount != core.amount || debit.body.amount != core.amount {
            return Err(Violation::new(Code::MismatchAmount, "hold").into());
        }
        if hold.body.payee != core.payee {
            return Err(Violation::new(Code::MismatchPayee, "hold").into());
        }
        if debit.body.hold != hold.hash {
            return Err(Violation::new(Code::RefWrong, "debit-order").into());
        }
        if self.cx.now() >= core.deadlines.hold_until {
            return Ok(refuse(Bank::Blank, Kind::Hold, Code::TooLate, out));
        }
        let account = self.funds.account(&debit.body.account)?;
        let Some((available, key)) = account.filter(|(_, key)| *key == debit.body.account_key.id()) else {
            return Ok(refuse(Bank::Blank, Kind::Hold, Code::AccountUnknown, out));
        };
        debug_assert_eq!(key, debit.meta.signer.key);
        if available.minus(core.amount).is_err() {
            return Ok(refuse(Bank::Blank, Kind::Hold, Code::NoFunds, out));
        }
        let held = st::Held {
            amount: core.amount,
            hold: hold.hash,
            hold_until: core.deadlines.hold_until,
            payee: core.payee,
            payee_key: core.seller.id(),
        };
        out.push(Effect::Keep(hold.text.clone()));
        out.push(Effect::Keep(debit.text.clone()));
        out.push(Effect::Money(Money::Hold { account: debit.body.account.clone() }));
        self.row(Slot::Hold, held, out)?;
        Ok(Bank::Held(Held { payer: debit.body.account.clone(), hold: hold.hash }))
    }

    fn capture(
        &self,
        held: Held,
        capture: &Statement<st::Capture>,
        mandate: &Statement<st::Mandate>,
        out: &mut Vec<Effect>,
    ) -> Result<Bank, Error> {
        let core = &self.x.core;
        if mandate.body.amount != core.amount {
            return Err(Violation::new(Code::MismatchAmount, "mandate").into());
        }
        let opened = payee_commitment(&capture.body.account, capture.body.salt.danger_bytes());
        if mandate.body.payee != core.payee || opened != core.payee {
            return Err(Violation::new(Code::MismatchPayee, "capture").into());
        }
        if capture.body.mandate != mandate.hash {
            return Err(Violation::new(Code::RefWrong, "capture").into());
        }
        if self.funds.account(&capture.body.account)?.is_none() {
            out.push(refusal(Role::Seller, Kind::Capture, Code::AccountUnknown));
            return Ok(Bank::Held(held));
        }
        let now = self.cx.now();
        let settle_after = now.plus(core.deadlines.settle_ms);
        let captured = st::Captured {
            amount: core.amount,
            captured_at: now,
            mandate: mandate.hash,
            payee: core.payee,
            payee_key: core.seller.id(),
            settle_after,
        };
        out.push(Effect::Keep(mandate.text.clone()));
        out.push(Effect::Keep(capture.text.clone()));
        out.push(Effect::Money(Money::Capture));
        let captured = self.row(Slot::Decision, captured, out)?;
        Ok(Bank::Captured(Captured {
            payer: held.payer,
            payee: capture.body.account.clone(),
            captured,
            settle_after,
            answer_until: None,
            passed: false,
            recorded: false,
        }))
    }

    fn after_capture(
        &self,
        state: Captured,
        from: Role,
        content: &Checked,
        out: &mut Vec<Effect>,
    ) -> Result<Bank, Error> {
        match content {
            Checked::Receipt(receipt) => {
                if receipt.body.amount != self.x.core.amount || receipt.body.plain != self.x.core.plain {
                    return Err(Violation::new(Code::MismatchAmount, "receipt").into());
                }
                out.push(Effect::Keep(receipt.text.clone()));
                self.settle(&state, Some(receipt.hash), out)
            }
            Checked::Contest(contest) => self.contest(state, contest, out),
            Checked::PassKey(pass) => self.pass_key(state, pass, out),
            Checked::Answer(answer) => self.notary(state, answer, out),
            // Too late, or asked again: the rows say what stands.
            Checked::Capture { .. } | Checked::Release { .. } | Checked::Hold { .. } => {
                out.push(Effect::Rows(from));
                Ok(Bank::Captured(state))
            }
            _ => Err(out_of_turn("bank, captured").into()),
        }
    }

    fn contest(&self, state: Captured, contest: &Statement<st::Contest>, out: &mut Vec<Effect>) -> Result<Bank, Error> {
        if contest.body.captured != state.captured {
            return Err(Violation::new(Code::RefWrong, "contest").into());
        }
        // Once contested, or once a key is known to have been handed over, there is nothing to
        // contest any more: a second contest would let a buyer who has the key be paid back.
        if state.answer_until.is_some() || state.passed || state.recorded {
            out.push(Effect::Rows(Role::Buyer));
            return Ok(Bank::Captured(state));
        }
        let at = self.cx.now();
        let answer_until = at.plus(self.x.core.deadlines.contest_ms);
        out.push(Effect::Keep(contest.text.clone()));
        self.row(Slot::Contest, st::Contested { at, answer_until }, out)?;
        Ok(Bank::Captured(Captured { answer_until: Some(answer_until), ..state }))
    }

    fn pass_key(&self, state: Captured, pass: &Statement<st::PassKey>, out: &mut Vec<Effect>) -> Result<Bank, Error> {
        pass.body.key.check(&self.x.core.com_k)?;
        if state.passed {
            out.push(Effect::Rows(Role::Seller));
            return Ok(Bank::Captured(state));
        }
        let (at, settle_after) = (self.cx.now(), self.with_complaint_window(&state));
        out.push(Effect::Keep(pass.text.clone()));
        self.row(Slot::Passed, st::PassedKey { at, key: pass.body.key.clone(), settle_after }, out)?;
        Ok(Bank::Captured(Captured { passed: true, settle_after, answer_until: None, ..state }))
    }

    fn notary(&self, state: Captured, answer: &Answer, out: &mut Vec<Effect>) -> Result<Bank, Error> {
        out.push(Effect::Keep(answer.text().to_owned()));
        match answer {
            Answer::Opened(opened) => {
                self.check_captured(&state, &opened.body.captured)?;
                if state.recorded {
                    out.push(Effect::Rows(Role::Notary));
                    return Ok(Bank::Captured(state));
                }
                let settle_after = self.with_complaint_window(&state);
                self.record(opened.hash, settle_after, out)?;
                Ok(Bank::Captured(Captured { recorded: true, settle_after, answer_until: None, ..state }))
            }
            Answer::BadEscrow(bad) => {
                self.check_captured(&state, &bad.body.captured)?;
                if bad.body.escrow != self.x.escrow_hash {
                    return Err(Violation::new(Code::EscrowHashWrong, "bad-escrow").into());
                }
                accuse(&bad.text, out);
                self.refund(&state, st::RefundBasis::BadEscrow, Some(bad.hash), out)
            }
            Answer::WrongFile(wrong) => {
                self.check_captured(&state, &wrong.body.captured)?;
                accuse(&wrong.text, out);
                self.refund(&state, st::RefundBasis::WrongFile, Some(wrong.hash), out)
            }
            _ => Err(out_of_turn("that is the bank's own answer").into()),
        }
    }

    /// The key may still be handed to a buyer who has paid for good.
    fn record_late(
        &self,
        state: Settled,
        opened: &Statement<st::Opened>,
        out: &mut Vec<Effect>,
    ) -> Result<Bank, Error> {
        if state.recorded {
            out.push(Effect::Rows(Role::Notary));
            return Ok(Bank::Settled(state));
        }
        out.push(Effect::Keep(opened.text.clone()));
        self.record(opened.hash, self.cx.now(), out)?;
        Ok(Bank::Settled(Settled { recorded: true }))
    }

    fn record(&self, opened: Hash, settle_after: Timestamp, out: &mut Vec<Effect>) -> Result<Hash, Error> {
        let hash = self.row(Slot::Recorded, st::Recorded { at: self.cx.now(), opened, settle_after }, out)?;
        out.push(Effect::Rows(Role::Notary));
        Ok(hash)
    }

    /// Whoever just got the key has one complaint window before settlement.
    fn with_complaint_window(&self, state: &Captured) -> Timestamp {
        state.settle_after.max(self.cx.now().plus(self.x.core.deadlines.complaint_ms))
    }

    #[expect(clippy::unused_self, reason = "reads as one of the desk's checks")]
    fn check_captured(&self, state: &Captured, named: &Hash) -> Result<(), Violation> {
        if state.captured == *named { Ok(()) } else { Err(Violation::new(Code::RefWrong, "captured")) }
    }

    fn release(&self, payer: Option<&String>, by: st::ReleaseBy, out: &mut Vec<Effect>) -> Result<Bank, Error> {
        if let Some(account) = payer {
            out.push(Effect::Money(Money::Release { account: account.clone() }));
        }
        self.row(Slot::Decision, st::Released { amount: self.x.core.amount, at: self.cx.now(), by }, out)?;
        Ok(Bank::Released)
    }

    fn settle(&self, state: &Captured, receipt: Option<Hash>, out: &mut Vec<Effect>) -> Result<Bank, Error> {
        let basis = if receipt.is_some() { st::SettleBasis::Receipt } else { st::SettleBasis::Timer };
        out.push(Effect::Money(Money::Settle { account: state.payee.clone() }));
        let settled = st::Settled { amount: self.x.core.amount, at: self.cx.now(), basis, receipt };
        self.row(Slot::Remedy, settled, out)?;
        Ok(Bank::Settled(Settled { recorded: state.recorded }))
    }

    fn refund(
        &self,
        state: &Captured,
        basis: st::RefundBasis,
        notary: Option<Hash>,
        out: &mut Vec<Effect>,
    ) -> Result<Bank, Error> {
        out.push(Effect::Money(Money::Refund { account: state.payer.clone() }));
        let refunded = st::Refunded { amount: self.x.core.amount, at: self.cx.now(), basis, notary };
        self.row(Slot::Remedy, refunded, out)?;
        if notary.is_some() {
            out.push(Effect::Rows(Role::Notary));
        }
        Ok(Bank::Refunded)
    }

    /// Tells one party everything on record; if that is nothing, says so with a signature.
    fn tell(&self, state: Bank, to: Role, out: &mut Vec<Effect>) -> Result<Bank, Error> {
        if state == Bank::Blank {
            let unmet = st::Unmet { at: self.cx.now(), what: Kind::Held };
            let statement = self.cx.author()?.answer(&self.cx.base, self.about(), unmet)?;
            out.push(Effect::Send { to, content: Content::Answer { statement: statement.text } });
        } else {
            out.push(Effect::Rows(to));
        }
        Ok(state)
    }

    /// Signs an answer, writes it into its slot, and queues it to both parties of the deal.
    fn row<B: semper_blocks::statement::Body>(
        &self,
        slot: Slot,
        body: B,
        out: &mut Vec<Effect>,
    ) -> Result<Hash, Error> {
        let answer = self.cx.author()?.answer(&self.cx.base, self.about(), body)?;
        out.push(Effect::Row { slot, statement: answer.text.clone() });
        for to in [Role::Buyer, Role::Seller] {
            out.push(Effect::Send { to, content: Content::Answer { statement: answer.text.clone() } });
        }
        Ok(answer.hash)
    }

    fn about(&self) -> About {
        let to: Vec<KeyId> = vec![self.x.core.buyer.id(), self.x.core.seller.id()];
        About::exchange(self.x.xid, to)
    }
}

fn released_by(role: Role) -> st::ReleaseBy {
    if role == Role::Seller { st::ReleaseBy::Seller } else { st::ReleaseBy::Buyer }
}

/// The notary's word that costs the seller the money goes to the seller: without it the seller could
/// not convict a notary who called a good box bad.
fn accuse(statement: &str, out: &mut Vec<Effect>) {
    out.push(Effect::Send { to: Role::Seller, content: Content::Answer { statement: statement.to_owned() } });
}

fn refusal(to: Role, what: Kind, code: Code) -> Effect {
    Effect::Send { to, content: Content::Refused { what, code: code.number() } }
}

fn refuse(state: Bank, what: Kind, code: Code, out: &mut Vec<Effect>) -> Bank {
    out.push(refusal(Role::Buyer, what, code));
    state
}
