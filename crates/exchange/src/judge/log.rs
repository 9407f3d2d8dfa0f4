//! What evidence about a register's transparency log is worth.
//!
//! [`judge_log`] reads the same pieces as the judge of an exchange, and is pure, total and monotone like it: it
//! looks for the register's promises ([`Logged`]), its answers, proofs and checkpoints of its log.
//!
//! | misdeed | what convicts | why nobody honest can be |
//! |---|---|---|
//! | two-logs | two promises under one key of the register that name different log keys | a register draws its log's key once |
//! | two-places | two promises with different places or leaves for one slot, or with different leaves for one place | places are given out once, in the deciding transaction |
//! | sealed-otherwise | a promise whose leaf is not that of the register's answer in that slot | the leaf is computed from the answer |
//! | not-where-promised | a promise, and a proof under a checkpoint of the log that something else stands at that place | what is sealed is never changed |
//! | split-view | two checkpoints of one size with different roots, or proofs that different entries stand at one place | a checkpoint extends all earlier ones |
//! | decided-twice | proofs that two entries at different places have one exchange's slot | a slot is written once |
//!
//! A register that gives no promise and has not logged an answer is not convicted by these few pieces: that an
//! entry is nowhere is shown by all entries, which an audit of the log reads. Absence of a proof is `not provable`.

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Hash, Role, Timestamp, Xid, json};
use semper_blocks::statement::{Compact, Kind, Statement, verify};
use semper_support::crypto::{Crypto, PublicKey};
use semper_support::log::{Checkpoint, Head, NoteKey, Proof, Record};
use serde::{Deserialize, Serialize};

use super::verdict::Finding;
use crate::log::{Logged, slot_of};

/// Version of these rules.
pub const LOG_JUDGE_VERSION: u64 = 1;

/// Whose log it is, and what the reader trusts.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The register's role.
    pub role: Role,
    /// The register's key.
    pub key: &'a PublicKey,
    /// The exchange.
    pub xid: Xid,
    /// Witnesses whose keys the reader knows.
    pub witnesses: &'a [NoteKey],
}

/// What the pieces show about one register's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogVerdict {
    /// The rules that were applied.
    pub version: u64,
    /// Whose log.
    pub register: Role,
    /// Its name and key, by the register's word.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub log: Option<NoteKey>,
    /// Each answer of the register that is here.
    pub decisions: Vec<Decision>,
    /// What the register is convicted of.
    pub convictions: Vec<LogConviction>,
}

/// Whether an answer is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The kind of the answer.
    pub value: Kind,
    /// "It is in the log."
    pub finding: Finding,
    /// Where, if that is shown or promised.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub index: Option<u64>,
    /// Witnesses that cosigned the checkpoint, and when.
    pub cosigned: Vec<Cosigned>,
    /// Names of the pieces that show it, sorted.
    pub shown_by: Vec<String>,
    /// For people.
    pub sentence: String,
}

/// A witness's signature under a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cosigned {
    /// The witness's name.
    pub by: String,
    /// When, by its clock.
    pub at: Timestamp,
}

/// What a register's own signatures show about its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogMisdeed {
    /// One slot of one exchange, sealed twice.
    DecidedTwice,
    /// Something else stands where the register promised its answer.
    NotWherePromised,
    /// The promise is for something else than the answer.
    SealedOtherwise,
    /// Two histories.
    SplitView,
    /// Two logs.
    TwoLogs,
    /// Two places for one answer, or two answers for one place.
    TwoPlaces,
}

impl LogMisdeed {
    /// The word for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            LogMisdeed::DecidedTwice => "decided-twice",
            LogMisdeed::NotWherePromised => "not-where-promised",
            LogMisdeed::SealedOtherwise => "sealed-otherwise",
            LogMisdeed::SplitView => "split-view",
            LogMisdeed::TwoLogs => "two-logs",
            LogMisdeed::TwoPlaces => "two-places",
        }
    }

    fn sentence(self, who: Role) -> String {
        let what = match self {
            LogMisdeed::DecidedTwice => "sealed two decisions for one slot of an exchange into its log",
            LogMisdeed::NotWherePromised => "has something else in its log where it promised its decision",
            LogMisdeed::SealedOtherwise => "promised a place in its log for something else than what it answered",
            LogMisdeed::SplitView => "signed two histories of its log",
            LogMisdeed::TwoLogs => "keeps two logs under one key",
            LogMisdeed::TwoPlaces => "promised one place in its log for two decisions, or two for one",
        };
        format!("the {who} {what}")
    }
}

/// A conviction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConviction {
    /// Who.
    pub who: Role,
    /// Of what.
    pub misdeed: LogMisdeed,
    /// Names of the pieces that show it, sorted.
    pub shown_by: Vec<String>,
    /// For people.
    pub sentence: String,
}

