//! What is signed about a lock. Statements for the holder hold the lock's id, the amount and salted hashes, never
//! what the money is for.

use semper_base::{Amount, Hash, KeyId, Millis, Timestamp};
use semper_blocks::statement::{Body, Kind};
use semper_support::crypto::{PublicKey, Secret32};
use serde::{Deserialize, Serialize};

use super::Third;
use super::condition::Condition;

pub use crate::fair::dgp::statements::{Status, Unmet};

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

/// What a payment rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimBasis {
    /// A notary's `resolved`.
    Decision,
    /// The preimage of the lock's hash.
    Preimage,
}

/// Why money went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReturnBasis {
    /// Payer or payee asked for it before anything was locked: nothing will be.
    Cancelled,
    /// A notary's `aborted`.
    Decision,
    /// The payee asked for it.
    Payee,
    /// The time was over.
    Time,
}

bodies! {
    /// Payer's key to holder: lock this amount.
    Lock {
        /// As in L.
        amount: Amount,
        /// As in L.
        condition: Condition,
        /// The commitment to the payee's account, as in L.
        payee: Hash,
    }
    /// Payer's account key to holder: take it from my account.
    LockDebit {
        /// The account at this holder.
        account: String,
        /// The account's key, to verify with; the holder compares it with the one on its books.
        account_key: PublicKey,
        /// The amount.
        amount: Amount,
        /// Hash of the `lock` statement that this pays for.
        lock: Hash,
    }
    /// Holder: the amount is locked.
    Locked {
        /// As in L.
        amount: Amount,
        /// When.
        at: Timestamp,
        /// Hash of the `lock` statement.
        lock: Hash,
        /// As in L.
        payee: Hash,
        /// The payee's key in L.
        payee_key: KeyId,
    }
    /// Payee's key to holder: the condition is met, pay this account.
    Claim {
        /// The account that is paid.
        account: String,
        /// Exactly for a hash lock: what it asks for.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        preimage: Option<Secret32>,
        /// Opens the commitment to the account.
        salt: Secret32,
    }
    /// Holder: paid for good.
    Claimed {
        /// As in L.
        amount: Amount,
        /// When.
        at: Timestamp,
        /// On what grounds.
        basis: ClaimBasis,
        /// Hash of the `claim`.
        claim: Hash,
        /// Hash of what was shown for it, which is always shown together with this.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        ground: Option<Hash>,
        /// As in L.
        payee: Hash,
        /// The payee's key in L.
        payee_key: KeyId,
        /// Of a hash lock: what it asks for. This is how the payer learns it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        preimage: Option<Secret32>,
    }
    /// Payer or payee to holder: let the money go back.
    GiveBack {
        /// As in L.
        amount: Amount,
    }
    /// Holder: the money is the payer's again, and nothing can be locked or claimed any more.
    Returned {
        /// As in L.
        amount: Amount,
        /// When.
        at: Timestamp,
        /// On what grounds.
        basis: ReturnBasis,
        /// Hash of what was shown for it, which is always shown together with this.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        ground: Option<Hash>,
        /// Hash of the `give-back`, if somebody asked.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        request: Option<Hash>,
    }
    /// Payee's key to holder, before there is any lock: tell whoever says this of locks for this key. A payee that
    /// sells by file learns of a lock from the holder alone.
    LockWatch {
        /// The key, which signs this.
        payee: PublicKey,
    }
    /// Seller, certified: this letter for this price, by a hash lock at this holder.
    DataOffer {
        /// The price.
        amount: Amount,
        /// Length of the sealed letter.
        bytes: u64,
        /// SHA-256 of the sealed letter.
        cipher: Hash,
        /// Salted commitment to the content; what hides it opens with the key.
        content: Hash,
        /// What it is, in the seller's words.
        description: String,
        /// SHA-256 of the key's half that the payment buys.
        h: Hash,
        /// The holder of the money.
        holder: Third,
        /// How long the seller wants the money locked, at least; it claims well before the end.
        lock_ms: Millis,
        /// Name of the file.
        name: String,
        /// The seller's key for this sale.
        payee: PublicKey,
        /// Salted commitment to the seller's account.
        payee_account: Hash,
        /// SHA-256 of the content, if the seller says so: for a buyer that knows it from elsewhere.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        sha256: Option<Hash>,
        /// Nothing is sold from this moment on.
        until: Timestamp,
    }
    /// Buyer, to itself alone: I buy this at this price. The order to the holder follows from it.
    DataPurchase {
        /// The price.
        amount: Amount,
        /// As offered.
        bytes: u64,
        /// As offered.
        description: String,
        /// The holder's certified name.
        holder: String,
        /// As offered.
        name: String,
        /// Hash of the [`DataOffer`].
        offer: Hash,
        /// The seller's certified name.
        seller: String,
        /// The money comes back at this moment, if the seller has not given the key by then.
        until: Timestamp,
    }
}
