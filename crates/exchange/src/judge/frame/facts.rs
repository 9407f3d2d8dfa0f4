//! Reads the pieces, each by itself.

use std::collections::BTreeSet;

use semper_base::{Code, Error, Hash, Violation, json};
use semper_blocks::delivery::{EscrowDefence, judge_escrow};
use semper_blocks::statement::{Compact, Kind};
use semper_support::crypto::Crypto;

use super::super::evidence::{Evidence, Piece};
use super::super::verdict::SetAside;
use super::super::words;
use crate::fair::deal::{self, Deal, Leg, Parcel, judge_letter};
use crate::fair::frame::statements as st;
use crate::fair::frame::{Decided, Descriptor, Protocol, Reader, Terms};

/// A decision of the notary.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) decided: Decided,
    /// SHA-256 of the encoded payload: two signatures of the same words share it.
    pub(super) content: Hash,
    pub(super) piece: &'a Piece,
}

/// An `unmet` of the notary about the decision.
#[derive(Debug)]
pub(super) struct Denial<'a> {
    pub(super) body: st::Unmet,
    pub(super) piece: &'a Piece,
}

/// Something that a party signed.
#[derive(Debug)]
pub(super) struct Act<'a> {
    pub(super) by: u8,
    pub(super) piece: &'a Piece,
}

