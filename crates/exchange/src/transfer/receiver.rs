//! The receiver: its row decides.
//!
//! ```text
//!                            reference        all here, checked
//!   announced --accept--> referring ---> fetching -------------> due
//!       |        no payment: at once  /      |    no payment  |   | paid
//!       |                                    |                v   v
//!       +-- declined, stopped, over time ----+-- stopped --> over: taken
//!                                                            over: declined, stopped
//! ```
//!
//! Nothing can be seen by the receiver's user before *over: taken*. While it is *due*, the receiver does not stop by
//! itself: the payment may be on its way. It stops when the sender says that it will not pay, or when the reference has
//! ended for so long that the bank would have said if it was paid.

use semper_base::{Code, Error, Misuse, Timestamp, Violation};
use semper_blocks::delivery::Missing;
use semper_blocks::payment::PayTo;
use serde::{Deserialize, Serialize};

use super::paper::{AnswerWord, Ending};
use super::plan::{Plan, TRIES_MAX, WINDOW, again, last_news};

/// One receiver of one transfer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    /// When to ask again.
    again: Timestamp,
    stage: Stage,
    /// How often was asked without an answer.
    tries: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Stage {
    /// The owner has not said anything.
    Announced,
    /// All is here; the money is not.
    Due { to: PayTo, until: Timestamp },
    /// Chunks come.
    Fetching {
        /// Per content.
        have: Vec<Missing>,
        /// Chunks that were asked for and are not here.
        open: u64,
        /// The money is here before its time.
        paid: bool,
        /// Where it is to be paid, and until when it can be.
        to: Option<(PayTo, Timestamp)>,
    },
    /// How it ended.
    Over(Ending),
    /// Our bank is asked for a reference.
    Referring,
}

/// What comes to a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReceiverEvent {
    /// The owner, or a rule, takes it.
    Accept,
    /// The announcement came once more: the sender wants to know where we stand.
    Again,
    /// What was asked for by [`ReceiverEffect::Check`].
    Checked(Result<(), Code>),
    /// A chunk that is the one that the list fixes, and is stored.
    Chunk {
        /// Which good.
        good: u64,
        /// Which chunk of it.
        index: u64,
    },
    /// The owner, or a rule, does not want it.
    Decline(Code),
    /// Our bank gives no reference.
    NoReference(Code),
    /// The money is on our account.
    Paid,
    /// Where it can be paid, until when.
    Reference(PayTo, Timestamp),
    /// Our owner stops it, or it cannot go on.
    Stop(Code),
    /// The sender stops it.
    Stopped(u16),
    /// A timer.
    Timer,
}

/// What a receiver wants done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReceiverEffect {
    /// Ask our bank for a reference: [`ReceiverEvent::Reference`] or [`ReceiverEvent::NoReference`] follows.
    AskReference,
    /// Verify every paper in it: [`ReceiverEvent::Checked`] follows in the same step.
    Check,
    /// Forget all contents.
    Drop,
    /// Queue an answer.
    Send(AnswerWord),
    /// Show it to the owner: all of it, now.
    Take,
}

type Next = Result<(Receiver, Vec<ReceiverEffect>), Error>;

impl Receiver {
    /// Somebody has announced something.
    #[must_use]
    pub fn announced(plan: &Plan) -> Self {
        Receiver { again: plan.until, stage: Stage::Announced, tries: 0 }
    }

