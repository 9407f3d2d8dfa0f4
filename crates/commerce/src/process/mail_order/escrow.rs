//! Money for parcels that the bank keeps: what offer, order and acceptance say of it, and the locks that follow
//! from the three.
//!
//! ```text
//!  offer          order                       acceptance                         locks
//!  who rules,     the buyer's key,            the seller's key and account,      one for each part: a pure
//!  who brings,    a hash of a pickup code     which lines are one part,          function of the three
//!  how long       for each part               the name of each lock
//! ```
//!
//! Each part that the seller will ship is agreed upon with the acceptance, and has a lock of its own
//! ([`semper_exchange::fair::lock::escrow`]). The first one pays for the shipping.

use semper_base::code::Code;
use semper_base::limits::{ESCROW_PARTS_MAX, OFFER_TITLE_CHARS_MAX};
use semper_base::{Amount, Hash, Millis, Misuse, Nonce, Timestamp, Violation, Xid};
use semper_blocks::statement::Statement;
use semper_exchange::fair::lock::descriptor::PROTOCOL;
use semper_exchange::fair::lock::escrow::{Carrier, Escrow, Side};
use semper_exchange::fair::lock::{Condition, Core, Lock, Third};
use semper_exchange::judge::JUDGE_VERSION;
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};

use super::contract::Contract;
use super::offer::{ParcelOffer, ParcelTimes};
use super::statements::{ParcelAcceptance, ParcelOrder, PartLine, check_lines};
use crate::process::offer::is_text;

/// Somebody who is neither buyer nor seller, by name, key and certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// SHA-256 of its certificate.
    pub certificate: Hash,
    /// Its key.
    pub key: PublicKey,
    /// Its certified name.
    pub name: String,
}

/// What an offer says of the escrow; how long things take stands in its times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscrowTerms {
    /// Decides a dispute.
    pub arbiter: Named,
    /// Whose word it is that the goods came; none if silence after the time to bring them is enough.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub carrier: Option<Named>,
    /// What the arbiter has at least for its ruling.
    pub hearing_ms: Millis,
    /// Who has disputed money if the arbiter does not rule.
    pub silent: Side,
}

impl EscrowTerms {
    /// The rules that hold within the terms.
    pub fn check(&self, times: &ParcelTimes) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::TermsWrong, what));
        let named = [Some(&self.arbiter), self.carrier.as_ref()];
        if !named.into_iter().flatten().all(|one| is_text(&one.name, OFFER_TITLE_CHARS_MAX)) {
            return wrong("arbiter or carrier");
        }
        if self.carrier.as_ref().is_some_and(|carrier| carrier.key == self.arbiter.key) {
            return wrong("one key in two roles");
        }
        let lengths = [self.hearing_ms, times.accept_ms, times.delivery_ms, times.skew_ms];
        let sane = lengths.iter().all(|length| length.0 > 0) && self.hearing_ms <= Millis::days(366);
        if sane { Ok(()) } else { wrong("times") }
    }
}

/// What the order says of the escrow: everything that the buyer agrees to, shown with the order, and its part of the
/// locks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderEscrow {
    /// How long the buyer may look and object before silence pays.
    pub accept_ms: Millis,
    /// Who decides a dispute.
    pub arbiter: String,
    /// Who must say that the goods came, if somebody must.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub carrier: Option<String>,
    /// From the shipment until the goods should be there.
    pub deliver_ms: Millis,
    /// What the arbiter has at least for its ruling.
    pub hearing_ms: Millis,
    /// The buyer's key for the locks of this order.
    pub payer: PublicKey,
    /// With a carrier: [`semper_exchange::fair::lock::escrow::pickup`] of a code for each part that there may be.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub pickups: Vec<Hash>,
    /// From the acceptance until everything must be shipped; what is not goes back.
    pub ship_ms: Millis,
    /// Who has disputed money if the arbiter does not rule.
    pub silent: Side,
}

