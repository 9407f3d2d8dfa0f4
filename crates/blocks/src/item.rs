//! What an exchange moves, and what can be done about it when somebody stops half-way.
//!
//! The class of each item decides what fairness an exchange of the two can promise, and where its
//! register lies: with whoever keeps the money, and with a notary only if nobody keeps anything.

use semper_base::{Amount, Hash, KeyId};
use serde::{Deserialize, Serialize};

/// What a third party can do about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A third party can bring it about: a signature, a receipt, a key in escrow.
    Generatable,
    /// Somebody keeps it in a write-once row of its own: a bank's hold, a mint's token.
    Held,
    /// Neither: a parcel, a service, a secret that was told.
    Neither,
    /// A third party can only undo it: a charge that can be reversed, a licence.
    Revocable,
}

/// What an exchange promises if the other side stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Proof that wins a dispute.
    Weak,
    /// Nobody gains anything, as long as what is revocable can still be revoked.
    Strong,
}

impl Class {
    /// The best grade that an exchange of these two can have. One of the items must be within a third
    /// party's reach from both ends; a parcel or a service never is, and two items that can only be
    /// undone can both be undone after both were given.
    #[must_use]
    pub fn grade(self, other: Class) -> Grade {
        match (self, other) {
            (Class::Neither, _) | (_, Class::Neither) | (Class::Revocable, Class::Revocable) => Grade::Weak,
            (Class::Generatable | Class::Held | Class::Revocable, _) => Grade::Strong,
        }
    }
}

/// Who keeps a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegisterKind {
    /// A bank: its rows decide about holds.
    Bank,
    /// A mint: its rows decide about tokens.
    Mint,
    /// A notary: its rows decide about signatures, keys and receipts.
    Notary,
}

/// The one place whose write-once rows decide about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterRef {
    /// The key that signs its answers.
    pub key: KeyId,
    /// What it is.
    pub kind: RegisterKind,
}

/// What one side of an exchange gives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "item", deny_unknown_fields)]
pub enum Item {
    /// Digital content, sent encrypted; its key lies in escrow.
    Content {
        /// Who can open the escrow.
        escrow: RegisterRef,
        /// Root over the plain chunks.
        root: Hash,
    },
    /// Money that somebody keeps.
    Money {
        /// How much.
        amount: Amount,
        /// Who keeps it.
        register: RegisterRef,
    },
}

impl Item {
    /// Its class.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Item::Content { .. } => Class::Generatable,
            Item::Money { .. } => Class::Held,
        }
    }

    /// Who can do something about it.
    #[must_use]
    pub fn register(&self) -> RegisterRef {
        match self {
            Item::Content { escrow, .. } => *escrow,
            Item::Money { register, .. } => *register,
        }
    }

    /// The register of an exchange of these two: whoever keeps the one that is held. None if that
    /// would be two: then no single row can decide.
    #[must_use]
    pub fn register_with(&self, other: &Item) -> Option<RegisterRef> {
        match (self.class() == Class::Held, other.class() == Class::Held) {
            (true, false) => Some(self.register()),
            (false, true) => Some(other.register()),
            (true, true) | (false, false) => Some(self.register()).filter(|own| *own == other.register()),
        }
    }
}

/// How money can be locked for one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lock {
    /// A notary's decision about another exchange pays or frees it.
    Decision,
    /// What happens to a parcel, and if need be an arbiter, divides it.
    Escrow,
    /// Whoever is to be paid takes it with the preimage of a hash, in time.
    Hash,
    /// The register sets it aside, to be captured or released once.
    Hold,
}

impl Lock {
    /// Every way there is.
    pub const ALL: [Lock; 4] = [Lock::Decision, Lock::Escrow, Lock::Hash, Lock::Hold];
}

#[cfg(test)]
mod tests {
    use super::*;
    use semper_base::Currency;

    fn at(kind: RegisterKind, name: &[u8]) -> RegisterRef {
        RegisterRef { key: KeyId(Hash::of(name)), kind }
    }

    #[test]
    fn the_grade_is_the_same_from_both_sides() {
        let all = [Class::Generatable, Class::Held, Class::Neither, Class::Revocable];
        for one in all {
            for other in all {
                assert_eq!(one.grade(other), other.grade(one));
                let weak = one == Class::Neither || other == Class::Neither || (one, other) == (all[3], all[3]);
                assert_eq!(one.grade(other) == Grade::Weak, weak);
            }
        }
        assert!(Grade::Weak < Grade::Strong);
    }

    #[test]
    fn the_register_lies_where_the_money_lies() {
        let (bank, mint) = (at(RegisterKind::Bank, b"bank"), at(RegisterKind::Mint, b"mint"));
        let (notary, other) = (at(RegisterKind::Notary, b"notary"), at(RegisterKind::Notary, b"another"));
        let money = |register| Item::Money { amount: Amount::zero(Currency::EUR), register };
        let content = |escrow| Item::Content { escrow, root: Hash::of(b"r") };
        assert_eq!(money(bank).register_with(&content(notary)), Some(bank));
        assert_eq!(content(notary).register_with(&money(mint)), Some(mint));
        assert_eq!(content(notary).register_with(&content(notary)), Some(notary));
        assert_eq!(content(notary).register_with(&content(other)), None);
        assert_eq!(money(bank).register_with(&money(bank)), Some(bank));
        assert_eq!(money(bank).register_with(&money(mint)), None);
    }

    #[test]
    fn items_are_read_strictly() {
        let item = Item::Content { escrow: at(RegisterKind::Notary, b"n"), root: Hash::of(b"r") };
        let text = semper_base::json::canonical(&item).unwrap();
        assert_eq!(semper_base::json::read::<Item>(&text).unwrap(), item);
        let more = String::from_utf8(text).unwrap().replacen('{', "{\"more\":1,", 1);
        assert!(semper_base::json::read::<Item>(more.as_bytes()).is_err());
    }
}
