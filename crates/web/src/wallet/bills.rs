//! Money in a joint deal, before there is one: where we want to be paid, for what or unless something is done; and what
//! we take upon us to pay.

use askama::Template;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::limits::UNLESS_CHARS_MAX;
use semper_base::{Amount, Blob64, Code, Currency, Error, Misuse, Timestamp};
use serde_json::{Value, json};

use super::contract_new::{DAY_MS, days};
use super::joint::made;
use super::memory::Shared;
use super::upload::Upload;
use super::view;
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::oops::Oops;
use crate::page::{Page, show, show_as};
use crate::texts::codes::why;
use crate::texts::fill;
use crate::texts::wallet::Joint;

/// A purse, as a form offers it.
pub(super) struct Purse {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) currency: String,
}

/// Our purses, the usual one first.
pub(super) async fn purses(visit: &Visit) -> Vec<Purse> {
    let j = Joint::of(visit.language);
    let known = visit.site.party.call(json!({ "command": "purse" })).await.unwrap_or_default();
    let one = |one: &Value| {
        let shown = |path: &str| view::theirs(view::text(one, path)).text;
        let balance = view::money(visit.language, one, "/balance").unwrap_or_default();
        Purse {
            name: view::text(one, "/purse").to_owned(),
            label: fill(j.purse_line, &[&shown("/purse"), &shown("/bank"), &balance]),
            currency: view::text(one, "/currency").to_owned(),
        }
    };
    view::list(&known, "/purses").iter().map(one).collect()
}

/// An amount as it was typed, more than nothing, with its currency behind it.
pub(super) fn typed_amount(text: &str, currency: &str) -> Option<String> {
    let currency = Currency::parse(currency).ok()?;
    let amount = Amount::parse(&text.replace(',', "."), currency).ok()?;
    (amount.minor() > 0).then(|| amount.to_string())
}

#[derive(Template)]
#[template(path = "wallet/joint_bill.html")]
struct BillPage {
    page: Page,
    j: &'static Joint,
    purses: Vec<Purse>,
    amount: String,
    purse: String,
    what: String,
    due: String,
    days: String,
    wrong: Wrong,
}

async fn bill_page(visit: &Visit) -> BillPage {
    let j = Joint::of(visit.language);
    BillPage {
        page: Page::new(visit, j.bill),
        j,
        purses: purses(visit).await,
        amount: String::new(),
        purse: String::new(),
        what: String::new(),
        due: String::new(),
        days: "14".to_owned(),
        wrong: Wrong::default(),
    }
}

/// `/joint/bill`
pub(super) async fn bill(Inside { visit, .. }: Inside) -> Response {
    show(&bill_page(&visit).await)
}

/// Says where we want to be paid.
pub(super) async fn ask(Inside { visit, .. }: Inside, Extension(memory): Extension<Shared>, form: Form) -> Response {
    let mut page = bill_page(&visit).await;
    page.amount = form.get("amount").to_owned();
    page.purse = form.get("purse").to_owned();
    page.what = form.get("what").to_owned();
    page.due = form.get("due").to_owned();
    page.days = form.get("days").to_owned();
    let purse = page.purses.iter().find(|purse| purse.name == page.purse).or(page.purses.first());
    let amount = purse.and_then(|purse| typed_amount(&page.amount, &purse.currency));
    let name = purse.map(|purse| purse.name.clone());
    let unless = (!page.what.is_empty() || !page.due.is_empty()).then(|| unless(&mut page));
    let Some(amount) = amount else {
        page.wrong.note("amount", page.j.wrong_amount);
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    if !page.wrong.is_empty() {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let command = json!({ "command": "contract-bill", "amount": amount, "purse": name, "unless": unless });
    match visit.site.party.call(command).await.and_then(|told| made(&memory, told)) {
        Ok(response) => response,
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            page.wrong.note("amount", why(visit.language, &error));
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// What is to be done, and by when.
fn unless(page: &mut BillPage) -> Value {
    if page.what.is_empty() || page.what.chars().count() > UNLESS_CHARS_MAX {
        page.wrong.note("what", page.j.wrong_what);
    }
    let due = moment(&page.due);
    if due.is_none() {
        page.wrong.note("due", page.j.wrong_due);
    }
    let days = days(&page.days);
    if days.is_none() {
        page.wrong.note("days", page.j.wrong_days);
    }
    json!({ "what": page.what, "due": due, "claim_ms": days.unwrap_or(14).saturating_mul(DAY_MS) })
}

/// A time as a field for it gives it (`2026-12-24T18:00`, in UTC), or as it is written elsewhere.
pub(super) fn moment(text: &str) -> Option<String> {
    let text = text.replace(' ', "T");
    [text.clone(), format!("{text}:00.000Z"), format!("{text}.000Z")]
        .into_iter()
        .find(|written| Timestamp::parse(written).is_some())
}

#[derive(Template)]
#[template(path = "wallet/joint_pay.html")]
struct PayPage {
    page: Page,
    j: &'static Joint,
    purses: Vec<Purse>,
    pasted: String,
    purse: String,
    wrong: Wrong,
}

async fn pay_page(visit: &Visit) -> PayPage {
    let j = Joint::of(visit.language);
    PayPage {
        page: Page::new(visit, j.pay),
        j,
        purses: purses(visit).await,
        pasted: String::new(),
        purse: String::new(),
        wrong: Wrong::default(),
    }
}

/// `/joint/pay`
pub(super) async fn pay(Inside { visit, .. }: Inside) -> Response {
    show(&pay_page(&visit).await)
}

/// Takes a bill upon us; nothing is locked before the deal is signed.
pub(super) async fn take(
    Inside { visit, .. }: Inside,
    Extension(memory): Extension<Shared>,
    upload: Upload,
) -> Response {
    let mut page = pay_page(&visit).await;
    page.pasted = upload.get("pasted").to_owned();
    page.purse = upload.get("purse").to_owned();
    let bill = upload.content("pasted");
    let answer = if bill.is_empty() {
        Err(Misuse::new(Code::FileWrong, "bill").into())
    } else {
        let mut command = json!({ "command": "contract-pay", "bill": Blob64(bill) });
        if let Some(members) = command.as_object_mut().filter(|_| !page.purse.is_empty()) {
            members.insert("purse".to_owned(), json!(page.purse));
        }
        visit.site.party.call(command).await
    };
    match answer.and_then(|told| made(&memory, told)) {
        Ok(response) => response,
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            page.wrong.note("file", why(visit.language, &error));
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_browsers_send_them() {
        for text in ["2026-12-24T18:00", "2026-12-24 18:00", "2026-12-24T18:00:00", "2026-12-24T18:00:00.000Z"] {
            assert_eq!(moment(text).as_deref(), Some("2026-12-24T18:00:00.000Z"), "{text}");
        }
        for text in ["", "tomorrow", "2026-13-24T18:00", "24.12.2026"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_more_than_nothing() {
        assert_eq!(typed_amount("12,5", "EUR").as_deref(), Some("12.50 EUR"));
        for (text, currency) in [("0", "EUR"), ("-1", "EUR"), ("1", "euro"), ("x", "EUR")] {
            assert_eq!(typed_amount(text, currency), None, "{text}");
        }
    }
}
