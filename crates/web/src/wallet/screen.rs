//! The trusted screen: the one place where this wallet's owner agrees to sign.
//!
//! Everything that is said about a statement comes from its [`Screen`], which is computed from the bytes that
//! are signed; the page adds the owner's phrase and who the receivers are.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::{Error, Hash};
use semper_support::tinguin::neutral::neutralise;
use semper_support::tinguin::{Choice, Dialog, Field, FieldKind, Level, Line, Reply, Screen};

use super::handover;
use super::memory::Shared;
use super::view;
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::page::{Page, go, show_as};
use crate::screen::{Answered, Guide, Shown};
use crate::texts::wallet::Trusted;
use crate::texts::{self, fill};

/// The role that colours the frame.
const FRAME: &str = "screen";
/// How long an answered question may take to be signed before the next page is shown.
const SIGNED_WITHIN: std::time::Duration = std::time::Duration::from_millis(600);

#[derive(Template)]
#[template(path = "wallet/screen.html")]
struct Statement<'a> {
    page: Page,
    t: &'static Trusted,
    shown: &'a Shown,
    screen: &'a Screen,
    lang: &'static str,
    /// How many wait behind this, where there is a list of them.
    behind: Option<usize>,
    /// Whether it is to be answered, not only read.
    to_sign: bool,
}

impl Statement<'_> {
    fn cautions(&self, line: &Line) -> Vec<&str> {
        line.cautions.iter().map(|caution| self.screen.frame.cautions.of(*caution)).collect()
    }

    fn material(&self) -> Vec<&Line> {
        self.screen.lines_of(Level::Material).collect()
    }

    fn details(&self) -> Vec<&Line> {
        self.screen.lines_of(Level::Detail).collect()
    }

    fn technical(&self) -> Vec<&Line> {
        self.screen.lines_of(Level::Technical).collect()
    }
}

/// A dialog that signs nothing.
#[derive(Template)]
#[template(path = "wallet/dialog.html")]
struct Plain<'a> {
    page: Page,
    t: &'static Trusted,
    shown: &'a Shown,
    wrong: &'a Wrong,
    kept: &'a BTreeMap<String, String>,
    lang: &'static str,
    question: String,
    /// How many wait behind this, where there is a list of them.
    behind: Option<usize>,
    choices: &'a [Choice],
    fields: &'a [Field],
    /// The buttons of a question with two answers.
    buttons: Option<(&'a str, &'a str)>,
    /// Whether it is only to be read.
    to_read: bool,
}

impl Plain<'_> {
    fn kept<'f>(&'f self, field: &'f Field) -> &'f str {
        self.kept.get(&field.name).map_or(field.value.as_str(), String::as_str)
    }

    #[expect(clippy::unused_self, reason = "a template calls methods only")]
    fn secret(&self, field: &Field) -> bool {
        field.kind == FieldKind::Secret
    }

    fn problem(&self) -> Option<&str> {
        self.wrong.of(FIELD)
    }

    /// Whether this is the field that the reply got wrong.
    fn is_wrong(&self, field: &Field) -> bool {
        self.wrong.of(FIELD_NAME) == Some(field.name.as_str())
    }

    #[expect(clippy::unused_self, reason = "a template calls methods only")]
    fn harmless(&self, text: &str) -> String {
        neutralise(text).text
    }
}

/// Under which names the problem of a reply is noted: what it is, and the field's own name.
const FIELD: &str = "problem";
const FIELD_NAME: &str = "name";

#[derive(Template)]
#[template(path = "wallet/nothing.html")]
struct Nothing {
    page: Page,
    t: &'static Trusted,
    text: &'static str,
    /// What is under way.
    status: Option<String>,
    deal: Option<String>,
    other_now: bool,
}

fn framed(visit: &Visit, title: impl Into<String>) -> Page {
    let page = Page::new(visit, title);
    Page { role: FRAME, asking: false, ..page }
}

/// What is asked now.
pub(crate) async fn show(Inside { visit, .. }: Inside) -> Response {
    let t = Trusted::of(visit.language);
    let Some(display) = &visit.site.display else {
        return nothing(&visit, StatusCode::OK, t.no_screen, t.no_screen_text, None);
    };
    match display.current() {
        Some(shown) => question(&visit, &shown, StatusCode::OK, &Wrong::default(), &BTreeMap::new()),
        None => {
            if visit.site.role == crate::Role::Wallet {
                Guide::new(visit.site.party.clone(), Arc::clone(display)).refresh().await;
            }
            nothing(&visit, StatusCode::OK, t.nothing, t.nothing_text, None)
        }
    }
}

