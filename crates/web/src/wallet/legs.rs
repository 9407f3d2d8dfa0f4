//! What is in a joint deal: letters, payments, signatures, compensations; who gives which to whom until when, where it
//! stands, and what the owner can say of it.

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use serde_json::{Value, json};

use super::contracts::{decode, fetch, screen_or};
use super::files::{attachment, safe};
use super::view::{self, Theirs};
use crate::door::{Inside, Visit};
use crate::forms::Form;
use crate::oops::Oops;
use crate::page::{Page, go, show};
use crate::texts::wallet::Joint;
use crate::texts::{Language, When, fill};

/// Longest letter that is shown on the page itself, in bytes.
const SHOWN_BYTES_MAX: usize = 8 << 10;

/// One part.
pub(super) struct Leg {
    pub(super) number: String,
    pub(super) title: Theirs,
    /// Whether it goes out from us, or comes to us.
    pub(super) ours: Option<&'static str>,
    /// What whoever gives it is called.
    pub(super) giver: &'static str,
    pub(super) from: Theirs,
    /// None for a signature: it is for all others.
    pub(super) to: Option<Theirs>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) times: Vec<(&'static str, When)>,
    pub(super) state: &'static str,
    /// What the owner can say of it: words and buttons.
    pub(super) acts: Vec<(&'static str, String)>,
    pub(super) evidence: bool,
}

/// An open letter.
pub(super) struct Letter {
    pub(super) number: String,
    pub(super) name: Theirs,
    pub(super) from: Theirs,
    pub(super) as_agreed: bool,
    /// Its lines, if it is a short text.
    pub(super) lines: Vec<Theirs>,
    pub(super) is_here: bool,
}

/// Every part of a deal; none of a contract that is signed and nothing else.
pub(super) fn all(language: Language, contract: &Value) -> Vec<Leg> {
    (1..).zip(view::list(contract, "/parts")).map(|(number, part)| leg(language, contract, number, part)).collect()
}

fn leg(language: Language, contract: &Value, number: usize, part: &Value) -> Leg {
    let j = Joint::of(language);
    let (what, stage) = (view::text(part, "/what"), view::text(contract, "/stage"));
    let is = |name: &str| part.get(name).and_then(Value::as_bool).unwrap_or(false);
    let can = |act: &str| view::list(part, "/can").iter().any(|word| word.as_str() == Some(act));
    let amount = view::money(language, part, "/amount").unwrap_or_default();
    let acts = [("done", j.act_done), ("claim", j.act_claim)];
    Leg {
        number: number.to_string(),
        title: title(j, part, &amount),
        ours: match (what, is("out"), is("in")) {
            ("compensation", true, _) => Some(j.you_do),
            ("compensation", _, true) => Some(j.done_for_you),
            (_, true, _) => Some(j.from_you),
            ("letter" | "payment", _, true) => Some(j.to_you),
            _ => None,
        },
        giver: if what == "compensation" { j.doer } else { j.from },
        from: view::theirs(view::text(part, "/from")),
        to: view::some(part, "/to").map(|to| view::theirs(&to)),
        facts: facts(j, part),
        times: [(j.due, "/due"), (j.claim_until, "/until")]
            .into_iter()
            .filter_map(|(name, path)| Some((name, view::when(language, part, path)?)))
            .collect(),
        state: match what {
            "letter" => letter_state(j, stage),
            "signature" if stage == "complete" => j.signature_given,
            "signature" => j.signature_kept,
            _ => money_state(j, stage, what == "compensation", part),
        },
        acts: acts.into_iter().filter(|(act, _)| can(act)).map(|(act, text)| (act, fill(text, &[&amount]))).collect(),
        evidence: can("export"),
    }
}

fn title(j: &'static Joint, part: &Value, amount: &str) -> Theirs {
    let of = |text: &str, value: &str| {
        let theirs = view::theirs(value);
        Theirs { text: fill(text, &[&theirs.text]), odd: theirs.odd }
    };
    match view::text(part, "/what") {
        "letter" => of(j.letter, view::text(part, "/name")),
        "payment" => of(j.payment, amount),
        "compensation" => {
            let what = view::theirs(view::text(part, "/text"));
            Theirs { text: fill(j.compensation, &[amount, &what.text]), odd: what.odd }
        }
        _ => of(j.signature, ""),
    }
}

fn facts(j: &'static Joint, part: &Value) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(length) = part.get("length").and_then(Value::as_u64) {
        facts.push((j.size, fill(j.bytes, &[&length.to_string()])));
        facts.push((j.hash, view::some(part, "/hash").unwrap_or_else(|| j.no_hash.to_owned())));
    }
    facts.extend(view::some(part, "/holder").map(|holder| (j.holder, view::theirs(&holder).text)));
    facts
}

