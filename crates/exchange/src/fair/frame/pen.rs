//! What every party's machine asks its owner to sign, and how.

use semper_base::{Error, Hash, Role};
use semper_blocks::statement::author::{self, ANSWER_VALIDITY};
use semper_blocks::statement::{About, Body, Kind, Language, Signer, payload};
use serde::{Deserialize, Serialize};

use super::descriptor::{Descriptor, Seat};
use super::effect::Effect;
use super::message::Content;
use super::statements as st;
use super::terms::Terms;
use super::{Cx, Decided, Decision};

/// What a party brings into an exchange.
#[derive(Clone, Debug)]
pub struct Own {
    /// Its place in X.
    pub place: u8,
    /// SHA-256 of the certificate of its key in X, if it has one.
    pub certificate: Option<Hash>,
    /// The language that the owner is asked in.
    pub language: Language,
    /// What the contract says.
    pub terms: Terms,
}

/// Who signs; as much of [`Own`] as a machine keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(in crate::fair) struct Pen {
    pub(in crate::fair) place: u8,
    certificate: Option<Hash>,
    language: Language,
}

/// One step of one party.
#[derive(Clone, Copy)]
pub(in crate::fair) struct Desk<'a> {
    pub(in crate::fair) pen: Pen,
    pub(in crate::fair) x: &'a Descriptor,
    pub(in crate::fair) cx: &'a Cx<'a>,
}

impl Pen {
    /// Checks the terms against X and asks the owner to agree to them.
    pub(in crate::fair) fn agree(own: Own, x: &Descriptor, cx: &Cx<'_>, out: &mut Vec<Effect>) -> Result<Pen, Error> {
        own.terms.check(&x.core)?;
        let pen = Pen { place: own.place, certificate: own.certificate, language: own.language };
        let (desk, contract) = (Desk { pen, x, cx }, own.terms.contract);
        match (x.core.mail.is_some(), own.place) {
            _ if x.core.deal.is_some() => desk.ask(&st::JointDeal { contract }, out)?,
            (false, _) => desk.ask(&st::Agreement { contract }, out)?,
            (true, 0) => desk.ask(&st::Dispatch { contract }, out)?,
            (true, _) => desk.ask(&st::Reception { contract }, out)?,
        }
        Ok(pen)
    }
}

impl Desk<'_> {
    /// Asks for a signature of the party's key in X.
    pub(in crate::fair) fn ask<B: Body>(&self, body: &B, out: &mut Vec<Effect>) -> Result<(), Error> {
        let key = self.x.key(Seat::Party(self.pen.place))?.id();
        let notary = self.x.core.notary.key.id();
        let to = match B::KIND {
            Kind::Agreement | Kind::Dispatch | Kind::JointDeal | Kind::Reception => vec![],
            Kind::Abort | Kind::Status | Kind::Stop => vec![notary],
            Kind::Signature if self.x.core.protocol.collects() => vec![notary],
            _ => self.x.others(self.pen.place),
        };
        let signer = Signer { role: Role::Party, key, certificate: self.pen.certificate };
        let about = About::exchange(self.x.xid, to);
        let meta = author::meta::<B>(&self.cx.base, signer, self.pen.language, about, ANSWER_VALIDITY);
        out.push(Effect::Ask { kind: B::KIND, payload: payload(&meta, body)?, key });
        Ok(())
    }

    /// Asks what the notary has. A question binds nobody to anything.
    pub(in crate::fair) fn ask_status(&self, out: &mut Vec<Effect>) -> Result<(), Error> {
        self.ask(&st::Status { round: self.cx.now().millis() }, out)
    }

    /// Whether nobody may begin any more.
    pub(in crate::fair) fn is_over(&self) -> bool {
        self.cx.now() >= self.x.core.deadlines.expires
    }
}

/// To the notary.
pub(in crate::fair) fn notary(content: Content, out: &mut Vec<Effect>) {
    out.push(Effect::Send { to: Seat::Notary, content });
}

/// Archives a decision with what it rests on. Whichever it is, it may convict the notary one day.
pub(in crate::fair) fn keep(decision: &Decision, out: &mut Vec<Effect>) {
    out.push(Effect::Keep(decision.verdict.text().to_owned()));
    out.extend(decision.pieces.iter().cloned().map(Effect::Keep));
}

/// The statements of a decision that completes: what proves the contract.
pub(in crate::fair) fn proof(decision: &Decision) -> Option<Vec<String>> {
    let Decided::Resolved(resolved) = &decision.verdict else { return None };
    Some([resolved.text.clone()].into_iter().chain(decision.pieces.iter().cloned()).collect())
}
