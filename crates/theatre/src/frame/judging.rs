//! What the judge says about a contract or mail.

use semper_base::{Error, Role};
use semper_exchange::fair::frame::Descriptor;
use semper_exchange::judge::frame::judge;
use semper_exchange::judge::{Evidence, Finding};
use semper_support::crypto::Ideal;

use crate::cast::Who;
use crate::dgp::judging::{claim, word};
use crate::piece::Ruling;

pub(crate) fn ruling(x: &Descriptor, of: Option<Who>, pieces: &[String]) -> Result<Ruling, Error> {
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
            .map(|one| Ok((convict(one.who, one.party), word(&serde_json::to_value(one.misdeed))?)))
            .collect::<Result<_, Error>>()?,
        proven: proven.map(|one| claim(&serde_json::to_value(one.claim))).collect::<Result<_, Error>>()?,
    })
}

/// Where it matters which party it is, the judge names its place.
fn convict(role: Role, party: Option<u8>) -> Who {
    if role == Role::Notary { Who::Notary } else { Who::Party(party.unwrap_or(0)) }
}
