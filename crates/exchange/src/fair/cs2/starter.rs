//! The party that begins.
//!
//! ```text
//!  [Asked] --agreed--> [Agreed] --promise signed--> [Promised] --m2--> [Answered] --signature signed--> [Signed]
//!     | no                                               | abort signed    | abort signed          m4 |      | no m4
//!     v                                                  v                 v                          v      v
//!  [Declined]                                          [Aborting] <--------+                  [Complete]  [Resolving]
//!                                                          | T's answer                            ^         |
//!                                                          +-----> [Aborted] or [Complete]         +---------+
//! ```
//!
//! Until m2 comes it waits as long as X lets anybody begin, because a person must answer; the owner may abort
//! at any time. From m3 on it only waits, or has T complete it.

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

/// One exchange on the side of the party that begins.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Starter {
    pen: Pen,
    stage: Stage,
    patience: Patience,
}

/// See the diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Stage {
    /// The owner has not agreed yet.
    Asked,
    /// Agreed; the promise is being signed.
    Agreed,
    /// m1 is out.
    Promised { first: String },
    /// m2 is here; our signature is being made.
    Answered { first: String, second: String },
    /// m3 is out: from here on nothing can be aborted.
    Signed { first: String, second: String, signature: String },
    /// T was asked to abort.
    Aborting { abort: String },
    /// T was asked to complete it.
    Resolving { first: String, second: String, signature: String },
    /// Final: what proves the contract.
    Complete { proof: Vec<String> },
    /// Final: nothing came of it.
    Aborted,
    /// Final: the owner did not agree, or not in time. Nothing has left.
    Declined,
}

