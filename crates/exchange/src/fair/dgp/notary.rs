//! The notary's role: opens escrow after capture, judges complaints, and knows neither goods nor
//! names.
//!
//! ```text
//!            escrow request, box good              bank recorded it
//!  [Blank] ----------------------------> [Opening] -----------------> [Given]   k, r -> buyer
//!     |                                      |
//!     | box bad                              | bank has refunded
//!     v                                      v
//!  [Bad]                                 [TooLate]
//!
//!  in every state: a complaint with a good proof writes the row `wrong-file`, once
//! ```
//!
//! Only a row is an answer. A box with another hash is a violation of whoever sent it; a sealing key
//! that is missing here is our fault; neither is ever `bad-escrow`. The key leaves only after the
//! bank has put `opened` on record, so that nobody gets both key and refund.

use semper_base::code::Code;
use semper_base::{Error, Hash, Role, Step, Violation};
use semper_blocks::delivery::{EscrowOpening, KeyOpening, open_escrow};
use semper_blocks::statement::{About, Body, Statement};
use semper_support::crypto::KeyPair;
use serde::{Deserialize, Serialize};

use super::descriptor::Descriptor;
use super::effect::{Cx, Effect, Event, Slot, conclude, out_of_turn};
use super::message::{Answer, Checked, Content, Proof, judge_proof};
use super::statements as st;
use super::statements::EscrowBox;

/// One exchange on the notary's side.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Notary {
    /// What became of the escrow.
    escrow: Escrow,
    /// Whether the row `wrong-file` is written.
    complained: bool,
    /// Whether the bank has told us how it ended: nothing that we say can matter to it any more.
    remedied: bool,
}

/// See the diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Escrow {
    /// Nobody asked.
    Blank,
    /// Opened; the bank has not put it on record yet.
    Opening {
        /// What the box holds.
        key: KeyOpening,
        /// Hash of our `opened`.
        opened: Hash,
    },
    /// Opened and handed over.
    Given {
        /// What the box holds.
        key: KeyOpening,
    },
    /// Final: the box is bad.
    Bad,
    /// Final: the money had gone back before the bank could record the opening.
    TooLate,
}

impl Default for Notary {
    fn default() -> Self {
        Notary { escrow: Escrow::Blank, complained: false, remedied: false }
    }
}

impl Notary {
    /// What became of the escrow, in one word; `blank` if nobody asked for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.escrow {
            Escrow::Blank => "blank",
            Escrow::Opening { .. } => "opening",
            Escrow::Given { .. } => "given",
            Escrow::Bad => "bad-escrow",
            Escrow::TooLate => "too-late",
        }
    }

    /// Whether a complaint was found right.
    #[must_use]
    pub fn has_complaint(&self) -> bool {
        self.complained
    }

    /// One step. `seal` is the notary's sealing key; if it is not the one that X names, that is a fault of ours.
    pub fn step(
        self,
        event: &Event,
        x: &Descriptor,
        seal: &KeyPair,
        cx: &Cx<'_>,
        out: &mut Vec<Effect>,
    ) -> Result<Step<Notary>, Error> {
        let next = Desk { x, seal, cx }.next(&self, event, out);
        conclude(self, next, out)
    }
}

struct Desk<'a> {
    x: &'a Descriptor,
    seal: &'a KeyPair,
    cx: &'a Cx<'a>,
}

