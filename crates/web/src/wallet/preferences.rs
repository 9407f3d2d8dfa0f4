//! Preferences: language, phrase, and what may be signed without asking.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::{Amount, Currency, Error};
use semper_support::preferences::{OrderRule, Preferences, Rule};
use semper_support::tinguin::neutral::neutralise;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::party::Party;
use crate::texts::wallet::Wishes;
use crate::texts::{self, Language};

/// Longest phrase, in characters (the preferences refuse longer ones).
const PHRASE_CHARS_MAX: usize = 80;

/// The owner's preferences.
pub(super) async fn fetch(party: &Party) -> Result<Preferences, Error> {
    let answer = party.call(json!({ "command": "preferences" })).await?;
    Ok(Preferences::read(answer.to_string().as_bytes())?)
}

/// Keeps them.
pub(super) async fn keep(party: &Party, preferences: &Preferences) -> Result<(), Error> {
    let set: Value = serde_json::from_slice(&preferences.write()?).unwrap_or_default();
    party.call(json!({ "command": "preferences", "set": set })).await.map(drop)
}

/// A phrase that can stand on the screen as it was typed.
pub(super) fn check_phrase(t: &'static Wishes, phrase: &str) -> Option<&'static str> {
    if phrase.chars().count() > PHRASE_CHARS_MAX || phrase.contains(char::is_control) {
        Some(t.phrase_long)
    } else if neutralise(phrase).text != phrase {
        Some(t.phrase_odd)
    } else {
        None
    }
}

/// A rule as the form shows it.
struct RuleField {
    name: &'static str,
    label: &'static str,
    sign: bool,
}

/// What stands in the form.
#[derive(Default)]
struct Typed {
    language: String,
    phrase: String,
    up_to: bool,
    limit: String,
    never_above: String,
    /// Names of the rules that sign.
    signing: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "wallet/preferences.html")]
struct PreferencesPage {
    page: Page,
    t: &'static Wishes,
    typed: Typed,
    rules: Vec<RuleField>,
    wrong: Wrong,
}

const RULES: [&str; 5] = ["follow", "release", "contest", "complaint", "escrow_request"];

fn page(visit: &Visit, typed: Typed, wrong: Wrong) -> PreferencesPage {
    let t = Wishes::of(visit.language);
    let label = |name: &str| match name {
        "follow" => t.follow,
        "release" => t.release,
        "contest" => t.contest,
        "complaint" => t.complaint,
        _ => t.escrow,
    };
    let rule = |name: &'static str| RuleField { name, label: label(name), sign: typed.signing.contains(&name) };
    let rules = RULES.into_iter().map(rule).collect();
    PreferencesPage { page: Page::new(visit, t.title), t, typed, rules, wrong }
}

fn typed(language: Language, preferences: &Preferences) -> Typed {
    let consent = &preferences.consent;
    let money = |amount: Amount| texts::money(language, &amount.decimal());
    let rules = [consent.follow, consent.release, consent.contest, consent.complaint, consent.escrow_request];
    Typed {
        language: texts::code(preferences.screen.language).to_owned(),
        phrase: preferences.screen.phrase.clone().unwrap_or_default(),
        up_to: consent.orders != OrderRule::Ask,
        limit: match consent.orders {
            OrderRule::UpTo(amount) => money(amount),
            OrderRule::Ask => String::new(),
        },
        never_above: consent.never_above.map(money).unwrap_or_default(),
        signing: RULES.into_iter().zip(rules).filter(|(_, rule)| *rule == Rule::Sign).map(|(name, _)| name).collect(),
    }
}

/// `?saved`
#[derive(Debug, Default, Deserialize)]
pub(super) struct Saved {
    #[serde(default)]
    saved: String,
}

/// `/preferences`
pub(super) async fn form(Inside { visit, .. }: Inside, Query(saved): Query<Saved>) -> Response {
    let preferences = match fetch(&visit.site.party).await {
        Ok(preferences) => preferences,
        Err(error) => return Oops::error(&visit, &error),
    };
    let mut shown = page(&visit, typed(visit.language, &preferences), Wrong::default());
    let t = shown.t;
    shown.page = shown.page.noting((!saved.saved.is_empty()).then_some(t.saved));
    show(&shown)
}

/// Saves what fits; all of it or nothing.
pub(super) async fn save(Inside { visit, .. }: Inside, form: Form) -> Response {
    let mut preferences = match fetch(&visit.site.party).await {
        Ok(preferences) => preferences,
        Err(error) => return Oops::error(&visit, &error),
    };
    let t = Wishes::of(visit.language);
    let wrong = take(t, &form, &mut preferences);
    if !wrong.is_empty() {
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&visit, as_typed(&form), wrong));
    }
    match keep(&visit.site.party, &preferences).await {
        Ok(()) => go("/preferences?saved=1"),
        Err(error) => Oops::error(&visit, &error),
    }
}

fn as_typed(form: &Form) -> Typed {
    Typed {
        language: form.get("language").to_owned(),
        phrase: form.raw("phrase").to_owned(),
        up_to: form.get("orders") == "up-to",
        limit: form.raw("limit").to_owned(),
        never_above: form.raw("never_above").to_owned(),
        signing: RULES.into_iter().filter(|name| form.get(name) == "sign").collect(),
    }
}

/// Writes the form into the preferences; what is wrong with it.
fn take(t: &'static Wishes, form: &Form, preferences: &mut Preferences) -> Wrong {
    let mut wrong = Wrong::default();
    if let Some(language) = texts::language(form.get("language")) {
        preferences.screen.language = language;
    }
    let phrase = form.get("phrase");
    if let Some(problem) = check_phrase(t, phrase) {
        wrong.note("phrase", problem);
    }
    preferences.screen.phrase = Some(phrase.to_owned()).filter(|phrase| !phrase.is_empty());
    let consent = &mut preferences.consent;
    consent.orders = match (form.get("orders"), amount(form.get("limit"))) {
        ("up-to", Some(limit)) => OrderRule::UpTo(limit),
        ("up-to", None) => {
            wrong.note("limit", t.limit_wrong);
            OrderRule::Ask
        }
        _ => OrderRule::Ask,
    };
    let rule = |name: &str| if form.get(name) == "sign" { Rule::Sign } else { Rule::Ask };
    consent.follow = rule("follow");
    consent.release = rule("release");
    consent.contest = rule("contest");
    consent.complaint = rule("complaint");
    consent.escrow_request = rule("escrow_request");
    consent.never_above = amount(form.get("never_above"));
    if consent.never_above.is_none() && !form.get("never_above").is_empty() {
        wrong.note("never_above", t.never_wrong);
    }
    wrong
}

/// An amount as people type it, with a point or a comma.
fn amount(text: &str) -> Option<Amount> {
    let number = text.strip_suffix("EUR").unwrap_or(text).trim().replace(',', ".");
    Amount::parse(&number, Currency::EUR).ok()
}
