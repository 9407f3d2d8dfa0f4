//! Orders whose money is locked, at the desk.

use axum::http::StatusCode;
use semper_web::session::Who;
use serde_json::json;

use super::common::{asked, is_sound};
use super::{ann, at, confirm, desk};

#[tokio::test]
async fn an_order_with_locked_money_says_how_each_part_stands() {
    let (mut browser, _, shop) = desk(Who::Owner).await;
    shop.lock().unwrap().is_kept = true;
    let page = browser.get(&at("")).await;
    is_sound(&page);
    for text in [
        "Locked money",
        "For shipment 1",
        "For a shipment to come",
        "9.90 EUR",
        "If the bank has not the carrier&#39;s word by then",
        "If you have not shipped by then",
        "2 × Mug",
        "not locked: do not ship",
        "Download the waybill for the carrier",
        "Show the bank a ruling",
        "Have the arbiter decide",
    ] {
        page.says(text);
    }
    let waybill = browser.get(&at("/waybill/1")).await;
    assert_eq!((waybill.status, waybill.body.as_str()), (StatusCode::OK, "the lock"));
    assert!(waybill.headers["content-disposition"].to_str().unwrap().contains("waybill-1.bin"));
    is_sound(&browser.speaking("de").get(&at("")).await);
}

#[tokio::test]
async fn what_is_shipped_of_locked_money_is_whole_parts() {
    let (mut browser, log, shop) = desk(Who::Owner).await;
    shop.lock().unwrap().is_kept = true;
    let form = browser.get(&at("/ship")).await;
    is_sound(&form);
    form.says("2 × Mug (10.00 EUR)");
    form.says("not locked: do not ship");
    assert_eq!(form.body.matches("type=\"checkbox\"").count(), 1, "what is not locked cannot be chosen");
    let none = browser.get(&at("/ship?check=1&carrier=Post&tracking=RR9")).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    none.says("Put at least one piece into the parcel.");
    let check = browser.get(&at("/ship?check=1&lock-1=1&carrier=Post&tracking=RR9")).await;
    check.says("2 × Mug");
    check.says("the bank is told so");
    for _ in 0..2 {
        confirm(&mut browser, "/ship", &check).await;
    }
    let ships = asked(&log, "ship");
    assert_eq!((&ships[0], ships.len()), (&ships[1], 2));
    assert_eq!(ships[0]["lines"], json!([{"id": "1", "quantity": 2}]));
}

#[tokio::test]
async fn what_is_locked_goes_back_whole() {
    let (mut browser, log, shop) = desk(Who::Owner).await;
    shop.lock().unwrap().is_kept = true;
    let form = browser.get(&at("/refund")).await;
    is_sound(&form);
    form.says("value=\"9.90\"");
    form.says("The bank gives back to the buyer");
    browser.get(&at("/refund?check=1&amount=9.89")).await.says("What is locked goes back whole: 9.90 EUR.");
    let check = browser.get(&at("/refund?check=1&amount=9.90")).await;
    check.says("Send back 9.90 EUR");
    confirm(&mut browser, "/refund", &check).await;
    assert_eq!(
        (&asked(&log, "refund")[0]["part"], &asked(&log, "refund")[0]["amount"]),
        (&json!(1), &json!("9.90 EUR"))
    );
}

#[tokio::test]
async fn a_dispute_has_a_reason_and_a_word_of_others_goes_to_the_bank() {
    let (mut browser, log, shop) = desk(Who::Owner).await;
    shop.lock().unwrap().is_kept = true;
    is_sound(&browser.get(&at("/dispute")).await);
    browser.get(&at("/dispute?check=1&reason=")).await.says("Say why, in 1 to 500 characters.");
    let check = browser.get(&at("/dispute?check=1&reason=It%20came.")).await;
    check.says("It came.");
    confirm(&mut browser, "/dispute", &check).await;
    assert_eq!(
        (&asked(&log, "dispute")[0]["part"], &asked(&log, "dispute")[0]["reason"]),
        (&json!(1), &json!("It came."))
    );
    let form = browser.get(&at("/bring")).await;
    is_sound(&form);
    let empty = browser.upload(&at("/bring"), &[("file", ""), ("statement", "")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    is_sound(&empty);
    empty.says("Choose the file, or paste its content.");
    let done = browser.upload(&at("/bring"), &[("file", "a.b.c\n"), ("statement", "")]).await;
    assert_eq!(done.location(), at("?done=bring"));
    browser.get(&at("?done=bring")).await.says("The bank is shown it.");
    assert_eq!(asked(&log, "bring")[0]["statement"], "a.b.c");
    shop.lock().unwrap().refuse = Some("bring");
    let refused = browser.upload(&at("/bring"), &[("file", ""), ("statement", "x.y.z")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("It was not done");
    refused.says("x.y.z");
}

#[tokio::test]
async fn the_operator_says_with_the_acceptance_what_is_one_shipment() {
    let (mut browser, log, shop) = desk(Who::Owner).await;
    shop.lock().unwrap().is_asked = true;
    let page = browser.get(&at("")).await;
    is_sound(&page);
    page.says("You: accept the order");
    let form = browser.get(&at("/accept")).await;
    is_sound(&form);
    form.says("3 × Mug");
    let wrong = browser.get(&at("/accept?check=1&line-1=1&line-2=3")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("One of the shipments.");
    let check = browser.get(&at("/accept?check=1&line-1=2&line-2=1")).await;
    check.says("Shipment 1: 1 × Plate");
    check.says("Shipment 2: 3 × Mug");
    let done = confirm(&mut browser, "/accept", &check).await;
    assert_eq!(done.location(), at("?done=accept"), "{}", done.body);
    assert_eq!(asked(&log, "accept")[0]["parts"], json!([["2"], ["1"]]));
    browser.get(&at("?done=accept")).await.says("Accepted.");
}

/// Who may ship may also accept and bring; to have the arbiter decide is the owner's.
#[tokio::test]
async fn staff_is_offered_what_it_may() {
    let (mut browser, _, shop) = desk(ann()).await;
    shop.lock().unwrap().is_kept = true;
    let page = browser.get(&at("")).await;
    page.says("Show the bank a ruling");
    page.lacks("Have the arbiter decide");
}
