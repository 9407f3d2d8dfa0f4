//! A wording's file, read.

use std::collections::BTreeMap;

use semper_base::{Hash, json};
use semper_support::tinguin::{Frame, Level};
use serde::Deserialize;

use super::super::{Kind, Language};
use super::format::Format;
use super::version::{TEXTS, Text};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Book {
    pub(super) language: Language,
    pub(super) version: u64,
    pub(super) frame: Frame,
    pub(super) words: Words,
    /// For each list of choices the label of each choice.
    pub(super) choices: BTreeMap<String, BTreeMap<String, String>>,
    /// Members of every statement.
    pub(super) common: Vec<Member>,
    pub(super) kinds: BTreeMap<Kind, Sentences>,
}

/// What is read of a file where only titles are wanted: a fraction of the time.
#[derive(Deserialize)]
struct Titles {
    kinds: BTreeMap<Kind, Titled>,
}

#[derive(Deserialize)]
struct Titled {
    title: String,
}

/// Empty if the file cannot be read; a test reads them all.
pub(super) fn titles(text: &Text) -> BTreeMap<Kind, String> {
    let read: Option<Titles> = serde_json::from_str(text.json).ok();
    read.into_iter().flat_map(|titles| titles.kinds).map(|(kind, titled)| (kind, titled.title)).collect()
}

/// Words inside values. Pairs are singular and plural; quotes are opening and closing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) secret: String,
    pub(super) bytes: [String; 2],
    pub(super) day: [String; 2],
    pub(super) hour: [String; 2],
    pub(super) minute: [String; 2],
    pub(super) second: [String; 2],
    pub(super) millisecond: [String; 2],
    pub(super) quotes: [String; 2],
}

/// What one kind says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sentences {
    pub(super) title: String,
    pub(super) intent: String,
    pub(super) confirm: String,
    pub(super) refuse: String,
    pub(super) effect: String,
    pub(super) members: Vec<Member>,
}

/// One member; in the file an array of four.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Member {
    pub(super) path: String,
    pub(super) level: Level,
    pub(super) format: Format,
    pub(super) label: String,
}

/// The wording of one kind in one language and version.
#[derive(Debug)]
pub struct Wording {
    pub(super) kind: Kind,
    pub(super) hash: Hash,
    pub(super) book: Book,
    pub(super) sentences: Sentences,
    /// Members of the kind, then those of every statement.
    pub(super) members: Vec<Member>,
}

impl Wording {
    /// None if the file is not what its row in the table says; a test reads them all.
    pub(super) fn read(text: &Text, kind: Kind) -> Option<Self> {
        if Hash::of(text.json.as_bytes()).hex() != text.sha256 {
            return None;
        }
        let book: Book = json::read(text.json.as_bytes()).ok()?;
        if book.language != text.language || book.version != text.version {
            return None;
        }
        let sentences = book.kinds.get(&kind)?.clone();
        let members = sentences.members.iter().chain(&book.common).cloned().collect();
        Some(Wording { kind, hash: text.hash(kind), book, sentences, members })
    }

    /// The same kind and version in another language.
    pub(super) fn in_language(&self, language: Language) -> Option<Self> {
        let text = TEXTS.iter().find(|text| text.language == language && text.version == self.book.version)?;
        Wording::read(text, self.kind)
    }

    /// Which kind it words.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// In which language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.book.language
    }

    /// Of which version.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.book.version
    }

    /// What statements that were shown with it carry.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The kind's title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.sentences.title
    }

    /// The member with exactly this path.
    pub(super) fn member(&self, pattern: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.path == pattern)
    }

    /// Whether any member's path begins like this.
    pub(super) fn knows(&self, head: &str) -> bool {
        self.members.iter().any(|member| member.path.starts_with(head))
    }

    /// Where the first member at or below this path stands; none if there is no such member.
    pub(super) fn rank(&self, pattern: &str) -> Option<usize> {
        let below = |path: &str| {
            path.strip_prefix(pattern).is_some_and(|rest| matches!(rest.get(..1), None | Some("." | "[" | "{")))
        };
        self.members.iter().position(|member| below(&member.path))
    }
}
