//! CSN-A: a contract signed by any number of parties through the notary.
//!
//! ```text
//!   each party i                                  notary T
//!     | a1  signature --------------------------> |  says nothing to anybody until it has all of them
//!     | <--- resolved, all signatures        a2   |  row: resolved
//!
//!     | abort ----------------------------------> |  row: aborted, unless resolved
//!     |                     at the end of the time|  row: aborted, unless resolved
//!
//!  [Asked] --agreed--> [Agreed] --signed--> [Signed] --T's answer--> [Complete] or [Aborted]
//!     | no                | abort signed       | abort signed           ^
//!     v                   v                    v                        |
//!  [Declined]          [Aborting] <------------+------- T's answer -----+
//! ```
//!
//! Two messages per party and one row; no party talks to another. Until T decides, nobody but T can show that
//! anybody was willing to sign.

use semper_base::code::{Code, Misuse};
use semper_base::{Error, Step, Timestamp};
use semper_blocks::statement::Kind;
use serde::{Deserialize, Serialize};

use super::frame::effect::{conclude, out_of_turn};
use super::frame::patience::Patience;
use super::frame::pen::{self, Desk, Own, Pen};
use super::frame::statements as st;
use super::frame::{Checked, Command, Content, Cx, Decided, Decision, Descriptor, Effect, Event};
use super::party::Standing;

/// One exchange on the side of one of its parties.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Signer {
    pen: Pen,
    stage: Stage,
    patience: Patience,
}

/// See the diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Stage {
    /// The owner has not agreed yet.
    Asked,
    /// Agreed; the signature is being made.
    Agreed,
    /// T has the signature, or will.
    Signed { signature: String },
    /// T was asked to abort.
    Aborting { abort: String },
    /// Final: what proves the contract.
    Complete { proof: Vec<String> },
    /// Final: nothing came of it.
    Aborted,
    /// Final: the owner did not agree, or not in time. Nothing has left.
    Declined,
}

impl Signer {
    /// Begins: asks the owner to agree.
    pub fn start(own: Own, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Signer, Error> {
        let pen = Pen::agree(own, x, cx, out)?;
        Ok(Signer { pen, stage: Stage::Asked, patience: Patience::until(x.core.deadlines.expires, &x.core.deadlines) })
    }

    /// One step.
    pub fn step(
        self,
        event: &Event,
        x: &Descriptor,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Signer>, Error> {
        let next = Turn { desk: Desk { pen: self.pen, x, cx }, before: &self }.next(event, out);
        conclude(self, next, out)
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.stage {
            Stage::Asked | Stage::Agreed => Standing::Asked,
            Stage::Signed { .. } => Standing::Signed,
            Stage::Aborting { .. } => Standing::Asking,
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
    before: &'a Signer,
}

impl Turn<'_> {
    fn next(&self, event: &Event, out: &mut Vec<Effect>) -> Result<Signer, Error> {
        match event {
            Event::Message { content: Checked::Decision(decision), .. } => Ok(self.decided(decision, out)),
            Event::Message { content: Checked::Unmet(_), .. } => Ok(self.before.clone()),
            Event::Locked(_) | Event::Message { .. } => Err(out_of_turn("signer").into()),
            Event::Signed(kind, text) => self.signed(*kind, text, out),
            Event::Declined(kind) => Ok(self.declined(*kind, out)),
            Event::Command(command) => self.command(*command, out),
            Event::Deadline => Ok(self.deadline(out)),
        }
    }

    fn decided(&self, decision: &Decision, out: &mut Vec<Effect>) -> Signer {
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

    fn signed(&self, kind: Kind, text: &str, out: &mut Vec<Effect>) -> Result<Signer, Error> {
        let statement = text.to_owned();
        let next = match (&self.before.stage, kind) {
            (_, Kind::Status) => {
                pen::notary(Content::Status { statement }, out);
                return Ok(self.before.clone());
            }
            (Stage::Asked, Kind::Agreement) => {
                self.desk.ask(&st::Signature { promises: vec![] }, out)?;
                self.at(Stage::Agreed)
            }
            (Stage::Agreed, Kind::Signature) if !self.desk.is_over() => {
                pen::notary(Content::Signature { statement: statement.clone() }, out);
                self.waiting(Stage::Signed { signature: statement })
            }
            (Stage::Agreed | Stage::Signed { .. }, Kind::Abort) => {
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

    fn declined(&self, kind: Kind, out: &mut Vec<Effect>) -> Signer {
        out.push(Effect::Tell("declined"));
        match (&self.before.stage, kind) {
            (Stage::Asked, Kind::Agreement) | (Stage::Agreed, Kind::Signature) => self.at(Stage::Declined),
            _ => self.before.clone(),
        }
    }

    fn command(&self, command: Command, out: &mut Vec<Effect>) -> Result<Signer, Error> {
        match (command, &self.before.stage) {
            (Command::Status, _) => {
                self.desk.ask_status(out)?;
                Ok(self.before.clone())
            }
            (Command::Abort, Stage::Asked) => Ok(self.at(Stage::Declined)),
            // Nobody else need wait for what will not come.
            (Command::Abort, Stage::Agreed | Stage::Signed { .. }) => {
                self.desk.ask(&st::Abort {}, out)?;
                Ok(self.before.clone())
            }
            (Command::Abort, _) => Err(Misuse::new(Code::StateWrong, "asked already, or over").into()),
            (Command::Resolve, Stage::Signed { signature }) => {
                pen::notary(Content::Signature { statement: signature.clone() }, out);
                Ok(self.before.clone())
            }
            (Command::Resolve, _) => Err(Misuse::new(Code::StateWrong, "not signed yet, or over").into()),
        }
    }

    /// Asking again is saying the same again.
    fn deadline(&self, out: &mut Vec<Effect>) -> Signer {
        let content = match &self.before.stage {
            Stage::Asked | Stage::Agreed => {
                out.push(Effect::Tell("expired"));
                return self.at(Stage::Declined);
            }
            Stage::Signed { signature } => Content::Signature { statement: signature.clone() },
            Stage::Aborting { abort } => Content::Abort { statement: abort.clone() },
            Stage::Complete { .. } | Stage::Aborted | Stage::Declined => return self.before.clone(),
        };
        pen::notary(content, out);
        let patience = self.before.patience.again(self.desk.cx.now(), &self.desk.x.core.deadlines);
        Signer { patience, ..self.before.clone() }
    }

    fn at(&self, stage: Stage) -> Signer {
        Signer { stage, ..self.before.clone() }
    }

    /// With patience from now on.
    fn waiting(&self, stage: Stage) -> Signer {
        Signer { patience: Patience::start(self.desk.cx.now(), &self.desk.x.core.deadlines), ..self.at(stage) }
    }
}