fn nothing(visit: &Visit, status: StatusCode, title: &str, text: &'static str, deal: Option<String>) -> Response {
    let other_now = visit.site.display.as_ref().is_some_and(|display| display.current().is_some());
    let t = Trusted::of(visit.language);
    let under_way = visit.site.display.as_ref().and_then(|display| display.status());
    show_as(status, &Nothing { page: framed(visit, title), t, text, status: under_way, deal, other_now })
}

fn question(
    visit: &Visit,
    shown: &Shown,
    status: StatusCode,
    wrong: &Wrong,
    kept: &BTreeMap<String, String>,
) -> Response {
    let t = Trusted::of(visit.language);
    if let Some(screen) = shown.screen() {
        let page = framed(visit, screen.title.clone());
        let to_sign = matches!(shown.dialog, Dialog::Confirm(_));
        let lang = texts::code(screen.language);
        return show_as(status, &Statement { page, t, shown, screen, lang, behind: behind(visit, shown), to_sign });
    }
    let (mut choices, mut fields): (&[Choice], &[Field]) = (&[], &[]);
    let (mut buttons, mut to_read) = (None, false);
    let mut title = t.title.to_owned();
    let question = match &shown.dialog {
        Dialog::Choose { question, choices: all } => {
            choices = all;
            question
        }
        Dialog::Form { question, fields: all } => {
            fields = all;
            question
        }
        Dialog::Message { severity, text } => {
            (title, to_read) = (severity.word(shown.language).to_owned(), true);
            text
        }
        Dialog::YesNo { question, yes, no } => {
            buttons = Some((no.as_str(), yes.as_str()));
            question
        }
        Dialog::Status { text } => text,
        Dialog::Confirm(_) | Dialog::Show(_) => return nothing(visit, status, t.nothing, t.nothing_text, None),
    };
    let question = neutralise(question).text;
    let page = framed(visit, title);
    let (lang, behind) = (texts::code(shown.language), behind(visit, shown));
    show_as(status, &Plain { page, t, shown, wrong, kept, lang, question, behind, choices, fields, buttons, to_read })
}

/// How many others wait; only wallets have a page for it.
fn behind(visit: &Visit, shown: &Shown) -> Option<usize> {
    let display = visit.site.display.as_ref().filter(|_| visit.site.role == crate::Role::Wallet)?;
    Some(display.line().iter().filter(|one| one.shown.id != shown.id).count())
}

/// The answer: `question`, `mark`, and the button that was pressed.
pub(crate) async fn answer(Inside { visit, .. }: Inside, memory: Option<Extension<Shared>>, form: Form) -> Response {
    let t = Trusted::of(visit.language);
    let Some(display) = &visit.site.display else {
        return nothing(&visit, StatusCode::CONFLICT, t.no_screen, t.no_screen_text, None);
    };
    let (id, mark) = (form.get("question"), Hash::from_hex(form.get("mark")));
    let open = mark.and_then(|mark| display.current().filter(|shown| shown.id == id && shown.mark() == mark));
    let (Some(shown), Some(mark)) = (open, mark) else {
        return too_late(&visit, mark.and_then(|mark| display.answered(id, mark))).await;
    };
    let Some(reply) = reply(&shown.dialog, &form) else {
        return question(&visit, &shown, StatusCode::BAD_REQUEST, &Wrong::default(), &BTreeMap::new());
    };
    match display.answer(id, mark, reply.clone()) {
        Ok(()) => {}
        Err(Error::Violation(why)) => return refused(&visit, &shown, why.detail(), &reply),
        // Somebody was quicker: another window, a second click.
        Err(_) => return too_late(&visit, display.answered(id, mark)).await,
    }
    settled(&visit, &shown).await;
    if let Some(name) = shown.asker.strip_prefix("handover/") {
        return match memory {
            Some(Extension(memory)) => go(&handover::after_address(&memory, name).await),
            None => go("/"),
        };
    }
    // What was only asked on the way to a signature goes on here.
    if shown.screen().is_none() && !shown.dialog.gives_way() && follows(&visit, &shown).await {
        return go("/screen");
    }
    go(&view::deal_path(&visit.site.party, &shown.asker).await.unwrap_or_else(|| "/".to_owned()))
}

