//! The pages of the bank: what it is, and the operator's desk.

mod desk;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::door::Visit;
use crate::offices::plain;
use crate::oops::Oops;
use crate::page::{Entry, Page, show};
use crate::texts::bank::Bank;

/// The menu.
pub(crate) const MENU: &[Entry] = &[
    Entry { path: "/", names: ("This bank", "Diese Bank"), inside: false },
    Entry { path: "/log", names: ("Public log", "Öffentliches Protokoll"), inside: false },
    Entry { path: "/desk", names: ("Accounts", "Konten"), inside: true },
    Entry { path: "/desk/holds", names: ("Holds", "Holds"), inside: true },
    Entry { path: "/desk/transfers", names: ("Transfers", "Überweisungen"), inside: true },
    Entry { path: "/desk/deposit", names: ("Play money", "Spielgeld"), inside: true },
];

/// The pages.
pub(crate) fn pages() -> Router {
    Router::new()
        .route("/", get(home))
        .route("/desk", get(desk::accounts))
        .route("/desk/account/{name}", get(desk::account))
        .route("/desk/holds", get(desk::holds))
        .route("/desk/transfers", get(desk::transfers))
        .route("/desk/deposit", get(desk::deposit_form))
        .route("/desk/deposit/give", post(desk::deposit))
}

fn texts(visit: &Visit) -> &'static Bank {
    Bank::of(visit.language)
}

#[derive(Template)]
#[template(path = "bank/home.html")]
struct Home {
    page: Page,
    t: &'static Bank,
    certificate: String,
    is_certified: bool,
}

async fn home(visit: Visit) -> Response {
    let who = match visit.site.party.call(json!({ "command": "who" })).await {
        Ok(who) => who,
        Err(error) => return Oops::error(&visit, &error),
    };
    show(&Home {
        page: Page::new(&visit, visit.site.name.clone()),
        t: texts(&visit),
        certificate: plain(&who, "certificate").to_owned(),
        is_certified: who.get("enrolled").and_then(Value::as_bool).unwrap_or(false),
    })
}
