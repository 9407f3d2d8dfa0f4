//! Wordings: what each member of each kind of statement is called, in each language, and what the
//! statement means. A statement carries the hash of the wording it was shown with, so that what was
//! shown can be computed again from the signed bytes.

use semper_base::Hash;

use super::{Kind, Language};

/// The hash of the wording that statements of this kind are made with today.
#[must_use]
pub fn current(kind: Kind, language: Language) -> Hash {
    let language = match language {
        Language::En => "en",
        Language::De => "de",
    };
    Hash::tagged_parts("semper-wording/1", &[kind.word().as_bytes(), language.as_bytes()])
}
