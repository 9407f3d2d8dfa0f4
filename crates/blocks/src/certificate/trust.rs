//! What a party trusts at a moment, and the question everybody asks it: is this certificate good?

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use semper_base::limits::{CERTIFICATE_BYTES_MAX, CERTIFICATES_SEEN_MAX, CRL_BYTES_MAX};
use semper_base::{Code, Hash, Millis, Timestamp, Violation};
use semper_support::crypto::Crypto;

use super::asn1;
use super::claims::{Valid, Validity};
use super::issue::{self, Root};
use super::oid;
use super::path::{self, SignedLeaf};
use super::profile;
use super::status::{self, StatusList};

/// How much earlier than its list's making a moment may lie and still be judged by it: the clock
/// skew that the protocols tolerate.
pub const STATUS_SKEW: Millis = Millis::seconds(120);

/// An immutable snapshot: one root, the latest revocation list, and a number that grows with each
/// change, so that a step can tell whether a check was made against what it sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    root: Root,
    status: Option<Status>,
    epoch: u64,
    seen: Seen,
}

/// Leaves that this snapshot has read already, so that the same certificate in the next message costs a hash
/// and not a signature. What depends on the time is checked at each use. Says nothing about what is trusted.
#[derive(Default)]
struct Seen(Mutex<BTreeMap<Hash, Valid>>);

impl Seen {
    fn get(&self, hash: &Hash) -> Option<Valid> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    /// Remembers a leaf; a full memory begins anew.
    fn add(&self, valid: &Valid) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= CERTIFICATES_SEEN_MAX {
            seen.clear();
        }
        seen.insert(valid.certificate_hash, valid.clone());
    }
}

impl Clone for Seen {
    fn clone(&self) -> Self {
        Seen::default()
    }
}

impl PartialEq for Seen {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Seen {}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seen")
    }
}

#[derive(Clone, PartialEq, Eq)]
struct Status {
    list: StatusList,
    der: Vec<u8>,
}

impl std::fmt::Debug for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Status({}, {}, {} revoked)", self.list.number, self.list.this_update, self.list.revoked.len())
    }
}

impl Trust {
    /// Trust in a root that was compared with its fingerprint, without a revocation list yet.
    #[must_use]
    pub fn new(root: Root) -> Self {
        Trust { root, status: None, epoch: 0, seen: Seen::default() }
    }

