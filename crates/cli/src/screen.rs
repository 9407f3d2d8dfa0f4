//! The trusted screen of the terminal, and its stand-in for scripts. Both compute what is shown from
//! the exact bytes that are signed, and both leave a transcript that says who consented.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use semper_base::tx::Question;
use semper_base::{Code, Error, Fault, Hash, Key, Misuse, View as _};
use semper_blocks::statement::{Language, sign_payload, wording};
use semper_node::screen::Screen;
use semper_services::common::access::{owner, rules};
use semper_services::common::standing::{is_known, preferences, receivers};
use semper_store::SqliteReader;
use semper_support::access::{Action, Request, check};
use semper_support::crypto::{Crypto, Keyring};
use semper_support::preferences::{Decision, Facts, Preferences, decide};
use semper_support::tinguin::{Answer, Transcript};
use semper_support::tinguin::{Consent, Dialog, KindWord, Language as ScreenLanguage, Outcome, Reply, dialog_to_text};

use semper_web::Display;
use semper_web::screen::Shown;

use crate::party::wall;

/// Who agrees where the preferences say "ask".
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Consenter {
    /// A person at this terminal.
    Terminal,
    /// A person at this party's pages.
    Page,
    /// The script that started this process: the demo, a test.
    Script,
    /// The script that sets up a play market, until it says that it is done; then a person at the pages.
    #[value(hide = true)]
    Setup,
    /// Nobody: questions stay open.
    Nobody,
}

/// How a script that consents behaves instead of agreeing to everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manners {
    /// Kinds of statements that it says no to.
    pub(crate) decline: Vec<String>,
    /// Kinds of statements that it is asked for in vain.
    pub(crate) ignore: Vec<String>,
}

/// A screen that signs with the party's own keys.
pub(crate) struct SigningScreen {
    pub(crate) directory: PathBuf,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) crypto: Arc<dyn Crypto>,
    pub(crate) consenter: Consenter,
    /// Whether [`Consenter::Setup`] is over. It never begins again.
    pub(crate) set_up: Arc<AtomicBool>,
    /// Where [`Consenter::Page`] is asked.
    pub(crate) display: Arc<Display>,
    /// Only a script has any.
    pub(crate) manners: Manners,
}

impl Screen for SigningScreen {
    fn ask(&self, question: &Question, withdrawn: &dyn Fn() -> bool) -> Outcome {
        match self.answer(question, withdrawn) {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::warn!(question = question.id, %error, "the question could not be put");
                Outcome::CouldNotAsk
            }
        }
    }
}

impl SigningScreen {
    fn answer(&self, question: &Question, withdrawn: &dyn Fn() -> bool) -> Result<Outcome, Error> {
        let payload = question.payload.as_bytes();
        let reader = SqliteReader::open_read_only(&self.directory)?;
        let preferences = preferences(&reader)?;
        // What cannot be shown is not signed, whoever would consent.
        let screen = wording::render(payload, language(payload), 0)?;
        let kind = KindWord::new(&question.kind)?;
        let (asked, id) = (wall(), question.id.as_str());
        let facts = Facts {
            kind: &kind,
            amount: amount(payload),
            follows_approved: question.asker.starts_with("dgp/") || question.follows.is_some(),
            known_peer: is_known(&reader, payload)?,
        };
        let consenter = match self.consenter {
            Consenter::Setup if self.set_up.load(Ordering::Acquire) => Consenter::Page,
            Consenter::Setup => Consenter::Script,
            other => other,
        };
        // The script plays a user who has changed the preferences for this kind.
        if consenter == Consenter::Script && self.manners.ignore.contains(&question.kind) {
            return Ok(Outcome::CouldNotAsk);
        }
        let declines = consenter == Consenter::Script && self.manners.decline.contains(&question.kind);
        let (consent, agreed) = match (decide(&preferences, &facts), consenter) {
            (Decision::Refuse(_), _) => (Consent::Policy, false),
            (Decision::Sign(_), _) => (Consent::Policy, !declines),
            (Decision::Ask, Consenter::Script | Consenter::Setup) => (Consent::Script, !declines),
            (Decision::Ask, Consenter::Nobody) => return Ok(Outcome::CouldNotAsk),
            (Decision::Ask, Consenter::Page | Consenter::Terminal) => {
                let dialog = Dialog::Confirm(Box::new(screen.clone()));
                match self.ask_person(consenter, question, dialog, &reader, &preferences, withdrawn)? {
                    Reply::Confirmed => (Consent::Human, true),
                    Reply::Refused => (Consent::Human, false),
                    _ => return Ok(Outcome::CouldNotAsk),
                }
            }
        };
        let transcript = match consent {
            Consent::Human => Transcript::of_screen(&screen, id, question.key, 0, asked),
            Consent::Policy | Consent::Script => Transcript::unseen(&screen, id, question.key, 0, asked),
        };
        if !agreed {
            return Ok(Outcome::Declined {
                transcript: transcript.answered(consent, Answer::Declined, wall()).write()?,
            });
        }
        let statement = self.sign(&reader, question, kind)?;
        let answer = Answer::Signed(Hash::of(statement.as_bytes()));
        let transcript = transcript.answered(consent, answer, wall()).write()?;
        Ok(Outcome::Signed { statement, consent, transcript })
    }

