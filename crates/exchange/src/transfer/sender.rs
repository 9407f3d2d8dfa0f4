//! The sender: announces, brings what is asked for, pays last, and believes the receiver's word how it ended.
//!
//! ```text
//!              accepted             ready           paid
//!   announced ----------> sending --------> paying ------> paid
//!       |                    |  taken         |  not paid    |  taken
//!       |   stop, over time  |  (no payment)  v              v
//!       +--------------------+----------> stopping        over: taken
//!                                             |
//!       declined, stopped                     |  stopped, or taken before our word came
//!       +-------------------------------------+----------> over: declined, stopped, taken
//!                                             |
//!                                             +-- nothing heard for long --> over: silent
//! ```
//!
//! A payment is ordered when the receiver has said that all else is there, and an order at the bank is not taken back:
//! then the bank's word decides, and nobody stops.

use semper_base::{Code, Error, Misuse, Timestamp, Violation};
use semper_blocks::payment::PayTo;
use serde::{Deserialize, Serialize};

use super::paper::{AnswerWord, Ending};
use super::plan::{Plan, SILENCE, TRIES_MAX, again};

/// One sender of one transfer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// When to ask again.
    again: Timestamp,
    stage: Stage,
    /// How often was asked without an answer.
    tries: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Stage {
    /// The receiver has not said anything.
    Announced,
    /// How it ended.
    Over(Outcome),
    /// The bank has paid; the receiver has not said that it took the goods.
    Paid { give_up: Timestamp },
    /// The payment is on its way to the bank.
    Paying {
        /// What the receiver said meanwhile.
        said: Option<Ending>,
    },
    /// The receiver fetches.
    Sending { to: Option<PayTo> },
    /// The receiver is told to let it be.
    Stopping { code: u16, give_up: Timestamp },
}

/// How it ended for the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The receiver's word; none if it has said nothing for so long that it is not waited for any more: then it is not
    /// known whether it took the goods.
    pub ending: Option<Ending>,
    /// Whether the payment was made.
    pub paid: bool,
}

/// What comes to a sender.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SenderEvent {
    /// The receiver says something.
    Answer(AnswerWord),
    /// Our bank has paid.
    Left,
    /// Our bank has not paid and will not, or its order was not signed.
    NotPaid(Code),
    /// Our owner stops it, or it cannot go on. `ordered`: whether a payment was sent to the bank.
    Stop {
        /// Why.
        code: Code,
        /// Whether a payment order has left.
        ordered: bool,
    },
    /// A timer.
    Timer {
        /// Whether a payment order has left.
        ordered: bool,
    },
}

/// What a sender wants done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SenderEffect {
    /// Say again what is to come.
    Announce,
    /// The payment is not wanted any more: withdraw the question about it, if it was not answered.
    CancelPay,
    /// Forget all contents.
    Drop,
    /// Pay there: [`SenderEvent::Left`] or [`SenderEvent::NotPaid`] follows.
    Pay(PayTo),
    /// Send these chunks: good and index.
    Pieces(Vec<(u64, u64)>),
    /// Tell the receiver to let it be.
    Stop(u16),
}

type Next = Result<(Sender, Vec<SenderEffect>), Error>;

impl Sender {
    /// The owner has signed what is to be sent.
    #[must_use]
    pub fn announced(now: Timestamp) -> (Self, Vec<SenderEffect>) {
        (at(Stage::Announced, 0, now), vec![SenderEffect::Announce])
    }

