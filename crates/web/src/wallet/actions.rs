//! What a buyer can do with a deal. Each has a page that says the effect; where a signature is needed the
//! trusted screen asks afterwards.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::Error;
use serde_json::{Value, json};

use super::deal::{asks, fetch};
use super::view::{self, Summary};
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::oops::Oops;
use crate::page::{Page, go, show_as};
use crate::screen::{Guide, Topic};
use crate::texts::wallet::{Deals, Locks};
use crate::texts::{Language, When, codes, details, fill};

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 500;
/// Chosen instead of a parcel's number.
const ALL_PARTS: &str = "all";
/// How long the page waits for the trusted screen to ask.
const ASKED_WITHIN: std::time::Duration = std::time::Duration::from_millis(800);

/// An action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Has a page of its own.
    Bring,
    Cancel,
    Complain,
    Contest,
    Dispute,
    Escrow,
    Received,
    Release,
    Resume,
    Withdraw,
}

impl Act {
    /// In the order in which they are offered.
    pub(super) const ALL: [Act; 10] = [
        Act::Received,
        Act::Complain,
        Act::Dispute,
        Act::Bring,
        Act::Withdraw,
        Act::Cancel,
        Act::Release,
        Act::Contest,
        Act::Escrow,
        Act::Resume,
    ];

    /// The command.
    pub(super) fn word(self) -> &'static str {
        match self {
            Act::Bring => "bring",
            Act::Cancel => "cancel",
            Act::Complain => "complain",
            Act::Contest => "contest",
            Act::Dispute => "dispute",
            Act::Escrow => "escrow",
            Act::Received => "received",
            Act::Release => "release",
            Act::Resume => "resume",
            Act::Withdraw => "withdraw",
        }
    }

    /// What its button says.
    pub(super) fn name(self, language: Language) -> &'static str {
        let (t, l) = (Deals::of(language), Locks::of(language));
        match self {
            Act::Bring => l.act_bring,
            Act::Dispute => l.act_dispute,
            Act::Cancel => t.act_cancel,
            Act::Complain => t.act_complain,
            Act::Contest => t.act_contest,
            Act::Escrow => t.act_escrow,
            Act::Received => t.act_received,
            Act::Release => t.act_release,
            Act::Resume => t.act_resume,
            Act::Withdraw => t.act_withdraw,
        }
    }

    /// What it does; where the bank keeps the money, it is told, too.
    fn effect(self, language: Language, is_kept: bool) -> &'static str {
        let (t, l) = (Deals::of(language), Locks::of(language));
        match self {
            Act::Bring => l.act_bring_effect,
            Act::Dispute => l.act_dispute_effect,
            Act::Cancel if is_kept => l.cancel_effect,
            Act::Complain if is_kept => l.complain_effect,
            Act::Received if is_kept => l.received_effect,
            Act::Cancel => t.act_cancel_effect,
            Act::Complain => t.act_complain_effect,
            Act::Contest => t.act_contest_effect,
            Act::Escrow => t.act_escrow_effect,
            Act::Received => t.act_received_effect,
            Act::Release => t.act_release_effect,
            Act::Resume => t.act_resume_effect,
            Act::Withdraw => t.act_withdraw_effect,
        }
    }

    fn from_word(word: &str) -> Option<Act> {
        Act::ALL.into_iter().find(|act| act.word() == word)
    }
}

/// What a withdrawal gives back.
struct Preview {
    numbers: Vec<u64>,
    parts: Vec<(String, String, Option<When>)>,
    refund: Option<String>,
    return_costs: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "wallet/action.html")]
struct ActionPage {
    page: Page,
    t: &'static Deals,
    deal: Summary,
    word: &'static str,
    button: &'static str,
    effect: &'static str,
    wants_reason: bool,
    reason_hint: &'static str,
    /// The parcels to choose from, if there is more than one: number and heading.
    parts: Vec<(String, String)>,
    preview: Option<Preview>,
    reason: String,
    part: String,
    wrong: Wrong,
}

