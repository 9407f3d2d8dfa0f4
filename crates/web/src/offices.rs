//! What the pages of bank, authority, notary and broker share: reading answers of commands, addresses with
//! members, and a party's word put so that it cannot play tricks.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::response::Response;
use semper_support::tinguin::neutral::neutralise_inline;
use serde_json::Value;

use crate::texts::{Language, When};

/// Most characters of a member of an address that are looked at.
const MEMBER_CHARS_MAX: usize = 200;
/// Most characters of a text that somebody else wrote.
const SHOWN_CHARS_MAX: usize = 600;

/// What follows the question mark. A member that is there twice, too long or unreadable is as if it were
/// not there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(Vec<(String, String)>);

impl Asked {
    pub(crate) fn get(&self, name: &str) -> &str {
        let mut found = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim());
        match (found.next(), found.next()) {
            (Some(value), None) if value.chars().count() <= MEMBER_CHARS_MAX => value,
            _ => "",
        }
    }

    /// A whole number, if it is one.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name).parse().ok()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let members = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        Ok(Asked(members.map(|Query(members)| members).unwrap_or_default()))
    }
}

/// A text member, with everything that could deceive the eye taken out; empty if there is none.
pub(crate) fn said(value: &Value, member: &str) -> String {
    neutralise_inline(plain(value, member), SHOWN_CHARS_MAX)
}

/// A text member of our own party's making: a word, a hash, an amount.
pub(crate) fn plain<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// A whole number; 0 if there is none.
pub(crate) fn count(value: &Value, member: &str) -> u64 {
    value.get(member).and_then(Value::as_u64).unwrap_or(0)
}

/// The elements of a list.
pub(crate) fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Texts of a list, in one line.
pub(crate) fn joined(value: &Value, member: &str) -> String {
    let texts: Vec<&str> = list(value, member).iter().filter_map(Value::as_str).collect();
    neutralise_inline(&texts.join(", "), SHOWN_CHARS_MAX)
}

/// A time, if there is one.
pub(crate) fn when(language: Language, value: &Value, member: &str) -> Option<When> {
    Some(plain(value, member)).filter(|time| !time.is_empty()).map(|time| When::new(language, time))
}

/// An address that a browser may be sent to from a text of somebody else's; none if it is not one.
pub(crate) fn web_address(value: &Value, member: &str) -> Option<String> {
    let address = plain(value, member);
    let is_web = address.starts_with("https://") || address.starts_with("http://");
    (is_web && address.bytes().all(|b| b.is_ascii_graphic())).then(|| address.to_owned())
}

/// A long hash as people compare it: its beginning.
pub(crate) fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}
