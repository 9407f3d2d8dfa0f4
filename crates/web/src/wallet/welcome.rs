//! The first run: five steps, each done when the party says so and not before.

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use semper_base::{Code, Error};
use serde_json::{Value, json};

use super::preferences::{check_phrase, fetch, keep};
use super::strength::{self, Weakness};
use super::{purse, view};
use crate::cookies;
use crate::desk::with_cookie;
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::texts::wallet::{Welcome, Wishes};
use crate::texts::{self, LANGUAGE_COOKIE, details, fill};

/// How long the language is remembered, in seconds.
const LANGUAGE_LIFE: u32 = 365 * 24 * 3600;

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Language,
    Phrase,
    Pass,
    Backup,
    Account,
}

impl Step {
    const ALL: [Step; 5] = [Step::Language, Step::Phrase, Step::Pass, Step::Backup, Step::Account];

    fn word(self) -> &'static str {
        match self {
            Step::Language => "language",
            Step::Phrase => "phrase",
            Step::Pass => "pass-phrase",
            Step::Backup => "backup",
            Step::Account => "account",
        }
    }

    fn name(self, t: &'static Welcome) -> &'static str {
        match self {
            Step::Language => t.language,
            Step::Phrase => t.phrase,
            Step::Pass => t.pass,
            Step::Backup => t.backup,
            Step::Account => t.account,
        }
    }

    fn number(self) -> usize {
        Step::ALL.iter().position(|step| *step == self).map_or(1, |at| at + 1)
    }

    fn from_word(word: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.word() == word)
    }
}

/// What is done, as the party says.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    done: Vec<Step>,
    /// Since when the owner has a pass phrase of their own.
    chosen: bool,
    recovery: Value,
    account: Option<String>,
    phrase: String,
}

impl Progress {
    /// Asks the party. What cannot be asked is not done.
    pub(super) async fn of(visit: &Visit, headers: &HeaderMap) -> Self {
        let ask = |command: &'static str| {
            let party = visit.site.party.clone();
            async move { party.call(json!({ "command": command })).await.unwrap_or_default() }
        };
        let phrase = fetch(&visit.site.party).await.ok().and_then(|preferences| preferences.screen.phrase);
        let chosen = !ask("passphrase").await.get("chosen").is_none_or(Value::is_null);
        let recovery = ask("recovery").await;
        let account = view::some(&ask("purse").await, "/account");
        let mut done = Vec::new();
        let mut note = |step, is: bool| done.extend(is.then_some(step));
        note(Step::Language, phrase.is_some() || cookies::get(headers, LANGUAGE_COOKIE).is_some());
        note(Step::Phrase, phrase.is_some());
        note(Step::Pass, chosen);
        note(Step::Backup, view::text(&recovery, "/state") == "proved");
        note(Step::Account, account.is_some());
        Progress { done, chosen, recovery, account, phrase: phrase.unwrap_or_default() }
    }

    fn is_done(&self, step: Step) -> bool {
        self.done.contains(&step)
    }

    fn next(&self) -> Option<Step> {
        Step::ALL.into_iter().find(|step| !self.is_done(*step))
    }

    /// How many steps are open.
    pub(super) fn open(&self) -> usize {
        Step::ALL.len() - self.done.len()
    }
}

/// One line of the overview.
struct Row {
    path: String,
    name: &'static str,
    done: bool,
    current: bool,
}

fn rows(t: &'static Welcome, progress: &Progress, current: Option<Step>) -> Vec<Row> {
    let row = |step: Step| Row {
        path: format!("/welcome/{}", step.word()),
        name: step.name(t),
        done: progress.is_done(step),
        current: Some(step) == current,
    };
    Step::ALL.into_iter().map(row).collect()
}

#[derive(Template)]
#[template(path = "wallet/welcome.html")]
struct Overview {
    page: Page,
    t: &'static Welcome,
    rows: Vec<Row>,
    next: Option<(String, String)>,
}

/// `/welcome`
pub(super) async fn overview(Inside { visit, .. }: Inside, headers: HeaderMap) -> Response {
    let t = Welcome::of(visit.language);
    let progress = Progress::of(&visit, &headers).await;
    let next = progress.next().map(|step| (format!("/welcome/{}", step.word()), fill(t.go_on, &[step.name(t)])));
    show(&Overview { page: Page::new(&visit, t.title), t, rows: rows(t, &progress, progress.next()), next })
}

