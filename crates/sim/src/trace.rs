//! What happened, one line each: the whole behaviour of a run, to be compared byte for byte.

use std::fmt;

use semper_base::{Hash, Timestamp};

/// Lines in order, and counts of what went wrong.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Nobody will read the lines: they are not written.
    pub unread: bool,
    lines: Vec<String>,
    /// Happenings that were handled.
    pub events: u64,
    /// Faults that were made to happen.
    pub faults: u64,
}

impl Trace {
    /// Adds a line.
    pub fn note(&mut self, at: Timestamp, who: &str, what: fmt::Arguments<'_>) {
        if !self.unread {
            self.lines.push(format!("{at} {who} {what}"));
        }
    }

    /// Adds a line about something that was made to go wrong.
    pub fn fault(&mut self, at: Timestamp, who: &str, what: fmt::Arguments<'_>) {
        self.faults = self.faults.saturating_add(1);
        self.note(at, who, format_args!("FAULT {what}"));
    }

    /// All lines.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// SHA-256 over all lines.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(self.lines.join("\n").as_bytes())
    }

    /// How many lines contain this.
    #[must_use]
    pub fn count(&self, part: &str) -> usize {
        self.lines.iter().filter(|line| line.contains(part)).count()
    }
}
