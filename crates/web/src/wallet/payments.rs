//! Payment for receipt: what we ask to be paid, with a receipt signed in advance, and what we pay for receipts.

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::{Amount, Code, Currency, Error, Fault, bytes};
use serde_json::{Value, json};

use super::contracts::{Done, screen_or};
use super::files::{attachment, safe};
use super::purse::CURRENCY;
use super::upload::Upload;
use super::view::{self, Theirs};
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::texts::wallet::{Notaries, Payments};
use crate::texts::{Language, When, codes, fill};

/// Longest text of a receipt, in bytes.
const TEXT_BYTES_MAX: usize = semper_base::limits::RECEIPT_TEXT_BYTES_MAX;

/// A payment as lists and its page show it.
struct Shown {
    purpose: String,
    /// Whether we are paid.
    is_in: bool,
    amount: String,
    text: Theirs,
    payee: Option<Theirs>,
    until: Option<When>,
    at: Option<When>,
    state: &'static str,
    is_paid: bool,
    /// The exchange that a notary bills us for, as long as it can be paid.
    bill: Option<String>,
}

#[derive(Template)]
#[template(path = "wallet/payments.html")]
struct ListPage {
    page: Page,
    t: &'static Payments,
    payments: Vec<Shown>,
    pasted: String,
    wrong: Wrong,
}

#[derive(Template)]
#[template(path = "wallet/payment.html")]
struct OnePage {
    page: Page,
    t: &'static Payments,
    n: &'static Notaries,
    one: Shown,
    /// What to hand to the payer.
    request: Option<String>,
}

#[derive(Template)]
#[template(path = "wallet/payment_new.html")]
struct NewPage {
    page: Page,
    t: &'static Payments,
    amount: String,
    text: String,
    days: String,
    wrong: Wrong,
}

fn shown(t: &'static Payments, language: Language, one: &Value) -> Shown {
    let state = view::text(one, "/state");
    Shown {
        purpose: view::text(one, "/purpose").to_owned(),
        is_in: one.get("in").and_then(Value::as_bool).unwrap_or(false),
        amount: view::money(language, one, "/amount").unwrap_or_default(),
        text: view::theirs(view::text(one, "/text")),
        payee: view::some(one, "/payee").map(|payee| view::theirs(&payee)),
        until: view::when(language, one, "/until"),
        at: view::when(language, one, "/at"),
        state: match state {
            "waiting" => t.s_waiting,
            "asked" => t.s_asked,
            "open" => t.s_open,
            "due" => t.s_due,
            "ended" => t.s_ended,
            "paid" => t.s_paid,
            "ordered" => t.s_ordered,
            _ => t.s_receipt,
        },
        is_paid: matches!(state, "paid" | "receipt"),
        bill: view::some(one, "/bill").filter(|_| state == "due"),
    }
}

/// `/payments`
pub(super) async fn list(Inside { visit, .. }: Inside) -> Response {
    all(&visit, StatusCode::OK, String::new(), Wrong::default()).await
}

async fn listed(visit: &Visit) -> Result<Vec<Shown>, Error> {
    let (t, language) = (Payments::of(visit.language), visit.language);
    let answer = visit.site.party.call(json!({ "command": "payments" })).await?;
    Ok(view::list(&answer, "/payments").iter().map(|one| shown(t, language, one)).collect())
}

async fn all(visit: &Visit, status: StatusCode, pasted: String, wrong: Wrong) -> Response {
    let t = Payments::of(visit.language);
    match listed(visit).await {
        Ok(payments) => show_as(status, &ListPage { page: Page::new(visit, t.title), t, payments, pasted, wrong }),
        Err(error) => Oops::error(visit, &error),
    }
}

/// Pays what somebody asks for: the trusted screen asks, with the payee's certified name and what it is for.
pub(super) async fn accept(Inside { visit, .. }: Inside, upload: Upload) -> Response {
    let t = Payments::of(visit.language);
    let content = upload.content("request");
    let request = serde_json::from_slice::<Value>(&content).ok().filter(Value::is_object);
    let answer = match request {
        Some(request) => visit.site.party.call(json!({ "command": "payment-accept", "request": request })).await,
        None => Err(semper_base::Misuse::new(Code::FieldWrong, "request").into()),
    };
    match answer {
        Ok(payment) => go(&format!("/payment/{}?done=1", view::text(&payment, "/purpose"))),
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            let mut wrong = Wrong::default();
            wrong.note("request", format!("{}: {}", t.given_wrong, codes::text(visit.language, error.code())));
            let pasted = upload.get("request").to_owned();
            all(&visit, StatusCode::UNPROCESSABLE_ENTITY, pasted, wrong).await
        }
    }
}

