//! Preferences: what one user wants, in groups, and what of it may be done without asking.
//!
//! Stored as strict JSON with a version; a file that this build does not understand is refused, never
//! half read. The defaults ask for everything that binds the user to something new.

mod decide;

pub use decide::{Basis, Decision, Facts, decide};

use semper_base::{Amount, Code, Error, Violation, json};
use serde::{Deserialize, Serialize};

use crate::tinguin::Language;

/// The version of the format.
const VERSION: u64 = 1;
/// Longest secret phrase, in characters.
const PHRASE_CHARS_MAX: usize = 80;

/// One user's preferences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preferences {
    version: u64,
    /// The trusted screen.
    pub screen: ScreenPreferences,
    /// What may be signed without asking.
    pub consent: ConsentPreferences,
}

impl Default for Preferences {
    fn default() -> Self {
        let (screen, consent) = (ScreenPreferences::default(), ConsentPreferences::default());
        Preferences { version: VERSION, screen, consent }
    }
}

/// Group `screen`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreenPreferences {
    /// In which language to ask.
    pub language: Language,
    /// The user's own phrase, at most 80 characters: stands on every genuine screen and is told to
    /// nobody, so that an imitation can be told from it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phrase: Option<String>,
}

impl std::fmt::Debug for ScreenPreferences {
    /// Without the phrase.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "ScreenPreferences({:?}, phrase {})",
            self.language,
            if self.phrase.is_some() { "set" } else { "unset" }
        )
    }
}

/// Ask the user, or sign by this rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Ask.
    Ask,
    /// Sign without asking.
    Sign,
}

/// What to do with a new order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum OrderRule {
    /// Ask.
    Ask,
    /// Sign up to this amount if the peer is known; ask above it and for other currencies.
    UpTo(Amount),
}

/// Group `consent`. Rules other than `orders` concern acts within an exchange that follows from an
/// order approved before; outside of one everything is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentPreferences {
    /// New orders.
    pub orders: OrderRule,
    /// What carries out an approved order: hold, debit order, mandate, receipt after a good check, and
    /// questions to a register.
    pub follow: Rule,
    /// Letting a hold go.
    pub release: Rule,
    /// Stopping a settlement because the key was withheld.
    pub contest: Rule,
    /// Complaining of a wrong file: shows the notary one chunk of it.
    pub complaint: Rule,
    /// Having the notary open the escrow.
    pub escrow_request: Rule,
    /// Nothing above this amount is signed at all, whatever the other rules and whoever asks; amounts in
    /// other currencies cannot be compared and are always asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub never_above: Option<Amount>,
}

impl Default for ConsentPreferences {
    /// Asks for every order, every release and every complaint. An approved order is carried out, and a
    /// right that would lapse with its deadline (contest, escrow) is used, without asking again.
    fn default() -> Self {
        ConsentPreferences {
            orders: OrderRule::Ask,
            follow: Rule::Sign,
            release: Rule::Ask,
            contest: Rule::Sign,
            complaint: Rule::Ask,
            escrow_request: Rule::Sign,
            never_above: None,
        }
    }
}

impl Preferences {
    /// Reads them, strictly.
    pub fn read(text: &[u8]) -> Result<Self, Violation> {
        let preferences: Preferences = json::read(text)?;
        preferences.check()?;
        Ok(preferences)
    }

    /// Canonical JSON. Refuses what [`Preferences::read`] would refuse.
    pub fn write(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        Ok(json::canonical(self)?)
    }

    fn check(&self) -> Result<(), Violation> {
        if self.version != VERSION {
            return Err(Violation::new(Code::VersionUnknown, "preferences"));
        }
        let phrase = self.screen.phrase.as_deref().unwrap_or("?");
        let plain = !phrase.is_empty() && !phrase.contains(char::is_control);
        if plain && phrase.chars().count() <= PHRASE_CHARS_MAX {
            Ok(())
        } else {
            Err(Violation::new(Code::FieldWrong, "screen.phrase"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use semper_base::Currency;

    #[test]
    fn the_defaults_read_back() {
        let written = Preferences::default().write().unwrap();
        let expected = r#"{"consent":{"complaint":"ask","contest":"sign","escrow_request":"sign","follow":"sign","orders":"ask","release":"ask"},"screen":{"language":"en"},"version":1}"#;
        assert_eq!(String::from_utf8(written.clone()).unwrap(), expected);
        assert_eq!(Preferences::read(&written), Ok(Preferences::default()));
    }

    #[test]
    fn everything_set_reads_back() {
        let screen = ScreenPreferences { language: Language::De, phrase: Some("blauer Reiher".into()) };
        let mut all = Preferences { screen, ..Preferences::default() };
        all.consent.orders = OrderRule::UpTo(Amount::new(2000, Currency::EUR).unwrap());
        all.consent.never_above = Some(Amount::new(50_000, Currency::EUR).unwrap());
        assert_eq!(Preferences::read(&all.write().unwrap()), Ok(all.clone()));
        assert!(!format!("{all:?}").contains("Reiher"));
    }

    #[test]
    fn what_is_unknown_is_refused() {
        let text = String::from_utf8(Preferences::default().write().unwrap()).unwrap();
        let code = |text: String| Preferences::read(text.as_bytes()).unwrap_err().code();
        assert_eq!(code(text.replace("\"version\":1", "\"version\":2")), Code::VersionUnknown);
        assert_eq!(code(text.replace(",\"version\":1", "")), Code::FieldMissing);
        assert_eq!(code(text.replace("\"release\"", "\"relaese\"")), Code::FieldUnknown);
        assert_eq!(code(text.replace("\"follow\":\"sign\",", "")), Code::FieldMissing);
        assert_eq!(code(text.replace("\"orders\":\"ask\"", "\"orders\":\"always\"")), Code::FieldUnknown);
        let long = Preferences {
            screen: ScreenPreferences { language: Language::En, phrase: Some(String::new()) },
            ..Preferences::default()
        };
        assert!(long.write().is_err());
    }
}
