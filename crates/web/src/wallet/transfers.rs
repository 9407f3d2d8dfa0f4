//! Containers of goods: all that was sent and that came, a new one, and what is in one that arrived. Sending is agreed to
//! on the trusted screen.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::limits::CHUNK_BYTES;
use semper_base::{Blob64, Error};
use serde_json::{Value, json};

use super::bills::typed_amount;
use super::contract_new::DAY_MS;
use super::contracts::{Done, decode, screen_or};
use super::files::{safe, stream};
use super::goods::{Put, goods};
use super::pick::linked;
use super::purse::CURRENCY;
use super::upload::Upload;
use super::view::{self, Theirs};
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::party::Party;
use crate::texts::codes::why;
use crate::texts::wallet::Sendings;
use crate::texts::{Language, When, fill};

/// Chunks in one command.
const CHUNKS_PER_COMMAND: usize = 8;

/// A container as a list shows it.
struct Line {
    id: String,
    title: Theirs,
    way: &'static str,
    with: Theirs,
    sentence: &'static str,
}

#[derive(Template)]
#[template(path = "wallet/transfers.html")]
struct ListPage {
    page: Page,
    t: &'static Sendings,
    all: Vec<Line>,
}

/// Something in it.
struct Shown {
    number: usize,
    path: Theirs,
    kind: String,
    bytes: Option<String>,
    hash: Option<String>,
    /// What the link to it says, once it can be seen.
    save: Option<String>,
}

#[derive(Template)]
#[template(path = "wallet/transfer.html")]
struct OnePage {
    page: Page,
    t: &'static Sendings,
    id: String,
    title: Theirs,
    word: String,
    sentence: &'static str,
    from: Theirs,
    to: Theirs,
    until: Option<When>,
    quality: Vec<(&'static str, &'static str)>,
    goods: Vec<Shown>,
    /// Pieces that are here, and all.
    progress: Option<(u64, u64, String)>,
    over: bool,
    acts: Vec<(&'static str, &'static str)>,
    evidence: bool,
}

#[derive(Template)]
#[template(path = "wallet/transfer_new.html")]
struct NewPage {
    page: Page,
    t: &'static Sendings,
    links: Vec<(String, String)>,
    to: String,
    title: String,
    amount: String,
    statements: String,
    certificates: String,
    origin: bool,
    days: String,
    wrong: Wrong,
}

fn is_out(one: &Value) -> bool {
    one.get("outgoing").and_then(Value::as_bool).unwrap_or(false)
}

