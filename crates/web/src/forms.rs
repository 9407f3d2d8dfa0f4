//! What a form brought: fields, bounded and with the token of this visit. What was typed is kept, so
//! that a page which refuses can show it again with the field named.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use axum::response::Response;

use crate::door::Visit;
use crate::oops::Oops;

/// Most bytes of a form; uploads have a way of their own.
pub const FORM_BYTES_MAX: usize = 64 << 10;
/// Most fields.
const FIELDS_MAX: usize = 500;
/// The field with the token.
pub const TOKEN: &str = "token";

/// The fields of a form whose token is right.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// What was typed, without blanks around it; empty if the field is not there.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// What was typed, as it was typed: for pass phrases.
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Whether a box was ticked or a button pressed.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let visit = request.extensions().get::<Visit>().cloned();
        let Some(visit) = visit else {
            return Err(Oops::nobody());
        };
        let fields = axum::extract::Form::<Vec<(String, String)>>::from_request(request, state).await;
        let Ok(axum::extract::Form(fields)) = fields else {
            return Err(Oops::form_old(&visit));
        };
        let form = Form(fields);
        if form.0.len() > FIELDS_MAX || form.raw(TOKEN) != visit.token {
            return Err(Oops::form_old(&visit));
        }
        Ok(form)
    }
}

/// What is wrong with which field, in the visitor's language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrong(BTreeMap<&'static str, String>);

impl Wrong {
    /// Notes a problem; the first one of a field stays.
    pub fn note(&mut self, field: &'static str, problem: impl Into<String>) {
        self.0.entry(field).or_insert_with(|| problem.into());
    }

    /// Whether everything is right.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problem of a field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// All problems, for the list at the top.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(field, problem)| (*field, problem.as_str()))
    }
}