    /// How it ended, once it has.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self.stage {
            Stage::Over(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// A stable word for where it stands.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.stage {
            Stage::Announced => "announced",
            Stage::Over(Outcome { ending: Some(Ending::Declined(_)), .. }) => "declined",
            Stage::Over(Outcome { ending: Some(Ending::Stopped(_)), .. }) => "stopped",
            Stage::Over(Outcome { ending: Some(Ending::Taken), .. }) => "taken",
            Stage::Over(Outcome { ending: None, .. }) => "silent",
            Stage::Paid { .. } => "paid",
            Stage::Paying { .. } => "paying",
            Stage::Sending { .. } => "sending",
            Stage::Stopping { .. } => "stopping",
        }
    }

    /// When it must act by itself.
    #[must_use]
    pub fn deadline(&self, plan: &Plan) -> Option<Timestamp> {
        match self.stage {
            Stage::Announced | Stage::Sending { .. } => Some(self.again.min(plan.until)),
            Stage::Paid { give_up } | Stage::Stopping { give_up, .. } => Some(self.again.min(give_up)),
            Stage::Paying { .. } => Some(self.again),
            Stage::Over(_) => None,
        }
    }

    /// One step. What does not fit is a [`Code::OutOfTurn`], and leaves it as it is.
    pub fn step(&self, event: SenderEvent, plan: &Plan, now: Timestamp) -> Next {
        match (self.stage, event) {
            (Stage::Over(_), SenderEvent::Stop { .. }) => Err(Misuse::new(Code::StateWrong, "it is over").into()),
            (Stage::Over(outcome), event) => Ok(self.over(outcome, &event)),
            (Stage::Paying { said }, event) => self.paying(said, &event, plan, now),
            (Stage::Paid { give_up }, event) => self.paid(give_up, &event, now),
            (Stage::Stopping { code, give_up }, event) => Ok(self.stopping(code, give_up, &event, now)),
            (_, SenderEvent::Left | SenderEvent::NotPaid(_)) => Err(out_of_turn("nothing was to be paid")),
            (_, SenderEvent::Stop { code, .. }) => Ok(stop(code, now)),
            (_, SenderEvent::Timer { .. }) if plan.until <= now => Ok(stop(Code::Expired, now)),
            (_, SenderEvent::Timer { .. }) => Ok((self.later(now), vec![SenderEffect::Announce])),
            (Stage::Announced, SenderEvent::Answer(word)) => self.announced_next(&word, plan, now),
            (Stage::Sending { to }, SenderEvent::Answer(word)) => self.sending(to, word, plan, now),
        }
    }

    fn announced_next(&self, word: &AnswerWord, plan: &Plan, now: Timestamp) -> Next {
        match word {
            AnswerWord::Accepted(to) if to.is_some() == plan.pays => {
                Ok((at(Stage::Sending { to: *to }, 0, now), vec![]))
            }
            AnswerWord::Accepted(_) => Err(out_of_turn("it says where to pay if and only if there is a payment")),
            AnswerWord::Over(Ending::Taken) => Err(out_of_turn("nothing was sent")),
            AnswerWord::Over(ending) => Ok(over(Some(*ending), false, now)),
            // Overtook the word that it was accepted, which will come again.
            AnswerWord::Ready | AnswerWord::Want(_) => Ok((self.clone(), vec![])),
        }
    }

    fn sending(&self, to: Option<PayTo>, word: AnswerWord, plan: &Plan, now: Timestamp) -> Next {
        match (word, to) {
            (AnswerWord::Want(chunks), _) if chunks.iter().all(|(good, index)| plan.has(*good, *index)) => {
                Ok((at(self.stage, 0, now), vec![SenderEffect::Pieces(chunks)]))
            }
            (AnswerWord::Want(_), _) => Err(Violation::new(Code::ChunkWrong, "there is no such chunk").into()),
            (AnswerWord::Ready, Some(to)) => {
                Ok((at(Stage::Paying { said: None }, 0, now), vec![SenderEffect::Pay(to)]))
            }
            (AnswerWord::Ready, None) => Err(out_of_turn("there is nothing to pay")),
            (AnswerWord::Over(Ending::Taken), Some(_)) => Err(out_of_turn("it is not paid")),
            (AnswerWord::Over(ending), _) => Ok(over(Some(ending), false, now)),
            (AnswerWord::Accepted(other), _) if other == to => Ok((at(self.stage, 0, now), vec![])),
            (AnswerWord::Accepted(_), _) => Err(out_of_turn("it names another place to pay")),
        }
    }

    fn paying(&self, said: Option<Ending>, event: &SenderEvent, plan: &Plan, now: Timestamp) -> Next {
        match event {
            SenderEvent::Left => match said {
                Some(ending) => Ok(over(Some(ending), true, now)),
                None => Ok((at(Stage::Paid { give_up: now.plus(SILENCE) }, 0, now), vec![SenderEffect::Announce])),
            },
            SenderEvent::NotPaid(code) => match said {
                Some(ending) => Ok(over(Some(ending), false, now)),
                None => Ok(stop(*code, now)),
            },
            // The bank tells the receiver too, and it may be quicker. Of a stop we take back what we can.
            SenderEvent::Answer(AnswerWord::Over(ending)) if said.is_none() => {
                let back = if *ending == Ending::Taken { vec![] } else { vec![SenderEffect::CancelPay] };
                Ok((at(Stage::Paying { said: Some(*ending) }, 0, now), back))
            }
            SenderEvent::Answer(_) => Ok((self.clone(), vec![])),
            SenderEvent::Stop { ordered: true, .. } => {
                Err(Misuse::new(Code::StateWrong, "the payment is ordered; the bank's word decides").into())
            }
            SenderEvent::Stop { code, ordered: false } => Ok(unpaid(*code, said, now)),
            SenderEvent::Timer { ordered: false } if plan.until <= now => Ok(unpaid(Code::Expired, said, now)),
            SenderEvent::Timer { .. } => Ok((self.later(now), vec![])),
        }
    }

    fn paid(&self, give_up: Timestamp, event: &SenderEvent, now: Timestamp) -> Next {
        match event {
            SenderEvent::Answer(AnswerWord::Over(ending)) => Ok(over(Some(*ending), true, now)),
            SenderEvent::Timer { .. } if give_up <= now => Ok(over(None, true, now)),
            SenderEvent::Timer { .. } => Ok((self.later(now), vec![SenderEffect::Announce])),
            SenderEvent::Stop { .. } => Err(Misuse::new(Code::StateWrong, "it is paid").into()),
            SenderEvent::Answer(_) | SenderEvent::Left | SenderEvent::NotPaid(_) => Ok((self.clone(), vec![])),
        }
    }

    fn stopping(
        &self,
        code: u16,
        give_up: Timestamp,
        event: &SenderEvent,
        now: Timestamp,
    ) -> (Self, Vec<SenderEffect>) {
        match event {
            SenderEvent::Answer(AnswerWord::Over(ending)) => over(Some(*ending), false, now),
            SenderEvent::Timer { .. } if give_up <= now => over(None, false, now),
            SenderEvent::Timer { .. } => (self.later(now), vec![SenderEffect::Stop(code)]),
            SenderEvent::Answer(_) | SenderEvent::Left | SenderEvent::NotPaid(_) | SenderEvent::Stop { .. } => {
                (self.clone(), vec![])
            }
        }
    }

    /// What comes late changes what is known, not what was done.
    fn over(&self, outcome: Outcome, event: &SenderEvent) -> (Self, Vec<SenderEffect>) {
        let known = match event {
            SenderEvent::Answer(AnswerWord::Over(ending)) if outcome.ending.is_none() => {
                Outcome { ending: Some(*ending), ..outcome }
            }
            _ => outcome,
        };
        (Sender { stage: Stage::Over(known), ..self.clone() }, vec![])
    }

    fn later(&self, now: Timestamp) -> Self {
        at(self.stage, self.tries.saturating_add(1).min(TRIES_MAX), now)
    }
}

fn at(stage: Stage, tries: u8, now: Timestamp) -> Sender {
    Sender { again: again(now, tries), stage, tries }
}

fn stop(code: Code, now: Timestamp) -> (Sender, Vec<SenderEffect>) {
    let code = code.number();
    (at(Stage::Stopping { code, give_up: now.plus(SILENCE) }, 0, now), vec![SenderEffect::Stop(code)])
}

/// Nothing was ordered and nothing will be.
fn unpaid(code: Code, said: Option<Ending>, now: Timestamp) -> (Sender, Vec<SenderEffect>) {
    let (next, mut effects) = match said {
        Some(ending) => over(Some(ending), false, now),
        None => stop(code, now),
    };
    effects.push(SenderEffect::CancelPay);
    (next, effects)
}

fn over(ending: Option<Ending>, paid: bool, now: Timestamp) -> (Sender, Vec<SenderEffect>) {
    (at(Stage::Over(Outcome { ending, paid }), 0, now), vec![SenderEffect::Drop])
}

fn out_of_turn(what: &str) -> Error {
    Violation::new(Code::OutOfTurn, what).into()
}
