//! The public descriptor X of one exchange: everything that bank and notary may know of it.
//!
//! Its exact bytes are `{"core":CORE,"escrow":"HEX"}` where CORE is canonical JSON. The exchange's id
//! is their hash; the escrow box is bound to the exact bytes of CORE. Nobody needs to canonicalise
//! to check either: the bytes are cut, never rewritten.

use semper_base::code::{Code, Misuse};
use semper_base::limits::{CHUNK_BYTES, FILE_BYTES_MAX};
use semper_base::{Amount, Hash, KeyId, Millis, Nonce, Role, Timestamp, Violation, Xid, bytes, json};
use semper_blocks::delivery::{Goods, Layout};
use semper_support::crypto::{PublicKey, Secret32};
use serde::{Deserialize, Serialize};

/// The version word of this protocol.
pub const PROTOCOL: &str = "dg-p/1";
/// Largest descriptor, in bytes.
pub const DESCRIPTOR_BYTES_MAX: usize = 4096;

const HEAD: &[u8] = b"{\"core\":";
const ESCROW: &[u8] = b",\"escrow\":\"";
const TAIL: &[u8] = b"\"}";

/// A third party as an exchange names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Third {
    /// SHA-256 of its key's certificate.
    pub certificate: Hash,
    /// The key that signs its answers.
    pub key: PublicKey,
}

/// The times of an exchange. All of them are compared with the register's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    // In canonical order.
    /// How long the notary may take for an answer.
    pub answer_ms: Millis,
    /// From a key that notary or bank handed over to settlement: time to look at the goods and to
    /// have a complaint judged.
    pub complaint_ms: Millis,
    /// V: from contest to refund, if neither notary nor seller answers.
    pub contest_ms: Millis,
    /// At or after this moment a hold can no longer be captured.
    pub hold_until: Timestamp,
    /// W: from capture to settlement without receipt.
    pub settle_ms: Millis,
    /// Difference of clocks that is tolerated.
    pub skew_ms: Millis,
}

impl Deadlines {
    /// The defaults, for an exchange that opens now.
    #[must_use]
    pub fn standard(now: Timestamp) -> Self {
        Deadlines {
            hold_until: now.plus(Millis::hours(24)),
            settle_ms: Millis::days(7),
            contest_ms: Millis::days(3),
            complaint_ms: Millis::hours(48),
            answer_ms: Millis::hours(24),
            skew_ms: Millis::seconds(120),
        }
    }

    /// From this moment on the bank's word that nothing is on record ends an exchange. No hold can come any more; and
    /// should the bank tell somebody else that it captured, which must be before [`Deadlines::hold_until`], its two words
    /// are further apart than clocks may differ and convict it.
    #[must_use]
    pub fn over_if_unmet(&self) -> Timestamp {
        self.hold_until.plus(self.skew_ms)
    }
}

/// CORE: what the exchange is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Core {
    /// What the buyer pays.
    pub amount: Amount,
    /// The register: it holds, captures, settles.
    pub bank: Third,
    /// The buyer's key for this deal alone.
    pub buyer: PublicKey,
    /// Plain bytes per chunk.
    pub chunk: u32,
    /// Root over the encrypted chunks (Z).
    pub cipher_root: Hash,
    /// Commitment to the seller's half of the content key.
    pub com_k: Hash,
    /// Commitment to the buyer's half of the content key.
    pub com_s: Hash,
    /// The times.
    pub deadlines: Deadlines,
    /// Chunks.
    pub leaves: u64,
    /// Bytes of the file.
    pub length: u64,
    /// Makes two exchanges with the same terms two exchanges.
    pub nonce: Nonce,
    /// Opens escrow, judges complaints.
    pub notary: Third,
    /// The notary's key that the escrow box is sealed to.
    pub notary_seal: PublicKey,
    /// When the seller made this.
    pub opened: Timestamp,
    /// Salted commitment to the account that is paid.
    pub payee: Hash,
    /// Salted commitment to the root over the plain chunks (R), which stands in the offer. Not R
    /// itself: every sale of a file has the same R, and whoever knows the shop's offers would see
    /// what was bought.
    pub plain: Hash,
    /// Salted commitment to the part that only buyer and seller know: order, offer, goods.
    pub private: Hash,
    /// The protocol.
    pub protocol: String,
    /// The seller's key for this deal alone; it may capture.
    pub seller: PublicKey,
}

/// X, read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Descriptor {
    /// What it says.
    pub core: Core,
    /// SHA-256 of the escrow box.
    pub escrow_hash: Hash,
    /// Its id.
    pub xid: Xid,
    bytes: Vec<u8>,
}

/// The exact bytes of CORE, to be made once, before the escrow box is sealed to them.
pub fn core_bytes(core: &Core) -> Result<Vec<u8>, Misuse> {
    json::canonical(core)
}

impl Descriptor {
    /// Joins core and escrow into X and checks it like anybody else's.
    pub fn new(core: &Core, escrow_hash: &Hash) -> Result<Self, Violation> {
        let text = core_bytes(core).map_err(|e| Violation::new(Code::DescriptorWrong, e.to_string()))?;
        Descriptor::join(core, &text, escrow_hash)
    }

