//! The bank's own books, and what an entry may be for: from which kind of account to which.

use semper_base::Currency;
use semper_exchange::fair::dgp::Slot;
use serde::{Deserialize, Serialize};

/// The bank's own books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Book {
    /// Captured, neither settled nor paid back.
    Claims,
    /// Held for exchanges.
    Held,
    /// Locked until a condition is met, or can be met no more.
    Locked,
    /// Where play money comes from.
    Play,
}

impl Book {
    pub(super) const ALL: [Book; 4] = [Book::Claims, Book::Held, Book::Locked, Book::Play];

    /// The account's name in `currency`: a tilde, which no customer's account begins with, the word,
    /// the currency.
    #[must_use]
    pub fn name(self, currency: Currency) -> String {
        format!("~{}-{currency}", self.word())
    }

    /// The book that has this name.
    #[must_use]
    pub fn of(name: &str) -> Option<(Book, Currency)> {
        let (word, currency) = name.strip_prefix('~')?.split_once('-')?;
        let book = Book::ALL.into_iter().find(|book| book.word() == word)?;
        Some((book, Currency::parse(currency).ok()?))
    }

    fn word(self) -> &'static str {
        match self {
            Book::Claims => "claims",
            Book::Held => "held",
            Book::Locked => "locked",
            Book::Play => "play",
        }
    }
}

/// What an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The hold became a claim.
    Capture,
    /// Play money was given out.
    Deposit,
    /// Money was set aside for an exchange.
    Hold,
    /// Money was set aside under a condition.
    Lock,
    /// The lock went back to whoever paid into it.
    LockBack,
    /// The lock was paid to its payee.
    LockPaid,
    /// The lock was divided between its payee and whoever paid into it.
    LockSplit,
    /// The claim was paid back.
    Refund,
    /// The hold went back.
    Release,
    /// The claim was paid.
    Settle,
    /// One customer paid another.
    Transfer,
}

impl What {
    /// From what kind of account to what kind of account; none is a customer's.
    pub(super) fn legs(self) -> (Option<Book>, Option<Book>) {
        match self {
            What::Capture => (Some(Book::Held), Some(Book::Claims)),
            What::Deposit => (Some(Book::Play), None),
            What::Hold => (None, Some(Book::Held)),
            What::Lock => (None, Some(Book::Locked)),
            What::LockBack | What::LockPaid | What::LockSplit => (Some(Book::Locked), None),
            What::Refund | What::Settle => (Some(Book::Claims), None),
            What::Release => (Some(Book::Held), None),
            What::Transfer => (None, None),
        }
    }

    /// Which step of an exchange, or of a lock, this is, if it belongs to one. A lock has two steps: it is made,
    /// and it ends.
    pub(super) fn slot(self) -> Option<Slot> {
        match self {
            What::Deposit | What::Transfer => None,
            What::Hold | What::Lock => Some(Slot::Hold),
            What::Capture | What::LockBack | What::LockPaid | What::LockSplit | What::Release => Some(Slot::Decision),
            What::Refund | What::Settle => Some(Slot::Remedy),
        }
    }

    /// How many accounts an entry of this kind touches; any number for a deposit.
    pub(super) fn accounts(self) -> Option<usize> {
        match self {
            What::Deposit => None,
            What::LockSplit => Some(3),
            _ => Some(2),
        }
    }
}