    /// How it ended, once it has.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        match self.stage {
            Stage::Over(ending) => Some(ending),
            _ => None,
        }
    }

    /// Whether all of it is there for everybody to see.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.stage == Stage::Over(Ending::Taken)
    }

    /// A stable word for where it stands.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.stage {
            Stage::Announced => "announced",
            Stage::Due { .. } => "due",
            Stage::Fetching { .. } => "fetching",
            Stage::Over(Ending::Declined(_)) => "declined",
            Stage::Over(Ending::Stopped(_)) => "stopped",
            Stage::Over(Ending::Taken) => "taken",
            Stage::Referring => "referring",
        }
    }

    /// How many chunks are here.
    #[must_use]
    pub fn stored(&self) -> u64 {
        match &self.stage {
            Stage::Fetching { have, .. } => have.iter().map(Missing::stored).sum(),
            _ => 0,
        }
    }

    /// Whether this chunk is still missing.
    #[must_use]
    pub fn is_missing(&self, good: u64, index: u64, plan: &Plan) -> bool {
        let Stage::Fetching { have, .. } = &self.stage else { return false };
        plan.place(good).and_then(|at| have.get(at)).is_some_and(|have| have.is_missing(index))
    }

    /// When it must act by itself.
    #[must_use]
    pub fn deadline(&self, plan: &Plan) -> Option<Timestamp> {
        match self.stage {
            Stage::Announced => Some(plan.until),
            Stage::Fetching { .. } | Stage::Referring => Some(self.again.min(plan.until)),
            Stage::Due { until, .. } => Some(self.again.min(last_news(until))),
            Stage::Over(_) => None,
        }
    }

    /// One step. What does not fit is a [`Code::OutOfTurn`], and leaves it as it is.
    pub fn step(&self, event: ReceiverEvent, plan: &Plan, now: Timestamp) -> Next {
        match (&self.stage, event) {
            (Stage::Over(ending), event) => self.over(*ending, event),
            (Stage::Due { until, .. }, event) => self.due(*until, event, now),
            (Stage::Fetching { .. }, ReceiverEvent::Chunk { good, index }) => self.chunk((good, index), plan, now),
            (_, ReceiverEvent::Stopped(code)) => Ok(ended(Ending::Stopped(code), now)),
            (_, ReceiverEvent::Stop(code)) => Ok(ended(Ending::Stopped(code.number()), now)),
            (_, ReceiverEvent::Timer) if plan.until <= now => Ok(ended(Ending::Stopped(Code::Expired.number()), now)),
            (Stage::Announced, event) => self.announced_next(event, plan, now),
            (Stage::Referring, event) => self.referring(event, plan, now),
            (Stage::Fetching { .. }, event) => self.fetching(event, plan, now),
        }
    }

    fn announced_next(&self, event: ReceiverEvent, plan: &Plan, now: Timestamp) -> Next {
        match event {
            ReceiverEvent::Accept if plan.pays => {
                Ok((at(Stage::Referring, 0, now), vec![ReceiverEffect::AskReference]))
            }
            ReceiverEvent::Accept => Ok(fetch(None, plan, now)),
            ReceiverEvent::Decline(code) => Ok(ended(Ending::Declined(code.number()), now)),
            ReceiverEvent::Again | ReceiverEvent::Timer => Ok((self.clone(), vec![])),
            _ => Err(out_of_turn("it was not accepted yet")),
        }
    }

    fn referring(&self, event: ReceiverEvent, plan: &Plan, now: Timestamp) -> Next {
        match event {
            ReceiverEvent::Reference(to, until) => Ok(fetch(Some((to, until)), plan, now)),
            ReceiverEvent::NoReference(code) => Ok(ended(Ending::Stopped(code.number()), now)),
            ReceiverEvent::Again => Ok((self.clone(), vec![])),
            ReceiverEvent::Timer => Ok((self.later(now), vec![])),
            ReceiverEvent::Accept | ReceiverEvent::Decline(_) => Err(was_accepted()),
            _ => Err(out_of_turn("the bank has given no reference yet")),
        }
    }

    fn fetching(&self, event: ReceiverEvent, plan: &Plan, now: Timestamp) -> Next {
        let Stage::Fetching { have, to, paid, .. } = &self.stage else { return Err(out_of_turn("chunks")) };
        match event {
            ReceiverEvent::Checked(Ok(())) if !have.iter().all(Missing::is_complete) => {
                Err(out_of_turn("not all is here"))
            }
            ReceiverEvent::Checked(Ok(())) => match to {
                Some((to, until)) if !paid => {
                    let due = Stage::Due { to: *to, until: *until };
                    Ok((at(due, 0, now), vec![ReceiverEffect::Send(AnswerWord::Ready)]))
                }
                _ => Ok(taken(now)),
            },
            ReceiverEvent::Checked(Err(code)) => Ok(ended(Ending::Stopped(code.number()), now)),
            ReceiverEvent::Paid => {
                let stage = Stage::Fetching { have: have.clone(), open: self.open(), paid: true, to: *to };
                Ok((Receiver { stage, ..self.clone() }, vec![]))
            }
            // What was asked for may have been lost, with us or with the sender.
            ReceiverEvent::Again => Ok(self.ask(0, plan, now)),
            ReceiverEvent::Timer => Ok(self.ask(self.tries.saturating_add(1).min(TRIES_MAX), plan, now)),
            ReceiverEvent::Reference(..) | ReceiverEvent::NoReference(_) => Ok((self.clone(), vec![])),
            ReceiverEvent::Accept | ReceiverEvent::Decline(_) => Err(was_accepted()),
            ReceiverEvent::Chunk { .. } | ReceiverEvent::Stop(_) | ReceiverEvent::Stopped(_) => {
                Err(out_of_turn("handled before"))
            }
        }
    }

    fn chunk(&self, (good, index): (u64, u64), plan: &Plan, now: Timestamp) -> Next {
        let Stage::Fetching { have, open, paid, to } = &self.stage else { return Err(out_of_turn("chunk")) };
        let mut have = have.clone();
        let place = plan.place(good).and_then(|at| have.get_mut(at));
        let place = place.filter(|place| index < place.leaves());
        let place = place.ok_or_else(|| Violation::new(Code::ChunkWrong, format!("good {good} chunk {index}")))?;
        if !place.arrived(index) {
            return Ok((self.clone(), vec![]));
        }
        let complete = have.iter().all(Missing::is_complete);
        let open = open.saturating_sub(1);
        let next = at(Stage::Fetching { have, open, paid: *paid, to: *to }, 0, now);
        if complete {
            return Ok((next, vec![ReceiverEffect::Check]));
        }
        if open > 0 {
            return Ok((next, vec![]));
        }
        let (next, effects) = next.ask(0, plan, now);
        Ok((next, effects.into_iter().filter(is_want).collect()))
    }

    fn due(&self, until: Timestamp, event: ReceiverEvent, now: Timestamp) -> Next {
        match event {
            ReceiverEvent::Paid => Ok(taken(now)),
            ReceiverEvent::Stopped(code) => Ok(ended(Ending::Stopped(code), now)),
            ReceiverEvent::Timer if last_news(until) <= now => Ok(ended(Ending::Stopped(Code::Expired.number()), now)),
            ReceiverEvent::Timer => Ok((self.later(now), vec![ReceiverEffect::Send(AnswerWord::Ready)])),
            ReceiverEvent::Again => Ok((self.clone(), vec![ReceiverEffect::Send(AnswerWord::Ready)])),
            ReceiverEvent::Stop(_) => {
                let why = "all is here and the sender was told so: the payment may be on its way";
                Err(Misuse::new(Code::StateWrong, why).into())
            }
            ReceiverEvent::Accept | ReceiverEvent::Decline(_) => Err(was_accepted()),
            ReceiverEvent::Checked(_)
            | ReceiverEvent::Chunk { .. }
            | ReceiverEvent::NoReference(_)
            | ReceiverEvent::Reference(..) => Ok((self.clone(), vec![])),
        }
    }

    fn over(&self, ending: Ending, event: ReceiverEvent) -> Next {
        match event {
            ReceiverEvent::Again | ReceiverEvent::Stopped(_) => {
                Ok((self.clone(), vec![ReceiverEffect::Send(AnswerWord::Over(ending))]))
            }
            ReceiverEvent::Accept | ReceiverEvent::Decline(_) | ReceiverEvent::Stop(_) => {
                Err(Misuse::new(Code::StateWrong, "it is over").into())
            }
            _ => Ok((self.clone(), vec![])),
        }
    }

    fn open(&self) -> u64 {
        match self.stage {
            Stage::Fetching { open, .. } => open,
            _ => 0,
        }
    }

    /// Says again that it was accepted and asks for the next missing chunks; if none is missing, has all checked.
    fn ask(&self, tries: u8, plan: &Plan, now: Timestamp) -> (Self, Vec<ReceiverEffect>) {
        let Stage::Fetching { have, paid, to, .. } = &self.stage else { return (self.clone(), vec![]) };
        let mut chunks = Vec::new();
        for ((good, _), have) in plan.contents.iter().zip(have) {
            let most = WINDOW.saturating_sub(chunks.len() as u64);
            chunks.extend(have.window(0, most).into_iter().map(|index| (*good, index)));
        }
        let stage = Stage::Fetching { have: have.clone(), open: chunks.len() as u64, paid: *paid, to: *to };
        let accepted = ReceiverEffect::Send(AnswerWord::Accepted(to.map(|(to, _)| to)));
        let rest =
            if chunks.is_empty() { ReceiverEffect::Check } else { ReceiverEffect::Send(AnswerWord::Want(chunks)) };
        (at(stage, tries, now), vec![accepted, rest])
    }

    fn later(&self, now: Timestamp) -> Self {
        at(self.stage.clone(), self.tries.saturating_add(1).min(TRIES_MAX), now)
    }
}

