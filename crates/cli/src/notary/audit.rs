//! What an audit compares, and what it says.

use std::collections::BTreeMap;
use std::path::Path;

use semper_base::limits::{LOG_MERGE_DELAY_MS, STATEMENT_BYTES_MAX};
use semper_base::{Code, Error, Hash, Millis, Misuse, Timestamp, Violation, json};
use semper_blocks::certificate::{Kind as CertificateKind, Root, Trust};
use semper_blocks::statement::{Compact, verify};
use semper_exchange::log::{LogKey, slot_of};
use semper_support::crypto::{Crypto, PublicKey};
use semper_support::log::note::KeyUse;
use semper_support::log::{Checkpoint, NoteKey, Record};
use serde::Serialize;
use serde_json::Value;

use super::Options;
use super::fetch::Place;
use super::read::Log;

/// Longest piece of a line of evidence that people are shown.
const SHOWN: usize = 110;

/// What an audit came to.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// The log's name and key.
    pub(super) log: NoteKey,
    /// Whose log it is, by a certificate under the root that was given.
    pub(super) owner: Option<String>,
    /// Entries.
    pub(super) size: u64,
    /// Root over them.
    pub(super) root: Hash,
    /// The checkpoint, as it was served.
    pub(super) checkpoint: String,
    /// Witnesses that cosigned it, and when.
    pub(super) cosigned: Vec<(String, Timestamp)>,
    /// What was compared, and agrees.
    pub(super) agrees: Vec<String>,
    /// What is wrong; none of it if all is well.
    pub(super) findings: Vec<Finding>,
}

/// Something that is wrong.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// A stable word.
    pub(super) what: &'static str,
    /// Whether signatures of the log's owner alone show it to everybody.
    pub(super) convicts: bool,
    /// For people.
    pub(super) sentence: String,
    /// What shows it: notes, statements, places.
    pub(super) evidence: Vec<String>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let owner = self.owner.as_deref().unwrap_or("somebody that no certificate here names");
        writeln!(f, "The log {} of {owner}: {} entries, root {}", self.log.name(), self.size, self.root)?;
        for (name, at) in &self.cosigned {
            writeln!(f, "  cosigned at {at} by {name}")?;
        }
        for line in &self.agrees {
            writeln!(f, "  agrees: {line}")?;
        }
        if self.findings.is_empty() {
            return writeln!(f, "Nothing was hidden, changed or shown in two ways, as far as was compared.");
        }
        for finding in &self.findings {
            let who = if finding.convicts { "CONVICTED by its own signature" } else { "WRONG" };
            writeln!(f, "{who} ({}): {}", finding.what, finding.sentence)?;
            for piece in &finding.evidence {
                for line in piece.lines() {
                    let (start, rest) = line.split_at(line.floor_char_boundary(SHOWN));
                    writeln!(f, "    {start}{}", if rest.is_empty() { "" } else { "... (all of it with --json)" })?;
                }
            }
        }
        Ok(())
    }
}

/// An audit under way.
struct Audit<'a> {
    key: NoteKey,
    crypto: &'a dyn Crypto,
    checkpoint: Checkpoint,
    log: Log,
    owner: Option<(PublicKey, String)>,
    cosigned: Vec<(String, Timestamp)>,
    agrees: Vec<String>,
    findings: Vec<Finding>,
}

/// Reads and compares.
pub(super) fn audit(options: &Options, crypto: &dyn Crypto) -> Result<Report, Error> {
    let place = Place::parse(&options.url)?;
    let told = place.text("log/key")?;
    let key = NoteKey::parse(told.trim_end())?;
    if let Some(given) = &options.key
        && given_key(given)? != key
    {
        return Err(Violation::new(Code::LogUnknown, "the log shows another key than the one you gave").into());
    }
    let text = place.text("log/checkpoint")?;
    let checkpoint = Checkpoint::read(&text, &key, crypto)?;
    let log = Log::read(&checkpoint, &mut |path| place.get(&format!("log/{path}")))?;
    let owner = owner(&place, &key, options.root.as_deref(), crypto)?;
    let mut audit =
        Audit { key, crypto, checkpoint, log, owner, cosigned: Vec::new(), agrees: Vec::new(), findings: Vec::new() };
    audit.tree();
    audit.twice();
    for file in &options.since {
        let earlier = std::fs::read_to_string(file).map_err(|e| unreadable(file, &e))?;
        audit.continues(&earlier, &format!("the checkpoint in {}", file.display()));
    }
    for witness in &options.witness {
        audit.witness(witness)?;
    }
    for file in &options.answer {
        audit.answer(file)?;
    }
    let head = audit.checkpoint.head();
    Ok(Report {
        owner: audit.owner.map(|(_, name)| name),
        size: head.size,
        root: head.root,
        checkpoint: audit.checkpoint.to_string(),
        log: audit.key,
        cosigned: audit.cosigned,
        agrees: audit.agrees,
        findings: audit.findings,
    })
}

