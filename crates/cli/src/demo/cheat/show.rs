//! What came of a cheat, for people.

use comfy_table::Table;
use serde_json::Value;

use crate::demo::script::text;
use crate::output::say;

pub(super) fn summary(summary: &Value) {
    say(format!("\nThe lie: {}", text(summary, "text")));
    say("\nWhat the honest parties noticed");
    let noticed = list(summary, "/noticed");
    for one in &noticed {
        let code = one.get("code").and_then(Value::as_u64).unwrap_or_default();
        let (party, message) = (text(one, "party"), text(one, "message"));
        say(format!("  {party:<8} refused a message ({message}): {} [{code}]", text(one, "text")));
    }
    if noticed.is_empty() {
        say("  Nothing that is against the rules.");
    }
    say("\nWhat stands in the registers");
    for register in list(summary, "/registers") {
        let rows = list(register, "/rows");
        let kinds: Vec<&str> = rows.iter().map(|row| text(row, "kind")).collect();
        let kinds = if kinds.is_empty() { "no rows".to_owned() } else { kinds.join(", ") };
        say(format!("  {:<8} {kinds}", text(register, "register")));
    }
    say("\nWho holds what");
    say(holds(summary).to_string());
    judge(summary);
    end(summary);
}

fn holds(summary: &Value) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN).set_header(["", "money before", "after", "the file"]);
    for (who, file) in [("buyer", ["cannot read it", "has it"]), ("seller", ["keeps it", "keeps it"])] {
        let at = |name: &str| summary.pointer(&format!("/holds/{who}/{name}")).cloned().unwrap_or_default();
        let money = |name: &str| at(name).as_str().unwrap_or_default().to_owned();
        let [without, with] = file;
        let file = if at("file") == Value::Bool(true) { with } else { without };
        table.add_row([who.to_owned(), money("money_before"), money("money_after"), file.to_owned()]);
    }
    table
}

fn judge(summary: &Value) {
    say("\nWhat the judge says, from the evidence packs of the honest parties");
    if list(summary, "/packs").is_empty() {
        say("  There is no contract, so there is nothing to judge: nobody is bound to anything.");
        return;
    }
    for who in ["buyer", "seller"] {
        let sentence = summary.pointer(&format!("/holds/{who}/by_judge/sentence")).and_then(Value::as_str);
        say(format!("  {who:<8} {}", sentence.unwrap_or("-")));
    }
    let convicted = list(summary, "/convicted");
    for one in &convicted {
        say(format!("  CONVICTED by own signature: the {} ({})", text(one, "who"), text(one, "misdeed")));
    }
    if convicted.is_empty() {
        say("  Nobody is convicted: the lie left no signature that contradicts another.");
    }
    for pack in list(summary, "/packs") {
        say(format!("  {}", text(pack, "file")));
    }
    say(format!("  root {}", text(summary, "root")));
}

fn end(summary: &Value) {
    let end = match text(summary, "end") {
        "sold" => "The file for the money, as agreed: the lie gained nothing.",
        "unsold" => "Nobody paid and nobody has the file: the lie gained nothing.",
        "verdict" => "Somebody honest has lost something, and the evidence wins the dispute.",
        _ => "SOMEBODY HONEST HAS LOST SOMETHING, AND NO EVIDENCE SHOWS IT.",
    };
    say(format!("\n{end}"));
    if summary.get("as_expected") != Some(&Value::Bool(true)) {
        say(format!("THIS IS NOT WHAT WAS EXPECTED: {}", summary.get("expected").cloned().unwrap_or_default()));
    }
}

fn list<'v>(value: &'v Value, pointer: &str) -> Vec<&'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten().collect()
}
