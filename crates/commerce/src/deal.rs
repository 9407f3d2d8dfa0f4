//! A deal and its word: who must act, until when, and what happens otherwise.

use semper_exchange::fair::dgp::{buyer, seller};
use serde::{Deserialize, Serialize};

/// Where a deal stands. Computed from the deal's tree, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// An offer was asked for.
    Asked,
    /// An offer is on the table.
    Offered,
    /// Ordered; the seller has not accepted.
    Agreed,
    /// The contract stands.
    Signed,
    /// Money is held; delivery is under way.
    Due,
    /// The money was captured.
    Paid,
    /// Key and goods are here and as agreed.
    Received,
    /// Nothing is left to do.
    Closed,
    /// Ended before any money moved.
    Withdrawn,
    /// The money is on its way back.
    Refunding,
    /// Somebody is asked to decide.
    Disputed,
}

impl Word {
    /// The word itself.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Word::Asked => "asked",
            Word::Offered => "offered",
            Word::Agreed => "agreed",
            Word::Signed => "signed",
            Word::Due => "due",
            Word::Paid => "paid",
            Word::Received => "received",
            Word::Closed => "closed",
            Word::Withdrawn => "withdrawn",
            Word::Refunding => "refunding",
            Word::Disputed => "disputed",
        }
    }
}

/// The word of a deal whose exchange runs, as the buyer sees it.
#[must_use]
pub fn of_buyer(stage: &buyer::Stage) -> Word {
    use buyer::Stage;
    match stage {
        Stage::Agreed { .. } | Stage::Holding => Word::Signed,
        Stage::Fetching | Stage::Fetched | Stage::Mandated => Word::Due,
        Stage::Captured | Stage::Checking => Word::Paid,
        Stage::Checked | Stage::Received => Word::Received,
        Stage::Bad | Stage::Complained => Word::Disputed,
        Stage::Cancelling | Stage::Released => Word::Withdrawn,
        Stage::Settled | Stage::Refunded => Word::Closed,
    }
}

/// The word of a deal whose exchange runs, as the seller sees it.
#[must_use]
pub fn of_seller(stage: &seller::Stage) -> Word {
    use seller::Stage;
    match stage {
        Stage::Proposed { .. } => Word::Signed,
        Stage::Delivering | Stage::Capturing => Word::Due,
        Stage::Captured => Word::Paid,
        Stage::Releasing | Stage::Released => Word::Withdrawn,
        Stage::Settled | Stage::Refunded => Word::Closed,
    }
}
