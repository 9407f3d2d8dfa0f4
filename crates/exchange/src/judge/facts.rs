//! Reads the pieces: which statements verify under the descriptor's keys, which openings open, which
//! proofs hold. Each piece is read by itself, so nothing here depends on order or company.

use semper_base::{Code, Error, Hash, Role, Timestamp, Violation, json};
use semper_blocks::delivery::{EscrowDefence, KeyOpening, judge_escrow};
use semper_blocks::statement::{Body, Compact, Kind, verify};
use semper_support::crypto::Crypto;

use super::evidence::{Evidence, Piece};
use super::verdict::SetAside;
use super::words;
use crate::fair::dgp::statements as st;
use crate::fair::dgp::{Descriptor, Proof, judge_proof};

/// A statement that verified, and the piece that it is.
#[derive(Debug)]
pub(super) struct Found<'a, B> {
    pub(super) body: B,
    /// When its signer says it was made.
    pub(super) issued: Timestamp,
    /// SHA-256 of the text: its name in other statements.
    pub(super) hash: Hash,
    /// SHA-256 of the encoded payload: two signatures of the same words share it.
    pub(super) content: Hash,
    /// Who signed.
    pub(super) by: Role,
    pub(super) piece: &'a Piece,
}

/// Everything that has weight, by kind.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) x: &'a Descriptor,
    pub(super) evidence: &'a Evidence,
    crypto: &'a dyn Crypto,
    // The bank's.
    pub(super) held: Vec<Found<'a, st::Held>>,
    pub(super) captured: Vec<Found<'a, st::Captured>>,
    pub(super) released: Vec<Found<'a, st::Released>>,
    pub(super) contested: Vec<Found<'a, st::Contested>>,
    pub(super) passed: Vec<Found<'a, st::PassedKey>>,
    pub(super) recorded: Vec<Found<'a, st::Recorded>>,
    pub(super) settled: Vec<Found<'a, st::Settled>>,
    pub(super) refunded: Vec<Found<'a, st::Refunded>>,
    // The notary's.
    pub(super) opened: Vec<Found<'a, st::Opened>>,
    pub(super) bad_escrow: Vec<Found<'a, st::BadEscrow>>,
    pub(super) wrong_file: Vec<Found<'a, st::WrongFile>>,
    // Of either register.
    pub(super) unmet: Vec<Found<'a, st::Unmet>>,
    // The buyer's.
    pub(super) hold: Vec<Found<'a, st::Hold>>,
    pub(super) mandate: Vec<Found<'a, st::Mandate>>,
    pub(super) receipt: Vec<Found<'a, st::Receipt>>,
    pub(super) complaint: Vec<Found<'a, st::Complaint>>,
    // The seller's.
    pub(super) capture: Vec<Found<'a, st::Capture>>,
    pub(super) pass_key: Vec<Found<'a, st::PassKey>>,
    // Of either party of the deal.
    pub(super) release: Vec<Found<'a, st::Release>>,
    /// Everything that buyer or seller signed about this exchange.
    pub(super) acts: Vec<(Role, &'a Piece)>,
    /// Proofs of a wrong file that hold.
    pub(super) proofs: Vec<&'a Piece>,
    /// Everything that contains an opening of `com_k`, with the piece's hash.
    pub(super) openings: Vec<(Hash, &'a Piece)>,
    /// Defences that hold: the escrow box was good.
    pub(super) defences: Vec<&'a Piece>,
    /// The box that the descriptor names.
    pub(super) escrow_box: Option<&'a Piece>,
    pub(super) set_aside: Vec<SetAside>,
}

impl<'a> Facts<'a> {
    pub(super) fn read(x: &'a Descriptor, evidence: &'a Evidence, crypto: &'a dyn Crypto) -> Self {
        let mut facts = Facts::empty(x, evidence, crypto);
        for (hash, piece) in evidence.pieces() {
            if let Err(why) = facts.sort(*hash, piece) {
                let pieces = piece.names.iter().cloned().collect();
                facts.set_aside.push(SetAside { pieces, code: why.code().number(), sentence: words::set_aside(&why) });
            }
        }
        // By name, not by hash: a reader looks for files.
        facts.set_aside.sort_by(|one, other| one.pieces.cmp(&other.pieces));
        facts
    }

    fn empty(x: &'a Descriptor, evidence: &'a Evidence, crypto: &'a dyn Crypto) -> Self {
        Facts {
            x,
            evidence,
            crypto,
            held: Vec::new(),
            captured: Vec::new(),
            released: Vec::new(),
            contested: Vec::new(),
            passed: Vec::new(),
            recorded: Vec::new(),
            settled: Vec::new(),
            refunded: Vec::new(),
            opened: Vec::new(),
            bad_escrow: Vec::new(),
            wrong_file: Vec::new(),
            unmet: Vec::new(),
            hold: Vec::new(),
            mandate: Vec::new(),
            receipt: Vec::new(),
            complaint: Vec::new(),
            capture: Vec::new(),
            pass_key: Vec::new(),
            release: Vec::new(),
            acts: Vec::new(),
            proofs: Vec::new(),
            openings: Vec::new(),
            defences: Vec::new(),
            escrow_box: None,
            set_aside: Vec::new(),
        }
    }

    fn sort(&mut self, hash: Hash, piece: &'a Piece) -> Result<(), Violation> {
        let read = match std::str::from_utf8(&piece.bytes) {
            Ok(text) if text.trim_start().starts_with('{') => self.json(hash, text, piece),
            Ok(text) => self.statement(text, piece),
            Err(_) => Err(Violation::new(Code::KindUnknown, "neither text nor the escrow box of this exchange")),
        };
        if hash == self.x.escrow_hash {
            // A seller may have put anything in the box's place: it is looked at as everything it may be.
            self.escrow_box = Some(piece);
            return Ok(());
        }
        read
    }

    /// A proof, an opening or a defence: their members differ, so none can be read as another.
    fn json(&mut self, hash: Hash, text: &str, piece: &'a Piece) -> Result<(), Violation> {
        let (bytes, core) = (text.as_bytes(), &self.x.core);
        if let Ok(key) = json::read::<KeyOpening>(bytes) {
            key.check(&core.com_k)?;
            self.openings.push((hash, piece));
            return Ok(());
        }
        if let Ok(defence) = json::read::<EscrowDefence>(bytes) {
            defence.key.check(&core.com_k)?;
            self.openings.push((hash, piece));
            let box_is = &self.x.escrow_hash;
            judge_escrow(self.crypto, &core.notary_seal, box_is, self.x.core_bytes(), &core.com_k, &defence)
                .map_err(as_violation)?;
            self.defences.push(piece);
            return Ok(());
        }
        let proof: Proof = json::read(bytes)?;
        proof.chunk.key.check(&core.com_k)?;
        self.openings.push((hash, piece));
        judge_proof(core, &proof)?;
        self.proofs.push(piece);
        Ok(())
    }

    fn statement(&mut self, text: &str, piece: &'a Piece) -> Result<(), Violation> {
        use Role::{Bank, Buyer, Notary, Seller};
        let compact = Compact::parse(text)?;
        let by = self.x.role(&compact.key()).ok_or_else(|| Violation::new(Code::KeyWrong, compact.kind().word()))?;
        match compact.kind() {
            Kind::BadEscrow => self.bad_escrow.push(self.found(text, only(by, &[Notary])?, piece)?),
            Kind::Capture => {
                let found = self.found(text, only(by, &[Seller])?, piece)?;
                self.act(found, |facts| &mut facts.capture);
            }
            Kind::Captured => self.captured.push(self.found(text, only(by, &[Bank])?, piece)?),
            Kind::Complaint => {
                let found = self.found(text, only(by, &[Buyer])?, piece)?;
                self.act(found, |facts| &mut facts.complaint);
            }
            Kind::Contest => self.bare::<st::Contest>(text, only(by, &[Buyer])?, piece)?,
            Kind::Contested => self.contested.push(self.found(text, only(by, &[Bank])?, piece)?),
            Kind::EscrowRequest => self.bare::<st::EscrowRequest>(text, only(by, &[Buyer])?, piece)?,
            Kind::Held => self.held.push(self.found(text, only(by, &[Bank])?, piece)?),
            Kind::Hold => {
                let found = self.found(text, only(by, &[Buyer])?, piece)?;
                self.act(found, |facts| &mut facts.hold);
            }
            Kind::Mandate => {
                let found = self.found(text, only(by, &[Buyer])?, piece)?;
                self.act(found, |facts| &mut facts.mandate);
            }
            Kind::Opened => self.opened.push(self.found(text, only(by, &[Notary])?, piece)?),
            Kind::PassKey => {
                let found = self.found::<st::PassKey>(text, only(by, &[Seller])?, piece)?;
                self.opening(&found.body.key, found.hash, piece);
                self.act(found, |facts| &mut facts.pass_key);
            }
            Kind::PassedKey => {
                let found = self.found::<st::PassedKey>(text, only(by, &[Bank])?, piece)?;
                self.opening(&found.body.key, found.hash, piece);
                self.passed.push(found);
            }
            Kind::Receipt => {
                let found = self.found(text, only(by, &[Buyer])?, piece)?;
                self.act(found, |facts| &mut facts.receipt);
            }
            Kind::Recorded => self.recorded.push(self.found(text, only(by, &[Bank])?, piece)?),
            Kind::Refunded => self.refunded.push(self.found(text, only(by, &[Bank])?, piece)?),
            Kind::Release => {
                let found = self.found(text, only(by, &[Buyer, Seller])?, piece)?;
                self.act(found, |facts| &mut facts.release);
            }
            Kind::Released => self.released.push(self.found(text, only(by, &[Bank])?, piece)?),
            Kind::Settled => self.settled.push(self.found(text, only(by, &[Bank])?, piece)?),
            Kind::Status => self.bare::<st::Status>(text, only(by, &[Buyer, Seller])?, piece)?,
            Kind::Unmet => self.unmet.push(self.found(text, only(by, &[Bank, Notary])?, piece)?),
            Kind::WrongFile => self.wrong_file.push(self.found(text, only(by, &[Notary])?, piece)?),
            // A contract is read a layer above; a debit order concerns the payer's account alone.
            other => return Err(Violation::new(Code::KindWrong, other.word())),
        }
        Ok(())
    }

    /// Verifies under the key that the descriptor names for `by`, and that it is about this exchange.
    /// Validity in time is not asked for: what a statement proves does not end.
    fn found<B: Body>(&self, text: &str, by: Role, piece: &'a Piece) -> Result<Found<'a, B>, Violation> {
        let statement = verify::<B>(self.crypto, self.x.key(by)?, text)?;
        if statement.meta.signer.role != by {
            return Err(Violation::new(Code::RoleWrong, statement.meta.signer.role.word()));
        }
        if statement.meta.xid != Some(self.x.xid) {
            return Err(Violation::new(Code::XidWrong, B::KIND.word()));
        }
        // One payload has one encoding, so the encoding stands for it.
        let payload = text.split('.').nth(1).unwrap_or_default();
        Ok(Found {
            body: statement.body,
            issued: statement.meta.issued,
            hash: statement.hash,
            content: Hash::of(payload.as_bytes()),
            by,
            piece,
        })
    }

    /// A statement of which only counts that its signer made it.
    fn bare<B: Body>(&mut self, text: &str, by: Role, piece: &'a Piece) -> Result<(), Violation> {
        self.found::<B>(text, by, piece)?;
        self.acts.push((by, piece));
        Ok(())
    }

    fn act<B>(&mut self, found: Found<'a, B>, list: impl Fn(&mut Self) -> &mut Vec<Found<'a, B>>) {
        self.acts.push((found.by, found.piece));
        list(self).push(found);
    }

    fn opening(&mut self, key: &KeyOpening, hash: Hash, piece: &'a Piece) {
        if key.check(&self.x.core.com_k).is_ok() {
            self.openings.push((hash, piece));
        }
    }
}

fn only(by: Role, allowed: &[Role]) -> Result<Role, Violation> {
    if allowed.contains(&by) { Ok(by) } else { Err(Violation::new(Code::RoleWrong, by.word())) }
}

fn as_violation(error: Error) -> Violation {
    match error {
        Error::Violation(violation) => violation,
        other => Violation::new(Code::ProofWrong, other.code().text()),
    }
}

/// Whether these are exactly the members that the descriptor gives a buyer's or seller's request.
impl Facts<'_> {
    pub(super) fn hold_fits(&self, body: &st::Hold) -> bool {
        body.amount == self.x.core.amount && body.payee == self.x.core.payee
    }

    pub(super) fn mandate_fits(&self, body: &st::Mandate) -> bool {
        body.amount == self.x.core.amount && body.payee == self.x.core.payee
    }

    pub(super) fn receipt_fits(&self, body: &st::Receipt) -> bool {
        body.amount == self.x.core.amount && body.plain == self.x.core.plain
    }

    /// The pieces that show that `role` agreed to exactly this descriptor.
    pub(super) fn binding(&self, role: Role) -> std::collections::BTreeSet<String> {
        let signed = self.acts.iter().filter(|(by, _)| *by == role).flat_map(|(_, piece)| piece.names.iter());
        signed.chain(self.evidence.bound(role)).cloned().collect()
    }
}
