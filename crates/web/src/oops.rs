//! What went wrong, on a page that says what, why and what next.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use semper_base::{Code, Error};

use crate::door::Visit;
use crate::page::{Page, show_as};
use crate::texts::{Common, codes, details};

#[derive(Template)]
#[template(path = "oops.html")]
struct OopsPage<'a> {
    page: Page,
    happened: &'a str,
    detail: &'a str,
    next: &'a str,
    code: Option<u16>,
}

/// Makes the pages.
#[derive(Clone, Copy, Debug)]
pub struct Oops;

impl Oops {
    fn page(
        visit: &Visit,
        status: StatusCode,
        happened: &str,
        detail: &str,
        next: &str,
        code: Option<u16>,
    ) -> Response {
        let title = match status {
            StatusCode::NOT_FOUND => visit.common().not_found,
            _ => visit.common().error_title,
        };
        show_as(status, &OopsPage { page: Page::new(visit, title), happened, detail, next, code })
    }

    /// What the party said.
    pub fn error(visit: &Visit, error: &Error) -> Response {
        let status = match error {
            Error::Misuse(e) if e.code() == Code::NotFound => StatusCode::NOT_FOUND,
            Error::Misuse(_) | Error::Violation(_) => StatusCode::BAD_REQUEST,
            Error::Refusal(_) => StatusCode::CONFLICT,
            Error::Fault(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let common = visit.common();
        let next = if status == StatusCode::SERVICE_UNAVAILABLE { common.retry } else { common.error_kept };
        let happened = codes::text(visit.language, error.code());
        let detail = details::text(visit.language, codes::detail(error));
        Oops::page(visit, status, happened, &detail, next, Some(error.code().number()))
    }

    /// No such page.
    pub fn not_found(visit: &Visit) -> Response {
        let common = visit.common();
        Oops::page(visit, StatusCode::NOT_FOUND, common.not_found, "", common.not_found_next, None)
    }

    /// An address that nobody could have followed from a page of ours.
    pub fn wrong_address(visit: &Visit, happened: &str, next: &str) -> Response {
        Oops::page(visit, StatusCode::BAD_REQUEST, happened, "", next, None)
    }

    /// The token is missing or another one.
    pub fn form_old(visit: &Visit) -> Response {
        let common = visit.common();
        Oops::page(visit, StatusCode::FORBIDDEN, common.form_old, "", common.form_old_next, None)
    }

    /// Sent from another site.
    pub fn foreign(visit: &Visit) -> Response {
        let common = visit.common();
        Oops::page(visit, StatusCode::FORBIDDEN, common.foreign, "", common.foreign_next, None)
    }

    /// A link that is no good any more.
    pub fn link_used(visit: &Visit) -> Response {
        let common = visit.common();
        Oops::page(visit, StatusCode::FORBIDDEN, common.link_used, "", common.sign_in_text, None)
    }

    /// A request that did not come through the door: a bug.
    pub fn nobody() -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

impl Visit {
    /// The shared texts in the visitor's language.
    pub fn common(&self) -> &'static Common {
        Common::of(self.language)
    }
}
