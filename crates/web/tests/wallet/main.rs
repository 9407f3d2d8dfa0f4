//! The wallet's pages in front of a party that answers as a wallet does.

mod cards;
use crate::common;
mod contracts;
mod fake;
mod first_run;
mod goods;
mod handover;
mod joint;
mod kept;
mod line;
mod mails;
mod notaries;
mod refusals;
mod screen;

use axum::http::StatusCode;
use common::{asked, is_sound};
use fake::{Wallet, order, plain, shown};
use semper_blocks::statement::Language;
use semper_support::tinguin::Dialog;
use serde_json::json;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn nobody_sees_anything_without_signing_in() {
    let mut wallet = Wallet::outside(plain);
    let (thread, gone) = wallet.ask(shown("q-1", Dialog::Confirm(Box::new(order("Mug", Language::En)))));
    let pages = [
        "/",
        "/screen",
        "/screen/sessions",
        "/screen/sessions/abc",
        "/deal/d-1",
        "/deal/d-1/cancel",
        "/deal/d-1/evidence",
        "/deal/d-1/file",
        "/waiting/d-1",
        "/handover/address?code=x",
        "/purse",
        "/preferences",
        "/transcripts",
        "/transcripts/deal:d-1/ab",
        "/contacts",
        "/contracts",
        "/contracts/new",
        "/contract/c-1",
        "/contract/c-1/file",
        "/contract/c-1/evidence",
        "/welcome",
        "/welcome/backup",
    ];
    for path in pages {
        let page = wallet.browser.get(path).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
        page.lacks("blue heron");
        page.lacks("Mug");
        page.lacks("href=\"/screen\"");
    }
    let forms = [
        "/screen",
        "/screen/sessions/abc",
        "/deal/d-1/cancel",
        "/handover",
        "/handover/address",
        "/purse",
        "/preferences",
        "/welcome/phrase",
    ];
    for path in forms {
        let page = wallet.browser.post(path, &[("answer", "agree")]).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert!(wallet.log.lock().unwrap().is_empty(), "the party was asked");
    gone.store(true, Ordering::Relaxed);
    thread.join().unwrap();
}

#[tokio::test]
async fn every_page_is_sound_in_both_languages() {
    let pages = [
        "/",
        "/screen",
        "/screen/sessions",
        "/deal/d-1",
        "/deal/d-1/cancel",
        "/deal/d-1/complain",
        "/deal/d-1/received",
        "/deal/d-1/withdraw",
        "/deal/d-1/release",
        "/handover",
        "/purse",
        "/preferences",
        "/transcripts",
        "/transcripts/deal:d-1/ab",
        "/contacts",
        "/welcome",
        "/welcome/language",
        "/welcome/phrase",
        "/welcome/pass-phrase",
        "/welcome/backup",
        "/welcome/account",
    ];
    for language in ["en", "de"] {
        let mut wallet = Wallet::new(plain).await;
        wallet.browser = wallet.browser.speaking(language);
        for path in pages {
            let page = wallet.browser.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            page.says(&format!("<html lang=\"{language}\">"));
            page.lacks("\u{202e}");
            page.lacks("<i>");
            is_sound(&page);
        }
    }
    let mut wallet = Wallet::new(plain).await;
    wallet.browser = wallet.browser.speaking("de");
    let page = wallet.browser.get("/deal/d-1").await;
    page.says("16,90 EUR");
    page.says("6. Dezember 2026, 04:06 UTC");
    page.says("gilt es als erhalten");
    page.says("Sie haben dafür einen Beweis.");
}

#[tokio::test]
async fn actions_say_their_effect_and_name_what_is_wrong() {
    let mut wallet = Wallet::new(plain).await;
    let page = wallet.browser.get("/deal/d-1/withdraw").await;
    page.says("Step 1 of 2");
    page.says("16.90 EUR");
    page.says("All of them");
    assert_eq!(wallet.browser.post("/deal/d-1/withdraw", &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(asked(&wallet.log, "withdraw").iter().all(|request| request["preview"] == true));
    let long = "x".repeat(501);
    for (reason, part) in [(long.as_str(), "1"), ("broken <b>", "")] {
        let page = wallet.browser.post("/deal/d-1/complain", &[("reason", reason), ("part", part)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        page.says("aria-invalid=\"true\"");
        page.says(if reason.contains('<') { "broken &#60;b&#62;" } else { reason });
        is_sound(&page);
    }
    assert!(asked(&wallet.log, "complain").is_empty());
    let done = wallet.browser.post("/deal/d-1/complain", &[("reason", "broken"), ("part", "2")]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/deal/d-1?done=1"));
    let sent = asked(&wallet.log, "complain");
    assert_eq!((&sent[0]["reason"], &sent[0]["part"]), (&json!("broken"), &json!(2)));
    let nothing = wallet.browser.post("/deal/d-1/explode", &[]).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn downloads_have_plain_names() {
    let mut wallet = Wallet::new(plain).await;
    let file = wallet.browser.get("/deal/d-1/file").await;
    assert_eq!(file.body, "hello");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"Mug-and-2-more\"");
    let pack = wallet.browser.get("/deal/d-1/evidence").await;
    assert_eq!(pack.headers["content-disposition"], "attachment; filename=\"evidence-d-1.zip\"");
    assert_eq!(pack.headers["content-type"], "application/octet-stream");
}

#[tokio::test]
async fn the_purses_page_has_every_account() {
    let mut wallet = Wallet::new(plain).await;
    let page = wallet.browser.get("/purse").await;
    for text in ["All purses", "First Play Bank", "P-1", "francs", "P-2", "9.40"] {
        page.says(text);
    }
    page.lacks("<i>Second");
    wallet.log.lock().unwrap().clear();
    let sent = wallet.browser.post("/purse", &[]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let asked = wallet.log.lock().unwrap().iter().filter(|one| one["command"] == "open-account").count();
    assert_eq!(asked, 2, "each bank is asked for its balance");
}
