//! What a packet says, in one word, and between whom that word travels: for those who look at an exchange
//! from outside, such as crash points and logs.

use semper_blocks::statement::{Compact, Kind};

use super::message::Content;

/// What a packet says, without what it says it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the content of that name, see `Content`")]
pub enum Word {
    /// A register's statement of this kind; none of ours if its text cannot be read.
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

impl Word {
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
}
