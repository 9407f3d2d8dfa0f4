//! What the shop's owner does with the catalogue by hand.

use semper_base::code::Code;
use semper_base::{Error, Misuse, Timestamp, Tx};
use semper_commerce::process::product::{Product, read_price};
use serde_json::{Value, json};

use super::{
    Eye, ROWS_PER_READING_MAX, State, Stored, check_count, check_currency, import, price_list, product_key, rows,
    state, state_key, store, why_not,
};
use crate::common::{Desk, text};

/// Products in one answer unless more are asked for.
const PAGE: usize = 50;
/// Most of them.
const PAGE_MAX: usize = 100;

/// Commands about the catalogue; none if it is another command.
pub(in crate::shop) fn command(word: &str, request: &Value, desk: &mut Desk<'_, '_>) -> Result<Option<Value>, Error> {
    Ok(Some(match word {
        "catalogue" => overview(desk)?,
        "catalogue-import" => import::command(request, desk)?,
        "price-list" => price_list::begin(request, desk)?,
        "product-get" => get(request, desk)?,
        "product-put" => put(request, desk)?,
        "product-remove" => remove(request, desk)?,
        "product-set" => set(request, desk)?,
        "products" => list(request, desk)?,
        _ => return Ok(None),
    }))
}

/// `{"command":"catalogue"}`.
fn overview(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let state = state(desk.tx)?;
    let list = price_list::standing(state.version, desk)?;
    let mut overview = json!({
        "count": state.count, "currency": state.currency, "version": state.version,
        "import": import::standing(&state, desk.tx)?,
    });
    if let (Some(overview), Value::Object(list)) = (overview.as_object_mut(), list) {
        overview.extend(list);
    }
    Ok(overview)
}

/// A product as it is told.
fn shown(stored: &Stored, now: Timestamp, tx: &Tx<'_>) -> Result<Value, Error> {
    let mut value = serde_json::to_value(&stored.product).map_err(|e| Misuse::new(Code::FieldWrong, e.to_string()))?;
    let why_not = why_not(stored, now, tx)?;
    if let Some(members) = value.as_object_mut() {
        members.insert("for_sale".to_owned(), json!(why_not.is_none()));
        if let Some(why_not) = why_not {
            members.insert("why_not".to_owned(), json!(why_not));
        }
        if let Some(was) = stored.was {
            members.insert("was".to_owned(), json!(was.to_string()));
        }
    }
    Ok(value)
}

fn existing(request: &Value, desk: &mut Desk<'_, '_>) -> Result<(State, Eye, Stored), Error> {
    let id = text(request, "id")?;
    let state = state(desk.tx)?;
    let eye = Eye::new(&state, desk.tx)?;
    let stored = eye.load(desk.tx, id)?.ok_or_else(|| Misuse::new(Code::NotFound, id))?;
    Ok((state, eye, stored))
}

/// While an import counts what is new and what is missing, nothing else may come or go.
fn require_closed(state: &State, desk: &Desk<'_, '_>) -> Result<(), Misuse> {
    if import::is_open(state, desk) {
        return Err(Misuse::new(Code::StateWrong, "an import is open; wait for it, or abort it"));
    }
    Ok(())
}

/// `{"command":"product-get","id"}`.
fn get(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (_, _, stored) = existing(request, desk)?;
    shown(&stored, desk.cx.now, desk.tx)
}

/// `{"command":"product-put","product":{…}}`: a new product, or all of a product anew.
fn put(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let product = request.get("product").cloned().unwrap_or_default();
    let product: Product =
        serde_json::from_value(product).map_err(|e| Misuse::new(Code::FieldWrong, format!("product: {e}")))?;
    product.check()?;
    let mut state = state(desk.tx)?;
    require_closed(&state, desk)?;
    let eye = Eye::new(&state, desk.tx)?;
    let old = eye.load(desk.tx, &product.id)?;
    let others = state.count > u64::from(old.is_some());
    state.currency = Some(check_currency(state.currency.filter(|_| others), &product)?);
    if old.is_none() {
        check_count(state.count)?;
        state.count += 1;
    }
    let id = product.id.clone();
    let stored = eye.changed(old.clone(), product, state.version + 1);
    let change = match old {
        None => "new",
        Some(old) if old.product == stored.product => "unchanged",
        Some(_) => "changed",
    };
    write(state, &eye, &stored, desk)?;
    Ok(json!({ "id": id, "change": change }))
}

