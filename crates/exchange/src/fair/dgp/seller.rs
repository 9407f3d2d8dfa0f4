//! The seller's role, from the descriptor on.
//!
//! ```text
//!  [Proposed] --held--> [Delivering] --mandate--> [Capturing] --captured--> [Captured] --> [Settled]
//!      |                    |                         |                        |
//!      | release            | release                 | released               | refunded
//!      v                    v                         v                        v
//!  [Releasing] ----------------------------------> [Released]              [Refunded]
//! ```
//!
//! The seller delivers only after `held`, gives the key only after `captured`, and each of these is
//! durable before what follows from it leaves. `captured` counts wherever it is before that: a seller that was
//! restored from an older copy does not remember that it asked. The encapsulation seed of the escrow box is kept for
//! good: it convicts a notary who calls a good box bad.

use semper_base::code::Code;
use semper_base::limits::CHUNK_WINDOW_MAX;
use semper_base::{Error, Misuse, Role, Step, Timestamp, Violation};
use semper_blocks::delivery::{EscrowDefence, KeyOpening};
use semper_blocks::statement::{About, Body, Statement};
use semper_support::crypto::Secret32;
use serde::{Deserialize, Serialize};

use super::descriptor::Descriptor;
use super::effect::{Command, Cx, Effect, Event, conclude, out_of_turn};
use super::message::{Answer, Checked, Content};
use super::patience::Patience;
use super::statements as st;
use super::statements::EscrowBox;

/// One exchange on the seller's side.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seller {
    stage: Stage,
    secrets: Secrets,
    patience: Patience,
    /// How far a contest got.
    contest: Contest,
    /// The buyer's receipt. It may come before we hear that we captured.
    receipt: Option<String>,
}

/// A contest is answered once, and again only when we have asked the bank and it has not got our answer:
/// the bank repeats its rows, and to answer each repetition would never end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Contest {
    None,
    /// We heard of it before we heard that we captured.
    Open,
    Answered,
    /// The bank has passed our key on.
    Passed,
}

/// What the seller knows and the others do not yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Secrets {
    /// The account that is paid.
    pub account: String,
    /// The escrow box.
    pub escrow: EscrowBox,
    /// The seed that the box was sealed with.
    pub seed: Secret32,
    /// Our half of the content key.
    pub key: KeyOpening,
    /// Opens the payee commitment.
    pub salt: Secret32,
}

/// See the diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// X is out; no money is held yet. A buyer who heard of the hold first may have asked for chunks.
    Proposed {
        /// Asked for already: first chunk, count.
        wanted: Option<(u64, u64)>,
    },
    /// The money is held; chunks go out.
    Delivering,
    /// We asked for the money.
    Capturing,
    /// The money is ours unless it is paid back; the key is out.
    Captured,
    /// We asked for release and shall never capture.
    Releasing,
    /// Final: no money moved.
    Released,
    /// Final: paid.
    Settled,
    /// Final: the money went back.
    Refunded,
}

impl Seller {
    /// Proposes X, and waits for the buyer to bring the bank's `held`. If it does not come, the bank is asked: when
    /// the buyer asks for chunks all the same, and when no hold can come any more.
    #[must_use]
    pub fn propose(secrets: Secrets, x: &Descriptor) -> Seller {
        let stage = Stage::Proposed { wanted: None };
        Seller { stage, secrets, patience: until_no_hold(x), contest: Contest::None, receipt: None }
    }

    /// One step.
    pub fn step(
        self,
        event: &Event,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Seller>, Error> {
        let next = Desk { x, cx }.next(&self, event, out);
        conclude(self, next, out)
    }

    /// Where the exchange stands.
    #[must_use]
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// When to ask the bank again.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Released | Stage::Settled | Stage::Refunded => None,
            _ => Some(self.patience.ends()),
        }
    }

    /// The escrow box.
    #[must_use]
    pub fn escrow(&self) -> &EscrowBox {
        &self.secrets.escrow
    }

    /// What convicts a notary who called our good box bad.
    #[must_use]
    pub fn defence(&self) -> EscrowDefence {
        EscrowDefence { seed: self.secrets.seed.clone(), key: self.secrets.key.clone() }
    }
}

struct Desk<'a> {
    x: &'a Descriptor,
    cx: &'a Cx<'a>,
}

