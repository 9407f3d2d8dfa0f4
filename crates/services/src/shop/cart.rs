//! Carts: lines that a page of the shop has gathered, under a name that a link to the wallet can hold. A
//! cart promises nothing: neither price nor stock.
//!
//! ```text
//! cart/ID       Cart; also the timer that ends it
//! carts/all     how many stand
//! ```

use semper_base::code::Code;
use semper_base::limits::{CART_LIFE_MS, CARTS_MAX};
use semper_base::{DealId, Error, Key, Millis, Misuse, Refusal, Timestamp, Write};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::common::parcel::{WantedLine, wanted};
use crate::common::{Desk, rows, text};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cart {
    lines: Vec<WantedLine>,
    expires: Timestamp,
    /// Whether an order of it was accepted.
    #[serde(default)]
    ordered: bool,
}

fn key(id: &str) -> Key {
    Key::new("cart", id)
}

fn count_row() -> Key {
    Key::new("carts", "all")
}

/// `{"command":"cart-put","lines":[{"item","quantity"}]}`: a cart for a day.
pub(super) fn put(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let lines = wanted(request)?;
    let count: u64 = rows::get(desk.tx, &count_row())?.unwrap_or(0);
    if count >= CARTS_MAX {
        return Err(Refusal::new(Code::TooManyOpen, "carts").into());
    }
    let mut random = [0_u8; 10];
    desk.cx.crypto.random(&mut random);
    // The random half cannot be guessed: who has the name was given it.
    let id = DealId::new(desk.cx.now, random).to_string();
    let expires = desk.cx.now.plus(Millis(CART_LIFE_MS));
    rows::put(desk.tx, count_row(), &count.saturating_add(1))?;
    rows::put(desk.tx, key(&id), &Cart { lines, expires, ordered: false })?;
    desk.tx.push(Write::Timer(key(&id), Some(expires)));
    Ok(json!({ "cart": id, "expires": expires }))
}

/// `{"command":"cart","cart":ID}`.
pub(super) fn show(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let id = text(request, "cart")?;
    let cart: Cart = rows::get(desk.tx, &key(id))?.ok_or_else(|| Misuse::new(Code::NotFound, "no such cart"))?;
    Ok(json!({ "cart": id, "lines": cart.lines, "expires": cart.expires, "ordered": cart.ordered }))
}

/// What is in a cart that stands.
pub(super) fn lines(id: &str, desk: &Desk<'_, '_>) -> Result<Vec<WantedLine>, Error> {
    let is_name = DealId::parse(id).is_some();
    let cart: Option<Cart> = if is_name { rows::get(desk.tx, &key(id))? } else { None };
    let cart = cart.filter(|cart| desk.cx.now < cart.expires);
    Ok(cart.ok_or_else(|| Refusal::new(Code::CartGone, ""))?.lines)
}

/// A cart was ordered; it may have run out since the offer.
pub(super) fn note_ordered(id: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    match rows::get::<Cart>(desk.tx, &key(id))? {
        Some(cart) => Ok(rows::put(desk.tx, key(id), &Cart { ordered: true, ..cart })?),
        None => Ok(()),
    }
}

/// A cart has run out.
pub(super) fn forget(timer: &Key, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    desk.tx.push(Write::Timer(timer.clone(), None));
    if desk.tx.get(timer)?.is_none() {
        return Ok(());
    }
    desk.tx.delete(timer.clone());
    let count: u64 = rows::get(desk.tx, &count_row())?.unwrap_or(0);
    Ok(rows::put(desk.tx, count_row(), &count.saturating_sub(1))?)
}
