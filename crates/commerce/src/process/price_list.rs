//! A shop's price list: what the owner signs once for a whole catalogue. Each offer is signed by the
//! shop alone and refers to the list that its price stands on.
//!
//! The list itself says how many prices there are, their sum, what changed, and one root over all of
//! them (a tree as in RFC 9162 section 2.1, in the order of the ids), so that a single price can be
//! shown to stand on it without showing the others.

use semper_base::code::Code;
use semper_base::limits::PRICE_CHANGES_SHOWN_MAX;
use semper_base::{Amount, Error, Hash, Misuse, Timestamp, Violation, json};
use semper_blocks::delivery::tree::leaf_hash;
use semper_blocks::statement::{Body, Kind, Statement};
use serde::{Deserialize, Serialize};

use super::product::Product;
use super::vat::VatRate;

/// The price list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// The version of the catalogue that it was made from.
    pub catalogue: u64,
    /// Prices that are new or differ from the last list's.
    pub changed: u64,
    /// The first of them, by id; at most [`PRICE_CHANGES_SHOWN_MAX`].
    pub changes: Vec<Change>,
    /// How many prices there are.
    pub count: u64,
    /// Over the leaves of all [`Entry`]s, by id.
    pub root: Hash,
    /// The sum of all prices: one of each product.
    pub total: Amount,
    /// Until when the shop may offer at these prices.
    pub valid_until: Timestamp,
}

impl Body for PriceList {
    const KIND: Kind = Kind::PriceList;
}

/// A price that is new or differs from the last list's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The product.
    pub id: String,
    /// The price of one.
    pub price: Amount,
    /// Its name.
    pub title: String,
    /// The price on the last list, if it was on it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub was: Option<Amount>,
}

/// One price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The product.
    pub id: String,
    /// The price of one, VAT included.
    pub price: Amount,
    /// Its name.
    pub title: String,
    /// The rate of the VAT that the price includes.
    pub vat: VatRate,
}

impl Entry {
    /// What a list says of a product.
    #[must_use]
    pub fn of(product: &Product) -> Self {
        Entry { id: product.id.clone(), price: product.price, title: product.full_title(), vat: product.vat }
    }

    /// Its leaf under the list's root: the hash of its canonical JSON.
    pub fn leaf(&self) -> Result<Hash, Error> {
        let value = serde_json::to_vec(self).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
        Ok(leaf_hash(&json::canonical(&json::read_value(&value)?)?))
    }
}

/// Checks the rules that hold within a price list.
pub fn check(list: &Statement<PriceList>) -> Result<(), Violation> {
    let body = &list.body;
    let wrong = |what: &str| Err(Violation::new(Code::TermsWrong, what));
    if body.valid_until != list.meta.expires {
        return wrong("valid_until");
    }
    if body.count == 0 || body.changed > body.count {
        return wrong("count");
    }
    if body.changes.len() > PRICE_CHANGES_SHOWN_MAX || body.changes.len() as u64 > body.changed {
        return wrong("changes");
    }
    Ok(())
}
