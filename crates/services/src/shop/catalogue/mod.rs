//! The shop's catalogue: products with prices and stock, beside the files that it delivers itself.
//!
//! ```text
//! catalogue/state     State: how many products, which version, which import
//! product/ID          Stored
//! stage/N/ID          a product of import N, not yet in force or not yet moved to its place
//! catalogue/work…     timers: move or sweep the next staged rows
//! price-list/…        see [`price_list`]
//! ```
//!
//! An import is all or nothing whatever its size: its products are staged in many commits that nobody
//! sees, one small commit brings all of them into force, and from then on every reader looks at the
//! staged row first until the work in the background has moved it to its place.

mod commands;
mod import;
mod price_list;
mod published;
mod stock;

use semper_base::code::Code;
use semper_base::limits::PRODUCTS_MAX;
use semper_base::{Currency, Error, Fault, Key, Misuse, Timestamp, Tx, View, Write};
use semper_commerce::process::product::{Product, ProductKind};
use semper_commerce::process::vat::VatRate;
use serde::{Deserialize, Serialize};

use crate::common::{Desk, rows};

pub(super) use commands::command;
pub(super) use import::work;
pub(super) use price_list::{answer, job, text as price_list_text};
pub(in crate::shop) use published::Shelf;
pub use stock::Reserved;
pub(in crate::shop) use stock::is_product;
pub(crate) use stock::{Line, give_back, reserve, sellable};

/// The timers of the work in the background. There are two that wake each other: one that is due again as
/// soon as it has fired is taken for one that cannot do its work, and slowed down.
pub(super) const WORK: [&str; 2] = ["catalogue/work", "catalogue/work-on"];
/// The timers of a price list that is being made.
pub(super) const PRICE_LIST_WORK: [&str; 2] = ["price-list/job", "price-list/job-on"];
/// Rows that one reading of a filtered list looks at.
const ROWS_PER_READING_MAX: usize = 2000;

/// A product as the shop keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    product: Product,
    /// The last import that brought it; none if it was put here by hand.
    import: Option<u64>,
    /// The catalogue's version when anything but its stock last changed.
    changed: u64,
    /// The same for what a price list says of it.
    priced: u64,
    /// The price that the last signed list had, if it has changed since.
    was: Option<semper_base::Amount>,
}

/// The catalogue as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// Products in force.
    count: u64,
    /// Those of them that an import brought.
    imported: u64,
    /// Of every price, from the first product on.
    currency: Option<Currency>,
    /// Goes up with every change but those of stock.
    version: u64,
    /// Number of the last import.
    imports: u64,
    /// The import whose products are being staged.
    open: Option<Session>,
    /// The import that is in force and not yet moved to its place.
    pending: Option<Pending>,
}

/// An import that is being staged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    number: u64,
    publish: bool,
    remove_missing: bool,
    currency: Option<Currency>,
    new: u64,
    changed: u64,
    unchanged: u64,
    /// Products of earlier imports that it brought again.
    met: u64,
    /// Products that were put here by hand and are now a feed's.
    taken_over: u64,
    /// Given up if nothing more comes.
    until: Timestamp,
}

/// An import in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending {
    number: u64,
    publish: bool,
    remove_missing: bool,
    version: u64,
}

fn state_key() -> Key {
    Key::new("catalogue", "state")
}

fn product_key(id: &str) -> Key {
    Key::new("product", id)
}

fn stage_key(import: u64, id: &str) -> Key {
    Key::new("stage", format_args!("{import:012}/{id}"))
}

fn state(tx: &Tx<'_>) -> Result<State, Fault> {
    Ok(rows::get(tx, &state_key())?.unwrap_or_default())
}

/// What a reader needs to see the products in force.
#[derive(Clone, Copy, Debug)]
struct Eye {
    pending: Option<Pending>,
    /// The version that the signed price list covers.
    signed: u64,
}

impl Eye {
    fn new(state: &State, tx: &Tx<'_>) -> Result<Self, Fault> {
        let signed = price_list::current(tx)?.map_or(0, |list| list.version);
        Ok(Eye { pending: state.pending, signed })
    }

    /// The product in force under this id.
    fn load(&self, tx: &Tx<'_>, id: &str) -> Result<Option<Stored>, Fault> {
        let old: Option<Stored> = rows::get(tx, &product_key(id))?;
        let Some(pending) = self.pending else { return Ok(old) };
        if let Some(staged) = rows::get::<Product>(tx, &stage_key(pending.number, id))? {
            return Ok(Some(self.merged(old, staged, &pending)));
        }
        Ok(old.filter(|old| !is_missing(old, &pending)))
    }

    /// What a staged product becomes. What the feed does not say stays as it was.
    fn merged(&self, old: Option<Stored>, staged: Product, pending: &Pending) -> Stored {
        let product = filled(old.as_ref().map(|old| &old.product), staged, pending.publish);
        let stored = self.changed(old, product, pending.version);
        Stored { import: Some(pending.number), ..stored }
    }

    /// A product with its marks after a change in this version of the catalogue.
    fn changed(&self, old: Option<Stored>, product: Product, version: u64) -> Stored {
        let Some(old) = old else {
            return Stored { product, import: None, changed: version, priced: version, was: None };
        };
        let is_same = without_stock(&old.product) == without_stock(&product);
        let is_same_price = listed(&old.product) == listed(&product);
        let was = match (is_same_price, old.priced <= self.signed && old.product.published) {
            (false, true) => Some(old.product.price),
            _ => old.was,
        };
        Stored {
            changed: if is_same { old.changed } else { version },
            priced: if is_same_price { old.priced } else { version },
            was,
            import: old.import,
            product,
        }
    }

