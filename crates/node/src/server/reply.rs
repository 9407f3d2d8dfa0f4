//! Reading request bodies and writing answers.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Bytes};
use semper_base::limits::{BODIES_BYTES_MAX, STALL_MAX_MS};
use semper_base::{Code, Error, Fault, Violation};
use semper_driver::Service;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::Server;

/// A request's body, and its share of the memory for bodies.
pub(super) struct Read {
    pub(super) bytes: Bytes,
    _memory: OwnedSemaphorePermit,
}

impl<S: Service> Server<S> {
    /// Reads a body of at most `max` bytes whose length was announced.
    pub(super) async fn read(&self, request: Request<Body>, max: usize) -> Result<Read, Error> {
        let body = request.into_body();
        let length = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
        let length = length.ok_or_else(|| Violation::new(Code::FieldMissing, "Content-Length"))?;
        if length > max {
            return Err(Violation::new(Code::TooLarge, format!("{length} bytes")).into());
        }
        let overloaded = || Fault::new(Code::Overloaded, "request bodies");
        let share = u32::try_from(length.min(BODIES_BYTES_MAX - 1) >> 10).map_err(|_| overloaded())? + 1;
        let memory = std::sync::Arc::clone(&self.bodies).try_acquire_many_owned(share).map_err(|_| overloaded())?;
        let read = timeout(Duration::from_millis(STALL_MAX_MS), body.collect()).await;
        let cut = |()| Fault::new(Code::Network, "the request's body did not come");
        let bytes = read.map_err(|_| cut(()))?.map_err(|_| cut(()))?.to_bytes();
        Ok(Read { bytes, _memory: memory })
    }
}

/// 200 with JSON.
pub(super) fn json<T: Serialize>(value: &T) -> Response {
    respond(StatusCode::OK, value)
}

/// The error as JSON. A peer learns the code, never a detail of ours.
pub(super) fn failure(error: &Error) -> Response {
    let code = error.code();
    let status = match (error, code) {
        (Error::Violation(_), Code::HelloMissing) => StatusCode::UNAUTHORIZED,
        (Error::Violation(_), Code::TooLarge | Code::TooMany | Code::JsonTooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        (Error::Violation(_) | Error::Misuse(_), _) => StatusCode::BAD_REQUEST,
        (Error::Refusal(_), _) => StatusCode::FORBIDDEN,
        (Error::Fault(_), _) => StatusCode::SERVICE_UNAVAILABLE,
    };
    respond(status, &serde_json::json!({ "code": code.number(), "error": code.text() }))
}

fn respond<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => (status, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `GET /v1/health`: the port answers.
pub(super) async fn health() -> Response {
    json(&serde_json::json!({ "ok": true }))
}

/// Everything else.
pub(super) async fn not_found() -> Response {
    let body = serde_json::json!({ "code": Code::NotFound.number(), "error": Code::NotFound.text() });
    respond(StatusCode::NOT_FOUND, &body)
}
