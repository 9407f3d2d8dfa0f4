//! The party that answers.
//!
//! ```text
//!  [Asked] --agreed--> [Agreed] --m1 here, promise signed--> [Promised] --m3--> [Signing] --signed--> [Complete]
//!     | no                                                       | no m3            | not signed          ^
//!     v                                                          v                  v                     |
//!  [Declined]                                                 [Resolving] <---------+      T's answer ----+
//!                                                                 +----------------------> [Aborted]
//! ```
//!
//! m1 may come before or after its owner agrees. It cannot abort: before m2 it simply stops, after m2 it is
//! bound if the starter is, and asks T whether it is.

use semper_base::code::{Code, Misuse};
use semper_base::{Error, Hash, Step, Timestamp, Violation};
use semper_blocks::statement::{Kind, Statement};
use serde::{Deserialize, Serialize};

use super::super::frame::effect::{conclude, out_of_turn};
use super::super::frame::patience::Patience;
use super::super::frame::pen::{self, Desk, Own, Pen};
use super::super::frame::statements as st;
use super::super::frame::{Checked, Command, Content, Cx, Decided, Decision, Descriptor, Effect, Event, Seat};
use super::super::party::Standing;
use super::{check_promises, hashes};

/// One exchange on the side of the party that answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answerer {
    pen: Pen,
    stage: Stage,
    patience: Patience,
}

/// See the diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Stage {
    /// The owner has not agreed yet. m1, if it is here.
    Asked { first: Option<String> },
    /// Agreed. With m1 here our promise is being signed.
    Agreed { first: Option<String> },
    /// m2 is out.
    Promised { first: String, second: String },
    /// m3 is here; our signature is being made.
    Signing { first: String, second: String, theirs: String },
    /// T was asked to complete it.
    Resolving { first: String, second: String },
    /// Final: what proves the contract.
    Complete { proof: Vec<String> },
    /// Final: nothing came of it.
    Aborted,
    /// Final: the owner did not agree, or not in time. Nothing has left.
    Declined,
}

impl Answerer {
    /// Begins: asks the owner to agree.
    pub fn start(own: Own, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Answerer, Error> {
        let pen = Pen::agree(own, x, cx, out)?;
        let patience = Patience::until(x.core.deadlines.expires, &x.core.deadlines);
        Ok(Answerer { pen, stage: Stage::Asked { first: None }, patience })
    }

    /// One step.
    pub fn step(
        self,
        event: &Event,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Answerer>, Error> {
        let next = Turn { desk: Desk { pen: self.pen, x, cx }, before: &self }.next(event, out);
        conclude(self, next, out)
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.stage {
            Stage::Asked { .. } | Stage::Agreed { .. } => Standing::Asked,
            Stage::Promised { .. } => Standing::Promised,
            Stage::Signing { .. } => Standing::Signed,
            Stage::Resolving { .. } => Standing::Asking,
            Stage::Complete { .. } => Standing::Complete,
            Stage::Aborted => Standing::Aborted,
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
            Stage::Complete { .. } | Stage::Aborted | Stage::Declined => None,
            _ => Some(self.patience.ends()),
        }
    }
}

/// One step of it.
struct Turn<'a> {
    desk: Desk<'a>,
    before: &'a Answerer,
}

impl Turn<'_> {
    fn next(&self, event: &Event, out: &mut Vec<Effect>) -> Result<Answerer, Error> {
        match event {
            Event::Message { content, .. } => self.message(content, out),
            Event::Locked(_) => Err(out_of_turn("no deal").into()),
            Event::Signed(kind, text) => self.signed(*kind, text, out),
            Event::Declined(kind) => Ok(self.declined(*kind, out)),
            Event::Command(command) => self.command(*command, out),
            Event::Deadline => Ok(self.deadline(out)),
        }
    }

    fn message(&self, content: &Checked, out: &mut Vec<Effect>) -> Result<Answerer, Error> {
        match content {
            Checked::Decision(decision) => Ok(self.decided(decision, out)),
            Checked::Unmet(_) => Ok(self.before.clone()),
            Checked::Promise { by: 0, promise } => self.promised(promise, out),
            Checked::Signature { by: 0, signature } => self.signature(signature, out),
            _ => Err(out_of_turn("answerer").into()),
        }
    }

    /// m1.
    fn promised(&self, promise: &Statement<st::Promise>, out: &mut Vec<Effect>) -> Result<Answerer, Error> {
        if promise.body.answers.is_some() {
            return Err(Violation::new(Code::RefWrong, "promise").into());
        }
        let first = Some(promise.text.clone());
        match &self.before.stage {
            Stage::Asked { first: None } => {
                out.push(Effect::Keep(promise.text.clone()));
                Ok(self.at(Stage::Asked { first }))
            }
            Stage::Agreed { first: None } => {
                out.push(Effect::Keep(promise.text.clone()));
                self.ask_promise(&promise.text, out)?;
                Ok(self.at(Stage::Agreed { first }))
            }
            Stage::Promised { first, second } if *first == promise.text => {
                out.push(to_other(Content::Promise { statement: second.clone() }));
                Ok(self.before.clone())
            }
            // The first one counts. What comes twice or too late changes nothing.
            _ => Ok(self.before.clone()),
        }
    }

