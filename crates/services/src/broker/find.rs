//! Search. The order of hits follows from where the words were found, and from nothing else: not from a
//! price, not from a fee.
//!
//! `{"command":"find","text","limit"?,"offset"?}`. Whoever keeps a full-text index beside the database
//! hands its hits in as `"hits":["SHOP/PRODUCT",…]`, best first, with `"next"`, where to go on. Without them
//! the first [`SCANNED_MAX`] listings are read.

use std::collections::BTreeMap;

use semper_base::code::Code;
use semper_base::limits::BROKER_HITS_MAX;
use semper_base::{Error, Misuse};
use semper_commerce::process::product::Product;
use serde_json::{Value, json};

use super::book::{self, Shop, Standing};
use super::listing::{self, Listing};
use crate::common::{Desk, keys, rows};

/// Listings that a search without an index reads.
const SCANNED_MAX: usize = 2_000;
/// Words of one search.
const WORDS_MAX: usize = 8;
/// Letters of one word.
const WORD_CHARS_MAX: usize = 40;
/// Shops whose own name or description fits, shown above the products.
const SHOPS_SHOWN_MAX: usize = 5;

/// Where a word may be found, best first, and what it is worth there.
const FIELDS: [(&str, u64); 6] =
    [("title", 32), ("numbers", 24), ("options", 12), ("brand", 8), ("category", 4), ("description", 1)];

/// A hit and why.
struct Hit<'a> {
    name: String,
    product: Product,
    shop: &'a Shop,
    /// For each word, the fields in which it was found.
    words: Vec<(String, Vec<&'static str>)>,
    score: u64,
}

/// Answers a search.
pub(super) fn find(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let text = request.get("text").and_then(Value::as_str).unwrap_or_default();
    let number = |member: &str| request.get(member).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let limit = number("limit").unwrap_or(20).clamp(1, BROKER_HITS_MAX);
    let offset = number("offset").unwrap_or(0);
    let terms = terms(text);
    let trust = keys::trust_now(desk)?;
    let shops = book::all(desk.tx)?;
    let shops: BTreeMap<u64, &Shop> = shops
        .iter()
        .filter(|shop| shop.standing(trust.as_deref(), desk.cx.now) == Standing::Listed)
        .map(|shop| (shop.number, shop))
        .collect();
    let (hits, next) = match request.get("hits") {
        Some(hits) => (given(hits, &terms, &shops, desk)?, request.get("next").cloned().unwrap_or_default()),
        None => {
            let mut hits = scan(&terms, &shops, desk)?;
            let more = hits.len() > offset.saturating_add(limit);
            hits = hits.into_iter().skip(offset).take(limit).collect();
            (hits, if more { json!(offset.saturating_add(limit)) } else { Value::Null })
        }
    };
    let own = shops.values().filter(|shop| !terms.is_empty() && fits(shop, &terms)).take(SHOPS_SHOWN_MAX);
    let own: Vec<Value> = own.map(|shop| json!({ "shop": shop.number, "name": shop.name() })).collect();
    Ok(json!({ "hits": hits.iter().map(shown).collect::<Vec<_>>(), "next": next, "words": terms, "shops": own }))
}

fn shown(hit: &Hit<'_>) -> Value {
    let title = hit.product.full_title();
    let Product { id, description, price, brand, category, kind, .. } = &hit.product;
    let link = hit.shop.pages().map(|pages| format!("{}/product/{id}", pages.trim_end_matches('/')));
    let words = hit.words.iter().map(|(word, fields)| json!({ "word": word, "in": fields }));
    json!({
        "listing": hit.name, "id": id, "title": title, "description": description, "price": price.to_string(),
        "brand": brand, "category": category, "kind": kind, "shop": hit.shop.number, "shop_name": hit.shop.name(),
        "link": link, "why": words.collect::<Vec<_>>(), "score": hit.score,
        // What the broker is paid if somebody buys: nothing, and it would not change the order.
        "finder_fee": "0",
    })
}

