//! The basket and the hand-over to a wallet.

use crate::common::{asked, foreign_links, is_sound};
use crate::shop::fake::{change, shop};
use axum::http::StatusCode;
use semper_base::{Amount, Currency};
use semper_web::handover::{Goods, Handover, Line, lines_hash};
use serde_json::json;

#[tokio::test]
async fn a_basket_is_filled_changed_and_emptied() {
    let (mut browser, _, _) = shop();
    let page = browser.submit("/basket/add", &[("item", "tea-100"), ("quantity", "2")]).await;
    is_sound(&page);
    page.says("“Assam, strong (100 g)” lies in the basket.");
    page.says("9.80 EUR");
    page.says("14.70 EUR");
    let page = browser.submit("/basket/add", &[("item", "song"), ("quantity", "1")]).await;
    page.says("a file is bought by itself");
    assert_eq!(browser.cookies["basket"], "tea-100.2.490_song.1.99");
    browser.get("/").await.says("Basket (3)");
    let again = browser.submit("/basket/add", &[("item", "song"), ("quantity", "1")]).await;
    again.says("lies in the basket");
    assert_eq!(browser.cookies["basket"], "tea-100.2.490_song.1.99", "a file is bought once");
    browser.submit("/basket", &[("q-tea-100", "3"), ("update", "1")]).await.says("The basket was changed.");
    assert_eq!(browser.cookies["basket"], "tea-100.3.490_song.1.99");
    browser.submit("/basket", &[("q-tea-100", "3"), ("remove", "song")]).await.says("Removed from the basket.");
    browser.submit("/basket", &[("q-tea-100", "0")]).await.says("The basket is empty.");
    browser.submit("/basket/add", &[("item", "cup"), ("quantity", "1")]).await;
    browser.submit("/basket", &[("clear", "1")]).await.says("The basket was emptied.");
    assert!(!browser.cookies.contains_key("basket"));
}

