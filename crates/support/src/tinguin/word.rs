//! The word of a statement's kind, where the catalogue of kinds (a layer above) cannot be seen.

use semper_base::{Code, Violation};
use serde::{Deserialize, Deserializer, Serialize, de};

/// Longest word.
const WORD_BYTES_MAX: usize = 32;

/// A kind of statement by its word, such as `debit-order`: 1 to 32 of `a-z` and `-`. Rules name kinds
/// by it; a word that no kind has matches nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct KindWord(String);

impl KindWord {
    /// Checks the form; a [`Code::KindUnknown`] if it is another.
    pub fn new(word: &str) -> Result<Self, Violation> {
        let plain = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        if plain && (1..=WORD_BYTES_MAX).contains(&word.len()) {
            Ok(KindWord(word.to_owned()))
        } else {
            Err(Violation::new(Code::KindUnknown, word))
        }
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for KindWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for KindWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for KindWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        KindWord::new(&text).map_err(|_| de::Error::custom("not the word of a kind"))
    }
}
