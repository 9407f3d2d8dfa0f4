//! The key store's root: a master key under which a party keeps every secret that it writes to disk.
//!
//! The pass phrase never encrypts a secret itself. It unlocks the master key, so that a new pass
//! phrase means writing one small record anew and no other.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit as _, Nonce};
use hkdf::Hkdf;
use semper_base::limits::MESSAGE_BYTES_MAX;
use semper_base::{Blob64, Code, Error, Fault, KeyId, Misuse};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use super::phrase::{check_strength, is_drawn, normal};
use super::{Crypto, KeyPair, PublicKey, Secret32, SecretKey};

/// Argon2id's memory in KiB. RFC 9106 section 4 says to spend what one can afford; the budget is a
/// tenth of a second on two small cores (measured there in a release build: 73 ms). With
/// [`KDF_PASSES`] this is above every setting of OWASP's Password Storage Cheat Sheet (46 MiB once,
/// or 19 MiB twice) and below the RFC's own second choice (64 MiB, three passes, four lanes).
pub const KDF_MEMORY_KIB: u32 = 48 << 10;
/// Argon2id's passes over that memory.
pub const KDF_PASSES: u32 = 2;
/// Argon2id's lanes; the library computes them one after another, so more would only help others.
pub const KDF_LANES: u32 = 1;

/// Most memory, in KiB, that a record read from disk may ask for: 256 MiB.
pub const KDF_MEMORY_KIB_MAX: u32 = 256 << 10;
/// Most passes that a record read from disk may ask for.
pub const KDF_PASSES_MAX: u32 = 16;
/// Most lanes that a record read from disk may ask for.
pub const KDF_LANES_MAX: u32 = 4;

/// Largest secret that [`Keyring::wrap`] takes, in bytes.
pub const WRAP_BYTES_MAX: usize = MESSAGE_BYTES_MAX;
/// Bytes that a wrapped secret is longer than the secret: nonce and tag (RFC 8439 section 2.8).
pub const WRAP_OVERHEAD_BYTES: usize = NONCE_BYTES + 16;

/// The one version of [`MasterRecord`] there is.
const RECORD_VERSION: u32 = 1;
const MASTER_BYTES: usize = 32;
/// Key pairs that stay unwrapped: those of one batch that signs much. A party signs with one or two.
const OPENED_MAX: usize = 4;
const NONCE_BYTES: usize = 12;
/// RFC 9106 section 4 recommends a salt of 128 bits.
const SALT_BYTES: usize = 16;

/// How the pass phrase was stretched (RFC 9106 section 3.1, Argon2id version 0x13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KdfParams {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl KdfParams {
    /// What new records use for a phrase that a person may have chosen.
    const CHOSEN: KdfParams = KdfParams { memory_kib: KDF_MEMORY_KIB, passes: KDF_PASSES, lanes: KDF_LANES };
    /// What they use for a drawn phrase: nobody tries 2^256 of them, however cheap each try is.
    const DRAWN: KdfParams = KdfParams { memory_kib: 64, passes: 1, lanes: 1 };

    fn of(passphrase: &str) -> KdfParams {
        if is_drawn(passphrase) { KdfParams::DRAWN } else { KdfParams::CHOSEN }
    }
}

/// What is on disk: the master key, wrapped under the pass phrase. Useless without the phrase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MasterRecord {
    /// Of this format.
    pub version: u32,
    /// How the pass phrase was stretched.
    pub kdf: KdfParams,
    /// 16 random bytes.
    pub salt: Blob64,
    /// Nonce and encrypted master key.
    pub wrapped: Blob64,
}

/// A party's master key, unlocked. Wiped when dropped; `Debug` shows nothing.
pub struct Keyring {
    /// Boxed, so that moving the key ring leaves no copies behind.
    master: Box<Secret32>,
    /// What HKDF extracts from it (RFC 5869 section 2.2), once and not for each secret.
    extracted: Box<Secret32>,
    /// What was unwrapped last, newest first: a party signs with the same key again and again.
    opened: Mutex<VecDeque<Opened>>,
}

/// A key pair, and what it was unwrapped from. Boxed as the master key is; wiped when dropped.
struct Opened {
    wrapped: Vec<u8>,
    pair: Box<KeyPair>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring")
    }
}

impl Keyring {
    /// Draws a master key and wraps it under `passphrase`.
    ///
    /// # Errors
    /// [`Code::PassphraseWeak`] for a phrase of under [`semper_base::limits::PASSPHRASE_CHARS_MIN`] characters or under
    /// [`super::phrase::DISTINCT_MIN`] different ones; [`Code::Usage`] above [`super::phrase::BYTES_MAX`].
    pub fn create(passphrase: &str, crypto: &dyn Crypto) -> Result<(Keyring, MasterRecord), Error> {
        let keyring = Keyring::of(super::random_secret(crypto));
        let record = keyring.rewrap(passphrase, crypto)?;
        Ok((keyring, record))
    }

