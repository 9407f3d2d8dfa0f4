//! Notaries: the list, the choice of one from everybody's lists, what it costs and who pays, and bills.

use axum::http::StatusCode;
use semper_base::{Error, Role, bytes};
use serde_json::{Value, json};

use crate::common::{asked, is_sound};
use crate::wallet::cards::Authority;
use crate::wallet::fake::{Wallet, plain};

const BILL: &str = "c6e470b05497cdb77ce52abbf62fec758249412a1cf470de64700196f1bdfe83";

fn notary(link: &str, key: &str, listed: bool, fees: &Value) -> Value {
    json!({ "link": link, "name": format!("<b>{link}</b>"), "key": key, "certificate": "ab", "fingerprint": "oak lamp river wind",
            "listed": listed, "fees": fees, "limit": null, "socket": "127.0.0.1:1" })
}

/// A wallet that takes these two, the second for a fee, and knows a third.
fn answers(first: &str, second: &str) -> impl Fn(&Value) -> Result<Value, Error> + Send + Sync + 'static {
    let fees = json!({ "semper-csn-a/1": "0.20 EUR", "semper-cs2/1": "0.20 EUR", "semper-deal/1": "1.00 EUR" });
    let known = json!({ "notaries": [
        notary("notary", first, true, &json!({})), notary("notary-2", second, true, &fees), notary("old", "ff", false, &json!({})),
    ] });
    move |request: &Value| match request["command"].as_str().unwrap() {
        "notaries" | "notary-prefer" | "notary-drop" => Ok(known.clone()),
        "payments" => Ok(json!({ "payments": [
            { "in": false, "purpose": "ab", "amount": "0.20 EUR", "text": "Fee\u{202e}", "payee": "<i>Notary</i>", "state": "due",
              "bill": BILL, "until": "2026-12-22T04:06:00.000Z" },
            { "in": false, "purpose": "cd", "amount": "9.90 EUR", "text": "Tea", "payee": "Ben", "state": "receipt" },
        ] })),
        "payment-accept" => Ok(json!({ "purpose": "ab" })),
        "contract-new" => Ok(json!({ "contract": BILL })),
        "mail-send" => Ok(json!({ "mail": BILL })),
        "contract" => Ok(json!({
            "contract": BILL, "title": "Loan", "protocol": "semper-csn-a/1", "stage": "complete", "word": "signed", "over": true,
            "notary": "Second", "parties": [], "text": "Terms.", "can": ["file"], "parts": [],
            "fee": { "amount": "0.20 EUR", "payer": "Anna", "takes": "0.50 EUR" },
        })),
        _ => plain(request),
    }
}

#[tokio::test]
async fn the_list_is_shown_and_changed() {
    for (language, first) in [("en", "Put &#60;b&#62;notary-2"), ("de", "&#60;b&#62;notary-2&#60;/b&#62; an die erste")]
    {
        let mut wallet = Wallet::new(answers("aa", "bb")).await;
        wallet.browser = wallet.browser.speaking(language);
        let page = wallet.browser.get("/notaries").await;
        is_sound(&page);
        page.says(first);
        page.says("oak lamp river wind");
        for evil in ["<b>notary", "<i>Notary", "\u{202e}"] {
            page.lacks(evil);
        }
    }
    let mut wallet = Wallet::new(answers("aa", "bb")).await;
    let page = wallet.browser.get("/notaries").await;
    page.says("0.20 EUR for a contract, 1.00 EUR for a joint deal");
    page.says("off your list");
    page.says("Pay 0.20 EUR");
    page.lacks("9.90 EUR");
    let changed = wallet.browser.post("/notaries", &[("link", "notary-2"), ("prefer", "1")]).await;
    assert_eq!(changed.location(), "/notaries?done=1");
    wallet.browser.post("/notaries", &[("link", "notary"), ("drop", "1")]).await;
    assert_eq!(asked(&wallet.log, "notary-prefer")[0]["link"], "notary-2");
    assert_eq!(asked(&wallet.log, "notary-drop")[0]["link"], "notary");
}

