//! Data for money and containers: what the pages say, and what they have the wallet do.

use axum::http::StatusCode;
use semper_base::{Code, Error, Misuse, bytes};
use serde_json::{Value, json};

use crate::common::{Answer, asked, is_sound};
use crate::wallet::fake::{Wallet, plain};

const ID: &str = "c6e470b05497cdb77ce52abbf62fec758249412a1cf470de64700196f1bdfe83";
const EVIL: &str = "Map <b>x</b>\u{202e}gnp";

fn sale(sold: bool, word: &str, can: &[&str]) -> Value {
    json!({
        "data": ID, "title": EVIL, "name": "../map.txt", "length": 21, "price": "3.00 EUR", "until": "2026-12-22T04:06:00.000Z",
        "word": word, "stage": word, "over": false, "sold": sold, "seller": "Carl <i>", "buyer": "you", "bank": "Bank",
        "locks": ["ab", "cd"], "paid": 2, "returned": 1, "open": 0, "can": can,
    })
}

fn transfer(out: bool, word: &str, can: &[&str]) -> Value {
    json!({
        "transfer": ID, "outgoing": out, "title": EVIL, "from": if out { json!("you") } else { Value::Null }, "to": "Shop <i>",
        "word": word, "over": word == "taken", "until": "2026-12-22T04:06:00.000Z", "can": can, "arrived": 3, "chunks": 4,
        "confidential": false, "origin": true, "quality": { "integrity": "x", "confidentiality": "y", "origin": "z" },
        "goods": [
            { "kind": "container", "name": "docs", "path": "docs", "goods": 1 },
            { "kind": "data", "name": "../a.txt", "path": "docs/../a.txt", "bytes": 5, "hash": "abcd" },
            { "kind": "payment", "name": "payment", "path": "payment", "amount": "5.00 EUR" },
        ],
    })
}

fn answers(request: &Value) -> Result<Value, Error> {
    let file = || bytes::decode(request["file"].as_str().unwrap_or_default()).unwrap();
    match request["command"].as_str().unwrap() {
        "data-list" => Ok(json!({ "sales": [sale(true, "offered", &[]), sale(false, "received", &[])] })),
        "data-buy" if file() != b"offer" => Err(Misuse::new(Code::FileWrong, "data file").into()),
        "data" if request["data"] == "sold" => Ok(sale(true, "offered", &["file", "abort", "resume", "export"])),
        "data-abort" => Ok(json!({ "data": ID, "word": "withdrawn" })),
        "data" | "data-buy" | "data-sell" | "data-resume" => Ok(sale(false, "received", &["read", "export"])),
        "data-file" => Ok(json!({ "file": bytes::encode(b"{}") })),
        "data-read" => Ok(json!({ "data": bytes::encode(b"north"), "name": "../map.txt" })),
        "data-export" | "transfer-export" => Ok(json!({ "pack": bytes::encode(b"PK") })),
        "contacts" => {
            Ok(json!({ "contacts": [{ "link": "shop", "name": "Corner Shop", "role": "seller", "met": true }] }))
        }
        "transfer-list" => {
            Ok(json!({ "transfers": [transfer(true, "sending", &[]), transfer(false, "announced", &[])] }))
        }
        "transfer" if request["transfer"] == "coming" => Ok(transfer(false, "announced", &["accept", "decline"])),
        "transfer" if request["transfer"] == "fetching" => Ok(transfer(false, "fetching", &["stop"])),
        "transfer" => Ok(transfer(false, "taken", &["open", "export"])),
        "transfer-begin" if request["title"] == "odd" => Err(Misuse::new(Code::TooMany, "goods").into()),
        "transfer-begin" => Ok(json!({ "transfer": "draft", "chunks": [], "chunk_bytes": 65536 })),
        "transfer-chunk" if request["data"][0] == json!(bytes::encode(b"break")) => {
            Err(Misuse::new(Code::StateWrong, "chunk").into())
        }
        "transfer-chunk" => Ok(json!({ "arrived": 1 })),
        "transfer-send" | "transfer-accept" => Ok(transfer(true, "draft", &["stop"])),
        "transfer-decline" | "transfer-stop" => Ok(json!({ "transfer": ID, "word": "withdrawn" })),
        "transfer-open" => Ok(json!({ "data": if request["index"] == 0 { "aGVs" } else { "bG8" }, "chunks": 2 })),
        _ => plain(request),
    }
}

fn harmless(page: &Answer) {
    is_sound(page);
    for evil in ["<b>x", "<i>", "\u{202e}"] {
        page.lacks(evil);
    }
}

#[tokio::test]
async fn every_page_in_both_languages() {
    let pages = [
        "/data",
        "/data/new",
        "/data/sold",
        "/data/bought",
        "/transfers",
        "/transfers/new",
        "/transfer/coming",
        "/transfer/fetching",
        "/transfer/ab",
    ];
    for (language, texts) in [
        ("en", ["The key is here", "3 of 4 pieces", "you sell"]),
        ("de", ["Der Schlüssel ist da", "3 von 4 Stücken", "Sie verkaufen"]),
    ] {
        let mut wallet = Wallet::new(answers).await;
        wallet.browser = wallet.browser.speaking(language);
        for path in pages {
            let page = wallet.browser.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            harmless(&page);
        }
        wallet.browser.get("/data/bought").await.says(texts[0]);
        wallet.browser.get("/transfer/fetching").await.says(texts[1]);
        wallet.browser.get("/data").await.says(texts[2]);
    }
}

