//! Certified mail and payment for receipt: what the pages say, and what they have the wallet do.

use axum::http::StatusCode;
use semper_base::{Code, Error, Misuse, bytes};
use serde_json::{Value, json};

use crate::common::{Answer, asked, is_sound};
use crate::wallet::fake::{Wallet, plain};

const ID: &str = "c6e470b05497cdb77ce52abbf62fec758249412a1cf470de64700196f1bdfe83";
const EVIL: &str = "<b>Notice</b>\u{202e}gnp";

fn mail(stage: Option<&str>, sent: bool, can: &[&str]) -> Value {
    json!({
        "mail": ID, "title": EVIL, "from": "Anna", "to": "<i>Ben</i>", "sent": sent, "protocol": "semper-cm/1",
        "notary": "Play Notary", "word": "shipped", "stage": stage, "over": stage == Some("complete"),
        "expires": "2026-12-22T04:06:00.000Z", "readable": can.contains(&"read"), "can": can,
        "records": [{ "at": "2026-11-22T04:06:00.000Z", "by": { "party": 1 }, "event": "ContentHandover", "token": "NRR" }],
    })
}

fn answers(request: &Value) -> Result<Value, Error> {
    let done = || mail(Some("complete"), false, &["read", "export"]);
    match request["command"].as_str().unwrap() {
        "mails" => {
            Ok(json!({ "mails": [mail(Some("promised"), true, &["abort", "resolve", "resume", "file"]), done()] }))
        }
        "mail-take" if request["file"] == json!(bytes::encode(b"junk")) => {
            Err(Misuse::new(Code::FileWrong, "mail file").into())
        }
        "mail-send" | "mail-take" => Ok(mail(Some("asked"), true, &["abort", "file"])),
        "mail" | "mail-abort" => Ok(done()),
        "mail-file" => Ok(json!({ "file": bytes::encode(b"{}") })),
        "mail-export" | "payment-export" => Ok(json!({ "pack": bytes::encode(b"PK") })),
        "mail-read" => Ok(json!({
            "readable": true, "text": "Dear Ben,\n<script>alert(1)</script>",
            "files": [{ "name": "../../x.html", "media_type": "text/html", "data": bytes::encode(b"<script>") }],
        })),
        "contacts" => {
            Ok(json!({ "contacts": [{ "link": "shop", "name": "Corner Shop", "role": "seller", "met": true }] }))
        }
        "payments" => Ok(json!({ "payments": [
            { "in": true, "purpose": ID, "amount": "12.50 EUR", "text": EVIL, "until": "2026-12-22T04:06:00.000Z", "state": "open" },
            { "in": false, "purpose": "ab", "amount": "1.00 EUR", "text": "Tea", "payee": "<i>Ben</i>", "state": "receipt" },
        ] })),
        "payment-request" if request.get("purpose").is_some() => {
            Ok(json!({ "purpose": ID, "request": { "certificate": "AA", "receipt": "a.b.c" } }))
        }
        "payment-request" => Ok(json!({ "purpose": ID })),
        "payment-accept" if request["request"].get("receipt").is_none() => {
            Err(Misuse::new(Code::FieldWrong, "receipt").into())
        }
        "payment-accept" => Ok(json!({ "purpose": "ab" })),
        _ => plain(request),
    }
}

fn harmless(page: &Answer) {
    is_sound(page);
    for evil in ["<script>alert", "<b>Notice", "<i>Ben", "\u{202e}"] {
        page.lacks(evil);
    }
}

#[tokio::test]
async fn letters_in_both_languages() {
    for (language, title, delivered) in
        [("en", "Certified mail", "yours to read"), ("de", "Einschreiben", "Der Brief gehört Ihnen")]
    {
        let mut wallet = Wallet::new(answers).await;
        wallet.browser = wallet.browser.speaking(language);
        let list = wallet.browser.get("/mails").await;
        harmless(&list);
        list.says(title);
        harmless(&wallet.browser.get("/mails/new").await);
        let one = wallet.browser.get(&format!("/mail/{ID}")).await;
        harmless(&one);
        one.says(delivered);
        one.says("Dear Ben,");
        one.says("NRR");
        one.says(&format!("/mail/{ID}/enclosed/0"));
    }
}