fn letter_state(j: &'static Joint, stage: &str) -> &'static str {
    match stage {
        "complete" => j.letter_open,
        "aborted" | "declined" => j.letter_never,
        _ => j.letter_sealed,
    }
}

fn money_state(j: &'static Joint, stage: &str, is_compensation: bool, part: &Value) -> &'static str {
    let is = |name: &str| part.get(name).and_then(Value::as_bool).unwrap_or(false);
    let is_ours = is("out") || is("in");
    let complete = stage == "complete";
    match view::text(part, "/state") {
        "claimed" => j.money_paid,
        "claiming" => j.money_claiming,
        "declined" | "lapsed" => j.money_never,
        "locked" if is_compensation && complete => j.money_waits,
        "locked" if complete && is("in") => j.money_yours,
        "locked" => j.money_locked,
        "ordered" => j.money_ordered,
        "returned" => j.money_back,
        _ if !is_ours => j.money_theirs,
        _ if matches!(stage, "aborted" | "declined") => j.money_never,
        _ => j.money_not_yet,
    }
}

async fn letters(visit: &Visit, id: &str) -> Vec<Value> {
    let answer = visit.site.party.call(json!({ "command": "contract-read", "contract": id })).await;
    view::list(&answer.unwrap_or_default(), "/letters").to_vec()
}

/// The letters that are open here.
pub(super) async fn read(visit: &Visit, id: &str) -> Vec<Letter> {
    letters(visit, id).await.iter().map(opened).collect()
}

fn opened(letter: &Value) -> Letter {
    let data = letter.get("data").and_then(Value::as_str).and_then(|data| decode(data).ok());
    let is_text =
        |data: &Vec<u8>| view::text(letter, "/media_type").starts_with("text/") && data.len() <= SHOWN_BYTES_MAX;
    let text = data.clone().filter(is_text).and_then(|data| String::from_utf8(data).ok());
    Letter {
        number: letter.get("part").and_then(Value::as_u64).unwrap_or_default().to_string(),
        name: view::theirs(view::text(letter, "/name")),
        from: view::theirs(view::text(letter, "/from")),
        as_agreed: letter.get("as_agreed").and_then(Value::as_bool).unwrap_or(false),
        lines: text.unwrap_or_default().lines().map(view::theirs).collect(),
        is_here: data.is_some(),
    }
}

/// `/contract/ID/letter/N`
pub(super) async fn letter(Inside { visit, .. }: Inside, Path((id, number)): Path<(String, u64)>) -> Response {
    let letters = letters(&visit, &id).await;
    let found = letters.iter().find(|one| one.get("part").and_then(Value::as_u64) == Some(number));
    let Some(found) = found else { return Oops::not_found(&visit) };
    match decode(view::text(found, "/data")) {
        Ok(content) => attachment(&safe(view::text(found, "/name"), "letter"), Body::from(content)),
        Err(error) => Oops::error(&visit, &error),
    }
}

/// `/contract/ID/part/N/evidence`: what the bank said of the money.
pub(super) async fn evidence(Inside { visit, .. }: Inside, Path((id, number)): Path<(String, u64)>) -> Response {
    let command = json!({ "command": "contract-export", "contract": id, "part": number });
    let answer = visit.site.party.call(command).await;
    let name = format!("evidence-{}-part-{number}.zip", safe(&id, "contract"));
    match answer.and_then(|answer| decode(view::text(&answer, "/pack"))) {
        Ok(pack) => attachment(&name, Body::from(pack)),
        Err(error) => Oops::error(&visit, &error),
    }
}

/// What is said of something that was to be done outside.
#[derive(Template)]
#[template(path = "wallet/settle.html")]
struct SettlePage {
    page: Page,
    id: String,
    act: String,
    effect: String,
    leg: Leg,
}

/// `/contract/ID/part/N/ACT`: the effect of it, before it is said.
pub(super) async fn ask(
    Inside { visit, .. }: Inside,
    Path((id, number, act)): Path<(String, usize, String)>,
) -> Response {
    let contract = match fetch(&visit, &id).await {
        Ok(contract) => contract,
        Err(response) => return response,
    };
    let j = Joint::of(visit.language);
    let parts = view::list(&contract, "/parts");
    let part = number.checked_sub(1).and_then(|at| parts.get(at));
    let effect = match act.as_str() {
        "claim" => j.effect_claim,
        "done" => j.effect_done,
        _ => return Oops::not_found(&visit),
    };
    let Some(part) = part else { return Oops::not_found(&visit) };
    let leg = leg(visit.language, &contract, number, part);
    let Some((_, button)) = leg.acts.iter().find(|(word, _)| **word == act) else {
        return go(&format!("/contract/{id}"));
    };
    let amount = view::money(visit.language, part, "/amount").unwrap_or_default();
    let page = Page::new(&visit, button.clone());
    show(&SettlePage {
        page,
        id: view::text(&contract, "/contract").to_owned(),
        act,
        effect: fill(effect, &[&amount]),
        leg,
    })
}

/// Says it: a claim is signed on the trusted screen.
pub(super) async fn settle(
    Inside { visit, .. }: Inside,
    Path((id, number, act)): Path<(String, u64, String)>,
    _form: Form,
) -> Response {
    let (word, kind) = match act.as_str() {
        "claim" => ("contract-claim", "claim"),
        "done" => ("contract-done", "give-back"),
        _ => return Oops::not_found(&visit),
    };
    match visit.site.party.call(json!({ "command": word, "contract": id, "part": number })).await {
        Ok(said) => {
            let question = format!("lock/{}/{kind}", view::text(&said, "/lock"));
            go(&screen_or(&visit, &question, format!("/contract/{}?done=1", view::text(&said, "/contract"))).await)
        }
        Err(error) => Oops::error(&visit, &error),
    }
}
