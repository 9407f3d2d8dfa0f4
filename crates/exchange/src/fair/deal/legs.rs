//! The legs of a deal: who gives what to whom. They stand in X, so the notary sees them; what a letter is about
//! stands in the terms.

use semper_base::code::Code;
use semper_base::{Hash, Violation};
use semper_blocks::delivery::KeyOpening;
use semper_blocks::item::Class;
use serde::{Deserialize, Serialize};

use super::super::frame::descriptor::{Core, Item, Receiver};
use super::payment::Payment;

/// One thing that is given.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(clippy::large_enum_variant, reason = "at most a few dozen in a deal")]
pub enum Leg {
    /// A sealed letter, which its receiver has already: the key comes with the decision.
    Letter {
        /// SHA-256 of the sealed letter.
        cipher: Hash,
        /// Commitment to the giver's half of its key.
        com_k: Hash,
        /// Who gives it, by place.
        giver: u8,
        /// Who can read it then.
        receiver: Receiver,
    },
    /// Money that is locked at whoever holds it, for exactly this deal: the notary wants the holder's `locked`, and the
    /// holder pays or gives back by the notary's decision. See [`Payment`].
    Payment(Payment),
    /// The giver's signature under the terms, to all others: a statement, a contract, a receipt.
    Signature {
        /// Who gives it, by place.
        giver: u8,
    },
}

/// What X says about a deal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deal {
    /// Everything that is given, in a fixed order.
    pub legs: Vec<Leg>,
}

impl Leg {
    /// Who gives it, by place.
    #[must_use]
    pub fn giver(&self) -> u8 {
        match self {
            Leg::Letter { giver, .. } | Leg::Signature { giver } => *giver,
            Leg::Payment(payment) => payment.giver,
        }
    }

    /// Who gets it.
    #[must_use]
    pub fn receiver(&self) -> Receiver {
        match self {
            Leg::Letter { receiver, .. } => *receiver,
            Leg::Payment(payment) => Receiver::Party(payment.receiver),
            Leg::Signature { .. } => Receiver::All,
        }
    }

    /// Whether this party gets it.
    #[must_use]
    pub fn is_for(&self, place: u8) -> bool {
        place != self.giver()
            && match self.receiver() {
                Receiver::All => true,
                Receiver::Party(receiver) => receiver == place,
            }
    }

    /// The item of X that it is.
    fn item(&self, terms: Hash) -> Item {
        let (giver, receiver) = (self.giver(), self.receiver());
        match self {
            Leg::Letter { cipher, .. } => Item { class: Class::Generatable, giver, receiver, what: *cipher },
            Leg::Payment(payment) => Item { class: Class::Held, giver, receiver, what: payment.payee_account },
            Leg::Signature { .. } => Item { class: Class::Generatable, giver, receiver, what: terms },
        }
    }
}

impl Deal {
    /// The items of X: one for each leg.
    #[must_use]
    pub fn items(&self, terms: Hash) -> Vec<Item> {
        self.legs.iter().map(|leg| leg.item(terms)).collect()
    }

    /// The letters in order: the leg's number, who gives it, the commitment to its key.
    pub fn letters(&self) -> impl Iterator<Item = (u8, u8, &Hash)> {
        self.numbered().filter_map(|(number, leg)| match leg {
            Leg::Letter { com_k, giver, .. } => Some((number, *giver, com_k)),
            Leg::Payment(_) | Leg::Signature { .. } => None,
        })
    }

    /// The payments in order, with the leg's number.
    pub fn payments(&self) -> impl Iterator<Item = (u8, &Payment)> {
        self.numbered().filter_map(|(number, leg)| match leg {
            Leg::Payment(payment) => Some((number, payment)),
            Leg::Letter { .. } | Leg::Signature { .. } => None,
        })
    }

    /// The legs with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (u8, &Leg)> {
        (0_u8..).zip(&self.legs)
    }

    /// Whether these are the keys of all letters, in the order of the legs. [`Code::ProofWrong`] if it is another
    /// number of keys, [`Code::CommitmentWrong`] if one is another key.
    pub fn open(&self, keys: &[KeyOpening]) -> Result<(), Violation> {
        if keys.len() != self.letters().count() {
            return Err(Violation::new(Code::ProofWrong, "number of keys"));
        }
        self.letters().zip(keys).try_for_each(|((_, _, com_k), key)| key.check(com_k))
    }

    /// The rules within a deal. That places exist and nobody gives to itself is checked with the items.
    pub(in crate::fair) fn check(&self, core: &Core) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::DescriptorWrong, what));
        let parties = u8::try_from(core.parties.len()).unwrap_or(u8::MAX);
        self.payments().try_for_each(|(leg, payment)| payment.check(leg, core))?;
        if !(0..parties).all(|place| self.legs.iter().any(|leg| leg.giver() == place)) {
            return wrong("a party that gives nothing");
        }
        // One key opens one letter: a key that is given for one leg gives nothing away of another.
        let twin = |(at, leg): (usize, &Leg)| self.legs.iter().skip(at + 1).any(|other| is_same(leg, other));
        if self.legs.iter().enumerate().any(twin) {
            return wrong("one thing in two legs");
        }
        Ok(())
    }
}

fn is_same(one: &Leg, other: &Leg) -> bool {
    match (one, other) {
        (Leg::Letter { cipher: c1, com_k: k1, .. }, Leg::Letter { cipher: c2, com_k: k2, .. }) => c1 == c2 || k1 == k2,
        (Leg::Signature { giver: g1 }, Leg::Signature { giver: g2 }) => g1 == g2,
        _ => false,
    }
}
