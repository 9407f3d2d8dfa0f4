//! How a pack carries places in registers' logs: for each a proof as C2SP tlog-proof writes it
//! (`tlog/ROLE-N.tlog-proof`), and beside it the record that was sealed, with its salt (`tlog/ROLE-N.json`).

use std::collections::BTreeMap;

use semper_base::{Code, Hash, Role, Violation, json};
use semper_support::log::Record;
use serde::{Deserialize, Serialize};

/// A place in a register's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPart {
    /// Whose log.
    pub register: Role,
    /// What was sealed there, if the exporter knows it.
    pub sealed: Option<Sealed>,
    /// The proof's file.
    pub proof: String,
}

/// A record and its salt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// The record.
    pub record: Record,
    /// Its salt, which also follows from the answer.
    pub salt: Hash,
}

/// A place in a log and its files in the pack.
#[derive(Clone, Debug)]
pub(crate) struct LogItem {
    stem: String,
    pub(crate) part: LogPart,
    /// Canonical JSON of the record and its salt.
    pub(crate) sealed: Option<Vec<u8>>,
}

impl LogItem {
    pub(crate) fn file(&self) -> String {
        format!("{}.tlog-proof", self.stem)
    }

    /// The file with the record.
    pub(crate) fn record(&self) -> String {
        format!("{}.json", self.stem)
    }
}

/// The parts in order, with their names.
pub(crate) fn log_items(folder: &str, parts: &[LogPart]) -> Result<Vec<LogItem>, Violation> {
    let mut all: Vec<&LogPart> = parts.iter().collect();
    all.sort_by_cached_key(|part| {
        (part.register, part.sealed.as_ref().map(|one| one.record.at), Hash::of(part.proof.as_bytes()))
    });
    all.dedup_by(|one, other| one.register == other.register && one.proof == other.proof);
    let mut counts = BTreeMap::<Role, u32>::new();
    let item = |part: &LogPart| {
        let count = counts.entry(part.register).or_default();
        *count += 1;
        let stem = format!("{folder}{}-{count}", part.register);
        let sealed = part.sealed.as_ref().map(json::canonical).transpose();
        let sealed = sealed.map_err(|why| Violation::new(Code::PackMember, format!("{stem}: {why}")))?;
        Ok(LogItem { stem, part: part.clone(), sealed })
    };
    all.into_iter().map(item).collect()
}

/// Reads a place: its proof, and the file (name, bytes) with the record if there is one.
pub(crate) fn read_log(register: Role, proof: &str, sealed: Option<(&str, &[u8])>) -> Result<LogPart, Violation> {
    let read = |(name, bytes): (&str, &[u8])| {
        json::read(bytes).map_err(|why| Violation::new(why.code(), format!("{name}: {}", why.detail())))
    };
    Ok(LogPart { register, sealed: sealed.map(read).transpose()?, proof: proof.to_owned() })
}
