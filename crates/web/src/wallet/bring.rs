//! What a carrier or an arbiter has signed goes to the bank: a file, or its content.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::Error;
use serde_json::json;

use super::deal::fetch;
use super::upload::Upload;
use super::view::{self, Summary};
use crate::door::{Inside, Visit};
use crate::forms::Wrong;
use crate::oops::Oops;
use crate::page::{Page, go, show_as};
use crate::texts::fill;
use crate::texts::wallet::{Deals, Locks};

/// Longest statement that is shown again in the form, in characters.
const SHOWN_CHARS_MAX: usize = 16_384;

#[derive(Template)]
#[template(path = "wallet/bring.html")]
struct BringPage {
    page: Page,
    t: &'static Deals,
    l: &'static Locks,
    deal: Summary,
    statement: String,
    wrong: Wrong,
}

async fn page(visit: &Visit, id: &str, statement: String, wrong: Wrong) -> Response {
    let deal = match fetch(visit, id).await {
        Ok(deal) => Summary::new(visit.language, &deal),
        Err(response) => return response,
    };
    let (t, l) = (Deals::of(visit.language), Locks::of(visit.language));
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    show_as(status, &BringPage { page: Page::new(visit, l.act_bring), t, l, deal, statement, wrong })
}

/// `/deal/ID/bring`: the form.
pub(super) async fn form(Inside { visit, .. }: Inside, Path(id): Path<String>) -> Response {
    page(&visit, &id, String::new(), Wrong::default()).await
}

/// Shows it to the bank. The party checks it first.
pub(super) async fn bring(Inside { visit, .. }: Inside, Path(id): Path<String>, upload: Upload) -> Response {
    let l = Locks::of(visit.language);
    let said = String::from_utf8_lossy(&upload.content("statement")).trim().to_owned();
    let mut wrong = Wrong::default();
    if said.is_empty() {
        wrong.note("statement", l.statement_missing);
        return page(&visit, &id, said, wrong).await;
    }
    match visit.site.party.call(json!({ "command": "bring", "deal": id, "statement": said })).await {
        Ok(answer) => go(&format!("/deal/{}?done=brought", view::text(&answer, "/deal"))),
        Err(Error::Fault(fault)) => Oops::error(&visit, &Error::Fault(fault)),
        Err(error) => {
            wrong.note("statement", fill(l.statement_wrong, &[&error.to_string()]));
            page(&visit, &id, said.chars().take(SHOWN_CHARS_MAX).collect(), wrong).await
        }
    }
}
