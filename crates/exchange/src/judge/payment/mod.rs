//! The judge of payments for receipt ([`crate::fair::receipt`]): what evidence about money that somebody says was
//! paid is worth.
//!
//! Like [`super::judge`] it is a pure function of the receipt and a set of pieces: total on any bytes, indifferent to
//! order and copies, monotone, and silent about what is missing. A receipt and the bank's word together prove that
//! the money arrived, whatever the payee says today: a payee denies it only by signing something else for the same
//! payment, and that convicts it. Whoever says that it paid proves it with the bank's word alone; if the bank says
//! that something else was paid to that reference, the claim is contradicted, because a reference is used once.
//!
//! | who | misdeed | what convicts | why nobody honest can be |
//! |---|---|---|---|
//! | bank | two-answers | two payloads of `transferred` about the reference, or about the order that was paid to it | one write-once row of the order, and a reference is used once |
//! | bank | false-ground | the bytes of the named order are here and are none for this payment and this bank, or it had ended | verified before the money moves, by the same rules |
//! | payee | two-receipts | another receipt of the payee's for the same reference at the same bank, with other members | a reference is of one purpose, and a purpose has one receipt; signed again after a crash its members are the same |
//! | payer | misquoted-receipt | an agreement that names this receipt and says something else than it | copied from it |
//!
//! Left out on purpose: a payment of another amount than the receipt's (the payer's order, by an account key that
//! nothing here ties to anybody), a payment that came too late, two agreements (asking again after a crash makes
//! them), a payee that gives one receipt to two payers (it was paid once, and says so).

mod facts;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Code, Hash, KeyId, Role, Timestamp, Violation};
use semper_blocks::statement::{Compact, Statement, verify};
use semper_support::crypto::{Crypto, PublicKey};
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Piece};
use super::verdict::{Conviction, Docket, Finding, Misdeed, SetAside};
use super::words;
use crate::fair::receipt::{ConditionalReceipt, PaymentAgreement};
use facts::Facts;

/// The place of the payer in a [`Conviction`].
pub const PAYER: u8 = 0;
/// The place of the payee in a [`Conviction`].
pub const PAYEE: u8 = 1;

/// What is judged: one receipt, and who paid for it. Only the receipt says whose it is; a receipt names no payer.
#[derive(Clone, Debug)]
pub struct Payment {
    receipt: Statement<ConditionalReceipt>,
    payer: Option<KeyId>,
    keys: BTreeMap<KeyId, PublicKey>,
}

impl Payment {
    /// The payment that this receipt is for. `payer` is the key under which the payer agrees, `keys` are those that
    /// the pieces were signed with, in any number and order; what was signed with another has no weight. Whose keys
    /// they are is for whoever reads certificates.
    ///
    /// [`Code::KeyWrong`] without the payee's key, and whatever is wrong with the receipt.
    pub fn new(
        receipt: &str,
        payer: Option<KeyId>,
        keys: impl IntoIterator<Item = PublicKey>,
        crypto: &dyn Crypto,
    ) -> Result<Self, Violation> {
        let keys: BTreeMap<KeyId, PublicKey> = keys.into_iter().map(|key| (key.id(), key)).collect();
        let payee = keys.get(&Compact::parse(receipt)?.key());
        let payee = payee.ok_or_else(|| Violation::new(Code::KeyWrong, "payee"))?;
        let receipt: Statement<ConditionalReceipt> = verify(crypto, payee, receipt)?;
        receipt.body.check()?;
        let payer = payer.filter(|payer| *payer != receipt.meta.signer.key);
        Ok(Payment { receipt, payer, keys })
    }

    /// The receipt.
    #[must_use]
    pub fn receipt(&self) -> &Statement<ConditionalReceipt> {
        &self.receipt
    }

    /// Whether this receipt is of the same payee for the same reference: then both are about one payment.
    #[must_use]
    pub fn is_same(&self, other: &Payment) -> bool {
        let of = |payment: &Payment| {
            let ConditionalReceipt { bank, pay_to, .. } = payment.receipt.body;
            (payment.receipt.meta.signer.key, bank, pay_to)
        };
        of(self) == of(other)
    }
}

/// The judge's answer. Equal evidence gives equal verdicts, whatever its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentVerdict {
    /// The rules that were applied: [`super::JUDGE_VERSION`].
    pub version: u64,
    /// The receipt.
    pub receipt: Hash,
    /// Whether the money arrived, by this evidence. A reading, which may change with more of it.
    pub outcome: PaymentOutcome,
    /// Every claim there is, in a fixed order.
    pub claims: Vec<PaymentClaim>,
    /// Who did what, as shown by what they signed. Sorted.
    pub convictions: Vec<Conviction>,
    /// Pieces without weight of their own.
    pub set_aside: Vec<SetAside>,
}

/// Whether the money arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentOutcome {
    /// The bank says that something else was paid, or too late: the receipt is none.
    Otherwise,
    /// The payee has received the money.
    Received,
    /// This evidence does not decide it.
    Undecided,
}

/// A claim about what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentClaimKind {
    /// The payee signed the receipt in advance.
    Promised,
    /// The payer agreed to pay for it.
    Agreed,
    /// An order to pay to this reference for this purpose was signed.
    Ordered,
    /// The bank says that it was paid as the receipt asks for.
    Paid,
    /// The payee has received the money: receipt and the bank's word.
    Received,
}