#[tokio::test]
async fn a_file_is_offered_and_bought() {
    let mut wallet = Wallet::new(answers).await;
    let wrong =
        wallet.browser.upload("/data/new", &[("title", ""), ("price", "0"), ("hours", "0"), ("days", "30")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    harmless(&wrong);
    for field in ["file", "title", "price", "hours", "days"] {
        wrong.says(&format!("id=\"{field}-wrong\""));
    }
    let parts = [
        ("title", "A map"),
        ("price", "3,00"),
        ("purse", "francs"),
        ("hours", "24"),
        ("days", "7"),
        ("hash", "1"),
        ("file", "north"),
    ];
    let offered = wallet.browser.upload("/data/new", &parts).await;
    assert_eq!(offered.location(), format!("/data/{ID}?done=1"));
    let sold = &asked(&wallet.log, "data-sell")[0];
    assert_eq!(
        (&sold["price"], &sold["purse"], &sold["hash"], &sold["lock_ms"]),
        (&json!("3.00 CHF"), &json!("francs"), &json!(true), &json!(86_400_000))
    );
    let junk = wallet.browser.upload("/data", &[("file", "junk")]).await;
    assert_eq!(junk.status, StatusCode::UNPROCESSABLE_ENTITY);
    junk.says("file-wrong");
    let bought = wallet.browser.upload("/data", &[("file", "offer")]).await;
    assert_eq!(bought.location(), format!("/data/{ID}?done=1"));
    assert_eq!(wallet.browser.post(&format!("/data/{ID}/resume"), &[]).await.location(), format!("/data/{ID}?done=1"));
    assert_eq!(wallet.browser.post(&format!("/data/{ID}/abort"), &[]).await.location(), "/data");
    assert_eq!(wallet.browser.post(&format!("/data/{ID}/burn"), &[]).await.status, StatusCode::NOT_FOUND);
    let goods = wallet.browser.get(&format!("/data/{ID}/goods")).await;
    assert_eq!(
        (goods.body.as_str(), goods.headers["content-disposition"].to_str().unwrap()),
        ("north", "attachment; filename=\"map.txt\"")
    );
    for path in ["file", "evidence/ab"] {
        let file = wallet.browser.get(&format!("/data/{ID}/{path}")).await;
        assert_eq!(file.headers["content-type"], "application/octet-stream", "{path}");
    }
    assert_eq!(asked(&wallet.log, "data-export")[0]["lock"], "ab");
}

#[tokio::test]
async fn a_container_is_filled_piece_by_piece_and_dropped_if_it_breaks() {
    let mut wallet = Wallet::new(answers).await;
    let wrong = wallet
        .browser
        .upload("/transfers/new", &[("title", ""), ("amount", "x"), ("certificates", "none"), ("days", "0")])
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    harmless(&wrong);
    for field in ["to", "title", "amount", "certificates", "days"] {
        wrong.says(&format!("id=\"{field}-wrong\""));
    }
    let empty = wallet.browser.upload("/transfers/new", &[("to", "shop"), ("title", "x"), ("days", "7")]).await;
    empty.says("id=\"file-wrong\"");
    assert!(asked(&wallet.log, "transfer-begin").is_empty());
    let long = "x".repeat(9 * 65_536 + 1);
    let parts = [("to", "shop"), ("title", "Papers"), ("amount", "5"), ("days", "7"), ("file", long.as_str())];
    let sent = wallet.browser.upload("/transfers/new", &parts).await;
    assert_eq!(sent.location(), format!("/transfer/{ID}?done=1"));
    let begun = &asked(&wallet.log, "transfer-begin")[0];
    assert_eq!((&begun["origin"], &begun["goods"][1]["amount"]), (&json!(false), &json!("5.00 EUR")));
    let chunks = asked(&wallet.log, "transfer-chunk");
    let shape: Vec<(u64, usize)> =
        chunks.iter().map(|one| (one["index"].as_u64().unwrap(), one["data"].as_array().unwrap().len())).collect();
    assert_eq!(shape, [(0, 8), (8, 2)]);
    assert_eq!(asked(&wallet.log, "transfer-send")[0]["transfer"], "draft");
    let parts = [("to", "shop"), ("title", "Papers"), ("days", "7"), ("file", "break")];
    let broken = wallet.browser.upload("/transfers/new", &parts).await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
    broken.says("id=\"file-wrong\"");
    assert_eq!(asked(&wallet.log, "transfer-stop")[0]["transfer"], "draft");
}

#[tokio::test]
async fn what_arrived_is_taken_out() {
    let mut wallet = Wallet::new(answers).await;
    for (act, word) in [("accept", "transfer-accept"), ("decline", "transfer-decline"), ("stop", "transfer-stop")] {
        assert_eq!(wallet.browser.post(&format!("/transfer/{ID}/{act}"), &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(asked(&wallet.log, word).len(), 1, "{act}");
    }
    assert_eq!(wallet.browser.post(&format!("/transfer/{ID}/burn"), &[]).await.status, StatusCode::NOT_FOUND);
    let good = wallet.browser.get(&format!("/transfer/{ID}/good/1")).await;
    assert_eq!(
        (good.body.as_str(), good.headers["content-disposition"].to_str().unwrap()),
        ("hello", "attachment; filename=\"a.txt\"")
    );
    let pack = wallet.browser.get(&format!("/transfer/{ID}/evidence")).await;
    assert_eq!(pack.headers["content-type"], "application/octet-stream");
    let page = wallet.browser.get(&format!("/transfer/{ID}")).await;
    page.says(&format!("/transfer/{ID}/good/1"));
    page.lacks(&format!("/transfer/{ID}/good/0"));
    page.lacks(&format!("/transfer/{ID}/good/2"));
}
