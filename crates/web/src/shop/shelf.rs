//! What the shop's pages ask of their party, and what they remember of it: the categories.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use semper_base::{Code, Error, Fault};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::item::{Item, is_id};
use crate::Party;

/// Products of one page of a list.
pub(super) const PAGE: usize = 24;
/// Most products that one command gives.
const READING: usize = 100;
/// Most commands for one page of a filtered list; then the page ends early and says that there is more.
const READINGS_MAX: usize = 20;
/// Most categories that a visitor may choose from.
const CATEGORIES_MAX: usize = 200;
/// Most commands with which categories are gathered.
const GATHERINGS_MAX: usize = 500;
/// How long they are used before somebody looks again.
const CATEGORIES_LIFE: Duration = Duration::from_secs(30);

/// Which products.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// In this category or below it.
    pub(super) category: String,
    /// `file`, `parcel`, or empty.
    pub(super) kind: String,
    /// Behind this id.
    pub(super) after: String,
}

impl Choice {
    /// Whether a product fits, looked at before anything is made of it.
    fn fits(&self, product: &Value) -> bool {
        let text = |name: &str| product.get(name).and_then(Value::as_str);
        let in_category = self.category.is_empty() || text("category").is_some_and(|it| is_within(it, &self.category));
        let is_file = text("kind") == Some("file");
        let of_kind = match self.kind.as_str() {
            "file" => is_file,
            "parcel" => !is_file,
            _ => true,
        };
        in_category && of_kind
    }

    /// Whether anything is left out.
    pub(super) fn narrows(&self) -> bool {
        !self.category.is_empty() || !self.kind.is_empty()
    }
}

/// Whether `category` is `parent` or below it.
fn is_within(category: &str, parent: &str) -> bool {
    category.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with(" > "))
}

/// Products and where to go on.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    pub(super) items: Vec<Item>,
    pub(super) next: Option<String>,
}

/// The products of an answer as they came, and where the next reading begins.
fn rows(answer: &Value) -> (&[Value], Option<String>) {
    let products = answer.get("products").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let next = answer.get("next").and_then(Value::as_str).filter(|next| is_id(next));
    (products, next.map(str::to_owned))
}

fn read_list(answer: &Value) -> (Vec<Item>, Option<String>) {
    let (products, next) = rows(answer);
    (products.iter().filter_map(Item::read).collect(), next)
}

/// One page of the list.
pub(super) async fn list(party: &Party, choice: &Choice) -> Result<Listed, Error> {
    let mut listed = Listed::default();
    let mut after = Some(choice.after.clone()).filter(|after| is_id(after));
    let limit = if choice.narrows() { READING } else { PAGE };
    for _ in 0..READINGS_MAX {
        let request = json!({
            "command": "products", "published": true, "limit": limit, "after": after,
            "category": Some(&choice.category).filter(|category| !category.is_empty()),
        });
        let answer = party.call(request).await?;
        let (products, next) = rows(&answer);
        listed.next.clone_from(&next);
        for item in products.iter().filter(|product| choice.fits(product)).filter_map(Item::read) {
            if listed.items.len() == PAGE {
                // The rest of this reading comes with the next page.
                listed.next = listed.items.last().map(|item| item.id.clone());
                return Ok(listed);
            }
            listed.items.push(item);
        }
        if next.is_none() || listed.items.len() == PAGE || next == after {
            break;
        }
        after = next;
    }
    Ok(listed)
}

/// The variants that share a product's group: those among its neighbours, whose ids begin as its own does.
/// To look through the whole catalogue for others would take too long for a page.
pub(super) async fn sisters(party: &Party, item: &Item) -> Result<Vec<Item>, Error> {
    let Some(group) = &item.group else { return Ok(Vec::new()) };
    let after = item.id.rsplit_once('-').map(|(beginning, _)| beginning).filter(|beginning| is_id(beginning));
    let request = json!({ "command": "products", "published": true, "limit": READING, "after": after });
    let answer = party.call(request).await?;
    let in_group = |product: &&Value| product.get("group").and_then(Value::as_str) == Some(group);
    Ok(rows(&answer).0.iter().filter(in_group).filter_map(Item::read).collect())
}

/// One product; none if visitors do not see such a one.
pub(super) async fn get(party: &Party, id: &str) -> Result<Option<Item>, Error> {
    if !is_id(id) {
        return Ok(None);
    }
    match party.call(json!({ "command": "product-get", "id": id })).await {
        Ok(product) => Ok(Item::read(&product)),
        Err(error) if error.code() == Code::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Several products, asked for side by side; in the order of the ids, none where there is no such one.
pub(super) async fn get_all(party: &Party, ids: &[String]) -> Result<Vec<Option<Item>>, Error> {
    let mut asking = JoinSet::new();
    for (place, id) in ids.iter().enumerate() {
        let (party, id) = (party.clone(), id.clone());
        asking.spawn(async move { (place, get(&party, &id).await) });
    }
    let mut found: Vec<(usize, Option<Item>)> = Vec::with_capacity(ids.len());
    while let Some(answer) = asking.join_next().await {
        let (place, item) = answer.map_err(|e| Fault::new(Code::Network, e.to_string()))?;
        found.push((place, item?));
    }
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, item)| item).collect())
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) items: Vec<Item>,
    /// How many there are in all, as far as that is known.
    pub(super) total: usize,
    /// Whether there may be more than was looked at.
    pub(super) partial: bool,
    /// Where the next page begins.
    pub(super) next: Option<usize>,
}

