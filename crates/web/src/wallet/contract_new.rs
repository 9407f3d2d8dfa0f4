//! A new contract that is signed and nothing else. Which notary, for what fee, and who pays it is chosen here, before
//! anything is written.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::Error;
use serde_json::{Map, Value, json};

use super::pick::{Pick, What, cards, linked};
use super::view;
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::texts::wallet::Contracts;
use crate::texts::{codes, fill};

/// Longest text of a contract that is typed here, in characters.
pub(super) const TEXT_CHARS_MAX: usize = 16_000;
/// A day, in milliseconds.
pub(super) const DAY_MS: u64 = 86_400_000;

#[derive(Template)]
#[template(path = "wallet/contract_new.html")]
struct NewPage {
    page: Page,
    t: &'static Contracts,
    links: Vec<(String, String)>,
    title: String,
    text: String,
    with: String,
    link: String,
    optimistic: bool,
    days: String,
    pick: Pick,
    wrong: Wrong,
}

/// `/contracts/new`
pub(super) async fn form(Inside { visit, .. }: Inside) -> Response {
    show(&blank(&visit, &[]).await)
}

async fn blank(visit: &Visit, with: &[Value]) -> NewPage {
    let t = Contracts::of(visit.language);
    NewPage {
        page: Page::new(visit, t.new),
        t,
        links: linked(visit).await,
        title: String::new(),
        text: String::new(),
        with: String::new(),
        link: String::new(),
        optimistic: false,
        days: "7".to_owned(),
        pick: Pick::new(visit, What::Contract, with).await,
        wrong: Wrong::default(),
    }
}

/// Writes a new contract; nobody signs anything. Or only compares the lists of notaries.
pub(super) async fn make(Inside { visit, .. }: Inside, form: Form) -> Response {
    let t = Contracts::of(visit.language);
    let mut with: Vec<Value> = cards(form.get("with"));
    let mut page = blank(&visit, &with).await;
    page.title = form.get("title").to_owned();
    page.text = form.get("text").replace("\r\n", "\n");
    page.with = form.get("with").to_owned();
    page.link = form.get("link").to_owned();
    page.days = form.get("days").to_owned();
    page.optimistic = form.has("optimistic");
    page.pick.take(form.get("notary"), form.get("payer"), &mut page.wrong);
    if form.has("look") {
        return show(&page);
    }
    if !page.link.is_empty() {
        with.push(json!({ "link": page.link }));
    }
    let days = days(&page.days);
    check(&mut page, &with, days);
    if !page.wrong.is_empty() {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let mut command = Map::new();
    page.pick.tell(&mut command);
    command.insert("command".to_owned(), json!("contract-new"));
    command.insert("title".to_owned(), json!(page.title));
    command.insert("text".to_owned(), json!(page.text));
    command.insert("with".to_owned(), json!(with));
    command.insert("optimistic".to_owned(), json!(page.optimistic));
    command.insert("expires_ms".to_owned(), json!(days.unwrap_or(7).saturating_mul(DAY_MS)));
    match visit.site.party.call(Value::Object(command)).await {
        Ok(contract) => go(&format!("/contract/{}", view::text(&contract, "/contract"))),
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            page.wrong.note("with", fill(t.wrong_made, &[codes::text(visit.language, error.code())]));
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// A number of days as it was typed.
pub(super) fn days(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|days| (1..=365).contains(days))
}

fn check(page: &mut NewPage, with: &[Value], days: Option<u64>) {
    let t = page.t;
    if page.title.is_empty() {
        page.wrong.note("title", t.wrong_title);
    }
    if page.text.is_empty() || page.text.chars().count() > TEXT_CHARS_MAX {
        page.wrong.note("text", t.wrong_text);
    }
    if with.is_empty() || with.iter().any(Value::is_null) {
        page.wrong.note("with", t.wrong_with);
    } else if page.pick.payer.parse::<usize>().is_ok_and(|payer| payer > with.len()) {
        page.wrong.note("payer", page.pick.t.wrong_payer);
    }
    if days.is_none() {
        page.wrong.note("days", t.wrong_days);
    }
}
