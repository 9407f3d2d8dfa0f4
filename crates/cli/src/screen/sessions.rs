//! `semper screen …`: who is in line for the trusted screen of a running party.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use comfy_table::{ContentArrangement, Table};
use semper_base::{Code, Error, Hash, Misuse, Timestamp};
use semper_node::control;
use semper_support::tinguin::{dialog_to_text, neutral::neutralise};
use semper_web::Display;
use semper_web::screen::{Shown, of_question};
use serde_json::{Value, json};

use super::terminal::text;
use crate::output::{say, say_json};

/// The word of the control socket for the line at the display.
const LINE: &str = "screen-line";
/// The word that ends one of the line: with `id` and `mark`, or `payload` for what is not in line yet.
const WITHDRAW: &str = "screen-withdraw";
/// The word that takes one first.
const FIRST: &str = "screen-first";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Who asks, since when, for which deal; what has the display and what waits behind.
    Sessions(Place),
    /// What one of them says.
    Show(Named),
    /// Show this one first.
    First(Named),
    /// Withdraw one: where it is a question, the answer is no.
    Withdraw(Named),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// The party's data directory.
    #[arg(long)]
    data_dir: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// The party's data directory.
    #[arg(long)]
    data_dir: PathBuf,
    /// Its name in the list, or the beginning of it.
    session: String,
}

/// One who asks.
struct Session {
    id: String,
    name: String,
    asker: String,
    dialog: String,
    since: String,
    state: &'static str,
    text: String,
    /// Of what is in line.
    mark: Option<String>,
    /// Of what is not.
    payload: Option<Hash>,
}

pub(crate) fn run(command: &Command, json: bool) -> Result<ExitCode, Error> {
    match command {
        Command::Sessions(place) => list(&gather(&place.data_dir)?, json),
        Command::Show(named) => {
            let one = find(named)?;
            if json { say_json(&as_json(&one, true)) } else { say(one.text.trim_end()) }
        }
        Command::First(named) => {
            let one = find(named)?;
            control::call(&named.data_dir, &json!({ "command": FIRST, "id": one.id }))?;
            if json { say_json(&as_json(&one, false)) } else { say(one.text.trim_end()) }
        }
        Command::Withdraw(named) => {
            let one = find(named)?;
            let request = json!({ "command": WITHDRAW, "id": one.id, "mark": one.mark, "payload": one.payload });
            control::call(&named.data_dir, &request)?;
            if json {
                say_json(&as_json(&one, true));
            } else {
                say(one.text.trim_end());
                say("\nWithdrawn.");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn gather(directory: &std::path::Path) -> Result<Vec<Session>, Error> {
    let line = control::call(directory, &json!({ "command": LINE }))?;
    let questions = control::call(directory, &json!({ "command": "questions" }))?;
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut all: Vec<Session> = list(&line, "line").iter().map(in_line).collect();
    all.sort_by_key(|one| one.state != "shown");
    let stored = list(&questions, "questions");
    // What was withdrawn already is refused as soon as it comes.
    let refused: Vec<(String, Hash)> =
        serde_json::from_value(line.get("refused").cloned().unwrap_or_default()).unwrap_or_default();
    let is_refused = |shown: &Shown| refused.iter().any(|(id, hash)| *id == shown.id && shown.says(hash));
    let stored = stored.iter().filter_map(of_question);
    let stored = stored.filter(|shown| all.iter().all(|one| one.id != shown.id) && !is_refused(shown));
    let stored: Vec<Session> = stored.map(|shown| in_store(&shown)).collect();
    all.extend(stored);
    Ok(all)
}

fn in_line(one: &Value) -> Session {
    let of = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Session {
        id: of("id"),
        name: of("name"),
        asker: of("asker"),
        dialog: of("dialog"),
        since: of("since"),
        state: if one.get("has_display") == Some(&Value::Bool(true)) { "shown" } else { "waits" },
        text: of("text"),
        mark: Some(of("mark")),
        payload: None,
    }
}

fn in_store(shown: &Shown) -> Session {
    Session {
        id: shown.id.clone(),
        name: shown.name(),
        asker: shown.asker.clone(),
        dialog: shown.screen().map_or("confirm", |screen| screen.kind.as_str()).to_owned(),
        since: shown.since.to_string(),
        state: "waits",
        text: text(shown),
        mark: None,
        payload: shown.screen().map(|screen| screen.payload),
    }
}

fn find(named: &Named) -> Result<Session, Error> {
    let mut all = gather(&named.data_dir)?;
    all.retain(|one| one.name.starts_with(&named.session));
    match (all.pop(), all.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => {
            Err(Misuse::new(Code::Usage, format!("{:?} fits more than one; give more of it", named.session)).into())
        }
        (None, _) => {
            let text = format!("nobody asks under {:?}; `semper screen sessions` lists them", named.session);
            Err(Misuse::new(Code::NotFound, text).into())
        }
    }
}

fn list(all: &[Session], json: bool) {
    if json {
        return all.iter().for_each(|one| say_json(&as_json(one, false)));
    }
    if all.is_empty() {
        return say("Nobody asks at the moment.");
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["session", "what", "for", "since", "state"]);
    for one in all {
        table.add_row([one.name.as_str(), &one.dialog, &neutralise(&one.asker).text, &one.since, one.state]);
    }
    say(table.to_string());
}

fn as_json(one: &Session, with_text: bool) -> Value {
    let mut shown = json!({
        "session": one.name, "id": one.id, "asker": one.asker, "what": one.dialog, "since": one.since, "state": one.state,
    });
    if let (true, Some(members)) = (with_text, shown.as_object_mut()) {
        members.insert("text".to_owned(), json!(one.text));
    }
    shown
}

/// Answers the words of the control socket that are about the display; none if it is another word.
pub(crate) fn own_words(display: &Arc<Display>, word: &str, request: &Value) -> Option<Result<Value, Error>> {
    let of = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
    let hash = |name: &str| Hash::from_hex(of(name));
    Some(match word {
        LINE => Ok(json!({
            "line": display.line().iter().map(described).collect::<Vec<_>>(), "refused": display.refused_ahead(),
        })),
        FIRST => display.take_first(of("id")).map(|()| Value::Null),
        WITHDRAW => match (hash("mark"), hash("payload")) {
            (Some(mark), _) => display.withdraw(of("id"), mark).map(|()| Value::Null),
            (None, Some(payload)) => {
                display.refuse_ahead(of("id"), payload);
                Ok(Value::Null)
            }
            (None, None) => Err(Misuse::new(Code::FieldMissing, "mark").into()),
        },
        _ => return None,
    })
}

fn described(one: &semper_web::screen::Waiting) -> Value {
    let shown = &one.shown;
    let what = shown.screen().map_or(shown.dialog.word(), |screen| screen.kind.as_str());
    let since: Timestamp = shown.since;
    json!({
        "id": shown.id, "name": shown.name(), "asker": shown.asker, "dialog": what, "since": since,
        "has_display": one.has_display, "mark": shown.mark(), "text": dialog_to_text(&shown.dialog, shown.language, 80),
    })
}
