//! What a notary's decision may rest on. One set of rules for the notary that decides, for the parties that
//! are told, and for the judge: a decision without its ground is none.
//!
//! | protocol | aborted | resolved |
//! |---|---|---|
//! | CS2 | an abort by party 0 | both promises, the second naming the first |
//! | CSN-A | an abort by any party, or the end of the time | a signature of every party |
//! | CSN-C | (halted:) stops and halts, see [`crate::fair::csn_c`] | the pledges of all from one round |
//! | CM | an abort by the sender; both promises and a box that does not hold the key | both promises and the key |
//! | CM-online | as CSN-A | both signatures and the key |
//! | deal | as CSN-A | a signature of every party, the key of every letter, and the holder's `locked` of every payment |
//!
//! That a box is bad the notary says on its own word. The sender who sealed a good one can prove that it lies,
//! with the seed of the box ([`semper_blocks::delivery::judge_escrow`]).
//!
//! No rule looks at a clock, but for the end of the time, which the notary states itself. So what one party
//! accepts today the notary accepts next year; it would be unfair if what somebody relies on ran out on the way.

use semper_base::code::Code;
use semper_base::{Hash, Role, Violation};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::author::ANSWER_VALIDITY;
use semper_blocks::statement::{Body, Compact, Kind, Meta, Statement};
use semper_support::crypto::Crypto;

use super::descriptor::{Descriptor, Protocol, Seat};
use super::statements as st;
use crate::fair::deal;

/// A notary's decision with what forced it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What it decided.
    pub verdict: Decided,
    /// The statements that forced it, in the order in which it names them.
    pub pieces: Vec<String>,
}

/// What a notary decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// Nothing comes of it.
    Aborted(Statement<st::Aborted>),
    /// Nothing comes of it for a party that stopped.
    Halted(Statement<st::Halted>),
    /// It is complete.
    Resolved(Statement<st::Resolved>),
}

impl Decided {
    /// The compact text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Decided::Aborted(statement) => &statement.text,
            Decided::Halted(statement) => &statement.text,
            Decided::Resolved(statement) => &statement.text,
        }
    }

    /// Hashes of what forced it.
    #[must_use]
    pub fn ground(&self) -> &[Hash] {
        match self {
            Decided::Aborted(statement) => &statement.body.ground,
            Decided::Halted(statement) => &statement.body.ground,
            Decided::Resolved(statement) => &statement.body.ground,
        }
    }
}

/// Reads what was signed about one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// X.
    pub x: &'a Descriptor,
    /// What verifies.
    pub crypto: &'a dyn Crypto,
}

