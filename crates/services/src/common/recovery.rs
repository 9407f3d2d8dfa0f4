//! Recovery words: a second way to a party's master key, for the day when the pass phrase is forgotten
//! or the machine is gone and only a backup is left.
//!
//! ```text
//! keyring/master        the master key under the pass phrase
//! keyring/recovery      the same key under the words that count
//! keyring/recovery-new  the same key under words that were made and not proved yet
//! recovery/proved       when the words that count were proved, and what the restored copy held
//! ```
//!
//! Words count only after somebody typed them back *and* a restored copy of the store was opened with them.
//! Until then earlier words stay good. Twelve words from the list of 256 that fingerprints use: 88 bits that
//! nobody can guess, each guess slowed down as a pass phrase is (Argon2id), and 8 bits that find slips.

use semper_base::{Code, Error, Hash, Key, Misuse, Timestamp, View};
use semper_blocks::certificate::fingerprint::{byte_of, parts, words};
use semper_support::crypto::keyring::MasterRecord;
use semper_support::crypto::{Crypto, Keyring};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Desk, rows, text};

/// How many words there are.
pub const WORDS: usize = 12;
/// Longest text that is read as words, in bytes.
pub const TEXT_BYTES_MAX: usize = 512;
/// Secret bytes of a phrase; the last word is the check.
const SECRET_BYTES: usize = WORDS - 1;

fn standing_row() -> Key {
    Key::new("keyring", "recovery")
}

fn new_row() -> Key {
    Key::new("keyring", "recovery-new")
}

fn proved_row() -> Key {
    Key::new("recovery", "proved")
}

/// Recovery words. Wiped when dropped; `Debug` shows nothing.
#[derive(PartialEq, Eq)]
pub struct Phrase(Zeroizing<[u8; SECRET_BYTES]>);

impl std::fmt::Debug for Phrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phrase")
    }
}

impl Phrase {
    /// Draws a new one.
    #[must_use]
    pub fn fresh(crypto: &dyn Crypto) -> Self {
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        crypto.random(secret.as_mut_slice());
        Phrase(secret)
    }

    /// Reads words. Capitals do not matter; blanks, line ends, commas, hyphens and full stops may stand between.
    ///
    /// # Errors
    /// [`Code::RecoveryWords`] says how many there are, which one is not in the list (by its place; it is not
    /// repeated), or that they do not fit together.
    pub fn parse(text: &str) -> Result<Self, Misuse> {
        let wrong = |why: String| Misuse::new(Code::RecoveryWords, why);
        if text.len() > TEXT_BYTES_MAX {
            return Err(wrong(format!("more than {TEXT_BYTES_MAX} bytes")));
        }
        let count = parts(text).count();
        if count != WORDS {
            return Err(wrong(format!("{count} words, not {WORDS}")));
        }
        let mut bytes = Zeroizing::new([0_u8; WORDS]);
        for (at, (byte, word)) in bytes.iter_mut().zip(parts(text)).enumerate() {
            *byte = byte_of(word).ok_or_else(|| wrong(format!("word {} is not in the list", at + 1)))?;
        }
        let phrase = Phrase(Zeroizing::new(bytes.first_chunk().copied().unwrap_or_default()));
        if bytes.last() != Some(&phrase.check()) {
            return Err(wrong("each word is in the list, but they do not fit together".to_owned()));
        }
        Ok(phrase)
    }

    /// The words, with blanks between.
    #[must_use]
    pub fn words(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0_u8; WORDS]);
        for (to, from) in bytes.iter_mut().zip(self.0.iter().chain([&self.check()])) {
            *to = *from;
        }
        Zeroizing::new(words(bytes.as_slice()))
    }

    fn check(&self) -> u8 {
        Hash::tagged("semper-recovery/1", self.0.as_slice()).0.first().copied().unwrap_or_default()
    }
}

/// What shows that words are good: made from a restored copy of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Hash of the record that the words opened.
    pub slot: Hash,
    /// The last commit in the copy.
    pub commits: u64,
    /// How many deals the copy holds.
    pub deals: u64,
    /// How many secret keys were opened in it.
    pub keys: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proved {
    at: Timestamp,
    proof: Proof,
}

/// Opens a store's keys with words: those that count, or newer ones that wait for their proof. Also
/// returns the hash of the record that they opened.
///
/// # Errors
/// [`Code::RecoveryWords`] if there are no such words or these are others.
pub fn open(view: &dyn View, phrase: &Phrase) -> Result<(Keyring, Hash), Error> {
    let mut any = false;
    for key in [new_row(), standing_row()] {
        let Some(row) = view.get(&key)? else { continue };
        any = true;
        let record: MasterRecord = rows::parse(&key, &row)?;
        match Keyring::unlock(&record, &phrase.words()) {
            Ok(keyring) => return Ok((keyring, Hash::of(&row))),
            Err(other) if other.code() == Code::PassphraseWrong => {}
            Err(broken) => return Err(broken.into()),
        }
    }
    let why = if any { "they are not this party's" } else { "none were ever made for this party" };
    Err(Misuse::new(Code::RecoveryWords, why).into())
}