fn sentence(t: &'static Sendings, one: &Value) -> &'static str {
    let is_paid = one.get("paid").and_then(Value::as_bool).unwrap_or(false);
    match (view::text(one, "/word"), is_out(one)) {
        ("announced", true) => t.s_announced_out,
        ("announced", false) => t.s_announced_in,
        ("sending", _) => t.s_sending,
        ("paying", _) => t.s_paying,
        ("paid", _) => t.s_paid,
        ("stopping", _) => t.s_stopping,
        ("taken", true) => t.s_taken_out,
        ("taken", false) => t.s_taken_in,
        ("declined", _) => t.s_declined,
        ("stopped", _) if is_paid => t.s_stopped_paid,
        ("stopped", _) => t.s_stopped,
        ("silent", _) => t.s_silent,
        ("referring", _) => t.s_referring,
        ("due", _) => t.s_due,
        ("fetching", _) => t.s_fetching,
        // Before all of it was brought there is no list with its quality.
        _ if one.get("quality").is_none() => t.s_bringing,
        _ => t.s_draft,
    }
}

/// Who is at the other end.
fn other(t: &'static Sendings, one: &Value) -> Theirs {
    let name = view::some(one, if is_out(one) { "/to" } else { "/from" });
    name.map_or_else(|| Theirs { text: t.somebody.to_owned(), odd: false }, |name| view::theirs(&name))
}

/// `/transfers`
pub(super) async fn list(Inside { visit, .. }: Inside) -> Response {
    let t = Sendings::of(visit.language);
    let line = |one: &Value| Line {
        id: view::text(one, "/transfer").to_owned(),
        title: view::theirs(view::text(one, "/title")),
        way: if is_out(one) { t.sent } else { t.received },
        with: other(t, one),
        sentence: sentence(t, one),
    };
    match visit.site.party.call(json!({ "command": "transfer-list" })).await {
        Ok(answer) => {
            // The newest first.
            let all = view::list(&answer, "/transfers").iter().rev().map(line).collect();
            show(&ListPage { page: Page::new(&visit, t.title), t, all })
        }
        Err(error) => Oops::error(&visit, &error),
    }
}

/// `/transfer/ID`
pub(super) async fn one(Inside { visit, .. }: Inside, Path(id): Path<String>, Query(done): Query<Done>) -> Response {
    match visit.site.party.call(json!({ "command": "transfer", "transfer": id })).await {
        Ok(one) => show(&shown(&visit, &one, done.is_done())),
        Err(error) => Oops::error(&visit, &error),
    }
}

fn shown(visit: &Visit, one: &Value, done: bool) -> OnePage {
    let (t, language) = (Sendings::of(visit.language), visit.language);
    let title = view::theirs(view::text(one, "/title"));
    let can = |act: &str| view::list(one, "/can").iter().any(|word| word.as_str() == Some(act));
    let is = |name: &str| one.get(name).and_then(Value::as_bool).unwrap_or(false);
    let acts = [("accept", t.accept), ("decline", t.decline), ("stop", t.stop)];
    let you = || Theirs { text: t.you.to_owned(), odd: false };
    let (from, to) = if is_out(one) { (you(), other(t, one)) } else { (other(t, one), you()) };
    let quality = [
        (t.integrity, t.integrity_text),
        (t.confidentiality, if is("confidential") { t.sealed } else { t.connection }),
        (t.origin, if is("origin") { t.signed } else { t.deniable }),
    ];
    OnePage {
        page: Page::new(visit, title.text.clone()).noting(done.then_some(t.done)),
        t,
        id: view::text(one, "/transfer").to_owned(),
        word: view::text(one, "/word").to_owned(),
        sentence: sentence(t, one),
        from,
        to,
        until: view::when(language, one, "/until").filter(|_| !is("over")),
        quality: if one.get("quality").is_some() { quality.to_vec() } else { Vec::new() },
        goods: (0..)
            .zip(view::list(one, "/goods"))
            .map(|(at, good)| good_of(t, language, at, good, can("open")))
            .collect(),
        progress: progress(t, one),
        over: is("over"),
        acts: acts.into_iter().filter(|(act, _)| can(act)).collect(),
        evidence: can("export"),
        title,
    }
}

fn progress(t: &'static Sendings, one: &Value) -> Option<(u64, u64, String)> {
    let number = |name: &str| one.get(name).and_then(Value::as_u64);
    let (here, all) = (number("arrived")?, number("chunks")?.max(1));
    let shown = matches!(view::text(one, "/word"), "due" | "fetching" | "taken");
    shown.then(|| (here, all, fill(t.chunks, &[&here.to_string(), &all.to_string()])))
}

fn good_of(t: &'static Sendings, language: Language, number: usize, good: &Value, open: bool) -> Shown {
    let path = view::theirs(&view::some(good, "/path").unwrap_or_else(|| view::text(good, "/name").to_owned()));
    let kind = view::text(good, "/kind");
    Shown {
        number,
        kind: match kind {
            "certificate" => t.g_certificate.to_owned(),
            "container" => t.g_container.to_owned(),
            "payment" => fill(t.g_payment, &[&view::money(language, good, "/amount").unwrap_or_default()]),
            "statement" => {
                let word = view::text(good, "/statement");
                fill(t.g_statement, &[&view::title(language, word).unwrap_or_else(|| word.to_owned())])
            }
            _ => t.g_data.to_owned(),
        },
        bytes: good.get("bytes").and_then(Value::as_u64).map(|bytes| bytes.to_string()),
        hash: view::some(good, "/hash"),
        save: (open && !matches!(kind, "container" | "payment")).then(|| fill(t.save, &[&path.text])),
        path,
    }
}

/// Has something done about a container.
pub(super) async fn act(
    Inside { visit, .. }: Inside,
    Path((id, act)): Path<(String, String)>,
    _form: Form,
) -> Response {
    let word = match act.as_str() {
        "accept" => "transfer-accept",
        "decline" => "transfer-decline",
        "stop" => "transfer-stop",
        _ => return Oops::not_found(&visit),
    };
    match visit.site.party.call(json!({ "command": word, "transfer": id })).await {
        // What was only dropped has no page any more.
        Ok(one) if one.get("title").is_none() => go("/transfers"),
        Ok(one) => go(&format!("/transfer/{}?done=1", view::text(&one, "/transfer"))),
        Err(error) => Oops::error(&visit, &error),
    }
}

async fn chunk(party: &Party, id: &str, good: usize, index: u64) -> Result<(Vec<u8>, u64), Error> {
    let command = json!({ "command": "transfer-open", "transfer": id, "good": good, "index": index });
    let answer = party.call(command).await?;
    let chunks = answer.get("chunks").and_then(Value::as_u64).unwrap_or_default();
    Ok((decode(view::text(&answer, "/data"))?, chunks))
}

/// `/transfer/ID/good/N`: its content, as it came.
pub(super) async fn good(Inside { visit, .. }: Inside, Path((id, number)): Path<(String, usize)>) -> Response {
    let party = visit.site.party.clone();
    let one = party.call(json!({ "command": "transfer", "transfer": id })).await.unwrap_or_default();
    let name = one.pointer(&format!("/goods/{number}/name")).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (first, chunks) = match chunk(&party, &id, number, 0).await {
        Ok(first) => first,
        Err(error) => return Oops::error(&visit, &error),
    };
    stream(&safe(&name, "file"), first, chunks, move |index| {
        let (party, id) = (party.clone(), id.clone());
        async move { chunk(&party, &id, number, index).await.map(|(data, _)| data) }
    })
}

/// `/transfer/ID/evidence`
pub(super) async fn evidence(Inside { visit, .. }: Inside, Path(id): Path<String>) -> Response {
    let answer = visit.site.party.call(json!({ "command": "transfer-export", "transfer": id })).await;
    match answer.and_then(|answer| decode(view::text(&answer, "/pack"))) {
        Ok(pack) => {
            let name = format!("evidence-{}.zip", safe(&id, "transfer"));
            super::files::attachment(&name, axum::body::Body::from(pack))
        }
        Err(error) => Oops::error(&visit, &error),
    }
}

/// `/transfers/new`
pub(super) async fn form(Inside { visit, .. }: Inside) -> Response {
    show(&blank(&visit).await)
}

async fn blank(visit: &Visit) -> NewPage {
    let t = Sendings::of(visit.language);
    NewPage {
        page: Page::new(visit, t.new),
        t,
        links: linked(visit).await,
        to: String::new(),
        title: String::new(),
        amount: String::new(),
        statements: String::new(),
        certificates: String::new(),
        origin: true,
        days: "7".to_owned(),
        wrong: Wrong::default(),
    }
}

/// Brings what was chosen and has the owner asked to send it.
pub(super) async fn make(Inside { visit, .. }: Inside, upload: Upload) -> Response {
    let mut page = blank(&visit).await;
    page.to = upload.get("to").to_owned();
    page.title = upload.get("title").to_owned();
    page.amount = upload.get("amount").to_owned();
    page.statements = upload.get("statements").replace("\r\n", "\n");
    page.certificates = upload.get("certificates").replace("\r\n", "\n");
    page.origin = !upload.get("origin").is_empty();
    page.days = upload.get("days").to_owned();
    let days = page.days.parse::<u64>().ok().filter(|days| (1..=30).contains(days));
    let amount = Some(&page.amount).filter(|amount| !amount.is_empty()).map(|amount| typed_amount(amount, CURRENCY));
    let put = goods(upload.files, &page.statements, &page.certificates, amount.clone().flatten());
    let t = page.t;
    let checks = [
        ("to", page.to.is_empty(), t.wrong_to),
        ("title", page.title.is_empty(), t.wrong_title),
        ("amount", amount == Some(None), t.wrong_amount),
        ("certificates", put.is_err(), t.wrong_papers),
        ("file", put.as_ref().is_ok_and(|put| put.wishes.is_empty()), t.wrong_goods),
        ("days", days.is_none(), t.wrong_days),
    ];
    for (field, _, problem) in checks.into_iter().filter(|(_, is_wrong, _)| *is_wrong) {
        page.wrong.note(field, problem);
    }
    let (Ok(put), Some(days), true) = (put, days, page.wrong.is_empty()) else {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let command = json!({
        "command": "transfer-begin", "to": page.to, "title": page.title, "goods": put.wishes, "origin": page.origin,
        "life_ms": days.saturating_mul(DAY_MS),
    });
    match bring(&visit.site.party, command, &put).await {
        Ok(id) => go(&screen_or(&visit, &format!("transfer/{id}"), format!("/transfer/{id}?done=1")).await),
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            page.wrong.note("file", why(visit.language, &error));
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Begins a container, brings all contents, and has the owner asked; its name. What cannot be brought leaves nothing.
async fn bring(party: &Party, begin: Value, put: &Put) -> Result<String, Error> {
    let begun = party.call(begin).await?;
    let draft = view::text(&begun, "/transfer");
    match fill_up(party, draft, put).await {
        Ok(asked) => Ok(view::text(&asked, "/transfer").to_owned()),
        Err(error) => {
            let dropped = party.call(json!({ "command": "transfer-stop", "transfer": draft })).await;
            if let Err(error) = dropped {
                tracing::warn!(%error, "a container that was not sent could not be dropped");
            }
            Err(error)
        }
    }
}

async fn fill_up(party: &Party, draft: &str, put: &Put) -> Result<Value, Error> {
    for (good, content) in &put.contents {
        let chunks: Vec<&[u8]> = content.chunks(CHUNK_BYTES as usize).collect();
        for (turn, some) in chunks.chunks(CHUNKS_PER_COMMAND).enumerate() {
            let data: Vec<Blob64> = some.iter().map(|chunk| Blob64(chunk.to_vec())).collect();
            let index = turn.saturating_mul(CHUNKS_PER_COMMAND);
            let command =
                json!({ "command": "transfer-chunk", "transfer": draft, "good": good, "index": index, "data": data });
            party.call(command).await?;
        }
    }
    party.call(json!({ "command": "transfer-send", "transfer": draft })).await
}
