//! The pages of the notary: what it does, how it is, what it decided. And its door for time stamps, where
//! programs of others ask as RFC 3161 section 3.4 says.

use std::time::{SystemTime, UNIX_EPOCH};

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use semper_base::{Blob64, Error, Timestamp};
use serde_json::{Value, json};

use crate::door::{Inside, Visit};
use crate::offices::{count, list, plain, when};
use crate::oops::Oops;
use crate::page::{Entry, Page, show};
use crate::texts::notary::Notary;
use crate::texts::{When, fill, money};

/// The menu.
pub(crate) const MENU: &[Entry] = &[
    Entry { path: "/", names: ("This notary", "Dieser Notar"), inside: false },
    Entry { path: "/log", names: ("Public log", "Öffentliches Protokoll"), inside: false },
    Entry { path: "/theatre", names: ("Theatre", "Theater"), inside: false },
    Entry { path: "/health", names: ("Health", "Zustand"), inside: false },
    Entry { path: "/desk", names: ("Register", "Register"), inside: true },
];

/// Difference of clocks that nobody need mind, in milliseconds.
const CLOCK_TOLERANCE: u64 = 5_000;

/// The pages.
pub(crate) fn pages() -> Router {
    Router::new().route("/", get(home)).route("/health", get(health)).route("/desk", get(desk)).route("/tsa", post(tsa))
}

/// The types of what is sent and answered (RFC 3161 section 3.4).
const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";

/// A time stamp for whoever asks. What is wrong with a request stands in the answer, in the form of the RFC.
async fn tsa(visit: Visit, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind != Some(QUERY) {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/timestamp-query (RFC 3161)\n").into_response();
    }
    let request = json!({ "command": "stamp", "request": Blob64(body.to_vec()) });
    let reply = visit.site.party.call(request).await.ok();
    let reply = reply.and_then(|reply| serde_json::from_value::<Blob64>(reply.get("reply")?.clone()).ok());
    match reply {
        Some(reply) => ([(header::CONTENT_TYPE, REPLY)], reply.0).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "no stamps are made at the moment\n").into_response(),
    }
}

fn texts(visit: &Visit) -> &'static Notary {
    Notary::of(visit.language)
}

#[derive(Template)]
#[template(path = "notary/home.html")]
struct Home {
    page: Page,
    t: &'static Notary,
    /// What it takes.
    fees: String,
    /// How a program asks for a stamp.
    commands: [String; 3],
}

/// What it takes, each amount once.
async fn fees(visit: &Visit) -> String {
    let t = texts(visit);
    let answer = visit.site.party.call(json!({ "command": "fees" })).await.unwrap_or_default();
    let fees = answer.get("fees").and_then(Value::as_object).into_iter().flatten();
    let line = |(protocol, amount): (&String, &Value)| {
        let what = match protocol.as_str() {
            "semper-deal/1" => t.fee_deal,
            mail if mail.starts_with("semper-cm") => t.fee_mail,
            _ => t.fee_contract,
        };
        fill(what, &[&money(visit.language, amount.as_str().unwrap_or("-"))])
    };
    let mut lines: Vec<String> = fees.map(line).collect();
    lines.sort();
    lines.dedup();
    if lines.is_empty() { t.fee_none.to_owned() } else { lines.join(", ") }
}

async fn home(visit: Visit) -> Response {
    let commands = [
        "openssl ts -query -data FILE -sha256 -cert -out query.tsq".to_owned(),
        format!("curl -H 'Content-Type: {QUERY}' --data-binary @query.tsq {}tsa -o reply.tsr", visit.site.address()),
        "openssl ts -verify -queryfile query.tsq -in reply.tsr -CAfile root.pem".to_owned(),
    ];
    let fees = fees(&visit).await;
    show(&Home { page: Page::new(&visit, visit.site.name.clone()), t: texts(&visit), fees, commands })
}

#[derive(Template)]
#[template(path = "notary/health.html")]
struct Health {
    page: Page,
    t: &'static Notary,
    clock: When,
    machine: When,
    /// What the comparison of the clocks says, and whether they agree.
    agree: (String, bool),
    facts: Vec<(&'static str, String)>,
    counts: Vec<(&'static str, u64)>,
}

async fn asked(visit: &Visit) -> Result<[Value; 3], Error> {
    let ask = |word: &'static str| visit.site.party.call(json!({ "command": word }));
    Ok([ask("pulse").await?, ask("requests").await?, ask("stamps").await?])
}

fn machine_time() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

async fn health(visit: Visit) -> Response {
    let t = texts(&visit);
    let [pulse, requests, stamps] = match asked(&visit).await {
        Ok(found) => found,
        Err(error) => return Oops::error(&visit, &error),
    };
    let now = machine_time();
    let own = Timestamp::parse(plain(&pulse, "time")).unwrap_or(now);
    let apart = own.since(now).0.max(now.since(own).0);
    let agree = if apart <= CLOCK_TOLERANCE {
        (t.clock_good.to_owned(), true)
    } else {
        (t.clock_bad.replace("{n}", &(apart / 1000).to_string()), false)
    };
    let number = |member: &str| pulse.get(member).and_then(Value::as_u64).map(|number| number.to_string());
    let certified = stamps.get("certified").and_then(Value::as_bool).unwrap_or(false);
    let facts = [
        (t.stamps_ready, Some(if certified { t.stamps_yes } else { t.stamps_none }.to_owned())),
        (t.stamps_made, Some(count(&stamps, "made").to_string())),
        (t.open, Some(count(&requests, "open").to_string())),
        (t.commit, number("commit")),
        (t.waiting, number("waiting")),
        (t.parked, number("parked")),
        (t.archived, number("archived")),
    ];
    show(&Health {
        page: Page::new(&visit, t.health),
        t,
        clock: when(visit.language, &pulse, "time").unwrap_or_default(),
        machine: When::new(visit.language, &now.to_string()),
        agree,
        facts: facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        counts: counts(t, &requests),
    })
}

fn counts(t: &Notary, requests: &Value) -> Vec<(&'static str, u64)> {
    let counts = requests.get("counts").and_then(Value::as_object);
    let line = |(word, count): (&String, &Value)| (t.decision(word), count.as_u64().unwrap_or(0));
    counts.map(|counts| counts.iter().map(line).collect()).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "notary/desk.html")]
struct Desk {
    page: Page,
    t: &'static Notary,
    counts: Vec<(&'static str, u64)>,
    /// Exchange, begun, decisions.
    lines: Vec<(String, When, String)>,
}

async fn desk(inside: Inside) -> Response {
    let visit = &inside.visit;
    let t = texts(visit);
    let found = match visit.site.party.call(json!({ "command": "requests" })).await {
        Ok(found) => found,
        Err(error) => return Oops::error(visit, &error),
    };
    let line = |line: &Value| {
        let (word, complaint) = (plain(line, "word"), line.get("complaint").and_then(Value::as_bool).unwrap_or(false));
        let words =
            [Some(t.decision(word)).filter(|_| word != "blank" || !complaint), complaint.then_some(t.wrong_file)];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        (plain(line, "xid").to_owned(), when(visit.language, line, "opened").unwrap_or_default(), words.join("; "))
    };
    let lines = list(&found, "requests").iter().map(line).collect();
    show(&Desk { page: Page::new(visit, t.desk), t, counts: counts(t, &found), lines })
}
