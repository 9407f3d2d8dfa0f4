//! How a root is compared outside of any network: read aloud, printed on a card, typed in.
//!
//! A fingerprint is the first 80 bits of SHA-256 of the root's DER: the same bits that `openssl x509
//! -fingerprint -sha256` prints first. It is written twice: ten words, and five groups of five
//! digits; each group says the same 16 bits as the two words in its place.
//!
//! Strength: making another root with the fingerprint of a given one takes about 2^80 hashes and as
//! many signatures' worth of certificates (second preimage). Two roots of equal fingerprint, both
//! made by the same author, take about 2^40 (collision); that author is the authority that everybody
//! trusts anyway, and evidence names the whole hash. Comparing fewer words than all gives 8 bits
//! for each.

use semper_base::{Code, Hash, Violation};

use super::issue::Root;
use super::words::WORDS;

/// Bytes of the hash that a fingerprint shows.
const BYTES: usize = 10;
/// Longest text that is read.
const TEXT_MAX: usize = 512;

/// The first ten bytes of a certificate's SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; BYTES]);

impl Fingerprint {
    /// Of a certificate's DER.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Fingerprint(Hash::of(der).0.first_chunk().copied().unwrap_or_default())
    }

    /// Ten words with spaces between.
    #[must_use]
    pub fn words(&self) -> String {
        words(&self.0)
    }

    /// Five groups of five digits, 00000 to 65535, with spaces between.
    #[must_use]
    pub fn digits(&self) -> String {
        let group = |pair: &[u8]| pair.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        let groups: Vec<String> = self.0.chunks_exact(2).map(|pair| format!("{:05}", group(pair))).collect();
        groups.join(" ")
    }

    /// Reads words, digits, or both if they agree. Capitals do not matter; blanks, line ends, commas,
    /// hyphens and full stops may stand between words and between (or inside) groups. All ten words
    /// or all 25 digits must be there.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let wrong = |detail: &str| Violation::new(Code::FieldWrong, detail);
        if text.len() > TEXT_MAX {
            return Err(Violation::new(Code::TooLarge, "fingerprint"));
        }
        let (mut bytes, mut digits) = (Vec::new(), String::new());
        for part in parts(text) {
            if part.bytes().all(|b| b.is_ascii_digit()) {
                digits.push_str(part);
            } else {
                bytes.push(byte_of(part).ok_or_else(|| wrong(part))?);
            }
        }
        let by_words = if bytes.is_empty() { None } else { Some(bytes.try_into().map_err(|_| wrong("ten words"))?) };
        let by_digits = if digits.is_empty() { None } else { Some(read_digits(&digits)?) };
        match (by_words, by_digits) {
            (Some(words), Some(digits)) if words != digits => Err(wrong("words and digits differ")),
            (Some(bytes), _) | (None, Some(bytes)) => Ok(Fingerprint(bytes)),
            (None, None) => Err(wrong("empty")),
        }
    }

    /// Whether `root` is the one whose fingerprint somebody gave us as `text`.
    pub fn compare(root: &Root, text: &str) -> Result<(), Violation> {
        let given = Fingerprint::parse(text)?;
        let found = Fingerprint::of(root.der());
        if given == found { Ok(()) } else { Err(Violation::new(Code::RootWrong, found.words())) }
    }
}

/// `bytes` as words with spaces between: 8 bits for each.
#[must_use]
pub fn words(bytes: &[u8]) -> String {
    let words: Vec<&str> = bytes.iter().filter_map(|byte| WORDS.get(usize::from(*byte)).copied()).collect();
    words.join(" ")
}

/// The byte that a word stands for; capitals do not matter.
#[must_use]
pub fn byte_of(word: &str) -> Option<u8> {
    WORDS.iter().position(|known| known.eq_ignore_ascii_case(word)).and_then(|place| u8::try_from(place).ok())
}

/// What stands between blanks, line ends, commas, hyphens and full stops.
pub fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || [',', '-', '.'].contains(&c)).filter(|part| !part.is_empty())
}

fn read_digits(digits: &str) -> Result<[u8; BYTES], Violation> {
    let wrong = || Violation::new(Code::FieldWrong, "25 digits in groups up to 65535");
    if digits.len() != BYTES / 2 * 5 {
        return Err(wrong());
    }
    let mut bytes = [0; BYTES];
    for (pair, group) in bytes.chunks_exact_mut(2).zip(digits.as_bytes().chunks_exact(5)) {
        let number = group.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        pair.copy_from_slice(&u16::try_from(number).map_err(|_| wrong())?.to_be_bytes());
    }
    Ok(bytes)
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} / {}", self.words(), self.digits())
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fingerprint({})", self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_word_list_is_what_it_says() {
        assert!(WORDS.is_sorted());
        let mut heads: Vec<&str> = WORDS.iter().map(|word| word.get(..3).unwrap()).collect();
        heads.dedup();
        assert_eq!(heads.len(), 256);
        assert!(WORDS.iter().all(|word| word.len() <= 6 && word.bytes().all(|b| b.is_ascii_lowercase())));
        // Frozen: another list makes every printed card wrong.
        assert_eq!(Hash::of(WORDS.join(" ").as_bytes()).short(), "089f8aed");
    }

    #[test]
    fn known_value() {
        // printf abc | openssl sha256: ba7816bf8f01cfea4141...
        let print = Fingerprint::of(b"abc");
        assert_eq!(print.digits(), "47736 05823 36609 53226 16705");
        assert_eq!(print.words().split(' ').count(), 10);
    }

    #[test]
    fn wrong_texts() {
        let print = Fingerprint::of(b"abc");
        let other = Fingerprint::of(b"abd");
        let nine = print.words().rsplit_once(' ').unwrap().0.to_owned();
        let both = format!("{} {}", print.words(), other.digits());
        for bad in [
            "",
            " ,",
            "99999 00000 00000 00000 00000",
            "1",
            "acid acid",
            "notaword",
            &nine,
            &both,
            &"acid ".repeat(200),
        ] {
            assert!(Fingerprint::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn both_spellings_read_back(bytes in any::<[u8; BYTES]>()) {
            let print = Fingerprint(bytes);
            for text in [print.words(), print.digits(), print.words().to_uppercase(), print.digits().replace(' ', "")] {
                prop_assert_eq!(Fingerprint::parse(&text).unwrap(), print);
            }
            let both = format!("  {}\n{}.", print.words().replace(' ', "-"), print.digits().replace(' ', ", "));
            prop_assert_eq!(Fingerprint::parse(&both).unwrap(), print);
        }

        #[test]
        fn parse_never_panics(text in "\\PC{0,80}") {
            let _ = Fingerprint::parse(&text);
        }
    }
}
