//! What the bank's operator looks through, page by page: `{"command":…,"after":NEXT,"limit":N}`. An answer's
//! `next`, if there is one, is the `after` of the next page.

use semper_base::code::Code;
use semper_base::limits::{LEDGER_PAGE, STATEMENT_LINES_MAX};
use semper_base::{Amount, Currency, Error, Hash, Key, Misuse, Xid};
use semper_exchange::fair::dgp::bank::Bank as Machine;
use serde_json::{Value, json};

use super::accounts::{self, Account};
use super::ledger;
use super::transfers::Given;
use crate::common::exchange::Run;
use crate::common::{Desk, rows};

/// A page of the rows under `prefix`: what `line` makes of them, and where the next page begins. No more than
/// [`LEDGER_PAGE`] rows are looked at, of which `line` may leave some out.
pub(super) fn page(
    prefix: &'static str,
    request: &Value,
    desk: &Desk<'_, '_>,
    mut line: impl FnMut(&Key, &[u8]) -> Result<Option<Value>, Error>,
) -> Result<(Vec<Value>, Value), Error> {
    let limit = request.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(STATEMENT_LINES_MAX).clamp(1, STATEMENT_LINES_MAX);
    let after = match request.get("after") {
        None | Some(Value::Null) => None,
        Some(Value::String(after)) => Some(Key(format!("{prefix}{after}"))),
        Some(_) => return Err(Misuse::new(Code::FieldWrong, "after").into()),
    };
    let found = desk.tx.scan_after(prefix, after.as_ref(), LEDGER_PAGE)?;
    let (mut lines, mut last) = (Vec::new(), None);
    for (key, row) in &found {
        if lines.len() >= limit {
            break;
        }
        lines.extend(line(key, row)?);
        last = Some(key);
    }
    let is_all = last == found.last().map(|(key, _)| key) && found.len() < LEDGER_PAGE;
    let next = last.filter(|_| !is_all).and_then(|key| key.0.strip_prefix(prefix));
    Ok((lines, json!(next)))
}

/// Every account with what may be spent of it.
pub(super) fn accounts(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let (accounts, next) = page("account/", request, desk, |key, row| {
        let account: Account = rows::parse(key, row)?;
        let available = accounts::available(desk.tx, &account)?.to_string();
        let entries = ledger::balance(desk.tx, &account.name)?.entries;
        let (name, opened) = (account.name, account.opened_at);
        Ok(Some(json!({ "account": name, "available": available, "entries": entries, "opened": opened })))
    })?;
    Ok(json!({ "accounts": accounts, "next": next }))
}

/// What is held and neither captured nor released.
pub(super) fn holds(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let (holds, next) = page("ledger-exchange/", request, desk, |key, _| {
        let xid = key.0.strip_prefix("ledger-exchange/").and_then(|rest| rest.strip_suffix("/hold"));
        let Some(xid) = xid.and_then(Hash::from_hex).map(Xid) else { return Ok(None) };
        if !ledger::is_held(desk.tx, &xid)? {
            return Ok(None);
        }
        let Some(run) = Run::<Machine>::load(desk.tx, xid)? else { return Ok(None) };
        let core = &run.x(xid, desk.tx)?.core;
        Ok(Some(json!({ "xid": xid, "amount": core.amount.to_string(), "until": core.deadlines.hold_until })))
    })?;
    Ok(json!({ "holds": holds, "next": next }))
}

/// Every reference that was given and not forgotten.
pub(super) fn pay_tos(request: &Value, desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let (pay_tos, next) = page("pay-to/", request, desk, |key, row| {
        let Given { account, currency, pay_to, until, used, .. } = rows::parse(key, row)?;
        let transfer = used.map(|used| used.transfer);
        let line = json!({
            "pay_to": pay_to, "account": account, "currency": currency, "until": until, "transfer": transfer,
        });
        Ok(Some(line))
    })?;
    Ok(json!({ "pay_tos": pay_tos, "next": next }))
}

/// `{"command":"books"}`: the sums of each currency, in minor units; together they are zero.
pub(super) fn books(desk: &Desk<'_, '_>) -> Result<Value, Error> {
    let mut sums = std::collections::BTreeMap::<Currency, [i64; 4]>::new();
    for (key, row) in desk.tx.scan("balance/~", LEDGER_PAGE)? {
        let balance: ledger::Balance = rows::parse(&key, &row)?;
        let Some((book, currency)) = key.0.strip_prefix("balance/").and_then(ledger::Book::of) else { continue };
        let [claims, held, locked, play] = sums.entry(currency).or_default();
        match book {
            ledger::Book::Claims => *claims = balance.minor,
            ledger::Book::Held => *held = balance.minor,
            ledger::Book::Locked => *locked = balance.minor,
            ledger::Book::Play => *play = balance.minor,
        }
    }
    let line = |(currency, [claims, held, locked, play]): (Currency, [i64; 4])| {
        let text = |minor: i64| Amount::new(minor.unsigned_abs(), currency).map(|amount| amount.to_string());
        let customers = play.saturating_neg().saturating_sub(held).saturating_sub(claims).saturating_sub(locked);
        Ok(json!({
            "currency": currency, "given_out": text(play)?, "customers": text(customers)?, "held": text(held)?,
            "claims": text(claims)?, "locked": text(locked)?,
        }))
    };
    let sums = sums.into_iter().map(line).collect::<Result<Vec<_>, Error>>()?;
    Ok(json!({ "books": sums, "time": desk.cx.now }))
}
