//! The payer's role, from the agreed L on.
//!
//! ```text
//!  [Waiting] --lock, lock-debit signed--> [Ordered] --locked--> [Locked] --claimed--> [Claimed]
//!     | no, or too late                      |                     |
//!     v                                      +----- returned ------+-----> [Returned]
//!  [Declined]                                +- time over, nothing locked -> [Lapsed]
//! ```
//!
//! Of a hash lock the payer has nothing to do once it is locked: the money or the preimage comes, and it asks until
//! it has one of them. Of a decision lock it asks for the money as soon as its own machine of that exchange has
//! `aborted`. The order is durable before it is sent, so that whoever has ordered also waits for what comes of it.

use semper_base::code::{Code, Misuse};
use semper_base::{Error, Hash, Millis, Step, Timestamp, Violation};
use semper_blocks::statement::{Kind, Language};
use semper_support::crypto::{PublicKey, Secret32};
use serde::{Deserialize, Serialize};

use super::by_decision::Shown;
use super::condition::Ground;
use super::descriptor::{Lock, Seat};
use super::effect::{Command, Effect, Event, Standing, conclude, out_of_turn};
use super::escrow::Act;
use super::escrow::read::Said;
use super::escrow::side::{Parcel, Wish};
use super::message::{Answer, Checked, Content};
use super::pen::{self, Desk, Outcome, Pen};
use super::{Cx, statements as st};
use crate::fair::frame::patience::Patience;

/// What the payer brings into a lock.
#[derive(Clone, Debug)]
pub struct PayerOwn {
    /// Where the money comes from.
    pub account: String,
    /// Its key.
    pub account_key: PublicKey,
    /// SHA-256 of the certificate of the payer's key in L, if it has one.
    pub certificate: Option<Hash>,
    /// The language that the owner is asked in.
    pub language: Language,
    /// How long it waits before it asks the holder; it asks again ever more rarely.
    pub patience_ms: Millis,
}

/// One lock on the payer's side.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Payer {
    account: String,
    account_key: PublicKey,
    /// The money is wanted back, and with what.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    back: Option<Back>,
    /// Of an escrow: what was said.
    #[serde(skip_serializing_if = "Parcel::is_empty", default)]
    parcel: Parcel,
    patience: Patience,
    patience_ms: Millis,
    pen: Pen,
    stage: Stage,
}

/// A wish to have the money back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Back {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    shown: Option<Shown>,
    /// The signed `give-back`, once it is there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    statement: Option<String>,
}

/// See the diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Stage {
    /// The orders are being signed: first the lock, then the debit.
    Waiting { order: Option<String> },
    /// They are out.
    Ordered { order: String, debit: String },
    /// The holder has the money.
    Locked,
    /// Final: the payee has it.
    Claimed(Outcome),
    /// Final: it is here, or never left.
    Returned(Outcome),
    /// Final, of an escrow: divided.
    Divided(Outcome),
    /// Final: nothing was locked in time.
    Lapsed,
    /// Final: nothing has left.
    Declined,
}

