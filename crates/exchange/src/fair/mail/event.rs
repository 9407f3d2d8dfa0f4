//! What a certified mail came to, in the words of those who already have words for it: the tokens of ISO/IEC
//! 13888 and the events of ETSI EN 319 522-1. The evidence itself is Semper's own statements; this names them
//! for a reader who files registered deliveries. It makes nobody a qualified delivery service.

use semper_base::{Hash, Timestamp};
use serde::Serialize;

use super::super::frame::statements::AbortBasis;
use super::super::frame::{Decided, Decision, Seat};

/// A token of ISO/IEC 13888.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Token {
    /// Non-repudiation of origin: the sender sent this letter.
    Nro,
    /// Of submission: the notary had what it needs to have it delivered.
    Nrs,
    /// Of receipt: the receiver signed for this letter.
    Nrr,
    /// Of delivery: the notary made the key available to the receiver.
    Nrd,
}

/// An event of ETSI EN 319 522-1, clause 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Event {
    /// The sender's submission was accepted.
    SubmissionAcceptance,
    /// The receiver agreed to take it.
    ConsignmentAcceptance,
    /// The receiver, or the sender before that, ended it.
    ConsignmentRejection,
    /// Nobody took it in time.
    AcceptanceRejectionExpiry,
    /// The content is the receiver's.
    ContentHandover,
    /// The content could not be made available.
    ContentHandoverFailure,
}

impl Event {
    /// Every event.
    pub const ALL: [Event; 6] = [
        Event::SubmissionAcceptance,
        Event::ConsignmentAcceptance,
        Event::ConsignmentRejection,
        Event::AcceptanceRejectionExpiry,
        Event::ContentHandover,
        Event::ContentHandoverFailure,
    ];

    /// The word in the event's address.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Event::SubmissionAcceptance => "SubmissionAcceptance",
            Event::ConsignmentAcceptance => "ConsignmentAcceptance",
            Event::ConsignmentRejection => "ConsignmentRejection",
            Event::AcceptanceRejectionExpiry => "AcceptanceRejectionExpiry",
            Event::ContentHandover => "ContentHandover",
            Event::ContentHandoverFailure => "ContentHandoverFailure",
        }
    }

    /// Its identifier (EN 319 522-3): an address that names it and is never fetched.
    #[must_use]
    pub fn uri(self) -> String {
        format!("http://uri.etsi.org/19522/Event/{}", self.word())
    }
}

/// How a mail ended, by what is signed. Whether the signatures hold is for whoever read them.
#[derive(Clone, Copy, Debug)]
pub enum Ended<'a> {
    /// Between the two, without the notary: origin and receipt, each with its signer's time.
    Between {
        /// The sender's signature.
        origin: (Hash, Timestamp),
        /// The receiver's.
        receipt: (Hash, Timestamp),
    },
    /// By the notary.
    Notary(&'a Decision),
}

/// One line of a delivery record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// When, by the clock of whoever says it.
    pub at: Timestamp,
    /// Who says it.
    pub by: Seat,
    /// What happened.
    pub event: Event,
    /// The statements that show it.
    pub shown_by: Vec<Hash>,
    /// What it is in ISO/IEC 13888; none of what was not delivered.
    pub token: Option<Token>,
}

/// The delivery record of a mail, in order.
#[must_use]
pub fn records(ended: &Ended<'_>) -> Vec<Record> {
    match ended {
        Ended::Between { origin, receipt } => vec![
            record(origin.1, Seat::Party(0), Event::SubmissionAcceptance, vec![origin.0], Some(Token::Nro)),
            record(receipt.1, Seat::Party(1), Event::ConsignmentAcceptance, vec![receipt.0], Some(Token::Nrr)),
            record(receipt.1, Seat::Party(1), Event::ContentHandover, vec![receipt.0], Some(Token::Nrd)),
        ],
        Ended::Notary(decision) => by_notary(decision),
    }
}

fn by_notary(decision: &Decision) -> Vec<Record> {
    let own = Hash::of(decision.verdict.text().as_bytes());
    let piece = |at: usize| decision.verdict.ground().get(at).copied();
    match &decision.verdict {
        Decided::Resolved(resolved) => {
            let at = resolved.body.at;
            let shown = |place: usize| piece(place).into_iter().chain([own]).collect::<Vec<_>>();
            vec![
                record(at, Seat::Notary, Event::SubmissionAcceptance, vec![own], Some(Token::Nrs)),
                record(at, Seat::Party(0), Event::SubmissionAcceptance, shown(0), Some(Token::Nro)),
                record(at, Seat::Party(1), Event::ConsignmentAcceptance, shown(1), Some(Token::Nrr)),
                record(at, Seat::Notary, Event::ContentHandover, vec![own], Some(Token::Nrd)),
            ]
        }
        Decided::Aborted(aborted) => {
            let event = match aborted.body.basis {
                AbortBasis::Asked => Event::ConsignmentRejection,
                AbortBasis::BadEscrow => Event::ContentHandoverFailure,
                AbortBasis::Expired => Event::AcceptanceRejectionExpiry,
            };
            vec![record(aborted.body.at, Seat::Notary, event, vec![own], None)]
        }
        // No mail goes in rounds.
        Decided::Halted(_) => vec![],
    }
}

fn record(at: Timestamp, by: Seat, event: Event, shown_by: Vec<Hash>, token: Option<Token>) -> Record {
    Record { at, by, event, shown_by, token }
}
