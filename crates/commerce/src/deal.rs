//! A deal and its word: who must act, until when, and what happens otherwise.

use semper_base::{Role, Timestamp};
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
    /// On its way.
    Shipped,
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
            Word::Shipped => "shipped",
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

/// What comes next in a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// Who must act; nobody if none.
    pub who: Option<Role>,
    /// What it must do.
    pub act: Act,
    /// Until when.
    pub until: Option<Timestamp>,
    /// What happens if it does not.
    pub otherwise: Otherwise,
}

impl Next {
    /// Nobody has to do anything.
    #[must_use]
    pub const fn nothing() -> Self {
        Next { who: None, act: Act::None, until: None, otherwise: Otherwise::None }
    }
}

macro_rules! sentences {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $(#[doc = $text] $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// For people, in English.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }
    };
}

sentences! {
    /// What somebody must do.
    Act {
        Accept "accept the order",
        Acknowledge "acknowledge the withdrawal",
        Answer "answer",
        Confirm "look at what came and confirm or object",
        Deliver "deliver",
        GiveKey "hand over the key",
        Hold "have the money held",
        Lock "have the money locked",
        Look "look at what arrives and confirm or object",
        MakeOffer "make an offer",
        MayWithdraw "nothing; the buyer may withdraw",
        None "nothing",
        Order "order, or leave it",
        Pay "pay",
        Refund "pay back",
        Rule "rule on the dispute",
        Settle "nothing; the money settles by itself",
        Ship "ship",
    }
}

sentences! {
    /// What happens if somebody does not act in time.
    Otherwise {
        ClaimStands "the claim for the money stands, with signed proof",
        CountsAsReceived "it counts as received",
        HoldReturns "the money that is held goes back",
        GoesBack "the bank gives the money back to the buyer",
        Lapses "it lapses and nobody is bound",
        MayStepOut "the other side may step out; nothing was paid for it",
        None "nothing",
        Paid "the bank pays the seller",
        ProofStays "nothing by itself; the buyer keeps the signed proof",
        Refunded "the money goes back by the bank's rule",
        RightEnds "the right of withdrawal ends",
        Settles "the money settles by the bank's clock",
    }
}

/// What comes next in the purchase of a file, by its word: `until` is the next date that the machine or the
/// offer knows.
#[must_use]
pub fn next_in_purchase(word: Word, until: Option<Timestamp>) -> Next {
    let (who, act, otherwise) = match word {
        Word::Asked => (Role::Seller, Act::MakeOffer, Otherwise::Lapses),
        Word::Offered => (Role::Buyer, Act::Order, Otherwise::Lapses),
        Word::Agreed => (Role::Seller, Act::Accept, Otherwise::Lapses),
        Word::Signed => (Role::Buyer, Act::Hold, Otherwise::HoldReturns),
        Word::Due => (Role::Seller, Act::Deliver, Otherwise::HoldReturns),
        Word::Paid => (Role::Seller, Act::GiveKey, Otherwise::Refunded),
        Word::Received => (Role::Buyer, Act::Confirm, Otherwise::Settles),
        Word::Refunding | Word::Shipped => (Role::Seller, Act::Refund, Otherwise::ClaimStands),
        Word::Disputed => (Role::Notary, Act::Answer, Otherwise::Refunded),
        Word::Closed | Word::Withdrawn => return Next::nothing(),
    };
    Next { who: Some(who), act, until, otherwise }
}
