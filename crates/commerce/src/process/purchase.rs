//! The purchase of a file, from offer to contract.
//!
//! ```text
//!  shop                                   buyer
//!   offer (UCP checkout, R, price) ------> checks, shows, asks the user
//!   checks, opens the sealed half <------- order (com_s, deal key, sealed half)
//!   encrypts, seals the escrow
//!   acceptance = the contract, X --------> checks X against offer and order
//!                      the exchange (DG-P) runs from here
//! ```
//!
//! The contract is the shop's signed acceptance that names the order's hash. X carries a salted
//! commitment to offer and order, so that bank and notary, who see X, learn neither.

use semper_base::code::Code;
use semper_base::{Amount, Blob64, Hash, Violation};
use semper_blocks::statement::{Body, Kind, Statement};
use semper_exchange::fair::dgp::{Descriptor, RootOpening};
use semper_support::crypto::{PublicKey, Secret32};
use serde::{Deserialize, Serialize};

use super::offer::{self, Offer};

/// The buyer's order: obliges to pay if the exchange goes through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// What is paid.
    pub amount: Amount,
    /// Commitment to the buyer's half of the content key.
    pub com_s: Hash,
    /// The key that signs for the buyer in this deal alone.
    pub deal_key: PublicKey,
    /// The good's name, as in the offer.
    pub goods: String,
    /// The buyer's half, sealed to the shop.
    pub sealed_share: Blob64,
}

impl Body for Order {
    const KIND: Kind = Kind::Order;
}

/// The shop's acceptance: the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// What is paid.
    pub amount: Amount,
    /// The exact bytes of X.
    pub descriptor: Blob64,
    /// Opens X's commitment to this deal.
    pub private_salt: Secret32,
}

impl Body for Acceptance {
    const KIND: Kind = Kind::Acceptance;
}

/// What X says about the deal without telling: salted, over offer and order.
#[must_use]
pub fn private_commitment(offer: &Hash, order: &Hash, salt: &Secret32) -> Hash {
    Hash::tagged_parts("semper-private/1", &[offer.bytes(), order.bytes(), salt.danger_bytes()])
}

/// What opens X's commitment to the root in the offer. The salt follows from the deal's own.
#[must_use]
pub fn root_opening(offer: &Statement<Offer>, acceptance: &Statement<Acceptance>) -> RootOpening {
    RootOpening { root: offer.body.terms.file.plain_root, salt: root_salt(&acceptance.body.private_salt) }
}

/// The salt of the commitment to R.
#[must_use]
pub fn root_salt(private: &Secret32) -> Secret32 {
    Secret32::from_bytes(Hash::tagged("semper-root-salt/1", private.danger_bytes()).0)
}

/// What the shop checks of an order before it spends anything on it.
pub fn check_order(offer: &Statement<Offer>, order: &Statement<Order>) -> Result<(), Violation> {
    let summary = offer::check(offer)?;
    order.meta.check_ref(Kind::Offer, &offer.hash)?;
    if order.body.amount != summary.amount {
        return Err(Violation::new(Code::MismatchAmount, "order"));
    }
    if order.body.goods != summary.title {
        return Err(Violation::new(Code::TermsWrong, "goods"));
    }
    Ok(())
}

/// What the buyer checks of the contract before any money is held: X says what was ordered and
/// nothing else.
pub fn check_acceptance(
    offer: &Statement<Offer>,
    order: &Statement<Order>,
    acceptance: &Statement<Acceptance>,
) -> Result<Descriptor, Violation> {
    let x = Descriptor::read(&acceptance.body.descriptor.0)?;
    check_accepted(offer, order, acceptance, &x)?;
    Ok(x)
}

/// The same where X was read already: `x` is what stands in the acceptance.
pub fn check_accepted(
    offer: &Statement<Offer>,
    order: &Statement<Order>,
    acceptance: &Statement<Acceptance>,
    x: &Descriptor,
) -> Result<(), Violation> {
    acceptance.meta.check_ref(Kind::Order, &order.hash)?;
    // Whoever offered is bound, under the certificate that the buyer saw.
    if acceptance.meta.signer != offer.meta.signer {
        return Err(Violation::new(Code::KeyWrong, "accepted by another than who offered"));
    }
    if x.bytes() != acceptance.body.descriptor.0 {
        return Err(Violation::new(Code::DescriptorWrong, "another than was accepted"));
    }
    let (core, terms) = (&x.core, &offer.body.terms);
    if core.amount != order.body.amount || acceptance.body.amount != order.body.amount {
        return Err(Violation::new(Code::MismatchAmount, "acceptance"));
    }
    if core.deadlines != terms.times.from(core.opened) {
        return Err(Violation::new(Code::MismatchDeadline, "acceptance"));
    }
    let opened_late =
        core.opened > acceptance.meta.issued || core.opened < order.meta.issued.minus(terms.times.skew_ms);
    if opened_late {
        return Err(Violation::new(Code::MismatchDeadline, "opened"));
    }
    let same_parties = core.bank == terms.bank
        && core.notary == terms.notary
        && core.notary_seal == terms.notary_seal
        && core.buyer == order.body.deal_key;
    let file = &terms.file;
    let same_goods = core.plain == root_opening(offer, acceptance).commitment()
        && core.length == file.length
        && core.chunk == file.chunk
        && core.com_s == order.body.com_s;
    if !same_parties || !same_goods {
        return Err(Violation::new(Code::TermsWrong, if same_parties { "goods" } else { "parties" }));
    }
    let private = private_commitment(&offer.hash, &order.hash, &acceptance.body.private_salt);
    if core.private != private {
        return Err(Violation::new(Code::CommitmentWrong, "private"));
    }
    Ok(())
}
