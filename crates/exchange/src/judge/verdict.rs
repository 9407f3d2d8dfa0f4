//! What the judge says.

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Role, Timestamp, Xid};
use semper_blocks::statement::Kind;
use serde::{Deserialize, Serialize};

use super::evidence::Piece;
use super::words;

/// The judge's answer. Equal evidence gives equal verdicts, whatever its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The rules that were applied: [`super::JUDGE_VERSION`].
    pub version: u64,
    /// The exchange.
    pub xid: Xid,
    /// Every claim there is, in a fixed order.
    pub claims: Vec<Claim>,
    /// Who did what, as shown by what they signed. Sorted.
    pub convictions: Vec<Conviction>,
    /// Where buyer and seller stand.
    pub outcome: Outcome,
    /// Pieces without weight of their own. Their bytes may still show what a statement named by hash.
    pub set_aside: Vec<SetAside>,
}

/// A claim about what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimKind {
    /// The buyer signed something under exactly these terms, or the contract is the buyer's.
    BuyerBound,
    /// The seller signed something under exactly these terms, or the contract is the seller's.
    SellerBound,
    /// The bank held the amount.
    Held,
    /// The buyer signed the mandate.
    Mandated,
    /// The bank captured the amount.
    Captured,
    /// The bank released the hold, or never held.
    Released,
    /// The bank stopped the settlement.
    Contested,
    /// The notary opened the escrow.
    EscrowOpened,
    /// The notary signed that the escrow is bad.
    EscrowFoundBad,
    /// The escrow box held the right key all the same.
    EscrowGood,
    /// The buyer has had the key, or had only to take it.
    KeyHandedOver,
    /// The key is in this evidence.
    KeyShown,
    /// The content is not what was agreed.
    ContentNotAsAgreed,
    /// The buyer signed that the content is what was agreed.
    ReceiptGiven,
    /// The bank paid the seller for good.
    Settled,
    /// The bank paid the buyer back.
    Refunded,
    /// A register had nothing of this kind as of a moment.
    Unmet {
        /// Which register.
        by: Role,
        /// Of which kind.
        what: Kind,
    },
}

/// What the evidence says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Nothing shows it and nothing speaks against it. More evidence may.
    NotProvable,
    /// Something shows the opposite and nothing shows it.
    Contradicted,
    /// Something shows it. Stays, whatever is added: if something shows the opposite too, then somebody
    /// who signed both is convicted.
    Proven,
}

/// A claim and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Which.
    pub claim: ClaimKind,
    /// What the evidence says.
    pub finding: Finding,
    /// For [`ClaimKind::Unmet`]: the latest moment of which it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub as_of: Option<Timestamp>,
    /// Names of the pieces that show it, sorted.
    pub shown_by: Vec<String>,
    /// Names of the pieces that show the opposite, sorted.
    pub against: Vec<String>,
    /// For people.
    pub sentence: String,
}

