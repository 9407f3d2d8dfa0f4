//! The sentences of a verdict, in English.

use semper_base::{Role, Timestamp, Violation};
use semper_blocks::statement::Kind;

use super::verdict::{ClaimKind, Finding, Misdeed};

pub(super) fn claim(claim: ClaimKind, finding: Finding) -> String {
    let what = said(claim);
    match finding {
        Finding::Proven => format!("Proven: {what}."),
        Finding::Contradicted => format!("Contradicted: {what}. What is here shows the opposite."),
        Finding::NotProvable => format!("Not provable with this evidence: {what}."),
    }
}

fn said(claim: ClaimKind) -> &'static str {
    match claim {
        ClaimKind::BuyerBound => "the buyer acted under exactly these terms",
        ClaimKind::SellerBound => "the seller acted under exactly these terms",
        ClaimKind::Held => "the bank held the amount",
        ClaimKind::Mandated => "the buyer let the seller capture the amount",
        ClaimKind::Captured => "the bank captured the amount for the seller",
        ClaimKind::Released => "the bank released the hold, or never held",
        ClaimKind::Contested => "the buyer contested and the bank stopped the settlement",
        ClaimKind::EscrowOpened => "the notary found the escrow good and opened it",
        ClaimKind::EscrowFoundBad => "the notary found the escrow bad",
        ClaimKind::EscrowGood => "the escrow box held the right key",
        ClaimKind::KeyHandedOver => "the buyer has had the key, or had only to take it",
        ClaimKind::KeyShown => "the key is in this evidence",
        ClaimKind::ContentNotAsAgreed => "the content is not what was agreed",
        ClaimKind::ReceiptGiven => "the buyer signed that the content is what was agreed",
        ClaimKind::Settled => "the bank paid the seller for good",
        ClaimKind::Refunded => "the bank paid the buyer back",
        ClaimKind::Unmet { .. } => "a register had nothing on record",
    }
}

pub(super) fn unmet(by: Role, what: Kind, at: Timestamp) -> String {
    format!("Proven: as of {at} the {by} had no `{what}` on record.")
}

pub(super) fn misdeed(who: Role, party: Option<u8>, misdeed: Misdeed) -> String {
    let what = did(misdeed);
    match party {
        None => format!("The {who} {what}."),
        Some(place) => format!("Party {} {what}.", u16::from(place) + 1),
    }
}

/// What somebody did who is convicted of this.
pub(super) fn did(misdeed: Misdeed) -> &'static str {
    match misdeed {
        Misdeed::AbortedAndResolved => "signed both that nothing came of it and that it is complete",
        Misdeed::AbortedTooEarly => "let the time end what it does not end, or not yet",
        Misdeed::ActedAfterRelease => "signed that the hold was released, and a later step that a release rules out",
        Misdeed::CapturedAndReleased => "signed both that the hold was captured and that it was released",
        Misdeed::CapturedTooLate => "captured after the hold had ended",
        Misdeed::CapturedForAnother => "asked for payment to another account than the one committed to",
        Misdeed::ClaimedAndReturned => "signed both that the locked money was paid and that it went back",
        Misdeed::ClaimedTooLate => "paid locked money after its time was over",
        Misdeed::CriedBadEscrow => "signed that the escrow is bad, and it is good",
        Misdeed::DeniedRecord => "signed that nothing was on record after signing the record",
        Misdeed::DividedAgainstRecord => "divided the locked money otherwise than its own record says",
        Misdeed::DividedTooEarly => "let the clock divide the locked money before its time",
        Misdeed::FalseKey => "signed for a key that does not open the commitment",
        Misdeed::FalseGround => "named a ground whose bytes are here and are not that",
        Misdeed::LockedAndCancelled => "signed both that the money was locked and that it was cancelled before that",
        Misdeed::MisquotedReceipt => "agreed to other terms than those of the receipt that it names",
        Misdeed::NoGround => "decided without naming the ground that this needs",
        Misdeed::OpenedAndBadEscrow => "signed both that the escrow is good and that it is bad",
        Misdeed::OutOfOrder => "signed steps whose times cannot follow each other",
        Misdeed::OversizedEscrow => "agreed to an escrow box that is too large to be one",
        Misdeed::ReceiptAndComplaint => "signed both that the content is as agreed and that it is not",
        Misdeed::RefundedDespiteKey => "paid back an unanswered contest although the key was on record",
        Misdeed::RefundedTooEarly => "paid back a contest before the time for an answer was over",
        Misdeed::ReleasedTooEarly => "let the hold run out before its time",
        Misdeed::ResolvedDespiteHalt => "completed what it had told a party was over, without showing that it went on",
        Misdeed::ReturnedTooEarly => "let the time of a lock end before it did",
        Misdeed::SettledAndRefunded => "signed both that the seller was paid and that the buyer was paid back",
        Misdeed::SettledTooEarly => "settled without receipt before the time was over",
        Misdeed::TwoAnswers => "signed two different answers where there can be one",
        Misdeed::TwoReceipts => "signed two different receipts for one payment",
        Misdeed::UnlikeDescriptor => "signed members that differ from the agreed descriptor",
        Misdeed::WentOn => "went on after it had told the notary that it stopped",
        Misdeed::WrongFile => "delivered content that is not what was agreed",
        Misdeed::WronglyUpheld => "upheld a complaint whose proof shows nothing",
    }
}

pub(super) fn set_aside(why: &Violation) -> String {
    let detail = why.detail();
    if detail.is_empty() { why.code().text().to_owned() } else { format!("{} ({detail})", why.code().text()) }
}
