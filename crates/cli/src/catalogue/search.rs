//! Search over a running shop's products: an index beside its database, kept up to date by a thread of
//! its own, asked by the pages.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use semper_base::{Code, Error, Fault, Misuse};
use semper_commerce::process::product::{Product, ProductKind};
use semper_services::shop::catalogue;
use semper_store::SqliteReader;
use semper_store::search::{Document, Hit, Index, Query};
use serde_json::{Value, json};

use crate::keeper::Keeper;

/// The command of the pages.
pub(crate) const COMMAND: &str = "search";
/// How often the index looks whether the catalogue has changed.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Products in one reading.
const PAGE: usize = 500;

/// Answers searches, and keeps the index up to date as long as it lives.
#[derive(Debug)]
pub(crate) struct Search {
    directory: PathBuf,
    index: Mutex<Option<Index>>,
    _keeper: Keeper,
}

impl Search {
    /// Begins to keep the index of the shop in this directory.
    pub(crate) fn start(directory: &Path) -> Result<Arc<Self>, Fault> {
        let keeper = Keeper::start(directory, LOOK_EVERY, refresh)?;
        Ok(Arc::new(Search { directory: directory.to_path_buf(), index: Mutex::new(None), _keeper: keeper }))
    }

    /// `{"command":"search","text","limit"?,"offset"?}`: what buyers see.
    pub(crate) fn answer(&self, request: &Value) -> Result<Value, Error> {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if index.is_none() {
            *index = Index::open_read_only(&self.directory)?;
        }
        let Some(open) = index.as_ref() else {
            // Whoever asks can look through the list instead.
            return Err(Misuse::new(Code::Usage, "there is no index yet").into());
        };
        let found = find(open, request, Some(true));
        // The index may have been made anew under another file.
        if found.is_err() {
            *index = None;
        }
        found
    }
}

/// Asks an index.
pub(crate) fn find(index: &Index, request: &Value, published: Option<bool>) -> Result<Value, Error> {
    let number = |name: &str| request.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let text = request.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (limit, offset) = (number("limit").unwrap_or(20), number("offset").unwrap_or(0));
    let found = index.query(&Query { text, published, kind: None, limit, offset })?;
    let hit = |hit: &Hit| json!({ "id": hit.id, "field": hit.field.map(semper_store::search::Field::word) });
    let hits: Vec<Value> = found.hits.iter().map(hit).collect();
    // Counting all of them would cost as much as finding them: the total is known on the last page.
    let total = offset + hits.len() + usize::from(found.more);
    Ok(json!({ "hits": hits, "more": found.more, "total": total }))
}

/// Brings the index up to the catalogue's version, if it is not there. Reads what is committed; what
/// changes meanwhile is seen the next time.
pub(crate) fn refresh(directory: &Path) -> Result<(), Fault> {
    let reader = SqliteReader::open_read_only(directory)?;
    let version = catalogue::version(&reader)?;
    if version == 0 {
        return Ok(());
    }
    if Index::open_read_only(directory)?.is_some_and(|index| index.mark().is_ok_and(|mark| mark == version)) {
        return Ok(());
    }
    let mut index = Index::open(directory)?;
    let mut source = |after: Option<&str>| {
        let page = catalogue::page(&reader, after, PAGE)?;
        Ok(page.into_iter().map(|(product, changed)| document(product, changed)).collect())
    };
    let changes = index.update(version, &mut source)?;
    tracing::debug!(version, written = changes.written, removed = changes.removed, "search index");
    Ok(())
}

fn document(product: Product, changed: u64) -> Document {
    let options: Vec<String> = product.options.into_iter().map(|(_, value)| value).collect();
    let numbers: Vec<String> = product.sku.into_iter().chain(product.gtin).collect();
    Document {
        id: product.id,
        title: product.title,
        brand: product.brand.unwrap_or_default(),
        category: product.category.unwrap_or_default(),
        options: options.join(" "),
        numbers: numbers.join(" "),
        description: product.description,
        published: product.published,
        kind: match product.kind {
            ProductKind::File => "file",
            ProductKind::Parcel => "parcel",
        }
        .to_owned(),
        changed,
    }
}
