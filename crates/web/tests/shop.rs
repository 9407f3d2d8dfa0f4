//! The shop's public pages in front of a party that answers as the shop does.

mod common;

use axum::http::StatusCode;
use common::{Browser, Log, asked, encode, foreign_links, is_sound, party};
use semper_base::{Amount, Code, Currency, Error, Fault, Misuse};
use semper_web::handover::{Goods, Handover, Line, lines_hash};
use semper_web::{Role, Site};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What the shop has; tests change it.
type Shelf = Arc<Mutex<Vec<Value>>>;

fn tea(size: &str, price: &str) -> Value {
    json!({"id": format!("tea-{size}"), "sku": format!("TEA/{size}"), "group": "tea", "options": [["size", format!("{size} g")]],
        "title": "Assam, strong", "description": "Black tea.\nBrew for 3 minutes.", "price": price, "vat": "7",
        "kind": "parcel", "stock": 12, "images": ["https://pictures.example/tea.jpg"], "brand": "Hill",
        "weight_g": 250, "category": "Tea > Black", "published": true, "for_sale": true})
}

fn products() -> Vec<Value> {
    vec![
        json!({"id": "cup", "title": "Cup", "price": "7.00 EUR", "vat": "19", "kind": "parcel", "stock": 3,
            "category": "Cups", "published": true, "for_sale": true}),
        json!({"id": "hidden", "title": "Not yet on show", "price": "1.00 EUR", "published": false}),
        json!({"id": "pot", "title": "Pot", "price": "20.00 EUR", "kind": "parcel", "stock": 0, "published": true,
            "for_sale": false, "why_not": "sold-out"}),
        json!({"id": "song", "title": "Song of tea", "price": "0.99 EUR", "vat": "19", "kind": "file",
            "category": "Music", "published": true, "for_sale": true}),
        tea("100", "4.90 EUR"),
        tea("250", "9.90 EUR"),
    ]
}

fn list(all: &[Value], request: &Value) -> Value {
    let after = request["after"].as_str().unwrap_or("");
    let limit = usize::try_from(request["limit"].as_u64().unwrap_or(50)).unwrap();
    let fits = |one: &&Value| {
        one["id"].as_str().unwrap() > after
            && request["published"].as_bool().is_none_or(|published| one["published"] == published)
            && request["group"].as_str().is_none_or(|group| one["group"] == group)
    };
    let mut found: Vec<Value> = all.iter().filter(fits).take(limit + 1).cloned().collect();
    let next = if found.len() > limit {
        found.pop();
        found.last().unwrap()["id"].clone()
    } else {
        Value::Null
    };
    json!({"products": found, "next": next, "count": all.len()})
}

fn answer(all: &[Value], request: &Value) -> Result<Value, Error> {
    let unknown = |what: &str| Error::from(Misuse::new(Code::NotFound, what));
    match request["command"].as_str().unwrap() {
        "products" => Ok(list(all, request)),
        "product-get" => {
            let found = all.iter().find(|one| one["id"] == request["id"]);
            found.cloned().ok_or_else(|| unknown("product"))
        }
        "catalogue" => Ok(json!({"count": all.len(), "currency": "EUR", "version": 7})),
        "shipping" => Ok(json!({"cost": "4.90 EUR", "delivery_days": 5, "return_costs": "buyer"})),
        "cart-put" => Ok(json!({"cart": "c0ffee", "expires": "2026-11-23T10:00:00.000Z"})),
        "cart" if request["cart"] == "c0ffee" => Ok(json!({"cart": "c0ffee",
            "lines": [{"item": "tea-100", "quantity": 2}], "expires": "2026-11-23T10:00:00.000Z"})),
        "cart" => Err(unknown("cart")),
        "who" => Ok(json!({"role": "seller", "enrolled": true, "name": "Tea House GmbH", "issuer": "Demo CA",
            "until": "2027-03-01T00:00:00.000Z", "limit": "5000.00 EUR", "warranty": "1000.00 EUR",
            "certificate": "ab".repeat(32), "address": {"socket": "127.0.0.1:7411", "server_name": "shop-a.localhost"},
            "links": [{"role": "bank", "name": "First Bank"}, {"role": "notary", "name": "Old Notary"}]})),
        word => Err(Misuse::new(Code::Usage, format!("no such command: {word}")).into()),
    }
}

fn shop() -> (Browser, Shelf, Log) {
    let shelf: Shelf = Arc::new(Mutex::new(products()));
    let known = Arc::clone(&shelf);
    let (party, log) = party(move |request| answer(&known.lock().unwrap(), request));
    let site =
        Site::new("Tea House", Role::Shop, "shop-a", "/data", party, Arc::new(semper_crypto_aws_lc::AwsLc::new()));
    let site = site.with_wallet(Some("http://wallet.localhost:8080".to_owned()));
    (Browser::of(site), shelf, log)
}

fn change(shelf: &Shelf, id: &str, member: &str, value: Value) {
    let mut shelf = shelf.lock().unwrap();
    shelf.iter_mut().find(|one| one["id"] == id).unwrap()[member] = value;
}

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
        words.iter().for_each(|words| page.says(words));
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
