//! Pieces of a pack that are no statements, by kind.

use super::subject::Sort;

/// Pieces of evidence that are no statements. The goods are never among them, unless they are what convicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PieceKind {
    /// JSON of the terms to which the descriptor of a contract commits, with their salt.
    ContractTerms,
    /// The sealed letter that was sold, where what it opens to is not what its seller signed.
    DataLetter,
    /// JSON of the half of its key that went along with it.
    DataShare,
    /// JSON of a letter of a joint deal with the half of its key that went along with it, where what it opens to is not
    /// what its giver signed.
    DealParcel,
    /// JSON of the proof that the content is not what was agreed: one chunk and the way to it.
    ComplaintProof,
    /// The sealed box that the descriptor names.
    EscrowBox,
    /// JSON of the seller's answer to `bad-escrow`.
    EscrowDefence,
    /// JSON of what opens `com_k`.
    KeyOpening,
}

impl PieceKind {
    /// Every kind there is.
    pub const ALL: [PieceKind; 8] = [
        PieceKind::ComplaintProof,
        PieceKind::ContractTerms,
        PieceKind::DataLetter,
        PieceKind::DataShare,
        PieceKind::DealParcel,
        PieceKind::EscrowBox,
        PieceKind::EscrowDefence,
        PieceKind::KeyOpening,
    ];

    /// What it belongs to.
    pub(super) fn sort(self) -> Sort {
        match self {
            PieceKind::ContractTerms | PieceKind::DealParcel => Sort::Frame,
            PieceKind::DataLetter | PieceKind::DataShare => Sort::Lock,
            PieceKind::ComplaintProof | PieceKind::EscrowBox | PieceKind::EscrowDefence | PieceKind::KeyOpening => {
                Sort::Sale
            }
        }
    }

    /// (name, ending) of its files.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            PieceKind::ComplaintProof => ("complaint-proof", "json"),
            PieceKind::ContractTerms => ("contract-terms", "json"),
            PieceKind::DataLetter => ("data-letter", "bin"),
            PieceKind::DataShare => ("data-share", "json"),
            PieceKind::DealParcel => ("deal-parcel", "json"),
            PieceKind::EscrowBox => ("escrow-box", "bin"),
            PieceKind::EscrowDefence => ("escrow-defence", "json"),
            PieceKind::KeyOpening => ("key-opening", "json"),
        }
    }
}
