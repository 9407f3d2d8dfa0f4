//! A party.
//!
//! ```text
//!  [Asked] --agreed--> [round 1] --all pledges--> [round 2] ... [round n+1] --all signatures--> [Complete]
//!     | no                | stuck: stops for good   |              |                                ^
//!     v                   v                         v              v                                |
//!  [Declined]          [Stopping] <-----------------+--------------+------------- T's answer -------+--> [Halted]
//! ```
//!
//! In round 1 it waits for the other owners as long as X lets anybody begin; its own may stop at any time. In each
//! later round it waits `patience`. To stop is to be in [`Stage::Stopping`], before anything about it is signed or
//! sent: from there nothing is pledged or signed any more.

use std::collections::BTreeMap;

use semper_base::code::{Code, Misuse};
use semper_base::{Error, Hash, Step, Timestamp, Violation};
use semper_blocks::statement::{Kind, Statement, danger_typed_unverified};
use serde::{Deserialize, Serialize};

use super::ground::vector;
use crate::fair::frame::effect::{conclude, out_of_turn};
use crate::fair::frame::patience::Patience;
use crate::fair::frame::pen::{self, Desk, Own, Pen};
use crate::fair::frame::statements as st;
use crate::fair::frame::{Checked, Command, Content, Cx, Decided, Decision, Descriptor, Effect, Event, Seat};
use crate::fair::party::Standing;

/// One exchange on the side of one of its parties.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rounds {
    pen: Pen,
    stage: Stage,
    patience: Patience,
}

/// See the diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Stage {
    /// The owner has not agreed yet.
    Asked { round: Round },
    /// Under way.
    Running { round: Round },
    /// It has stopped in this round for good. The word for T, once it is signed.
    Stopping { round: Round, stop: Option<String> },
    /// Final: what proves the contract.
    Complete { proof: Vec<String> },
    /// Final: nothing comes of it.
    Halted,
    /// Final: the owner did not agree, or not in time. Nothing has left.
    Declined,
}

/// What was said in a round, by place.
type Said = BTreeMap<u8, String>;

/// A round in which we are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Round {
    /// From 1.
    number: u8,
    /// All of the round before, in the order of the parties.
    last: Vec<String>,
    /// What we said in this one: out already.
    ours: Option<String>,
    /// What others said in this one.
    said: Said,
    /// What others, who had ours sooner than we theirs, said in the next one.
    ahead: Said,
}

impl Rounds {
    /// Begins: asks the owner to agree.
    pub fn start(own: Own, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Rounds, Error> {
        let pen = Pen::agree(own, x, cx, out)?;
        let round = Round { number: 1, last: vec![], ours: None, said: Said::new(), ahead: Said::new() };
        let patience = Patience::until(x.core.deadlines.expires, &x.core.deadlines);
        Ok(Rounds { pen, stage: Stage::Asked { round }, patience })
    }

    /// One step.
    pub fn step(
        self,
        event: &Event,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Rounds>, Error> {
        let next = Turn { desk: Desk { pen: self.pen, x, cx }, before: &self }.next(event, out);
        conclude(self, next, out)
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match &self.stage {
            Stage::Asked { .. } => Standing::Asked,
            Stage::Running { round } if round.is_untouched() => Standing::Asked,
            Stage::Running { round } if round.is_signed() => Standing::Signed,
            Stage::Running { .. } => Standing::Promised,
            Stage::Stopping { .. } => Standing::Asking,
            Stage::Complete { .. } => Standing::Complete,
            Stage::Halted => Standing::Aborted,
            Stage::Declined => Standing::Declined,
        }
    }

    /// What proves the contract, once there is one.
    #[must_use]
    pub fn proof(&self) -> &[String] {
        if let Stage::Complete { proof } = &self.stage { proof } else { &[] }
    }

    /// When it must act by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Complete { .. } | Stage::Halted | Stage::Declined => None,
            _ => Some(self.patience.ends()),
        }
    }
}

impl Round {
    /// Nothing of ours has left.
    fn is_untouched(&self) -> bool {
        self.number == 1 && self.ours.is_none()
    }