#[derive(Template)]
#[template(path = "wallet/step.html")]
struct StepPage {
    page: Page,
    t: &'static Welcome,
    w: &'static Wishes,
    rows: Vec<Row>,
    heading: String,
    step: &'static str,
    done: bool,
    /// Nothing of the first run is open.
    all_done: bool,
    /// What is said of a step that is done.
    said: Option<String>,
    /// Words were made and wait to be typed back.
    waiting: bool,
    phrase: String,
    weak: Vec<&'static str>,
    wrong: Wrong,
}

fn page(visit: &Visit, progress: &Progress, step: Step, wrong: Wrong) -> StepPage {
    let t = Welcome::of(visit.language);
    let number = |path: &str| progress.recovery.pointer(path).and_then(Value::as_u64).unwrap_or_default().to_string();
    let said = match step {
        Step::Pass if progress.chosen => Some(t.pass_done.to_owned()),
        Step::Backup if progress.is_done(step) => {
            Some(fill(t.backup_proved, &[&number("/proved/keys"), &number("/proved/deals")]))
        }
        Step::Account => progress.account.as_ref().map(|account| fill(t.account_there, &[account])),
        _ => None,
    };
    StepPage {
        page: Page::new(visit, step.name(t)),
        t,
        w: Wishes::of(visit.language),
        rows: rows(t, progress, Some(step)),
        heading: fill(t.step, &[&step.number().to_string()]),
        step: step.word(),
        done: progress.is_done(step),
        all_done: progress.open() == 0,
        said,
        waiting: progress.recovery.get("waiting").and_then(Value::as_bool).unwrap_or(false),
        phrase: progress.phrase.clone(),
        weak: Vec::new(),
        wrong,
    }
}

/// `/welcome/STEP`
pub(super) async fn step(Inside { visit, .. }: Inside, Path(word): Path<String>, headers: HeaderMap) -> Response {
    let Some(step) = Step::from_word(&word) else { return Oops::not_found(&visit) };
    let progress = Progress::of(&visit, &headers).await;
    show(&page(&visit, &progress, step, Wrong::default()))
}

/// A step's form.
pub(super) async fn take(
    Inside { visit, .. }: Inside,
    Path(word): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    match Step::from_word(&word) {
        Some(Step::Language) => language(&visit, &form).await,
        Some(Step::Phrase) => phrase(&visit, &headers, &form).await,
        Some(Step::Pass) => pass(&visit, &headers, &form).await,
        Some(Step::Backup) if form.has("make") => make(&visit).await,
        Some(Step::Backup) => prove(&visit, &headers, &form).await,
        Some(Step::Account) => account(&visit, &headers).await,
        None => Oops::not_found(&visit),
    }
}

async fn language(visit: &Visit, form: &Form) -> Response {
    let Some(language) = texts::language(form.get("language")) else { return go("/welcome/language") };
    let kept = async {
        let mut preferences = fetch(&visit.site.party).await?;
        preferences.screen.language = language;
        keep(&visit.site.party, &preferences).await
    };
    match kept.await {
        Ok(()) => with_cookie(go("/welcome/phrase"), LANGUAGE_COOKIE, texts::code(language), Some(LANGUAGE_LIFE)),
        Err(error) => Oops::error(visit, &error),
    }
}

async fn phrase(visit: &Visit, headers: &HeaderMap, form: &Form) -> Response {
    let (t, typed) = (Welcome::of(visit.language), form.get("phrase"));
    let mut wrong = Wrong::default();
    if typed.is_empty() {
        wrong.note("phrase", t.phrase_missing);
    }
    if let Some(problem) = check_phrase(Wishes::of(visit.language), typed) {
        wrong.note("phrase", problem);
    }
    if !wrong.is_empty() {
        let progress = Progress::of(visit, headers).await;
        let mut shown = page(visit, &progress, Step::Phrase, wrong);
        form.raw("phrase").clone_into(&mut shown.phrase);
        return show_as(StatusCode::UNPROCESSABLE_ENTITY, &shown);
    }
    let kept = async {
        let mut preferences = fetch(&visit.site.party).await?;
        preferences.screen.phrase = Some(typed.to_owned());
        keep(&visit.site.party, &preferences).await
    };
    match kept.await {
        Ok(()) => go("/welcome/pass-phrase"),
        Err(error) => Oops::error(visit, &error),
    }
}

