//! The kinds of dialog, and which reply fits which.

use std::collections::BTreeMap;

use semper_base::limits::{DIALOG_CHOICES_MAX, DIALOG_FIELDS_MAX, DIALOG_TEXT_CHARS_MAX};
use semper_base::{Amount, Code, Currency, Misuse, Violation};

use super::screen::Screen;

/// How serious a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something may go wrong.
    Warning,
    /// Something went wrong.
    Error,
}

/// What a field of a form takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// An amount of this currency, written `184.90`.
    Amount(Currency),
    /// A whole number.
    Count {
        /// The largest.
        max: u64,
    },
    /// A pass phrase: not echoed, not kept in any transcript.
    Secret,
    /// One line of text.
    Text {
        /** the most characters */
        chars_max: usize,
    },
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name that the reply uses.
    pub name: String,
    /// What the user reads.
    pub label: String,
    /// What it takes.
    pub kind: FieldKind,
    /// Whether it may stay empty.
    pub optional: bool,
    /// What stands in it before anybody has typed; empty for nothing, and always for a secret.
    pub value: String,
}

/// One of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The name that the reply uses.
    pub name: String,
    /// What the user reads.
    pub label: String,
}

/// What the manager shows. All texts but those of a [`Screen`] may hold words of others: whoever draws
/// them neutralises them first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// One of a list.
    Choose {
        /** what is asked */
        question: String,
        /** at least one */
        choices: Vec<Choice>,
    },
    /// A statement, to be signed or not.
    Confirm(Box<Screen>),
    /// Fields to fill.
    Form {
        /** what is asked */
        question: String,
        /** at least one */
        fields: Vec<Field>,
    },
    /// Something to know; stays until it was seen.
    Message {
        /** how serious */
        severity: Severity,
        /** the text */
        text: String,
    },
    /// A statement, to be read.
    Show(Box<Screen>),
    /// What is going on; needs no reply and gives way to the next dialog.
    Status {
        /** the text */
        text: String,
    },
    /// A question with two answers, each in its own words. Never for what is signed.
    YesNo {
        /** what is asked */
        question: String,
        /** the button for yes */
        yes: String,
        /** the button for no */
        no: String,
    },
}

/// What the user did.
#[derive(Clone, PartialEq, Eq)]
pub enum Reply {
    /// Left without an answer; never counts as a yes.
    Cancelled,
    /// Chose this one.
    Chosen(String),
    /// Agreed to sign.
    Confirmed,
    /// Filled in the form.
    Filled(BTreeMap<String, String>),
    /// No, or refused to sign.
    Refused,
    /// Read it.
    Seen,
    /// Yes.
    Yes,
}

impl Reply {
    /// Its word in a record: what was done, never what was typed.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Reply::Cancelled => "left",
            Reply::Chosen(_) => "chosen",
            Reply::Confirmed | Reply::Yes => "yes",
            Reply::Filled(_) => "filled",
            Reply::Refused => "no",
            Reply::Seen => "seen",
        }
    }
}

impl std::fmt::Debug for Reply {
    /// Names only: a field may hold a pass phrase.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reply::Cancelled => f.write_str("Cancelled"),
            Reply::Chosen(name) => write!(f, "Chosen({name:?})"),
            Reply::Confirmed => f.write_str("Confirmed"),
            Reply::Filled(values) => write!(f, "Filled({:?})", values.keys()),
            Reply::Refused => f.write_str("Refused"),
            Reply::Seen => f.write_str("Seen"),
            Reply::Yes => f.write_str("Yes"),
        }
    }
}

impl Field {
    fn check(&self) -> Result<(), Misuse> {
        match self.kind {
            FieldKind::Secret if !self.value.is_empty() => {
                Err(Misuse::new(Code::FieldWrong, "a secret is typed, not shown"))
            }
            _ => check_text(&self.value),
        }
    }
}

