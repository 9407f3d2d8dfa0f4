//! What the judge says about a lock.

use semper_base::{Error, Role};
use semper_exchange::fair::lock::Lock;
use semper_exchange::judge::lock::judge;
use semper_exchange::judge::{Evidence, Finding};
use semper_support::crypto::Ideal;

use crate::cast::Who;
use crate::dgp::judging::{claim, word};
use crate::piece::Ruling;

/// `sold` is the offer that binds the seller, and the sealed letter that goes with it.
pub(crate) fn ruled(
    lock: &Lock,
    of: Option<Who>,
    pieces: &[String],
    sold: Option<(&str, &[u8])>,
) -> Result<Ruling, Error> {
    let mut evidence = Evidence::new();
    for (number, piece) in pieces.iter().enumerate() {
        let name = format!("piece-{number}");
        evidence.add(&name, piece.as_bytes())?;
        if let Some((_, letter)) = sold.filter(|(offer, _)| offer == piece) {
            evidence.bind(Role::Seller, &name)?;
            evidence.add("letter", letter)?;
        }
    }
    let verdict = judge(lock, &evidence, &Ideal::new(1));
    let proven = verdict.claims.iter().filter(|claim| claim.finding == Finding::Proven);
    Ok(Ruling {
        of,
        standings: vec![(None, word(&serde_json::to_value(verdict.outcome))?)],
        convictions: verdict
            .convictions
            .iter()
            .map(|one| Ok((convict(one.who), word(&serde_json::to_value(one.misdeed))?)))
            .collect::<Result<_, Error>>()?,
        proven: proven.map(|one| claim(&serde_json::to_value(one.claim))).collect::<Result<_, Error>>()?,
    })
}

fn convict(role: Role) -> Who {
    match role {
        Role::Arbiter => Who::Arbiter,
        Role::Carrier => Who::Carrier,
        Role::Seller => Who::Seller,
        _ => Who::Bank,
    }
}
