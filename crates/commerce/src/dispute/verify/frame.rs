//! The pack of a contract that several parties signed: who they are, what each of them signed, what the notary
//! decided, and whether that makes a contract.

use semper_base::{Amount, Code, Currency, KeyId, Role, Timestamp, Violation, json};
use semper_blocks::certificate::{Root, Valid};
use semper_blocks::statement::Kind;
use semper_exchange::fair::frame::statements::{AbortBasis, Aborted};
use semper_exchange::fair::frame::{Descriptor, Named, NamedLeg, Seat, Terms};
use semper_exchange::judge::Evidence;
use semper_exchange::judge::frame::{FrameVerdict, judge};
use semper_support::crypto::Crypto;

use super::super::pack::{DESCRIPTOR, INDEX_STATEMENT, Item, Pack, Sorted};
use super::super::report::{Agreement, ContractShown, Exporter, Note, Party, Proven, Report};
use super::{Verifier, party, verify};

/// Where the terms lie in a pack.
const TERMS: &str = "contract-terms";
/// A letter of a deal that is not what was agreed.
const PARCEL: &str = "deal-parcel";
/// What the sender of a mail shows against a notary that called its box bad.
const DEFENCE: &str = "escrow-defence";

impl Verifier<'_> {
    pub(super) fn run_frame(mut self, x: &Descriptor, root: &Root) -> Report {
        let root = self.root(root);
        self.guide();
        for item in &self.pack.sorted.statements {
            if let Err(why) = self.statement(item) {
                self.problem(&item.file(), &why);
            }
        }
        self.index(Some(x.xid), &[]);
        let terms = self.terms(x);
        let parties = self.seats(x, terms.as_ref().map(|(_, terms)| terms));
        self.unused_certificates(x.core.opened);
        self.references();
        self.transcripts();
        let exporter = self.exporter_of_frame(x, &parties);
        let proven = self.acts(x, &parties);
        let frame_verdict = if self.problems.is_empty() { self.judge_frame(x) } else { None };
        let (contract, agreement) = shown(x, terms);
        Report {
            xid: Some(x.xid),
            contract: Some(contract),
            frame_verdict,
            ..self.report(exporter, root, parties, agreement, proven)
        }
    }

    /// Codes of the judge are numbers already.
    pub(super) fn note(&mut self, file: &str, code: u16, sentence: &str) {
        self.remarks.insert(Note { file: file.to_owned(), code, sentence: sentence.to_owned() });
    }

    fn judge_frame(&mut self, x: &Descriptor) -> Option<FrameVerdict> {
        let mut evidence = Evidence::new();
        if let Err(why) = gather(&self.pack.sorted, "", &mut evidence) {
            self.problem(DESCRIPTOR, &why);
            return None;
        }
        let verdict = judge(x, &evidence, self.crypto);
        for aside in &verdict.set_aside {
            for file in &aside.pieces {
                self.note(file, aside.code, &format!("has no weight: {}", aside.sentence));
            }
        }
        Some(verdict)
    }

    /// The terms, if they are here and are those that X commits to.
    fn terms(&mut self, x: &Descriptor) -> Option<(String, Terms)> {
        let pieces = &self.pack.sorted.pieces;
        let Some((file, bytes)) = pieces.iter().find(|(file, _)| file.contains(TERMS)) else {
            self.remark(DESCRIPTOR, Code::RefMissing, "commits to terms that are not in this pack");
            return None;
        };
        let (file, bytes) = (file.clone(), bytes.clone());
        let read = json::read::<Terms>(&bytes).and_then(|terms| terms.check(&x.core).map(|()| terms));
        match read {
            Ok(terms) => Some((file, terms)),
            Err(why) => {
                self.problem(&file, &why);
                None
            }
        }
    }

    /// Everybody in the exchange, the parties in order and then the notary, by the certificates that the terms name.
    fn seats(&mut self, x: &Descriptor, terms: Option<&Terms>) -> Vec<Party> {
        let opened = x.core.opened;
        let mut all = Vec::new();
        for (place, key) in x.core.parties.iter().enumerate() {
            let named = terms.and_then(|terms| terms.contract.parties.get(place));
            let found = self.named(named, &[Role::Buyer, Role::Seller], key.id(), opened);
            all.push(party(Role::Party, key.id(), found));
        }
        let (key, hash) = (x.core.notary.key.id(), x.core.notary.certificate);
        let found = self.certificate(DESCRIPTOR, &hash, &[Role::Notary], &key, opened);
        let found = found.unwrap_or_else(|why| {
            self.problem(DESCRIPTOR, &why);
            None
        });
        all.push(party(Role::Notary, key, found));
        all
    }

    /// The certificate that the terms name for a party, and the name in it.
    fn named(&mut self, named: Option<&Named>, roles: &[Role], key: KeyId, at: Timestamp) -> Option<(String, Valid)> {
        let named = named?;
        let found = match self.certificate(TERMS, named.certificate.as_ref()?, roles, &key, at) {
            Ok(found) => found?,
            Err(why) => {
                self.problem(TERMS, &why);
                return None;
            }
        };
        if found.1.name != named.name {
            self.problem(TERMS, &Violation::new(Code::KeyWrong, "a certificate has another name"));
            return None;
        }
        Some(found)
    }

    /// Only a party of the contract may say what happened in it.
    fn exporter_of_frame(&mut self, x: &Descriptor, parties: &[Party]) -> Exporter {
        let meta = &self.pack.index.meta;
        let (key, role, exported) = (meta.signer.key, meta.signer.role, meta.issued);
        if !matches!(x.seat(&key), Some(Seat::Party(_))) {
            let why = Violation::new(Code::KeyWrong, "signed by nobody who has a part in this contract");
            self.problem(INDEX_STATEMENT, &why);
        }
        let known = parties.iter().find(|party| party.key == key).cloned();
        Exporter { party: known.unwrap_or_else(|| party(role, key, None)), exported }
    }

    /// What each signature says, in the order of their dates.
    fn acts(&self, x: &Descriptor, parties: &[Party]) -> Vec<Proven> {
        let items = self.pack.sorted.statements.iter();
        let acts = items.filter(|item| self.signers.get(&item.hash).is_some_and(|one| one.meta.xid == Some(x.xid)));
        acts.filter_map(|item| self.act(item, x, parties)).collect()
    }

    fn act(&self, item: &Item, x: &Descriptor, parties: &[Party]) -> Option<Proven> {
        let seat = x.seat(&item.key)?;
        let name = parties.iter().find(|party| party.key == item.key).and_then(|party| party.name.clone());
        let who = match (seat, name) {
            (_, Some(name)) => format!("\"{name}\""),
            (Seat::Party(place), None) => format!("party {}", place.saturating_add(1)),
            (Seat::Notary, None) => "the notary".to_owned(),
        };
        let what = match item.kind {
            Kind::Abort => "asked the notary to end it".to_owned(),
            Kind::Aborted => ended(self.typed::<Aborted>(item)?.body.basis).to_owned(),
            Kind::Agreement | Kind::JointDeal => "agreed to the terms, for itself".to_owned(),
            Kind::Promise => "promised to sign".to_owned(),
            Kind::Resolved => "decided that it is complete: everybody is bound".to_owned(),
            Kind::Signature => "signed".to_owned(),
            Kind::Unmet => "had decided nothing by then".to_owned(),
            other => format!("signed a {other}"),
        };
        let by = if seat == Seat::Notary { Role::Notary } else { Role::Party };
        Some(Proven { at: item.issued, by, sentence: format!("{who} {what}"), shown_by: vec![item.file()] })
    }
}

