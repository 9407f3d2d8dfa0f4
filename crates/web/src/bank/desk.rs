//! The operator's desk: accounts and sums, one account, holds, transfers, play money.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::{Amount, Code, Currency};
use serde_json::{Value, json};

use super::texts;
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::offices::{Asked, count, list, plain, short, when};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::texts::When;
use crate::texts::bank::Bank;

/// Lines of one page.
const LINES: u64 = 50;

/// A page of a list, from the command's `after`.
fn paged(command: &str, asked: &Asked) -> Value {
    let after = Some(asked.get("after")).filter(|after| !after.is_empty());
    json!({ "command": command, "limit": LINES, "after": after })
}

fn next(found: &Value) -> Option<String> {
    found.get("next").and_then(Value::as_str).map(str::to_owned)
}

#[derive(Template)]
#[template(path = "bank/accounts.html")]
struct AccountsPage {
    page: Page,
    t: &'static Bank,
    /// Currency, given out, on accounts, held, claims, locked.
    sums: Vec<[String; 6]>,
    /// Name, available, entries, opened.
    accounts: Vec<(String, String, u64, When)>,
    next: Option<String>,
}

pub(super) async fn accounts(inside: Inside, asked: Asked) -> Response {
    let visit = &inside.visit;
    let t = texts(visit);
    let party = &visit.site.party;
    let found = match party.call(paged("accounts", &asked)).await {
        Ok(found) => found,
        Err(error) => return Oops::error(visit, &error),
    };
    let books = match party.call(json!({ "command": "books" })).await {
        Ok(books) => books,
        Err(error) => return Oops::error(visit, &error),
    };
    let page = Page::new(visit, t.desk);
    let sum = |line: &Value| {
        let members = ["currency", "given_out", "customers", "held", "claims", "locked"];
        members.map(|member| page.money(plain(line, member)))
    };
    let account = |line: &Value| {
        let opened = when(visit.language, line, "opened").unwrap_or_default();
        let available = page.money(plain(line, "available"));
        (plain(line, "account").to_owned(), available, count(line, "entries"), opened)
    };
    let sums = list(&books, "books").iter().map(sum).collect();
    let accounts = list(&found, "accounts").iter().map(account).collect();
    show(&AccountsPage { sums, accounts, next: next(&found), page, t })
}

#[derive(Template)]
#[template(path = "bank/account.html")]
struct Account {
    page: Page,
    t: &'static Bank,
    name: String,
    available: String,
    /// Number, time, what for, amount, balance, exchange or transfer.
    lines: Vec<(u64, When, String, String, String, String)>,
    older: Option<u64>,
}

pub(super) async fn account(inside: Inside, Path(name): Path<String>, asked: Asked) -> Response {
    let visit = &inside.visit;
    let t = texts(visit);
    let party = &visit.site.party;
    let balance = match party.call(json!({ "command": "balance", "account": name })).await {
        Ok(balance) => balance,
        Err(error) if error.code() == Code::AccountUnknown => return Oops::not_found(visit),
        Err(error) => return Oops::error(visit, &error),
    };
    let request = json!({ "command": "statement", "account": name, "before": asked.number("before") });
    let found = match party.call(request).await {
        Ok(found) => found,
        Err(error) => return Oops::error(visit, &error),
    };
    let notice = (asked.get("done") == "deposit").then_some(t.deposited);
    let page = Page::new(visit, format!("{} {name}", t.account)).noting(notice);
    let available = plain(&balance, "available");
    let currency = available.split_once(' ').map_or("EUR", |(_, currency)| currency);
    let line = |line: &Value| {
        let money = |member: &str| page.money(&minor(line.get(member).and_then(Value::as_i64).unwrap_or(0), currency));
        let at = when(visit.language, line, "at").unwrap_or_default();
        let about = ["xid", "transfer"].map(|member| plain(line, member)).concat();
        (count(line, "number"), at, t.what(plain(line, "what")), money("minor"), money("after"), short(&about))
    };
    let lines: Vec<_> = list(&found, "lines").iter().map(line).collect();
    let older = lines.last().map(|line| line.0).filter(|number| *number > 1);
    show(&Account { available: page.money(available), lines, older, name, page, t })
}