impl Reader<'_> {
    /// A statement of a party about this exchange, and the party's place.
    pub fn party<B: Body>(&self, text: &str) -> Result<(u8, Statement<B>), Violation> {
        let compact = Compact::parse(text)?;
        let Some(Seat::Party(place)) = self.x.seat(&compact.key()) else {
            return Err(Violation::new(Code::KeyWrong, "no party of this exchange"));
        };
        Ok((place, self.verified(compact, Seat::Party(place))?))
    }

    /// A statement of the notary about this exchange.
    pub fn notary<B: Body>(&self, text: &str) -> Result<Statement<B>, Violation> {
        self.verified(Compact::parse(text)?, Seat::Notary)
    }

    fn verified<B: Body>(&self, compact: Compact<'_>, seat: Seat) -> Result<Statement<B>, Violation> {
        let statement: Statement<B> = compact.verify_typed(self.crypto, self.x.key(seat)?)?;
        let role = if seat == Seat::Notary { Role::Notary } else { Role::Party };
        if statement.meta.signer.role != role {
            return Err(Violation::new(Code::RoleWrong, statement.meta.signer.role.word()));
        }
        if statement.meta.xid != Some(self.x.xid) {
            return Err(Violation::new(Code::XidWrong, B::KIND.word()));
        }
        if B::KIND != Kind::Status {
            lasting(&statement.meta)?;
        }
        Ok(statement)
    }

    /// Whether this is the key of the mail.
    pub fn opens(&self, opening: &KeyOpening) -> Result<(), Violation> {
        let mail = self.x.core.mail.as_ref();
        opening.check(&mail.ok_or_else(|| Violation::new(Code::FieldUnknown, "key"))?.com_k)
    }

    /// Both promises of an exchange of two: the first answers nothing, the second answers the first.
    pub fn promises(&self, first: &str, second: &str) -> Result<[Statement<st::Promise>; 2], Violation> {
        let (first, second) = (self.party::<st::Promise>(first)?, self.party::<st::Promise>(second)?);
        if (first.0, second.0) != (0, 1) {
            return Err(Violation::new(Code::KeyWrong, "promises of other parties"));
        }
        if first.1.body.answers.is_some() || second.1.body.answers != Some(first.1.hash) {
            return Err(Violation::new(Code::RefWrong, "promise"));
        }
        Ok([first.1, second.1])
    }

    /// A signature through the notary: nobody promised before.
    pub fn alone(&self, text: &str) -> Result<(u8, Statement<st::Signature>), Violation> {
        let (place, signature) = self.party::<st::Signature>(text)?;
        if !signature.body.promises.is_empty() {
            return Err(Violation::new(Code::RefWrong, "signature"));
        }
        Ok((place, signature))
    }

    /// An abort by a party that may.
    pub fn abort(&self, text: &str) -> Result<(u8, Statement<st::Abort>), Violation> {
        let (place, abort) = self.party::<st::Abort>(text)?;
        match self.x.core.protocol {
            Protocol::Cm | Protocol::Cs2 if place != 0 => {
                Err(Violation::new(Code::RoleWrong, "only the party that begins may abort"))
            }
            Protocol::CsnC => Err(Violation::new(Code::KindWrong, "who is stuck in rounds stops")),
            Protocol::Cm | Protocol::CmOnline | Protocol::Cs2 | Protocol::CsnA | Protocol::Deal => Ok((place, abort)),
        }
    }

    /// Whether these pieces complete the exchange.
    pub fn completes(&self, pieces: &[String]) -> Result<(), Violation> {
        match (self.x.core.protocol, pieces) {
            (Protocol::Cm | Protocol::Cs2, [first, second]) => self.promises(first, second).map(|_| ()),
            (Protocol::CsnC, all) => self.round(all).map(|_| ()),
            (Protocol::Deal, all) => deal::ground::completes(self, all),
            (Protocol::CmOnline | Protocol::CsnA, all) if all.len() == self.x.core.parties.len() => {
                self.signed_by_all(all)
            }
            (protocol, _) => Err(Violation::new(Code::ProofWrong, protocol.word())),
        }
    }

    /// A signature of every party through the notary, in their order.
    pub(crate) fn signed_by_all(&self, all: &[String]) -> Result<(), Violation> {
        let in_order = |(place, text): (usize, &String)| match self.alone(text)? {
            (found, _) if usize::from(found) == place => Ok(()),
            _ => Err(Violation::new(Code::ProofWrong, "signatures out of order")),
        };
        all.iter().enumerate().try_for_each(in_order)
    }

    /// A decision with the pieces that it must be shown with.
    pub fn decision(&self, text: &str, pieces: Vec<String>) -> Result<Decision, Violation> {
        let verdict = self.decided(text)?;
        if !pieces.iter().map(|piece| Hash::of(piece.as_bytes())).eq(verdict.ground().iter().copied()) {
            return Err(Violation::new(Code::ProofWrong, "other pieces than the decision names"));
        }
        match &verdict {
            Decided::Resolved(resolved) => {
                self.keyed(&resolved.body)?;
                self.completes(&pieces)?;
            }
            Decided::Aborted(aborted) => self.ends(&aborted.body, &pieces)?,
            Decided::Halted(halted) => self.halts(&halted.body, &pieces)?,
        }
        Ok(Decision { verdict, pieces })
    }

    /// A decision by itself, without a look at its ground.
    pub fn decided(&self, text: &str) -> Result<Decided, Violation> {
        match Compact::parse(text)?.kind() {
            Kind::Aborted => Ok(Decided::Aborted(self.notary(text)?)),
            Kind::Halted => Ok(Decided::Halted(self.notary(text)?)),
            Kind::Resolved => Ok(Decided::Resolved(self.notary(text)?)),
            other => Err(Violation::new(Code::KindWrong, other.word())),
        }
    }

    /// A mail is complete with its key, a deal with those of its letters, and nothing else has any.
    pub(crate) fn keyed(&self, resolved: &st::Resolved) -> Result<(), Violation> {
        match &self.x.core.deal {
            Some(deal) => deal.open(&resolved.keys)?,
            None if resolved.keys.is_empty() => {}
            None => return Err(Violation::new(Code::FieldUnknown, "keys")),
        }
        match &resolved.key {
            Some(opening) => self.opens(opening),
            None if self.x.core.mail.is_none() => Ok(()),
            None => Err(Violation::new(Code::FieldMissing, "key")),
        }
    }

    fn ends(&self, aborted: &st::Aborted, pieces: &[String]) -> Result<(), Violation> {
        match (aborted.basis, pieces) {
            (st::AbortBasis::Asked, [abort]) => self.abort(abort).map(|_| ()),
            (st::AbortBasis::Expired, []) => self.expired(aborted),
            (st::AbortBasis::BadEscrow, [first, second]) if self.x.core.protocol == Protocol::Cm => {
                self.promises(first, second).map(|_| ())
            }
            _ => Err(Violation::new(Code::ProofWrong, "aborted without ground")),
        }
    }

    /// Only where the notary collects does the time end anything.
    fn expired(&self, aborted: &st::Aborted) -> Result<(), Violation> {
        if !self.x.core.protocol.collects() {
            return Err(Violation::new(Code::ProofWrong, "this exchange does not end by itself"));
        }
        if aborted.at < self.x.core.deadlines.expires {
            return Err(Violation::new(Code::TooEarly, "aborted"));
        }
        Ok(())
    }
}

/// What is signed here may be acted upon for as long as an answer: nobody can bind another to something that
/// the notary will no longer hear of.
fn lasting(meta: &Meta) -> Result<(), Violation> {
    if meta.expires < meta.issued.plus(ANSWER_VALIDITY) {
        return Err(Violation::new(Code::Expired, "it would run out"));
    }
    Ok(())
}
