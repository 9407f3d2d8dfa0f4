//! Imports: staged in many commits, in force with one.

use semper_base::code::Code;
use semper_base::limits::{PRODUCTS_MAX, PRODUCTS_PER_COMMAND_MAX};
use semper_base::{Error, Key, Millis, Misuse, Tx, Write};
use semper_commerce::process::product::Product;
use serde_json::{Value, json};

use super::{
    Eye, Pending, Session, State, Stored, WORK, check_currency, filled, go_on, product_key, rows, stage_key, state,
    state_key,
};
use crate::common::{Desk, text};

/// How long an import may stand still before it is given up.
const PATIENCE: Millis = Millis::seconds(600);
/// Staged rows that one step moves to their place: two writes each, and what else the step writes.
const MOVED_PER_STEP: usize = 50;
/// Rows that one step looks at when it removes what is missing.
const LOOKED_AT_PER_STEP: usize = 200;
/// Rows that one step removes.
const REMOVED_PER_STEP: usize = 100;

/// `{"command":"catalogue-import","step":"begin|put|commit|abort|compare",…}`.
pub(super) fn command(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    match text(request, "step")? {
        "begin" => begin(request, desk),
        "put" => put(request, desk),
        "commit" => commit(request, desk),
        "abort" => abort(request, desk),
        "compare" => compare(request, desk),
        other => Err(Misuse::new(Code::Usage, format!("step: {other}")).into()),
    }
}

/// Whether an import is open, so that nothing else may change what there is.
pub(super) fn is_open(state: &State, desk: &Desk<'_, '_>) -> bool {
    state.open.as_ref().is_some_and(|session| session.until > desk.cx.now)
}

/// Begins a new import. One that was left open is given up.
fn begin(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let flag = |name: &str| request.get(name).and_then(Value::as_bool).unwrap_or(false);
    let mut state = state(desk.tx)?;
    if state.pending.is_some() {
        return Err(Misuse::new(Code::StateWrong, "the last import is still being moved to its place").into());
    }
    state.imports += 1;
    state.open = Some(Session {
        number: state.imports,
        publish: flag("publish"),
        remove_missing: flag("remove_missing"),
        currency: None,
        new: 0,
        changed: 0,
        unchanged: 0,
        met: 0,
        taken_over: 0,
        until: desk.cx.now.plus(PATIENCE),
    });
    rows::put(desk.tx, state_key(), &state)?;
    wake(desk);
    Ok(json!({ "session": state.imports }))
}

/// The work in the background has something to do.
fn wake(desk: &mut Desk<'_, '_>) {
    let [first, _] = WORK;
    desk.tx.push(Write::Timer(Key(first.to_owned()), Some(desk.cx.now)));
}

fn products(request: &Value) -> Result<Vec<Product>, Error> {
    let list = request.get("products").cloned().unwrap_or_default();
    let list: Vec<Product> =
        serde_json::from_value(list).map_err(|e| Misuse::new(Code::FieldWrong, format!("products: {e}")))?;
    if list.len() > PRODUCTS_PER_COMMAND_MAX {
        return Err(Misuse::new(Code::TooMany, "products").into());
    }
    for product in &list {
        product.check().map_err(|wrong| {
            Misuse::new(
                wrong.code(),
                format!("{}: {}", product.id.chars().take(60).collect::<String>(), wrong.detail()),
            )
        })?;
    }
    Ok(list)
}

/// What an import does with one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Changed,
    New,
    Unchanged,
}

fn change(old: Option<&Stored>, new: &Product, publish: bool) -> Change {
    let Some(old) = old else { return Change::New };
    if filled(Some(&old.product), new.clone(), publish) == old.product { Change::Unchanged } else { Change::Changed }
}

fn session(request: &Value, state: &State, desk: &Desk<'_, '_>) -> Result<Session, Error> {
    let number = request.get("session").and_then(Value::as_u64);
    let open = state.open.clone().filter(|session| Some(session.number) == number && session.until > desk.cx.now);
    open.ok_or_else(|| Misuse::new(Code::StateWrong, "this import is over; begin again").into())
}