    /// At most `limit` products in force after the id `after`, by id.
    fn page(&self, tx: &Tx<'_>, after: Option<&str>, limit: usize) -> Result<Vec<Stored>, Fault> {
        let Some(pending) = self.pending else {
            let after = after.map(product_key);
            let rows = tx.scan_after("product/", after.as_ref(), limit)?;
            return rows.iter().map(|(key, row)| rows::parse(key, row)).collect();
        };
        let mut found = Vec::new();
        let mut after = after.map(str::to_owned);
        while found.len() < limit {
            let ids = Self::ids(tx, &pending, after.as_deref(), limit)?;
            for id in &ids {
                found.extend(self.load(tx, id)?);
            }
            if ids.len() < limit {
                break;
            }
            after = ids.last().cloned();
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The next ids, staged or in place.
    fn ids(tx: &Tx<'_>, pending: &Pending, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        let prefix = stage_key(pending.number, "").0;
        let mut ids = std::collections::BTreeSet::new();
        for prefix in ["product/", &prefix] {
            let after = after.map(|after| Key(format!("{prefix}{after}")));
            let rows = tx.scan_after(prefix, after.as_ref(), limit)?;
            ids.extend(rows.iter().filter_map(|(key, _)| key.0.strip_prefix(prefix).map(str::to_owned)));
        }
        Ok(ids.into_iter().take(limit).collect())
    }
}

/// Whether an import that removes what is missing has not brought this product.
fn is_missing(stored: &Stored, pending: &Pending) -> bool {
    pending.remove_missing && stored.import.is_some_and(|import| import < pending.number)
}

/// A feed's product with what it does not say and we know.
fn filled(old: Option<&Product>, staged: Product, publish: bool) -> Product {
    let Some(old) = old else {
        return Product { published: publish || staged.published, ..staged };
    };
    Product { stock: staged.stock.or(old.stock), published: publish || staged.published || old.published, ..staged }
}

fn without_stock(product: &Product) -> Product {
    Product { stock: None, ..product.clone() }
}

/// What a price list says of a product, if it is on it.
fn listed(product: &Product) -> Option<(String, semper_base::Amount, VatRate)> {
    product.published.then(|| (product.full_title(), product.price, product.vat))
}

/// After the timer `own` of a pair has fired: the other one goes on at `next`.
fn go_on(pair: [&str; 2], own: &str, next: Option<Timestamp>, desk: &mut Desk<'_, '_>) {
    for timer in pair {
        let at = next.filter(|_| timer != own);
        desk.tx.push(Write::Timer(Key(timer.to_owned()), at));
    }
}

/// Writes a product to its place; a staged row of it is in force no longer.
fn store(eye: &Eye, stored: &Stored, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    rows::put(desk.tx, product_key(&stored.product.id), stored)?;
    if let Some(pending) = eye.pending {
        let staged = stage_key(pending.number, &stored.product.id);
        if desk.tx.get(&staged)?.is_some() {
            desk.tx.delete(staged);
        }
    }
    Ok(())
}

/// Refuses prices in more than one currency.
fn check_currency(known: Option<Currency>, product: &Product) -> Result<Currency, Misuse> {
    let own = product.price.currency();
    match known {
        Some(known) if known != own => Err(Misuse::new(
            Code::CurrencyMixed,
            format!("{}: the catalogue is in {known}, this price in {own}", product.id),
        )),
        _ => Ok(own),
    }
}

fn check_count(count: u64) -> Result<(), Misuse> {
    if count < PRODUCTS_MAX { Ok(()) } else { Err(Misuse::new(Code::TooMany, "products")) }
}

/// Why a product cannot be bought just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum WhyNot {
    ListExpired,
    NoFile,
    SoldOut,
    Unpublished,
    Unsigned,
}

fn why_not(stored: &Stored, now: Timestamp, tx: &Tx<'_>) -> Result<Option<WhyNot>, Error> {
    let product = &stored.product;
    let list = price_list::current(tx)?;
    let covered = list.as_ref().filter(|list| stored.priced <= list.version);
    Ok(if !product.published {
        Some(WhyNot::Unpublished)
    } else if covered.is_none() {
        Some(WhyNot::Unsigned)
    } else if covered.is_some_and(|list| list.expires < now) {
        Some(WhyNot::ListExpired)
    } else if product.stock == Some(0) {
        Some(WhyNot::SoldOut)
    } else if product.kind == ProductKind::File && super::goods::ready(tx, &product.id)?.is_none() {
        Some(WhyNot::NoFile)
    } else {
        None
    })
}

/// Which version of the catalogue a store holds: it changes with every change but those of stock.
pub fn version(view: &dyn View) -> Result<u64, Fault> {
    Ok(state(&Tx::new(view))?.version)
}

/// At most `limit` products in force after the id `after`, by id, each with the version in which it last
/// changed: for an index beside the database.
pub fn page(view: &dyn View, after: Option<&str>, limit: usize) -> Result<Vec<(Product, u64)>, Fault> {
    let tx = Tx::new(view);
    let eye = Eye::new(&state(&tx)?, &tx)?;
    Ok(eye.page(&tx, after, limit)?.into_iter().map(|stored| (stored.product, stored.changed)).collect())
}