/// A claim and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentClaim {
    /// Which.
    pub claim: PaymentClaimKind,
    /// What the evidence says.
    pub finding: Finding,
    /// For what the bank says: the earliest moment that it names.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Timestamp>,
    /// Names of the pieces that show it, sorted.
    pub shown_by: Vec<String>,
    /// Names of the pieces that show the opposite, sorted.
    pub against: Vec<String>,
    /// For people.
    pub sentence: String,
}

/// What the evidence shows about this payment. `crypto` verifies; every provider that passes the conformance suite
/// gives the same verdict.
#[must_use]
pub fn judge(payment: &Payment, evidence: &Evidence, crypto: &dyn Crypto) -> PaymentVerdict {
    let facts = Facts::read(payment, evidence, crypto);
    let mut docket = Docket::default();
    convict_bank(&facts, &mut docket);
    convict_parties(&facts, &mut docket);
    let claims = claims(&facts);
    let is = |finding| claims.iter().any(|one| one.claim == PaymentClaimKind::Received && one.finding == finding);
    let outcome = match (is(Finding::Proven), is(Finding::Contradicted)) {
        (true, _) => PaymentOutcome::Received,
        (false, true) => PaymentOutcome::Otherwise,
        (false, false) => PaymentOutcome::Undecided,
    };
    PaymentVerdict {
        version: super::JUDGE_VERSION,
        receipt: payment.receipt.hash,
        outcome,
        claims,
        convictions: docket.into_convictions().into_iter().map(named).collect(),
        set_aside: facts.set_aside,
    }
}

/// Payer and payee are known by what they do and not by a number.
fn named(conviction: Conviction) -> Conviction {
    let who = match conviction.party {
        Some(PAYER) => "payer",
        Some(PAYEE) => "payee",
        _ => return conviction,
    };
    let sentence = format!("The {who} {}.", words::did(conviction.misdeed));
    Conviction { sentence, ..conviction }
}

fn convict_bank(facts: &Facts<'_>, out: &mut Docket) {
    for row in facts.said_here() {
        let said = &row.statement.body;
        let rival = |other: &&facts::Row<'_, _>| other.content != row.content && facts::is_one_slot(other, said);
        for other in facts.said.iter().filter(rival) {
            out.convict(Role::Bank, Misdeed::TwoAnswers, [row.piece, other.piece]);
        }
        if let Some((piece, text)) = facts.preimage(&said.transfer)
            && facts.is_order(&text, row).is_err()
        {
            out.convict(Role::Bank, Misdeed::FalseGround, [row.piece, piece]);
        }
    }
}

fn convict_parties(facts: &Facts<'_>, out: &mut Docket) {
    let receipt = &facts.payment.receipt;
    let main = facts.receipts.iter().filter(|row| row.statement.body == receipt.body);
    let others = facts.receipts.iter().filter(|row| row.statement.body != receipt.body);
    let others: Vec<&Piece> = others.map(|row| row.piece).collect();
    if !others.is_empty() {
        out.convict_party(PAYEE, Misdeed::TwoReceipts, main.map(|row| row.piece).chain(others));
    }
    for row in &facts.agreed {
        if row.statement.body != PaymentAgreement::with(receipt, row.statement.body.payee.clone()) {
            out.convict_party(PAYER, Misdeed::MisquotedReceipt, [row.piece]);
        }
    }
}

type Names = BTreeSet<String>;

fn claims(facts: &Facts<'_>) -> Vec<PaymentClaim> {
    use PaymentClaimKind as K;
    let (receipt, nothing) = (&facts.payment.receipt, Names::new());
    let promised = names(facts.receipts.iter().filter(|row| row.statement.body == receipt.body).map(|row| row.piece));
    let fits = |row: &&facts::Row<'_, _>| receipt.body.fulfilled(&row.statement).is_ok();
    let paid = names(facts.said_here().filter(fits).map(|row| row.piece));
    let otherwise = names(facts.said_here().filter(|row| !fits(row)).map(|row| row.piece));
    let received = if promised.is_empty() || paid.is_empty() { Names::new() } else { &promised | &paid };
    let at = facts.said_here().filter(fits).map(|row| row.statement.body.at).min();
    vec![
        weigh(K::Promised, &promised, &nothing, None),
        weigh(K::Agreed, &names(facts.agreed_as_receipted().map(|row| row.piece)), &nothing, None),
        weigh(K::Ordered, &names(facts.orders.iter().copied()), &nothing, None),
        weigh(K::Paid, &paid, &otherwise, at),
        weigh(K::Received, &received, &otherwise, at.filter(|_| !received.is_empty())),
    ]
}

fn weigh(claim: PaymentClaimKind, shown: &Names, against: &Names, at: Option<Timestamp>) -> PaymentClaim {
    let finding = match (shown.is_empty(), against.is_empty()) {
        (false, _) => Finding::Proven,
        (true, false) => Finding::Contradicted,
        (true, true) => Finding::NotProvable,
    };
    let list = |names: &Names| names.iter().cloned().collect();
    let sentence = sentence(claim, finding);
    PaymentClaim { claim, finding, at, shown_by: list(shown), against: list(against), sentence }
}

fn sentence(claim: PaymentClaimKind, finding: Finding) -> String {
    use PaymentClaimKind as K;
    let what = match claim {
        K::Promised => "the payee signed in advance that it has the money if the bank says so",
        K::Agreed => "the payer agreed to pay for this receipt",
        K::Ordered => "an order to pay to this reference for this purpose was signed",
        K::Paid => "the bank says that the amount was paid to this reference, in time",
        K::Received => "the payee has received the money for what the receipt says",
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
