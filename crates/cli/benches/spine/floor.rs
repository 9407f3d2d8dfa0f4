//! The floor of a register's decision that two statements force: a bank's about a capture, a notary's about a contract.

use crate::bare::{BareDatabase, BareKey};
use crate::measure::{Clock, Cost, Outcome};
use crate::recorder::Written;

/// Decisions of one commit.
pub(crate) const BATCH: usize = 64;

/// What one decision is made of.
pub(crate) struct Sample {
    /// The packet.
    pub(crate) body: String,
    /// Signing inputs of the two statements that force it, and of the answer.
    pub(crate) inputs: [Vec<u8>; 3],
    /// What a whole batch wrote.
    pub(crate) written: Written,
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let written = &self.written;
        let rows: usize = written.rows.iter().map(|(key, value)| key.len() + value.len()).sum();
        let kept: usize = written.kept.iter().map(|(subject, bytes)| subject.len() + bytes.len()).sum();
        let appended: usize = written.appended.iter().map(Vec::len).sum();
        write!(
            f,
            "of {} bytes writes {} rows and {} objects, {} bytes",
            self.body.len(),
            written.rows.len() / BATCH,
            (written.kept.len() + written.appended.len()) / BATCH,
            (rows + kept + appended) / BATCH
        )
    }
}

/// Two verifications under fresh keys, one signature, one parse, the same rows, and what is kept as evidence, to
/// be found again by its exchange.
pub(crate) struct Floor {
    sample: Sample,
    signed: [(BareKey, Vec<u8>); 2],
    register: BareKey,
    database: BareDatabase,
    batch: u64,
}

impl Floor {
    pub(crate) fn new(name: &str, sample: Sample) -> Outcome<Floor> {
        let [first, second, _] = &sample.inputs;
        let signed = |input: &[u8]| -> Outcome<(BareKey, Vec<u8>)> {
            let key = BareKey::new()?;
            let signature = key.sign(input)?;
            Ok((key, signature))
        };
        let signed = [signed(first)?, signed(second)?];
        Ok(Floor { sample, signed, register: BareKey::new()?, database: BareDatabase::new(name)?, batch: 0 })
    }

    pub(crate) fn round(&mut self, batches: usize) -> Outcome<Cost> {
        let clock = Clock::start()?;
        for _ in 0..batches {
            self.batch()?;
        }
        clock.stop(BATCH * batches)
    }

    fn batch(&mut self) -> Outcome<()> {
        self.batch += 1;
        for _ in 0..BATCH {
            let value: serde_json::Value = serde_json::from_str(&self.sample.body)?;
            std::hint::black_box(&value);
            for ((key, signature), input) in self.signed.iter().zip(&self.sample.inputs) {
                key.verify_fresh(input, signature)?;
            }
            let [.., answer] = &self.sample.inputs;
            std::hint::black_box(self.register.sign(answer)?);
        }
        self.database.begin()?;
        // The same keys as the sample's, made new for every batch by what follows them.
        for (key, value) in &self.sample.written.rows {
            let key = [key.as_slice(), &self.batch.to_be_bytes()].concat();
            self.database.put(&key, value)?;
        }
        for (subject, bytes) in &self.sample.written.kept {
            let subject = [subject.as_slice(), &self.batch.to_be_bytes()].concat();
            self.database.keep(&subject, bytes)?;
        }
        for bytes in &self.sample.written.appended {
            self.database.append(bytes)?;
        }
        self.database.commit()
    }
}
