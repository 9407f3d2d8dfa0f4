//! What is wrong with a feed, so that whoever sees it knows where to look and what to change.

use std::fmt::Write as _;

use semper_commerce::process::product::is_plain;
use serde::Serialize;

/// Most problems that are told one by one; more are counted.
pub const PROBLEMS_MAX: usize = 100;
/// Longest value that is repeated, in characters.
const VALUE_CHARS_MAX: usize = 60;

/// Where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The file as a whole.
    File,
    /// A row as a spreadsheet shows it: the header is row 1, and a line break within quotes begins no new row.
    Row(u64),
    /// An item of a list, from 1.
    Item(u64),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::File => f.write_str("file"),
            Place::Row(number) => write!(f, "row {number}"),
            Place::Item(number) => write!(f, "item {number}"),
        }
    }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// The column as the feed calls it; empty if it is none in particular.
    pub column: String,
    /// The value, cut, with what cannot be seen written as numbers.
    pub value: String,
    /// What is wrong.
    pub what: String,
    /// How to put it right.
    pub fix: String,
}

impl Problem {
    pub(crate) fn new(
        place: Place,
        column: &str,
        value: &str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Problem { place, column: shown(column), value: shown(value), what: what.into(), fix: fix.into() }
    }

    /// Of the whole file.
    pub(crate) fn file(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Problem::new(Place::File, "", "", what, fix)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.place)?;
        if !self.column.is_empty() {
            write!(f, ", {}", self.column)?;
        }
        if !self.value.is_empty() {
            write!(f, " \u{201c}{}\u{201d}", self.value)?;
        }
        write!(f, ": {}. {}", self.what, self.fix)
    }
}

/// A value as it may stand on a screen.
fn shown(value: &str) -> String {
    let mut shown = String::new();
    let mut chars = value.chars();
    for c in chars.by_ref().take(VALUE_CHARS_MAX) {
        if is_plain(c) {
            shown.push(c);
        } else {
            let _ = write!(shown, "[U+{:04X}]", u32::from(c));
        }
    }
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}
