//! What the time stamps of a pack show: by when its files existed, by whose word.
//!
//! A stamp counts at a moment if its certificate does: the root signed it, it had not ended, and the revocation
//! list of the moment does not name it. The moment is that of the next renewal, whose stamp covers this one; for
//! the last it is the reader's own. So each stamp carries those before it over, as long as it was made in time;
//! one that came too late shows that everything existed by its own time, and nothing earlier.

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Code, Hash, Timestamp, Violation};
use semper_blocks::certificate::{Reason, Revoked, Root, StatusList, Trust, Valid, read_list};
use semper_blocks::stamp::Token;
use semper_support::crypto::Crypto;
use serde::Serialize;

use super::super::pack::{Item, Pack, Renewal, Sorted, StampItem};
use super::super::report::Note;

/// Whether a stamp can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It counted when the next stamp covered it; the last one counts at the reader's time, or, if the reader
    /// gave none, as long as its certificate.
    Counts,
    /// Its certificate had ended before a next stamp covered it, or has by now.
    Ended,
    /// Its certificate was revoked, so that the stamp may be anybody's.
    Revoked,
    /// No revocation list here tells whether its certificate still counted.
    StatusUnknown,
}

/// One stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stamped {
    /// Its file.
    pub file: String,
    /// The second that it says.
    pub at: Timestamp,
    /// How far the stamper's clock may be from true time, in seconds.
    pub accuracy_seconds: u32,
    /// Who stamped, by its certificate.
    pub by: String,
    /// Until when the stamping certificate lasts: renew before.
    pub until: Timestamp,
    /// Whether it can be relied on.
    pub standing: Standing,
    /// The files that it covers; for a renewal all before it, so they are not listed.
    pub covers: Vec<String>,
}

/// By when a file existed, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Existed {
    /// The latest moment that the stamp leaves open: its time and its accuracy.
    pub by: Timestamp,
    /// The stamper.
    pub says: String,
    /// The stamp's file.
    pub stamp: String,
}

/// All stamps of a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stamps {
    /// Oldest first: those over statements, then the renewals.
    pub stamps: Vec<Stamped>,
    /// By the file of a statement; files that no stamp covers are not named.
    pub existed: BTreeMap<String, Existed>,
    /// By when every file of the exporter's pack existed.
    pub all_existed: Option<Existed>,
}

impl Stamps {
    /// By when all of these files existed: nothing unless each of them is covered.
    #[must_use]
    pub fn of(&self, files: &[String]) -> Option<&Existed> {
        let known: Option<Vec<&Existed>> =
            files.iter().map(|file| self.existed.get(file).or(self.all_existed.as_ref())).collect();
        known?.into_iter().max_by_key(|existed| existed.by)
    }
}

/// What was found, and what is wrong or worth knowing.
pub(super) struct Look {
    pub(super) stamps: Stamps,
    pub(super) problems: Vec<Note>,
    pub(super) remarks: Vec<Note>,
}

/// A stamp, and what it covers.
struct One<'a> {
    file: String,
    token: &'a Token,
    hash: Hash,
    covers: Vec<String>,
}

/// When a stamp was last relied on.
#[derive(Clone, Copy)]
enum Next {
    /// When the next stamp covered it.
    Renewal(Timestamp),
    /// Now, by the reader's clock.
    Reader(Timestamp),
    /// The reader gave no time.
    Nobody,
}

impl Next {
    fn at(self) -> Option<Timestamp> {
        match self {
            Next::Renewal(at) | Next::Reader(at) => Some(at),
            Next::Nobody => None,
        }
    }
}

/// What stamps are judged by.
struct Looker<'a> {
    root: &'a Root,
    /// The revocation lists of the pack and of its renewals.
    lists: Vec<StatusList>,
    crypto: &'a dyn Crypto,
}

