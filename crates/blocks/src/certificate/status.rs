//! Revocation lists (RFC 5280 section 5): version 2, complete, direct, signed by the root, with
//! authority key identifier and number. Written and read like certificates: one spelling.

use std::collections::BTreeMap;

use der::asn1::Uint;
use semper_base::limits::CRL_BYTES_MAX;
use semper_base::{Code, Timestamp, Violation};
use x509_cert::ext::Extension;

use super::asn1::{self, Entry, TbsList, decode, encode, malformed};
use super::claims::Serial;
use super::oid::ce;
use super::profile::{self, IssuerName};

/// CRL version 2.
const V2: u8 = 1;

/// Why a certificate was revoked (`CRLReason`, RFC 5280 section 5.3.1). There is no `hold`: a
/// revocation is never taken back, because evidence would change its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No reason is given; the extension is absent.
    Unspecified,
    /// Somebody else may have the key.
    KeyCompromise,
    /// The name or role is no longer true.
    AffiliationChanged,
    /// A newer certificate took its place.
    Superseded,
    /// The holder ended its business.
    CessationOfOperation,
    /// The authority withdrew the role.
    PrivilegeWithdrawn,
}

const REASONS: [(Reason, u8, &str); 6] = [
    (Reason::Unspecified, 0, "unspecified"),
    (Reason::KeyCompromise, 1, "key-compromise"),
    (Reason::AffiliationChanged, 3, "affiliation-changed"),
    (Reason::Superseded, 4, "superseded"),
    (Reason::CessationOfOperation, 5, "cessation-of-operation"),
    (Reason::PrivilegeWithdrawn, 9, "privilege-withdrawn"),
];

impl Reason {
    /// The word in output and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        REASONS.iter().find(|(reason, ..)| *reason == self).map_or("unspecified", |(_, _, word)| word)
    }

    /// The inverse of [`Reason::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        REASONS.iter().find(|(.., known)| *known == word).map(|(reason, ..)| *reason)
    }

    fn number(self) -> u8 {
        REASONS.iter().find(|(reason, ..)| *reason == self).map_or(0, |(_, number, _)| *number)
    }

    fn from_number(number: u8) -> Option<Self> {
        REASONS.iter().find(|(_, known, _)| *known == number).map(|(reason, ..)| *reason)
    }
}

/// When and why one certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revoked {
    /// The second since which nothing signed with it counts.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// A revocation list: which certificates of one root are revoked, as of when.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StatusList {
    /// Grows with every list of the root (`cRLNumber`).
    pub number: u64,
    /// When it was made, whole seconds.
    pub this_update: Timestamp,
    /// When the next one is due, whole seconds; the list says nothing about later moments.
    pub next_update: Timestamp,
    /// The revoked certificates. A list names each once and drops none before it has expired.
    pub revoked: BTreeMap<Serial, Revoked>,
}

impl StatusList {
    fn check(&self) -> Result<(), Violation> {
        let whole = |at: Timestamp| at == at.whole_seconds();
        let times = whole(self.this_update) && whole(self.next_update) && self.this_update < self.next_update;
        let entries = self.revoked.values().all(|entry| whole(entry.at) && entry.at <= self.this_update);
        if times && entries { Ok(()) } else { Err(Violation::new(Code::FieldWrong, "status list time")) }
    }
}

/// The to-be-signed bytes.
pub(super) fn encode_list(list: &StatusList, issuer: &IssuerName) -> Result<Vec<u8>, Violation> {
    list.check()?;
    let entries: Result<Vec<_>, _> = list.revoked.iter().map(|(serial, entry)| encode_entry(serial, *entry)).collect();
    let number = Uint::new(&list.number.to_be_bytes()).map_err(|_| malformed("number"))?;
    let bytes = encode(&TbsList {
        version: V2,
        signature: asn1::algorithm(),
        issuer: issuer.name.clone(),
        this_update: asn1::time(list.this_update)?,
        next_update: asn1::time(list.next_update)?,
        revoked: Some(entries?).filter(|entries| !entries.is_empty()),
        extensions: vec![profile::authority_key_id(issuer)?, profile::plain_extension(ce::CRL_NUMBER, &number)?],
    })?;
    if bytes.len() > CRL_BYTES_MAX {
        return Err(Violation::new(Code::TooLarge, "status list"));
    }
    Ok(bytes)
}

/// `CRLReason` as DER: ENUMERATED of one byte. Nothing else in the profile is an ENUMERATED.
fn reason_der(reason: Reason) -> Result<der::Any, Violation> {
    der::Any::new(der::Tag::Enumerated, [reason.number()]).map_err(|_| malformed("reason"))
}

fn encode_entry(serial: &Serial, entry: Revoked) -> Result<Entry, Violation> {
    let extensions = match entry.reason {
        Reason::Unspecified => None,
        reason => Some(vec![profile::plain_extension(ce::REASON_CODE, &reason_der(reason)?)?]),
    };
    Ok(Entry { serial: asn1::uint(serial.bytes())?, at: asn1::time(entry.at)?, extensions })
}

/// Reads what [`encode_list`] writes and nothing else.
pub(super) fn decode_list(bytes: &[u8], issuer: &IssuerName) -> Result<StatusList, Violation> {
    let tbs: TbsList = decode(bytes, "status list")?;
    if tbs.issuer != issuer.name {
        return Err(Violation::new(Code::CertificatePath, "issuer of the status list"));
    }
    let entries = tbs.revoked.as_deref().unwrap_or_default();
    let revoked: Result<BTreeMap<_, _>, _> = entries.iter().map(decode_entry).collect();
    let list = StatusList {
        number: number(&tbs.extensions)?,
        this_update: asn1::timestamp(tbs.this_update),
        next_update: asn1::timestamp(tbs.next_update),
        revoked: revoked?,
    };
    let wrong = || Violation::new(Code::CertificateProfile, "status list");
    let again = encode_list(&list, issuer).map_err(|_| wrong())?;
    if again == bytes { Ok(list) } else { Err(wrong()) }
}

fn number(extensions: &[Extension]) -> Result<u64, Violation> {
    let found = extensions.iter().find(|extension| extension.extn_id == ce::CRL_NUMBER);
    let found = found.ok_or_else(|| Violation::new(Code::CertificateProfile, "number"))?;
    decode(found.extn_value.as_bytes(), "number")
}

fn decode_entry(entry: &Entry) -> Result<(Serial, Revoked), Violation> {
    let serial = Serial::from_integer(entry.serial.as_bytes()).ok_or_else(|| malformed("serial"))?;
    let reason = entry.extensions.as_deref().and_then(<[Extension]>::first).map_or(Ok(Reason::Unspecified), reason)?;
    Ok((serial, Revoked { at: asn1::timestamp(entry.at), reason }))
}

fn reason(extension: &Extension) -> Result<Reason, Violation> {
    let value: der::Any = decode(extension.extn_value.as_bytes(), "reason")?;
    let number = value.value().first().copied().and_then(Reason::from_number);
    number.ok_or_else(|| malformed("reason"))
}
