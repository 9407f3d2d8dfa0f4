//! Data for money: what is sold and bought, a new offer, a file from a seller. Offers, purchases and claims are signed on
//! the trusted screen; these pages only have it asked.

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::limits::LETTER_BYTES_MAX;
use semper_base::{Blob64, Error};
use serde_json::{Value, json};

use super::bills::{Purse, purses, typed_amount};
use super::contract_new::DAY_MS;
use super::contracts::{Done, decode, screen_or};
use super::files::{attachment, safe};
use super::upload::Upload;
use super::view::{self, Theirs};
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::texts::codes::why;
use crate::texts::wallet::Wares;
use crate::texts::{When, fill};

/// An hour, in milliseconds.
const HOUR_MS: u64 = 3_600_000;

/// A sale as a list shows it.
struct Line {
    id: String,
    title: Theirs,
    way: &'static str,
    price: String,
    sentence: &'static str,
}

#[derive(Template)]
#[template(path = "wallet/data.html")]
struct ListPage {
    page: Page,
    t: &'static Wares,
    sales: Vec<Line>,
    wrong: Wrong,
}

#[derive(Template)]
#[template(path = "wallet/data_one.html")]
struct OnePage {
    page: Page,
    t: &'static Wares,
    id: String,
    title: Theirs,
    word: String,
    sentence: &'static str,
    otherwise: Option<&'static str>,
    facts: Vec<(&'static str, Theirs)>,
    until: Option<(&'static str, When)>,
    acts: Vec<(&'static str, &'static str)>,
    file: bool,
    goods: bool,
    /// The packs: of each lock one.
    packs: Vec<String>,
}

#[derive(Template)]
#[template(path = "wallet/data_new.html")]
struct NewPage {
    page: Page,
    t: &'static Wares,
    purses: Vec<Purse>,
    title: String,
    price: String,
    purse: String,
    hours: String,
    days: String,
    hash: bool,
    wrong: Wrong,
}

fn is_sold(data: &Value) -> bool {
    data.get("sold").and_then(Value::as_bool).unwrap_or(false)
}

fn sentence(t: &'static Wares, data: &Value) -> &'static str {
    match (is_sold(data), view::text(data, "/word"), view::text(data, "/stage")) {
        (true, "draft", _) => t.s_sold_draft,
        (true, "due", _) => t.s_sold_due,
        (true, "paid", _) => t.s_sold_paid,
        (true, "offered", _) => t.s_sold_offered,
        (true, ..) => t.s_sold_over,
        (false, "agreed", _) => t.s_bought_agreed,
        (false, "due", _) => t.s_bought_due,
        (false, "received", _) => t.s_bought_received,
        (false, "disputed", _) => t.s_bought_wrong,
        (false, _, "returned") => t.s_bought_back,
        (false, "withdrawn", _) => t.s_bought_nothing,
        (false, ..) => t.s_bought_draft,
    }
}

fn otherwise(t: &'static Wares, data: &Value) -> Option<&'static str> {
    match (is_sold(data), view::text(data, "/word")) {
        (true, "due") => Some(t.o_sold),
        (false, "agreed") => Some(t.o_ordered),
        (false, "due") => Some(t.o_bought),
        _ => None,
    }
}

/// `/data`
pub(super) async fn list(Inside { visit, .. }: Inside) -> Response {
    all(&visit, StatusCode::OK, Wrong::default()).await
}

async fn all(visit: &Visit, status: StatusCode, wrong: Wrong) -> Response {
    let (t, language) = (Wares::of(visit.language), visit.language);
    let answer = match visit.site.party.call(json!({ "command": "data-list" })).await {
        Ok(answer) => answer,
        Err(error) => return Oops::error(visit, &error),
    };
    let line = |data: &Value| Line {
        id: view::text(data, "/data").to_owned(),
        title: view::theirs(view::text(data, "/title")),
        way: if is_sold(data) { t.sold } else { t.bought },
        price: view::money(language, data, "/price").unwrap_or_default(),
        sentence: sentence(t, data),
    };
    // The newest first.
    let sales = view::list(&answer, "/sales").iter().rev().map(line).collect();
    show_as(status, &ListPage { page: Page::new(visit, t.title), t, sales, wrong })
}

/// Takes a seller's file: the owner is asked whether to buy.
pub(super) async fn buy(Inside { visit, .. }: Inside, upload: Upload) -> Response {
    let file = upload.files.into_iter().next().map(|file| Blob64(file.content)).unwrap_or_default();
    match visit.site.party.call(json!({ "command": "data-buy", "file": file })).await {
        Ok(data) => go(&asked(&visit, &data).await),
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            let mut wrong = Wrong::default();
            wrong.note("file", format!("{}: {}", Wares::of(visit.language).given_wrong, why(visit.language, &error)));
            all(&visit, StatusCode::UNPROCESSABLE_ENTITY, wrong).await
        }
    }
}

/// The trusted screen, if it asks about this sale; else its page.
async fn asked(visit: &Visit, data: &Value) -> String {
    let id = view::text(data, "/data");
    screen_or(visit, &format!("data/{id}"), format!("/data/{id}?done=1")).await
}

/// `/data/ID`
pub(super) async fn one(Inside { visit, .. }: Inside, Path(id): Path<String>, Query(done): Query<Done>) -> Response {
    match visit.site.party.call(json!({ "command": "data", "data": id })).await {
        Ok(data) => show(&shown(&visit, &data, done.is_done())),
        Err(error) => Oops::error(&visit, &error),
    }
}

fn shown(visit: &Visit, data: &Value, done: bool) -> OnePage {
    let (t, sold) = (Wares::of(visit.language), is_sold(data));
    let title = view::theirs(view::text(data, "/title"));
    let can = |act: &str| view::list(data, "/can").iter().any(|word| word.as_str() == Some(act));
    let acts = [("abort", if sold { t.abort_sold } else { t.abort_bought }), ("resume", t.resume)];
    let until = view::when(visit.language, data, "/until").filter(|_| data.get("over") != Some(&Value::Bool(true)));
    let packs = if can("export") { view::list(data, "/locks") } else { &[] };
    OnePage {
        page: Page::new(visit, title.text.clone()).noting(done.then_some(t.done)),
        t,
        id: view::text(data, "/data").to_owned(),
        word: view::text(data, "/word").to_owned(),
        sentence: sentence(t, data),
        otherwise: otherwise(t, data),
        facts: facts(visit, data),
        until: until.map(|until| (if sold { t.until_sold } else { t.until_bought }, until)),
        acts: acts.into_iter().filter(|(act, _)| can(act)).collect(),
        file: sold && can("file"),
        goods: can("read"),
        packs: packs.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        title,
    }
}

fn facts(visit: &Visit, data: &Value) -> Vec<(&'static str, Theirs)> {
    let (t, sold) = (Wares::of(visit.language), is_sold(data));
    let own = |text: String| Theirs { text, odd: false };
    let number = |name: &str| data.get(name).and_then(Value::as_u64).unwrap_or_default().to_string();
    let name = view::theirs(view::text(data, "/name"));
    let mut facts = vec![
        (t.price, own(view::money(visit.language, data, "/price").unwrap_or_default())),
        (t.file, Theirs { text: fill(t.bytes, &[&name.text, &number("length")]), odd: name.odd }),
        (t.seller, if sold { own(t.you.to_owned()) } else { view::theirs(view::text(data, "/seller")) }),
        (t.buyer, own(if sold { t.anybody } else { t.you }.to_owned())),
        (t.bank, view::theirs(view::text(data, "/bank"))),
    ];
    if sold {
        facts.push((t.counts, own(fill(t.counted, &[&number("paid"), &number("returned"), &number("open")]))));
    }
    facts
}

/// Has something done about a sale.
pub(super) async fn act(
    Inside { visit, .. }: Inside,
    Path((id, act)): Path<(String, String)>,
    _form: Form,
) -> Response {
    let word = match act.as_str() {
        "abort" => "data-abort",
        "resume" => "data-resume",
        _ => return Oops::not_found(&visit),
    };
    match visit.site.party.call(json!({ "command": word, "data": id })).await {
        // What was only dropped has no page any more.
        Ok(data) if data.get("title").is_none() => go("/data"),
        Ok(data) => go(&format!("/data/{}?done=1", view::text(&data, "/data"))),
        Err(error) => Oops::error(&visit, &error),
    }
}

/// `/data/ID/file`: what is given to buyers.
pub(super) async fn file(Inside { visit, .. }: Inside, Path(id): Path<String>) -> Response {
    let name = format!("{}.semper-data", safe(&id, "data"));
    download(&visit, json!({ "command": "data-file", "data": id }), "/file", |_| name).await
}

/// `/data/ID/goods`: what was bought.
pub(super) async fn goods(Inside { visit, .. }: Inside, Path(id): Path<String>) -> Response {
    let command = json!({ "command": "data-read", "data": id });
    download(&visit, command, "/data", |answer| safe(view::text(answer, "/name"), "data")).await
}

/// `/data/ID/evidence/LOCK`
pub(super) async fn evidence(Inside { visit, .. }: Inside, Path((id, lock)): Path<(String, String)>) -> Response {
    let name = format!("evidence-{}.zip", safe(&lock, "data"));
    let command = json!({ "command": "data-export", "data": id, "lock": lock });
    download(&visit, command, "/pack", |_| name).await
}

async fn download(visit: &Visit, command: Value, member: &str, name: impl FnOnce(&Value) -> String) -> Response {
    let answer = visit.site.party.call(command).await;
    match answer.and_then(|answer| Ok((decode(view::text(&answer, member))?, name(&answer)))) {
        Ok((content, name)) => attachment(&name, Body::from(content)),
        Err(error) => Oops::error(visit, &error),
    }
}

/// `/data/new`
pub(super) async fn form(Inside { visit, .. }: Inside) -> Response {
    show(&blank(&visit).await)
}

async fn blank(visit: &Visit) -> NewPage {
    let t = Wares::of(visit.language);
    NewPage {
        page: Page::new(visit, t.new),
        t,
        purses: purses(visit).await,
        title: String::new(),
        price: String::new(),
        purse: String::new(),
        hours: "24".to_owned(),
        days: "7".to_owned(),
        hash: false,
        wrong: Wrong::default(),
    }
}

/// Seals a file and has the owner asked to offer it.
pub(super) async fn sell(Inside { visit, .. }: Inside, upload: Upload) -> Response {
    let mut page = blank(&visit).await;
    page.title = upload.get("title").to_owned();
    page.price = upload.get("price").to_owned();
    page.purse = upload.get("purse").to_owned();
    page.hours = upload.get("hours").to_owned();
    page.days = upload.get("days").to_owned();
    page.hash = !upload.get("hash").is_empty();
    let purse = page.purses.iter().find(|purse| purse.name == page.purse).or(page.purses.first());
    let price = purse.and_then(|purse| typed_amount(&page.price, &purse.currency));
    let purse = purse.map(|purse| purse.name.clone());
    let number = |text: &str, most: u64| text.parse::<u64>().ok().filter(|number| (1..=most).contains(number));
    let (hours, days) = (number(&page.hours, 720), number(&page.days, 29));
    let file = upload.files.into_iter().next().filter(|file| file.content.len() <= LETTER_BYTES_MAX);
    let t = page.t;
    let checks = [
        ("file", file.is_none(), t.wrong_file),
        ("title", page.title.is_empty(), t.wrong_title),
        ("price", price.is_none(), t.wrong_price),
        ("hours", hours.is_none(), t.wrong_hours),
        ("days", days.is_none(), t.wrong_days),
    ];
    for (field, _, problem) in checks.into_iter().filter(|(_, is_wrong, _)| *is_wrong) {
        page.wrong.note(field, problem);
    }
    let (Some(file), Some(hours), Some(days), true) = (file, hours, days, page.wrong.is_empty()) else {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let command = json!({
        "command": "data-sell", "data": Blob64(file.content), "name": file.name, "title": page.title, "price": price,
        "purse": purse, "hash": page.hash, "lock_ms": hours.saturating_mul(HOUR_MS),
        "until_ms": days.saturating_mul(DAY_MS),
    });
    match visit.site.party.call(command).await {
        Ok(data) => go(&asked(&visit, &data).await),
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            page.wrong.note("file", why(visit.language, &error));
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}
