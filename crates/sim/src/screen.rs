//! The simulated user: answers by script.

use std::collections::BTreeMap;

/// What the user does when asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// Agrees.
    Sign,
    /// Says no.
    Decline,
    /// Nobody could be asked.
    CannotAsk,
    /// The question stays on the screen.
    Wait,
}

/// A user's answers by the kind of statement that is asked for.
#[derive(Clone, Debug)]
pub struct Script {
    other: Decision,
    by_kind: BTreeMap<String, Decision>,
}

impl Default for Script {
    fn default() -> Self {
        Script { other: Decision::Sign, by_kind: BTreeMap::new() }
    }
}

impl Script {
    /// Answers questions of this kind so.
    pub fn set(&mut self, kind: &str, decision: Decision) {
        self.by_kind.insert(kind.to_owned(), decision);
    }

    /// Answers all questions so that have no answer of their own.
    pub fn set_other(&mut self, decision: Decision) {
        self.other = decision;
    }

    /// The answer to a question of this kind.
    #[must_use]
    pub fn decide(&self, kind: &str) -> Decision {
        self.by_kind.get(kind).copied().unwrap_or(self.other)
    }
}
