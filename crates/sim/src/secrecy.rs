//! Nobody holds a byte that it must not know: no byte of the goods and no key of theirs at bank or
//! notary, no account at a shop, at the notary, at another customer.
//!
//! Everything that a party heard and everything on its disk is looked through, also inside base64 inside
//! statements inside messages.

use std::collections::BTreeSet;

use semper_base::Hash;

/// How deep texts are taken apart: a chunk inside a proof inside a packet.
const DEPTH_MAX: u8 = 5;
/// Shorter runs of base64 are words.
const RUN_MIN: usize = 16;

/// A secret with a name for the failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// What it is.
    pub name: String,
    /// Its bytes; so many that they are nowhere by chance.
    pub bytes: Vec<u8>,
}

/// What parties heard, each text once.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    seen: BTreeSet<Hash>,
    texts: Vec<String>,
    bytes: usize,
}

/// Bytes of messages that are kept for the oracle, per party.
const HEARD_MAX: usize = 32 << 20;

impl Heard {
    /// Notes a message.
    pub fn note(&mut self, body: &str) {
        if self.bytes < HEARD_MAX && self.seen.insert(Hash::of(body.as_bytes())) {
            self.bytes = self.bytes.saturating_add(body.len());
            self.texts.push(body.to_owned());
        }
    }

    /// All of them.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.texts
    }
}

/// The name of the first secret that is somewhere in this text.
#[must_use]
pub fn find<'s>(bytes: &[u8], secrets: &'s [Secret]) -> Option<&'s str> {
    let mut starts: Vec<Vec<&Secret>> = vec![Vec::new(); 256];
    for secret in secrets {
        if let Some(list) = secret.bytes.first().and_then(|first| starts.get_mut(usize::from(*first))) {
            list.push(secret);
        }
    }
    layer(bytes, &starts, 0)
}

fn layer<'s>(bytes: &[u8], starts: &[Vec<&'s Secret>], depth: u8) -> Option<&'s str> {
    for (at, byte) in bytes.iter().enumerate() {
        for secret in starts.get(usize::from(*byte)).into_iter().flatten() {
            if bytes.get(at..).is_some_and(|rest| rest.starts_with(&secret.bytes)) {
                return Some(&secret.name);
            }
        }
    }
    if depth >= DEPTH_MAX {
        return None;
    }
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let runs = bytes.split(|byte| !is_base64(byte)).filter(|run| run.len() >= RUN_MIN);
    runs.map(decode).find_map(|inner| layer(&inner, starts, depth + 1))
}

/// Base64url without padding, forgiving: an incomplete end is dropped.
fn decode(run: &[u8]) -> Vec<u8> {
    let value = |byte: &u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        _ => 63,
    };
    let mut bytes = Vec::with_capacity(run.len());
    for four in run.chunks(4) {
        let bits = four.iter().fold(0_u32, |bits, byte| bits << 6 | u32::from(value(byte)));
        let bits = bits << (6 * (4 - four.len()));
        let [_, one, two, three] = bits.to_be_bytes();
        bytes.extend([one, two, three].into_iter().take(four.len() * 6 / 8));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_however_it_is_wrapped() {
        let secret = Secret { name: "the file".to_owned(), bytes: b"sixteen bytes xx".to_vec() };
        let secrets = [secret];
        let wrap = |inner: &[u8]| format!("{{\"a\":\"{}\"}}", semper_base::bytes::encode(inner)).into_bytes();
        let mut text = b"before sixteen bytes xx after".to_vec();
        for _ in 0..4 {
            assert_eq!(find(&text, &secrets), Some("the file"));
            text = wrap(&text);
        }
        assert_eq!(find(&wrap(b"nothing of that kind is in here"), &secrets), None);
    }
}
