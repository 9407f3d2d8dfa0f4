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
    Halted,
    Key,
    Pledge,
    Promise,
    Resolve,
    ResolveMail,
    Resolved,
    Signature,
    Status,
    Stop,
    Submission,
    Unmet,
}

impl Word {
    /// Every word that travels in an exchange.
    pub const ALL: [Word; 14] = [
        Word::Abort,
        Word::Aborted,
        Word::Halted,
        Word::Key,
        Word::Pledge,
        Word::Promise,
        Word::Resolve,
        Word::ResolveMail,
        Word::Resolved,
        Word::Signature,
        Word::Status,
        Word::Stop,
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
                Kind::Halted => Word::Halted,
                Kind::Resolved => Word::Resolved,
                _ => return None,
            },
            Content::Key { .. } => Word::Key,
            Content::Pledge { .. } => Word::Pledge,
            Content::Promise { .. } => Word::Promise,
            Content::Resolve { .. } => Word::Resolve,
            Content::ResolveMail { .. } => Word::ResolveMail,
            Content::Signature { .. } => Word::Signature,
            Content::Status { .. } => Word::Status,
            Content::Stop { .. } => Word::Stop,
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
            Word::Halted => "halted",
            Word::Key => "key",
            Word::Pledge => "pledge",
            Word::Promise => "promise",
            Word::Resolve => "resolve",
            Word::ResolveMail => "resolve-mail",
            Word::Resolved => "resolved",
            Word::Signature => "signature",
            Word::Status => "status",
            Word::Stop => "stop",
            Word::Submission => "submission",
            Word::Unmet => "unmet",
        }
    }

    /// Who says it to whom.
    #[must_use]
    pub fn routes(self) -> &'static [(Role, Role)] {
        match self {
            Word::Abort | Word::Resolve | Word::ResolveMail | Word::Status | Word::Stop | Word::Submission => {
                &[(Party, Notary)]
            }
            Word::Aborted | Word::Halted | Word::Resolved | Word::Unmet => &[(Notary, Party)],
            Word::Promise => &[(Party, Party)],
            Word::Key => &[(Party, Party), (Party, Notary)],
            // Also as a notary passes it on.
            Word::Pledge | Word::Signature => &[(Party, Party), (Party, Notary), (Notary, Party)],
        }
    }
}
