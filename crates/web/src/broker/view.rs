//! What a page shows of a hit and of a shop.

use semper_support::tinguin::neutral::neutralise_inline;
use serde_json::Value;

use crate::offices::{count, joined, list, plain, said, short, web_address, when};
use crate::page::Page;
use crate::texts::broker::Broker;
use crate::texts::{Language, When};

/// How much of a description a card shows.
const TEXT_CHARS_SHOWN: usize = 200;

/// A product that was found.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) price: String,
    pub(super) shop: u64,
    pub(super) shop_name: String,
    pub(super) link: Option<String>,
    pub(super) why: Vec<String>,
}

impl Hit {
    pub(super) fn new(page: &Page, t: &Broker, hit: &Value) -> Self {
        let why = |reason: &Value| {
            let places: Vec<&str> = list(reason, "in").iter().filter_map(Value::as_str).map(|f| t.field(f)).collect();
            let places = places.join(t.and);
            let text = t.found_in.replace("{word}", &said(reason, "word")).replace("{places}", &places);
            (!places.is_empty()).then_some(text)
        };
        // One line of a few words: a card is no page.
        let text: Vec<&str> = plain(hit, "description").split_whitespace().collect();
        let text = neutralise_inline(&text.join(" "), TEXT_CHARS_SHOWN);
        Hit {
            title: said(hit, "title"),
            text,
            price: page.money(plain(hit, "price")),
            shop: count(hit, "shop"),
            shop_name: said(hit, "shop_name"),
            link: web_address(hit, "link"),
            why: list(hit, "why").iter().filter_map(why).collect(),
        }
    }
}

/// A shop.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) pages: Option<String>,
    pub(super) products: u64,
    pub(super) word: &'static str,
    pub(super) why: String,
    pub(super) colour: &'static str,
    pub(super) since: When,
    pub(super) seen: When,
    pub(super) is_dropped: bool,
}

impl Shop {
    pub(super) fn new(language: Language, t: &Broker, shop: &Value) -> Self {
        let (word, why, colour) = t.standing(plain(shop, "standing"));
        let is_dropped = plain(shop, "standing") == "dropped";
        let why = if is_dropped { format!("{why}: {}", said(shop, "reason")) } else { why.to_owned() };
        Shop {
            number: count(shop, "shop"),
            name: said(shop, "name"),
            about: said(shop, "about"),
            pages: web_address(shop, "pages"),
            products: count(shop, "products"),
            word,
            why,
            colour,
            since: when(language, shop, "since").unwrap_or_default(),
            seen: when(language, shop, "seen").unwrap_or_default(),
            is_dropped,
        }
    }
}

/// What a shop promises.
pub(super) fn promises(t: &Broker, shop: &Value) -> Vec<(&'static str, String)> {
    let withdraw = match count(shop, "withdraw_days") {
        0 => t.withdraw_none.to_owned(),
        days => t.withdraw_days.replace("{n}", &days.to_string()),
    };
    let bearer = if plain(shop, "return_costs") == "buyer" { t.buyer } else { t.seller };
    vec![
        (t.withdraw, withdraw),
        (t.returns, bearer.to_owned()),
        (t.delivers, joined(shop, "countries")),
        (t.languages, joined(shop, "languages")),
    ]
}

/// How it answers, and what it last told.
pub(super) fn health(language: Language, t: &Broker, shop: &Value) -> Vec<(&'static str, String)> {
    let time = |member: &str| when(language, shop, member).unwrap_or_default().text;
    let number = |member: &str| count(shop, member).to_string();
    let facts = [
        (t.last_seen, time("seen")),
        (t.pings, t.pings_of.replace("{a}", &number("answered")).replace("{b}", &number("pings"))),
        (t.joined, time("joined")),
        (t.run, time("run")),
        (t.products, number("products")),
        (t.profile, format!("{} ({})", time("profile_issued"), short(plain(shop, "profile")))),
        (t.price_list, short(plain(shop, "price_list"))),
    ];
    facts.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}
