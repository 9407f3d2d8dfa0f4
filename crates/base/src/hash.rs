//! SHA-256 with a domain tag, so that a hash made for one purpose never passes for another.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::text;

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
        from_hex(text).map(Hash)
    }

    /// All 64 digits.
    #[must_use]
    pub fn hex(&self) -> String {
        std::str::from_utf8(&all_digits(&self.0)).unwrap_or_default().to_owned()
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
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        let [high, low] = digits(*byte);
        text.push(char::from(high));
        text.push(char::from(low));
    }
    text
}

/// The digits of a byte. By hand, because every id in every row and message is written so, and a formatter per byte
/// costs ten times as much.
const fn digits(byte: u8) -> [u8; 2] {
    const fn digit(nibble: u8) -> u8 {
        if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
    }
    [digit(byte >> 4), digit(byte & 0xf)]
}

/// The digits of a whole value, in place.
fn all_digits(bytes: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *pair = digits(*byte);
    }
    text
}

/// The value of a digit; more than any digit's for all else, so that a whole text is judged at its end. Without a table
/// or a branch, so that computers do many at a time.
const fn nibble(digit: u8) -> u8 {
    let (number, letter) = (digit.wrapping_sub(b'0'), digit.wrapping_sub(b'a'));
    if number < 10 {
        number
    } else if letter < 6 {
        letter.wrapping_add(10)
    } else {
        0xff
    }
}

/// Reads twice as many lower-case digits as there are bytes.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let pairs: &[[u8; 2]; N] = pairs.try_into().ok().filter(|_| rest.is_empty())?;
    let (mut values, mut all) = (*pairs, 0);
    for digit in values.as_flattened_mut() {
        *digit = nibble(*digit);
        all |= *digit;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(values) {
        *byte = high << 4 | low;
    }
    (all < 16).then_some(bytes)
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::str::from_utf8(&all_digits(&self.0)).unwrap_or_default())
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.short())
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&all_digits(&self.0)).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer, "a hash of 64 hex digits", Hash::from_hex)
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
        assert_eq!(hash.to_string(), hash.hex());
        for byte in 0..=255_u8 {
            let text = format!("{}{}", char::from(byte), "0".repeat(63));
            let digit = byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            assert_eq!(Hash::from_hex(&text).is_some(), digit, "{text}");
            let text = format!("{}{}", "0".repeat(63), char::from(byte));
            assert_eq!(Hash::from_hex(&text).is_some(), digit, "{text}");
        }
        assert_eq!(Hash::from_hex(&hash.hex()), Some(hash));
        assert_eq!(Hash::from_hex(&hash.hex().to_uppercase()), None);
        assert_eq!(Hash::from_hex("00"), None);
    }
}