impl OrderEscrow {
    /// What an order says on these terms.
    #[must_use]
    pub fn new(terms: &EscrowTerms, times: &ParcelTimes, payer: PublicKey, pickups: Vec<Hash>) -> Self {
        OrderEscrow {
            accept_ms: times.accept_ms,
            arbiter: terms.arbiter.name.clone(),
            carrier: terms.carrier.as_ref().map(|carrier| carrier.name.clone()),
            deliver_ms: times.delivery_ms,
            hearing_ms: terms.hearing_ms,
            payer,
            pickups,
            ship_ms: times.delivery_ms,
            silent: terms.silent,
        }
    }

    /// Whether it repeats the offer's terms.
    pub(super) fn check(&self, terms: &EscrowTerms, times: &ParcelTimes, lines: usize) -> Result<(), Violation> {
        let same = OrderEscrow::new(terms, times, self.payer.clone(), self.pickups.clone());
        let codes = if terms.carrier.is_some() { parts_max(lines) } else { 0 };
        if same == *self && self.pickups.len() == codes {
            Ok(())
        } else {
            Err(Violation::new(Code::TermsWrong, "escrow"))
        }
    }
}

/// How many parts an order of so many lines may have.
#[must_use]
pub fn parts_max(lines: usize) -> usize {
    lines.min(ESCROW_PARTS_MAX)
}

/// What the acceptance says of the escrow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedEscrow {
    /// Salted commitment to the seller's account.
    pub account: Hash,
    /// The parts: all lines, each in one of them.
    pub parts: Vec<EscrowPart>,
    /// The seller's key for the locks of this order.
    pub payee: PublicKey,
}

/// One part and its lock.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscrowPart {
    /// How much is locked, and due once it is shipped.
    pub amount: Amount,
    /// What is in it.
    pub lines: Vec<PartLine>,
    /// The lock's name.
    pub lock: Xid,
}

/// What the course of a deal depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractEscrow {
    /// Whether a carrier must say that the goods came.
    pub carried: bool,
    /// The parts with their locks.
    pub parts: Vec<EscrowPart>,
    /// Who has disputed money if the arbiter does not rule.
    pub silent: Side,
}

/// The seller's part of the locks.
#[derive(Clone, Debug)]
pub struct Seller {
    /// See [`AcceptedEscrow::account`].
    pub account: Hash,
    /// See [`AcceptedEscrow::payee`].
    pub payee: PublicKey,
}

/// What the seller accepts: these lines as parts, in this order, and the locks that follow.
///
/// # Errors
/// No escrow was offered and ordered; the parts are not the lines of the order.
pub fn accept(
    offer: &Statement<ParcelOffer>,
    order: &Statement<ParcelOrder>,
    seller: Seller,
    parts: &[Vec<PartLine>],
    accepted: Timestamp,
) -> Result<(AcceptedEscrow, Vec<Lock>), Violation> {
    let mut escrow = AcceptedEscrow { account: seller.account, parts: Vec::new(), payee: seller.payee };
    let mut locks = Vec::new();
    for (index, lines) in parts.iter().enumerate() {
        let amount = price(order, lines, index)?;
        let lock = lock(offer, order, &escrow, (index, amount), accepted)?;
        escrow.parts.push(EscrowPart { amount, lines: lines.clone(), lock: lock.xid });
        locks.push(lock);
    }
    whole(order, &escrow)?;
    Ok((escrow, locks))
}

/// The locks of a contract, in the order of its parts; none if its money is not kept.
pub fn locks(
    offer: &Statement<ParcelOffer>,
    order: &Statement<ParcelOrder>,
    acceptance: &Statement<ParcelAcceptance>,
) -> Result<Vec<Lock>, Violation> {
    let Some(accepted) = &acceptance.body.escrow else { return Ok(Vec::new()) };
    let parts = accepted.parts.iter().enumerate();
    parts.map(|(index, part)| lock(offer, order, accepted, (index, part.amount), acceptance.meta.issued)).collect()
}

