//! The directory: shops join, tell what they sell, change it, fall silent, are revoked; and what it refuses.

use crate::common;

use common::cases::{authority, forms, peer, refuses};
use common::street::{Tie, agree, carry, connect, own_key, run_timers};
use common::{Hands, enrol_named, forge::Forge, morning};
use semper_base::limits::LISTINGS_PER_MESSAGE_MAX;
use semper_base::{Blob64, Code, Hash, Millis, Role};
use semper_blocks::statement::{About, Author};
use semper_commerce::process::mail_order::offer::Bearer;
use semper_commerce::process::product::Product;
use semper_commerce::process::profile::Profile;
use semper_driver::service::Input;
use semper_services::authority::Authority;
use semper_services::broker::{Broker, Last, PING_PAUSE, Products, SILENCE, listed};
use semper_services::shop::Shop;
use semper_support::Context;
use semper_support::comm::{Address, Envelope, Outcome};
use semper_support::crypto::Keyring;
use serde_json::{Value, json};

struct Fair {
    ca: Hands<Authority>,
    broker: Hands<Broker>,
    shop: Hands<Shop>,
    tie: Tie,
}

/// Authority, broker and one shop, which knows the broker.
fn fair(name: &str) -> Fair {
    let mut ca = authority(&format!("{name}-ca"));
    let mut broker = Hands::new(&format!("{name}-broker"), Broker);
    enrol_named(&mut ca, &mut broker, "broker", "Play broker", &["statement", "tls"]);
    let (shop, tie) = shop(name, "Play tea shop", &mut ca, &mut broker);
    Fair { ca, broker, shop, tie }
}

fn shop(name: &str, called: &str, ca: &mut Hands<Authority>, broker: &mut Hands<Broker>) -> (Hands<Shop>, Tie) {
    let mut shop = Hands::new(&format!("{name}-{called}").replace(' ', "-"), Shop::default());
    enrol_named(ca, &mut shop, "seller", called, &["statement", "seal", "tls"]);
    shop.command(&json!({ "command": "address", "socket": "127.0.0.1:7004", "server_name": "shop.semper.test" }));
    let tie = connect(&mut shop, broker, "broker", "self");
    (shop, tie)
}

fn product(id: &str, title: &str, price: &str) -> Value {
    json!({ "id": id, "title": title, "price": price, "published": true })
}

/// Puts products on the shelf and has the owner sign the prices.
fn stock(shop: &mut Hands<Shop>, products: &[Value]) {
    for product in products {
        shop.command(&json!({ "command": "product-put", "product": product }));
    }
    shop.command(&json!({ "command": "price-list" }));
    shop_timers(shop, "price-list");
    agree(shop, "price-list");
}

/// Lets the timers of one kind run until none is due: the directory looks for news for ever.
fn shop_timers(shop: &mut Hands<Shop>, kind: &str) {
    for _ in 0..100 {
        let Some(key) = shop.due().into_iter().find(|key| key.0.starts_with(kind)) else { return };
        shop.local(&Input::Timer(key)).unwrap();
    }
    panic!("timers are due for ever");
}

/// What both say arrives until neither says anything.
fn talk(shop: &mut Hands<Shop>, broker: &mut Hands<Broker>, tie: Tie) {
    for _ in 0..1000 {
        let (here, there) = (shop.fetch(tie.server), broker.fetch(tie.client));
        if here.is_empty() && there.is_empty() {
            return;
        }
        carry(broker, tie.client, here);
        carry(shop, tie.server, there);
    }
    panic!("they talk for ever");
}

impl Fair {
    fn join(&mut self) {
        self.shop.command(&json!({
            "command": "join", "broker": "broker", "about": "Tea of all kinds", "languages": ["en", "de"],
            "countries": ["DE", "AT"], "pages": "http://shop.localhost:8004/", "withdraw_days": 30,
        }));
        self.talk();
    }

    fn talk(&mut self) {
        talk(&mut self.shop, &mut self.broker, self.tie);
        self.sweep();
    }

    fn sweep(&mut self) {
        for _ in 0..100 {
            let Some(key) = self.broker.due().into_iter().find(|key| key.0.starts_with("sweep/")) else { return };
            self.broker.local(&Input::Timer(key)).unwrap();
        }
        panic!("sweeps for ever");
    }

