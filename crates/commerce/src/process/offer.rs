//! The offer: a UCP checkout (Universal Commerce Protocol, release 2026-08-25) signed by the shop.
//!
//! Every member that is Semper's own stands inside the member `semper`; the rest is UCP's. So the
//! shop's one signature is also what UCP calls merchant authorization. Of UCP's members exactly those
//! written here are accepted: what a signature covers must be understood.

use std::collections::BTreeMap;

use semper_base::code::Code;
use semper_base::limits::LINE_ITEMS_MAX;
use semper_base::{Amount, Currency, Hash, Millis, Timestamp, Violation};
use semper_blocks::statement::{Body, Kind, Statement};
use semper_exchange::fair::dgp::descriptor::{Deadlines, Third};
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};

/// The UCP release that offers are written in.
pub const UCP_VERSION: &str = "2026-08-25";
/// Our payment handler's reverse domain name (an example domain: there is no registration).
pub const HANDLER: &str = "org.example.semper.dgp";

/// The checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
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
    pub terms: Terms,
    /// Sums.
    pub totals: Vec<Total>,
    /// Protocol version and payment handlers.
    pub ucp: Ucp,
}

impl Body for Offer {
    const KIND: Kind = Kind::Offer;
}

/// UCP's own header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ucp {
    /// Handlers by reverse domain name.
    pub payment_handlers: BTreeMap<String, Vec<Handler>>,
    /// Release date.
    pub version: String,
}

/// A way to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handler {
    /// Its id within this offer.
    pub id: String,
    /// Its version.
    pub version: String,
}

/// The only status in which a checkout is an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing is missing but the buyer's order.
    ReadyForComplete,
}

/// A legal document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What it is, such as `terms_of_service`.
    pub r#type: String,
    /// Where it is.
    pub url: String,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineItem {
    /// Its id within the offer.
    pub id: String,
    /// The good.
    pub item: Item,
    /// How many.
    pub quantity: u64,
    /// The line's sums.
    pub totals: Vec<Total>,
}

/// A good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The shop's id of it.
    pub id: String,
    /// Price of one, minor units, VAT included.
    pub price: u64,
    /// Its name.
    pub title: String,
}

/// A sum in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// Minor units.
    pub amount: u64,
    /// Of what.
    pub r#type: TotalType,
}

/// See [`Total`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TotalType {
    /// Before tax, shipping and discounts.
    Subtotal,
    /// VAT.
    Tax,
    /// What is paid.
    Total,
}

/// Semper's own members of an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The bank whose rows are the register.
    pub bank: Third,
    /// The file.
    pub file: File,
    /// The notary for escrow and complaints.
    pub notary: Third,
    /// The notary's sealing key.
    pub notary_seal: PublicKey,
    /// The shop's key that the order's secret half is sealed to.
    pub seal_key: PublicKey,
    /// The times, as lengths; they become deadlines with the acceptance.
    pub times: Times,
    /// Whether and how the buyer may withdraw.
    pub withdrawal: Withdrawal,
}

/// A file on sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Plain bytes per chunk.
    pub chunk: u32,
    /// Bytes.
    pub length: u64,
    /// Media type, such as `text/plain`.
    pub media_type: String,
    /// Name to save it under; no folders.
    pub name: String,
    /// Root over its salted chunks (R).
    pub plain_root: Hash,
}

/// The times of the exchange that an order leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// How long the notary may take.
    pub answer_ms: Millis,
    /// From a key handed over late to settlement.
    pub complaint_ms: Millis,
    /// From contest to refund.
    pub contest_ms: Millis,
    /// From acceptance to the end of the hold.
    pub hold_ms: Millis,
    /// From capture to settlement without receipt.
    pub settle_ms: Millis,
    /// Tolerated difference of clocks.
    pub skew_ms: Millis,
}

impl Times {
    /// The defaults of the design.
    #[must_use]
    pub const fn standard() -> Self {
        Times {
            answer_ms: Millis::hours(24),
            complaint_ms: Millis::hours(48),
            contest_ms: Millis::days(3),
            hold_ms: Millis::hours(24),
            settle_ms: Millis::days(7),
            skew_ms: Millis::seconds(120),
        }
    }

    /// The deadlines of an exchange that opens at `now`.
    #[must_use]
    pub fn from(&self, now: Timestamp) -> Deadlines {
        Deadlines {
            hold_until: now.plus(self.hold_ms),
            settle_ms: self.settle_ms,
            contest_ms: self.contest_ms,
            complaint_ms: self.complaint_ms,
            answer_ms: self.answer_ms,
            skew_ms: self.skew_ms,
        }
    }
}

/// The right of withdrawal (for consumers in the EU: Directive 2011/83/EU, article 16 (m)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withdrawal {
    /// Ends when the content has been delivered with the buyer's express consent.
    EndsWithDelivery,
}

/// What an offer says in short, after its own rules were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What is paid.
    pub amount: Amount,
    /// The good's name.
    pub title: String,
}

/// Checks the rules that hold within an offer: one line, one file, sums that add up.
pub fn check(offer: &Statement<Offer>) -> Result<Summary, Violation> {
    let body = &offer.body;
    let wrong = |what: &str| Violation::new(Code::TermsWrong, what);
    if body.ucp.version != UCP_VERSION {
        return Err(Violation::new(Code::VersionUnknown, &body.ucp.version));
    }
    if !body.ucp.payment_handlers.contains_key(HANDLER) || body.ucp.payment_handlers.len() > LINE_ITEMS_MAX {
        return Err(wrong("payment handler"));
    }
    if body.expires_at != offer.meta.expires {
        return Err(Violation::new(Code::MismatchDeadline, "expires_at"));
    }
    // A file is sold once per exchange: DG-P delivers one root.
    let [line] = body.line_items.as_slice() else {
        return Err(wrong("line items"));
    };
    if line.quantity != 1 || sum(&line.totals) != Some(line.item.price) || sum(&body.totals) != Some(line.item.price) {
        return Err(Violation::new(Code::MismatchAmount, "totals"));
    }
    let name = &body.terms.file.name;
    if name.is_empty() || name.len() > 200 || name.contains(['/', '\\']) || name.starts_with('.') {
        return Err(wrong("file name"));
    }
    let amount = Amount::new(line.item.price, body.currency).map_err(|_| wrong("price"))?;
    Ok(Summary { amount, title: line.item.title.clone() })
}

/// The total, if the other sums add up to it.
fn sum(totals: &[Total]) -> Option<u64> {
    let of = |wanted: TotalType| totals.iter().filter(move |total| total.r#type == wanted);
    let [total] = of(TotalType::Total).collect::<Vec<_>>()[..] else {
        return None;
    };
    let mut parts = of(TotalType::Subtotal).chain(of(TotalType::Tax));
    let parts = parts.try_fold(0_u64, |sum, part| sum.checked_add(part.amount))?;
    (parts == total.amount).then_some(total.amount)
}
