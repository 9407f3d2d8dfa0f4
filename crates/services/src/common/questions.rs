//! What waits for the owner at the trusted screen, as the store has it: rows `ask/ID`.

use semper_base::code::Code;
use semper_base::limits::DIALOGS_WAITING_MAX;
use semper_base::tx::Question;
use semper_base::{Error, Violation, json};
use semper_blocks::statement::Compact;
use semper_driver::service::Answer;
use semper_support::access::{Action, Revealed};
use semper_support::tinguin::Outcome;
use serde_json::{Value, json};

use super::access::permit_owner;
use super::{Desk, rows};
use crate::wallet::deal::keep_transcript;

/// The questions that are open.
pub fn open(desk: &Desk<'_, '_>) -> Result<Vec<Question>, Error> {
    let found = desk.tx.scan("ask/", DIALOGS_WAITING_MAX)?;
    found.iter().map(|(key, row)| Ok(rows::parse(key, row)?)).collect()
}

/// `{"command":"questions"}`: what the owner is asked, the oldest first, with what is to be signed.
pub fn list(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let action = Action::Reveal(Revealed::Deals);
    permit_owner(action.clone(), desk)?.require(&action)?;
    let mut list: Vec<Value> = open(desk)?.iter().map(shown).collect();
    list.sort_by(|one, other| since(one).cmp(since(other)));
    Ok(json!({ "questions": list }))
}

fn since(one: &Value) -> &str {
    one.get("since").and_then(Value::as_str).unwrap_or_default()
}

fn shown(question: &Question) -> Value {
    let payload: Value = json::read(question.payload.as_bytes()).unwrap_or_default();
    json!({
        "id": question.id, "asker": question.asker, "kind": question.kind, "payload": question.payload,
        "since": payload.pointer("/semper/issued"),
    })
}

/// Looks at the screen's answer where nobody has yet: it must be a signature over exactly what was asked. What was
/// shown is kept.
pub fn check_answer(answer: &Answer, desk: &mut Desk<'_, '_>) -> Result<(), Error> {
    let question = &answer.question;
    match &answer.outcome {
        Outcome::Signed { statement, transcript, .. } => {
            let compact = Compact::parse(statement)?;
            if compact.payload() != question.payload.as_bytes() || compact.key() != question.key {
                return Err(Violation::new(Code::TermsWrong, "the screen signed something else").into());
            }
            keep_transcript(&question.asker, transcript, desk);
        }
        Outcome::Declined { transcript } => keep_transcript(&question.asker, transcript, desk),
        Outcome::CouldNotAsk => {}
    }
    Ok(())
}
