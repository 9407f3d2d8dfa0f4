//! The pages of the broker: search over all shops, their profiles, who answers, and the operator's desk.

mod desk;
mod view;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use crate::door::Visit;
use crate::offices::{Asked, count, list, plain, said, when};
use crate::oops::Oops;
use crate::page::{Entry, Page, show};
use crate::texts::When;
use crate::texts::broker::Broker;
use view::{Hit, Shop};

/// The menu.
pub(crate) const MENU: &[Entry] = &[
    Entry { path: "/", names: ("Search", "Suche"), inside: false },
    Entry { path: "/shops", names: ("Shops", "Läden"), inside: false },
    Entry { path: "/status", names: ("Status", "Status"), inside: false },
    Entry { path: "/desk", names: ("Operator", "Betreiber"), inside: true },
];

/// Hits of one page.
const HITS: u64 = 20;
/// Shops of one page.
const SHOPS: u64 = 50;

/// The pages.
pub(crate) fn pages() -> Router {
    Router::new()
        .route("/", get(home))
        .route("/shops", get(shops))
        .route("/shop/{number}", get(shop))
        .route("/status", get(status))
        .route("/desk", get(desk::page))
        .route("/desk/drop/{number}", get(desk::ask).post(desk::drop_shop))
        .route("/desk/admit/{number}", axum::routing::post(desk::admit))
}

pub(super) fn texts(visit: &Visit) -> &'static Broker {
    Broker::of(visit.language)
}

#[derive(Template)]
#[template(path = "broker/home.html")]
struct Home {
    page: Page,
    t: &'static Broker,
    q: String,
    /// What was looked for, as a heading; none before anything was.
    heading: Option<String>,
    hits: Vec<Hit>,
    shops: Vec<(u64, String)>,
    next: Option<u64>,
    is_later: bool,
}

async fn home(visit: Visit, asked: Asked) -> Response {
    let t = texts(&visit);
    let (q, offset) = (asked.get("q").to_owned(), asked.number("from").unwrap_or(0));
    let request = json!({ "command": "find", "text": q, "limit": HITS, "offset": offset });
    let found = match visit.site.party.call(request).await {
        Ok(found) => found,
        Err(error) => return Oops::error(&visit, &error),
    };
    let page = Page::new(&visit, t.search_title);
    let hits: Vec<Hit> = list(&found, "hits").iter().map(|hit| Hit::new(&page, t, hit)).collect();
    let heading = if q.is_empty() { t.everything.to_owned() } else { t.results.replace("{q}", &q) };
    let heading = Some(heading).filter(|_| !q.is_empty() || !hits.is_empty());
    let shops = list(&found, "shops").iter().map(|shop| (count(shop, "shop"), said(shop, "name"))).collect();
    let next = found.get("next").and_then(Value::as_u64);
    show(&Home { page, t, q, heading, hits, shops, next, is_later: offset > 0 })
}

#[derive(Template)]
#[template(path = "broker/shops.html")]
struct ShopsPage {
    page: Page,
    t: &'static Broker,
    intro: String,
    shops: Vec<Shop>,
    next: Option<u64>,
}

async fn shops(visit: Visit, asked: Asked) -> Response {
    let t = texts(&visit);
    let request = json!({ "command": "shops", "after": asked.number("after").unwrap_or(0), "limit": SHOPS });
    let found = match visit.site.party.call(request).await {
        Ok(found) => found,
        Err(error) => return Oops::error(&visit, &error),
    };
    let page = Page::new(&visit, t.shops);
    let number = |member: &str| count(&found, member).to_string();
    let intro = t.shops_intro.replace("{n}", &number("count")).replace("{m}", &number("products"));
    let shops = list(&found, "shops").iter().map(|shop| Shop::new(visit.language, t, shop)).collect();
    show(&ShopsPage { page, t, intro, shops, next: found.get("next").and_then(Value::as_u64) })
}

#[derive(Template)]
#[template(path = "broker/shop.html")]
struct One {
    page: Page,
    t: &'static Broker,
    shop: Shop,
    /// Facts in two columns, by section.
    promises: Vec<(&'static str, String)>,
    /// What the certificate says.
    certificate: Vec<(String, String)>,
    ends: Option<When>,
    health: Vec<(&'static str, String)>,
    address: String,
}

async fn shop(visit: Visit, Path(number): Path<u64>) -> Response {
    let t = texts(&visit);
    let found = match visit.site.party.call(json!({ "command": "shop", "shop": number })).await {
        Ok(found) => found,
        Err(error) => return Oops::error(&visit, &error),
    };
    let shop = Shop::new(visit.language, t, &found);
    let certificate = found.get("certificate").cloned().unwrap_or_default();
    let says = list(&certificate, "says").iter().filter_map(|pair| {
        let text = |at| pair.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        pair.as_array().map(|_| (text(0_usize), text(1)))
    });
    let address = found.get("address").cloned().unwrap_or_default();
    show(&One {
        promises: view::promises(t, &found),
        certificate: says.collect(),
        ends: when(visit.language, &certificate, "not_after"),
        health: view::health(visit.language, t, &found),
        address: format!("{} · {}", said(&address, "socket"), said(&address, "server_name")),
        page: Page::new(&visit, shop.name.clone()),
        shop,
        t,
    })
}

#[derive(Template)]
#[template(path = "broker/status.html")]
struct Status {
    page: Page,
    t: &'static Broker,
    intro: String,
    revocations: String,
    shops: Vec<Shop>,
    links: Vec<(String, String)>,
}

async fn status(visit: Visit) -> Response {
    let t = texts(&visit);
    let found = match visit.site.party.call(json!({ "command": "health" })).await {
        Ok(found) => found,
        Err(error) => return Oops::error(&visit, &error),
    };
    let time = when(visit.language, &found, "time").unwrap_or_default();
    let revocations = match found.get("revocations").filter(|list| list.is_object()) {
        Some(list) => {
            let until = when(visit.language, list, "until").unwrap_or_default();
            t.revocations_text.replace("{n}", &count(list, "number").to_string()).replace("{until}", &until.text)
        }
        None => t.revocations_none.to_owned(),
    };
    show(&Status {
        page: Page::new(&visit, t.status),
        t,
        intro: t.status_intro.replace("{time}", &time.text),
        revocations,
        shops: list(&found, "shops").iter().map(|shop| Shop::new(visit.language, t, shop)).collect(),
        links: list(&found, "links").iter().map(|link| (said(link, "name"), plain(link, "role").to_owned())).collect(),
    })
}