/// `recovery-make`: draws words, once shown and never again. They wait for their proof.
pub fn make(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let phrase = Phrase::fresh(desk.cx.crypto);
    let words = phrase.words();
    let record = desk.cx.keyring.rewrap(&words, desk.cx.crypto)?;
    rows::put(desk.tx, new_row(), &record)?;
    Ok(json!({ "words": &*words }))
}

/// `recovery`: whether there are words, and since when they count.
pub fn show(desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let proved: Option<Proved> = rows::get(desk.tx, &proved_row())?;
    let waiting = desk.tx.get(&new_row())?.is_some();
    let state = match (&proved, waiting) {
        (Some(_), _) => "proved",
        (None, true) => "unproved",
        (None, false) => "none",
    };
    Ok(json!({
        "state": state, "waiting": waiting,
        "proved": proved.map(|proved| json!({
            "at": proved.at, "deals": proved.proof.deals, "keys": proved.proof.keys, "commits": proved.proof.commits,
        })),
    }))
}

/// `recovery-proved`: from here on the words that the proof speaks of count, and no others.
///
/// # Errors
/// [`Code::StateWrong`] if other words were made meanwhile.
pub fn proved(request: &Value, desk: &mut Desk<'_, '_>) -> Result<Value, Error> {
    let slot = Hash::from_hex(text(request, "slot")?).ok_or_else(|| Misuse::new(Code::FieldWrong, "slot"))?;
    let number = |name: &str| request.get(name).and_then(Value::as_u64).unwrap_or_default();
    let proof = Proof { slot, commits: number("commits"), deals: number("deals"), keys: number("keys") };
    let is_it = |row: &Option<Vec<u8>>| row.as_ref().is_some_and(|row| Hash::of(row) == slot);
    let waiting = desk.tx.get(&new_row())?;
    if is_it(&waiting) {
        desk.tx.put(standing_row(), waiting.unwrap_or_default());
        desk.tx.delete(new_row());
    } else if !is_it(&desk.tx.get(&standing_row())?) {
        return Err(Misuse::new(Code::StateWrong, "other words were made meanwhile").into());
    }
    rows::put(desk.tx, proved_row(), &Proved { at: desk.cx.now, proof })?;
    show(desk)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use semper_support::crypto::Ideal;

    use super::*;

    #[test]
    fn known_words() {
        // Frozen: another list or another check makes every written-down phrase worthless.
        let phrase = Phrase(Zeroizing::new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255]));
        assert_eq!(Phrase::parse(&phrase.words()).unwrap(), phrase);
        assert_eq!(Hash::of(phrase.words().as_bytes()).short(), "1410bf01");
    }

    #[test]
    fn slips_are_named_and_not_repeated() {
        let words = Phrase::fresh(&Ideal::new(7)).words();
        let list: Vec<&str> = words.split(' ').collect();
        let why = |text: &str| Phrase::parse(text).unwrap_err().to_string();
        assert!(why(&list[1..].join(" ")).contains("11 words, not 12"));
        let mut other = list.clone();
        other[4] = "hunter2";
        let text = why(&other.join(" "));
        assert!(text.contains("word 5") && !text.contains("hunter2"), "{text}");
        assert!(why(&"x".repeat(TEXT_BYTES_MAX + 1)).contains("512"));
        assert_eq!(format!("{:?}", Phrase::fresh(&Ideal::new(7))), "Phrase");
        let shouted = list.join(",\n").to_uppercase();
        assert_eq!(*Phrase::parse(&shouted).unwrap().words(), *words);
    }

    proptest! {
        #[test]
        fn words_read_back_and_a_changed_one_is_noticed(secret: [u8; SECRET_BYTES], at in 0..WORDS, by in 1_u8..) {
            let words = Phrase(Zeroizing::new(secret)).words();
            prop_assert_eq!(&*Phrase::parse(&words).unwrap().0, &secret);
            let mut list: Vec<String> = words.split(' ').map(str::to_owned).collect();
            let other = super::words(&[byte_of(&list[at]).unwrap().wrapping_add(by)]);
            list[at] = other;
            // One in 256 slips passes the check; the keys do not open then.
            if let Ok(read) = Phrase::parse(&list.join(" ")) {
                prop_assert_ne!(&*read.0, &secret);
            }
        }
    }
}