/// Pays a notary's bill: the trusted screen asks first.
pub(super) async fn bill(Inside { visit, .. }: Inside, form: Form) -> Response {
    match visit.site.party.call(json!({ "command": "payment-accept", "bill": form.get("bill") })).await {
        Ok(payment) => {
            let purpose = view::text(&payment, "/purpose");
            let question = format!("receipt-held/{purpose}/payment-agreement");
            go(&screen_or(&visit, &question, format!("/payment/{purpose}?done=1")).await)
        }
        Err(error) => Oops::error(&visit, &error),
    }
}

async fn find(visit: &Visit, purpose: &str) -> Result<Shown, Response> {
    let found = listed(visit).await.map_err(|error| Oops::error(visit, &error))?;
    found.into_iter().find(|one| one.purpose == purpose).ok_or_else(|| Oops::not_found(visit))
}

/// `/payment/PURPOSE`
pub(super) async fn one(
    Inside { visit, .. }: Inside,
    Path(purpose): Path<String>,
    Query(done): Query<Done>,
) -> Response {
    let t = Payments::of(visit.language);
    let one = match find(&visit, &purpose).await {
        Ok(one) => one,
        Err(response) => return response,
    };
    let request = if one.is_in { handed(&visit, &one.purpose).await.ok().flatten() } else { None };
    let title = fill(if one.is_in { t.title_in } else { t.title_out }, &[&one.amount]);
    show(&OnePage {
        page: Page::new(&visit, title).noting(done.is_done().then_some(t.done)),
        t,
        n: Notaries::of(visit.language),
        one,
        request,
    })
}

/// The text to hand to the payer, once the receipt is signed.
async fn handed(visit: &Visit, purpose: &str) -> Result<Option<String>, Error> {
    let answer = visit.site.party.call(json!({ "command": "payment-request", "purpose": purpose })).await?;
    Ok(answer.get("request").filter(|request| request.is_object()).map(Value::to_string))
}

/// `/payment/PURPOSE/request`: the same as a file.
pub(super) async fn request(Inside { visit, .. }: Inside, Path(purpose): Path<String>) -> Response {
    match handed(&visit, &purpose).await {
        Ok(Some(text)) => attachment(&format!("{}.semper-payment", safe(&purpose, "payment")), Body::from(text)),
        Ok(None) => Oops::not_found(&visit),
        Err(error) => Oops::error(&visit, &error),
    }
}

/// `/payment/PURPOSE/evidence`
pub(super) async fn evidence(Inside { visit, .. }: Inside, Path(purpose): Path<String>) -> Response {
    let answer = visit.site.party.call(json!({ "command": "payment-export", "purpose": purpose })).await;
    let pack = answer.and_then(|answer| {
        let wrong = |error: semper_base::Violation| Fault::new(Code::DatabaseCorrupt, error.to_string());
        Ok(bytes::decode(view::text(&answer, "/pack")).map_err(wrong)?)
    });
    match pack {
        Ok(pack) => attachment(&format!("receipt-{}.zip", safe(&purpose, "payment")), Body::from(pack)),
        Err(error) => Oops::error(&visit, &error),
    }
}

/// `/payments/new`
pub(super) async fn form(Inside { visit, .. }: Inside) -> Response {
    show(&blank(&visit))
}

fn blank(visit: &Visit) -> NewPage {
    let t = Payments::of(visit.language);
    let (amount, text, days) = (String::new(), String::new(), "14".to_owned());
    NewPage { page: Page::new(visit, t.new), t, amount, text, days, wrong: Wrong::default() }
}

/// Asks to be paid; the receipt is signed on the trusted screen.
pub(super) async fn ask(Inside { visit, .. }: Inside, form: Form) -> Response {
    let t = Payments::of(visit.language);
    let mut page = blank(&visit);
    page.amount = form.get("amount").to_owned();
    page.text = form.get("text").to_owned();
    page.days = form.get("days").to_owned();
    let amount = Amount::parse(&page.amount.replace(',', "."), Currency::EUR).ok().filter(|amount| amount.minor() > 0);
    let days = page.days.parse::<u64>().ok().filter(|days| (1..=30).contains(days));
    if amount.is_none() {
        page.wrong.note("amount", t.wrong_amount);
    }
    if page.text.is_empty() || page.text.len() > TEXT_BYTES_MAX {
        page.wrong.note("text", t.wrong_text);
    }
    if days.is_none() {
        page.wrong.note("days", t.wrong_days);
    }
    let (Some(amount), Some(days), true) = (amount, days, page.wrong.is_empty()) else {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let amount = amount.to_string();
    let amount = if amount.ends_with(CURRENCY) { amount } else { format!("{amount} {CURRENCY}") };
    let command = json!({ "command": "payment-request", "amount": amount, "text": page.text, "days": days });
    match visit.site.party.call(command).await {
        Ok(payment) => go(&format!("/payment/{}?done=1", view::text(&payment, "/purpose"))),
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            page.wrong.note("text", fill(t.wrong_made, &[codes::text(visit.language, error.code())]));
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}
