//! Coming in and going out: one-time links, sessions, language.

use askama::Template;
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use crate::cookies;
use crate::door::{SESSION_COOKIE, Visit};
use crate::forms::Form;
use crate::oops::Oops;
use crate::page::{Page, go, show_as};
use crate::texts::{LANGUAGE_COOKIE, code, language};

/// How long the language is remembered, in seconds.
const LANGUAGE_LIFE: u32 = 365 * 24 * 3600;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    page: Page,
    command: String,
}

/// How to get in.
pub fn sign_in(visit: &Visit) -> Response {
    let command = format!("semper open --data-dir {}", visit.site.data_dir);
    show_as(StatusCode::UNAUTHORIZED, &SignIn { page: Page::new(visit, visit.common().sign_in_title), command })
}

/// `?key=`: the secret of a one-time link.
#[derive(Debug, Deserialize)]
pub struct Key {
    #[serde(default)]
    key: String,
}

/// `/enter?key=…`: uses up the link and opens a session.
pub async fn enter(visit: Visit, Query(Key { key }): Query<Key>) -> Response {
    let home = visit.site.role.inside();
    let Ok(session) = visit.site.sessions.enter(&key) else {
        // Opened twice by somebody who is in: nothing to complain of.
        return if visit.who.is_some() { go(home) } else { Oops::link_used(&visit) };
    };
    with_cookie(go(home), SESSION_COOKIE, &session, None)
}

/// Ends the session.
pub async fn leave(visit: Visit, headers: HeaderMap, _form: Form) -> Response {
    if let Some(session) = cookies::get(&headers, SESSION_COOKIE) {
        visit.site.sessions.leave(session);
    }
    with_cookie(go("/"), SESSION_COOKIE, "", Some(0))
}

/// `/language?to=de&back=/path`: remembers the language.
#[derive(Debug, Deserialize)]
pub struct To {
    to: String,
    #[serde(default)]
    back: String,
}

/// See [`To`]. It changes how pages read and nothing else, so a plain link may do it.
pub async fn choose_language(visit: Visit, Query(To { to, back }): Query<To>) -> Response {
    let Some(chosen) = language(&to) else { return Oops::not_found(&visit) };
    // Only a path of our own; `//host` would be another site.
    let own = back.starts_with('/') && !back.starts_with("//") && !back.contains(['\\', '\r', '\n']);
    let back = if own { back.as_str() } else { "/" };
    with_cookie(go(back), LANGUAGE_COOKIE, code(chosen), Some(LANGUAGE_LIFE))
}

/// The same answer with a cookie.
pub fn with_cookie(mut response: Response, name: &str, value: &str, seconds: Option<u32>) -> Response {
    if let Some(cookie) = cookies::set(name, value, seconds) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
