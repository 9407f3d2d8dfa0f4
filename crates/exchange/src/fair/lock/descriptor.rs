//! The public descriptor L of one lock: everything that its holder may know of what it is for.
//!
//! Its exact bytes are JSON, made canonical by whoever makes it; the lock's id is their hash. Two spellings of one
//! text are two locks.

use semper_base::code::Code;
use semper_base::{Amount, Hash, KeyId, Millis, Nonce, Role, Timestamp, Violation, Xid, json};
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};

use super::Third;
use super::condition::Condition;

/// The version word of this protocol.
pub const PROTOCOL: &str = "semper-lock/1";
/// Largest descriptor, in bytes.
pub const LOCK_BYTES_MAX: usize = 4096;
/// Longest any of the lengths of time may be: a year.
pub(super) const LENGTH_MAX: Millis = Millis::days(366);

/// What a lock is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Core {
    /// How much is locked.
    pub amount: Amount,
    /// What frees it.
    pub condition: Condition,
    /// The register: it locks, pays, returns.
    pub holder: Third,
    /// The rules by which evidence is judged: [`crate::judge::JUDGE_VERSION`].
    pub judge: u64,
    /// Makes two locks with the same terms two locks.
    pub nonce: Nonce,
    /// When this was made.
    pub opened: Timestamp,
    /// The payee's key for this lock; it may claim.
    pub payee: PublicKey,
    /// Salted commitment to the account that is paid ([`crate::fair::dgp::descriptor::payee_commitment`]): the
    /// payer does not learn it.
    pub payee_account: Hash,
    /// The payer's key for this lock.
    pub payer: PublicKey,
    /// The protocol.
    pub protocol: String,
    /// Difference of clocks that is tolerated.
    pub skew_ms: Millis,
    /// Salted commitment to what only payer and payee know, if there is such a thing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub terms: Option<Hash>,
}

/// L, read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lock {
    /// What it says.
    pub core: Core,
    /// Its id.
    pub xid: Xid,
    bytes: Vec<u8>,
}

/// Somebody in a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seat {
    /// Keeps the money and the rows.
    Holder,
    /// Gets it if the condition is met.
    Payee,
    /// Whose money it is until then.
    Payer,
}

impl Seat {
    /// The role that this seat signs in.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Seat::Holder => Role::Bank,
            Seat::Payee | Seat::Payer => Role::Party,
        }
    }
}

impl Lock {
    /// Makes L and checks it like anybody else's.
    pub fn new(core: &Core) -> Result<Self, Violation> {
        let bytes = json::canonical(core).map_err(|e| Violation::new(Code::DescriptorWrong, e.to_string()))?;
        Lock::read(&bytes)
    }

    /// Reads exact bytes and checks the rules that hold within L itself.
    pub fn read(bytes: &[u8]) -> Result<Self, Violation> {
        if bytes.len() > LOCK_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "descriptor"));
        }
        let core: Core = json::read(bytes)?;
        core.check()?;
        Ok(Lock { core, xid: Xid::of(bytes), bytes: bytes.to_vec() })
    }

    /// The exact bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The key that speaks for somebody in this lock.
    #[must_use]
    pub fn key(&self, seat: Seat) -> &PublicKey {
        match seat {
            Seat::Holder => &self.core.holder.key,
            Seat::Payee => &self.core.payee,
            Seat::Payer => &self.core.payer,
        }
    }

    /// Whose key this is in this lock.
    #[must_use]
    pub fn seat(&self, key: &KeyId) -> Option<Seat> {
        [Seat::Holder, Seat::Payee, Seat::Payer].into_iter().find(|seat| self.key(*seat).id() == *key)
    }
}

impl Core {
    fn check(&self) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::DescriptorWrong, what));
        if self.protocol != PROTOCOL {
            return Err(Violation::new(Code::VersionUnknown, &self.protocol));
        }
        if self.judge != crate::judge::JUDGE_VERSION {
            return Err(Violation::new(Code::VersionUnknown, "judge"));
        }
        if self.amount.minor() == 0 {
            return wrong("amount");
        }
        if self.payer == self.payee || self.payer == self.holder.key || self.payee == self.holder.key {
            return wrong("one key in two roles");
        }
        if self.skew_ms.0 == 0 || self.skew_ms > LENGTH_MAX {
            return wrong("skew");
        }
        self.condition.check(self)
    }
}
