//! The payee's role, from the agreed L on.
//!
//! ```text
//!  [Waiting] --locked, and the condition met--> [Signing] --claim signed, in time--> [Claiming] --claimed--> [Claimed]
//!     |   ^                                        |                                    |
//!     |   +---------- not in time any more --------+                                    |
//!     +---------------------------------- returned -------------------------------------+-----> [Returned]
//!     +---------- time over, nothing locked; or the exchange that decides it came to nothing -> [Lapsed]
//! ```
//!
//! Of a hash lock the preimage leaves in the claim and nowhere else: the holder pays in the same row in which it
//! shows it. It leaves only with a margin before the end, so that it does not reach a holder that has given the
//! money back already. Of a decision lock the claim goes out when this party's own machine of that exchange has
//! `resolved`; of a compensation, when its owner says so from `due` on. The claim is durable before it is sent.

use semper_base::code::{Code, Misuse};
use semper_base::{Error, Hash, Millis, Step, Timestamp};
use semper_blocks::statement::{Kind, Language};
use semper_support::crypto::Secret32;
use serde::{Deserialize, Serialize};

use super::by_decision::Shown;
use super::condition::{Condition, Ground};
use super::descriptor::{Lock, Seat};
use super::effect::{Command, Effect, Event, Standing, conclude, out_of_turn};
use super::escrow::Act;
use super::escrow::read::Said;
use super::escrow::side::{Parcel, Wish};
use super::message::{Answer, Checked, Content};
use super::pen::{self, Desk, Outcome, Pen};
use super::{Cx, statements as st};
use crate::fair::dgp::descriptor::payee_commitment;
use crate::fair::frame::patience::Patience;

/// What the payee brings into a lock.
#[derive(Clone, Debug)]
pub struct PayeeOwn {
    /// Where the money goes.
    pub account: String,
    /// SHA-256 of the certificate of the payee's key in L, if it has one.
    pub certificate: Option<Hash>,
    /// The language that the owner is asked in.
    pub language: Language,
    /// A claim that is not out so long before the end stays here.
    pub margin_ms: Millis,
    /// How long it waits before it asks the holder; it asks again ever more rarely.
    pub patience_ms: Millis,
    /// Of a hash lock: what it asks for.
    pub preimage: Option<Secret32>,
    /// Opens the commitment to the account.
    pub salt: Secret32,
}

/// One lock on the payee's side.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Payee {
    account: String,
    /// The signed `give-back`, once the owner wants none of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    back: Option<String>,
    margin_ms: Millis,
    /// Of an escrow: what was said.
    #[serde(skip_serializing_if = "Parcel::is_empty", default)]
    parcel: Parcel,
    patience: Patience,
    patience_ms: Millis,
    pen: Pen,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    preimage: Option<Secret32>,
    salt: Secret32,
    stage: Stage,
}

/// See the diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Stage {
    /// For the lock, for the decision, or for the money to go back.
    Waiting { locked: bool },
    /// The claim is being signed.
    Signing { shown: Option<Shown> },
    /// It is out.
    Claiming { claim: String, shown: Option<Shown> },
    /// Final: paid.
    Claimed(Outcome),
    /// Final: not paid.
    Returned(Outcome),
    /// Final, of an escrow: divided.
    Divided(Outcome),
    /// Final: nothing was locked in time.
    Lapsed,
}

impl Payee {
    /// Begins. [`Code::MismatchPayee`] or [`Code::CommitmentWrong`] as a misuse if what the payee brings does not
    /// open what L says: then it could never claim.
    pub fn start(own: PayeeOwn, lock: &Lock, cx: &Cx<'_>) -> Result<Payee, Error> {
        if payee_commitment(&own.account, own.salt.danger_bytes()) != lock.core.payee_account {
            return Err(Misuse::new(Code::MismatchPayee, "account").into());
        }
        if let Condition::Hash(by) = &lock.core.condition {
            by.opens(own.preimage.as_ref()).map_err(|wrong| Misuse::new(wrong.code(), "preimage"))?;
        }
        Ok(Payee {
            account: own.account,
            back: None,
            margin_ms: own.margin_ms,
            parcel: Parcel::default(),
            patience: Patience::first(cx.now(), own.patience_ms),
            patience_ms: own.patience_ms,
            pen: Pen { seat: Seat::Payee, certificate: own.certificate, language: own.language },
            preimage: own.preimage,
            salt: own.salt,
            stage: Stage::Waiting { locked: false },
        })
    }

