//! The shop's public pages in front of a party that answers as the shop does.

mod basket;
use crate::common;
mod fake;
mod shelves;

use axum::http::StatusCode;
use common::{Browser, asked, encode, foreign_links, is_sound, party};
use fake::{answer, change, products, shop};
use semper_base::{Code, Fault};
use semper_web::Role;
use serde_json::json;

#[tokio::test]
async fn forms_from_elsewhere_are_refused() {
    let (mut browser, _, log) = shop();
    browser.get("/").await;
    let token = browser.site.sessions.token(&browser.cookies["visit"]);
    let own = format!("http://{}", browser.site.host());
    let fields = [("token", token.as_str()), ("item", "cup"), ("quantity", "1")];
    for path in ["/basket/add", "/basket", "/checkout", "/checkout/wallet"] {
        for origin in ["http://evil.example", "null", "http://wallet.localhost:8080"] {
            assert_eq!(browser.post_from(path, &fields, origin).await.status, StatusCode::FORBIDDEN, "{path} {origin}");
        }
        let without = [("item", "cup"), ("quantity", "1"), ("token", "0")];
        assert_eq!(browser.post_from(path, &without, &own).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(asked(&log, "cart-put").is_empty() && !browser.cookies.contains_key("basket"));
    assert_eq!(browser.post_from("/basket/add", &fields, &own).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn hostile_texts_stay_texts() {
    let (mut browser, shelf, _) = shop();
    let evil = "<script>alert(1)</script>\u{202e}gnp.\u{200b}\"'><img src=http://x/>";
    for member in ["title", "brand", "sku", "category", "group"] {
        change(&shelf, "cup", member, json!(evil));
    }
    change(&shelf, "cup", "options", json!([[evil, evil]]));
    change(&shelf, "cup", "description", json!(format!("{evil}\n\u{7}{evil}")));
    change(&shelf, "tea-100", "title", json!("P\u{430}ypal card"));
    browser.cookies.insert("basket".to_owned(), "cup.1.700_tea-100.1.490".to_owned());
    let paths = [
        "/".to_owned(),
        "/product/cup".to_owned(),
        "/basket".to_owned(),
        "/checkout".to_owned(),
        "/search?q=alert".to_owned(),
        format!("/search?q={}", encode(evil)),
        format!("/?category={}", encode(evil)),
        "/about".to_owned(),
        "/product/tea-100".to_owned(),
    ];
    for path in paths {
        let page = browser.get(&path).await;
        is_sound(&page);
        for raw in ["<script", "<img"] {
            page.lacks(raw);
        }
        // What a field sends back is kept as it is; nothing else may hold such characters.
        let shown: Vec<&str> =
            page.body.split(" value=\"").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest)).collect();
        assert!(!shown.concat().contains(['\u{202e}', '\u{200b}', '\u{7}']), "{path}");
    }
    let page = browser.get("/product/cup").await;
    page.says("Caution with this text:");
    page.says("\\u{202E}");
    browser.get("/product/tea-100").await.says("letters of another script that look like familiar ones");
}

#[tokio::test]
async fn german_everywhere() {
    let (browser, _, _) = shop();
    let mut browser = browser.speaking("de");
    browser.cookies.insert("basket".to_owned(), "tea-100.2.500_song.1.99".to_owned());
    for (path, words) in [
        ("/", ["ab 4,90 EUR", "Alle Kategorien", "inkl. 7 % MwSt."]),
        ("/search?q=tea", ["Treffer für „tea“", "3 Waren gefunden.", "Korb (3)"]),
        ("/product/tea-100", ["In den Korb legen", "Fairnessgrad", "Die Rücksendung zahlen Sie."]),
        ("/product/song", ["Datei", "stark", "Widerruf"]),
        ("/basket", ["Der Preis hat sich geändert: 5,00 EUR", "9,80 EUR", "Weiter zur Übergabe"]),
        (
            "/checkout",
            ["Meine Wallet ist unter", "Pakete für meine Wallet bereitlegen", "Weiter in meiner Wallet: 0,99 EUR"],
        ),
        ("/about", ["Was, wenn etwas schiefgeht?", "5000,00 EUR je Geschäft", "Old Notary"]),
    ] {
        let page = browser.get(path).await;
        is_sound(&page);
        page.says("<html lang=\"de\">");
        for words in words {
            page.says(words);
        }
        for english in ["Basket", "Quantity", "VAT", "wallet:", "Nothing"] {
            page.lacks(english);
        }
    }
}

#[tokio::test]
async fn a_party_that_is_down_is_said() {
    let (party, _) = party(|_| Err(Fault::new(Code::Overloaded, "").into()));
    let mut browser = Browser::new(Role::Shop, party);
    browser.cookies.insert("basket".to_owned(), "cup.1.700".to_owned());
    for path in ["/", "/search?q=tea", "/product/cup", "/basket", "/checkout", "/about"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        is_sound(&page);
        page.says("nothing is ordered or paid twice");
    }
    assert_eq!(browser.cookies["basket"], "cup.1.700", "the basket stays");
}

#[tokio::test]
async fn about_says_who_and_what_if() {
    let (mut browser, _, _) = shop();
    let page = browser.get("/about").await;
    is_sound(&page);
    for text in [
        "Tea House GmbH",
        "Demo CA",
        "1 March 2027",
        "5000.00 EUR a deal",
        "1000.00 EUR a deal",
        "First Bank",
        "Old Notary",
        "What if something goes wrong?",
        "not known yet",
    ] {
        page.says(text);
    }
    let (party, _) = party(|request| match request["command"].as_str().unwrap() {
        "who" => Ok(json!({"role": "seller", "enrolled": false, "links": []})),
        _ => answer(&products(), request),
    });
    let mut fresh = Browser::new(Role::Shop, party);
    fresh.get("/about").await.says("has no certificate yet");
    fresh.cookies.insert("basket".to_owned(), "song.1.99".to_owned());
    let page = fresh.get("/checkout").await;
    page.says("does not know its own address yet");
    assert!(foreign_links(&page).is_empty());
}
