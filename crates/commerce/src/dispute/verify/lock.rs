//! The pack of a lock: what was locked, how it ended, and, of a sale of data, what was sold for it.

use semper_base::{Code, KeyId, Role, Violation};
use semper_blocks::certificate::{Root, Valid};
use semper_blocks::statement::{Kind, Statement};
use semper_exchange::fair::lock::escrow::statements::{Divided, Ruling};
use semper_exchange::fair::lock::statements::{Claimed, DataOffer, Returned};
use semper_exchange::fair::lock::{Condition, Lock, Seat};
use semper_exchange::judge::Evidence;
use semper_exchange::judge::lock::{LockVerdict, judge};
use semper_support::crypto::Crypto;

use super::super::pack::{DESCRIPTOR, INDEX_STATEMENT, Item, Pack, Sorted};
use super::super::report::{Agreement, Exporter, Party, Proven, Report};
use super::{Verifier, party, verify};

impl Verifier<'_> {
    pub(super) fn run_lock(mut self, lock: &Lock, root: &Root) -> Report {
        let root = self.root(root);
        self.guide();
        for item in &self.pack.sorted.statements {
            if let Err(why) = self.statement(item) {
                self.problem(&item.file(), &why);
            }
        }
        self.index(Some(lock.xid), &[]);
        let offer = self.offer_of(lock);
        let parties = self.seats_of(lock, offer.as_ref());
        self.limits(&parties, lock.core.amount);
        self.unused_certificates(lock.core.opened);
        self.references();
        self.transcripts();
        let exporter = self.exporter_of_lock(lock, &parties);
        let proven = self.steps_of(lock, offer.as_ref());
        let lock_verdict =
            if self.problems.is_empty() { self.judge_lock(lock, bound(&parties, offer.as_ref())) } else { None };
        let agreement = Agreement {
            amount: lock.core.amount,
            opened: lock.core.opened,
            title: offer.as_ref().map(|(offer, _)| offer.body.description.clone()),
            shown_by: offer.into_iter().map(|(_, file)| file).collect(),
        };
        Report { xid: Some(lock.xid), lock_verdict, ..self.report(exporter, root, parties, agreement, proven) }
    }

    /// `seller` is the file of the offer that binds the payee by its certificate.
    fn judge_lock(&mut self, lock: &Lock, seller: Option<&str>) -> Option<LockVerdict> {
        let mut evidence = Evidence::new();
        if let Err(why) = gather(&self.pack.sorted, "", seller, &mut evidence) {
            self.problem(DESCRIPTOR, &why);
            return None;
        }
        let verdict = judge(lock, &evidence, self.crypto);
        for aside in &verdict.set_aside {
            for file in &aside.pieces {
                self.note(file, aside.code, &format!("has no weight: {}", aside.sentence));
            }
        }
        Some(verdict)
    }

    /// The offer that this lock pays for: both name one key of the payee and one hash.
    fn offer_of(&mut self, lock: &Lock) -> Option<(Statement<DataOffer>, String)> {
        let (offer, file) = self.first::<DataOffer>()?;
        let pays = matches!(&lock.core.condition, Condition::Hash(by) if by.h == offer.body.h);
        if pays && offer.body.payee == lock.core.payee {
            return Some((offer, file));
        }
        self.remark(&file, Code::TermsWrong, "is not what this lock pays for; it proves nothing here");
        None
    }

    /// Payer, payee and holder. Of the two only the payee of a sale is known by name: the offer is certified.
    fn seats_of(&mut self, lock: &Lock, offer: Option<&(Statement<DataOffer>, String)>) -> Vec<Party> {
        let seller = offer.and_then(|(offer, _)| self.signers.get(&offer.hash)?.certificate.clone());
        let payer = party(Role::Party, lock.core.payer.id(), None);
        let payee = party(Role::Party, lock.core.payee.id(), seller);
        let (key, hash) = (lock.core.holder.key.id(), lock.core.holder.certificate);
        let holder = self.holder_of(lock, &hash, &key);
        vec![payer, payee, party(Role::Bank, key, holder)]
    }

    fn holder_of(&mut self, lock: &Lock, hash: &semper_base::Hash, key: &KeyId) -> Option<(String, Valid)> {
        let found = self.certificate(DESCRIPTOR, hash, &[Role::Bank], key, lock.core.opened);
        found.unwrap_or_else(|why| {
            self.problem(DESCRIPTOR, &why);
            None
        })
    }

    /// Only payer or payee may say what happened in it.
    fn exporter_of_lock(&mut self, lock: &Lock, parties: &[Party]) -> Exporter {
        let meta = &self.pack.index.meta;
        let (key, role, exported) = (meta.signer.key, meta.signer.role, meta.issued);
        if !matches!(lock.seat(&key), Some(Seat::Payer | Seat::Payee)) {
            let why = Violation::new(Code::KeyWrong, "signed by neither payer nor payee of this lock");
            self.problem(INDEX_STATEMENT, &why);
        }
        let known = parties.iter().find(|party| party.key == key).cloned();
        Exporter { party: known.unwrap_or_else(|| party(role, key, None)), exported }
    }

    /// What each signature says, in the order of their dates.
    fn steps_of(&self, lock: &Lock, offer: Option<&(Statement<DataOffer>, String)>) -> Vec<Proven> {
        let of_this = |item: &&Item| {
            let offered = offer.is_some_and(|(offer, _)| offer.hash == item.hash);
            let signer = self.signers.get(&item.hash);
            let bought = item.kind == Kind::DataPurchase;
            offered || bought || signer.is_some_and(|one| one.meta.xid == Some(lock.xid))
        };
        let items = self.pack.sorted.statements.iter().filter(of_this);
        items.filter_map(|item| self.step_of(item, lock)).collect()
    }

    fn step_of(&self, item: &Item, lock: &Lock) -> Option<Proven> {
        let signer = self.signers.get(&item.hash)?;
        let name = signer.certificate.as_ref().map(|(_, valid)| format!("\"{}\"", valid.name));
        let who = name.unwrap_or_else(|| match signer.meta.signer.role {
            Role::Arbiter => "the arbiter".to_owned(),
            Role::Carrier => "the carrier".to_owned(),
            _ => seat_word(lock.seat(&item.key)).to_owned(),
        });
        let what = match item.kind {
            Kind::DataOffer => {
                let offer = self.typed::<DataOffer>(item)?.body;
                format!("offered \"{}\" ({}) for {}", offer.description, offer.name, offer.amount)
            }
            Kind::DataPurchase => "agreed to buy it, for itself".to_owned(),
            Kind::Lock => format!("ordered {} to be locked", lock.core.amount),
            Kind::Locked => format!("locked {}", lock.core.amount),
            Kind::Claim => "claimed it".to_owned(),
            Kind::Claimed => self.claimed(item)?.to_owned(),
            Kind::GiveBack => "asked for it to go back".to_owned(),
            Kind::Returned => returned(&self.typed::<Returned>(item)?.body).to_owned(),
            Kind::Unmet => "had nothing locked by then".to_owned(),
            Kind::Divided => {
                let divided = self.typed::<Divided>(item)?.body;
                format!("paid {} to the payee and gave {} back", divided.payee, divided.payer)
            }
            Kind::Ruling => {
                let ruling = self.typed::<Ruling>(item)?.body;
                format!("ruled: {} for the payee, {} for the payer", ruling.payee, ruling.payer)
            }
            kind if escrow(kind).is_some() => escrow(kind)?.to_owned(),
            other => format!("signed a {other}"),
        };
        let by = signer.meta.signer.role;
        Some(Proven { at: item.issued, by, sentence: format!("{who} {what}"), shown_by: vec![item.file()] })
    }

    fn claimed(&self, item: &Item) -> Option<&'static str> {
        Some(match self.typed::<Claimed>(item)?.body.preimage {
            Some(_) => "paid it to the payee, against the key that it shows",
            None => "paid it to the payee",
        })
    }
}

