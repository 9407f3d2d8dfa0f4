//! Joint deals: parts are prepared and written down as a deal; its page shows what is in it and what can be said of it.

use axum::http::StatusCode;
use semper_base::{Code, Error, Misuse, bytes};
use serde_json::{Value, json};

use crate::common::{Answer, asked, is_sound};
use crate::wallet::fake::{Wallet, plain};

const ID: &str = "c6e470b05497cdb77ce52abbf62fec758249412a1cf470de64700196f1bdfe83";
const DUE: &str = "2026-12-24T18:00:00.000Z";

fn part_file(name: &str) -> Vec<u8> {
    json!({ "semper_part": 1, "name": name, "bytes": 11 }).to_string().into_bytes()
}

fn bill_file(payer: bool) -> Vec<u8> {
    let mut bill = json!({ "semper_bill": 1, "amount": { "minor": 1250, "currency": "EUR" } });
    if payer {
        bill["payer"] = json!("key");
    }
    bill.to_string().into_bytes()
}

fn deal(stage: &str) -> Value {
    json!({
        "contract": ID, "title": "Chairs", "protocol": "semper-deal/1", "stage": stage, "word": "signed", "over": stage == "complete",
        "expires": "2026-12-22T04:06:00.000Z", "notary": "Play Notary", "fee": { "amount": null, "payer": null, "takes": null },
        "parties": [{ "name": "Anna", "you": true, "state": "bound" }, { "name": "Ben", "you": false, "state": "bound" }],
        "text": "Terms.", "document": null, "can": ["read", "file", "export"],
        "parts": [
            { "what": "letter", "from": "2: Ben", "to": "1: Anna", "name": "f\u{202e}<i>.txt", "length": 11, "hash": "abcd", "out": false, "in": true },
            { "what": "payment", "from": "1: Anna", "to": "2: Ben", "amount": "12.50 EUR", "holder": "Bank <i>", "out": true, "in": false,
              "state": "locked", "can": ["export"] },
            { "what": "compensation", "from": "2: Ben", "to": "1: Anna", "amount": "5.00 EUR", "holder": "Bank", "text": "Chairs <b>come</b>",
              "due": DUE, "until": "2027-01-07T18:00:00.000Z", "out": false, "in": true, "state": "locked", "can": ["done", "claim", "export"] },
            { "what": "signature", "from": "1: Anna", "out": true, "in": false },
        ],
    })
}

fn answers(request: &Value) -> Result<Value, Error> {
    match request["command"].as_str().unwrap() {
        "contract" if request["contract"] == "open" => Ok(deal("signed")),
        "contract" => Ok(deal("complete")),
        "contract-seal" => Ok(json!({ "file": bytes::encode(&part_file("a.txt")), "name": "a.txt", "hash": "ab" })),
        "contract-bill" => {
            let unless = request["unless"].get("what").map(|what| json!({ "what": what, "due": DUE, "until": DUE }));
            let mut bill: Value = serde_json::from_slice(&bill_file(false)).unwrap();
            if let Some(unless) = &unless {
                bill["unless"] = unless.clone();
            }
            let file = bytes::encode(bill.to_string().as_bytes());
            Ok(json!({ "file": file, "amount": "5.00 EUR", "holder": "Bank", "payee": "Anna", "unless": unless }))
        }
        "contract-pay" if request["bill"] == json!(bytes::encode(b"junk")) => {
            Err(Misuse::new(Code::FileWrong, "bill").into())
        }
        "contract-pay" => Ok(
            json!({ "file": bytes::encode(&bill_file(true)), "amount": "12.50 EUR", "holder": "Bank", "payee": "Ben <b>" }),
        ),
        "contract-new" if request["parts"].as_array().is_none_or(Vec::is_empty) => {
            Err(Misuse::new(Code::Usage, "parts").into())
        }
        "contract-new" => Ok(json!({ "contract": ID })),
        "contract-claim" | "contract-done" => {
            Ok(json!({ "contract": ID, "part": 3, "amount": "5.00 EUR", "lock": "ab" }))
        }
        "contract-export" => Ok(json!({ "pack": bytes::encode(b"PK") })),
        "contract-read" => Ok(json!({ "contract": ID, "letters": [
            { "part": 1, "from": "2: Ben", "name": "../f.txt", "media_type": "text/plain", "as_agreed": false, "data": bytes::encode(b"the <b>formula") },
        ] })),
        _ => plain(request),
    }
}

