//! The judge of exchanges whose register is a notary: what evidence about a contract is worth.
//!
//! Like [`super::judge`] it is a pure function of the descriptor and a set of pieces: total on any bytes,
//! indifferent to order and copies, monotone (more evidence takes back no conviction and nothing proven), and
//! silent about what is missing: absence never convicts.
//!
//! A contract is complete by the notary's `resolved` with everything that it names, and over the parties' own link
//! also by a signature of each. Where the notary collects, signatures alone complete nothing: it has all of them. `aborted` proves that the notary aborted; against a contract it proves nothing, because the party
//! that had it aborted may have signed all the same. So `complete` may turn from contradicted to proven, and
//! nobody need be convicted for it: whoever signed both an abort and a signature harmed only itself, and is named
//! by the two claims.
//!
//! | who | misdeed | what convicts | why nobody honest can be |
//! |---|---|---|---|
//! | notary | aborted-and-resolved | both | they share one write-once slot |
//! | notary | two-answers | two payloads of one kind | one slot; a second signature under one payload does not convict |
//! | notary | no-ground | a decision that names fewer or more grounds than it needs, or a bad box where there is none | written together |
//! | notary | false-ground | the preimage of a ground that it names is here and is not that | verified before, by the same code |
//! | notary | false-key | `resolved` without the keys of X's mail or letters, or with others | checked before |
//! | notary | aborted-too-early | by the end of the time, and before it, or where the time ends nothing | compared in the step |
//! | notary | cried-bad-escrow | `aborted` for a bad box, and the sender's seed and key that make exactly that box | opened and compared, and its own key tried first |
//! | notary | no-ground, false-ground | `halted` after what did not lead to it, or that had to be `resolved` | decided by the same function |
//! | notary | two-answers | `halted` that do not continue each other | each names all before it |
//! | notary | resolved-despite-halt | `halted` for a party in a round, and `resolved` on pledges of no later round | compared in the step |
//! | party | went-on | a stop in a round, and a pledge or signature of a later one | durable before anything about the stop is signed |
//! | party | wrong-file | its signature, the terms, its sealed letter with the share, and `resolved` with the letter's key: it does not open, or to something else than the terms say | X commits to letter, key and terms, and a letter has one opening; a giver signs no terms that say something else of its own letter |
//! | notary | denied-record | `unmet` later, by more than the skew, than a decision | signed only while nothing is decided |

mod convict;
mod facts;
mod rounds;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use semper_base::{Timestamp, Xid};
use semper_support::crypto::Crypto;
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Piece};
use super::verdict::{Conviction, Docket, Finding, SetAside};
use crate::fair::deal::Deal;
use crate::fair::frame::{Descriptor, Protocol};
use facts::Facts;

/// The judge's answer. Equal evidence gives equal verdicts, whatever its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameVerdict {
    /// The rules that were applied: [`super::JUDGE_VERSION`].
    pub version: u64,
    /// The exchange.
    pub xid: Xid,
    /// Where the parties stand, by this evidence. A reading, which may change with more of it, except that
    /// complete stays complete.
    pub outcome: FrameOutcome,
    /// Every claim there is, in a fixed order.
    pub claims: Vec<FrameClaim>,
    /// Who did what, as shown by what they signed. Sorted.
    pub convictions: Vec<Conviction>,
    /// Pieces without weight of their own.
    pub set_aside: Vec<SetAside>,
}

/// Where the parties stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameOutcome {
    /// Everybody is bound.
    Complete,
    /// The notary let nothing come of it, and nothing here shows otherwise.
    Nothing,
    /// This evidence does not decide it, or not yet.
    Undecided,
}

/// A claim about what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameClaimKind {
    /// The contract is made, or the mail exchanged for its receipt.
    Complete,
    /// The notary decided that it is complete, and shows why.
    Resolved,
    /// The notary decided that nothing comes of it, and shows why.
    Aborted,
    /// The notary had decided nothing as of a moment.
    Unmet,
    /// The party promised.
    Promised {
        /// Its place.
        party: u8,
    },
    /// The party signed.
    Signed {
        /// Its place.
        party: u8,
    },
    /// The money of a deal's leg was locked.
    Locked {
        /// Its number.
        leg: u8,
    },
    /// Of a deal: the letter of a leg is not what its giver stands for.
    NotAsAgreed {
        /// Its number.
        leg: u8,
    },
    /// In rounds: the notary decided that nothing comes of it for the party, which stopped, and shows why.
    Halted {
        /// Its place.
        party: u8,
    },
    /// In rounds: the party said that it stopped.
    Stopped {
        /// Its place.
        party: u8,
    },
    /// The party asked for an abort.
    AbortAsked {
        /// Its place.
        party: u8,
    },
}

/// A claim and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameClaim {
    /// Which.
    pub claim: FrameClaimKind,
    /// What the evidence says.
    pub finding: Finding,
    /// For [`FrameClaimKind::Unmet`]: the latest moment of which it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub as_of: Option<Timestamp>,
    /// Names of the pieces that show it, sorted.
    pub shown_by: Vec<String>,
    /// Names of the pieces that show the opposite, sorted.
    pub against: Vec<String>,
    /// For people.
    pub sentence: String,
}

