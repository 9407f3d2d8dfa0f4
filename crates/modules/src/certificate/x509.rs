//! The identified party: an X.509 certificate in the market's profile.

use semper_base::{Timestamp, Violation};
use semper_blocks::certificate::{CertificateModule, Trust, Valid};
use semper_support::crypto::Crypto;

/// DER of the profile: a SEQUENCE whose length takes two bytes.
const HEAD: [u8; 2] = [0x30, 0x82];

/// X.509 as `blocks::certificate` defines it.
#[derive(Clone, Copy, Debug)]
pub(super) struct X509;

impl CertificateModule for X509 {
    fn word(&self) -> &'static str {
        "x509"
    }

    fn reads(&self, credential: &[u8]) -> bool {
        credential.starts_with(&HEAD)
    }

    fn validate(
        &self,
        credential: &[u8],
        trust: &Trust,
        at: Timestamp,
        crypto: &dyn Crypto,
    ) -> Result<Valid, Violation> {
        trust.validate(credential, at, crypto)
    }
}