fn harmless(page: &Answer) {
    is_sound(page);
    for evil in ["<i>", "<b>come", "Ben <b>", "the <b>", "\u{202e}"] {
        page.lacks(evil);
    }
}

#[tokio::test]
async fn parts_are_prepared_and_kept_until_they_are_written_down() {
    let mut wallet = Wallet::new(answers).await;
    for path in ["/joint", "/joint/letter", "/joint/bill", "/joint/pay", "/joint/new"] {
        harmless(&wallet.browser.get(path).await);
    }
    let empty = wallet.browser.upload("/joint/letter", &[("text", ""), ("card", "no card")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    harmless(&empty);
    for id in ["file-wrong", "card-wrong"] {
        empty.says(&format!("id=\"{id}\""));
    }
    let sealed = wallet.browser.upload("/joint/letter", &[("text", "hello"), ("unnamed", "1")]).await;
    assert_eq!(sealed.status, StatusCode::SEE_OTHER);
    let command = &asked(&wallet.log, "contract-seal")[0];
    assert_eq!(
        (&command["name"], &command["unnamed"], &command["data"]),
        (&json!("letter.txt"), &json!(true), &json!(bytes::encode(b"hello")))
    );
    assert!(command.get("to").is_none());
    let letter = sealed.location().to_owned();
    harmless(&wallet.browser.get(&letter).await);
    let file = wallet.browser.get(&format!("{letter}/file")).await;
    assert_eq!(file.body.as_bytes(), part_file("a.txt"));
    assert!(file.headers["content-disposition"].to_str().unwrap().contains(".semper-part"));
    let taken = wallet.browser.upload("/joint/pay", &[("file", &String::from_utf8(bill_file(false)).unwrap())]).await;
    let payment = taken.location().to_owned();
    let page = wallet.browser.get(&payment).await;
    harmless(&page);
    page.says("Payment: 12.50 EUR");
    let junk = wallet.browser.upload("/joint/pay", &[("pasted", "junk")]).await;
    assert_eq!(junk.status, StatusCode::UNPROCESSABLE_ENTITY);
    junk.says("file-wrong");
    // A file of somebody else comes with the form, and is not lost when the form is not right yet.
    let other = String::from_utf8(part_file("b.txt")).unwrap();
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let (letter, payment) = (id(&letter), id(&payment));
    let parts = [
        ("title", ""),
        ("text", "Terms."),
        ("days", "7"),
        ("part", letter.as_str()),
        ("part", payment.as_str()),
        ("file", other.as_str()),
    ];
    let wrong = wallet.browser.upload("/joint/new", &parts).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    harmless(&wrong);
    wrong.says("title-wrong");
    assert_eq!(wrong.body.matches("checked").count(), 3, "{}", wrong.body);
    let parts =
        [("title", "Chairs"), ("text", "Terms."), ("days", "1"), ("part", letter.as_str()), ("pasted", other.as_str())];
    let made = wallet.browser.upload("/joint/new", &parts).await;
    assert_eq!(made.location(), format!("/contract/{ID}"));
    let made = &asked(&wallet.log, "contract-new")[0];
    assert_eq!(made["parts"], json!([bytes::encode(&part_file("a.txt")), bytes::encode(other.as_bytes())]));
    assert_eq!(made["expires_ms"], 86_400_000);
    for bad in ["junk", &String::from_utf8(bill_file(false)).unwrap()] {
        let parts = [("title", "Chairs"), ("text", "Terms."), ("days", "1"), ("file", bad)];
        let wrong = wallet.browser.upload("/joint/new", &parts).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        wrong.says("file-wrong");
    }
}

#[tokio::test]
async fn a_compensation_says_what_and_by_when() {
    let mut wallet = Wallet::new(answers).await;
    let half = [("amount", "5"), ("what", "Chairs come"), ("due", "soon"), ("days", "0")];
    let wrong = wallet.browser.post("/joint/bill", &half).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    harmless(&wrong);
    for id in ["due-wrong", "days-wrong"] {
        wrong.says(&format!("id=\"{id}\""));
    }
    let whole =
        [("amount", "5,00"), ("purse", "francs"), ("what", "Chairs come"), ("due", "2026-12-24T18:00"), ("days", "14")];
    let made = wallet.browser.submit("/joint/bill", &whole).await;
    made.says("Chairs come");
    made.lacks("/joint/new?part=");
    let bill = &asked(&wallet.log, "contract-bill")[0];
    assert_eq!(
        (&bill["amount"], &bill["purse"], &bill["unless"]["due"]),
        (&json!("5.00 CHF"), &json!("francs"), &json!(DUE))
    );
    wallet.browser.submit("/joint/bill", &[("amount", "3"), ("days", "14")]).await;
    assert_eq!(asked(&wallet.log, "contract-bill")[1]["unless"], Value::Null);
}

#[tokio::test]
async fn a_deal_shows_all_that_is_in_it() {
    for (language, texts) in [
        (
            "en",
            ["Payment of 12.50 EUR", "To be done by", "this is for you", "Open: whoever it is for", "The deal is made"],
        ),
        (
            "de",
            ["Zahlung von 12,50 EUR", "Zu tun bis", "das ist für Sie", "Offen: Für wen er ist", "Das Geschäft gilt"],
        ),
    ] {
        let mut wallet = Wallet::new(answers).await;
        wallet.browser = wallet.browser.speaking(language);
        let page = wallet.browser.get(&format!("/contract/{ID}")).await;
        harmless(&page);
        for text in texts {
            page.says(text);
        }
        page.says("the &#60;b&#62;formula");
    }
    let mut wallet = Wallet::new(answers).await;
    let page = wallet.browser.get(&format!("/contract/{ID}")).await;
    page.says("This is not what the terms say of it");
    page.says("It is done: give 5.00 EUR back");
    let letter = wallet.browser.get(&format!("/contract/{ID}/letter/1")).await;
    assert_eq!(letter.body, "the <b>formula");
    assert!(!letter.headers["content-disposition"].to_str().unwrap().contains(".."));
    assert_eq!(wallet.browser.get(&format!("/contract/{ID}/letter/2")).await.status, StatusCode::NOT_FOUND);
    let pack = wallet.browser.get(&format!("/contract/{ID}/part/2/evidence")).await;
    assert_eq!(pack.headers["content-type"], "application/octet-stream");
    assert_eq!(asked(&wallet.log, "contract-export")[0]["part"], 2);
}

#[tokio::test]
async fn what_is_said_of_a_compensation_is_shown_first() {
    let mut wallet = Wallet::new(answers).await;
    for (act, word) in [("claim", "contract-claim"), ("done", "contract-done")] {
        let path = format!("/contract/{ID}/part/3/{act}");
        let page = wallet.browser.get(&path).await;
        harmless(&page);
        page.says("5.00 EUR");
        page.says("Chairs &#60;b&#62;come");
        assert!(asked(&wallet.log, word).is_empty());
        let said = wallet.browser.post(&path, &[]).await;
        assert_eq!(said.location(), format!("/contract/{ID}?done=1"));
        assert_eq!(asked(&wallet.log, word)[0]["part"], 3);
    }
    // What nothing can be said of leads back.
    let back = wallet.browser.get(&format!("/contract/{ID}/part/2/claim")).await;
    assert_eq!(back.location(), format!("/contract/{ID}"));
    for path in ["part/9/claim", "part/3/burn"] {
        assert_eq!(wallet.browser.get(&format!("/contract/{ID}/{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn nobody_prepares_anything_from_outside() {
    let mut wallet = Wallet::outside(answers);
    let paths = [
        "/joint",
        "/joint/letter",
        "/joint/bill",
        "/joint/pay",
        "/joint/new",
        "/joint/part/ab",
        "/joint/part/ab/file",
        "/notaries",
        "/data",
        "/data/new",
        "/data/ab",
        "/data/ab/file",
        "/data/ab/goods",
        "/transfers",
        "/transfers/new",
        "/transfer/ab",
        "/transfer/ab/good/0",
    ];
    for path in paths {
        assert_eq!(wallet.browser.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert!(wallet.log.lock().unwrap().is_empty(), "the party was asked");
}
