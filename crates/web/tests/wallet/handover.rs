//! From a shop's link to the trusted screen.

use crate::common::{asked, is_sound};
use crate::wallet::fake::{Wallet, order, plain, shown};
use axum::http::StatusCode;
use semper_base::{Amount, Code, Currency, Error, Hash, Misuse};
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
    page.says("Weg 1");
    is_sound(&page);
    assert!(asked(&wallet.log, "buy").is_empty());

    let (thread, gone) = wallet.ask(shown("q-1", Dialog::Confirm(Box::new(order("Mug", Language::En)))));
    for _ in 0..2 {
        let answer = wallet.browser.post("/handover/address", &[("handover", &code), ("address", "this")]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/waiting/d-1"));
    }
    let bought = asked(&wallet.log, "buy");
    assert_eq!(bought.len(), 1, "a double click asks once");
    assert_eq!((&bought[0]["shop"], &bought[0]["cart"]), (&json!("shop-a"), &json!("c-17")));
    assert!(bought[0]["address"].is_null(), "the wallet knows where its goods go");
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
    let fields = [("handover", code.as_str()), ("address", "this")];
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
    let fields = [("handover", code.as_str()), ("address", "this")];
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

/// A wallet that knows no address until it is told one, and refuses a country that is none.
fn homeless() -> impl Fn(&Value) -> Result<Value, Error> + Send + Sync + 'static {
    let (buyer, home) = (buyer(), Mutex::new(Value::Null));
    move |request| match request["command"].as_str().unwrap() {
        "address-book" => {
            if let Some(set) = request.get("set") {
                if set["country"].as_str().is_none_or(|country| country.len() != 2) {
                    return Err(Misuse::new(Code::FieldWrong, "country").into());
                }
                *home.lock().unwrap() = set.clone();
            }
            Ok(json!({"address": *home.lock().unwrap()}))
        }
        _ => buyer(request),
    }
}

#[tokio::test]
async fn a_first_address_is_typed_on_the_trusted_screen() {
    let mut wallet = Wallet::new(homeless()).await;
    let code = handover(mugs()).code();
    let answer = wallet.browser.post("/handover", &[("handover", &code)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/screen"));
    assert!(asked(&wallet.log, "buy").is_empty() && asked(&wallet.log, "link").is_empty(), "no shop is asked yet");
    let page = wallet.browser.get("/screen").await;
    is_sound(&page);
    page.says("Where shall the goods go?");
    let first = wallet.display.current().unwrap();
    let send = |mark: &str, country: &str| {
        let values = [("question", first.id.as_str()), ("mark", mark), ("answer", "send"), ("field-0", "Anna")];
        let rest = [("field-1", "Weg 1"), ("field-2", "10115"), ("field-3", "Berlin"), ("field-4", country)];
        values.iter().chain(&rest).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    let wrong = send(&first.mark().hex(), "Germany");
    let page = wallet.browser.post("/screen", &refs(&wrong)).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "longer than a country's two letters");
    // Two characters that are no country for the party: asked again, with what was typed.
    let right = send(&first.mark().hex(), "de");
    let answer = wallet.browser.post("/screen", &refs(&right)).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/waiting/d-1"));
    let kept = asked(&wallet.log, "address-book");
    assert_eq!(kept.iter().find_map(|request| request.get("set")).unwrap()["country"], "DE");
    assert_eq!(asked(&wallet.log, "buy").len(), 1);
    let noted = asked(&wallet.log, "note-dialog");
    assert_eq!((&noted[0]["record"]["dialog"], &noted[0]["record"]["answer"]), (&json!("form"), &json!("filled")));
    assert!(!noted[0].to_string().contains("Weg 1"), "what was typed is not in the record");
    // Whoever comes back to the page is led on; nothing is bought twice.
    let page = wallet.browser.get(&format!("/handover/address?code={code}")).await;
    assert_eq!(page.location(), "/waiting/d-1");
}

#[tokio::test]
async fn an_address_that_is_left_buys_nothing() {
    let mut wallet = Wallet::new(homeless()).await;
    let code = handover(mugs()).code();
    wallet.browser.post("/handover", &[("handover", &code)]).await;
    let first = wallet.display.current().unwrap();
    let mark = first.mark().hex();
    let answer = wallet.browser.post("/screen", &[("question", &first.id), ("mark", &mark), ("answer", "later")]).await;
    assert_eq!(answer.location(), format!("/handover/address?code={code}"));
    wallet.browser.get(answer.location()).await.says("No address is known yet");
    assert!(asked(&wallet.log, "buy").is_empty());
}

fn refs(all: &[(String, String)]) -> Vec<(&str, &str)> {
    all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