/// A piece that counts, with its name.
struct Named<'a, T> {
    name: &'a str,
    is: T,
}

/// An answer of the register, with its slot.
struct Answer {
    slot: &'static str,
    kind: Kind,
    leaf: Hash,
}

#[derive(Default)]
struct Facts<'a> {
    logged: Vec<Named<'a, Statement<Logged>>>,
    answers: Vec<Named<'a, Answer>>,
    proofs: Vec<Named<'a, (Proof, NoteKey)>>,
    heads: Vec<Named<'a, (Head, NoteKey)>>,
}

/// What `pieces` (name, bytes) show about the log of one register.
#[must_use]
pub fn judge_log(case: &Case<'_>, pieces: &[(String, &[u8])], crypto: &dyn Crypto) -> LogVerdict {
    let facts = Facts::read(case, pieces, crypto);
    let mut docket = Docket::default();
    facts.promises(case.xid, &mut docket);
    facts.kept_promises(&mut docket);
    facts.views(&mut docket);
    let decisions = facts.answers.iter().map(|answer| facts.decision(case, answer, crypto)).collect();
    let conviction = |(misdeed, shown_by): (LogMisdeed, BTreeSet<String>)| LogConviction {
        who: case.role,
        misdeed,
        shown_by: shown_by.into_iter().collect(),
        sentence: misdeed.sentence(case.role),
    };
    LogVerdict {
        version: LOG_JUDGE_VERSION,
        register: case.role,
        log: facts.logged.first().map(|one| one.is.body.log.clone()),
        decisions,
        convictions: docket.0.into_iter().map(conviction).collect(),
    }
}

#[derive(Default)]
struct Docket(BTreeMap<LogMisdeed, BTreeSet<String>>);

impl Docket {
    fn convict(&mut self, misdeed: LogMisdeed, by: [&str; 2]) {
        self.0.entry(misdeed).or_default().extend(by.map(str::to_owned));
    }
}

