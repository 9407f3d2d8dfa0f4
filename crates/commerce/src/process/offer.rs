//! The offer: a UCP checkout (Universal Commerce Protocol, release 2026-08-25) signed by the shop.
//!
//! Every member that is Semper's own stands inside the member `semper`; the rest is UCP's. So the
//! shop's one signature is also what UCP calls merchant authorization, once the payload is detached
//! (RFC 7515, appendix F), and what AP2 calls `checkout_jwt` as it is. Of UCP's members exactly those
//! written here are accepted: what a signature covers must be understood.
//!
//! UCP lets an extension add members to a checkout and asks that it be named among the capabilities;
//! `semper` is what [`EXTENSION`] adds.
//!
//! Prices include VAT, as a consumer in the EU sees them. UCP wants all other sums to add up to the
//! total, so `subtotal` is net and `tax` is the VAT that the price includes.

use std::collections::BTreeMap;

use semper_base::code::Code;
use semper_base::hash::hex;
use semper_base::limits::{OFFER_ID_CHARS_MAX, OFFER_LINKS_MAX, OFFER_TITLE_CHARS_MAX, URL_CHARS_MAX};
use semper_base::{Amount, Currency, Hash, Millis, Timestamp, Violation};
use semper_blocks::delivery::Layout;
use semper_blocks::statement::{Body, Kind, Meta, Statement};
use semper_exchange::fair::dgp::descriptor::{Deadlines, Third};
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};

use super::vat::VatRate;

/// The UCP release that offers are written in.
pub const UCP_VERSION: &str = "2026-08-25";
/// Our payment handler's reverse domain name (an example domain: there is no registration).
pub const HANDLER: &str = "org.example.semper.dgp";
/// UCP's capability that an offer is of.
pub const CHECKOUT: &str = "dev.ucp.shopping.checkout";
/// Our extension of it: the member `semper`.
pub const EXTENSION: &str = "org.example.semper.shopping.fair_exchange";
/// The release of our handler and of our extension; UCP's versions are dates.
pub const OWN_VERSION: &str = "2026-11-22";

/// The id of an offer's only line.
const LINE_ID: &str = "1";

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
    /// What the checkout follows: UCP's capability and our extension.
    pub capabilities: BTreeMap<String, Vec<Capability>>,
    /// Handlers by reverse domain name.
    pub payment_handlers: BTreeMap<String, Vec<Handler>>,
    /// Release date.
    pub version: String,
}

/// A capability that is in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capability {
    /// What it extends, if it is an extension.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub extends: Option<String>,
    /// Its release.
    pub version: String,
}

impl Ucp {
    /// The header that every offer of this version has.
    #[must_use]
    pub fn own() -> Self {
        let of = |version: &str, extends: Option<&str>| {
            vec![Capability { extends: extends.map(str::to_owned), version: version.to_owned() }]
        };
        let handler = Handler { id: "dgp".to_owned(), version: OWN_VERSION.to_owned() };
        Ucp {
            capabilities: BTreeMap::from([
                (CHECKOUT.to_owned(), of(UCP_VERSION, None)),
                (EXTENSION.to_owned(), of(OWN_VERSION, Some(CHECKOUT))),
            ]),
            payment_handlers: BTreeMap::from([(HANDLER.to_owned(), vec![handler])]),
            version: UCP_VERSION.to_owned(),
        }
    }
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
    /// What it is.
    pub r#type: LinkType,
    /// Where it is: http or https.
    pub url: String,
}

/// The documents that UCP knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkType {
    /// Questions and answers.
    Faq,
    /// How personal data are treated.
    PrivacyPolicy,
    /// Return of money.
    RefundPolicy,
    /// Delivery.
    ShippingPolicy,
    /// General terms.
    TermsOfService,
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
    /// Shipping, without VAT; in an offer of parcels only.
    Fulfillment,
    /// Without VAT.
    Subtotal,
    /// The VAT that the price includes.
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
    /// The rate of the VAT that the price includes.
    pub vat: VatRate,
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

