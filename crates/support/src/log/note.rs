//! Signed notes (C2SP signed-note): text, an empty line, and signature lines, each with the signer's name
//! and four bytes that say which of its keys. Of the algorithms, Ed25519 (type 1) and time-stamped
//! cosignatures of witnesses (type 4, C2SP tlog-cosignature) are made and checked; other lines are skipped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use semper_base::limits::{LOG_NAME_BYTES_MAX, NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX};
use semper_base::{Code, Fault, Hash, Timestamp, Violation};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::crypto::{Crypto, EdPublic, EdSignature, Secret32};

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyUse {
    /// The text of notes: a log's own key.
    Log,
    /// The text with a time before it: a witness's key.
    Witness,
}

impl KeyUse {
    fn byte(self) -> u8 {
        match self {
            KeyUse::Log => 1,
            KeyUse::Witness => 4,
        }
    }
}

/// A key under its name, as others are given it: `name+hash+key`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoteKey {
    name: String,
    key_use: KeyUse,
    key: EdPublic,
}

impl NoteKey {
    /// A key under a name: 1 to [`LOG_NAME_BYTES_MAX`] bytes without spaces, control characters or `+`.
    ///
    /// # Errors
    /// [`Code::FieldWrong`].
    pub fn new(name: &str, key_use: KeyUse, key: EdPublic) -> Result<Self, Violation> {
        check_name(name)?;
        Ok(NoteKey { name: name.to_owned(), key_use, key })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub fn key_use(&self) -> KeyUse {
        self.key_use
    }

    /// The four bytes: a hint, no fingerprint.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let bytes = [self.name.as_bytes(), &[b'\n', self.key_use.byte()], &self.key.0].concat();
        Hash::of(&bytes).0.first_chunk().copied().unwrap_or_default()
    }

    /// Reads `name+hash+key`; one spelling each.
    ///
    /// # Errors
    /// [`Code::FieldWrong`].
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let wrong = || Violation::new(Code::FieldWrong, "key of a log or witness");
        let (name, rest) = text.split_once('+').ok_or_else(wrong)?;
        let (_, encoded) = rest.split_once('+').ok_or_else(wrong)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| wrong())?;
        let (kind, key) = bytes.split_first().ok_or_else(wrong)?;
        let key_use = [KeyUse::Log, KeyUse::Witness].into_iter().find(|one| one.byte() == *kind).ok_or_else(wrong)?;
        let key = NoteKey::new(name, key_use, EdPublic(key.try_into().map_err(|_| wrong())?))?;
        if key.to_string() == text { Ok(key) } else { Err(wrong()) }
    }
}

impl std::fmt::Display for NoteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = STANDARD.encode([[self.key_use.byte()].as_slice(), &self.key.0].concat());
        write!(f, "{}+{}+{key}", self.name, semper_base::hash::hex(&self.id()))
    }
}

impl std::fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NoteKey({self})")
    }
}

impl Serialize for NoteKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NoteKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        NoteKey::parse(&text).map_err(|_| de::Error::custom("not a key as signed-note writes it"))
    }
}

/// A line below a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

impl Line {
    /// Reads one line without its end.
    ///
    /// # Errors
    /// [`Code::NoteMalformed`].
    pub fn parse(line: &str) -> Result<Self, Violation> {
        let (name, encoded) = line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or_else(malformed)?;
        check_name(name).map_err(|_| malformed())?;
        let bytes = STANDARD.decode(encoded).map_err(|_| malformed())?;
        let (id, signature) = bytes.split_first_chunk::<4>().ok_or_else(malformed)?;
        Ok(Line { name: name.to_owned(), id: *id, signature: signature.to_vec() })
    }

    /// Whether it claims to be of this key.
    #[must_use]
    pub fn is_of(&self, key: &NoteKey) -> bool {
        self.name == key.name && self.id == key.id()
    }

    /// Signs a text.
    ///
    /// # Errors
    /// [`Code::Crypto`].
    pub fn sign(key: &NoteKey, secret: &Secret32, text: &str, crypto: &dyn Crypto) -> Result<Self, Fault> {
        let signature = crypto.ed_sign(secret, text.as_bytes())?;
        Ok(Line { name: key.name.clone(), id: key.id(), signature: signature.0.to_vec() })
    }

