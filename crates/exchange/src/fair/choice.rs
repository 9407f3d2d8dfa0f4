//! The manager of exchanges: which protocol fits what is given and what is asked of it.
//!
//! The class of each item decides what is possible at all ([`semper_blocks::item`]); the quality asked for decides
//! between the protocols that are left. What is chosen stands in the descriptor, so that everybody can see it, and
//! on the trusted screen, so that whoever is bound by it has.
//!
//! | given | asked | chosen | register |
//! |---|---|---|---|
//! | content for money | | DG-P | the bank |
//! | receipt for money | | payment for receipt | the bank |
//! | two signatures | nothing, or optimistic | CS2 | a notary |
//! | two signatures | abuse-free | CSN-A | a notary |
//! | three and more signatures | nothing, or abuse-free | CSN-A | a notary |
//! | three to five signatures | asynchronous, and nothing else | CSN-C | a notary |
//! | mail for receipt | nothing, or optimistic | CM | a notary |
//! | mail for receipt | abuse-free | CM-online | a notary |
//! | content, signatures, receipts, mails and payments of any number in any other mix | nothing, or abuse-free | deal | a notary |
//!
//! Two payments are a deal too, also if one bank holds both: it could book them in one transaction of its own, but
//! that would be one more order for it to understand, and another proof for the same thing, to save one row at a
//! notary.

use semper_base::limits::{EXCHANGE_PARTIES_MAX, ROUNDS_PARTIES_MAX};
use semper_base::{Code, Refusal};
use semper_blocks::item::{Class, Grade, RegisterKind};

use super::frame::Protocol;

/// What a party gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Given {
    /// A file whose key can lie in escrow.
    Content,
    /// A parcel, or something that is done.
    Goods,
    /// A mail, against a receipt for exactly this mail.
    Mail,
    /// Money that somebody holds.
    Money,
    /// A receipt.
    Receipt,
    /// A signature under a contract.
    Signature,
}

impl Given {
    /// Everything there is.
    pub const ALL: [Given; 6] =
        [Given::Content, Given::Goods, Given::Mail, Given::Money, Given::Receipt, Given::Signature];

    /// What a third party can do about it.
    #[must_use]
    pub fn class(self) -> Class {
        match self {
            Given::Content | Given::Mail | Given::Receipt | Given::Signature => Class::Generatable,
            Given::Goods => Class::Neither,
            Given::Money => Class::Held,
        }
    }
}

/// What is asked of the exchange beyond fairness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Quality {
    /// Until it is complete nobody can prove to others that a party was willing.
    pub abuse_free: bool,
    /// Of signatures of three and more: without the notary on the way, and without waiting for any clock. It costs
    /// (n+1)n(n-1) messages between n parties who are all linked with each other, so nothing picks it by itself.
    pub asynchronous: bool,
    /// The notary has nothing to do unless somebody stops.
    pub optimistic: bool,
}

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// Content for money that a bank holds.
    DgP,
    /// One of those whose register is a notary.
    Frame(Protocol),
    /// A payment that makes a receipt given in advance valid.
    PaymentForReceipt,
}

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chosen {
    /// How.
    pub way: Way,
    /// What it promises if somebody stops.
    pub grade: Grade,
    /// Who keeps the one row that decides.
    pub register: RegisterKind,
}

/// Why nothing fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unfit {
    /// In rounds some know before others that they can complete it, and can prove it.
    AbuseFreeAndAsynchronous,
    /// Rounds are for signatures of a few.
    Asynchronous,
    /// An optimistic exchange gives each side in turn the power to decide alone, and the proof of it.
    AbuseFreeAndOptimistic,
    /// A deal is complete by the notary's word and by nothing else.
    OptimisticDeal,
    /// Too few or too many parties.
    Parties,
    /// With three parties and more every optimistic protocol costs more than the notary does.
    OptimisticOfMany,
    /// One of the things is in no third party's reach: no exchange of it is fair, it only leaves evidence.
    OutOfReach,
}