/// The checkout for one `item`, VAT included in its price. What differs from statement to statement
/// comes from the `meta` it will be signed with.
#[must_use]
pub fn checkout(meta: &Meta, item: Item, currency: Currency, terms: Terms) -> Offer {
    let totals = sums(item.price, currency, terms.vat);
    Offer {
        currency,
        expires_at: meta.expires,
        id: hex(&meta.nonce.0),
        line_items: vec![LineItem { id: LINE_ID.to_owned(), item, quantity: 1, totals: totals.clone() }],
        links: Vec::new(),
        status: Status::ReadyForComplete,
        terms,
        totals,
        ucp: Ucp::own(),
    }
}

/// The only sums that a price can have: net, VAT, total, in this order.
fn sums(price: u64, currency: Currency, vat: VatRate) -> Vec<Total> {
    let tax = Amount::new(price, currency).map_or(0, |price| vat.within(price).minor());
    vec![
        Total { amount: price.saturating_sub(tax), r#type: TotalType::Subtotal },
        Total { amount: tax, r#type: TotalType::Tax },
        Total { amount: price, r#type: TotalType::Total },
    ]
}

/// Checks the rules that hold within an offer: one line, one file, sums that follow from the price.
/// The shop checks its own offers by it before it sends them.
pub fn check(offer: &Statement<Offer>) -> Result<Summary, Violation> {
    let body = &offer.body;
    let wrong = |what: &str| Violation::new(Code::TermsWrong, what);
    if body.ucp.version != UCP_VERSION {
        return Err(Violation::new(Code::VersionUnknown, &body.ucp.version));
    }
    if body.ucp != Ucp::own() {
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
    // A file is sold once per exchange: DG-P delivers one root.
    let [line] = body.line_items.as_slice() else {
        return Err(wrong("line items"));
    };
    let item = &line.item;
    let sums = sums(item.price, body.currency, body.terms.vat);
    if line.quantity != 1 || line.totals != sums || body.totals != sums {
        return Err(Violation::new(Code::MismatchAmount, "totals"));
    }
    if line.id != LINE_ID {
        return Err(wrong("line id"));
    }
    check_goods(item, &body.terms.file)?;
    let amount = Amount::new(item.price, body.currency).map_err(|_| wrong("price"))?;
    Ok(Summary { amount, title: item.title.clone() })
}

/// Checks what can be put on sale: id, title, price, and the file's layout, media type and name.
pub fn check_goods(item: &Item, file: &File) -> Result<(), Violation> {
    if !is_text(&item.id, OFFER_ID_CHARS_MAX) || !is_text(&item.title, OFFER_TITLE_CHARS_MAX) || item.price == 0 {
        return Err(Violation::new(Code::TermsWrong, "item"));
    }
    Layout::new(file.length, file.chunk)?;
    let media_type = file.media_type.split_once('/');
    let is_plain =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    if file.media_type.len() > 127 || !media_type.is_some_and(|(one, two)| is_plain(one) && is_plain(two)) {
        return Err(Violation::new(Code::TermsWrong, "media type"));
    }
    if is_file_name(&file.name) { Ok(()) } else { Err(Violation::new(Code::TermsWrong, "file name")) }
}

/// Whether a name can be given to a file as it is: 1 to 200 bytes, no folder or drive, not hidden,
/// nothing that cannot be seen.
fn is_file_name(name: &str) -> bool {
    is_text(name, 200) && name.len() <= 200 && !name.contains(['/', '\\', ':']) && !name.starts_with('.')
}

/// Whether a text is there, not too long and without control characters.
pub(super) fn is_text(text: &str, chars_max: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= chars_max && !text.chars().any(char::is_control)
}

/// Whether a text looks like an address on the web. Nobody follows it without being asked.
pub(super) fn is_web_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_plain = url.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
    url.len() <= URL_CHARS_MAX
        && is_plain
        && rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}