impl Dialog {
    /// Its word, as lists and records have it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Dialog::Choose { .. } => "choose",
            Dialog::Confirm(_) => "confirm",
            Dialog::Form { .. } => "form",
            Dialog::Message { .. } => "message",
            Dialog::Show(_) => "show",
            Dialog::Status { .. } => "status",
            Dialog::YesNo { .. } => "yes-no",
        }
    }

    /// What stands for leaving it for good: a no where there is a no, else no answer.
    #[must_use]
    pub fn withdrawn(&self) -> Reply {
        match self {
            Dialog::Confirm(_) | Dialog::YesNo { .. } => Reply::Refused,
            Dialog::Message { .. } | Dialog::Show(_) => Reply::Seen,
            Dialog::Choose { .. } | Dialog::Form { .. } | Dialog::Status { .. } => Reply::Cancelled,
        }
    }

    /// Whether it gives way to any dialog that wants an answer.
    #[must_use]
    pub fn gives_way(&self) -> bool {
        matches!(self, Dialog::Message { .. } | Dialog::Status { .. })
    }

    /// Refuses a dialog that cannot be shown or answered: texts too long, names twice, nothing to
    /// choose, a translation to be signed.
    pub fn check(&self) -> Result<(), Misuse> {
        match self {
            Dialog::Choose { question, choices } => {
                let names = choices.iter().map(|choice| (&choice.name, &choice.label));
                check_text(question).and_then(|()| check_names(names, DIALOG_CHOICES_MAX))
            }
            Dialog::Confirm(screen) if !screen.may_be_signed() => {
                Err(Misuse::new(Code::StateWrong, "a translation is not signed"))
            }
            Dialog::Confirm(_) | Dialog::Show(_) => Ok(()),
            Dialog::Form { question, fields } => {
                let names = fields.iter().map(|field| (&field.name, &field.label));
                check_text(question).and_then(|()| check_names(names, DIALOG_FIELDS_MAX))?;
                fields.iter().try_for_each(Field::check)
            }
            Dialog::Message { text, .. } | Dialog::Status { text } => check_text(text),
            Dialog::YesNo { question, yes, no } => {
                [question, yes, no].into_iter().try_for_each(|text| check_text(text))
            }
        }
    }

    /// Refuses a reply that does not fit this dialog. [`Reply::Cancelled`] fits all but a status line.
    pub fn check_reply(&self, reply: &Reply) -> Result<(), Violation> {
        let fits = match (self, reply) {
            (Dialog::Status { .. }, _) => false,
            (_, Reply::Cancelled)
            | (Dialog::Confirm(_), Reply::Confirmed | Reply::Refused)
            | (Dialog::Message { .. } | Dialog::Show(_), Reply::Seen)
            | (Dialog::YesNo { .. }, Reply::Yes | Reply::Refused) => true,
            (Dialog::Choose { choices, .. }, Reply::Chosen(name)) => choices.iter().any(|choice| choice.name == *name),
            (Dialog::Form { fields, .. }, Reply::Filled(values)) => return check_form(fields, values),
            _ => false,
        };
        if fits { Ok(()) } else { Err(Violation::new(Code::FieldWrong, "this reply does not fit the dialog")) }
    }
}

fn check_text(text: &str) -> Result<(), Misuse> {
    if text.chars().count() > DIALOG_TEXT_CHARS_MAX { Err(Misuse::new(Code::TooLarge, "dialog text")) } else { Ok(()) }
}

fn check_names<'a>(names: impl Iterator<Item = (&'a String, &'a String)>, most: usize) -> Result<(), Misuse> {
    let mut seen = std::collections::BTreeSet::new();
    for (name, label) in names {
        check_text(name)?;
        check_text(label)?;
        if !seen.insert(name) {
            return Err(Misuse::new(Code::FieldWrong, "two entries of a dialog with one name"));
        }
    }
    if (1..=most).contains(&seen.len()) { Ok(()) } else { Err(Misuse::new(Code::TooMany, "entries of a dialog")) }
}

fn check_form(fields: &[Field], values: &BTreeMap<String, String>) -> Result<(), Violation> {
    if let Some(name) = values.keys().find(|name| fields.iter().all(|field| field.name != **name)) {
        return Err(Violation::new(Code::FieldUnknown, name));
    }
    for field in fields {
        match values.get(&field.name).filter(|value| !value.is_empty()) {
            None if field.optional => {}
            None => return Err(Violation::new(Code::FieldMissing, &field.name)),
            Some(value) => check_value(field, value)?,
        }
    }
    Ok(())
}