    /// Unwraps the master key. Takes about a tenth of a second, on purpose, but for a [drawn phrase](draw_phrase).
    ///
    /// # Errors
    /// [`Code::PassphraseWrong`] when the phrase does not fit the record (or the record was altered,
    /// which looks the same); [`Code::FileWrong`] when no phrase could.
    pub fn unlock(record: &MasterRecord, passphrase: &str) -> Result<Keyring, Misuse> {
        check_record(record)?;
        let key = stretch(&normal(passphrase)?, record.kdf, &record.salt.0)?;
        let wrong = || Misuse::new(Code::PassphraseWrong, "");
        let master = decrypt(&key, &record.wrapped.0).ok_or_else(wrong)?;
        let master = master.first_chunk::<MASTER_BYTES>().copied().ok_or_else(wrong)?;
        Ok(Keyring::of(Secret32::from_bytes(master)))
    }

    /// Without salt, since the master key is uniform already (RFC 5869 section 3.1).
    fn of(master: Secret32) -> Keyring {
        let (mut extracted, _) = Hkdf::<Sha256>::extract(None, master.danger_bytes());
        let keyring = Keyring {
            master: Box::new(master),
            extracted: Box::new(Secret32::from_bytes(extracted.0)),
            opened: Mutex::default(),
        };
        extracted.0.zeroize();
        keyring
    }

    /// Wraps the same master key under another pass phrase, with a new salt and the parameters for
    /// such a phrase. What was wrapped with the key ring before stays readable; so does the old record
    /// to whoever kept a copy and the old phrase.
    ///
    /// # Errors
    /// As [`Keyring::create`].
    pub fn rewrap(&self, passphrase: &str, crypto: &dyn Crypto) -> Result<MasterRecord, Error> {
        let passphrase = normal(passphrase)?;
        check_strength(&passphrase)?;
        let mut salt = vec![0_u8; SALT_BYTES];
        crypto.random(&mut salt);
        let kdf = KdfParams::of(&passphrase);
        let key = stretch(&passphrase, kdf, &salt)?;
        let wrapped = encrypt(&key, self.master.danger_bytes(), crypto)?;
        Ok(MasterRecord { version: RECORD_VERSION, kdf, salt: Blob64(salt), wrapped: Blob64(wrapped) })
    }

    /// A key ring with a master key that is known: for simulations that replay from a seed.
    #[must_use]
    pub fn for_simulation(master: [u8; MASTER_BYTES]) -> Keyring {
        Keyring::of(Secret32::from_bytes(master))
    }

    /// Encrypts `secret` for the disk: nonce, ciphertext and tag (ChaCha20-Poly1305, RFC 8439) under
    /// a key derived from the master key and `label` (RFC 5869). The label says what the secret is;
    /// the result does not open under another one. Drawing the nonce at random is sound up to 2^32
    /// secrets under the same label.
    ///
    /// # Errors
    /// [`Code::TooLarge`] beyond [`WRAP_BYTES_MAX`].
    pub fn wrap(&self, label: &str, secret: &[u8], crypto: &dyn Crypto) -> Result<Vec<u8>, Fault> {
        if secret.len() > WRAP_BYTES_MAX {
            return Err(Fault::new(Code::TooLarge, label));
        }
        let key = self.label_key(label)?;
        encrypt(&key, secret, crypto)
    }

    /// Decrypts what [`Keyring::wrap`] made under the same label.
    ///
    /// # Errors
    /// [`Code::DatabaseCorrupt`] when it does not decrypt: the disk, or somebody at it, changed it.
    pub fn unwrap(&self, label: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        if wrapped.len() > WRAP_BYTES_MAX + WRAP_OVERHEAD_BYTES {
            return Err(corrupt(label));
        }
        let key = self.label_key(label)?;
        decrypt(&key, wrapped).ok_or_else(|| corrupt(label))
    }

    /// Encrypts a key pair for the disk, under a label that names the public key.
    ///
    /// # Errors
    /// As [`Keyring::wrap`].
    pub fn wrap_key(&self, pair: &KeyPair, crypto: &dyn Crypto) -> Result<Vec<u8>, Fault> {
        let plain = Zeroizing::new([pair.secret.danger_bytes().as_slice(), pair.public.spki()].concat());
        self.wrap(&key_label(pair.public.id()), &plain, crypto)
    }