/// The hits of an index, in its order, as far as their shops are listed.
fn given<'a>(
    hits: &Value,
    terms: &[String],
    shops: &BTreeMap<u64, &'a Shop>,
    desk: &Desk<'_, '_>,
) -> Result<Vec<Hit<'a>>, Error> {
    let names: Vec<String> = serde_json::from_value(hits.clone()).map_err(|_| Misuse::new(Code::FieldWrong, "hits"))?;
    if names.len() > BROKER_HITS_MAX {
        return Err(Misuse::new(Code::TooMany, "hits").into());
    }
    let mut found = Vec::new();
    for name in names {
        if let (Some(shop), Some(listing)) = (shop_of(&name, shops), listing::load(&name, desk)?) {
            let words = reasons(&listing.product, terms);
            let score = score(&words);
            found.push(Hit { name, product: listing.product, shop, words, score });
        }
    }
    Ok(found)
}

/// Reads the listings themselves: for small directories.
fn scan<'a>(terms: &[String], shops: &BTreeMap<u64, &'a Shop>, desk: &Desk<'_, '_>) -> Result<Vec<Hit<'a>>, Error> {
    let mut found = Vec::new();
    for (key, row) in desk.tx.scan("listing/", SCANNED_MAX)? {
        let name = key.0.strip_prefix("listing/").unwrap_or_default().to_owned();
        let Some(shop) = shop_of(&name, shops) else { continue };
        let listing: Listing = rows::parse(&key, &row)?;
        let words = reasons(&listing.product, terms);
        if words.iter().all(|(_, fields)| !fields.is_empty()) {
            let score = score(&words);
            found.push(Hit { name, product: listing.product, shop, words, score });
        }
    }
    found.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.name.cmp(&b.name)));
    Ok(found)
}

fn shop_of<'a>(name: &str, shops: &BTreeMap<u64, &'a Shop>) -> Option<&'a Shop> {
    let number: u64 = name.split('/').next()?.parse().ok()?;
    shops.get(&number).copied()
}

/// Where each word begins a word of the product.
fn reasons(product: &Product, terms: &[String]) -> Vec<(String, Vec<&'static str>)> {
    let options: Vec<&str> = product.options.iter().flat_map(|(name, value)| [name.as_str(), value]).collect();
    let options = options.join(" ");
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let numbers = format!("{} {} {}", product.id, text(&product.sku), text(&product.gtin));
    let texts =
        [&product.title, &numbers, &options, &text(&product.brand), &text(&product.category), &product.description];
    let texts = texts.map(|text| fold(text));
    let holds = |text: &str, term: &str| words(text).any(|word| word.starts_with(term));
    let of = |term: &String| {
        let found = FIELDS.iter().zip(&texts).filter(|(_, text)| holds(text, term)).map(|((field, _), _)| *field);
        (term.clone(), found.collect())
    };
    terms.iter().map(of).collect()
}

/// The sum over all words of the best place of each.
fn score(words: &[(String, Vec<&'static str>)]) -> u64 {
    let worth = |field: &&str| FIELDS.iter().find(|(name, _)| name == field).map_or(0, |(_, worth)| *worth);
    words.iter().map(|(_, fields)| fields.iter().map(worth).max().unwrap_or(0)).sum()
}

fn fits(shop: &Shop, terms: &[String]) -> bool {
    let text = fold(&format!("{} {}", shop.name(), shop.about()));
    terms.iter().all(|term| words(&text).any(|word| word.starts_with(term.as_str())))
}

/// The words that are looked for, folded, each once.
fn terms(text: &str) -> Vec<String> {
    let text: String = text.chars().take(WORDS_MAX * WORD_CHARS_MAX).collect();
    let mut terms: Vec<String> = Vec::new();
    for word in words(&fold(&text)) {
        let word: String = word.chars().take(WORD_CHARS_MAX).collect();
        if terms.len() < WORDS_MAX && !terms.contains(&word) {
            terms.push(word);
        }
    }
    terms
}

fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// A text as it is compared: small letters, the accents of Western Europe taken off.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'à'..='å' => folded.push('a'),
            'ç' => folded.push('c'),
            'è'..='ë' => folded.push('e'),
            'ì'..='ï' => folded.push('i'),
            'ñ' => folded.push('n'),
            'ò'..='ö' | 'ø' => folded.push('o'),
            'ù'..='ü' => folded.push('u'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ß' => folded.push_str("ss"),
            c => folded.push(c),
        }
    }
    folded
}
