//! The trusted screen: its words, answers that count once, what is kept of a reply.

use crate::common::is_sound;
use crate::wallet::fake::{LANGUAGES, Wallet, fields, order, plain, says_the_same, shown};
use axum::http::StatusCode;
use semper_base::{Currency, Hash};
use semper_blocks::statement::Language;
use semper_support::tinguin::{Choice, Dialog, Field, FieldKind, Reply, Severity, dialog_to_text, to_text};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn the_page_says_what_the_terminal_says() {
    for language in LANGUAGES {
        let mut wallet = Wallet::new(plain).await;
        let hostile = "Mug <b>for free</b> \u{202e}gnp.exe p\u{430}ypal \u{5d0} & more";
        let screen = order(hostile, language);
        let (thread, _) = wallet.ask(shown("q", Dialog::Confirm(Box::new(screen.clone()))));
        let page = wallet.browser.get("/screen").await;
        is_sound(&page);
        says_the_same(&page, &to_text(&screen, 80));
        page.says("blue heron at dawn");
        page.says("class=\"screen\"");
        page.lacks("<b>for free");
        page.lacks("\u{202e}");
        assert!(page.body.contains("class=\"wrong\">(!) "), "cautions are spelled out");
        assert!(!page.body.contains("autofocus"));
        let (no, yes) = (page.body.find("value=\"refuse\""), page.body.find("value=\"agree\""));
        assert!(no.unwrap() < yes.unwrap(), "refusing comes first");
        // Nothing that the shop wrote stands before the wording's own words.
        assert!(page.body.find("phrase").unwrap() < page.body.find("\\u{202E}").unwrap());
        let home = wallet.browser.get("/").await;
        home.says("href=\"/screen\"");
        let mark = wallet.display.current().unwrap().mark().hex();
        let answer = wallet.browser.post("/screen", &fields("q", &mark, "refuse")).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/deal/d-1"));
        assert_eq!(thread.join().unwrap(), Some(Reply::Refused));
    }
}

#[tokio::test]
async fn one_answer_counts_once() {
    let mut wallet = Wallet::new(plain).await;
    let screen = order("Mug", Language::En);
    let (thread, _) = wallet.ask(shown("q-1", Dialog::Confirm(Box::new(screen.clone()))));
    let mark = wallet.display.current().unwrap().mark().hex();
    // Another payload, another question, a button that is not there: nothing happens.
    let other = Hash::of(b"other").hex();
    for (id, mark, pressed) in [("q-1", other.as_str(), "agree"), ("q-0", &mark, "agree"), ("q-1", &mark, "seen")] {
        let answer = wallet.browser.post("/screen", &fields(id, mark, pressed)).await;
        assert!(answer.status.is_client_error(), "{id} {pressed} {}", answer.status);
        assert!(wallet.display.current().is_some());
    }
    // From another site: refused at the door.
    let token = wallet.browser.site.sessions.token(&wallet.browser.cookies["visit"]);
    let mut all = vec![("token", token.as_str())];
    all.extend(fields("q-1", &mark, "agree"));
    let foreign = wallet.browser.post_from("/screen", &all, "http://shop.localhost:1").await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert!(wallet.display.current().is_some());

    let answer = wallet.browser.post("/screen", &fields("q-1", &mark, "agree")).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/deal/d-1"));
    assert_eq!(thread.join().unwrap(), Some(Reply::Confirmed));
    // A double click, and an old page that now says no.
    for pressed in ["agree", "refuse"] {
        let again = wallet.browser.post("/screen", &fields("q-1", &mark, pressed)).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        again.says("You have answered this already");
        again.says("href=\"/deal/d-1\"");
        again.says("Your answer was yes");
    }
    let empty = wallet.browser.get("/screen").await;
    empty.says("Nothing is asked at the moment");
    is_sound(&empty);
}

