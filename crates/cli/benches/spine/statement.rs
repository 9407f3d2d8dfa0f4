//! A statement: signed, verified, archived.

use std::sync::Arc;

use semper_base::tx::{Need, Record};
use semper_base::{Amount, Currency, Hash, KeyId, Millis, Role, Timestamp, Write, Xid};
use semper_blocks::statement::{About, Author, Compact, Statement, verify};
use semper_crypto_aws_lc::AwsLc;
use semper_driver::Store as _;
use semper_exchange::fair::dgp::statements::Held;
use semper_store::{Mode, SqliteStore};
use semper_support::Context;
use semper_support::crypto::{Crypto, Keyring};

use crate::bare::{BareDatabase, BareKey};
use crate::measure::{Basis, Clock, Cost, Figure, Goal, Outcome, Place};

/// Statements of one commit.
const BATCH: usize = 64;
/// Commits of one round.
const BATCHES: usize = 8;
const ROUNDS: usize = 21;
const NOW: Timestamp = Timestamp::from_millis(1_772_323_200_000);

pub(crate) fn measure() -> Outcome<Figure> {
    let mut subject = Subject::new()?;
    let sample = subject.make(0)?;
    let mut floor = Floor::new(&sample.text)?;
    // By CPU time: a batch has one sync, and how long that takes is up to whoever else uses the disk.
    let goal = (Basis::Cpu, Goal::Rate(0.6));
    Figure::measure("statement: sign, verify, archive", goal, ROUNDS, || floor.round(), || subject.round())
}

struct Subject {
    crypto: Arc<dyn Crypto>,
    keyring: Keyring,
    author: Author,
    store: SqliteStore,
    _place: Place,
}

impl Subject {
    fn new() -> Outcome<Subject> {
        let crypto: Arc<dyn Crypto> = Arc::new(AwsLc::new());
        let mut author = Author::uncertified(Role::Bank, &crypto.generate()?);
        author.certificate = Some(Hash::of(b"certificate"));
        let place = Place::new("statement")?;
        let store = SqliteStore::open(&place.path().join("data"), &place.path().join("head"), Mode::Create)?;
        let keyring = Keyring::for_simulation([7; 32]);
        Ok(Subject { crypto, keyring, author, store, _place: place })
    }

    fn make(&self, number: u64) -> Outcome<Statement<Held>> {
        let hash = |word: &str| Hash::of(format!("{word} {number}").as_bytes());
        let cx = Context { now: NOW, crypto: &*self.crypto, keyring: &self.keyring };
        let body = Held {
            amount: Amount::new(490, Currency::parse("EUR")?)?,
            hold: hash("hold"),
            hold_until: NOW.plus(Millis::days(1)),
            payee: hash("payee"),
            payee_key: KeyId(hash("payee key")),
        };
        let about = About::exchange(Xid(hash("xid")), vec![KeyId(hash("buyer")), KeyId(hash("seller"))]);
        Ok(self.author.answer(&cx, about, body)?)
    }

    fn round(&mut self) -> Outcome<Cost> {
        let clock = Clock::start()?;
        for _ in 0..BATCHES {
            let mut writes = Vec::with_capacity(BATCH);
            for number in 0..BATCH as u64 {
                let made = self.make(number)?;
                let read: Statement<Held> = verify(&*self.crypto, &self.author.public, &made.text)?;
                writes.push(Write::Archive(Record {
                    subject: "xid:bench".to_owned(),
                    kind: "held".to_owned(),
                    bytes: read.text.into_bytes(),
                    need: Need::Evidence,
                    expires: read.meta.expires,
                }));
            }
            let mut transaction = self.store.begin()?;
            transaction.tick(NOW)?;
            let _ = transaction.apply(&writes, NOW)?;
            transaction.commit()?;
        }
        clock.stop(BATCH * BATCHES)
    }
}

struct Floor {
    key: BareKey,
    /// What the signature covers.
    input: Vec<u8>,
    /// The whole text.
    text: Vec<u8>,
    database: BareDatabase,
}

impl Floor {
    fn new(text: &str) -> Outcome<Floor> {
        let input = Compact::parse(text)?.signing_input().as_bytes().to_vec();
        let (key, database) = (BareKey::new()?, BareDatabase::new("statement-floor")?);
        Ok(Floor { key, input, text: text.as_bytes().to_vec(), database })
    }

    fn round(&mut self) -> Outcome<Cost> {
        let clock = Clock::start()?;
        for _ in 0..BATCHES {
            self.database.begin()?;
            for _ in 0..BATCH {
                let signature = self.key.sign(&self.input)?;
                self.key.verify(&self.input, &signature)?;
                self.database.append(&self.text)?;
            }
            self.database.commit()?;
        }
        clock.stop(BATCH * BATCHES)
    }
}