#[tokio::test]
async fn a_bill_has_its_button_wherever_it_is_met() {
    let mut wallet = Wallet::new(answers("aa", "bb")).await;
    for path in ["/notaries", "/payment/ab", &format!("/contract/{BILL}")] {
        let page = wallet.browser.get(path).await;
        is_sound(&page);
        page.says("action=\"/payments/bill\"");
        page.says("Pay 0.20 EUR");
    }
    wallet.browser.get("/payments").await.says("not paid yet");
    let paid = wallet.browser.post("/payments/bill", &[("bill", BILL)]).await;
    assert_eq!(paid.location(), "/payment/ab?done=1");
    assert_eq!(asked(&wallet.log, "payment-accept")[0]["bill"], BILL);
    let contract = wallet.browser.get(&format!("/contract/{BILL}")).await;
    contract.says("0.20 EUR, paid by Anna, only if it comes to stand");
    contract.says("The notary takes 0.50 EUR");
}

#[tokio::test]
async fn only_a_notary_of_all_lists_can_be_chosen() {
    let mut authority = Authority::new();
    let (anna, _) = authority.certify(Role::Buyer, "Anna");
    let (ben, _) = authority.certify(Role::Seller, "Ben");
    let (first, one) = authority.certify(Role::Notary, "First");
    let (second, two) = authority.certify(Role::Notary, "Second");
    let mut wallet = Wallet::new(answers(&one, &two)).await;
    let blank = wallet.browser.get("/contracts/new").await;
    is_sound(&blank);
    blank.says("the first that all take: &#60;b&#62;notary&#60;/b&#62;");
    blank.says("0.20 EUR");
    // Anna takes both, Ben the second alone.
    let with = format!("{anna}{first}{second}{ben}{second}");
    let fields = |notary, payer, look| {
        let fields = [
            ("title", "Loan"),
            ("text", "Terms."),
            ("with", with.as_str()),
            ("days", "3"),
            ("notary", notary),
            ("payer", payer),
        ];
        fields.into_iter().chain(look).collect::<Vec<_>>()
    };
    let looked = wallet.browser.post("/contracts/new", &fields("", "0", Some(("look", "1")))).await;
    assert_eq!(looked.status, StatusCode::OK);
    is_sound(&looked);
    looked.says("the first that all take: &#60;b&#62;notary-2&#60;/b&#62;");
    looked.says("not on every card");
    looked.says("value=\"Loan\"");
    for (notary, payer, wrong) in [("notary", "0", "notary-wrong"), ("notary-2", "3", "payer-wrong")] {
        let page = wallet.browser.post("/contracts/new", &fields(notary, payer, None)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        is_sound(&page);
        page.says(wrong);
    }
    assert!(asked(&wallet.log, "contract-new").is_empty());
    let made = wallet.browser.post("/contracts/new", &fields("notary-2", "2", None)).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER);
    let made = &asked(&wallet.log, "contract-new")[0];
    assert_eq!((&made["notary"], &made["fee_payer"]), (&json!("notary-2"), &json!(2)));
    let counts: Vec<usize> =
        made["with"].as_array().unwrap().iter().map(|one| one["notaries"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [2, 1]);
}

#[tokio::test]
async fn a_letter_names_its_notary_too() {
    let mut authority = Authority::new();
    let (ben, _) = authority.certify(Role::Buyer, "Ben");
    let (first, one) = authority.certify(Role::Notary, "First");
    let (_, two) = authority.certify(Role::Notary, "Second");
    let mut wallet = Wallet::new(answers(&one, &two)).await;
    is_sound(&wallet.browser.get("/mails/new").await);
    let card = format!("{ben}{first}");
    let looked = wallet.browser.upload("/mails/new", &[("card", card.as_str()), ("look", "1")]).await;
    assert_eq!(looked.status, StatusCode::OK);
    looked.says("not on every card");
    let parts =
        [("title", "Notice"), ("text", "Hello"), ("days", "3"), ("card", card.as_str()), ("notary", "notary-2")];
    let wrong = wallet.browser.upload("/mails/new", &parts).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("notary-wrong");
    let parts = [("title", "Notice"), ("text", "Hello"), ("days", "3"), ("card", card.as_str()), ("notary", "notary")];
    assert_eq!(wallet.browser.upload("/mails/new", &parts).await.status, StatusCode::SEE_OTHER);
    let sent = &asked(&wallet.log, "mail-send")[0];
    assert_eq!((&sent["notary"], sent["to"]["notaries"].as_array().unwrap().len()), (&json!("notary"), 1));
    let der = bytes::decode(sent["to"]["certificate"].as_str().unwrap()).unwrap();
    assert!(!der.is_empty());
}
