//! The pages of the notary: what it does, how it is, what it decided.

use std::time::{SystemTime, UNIX_EPOCH};

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use semper_base::{Error, Timestamp};
use serde_json::{Value, json};

use crate::door::{Inside, Visit};
use crate::offices::{count, list, plain, when};
use crate::oops::Oops;
use crate::page::{Entry, Page, show};
use crate::texts::When;
use crate::texts::notary::Notary;

/// The menu.
pub(crate) const MENU: &[Entry] = &[
    Entry { path: "/", names: ("This notary", "Dieser Notar"), inside: false },
    Entry { path: "/health", names: ("Health", "Zustand"), inside: false },
    Entry { path: "/desk", names: ("Register", "Register"), inside: true },
];

/// Difference of clocks that nobody need mind, in milliseconds.
const CLOCK_TOLERANCE: u64 = 5_000;

/// The pages.
pub(crate) fn pages() -> Router {
    Router::new().route("/", get(home)).route("/health", get(health)).route("/desk", get(desk))
}

fn texts(visit: &Visit) -> &'static Notary {
    Notary::of(visit.language)
}

#[derive(Template)]
#[template(path = "notary/home.html")]
struct Home {
    page: Page,
    t: &'static Notary,
}

async fn home(visit: Visit) -> Response {
    show(&Home { page: Page::new(&visit, visit.site.name.clone()), t: texts(&visit) })
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

async fn asked(visit: &Visit) -> Result<(Value, Value), Error> {
    let party = &visit.site.party;
    Ok((party.call(json!({ "command": "pulse" })).await?, party.call(json!({ "command": "requests" })).await?))
}

fn machine_time() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

async fn health(visit: Visit) -> Response {
    let t = texts(&visit);
    let (pulse, requests) = match asked(&visit).await {
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
    let facts = [
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
