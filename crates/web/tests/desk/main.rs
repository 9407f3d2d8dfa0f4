//! The shop's operator pages in front of a party that answers as the shop does.

use crate::common;
mod fake;
mod kept;
mod refusals;
mod shipping;

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use common::{Answer, Browser, Log, asked, is_sound, party};
use fake::{Shop, answer, order};
use semper_web::Role;
use semper_web::session::Who;
use serde_json::json;

type Shared = Arc<Mutex<Shop>>;

async fn desk(who: Who) -> (Browser, Log, Shared) {
    let shop = Shared::default();
    let at_party = Arc::clone(&shop);
    let (party, log) = party(move |request| answer(&at_party, request));
    let mut browser = Browser::new(Role::Shop, party);
    browser.enter(who).await;
    (browser, log, shop)
}

fn ann() -> Who {
    Who::Staff("ann".to_owned())
}

fn at(rest: &str) -> String {
    format!("/desk/order/{}{rest}", order())
}

/// The values of a page's hidden fields.
fn hidden(page: &Answer) -> Vec<(String, String)> {
    let fields = page.body.split("<input type=\"hidden\" ").skip(1).filter_map(|rest| {
        let name = rest.split("name=\"").nth(1)?.split('"').next()?;
        let value = rest.split("value=\"").nth(1)?.split('"').next()?;
        Some((name.to_owned(), value.to_owned()))
    });
    fields.filter(|(name, _)| name != "token").collect()
}

async fn confirm(browser: &mut Browser, act: &str, check: &Answer) -> Answer {
    let fields = hidden(check);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(&at(act), &fields).await
}

