//! What the floors are made of: the same library and the same database, without anything of ours.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
    UnparsedPublicKey,
};
use rusqlite::Connection;

use crate::measure::{Outcome, Place};

/// A key pair of aws-lc, read once.
pub(crate) struct BareKey {
    pair: EcdsaKeyPair,
    public: ParsedPublicKey,
}

impl BareKey {
    pub(crate) fn new() -> Outcome<BareKey> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        let public = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref())?;
        Ok(BareKey { pair, public })
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Outcome<Vec<u8>> {
        Ok(self.pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec())
    }

    /// Under a key that is read already.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Outcome<()> {
        Ok(self.public.verify_sig(message, signature)?)
    }

    /// Under a key that is met for the first time, as a deal's keys are.
    pub(crate) fn verify_fresh(&self, message: &[u8], signature: &[u8]) -> Outcome<()> {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key());
        Ok(key.verify(message, signature)?)
    }
}

/// SQLite as our store sets it up (write-ahead log, a sync per commit), with plain tables.
pub(crate) struct BareDatabase {
    db: Connection,
    _place: Place,
}

impl BareDatabase {
    pub(crate) fn new(name: &str) -> Outcome<BareDatabase> {
        let place = Place::new(name)?;
        let db = Connection::open(place.path().join("bare.db"))?;
        db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "cache_size", -4096)?;
        db.pragma_update_and_check(None, "wal_autocheckpoint", 4096, |_| Ok(()))?;
        db.execute_batch(
            "CREATE TABLE keyed (key BLOB NOT NULL, value BLOB NOT NULL, UNIQUE (key));
             CREATE TABLE log (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
             CREATE TABLE kept (number INTEGER PRIMARY KEY, subject BLOB NOT NULL, bytes BLOB NOT NULL);
             CREATE INDEX kept_subject ON kept (subject);",
        )?;
        Ok(BareDatabase { db, _place: place })
    }

    pub(crate) fn begin(&self) -> Outcome<()> {
        self.run("BEGIN IMMEDIATE", [])
    }

    pub(crate) fn commit(&self) -> Outcome<()> {
        self.run("COMMIT", [])
    }

    pub(crate) fn append(&self, bytes: &[u8]) -> Outcome<()> {
        self.run("INSERT INTO log (bytes) VALUES (?1)", [bytes])
    }

    /// Appends what is found again by its subject.
    pub(crate) fn keep(&self, subject: &[u8], bytes: &[u8]) -> Outcome<()> {
        self.run("INSERT INTO kept (subject, bytes) VALUES (?1, ?2)", [subject, bytes])
    }

    /// Writes a row once.
    pub(crate) fn insert(&self, key: &[u8], value: &[u8]) -> Outcome<()> {
        self.run("INSERT INTO keyed (key, value) VALUES (?1, ?2)", [key, value])
    }

    /// Writes a row, whatever stood there.
    pub(crate) fn put(&self, key: &[u8], value: &[u8]) -> Outcome<()> {
        let sql =
            "INSERT INTO keyed (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.run(sql, [key, value])
    }

    /// Removes a row.
    pub(crate) fn delete(&self, key: &[u8]) -> Outcome<()> {
        self.run("DELETE FROM keyed WHERE key = ?1", [key])
    }

    fn run(&self, sql: &str, params: impl rusqlite::Params) -> Outcome<()> {
        self.db.prepare_cached(sql)?.execute(params)?;
        Ok(())
    }
}
