//! The display transcript: what was shown before a signature, and who agreed.

use semper_base::limits::SCREEN_TEXT_BYTES_MAX;
use semper_base::{Code, Error, Hash, KeyId, Timestamp, Violation, json};
use serde::{Deserialize, Serialize};

use super::screen::Screen;
use super::{Consent, KindWord, Language, to_text};

/// The width that transcripts are written with.
const WIDTH: usize = 80;
/// Longest id of a question, in bytes.
const QUESTION_BYTES_MAX: usize = 256;
/// Furthest offset from UTC that any place has, in minutes.
const OFFSET_MINUTES_MAX: u16 = 14 * 60;

/// What became of the question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// Nobody could be asked.
    CouldNotAsk,
    /// No.
    Declined,
    /// Yes; the statement (SHA-256 of its compact text) was signed.
    Signed(Hash),
}

/// A record for the archive: from the payload, the wording and the offset anybody can compute the
/// screen again and compare it with `shown`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// Version of this format: 1.
    pub version: u64,
    /// The question's id.
    pub question: String,
    /// The statement's kind.
    pub kind: KindWord,
    /// The key that was to sign.
    pub key: KeyId,
    /// SHA-256 of the exact payload.
    pub payload: Hash,
    /// The wording that the payload names.
    pub wording: Hash,
    /// The language shown.
    pub language: Language,
    /// The offset from UTC in which times were shown, in minutes; east is positive.
    pub offset_minutes: i16,
    /// The text form of the screen, 80 columns; absent if a rule or a script decided and nothing was shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shown: Option<String>,
    /// When the question came up.
    pub asked: Timestamp,
    /// When it was answered.
    pub answered: Timestamp,
    /// Who answered; absent if nobody could be asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub consent: Option<Consent>,
    /// What became of it.
    pub answer: Answer,
}

impl Transcript {
    /// The transcript of a screen that a person looked at.
    #[must_use]
    pub fn of_screen(screen: &Screen, question: &str, key: KeyId, offset_minutes: i16, asked: Timestamp) -> Self {
        let shown = Some(to_text(screen, WIDTH));
        Transcript { shown, ..Transcript::unseen(screen, question, key, offset_minutes, asked) }
    }

    /// The transcript of a question that a rule or a script answers; nothing is shown.
    #[must_use]
    pub fn unseen(screen: &Screen, question: &str, key: KeyId, offset_minutes: i16, asked: Timestamp) -> Self {
        Transcript {
            version: 1,
            question: question.to_owned(),
            kind: screen.kind.clone(),
            key,
            payload: screen.payload,
            wording: screen.wording,
            language: screen.language,
            offset_minutes,
            shown: None,
            asked,
            answered: asked,
            consent: None,
            answer: Answer::CouldNotAsk,
        }
    }

    /// The same with its answer.
    #[must_use]
    pub fn answered(self, consent: Consent, answer: Answer, answered: Timestamp) -> Self {
        Transcript { consent: Some(consent), answer, answered, ..self }
    }

    /// Canonical JSON, for the archive. Refuses what [`Transcript::read`] would refuse.
    pub fn write(&self) -> Result<String, Error> {
        self.check()?;
        let bytes = json::canonical(self)?;
        Ok(String::from_utf8(bytes).map_err(|_| Violation::new(Code::JsonMalformed, "transcript"))?)
    }

    /// Reads a transcript, strictly.
    pub fn read(text: &[u8]) -> Result<Self, Violation> {
        let transcript: Transcript = json::read(text)?;
        transcript.check()?;
        Ok(transcript)
    }

    /// A person's answer without a screen, an answer by nobody, an answer before the question: not a
    /// record of anything.
    fn check(&self) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::FieldWrong, what));
        if self.version != 1 {
            return Err(Violation::new(Code::VersionUnknown, "transcript"));
        }
        if self.shown.as_ref().is_some_and(|shown| shown.len() > SCREEN_TEXT_BYTES_MAX) {
            return Err(Violation::new(Code::TooLarge, "shown"));
        }
        match (&self.answer, self.consent) {
            (Answer::CouldNotAsk, Some(_)) => wrong("consent without an answer"),
            (Answer::Declined | Answer::Signed(_), None) => wrong("answer without consent"),
            (Answer::Declined | Answer::Signed(_), Some(Consent::Human)) if self.shown.is_none() => {
                wrong("a person answered and nothing was shown")
            }
            _ if self.answered < self.asked => wrong("answered before it was asked"),
            _ if self.offset_minutes.unsigned_abs() > OFFSET_MINUTES_MAX => wrong("offset_minutes"),
            _ if self.question.is_empty() || self.question.len() > QUESTION_BYTES_MAX => wrong("question"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Transcript {
        Transcript {
            version: 1,
            question: "order-1".into(),
            kind: KindWord::new("order").unwrap(),
            key: KeyId(Hash::of(b"k")),
            payload: Hash::of(b"p"),
            wording: Hash::of(b"w"),
            language: Language::De,
            offset_minutes: 60,
            shown: Some("Bestellung\n".into()),
            asked: Timestamp::from_millis(1000),
            answered: Timestamp::from_millis(2000),
            consent: Some(Consent::Human),
            answer: Answer::Signed(Hash::of(b"s")),
        }
    }

    #[test]
    fn reads_what_it_wrote() {
        let others = [
            Transcript { shown: None, consent: Some(Consent::Policy), ..sample() },
            Transcript { answer: Answer::Declined, ..sample() },
            Transcript { answer: Answer::CouldNotAsk, consent: None, ..sample() },
        ];
        for transcript in others.into_iter().chain([sample()]) {
            let text = transcript.write().unwrap();
            assert_eq!(Transcript::read(text.as_bytes()), Ok(transcript));
        }
        let more = sample().write().unwrap().replace("\"asked\"", "\"aside\":1,\"asked\"");
        assert_eq!(Transcript::read(more.as_bytes()).unwrap_err().code(), Code::FieldUnknown);
    }

    #[test]
    fn records_of_nothing_are_refused() {
        let wrong = [
            Transcript { version: 2, ..sample() },
            Transcript { shown: None, ..sample() },
            Transcript { consent: None, ..sample() },
            Transcript { answer: Answer::CouldNotAsk, ..sample() },
            Transcript { answered: Timestamp::from_millis(999), ..sample() },
            Transcript { offset_minutes: 841, ..sample() },
            Transcript { question: String::new(), ..sample() },
            Transcript { shown: Some("x".repeat(SCREEN_TEXT_BYTES_MAX + 1)), ..sample() },
        ];
        for transcript in wrong {
            assert!(transcript.write().is_err(), "{transcript:?}");
        }
    }
}
