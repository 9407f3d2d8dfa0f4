//! The public descriptor X of one exchange whose register is a notary: everything that the notary may know
//! of it.
//!
//! Its exact bytes are `{"core":CORE}`, or `{"core":CORE,"escrow":"HEX"}` where a box is escrowed; CORE is
//! canonical JSON. The exchange's id is their hash, so two spellings of one text are two exchanges, and what
//! is signed about one of them never counts for the other. The bytes are cut, never rewritten.

use semper_base::code::{Code, Misuse};
use semper_base::limits::{EXCHANGE_ITEMS_MAX, EXCHANGE_PARTIES_MAX, FRAME_DESCRIPTOR_BYTES_MAX, ROUNDS_PARTIES_MAX};
use semper_base::{Amount, Hash, KeyId, Millis, Nonce, Timestamp, Violation, Xid, json};
use semper_blocks::item::{Class, Grade};
use semper_support::crypto::PublicKey;
use serde::{Deserialize, Serialize};

use super::Third;
use crate::fair::deal::Deal;

const HEAD: &[u8] = b"{\"core\":";
const ESCROW: &[u8] = b",\"escrow\":\"";
const TAIL: &[u8] = b"}";
/// Longest any of the lengths of time may be: a year.
const LENGTH_MAX: Millis = Millis::days(366);

/// Which protocol an exchange follows, with its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// Certified mail, optimistic: the notary is asked only if somebody stops.
    #[serde(rename = "semper-cm/1")]
    Cm,
    /// Certified mail through the notary.
    #[serde(rename = "semper-cm-online/1")]
    CmOnline,
    /// Contract signing of two, optimistic: the notary is asked only if somebody stops.
    #[serde(rename = "semper-cs2/1")]
    Cs2,
    /// Contract signing of any number through the notary, which keeps every signature to itself until it has
    /// all of them.
    #[serde(rename = "semper-csn-a/1")]
    CsnA,
    /// Contract signing of a few in rounds, each with all others; the notary is asked only if somebody stops.
    #[serde(rename = "semper-csn-c/1")]
    CsnC,
    /// Signatures, letters and payments of any number in one decision of the notary, which keeps everything to
    /// itself until it has all of it.
    #[serde(rename = "semper-deal/1")]
    Deal,
}

impl Protocol {
    /// Every protocol of this frame.
    pub const ALL: [Protocol; 6] =
        [Protocol::Cm, Protocol::CmOnline, Protocol::Cs2, Protocol::CsnA, Protocol::CsnC, Protocol::Deal];

    /// The word in X.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Protocol::Cm => "semper-cm/1",
            Protocol::CmOnline => "semper-cm-online/1",
            Protocol::Cs2 => "semper-cs2/1",
            Protocol::CsnA => "semper-csn-a/1",
            Protocol::CsnC => "semper-csn-c/1",
            Protocol::Deal => "semper-deal/1",
        }
    }

    /// Whether the notary collects what completes it, and ends it by the clock if it does not get it.
    #[must_use]
    pub fn collects(self) -> bool {
        match self {
            Protocol::CmOnline | Protocol::CsnA | Protocol::Deal => true,
            Protocol::Cm | Protocol::Cs2 | Protocol::CsnC => false,
        }
    }

    /// Most parties of it.
    #[must_use]
    pub fn parties_max(self) -> usize {
        match self {
            Protocol::Cm | Protocol::CmOnline | Protocol::Cs2 => 2,
            Protocol::CsnA | Protocol::Deal => EXCHANGE_PARTIES_MAX,
            Protocol::CsnC => ROUNDS_PARTIES_MAX,
        }
    }

    /// Whether it delivers a mail.
    #[must_use]
    pub fn is_mail(self) -> bool {
        matches!(self, Protocol::Cm | Protocol::CmOnline)
    }
}

/// The times of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// Nobody begins at or after this moment. Where the notary collects signatures, it aborts then, by its own
    /// clock. An optimistic exchange that has begun ends without regard to it: safety needs no clock there.
    pub expires: Timestamp,
    /// How long a party waits before it asks the notary; it asks again ever more rarely.
    pub patience_ms: Millis,
    /// Difference of clocks that is tolerated.
    pub skew_ms: Millis,
}

impl Deadlines {
    /// The defaults, for an exchange that opens now.
    #[must_use]
    pub fn standard(now: Timestamp) -> Self {
        Deadlines {
            expires: now.plus(Millis::days(7)),
            patience_ms: Millis::seconds(10),
            skew_ms: Millis::seconds(120),
        }
    }
}

