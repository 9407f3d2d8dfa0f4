//! The pages of the wallet.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::door::Visit;
use crate::page::{Entry, Page, show};

/// The menu.
pub(crate) const MENU: &[Entry] = &[];

/// The pages.
pub(crate) fn pages() -> Router {
    Router::new().route("/", get(home))
}

#[derive(Template)]
#[template(path = "wallet/home.html")]
struct Home {
    page: Page,
}

async fn home(visit: Visit) -> Response {
    show(&Home { page: Page::new(&visit, visit.site.name.clone()) })
}
