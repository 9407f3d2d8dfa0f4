//! The locks of a mail order in its pack: whose keys speak in them, what the bank's rows say for the book, and what
//! the judge of locks makes of each.

use semper_base::{Amount, Hash, KeyId, Role, Timestamp, Violation};
use semper_blocks::certificate::Root;
use semper_blocks::statement::{Body, Compact, Statement, danger_typed_unverified};
use semper_exchange::fair::lock::escrow::Side;
use semper_exchange::fair::lock::escrow::read::{Said, said};
use semper_exchange::fair::lock::message::{Answer, Reader};
use semper_exchange::fair::lock::{Condition, Lock};
use semper_exchange::judge::Evidence;
use semper_exchange::judge::lock::{LockVerdict, judge};
use semper_support::crypto::Crypto;

use super::super::pack::{Item, Pack};
use super::super::report::KeptShown;
use super::Verifier;
use crate::process::mail_order::{
    Book, Fact, LockState, Objection, ParcelAcceptance, ParcelOffer, ParcelOrder, escrow,
};

/// The locks that the offer, the order and the acceptance of a pack come to; none if they do not fit together, which
/// is said elsewhere. Nothing is verified here.
#[must_use]
pub fn locks(pack: &Pack) -> Vec<Lock> {
    fn first<B: Body>(pack: &Pack) -> Option<Statement<B>> {
        let mut found = pack.sorted.statements.iter().filter(|item| item.kind == B::KIND);
        found.find_map(|item| danger_typed_unverified(&item.text).ok())
    }
    let papers = (first::<ParcelOffer>(pack), first::<ParcelOrder>(pack), first::<ParcelAcceptance>(pack));
    match papers {
        (Some(offer), Some(order), Some(acceptance)) => escrow::locks(&offer, &order, &acceptance).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// An objection that the bank has on record, with what it is about: what an arbiter rules on.
#[derive(Clone, Debug)]
pub struct Open {
    /// Who objects.
    pub by: Side,
    /// What the buyer has complained of to the seller, if it is that which the objection names, and the file that says so.
    pub complaint: Option<(String, String)>,
    /// What is due, at most, for the payee.
    pub due: Amount,
    /// Hash of the objection.
    pub dispute: Hash,
    /// Hash of what the objector will show the arbiter.
    pub evidence: Hash,
    /// The lock.
    pub lock: Lock,
    /// The last moment for a ruling.
    pub until: Timestamp,
}

/// Every lock of a pack that is disputed and not divided, as far as the pack shows. All of it is verified against the
/// keys that the locks name; whether those are the parties', the pack's report says.
#[must_use]
pub fn open_disputes(pack: &Pack, crypto: &dyn Crypto) -> Vec<Open> {
    let open = |lock: Lock| {
        let rows = rows(pack, &lock, crypto);
        let over = rows.iter().any(|(_, row)| matches!(row, Said::Divided(..)));
        let due = rows.iter().find_map(|(_, row)| match row {
            Said::Consigned(row) => Some(row.body.due),
            _ => None,
        })?;
        let (row, dispute) = rows.iter().find_map(|(_, row)| match row {
            Said::Disputed(row, dispute) => Some((&row.body, dispute)),
            _ => None,
        })?;
        let evidence = dispute.body.evidence;
        let (by, until, complaint) = (row.by, row.until, complaint(pack, &evidence));
        (!over).then_some(Open { by, complaint, due, dispute: dispute.hash, evidence, lock, until })
    };
    locks(pack).into_iter().filter_map(open).collect()
}

/// The buyer's complaint with this hash, and its file; the report says whether it verifies.
fn complaint(pack: &Pack, evidence: &Hash) -> Option<(String, String)> {
    let mut found = pack.sorted.statements.iter().filter(|item| item.kind == Objection::KIND);
    let named = found.find(|item| Hash::of(item.text.as_bytes()) == *evidence)?;
    let objection: Statement<Objection> = danger_typed_unverified(&named.text).ok()?;
    Some((named.file(), objection.body.reason))
}

/// What packs of one mail order show together about each of its locks: what an arbiter or a court sees that has heard
/// both. Each must verify by itself; else there is no verdict.
#[must_use]
pub fn verify_order_together(packs: &[(&str, &Pack)], root: &Root, crypto: &dyn Crypto) -> Vec<LockVerdict> {
    let is_sound = packs.iter().all(|(_, pack)| super::verify(pack, root, crypto).is_sound());
    let Some((_, first)) = packs.first().filter(|_| is_sound) else { return Vec::new() };
    let judged = |lock: Lock| {
        let mut evidence = Evidence::new();
        for (name, pack) in packs {
            for item in of_lock(pack, &lock) {
                evidence.add(&format!("{name}/{}", item.file()), item.text.as_bytes()).ok()?;
            }
        }
        Some(judge(&lock, &evidence, crypto))
    };
    locks(first).into_iter().filter_map(judged).collect()
}

/// The holder's rows of a lock that are good to act upon, with the files that show them.
fn rows(pack: &Pack, lock: &Lock, crypto: &dyn Crypto) -> Vec<(String, Said)> {
    let reader = Reader { lock, crypto };
    let mut grounds = vec![None];
    grounds.extend(of_lock(pack, lock).map(|item| Some(item.text.as_str())));
    let row = |item: &Item| {
        let found = grounds.iter().find_map(|ground| said(&reader, &item.text, *ground).ok())?;
        Some((item.file(), found))
    };
    of_lock(pack, lock).filter_map(row).collect()
}

/// What is said about a lock.
fn of_lock<'a>(pack: &'a Pack, lock: &Lock) -> impl Iterator<Item = &'a Item> {
    let xid = lock.xid;
    pack.sorted.statements.iter().filter(move |item| {
        let meta = Compact::parse(&item.text).and_then(|compact| compact.danger_meta_unverified());
        meta.is_ok_and(|meta| meta.xid == Some(xid))
    })
}

