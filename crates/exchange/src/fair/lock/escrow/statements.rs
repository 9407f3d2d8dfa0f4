//! What is signed about a lock for goods that somebody carries. It holds the lock's id, amounts and hashes,
//! never goods, address or names.

use semper_base::{Amount, Hash, Nonce, Timestamp};
use semper_blocks::statement::{Body, Kind};
use semper_support::crypto::Secret32;
use serde::{Deserialize, Serialize};

use super::Side;

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

/// What a division rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DivideBasis {
    /// The payer's word.
    Approved,
    /// The carrier did not say in time that the goods came.
    NotArrived,
    /// Nothing was consigned in time.
    NotShipped,
    /// The arbiter's ruling.
    Ruled,
    /// Nobody objected in time.
    Unobjected,
    /// The arbiter did not rule in time.
    Unruled,
}

bodies! {
    /// Payee to holder: the goods are with whoever brings them.
    Consignment {
        /// The payee's account at this holder.
        account: String,
        /// What it asks; the rest of the lock goes back.
        due: Amount,
        /// Opens the payee commitment.
        salt: Secret32,
    }
    /// Holder: the payee said so.
    Consigned {
        /// When, by the holder's clock.
        at: Timestamp,
        /// Hash of the `consignment`.
        consignment: Hash,
        /// What the payee asks.
        due: Amount,
        /// Silence decides at or after this moment.
        until: Timestamp,
    }
    /// Carrier: given to somebody who had the pickup code.
    HandedOver {
        /// When, by the carrier's clock.
        at: Timestamp,
        /// The code.
        code: Nonce,
    }
    /// Holder: the carrier said so, with the right code.
    Arrived {
        /// When, by the holder's clock.
        at: Timestamp,
        /// Hash of the `handed-over`.
        handed_over: Hash,
        /// The payer may object until then.
        until: Timestamp,
    }
    /// Payer to holder: pay what is due.
    Approval {
        /// What is due.
        amount: Amount,
        /// Hash of the `consignment`.
        consignment: Hash,
    }
    /// Payer or payee to holder: do not let silence decide, the arbiter shall.
    Dispute {
        /// Hash of the `consignment`.
        consignment: Hash,
        /// Hash of what the arbiter is shown.
        evidence: Hash,
    }
    /// Holder: silence decides nothing before the last moment.
    Disputed {
        /// When, by the holder's clock.
        at: Timestamp,
        /// Who objected.
        by: Side,
        /// Hash of the `dispute`.
        dispute: Hash,
        /// Without a ruling the money is divided at this moment as agreed for that case.
        until: Timestamp,
    }
    /// Arbiter: divide the money so.
    Ruling {
        /// Hash of the `dispute` that it decides.
        dispute: Hash,
        /// What the payee gets.
        payee: Amount,
        /// What the payer gets.
        payer: Amount,
        /// Hash of the reasons.
        reasons: Hash,
    }
    /// Holder: divided for good.
    Divided {
        /// When, by the holder's clock.
        at: Timestamp,
        /// On what ground.
        basis: DivideBasis,
        /// Hash of the approval or ruling, if that was it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        ground: Option<Hash>,
        /// What the payee got.
        payee: Amount,
        /// What the payer got back.
        payer: Amount,
    }
}
