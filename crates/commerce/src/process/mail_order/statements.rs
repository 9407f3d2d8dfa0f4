//! What buyer and seller sign in a mail order, beside the offer.
//!
//! | kind | who | refers to | says |
//! |---|---|---|---|
//! | parcel-order | buyer | offer | these goods, to this address, for this amount |
//! | parcel-acceptance | seller | order | the contract |
//! | shipment | seller | order | these lines were handed to that carrier; pay there |
//! | cancellation | buyer | order | please cancel what was not shipped |
//! | cancellation | seller | order, the buyer's if it answers one | it will not be shipped and is not owed |
//! | parcel-receipt | buyer | shipment | the part is here and is what was ordered |
//! | objection | buyer | offer, shipment | the part is not here, or not what the offer says |
//! | withdrawal | buyer | shipment | I withdraw from this part; pay back there |
//! | withdrawal-receipt | seller | withdrawal | the withdrawal came in at that time |
//! | refund-address | buyer | none | pay back there |
//!
//! They stay inside the pair. The order holds the address: whoever is shown it in a dispute learns where
//! the buyer wanted the goods.

use semper_base::code::Code;
use semper_base::limits::{ADDRESS_CHARS_MAX, ORDER_LINES_MAX, REASON_CHARS_MAX};
use semper_base::{Amount, Hash, Timestamp, Violation};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{Body, Kind};
use serde::{Deserialize, Serialize};

use super::escrow::{AcceptedEscrow, OrderEscrow};
use super::offer::{Grade, PayWhen};
use crate::process::offer::is_text;

/// Where goods go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// City.
    pub city: String,
    /// ISO 3166-1, two capital letters.
    pub country: String,
    /// Who receives them.
    pub name: String,
    /// Postal code.
    pub postcode: String,
    /// Street and number.
    pub street: String,
}

impl std::fmt::Debug for Address {
    /// Personal data stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Address({})", self.country)
    }
}

impl Address {
    /// Every line is there, visible and not too long.
    pub fn check(&self) -> Result<(), Violation> {
        let lines =
            [("city", &self.city), ("name", &self.name), ("postcode", &self.postcode), ("street", &self.street)];
        if let Some((name, _)) = lines.into_iter().find(|(_, line)| !is_text(line, ADDRESS_CHARS_MAX)) {
            return Err(Violation::new(Code::FieldWrong, format!("address: {name}")));
        }
        let country = self.country.len() == 2 && self.country.bytes().all(|b| b.is_ascii_uppercase());
        if country { Ok(()) } else { Err(Violation::new(Code::FieldWrong, "address: country")) }
    }
}

/// So many of a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartLine {
    /// The line's id in the offer.
    pub id: String,
    /// How many of it.
    pub quantity: u64,
}

/// A line as it is ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// What all of it costs.
    pub amount: Amount,
    /// The line's id in the offer.
    pub id: String,
    /// How many.
    pub quantity: u64,
    /// The good's name, as in the offer.
    pub title: String,
}

/// The buyer's order: obliges to pay each part when it was shipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParcelOrder {
    /// Where the goods go.
    pub address: Address,
    /// What is paid if everything is shipped.
    pub amount: Amount,
    /// How the money is kept, if it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub escrow: Option<OrderEscrow>,
    /// What the buyer trusts in.
    pub grade: Grade,
    /// What is ordered.
    pub lines: Vec<OrderLine>,
    /// When each part is paid.
    pub pay: PayWhen,
    /// Who sells, by its certificate.
    pub seller: String,
    /// What shipping costs, all parts together.
    pub shipping: Amount,
}

impl Body for ParcelOrder {
    const KIND: Kind = Kind::ParcelOrder;
}

/// The shop's acceptance: the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParcelAcceptance {
    /// What is paid if everything is shipped.
    pub amount: Amount,
    /// What the buyer locks, part by part, if the money is kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub escrow: Option<AcceptedEscrow>,
    /// Until when everything is shipped.
    pub ship_until: Timestamp,
}

impl Body for ParcelAcceptance {
    const KIND: Kind = Kind::ParcelAcceptance;
}

/// Whose word a carrier's statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The seller repeats what the carrier said; the carrier signed nothing.
    Seller,
}