impl Desk<'_> {
    fn next(&self, state: &Seller, event: &Event, out: &mut Vec<Effect>) -> Result<Seller, Error> {
        match event {
            Event::Message { from: _, content } => self.message(state, content, out),
            Event::Deadline => {
                if state.stage == Stage::Captured && state.contest == Contest::Answered {
                    self.pass_key(state, out)?;
                }
                self.ask_bank(state.patience.ends().millis(), out)?;
                Ok(Seller { patience: state.patience.again(self.cx.now(), &self.x.core.deadlines), ..state.clone() })
            }
            Event::Command(Command::Release) => self.release(state, out),
            Event::Command(Command::Status) => {
                self.ask_bank(self.cx.now().millis(), out)?;
                Ok(state.clone())
            }
            Event::Command(Command::Contest | Command::Escrow)
            | Event::Signed(..)
            | Event::Declined(_)
            | Event::Verified(_) => Err(Misuse::new(Code::StateWrong, "only a buyer does that").into()),
        }
    }

    fn message(&self, state: &Seller, content: &Checked, out: &mut Vec<Effect>) -> Result<Seller, Error> {
        match (&state.stage, content) {
            (_, Checked::Answer(answer)) => self.answer(state, answer, out),
            (Stage::Proposed { wanted }, Checked::Fetch { from, count }) => {
                self.check_window(*from, *count)?;
                let mut next = at(state, Stage::Proposed { wanted: Some((*from, *count)) });
                // Asked by the first only, and by our own clock from then on: each asking again would never end.
                if wanted.is_none() {
                    self.ask_bank(0, out)?;
                    next.patience = Patience::start(self.cx.now(), &self.x.core.deadlines);
                }
                Ok(next)
            }
            // Also after the end: a wallet that was restored from an older copy has paid for what it lost.
            (
                Stage::Delivering | Stage::Capturing | Stage::Captured | Stage::Settled,
                Checked::Fetch { from, count },
            ) => {
                self.check_window(*from, *count)?;
                deliver(state, *from, *count, out);
                Ok(state.clone())
            }
            (Stage::Delivering, Checked::Mandate(mandate)) => self.capture(state, mandate, out),
            (Stage::Capturing | Stage::Captured, Checked::Receipt(receipt)) => self.receipt(state, receipt, out),
            // The buyer may not have heard yet.
            (Stage::Capturing | Stage::Captured | Stage::Settled, Checked::Mandate(_))
            | (Stage::Settled | Stage::Refunded, Checked::Receipt(_))
            | (Stage::Releasing | Stage::Released | Stage::Refunded, Checked::Fetch { .. } | Checked::Mandate(_)) => {
                Ok(state.clone())
            }
            (_, Checked::Refused { .. }) => {
                out.push(Effect::Tell("refused"));
                Ok(state.clone())
            }
            _ => Err(out_of_turn("seller").into()),
        }
    }

    fn answer(&self, state: &Seller, answer: &Answer, out: &mut Vec<Effect>) -> Result<Seller, Error> {
        if answer.fits(self.x).is_err() {
            out.push(Effect::Tell("unfit"));
            return Ok(keep(state.clone(), answer, out));
        }
        match (&state.stage, answer) {
            (Stage::Proposed { wanted }, Answer::Held(_)) => {
                if let Some((from, count)) = wanted {
                    deliver(state, *from, *count, out);
                }
                out.push(Effect::Tell("held"));
                Ok(keep(Seller { patience: until_no_hold(self.x), ..at(state, Stage::Delivering) }, answer, out))
            }
            // The money is ours. Whoever was restored from an older copy may not remember that it asked for it.
            (
                Stage::Proposed { .. } | Stage::Delivering | Stage::Capturing | Stage::Releasing,
                Answer::Captured(captured),
            ) => {
                let content = Content::Key { opening: state.secrets.key.clone() };
                out.push(Effect::Send { to: Role::Buyer, content });
                out.push(Effect::Tell("captured"));
                if let Some(receipt) = &state.receipt {
                    hand_in(receipt, out);
                }
                let mut state = state.clone();
                if state.contest == Contest::Open {
                    self.pass_key(&state, out)?;
                    state.contest = Contest::Answered;
                }
                let patience = Patience::until(
                    captured.body.settle_after.plus(self.x.core.deadlines.skew_ms),
                    &self.x.core.deadlines,
                );
                Ok(keep(Seller { patience, ..at(&state, Stage::Captured) }, answer, out))
            }
            (Stage::Capturing, Answer::Contested(_)) => {
                Ok(keep(Seller { contest: Contest::Open, ..state.clone() }, answer, out))
            }
            (Stage::Captured, Answer::Contested(_)) if state.contest == Contest::None => {
                self.pass_key(state, out)?;
                out.push(Effect::Tell("contested"));
                Ok(keep(Seller { contest: Contest::Answered, ..state.clone() }, answer, out))
            }
            (Stage::Captured, Answer::PassedKey(_)) => {
                Ok(keep(Seller { contest: Contest::Passed, ..state.clone() }, answer, out))
            }
            (Stage::Captured, Answer::Settled(_)) => {
                out.push(Effect::Tell("settled"));
                Ok(keep(at(state, Stage::Settled), answer, out))
            }
            (Stage::Captured, Answer::Refunded(_)) => {
                out.push(Effect::Tell("refunded"));
                Ok(keep(at(state, Stage::Refunded), answer, out))
            }
            (Stage::Proposed { .. } | Stage::Delivering | Stage::Capturing | Stage::Releasing, Answer::Released(_)) => {
                out.push(Effect::Tell("released"));
                Ok(keep(at(state, Stage::Released), answer, out))
            }
            // No hold can come any more: the bank refuses it by its own clock.
            (Stage::Proposed { .. } | Stage::Releasing, Answer::Unmet(unmet))
                if answer.role() == Role::Bank && unmet.body.at >= self.x.core.deadlines.over_if_unmet() =>
            {
                out.push(Effect::Tell("released"));
                Ok(keep(at(state, Stage::Released), answer, out))
            }
            (_, Answer::Unmet(_)) => Ok(state.clone()),
            // A repetition is no news; a contradiction is evidence. Both are kept, neither moves us.
            _ => Ok(keep(state.clone(), answer, out)),
        }
    }

    fn capture(
        &self,
        state: &Seller,
        mandate: &Statement<st::Mandate>,
        out: &mut Vec<Effect>,
    ) -> Result<Seller, Error> {
        let core = &self.x.core;
        if mandate.body.amount != core.amount || mandate.body.payee != core.payee {
            return Err(Violation::new(Code::TermsWrong, "mandate").into());
        }
        let capture = self.request(st::Capture {
            account: state.secrets.account.clone(),
            mandate: mandate.hash,
            salt: state.secrets.salt.clone(),
        })?;
        out.push(Effect::Keep(mandate.text.clone()));
        out.push(Effect::Keep(capture.text.clone()));
        let content = Content::Capture { statement: capture.text, mandate: mandate.text.clone() };
        out.push(Effect::Send { to: Role::Bank, content });
        out.push(Effect::Tell("mandate"));
        Ok(Seller { patience: Patience::start(self.cx.now(), &self.x.core.deadlines), ..at(state, Stage::Capturing) })
    }

    fn receipt(
        &self,
        state: &Seller,
        receipt: &Statement<st::Receipt>,
        out: &mut Vec<Effect>,
    ) -> Result<Seller, Error> {
        if receipt.body.amount != self.x.core.amount || receipt.body.plain != self.x.core.plain {
            return Err(Violation::new(Code::TermsWrong, "receipt").into());
        }
        // One is enough, and a buyer who signs a thousand must not fill our archive.
        if state.receipt.is_some() {
            return Ok(state.clone());
        }
        out.push(Effect::Keep(receipt.text.clone()));
        out.push(Effect::Tell("receipt"));
        if state.stage == Stage::Captured {
            hand_in(&receipt.text, out);
        }
        Ok(Seller { receipt: Some(receipt.text.clone()), ..state.clone() })
    }

    fn pass_key(&self, state: &Seller, out: &mut Vec<Effect>) -> Result<(), Error> {
        let pass = self.request(st::PassKey { key: state.secrets.key.clone() })?;
        out.push(Effect::Keep(pass.text.clone()));
        out.push(Effect::Send { to: Role::Bank, content: Content::PassKey { statement: pass.text } });
        Ok(())
    }

    fn release(&self, state: &Seller, out: &mut Vec<Effect>) -> Result<Seller, Error> {
        if !matches!(state.stage, Stage::Proposed { .. } | Stage::Delivering) {
            return Err(Misuse::new(Code::StateWrong, "capture was asked for, or it is over").into());
        }
        let release = self.request(st::Release { amount: self.x.core.amount })?;
        out.push(Effect::Keep(release.text.clone()));
        out.push(Effect::Send { to: Role::Bank, content: Content::Release { statement: release.text } });
        Ok(Seller { patience: Patience::start(self.cx.now(), &self.x.core.deadlines), ..at(state, Stage::Releasing) })
    }

    fn ask_bank(&self, round: u64, out: &mut Vec<Effect>) -> Result<(), Error> {
        let status = self.request(st::Status { round })?;
        out.push(Effect::Send { to: Role::Bank, content: Content::Status { statement: status.text } });
        Ok(())
    }

    fn request<B: Body>(&self, body: B) -> Result<Statement<B>, Error> {
        let about = About::exchange(self.x.xid, vec![self.x.core.bank.key.id()]);
        self.cx.author()?.request(&self.cx.base, about, body)
    }

    fn check_window(&self, from: u64, count: u64) -> Result<(), Violation> {
        let end = from.checked_add(count);
        if count == 0 || count > CHUNK_WINDOW_MAX || end.is_none_or(|end| end > self.x.core.leaves) {
            return Err(Violation::new(Code::TooMany, "chunks"));
        }
        Ok(())
    }
}

/// Until the bank takes no hold any more, and has released what nobody captured.
fn until_no_hold(x: &Descriptor) -> Patience {
    Patience::until(x.core.deadlines.over_if_unmet(), &x.core.deadlines)
}

fn at(state: &Seller, stage: Stage) -> Seller {
    Seller { stage, ..state.clone() }
}

fn keep(state: Seller, answer: &Answer, out: &mut Vec<Effect>) -> Seller {
    out.push(Effect::Keep(answer.text().to_owned()));
    state
}

fn hand_in(receipt: &str, out: &mut Vec<Effect>) {
    let content = Content::Receipt { statement: receipt.to_owned() };
    out.push(Effect::Send { to: Role::Bank, content });
}

/// The escrow box goes with the first chunk.
fn deliver(state: &Seller, from: u64, count: u64, out: &mut Vec<Effect>) {
    if from == 0 {
        let content = Content::EscrowBox { sealed: state.secrets.escrow.clone() };
        out.push(Effect::Send { to: Role::Buyer, content });
    }
    out.push(Effect::Chunks { from, count });
}
