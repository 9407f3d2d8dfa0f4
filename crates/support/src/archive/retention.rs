//! How long what is kept, unless the law or the user wants it longer.

use semper_base::Millis;
use semper_base::tx::Need;

use crate::tinguin::KindWord;

/// What may decide a dispute, or shows how a signature came about: ten years, as long as the answers
/// of a register are valid.
const PROOF: Millis = Millis::days(3650);
/// Traffic that no dispute rests on (who is reached where, questions to a register).
const TRAFFIC: Millis = Millis::days(90);
/// Traces of misbehaviour: long enough to recognise who does it again, and no longer.
const MISDEED: Millis = Millis::days(180);

/// Statements that are traffic. All others are proof.
const TRAFFIC_KINDS: [&str; 2] = ["hello", "status"];

/// What an archived object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A certificate that a kept statement was signed under.
    Certificate,
    /// A trace of misbehaviour.
    Misdeed,
    /// A signed statement of this kind.
    Statement(KindWord),
    /// A revocation list, as it was when it was relied on.
    StatusList,
    /// What the trusted screen showed.
    Transcript,
}

impl Kept {
    /// The word in the index.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Kept::Certificate => "certificate",
            Kept::Misdeed => "misdeed",
            Kept::Statement(kind) => kind.as_str(),
            Kept::StatusList => "crl",
            Kept::Transcript => "transcript",
        }
    }

    /// What it is worth keeping for.
    #[must_use]
    pub fn need(&self) -> Need {
        match self {
            Kept::Certificate | Kept::Statement(_) | Kept::StatusList => Need::Evidence,
            Kept::Misdeed => Need::Misdeed,
            Kept::Transcript => Need::Transcript,
        }
    }

    /// How long it is kept from the day it is archived.
    #[must_use]
    pub fn for_how_long(&self) -> Millis {
        match self {
            Kept::Statement(kind) if TRAFFIC_KINDS.contains(&kind.as_str()) => TRAFFIC,
            Kept::Certificate | Kept::Statement(_) | Kept::StatusList | Kept::Transcript => PROOF,
            Kept::Misdeed => MISDEED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_goes_and_proof_stays() {
        let statement = |kind| Kept::Statement(KindWord::new(kind).unwrap());
        assert_eq!(statement("hello").for_how_long(), TRAFFIC);
        for proof in
            [statement("receipt"), statement("new-kind"), Kept::Certificate, Kept::StatusList, Kept::Transcript]
        {
            assert_eq!(proof.for_how_long(), PROOF);
        }
        assert_eq!((Kept::Misdeed.need(), Kept::Misdeed.for_how_long()), (Need::Misdeed, MISDEED));
    }
}