fn check_value(field: &Field, value: &str) -> Result<(), Violation> {
    let chars = value.chars().count();
    let fits = match field.kind {
        FieldKind::Amount(currency) => Amount::parse(value, currency).is_ok(),
        FieldKind::Count { max } => {
            value.bytes().all(|b| b.is_ascii_digit()) && value.parse().is_ok_and(|n: u64| n <= max)
        }
        FieldKind::Secret => chars <= DIALOG_TEXT_CHARS_MAX,
        FieldKind::Text { chars_max } => chars <= chars_max && !value.contains(char::is_control),
    };
    if fits { Ok(()) } else { Err(Violation::new(Code::FieldWrong, &field.name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Dialog {
        let field = |name: &str, kind, optional| Field {
            name: name.into(),
            label: name.into(),
            kind,
            optional,
            value: String::new(),
        };
        let fields = vec![
            field("limit", FieldKind::Amount(Currency::EUR), false),
            field("note", FieldKind::Text { chars_max: 4 }, true),
            field("days", FieldKind::Count { max: 30 }, true),
        ];
        Dialog::Form { question: "How much?".into(), fields }
    }

    fn filled(values: &[(&str, &str)]) -> Reply {
        Reply::Filled(values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn a_form_takes_only_what_it_asks_for() {
        let code = |values| form().check_reply(&filled(values)).map_err(|e| e.code());
        assert_eq!(code(&[("limit", "5.00")]), Ok(()));
        assert_eq!(code(&[("limit", "5.00"), ("note", "ab"), ("days", "30")]), Ok(()));
        assert_eq!(code(&[]), Err(Code::FieldMissing));
        assert_eq!(code(&[("limit", "-1")]), Err(Code::FieldWrong));
        assert_eq!(code(&[("limit", "5"), ("note", "abcde")]), Err(Code::FieldWrong));
        assert_eq!(code(&[("limit", "5"), ("note", "a\n")]), Err(Code::FieldWrong));
        assert_eq!(code(&[("limit", "5"), ("days", "31")]), Err(Code::FieldWrong));
        assert_eq!(code(&[("limit", "5"), ("days", "+3")]), Err(Code::FieldWrong));
        assert_eq!(code(&[("limit", "5"), ("more", "x")]), Err(Code::FieldUnknown));
    }

    #[test]
    fn replies_fit_their_dialog() {
        let ask = Dialog::YesNo { question: "Sure?".into(), yes: "Go on".into(), no: "Stop".into() };
        assert!(ask.check_reply(&Reply::Yes).is_ok() && ask.check_reply(&Reply::Refused).is_ok());
        assert!(ask.check_reply(&Reply::Confirmed).is_err());
        let pick =
            Dialog::Choose { question: "Which?".into(), choices: vec![Choice { name: "a".into(), label: "A".into() }] };
        assert!(pick.check_reply(&Reply::Chosen("a".into())).is_ok());
        assert!(pick.check_reply(&Reply::Chosen("b".into())).is_err());
        assert!(Dialog::Status { text: "…".into() }.check_reply(&Reply::Cancelled).is_err());
        assert!(form().check_reply(&Reply::Cancelled).is_ok());
    }

    #[test]
    fn dialogs_nobody_can_answer_are_refused() {
        let twice = Choice { name: "a".into(), label: "A".into() };
        let choose = |choices| Dialog::Choose { question: "Which?".into(), choices }.check().map_err(|e| e.code());
        assert_eq!(choose(vec![]), Err(Code::TooMany));
        assert_eq!(choose(vec![twice.clone(), twice]), Err(Code::FieldWrong));
        let long = "x".repeat(DIALOG_TEXT_CHARS_MAX + 1);
        assert_eq!(Dialog::Status { text: long }.check().unwrap_err().code(), Code::TooLarge);
    }

    #[test]
    fn what_was_typed_is_not_in_debug_output() {
        assert!(!format!("{:?}", filled(&[("phrase", "hunter2")])).contains("hunter2"));
    }
}
