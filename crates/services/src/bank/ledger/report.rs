//! What a check of the ledger found, in a form for people and for `--json`.

use semper_base::Currency;
use semper_base::limits::DISCREPANCIES_MAX;
use serde::Serialize;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LedgerReport {
    /// Customers' accounts.
    pub accounts: u64,
    /// What does not add up, at most [`DISCREPANCIES_MAX`] of it.
    pub discrepancies: Vec<Discrepancy>,
    /// Entries.
    pub entries: u64,
    /// Exchanges with money held or captured, now or earlier.
    pub exchanges: u64,
    /// Locks, open or ended.
    pub locks: u64,
    /// Discrepancies beyond those listed.
    pub more: u64,
    /// Exchanges whose money is captured and neither settled nor paid back.
    pub open_claims: u64,
    /// Exchanges whose money is held and not decided.
    pub open_holds: u64,
    /// Locks that have not ended.
    pub open_locks: u64,
    /// Sums for each currency in use.
    pub totals: Vec<Total>,
    /// Payments from one customer to another.
    pub transfers: u64,
}

impl LedgerReport {
    /// Whether everything adds up.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.discrepancies.is_empty() && self.more == 0
    }
}

/// The sums of one currency, in minor units; together they are zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Total {
    /// Captured, neither settled nor paid back.
    pub claims: i64,
    /// Which currency.
    pub currency: Currency,
    /// On customers' accounts.
    pub customers: i64,
    /// Held for exchanges.
    pub held: i64,
    /// Locked until a condition is met.
    pub locked: i64,
    /// Minus what was given out as play money.
    pub play: i64,
}

/// One thing that does not add up. Sums are minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Discrepancy {
    /// An account's balance is not the sum of its entries.
    Balance {
        /// Whose.
        account: String,
        /// On record.
        found: i64,
        /// By the entries.
        sum: i64,
    },
    /// An account has a balance, or entries, but does not exist or has another currency.
    Account {
        /// Its name.
        account: String,
    },
    /// An entry breaks a rule by itself.
    Entry {
        /// Its row.
        row: String,
        /// Which rule.
        rule: String,
    },
    /// A step of an exchange is out of order, missing, double or of another amount.
    Exchange {
        /// Its row.
        row: String,
        /// What about it.
        rule: String,
    },
    /// The ledger's last number is not that of its last entry.
    Head {
        /// On record.
        found: u64,
        /// By the entries.
        last: u64,
    },
    /// A line of an account is missing, out of order, or has another balance than its entries make.
    Line {
        /// Which account.
        account: String,
        /// The line's number.
        number: u64,
    },
    /// There are more or fewer lines of accounts than postings to customers.
    Lines {
        /// Lines.
        found: u64,
        /// Postings.
        postings: u64,
    },
    /// An account is below zero, or was after this entry.
    Negative {
        /// Which.
        account: String,
    },
    /// The entries' numbers leave a gap, or a row's name is not that of its entry.
    Number {
        /// The row.
        row: String,
    },
    /// What is held, claimed or locked is not the sum of the open exchanges and locks.
    Open {
        /// The book.
        account: String,
        /// By the entries.
        found: i64,
        /// By the exchanges.
        sum: i64,
    },
    /// All accounts of a currency do not sum to zero.
    Sum {
        /// Which currency.
        currency: Currency,
        /// The sum.
        sum: i64,
    },
    /// A transfer's entry is not the one on record for its order, or there is none.
    Transfer {
        /// Its row.
        row: String,
    },
    /// A row cannot be read.
    Unreadable {
        /// The row, or one that leads to it.
        row: String,
    },
}

impl LedgerReport {
    /// Lists one more, or counts it once the list is full.
    pub(super) fn note(&mut self, discrepancy: Discrepancy) {
        if self.discrepancies.len() < DISCREPANCIES_MAX {
            self.discrepancies.push(discrepancy);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }
}
