//! The operator's desk: what was issued, who was invited, and inviting somebody.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use semper_base::{Code, Millis, Timestamp};
use serde_json::{Value, json};

use super::texts;
use crate::door::{Inside, Visit};
use crate::forms::{Form, Wrong};
use crate::offices::{Asked, joined, list, plain, said, when};
use crate::oops::Oops;
use crate::page::{Page, show, show_as};
use crate::texts::When;
use crate::texts::authority::Authority;

/// Certificates of one page.
const LINES: u64 = 50;
/// From when on a certificate ends soon.
const SOON: Millis = Millis::days(30);

/// A certificate as a line.
struct Line {
    serial: String,
    /// As it is registered, and as it is shown.
    raw: String,
    name: String,
    role: String,
    kind: &'static str,
    ends: When,
    word: &'static str,
    colour: &'static str,
    /// Whether it can be revoked.
    is_good: bool,
}

#[derive(Template)]
#[template(path = "authority/desk.html")]
struct Desk {
    page: Page,
    t: &'static Authority,
    q: String,
    lines: Vec<Line>,
    /// Role, name, certificates.
    invitations: Vec<(String, String, String)>,
    next: Option<String>,
}

pub(super) async fn page(inside: Inside, asked: Asked) -> Response {
    let visit = &inside.visit;
    let t = texts(visit);
    let (q, party) = (asked.get("q").to_owned(), &visit.site.party);
    let after = Some(asked.get("after")).filter(|after| !after.is_empty());
    let request = json!({ "command": "certificates", "text": q, "after": after, "limit": LINES });
    let found = match party.call(request).await {
        Ok(found) => found,
        Err(error) => return Oops::error(visit, &error),
    };
    let waiting = match party.call(json!({ "command": "invitations" })).await {
        Ok(waiting) => waiting,
        Err(error) => return Oops::error(visit, &error),
    };
    let now = Timestamp::parse(plain(&found, "now")).unwrap_or(Timestamp::EPOCH);
    let waiting = list(&waiting, "invitations").iter();
    let waiting = waiting.map(|one| (t.role_name(plain(one, "role")), said(one, "name"), joined(one, "certificates")));
    let notice = (asked.get("done") == "revoked").then_some(t.revoked_done);
    show(&Desk {
        page: Page::new(visit, t.desk).noting(notice),
        t,
        q,
        lines: list(&found, "certificates").iter().map(|line| self::line(visit, t, now, line)).collect(),
        invitations: waiting.collect(),
        next: found.get("next").and_then(Value::as_str).map(str::to_owned),
    })
}

fn line(visit: &Visit, t: &Authority, now: Timestamp, line: &Value) -> Line {
    let ends_at = Timestamp::parse(plain(line, "not_after"));
    let (word, colour) = if line.get("revoked").is_some_and(|revoked| !revoked.is_null()) {
        (t.revoked, "bad")
    } else if ends_at.is_some_and(|ends| ends < now) {
        (t.ended, "")
    } else if ends_at.is_some_and(|ends| ends < now.plus(SOON)) {
        (t.soon, "warn")
    } else {
        (t.valid, "good")
    };
    Line {
        serial: plain(line, "serial").to_owned(),
        raw: plain(line, "name").to_owned(),
        name: said(line, "name"),
        role: t.role_name(plain(line, "role")),
        kind: t.kind_name(plain(line, "kind")),
        ends: when(visit.language, line, "not_after").unwrap_or_default(),
        word,
        colour,
        is_good: word != t.revoked && word != t.ended && plain(line, "role") != "authority",
    }
}

#[derive(Template)]
#[template(path = "authority/invite.html")]
struct Invite {
    page: Page,
    t: &'static Authority,
    /// The roles: word, name, whether it is chosen.
    roles: Vec<(&'static str, &'static str, bool)>,
    name: String,
    limit: String,
    warranty: String,
    wrong: Wrong,
}

/// The roles that can be invited, with the certificates that each needs.
const ROLES: [(&str, &[&str]); 5] = [
    ("buyer", &["statement"]),
    ("seller", &["statement", "seal", "tls"]),
    ("bank", &["statement", "tls"]),
    ("notary", &["statement", "seal", "stamp", "tls"]),
    ("broker", &["statement", "tls"]),
];

pub(super) async fn invite_form(inside: Inside) -> Response {
    form(&inside.visit, &Form::default(), Wrong::default())
}

fn form(visit: &Visit, typed: &Form, wrong: Wrong) -> Response {
    let t = texts(visit);
    let names = [t.buyer, t.seller, t.bank, t.notary, t.broker];
    let roles = ROLES.into_iter().zip(names).map(|((word, _), name)| (word, name, word == typed.get("role")));
    let text = |field: &str| typed.get(field).to_owned();
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (name, limit, warranty) = (text("name"), text("limit"), text("warranty"));
    show_as(
        status,
        &Invite { page: Page::new(visit, t.invite), t, roles: roles.collect(), name, limit, warranty, wrong },
    )
}

#[derive(Template)]
#[template(path = "authority/invited.html")]
struct Invited {
    page: Page,
    t: &'static Authority,
    code: String,
    command: String,
}

/// Invites. The code is in the answer to the form itself: it is shown once, so there is no address that
/// would show it again. Sent again, the name is taken, and no second code is made.
pub(super) async fn invite(inside: Inside, typed: Form) -> Response {
    let visit = &inside.visit;
    let t = texts(visit);
    let mut wrong = Wrong::default();
    let name = typed.get("name");
    if name.is_empty() || name.chars().count() > semper_base::limits::CERTIFICATE_NAME_CHARS_MAX {
        wrong.note("name", t.name_wrong);
    }
    let role = ROLES.into_iter().find(|(word, _)| *word == typed.get("role"));
    let Some((role, certificates)) = role.filter(|_| wrong.is_empty()) else {
        if role.is_none() {
            wrong.note("role", t.role_wrong);
        }
        return form(visit, &typed, wrong);
    };
    let money = |field: &str| Some(typed.get(field)).filter(|text| !text.is_empty()).map(|text| text.replace(',', "."));
    let amount = |field: &str| money(field).map(|text| if text.contains(' ') { text } else { format!("{text} EUR") });
    let request = json!({
        "command": "invite", "role": role, "name": name, "certificates": certificates,
        "limit": amount("limit"), "warranty": amount("warranty"),
    });
    match visit.site.party.call(request).await {
        Ok(reply) => {
            let code = plain(&reply, "code").to_owned();
            let word = match role {
                "buyer" => "wallet",
                "seller" => "shop",
                other => other,
            };
            let command = format!(
                "semper serve {word} --data-dir DIR --name \"{name}\" --ca ADDRESS --root root.pem --code {code}"
            );
            let page = Page::new(visit, t.invited.replace("{name}", name));
            show(&Invited { page, t, code, command })
        }
        Err(error) => {
            match error.code() {
                Code::NameTaken => wrong.note("name", t.name_taken),
                Code::AmountMalformed | Code::AmountOverflow | Code::CurrencyUnknown => {
                    wrong.note("limit", t.limit_wrong);
                }
                _ => return Oops::error(visit, &error),
            }
            form(visit, &typed, wrong)
        }
    }
}