/// Everything that has weight, by kind.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) reader: Reader<'a>,
    evidence: &'a Evidence,
    pub(super) aborted: Vec<Row<'a>>,
    pub(super) resolved: Vec<Row<'a>>,
    pub(super) halted: Vec<Row<'a>>,
    pub(super) unmet: Vec<Denial<'a>>,
    pub(super) promised: Vec<Act<'a>>,
    pub(super) signed: Vec<Act<'a>>,
    /// Of a deal: the holders' `locked`, by the number of the leg.
    pub(super) locked: Vec<(u8, &'a Piece)>,
    pub(super) abort_asked: Vec<Act<'a>>,
    /// Pledges, with their rounds.
    pub(super) pledged: Vec<(u8, Act<'a>)>,
    /// Who stopped, and in which round.
    pub(super) stopped: Vec<(u8, Act<'a>)>,
    /// Defences that hold: the box of the mail was good.
    pub(super) defences: Vec<&'a Piece>,
    /// The terms that X commits to.
    terms: Option<(Terms, &'a Piece)>,
    /// Of a deal: sealed letters that X names, with their shares.
    parcels: Vec<(Parcel, &'a Piece)>,
    pub(super) set_aside: Vec<SetAside>,
}

impl<'a> Facts<'a> {
    pub(super) fn read(x: &'a Descriptor, evidence: &'a Evidence, crypto: &'a dyn Crypto) -> Self {
        let mut facts = Facts {
            reader: Reader { x, crypto },
            evidence,
            aborted: Vec::new(),
            resolved: Vec::new(),
            halted: Vec::new(),
            unmet: Vec::new(),
            promised: Vec::new(),
            signed: Vec::new(),
            locked: Vec::new(),
            abort_asked: Vec::new(),
            pledged: Vec::new(),
            stopped: Vec::new(),
            defences: Vec::new(),
            terms: None,
            parcels: Vec::new(),
            set_aside: Vec::new(),
        };
        for (_, piece) in evidence.pieces() {
            if let Err(why) = facts.sort(piece) {
                let pieces = piece.names.iter().cloned().collect();
                facts.set_aside.push(SetAside { pieces, code: why.code().number(), sentence: words::set_aside(&why) });
            }
        }
        facts.set_aside.sort_by(|one, other| one.pieces.cmp(&other.pieces));
        facts
    }

    fn sort(&mut self, piece: &'a Piece) -> Result<(), Violation> {
        let text = std::str::from_utf8(&piece.bytes).map_err(|_| Violation::new(Code::KindUnknown, "no text"))?;
        let reader = self.reader;
        if text.starts_with('{') {
            return self.paper(piece, text);
        }
        match Compact::parse(text)?.kind() {
            Kind::Abort => self.abort_asked.push(Act { by: reader.abort(text)?.0, piece }),
            Kind::Aborted | Kind::Halted | Kind::Resolved => {
                let row = Row { decided: reader.decided(text)?, content: content(text), piece };
                match row.decided {
                    Decided::Aborted(_) => self.aborted.push(row),
                    Decided::Halted(_) => self.halted.push(row),
                    Decided::Resolved(_) => self.resolved.push(row),
                }
            }
            Kind::Locked => self.locked.push((deal::ground::which(&reader, text)?, piece)),
            Kind::Pledge => {
                let (by, pledge) = reader.pledge(text)?;
                self.pledged.push((pledge.body.round, Act { by, piece }));
            }
            Kind::Stop => {
                let (by, stop) = reader.stop(text)?;
                self.stopped.push((stop.body.round, Act { by, piece }));
            }
            Kind::Promise => self.promised.push(Act { by: reader.party::<st::Promise>(text)?.0, piece }),
            Kind::Signature => self.signed.push(Act { by: self.signature(text)?, piece }),
            Kind::Unmet => {
                let body = reader.notary::<st::Unmet>(text)?.body;
                if body.what != Kind::Resolved {
                    return Err(Violation::new(Code::KindWrong, body.what.word()));
                }
                self.unmet.push(Denial { body, piece });
            }
            other => return Err(Violation::new(Code::KindWrong, other.word())),
        }
        Ok(())
    }

    /// What is no statement: the terms, a letter of a deal, a defence.
    fn paper(&mut self, piece: &'a Piece, text: &str) -> Result<(), Violation> {
        let x = self.reader.x;
        if let Ok(terms) = json::read::<Terms>(&piece.bytes) {
            terms.check(&x.core)?;
            self.terms = Some((terms, piece));
        } else if let Ok(parcel) = json::read::<Parcel>(&piece.bytes) {
            let fits = |leg: &Leg| matches!(leg, Leg::Letter { cipher, .. } if parcel.check(cipher).is_ok());
            if !x.core.deal.iter().any(|deal| deal.legs.iter().any(fits)) {
                return Err(Violation::new(Code::CommitmentWrong, "a letter of another deal"));
            }
            self.parcels.push((parcel, piece));
        } else {
            self.defence(text)?;
            self.defences.push(piece);
        }
        Ok(())
    }

    /// The letters of a deal that are here with terms, key and their giver's signature, and are not what was agreed:
    /// the number of the leg, who gave it, what shows it.
    pub(super) fn wrong_letters(&self) -> Vec<(u8, u8, Vec<&'a Piece>)> {
        let Some((terms, with_terms)) = &self.terms else { return Vec::new() };
        let x = self.reader.x;
        let letters = || x.core.deal.iter().flat_map(Deal::letters);
        let mut wrong = Vec::new();
        for row in &self.resolved {
            let Decided::Resolved(resolved) = &row.decided else { continue };
            for ((leg, giver, _), key) in letters().zip(&resolved.body.keys) {
                let signed: Vec<&Piece> =
                    self.signed.iter().filter(|act| act.by == giver).map(|act| act.piece).collect();
                for (parcel, piece) in self.parcels.iter().filter(|_| !signed.is_empty()) {
                    if judge_letter(x, terms, leg, parcel, key) == Ok(false) {
                        let shown = signed.iter().copied().chain([*with_terms, *piece, row.piece]).collect();
                        wrong.push((leg, giver, shown));
                    }
                }
            }
        }
        wrong
    }

    /// The sender's seed and key make exactly the box that X names, for the notary that X names.
    fn defence(&self, text: &str) -> Result<(), Violation> {
        let defence: EscrowDefence = json::read(text.as_bytes())?;
        let x = self.reader.x;
        let (Some(mail), Some(notary), Some(named)) = (&x.core.mail, &x.core.notary_seal, &x.escrow_hash) else {
            return Err(Violation::new(Code::KindUnknown, "this exchange has no box"));
        };
        let judged = judge_escrow(self.reader.crypto, notary, named, x.core_bytes(), &mail.com_k, &defence);
        judged.map_err(|error| match error {
            Error::Violation(violation) => violation,
            other => Violation::new(Code::ProofWrong, other.code().text()),
        })
    }

    /// Through a notary nobody promises, so nobody names promises.
    fn signature(&self, text: &str) -> Result<u8, Violation> {
        match self.reader.x.core.protocol {
            Protocol::CmOnline | Protocol::CsnA | Protocol::Deal => Ok(self.reader.alone(text)?.0),
            Protocol::Cm | Protocol::Cs2 | Protocol::CsnC => Ok(self.reader.party::<st::Signature>(text)?.0),
        }
    }

    /// The bytes that a decision names, if they are here and text.
    pub(super) fn preimage(&self, hash: &Hash) -> Option<(&'a Piece, String)> {
        let piece = self.evidence.preimage(hash)?;
        Some((piece, String::from_utf8(piece.bytes.clone()).unwrap_or_default()))
    }

    /// Everything that a decision names, if all of it is here.
    pub(super) fn named(&self, row: &Row<'a>) -> Option<Vec<(&'a Piece, String)>> {
        row.decided.ground().iter().map(|hash| self.preimage(hash)).collect()
    }

    /// Names of the decisions that are here with everything they name, and that it bears them out.
    pub(super) fn grounded(&self, rows: &[Row<'a>]) -> BTreeSet<String> {
        let mut shown = BTreeSet::new();
        for row in rows {
            let Some(pieces) = self.named(row) else { continue };
            let texts = pieces.iter().map(|(_, text)| text.clone()).collect();
            if self.reader.decision(row.decided.text(), texts).is_ok() {
                let all = pieces.iter().map(|(piece, _)| *piece).chain([row.piece]);
                shown.extend(super::names(all));
            }
        }
        shown
    }

    /// Names of the parties' signatures, if all of them are here and that is enough. Where the notary collects it is
    /// not: it could show what it was given and have told somebody that nothing came of it, and nothing would
    /// convict it. There its own word counts, and an opposite one convicts it.
    pub(super) fn all_signed(&self) -> BTreeSet<String> {
        if self.reader.x.core.protocol.collects() {
            return BTreeSet::new();
        }
        let parties = self.reader.x.parties();
        let all = (0..parties).all(|party| self.signed.iter().any(|act| act.by == party));
        if all { super::names(self.signed.iter().map(|act| act.piece)) } else { BTreeSet::new() }
    }
}

fn content(text: &str) -> Hash {
    Hash::of(text.split('.').nth(1).unwrap_or_default().as_bytes())
}
