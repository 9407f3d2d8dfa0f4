//! Who is in line for the trusted screen: who asks, since when, for which deal, what has the display, and what
//! waits behind. The owner looks at each, takes one first, or withdraws it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::Hash;
use semper_support::tinguin::{Dialog, dialog_to_text};
use serde::Deserialize;
use serde_json::{Value, json};

use super::view;
use crate::door::{Inside, Visit};
use crate::forms::Form;
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::screen::{Shown, of_question};
use crate::texts::wallet::{Line, Trusted};
use crate::texts::{self, Language, When, fill};

/// The width in which a question is shown here: that of a terminal.
const WIDTH: usize = 80;

/// One who asks.
struct Session {
    name: String,
    what: String,
    who: String,
    /// The deal's page, if it is about one.
    path: Option<String>,
    since: When,
    has_display: bool,
    /// Whether it has come to the display already; else it waits in the store.
    in_line: bool,
    shown: Arc<Shown>,
}

#[derive(Template)]
#[template(path = "wallet/sessions.html")]
struct SessionsPage {
    page: Page,
    t: &'static Line,
    sessions: Vec<Session>,
}

/// `?withdrawn`: one was withdrawn.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    withdrawn: String,
}

/// `/screen/sessions`
pub(super) async fn list(Inside { visit, .. }: Inside, Query(done): Query<Done>) -> Response {
    let t = Line::of(visit.language);
    let page = Page::new(&visit, t.title).noting((!done.withdrawn.is_empty()).then_some(t.withdrawn));
    match gather(&visit).await {
        Ok(sessions) => show(&SessionsPage { page, t, sessions }),
        Err(response) => response,
    }
}

/// Everybody who asks: what has the display, then what waits for it, then what waits in the store.
async fn gather(visit: &Visit) -> Result<Vec<Session>, Response> {
    let said = visit.site.party.call(json!({ "command": "questions" })).await;
    let said = said.map_err(|error| Oops::error(visit, &error))?;
    let deals = visit.site.party.call(json!({ "command": "deals" })).await.unwrap_or_default();
    let line = visit.site.display.as_ref().map(|display| display.line()).unwrap_or_default();
    let mut all: Vec<Session> =
        line.iter().map(|one| session(visit, &deals, &one.shown, Some(one.has_display))).collect();
    all.sort_by_key(|one| !one.has_display);
    let stored = view::list(&said, "/questions").iter().filter_map(of_question);
    // What was withdrawn already is refused as soon as it comes.
    let refused = visit.site.display.as_ref().map(|display| display.refused_ahead()).unwrap_or_default();
    let is_refused = |one: &Shown| refused.iter().any(|(id, hash)| *id == one.id && one.says(hash));
    let new = stored.filter(|one| line.iter().all(|waiting| waiting.shown.id != one.id) && !is_refused(one));
    all.extend(new.map(|one| session(visit, &deals, &Arc::new(one), None)));
    Ok(all)
}

/// `has_display` is none for what has not come to the display yet.
fn session(visit: &Visit, deals: &Value, shown: &Arc<Shown>, has_display: Option<bool>) -> Session {
    let t = Line::of(visit.language);
    let deal = view::deal_of(&shown.asker);
    let xid = shown.asker.strip_prefix("dgp/");
    let is_it = |one: &&Value| deal == Some(view::text(one, "/deal")) || xid == Some(view::text(one, "/xid"));
    let found = view::list(deals, "/deals").iter().find(|one| (deal.is_some() || xid.is_some()) && is_it(one));
    let id = found.map(|one| view::text(one, "/deal")).or(deal);
    let title = found.and_then(|one| view::some(one, "/title").or_else(|| view::some(one, "/item")));
    let about = title.or_else(|| id.map(str::to_owned)).map(|title| fill(t.of_deal, &[&view::theirs(&title).text]));
    Session {
        name: shown.name(),
        what: what(visit.language, shown),
        who: about.unwrap_or_else(|| t.wallet.to_owned()),
        path: id.map(|id| format!("/deal/{id}")),
        since: When::new(visit.language, &shown.since.to_string()),
        has_display: has_display.unwrap_or(false),
        in_line: has_display.is_some(),
        shown: Arc::clone(shown),
    }
}

fn what(language: Language, shown: &Shown) -> String {
    match &shown.dialog {
        Dialog::Confirm(screen) | Dialog::Show(screen) => {
            view::title(language, screen.kind.as_str()).unwrap_or_else(|| screen.title.clone())
        }
        other => dialog(language, other.word()).to_owned(),
    }
}

/// What a dialog that signs nothing is called, by its word; a word that is none stands as it is.
pub(super) fn dialog(language: Language, word: &str) -> &str {
    let t = Line::of(language);
    match word {
        "choose" => t.choose,
        "form" => t.form,
        "message" | "status" => t.message,
        "yes-no" => t.yes_no,
        other => other,
    }
}

#[derive(Template)]
#[template(path = "wallet/session.html")]
struct SessionPage {
    page: Page,
    t: &'static Line,
    one: Session,
    lang: &'static str,
    text: String,
    /// What the button that ends it says.
    end: &'static str,
}

/// `/screen/sessions/NAME`: what it says, to look at.
pub(super) async fn one(Inside { visit, .. }: Inside, Path(name): Path<String>) -> Response {
    let t = Line::of(visit.language);
    let all = match gather(&visit).await {
        Ok(all) => all,
        Err(response) => return response,
    };
    let Some(one) = all.into_iter().find(|one| one.name == name) else { return gone(&visit) };
    let text = dialog_to_text(&one.shown.dialog, one.shown.language, WIDTH);
    let end = if one.shown.dialog.withdrawn().word() == "no" { t.withdraw } else { t.put_away };
    let (page, lang) = (Page::new(&visit, one.what.clone()), texts::code(one.shown.language));
    show(&SessionPage { page, t, one, lang, text, end })
}

#[derive(Template)]
#[template(path = "wallet/nothing.html")]
struct Gone {
    page: Page,
    t: &'static Trusted,
    text: &'static str,
    status: Option<String>,
    deal: Option<String>,
    other_now: bool,
}

fn gone(visit: &Visit) -> Response {
    let t = Trusted::of(visit.language);
    let (page, text, other_now) = (Page::new(visit, t.closed), t.closed_text, false);
    show_as(StatusCode::NOT_FOUND, &Gone { page, t, text, status: None, deal: None, other_now })
}

/// "Show this first", or "Withdraw".
pub(super) async fn act(Inside { visit, .. }: Inside, Path(name): Path<String>, form: Form) -> Response {
    let Some(display) = visit.site.display.clone() else { return gone(&visit) };
    let all = match gather(&visit).await {
        Ok(all) => all,
        Err(response) => return response,
    };
    let mark = Hash::from_hex(form.get("mark"));
    let one = all.into_iter().find(|one| one.name == name && Some(one.shown.mark()) == mark);
    let Some(one) = one else { return gone(&visit) };
    let id = &one.shown.id;
    match (form.get("act"), one.in_line) {
        ("first", true) => match display.take_first(id) {
            Ok(()) => go("/screen"),
            Err(_) => gone(&visit),
        },
        ("withdraw", true) => match display.withdraw(id, one.shown.mark()) {
            Ok(()) => go("/screen/sessions?withdrawn=1"),
            Err(_) => gone(&visit),
        },
        ("withdraw", false) => {
            if let Some(screen) = one.shown.screen() {
                display.refuse_ahead(id, screen.payload);
            }
            go("/screen/sessions?withdrawn=1")
        }
        _ => gone(&visit),
    }
}
