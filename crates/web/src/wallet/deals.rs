//! The list of deals: what is due, by whom, until when, and what happens otherwise.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;

use super::view::{self, Summary, Turn};
use super::welcome::Progress;
use crate::door::Inside;
use crate::oops::Oops;
use crate::page::{Page, show};
use crate::texts::fill;
use crate::texts::wallet::{Deals, Welcome};

#[derive(Template)]
#[template(path = "wallet/deals.html")]
struct DealsPage {
    page: Page,
    t: &'static Deals,
    groups: Vec<(&'static str, Vec<Summary>)>,
    /// What of the first run is open, and where it goes on.
    missing: Option<(String, &'static str)>,
}

/// `/`
pub(super) async fn list(Inside { visit, .. }: Inside, headers: HeaderMap) -> Response {
    let answer = match visit.site.party.call(json!({ "command": "deals" })).await {
        Ok(answer) => answer,
        Err(error) => return Oops::error(&visit, &error),
    };
    let t = Deals::of(visit.language);
    // The newest first.
    let all = view::list(&answer, "/deals").iter().rev().map(|deal| Summary::new(visit.language, deal));
    let all: Vec<Summary> = all.collect();
    let group = |turn| all.iter().filter(|deal| deal.turn == turn).cloned().collect::<Vec<_>>();
    let groups = vec![(t.yours, group(Turn::Yours)), (t.theirs, group(Turn::Theirs)), (t.done, group(Turn::Done))];
    let groups = groups.into_iter().filter(|(_, deals)| !deals.is_empty()).collect();
    let open = Progress::of(&visit, &headers).await.open();
    let w = Welcome::of(visit.language);
    let missing = (open > 0).then(|| (fill(w.missing, &[&open.to_string()]), w.missing_go));
    show(&DealsPage { missing, page: Page::new(&visit, t.title), t, groups })
}