/// What both sides check of an acceptance, as far as it is about the escrow.
pub(super) fn agreed(
    offer: &Statement<ParcelOffer>,
    order: &Statement<ParcelOrder>,
    acceptance: &Statement<ParcelAcceptance>,
    contract: &Contract,
) -> Result<Option<ContractEscrow>, Violation> {
    let wrong = |code, what: &str| Err(Violation::new(code, what));
    let (terms, accepted) = match (&offer.body.terms.escrow, &acceptance.body.escrow) {
        (None, None) => return Ok(None),
        (Some(terms), Some(accepted)) => (terms, accepted),
        _ => return wrong(Code::TermsWrong, "escrow"),
    };
    whole(order, accepted)?;
    for ((index, part), lock) in accepted.parts.iter().enumerate().zip(locks(offer, order, acceptance)?) {
        if part.amount != price(order, &part.lines, index)? || contract.price(&part.lines).is_err() {
            return wrong(Code::MismatchAmount, "part");
        }
        if part.lock != lock.xid {
            return wrong(Code::XidWrong, "lock");
        }
    }
    let (carried, parts) = (terms.carrier.is_some(), accepted.parts.clone());
    Ok(Some(ContractEscrow { carried, parts, silent: terms.silent }))
}

/// Each line of the order is in one part, whole; there are no more parts than there may be.
fn whole(order: &Statement<ParcelOrder>, escrow: &AcceptedEscrow) -> Result<(), Violation> {
    let wrong = || Violation::new(Code::TermsWrong, "parts");
    let lines = &order.body.lines;
    if escrow.parts.is_empty() || escrow.parts.len() > parts_max(lines.len()) {
        return Err(wrong());
    }
    escrow.parts.iter().try_for_each(|part| check_lines(&part.lines))?;
    let all: Vec<&PartLine> = escrow.parts.iter().flat_map(|part| &part.lines).collect();
    let found = |id: &str, quantity: u64| all.iter().any(|line| line.id == id && line.quantity == quantity);
    if all.len() == lines.len() && lines.iter().all(|line| found(&line.id, line.quantity)) {
        Ok(())
    } else {
        Err(wrong())
    }
}

/// What a part costs; the first one pays for the shipping.
fn price(order: &Statement<ParcelOrder>, lines: &[PartLine], index: usize) -> Result<Amount, Violation> {
    let wrong = |_: Misuse| Violation::new(Code::MismatchAmount, "part");
    let body = &order.body;
    let freight = if index == 0 { body.shipping } else { Amount::zero(body.shipping.currency()) };
    lines.iter().try_fold(freight, |sum, line| {
        let known = body.lines.iter().find(|known| (&known.id, known.quantity) == (&line.id, line.quantity));
        let known = known.ok_or_else(|| Violation::new(Code::TermsWrong, "parts"))?;
        sum.plus(known.amount).map_err(wrong)
    })
}

/// The lock of one part.
fn lock(
    offer: &Statement<ParcelOffer>,
    order: &Statement<ParcelOrder>,
    accepted: &AcceptedEscrow,
    (index, amount): (usize, Amount),
    opened: Timestamp,
) -> Result<Lock, Violation> {
    let none = || Violation::new(Code::TermsWrong, "escrow");
    let terms = offer.body.terms.escrow.as_ref().ok_or_else(none)?;
    let ordered = order.body.escrow.as_ref().ok_or_else(none)?;
    let times = &offer.body.terms.times;
    let carrier = match &terms.carrier {
        None => None,
        Some(carrier) => {
            let pickup = *ordered.pickups.get(index).ok_or_else(none)?;
            Some(Carrier { key: carrier.key.clone(), pickup })
        }
    };
    let named = &terms.arbiter;
    let escrow = Escrow {
        accept_ms: ordered.accept_ms,
        arbiter: Third { certificate: named.certificate, key: named.key.clone() },
        carrier,
        deliver_ms: ordered.deliver_ms,
        hearing_ms: ordered.hearing_ms,
        ship_by: opened.plus(ordered.ship_ms),
        silent: ordered.silent,
    };
    let name = Hash::tagged_parts("semper-parcel-lock/1", &[order.hash.bytes(), &(index as u64).to_be_bytes()]);
    Lock::new(&Core {
        amount,
        condition: Condition::Escrow(escrow),
        holder: offer.body.terms.bank.clone(),
        judge: JUDGE_VERSION,
        nonce: Nonce(*name.bytes().first_chunk().ok_or_else(none)?),
        opened,
        payee: accepted.payee.clone(),
        payee_account: accepted.account,
        payer: ordered.payer.clone(),
        protocol: PROTOCOL.to_owned(),
        skew_ms: times.skew_ms,
        terms: None,
    })
}
