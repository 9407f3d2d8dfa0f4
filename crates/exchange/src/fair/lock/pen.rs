//! What payer and payee ask their owners to sign, and how. All of it follows from what was agreed to before.

use semper_base::{Error, Hash, KeyId};
use semper_blocks::statement::author::{self, ANSWER_VALIDITY, REQUEST_VALIDITY};
use semper_blocks::statement::{About, Body, Kind, Language, Signer, Statement, payload};
use semper_support::crypto::Secret32;
use serde::{Deserialize, Serialize};

use super::Cx;
use super::by_decision::Shown;
use super::descriptor::{Lock, Seat};
use super::effect::Effect;
use super::message::{Answer, Content};
use super::statements as st;

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Pen {
    pub(super) seat: Seat,
    /// SHA-256 of the certificate of the key in L, if it has one.
    pub(super) certificate: Option<Hash>,
    pub(super) language: Language,
}

/// One step of payer or payee.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) pen: Pen,
    pub(super) lock: &'a Lock,
    pub(super) cx: &'a Cx<'a>,
}

impl Desk<'_> {
    /// Asks for a signature of the key in L.
    pub(super) fn ask<B: Body>(&self, body: &B, out: &mut Vec<Effect>) -> Result<(), Error> {
        self.ask_with(self.lock.key(self.pen.seat).id(), self.pen.certificate, body, out)
    }

    /// Asks for a signature of another key of the same owner, such as the account's.
    pub(super) fn ask_with<B: Body>(
        &self,
        key: KeyId,
        certificate: Option<Hash>,
        body: &B,
        out: &mut Vec<Effect>,
    ) -> Result<(), Error> {
        let signer = Signer { role: self.pen.seat.role(), key, certificate };
        let about = About::exchange(self.lock.xid, vec![self.lock.core.holder.key.id()]);
        // What may have to be said again years later must not run out; a question is for now.
        let validity = if B::KIND == Kind::Status { REQUEST_VALIDITY } else { ANSWER_VALIDITY };
        let meta = author::meta::<B>(&self.cx.base, signer, self.pen.language, about, validity);
        out.push(Effect::Ask { kind: B::KIND, payload: payload(&meta, body)?, key });
        Ok(())
    }

    /// Asks what the holder has.
    pub(super) fn ask_status(&self, out: &mut Vec<Effect>) -> Result<(), Error> {
        self.ask(&st::Status { round: self.cx.now().millis() }, out)
    }

    /// Asks for the word that gives the money back.
    pub(super) fn ask_give_back(&self, out: &mut Vec<Effect>) -> Result<(), Error> {
        self.ask(&st::GiveBack { amount: self.lock.core.amount }, out)
    }
}

/// To the holder.
pub(super) fn holder(content: Content, out: &mut Vec<Effect>) {
    out.push(Effect::Send { to: Seat::Holder, content });
}

/// How a lock ended: the holder's word, with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Of a hash lock that was claimed: what the payment bought.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preimage: Option<Secret32>,
    /// What the holder's word names as its ground.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shown: Option<Shown>,
    /// `claimed`, `returned` or `divided`.
    pub statement: String,
}

impl Outcome {
    pub(super) fn of_claimed(claimed: &Statement<st::Claimed>, shown: Option<&Shown>) -> Self {
        let preimage = claimed.body.preimage.clone();
        Outcome { preimage, shown: shown.cloned(), statement: claimed.text.clone() }
    }

    pub(super) fn of_returned(returned: &Statement<st::Returned>, shown: Option<&Shown>) -> Self {
        Outcome { preimage: None, shown: shown.cloned(), statement: returned.text.clone() }
    }

    pub(super) fn of_divided(statement: &str) -> Self {
        Outcome { preimage: None, shown: None, statement: statement.to_owned() }
    }

    /// Archives an outcome with what it rests on. Whichever it is, it may convict the holder one day.
    pub(super) fn keep(answer: &Answer, out: &mut Vec<Effect>) {
        let (text, shown) = match answer {
            Answer::Claimed { claimed, shown } => (&claimed.text, shown),
            Answer::Returned { returned, shown } => (&returned.text, shown),
            Answer::Escrow(_) | Answer::Locked(_) | Answer::Unmet(_) => return,
        };
        out.push(Effect::Keep(text.clone()));
        let pieces = shown.iter().flat_map(|shown| shown.pieces.iter().chain([&shown.statement]));
        out.extend(pieces.cloned().map(Effect::Keep));
    }
}
