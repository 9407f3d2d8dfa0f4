//! What the evidence says about what happened.

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Role, Timestamp};
use semper_blocks::statement::Kind;

use super::evidence::Piece;
use super::facts::{Facts, Found};
use super::verdict::{Claim, ClaimKind, Finding};
use super::words;
use crate::fair::dgp::message::{captured_fits, held_fits};

type Names = BTreeSet<String>;

/// Every claim, in the order of [`ClaimKind`].
pub(super) fn claims(facts: &Facts<'_>) -> Vec<Claim> {
    use ClaimKind as K;
    let (x, amount) = (facts.x, facts.x.core.amount);
    let captured = of(&facts.captured, |row| captured_fits(row, x).is_ok());
    let released = of(&facts.released, |row| row.amount == amount);
    let settled = of(&facts.settled, |row| row.amount == amount);
    let refunded = of(&facts.refunded, |row| row.amount == amount);
    let contested = of(&facts.contested, |_| true);
    let opened = of(&facts.opened, |_| true);
    let bad = of(&facts.bad_escrow, |row| row.escrow == x.escrow_hash);
    let receipt = of(&facts.receipt, |row| facts.receipt_fits(row));
    let good = names(facts.defences.iter().copied());
    let nothing = Names::new();
    let mut claims = vec![
        weigh(K::BuyerBound, &facts.binding(Role::Buyer), &nothing),
        weigh(K::SellerBound, &facts.binding(Role::Seller), &nothing),
        weigh(K::Held, &of(&facts.held, |row| held_fits(row, x).is_ok()), &nothing),
        weigh(K::Mandated, &of(&facts.mandate, |row| facts.mandate_fits(row)), &nothing),
        weigh(K::Captured, &captured, &released),
        weigh(K::Released, &released, &captured),
        weigh(K::Contested, &contested, &released),
        weigh(K::EscrowOpened, &opened, &bad),
        weigh(K::EscrowFoundBad, &bad, &opened),
        weigh(K::EscrowGood, &good, &bad),
        weigh(K::KeyHandedOver, &handed_over(facts), &nothing),
        weigh(K::KeyShown, &names(facts.openings.iter().map(|(_, piece)| *piece)), &nothing),
        weigh(K::ContentNotAsAgreed, &names(facts.proofs.iter().copied()), &receipt),
        weigh(K::ReceiptGiven, &receipt, &nothing),
        weigh(K::Settled, &settled, &(&refunded | &released)),
        weigh(K::Refunded, &refunded, &(&settled | &released)),
    ];
    claims.extend(unmet(facts));
    claims
}

fn weigh(claim: ClaimKind, shown: &Names, against: &Names) -> Claim {
    let finding = match (shown.is_empty(), against.is_empty()) {
        (false, _) => Finding::Proven,
        (true, false) => Finding::Contradicted,
        (true, true) => Finding::NotProvable,
    };
    let sentence = words::claim(claim, finding);
    let list = |names: &Names| names.iter().cloned().collect();
    Claim { claim, finding, as_of: None, shown_by: list(shown), against: list(against), sentence }
}

fn of<B>(rows: &[Found<'_, B>], counts: impl Fn(&B) -> bool) -> Names {
    names(rows.iter().filter(|row| counts(&row.body)).map(|row| row.piece))
}

fn names<'a>(pieces: impl Iterator<Item = &'a Piece>) -> Names {
    pieces.flat_map(|piece| piece.names.iter().cloned()).collect()
}

/// Signed by somebody against whom it counts: the bank passed the key on to both parties; the notary
/// opened the escrow and the bank recorded exactly that; the buyer signed for the content, or
/// complained with the key in hand. A bare key only shows that whoever brings it has it.
fn handed_over(facts: &Facts<'_>) -> Names {
    let mut shown = of(&facts.passed, |row| row.key.check(&facts.x.core.com_k).is_ok());
    shown.extend(of(&facts.receipt, |row| facts.receipt_fits(row)));
    for recorded in &facts.recorded {
        for opened in facts.opened.iter().filter(|opened| opened.hash == recorded.body.opened) {
            shown.extend(names([recorded.piece, opened.piece].into_iter()));
        }
    }
    for complaint in &facts.complaint {
        for (_, proof) in facts.openings.iter().filter(|(hash, _)| *hash == complaint.body.proof) {
            shown.extend(names([complaint.piece, *proof].into_iter()));
        }
    }
    shown
}

/// One claim per register and kind, with the latest moment.
fn unmet(facts: &Facts<'_>) -> impl Iterator<Item = Claim> {
    let mut latest: BTreeMap<(Role, Kind), (Timestamp, Names)> = BTreeMap::new();
    for row in &facts.unmet {
        let (at, shown) = latest.entry((row.by, row.body.what)).or_insert((row.body.at, Names::new()));
        *at = row.body.at.max(*at);
        shown.extend(names([row.piece].into_iter()));
    }
    latest.into_iter().map(|((by, what), (at, shown))| {
        let claim = ClaimKind::Unmet { by, what };
        Claim { as_of: Some(at), sentence: words::unmet(by, what, at), ..weigh(claim, &shown, &Names::new()) }
    })
}