    /// One step.
    pub fn step(self, event: &Event, lock: &Lock, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Step<Payee>, Error> {
        let next = Turn { desk: Desk { pen: self.pen, lock, cx }, before: &self }.next(event, out);
        conclude(self, next, out)
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.stage {
            Stage::Waiting { locked: false } => Standing::Waiting,
            Stage::Waiting { locked: true } | Stage::Signing { .. } => Standing::Locked,
            Stage::Claiming { .. } => Standing::Claiming,
            Stage::Claimed(_) => Standing::Claimed,
            Stage::Divided(_) => Standing::Divided,
            Stage::Returned(_) => Standing::Returned,
            Stage::Lapsed => Standing::Lapsed,
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

    /// Of an escrow: what the holder said.
    #[must_use]
    pub fn parcel(&self) -> &Parcel {
        &self.parcel
    }

    /// When it must act by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        (!self.standing().is_final()).then(|| self.patience.ends())
    }
}

/// One step of it.
struct Turn<'a> {
    desk: Desk<'a>,
    before: &'a Payee,
}

impl Turn<'_> {
    fn next(&self, event: &Event, out: &mut Vec<Effect>) -> Result<Payee, Error> {
        match event {
            Event::Message { from: Seat::Holder, content: Checked::Answer(answer) } => self.answer(answer, out),
            Event::Message { from: Seat::Holder, content: Checked::Refused { what, .. } } => {
                out.push(Effect::Tell("refused"));
                Ok(Payee { parcel: self.before.parcel.refused(*what), ..self.before.clone() })
            }
            Event::Message { .. } => Err(out_of_turn("payee").into()),
            Event::Signed(kind, text) => Ok(self.signed(*kind, text, out)),
            Event::Declined(kind) => self.declined(*kind, out),
            Event::Command(command) => self.command(*command, out),
            Event::Decided(shown) => self.decided(shown, out),
            Event::Escrow(wish) => self.escrow(wish, out),
            Event::Deadline => self.deadline(out),
        }
    }

