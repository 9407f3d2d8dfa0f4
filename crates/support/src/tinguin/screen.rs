//! What stands on the trusted screen when a statement is shown. Plain data: the text form and the web
//! page are made from it and from nothing else.

use semper_base::Hash;
use serde::{Deserialize, Serialize};

use super::KindWord;
use super::neutral::Caution;

/// A language that the trusted screen speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

/// How near to the decision a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A term of the deal: always in full view, before the buttons.
    Material,
    /// Worth reading: in view, after the terms.
    Detail,
    /// Keys, hashes and numbers for those who compare them: may be folded away, never left out.
    Technical,
}

/// One member of the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is called.
    pub label: String,
    /// What it says, neutralised and perhaps cut.
    pub value: String,
    /// How near to the decision.
    pub level: Level,
    /// What is odd about the value.
    pub cautions: Vec<Caution>,
}

/// The fixed words around the lines, in the screen's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// Heads the lines of level detail.
    pub detail: String,
    /// Heads the technical lines.
    pub technical: String,
    /// Heads the legal effect.
    pub effect: String,
    /// Heads the four words.
    pub fingerprint: String,
    /// Stands above everything if the statement was made in another language.
    pub translation: String,
    /// What each caution says.
    pub cautions: CautionWords,
}

/// The sentence for each [`Caution`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CautionWords {
    /// See [`Caution::Cut`].
    pub cut: String,
    /// See [`Caution::Hidden`].
    pub hidden: String,
    /// See [`Caution::LookAlike`].
    pub look_alike: String,
    /// See [`Caution::RightToLeft`].
    pub right_to_left: String,
}

impl CautionWords {
    /// The sentence for one caution.
    #[must_use]
    pub fn of(&self, caution: Caution) -> &str {
        match caution {
            Caution::Cut => &self.cut,
            Caution::Hidden => &self.hidden,
            Caution::LookAlike => &self.look_alike,
            Caution::RightToLeft => &self.right_to_left,
        }
    }
}

/// A statement as it is shown before it is signed, or when it is read later. Computed from its exact
/// payload bytes and a wording; nothing else flows in but the reader's offset from UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// The statement's kind.
    pub kind: KindWord,
    /// The language of this screen.
    pub language: Language,
    /// The language that the statement was made in. If it is another one, this screen is a
    /// translation for reading; it must not be used for signing.
    pub signed_language: Language,
    /// The wording that the statement names.
    pub wording: Hash,
    /// SHA-256 of the payload that this was computed from.
    pub payload: Hash,
    /// What it is.
    pub title: String,
    /// What the signer does, in one sentence.
    pub intent: String,
    /// Every member of the payload, material ones first.
    pub lines: Vec<Line>,
    /// What follows in law and money.
    pub effect: String,
    /// The button that agrees: names act and amount.
    pub confirm: String,
    /// The button that refuses.
    pub refuse: String,
    /// The first 32 bits of the payload's hash as four words, to compare by voice or on a second device.
    pub fingerprint: String,
    /// The fixed words.
    pub frame: Frame,
}

impl Screen {
    /// Whether this is the screen to sign on: in the statement's own language.
    #[must_use]
    pub fn may_be_signed(&self) -> bool {
        self.language == self.signed_language
    }

    /// The lines of one level, in order.
    pub fn lines_of(&self, level: Level) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.level == level)
    }
}