/// Looks at all stamps of a pack. `now` is the reader's time.
pub(super) fn look(pack: &Pack, root: &Root, now: Option<Timestamp>, crypto: &dyn Crypto) -> Look {
    let mut look = Look { stamps: Stamps::default(), problems: Vec::new(), remarks: Vec::new() };
    let mut looker = Looker { root, lists: Vec::new(), crypto };
    // What is wrong with the pack's own lists is said where certificates are looked at.
    looker.lists.extend(pack.sorted.lists.iter().filter_map(|(_, der)| read_list(root, der, crypto).ok()));
    for (file, der) in pack.renewals.iter().flat_map(|renewal| &renewal.lists) {
        match read_list(root, der, crypto) {
            Ok(list) => looker.lists.push(list),
            Err(why) => look.problem(file, &why),
        }
    }
    let over_statements: Vec<One<'_>> = pack.sorted.stamps.iter().map(|item| over(item, &pack.sorted)).collect();
    let renewals: Vec<One<'_>> = pack.renewals.iter().map(renewal).collect();
    let next = |number: usize| match (renewals.get(number), now) {
        (Some(renewal), _) => Next::Renewal(renewal.token.info().at),
        (None, Some(now)) => Next::Reader(now),
        (None, None) => Next::Nobody,
    };
    for one in &over_statements {
        look.add(one, next(0), &looker);
    }
    for (number, one) in renewals.iter().enumerate() {
        look.add(one, next(number + 1), &looker);
    }
    look.in_order(&renewals);
    look.conclude(&over_statements, renewals.len());
    look
}

fn over<'a>(item: &'a StampItem, sorted: &Sorted) -> One<'a> {
    let covered = sorted.statements.iter().filter(|statement| item.hashes.contains(&statement.hash));
    let covers = covered.map(Item::file).collect();
    One { file: item.file(), token: &item.token, hash: item.hash, covers }
}

fn renewal(renewal: &Renewal) -> One<'_> {
    One { file: renewal.stamp_file(), token: &renewal.token, hash: renewal.hash, covers: Vec::new() }
}

impl Look {
    fn problem(&mut self, file: &str, why: &Violation) {
        self.problems.push(Note::of(file, why));
    }

    fn remark(&mut self, file: &str, code: Code, sentence: String) {
        self.remarks.push(Note { file: file.to_owned(), code: code.number(), sentence });
    }

    /// Verifies one stamp and says what it is worth.
    fn add(&mut self, one: &One<'_>, next: Next, looker: &Looker<'_>) {
        let (valid, standing) = match looker.verified(one, next) {
            Ok(found) => found,
            Err(why) => return self.problem(&one.file, &why),
        };
        let late = if matches!(next, Next::Renewal(_)) { ", before a newer stamp covered it" } else { "" };
        let weak = match standing {
            Standing::Counts => None,
            Standing::Ended => Some((
                Code::CertificateExpired,
                format!("its certificate ended at {}{late}: it proves nothing any more", valid.not_after),
            )),
            Standing::Revoked => {
                Some((Code::CertificateRevoked, "its certificate was revoked: it proves nothing any more".to_owned()))
            }
            Standing::StatusUnknown => Some((
                Code::StatusMissing,
                "was relied on at a time of which this pack has no revocation list: it is not relied on".to_owned(),
            )),
        };
        if let Some((code, sentence)) = weak {
            self.remark(&one.file, code, sentence);
        }
        let info = one.token.info();
        self.stamps.stamps.push(Stamped {
            file: one.file.clone(),
            at: info.at,
            accuracy_seconds: info.accuracy_seconds,
            by: valid.name,
            until: valid.not_after,
            standing,
            covers: one.covers.clone(),
        });
    }