/// Searches by the party's index; without one, through the list.
pub(super) async fn search(party: &Party, text: &str, offset: usize) -> Result<Found, Error> {
    let request = json!({ "command": "search", "text": text, "limit": PAGE, "offset": offset });
    let answer = match party.call(request).await {
        Ok(answer) => answer,
        Err(error) if error.code() == Code::Usage => return filter(party, text, offset).await,
        Err(error) => return Err(error),
    };
    let hits = answer.get("hits").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let ids: Vec<String> =
        hits.iter().filter_map(|hit| hit.get("id")?.as_str()).take(PAGE).map(str::to_owned).collect();
    let total = answer.get("total").and_then(Value::as_u64).and_then(|total| usize::try_from(total).ok()).unwrap_or(0);
    let end = offset.saturating_add(ids.len());
    let next = (!ids.is_empty() && end < total).then_some(end);
    let items = get_all(party, &ids).await?.into_iter().flatten().collect();
    Ok(Found { items, total, partial: false, next })
}

/// The search of a party without an index: every word in title, brand, number, category or option.
async fn filter(party: &Party, text: &str, offset: usize) -> Result<Found, Error> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let mut found = Found::default();
    let mut after: Option<String> = None;
    for _ in 0..READINGS_MAX {
        let request = json!({ "command": "products", "published": true, "limit": READING, "after": after });
        let (items, next) = read_list(&party.call(request).await?);
        for item in items.into_iter().filter(|item| has_words(item, &words)) {
            if (offset..offset.saturating_add(PAGE)).contains(&found.total) {
                found.items.push(item);
            }
            found.total += 1;
        }
        if next.is_none() || next == after {
            after = None;
            break;
        }
        after = next;
    }
    let end = offset.saturating_add(found.items.len());
    found.next = (!found.items.is_empty() && end < found.total).then_some(end);
    found.partial = after.is_some();
    Ok(found)
}

fn has_words(item: &Item, words: &[String]) -> bool {
    let texts = [&item.brand, &item.sku, &item.gtin].into_iter().flatten().map(|said| said.text.as_str());
    let options = item.options.iter().map(|(_, value)| value.text.as_str());
    let all: Vec<&str> =
        texts.chain(options).chain([item.title.text.as_str()]).chain(item.category.as_deref()).collect();
    let all = all.join(" ").to_lowercase();
    !words.is_empty() && words.iter().all(|word| all.contains(word))
}

/// The categories, gathered beside the pages and looked at anew when the catalogue has changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Categories(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    version: Option<u64>,
    seen: Option<Instant>,
    gathering: bool,
    names: Arc<Vec<String>>,
}

impl Categories {
    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known now. Small catalogues are read at once; for large ones the page does not wait.
    pub(super) async fn names(&self, party: &Party) -> Arc<Vec<String>> {
        let fresh = self.lock().seen.is_some_and(|seen| seen.elapsed() < CATEGORIES_LIFE);
        if !fresh && let Some(gathering) = self.begin(party).await {
            let task = tokio::spawn(gathering);
            // The first visitor of a small shop sees them at once.
            let _ = tokio::time::timeout(Duration::from_millis(10), task).await;
        }
        Arc::clone(&self.lock().names)
    }

    /// The work of gathering, if the catalogue has changed and nobody is at it.
    async fn begin(&self, party: &Party) -> Option<impl Future<Output = ()> + Send + 'static> {
        let version = party.call(json!({ "command": "catalogue" })).await.ok()?.get("version")?.as_u64();
        let mut known = self.lock();
        if known.gathering || (known.version == version && known.seen.is_some()) {
            known.seen = Some(Instant::now());
            return None;
        }
        known.gathering = true;
        let (categories, party) = (self.clone(), party.clone());
        Some(async move {
            let gathered = gather(&party).await;
            let mut known = categories.lock();
            known.gathering = false;
            known.seen = Some(Instant::now());
            if let Ok(names) = gathered {
                known.version = version;
                known.names = Arc::new(names);
            }
        })
    }
}

async fn gather(party: &Party) -> Result<Vec<String>, Error> {
    let mut names = BTreeSet::new();
    let mut after: Option<String> = None;
    for _ in 0..GATHERINGS_MAX {
        let request = json!({ "command": "products", "published": true, "limit": READING, "after": after });
        let answer = party.call(request).await?;
        let (products, next) = rows(&answer);
        for category in products.iter().filter_map(|product| product.get("category")?.as_str()) {
            // With those above it: `Tea > Black` is also in `Tea`.
            let ends = category.match_indices(" > ").map(|(at, _)| at).chain([category.len()]);
            names.extend(ends.filter_map(|end| category.get(..end)).map(str::to_owned));
        }
        if next.is_none() || next == after || names.len() >= CATEGORIES_MAX {
            break;
        }
        after = next;
    }
    Ok(names.into_iter().take(CATEGORIES_MAX).collect())
}