/// Who speaks with this key in a lock.
pub(super) fn role(lock: &Lock, key: &KeyId) -> Option<Role> {
    let Condition::Escrow(terms) = &lock.core.condition else { return None };
    if terms.arbiter.key.id() == *key {
        return Some(Role::Arbiter);
    }
    if terms.carrier.as_ref().is_some_and(|carrier| carrier.key.id() == *key) {
        return Some(Role::Carrier);
    }
    lock.seat(key).map(semper_exchange::fair::lock::Seat::role)
}

impl Verifier<'_> {
    /// What the bank's rows establish in the book, each with its file and a sentence.
    pub(super) fn lock_facts(&self, book: &Book) -> Vec<(Fact, String, String, Timestamp)> {
        let mut facts = Vec::new();
        for lock in &self.kept {
            let name = lock.xid;
            if book.lock(&name).is_none() {
                continue;
            }
            let reader = Reader { lock, crypto: self.crypto };
            for item in of_lock(self.pack, lock) {
                let Ok(answer) = reader.answer(&item.text, None) else { continue };
                let (state, sentence) = match &answer {
                    Answer::Locked(_) => (LockState::Locked, format!("locked {}", lock.core.amount)),
                    Answer::Returned { .. } => {
                        (LockState::Returned, format!("gave {} back, or took no lock of it", lock.core.amount))
                    }
                    _ => continue,
                };
                facts.push((Fact::Lock { lock: name, state }, item.file(), sentence, item.issued));
            }
            for (file, row) in rows(self.pack, lock, self.crypto) {
                let (state, sentence, at) = row_fact(&row);
                facts.push((Fact::Lock { lock: name, state }, file, sentence, at));
            }
        }
        facts
    }

    /// What the judge says of each lock.
    pub(super) fn judged(&mut self, book: Option<&Book>) -> Vec<KeptShown> {
        let mut all = Vec::new();
        for lock in self.kept.clone() {
            let mut evidence = Evidence::new();
            let mut wrong: Option<Violation> = None;
            for item in of_lock(self.pack, &lock) {
                if let Err(why) = evidence.add(&item.file(), item.text.as_bytes()) {
                    wrong = Some(why);
                }
            }
            if let Some(why) = wrong {
                self.problem(super::super::pack::INDEX_STATEMENT, &why);
                continue;
            }
            let verdict = judge(&lock, &evidence, self.crypto);
            let known = book.and_then(|book| Some((book, book.lock(&lock.xid)?)));
            let part = known.and_then(|(book, _)| book.part_of(&lock.xid)).map(|part| part.number);
            all.push(KeptShown { amount: lock.core.amount, part, verdict });
        }
        all
    }
}

fn row_fact(row: &Said) -> (LockState, String, Timestamp) {
    match row {
        Said::Arrived(row, _) => {
            let body = &row.body;
            let state = LockState::Arrived { at: body.at, until: body.until };
            (state, "had the carrier's word that it came, with the pickup code".to_owned(), row.meta.issued)
        }
        Said::Consigned(row) => {
            let state = LockState::Consigned { until: row.body.until };
            (state, format!("had the seller's word that it is on its way; {} due", row.body.due), row.meta.issued)
        }
        Said::Disputed(row, _) => {
            let state = LockState::Disputed { until: row.body.until };
            (state, "had an objection on record: the arbiter decides".to_owned(), row.meta.issued)
        }
        Said::Divided(row, _) => {
            let body = &row.body;
            let state = LockState::Divided { at: body.at, basis: body.basis, payee: body.payee, payer: body.payer };
            (state, format!("paid {} to the seller and gave {} back", body.payee, body.payer), row.meta.issued)
        }
    }
}
