//! The log of a bank or notary for everybody: its files as C2SP tlog-tiles lays them out, and whose log it is.

mod browse;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use semper_base::{Blob64, Code, Error};
use serde_json::{Value, json};

use crate::door::Visit;

/// What never changes may be kept for long.
const KEPT: &str = "public, max-age=31536000, immutable";
/// What changes every few seconds.
const FRESH: &str = "no-cache";

/// Routes below `/log`.
pub(crate) fn files() -> Router {
    Router::new()
        .route("/log", get(browse::home))
        .route("/log/entry/{index}", get(browse::entry))
        .route("/log/entry/{index}/proof", get(browse::proof))
        .route("/log/checkpoint", get(async |visit: Visit| file(&visit, "checkpoint").await))
        .route("/log/tile/{*path}", get(tile))
        .route("/log/key", get(async |visit: Visit| member(&visit, "log", "key").await))
        .route("/log/owner", get(async |visit: Visit| member(&visit, "log", "certified").await))
}

/// Routes of a witness.
pub(crate) fn witnessed() -> Router {
    Router::new().route("/log/witnessed", get(seen))
}

async fn tile(visit: Visit, Path(path): Path<String>) -> Response {
    file(&visit, &format!("tile/{path}")).await
}

async fn file(visit: &Visit, path: &str) -> Response {
    let found = visit.site.party.call(json!({ "command": "log-file", "path": path })).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return refused(&error),
    };
    if let Some(text) = found.get("text").and_then(Value::as_str) {
        return plain(text.to_owned());
    }
    let data = found.get("data").cloned().and_then(|data| serde_json::from_value::<Blob64>(data).ok());
    let kept = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, KEPT)];
    data.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |data| (kept, data.0).into_response())
}

/// A member of a command's answer: text as it is, anything else as JSON.
async fn member(visit: &Visit, word: &'static str, name: &str) -> Response {
    match visit.site.party.call(json!({ "command": word })).await {
        Ok(found) => match found.get(name) {
            Some(Value::String(text)) => plain(format!("{text}\n")),
            Some(value) if !value.is_null() => axum::Json(value).into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        },
        Err(error) => refused(&error),
    }
}

/// What a witness cosigned last, of each log.
async fn seen(visit: Visit) -> Response {
    match visit.site.party.call(json!({ "command": "logs" })).await {
        Ok(found) => axum::Json(found).into_response(),
        Err(error) => refused(&error),
    }
}

pub(super) fn plain(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, FRESH)], text).into_response()
}

pub(super) fn refused(error: &Error) -> Response {
    let status = if error.code() == Code::NotFound { StatusCode::NOT_FOUND } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, format!("{error}\n")).into_response()
}
