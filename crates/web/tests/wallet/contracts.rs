//! Contracts: what the pages say, and what they have the wallet do.

use axum::http::StatusCode;
use semper_base::{Code, Error, Misuse, bytes};
use semper_support::crypto::{Crypto as _, Seeded};
use serde_json::{Value, json};

use crate::common::{Answer, asked, is_sound};
use crate::wallet::fake::{Wallet, plain};

const ID: &str = "c6e470b05497cdb77ce52abbf62fec758249412a1cf470de64700196f1bdfe83";

fn contract(stage: Option<&str>, can: &[&str]) -> Value {
    json!({
        "contract": ID, "title": "Loan\u{202e}gnp", "protocol": "semper-csn-a/1", "stage": stage, "word": "draft",
        "over": stage == Some("complete"), "expires": "2026-12-22T04:06:00.000Z", "notary": "Play Notary",
        "parties": [
            { "name": "Anna", "you": true, "state": "open" }, { "name": "<b>Bob</b>", "you": false, "state": "unknown" },
        ],
        "text": "First line.\n<script>alert(1)</script>", "document": null, "can": can,
    })
}

fn answers(request: &Value) -> Result<Value, Error> {
    let draft = || contract(None, &["sign", "abort", "file"]);
    match request["command"].as_str().unwrap() {
        "contracts" => Ok(json!({ "contracts": [draft()] })),
        "contract-card" => Ok(json!({ "certificate": bytes::encode(b"0\x03\x02\x01\x05") })),
        "contract-sign" => Ok(contract(Some("asked"), &["abort", "file"])),
        "contract-new" | "contract-take" if request.get("file") == Some(&json!(bytes::encode(b"junk"))) => {
            Err(Misuse::new(Code::FileWrong, "contract file").into())
        }
        "contract" | "contract-new" | "contract-take" => Ok(draft()),
        "contract-file" => Ok(json!({ "file": bytes::encode(b"{}") })),
        "contacts" => {
            Ok(json!({ "contacts": [{ "link": "shop", "name": "Corner Shop", "role": "seller", "met": true }] }))
        }
        _ => plain(request),
    }
}

/// A card that reads as one.
fn card() -> String {
    let key = Seeded::new([9; 32]).generate().unwrap().public;
    semper_blocks::certificate::pem::to_pem(semper_blocks::certificate::pem::Label::Certificate, key.spki()).unwrap()
}

fn harmless(page: &Answer) {
    is_sound(page);
    page.lacks("<script>alert");
    page.lacks("<b>Bob");
    page.lacks("\u{202e}");
}

#[tokio::test]
async fn all_and_one_in_both_languages() {
    for (language, title, sign) in
        [("en", "Contracts", "Sign on the trusted"), ("de", "Verträge", "Auf dem vertrauens")]
    {
        let mut wallet = Wallet::new(answers).await;
        wallet.browser = wallet.browser.speaking(language);
        let list = wallet.browser.get("/contracts").await;
        harmless(&list);
        list.says(title);
        list.says("-----BEGIN CERTIFICATE-----");
        let one = wallet.browser.get(&format!("/contract/{ID}")).await;
        harmless(&one);
        one.says(sign);
        one.says("First line.");
        one.says("Anna (");
        one.lacks(&format!("/contract/{ID}/evidence"));
    }
}

#[tokio::test]
async fn signing_is_only_asked_for() {
    let mut wallet = Wallet::new(answers).await;
    let answer = wallet.browser.post(&format!("/contract/{ID}/sign"), &[]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, &*format!("/contract/{ID}?done=1")));
    assert_eq!(asked(&wallet.log, "contract-sign")[0]["contract"], ID);
    let answer = wallet.browser.post(&format!("/contract/{ID}/forge"), &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_new_contract_keeps_what_was_typed_until_it_is_right() {
    let mut wallet = Wallet::new(answers).await;
    harmless(&wallet.browser.get("/contracts/new").await);
    let wrong = [("title", "Loan"), ("text", ""), ("with", "no card"), ("link", ""), ("days", "0")];
    let page = wallet.browser.post("/contracts/new", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    harmless(&page);
    for id in ["text-wrong", "with-wrong", "days-wrong"] {
        page.says(&format!("id=\"{id}\""));
    }
    page.says("value=\"Loan\"");
    assert!(asked(&wallet.log, "contract-new").is_empty());
    let (card, text) = (card().repeat(2), "One.\r\nTwo.");
    let right = [("title", "Loan"), ("text", text), ("with", card.as_str()), ("link", "shop"), ("days", "3")];
    let answer = wallet.browser.post("/contracts/new", &right).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, &*format!("/contract/{ID}")));
    let made = &asked(&wallet.log, "contract-new")[0];
    assert_eq!((&made["text"], made["with"].as_array().unwrap().len()), (&json!("One.\nTwo."), 3));
    assert_eq!(made["expires_ms"], 259_200_000);
}

#[tokio::test]
async fn a_file_that_was_given_is_looked_at_first() {
    let mut wallet = Wallet::new(answers).await;
    let page = wallet.browser.upload("/contracts", &[("file", "junk")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("text-wrong");
    let answer = wallet.browser.upload("/contracts", &[("text", "{\"semper_contract\":1}")]).await;
    assert_eq!(answer.location(), format!("/contract/{ID}"));
    assert!(asked(&wallet.log, "contract-sign").is_empty());
    let file = wallet.browser.get(&format!("/contract/{ID}/file")).await;
    assert_eq!(file.headers["content-type"], "application/octet-stream");
}