/// Whether the same asker has another question, within a moment.
async fn follows(visit: &Visit, shown: &Shown) -> bool {
    let Some(display) = &visit.site.display else { return false };
    let about = |asker: &str| view::deal_of(asker).map_or_else(|| asker.to_owned(), str::to_owned);
    let started = tokio::time::Instant::now();
    while started.elapsed() < SIGNED_WITHIN {
        let next = display.current().filter(|next| next.id != shown.id || next.mark() != shown.mark());
        if next.is_some_and(|next| about(&next.asker) == about(&shown.asker)) {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    false
}

/// Waits a moment until the screen's thread has taken the answer, so that the next page shows its effect.
async fn settled(visit: &Visit, shown: &Arc<Shown>) {
    let Some(display) = &visit.site.display else { return };
    let started = tokio::time::Instant::now();
    while display.holds(&shown.id) && started.elapsed() < SIGNED_WITHIN {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// What was answered before, or lost its object.
async fn too_late(visit: &Visit, answered: Option<Answered>) -> Response {
    let t = Trusted::of(visit.language);
    let Some(answered) = answered else { return nothing(visit, StatusCode::CONFLICT, t.closed, t.closed_text, None) };
    let text = if answered.agreed { t.answered_yes } else { t.answered_no };
    let deal = view::deal_path(&visit.site.party, &answered.asker).await;
    nothing(visit, StatusCode::CONFLICT, t.answered, text, deal)
}

/// The reply that the pressed button stands for; none if it is no button of this dialog.
fn reply(dialog: &Dialog, form: &Form) -> Option<Reply> {
    let pressed = form.get("answer");
    Some(match (dialog, pressed) {
        (_, "later") => Reply::Cancelled,
        (Dialog::Confirm(_), "agree") => Reply::Confirmed,
        (Dialog::Confirm(_) | Dialog::YesNo { .. }, "refuse") => Reply::Refused,
        (Dialog::YesNo { .. }, "agree") => Reply::Yes,
        (Dialog::Message { .. } | Dialog::Show(_), "seen") => Reply::Seen,
        (Dialog::Choose { choices, .. }, "send") => {
            let at: usize = form.get("choice").parse().ok()?;
            Reply::Chosen(choices.get(at)?.name.clone())
        }
        (Dialog::Form { fields, .. }, "send") => {
            let typed = fields.iter().zip(0_usize..).map(|(field, at)| {
                let name = format!("field-{at}");
                let value = if field.kind == FieldKind::Secret { form.raw(&name) } else { form.get(&name) };
                (field.name.clone(), value.to_owned())
            });
            Reply::Filled(typed.collect())
        }
        _ => return None,
    })
}

/// A form that does not fit: shown again with the field named and what was typed.
fn refused(visit: &Visit, shown: &Shown, name: &str, reply: &Reply) -> Response {
    let (Dialog::Form { fields, .. }, Reply::Filled(values)) = (&shown.dialog, reply) else {
        return question(visit, shown, StatusCode::BAD_REQUEST, &Wrong::default(), &BTreeMap::new());
    };
    let t = Trusted::of(visit.language);
    let field = fields.iter().find(|field| field.name == name);
    let empty = values.get(name).is_none_or(String::is_empty);
    let problem = match field.map(|field| field.kind) {
        _ if empty => t.wrong_missing.to_owned(),
        Some(FieldKind::Amount(_)) => t.wrong_amount.to_owned(),
        Some(FieldKind::Count { max }) => fill(t.wrong_count, &[&max.to_string()]),
        Some(FieldKind::Text { chars_max }) => fill(t.wrong_text, &[&chars_max.to_string()]),
        Some(FieldKind::Secret) | None => t.wrong_missing.to_owned(),
    };
    let mut wrong = Wrong::default();
    wrong.note(FIELD, problem);
    wrong.note(FIELD_NAME, name);
    let secret = |name: &str| fields.iter().any(|field| field.name == name && field.kind == FieldKind::Secret);
    let kept = values.iter().filter(|(name, _)| !secret(name)).map(|(name, value)| (name.clone(), value.clone()));
    question(visit, shown, StatusCode::UNPROCESSABLE_ENTITY, &wrong, &kept.collect())
}
