//! What travels between a shop and a broker.

use semper_base::code::Code;
use semper_base::limits::{INTEGER_MAX, LISTING_TEXT_BYTES_MAX, LISTINGS_PER_MESSAGE_MAX};
use semper_base::{Hash, Violation};
use semper_commerce::process::product::{Product, is_product_id};
use serde::{Deserialize, Serialize};

/// Message kinds between a shop and a broker.
pub mod kinds {
    use crate::common::traffic::Plain;

    /// Body: [`crate::shop::Certified`]; the statement is a profile.
    pub const PROFILE: &str = Plain::ListingProfile.word();
    /// Body: [`super::Products`].
    pub const PRODUCTS: &str = Plain::ListingProducts.word();
    /// Body: [`super::Taken`].
    pub const TAKEN: &str = Plain::ListingTaken.word();
    /// Body: [`super::Ping`].
    pub const PING: &str = Plain::ListingPing.word();
    /// Body: [`super::Ping`].
    pub const PONG: &str = Plain::ListingPong.word();
}

/// A few products of a shop. Messages of one *run* say together what the shop sells (`full`) or what has
/// changed since the run before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Products {
    /// The message's place in the run, from 1.
    pub batch: u64,
    /// Whether everything goes that the run does not bring.
    pub full: bool,
    /// Products that are no longer sold.
    pub gone: Vec<String>,
    /// Ends the run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last: Option<Last>,
    /// Products as they are now, see [`listed`].
    pub products: Vec<Product>,
    /// The run: each has a higher number than the one before.
    pub run: u64,
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Last {
    /// How many products there are now.
    pub count: u64,
    /// The signed price list that they stand on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub price_list: Option<Hash>,
}

/// What the broker says to a profile (run and batch 0) or to products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// The run does not add up: the next one shall be full.
    pub again: bool,
    /// Of this message.
    pub batch: u64,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<u16>,
    /// Of this run.
    pub run: u64,
}

/// "Are you there?", and the answer with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ping {
    /// Counts up.
    pub number: u64,
}

impl Products {
    /// Checks every bound.
    pub fn check(&self) -> Result<(), Violation> {
        if self.products.len() + self.gone.len() > LISTINGS_PER_MESSAGE_MAX {
            return Err(Violation::new(Code::TooMany, "products"));
        }
        if self.batch == 0 || self.batch > INTEGER_MAX || self.run == 0 || self.run > INTEGER_MAX {
            return Err(Violation::new(Code::FieldWrong, "run or batch"));
        }
        if !self.gone.iter().all(|id| is_product_id(id)) {
            return Err(Violation::new(Code::FieldWrong, "gone"));
        }
        for product in &self.products {
            product.check()?;
            if *product != listed(product.clone()) {
                return Err(Violation::new(Code::FieldWrong, "products"));
            }
        }
        Ok(())
    }
}

/// A product as a directory has it: published, short, and without what changes with each sale.
#[must_use]
pub fn listed(mut product: Product) -> Product {
    let cut = product.description.char_indices().map(|(at, c)| at + c.len_utf8());
    let cut = cut.take_while(|end| *end <= LISTING_TEXT_BYTES_MAX).last().unwrap_or(0);
    product.description.truncate(cut);
    Product { published: true, stock: None, images: Vec::new(), link: None, weight_g: None, ..product }
}
