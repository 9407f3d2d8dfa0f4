//! What of a deal the notary must have in its hands, beside the signatures.

use std::collections::BTreeMap;

use semper_base::code::Code;
use semper_base::{Hash, Violation};
use semper_blocks::delivery::KeyOpening;
use semper_support::crypto::Crypto;

use super::super::frame::{Descriptor, Reader};
use super::{Deal, Payment};

/// What a party gives of one kind, by the number of the leg.
pub type ByLeg<T> = BTreeMap<u8, T>;

fn deal(x: &Descriptor) -> Result<&Deal, Violation> {
    x.core.deal.as_ref().ok_or_else(|| Violation::new(Code::DescriptorWrong, "no deal"))
}

/// The keys that a party brings: exactly those of the letters that it gives.
pub(in crate::fair) fn keys(x: &Descriptor, place: u8, keys: Vec<KeyOpening>) -> Result<ByLeg<KeyOpening>, Violation> {
    let own: Vec<(u8, &Hash)> =
        deal(x)?.letters().filter(|(_, giver, _)| *giver == place).map(|(leg, _, com_k)| (leg, com_k)).collect();
    if own.len() != keys.len() {
        return Err(Violation::new(Code::ProofWrong, "number of keys"));
    }
    let opened = |((leg, com_k), key): ((u8, &Hash), KeyOpening)| key.check(com_k).map(|()| (leg, key));
    own.into_iter().zip(keys).map(opened).collect()
}

/// The payments that a party owes, with the number of the leg.
pub(in crate::fair) fn owed(x: &Descriptor, place: u8) -> impl Iterator<Item = (u8, &Payment)> {
    let payments = x.core.deal.iter().flat_map(Deal::payments);
    payments.filter(move |(_, payment)| payment.giver == place)
}

/// The holders' `locked` that a party brings: exactly those of the payments that it owes.
pub(in crate::fair) fn locks(
    x: &Descriptor,
    place: u8,
    locks: Vec<String>,
    crypto: &dyn Crypto,
) -> Result<ByLeg<String>, Violation> {
    if owed(x, place).count() != locks.len() {
        return Err(Violation::new(Code::ProofWrong, "number of locks"));
    }
    let locked =
        |((leg, payment), text): ((u8, &Payment), String)| payment.locked(leg, x, &text, crypto).map(|()| (leg, text));
    owed(x, place).zip(locks).map(locked).collect()
}

/// How many grounds a `resolved` names.
pub(crate) fn needed(x: &Descriptor) -> usize {
    x.core.parties.len() + x.core.deal.iter().flat_map(Deal::payments).count()
}

/// Whether this is what a `resolved` needs in a place after the signatures.
pub(crate) fn bears(reader: &Reader<'_>, at: usize, text: &str) -> Result<(), Violation> {
    let nth = at.checked_sub(reader.x.core.parties.len());
    let payment = nth.and_then(|nth| reader.x.core.deal.iter().flat_map(Deal::payments).nth(nth));
    let (leg, payment) = payment.ok_or_else(|| Violation::new(Code::ProofWrong, "more than is needed"))?;
    payment.locked(leg, reader.x, text, reader.crypto)
}

/// Whether these pieces complete a deal: a signature of every party, then the `locked` of every payment.
pub(in crate::fair) fn completes(reader: &Reader<'_>, pieces: &[String]) -> Result<(), Violation> {
    if pieces.len() != needed(reader.x) {
        return Err(Violation::new(Code::ProofWrong, "number of pieces"));
    }
    let (signatures, locks) = pieces.split_at_checked(reader.x.core.parties.len()).unwrap_or((pieces, &[]));
    reader.signed_by_all(signatures)?;
    (reader.x.core.parties.len()..).zip(locks).try_for_each(|(at, text)| bears(reader, at, text))
}

/// The payment that this statement says is locked.
pub(crate) fn which(reader: &Reader<'_>, text: &str) -> Result<u8, Violation> {
    let fits = |(leg, payment): &(u8, &Payment)| payment.locked(*leg, reader.x, text, reader.crypto).is_ok();
    let found = reader.x.core.deal.iter().flat_map(Deal::payments).find(fits);
    found.map(|(leg, _)| leg).ok_or_else(|| Violation::new(Code::ProofWrong, "no payment of this deal"))
}
