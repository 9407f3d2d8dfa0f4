//! One deal: where it stands, what it is about, what was signed, what its owner can do.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query};
use axum::http::HeaderValue;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::actions::Act;
use super::locked::{self, Locked};
use super::memory::Shared;
use super::view::{self, Next, Summary, Theirs, Turn};
use crate::door::{Inside, Visit};
use crate::oops::Oops;
use crate::page::{Page, go, show};
use crate::texts::wallet::{Deals, Locks};
use crate::texts::{Language, When, fill};

/// How often a page that waits looks again, in seconds.
const LOOK_AGAIN: &str = "2";

/// One line of what is bought.
struct Line {
    title: Theirs,
    quantity: String,
    price: String,
    total: String,
    vat: String,
    shipped: String,
    cancelled: String,
}

/// One parcel.
struct Part {
    heading: String,
    sentence: Summary,
    next: Option<Next>,
    facts: Vec<(&'static str, String)>,
    times: Vec<(&'static str, When)>,
}

/// Something that happened.
struct Event {
    at: When,
    text: String,
    by: &'static str,
}

/// A signed document.
struct Document {
    kind: String,
    issued: When,
    signer: &'static str,
    hash: String,
}

#[derive(Template)]
#[template(path = "wallet/deal.html")]
struct DealPage {
    page: Page,
    t: &'static Deals,
    l: &'static Locks,
    deal: Summary,
    differs: bool,
    grade: Option<(&'static str, &'static str)>,
    risk: Option<String>,
    lines: Vec<Line>,
    sums: Vec<(&'static str, String)>,
    locks: Vec<Locked>,
    parts: Vec<Part>,
    address: Option<Vec<Theirs>>,
    terms: Vec<(&'static str, String)>,
    events: Vec<Event>,
    documents: Vec<Document>,
    acts: Vec<(String, &'static str)>,
    can_save: bool,
    can_export: bool,
    technical: Vec<(&'static str, String)>,
}

/// `?done`: an action was sent.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

/// Asks for one deal.
pub(super) async fn fetch(visit: &Visit, id: &str) -> Result<Value, Response> {
    let answer = visit.site.party.call(json!({ "command": "deal", "deal": id })).await;
    answer.map_err(|error| Oops::error(visit, &error))
}

/// `/deal/ID`
pub(super) async fn one(
    Inside { visit, .. }: Inside,
    Path(id): Path<String>,
    Query(done): Query<Done>,
    Extension(memory): Extension<Shared>,
) -> Response {
    let deal = match fetch(&visit, &id).await {
        Ok(deal) => deal,
        Err(response) => return response,
    };
    let (t, language) = (Deals::of(visit.language), visit.language);
    let summary = Summary::new(language, &deal);
    let title = summary.title.as_ref().map_or_else(|| t.deal.to_owned(), |title| title.text.clone());
    let notice = match done.done.as_str() {
        "" => None,
        "brought" => Some(Locks::of(language).brought),
        _ => Some(t.sent),
    };
    let can = view::can(&deal);
    let has = |word: &str| can.iter().any(|can| can == word);
    let acts = Act::ALL.iter().filter(|act| has(act.word()));
    show(&DealPage {
        page: Page::new(&visit, title).noting(notice),
        t,
        l: Locks::of(language),
        differs: memory.differs(&summary.id, &deal),
        grade: grade(t, &deal),
        risk: view::risk(language, &deal),
        lines: view::list(&deal, "/lines").iter().map(|line| self::line(language, line)).collect(),
        sums: sums(t, language, &deal),
        locks: locked::all(language, &deal),
        parts: view::list(&deal, "/parts").iter().map(|part| self::part(t, language, part)).collect(),
        address: address(&deal),
        terms: terms(t, &deal),
        events: view::list(&deal, "/timeline").iter().map(|event| self::event(language, event)).collect(),
        documents: view::list(&deal, "/documents").iter().map(|document| self::document(language, document)).collect(),
        acts: acts.map(|act| (format!("/deal/{}/{}", summary.id, act.word()), act.name(language))).collect(),
        can_save: has("save"),
        can_export: has("export"),
        technical: technical(t, &deal),
        deal: summary,
    })
}

fn grade(t: &'static Deals, deal: &Value) -> Option<(&'static str, &'static str)> {
    match view::text(deal, "/grade") {
        "strong" => Some((t.strong, t.strong_text)),
        "weak" => Some((t.weak, t.weak_text)),
        "escrow" => Some((t.kept, t.kept_text)),
        _ => None,
    }
}

fn number(value: &Value, path: &str) -> String {
    value.pointer(path).and_then(Value::as_u64).map(|number| number.to_string()).unwrap_or_default()
}

fn line(language: Language, line: &Value) -> Line {
    let money = |path: &str| view::money(language, line, path).unwrap_or_default();
    let vat = view::some(line, "/vat").map(|vat| format!("{vat} %")).unwrap_or_default();
    Line {
        title: view::theirs(view::text(line, "/title")),
        quantity: number(line, "/quantity"),
        price: money("/price"),
        total: money("/total"),
        vat,
        shipped: number(line, "/shipped"),
        cancelled: number(line, "/cancelled"),
    }
}

fn sums(t: &'static Deals, language: Language, deal: &Value) -> Vec<(&'static str, String)> {
    let of = [(t.shipping, "/shipping"), (t.total, "/total"), (t.paid, "/paid"), (t.refunded, "/refunded")];
    of.into_iter().filter_map(|(name, path)| Some((name, view::money(language, deal, path)?))).collect()
}

fn part(t: &'static Deals, language: Language, part: &Value) -> Part {
    let times = [
        (t.handed_over, "/handed_over"),
        (t.pay_until, "/pay_until"),
        (t.accept_until, "/accept_until"),
        (t.received_at, "/received"),
        (t.withdraw_until, "/withdraw_until"),
        (t.withdrawn_at, "/withdrawn"),
        (t.acknowledged_at, "/acknowledged"),
    ];
    let kept = view::some(part, "/money").is_some();
    let times = times.into_iter().filter(|(_, path)| !kept || !matches!(*path, "/pay_until" | "/accept_until"));
    let times = times.filter_map(|(name, path)| Some((name, view::when(language, part, path)?)));
    let mut facts = Vec::new();
    for (name, path) in [(t.carrier, "/carrier"), (t.tracking, "/tracking"), (t.complaint, "/complaint")] {
        facts.extend(view::some(part, path).map(|text| (name, view::theirs(&text).text)));
    }
    for (name, path) in [(t.sum, "/amount"), (t.refunded, "/refunded")] {
        facts.extend(view::money(language, part, path).map(|amount| (name, amount)));
    }
    if part.pointer("/by_default").and_then(Value::as_bool) == Some(true) {
        facts.push((t.received_at, t.by_default.to_owned()));
    }
    Part {
        heading: fill(t.part, &[&number(part, "/part")]),
        sentence: Summary::new(language, part),
        next: view::next(language, part),
        facts,
        times: times.collect(),
    }
}

fn address(deal: &Value) -> Option<Vec<Theirs>> {
    let address = deal.get("address")?.as_object()?;
    let of = |name: &str| address.get(name).and_then(Value::as_str).unwrap_or_default();
    let lines = [
        of("name").to_owned(),
        of("street").to_owned(),
        format!("{} {}", of("postcode"), of("city")),
        of("country").to_owned(),
    ];
    Some(lines.iter().map(|line| view::theirs(line.trim())).collect())
}

fn terms(t: &'static Deals, deal: &Value) -> Vec<(&'static str, String)> {
    let of = [
        (t.delivery_days, "/offer/delivery_days"),
        (t.accept_days, "/offer/accept_days"),
        (t.withdraw_days, "/offer/withdraw_days"),
        (t.hearing_days, "/offer/hearing_days"),
        (t.pay_days, "/offer/pay_days"),
    ];
    // Where the money is locked nothing is to be paid later.
    let of = of.into_iter().filter(|(_, path)| !path.ends_with("pay_days") || view::text(deal, "/grade") != "escrow");
    let days = of.map(|(name, path)| (name, number(deal, path)));
    let mut terms: Vec<_> =
        days.filter(|(_, days)| !days.is_empty()).map(|(name, days)| (name, fill(t.days, &[&days]))).collect();
    match view::text(deal, "/offer/return_costs") {
        "buyer" => terms.push((t.return_costs, t.by_you.to_owned())),
        "seller" => terms.push((t.return_costs, t.by_seller.to_owned())),
        _ => {}
    }
    for (name, path) in [(t.arbiter, "/offer/arbiter"), (t.carrier_word, "/offer/carrier")] {
        terms.extend(view::some(deal, path).map(|text| (name, view::theirs(&text).text)));
    }
    match view::text(deal, "/offer/silent") {
        "payer" => terms.push((t.silent, t.by_you.to_owned())),
        "payee" => terms.push((t.silent, t.by_seller.to_owned())),
        _ => {}
    }
    terms
}

fn event(language: Language, event: &Value) -> Event {
    let text = view::some(event, "/text").unwrap_or_else(|| view::text(event, "/what").to_owned());
    Event {
        at: When::new(language, view::text(event, "/at")),
        text: view::title(language, view::text(event, "/what")).unwrap_or(text),
        by: view::who(language, view::text(event, "/by")),
    }
}

fn document(language: Language, document: &Value) -> Document {
    let kind = view::text(document, "/kind");
    Document {
        kind: view::title(language, kind).unwrap_or_else(|| kind.to_owned()),
        issued: When::new(language, view::text(document, "/issued")),
        signer: view::who(language, view::text(document, "/signer")),
        hash: view::text(document, "/hash").to_owned(),
    }
}

fn technical(t: &'static Deals, deal: &Value) -> Vec<(&'static str, String)> {
    let of = [(t.number, "/deal"), ("xid", "/xid"), ("stage", "/stage"), ("process", "/process")];
    of.into_iter().filter_map(|(name, path)| Some((name, view::some(deal, path)?))).collect()
}

#[derive(Template)]
#[template(path = "wallet/waiting.html")]
struct Waiting {
    page: Page,
    t: &'static Deals,
    id: String,
    stopped: bool,
}

/// `?stop`: do not look again.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Stop {
    #[serde(default)]
    stop: String,
}

/// `/waiting/ID`: until the shop has offered; then on to the trusted screen.
pub(super) async fn waiting(
    Inside { visit, .. }: Inside,
    Path(id): Path<String>,
    Query(stop): Query<Stop>,
    Extension(memory): Extension<Shared>,
) -> Response {
    let deal = match fetch(&visit, &id).await {
        Ok(deal) => deal,
        Err(response) => return response,
    };
    if view::text(&deal, "/word") != "asked" {
        let id = view::text(&deal, "/deal");
        let asked = asks(&visit, id) && !memory.differs(id, &deal);
        return go(&if asked { "/screen".to_owned() } else { format!("/deal/{id}") });
    }
    let t = Deals::of(visit.language);
    let stopped = !stop.stop.is_empty();
    let mut response = show(&Waiting { page: Page::new(&visit, t.waiting), t, id, stopped });
    if !stopped {
        response.headers_mut().insert("refresh", HeaderValue::from_static(LOOK_AGAIN));
    }
    response
}

/// Whether the trusted screen asks for this deal now.
pub(super) fn asks(visit: &Visit, id: &str) -> bool {
    let current = visit.site.display.as_ref().and_then(|display| display.current());
    current.is_some_and(|shown| view::deal_of(&shown.asker) == Some(id))
}

impl DealPage {
    /// Whether somebody else's act is awaited, so that looking again makes sense.
    fn moving(&self) -> bool {
        self.deal.turn == Turn::Theirs
    }
}