impl Unfit {
    /// For people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Unfit::AbuseFreeAndAsynchronous => {
                "without the notary some can for a while prove that the others were willing: give up one of the two"
            }
            Unfit::Asynchronous => {
                "in rounds, without the notary on the way, three to five parties sign a contract and exchange nothing else"
            }
            Unfit::AbuseFreeAndOptimistic => {
                "without the notary one side can always prove for a while that the other was willing: give up one of the two"
            }
            Unfit::OptimisticDeal => {
                "these things are exchanged through the notary, which decides about all of them at once"
            }
            Unfit::Parties => "an exchange has two to sixteen parties",
            Unfit::OptimisticOfMany => "three parties and more sign through the notary",
            Unfit::OutOfReach => {
                "nobody can bring about or take back one of these things: it can be ordered with evidence, not exchanged fairly"
            }
        }
    }
}

impl From<Unfit> for Refusal {
    fn from(why: Unfit) -> Refusal {
        Refusal::new(Code::NoExchangeFits, why.text())
    }
}

/// The protocol for what each party gives, in the order of the parties.
pub fn choose(given: &[Given], quality: Quality) -> Result<Chosen, Unfit> {
    if !(2..=EXCHANGE_PARTIES_MAX).contains(&given.len()) {
        return Err(Unfit::Parties);
    }
    if given.iter().any(|item| item.class() == Class::Neither) {
        return Err(Unfit::OutOfReach);
    }
    if given.iter().all(|item| *item == Given::Signature) {
        return sign(given.len(), quality).map(by_notary);
    }
    if quality.asynchronous {
        return Err(Unfit::Asynchronous);
    }
    let mut pair = given.to_vec();
    pair.sort_unstable();
    match pair.as_slice() {
        [Given::Content, Given::Money] => Ok(by_bank(Way::DgP)),
        [Given::Money, Given::Receipt] => Ok(by_bank(Way::PaymentForReceipt)),
        [Given::Mail, Given::Receipt] => optimistic_or(quality, Protocol::Cm, Protocol::CmOnline).map(by_notary),
        _ if quality.optimistic => Err(Unfit::OptimisticDeal),
        _ => Ok(by_notary(Protocol::Deal)),
    }
}

fn sign(parties: usize, quality: Quality) -> Result<Protocol, Unfit> {
    match (parties, quality.optimistic) {
        (3..=ROUNDS_PARTIES_MAX, _) if quality.asynchronous => {
            if quality.abuse_free {
                Err(Unfit::AbuseFreeAndAsynchronous)
            } else {
                Ok(Protocol::CsnC)
            }
        }
        _ if quality.asynchronous => Err(Unfit::Asynchronous),
        (2, _) => optimistic_or(quality, Protocol::Cs2, Protocol::CsnA),
        (_, true) => Err(Unfit::OptimisticOfMany),
        (_, false) => Ok(Protocol::CsnA),
    }
}

/// What asks nothing of the notary unless it must, or what goes through it.
fn optimistic_or(quality: Quality, optimistic: Protocol, online: Protocol) -> Result<Protocol, Unfit> {
    match (quality.abuse_free, quality.optimistic) {
        (true, true) => Err(Unfit::AbuseFreeAndOptimistic),
        (true, false) => Ok(online),
        (false, _) => Ok(optimistic),
    }
}

fn by_notary(protocol: Protocol) -> Chosen {
    Chosen { way: Way::Frame(protocol), grade: Grade::Strong, register: RegisterKind::Notary }
}

