//! The verifier: from a pack and the reader's own root to a report.
//!
//! No network, no clock: everything is as of the moments in the pack. *Problems* are what is wrong; with
//! one of them there is no verdict. *Remarks* are what the reader should know: something that is named
//! and not here, something that nobody certified. Absence alone is never a problem, because the exporter
//! chooses what to show; it is said.

mod certificates;
mod contract;
mod frame;
mod kept;
mod lock;
pub(super) mod logs;
mod parcels;
mod receipts;
mod sendings;
pub(super) mod stamps;
mod transcripts;

use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Amount, Code, Hash, KeyId, Role, Timestamp, Violation, Xid};
use semper_blocks::certificate::{Fingerprint, Kind as CertificateKind, Root, Valid, fingerprint};
use semper_blocks::statement::{Compact, Kind, Meta, Verified};
use semper_exchange::fair::dgp::{Descriptor, Third};
use semper_exchange::fair::frame::Seat;
use semper_exchange::fair::lock::{Lock, Seat as LockSeat};
use semper_exchange::judge::{Evidence, Verdict, judge};
use semper_support::crypto::Crypto;

use super::pack::{GUIDE, INDEX_STATEMENT, Item, Pack, ROOT, Sorted, account_key, guide};
use super::report::{Agreement, Exporter, Note, Party, Proven, Report, RootCheck};
use certificates::{Certificates, Status};
use contract::{Contract, Papers, agreement};
pub use frame::verify_contract_together;
pub use kept::{Open, locks, open_disputes, verify_order_together};
pub use lock::verify_lock_together;
pub use receipts::verify_payment_together;

/// Verifies a pack under `root`, which the reader must have from elsewhere. Total: whatever is wrong is
/// in the report.
#[must_use]
pub fn verify(pack: &Pack, root: &Root, crypto: &dyn Crypto) -> Report {
    verify_at(pack, root, None, crypto)
}

/// The same by a reader who says what time it is: a stamp whose certificate has ended by then proves nothing.
#[must_use]
pub fn verify_at(pack: &Pack, root: &Root, now: Option<Timestamp>, crypto: &dyn Crypto) -> Report {
    let looked = stamps::look(pack, root, now, crypto);
    let (certificates, bad_lists) = Certificates::new(&pack.sorted, root, crypto);
    let mut verifier = Verifier {
        pack,
        x: pack.sorted.descriptor.as_ref(),
        crypto,
        certificates,
        kept: Vec::new(),
        problems: looked.problems.into_iter().collect(),
        remarks: looked.remarks.into_iter().collect(),
        signers: BTreeMap::new(),
        used: BTreeSet::new(),
    };
    for (file, why) in bad_lists {
        verifier.problem(&file, &why);
    }
    let report = match (verifier.x, &pack.sorted.frame, &pack.sorted.lock) {
        (Some(x), ..) => verifier.run(x, root),
        (None, Some(x), _) => verifier.run_frame(x, root),
        (None, None, Some(lock)) => verifier.run_lock(lock, root),
        (None, None, None) if verifier.has(Kind::Sending) => verifier.run_sending(root),
        (None, None, None) if !verifier.has(Kind::ParcelOrder) && verifier.has(Kind::ConditionalReceipt) => {
            verifier.run_receipt(root)
        }
        (None, None, None) => verifier.run_parcels(root),
    };
    let logs = if report.problems.is_empty() { logs::look(pack, root, crypto) } else { Vec::new() };
    Report { stamps: looked.stamps, logs, ..report }
}

/// What several packs of one exchange prove together: what an arbiter sees who has heard everybody. Each
/// must verify by itself and all must be of one exchange; else there is no verdict. `packs` come with the
/// name of whoever brought them, and files are called `NAME/FILE`.
#[must_use]
pub fn verify_together(packs: &[(&str, &Pack)], root: &Root, crypto: &dyn Crypto) -> Option<Verdict> {
    let descriptor = packs.first()?.1.sorted.descriptor.as_ref()?;
    let mut evidence = Evidence::new();
    for (name, pack) in packs {
        let report = verify(pack, root, crypto);
        if !report.is_sound() || report.xid != Some(descriptor.xid) {
            return None;
        }
        let before = format!("{name}/");
        gather(&pack.sorted, &before, &mut evidence).ok()?;
        if let [_, order, acceptance] = report.agreement.shown_by.as_slice() {
            evidence.bind(Role::Seller, &format!("{before}{acceptance}")).ok()?;
            evidence.bind(Role::Buyer, &format!("{before}{order}")).ok()?;
        }
    }
    Some(judge(descriptor, &evidence, crypto))
}

