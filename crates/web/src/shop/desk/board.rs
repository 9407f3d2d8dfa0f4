//! `/desk`: what is to be done next, and until when.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::operator::Operator;
use super::view::{Summary, Turn, id, list, text};
use crate::page::{Page, show as finish};
use crate::texts::fill;
use crate::texts::shop_desk::Orders;

/// Orders on one page.
const PAGE: usize = 50;

/// `?show=open|done|all&q=…&page=N`.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    show: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: String,
}

#[derive(Template)]
#[template(path = "shop/desk/board.html")]
struct Board {
    page: Page,
    t: &'static Orders,
    acting: Option<String>,
    tabs: [(&'static str, &'static str, bool); 3],
    show: &'static str,
    q: String,
    count: String,
    groups: Vec<(&'static str, Vec<Summary>)>,
    empty: &'static str,
    newer: Option<String>,
    older: Option<String>,
}

fn fits(sale: &Value, q: &str) -> bool {
    let q = q.to_lowercase();
    let has = |path: &str| text(sale, path).to_lowercase().contains(&q);
    q.is_empty()
        || id(sale).starts_with(&q)
        || ["/xid", "/buyer", "/title", "/item", "/goods"].into_iter().any(has)
        || list(sale, "/lines").iter().any(|line| text(line, "/title").to_lowercase().contains(&q))
}

pub(super) async fn show(operator: Operator, Query(wanted): Query<Wanted>) -> Response {
    let sales = match operator.call(json!({ "command": "sales" })).await {
        Ok(sales) => sales,
        Err(error) => return operator.oops(&error),
    };
    let t = Orders::of(operator.language());
    let q: String = wanted.q.trim().chars().take(100).collect();
    let show = match wanted.show.as_str() {
        "done" => "done",
        "all" => "all",
        _ => "open",
    };
    let found = list(&sales, "/sales").iter().rev().filter(|sale| fits(sale, &q));
    let mut found: Vec<Summary> = found.map(|sale| Summary::read(sale, &operator)).collect();
    found.retain(|order| show == "all" || (order.next.turn == Turn::Over) == (show == "done"));
    let number = match found.len() {
        1 => t.found_one.to_owned(),
        count => fill(t.found, &[&count.to_string()]),
    };
    // What is due first comes first; what has no date keeps its order, latest first.
    found.sort_by(|a, b| rank(a.next.turn).cmp(&rank(b.next.turn)).then_with(|| a.next.due.cmp(&b.next.due)));
    let at = wanted.page.parse::<usize>().unwrap_or(0).min(found.len() / PAGE);
    let is_more = found.len() > (at + 1) * PAGE;
    let here: Vec<Summary> = found.into_iter().skip(at * PAGE).take(PAGE).collect();
    let link = |at: usize| format!("/desk?show={show}&q={}&page={at}", encoded(&q));
    let groups = [(Turn::Mine, t.mine), (Turn::Theirs, t.theirs), (Turn::Over, t.over)];
    let groups = groups
        .into_iter()
        .map(|(turn, name)| (name, here.iter().filter(|order| order.next.turn == turn).cloned().collect::<Vec<_>>()));
    let tab = |word: &'static str, name| (word, name, word == show);
    finish(&Board {
        page: operator.page(t.title),
        t,
        acting: operator.acting(),
        tabs: [tab("open", t.open), tab("done", t.done), tab("all", t.all)],
        show,
        count: number,
        groups: groups.filter(|(_, orders)| !orders.is_empty()).collect(),
        empty: if !q.is_empty() {
            t.none_found
        } else if show == "open" {
            t.none_open
        } else {
            t.none
        },
        newer: (at > 0).then(|| link(at - 1)),
        older: is_more.then(|| link(at + 1)),
        q,
    })
}

fn rank(turn: Turn) -> u8 {
    match turn {
        Turn::Mine => 0,
        Turn::Theirs => 1,
        Turn::Over => 2,
    }
}

/// A text inside a query.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
