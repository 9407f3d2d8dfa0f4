//! Certificates: who somebody is, in which role, what the authority warrants, and until when.
//!
//! The profile is X.509 version 3 with P-256 and ECDSA-SHA256 (RFC 5280): a self-signed root with
//! path length 0, and leaves directly under it. Each leaf is for one purpose ([`Kind`]) of a party in
//! one role, and says so by exactly one certificate policy. A party that needs two kinds of key has
//! two certificates: a notary's sealing key is certified by a leaf of kind [`Kind::Seal`] (key usage
//! keyAgreement), never inside the leaf of its signing key.
//!
//! | extension | critical | root | leaf |
//! |---|---|---|---|
//! | authorityKeyIdentifier | no | | the root's key |
//! | subjectKeyIdentifier | no | RFC 7093 method 1 | the same |
//! | keyUsage | yes | keyCertSign, cRLSign | by kind |
//! | basicConstraints | yes | CA, path length 0 | |
//! | certificatePolicies | no | | kind and role |
//! | subjectAltName, extKeyUsage | no | | TLS: host names, serverAuth |
//! | extKeyUsage | yes | | stamps: timeStamping alone (RFC 3161 section 2.3) |
//! | cRLDistributionPoints | no | | one address, informational |
//! | qcStatements: `QcEuLimitValue` | no | | limit per transaction |
//! | warranty (RFC 4059) | no | | base warranty per transaction |
//! | `liabilityTerms` | no | | hash and address of the liability document |
//!
//! Nothing reads a clock or draws a number: validity, serial numbers and the moment of validation are
//! arguments, and the crypto manager makes and checks every signature.

pub(crate) mod asn1;
mod card;
mod claims;
pub mod fingerprint;
mod issue;
mod manager;
mod money;
pub(crate) mod oid;
mod path;
pub mod pem;
mod profile;
mod status;
#[cfg(test)]
mod tests;
mod text;
mod trust;
mod words;

pub use card::Claimed;
pub use claims::{Claims, Kind, LiabilityTerms, Serial, Valid, Validity};
pub use fingerprint::Fingerprint;
pub use issue::{Issuer, Root, RootRequest};
pub use manager::{CertificateModule, Manager};
pub use status::{Reason, Revoked, StatusList};
pub use trust::{STATUS_SKEW, Trust, read_list};
