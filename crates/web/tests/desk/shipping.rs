//! What offers say about shipping and payment, and who decides disputes.

use axum::http::StatusCode;
use semper_blocks::certificate::pem;
use semper_web::session::Who;
use serde_json::json;

use super::common::{asked, is_sound};
use super::{ann, desk};

/// The form as it stands, with these fields otherwise.
fn form<'a>(other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let as_it_is = [
        ("cost", "4.90"),
        ("vat", "19"),
        ("days", "7"),
        ("returns", "buyer"),
        ("pay", "locked"),
        ("parts", "whole"),
        ("carrier", "keep"),
        ("card", ""),
    ];
    let of = |(name, value): (&'a str, &'a str)| {
        other.iter().copied().find(|(changed, _)| *changed == name).unwrap_or((name, value))
    };
    as_it_is.into_iter().map(of).collect()
}

#[tokio::test]
async fn only_what_was_changed_is_set() {
    let (mut browser, log, _) = desk(Who::Owner).await;
    let page = browser.get("/desk/shipping").await;
    is_sound(&page);
    for said in ["value=\"4.90\"", "value=\"locked\" checked", "value=\"whole\" checked", "Notary", "Save these terms"]
    {
        page.says(said);
    }
    let same = browser.upload("/desk/shipping", &form(&[])).await;
    assert_eq!(same.location(), "/desk/shipping?done=same");
    assert!(asked(&log, "shipping").iter().all(|request| request.get("set").is_none()));
    let saved =
        browser.upload("/desk/shipping", &form(&[("cost", "5,90"), ("pay", "on-shipping"), ("days", "10")])).await;
    assert_eq!(saved.location(), "/desk/shipping?done=saved", "{}", saved.body);
    let set = asked(&log, "shipping").into_iter().find_map(|request| request.get("set").cloned()).unwrap();
    assert_eq!(set, json!({ "cost": "5.90 EUR", "pay": "on-shipping", "delivery_days": 10 }));
    browser.get("/desk/shipping?done=saved").await.says("Saved. It holds for offers from now on.");
    let free = browser
        .upload("/desk/shipping", &form(&[("cost", "0"), ("parts", "ask"), ("returns", "seller"), ("vat", "7")]))
        .await;
    assert_eq!(free.location(), "/desk/shipping?done=saved", "{}", free.body);
    let set =
        asked(&log, "shipping").into_iter().filter_map(|request| request.get("set").cloned()).next_back().unwrap();
    assert_eq!(set, json!({ "cost": "0.00 EUR", "parts": "ask", "return_costs": "seller", "vat": "7" }));
}

#[tokio::test]
async fn a_carrier_comes_by_its_card_and_goes() {
    let (mut browser, log, shop) = desk(Who::Owner).await;
    let card = pem::to_pem(pem::Label::Certificate, b"the carrier's certificate").unwrap();
    let set = browser.upload("/desk/shipping", &form(&[("carrier", "set"), ("card", &card)])).await;
    assert_eq!(set.location(), "/desk/shipping?done=saved", "{}", set.body);
    let sent =
        asked(&log, "shipping").into_iter().filter_map(|request| request.get("set").cloned()).next_back().unwrap();
    assert_eq!(sent, json!({ "carrier": semper_base::Blob64(b"the carrier's certificate".to_vec()) }));
    shop.lock().unwrap().carrier = Some("Swift <Carrier>");
    let page = browser.get("/desk/shipping").await;
    is_sound(&page);
    page.says("Swift &#60;Carrier&#62;");
    let gone = browser.upload("/desk/shipping", &form(&[("carrier", "drop")])).await;
    assert_eq!(gone.location(), "/desk/shipping?done=saved");
    let sent =
        asked(&log, "shipping").into_iter().filter_map(|request| request.get("set").cloned()).next_back().unwrap();
    assert_eq!(sent, json!({ "carrier": null }));
}

#[tokio::test]
async fn what_does_not_fit_is_shown_again() {
    let (mut browser, log, shop) = desk(Who::Owner).await;
    let wrong = form(&[
        ("cost", "much"),
        ("vat", "200"),
        ("days", "0"),
        ("pay", "later"),
        ("carrier", "set"),
        ("card", "no card"),
    ]);
    let page = browser.upload("/desk/shipping", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    is_sound(&page);
    for said in [
        "An amount such as 4.90, or 0.",
        "A number of percent",
        "A whole number from 1 to 365.",
        "Choose one of these.",
        "paste its text",
        "value=\"much\"",
        "no card</textarea>",
        "href=\"#cost\"",
    ] {
        page.says(said);
    }
    assert!(asked(&log, "shipping").iter().all(|request| request.get("set").is_none()));
    shop.lock().unwrap().refuse = Some("set");
    let refused = browser.upload("/desk/shipping", &form(&[("days", "9")])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("It was not done");
    refused.says("value=\"9\"");
}

#[tokio::test]
async fn the_owner_orders_the_notaries() {
    let (mut browser, log, _) = desk(Who::Owner).await;
    let page = browser.get("/desk/shipping").await;
    page.says("Take Notary off the list");
    page.says("Put Second first");
    let done = browser.post("/desk/shipping/notary", &[("link", "notary-2"), ("prefer", "1")]).await;
    assert_eq!(done.location(), "/desk/shipping?done=list#notaries");
    browser.post("/desk/shipping/notary", &[("link", "notary"), ("drop", "1")]).await;
    assert_eq!(asked(&log, "notary-prefer")[0]["link"], "notary-2");
    assert_eq!(asked(&log, "notary-drop")[0]["link"], "notary");
}

#[tokio::test]
async fn staff_looks_and_changes_nothing() {
    let (mut browser, log, _) = desk(ann()).await;
    let page = browser.get("/desk/shipping").await;
    assert_eq!(page.status, StatusCode::OK);
    is_sound(&page);
    page.lacks("Save these terms");
    page.lacks("Put Second first");
    page.says("locked before you ship");
    let refused = browser.upload("/desk/shipping", &form(&[("cost", "9")])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "the shop says no");
    assert_eq!(asked(&log, "shipping").iter().filter(|request| request.get("set").is_some()).count(), 1);
    assert_eq!(
        browser.post("/desk/shipping/notary", &[("link", "notary"), ("drop", "1")]).await.status,
        StatusCode::CONFLICT
    );
    assert!(asked(&log, "notary-drop").is_empty());
}
