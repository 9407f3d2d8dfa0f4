//! The door: what every request passes on its way in and every answer on its way out.
//!
//! - The host must be the site's own name, against rebinding; a visit to the bare loopback address is sent
//!   to that name, because a port does not keep cookies apart.
//! - A request that may change something must come from this site: its `Origin` is compared, and its form
//!   brings the visit's token back (see [`crate::forms`]).
//! - Answers may not be framed, load nothing from elsewhere, run no script, and are not kept.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::oops::Oops;
use crate::serve::Site;
use crate::session::Who;
use crate::texts::{self, Language};
use crate::{cookies, page};

/// The cookie of a signed-in session.
pub const SESSION_COOKIE: &str = "session";
/// The cookie that ties forms to this browser.
const VISIT_COOKIE: &str = "visit";

const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'none'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=()"),
];

/// Who asks, from where, in which language.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The site.
    pub site: Arc<Site>,
    /// In which language to answer.
    pub language: Language,
    /// Who is signed in.
    pub who: Option<Who>,
    /// What forms must bring back.
    pub token: String,
    /// Path and query of this request.
    pub here: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Response> {
        parts.extensions.get::<Visit>().cloned().ok_or_else(Oops::nobody)
    }
}

/// A visit of somebody who is signed in; anybody else is told how to.
#[derive(Clone, Debug)]
pub struct Inside {
    /// The visit.
    pub visit: Visit,
    /// Who.
    pub who: Who,
}

impl<S: Send + Sync> FromRequestParts<S> for Inside {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, state).await?;
        match visit.who.clone() {
            Some(who) => Ok(Inside { visit, who }),
            None => Err(crate::desk::sign_in(&visit)),
        }
    }
}

/// What is asked of programs, under any of this machine's names: no cookie matters there.
fn is_open(path: &str) -> bool {
    matches!(path, "/healthz" | "/metrics" | "/tsa")
}

/// What programs send, which no page can have a browser send for it: a browser names the origin of what it posts.
fn is_of_program(path: &str, headers: &HeaderMap) -> bool {
    path == "/tsa" && !headers.contains_key(header::ORIGIN)
}

/// The middleware.
pub async fn pass(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let own = site.host();
    if host != own && !is_open(request.uri().path()) {
        return stray(&site, &host, request.method(), &path);
    }
    let visit_id = cookies::get(headers, VISIT_COOKIE).filter(|id| id.len() == 32).map(str::to_owned);
    let (known, id) = match visit_id {
        Some(id) => (true, id),
        None => (false, site.sessions.draw()),
    };
    let who = cookies::get(headers, SESSION_COOKIE).and_then(|session| site.sessions.who(session));
    let language = texts::preferred(headers);
    let visit = Visit { site: Arc::clone(&site), language, who, token: site.sessions.token(&id), here: path.clone() };
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let foreign = changes && !is_own(headers, &own) && !is_of_program(request.uri().path(), headers);
    request.extensions_mut().insert(visit.clone());
    let mut response = if foreign { Oops::foreign(&visit) } else { next.run(request).await };
    guard(response.headers_mut());
    // Another site can cause a form to be sent here, without our cookies: that must not exchange them.
    if !known
        && !changes
        && let Some(cookie) = cookies::set(VISIT_COOKIE, &id, None)
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    site.meter.count(response.status(), started.elapsed());
    response
}

/// A request under another name: our own machine's address is sent to the right name, all else refused.
fn stray(site: &Site, host: &str, method: &Method, path: &str) -> Response {
    let port = host.rsplit_once(':').map_or("80", |(_, port)| port);
    let loopback = host.starts_with("127.0.0.1:") || host.starts_with("localhost:");
    if *method == Method::GET && loopback && port == site.port().to_string() {
        let mut response = page::go(&format!("http://{}{path}", site.host()));
        guard(response.headers_mut());
        return response;
    }
    let mut response = (StatusCode::MISDIRECTED_REQUEST, "this is not the host that you asked for").into_response();
    guard(response.headers_mut());
    response
}

/// Whether the request says that it comes from this site.
fn is_own(headers: &HeaderMap, host: &str) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    origin.and_then(|origin| origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))) == Some(host)
        && site.is_none_or(|site| site == "same-origin")
}

/// Sets what the answer does not set itself.
fn guard(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// The page for paths that nobody serves.
pub async fn nowhere(visit: Visit) -> Response<Body> {
    Oops::not_found(&visit)
}
