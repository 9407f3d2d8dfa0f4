//! The locked money of a parcel, on the page of its deal: how it stands, until when, what silence means.

use serde_json::Value;

use super::view;
use crate::texts::wallet::{Deals, Locks};
use crate::texts::{Language, When, fill};

/// What the bank keeps for one parcel.
pub(super) struct Locked {
    pub(super) heading: String,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) until: Option<When>,
    pub(super) silence: Option<&'static str>,
    pub(super) code: Option<String>,
}

/// All of them.
pub(super) fn all(language: Language, deal: &Value) -> Vec<Locked> {
    view::list(deal, "/locks").iter().map(|lock| one(language, deal, lock)).collect()
}

fn number(value: &Value, path: &str) -> Option<String> {
    value.pointer(path).and_then(Value::as_u64).map(|number| number.to_string())
}

fn one(language: Language, deal: &Value, lock: &Value) -> Locked {
    let (t, l) = (Deals::of(language), Locks::of(language));
    let heading = number(lock, "/part").map_or_else(|| t.lock.to_owned(), |part| fill(t.lock_of, &[&part]));
    let word = view::text(lock, "/state");
    let state = match word {
        "agreed" => t.lock_agreed,
        "locked" => t.lock_locked,
        "consigned" => t.lock_consigned,
        "arrived" => t.lock_arrived,
        "disputed" => t.lock_disputed,
        "divided" => t.lock_divided,
        _ => t.lock_returned,
    };
    let mut facts = vec![(t.lock_state, state.to_owned())];
    for (name, path) in [(t.sum, "/amount"), (t.lock_paid, "/paid"), (t.lock_back, "/back")] {
        facts.extend(view::money(language, lock, path).map(|amount| (name, amount)));
    }
    facts.extend(basis(l, view::text(lock, "/basis")).map(|basis| (l.basis, basis.to_owned())));
    let lines = lines(deal, lock);
    if !lines.is_empty() {
        facts.push((l.lines, lines));
    }
    let is_open = !matches!(word, "divided" | "returned");
    let carried = view::some(deal, "/offer/carrier").is_some();
    if matches!(word, "agreed" | "locked" | "consigned") {
        facts.extend(window(l, deal, carried).map(|window| (l.window, window)));
    }
    Locked {
        heading,
        facts,
        until: view::when(language, lock, "/until"),
        silence: silence(l, word, carried, view::text(deal, "/offer/silent")),
        code: view::some(lock, "/pickup_code").filter(|_| is_open),
    }
}

/// What is in the parcel.
fn lines(deal: &Value, lock: &Value) -> String {
    let title = |id: &str| {
        let line = view::list(deal, "/lines").iter().find(|line| view::text(line, "/id") == id);
        view::theirs(line.map_or(id, |line| view::text(line, "/title"))).text
    };
    let line = |line: &Value| Some(format!("{} × {}", number(line, "/quantity")?, title(view::text(line, "/id"))));
    view::list(lock, "/lines").iter().filter_map(line).collect::<Vec<_>>().join(", ")
}

fn window(l: &'static Locks, deal: &Value, carried: bool) -> Option<String> {
    let (come, look) = (number(deal, "/offer/delivery_days")?, number(deal, "/offer/accept_days")?);
    Some(fill(if carried { l.window_carried } else { l.window_days }, &[&come, &look]))
}

/// What happens if nobody says anything; none once it is over.
fn silence(l: &'static Locks, word: &str, carried: bool, silent: &str) -> Option<&'static str> {
    Some(match (word, carried, silent) {
        ("agreed", ..) => l.silence_agreed,
        ("locked", ..) => l.silence_locked,
        ("consigned", true, _) => l.silence_carried,
        ("consigned" | "arrived", ..) => l.silence_looking,
        ("disputed", _, "payee") => l.silence_paid,
        ("disputed", ..) => l.silence_back,
        _ => return None,
    })
}

/// Why it was divided as it was.
fn basis(l: &'static Locks, word: &str) -> Option<&'static str> {
    Some(match word {
        "approved" => l.basis_approved,
        "not-arrived" => l.basis_not_arrived,
        "not-shipped" => l.basis_not_shipped,
        "ruled" => l.basis_ruled,
        "unobjected" => l.basis_unobjected,
        "unruled" => l.basis_unruled,
        _ => return None,
    })
}
