//! The pages of the authority: the root to compare, the revocation list, and the operator's desk.

mod desk;
mod revoke;

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use semper_base::{Blob64, Error};
use semper_blocks::certificate::pem::{Label, to_pem};
use serde_json::{Value, json};

use crate::door::Visit;
use crate::offices::{count, list, plain, when};
use crate::oops::Oops;
use crate::page::{Entry, Page, show};
use crate::texts::authority::Authority;

/// The menu.
pub(crate) const MENU: &[Entry] = &[
    Entry { path: "/", names: ("This authority", "Diese Stelle"), inside: false },
    Entry { path: "/desk", names: ("Certificates", "Zertifikate"), inside: true },
    Entry { path: "/desk/invite", names: ("Invite", "Einladen"), inside: true },
];

/// The pages.
pub(crate) fn pages() -> Router {
    Router::new()
        .route("/", get(home))
        .route("/root.pem", get(root_pem))
        .route("/status.crl", get(status_list))
        .route("/desk", get(desk::page))
        .route("/desk/invite", get(desk::invite_form).post(desk::invite))
        .route("/desk/revoke", get(revoke::ask).post(revoke::revoke))
}

fn texts(visit: &Visit) -> &'static Authority {
    Authority::of(visit.language)
}

/// Bytes that a command gives as base64url.
fn bytes(value: &Value, member: &str) -> Vec<u8> {
    let blob = value.get(member).cloned().and_then(|blob| serde_json::from_value::<Blob64>(blob).ok());
    blob.map(|blob| blob.0).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "authority/home.html")]
struct Home {
    page: Page,
    t: &'static Authority,
    words: Vec<String>,
    digits: String,
    revocations: String,
}

async fn home(visit: Visit) -> Response {
    let t = texts(&visit);
    let (root, list_now) = match public(&visit).await {
        Ok(found) => found,
        Err(error) => return Oops::error(&visit, &error),
    };
    let time = |member: &str| when(visit.language, &list_now, member).unwrap_or_default().text;
    let revocations = t
        .revocations_text
        .replace("{n}", &count(&list_now, "number").to_string())
        .replace("{from}", &time("from"))
        .replace("{until}", &time("until"))
        .replace("{count}", &count(&list_now, "count").to_string());
    show(&Home {
        page: Page::new(&visit, visit.site.name.clone()),
        t,
        words: several(&root, "words"),
        digits: several(&root, "digits").join(" "),
        revocations,
    })
}

/// A text of several words, or a list of them.
fn several(value: &Value, member: &str) -> Vec<String> {
    let listed = list(value, member).iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
    if listed.is_empty() { plain(value, member).split_whitespace().map(str::to_owned).collect() } else { listed }
}

async fn public(visit: &Visit) -> Result<(Value, Value), Error> {
    let party = &visit.site.party;
    Ok((party.call(json!({ "command": "root" })).await?, party.call(json!({ "command": "revocations" })).await?))
}

fn file(kind: &'static str, name: &'static str, bytes: Vec<u8>) -> Response {
    let named = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, named)], bytes).into_response()
}

async fn root_pem(visit: Visit) -> Response {
    let root = match visit.site.party.call(json!({ "command": "root" })).await {
        Ok(root) => root,
        Err(error) => return Oops::error(&visit, &error),
    };
    match to_pem(Label::Certificate, &bytes(&root, "root")) {
        Ok(pem) => file("application/x-pem-file", "root.pem", pem.into_bytes()),
        Err(error) => Oops::error(&visit, &error.into()),
    }
}

async fn status_list(visit: Visit) -> Response {
    match visit.site.party.call(json!({ "command": "revocations" })).await {
        Ok(found) => file("application/pkix-crl", "status.crl", bytes(&found, "list")),
        Err(error) => Oops::error(&visit, &error),
    }
}