/// Who signed that this is its log, if the market certifies it.
fn owner(
    place: &Place,
    key: &NoteKey,
    root: Option<&Path>,
    crypto: &dyn Crypto,
) -> Result<Option<(PublicKey, String)>, Error> {
    let (Some(root), Some(owner)) = (root, place.get("log/owner")?) else { return Ok(None) };
    let root = Root::read(&crate::serve::read_root(root)?, crypto)?;
    let certified: semper_services::common::log::Certified = json::read(&owner)?;
    let payload: Value = json::read(Compact::parse(&certified.statement)?.payload())?;
    let issued = payload.pointer("/semper/issued").cloned().unwrap_or_default();
    let issued: Timestamp =
        serde_json::from_value(issued).map_err(|_| Violation::new(Code::FieldWrong, "owner of the log"))?;
    // As it was when the key was named: whether it was revoked later does not change what it signed then.
    let valid = Trust::new(root).validate_unlisted(&certified.certificate.0, issued, crypto)?;
    let statement = verify::<LogKey>(crypto, &valid.key, &certified.statement)?;
    valid.require(CertificateKind::Statement, &[semper_base::Role::Bank, semper_base::Role::Notary])?;
    if statement.body.key != *key {
        return Err(Violation::new(Code::LogUnknown, "its owner says that another key is its log's").into());
    }
    Ok(Some((valid.key, valid.name)))
}

/// A key as it was typed.
fn given_key(text: &str) -> Result<NoteKey, Error> {
    Ok(NoteKey::parse(text).map_err(|why| Misuse::new(Code::Usage, format!("{text}: {}", why.detail())))?)
}

fn unreadable(file: &Path, error: &std::io::Error) -> Error {
    let code = if error.kind() == std::io::ErrorKind::NotFound { Code::NotFound } else { Code::FileWrong };
    Misuse::new(code, format!("{}: {error}", file.display())).into()
}

