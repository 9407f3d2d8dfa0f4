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

/// The same at the end of a text.
pub fn encode_to(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// Reads base64url without padding. Refuses padding, other alphabets and non-zero trailing bits,
/// so that one value has exactly one spelling.
pub fn decode(text: &str) -> Result<Vec<u8>, Violation> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Violation::new(Code::Base64Malformed, ""))
}

/// The same into a place that the caller has, of at least three bytes for four digits: no memory for what is looked
/// at and dropped. Refuses what does not fit.
pub fn decode_into<'a>(text: &str, place: &'a mut [u8]) -> Result<&'a [u8], Violation> {
    let length = URL_SAFE_NO_PAD.decode_slice(text, place).ok();
    length.and_then(|length| place.get(..length)).ok_or_else(|| Violation::new(Code::Base64Malformed, ""))
}

/// Most bytes that are written and read without memory of their own: keys, hashes, salts.
const SHORT_BYTES: usize = 96;
/// Their text.
const SHORT_TEXT: usize = SHORT_BYTES / 3 * 4;

/// Writes bytes into JSON as a base64url string.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = [0; SHORT_TEXT];
    let written = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text).ok().and_then(|length| text.get(..length));
    match written.and_then(|text| std::str::from_utf8(text).ok()) {
        Some(text) => serializer.serialize_str(text),
        None => serializer.serialize_str(&encode(bytes)),
    }
}

/// Reads exactly so many bytes from a base64url string in JSON; at most 96.
pub fn deserialize_array<'de, const N: usize, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; N], D::Error> {
    text::parsed(deserializer, "canonical base64url of the right length", |text| {
        let mut bytes = [0; SHORT_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        bytes.get(..length)?.try_into().ok()
    })
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
        serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Blob64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer, "canonical base64url", |text| decode(text).ok().map(Blob64))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Four(#[serde(serialize_with = "of_four", deserialize_with = "deserialize_array")] [u8; 4]);

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
    fn of_four<S: Serializer>(bytes: &[u8; 4], serializer: S) -> Result<S::Ok, S::Error> {
        serialize(bytes, serializer)
    }

    proptest! {
        #[test]
        fn short_and_long_are_written_alike(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let text = serde_json::to_string(&Blob64(bytes.clone())).unwrap();
            prop_assert_eq!(&text, &format!("\"{}\"", encode(&bytes)));
            prop_assert_eq!(serde_json::from_str::<Blob64>(&text).unwrap().0, bytes);
        }

        #[test]
        fn into_a_place_it_is_read_alike(text in "[A-Za-z0-9_=-]{0,12}", length in 0_usize..12) {
            let mut place = [0; 12];
            prop_assert_eq!(decode_into(&text, &mut place).ok().map(<[u8]>::to_vec), decode(&text).ok());
            let mut short = vec![0; length];
            if let Ok(read) = decode_into(&text, &mut short) {
                prop_assert_eq!(Some(read.to_vec()), decode(&text).ok());
            }
        }

        #[test]
        fn an_array_has_one_length_and_one_spelling(bytes in prop::collection::vec(any::<u8>(), 0..200), other in "[A-D_-]{0,8}=?") {
            let text = serde_json::to_string(&Blob64(bytes.clone())).unwrap();
            let read = serde_json::from_str::<Four>(&text).ok().map(|four| four.0.to_vec());
            prop_assert_eq!(read, (bytes.len() == 4).then_some(bytes));
            let text = format!("\"{other}\"");
            if let Ok(four) = serde_json::from_str::<Four>(&text) {
                prop_assert_eq!(serde_json::to_string(&four).unwrap(), text);
            }
        }
    }
}
