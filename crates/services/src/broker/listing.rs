//! What the shops sell, as they say. A shop's products come in runs of small messages; a run that was
//! `full` ends with everything going that it did not bring.
//!
//! ```text
//! listing/SHOP/PRODUCT    Listing
//! sweep/SHOP              timer: the next listings that must go
//! ```

use std::collections::BTreeMap;

use semper_base::code::Code;
use semper_base::limits::{LISTING_MESSAGES_PER_DAY_MAX, LISTINGS_MAX, LISTINGS_PER_SHOP_MAX};
use semper_base::{Error, Fault, Hash, Key, PeerId, Timestamp, View, Violation, Write};
use semper_commerce::process::product::Product;
use serde::{Deserialize, Serialize};

use super::book::{self, Shop};
use super::words::{Last, Products, Taken, kinds};
use crate::common::{Desk, rows};

/// Listings that one step of a sweep looks at.
const SWEPT_LOOKED_AT: usize = 1000;
/// Listings that one step of a sweep removes.
const SWEPT_REMOVED: usize = 100;

/// A product of a shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// As the shop says.
    pub product: Product,
    /// The run that brought it last.
    run: u64,
    /// The run in which anything of it changed last.
    pub changed: u64,
}

/// What one shop has listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stock {
    /// How many products.
    pub(super) count: u64,
    /// The present run and the last message of it that came.
    run: u64,
    batch: u64,
    /// When a run was last complete.
    pub(super) complete: Option<Timestamp>,
    /// The price list that the last complete run stood on.
    pub(super) price_list: Option<Hash>,
    /// Listings of runs before this one go.
    sweep: Option<Sweep>,
    /// Messages of this day.
    day: (u64, u64),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sweep {
    below: u64,
    after: Option<String>,
}

impl Stock {
    /// One more message today; false if there were too many.
    pub(super) fn count_message(&mut self, now: Timestamp) -> bool {
        let today = now.seconds() / 86_400;
        let (day, count) = self.day;
        self.day = (today, if day == today { count.saturating_add(1) } else { 1 });
        self.day.1 <= LISTING_MESSAGES_PER_DAY_MAX
    }

    /// Whatever run comes next begins anew.
    pub(super) fn forget_runs(&mut self) {
        (self.batch, self.complete) = (0, None);
    }
}

fn prefix(shop: u64) -> String {
    format!("listing/{shop:06}/")
}

fn key(shop: u64, id: &str) -> Key {
    Key::new("listing", format_args!("{shop:06}/{id}"))
}

fn timer(shop: u64) -> Key {
    Key::new("sweep", format_args!("{shop:06}"))
}

/// The listing of this name, `SHOP/PRODUCT`.
pub(super) fn load(name: &str, desk: &Desk<'_, '_>) -> Result<Option<Listing>, Fault> {
    rows::get(desk.tx, &Key::new("listing", name))
}

/// Takes a few products of a shop. They are its own whatever they are called: their rows bear its number.
pub(super) fn take(from: PeerId, products: &Products, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let shop = book::of_peer(from, desk.tx)?;
    let mut shop = shop.ok_or_else(|| Violation::new(Code::PeerWrong, "not in the directory"))?;
    let now = desk.cx.now;
    if !shop.stock.count_message(now) {
        return Err(Violation::new(Code::TooMany, "messages of one day").into());
    }
    let trust = crate::common::keys::trust_now(desk)?;
    if matches!(shop.standing(trust.as_deref(), now), book::Standing::Dropped | book::Standing::Revoked) {
        return say(&shop, products, Some(Code::AccessDenied), false, desk);
    }
    let stock = &mut shop.stock;
    if products.run > stock.run {
        (stock.run, stock.batch) = (products.run, 0);
    }
    if products.run != stock.run || products.batch != stock.batch + 1 {
        return Err(Violation::new(Code::OutOfTurn, "run or batch").into());
    }
    stock.batch = products.batch;
    shop.heard(now);
    let mut state = book::state(desk.tx)?;
    let code = put(&mut shop, products, &mut state, desk)?;
    let mut again = false;
    if let Some(last) = &products.last {
        again = end(&mut shop, last, products.full, desk);
        state.version += 1;
    }
    book::set_state(&state, desk)?;
    book::store(&shop, desk)?;
    say(&shop, products, code, again, desk)
}

