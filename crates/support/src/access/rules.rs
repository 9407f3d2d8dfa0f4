//! The rules as data. There are only permissions: what no rule allows is denied, and no rule takes
//! away what another gives, so the order of rules does not matter.

use semper_base::limits::ACCESS_RULES_MAX;
use semper_base::{Amount, Code, Error, Violation, json};
use serde::{Deserialize, Serialize};

use super::{Action, Exported, Revealed, Subject, SubjectKind};
use crate::tinguin::KindWord;

/// The version of the format.
const VERSION: u64 = 1;

/// All rules of one party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    version: u64,
    allow: Vec<Rule>,
}

/// One permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Who may.
    pub who: Who,
    /// What.
    pub may: Grant,
}

/// Whom a rule means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Subjects of this kind.
    pub kind: SubjectKind,
    /// Only this one of them; all of them if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub handle: Option<String>,
}

/// What a rule allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Grant {
    /// To write files.
    Export(Scope<Exported>),
    /// To spend, each time at most so much.
    Pay(Limit),
    /// To be shown.
    Reveal(Scope<Revealed>),
    /// To sign statements.
    Sign(Scope<KindWord>),
}

/// Some or all of a sort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope<T> {
    /// All of them, also those that later versions add.
    Any,
    /// These only.
    Only(Vec<T>),
}

/// How much at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Limit {
    /// Any amount of any currency.
    Any,
    /// At most this, in this currency only.
    UpTo(Amount),
}

impl<T: PartialEq> Scope<T> {
    fn holds(&self, one: &T) -> bool {
        match self {
            Scope::Any => true,
            Scope::Only(some) => some.contains(one),
        }
    }
}

impl Limit {
    fn holds(self, amount: Amount) -> bool {
        match self {
            Limit::Any => true,
            Limit::UpTo(limit) => amount.currency() == limit.currency() && amount.minor() <= limit.minor(),
        }
    }
}

impl Rules {
    /// Nothing is allowed.
    #[must_use]
    pub fn none() -> Self {
        Rules { version: VERSION, allow: Vec::new() }
    }

    /// The owner may do everything, nobody else anything. What the owner is *asked* is for the
    /// preferences to say.
    #[must_use]
    pub fn owner_only() -> Self {
        let grants =
            [Grant::Export(Scope::Any), Grant::Pay(Limit::Any), Grant::Reveal(Scope::Any), Grant::Sign(Scope::Any)];
        let rule = |may| Rule { who: Who { kind: SubjectKind::Owner, handle: None }, may };
        Rules { version: VERSION, allow: grants.into_iter().map(rule).collect() }
    }

    /// These rules and one more. [`Code::TooMany`] beyond the limit.
    pub fn with(mut self, rule: Rule) -> Result<Self, Violation> {
        self.allow.push(rule);
        self.check()?;
        Ok(self)
    }

    /// Reads them, strictly.
    pub fn read(text: &[u8]) -> Result<Self, Violation> {
        let rules: Rules = json::read(text)?;
        rules.check()?;
        Ok(rules)
    }

    /// Canonical JSON.
    pub fn write(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        Ok(json::canonical(self)?)
    }

    fn check(&self) -> Result<(), Violation> {
        if self.version != VERSION {
            return Err(Violation::new(Code::VersionUnknown, "access rules"));
        }
        if self.allow.len() > ACCESS_RULES_MAX {
            return Err(Violation::new(Code::TooMany, "access rules"));
        }
        Ok(())
    }

    pub(super) fn allow(&self, subject: &Subject, action: &Action) -> bool {
        self.allow.iter().any(|rule| rule.who.means(subject) && rule.may.covers(action))
    }
}

impl Who {
    fn means(&self, subject: &Subject) -> bool {
        self.kind == subject.kind && self.handle.as_ref().is_none_or(|handle| *handle == subject.handle)
    }
}

impl Grant {
    fn covers(&self, action: &Action) -> bool {
        match (self, action) {
            (Grant::Export(scope), Action::Export(what)) => scope.holds(what),
            (Grant::Pay(limit), Action::Pay(amount)) => limit.holds(*amount),
            (Grant::Reveal(scope), Action::Reveal(what)) => scope.holds(what),
            (Grant::Sign(scope), Action::Sign(kind)) => scope.holds(kind),
            _ => false,
        }
    }
}
