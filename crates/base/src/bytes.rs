//! Bytes inside JSON: base64url without padding (RFC 4648 section 5), one spelling per value.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::code::{Code, Violation};
use crate::text;

/// Writes `bytes` as base64url without padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base64url without padding. Refuses padding, other alphabets and non-zero trailing bits,
/// so that one value has exactly one spelling.
pub fn decode(text: &str) -> Result<Vec<u8>, Violation> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Violation::new(Code::Base64Malformed, ""))
}

/// Bytes that appear in JSON as a base64url string.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blob64(pub Vec<u8>);

impl std::fmt::Debug for Blob64 {
    /// Length only: a blob may be a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob64({} bytes)", self.0.len())
    }
}

impl Serialize for Blob64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer, "canonical base64url", |text| decode(text).ok().map(Blob64))
    }
}
