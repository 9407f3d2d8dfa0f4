//! What convicts notary, seller and buyer.

use std::collections::BTreeSet;

use semper_base::limits::ESCROW_BYTES_MAX;
use semper_base::{Hash, Role, Timestamp, json};
use semper_blocks::statement::Kind;

use super::evidence::Piece;
use super::facts::Facts;
use super::slots::{both, different};
use super::verdict::{Docket, Misdeed};
use crate::fair::dgp::descriptor::payee_commitment;
use crate::fair::dgp::message::captured_fits;
use crate::fair::dgp::{Proof, judge_proof};

pub(super) fn convict_notary(facts: &Facts<'_>, out: &mut Docket) {
    const WHO: Role = Role::Notary;
    different(WHO, &facts.opened, out);
    different(WHO, &facts.bad_escrow, out);
    different(WHO, &facts.wrong_file, out);
    both(WHO, Misdeed::OpenedAndBadEscrow, &facts.opened, &facts.bad_escrow, out);
    for row in &facts.bad_escrow {
        if row.body.escrow != facts.x.escrow_hash {
            out.convict(WHO, Misdeed::UnlikeDescriptor, [row.piece]);
        }
        if !facts.defences.is_empty() {
            let shown = facts.defences.iter().copied().chain([row.piece]);
            out.convict(WHO, Misdeed::CriedBadEscrow, shown);
        }
    }
    for row in &facts.wrong_file {
        if let Some(proof) = refused_proof(facts, &row.body.proof) {
            out.convict(WHO, Misdeed::WronglyUpheld, [row.piece, proof]);
        }
    }
    for (named, row) in notary_captures(facts) {
        let is_that = facts.captured.iter().any(|c| c.hash == named && captured_fits(&c.body, facts.x).is_ok());
        if let Some(bytes) = facts.evidence.preimage(&named).filter(|_| !is_that) {
            out.convict(WHO, Misdeed::FalseGround, [row, bytes]);
        }
    }
    notary_denials(facts, out);
}

/// Every `captured` that a notary's row names, with the row.
fn notary_captures<'a>(facts: &'a Facts<'a>) -> Vec<(Hash, &'a Piece)> {
    let opened = facts.opened.iter().map(|row| (row.body.captured, row.piece));
    let bad = facts.bad_escrow.iter().map(|row| (row.body.captured, row.piece));
    let wrong = facts.wrong_file.iter().map(|row| (row.body.captured, row.piece));
    opened.chain(bad).chain(wrong).collect()
}

/// The bytes with this hash, if they are here and show no wrong file.
fn refused_proof<'a>(facts: &'a Facts<'_>, named: &Hash) -> Option<&'a Piece> {
    let bytes = facts.evidence.preimage(named)?;
    let proof = json::read::<Proof>(&bytes.bytes);
    let holds = proof.is_ok_and(|proof| judge_proof(&facts.x.core, &proof).is_ok());
    (!holds).then_some(bytes)
}

fn notary_denials(facts: &Facts<'_>, out: &mut Docket) {
    let skew = facts.x.core.deadlines.skew_ms;
    for unmet in facts.unmet.iter().filter(|unmet| unmet.by == Role::Notary) {
        let rows: Vec<(Timestamp, &Piece)> = match unmet.body.what {
            Kind::BadEscrow => facts.bad_escrow.iter().map(|row| (row.body.at, row.piece)).collect(),
            Kind::Opened => facts.opened.iter().map(|row| (row.body.at, row.piece)).collect(),
            Kind::WrongFile => facts.wrong_file.iter().map(|row| (row.body.at, row.piece)).collect(),
            _ => Vec::new(),
        };
        for (_, row) in rows.into_iter().filter(|(written, _)| unmet.body.at > written.plus(skew)) {
            out.convict(Role::Notary, Misdeed::DeniedRecord, [unmet.piece, row]);
        }
    }
}

/// What rests on the descriptor alone counts only against a seller who agreed to that descriptor: anybody
/// can write one that names the seller's key.
pub(super) fn convict_seller(facts: &Facts<'_>, out: &mut Docket) {
    const WHO: Role = Role::Seller;
    let core = &facts.x.core;
    let bound = facts.binding(WHO);
    let mut under_descriptor = |misdeed, shown: &[&Piece], bound: &BTreeSet<String>| {
        if !bound.is_empty() && !shown.is_empty() {
            out.convict(WHO, misdeed, shown.iter().copied());
            out.add_names(WHO, misdeed, bound);
        }
    };
    under_descriptor(Misdeed::WrongFile, &facts.proofs, &bound);
    let oversized: Vec<&Piece> = facts.escrow_box.into_iter().filter(|e| e.bytes.len() > ESCROW_BYTES_MAX).collect();
    under_descriptor(Misdeed::OversizedEscrow, &oversized, &bound);
    for row in facts.pass_key.iter().filter(|row| row.body.key.check(&core.com_k).is_err()) {
        out.convict(WHO, Misdeed::FalseKey, [row.piece]);
    }
    for row in &facts.capture {
        if payee_commitment(&row.body.account, row.body.salt.danger_bytes()) != core.payee {
            out.convict(WHO, Misdeed::CapturedForAnother, [row.piece]);
        }
        let named = row.body.mandate;
        let is_that = facts.mandate.iter().any(|mandate| mandate.hash == named && facts.mandate_fits(&mandate.body));
        if let Some(bytes) = facts.evidence.preimage(&named).filter(|_| !is_that) {
            out.convict(WHO, Misdeed::FalseGround, [row.piece, bytes]);
        }
    }
    unlike_release(facts, WHO, out);
}

pub(super) fn convict_buyer(facts: &Facts<'_>, out: &mut Docket) {
    const WHO: Role = Role::Buyer;
    both(WHO, Misdeed::ReceiptAndComplaint, &facts.receipt, &facts.complaint, out);
    let mut unlike = |piece| out.convict(WHO, Misdeed::UnlikeDescriptor, [piece]);
    facts.hold.iter().filter(|row| !facts.hold_fits(&row.body)).for_each(|row| unlike(row.piece));
    facts.mandate.iter().filter(|row| !facts.mandate_fits(&row.body)).for_each(|row| unlike(row.piece));
    facts.receipt.iter().filter(|row| !facts.receipt_fits(&row.body)).for_each(|row| unlike(row.piece));
    unlike_release(facts, WHO, out);
}

fn unlike_release(facts: &Facts<'_>, who: Role, out: &mut Docket) {
    let amount = facts.x.core.amount;
    for row in facts.release.iter().filter(|row| row.by == who && row.body.amount != amount) {
        out.convict(who, Misdeed::UnlikeDescriptor, [row.piece]);
    }
}
