//! SHA-256 with a domain tag, so that a hash made for one purpose never passes for another.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// A SHA-256 value (FIPS 180-4). In JSON and on screen: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Plain SHA-256, for values that others define (certificate and key thumbprints, files).
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Hash(Sha256::digest(bytes).into())
    }

    /// `SHA-256(tag || bytes)`. Tags end in a version and never are a prefix of one another.
    #[must_use]
    pub fn tagged(tag: &'static str, bytes: &[u8]) -> Self {
        let mut digest = Sha256::new();
        digest.update(tag.as_bytes());
        digest.update(bytes);
        Hash(digest.finalize().into())
    }

    /// Like [`Hash::tagged`] over several parts, each preceded by its length (8 bytes, big endian),
    /// so that no two lists of parts hash alike.
    #[must_use]
    pub fn tagged_parts(tag: &'static str, parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        digest.update(tag.as_bytes());
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Hash(digest.finalize().into())
    }

    /// Reads 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut value = [0_u8; 32];
        for (byte, pair) in value.iter_mut().zip(digits.chunks_exact(2)) {
            let (high, low) = (nibble(*pair.first()?)?, nibble(*pair.get(1)?)?);
            *byte = high << 4 | low;
        }
        Some(Hash(value))
    }

    /// All 64 digits.
    #[must_use]
    pub fn hex(&self) -> String {
        hex(&self.0)
    }

    /// The first eight digits: enough to tell deals apart on a screen, never enough to identify.
    #[must_use]
    pub fn short(&self) -> String {
        hex(self.0.first_chunk::<4>().map_or(&[], |head| head))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    // Every id in every row and message is written so: by hand, because a formatter per byte costs ten times as much.
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
    text
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.short())
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Hash::from_hex(&text).ok_or_else(|| de::Error::custom("not a hash of 64 hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fips_180_4_vector() {
        assert_eq!(Hash::of(b"abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn parts_do_not_slide() {
        let one = Hash::tagged_parts("semper-test/1", &[b"ab", b"c"]);
        let two = Hash::tagged_parts("semper-test/1", &[b"a", b"bc"]);
        assert_ne!(one, two);
    }

    #[test]
    fn hex_reads_back_and_is_strict() {
        let hash = Hash::of(b"x");
        assert_eq!(Hash::from_hex(&hash.hex()), Some(hash));
        assert_eq!(Hash::from_hex(&hash.hex().to_uppercase()), None);
        assert_eq!(Hash::from_hex("00"), None);
    }
}
