//! From a shop's link to the trusted screen.

use crate::common::{asked, is_sound};
use crate::fake::{Wallet, order, plain, shown};
use axum::http::StatusCode;
use semper_base::{Amount, Currency, Error, Hash};
use semper_blocks::statement::Language;
use semper_support::tinguin::Dialog;
use semper_web::handover::{Goods, Handover, Line, lines_hash};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

fn handover(hash: Hash) -> Handover {
    Handover::new("127.0.0.1:7411", "shop-a.semper.test", Goods::Cart("c-17".to_owned()), hash).unwrap()
}

fn mugs() -> Hash {
    let price = Amount::parse("6.00", Currency::EUR).unwrap();
    lines_hash(&[Line { item: "mug".to_owned(), quantity: 2, price }]).unwrap()
}

/// A wallet that meets a shop when it is told to link it.
fn buyer() -> impl Fn(&Value) -> Result<Value, Error> + Send + Sync + 'static {
    let linked = Mutex::new(Vec::<Value>::new());
    move |request| match request["command"].as_str().unwrap() {
        "contacts" => Ok(json!({"contacts": *linked.lock().unwrap()})),
        "link" => {
            let mut contact = request.clone();
            contact["link"] = request["name"].clone();
            contact["met"] = json!(true);
            linked.lock().unwrap().push(contact);
            Ok(json!({}))
        }
        "buy" => Ok(json!({"deal": "d-1"})),
        _ => plain(request),
    }
}

const ADDRESS: [(&str, &str); 5] =
    [("name", "Anna"), ("street", "Weg 1"), ("postcode", "10115"), ("city", "Berlin"), ("country", "de")];

#[tokio::test]
async fn a_hand_over_orders_nothing_by_itself() {
    let mut stranger = Wallet::outside(plain);
    let handover = handover(mugs());
    let page = stranger.browser.get(&format!("/handover?{}", handover.query())).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("shop-a.semper.test");
    is_sound(&page);
    assert!(stranger.log.lock().unwrap().is_empty());
    for bad in ["/handover?shop=x", "/handover?code=%3Cb%3E", &format!("/handover?{}&more=1", handover.query())] {
        let page = stranger.browser.get(bad).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        page.lacks("<b>");
        is_sound(&page);
    }
    stranger.browser.get(&format!("/handover?code={}", handover.code())).await.says("shop-a.semper.test");
}

#[tokio::test]
async fn from_the_link_to_the_trusted_screen() {
    let mut wallet = Wallet::new(buyer()).await;
    let code = handover(mugs()).code();
    let page = wallet.browser.submit("/handover", &[("handover", &code)]).await;
    page.says("value=\"Weg 1\"");
    is_sound(&page);
    assert!(asked(&wallet.log, "buy").is_empty());
    let mut wrong: Vec<(&str, &str)> = vec![("handover", &code)];
    wrong.extend(ADDRESS.map(|(name, value)| (name, if name == "city" { "" } else { value })));
    let page = wallet.browser.post("/handover/address", &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("href=\"#city\"");
    page.says("value=\"Weg 1\"");
    is_sound(&page);

    let (thread, gone) = wallet.ask(shown("q-1", Dialog::Confirm(Box::new(order("Mug", Language::En)))));
    let mut right: Vec<(&str, &str)> = vec![("handover", &code)];
    right.extend(ADDRESS);
    for _ in 0..2 {
        let answer = wallet.browser.post("/handover/address", &right).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/waiting/d-1"));
    }
    let bought = asked(&wallet.log, "buy");
    assert_eq!(bought.len(), 1, "a double click asks once");
    assert_eq!((&bought[0]["shop"], &bought[0]["cart"]), (&json!("shop-a"), &json!("c-17")));
    assert_eq!(bought[0]["address"]["country"], "DE");
    assert_eq!(asked(&wallet.log, "link")[0]["as"], "nobody");
    assert_eq!(wallet.browser.get("/waiting/d-1").await.location(), "/screen");
    gone.store(true, Ordering::Relaxed);
    thread.join().unwrap();
}

#[tokio::test]
async fn who_left_a_deal_may_hand_over_again_at_once() {
    let buyer = buyer();
    let left = move |request: &Value| match request["command"].as_str().unwrap() {
        "deal" => Ok(json!({"deal": "d-1", "word": "withdrawn"})),
        _ => buyer(request),
    };
    let mut wallet = Wallet::new(left).await;
    let code = handover(mugs()).code();
    let mut fields: Vec<(&str, &str)> = vec![("handover", &code)];
    fields.extend(ADDRESS);
    for _ in 0..2 {
        wallet.browser.post("/handover/address", &fields).await;
    }
    assert_eq!(asked(&wallet.log, "buy").len(), 2);
}

#[tokio::test]
async fn another_offer_than_was_shown_is_said() {
    let mut wallet = Wallet::new(buyer()).await;
    let code = handover(Hash::of(b"something cheaper")).code();
    let (thread, gone) = wallet.ask(shown("q-1", Dialog::Confirm(Box::new(order("Mug", Language::En)))));
    let mut fields: Vec<(&str, &str)> = vec![("handover", &code)];
    fields.extend(ADDRESS);
    wallet.browser.post("/handover/address", &fields).await;
    assert_eq!(wallet.browser.get("/waiting/d-1").await.location(), "/deal/d-1");
    wallet.browser.get("/deal/d-1").await.says("something else than its page showed");
    gone.store(true, Ordering::Relaxed);
    thread.join().unwrap();
}

#[tokio::test]
async fn waiting_can_be_stopped() {
    let asked_only = |request: &Value| match request["command"].as_str().unwrap() {
        "deal" => Ok(json!({"deal": "d-1", "word": "asked"})),
        _ => plain(request),
    };
    let mut wallet = Wallet::new(asked_only).await;
    let page = wallet.browser.get("/waiting/d-1").await;
    assert_eq!(page.headers["refresh"], "2");
    page.says("/waiting/d-1?stop=1");
    let page = wallet.browser.get("/waiting/d-1?stop=1").await;
    assert!(!page.headers.contains_key("refresh"));
    is_sound(&page);
}