    /// The snapshot with a newer revocation list: size, form, profile and signature are checked. The
    /// same list again changes nothing; an older one, or another one of the same number, is refused
    /// as stale.
    pub fn with_status(&self, der: &[u8], crypto: &dyn Crypto) -> Result<Self, Violation> {
        if self.status.as_ref().is_some_and(|status| status.der == der) {
            return Ok(self.clone());
        }
        let list = read_list(&self.root, der, crypto)?;
        let newest = self.status.as_ref().map(|status| status.list.number);
        if newest.is_some_and(|number| list.number <= number) {
            return Err(Violation::new(Code::StatusStale, "number"));
        }
        let status = Status { list, der: der.to_vec() };
        let epoch = self.epoch.saturating_add(1);
        Ok(Trust { root: self.root.clone(), status: Some(status), epoch, seen: Seen::default() })
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// How many revocation lists came before this snapshot's.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The revocation list.
    #[must_use]
    pub fn status(&self) -> Option<&StatusList> {
        self.status.as_ref().map(|status| &status.list)
    }

    /// The revocation list as it was received, for the evidence.
    #[must_use]
    pub fn status_der(&self) -> Option<&[u8]> {
        self.status.as_ref().map(|status| status.der.as_slice())
    }

    /// Validates a leaf as of `at`: form and profile, the root's signature (one verification, once per
    /// snapshot), the path by RFC 5280, the period, and the revocation list, which must cover `at`.
    pub fn validate(&self, leaf: &[u8], at: Timestamp, crypto: &dyn Crypto) -> Result<Valid, Violation> {
        let known = self.seen.get(&Hash::of(leaf));
        let valid = match &known {
            Some(valid) => valid.clone(),
            None => self.read(leaf, at, crypto)?,
        };
        self.recheck(&valid, at)?;
        if known.is_none() {
            self.seen.add(&valid);
        }
        Ok(valid)
    }

    /// The same without the revocation list: for whoever looks back at certificates and judges by the lists of
    /// several moments. What it gives is not valid by itself.
    pub fn validate_unlisted(&self, leaf: &[u8], at: Timestamp, crypto: &dyn Crypto) -> Result<Valid, Violation> {
        self.read(leaf, at, crypto)
    }

    /// Whether a certificate that was validated before is still good at `at`, by this snapshot.
    /// No signature is verified, so a step may ask for every message.
    pub fn recheck(&self, valid: &Valid, at: Timestamp) -> Result<(), Violation> {
        if valid.root_hash != self.root.hash() {
            return Err(Violation::new(Code::CertificatePath, "another root"));
        }
        let own = Validity { not_before: valid.not_before, not_after: valid.not_after };
        check_period(own, at, "certificate")?;
        check_period(self.root.validity(), at, "root")?;
        let list = self.status().ok_or_else(|| Violation::new(Code::StatusMissing, ""))?;
        if at < list.this_update.minus(STATUS_SKEW) {
            return Err(Violation::new(Code::StatusMissing, list.this_update.to_string()));
        }
        if at.whole_seconds() > list.next_update {
            return Err(Violation::new(Code::StatusStale, list.next_update.to_string()));
        }
        // Listed is revoked, whatever the entry's date: a list covers only moments about as late as
        // itself, and the few seconds of skew are no reason to accept.
        match list.revoked.get(&valid.serial) {
            Some(entry) => {
                Err(Violation::new(Code::CertificateRevoked, format!("{} {}", entry.at, entry.reason.word())))
            }
            None => Ok(()),
        }
    }

    /// All of [`Trust::validate`] but the revocation list.
    fn read(&self, der: &[u8], at: Timestamp, crypto: &dyn Crypto) -> Result<Valid, Violation> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "certificate"));
        }
        let (tbs, signature) = asn1::open_envelope(der)?;
        let leaf = profile::decode_leaf(tbs, self.root.issuer())?;
        issue::verify(crypto, self.root.key(), tbs, &signature)?;
        check_period(leaf.validity, at, "certificate")?;
        check_period(self.root.validity(), at, "root")?;
        let policy = oid::policy(leaf.claims.kind, leaf.claims.role).map(|oid| oid.to_string()).unwrap_or_default();
        let signed = SignedLeaf { der, tbs, signature: &signature.to_der(), spki: self.root.key().spki(), policy };
        path::validate(self.root.der(), &signed, at)?;
        let claims = leaf.claims;
        Ok(Valid {
            kind: claims.kind,
            role: claims.role,
            name: claims.name,
            organisation: claims.organisation,
            dns: claims.dns,
            key: claims.key,
            certificate_hash: Hash::of(der),
            not_before: leaf.validity.not_before,
            not_after: leaf.validity.not_after,
            limit: claims.limit,
            warranty: claims.warranty,
            liability_terms: claims.liability_terms,
            serial: leaf.serial,
            issuer: self.root.name().to_owned(),
            root_hash: self.root.hash(),
        })
    }
}

fn check_period(validity: Validity, at: Timestamp, what: &'static str) -> Result<(), Violation> {
    if validity.contains(at) {
        return Ok(());
    }
    Err(Violation::new(Code::CertificateExpired, format!("{what} {} to {}", validity.not_before, validity.not_after)))
}

/// Reads a revocation list of `root`: size, form, profile, signature.
pub fn read_list(root: &Root, der: &[u8], crypto: &dyn Crypto) -> Result<StatusList, Violation> {
    if der.len() > CRL_BYTES_MAX + 256 {
        return Err(Violation::new(Code::TooLarge, "status list"));
    }
    let (tbs, signature) = asn1::open_envelope(der)?;
    issue::verify(crypto, root.key(), tbs, &signature)?;
    status::decode_list(tbs, root.issuer())
}
