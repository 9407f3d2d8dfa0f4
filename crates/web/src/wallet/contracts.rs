//! Contracts: all of them, one of them, a new one, one that was given to us. Signing happens on the trusted
//! screen; these pages only have it asked.

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::{Blob64, Code, Error, Fault, bytes};
use semper_blocks::certificate::pem;
use serde::Deserialize;
use serde_json::{Value, json};

use super::files::{attachment, safe};
use super::view::{self, Theirs};
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::texts::wallet::Contracts;
use crate::texts::{Language, When, fill};

/// Longest text of a contract that is typed here, in characters.
const TEXT_CHARS_MAX: usize = 16_000;
/// How long a page waits for the trusted screen to ask.
const ASKED_WITHIN: std::time::Duration = std::time::Duration::from_millis(800);
/// The end of a card.
const CARD_END: &str = "-----END CERTIFICATE-----";

/// A contract as a list shows it.
struct Line {
    id: String,
    title: Theirs,
    parties: String,
    sentence: &'static str,
}

#[derive(Template)]
#[template(path = "wallet/contracts.html")]
struct ListPage {
    page: Page,
    t: &'static Contracts,
    contracts: Vec<Line>,
    card: String,
    pasted: String,
    wrong: Wrong,
}

#[derive(Template)]
#[template(path = "wallet/contract.html")]
struct OnePage {
    page: Page,
    t: &'static Contracts,
    id: String,
    title: Theirs,
    sentence: &'static str,
    word: String,
    parties: Vec<(Theirs, bool, &'static str)>,
    notary: Theirs,
    until: Option<When>,
    how: &'static str,
    terms: Vec<Theirs>,
    document: Option<(Theirs, String)>,
    acts: Vec<(&'static str, &'static str)>,
    evidence: bool,
}

#[derive(Template)]
#[template(path = "wallet/contract_new.html")]
struct NewPage {
    page: Page,
    t: &'static Contracts,
    links: Vec<(String, String)>,
    title: String,
    text: String,
    with: String,
    link: String,
    optimistic: bool,
    days: String,
    wrong: Wrong,
}

/// `?done`: something was done just now.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    pub(super) fn is_done(&self) -> bool {
        !self.done.is_empty()
    }
}

/// What is said of a contract, by where it stands.
fn sentence(t: &'static Contracts, contract: &Value) -> &'static str {
    match (view::text(contract, "/stage"), view::text(contract, "/protocol")) {
        ("asked", _) => t.s_asked,
        ("promised", "semper-csn-c/1") => t.s_promised_rounds,
        ("promised", _) => t.s_promised,
        ("signed", "semper-csn-a/1") => t.s_signed_notary,
        ("signed", _) => t.s_signed_pair,
        ("asking", _) => t.s_asking,
        ("complete", _) => t.s_complete,
        ("aborted", _) => t.s_aborted,
        ("declined", _) => t.s_declined,
        _ if view::text(contract, "/word") == "withdrawn" => t.s_lapsed,
        _ => t.s_draft,
    }
}

fn line(t: &'static Contracts, contract: &Value) -> Line {
    let names = view::list(contract, "/parties").iter().map(|party| view::theirs(view::text(party, "/name")).text);
    Line {
        id: view::text(contract, "/contract").to_owned(),
        title: view::theirs(view::text(contract, "/title")),
        parties: names.collect::<Vec<_>>().join(", "),
        sentence: sentence(t, contract),
    }
}

/// `/contracts`
pub(super) async fn list(Inside { visit, .. }: Inside) -> Response {
    all(&visit, StatusCode::OK, String::new(), Wrong::default()).await
}

async fn all(visit: &Visit, status: StatusCode, pasted: String, wrong: Wrong) -> Response {
    let t = Contracts::of(visit.language);
    let answer = match visit.site.party.call(json!({ "command": "contracts" })).await {
        Ok(answer) => answer,
        Err(error) => return Oops::error(visit, &error),
    };
    let card = visit.site.party.call(json!({ "command": "contract-card" })).await.unwrap_or_default();
    let card =
        decode(view::text(&card, "/certificate")).and_then(|der| Ok(pem::to_pem(pem::Label::Certificate, &der)?));
    // The newest first.
    let contracts = view::list(&answer, "/contracts").iter().rev().map(|contract| line(t, contract)).collect();
    let page = Page::new(visit, t.title);
    show_as(status, &ListPage { page, t, contracts, card: card.unwrap_or_default(), pasted, wrong })
}

fn decode(text: &str) -> Result<Vec<u8>, Error> {
    bytes::decode(text).map_err(|error| Fault::new(Code::DatabaseCorrupt, error.to_string()).into())
}

/// Takes a contract file that somebody gave us, to be looked at.
pub(super) async fn given(Inside { visit, .. }: Inside, form: Form) -> Response {
    let t = Contracts::of(visit.language);
    let pasted = form.get("file").to_owned();
    let file = Blob64(pasted.clone().into_bytes());
    match visit.site.party.call(json!({ "command": "contract-take", "file": file })).await {
        Ok(contract) => go(&format!("/contract/{}", view::text(&contract, "/contract"))),
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            let mut wrong = Wrong::default();
            wrong.note("file", format!("{}: {}", t.given_wrong, error.code().text()));
            all(&visit, StatusCode::UNPROCESSABLE_ENTITY, pasted, wrong).await
        }
    }
}

