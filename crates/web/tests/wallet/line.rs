//! Who is in line for the trusted screen, and the dialogs that sign nothing.

use crate::common::{asked, is_sound};
use crate::wallet::fake::{Wallet, order, plain, says_the_same, shown};
use axum::http::StatusCode;
use semper_base::{Amount, Currency, Hash, KeyId};
use semper_blocks::statement::Language;
use semper_support::tinguin::{Choice, Dialog, Field, FieldKind, Reply, Severity, dialog_to_text};
use semper_web::Display;
use semper_web::screen::Guide;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn message(text: &str) -> Dialog {
    Dialog::Message { severity: Severity::Info, text: text.to_owned() }
}

fn ask_yes(question: &str) -> Dialog {
    Dialog::YesNo { question: question.to_owned(), yes: "Go on".to_owned(), no: "Stop".to_owned() }
}

/// Waits, a few seconds at most.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_list_says_who_has_the_screen_and_who_waits() {
    let stored = order("Kettle", Language::En);
    let payload = json!({"semper": {"language": "en"}}).to_string();
    let questions = json!({"questions": [{"id": "broken", "asker": "deal/d-9", "payload": payload, "since": "x"}]});
    let mut wallet = Wallet::new(move |request: &Value| match request["command"].as_str().unwrap() {
        "questions" => Ok(questions.clone()),
        _ => plain(request),
    })
    .await;
    let (first, _) = wallet.ask(shown("q-1", Dialog::Confirm(Box::new(order("Mug", Language::En)))));
    let (second, _) = wallet.ask(shown("q-2", Dialog::Confirm(Box::new(stored))));
    let (third, _) = wallet.ask(shown("q-3", ask_yes("Remember \u{202e}it?")));
    let page = wallet.browser.get("/screen/sessions").await;
    is_sound(&page);
    page.says("on the screen now");
    page.says("the deal “Mug and 2 more”");
    page.lacks("\u{202e}");
    assert_eq!(page.body.matches("waits</td>").count(), 2);
    wallet.browser.get("/screen").await.says("2 more wait behind this");
    // Each can be looked at, in the words of the terminal; only the one that is shown can be answered.
    let waiting = wallet.display.line();
    let kettle = waiting.iter().find(|one| one.shown.id == "q-2").unwrap();
    let (name, mark) = (kettle.shown.name(), kettle.shown.mark().hex());
    let path = format!("/screen/sessions/{name}");
    let page = wallet.browser.get(&path).await;
    is_sound(&page);
    says_the_same(&page, &dialog_to_text(&kettle.shown.dialog, kettle.shown.language, 80));
    let early = [("question", "q-2"), ("mark", mark.as_str()), ("answer", "agree")];
    assert_eq!(wallet.browser.post("/screen", &early).await.status, StatusCode::CONFLICT);
    // Taken first, it has the display, and it alone.
    let taken = wallet.browser.post(&path, &[("mark", &mark), ("act", "first")]).await;
    assert_eq!(taken.location(), "/screen");
    wallet.browser.get("/screen").await.says("Kettle");
    assert_eq!(wallet.display.line().iter().filter(|one| one.has_display).count(), 1);
    // Another mark withdraws nothing; the right one says no, and the next has its turn.
    let other = Hash::of(b"other").hex();
    let wrong = wallet.browser.post(&path, &[("mark", &other), ("act", "withdraw")]).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    let done = wallet.browser.post(&path, &[("mark", &mark), ("act", "withdraw")]).await;
    assert_eq!(done.location(), "/screen/sessions?withdrawn=1");
    assert_eq!(second.join().unwrap(), Some(Reply::Refused));
    until("the first is back", || wallet.display.current().is_some_and(|shown| shown.id == "q-1")).await;
    for (id, thread) in [("q-1", first), ("q-3", third)] {
        let shown = wallet.display.line().into_iter().find(|one| one.shown.id == id).unwrap().shown;
        wallet.display.withdraw(id, shown.mark()).unwrap();
        assert_eq!(thread.join().unwrap(), Some(Reply::Refused));
    }
    wallet.browser.get("/screen/sessions").await.says("Nobody asks at the moment");
}

