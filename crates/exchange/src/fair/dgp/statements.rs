//! What the parties of one exchange sign. Statements for bank and notary hold the exchange's id, the
//! amount and salted hashes, never goods, order or names.

use semper_base::{Amount, Blob64, Hash, KeyId, Timestamp};
use semper_blocks::delivery::{self, KeyOpening};
use semper_blocks::statement::{Body, Kind};
use semper_support::crypto::{PublicKey, Secret32};
use serde::{Deserialize, Serialize};

macro_rules! bodies {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }

            impl Body for $name {
                const KIND: Kind = Kind::$name;
            }
        )*
    };
}

/// Who or what released a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseBy {
    /// The buyer asked.
    Buyer,
    /// The hold ran out.
    Expiry,
    /// The seller asked.
    Seller,
}

/// What a settlement rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettleBasis {
    /// The buyer's receipt.
    Receipt,
    /// The settle window passed.
    Timer,
}

/// What a refund rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefundBasis {
    /// The notary found the escrow bad.
    BadEscrow,
    /// A contest was not answered in time.
    Contest,
    /// The notary found the complaint's proof good.
    WrongFile,
}

bodies! {
    /// Buyer's deal key to bank: hold this amount.
    Hold {
        /// The amount, as in the descriptor.
        amount: Amount,
        /// The payee commitment, as in the descriptor.
        payee: Hash,
    }
    /// Payer's account key to bank: take the hold from my account.
    DebitOrder {
        /// The account at this bank.
        account: String,
        /// The account's key, to verify with; the bank compares it with the one on its books.
        account_key: PublicKey,
        /// The amount.
        amount: Amount,
        /// Hash of the `hold` statement that this pays for.
        hold: Hash,
    }
    /// Bank: the amount is held.
    Held {
        /// As in the descriptor.
        amount: Amount,
        /// Hash of the `hold` statement.
        hold: Hash,
        /// As in the descriptor.
        hold_until: Timestamp,
        /// As in the descriptor.
        payee: Hash,
        /// The seller's key in the descriptor.
        payee_key: KeyId,
    }
    /// Buyer's deal key: all encrypted chunks and the escrow box are here; the seller may capture.
    Mandate {
        /// The amount.
        amount: Amount,
        /// The payee commitment.
        payee: Hash,
    }
    /// Seller's deal key to bank: capture for this account.
    Capture {
        /// The account that is paid.
        account: String,
        /// Hash of the buyer's mandate.
        mandate: Hash,
        /// Opens the payee commitment.
        salt: Secret32,
    }
    /// Bank: captured.
    Captured {
        /// As in the descriptor.
        amount: Amount,
        /// When, by the bank's clock.
        captured_at: Timestamp,
        /// Hash of the mandate that allowed it.
        mandate: Hash,
        /// As in the descriptor.
        payee: Hash,
        /// The seller's key in the descriptor.
        payee_key: KeyId,
        /// Settlement without receipt happens at or after this moment.
        settle_after: Timestamp,
    }
    /// Buyer or seller to bank: let the hold go.
    Release {
        /// The amount.
        amount: Amount,
    }
    /// Bank: the hold is released; nothing can be captured any more.
    Released {
        /// As in the descriptor.
        amount: Amount,
        /// When.
        at: Timestamp,
        /// On whose word.
        by: ReleaseBy,
    }
    /// Buyer's deal key: decrypted, and it matches the root in the descriptor.
    Receipt {
        /// The amount.
        amount: Amount,
        /// The commitment to the root that it matches, as in the descriptor.
        plain: Hash,
    }
    /// Bank: paid for good.
    Settled {
        /// As in the descriptor.
        amount: Amount,
        /// When.
        at: Timestamp,
        /// On what grounds.
        basis: SettleBasis,
        /// Hash of the receipt, if that was it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        receipt: Option<Hash>,
    }
    /// Buyer's deal key to bank: the key was withheld; do not settle.
    Contest {
        /// Hash of the bank's `captured`.
        captured: Hash,
    }
    /// Bank: settlement is stopped until somebody answers.
    Contested {
        /// When.
        at: Timestamp,
        /// Without an answer the money goes back at this moment.
        answer_until: Timestamp,
    }
    /// Seller's deal key to bank: pass this key on to the buyer.
    PassKey {
        /// Opens `com_k`.
        key: KeyOpening,
    }
    /// Bank: the seller gave this key, which opens the commitment.
    PassedKey {
        /// When.
        at: Timestamp,
        /// Opens `com_k`.
        key: KeyOpening,
        /// The buyer may complain until then.
        settle_after: Timestamp,
    }
    /// Buyer's deal key to notary: open the escrow.
    EscrowRequest {
        /// Hash of the bank's `captured`.
        captured: Hash,
    }
    /// Notary: the escrow holds what the descriptor says and was opened.
    Opened {
        /// When.
        at: Timestamp,
        /// Hash of the bank's `captured` that allowed it.
        captured: Hash,
    }
    /// Bank: the notary's opening is on record; the key may be handed over.
    Recorded {
        /// When.
        at: Timestamp,
        /// Hash of the notary's `opened`.
        opened: Hash,
        /// The buyer may complain until then.
        settle_after: Timestamp,
    }
    /// Notary: the escrow box is bad.
    BadEscrow {
        /// When.
        at: Timestamp,
        /// Hash of the bank's `captured`.
        captured: Hash,
        /// SHA-256 of the box that was tried, as in the descriptor.
        escrow: Hash,
        /// What is wrong with it.
        reason: delivery::BadEscrow,
    }
    /// Buyer's deal key to notary: this is not what was agreed.
    Complaint {
        /// Hash of the bank's `captured`.
        captured: Hash,
        /// Hash of the proof's exact bytes.
        proof: Hash,
    }
    /// Notary: the proof holds.
    WrongFile {
        /// When.
        at: Timestamp,
        /// Hash of the bank's `captured`.
        captured: Hash,
        /// Hash of the proof's exact bytes.
        proof: Hash,
    }
    /// Bank: paid back.
    Refunded {
        /// As in the descriptor.
        amount: Amount,
        /// When.
        at: Timestamp,
        /// On what grounds.
        basis: RefundBasis,
        /// Hash of the notary's statement, if that was it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        notary: Option<Hash>,
    }
    /// Buyer or seller to a register: what do you have on this exchange?
    Status {
        /// Makes repeated questions differ even within one millisecond.
        round: u64,
    }
    /// A register: I have nothing of this kind on record.
    Unmet {
        /// As of when.
        at: Timestamp,
        /// Of which kind.
        what: Kind,
    }
}

/// The escrow box as it travels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EscrowBox(pub Blob64);

impl EscrowBox {
    /// SHA-256 of the box: what the descriptor names.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&self.0.0)
    }
}