/// What the judge reads of a pack. The files' names begin with `before`.
fn gather(sorted: &Sorted, before: &str, evidence: &mut Evidence) -> Result<(), Violation> {
    // What is said about logs has a judge of its own.
    let other = [Kind::DebitOrder, Kind::LogKey, Kind::Logged];
    let statements = sorted.statements.iter().filter(|item| !Papers::takes(item.kind) && !other.contains(&item.kind));
    let texts = statements.map(|item| (item.file(), item.text.as_bytes()));
    let pieces = sorted.pieces.iter().map(|(file, bytes)| (file.clone(), bytes.as_slice()));
    texts.chain(pieces).try_for_each(|(file, bytes)| evidence.add(&format!("{before}{file}"), bytes))
}

/// Who signed a statement, as far as certificates show.
#[derive(Clone)]
struct Signer {
    meta: Meta,
    certificate: Option<(String, Valid)>,
}

struct Verifier<'a> {
    pack: &'a Pack,
    /// X, if the pack is of an exchange.
    x: Option<&'a Descriptor>,
    crypto: &'a dyn Crypto,
    certificates: Certificates<'a>,
    /// The locks of a mail order.
    kept: Vec<Lock>,
    problems: BTreeSet<Note>,
    remarks: BTreeSet<Note>,
    /// By statement.
    signers: BTreeMap<Hash, Signer>,
    /// Certificates that were looked at.
    used: BTreeSet<Hash>,
}

impl<'a> Verifier<'a> {
    fn run(mut self, x: &Descriptor, root: &Root) -> Report {
        let root = self.root(root);
        self.guide();
        let papers = self.statements();
        self.index(Some(x.xid), &[]);
        let thirds = [self.third(Role::Bank, &x.core.bank), self.third(Role::Notary, &x.core.notary)];
        self.unused_certificates(x.core.opened);
        self.references();
        self.transcripts();
        let contract = papers.contract(x).unwrap_or_else(|(file, why)| {
            self.problem(&file, &why);
            None
        });
        if let Some(contract) = &contract {
            self.one_seller(contract);
        }
        for file in papers.foreign(x) {
            self.remark(file, Code::XidWrong, "accepts another deal; it proves nothing here");
        }
        let parties = self.parties(x, contract.as_ref(), thirds);
        let pair = contract.as_ref();
        let pair = pair
            .map(|contract| [contract.order.statement.meta.signer.key, contract.acceptance.statement.meta.signer.key]);
        let exporter = self.exporter(pair, &parties);
        let agreement = agreement(x, contract.as_ref());
        let verdict = if self.problems.is_empty() { self.judge(x, contract.as_ref()) } else { None };
        Report { xid: Some(x.xid), verdict, ..self.report(exporter, root, parties, agreement, Vec::new()) }
    }

    /// What every report has. Where something is wrong, nothing is proven.
    fn report(
        self,
        exporter: Exporter,
        root: RootCheck,
        parties: Vec<Party>,
        agreement: Agreement,
        proven: Vec<Proven>,
    ) -> Report {
        Report {
            version: 1,
            xid: None,
            order: None,
            exporter,
            root,
            parties,
            agreement,
            contract: None,
            proven: if self.problems.is_empty() { proven } else { Vec::new() },
            stamps: stamps::Stamps::default(),
            logs: Vec::new(),
            statements: self.pack.sorted.statements.len(),
            absent: self.pack.index.body.absent.clone(),
            problems: self.problems.into_iter().collect(),
            remarks: self.remarks.into_iter().collect(),
            verdict: None,
            frame_verdict: None,
            lock_verdict: None,
            payment_verdict: None,
            locks: Vec::new(),
        }
    }

    fn problem(&mut self, file: &str, why: &Violation) {
        self.problems.insert(Note::of(file, why));
    }

    fn remark(&mut self, file: &str, code: Code, sentence: &str) {
        self.remarks.insert(Note { file: file.to_owned(), code: code.number(), sentence: sentence.to_owned() });
    }

