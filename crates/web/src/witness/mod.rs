//! The page of the witness: which logs it follows, and what it saw of them.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use crate::door::Visit;
use crate::offices::{count, list, plain, said, when};
use crate::oops::Oops;
use crate::page::{Entry, Page, show};
use crate::texts::When;
use crate::texts::witness::Witness;

/// The menu.
pub(crate) const MENU: &[Entry] = &[Entry { path: "/", names: ("This witness", "Dieser Zeuge"), inside: false }];

/// The pages.
pub(crate) fn pages() -> Router {
    Router::new().route("/", get(home))
}

/// A log that is followed.
struct Followed {
    name: String,
    size: u64,
    at: When,
}

#[derive(Template)]
#[template(path = "witness/home.html")]
struct Home {
    page: Page,
    t: &'static Witness,
    key: String,
    logs: Vec<Followed>,
    /// How often a log showed two histories, if it ever did.
    forks: Option<String>,
}

async fn home(visit: Visit) -> Response {
    let t = Witness::of(visit.language);
    let ask = |word: &'static str| visit.site.party.call(json!({ "command": word }));
    let (found, forks) = match (ask("logs").await, ask("forks").await) {
        (Ok(found), Ok(forks)) => (found, forks),
        (Err(error), _) | (_, Err(error)) => return Oops::error(&visit, &error),
    };
    let followed = |log: &Value| Followed {
        name: said(log, "name"),
        size: count(log, "size"),
        at: when(visit.language, log, "at").unwrap_or_default(),
    };
    show(&Home {
        page: Page::new(&visit, visit.site.name.clone()),
        t,
        key: plain(&found, "key").to_owned(),
        logs: list(&found, "logs").iter().map(followed).collect(),
        forks: Some(list(&forks, "forks").len())
            .filter(|count| *count > 0)
            .map(|count| t.forks.replace("{n}", &count.to_string())),
    })
}
