//! The plain transfer: money one way, nothing in exchange.
//!
//! ```text
//!   payee                      bank                      payer
//!     | -- pay-to-request ---->  |                         |
//!     | <- reference ----------  |                         |
//!     | -- reference, within the pair's own process -----> |
//!     |                          | <------- transfer ----- |
//!     | <- transferred --------  | --------> transferred - |
//! ```
//!
//! A reference is good for one payment for one purpose. Payer and payee learn no account of each other's;
//! the bank learns no more of the deal than a salted hash, and both hold the same word of the bank's.

use semper_base::{Amount, Code, Hash, Nonce, Timestamp, Violation};
use semper_blocks::payment::PayTo;
use semper_blocks::statement::{Body, Kind};
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};

/// Payee's account key to bank: give me a reference that one payment can be made to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayToRequest {
    /// The account at this bank.
    pub account: String,
    /// The account's key, to verify with; the bank compares it with the one on its books.
    pub account_key: PublicKey,
    /// What for; see [`purpose`]. One purpose has one reference, however often it is asked for.
    pub purpose: Hash,
}

impl Body for PayToRequest {
    const KIND: Kind = Kind::PayToRequest;
}

/// Payer's account key to bank: pay. The statement's own end is the end of the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The account at this bank.
    pub account: String,
    /// The account's key, to verify with; the bank compares it with the one on its books.
    pub account_key: PublicKey,
    /// How much.
    pub amount: Amount,
    /// Whom.
    pub pay_to: PayTo,
    /// What for: the purpose for which the payee asked for the reference.
    pub purpose: Hash,
}

impl Body for Transfer {
    const KIND: Kind = Kind::Transfer;
}

/// Bank to both: paid, for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transferred {
    /// How much.
    pub amount: Amount,
    /// When.
    pub at: Timestamp,
    /// To which reference.
    pub pay_to: PayTo,
    /// What for.
    pub purpose: Hash,
    /// Hash of the payer's order.
    pub transfer: Hash,
}

impl Body for Transferred {
    const KIND: Kind = Kind::Transferred;
}

impl Transferred {
    /// Whether this answers the order with this hash.
    pub fn fits(&self, order: &Transfer, hash: &Hash) -> Result<(), Violation> {
        if self.transfer != *hash {
            return Err(Violation::new(Code::RefWrong, "transfer"));
        }
        if self.amount != order.amount {
            return Err(Violation::new(Code::MismatchAmount, self.amount.to_string()));
        }
        if (self.pay_to, self.purpose) != (order.pay_to, order.purpose) {
            return Err(Violation::new(Code::MismatchPayee, self.pay_to.to_string()));
        }
        Ok(())
    }
}

/// The purpose of a payment: what payer and payee know it by and the bank does not understand. `what` tells
/// the payments of one deal apart (`price`, `refund`), `deal` is a hash that only the two know of, and the
/// salt keeps whoever guesses it from finding out.
#[must_use]
pub fn purpose(what: &str, deal: &Hash, salt: &Nonce) -> Hash {
    Hash::tagged_parts("semper-payment-purpose/1", &[what.as_bytes(), deal.bytes(), &salt.0])
}
