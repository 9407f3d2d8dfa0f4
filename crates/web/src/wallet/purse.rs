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

/// One account of several.
struct One {
    name: String,
    bank: String,
    account: String,
    balance: String,
}

#[derive(Template)]
#[template(path = "wallet/purse.html")]
struct PursePage {
    page: Page,
    t: &'static Purses,
    account: Option<String>,
    balance: Option<String>,
    /// All, if there is more than one.
    purses: Vec<One>,
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
    let deals = visit.site.party.call(json!({ "command": "deals" })).await.unwrap_or_default();
    let (deals, transfers) = (view::list(&deals, "/deals"), view::list(&transfers, "/transfers"));
    // A reference that nobody has paid to moved nothing.
    let moved = transfers.iter().filter(|one| view::some(one, "/amount").is_some());
    let mut all: Vec<Transfer> = moved.map(|one| transfer(t, language, one, deals)).collect();
    all.extend(deals.iter().flat_map(|deal| of_file(t, language, deal, transfers)));
    // The newest first; what has not happened yet before that.
    let time = |one: &Transfer| one.at.as_ref().map_or_else(|| "~".to_owned(), |at| at.iso.clone());
    all.sort_by_key(|one| std::cmp::Reverse(time(one)));
    show(&PursePage {
        page: Page::new(&visit, t.title).noting((!asked.asked.is_empty()).then_some(t.asked)),
        t,
        account: view::some(&purse, "/account"),
        balance: view::money(language, &purse, "/balance"),
        purses: purses(language, &purse),
        transfers: all,
    })
}

fn purses(language: Language, purse: &Value) -> Vec<One> {
    let one = |one: &Value| One {
        name: view::theirs(view::text(one, "/purse")).text,
        bank: view::theirs(view::text(one, "/bank")).text,
        account: view::text(one, "/account").to_owned(),
        balance: view::money(language, one, "/balance").unwrap_or_default(),
    };
    match view::list(purse, "/purses") {
        [] | [_] => Vec::new(),
        several => several.iter().map(one).collect(),
    }
}

/// The deal that a subject belongs to: by its own id, by its exchange, or by its order.
fn deal_of<'d>(subject: &str, deals: &'d [Value]) -> Option<&'d Value> {
    let (table, id) = subject.split_once(':')?;
    let member = match table {
        "deal" | "parcel" => "/deal",
        "xid" => "/xid",
        "order" => "/order",
        _ => return None,
    };
    deals.iter().find(|deal| !id.is_empty() && view::text(deal, member) == id)
}

/// What is bought, and the page that says more.
fn goods(deal: &Value) -> (String, String) {
    let title = view::some(deal, "/title").or_else(|| view::some(deal, "/item")).unwrap_or_default();
    (view::theirs(&title).text, format!("/deal/{}", view::text(deal, "/deal")))
}

fn transfer(t: &'static Purses, language: Language, one: &Value, deals: &[Value]) -> Transfer {
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
    let (about, path) = match deal_of(subject, deals) {
        Some(deal) => {
            let (title, path) = goods(deal);
            (title, Some(path))
        }
        None if subject.starts_with("pay:") => (t.by_hand.to_owned(), None),
        None => (view::theirs(subject).text, None),
    };
    Transfer {
        direction: if coming { t.coming } else { t.going },
        amount: view::money(language, one, "/amount").unwrap_or_default(),
        about,
        path,
        state: state.to_owned(),
        at: view::when(language, one, "/at"),
    }
}

/// What was paid for a file, and came back: that moves by a hold and not by a transfer.
fn of_file(t: &'static Purses, language: Language, deal: &Value, transfers: &[Value]) -> Vec<Transfer> {
    let is_transfer = |one: &Value| deal_of(view::text(one, "/subject"), std::slice::from_ref(deal)).is_some();
    let is_more = |path: &str| view::text(deal, path).bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    if view::text(deal, "/process") != "purchase" {
        return Vec::new();
    }
    let (about, path) = goods(deal);
    let back = transfers.iter().any(|one| is_transfer(one) && view::text(one, "/state") == "paid");
    let rows = [("/paid", t.going, true), ("/refunded", t.coming, !back)];
    let rows = rows.into_iter().filter(|(member, _, counts)| *counts && is_more(member));
    rows.map(|(member, direction, _)| Transfer {
        direction,
        amount: view::money(language, deal, member).unwrap_or_default(),
        about: about.clone(),
        path: Some(path.clone()),
        state: t.state_paid.to_owned(),
        at: view::when(language, deal, "/opened"),
    })
    .collect()
}

/// Asks the bank for an account; again, for its balance. Nothing is opened twice.
pub(super) async fn ask(Inside { visit, .. }: Inside, _form: Form) -> Response {
    let party = &visit.site.party;
    let known = party.call(json!({ "command": "purse" })).await.unwrap_or_default();
    let mut wishes: Vec<Value> = view::list(&known, "/purses").iter().map(again).collect();
    if wishes.is_empty() {
        wishes.push(json!({ "command": "open-account", "currency": CURRENCY }));
    }
    for wish in wishes {
        if let Err(error) = party.call(wish).await {
            return Oops::error(&visit, &error);
        }
    }
    settle().await;
    go("/purse?asked=1")
}

/// Asks again for an account that is open: its bank says what is on it.
fn again(purse: &Value) -> Value {
    json!({ "command": "open-account", "purse": purse.get("purse"), "currency": purse.get("currency") })
}

/// The bank mostly answers at once.
pub(super) async fn settle() {
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
}
