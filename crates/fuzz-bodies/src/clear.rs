//! Texts in clear: a message whose statements and embedded JSON are not base64url yet, so that a fuzzer
//! changes what is said and not how it is spelled.
//!
//! ```text
//! 1 HEADER 2 PAYLOAD 3     a compact JWS; the signature is made when the text is spelled
//! 4 TEXT 5                 base64url of TEXT
//! ```
//!
//! Header, payload and text may hold such pieces again. The marks are control characters, which no
//! JSON text contains.

use semper_base::bytes;

const HEADER: u8 = 1;
const PAYLOAD: u8 = 2;
const SIGNED: u8 = 3;
const BLOB: u8 = 4;
const BLOB_END: u8 = 5;
/// Pieces within pieces: a packet, its statement, a statement within that, its embedded text.
const DEPTH_MAX: usize = 5;
/// Shorter words in an alphabet that is also base64url's are words.
const BLOB_BYTES_MIN: usize = 24;

/// Makes a signature over a signing input; the header as bytes says with which key.
pub type Signer<'a> = &'a dyn Fn(&[u8], &str) -> [u8; 64];

/// Spells a text in clear. Marks that do not fit together stand for nothing.
#[must_use]
pub fn spell(clear: &[u8], sign: Signer<'_>) -> Vec<u8> {
    Speller { rest: clear, sign }.until(&[], 0)
}

struct Speller<'a> {
    rest: &'a [u8],
    sign: Signer<'a>,
}

impl Speller<'_> {
    fn until(&mut self, ends: &[u8], depth: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some((byte, rest)) = self.rest.split_first() {
            self.rest = rest;
            match *byte {
                end if ends.contains(&end) => break,
                HEADER if depth < DEPTH_MAX => out.extend(self.statement(depth).into_bytes()),
                BLOB if depth < DEPTH_MAX => out.extend(bytes::encode(&self.until(&[BLOB_END], depth + 1)).bytes()),
                HEADER..=BLOB_END => {}
                plain => out.push(plain),
            }
        }
        out
    }

    fn statement(&mut self, depth: usize) -> String {
        let header = self.until(&[PAYLOAD], depth + 1);
        let payload = self.until(&[SIGNED], depth + 1);
        let input = format!("{}.{}", bytes::encode(&header), bytes::encode(&payload));
        let signature = bytes::encode(&(self.sign)(&header, &input));
        format!("{input}.{signature}")
    }
}

/// The clear form of a spelled text: every string that is a compact JWS or the base64url of JSON is
/// taken apart.
#[must_use]
pub fn clear(spelled: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, part) in spelled.split(|byte| *byte == b'"').enumerate() {
        if at > 0 {
            out.push(b'"');
        }
        // Where a string has an escaped quote, neither half decodes.
        out.extend(taken_apart(part).unwrap_or_else(|| part.to_vec()));
    }
    out
}

fn taken_apart(part: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(part).ok().filter(|text| text.len() >= BLOB_BYTES_MIN)?;
    let parts: Vec<&str> = text.split('.').collect();
    match parts.as_slice() {
        [header, payload, _] => {
            let (header, payload) = (json(header)?, json(payload)?);
            Some([&[HEADER], header.as_slice(), &[PAYLOAD], &payload, &[SIGNED]].concat())
        }
        [blob] => Some([&[BLOB], json(blob)?.as_slice(), &[BLOB_END]].concat()),
        _ => None,
    }
}

fn json(part: &str) -> Option<Vec<u8>> {
    let decoded = bytes::decode(part).ok()?;
    let fits = decoded.starts_with(b"{") && decoded.iter().all(|byte| *byte > BLOB_END);
    fits.then(|| clear(&decoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelled_is_cleared_and_back() {
        let embedded = r#"{"deep":"yes, it is deep enough"}"#;
        let payload = format!(r#"{{"core":"{}"}}"#, bytes::encode(embedded.as_bytes()));
        let head = bytes::encode(br#"{"alg":"ES256"}"#);
        let text = format!(
            r#"{{"a":"short","statement":"{head}.{}.{}","z":1}}"#,
            bytes::encode(payload.as_bytes()),
            bytes::encode(&[7; 64])
        );
        let cleared = clear(text.as_bytes());
        let shown = String::from_utf8(cleared.clone()).unwrap();
        assert!(shown.contains(embedded) && shown.contains("ES256"), "{shown}");
        assert_eq!(spell(&cleared, &|_, _| [7; 64]), text.as_bytes());
    }

    #[test]
    fn marks_that_do_not_fit_are_harmless() {
        for clear in [&[1_u8, 1, 1, 1, 1, 1, 1, 1][..], &[3, 2, 5, 4, 4, 4], &[1, 2], &[4, b'a', 3, 1]] {
            let _ = spell(clear, &|_, _| [0; 64]);
        }
    }
}
