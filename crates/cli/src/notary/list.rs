//! The notaries of a party, and the fees of a notary.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use comfy_table::{ContentArrangement, Table};
use semper_base::{Amount, Code, Currency, Error, Misuse};
use semper_exchange::fair::frame::Protocol;
use semper_node::control;
use semper_support::tinguin::neutral::neutralise_inline;
use serde_json::{Map, Value, json};

use crate::output::{say, say_json};

/// Most characters shown of a name.
const NAME_CHARS: usize = 60;

#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// The party's data directory (a wallet or a shop).
    #[arg(long)]
    data_dir: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    place: Place,
    /// The name of the link to it.
    link: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Fees {
    /// The notary's data directory.
    #[arg(long)]
    data_dir: PathBuf,
    /// A new list of fees: contract=AMOUNT, mail=AMOUNT, deal=AMOUNT, or a protocol such as semper-cs2/1=AMOUNT; `none` for
    /// nothing at all. Once for each.
    #[arg(long, value_name = "WHAT=AMOUNT")]
    set: Vec<String>,
    /// The currency of amounts that name none.
    #[arg(long, default_value = "EUR")]
    currency: String,
}

pub(super) fn show(place: &Place, json: bool) -> Result<ExitCode, Error> {
    tell(&control::call(&place.data_dir, &json!({ "command": "notaries" }))?, json);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn change(one: &One, word: &str, json: bool) -> Result<ExitCode, Error> {
    tell(&control::call(&one.place.data_dir, &json!({ "command": word, "link": one.link }))?, json);
    Ok(ExitCode::SUCCESS)
}

fn tell(reply: &Value, json: bool) {
    let all = reply.get("notaries").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if json {
        all.iter().for_each(say_json);
        return;
    }
    if all.is_empty() {
        say("No notary yet. `semper link notary ADDRESS` opens a link to one.");
        return;
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["", "link", "name", "fingerprint", "fees"]);
    for (at, one) in (1..).zip(all) {
        let text = |name: &str| neutralise_inline(one.get(name).and_then(Value::as_str).unwrap_or("-"), NAME_CHARS);
        let listed = one.get("listed").and_then(Value::as_bool).unwrap_or_default();
        let place = if listed { format!("{at}.") } else { "off the list".to_owned() };
        table.add_row([place, text("link"), text("name"), text("fingerprint"), shown(one.get("fees"))]);
    }
    say(table.to_string());
}

/// Fees in a line, those of one class and amount once.
fn shown(fees: Option<&Value>) -> String {
    let fees = fees.and_then(Value::as_object).into_iter().flatten();
    let fee = |(word, amount): (&String, &Value)| {
        let known = Protocol::ALL.into_iter().find(|protocol| protocol.word() == word).map(class);
        let named = known.unwrap_or(word);
        format!("{named} {}", amount.as_str().unwrap_or("-"))
    };
    let all: BTreeSet<String> = fees.map(fee).collect();
    if all.is_empty() { "none".to_owned() } else { all.into_iter().collect::<Vec<_>>().join(", ") }
}

pub(super) fn fees(fees: &Fees, json: bool) -> Result<ExitCode, Error> {
    let mut request = json!({ "command": "fees" });
    if let Some(members) = request.as_object_mut().filter(|_| !fees.set.is_empty()) {
        members.insert("set".to_owned(), Value::Object(tariff(&fees.set, &fees.currency)?));
    }
    let reply = control::call(&fees.data_dir, &request)?;
    if json {
        say_json(&reply);
        return Ok(ExitCode::SUCCESS);
    }
    say(format!("Fees: {}", shown(reply.get("fees"))));
    for bill in reply.get("bills").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| bill.get(name).and_then(Value::as_str).unwrap_or("-").to_owned();
        let state = match (bill.get("paid"), bill.get("sent").and_then(Value::as_bool)) {
            (Some(Value::Null) | None, Some(true)) => "billed",
            (Some(Value::Null) | None, _) => "the bank has given no reference yet",
            _ => "paid",
        };
        say(format!("{}  {}  {state}", text("xid"), text("amount")));
    }
    Ok(ExitCode::SUCCESS)
}

/// What `--set` says, by protocol.
fn tariff(set: &[String], currency: &str) -> Result<Map<String, Value>, Error> {
    let mut fees = Map::new();
    for one in set.iter().filter(|one| *one != "none") {
        let wrong = || Misuse::new(Code::Usage, format!("--set {one}: contract=0.50, mail=0.20, deal=1.00, or none"));
        let (what, amount) = one.split_once('=').ok_or_else(wrong)?;
        let (number, currency) = amount.split_once(' ').unwrap_or((amount, currency));
        let amount = Amount::parse(number, Currency::parse(currency)?)?.to_string();
        let named = Protocol::ALL.into_iter().filter(|protocol| class(*protocol) == what || protocol.word() == what);
        let mut named = named.peekable();
        named.peek().ok_or_else(wrong)?;
        fees.extend(named.map(|protocol| (protocol.word().to_owned(), json!(amount))));
    }
    Ok(fees)
}

/// What people call what a protocol does.
fn class(protocol: Protocol) -> &'static str {
    match protocol {
        _ if protocol.is_mail() => "mail",
        Protocol::Deal => "deal",
        _ => "contract",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_are_read() {
        let set = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            tariff(&words, "EUR")
        };
        assert!(set(&["none"]).unwrap().is_empty());
        let mail = set(&["mail=0.20"]).unwrap();
        assert_eq!(mail.get("semper-cm/1"), Some(&json!("0.20 EUR")));
        assert_eq!(mail.len(), 2);
        assert_eq!(set(&["semper-cs2/1=1.00 CHF"]).unwrap().get("semper-cs2/1"), Some(&json!("1.00 CHF")));
        for wrong in ["mail", "letter=1.00", "mail=1.001", "mail=x"] {
            assert!(set(&[wrong]).is_err(), "{wrong}");
        }
    }
}
