//! The judge of locks: what evidence about money that one row frees is worth.
//!
//! Like [`super::judge`] it is a pure function of the descriptor L and a set of pieces: total on any bytes,
//! indifferent to order and copies, monotone, and silent about what is missing. Whether an outcome rests on what its
//! condition asks for is decided by the rules that the holder itself follows ([`crate::fair::lock::condition`]).
//!
//! | who | misdeed | what convicts | why nobody honest can be |
//! |---|---|---|---|
//! | holder | claimed-and-returned | both | they share one write-once slot |
//! | holder | two-answers | two payloads of one kind | one slot; a second signature under one payload does not convict |
//! | holder | locked-and-cancelled | `locked`, and `returned` because nothing was locked | one is refused after the other |
//! | holder | unlike-descriptor | amount, payee or key | copied from L |
//! | holder | false-key | `claimed` by a preimage that is missing or does not open the hash | checked before |
//! | holder | claimed-too-late | by a preimage, at or after the end | what is over is returned first |
//! | holder | returned-too-early | by time, before the end | compared in the step |
//! | holder | no-ground | an outcome that names no ground, or one that its condition does not know | written together |
//! | holder | false-ground | the preimage of what a row names is here and is not that | verified before, by the same code |
//! | holder | out-of-order | an outcome earlier, by more than the skew, than the lock | its clock never goes back |
//! | holder | denied-record | `unmet` later, by more than the skew, than a row | signed only while there is none |
//! | seller | wrong-file | an offer that binds it, the letter, both halves of the key: it is not what was signed | a letter has one opening |
//!
//! Left out on purpose: two orders or claims of one party (asking again after a crash makes them), an order or claim
//! that does not fit L (nobody acts on it), silence of any kind.

mod convict;
mod facts;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use semper_base::{Timestamp, Xid};
use semper_blocks::statement::Kind;
use semper_support::crypto::Crypto;
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Piece};
use super::verdict::{Conviction, Docket, Finding, SetAside};
use crate::fair::lock::Lock;
use facts::Facts;

/// The judge's answer. Equal evidence gives equal verdicts, whatever its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockVerdict {
    /// The rules that were applied: [`super::JUDGE_VERSION`].
    pub version: u64,
    /// The lock.
    pub xid: Xid,
    /// Where the money is, by this evidence. A reading, which may change with more of it.
    pub outcome: LockOutcome,
    /// Every claim there is, in a fixed order.
    pub claims: Vec<LockClaim>,
    /// Who did what, as shown by what they signed. Sorted.
    pub convictions: Vec<Conviction>,
    /// Pieces without weight of their own.
    pub set_aside: Vec<SetAside>,
}

/// Where the money is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockOutcome {
    /// The payer has it.
    Back,
    /// Of an escrow: divided between the two.
    Divided,
    /// Locked, and nothing shows what came of it.
    Locked,
    /// The payee has it.
    Paid,
    /// This evidence does not decide it, or contradicts itself.
    Undecided,
}

/// A claim about what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockClaimKind {
    /// The payer ordered the lock.
    Ordered,
    /// The holder locked the money.
    Locked,
    /// Of an escrow: the payer approved the payment.
    Approved,
    /// Of an escrow: the holder had the carrier's word.
    Arrived,
    /// The holder paid the payee, on a ground that L knows.
    Claimed,
    /// Of an escrow: the holder had the payee's word that it was on its way.
    Consigned,
    /// Of an escrow: somebody objected, and the holder knew.
    Disputed,
    /// Of an escrow: the holder divided the money.
    Divided,
    /// Of an escrow: the arbiter ruled.
    Ruled,
    /// The holder returned the money, or never took it, on a ground that L knows.
    Returned,
    /// What a hash lock asks for is in this evidence.
    KeyShown,
    /// What was sold is not what the seller signed.
    NotAsSold,
    /// The holder had locked nothing as of a moment.
    Unmet,
}

/// A claim and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockClaim {
    /// Which.
    pub claim: LockClaimKind,
    /// What the evidence says.
    pub finding: Finding,
    /// For [`LockClaimKind::Unmet`]: the latest moment of which it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub as_of: Option<Timestamp>,
    /// Names of the pieces that show it, sorted.
    pub shown_by: Vec<String>,
    /// Names of the pieces that show the opposite, sorted.
    pub against: Vec<String>,
    /// For people.
    pub sentence: String,
}