    /// No renewal is older than what it covers.
    fn in_order(&mut self, renewals: &[One<'_>]) {
        let mut latest = Timestamp::EPOCH;
        let early: Vec<String> = self
            .stamps
            .stamps
            .iter()
            .filter(|stamped| {
                let is_renewal = renewals.iter().any(|renewal| renewal.file == stamped.file);
                let early = is_renewal && stamped.at < latest;
                latest = latest.max(stamped.at);
                early
            })
            .map(|stamped| stamped.file.clone())
            .collect();
        for file in early {
            self.problem(&file, &Violation::new(Code::StampWrong, "older than a stamp that it covers"));
        }
    }

    /// By when things existed. A stamp helps only if every renewal after it counts: the last that does not
    /// breaks the chain before it.
    fn conclude(&mut self, over_statements: &[One<'_>], renewals: usize) {
        if !self.problems.is_empty() {
            return;
        }
        let split = self.stamps.stamps.len().saturating_sub(renewals);
        let (statements, renewed) = self.stamps.stamps.split_at(split);
        let unbroken = renewed.iter().rev().take_while(|stamped| stamped.standing == Standing::Counts).count();
        let first = renewed.len().checked_sub(unbroken).and_then(|at| renewed.get(at));
        let all_existed = first.filter(|_| unbroken > 0).map(existed);
        let mut by_file: BTreeMap<String, Existed> = BTreeMap::new();
        if unbroken == renewed.len() {
            for stamped in statements.iter().filter(|stamped| stamped.standing == Standing::Counts) {
                for file in &stamped.covers {
                    let new = existed(stamped);
                    let known = by_file.entry(file.clone()).or_insert_with(|| new.clone());
                    if new.by < known.by {
                        *known = new;
                    }
                }
            }
        }
        self.stamps.existed = by_file;
        self.stamps.all_existed = all_existed;
        let empty: BTreeSet<String> =
            over_statements.iter().filter(|one| one.covers.is_empty()).map(|one| one.file.clone()).collect();
        for file in empty {
            self.remark(&file, Code::RefMissing, "covers no statement of this pack".to_owned());
        }
    }
}

fn existed(stamped: &Stamped) -> Existed {
    let by = stamped.at.plus(semper_base::Millis::seconds(stamped.accuracy_seconds.into()));
    Existed { by, says: stamped.by.clone(), stamp: stamped.file.clone() }
}

impl Looker<'_> {
    /// Signature, hash, certificate; and whether the stamp counted at `next`.
    fn verified(&self, one: &One<'_>, next: Next) -> Result<(Valid, Standing), Violation> {
        let der = one.token.certificate().ok_or_else(|| Violation::new(Code::StampWrong, "carries no certificate"))?;
        let made = one.token.info().at;
        let valid = Trust::new(self.root.clone()).validate_unlisted(der, made, self.crypto)?;
        one.token.verify(&one.hash, &valid, der, self.crypto)?;
        let standing = self.standing(&valid, made, next);
        Ok((valid, standing))
    }

    fn standing(&self, valid: &Valid, made: Timestamp, next: Next) -> Standing {
        let looked = next.at().unwrap_or(made);
        if looked > valid.not_after {
            return Standing::Ended;
        }
        let entries = self.lists.iter().filter_map(|list| list.revoked.get(&valid.serial));
        if entries.into_iter().any(|entry| takes_away(*entry, made, next)) {
            return Standing::Revoked;
        }
        // Of the reader's own time no pack can have a list; of every other moment it must have one that is not older.
        let needed = if let Next::Renewal(at) = next { at } else { made };
        if self.lists.iter().any(|list| needed.whole_seconds() <= list.next_update) {
            Standing::Counts
        } else {
            Standing::StatusUnknown
        }
    }
}

/// Whether a revocation takes a stamp of `made` away (RFC 3161 section 4): not if a newer stamp covered it before,
/// and not if the key was given up in good order later than the stamp. Else whoever has the key could have made
/// it with any time in it.
fn takes_away(entry: Revoked, made: Timestamp, next: Next) -> bool {
    let in_order =
        matches!(entry.reason, Reason::AffiliationChanged | Reason::CessationOfOperation | Reason::Superseded);
    let covered = matches!(next, Next::Renewal(at) if at < entry.at);
    !(covered || in_order && made < entry.at)
}