    /// Shows the statement to whoever is at the pages or at the terminal, and waits.
    fn ask_person(
        &self,
        consenter: Consenter,
        question: &Question,
        dialog: Dialog,
        reader: &SqliteReader,
        preferences: &Preferences,
        withdrawn: &dyn Fn() -> bool,
    ) -> Result<Reply, Error> {
        let payload = question.payload.as_bytes();
        if consenter != Consenter::Page {
            return ask_terminal(&self.lead(reader, preferences, payload)?, &dialog, withdrawn);
        }
        let shown = Shown {
            id: question.id.clone(),
            asker: question.asker.clone(),
            dialog,
            phrase: preferences.screen.phrase.clone(),
            receivers: receivers(reader, payload, &*self.crypto, wall())?,
        };
        Ok(self.display.ask(shown, withdrawn).unwrap_or(Reply::Cancelled))
    }

    /// What only this wallet can say, above the statement: the owner's own phrase, and who the receivers are
    /// by their certificates.
    fn lead(&self, reader: &SqliteReader, preferences: &Preferences, payload: &[u8]) -> Result<String, Error> {
        let mut lines = Vec::new();
        lines.extend(preferences.screen.phrase.iter().map(|phrase| format!("Your phrase: {phrase}")));
        for receiver in receivers(reader, payload, &*self.crypto, wall())? {
            lines.push(format!("To: {receiver}"));
        }
        Ok(lines.join("\n"))
    }

    /// The one place where a user's key is used: behind the access rules.
    fn sign(&self, reader: &SqliteReader, question: &Question, kind: KindWord) -> Result<String, Error> {
        let action = Action::Sign(kind);
        let request = Request { subject: owner(), action: action.clone() };
        check(&rules(reader)?, &request)?.require(&action)?;
        let wrapped = reader.get(&Key::new("key", question.key))?;
        let wrapped = wrapped.ok_or_else(|| Misuse::new(Code::KeyMissing, question.key.to_string()))?;
        let pair = self.keyring.unwrap_key(question.key, &wrapped)?;
        sign_payload(&*self.crypto, &pair.secret, question.payload.as_bytes())
    }
}

/// The language that the statement is made in: it is signed only as it is shown.
fn language(payload: &[u8]) -> Language {
    let value: serde_json::Value = semper_base::json::read(payload).unwrap_or_default();
    let language = value.pointer("/semper/language").cloned().unwrap_or_default();
    serde_json::from_value(language).unwrap_or_default()
}

fn amount(payload: &[u8]) -> Option<semper_base::Amount> {
    let value: serde_json::Value = semper_base::json::read(payload).ok()?;
    serde_json::from_value(value.get("amount")?.clone()).ok()
}

/// What a line typed at the terminal means to this dialog; nothing if it means nothing. Only "yes" agrees;
/// refusing is as easy. A form or a choice is left to the pages.
fn typed(dialog: &Dialog, line: &str) -> Option<Reply> {
    match (dialog, line) {
        (Dialog::Confirm(_), "yes") => Some(Reply::Confirmed),
        (Dialog::YesNo { .. }, "yes") => Some(Reply::Yes),
        (Dialog::Confirm(_) | Dialog::YesNo { .. }, "no") => Some(Reply::Refused),
        (Dialog::Message { .. } | Dialog::Show(_), "") => Some(Reply::Seen),
        (Dialog::Choose { .. } | Dialog::Form { .. }, "") => Some(Reply::Cancelled),
        _ => None,
    }
}

/// Shows the dialog, in the text form that its page says as well, and waits for a word.
fn ask_terminal(lead: &str, dialog: &Dialog, withdrawn: &dyn Fn() -> bool) -> Result<Reply, Error> {
    if !std::io::stdin().is_terminal() {
        return Err(Fault::new(Code::CouldNotAsk, "no terminal").into());
    }
    let text = dialog_to_text(dialog, ScreenLanguage::En, 80);
    let hint = match dialog {
        Dialog::Confirm(_) | Dialog::YesNo { .. } => "Type yes to agree, no to refuse: ",
        _ => "Press Enter to go on: ",
    };
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "\n{lead}\n\n{text}\n\n{hint}");
    let _ = out.flush();
    drop(out);
    for line in std::io::stdin().lock().lines() {
        if withdrawn() {
            return Err(Fault::new(Code::CouldNotAsk, "the question was withdrawn").into());
        }
        if let Some(reply) = typed(dialog, line.unwrap_or_default().trim()) {
            return Ok(reply);
        }
        let _ = write!(std::io::stderr().lock(), "{hint}");
    }
    Err(Fault::new(Code::CouldNotAsk, "the terminal was closed").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_agrees() {
        let ask = Dialog::YesNo { question: "Show?".into(), yes: "Show".into(), no: "Hide".into() };
        assert_eq!(typed(&ask, "yes"), Some(Reply::Yes));
        assert_eq!(typed(&ask, "no"), Some(Reply::Refused));
        for other in ["", "y", "YES", "yes please"] {
            assert_eq!(typed(&ask, other), None, "{other}");
        }
        let note = Dialog::Message { severity: semper_support::tinguin::Severity::Info, text: "Good to know.".into() };
        assert_eq!((typed(&note, ""), typed(&note, "yes")), (Some(Reply::Seen), None));
    }
}
