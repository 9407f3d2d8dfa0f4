//! The summary of an exchange, for people.

use serde_json::Value;

use crate::output::{say, say_json};

pub(super) fn summary(summary: &Value, name: &str, json: bool) {
    if json {
        let mut summary = summary.clone();
        if let Some(members) = summary.as_object_mut() {
            members.insert("kind".to_owned(), name.into());
        }
        say_json(&summary);
        return;
    }
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or("-").to_owned();
    let list = |name: &str| summary.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    say(format!("\nOutcome: {}", text(summary, "outcome")));
    for one in list("holds") {
        let proves = one.get("proves").and_then(Value::as_bool) == Some(true);
        let what = match summary.get("provable").and_then(Value::as_str) {
            _ if !proves => "holds no proof against anybody".to_owned(),
            Some(provable) => format!("can prove {provable}"),
            None => "holds proof of the whole contract".to_owned(),
        };
        say(format!("  {:<9} {} and {what}: {}", text(&one, "party"), text(&one, "word"), text(&one, "pack")));
    }
    for register in list("registers") {
        let rows = register.get("rows").and_then(Value::as_array).cloned().unwrap_or_default();
        let kinds: Vec<String> = rows.iter().map(|row| text(row, "kind")).collect();
        let rows = if kinds.is_empty() { "no rows: it was never asked".to_owned() } else { kinds.join(", ") };
        say(format!("  {:<9} {rows}", text(&register, "register")));
    }
    for one in list("convicted") {
        say(format!("  convicted by own signature: {} ({})", text(&one, "who"), text(&one, "misdeed")));
    }
    say(format!("  root      {}", text(summary, "root")));
    if let Some(one) = list("holds").first() {
        let (pack, root) = (text(one, "pack"), text(summary, "root"));
        say(format!("\nLook around:\n  semper evidence verify {pack} --root {root}"));
    }
}

/// What became of a cheat.
pub(super) fn cheat(summary: &Value, json: bool) {
    if json {
        say_json(summary);
        return;
    }
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or("-").to_owned();
    let list = |name: &str| summary.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let is = |name: &str| summary.get(name).and_then(Value::as_bool) == Some(true);
    say(format!("\n{} lied: {}", text(summary, "liar"), text(summary, "text")));
    for one in list("holds") {
        let proves = one.get("proves").and_then(Value::as_bool) == Some(true);
        let provable = summary.get("provable").and_then(Value::as_str).unwrap_or("the contract");
        let what = if proves { format!("can prove {provable}") } else { format!("cannot prove {provable}") };
        say(format!("  {:<9} {} and {what}", text(&one, "party"), text(&one, "word")));
    }
    for one in list("noticed") {
        say(format!("  {:<9} refused what it was told: {}", text(&one, "party"), text(&one, "text")));
    }
    if list("convicted").is_empty() {
        say("  Nobody is convicted by what the honest parties can show; nobody honest lost anything.");
    }
    for one in list("convicted") {
        say(format!("  convicted by own signature: {} ({})", text(&one, "who"), text(&one, "misdeed")));
    }
    say(if is("fair") { "Nobody honest lost without a verdict." } else { "SOMEBODY HONEST LOST." });
    if !is("as_expected") {
        say(format!("This is NOT what was expected: {}", summary.get("expected").cloned().unwrap_or_default()));
    }
}