    /// The same with the bytes that [`core_bytes`] made of this core.
    pub fn join(core: &Core, text: &[u8], escrow_hash: &Hash) -> Result<Self, Violation> {
        let bytes = [HEAD, text, ESCROW, escrow_hash.hex().as_bytes(), TAIL].concat();
        if bytes.len() > DESCRIPTOR_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "descriptor"));
        }
        core.check()?;
        Ok(Descriptor { core: core.clone(), escrow_hash: *escrow_hash, xid: Xid::of(&bytes), bytes })
    }

    /// Reads exact bytes and checks the rules that hold within X itself.
    pub fn read(bytes: &[u8]) -> Result<Self, Violation> {
        let wrong = |what: &str| Violation::new(Code::DescriptorWrong, what);
        if bytes.len() > DESCRIPTOR_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "descriptor"));
        }
        let (core, escrow) = cut(bytes).ok_or_else(|| wrong("form"))?;
        let escrow_hash = std::str::from_utf8(escrow).ok().and_then(Hash::from_hex).ok_or_else(|| wrong("escrow"))?;
        let core: Core = json::read(core)?;
        core.check()?;
        Ok(Descriptor { core, escrow_hash, xid: Xid::of(bytes), bytes: bytes.to_vec() })
    }

    /// The exact bytes that a packet spells so: there is one spelling of them.
    pub fn spelled(text: &str) -> Result<Vec<u8>, Violation> {
        bytes::decode(text).map_err(|_| Violation::new(Code::FieldWrong, "descriptor: not canonical base64url"))
    }

    /// The exact bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The exact bytes of CORE: what the escrow box is bound to.
    #[must_use]
    pub fn core_bytes(&self) -> &[u8] {
        cut(&self.bytes).map_or(&[], |(core, _)| core)
    }

    /// The key that speaks for `role` in this exchange.
    pub fn key(&self, role: Role) -> Result<&PublicKey, Violation> {
        match role {
            Role::Bank => Ok(&self.core.bank.key),
            Role::Buyer => Ok(&self.core.buyer),
            Role::Notary => Ok(&self.core.notary.key),
            Role::Seller => Ok(&self.core.seller),
            Role::Arbiter | Role::Authority | Role::Broker | Role::Carrier | Role::Party | Role::Witness => {
                Err(Violation::new(Code::RoleWrong, role.word()))
            }
        }
    }

    /// The role that a key has in this exchange.
    #[must_use]
    pub fn role(&self, key: &KeyId) -> Option<Role> {
        [Role::Bank, Role::Buyer, Role::Notary, Role::Seller]
            .into_iter()
            .find(|role| self.key(*role).is_ok_and(|public| public.id() == *key))
    }
}

/// (CORE, hex of the escrow hash)
fn cut(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(HEAD)?.strip_suffix(TAIL)?;
    let (rest, hex) = rest.split_at_checked(rest.len().checked_sub(64)?)?;
    Some((rest.strip_suffix(ESCROW)?, hex))
}

/// Longest any of the lengths of time may be: a year.
const LENGTH_MAX: Millis = Millis::days(366);

impl Core {
    /// The good, as delivery and judge see it, for whoever knows R.
    pub fn goods(&self, root: &RootOpening) -> Result<Goods, Violation> {
        if root.commitment() != self.plain {
            return Err(Violation::new(Code::CommitmentWrong, "plain"));
        }
        Ok(Goods {
            layout: Layout::new(self.length, self.chunk)?,
            r_root: root.root,
            z_root: self.cipher_root,
            com_k: self.com_k,
            com_s: self.com_s,
        })
    }

    fn check(&self) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::DescriptorWrong, what));
        if self.protocol != PROTOCOL {
            return Err(Violation::new(Code::VersionUnknown, &self.protocol));
        }
        if self.amount.minor() == 0 {
            return wrong("amount");
        }
        if self.length > FILE_BYTES_MAX || self.chunk == 0 || self.chunk > CHUNK_BYTES {
            return wrong("length or chunk");
        }
        if self.leaves != self.length.div_ceil(u64::from(self.chunk)).max(1) {
            return wrong("leaves");
        }
        let keys = [&self.buyer, &self.seller, &self.bank.key, &self.notary.key, &self.notary_seal];
        let distinct = keys.iter().enumerate().all(|(at, key)| keys.iter().skip(at + 1).all(|other| key != other));
        if !distinct {
            return wrong("one key in two roles");
        }
        let times = &self.deadlines;
        let lengths = [times.settle_ms, times.contest_ms, times.complaint_ms, times.answer_ms, times.skew_ms];
        if lengths.iter().any(|length| length.0 == 0 || *length > LENGTH_MAX) {
            return wrong("a length of time");
        }
        // A key handed over at the last moment must leave time to have a complaint judged.
        if times.complaint_ms < times.answer_ms || times.hold_until <= self.opened {
            return wrong("deadlines");
        }
        if times.hold_until > self.opened.plus(LENGTH_MAX) {
            return wrong("hold_until");
        }
        Ok(())
    }
}

/// What opens X's commitment to R. Buyer and seller know it from offer and acceptance; the notary sees
/// it only with a complaint.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootOpening {
    /// R.
    pub root: Hash,
    /// Hides R.
    pub salt: Secret32,
}

impl RootOpening {
    /// The commitment in X.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        Hash::tagged_parts("semper-root/1", &[self.root.bytes(), self.salt.danger_bytes()])
    }
}

/// Salted commitment to the paid account: `SHA-256` over bank-local account name and salt.
#[must_use]
pub fn payee_commitment(account: &str, salt: &[u8; 32]) -> Hash {
    Hash::tagged_parts("semper-payee/1", &[account.as_bytes(), salt])
}
