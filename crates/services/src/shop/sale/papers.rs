//! The statements that a sale rests on, in a row of their own: `sale-papers/ORDERHASH`.

use semper_base::code::Code;
use semper_base::{Error, Fault, Hash, Key};
use serde::{Deserialize, Serialize};

use super::{Sale, sale_key};
use crate::common::{Desk, rows};

/// The compact texts of offer and order: long, and hardly any step of the sale looks at them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Papers {
    pub(super) offer: String,
    pub(super) order: String,
}

impl Sale {
    /// The offer and the order that the sale rests on.
    pub(super) fn papers(&self, order: Hash, desk: &Desk<'_, '_>) -> Result<Papers, Error> {
        if let Some(papers) = self.own_papers() {
            return Ok(papers);
        }
        let row = papers_key(order);
        let papers = rows::get(desk.tx, &row)?;
        Ok(papers.ok_or_else(|| Fault::new(Code::DatabaseCorrupt, format!("no {}", row.0)))?)
    }

    fn own_papers(&self) -> Option<Papers> {
        Some(Papers { offer: self.offer.clone()?, order: self.order.clone()? })
    }

    /// Stores the sale, with its papers if they have no row of their own yet.
    pub(super) fn store(&self, order: Hash, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
        if let Some(papers) = self.own_papers() {
            rows::put(desk.tx, papers_key(order), &papers)?;
        }
        Ok(rows::put(desk.tx, sale_key(order), self)?)
    }
}

fn papers_key(order: Hash) -> Key {
    Key::new("sale-papers", order)
}