/// Minor units as people write them: `-4.90 EUR`.
fn minor(minor: i64, currency: &str) -> String {
    let amount = Currency::parse(currency).ok().and_then(|known| Amount::new(minor.unsigned_abs(), known).ok());
    let sign = if minor < 0 { "−" } else { "" };
    amount.map_or_else(|| minor.to_string(), |amount| format!("{sign}{amount}"))
}

#[derive(Template)]
#[template(path = "bank/holds.html")]
struct HoldsPage {
    page: Page,
    t: &'static Bank,
    /// Exchange, amount, until.
    holds: Vec<(String, String, When)>,
    next: Option<String>,
}

pub(super) async fn holds(inside: Inside, asked: Asked) -> Response {
    let visit = &inside.visit;
    let t = texts(visit);
    let found = match visit.site.party.call(paged("holds", &asked)).await {
        Ok(found) => found,
        Err(error) => return Oops::error(visit, &error),
    };
    let page = Page::new(visit, t.holds);
    let hold = |line: &Value| {
        let until = when(visit.language, line, "until").unwrap_or_default();
        (plain(line, "xid").to_owned(), page.money(plain(line, "amount")), until)
    };
    show(&HoldsPage { holds: list(&found, "holds").iter().map(hold).collect(), next: next(&found), page, t })
}

#[derive(Template)]
#[template(path = "bank/transfers.html")]
struct Transfers {
    page: Page,
    t: &'static Bank,
    /// Reference, account, until, whether it was paid.
    lines: Vec<(String, String, When, bool)>,
    next: Option<String>,
}

pub(super) async fn transfers(inside: Inside, asked: Asked) -> Response {
    let visit = &inside.visit;
    let t = texts(visit);
    let found = match visit.site.party.call(paged("pay-tos", &asked)).await {
        Ok(found) => found,
        Err(error) => return Oops::error(visit, &error),
    };
    let line = |line: &Value| {
        let until = when(visit.language, line, "until").unwrap_or_default();
        let is_paid = line.get("transfer").is_some_and(|transfer| !transfer.is_null());
        (short(plain(line, "pay_to")), plain(line, "account").to_owned(), until, is_paid)
    };
    let lines = list(&found, "pay_tos").iter().map(line).collect();
    show(&Transfers { page: Page::new(visit, t.transfers), t, lines, next: next(&found) })
}

#[derive(Template)]
#[template(path = "bank/deposit.html")]
struct Deposit {
    page: Page,
    t: &'static Bank,
    account: String,
    amount: String,
    wrong: Wrong,
}

pub(super) async fn deposit_form(inside: Inside, asked: Asked) -> Response {
    form(&inside.visit, asked.get("account"), "", Wrong::default())
}

fn form(visit: &Visit, account: &str, amount: &str, wrong: Wrong) -> Response {
    let t = texts(visit);
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page::new(visit, t.deposit_title);
    show_as(status, &Deposit { page, t, account: account.to_owned(), amount: amount.to_owned(), wrong })
}

/// Gives out play money. What is wrong with it, the party says.
pub(super) async fn deposit(inside: Inside, form_in: Form) -> Response {
    let visit = &inside.visit;
    let t = texts(visit);
    let (account, amount) = (form_in.get("account"), form_in.get("amount"));
    let money = if amount.contains(' ') { amount.to_owned() } else { format!("{amount} EUR") };
    let request = json!({ "command": "deposit", "account": account, "amount": money.replace(',', ".") });
    let mut wrong = Wrong::default();
    match visit.site.party.call(request).await {
        Ok(_) => return go(&format!("/desk/account/{account}?done=deposit")),
        Err(error) => match error.code() {
            Code::AccountUnknown => wrong.note("account", t.account_wrong),
            Code::PlayLimit => wrong.note("amount", t.limit_wrong),
            Code::AmountMalformed
            | Code::AmountNegative
            | Code::AmountOverflow
            | Code::CurrencyUnknown
            | Code::CurrencyMixed => {
                wrong.note("amount", t.amount_wrong);
            }
            _ => return Oops::error(visit, &error),
        },
    }
    form(visit, account, amount, wrong)
}