fn page(visit: &Visit, act: Act, deal: &Value, preview: Option<Preview>) -> ActionPage {
    let (t, l) = (Deals::of(visit.language), Locks::of(visit.language));
    let parts = match act {
        Act::Received | Act::Complain | Act::Dispute => open_parts(t, deal),
        _ => preview.as_ref().map(|preview| to_withdraw(t, &preview.numbers)).unwrap_or_default(),
    };
    ActionPage {
        page: Page::new(visit, act.name(visit.language)),
        t,
        deal: Summary::new(visit.language, deal),
        word: act.word(),
        button: if act == Act::Withdraw { t.go_to_step_2 } else { act.name(visit.language) },
        effect: act.effect(visit.language, view::text(deal, "/grade") == "escrow"),
        wants_reason: matches!(act, Act::Complain | Act::Dispute),
        reason_hint: if act == Act::Dispute { l.dispute_reason_hint } else { t.reason_hint },
        parts,
        preview,
        reason: String::new(),
        part: String::new(),
        wrong: Wrong::default(),
    }
}

/// The parcels to choose from; none if there is nothing to choose.
fn open_parts(t: &'static Deals, deal: &Value) -> Vec<(String, String)> {
    let open = view::list(deal, "/parts").iter().filter(|part| {
        !matches!(view::text(part, "/word"), "closed" | "withdrawn" | "refunding" | "due") && part.get("part").is_some()
    });
    let all: Vec<_> = open
        .filter_map(|part| part.get("part").and_then(Value::as_u64))
        .map(|number| (number.to_string(), fill(t.part, &[&number.to_string()])))
        .collect();
    if all.len() > 1 { all } else { Vec::new() }
}

/// The parcels to withdraw from, and all of them; none if there is nothing to choose.
fn to_withdraw(t: &'static Deals, numbers: &[u64]) -> Vec<(String, String)> {
    if numbers.len() < 2 {
        return Vec::new();
    }
    let parts = numbers.iter().map(|number| (number.to_string(), fill(t.part, &[&number.to_string()])));
    parts.chain([(ALL_PARTS.to_owned(), t.all_parts.to_owned())]).collect()
}

/// `/deal/ID/ACTION`: what it does, before it is done.
pub(super) async fn ask(Inside { visit, .. }: Inside, Path((id, word)): Path<(String, String)>) -> Response {
    let Some(act) = Act::from_word(&word) else { return Oops::not_found(&visit) };
    let deal = match fetch(&visit, &id).await {
        Ok(deal) => deal,
        Err(response) => return response,
    };
    let preview = match act {
        Act::Withdraw => match preview(&visit, view::text(&deal, "/deal")).await {
            Ok(preview) => Some(preview),
            Err(error) => return refused(&visit, &deal, &error),
        },
        _ => None,
    };
    show_as(StatusCode::OK, &page(&visit, act, &deal, preview))
}

async fn preview(visit: &Visit, id: &str) -> Result<Preview, Error> {
    let (t, language) = (Deals::of(visit.language), visit.language);
    let answer = visit.site.party.call(json!({ "command": "withdraw", "deal": id, "preview": true })).await?;
    let part = |part: &Value| {
        let number = part.get("part").and_then(Value::as_u64).unwrap_or_default().to_string();
        let amount = view::money(language, part, "/amount").unwrap_or_default();
        (fill(t.part, &[&number]), amount, view::when(language, part, "/withdraw_until"))
    };
    let return_costs = match view::text(&answer, "/return_costs") {
        "buyer" => Some(t.by_you),
        "seller" => Some(t.by_seller),
        _ => None,
    };
    let list = view::list(&answer, "/parts");
    let numbers = list.iter().filter_map(|part| part.get("part").and_then(Value::as_u64)).collect();
    let parts = list.iter().map(part).collect();
    Ok(Preview { numbers, parts, refund: view::money(language, &answer, "/refund_at_most"), return_costs })
}

