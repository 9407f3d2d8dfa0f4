//! Time stamps over statements: what exactly is stamped, and how a pack carries it.

use std::collections::BTreeSet;

use semper_base::limits::PACK_MEMBERS_MAX;
use semper_base::{Code, Hash, Violation};

/// What a stamp over statements covers: the SHA-256 of each statement's text in hexadecimal, one a line, in
/// order. The stamp's imprint is the hash of this text.
#[must_use]
pub fn cover(hashes: &BTreeSet<Hash>) -> String {
    let lines: Vec<String> = hashes.iter().map(|hash| format!("{}\n", hash.hex())).collect();
    lines.concat()
}

/// The inverse of [`cover`]: refuses any other spelling.
pub fn read_cover(text: &str) -> Result<BTreeSet<Hash>, Violation> {
    let wrong = || Violation::new(Code::StampMalformed, "list");
    let hashes: Option<BTreeSet<Hash>> = text.lines().take(PACK_MEMBERS_MAX + 1).map(Hash::from_hex).collect();
    let hashes = hashes.filter(|hashes| !hashes.is_empty()).ok_or_else(wrong)?;
    if cover(&hashes) == text { Ok(hashes) } else { Err(wrong()) }
}

/// A stamp over statements, as it goes into a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The hashes of the statements.
    pub hashes: BTreeSet<Hash>,
    /// The token (DER).
    pub token: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_one_spelling() {
        let hashes: BTreeSet<Hash> = [Hash::of(b"a"), Hash::of(b"b")].into();
        let text = cover(&hashes);
        assert_eq!(read_cover(&text).unwrap(), hashes);
        let turned: Vec<&str> = text.lines().rev().collect();
        let turned = format!("{}\n", turned.join("\n"));
        let twice = format!("{text}{text}");
        for wrong in
            ["", "\n", text.trim_end(), turned.as_str(), &text.to_uppercase(), &text.replace('\n', "\r\n"), &twice]
        {
            assert!(read_cover(wrong).is_err(), "{wrong:?}");
        }
    }
}