async fn pass(visit: &Visit, headers: &HeaderMap, form: &Form) -> Response {
    let t = Welcome::of(visit.language);
    let (new, again, old) = (form.raw("new"), form.raw("again"), form.raw("old"));
    let progress = Progress::of(visit, headers).await;
    let mut wrong = Wrong::default();
    let strength = strength::of(new);
    let mut weak: Vec<&'static str> = Vec::new();
    if !strength.is_enough() {
        wrong.note("new", fill(t.pass_weak, &[&strength.points.to_string()]));
        weak.extend(strength.weak.iter().map(|why| reason(t, *why)));
    }
    if !progress.phrase.is_empty() && new.trim() == progress.phrase {
        wrong.note("new", t.weak_own);
    }
    if new != again {
        wrong.note("again", t.pass_differ);
    }
    if progress.chosen && old.is_empty() {
        wrong.note("old", t.pass_old_wrong);
    }
    if wrong.is_empty() {
        let mut command = json!({ "command": "passphrase-change", "new": new });
        if let Some(members) = command.as_object_mut().filter(|_| !old.is_empty()) {
            members.insert("old".to_owned(), json!(old));
        }
        match visit.site.party.call(command).await {
            Ok(_) => return go("/welcome/backup"),
            Err(error) if error.code() == Code::PassphraseWrong => wrong.note("old", t.pass_old_wrong),
            Err(error) if error.code() == Code::PassphraseWeak => wrong.note("new", t.weak_few),
            Err(error) => return Oops::error(visit, &error),
        }
    }
    let mut shown = page(visit, &progress, Step::Pass, wrong);
    shown.weak = weak;
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

fn reason(t: &'static Welcome, why: Weakness) -> &'static str {
    match why {
        Weakness::Common => t.weak_common,
        Weakness::Few => t.weak_few,
        Weakness::Repeats => t.weak_repeat,
        Weakness::Row => t.weak_row,
        Weakness::Short => t.weak_short,
    }
}

#[derive(Template)]
#[template(path = "wallet/words.html")]
struct WordsPage {
    page: Page,
    t: &'static Welcome,
    words: Vec<String>,
}

/// New words, in the answer itself: they are shown once and kept nowhere.
async fn make(visit: &Visit) -> Response {
    let t = Welcome::of(visit.language);
    match visit.site.party.call(json!({ "command": "recovery-make" })).await {
        Ok(made) => {
            let words = view::text(&made, "/words").split(' ').map(str::to_owned).collect();
            let page = Page { here: "/welcome/backup".to_owned(), ..Page::new(visit, t.backup_words) };
            show(&WordsPage { page, t, words })
        }
        Err(error) => Oops::error(visit, &error),
    }
}

async fn prove(visit: &Visit, headers: &HeaderMap, form: &Form) -> Response {
    let t = Welcome::of(visit.language);
    let proved = visit.site.party.call(json!({ "command": "recovery-prove", "words": form.get("words") })).await;
    match proved {
        Ok(_) => go("/welcome/backup"),
        Err(Error::Misuse(why)) if why.code() == Code::RecoveryWords => {
            let mut wrong = Wrong::default();
            wrong.note("words", format!("{} ({})", t.backup_wrong, details::text(visit.language, why.detail())));
            let progress = Progress::of(visit, headers).await;
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(visit, &progress, Step::Backup, wrong))
        }
        Err(error) => Oops::error(visit, &error),
    }
}

async fn account(visit: &Visit, headers: &HeaderMap) -> Response {
    if let Err(error) = visit.site.party.call(json!({ "command": "open-account", "currency": purse::CURRENCY })).await {
        return Oops::error(visit, &error);
    }
    purse::settle().await;
    let there = Progress::of(visit, headers).await.account.is_some();
    go(if there { "/welcome" } else { "/welcome/account" })
}
