//! What each side would show, and what the judge says to it.

use semper_base::{Code, Error, Misuse, Role};
use semper_blocks::statement::Kind;
use semper_exchange::judge::{Evidence, Finding, judge};
use semper_support::crypto::Ideal;
use serde_json::Value;

use super::Goods;
use crate::cast::Who;
use crate::piece::{Claim, Ruling, kind_of};

/// What the judge calls the contract, which is read a layer above.
const CONTRACT: &str = "contract";

impl Goods {
    pub(super) fn shown(&self, who: Who, statements: &[String]) -> Vec<String> {
        let accused = statements.iter().any(|text| kind_of(text) == Some(Kind::BadEscrow));
        match who {
            Who::Buyer => self.buyer.proof().map(str::to_owned).into_iter().collect(),
            // Who is not accused keeps the key to itself.
            Who::Seller if accused => serde_json::to_string(&self.world.defence()).into_iter().collect(),
            _ => vec![],
        }
    }

    pub(super) fn ruling(&self, of: Option<Who>, pieces: &[String]) -> Result<Ruling, Error> {
        let mut evidence = Evidence::new();
        for (number, piece) in pieces.iter().enumerate() {
            evidence.add(&format!("piece-{number}"), piece.as_bytes())?;
        }
        if of.is_none_or(|of| matches!(of, Who::Buyer | Who::Seller)) {
            evidence.bind(Role::Seller, CONTRACT)?;
            evidence.bind(Role::Buyer, CONTRACT)?;
        }
        let verdict = judge(self.x(), &evidence, &Ideal::new(1));
        let standing = |standing| word(&serde_json::to_value(standing));
        let proven = verdict.claims.iter().filter(|claim| claim.finding == Finding::Proven);
        Ok(Ruling {
            of,
            standings: vec![
                (Some(Who::Buyer), standing(verdict.outcome.buyer.standing)?),
                (Some(Who::Seller), standing(verdict.outcome.seller.standing)?),
            ],
            convictions: verdict
                .convictions
                .iter()
                .map(|one| Ok((super::who(one.who), word(&serde_json::to_value(one.misdeed))?)))
                .collect::<Result<_, Error>>()?,
            proven: proven.map(|one| claim(&serde_json::to_value(one.claim))).collect::<Result<_, Error>>()?,
        })
    }
}

/// The stable word of a value that is written as one.
pub(crate) fn word(value: &serde_json::Result<Value>) -> Result<String, Error> {
    match value {
        Ok(Value::String(word)) => Ok(word.clone()),
        _ => Err(Misuse::new(Code::FieldWrong, "no word").into()),
    }
}

/// A claim as the judge writes it: a word, or a word with whom it is about.
pub(crate) fn claim(value: &serde_json::Result<Value>) -> Result<Claim, Error> {
    let Ok(Value::Object(members)) = value else { return Ok(Claim { word: word(value)?, who: None }) };
    let (name, about) = members.iter().next().ok_or_else(|| Misuse::new(Code::FieldWrong, "no claim"))?;
    let place = about.get("party").and_then(Value::as_u64).and_then(|place| u8::try_from(place).ok());
    let role = about.get("by").and_then(Value::as_str).and_then(Who::of);
    Ok(Claim { word: name.clone(), who: place.map(Who::Party).or(role) })
}
