//! A letter: one small content that is sent encrypted, whose key comes later and from somebody else.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use semper_base::limits::LETTER_BYTES_MAX;
use semper_base::{Code, Hash, Misuse, Violation};
use semper_support::crypto::Secret32;

use super::opening::{KeyOpening, ShareOpening, derive};

/// Bytes of the commitment to the share that a sealed letter begins with.
const COMMITMENT_BYTES: usize = 32;
/// What the cipher adds.
const TAG_BYTES: usize = 16;

/// Why a letter cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unreadable {
    /// The share is not the one that the letter commits to.
    OtherShare,
    /// The two halves do not open what is there: whoever sealed it did not seal it with them.
    DoesNotOpen,
}

/// Seals a letter: `com_s`, then ChaCha20-Poly1305 (RFC 8439) under HKDF-SHA256 of `k || s` with
/// `info = "semper-letter/1" || com_k || com_s`, nonce 0, associated data `"semper-letter/1"`.
///
/// The cipher alone would let a sender make one ciphertext that opens in two ways. But both halves of the key
/// are committed to, the one by whoever names `com_k`, the other by the letter itself; so there is one opening.
/// One key is for one letter: `k` must be fresh. More than [`LETTER_BYTES_MAX`] is [`Code::TooLarge`].
pub fn seal_letter(key: &KeyOpening, share: &ShareOpening, content: &[u8]) -> Result<Vec<u8>, Misuse> {
    if content.len() > LETTER_BYTES_MAX {
        return Err(Misuse::new(Code::TooLarge, format!("a letter has at most {LETTER_BYTES_MAX} bytes")));
    }
    let mut sealed = content.to_vec();
    let done = cipher(key, share).encrypt_in_place(&Nonce::default(), LABEL, &mut sealed);
    done.map_err(|_| Misuse::new(Code::TooLarge, "letter"))?;
    Ok([share.commitment().bytes().as_slice(), &sealed].concat())
}

/// The name of a sealed letter: its plain SHA-256, so that any tool can check it.
#[must_use]
pub fn letter_hash(sealed: &[u8]) -> Hash {
    Hash::of(sealed)
}

/// Whether this is the letter with this name and within its bounds. [`Code::TooLarge`], [`Code::FieldWrong`] if
/// it is too short to be one, [`Code::CommitmentWrong`] if it is another.
pub fn check_letter(sealed: &[u8], named: &Hash) -> Result<(), Violation> {
    if sealed.len() > LETTER_BYTES_MAX + COMMITMENT_BYTES + TAG_BYTES {
        return Err(Violation::new(Code::TooLarge, "letter"));
    }
    if sealed.len() < COMMITMENT_BYTES + TAG_BYTES {
        return Err(Violation::new(Code::FieldWrong, "letter"));
    }
    if letter_hash(sealed) == *named { Ok(()) } else { Err(Violation::new(Code::CommitmentWrong, "letter")) }
}

/// Opens a letter. What was sealed as garbage does not open, and whoever took it has still taken exactly that.
pub fn open_letter(key: &KeyOpening, share: &ShareOpening, sealed: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let (commitment, sealed) = sealed.split_at_checked(COMMITMENT_BYTES).ok_or(Unreadable::DoesNotOpen)?;
    if share.commitment().bytes().as_slice() != commitment {
        return Err(Unreadable::OtherShare);
    }
    let mut content = sealed.to_vec();
    let opened = cipher(key, share).decrypt_in_place(&Nonce::default(), LABEL, &mut content);
    opened.map_err(|_| Unreadable::DoesNotOpen)?;
    Ok(content)
}

const LABEL: &[u8] = b"semper-letter/1";

fn cipher(key: &KeyOpening, share: &ShareOpening) -> ChaCha20Poly1305 {
    let secret: Secret32 = derive(&[&key.k, &share.s], &[LABEL, key.commitment().bytes(), share.commitment().bytes()]);
    ChaCha20Poly1305::new(secret.danger_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{key, share};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_halves_open_it() {
        for content in [b"".as_slice(), b"Dear Sir", &vec![7; LETTER_BYTES_MAX]] {
            let sealed = seal_letter(&key(1), &share(1), content).unwrap();
            assert_eq!(check_letter(&sealed, &letter_hash(&sealed)), Ok(()));
            assert_eq!(open_letter(&key(1), &share(1), &sealed).unwrap(), content);
            assert_eq!(open_letter(&key(2), &share(1), &sealed), Err(Unreadable::DoesNotOpen));
            assert_eq!(open_letter(&key(1), &share(2), &sealed), Err(Unreadable::OtherShare));
        }
        let long = seal_letter(&key(1), &share(1), &vec![0; LETTER_BYTES_MAX + 1]);
        assert_eq!(long.unwrap_err().code(), Code::TooLarge);
    }

    /// A sender who would like another content to count later has no second share to show.
    #[test]
    fn one_letter_has_one_opening() {
        let sealed = seal_letter(&key(1), &share(1), b"Dear Sir").unwrap();
        let mut other = share(1);
        other.r_s = share(2).r_s;
        assert_eq!(open_letter(&key(1), &other, &sealed), Err(Unreadable::OtherShare));
        let swapped = [share(2).commitment().bytes().as_slice(), &sealed[COMMITMENT_BYTES..]].concat();
        assert_eq!(open_letter(&key(1), &share(2), &swapped), Err(Unreadable::DoesNotOpen));
        assert_ne!(letter_hash(&swapped), letter_hash(&sealed));
    }

    #[test]
    fn only_the_named_letter_is_taken() {
        let sealed = seal_letter(&key(1), &share(1), b"x").unwrap();
        let code = |bytes: &[u8]| check_letter(bytes, &letter_hash(&sealed)).unwrap_err().code();
        assert_eq!(code(&sealed[..COMMITMENT_BYTES + TAG_BYTES]), Code::CommitmentWrong);
        assert_eq!(code(&sealed[..COMMITMENT_BYTES]), Code::FieldWrong);
        assert_eq!(code(&vec![0; LETTER_BYTES_MAX + COMMITMENT_BYTES + TAG_BYTES + 1]), Code::TooLarge);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(open_letter(&key(1), &share(1), &bytes).is_err());
        }
    }
}
