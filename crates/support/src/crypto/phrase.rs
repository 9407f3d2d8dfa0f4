//! Pass phrases: chosen by a person, or drawn for parties that start without one.

use std::collections::BTreeSet;

use semper_base::limits::PASSPHRASE_CHARS_MIN;
use semper_base::{Code, Misuse};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::Crypto;

/// Longest pass phrase that is looked at, in bytes.
pub const BYTES_MAX: usize = 1024;
/// Fewest different characters in a pass phrase.
pub const DISTINCT_MIN: usize = 5;

/// What a drawn phrase begins with.
const DRAWN: &str = "drawn-";
/// Random bytes of a drawn phrase.
const DRAWN_BYTES: usize = 32;

/// A pass phrase for parties that start without a person: 32 random bytes in hexadecimal. It is recognised by its form, and unlocking with it
/// takes no time, because stretching adds nothing to what cannot be guessed.
pub fn draw_phrase(crypto: &dyn Crypto) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0_u8; DRAWN_BYTES]);
    crypto.random(bytes.as_mut_slice());
    let digits = Zeroizing::new(semper_base::hash::hex(bytes.as_slice()));
    Zeroizing::new([DRAWN, &digits].concat())
}

/// Whether it has the form of a drawn phrase.
pub(super) fn is_drawn(passphrase: &str) -> bool {
    let digits = passphrase.strip_prefix(DRAWN).unwrap_or_default();
    digits.len() == 2 * DRAWN_BYTES && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The phrase in normal form C, as RFC 8265 section 4.2 has it: one keyboard composes an accented
/// letter, another sends letter and accent.
pub(super) fn normal(passphrase: &str) -> Result<Zeroizing<String>, Misuse> {
    if passphrase.len() > BYTES_MAX {
        return Err(Misuse::new(Code::Usage, format!("pass phrase of more than {BYTES_MAX} bytes")));
    }
    // Composing takes at most three times the bytes (Unicode Standard Annex 15, section 9). With that
    // much room from the start the text is never moved, and no copy of it stays behind.
    let mut normal = Zeroizing::new(String::with_capacity(passphrase.len().saturating_mul(3)));
    normal.extend(passphrase.nfc());
    Ok(normal)
}

/// Refuses what is too short or too even.
pub(super) fn check_strength(passphrase: &str) -> Result<(), Misuse> {
    if passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
        return Err(Misuse::new(Code::PassphraseWeak, format!("fewer than {PASSPHRASE_CHARS_MIN} characters")));
    }
    let distinct: BTreeSet<char> = passphrase.chars().collect();
    if distinct.len() < DISTINCT_MIN {
        return Err(Misuse::new(Code::PassphraseWeak, format!("fewer than {DISTINCT_MIN} different characters")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::keyring::KDF_MEMORY_KIB;
    use super::super::{Ideal, Keyring};
    use super::*;

    /// Only what has the whole form of a drawn phrase is stretched less; whoever chooses a phrase never gets there by a slip.
    #[test]
    fn a_drawn_phrase_is_not_stretched() {
        let crypto = Ideal::new(1);
        let drawn = draw_phrase(&crypto);
        assert_ne!(drawn, draw_phrase(&crypto));
        let (keyring, record) = Keyring::create(&drawn, &crypto).unwrap();
        assert!(record.kdf.memory_kib < KDF_MEMORY_KIB);
        let sealed = keyring.wrap("label", b"secret", &crypto).unwrap();
        assert_eq!(*Keyring::unlock(&record, &drawn).unwrap().unwrap("label", &sealed).unwrap(), b"secret");
        let digits = drawn.trim_start_matches(DRAWN);
        let fewer: String = digits.chars().skip(1).collect();
        let near = [
            digits.to_owned(),
            format!("{DRAWN}{fewer}"),
            format!("{DRAWN}{digits}0"),
            drawn.to_uppercase(),
            format!("{DRAWN}{fewer}g"),
            "drawn-".repeat(12),
        ];
        for phrase in near {
            let kdf = Keyring::create(&phrase, &crypto).unwrap().1.kdf;
            assert_eq!(kdf.memory_kib, KDF_MEMORY_KIB, "{phrase}");
        }
    }
}
