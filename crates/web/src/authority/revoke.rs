//! Revoking, with a page that says what it means.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::texts;
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::offices::{Asked, list, plain, said};
use crate::oops::Oops;
use crate::page::{Page, go, show_as};
use crate::texts::authority::Authority;

#[derive(Template)]
#[template(path = "authority/revoke.html")]
struct Ask {
    page: Page,
    t: &'static Authority,
    /// As it is registered, and as it is shown.
    name: String,
    shown: String,
    /// Kind and serial number of what goes.
    certificates: Vec<(String, String)>,
    /// Word, name, whether it is chosen.
    reasons: Vec<(&'static str, &'static str, bool)>,
    wrong: Wrong,
}

pub(super) async fn ask(inside: Inside, asked: Asked) -> Response {
    asking(&inside.visit, asked.get("name"), "", Wrong::default()).await
}

async fn asking(visit: &Visit, name: &str, reason: &str, wrong: Wrong) -> Response {
    let t = texts(visit);
    let found = match visit.site.party.call(json!({ "command": "certificates", "text": name, "limit": 100 })).await {
        Ok(found) => found,
        Err(error) => return Oops::error(visit, &error),
    };
    let of_name = list(&found, "certificates").iter().filter(|line| plain(line, "name") == name);
    let good: Vec<_> = of_name.filter(|line| line.get("revoked").is_none_or(serde_json::Value::is_null)).collect();
    let Some(first) = good.first() else { return Oops::not_found(visit) };
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Ask {
        page: Page::new(visit, t.revoke_title),
        t,
        name: name.to_owned(),
        shown: said(first, "name"),
        certificates: good
            .iter()
            .map(|line| (t.kind_name(plain(line, "kind")).to_owned(), plain(line, "serial").to_owned()))
            .collect(),
        reasons: t.reasons().into_iter().map(|(word, name)| (word, name, word == reason)).collect(),
        wrong,
    };
    show_as(status, &page)
}

pub(super) async fn revoke(inside: Inside, typed: Form) -> Response {
    let visit = &inside.visit;
    let t = texts(visit);
    let (name, reason) = (typed.get("name"), typed.get("reason"));
    let mut wrong = Wrong::default();
    if !t.reasons().iter().any(|(word, _)| *word == reason) {
        wrong.note("reason", t.reason_wrong);
    }
    if !typed.has("sure") {
        wrong.note("sure", t.confirm_wrong);
    }
    if !wrong.is_empty() {
        return asking(visit, name, reason, wrong).await;
    }
    match visit.site.party.call(json!({ "command": "revoke", "name": name, "reason": reason })).await {
        Ok(_) => go("/desk?done=revoked"),
        Err(error) => Oops::error(visit, &error),
    }
}
