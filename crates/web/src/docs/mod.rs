//! What programs need to know of a party: its pages' machine interfaces as `OpenAPI` 3.1, and the commands
//! that its control socket takes. One table a role; a test compares it with what the parties understand.

mod data;
mod notices;
mod openapi;
mod paying;
mod sending;
mod signing;
mod table;

use askama::Template;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use crate::door::Visit;
use crate::page::{Page, show};
use crate::texts::docs::Docs;

pub use notices::notices;
pub use openapi::document;
pub use table::{Command, commands};

#[derive(Template)]
#[template(path = "docs/page.html")]
struct DocsPage {
    page: Page,
    t: &'static Docs,
    data_dir: String,
    paths: Vec<(&'static str, &'static str)>,
    commands: Vec<Shown>,
    notices: &'static [(&'static str, &'static str)],
}

struct Shown {
    word: &'static str,
    does: &'static str,
    /// Name, type, whether it must be there.
    members: Vec<(String, &'static str, bool)>,
    example: String,
}

impl Shown {
    fn new(command: &Command) -> Self {
        let example = command.request();
        let members = example.as_object().map(|members| members.iter().filter(|(name, _)| *name != "command"));
        let member = |(name, value): (&String, &Value)| (name.clone(), kind(value), !command.may_lack(name));
        let members = members.map(|members| members.map(member).collect()).unwrap_or_default();
        Shown { word: command.word, does: command.does, members, example: example.to_string() }
    }
}

/// The JSON type of a value.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "array",
        Value::Bool(_) => "boolean",
        Value::Null => "null",
        Value::Number(_) => "integer",
        Value::Object(_) => "object",
        Value::String(_) => "string",
    }
}

/// `/docs`: for people.
pub(crate) async fn page(visit: Visit) -> Response {
    let t = Docs::of(visit.language);
    let role = visit.site.role;
    show(&DocsPage {
        page: Page::new(&visit, t.title),
        t,
        data_dir: visit.site.data_dir.clone(),
        paths: openapi::paths(role).to_vec(),
        commands: commands(role).iter().map(Shown::new).collect(),
        notices: notices(role),
    })
}

/// `/docs/openapi.json`: for programs.
pub(crate) async fn json(visit: Visit) -> Response {
    let document = document(visit.site.role, &visit.site.name);
    ([(header::CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")], document.to_string()).into_response()
}
