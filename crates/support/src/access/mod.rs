//! Access control: one check, default deny, before anything is signed, paid, revealed or exported.
//!
//! What passes gets a [`Permit`], which nothing else can make; whoever signs, pays, reveals or exports
//! for a subject takes one by value and compares it with what it is about to do.

mod rules;

pub use rules::{Grant, Limit, Rule, Rules, Scope, Who};

use semper_base::{Amount, Code, Refusal, Role};
use serde::{Deserialize, Serialize};

use crate::tinguin::KindWord;

/// What sort of subject asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// A program that decides by itself on the owner's behalf.
    Agent,
    /// The owner of this party at the trusted screen or at its terminal.
    Owner,
    /// Another party, in this role by its certificate.
    Peer(Role),
    /// A program that does what it was told in advance.
    Script,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What sort.
    pub kind: SubjectKind,
    /// Which one: a name for the owner, scripts and agents, a `PeerId` for peers. Given by whoever
    /// authenticated the subject, never by the subject.
    pub handle: String,
}

/// What may be shown to a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Revealed {
    /// What is on an account.
    Balance,
    /// Names and words of deals.
    Deals,
    /// The delivered goods.
    Goods,
    /// Who the owner is: names and certificates.
    Identity,
    /// What the owner set.
    Preferences,
}

/// What may leave as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exported {
    /// The archive, or a part of it.
    Archive,
    /// A copy of everything, keys included.
    Backup,
    /// Delivered goods.
    Goods,
    /// The proof of one deal.
    EvidencePack,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write a file.
    Export(Exported),
    /// Spend.
    Pay(Amount),
    /// Show.
    Reveal(Revealed),
    /// Sign a statement of this kind.
    Sign(KindWord),
}

/// One question to access control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub subject: Subject,
    /// What for.
    pub action: Action,
}

/// The proof that a request passed [`check`]. It stands for that one action, once: it cannot be made,
/// copied or stored by anybody else.
#[derive(Debug, PartialEq, Eq)]
pub struct Permit {
    subject: Subject,
    action: Action,
}

impl Permit {
    /// Who asked.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Refuses unless this permit was given for exactly `action`.
    pub fn require(&self, action: &Action) -> Result<(), Refusal> {
        if self.action == *action { Ok(()) } else { Err(denied(&self.subject, action)) }
    }
}

/// Whether the rules allow this request: some rule must, and nothing is allowed by none.
pub fn check(rules: &Rules, request: &Request) -> Result<Permit, Refusal> {
    if rules.allow(&request.subject, &request.action) {
        Ok(Permit { subject: request.subject.clone(), action: request.action.clone() })
    } else {
        Err(denied(&request.subject, &request.action))
    }
}

fn denied(subject: &Subject, action: &Action) -> Refusal {
    Refusal::new(Code::AccessDenied, format!("{:?}: {}", subject.kind, Wanted(action)))
}

/// An action in few words, for the refusal.
struct Wanted<'a>(&'a Action);

impl std::fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Action::Export(what) => write!(f, "export {what:?}"),
            Action::Pay(amount) => write!(f, "pay {amount}"),
            Action::Reveal(what) => write!(f, "reveal {what:?}"),
            Action::Sign(kind) => write!(f, "sign {kind}"),
        }
    }
}

#[cfg(test)]
mod tests;