    fn found(&mut self, text: &str) -> Vec<String> {
        let found = self.broker.command(&json!({ "command": "find", "text": text }));
        found["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
    }

    fn standing(&mut self) -> String {
        self.broker.command(&json!({ "command": "shop", "shop": 1 }))["standing"].as_str().unwrap().to_owned()
    }

    fn pass(&mut self, time: Millis) {
        self.ca.pass(time);
        self.broker.pass(time);
        self.shop.pass(time);
    }

    /// Every party has the newest revocation list.
    fn fresh_list(&mut self) {
        self.ca.command(&json!({ "command": "who" }));
        self.broker.command(&json!({ "command": "fetch-status" }));
        let link: Value = serde_json::from_slice(&self.broker.get("link", "ca").unwrap()).unwrap();
        let id = |text: &Value| semper_base::PeerId(Hash::from_hex(text.as_str().unwrap()).unwrap());
        let (there, here) = (id(&link["peer"]), id(&link["hello_key"]));
        let asked = self.broker.fetch(there);
        carry(&mut self.ca, here, asked);
        let said = self.ca.fetch(here);
        carry(&mut self.broker, there, said);
    }
}

#[test]
fn a_shop_joins_and_is_found() {
    let mut fair = fair("join");
    stock(
        &mut fair.shop,
        &[
            product("assam", "Assam, strong", "4.90 EUR"),
            product("sencha", "Sencha", "7.90 EUR"),
            json!({ "id": "draft", "title": "Assam to come", "price": "1.00 EUR" }),
        ],
    );
    fair.join();
    assert_eq!(fair.found("assam"), ["assam"], "what is not published is not listed");
    assert_eq!(fair.found(""), ["assam", "sencha"]);
    let one = fair.broker.command(&json!({ "command": "shop", "shop": 1 }));
    assert_eq!(
        (&one["name"], &one["withdraw_days"], &one["products"]),
        (&json!("Play tea shop"), &json!(30), &json!(2))
    );
    assert_eq!((&one["standing"], &one["countries"]), (&json!("listed"), &json!(["DE", "AT"])));
    assert_eq!(one["certificate"]["says"].as_array().unwrap()[0].as_array().unwrap().len(), 2);
    let list = fair.shop.command(&json!({ "command": "catalogue" }))["price_list"]["hash"].clone();
    assert_eq!(one["price_list"], list, "the signed list is named");
    let hit = fair.broker.command(&json!({ "command": "find", "text": "Assam" }))["hits"][0].clone();
    assert_eq!(hit["link"], "http://shop.localhost:8004/product/assam");
    assert_eq!((&hit["finder_fee"], &hit["price"]), (&json!("0"), &json!("4.90 EUR")));
    assert_eq!(hit["why"], json!([{ "word": "assam", "in": ["title", "numbers"] }]));
    let page = fair.broker.command(&json!({ "command": "shops", "limit": 1 }));
    assert_eq!((&page["count"], &page["products"], &page["next"]), (&json!(1), &json!(2), &Value::Null));
    let joined = fair.shop.command(&json!({ "command": "joined" }));
    assert_eq!((&joined["joined"][0]["telling"], &joined["joined"][0]["refused"]), (&json!(false), &Value::Null));
}

#[test]
fn changes_arrive_and_what_is_gone_goes() {
    let mut fair = fair("update");
    let many: Vec<Value> = (0..70).map(|n| product(&format!("tea-{n:02}"), &format!("Tea {n}"), "4.90 EUR")).collect();
    stock(&mut fair.shop, &many);
    fair.join();
    assert_eq!(fair.broker.command(&json!({ "command": "shops" }))["products"], 70);
    // A product without a signed price is on nobody's shelf.
    fair.shop.command(&json!({ "command": "product-put", "product": product("tea-70", "Tea 70", "1.00 EUR") }));
    fair.shop.command(&json!({ "command": "product-set", "id": "tea-01", "price": "5.00 EUR" }));
    fair.shop.command(&json!({ "command": "product-set", "id": "tea-02", "published": false }));
    fair.shop.command(&json!({ "command": "product-remove", "id": "tea-03" }));
    fair.shop.command(&json!({ "command": "join", "broker": "broker" }));
    fair.talk();
    assert_eq!(fair.found("70"), [""; 0]);
    assert_eq!(fair.found("tea-02"), [""; 0], "unpublished");
    assert_eq!(fair.found("tea-01"), [""; 0], "its new price is not signed yet");
    // The count did not fit, so everything is told once more.
    fair.pass(Millis::seconds(301));
    shop_timers(&mut fair.shop, "joined/");
    fair.talk();
    assert_eq!(fair.found("tea-03"), [""; 0], "removed");
    stock(&mut fair.shop, &[]);
    fair.shop.command(&json!({ "command": "join", "broker": "broker" }));
    fair.talk();
    assert_eq!(fair.found("70"), ["tea-70"]);
    let hit = fair.broker.command(&json!({ "command": "find", "text": "tea-01" }))["hits"][0].clone();
    assert_eq!(hit["price"], "5.00 EUR");
    assert_eq!(fair.broker.command(&json!({ "command": "shops" }))["products"], 69);
    fair.shop.command(&json!({ "command": "leave", "broker": "broker" }));
    fair.talk();
    assert_eq!(fair.broker.command(&json!({ "command": "shops" }))["products"], 0);
}

#[test]
fn hits_are_ranked_by_where_the_words_are() {
    let mut fair = fair("rank");
    let with = |mut product: Value, member: &str, value: &str| {
        product[member] = json!(value);
        product
    };
    stock(
        &mut fair.shop,
        &[
            with(product("a", "Cup", "9.00 EUR"), "description", "goes with green tea"),
            with(product("b", "Pot", "1.00 EUR"), "category", "Green > Tea things"),
            product("c", "Green tea, dear", "900.00 EUR"),
            product("d", "Green tea, cheap", "1.00 EUR"),
            with(product("e", "Grüner Tee", "5.00 EUR"), "brand", "Ostfriesen"),
        ],
    );
    fair.join();
    assert_eq!(fair.found("GREEN tea"), ["c", "d", "b", "a"], "title, category, text; the price changes nothing");
    assert_eq!(fair.found("gruner"), ["e"], "without accents");
    assert_eq!(fair.found("ostfr"), ["e"], "the beginning of a word");
    assert_eq!(fair.found("green coffee"), [""; 0], "every word");
    let pages = |from: u64| json!({ "command": "find", "text": "green", "limit": 3, "offset": from });
    let (first, second) = (fair.broker.command(&pages(0)), fair.broker.command(&pages(3)));
    assert_eq!((&first["next"], &second["next"]), (&json!(3), &Value::Null));
    assert_eq!(second["hits"][0]["id"], "a");
    // An index beside the database hands in its own order.
    let given = json!({ "command": "find", "text": "green", "hits": ["000001/a", "000001/c", "000009/x"], "next": 2 });
    let given = fair.broker.command(&given);
    let ids: Vec<_> = given["hits"].as_array().unwrap().iter().map(|hit| hit["id"].clone()).collect();
    assert_eq!((ids, &given["next"]), (vec![json!("a"), json!("c")], &json!(2)));
    assert_eq!(
        fair.broker.command(&json!({ "command": "find", "text": "tea kinds" }))["shops"][0]["name"],
        "Play tea shop"
    );
}

#[test]
fn who_is_silent_expired_or_revoked_is_not_found() {
    let mut fair = fair("silent");
    stock(&mut fair.shop, &[product("assam", "Assam", "4.90 EUR")]);
    fair.join();
    fair.pass(PING_PAUSE);
    run_timers(&mut fair.broker);
    fair.talk();
    let health = fair.broker.command(&json!({ "command": "shop", "shop": 1 }));
    assert_eq!((&health["pings"], &health["answered"]), (&json!(1), &json!(1)));
    fair.pass(Millis(SILENCE.0 + 1));
    assert_eq!((fair.standing().as_str(), fair.found("assam").len()), ("silent", 0));
    fair.shop.command(&json!({ "command": "join", "broker": "broker", "about": "Tea again" }));
    fair.talk();
    assert_eq!((fair.standing().as_str(), fair.found("assam").len()), ("listed", 1));
    fair.ca.command(&json!({ "command": "revoke", "name": "Play tea shop", "reason": "superseded" }));
    fair.fresh_list();
    assert_eq!((fair.standing().as_str(), fair.found("assam").len()), ("revoked", 0));
    let shops = fair.broker.command(&json!({ "command": "health" }));
    assert_eq!(shops["shops"][0]["standing"], "revoked");
    fair.pass(PING_PAUSE);
    run_timers(&mut fair.broker);
    assert_eq!(fair.broker.command(&json!({ "command": "shops" }))["products"], 0, "its products are gone");
    assert_eq!(fair.broker.scan("listing/").len(), 0);
}

#[test]
fn a_profile_ends() {
    let mut fair = fair("expired");
    stock(&mut fair.shop, &[product("assam", "Assam", "4.90 EUR")]);
    fair.join();
    fair.broker.pass(Millis::days(31));
    assert_eq!((fair.standing().as_str(), fair.found("assam").len()), ("expired", 0));
}

#[test]
fn the_operator_drops_a_shop_and_admits_it_again() {
    let mut fair = fair("drop");
    stock(&mut fair.shop, &[product("assam", "Assam", "4.90 EUR")]);
    fair.join();
    let drop = json!({ "command": "drop-shop", "shop": 1, "reason": "sells what it does not have" });
    fair.broker.command(&drop);
    fair.sweep();
    assert_eq!((fair.standing().as_str(), fair.broker.scan("listing/").len()), ("dropped", 0));
    fair.shop.command(&json!({ "command": "join", "broker": "broker", "about": "Please" }));
    fair.talk();
    assert_eq!(fair.standing(), "dropped");
    let refused = fair.shop.command(&json!({ "command": "joined" }))["joined"][0]["refused"].clone();
    assert_eq!(refused, Code::AccessDenied.number());
    fair.broker.command(&json!({ "command": "admit-shop", "shop": 1 }));
    fair.shop.command(&json!({ "command": "join", "broker": "broker", "about": "Thank you" }));
    fair.talk();
    assert_eq!(fair.standing(), "listed");
}

/// A profile that a shop's own key signed, with changes.
fn profile(shop: &mut Hands<Shop>, called: &str, edit: impl Fn(&mut Profile)) -> (Profile, Author, Blob64) {
    let identity: Value = serde_json::from_slice(&shop.get("identity", "statement").unwrap()).unwrap();
    let certificate = Hash::from_hex(identity["certificate"].as_str().unwrap()).unwrap();
    let der = shop.get("certificate", &certificate.to_string()).unwrap();
    let pair = own_key(shop, "statement");
    let author = Author { certificate: Some(certificate), ..Author::uncertified(Role::Seller, &pair) };
    let mut body = Profile {
        about: "Tea".into(),
        address: Address { socket: "127.0.0.1:7004".into(), server_name: "shop.semper.test".into() },
        countries: vec!["DE".into()],
        languages: vec!["en".into()],
        name: called.into(),
        pages: None,
        return_costs: Bearer::Seller,
        valid_until: morning().plus(Millis::days(30)),
        withdraw_days: 14,
    };
    edit(&mut body);
    (body, author, Blob64(der))
}

fn signed(shop: &Hands<Shop>, body: Profile, author: &Author, der: &Blob64) -> String {
    let keyring = Keyring::for_simulation([4; 32]);
    let cx = Context { now: morning(), crypto: &*shop.crypto, keyring: &keyring };
    let statement = author.request(&cx, About::default(), body).unwrap().text;
    json!({ "certificate": der, "statement": statement }).to_string()
}

#[test]
fn profiles_that_are_not_right_are_refused() {
    type Edit = fn(&mut Profile);
    let mut fair = fair("forged");
    let mut cases = forms("listing-profile");
    cases.retain(|(name, ..)| *name != "a wrong type");
    let edits: [(&'static str, Edit, Code); 4] = [
        ("another's name", |p| p.name = "Play bank".into(), Code::TermsWrong),
        ("too long", |p| p.valid_until = p.valid_until.plus(Millis(1)), Code::TermsWrong),
        ("a script for an address", |p| p.pages = Some("javascript:1".into()), Code::FieldWrong),
        ("hidden characters", |p| p.about = "tea \u{202e}".into(), Code::FieldWrong),
    ];
    for (name, edit, code) in edits {
        let (body, author, der) = profile(&mut fair.shop, "Play tea shop", edit);
        cases.push((name, "listing-profile", signed(&fair.shop, body, &author, &der), code));
    }
    let (body, author, der) = profile(&mut fair.shop, "Play tea shop", |_| {});
    let own = signed(&fair.shop, body.clone(), &author, &der);
    cases.push(("another shop's profile", "listing-profile", own, Code::PeerWrong));
    let forge = Forge::new(std::sync::Arc::clone(&fair.shop.crypto), morning());
    let stranger = Author { certificate: author.certificate, ..Author::uncertified(Role::Seller, &forge.pair()) };
    let forged = signed(&fair.shop, body, &stranger, &der);
    cases.push(("another's certificate", "listing-profile", forged, Code::KeyWrong));
    let pong = json!({ "number": 1 }).to_string();
    cases.push(("a pong of nobody", "listing-pong", pong, Code::PeerWrong));
    refuses(&mut fair.broker, cases);
}

fn products(run: u64, batch: u64, ids: &[&str]) -> Products {
    let price = semper_base::Amount::new(490, semper_base::Currency::EUR).unwrap();
    let products = ids.iter().map(|id| listed(Product::new(id, "Assam", price))).collect();
    let last = Some(Last { count: ids.len() as u64, price_list: None });
    Products { batch, full: false, gone: vec![], last, products, run }
}

fn envelope(seq: u64, body: &impl serde::Serialize) -> Envelope {
    let body = serde_json::to_string(body).unwrap();
    Envelope { seq, prev: seq - 1, kind: "listing-products".to_owned(), body }
}

#[test]
fn nobody_sells_in_anothers_name() {
    let mut fair = fair("others");
    stock(&mut fair.shop, &[product("assam", "Assam", "4.90 EUR")]);
    fair.join();
    let (mut other, tie) = shop("others", "Play other shop", &mut fair.ca, &mut fair.broker);
    let early = envelope(1, &products(1, 1, &["assam"]));
    assert_eq!(fair.broker.deliver(peer("nobody"), early), Outcome::Rejected(Code::PeerWrong.number()));
    other.command(&json!({ "command": "join", "broker": "broker", "about": "Other things" }));
    talk(&mut other, &mut fair.broker, tie);
    stock(&mut other, &[product("assam", "Assam of another", "0.10 EUR")]);
    other.command(&json!({ "command": "join", "broker": "broker" }));
    talk(&mut other, &mut fair.broker, tie);
    let shops = |fair: &mut Fair| {
        let found = fair.broker.command(&json!({ "command": "find", "text": "assam" }));
        let hits = found["hits"].as_array().unwrap().clone();
        hits.iter().map(|hit| (hit["shop"].clone(), hit["price"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(shops(&mut fair), [(json!(1), json!("4.90 EUR")), (json!(2), json!("0.10 EUR"))]);
    other.command(&json!({ "command": "leave", "broker": "broker" }));
    talk(&mut other, &mut fair.broker, tie);
    fair.sweep();
    assert_eq!(shops(&mut fair), [(json!(1), json!("4.90 EUR"))]);
}

#[test]
fn floods_end_at_a_bound() {
    let mut fair = fair("flood");
    fair.join();
    let from = fair.tie.client;
    let mut seq = 1000;
    let mut deliver = |fair: &mut Fair, body: &Products| {
        seq += 1;
        let envelope = Envelope { prev: 0, ..envelope(seq, body) };
        fair.broker.deliver(from, envelope)
    };
    let run = morning().millis() + 10;
    let ids: Vec<String> = (0..=LISTINGS_PER_MESSAGE_MAX).map(|n| format!("p{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(deliver(&mut fair, &products(run, 1, &ids)), Outcome::Rejected(Code::TooMany.number()));
    let mut long = products(run, 1, &["long"]);
    long.products[0].description = "x".repeat(501);
    assert_eq!(deliver(&mut fair, &long), Outcome::Rejected(Code::FieldWrong.number()));
    assert_eq!(deliver(&mut fair, &products(run, 2, &["p"])), Outcome::Rejected(Code::OutOfTurn.number()));
    assert_eq!(deliver(&mut fair, &products(run, 1, &["p"])), Outcome::Taken);
    assert_eq!(deliver(&mut fair, &products(run, 1, &["p"])), Outcome::Rejected(Code::OutOfTurn.number()));
    assert_eq!(deliver(&mut fair, &products(run - 1, 1, &["p"])), Outcome::Rejected(Code::OutOfTurn.number()));
}