async fn fetch(visit: &Visit, id: &str) -> Result<Value, Response> {
    let answer = visit.site.party.call(json!({ "command": "contract", "contract": id })).await;
    answer.map_err(|error| Oops::error(visit, &error))
}

/// `/contract/ID`
pub(super) async fn one(Inside { visit, .. }: Inside, Path(id): Path<String>, Query(done): Query<Done>) -> Response {
    match fetch(&visit, &id).await {
        Ok(contract) => show(&shown(&visit, &contract, done.is_done())),
        Err(response) => response,
    }
}

fn shown(visit: &Visit, contract: &Value, done: bool) -> OnePage {
    let (t, language) = (Contracts::of(visit.language), visit.language);
    let title = view::theirs(view::text(contract, "/title"));
    let can = |act: &str| view::list(contract, "/can").iter().any(|word| word.as_str() == Some(act));
    let acts = [("sign", t.sign), ("resolve", t.resolve), ("resume", t.resume), ("abort", t.abort)];
    let document = contract.get("document").filter(|document| document.is_object());
    OnePage {
        page: Page::new(visit, title.text.clone()).noting(done.then_some(t.done)),
        t,
        id: view::text(contract, "/contract").to_owned(),
        sentence: sentence(t, contract),
        word: view::text(contract, "/word").to_owned(),
        parties: view::list(contract, "/parties").iter().map(|party| seat(t, party)).collect(),
        notary: view::theirs(view::text(contract, "/notary")),
        until: until(language, contract),
        how: match view::text(contract, "/protocol") {
            "semper-csn-a/1" => t.how_notary,
            "semper-csn-c/1" => t.how_rounds,
            _ => t.how_pair,
        },
        terms: view::text(contract, "/text").lines().map(view::theirs).collect(),
        document: document.map(|file| (view::theirs(view::text(file, "/name")), view::text(file, "/hash").to_owned())),
        acts: acts.into_iter().filter(|(act, _)| can(act)).collect(),
        evidence: can("export"),
        title,
    }
}

fn until(language: Language, contract: &Value) -> Option<When> {
    let over = contract.get("over").and_then(Value::as_bool).unwrap_or(false);
    view::when(language, contract, "/expires").filter(|_| !over)
}

fn seat(t: &'static Contracts, party: &Value) -> (Theirs, bool, &'static str) {
    let state = match view::text(party, "/state") {
        "bound" => t.state_bound,
        "free" => t.state_free,
        "signed" => t.state_signed,
        "promised" => t.state_promised,
        "open" => t.state_open,
        _ => t.state_unknown,
    };
    let you = party.get("you").and_then(Value::as_bool).unwrap_or(false);
    (view::theirs(view::text(party, "/name")), you, state)
}

/// Has something done about a contract; where a signature is needed the trusted screen asks afterwards.
pub(super) async fn act(
    Inside { visit, .. }: Inside,
    Path((id, act)): Path<(String, String)>,
    _form: Form,
) -> Response {
    let word = match act.as_str() {
        "abort" => "contract-abort",
        "resolve" => "contract-resolve",
        "resume" => "contract-resume",
        "sign" => "contract-sign",
        _ => return Oops::not_found(&visit),
    };
    match visit.site.party.call(json!({ "command": word, "contract": id })).await {
        // What was only dropped has no page any more.
        Ok(contract) if contract.get("parties").is_none() => go("/contracts"),
        Ok(contract) => {
            let is_deal = view::text(&contract, "/protocol") == "semper-deal/1";
            let kind = if is_deal { "joint-deal" } else { "agreement" };
            go(&after(&visit, "contract", view::text(&contract, "/contract"), kind).await)
        }
        Err(error) => Oops::error(&visit, &error),
    }
}

