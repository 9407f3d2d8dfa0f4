//! What every page has around its content.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

use crate::door::Visit;
use crate::texts::{self, Common, Language};

/// An entry of the menu.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Where it leads.
    pub path: &'static str,
    /// What it is called in English and German.
    pub names: (&'static str, &'static str),
    /// Whether only somebody who signed in sees it.
    pub inside: bool,
}

/// The frame of one page: templates extend `base.html` and hold it in a field `page`.
#[derive(Clone, Debug)]
pub struct Page {
    /// In which language.
    pub language: Language,
    /// The page's own title.
    pub title: String,
    /// The party's name.
    pub site: String,
    /// `shop`, `wallet` and so on: colours the frame, so that nobody takes one for the other.
    pub role: &'static str,
    /// The menu: path, name, whether this is where we are.
    pub menu: Vec<(&'static str, &'static str, bool)>,
    /// What forms bring back.
    pub token: String,
    /// This page's path and query, for the switch of language.
    pub here: String,
    /// Whether somebody is signed in.
    pub inside: bool,
    /// What just happened, told once.
    pub notice: Option<String>,
    /// Whether the trusted screen waits for an answer of the person who sees this page.
    pub asking: bool,
    /// The shared texts.
    pub common: &'static Common,
}

impl Page {
    /// The frame for this visit.
    #[must_use]
    pub fn new(visit: &Visit, title: impl Into<String>) -> Self {
        let german = visit.language == Language::De;
        let entries = visit.site.role.menu().iter().filter(|entry| !entry.inside || visit.who.is_some());
        let name = |entry: &Entry| if german { entry.names.1 } else { entry.names.0 };
        let path = visit.here.split('?').next().unwrap_or_default();
        Page {
            language: visit.language,
            title: title.into(),
            site: visit.site.name.clone(),
            role: visit.site.role.word(),
            menu: entries.map(|entry| (entry.path, name(entry), entry.path == path)).collect(),
            token: visit.token.clone(),
            here: visit.here.clone(),
            inside: visit.who.is_some(),
            notice: None,
            asking: visit.who.is_some()
                && visit.site.display.as_ref().is_some_and(|display| display.current().is_some()),
            common: Common::of(visit.language),
        }
    }

    /// With a word about what just happened.
    #[must_use]
    pub fn noting(mut self, notice: Option<impl Into<String>>) -> Self {
        self.notice = notice.map(Into::into);
        self
    }

    /// The language's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        texts::code(self.language)
    }

    /// The other language: its code and its name in itself.
    #[must_use]
    pub fn other(&self) -> (&'static str, &'static str) {
        match self.language {
            Language::En => ("de", "Deutsch"),
            Language::De => ("en", "English"),
        }
    }

    /// An amount as it is read here.
    #[must_use]
    pub fn money(&self, amount: &str) -> String {
        texts::money(self.language, amount)
    }
}

/// A finished page.
pub fn show(template: &impl Template) -> Response {
    show_as(StatusCode::OK, template)
}

/// A finished page with this status.
pub fn show_as(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made").into_response()
        }
    }
}

/// On to another page of this site (303: whoever goes back and forth sends nothing twice).
#[must_use]
pub fn go(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path.to_owned())]).into_response()
}