/// What the evidence shows about the lock that L names. `crypto` verifies; every provider that passes the
/// conformance suite gives the same verdict.
///
/// A sale is judged along with it if the pieces have the seller's offer, bound by [`Evidence::bind`] as the
/// seller's, the sealed letter, the share as canonical JSON, and what shows the key.
#[must_use]
pub fn judge(lock: &Lock, evidence: &Evidence, crypto: &dyn Crypto) -> LockVerdict {
    let facts = Facts::read(lock, evidence, crypto);
    let mut docket = Docket::default();
    convict::holder(&facts, &mut docket);
    convict::seller(&facts, &mut docket);
    super::escrow::convict(facts.reader, evidence, &mut docket);
    let claims = claims(&facts);
    LockVerdict {
        version: super::JUDGE_VERSION,
        xid: lock.xid,
        outcome: outcome(&claims),
        claims,
        convictions: docket.into_convictions(),
        set_aside: facts.set_aside,
    }
}

fn outcome(claims: &[LockClaim]) -> LockOutcome {
    use LockClaimKind as K;
    let is = |kind| claims.iter().any(|claim| claim.claim == kind && claim.finding == Finding::Proven);
    if is(K::Divided) && !is(K::Claimed) && !is(K::Returned) {
        return LockOutcome::Divided;
    }
    match (is(K::Claimed), is(K::Returned), is(K::Locked)) {
        (true, false, _) => LockOutcome::Paid,
        (false, true, _) => LockOutcome::Back,
        (false, false, true) => LockOutcome::Locked,
        (true, true, _) | (false, false, false) => LockOutcome::Undecided,
    }
}

type Names = BTreeSet<String>;

fn claims(facts: &Facts<'_>) -> Vec<LockClaim> {
    use LockClaimKind as K;
    let nothing = Names::new();
    let locked = names(facts.locked.iter().filter(|row| row.body.fits(facts.lock()).is_ok()).map(|row| row.piece));
    let claimed = names(facts.claimed.iter().filter(|row| facts.bears_claimed(row).is_ok()).map(|row| row.piece));
    let returned = names(facts.returned.iter().filter(|row| facts.bears_returned(row).is_ok()).map(|row| row.piece));
    let mut claims = vec![
        weigh(K::Ordered, &names(facts.orders.iter().map(|order| order.piece)), &nothing),
        weigh(K::Locked, &locked, &nothing),
        weigh(K::Claimed, &claimed, &returned),
        weigh(K::Returned, &returned, &claimed),
        weigh(K::KeyShown, &names(facts.keys.iter().map(|(_, piece)| *piece)), &nothing),
        weigh(K::NotAsSold, &names(facts.wrong_sales().into_iter().flatten()), &nothing),
    ];
    if crate::fair::lock::escrow::read::terms(&facts.lock().core).is_ok() {
        let parcel = |kind| names(facts.parcel.iter().filter(|(of, _)| *of == kind).map(|(_, piece)| *piece));
        claims.extend([
            weigh(K::Consigned, &parcel(Kind::Consigned), &nothing),
            weigh(K::Arrived, &parcel(Kind::Arrived), &nothing),
            weigh(K::Disputed, &parcel(Kind::Disputed), &nothing),
            weigh(K::Approved, &parcel(Kind::Approval), &nothing),
            weigh(K::Ruled, &parcel(Kind::Ruling), &nothing),
            weigh(K::Divided, &parcel(Kind::Divided), &(&claimed | &returned)),
        ]);
    }
    if let Some(latest) = facts.unmet.iter().map(|row| row.body.at).max() {
        let shown = names(facts.unmet.iter().map(|row| row.piece));
        let sentence = format!("Proven: as of {latest} the holder had locked nothing.");
        claims.push(LockClaim { as_of: Some(latest), sentence, ..weigh(K::Unmet, &shown, &nothing) });
    }
    claims
}

fn weigh(claim: LockClaimKind, shown: &Names, against: &Names) -> LockClaim {
    let finding = match (shown.is_empty(), against.is_empty()) {
        (false, _) => Finding::Proven,
        (true, false) => Finding::Contradicted,
        (true, true) => Finding::NotProvable,
    };
    let list = |names: &Names| names.iter().cloned().collect();
    let sentence = sentence(claim, finding);
    LockClaim { claim, finding, as_of: None, shown_by: list(shown), against: list(against), sentence }
}

fn sentence(claim: LockClaimKind, finding: Finding) -> String {
    use LockClaimKind as K;
    let what = match claim {
        K::Ordered => "the payer ordered the lock",
        K::Locked => "the holder locked the money",
        K::Approved => "the payer approved the payment",
        K::Arrived => "the carrier handed the goods over for the pickup code",
        K::Claimed => "the holder paid the payee",
        K::Consigned => "the payee said that the goods are on their way",
        K::Disputed => "somebody objected in time",
        K::Divided => "the holder divided the money",
        K::Ruled => "the arbiter ruled",
        K::Returned => "the holder returned the money, or never took it",
        K::KeyShown => "what the lock asks for is in this evidence",
        K::NotAsSold => "what was sold is not what the seller signed",
        K::Unmet => "the holder had locked nothing",
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