/// What the notary is paid, and by whom. It is only stated here; how it is paid is another exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// How much.
    pub amount: Amount,
    /// Whose, by its place among the parties.
    pub payer: u8,
}

/// Who gets an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Receiver {
    /// Every party.
    All,
    /// The party with this place.
    Party(u8),
}

/// What one party gives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What a notary can do about it.
    pub class: Class,
    /// Who gives it, by place.
    pub giver: u8,
    /// Who gets it.
    pub receiver: Receiver,
    /// Salted commitment to what it is.
    pub what: Hash,
}

/// What X says about a mail.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// SHA-256 of the encrypted mail.
    pub cipher: Hash,
    /// Commitment to the sender's half of its key.
    pub com_k: Hash,
}

/// CORE: what the exchange is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Core {
    /// Of a deal only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deal: Option<Deal>,
    /// The times.
    pub deadlines: Deadlines,
    /// What the notary is paid.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fee: Option<Fee>,
    /// What the exchange promises if somebody stops half-way.
    pub grade: Grade,
    /// What each party gives.
    pub items: Vec<Item>,
    /// The rules by which evidence is judged: [`crate::judge::JUDGE_VERSION`].
    pub judge: u64,
    /// Of a mail only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mail: Option<Mail>,
    /// Makes two exchanges with the same terms two exchanges.
    pub nonce: Nonce,
    /// The register.
    pub notary: Third,
    /// The notary's key that an escrow box is sealed to; only where there is such a box.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub notary_seal: Option<PublicKey>,
    /// When this was made.
    pub opened: Timestamp,
    /// Who takes part. The place in this list is the party's number in the protocol; number 0 begins.
    pub parties: Vec<PublicKey>,
    /// The protocol.
    pub protocol: Protocol,
    /// Salted commitment to what only the parties know, see [`super::Terms`].
    pub terms: Hash,
}

/// X, read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Descriptor {
    /// What it says.
    pub core: Core,
    /// SHA-256 of the escrow box; only of optimistic certified mail.
    pub escrow_hash: Option<Hash>,
    /// Its id.
    pub xid: Xid,
    bytes: Vec<u8>,
}

/// The exact bytes of CORE, to be made once, before an escrow box is sealed to them.
pub fn core_bytes(core: &Core) -> Result<Vec<u8>, Misuse> {
    json::canonical(core)
}

impl Descriptor {
    /// Joins core and escrow into X and checks it like anybody else's.
    pub fn new(core: &Core, escrow_hash: Option<&Hash>) -> Result<Self, Violation> {
        let core = core_bytes(core).map_err(|e| Violation::new(Code::DescriptorWrong, e.to_string()))?;
        let mut bytes = [HEAD, &core].concat();
        if let Some(hash) = escrow_hash {
            bytes.extend([ESCROW, hash.hex().as_bytes(), b"\""].concat());
        }
        bytes.extend(TAIL);
        Descriptor::read(&bytes)
    }

    /// Reads exact bytes and checks the rules that hold within X itself.
    pub fn read(bytes: &[u8]) -> Result<Self, Violation> {
        let wrong = |what: &str| Violation::new(Code::DescriptorWrong, what);
        if bytes.len() > FRAME_DESCRIPTOR_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "descriptor"));
        }
        let (core, escrow) = cut(bytes).ok_or_else(|| wrong("form"))?;
        let escrow_hash = match escrow {
            None => None,
            Some(hex) => Some(std::str::from_utf8(hex).ok().and_then(Hash::from_hex).ok_or_else(|| wrong("escrow"))?),
        };
        let core: Core = json::read(core)?;
        core.check()?;
        if escrow_hash.is_some() != (core.protocol == Protocol::Cm) {
            return Err(wrong("escrow"));
        }
        Ok(Descriptor { core, escrow_hash, xid: Xid::of(bytes), bytes: bytes.to_vec() })
    }

    /// The exact bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The exact bytes of CORE: what an escrow box is bound to.
    #[must_use]
    pub fn core_bytes(&self) -> &[u8] {
        cut(&self.bytes).map_or(&[], |(core, _)| core)
    }

    /// How many parties there are.
    #[must_use]
    pub fn parties(&self) -> u8 {
        u8::try_from(self.core.parties.len()).unwrap_or(u8::MAX)
    }

    /// The key of somebody in this exchange.
    pub fn key(&self, seat: Seat) -> Result<&PublicKey, Violation> {
        match seat {
            Seat::Notary => Ok(&self.core.notary.key),
            Seat::Party(place) => self
                .core
                .parties
                .get(usize::from(place))
                .ok_or_else(|| Violation::new(Code::PeerWrong, format!("party {place}"))),
        }
    }

    /// Whose key this is in this exchange.
    #[must_use]
    pub fn seat(&self, key: &KeyId) -> Option<Seat> {
        self.seats().find(|seat| self.key(*seat).is_ok_and(|public| public.id() == *key))
    }

    /// Everybody in this exchange: the parties in order, then the notary.
    pub fn seats(&self) -> impl Iterator<Item = Seat> + use<> {
        (0..self.parties()).map(Seat::Party).chain([Seat::Notary])
    }

    /// The ids of the parties' keys but one: whom a party's statement is for.
    #[must_use]
    pub fn others(&self, place: u8) -> Vec<KeyId> {
        let others = self.core.parties.iter().enumerate().filter(|(at, _)| *at != usize::from(place));
        others.map(|(_, key)| key.id()).collect()
    }
}

