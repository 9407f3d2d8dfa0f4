//! The locked money of an order: how it stands, until when, what silence means; the waybill for the carrier, and
//! what carrier and arbiter have signed on its way to the bank.

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use semper_base::{Error, bytes};
use serde_json::{Value, json};

use super::operator::{Operator, strange};
use super::order::{load, state};
use super::view::{Summary, list, number, some, text, theirs};
use crate::forms::Wrong;
use crate::page::{Page, go, show_as};
use crate::texts::shop_desk::{Kept, Orders};
use crate::texts::{When, fill};
use crate::wallet::upload::Upload;

/// Longest statement that is shown again in the form, in characters.
const SHOWN_CHARS_MAX: usize = 16_384;

/// What the bank keeps for one part.
pub(super) struct Locked {
    pub(super) heading: String,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) until: Option<When>,
    pub(super) silence: Option<&'static str>,
    /// The shipment whose waybill a carrier needs.
    pub(super) waybill: Option<u64>,
}

/// All of them.
pub(super) fn all(sale: &Value, operator: &Operator) -> Vec<Locked> {
    list(sale, "/locks").iter().map(|lock| one(sale, lock, operator)).collect()
}

fn one(sale: &Value, lock: &Value, operator: &Operator) -> Locked {
    let (k, o) = (Kept::of(operator.language()), Orders::of(operator.language()));
    let (word, part) = (text(lock, "/state"), number(lock, "/part"));
    let mut facts = vec![(k.state, state(word, o).to_owned())];
    for (name, path) in [(k.amount, "/amount"), (k.paid, "/paid"), (k.back, "/back")] {
        facts.extend(some(lock, path).map(|amount| (name, operator.money(&amount))));
    }
    facts.extend(basis(k, text(lock, "/basis")).map(|basis| (k.basis, basis.to_owned())));
    let title = |id: &str| {
        let line = list(sale, "/lines").iter().find(|line| text(line, "/id") == id);
        theirs(line.map_or(id, |line| text(line, "/title"))).text
    };
    let line = |line: &Value| format!("{} × {}", number(line, "/quantity"), title(text(line, "/id")));
    let lines: Vec<String> = list(lock, "/lines").iter().map(line).collect();
    if !lines.is_empty() {
        facts.push((k.lines, lines.join(", ")));
    }
    let carried = some(sale, "/offer/carrier").is_some();
    Locked {
        heading: if part > 0 { fill(k.part, &[&part.to_string()]) } else { k.no_part.to_owned() },
        facts,
        until: some(lock, "/until").map(|iso| When::new(operator.language(), &iso)),
        silence: silence(k, word, carried, text(sale, "/offer/silent")),
        waybill: (carried && part > 0 && matches!(word, "locked" | "consigned")).then_some(part),
    }
}

/// What happens if nobody says anything; none once it is over.
fn silence(k: &'static Kept, word: &str, carried: bool, silent: &str) -> Option<&'static str> {
    Some(match (word, carried, silent) {
        ("agreed", ..) => k.silence_agreed,
        ("locked", ..) => k.silence_locked,
        ("consigned", true, _) => k.silence_carried,
        ("consigned" | "arrived", ..) => k.silence_looking,
        ("disputed", _, "payee") => k.silence_paid,
        ("disputed", ..) => k.silence_back,
        _ => return None,
    })
}

/// Why it was divided as it was.
fn basis(k: &'static Kept, word: &str) -> Option<&'static str> {
    Some(match word {
        "approved" => k.basis_approved,
        "not-arrived" => k.basis_not_arrived,
        "not-shipped" => k.basis_not_shipped,
        "ruled" => k.basis_ruled,
        "unobjected" => k.basis_unobjected,
        "unruled" => k.basis_unruled,
        _ => return None,
    })
}

/// What the carrier is given with the goods, as a file.
pub(super) async fn waybill(operator: Operator, Path((order, part)): Path<(String, u64)>) -> Response {
    let answer = operator.call(json!({ "command": "waybill", "order": order, "part": part })).await;
    let bytes = answer.and_then(|answer| {
        let waybill = answer.get("waybill").and_then(Value::as_str).ok_or_else(|| strange("waybill"))?;
        Ok::<_, Error>(bytes::decode(waybill)?)
    });
    match bytes {
        Ok(bytes) => {
            let name = format!("attachment; filename=\"waybill-{part}.bin\"");
            let media = "application/octet-stream".to_owned();
            ([(header::CONTENT_TYPE, media), (header::CONTENT_DISPOSITION, name)], bytes).into_response()
        }
        Err(error) => operator.oops(&error),
    }
}

#[derive(Template)]
#[template(path = "shop/desk/bring.html")]
struct BringPage {
    page: Page,
    o: &'static Orders,
    k: &'static Kept,
    summary: Summary,
    statement: String,
    wrong: Wrong,
    failed: Option<String>,
}

async fn page(operator: &Operator, order: &str, statement: String, wrong: Wrong, failed: Option<String>) -> Response {
    let sale = match load(operator, order).await {
        Ok(sale) => sale,
        Err(response) => return response,
    };
    let (o, k) = (Orders::of(operator.language()), Kept::of(operator.language()));
    let status = if wrong.is_empty() && failed.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (page, summary) = (operator.page(k.bring), Summary::read(&sale, operator));
    show_as(status, &BringPage { page, o, k, summary, statement, wrong, failed })
}

/// `/desk/order/ID/bring`: the form.
pub(super) async fn form(operator: Operator, Path(order): Path<String>) -> Response {
    page(&operator, &order, String::new(), Wrong::default(), None).await
}

/// Shows it to the bank. The party checks it first.
pub(super) async fn bring(operator: Operator, Path(order): Path<String>, upload: Upload) -> Response {
    let said = String::from_utf8_lossy(&upload.content("statement")).trim().to_owned();
    if said.is_empty() {
        let mut wrong = Wrong::default();
        wrong.note("statement", Kept::of(operator.language()).statement_missing);
        return page(&operator, &order, said, wrong, None).await;
    }
    match operator.call(json!({ "command": "bring", "order": order, "statement": said })).await {
        Ok(answer) => go(&format!("/desk/order/{}?done=bring", text(&answer, "/order"))),
        Err(error) => {
            let shown = said.chars().take(SHOWN_CHARS_MAX).collect();
            page(&operator, &order, shown, Wrong::default(), Some(operator.sentence(&error))).await
        }
    }
}
