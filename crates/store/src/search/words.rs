//! Words as the index compares them.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Most words of one query that are looked at.
const TERMS_MAX: usize = 8;
/// Most letters of one of them.
const TERM_CHARS_MAX: usize = 40;

/// Where a word was found, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// In its name.
    Title,
    /// It is one of its numbers.
    Numbers,
    /// In what distinguishes the variant.
    Options,
    /// It is who makes it.
    Brand,
    /// In where it stands.
    Category,
    /// In the running text.
    Description,
}

impl Field {
    /// A stable word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Field::Title => "title",
            Field::Numbers => "numbers",
            Field::Options => "options",
            Field::Brand => "brand",
            Field::Category => "category",
            Field::Description => "description",
        }
    }
}

/// A text as it is compared: small letters without accents.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            c => folded.push(c),
        }
    }
    folded
}

/// The words of a folded text.
pub(super) fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// With fewer letters than this it is the beginning of a word.
const BEGINNING_CHARS: usize = 4;
/// Stands before a beginning of a word where the index keeps it as a word of its own: a letter to the index,
/// and none that a folded word has.
const BEGINNING: char = '\u{e000}';

/// A folded text with the beginnings of its words behind it, each a word of its own: so a few letters find
/// what begins with them by one look, without a way through all that follows them in the alphabet.
pub(super) fn with_beginnings(folded: &str) -> String {
    let mut text = folded.to_owned();
    for word in words(folded) {
        for (end, c) in word.char_indices().take(BEGINNING_CHARS - 1) {
            text.extend([' ', BEGINNING]);
            text.push_str(word.get(..end + c.len_utf8()).unwrap_or(word));
        }
    }
    text
}

/// A folded word of a query as the index looks for it: a few letters among the beginnings, more as a word that
/// may go on. A word is letters and digits only, so quotes keep all of it text.
pub(super) fn sought(term: &str) -> String {
    if term.chars().count() < BEGINNING_CHARS { format!("\"{BEGINNING}{term}\"") } else { format!("\"{term}\" *") }
}

/// The words that a query looks for, folded, each once.
#[must_use]
pub fn terms(text: &str) -> Vec<String> {
    // Nobody types more than that, and folding makes a text longer by a bounded factor only.
    let text: String = text.chars().take(TERMS_MAX * TERM_CHARS_MAX).collect();
    let mut terms: Vec<String> = Vec::new();
    for word in words(&fold(&text)) {
        let word: String = word.chars().take(TERM_CHARS_MAX).collect();
        if terms.len() < TERMS_MAX && !terms.contains(&word) {
            terms.push(word);
        }
    }
    terms
}