fn by_bank(way: Way) -> Chosen {
    Chosen { way, grade: Grade::Strong, register: RegisterKind::Bank }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Given::{Content, Goods, Mail, Money, Receipt, Signature};
    use Protocol::{Cm, CmOnline, Cs2, CsnA, CsnC, Deal};

    const PLAIN: Quality = Quality { abuse_free: false, asynchronous: false, optimistic: false };
    const ABUSE_FREE: Quality = Quality { abuse_free: true, ..PLAIN };
    const ASYNCHRONOUS: Quality = Quality { asynchronous: true, ..PLAIN };
    const OPTIMISTIC: Quality = Quality { optimistic: true, ..PLAIN };
    const BOTH: Quality = Quality { abuse_free: true, ..OPTIMISTIC };
    const EACH: Quality = Quality { asynchronous: true, ..BOTH };

    #[test]
    fn each_exchange_has_its_protocol() {
        let table: Vec<(&[Given], Quality, Result<Way, Unfit>)> = vec![
            (&[Content, Money], PLAIN, Ok(Way::DgP)),
            (&[Money, Content], PLAIN, Ok(Way::DgP)),
            (&[Receipt, Money], PLAIN, Ok(Way::PaymentForReceipt)),
            (&[Signature; 2], PLAIN, Ok(Way::Frame(Cs2))),
            (&[Signature; 2], OPTIMISTIC, Ok(Way::Frame(Cs2))),
            (&[Signature; 2], ABUSE_FREE, Ok(Way::Frame(CsnA))),
            (&[Signature; 2], BOTH, Err(Unfit::AbuseFreeAndOptimistic)),
            (&[Signature; 3], PLAIN, Ok(Way::Frame(CsnA))),
            (&[Signature; 16], ABUSE_FREE, Ok(Way::Frame(CsnA))),
            (&[Signature; 3], OPTIMISTIC, Err(Unfit::OptimisticOfMany)),
            (&[Signature; 2], ASYNCHRONOUS, Err(Unfit::Asynchronous)),
            (&[Signature; 3], ASYNCHRONOUS, Ok(Way::Frame(CsnC))),
            (&[Signature; 5], ASYNCHRONOUS, Ok(Way::Frame(CsnC))),
            (&[Signature; 5], EACH, Err(Unfit::AbuseFreeAndAsynchronous)),
            (&[Signature; 6], ASYNCHRONOUS, Err(Unfit::Asynchronous)),
            (&[Content; 3], ASYNCHRONOUS, Err(Unfit::Asynchronous)),
            (&[Signature; 17], PLAIN, Err(Unfit::Parties)),
            (&[Signature], PLAIN, Err(Unfit::Parties)),
            (&[], PLAIN, Err(Unfit::Parties)),
            (&[Mail, Receipt], PLAIN, Ok(Way::Frame(Cm))),
            (&[Receipt, Mail], OPTIMISTIC, Ok(Way::Frame(Cm))),
            (&[Mail, Receipt], ABUSE_FREE, Ok(Way::Frame(CmOnline))),
            (&[Mail, Receipt], BOTH, Err(Unfit::AbuseFreeAndOptimistic)),
            (&[Mail, Receipt, Receipt], PLAIN, Ok(Way::Frame(Deal))),
            (&[Goods, Money], PLAIN, Err(Unfit::OutOfReach)),
            (&[Goods, Content, Money], PLAIN, Err(Unfit::OutOfReach)),
            (&[Money, Money], PLAIN, Ok(Way::Frame(Deal))),
            (&[Money; 3], ABUSE_FREE, Ok(Way::Frame(Deal))),
            (&[Money; 17], PLAIN, Err(Unfit::Parties)),
            (&[Signature, Money], PLAIN, Ok(Way::Frame(Deal))),
            (&[Content, Content], PLAIN, Ok(Way::Frame(Deal))),
            (&[Content, Content], OPTIMISTIC, Err(Unfit::OptimisticDeal)),
            (&[Content, Signature], ABUSE_FREE, Ok(Way::Frame(Deal))),
            (&[Content, Receipt], PLAIN, Ok(Way::Frame(Deal))),
            (&[Content, Money, Signature], PLAIN, Ok(Way::Frame(Deal))),
            (&[Content, Money, Money], OPTIMISTIC, Err(Unfit::OptimisticDeal)),
            (&[Content; 16], PLAIN, Ok(Way::Frame(Deal))),
        ];
        for (given, quality, due) in table {
            assert_eq!(choose(given, quality).map(|chosen| chosen.way), due, "{given:?} {quality:?}");
        }
    }

    /// What is chosen promises no more than the classes allow, and is decided where the money lies unless one row
    /// must decide for several who hold something.
    #[test]
    fn choices_keep_to_the_classes() {
        for one in Given::ALL {
            for other in Given::ALL {
                for quality in [PLAIN, ABUSE_FREE, ASYNCHRONOUS, OPTIMISTIC, BOTH, EACH] {
                    let chosen = choose(&[one, other], quality);
                    assert_eq!(chosen, choose(&[other, one], quality));
                    let Ok(chosen) = chosen else { continue };
                    assert!(chosen.grade <= one.class().grade(other.class()));
                    let bank = matches!(chosen.way, Way::DgP | Way::PaymentForReceipt);
                    assert_eq!(chosen.register == RegisterKind::Bank, bank);
                    assert!(!bank || one == Money || other == Money);
                }
            }
        }
    }
}