/// Does it.
pub(super) async fn act(
    Inside { visit, .. }: Inside,
    Path((id, word)): Path<(String, String)>,
    form: Form,
) -> Response {
    let Some(act) = Act::from_word(&word) else { return Oops::not_found(&visit) };
    let deal = match fetch(&visit, &id).await {
        Ok(deal) => deal,
        Err(response) => return response,
    };
    let id = view::text(&deal, "/deal").to_owned();
    let preview = if act == Act::Withdraw { preview(&visit, &id).await.ok() } else { None };
    let mut shown = page(&visit, act, &deal, preview);
    (shown.reason, shown.part) = (form.raw("reason").to_owned(), form.get("part").to_owned());
    // Without words of their own the owner chooses on the trusted screen.
    let choose = act == Act::Complain && form.get("reason").is_empty() && visit.site.display.is_some();
    check(&mut shown, &form, choose);
    if !shown.wrong.is_empty() {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &shown);
    }
    if choose && let Some(display) = visit.site.display.clone() {
        let (guide, topic) = (Guide::new(visit.site.party.clone(), display), Topic::complaint(&id));
        let (deal, part) = (id.clone(), form.get("part").parse().ok());
        tokio::spawn(async move { guide.complaint(&deal, part).await });
        return go(&in_line(&visit, &topic, format!("/deal/{id}")).await);
    }
    let mut command = json!({ "command": act.word(), "deal": id });
    if let Some(members) = command.as_object_mut() {
        if matches!(act, Act::Complain | Act::Dispute) {
            members.insert("reason".to_owned(), json!(form.get("reason")));
        }
        if let Ok(part) = form.get("part").parse::<u64>() {
            members.insert("part".to_owned(), json!(part));
        }
    }
    if let Err(error) = visit.site.party.call(command).await {
        return refused(&visit, &deal, &error);
    }
    go(&after(&visit, &id).await)
}

/// The trusted screen once a dialog is in line for it; else where to go on.
pub(super) async fn in_line(visit: &Visit, topic: &Topic, otherwise: String) -> String {
    let started = tokio::time::Instant::now();
    while started.elapsed() < ASKED_WITHIN {
        if visit.site.display.as_ref().is_some_and(|display| display.holds(&topic.id)) {
            return "/screen".to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    otherwise
}

fn check(shown: &mut ActionPage, form: &Form, choose: bool) {
    let t = shown.t;
    if shown.wants_reason && !choose {
        let reason = form.get("reason");
        if reason.is_empty() {
            shown.wrong.note("reason", t.reason_missing);
        } else if reason.chars().count() > REASON_CHARS_MAX {
            shown.wrong.note("reason", t.reason_long);
        }
    }
    let chosen = form.get("part");
    if !shown.parts.is_empty() && shown.parts.iter().all(|(number, _)| number != chosen) {
        shown.wrong.note("part", t.part_missing);
    }
}

/// Where to go on: to the trusted screen if it asks, else to the deal.
pub(super) async fn after(visit: &Visit, id: &str) -> String {
    let started = tokio::time::Instant::now();
    while visit.site.display.is_some() && started.elapsed() < ASKED_WITHIN {
        if asks(visit, id) {
            return "/screen".to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    format!("/deal/{id}?done=1")
}

#[derive(Template)]
#[template(path = "wallet/not_now.html")]
struct NotNow<'a> {
    page: Page,
    t: &'static Deals,
    id: &'a str,
    why: &'a str,
    detail: String,
    code: u16,
}

/// The party says no: why, and back to the deal.
pub(super) fn refused(visit: &Visit, deal: &Value, error: &Error) -> Response {
    if matches!(error, Error::Fault(_)) {
        return Oops::error(visit, error);
    }
    let detail = details::text(visit.language, codes::detail(error));
    let t = Deals::of(visit.language);
    let page = Page::new(visit, visit.common().error_title);
    let (why, code) = (codes::text(visit.language, error.code()), error.code().number());
    show_as(StatusCode::CONFLICT, &NotNow { page, t, id: view::text(deal, "/deal"), why, detail, code })
}