#[tokio::test]
async fn a_withdrawn_question_cannot_be_answered() {
    let mut wallet = Wallet::new(plain).await;
    let screen = order("Mug", Language::En);
    let (thread, gone) = wallet.ask(shown("q-1", Dialog::Confirm(Box::new(screen.clone()))));
    let mark = wallet.display.current().unwrap().mark().hex();
    gone.store(true, Ordering::Relaxed);
    assert_eq!(thread.join().unwrap(), None);
    let answer = wallet.browser.post("/screen", &fields("q-1", &mark, "agree")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer.says("This question is not open any more");
}

/// The fields of the form that is sent.
type Pressed = Vec<(&'static str, &'static str)>;

/// Every kind of dialog, and what is pressed.
fn dialogs() -> Vec<(Dialog, Pressed, Reply)> {
    let field = |name: &str, kind, optional| Field {
        name: name.into(),
        label: format!("Label {name}"),
        kind,
        optional,
        value: String::new(),
    };
    let choice = |name: &str| Choice { name: name.into(), label: format!("Choose \u{202e}{name}") };
    let form = vec![
        field("limit", FieldKind::Amount(Currency::EUR), false),
        field("phrase", FieldKind::Secret, false),
        field("days", FieldKind::Count { max: 30 }, true),
    ];
    let filled = [("limit", "12.50"), ("phrase", " pass "), ("days", "")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    vec![
        (
            Dialog::YesNo { question: "Show Agent <7> your deals?".into(), yes: "Show".into(), no: "Hide".into() },
            vec![("answer", "agree")],
            Reply::Yes,
        ),
        (
            Dialog::Message { severity: Severity::Warning, text: "The bank \u{202e}is away.".into() },
            vec![("answer", "seen")],
            Reply::Seen,
        ),
        (
            Dialog::Choose { question: "Which?".into(), choices: vec![choice("a"), choice("b")] },
            vec![("choice", "1"), ("answer", "send")],
            Reply::Chosen("b".into()),
        ),
        (
            Dialog::Form { question: "How much?".into(), fields: form },
            vec![("field-0", "12.50"), ("field-1", " pass "), ("field-2", ""), ("answer", "send")],
            Reply::Filled(filled.into_iter().collect()),
        ),
        (Dialog::Show(Box::new(order("Mug", Language::En))), vec![("answer", "seen")], Reply::Seen),
        (Dialog::Confirm(Box::new(order("Mug", Language::En))), vec![("answer", "agree")], Reply::Confirmed),
    ]
}

#[tokio::test]
async fn every_dialog_says_what_its_text_says_and_takes_its_reply() {
    let mut wallet = Wallet::new(plain).await;
    for (at, (dialog, pressed, reply)) in dialogs().into_iter().enumerate() {
        let id = format!("dialog-{at}");
        let shown = shown(&id, dialog.clone());
        let mark = shown.mark().hex();
        let (thread, _) = wallet.ask(shown);
        let page = wallet.browser.get("/screen").await;
        is_sound(&page);
        says_the_same(&page, &dialog_to_text(&dialog, semper_support::tinguin::Language::En, 80));
        page.lacks("\u{202e}");
        let mut all = vec![("question", id.as_str()), ("mark", mark.as_str())];
        all.extend(pressed);
        let answer = wallet.browser.post("/screen", &all).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{dialog:?} {}", answer.body);
        assert_eq!(thread.join().unwrap(), Some(reply), "{dialog:?}");
    }
}

#[tokio::test]
async fn a_form_that_does_not_fit_keeps_what_was_typed_but_no_secret() {
    let mut wallet = Wallet::new(plain).await;
    let (dialog, _, _) = dialogs().remove(3);
    let shown = shown("form", dialog);
    let mark = shown.mark().hex();
    let (thread, gone) = wallet.ask(shown);
    let all = [
        ("question", "form"),
        ("mark", mark.as_str()),
        ("field-0", "12.5.0"),
        ("field-1", "hunter2"),
        ("field-2", "7"),
        ("answer", "send"),
    ];
    let page = wallet.browser.post("/screen", &all).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("href=\"#field-0\"");
    page.says("value=\"12.5.0\"");
    page.says("value=\"7\"");
    page.says("aria-invalid=\"true\"");
    page.lacks("hunter2");
    is_sound(&page);
    gone.store(true, Ordering::Relaxed);
    assert_eq!(thread.join().unwrap(), None);
}