/// Somebody in an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seat {
    /// The register.
    Notary,
    /// The party with this place.
    Party(u8),
}

/// (CORE, hex of the escrow hash)
fn cut(bytes: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let rest = bytes.strip_prefix(HEAD)?.strip_suffix(TAIL)?;
    if rest.last() != Some(&b'"') {
        return Some((rest, None));
    }
    let (rest, hex) = rest.split_at_checked(rest.len().checked_sub(65)?)?;
    Some((rest.strip_suffix(ESCROW)?, hex.strip_suffix(b"\"")))
}

impl Core {
    fn check(&self) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::DescriptorWrong, what));
        if self.judge != crate::judge::JUDGE_VERSION {
            return Err(Violation::new(Code::VersionUnknown, "judge"));
        }
        if !(2..=self.protocol.parties_max()).contains(&self.parties.len()) {
            return wrong("number of parties");
        }
        let keys: Vec<&PublicKey> = self.parties.iter().chain([&self.notary.key]).chain(&self.notary_seal).collect();
        let distinct = keys.iter().enumerate().all(|(at, key)| keys.iter().skip(at + 1).all(|other| key != other));
        if !distinct {
            return wrong("one key in two places");
        }
        if self.notary_seal.is_some() != (self.protocol == Protocol::Cm)
            || self.mail.is_some() != self.protocol.is_mail()
        {
            return wrong("mail");
        }
        self.check_deal()?;
        self.check_items()?;
        self.check_times()
    }

    /// The legs are what is given, and nothing else is.
    fn check_deal(&self) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::DescriptorWrong, what));
        match &self.deal {
            None if self.protocol != Protocol::Deal => Ok(()),
            Some(deal) if self.protocol == Protocol::Deal => {
                if deal.items(self.terms) != self.items {
                    return wrong("items");
                }
                deal.check(self)
            }
            _ => wrong("legs"),
        }
    }

    /// A notary is the register of what it can bring about itself, and of nothing that somebody else keeps.
    fn check_items(&self) -> Result<(), Violation> {
        let wrong = |what: &str| Err(Violation::new(Code::DescriptorWrong, what));
        let known = |place: u8| usize::from(place) < self.parties.len();
        let fits = |item: &Item| match item.receiver {
            Receiver::All => known(item.giver),
            Receiver::Party(place) => known(item.giver) && known(place) && place != item.giver,
        };
        if self.items.is_empty() || self.items.len() > EXCHANGE_ITEMS_MAX || !self.items.iter().all(fits) {
            return wrong("items");
        }
        let may = |class| class == Class::Generatable || (class == Class::Held && self.deal.is_some());
        if self.items.iter().any(|item| !may(item.class)) || self.grade != Grade::Strong {
            return wrong("class or grade");
        }
        match &self.fee {
            Some(fee) if fee.amount.minor() == 0 || !known(fee.payer) => wrong("fee"),
            _ => Ok(()),
        }
    }

    fn check_times(&self) -> Result<(), Violation> {
        let times = &self.deadlines;
        let lengths = [times.patience_ms, times.skew_ms];
        let long = lengths.iter().any(|length| length.0 == 0 || *length > LENGTH_MAX);
        if long || times.expires <= self.opened || times.expires > self.opened.plus(LENGTH_MAX) {
            return Err(Violation::new(Code::DescriptorWrong, "deadlines"));
        }
        Ok(())
    }
}

/// What the parties of a contract give: each its signature to all the others.
#[must_use]
pub fn signatures(parties: u8, terms: Hash) -> Vec<Item> {
    let item = |giver| Item { class: Class::Generatable, giver, receiver: Receiver::All, what: terms };
    (0..parties).map(item).collect()
}