#[tokio::test]
async fn wrong_quantities_are_named_and_kept() {
    let (mut browser, _, _) = shop();
    for typed in ["", "0", "-1", "1.5", "many", "100", "99999999999999999999"] {
        let page = browser.post("/basket/add", &[("item", "tea-100"), ("quantity", typed)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        is_sound(&page);
        page.says("aria-invalid=\"true\"");
        page.says("href=\"#quantity\"");
        page.says(&format!("value=\"{typed}\""));
    }
    let page = browser.post("/basket/add", &[("item", "cup"), ("quantity", "4")]).await;
    page.says("only 3 are left");
    assert_eq!(
        browser.post("/basket/add", &[("item", "pot"), ("quantity", "1")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert!(!browser.cookies.contains_key("basket"));
    browser.submit("/basket/add", &[("item", "cup"), ("quantity", "1")]).await;
    let page = browser.post("/basket", &[("q-cup", "<i>x")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    is_sound(&page);
    page.says("value=\"&#60;i&#62;x\"");
    page.says("a whole number from 1 to 99");
    assert_eq!(browser.cookies["basket"], "cup.1.700");
}

#[tokio::test]
async fn changed_prices_and_sold_out_goods_are_said() {
    let (mut browser, shelf, _) = shop();
    browser.submit("/basket/add", &[("item", "cup"), ("quantity", "2")]).await;
    change(&shelf, "cup", "price", json!("8.00 EUR"));
    let page = browser.get("/basket").await;
    page.says("The price has changed: it was 7.00 EUR when you put this in the basket, it is 8.00 EUR now.");
    page.says("16.00 EUR");
    browser.get("/checkout").await.says("The price has changed");
    browser.submit("/basket", &[("q-cup", "2"), ("update", "1")]).await.lacks("The price has changed");
    change(&shelf, "cup", "stock", json!(1));
    let page = browser.get("/basket").await;
    is_sound(&page);
    page.says("Cup: only 1 are left");
    change(&shelf, "cup", "stock", json!(0));
    browser.get("/basket").await.says("sold out");
    assert_eq!(browser.get("/checkout").await.location(), "/basket?done=settle");
    assert_eq!(browser.post("/checkout", &[]).await.location(), "/basket?done=settle");
    browser.get("/basket?done=settle").await.says("Please look at the marked lines");
    change(&shelf, "cup", "published", json!(false));
    let page = browser.get("/basket").await;
    page.says("was left out");
    assert!(!browser.cookies.contains_key("basket"), "and is forgotten");
    browser.get("/basket").await.lacks("was left out");
}

#[tokio::test]
async fn a_tampered_basket_is_mended() {
    let (mut browser, _, _) = shop();
    for bad in [
        "%00",
        "cup.1000.1_tea-100.1.490",
        "../../x.1.1_tea-100.1.490",
        "tea-100.1.490_tea-100.9.490",
        &"a".repeat(9000),
    ] {
        browser.cookies.insert("basket".to_owned(), bad.to_owned());
        let page = browser.get("/basket").await;
        assert_eq!(page.status, StatusCode::OK, "{bad}");
        is_sound(&page);
        page.says("was left out");
        assert!(browser.cookies.get("basket").is_none_or(|left| left == "tea-100.1.490"), "{bad}");
    }
    let many: Vec<String> = (0..60).map(|n| format!("p{n}.1.1")).collect();
    browser.cookies.insert("basket".to_owned(), many.join("_"));
    browser.get("/basket").await.says("was left out");
    let full: Vec<String> = (0..40).map(|n| format!("p{n}.1.1")).collect();
    browser.cookies.insert("basket".to_owned(), full.join("_"));
    browser.post("/basket/add", &[("item", "cup"), ("quantity", "1")]).await.says("The basket is full");
}

fn eur(minor: u64) -> Amount {
    Amount::new(minor, Currency::EUR).unwrap()
}

#[tokio::test]
async fn the_hand_over_says_what_and_where_and_orders_nothing() {
    let (mut browser, _, log) = shop();
    assert_eq!(browser.get("/checkout").await.location(), "/basket", "nothing to hand over");
    browser.submit("/basket/add", &[("item", "tea-100"), ("quantity", "2")]).await;
    browser.submit("/basket/add", &[("item", "song"), ("quantity", "1")]).await;
    let page = browser.get("/checkout").await;
    is_sound(&page);
    page.says("Tea House GmbH");
    page.says("Nothing on this page orders anything.");
    page.says("Continue in my wallet: 0.99 EUR");
    assert!(asked(&log, "cart-put").is_empty(), "looking makes no cart");
    let page = browser.submit("/checkout", &[]).await;
    is_sound(&page);
    assert_eq!(
        asked(&log, "cart-put"),
        [json!({"command": "cart-put", "lines": [{"item": "tea-100", "quantity": 2}]})]
    );
    page.says("Continue in my wallet: 14.70 EUR");
    page.says("23 November 2026");
    let links = foreign_links(&page);
    assert_eq!(links.len(), 2, "{links:?}");
    let hash = |item: &str, quantity, minor| {
        lines_hash(&[Line { item: item.to_owned(), quantity, price: eur(minor) }]).unwrap()
    };
    let parcels =
        Handover::new("127.0.0.1:7411", "shop-a.localhost", Goods::Cart("c0ffee".to_owned()), hash("tea-100", 2, 490));
    let file = Handover::new("127.0.0.1:7411", "shop-a.localhost", Goods::Item("song".to_owned()), hash("song", 1, 99));
    for (link, due) in links.iter().zip([parcels.unwrap(), file.unwrap()]) {
        let link = link.replace("&#38;", "&");
        assert_eq!(link, due.link("http://wallet.localhost:8080"));
        page.says(&due.code());
        assert_eq!(Handover::from_code(&due.code()).unwrap(), due);
    }
    let ordered = log.lock().unwrap().iter().any(|request| {
        !["products", "product-get", "catalogue", "shipping", "cart-put", "cart", "who"]
            .contains(&request["command"].as_str().unwrap())
    });
    assert!(!ordered, "no other command is given");
}

#[tokio::test]
async fn an_old_cart_is_made_again() {
    let (mut browser, _, _) = shop();
    browser.submit("/basket/add", &[("item", "tea-100"), ("quantity", "3")]).await;
    browser.get("/checkout?cart=c0ffee").await.says("The basket has changed");
    for gone in ["other", "..%2F", "%3Cb%3E", &"a".repeat(100)] {
        let page = browser.get(&format!("/checkout?cart={gone}")).await;
        is_sound(&page);
        page.says("has run out");
        page.says("Prepare the parcels");
    }
}

#[tokio::test]
async fn the_wallet_is_remembered_if_it_is_an_address() {
    let (mut browser, _, _) = shop();
    browser.submit("/basket/add", &[("item", "song"), ("quantity", "1")]).await;
    let page = browser.submit("/checkout/wallet", &[("wallet", "HTTPS://my.Wallet.example/"), ("cart", "")]).await;
    page.says("is remembered");
    assert_eq!(browser.cookies["wallet"], "https://my.wallet.example");
    assert!(foreign_links(&page).iter().all(|link| link.starts_with("https://my.wallet.example/handover?")));
    for bad in ["javascript:alert(1)", "//evil.example", "http://a/b", "http://a\"x=b", ""] {
        let page = browser.post("/checkout/wallet", &[("wallet", bad)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        is_sound(&page);
        page.says("aria-describedby=\"wallet-hint wallet-wrong\"");
        assert!(foreign_links(&page).is_empty(), "{bad}");
    }
    browser.cookies.insert("wallet".to_owned(), "javascript://x".to_owned());
    let page = browser.get("/checkout").await;
    assert!(foreign_links(&page).iter().all(|link| link.starts_with("http://wallet.localhost:8080/")));
}

#[tokio::test]
async fn what_was_ordered_leaves_the_basket() {
    let (mut browser, _, _) = shop();
    browser.submit("/basket/add", &[("item", "tea-100"), ("quantity", "3")]).await;
    browser.submit("/basket/add", &[("item", "song"), ("quantity", "1")]).await;
    browser.post("/checkout", &[]).await;
    assert_eq!(browser.cookies["handed"], "c0ffee");
    browser.get("/basket").await.says("Assam");
    assert_eq!(browser.cookies["basket"], "tea-100.3.490_song.1.99", "nothing is ordered yet");
    // Another list was handed over, and ordered: two of the three, and no file.
    browser.cookies.insert("handed".to_owned(), "0rdered".to_owned());
    let page = browser.get("/basket").await;
    assert_eq!(page.location(), "/basket?done=ordered");
    let page = browser.get("/basket?done=ordered").await;
    is_sound(&page);
    page.says("What your wallet has ordered was taken out of the basket.");
    assert_eq!(browser.cookies["basket"], "tea-100.1.490_song.1.99");
    assert!(!browser.cookies.contains_key("handed"), "and no second time");
    // What is put in after an order does not join what was ordered.
    browser.cookies.insert("handed".to_owned(), "0rdered".to_owned());
    browser.post("/basket/add", &[("item", "cup"), ("quantity", "1")]).await;
    assert_eq!(browser.cookies["basket"], "song.1.99_cup.1.700");
}