impl<'a> Facts<'a> {
    fn read(case: &Case<'_>, pieces: &'a [(String, &'a [u8])], crypto: &dyn Crypto) -> Self {
        let mut facts = Facts::default();
        let mut notes = Vec::new();
        for (name, bytes) in pieces {
            let Ok(text) = std::str::from_utf8(bytes) else { continue };
            match Compact::parse(text) {
                Ok(compact) if compact.key() == case.key.id() => facts.statement(case, name, text, crypto),
                Ok(_) => {}
                Err(_) => notes.push((name.as_str(), text)),
            }
        }
        facts.logged.sort_by_key(|one| (one.is.body.at, one.is.hash));
        facts.answers.sort_by_key(|one| (one.is.kind, one.is.leaf));
        let keys: BTreeSet<NoteKey> = facts.logged.iter().map(|one| one.is.body.log.clone()).collect();
        for (name, text) in notes {
            for key in &keys {
                facts.note(name, text, key, crypto);
            }
        }
        facts
    }

    fn statement(&mut self, case: &Case<'_>, name: &'a str, text: &'a str, crypto: &dyn Crypto) {
        if let Ok(logged) = verify::<Logged>(crypto, case.key, text) {
            self.logged.push(Named { name, is: logged });
            return;
        }
        let answer = Compact::parse(text).ok().and_then(|compact| {
            let payload: serde_json::Value = json::read(compact.payload()).ok()?;
            let kind = compact.kind();
            let slot = slot_of(kind, text)?;
            let verified = compact.verify(crypto, case.key).ok()?;
            let issued = serde_json::from_value(payload.pointer("/semper/issued")?.clone()).ok()?;
            let record = Record::of(case.xid, slot, kind.word(), text, issued);
            let here = verified.meta.xid == Some(case.xid);
            here.then(|| Some(Answer { slot, kind, leaf: record.entry(text).ok()?.leaf() }))?
        });
        self.answers.extend(answer.map(|is| Named { name, is }));
    }

    fn note(&mut self, name: &'a str, text: &str, key: &NoteKey, crypto: &dyn Crypto) {
        if let Ok(proof) = Proof::parse(text) {
            if let Ok(checkpoint) = proof.verify(key, crypto) {
                self.heads.push(Named { name, is: (checkpoint.head(), key.clone()) });
                self.proofs.push(Named { name, is: (proof, key.clone()) });
            }
        } else if let Ok(checkpoint) = Checkpoint::read(text, key, crypto) {
            self.heads.push(Named { name, is: (checkpoint.head(), key.clone()) });
        }
    }

    /// Promises against each other, and against the answers that they are for.
    fn promises(&self, xid: Xid, docket: &mut Docket) {
        for (at, one) in self.logged.iter().enumerate() {
            for other in self.logged.iter().skip(at) {
                let by = [one.name, other.name];
                if one.is.body.log != other.is.body.log {
                    docket.convict(LogMisdeed::TwoLogs, by);
                    continue;
                }
                let same_exchange = one.is.meta.xid == other.is.meta.xid;
                for (mine, theirs) in pairs(&one.is.body.rows, &other.is.body.rows) {
                    let differs = (mine.index, mine.leaf) != (theirs.index, theirs.leaf);
                    let same_slot = same_exchange && mine.slot == theirs.slot;
                    if differs && (same_slot || mine.index == theirs.index) {
                        docket.convict(LogMisdeed::TwoPlaces, by);
                    }
                }
            }
            let rows = one.is.body.rows.iter().filter(|_| one.is.meta.xid == Some(xid));
            for (row, answer) in rows.flat_map(|row| self.answers.iter().map(move |answer| (row, answer))) {
                if row.slot == answer.is.slot && row.leaf != answer.is.leaf {
                    docket.convict(LogMisdeed::SealedOtherwise, [one.name, answer.name]);
                }
            }
        }
    }

    /// Promises against what stands in the log.
    fn kept_promises(&self, docket: &mut Docket) {
        for one in &self.logged {
            let here = self.proofs.iter().filter(|proof| proof.is.1 == one.is.body.log);
            for (row, proof) in here.flat_map(|proof| one.is.body.rows.iter().map(move |row| (row, proof))) {
                if row.index == proof.is.0.index && row.leaf != proof.is.0.entry.leaf() {
                    docket.convict(LogMisdeed::NotWherePromised, [one.name, proof.name]);
                }
            }
        }
    }

    /// What stands in the log against itself.
    fn views(&self, docket: &mut Docket) {
        for (one, other) in pairs(&self.heads, &self.heads) {
            let ((head, key), (other_head, other_key)) = (&one.is, &other.is);
            if key == other_key && head.size == other_head.size && head.root != other_head.root {
                docket.convict(LogMisdeed::SplitView, [one.name, other.name]);
            }
        }
        for (one, other) in pairs(&self.proofs, &self.proofs).filter(|(one, other)| one.is.1 == other.is.1) {
            let (proof, other_proof) = (&one.is.0, &other.is.0);
            let same_index = proof.index == other_proof.index;
            if same_index && proof.entry != other_proof.entry {
                docket.convict(LogMisdeed::SplitView, [one.name, other.name]);
            } else if !same_index && proof.entry.place == other_proof.entry.place {
                docket.convict(LogMisdeed::DecidedTwice, [one.name, other.name]);
            }
        }
    }

    fn decision(&self, case: &Case<'_>, answer: &Named<'_, Answer>, crypto: &dyn Crypto) -> Decision {
        let Answer { slot, kind, leaf } = &answer.is;
        let proofs = self.proofs.iter().filter(|proof| proof.is.0.entry.leaf() == *leaf);
        let mut cosigned = BTreeSet::new();
        let mut shown_by = BTreeSet::new();
        let mut index = None;
        for proof in proofs {
            shown_by.extend([proof.name.to_owned(), answer.name.to_owned()]);
            index = Some(proof.is.0.index);
            if let Ok(checkpoint) = Checkpoint::read(&proof.is.0.checkpoint, &proof.is.1, crypto) {
                let of = |key: &NoteKey| Some((key.name().to_owned(), checkpoint.cosigned(key, crypto)?));
                cosigned.extend(case.witnesses.iter().filter_map(of).map(|(by, at)| Cosigned { by, at }));
            }
        }
        let promised = self.logged.iter().find_map(|one| {
            let of = |row: &&crate::log::LoggedRow| row.slot == *slot && row.leaf == *leaf;
            one.is.body.rows.iter().find(of).map(|row| (row.index, one.name))
        });
        let (finding, rest) = match (index, promised, cosigned.len()) {
            (Some(index), _, 0) => {
                (Finding::Proven, format!("stands in its log at place {index}; no witness signed that"))
            }
            (Some(index), _, 1) => (Finding::Proven, format!("stands in its log at place {index}, as a witness saw")),
            (Some(index), _, n) => {
                (Finding::Proven, format!("stands in its log at place {index}, as {n} witnesses saw"))
            }
            (None, Some((index, _)), _) => {
                (Finding::NotProvable, format!("was promised place {index} in its log; no proof of it is here"))
            }
            (None, None, _) => (Finding::NotProvable, "is not shown to be in its log".to_owned()),
        };
        Decision {
            value: *kind,
            finding,
            index: index.or(promised.map(|(index, _)| index)),
            cosigned: cosigned.into_iter().collect(),
            shown_by: shown_by.into_iter().collect(),
            sentence: format!("the {}'s answer \"{kind}\" {rest}", case.role),
        }
    }
}

fn pairs<'l, T>(ones: &'l [T], others: &'l [T]) -> impl Iterator<Item = (&'l T, &'l T)> {
    ones.iter().flat_map(move |one| others.iter().map(move |other| (one, other)))
}
