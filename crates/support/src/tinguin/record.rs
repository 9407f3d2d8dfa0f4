//! What is kept of a dialog that signs nothing: what was shown, and what was done. What was typed is not kept.

use semper_base::limits::{DIALOG_CHOICES_MAX, DIALOG_TEXT_CHARS_MAX, SCREEN_TEXT_BYTES_MAX};
use semper_base::{Code, Error, Timestamp, Violation, json};
use serde::{Deserialize, Serialize};

use super::{Dialog, Language, Reply, dialog_to_text};

/// The width that records are written with.
const WIDTH: usize = 80;
/// Longest name of who asked, in bytes.
const ASKER_BYTES_MAX: usize = 256;

/// A record for the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialogRecord {
    /// Version of this format: 1.
    pub version: u64,
    /// Who asked: the row of a deal, or `wallet`.
    pub asker: String,
    /// Which kind of dialog, see [`Dialog::word`].
    pub dialog: String,
    /// The language shown.
    pub language: Language,
    /// The text form, 80 columns.
    pub shown: String,
    /// When it came up.
    pub asked: Timestamp,
    /// When it was answered.
    pub answered: Timestamp,
    /// What was done, see [`Reply::word`].
    pub answer: String,
    /// Which of a list, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chosen: Option<u64>,
}

impl DialogRecord {
    /// The record of a reply to a dialog.
    #[must_use]
    pub fn new(dialog: &Dialog, asker: &str, language: Language, reply: &Reply, times: (Timestamp, Timestamp)) -> Self {
        let chosen = match (dialog, reply) {
            (Dialog::Choose { choices, .. }, Reply::Chosen(name)) => {
                (1..).zip(choices).find(|(_, choice)| choice.name == *name).map(|(number, _)| number)
            }
            _ => None,
        };
        DialogRecord {
            version: 1,
            asker: asker.to_owned(),
            dialog: dialog.word().to_owned(),
            language,
            shown: dialog_to_text(dialog, language, WIDTH),
            asked: times.0,
            answered: times.1.max(times.0),
            answer: reply.word().to_owned(),
            chosen,
        }
    }

    /// Canonical JSON, for the archive. Refuses what [`DialogRecord::read`] would refuse.
    pub fn write(&self) -> Result<String, Error> {
        self.check()?;
        let bytes = json::canonical(self)?;
        Ok(String::from_utf8(bytes).map_err(|_| Violation::new(Code::JsonMalformed, "record"))?)
    }

    /// Reads a record, strictly.
    pub fn read(text: &[u8]) -> Result<Self, Violation> {
        let record: DialogRecord = json::read(text)?;
        record.check()?;
        Ok(record)
    }

    fn check(&self) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::FieldWrong, what));
        let known = ["choose", "form", "message", "show", "yes-no"].contains(&self.dialog.as_str());
        let answered = ["chosen", "filled", "left", "no", "seen", "yes"].contains(&self.answer.as_str());
        match self {
            _ if self.version != 1 => Err(Violation::new(Code::VersionUnknown, "record")),
            _ if self.shown.len() > SCREEN_TEXT_BYTES_MAX.max(DIALOG_TEXT_CHARS_MAX * DIALOG_CHOICES_MAX) => {
                Err(Violation::new(Code::TooLarge, "shown"))
            }
            _ if self.asker.is_empty() || self.asker.len() > ASKER_BYTES_MAX => wrong("asker"),
            _ if !known => wrong("dialog"),
            _ if !answered => wrong("answer"),
            _ if self.answered < self.asked => wrong("answered before it was asked"),
            _ if self.chosen.is_some() && self.answer != "chosen" => wrong("chosen"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Choice, Field, FieldKind};
    use super::*;

    fn times() -> (Timestamp, Timestamp) {
        (Timestamp::from_millis(1000), Timestamp::from_millis(2000))
    }

    #[test]
    fn reads_what_it_wrote_and_keeps_nothing_typed() {
        let field =
            |kind| Field { name: "f".into(), label: "Word".into(), kind, optional: false, value: String::new() };
        let form = Dialog::Form { question: "Which?".into(), fields: vec![field(FieldKind::Secret)] };
        let filled = Reply::Filled([("f".to_owned(), "hunter2".to_owned())].into());
        let record = DialogRecord::new(&form, "wallet", Language::En, &filled, times());
        let text = record.write().unwrap();
        assert!(!text.contains("hunter2") && text.contains("\"filled\""));
        assert_eq!(DialogRecord::read(text.as_bytes()), Ok(record));
        let choices = ["a", "b"].map(|name| Choice { name: name.into(), label: name.into() }).to_vec();
        let choose = Dialog::Choose { question: "Which?".into(), choices };
        let record = DialogRecord::new(&choose, "deal/1", Language::De, &Reply::Chosen("b".into()), times());
        assert_eq!((record.chosen, record.shown.as_str()), (Some(2), "Which?\n\n1. a\n2. b\n"));
    }

    #[test]
    fn records_of_nothing_are_refused() {
        let message = Dialog::Message { severity: super::super::Severity::Info, text: "Done.".into() };
        let good = DialogRecord::new(&message, "wallet", Language::En, &Reply::Seen, times());
        let wrong = [
            DialogRecord { version: 2, ..good.clone() },
            DialogRecord { asker: String::new(), ..good.clone() },
            DialogRecord { dialog: "confirm".into(), ..good.clone() },
            DialogRecord { answer: "signed".into(), ..good.clone() },
            DialogRecord { answered: Timestamp::from_millis(999), ..good.clone() },
            DialogRecord { chosen: Some(1), ..good.clone() },
        ];
        assert!(good.write().is_ok());
        for record in wrong {
            assert!(record.write().is_err(), "{record:?}");
        }
    }
}
