//! What a packet says, in one word, and between whom that word travels: for those who look at an exchange
//! from outside, such as crash points.

use semper_base::Role::{self, Notary, Party};
use semper_blocks::statement::{Compact, Kind};

use super::message::Content;

/// What a packet says, without what it says it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the content of that name, see `Content`")]
pub enum Word {
    Abort,
    Aborted,
    Key,
    Promise,
    Resolve,
    ResolveMail,
    Resolved,
    Signature,
    Status,
    Submission,
    Unmet,
}

impl Word {
    /// Every word that travels in an exchange.
    pub const ALL: [Word; 11] = [
        Word::Abort,
        Word::Aborted,
        Word::Key,
        Word::Promise,
        Word::Resolve,
        Word::ResolveMail,
        Word::Resolved,
        Word::Signature,
        Word::Status,
        Word::Submission,
        Word::Unmet,
    ];

    /// The word of a content; none if it is a decision whose text cannot be read.
    #[must_use]
    pub fn of(content: &Content) -> Option<Word> {
        Some(match content {
            Content::Abort { .. } => Word::Abort,
            Content::Decision { statement, .. } => match Compact::parse(statement).ok()?.kind() {
                Kind::Aborted => Word::Aborted,
                Kind::Resolved => Word::Resolved,
                _ => return None,
            },
            Content::Key { .. } => Word::Key,
            Content::Promise { .. } => Word::Promise,
            Content::Resolve { .. } => Word::Resolve,
            Content::ResolveMail { .. } => Word::ResolveMail,
            Content::Signature { .. } => Word::Signature,
            Content::Status { .. } => Word::Status,
            Content::Submission { .. } => Word::Submission,
            Content::Unmet { .. } => Word::Unmet,
        })
    }

    /// The word as text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Word::Abort => "abort",
            Word::Aborted => "aborted",
            Word::Key => "key",
            Word::Promise => "promise",
            Word::Resolve => "resolve",
            Word::ResolveMail => "resolve-mail",
            Word::Resolved => "resolved",
            Word::Signature => "signature",
            Word::Status => "status",
            Word::Submission => "submission",
            Word::Unmet => "unmet",
        }
    }

    /// Who says it to whom.
    #[must_use]
    pub fn routes(self) -> &'static [(Role, Role)] {
        match self {
            Word::Abort | Word::Resolve | Word::ResolveMail | Word::Status | Word::Submission => &[(Party, Notary)],
            Word::Aborted | Word::Resolved | Word::Unmet => &[(Notary, Party)],
            Word::Promise => &[(Party, Party)],
            Word::Key | Word::Signature => &[(Party, Party), (Party, Notary)],
        }
    }
}
