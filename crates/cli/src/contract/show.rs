//! Contracts for people.

use comfy_table::{ContentArrangement, Table};
use semper_support::tinguin::neutral::neutralise_cut;
use serde_json::Value;

use crate::output::{say, say_json};

/// Most characters shown of a name or title that somebody else wrote.
const NAME_CHARS: usize = 120;
/// Most characters shown of one line of a contract's text.
const TEXT_CHARS: usize = 20_000;

/// Every contract, one a line.
pub(super) fn all(reply: &Value, json: bool) {
    let contracts = list(reply, "contracts");
    if json {
        contracts.iter().for_each(say_json);
        return;
    }
    if contracts.is_empty() {
        say("No contracts yet. `semper contract new --help` tells how one is made.");
        return;
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["contract", "title", "parties", "word", "what is due"]);
    for contract in &contracts {
        let id: String = text(contract, "contract").chars().take(12).collect();
        let parties: Vec<String> = list(contract, "parties").iter().map(|party| theirs(party, "name")).collect();
        table.add_row([
            id,
            theirs(contract, "title"),
            parties.join(", "),
            text(contract, "word").to_owned(),
            due(contract),
        ]);
    }
    say(table.to_string());
}

/// What the notary is paid and by whom, and what it takes if it takes no part for that.
pub(crate) fn fee(exchange: &Value) -> Option<String> {
    let fee = exchange.get("fee")?;
    let (amount, payer) = (text(fee, "amount"), theirs(fee, "payer"));
    let stated =
        if amount.is_empty() { "none".to_owned() } else { format!("{amount}, paid by {payer} if it is completed") };
    match fee.get("takes").and_then(Value::as_str) {
        Some(takes) => Some(format!("{stated}; the notary takes {takes}, and no part in this")),
        None => Some(stated).filter(|_| !amount.is_empty()),
    }
}

/// One contract.
pub(super) fn one(contract: &Value, json: bool) {
    if json {
        say_json(contract);
        return;
    }
    say(format!("\"{}\": {}", theirs(contract, "title"), text(contract, "word")));
    say(format!("  {}", text(contract, "sentence")));
    for (label, name) in [
        ("contract", "contract"),
        ("protocol", "protocol"),
        ("fairness", "grade_text"),
        ("expires", "expires"),
        ("opened", "opened"),
    ] {
        if !text(contract, name).is_empty() {
            say(format!("  {label:<9} {}", text(contract, name)));
        }
    }
    say(format!("  {:<9} {}", "notary", theirs(contract, "notary")));
    if let Some(fee) = fee(contract) {
        say(format!("  {:<9} {fee}", "fee"));
    }
    for party in list(contract, "parties") {
        let you = if party.get("you").and_then(Value::as_bool) == Some(true) { " (you)" } else { "" };
        say(format!("  {:<9} {}{you}: {}", "party", theirs(&party, "name"), text(&party, "state_text")));
    }
    for (at, part) in list(contract, "parts").iter().enumerate() {
        say(format!("  {:<9} {}", format!("part {}", at + 1), leg(part)));
    }
    say(format!("  {:<9} {}", "due", due(contract)));
    if !text(contract, "otherwise").is_empty() {
        say(format!("  {:<9} {}", "otherwise", text(contract, "otherwise")));
    }
    if let Some(document) = contract.get("document").filter(|document| document.is_object()) {
        say(format!("  {:<9} {} ({} bytes)", "document", theirs(document, "name"), number(document, "length")));
        say(format!("  {:<9} {}", "sha-256", text(document, "hash")));
    }
    if let Some(terms) = contract.get("text").and_then(Value::as_str) {
        say("  terms:");
        for line in terms.lines() {
            say(format!("    {}", neutralise_cut(line, TEXT_CHARS).text));
        }
    }
    let can: Vec<String> = list(contract, "can").iter().filter_map(|word| word.as_str().map(str::to_owned)).collect();
    if !can.is_empty() {
        say(format!("  {:<9} {}", "you can", can.join(", ")));
    }
}

/// One part of a deal.
fn leg(part: &Value) -> String {
    let (from, to) = (theirs(part, "from"), theirs(part, "to"));
    let state = match text(part, "state") {
        "" => String::new(),
        state => format!(": {state}"),
    };
    match text(part, "what") {
        "letter" => format!("letter {} ({} bytes), {from} -> {to}", theirs(part, "name"), number(part, "length")),
        "compensation" => format!(
            "{} by {from} for {to} until {}; else {}, locked at {}, if {to} claims it before {}{state}",
            theirs(part, "text"),
            text(part, "due"),
            text(part, "amount"),
            theirs(part, "holder"),
            text(part, "until"),
        ),
        "payment" => format!("{}, {from} -> {to}, locked at {}{state}", text(part, "amount"), theirs(part, "holder")),
        _ => format!("signature of {from}"),
    }
}

fn due(contract: &Value) -> String {
    let until = text(contract, "until");
    let act = text(contract, "due");
    if until.is_empty() { act.to_owned() } else { format!("{act} (until {until})") }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// What somebody else wrote, harmless.
fn theirs(value: &Value, name: &str) -> String {
    neutralise_cut(text(value, name), NAME_CHARS).text
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}