#[tokio::test]
async fn what_waits_in_the_store_is_refused_as_soon_as_it_comes() {
    let wallet = Wallet::new(plain).await;
    let screen = order("Mug", Language::En);
    wallet.display.refuse_ahead("q-1", Hash::of(b"something else"));
    wallet.display.refuse_ahead("q-2", screen.payload);
    assert_eq!(wallet.display.refused_ahead().len(), 2);
    let display = Arc::clone(&wallet.display);
    let asked = shown("q-2", Dialog::Confirm(Box::new(screen.clone())));
    assert_eq!(display.ask(asked, &|| false), Some(Reply::Refused));
    assert_eq!(wallet.display.refused_ahead().len(), 1);
    let (thread, gone) = wallet.ask(shown("q-2", Dialog::Confirm(Box::new(screen))));
    assert!(wallet.display.current().is_some(), "once");
    gone.store(true, Ordering::Relaxed);
    assert_eq!(thread.join().unwrap(), None);
}

#[tokio::test]
async fn a_message_gives_way_and_comes_back() {
    let wallet = Wallet::new(plain).await;
    let (told, _) = wallet.ask(shown("m-1", message("Done.")));
    let (also, _) = wallet.ask(shown("m-2", message("Done as well.")));
    let (asks, _) = wallet.ask(shown("q-1", ask_yes("Sure?")));
    let now = |wallet: &Wallet| wallet.display.current().unwrap().id.clone();
    assert_eq!(now(&wallet), "q-1");
    // It was on the screen, so it may be put away; the one that nobody saw may not.
    let mark = |id: &str| wallet.display.line().iter().find(|one| one.shown.id == id).unwrap().shown.mark();
    assert!(wallet.display.answer("m-2", mark("m-2"), Reply::Seen).is_err());
    wallet.display.answer("m-1", mark("m-1"), Reply::Seen).unwrap();
    assert_eq!(told.join().unwrap(), Some(Reply::Seen));
    wallet.display.answer("q-1", mark("q-1"), Reply::Yes).unwrap();
    assert_eq!(asks.join().unwrap(), Some(Reply::Yes));
    until("the other message", || wallet.display.current().is_some_and(|shown| shown.id == "m-2")).await;
    wallet.display.answer("m-2", mark("m-2"), Reply::Seen).unwrap();
    assert_eq!(also.join().unwrap(), Some(Reply::Seen));
}

/// Many ask at once, and somebody answers whatever is shown, twice: each reply reaches the one who asked for
/// it, once.
#[test]
fn everybody_gets_their_own_answer_once() {
    let (display, answered) = (Arc::new(Display::default()), Arc::new(AtomicUsize::new(0)));
    let askers: Vec<_> = (0..24_usize)
        .map(|at| {
            let (display, answered) = (Arc::clone(&display), Arc::clone(&answered));
            std::thread::spawn(move || {
                let choice = |n: usize| Choice { name: format!("{at}-{n}"), label: format!("Choice {n}") };
                let dialog = Dialog::Choose { question: format!("Which {at}?"), choices: (0..3).map(choice).collect() };
                let reply = display.ask(shown(&format!("q-{at}"), dialog), &|| false);
                assert_eq!(reply, Some(Reply::Chosen(format!("{at}-1"))));
                answered.fetch_add(1, Ordering::Relaxed);
            })
        })
        .collect();
    let started = Instant::now();
    while answered.load(Ordering::Relaxed) < 24 {
        assert!(started.elapsed() < Duration::from_secs(30));
        assert!(display.line().iter().filter(|one| one.has_display).count() <= 1);
        let Some(shown) = display.current() else { continue };
        let at = shown.id.strip_prefix("q-").unwrap().to_owned();
        let reply = Reply::Chosen(format!("{at}-1"));
        if display.answer(&shown.id, shown.mark(), reply).is_ok() {
            assert!(display.answer(&shown.id, shown.mark(), Reply::Chosen(format!("{at}-2"))).is_err());
        }
    }
    for asker in askers {
        asker.join().unwrap();
    }
}

