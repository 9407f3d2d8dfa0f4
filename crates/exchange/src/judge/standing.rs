//! Where buyer and seller stand by what is proven.

use super::verdict::{Claim, ClaimKind, Finding, Outcome, Position, Standing};

pub(super) fn outcome(claims: &[Claim]) -> Outcome {
    let proven = |kind| claims.iter().any(|claim| claim.claim == kind && claim.finding == Finding::Proven);
    let found_bad = proven(ClaimKind::EscrowFoundBad) && !proven(ClaimKind::EscrowGood);
    let known = Known {
        released: proven(ClaimKind::Released),
        captured: proven(ClaimKind::Captured) || proven(ClaimKind::Settled) || proven(ClaimKind::Refunded),
        settled: proven(ClaimKind::Settled),
        refunded: proven(ClaimKind::Refunded),
        receipt: proven(ClaimKind::ReceiptGiven),
        bad_content: proven(ClaimKind::ContentNotAsAgreed) && !proven(ClaimKind::ReceiptGiven),
        bad_escrow: found_bad && !proven(ClaimKind::KeyHandedOver),
        key: proven(ClaimKind::KeyHandedOver) || proven(ClaimKind::KeyShown),
        handed_over: proven(ClaimKind::KeyHandedOver),
    };
    Outcome { buyer: known.buyer(), seller: known.seller() }
}

#[expect(clippy::struct_excessive_bools, reason = "one per claim that matters here; every combination can occur")]
struct Known {
    released: bool,
    captured: bool,
    settled: bool,
    refunded: bool,
    /// The buyer's receipt ends complaints, whatever a proof shows.
    receipt: bool,
    bad_content: bool,
    bad_escrow: bool,
    key: bool,
    handed_over: bool,
}

impl Known {
    fn buyer(&self) -> Position {
        let (standing, sentence) = match () {
            () if self.refunded && !self.settled => (Standing::Whole, "The buyer's money was paid back."),
            () if self.refunded && !self.receipt => {
                (Standing::Undecided, "The bank signed that it paid the buyer back, and that it paid the seller.")
            }
            // Whatever the bank signed first, it has the money, or had no right to give it away.
            () if self.released && self.settled && !self.receipt => {
                (Standing::OwedMoney, "The hold was released, and the money was paid out all the same.")
            }
            () if self.released && self.captured && !self.receipt => {
                (Standing::Undecided, "The bank signed that it released the money, and that it took it.")
            }
            () if self.released && !self.captured => {
                (Standing::Whole, "The hold was released: the buyer paid nothing.")
            }
            () if !self.captured => (Standing::Undecided, "Nothing shows that the buyer's money was taken."),
            () if self.receipt => (Standing::Whole, "The buyer signed that the content is as agreed."),
            () if self.bad_content => {
                (Standing::OwedMoney, "The content is not as agreed: the buyer's money must be paid back.")
            }
            () if self.bad_escrow => {
                (Standing::OwedMoney, "The notary found the escrow bad: the buyer's money must be paid back.")
            }
            () if self.key => {
                (Standing::Whole, "The buyer has the key, and nothing shows that the content is not as agreed.")
            }
            () => (Standing::OwedKey, "The buyer's money was taken and nothing shows that the key was handed over."),
        };
        Position { standing, sentence: sentence.to_owned() }
    }

    fn seller(&self) -> Position {
        let (standing, sentence) = match () {
            () if self.settled && !self.refunded => (Standing::Whole, "The seller was paid for good."),
            () if self.settled => {
                (Standing::Undecided, "The bank signed that it paid the seller, and that it paid the buyer back.")
            }
            () if self.bad_content => (Standing::Whole, "The content is not as agreed: the seller is owed nothing."),
            () if self.refunded && self.handed_over => {
                (Standing::OwedMoney, "The buyer was paid back and has had the key to content that is as agreed.")
            }
            () if self.refunded => {
                (Standing::Whole, "The buyer was paid back and nothing shows that the key was handed over.")
            }
            () if self.receipt => {
                (Standing::OwedMoney, "The buyer signed that the content is as agreed: the seller must be paid.")
            }
            () if self.captured => {
                (Standing::Undecided, "The money was taken for the seller and is not settled by this evidence.")
            }
            () if self.released => (Standing::Whole, "The hold was released: the seller owes no key."),
            () => (Standing::Undecided, "Nothing shows that money was taken for the seller."),
        };
        Position { standing, sentence: sentence.to_owned() }
    }
}
