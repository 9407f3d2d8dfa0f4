//! What the judge says about a payment for receipt.

use std::collections::BTreeSet;

use semper_base::{Error, Role};
use semper_exchange::judge::payment::{PAYER, Payment as Case, PaymentVerdict, judge};
use semper_exchange::judge::{Conviction, Evidence, Finding};
use semper_support::crypto::Ideal;

use super::{Of, Payment};
use crate::cast::Who;
use crate::dgp::judging::{claim, word};
use crate::piece::Ruling;

/// What is said where there is no receipt that anything could be for.
const OPEN: &str = "undecided";

impl Payment {
    /// Each receipt is a case of its own, unless it is about the payment of an earlier one.
    pub(super) fn ruling(&self, of: Option<Who>, pieces: &[String]) -> Result<Ruling, Error> {
        let crypto = Ideal::new(1);
        let payer = self.world.pair(Who::Buyer, Of::Person)?.public.id();
        let keys = || self.world.persons().map(|pair| pair.public.clone());
        let mut evidence = Evidence::new();
        let mut cases: Vec<Case> = Vec::new();
        for (number, piece) in pieces.iter().enumerate() {
            evidence.add(&format!("piece-{number}"), piece.as_bytes())?;
            let case = Case::new(piece, Some(payer), keys(), &crypto).ok();
            cases.extend(case.filter(|case| !cases.iter().any(|known| known.is_same(case))));
        }
        let verdicts: Vec<PaymentVerdict> = cases.iter().map(|case| judge(case, &evidence, &crypto)).collect();
        let outcomes = verdicts.iter().map(|verdict| word(&serde_json::to_value(verdict.outcome)));
        let outcomes = outcomes.collect::<Result<BTreeSet<_>, Error>>()?;
        let standing = ["received", "otherwise"].into_iter().find(|known| outcomes.contains(*known)).unwrap_or(OPEN);
        let mut ruling =
            Ruling { of, standings: vec![(None, standing.to_owned())], convictions: vec![], proven: vec![] };
        for verdict in verdicts {
            for one in &verdict.convictions {
                let found = (convict(one), word(&serde_json::to_value(one.misdeed))?);
                ruling.convictions.extend((!ruling.convictions.contains(&found)).then_some(found));
            }
            for one in verdict.claims.iter().filter(|claim| claim.finding == Finding::Proven) {
                let found = claim(&serde_json::to_value(one.claim))?;
                ruling.proven.extend((!ruling.proven.contains(&found)).then_some(found));
            }
        }
        Ok(ruling)
    }
}

fn convict(one: &Conviction) -> Who {
    match (one.who, one.party) {
        (Role::Bank, _) => Who::Bank,
        (_, Some(PAYER)) => Who::Buyer,
        _ => Who::Seller,
    }
}
