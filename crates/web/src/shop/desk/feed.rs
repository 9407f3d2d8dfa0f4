//! Importing a feed: upload, preview, and then all of it or nothing.
//!
//! ```text
//! POST /desk/import        the file is read and compared; nothing is written
//! GET  /desk/import/ID     the preview; later how far the import is, and what came of it
//! POST /desk/import/ID     stages everything in batches and brings it into force with one command
//! ```
//!
//! The import is a task of its own: it goes on when the browser closes. If it fails or this program ends, what
//! was staged never comes into force.

mod reading;
mod running;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use askama::Template;
use axum::Extension;
use axum::extract::{Multipart, Path};
use axum::http::{StatusCode, header};
use axum::response::Response;
use semper_base::Currency;
use semper_catalogue::{Report, Settings};
use serde_json::{Value, json};

use super::operator::Operator;
use super::view::{number, some};
use crate::forms::{Form, TOKEN, Wrong};
use crate::page::{Page, go, show as finish, show_as};
use crate::texts::fill;
use crate::texts::shop_desk::{Feeds, Orders};

/// Largest upload with its form around it, in bytes.
pub(super) const UPLOAD_BYTES_MAX: usize = FEED_BYTES_MAX + (64 << 10);
/// Largest feed, in bytes.
const FEED_BYTES_MAX: usize = 32 << 20;
/// Uploads that are kept in memory; the oldest go first.
const KEPT_MAX: usize = 4;

/// The uploads of this site.
#[derive(Clone, Debug, Default)]
pub(super) struct Uploads(Arc<Mutex<VecDeque<Arc<Upload>>>>);

impl Uploads {
    fn kept(&self) -> MutexGuard<'_, VecDeque<Arc<Upload>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: &str) -> Option<Arc<Upload>> {
        self.kept().iter().find(|upload| upload.id == id).cloned()
    }

    fn keep(&self, upload: Upload) {
        let mut kept = self.kept();
        while kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back(Arc::new(upload));
    }
}

/// A feed that was uploaded and looked at.
#[derive(Debug)]
struct Upload {
    id: String,
    bytes: Arc<Vec<u8>>,
    settings: Settings,
    report: Report,
    would: Counts,
    state: Mutex<State>,
}

/// What an import changes.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    new: u64,
    changed: u64,
    unchanged: u64,
    missing: u64,
}

impl Counts {
    fn read(reply: &Value) -> Self {
        let count = |name: &str| number(reply, &format!("/{name}"));
        Counts {
            new: count("new"),
            changed: count("changed"),
            unchanged: count("unchanged"),
            missing: count("missing"),
        }
    }
}

/// ```text
/// Ready --> Running --> Finished
///   ^          |
///   +- Failed <+   (may be tried again)
/// ```
#[derive(Clone, Debug)]
enum State {
    Ready,
    Running(u64),
    Finished(Counts),
    Failed(String),
}

impl Upload {
    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Takes the one right to run it; false for a second click.
    fn begin(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = matches!(*state, State::Ready | State::Failed(_));
        if is_free {
            *state = State::Running(0);
        }
        is_free
    }
}

#[derive(Template)]
#[template(path = "shop/desk/import.html")]
struct UploadPage {
    page: Page,
    t: &'static Feeds,
    o: &'static Orders,
    acting: Option<String>,
    currency: String,
    vat: String,
    text: String,
    wrong: Wrong,
    failed: Option<String>,
}

#[derive(Template)]
#[template(path = "shop/desk/preview.html")]
struct PreviewPage<'a> {
    page: Page,
    t: &'static Feeds,
    id: &'a str,
    report: &'a Report,
    format: &'static str,
    counts: Counts,
    rows: Vec<Problem>,
    state: &'a State,
    total: u64,
    more: Option<String>,
    button: String,
}

impl PreviewPage<'_> {
    /// Whether it can still be imported.
    fn is_open(&self) -> bool {
        matches!(self.state, State::Ready | State::Failed(_))
    }
}

struct Problem {
    row: String,
    column: String,
    value: String,
    what: String,
    fix: String,
}

/// What the form brought.
#[derive(Clone, Debug, Default)]
struct Typed {
    currency: String,
    vat: String,
    text: String,
    feed: Vec<u8>,
    token: String,
}

fn page(operator: &Operator, typed: Typed, wrong: Wrong, failed: Option<String>) -> Response {
    let t = Feeds::of(operator.language());
    let status = if wrong.is_empty() && failed.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    show_as(
        status,
        &UploadPage {
            page: operator.page(t.title),
            t,
            o: Orders::of(operator.language()),
            acting: operator.acting(),
            currency: typed.currency,
            vat: typed.vat,
            text: typed.text,
            wrong,
            failed,
        },
    )
}

pub(super) async fn form(operator: Operator) -> Response {
    let catalogue = match operator.call(json!({ "command": "catalogue" })).await {
        Ok(catalogue) => catalogue,
        Err(error) => return operator.oops(&error),
    };
    let currency = some(&catalogue, "/currency").unwrap_or_else(|| "EUR".to_owned());
    page(&operator, Typed { currency, vat: "19".to_owned(), ..Typed::default() }, Wrong::default(), None)
}