    /// m3.
    fn signature(&self, theirs: &Statement<st::Signature>, out: &mut Vec<Effect>) -> Result<Answerer, Error> {
        match &self.before.stage {
            Stage::Promised { first, second } => {
                check_promises(theirs, first, second)?;
                out.push(Effect::Keep(theirs.text.clone()));
                self.desk.ask(&st::Signature { promises: hashes(first, second) }, out)?;
                let (first, second) = (first.clone(), second.clone());
                Ok(self.waiting(Stage::Signing { first, second, theirs: theirs.text.clone() }))
            }
            Stage::Complete { proof } => {
                if let [known, ours] = proof.as_slice()
                    && *known == theirs.text
                {
                    out.push(to_other(Content::Signature { statement: ours.clone() }));
                }
                Ok(self.before.clone())
            }
            // Who has asked T sends the other one nothing more.
            Stage::Signing { .. } | Stage::Resolving { .. } | Stage::Aborted => Ok(self.before.clone()),
            Stage::Asked { .. } | Stage::Agreed { .. } | Stage::Declined => Err(out_of_turn("signature").into()),
        }
    }

    fn decided(&self, decision: &Decision, out: &mut Vec<Effect>) -> Answerer {
        pen::keep(decision, out);
        match (&self.before.stage, &decision.verdict) {
            (Stage::Complete { .. }, _) | (Stage::Aborted, Decided::Aborted(_)) | (_, Decided::Halted(_)) => {
                self.before.clone()
            }
            (_, Decided::Resolved(_)) => {
                out.push(Effect::Tell("complete"));
                self.at(Stage::Complete { proof: pen::proof(decision).unwrap_or_default() })
            }
            (_, Decided::Aborted(_)) => {
                out.push(Effect::Tell("aborted"));
                self.at(Stage::Aborted)
            }
        }
    }

    fn signed(&self, kind: Kind, text: &str, out: &mut Vec<Effect>) -> Result<Answerer, Error> {
        let statement = text.to_owned();
        let next = match (&self.before.stage, kind) {
            (_, Kind::Status) => {
                pen::notary(Content::Status { statement }, out);
                return Ok(self.before.clone());
            }
            (Stage::Asked { first }, Kind::Agreement) => {
                if let Some(first) = first {
                    self.ask_promise(first, out)?;
                }
                self.at(Stage::Agreed { first: first.clone() })
            }
            (Stage::Agreed { first: Some(first) }, Kind::Promise) if !self.desk.is_over() => {
                out.push(to_other(Content::Promise { statement: statement.clone() }));
                self.waiting(Stage::Promised { first: first.clone(), second: statement })
            }
            (Stage::Signing { theirs, .. }, Kind::Signature) => {
                out.push(to_other(Content::Signature { statement: statement.clone() }));
                out.push(Effect::Tell("complete"));
                self.at(Stage::Complete { proof: vec![theirs.clone(), statement] })
            }
            // The world has moved on since the owner was asked: what was signed stays here.
            _ => return Ok(self.before.clone()),
        };
        out.push(Effect::Keep(text.to_owned()));
        out.push(Effect::Tell(kind.word()));
        Ok(next)
    }

    /// After m2 a no binds nobody less: T says what it comes to.
    fn declined(&self, kind: Kind, out: &mut Vec<Effect>) -> Answerer {
        out.push(Effect::Tell("declined"));
        match (&self.before.stage, kind) {
            (Stage::Asked { .. }, Kind::Agreement) | (Stage::Agreed { .. }, Kind::Promise) => self.at(Stage::Declined),
            _ => self.before.clone(),
        }
    }

    fn command(&self, command: Command, out: &mut Vec<Effect>) -> Result<Answerer, Error> {
        match (command, &self.before.stage) {
            (Command::Status, _) => {
                self.desk.ask_status(out)?;
                Ok(self.before.clone())
            }
            (Command::Abort, Stage::Asked { .. } | Stage::Agreed { .. }) => Ok(self.at(Stage::Declined)),
            (Command::Abort, _) => Err(Misuse::new(Code::StateWrong, "promised already, or over").into()),
            (Command::Resolve, Stage::Promised { first, second } | Stage::Signing { first, second, .. }) => {
                Ok(self.resolve(first, second, out))
            }
            (Command::Resolve, _) => Err(Misuse::new(Code::StateWrong, "nothing promised yet, or over").into()),
        }
    }

    fn deadline(&self, out: &mut Vec<Effect>) -> Answerer {
        match &self.before.stage {
            Stage::Asked { .. } | Stage::Agreed { .. } => {
                out.push(Effect::Tell("expired"));
                self.at(Stage::Declined)
            }
            Stage::Promised { first, second } | Stage::Signing { first, second, .. } => {
                self.resolve(first, second, out)
            }
            Stage::Resolving { first, second } => {
                pen::notary(Content::Resolve { first: first.clone(), second: second.clone() }, out);
                let patience = self.before.patience.again(self.desk.cx.now(), &self.desk.x.core.deadlines);
                Answerer { patience, ..self.before.clone() }
            }
            Stage::Complete { .. } | Stage::Aborted | Stage::Declined => self.before.clone(),
        }
    }

    fn ask_promise(&self, first: &str, out: &mut Vec<Effect>) -> Result<(), Error> {
        self.desk.ask(&st::Promise { answers: Some(Hash::of(first.as_bytes())) }, out)
    }

    fn resolve(&self, first: &str, second: &str, out: &mut Vec<Effect>) -> Answerer {
        let (first, second) = (first.to_owned(), second.to_owned());
        pen::notary(Content::Resolve { first: first.clone(), second: second.clone() }, out);
        out.push(Effect::Tell("asking"));
        self.waiting(Stage::Resolving { first, second })
    }

    fn at(&self, stage: Stage) -> Answerer {
        Answerer { pen: self.before.pen, stage, patience: self.before.patience }
    }

    /// With patience from now on.
    fn waiting(&self, stage: Stage) -> Answerer {
        Answerer { patience: Patience::start(self.desk.cx.now(), &self.desk.x.core.deadlines), ..self.at(stage) }
    }
}

fn to_other(content: Content) -> Effect {
    Effect::Send { to: Seat::Party(0), content }
}
