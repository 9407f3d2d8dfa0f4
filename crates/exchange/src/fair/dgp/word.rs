//! What a packet says, in one word, and between whom that word travels: for those who look at an exchange
//! from outside, such as crash points.

use semper_base::Role::{self, Bank, Buyer, Notary, Seller};
use semper_blocks::statement::{Compact, Kind};

use super::message::Content;

/// What a packet says, without what it says it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the content of that name, see `Content`")]
pub enum Word {
    /// A register's statement of this kind; none if its text cannot be read.
    Answer(Option<Kind>),
    Capture,
    Complaint,
    Contest,
    EscrowBox,
    EscrowRequest,
    Fetch,
    Hold,
    Key,
    Mandate,
    PassKey,
    Receipt,
    Refused,
    Release,
    Status,
}

/// The words that are no answers.
const PLAIN: [Word; 14] = [
    Word::Hold,
    Word::Fetch,
    Word::EscrowBox,
    Word::Mandate,
    Word::Capture,
    Word::Key,
    Word::Receipt,
    Word::Release,
    Word::EscrowRequest,
    Word::Complaint,
    Word::Contest,
    Word::PassKey,
    Word::Status,
    Word::Refused,
];

/// What a row of the bank's register is sent to: both parties of the deal, and the notary that brought
/// something.
const BANK_ROW: &[(Role, Role)] = &[(Bank, Buyer), (Bank, Seller), (Bank, Notary)];
/// The notary's rows, which the bank passes on to the seller when they cost it the money.
const NOTARY_ROW: &[(Role, Role)] = &[(Notary, Buyer), (Notary, Bank)];
const COSTLY_ROW: &[(Role, Role)] = &[(Notary, Buyer), (Notary, Bank), (Bank, Seller)];

impl Word {
    /// Every word that travels in an exchange.
    #[must_use]
    pub fn all() -> Vec<Word> {
        let answers = Kind::ALL.into_iter().map(|kind| Word::Answer(Some(kind)));
        PLAIN.into_iter().chain(answers).filter(|word| !word.routes().is_empty()).collect()
    }

    /// The word of a content.
    #[must_use]
    pub fn of(content: &Content) -> Word {
        match content {
            Content::Answer { statement } => Word::Answer(Compact::parse(statement).ok().map(|known| known.kind())),
            Content::Capture { .. } => Word::Capture,
            Content::Complaint { .. } => Word::Complaint,
            Content::Contest { .. } => Word::Contest,
            Content::EscrowBox { .. } => Word::EscrowBox,
            Content::EscrowRequest { .. } => Word::EscrowRequest,
            Content::Fetch { .. } => Word::Fetch,
            Content::Hold { .. } => Word::Hold,
            Content::Key { .. } => Word::Key,
            Content::Mandate { .. } => Word::Mandate,
            Content::PassKey { .. } => Word::PassKey,
            Content::Receipt { .. } => Word::Receipt,
            Content::Refused { .. } => Word::Refused,
            Content::Release { .. } => Word::Release,
            Content::Status { .. } => Word::Status,
        }
    }

    /// The word as text. A register's answer is called as its statement is.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Word::Answer(Some(kind)) => kind.word(),
            Word::Answer(None) => "answer",
            Word::Capture => "capture",
            Word::Complaint => "complaint",
            Word::Contest => "contest",
            Word::EscrowBox => "escrow-box",
            Word::EscrowRequest => "escrow-request",
            Word::Fetch => "fetch",
            Word::Hold => "hold",
            Word::Key => "key",
            Word::Mandate => "mandate",
            Word::PassKey => "pass-key",
            Word::Receipt => "receipt",
            Word::Refused => "refused",
            Word::Release => "release",
            Word::Status => "status",
        }
    }

    /// Who says it to whom.
    #[must_use]
    pub fn routes(self) -> &'static [(Role, Role)] {
        match self {
            Word::Answer(Some(kind)) => answer_routes(kind),
            Word::Answer(None) => &[],
            Word::EscrowBox => &[(Seller, Buyer)],
            Word::Capture | Word::PassKey => &[(Seller, Bank)],
            Word::Complaint | Word::EscrowRequest => &[(Buyer, Notary)],
            Word::Contest | Word::Hold => &[(Buyer, Bank)],
            Word::Fetch | Word::Mandate => &[(Buyer, Seller)],
            Word::Key => &[(Seller, Buyer), (Notary, Buyer)],
            Word::Receipt => &[(Buyer, Seller), (Seller, Bank)],
            Word::Refused => &[(Bank, Buyer), (Bank, Seller)],
            Word::Release => &[(Buyer, Bank), (Seller, Bank)],
            Word::Status => &[(Buyer, Bank), (Seller, Bank), (Buyer, Notary)],
        }
    }
}

fn answer_routes(kind: Kind) -> &'static [(Role, Role)] {
    match kind {
        Kind::Captured | Kind::Contested | Kind::PassedKey | Kind::Recorded | Kind::Settled => BANK_ROW,
        // The buyer carries it to the seller, of whom the bank may not have heard yet.
        Kind::Held => &[(Bank, Buyer), (Bank, Seller), (Bank, Notary), (Buyer, Seller)],
        // The notary passes it on if it was about to open.
        Kind::Refunded => &[(Bank, Buyer), (Bank, Seller), (Bank, Notary), (Notary, Buyer)],
        // The notary acts on a capture only, and there is none then.
        Kind::Released => &[(Bank, Buyer), (Bank, Seller), (Buyer, Seller)],
        Kind::BadEscrow | Kind::WrongFile => COSTLY_ROW,
        Kind::Opened => NOTARY_ROW,
        Kind::Unmet => &[(Bank, Buyer), (Bank, Seller), (Notary, Buyer)],
        // No other kind is an answer in such a deal.
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_tell_the_words_apart() {
        let all = Word::all();
        let mut texts: Vec<_> = all.iter().map(|word| word.text()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), all.len());
        assert_eq!(all.len(), PLAIN.len() + 12, "as many answers as `Answer` has variants");
    }
}