/// Writes a product that was changed by hand, and the catalogue's version if that is a change.
fn write(mut state: State, eye: &Eye, stored: &Stored, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    state.version = state.version.max(stored.changed).max(stored.priced);
    rows::put(desk.tx, state_key(), &state)?;
    store(eye, stored, desk)
}

/// `{"command":"product-set","id","price"?,"stock"?,"published"?}`: what changes from day to day.
fn set(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (state, eye, old) = existing(request, desk)?;
    let mut product = old.product.clone();
    if request.get("price").is_some() {
        product.price = read_price(text(request, "price")?)?;
        check_currency(state.currency.filter(|_| state.count > 1), &product)?;
    }
    match request.get("stock") {
        None => {}
        Some(Value::Null) => product.stock = None,
        Some(stock) => {
            let stock =
                stock.as_u64().ok_or_else(|| Misuse::new(Code::FieldWrong, "stock: a whole number, or null"))?;
            product.stock = Some(stock);
        }
    }
    if let Some(published) = request.get("published") {
        let published = published.as_bool();
        product.published = published.ok_or_else(|| Misuse::new(Code::FieldWrong, "published: true or false"))?;
    }
    product.check()?;
    let currency = Some(product.price.currency());
    let stored = eye.changed(Some(old), product, state.version + 1);
    write(State { currency, ..state }, &eye, &stored, desk)?;
    shown(&stored, desk.cx.now, desk.tx)
}

/// `{"command":"product-remove","id"}`.
fn remove(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let (mut state, eye, stored) = existing(request, desk)?;
    require_closed(&state, desk)?;
    // First to its place, so that no staged row of it is left.
    store(&eye, &stored, desk)?;
    desk.tx.delete(product_key(&stored.product.id));
    state.count = state.count.saturating_sub(1);
    state.imported = state.imported.saturating_sub(u64::from(stored.import.is_some()));
    if state.count == 0 {
        state.currency = None;
    }
    state.version += 1;
    rows::put(desk.tx, state_key(), &state)?;
    Ok(json!({ "id": stored.product.id, "count": state.count }))
}

/// `{"command":"products","after"?,"limit"?,"published"?,"group"?}`.
fn list(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let limit = request.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let published = request.get("published").and_then(Value::as_bool);
    let group = request.get("group").and_then(Value::as_str);
    let wanted = |stored: &Stored| {
        published.is_none_or(|published| stored.product.published == published)
            && group.is_none_or(|group| stored.product.group.as_deref() == Some(group))
    };
    let state = state(desk.tx)?;
    let eye = Eye::new(&state, desk.tx)?;
    let mut after = request.get("after").and_then(Value::as_str).map(str::to_owned);
    let (mut found, mut seen, mut next) = (Vec::new(), 0, None);
    while found.len() < limit && seen < ROWS_PER_READING_MAX {
        let page = eye.page(desk.tx, after.as_deref(), limit)?;
        let is_last = page.len() < limit;
        for stored in page {
            if found.len() == limit {
                break;
            }
            seen += 1;
            after = Some(stored.product.id.clone());
            if wanted(&stored) {
                let brief = Stored { product: Product { description: String::new(), ..stored.product }, ..stored };
                found.push(shown(&brief, desk.cx.now, desk.tx)?);
            }
        }
        next.clone_from(&after);
        if is_last && found.len() < limit {
            next = None;
            break;
        }
    }
    Ok(json!({ "products": found, "next": next, "count": state.count }))
}
