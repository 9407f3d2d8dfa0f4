//! What the judges of contracts, locks and payments find, for people.

use semper_exchange::judge::frame::{FrameClaim, FrameOutcome, FrameVerdict};
use semper_exchange::judge::lock::{LockClaim, LockOutcome, LockVerdict};
use semper_exchange::judge::payment::{PaymentClaim, PaymentOutcome, PaymentVerdict};
use semper_exchange::judge::{Conviction, Finding};

use super::Page;

/// What is proven of an exchange whose register is a notary. What nothing shows is said once.
pub(super) fn of_frame(page: &mut Page, verdict: &FrameVerdict) {
    page.heading("Verdict");
    let outcome = match verdict.outcome {
        FrameOutcome::Complete => "The contract stands: every party is bound.",
        FrameOutcome::Nothing => "The notary has ended it, and nothing here shows a contract: nobody is bound.",
        FrameOutcome::Undecided => "This evidence alone shows neither a contract nor its end.",
    };
    page.wrapped("  ", "    ", outcome);
    let claim = |claim: &FrameClaim| Found {
        finding: claim.finding,
        sentence: claim.sentence.clone(),
        shown_by: claim.shown_by.clone(),
        against: claim.against.clone(),
    };
    found(page, &verdict.claims.iter().map(claim).collect::<Vec<_>>(), &verdict.convictions);
}

/// What is proven of a lock.
pub(super) fn of_lock(page: &mut Page, verdict: &LockVerdict) {
    page.heading("Verdict");
    let outcome = match verdict.outcome {
        LockOutcome::Back => "The payer has the money: it went back, or was never locked.",
        LockOutcome::Divided => "The money is divided between payer and payee.",
        LockOutcome::Locked => "The money is locked; nothing here shows what came of it.",
        LockOutcome::Paid => "The payee has the money.",
        LockOutcome::Undecided => "This evidence alone does not show where the money is.",
    };
    page.wrapped("  ", "    ", outcome);
    let claim = |claim: &LockClaim| Found {
        finding: claim.finding,
        sentence: claim.sentence.clone(),
        shown_by: claim.shown_by.clone(),
        against: claim.against.clone(),
    };
    found(page, &verdict.claims.iter().map(claim).collect::<Vec<_>>(), &verdict.convictions);
}

/// What is proven of a payment for receipt.
pub(super) fn of_payment(page: &mut Page, verdict: &PaymentVerdict) {
    page.heading("Verdict");
    let outcome = match verdict.outcome {
        PaymentOutcome::Otherwise => {
            "The receipt is none: the bank says that something else was paid to this reference, or too late."
        }
        PaymentOutcome::Received => "The payee has received the money, and the receipt is complete.",
        PaymentOutcome::Undecided => "This evidence alone does not show that the money arrived.",
    };
    page.wrapped("  ", "    ", outcome);
    let claim = |claim: &PaymentClaim| Found {
        finding: claim.finding,
        sentence: claim.sentence.clone(),
        shown_by: claim.shown_by.clone(),
        against: claim.against.clone(),
    };
    found(page, &verdict.claims.iter().map(claim).collect::<Vec<_>>(), &verdict.convictions);
}

/// A claim, of whatever judge.
struct Found {
    finding: Finding,
    sentence: String,
    shown_by: Vec<String>,
    against: Vec<String>,
}

/// Claims, first those that are decided, and convictions.
fn found(page: &mut Page, claims: &[Found], convictions: &[Conviction]) {
    for claim in claims.iter().filter(|claim| claim.finding != Finding::NotProvable) {
        page.wrapped("  ", "    ", &claim.sentence);
        page.files("    shown by ", &claim.shown_by);
        page.files("    against it ", &claim.against);
    }
    for claim in claims.iter().filter(|claim| claim.finding == Finding::NotProvable) {
        page.wrapped("  ", "    ", &claim.sentence);
    }
    page.heading("Who is convicted by their own signature");
    if convictions.is_empty() {
        page.line("  Nobody.");
    }
    for conviction in convictions {
        page.wrapped("  ", "    ", &conviction.sentence);
        page.files("    shown by ", &conviction.shown_by);
    }
}