impl Payer {
    /// Begins: has the order signed.
    pub fn start(own: PayerOwn, lock: &Lock, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Payer, Error> {
        let pen = Pen { seat: Seat::Payer, certificate: own.certificate, language: own.language };
        let core = &lock.core;
        let order = st::Lock { amount: core.amount, condition: core.condition.clone(), payee: core.payee_account };
        Desk { pen, lock, cx }.ask(&order, out)?;
        Ok(Payer {
            account: own.account,
            account_key: own.account_key,
            back: None,
            parcel: Parcel::default(),
            patience: Patience::first(cx.now(), own.patience_ms),
            patience_ms: own.patience_ms,
            pen,
            stage: Stage::Waiting { order: None },
        })
    }

    /// One step.
    pub fn step(self, event: &Event, lock: &Lock, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Step<Payer>, Error> {
        let next = Turn { desk: Desk { pen: self.pen, lock, cx }, before: &self }.next(event, out);
        conclude(self, next, out)
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.stage {
            Stage::Waiting { .. } => Standing::Waiting,
            Stage::Ordered { .. } => Standing::Ordered,
            Stage::Locked => Standing::Locked,
            Stage::Claimed(_) => Standing::Claimed,
            Stage::Divided(_) => Standing::Divided,
            Stage::Returned(_) => Standing::Returned,
            Stage::Lapsed => Standing::Lapsed,
            Stage::Declined => Standing::Declined,
        }
    }

    /// How it ended, once it has: the holder's word with what that rests on.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.stage {
            Stage::Claimed(outcome) | Stage::Divided(outcome) | Stage::Returned(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// Of a hash lock that was claimed: what the payment bought.
    #[must_use]
    pub fn preimage(&self) -> Option<&Secret32> {
        self.outcome()?.preimage.as_ref()
    }

    /// Of an escrow: what the holder said.
    #[must_use]
    pub fn parcel(&self) -> &Parcel {
        &self.parcel
    }

    /// When it must act by itself.
    #[must_use]
    pub fn deadline(&self, lock: &Lock) -> Option<Timestamp> {
        match self.stage {
            Stage::Waiting { .. } => lock.core.condition.ends(),
            Stage::Ordered { .. } | Stage::Locked => Some(self.patience.ends()),
            Stage::Claimed(_) | Stage::Divided(_) | Stage::Returned(_) | Stage::Lapsed | Stage::Declined => None,
        }
    }
}

/// One step of it.
struct Turn<'a> {
    desk: Desk<'a>,
    before: &'a Payer,
}

impl Turn<'_> {
    fn next(&self, event: &Event, out: &mut Vec<Effect>) -> Result<Payer, Error> {
        match event {
            Event::Message { from: Seat::Holder, content: Checked::Answer(answer) } => self.answer(answer, out),
            Event::Message { from: Seat::Holder, content: Checked::Refused { what, .. } } => self.refused(*what, out),
            Event::Message { .. } => Err(out_of_turn("payer").into()),
            Event::Signed(kind, text) => self.signed(*kind, text, out),
            Event::Declined(kind) => Ok(self.declined(*kind, out)),
            Event::Command(command) => self.command(*command, out),
            Event::Decided(shown) => self.decided(shown, out),
            Event::Escrow(wish) => self.escrow(wish, out),
            Event::Deadline => self.deadline(out),
        }
    }

    fn answer(&self, answer: &Answer, out: &mut Vec<Effect>) -> Result<Payer, Error> {
        let is_final = self.before.standing().is_final();
        match (answer, &self.before.stage) {
            (Answer::Unmet(unmet), Stage::Ordered { .. }) if self.desk.lock.core.condition.is_over(unmet.body.at) => {
                out.push(Effect::Keep(unmet.text.clone()));
                out.push(Effect::Tell("lapsed"));
                Ok(self.at(Stage::Lapsed))
            }
            (Answer::Locked(locked), Stage::Ordered { order, .. }) => {
                if locked.body.lock != Hash::of(order.as_bytes()) {
                    return Err(Violation::new(Code::RefWrong, "locked").into());
                }
                out.push(Effect::Keep(locked.text.clone()));
                out.push(Effect::Tell("locked"));
                Ok(self.locked())
            }
            (Answer::Escrow(said), _) => {
                let parcel = self.before.parcel.said(said, out);
                let next = match said {
                    Said::Divided(..) if !is_final => self.at(Stage::Divided(Outcome::of_divided(said.text()))),
                    _ => self.before.clone(),
                };
                Ok(Payer { parcel, ..next })
            }
            (Answer::Locked(_) | Answer::Unmet(_), _) => Ok(self.before.clone()),
            // The first outcome counts; a second one is evidence.
            (Answer::Claimed { .. } | Answer::Returned { .. }, _) if is_final => {
                Outcome::keep(answer, out);
                Ok(self.before.clone())
            }
            (Answer::Claimed { claimed, shown }, _) => {
                Outcome::keep(answer, out);
                out.push(Effect::Tell("claimed"));
                Ok(self.at(Stage::Claimed(Outcome::of_claimed(claimed, shown.as_ref()))))
            }
            (Answer::Returned { returned, shown }, _) => {
                Outcome::keep(answer, out);
                out.push(Effect::Tell("returned"));
                Ok(self.at(Stage::Returned(Outcome::of_returned(returned, shown.as_ref()))))
            }
        }
    }

    /// The holder's refusals are unsigned and move nothing by themselves.
    fn refused(&self, what: Kind, out: &mut Vec<Effect>) -> Result<Payer, Error> {
        match (what, &self.before.stage) {
            (Kind::Lock, Stage::Ordered { .. }) => {
                out.push(Effect::Tell("refused"));
                // Nobody shall be able to bring the order again once there is money.
                self.want_back(Back::default(), out)
            }
            // It was locked before the cancellation came; the next question shows it.
            (Kind::GiveBack, Stage::Ordered { .. } | Stage::Locked) => Ok(Payer { back: None, ..self.before.clone() }),
            _ => Ok(Payer { parcel: self.before.parcel.refused(what), ..self.before.clone() }),
        }
    }

    fn signed(&self, kind: Kind, text: &str, out: &mut Vec<Effect>) -> Result<Payer, Error> {
        let statement = text.to_owned();
        let (lock, before) = (self.desk.lock, self.before);
        let next = match (&before.stage, kind) {
            (_, Kind::Status) => {
                pen::holder(Content::Status { statement }, out);
                return Ok(before.clone());
            }
            (Stage::Waiting { order: None }, Kind::Lock) => {
                let debit = st::LockDebit {
                    account: before.account.clone(),
                    account_key: before.account_key.clone(),
                    amount: lock.core.amount,
                    lock: Hash::of(text.as_bytes()),
                };
                self.desk.ask_with(before.account_key.id(), None, &debit, out)?;
                self.at(Stage::Waiting { order: Some(statement) })
            }
            (Stage::Waiting { order: Some(order) }, Kind::LockDebit) => {
                if lock.core.condition.is_over(self.desk.cx.now()) {
                    return Ok(self.at(Stage::Declined));
                }
                let (order, debit) = (order.clone(), statement);
                pen::holder(Content::Lock { debit: debit.clone(), statement: order.clone() }, out);
                self.waiting(Stage::Ordered { order, debit })
            }
            (Stage::Ordered { .. } | Stage::Locked, Kind::GiveBack) => {
                let Some(back) = &before.back else { return Ok(before.clone()) };
                let back = Back { statement: Some(statement), ..back.clone() };
                out.extend(back.content().map(|content| Effect::Send { to: Seat::Holder, content }));
                Payer { back: Some(back), ..self.waiting(before.stage.clone()) }
            }
            (Stage::Locked, kind) if Act::is_own(kind) => {
                Payer { parcel: self.before.parcel.out(text, out), ..self.waiting(Stage::Locked) }
            }
            // The world has moved on since the owner was asked: what was signed stays here.
            _ => return Ok(before.clone()),
        };
        out.push(Effect::Keep(text.to_owned()));
        out.push(Effect::Tell(kind.word()));
        Ok(next)
    }

    fn declined(&self, kind: Kind, out: &mut Vec<Effect>) -> Payer {
        out.push(Effect::Tell("declined"));
        match (&self.before.stage, kind) {
            (Stage::Waiting { .. }, Kind::Lock | Kind::LockDebit) => self.at(Stage::Declined),
            (_, Kind::GiveBack) => Payer { back: None, ..self.before.clone() },
            _ => self.before.clone(),
        }
    }

    fn command(&self, command: Command, out: &mut Vec<Effect>) -> Result<Payer, Error> {
        match (command, &self.before.stage) {
            (Command::Status, _) => {
                self.desk.ask_status(out)?;
                Ok(self.before.clone())
            }
            (Command::GiveBack, Stage::Waiting { .. }) => Ok(self.at(Stage::Declined)),
            (Command::GiveBack, Stage::Ordered { .. }) => self.want_back(Back::default(), out),
            (Command::GiveBack, _) => Err(Misuse::new(Code::StateWrong, "locked already, or over").into()),
        }
    }

    /// Of an escrow, once there is money.
    fn escrow(&self, wish: &Wish, out: &mut Vec<Effect>) -> Result<Payer, Error> {
        let before = self.before;
        if before.standing() != Standing::Locked {
            return Err(Misuse::new(Code::StateWrong, "not locked, or over").into());
        }
        let parcel = before.parcel.wish(wish, &self.desk, None, out)?;
        Ok(Payer { parcel, ..before.clone() })
    }

    fn decided(&self, shown: &Shown, out: &mut Vec<Effect>) -> Result<Payer, Error> {
        let ground = self.desk.lock.core.condition.ground(Some(shown), self.desk.cx.base.crypto)?;
        match (&self.before.stage, ground) {
            (Stage::Waiting { .. }, Some(Ground::Aborted(_))) => Ok(self.at(Stage::Declined)),
            (Stage::Ordered { .. } | Stage::Locked, Some(Ground::Aborted(_))) => {
                self.want_back(Back { shown: Some(shown.clone()), statement: None }, out)
            }
            _ => Ok(self.before.clone()),
        }
    }

    fn deadline(&self, out: &mut Vec<Effect>) -> Result<Payer, Error> {
        let before = self.before;
        let said = before.back.as_ref().and_then(Back::content);
        match &before.stage {
            Stage::Waiting { .. } => {
                out.push(Effect::Tell("expired"));
                return Ok(self.at(Stage::Declined));
            }
            Stage::Ordered { order, debit } if said.is_none() => {
                // Past the end the holder only refuses; what it has is then told by its signature.
                if self.desk.lock.core.condition.is_over(self.desk.cx.now()) {
                    self.desk.ask_status(out)?;
                } else {
                    pen::holder(Content::Lock { debit: debit.clone(), statement: order.clone() }, out);
                }
            }
            Stage::Ordered { .. } | Stage::Locked => match said {
                Some(content) => pen::holder(content, out),
                None if before.parcel.again(out) => {}
                None => self.desk.ask_status(out)?,
            },
            Stage::Claimed(_) | Stage::Divided(_) | Stage::Returned(_) | Stage::Lapsed | Stage::Declined => {
                return Ok(before.clone());
            }
        }
        Ok(Payer { patience: before.patience.longer(self.desk.cx.now(), before.patience_ms), ..before.clone() })
    }

    /// It only counts once it is signed.
    fn want_back(&self, back: Back, out: &mut Vec<Effect>) -> Result<Payer, Error> {
        let known = self.before.back.as_ref().is_some_and(|known| known.shown == back.shown);
        if known {
            return Ok(self.before.clone());
        }
        self.desk.ask_give_back(out)?;
        Ok(Payer { back: Some(back), ..self.before.clone() })
    }

    fn at(&self, stage: Stage) -> Payer {
        Payer { stage, ..self.before.clone() }
    }

    /// With patience from now on.
    fn waiting(&self, stage: Stage) -> Payer {
        let patience = Patience::first(self.desk.cx.now(), self.before.patience_ms);
        Payer { patience, ..self.at(stage) }
    }

    /// Nothing is to be done before the end, if there is one.
    fn locked(&self) -> Payer {
        let (core, now) = (&self.desk.lock.core, self.desk.cx.now());
        let quiet = core.condition.ends().map_or(now, |ends| ends.plus(core.skew_ms)).max(now);
        Payer { patience: Patience::first(quiet, self.before.patience_ms), ..self.at(Stage::Locked) }
    }
}

impl Back {
    fn content(&self) -> Option<Content> {
        let statement = self.statement.clone()?;
        Some(Content::GiveBack { shown: self.shown.clone(), statement })
    }
}