/// Stages the next products. Nobody sees them before the commit.
fn put(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut state = state(desk.tx)?;
    let mut session = session(request, &state, desk)?;
    let eye = Eye::new(&state, desk.tx)?;
    let mut counts = [0_u64; 3];
    for product in products(request)? {
        session.currency = Some(check_currency(state.currency.or(session.currency), &product)?);
        let place = stage_key(session.number, &product.id);
        if desk.tx.get(&place)?.is_some() {
            return Err(Misuse::new(Code::FieldWrong, format!("{} comes twice", product.id)).into());
        }
        let old = eye.load(desk.tx, &product.id)?;
        let change = change(old.as_ref(), &product, session.publish);
        if let Some(at) = counts.get_mut(change as usize) {
            *at += 1;
        }
        match old.as_ref().map(|old| old.import) {
            None => {}
            Some(Some(_)) => session.met += 1,
            Some(None) => session.taken_over += 1,
        }
        // Staged even if nothing is new: it marks what the feed still has.
        rows::put(desk.tx, place, &product)?;
    }
    let [changed, new, unchanged] = counts;
    session.changed += changed;
    session.new += new;
    session.unchanged += unchanged;
    if state.count.saturating_add(session.new) > PRODUCTS_MAX {
        return Err(Misuse::new(Code::TooMany, "products").into());
    }
    session.until = desk.cx.now.plus(PATIENCE);
    state.open = Some(session);
    rows::put(desk.tx, state_key(), &state)?;
    Ok(json!({ "new": new, "changed": changed, "unchanged": unchanged }))
}

/// Brings everything that was staged into force.
fn commit(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut state = state(desk.tx)?;
    let session = session(request, &state, desk)?;
    let missing = state.imported.saturating_sub(session.met);
    let removed = if session.remove_missing { missing } else { 0 };
    state.version += 1;
    state.count = state.count.saturating_add(session.new).saturating_sub(removed);
    state.imported =
        state.imported.saturating_add(session.new).saturating_add(session.taken_over).saturating_sub(removed);
    state.currency = state.currency.or(session.currency);
    state.open = None;
    state.pending = Some(Pending {
        number: session.number,
        publish: session.publish,
        remove_missing: session.remove_missing,
        version: state.version,
    });
    rows::put(desk.tx, state_key(), &state)?;
    wake(desk);
    let (new, changed) = (session.new, session.changed);
    desk.tell("imported", session.number, format!("{new} products are new, {changed} changed, {removed} removed."));
    Ok(json!({
        "new": new, "changed": changed, "unchanged": session.unchanged, "missing": missing, "removed": removed,
        "count": state.count,
    }))
}

fn abort(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let mut state = state(desk.tx)?;
    session(request, &state, desk)?;
    state.open = None;
    rows::put(desk.tx, state_key(), &state)?;
    wake(desk);
    Ok(Value::Null)
}

/// What an import of these products would do. Writes nothing.
fn compare(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let state = state(desk.tx)?;
    let eye = Eye::new(&state, desk.tx)?;
    let publish = request.get("publish").and_then(Value::as_bool).unwrap_or(false);
    let (mut counts, mut prices, mut met) = ([0_u64; 3], Vec::new(), 0_u64);
    for product in products(request)? {
        check_currency(state.currency, &product)?;
        let old = eye.load(desk.tx, &product.id)?;
        if let Some(at) = counts.get_mut(change(old.as_ref(), &product, publish) as usize) {
            *at += 1;
        }
        met += u64::from(old.as_ref().is_some_and(|old| old.import.is_some()));
        if let Some(old) = old.filter(|old| old.product.price != product.price) {
            prices.push(json!({
                "id": product.id, "was": old.product.price.to_string(), "price": product.price.to_string(),
            }));
        }
    }
    let [changed, new, unchanged] = counts;
    Ok(json!({
        "new": new, "changed": changed, "unchanged": unchanged, "met": met, "imported": state.imported, "prices": prices,
    }))
}