/// Writes the listings; says why if there was no room for one.
fn put(
    shop: &mut Shop,
    products: &Products,
    state: &mut book::State,
    desk: &mut Desk<'_, '_>,
) -> Result<Option<Code>, Error> {
    let mut code = None;
    for product in &products.products {
        let key = key(shop.number, &product.id);
        let known: Option<Listing> = rows::get(desk.tx, &key)?;
        if known.is_none() && (shop.stock.count >= LISTINGS_PER_SHOP_MAX || state.listings >= LISTINGS_MAX) {
            code = Some(Code::TooMany);
            continue;
        }
        if known.is_none() {
            shop.stock.count += 1;
            state.listings += 1;
        }
        let same = known.filter(|known| known.product == *product);
        let changed = same.map_or(products.run, |known| known.changed);
        rows::put(desk.tx, key, &Listing { product: product.clone(), run: products.run, changed })?;
    }
    for id in &products.gone {
        let key = key(shop.number, id);
        if desk.tx.get(&key)?.is_some() {
            desk.tx.delete(key);
            shop.stock.count = shop.stock.count.saturating_sub(1);
            state.listings = state.listings.saturating_sub(1);
        }
    }
    Ok(code)
}

/// Ends a run; true if the shop must tell everything once more.
fn end(shop: &mut Shop, last: &Last, full: bool, desk: &mut Desk<'_, '_>) -> bool {
    shop.stock.complete = Some(desk.cx.now);
    shop.stock.price_list = last.price_list;
    if full {
        shop.stock.sweep = Some(Sweep { below: shop.stock.run, after: None });
        desk.tx.push(Write::Timer(timer(shop.number), Some(desk.cx.now)));
    }
    !full && shop.stock.count != last.count
}

fn say(
    shop: &Shop,
    products: &Products,
    code: Option<Code>,
    again: bool,
    desk: &mut Desk<'_, '_>,
) -> Result<(), Error> {
    let taken = Taken { again, batch: products.batch, code: code.map(Code::number), run: products.run };
    desk.send(shop.peer, kinds::TAKEN, &taken)
}

/// Everything of this shop goes.
pub(super) fn clear(shop: &mut Shop, desk: &mut Desk<'_, '_>) {
    shop.stock.sweep = Some(Sweep { below: u64::MAX, after: None });
    desk.tx.push(Write::Timer(timer(shop.number), Some(desk.cx.now)));
}

/// Removes the next listings that must go.
pub(super) fn sweep(number: u64, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let shop = book::load(number, desk.tx)?;
    let Some((mut shop, sweep)) = shop.and_then(|shop| shop.stock.sweep.clone().map(|sweep| (shop, sweep))) else {
        desk.tx.push(Write::Timer(timer(number), None));
        return Ok(());
    };
    let own = prefix(number);
    let after = sweep.after.as_ref().map(|after| Key(format!("{own}{after}")));
    let looked_at = desk.tx.scan_after(&own, after.as_ref(), SWEPT_LOOKED_AT)?;
    let (mut removed, mut last) = (0, None);
    for (key, row) in &looked_at {
        if removed == SWEPT_REMOVED {
            break;
        }
        last = Some(key);
        if rows::parse::<Listing>(key, row)?.run < sweep.below {
            desk.tx.delete(key.clone());
            removed += 1;
        }
    }
    let mut state = book::state(desk.tx)?;
    let gone = u64::try_from(removed).unwrap_or(u64::MAX);
    shop.stock.count = shop.stock.count.saturating_sub(gone);
    state.listings = state.listings.saturating_sub(gone);
    let is_end = looked_at.len() < SWEPT_LOOKED_AT && last == looked_at.last().map(|(key, _)| key);
    let after = last.and_then(|key| key.0.strip_prefix(&own)).map(str::to_owned);
    shop.stock.sweep = (!is_end).then_some(Sweep { after, ..sweep });
    if is_end {
        state.version += 1;
    }
    book::set_state(&state, desk)?;
    book::store(&shop, desk)?;
    desk.tx.push(Write::Timer(timer(number), (!is_end).then_some(desk.cx.now)));
    Ok(())
}

/// See [`super::page`].
pub(super) fn page(view: &dyn View, after: Option<&str>, limit: usize) -> Result<BTreeMap<String, Listing>, Fault> {
    let after = after.map(|after| Key::new("listing", after));
    let rows = view.scan("listing/", after.as_ref(), limit)?;
    let name = |key: &Key| key.0.strip_prefix("listing/").unwrap_or_default().to_owned();
    rows.iter().map(|(key, row)| Ok((name(key), rows::parse(key, row)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_so_many_messages() {
        let mut stock = Stock::default();
        let morning = Timestamp::from_millis(1_790_000_000_000);
        assert!((0..LISTING_MESSAGES_PER_DAY_MAX).all(|_| stock.count_message(morning)));
        assert!(!stock.count_message(morning));
        assert!(stock.count_message(morning.plus(semper_base::Millis::days(1))));
    }
}
