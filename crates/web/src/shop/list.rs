//! The list of products and the search.

use std::sync::Arc;

use askama::Template;
use axum::extract::Extension;
use axum::http::HeaderMap;
use axum::response::Response;
use semper_base::{Amount, Error};

use super::basket::Basket;
use super::item::{Item, Said};
use super::shelf::{self, Categories, Choice};
use super::{Asked, or_oops, texts};
use crate::door::Visit;
use crate::page::{Page, show};
use crate::texts::shop::Shop;

/// A card: one product, or the variants of one that are on this page.
#[derive(Debug)]
pub(super) struct Card {
    title: String,
    warnings: Vec<&'static str>,
    id: String,
    kind: &'static str,
    category: Option<(String, Said)>,
    brand: Option<Said>,
    price: String,
    vat: String,
    stock: (String, &'static str),
    variants: Vec<Variant>,
}

/// One of several in a card.
#[derive(Debug)]
struct Variant {
    id: String,
    name: String,
    price: String,
    stock: (String, &'static str),
}

/// Puts variants of one group into one card, at the place of the first of them.
fn cards(items: Vec<Item>, page: &Page, t: &'static Shop) -> Vec<Card> {
    let mut groups: Vec<Vec<Item>> = Vec::new();
    for item in items {
        let sisters = item.group.as_ref().and_then(|group| {
            groups.iter_mut().find(|items| items.first().is_some_and(|first| first.group.as_ref() == Some(group)))
        });
        match sisters {
            Some(sisters) => sisters.push(item),
            None => groups.push(vec![item]),
        }
    }
    groups.into_iter().filter_map(|items| card(&items, page, t)).collect()
}

fn card(items: &[Item], page: &Page, t: &'static Shop) -> Option<Card> {
    let first = items.first()?;
    let stock = |item: &Item| (item.stock.word(t), item.stock.class());
    let price = |price: Amount| page.money(&price.to_string());
    let cheapest = items.iter().map(|item| item.price).min_by_key(|price| price.minor())?;
    let is_one_price = items.iter().all(|item| item.price == first.price);
    let many = items.len() > 1;
    // Which variant shows the card's stock: one that can be had, if there is one.
    let best = items.iter().find(|item| item.stock.is_there()).unwrap_or(first);
    let variants = items.iter().filter(|_| many).map(|item| Variant {
        id: item.id.clone(),
        name: item.variant(),
        price: price(item.price),
        stock: stock(item),
    });
    Some(Card {
        title: if many { first.title.text.clone() } else { first.full_title() },
        warnings: first.warnings(t),
        id: first.id.clone(),
        kind: first.kind_word(t),
        category: first.category.clone().zip(first.category_shown()),
        brand: first.brand.clone(),
        price: if is_one_price { price(first.price) } else { t.from_price.replace("{price}", &price(cheapest)) },
        vat: first.vat_text(page.language),
        stock: stock(best),
        variants: variants.collect(),
    })
}

#[derive(Template)]
#[template(path = "shop/home.html")]
struct Home {
    page: Page,
    t: &'static Shop,
    basket: u64,
    q: String,
    cards: Vec<Card>,
    choice: Choice,
    categories: Arc<Vec<String>>,
    next: Option<String>,
}

impl Home {
    /// A category in the list to choose from.
    fn said(name: &str) -> String {
        Said::new(name).text
    }
}

/// `/?category=&kind=&after=`: the list.
pub(super) async fn home(
    visit: Visit,
    headers: HeaderMap,
    asked: Asked,
    Extension(categories): Extension<Categories>,
) -> Response {
    let answer = list(&visit, &headers, &asked, &categories).await;
    or_oops(&visit, answer)
}

async fn list(visit: &Visit, headers: &HeaderMap, asked: &Asked, known: &Categories) -> Result<Response, Error> {
    let t = texts(visit);
    let kind = Some(asked.get("kind")).filter(|kind| matches!(*kind, "file" | "parcel")).unwrap_or_default();
    let choice = Choice {
        category: asked.get("category").to_owned(),
        kind: kind.to_owned(),
        after: asked.get("after").to_owned(),
    };
    let party = &visit.site.party;
    let listed = shelf::list(party, &choice).await?;
    let categories = known.names(party).await;
    let page = Page::new(visit, visit.site.name.clone());
    let cards = cards(listed.items, &page, t);
    let basket = Basket::read(headers).count();
    Ok(show(&Home { page, t, basket, q: String::new(), cards, choice, categories, next: listed.next }))
}

#[derive(Template)]
#[template(path = "shop/search.html")]
struct Search {
    page: Page,
    t: &'static Shop,
    basket: u64,
    q: String,
    cards: Vec<Card>,
    count: String,
    partial: bool,
    next: Option<usize>,
    previous: bool,
}

/// `/search?q=&offset=`.
pub(super) async fn search(visit: Visit, headers: HeaderMap, asked: Asked) -> Response {
    let answer = find(&visit, &headers, &asked).await;
    or_oops(&visit, answer)
}

async fn find(visit: &Visit, headers: &HeaderMap, asked: &Asked) -> Result<Response, Error> {
    let t = texts(visit);
    let q = asked.get("q").to_owned();
    let offset: usize = asked.get("offset").parse().unwrap_or(0).min(100_000);
    let found = match q.as_str() {
        "" => shelf::Found::default(),
        words => shelf::search(&visit.site.party, words, offset).await?,
    };
    let title = match q.as_str() {
        "" => t.search_title.to_owned(),
        words => t.results_for.replace("{q}", &Said::new(words).text),
    };
    let count = match found.total {
        1 => t.found_one.to_owned(),
        many => t.found.replace("{n}", &many.to_string()),
    };
    let page = Page::new(visit, title);
    let cards = cards(found.items, &page, t);
    let (basket, partial, next) = (Basket::read(headers).count(), found.partial, found.next);
    Ok(show(&Search { page, t, basket, q, cards, count, partial, next, previous: offset > 0 }))
}
