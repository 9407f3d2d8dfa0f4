//! What kinds of statements are called on the trusted screen: the same words on every page.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use semper_blocks::statement::{Kind, wording};

use super::Language;

/// A wording is a large file that is hashed and read anew each time: its titles are kept, two for each kind at most.
static KNOWN: Mutex<BTreeMap<(bool, Kind), &'static str>> = Mutex::new(BTreeMap::new());

/// The title of a kind in this language; none if it is no kind.
#[must_use]
pub fn title(language: Language, word: &str) -> Option<&'static str> {
    let kind = Kind::from_word(word)?;
    let place = (language == Language::De, kind);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(title) = known.get(&place) {
        return Some(title);
    }
    let found = wording::find(&wording::current(kind, language.into()))?;
    let title: &'static str = found.title().to_owned().leak();
    known.insert(place, title);
    Some(title)
}