#[tokio::test]
async fn only_who_signed_in_sees_any_of_it() {
    let (mut browser, log, _) = desk(Who::Owner).await;
    browser.cookies.clear();
    let order = at("");
    for path in [
        "/desk",
        &order,
        "/desk/products",
        "/desk/product",
        "/desk/prices",
        "/desk/import",
        "/desk/shipping",
        "/desk/account",
        "/desk/staff",
        "/screen",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(log.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn every_page_is_sound_in_both_languages() {
    let (mut browser, _, shop) = desk(Who::Owner).await;
    shop.lock().unwrap().staff.push(json!({"name": "ann", "may": {"see": true, "refund_up_to": "5.00 EUR"}}));
    for language in ["en", "de"] {
        browser = browser.speaking(language);
        let (order, ship, cancel, refund) = (at(""), at("/ship"), at("/cancel"), at("/refund"));
        for path in [
            "/desk",
            "/desk?show=all",
            &order,
            &ship,
            &cancel,
            &refund,
            "/desk/products",
            "/desk/product",
            "/desk/product/mug",
            "/desk/prices",
            "/desk/import",
            "/desk/shipping",
            "/desk/account",
            "/desk/staff",
            "/desk/staff/ann/remove",
            "/screen",
        ] {
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
            is_sound(&page);
        }
    }
}

#[tokio::test]
async fn the_board_says_what_to_do_until_when() {
    let (mut browser, ..) = desk(Who::Owner).await;
    let board = browser.get("/desk").await;
    board.says("You: hand over to the carrier");
    board.says("1 December 2026, 12:00 UTC");
    board.says("Bea Buyer");
    board.lacks("Carl");
    browser.get("/desk?show=done").await.says("Carl");
    browser.get("/desk?show=all&q=bea").await.lacks("Carl");
    browser.get(&format!("/desk?show=all&q={}", &order()[..8])).await.says("Bea Buyer");
}

#[tokio::test]
async fn an_order_shows_what_others_wrote_without_harm() {
    let (mut browser, ..) = desk(Who::Owner).await;
    let page = browser.get(&at("")).await;
    for text in
        ["Long Street 1", "A &#60;b&#62;chip&#60;/b&#62;", "\\u{202E}", "RR123", "29.90 EUR, for which you hold proof"]
    {
        page.says(text);
    }
    page.lacks("\u{202e}");
    let pack = browser.get(&at("/evidence")).await;
    assert_eq!((pack.status, pack.body.as_str()), (StatusCode::OK, "PK pack"));
    assert!(pack.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(browser.get("/desk/order/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn shipping_is_checked_first_and_done_once() {
    let (mut browser, log, _) = desk(Who::Owner).await;
    let wrong = browser.get(&at("/ship?check=1&line-1=7&line-2=&carrier=&tracking=RR%209")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    is_sound(&wrong);
    wrong.says("A whole number from 0 to 3.");
    wrong.says("Say who carries it");
    wrong.says("value=\"RR 9\"");
    assert!(wrong.body.contains("aria-invalid=\"true\"") && wrong.body.contains("value=\"7\""));
    let check = browser.get(&at("/ship?check=1&line-1=2&line-2=0&carrier=Post&tracking=RR9")).await;
    is_sound(&check);
    check.says("2 × Mug");
    assert_eq!(asked(&log, "ship").len(), 0, "a check does nothing");
    for _ in 0..2 {
        let done = confirm(&mut browser, "/ship", &check).await;
        assert_eq!(done.location(), at("?done=ship"), "{}", done.body);
    }
    let ships = asked(&log, "ship");
    assert_eq!(ships[0], ships[1], "the second click is the same command with the same id");
    assert_eq!(ships[0]["once"].as_str().unwrap().len(), 32);
    assert_eq!(ships[0]["lines"], json!([{"id": "1", "quantity": 2}]));
    browser.get(&at("?done=ship")).await.says("Marked as shipped.");
}

#[tokio::test]
async fn after_an_act_the_page_shows_what_became_of_it() {
    for (waits, place) in [(5, "?done=ship"), (1000, "?done=ship&waits=1")] {
        let (mut browser, log, shop) = desk(Who::Owner).await;
        shop.lock().unwrap().bank_waits = waits;
        let check = browser.get(&at("/ship?check=1&line-1=2&line-2=0&carrier=Post&tracking=RR9")).await;
        for _ in 0..2 {
            assert_eq!(confirm(&mut browser, "/ship", &check).await.location(), at(place));
        }
        let ships = asked(&log, "ship");
        assert_eq!(ships[0], ships[1], "a second click is harmless, also while the bank is away");
        let page = browser.get(&at(place)).await;
        is_sound(&page);
        page.says("Marked as shipped.");
        assert_eq!(page.body.contains("have not answered yet"), waits == 1000);
    }
}

#[tokio::test]
async fn refunds_stay_within_what_was_paid_and_what_one_may() {
    let (mut browser, log, shop) = desk(Who::Owner).await;
    browser.get(&at("/refund?check=1&amount=12,01")).await.says("At most 12.00 EUR.");
    browser.get(&at("/refund?check=1&amount=x")).await.says("An amount such as 4.90");
    let check = browser.get(&at("/refund?check=1&amount=4,90")).await;
    check.says("Send back 4.90 EUR");
    shop.lock().unwrap().refuse = Some("refund");
    let refused = confirm(&mut browser, "/refund", &check).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("value=\"4,90\"");
    refused.says("It was not done");
    assert_eq!(asked(&log, "refund")[0]["amount"], "4.90 EUR");
    assert_eq!(asked(&log, "refund")[0]["part"], 1);
    let (mut browser, log, _) = desk(ann()).await;
    browser.get(&at("/refund?check=1&amount=5.01")).await.says("At most 5.00 EUR.");
    let check = browser.get(&at("/refund?check=1&amount=5")).await;
    confirm(&mut browser, "/refund", &check).await;
    assert_eq!(asked(&log, "refund")[0]["by"], "ann");
}

#[tokio::test]
async fn staff_acts_in_its_own_name_everywhere() {
    let (mut browser, log, _) = desk(ann()).await;
    let page = browser.get(&at("")).await;
    page.says("You act as ann.");
    page.lacks("/cancel\"");
    for path in [
        "/desk",
        "/desk/products",
        "/desk/prices",
        "/desk/import",
        "/desk/account",
        "/desk/staff",
        "/screen",
        "/desk/staff/ann/remove",
    ] {
        browser.get(path).await;
    }
    let posts: [(&str, &[(&str, &str)]); 6] = [
        ("/desk/products", &[("id", "mug"), ("price", "1"), ("was_price", "5.00")]),
        ("/desk/product", &[("id", "x"), ("title", "X"), ("price", "1"), ("vat", "19")]),
        ("/desk/prices", &[("days", "90")]),
        ("/desk/account", &[]),
        ("/desk/staff", &[("name", "ann"), ("see", "1"), ("prices", "1")]),
        ("/desk/staff/ann/link", &[]),
    ];
    for (path, fields) in posts {
        assert!(!browser.post(path, fields).await.status.is_success(), "{path}");
    }
    {
        let log = log.lock().unwrap();
        assert!(log.len() > 10 && log.iter().all(|request| request["by"] == "ann"), "{log:?}");
    }
    assert_eq!(browser.get("/desk/staff").await.status, StatusCode::CONFLICT);
    assert_eq!(browser.get("/screen").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_price_list_that_waits_is_not_asked_for_again() {
    let (mut browser, _, shop) = desk(Who::Owner).await;
    let page = browser.get("/desk/prices").await;
    page.says("1 November 2026");
    page.says("<button>Sign the price list</button>");
    shop.lock().unwrap().list_waits = true;
    let page = browser.get("/desk/prices").await;
    page.says("waits for you on the trusted screen");
    page.lacks("<button>Sign the price list</button>");
}

#[tokio::test]
async fn a_row_saves_what_was_changed_and_nothing_else() {
    let (mut browser, log, shop) = desk(Who::Owner).await;
    browser.get("/desk/products").await.says("its price is not on the signed price list");
    let was = [("id", "mug"), ("was_price", "5.00"), ("was_stock", "12"), ("was_published", "true")];
    let send = |more: &[(&'static str, &'static str)]| [was.as_slice(), more].concat();
    let saved = browser.post("/desk/products", &send(&[("price", "5,20"), ("stock", "12"), ("published", "1")])).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    assert_eq!(asked(&log, "product-set")[0], json!({"command": "product-set", "id": "mug", "price": "5.20 EUR"}));
    let wrong = browser.post("/desk/products", &send(&[("price", "five"), ("stock", "-1"), ("published", "1")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("value=\"five\"");
    wrong.says("A price such as 4.90");
    // Sold between looking and saving.
    shop.lock().unwrap().stock = Some(11);
    let moved = browser.post("/desk/products", &send(&[("price", "5.00"), ("stock", "20"), ("published", "1")])).await;
    moved.says("Meanwhile there are 11.");
    assert_eq!(asked(&log, "product-set").len(), 1);
    let taken =
        browser.post("/desk/product", &[("id", "mug"), ("title", "Other"), ("price", "1"), ("vat", "19")]).await;
    taken.says("There is a product with this id already.");
    let new = browser
        .post("/desk/product", &[("id", "bowl"), ("title", "Bowl"), ("price", "8"), ("vat", "7"), ("stock", "4")])
        .await;
    assert_eq!(new.status, StatusCode::SEE_OTHER, "{}", new.body);
    assert_eq!(asked(&log, "product-put")[0]["product"]["price"], "8.00 EUR");
}

const FEED: &str = "id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\n\
                    mug\tMug\tA mug\thttps://x.example/mug\thttps://x.example/mug.jpg\tin stock\t5.00 EUR\n\
                    cup\tCup\tA cup\thttps://x.example/cup\thttps://x.example/cup.jpg\tin stock\t4.00 EUR\n";

#[tokio::test]
async fn a_feed_is_shown_first_and_imported_as_a_whole() {
    let (mut browser, log, shop) = desk(Who::Owner).await;
    let preview = browser.upload("/desk/import", &[("currency", "EUR"), ("vat", "19"), ("file", FEED)]).await;
    assert_eq!(preview.status, StatusCode::SEE_OTHER, "{}", preview.body);
    let path = preview.location().to_owned();
    let page = browser.get(&path).await;
    is_sound(&page);
    page.says("Import these 2 products");
    page.says("availability");
    assert!(asked(&log, "catalogue-import").iter().all(|request| request["step"] == "compare"));
    for _ in 0..2 {
        assert_eq!(browser.post(&path, &[("publish", "yes")]).await.status, StatusCode::SEE_OTHER);
    }
    let mut done = browser.get(&path).await;
    for _ in 0..100 {
        if done.body.contains("The import is done") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        done = browser.get(&path).await;
    }
    done.says("The import is done");
    assert_eq!(shop.lock().unwrap().imported, 2);
    let steps: Vec<_> = asked(&log, "catalogue-import").iter().map(|request| request["step"].clone()).collect();
    assert_eq!(steps, ["compare", "begin", "put", "commit"], "a double click imports once");
}

#[tokio::test]
async fn a_feed_with_mistakes_changes_nothing() {
    let (mut browser, log, _) = desk(Who::Owner).await;
    let feed = FEED.replace("4.00 EUR", "four");
    let preview = browser.upload("/desk/import", &[("currency", "EUR"), ("vat", "19"), ("text", &feed)]).await;
    let path = preview.location().to_owned();
    let page = browser.get(&path).await;
    is_sound(&page);
    page.says("four");
    page.lacks("Import these");
    browser.post(&path, &[("publish", "yes")]).await;
    assert!(asked(&log, "catalogue-import").iter().all(|request| request["step"] == "compare"));
    let empty = browser.upload("/desk/import", &[("currency", "E"), ("vat", "x")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    empty.says("Choose a file");
    empty.says("Three letters such as EUR.");
    let gone = browser.get("/desk/import/0123").await;
    gone.says("This upload is not here any more.");
}

#[tokio::test]
async fn staff_comes_through_a_link_and_is_shut_out() {
    let (mut browser, log, shop) = desk(Who::Owner).await;
    let wrong = browser.post("/desk/staff", &[("name", "Ann!"), ("refund", "lots"), ("ship", "1")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.says("1 to 40 small letters, digits and dashes.");
    wrong.says("value=\"Ann!\"");
    wrong.says("An amount such as 20.00 EUR, or nothing.");
    browser
        .submit("/desk/staff", &[("name", "ann"), ("see", "1"), ("refund", "20,00 EUR")])
        .await
        .says("The rights of ann were saved.");
    let put = &asked(&log, "staff-put")[0];
    assert_eq!(
        put["may"],
        json!({"see": true, "ship": false, "cancel": false, "prices": false, "refund_up_to": "20.00 EUR"})
    );
    let page = browser.post("/desk/staff/ann/link", &[]).await;
    let key = page.body.split("enter?key=").nth(1).unwrap()[..32].to_owned();
    let session = browser.site.sessions.enter(&key).unwrap();
    assert_eq!(browser.site.sessions.who(&session), Some(ann()));
    browser.post("/desk/staff/ann/remove", &[]).await;
    assert_eq!(browser.site.sessions.who(&session), None);
    assert_eq!(browser.post("/desk/staff/bob/link", &[]).await.status, StatusCode::NOT_FOUND);
    drop(shop);
}
