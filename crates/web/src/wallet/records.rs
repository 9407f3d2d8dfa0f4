//! What was shown and answered; whom this wallet knows and why it believes their keys.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use serde_json::{Value, json};

use super::sessions;
use super::view::{self, Theirs};
use crate::door::Inside;
use crate::oops::Oops;
use crate::page::{Page, show};
use crate::texts::wallet::{Contacts, Seen};
use crate::texts::{Language, When, fill};

struct Record {
    id: String,
    kind: String,
    answered: When,
    by: &'static str,
    /// The deal's page, if it is about one.
    path: Option<String>,
}

#[derive(Template)]
#[template(path = "wallet/transcripts.html")]
struct TranscriptsPage {
    page: Page,
    t: &'static Seen,
    records: Vec<Record>,
}

fn record(t: &'static Seen, language: Language, one: &Value) -> Record {
    let kind = view::text(one, "/kind");
    let by = match view::text(one, "/consent") {
        "human" => t.human,
        "policy" => t.policy,
        "script" => t.script,
        _ => t.nobody,
    };
    Record {
        id: view::text(one, "/id").to_owned(),
        kind: view::title(language, kind).unwrap_or_else(|| sessions::dialog(language, kind).to_owned()),
        answered: When::new(language, view::text(one, "/answered")),
        by,
        path: view::deal_of(view::text(one, "/about")).map(|id| format!("/deal/{id}")),
    }
}

/// `/transcripts`
pub(super) async fn transcripts(Inside { visit, .. }: Inside) -> Response {
    let t = Seen::of(visit.language);
    match visit.site.party.call(json!({ "command": "transcripts" })).await {
        Ok(answer) => {
            let records =
                view::list(&answer, "/transcripts").iter().map(|one| record(t, visit.language, one)).collect();
            show(&TranscriptsPage { page: Page::new(&visit, t.title), t, records })
        }
        Err(error) => Oops::error(&visit, &error),
    }
}

#[derive(Template)]
#[template(path = "wallet/transcript.html")]
struct TranscriptPage {
    page: Page,
    t: &'static Seen,
    record: Record,
    asked: When,
    shown: Option<String>,
    facts: Vec<(&'static str, String)>,
}

/// `/transcripts/ABOUT/HASH`
pub(super) async fn transcript(Inside { visit, .. }: Inside, Path(id): Path<String>) -> Response {
    let t = Seen::of(visit.language);
    let one = match visit.site.party.call(json!({ "command": "transcripts", "id": id })).await {
        Ok(one) => one,
        Err(error) => return Oops::error(&visit, &error),
    };
    let record = record(t, visit.language, &one);
    let facts = [(t.payload, "/payload"), (t.wording, "/wording"), (t.key, "/key")];
    let facts = facts.into_iter().filter_map(|(name, path)| Some((name, view::some(&one, path)?))).collect();
    let asked = When::new(visit.language, view::text(&one, "/asked"));
    let page = Page::new(&visit, record.kind.clone());
    show(&TranscriptPage { page, t, record, asked, shown: view::some(&one, "/shown"), facts })
}

struct Contact {
    name: Theirs,
    met: bool,
    role: &'static str,
    why: String,
    until: Option<When>,
    limit: String,
    warranty: String,
    words: String,
    at: String,
    link: String,
    key: String,
    notary: Option<Notary>,
}

/// Of a notary.
struct Notary {
    /// Its place on the list, from 1; none if it is off it.
    place: Option<String>,
    fees: String,
}

#[derive(Template)]
#[template(path = "wallet/contacts.html")]
struct ContactsPage {
    page: Page,
    t: &'static Contacts,
    contacts: Vec<Contact>,
}

/// `/contacts`
pub(super) async fn contacts(Inside { visit, .. }: Inside) -> Response {
    let t = Contacts::of(visit.language);
    match visit.site.party.call(json!({ "command": "contacts" })).await {
        Ok(answer) => {
            let contacts = view::list(&answer, "/contacts").iter().map(|one| contact(t, visit.language, one)).collect();
            show(&ContactsPage { page: Page::new(&visit, t.title), t, contacts })
        }
        Err(error) => Oops::error(&visit, &error),
    }
}

fn notary(t: &'static Contacts, language: Language, one: &Value) -> Option<Notary> {
    if view::text(one, "/role") != "notary" {
        return None;
    }
    let place = one.get("place").and_then(Value::as_u64);
    let fees = one.get("fees").and_then(Value::as_object);
    let fees = fees.into_iter().flatten().map(|(protocol, _)| {
        let amount = view::money(language, one, &format!("/fees/{}", protocol.replace('/', "~1"))).unwrap_or_default();
        let what = match protocol.as_str() {
            "semper-deal/1" => t.fee_deal,
            mail if mail.starts_with("semper-cm") => t.fee_mail,
            _ => t.fee_contract,
        };
        fill(what, &[&amount])
    });
    let mut fees: Vec<String> = fees.collect();
    fees.sort();
    fees.dedup();
    Some(Notary {
        place: place.map(|place| fill(t.list_place, &[&place.to_string()])),
        fees: if fees.is_empty() { t.no_fees.to_owned() } else { fees.join(", ") },
    })
}

fn contact(t: &'static Contacts, language: Language, one: &Value) -> Contact {
    let role = match view::text(one, "/role") {
        "authority" | "ca" => t.authority,
        "bank" => t.bank,
        "broker" => t.broker,
        "notary" => t.notary,
        "seller" => t.seller,
        "buyer" => t.buyer,
        _ => "",
    };
    let issuer = view::some(one, "/issuer").map(|issuer| view::theirs(&issuer).text);
    Contact {
        name: view::theirs(&view::some(one, "/name").unwrap_or_else(|| view::text(one, "/link").to_owned())),
        met: one.get("met").and_then(Value::as_bool).unwrap_or(false),
        role,
        why: issuer.map_or_else(|| t.unknown_issuer.to_owned(), |issuer| fill(t.because, &[&issuer])),
        until: view::when(language, one, "/valid_until"),
        limit: view::money(language, one, "/limit").unwrap_or_else(|| t.no_limit.to_owned()),
        warranty: view::money(language, one, "/warranty").unwrap_or_else(|| t.nothing.to_owned()),
        words: view::text(one, "/fingerprint").to_owned(),
        at: format!("{} ({})", view::text(one, "/server_name"), view::text(one, "/socket")),
        link: view::text(one, "/link").to_owned(),
        key: view::text(one, "/key").to_owned(),
        notary: notary(t, language, one),
    }
}