    /// Decrypts what [`Keyring::wrap_key`] made of the key pair with this id. The last few stay open until
    /// [`Keyring::close_keys`]; they are found by these very bytes, so that what changed on disk is read anew.
    ///
    /// # Errors
    /// [`Code::DatabaseCorrupt`] when it does not decrypt or holds another key.
    pub fn unwrap_key(&self, id: KeyId, wrapped: &[u8]) -> Result<KeyPair, Fault> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = opened.iter().find(|known| known.pair.public.id() == id && known.wrapped == wrapped) {
            return Ok(KeyPair::clone(&known.pair));
        }
        let label = key_label(id);
        let plain = self.unwrap(&label, wrapped)?;
        let pair = key_pair(&plain).filter(|pair| pair.public.id() == id).ok_or_else(|| corrupt(&label))?;
        opened.truncate(OPENED_MAX.saturating_sub(1));
        opened.push_front(Opened { wrapped: wrapped.to_vec(), pair: Box::new(pair.clone()) });
        Ok(pair)
    }

    /// Forgets the key pairs that [`Keyring::unwrap_key`] left open. A party does so whenever it trusts something new.
    pub fn close_keys(&self) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The key for one label, by HKDF-SHA256.
    fn label_key(&self, label: &str) -> Result<Zeroizing<[u8; 32]>, Fault> {
        let mut key = Zeroizing::new([0_u8; 32]);
        Hkdf::<Sha256>::from_prk(self.extracted.danger_bytes())
            .ok()
            .and_then(|hkdf| hkdf.expand_multi_info(&[b"semper-wrap/1", label.as_bytes()], key.as_mut_slice()).ok())
            .ok_or_else(|| Fault::new(Code::Crypto, "derive"))?;
        Ok(key)
    }
}

fn key_label(id: KeyId) -> String {
    format!("key/{}", id.0.hex())
}

fn key_pair(plain: &[u8]) -> Option<KeyPair> {
    let (scalar, spki) = plain.split_first_chunk::<32>()?;
    let public = PublicKey::from_spki(spki).ok()?;
    Some(KeyPair { secret: SecretKey::from_bytes(*scalar), public })
}

fn corrupt(label: &str) -> Fault {
    Fault::new(Code::DatabaseCorrupt, label)
}

/// A record comes from disk: nobody may make us fill the memory or compute for hours.
fn check_record(record: &MasterRecord) -> Result<(), Misuse> {
    let kdf = record.kdf;
    let bounded = kdf.memory_kib <= KDF_MEMORY_KIB_MAX && kdf.passes <= KDF_PASSES_MAX && kdf.lanes <= KDF_LANES_MAX;
    let problem = if record.version != RECORD_VERSION {
        "version of the master record"
    } else if !bounded {
        "parameters of the master record"
    } else if record.salt.0.len() != SALT_BYTES {
        "salt of the master record"
    } else if record.wrapped.0.len() != MASTER_BYTES + WRAP_OVERHEAD_BYTES {
        "wrapped master key"
    } else {
        return Ok(());
    };
    Err(Misuse::new(Code::FileWrong, problem))
}

