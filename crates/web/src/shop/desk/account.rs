//! The account: balance, and what orders brought and took. For the owner alone.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::operator::Operator;
use super::view::{Theirs, flag, id, list, some, text, theirs};
use crate::forms::Form;
use crate::page::{Page, go, show as finish};
use crate::texts::shop_desk::{House, Orders};
use crate::texts::{When, fill};

/// Lines of the statement that are shown.
const LINES_MAX: usize = 200;

/// `?asked=1`: the bank was asked.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    asked: String,
}

struct Line {
    when: Option<When>,
    about: Theirs,
    order: Option<String>,
    incoming: Option<String>,
    outgoing: Option<String>,
    state: &'static str,
    /// For sorting.
    at: String,
}

#[derive(Template)]
#[template(path = "shop/desk/account.html")]
struct AccountPage {
    page: Page,
    t: &'static House,
    number: Option<String>,
    balance: Option<String>,
    lines: Vec<Line>,
}

fn state(word: &str, t: &'static House) -> &'static str {
    match word {
        "asked" => t.st_asked,
        "open" => t.st_open,
        "paid" | "left" => t.st_paid,
        "refused" => t.st_refused,
        _ => t.st_sent,
    }
}

/// Plain transfers: what mail orders brought, and refunds.
fn transfer(value: &Value, sales: &[Value], operator: &Operator) -> Line {
    let t = House::of(operator.language());
    let subject = text(value, "/subject");
    let order = sales.iter().find(|sale| !id(sale).is_empty() && subject.contains(id(sale)));
    let amount = some(value, "/amount").map(|amount| operator.money(&amount));
    let incoming = flag(value, "/in");
    Line {
        when: some(value, "/at").map(|iso| When::new(operator.language(), &iso)),
        at: text(value, "/at").to_owned(),
        about: order.map_or_else(|| theirs(subject), |sale| about(sale, t)),
        order: order.map(|sale| id(sale).to_owned()),
        incoming: amount.clone().filter(|_| incoming),
        outgoing: amount.filter(|_| !incoming),
        state: state(text(value, "/state"), t),
    }
}

fn about(sale: &Value, t: &'static House) -> Theirs {
    let title = ["/title", "/item", "/goods"].iter().find_map(|path| some(sale, path)).unwrap_or_default();
    let title = theirs(&title);
    Theirs { text: fill(t.sale_of, &[&title.text]), odd: title.odd }
}

/// A file's sale was paid through a hold, which is no plain transfer.
fn sale(sale: &Value, operator: &Operator) -> Option<Line> {
    let t = House::of(operator.language());
    let paid = some(sale, "/paid").filter(|paid| super::view::amount(paid).is_some_and(|paid| paid.minor() > 0));
    let back = some(sale, "/refunded").filter(|back| super::view::amount(back).is_some_and(|back| back.minor() > 0));
    if super::order::is_mail_order(sale) || (paid.is_none() && back.is_none()) {
        return None;
    }
    Some(Line {
        when: some(sale, "/opened").map(|iso| When::new(operator.language(), &iso)),
        at: text(sale, "/opened").to_owned(),
        about: about(sale, t),
        order: Some(id(sale).to_owned()),
        incoming: paid.map(|paid| operator.money(&paid)),
        outgoing: back.map(|back| operator.money(&back)),
        state: t.st_paid,
    })
}

pub(super) async fn show(operator: Operator, Query(told): Query<Told>) -> Response {
    let purse = match operator.purse().await {
        Ok(purse) => purse,
        Err(error) => return operator.oops(&error),
    };
    let transfers = operator.call(json!({ "command": "transfers" })).await.unwrap_or_default();
    let sales = operator.call(json!({ "command": "sales" })).await.unwrap_or_default();
    let sales = list(&sales, "/sales");
    let t = House::of(operator.language());
    let moved = list(&transfers, "/transfers").iter().filter(|one| text(one, "/state") != "open");
    let mut lines: Vec<Line> = moved.map(|one| transfer(one, sales, &operator)).collect();
    lines.extend(sales.iter().filter_map(|one| sale(one, &operator)));
    lines.sort_by(|a, b| b.at.cmp(&a.at));
    lines.truncate(LINES_MAX);
    finish(&AccountPage {
        page: operator.page(t.account_title).noting((!told.asked.is_empty()).then_some(t.asked)),
        t,
        number: some(&purse, "/account"),
        balance: some(&purse, "/balance").map(|balance| operator.money(&balance)),
        lines,
    })
}

/// Opens the account, or asks the bank what is on it: the same question.
pub(super) async fn ask(operator: Operator, _form: Form) -> Response {
    match operator.call(json!({ "command": "open-account", "currency": "EUR" })).await {
        Ok(_) => go("/desk/account?asked=1"),
        Err(error) => operator.oops(&error),
    }
}

/// The shared words, for the template.
impl AccountPage {
    fn caution(&self) -> &'static str {
        Orders::of(self.page.language).caution
    }
}
