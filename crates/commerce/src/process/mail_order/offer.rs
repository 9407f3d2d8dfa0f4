//! The offer of parcels: a UCP checkout with any number of lines, signed by the shop.
//!
//! The members that are UCP's are those of [`crate::process::offer`]; what is Semper's own stands inside
//! `semper`. Prices include VAT. UCP wants all other sums to add up to the total, so `subtotal` and
//! `fulfillment` are net and `tax` is the VAT that all prices include, rounded per line.

use std::collections::BTreeMap;

use semper_base::code::Code;
use semper_base::hash::hex;
use semper_base::limits::{
    OFFER_ID_CHARS_MAX, OFFER_LINKS_MAX, OFFER_QUANTITY_MAX, OFFER_TITLE_CHARS_MAX, ORDER_LINES_MAX,
};
use semper_base::{Amount, Currency, Millis, Timestamp, Violation};
use semper_blocks::statement::{Body, Kind, Meta, Statement};
use semper_exchange::fair::dgp::descriptor::Third;
use serde::{Deserialize, Serialize};

use super::escrow::EscrowTerms;
use crate::process::offer::{
    Handler, Item, LineItem, Link, OWN_VERSION, Status, Total, TotalType, UCP_VERSION, Ucp, is_text, is_web_address,
};
use crate::process::vat::VatRate;

/// Our payment handler for transfers on shipping.
pub const HANDLER: &str = "org.example.semper.transfer";
/// What a rate's list of lines calls the shipping.
pub const SHIPPING_LINE: &str = "shipping";

/// The checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParcelOffer {
    /// ISO 4217.
    pub currency: Currency,
    /// Until when it can be ordered.
    pub expires_at: Timestamp,
    /// The offer's id.
    pub id: String,
    /// What is sold.
    pub line_items: Vec<LineItem>,
    /// Legal documents.
    pub links: Vec<Link>,
    /// `ready_for_complete`.
    pub status: Status,
    /// Semper's own members; on the wire inside `semper`.
    pub terms: ParcelTerms,
    /// Sums.
    pub totals: Vec<Total>,
    /// Protocol version and payment handlers.
    pub ucp: Ucp,
}

impl Body for ParcelOffer {
    const KIND: Kind = Kind::ParcelOffer;
}

/// Semper's own members of an offer of parcels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParcelTerms {
    /// The bank at which the seller is paid. Each shipment names a reference there, good for one payment, or the
    /// money is locked there.
    pub bank: Third,
    /// How the money is kept until the goods are there, if it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub escrow: Option<EscrowTerms>,
    /// What the exchange promises if the other side stops.
    pub grade: Grade,
    /// When the payment is due.
    pub pay: PayWhen,
    /// Who bears the cost of sending goods back after a withdrawal.
    pub return_costs: Bearer,
    /// What shipping costs, for all parts together; due with the first.
    pub shipping: Shipping,
    /// Lengths.
    pub times: ParcelTimes,
    /// Every rate of VAT that is in a price, in ascending order.
    pub vat: Vec<VatSum>,
    /// Whether and how the buyer may withdraw.
    pub withdrawal: ParcelWithdrawal,
}

/// See the module above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Weak: the bank keeps the money until the goods are there, silence decides, and an arbiter may be asked.
    Escrow,
    /// Weak: who is let down holds proof, and nobody holds the money back.
    EvidenceOnly,
}

/// When a part is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PayWhen {
    /// Before it is shipped, to be kept by the bank.
    Locked,
    /// When the shop has stated that it was handed to the carrier.
    OnShipping,
}

/// Who bears a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bearer {
    /// The buyer.
    Buyer,
    /// The seller.
    Seller,
}

/// The right of withdrawal (for consumers in the EU: Directive 2011/83/EU, article 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParcelWithdrawal {
    /// Within `withdraw_ms` of the arrival, without a reason.
    FromArrival,
}

/// The cost of shipping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shipping {
    /// Minor units, VAT included; may be zero.
    pub price: u64,
    /// Its rate.
    pub vat: VatRate,
}

/// What one rate of VAT comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VatSum {
    /// Minor units, VAT included.
    pub gross: u64,
    /// The lines with this rate, by their ids, and `shipping`.
    pub lines: Vec<String>,
    /// The rate.
    pub rate: VatRate,
    /// The VAT within `gross`, rounded per line.
    pub tax: u64,
}

/// Lengths of time that the parties agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParcelTimes {
    /// From the promised arrival to when silence counts as receipt.
    pub accept_ms: Millis,
    /// From acceptance to shipment, and from there to the arrival, at most.
    pub delivery_ms: Millis,
    /// From shipment to when the payment is late.
    pub pay_ms: Millis,
    /// From a withdrawal or complaint to when the refund or the answer is late.
    pub refund_ms: Millis,
    /// Tolerated difference of clocks.
    pub skew_ms: Millis,
    /// From arrival to the end of the right of withdrawal.
    pub withdraw_ms: Millis,
}