fn stretch(passphrase: &str, kdf: KdfParams, salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, Misuse> {
    let wrong = |_| Misuse::new(Code::FileWrong, "parameters of the master record");
    let mut key = Zeroizing::new([0_u8; 32]);
    let params = Params::new(kdf.memory_kib, kdf.passes, kdf.lanes, Some(key.len())).map_err(wrong)?;
    // Our own memory, since the library frees its own without wiping it.
    let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(passphrase.as_bytes(), salt, key.as_mut_slice(), memory.as_mut_slice())
        .map_err(wrong)?;
    Ok(key)
}

fn encrypt(key: &[u8; 32], plain: &[u8], crypto: &dyn Crypto) -> Result<Vec<u8>, Fault> {
    let mut nonce = [0_u8; NONCE_BYTES];
    crypto.random(&mut nonce);
    let ciphertext = ChaCha20Poly1305::new(&Key::from(*key))
        .encrypt(&Nonce::from(nonce), Payload::from(plain))
        .map_err(|_| Fault::new(Code::Crypto, "encrypt"))?;
    Ok([nonce.as_slice(), &ciphertext].concat())
}

fn decrypt(key: &[u8; 32], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let plain = ChaCha20Poly1305::new(&Key::from(*key)).decrypt(&Nonce::from(*nonce), Payload::from(ciphertext));
    plain.ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Ideal, unhex};
    use super::*;

    const PHRASE: &str = "correct horse battery staple";

    /// Made once with the Python packages argon2-cffi (the reference implementation) and
    /// cryptography (OpenSSL): salt 0.., master key 100.., nonces 50...
    fn foreign_record() -> MasterRecord {
        serde_json::from_str(
            r#"{"version":1,"kdf":{"memory_kib":8192,"passes":2,"lanes":1},"salt":"AAECAwQFBgcICQoLDA0ODw",
            "wrapped":"MjM0NTY3ODk6Ozw9y7ZA5aZFhyHTxjvhOMJfiK_aAZ4r1N8q3LmTxzJ0wLirzJTLLmK1YmLVgIlfm9e1"}"#,
        )
        .unwrap()
    }

    #[test]
    fn foreign_vectors() {
        let keyring = Keyring::unlock(&foreign_record(), PHRASE).unwrap();
        assert_eq!(keyring.master.danger_bytes().as_slice(), (100..132).collect::<Vec<u8>>());
        let wrapped = unhex("32333435363738393a3b3c3d175e96ef4190092aaec111ae71d008aa5c8cd34c8dbfa0725e4c");
        assert_eq!(*keyring.unwrap("some label", &wrapped).unwrap(), b"the secret");
        assert_eq!(keyring.unwrap("other label", &wrapped).unwrap_err().code(), Code::DatabaseCorrupt);
    }

    #[test]
    fn a_new_phrase_keeps_the_master_key() {
        let crypto = Ideal::new(1);
        let (keyring, first) = Keyring::create(PHRASE, &crypto).unwrap();
        let second = keyring.rewrap("another phrase entirely", &crypto).unwrap();
        assert_ne!(first.salt, second.salt);
        let again = Keyring::unlock(&second, "another phrase entirely").unwrap();
        assert_eq!(again.master, keyring.master);
        assert_eq!(Keyring::unlock(&second, PHRASE).unwrap_err().code(), Code::PassphraseWrong);
        let text = serde_json::to_string(&second).unwrap();
        assert_eq!(serde_json::from_str::<MasterRecord>(&text).unwrap(), second);
    }

    #[test]
    fn accents_are_one_phrase_however_typed() {
        let crypto = Ideal::new(1);
        let (_, record) = Keyring::create("d\u{e9}j\u{e0} vu encore", &crypto).unwrap();
        assert!(Keyring::unlock(&record, "de\u{301}ja\u{300} vu encore").is_ok());
        assert!(Keyring::unlock(&record, "deja vu encore").is_err());
    }

    #[test]
    fn weak_phrases_are_refused() {
        let crypto = Ideal::new(1);
        let code = |phrase: &str| Keyring::create(phrase, &crypto).map(|_| ()).unwrap_err().code();
        assert_eq!(code(""), Code::PassphraseWeak);
        assert_eq!(code("elevenchars"), Code::PassphraseWeak);
        assert_eq!(
            code("\u{1f600}\u{1f601}\u{1f602}\u{1f603}\u{1f604}"),
            Code::PassphraseWeak,
            "characters, not bytes"
        );
        assert_eq!(code("abcdabcdabcdabcd"), Code::PassphraseWeak, "four different");
        assert_eq!(code(&"abcdef".repeat(200)), Code::Usage);
    }

    #[test]
    fn a_hostile_record_costs_nothing() {
        let cases: [fn(&mut MasterRecord); 9] = [
            |record| record.version = 2,
            |record| record.kdf.memory_kib = u32::MAX,
            |record| record.kdf.memory_kib = 7,
            |record| record.kdf.passes = u32::MAX,
            |record| record.kdf.passes = 0,
            |record| record.kdf.lanes = KDF_LANES_MAX + 1,
            |record| record.kdf.lanes = 0,
            |record| record.salt.0.clear(),
            |record| record.wrapped.0.push(0),
        ];
        for spoil in cases {
            let mut record = foreign_record();
            spoil(&mut record);
            assert_eq!(Keyring::unlock(&record, PHRASE).unwrap_err().code(), Code::FileWrong);
        }
        assert!(serde_json::from_str::<MasterRecord>(r#"{"version":1,"extra":0}"#).is_err());
    }

    #[test]
    fn an_altered_record_does_not_unlock() {
        for at in [0, 12, 43, 59] {
            let mut record = foreign_record();
            record.wrapped.0[at] ^= 1;
            assert_eq!(Keyring::unlock(&record, PHRASE).unwrap_err().code(), Code::PassphraseWrong);
        }
    }

    #[test]
    fn keys_come_back_under_their_own_id_only() {
        let crypto = Ideal::new(1);
        let keyring = Keyring::for_simulation([5; 32]);
        let (one, two) = (crypto.generate().unwrap(), crypto.generate().unwrap());
        let wrapped = keyring.wrap_key(&one, &crypto).unwrap();
        let back = keyring.unwrap_key(one.public.id(), &wrapped).unwrap();
        assert_eq!((&back.secret, &back.public), (&one.secret, &one.public));
        assert_eq!(keyring.unwrap_key(two.public.id(), &wrapped).unwrap_err().code(), Code::DatabaseCorrupt);
        let other = Keyring::for_simulation([6; 32]);
        assert_eq!(other.unwrap_key(one.public.id(), &wrapped).unwrap_err().code(), Code::DatabaseCorrupt);
        // A pair whose public half was swapped before wrapping is not returned under either id.
        let label = key_label(one.public.id());
        let plain = [one.secret.danger_bytes().as_slice(), two.public.spki()].concat();
        let forged = keyring.wrap(&label, &plain, &crypto).unwrap();
        assert_eq!(keyring.unwrap_key(one.public.id(), &forged).unwrap_err().code(), Code::DatabaseCorrupt);
    }

    #[test]
    fn an_open_key_is_found_by_its_bytes_alone_and_few_stay_open() {
        let crypto = Ideal::new(1);
        let keyring = Keyring::for_simulation([5; 32]);
        let mut wrapped = Vec::new();
        for _ in 0..2 * OPENED_MAX {
            let pair = crypto.generate().unwrap();
            wrapped = keyring.wrap_key(&pair, &crypto).unwrap();
            for _ in 0..2 {
                assert_eq!(keyring.unwrap_key(pair.public.id(), &wrapped).unwrap().secret, pair.secret);
            }
        }
        assert_eq!(keyring.opened.lock().unwrap().len(), OPENED_MAX);
        let id = keyring.opened.lock().unwrap()[0].pair.public.id();
        let stranger = crypto.generate().unwrap().public.id();
        assert_eq!(keyring.unwrap_key(stranger, &wrapped).unwrap_err().code(), Code::DatabaseCorrupt);
        wrapped[20] ^= 1;
        assert_eq!(keyring.unwrap_key(id, &wrapped).unwrap_err().code(), Code::DatabaseCorrupt);
        keyring.close_keys();
        assert!(keyring.opened.lock().unwrap().is_empty());
    }

    #[test]
    fn sizes_are_bounded() {
        let crypto = Ideal::new(1);
        let keyring = Keyring::for_simulation([5; 32]);
        let largest = vec![0; WRAP_BYTES_MAX];
        let wrapped = keyring.wrap("l", &largest, &crypto).unwrap();
        assert_eq!(keyring.unwrap("l", &wrapped).unwrap().len(), WRAP_BYTES_MAX);
        let beyond = vec![0; WRAP_BYTES_MAX + 1];
        assert_eq!(keyring.wrap("l", &beyond, &crypto).unwrap_err().code(), Code::TooLarge);
        let beyond = vec![0; WRAP_BYTES_MAX + WRAP_OVERHEAD_BYTES + 1];
        assert_eq!(keyring.unwrap("l", &beyond).unwrap_err().code(), Code::DatabaseCorrupt);
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Keyring::for_simulation([5; 32])), "Keyring");
    }

    /// Timing is for people: `cargo test --release -p semper-support -- --ignored --nocapture`.
    #[test]
    #[ignore = "measures; run it by hand in a release build"]
    fn time_to_unlock() {
        let (_, record) = Keyring::create(PHRASE, &Ideal::new(1)).unwrap();
        for _ in 0..5 {
            let start = std::time::Instant::now();
            Keyring::unlock(&record, PHRASE).unwrap();
            eprintln!("unlock: {:?}", start.elapsed());
        }
    }

    proptest! {
        #[test]
        fn unwraps_to_what_was_wrapped(master: [u8; 32], label: String, secret: Vec<u8>, at: prop::sample::Index) {
            let crypto = Ideal::new(1);
            let keyring = Keyring::for_simulation(master);
            let mut wrapped = keyring.wrap(&label, &secret, &crypto).unwrap();
            prop_assert_eq!(wrapped.len(), secret.len() + WRAP_OVERHEAD_BYTES);
            prop_assert_eq!(&*keyring.unwrap(&label, &wrapped).unwrap(), &secret);
            let at = at.index(wrapped.len());
            wrapped[at] ^= 0x10;
            prop_assert!(keyring.unwrap(&label, &wrapped).is_err());
        }

        #[test]
        fn arbitrary_bytes_do_not_unwrap(bytes: Vec<u8>) {
            prop_assert!(Keyring::for_simulation([5; 32]).unwrap("label", &bytes).is_err());
        }
    }
}
