//! The notaries that this wallet takes: their order, their fees, and the bills of those who have decided something.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde_json::{Value, json};

use super::contracts::Done;
use super::pick::{What, fees};
use super::view::{self, Theirs};
use crate::door::{Inside, Visit};
use crate::forms::Form;
use crate::oops::Oops;
use crate::page::{Page, go, show};
use crate::texts::wallet::Notaries;
use crate::texts::{Language, When, fill};

struct One {
    link: String,
    name: Theirs,
    /// Its place on the list; none if it is off it.
    place: Option<usize>,
    fees: String,
    words: String,
    limit: String,
    /// What the buttons say.
    prefer: Option<String>,
    drop: Option<String>,
}

/// A notary's bill that waits to be paid.
pub(super) struct Bill {
    /// The exchange.
    pub(super) id: String,
    pub(super) title: String,
    /// What it is for, as the notary says.
    pub(super) text: Theirs,
    pub(super) until: Option<When>,
    /// What the button says; none if it is too late.
    pub(super) pay: Option<String>,
}

#[derive(Template)]
#[template(path = "wallet/notaries.html")]
struct NotariesPage {
    page: Page,
    t: &'static Notaries,
    notaries: Vec<One>,
    bills: Vec<Bill>,
}

/// `/notaries`
pub(super) async fn list(Inside { visit, .. }: Inside, Query(done): Query<Done>) -> Response {
    let (t, language) = (Notaries::of(visit.language), visit.language);
    let answer = match visit.site.party.call(json!({ "command": "notaries" })).await {
        Ok(answer) => answer,
        Err(error) => return Oops::error(&visit, &error),
    };
    let notaries = (1..).zip(view::list(&answer, "/notaries")).map(|(place, one)| shown(t, language, place, one));
    let notaries = notaries.collect();
    let page = Page::new(&visit, t.title).noting(done.is_done().then_some(t.done));
    show(&NotariesPage { page, t, notaries, bills: bills(&visit, None).await })
}

fn shown(t: &'static Notaries, language: Language, place: usize, one: &Value) -> One {
    let listed = one.get("listed").and_then(Value::as_bool).unwrap_or(false);
    let classes = [(What::Contract, t.fee_contract), (What::Deal, t.fee_deal), (What::Mail, t.fee_mail)];
    let fee = |(what, text)| {
        let amounts = fees(language, what, one);
        (!amounts.is_empty()).then(|| fill(text, &[&amounts.join(" / ")]))
    };
    let fees: Vec<String> = classes.into_iter().filter_map(fee).collect();
    let name = view::theirs(view::text(one, "/name"));
    One {
        link: view::text(one, "/link").to_owned(),
        place: listed.then_some(place),
        fees: if fees.is_empty() { t.nothing.to_owned() } else { fees.join(", ") },
        words: view::text(one, "/fingerprint").to_owned(),
        limit: view::money(language, one, "/limit").unwrap_or_else(|| t.no_limit.to_owned()),
        prefer: (!listed || place > 1).then(|| fill(t.prefer, &[&name.text])),
        drop: listed.then(|| fill(t.drop, &[&name.text])),
        name,
    }
}

/// Bills for which nothing was ordered yet: all, or that of one exchange.
pub(super) async fn bills(visit: &Visit, of: Option<&str>) -> Vec<Bill> {
    let (t, language) = (Notaries::of(visit.language), visit.language);
    let payments = visit.site.party.call(json!({ "command": "payments" })).await.unwrap_or_default();
    let wanted = |one: &&Value| {
        let bill = view::text(one, "/bill");
        !bill.is_empty() && of.is_none_or(|of| of == bill)
    };
    view::list(&payments, "/payments").iter().filter(wanted).map(|one| bill(t, language, one)).collect()
}

fn bill(t: &'static Notaries, language: Language, one: &Value) -> Bill {
    let amount = view::money(language, one, "/amount").unwrap_or_default();
    let payee = view::theirs(view::text(one, "/payee")).text;
    Bill {
        id: view::text(one, "/bill").to_owned(),
        title: fill(t.bill, &[&amount, &payee]),
        text: view::theirs(view::text(one, "/text")),
        until: view::when(language, one, "/until"),
        pay: (view::text(one, "/state") == "due").then(|| fill(t.pay, &[&amount])),
    }
}

/// Changes the list.
pub(super) async fn change(Inside { visit, .. }: Inside, form: Form) -> Response {
    let word = if form.has("prefer") { "notary-prefer" } else { "notary-drop" };
    match visit.site.party.call(json!({ "command": word, "link": form.get("link") })).await {
        Ok(_) => go("/notaries?done=1"),
        Err(error) => Oops::error(&visit, &error),
    }
}
