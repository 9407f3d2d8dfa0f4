//! Contracts and joint deals: all of them, one of them, one that was given to us. Signing happens on the trusted
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
use super::legs::{self, Leg, Letter};
use super::notaries::{Bill, bills};
use super::upload::Upload;
use super::view::{self, Theirs};
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::texts::wallet::{Contracts, Joint, Notaries};
use crate::texts::{Language, When, codes, fill};

/// The protocol of joint deals.
const DEAL: &str = "semper-deal/1";
/// How long a page waits for the trusted screen to ask.
const ASKED_WITHIN: std::time::Duration = std::time::Duration::from_millis(800);

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
    /// What the notary is paid and by whom; what it wants, if that is too little.
    fee: (String, Option<String>),
    n: &'static Notaries,
    bills: Vec<Bill>,
    until: Option<When>,
    how: &'static str,
    j: &'static Joint,
    /// Of a joint deal: what is in it.
    legs: Vec<Leg>,
    letters: Vec<Letter>,
    terms: Vec<Theirs>,
    document: Option<(Theirs, String)>,
    acts: Vec<(&'static str, &'static str)>,
    evidence: bool,
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
        ("signed", DEAL) => t.s_signed_deal,
        ("complete", DEAL) => t.s_complete_deal,
        ("aborted", DEAL) => t.s_aborted_deal,
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
    let card = written(&card).unwrap_or_default();
    // The newest first.
    let contracts = view::list(&answer, "/contracts").iter().rev().map(|contract| line(t, contract)).collect();
    let page = Page::new(visit, t.title);
    show_as(status, &ListPage { page, t, contracts, card, pasted, wrong })
}

/// Our card as others are given it: our certificate, then those of the notaries that we take.
fn written(card: &Value) -> Result<String, Error> {
    let pem = |der: &Value| Ok(pem::to_pem(pem::Label::Certificate, &decode(der.as_str().unwrap_or_default())?)?);
    card.get("certificate").into_iter().chain(view::list(card, "/notaries")).map(pem).collect()
}

pub(super) fn decode(text: &str) -> Result<Vec<u8>, Error> {
    bytes::decode(text).map_err(|error| Fault::new(Code::DatabaseCorrupt, error.to_string()).into())
}

/// Takes a contract file that somebody gave us, to be looked at.
pub(super) async fn given(Inside { visit, .. }: Inside, upload: Upload) -> Response {
    let t = Contracts::of(visit.language);
    let pasted = upload.get("text").to_owned();
    let file = Blob64(upload.content("text"));
    match visit.site.party.call(json!({ "command": "contract-take", "file": file })).await {
        Ok(contract) => go(&format!("/contract/{}", view::text(&contract, "/contract"))),
        Err(Error::Fault(fault)) => Oops::error(&visit, &fault.into()),
        Err(error) => {
            let mut wrong = Wrong::default();
            wrong.note("text", format!("{}: {}", t.given_wrong, codes::text(visit.language, error.code())));
            all(&visit, StatusCode::UNPROCESSABLE_ENTITY, pasted, wrong).await
        }
    }
}

pub(super) async fn fetch(visit: &Visit, id: &str) -> Result<Value, Response> {
    let answer = visit.site.party.call(json!({ "command": "contract", "contract": id })).await;
    answer.map_err(|error| Oops::error(visit, &error))
}

/// `/contract/ID`
pub(super) async fn one(Inside { visit, .. }: Inside, Path(id): Path<String>, Query(done): Query<Done>) -> Response {
    let contract = match fetch(&visit, &id).await {
        Ok(contract) => contract,
        Err(response) => return response,
    };
    let id = view::text(&contract, "/contract");
    let charges = !view::text(&contract, "/fee/amount").is_empty();
    let bills = if charges { bills(&visit, Some(id)).await } else { Vec::new() };
    let letters = if can(&contract, "read") { legs::read(&visit, id).await } else { Vec::new() };
    let shown = shown(&visit, &contract, done.is_done());
    show(&OnePage { bills, letters, ..shown })
}

fn can(contract: &Value, act: &str) -> bool {
    view::list(contract, "/can").iter().any(|word| word.as_str() == Some(act))
}

fn shown(visit: &Visit, contract: &Value, done: bool) -> OnePage {
    let (t, language) = (Contracts::of(visit.language), visit.language);
    let title = view::theirs(view::text(contract, "/title"));
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
        fee: fee(language, contract),
        n: Notaries::of(language),
        bills: Vec::new(),
        j: Joint::of(language),
        legs: legs::all(language, contract),
        letters: Vec::new(),
        until: until(language, contract),
        how: match view::text(contract, "/protocol") {
            "semper-csn-a/1" => t.how_notary,
            "semper-csn-c/1" => t.how_rounds,
            DEAL => t.how_deal,
            _ => t.how_pair,
        },
        terms: view::text(contract, "/text").lines().map(view::theirs).collect(),
        document: document.map(|file| (view::theirs(view::text(file, "/name")), view::text(file, "/hash").to_owned())),
        acts: acts.into_iter().filter(|(act, _)| can(contract, act)).collect(),
        evidence: can(contract, "export"),
        title,
    }
}

/// What the notary is paid and by whom; what it takes, if it takes no part for less.
pub(super) fn fee(language: Language, exchange: &Value) -> (String, Option<String>) {
    let n = Notaries::of(language);
    let payer = view::theirs(view::text(exchange, "/fee/payer")).text;
    let stated = view::money(language, exchange, "/fee/amount");
    let takes = view::money(language, exchange, "/fee/takes");
    (
        stated.map_or_else(|| n.fee_none.to_owned(), |amount| fill(n.fee_due, &[&amount, &payer])),
        takes.map(|takes| fill(n.fee_takes, &[&takes])),
    )
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
            let is_deal = view::text(&contract, "/protocol") == DEAL;
            let kind = if is_deal { "joint-deal" } else { "agreement" };
            go(&after(&visit, "contract", view::text(&contract, "/contract"), kind).await)
        }
        Err(error) => Oops::error(&visit, &error),
    }
}

/// Where to go on: to the trusted screen if it asks for a signature of this kind, else to the contract or mail.
pub(super) async fn after(visit: &Visit, page: &str, id: &str, kind: &str) -> String {
    screen_or(visit, &format!("fair/{id}/{kind}"), format!("/{page}/{id}?done=1")).await
}

/// The trusted screen, once it has this question in line; else where to go on.
pub(super) async fn screen_or(visit: &Visit, question: &str, otherwise: String) -> String {
    let started = tokio::time::Instant::now();
    while started.elapsed() < ASKED_WITHIN {
        let Some(display) = visit.site.display.as_ref() else { break };
        if display.holds(question) {
            return "/screen".to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    otherwise
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
