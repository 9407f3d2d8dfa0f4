//! The judge of a digital good for money held at a bank (DG-P): what evidence is worth.
//!
//! [`judge`] is a pure function of the descriptor and a set of pieces. It knows no time, no network and
//! no secret, so buyer, seller, arbiter and stranger get the same verdict from the same pieces.
//!
//! - **Total.** Any bytes may be a piece. What does not verify is *set aside* with the reason.
//! - **A set.** The order of pieces, copies of them and their names do not change a finding.
//! - **Monotone.** More evidence never removes a conviction and never takes `proven` from a claim. A
//!   `contradicted` claim may still become `proven`: then somebody signed both and is convicted.
//! - **Absence never convicts.** A missing statement is `not provable`; at most a register's signed
//!   `unmet` says what was not there as of a moment. Every conviction below needs bytes that are here.
//! - **Nobody is convicted on another's word.** Each row of the table rests on what the convicted party
//!   itself signed, against other things that it signed, against the descriptor, or against the
//!   preimage of a hash that it named. So the notary's `bad-escrow` is a claim that is proven as said
//!   ([`ClaimKind::EscrowFoundBad`]) and moves the money, but convicts no seller: a seller may still
//!   show the seed, and a conviction could not be taken back.
//!
//! # Convictions
//!
//! Moments of one register are compared with the skew that the descriptor tolerates wherever two rows
//! may have been written by two machines of that register; a row's own deadline is compared exactly,
//! because the register compares it inside the transaction that writes the row. "Named" means: by hash.
//! An honest register writes each slot once, in the transaction that makes the answer public, and sends
//! stored bytes again instead of signing again.
//!
//! | who | misdeed | what convicts | why nobody honest can be |
//! |---|---|---|---|
//! | bank | captured-and-released, settled-and-refunded | both answers | they share one write-once slot |
//! | bank, notary | two-answers | two payloads of one kind | one slot; a second signature under one payload does not convict |
//! | bank | acted-after-release | `released` and contested, passed-key, recorded, settled or refunded | nothing follows `released` |
//! | bank | unlike-descriptor | amount, payee, key, `hold_until`; `settle_after` not W after capture; `answer_until` not V after contest; passed-key without complaint window; recorded with `settle_after` in the past | copied or computed from the descriptor |
//! | bank | captured-too-late | `captured_at` at or after `hold_until` | the expired hold is released first |
//! | bank | released-too-early | by expiry, before `hold_until` | compared in the step |
//! | bank | false-ground | the preimage of the named hold, mandate, receipt, `opened`, bad-escrow or wrong-file is here and is not one for this descriptor | verified before the row is written, by the same code |
//! | bank | no-ground | receipt basis without receipt, notary basis without notary statement, or the reverse | written together |
//! | bank | settled-too-early | timer basis before `settle_after` of captured or passed-key; before `settle_after` of a recorded opening that is not later; less than a complaint window after `contested` or a clearly earlier recorded | a contest is only lifted by a key, which opens a window; an opening recorded after settlement is not compared |
//! | bank | refunded-too-early | contest basis before `answer_until` | compared in the step |
//! | bank | refunded-despite-key | contest basis, and passed-key or recorded | either answers the contest for good, and neither is written after a refund |
//! | bank | out-of-order | a row later, by more than the skew, than one that must follow it | a register's clock never goes back |
//! | bank, notary | denied-record | `unmet` later, by more than the skew, than a row of that kind (of a hold: or than `captured`) | `unmet` is signed only while nothing is on record |
//! | bank | false-key | passed-key that does not open `com_k` | checked before |
//! | notary | opened-and-bad-escrow | both answers | they share one write-once slot |
//! | notary | unlike-descriptor | bad-escrow for another box | copied |
//! | notary | cried-bad-escrow | bad-escrow, and a defence that seals to exactly the box named in the descriptor | such a box opens; own failures are faults, not rows |
//! | notary | wrongly-upheld | wrong-file, and the named proof is here and is refused | decided by the same function |
//! | notary | false-ground | the preimage of the named `captured` is here and is not the bank's for this descriptor | verified before |
//! | seller | wrong-file | a proof that holds, and anything that binds the seller to this descriptor | there is no proof about a good file; a descriptor that somebody else wrote binds nobody |
//! | seller | oversized-escrow | the box of the descriptor is larger than any box, and the seller is bound | a sealed box has one size |
//! | seller | false-key | pass-key that does not open `com_k` | the seller made `com_k` |
//! | seller | captured-for-another | account and salt in `capture` do not open the payee commitment | the seller made it |
//! | seller | false-ground | the preimage of the mandate named in `capture` is here and is none | verified before |
//! | buyer | receipt-and-complaint | both | whether the content is as agreed is a function of the descriptor |
//! | buyer, seller | unlike-descriptor | hold, mandate, receipt or release with another amount, payee or root | copied |
//!
//! Left out on purpose: a complaint whose proof is refused (a damaged disk makes one, and it harms
//! nobody), two mandates or captures (asking again after a crash makes them), a release after a
//! mandate (allowed), a contest after a receipt (the questions may have been signed in another order
//! than they were asked), silence of any kind.

mod bank;
mod claims;
mod escrow;
mod evidence;
mod facts;
pub mod frame;
pub mod lock;
pub mod log;
mod others;
pub mod payment;
mod slots;
mod standing;
mod verdict;
mod words;

use semper_support::crypto::Crypto;

pub use evidence::{Evidence, NAME_BYTES_MAX};
pub use verdict::{Claim, ClaimKind, Conviction, Finding, Misdeed, Outcome, Position, SetAside, Standing, Verdict};

use crate::fair::dgp::Descriptor;

/// Version of the rules. A change that could turn any verdict into another one is a new version; the
/// old one stays callable as long as evidence judged by it may be shown.
pub const JUDGE_VERSION: u64 = 1;

/// What the evidence shows about the exchange that `descriptor` names. `crypto` verifies and seals
/// again; every provider that passes the conformance suite gives the same verdict.
#[must_use]
pub fn judge(descriptor: &Descriptor, evidence: &Evidence, crypto: &dyn Crypto) -> Verdict {
    let facts = facts::Facts::read(descriptor, evidence, crypto);
    let mut docket = verdict::Docket::default();
    bank::convict(&facts, &mut docket);
    others::convict_notary(&facts, &mut docket);
    others::convict_seller(&facts, &mut docket);
    others::convict_buyer(&facts, &mut docket);
    let claims = claims::claims(&facts);
    Verdict {
        version: JUDGE_VERSION,
        xid: descriptor.xid,
        outcome: standing::outcome(&claims),
        claims,
        convictions: docket.into_convictions(),
        set_aside: facts.set_aside,
    }
}

#[cfg(test)]
mod tests;