/// What packs of one contract prove together: what an arbiter sees who has heard everybody. Each must verify by
/// itself and all must be of one contract; else there is no verdict.
#[must_use]
pub fn verify_contract_together(packs: &[(&str, &Pack)], root: &Root, crypto: &dyn Crypto) -> Option<FrameVerdict> {
    let x = packs.first()?.1.sorted.frame.as_ref()?;
    let mut evidence = Evidence::new();
    for (name, pack) in packs {
        let report = verify(pack, root, crypto);
        if !report.is_sound() || report.xid != Some(x.xid) {
            return None;
        }
        gather(&pack.sorted, &format!("{name}/"), &mut evidence).ok()?;
    }
    Some(judge(x, &evidence, crypto))
}

/// What the judge reads of a pack: not what a party agreed to for itself.
fn gather(sorted: &Sorted, before: &str, evidence: &mut Evidence) -> Result<(), Violation> {
    // What is said about logs has a judge of its own.
    let other = [Kind::Agreement, Kind::Dispatch, Kind::JointDeal, Kind::LogKey, Kind::Logged, Kind::Reception];
    let statements = sorted.statements.iter().filter(|item| !other.contains(&item.kind));
    let papers = sorted.pieces.iter().filter(|(file, _)| [DEFENCE, PARCEL, TERMS].iter().any(|of| file.contains(of)));
    let papers = papers.map(|(file, bytes)| (file.clone(), bytes.as_slice()));
    statements
        .map(|item| (item.file(), item.text.as_bytes()))
        .chain(papers)
        .try_for_each(|(file, bytes)| evidence.add(&format!("{before}{file}"), bytes))
}

fn ended(basis: AbortBasis) -> &'static str {
    match basis {
        AbortBasis::Asked => "decided that nothing comes of it, because a party asked for that",
        AbortBasis::BadEscrow => "decided that nothing comes of it, because the escrow box is bad",
        AbortBasis::Expired => "decided that nothing comes of it, because not everybody had signed in time",
    }
}

/// The terms as a stranger reads them.
fn shown(x: &Descriptor, terms: Option<(String, Terms)>) -> (ContractShown, Agreement) {
    let (file, terms) = terms.unzip();
    let contract = terms.map(|terms| terms.contract);
    let title = contract.as_ref().map(|contract| contract.title.clone());
    let document = contract.as_ref().and_then(|contract| contract.file.clone());
    let shown = ContractShown {
        document: document.as_ref().map(|document| document.hash),
        document_name: document.map(|document| document.name),
        expires: x.core.deadlines.expires,
        parts: contract.iter().flat_map(|contract| contract.legs.iter().map(part)).collect(),
        protocol: x.core.protocol,
        text: contract.and_then(|contract| contract.text),
    };
    // A contract has no price of its own.
    let amount = Amount::zero(Currency::EUR);
    (shown, Agreement { amount, opened: x.core.opened, title, shown_by: file.into_iter().collect() })
}

/// One leg of a deal, for people.
fn part(leg: &NamedLeg) -> String {
    match leg {
        NamedLeg::Letter { bytes, giver, hash, name, receiver, .. } => {
            let hash = hash.map(|hash| format!(", SHA-256 {hash}")).unwrap_or_default();
            format!("letter \"{name}\" of {bytes} bytes{hash}, from {giver} to {receiver}")
        }
        NamedLeg::Payment { amount, giver, holder, receiver } => {
            format!("{amount}, from {giver} to {receiver}, locked at \"{holder}\"")
        }
        NamedLeg::Compensation { amount, due, giver, holder, receiver, until, what } => format!(
            "\"{what}\", by {giver} for {receiver} until {due}; else {amount}, locked at \"{holder}\", if claimed \
             before {until}",
        ),
        NamedLeg::Signature { giver } => format!("signature of {giver}"),
    }
}