#[tokio::test]
async fn nobody_reads_letters_from_outside() {
    let mut wallet = Wallet::outside(answers);
    for path in
        ["/mails", "/mails/new", &format!("/mail/{ID}"), &format!("/mail/{ID}/file"), "/payments", "/payments/new"]
    {
        assert_eq!(wallet.browser.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert!(asked(&wallet.log, "mail-read").is_empty() && asked(&wallet.log, "payments").is_empty());
}

#[tokio::test]
async fn a_letter_is_sealed_and_taken_by_upload() {
    let mut wallet = Wallet::new(answers).await;
    let wrong = wallet.browser.upload("/mails/new", &[("title", "Notice"), ("text", ""), ("days", "0")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    harmless(&wrong);
    for id in ["text-wrong", "days-wrong", "card-wrong"] {
        wrong.says(&format!("id=\"{id}\""));
    }
    wrong.says("value=\"Notice\"");
    let parts = [("title", "Notice"), ("text", "Hello"), ("days", "3"), ("link", "shop"), ("file", "attached")];
    let sent = wallet.browser.upload("/mails/new", &parts).await;
    assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, &*format!("/mail/{ID}?done=1")));
    let command = &asked(&wallet.log, "mail-send")[0];
    assert_eq!((&command["text"], &command["to"]), (&json!("Hello"), &json!({ "link": "shop" })));
    assert_eq!(command["files"][0]["data"], bytes::encode(b"attached"));
    let junk = wallet.browser.upload("/mails", &[("file", "junk")]).await;
    assert_eq!(junk.status, StatusCode::UNPROCESSABLE_ENTITY);
    junk.says("file-wrong");
    let taken = wallet.browser.upload("/mails", &[("file", "{}")]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    assert_eq!(asked(&wallet.log, "mail-take").len(), 2);
}

#[tokio::test]
async fn downloads_open_nothing_in_the_browser() {
    let mut wallet = Wallet::new(answers).await;
    let paths = ["file", "evidence", "enclosed/0"].map(|path| format!("/mail/{ID}/{path}"));
    let payments = [format!("/payment/{ID}/request"), format!("/payment/{ID}/evidence")];
    for path in paths.iter().chain(&payments) {
        let file = wallet.browser.get(path).await;
        assert_eq!(file.headers["content-type"], "application/octet-stream", "{path}");
        assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\""), "{path}");
        assert!(!file.headers["content-disposition"].to_str().unwrap().contains(".."), "{path}");
    }
    assert_eq!(wallet.browser.get(&format!("/mail/{ID}/enclosed/9")).await.status, StatusCode::NOT_FOUND);
    let ended = wallet.browser.post(&format!("/mail/{ID}/abort"), &[]).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER);
    assert_eq!(asked(&wallet.log, "mail-abort")[0]["mail"], ID);
    assert_eq!(wallet.browser.post(&format!("/mail/{ID}/burn"), &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn payments_for_receipts() {
    for language in ["en", "de"] {
        let mut wallet = Wallet::new(answers).await;
        wallet.browser = wallet.browser.speaking(language);
        harmless(&wallet.browser.get("/payments").await);
        harmless(&wallet.browser.get("/payments/new").await);
        let one = wallet.browser.get(&format!("/payment/{ID}")).await;
        harmless(&one);
        one.says("a.b.c");
        harmless(&wallet.browser.get("/payment/ab").await);
        assert_eq!(wallet.browser.get("/payment/none").await.status, StatusCode::NOT_FOUND);
        let wrong = wallet.browser.post("/payments/new", &[("amount", "0"), ("text", ""), ("days", "99")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        for id in ["amount-wrong", "text-wrong", "days-wrong"] {
            wrong.says(&format!("id=\"{id}\""));
        }
        let fields = [("amount", "12,50"), ("text", "Rent of March"), ("days", "7")];
        let made = wallet.browser.post("/payments/new", &fields).await;
        assert_eq!(made.location(), format!("/payment/{ID}?done=1"));
        let command = &asked(&wallet.log, "payment-request")[1];
        assert_eq!((&command["amount"], &command["days"]), (&json!("12.50 EUR"), &json!(7)));
        let refused = wallet.browser.upload("/payments", &[("request", "no json")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.says("no json");
        let accepted =
            wallet.browser.upload("/payments", &[("request", "{\"certificate\":\"AA\",\"receipt\":\"a.b.c\"}")]).await;
        assert_eq!(accepted.location(), "/payment/ab?done=1");
    }
}
