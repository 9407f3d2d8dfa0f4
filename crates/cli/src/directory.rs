//! The search of a broker that runs: an index beside its database, kept up to date by a thread of its own.
//! The broker itself decides what may be seen; the index only says where to look first.

use std::path::Path;
use std::time::Duration;

use semper_base::limits::BROKER_HITS_MAX;
use semper_base::{Error, Fault};
use semper_services::broker::{self, Listing};
use semper_store::SqliteReader;
use semper_store::search::{Document, Index, Query, terms};
use serde_json::{Value, json};

use crate::keeper::Keeper;

/// How often the index looks whether listings have changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Listings in one reading.
const PAGE: usize = 500;

/// Keeps the index of the broker in this directory as long as the keeper lives.
pub(crate) fn keep(directory: &Path) -> Result<Keeper, Fault> {
    Keeper::start(directory, LOOK_EVERY, refresh)
}

/// Brings the index up to the directory's version, if it is not there.
pub(crate) fn refresh(directory: &Path) -> Result<(), Fault> {
    let reader = SqliteReader::open_read_only(directory)?;
    let version = broker::version(&reader)?;
    let known = Index::open_read_only(directory)?.and_then(|index| index.mark().ok());
    if version == 0 || known == Some(version) {
        return Ok(());
    }
    let mut source = |after: Option<&str>| {
        Ok(broker::page(&reader, after, PAGE)?.into_iter().map(|(name, listing)| document(name, listing)).collect())
    };
    Index::open(directory)?.update(version, &mut source).map(|_| ())
}

fn document(name: String, listing: Listing) -> Document {
    let product = listing.product;
    let options: Vec<String> = product.options.into_iter().map(|(name, value)| format!("{name} {value}")).collect();
    let numbers: Vec<String> = [Some(product.id), product.sku, product.gtin].into_iter().flatten().collect();
    Document {
        id: name,
        title: product.title,
        brand: product.brand.unwrap_or_default(),
        category: product.category.unwrap_or_default(),
        options: options.join(" "),
        numbers: numbers.join(" "),
        description: product.description,
        published: true,
        kind: "product".to_owned(),
        changed: listing.changed,
    }
}

/// A `find` with the hits of the index, so that the broker need not read every listing. Any other command, and
/// one without words, is left as it is.
pub(crate) fn with_hits(directory: &Path, mut request: Value) -> Result<Value, Error> {
    let text = request.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_find = request.get("command").and_then(Value::as_str) == Some("find");
    if !is_find || terms(&text).is_empty() {
        return Ok(request);
    }
    let Some(index) = Index::open_read_only(directory)? else { return Ok(request) };
    let number = |name: &str| request.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let limit = number("limit").unwrap_or(20).clamp(1, BROKER_HITS_MAX);
    let offset = number("offset").unwrap_or(0);
    let found = index.query(&Query { text, published: None, kind: None, limit, offset })?;
    let names: Vec<String> = found.hits.into_iter().map(|hit| hit.id).collect();
    if let Some(members) = request.as_object_mut() {
        members.insert("hits".to_owned(), json!(names));
        members.insert("next".to_owned(), if found.more { json!(offset.saturating_add(limit)) } else { Value::Null });
    }
    Ok(request)
}

/// A `pulse` with what the party's own step does not see: the commit, the peers for which something waits, and
/// how much is archived. Any other command is left as it is.
pub(crate) fn with_pulse(directory: &Path, mut request: Value) -> Result<Value, Error> {
    if request.get("command").and_then(Value::as_str) != Some("pulse") {
        return Ok(request);
    }
    let reader = SqliteReader::open_read_only(directory)?;
    let (status, waiting) = (reader.status()?, reader.outbox_peers()?.len());
    if let Some(members) = request.as_object_mut() {
        members.insert("commit".to_owned(), json!(status.commits));
        members.insert("archived".to_owned(), json!(status.archived));
        members.insert("waiting".to_owned(), json!(waiting));
    }
    Ok(request)
}