fn at(stage: Stage, tries: u8, now: Timestamp) -> Receiver {
    Receiver { again: again(now, tries), stage, tries }
}

fn fetch(to: Option<(PayTo, Timestamp)>, plan: &Plan, now: Timestamp) -> (Receiver, Vec<ReceiverEffect>) {
    let have = plan.contents.iter().map(|(_, layout)| Missing::all(layout)).collect();
    at(Stage::Fetching { have, open: 0, paid: false, to }, 0, now).ask(0, plan, now)
}

fn taken(now: Timestamp) -> (Receiver, Vec<ReceiverEffect>) {
    let told = ReceiverEffect::Send(AnswerWord::Over(Ending::Taken));
    (at(Stage::Over(Ending::Taken), 0, now), vec![ReceiverEffect::Take, told])
}

fn ended(ending: Ending, now: Timestamp) -> (Receiver, Vec<ReceiverEffect>) {
    let told = ReceiverEffect::Send(AnswerWord::Over(ending));
    (at(Stage::Over(ending), 0, now), vec![ReceiverEffect::Drop, told])
}

fn is_want(effect: &ReceiverEffect) -> bool {
    !matches!(effect, ReceiverEffect::Send(AnswerWord::Accepted(_)))
}

fn out_of_turn(what: &str) -> Error {
    Violation::new(Code::OutOfTurn, what).into()
}

fn was_accepted() -> Error {
    Misuse::new(Code::StateWrong, "it was accepted already").into()
}