    /// Our signature has left: only signatures are exchanged under something else than one pledge each.
    fn is_signed(&self) -> bool {
        self.is_last() && self.ours.is_some()
    }

    /// The round of the signatures: all have pledged as often as there are parties.
    fn is_last(&self) -> bool {
        usize::from(self.number) > self.last.len() && self.number > 1
    }

    /// Whether this is what is due in this round.
    fn fits(&self, text: &str) -> bool {
        if self.is_last() {
            let signature = danger_typed_unverified::<st::Signature>(text);
            return signature.is_ok_and(|signature| signature.body.promises == self.hashes());
        }
        let pledge = danger_typed_unverified::<st::Pledge>(text);
        pledge.is_ok_and(|pledge| pledge.body == self.pledge())
    }

    fn pledge(&self) -> st::Pledge {
        st::Pledge { round: self.number, vector: (self.number > 1).then(|| vector(&self.last)) }
    }

    fn hashes(&self) -> Vec<Hash> {
        self.last.iter().map(|text| Hash::of(text.as_bytes())).collect()
    }

    /// What all said in it, in their order, once all have.
    fn all(&self, place: u8, parties: u8) -> Option<Vec<String>> {
        let one = |at| if at == place { self.ours.clone() } else { self.said.get(&at).cloned() };
        (0..parties).map(one).collect()
    }

    /// The one after it. Of what came ahead, what does not rest on the same pledges as ours is dropped.
    fn next(&self, last: Vec<String>) -> Round {
        let (number, said, ahead) = (self.number.saturating_add(1), self.ahead.clone(), Said::new());
        let mut next = Round { number, last, ours: None, said, ahead };
        let fitting = next.said.iter().filter(|(_, text)| next.fits(text));
        next.said = fitting.map(|(by, text)| (*by, text.clone())).collect();
        next
    }
}

/// One step of it.
struct Turn<'a> {
    desk: Desk<'a>,
    before: &'a Rounds,
}

