//! What a packet says, in one word, and between whom that word travels: for those who look at a lock from outside,
//! such as crash points.

use semper_base::Role::{self, Bank, Party};
use semper_blocks::statement::{Compact, Kind};

use super::message::Content;

/// What a packet says, without what it says it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the content of that name, see `Content`")]
pub enum Word {
    Act,
    Claim,
    Claimed,
    Escrow,
    GiveBack,
    Lock,
    Locked,
    Refused,
    Returned,
    Status,
    Unmet,
}

impl Word {
    /// Every word that travels about a lock.
    pub const ALL: [Word; 11] = [
        Word::Act,
        Word::Claim,
        Word::Claimed,
        Word::Escrow,
        Word::GiveBack,
        Word::Lock,
        Word::Locked,
        Word::Refused,
        Word::Returned,
        Word::Status,
        Word::Unmet,
    ];

    /// The word of a content; none if it is an answer whose text cannot be read.
    #[must_use]
    pub fn of(content: &Content) -> Option<Word> {
        Some(match content {
            Content::Answer { statement, .. } => match Compact::parse(statement).ok()?.kind() {
                Kind::Claimed => Word::Claimed,
                Kind::Locked => Word::Locked,
                Kind::Returned => Word::Returned,
                Kind::Unmet => Word::Unmet,
                _ => return None,
            },
            Content::Act { .. } => Word::Act,
            Content::Escrow { .. } => Word::Escrow,
            Content::Claim { .. } => Word::Claim,
            Content::GiveBack { .. } => Word::GiveBack,
            Content::Lock { .. } => Word::Lock,
            Content::Refused { .. } => Word::Refused,
            Content::Status { .. } => Word::Status,
        })
    }

    /// The word as text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Word::Act => "escrow-act",
            Word::Escrow => "escrow-row",
            Word::Claim => "claim",
            Word::Claimed => "claimed",
            Word::GiveBack => "give-back",
            Word::Lock => "lock",
            Word::Locked => "locked",
            Word::Refused => "refused",
            Word::Returned => "returned",
            Word::Status => "status",
            Word::Unmet => "unmet",
        }
    }

    /// Who says it to whom.
    #[must_use]
    pub fn routes(self) -> &'static [(Role, Role)] {
        match self {
            Word::Act | Word::Claim | Word::GiveBack | Word::Lock | Word::Status => &[(Party, Bank)],
            Word::Claimed | Word::Escrow | Word::Locked | Word::Refused | Word::Returned | Word::Unmet => {
                &[(Bank, Party)]
            }
        }
    }
}
