//! What a party refuses is said in the reader's language, on every page and above every form.

use axum::http::StatusCode;
use semper_base::{Code, Error, Fault, Misuse, Refusal, Violation};
use semper_web::texts::{Language, codes};
use serde_json::{Value, json};

use super::fake::{Wallet, plain};

/// What the refusal is about, in both languages.
const DETAIL: (&str, &str) = ("no hold", "keine Reservierung");
/// One of each family.
const CODES: [Code; 4] = [Code::TermsWrong, Code::AccessDenied, Code::Network, Code::StateWrong];

fn error(code: Code) -> Error {
    match code.number() / 1000 {
        1 => Violation::new(code, DETAIL.0).into(),
        2 => Refusal::new(code, DETAIL.0).into(),
        3 => Fault::new(code, DETAIL.0).into(),
        _ => Misuse::new(code, DETAIL.0).into(),
    }
}

const PAGES: &[&str] = &[
    "/",
    "/deal/d-1",
    "/deal/d-1/evidence",
    "/deal/d-1/file",
    "/contracts",
    "/contract/c-1",
    "/contract/c-1/evidence",
    "/contract/c-1/file",
    "/mails",
    "/mail/m-1",
    "/mail/m-1/evidence",
    "/mail/m-1/file",
    "/payments",
    "/payment/p-1",
    "/payment/p-1/evidence",
    "/payment/p-1/request",
    "/purse",
    "/preferences",
    "/transcripts",
    "/transcripts/x/y",
    "/contacts",
    "/notaries",
    "/data",
    "/data/a-1",
    "/data/a-1/file",
    "/data/a-1/goods",
    "/transfers",
    "/transfer/t-1",
    "/transfer/t-1/evidence",
];

/// Forms that are right as they are filled here, so that only the party can refuse them.
const FORMS: &[(&str, &[(&str, &str)])] = &[
    ("/contract/c-1/sign", &[]),
    ("/contract/c-1/abort", &[]),
    ("/mail/m-1/resolve", &[]),
    ("/mail/m-1/abort", &[]),
    ("/payments/new", &[("amount", "4,90"), ("text", "Miete"), ("days", "7")]),
    ("/payments/bill", &[("bill", "c-1")]),
    ("/purse", &[]),
    ("/notaries", &[("link", "notary"), ("prefer", "1")]),
    ("/data/a-1/abort", &[]),
    ("/transfer/t-1/accept", &[]),
];

const UPLOADS: &[(&str, &[(&str, &str)])] = &[
    ("/contracts", &[("text", "{}")]),
    ("/mails", &[("file", "{}")]),
    ("/payments", &[("request", "{}")]),
    ("/data", &[("file", "{}")]),
];

fn says(page: &str, code: Code) -> bool {
    assert!(!page.contains(codes::text(Language::En, code)), "{code:?} in English in\n{page}");
    assert!(!page.contains(DETAIL.0), "the detail in English in\n{page}");
    page.contains(codes::text(Language::De, code))
}

#[tokio::test]
async fn every_page_refuses_in_german() {
    for code in CODES {
        let mut wallet = Wallet::new(move |_| Err(error(code))).await;
        wallet.browser = wallet.browser.speaking("de");
        let mut said = Vec::new();
        for path in PAGES {
            let page = wallet.browser.get(path).await;
            if says(&page.body, code) {
                page.says(DETAIL.1);
                said.push(*path);
            }
        }
        // A few pages live without what they could not have.
        assert!(said.len() + 6 > PAGES.len(), "{code:?}: {said:?}");
    }
}

#[tokio::test]
async fn every_form_refuses_in_german() {
    for code in CODES {
        let answer = move |request: &Value| match plain(request) {
            Ok(known) if !["open-account", "purse"].contains(&request["command"].as_str().unwrap()) => Ok(known),
            _ => Err(error(code)),
        };
        let mut wallet = Wallet::new(answer).await;
        wallet.browser = wallet.browser.speaking("de");
        let mut silent = Vec::new();
        for (path, fields) in FORMS {
            let page = wallet.browser.post(path, fields).await;
            assert_ne!(page.status, StatusCode::FORBIDDEN, "{path}");
            silent.extend((!says(&page.body, code)).then_some((*path, page.status)));
        }
        for (path, fields) in UPLOADS {
            let page = wallet.browser.upload(path, fields).await;
            assert_ne!(page.status, StatusCode::FORBIDDEN, "{path}");
            silent.extend((!says(&page.body, code)).then_some((*path, page.status)));
        }
        assert!(silent.is_empty(), "{code:?}: {silent:?}");
    }
}

/// Why a deal ended, and what nobody has translated.
#[tokio::test]
async fn a_deal_that_was_refused_says_why_in_german() {
    let refused = |request: &Value| {
        let mut deal = plain(request)?;
        if request["command"] == "deal" {
            deal["refused"] = json!({ "code": Code::SoldOut.number(), "text": Code::SoldOut.text() });
        }
        Ok(deal)
    };
    let mut wallet = Wallet::new(refused).await;
    wallet.browser = wallet.browser.speaking("de");
    let page = wallet.browser.get("/deal/d-1").await;
    assert!(says(&page.body, Code::SoldOut), "{}", page.body);
    let mut wallet = Wallet::new(|_| Err(Misuse::new(Code::StateWrong, "words that nobody knows").into())).await;
    wallet.browser = wallet.browser.speaking("de");
    wallet.browser.get("/deal/d-1").await.says("„words that nobody knows“ (englisch)");
}