/// The next piece of work in the background: what is in force moves to its place, what was given up goes.
pub(in crate::shop) fn work(timer: &str, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let mut state = state(desk.tx)?;
    if state.open.is_some() && !is_open(&state, desk) {
        state.open = None;
        rows::put(desk.tx, state_key(), &state)?;
    }
    let more = match state.pending {
        Some(pending) => {
            let done = !move_staged(&pending, &state, desk)? && !remove_missing(&pending, desk)?;
            if done {
                state.pending = None;
                rows::put(desk.tx, state_key(), &state)?;
            }
            true
        }
        None => sweep(&state, desk)?,
    };
    let next = match (more, &state.open) {
        (true, _) => Some(desk.cx.now),
        // Looks again whether it was given up.
        (false, Some(session)) => Some(session.until),
        (false, None) => None,
    };
    go_on(WORK, timer, next, desk);
    Ok(())
}

/// Whether anything was left to move.
fn move_staged(pending: &Pending, state: &State, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let prefix = stage_key(pending.number, "").0;
    let eye = Eye::new(state, desk.tx)?;
    let staged = desk.tx.scan(&prefix, MOVED_PER_STEP)?;
    for (place, row) in &staged {
        let product: Product = rows::parse(place, row)?;
        let old: Option<Stored> = rows::get(desk.tx, &product_key(&product.id))?;
        let stored = eye.merged(old, product, pending);
        rows::put(desk.tx, product_key(&stored.product.id), &stored)?;
        desk.tx.delete(place.clone());
    }
    Ok(!staged.is_empty())
}

/// Whether there may be more to remove. What is removed in one step is not met again in the next.
fn remove_missing(pending: &Pending, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    if !pending.remove_missing {
        return Ok(false);
    }
    let cursor = Key::new("catalogue", "removed-to");
    let after = rows::get::<String>(desk.tx, &cursor)?.map(Key);
    let looked_at = desk.tx.scan_after("product/", after.as_ref(), LOOKED_AT_PER_STEP)?;
    let (mut removed, mut last) = (0, None);
    for (key, row) in &looked_at {
        if removed == REMOVED_PER_STEP {
            break;
        }
        if super::is_missing(&rows::parse(key, row)?, pending) {
            desk.tx.delete(key.clone());
            removed += 1;
        }
        last = Some(key);
    }
    match last {
        Some(last) => rows::put(desk.tx, cursor, &last.0)?,
        None => desk.tx.delete(cursor),
    }
    Ok(last.is_some())
}

/// Whether there is more to sweep: rows of imports that were given up.
fn sweep(state: &State, desk: &mut Desk<'_, '_>) -> Result<bool, Error> {
    let open = state.open.as_ref().filter(|session| session.until > desk.cx.now);
    let alive = open.map(|session| stage_key(session.number, "").0);
    let staged = desk.tx.scan("stage/", REMOVED_PER_STEP)?;
    // The numbers go up, so what is alive comes last.
    let dead = |(key, _): &&(Key, Vec<u8>)| alive.as_ref().is_none_or(|alive| !key.0.starts_with(alive.as_str()));
    let dead: Vec<Key> = staged.iter().take_while(dead).map(|(key, _)| key.clone()).collect();
    let more = dead.len() == REMOVED_PER_STEP;
    for key in dead {
        desk.tx.delete(key);
    }
    Ok(more)
}

/// How an import stands, for the overview.
pub(super) fn standing(state: &State, tx: &Tx<'_>) -> Result<Option<Value>, Error> {
    if let Some(pending) = &state.pending {
        let left = !tx.scan(&stage_key(pending.number, "").0, 1)?.is_empty();
        return Ok(Some(json!({ "session": pending.number, "state": "folding", "left": left })));
    }
    Ok(state.open.as_ref().map(|open| json!({ "session": open.number, "state": "open", "new": open.new })))
}
