//! What a shop shows to others: products that are published and stand on its signed price list.

use semper_base::{Error, Fault, Hash, Timestamp, Tx};
use semper_commerce::process::product::Product;

use super::{Eye, price_list, state};

/// The catalogue as others may see it.
#[derive(Clone, Debug)]
pub(in crate::shop) struct Shelf {
    eye: Eye,
    /// The catalogue's version.
    pub(in crate::shop) version: u64,
    /// The signed price list, while it is good.
    pub(in crate::shop) list: Option<Hash>,
}

/// A product with what a reader must know of it.
#[derive(Clone, Debug)]
pub(in crate::shop) struct Shown {
    pub(in crate::shop) product: Product,
    /// The catalogue's version when anything but its stock last changed.
    pub(in crate::shop) changed: u64,
    /// Whether it is on the shelf.
    pub(in crate::shop) is_out: bool,
}

impl Shelf {
    /// As of now.
    pub(in crate::shop) fn look(now: Timestamp, tx: &Tx<'_>) -> Result<Self, Fault> {
        let state = state(tx)?;
        let list = price_list::current(tx)?.filter(|list| now < list.expires).map(|list| list.hash);
        Ok(Shelf { eye: Eye::new(&state, tx)?, version: state.version, list })
    }

    /// At most `limit` products after the id `after`, on the shelf or not.
    pub(in crate::shop) fn page(&self, tx: &Tx<'_>, after: Option<&str>, limit: usize) -> Result<Vec<Shown>, Error> {
        let shown = |stored: super::Stored| {
            let is_out = self.list.is_some() && stored.product.published && stored.priced <= self.eye.signed;
            Shown { changed: stored.changed, is_out, product: stored.product }
        };
        Ok(self.eye.page(tx, after, limit)?.into_iter().map(shown).collect())
    }
}
