//! The contract of a mail order: what offer, order and acceptance agree on, in the form in which both
//! sides keep it; and the checks that the three fit together.

use semper_base::code::Code;
use semper_base::{Amount, Hash, KeyId, Misuse, Timestamp, Violation, Xid};
use semper_blocks::statement::{Kind, Statement};
use serde::{Deserialize, Serialize};

use super::escrow::{self, ContractEscrow};
use super::offer::{self, ParcelOffer, ParcelTimes};
use super::statements::{OrderLine, ParcelAcceptance, ParcelOrder, PartLine};

/// One line: price of one, and how many.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractLine {
    /// The line's id in the offer.
    pub id: String,
    /// Price of one, VAT included.
    pub price: Amount,
    /// How many.
    pub quantity: u64,
}

/// What was agreed, as far as the course of the deal depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Hash of the acceptance.
    pub acceptance: Hash,
    /// When it was accepted, by the seller's clock.
    pub accepted: Timestamp,
    /// The buyer's key.
    pub buyer: KeyId,
    /// How the money is kept, if it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub escrow: Option<ContractEscrow>,
    /// What is sold.
    pub lines: Vec<ContractLine>,
    /// Hash of the offer.
    pub offer: Hash,
    /// Hash of the order.
    pub order: Hash,
    /// The seller's key.
    pub seller: KeyId,
    /// Until when everything is shipped.
    pub ship_until: Timestamp,
    /// Due with the first part.
    pub shipping: Amount,
    /// Lengths of time.
    pub times: ParcelTimes,
    /// What is paid if everything is shipped.
    pub total: Amount,
}

impl Contract {
    /// What lines cost, without shipping.
    pub fn price(&self, lines: &[PartLine]) -> Result<Amount, Violation> {
        let wrong = |_: Misuse| Violation::new(Code::MismatchAmount, "lines");
        lines.iter().try_fold(Amount::zero(self.total.currency()), |sum, line| {
            let known = self.lines.iter().find(|known| known.id == line.id);
            let known = known.ok_or_else(|| Violation::new(Code::TermsWrong, "a line that was not ordered"))?;
            sum.plus(known.price.times(line.quantity).map_err(wrong)?).map_err(wrong)
        })
    }

    /// The name of a part: each shipment is an exchange of its own. Nobody outside learns from it what the
    /// acceptance is, which nobody outside has.
    #[must_use]
    pub fn xid(&self, part: u64) -> Xid {
        Xid(Hash::tagged_parts("semper-parcel-xid/1", &[self.acceptance.bytes(), &part.to_be_bytes()]))
    }
}

/// The lines of an order that takes the whole offer.
pub fn order_lines(offer: &ParcelOffer) -> Result<Vec<OrderLine>, Violation> {
    let wrong = |_: Misuse| Violation::new(Code::TermsWrong, "price");
    let line = |line: &crate::process::offer::LineItem| {
        let price = Amount::new(line.item.price, offer.currency).map_err(wrong)?;
        Ok(OrderLine {
            amount: price.times(line.quantity).map_err(wrong)?,
            id: line.id.clone(),
            quantity: line.quantity,
            title: line.item.title.clone(),
        })
    };
    offer.line_items.iter().map(line).collect()
}

/// What shipping costs.
pub fn shipping(offer: &ParcelOffer) -> Result<Amount, Violation> {
    Amount::new(offer.terms.shipping.price, offer.currency).map_err(|_| Violation::new(Code::TermsWrong, "shipping"))
}

/// What the shop checks of an order, and the verifier again: it takes the offer as it is.
pub fn check_order(offer: &Statement<ParcelOffer>, order: &Statement<ParcelOrder>) -> Result<(), Violation> {
    let summary = offer::check(offer)?;
    order.meta.check_ref(Kind::ParcelOffer, &offer.hash)?;
    let (terms, body) = (&offer.body.terms, &order.body);
    body.address.check()?;
    if body.amount != summary.amount || body.shipping != shipping(&offer.body)? {
        return Err(Violation::new(Code::MismatchAmount, "order"));
    }
    if body.lines != order_lines(&offer.body)? {
        return Err(Violation::new(Code::TermsWrong, "lines"));
    }
    if (body.grade, body.pay) != (terms.grade, terms.pay) {
        return Err(Violation::new(Code::TermsWrong, "terms"));
    }
    match (&terms.escrow, &body.escrow) {
        (None, None) => Ok(()),
        (Some(terms), Some(escrow)) => escrow.check(terms, &offer.body.terms.times, body.lines.len()),
        _ => Err(Violation::new(Code::TermsWrong, "escrow")),
    }
}

/// What the buyer checks of the acceptance, and the verifier again.
pub fn check_acceptance(
    offer: &Statement<ParcelOffer>,
    order: &Statement<ParcelOrder>,
    acceptance: &Statement<ParcelAcceptance>,
) -> Result<Contract, Violation> {
    acceptance.meta.check_ref(Kind::ParcelOrder, &order.hash)?;
    // Whoever offered is bound, under the certificate that the buyer saw.
    if acceptance.meta.signer != offer.meta.signer {
        return Err(Violation::new(Code::KeyWrong, "accepted by another than who offered"));
    }
    if acceptance.body.amount != order.body.amount {
        return Err(Violation::new(Code::MismatchAmount, "acceptance"));
    }
    let (times, accepted) = (offer.body.terms.times, acceptance.meta.issued);
    let early = accepted < order.meta.issued.minus(times.skew_ms);
    if early || acceptance.body.ship_until != accepted.plus(times.delivery_ms) {
        return Err(Violation::new(Code::MismatchDeadline, "acceptance"));
    }
    contract(offer, order, acceptance)
}

fn contract(
    offer: &Statement<ParcelOffer>,
    order: &Statement<ParcelOrder>,
    acceptance: &Statement<ParcelAcceptance>,
) -> Result<Contract, Violation> {
    let currency = offer.body.currency;
    let line = |line: &crate::process::offer::LineItem| {
        let price = Amount::new(line.item.price, currency).map_err(|_| Violation::new(Code::TermsWrong, "price"))?;
        Ok(ContractLine { id: line.id.clone(), price, quantity: line.quantity })
    };
    let lines: Result<Vec<ContractLine>, Violation> = offer.body.line_items.iter().map(line).collect();
    let bare = Contract {
        acceptance: acceptance.hash,
        accepted: acceptance.meta.issued,
        buyer: order.meta.signer.key,
        escrow: None,
        lines: lines?,
        offer: offer.hash,
        order: order.hash,
        seller: acceptance.meta.signer.key,
        ship_until: acceptance.body.ship_until,
        shipping: shipping(&offer.body)?,
        times: offer.body.terms.times,
        total: order.body.amount,
    };
    Ok(Contract { escrow: escrow::agreed(offer, order, acceptance, &bare)?, ..bare })
}