impl Desk<'_> {
    fn next(&self, state: &Notary, event: &Event, out: &mut Vec<Effect>) -> Result<Notary, Error> {
        let Event::Message { content, .. } = event else {
            return Err(out_of_turn("no such event at a notary").into());
        };
        match content {
            Checked::EscrowRequest { request, captured, sealed } => {
                if request.body.captured != captured.hash {
                    return Err(Violation::new(Code::RefWrong, "escrow-request").into());
                }
                self.escrow(state, request, captured, sealed, out)
            }
            Checked::Complaint { complaint, captured, proof } => {
                if complaint.body.captured != captured.hash {
                    return Err(Violation::new(Code::RefWrong, "complaint").into());
                }
                self.complaint(state, complaint, captured, proof, out)
            }
            Checked::Answer(Answer::Recorded(recorded)) => self.recorded(state, recorded, out),
            Checked::Answer(Answer::Refunded(refunded)) => {
                out.push(Effect::Keep(refunded.text.clone()));
                let too_late = matches!(state.escrow, Escrow::Opening { .. });
                let escrow = if too_late { Escrow::TooLate } else { state.escrow.clone() };
                if too_late {
                    send(Role::Buyer, &refunded.text, out);
                }
                Ok(Notary { escrow, remedied: true, ..state.clone() })
            }
            Checked::Answer(Answer::Settled(_)) => Ok(Notary { remedied: true, ..state.clone() }),
            // The bank repeats all its rows; the others tell us nothing we act upon.
            Checked::Answer(_) => Ok(state.clone()),
            Checked::Status { by, of: Role::Notary, .. } => {
                self.tell(state, *by, out)?;
                Ok(state.clone())
            }
            _ => Err(out_of_turn("notary").into()),
        }
    }

    fn escrow(
        &self,
        state: &Notary,
        request: &Statement<st::EscrowRequest>,
        captured: &Statement<st::Captured>,
        sealed: &EscrowBox,
        out: &mut Vec<Effect>,
    ) -> Result<Notary, Error> {
        match &state.escrow {
            Escrow::Blank => {
                out.push(Effect::Keep(request.text.clone()));
                out.push(Effect::Keep(captured.text.clone()));
                self.open(state, captured, sealed, out)
            }
            Escrow::Given { key } => {
                out.push(give(key));
                Ok(state.clone())
            }
            Escrow::Opening { .. } | Escrow::Bad | Escrow::TooLate => {
                out.push(Effect::Rows(Role::Buyer));
                remind(state, out);
                Ok(state.clone())
            }
        }
    }

    fn open(
        &self,
        state: &Notary,
        captured: &Statement<st::Captured>,
        sealed: &EscrowBox,
        out: &mut Vec<Effect>,
    ) -> Result<Notary, Error> {
        let core = &self.x.core;
        let opening = open_escrow(
            self.cx.base.crypto,
            self.seal,
            &core.notary_seal,
            &sealed.0.0,
            &self.x.escrow_hash,
            self.x.core_bytes(),
            &core.com_k,
        )?;
        let (at, captured) = (self.cx.now(), captured.hash);
        let escrow = match opening {
            EscrowOpening::Opened(key) => {
                let opened = self.row(Slot::Escrow, st::Opened { at, captured }, &[Role::Bank], out)?;
                Escrow::Opening { key, opened }
            }
            EscrowOpening::Bad(why) => {
                let bad = st::BadEscrow { at, captured, escrow: self.x.escrow_hash, reason: why };
                self.row(Slot::Escrow, bad, &[Role::Bank, Role::Buyer], out)?;
                Escrow::Bad
            }
        };
        Ok(Notary { escrow, ..state.clone() })
    }

    #[expect(clippy::unused_self, reason = "reads as one of the desk's steps")]
    fn recorded(
        &self,
        state: &Notary,
        recorded: &Statement<st::Recorded>,
        out: &mut Vec<Effect>,
    ) -> Result<Notary, Error> {
        match &state.escrow {
            Escrow::Opening { key, opened } => {
                if recorded.body.opened != *opened {
                    return Err(Violation::new(Code::RefWrong, "recorded").into());
                }
                out.push(Effect::Keep(recorded.text.clone()));
                out.push(Effect::Rows(Role::Buyer));
                out.push(give(key));
                Ok(Notary { escrow: Escrow::Given { key: key.clone() }, ..state.clone() })
            }
            Escrow::Given { .. } => Ok(state.clone()),
            Escrow::Blank | Escrow::Bad | Escrow::TooLate => Err(out_of_turn("recorded").into()),
        }
    }

    fn complaint(
        &self,
        state: &Notary,
        complaint: &Statement<st::Complaint>,
        captured: &Statement<st::Captured>,
        proof: &Proof,
        out: &mut Vec<Effect>,
    ) -> Result<Notary, Error> {
        if state.complained {
            out.push(Effect::Rows(Role::Buyer));
            remind(state, out);
            return Ok(state.clone());
        }
        judge_proof(&self.x.core, proof)?;
        out.push(Effect::Keep(complaint.text.clone()));
        out.push(Effect::Keep(captured.text.clone()));
        let wrong = st::WrongFile { at: self.cx.now(), captured: captured.hash, proof: complaint.body.proof };
        self.row(Slot::Complaint, wrong, &[Role::Bank, Role::Buyer], out)?;
        Ok(Notary { complained: true, ..state.clone() })
    }

    fn tell(&self, state: &Notary, to: Role, out: &mut Vec<Effect>) -> Result<(), Error> {
        if *state == Notary::default() {
            let unmet = st::Unmet { at: self.cx.now(), what: semper_blocks::statement::Kind::Opened };
            let statement = self.cx.author()?.answer(&self.cx.base, self.about(), unmet)?;
            send(to, &statement.text, out);
        } else {
            out.push(Effect::Rows(to));
            if let (Role::Buyer, Escrow::Given { key }) = (to, &state.escrow) {
                out.push(give(key));
            }
            remind(state, out);
        }
        Ok(())
    }

    fn row<B: Body>(&self, slot: Slot, body: B, to: &[Role], out: &mut Vec<Effect>) -> Result<Hash, Error> {
        let answer = self.cx.author()?.answer(&self.cx.base, self.about(), body)?;
        out.push(Effect::Row { slot, statement: answer.text.clone() });
        for role in to {
            send(*role, &answer.text, out);
        }
        Ok(answer.hash)
    }

    fn about(&self) -> About {
        About::exchange(self.x.xid, vec![self.x.core.buyer.id(), self.x.core.bank.key.id()])
    }
}

/// Tells the bank again what it may not have heard: we might not have been connected when it was said.
fn remind(state: &Notary, out: &mut Vec<Effect>) {
    let waits = match state.escrow {
        Escrow::Opening { .. } => true,
        Escrow::Bad => !state.remedied,
        Escrow::Blank | Escrow::Given { .. } | Escrow::TooLate => state.complained && !state.remedied,
    };
    if waits {
        out.push(Effect::Rows(Role::Bank));
    }
}

fn give(key: &KeyOpening) -> Effect {
    Effect::Send { to: Role::Buyer, content: Content::Key { opening: key.clone() } }
}

fn send(to: Role, statement: &str, out: &mut Vec<Effect>) {
    out.push(Effect::Send { to, content: Content::Answer { statement: statement.to_owned() } });
}
