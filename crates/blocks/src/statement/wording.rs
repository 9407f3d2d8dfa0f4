//! Wordings: what each member of each kind of statement is called, in each language, and what the
//! statement means. A statement carries the hash of the wording it was shown with, so that what was
//! shown can be computed again from the signed bytes.
//!
//! A wording is data: one JSON file per language and version (`wording/en-1.json`, …) with, for every
//! kind, the title, the sentence of intent, the two buttons, the effect, and for every member its
//! path, level, format and label. [`render`] walks the payload along those paths and refuses what has
//! no label; a new or renamed member is a change of the files alone. To add a version, add files and
//! rows in `version.rs`; what was released stays, so that old statements can always be read.
//!
//! | part of a file | what it holds |
//! |---|---|
//! | members | `[path, level, format, label]`; a path is member names joined by `.`, with `[]` for the elements of a list and `{}` for the values of an object with open names. They are shown in this order, material ones first |
//! | `{path}` in a sentence | the formatted value; `list[type=total].amount` means the only element of that type |
//! | `{n}`, `{key}`, `{.name}` in a label | the number of the element; its open name; the value beside it |
//! | formats | `amount`, `bytes`, `choice:NAME`, `count`, `currency`, `duration`, `embedded`, `hash`, `json:CHARS`, `key`, `kind`, `minor`, `public-key`, `secret`, `size`, `text:CHARS`, `time` |

mod book;
mod format;
mod render;
mod template;
mod version;
mod walk;

use std::collections::BTreeMap;

use semper_base::Hash;
use semper_support::tinguin;

use super::{Kind, Language};
use crate::certificate::fingerprint;
use version::Text;

pub use book::Wording;
pub use render::render;
pub use walk::unlabelled;

/// The hash of the wording that statements of this kind are made with today.
///
/// It is `SHA-256("semper-wording/1" || kind || SHA-256 of the wording's file)`, each with its length.
#[must_use]
pub fn current(kind: Kind, language: Language) -> Hash {
    Text::current(language).hash(kind)
}

/// The wording with this hash, of whatever version; none if this build does not have it.
#[must_use]
pub fn find(hash: &Hash) -> Option<Wording> {
    let found = |text: &Text| Kind::ALL.into_iter().find(|kind| text.hash(*kind) == *hash);
    version::TEXTS.iter().find_map(|text| found(text).and_then(|kind| Wording::read(text, kind)))
}

/// What statements of each kind are called today: one reading for as many of them as there are.
#[must_use]
pub fn titles(language: Language) -> BTreeMap<Kind, String> {
    book::titles(Text::current(language))
}

/// Four words for the first 32 bits of a hash: to compare by voice what two screens show. They tell
/// apart what differs by accident; who can try 2^32 variants can make two screens agree.
#[must_use]
pub fn four_words(hash: &Hash) -> String {
    fingerprint::words(hash.0.first_chunk::<4>().map_or(&[], |head| head))
}

impl From<Language> for tinguin::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::De => tinguin::Language::De,
            Language::En => tinguin::Language::En,
        }
    }
}

impl From<tinguin::Language> for Language {
    fn from(language: tinguin::Language) -> Self {
        match language {
            tinguin::Language::De => Language::De,
            tinguin::Language::En => Language::En,
        }
    }
}

#[cfg(test)]
mod tests;
