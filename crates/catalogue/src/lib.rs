//! Product feeds that merchants already have, read into products of a shop's catalogue.
//!
//! ```text
//! Shopify product CSV      both generations of headers; variants and pictures by handle
//! Google Merchant feed     tab-separated or XML (RSS 2.0, Atom)
//! schema.org Product       JSON-LD, as a file or inside an HTML page
//! ```
//!
//! [`read`] finds out which it is, reads it piece by piece and gives each product to its caller. Memory
//! is bounded by the largest piece (a row, an item, the rows of one handle), not by the feed. Each
//! mistake is told with row, column, value, what is wrong and how to put it right; the rows are counted as
//! a spreadsheet shows them. A feed with a mistake gives no products after it: whoever imports publishes
//! all of it or nothing.
//!
//! Nothing here reads a file or a clock: bytes come in, products and problems go out.

mod build;
mod detect;
mod input;
mod jsonld;
mod merchant;
mod money;
mod problem;
mod report;
mod shopify;
mod table;
mod text;
mod xml;

use std::io::Read;

use semper_base::{Currency, Error};
use semper_commerce::process::product::{Product, ProductKind};
use semper_commerce::process::vat::VatRate;

pub use detect::Format;
pub use problem::{PROBLEMS_MAX, Place, Problem};
pub use report::{Mapping, Report};

use input::Input;

/// What feeds do not say.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Of prices that name no currency.
    pub currency: Currency,
    /// The rate of the VAT that prices include.
    pub vat: VatRate,
    /// How products are delivered that the feed says nothing about.
    pub kind: ProductKind,
    /// Whether products are published, unless the feed keeps them back.
    pub publish: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { currency: Currency::EUR, vat: VatRate::STANDARD, kind: ProductKind::Parcel, publish: false }
    }
}

/// Takes the products, one after the other, until the first problem.
pub type Sink<'a> = &'a mut dyn FnMut(Product) -> Result<(), Error>;

/// Reads a feed. Errors are the sink's own and those of reading; what is wrong with the feed is in the
/// report.
pub fn read(from: impl Read, settings: &Settings, sink: Sink<'_>) -> Result<Report, Error> {
    let mut input = Input::new(from);
    let format = match input.head().map_err(|e| input::fault(&e)).map(detect::detect)? {
        Ok(format) => format,
        Err(problem) => return Ok(Report::refused(problem)),
    };
    let mut out = report::Out::new(format, settings, sink);
    match format {
        Format::ShopifyOld | Format::ShopifyNew | Format::MerchantTable => table::read(input, &mut out)?,
        Format::MerchantXml => xml::read(input, &mut out)?,
        Format::JsonLd => jsonld::read(input, &mut out)?,
        Format::JsonLdPage => jsonld::read_page(input, &mut out)?,
    }
    Ok(out.into_report())
}