/// What the evidence shows about the exchange that `descriptor` names. `crypto` verifies; every provider that
/// passes the conformance suite gives the same verdict.
#[must_use]
pub fn judge(descriptor: &Descriptor, evidence: &Evidence, crypto: &dyn Crypto) -> FrameVerdict {
    let facts = Facts::read(descriptor, evidence, crypto);
    let mut docket = Docket::default();
    convict::notary(&facts, &mut docket);
    rounds::notary(&facts, &mut docket);
    rounds::parties(&facts, &mut docket);
    convict::givers(&facts, &mut docket);
    let claims = claims(&facts);
    let is = |kind| claims.iter().any(|claim| claim.claim == kind && claim.finding == Finding::Proven);
    let halted = |kind| matches!(kind, FrameClaimKind::Halted { .. });
    let halted = claims.iter().any(|claim| halted(claim.claim) && claim.finding == Finding::Proven);
    let outcome = match (is(FrameClaimKind::Complete), is(FrameClaimKind::Aborted) || halted) {
        (true, _) => FrameOutcome::Complete,
        (false, true) => FrameOutcome::Nothing,
        (false, false) => FrameOutcome::Undecided,
    };
    FrameVerdict {
        version: super::JUDGE_VERSION,
        xid: descriptor.xid,
        outcome,
        claims,
        convictions: docket.into_convictions(),
        set_aside: facts.set_aside,
    }
}

type Names = BTreeSet<String>;

fn claims(facts: &Facts<'_>) -> Vec<FrameClaim> {
    use FrameClaimKind as K;
    let nothing = Names::new();
    let (resolved, aborted) = (facts.grounded(&facts.resolved), facts.grounded(&facts.aborted));
    let signed = facts.all_signed();
    let complete = &resolved | &signed;
    let mut claims = vec![
        weigh(K::Complete, &complete, &(&aborted | &facts.grounded(&facts.halted))),
        weigh(K::Resolved, &resolved, &aborted),
        weigh(K::Aborted, &aborted, &resolved),
    ];
    if let Some(latest) = facts.unmet.iter().map(|row| row.body.at).max() {
        let shown = names(facts.unmet.iter().map(|row| row.piece));
        let sentence = format!("Proven: as of {latest} the notary had decided nothing.");
        claims.push(FrameClaim { as_of: Some(latest), sentence, ..weigh(K::Unmet, &shown, &nothing) });
    }
    for party in 0..facts.reader.x.parties() {
        let by = |rows: &[facts::Act<'_>]| names(rows.iter().filter(|row| row.by == party).map(|row| row.piece));
        claims.push(weigh(K::Promised { party }, &by(&facts.promised), &nothing));
        claims.push(weigh(K::Signed { party }, &by(&facts.signed), &nothing));
        claims.push(weigh(K::AbortAsked { party }, &by(&facts.abort_asked), &nothing));
    }
    if facts.reader.x.core.protocol == Protocol::CsnC {
        claims.extend((0..facts.reader.x.parties()).flat_map(|party| rounds::claims(facts, party)));
    }
    for (leg, _) in facts.reader.x.core.deal.iter().flat_map(Deal::payments) {
        let shown = names(facts.locked.iter().filter(|(of, _)| *of == leg).map(|(_, piece)| *piece));
        claims.push(weigh(K::Locked { leg }, &shown, &nothing));
    }
    let wrong = facts.wrong_letters();
    for (leg, _, _) in facts.reader.x.core.deal.iter().flat_map(Deal::letters) {
        let shown = names(wrong.iter().filter(|(of, ..)| *of == leg).flat_map(|(.., pieces)| pieces.iter().copied()));
        if !shown.is_empty() {
            claims.push(weigh(K::NotAsAgreed { leg }, &shown, &nothing));
        }
    }
    claims
}

fn weigh(claim: FrameClaimKind, shown: &Names, against: &Names) -> FrameClaim {
    let finding = match (shown.is_empty(), against.is_empty()) {
        (false, _) => Finding::Proven,
        (true, false) => Finding::Contradicted,
        (true, true) => Finding::NotProvable,
    };
    let list = |names: &Names| names.iter().cloned().collect();
    let sentence = sentence(claim, finding);
    FrameClaim { claim, finding, as_of: None, shown_by: list(shown), against: list(against), sentence }
}

fn sentence(claim: FrameClaimKind, finding: Finding) -> String {
    use FrameClaimKind as K;
    let what = match claim {
        K::Complete => "the exchange is complete and binds every party".to_owned(),
        K::Resolved => "the notary decided that it is complete".to_owned(),
        K::Aborted => "the notary decided that nothing comes of it".to_owned(),
        K::Unmet => "the notary had decided nothing".to_owned(),
        K::Promised { party } => format!("party {} promised", u16::from(party) + 1),
        K::Signed { party } => format!("party {} signed", u16::from(party) + 1),
        K::Locked { leg } => format!("the money of part {} was locked", u16::from(leg) + 1),
        K::NotAsAgreed { leg } => format!("the letter of part {} is not what was agreed", u16::from(leg) + 1),
        K::AbortAsked { party } => format!("party {} asked for an abort", u16::from(party) + 1),
        K::Halted { party } => {
            format!("the notary decided that nothing comes of it for party {}", u16::from(party) + 1)
        }
        K::Stopped { party } => format!("party {} stopped", u16::from(party) + 1),
    };
    match finding {
        Finding::Proven => format!("Proven: {what}."),
        Finding::Contradicted => format!("Contradicted: {what}. What is here shows the opposite."),
        Finding::NotProvable => format!("Not provable with this evidence: {what}."),
    }
}

fn names<'a>(pieces: impl Iterator<Item = &'a Piece>) -> Names {
    pieces.flat_map(|piece| piece.names.iter().cloned()).collect()
}
