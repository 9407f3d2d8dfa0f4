//! Which wordings this build has.

use semper_base::Hash;

use super::super::{Kind, Language};

/// One file: a language's wording of one version.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) language: Language,
    pub(super) version: u64,
    pub(super) json: &'static str,
    /// SHA-256 of `json`, written down: a statement is made more often than a wording changes, and a
    /// released wording must not change unnoticed. A test and every reading compare it.
    pub(super) sha256: &'static str,
}

const EN_1: Text = Text {
    language: Language::En,
    version: 1,
    json: include_str!("en-1.json"),
    sha256: "d38a88cc5019c9f351f874c35b35e8f1c262c6cec0f3265fc5bf0b2a9f7a0c11",
};
const DE_1: Text = Text {
    language: Language::De,
    version: 1,
    json: include_str!("de-1.json"),
    sha256: "1acedbcef81ae319d837f4fa2f4502a9958ef905081afbef347739c92b3bb405",
};

/// All versions of all languages.
pub(super) const TEXTS: &[Text] = &[EN_1, DE_1];

impl Text {
    /// What statements are made with.
    pub(super) fn current(language: Language) -> &'static Text {
        match language {
            Language::De => &DE_1,
            Language::En => &EN_1,
        }
    }

    /// The hash that a statement of this kind carries.
    pub(super) fn hash(&self, kind: Kind) -> Hash {
        let file = Hash::from_hex(self.sha256).unwrap_or(Hash([0; 32]));
        Hash::tagged_parts("semper-wording/1", &[kind.word().as_bytes(), file.bytes()])
    }
}
