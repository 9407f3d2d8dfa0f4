//! The trusted screen of pages and terminal, and its stand-in for scripts. All compute what is shown from
//! the exact bytes that are signed, and all leave a transcript that says who consented.

pub(crate) mod guided;
pub(crate) mod sessions;
pub(crate) mod terminal;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use semper_base::tx::Question;
use semper_base::{Code, Error, Fault, Hash, Key, Misuse, Timestamp, View as _};
use semper_blocks::statement::{Language, sign_payload, wording};
use semper_node::screen::Screen;
use semper_services::common::access::{owner, rules};
use semper_services::common::keys::trust_epoch;
use semper_services::common::standing::{is_known, preferences, receivers};
use semper_store::SqliteReader;
use semper_support::access::{Action, Request, check};
use semper_support::crypto::{Crypto, Keyring};
use semper_support::preferences::{Decision, Facts, OrderRule, Preferences, decide};
use semper_support::tinguin::{Answer, Transcript};
use semper_support::tinguin::{Consent, Dialog, KindWord, Language as ScreenLanguage, Outcome, Reply};

use semper_web::Display;
use semper_web::screen::{Guide, Shown, addressed};

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
    /// Asks and tells what signs nothing, once the party runs.
    pub(crate) guide: Guiding,
    /// Only a script has any.
    pub(crate) manners: Manners,
}

/// What asks and tells by itself, and where its tasks run.
pub(crate) type Guiding = Arc<OnceLock<(Guide, tokio::runtime::Handle)>>;

/// A statement as it is shown.
struct Screened {
    screen: semper_support::tinguin::Screen,
    language: ScreenLanguage,
    asked: Timestamp,
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
                let (screen, language) = (screen.clone(), language(payload).into());
                let screen = Screened { screen, language, asked: issued(payload).unwrap_or(asked) };
                match self.ask_person(consenter, question, &screen, &reader, &preferences, withdrawn)? {
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

    /// Shows the statement to whoever is at the pages or at the terminal, and waits. If what is trusted changes
    /// meanwhile, it is shown anew: it names the receivers by their certificates.
    fn ask_person(
        &self,
        consenter: Consenter,
        question: &Question,
        screen: &Screened,
        reader: &SqliteReader,
        preferences: &Preferences,
        withdrawn: &dyn Fn() -> bool,
    ) -> Result<Reply, Error> {
        if consenter == Consenter::Terminal && !std::io::stdin().is_terminal() {
            return Err(Fault::new(Code::CouldNotAsk, "no terminal").into());
        }
        let payload = question.payload.as_bytes();
        loop {
            let epoch = reader.get(&trust_epoch())?;
            let shown = Shown {
                id: question.id.clone(),
                asker: question.asker.clone(),
                dialog: Dialog::Confirm(Box::new(screen.screen.clone())),
                language: screen.language,
                phrase: preferences.screen.phrase.clone(),
                receivers: receivers(reader, payload, &*self.crypto, wall())?,
                since: screen.asked,
            };
            let receivers = shown.receivers.clone();
            let moved = || reader.get(&trust_epoch()).is_ok_and(|now| now != epoch);
            match self.display.ask(shown, &|| withdrawn() || moved()) {
                None if !withdrawn() && moved() => {}
                reply => {
                    self.remember(question, preferences, receivers, reader, reply.as_ref())?;
                    return Ok(reply.unwrap_or(Reply::Cancelled));
                }
            }
        }
    }

    /// After an order from a shop that is not known, where the owner lets orders from known ones be signed by
    /// rule: asks whether it is to be one of them.
    fn remember(
        &self,
        question: &Question,
        preferences: &Preferences,
        receivers: Vec<String>,
        reader: &SqliteReader,
        reply: Option<&Reply>,
    ) -> Result<(), Error> {
        let is_order = ["order", "parcel-order"].contains(&question.kind.as_str()) && reply == Some(&Reply::Confirmed);
        let OrderRule::UpTo(limit) = preferences.consent.orders else { return Ok(()) };
        let Some((guide, runtime)) = self.guide.get().filter(|_| is_order) else { return Ok(()) };
        if !is_known(reader, question.payload.as_bytes())? {
            let (guide, asker, shops) = (guide.clone(), question.asker.clone(), addressed(&question.payload));
            runtime.spawn(async move { guide.remember(&asker, &shops, &receivers, limit).await });
        }
        Ok(())
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

/// When the statement was made, which is when it was asked for.
fn issued(payload: &[u8]) -> Option<Timestamp> {
    let value: serde_json::Value = semper_base::json::read(payload).ok()?;
    Timestamp::parse(value.pointer("/semper/issued")?.as_str()?)
}

fn amount(payload: &[u8]) -> Option<semper_base::Amount> {
    let value: serde_json::Value = semper_base::json::read(payload).ok()?;
    serde_json::from_value(value.get("amount")?.clone()).ok()
}