    fn root(&mut self, root: &Root) -> RootCheck {
        let given = Fingerprint::of(root.der());
        let found = Fingerprint::of(&self.pack.sorted.root);
        let same = root.der() == self.pack.sorted.root.as_slice();
        if !same {
            let detail = format!("the pack has {}, you gave {}", found.words(), given.words());
            self.problem(ROOT, &Violation::new(Code::RootWrong, detail));
        }
        RootCheck { same, given: given.to_string(), pack: found.to_string() }
    }

    fn guide(&mut self) {
        if guide(&self.pack.sorted, self.crypto).as_bytes() != self.pack.guide {
            let sentence = "was not written by this version; read its commands before you run any";
            self.remark(GUIDE, Code::PackMember, sentence);
        }
    }

    /// Signatures and signers of all statements.
    fn statements(&mut self) -> Papers {
        let mut papers = Papers::default();
        for item in &self.pack.sorted.statements {
            let filed = self
                .statement(item)
                .and_then(|verified| if Papers::takes(item.kind) { papers.add(item, verified) } else { Ok(()) });
            if let Err(why) = filed {
                self.problem(&item.file(), &why);
            }
        }
        papers
    }

    /// The index as a statement: reading it has verified the signature.
    fn index(&mut self, xid: Option<Xid>, refs: &[Hash]) {
        let item = &self.pack.index_item;
        if let Err(why) = self.statement(item) {
            self.problem(INDEX_STATEMENT, &why);
        }
        let meta = &self.pack.index.meta;
        if meta.xid != xid || !meta.refs.iter().map(|named| &named.hash).eq(refs) {
            self.problem(INDEX_STATEMENT, &Violation::new(Code::XidWrong, ""));
        }
    }