/// What somebody says on the way of goods, if it says no amounts.
fn escrow(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Approval => "approved the payment",
        Kind::Arrived => "had the carrier's word on record",
        Kind::Consigned => "had the consignment on record",
        Kind::Consignment => "said that the goods are on their way",
        Kind::Dispute => "objected: the arbiter shall decide",
        Kind::Disputed => "had the objection on record",
        Kind::HandedOver => "handed the goods over for the pickup code",
        _ => return None,
    })
}

fn seat_word(seat: Option<Seat>) -> &'static str {
    match seat {
        Some(Seat::Holder) => "the bank",
        Some(Seat::Payee) => "the payee",
        Some(Seat::Payer) => "the payer",
        _ => "somebody",
    }
}

fn returned(returned: &Returned) -> &'static str {
    use semper_exchange::fair::lock::statements::ReturnBasis;
    match returned.basis {
        ReturnBasis::Cancelled => "took the cancellation: nothing can be locked any more",
        ReturnBasis::Decision => "gave it back, because the notary had ended what it was for",
        ReturnBasis::Payee => "gave it back, because the payee asked for that",
        ReturnBasis::Time => "gave it back, because the time was over",
    }
}

/// The file of the offer, if a certificate says who made it.
fn bound<'a>(parties: &[Party], offer: Option<&'a (Statement<DataOffer>, String)>) -> Option<&'a str> {
    let payee = offer.map(|(offer, _)| offer.body.payee.id());
    let certified = parties.iter().any(|party| Some(party.key) == payee && party.certificate.is_some());
    offer.filter(|_| certified).map(|(_, file)| file.as_str())
}

/// What packs of one lock prove together: what an arbiter sees who has heard both. Each must verify by itself and
/// all must be of one lock; else there is no verdict.
#[must_use]
pub fn verify_lock_together(packs: &[(&str, &Pack)], root: &Root, crypto: &dyn Crypto) -> Option<LockVerdict> {
    let lock = packs.first()?.1.sorted.lock.as_ref()?;
    let mut evidence = Evidence::new();
    for (name, pack) in packs {
        let report = verify(pack, root, crypto);
        if !report.is_sound() || report.xid != Some(lock.xid) {
            return None;
        }
        let payee = report.parties.iter().find(|party| party.key == lock.core.payee.id());
        let certified = payee.is_some_and(|payee| payee.certificate.is_some());
        let seller = report.agreement.shown_by.first().filter(|_| certified).map(String::as_str);
        gather(&pack.sorted, &format!("{name}/"), seller, &mut evidence).ok()?;
    }
    Some(judge(lock, &evidence, crypto))
}

/// What the judge reads of a pack: not what a buyer agreed to for itself.
fn gather(sorted: &Sorted, before: &str, seller: Option<&str>, evidence: &mut Evidence) -> Result<(), Violation> {
    // What is said about logs has a judge of its own.
    let other = [Kind::DataPurchase, Kind::LogKey, Kind::Logged];
    let statements = sorted.statements.iter().filter(|item| !other.contains(&item.kind));
    let texts = statements.map(|item| (item.file(), item.text.as_bytes()));
    let pieces = sorted.pieces.iter().map(|(file, bytes)| (file.clone(), bytes.as_slice()));
    texts.chain(pieces).try_for_each(|(file, bytes)| evidence.add(&format!("{before}{file}"), bytes))?;
    match seller {
        Some(file) => evidence.bind(Role::Seller, &format!("{before}{file}")),
        None => Ok(()),
    }
}