/// Where to go on: to the trusted screen if it asks for a signature of this kind, else to the contract or mail.
pub(super) async fn after(visit: &Visit, page: &str, id: &str, kind: &str) -> String {
    let question = format!("fair/{id}/{kind}");
    let started = tokio::time::Instant::now();
    while started.elapsed() < ASKED_WITHIN {
        let Some(display) = visit.site.display.as_ref() else { break };
        if display.holds(&question) {
            return "/screen".to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    format!("/{page}/{id}?done=1")
}

/// `/contract/ID/file`
pub(super) async fn file(Inside { visit, .. }: Inside, Path(id): Path<String>) -> Response {
    download(&visit, "contract-file", "/file", &id, &format!("{}.semper-contract", safe(&id, "contract"))).await
}

/// `/contract/ID/evidence`
pub(super) async fn evidence(Inside { visit, .. }: Inside, Path(id): Path<String>) -> Response {
    download(&visit, "contract-export", "/pack", &id, &format!("evidence-{}.zip", safe(&id, "contract"))).await
}

async fn download(visit: &Visit, word: &str, member: &str, id: &str, name: &str) -> Response {
    let answer = visit.site.party.call(json!({ "command": word, "contract": id })).await;
    match answer.and_then(|answer| decode(view::text(&answer, member))) {
        Ok(content) => attachment(name, Body::from(content)),
        Err(error) => Oops::error(visit, &error),
    }
}

/// `/contracts/new`
pub(super) async fn form(Inside { visit, .. }: Inside) -> Response {
    show(&blank(&visit).await)
}

async fn blank(visit: &Visit) -> NewPage {
    let t = Contracts::of(visit.language);
    let contacts = visit.site.party.call(json!({ "command": "contacts" })).await.unwrap_or_default();
    let sellers = view::list(&contacts, "/contacts").iter().filter(|one| view::text(one, "/role") == "seller");
    let link = |one: &Value| (view::text(one, "/link").to_owned(), view::theirs(view::text(one, "/name")).text);
    NewPage {
        page: Page::new(visit, t.new),
        t,
        links: sellers.map(link).collect(),
        title: String::new(),
        text: String::new(),
        with: String::new(),
        link: String::new(),
        optimistic: false,
        days: "7".to_owned(),
        wrong: Wrong::default(),
    }
}

/// Writes a new contract; nobody signs anything.
pub(super) async fn make(Inside { visit, .. }: Inside, form: Form) -> Response {
    let t = Contracts::of(visit.language);
    let mut page = blank(&visit).await;
    page.title = form.get("title").to_owned();
    page.text = form.get("text").replace("\r\n", "\n");
    page.with = form.get("with").to_owned();
    page.link = form.get("link").to_owned();
    page.days = form.get("days").to_owned();
    page.optimistic = form.has("optimistic");
    let mut with: Vec<Value> = cards(&page.with);
    if !page.link.is_empty() {
        with.push(json!({ "link": page.link }));
    }
    let days = page.days.parse::<u64>().ok().filter(|days| (1..=365).contains(days));
    check(&mut page, &with, days);
    if !page.wrong.is_empty() {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let command = json!({
        "command": "contract-new", "title": page.title, "text": page.text, "with": with,
        "optimistic": page.optimistic, "expires_ms": days.unwrap_or(7).saturating_mul(86_400_000),
    });
    match visit.site.party.call(command).await {
        Ok(contract) => go(&format!("/contract/{}", view::text(&contract, "/contract"))),
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            page.wrong.note("with", fill(t.wrong_made, &[error.code().text()]));
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

fn check(page: &mut NewPage, with: &[Value], days: Option<u64>) {
    let t = page.t;
    if page.title.is_empty() {
        page.wrong.note("title", t.wrong_title);
    }
    if page.text.is_empty() || page.text.chars().count() > TEXT_CHARS_MAX {
        page.wrong.note("text", t.wrong_text);
    }
    if with.is_empty() || with.iter().any(Value::is_null) {
        page.wrong.note("with", t.wrong_with);
    }
    if days.is_none() {
        page.wrong.note("days", t.wrong_days);
    }
}

/// The cards in a text, one after the other; null for what is none.
pub(super) fn cards(text: &str) -> Vec<Value> {
    let pieces = text.replace("\r\n", "\n");
    let pieces = pieces.split_inclusive(CARD_END).map(str::trim).filter(|piece| !piece.is_empty());
    let card = |piece: &str| {
        let der = pem::from_pem(pem::Label::Certificate, &format!("{piece}\n"));
        der.map_or(Value::Null, |der| json!({ "certificate": Blob64(der) }))
    };
    pieces.map(card).collect()
}
