//! What the authority answers.

use der::asn1::BitString;
use der::{Any, Decode, Encode};
use semper_base::limits::STAMP_BYTES_MAX;
use semper_base::{Code, Error, Refusal, Violation};

use super::asn1::{ReplyValue, StatusValue};
use super::request::malformed;
use super::token::Token;
use crate::certificate::asn1::encode;

/// `PKIStatus` granted and rejection.
const GRANTED: u8 = 0;
const REJECTED: u8 = 2;
/// Characters of a foreign explanation that are kept.
const TEXT_CHARS_MAX: usize = 200;

/// Why there is no stamp (`PKIFailureInfo`, RFC 3161 section 2.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failure {
    /// The hash algorithm is not known here.
    BadAlgorithm,
    /// The data is no request.
    BadDataFormat,
    /// Such a request is not permitted or not supported.
    BadRequest,
    /// The request cannot be handled now.
    SystemFailure,
    /// There is no time to stamp with.
    TimeNotAvailable,
    /// The request has an extension that is not supported.
    UnacceptedExtension,
    /// The policy that is asked for is not ours.
    UnacceptedPolicy,
}

/// Reason, bit, and what a client's log shows.
const FAILURES: [(Failure, u8, &str); 7] = [
    (Failure::BadAlgorithm, 0, "only SHA-256 is stamped here"),
    (Failure::BadRequest, 2, "this request is not supported"),
    (Failure::BadDataFormat, 5, "this is not a time-stamp request in DER"),
    (Failure::TimeNotAvailable, 14, "the time is not available"),
    (Failure::UnacceptedPolicy, 15, "another policy than the one of this authority"),
    (Failure::UnacceptedExtension, 16, "extensions are not supported"),
    (Failure::SystemFailure, 25, "no stamps are made at the moment; try again later"),
];

impl Failure {
    fn row(self) -> (u8, &'static str) {
        let found = FAILURES.iter().find(|(failure, ..)| *failure == self);
        found.map_or((25, ""), |(_, bit, text)| (*bit, *text))
    }

    /// A sentence for the client's log.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.row().1
    }

    /// The named bits as DER has them: no zeros behind the last one (X.690 section 11.2.2).
    fn bits(self) -> Result<BitString, Violation> {
        let (bit, _) = self.row();
        let mut bytes = vec![0; usize::from(bit / 8) + 1];
        if let Some(last) = bytes.last_mut() {
            *last = 0x80 >> (bit % 8);
        }
        BitString::new(7 - bit % 8, bytes).map_err(|_| malformed("failure"))
    }

    fn read(bits: &BitString) -> Option<Self> {
        let found = FAILURES.iter().find(|(_, bit, _)| bits.get(usize::from(*bit)) == Some(true));
        found.map(|(failure, ..)| *failure)
    }
}

/// An answer of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The stamp.
    Granted(Box<Token>),
    /// None, and why.
    Refused(Failure),
}

impl Reply {
    /// The DER of `TimeStampResp`.
    pub fn to_der(&self) -> Result<Vec<u8>, Violation> {
        let granted = |token: &Token| Any::from_der(token.der()).map(Some).map_err(|_| malformed("token"));
        let (status, token) = match self {
            Reply::Granted(token) => (StatusValue { status: GRANTED, texts: None, failure: None }, granted(token)?),
            Reply::Refused(failure) => {
                let texts = Some(vec![failure.text().to_owned()]);
                (StatusValue { status: REJECTED, texts, failure: Some(failure.bits()?) }, None)
            }
        };
        encode(&ReplyValue { status, token })
    }
}

/// Why an authority made no stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The reason, if it is one that we know.
    pub failure: Option<Failure>,
    /// What it says; somebody else's text, at most 200 characters.
    pub text: String,
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Error {
        Refusal::new(Code::StampRefused, refused.text).into()
    }
}

/// Reads an answer. The token in it is read, not verified.
///
/// # Errors
/// A violation if it is no answer, or grants without a token.
pub fn read_reply(der: &[u8]) -> Result<Result<Token, Refused>, Violation> {
    if der.len() > STAMP_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "time stamp"));
    }
    let value = ReplyValue::from_der(der).map_err(|_| malformed("reply"))?;
    match (value.status.status, value.token) {
        (GRANTED, Some(token)) if value.status.failure.is_none() => {
            Ok(Ok(Token::read(&token.to_der().map_err(|_| malformed("token"))?)?))
        }
        (GRANTED, _) | (_, Some(_)) => Err(malformed("reply")),
        (_, None) => {
            let text = value.status.texts.unwrap_or_default().join("; ");
            let failure = value.status.failure.as_ref().and_then(Failure::read);
            Ok(Err(Refused { failure, text: text.chars().take(TEXT_CHARS_MAX).collect() }))
        }
    }
}