    fn answer(&self, answer: &Answer, out: &mut Vec<Effect>) -> Result<Payee, Error> {
        let is_final = self.before.standing().is_final();
        match (answer, &self.before.stage) {
            (Answer::Unmet(unmet), Stage::Waiting { locked: false })
                if self.desk.lock.core.condition.is_over(unmet.body.at) =>
            {
                out.push(Effect::Tell("lapsed"));
                Ok(self.at(Stage::Lapsed))
            }
            (Answer::Locked(locked), Stage::Waiting { locked: false }) => {
                out.push(Effect::Keep(locked.text.clone()));
                out.push(Effect::Tell("locked"));
                self.locked(out)
            }
            (Answer::Escrow(said), _) => {
                let parcel = self.before.parcel.said(said, out);
                let next = match said {
                    Said::Divided(..) if !is_final => self.at(Stage::Divided(Outcome::of_divided(said.text()))),
                    _ => self.before.clone(),
                };
                Ok(Payee { parcel, ..next })
            }
            (Answer::Locked(_) | Answer::Unmet(_), _) => Ok(self.before.clone()),
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

    /// Of a hash lock everything is here now; of a decision lock only the decision is missing.
    fn locked(&self, out: &mut Vec<Effect>) -> Result<Payee, Error> {
        let waiting = self.waiting(Stage::Waiting { locked: true });
        match &self.desk.lock.core.condition {
            Condition::Hash(_) if self.before.back.is_none() => self.claim(None, out),
            Condition::Decision(_) | Condition::Escrow(_) | Condition::Hash(_) => Ok(waiting),
        }
    }

    /// Of an escrow, once there is money.
    fn escrow(&self, wish: &Wish, out: &mut Vec<Effect>) -> Result<Payee, Error> {
        let before = self.before;
        if before.standing() != Standing::Locked {
            return Err(Misuse::new(Code::StateWrong, "not locked, or over").into());
        }
        let parcel = before.parcel.wish(wish, &self.desk, Some((before.account.as_str(), &before.salt)), out)?;
        Ok(Payee { parcel, ..before.clone() })
    }

    fn decided(&self, shown: &Shown, out: &mut Vec<Effect>) -> Result<Payee, Error> {
        let ground = self.desk.lock.core.condition.ground(Some(shown), self.desk.cx.base.crypto)?;
        match (&self.before.stage, ground) {
            (Stage::Waiting { locked }, Some(Ground::Resolved(_))) if self.is_due(*locked) => {
                self.claim(Some(shown.clone()), out)
            }
            // Nobody will ever pay from this: whether there was money, and that it went back, is the payer's business.
            (Stage::Waiting { .. }, Some(Ground::Aborted(_))) => {
                out.push(Effect::Tell("lapsed"));
                Ok(self.at(Stage::Lapsed))
            }
            _ => Ok(self.before.clone()),
        }
    }

    fn claim(&self, shown: Option<Shown>, out: &mut Vec<Effect>) -> Result<Payee, Error> {
        if !self.is_in_time() {
            out.push(Effect::Tell("too-late"));
            return Ok(self.waiting(Stage::Waiting { locked: true }));
        }
        let before = self.before;
        let (account, preimage, salt) = (before.account.clone(), before.preimage.clone(), before.salt.clone());
        self.desk.ask(&st::Claim { account, preimage, salt }, out)?;
        Ok(self.waiting(Stage::Signing { shown }))
    }

    /// Of a compensation: whether there is money, and the time to claim it. Else a decision is enough, whatever was
    /// heard of the lock.
    fn is_due(&self, locked: bool) -> bool {
        let unless = match &self.desk.lock.core.condition {
            Condition::Decision(by) => by.unless,
            Condition::Escrow(_) | Condition::Hash(_) => None,
        };
        unless.is_none_or(|unless| locked && self.desk.cx.now() >= unless.due && self.is_in_time())
    }

    /// Whether a claim would come with the margin before the end.
    fn is_in_time(&self) -> bool {
        let ends = self.desk.lock.core.condition.ends();
        ends.is_none_or(|ends| self.desk.cx.now().plus(self.before.margin_ms) < ends)
    }

    fn signed(&self, kind: Kind, text: &str, out: &mut Vec<Effect>) -> Payee {
        let statement = text.to_owned();
        let next = match (&self.before.stage, kind) {
            (_, Kind::Status) => {
                pen::holder(Content::Status { statement }, out);
                return self.before.clone();
            }
            // The owner took its time.
            (Stage::Signing { .. }, Kind::Claim) if !self.is_in_time() => {
                out.push(Effect::Tell("too-late"));
                return self.waiting(Stage::Waiting { locked: true });
            }
            (Stage::Signing { shown }, Kind::Claim) => {
                pen::holder(Content::Claim { shown: shown.clone(), statement: statement.clone() }, out);
                self.waiting(Stage::Claiming { claim: statement, shown: shown.clone() })
            }
            (Stage::Waiting { .. } | Stage::Signing { .. }, Kind::GiveBack) => {
                pen::holder(Content::GiveBack { shown: None, statement: statement.clone() }, out);
                let locked = self.before.standing() == Standing::Locked;
                Payee { back: Some(statement), ..self.waiting(Stage::Waiting { locked }) }
            }
            (Stage::Waiting { locked: true }, kind) if Act::is_own(kind) => {
                Payee { parcel: self.before.parcel.out(text, out), ..self.waiting(Stage::Waiting { locked: true }) }
            }
            // The world has moved on since the owner was asked: what was signed stays here.
            _ => return self.before.clone(),
        };
        out.push(Effect::Keep(text.to_owned()));
        out.push(Effect::Tell(kind.word()));
        next
    }

    fn declined(&self, kind: Kind, out: &mut Vec<Effect>) -> Result<Payee, Error> {
        out.push(Effect::Tell("declined"));
        match (&self.before.stage, kind) {
            (Stage::Signing { .. }, Kind::Claim) => {
                self.desk.ask_give_back(out)?;
                Ok(self.waiting(Stage::Waiting { locked: true }))
            }
            _ => Ok(self.before.clone()),
        }
    }

    fn command(&self, command: Command, out: &mut Vec<Effect>) -> Result<Payee, Error> {
        match (command, &self.before.stage) {
            (Command::Status, _) => self.desk.ask_status(out)?,
            (Command::GiveBack, Stage::Waiting { .. } | Stage::Signing { .. }) => self.desk.ask_give_back(out)?,
            (Command::GiveBack, _) => return Err(Misuse::new(Code::StateWrong, "claimed already, or over").into()),
        }
        Ok(self.before.clone())
    }

    fn deadline(&self, out: &mut Vec<Effect>) -> Result<Payee, Error> {
        let before = self.before;
        match (&before.stage, &before.back) {
            (Stage::Claiming { claim, shown }, _) => {
                pen::holder(Content::Claim { shown: shown.clone(), statement: claim.clone() }, out);
            }
            (Stage::Waiting { .. }, Some(back)) => {
                pen::holder(Content::GiveBack { shown: None, statement: back.clone() }, out);
            }
            (Stage::Waiting { .. }, None) if before.parcel.again(out) => {}
            (Stage::Waiting { .. } | Stage::Signing { .. }, _) => self.desk.ask_status(out)?,
            (Stage::Claimed(_) | Stage::Divided(_) | Stage::Returned(_) | Stage::Lapsed, _) => {
                return Ok(before.clone());
            }
        }
        Ok(Payee { patience: before.patience.longer(self.desk.cx.now(), before.patience_ms), ..before.clone() })
    }

    fn at(&self, stage: Stage) -> Payee {
        Payee { stage, ..self.before.clone() }
    }

    /// With patience from now on.
    fn waiting(&self, stage: Stage) -> Payee {
        let patience = Patience::first(self.desk.cx.now(), self.before.patience_ms);
        Payee { patience, ..self.at(stage) }
    }
}