impl ParcelTimes {
    /// The times of a shop that has set none.
    #[must_use]
    pub const fn standard() -> Self {
        ParcelTimes {
            accept_ms: Millis::days(14),
            delivery_ms: Millis::days(7),
            pay_ms: Millis::days(7),
            refund_ms: Millis::days(14),
            skew_ms: Millis::seconds(120),
            withdraw_ms: Millis::days(14),
        }
    }

    /// A consumer's right is no shorter than the law has it, and nothing lasts for ever.
    fn check(&self) -> Result<(), Violation> {
        let lengths = [self.accept_ms, self.delivery_ms, self.pay_ms, self.refund_ms, self.withdraw_ms];
        let fair = self.withdraw_ms >= Millis::days(14) && self.refund_ms <= Millis::days(14);
        let bounded = lengths.iter().all(|length| *length <= Millis::days(366)) && self.skew_ms <= Millis::hours(1);
        if fair && bounded { Ok(()) } else { Err(Violation::new(Code::TermsWrong, "times")) }
    }
}

/// One line as the shop wants to offer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Good {
    /// The item with the price of one.
    pub item: Item,
    /// How many.
    pub quantity: u64,
    /// The rate within the price.
    pub vat: VatRate,
}

/// What differs from shop to shop and from offer to offer, beside the goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// See [`ParcelTerms::bank`].
    pub bank: Third,
    /// ISO 4217.
    pub currency: Currency,
    /// See [`ParcelTerms::escrow`].
    pub escrow: Option<EscrowTerms>,
    /// See [`ParcelTerms::return_costs`].
    pub return_costs: Bearer,
    /// See [`ParcelTerms::shipping`].
    pub shipping: Shipping,
    /// See [`ParcelTerms::times`].
    pub times: ParcelTimes,
}

/// What an offer says in short, after its own rules were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What is paid if everything is shipped.
    pub amount: Amount,
    /// The first good's name, and how many more lines there are.
    pub title: String,
}

/// The checkout for these goods. What differs from statement to statement comes from the `meta` it will be
/// signed with.
///
/// # Errors
/// Too many lines, no line, a quantity or sum out of bounds.
pub fn checkout(meta: &Meta, goods: &[Good], conditions: Conditions) -> Result<ParcelOffer, Violation> {
    let Conditions { bank, currency, escrow, return_costs, shipping, times } = conditions;
    let (grade, pay) = promise(escrow.as_ref());
    let sums = Sums::of(goods, &shipping, currency)?;
    let numbered = (1_usize..).zip(goods).zip(sums.lines);
    let line_items = numbered.map(|((number, good), totals)| LineItem {
        id: number.to_string(),
        item: good.item.clone(),
        quantity: good.quantity,
        totals,
    });
    let terms = ParcelTerms {
        bank,
        escrow,
        grade,
        pay,
        return_costs,
        shipping,
        times,
        vat: sums.vat,
        withdrawal: ParcelWithdrawal::FromArrival,
    };
    Ok(ParcelOffer {
        currency,
        expires_at: meta.expires,
        id: hex(&meta.nonce.0),
        line_items: line_items.collect(),
        links: Vec::new(),
        status: Status::ReadyForComplete,
        terms,
        totals: sums.totals,
        ucp: header(),
    })
}

/// What an offer promises, by how its money is kept.
fn promise(escrow: Option<&EscrowTerms>) -> (Grade, PayWhen) {
    match escrow {
        None => (Grade::EvidenceOnly, PayWhen::OnShipping),
        Some(_) => (Grade::Escrow, PayWhen::Locked),
    }
}

fn header() -> Ucp {
    let handler = Handler { id: "transfer".to_owned(), version: OWN_VERSION.to_owned() };
    Ucp { payment_handlers: BTreeMap::from([(HANDLER.to_owned(), vec![handler])]), ..Ucp::own() }
}

/// The only sums that goods can have.
struct Sums {
    lines: Vec<Vec<Total>>,
    totals: Vec<Total>,
    vat: Vec<VatSum>,
}