/// What somebody can be convicted of. The module's table says by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Misdeed {
    /// Notary: both answers of one slot.
    AbortedAndResolved,
    /// Notary: let the time end what it does not end, or not yet.
    AbortedTooEarly,
    /// Bank: a row that follows from capture, and `released`.
    ActedAfterRelease,
    /// Bank: both answers of one slot.
    CapturedAndReleased,
    /// Bank: captured at or after the end of the hold.
    CapturedTooLate,
    /// Seller: asked for capture to another account than the one committed to.
    CapturedForAnother,
    /// Holder of a lock: both answers of one slot.
    ClaimedAndReturned,
    /// Holder of a lock: paid at or after the end of its time.
    ClaimedTooLate,
    /// Notary: called an escrow bad that was good.
    CriedBadEscrow,
    /// Bank or notary: said that nothing is on record after it had signed the record.
    DeniedRecord,
    /// Bank or seller: passed on a key that does not open the commitment.
    FalseKey,
    /// Bank: divided the money of an escrow otherwise than its own rows say.
    DividedAgainstRecord,
    /// Bank: let the clock divide the money of an escrow before its time.
    DividedTooEarly,
    /// Anyone who names a statement by its hash: those bytes are not that statement.
    FalseGround,
    /// Holder of a lock: locked what it says was cancelled before.
    LockedAndCancelled,
    /// Payer: agreed to other terms than those of the receipt that it names.
    MisquotedReceipt,
    /// Bank: names no ground, or a ground that does not go with what it claims.
    NoGround,
    /// Notary: both answers of one slot.
    OpenedAndBadEscrow,
    /// Notary: completed what it had told a party was over for it, without showing that this party went on.
    ResolvedDespiteHalt,
    /// Bank: rows that cannot follow each other in time.
    OutOfOrder,
    /// Seller: an escrow box that is too large to be one.
    OversizedEscrow,
    /// Buyer: signed that the content is, and that it is not, as agreed.
    ReceiptAndComplaint,
    /// Bank: paid back for want of an answer to a contest that its own rows show was answered.
    RefundedDespiteKey,
    /// Bank: paid back before the time for an answer was over.
    RefundedTooEarly,
    /// Bank: said that the hold ran out before it did.
    ReleasedTooEarly,
    /// Holder of a lock: said that the time was over before it was.
    ReturnedTooEarly,
    /// Bank: both answers of one slot.
    SettledAndRefunded,
    /// Bank: settled without receipt before the time was over.
    SettledTooEarly,
    /// Bank or notary: two different answers in one write-once slot.
    TwoAnswers,
    /// Payee: two different receipts for one payment.
    TwoReceipts,
    /// Anyone: signed members that differ from what the descriptor makes them.
    UnlikeDescriptor,
    /// Party: went on after it had told the notary that it stopped.
    WentOn,
    /// Seller: the content is not what was agreed.
    WrongFile,
    /// Notary: upheld a complaint whose proof shows nothing.
    WronglyUpheld,
}

/// Somebody did something that their own signature shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conviction {
    /// Who.
    pub who: Role,
    /// Its place, where there are several parties.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub party: Option<u8>,
    /// What.
    pub misdeed: Misdeed,
    /// Names of all pieces that show it, sorted.
    pub shown_by: Vec<String>,
    /// For people.
    pub sentence: String,
}

/// Where the two parties of the deal stand, by this evidence. Unlike claims and convictions this is a
/// reading, not a proof, and may change with more evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The buyer.
    pub buyer: Position,
    /// The seller.
    pub seller: Position,
}

/// Where somebody stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// In one word.
    pub standing: Standing,
    /// For people.
    pub sentence: String,
}

/// See [`Position`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Is owed the key.
    OwedKey,
    /// Is owed the amount.
    OwedMoney,
    /// This evidence does not decide it, or not yet.
    Undecided,
    /// Is owed nothing.
    Whole,
}

/// A piece that has no weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// Its names, sorted.
    pub pieces: Vec<String>,
    /// The stable number of the reason, see [`semper_base::Code`].
    pub code: u16,
    /// For people.
    pub sentence: String,
}

/// Who did what: of several parties, which.
type Culprit = (Role, Misdeed, Option<u8>);

/// Collects convictions; one per culprit and misdeed.
#[derive(Default)]
pub(super) struct Docket(BTreeMap<Culprit, BTreeSet<String>>);

impl Docket {
    pub(super) fn convict<'a>(&mut self, who: Role, misdeed: Misdeed, by: impl IntoIterator<Item = &'a Piece>) {
        self.add((who, misdeed, None), by);
    }

    /// One of several parties, by its place.
    pub(super) fn convict_party<'a>(&mut self, place: u8, misdeed: Misdeed, by: impl IntoIterator<Item = &'a Piece>) {
        self.add((Role::Party, misdeed, Some(place)), by);
    }

    fn add<'a>(&mut self, culprit: Culprit, by: impl IntoIterator<Item = &'a Piece>) {
        let names = self.0.entry(culprit).or_default();
        by.into_iter().for_each(|piece| names.extend(piece.names.iter().cloned()));
    }

    pub(super) fn add_names<'a>(&mut self, who: Role, misdeed: Misdeed, more: impl IntoIterator<Item = &'a String>) {
        self.0.entry((who, misdeed, None)).or_default().extend(more.into_iter().cloned());
    }

    pub(super) fn into_convictions(self) -> Vec<Conviction> {
        let conviction = |((who, misdeed, party), shown_by): (Culprit, BTreeSet<String>)| Conviction {
            who,
            party,
            misdeed,
            shown_by: shown_by.into_iter().collect(),
            sentence: words::misdeed(who, party, misdeed),
        };
        self.0.into_iter().map(conviction).collect()
    }
}
