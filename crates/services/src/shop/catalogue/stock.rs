//! What an order takes from the catalogue and may give back.

use semper_base::code::Code;
use semper_base::limits::{INTEGER_MAX, ORDER_LINES_MAX};
use semper_base::{Error, Hash, Misuse, Refusal};
use semper_commerce::process::product::Product;
use serde::{Deserialize, Serialize};

use super::{Eye, WhyNot, price_list, state, store, why_not};
use crate::common::Desk;

/// One line of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// The product.
    pub(crate) id: &'a str,
    /// How many.
    pub(crate) quantity: u64,
}

/// What was set aside for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    /// The product as it was then.
    pub product: Product,
    /// How many.
    pub quantity: u64,
    /// The price list that covers its price.
    pub list: Hash,
}

/// The product, if it can be bought now, and the price list that covers its price. The refusal says why not.
pub(crate) fn sellable(id: &str, desk: &mut Desk<'_, '_>) -> Result<(Product, Hash), Error> {
    let eye = Eye::new(&state(desk.tx)?, desk.tx)?;
    let stored = eye.load(desk.tx, id)?.ok_or_else(|| Refusal::new(Code::NotForSale, id))?;
    let code = match why_not(&stored, desk.cx.now, desk.tx)? {
        None => {
            let list = price_list::current(desk.tx)?.ok_or_else(|| Refusal::new(Code::PriceUnsigned, id))?;
            return Ok((stored.product, list.hash));
        }
        Some(WhyNot::SoldOut) => Code::SoldOut,
        Some(WhyNot::Unsigned | WhyNot::ListExpired) => Code::PriceUnsigned,
        Some(WhyNot::Unpublished | WhyNot::NoFile) => Code::NotForSale,
    };
    Err(Refusal::new(code, id).into())
}

/// Whether the catalogue has anything under this id, for sale or not.
pub(in crate::shop) fn is_product(id: &str, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let eye = Eye::new(&state(desk.tx)?, desk.tx)?;
    Ok(eye.load(desk.tx, id)?.is_some())
}

/// Takes these out of stock, all or none. A line that there is not enough of is refused by name.
pub(crate) fn reserve(lines: &[Line<'_>], desk: &mut Desk<'_, '_>) -> Result<Vec<Reserved>, Error> {
    if lines.is_empty() || lines.len() > ORDER_LINES_MAX {
        return Err(Misuse::new(Code::TooMany, "lines").into());
    }
    let mut reserved = Vec::with_capacity(lines.len());
    let mut wanted = std::collections::BTreeMap::<&str, u64>::new();
    // Looks at everything before anything is written: a refusal is an answer, not the end of the step.
    for line in lines {
        let (product, list) = sellable(line.id, desk)?;
        let sum = wanted.entry(line.id).or_default();
        *sum = sum.saturating_add(line.quantity);
        if line.quantity == 0 {
            return Err(Misuse::new(Code::FieldWrong, "quantity").into());
        }
        if product.stock.is_some_and(|stock| stock < *sum) {
            return Err(Refusal::new(Code::SoldOut, line.id).into());
        }
        reserved.push(Reserved { product, quantity: line.quantity, list });
    }
    for (id, quantity) in wanted {
        move_stock(id, |stock| stock.saturating_sub(quantity), desk)?;
    }
    Ok(reserved)
}

/// Puts back what was set aside. A product that is gone meanwhile is left alone.
pub(crate) fn give_back(lines: &[Line<'_>], desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    lines
        .iter()
        .try_for_each(|line| move_stock(line.id, |stock| stock.saturating_add(line.quantity).min(INTEGER_MAX), desk))
}

fn move_stock(id: &str, change: impl Fn(u64) -> u64, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let eye = Eye::new(&state(desk.tx)?, desk.tx)?;
    let Some(mut stored) = eye.load(desk.tx, id)? else { return Ok(()) };
    let Some(stock) = stored.product.stock else { return Ok(()) };
    stored.product.stock = Some(change(stock));
    store(&eye, &stored, desk)
}
