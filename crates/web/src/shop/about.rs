//! Who runs the shop, with whom it works, and what to do if something goes wrong.

use askama::Template;
use axum::response::Response;
use semper_base::Error;
use serde_json::{Value, json};

use super::item::Said;
use super::product::Terms;
use super::{or_oops, texts};
use crate::door::Visit;
use crate::page::{Page, show};
use crate::texts::When;
use crate::texts::shop::Shop;

#[derive(Template)]
#[template(path = "shop/about.html")]
struct About {
    page: Page,
    t: &'static Shop,
    name: Option<Said>,
    organisation: Option<Said>,
    issuer: Option<Said>,
    until: Option<When>,
    limit: Option<String>,
    warranty: Option<String>,
    certificate: Option<String>,
    partners: Vec<(&'static str, Option<Said>)>,
    delivery: String,
    is_locked: bool,
    withdrawal: String,
}

/// `/about`.
pub(super) async fn page(visit: Visit) -> Response {
    let answer = about(&visit).await;
    or_oops(&visit, answer)
}

/// The certified name of the party in this role that the shop knows.
fn partner(who: &Value, role: &str) -> Option<Said> {
    let links = who.get("links").and_then(Value::as_array)?;
    let link = links.iter().find(|link| link.get("role").and_then(Value::as_str) == Some(role))?;
    link.get("name").and_then(Value::as_str).map(Said::new)
}

async fn about(visit: &Visit) -> Result<Response, Error> {
    let t = texts(visit);
    let who = visit.site.party.call(json!({ "command": "who" })).await?;
    let terms = Terms::ask(visit).await;
    let page = Page::new(visit, t.about);
    let text = |name: &str| who.get(name).and_then(Value::as_str);
    let a_deal = |amount: &str| t.limit_per.replace("{price}", &page.money(amount));
    let is_enrolled = who.get("enrolled").and_then(Value::as_bool).unwrap_or(false);
    let about = About {
        t,
        name: text("name").filter(|_| is_enrolled).map(Said::new),
        organisation: text("organisation").map(Said::new),
        issuer: text("issuer").map(Said::new),
        until: text("until").map(|until| When::new(visit.language, until)),
        limit: text("limit").map(a_deal),
        warranty: text("warranty").map(a_deal),
        certificate: text("certificate").map(|hash| Said::new(hash).text),
        partners: vec![
            (t.bank, partner(&who, "bank")),
            (t.notary, partner(&who, "notary")),
            (t.authority, partner(&who, "authority")),
        ],
        delivery: terms.delivery(t),
        is_locked: terms.is_locked,
        withdrawal: terms.withdrawal(t),
        page,
    };
    Ok(show(&about))
}