impl Starter {
    /// Begins: asks the owner to agree.
    pub fn start(own: Own, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Starter, Error> {
        let pen = Pen::agree(own, x, cx, out)?;
        Ok(Starter { pen, stage: Stage::Asked, patience: Patience::until(x.core.deadlines.expires, &x.core.deadlines) })
    }

    /// One step.
    pub fn step(
        self,
        event: &Event,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Starter>, Error> {
        let next = Turn { desk: Desk { pen: self.pen, x, cx }, before: &self }.next(event, out);
        conclude(self, next, out)
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.stage {
            Stage::Asked | Stage::Agreed => Standing::Asked,
            Stage::Promised { .. } | Stage::Answered { .. } => Standing::Promised,
            Stage::Signed { .. } => Standing::Signed,
            Stage::Aborting { .. } | Stage::Resolving { .. } => Standing::Asking,
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
    before: &'a Starter,
}

impl Turn<'_> {
    fn next(&self, event: &Event, out: &mut Vec<Effect>) -> Result<Starter, Error> {
        match event {
            Event::Message { content, .. } => self.message(content, out),
            Event::Locked(_) => Err(out_of_turn("no deal").into()),
            Event::Signed(kind, text) => self.signed(*kind, text, out),
            Event::Declined(kind) => self.declined(*kind, out),
            Event::Command(command) => self.command(*command, out),
            Event::Deadline => self.deadline(out),
        }
    }

    fn message(&self, content: &Checked, out: &mut Vec<Effect>) -> Result<Starter, Error> {
        match content {
            Checked::Decision(decision) => Ok(self.decided(decision, out)),
            Checked::Unmet(_) => Ok(self.before.clone()),
            Checked::Promise { by: 1, promise } => self.promised(promise, out),
            Checked::Signature { by: 1, signature } => self.countersigned(signature, out),
            _ => Err(out_of_turn("starter").into()),
        }
    }

    /// m2.
    fn promised(&self, promise: &Statement<st::Promise>, out: &mut Vec<Effect>) -> Result<Starter, Error> {
        match &self.before.stage {
            Stage::Promised { first } => {
                if promise.body.answers != Some(Hash::of(first.as_bytes())) {
                    return Err(Violation::new(Code::RefWrong, "promise").into());
                }
                out.push(Effect::Keep(promise.text.clone()));
                self.desk.ask(&st::Signature { promises: hashes(first, &promise.text) }, out)?;
                Ok(self.waiting(Stage::Answered { first: first.clone(), second: promise.text.clone() }))
            }
            Stage::Signed { second, signature, .. } if *second == promise.text => {
                out.push(to_other(Content::Signature { statement: signature.clone() }));
                Ok(self.before.clone())
            }
            // What comes twice or too late changes nothing.
            _ => Ok(self.before.clone()),
        }
    }

    /// m4. It is the contract, even if T was asked meanwhile.
    fn countersigned(&self, theirs: &Statement<st::Signature>, out: &mut Vec<Effect>) -> Result<Starter, Error> {
        match &self.before.stage {
            Stage::Signed { first, second, signature } | Stage::Resolving { first, second, signature } => {
                check_promises(theirs, first, second)?;
                out.push(Effect::Keep(theirs.text.clone()));
                out.push(Effect::Tell("complete"));
                Ok(self.at(Stage::Complete { proof: vec![signature.clone(), theirs.text.clone()] }))
            }
            Stage::Complete { .. } | Stage::Aborted => Ok(self.before.clone()),
            _ => Err(out_of_turn("signature").into()),
        }
    }

    fn decided(&self, decision: &Decision, out: &mut Vec<Effect>) -> Starter {
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

    fn signed(&self, kind: Kind, text: &str, out: &mut Vec<Effect>) -> Result<Starter, Error> {
        let statement = text.to_owned();
        let next = match (&self.before.stage, kind) {
            (_, Kind::Status) => {
                pen::notary(Content::Status { statement }, out);
                return Ok(self.before.clone());
            }
            (Stage::Asked, Kind::Agreement) => {
                self.desk.ask(&st::Promise { answers: None }, out)?;
                self.at(Stage::Agreed)
            }
            (Stage::Agreed, Kind::Promise) if !self.desk.is_over() => {
                out.push(to_other(Content::Promise { statement: statement.clone() }));
                self.at(Stage::Promised { first: statement })
            }
            (Stage::Answered { first, second }, Kind::Signature) => {
                out.push(to_other(Content::Signature { statement: statement.clone() }));
                let (first, second) = (first.clone(), second.clone());
                self.waiting(Stage::Signed { first, second, signature: statement })
            }
            (Stage::Promised { .. } | Stage::Answered { .. }, Kind::Abort) => {
                pen::notary(Content::Abort { statement: statement.clone() }, out);
                self.waiting(Stage::Aborting { abort: statement })
            }
            // The world has moved on since the owner was asked: what was signed stays here.
            _ => return Ok(self.before.clone()),
        };
        out.push(Effect::Keep(text.to_owned()));
        out.push(Effect::Tell(kind.word()));
        Ok(next)
    }

    fn declined(&self, kind: Kind, out: &mut Vec<Effect>) -> Result<Starter, Error> {
        out.push(Effect::Tell("declined"));
        match (&self.before.stage, kind) {
            (Stage::Asked, Kind::Agreement) | (Stage::Agreed, Kind::Promise) => Ok(self.at(Stage::Declined)),
            (Stage::Answered { .. }, Kind::Signature) => self.ask_abort(out),
            _ => Ok(self.before.clone()),
        }
    }

    fn command(&self, command: Command, out: &mut Vec<Effect>) -> Result<Starter, Error> {
        match (command, &self.before.stage) {
            (Command::Status, _) => {
                self.desk.ask_status(out)?;
                Ok(self.before.clone())
            }
            (Command::Abort, Stage::Asked | Stage::Agreed) => Ok(self.at(Stage::Declined)),
            (Command::Abort, Stage::Promised { .. } | Stage::Answered { .. }) => self.ask_abort(out),
            (Command::Abort, _) => Err(Misuse::new(Code::StateWrong, "signed already, or over").into()),
            (Command::Resolve, Stage::Signed { .. }) => self.resolve(out),
            (Command::Resolve, _) => Err(Misuse::new(Code::StateWrong, "not signed yet, or over").into()),
        }
    }

    fn deadline(&self, out: &mut Vec<Effect>) -> Result<Starter, Error> {
        let later = || Starter {
            patience: self.before.patience.again(self.desk.cx.now(), &self.desk.x.core.deadlines),
            ..self.before.clone()
        };
        match &self.before.stage {
            Stage::Asked | Stage::Agreed => {
                out.push(Effect::Tell("expired"));
                Ok(self.at(Stage::Declined))
            }
            Stage::Promised { .. } | Stage::Answered { .. } => {
                self.ask_abort(out)?;
                Ok(later())
            }
            Stage::Signed { .. } => self.resolve(out),
            Stage::Aborting { abort } => {
                pen::notary(Content::Abort { statement: abort.clone() }, out);
                Ok(later())
            }
            Stage::Resolving { first, second, .. } => {
                pen::notary(Content::Resolve { first: first.clone(), second: second.clone() }, out);
                Ok(later())
            }
            Stage::Complete { .. } | Stage::Aborted | Stage::Declined => Ok(self.before.clone()),
        }
    }

    /// It only counts once it is signed: until then m2 or our own signature may still come first.
    fn ask_abort(&self, out: &mut Vec<Effect>) -> Result<Starter, Error> {
        self.desk.ask(&st::Abort {}, out)?;
        Ok(self.before.clone())
    }

    fn resolve(&self, out: &mut Vec<Effect>) -> Result<Starter, Error> {
        let Stage::Signed { first, second, signature } = self.before.stage.clone() else {
            return Err(Misuse::new(Code::StateWrong, "not signed").into());
        };
        pen::notary(Content::Resolve { first: first.clone(), second: second.clone() }, out);
        out.push(Effect::Tell("asking"));
        Ok(self.waiting(Stage::Resolving { first, second, signature }))
    }

    fn at(&self, stage: Stage) -> Starter {
        Starter { pen: self.before.pen, stage, patience: self.before.patience }
    }

    /// With patience from now on.
    fn waiting(&self, stage: Stage) -> Starter {
        Starter { patience: Patience::start(self.desk.cx.now(), &self.desk.x.core.deadlines), ..self.at(stage) }
    }
}

fn to_other(content: Content) -> Effect {
    Effect::Send { to: Seat::Party(1), content }
}