    fn statement(&mut self, item: &'a Item) -> Result<Verified<'a>, Violation> {
        let key = self.pack.sorted.keys.get(&item.key);
        let key = key.ok_or_else(|| Violation::new(Code::PackMember, "its key"))?;
        let verified = Compact::parse(&item.text)?.verify(self.crypto, key)?;
        let certificate = self.authority(item, &verified.meta)?;
        if self.pack.sorted.xid().is_some_and(|here| verified.meta.xid.is_some_and(|xid| xid != here)) {
            self.remark(&item.file(), Code::XidWrong, "belongs to another exchange; it proves nothing here");
        }
        self.signers.insert(item.hash, Signer { meta: verified.meta.clone(), certificate });
        Ok(verified)
    }

    /// What says whose key this is: a certificate, the descriptor, the statement itself, or nothing.
    fn authority(&mut self, item: &Item, meta: &Meta) -> Result<Option<(String, Valid)>, Violation> {
        let role = meta.signer.role;
        let framed = self.pack.sorted.frame.as_ref().and_then(|x| x.seat(&item.key));
        let framed = framed.map(|seat| if seat == Seat::Notary { Role::Notary } else { Role::Party });
        let locked = self.pack.sorted.lock.as_ref().and_then(|lock| lock.seat(&item.key)).map(LockSeat::role);
        let kept =
            self.kept.iter().find(|lock| meta.xid == Some(lock.xid)).and_then(|lock| kept::role(lock, &item.key));
        let named = self.x.and_then(|x| x.role(&item.key)).or(framed).or(locked).or(kept);
        if named.is_some_and(|named| named != role) {
            return Err(Violation::new(Code::RoleWrong, format!("signed as {role}")));
        }
        let Some(hash) = item.certificate else {
            let own = item.kind == Kind::DebitOrder && account_key(&item.text).is_some_and(|key| key.id() == item.key);
            if named.is_none() && !own {
                self.remark(&item.file(), Code::KeyWrong, "was signed by a key that nothing in this pack certifies");
            }
            return Ok(None);
        };
        let roles: &[Role] = match role {
            Role::Buyer | Role::Party | Role::Seller => &[Role::Buyer, Role::Seller],
            Role::Arbiter => &[Role::Arbiter],
            Role::Authority => &[Role::Authority],
            Role::Bank => &[Role::Bank],
            Role::Broker => &[Role::Broker],
            Role::Carrier => &[Role::Carrier],
            Role::Notary => &[Role::Notary],
            Role::Witness => &[Role::Witness],
        };
        let found = self.certificate(&item.file(), &hash, roles, &item.key, meta.issued)?;
        Ok(found)
    }

    /// The certificate with this hash for `key` at a moment, if it is here and its status is known.
    fn certificate(
        &mut self,
        user: &str,
        hash: &Hash,
        roles: &[Role],
        key: &KeyId,
        at: Timestamp,
    ) -> Result<Option<(String, Valid)>, Violation> {
        let Some(certified) = self.certificates.find(hash) else {
            self.remark(user, Code::RefMissing, "names a certificate that is not in this pack");
            return Ok(None);
        };
        self.used.insert(*hash);
        let named = |why: Violation| Violation::new(why.code(), format!("{}: {}", certified.file, why.detail()));
        let status = self.certificates.at(certified, at).map_err(named)?;
        self.status_remark(&certified.file, &status);
        let Some(valid) = status.valid() else { return Ok(None) };
        valid.require(CertificateKind::Statement, roles).map_err(named)?;
        if valid.key.id() != *key {
            return Err(Violation::new(Code::KeyWrong, format!("{} is for another key", certified.file)));
        }
        if !roles.contains(&certified.role) {
            return Err(Violation::new(Code::RoleWrong, format!("{} is for a {}", certified.file, valid.role)));
        }
        Ok(Some((certified.file.clone(), valid.clone())))
    }

    fn status_remark(&mut self, file: &str, status: &Status) {
        let sentence = match status {
            Status::AsItWas(_) => return,
            Status::Later(_) => "was not revoked by a later list; the list of the time of use is not in this pack",
            Status::NotShown => {
                "was used at a time of which this pack has no revocation list: what it says is not relied on"
            }
        };
        self.remark(file, Code::StatusMissing, sentence);
    }

    /// Bank or notary of the descriptor: certified for it when the exchange opened, and for enough.
    fn third(&mut self, role: Role, third: &Third) -> Option<(String, Valid)> {
        let core = &self.x?.core;
        let (user, opened, amount) = (super::pack::DESCRIPTOR, core.opened, core.amount);
        let found = self.certificate(user, &third.certificate, &[role], &third.key.id(), opened).and_then(|found| {
            if let Some((file, valid)) = &found {
                valid.covers(amount).map_err(|why| Violation::new(why.code(), format!("{file}: {}", why.detail())))?;
            }
            Ok(found)
        });
        found.unwrap_or_else(|why| {
            self.problem(user, &Violation::new(why.code(), format!("{role}, {}", why.detail())));
            None
        })
    }

    /// Certificates that no statement uses (a sealing key's, for one), as of the deal's opening.
    fn unused_certificates(&mut self, opened: Timestamp) {
        for certified in
            self.pack.sorted.certificates.iter().filter(|one| !self.used.contains(&one.hash)).collect::<Vec<_>>()
        {
            match self.certificates.at(certified, opened) {
                Ok(_) => {}
                Err(why) if why.code() == Code::CertificateExpired => {
                    self.remark(&certified.file, why.code(), "is used by nothing here and was not valid at that time");
                }
                Err(why) => self.problem(&certified.file, &why),
            }
        }
    }

    fn references(&mut self) {
        let here: BTreeSet<Hash> = self.pack.sorted.statements.iter().map(|item| item.hash).collect();
        let mut missing = Vec::new();
        for item in &self.pack.sorted.statements {
            let refs = self.signers.get(&item.hash).into_iter().flat_map(|signer| &signer.meta.refs);
            for reference in refs.filter(|reference| !here.contains(&reference.hash)) {
                let short = reference.hash.short();
                missing.push((
                    item.file(),
                    format!("follows the {} {short}..., which is not in this pack", reference.kind),
                ));
            }
        }
        for (file, sentence) in missing {
            self.remark(&file, Code::RefMissing, &sentence);
        }
    }

    /// Offer and acceptance come from one seller: one key, or one certified name.
    fn one_seller(&mut self, contract: &Contract<'_>) {
        let of = |hash: &Hash| self.signers.get(hash);
        let same = match (of(&contract.offer.statement.hash), of(&contract.acceptance.statement.hash)) {
            (Some(offer), Some(acceptance)) => {
                let name = |signer: &Signer| signer.certificate.as_ref().map(|(_, valid)| valid.name.clone());
                let one_name = name(offer).is_some() && name(offer) == name(acceptance);
                offer.meta.signer.key == acceptance.meta.signer.key || one_name
            }
            _ => true,
        };
        if !same {
            let why = Violation::new(Code::KeyWrong, "offer and acceptance come from different signers");
            self.problem(&contract.acceptance.file, &why);
        }
    }

    /// Only a party of the deal may say what happened in it: a key of the descriptor, or the key that
    /// signed order or acceptance of the contract.
    fn exporter(&mut self, pair: Option<[KeyId; 2]>, parties: &[Party]) -> Exporter {
        let meta = &self.pack.index.meta;
        let known = self.x.and_then(|x| x.role(&meta.signer.key));
        if known.is_none() && !pair.is_some_and(|pair| pair.contains(&meta.signer.key)) {
            let why = Violation::new(Code::KeyWrong, "signed by nobody who has a part in this deal");
            self.problem(INDEX_STATEMENT, &why);
        }
        // A deal key's holder is who the contract says.
        let named = parties.iter().find(|party| Some(party.role) == known);
        let signer = self.signers.get(&self.pack.index_item.hash);
        let certificate = signer.and_then(|signer| signer.certificate.clone());
        let party = named.cloned().unwrap_or_else(|| party(meta.signer.role, meta.signer.key, certificate));
        Exporter { party, exported: meta.issued }
    }

    fn parties(
        &mut self,
        x: &Descriptor,
        contract: Option<&Contract<'_>>,
        thirds: [Option<(String, Valid)>; 2],
    ) -> Vec<Party> {
        let signer = |hash: Option<Hash>| hash.and_then(|hash| self.signers.get(&hash)).cloned();
        let buyer = signer(contract.map(|contract| contract.order.statement.hash));
        let seller = signer(contract.map(|contract| contract.acceptance.statement.hash));
        let of_pair = |role, signer: Option<Signer>, deal: KeyId| {
            let key = signer.as_ref().map_or(deal, |signer| signer.meta.signer.key);
            party(role, key, signer.and_then(|signer| signer.certificate))
        };
        let [bank, notary] = thirds;
        let parties = vec![
            of_pair(Role::Buyer, buyer, x.core.buyer.id()),
            of_pair(Role::Seller, seller, x.core.seller.id()),
            party(Role::Bank, x.core.bank.key.id(), bank),
            party(Role::Notary, x.core.notary.key.id(), notary),
        ];
        self.limits(&parties, x.core.amount);
        parties
    }

    fn limits(&mut self, parties: &[Party], amount: Amount) {
        for party in parties {
            let small = party.limit.is_some_and(|limit| limit.minus(amount).is_err());
            if let (true, Some(file)) = (small, &party.certificate) {
                self.remark(file, Code::LimitExceeded, "may not be relied on for an amount as large as this deal's");
            }
        }
    }

    fn judge(&mut self, x: &Descriptor, contract: Option<&Contract<'_>>) -> Option<Verdict> {
        let sorted = &self.pack.sorted;
        let mut evidence = Evidence::new();
        let mut gathered = gather(sorted, "", &mut evidence);
        if let Some(contract) = contract {
            // The acceptance carries the descriptor; the order is what it accepts.
            gathered = gathered
                .and_then(|()| evidence.bind(Role::Seller, &contract.acceptance.file))
                .and_then(|()| evidence.bind(Role::Buyer, &contract.order.file));
        }
        if let Err(why) = gathered {
            self.problem("pieces", &why);
            return None;
        }
        let verdict = judge(x, &evidence, self.crypto);
        for aside in &verdict.set_aside {
            for file in &aside.pieces {
                self.remarks.insert(Note {
                    file: file.clone(),
                    code: aside.code,
                    sentence: format!("has no weight: {}", aside.sentence),
                });
            }
        }
        Some(verdict)
    }
}

fn party(role: Role, key: KeyId, certificate: Option<(String, Valid)>) -> Party {
    let head = key.0.bytes().first_chunk::<4>().copied().unwrap_or_default();
    let (file, valid) = certificate.unzip();
    Party {
        role,
        key,
        words: fingerprint::words(&head),
        name: valid.as_ref().map(|valid| valid.name.clone()),
        organisation: valid.as_ref().and_then(|valid| valid.organisation.clone()),
        issuer: valid.as_ref().map(|valid| valid.issuer.clone()),
        limit: valid.and_then(|valid| valid.limit),
        certificate: file,
    }
}
