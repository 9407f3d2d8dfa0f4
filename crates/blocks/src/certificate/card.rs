//! What a certificate says of itself, before anybody has looked whether it is good.

use semper_base::limits::CERTIFICATE_BYTES_MAX;
use semper_base::{Code, KeyId, Role, Violation};

use super::{asn1, profile};

/// What stands in a certificate. Nothing of it is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Whose key it is said to be.
    pub key: KeyId,
    /// In which role.
    pub role: Role,
}

impl Claimed {
    /// Reads it: enough to tell the certificates of a card apart, never to believe them.
    ///
    /// # Errors
    /// [`Code::TooLarge`]; not of the profile's form.
    pub fn read(der: &[u8]) -> Result<Self, Violation> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "certificate"));
        }
        let (tbs, _) = asn1::open_envelope(der)?;
        let (role, key) = profile::claimed(tbs)?;
        Ok(Claimed { key: key.id(), role })
    }
}