    /// Cosigns a checkpoint's text at a time (whole seconds count).
    ///
    /// # Errors
    /// [`Code::Crypto`].
    pub fn cosign(
        key: &NoteKey,
        secret: &Secret32,
        text: &str,
        at: Timestamp,
        crypto: &dyn Crypto,
    ) -> Result<Self, Fault> {
        let seconds = at.millis() / 1000;
        let signature = crypto.ed_sign(secret, cosigned(seconds, text).as_bytes())?;
        let signature = [seconds.to_be_bytes().as_slice(), &signature.0].concat();
        Ok(Line { name: key.name.clone(), id: key.id(), signature })
    }

    /// Verifies the line over `text`; of a witness's line, returns when it cosigned.
    ///
    /// # Errors
    /// [`Code::KeyWrong`] for another key's line, [`Code::SignatureWrong`].
    pub fn verify(&self, key: &NoteKey, text: &str, crypto: &dyn Crypto) -> Result<Option<Timestamp>, Violation> {
        if !self.is_of(key) {
            return Err(Violation::new(Code::KeyWrong, &self.name));
        }
        let wrong = || Violation::new(Code::SignatureWrong, &self.name);
        match key.key_use {
            KeyUse::Log => {
                let signature = EdSignature(self.signature.as_slice().try_into().map_err(|_| wrong())?);
                crypto.ed_verify(&key.key, text.as_bytes(), &signature)?;
                Ok(None)
            }
            KeyUse::Witness => {
                let (seconds, signature) = self.signature.split_first_chunk::<8>().ok_or_else(wrong)?;
                let seconds = u64::from_be_bytes(*seconds);
                let at = seconds.checked_mul(1000).map(Timestamp::from_millis).ok_or_else(wrong)?;
                let signature = EdSignature(signature.try_into().map_err(|_| wrong())?);
                crypto.ed_verify(&key.key, cosigned(seconds, text).as_bytes(), &signature)?;
                Ok(Some(at))
            }
        }
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "— {} {}", self.name, STANDARD.encode([self.id.as_slice(), &self.signature].concat()))
    }
}

/// What a witness signs: a fixed line, the time, the text.
fn cosigned(seconds: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// A text with signatures; nothing of it counts before one of them was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    /// The signatures, in the order in which they stand.
    pub lines: Vec<Line>,
}

impl Note {
    /// A note without signatures. The text ends with a line end.
    #[must_use]
    pub fn new(text: String) -> Self {
        Note { text, lines: Vec::new() }
    }

    /// The text, with its last line end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads a note of at most [`NOTE_BYTES_MAX`] bytes and [`NOTE_SIGNATURES_MAX`] signatures.
    ///
    /// # Errors
    /// [`Code::NoteMalformed`], [`Code::TooLarge`], [`Code::TooMany`].
    pub fn parse(note: &str) -> Result<Self, Violation> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(Violation::new(Code::TooLarge, "note"));
        }
        if note.chars().any(|one| one < ' ' && one != '\n') {
            return Err(malformed());
        }
        let (text, signatures) = note.rsplit_once("\n\n").ok_or_else(malformed)?;
        let signatures = signatures.strip_suffix('\n').ok_or_else(malformed)?;
        let mut lines = Vec::new();
        for line in signatures.split('\n') {
            if lines.len() >= NOTE_SIGNATURES_MAX {
                return Err(Violation::new(Code::TooMany, "signatures of a note"));
            }
            lines.push(Line::parse(line)?);
        }
        Ok(Note { text: format!("{text}\n"), lines })
    }

    /// The first line of this key, verified. A line that claims the key and does not verify spoils the note.
    ///
    /// # Errors
    /// [`Code::KeyWrong`] if the key signed nothing here, [`Code::SignatureWrong`].
    pub fn verify(&self, key: &NoteKey, crypto: &dyn Crypto) -> Result<Option<Timestamp>, Violation> {
        let line = self.lines.iter().find(|line| line.is_of(key));
        line.ok_or_else(|| Violation::new(Code::KeyWrong, &key.name))?.verify(key, &self.text, crypto)
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn check_name(name: &str) -> Result<(), Violation> {
    let plain = !name.chars().any(|one| one.is_whitespace() || one.is_control() || one == '+');
    let short = (1..=LOG_NAME_BYTES_MAX).contains(&name.len());
    if plain && short { Ok(()) } else { Err(Violation::new(Code::FieldWrong, "name of a log or witness")) }
}

fn malformed() -> Violation {
    Violation::new(Code::NoteMalformed, "")
}
