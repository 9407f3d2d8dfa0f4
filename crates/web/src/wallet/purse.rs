//! The purse: what is on the account, and what was paid.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::view;
use crate::door::Inside;
use crate::forms::Form;
use crate::oops::Oops;
use crate::page::{Page, go, show};
use crate::texts::wallet::Purses;
use crate::texts::{Language, When};

/// The currency of new accounts.
pub(super) const CURRENCY: &str = "EUR";

struct Transfer {
    direction: &'static str,
    amount: String,
    about: String,
    /// The deal's page, if it is about one.
    path: Option<String>,
    state: String,
    at: Option<When>,
}

#[derive(Template)]
#[template(path = "wallet/purse.html")]
struct PursePage {
    page: Page,
    t: &'static Purses,
    account: Option<String>,
    balance: Option<String>,
    transfers: Vec<Transfer>,
}

/// `?asked`: the bank was asked.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    asked: String,
}

/// `/purse`
pub(super) async fn purse(Inside { visit, .. }: Inside, Query(asked): Query<Asked>) -> Response {
    let (t, language) = (Purses::of(visit.language), visit.language);
    let purse = match visit.site.party.purse().await {
        Ok(purse) => purse,
        Err(error) => return Oops::error(&visit, &error),
    };
    let transfers = visit.site.party.call(json!({ "command": "transfers" })).await.unwrap_or_default();
    show(&PursePage {
        page: Page::new(&visit, t.title).noting((!asked.asked.is_empty()).then_some(t.asked)),
        t,
        account: view::some(&purse, "/account"),
        balance: view::money(language, &purse, "/balance"),
        transfers: view::list(&transfers, "/transfers").iter().map(|one| transfer(t, language, one)).collect(),
    })
}

fn transfer(t: &'static Purses, language: Language, one: &Value) -> Transfer {
    let coming = one.get("in").and_then(Value::as_bool).unwrap_or(false);
    let subject = view::text(one, "/subject");
    let state = match view::text(one, "/state") {
        "asked" => t.state_asked,
        "open" => t.state_open,
        "sent" => t.state_sent,
        "paid" => t.state_paid,
        "refused" => t.state_refused,
        other => other,
    };
    Transfer {
        direction: if coming { t.coming } else { t.going },
        amount: view::money(language, one, "/amount").unwrap_or_default(),
        about: view::theirs(subject).text,
        path: view::deal_of(subject).map(|id| format!("/deal/{id}")),
        state: state.to_owned(),
        at: view::when(language, one, "/at"),
    }
}

/// Asks the bank for an account; again, for its balance. Nothing is opened twice.
pub(super) async fn ask(Inside { visit, .. }: Inside, _form: Form) -> Response {
    match visit.site.party.call(json!({ "command": "open-account", "currency": CURRENCY })).await {
        Ok(_) => {
            settle().await;
            go("/purse?asked=1")
        }
        Err(error) => Oops::error(&visit, &error),
    }
}

/// The bank mostly answers at once.
pub(super) async fn settle() {
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
}