/// What is known of the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carrier {
    /// When it took the parcel.
    pub handed_over: Timestamp,
    /// Its name.
    pub name: String,
    /// Whose word this is.
    pub source: Source,
    /// Its number of the parcel.
    pub tracking: String,
}

/// A part is on its way, and due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shipment {
    /// What is due for this part.
    pub amount: Amount,
    /// The carrier's statement.
    pub carrier: Carrier,
    /// What is in it.
    pub lines: Vec<PartLine>,
    /// The part's number, from 1.
    pub part: u64,
    /// Where it is paid, unless the money is locked already.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pay_to: Option<PayTo>,
}

impl Body for Shipment {
    const KIND: Kind = Kind::Shipment;
}

impl Shipment {
    /// What can be said of its form alone.
    pub fn check(&self) -> Result<(), Violation> {
        if !is_text(&self.carrier.name, ADDRESS_CHARS_MAX) || !is_text(&self.carrier.tracking, ADDRESS_CHARS_MAX) {
            return Err(Violation::new(Code::FieldWrong, "carrier"));
        }
        check_lines(&self.lines)
    }
}

/// Lines of a part: some, each once, in the order of their numbers.
pub fn check_lines(lines: &[PartLine]) -> Result<(), Violation> {
    let numbers: Option<Vec<usize>> = lines.iter().map(|line| line.id.parse().ok()).collect();
    let ascending = numbers.is_some_and(|numbers| numbers.is_sorted_by(|one, next| one < next));
    let some = !lines.is_empty() && lines.len() <= ORDER_LINES_MAX && lines.iter().all(|line| line.quantity > 0);
    if ascending && some { Ok(()) } else { Err(Violation::new(Code::TermsWrong, "lines")) }
}

/// What was not shipped is not wanted (buyer) or will not come (seller).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// What is cancelled, as the signer sees it. The seller's word counts: it knows what is on its way.
    pub lines: Vec<PartLine>,
    /// Why, if the signer wants to say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

impl Body for Cancellation {
    const KIND: Kind = Kind::Cancellation;
}

impl Cancellation {
    /// What can be said of its form alone.
    pub fn check(&self) -> Result<(), Violation> {
        check_reason(self.reason.as_deref())?;
        check_lines(&self.lines)
    }
}

/// Whether a reason can be shown.
pub fn check_reason(reason: Option<&str>) -> Result<(), Violation> {
    match reason {
        Some(reason) if !is_text(reason, REASON_CHARS_MAX) => Err(Violation::new(Code::FieldWrong, "reason")),
        _ => Ok(()),
    }
}

/// A part is here and is what was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParcelReceipt {
    /// What is in it.
    pub lines: Vec<PartLine>,
    /// The part.
    pub part: u64,
}

impl Body for ParcelReceipt {
    const KIND: Kind = Kind::ParcelReceipt;
}

/// A part is not here, or is not what the offer says, to which this statement refers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objection {
    /// What is in the part.
    pub lines: Vec<PartLine>,
    /// The part.
    pub part: u64,
    /// Where a refund can be paid.
    pub pay_to: PayTo,
    /// What the bank knows this reference for.
    pub purpose: Hash,
    /// What is wrong.
    pub reason: String,
}

impl Body for Objection {
    const KIND: Kind = Kind::Objection;
}

/// The buyer withdraws from a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// What was due for the part: what is to be paid back if it was paid.
    pub amount: Amount,
    /// What is in it.
    pub lines: Vec<PartLine>,
    /// The part.
    pub part: u64,
    /// Where it is paid back.
    pub pay_to: PayTo,
    /// What the bank knows this reference for.
    pub purpose: Hash,
}

impl Body for Withdrawal {
    const KIND: Kind = Kind::Withdrawal;
}

/// The seller has the withdrawal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalReceipt {
    /// The part.
    pub part: u64,
    /// When it came in.
    pub received: Timestamp,
    /// Until when the money is paid back.
    pub refund_until: Timestamp,
}

impl Body for WithdrawalReceipt {
    const KIND: Kind = Kind::WithdrawalReceipt;
}

/// Where the buyer of a deal wants to be paid back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundAddress {
    /// The part of a mail order; none for the purchase of a file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub part: Option<u64>,
    /// The reference.
    pub pay_to: PayTo,
    /// What the bank knows it for.
    pub purpose: Hash,
}

impl Body for RefundAddress {
    const KIND: Kind = Kind::RefundAddress;
}