impl Audit<'_> {
    fn find(&mut self, what: &'static str, convicts: bool, sentence: String, evidence: Vec<String>) {
        self.findings.push(Finding { what, convicts, sentence, evidence });
    }

    /// The tree of what is served must be the one that was signed.
    fn tree(&mut self) {
        let head = self.checkpoint.head();
        if self.log.broken.is_empty() && self.log.head(head.size) == Some(head) {
            self.agrees.push(format!("all {} entries, computed anew", head.size));
        } else {
            let files = self.log.broken.clone();
            self.find(
                "not-served",
                false,
                "The files of the log are not those that its checkpoint is over.".to_owned(),
                files,
            );
        }
    }

    /// One slot of one exchange has one entry.
    fn twice(&mut self) {
        let mut seen: BTreeMap<Hash, u64> = BTreeMap::new();
        let mut found = Vec::new();
        for (index, entry) in (0..).zip(&self.log.entries) {
            match seen.get(&entry.place) {
                Some(first) => found.push((*first, index, entry.place)),
                None => drop(seen.insert(entry.place, index)),
            }
        }
        let note = self.checkpoint.to_string();
        for (first, second, place) in found {
            let sentence =
                format!("Entries {first} and {second} are two decisions about one slot of one exchange ({place}).");
            self.find("decided-twice", true, sentence, vec![note.clone()]);
        }
    }

    /// A checkpoint that somebody kept must be a beginning of what is served now.
    fn continues(&mut self, text: &str, whose: &str) {
        let other = match Checkpoint::read(text, &self.key, self.crypto) {
            Ok(other) => other,
            Err(why) => {
                self.find("not-of-this-log", false, format!("{whose}: {why}"), vec![text.to_owned()]);
                return;
            }
        };
        let (then, now) = (other.head(), self.checkpoint.head());
        if then.size > now.size {
            let sentence = format!(
                "{whose} has {} entries, the log has {}: it was rolled back, or is shown shorter.",
                then.size, now.size
            );
            self.find("shorter", false, sentence, vec![text.to_owned(), self.checkpoint.to_string()]);
            return;
        }
        if self.log.head(then.size) == Some(then) {
            self.agrees.push(format!("{whose}, with {} entries", then.size));
            return;
        }
        let mut evidence = vec![text.to_owned(), self.checkpoint.to_string()];
        if then.size != now.size {
            evidence.push(format!("and the log's first {} entries, which hash to another root", then.size));
        }
        let sentence = format!("{whose} is over another history: the log was shown in two ways, or changed.");
        self.find("split-view", self.log.broken.is_empty(), sentence, evidence);
    }

    /// A witness: its key, or where its pages are.
    fn witness(&mut self, witness: &str) -> Result<(), Error> {
        let (key, kept) = if witness.starts_with("http://") {
            let seen: Value = json::read(&Place::parse(witness)?.need("log/witnessed")?)?;
            let key = seen.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
            let own = self.key.to_string();
            let logs = seen.get("logs").and_then(Value::as_array).cloned().unwrap_or_default();
            let here = logs.into_iter().find(|log| log.get("key").and_then(Value::as_str) == Some(&own));
            let kept = here.and_then(|log| Some(log.get("checkpoint")?.as_str()?.to_owned()));
            (key, Some(kept))
        } else {
            (witness.to_owned(), None)
        };
        let key = given_key(&key)?;
        if key.key_use() != KeyUse::Witness {
            return Err(Misuse::new(Code::FieldWrong, "this is no witness's key").into());
        }
        let cosigned = self.checkpoint.cosigned(&key, self.crypto);
        self.cosigned.extend(cosigned.map(|at| (key.name().to_owned(), at)));
        match kept {
            Some(Some(text)) => self.continues(&text, &format!("what {} cosigned last", key.name())),
            None if cosigned.is_some() => {}
            _ => {
                let sentence = format!("{} has not cosigned this checkpoint.", key.name());
                self.find("not-cosigned", false, sentence, vec![self.checkpoint.to_string()]);
            }
        }
        Ok(())
    }

    /// An answer that the register signed must be in its log once the merge delay is over.
    fn answer(&mut self, file: &Path) -> Result<(), Error> {
        let text = std::fs::read_to_string(file).map_err(|e| unreadable(file, &e))?;
        let text = text.trim_end();
        if text.len() > STATEMENT_BYTES_MAX {
            return Err(Misuse::new(Code::TooLarge, file.display().to_string()).into());
        }
        let compact = Compact::parse(text)?;
        let kind = compact.kind();
        let wrong = |why: &str| Error::from(Misuse::new(Code::FileWrong, format!("{}: {why}", file.display())));
        let slot = slot_of(kind, text).ok_or_else(|| wrong("this is no decision of a register"))?;
        let payload: Value = json::read(compact.payload())?;
        let member = |name: &str| payload.pointer(name).cloned().ok_or_else(|| wrong(name));
        let xid = serde_json::from_value(member("/semper/xid")?).map_err(|_| wrong("xid"))?;
        let issued: Timestamp = serde_json::from_value(member("/semper/issued")?).map_err(|_| wrong("issued"))?;
        let signed = match &self.owner {
            Some((key, _)) if key.id() == compact.key() => compact.verify(self.crypto, key).map(|_| true)?,
            Some(_) => return Err(wrong("somebody else than this log's owner signed it")),
            None => false,
        };
        let entry = Record::of(xid, slot, kind.word(), text, issued).entry(text)?;
        if let Some(index) = self.log.entries.iter().position(|known| *known == entry) {
            self.agrees.push(format!("\"{kind}\" of {issued} stands at place {index}"));
            return Ok(());
        }
        let other = self.log.entries.iter().position(|known| known.place == entry.place);
        // Only a witness's clock tells when the log was shown like this.
        let due = issued.plus(Millis(LOG_MERGE_DELAY_MS));
        let late = self.cosigned.iter().any(|(_, at)| *at > due);
        let whole = self.log.broken.is_empty();
        let evidence = vec![text.to_owned(), self.checkpoint.to_string()];
        if let Some(index) = other {
            let sentence =
                format!("The log has something else than \"{kind}\" of {issued} for this slot, at place {index}.");
            self.find("another-answer", signed && whole, sentence, evidence);
        } else if late {
            let sentence = format!("\"{kind}\" of {issued} is nowhere in the log, and its time to be there is over.");
            self.find("hidden", signed && whole, sentence, evidence);
        } else {
            let sentence =
                format!("\"{kind}\" of {issued} is not in the log; no witness given here says that its time is over.");
            self.find("not-logged", false, sentence, evidence);
        }
        Ok(())
    }
}