/// Reads the parts of the form. The body's own limit ends a feed that is too large.
async fn parts(mut form: Multipart) -> Option<Typed> {
    let mut typed = Typed::default();
    while let Some(part) = form.next_field().await.ok()? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.ok()?;
        let short = || String::from_utf8_lossy(&bytes).chars().take(200).collect::<String>().trim().to_owned();
        match name.as_str() {
            TOKEN => typed.token = short(),
            "currency" => typed.currency = short(),
            "vat" => typed.vat = short(),
            "file" if !bytes.is_empty() => typed.feed = bytes.to_vec(),
            "text" => typed.text = String::from_utf8_lossy(&bytes).into_owned(),
            _ => {}
        }
    }
    if typed.feed.is_empty() && !typed.text.trim().is_empty() {
        typed.feed = typed.text.clone().into_bytes();
    }
    Some(typed)
}

fn settings(typed: &Typed, t: &'static Feeds) -> Result<Settings, Wrong> {
    let (mut wrong, mut settings) = (Wrong::default(), Settings::default());
    match Currency::parse(&typed.currency) {
        Ok(currency) => settings.currency = currency,
        Err(_) => wrong.note("currency", t.wrong_currency),
    }
    match serde_json::from_value(json!(typed.vat.replace(',', "."))) {
        Ok(rate) => settings.vat = rate,
        Err(_) => wrong.note("vat", t.wrong_vat),
    }
    if typed.feed.is_empty() {
        wrong.note("file", t.wrong_file);
    }
    if typed.feed.len() > FEED_BYTES_MAX {
        wrong.note("file", t.wrong_large);
    }
    if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
}

/// Reads and compares a feed.
pub(super) async fn upload(
    operator: Operator,
    Extension(uploads): Extension<Uploads>,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Response {
    let t = Feeds::of(operator.language());
    let typed = match form {
        Ok(form) => parts(form).await,
        Err(_) => None,
    };
    let Some(typed) = typed else {
        let mut wrong = Wrong::default();
        wrong.note("file", t.wrong_large);
        let typed = Typed { currency: "EUR".to_owned(), vat: "19".to_owned(), ..Typed::default() };
        return page(&operator, typed, wrong, None);
    };
    if typed.token != operator.token() {
        return operator.form_old();
    }
    let settings = match settings(&typed, t) {
        Ok(settings) => settings,
        Err(wrong) => return page(&operator, typed, wrong, None),
    };
    let bytes = Arc::new(typed.feed.clone());
    match reading::compare(&operator, &bytes, &settings).await {
        Ok((report, would)) => {
            let id = operator.draw();
            let state = Mutex::new(State::Ready);
            uploads.keep(Upload { id: id.clone(), bytes, settings, report, would, state });
            go(&format!("/desk/import/{id}"))
        }
        Err(error) => page(&operator, typed, Wrong::default(), Some(operator.sentence(&error))),
    }
}

/// The upload is not in memory any more: the program was started again, or others came.
fn gone(operator: &Operator) -> Response {
    let t = Feeds::of(operator.language());
    let typed = Typed { currency: "EUR".to_owned(), vat: "19".to_owned(), ..Typed::default() };
    page(operator, typed, Wrong::default(), Some(t.gone.to_owned()))
}

pub(super) async fn preview(
    operator: Operator,
    Extension(uploads): Extension<Uploads>,
    Path(id): Path<String>,
) -> Response {
    if !operator.rights().await.prices {
        return operator.for_owner();
    }
    let Some(upload) = uploads.find(&id) else { return gone(&operator) };
    let t = Feeds::of(operator.language());
    let (state, report) = (upload.state(), &upload.report);
    let title = match &state {
        State::Ready => t.preview,
        State::Running(_) => t.running,
        State::Finished(_) => t.finished,
        State::Failed(_) => t.failed,
    };
    let problems = report.problems.iter().map(|problem| Problem {
        row: problem.place.to_string(),
        column: problem.column.clone(),
        value: problem.value.clone(),
        what: problem.what.clone(),
        fix: problem.fix.clone(),
    });
    let shown = u64::try_from(report.problems.len()).unwrap_or(u64::MAX);
    let total = report.products.to_string();
    let mut response = finish(&PreviewPage {
        page: operator.page(title),
        t,
        id: &upload.id,
        report,
        format: report.format.map_or("", semper_catalogue::Format::name),
        counts: if let State::Finished(counts) = &state { *counts } else { upload.would },
        rows: problems.collect(),
        state: &state,
        total: report.products,
        more: (report.problems_total > shown).then(|| fill(t.problems_more, &[&report.problems_total.to_string()])),
        button: if report.products == 1 { t.import_one.to_owned() } else { fill(t.import, &[&total]) },
    });
    if matches!(state, State::Running(_)) {
        response.headers_mut().insert(header::REFRESH, header::HeaderValue::from_static("1"));
    }
    response
}

/// Starts the import. A second click finds it running, or done.
pub(super) async fn import(
    operator: Operator,
    Extension(uploads): Extension<Uploads>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let Some(upload) = uploads.find(&id) else { return gone(&operator) };
    let there = format!("/desk/import/{}", upload.id);
    if !operator.rights().await.prices {
        return operator.for_owner();
    }
    if upload.report.problems_total == 0 && upload.report.products > 0 && upload.begin() {
        let how = running::How { publish: form.get("publish") == "yes", remove_missing: form.has("remove_missing") };
        tokio::spawn(async move {
            let state = match running::run(&operator, &upload, how).await {
                Ok(counts) => State::Finished(counts),
                Err(error) => State::Failed(operator.sentence(&error)),
            };
            upload.set(state);
        });
    }
    go(&there)
}
