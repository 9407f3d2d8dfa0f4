//! What the judge says about a contract or mail.

use semper_base::{Error, Role};
use semper_exchange::fair::frame::Descriptor;
use semper_exchange::judge::frame::{FrameClaimKind, judge};
use semper_exchange::judge::{Evidence, Finding};
use semper_support::crypto::Ideal;

use crate::cast::Who;
use crate::dgp::judging::word;
use crate::piece::{Claim, Ruling};

pub(super) fn ruling(x: &Descriptor, of: Option<Who>, pieces: &[String]) -> Result<Ruling, Error> {
    let mut evidence = Evidence::new();
    for (number, piece) in pieces.iter().enumerate() {
        evidence.add(&format!("piece-{number}"), piece.as_bytes())?;
    }
    let verdict = judge(x, &evidence, &Ideal::new(1));
    let proven = verdict.claims.iter().filter(|claim| claim.finding == Finding::Proven);
    Ok(Ruling {
        of,
        standings: vec![(None, word(&serde_json::to_value(verdict.outcome))?)],
        convictions: verdict
            .convictions
            .iter()
            .map(|one| Ok((convict(one.who), word(&serde_json::to_value(one.misdeed))?)))
            .collect::<Result<_, Error>>()?,
        proven: proven.map(|one| claim(one.claim)).collect(),
    })
}

fn convict(role: Role) -> Who {
    if role == Role::Notary { Who::Notary } else { Who::Party(0) }
}

fn claim(kind: FrameClaimKind) -> Claim {
    use FrameClaimKind as K;
    let (word, who) = match kind {
        K::Complete => ("complete", None),
        K::Resolved => ("resolved", None),
        K::Aborted => ("aborted", None),
        K::Unmet => ("unmet", None),
        K::Promised { party } => ("promised", Some(Who::Party(party))),
        K::Signed { party } => ("signed", Some(Who::Party(party))),
        K::AbortAsked { party } => ("abort-asked", Some(Who::Party(party))),
    };
    Claim { word: word.to_owned(), who }
}
