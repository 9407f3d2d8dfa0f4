//! The same log for people: state, witnesses, entries, and the proof that an entry stands in it.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::{Code, Error, Hash};
use semper_support::log::Tile;
use serde_json::{Value, json};

use crate::door::Visit;
use crate::offices::{Asked, count, list, plain, said};
use crate::oops::Oops;
use crate::page::{Page, go, show, show_as};
use crate::texts::fill;
use crate::texts::log::Log;

/// Entries of one page.
const LISTED: u64 = 25;

/// An entry: number, place, seal.
type Entry = (u64, String, String);

/// A witness.
struct Cosigner {
    name: String,
    size: u64,
    /// Its line is in the checkpoint that is shown.
    here: bool,
}

#[derive(Template)]
#[template(path = "log/home.html")]
struct Home {
    page: Page,
    t: &'static Log,
    size: u64,
    sealed: u64,
    key: String,
    /// The root hash and the whole text.
    checkpoint: Option<(String, String)>,
    witnesses: Vec<Cosigner>,
    entries: Vec<Entry>,
    older: Option<u64>,
    is_newest: bool,
    asked: String,
    wrong: bool,
    /// Where the decisions about an exchange stand, if one was asked for.
    found: Option<Vec<u64>>,
    audit: String,
    /// Paths of the newest tiles.
    tiles: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "log/entry.html")]
struct One {
    page: Page,
    t: &'static Log,
    index: u64,
    place: String,
    seal: String,
    proof: Option<String>,
}

async fn call(visit: &Visit, request: Value) -> Result<Value, Error> {
    visit.site.party.call(request).await
}

/// `/log`, `?before=N`, `?q=` number or id.
pub(super) async fn home(visit: Visit, asked: Asked) -> Response {
    let wanted = asked.get("q");
    if let Ok(index) = wanted.parse::<u64>() {
        return go(&format!("/log/entry/{index}"));
    }
    match gathered(&visit, &asked).await {
        Ok(page) if page.wrong => show_as(StatusCode::UNPROCESSABLE_ENTITY, &page),
        Ok(page) => show(&page),
        Err(error) => Oops::error(&visit, &error),
    }
}

async fn gathered(visit: &Visit, asked: &Asked) -> Result<Home, Error> {
    let t = Log::of(visit.language);
    let about = call(visit, json!({ "command": "log" })).await?;
    let mut request = json!({ "command": "log-entries", "limit": LISTED });
    if let (Some(before), Some(members)) = (asked.number("before"), request.as_object_mut()) {
        members.insert("before".to_owned(), json!(before));
    }
    let found = call(visit, request).await?;
    let wanted = asked.get("q");
    let is_id = Hash::from_hex(wanted).is_some();
    let places = if is_id { Some(call(visit, json!({ "command": "log-of", "xid": wanted })).await?) } else { None };
    let text = plain(&about, "checkpoint").to_owned();
    let (size, sealed) = (count(&about, "size"), count(&about, "sealed"));
    let witnesses: Vec<Cosigner> = list(&about, "witnesses").iter().map(|one| cosigner(one, &text)).collect();
    let witness = list(&about, "witnesses").first().map_or("KEY", |one| plain(one, "key"));
    Ok(Home {
        page: Page::new(visit, t.title),
        t,
        size,
        sealed,
        key: plain(&about, "key").to_owned(),
        audit: format!("semper notary audit {} --witness {witness}", visit.site.address()),
        // A checkpoint is its owner, its size, its root, then signatures (C2SP tlog-checkpoint).
        checkpoint: text.lines().nth(2).map(|root| (root.to_owned(), text.clone())),
        witnesses,
        entries: list(&found, "entries").iter().map(entry_of).collect(),
        older: found.get("next").and_then(Value::as_u64),
        is_newest: asked.number("before").is_none(),
        wrong: !wanted.is_empty() && !is_id,
        asked: wanted.to_owned(),
        found: places.map(|places| list(&places, "entries").iter().map(|one| count(one, "index")).collect()),
        tiles: newest(sealed).map(|tile| (tile.entries_path(), tile.path())),
    })
}

/// The newest tile of a log of this size.
fn newest(size: u64) -> Option<Tile> {
    let last = size.checked_sub(1)? / semper_support::log::tile::WIDTH;
    Tile::of(0, last, size)
}

fn cosigner(one: &Value, checkpoint: &str) -> Cosigner {
    let name = said(one, "name");
    let here = checkpoint.lines().skip(4).any(|line| line.split(' ').nth(1) == Some(plain(one, "name")));
    Cosigner { name, size: count(one, "size"), here }
}

fn entry_of(one: &Value) -> Entry {
    (count(one, "index"), plain(one, "place").to_owned(), plain(one, "seal").to_owned())
}

/// `/log/entry/N`
pub(super) async fn entry(visit: Visit, Path(index): Path<u64>) -> Response {
    let t = Log::of(visit.language);
    let request = json!({ "command": "log-entries", "before": index.saturating_add(1), "limit": 1 });
    let found = match call(&visit, request).await {
        Ok(found) => found,
        Err(error) => return Oops::error(&visit, &error),
    };
    let Some((_, place, seal)) = list(&found, "entries").iter().map(entry_of).find(|(at, ..)| *at == index) else {
        return Oops::not_found(&visit);
    };
    let proof = match call(&visit, json!({ "command": "log-proof", "index": index })).await {
        Ok(proof) => Some(plain(&proof, "proof").to_owned()),
        Err(error) if error.code() == Code::NotFound => None,
        Err(error) => return Oops::error(&visit, &error),
    };
    let page = Page::new(&visit, fill(t.entry, &[&index.to_string()]));
    show(&One { page, t, index, place, seal, proof })
}

/// `/log/entry/N/proof`: the proof alone, for programs.
pub(super) async fn proof(visit: Visit, Path(index): Path<u64>) -> Response {
    match call(&visit, json!({ "command": "log-proof", "index": index })).await {
        Ok(proof) => super::plain(plain(&proof, "proof").to_owned()),
        Err(error) => super::refused(&error),
    }
}
