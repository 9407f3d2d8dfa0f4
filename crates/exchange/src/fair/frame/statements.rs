//! What is signed in these exchanges. Whatever may reach the notary holds the exchange's id and hashes, never
//! terms or names. The one statement that has them, [`Agreement`], stays with whoever signs it.

use semper_base::{Hash, Timestamp};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::statement::{Body, Kind};
use serde::{Deserialize, Serialize};

use super::terms::Contract;

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

/// What an abort rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbortBasis {
    /// A party that may abort asked for it.
    Asked,
    /// The escrow box does not hold what X says; only of certified mail.
    BadEscrow,
    /// The time was over before all signatures were in.
    Expired,
}

bodies! {
    /// Party, to itself alone: I have seen these terms and am bound by them if this exchange completes. What
    /// follows in the exchange, promise and signature, follows from it.
    Agreement {
        /// What is agreed on, in full.
        contract: Contract,
    }
    /// Sender of a mail, to itself alone: this is to be delivered to them, for their receipt.
    Dispatch {
        /// What is sent, to whom, and how.
        contract: Contract,
    }
    /// Party to a deal, to itself alone: all of this is to take effect at once, with what I give in it.
    JointDeal {
        /// What is given, by whom to whom, and under which terms.
        contract: Contract,
    }
    /// Notary, in an exchange of rounds: nothing comes of it for a party that stopped and kept to it.
    Halted {
        /// When.
        at: Timestamp,
        /// Number of the party that stopped, from 1.
        party: u8,
        /// The round in which it stopped.
        round: u8,
        /// Hashes of what forced it, which is always shown together with this.
        ground: Vec<Hash>,
    }
    /// Party, in an exchange of rounds: in this round, I am bound if the others are. The pledges of all from one
    /// round are what the notary resolves on.
    Pledge {
        /// From 1.
        round: u8,
        /// Hash of all pledges of the round before; none in round 1.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        vector: Option<Hash>,
    }
    /// Party, in an exchange of rounds, to the notary: I stop in this round for good, whatever comes of it.
    Stop {
        /// From 1; one more than there are parties, if only signatures are missing.
        round: u8,
    }
    /// Party: I am bound if the others are. Together the promises of all are what the notary resolves on.
    Promise {
        /// Of the one who answers: hash of the promise that it answers.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        answers: Option<Hash>,
    }
    /// Party: I sign the contract that X commits to.
    Signature {
        /// Hashes of all promises, or of all pledges of the last round, in the order of the parties; empty where
        /// nobody promised.
        promises: Vec<Hash>,
    }
    /// Party to notary: let nothing come of it, if nothing has.
    Abort {
    }
    /// Notary: nothing came of it and nothing will.
    Aborted {
        /// When.
        at: Timestamp,
        /// On what grounds.
        basis: AbortBasis,
        /// Hashes of what forced it, which is always shown together with this.
        ground: Vec<Hash>,
    }
    /// Receiver of a mail, to itself alone: I sign its receipt when I get it, whatever is in it.
    Reception {
        /// What comes, from whom, and how.
        contract: Contract,
    }
    /// Notary: it is complete; this stands for all signatures.
    Resolved {
        /// When.
        at: Timestamp,
        /// Hashes of what forced it, in the order of the parties; always shown together with this.
        ground: Vec<Hash>,
        /// Of a mail: what opens it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        key: Option<KeyOpening>,
        /// Of a deal: what opens its letters, in the order of the legs.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        keys: Vec<KeyOpening>,
    }
}