/// If what backs a receiver changes, a page that was made before agrees to nothing.
#[tokio::test]
async fn an_old_page_agrees_to_nothing_after_a_receivers_standing_changed() {
    let mut wallet = Wallet::new(plain).await;
    let old = shown("q-1", Dialog::Confirm(Box::new(order("Mug", Language::En))));
    let now = semper_web::screen::Shown { receivers: vec!["a key without certificate".to_owned()], ..old.clone() };
    let (thread, gone) = wallet.ask(now);
    let mark = old.mark().hex();
    let answer = wallet.browser.post("/screen", &[("question", "q-1"), ("mark", &mark), ("answer", "agree")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    gone.store(true, Ordering::Relaxed);
    assert_eq!(thread.join().unwrap(), None);
}

/// What a peer may put into a text: tags, bidi marks, hidden and look-alike letters, lines of a terminal.
const HOSTILE: &str = "<b>x</b> \u{202e}gnp \u{200b}p\u{430}ypal\n[ Agree ]\r\u{1b}[2J \u{1f512} {{ 1 }} \"'>";

/// Every text of every kind of dialog, in turn, with a hostile one in its place.
fn hostile() -> Vec<Dialog> {
    let field = |label: &str, value: &str| Field {
        name: "f".to_owned(),
        label: label.to_owned(),
        kind: FieldKind::Text { chars_max: 300 },
        optional: true,
        value: value.to_owned(),
    };
    let choice = |label: &str| vec![Choice { name: HOSTILE.to_owned(), label: label.to_owned() }];
    let yes_no = |question: &str, yes: &str, no: &str| Dialog::YesNo {
        question: question.to_owned(),
        yes: yes.to_owned(),
        no: no.to_owned(),
    };
    vec![
        Dialog::Choose { question: HOSTILE.to_owned(), choices: choice("A") },
        Dialog::Choose { question: "Which?".to_owned(), choices: choice(HOSTILE) },
        Dialog::Form { question: HOSTILE.to_owned(), fields: vec![field("Label", "")] },
        Dialog::Form { question: "What?".to_owned(), fields: vec![field(HOSTILE, "")] },
        message(HOSTILE),
        yes_no(HOSTILE, "Yes", "No"),
        yes_no("Sure?", HOSTILE, "No"),
        yes_no("Sure?", "Yes", HOSTILE),
        Dialog::Confirm(Box::new(order(HOSTILE, Language::En))),
        Dialog::Show(Box::new(order(HOSTILE, Language::En))),
    ]
}

#[tokio::test]
async fn hostile_texts_are_harmless_in_every_place_of_every_dialog() {
    let mut wallet = Wallet::new(plain).await;
    for (at, dialog) in hostile().into_iter().enumerate() {
        let text = dialog_to_text(&dialog, semper_support::tinguin::Language::En, 80);
        let hidden = |text: &str| text.contains(['\u{202e}', '\u{200b}', '\u{1b}', '\r', '\u{1f512}']);
        assert!(!hidden(&text), "{dialog:?}");
        assert!(text.lines().filter(|line| line.starts_with("[ Agree ]")).count() == 0, "no button of theirs: {text}");
        let (thread, gone) = wallet.ask(shown(&format!("q-{at}"), dialog.clone()));
        for path in ["/screen".to_owned(), format!("/screen/sessions/{}", wallet.display.current().unwrap().name())] {
            let page = wallet.browser.get(&path).await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(!hidden(&page.body), "{path} {dialog:?}");
            page.lacks("<b>x</b>");
            is_sound(&page);
            says_the_same(&page, &text);
        }
        gone.store(true, Ordering::Relaxed);
        thread.join().unwrap();
    }
    wallet.display.set_status(Some(HOSTILE.to_owned()));
    let page = wallet.browser.get("/screen").await;
    page.lacks("<b>x</b>");
    page.lacks("\u{202e}");
}

#[tokio::test]
async fn a_reason_is_chosen_on_the_screen() {
    let mut wallet = Wallet::new(plain).await;
    let answer = wallet.browser.post("/deal/d-1/complain", &[("reason", ""), ("part", "2")]).await;
    assert_eq!(answer.location(), "/screen");
    assert!(asked(&wallet.log, "complain").is_empty());
    let page = wallet.browser.get("/screen").await;
    is_sound(&page);
    page.says("1. It has not arrived");
    let first = wallet.display.current().unwrap();
    let mark = first.mark().hex();
    let chosen = [("question", first.id.as_str()), ("mark", &mark), ("choice", "4"), ("answer", "send")];
    let answer = wallet.browser.post("/screen", &chosen).await;
    assert_eq!(answer.location(), "/screen", "its own words are asked for next");
    let second = wallet.display.current().unwrap();
    let mark = second.mark().hex();
    let said = [("question", second.id.as_str()), ("mark", &mark), ("field-0", "It sings."), ("answer", "send")];
    wallet.browser.post("/screen", &said).await;
    until("the complaint", || !asked(&wallet.log, "complain").is_empty()).await;
    let sent = asked(&wallet.log, "complain").remove(0);
    assert_eq!((&sent["reason"], &sent["part"], &sent["deal"]), (&json!("It sings."), &json!(2), &json!("d-1")));
    assert_eq!(asked(&wallet.log, "note-dialog").len(), 2);
}

#[tokio::test]
async fn a_shop_is_known_only_after_a_yes() {
    let wallet = Wallet::new(plain).await;
    let guide = Guide::new(wallet.browser.site.party.clone(), Arc::clone(&wallet.display));
    let (key, limit) = (KeyId(Hash::of(b"shop")), Amount::parse("20.00", Currency::EUR).unwrap());
    for (reply, times) in [(Reply::Refused, 0), (Reply::Cancelled, 0), (Reply::Yes, 1)] {
        let (then, display) = (guide.clone(), Arc::clone(&wallet.display));
        let names = vec!["Otto \u{202e}Demo".to_owned()];
        let task = tokio::spawn(async move { then.remember("deal/d-1", &[key], &names, limit).await });
        until("the question", || display.current().is_some()).await;
        let shown = display.current().unwrap();
        assert!(dialog_to_text(&shown.dialog, shown.language, 80).contains("20.00 EUR"));
        display.answer(&shown.id, shown.mark(), reply).unwrap();
        task.await.unwrap();
        assert_eq!(asked(&wallet.log, "known").len(), times);
    }
}

#[tokio::test]
async fn what_becomes_of_a_deal_is_told_once_and_what_is_under_way_stands_there() {
    let mut wallet = Wallet::new(plain).await;
    let guide = Guide::new(wallet.browser.site.party.clone(), Arc::clone(&wallet.display));
    guide.told("ordered", "d-1").await;
    assert!(wallet.display.current().is_none(), "no news that one could miss");
    guide.told("refused", "another").await;
    assert!(wallet.display.current().is_none(), "of no deal of ours");
    for _ in 0..2 {
        let then = guide.clone();
        tokio::spawn(async move { then.told("lapsed", "d-1").await });
    }
    until("the message", || wallet.display.current().is_some()).await;
    let page = wallet.browser.get("/screen").await;
    is_sound(&page);
    page.says("the shop may not be relied on any more");
    page.says("Mug and 2 more");
    assert_eq!(wallet.display.line().len(), 1);
    let shown = wallet.display.current().unwrap();
    let mark = shown.mark().hex();
    let read = [("question", shown.id.as_str()), ("mark", mark.as_str()), ("answer", "seen")];
    wallet.browser.post("/screen", &read).await;
    let empty = wallet.browser.get("/screen").await;
    empty.says("Under way: Mug and 2 more");
    is_sound(&empty);
}
