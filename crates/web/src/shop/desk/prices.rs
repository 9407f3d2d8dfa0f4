//! The price list: whether every published price is signed, and the owner's signature for all of them at
//! once on the trusted screen.

use askama::Template;
use axum::extract::Query;
use axum::http::{StatusCode, header};
use axum::response::Response;
use semper_base::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use super::operator::Operator;
use super::view::{flag, number, some};
use crate::forms::{Form, Wrong};
use crate::page::{Page, go, show_as};
use crate::texts::When;
use crate::texts::shop_desk::{Orders, Wares};

/// How long a price list is good unless the owner says otherwise.
const DAYS: u64 = 90;
/// Longest that one may choose.
const DAYS_MAX: u64 = 365;

/// `?asked=1`: the party was told to make a list.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    asked: String,
}

struct Signed {
    when: Option<When>,
    expires: Option<When>,
    count: u64,
    version: u64,
    hash: String,
}

#[expect(clippy::struct_excessive_bools, reason = "what the page shows or leaves out")]
#[derive(Template)]
#[template(path = "shop/desk/prices.html")]
struct Prices {
    page: Page,
    t: &'static Wares,
    o: &'static Orders,
    acting: Option<String>,
    state: &'static str,
    is_current: bool,
    waits: bool,
    to_screen: bool,
    is_owner: bool,
    may: bool,
    count: u64,
    version: u64,
    list: Option<Signed>,
    days: String,
    wrong: Wrong,
    failed: Option<String>,
}

async fn page(operator: &Operator, days: &str, wrong: Wrong, failed: Option<String>, told: bool) -> Response {
    let catalogue = match operator.call(json!({ "command": "catalogue" })).await {
        Ok(catalogue) => catalogue,
        Err(error) => return operator.oops(&error),
    };
    let t = Wares::of(operator.language());
    let may = operator.rights().await.prices;
    let waits = waits(&catalogue);
    let (unsigned, has_list) =
        (flag(&catalogue, "/unsigned"), catalogue.get("price_list").is_some_and(Value::is_object));
    let expired = flag(&catalogue, "/price_list/expired");
    let state = match (waits, has_list, unsigned) {
        (true, _, _) => t.list_asked,
        (false, false, _) => t.list_none,
        (false, true, _) if expired => t.list_expired,
        (false, true, true) => t.list_unsigned,
        (false, true, false) => t.list_current,
    };
    let status = if wrong.is_empty() && failed.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let when = |path: &str| some(&catalogue, path).map(|iso| When::new(operator.language(), &iso));
    let list = has_list.then(|| Signed {
        when: when("/price_list/issued"),
        expires: when("/price_list/expires"),
        count: number(&catalogue, "/price_list/count"),
        version: number(&catalogue, "/price_list/version"),
        hash: some(&catalogue, "/price_list/hash").unwrap_or_default(),
    });
    let mut response = show_as(
        status,
        &Prices {
            page: operator.page(t.price_list).noting((told && waits).then_some(t.sign_asked)),
            t,
            o: Orders::of(operator.language()),
            acting: operator.acting(),
            state,
            is_current: has_list && !unsigned && !waits && !expired,
            waits,
            to_screen: waits && operator.is_owner() && operator.is_asked(),
            is_owner: operator.is_owner(),
            may,
            count: number(&catalogue, "/count"),
            version: number(&catalogue, "/version"),
            list,
            days: days.to_owned(),
            wrong,
            failed,
        },
    );
    // While the list is being made the page looks again by itself, without a script.
    if told && waits && !operator.is_asked() {
        response.headers_mut().insert(header::REFRESH, header::HeaderValue::from_static("2"));
    }
    response
}

pub(super) async fn show(operator: Operator, Query(told): Query<Told>) -> Response {
    page(&operator, &DAYS.to_string(), Wrong::default(), None, !told.asked.is_empty()).await
}

/// Has the list made; the trusted screen asks for the signature.
pub(super) async fn sign(operator: Operator, form: Form) -> Response {
    let typed = form.get("days");
    let Some(days) = typed.parse::<u64>().ok().filter(|days| (1..=DAYS_MAX).contains(days)) else {
        let mut wrong = Wrong::default();
        wrong.note("days", Wares::of(operator.language()).wrong_days);
        return page(&operator, typed, wrong, None, false).await;
    };
    match operator.call(json!({ "command": "price-list", "days": days })).await {
        Ok(_) => go("/desk/prices?asked=1"),
        // Asked already, by another click: the page says so.
        Err(Error::Misuse(_)) if already(&operator).await => go("/desk/prices?asked=1"),
        Err(error) => page(&operator, typed, Wrong::default(), Some(operator.sentence(&error)), false).await,
    }
}

async fn already(operator: &Operator) -> bool {
    let catalogue = operator.call(json!({ "command": "catalogue" })).await.unwrap_or_default();
    waits(&catalogue)
}

/// Whether a list is being made, or its question waits for the owner.
fn waits(catalogue: &Value) -> bool {
    flag(catalogue, "/making") || catalogue.get("asked").is_some_and(Value::is_object)
}

/// The shop's own trusted screen: the same as a wallet's, for the owner alone.
pub(super) async fn screen(operator: Operator) -> Response {
    if !operator.is_owner() {
        return operator.for_owner();
    }
    crate::wallet::screen::show(operator.into_inside()).await
}

/// The owner's answer.
pub(super) async fn answer(operator: Operator, form: Form) -> Response {
    if !operator.is_owner() {
        return operator.for_owner();
    }
    let response = crate::wallet::screen::answer(operator.into_inside(), None, form).await;
    // A wallet goes on with the deal; here it was the price list.
    if response.status() == StatusCode::SEE_OTHER { go("/desk/prices?asked=1") } else { response }
}
