//! The first run, and preferences.

use crate::common::{Answer, asked, is_sound};
use crate::wallet::fake::{Wallet, plain};
use axum::http::StatusCode;
use semper_base::{Code, Error, Misuse};
use semper_support::preferences::Preferences;
use serde_json::{Value, json};
use std::sync::Mutex;

/// A wallet that remembers what it was set up with.
fn fresh() -> impl Fn(&Value) -> Result<Value, Error> + Send + Sync + 'static {
    let state = Mutex::new((serde_json::to_value(Preferences::default()).unwrap(), false, "none", false));
    move |request| {
        let mut state = state.lock().unwrap();
        match request["command"].as_str().unwrap() {
            "preferences" => {
                if let Some(set) = request.get("set") {
                    state.0 = set.clone();
                }
                Ok(state.0.clone())
            }
            "passphrase" => Ok(json!({"chosen": state.1.then_some("2026-11-22T04:06:00.000Z")})),
            "passphrase-change" => {
                state.1 = true;
                Ok(json!({}))
            }
            "recovery" => {
                Ok(json!({"state": state.2, "waiting": state.2 == "unproved", "proved": {"keys": 3, "deals": 0}}))
            }
            "recovery-make" => {
                state.2 = "unproved";
                Ok(json!({"words": "oak lamp river"}))
            }
            "recovery-prove" if request["words"] != "oak lamp river" => {
                Err(Misuse::new(Code::RecoveryWords, "word 2 is not in the list").into())
            }
            "recovery-prove" => {
                state.2 = "proved";
                Ok(json!({}))
            }
            "purse" => Ok(json!({"account": state.3.then_some("P-1")})),
            "open-account" => {
                state.3 = true;
                Ok(json!({"asked": true}))
            }
            _ => plain(request),
        }
    }
}

#[tokio::test]
async fn the_first_run_counts_what_is_done_and_nothing_else() {
    let mut wallet = Wallet::new(fresh()).await;
    let open = |page: &Answer| page.body.matches(">open</span>").count();
    assert_eq!(open(&wallet.browser.get("/welcome").await), 5);
    wallet.browser.get("/").await.says("5 of 5 steps are open");
    let page = wallet.browser.submit("/welcome/language", &[("language", "en")]).await;
    assert_eq!(open(&page), 4);
    let odd = wallet.browser.post("/welcome/phrase", &[("phrase", "blue  \u{202e}heron")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = wallet.browser.submit("/welcome/phrase", &[("phrase", "blue heron")]).await;
    assert_eq!(open(&page), 3);

    for (new, again) in
        [("password12345", "password12345"), ("marmalade tugboat velvet anchor", "other"), ("blue heron", "blue heron")]
    {
        let page = wallet.browser.post("/welcome/pass-phrase", &[("new", new), ("again", again), ("old", "")]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{new}");
        page.lacks("marmalade");
        page.lacks("password12345");
        is_sound(&page);
    }
    assert!(asked(&wallet.log, "passphrase-change").is_empty());
    let good = "marmalade tugboat velvet anchor";
    let page = wallet.browser.submit("/welcome/pass-phrase", &[("new", good), ("again", good)]).await;
    assert_eq!(open(&page), 2);

    let words = wallet.browser.post("/welcome/backup", &[("make", "1")]).await;
    words.says("<strong>lamp</strong>");
    assert_eq!(words.headers["cache-control"], "no-store");
    is_sound(&words);
    assert_eq!(open(&wallet.browser.get("/welcome").await), 2, "words that were only shown count for nothing");
    let slip = wallet.browser.post("/welcome/backup", &[("words", "oak lump river")]).await;
    assert_eq!(slip.status, StatusCode::UNPROCESSABLE_ENTITY);
    slip.says("word 2");
    slip.lacks("lump");
    let page = wallet.browser.submit("/welcome/backup", &[("words", "oak lamp river")]).await;
    page.says("3 keys");
    assert_eq!(open(&page), 1);
    let page = wallet.browser.submit("/welcome/account", &[]).await;
    assert_eq!(open(&page), 0);
    page.says("Everything is set up");
    wallet.browser.get("/").await.lacks("steps are open");
}

#[tokio::test]
async fn preferences_are_saved_whole_or_not_at_all() {
    let mut wallet = Wallet::new(fresh()).await;
    let mut typed = vec![
        ("language", "de"),
        ("phrase", "blue heron"),
        ("orders", "up-to"),
        ("limit", "zwanzig"),
        ("follow", "sign"),
        ("release", "ask"),
        ("contest", "sign"),
        ("complaint", "ask"),
        ("escrow_request", "sign"),
        ("never_above", "200,00"),
    ];
    let page = wallet.browser.post("/preferences", &typed).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("value=\"zwanzig\"");
    page.says("value=\"blue heron\"");
    is_sound(&page);
    assert!(asked(&wallet.log, "preferences").iter().all(|request| request.get("set").is_none()));
    typed[3] = ("limit", "20,00");
    let page = wallet.browser.submit("/preferences", &typed).await;
    page.says("value=\"20.00\"");
    page.says("value=\"200.00\"");
    page.says("Saved.");
}
