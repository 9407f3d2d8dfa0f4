//! The operator's desk: who is in the directory, and who must leave it.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::Code;
use serde_json::json;

use super::texts;
use super::view::Shop;
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::offices::{Asked, list};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::texts::broker::Broker;

#[derive(Template)]
#[template(path = "broker/desk.html")]
struct Desk {
    page: Page,
    t: &'static Broker,
    shops: Vec<Shop>,
}

pub(super) async fn page(inside: Inside, asked: Asked) -> Response {
    let visit = &inside.visit;
    let t = texts(visit);
    match visit.site.party.call(json!({ "command": "health" })).await {
        Ok(found) => {
            let shops = list(&found, "shops").iter().map(|shop| Shop::new(visit.language, t, shop)).collect();
            let notice = match asked.get("done") {
                "dropped" => Some(t.dropped_done),
                "admitted" => Some(t.admitted_done),
                _ => None,
            };
            show(&Desk { page: Page::new(visit, t.desk).noting(notice), t, shops })
        }
        Err(error) => Oops::error(visit, &error),
    }
}

#[derive(Template)]
#[template(path = "broker/drop.html")]
struct Ask {
    page: Page,
    t: &'static Broker,
    shop: Shop,
    reason: String,
    wrong: Wrong,
}

/// Says what removing means, before it is done.
pub(super) async fn ask(inside: Inside, Path(number): Path<u64>) -> Response {
    asking(&inside.visit, number, "", Wrong::default()).await
}

async fn asking(visit: &Visit, number: u64, reason: &str, wrong: Wrong) -> Response {
    let t = texts(visit);
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    match visit.site.party.call(json!({ "command": "shop", "shop": number })).await {
        Ok(found) => {
            let shop = Shop::new(visit.language, t, &found);
            show_as(status, &Ask { page: Page::new(visit, t.drop_title), t, shop, reason: reason.to_owned(), wrong })
        }
        Err(error) => Oops::error(visit, &error),
    }
}

pub(super) async fn drop_shop(inside: Inside, Path(number): Path<u64>, form: Form) -> Response {
    let reason = form.get("reason");
    let request = json!({ "command": "drop-shop", "shop": number, "reason": reason });
    match inside.visit.site.party.call(request).await {
        Ok(_) => go("/desk?done=dropped"),
        Err(error) if error.code() == Code::FieldWrong => {
            let mut wrong = Wrong::default();
            wrong.note("reason", texts(&inside.visit).reason_wrong);
            asking(&inside.visit, number, reason, wrong).await
        }
        Err(error) => Oops::error(&inside.visit, &error),
    }
}

pub(super) async fn admit(inside: Inside, Path(number): Path<u64>, _form: Form) -> Response {
    match inside.visit.site.party.call(json!({ "command": "admit-shop", "shop": number })).await {
        Ok(_) => go("/desk?done=admitted"),
        Err(error) => Oops::error(&inside.visit, &error),
    }
}
