//! The list, the search and the page of a product.

use crate::common::{Browser, asked, is_sound, party};
use crate::shop::fake::{answer, products, shop};
use axum::http::StatusCode;
use semper_web::Role;
use serde_json::{Value, json};

#[tokio::test]
async fn the_list_groups_variants_and_hides_what_is_not_published() {
    let (mut browser, _, _) = shop();
    let page = browser.get("/").await;
    is_sound(&page);
    assert_eq!(page.body.matches("Assam, strong").count(), 1, "one card for two variants");
    page.says("from 4.90 EUR");
    page.says("/product/tea-250");
    page.says("only 3 left");
    page.says("sold out");
    page.says("available at once");
    page.lacks("Not yet on show");
    page.lacks("pictures.example");
}

#[tokio::test]
async fn the_list_is_narrowed_and_goes_on() {
    let (mut browser, shelf, _) = shop();
    let page = browser.get("/?category=Tea&kind=parcel").await;
    is_sound(&page);
    page.says("Assam, strong");
    page.lacks("Song of tea");
    page.says("<option value=\"Tea &#62; Black\">");
    let page = browser.get("/?kind=file").await;
    page.says("Song of tea");
    page.lacks("Assam");
    browser.get("/?category=Nothing").await.says("No product fits this choice.");
    browser.get("/?category=%FF").await.says("No product fits this choice.");
    browser.get("/?category=Tea&category=Cups&after=../x&kind=%3Cb%3E").await.says("Assam");
    let many = |n: u32| json!({"id": format!("p{n:03}"), "title": format!("Product {n}"), "price": "1.00 EUR", "published": true});
    *shelf.lock().unwrap() = (0..60).map(many).collect();
    let (mut path, mut seen) = ("/".to_owned(), Vec::new());
    for _ in 0..3 {
        let page = browser.get(&path).await;
        is_sound(&page);
        seen.extend((0..60).filter(|n| page.body.contains(&format!("\"/product/p{n:03}\""))));
        let next = page.body.split("href=\"").find(|rest| rest.contains("after="));
        path = next.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&")).unwrap_or_default();
    }
    assert_eq!(seen, (0..60).collect::<Vec<_>>(), "each once, in order");
    assert_eq!(path, "", "and then it ends");
}

#[tokio::test]
async fn the_search_falls_back_to_the_list_and_uses_an_index() {
    let (mut browser, _, log) = shop();
    is_sound(&browser.get("/search").await);
    assert!(asked(&log, "search").is_empty(), "nothing to look for yet");
    let page = browser.get("/search?q=tea").await;
    is_sound(&page);
    page.says("Song of tea");
    page.says("3 products found.");
    browser.get("/search?q=tea+song").await.says("1 product found.");
    browser.get("/search?q=zebra").await.says("Nothing found.");
    browser.get("/search?q=hidden").await.says("Nothing found.");
    let indexed = |request: &Value| match request["command"].as_str().unwrap() {
        "search" => Ok(json!({"hits": [{"id": "song", "field": "title"}, {"id": "hidden", "field": "title"},
            {"id": "gone", "field": "title"}], "total": 40})),
        _ => answer(&products(), request),
    };
    let (party, log) = party(indexed);
    let mut browser = Browser::new(Role::Shop, party);
    let page = browser.get("/search?q=song").await;
    page.says("Song of tea");
    page.lacks("Not yet on show");
    page.says("offset=3");
    assert_eq!(asked(&log, "search")[0], json!({"command": "search", "text": "song", "limit": 24, "offset": 0}));
}

#[tokio::test]
async fn a_product_says_everything() {
    let (mut browser, _, _) = shop();
    let page = browser.get("/product/tea-100").await;
    is_sound(&page);
    for text in [
        "Assam, strong (100 g)",
        "4.90 EUR",
        "incl. 7 % VAT",
        "Brew for 3 minutes.",
        "/product/tea-250",
        "TEA/100",
        "Hill",
        "250 g",
        "within 5 days",
        "Shipping: 4.90 EUR",
        "Within 14 days",
        "You pay for sending it back.",
        "weak, with evidence only",
        "Add to basket",
        "Parcel, sent by post",
    ] {
        page.says(text);
    }
    let page = browser.get("/product/song").await;
    is_sound(&page);
    page.says("File, delivered at once over the network");
    page.says("Whoever stops half-way gains nothing.");
    browser.get("/product/pot").await.lacks("Add to basket");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (mut browser, _, log) = shop();
    for path in ["/product/zebra", "/product/hidden", "/product/%FF", "/product/..%2Fx", "/product/TEA", "/nowhere"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        is_sound(&page);
    }
    assert_eq!(
        browser.post("/basket/add", &[("item", "zebra"), ("quantity", "1")]).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(asked(&log, "product-get").iter().all(|request| request["id"] == "zebra" || request["id"] == "hidden"));
}