impl Sums {
    fn of(goods: &[Good], shipping: &Shipping, currency: Currency) -> Result<Self, Violation> {
        let wrong = |what: &str| Violation::new(Code::TermsWrong, what);
        if goods.is_empty() || goods.len() > ORDER_LINES_MAX {
            return Err(wrong("line items"));
        }
        let money = |minor| Amount::new(minor, currency).map_err(|_| wrong("price"));
        let mut rates: BTreeMap<VatRate, VatSum> = BTreeMap::new();
        let mut lines = Vec::with_capacity(goods.len());
        let mut total = money(0)?;
        let mut add = |line: String, gross: Amount, rate: VatRate| -> Result<u64, Violation> {
            let tax = rate.within(gross).minor();
            let sum = rates.entry(rate).or_insert(VatSum { gross: 0, lines: Vec::new(), rate, tax: 0 });
            sum.gross = sum.gross.saturating_add(gross.minor());
            sum.tax = sum.tax.saturating_add(tax);
            sum.lines.push(line);
            total = total.plus(gross).map_err(|_| wrong("total"))?;
            Ok(tax)
        };
        for (number, good) in (1_usize..).zip(goods) {
            if good.quantity == 0 || good.quantity > OFFER_QUANTITY_MAX || good.item.price == 0 {
                return Err(wrong("quantity or price"));
            }
            let gross = money(good.item.price)?.times(good.quantity).map_err(|_| wrong("line total"))?;
            let tax = add(number.to_string(), gross, good.vat)?;
            lines.push(triple(gross.minor(), tax));
        }
        let freight = money(shipping.price)?;
        let freight_tax = add(SHIPPING_LINE.to_owned(), freight, shipping.vat)?;
        let vat: Vec<VatSum> = rates.into_values().collect();
        let tax = vat.iter().fold(0_u64, |sum, rate| sum.saturating_add(rate.tax));
        let net_freight = freight.minor().saturating_sub(freight_tax);
        let net = total.minor().saturating_sub(tax).saturating_sub(net_freight);
        let sum = |amount, r#type| Total { amount, r#type };
        let totals = vec![
            sum(net, TotalType::Subtotal),
            sum(net_freight, TotalType::Fulfillment),
            sum(tax, TotalType::Tax),
            sum(total.minor(), TotalType::Total),
        ];
        Ok(Sums { lines, totals, vat })
    }
}

fn triple(gross: u64, tax: u64) -> Vec<Total> {
    vec![
        Total { amount: gross.saturating_sub(tax), r#type: TotalType::Subtotal },
        Total { amount: tax, r#type: TotalType::Tax },
        Total { amount: gross, r#type: TotalType::Total },
    ]
}

/// Checks the rules that hold within an offer: its sums follow from the lines, the rates and the shipping.
/// The shop checks its own offers by it before it sends them.
pub fn check(offer: &Statement<ParcelOffer>) -> Result<Summary, Violation> {
    let body = &offer.body;
    let wrong = |what: &str| Violation::new(Code::TermsWrong, what);
    if body.ucp.version != UCP_VERSION {
        return Err(Violation::new(Code::VersionUnknown, &body.ucp.version));
    }
    if body.ucp != header() {
        return Err(wrong("ucp"));
    }
    if body.id != hex(&offer.meta.nonce.0) {
        return Err(wrong("id"));
    }
    if body.expires_at != offer.meta.expires {
        return Err(Violation::new(Code::MismatchDeadline, "expires_at"));
    }
    if body.links.len() > OFFER_LINKS_MAX || !body.links.iter().all(|link| is_web_address(&link.url)) {
        return Err(wrong("links"));
    }
    body.terms.times.check()?;
    if (body.terms.grade, body.terms.pay) != promise(body.terms.escrow.as_ref()) {
        return Err(wrong("grade"));
    }
    body.terms.escrow.as_ref().map_or(Ok(()), |escrow| escrow.check(&body.terms.times))?;
    let goods = goods(body)?;
    let sums = Sums::of(&goods, &body.terms.shipping, body.currency)?;
    let same_lines = body.line_items.iter().zip(&sums.lines).all(|(line, totals)| line.totals == *totals);
    if !same_lines || body.totals != sums.totals || body.terms.vat != sums.vat {
        return Err(Violation::new(Code::MismatchAmount, "totals"));
    }
    let first = goods.first().ok_or_else(|| wrong("line items"))?;
    let title = match goods.len() {
        1 => first.item.title.clone(),
        lines => format!("{} (+{})", first.item.title, lines.saturating_sub(1)),
    };
    Ok(Summary { amount: total(body)?, title })
}

/// The lines with their rates, read back.
fn goods(body: &ParcelOffer) -> Result<Vec<Good>, Violation> {
    let wrong = |what: &str| Violation::new(Code::TermsWrong, what);
    let mut goods = Vec::new();
    for (number, line) in (1_usize..).zip(body.line_items.iter().take(ORDER_LINES_MAX.saturating_add(1))) {
        let Item { id, title, .. } = &line.item;
        if line.id != number.to_string() || !is_text(id, OFFER_ID_CHARS_MAX) || !is_text(title, OFFER_TITLE_CHARS_MAX) {
            return Err(wrong("line"));
        }
        let rate = body.terms.vat.iter().find(|sum| sum.lines.contains(&line.id)).ok_or_else(|| wrong("vat"))?.rate;
        goods.push(Good { item: line.item.clone(), quantity: line.quantity, vat: rate });
    }
    let same_item = |good: &Good| goods.iter().filter(|other| other.item.id == good.item.id).count() > 1;
    if goods.iter().any(same_item) {
        return Err(wrong("an item in two lines"));
    }
    Ok(goods)
}

/// What is paid if everything is shipped.
pub fn total(body: &ParcelOffer) -> Result<Amount, Violation> {
    let total = body.totals.iter().find(|total| total.r#type == TotalType::Total);
    let total = total.ok_or_else(|| Violation::new(Code::FieldMissing, "total"))?;
    Amount::new(total.amount, body.currency).map_err(|_| Violation::new(Code::TermsWrong, "total"))
}