impl Turn<'_> {
    fn next(&self, event: &Event, out: &mut Vec<Effect>) -> Result<Rounds, Error> {
        match event {
            Event::Message { content: Checked::Decision(decision), .. } => Ok(self.decided(decision, out)),
            Event::Message { content: Checked::Unmet(_), .. } => Ok(self.before.clone()),
            Event::Message { content: Checked::Pledge { by, pledge }, .. } => {
                self.hear(*by, pledge.body.round, &pledge.text, out)
            }
            Event::Message { content: Checked::Signature { by, signature }, .. } => self.signature(*by, signature, out),
            Event::Locked(_) | Event::Message { .. } => Err(out_of_turn("rounds").into()),
            Event::Signed(kind, text) => self.signed(*kind, text, out),
            Event::Declined(kind) => self.declined(*kind, out),
            Event::Command(command) => self.command(*command, out),
            Event::Deadline => self.deadline(out),
        }
    }

    fn signature(&self, by: u8, signature: &Statement<st::Signature>, out: &mut Vec<Effect>) -> Result<Rounds, Error> {
        if signature.body.promises.len() != self.desk.x.core.parties.len() {
            return Err(Violation::new(Code::RefWrong, "signature").into());
        }
        self.hear(by, self.desk.x.parties().saturating_add(1), &signature.text, out)
    }

    /// The first that fits counts. Who has stopped hears nothing more, but for signatures when it has signed: they
    /// are the contract.
    fn hear(&self, by: u8, number: u8, text: &str, out: &mut Vec<Effect>) -> Result<Rounds, Error> {
        let (Stage::Asked { round } | Stage::Running { round } | Stage::Stopping { round, .. }) = &self.before.stage
        else {
            return Ok(self.before.clone());
        };
        let stopped = matches!(self.before.stage, Stage::Stopping { .. });
        if by == self.desk.pen.place {
            return Err(out_of_turn("our own").into());
        }
        if number < round.number || (stopped && !round.is_signed()) {
            return Ok(self.before.clone());
        }
        let mut round = round.clone();
        let heard = match number - round.number {
            0 if !round.fits(text) => return Err(Violation::new(Code::RefWrong, "of another round before").into()),
            0 => &mut round.said,
            1 => &mut round.ahead,
            _ => return Err(out_of_turn("two rounds ahead").into()),
        };
        if heard.contains_key(&by) {
            return Ok(self.before.clone());
        }
        heard.insert(by, text.to_owned());
        out.push(Effect::Keep(text.to_owned()));
        self.proceed(round, out)
    }

    /// To the next round if all of this one is here.
    fn proceed(&self, round: Round, out: &mut Vec<Effect>) -> Result<Rounds, Error> {
        let Some(all) = round.all(self.desk.pen.place, self.desk.x.parties()) else { return Ok(self.with(round)) };
        if round.is_last() {
            out.push(Effect::Tell("complete"));
            return Ok(self.at(Stage::Complete { proof: all }));
        }
        let next = round.next(all);
        self.ask(&next, out)?;
        Ok(self.waiting(Stage::Running { round: next }))
    }

    /// Has what we say in a round signed.
    fn ask(&self, round: &Round, out: &mut Vec<Effect>) -> Result<(), Error> {
        if round.is_last() {
            self.desk.ask(&st::Signature { promises: round.hashes() }, out)
        } else {
            self.desk.ask(&round.pledge(), out)
        }
    }

    fn decided(&self, decision: &Decision, out: &mut Vec<Effect>) -> Rounds {
        pen::keep(decision, out);
        match (&self.before.stage, &decision.verdict) {
            (Stage::Complete { .. }, _) => self.before.clone(),
            (_, Decided::Resolved(_)) => {
                out.push(Effect::Tell("complete"));
                self.at(Stage::Complete { proof: pen::proof(decision).unwrap_or_default() })
            }
            // What others were told who stopped says nothing about us.
            (Stage::Stopping { stop: Some(stop), .. }, Decided::Halted(_)) if decision.pieces.last() == Some(stop) => {
                out.push(Effect::Tell("aborted"));
                self.at(Stage::Halted)
            }
            _ => self.before.clone(),
        }
    }

    fn signed(&self, kind: Kind, text: &str, out: &mut Vec<Effect>) -> Result<Rounds, Error> {
        let next = match (&self.before.stage, kind) {
            (_, Kind::Status) => {
                pen::notary(Content::Status { statement: text.to_owned() }, out);
                return Ok(self.before.clone());
            }
            (Stage::Asked { round }, Kind::Agreement) => {
                self.ask(round, out)?;
                out.push(Effect::Tell(kind.word()));
                self.at(Stage::Running { round: round.clone() })
            }
            (Stage::Running { round }, Kind::Pledge | Kind::Signature) if round.ours.is_none() && round.fits(text) => {
                if round.is_untouched() && self.desk.is_over() {
                    return Ok(self.before.clone());
                }
                if round.is_untouched() || round.is_last() {
                    out.push(Effect::Tell(kind.word()));
                }
                self.say(kind, text, out);
                self.proceed(Round { ours: Some(text.to_owned()), ..round.clone() }, out)?
            }
            (Stage::Stopping { round, stop: None }, Kind::Stop) => {
                let stop = Some(text.to_owned());
                let next = self.waiting(Stage::Stopping { round: round.clone(), stop });
                out.extend(next.request());
                next
            }
            // The world has moved on since the owner was asked: what was signed stays here.
            _ => return Ok(self.before.clone()),
        };
        out.push(Effect::Keep(text.to_owned()));
        Ok(next)
    }

    /// To all the others.
    fn say(&self, kind: Kind, text: &str, out: &mut Vec<Effect>) {
        let others = (0..self.desk.x.parties()).filter(|place| *place != self.desk.pen.place);
        out.extend(others.map(|place| {
            let statement = text.to_owned();
            let content =
                if kind == Kind::Pledge { Content::Pledge { statement } } else { Content::Signature { statement } };
            Effect::Send { to: Seat::Party(place), content }
        }));
    }

    /// Once something of ours is out, a no only stops us: T says what it comes to.
    fn declined(&self, kind: Kind, out: &mut Vec<Effect>) -> Result<Rounds, Error> {
        out.push(Effect::Tell("declined"));
        match (&self.before.stage, kind) {
            (Stage::Asked { .. }, Kind::Agreement) => Ok(self.at(Stage::Declined)),
            (Stage::Running { round }, Kind::Pledge) if round.is_untouched() => Ok(self.at(Stage::Declined)),
            (Stage::Running { round }, Kind::Pledge | Kind::Signature) if round.ours.is_none() => self.stop(round, out),
            _ => Ok(self.before.clone()),
        }
    }

    fn command(&self, command: Command, out: &mut Vec<Effect>) -> Result<Rounds, Error> {
        match (command, &self.before.stage) {
            (Command::Status, _) => {
                self.desk.ask_status(out)?;
                Ok(self.before.clone())
            }
            (Command::Abort, Stage::Asked { .. }) => Ok(self.at(Stage::Declined)),
            (Command::Abort, Stage::Running { round }) if round.is_untouched() => Ok(self.at(Stage::Declined)),
            (Command::Abort, Stage::Running { round }) if round.number == 1 => self.stop(round, out),
            (Command::Abort, _) => {
                Err(Misuse::new(Code::StateWrong, "all have pledged: it is completed, or was ended").into())
            }
            (Command::Resolve, Stage::Running { round }) if round.number > 1 => self.stop(round, out),
            (Command::Resolve, _) => Err(Misuse::new(Code::StateWrong, "not all have pledged yet, or over").into()),
        }
    }

    /// Asking again is saying the same again.
    fn deadline(&self, out: &mut Vec<Effect>) -> Result<Rounds, Error> {
        match &self.before.stage {
            Stage::Asked { .. } => Ok(self.expired(out)),
            Stage::Running { round } if round.is_untouched() => Ok(self.expired(out)),
            Stage::Running { round } => self.stop(round, out),
            Stage::Stopping { round, stop } => {
                match stop {
                    None => self.desk.ask(&st::Stop { round: round.number }, out)?,
                    Some(_) => out.extend(self.before.request()),
                }
                let patience = self.before.patience.again(self.desk.cx.now(), &self.desk.x.core.deadlines);
                Ok(Rounds { patience, ..self.before.clone() })
            }
            Stage::Complete { .. } | Stage::Halted | Stage::Declined => Ok(self.before.clone()),
        }
    }

    fn expired(&self, out: &mut Vec<Effect>) -> Rounds {
        out.push(Effect::Tell("expired"));
        self.at(Stage::Declined)
    }

    /// For good: whatever is signed of what we were asked before stays here.
    fn stop(&self, round: &Round, out: &mut Vec<Effect>) -> Result<Rounds, Error> {
        self.desk.ask(&st::Stop { round: round.number }, out)?;
        out.push(Effect::Tell("asking"));
        Ok(self.waiting(Stage::Stopping { round: round.clone(), stop: None }))
    }

    /// The same stage with more heard in its round.
    fn with(&self, round: Round) -> Rounds {
        self.at(match &self.before.stage {
            Stage::Asked { .. } => Stage::Asked { round },
            Stage::Stopping { stop, .. } => Stage::Stopping { round, stop: stop.clone() },
            _ => Stage::Running { round },
        })
    }

    fn at(&self, stage: Stage) -> Rounds {
        Rounds { stage, ..self.before.clone() }
    }

    /// With patience from now on.
    fn waiting(&self, stage: Stage) -> Rounds {
        Rounds { patience: Patience::start(self.desk.cx.now(), &self.desk.x.core.deadlines), ..self.at(stage) }
    }
}

impl Rounds {
    /// What T is asked, once it is signed.
    fn request(&self) -> Option<Effect> {
        let Stage::Stopping { round, stop: Some(stop) } = &self.stage else { return None };
        let content = Content::Stop { pledges: round.last.clone(), statement: stop.clone() };
        Some(Effect::Send { to: Seat::Notary, content })
    }
}
